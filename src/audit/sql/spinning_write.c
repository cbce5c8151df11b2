/* spinning-write: in a loop, what is written leaves the row in the batch, in the same place; or the
 * batch is of keys of another table, which nothing in the loop writes. */
#include "audit/sql/internal.h"

static void spinning_write_found(struct sql_audit *audit, const struct batch *b,
				 const struct statement_query *q, const char *about)
{
	sql_found(audit, b->s,
		  &(struct sql_found){
		      .rule = SQL_SPINNING_WRITE,
		      .span = q->span.to ? q->span : b->s->head.span,
		      .about = str_of(about),
		      .object = statement_str(b->s, b->target->name),
		  });
}

/* Whether the rows stay in the batch, in the same order, after the write. */
static bool stays(const struct batch *b)
{
	bool sets = false;
	for (uint32_t i = 0; i < b->s->head.sets; i++)
		sets |= b->s->set[i].query == b->writer;
	if (!sets)
		return false;
	for (size_t i = 0; i < b->known.count; i++) {
		const struct condition *c = &b->known.at[i];
		if (expression_contents(c->scope, c->term).variable ||
		    expression_after(c->scope, c->term, b->writer) != OUTCOME_TRUE)
			return false;
	}
	for (uint32_t i = 0; i < b->s->head.orders; i++)
		for (uint32_t j = 0; j < b->s->head.sets; j++)
			if (b->s->order[i].query == batch_limited(b) && !b->s->order[i].window &&
			    b->s->order[i].term != STATEMENT_NONE &&
			    b->s->set[j].query == b->writer &&
			    expression_names(&b->inner, b->s->order[i].term,
					     statement_str(b->s, b->s->set[j].column)))
				return false;
	return true;
}

static void spinning_write_batch(struct sql_audit *audit, const struct batch *b)
{
	const struct statement_query *q = &b->s->query[batch_limited(b)];
	if (!b->s->head.depth || !b->same_table || b->cte_lock || q->flags & STATEMENT_OFFSET ||
	    b->known.count == CONDITIONS_MAX || batch_moves(b) || batch_filter(b) || !stays(b) ||
	    batch_others_write(audit, b, statement_str(b->s, b->target->name)))
		return;
	bool where = q->where.to != 0, exact = !(b->s->head.flags & STATEMENT_INEXACT);
	struct str condition = sql_text(audit, q->where);
	const char *about =
	    !exact
		? "the write leaves the rows in the batch, and in the same order: each round writes the same rows"
	    : where
		? arena_printf(
		      &audit->file_arena,
		      "after the write \"%.*s\" is still true and the order is the same: each round writes the same rows",
		      condition.n > 200 ? 200 : (int)condition.n, condition.p)
		: "the inner SELECT has no condition and its order does not change: each round writes the same rows";
	spinning_write_found(audit, b, q, about);
}

/* DELETE FROM child WHERE parent_id IN (SELECT id FROM parent ... LIMIT 100) */
static void judge_source(struct sql_audit *audit, const struct batch *b)
{
	const struct statement_query *q = &b->s->query[batch_limited(b)];
	struct str source = batch_source(b);
	if (!b->s->head.depth || !source.n || b->s->head.flags & STATEMENT_JOINED || b->cte_lock ||
	    q->flags & STATEMENT_OFFSET || b->known.count == CONDITIONS_MAX || batch_moves(b) ||
	    batch_others_write(audit, b, source))
		return;
	for (size_t i = 0; i < b->known.count; i++)
		if (expression_contents(b->known.at[i].scope, b->known.at[i].term).parameter)
			return;
	const char *about = arena_printf(
	    &audit->file_arena,
	    "nothing in the loop writes \"%.*s\", from which the batch is taken: each round selects the same rows",
	    source.n > 100 ? 100 : (int)source.n, source.p);
	spinning_write_found(audit, b, q, about);
}

void judge_spinning_write(struct sql_audit *audit)
{
	struct batch b;
	for (size_t i = 0; i < audit->file.count; i++)
		for (size_t n = 0; batch_of(audit, &audit->file.statement[i], n, &b); n++) {
			spinning_write_batch(audit, &b);
			judge_source(audit, &b);
		}
}
