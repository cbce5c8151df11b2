/* The public site: pages for people, rendered from templates (web/templates) over the same search
 * that the JSON API uses, so that they cannot differ.
 *
 *   /              search, kinds of business, regions
 *   /search        results with filters; every filter is a link, and only possible ones are offered
 *   /b/{id}        one business
 *   /profiles, /profiles/{id}   what parties of the contact sphere publish, read-only
 *   /regions, /regions/{key}, /sources, /imprint, /privacy
 *
 * All but imprint and privacy go through the cache (kept.c), with the directory's version in their
 * keys: an import shows at once. Everything works without scripts; with one, the search box
 * suggests. No cookie, no request to anywhere else. Dates and times are local to the business.
 * Every page names the sources and licences of the facts on it.
 *
 * Life: pages_create compiles the templates (so that a mistake in an operator's template stops the
 * start and not a reader), before routes are served; pages_free after the last request.
 */
#ifndef DIRECTORY_PAGES_PAGES_H
#define DIRECTORY_PAGES_PAGES_H

#include "config/config.h"
#include "http/http.h"

struct db_pool;
struct cache;
struct pages;

/* config, cache and db outlive the pages. INVALID: a template is wrong. */
MUST_CHECK enum status pages_create(struct db_pool *db, struct cache *cache,
				    const struct config *config, struct pages **out,
				    struct err *err);
void pages_free(struct pages *pages); /* NULL is allowed */

/* Their ctx: the struct pages. */
extern const struct http_route pages_routes[], pages_address_routes[];

/* Anonymous profiles, pages and API; their ctx: the struct pages. */
extern const struct http_route profiles_routes[];
extern const struct http_schema profiles_schemas[];

/* An http_error_page; ctx: the struct pages. */
void pages_error(void *ctx, struct http_request *request, const struct http_error *error);

#endif
