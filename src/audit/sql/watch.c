/* A running server, look by look. transaction-over-io: sessions that are idle inside a
 * transaction in look after look, by application and last statement. Texts come without their
 * literals (observe/). */
#include "audit/sql/identity.h"
#include "base/memory.h"
#include "observe/server/server.h"
#include "sql/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	WATCH_GROUPS_MAX = 256,
	WATCH_LOOKS_MIN = 3,
	WATCH_TEXT_MAX = 8192,
};
static const int64_t WATCH_IDLE_US = 500000;  /* shorter: between two statements of a program */
static const int64_t WATCH_SPAN_US = 5000000; /* between the first and the last look */

struct watch_group {
	char application[OBSERVE_NAME];
	uint64_t hash;
	struct observe_text text;
	bool human, moved; /* moved: a transaction ended, and another one was found waiting */
	int looks, sessions;
	int64_t shortest_us, longest_us, first_at, last_at;
	int32_t pid;
	int64_t state_change;
};

struct watch_run {
	struct watch_group *group;
	size_t groups;
	int looks;
};

static struct watch_group *watch_group(struct watch_run *w, const struct observe_session *s)
{
	char application[OBSERVE_NAME];
	observe_caller(s, application);
	for (size_t i = 0; i < w->groups; i++)
		if (w->group[i].hash == s->text.hash &&
		    strcmp(w->group[i].application, application) == 0)
			return &w->group[i];
	if (w->groups == WATCH_GROUPS_MAX)
		return NULL;
	struct watch_group *g = &w->group[w->groups++];
	*g = (struct watch_group){.hash = s->text.hash, .text = s->text, .pid = s->pid};
	memcpy(g->application, application, sizeof(application));
	g->human = observe_is_human(s);
	g->state_change = s->state_change;
	g->shortest_us = INT64_MAX;
	return g;
}

static void watch_look(struct watch_run *w, const struct observe_sample *sample)
{
	int now[WATCH_GROUPS_MAX] = {0};
	w->looks++;
	for (int i = 0; i < sample->sessions; i++) {
		const struct observe_session *s = &sample->session[i];
		int64_t idle = sample->at - s->state_change;
		if (s->state != OBSERVE_IN_TRANSACTION || !s->state_change || idle < WATCH_IDLE_US)
			continue;
		struct watch_group *g = watch_group(w, s);
		if (!g)
			continue;
		now[g - w->group]++;
		g->moved |= g->pid == s->pid && g->state_change != s->state_change;
		g->shortest_us = idle < g->shortest_us ? idle : g->shortest_us;
		g->longest_us = idle > g->longest_us ? idle : g->longest_us;
		g->first_at = g->first_at ? g->first_at : sample->at;
		g->last_at = sample->at;
	}
	for (size_t i = 0; i < w->groups; i++) {
		w->group[i].looks += now[i] > 0;
		w->group[i].sessions =
		    now[i] > w->group[i].sessions ? now[i] : w->group[i].sessions;
	}
}

static void watch_add(struct audit_report *report, const struct watch_group *g,
		      enum audit_severity severity, const char *headline, const char *about)
{
	report_add(report, &(struct audit_finding){
			       .rule = sql_rule(SQL_TRANSACTION_OVER_IO),
			       .severity = severity,
			       .file = STR("pg_stat_activity"),
			       .line = 1,
			       .column = 1,
			       .headline = str_of(headline),
			       .about = str_of(about),
			       .excerpt = g->text.text[0] ? str_of(g->text.text) : STR("?"),
			       .statement = str_of(g->application),
			       .object = str_of(g->application),
			   });
}

static void watch_judge(const struct watch_run *w, const struct watch_group *g,
			const struct sql_options *options, struct audit_report *report,
			struct sql_summary *summary)
{
	char headline[WATCH_TEXT_MAX], about[WATCH_TEXT_MAX];
	bool several = g->sessions > 1 || g->moved;
	enum audit_severity severity = g->human  ? AUDIT_NOTE
				       : several ? AUDIT_ERROR
						 : AUDIT_WARNING;
	if (g->looks < WATCH_LOOKS_MIN || g->last_at - g->first_at < WATCH_SPAN_US)
		return;
	if (severity == AUDIT_NOTE && !options->notes) {
		summary->notes_hidden++;
		return;
	}
	double shortest = (double)g->shortest_us / 1e6, longest = (double)g->longest_us / 1e6;
	if (several)
		snprintf(headline, sizeof(headline),
			 "%d session%s of %s wait%s outside the database with a transaction open",
			 g->sessions, g->sessions == 1 ? "" : "s", g->application,
			 g->sessions == 1 ? "s" : "");
	else
		snprintf(headline, sizeof(headline),
			 "a session of %s has a transaction open and has done nothing for %.0f s",
			 g->application, longest);
	snprintf(
	    about, sizeof(about),
	    several
		? "idle in transaction for %.1f to %.1f s after this statement, seen in %d of %d looks"
		: "idle in transaction after this statement, from %.1f to %.1f s, seen in %d of %d looks; whether it calls something or was forgotten cannot be seen",
	    shortest, longest, g->looks, w->looks);
	watch_add(report, g, severity, headline, about);
}

/* While it is watched. */
struct watch_all {
	struct watch_run sessions;
	struct planner_run planner;
	struct watch_reading reading[WATCH_READINGS];
	struct str schema; /* of pg_stat_statements; empty: there is none */
	int64_t seconds;
};

static enum status watch_extension(struct watch_all *w, struct err *err)
{
	struct db_rows rows;
	enum status status =
	    probe_read(w->planner.probe, NULL, &sql_audit_extension, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	if (rows.rows)
		w->schema = arena_str(&w->planner.audit.arena,
				      db_text(&rows, 0, SQL_AUDIT_EXTENSION_SCHEMA));
	db_rows_release(&rows);
	return OK;
}

/* The counters are read at the beginning, at the end, and between. */
static enum status watch_looks(struct watch_all *w, const char *url, struct err *err)
{
	struct observer *observer = NULL;
	struct observe_sample *sample = memory_alloc(sizeof(*sample));
	enum status status = observer_open(&observer, url, err);
	int readings = 0;
	for (int64_t i = 0; status == OK && i <= w->seconds; i++) {
		memset(sample, 0, sizeof(*sample));
		observer_sample(observer, sample, err);
		if (sample->reach != OBSERVE_REACHED) {
			status = UNAVAILABLE;
			break;
		}
		watch_look(&w->sessions, sample);
		if (w->schema.n && i >= w->seconds * readings / (WATCH_READINGS - 1))
			status = watch_read(&w->planner, w->schema, &w->reading[readings++]);
		if (i < w->seconds)
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	}
	observer_close(observer);
	free(sample);
	return status;
}

enum status sql_watch(const struct sql_options *options, const struct sql_database *database,
		      int64_t seconds, struct audit_report *report, struct sql_summary *summary,
		      struct err *err)
{
	struct sql_summary own;
	struct watch_all w = {.planner = {.options = database, .err = err}, .seconds = seconds};
	enum status status = probe_open(&w.planner.probe, database->url, err);
	if (status != OK)
		return status;
	const char *sessions = sql_rule(SQL_TRANSACTION_OVER_IO)->id;
	const char *batches = sql_rule(SQL_SPINNING_FILTER)->id;
	const char *only = options->rule;
	w.sessions.group = memory_array(WATCH_GROUPS_MAX, sizeof(*w.sessions.group));
	run_begin(&w.planner, options, report, &own);
	status = watch_extension(&w, err);
	if (status == OK)
		status = watch_looks(&w, database->url, err);
	for (size_t i = 0; i < w.sessions.groups && (!only || strcmp(only, sessions) == 0); i++)
		watch_judge(&w.sessions, &w.sessions.group[i], options, report, &own);
	if (status == OK && w.schema.n && (!only || strcmp(only, batches) == 0))
		status = watch_batches_judge(&w.planner, w.schema, w.reading, seconds);
	run_end(&w.planner);
	summary->suppressed += own.suppressed;
	summary->notes_hidden += own.notes_hidden;
	probe_close(w.planner.probe);
	free(w.sessions.group);
	return status;
}
