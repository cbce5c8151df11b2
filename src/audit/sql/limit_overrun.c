/* limit-overrun: a subquery with LIMIT and a lock on the inner side of a nested loop runs again for
 * each outer row, and takes other rows each time. An array, a scalar and a CTE run once. Which plan
 * it is, files do not say: a note; before a planner its plan decides (limit_plan.c). */
#include "audit/sql/internal.h"

bool overrun_fits(const struct batch *b)
{
	const struct statement_query *q = &b->s->query[batch_limited(b)];
	bool again = b->role == STATEMENT_IN ||
		     (b->role == STATEMENT_FROM && b->s->head.kind != STATEMENT_MERGE);
	return again && !(b->s->head.flags & STATEMENT_JOINED) && !b->cte &&
	       q->flags & STATEMENT_LOCK && !batch_filter(b);
}

void overrun_found(struct sql_audit *audit, const struct batch *b, enum audit_severity severity,
		   struct str headline, struct str about)
{
	const struct statement_query *q = &b->s->query[batch_limited(b)];
	sql_found(audit, b->s,
		  &(struct sql_found){
		      .rule = SQL_LIMIT_OVERRUN,
		      .severity = severity,
		      .span = q->span.to ? q->span : b->s->head.span,
		      .headline = headline,
		      .about = about,
		      .rewrite = splice_batch(audit, b, NULL),
		      .object = statement_str(b->s, b->target->name),
		  });
}

void overrun_unplanned(struct sql_audit *audit, const struct batch *b)
{
	overrun_found(
	    audit, b, AUDIT_BY_RULE, STR(""),
	    STR("under a nested loop the subquery runs once per row and locks other rows each time; which plan it is depends on statistics"));
}

void judge_limit_overrun(struct sql_audit *audit)
{
	struct batch b;
	for (size_t i = 0; i < audit->file.count && !audit->planned; i++)
		for (size_t n = 0; batch_of(audit, &audit->file.statement[i], n, &b); n++)
			if (overrun_fits(&b))
				overrun_unplanned(audit, &b);
}
