/* An application that keeps transactions open while it does something else, such as a call to
 * another service: its sessions are mostly idle, and go on. */
#include "heal/judge/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	OVER_IO_CALLERS = 64,
	OVER_IO_AGES = OBSERVE_WINDOW * OBSERVE_SESSIONS,
	OVER_IO_STATEMENTS = 3,
	OVER_IO_LEAST_US = 4000000, /* the transaction in which these were seen */
	OVER_IO_GAP_US = 15000,
	/* Short transactions, each with one pause: only when the pauses are long and many at
	 * once. */
	OVER_IO_SHORT_GAP_US = 100000,
	OVER_IO_SHORT_SESSIONS = 2,
	OVER_IO_SHORT_BEGUN = 6, /* transactions in the window */
	/* Pauses between BEGIN and the first statement, in percent of all: calls to the outside are
	 * not made there. A client that gets no processor pauses after every statement alike. */
	OVER_IO_SHORT_AT_BEGIN = 10,
	/* Pauses that were seen to last, and to end: enough by themselves. A call of half a minute
	 * ends rarely in the window, so fewer count where several sessions make one. */
	OVER_IO_LONG_US = 1000000,
	OVER_IO_LONG_ENDED = 3,
	OVER_IO_LONG_ENDED_SEVERAL = 2,
	OVER_IO_LONG_SEVERAL = 3,  /* sessions on average */
	OVER_IO_LONG_AT_BEGIN = 50 /* percent, as above */
};

struct over_io {
	char caller[OBSERVE_NAME];
	int in_transaction, idle;
	int32_t pid;  /* the only session seen so far; 0: there are several */
	int snapshot; /* idle, with a snapshot */
	int at_begin; /* idle, with nothing done since BEGIN */
	bool moves;   /* a long transaction with several statements was seen */
	int begun;    /* transactions that began after the sample before */
	int pauses;   /* in them, so many that lasted and were seen to end; sessions in such */
	int pausing;
	const struct observe_session *example;
};

/* Statements of the transaction that s is in, as samples show them, up to the last one. */
static int over_io_statements(const struct judge_case *c, const struct observe_session *s)
{
	int statements = 0;
	int64_t before = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_session *then = observe_session_of(judge_sample(c, i), s->pid);
		if (!then || then->xact_start != s->xact_start || then->query_start == before)
			continue;
		before = then->query_start;
		statements++;
	}
	return statements;
}

static struct over_io *over_io_of(struct over_io *all, int *count, const struct observe_session *s)
{
	char caller[OBSERVE_NAME];
	observe_caller(s, caller);
	for (int i = 0; i < *count; i++) {
		if (strcmp(all[i].caller, caller) == 0)
			return &all[i];
	}
	if (*count == OVER_IO_CALLERS)
		return NULL;
	OBSERVE_SET(all[*count].caller, str_of(caller));
	return &all[(*count)++];
}

/* It waits within the server for another one. Before version 17 dblink tells no wait. A statement
 * that is a transaction by itself and changes nothing holds nothing up. */
static bool over_io_calls(const struct observe_session *s)
{
	return s->state == OBSERVE_ACTIVE && (s->xid_age >= 0 || s->xact_start < s->query_start) &&
	       (strcmp(s->wait_type, "Extension") == 0 ||
		(!s->wait_type[0] && strstr(s->text.text, "dblink")));
}

/* Since when it has been doing something else in its transaction; 0: it is not. */
static int64_t over_io_since(const struct observe_session *s)
{
	return s->state == OBSERVE_IN_TRANSACTION ? s->state_change
	       : over_io_calls(s)                 ? s->query_start
						  : 0;
}

/* Whether the pause that session s is in at sample i is over by the next one, after that look,
 * and it goes on. */
static bool over_io_ends(const struct judge_case *c, int i, const struct observe_session *s)
{
	const struct observe_session *then =
	    i + 1 < c->samples ? observe_session_of(judge_sample(c, i + 1), s->pid) : NULL;
	return then && then->backend_start == s->backend_start &&
	       then->query_start > judge_sample(c, i)->at;
}

static bool over_io_counts(const struct judge_case *c, int i, int s)
{
	const struct observe_session *session = &judge_sample(c, i)->session[s];
	return judge_is_free(c, i, s) && session->xact_start && !observe_is_human(session) &&
	       (session->state == OBSERVE_IN_TRANSACTION || session->state == OBSERVE_ACTIVE);
}

static int over_io_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Twice the median age of an idle state: the mean pause between two statements, when they are
 * looked at at any moment. */
static int64_t over_io_gap(const struct judge_case *c, const char *caller)
{
	static int64_t ages[OVER_IO_AGES];
	size_t n = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->busy; s++) {
			char name[OBSERVE_NAME];
			const struct observe_session *session = &sample->session[s];
			observe_caller(session, name);
			if (over_io_counts(c, i, s) && over_io_since(session) &&
			    strcmp(name, caller) == 0)
				ages[n++] = sample->at - over_io_since(session);
		}
	}
	if (!n)
		return 0;
	qsort(ages, n, sizeof(*ages), over_io_compare);
	return 2 * ages[n / 2];
}

/* Clients that wait in a PgBouncer for the connections of this role; in most samples, because one
 * look may be a coincidence. */
static int64_t over_io_queue(const struct judge_case *c, const char *role)
{
	int64_t waiting = 0;
	int samples = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		int64_t now = 0;
		for (int p = 0; p < sample->pools; p++) {
			if (strcmp(sample->pool[p].role, role) == 0)
				now += sample->pool[p].waiting;
		}
		samples += now > 0;
		waiting = now ? now : waiting;
	}
	return samples * 2 > c->samples ? waiting : 0;
}

static void over_io_report(struct judge_case *c, const struct over_io *o, int64_t gap)
{
	const struct observe_session *s = o->example;
	int64_t queue = over_io_queue(c, s->role);
	struct judge_finding *f =
	    judge_add(c, JUDGE_TRANSACTION_OVER_IO, queue ? JUDGE_CERTAIN : JUDGE_HIGH);
	if (!f)
		return;
	f->waiters = (int)queue;
	double mean = (double)o->idle / c->samples;
	f->cause = judge_text(
	    c,
	    "%s keeps transactions open while it does something else: %.1f sessions on average are idle in a transaction.",
	    o->caller, mean);
	f->action = judge_text(
	    c,
	    "In %s: commit before calls to other services, then write the result in a new transaction.",
	    o->caller);
	f->until =
	    judge_text(c,
		       "Ending sessions does not help, they begin again; nor do more connections. "
		       "ALTER ROLE %s SET idle_in_transaction_session_timeout bounds it.",
		       s->role);
	f->sure = judge_text(
	    c, "%s: idle %d %% of the time in transactions, pauses of about %d ms, %s",
	    judge_confidence_names[f->confidence], 100 * o->idle / o->in_transaction,
	    (int)(gap / 1000),
	    o->moves ? judge_text(c, "several statements in transactions of more than %d s",
				  OVER_IO_LEAST_US / 1000000)
		     : judge_text(c, "%d transactions began and %d such pauses ended in the window",
				  o->begun, o->pauses));
	if (queue)
		f->cause = judge_text(c, "%s Because of that %lld clients wait in PgBouncer.",
				      f->cause, (long long)queue);
	f->key = judge_text(c, "transaction-over-io/%s", o->caller);
	f->statement[f->statements++] = (struct judge_statement){
	    .text = judge_text(c, "%s", s->text.text), .route = judge_text(c, "%s", s->text.route)};
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			char name[OBSERVE_NAME];
			observe_caller(&sample->session[n], name);
			if (over_io_counts(c, i, n) && strcmp(name, o->caller) == 0)
				judge_claim(c, f, i, n);
		}
	}
}

static bool over_io_is_long(const struct judge_case *c, const struct over_io *o)
{
	int ended = o->pausing >= OVER_IO_LONG_SEVERAL * c->samples ? OVER_IO_LONG_ENDED_SEVERAL
								    : OVER_IO_LONG_ENDED;
	/* Three quarters of a session on average, at least */
	return o->pauses >= ended && o->pausing * 4 >= c->samples * 3 &&
	       o->at_begin * 100 <= o->idle * OVER_IO_LONG_AT_BEGIN;
}

void judge_transaction_over_io(struct judge_case *c)
{
	struct over_io all[OVER_IO_CALLERS] = {0};
	int count = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int s = 0; s < sample->busy; s++) {
			const struct observe_session *session = &sample->session[s];
			struct over_io *o =
			    over_io_counts(c, i, s) ? over_io_of(all, &count, session) : NULL;
			if (!o)
				continue;
			o->pid = o->in_transaction++ && o->pid != session->pid ? 0 : session->pid;
			bool idle = over_io_since(session) != 0;
			bool lasts = idle && sample->at - over_io_since(session) >= OVER_IO_LONG_US;
			o->idle += idle;
			o->pausing += lasts;
			o->pauses += lasts && over_io_ends(c, i, session);
			o->at_begin += session->state == OBSERVE_IN_TRANSACTION &&
				       session->query_start == session->xact_start;
			o->snapshot += session->state == OBSERVE_IN_TRANSACTION &&
				       session->xmin_age >= 0 && session->xid_age < 0;
			o->begun += i > 0 && session->xact_start > judge_sample(c, i - 1)->at;
			if (!o->example)
				o->example = session;
			if (sample->at - session->xact_start >= OVER_IO_LEAST_US &&
			    over_io_statements(c, session) >= OVER_IO_STATEMENTS) {
				o->moves = true;
				o->example = session;
			}
		}
	}
	for (int i = 0; i < count; i++) {
		const struct over_io *o = &all[i];
		int64_t gap;
		bool shorts = o->begun >= OVER_IO_SHORT_BEGUN &&
			      o->idle >= c->samples * OVER_IO_SHORT_SESSIONS &&
			      o->at_begin * 100 < o->idle * OVER_IO_SHORT_AT_BEGIN;
		/* One reader that takes its rows bit by bit, as an export through a cursor does:
		 * what harm that does is said by pinned-xmin. */
		if (o->pid && o->snapshot == o->idle && !o->begun)
			continue;
		bool longs = over_io_is_long(c, o);
		/* 80 % idle, one session on average */
		if (!longs && ((!o->moves && !shorts) || o->idle * 10 < o->in_transaction * 8 ||
			       o->idle < c->samples))
			continue;
		gap = over_io_gap(c, o->caller);
		if (gap >= (o->moves ? OVER_IO_GAP_US : OVER_IO_SHORT_GAP_US))
			over_io_report(c, o, gap);
	}
}
