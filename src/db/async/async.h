/* PostgreSQL on an event loop: a pool of connections with a bounded queue, for the web processes.
 *
 * A query goes to an idle connection at once, else into the queue; when the queue is full it
 * is refused at once (UNAVAILABLE), so that overload is an answer and not a delay. Every query
 * has a deadline that covers waiting and running. Statements are single, read what they need
 * in one round trip, and run outside of explicit transactions: a connection is never held
 * between two callbacks, so that a few server connections behind PgBouncer (transaction mode)
 * carry any number of requests.
 *
 * Connections that break are made again with exponential backoff; queries that were running on them
 * are answered with UNAVAILABLE (never silently sent twice); those in the queue wait on.
 *
 * While no connection stands, the database is away: one state of the pool, which ends with the
 * first connection. A query that comes then makes the pool try at once, and fails when that try has
 * failed: what it is told was true after it came, and nobody has to wait for a backoff to be over.
 *
 * One pool per process and event loop; not thread-safe. Callbacks run from the loop, exactly once
 * per query unless it was cancelled, never from inside db_query itself.
 */
#ifndef DB_ASYNC_ASYNC_H
#define DB_ASYNC_ASYNC_H

#include "db/db.h"

struct event_base;
struct db_pool;
struct db_query;

struct db_pool_options {
	/* copied. Hosts as addresses: name resolution would block the loop */
	const char *conninfo;
	const char *program; /* application_name, copied */
	int connections;
	int queue; /* queries that may wait */
	int64_t timeout_ms;
};

/* Begins to connect; does not wait for it. */
struct db_pool *db_pool_create(struct event_base *loop, const struct db_pool_options *options);
/* Cancels everything without calling back. NULL is allowed. */
void db_pool_destroy(struct db_pool *pool);

/* UNAVAILABLE: the database is away, or the connection broke. TIMED_OUT: it has answered others
 * meanwhile, and this statement was too slow. status OK: rows are valid until the callback returns.
 * Else err has the sentence and rows is NULL. */
typedef void db_done(void *ctx, enum status status, const struct db_rows *rows,
		     const struct err *err);

/* Parameters are copied. UNAVAILABLE: the queue is full; then done is not called. On OK *out may be
 * kept for db_query_cancel until done is called. */
MUST_CHECK enum status db_query(struct db_pool *pool, const struct db_statement *statement,
				const struct db_param *params, int count, db_done *done, void *ctx,
				struct db_query **out, struct err *err);
#define DB_QUERY(pool, statement, done, ctx, out, err, ...)                                        \
	db_query((pool), &(statement), (const struct db_param[]){__VA_ARGS__},                     \
		 sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param), (done), \
		 (ctx), (out), (err))

/* The requester is gone: done will not be called. A statement that runs is left to finish (its
 * role's statement_timeout bounds it) and its result is thrown away. */
void db_query_cancel(struct db_query *query);

/* For health and metrics. */
struct db_pool_stats {
	int connected, busy, queued;
	uint64_t queries, refused, failed, timed_out;
	uint64_t busy_us; /* time that connections spent on queries */
};
void db_pool_stats(const struct db_pool *pool, struct db_pool_stats *out);

#endif
