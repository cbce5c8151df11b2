/* Normal activity that looks like a cause, reported as a note. */
#include "heal/judge/internal.h"

#include <string.h>

enum {
	NOTES_JOB_SESSIONS = 3,
	NOTES_JOB_SAMPLES = 3,
	NOTES_POLL_A_SECOND = 5,
	NOTES_POLL_BLOCKS = 50,
	NOTES_HUMAN_US = 60000000
};

/* Sessions of the last sample that run the statement of session s with texts of their own; 0 when s
 * is not the first of them. */
static int notes_slices(const struct judge_case *c, int i, int s)
{
	const struct observe_sample *sample = judge_sample(c, i);
	const struct observe_session *like = &sample->session[s];
	int k = 0;
	for (int n = 0; n < sample->busy; n++) {
		const struct observe_session *other = &sample->session[n];
		if (!judge_is_free(c, i, n) || other->state != OBSERVE_ACTIVE ||
		    other->fingerprint != like->fingerprint)
			continue;
		if (n < s)
			return 0;
		k += n == s || other->text.hash != like->text.hash;
	}
	return k;
}

void judge_parallel_job(struct judge_case *c)
{
	int i = c->samples - 1;
	for (int s = 0; s < c->last->busy; s++) {
		const struct observe_session *session = &c->last->session[s];
		bool counts = judge_is_free(c, i, s) && session->state == OBSERVE_ACTIVE &&
			      session->fingerprint;
		int k = counts ? notes_slices(c, i, s) : 0, samples = 0;
		if (k < NOTES_JOB_SESSIONS)
			continue;
		for (int n = 0; n < c->samples; n++)
			samples += observe_session_of(judge_sample(c, n), session->pid) != NULL;
		struct judge_finding *f = samples >= NOTES_JOB_SAMPLES
					      ? judge_add(c, JUDGE_PARALLEL_JOB, JUDGE_NOTE)
					      : NULL;
		if (!f)
			continue;
		char caller[OBSERVE_NAME];
		observe_caller(session, caller);
		f->key = judge_text(c, "parallel-job/%s", caller);
		f->cause =
		    judge_text(c, "%s works in %d sessions, each on a part of its own.", caller, k);
		judge_claim_statement(c, f, session->fingerprint);
	}
}

void judge_maintenance(struct judge_case *c)
{
	int i = c->samples - 1;
	for (int s = 0; s < c->last->busy; s++) {
		const struct observe_session *session = &c->last->session[s];
		struct judge_finding *f = judge_is_work(session) &&
						  session->state == OBSERVE_ACTIVE &&
						  judge_is_free(c, i, s)
					      ? judge_add(c, JUDGE_MAINTENANCE, JUDGE_NOTE)
					      : NULL;
		if (!f)
			continue;
		f->pid = session->pid;
		f->key = judge_text(c, "maintenance/%s", session->application);
		f->cause = judge_text(c, "%s, process %d, %s for %s; it ends by itself.",
				      judge_who(c, session), session->pid,
				      session->work[0] ? judge_text(c, "runs %s", session->work)
						       : "copies, builds or changes tables",
				      judge_age(c, c->last->at - session->query_start));
		judge_claim_pid(c, f, session->pid);
	}
}

void judge_human(struct judge_case *c)
{
	int i = c->samples - 1;
	for (int s = 0; s < c->last->busy; s++) {
		const struct observe_session *session = &c->last->session[s];
		bool open =
		    session->state == OBSERVE_IN_TRANSACTION || session->state == OBSERVE_ACTIVE;
		if (!judge_is_free(c, i, s) || !open || !observe_is_human(session))
			continue;
		int64_t age = c->last->at - session->xact_start;
		if (session->xact_start && age >= NOTES_HUMAN_US) {
			struct judge_finding *f = judge_add(c, JUDGE_HUMAN, JUDGE_NOTE);
			if (!f)
				return;
			f->pid = session->pid;
			f->key = judge_text(c, "human/%s", session->application);
			f->cause =
			    judge_text(c, "%s, process %d, in a transaction for %s: %s.",
				       judge_who(c, session), session->pid, judge_age(c, age),
				       session->xid_age >= 0 ? "it has written and keeps its locks"
							     : "it has written nothing");
			judge_claim_pid(c, f, session->pid);
		}
	}
}

static void notes_visit_poller(struct judge_case *c, uint64_t fingerprint)
{
	struct judge_sum sum = judge_sum_of(c, fingerprint, 1);
	double seconds = 0;
	for (int i = 0; i < c->samples; i++)
		seconds += judge_span(c, i);
	/* The views of the statistics are asked by monitors, also by this one. */
	if (strstr(sum.text, "pg_stat_") || strstr(sum.text, "pg_prepared_xacts"))
		return;
	if (sum.rows || (double)sum.calls < NOTES_POLL_A_SECOND * seconds || !sum.text[0] ||
	    sum.blocks / sum.calls >= NOTES_POLL_BLOCKS ||
	    (sum.verb != OBSERVE_READ && sum.verb != OBSERVE_READ_LOCKING &&
	     sum.verb != OBSERVE_UPDATE && sum.verb != OBSERVE_DELETE))
		return;
	struct judge_finding *f = judge_add(c, JUDGE_POLLER, JUDGE_NOTE);
	if (!f)
		return;
	f->key = judge_text(c, "poller/%016llx", (unsigned long long)fingerprint);
	f->cause = judge_text(
	    c, "A statement asks %.0f times a second and finds nothing, %.2f ms each: %.60s",
	    (double)sum.calls / seconds, sum.exec_ms / (double)sum.calls, sum.text);
}

void judge_poller(struct judge_case *c)
{
	judge_each_statement(c, notes_visit_poller);
}
