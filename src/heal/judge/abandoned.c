#include "heal/judge/internal.h"

enum { ABANDONED_US = 60000000, ABANDONED_HARMLESS_US = 300000000 };

/* Whether the session did nothing in the whole window. */
static bool abandoned_is_still(const struct judge_case *c, const struct observe_session *s)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_session *then = observe_session_of(judge_sample(c, i), s->pid);
		if (then && then->state_change != s->state_change)
			return false;
	}
	return true;
}

static bool abandoned_is(const struct judge_case *c, int i)
{
	const struct observe_session *s = &c->last->session[i];
	int64_t idle = c->last->at - s->state_change;
	int64_t limit = s->xid_age >= 0 ? ABANDONED_US : ABANDONED_HARMLESS_US;
	return judge_is_free(c, c->samples - 1, i) && s->state == OBSERVE_IN_TRANSACTION &&
	       idle >= limit && !s->excused && !observe_is_human(s) && abandoned_is_still(c, s);
}

/* The other sessions of the caller that stand still in the same way: claimed, and counted. */
static int abandoned_others(struct judge_case *c, struct judge_finding *f, int first,
			    const char *caller)
{
	int others = 0;
	for (int i = first + 1; i < c->last->busy; i++) {
		const struct observe_session *s = &c->last->session[i];
		char is[OBSERVE_NAME];
		observe_caller(s, is);
		if (strcmp(is, caller) != 0 || !abandoned_is(c, i))
			continue;
		judge_add_caller(f, judge_who(c, s));
		judge_claim_pid(c, f, s->pid);
		others++;
	}
	return others;
}

static void abandoned_report(struct judge_case *c, int first)
{
	const struct observe_session *s = &c->last->session[first];
	char caller[OBSERVE_NAME];
	struct judge_finding *f = judge_add(c, JUDGE_ABANDONED, JUDGE_HIGH);
	if (!f)
		return;
	observe_caller(s, caller);
	judge_add_caller(f, judge_who(c, s));
	judge_claim_pid(c, f, s->pid);
	int others = abandoned_others(c, f, first, caller);
	const char *age = judge_age(c, c->last->at - s->state_change);
	f->pid = f->target = s->pid;
	f->relief = JUDGE_TERMINATE;
	f->key = judge_text(c, "abandoned/%s", caller);
	f->cause =
	    others
		? judge_text(
		      c,
		      "%d sessions of %s, process %d and others, have left transactions open: nothing happened in them for %s.",
		      others + 1, caller, s->pid, age)
		: judge_text(
		      c,
		      "%s, process %d, has left a transaction open: nothing happened in it for %s.",
		      judge_who(c, s), s->pid, age);
	f->action =
	    others
		? judge_text(
		      c,
		      "Look at the process of %s, not at the database: all of its sessions stand still. Restart it, then find out where it hangs.",
		      caller)
		: judge_text(
		      c,
		      "End it where it was begun, or SELECT pg_terminate_backend(%d). Look in %s for a path that returns without commit.",
		      s->pid, caller);
	f->until = judge_text(
	    c,
	    "%s ALTER ROLE %s SET idle_in_transaction_session_timeout = '60s' ends such sessions.",
	    s->xid_age >= 0
		? "It has written: its locks stay, and dead rows of every table are kept."
		: "It has written nothing and nobody waits for it.",
	    s->role);
	f->sure = "high: idle in transaction, no statement in the whole window";
	f->statement[f->statements++] =
	    (struct judge_statement){.text = judge_text(c, "%s", s->text.text), .route = ""};
}

void judge_abandoned(struct judge_case *c)
{
	for (int i = 0; i < c->last->busy; i++) {
		if (abandoned_is(c, i))
			abandoned_report(c, i);
	}
}
