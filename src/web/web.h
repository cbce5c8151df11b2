/* What holdfast-web serves: the route table of the process, health, metrics, the OpenAPI document,
 * the embedded assets, security headers.
 *
 * One struct web per process and event loop. It owns the database pool, the access to the cache and
 * the HTTP server; features supply their routes (search_api_routes, ...) and the context of their
 * handlers.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "config/config.h"

struct event_base;
struct scoreboard;
struct scoreboard_region;
struct web;

enum { WEB_STATS_BYTES = 16 << 10 }; /* what a process publishes (process/scoreboard.h) */

struct web_options {
	struct event_base *loop;
	int listen_fd;               /* listening */
	const struct config *config; /* outlives the web */
	const char *conninfo;        /* of the web role; "" means libpq's own environment */
	int cache_fd, event_fd;      /* of the instance's cache; -1: one of this process alone */
	int cache_slot;
	struct scoreboard_region *region; /* where this process publishes its numbers */
	const struct scoreboard *board;   /* the numbers of all processes */
	const char *replacing; /* folder of the operator's own pages and styles; may be NULL */
};

/* Ends the program when an operator's template is wrong. */
struct web *web_create(const struct web_options *options);
/* Call it after every pass of the loop: a beat, and the numbers of this process are published, at
 * most once a millisecond. */
void web_pass(struct web *web);
/* Stop accepting, finish the requests in flight, call done(ctx); at the latest after
 * web.drain_timeout. */
void web_drain(struct web *web, void (*done)(void *ctx), void *ctx);
void web_destroy(struct web *web);

#endif
