#include "heal/judge/internal.h"

#include <string.h>

enum {
	CONNECTIONS_CALLERS = 64,
	CONNECTIONS_NEW = 10,
	CONNECTIONS_SAMPLES = 6,
	CONNECTIONS_PART = 40,         /* % of all: below, growth is a pool that starts */
	CONNECTIONS_LEAK = 6,          /* new ones in the window, and no old one was closed */
	CONNECTIONS_RATE = 10,         /* new ones a second, by the server's counter */
	CONNECTIONS_CHURN = 3,         /* new ones of a caller in each sample */
	CONNECTIONS_QUEUE_US = 1000000 /* the first client has waited in the pooler */
};

/* Sessions by caller. */
struct connections_tally {
	char name[CONNECTIONS_CALLERS][OBSERVE_NAME];
	int count[CONNECTIONS_CALLERS], callers;
};

static void connections_add(struct connections_tally *t, const struct observe_session *s)
{
	char is[OBSERVE_NAME];
	int at = 0;
	observe_caller(s, is);
	while (at < t->callers && strcmp(t->name[at], is) != 0)
		at++;
	if (at == CONNECTIONS_CALLERS)
		return;
	if (at == t->callers)
		memcpy(t->name[t->callers++], is, OBSERVE_NAME);
	t->count[at]++;
}

/* The caller with the most sessions, and their number. */
static int connections_first(const struct connections_tally *t, char caller[OBSERVE_NAME])
{
	int best = 0;
	for (int i = 1; i < t->callers; i++)
		best = t->count[i] > t->count[best] ? i : best;
	observe_set(caller, OBSERVE_NAME, str_of(t->callers ? t->name[best] : "?"));
	return t->callers ? t->count[best] : 0;
}

/* The caller with the most sessions in the last sample. */
static int connections_most(const struct judge_case *c, char caller[OBSERVE_NAME])
{
	struct connections_tally tally = {0};
	for (int i = 0; i < c->last->sessions; i++) {
		if (c->last->session[i].kind == OBSERVE_CLIENT)
			connections_add(&tally, &c->last->session[i]);
	}
	return connections_first(&tally, caller);
}

static bool connections_is_new(const struct judge_case *c, int sample,
			       const struct observe_session *s)
{
	return s->kind == OBSERVE_CLIENT && s->backend_start > judge_sample(c, sample - 1)->at;
}

/* The caller that has opened the most connections. */
static void connections_newest(const struct judge_case *c, char caller[OBSERVE_NAME])
{
	struct connections_tally tally = {0};
	for (int i = 1; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->sessions; s++) {
			if (connections_is_new(c, i, &sample->session[s]))
				connections_add(&tally, &sample->session[s]);
		}
	}
	connections_first(&tally, caller);
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

/* ---- connections that come and go ---- */

/* New sessions of the caller in all samples, sessions of it at all, and samples that had new
 * ones. */
struct connections_new {
	int fresh, all, samples;
	int64_t age; /* us, of the new ones together, when they were seen */
};

static struct connections_new connections_new_of(const struct judge_case *c, const char *caller)
{
	struct connections_new n = {0};
	for (int i = 1; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		int fresh = 0;
		for (int s = 0; s < sample->sessions; s++) {
			const struct observe_session *session = &sample->session[s];
			char is[OBSERVE_NAME];
			observe_caller(session, is);
			if (session->kind != OBSERVE_CLIENT || strcmp(is, caller) != 0)
				continue;
			n.all++;
			if (!connections_is_new(c, i, session))
				continue;
			fresh++;
			n.age += sample->at - session->backend_start;
		}
		n.fresh += fresh;
		n.samples += fresh > 0;
	}
	return n;
}

/* New connections a second, by the server's counter: most are too short to be seen. 0: not
 * known. */
static double connections_rate(const struct judge_case *c)
{
	const struct observe_sample *first = NULL, *last = NULL;
	for (int i = 0; i < c->samples; i++) {
		if (!judge_sample(c, i)->sessions_at)
			continue;
		first = first ? first : judge_sample(c, i);
		last = judge_sample(c, i);
	}
	if (!first)
		return 0;
	double seconds = (double)(last->at - first->at) / 1e6;
	return seconds >= CONNECTIONS_SAMPLES - 1
		   ? (double)(last->sessions_at - first->sessions_at) / seconds
		   : 0;
}

/* The server counts many new connections, of which looks have shown few. */
static bool connections_flood(struct judge_case *c)
{
	char caller[OBSERVE_NAME];
	double rate = connections_rate(c);
	if (rate < CONNECTIONS_RATE)
		return false;
	connections_newest(c, caller);
	bool seen = strcmp(caller, "?") != 0;
	if (seen && connections_explained(c, caller))
		return false;
	struct judge_finding *f = judge_add(c, JUDGE_CONNECTIONS, JUDGE_HIGH);
	if (!f)
		return true;
	f->key = judge_text(c, "connections/%s", caller);
	f->cause = judge_text(
	    c, "%.0f connections are opened every second and closed again at once%s.", rate,
	    seen ? judge_text(c, "; some of them are those of %s", caller)
		 : ", each too short to be seen");
	f->action = judge_text(
	    c,
	    "Let %s keep its connections in a pool, or put PgBouncer in transaction mode before the server.%s",
	    seen ? caller : "that application", seen ? "" : " log_connections = on names it.");
	f->until =
	    "Each costs the server a process and a login, more than most statements cost; many at once fill it.";
	f->sure = "high: counted by the server (sessions in pg_stat_database)";
	return true;
}

/* A caller that opens a connection for each of its statements. */
static bool connections_churn(struct judge_case *c)
{
	char caller[OBSERVE_NAME];
	connections_newest(c, caller);
	struct connections_new n = connections_new_of(c, caller);
	int looks = c->samples - 1;
	if (c->samples < CONNECTIONS_SAMPLES || n.fresh < CONNECTIONS_CHURN * looks ||
	    n.samples * 4 < looks * 3 || n.fresh * 4 < n.all * 3 ||
	    connections_explained(c, caller))
		return false;
	struct judge_finding *f = judge_add(c, JUDGE_CONNECTIONS, JUDGE_HIGH);
	if (!f)
		return true;
	/* Looked at at any moment, a session has lived half of its life. */
	double life = 2.0 * (double)(n.age + 1) / n.fresh / 1e6, at_once = (double)n.fresh / looks;
	f->key = judge_text(c, "connections/%s", caller);
	f->cause = judge_text(
	    c, "%s opens connections and closes them again: about %.0f a second, each for %.0f ms.",
	    caller, at_once / life, life * 1e3);
	f->action = judge_text(
	    c,
	    "Let %s keep its connections in a pool, or put PgBouncer in transaction mode before the server.",
	    caller);
	f->until =
	    "Each costs the server a process and a login, more than most statements cost; many at once fill it.";
	f->sure = judge_text(
	    c, "high: %d of the %d sessions of it that were seen had begun since the look before",
	    n.fresh, n.all);
	return true;
}

/* ---- clients that wait in a pooler ---- */

/* Whether most of the pool's connections are those of causes that were named already. */
static bool connections_pool_explained(const struct judge_case *c, const struct observe_pool *pool)
{
	int used = 0, claimed = 0;
	for (int i = 0; i < c->last->sessions; i++) {
		const struct observe_session *s = &c->last->session[i];
		if (s->kind != OBSERVE_CLIENT || s->state == OBSERVE_IDLE ||
		    strcmp(s->role, pool->role) != 0)
			continue;
		used++;
		claimed += c->claimed[c->samples - 1][i];
	}
	return used && claimed * 2 >= used;
}

/* Samples in which clients waited for the pool. */
static int connections_queued(const struct judge_case *c, const struct observe_pool *pool)
{
	int samples = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int p = 0; p < sample->pools; p++)
			samples += sample->pool[p].waiting > 0 &&
				   strcmp(sample->pool[p].role, pool->role) == 0 &&
				   strcmp(sample->pool[p].database, pool->database) == 0;
	}
	return samples;
}

static void connections_pools(struct judge_case *c)
{
	for (int p = 0; p < c->last->pools; p++) {
		const struct observe_pool *pool = &c->last->pool[p];
		if (pool->waiting == 0 || pool->longest < CONNECTIONS_QUEUE_US ||
		    c->samples < CONNECTIONS_SAMPLES ||
		    connections_queued(c, pool) * 2 <= c->samples ||
		    connections_pool_explained(c, pool))
			continue;
		struct judge_finding *f = judge_add(c, JUDGE_CONNECTIONS, JUDGE_HIGH);
		if (!f)
			return;
		f->waiters = (int)pool->waiting;
		f->key = judge_text(c, "connections/%s", pool->role);
		f->cause = judge_text(
		    c,
		    "%lld clients of role %s wait in PgBouncer, the first for %s: all %lld connections of its pool are in use.",
		    (long long)pool->waiting, pool->role, judge_age(c, pool->longest),
		    (long long)pool->servers);
		f->action =
		    "Look at what these connections run (s): shorten it, or move long work to a role with a pool of its own. Raise default_pool_size only when the server has processors to spare.";
		f->until = judge_text(
		    c, "Transactions take %.0f ms on average, of which statements run %.0f ms.",
		    (double)pool->transaction_us / 1e3, (double)pool->query_us / 1e3);
		f->sure = judge_text(c, "high: clients waited in %d of %d looks",
				     connections_queued(c, pool), c->samples);
	}
}

/* All clients of the first sample are there in the last. */
static bool connections_none_closed(const struct judge_case *c)
{
	const struct observe_sample *first = judge_sample(c, 0);
	if (c->last->connections - first->connections < CONNECTIONS_LEAK)
		return false;
	for (int i = 0; i < first->sessions; i++) {
		const struct observe_session *s = &first->session[i], *now;
		if (s->kind != OBSERVE_CLIENT)
			continue;
		now = observe_session_of(c->last, s->pid);
		if (!now || now->backend_start != s->backend_start)
			return false;
	}
	return true;
}

/* A role or a database with a limit of its own that is used up: a limit is meant to be reached,
 * so it is a cause only when its connections are at work and nothing else explains that. */
static void connections_rooms(struct judge_case *c)
{
	const struct observe_room *room = NULL;
	for (int i = 0; i < c->samples; i++) {
		if (judge_sample(c, i)->room.bound)
			room = &judge_sample(c, i)->room;
	}
	if (!room || room->used < room->bound)
		return;
	int all = 0, works = 0, claimed = 0;
	bool role = strncmp(room->name, "role ", 5) == 0;
	for (int i = 0; i < c->last->sessions; i++) {
		const struct observe_session *s = &c->last->session[i];
		if (s->kind != OBSERVE_CLIENT || (role && strcmp(s->role, room->name + 5) != 0))
			continue;
		all++;
		works += s->state != OBSERVE_IDLE;
		claimed += c->claimed[c->samples - 1][i];
	}
	if (claimed * 2 >= all && claimed)
		return;
	struct judge_finding *f = judge_add(
	    c, JUDGE_CONNECTIONS, works * 10 >= all * 7 && all ? JUDGE_PROBABLE : JUDGE_NOTE);
	if (!f)
		return;
	f->key = judge_text(c, "connections/%s", room->name);
	f->cause =
	    judge_text(c, "All %lld connections that %s may have are used, %d of them at work.",
		       (long long)room->bound, room->name, works);
	f->action =
	    "Look whether its clients are refused (too many connections for it); then a pool that lets them wait, or a higher CONNECTION LIMIT.";
	f->until = "Until one is closed, every new client of it is refused.";
	f->sure = "probable: counted; whether clients are refused is in the server's log only";
}

static void connections_server(struct judge_case *c)
{
	const struct observe_sample *first = judge_sample(c, 0),
				    *half = judge_sample(c, c->samples / 2);
	int64_t max = c->server->connections_max;
	int now = c->last->connections;
	bool full = max > 0 && now * 10 >= max * 8;
	bool grows = c->samples >= CONNECTIONS_SAMPLES &&
		     now - first->connections >=
			 (connections_none_closed(c) ? CONNECTIONS_LEAK : CONNECTIONS_NEW) &&
		     half->connections > first->connections && now > half->connections &&
		     c->last->idle * 10 >= now * 7 && now * 100 >= max * CONNECTIONS_PART;
	char caller[OBSERVE_NAME];
	int most = connections_most(c, caller);
	bool explained = now < max && connections_explained(c, caller);
	if (!full && !grows && (connections_churn(c) || connections_flood(c)))
		return;
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

void judge_connections(struct judge_case *c)
{
	connections_pools(c);
	connections_server(c);
	connections_rooms(c);
}
