/* Foreign text inside a transaction of ours. */
#include "audit/probe/internal.h"
#include "base/memory.h"
#include "db/libpq.h"
#include "sql/audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROBE_PREPARED_MAX = 16 };

struct probe {
	PGconn *connection;
	/* statements of ours that the session has: their planning is most of their cost */
	const struct db_statement *prepared[PROBE_PREPARED_MAX];
	size_t prepareds;
	int64_t version;
	bool scratch;
	unsigned timeouts; /* in a row */
	int64_t plan_ms, compare_ms;
	struct probe_counts counts;
	struct buf text;
};

/* Off: with them the planner does without an index that could serve. */
static const char sort_settings[] =
    "; SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off";
static const char strict_settings[] =
    "; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off"
    "; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off"
    "; SET LOCAL enable_hashagg = off"
    "; SET LOCAL max_parallel_workers_per_gather = 0";

/* ---- sending ---- */

/* Text of ours, of one or several statements without results. */
static enum status probe_word(struct probe *probe, const char *word, struct err *err)
{
	return libpq_result(probe->connection, PQexec(probe->connection, word), NULL, err);
}

/* One statement with foreign text in it: the extended protocol takes no second one. */
static enum status probe_text(struct probe *probe, struct db_rows *rows, struct err *err)
{
	if (buf_failed(&probe->text))
		return err_set(err, TOO_LARGE, "a statement of more than %d bytes", PROBE_TEXT_MAX);
	PGresult *result =
	    PQexecParams(probe->connection, buf_z(&probe->text), 0, NULL, NULL, NULL, NULL, 0);
	return libpq_result(probe->connection, result, rows, err);
}

static enum status probe_setting(struct probe *probe, struct buf *out, const char *name,
				 const char *value, bool identifier, struct err *err)
{
	if (!value)
		return OK;
	char *quoted = identifier ? PQescapeIdentifier(probe->connection, value, strlen(value))
				  : PQescapeLiteral(probe->connection, value, strlen(value));
	if (!quoted)
		return err_set(err, INVALID, "the %s is not valid UTF-8", name);
	buf_printf(out, "; SET LOCAL %s = %s", name, quoted);
	PQfreemem(quoted);
	return OK;
}

/* SET search_path takes a list: each name is quoted by itself. */
static enum status probe_path(struct probe *probe, struct buf *out, const char *path,
			      struct err *err)
{
	struct str rest = str_of(path);
	const char *separator = "; SET LOCAL search_path = ";
	while (rest.p) {
		struct str name = str_trim(str_cut(&rest, ','));
		if (name.n > 1 && name.p[0] == '"' && name.p[name.n - 1] == '"')
			name = (struct str){name.p + 1, name.n - 2};
		char *quoted = PQescapeIdentifier(probe->connection, name.p ? name.p : "", name.n);
		if (!quoted)
			return err_set(err, INVALID, "the search_path is not valid UTF-8");
		buf_printf(out, "%s%s", separator, quoted);
		PQfreemem(quoted);
		separator = ", ";
	}
	return OK;
}

static enum status probe_begin(struct probe *probe, const struct probe_session *session,
			       int64_t limit_ms, enum probe_planner planner, bool generic,
			       struct err *err)
{
	struct buf begin;
	buf_init(&begin, PROBE_TEXT_MAX);
	buf_printf(&begin,
		   "BEGIN READ ONLY; SET LOCAL statement_timeout = %" PRId64
		   "; SET LOCAL lock_timeout = %d; SET LOCAL idle_in_transaction_session_timeout = "
		   "%d; SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_generic_plan",
		   limit_ms, PROBE_LOCK_MS, PROBE_IDLE_MS);
	/* for NULL in place of a parameter no partition would be left in the plan */
	if (generic)
		buf_puts(&begin, "; SET LOCAL enable_partition_pruning = off");
	if (planner == PROBE_STRICT)
		buf_puts(&begin, sort_settings);
	if (planner != PROBE_DEFAULT)
		buf_puts(&begin, strict_settings);
	enum status status = OK;
	if (session->search_path)
		status = probe_path(probe, &begin, session->search_path, err);
	if (status == OK)
		status = probe_setting(probe, &begin, "role", session->role, false, err);
	if (status == OK && buf_failed(&begin))
		status = err_set(err, TOO_LARGE, "the search_path is too long");
	if (status == OK)
		status = probe_word(probe, buf_z(&begin), err);
	buf_release(&begin);
	return status;
}

/* End the transaction, however the probe ended, and count time-outs. */
static enum status probe_end(struct probe *probe, enum status status, bool prepared,
			     struct err *err)
{
	struct err ended;
	if (PQstatus(probe->connection) != CONNECTION_OK)
		return status == OK ? libpq_connection_error(probe->connection, err) : UNAVAILABLE;
	if (PQtransactionStatus(probe->connection) != PQTRANS_IDLE &&
	    probe_word(probe, "ROLLBACK", &ended) != OK)
		return err_set(err, UNAVAILABLE, "%s", ended.text);
	if (prepared && probe_word(probe, "DEALLOCATE holdfast_probe", &ended) != OK)
		return err_set(err, UNAVAILABLE, "%s", ended.text);
	probe->timeouts = status == TIMED_OUT ? probe->timeouts + 1 : 0;
	if (probe->timeouts < PROBE_TIMEOUTS_MAX)
		return status;
	return err_set(err, UNAVAILABLE,
		       "%d probes in a row ran into a time limit (%d ms for a lock): "
		       "the server is busy, the audit stops; try again later or on a replica",
		       PROBE_TIMEOUTS_MAX, PROBE_LOCK_MS);
}

/* ---- life ---- */

static enum status probe_check(struct probe *probe, struct err *err)
{
	struct db_rows rows;
	enum status status = probe_read(probe, NULL, &sql_audit_server, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	probe->version = db_i64(&rows, 0, SQL_AUDIT_SERVER_VERSION);
	int64_t pid = db_i64(&rows, 0, SQL_AUDIT_SERVER_PID);
	db_rows_release(&rows);
	if (probe->version < 130000)
		return err_set(err, INVALID,
			       "PostgreSQL %" PRId64
			       " is too old: 13 is the oldest that can be audited",
			       probe->version / 10000);
	if (pid != PQbackendPID(probe->connection))
		return err_set(
		    err, FAILED,
		    "the address is a pooler's (PgBouncer or the like), where settings and plans are not one session's: "
		    "give the server's own host and port");
	return OK;
}

/* Drop the server's notices: they are not part of a report. */
static void probe_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

enum status probe_open(struct probe **out, const char *url, struct err *err)
{
	const char *keywords[LIBPQ_KEYWORDS], *values[LIBPQ_KEYWORDS];
	struct probe *probe = memory_alloc(sizeof(*probe));
	probe_limit(probe, PROBE_PLAN_MS, PROBE_COMPARE_MS);
	buf_init(&probe->text, PROBE_TEXT_MAX);
	libpq_keywords(url, "holdfast audit", keywords, values);
	probe->connection = PQconnectdbParams(keywords, values, 1);
	PQsetNoticeProcessor(probe->connection, probe_notice, NULL);
	enum status status = PQstatus(probe->connection) == CONNECTION_OK
				 ? probe_check(probe, err)
				 : libpq_connection_error(probe->connection, err);
	if (status != OK) {
		probe_close(probe);
		return status;
	}
	*out = probe;
	return OK;
}

void probe_close(struct probe *probe)
{
	if (!probe)
		return;
	PQfinish(probe->connection);
	buf_release(&probe->text);
	free(probe);
}

int64_t probe_version(const struct probe *probe)
{
	return probe->version;
}

void probe_limit(struct probe *probe, int64_t plan_ms, int64_t compare_ms)
{
	probe->plan_ms = plan_ms ? plan_ms : probe->plan_ms;
	probe->compare_ms = compare_ms ? compare_ms : probe->compare_ms;
}

struct probe_counts probe_counts(const struct probe *probe)
{
	return probe->counts;
}

/* ---- probes ---- */

enum { PROBE_PLAN }; /* the only column of EXPLAIN (FORMAT JSON) */

static const char *probe_name(const struct probe *probe, const struct db_statement *statement)
{
	return probe->version ? statement->name : "";
}

/* Until the server is known to be no pooler's the name is "": a pooler would keep it. */
static enum status probe_known(struct probe *probe, const struct db_statement *statement,
			       struct err *err)
{
	for (size_t i = 0; i < probe->prepareds; i++)
		if (probe->prepared[i] == statement)
			return OK;
	must(probe->prepareds < PROBE_PREPARED_MAX);
	/* so that pg_stat_statements shows it as ours: an audit does not audit itself */
	size_t word = strcspn(statement->sql, " \n\t");
	buf_reset(&probe->text);
	buf_printf(&probe->text, "%.*s /* holdfast audit */%s", (int)word, statement->sql,
		   statement->sql + word);
	enum status status = libpq_result(probe->connection,
					  PQprepare(probe->connection, probe_name(probe, statement),
						    buf_z(&probe->text), 0, NULL),
					  NULL, err);
	if (status == OK && probe->version)
		probe->prepared[probe->prepareds++] = statement;
	return status;
}

enum status probe_read(struct probe *probe, const char *search_path,
		       const struct db_statement *statement, const struct db_param *params,
		       int count, struct db_rows *rows, struct err *err)
{
	const struct probe_session session = {.search_path = search_path};
	struct libpq_params w;
	enum status status =
	    probe_begin(probe, &session, 10 * PROBE_PLAN_MS, PROBE_DEFAULT, false, err);
	if (status == OK)
		status = probe_known(probe, statement, err);
	if (status == OK) {
		status = libpq_params_set(&w, statement, params, count, err);
		if (status == OK)
			status = libpq_result(probe->connection,
					      PQexecPrepared(probe->connection,
							     probe_name(probe, statement), count,
							     w.values, w.lengths, w.formats, 0),
					      rows, err);
		libpq_params_release(&w);
		must(status != OK || rows->columns == statement->columns);
	}
	enum status ended = probe_end(probe, status, false, err);
	if (status == OK && ended != OK)
		db_rows_release(rows);
	return ended == OK ? OK : err_prefix(err, ended, "%s", statement->name);
}

/* Whether $n stands in the text. In a literal it counts as well: then its type is not said. */
static bool probe_names(struct str text, unsigned n)
{
	for (size_t i = 0; i + 1 < text.n; i++) {
		uint64_t number = 0;
		size_t digits = i + 1;
		while (text.p[i] == '$' && digits < text.n && text.p[digits] >= '0' &&
		       text.p[digits] <= '9' && number < UINT32_MAX)
			number = 10 * number + (uint64_t)(text.p[digits++] - '0');
		if (number == n && digits > i + 1)
			return true;
	}
	return false;
}

/* The text that is explained: the statement, or the execution of it prepared. */
static enum status probe_prepare(struct probe *probe, struct str statement, unsigned parameters,
				 bool *prepared, struct err *err)
{
	enum status status = OK;
	buf_reset(&probe->text);
	if (parameters) {
		buf_puts(&probe->text, "PREPARE holdfast_probe");
		/* of one that a rewrite has left out the type must be said */
		for (unsigned i = 1; i <= parameters; i++)
			buf_printf(&probe->text, "%s%s", i > 1 ? ", " : " (",
				   probe_names(statement, i) ? "unknown" : "integer");
		buf_puts(&probe->text, ") AS ");
		buf_str(&probe->text, statement);
		status = probe_text(probe, NULL, err);
		*prepared = status == OK;
		buf_reset(&probe->text);
	}
	buf_puts(&probe->text, "EXPLAIN (VERBOSE, FORMAT JSON) ");
	if (!parameters)
		buf_str(&probe->text, statement);
	else
		buf_puts(&probe->text, "EXECUTE holdfast_probe");
	for (unsigned i = 0; i < parameters; i++)
		buf_puts(&probe->text, i ? ", NULL" : "(NULL");
	buf_puts(&probe->text, parameters ? ")" : "");
	return status;
}

enum status probe_explain(struct probe *probe, const struct probe_session *session,
			  struct str statement, unsigned parameters, enum probe_planner planner,
			  struct arena *arena, struct probe_plan *plan, struct err *err)
{
	struct db_rows rows = {0};
	bool prepared = false;
	if (parameters > PROBE_PARAMETERS_MAX)
		return err_set(err, TOO_LARGE, "more than %d parameters", PROBE_PARAMETERS_MAX);
	probe->counts.plans++;
	enum status status =
	    probe_begin(probe, session, probe->plan_ms, planner, parameters > 0, err);
	if (status == OK)
		status = probe_prepare(probe, statement, parameters, &prepared, err);
	if (status == OK)
		status = probe_text(probe, &rows, err);
	status = probe_end(probe, status, prepared, err);
	probe->counts.plans_ended += probe->timeouts != 0;
	if (status == OK)
		status = plan_read(db_text(&rows, 0, PROBE_PLAN), arena, plan, err);
	if (rows.result)
		db_rows_release(&rows);
	return status;
}

enum status probe_compare(struct probe *probe, const struct probe_session *session,
			  const struct probe_comparison *comparison, int64_t *counts,
			  struct err *err)
{
	struct db_rows rows = {0};
	must(comparison->count && comparison->count <= PROBE_COUNTS_MAX);
	probe->counts.compares++;
	enum status status =
	    probe_begin(probe, session, probe->compare_ms, PROBE_DEFAULT, false, err);
	buf_reset(&probe->text);
	buf_puts(&probe->text, "SELECT /* holdfast audit */ ");
	for (size_t i = 0; i < comparison->count; i++) {
		buf_puts(&probe->text, i ? ", count(*)" : "count(*)");
		if (!comparison->condition[i].n)
			continue;
		buf_puts(&probe->text, " FILTER (WHERE ");
		buf_str(&probe->text, comparison->condition[i]);
		buf_putc(&probe->text, ')');
	}
	buf_puts(&probe->text, " FROM ");
	buf_str(&probe->text, comparison->rows);
	if (status == OK)
		status = probe_text(probe, &rows, err);
	status = probe_end(probe, status, false, err);
	probe->counts.compares_ended += probe->timeouts != 0;
	for (size_t i = 0; status == OK && i < comparison->count; i++)
		counts[i] = db_i64(&rows, 0, (int)i);
	if (rows.result)
		db_rows_release(&rows);
	return status;
}

/* ---- a throw-away cluster ---- */

enum status probe_open_scratch(struct probe **out, const char *url, struct err *err)
{
	enum status status = probe_open(out, url, err);
	if (status == OK)
		(*out)->scratch = true;
	return status;
}

enum status probe_apply(struct probe *probe, struct str statement, struct err *err)
{
	must(probe->scratch);
	buf_reset(&probe->text);
	buf_str(&probe->text, statement);
	return probe_text(probe, NULL, err);
}

enum status probe_forget(struct probe *probe, struct err *err)
{
	must(probe->scratch);
	if (PQtransactionStatus(probe->connection) != PQTRANS_IDLE) {
		enum status status = probe_word(probe, "ROLLBACK", err);
		if (status != OK)
			return status;
	}
	probe->prepareds = 0;
	return probe_word(probe, "DISCARD ALL", err);
}
