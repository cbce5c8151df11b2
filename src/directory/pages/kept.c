/* Pages are filled once, like the answers of the API, by kind and what they were asked for. The
 * directory's version is in their keys, so that an import shows as soon as its version is seen:
 * some hundred milliseconds after it has committed. */
#include "directory/pages/internal.h"

#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "db/async/async.h"
#include "directory/cached/cached.h"
#include "sql/directory.h"

enum {
	VERSION_KNOWN_MS = 200, /* a process uses the version it has read for this long */
	VERSION_FRESH_MS = 1000,
	STALE_FACTOR = 3, /* stale pages are served for this multiple of cache.search_ttl */
};

/* ---- making ---- */

static page_maker *kept_maker(const struct pages *pages, struct str name)
{
	const struct page_kind *kind = pages->kinds;
	while (kind->name && !str_eq(name, str_of(kind->name)))
		kind++;
	must(kind->name);
	return kind->make;
}

static void kept_fill(void *ctx, struct cache_fill *fill, struct str key)
{
	struct str rest = arena_str(cache_fill_arena(fill), key);
	must(rest.p);
	const struct pages *pages = ctx;
	str_cut(&rest, '\n'); /* the version */
	const struct language *language = language_find(str_cut(&rest, '\n'));
	must(language);
	page_maker *make = kept_maker(pages, str_cut(&rest, '\n'));
	make(view_fill(pages, &pages->in[language - languages], fill), rest);
}

/* ---- the version ---- */

struct version_fill {
	struct cache_fill *fill;
	struct db_query *query;
};

static void version_known(void *ctx, enum status status, const struct db_rows *rows,
			  const struct err *err)
{
	struct version_fill *v = ctx;
	if (status != OK) {
		cache_fill_failed(v->fill, status, err);
		return;
	}
	buf_str(cache_fill_out(v->fill), db_text(rows, 0, SQL_DIRECTORY_VERSION_VERSION));
	cached_made(v->fill);
}

static void version_fill(void *ctx, struct cache_fill *fill, struct str key)
{
	const struct pages *pages = ctx;
	struct version_fill *v = arena_alloc(cache_fill_arena(fill), sizeof(*v));
	struct err err;
	(void)key;
	must(v);
	v->fill = fill;
	if (db_query(pages->db, &sql_directory_version, NULL, 0, version_known, v, &v->query,
		     &err) != OK)
		cache_fill_failed(fill, UNAVAILABLE, &err);
}

/* ---- answering ---- */

/* A request that waits for the version. */
struct kept {
	struct http_request *request;
	struct pages *pages;
	const char *kind;
	struct str rest;
};

static void kept_page(struct kept *k)
{
	struct buf key;
	buf_init(&key, CACHE_KEY_MAX);
	buf_printf(&key, "%s\n%s\n%s\n%.*s", k->pages->version,
		   view_language(k->pages, k->request)->language->tag, k->kind, STR_ARG(k->rest));
	if (!buf_failed(&key)) {
		cached_respond(k->request, k->pages->cache, &k->pages->class, buf_view(&key));
	} else {
		/* A query so long that it is hardly repeated. */
		struct view *p = view_begin(k->request);
		if (p)
			kept_maker(k->pages, str_of(k->kind))(p, k->rest);
	}
	buf_release(&key);
}

static void kept_version(void *ctx, const struct cache_answer *answer)
{
	struct kept *k = ctx;
	struct pages *pages = k->pages;
	if (answer->outcome != CACHE_REFUSED) {
		snprintf(pages->version, sizeof(pages->version), "%.*s", STR_ARG(answer->value));
		pages->version_until_ms = clock_ms() + VERSION_KNOWN_MS;
	}
	/* Without one, what the last version had may still be there. */
	kept_page(k);
}

static void kept_gone(void *wait)
{
	cache_cancel(wait);
}

void kept_respond(struct http_request *request, const char *kind, struct str rest)
{
	struct pages *pages = http_ctx(request);
	struct kept *k = arena_alloc(&request->arena, sizeof(*k));
	struct str copy = arena_str(&request->arena, rest);
	if (!k || !copy.p) {
		http_problem(request, HTTP_PROBLEM_INTERNAL, NULL, "no memory for the request");
		return;
	}
	*k = (struct kept){request, pages, kind, copy};
	if (!pages->class.fresh_ms) { /* nothing is kept */
		struct view *p = view_begin(request);
		if (p)
			kept_maker(pages, str_of(kind))(p, copy);
		return;
	}
	if (clock_ms() < pages->version_until_ms) {
		kept_page(k);
		return;
	}
	struct cache_wait *wait = cache_get(pages->cache, &pages->version_class, STR("version"),
					    &request->arena, kept_version, k);
	if (wait)
		http_on_gone(request, kept_gone, wait);
}

void kept_init(struct pages *pages)
{
	const struct config *config = pages->config;
	int64_t fresh = config_number(config, CONFIG_CACHE_SEARCH_TTL);
	int64_t stale = config_number(config, CONFIG_CACHE_STALE);
	pages->class = (struct cache_class){
	    .name = "page",
	    .fill = kept_fill,
	    .ctx = pages,
	    .fresh_ms = fresh,
	    .stale_ms = stale < STALE_FACTOR * fresh ? stale : STALE_FACTOR * fresh,
	    .deadline_ms = config_number(config, CONFIG_CACHE_WAIT),
	    .lease_ms = config_number(config, CONFIG_CACHE_LEASE),
	};
	pages->version_class = pages->class;
	pages->version_class.name = "version";
	pages->version_class.fill = version_fill;
	pages->version_class.fresh_ms = VERSION_FRESH_MS;
	pages->version_class.stale_ms = stale;
}
