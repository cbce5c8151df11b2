/* What the pages share. Each handler makes a struct page, fills its tree, and sends it. A file
 * calls only those above it:
 *
 *   page.c      the tree of a page and how it is sent
 *   time.c      hours
 *   home.c      /, /regions, /sources
 *   results.c   /search
 *   business.c  /b/{id}
 *   pages.c     templates, routes, pages without facts */
#ifndef DIRECTORY_PAGES_INTERNAL_H
#define DIRECTORY_PAGES_INTERNAL_H

#include "base/json.h"
#include "directory/pages/pages.h"
#include "directory/search/api.h"
#include "directory/search/search.h"

enum page_template {
	PAGE_HOME,
	PAGE_RESULTS,
	PAGE_BUSINESS,
	PAGE_PLACES,
	PAGE_SOURCES,
	PAGE_IMPRINT,
	PAGE_PRIVACY,
	PAGE_ERROR,
	PAGE_TEMPLATES
};

struct template;
struct pages {
	struct db_pool *db;
	const struct config *config;
	struct template_set *set;
	const struct template *page[PAGE_TEMPLATES];
	struct str css, icon, script; /* their addresses, with the version */
};

struct page {
	struct http_request *request;
	const struct pages *pages;
	struct json_build b;
	struct json_value *root;
};

/* ---- page.c ---- */

/* In the request's arena, with what every page shows. NULL after having answered 500. Whatever the
 * handler asks of the search afterwards is cancelled when the client goes. */
MUST_CHECK struct page *page_begin(struct http_request *request);
/* The same for an answer that is being made already: NULL when there is no memory. */
MUST_CHECK struct page *page_make(const struct pages *pages, struct http_request *request);
/* The page into the request's output; false with the reason. */
MUST_CHECK bool page_render(struct page *p, enum page_template which, struct err *err);
void page_send(struct page *p, enum page_template which);
/* A list that stands under a heading: {items: []} under `key` of the root; what is returned are the
 * items. */
struct json_value *page_list(struct page *p, const char *key);
/* Title and description of the page. Texts are not copied. */
void page_title(struct page *p, struct str title, struct str description);
/* Where this page lives for ever: for its canonical link. Pages without one are not to be indexed.
 */
void page_canonical(struct page *p, struct str path);
/* A problem of the search as the page of its status. */
void page_refuse(struct page *p, enum search_problem problem, const struct err *err);
/* Text in the request's arena; an empty slice when it is over its maximum (the page then fails). */
struct str page_text(struct page *p, const char *fmt, ...) PRINTF(2, 3);
/* {name, licence, licence_url, attribution, url} appended to the list `sources`, unless it stands
 * there. */
void page_source(struct page *p, struct json_value *sources, const struct search_source *source);
/* "12 345" with thin spaces. */
struct str page_count(struct page *p, int64_t n);
/* "/search?..." */
struct str page_search_link(struct page *p, const struct search_query *q);
struct str page_region_name(const struct search_place *region);
int page_larger_first(const void *a, const void *b); /* of struct search_place, for qsort */

/* ---- time.c: hours as people read them ---- */

/* "Open until 18:00", "Closed, opens Monday 08:00"; empty when not known. */
struct str page_open_text(struct page *p, const struct search_business *b, int64_t now_s);
/* Seven days {day, today, spans: [text], closed} under `days`, when the text is weekly. */
void page_week(struct page *p, const struct search_business *b, int64_t now_s);

/* ---- handlers ---- */

http_handler pages_home, pages_results, pages_business, pages_regions, pages_cities, pages_sources;
extern const struct http_param pages_business_params[], pages_cities_params[];

#endif
