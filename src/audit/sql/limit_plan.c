/* limit-overrun before the planner: whether the LIMIT runs once or again for each row. The plan is
 * that of the condition as a SELECT without its lock, which needs no right to write. */
#include "audit/sql/identity.h"

#include <stdio.h>

/* With several LIMITs the plan does not show which is which. */
static bool limit_is_only(const struct statement *s)
{
	size_t limits = 0;
	for (uint32_t i = 0; i < s->head.queries; i++)
		limits += (s->query[i].flags & STATEMENT_LIMIT) != 0;
	return limits == 1;
}

static void limit_report(struct identity *id, const struct batch *b)
{
	struct probe_repeated again;
	if (!limit_is_only(id->s)) {
		overrun_unplanned(id->audit, b);
		return;
	}
	if (!probe_plan_repeats_limit(&id->plan, &again)) {
		overrun_found(
		    id->audit, b, AUDIT_NOTE, STR(""),
		    STR("by today's plan the subquery runs once; with other statistics it may run once per row, and lock other rows each time"));
		return;
	}
	const char *about = arena_printf(
	    id->arena,
	    "the LIMIT is on the inner side of a nested loop, runs again for each row of %.*s (%.0f expected by the statistics of today), and locks other rows each time",
	    STR_ARG(again.relation.n ? again.relation : STR("the outer side")), again.outer);
	overrun_found(
	    id->audit, b, AUDIT_WARNING,
	    STR("a LIMIT does not bound what is written: its subquery runs again for each row"),
	    str_of(about));
}

static void limit_batches(struct identity *id, bool planned, uint32_t writer)
{
	struct batch b;
	for (size_t n = 0; batch_of(id->audit, id->s, n, &b); n++) {
		bool was = b.writer < LIMIT_WRITERS_MAX && id->planned >> b.writer & 1;
		if (!overrun_fits(&b) || was)
			continue;
		if (!planned)
			overrun_unplanned(id->audit, &b);
		else if (b.writer == writer)
			limit_report(id, &b);
	}
}

void identity_limit(struct identity *id, uint32_t writer)
{
	if (writer >= LIMIT_WRITERS_MAX)
		return;
	limit_batches(id, true, writer);
	id->planned |= (uint64_t)1 << writer;
}

void identity_limit_rest(struct identity *id)
{
	limit_batches(id, false, 0);
}
