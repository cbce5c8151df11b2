#ifndef WEB_INTERNAL_H
#define WEB_INTERNAL_H

#include "cache/cache.h"
#include "db/async/async.h"
#include "http/http.h"
#include "web/web.h"

struct web {
	const struct config *config;
	struct db_pool *db;
	struct cache *cache;
	struct search_api *search;
	struct stats *stats;
	struct ops *ops;
	struct pages *pages;
	struct http_server *http;
	struct http_group groups[6];
	struct buf openapi;
};

/* /healthz, /readyz, /metrics, /openapi.json, /assets/...; ctx: struct web. */
extern const struct http_route web_routes[];

/* The counters of this process as Prometheus reads them. */
void web_metrics(struct web *web, struct buf *out);

#endif
