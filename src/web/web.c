#include "web/internal.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "directory/pages/pages.h"
#include "directory/search/api.h"
#include "directory/search/bulk.h"
#include "directory/stats/stats.h"
#include "monitor/ops.h"
#include "process/process.h"
#include "process/scoreboard.h"
#include "site/look/look.h"

#define TEXT_OF(x)    #x
#define VERSION_OF(x) TEXT_OF(x)

enum { OPENAPI_BYTES = 1 << 20, REQUESTS_PER_CONNECTION = 10000, PUBLISH_MS = 1 };

/* Pages load nothing from elsewhere, cannot be framed and run no foreign code. */
static const char security_headers[] =
    "Content-Security-Policy: default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: strict-origin-when-cross-origin\r\n";

/* Wakes an idle loop, because the supervisor expects beats. */
static void on_beat(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx; /* every pass of the loop ends with web_pass */
}

static void on_soon(evutil_socket_t fd, short what, void *ctx)
{
	struct web *web = ctx;
	(void)fd;
	(void)what;
	web->behind = false;
}

void web_pass(struct web *web)
{
	const struct timeval soon = {PUBLISH_MS / 1000, PUBLISH_MS % 1000 * 1000};
	int64_t now = clock_ms();
	scoreboard_beat(web->region);
	if (now - web->published_ms >= PUBLISH_MS) {
		web_publish(web);
		web->published_ms = now;
	} else if (!web->behind) {
		event_add(web->soon, &soon);
		web->behind = true;
	}
}

static void start_beat(struct web *web, struct event_base *loop)
{
	const struct timeval interval = {SCOREBOARD_BEAT_MS / 1000,
					 SCOREBOARD_BEAT_MS % 1000 * 1000};
	web->beat = event_new(loop, -1, EV_PERSIST, on_beat, web);
	web->soon = memory_had(event_new(loop, -1, 0, on_soon, web));
	if (!web->beat || event_add(web->beat, &interval) != 0)
		memory_exhausted();
}

static void database_stats(void *ctx, struct db_pool_stats *out)
{
	web_database_stats(ctx, out);
}

/* Every route of the process. */
static void collect_routes(struct web *web)
{
	/* Scripts of other sites may read what is public; there is no cookie
	 * that could be misused. */
	const char *cors = config_number(web->config, CONFIG_WEB_CORS)
			       ? "Access-Control-Allow-Origin: *\r\n"
			       : NULL;
	const struct http_group groups[] = {
	    {search_api_routes, search_api_schemas, web->search, cors},
	    {search_bulk_routes, NULL, web->bulk, cors},
	    {stats_routes, stats_schemas, web->stats, cors},
	    {ops_routes, ops_schemas, web->ops, NULL},
	    {pages_routes, NULL, web->pages, NULL},
	    {profiles_routes, profiles_schemas, web->pages, cors},
	    {web_routes, NULL, web, NULL},
	    {pages_address_routes, NULL, web->pages, NULL},
	    {0},
	};
	_Static_assert(sizeof(groups) == sizeof(web->groups), "a place for each group");
	memcpy(web->groups, groups, sizeof(groups));
}

static void create_pages(struct web *web, const char *replacing)
{
	struct err err;
	size_t replaced = 0;
	if (replacing && files_replace(replacing, &replaced, &err) != OK)
		die("%s", err.text);
	if (replaced)
		log_info("the operator's own files are served", LOG_S("folder", replacing),
			 LOG_I("files", (int64_t)replaced));
	look_compose(web->config, true);
	if (public_load(replacing, &web->public_files, &err) != OK)
		die("%s", err.text);
	if (pages_create(web->db, web->cache, web->config, &web->pages, &err) != OK)
		die("%s", err.text);
}

static void create_cache(struct web *web, const struct web_options *options)
{
	const struct config *c = web->config;
	struct err err;
	enum status status = cache_create(
	    &(struct cache_options){
		.loop = options->loop,
		.store_fd = options->cache_fd,
		.bytes = (size_t)config_number(c, CONFIG_CACHE_SIZE),
		.event_fd = options->event_fd,
		.slot = options->cache_slot,
		.waiters = (int)config_number(c, CONFIG_CACHE_WAITERS),
		.redis_url = config_text(c, CONFIG_CACHE_REDIS_URL),
	    },
	    &web->cache, &err);
	if (status != OK)
		die("%s", err.text);
	web->search = search_api_create(web->db, web->cache, c);
	web->bulk = search_bulk_create(web->db, c);
	web->stats = stats_create(web->db, web->cache, c);
	web->ops = ops_create(&(struct ops_options){.loop = options->loop,
						    .db = web->db,
						    .cache = web->cache,
						    .config = c,
						    .database_stats = database_stats,
						    .database_stats_ctx = web,
						    .more = web_shared_json});
}

struct web *web_create(const struct web_options *options)
{
	const struct config *c = options->config;
	struct web *web = memory_alloc(sizeof(*web));
	web->config = c;
	web->region = options->region;
	web->board = options->board;
	web->db = db_pool_create(options->loop,
				 &(struct db_pool_options){
				     .conninfo = options->conninfo,
				     .program = "holdfast-web",
				     .connections = (int)config_number(c, CONFIG_DB_CONNECTIONS),
				     .queue = (int)config_number(c, CONFIG_DB_QUEUE),
				     .timeout_ms = config_number(c, CONFIG_DB_TIMEOUT),
				 });
	create_cache(web, options);
	create_pages(web, options->replacing);
	collect_routes(web);
	buf_init(&web->openapi, OPENAPI_BYTES);
	http_openapi(
	    &web->openapi, web->groups, config_text(c, CONFIG_SITE_NAME),
	    VERSION_OF(HOLDFAST_VERSION),
	    "A directory of businesses. Facts that a business publishes itself are marked x-public-fact. Lists are read page by page through their cursor.");
	must(!buf_failed(&web->openapi));
	struct network_list proxies;
	must(network_list_parse(str_of(config_text(c, CONFIG_WEB_TRUSTED_PROXIES)), &proxies));
	web->http = http_server_create(&(struct http_server_options){
	    .loop = options->loop,
	    .listen_fd = options->listen_fd,
	    .limits = {.header_bytes = (size_t)config_number(c, CONFIG_HTTP_HEADER_BYTES),
		       .body_bytes = (size_t)config_number(c, CONFIG_HTTP_BODY_BYTES),
		       .connections = process_connections(c),
		       .connections_per_address =
			   (int)config_number(c, CONFIG_HTTP_CONNECTIONS_PER_ADDRESS),
		       .requests_per_connection = REQUESTS_PER_CONNECTION,
		       .header_timeout_ms = config_number(c, CONFIG_HTTP_HEADER_TIMEOUT),
		       .body_timeout_ms = config_number(c, CONFIG_HTTP_BODY_TIMEOUT),
		       .idle_timeout_ms = config_number(c, CONFIG_HTTP_IDLE_TIMEOUT),
		       .write_timeout_ms = config_number(c, CONFIG_HTTP_WRITE_TIMEOUT)},
	    .groups = web->groups,
	    .trusted_proxies = proxies,
	    .client_from = (enum http_client_from)config_number(c, CONFIG_WEB_CLIENT_ADDRESS),
	    .headers = security_headers,
	    .error_page = pages_error,
	    .error_page_ctx = web->pages,
	    .access_log = config_number(c, CONFIG_HTTP_ACCESS_LOG) != 0,
	});
	web->numbers_form = web_numbers_form(http_server_stats(web->http));
	start_beat(web, options->loop);
	web_publish(web);
	return web;
}

void web_drain(struct web *web, void (*done)(void *ctx), void *ctx)
{
	http_server_drain(web->http, config_number(web->config, CONFIG_WEB_DRAIN_TIMEOUT), done,
			  ctx);
}

void web_destroy(struct web *web)
{
	/* Requests hold queries: they are freed first. */
	http_server_destroy(web->http);
	event_free(web->beat);
	event_free(web->soon);
	ops_free(web->ops);
	cache_destroy(web->cache);
	stats_free(web->stats);
	search_api_free(web->search);
	search_bulk_free(web->bulk);
	pages_free(web->pages);
	public_free(web->public_files);
	db_pool_destroy(web->db);
	buf_release(&web->openapi);
	free(web);
}
