/* link: base db db/async */
/* What tests/db/values.t runs:
 *
 *   values bytes CONNINFO     sends bytea of several sizes through db/ and db/async, and prints
 *                             for each "way length md5 same|different" as the server and the way
 *                             back have it
 *   values overdue CONNINFO   asks a pool of two connections more than it answers by the deadline,
 *                             and prints for each question what came of it
 *   values console CONNINFO TIMEOUT_MS
 *                             asks PgBouncer's console everything, and prints "NUMBER rows
 *                             columns" for each; an error ends it: "status: sentence" */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/async/async.h"
#include "db/console.h"

enum { BYTES_SAME, BYTES_LENGTH, BYTES_MD5, BYTES_COLUMNS };
static const struct db_statement bytes_statement = {
    "bytes", "SELECT $1::bytea AS same, length($1) AS length, md5($1) AS md5",
    1,       BYTES_COLUMNS,
    NULL,    NULL,
};

static struct arena arena;
static char sent[100000];
static const size_t sizes[] = {0, 1, 256, sizeof(sent)};
enum { SIZES = COUNT_OF(sizes) };

static void bytes_print(const char *way, size_t size, const struct db_rows *rows)
{
	struct str back, md5 = db_text(rows, 0, BYTES_MD5);
	bool fits = db_bytes(rows, 0, BYTES_SAME, &arena, &back);
	bool same = fits && str_eq(back, (struct str){sent, size});
	printf("%s %lld %.*s %s\n", way, (long long)db_i64(rows, 0, BYTES_LENGTH), STR_ARG(md5),
	       same ? "same" : "different");
}

static int bytes_fail(const struct err *err)
{
	printf("%s\n", err->text);
	return 1;
}

static int asynchronous_left = SIZES;
static void bytes_done(void *ctx, enum status status, const struct db_rows *rows,
		       const struct err *err)
{
	if (status == OK)
		bytes_print("asynchronous", *(const size_t *)ctx, rows);
	else
		bytes_fail(err);
	asynchronous_left--;
}

static int values_bytes(const char *conninfo)
{
	struct err err;
	struct db *db;
	struct db_rows rows;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i % 256);
	if (db_open(&db, conninfo, "values", &err) != OK)
		return bytes_fail(&err);
	for (size_t i = 0; i < SIZES; i++) {
		struct db_param p = DB_BYTES(((struct str){sent, sizes[i]}));
		if (db_run(db, &bytes_statement, &p, 1, &rows, &err) != OK)
			return bytes_fail(&err);
		bytes_print("synchronous", sizes[i], &rows);
		db_rows_release(&rows);
	}
	const struct db_param null = DB_NULL;
	if (db_run(db, &bytes_statement, &null, 1, &rows, &err) != OK)
		return bytes_fail(&err);
	printf("null %s\n", db_null(&rows, 0, BYTES_SAME) ? "null" : "a value");
	db_rows_release(&rows);
	db_close(db);

	struct event_base *loop = event_base_new();
	must(loop);
	const struct db_pool_options options = {.conninfo = conninfo,
						.program = "values",
						.connections = 1,
						.queue = SIZES,
						.timeout_ms = 30000};
	struct db_pool *pool = db_pool_create(loop, &options);
	for (size_t i = 0; i < SIZES; i++) {
		struct db_param p = DB_BYTES(((struct str){sent, sizes[i]}));
		if (db_query(pool, &bytes_statement, &p, 1, bytes_done, (void *)&sizes[i], NULL,
			     &err) != OK)
			return bytes_fail(&err);
	}
	while (asynchronous_left)
		event_base_loop(loop, EVLOOP_ONCE);
	db_pool_destroy(pool);
	event_base_free(loop);
	return 0;
}

/* ---- deadlines ---- */

static const struct db_statement overdue_statement = {
    "overdue", "SELECT pg_sleep($1::int8 / 1000.0)::text", 1, 1, NULL, NULL,
};

struct question {
	const char *name;
	int percent; /* of the deadline, for which the statement sleeps */
	bool done;
	enum status status;
	struct err err;
};

/* In the order of the queue. Two are answered in the second half of the time, so that two others
 * get their connections. */
static const struct question overdue_late[] = {
    {.name = "answered at 60 %", .percent = 60}, {.name = "answered at 61 %", .percent = 61},
    {.name = "sent at 60 %", .percent = 1000},   {.name = "answered at last", .percent = 0},
    {.name = "sent at last", .percent = 1000},   {.name = "never sent", .percent = 0},
};
/* One is sent at the beginning, and others are answered beside it. */
static const struct question overdue_slow[] = {
    {.name = "slow", .percent = 1000},
    {.name = "answered beside it", .percent = 1},
    {.name = "sent after the last answer", .percent = 1000},
    {.name = "never sent, others answered", .percent = 0},
};

static void overdue_done(void *ctx, enum status status, const struct db_rows *rows,
			 const struct err *err)
{
	struct question *q = ctx;
	(void)rows;
	q->status = status;
	q->err = *err;
	q->done = true;
}

static bool overdue_connected(const struct db_pool *pool)
{
	struct db_pool_stats stats;
	db_pool_stats(pool, &stats);
	return stats.connected == 2;
}

/* Whether what should be answered by the deadline was: on a busy machine the time may be too
 * short. */
static bool overdue_round(const char *conninfo, const struct question *asked, int count,
			  int64_t timeout_ms)
{
	struct question q[COUNT_OF(overdue_late)];
	struct event_base *loop = event_base_new();
	struct err err;
	bool fits = true;
	must(loop);
	memcpy(q, asked, sizeof(q[0]) * (size_t)count);
	struct db_pool *pool =
	    db_pool_create(loop, &(struct db_pool_options){.conninfo = conninfo,
							   .program = "values",
							   .connections = 2,
							   .queue = COUNT_OF(overdue_late),
							   .timeout_ms = timeout_ms});
	while (!overdue_connected(pool))
		event_base_loop(loop, EVLOOP_ONCE);
	for (int i = 0; i < count; i++) {
		struct db_param p = DB_I64(timeout_ms * q[i].percent / 100);
		must(db_query(pool, &overdue_statement, &p, 1, overdue_done, &q[i], NULL, &err) ==
		     OK);
	}
	for (int i = 0; i < count; i++) {
		while (!q[i].done)
			event_base_loop(loop, EVLOOP_ONCE);
		if (strncmp(q[i].name, "answered", 8) == 0)
			fits = fits && q[i].status == OK;
	}
	db_pool_destroy(pool);
	event_base_free(loop);
	for (int i = 0; i < count && fits; i++)
		printf("%s: %s%s%s\n", q[i].name, status_name(q[i].status),
		       q[i].status == OK ? "" : ": ", q[i].status == OK ? "" : q[i].err.text);
	return fits;
}

static int values_overdue(const char *conninfo)
{
	int64_t timeout_ms = 400;
	while (!overdue_round(conninfo, overdue_late, COUNT_OF(overdue_late), timeout_ms))
		timeout_ms *= 2;
	while (!overdue_round(conninfo, overdue_slow, COUNT_OF(overdue_slow), timeout_ms))
		timeout_ms *= 2;
	return 0;
}

static int values_console(const char *conninfo, const char *timeout)
{
	struct err err;
	struct db_console *console;
	int64_t timeout_ms;
	must(str_to_i64(str_of(timeout), 1, INT32_MAX, &timeout_ms));
	enum status status = db_console_open(&console, conninfo, "values", timeout_ms, &err);
	if (status != OK) {
		printf("%s: %s\n", status_name(status), err.text);
		return 1;
	}
	for (int what = 0; what < DB_SHOWS && status == OK; what++) {
		struct db_rows rows;
		status = db_console_show(console, (enum db_show)what, &rows, &err);
		if (status == OK) {
			printf("%d %d %d\n", what, rows.rows, rows.columns);
			if (what == DB_SHOW_POOLS) {
				int column = db_console_column(&rows, "pool_mode");
				struct str mode = db_text(&rows, rows.rows - 1, column);
				printf("mode %.*s, no such column %d\n", STR_ARG(mode),
				       db_console_column(&rows, "no_such_column"));
			}
			db_rows_release(&rows);
		}
	}
	db_console_close(console);
	if (status != OK)
		printf("%s: %s\n", status_name(status), err.text);
	return status != OK;
}

int main(int argc, char **argv)
{
	must(argc >= 3);
	arena_init(&arena, 1 << 20);
	int failed = argc == 4                         ? values_console(argv[2], argv[3])
		     : strcmp(argv[1], "overdue") == 0 ? values_overdue(argv[2])
						       : values_bytes(argv[2]);
	arena_release(&arena);
	return failed;
}
