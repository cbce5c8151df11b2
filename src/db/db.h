/* PostgreSQL, one connection at a time, blocking: for the command line. (The web processes use
 * db/async/async.h; both take the same statements and parameters and return the same rows.)
 *
 * Hides libpq. Statements are constants made from sql/queries/ by tools/embed-sql; there is no way
 * to pass SQL text from C. They are sent unnamed with their parameters beside them, so that
 * everything works through PgBouncer in transaction mode and nothing can be injected.
 *
 * Life: db_open, any number of db_run / transactions / copies, db_close. A struct db_rows owns its
 * values until db_rows_release (or, asynchronously, until the callback returns).
 *
 * Errors: UNAVAILABLE (the server is away, restarting or full: trying again may help), TIMED_OUT (a
 * statement's or lock's time), CONFLICT (unique, exclusion, serialization), DENIED (privileges),
 * INVALID (the data does not fit the column or a check), FAILED (the rest). The sentence is the
 * server's, with its SQLSTATE.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* One section of sql/queries/AREA.sql. */
struct db_statement {
	const char *name;
	const char *sql;
	int params;
	int columns;                  /* 0: it returns nothing */
	const char *role;             /* role of the program that runs it; NULL: the owner */
	const char *const *served_by; /* indexes that its plan must use, ends with NULL */
};

struct db_param {
	enum {
		DB_PARAM_NULL,
		DB_PARAM_TEXT,
		DB_PARAM_BYTES,
		DB_PARAM_I64,
		DB_PARAM_DOUBLE,
		DB_PARAM_BOOL
	} kind;
	/* TEXT: without NUL bytes; arrays as '{...}' literals. BYTES: any bytes. Neither needs to
	 * be NUL-terminated. */
	struct str text;
	int64_t i64;
	double number;
};
#define DB_NULL    ((struct db_param){.kind = DB_PARAM_NULL})
#define DB_TEXT(s) ((struct db_param){.kind = DB_PARAM_TEXT, .text = (s)})
#define DB_Z(z)    ((struct db_param){.kind = DB_PARAM_TEXT, .text = str_of(z)})
/* For a parameter of type bytea ($1::bytea where the context leaves the type open). */
#define DB_BYTES(s)  ((struct db_param){.kind = DB_PARAM_BYTES, .text = (s)})
#define DB_I64(v)    ((struct db_param){.kind = DB_PARAM_I64, .i64 = (v)})
#define DB_DOUBLE(v) ((struct db_param){.kind = DB_PARAM_DOUBLE, .number = (v)})
#define DB_BOOL(v)   ((struct db_param){.kind = DB_PARAM_BOOL, .i64 = (v)})
/* NULL for an empty slice. */
#define DB_TEXT_OR_NULL(s) ((s).n ? DB_TEXT(s) : DB_NULL)

enum { DB_PARAMS_MAX = 32 };

struct db_rows {
	int rows, columns;
	int64_t affected; /* rows changed, for INSERT, UPDATE, DELETE, COPY */
	void *result;     /* private */
};
void db_rows_release(struct db_rows *rows);

/* Values of a row. `column` is a name of the statement's enum (sql_region_get: SQL_REGION_GET_KEY),
 * which tools/embed-sql makes from the statement. A text that is not of the type asked for is a
 * bug. NULL: db_null is true, the others give "" or 0. */
bool db_null(const struct db_rows *rows, int row, int column);
struct str db_text(const struct db_rows *rows, int row, int column);
int64_t db_i64(const struct db_rows *rows, int row, int column);
double db_double(const struct db_rows *rows, int row, int column);
bool db_bool(const struct db_rows *rows, int row, int column);

/* A bytea, decoded into the arena. NULL: empty. False when over the arena's maximum. */
MUST_CHECK bool db_bytes(const struct db_rows *rows, int row, int column, struct arena *arena,
			 struct str *out);

/* A one-dimensional array of text as parts in the arena; NULL elements are left out. False when
 * over the arena's maximum. */
MUST_CHECK bool db_texts(const struct db_rows *rows, int row, int column, struct arena *arena,
			 struct str **out, size_t *count);

/* An array literal as a parameter: array_begin, its elements, array_end. The buffer is only for
 * this array, must have room for it, and must live until the statement was sent. */
enum { ARRAY_I64 = 21 /* bytes that an element takes at most */ };
void array_begin(struct buf *a);
void array_i64(struct buf *a, int64_t value);
void array_null(struct buf *a);
void array_text(struct buf *a, struct str value);
struct db_param array_end(struct buf *a);

struct db;

/* conninfo: libpq's keywords or a URL. `program` becomes application_name. */
MUST_CHECK enum status db_open(struct db **out, const char *conninfo, const char *program,
			       struct err *err);
void db_close(struct db *db); /* NULL is allowed */

/* The server's process as it was told when the connection was made: behind a pooler it is not that
 * of pg_backend_pid(). */
int db_server_process(const struct db *db);

/* No statement waits longer for its answer, also when the server is stopped: TIMED_OUT, and then
 * the connection is only good for closing. 0: no limit. Not for copies. */
void db_limit_wait(struct db *db, int64_t ms);

/* Run a statement. `rows` may be NULL. */
MUST_CHECK enum status db_run(struct db *db, const struct db_statement *statement,
			      const struct db_param *params, int count, struct db_rows *rows,
			      struct err *err);
#define DB_RUN(db, statement, rows, err, ...)                                                      \
	db_run((db), &(statement), (const struct db_param[]){__VA_ARGS__},                         \
	       sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param), (rows),   \
	       (err))

/* The same in two steps, for statements without parameters that run side by side, each on a
 * connection of its own, which does nothing else in between. */
MUST_CHECK enum status db_start(struct db *db, const struct db_statement *statement,
				struct err *err);
MUST_CHECK enum status db_finish(struct db *db, const struct db_statement *statement,
				 struct err *err);

/* Transactions do not nest. A failed statement leaves only rollback. */
MUST_CHECK enum status db_begin(struct db *db, struct err *err);
MUST_CHECK enum status db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db); /* also after a failure of the connection */
/* Whether a transaction is open, by db_begin or by the server's report. A process that waits for
 * the network must not have one (incident 8). */
bool db_in_transaction(const struct db *db);

/* COPY ... FROM STDIN with a statement of sql/queries; the bytes are in its format. An error of
 * db_copy_put ends the copy. */
MUST_CHECK enum status db_copy_begin(struct db *db, const struct db_statement *statement,
				     struct err *err);
MUST_CHECK enum status db_copy_put(struct db *db, struct str bytes, struct err *err);
MUST_CHECK enum status db_copy_end(struct db *db, int64_t *rows, struct err *err);
/* Cancel: the server discards the rows. */
void db_copy_cancel(struct db *db);

/* One field of COPY's text format, escaped, without the tab or newline after it. */
void db_copy_text(struct buf *out, struct str value);

/* For migrations and roles only: a script of several statements, in one implicit transaction unless
 * it says otherwise. The script is a constant of the program or, in a restore, of the backup, as
 * the tables are, too. */
MUST_CHECK enum status db_script(struct db *db, const char *sql, struct err *err);

#endif
