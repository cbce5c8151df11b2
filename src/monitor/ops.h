/* /ops: the operator's live page, and its numbers. One read of the database in an interval serves
 * all readers, also /metrics; without readers nothing is read.
 */
#ifndef MONITOR_OPS_H
#define MONITOR_OPS_H

#include "config/config.h"
#include "http/http.h"

struct cache;
struct db_pool;
struct db_pool_stats;
struct json_writer;
struct event_base;
struct ops;

struct ops_options {
	struct event_base *loop;
	struct db_pool *db;
	struct cache *cache;
	const struct config *config;
	/* The connections of all processes together. */
	void (*database_stats)(void *ctx, struct db_pool_stats *out);
	void *database_stats_ctx;
	/* Adds members to the numbers; same ctx. */
	void (*more)(void *ctx, struct json_writer *w);
};
struct ops *ops_create(const struct ops_options *options);
void ops_free(struct ops *ops); /* NULL is allowed; after the server */

/* answer(request) runs when the numbers have been read: at once when they are not old, else after
 * the reading that this begins, or after OPS_WAIT_MS when the database does not answer. Never when
 * the client has left before, or when too many wait: then it has been answered. */
enum { OPS_WAIT_MS = 2000 };
void ops_when_read(struct ops *ops, struct http_request *request,
		   void (*answer)(struct http_request *request));
/* The numbers of the pipeline as read last. */
void ops_metrics(struct ops *ops, struct buf *out);

/* ctx: struct ops */
extern const struct http_route ops_routes[];
extern const struct http_schema ops_schemas[];

#endif
