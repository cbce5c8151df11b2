#include "heal/judge/internal.h"

#include <string.h>

enum { RUNAWAY_US = 300000000 };

/* Its client has not taken what it was sent at any look: it is stopped, or gone without a word. */
static bool runaway_is_unread(const struct judge_case *c, const struct observe_session *s)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_session *then = observe_session_of(judge_sample(c, i), s->pid);
		if (then &&
		    (then->query_start != s->query_start || strcmp(then->wait, "ClientWrite") != 0))
			return false;
	}
	return true;
}

void judge_runaway(struct judge_case *c)
{
	for (int i = 0; i < c->last->busy; i++) {
		const struct observe_session *s = &c->last->session[i];
		int64_t age = c->last->at - s->query_start;
		bool works = judge_is_work(s);
		/* For its client, for a lock, or until a time: it uses nothing. */
		bool waits = s->blockers || str_eq(str_of(s->wait_type), STR("Client")) ||
			     str_eq(str_of(s->wait_type), STR("Timeout"));
		bool unread = age >= RUNAWAY_US && runaway_is_unread(c, s);
		waits = waits && !unread;
		if (!judge_is_free(c, c->samples - 1, i) || s->state != OBSERVE_ACTIVE ||
		    !s->query_start || age < RUNAWAY_US || works || waits || observe_is_human(s))
			continue;
		char caller[OBSERVE_NAME];
		struct judge_finding *f =
		    judge_add(c, JUDGE_RUNAWAY, s->excused ? JUDGE_NOTE : JUDGE_PROBABLE);
		if (!f)
			return;
		observe_caller(s, caller);
		f->pid = s->pid;
		f->target = s->excused || unread ? 0 : s->pid;
		f->relief = s->excused || unread ? JUDGE_RELIEF_NONE : JUDGE_CANCEL;
		f->key =
		    judge_text(c, "runaway/%s/%016llx", caller, (unsigned long long)s->fingerprint);
		f->cause = judge_text(c, "%s, process %d, has been running one statement for %s%s.",
				      judge_who(c, s), s->pid, judge_age(c, age),
				      unread       ? "; its client does not take the rows"
				      : s->excused ? ", as it may"
						   : "");
		f->action = judge_text(
		    c,
		    "Ask whether somebody needs the result; if not: SELECT pg_cancel_backend(%d).",
		    s->pid);
		f->until = judge_text(
		    c, "ALTER ROLE %s SET statement_timeout bounds such statements.", s->role);
		f->sure =
		    unread
			? "probable: it waited for its client at every look"
			: "probable: it works and waits for nobody; how much is left cannot be seen";
		f->statement[f->statements++] =
		    (struct judge_statement){.text = judge_text(c, "%s", s->text.text),
					     .route = judge_text(c, "%s", s->text.route)};
		judge_claim_pid(c, f, s->pid);
	}
}
