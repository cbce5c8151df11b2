/* spinning-filter: the inner SELECT takes the first n rows, and a condition outside drops some. The
 * dropped rows stay the first ones, so that the next round selects them again. */
#include "audit/sql/internal.h"

/* A batch that a variable has: it is the same one in each round only when nothing else of the loop
 * decides it. */
static bool is_free(const struct sql_audit *audit, const struct batch *b)
{
	if (!(b->s->head.flags & STATEMENT_JOINED))
		return false;
	for (size_t i = 0; i < b->known.count; i++)
		if (expression_contents(b->known.at[i].scope, b->known.at[i].term).variable)
			return true;
	return batch_others_write(audit, b, statement_str(b->s, b->target->name));
}

static void spinning_filter_batch(struct sql_audit *audit, const struct batch *b)
{
	const struct statement_conjunct *filter = batch_filter(b);
	if (!filter || is_free(audit, b))
		return;
	bool exact = !(b->s->head.flags & STATEMENT_INEXACT) && filter->span.to;
	struct str condition = exact ? sql_text(audit, filter->span)
			       : b->s->head.kind == STATEMENT_MERGE
				   ? STR("the condition of WHEN MATCHED")
				   : STR("a condition of the write");
	const char *quote = exact ? "\"" : "";
	bool loop = b->s->head.depth > 0;
	const char *about = arena_printf(
	    &audit->file_arena,
	    "rows for which %s%.*s%s is false stay in the inner SELECT and fill it: a loop until 0 rows ends early, a loop until nothing is left never ends",
	    quote, condition.n > 200 ? 200 : (int)condition.n, condition.p, quote);
	sql_found(audit, b->s,
		  &(struct sql_found){
		      .rule = SQL_SPINNING_FILTER,
		      .severity = loop                 ? AUDIT_ERROR
				  : batch_is_newest(b) ? AUDIT_NOTE
						       : AUDIT_BY_RULE,
		      .span = filter->span.to ? filter->span : b->s->head.span,
		      .about = str_of(about),
		      .rewrite = splice_batch(audit, b, filter),
		      .object = statement_str(b->s, b->target->name),
		  });
}

void judge_spinning_filter(struct sql_audit *audit)
{
	struct batch b;
	for (size_t i = 0; i < audit->file.count; i++)
		for (size_t n = 0; batch_of(audit, &audit->file.statement[i], n, &b); n++)
			spinning_filter_batch(audit, &b);
}
