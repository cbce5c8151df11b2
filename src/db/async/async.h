/* PostgreSQL on an event loop: a pool of connections with a bounded queue, for the web processes.
 *
 * A query runs on an idle connection at once, or else waits in the queue. When the queue is full it
 * is refused at once (UNAVAILABLE), so that overload causes errors and not delays. Every query has
 * a deadline that covers waiting and running. Statements are single, need one round trip, and run
 * outside of explicit transactions: no connection is held between two callbacks, so that a few
 * server connections behind PgBouncer (transaction mode) serve any number of requests.
 *
 * Broken connections are opened again with exponential back-off. Queries that were running on them
 * fail with UNAVAILABLE and are never sent twice; queries in the queue keep waiting.
 *
 * After a failed attempt to connect, while no connection is open, the database is away. A query
 * that arrives in this state makes the pool connect at once, without waiting for the back-off, and
 * fails when that attempt fails.
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
	/* copied. Hosts must be addresses: name resolution would block the loop */
	const char *conninfo;
	const char *program; /* application_name, copied */
	int connections;
	int queue; /* maximum of waiting queries */
	int64_t timeout_ms;
};

/* Begin to connect, without waiting. */
struct db_pool *db_pool_create(struct event_base *loop, const struct db_pool_options *options);
/* Cancel all queries, without callbacks. NULL is allowed. */
void db_pool_destroy(struct db_pool *pool);

/* UNAVAILABLE: the database is away or silent, the connection broke, or the query waited in the
 * queue for most of its time. TIMED_OUT: this statement was too slow, while the database answered
 * others. OK: rows are valid until the callback returns; otherwise rows is NULL and err has the
 * sentence. */
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

/* Cancel a query: done will not be called. A running statement is left to finish, within its role's
 * statement_timeout, and its result is discarded. */
void db_query_cancel(struct db_query *query);

/* For health and metrics. */
struct db_pool_stats {
	int connected, busy, queued;
	uint64_t queries, refused, failed, timed_out;
	uint64_t busy_us; /* sum of the time that connections were busy */
};
void db_pool_stats(const struct db_pool *pool, struct db_pool_stats *out);

#endif
