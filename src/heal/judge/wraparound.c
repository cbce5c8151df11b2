/* Transaction ids run out: nobody froze the oldest rows of a database. */
#include "heal/judge/internal.h"

#define WRAPAROUND_IDS (INT64_C(1) << 31)

enum { WRAPAROUND_RESERVE = 3000000 /* the server stops giving out ids before the end */ };

/* Seconds until the end at the rate of the window; 0: no rate can be seen. */
static double wraparound_left(const struct judge_case *c, const struct observe_sample *now)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *then = judge_sample(c, i);
		if (!then->freeze_max)
			continue;
		double ids = (double)(now->frozen_age - then->frozen_age);
		double seconds = (double)(now->at - then->at) / 1e6;
		if (ids <= 0 || seconds <= 0)
			return 0;
		return (double)(WRAPAROUND_IDS - WRAPAROUND_RESERVE - now->frozen_age) /
		       (ids / seconds);
	}
	return 0;
}

void judge_wraparound(struct judge_case *c)
{
	const struct observe_sample *now = NULL;
	for (int i = 0; i < c->samples; i++) {
		if (judge_sample(c, i)->freeze_max)
			now = judge_sample(c, i);
	}
	if (!now || (now->frozen_age < WRAPAROUND_IDS / 2 &&
		     now->frozen_age < now->freeze_max + now->freeze_max / 2))
		return;
	struct judge_finding *f = judge_add(c, JUDGE_WRAPAROUND, JUDGE_CERTAIN);
	if (!f)
		return;
	double left = wraparound_left(c, now);
	f->key = judge_text(c, "wraparound/%s", now->frozen_database);
	f->cause = judge_text(
	    c,
	    "Database %s has rows that are %.0f million transactions old, of 2 147 million that there are; freezing should begin at %.0f million.",
	    now->frozen_database, (double)now->frozen_age / 1e6, (double)now->freeze_max / 1e6);
	f->action = judge_text(
	    c,
	    "In %s: VACUUM (FREEZE, VERBOSE) the tables with the greatest age(relfrozenxid) in pg_class. First end what keeps it from freezing: prepared transactions, old slots, old transactions. Never cancel an autovacuum \"to prevent wraparound\".",
	    now->frozen_database);
	f->until =
	    left > 0
		? judge_text(c,
			     "At the rate of the last seconds the server refuses to write in %s.",
			     judge_age(c, (int64_t)(left * 1e6)))
		: "At the end the server refuses to write until it has been vacuumed.";
	f->sure =
	    judge_text(c, "certain: age(datfrozenxid) is %lld, autovacuum_freeze_max_age %lld",
		       (long long)now->frozen_age, (long long)now->freeze_max);
}
