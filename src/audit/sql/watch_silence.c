/* silent-batch of a running server: rows of a table that change only in bursts, with long silence
 * between, while the application that changes them works all the time. Who watches these rows sees
 * a standstill. What is counted is committed updates (pg_stat_user_tables), because others see no
 * earlier ones.
 *
 * Which application changes a table is told by a session seen in an UPDATE of it, or else by the
 * role of such a statement in pg_stat_statements, when one application alone has the role. A table
 * of which neither is known gives no finding. */
#include "audit/sql/identity.h"
#include "base/ascii.h"
#include "base/memory.h"
#include "sql/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SILENCE_TABLES_MAX = 5000,
	SILENCE_APPLICATIONS_MAX = 256,
	SILENCE_UPDATES_MAX = 16, /* different UPDATEs of an application that are remembered */
	SILENCE_IDLE_MAX = 256,   /* sessions that have just ended an UPDATE */
	SILENCE_BURST_ROWS = 10,  /* fewer in a look: items that are finished one by one */
	SILENCE_BUSY_PERCENT = 80,
};
static const int64_t SILENCE_US = 15000000;
/* A server process that reported its counters less than a second ago keeps the next ones back; when
 * it goes idle, for ten seconds (PGSTAT_IDLE_INTERVAL), before PostgreSQL 15 until its next
 * statement. A second more for the look itself. */
static const int64_t SILENCE_DELAY_US = 11000000;

struct silence_table {
	int64_t id;
	struct str schema, name;
	int64_t updates, rows; /* of the server's counter; since the first look */
	int64_t changed_at, longest_us;
	int64_t held_at;    /* an UPDATE ended that the counter does not show yet; 0: none */
	int bursts, silent; /* looks in which rows changed, and in which none did */
};

struct silence_application {
	char name[OBSERVE_NAME], role[OBSERVE_NAME];
	bool human;
	int busy;    /* looks */
	bool active; /* in this look */
	char update[SILENCE_UPDATES_MAX][OBSERVE_TEXT];
	int updates;
};

struct silence {
	struct arena arena; /* names of tables */
	struct silence_table *table;
	struct silence_application *application;
	size_t tables, applications;
	struct observe_session
	    *idle; /* since an UPDATE, in this look; samples have no text of them */
	size_t idles;
	bool uncounted; /* rows are held back, and nothing else tells how many */
	int looks;
	int64_t first_at, last_at;
};

struct silence *silence_new(void)
{
	struct silence *s = memory_alloc(sizeof(*s));
	s->table = memory_array(SILENCE_TABLES_MAX, sizeof(*s->table));
	s->application = memory_array(SILENCE_APPLICATIONS_MAX, sizeof(*s->application));
	s->idle = memory_array(SILENCE_IDLE_MAX, sizeof(*s->idle));
	arena_init(&s->arena, SILENCE_TABLES_MAX * 256);
	return s;
}

void silence_free(struct silence *s)
{
	if (!s)
		return;
	arena_release(&s->arena);
	free(s->table);
	free(s->application);
	free(s->idle);
	free(s);
}

/* ---- texts ---- */

/* The name that begins the text, a or "a b", is taken off it. */
static struct str silence_name(struct str *text)
{
	size_t n = 0;
	if (text->n && text->p[0] == '"') {
		const char *end = memchr(text->p + 1, '"', text->n - 1);
		struct str name = {text->p + 1, end ? (size_t)(end - text->p) - 1 : 0};
		str_skip(text, end ? name.n + 2 : text->n);
		return name;
	}
	while (n < text->n && (ascii_is_alnum(text->p[n]) || text->p[n] == '_' ||
			       text->p[n] == '$' || (unsigned char)text->p[n] >= 0x80))
		n++;
	struct str name = {text->p, n};
	str_skip(text, n);
	return name;
}

/* Whether an UPDATE of the text writes the table. */
static bool silence_writes(struct str text, const struct silence_table *t)
{
	static const char word[] = "update ";
	for (; text.n > sizeof(word); str_skip(&text, 1)) {
		struct str schema = STR(""),
			   rest = {text.p + sizeof(word) - 1, text.n - sizeof(word) + 1};
		if (!str_eq_nocase((struct str){text.p, sizeof(word) - 1}, STR("update ")))
			continue;
		rest = str_trim(rest);
		if (rest.n > 5 && str_eq_nocase((struct str){rest.p, 5}, STR("only ")))
			str_skip(&rest, 5);
		struct str name = silence_name(&rest);
		if (rest.n && rest.p[0] == '.') {
			schema = name;
			str_skip(&rest, 1);
			name = silence_name(&rest);
		}
		if (str_eq(name, t->name) && (!schema.n || str_eq(schema, t->schema)))
			return true;
	}
	return false;
}

/* ---- looks ---- */

static struct silence_application *silence_application(struct silence *s,
						       const struct observe_session *session)
{
	char name[OBSERVE_NAME];
	observe_caller(session, name);
	for (size_t i = 0; i < s->applications; i++)
		if (strcmp(s->application[i].name, name) == 0 &&
		    strcmp(s->application[i].role, session->role) == 0)
			return &s->application[i];
	if (s->applications == SILENCE_APPLICATIONS_MAX)
		return NULL;
	struct silence_application *a = &s->application[s->applications++];
	memcpy(a->name, name, sizeof(name));
	memcpy(a->role, session->role, sizeof(a->role));
	a->human = observe_is_human(session);
	return a;
}

static void silence_remember(struct silence_application *a, const struct observe_text *text)
{
	if (text->verb != OBSERVE_UPDATE || a->updates == SILENCE_UPDATES_MAX)
		return;
	for (int i = 0; i < a->updates; i++)
		if (strcmp(a->update[i], text->text) == 0)
			return;
	memcpy(a->update[a->updates++], text->text, sizeof(text->text));
}

/* An application is busy in a look when one of its sessions is in a statement or a transaction, or
 * has begun or ended one since the previous look, however short it was. The first look only sets
 * the starting point and counts for no application. */
static void silence_sessions(struct silence *s, const struct observe_sample *sample,
			     int64_t previous)
{
	for (int i = 0; i < sample->sessions; i++) {
		const struct observe_session *session = &sample->session[i];
		if (session->kind != OBSERVE_CLIENT || !session->query_start ||
		    strcmp(session->application, "holdfast audit") == 0)
			continue;
		struct silence_application *a = silence_application(s, session);
		if (!a)
			continue;
		a->active |= session->state == OBSERVE_ACTIVE ||
			     session->state == OBSERVE_IN_TRANSACTION ||
			     session->query_start > previous || session->state_change > previous;
		silence_remember(a, &session->text);
	}
	for (size_t i = 0; i < s->applications; i++) {
		s->application[i].busy += s->looks > 0 && s->application[i].active;
		s->application[i].active = false;
	}
}

static int silence_by_id(const void *x, const void *y)
{
	const struct silence_table *a = x, *b = y;
	return (a->id > b->id) - (a->id < b->id);
}

/* The table of the row; those that are new stand behind `known`, which are sorted. */
static struct silence_table *silence_table(struct silence *s, size_t known,
					   const struct db_rows *rows, int i)
{
	const struct silence_table wanted = {.id = db_i64(rows, i, SQL_AUDIT_UPDATES_ID)};
	struct silence_table *t =
	    known ? bsearch(&wanted, s->table, known, sizeof(*t), silence_by_id) : NULL;
	if (t || s->tables == SILENCE_TABLES_MAX)
		return t;
	t = &s->table[s->tables++];
	*t = (struct silence_table){
	    .id = wanted.id,
	    .schema = arena_str(&s->arena, db_text(rows, i, SQL_AUDIT_UPDATES_SCHEMA)),
	    .name = arena_str(&s->arena, db_text(rows, i, SQL_AUDIT_UPDATES_NAME)),
	    .changed_at = s->first_at,
	    .silent = s->looks - 1};
	if (s->looks == 0)
		t->updates = db_i64(rows, i, SQL_AUDIT_UPDATES_UPDATES);
	return t;
}

/* Those that ended an UPDATE since `since`. */
static enum status silence_idle(struct silence *s, struct planner_run *d, int64_t since)
{
	struct db_rows rows;
	enum status status =
	    PROBE_READ(d->probe, NULL, sql_audit_updaters, &rows, d->err, DB_I64(since));
	if (status != OK)
		return status;
	s->idles = 0;
	for (int i = 0; i < rows.rows && s->idles < SILENCE_IDLE_MAX; i++) {
		struct observe_session *session = &s->idle[s->idles++];
		*session = (struct observe_session){.kind = OBSERVE_CLIENT,
						    .state = OBSERVE_IDLE,
						    .state_change =
							db_i64(&rows, i, SQL_AUDIT_UPDATERS_ENDED)};
		OBSERVE_SET(session->role, db_text(&rows, i, SQL_AUDIT_UPDATERS_ROLE));
		OBSERVE_SET(session->application,
			    db_text(&rows, i, SQL_AUDIT_UPDATERS_APPLICATION));
		observe_redact(db_text(&rows, i, SQL_AUDIT_UPDATERS_QUERY), 0, 0, &session->text);
		struct silence_application *a = silence_application(s, session);
		if (a)
			silence_remember(a, &session->text);
	}
	db_rows_release(&rows);
	return OK;
}

/* A session that is idle since an UPDATE of the table says when its rows were changed, also where
 * the counter shows them later. */
static void silence_hold(struct silence *s)
{
	for (size_t i = 0; i < s->idles; i++)
		for (size_t n = 0; n < s->tables; n++)
			if (s->idle[i].state_change > s->table[n].held_at &&
			    silence_writes(str_of(s->idle[i].text.text), &s->table[n]))
				s->table[n].held_at = s->idle[i].state_change;
}

static void silence_burst(struct silence_table *t, int64_t rows, int64_t at)
{
	int64_t silent_us = at - t->changed_at;
	t->bursts++;
	t->rows += rows;
	t->longest_us = silent_us > t->longest_us ? silent_us : t->longest_us;
	t->changed_at = at > t->changed_at ? at : t->changed_at;
}

static void silence_change(const struct silence *s, struct silence_table *t, int64_t updates)
{
	int64_t rows = updates - t->updates, at = t->held_at;
	t->updates = updates;
	if (rows <= 0) {
		t->silent++;
		return;
	}
	t->held_at = 0;
	if (!at || at > s->last_at || at < s->last_at - SILENCE_DELAY_US)
		at = s->last_at;
	if (at < s->first_at)
		t->silent++; /* before the watch began: only the counter is late */
	else
		silence_burst(t, rows, at);
}

enum status silence_look(struct silence *s, struct planner_run *d,
			 const struct observe_sample *sample)
{
	struct db_rows rows;
	enum status status = probe_read(d->probe, NULL, &sql_audit_updates, NULL, 0, &rows, d->err);
	if (status != OK)
		return status;
	size_t known = s->tables;
	int64_t previous = s->last_at;
	s->first_at = s->looks ? s->first_at : sample->at;
	s->last_at = sample->at;
	status = silence_idle(s, d, s->looks ? previous : s->first_at - SILENCE_DELAY_US);
	if (status == OK && s->looks)
		silence_hold(s);
	for (int i = 0; status == OK && i < rows.rows; i++) {
		struct silence_table *t = silence_table(s, known, &rows, i);
		if (t && s->looks)
			silence_change(s, t, db_i64(&rows, i, SQL_AUDIT_UPDATES_UPDATES));
	}
	if (status == OK && !s->looks)
		silence_hold(s);
	db_rows_release(&rows);
	if (s->tables > known)
		qsort(s->table, s->tables, sizeof(*s->table), silence_by_id);
	silence_sessions(s, sample, previous);
	s->looks++;
	return status;
}

/* ---- whose table it is ---- */

struct silence_writer {
	const struct silence_application *application;
	struct str text;
	char statement[32]; /* queryid; "": not known */
};

static bool silence_seen(const struct silence *s, const struct silence_table *t,
			 struct silence_writer *out)
{
	for (size_t i = 0; i < s->applications; i++)
		for (int n = 0; n < s->application[i].updates; n++)
			if (silence_writes(str_of(s->application[i].update[n]), t)) {
				*out = (struct silence_writer){
				    .application = &s->application[i],
				    .text = str_of(s->application[i].update[n])};
				return true;
			}
	return false;
}

/* The only application of the role; NULL: there are several. */
static const struct silence_application *silence_only(const struct silence *s, struct str role)
{
	const struct silence_application *only = NULL;
	for (size_t i = 0; i < s->applications; i++) {
		if (s->application[i].human || !str_eq(role, str_of(s->application[i].role)))
			continue;
		if (only)
			return NULL;
		only = &s->application[i];
	}
	return only;
}

static enum status silence_statement(const struct silence *s, struct planner_run *d,
				     const char *schema, const struct silence_table *t, int64_t id,
				     struct silence_writer *out)
{
	struct db_rows rows;
	enum status status =
	    PROBE_READ(d->probe, schema, sql_audit_executed, &rows, d->err, DB_I64(id));
	for (int i = 0; status == OK && i < rows.rows && !out->application; i++) {
		struct str text = db_text(&rows, i, SQL_AUDIT_EXECUTED_QUERY);
		if (!silence_writes(text, t))
			continue;
		out->application = silence_only(s, db_text(&rows, i, SQL_AUDIT_EXECUTED_ROLE));
		out->text = arena_str(&d->audit.arena, text);
		snprintf(out->statement, sizeof(out->statement), "%" PRId64, id);
	}
	if (status == OK)
		db_rows_release(&rows);
	return status;
}

/* Among the statements of pg_stat_statements that changed rows while it was watched. */
static enum status silence_executed(const struct silence *s, struct planner_run *d,
				    const char *schema, const struct silence_table *t,
				    const struct watch_reading *reading, struct silence_writer *out)
{
	enum status status = OK;
	const struct watch_reading *last = &reading[WATCH_READINGS - 1];
	for (size_t i = 0; status == OK && i < last->count && !out->application; i++) {
		const struct watch_counters *before = reading_counters(&reading[0], last->of[i].id);
		if (last->of[i].rows - (before ? before->rows : 0) >= SILENCE_BURST_ROWS)
			status = silence_statement(s, d, schema, t, last->of[i].id, out);
	}
	return status;
}

/* ---- rows that the counter does not show ---- */

/* Rows that UPDATEs of the table changed while it was watched, of pg_stat_statements. */
static enum status silence_counted(struct planner_run *d, const char *schema,
				   const struct silence_table *t,
				   const struct watch_reading *reading, int64_t *rows)
{
	enum status status = OK;
	const struct watch_reading *last = &reading[WATCH_READINGS - 1];
	*rows = 0;
	for (size_t i = 0; status == OK && i < last->count; i++) {
		struct db_rows found;
		const struct watch_counters *before = reading_counters(&reading[0], last->of[i].id);
		int64_t changed = last->of[i].rows - (before ? before->rows : 0);
		if (changed < SILENCE_BURST_ROWS)
			continue;
		status = PROBE_READ(d->probe, schema, sql_audit_executed, &found, d->err,
				    DB_I64(last->of[i].id));
		if (status != OK)
			break;
		if (found.rows && silence_writes(db_text(&found, 0, SQL_AUDIT_EXECUTED_QUERY), t))
			*rows += changed;
		db_rows_release(&found);
	}
	return status;
}

/* The last UPDATE of the table ended, and the watch before its counter came. */
static enum status silence_held(struct silence *s, struct planner_run *d, struct str schema,
				struct silence_table *t, const struct watch_reading *reading)
{
	int64_t rows = 0;
	if (t->held_at <= s->first_at || t->held_at < t->changed_at)
		return OK;
	s->uncounted |= !schema.n;
	enum status status = schema.n ? silence_counted(d, schema.p, t, reading, &rows) : OK;
	if (status == OK && rows - t->rows >= SILENCE_BURST_ROWS)
		silence_burst(t, rows - t->rows, t->held_at);
	return status;
}

bool silence_is_uncounted(const struct silence *s)
{
	return s->uncounted;
}

/* ---- findings ---- */

static bool silence_is_long(const struct silence *s, struct silence_table *t)
{
	int64_t until_end = s->last_at - t->changed_at;
	t->longest_us = until_end > t->longest_us ? until_end : t->longest_us;
	return t->bursts && t->rows >= (int64_t)SILENCE_BURST_ROWS * t->bursts &&
	       t->longest_us >= SILENCE_US && 2 * t->silent >= s->looks - 1;
}

static void silence_report(const struct silence *s, const struct silence_table *t,
			   const struct silence_writer *w, struct planner_run *d)
{
	struct arena *arena = &d->audit.arena;
	const char *name = w->application->name;
	double longest = (double)t->longest_us / 1e6;
	const struct str object = ARENA_JOIN(arena, t->schema, STR("."), t->name);
	if (!object.p)
		return;
	const char *headline = arena_printf(
	    arena, "rows of %.*s change only in bursts: none for %.0f s, while %s works",
	    STR_ARG(object), longest, name);
	const char *about = arena_printf(
	    arena,
	    "%" PRId64
	    " rows changed in %d of %d looks, in which %s was busy %d times; a monitor that counts these rows sees no progress in between",
	    t->rows, t->bursts, s->looks - 1, name, w->application->busy);
	report_add(d->audit.report, &(struct audit_finding){
					.rule = sql_rule(SQL_SILENT_BATCH),
					.file = w->statement[0] ? STR("pg_stat_statements")
								: STR("pg_stat_activity"),
					.line = 1,
					.column = 1,
					.headline = str_of(headline),
					.about = str_of(about),
					.excerpt = w->text,
					.statement = str_of(w->statement[0] ? w->statement : name),
					.object = object,
				    });
}

enum status silence_judge(struct silence *s, struct planner_run *d, struct str schema,
			  const struct watch_reading *reading)
{
	enum status status = OK;
	const struct sql_options *options = d->audit.options;
	for (size_t i = 0; i < s->tables && status == OK; i++) {
		struct silence_writer w = {0};
		status = silence_held(s, d, schema, &s->table[i], reading);
		if (status != OK || !silence_is_long(s, &s->table[i]))
			continue;
		if (!silence_seen(s, &s->table[i], &w) && schema.n)
			status = silence_executed(s, d, schema.p, &s->table[i], reading, &w);
		if (!w.application || w.application->human ||
		    100 * w.application->busy < SILENCE_BUSY_PERCENT * (s->looks - 1))
			continue;
		if (options->notes || options->rule)
			silence_report(s, &s->table[i], &w, d);
		else
			d->audit.summary->notes_hidden++;
	}
	return status;
}
