/* Wraparound: transaction ids or multixact ids run out because old rows were not frozen. */
#include "heal/judge/internal.h"

#define WRAPAROUND_IDS (INT64_C(1) << 31)

enum { WRAPAROUND_RESERVE = 3000000 /* the server stops giving out ids before the end */ };

/* The two kinds of ids, and the words for each. */
static const struct wraparound_kind {
	size_t offset;
	const char *key, *what, *age, *of_table, *setting, *ends;
} wraparound_kinds[] = {
    {offsetof(struct observe_sample, xids), "", "transactions", "age(datfrozenxid)",
     "age(relfrozenxid)", "autovacuum_freeze_max_age",
     "prepared transactions, old slots, old transactions"},
    {offsetof(struct observe_sample, multixacts), "/multixacts",
     "multixacts (rows that several transactions lock at once)", "mxid_age(datminmxid)",
     "mxid_age(relminmxid)", "autovacuum_multixact_freeze_max_age",
     "prepared transactions, old transactions"},
};

static const struct observe_ids *wraparound_ids(const struct wraparound_kind *kind,
						const struct observe_sample *s)
{
	return (const struct observe_ids *)((const char *)s + kind->offset);
}

/* Seconds until the end at the rate of the window; 0: no rate can be seen. */
static double wraparound_left(const struct judge_case *c, const struct wraparound_kind *kind,
			      const struct observe_sample *now)
{
	int64_t age = wraparound_ids(kind, now)->age;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *then = judge_sample(c, i);
		if (!wraparound_ids(kind, then)->freeze_max)
			continue;
		double ids = (double)(age - wraparound_ids(kind, then)->age);
		double seconds = (double)(now->at - then->at) / 1e6;
		if (ids <= 0 || seconds <= 0)
			return 0;
		return (double)(WRAPAROUND_IDS - WRAPAROUND_RESERVE - age) / (ids / seconds);
	}
	return 0;
}

static void wraparound_report(struct judge_case *c, const struct wraparound_kind *kind,
			      const struct observe_sample *now)
{
	struct judge_finding *f = judge_add(c, JUDGE_WRAPAROUND, JUDGE_CERTAIN);
	if (!f)
		return;
	const struct observe_ids *ids = wraparound_ids(kind, now);
	double left = wraparound_left(c, kind, now);
	f->key = judge_text(c, "wraparound/%s%s", ids->database, kind->key);
	f->cause = judge_text(
	    c,
	    "Database %s has rows that are %.1f million %s old, of 2 147 million that there are; "
	    "freezing should begin at %.1f million.",
	    ids->database, (double)ids->age / 1e6, kind->what, (double)ids->freeze_max / 1e6);
	f->action = judge_text(
	    c,
	    "In %s: VACUUM (FREEZE, VERBOSE) the tables with the greatest %s in pg_class. "
	    "First end what keeps it from freezing: %s. "
	    "Never cancel an autovacuum \"to prevent wraparound\".",
	    ids->database, kind->of_table, kind->ends);
	f->until =
	    left > 0
		? judge_text(c,
			     "At the rate of the last seconds the server refuses to write in %s.",
			     judge_age(c, (int64_t)(left * 1e6)))
		: "At the end the server refuses to write until it has been vacuumed.";
	f->sure = judge_text(c, "certain: %s is %lld, %s %lld", kind->age, (long long)ids->age,
			     kind->setting, (long long)ids->freeze_max);
}

void judge_wraparound(struct judge_case *c)
{
	for (size_t k = 0; k < COUNT_OF(wraparound_kinds); k++) {
		const struct wraparound_kind *kind = &wraparound_kinds[k];
		const struct observe_sample *now = NULL;
		for (int i = 0; i < c->samples; i++) {
			if (wraparound_ids(kind, judge_sample(c, i))->freeze_max)
				now = judge_sample(c, i);
		}
		if (!now)
			continue;
		const struct observe_ids *ids = wraparound_ids(kind, now);
		if (ids->age >= WRAPAROUND_IDS / 2 ||
		    ids->age >= ids->freeze_max + ids->freeze_max / 2)
			wraparound_report(c, kind, now);
	}
}
