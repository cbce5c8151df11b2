/* Checkpoints that come one after the other because WAL grows faster than max_wal_size allows. The
 * shortest time between two that are due is 30 s: two new ones in a window were asked for. */
#include "heal/judge/internal.h"

enum {
	PRESSURE_CHECKPOINTS = 2,
	PRESSURE_SECONDS = 300,
	PRESSURE_LOAD_US = 2000000, /* an INSERT as long as that is a load */
	PRESSURE_WAL = 8 << 20 /* for each: less, and somebody ran CHECKPOINT or a backup did */
};

/* Somebody who loads or maintains: then it ends by itself. Seen anywhere in the window, because a
 * load is one statement after the other. */
static const struct observe_session *pressure_load(const struct judge_case *c)
{
	for (int i = c->samples - 1; i >= 0; i--) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->sessions; n++) {
			const struct observe_session *s = &sample->session[n];
			bool loads = s->text.verb == OBSERVE_INSERT &&
				     sample->at - s->query_start >= PRESSURE_LOAD_US;
			if (s->kind == OBSERVE_CLIENT && s->state == OBSERVE_ACTIVE &&
			    (loads || judge_is_work(s)))
				return s;
		}
	}
	return NULL;
}

void judge_write_pressure(struct judge_case *c)
{
	const struct observe_sample *first = NULL, *before = NULL;
	int checkpoints = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *s = judge_sample(c, i);
		if (!s->checkpoint_at)
			continue;
		if (!first)
			first = s;
		checkpoints += before && s->checkpoint_at > before->checkpoint_at;
		before = s;
	}
	double seconds = first ? (double)(before->at - first->at) / 1e6 : 0;
	if (checkpoints < PRESSURE_CHECKPOINTS || seconds <= 0 ||
	    before->wal_at - first->wal_at < checkpoints * (int64_t)PRESSURE_WAL)
		return;
	const struct observe_session *load = pressure_load(c);
	struct judge_finding *f =
	    judge_add(c, JUDGE_WRITE_PRESSURE, load ? JUDGE_NOTE : JUDGE_HIGH);
	if (!f)
		return;
	double rate = (double)(before->wal_at - first->wal_at) / seconds;
	f->key = "write-pressure";
	f->cause = judge_text(
	    c, "Checkpoints follow one another: %d in %.0f s, WAL grows by %.1f MB a second%s.",
	    checkpoints, seconds, rate / 1e6,
	    load ? judge_text(c, ", while %s loads or maintains; it ends by itself",
			      judge_who(c, load))
		 : "");
	f->action = judge_text(
	    c,
	    "Set max_wal_size to about %.0f GB, which is %d min at this rate, and checkpoint_timeout to as long.",
	    rate * PRESSURE_SECONDS * 2 / 1e9 + 1, PRESSURE_SECONDS / 60);
	f->until =
	    "Every page that is changed after a checkpoint is written into WAL as a whole once more.";
	f->sure = judge_text(
	    c, "high: %d checkpoints began within %.0f s; the shortest checkpoint_timeout is 30 s",
	    checkpoints, seconds);
}
