#include "db/console.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/memory.h"
#include "db/libpq.h"

static const char *const console_words[DB_SHOWS] = {
    [DB_SHOW_CLIENTS] = "SHOW CLIENTS",     [DB_SHOW_CONFIG] = "SHOW CONFIG",
    [DB_SHOW_DATABASES] = "SHOW DATABASES", [DB_SHOW_LISTS] = "SHOW LISTS",
    [DB_SHOW_POOLS] = "SHOW POOLS",         [DB_SHOW_SERVERS] = "SHOW SERVERS",
    [DB_SHOW_STATS] = "SHOW STATS",         [DB_SHOW_VERSION] = "SHOW VERSION",
};

struct db_console {
	PGconn *connection;
	int64_t timeout_ms;
};

/* Wait until the socket is readable (or writable). */
static enum status console_wait(const struct db_console *c, short events, int64_t deadline_ms,
				struct err *err)
{
	struct pollfd p = {.fd = PQsocket(c->connection), .events = events};
	for (;;) {
		int64_t left = deadline_ms - clock_ms();
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (n > 0)
			return OK;
		if (n == 0)
			return err_set(err, TIMED_OUT, "PgBouncer does not answer in %lld ms",
				       (long long)c->timeout_ms);
		if (errno != EINTR)
			return err_errno(err, FAILED, "poll");
	}
}

/* Whether conninfo names a database. PQconnectStart reports an invalid one. */
static bool console_names_database(const char *conninfo)
{
	bool named = false;
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (strcmp(o->keyword, "dbname") == 0 && o->val)
			named = true;
	PQconninfoFree(options);
	return named;
}

static enum status console_connect(struct db_console *c, struct err *err)
{
	int64_t deadline = clock_ms() + c->timeout_ms;
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;
	if (PQstatus(c->connection) == CONNECTION_BAD)
		return libpq_connection_error(c->connection, err);
	while (step != PGRES_POLLING_OK) {
		enum status status = console_wait(
		    c, step == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline, err);
		if (status != OK)
			return status;
		step = PQconnectPoll(c->connection);
		if (step == PGRES_POLLING_FAILED)
			return libpq_connection_error(c->connection, err);
	}
	return OK;
}

enum status db_console_open(struct db_console **out, const char *conninfo, const char *program,
			    int64_t timeout_ms, struct err *err)
{
	/* Of several dbname the last is used, but only the first is read as a connection string. */
	const char *keywords[LIBPQ_KEYWORDS], *values[LIBPQ_KEYWORDS];
	struct db_console *c = memory_alloc(sizeof(*c));
	libpq_keywords(conninfo, program, keywords, values);
	if (!console_names_database(conninfo)) {
		size_t n = 0;
		while (keywords[n])
			n++;
		must(n + 1 < LIBPQ_KEYWORDS);
		keywords[n] = "dbname";
		values[n] = "pgbouncer";
		keywords[n + 1] = values[n + 1] = NULL;
	}
	c->timeout_ms = timeout_ms;
	c->connection = memory_had(PQconnectStartParams(keywords, values, 1));
	enum status status = console_connect(c, err);
	if (status != OK) {
		db_console_close(c);
		return err_prefix(err, status, "PgBouncer's console");
	}
	*out = c;
	return OK;
}

void db_console_close(struct db_console *console)
{
	if (!console)
		return;
	PQfinish(console->connection);
	free(console);
}

/* The next result; NULL: the answer is complete. */
static enum status console_next(struct db_console *c, int64_t deadline_ms, PGresult **out,
				struct err *err)
{
	while (PQisBusy(c->connection)) {
		enum status status = console_wait(c, POLLIN, deadline_ms, err);
		if (status != OK)
			return status;
		if (!PQconsumeInput(c->connection))
			return libpq_connection_error(c->connection, err);
	}
	*out = PQgetResult(c->connection);
	return OK;
}

enum status db_console_show(struct db_console *console, enum db_show what, struct db_rows *rows,
			    struct err *err)
{
	int64_t deadline = clock_ms() + console->timeout_ms;
	PGresult *result = NULL, *rest = NULL;
	enum status status = OK;
	must(what < DB_SHOWS);
	if (PQsendQuery(console->connection, console_words[what]) != 1)
		status = libpq_connection_error(console->connection, err);
	else
		status = console_next(console, deadline, &result, err);
	do {
		PQclear(rest);
		rest = NULL;
		if (status == OK)
			status = console_next(console, deadline, &rest, err);
	} while (rest);
	if (status == OK)
		status = libpq_result(console->connection, result, rows, err);
	else
		PQclear(result);
	return status == OK ? OK : err_prefix(err, status, "%s", console_words[what]);
}

int db_console_column(const struct db_rows *rows, const char *name)
{
	return PQfnumber(rows->result, name);
}
