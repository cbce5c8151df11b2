/* Shared by all pages. Each handler makes a struct view, fills its tree, and sends it. A file
 * calls only those above it:
 *
 *   view.c      the tree of a page and how it is sent
 *   time.c      hours
 *   kept.c      pages from the cache
 *   home.c      /, /regions, /sources
 *   chips.c     what a list was asked for
 *   results.c   /search, /{place}/, /{place}/{kind}.html, /in/{region}/, /kind/{kind}/
 *   business.c  /{place}/{name-id}.html, /b/{id}
 *   profiles.c  /profiles, /profiles/{id}, their API
 *   pages.c     templates, routes, pages without facts */
#ifndef DIRECTORY_PAGES_INTERNAL_H
#define DIRECTORY_PAGES_INTERNAL_H

#include "base/json.h"
#include "cache/cache.h"
#include "directory/pages/pages.h"
#include "directory/search/api.h"
#include "directory/search/search.h"
#include "language/language.h"

enum { VERSION_BYTES = 64 };

enum view_template {
	VIEW_HOME,
	VIEW_RESULTS,
	VIEW_BUSINESS,
	VIEW_PLACES,
	VIEW_SOURCES,
	VIEW_IMPRINT,
	VIEW_PRIVACY,
	VIEW_ERROR,
	VIEW_PROFILES,
	VIEW_PROFILE,
	VIEW_TEMPLATES
};

struct template;
struct view;
/* Makes a page from what follows its kind in the cache's key. */
typedef void page_maker(struct view *p, struct str rest);
struct page_kind {
	const char *name;
	page_maker *make;
};

/* The templates in one language. */
struct page_language {
	const struct language *language;
	struct wording *wording;
	struct template_set *set;
	const struct template *page[VIEW_TEMPLATES];
};

struct pages {
	struct db_pool *db;
	struct cache *cache;
	struct cache_class class, version_class;
	const struct page_kind *kinds; /* ends with {0} */
	/* What the directory was when a process last looked, a part of every page's key. */
	char version[VERSION_BYTES];
	int64_t version_until_ms; /* then it is looked at again */
	const struct config *config;
	struct page_language *in;     /* one for each row of languages.def */
	struct str css, icon, script; /* their addresses, with the version */
};

/* A ?lang= of every page. */
#define PAGE_LANGUAGE_PARAM                                                                        \
	{                                                                                          \
		.name = "lang", .type = HTTP_CHOICE, .choices = language_tags,                     \
		.summary = "language of the page; default: Accept-Language"                        \
	}

/* A page that is made for a request, or for the cache, which gives it to all that ask for it. */
struct view {
	struct http_request *request; /* NULL: */
	struct cache_fill *fill;
	struct arena *arena; /* of the request or the fill */
	const struct pages *pages;
	const struct page_language *in; /* the page's language */
	struct json_build b;
	struct json_value *root;
};

/* ---- view.c ---- */

/* The language of a page: that of ?lang=, else the one that the browser likes best, else the
 * directory's own. Tells caches that the answer depends on it. */
const struct page_language *view_language(const struct pages *pages, struct http_request *request);
/* In the request's arena, with what every page shows. NULL after having answered 500. Whatever the
 * handler asks of the search afterwards is cancelled when the client goes. */
MUST_CHECK struct view *view_begin(struct http_request *request);
/* For the cache, in the fill's arena. */
struct view *view_fill(const struct pages *pages, const struct page_language *in,
		       struct cache_fill *fill);
/* The same for an answer that is being made already: NULL when there is no memory. */
MUST_CHECK struct view *view_make(const struct pages *pages, struct http_request *request);
/* The page into the output; false with the reason. */
MUST_CHECK bool view_render(struct view *p, enum view_template which, struct err *err);
void view_send(struct view *p, enum view_template which);
/* A list that stands under a heading: {items: []} under `key` of the root; what is returned are the
 * items. */
struct json_value *view_list(struct view *p, const char *key);
/* Title and description of the page. Texts are not copied. */
void view_title(struct view *p, struct str title, struct str description);
/* The permanent address of the page, for its canonical link. Pages without one are not to be
 * indexed. */
void view_canonical(struct view *p, struct str path);
/* The page is at another address for good: a 301. location: percent-encoded, ends with NUL. */
void view_moved(struct view *p, struct str location);
/* A problem of the search as the page of its status. */
void view_refuse(struct view *p, enum search_problem problem, const struct err *err);
/* Text in the request's arena; an empty slice when it is over its maximum (the page then fails). */
struct str view_text(struct view *p, const char *fmt, ...) PRINTF(2, 3);
/* A message in the page's language. */
struct str view_word(const struct view *p, enum word_id id);
/* With values for its placeholders: VIEW_FILL(p, WORD_TOWNS_IN, name) */
struct str view_fill_word(struct view *p, enum word_id id, const struct str *value, size_t count);
#define VIEW_FILL(p, id, ...)                                                                      \
	view_fill_word((p), (id), (const struct str[]){__VA_ARGS__},                               \
		       sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
/* {name, licence, licence_url, attribution, url} appended to the list `sources`, unless it stands
 * there. */
void view_source(struct view *p, struct json_value *sources, const struct search_source *source);
/* "12,345" as the language writes it. */
struct str view_count(struct view *p, int64_t n);
/* "/search?..." */
struct str view_search_link(struct view *p, const struct search_query *q);
/* The query as a link from its first page; an order that does not go with it is left out. Empty:
 * there is no such list. */
struct str view_list_link(struct view *p, const struct search_query *q);
/* The address of a business's page, percent-encoded, that of the exported site:
 * "/hochtann/falkner-ID.html". A business that has no path yet is at /b/ID. */
struct str view_business_link(struct view *p, const struct search_business *b);
/* The address that a list has in the exported site, too: "/hochtann/bakery.html", "/hochtann/",
 * "/in/de-bayern/bakery.html", "/in/de-bayern/", "/kind/bakery/". town: its slug. What is not given
 * is empty. Empty: there is none, as of a group. */
struct str view_level_link(struct view *p, struct str region, struct str town, struct str category);
/* What a category or group is called in the page's language. label: its English name. */
struct str view_kind(const struct view *p, struct str key, struct str label);
struct str view_region_name(const struct search_place *region);
int view_larger_first(const void *a, const void *b); /* of struct search_place, for qsort */

/* ---- time.c: hours as people read them ---- */

/* day: 0 is Monday. */
struct str view_weekday(const struct view *p, int day);
/* "Open until 18:00", "Closed, opens Monday 08:00"; empty when not known. */
struct str view_open_text(struct view *p, const struct search_business *b, int64_t now_s);
/* Seven days {day, today, spans: [text], closed} under `days`, when the text is weekly. */
void view_week(struct view *p, const struct search_business *b, int64_t now_s);

/* ---- chips.c ---- */

/* What a list was asked for, each part with a link to the list without it: {label, href} under
 * `chips`. */
void view_chips(struct view *p, const struct search_query *q, const struct search_list *list);

/* ---- pages that the cache keeps ---- */

page_maker make_home, make_results, make_level, make_business, make_regions, make_cities,
    make_sources;

/* ---- kept.c ---- */

/* Answer with the page of a kind from the cache. `rest` is copied. */
void kept_respond(struct http_request *request, const char *kind, struct str rest);
/* The class of pages, and of the version. */
void kept_init(struct pages *pages);

/* ---- handlers ---- */

http_handler pages_home, pages_results, pages_business, pages_address, pages_place, pages_regions,
    pages_cities, pages_sources;
extern const struct http_param pages_params[], pages_business_params[], pages_address_params[],
    pages_place_params[], pages_cities_params[];
/* Answer /in/REGION/..., /kind/KIND/ or /PLACE/...; rest: what follows the first segment. */
void pages_level(struct http_request *request, struct str first, struct str rest);

#endif
