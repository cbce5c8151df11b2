/* link: base db db/async */
/* What tests/db/values.t runs:
 *
 *   values bytes CONNINFO     sends bytea of several sizes through db/ and db/async, and prints
 *                             for each "way length md5 same|different" as the server and the way
 *                             back have it
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
	int failed = argc == 3 ? values_bytes(argv[2]) : values_console(argv[2], argv[3]);
	arena_release(&arena);
	return failed;
}
