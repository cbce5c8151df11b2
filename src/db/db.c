#include "db/libpq.h"
#include "base/clock.h"
#include "base/memory.h"

#include <poll.h>
#include <stdlib.h>

struct db {
	PGconn *connection;
	bool in_transaction;
	bool in_copy;
	int64_t wait_ms; /* the longest wait for an answer; 0: no limit */
	bool hung;       /* it was over: the connection is only good for closing */
};

enum status db_open(struct db **out, const char *conninfo, const char *program, struct err *err)
{
	const char *keywords[LIBPQ_KEYWORDS], *values[LIBPQ_KEYWORDS];
	struct db *db = memory_alloc(sizeof(*db));
	libpq_keywords(conninfo, program, keywords, values);
	db->connection = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(db->connection) != CONNECTION_OK) {
		enum status status = libpq_connection_error(db->connection, err);
		db_close(db);
		return status;
	}
	*out = db;
	return OK;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	PQfinish(db->connection);
	free(db);
}

int db_server_process(const struct db *db)
{
	return PQbackendPID(db->connection);
}

void db_limit_wait(struct db *db, int64_t ms)
{
	db->wait_ms = ms;
}

/* Until the answer to what was sent is complete, or the limit is over. */
static bool db_answered(struct db *db)
{
	struct pollfd p = {.fd = PQsocket(db->connection), .events = POLLIN};
	int64_t deadline = clock_ms() + db->wait_ms;
	while (PQisBusy(db->connection)) {
		int64_t left = deadline - clock_ms();
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (n == 0) {
			db->hung = true;
			return false;
		}
		if (n > 0 && !PQconsumeInput(db->connection))
			return true; /* the connection broke, which is an answer */
	}
	return true;
}

/* The last result of what was sent, as PQexec gives it; NULL: none. */
static PGresult *db_last_result(struct db *db, bool sent)
{
	PGresult *last = NULL;
	while (sent && db_answered(db)) {
		PGresult *next = PQgetResult(db->connection);
		if (!next)
			return last;
		PQclear(last);
		last = next;
	}
	PQclear(last);
	return NULL;
}

static enum status db_hung(const struct db *db, struct err *err)
{
	return err_set(err, TIMED_OUT, "the server does not answer in %lld ms",
		       (long long)db->wait_ms);
}

enum status db_run(struct db *db, const struct db_statement *statement,
		   const struct db_param *params, int count, struct db_rows *rows, struct err *err)
{
	struct libpq_params w;
	must(!db->in_copy);
	enum status status = libpq_params_set(&w, statement, params, count, err);
	PGresult *result = NULL;
	if (status == OK && !db->hung)
		result = db->wait_ms
			     ? db_last_result(db, PQsendQueryParams(db->connection, statement->sql,
								    count, NULL, w.values,
								    w.lengths, w.formats, 0))
			     : PQexecParams(db->connection, statement->sql, count, NULL, w.values,
					    w.lengths, w.formats, 0);
	if (status == OK)
		status =
		    db->hung ? db_hung(db, err) : libpq_result(db->connection, result, rows, err);
	libpq_params_release(&w);
	must(status != OK || !rows || rows->columns == statement->columns);
	return status == OK ? OK : err_prefix(err, status, "%s", statement->name);
}

enum status db_start(struct db *db, const struct db_statement *statement, struct err *err)
{
	must(!db->in_copy && statement->params == 0);
	if (PQsendQuery(db->connection, statement->sql))
		return OK;
	enum status status = libpq_connection_error(db->connection, err);
	return err_prefix(err, status, "%s", statement->name);
}

enum status db_finish(struct db *db, const struct db_statement *statement, struct err *err)
{
	PGresult *last = NULL, *next;
	while ((next = PQgetResult(db->connection))) {
		PQclear(last);
		last = next;
	}
	enum status status = libpq_result(db->connection, last, NULL, err);
	return status == OK ? OK : err_prefix(err, status, "%s", statement->name);
}

static enum status run_word(struct db *db, const char *word, struct err *err)
{
	PGresult *result = NULL;
	if (!db->hung)
		result = db->wait_ms ? db_last_result(db, PQsendQuery(db->connection, word))
				     : PQexec(db->connection, word);
	return db->hung ? db_hung(db, err) : libpq_result(db->connection, result, NULL, err);
}

enum status db_begin(struct db *db, struct err *err)
{
	must(!db->in_transaction);
	enum status status = run_word(db, "BEGIN", err);
	db->in_transaction = status == OK;
	return status;
}

enum status db_commit(struct db *db, struct err *err)
{
	must(db->in_transaction && !db->in_copy);
	db->in_transaction = false;
	/* COMMIT of a failed transaction returns ROLLBACK without an error. */
	if (PQtransactionStatus(db->connection) != PQTRANS_INTRANS) {
		struct err ignored;
		if (run_word(db, "ROLLBACK", &ignored) != OK)
			return err_set(err, UNAVAILABLE, "commit: %s", ignored.text);
		return err_set(err, FAILED, "commit of a transaction that had failed");
	}
	return run_word(db, "COMMIT", err);
}

bool db_in_transaction(const struct db *db)
{
	PGTransactionStatusType now = PQtransactionStatus(db->connection);
	return db->in_transaction || (now != PQTRANS_IDLE && now != PQTRANS_UNKNOWN);
}

void db_rollback(struct db *db)
{
	struct err ignored;
	if (db->in_copy)
		db_copy_cancel(db);
	/* If the connection is lost, the server has rolled back. */
	if (db->in_transaction && run_word(db, "ROLLBACK", &ignored) != OK && !db->hung)
		PQreset(db->connection);
	db->in_transaction = false;
}

enum status db_copy_begin(struct db *db, const struct db_statement *statement, struct err *err)
{
	must(!db->in_copy && statement->params == 0);
	enum status status = run_word(db, statement->sql, err);
	if (status != OK)
		return err_prefix(err, status, "%s", statement->name);
	db->in_copy = true;
	return OK;
}

/* The copy has ended: read the result of the server. */
static enum status db_copy_result(struct db *db, int64_t *count, struct err *err)
{
	struct db_rows rows = {0};
	enum status status = libpq_result(db->connection, PQgetResult(db->connection), &rows, err);
	PGresult *more;
	db->in_copy = false;
	while ((more = PQgetResult(db->connection)))
		PQclear(more);
	if (status == OK) {
		if (count)
			*count = rows.affected;
		db_rows_release(&rows);
	}
	return status;
}

enum status db_copy_put(struct db *db, struct str bytes, struct err *err)
{
	must(db->in_copy && bytes.n <= INT32_MAX);
	if (PQputCopyData(db->connection, bytes.p, (int)bytes.n) == 1)
		return OK;
	enum status status = db_copy_result(db, NULL, err);
	return status == OK ? libpq_connection_error(db->connection, err) : status;
}

enum status db_copy_end(struct db *db, int64_t *rows, struct err *err)
{
	must(db->in_copy);
	if (PQputCopyEnd(db->connection, NULL) != 1) {
		db->in_copy = false;
		return libpq_connection_error(db->connection, err);
	}
	return db_copy_result(db, rows, err);
}

void db_copy_cancel(struct db *db)
{
	struct err ignored;
	must(db->in_copy);
	if (PQputCopyEnd(db->connection, "given up") != 1) {
		db->in_copy = false;
		return;
	}
	enum status status = db_copy_result(db, NULL, &ignored);
	(void)status; /* the server reports the cancellation as an error */
}

enum status db_script(struct db *db, const char *sql, struct err *err)
{
	must(!db->in_copy);
	return run_word(db, sql, err);
}
