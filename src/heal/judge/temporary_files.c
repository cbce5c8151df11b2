/* Sorts, hashes and materialised results that do not fit into work_mem are written into temporary
 * files: a few that are large fill the disk, many that are small take all of its speed. What one
 * session writes may be a report's; several at once, all the time, run a statement for which
 * work_mem is too small. */
#include "heal/judge/internal.h"

#include <string.h>

#define TEMPORARY_HELD    (INT64_C(512) << 20) /* bytes that are there at once */
#define TEMPORARY_WRITTEN (INT64_C(512) << 20) /* bytes written in the window */
#define TEMPORARY_SEVERAL (INT64_C(128) << 20) /* the same, by several sessions at once */

enum { TEMPORARY_READINGS = 3, TEMPORARY_SESSIONS = 2 };

/* What a session has in its files in a sample; work that is known to sort much is left out. */
static int64_t temporary_of(const struct observe_session *s)
{
	return judge_is_work(s) || s->excused ? 0 : s->temporary;
}

static int64_t temporary_held(const struct observe_sample *sample,
			      const struct observe_session **most, int *writers)
{
	int64_t held = 0;
	for (int i = 0; i < sample->busy; i++) {
		const struct observe_session *s = &sample->session[i];
		int64_t bytes = temporary_of(s);
		held += bytes;
		*writers += bytes > 0;
		if (bytes && (!*most || bytes >= temporary_of(*most)))
			*most = s;
	}
	return held;
}

/* Those that processes of one statement share are in folders, and are counted when they are
 * closed: a session that reads or writes some at the moment. */
static const struct observe_session *temporary_user(const struct judge_case *c)
{
	for (int i = c->samples - 1; i >= 0; i--) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			const struct observe_session *of =
			    s->kind == OBSERVE_PARALLEL ? observe_session_of(sample, s->leader_pid)
							: s;
			if (strncmp(s->wait, "BufFile", 7) == 0 && of && !judge_is_work(of) &&
			    !of->excused && of->kind == OBSERVE_CLIENT)
				return of;
		}
	}
	return NULL;
}

static void temporary_claim(struct judge_case *c, struct judge_finding *f)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (!temporary_of(s) && strncmp(s->wait, "BufFile", 7) != 0)
				continue;
			judge_add_caller(f, judge_who(c, s));
			judge_claim_pid(c, f, s->pid);
		}
	}
}

void judge_temporary_files(struct judge_case *c)
{
	const struct observe_sample *first = NULL, *last = NULL;
	const struct observe_session *most = NULL;
	int64_t held = 0, began = 0;
	int readings = 0, writers = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *s = judge_sample(c, i);
		if (!s->xids.freeze_max) /* the state of the server was not read with it */
			continue;
		held = temporary_held(s, &most, &writers);
		if (!first) {
			first = s;
			began = held;
		}
		last = s;
		readings++;
	}
	if (readings < TEMPORARY_READINGS)
		return;
	if (!most && last->temporary_at - first->temporary_at >= TEMPORARY_WRITTEN)
		most = temporary_user(c);
	if (!most)
		return;
	int64_t written = last->temporary_at - first->temporary_at + held - began;
	double seconds = (double)(last->at - first->at) / 1e6;
	bool several = writers >= TEMPORARY_SESSIONS * readings && written >= TEMPORARY_SEVERAL;
	if (held < TEMPORARY_HELD && written < TEMPORARY_WRITTEN && !several)
		return;
	struct judge_finding *f = judge_add(c, JUDGE_TEMPORARY_FILES, JUDGE_PROBABLE);
	if (!f)
		return;
	char caller[OBSERVE_NAME];
	observe_caller(most, caller);
	f->pid = most->pid;
	f->key = judge_text(c, "temporary-files/%s", caller);
	f->cause = judge_text(
	    c,
	    "%s writes temporary files: %.0f MB in %.0f s by all sessions, %.1f GB are there now.",
	    judge_who(c, most), (double)written / 1e6, seconds, (double)held / 1e9);
	f->action = judge_text(
	    c,
	    "Look at the plan of the statement below: "
	    "a sort or hash of rows that nobody needs, a missing condition of a join, a missing index. "
	    "If it needs them, SET work_mem for role %s or in that transaction, not for all.",
	    most->role);
	f->until =
	    "temp_file_limit bounds what a session may write; without it the disk can be filled.";
	f->sure =
	    "probable: the server lists the files and counts their bytes; whether the result is needed cannot be seen";
	f->statement[f->statements++] =
	    (struct judge_statement){.text = judge_text(c, "%s", most->text.text),
				     .route = judge_text(c, "%s", most->text.route)};
	temporary_claim(c, f);
}
