/* limit-overrun: a subquery with LIMIT and a lock on the inner side of a nested loop runs again for
 * each outer row, and takes other rows each time. An array, a scalar and a CTE run once. */
#include "audit/sql/internal.h"

static void judge_batch(struct sql_audit *audit, const struct batch *b)
{
	const struct statement_query *q = &b->s->query[batch_limited(b)];
	bool again = b->role == STATEMENT_IN || b->role == STATEMENT_FROM;
	if (!again || b->cte || !(q->flags & STATEMENT_LOCK) || batch_filter(b))
		return;
	sql_found(
	    audit, b->s,
	    &(struct sql_found){
		.rule = SQL_LIMIT_OVERRUN,
		.span = q->span.to ? q->span : b->s->head.span,
		.about = STR(
		    "under a nested loop the subquery runs once per row and locks other rows each time; which plan it is depends on statistics"),
		.rewrite = splice_batch(audit, b, NULL),
		.object = statement_str(b->s, b->target->name),
	    });
}

void judge_limit_overrun(struct sql_audit *audit)
{
	struct batch b;
	for (size_t i = 0; i < audit->file.count; i++)
		for (size_t n = 0; batch_of(audit, &audit->file.statement[i], n, &b); n++)
			judge_batch(audit, &b);
}
