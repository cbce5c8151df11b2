/* A running server, look by look. transaction-over-io: sessions that are idle inside a
 * transaction in look after look, by application and last statement. Texts come without their
 * literals (observe/). */
#include "audit/sql/identity.h"
#include "base/memory.h"
#include "observe/pooler/pooler.h"
#include "observe/server/server.h"
#include "sql/audit.h"

#include <inttypes.h>
#include <signal.h>
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
	/* its pool in PgBouncer: looks in which clients waited for it, and when they were most */
	int queued;
	struct observe_pool pool;
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

/* The pool in PgBouncer that the session is a connection of; NULL: none is known. Of consoles that
 * do not say, the only one of the session's role. */
static const struct observe_pool *watch_pool(const struct observe_sample *sample,
					     const struct observe_session *s)
{
	const struct observe_pool *of_role = NULL;
	if (s->pool)
		return &sample->pool[s->pool - 1];
	for (int i = 0; i < sample->pools; i++) {
		if (strcmp(sample->pool[i].role, s->role) != 0)
			continue;
		if (of_role)
			return NULL;
		of_role = &sample->pool[i];
	}
	return of_role;
}

static void watch_queue(struct watch_group *g, const struct observe_pool *pool)
{
	if (!pool)
		return;
	g->queued += pool->waiting > 0;
	if (!g->pool.database[0] || pool->waiting > g->pool.waiting)
		g->pool = *pool;
}

static void watch_look(struct watch_run *w, const struct observe_sample *sample)
{
	int now[WATCH_GROUPS_MAX] = {0};
	const struct observe_pool *pool[WATCH_GROUPS_MAX] = {0};
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
		if (!pool[g - w->group])
			pool[g - w->group] = watch_pool(sample, s);
		g->moved |= g->pid == s->pid && g->state_change != s->state_change;
		g->shortest_us = idle < g->shortest_us ? idle : g->shortest_us;
		g->longest_us = idle > g->longest_us ? idle : g->longest_us;
		g->first_at = g->first_at ? g->first_at : sample->at;
		g->last_at = sample->at;
	}
	for (size_t i = 0; i < w->groups; i++) {
		watch_queue(&w->group[i], pool[i]);
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

/* "; PgBouncer shop: 2 of 2 server connections in use, 31 clients wait, the longest for 4.2 s" */
static void watch_say_pool(const struct watch_group *g, char *out, size_t room)
{
	const struct observe_pool *p = &g->pool;
	size_t used = strlen(out);
	if (!p->database[0])
		return;
	used +=
	    (size_t)snprintf(out + used, room - used,
			     "; PgBouncer %s: %" PRId64 " of %" PRId64 " server connections in use",
			     p->database, p->servers, p->servers + p->free);
	if (p->waiting && used < room)
		snprintf(out + used, room - used, ", %" PRId64 " client%s, the longest for %.1f s",
			 p->waiting, p->waiting == 1 ? " waits" : "s wait",
			 (double)p->longest / 1e6);
}

static enum audit_severity watch_severity(const struct watch_group *g, bool several)
{
	/* Clients wait for the connection: then also a session of a person does harm. */
	if (g->queued >= WATCH_LOOKS_MIN)
		return g->human ? AUDIT_WARNING : AUDIT_ERROR;
	return g->human ? AUDIT_NOTE : several ? AUDIT_ERROR : AUDIT_WARNING;
}

/* What this role or this database does not show. */
static void watch_unseen(const struct sql_options *options, struct audit_report *report,
			 struct sql_summary *summary, const char *view, const char *about)
{
	const struct audit_finding finding = {
	    .rule = sql_rule(SQL_UNWATCHED),
	    .file = str_of(view),
	    .line = 1,
	    .column = 1,
	    .about = str_of(about),
	};
	if (options->rule && strcmp(options->rule, finding.rule->id) != 0)
		return;
	report_unchecked(report, &finding);
	if (options->notes || options->rule)
		report_add(report, &finding);
	else
		summary->notes_hidden++;
}

static void watch_judge(const struct watch_run *w, const struct watch_group *g,
			const struct sql_options *options, struct audit_report *report,
			struct sql_summary *summary)
{
	char headline[WATCH_TEXT_MAX], about[WATCH_TEXT_MAX];
	bool several = g->sessions > 1 || g->moved;
	enum audit_severity severity = watch_severity(g, several);
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
		: "idle in transaction after this statement, from %.1f to %.1f s, seen in %d of %d looks; "
		  "whether it calls something or was forgotten cannot be seen",
	    shortest, longest, g->looks, w->looks);
	watch_say_pool(g, about, sizeof(about));
	watch_add(report, g, severity, headline, about);
}

/* Ctrl-C ends the watch early: what was seen until then is told. A second one ends the program. */
static volatile sig_atomic_t watch_interrupted;

static void watch_interrupt(int signal)
{
	watch_interrupted = signal;
}

static void watch_signals(void (*handler)(int))
{
	const struct sigaction action = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};
	sigaction(SIGINT, &action, NULL);
}

/* While it is watched. */
struct watch_all {
	struct watch_run sessions;
	struct planner_run planner;
	struct silence *silence;
	struct watch_reading reading[WATCH_READINGS];
	struct watch_limits limits;
	struct str schema; /* of pg_stat_statements; empty: there is none */
	int64_t seconds;
	bool blind; /* the role does not see what sessions of others do */
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

/* A PgBouncer that was named and cannot be asked ends the run at the first look; later it is left
 * out of looks. */
static enum status watch_poolers(struct poolers *poolers, struct observe_sample *sample, bool first,
				 struct err *err)
{
	poolers_sample(poolers, sample);
	if (first && poolers_problem(poolers)[0])
		return err_set(err, UNAVAILABLE, "%s", poolers_problem(poolers));
	return OK;
}

/* The counters are read at the beginning, at the end, and between. */
static enum status watch_looks(struct watch_all *w, const char *url, struct err *err)
{
	struct observer *observer = NULL;
	struct poolers *poolers = NULL;
	struct observe_sample *sample = memory_alloc(sizeof(*sample));
	enum status status = observer_open(&observer, url, "holdfast audit", err);
	int readings = 0;
	if (status == OK)
		status =
		    poolers_open(&poolers, w->planner.options->bouncers, "holdfast audit", err);
	for (int64_t i = 0; status == OK && i <= w->seconds && !watch_interrupted; i++) {
		memset(sample, 0, sizeof(*sample));
		observer_sample(observer, sample, err);
		if (sample->reach != OBSERVE_REACHED) {
			status = UNAVAILABLE;
			break;
		}
		status = watch_poolers(poolers, sample, i == 0, err);
		if (status != OK)
			break;
		w->blind = !observer_server(observer)->monitor;
		watch_look(&w->sessions, sample);
		status = silence_look(w->silence, &w->planner, sample);
		if (status == OK && w->schema.n)
			status = batch_limits_look(&w->planner, &w->limits);
		if (status == OK && w->schema.n &&
		    i >= w->seconds * readings / (WATCH_READINGS - 1))
			status = watch_read(&w->planner, w->schema, &w->reading[readings++]);
		if (i < w->seconds)
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	}
	/* of a silent table the last one says which statements ran */
	if (status == OK && watch_interrupted && w->schema.n)
		status = watch_read(&w->planner, w->schema, &w->reading[WATCH_READINGS - 1]);
	poolers_close(poolers);
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
	const char *limits = sql_rule(SQL_LIMIT_OVERRUN)->id;
	const char *silent = sql_rule(SQL_SILENT_BATCH)->id;
	const char *only = options->rule;
	w.sessions.group = memory_array(WATCH_GROUPS_MAX, sizeof(*w.sessions.group));
	w.silence = silence_new();
	run_begin(&w.planner, options, report, &own);
	status = watch_extension(&w, err);
	watch_interrupted = 0;
	watch_signals(watch_interrupt);
	if (status == OK)
		status = watch_looks(&w, database->url, err);
	watch_signals(SIG_DFL);
	for (size_t i = 0; i < w.sessions.groups && (!only || strcmp(only, sessions) == 0); i++)
		watch_judge(&w.sessions, &w.sessions.group[i], options, report, &own);
	if (status == OK && w.schema.n && !watch_interrupted &&
	    (!only || strcmp(only, batches) == 0 || strcmp(only, limits) == 0))
		status = watch_batches_judge(&w.planner, w.schema, w.reading, &w.limits, seconds);
	if (status == OK && (!only || strcmp(only, silent) == 0))
		status = silence_judge(w.silence, &w.planner, w.schema, w.reading);
	if (status == OK && w.blind)
		watch_unseen(
		    options, report, &own, "pg_stat_activity",
		    "the sessions of other roles are not shown to this role: GRANT pg_monitor TO it");
	if (status == OK && silence_is_uncounted(w.silence))
		watch_unseen(
		    options, report, &own, "pg_stat_user_tables",
		    "a session is idle since an UPDATE whose rows the server has not counted yet: without pg_stat_statements a burst at the end of the watch is not seen, before PostgreSQL 15 also an earlier one of a session that had just connected");
	if (status == OK && !w.schema.n)
		watch_unseen(
		    options, report, &own, "pg_stat_statements",
		    "without the extension nothing counts how often a batch runs and how many rows it changes");
	run_end(&w.planner);
	summary->unseen_roles = w.blind;
	summary->unseen_statements = !w.schema.n;
	if (status == OK && watch_interrupted)
		status =
		    err_set(err, UNAVAILABLE,
			    "interrupted after %d of %" PRId64 " looks: the findings are of these",
			    w.sessions.looks, seconds + 1);
	summary->suppressed += own.suppressed;
	summary->notes_hidden += own.notes_hidden;
	probe_close(w.planner.probe);
	silence_free(w.silence);
	free(w.sessions.group);
	return status;
}
