/* /v1/stats/...: counts over the whole directory, one statement each, read only through the cache.
 * The rows of the one table are statements of sql/queries/stats.sql; all answer in the same shape.
 */
#ifndef DIRECTORY_STATS_STATS_H
#define DIRECTORY_STATS_STATS_H

#include "cache/cache.h"
#include "config/config.h"
#include "http/http.h"

struct db_pool;
struct stats;

struct stats *stats_create(struct db_pool *db, struct cache *cache, const struct config *config);
void stats_free(struct stats *stats); /* after the cache */

/* ctx: struct stats */
extern const struct http_route stats_routes[];
extern const struct http_schema stats_schemas[];

#endif
