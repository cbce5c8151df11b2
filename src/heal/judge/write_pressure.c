/* Checkpoints that come one after the other because WAL grows faster than max_wal_size allows. The
 * shortest time between two that are due is 30 s: two new ones in a window were asked for. */
#include "heal/judge/internal.h"

#include <string.h>
#include <strings.h>

enum {
	PRESSURE_CHECKPOINTS = 2,
	PRESSURE_SECONDS = 300,
	PRESSURE_LOAD_US = 2000000, /* an INSERT as long as that is a load */
	PRESSURE_ROW = 3,           /* checkpoints in a row, */
	PRESSURE_ROW_US = 30000000, /* each as soon after the one before as no timeout brings it, */
	PRESSURE_ROW_ALIKE = 2,     /* after amounts of WAL that differ at most so many times */
	PRESSURE_WAL = 8 << 20 /* for each: less, and somebody ran CHECKPOINT or a backup did */
};

/* Somebody who loads or maintains: then it ends by itself. Seen anywhere in the window, because a
 * load is one statement after the other. */
static const struct observe_session *pressure_load(const struct judge_case *c)
{
	for (int i = c->samples - 1; i >= 0; i--) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
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

/* Somebody asks for checkpoints, or a backup does. */
static bool pressure_is_asked(const struct judge_case *c)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (strncasecmp(s->text.text, "CHECKPOINT", 10) == 0 ||
			    strcmp(s->work, "base backup") == 0)
				return true;
		}
	}
	return false;
}

/* Checkpoints that are too far apart for the window: the last ones since heal looks came each after
 * about as much WAL, which is what max_wal_size does. Returns how many, 0: it is not so. */
static int pressure_row(const struct judge_case *c, double *seconds, double *rate)
{
	struct observe_checkpoint at[PRESSURE_ROW];
	int64_t least = INT64_MAX, most = 0;
	for (int i = 0; i < PRESSURE_ROW; i++) {
		if (!observe_checkpoint(c->history, i, &at[i]))
			return 0;
		int64_t after = i ? at[i - 1].at - at[i].at : c->last->at - at[i].at;
		if (after >= PRESSURE_ROW_US)
			return 0;
		if (!i)
			continue;
		int64_t wal = at[i - 1].wal_at - at[i].wal_at;
		least = wal < least ? wal : least;
		most = wal > most ? wal : most;
	}
	*seconds = (double)(at[0].at - at[PRESSURE_ROW - 1].at) / 1e6;
	*rate = (double)(at[0].wal_at - at[PRESSURE_ROW - 1].wal_at) / *seconds;
	return least >= PRESSURE_WAL && most <= PRESSURE_ROW_ALIKE * least && !pressure_is_asked(c)
		   ? PRESSURE_ROW
		   : 0;
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
	double rate = first && seconds > 0 ? (double)(before->wal_at - first->wal_at) / seconds : 0;
	if (checkpoints < PRESSURE_CHECKPOINTS || !first || seconds <= 0 ||
	    before->wal_at - first->wal_at < checkpoints * (int64_t)PRESSURE_WAL)
		checkpoints = pressure_row(c, &seconds, &rate);
	if (!checkpoints)
		return;
	const struct observe_session *load = pressure_load(c);
	struct judge_finding *f =
	    judge_add(c, JUDGE_WRITE_PRESSURE, load ? JUDGE_NOTE : JUDGE_HIGH);
	if (!f)
		return;
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
