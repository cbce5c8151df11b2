/* Commits that wait for a synchronous standby that does not answer: each session that wrote
 * something stands still, keeps its locks, and gives no error. */
#include "heal/judge/internal.h"

#include <string.h>

enum { SYNC_WAIT_US = 3000000 };

static bool sync_waits(const struct observe_sample *sample, const struct observe_session *s)
{
	return s->kind == OBSERVE_CLIENT && s->state == OBSERVE_ACTIVE &&
	       strcmp(s->wait, "SyncRep") == 0 && sample->at - s->query_start >= SYNC_WAIT_US;
}

void judge_sync_standby(struct judge_case *c)
{
	const struct observe_session *longest = NULL;
	int waiters = 0;
	for (int i = 0; i < c->last->busy; i++) {
		const struct observe_session *s = &c->last->session[i];
		if (!sync_waits(c->last, s))
			continue;
		waiters++;
		if (!longest || s->query_start < longest->query_start)
			longest = s;
	}
	struct judge_finding *f = longest ? judge_add(c, JUDGE_SYNC_STANDBY, JUDGE_CERTAIN) : NULL;
	if (!f)
		return;
	f->key = "sync-standby";
	f->waiters = waiters;
	f->cause = judge_text(
	    c,
	    "%d commit%s for a synchronous standby that does not confirm them, the longest for %s.",
	    waiters, waiters == 1 ? " waits" : "s wait",
	    judge_age(c, c->last->at - longest->query_start));
	f->action =
	    "Bring the standby back that synchronous_standby_names asks for, or look why it is behind. "
	    "If it cannot come back now: take it out of synchronous_standby_names and SELECT pg_reload_conf(); those that wait go on at once, but a failover then loses what only this server has.";
	f->until =
	    "They keep their locks and their connections. Cancelling one makes its commit local: "
	    "it is there, and not on the standby.";
	f->sure = "certain: they wait in SyncRep, which is nothing else";
	f->statement[f->statements++] =
	    (struct judge_statement){.text = judge_text(c, "%s", longest->text.text),
				     .route = judge_text(c, "%s", longest->text.route)};
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			if (!sync_waits(sample, &sample->session[n]) || !judge_is_free(c, i, n))
				continue;
			judge_add_caller(f, judge_who(c, &sample->session[n]));
			judge_claim(c, f, i, n);
		}
	}
}
