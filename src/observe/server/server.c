#include "observe/server/server.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "db/db.h"
#include "observe/server/internal.h"
#include "sql/observe.h"

#include <stdlib.h>
#include <string.h>

enum {
	TABLES_US = 3000000,    /* between two readings of the tables */
	LONG_US = 3000000,      /* a statement of which it is asked whether it may run long */
	STATEMENTS_SHARE = 400, /* a reading of the statements takes at most 1/400 of the time, */
	STATEMENTS_MOST = 5000000,  /* but there is one so often: two in the window of judges */
	TEXT_MS = 200,              /* of a reading: so much is asked what it is */
	TEXT_BLOCKS = 1000,         /* of one that is called once between two readings */
	STATEMENTS_LEAST = 1000000, /* us between two readings of the statements */
	ANSWER_MS = 4000 /* more than the server takes to end a statement of 2 s itself */
};

struct observer {
	char *conninfo;
	struct db *db;
	bool began;    /* a transaction */
	int64_t start; /* of the server that this transaction is at */
	struct observe_server server;
	int64_t tables_due, statements_due; /* clock_us */
	int64_t statements_cost;            /* us */
	int64_t reset_at;                   /* of the counters of statements; 0: not known */
	bool no_reset_info;                 /* the server does not say when that was */
	bool no_temporary;                  /* the role may not list temporary files */
	uint64_t key;                       /* of hashes of texts */
	double took;
	const char *application;
	struct observer_counters *counters;
};

const struct observe_server *observer_server(const struct observer *o)
{
	return &o->server;
}

struct db *observer_db(struct observer *o)
{
	return o->db;
}

double observer_took(const struct observer *o)
{
	return o->took;
}

/* The sentences of a server that refuses to talk; a connection attempt has no SQLSTATE. */
static enum observe_reach observer_reach(enum status status, const struct err *err)
{
	if (status == TIMED_OUT || strstr(err->text, "timeout expired"))
		return OBSERVE_HUNG;
	if (strstr(err->text, "too many") || strstr(err->text, "connection slots"))
		return OBSERVE_FULL;
	if (strstr(err->text, "starting up") || strstr(err->text, "shutting down") ||
	    strstr(err->text, "recovery"))
		return OBSERVE_STARTING;
	return OBSERVE_GONE;
}

/* All of a sample is asked in one transaction: its limits are set once, the server lists its
 * sessions once, however many statements look at them, and a pooler does not go on to another
 * server in the middle. */
static enum status observer_begin(struct observer *o, struct err *err)
{
	struct db_rows rows;
	if (o->began)
		return OK;
	enum status status = db_begin(o->db, err);
	if (status == OK)
		status = db_run(o->db, &sql_observe_limits, NULL, 0, &rows, err);
	if (status == OK) {
		o->start = db_i64(&rows, 0, SQL_OBSERVE_LIMITS_STARTED);
		o->server.standby = db_bool(&rows, 0, SQL_OBSERVE_LIMITS_STANDBY);
		db_rows_release(&rows);
	} else {
		db_rollback(o->db);
	}
	o->began = status == OK;
	return status;
}

static enum status observer_end(struct observer *o, struct err *err)
{
	bool began = o->began;
	o->began = false;
	return began ? db_commit(o->db, err) : OK;
}

/* A statement that fails ends the transaction; the next one begins another. On failure there are no
 * rows. */
static enum status observer_ask_with(struct observer *o, const struct db_statement *statement,
				     const struct db_param *params, int count, struct db_rows *rows,
				     struct err *err)
{
	*rows = (struct db_rows){0};
	enum status status = observer_begin(o, err);
	if (status == OK && o->start != o->server.start && statement != &sql_observe_server)
		status = err_set(err, UNAVAILABLE, "another server answers now");
	if (status != OK)
		return status;
	status = db_run(o->db, statement, params, count, rows, err);
	if (status != OK) {
		db_rollback(o->db);
		o->began = false;
		*rows = (struct db_rows){0};
	}
	return status;
}

static enum status observer_ask(struct observer *o, const struct db_statement *statement,
				struct db_rows *rows, struct err *err)
{
	return observer_ask_with(o, statement, NULL, 0, rows, err);
}

static void observer_disconnect(struct observer *o)
{
	db_close(o->db);
	o->db = NULL;
	o->began = false;
}

/* What is known of the server that answers. What was known of another one is forgotten. */
static enum status observer_learn(struct observer *o, struct err *err)
{
	struct db_rows rows;
	enum status status = observer_ask(o, &sql_observe_server, &rows, err);
	if (status == OK) {
		struct observe_server *s = &o->server;
		s->version = db_i64(&rows, 0, SQL_OBSERVE_SERVER_VERSION);
		/* "15.20 (Debian 15.20-0+deb12u1)": the number alone */
		struct str version = db_text(&rows, 0, SQL_OBSERVE_SERVER_VERSION_TEXT);
		OBSERVE_SET(s->version_text, str_cut(&version, ' '));
		OBSERVE_SET(s->database, db_text(&rows, 0, SQL_OBSERVE_SERVER_DATABASE));
		s->monitor = db_bool(&rows, 0, SQL_OBSERVE_SERVER_MONITOR);
		s->statements = db_bool(&rows, 0, SQL_OBSERVE_SERVER_STATEMENTS);
		s->connections_max = db_i64(&rows, 0, SQL_OBSERVE_SERVER_CONNECTIONS_MAX);
		s->query_bytes = db_i64(&rows, 0, SQL_OBSERVE_SERVER_QUERY_BYTES);
		s->workers_max = db_i64(&rows, 0, SQL_OBSERVE_SERVER_WORKERS_MAX);
		o->no_reset_info = s->version < 140000;
		o->no_temporary = false;
		if (s->start != o->start) {
			o->reset_at = o->statements_due = o->tables_due = 0;
			observer_counters_forget(o->counters);
		}
		s->start = o->start;
		db_rows_release(&rows);
	}
	if (status == OK && o->server.version < 130000)
		status = err_set(err, INVALID,
				 "PostgreSQL %s is too old: 13 is the first that can be observed",
				 o->server.version_text);
	return status;
}

/* A transaction at a server that is known. */
static enum status observer_reach_server(struct observer *o, struct err *err)
{
	bool connected = o->db;
	enum status status = connected ? OK : db_open(&o->db, o->conninfo, o->application, err);
	if (status != OK) {
		o->db = NULL;
		return status;
	}
	db_limit_wait(o->db, ANSWER_MS);
	status = observer_begin(o, err);
	if (status == OK && (!connected || o->start != o->server.start))
		status = observer_learn(o, err);
	if (status != OK)
		observer_disconnect(o);
	return status;
}

enum status observer_open(struct observer **out, const char *conninfo, const char *application,
			  struct err *err)
{
	struct observer *o = memory_alloc(sizeof(*o));
	o->conninfo = memory_strdup(conninfo);
	o->application = application;
	o->counters = observer_counters_new();
	random_bytes(&o->key, sizeof(o->key));
	enum status status = observer_reach_server(o, err);
	if (status == OK)
		status = observer_end(o, err);
	bool later = status == UNAVAILABLE && observer_reach(status, err) != OBSERVE_GONE;
	if (status != OK && !later) {
		observer_close(o);
		o = NULL;
	}
	*out = o;
	return status;
}

void observer_close(struct observer *o)
{
	if (!o)
		return;
	db_close(o->db);
	observer_counters_free(o->counters);
	free(o->conninfo);
	free(o);
}

/* Ask for the text of a statement. An empty one is remembered, too: it is not asked for again. */
static void observer_ask_text(struct observer *o, uint64_t fingerprint)
{
	struct observe_text text = {0};
	const struct db_param id = DB_I64((int64_t)fingerprint);
	struct db_rows rows;
	struct err ignored;
	if (observer_ask_with(o, &sql_observe_text, &id, 1, &rows, &ignored) != OK)
		return;
	if (rows.rows)
		observe_redact(db_text(&rows, 0, SQL_OBSERVE_TEXT_QUERY), 0, o->key, &text);
	db_rows_release(&rows);
	observer_counters_learn(o->counters, fingerprint, &text);
}

/* Texts of statements, as sessions have shown them. One a sample is asked for, because the server
 * reads the file of all texts for it: of those that are called often and give no row the one that
 * reads most; else the one that takes most of the time, when that is much. */
static void observer_texts(struct observer *o, struct observe_sample *sample)
{
	uint64_t wanted = 0, slow = 0;
	int64_t most = -1;
	double longest = TEXT_MS;
	for (int i = 0; i < sample->sessions; i++)
		observer_counters_learn(o->counters, sample->session[i].fingerprint,
					&sample->session[i].text);
	for (int i = 0; i < sample->statements; i++) {
		struct observe_statement *s = &sample->statement[i];
		if (observer_counters_text(o->counters, s) ||
		    (s->calls < 2 && s->blocks < TEXT_BLOCKS))
			continue;
		if (s->exec_ms > longest) {
			longest = s->exec_ms;
			slow = s->fingerprint;
		}
		if (s->rows || s->blocks <= most)
			continue;
		wanted = s->fingerprint;
		most = s->blocks;
	}
	if (wanted || slow)
		observer_ask_text(o, wanted ? wanted : slow);
}

/* Asked before the counters: a reset between the two is seen by the next reading. */
static enum observer_reset observer_reset(struct observer *o)
{
	struct db_rows rows;
	struct err ignored;
	int64_t before = o->reset_at;
	if (o->no_reset_info)
		return OBSERVER_RESET_UNKNOWN;
	enum status status = observer_ask(o, &sql_observe_reset, &rows, &ignored);
	if (status != OK || !rows.rows || db_null(&rows, 0, SQL_OBSERVE_RESET_AT)) {
		/* Not in the extension's version: it is not asked again, because a statement that
		 * fails costs a transaction and a line in the server's log. */
		o->no_reset_info = status == FAILED || status == DENIED;
		if (status == OK)
			db_rows_release(&rows);
		return OBSERVER_RESET_UNKNOWN;
	}
	o->reset_at = db_i64(&rows, 0, SQL_OBSERVE_RESET_AT);
	db_rows_release(&rows);
	return before && before != o->reset_at ? OBSERVER_RESET : OBSERVER_NO_RESET;
}

static void observer_statements(struct observer *o, struct observe_sample *sample)
{
	struct db_rows rows;
	struct err err;
	int64_t began = clock_us();
	if (!o->server.statements || began < o->statements_due)
		return;
	enum observer_reset reset = observer_reset(o);
	enum status status = observer_ask(o, &sql_observe_totals, &rows, &err);
	if (status == OK) {
		observer_take_statements(o->counters, &rows, reset, sample);
		db_rows_release(&rows);
		observer_texts(o, sample);
	} else if (status == FAILED || status == DENIED) {
		o->server.statements = false; /* installed, but not preloaded */
	}
	/* On a busy machine, which is when readings are needed, the elapsed time is more than the
	 * cost: take the least of the recent ones. */
	int64_t took = clock_us() - began, aged = o->statements_cost + o->statements_cost / 8;
	o->statements_cost = !o->statements_cost || took < aged ? took : aged;
	int64_t pause = o->statements_cost * STATEMENTS_SHARE;
	pause = pause < STATEMENTS_MOST ? pause : STATEMENTS_MOST;
	/* A little early, so that a reading that is due with every sample is in every sample. */
	o->statements_due = began + (pause > STATEMENTS_LEAST ? pause : STATEMENTS_LEAST / 2);
}

/* What changes slowly. */
static void observer_rarely(struct observer *o, struct observe_sample *sample)
{
	struct db_rows rows;
	struct err ignored;
	if (observer_ask(o, &sql_observe_tables, &rows, &ignored) == OK) {
		observer_take_tables(&rows, sample);
		db_rows_release(&rows);
	}
	if (observer_ask(o, o->server.version < 140000 ? &sql_observe_state_13 : &sql_observe_state,
			 &rows, &ignored) == OK) {
		observer_take_state(&rows, sample);
		db_rows_release(&rows);
	}
	if (!o->no_temporary) {
		enum status status = observer_ask(o, &sql_observe_temporary, &rows, &ignored);
		o->no_temporary = status == DENIED; /* without pg_monitor */
		if (status == OK) {
			observer_take_temporary(&rows, sample);
			db_rows_release(&rows);
		}
	}
	if (observer_ask(o, &sql_observe_slots, &rows, &ignored) == OK) {
		observer_take_slots(&rows, sample);
		db_rows_release(&rows);
	}
	o->tables_due = clock_us() + TABLES_US;
}

/* Everything of a sample but the sessions. What fails is left out of the sample. */
static void observer_details(struct observer *o, struct observe_sample *sample)
{
	struct db_rows rows;
	struct err ignored;
	bool waits = false, runs_long = false, works = false;
	for (int i = 0; i < sample->sessions; i++) {
		const struct observe_session *s = &sample->session[i];
		waits |= s->blockers > 0;
		/* The views of progress cost more than the sessions: only when there may be
		 * some. */
		works |= s->kind == OBSERVE_VACUUM ||
			 (s->state == OBSERVE_ACTIVE &&
			  (s->text.verb == OBSERVE_DDL || s->text.verb == OBSERVE_MAINTENANCE ||
			   s->text.verb == OBSERVE_OTHER));
		runs_long |= s->kind == OBSERVE_CLIENT && s->state == OBSERVE_ACTIVE &&
			     sample->at - s->query_start > LONG_US;
	}
	if (waits && observer_ask(o, &sql_observe_locks, &rows, &ignored) == OK) {
		observer_take_locks(&rows, sample);
		db_rows_release(&rows);
	}
	if (runs_long && observer_ask(o, &sql_observe_permitted, &rows, &ignored) == OK) {
		observer_take_permitted(&rows, sample);
		db_rows_release(&rows);
	}
	if (works && observer_ask(o, &sql_observe_progress, &rows, &ignored) == OK) {
		observer_take_progress(&rows, sample);
		db_rows_release(&rows);
	}
	if (observer_ask(o, &sql_observe_horizon, &rows, &ignored) == OK) {
		observer_take_horizon(&rows, sample);
		db_rows_release(&rows);
	}
	observer_take_holding_sessions(sample);
	if (clock_us() >= o->tables_due)
		observer_rarely(o, sample);
	observer_statements(o, sample);
}

void observer_sample(struct observer *o, struct observe_sample *sample, struct err *err)
{
	struct db_rows rows;
	int64_t began = clock_us();
	enum status status = observer_reach_server(o, err);
	if (status == OK)
		status = observer_ask(o,
				      o->server.version < 140000 ? &sql_observe_activity_13
								 : &sql_observe_activity,
				      &rows, err);
	if (status == OK) {
		observer_take_activity(&rows, o->server.query_bytes, o->key, sample);
		db_rows_release(&rows);
		sample->server_start = o->server.start;
		observer_details(o, sample);
		/* A connection that breaks here is seen by the next sample. */
		(void)!observer_end(o, err);
	} else {
		sample->reach = observer_reach(status, err);
		observer_disconnect(o);
	}
	if (!sample->at)
		sample->at = clock_wall_us();
	o->took = (double)(clock_us() - began) / 1e6;
}
