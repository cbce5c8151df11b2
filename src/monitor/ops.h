/* /ops: the operator's live page, and its numbers. One read of the database in an interval serves everybody who looks,
 * also /metrics; nobody looks, nothing is read.
 */
#ifndef MONITOR_OPS_H
#define MONITOR_OPS_H

#include "config/config.h"
#include "http/http.h"

struct cache;
struct db_pool;
struct event_base;
struct ops;

struct ops *ops_create(struct event_base *loop, struct db_pool *db, struct cache *cache,
		       const struct config *config);
void ops_free(struct ops *ops); /* NULL is allowed; after the server */

/* The last numbers, for /metrics; makes the next be read when they are old. */
void ops_metrics(struct ops *ops, struct buf *out);

/* ctx: struct ops */
extern const struct http_route ops_routes[];
extern const struct http_schema ops_schemas[];

#endif
