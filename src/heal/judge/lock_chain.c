/* Sessions that wait for a lock, named by the session at the beginning of the chain. */
#include "heal/judge/internal.h"

#include <stdio.h>
#include <string.h>

enum {
	CHAIN_ROOTS = 8,
	CHAIN_WAIT_US = 3000000,
	CHAIN_DEPTH = 64,
	CHAIN_AMPLIFIED = 2,
	CHAIN_TURN_US = 500000, /* the mean age of a wait, where no root stays */
	CHAIN_DEADLOCKS = 2,    /* in the window */
	CHAIN_IN_TURNS = 2, /* least waiters in each sample; they need not be the same sessions */
	CHAIN_QUEUE =
	    3 /* more waiters for an advisory lock within the window: a queue that grows */
};

struct chain_root {
	int32_t pid; /* 0: a prepared transaction */
	int waiters;
	const struct observe_session *first; /* the one that waits longest */
};

/* The root of a waiter: follow the first blocker until one does not wait. -1: none (a circle, which
 * the server's deadlock detection ends). */
static int32_t chain_root_of(const struct observe_sample *sample, const struct observe_session *s)
{
	for (int depth = 0; depth < CHAIN_DEPTH; depth++) {
		if (!s->blockers)
			return s->pid;
		int32_t next = s->blocker[0];
		for (int i = 0; i < s->blockers; i++) {
			if (s->blocker[i] == 0)
				next = 0;
		}
		if (!next)
			return 0;
		s = observe_session_of(sample, next);
		if (!s)
			return next;
	}
	return -1;
}

static int chain_waiters_of(const struct observe_sample *sample, int32_t pid)
{
	int waiters = 0;
	for (int i = 0; i < sample->busy; i++) {
		const struct observe_session *s = &sample->session[i];
		for (int b = 0; b < s->blockers; b++) {
			if (s->blocker[b] == pid) {
				waiters++;
				break;
			}
		}
	}
	return waiters;
}

/* The sessions of a sample that wait for an advisory lock of that process. */
static int chain_queue_of(const struct observe_sample *sample, int32_t pid)
{
	int waiters = 0;
	for (int i = 0; i < sample->busy; i++) {
		const struct observe_session *s = &sample->session[i];
		for (int b = 0; b < s->blockers && strcmp(s->wait, "advisory") == 0; b++)
			waiters += s->blocker[b] == pid;
	}
	return waiters;
}

/* The session that holds the advisory lock that s waits for, in no transaction: processes
 * elect a leader so, which holds the lock until it ends, and locks are left behind so in a pool.
 * NULL: it is another wait. */
static const struct observe_session *chain_leader(const struct judge_case *c,
						  const struct observe_session *s)
{
	int32_t root = strcmp(s->wait, "advisory") == 0 ? chain_root_of(c->last, s) : -1;
	const struct observe_session *holder = root > 0 ? observe_session_of(c->last, root) : NULL;
	return holder && holder->state != OBSERVE_IN_TRANSACTION ? holder : NULL;
}

/* The root of the wait does nothing in its transaction, and has done nothing for as long as a wait
 * must last: a pause between two statements is shorter. */
static bool chain_is_forgotten(const struct judge_case *c, const struct observe_session *s)
{
	int32_t root = chain_root_of(c->last, s);
	const struct observe_session *holder = root > 0 ? observe_session_of(c->last, root) : NULL;
	return holder && holder->state == OBSERVE_IN_TRANSACTION &&
	       c->last->at - holder->state_change >= CHAIN_WAIT_US;
}

/* Waits that are normal: CREATE INDEX CONCURRENTLY waits for older transactions and blocks none;
 * candidates for a leader's lock do nothing else. A lock that was left behind blocks work: its
 * queue grows, or a session waits in the middle of a transaction. */
static bool chain_is_meant(const struct judge_case *c, const struct observe_session *s)
{
	if (strcmp(s->wait, "virtualxid") == 0)
		return !chain_is_forgotten(c, s);
	const struct observe_session *holder = chain_leader(c, s);
	if (!holder || s->xid_age >= 0 || (s->xact_start && s->xact_start < s->query_start))
		return false;
	return chain_queue_of(c->last, holder->pid) <
	       chain_queue_of(judge_sample(c, 0), holder->pid) + CHAIN_QUEUE;
}

/* A leader and those who wait to follow: said, because a forgotten lock looks the same at first. */
static void chain_note_leaders(struct judge_case *c)
{
	bool waited = false; /* for an advisory lock, by anybody */
	for (int i = 0; i < c->last->busy && !waited; i++)
		waited = c->last->session[i].blockers &&
			 strcmp(c->last->session[i].wait, "advisory") == 0;
	for (int i = 0; i < c->last->sessions && waited; i++) {
		const struct observe_session *leader = &c->last->session[i];
		int waiters = chain_queue_of(c->last, leader->pid);
		if (!waiters || leader->blockers || !judge_is_free(c, c->samples - 1, i) ||
		    leader->state == OBSERVE_IN_TRANSACTION)
			continue;
		struct judge_finding *f = judge_add(c, JUDGE_LOCK_CHAIN, JUDGE_NOTE);
		if (!f)
			return;
		char caller[OBSERVE_NAME];
		observe_caller(leader, caller);
		f->pid = leader->pid;
		f->waiters = waiters;
		f->key = judge_text(c, "lock-chain/%s/advisory", caller);
		f->cause = judge_text(
		    c,
		    "%d session%s for an advisory lock of %s, process %d: so a leader is elected. "
		    "If nobody should wait, that session has forgotten it.",
		    waiters, waiters == 1 ? " waits" : "s wait", judge_who(c, leader), leader->pid);
	}
}

/* Whether several sessions wait in this sample, directly or behind one another, for that one. */
static bool chain_is_root(const struct observe_sample *sample, int32_t pid)
{
	int waiters = 0;
	for (int i = 0; i < sample->busy && waiters < CHAIN_IN_TURNS; i++) {
		const struct observe_session *s = &sample->session[i];
		waiters += s->blockers && chain_root_of(sample, s) == pid;
	}
	return waiters == CHAIN_IN_TURNS;
}

/* With lock_timeout each wait is short: sessions give up and try again. Returns for how long, in
 * us, every sample has had waiters for the same transaction of the root. */
static int64_t chain_in_turns(const struct judge_case *c, int32_t pid)
{
	const struct observe_session *root = pid ? observe_session_of(c->last, pid) : NULL;
	int64_t since = c->last->at;
	for (int i = c->samples - 1; root && root->xact_start && i >= 0; i--) {
		const struct observe_sample *sample = judge_sample(c, i);
		const struct observe_session *then = observe_session_of(sample, pid);
		if (!then || then->xact_start != root->xact_start || !chain_is_root(sample, pid))
			break;
		since = sample->at;
	}
	return c->last->at - since;
}

static int chain_collect(struct judge_case *c, struct chain_root root[CHAIN_ROOTS])
{
	int roots = 0;
	int64_t enough = CHAIN_WAIT_US, window = c->last->at - judge_sample(c, 0)->at;
	/* With quick samples the whole window may be shorter. */
	if (c->samples == OBSERVE_WINDOW && window < enough)
		enough = window;
	for (int i = 0; i < c->last->busy; i++) {
		const struct observe_session *s = &c->last->session[i];
		if (!s->blockers || chain_is_meant(c, s))
			continue;
		int32_t pid = chain_root_of(c->last, s);
		if (judge_waited(c, s) < enough && chain_in_turns(c, pid) < enough)
			continue;
		int at = 0;
		while (at < roots && root[at].pid != pid)
			at++;
		if (pid < 0 || at == CHAIN_ROOTS)
			continue;
		if (at == roots)
			root[roots++] = (struct chain_root){pid, 0, s};
		root[at].waiters++;
		if (s->query_start < root[at].first->query_start)
			root[at].first = s;
	}
	return roots;
}

/* A waiter that asks for a strong lock stops those behind it, who could go on beside the root. */
static const struct observe_session *chain_amplifier(const struct judge_case *c, int32_t root)
{
	for (int i = 0; i < c->last->busy; i++) {
		const struct observe_session *s = &c->last->session[i];
		bool strong = s->text.verb == OBSERVE_DDL || s->text.verb == OBSERVE_MAINTENANCE;
		if (s->blockers && strong && chain_root_of(c->last, s) == root &&
		    chain_waiters_of(c->last, s->pid) >= CHAIN_AMPLIFIED)
			return s;
	}
	return NULL;
}

/* What the root does, and how to end that. */
static void chain_say_root(struct judge_case *c, struct judge_finding *f,
			   const struct chain_root *r)
{
	const struct observe_session *s = observe_session_of(c->last, r->pid);
	const char *waits =
	    judge_text(c, "%d session%s", r->waiters, r->waiters == 1 ? " waits" : "s wait");
	if (!r->pid) {
		const char *gid = "?";
		for (int i = 0; i < c->last->holders; i++) {
			if (c->last->holder[i].kind == OBSERVE_PREPARED)
				gid = c->last->holder[i].name;
		}
		f->cause = judge_text(
		    c, "%s for a prepared transaction (the oldest is %s): no session has it.",
		    waits, gid);
		f->action =
		    "Ask the transaction manager that prepared it; then COMMIT PREPARED or ROLLBACK PREPARED.";
		return;
	}
	if (!s) {
		f->cause = judge_text(c, "%s for process %d, which is no session that can be seen.",
				      waits, r->pid);
		f->action = "Look at this process in pg_stat_activity as a superuser.";
		return;
	}
	f->pid = s->pid;
	const char *who = judge_who(c, s);
	if (s->kind == OBSERVE_VACUUM) {
		f->cause = judge_text(c,
				      "%s for autovacuum, process %d, which has run for %s: "
				      "one that does not yield is there to prevent wraparound.",
				      waits, s->pid, judge_age(c, c->last->at - s->query_start));
		f->action = "Leave autovacuum alone: it would begin anew, with less time. "
			    "Cancel what waits for it, and try that again when it has ended; "
			    "freeze such tables early, at night.";
		return;
	}
	if (s->state == OBSERVE_IDLE) {
		f->cause = judge_text(
		    c,
		    "%s for an advisory lock that %s, process %d, keeps, which has done nothing for %s.",
		    waits, who, s->pid, judge_age(c, c->last->at - s->state_change));
		f->action = judge_text(
		    c,
		    "Find out whether it still needs the lock; if not, close that connection: "
		    "SELECT pg_terminate_backend(%d). "
		    "In the application use pg_advisory_xact_lock, which ends with the transaction: "
		    "a lock of a session stays with its connection in the pool.",
		    s->pid);
	} else if (s->excused || judge_is_work(s)) {
		f->cause = judge_text(c, "%s for %s, process %d, %s that has been running for %s.",
				      waits, who, s->pid,
				      s->text.verb == OBSERVE_COPY ? "a backup or copy" : "a job",
				      judge_age(c, c->last->at - s->xact_start));
		f->action = judge_text(
		    c,
		    "Let it finish: it ends by itself and would have to begin anew. "
		    "Cancel what waits if it has to go on now (SELECT pg_cancel_backend(%d)), and try that again later, with lock_timeout.",
		    r->first->pid);
	} else if (s->state == OBSERVE_IN_TRANSACTION) {
		f->cause = judge_text(
		    c, "%s for %s, process %d, which has done nothing in its transaction for %s.",
		    waits, who, s->pid, judge_age(c, c->last->at - s->state_change));
		f->action = judge_text(
		    c,
		    "Commit or roll back there. If nobody can: SELECT pg_terminate_backend(%d). "
		    "Then set idle_in_transaction_session_timeout for role %s.",
		    s->pid, s->role);
	} else {
		f->cause = judge_text(
		    c, "%s for %s, process %d, which has been running a statement for %s.", waits,
		    who, s->pid, judge_age(c, c->last->at - s->query_start));
		f->action = judge_text(c,
				       "Let it finish, or cancel it: SELECT pg_cancel_backend(%d). "
				       "Let such statements run with lock_timeout and try again.",
				       s->pid);
	}
}

static void chain_claim(struct judge_case *c, struct judge_finding *f, const struct chain_root *r)
{
	for (int i = 0; i < c->last->busy; i++) {
		const struct observe_session *s = &c->last->session[i];
		if (s->blockers && chain_root_of(c->last, s) == r->pid)
			judge_claim_pid(c, f, s->pid);
	}
	if (r->pid)
		judge_claim_pid(c, f, r->pid);
}

static void chain_report(struct judge_case *c, const struct chain_root *r)
{
	struct judge_finding *f = judge_add(c, JUDGE_LOCK_CHAIN, JUDGE_CERTAIN);
	if (!f)
		return;
	const struct observe_session *s = observe_session_of(c->last, r->pid);
	const struct observe_session *amplifier = chain_amplifier(c, r->pid);
	char caller[OBSERVE_NAME] = "prepared";
	if (s)
		observe_caller(s, caller);
	f->waiters = r->waiters;
	chain_say_root(c, f, r);
	/* The waiter that stops the others goes first: nothing is lost with it. Of roots, only one
	 * that does nothing is ended. */
	if (amplifier) {
		f->relief = JUDGE_CANCEL;
		f->target = amplifier->pid;
	} else if (s && s->state == OBSERVE_IN_TRANSACTION &&
		   strcmp(r->first->wait, "advisory") != 0) {
		f->relief = JUDGE_TERMINATE;
		f->target = s->pid;
	}
	if (amplifier)
		f->cause = judge_text(
		    c, "%s %d of them wait behind process %d only because it waits for %s on %s.",
		    f->cause, chain_waiters_of(c->last, amplifier->pid), amplifier->pid,
		    amplifier->lock_mode[0] ? amplifier->lock_mode : "a strong lock",
		    amplifier->lock_object[0] ? amplifier->lock_object : "a table");
	if (amplifier)
		f->action =
		    judge_text(c,
			       "SELECT pg_cancel_backend(%d) lets the others go on at once: "
			       "give it lock_timeout and try it again later. Process %d: %s",
			       amplifier->pid, r->pid, f->action);
	int64_t longest = c->last->at - r->first->query_start;
	f->until =
	    longest < CHAIN_WAIT_US
		? "Until then they wait, give up (lock_timeout, statement_timeout) and try again."
		: judge_text(c, "They wait until then; the longest has waited for %s.",
			     judge_age(c, longest));
	/* Without the object: waiters give up and try again, and wait now for the row, now for the
	 * transaction that has it. */
	f->key = judge_text(c, "lock-chain/%s", caller);
	f->sure = judge_text(c, "certain: the server says who blocks whom; object %s, mode %s",
			     r->first->lock_object[0] ? r->first->lock_object : "not seen",
			     r->first->lock_mode[0] ? r->first->lock_mode : "not seen");
	const struct observe_session *shown = s && s->text.text[0] ? s : r->first;
	f->statement[f->statements++] =
	    (struct judge_statement){.text = judge_text(c, "%s", shown->text.text),
				     .route = judge_text(c, "%s", shown->text.route)};
	chain_claim(c, f, r);
}

/* ---- no root stays: sessions take turns, or stop one another ---- */

struct chain_turns {
	int samples, waits;
	int64_t age; /* us, of all waits together */
	const struct observe_session *example;
};

/* Sessions that wait in nearly every sample, now for one, now for another, each for long. */
static struct chain_turns chain_turns_of(const struct judge_case *c)
{
	struct chain_turns t = {0};
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		int waits = 0;
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (!s->blockers || !judge_is_free(c, i, n) || chain_is_meant(c, s))
				continue;
			waits++;
			t.age += sample->at - s->query_start;
			t.example = s;
		}
		t.waits += waits;
		t.samples += waits >= CHAIN_IN_TURNS;
	}
	return t;
}

static void chain_claim_waits(struct judge_case *c, struct judge_finding *f)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (!s->blockers || !judge_is_free(c, i, n))
				continue;
			judge_add_caller(f, judge_who(c, s));
			judge_claim(c, f, i, n);
		}
	}
}

/* More deadlocks in the window than a coincidence; 0: not so. */
static int chain_deadlocks(const struct judge_case *c)
{
	const struct observe_sample *first = NULL, *last = NULL;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		if (!sample->xids.freeze_max) /* the state of the server was not read with it */
			continue;
		first = first ? first : sample;
		last = sample;
	}
	int64_t more = first ? last->deadlocks_at - first->deadlocks_at : 0;
	return more >= CHAIN_DEADLOCKS ? (int)more : 0;
}

static void chain_report_turns(struct judge_case *c)
{
	struct chain_turns t = chain_turns_of(c);
	int deadlocks = chain_deadlocks(c);
	bool turns = c->samples == OBSERVE_WINDOW && t.samples * 6 >= c->samples * 5 &&
		     t.age >= t.waits * (int64_t)CHAIN_TURN_US;
	struct judge_finding *f =
	    deadlocks || turns ? judge_add(c, JUDGE_LOCK_CHAIN, JUDGE_HIGH) : NULL;
	if (!f)
		return;
	char caller[OBSERVE_NAME] = "deadlock";
	if (t.example)
		observe_caller(t.example, caller);
	const char *object = t.example && t.example->lock_object[0]
				 ? judge_text(c, " on %s", t.example->lock_object)
				 : "";
	f->waiters = t.waits / c->samples;
	f->key = judge_text(c, "lock-chain/%s", caller);
	f->cause =
	    deadlocks
		? judge_text(
		      c,
		      "Transactions stop one another: %d deadlocks in %.0f s%s; the server ends one of each.",
		      deadlocks, (double)(c->last->at - judge_sample(c, 0)->at) / 1e6,
		      t.example
			  ? judge_text(c, ", last seen in %s%s", judge_who(c, t.example), object)
			  : "")
		: judge_text(
		      c,
		      "%.1f sessions on average wait one behind the other%s, each for about %.1f s: those before them keep their locks for long.",
		      (double)t.waits / c->samples, object, 2.0 * (double)t.age / t.waits / 1e6);
	f->action =
	    deadlocks
		? "Let all transactions take their rows in the same order (ORDER BY the key, before the first change), and change few in each. The server's log names both statements."
		: "Make the transactions short that change what all want: that change last, nothing after it but COMMIT. Or spread it: a row for each part, added up when read.";
	f->until = "Ending sessions does not help: the next one takes the same lock.";
	f->sure = deadlocks ? "high: counted by the server"
			    : judge_text(c, "high: two or more waited in %d of %d samples",
					 t.samples, c->samples);
	if (t.example)
		f->statement[f->statements++] =
		    (struct judge_statement){.text = judge_text(c, "%s", t.example->text.text),
					     .route = judge_text(c, "%s", t.example->text.route)};
	chain_claim_waits(c, f);
}

/* ---- a root whose waiters give up, pause and try again ---- */

struct chain_seen {
	int32_t pid;
	int64_t xact_start;
	int samples, waits;
	int last; /* the last sample with a waiter of it */
	const struct observe_session *latest;
};

static void chain_see(struct chain_seen *seen, int *roots, const struct observe_session *root,
		      const struct observe_session *waiter, int sample)
{
	int at = 0;
	while (at < *roots &&
	       (seen[at].pid != root->pid || seen[at].xact_start != root->xact_start))
		at++;
	if (at == CHAIN_ROOTS)
		return;
	if (at == *roots)
		seen[(*roots)++] =
		    (struct chain_seen){root->pid, root->xact_start, 0, 0, -1, waiter};
	seen[at].samples += seen[at].last != sample;
	seen[at].last = sample;
	seen[at].latest = waiter;
	seen[at].waits++;
}

/* One transaction has blocked others in most samples, though each wait was short and there may be
 * none in the last sample. */
static int chain_collect_often(struct judge_case *c, struct chain_root root[CHAIN_ROOTS])
{
	struct chain_seen seen[CHAIN_ROOTS];
	int all = 0, roots = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (!s->blockers || strcmp(s->wait, "virtualxid") == 0 ||
			    strcmp(s->wait, "advisory") == 0)
				continue;
			int32_t pid = chain_root_of(sample, s);
			const struct observe_session *holder =
			    pid > 0 ? observe_session_of(sample, pid) : NULL;
			if (holder && holder->xact_start)
				chain_see(seen, &all, holder, s, i);
		}
	}
	for (int i = 0; i < all; i++) {
		const struct observe_session *now = observe_session_of(c->last, seen[i].pid);
		if (c->samples == OBSERVE_WINDOW && seen[i].samples * 4 >= c->samples * 3 &&
		    seen[i].waits >= c->samples && now && now->xact_start == seen[i].xact_start)
			root[roots++] = (struct chain_root){
			    seen[i].pid, (seen[i].waits + c->samples / 2) / c->samples,
			    seen[i].latest};
	}
	return roots;
}

void judge_lock_chain(struct judge_case *c)
{
	struct chain_root root[CHAIN_ROOTS];
	int roots = chain_collect(c, root);
	if (!roots)
		roots = chain_collect_often(c, root);
	for (int i = 0; i < roots; i++)
		chain_report(c, &root[i]);
	if (!roots)
		chain_report_turns(c);
	chain_note_leaders(c);
}
