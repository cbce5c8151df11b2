/* The same reads, at the same time, in several sessions, in waves: a cache whose entries expire and
 * are then computed by everybody at once.
 *
 * Equal fingerprints are not enough: a parallel job runs one statement over slices of its own. The
 * texts must be equal. With parameters ($1) that cannot be told, and there is only a note.
 * One statement that passes by itself establishes period and caller; others of the same caller
 * join when two sessions ran them at once in the same waves. Applications whose runs of one text
 * coincide use one cache, and are one caller: one cause, one finding. */
#include "heal/judge/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	HERD_EPISODES = 64,
	HERD_SESSIONS = 64,
	HERD_CALLERS = 32, /* applications; bits of a mask */
	HERD_LEAST_EPISODES = 3,
	HERD_LEAST_K = 3,
	HERD_JOIN_K = 2,
	HERD_GAP_US = 2000000,
	HERD_REDUNDANT_US = 1000000, /* a period, over the group */
	HERD_UNEVEN_EPISODES = 4     /* that come at no fixed period */
};

static const char herd_recipe[] =
    "One machine: a lock per key in the process and flock or SETNX between processes; threads alone do not help.\n"
    "Redis: SET lock:KEY TOKEN NX PX (3 x fill). Who gets it computes, stores and deletes the lock if TOKEN is still\n"
    "its own. The others wait at most fill + 100 ms, then take the old value or answer 503: never the statement.\n"
    "Keep the old value while one refreshes. Jitter of the time to live spreads the keys, it does not end repeats.\n"
    "Switches: Rails race_condition_ttl, nginx proxy_cache_lock with use_stale updating, Varnish grace.\n"
    "singleflight in Go is per process: one fill for each process remains.\n"
    "Without a change of code: pg_try_advisory_xact_lock(hash of the key) around the fill, also through PgBouncer;\n"
    "or a table or materialised view that one timer refreshes.\n"
    "Tonight only: ALTER ROLE ... CONNECTION LIMIT, or a smaller pool; it moves the queue to the application.";

struct herd_episode {
	int64_t start, end;
	int k, calls; /* k: sessions with one text */
	int64_t busy, longest;
};

/* What is known of one statement. */
struct herd_wave {
	struct herd_episode episode[HERD_EPISODES];
	int episodes, full; /* full: with enough sessions */
	int k;
	int64_t period, spread, redundant, alone;
	int64_t end; /* of the last full one */
};

struct herd {
	struct judge_case *c;
	const struct observe_execution **execution; /* by start */
	int executions;
	bool *done; /* of each execution: its statement has been judged */
	/* Applications, and of each the first one, by name, that it shares a cache with. */
	const char *caller[HERD_CALLERS];
	int shares[HERD_CALLERS], callers;
	bool shared; /* two of them do */
};

static int herd_by_start(const void *a, const void *b)
{
	const struct observe_execution *x = *(const struct observe_execution *const *)a,
				       *y = *(const struct observe_execution *const *)b;
	return (x->started > y->started) - (x->started < y->started);
}

static int herd_by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int herd_by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int64_t herd_median(int64_t *value, int n)
{
	if (n < 1)
		return 0;
	qsort(value, (size_t)n, sizeof(*value), herd_by_value);
	return value[n / 2];
}

/* ---- who shares a cache ---- */

/* The number of an application; -1: there are too many. */
static int herd_caller(const struct herd *h, const char *name)
{
	for (int i = 0; i < h->callers; i++) {
		if (strcmp(h->caller[i], name) == 0)
			return i;
	}
	return -1;
}

static bool herd_of_one(const struct herd *h, const char *a, const char *b)
{
	bool same = strcmp(a, b) == 0;
	if (same || !h->shared)
		return same;
	int x = herd_caller(h, a), y = herd_caller(h, b);
	return x >= 0 && y >= 0 && h->shares[x] == h->shares[y];
}

static bool herd_same(const struct herd *h, const struct observe_execution *a,
		      const struct observe_execution *b)
{
	return a->fingerprint == b->fingerprint && herd_of_one(h, a->caller, b->caller);
}

static void herd_join_callers(struct herd *h, int a, int b)
{
	int to = h->shares[a] < h->shares[b] ? h->shares[a] : h->shares[b],
	    gone = h->shares[a] < h->shares[b] ? h->shares[b] : h->shares[a];
	h->shared = true;
	for (int i = 0; i < h->callers; i++)
		h->shares[i] = h->shares[i] == gone ? to : h->shares[i];
}

/* The runs of one text, by start: applications share it when most runs of each fall together with
 * one of the other. */
static void herd_share_text(struct herd *h, const struct observe_execution *const *run, int runs)
{
	int total[HERD_CALLERS] = {0}, together[HERD_CALLERS][HERD_CALLERS] = {{0}};
	int *who = memory_array((size_t)runs, sizeof(*who));
	uint32_t *with = memory_array((size_t)runs, sizeof(*with));
	for (int i = 0; i < runs; i++) {
		who[i] = herd_caller(h, run[i]->caller);
		with[i] = 0;
	}
	for (int i = 0; i < runs; i++) {
		for (int j = i + 1; j < runs && run[j]->started <= run[i]->seen; j++) {
			if (who[i] < 0 || who[j] < 0)
				continue;
			with[i] |= UINT32_C(1) << who[j];
			with[j] |= UINT32_C(1) << who[i];
		}
	}
	for (int i = 0; i < runs; i++) {
		if (who[i] < 0)
			continue;
		total[who[i]]++;
		for (int b = 0; b < h->callers; b++)
			together[who[i]][b] += (with[i] >> b & 1) != 0;
	}
	for (int a = 0; a < h->callers; a++) {
		for (int b = 0; b < a; b++) {
			if (together[a][b] >= HERD_LEAST_EPISODES &&
			    together[b][a] >= HERD_LEAST_EPISODES &&
			    together[a][b] * 2 > total[a] && together[b][a] * 2 > total[b])
				herd_join_callers(h, a, b);
		}
	}
	free(who);
	free(with);
}

/* A run and its text, small, because there are thousands of them at every look. */
struct herd_text {
	uint64_t hash;
	int at; /* in the list of runs, which is by start */
};

static int herd_by_hash(const void *a, const void *b)
{
	const struct herd_text *x = a, *y = b;
	return x->hash == y->hash ? (x->at > y->at) - (x->at < y->at)
				  : (x->hash > y->hash) - (x->hash < y->hash);
}

/* Equal texts with parameters may be different questions: they show nothing. */
static void herd_share(struct herd *h)
{
	struct herd_text *text = memory_array((size_t)h->executions + 1, sizeof(*text));
	const struct observe_execution **run =
	    memory_array((size_t)h->executions + 1, sizeof(const struct observe_execution *));
	int texts = 0, runs = 0;
	for (int i = 0; i < h->executions; i++) {
		const struct observe_execution *x = h->execution[i];
		if (h->callers < HERD_CALLERS && herd_caller(h, x->caller) < 0)
			h->caller[h->callers++] = x->caller;
		if (!x->parameters)
			text[texts++] = (struct herd_text){x->hash, i};
	}
	qsort(h->caller, (size_t)h->callers, sizeof(h->caller[0]), herd_by_text);
	for (int i = 0; i < h->callers; i++)
		h->shares[i] = i;
	qsort(text, (size_t)texts, sizeof(*text), herd_by_hash);
	for (int i = 0; i < texts && h->callers > 1; i++) {
		run[runs++] = h->execution[text[i].at];
		if (i + 1 < texts && text[i + 1].hash == text[i].hash)
			continue;
		if (runs >= 2 * HERD_LEAST_EPISODES)
			herd_share_text(h, run, runs);
		runs = 0;
	}
	free(text);
	free(run);
}

/* The applications that share a cache with this one, the first by name first: "mobile, portal". */
static const char *herd_names(const struct herd *h, const char *caller)
{
	const char *names = "";
	for (int i = 0; i < h->callers; i++) {
		if (herd_of_one(h, h->caller[i], caller))
			names =
			    judge_text(h->c, "%s%s%s", names, names[0] ? ", " : "", h->caller[i]);
	}
	return names[0] ? names : caller;
}

/* What the cause is known by when it comes again. */
static const char *herd_first(const struct herd *h, const char *caller)
{
	int at = herd_caller(h, caller);
	return at < 0 ? caller : h->caller[h->shares[at]];
}

/* ---- waves ---- */

/* Sessions that ran the text that most of them ran, between two executions of the list. */
static int herd_k(const struct herd *h, const struct observe_execution *like, int from, int to)
{
	int best = 0;
	for (int i = from; i < to; i++) {
		int32_t pid[HERD_SESSIONS];
		int k = 0;
		if (!herd_same(h, h->execution[i], like))
			continue;
		for (int j = from; j < to && k < HERD_SESSIONS; j++) {
			int at = 0;
			if (!herd_same(h, h->execution[j], like) ||
			    h->execution[j]->hash != h->execution[i]->hash)
				continue;
			while (at < k && pid[at] != h->execution[j]->pid)
				at++;
			if (at == k)
				pid[k++] = h->execution[j]->pid;
		}
		best = k > best ? k : best;
		if (i - from > HERD_SESSIONS) /* more texts than that are no herd */
			break;
	}
	return best;
}

/* Cut the executions of a statement into episodes: a pause of `gap` ends one. */
static void herd_episodes(const struct herd *h, const struct observe_execution *like, int64_t gap,
			  struct herd_wave *w)
{
	int from = 0;
	struct herd_episode *e = NULL;
	w->episodes = 0;
	for (int i = 0; i < h->executions; i++) {
		const struct observe_execution *x = h->execution[i];
		if (!herd_same(h, x, like))
			continue;
		if (!e || x->started > e->end + gap) {
			if (e)
				e->k = herd_k(h, like, from, i);
			if (w->episodes == HERD_EPISODES) { /* keep the latest */
				memmove(w->episode, w->episode + 1,
					sizeof(w->episode) - sizeof(w->episode[0]));
				w->episodes--;
			}
			e = &w->episode[w->episodes++];
			*e = (struct herd_episode){.start = x->started, .end = x->seen};
			from = i;
		}
		int64_t took = x->seen - x->started;
		e->calls++;
		e->end = x->seen > e->end ? x->seen : e->end;
		e->busy += took;
		e->longest = took > e->longest ? took : e->longest;
	}
	if (e)
		e->k = herd_k(h, like, from, h->executions);
}

/* Period, spread and k of the episodes that have at least least_k sessions. */
static void herd_measure(struct herd_wave *w, int least_k)
{
	int64_t value[HERD_EPISODES] = {0}, k[HERD_EPISODES] = {0};
	int64_t redundant = 0, alone = 0, before = 0;
	int gaps = 0;
	w->full = 0;
	for (int i = 0; i < w->episodes; i++) {
		const struct herd_episode *e = &w->episode[i];
		if (e->k < least_k)
			continue;
		if (w->full)
			value[gaps++] = e->start - before;
		before = e->start;
		w->end = e->end;
		k[w->full++] = e->k;
		redundant += e->busy - e->longest;
		alone += e->longest;
	}
	w->k = (int)herd_median(k, w->full);
	w->redundant = w->full ? redundant / w->full : 0;
	w->alone = w->full ? alone / w->full : 0;
	w->period = herd_median(value, gaps);
	for (int i = 0; i < gaps; i++)
		value[i] = llabs(value[i] - w->period);
	w->spread = herd_median(value, gaps);
}

/* A statement that is a herd by itself. */
static bool herd_is(const struct herd *h, const struct observe_execution *like, struct herd_wave *w)
{
	herd_episodes(h, like, HERD_GAP_US, w);
	herd_measure(w, HERD_LEAST_K);
	if (w->full >= HERD_LEAST_EPISODES && w->period * 15 / 100 > HERD_GAP_US) {
		herd_episodes(h, like, w->period * 15 / 100, w);
		herd_measure(w, HERD_LEAST_K);
	}
	return w->full >= HERD_LEAST_EPISODES && w->spread * 4 <= w->period;
}

static void herd_add_statement(struct judge_case *c, struct judge_finding *f,
			       const struct observe_execution *x, const struct herd_wave *w)
{
	if (f->statements == JUDGE_STATEMENTS)
		return;
	f->statement[f->statements++] =
	    (struct judge_statement){.k = w->k,
				     .alone_ms = (double)w->alone / 1000,
				     .wasted_s = (double)w->redundant / 1e6,
				     .text = judge_text(c, "%s", x->text),
				     .route = judge_text(c, "%s", x->route)};
}

/* Whether two statements have their waves together: most begin while the other's go on. */
static bool herd_together(const struct herd_wave *a, const struct herd_wave *b)
{
	int together = 0;
	for (int i = 0; i < b->episodes; i++) {
		for (int j = 0; j < a->episodes; j++) {
			int64_t apart = llabs(b->episode[i].start - a->episode[j].start);
			if (apart * 2 < a->period) {
				together++;
				break;
			}
		}
	}
	return b->episodes && together * 2 > b->episodes;
}

static void herd_mark(struct herd *h, const struct observe_execution *like)
{
	for (int i = 0; i < h->executions; i++)
		h->done[i] |= herd_same(h, h->execution[i], like);
}

/* The other statements of this caller that come in the same waves. */
static int64_t herd_join(struct herd *h, const struct observe_execution *leader,
			 const struct herd_wave *waves, struct judge_finding *f)
{
	struct herd_wave *w = memory_alloc(sizeof(*w));
	int64_t redundant = 0;
	for (int i = 0; i < h->executions; i++) {
		const struct observe_execution *x = h->execution[i];
		if (h->done[i] || !herd_of_one(h, x->caller, leader->caller))
			continue;
		herd_episodes(h, x,
			      waves->period * 15 / 100 > HERD_GAP_US ? waves->period * 15 / 100
								     : HERD_GAP_US,
			      w);
		herd_measure(w, HERD_JOIN_K);
		if (w->k < HERD_JOIN_K || !herd_together(waves, w))
			continue;
		herd_mark(h, x);
		herd_add_statement(h->c, f, x, w);
		judge_claim_statement(h->c, f, x->fingerprint);
		redundant += w->redundant;
	}
	free(w);
	return redundant;
}

/* The whole group of processes, in the order of their names. */
static void herd_add_callers(struct herd *h, struct judge_finding *f, const char *caller)
{
	for (int i = 0; i < h->executions; i++) {
		const struct observe_execution *x = h->execution[i];
		if (!herd_of_one(h, x->caller, caller))
			continue;
		judge_add_caller(f, judge_text(h->c, "%s (role %s%s%s)",
					       x->application[0] ? x->application : "a session",
					       x->role, x->client[0] ? ", " : "", x->client));
	}
	qsort(f->caller, (size_t)f->callers, sizeof(f->caller[0]), herd_by_text);
}

static void herd_add_waves(struct judge_finding *f, const struct herd_wave *w)
{
	for (int i = 0; i < w->episodes; i++) {
		const struct herd_episode *e = &w->episode[i];
		if (e->k < HERD_LEAST_K)
			continue;
		if (f->waves_kept == JUDGE_WAVES) {
			memmove(f->wave, f->wave + 1, sizeof(f->wave) - sizeof(f->wave[0]));
			f->waves_kept--;
		}
		f->wave[f->waves_kept++] =
		    (struct judge_wave){.start = e->start,
					.end = e->end,
					.k = e->k,
					.calls = e->calls,
					.busy_s = (double)e->busy / 1e6,
					.repeats_s = (double)(e->busy - e->longest) / 1e6};
	}
}

static void herd_say(const struct herd *h, struct judge_finding *f,
		     const struct observe_execution *x, const struct herd_wave *w,
		     int64_t redundant)
{
	struct judge_case *c = h->c;
	const char *names = herd_names(h, x->caller);
	double period = (double)w->period / 1e6, fill = (double)w->alone / 1e6;
	f->key = judge_text(c, "herd/%s", herd_first(h, x->caller));
	f->k = w->k;
	f->waves = w->full;
	f->period_s = period;
	f->period_spread_s = (double)w->spread / 1e6;
	f->cause = judge_text(
	    c,
	    "One cache, no lock: %d statement%s of %s %s computed by %d sessions at once, every %.1f s.",
	    f->statements, f->statements == 1 ? "" : "s", names, f->statements == 1 ? "is" : "are",
	    w->k, period);
	f->action = judge_text(
	    c,
	    "One fill per key in %s: the first computes, the others wait or get the old value. The time to live is about %.1f s: look for it in the cache's settings.",
	    names, period - fill);
	f->until = judge_text(
	    c,
	    "Nothing needs to be killed: what is cancelled starts again at once. Without repeats %.1f of %.1f s a wave remain.",
	    fill, fill + (double)redundant / 1e6);
	f->recipe = herd_recipe;
	f->sure = judge_text(c, "%s: same text, %d sessions, %d waves, %.1f s +- %.1f between them",
			     judge_confidence_names[f->confidence], w->k, w->full, period,
			     (double)w->spread / 1e6);
}

/* A job over slices and a herd look the same when the slice is a parameter. */
static void herd_note(struct judge_case *c, struct judge_finding *f,
		      const struct observe_execution *x, const struct herd_wave *w)
{
	f->key = judge_text(c, "parallel-job/%s", x->caller);
	f->k = w->k;
	f->cause = judge_text(
	    c,
	    "%s runs one statement in %d sessions at once, every %.1f s. Its parameters cannot be seen: a part for each session, or the same result several times, which a lock per key would spare.",
	    x->caller, w->k, (double)w->period / 1e6);
}

static void herd_report(struct herd *h, const struct observe_execution *leader,
			const struct herd_wave *w)
{
	struct judge_finding *f =
	    judge_add(h->c, leader->parameters ? JUDGE_PARALLEL_JOB : JUDGE_HERD,
		      leader->parameters ? JUDGE_NOTE : JUDGE_HIGH);
	if (!f)
		return;
	herd_mark(h, leader);
	herd_add_statement(h->c, f, leader, w);
	int64_t redundant = w->redundant + herd_join(h, leader, w, f);
	if (redundant < HERD_REDUNDANT_US) {
		h->c->result->findings--; /* it is the last that was added */
		return;
	}
	judge_claim_statement(h->c, f, leader->fingerprint);
	herd_add_callers(h, f, leader->caller);
	herd_add_waves(f, w);
	if (leader->parameters)
		herd_note(h->c, f, leader, w);
	else
		herd_say(h, f, leader, w, redundant);
}

/* Waves that come when something else happens, as a write that empties the cache: no time to
 * live. */
static bool herd_is_uneven(const struct herd *h, const struct observe_execution *like,
			   const struct herd_wave *w)
{
	return !like->parameters && w->full >= HERD_UNEVEN_EPISODES && w->full == w->episodes &&
	       w->redundant >= HERD_REDUNDANT_US && h->c->last->at - w->end < 3 * w->period;
}

static void herd_report_uneven(struct herd *h, const struct observe_execution *x,
			       const struct herd_wave *w)
{
	struct judge_case *c = h->c;
	struct judge_finding *f = judge_add(c, JUDGE_HERD_NO_PERIOD, JUDGE_PROBABLE);
	if (!f)
		return;
	f->key = judge_text(c, "herd/%s", herd_first(h, x->caller));
	f->k = w->k;
	f->waves = w->full;
	f->cause = judge_text(
	    c,
	    "%d sessions of %s compute the same result at once, again and again, at no fixed period.",
	    w->k, herd_names(h, x->caller));
	f->action = judge_text(
	    c,
	    "One fill per key in %s: the first computes, the others wait or get the old value. Look what empties the cache: a write to the tables below.",
	    x->caller);
	f->until = "Nothing needs to be killed: what is cancelled starts again at once.";
	f->recipe = herd_recipe;
	f->sure = judge_text(c, "probable: same text, %d sessions, %d waves", w->k, w->full);
	herd_add_statement(c, f, x, w);
	herd_add_callers(h, f, x->caller);
	herd_add_waves(f, w);
	judge_claim_statement(c, f, x->fingerprint);
}

static void herd_search(struct herd *h, struct herd_wave *w, bool parameters)
{
	for (int i = h->executions - 1; i >= 0; i--) {
		const struct observe_execution *x = h->execution[i];
		if (h->done[i] || x->parameters != parameters)
			continue;
		herd_mark(h, x);
		if (herd_is(h, x, w) &&
		    h->c->last->at - w->end <
			3 * w->period) { /* one that is cured still fills, alone */
			for (int j = 0; j < h->executions; j++) /* smaller ones may join now */
				h->done[j] &= !herd_of_one(h, h->execution[j]->caller, x->caller);
			herd_report(h, x, w);
		} else if (herd_is_uneven(h, x, w)) {
			herd_report_uneven(h, x, w);
		}
	}
}

void judge_herd(struct judge_case *c)
{
	struct herd h = {.c = c};
	int all = observe_executions(c->history);
	struct herd_wave *w = memory_alloc(sizeof(*w));
	h.execution = memory_array((size_t)all + 1, sizeof(const struct observe_execution *));
	for (int i = 0; i < all; i++) {
		const struct observe_execution *x = observe_execution_at(c->history, i);
		if (x->reads)
			h.execution[h.executions++] = x;
	}
	qsort(h.execution, (size_t)h.executions, sizeof(const struct observe_execution *),
	      herd_by_start);
	h.done = memory_alloc((size_t)h.executions + 1);
	herd_share(&h);
	/* Those without parameters lead: of the others less is known. */
	herd_search(&h, w, false);
	herd_search(&h, w, true);
	free(h.done);
	free(h.execution);
	free(w);
}
