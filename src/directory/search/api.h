/* The directory's JSON API: rows for the route table, on top of search.h. Lists that many ask for
 * (first pages, categories, regions) come from the cache, when cache.search_ttl is not 0. */
#ifndef DIRECTORY_SEARCH_API_H
#define DIRECTORY_SEARCH_API_H

#include "cache/cache.h"
#include "config/config.h"
#include "http/http.h"

struct db_pool;
struct search_api;

struct search_api *search_api_create(struct db_pool *db, struct cache *cache,
				     const struct config *config);
void search_api_free(struct search_api *api); /* after the cache */

/* The filters as parameters of a route, for the API and for pages. */
extern const struct http_param search_params[];

/* ctx: struct search_api */
extern const struct http_route search_api_routes[];
extern const struct http_schema search_api_schemas[];

#endif
