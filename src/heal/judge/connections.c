#include "heal/judge/internal.h"

#include <string.h>

enum {
	CONNECTIONS_CALLERS = 64,
	CONNECTIONS_NEW = 10,
	CONNECTIONS_SAMPLES = 6,
	CONNECTIONS_PART = 40 /* % of all: below, growth is a pool that starts */
};

/* The caller with the most sessions in the last sample. */
static int connections_most(const struct judge_case *c, char caller[OBSERVE_NAME])
{
	char name[CONNECTIONS_CALLERS][OBSERVE_NAME];
	int count[CONNECTIONS_CALLERS] = {0}, callers = 0, best = 0;
	for (int i = 0; i < c->last->sessions; i++) {
		const struct observe_session *s = &c->last->session[i];
		char is[OBSERVE_NAME];
		int at = 0;
		if (s->kind != OBSERVE_CLIENT)
			continue;
		observe_caller(s, is);
		while (at < callers && strcmp(name[at], is) != 0)
			at++;
		if (at == CONNECTIONS_CALLERS)
			continue;
		if (at == callers)
			memcpy(name[callers++], is, OBSERVE_NAME);
		count[at]++;
		best = count[at] > count[best] ? at : best;
	}
	observe_set(caller, OBSERVE_NAME, str_of(callers ? name[best] : "?"));
	return callers ? count[best] : 0;
}

/* A cause of higher rank is about this caller: its connections are many because of that, and a
 * larger pool would cure nothing. */
static bool connections_explained(const struct judge_case *c, const char *caller)
{
	for (int i = 0; i < c->result->findings; i++) {
		const struct judge_finding *f = &c->result->finding[i];
		const char *slash = strchr(f->key, '/');
		if (f->confidence >= JUDGE_HIGH && slash && strcmp(slash + 1, caller) == 0)
			return true;
	}
	return false;
}

void judge_connections(struct judge_case *c)
{
	const struct observe_sample *first = judge_sample(c, 0),
				    *half = judge_sample(c, c->samples / 2);
	int64_t max = c->server->connections_max;
	int now = c->last->connections;
	bool full = max > 0 && now * 10 >= max * 8;
	bool grows = c->samples >= CONNECTIONS_SAMPLES &&
		     now - first->connections >= CONNECTIONS_NEW &&
		     half->connections > first->connections && now > half->connections &&
		     c->last->idle * 10 >= now * 7 && now * 100 >= max * CONNECTIONS_PART;
	char caller[OBSERVE_NAME];
	int most = connections_most(c, caller);
	bool explained = now < max && connections_explained(c, caller);
	struct judge_finding *f =
	    (full || grows) && !explained ? judge_add(c, JUDGE_CONNECTIONS, JUDGE_HIGH) : NULL;
	if (!f)
		return;
	double seconds = (double)(c->last->at - first->at) / 1e6;
	f->key = judge_text(c, "connections/%s", caller);
	f->cause = judge_text(c, "%d of %d connections are used, %d of them by %s; %d are idle.",
			      now, (int)max, most, caller, c->last->idle);
	f->action = judge_text(
	    c,
	    "Give %s a pool with a limit, or put PgBouncer in transaction mode before the server; ALTER ROLE ... CONNECTION LIMIT bounds it tonight.",
	    caller);
	f->until =
	    grows && now < max
		? judge_text(c, "At this rate there is none left in %d s.",
			     (int)((double)(max - now) * seconds / (now - first->connections)))
		: "When none is left, every new client is refused.";
	f->sure = judge_text(c, "high: counted; %d more than %d s ago", now - first->connections,
			     (int)seconds);
}
