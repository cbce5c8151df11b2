#ifndef WEB_INTERNAL_H
#define WEB_INTERNAL_H

#include "cache/cache.h"
#include "db/async/async.h"
#include "http/http.h"
#include "web/web.h"

struct json_writer;

struct web {
	const struct config *config;
	struct scoreboard_region *region;
	const struct scoreboard *board; /* what all processes have published */
	uint64_t numbers_form;
	struct event *beat, *soon;
	int64_t published_ms;
	bool behind; /* `soon` is pending: the last pass was not published */
	struct db_pool *db;
	struct cache *cache;
	struct search_api *search;
	struct search_bulk *bulk;
	struct stats *stats;
	struct ops *ops;
	struct pages *pages;
	struct public_files *public_files;
	struct http_server *http;
	struct http_group groups[9];
	struct buf openapi;
};

/* /healthz, /readyz, /metrics, /openapi.json, /assets/...; ctx: struct web. */
extern const struct http_route web_routes[];

/* public.c: dir/public/ of the operator (dir may be NULL), and /robots.txt, /favicon.ico,
 * /sitemap.xml. */
MUST_CHECK enum status public_load(const char *dir, struct public_files **out, struct err *err);
void public_free(struct public_files *files);
http_handler get_public, get_well_known;

/* Publish the numbers of this process now. */
void web_publish(struct web *web);
/* Everything that is counted, by all processes, as Prometheus reads it. */
void web_metrics(struct web *web, struct buf *out);
/* Tells whether what another process published is of the same form. */
uint64_t web_numbers_form(const struct http_stats *http);
/* shared.c: alarms and the healer's findings, for /metrics, and as members of /ops (ctx: struct
 * web). */
void web_shared_metrics(const struct web *web, struct buf *out);
void web_shared_json(void *ctx, struct json_writer *w);
/* The database connections of all web processes together. */
void web_database_stats(struct web *web, struct db_pool_stats *out);

#endif
