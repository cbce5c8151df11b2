/* A prepared transaction that nobody ends: it keeps its locks and dead rows, also over a restart of
 * the server, and no session shows it. */
#include "heal/judge/internal.h"

#include <string.h>

/* A transaction manager that restarts ends what it left within minutes. */
#define PREPARED_US INT64_C(300000000)

/* A cause of higher rank names it already. */
static bool prepared_is_named(const struct judge_case *c, const struct observe_holder *h)
{
	for (int i = 0; i < c->result->findings; i++) {
		const struct judge_finding *f = &c->result->finding[i];
		if (f->confidence > JUDGE_NOTE && judge_names_table(f->cause, h->name))
			return true;
	}
	return false;
}

void judge_prepared(struct judge_case *c)
{
	for (int i = 0; i < c->last->holders; i++) {
		const struct observe_holder *h = &c->last->holder[i];
		if (h->kind != OBSERVE_PREPARED || !h->since ||
		    c->last->at - h->since < PREPARED_US || prepared_is_named(c, h))
			continue;
		struct judge_finding *f = judge_add(c, JUDGE_PREPARED, JUDGE_HIGH);
		if (!f)
			return;
		f->key = judge_text(c, "abandoned/prepared/%s", h->name);
		f->cause = judge_text(
		    c, "The prepared transaction %s was left over: it was prepared %s ago.",
		    h->name, judge_age(c, c->last->at - h->since));
		f->action =
		    "Ask the transaction manager that prepared it; then COMMIT PREPARED or ROLLBACK PREPARED. If no application means to prepare any, set max_prepared_transactions = 0.";
		f->until =
		    "Its locks stay, also over a restart, and dead rows of every table are kept.";
		f->sure = "high: pg_prepared_xacts has it, and managers end theirs within seconds";
	}
}
