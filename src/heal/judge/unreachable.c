#include "heal/judge/internal.h"

#define UNREACHABLE_STOOD_US INT64_C(6000000)

static const char *const reasons[] = {
    [OBSERVE_FULL] = "it has no free connection",
    [OBSERVE_STARTING] = "it is starting, recovering or shutting down",
    [OBSERVE_GONE] = "nothing answers",
    [OBSERVE_HUNG] = "it is there and does not answer in time",
};
static const char *const remedies[] = {
    [OBSERVE_REACHED] =
	"Find out who restarted it: the server's log, the service manager, the kernel's log (out of memory).",
    [OBSERVE_FULL] =
	"Find the application that holds the connections; give it a pool with a limit, or put PgBouncer before the server.",
    [OBSERVE_STARTING] =
	"Wait for the end of the recovery; do not restart it again: recovery would begin anew.",
    [OBSERVE_HUNG] =
	("Look at the machine: processes that are stopped (state T), a disk that hangs (state D), no memory. "
	 "Nothing in the database mends that."),
    [OBSERVE_GONE] = "Start the server, and read the end of its log for the reason why it ended.",
};

/* All processes of the server itself began after the sample before, and it was not restarted: one
 * of its processes died, and the server ended all others with it and recovered. */
static bool unreachable_renewed(const struct observe_sample *before,
				const struct observe_sample *now)
{
	int then = 0, renewed = 0;
	if (before->left_out || now->left_out)
		return false; /* some of its processes may not be shown */
	for (int i = 0; i < before->sessions; i++)
		then += before->session[i].kind == OBSERVE_SERVER;
	for (int i = 0; i < now->sessions; i++) {
		const struct observe_session *s = &now->session[i];
		if (s->kind != OBSERVE_SERVER)
			continue;
		if (s->backend_start <= before->at) /* also when it is not shown */
			return false;
		renewed++;
	}
	return then && renewed && before->server_start == now->server_start;
}

/* How long the server did not answer, us: between the looks before and after attempts that it left
 * without an answer. 0: it always did, or does not yet. */
static int64_t unreachable_stood(const struct judge_case *c)
{
	int64_t before = 0, longest = 0;
	bool hung = false;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *s = judge_sample(c, i);
		if (s->reach != OBSERVE_REACHED) {
			hung = s->reach == OBSERVE_HUNG;
			continue;
		}
		if (hung && before && s->at - before > longest)
			longest = s->at - before;
		hung = false;
		before = s->at;
	}
	return longest;
}

void judge_unreachable(struct judge_case *c)
{
	int refused = 0, restarts = 0, recoveries = 0;
	const struct observe_sample *before = NULL;
	int64_t start = 0, shown = 0;
	bool other = false; /* the latest change was to one that was there before */
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *s = judge_sample(c, i);
		refused += s->reach != OBSERVE_REACHED;
		/* pg_postmaster_start_time() never changes while a server runs. */
		if (start && s->server_start && s->server_start != start) {
			restarts++;
			other = s->server_start < shown;
		}
		if (before && s->server_start)
			recoveries += unreachable_renewed(before, s);
		if (s->server_start) {
			before = s;
			start = s->server_start;
			shown = s->at;
		}
	}
	enum observe_reach now = c->last->reach;
	int64_t stood = unreachable_stood(c);
	/* A single refusal that is over says nothing. */
	if (now == OBSERVE_REACHED && !restarts && !recoveries && stood < UNREACHABLE_STOOD_US)
		return;
	bool hung = now == OBSERVE_REACHED && !restarts && !recoveries;
	struct judge_finding *f = judge_add(c, JUDGE_UNREACHABLE, JUDGE_CERTAIN);
	if (!f)
		return;
	f->key = "unreachable";
	f->cause =
	    now != OBSERVE_REACHED ? judge_text(c, "The server cannot be used: %s.", reasons[now])
	    : hung ? judge_text(c, "The server stood still: for %s it did not answer.",
				judge_age(c, stood))
	    : other
		? "Another server answers at this address: it was running before the former one was last seen."
	    : !restarts ? "One of the server's processes died; it ended all sessions and recovered."
			: judge_text(c, "The server was restarted%s.",
				     restarts > 1 ? judge_text(c, " %d times", restarts) : "");
	f->action =
	    hung ? remedies[OBSERVE_HUNG]
	    : now == OBSERVE_REACHED && other
		? "Find out who switched over (cluster manager, pooler, address)"
		  ", and whether the former server still takes writes."
	    : now == OBSERVE_REACHED && !restarts
		? "Find out which process died and of what: "
		  "the server's log names it and the signal (9: somebody killed it, or memory ran out; 11, 6: a bug)."
		: remedies[now];
	f->until =
	    hung ? "It answers now, and every session of it has waited for as long."
	    : now == OBSERVE_REACHED
		? "It answers now. Caches are cold; load and durations are higher for a while."
		: "Nothing can be seen of the sessions until it answers.";
	f->sure = judge_text(
	    c, "certain: %d of %d attempts refused, %d changes of its start time, %d recoveries",
	    refused, c->samples, restarts, recoveries);
}
