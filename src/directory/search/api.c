#include "directory/search/api.h"

#include <stdlib.h>
#include "base/clock.h"
#include "base/memory.h"
#include "directory/cached/cached.h"
#include "directory/search/internal.h"

enum { SUGGESTIONS_DEFAULT = 8 };
enum { STALE_FACTOR = 3 }; /* stale lists are served for this multiple of cache.search_ttl */

/* Opening states change by the minute, records by imports: clients must revalidate. */
static const char ask_again[] = "public, max-age=0, must-revalidate";

/* When the client goes, the request's arena goes, and with it the running query (ask_init). */
static void gone(void *ctx)
{
	(void)ctx;
}

struct search_api {
	struct db_pool *db;
	struct cache *cache;
	struct cache_class class;
};

/* Where an answer goes: to a request, or to the cache, for all requests of the same key. */
struct asked {
	struct search_api *api;
	struct http_request *request; /* NULL: */
	struct cache_fill *fill;
	bool geojson;     /* of a request */
	const char *lang; /* of the names of categories */
	struct search_query q;
};

static struct buf *out_of(struct asked *a)
{
	return a->request ? http_out(a->request) : cache_fill_out(a->fill);
}

static struct arena *arena_of(struct asked *a)
{
	return a->request ? &a->request->arena : cache_fill_arena(a->fill);
}

static void asked_finish(struct asked *a)
{
	if (a->geojson)
		http_respond_out(a->request, "application/geo+json", ask_again);
	else if (a->request)
		http_respond_out(a->request, HTTP_TYPE_JSON, ask_again);
	else
		cached_made(a->fill);
}

static void refuse(struct asked *a, enum search_problem problem, const struct err *err)
{
	enum http_problem named = http_problem_named(search_problem_name(problem));
	if (a->request)
		http_problem(a->request, named, NULL, "%s", err->text);
	else if (problem == SEARCH_BUSY || problem == SEARCH_SLOW || problem == SEARCH_FAILED)
		cache_fill_failed(a->fill, problem == SEARCH_BUSY ? UNAVAILABLE : FAILED, err);
	else
		cached_problem(a->fill, named, err->text);
}

/* For a request; ends it when there is no memory. */
static struct asked *asked_by(struct http_request *request)
{
	struct asked *a = arena_alloc(&request->arena, sizeof(*a));
	if (!a) {
		http_problem(request, HTTP_PROBLEM_INTERNAL, NULL, "no memory for the request");
		return NULL;
	}
	a->api = http_ctx(request);
	a->request = request;
	a->lang = taxonomy_language(http_header(request, "Accept-Language"));
	request->answer_headers = "Vary: Accept, Accept-Encoding, Accept-Language\r\n";
	search_query_init(&a->q);
	return a;
}

/* ---- /v1/businesses ---- */

static void put_next(struct asked *a, struct json_writer *w, const struct search_list *list)
{
	struct buf next;
	json_member_text(w, "next", list->next);
	buf_init(&next, 16 * 1024);
	if (list->next.n) {
		a->q.cursor = list->next;
		buf_puts(&next, a->geojson ? "/v1/businesses.geojson?" : "/v1/businesses?");
		search_query_write(&next, &a->q, true);
	}
	json_member_text(w, "next_url", buf_view(&next));
	buf_release(&next);
}

/* A FeatureCollection (RFC 7946); what follows is told in foreign members. */
static void api_put_features(struct asked *a, const struct search_list *list)
{
	struct json_writer w;
	json_writer_init(&w, out_of(a));
	json_object_begin(&w);
	json_member_z(&w, "type", "FeatureCollection");
	json_key(&w, "features");
	json_array_begin(&w);
	for (size_t i = 0; i < list->count; i++) {
		const struct search_business *b = &list->item[i];
		json_object_begin(&w);
		json_member_z(&w, "type", "Feature");
		json_member_text(&w, "id", b->id_text);
		json_key(&w, "geometry");
		if (b->located) {
			json_object_begin(&w);
			json_member_z(&w, "type", "Point");
			json_key(&w, "coordinates");
			json_array_begin(&w);
			json_put_double(&w, b->lon, 7);
			json_put_double(&w, b->lat, 7);
			json_array_end(&w);
			json_object_end(&w);
		} else {
			json_put_null(&w);
		}
		json_key(&w, "properties");
		json_object_begin(&w);
		members_business(&w, b, a->lang);
		json_object_end(&w);
		json_object_end(&w);
	}
	json_array_end(&w);
	put_next(a, &w, list);
	json_object_end(&w);
	asked_finish(a);
}

static void listed(void *ctx, const struct search_list *list)
{
	struct asked *a = ctx;
	if (list->problem) {
		refuse(a, list->problem, &list->err);
		return;
	}
	if (a->geojson) {
		api_put_features(a, list);
		return;
	}
	struct json_writer w;
	json_writer_init(&w, out_of(a));
	json_object_begin(&w);
	json_key(&w, "businesses");
	json_array_begin(&w);
	for (size_t i = 0; i < list->count; i++) {
		json_object_begin(&w);
		members_business(&w, &list->item[i], a->lang);
		if (a->q.q.n)
			json_member_text(
			    &w, "matched",
			    str_of(list->item[i].because ? list->item[i].because : "name"));
		json_object_end(&w);
	}
	json_array_end(&w);
	put_next(a, &w, list);
	json_member_z(&w, "sort", plan_sort_names[list->sort]);
	members_understood(&w, &list->understood, a->lang);
	members_category(&w, "category", list->category.key, list->category.label, a->lang);
	members_place(&w, "region", &list->region);
	members_place(&w, "city", &list->city);
	if (list->facets.known)
		members_facets(&w, &list->facets, a->lang);
	json_object_end(&w);
	asked_finish(a);
}

static const char *const sort_choices[] = {"quality", "name", "distance", "recent", "id", NULL};

/* How a filter's kind is described and checked by HTTP. */
#define PARAM_TEXT(most)     .type = HTTP_TEXT, .max = (most)
#define PARAM_KEY(most)      PARAM_TEXT(most)
#define PARAM_LANGUAGE(most) .type = HTTP_CHOICE, .choices = taxonomy_languages
#define PARAM_FLAG(most)     .type = HTTP_BOOL
#define PARAM_INSTANT(most)  PARAM_TEXT(most)
#define PARAM_POINT(most)    PARAM_TEXT(most)
#define PARAM_BOX(most)      PARAM_TEXT(most)
#define PARAM_CURSOR(most)   PARAM_TEXT(most)
#define PARAM_METRES(most)   .type = HTTP_INT, .min = 1, .max = (most)
#define PARAM_COUNT(most)    PARAM_METRES(most)
#define PARAM_ORDER(most)    .type = HTTP_CHOICE, .choices = sort_choices

const struct http_param search_params[] = {
#define FILTER(id, parameter, kind, field, most, kept, label, sample, text)                        \
	{.name = parameter, PARAM_##kind(most), .summary = text, .example = sample},
#define CHOICE_FILTER(id, parameter, label, text, ...)                                             \
	{.name = parameter,                                                                        \
	 .type = HTTP_CHOICE,                                                                      \
	 .choices = (const char *const[]){__VA_ARGS__, NULL},                                      \
	 .summary = text},
#include "directory/search/filters.def"
#undef FILTER
#undef CHOICE_FILTER
    {0},
};

/* What a first page of a list is called in the cache: "list", and a line for each parameter that
 * is given. False: it is asked for anew each time, because few ask for the same or because it
 * changes by the minute. */
static bool cacheable(const struct asked *a, struct buf *key)
{
	if (!a->api->class.fresh_ms || a->q.cursor.n || a->q.near || a->q.open || a->q.box ||
	    a->geojson)
		return false;
	buf_printf(key, "list\n%s", a->lang);
	for (const struct http_param *p = search_params; p->name; p++) {
		const struct http_value *value = http_param(a->request, p->name);
		if (value->given)
			buf_printf(key, "\n%s=%.*s", p->name, STR_ARG(value->text));
	}
	return !buf_failed(key);
}

static void list_businesses(struct http_request *request)
{
	struct asked *a = asked_by(request);
	struct buf key;
	if (!a)
		return;
	for (const struct http_param *p = search_params; p->name; p++) {
		const struct http_value *value = http_param(request, p->name);
		struct err err;
		if (!value->given ||
		    search_query_set(&a->q, str_of(p->name), value->text, &err) == OK)
			continue;
		http_problem(request, HTTP_PROBLEM_INVALID_PARAMETER, p->name, "%s", err.text);
		return;
	}
	if (a->q.lang)
		a->lang = a->q.lang;
	a->geojson = request->route->answer_type != NULL ||
		     str_eq(http_header(request, "Accept"), STR("application/geo+json"));
	buf_init(&key, CACHE_KEY_MAX);
	if (cacheable(a, &key)) {
		cached_respond(request, a->api->cache, &a->api->class, buf_view(&key));
	} else {
		http_on_gone(request, gone, NULL);
		search_list(a->api->db, &request->arena, &a->q, listed, a);
	}
	buf_release(&key);
}

static void make_list(struct asked *a, struct str lines)
{
	while (lines.p) {
		struct str value = str_cut(&lines, '\n');
		struct str name = str_cut(&value, '=');
		/* It was accepted when it was asked for. */
		must(search_query_set(&a->q, name, value, NULL) == OK);
	}
	search_list(a->api->db, arena_of(a), &a->q, listed, a);
}

/* ---- /v1/businesses/{id} ---- */

static void got(void *ctx, const struct search_one *one)
{
	struct asked *a = ctx;
	if (one->problem) {
		refuse(a, one->problem, &one->err);
		return;
	}
	struct json_writer w;
	json_writer_init(&w, out_of(a));
	json_object_begin(&w);
	members_business(&w, &one->business, a->lang);
	members_detail(&w, one->business.detail);
	json_object_end(&w);
	asked_finish(a);
}

#define LANG_PARAM                                                                                 \
	{                                                                                          \
		.name = "lang", .type = HTTP_CHOICE, .choices = taxonomy_languages,                \
		.summary = "language of the categories' names; default: Accept-Language"           \
	}

static void read_lang(struct asked *a)
{
	const struct http_value *lang = http_param(a->request, "lang");
	if (lang->given)
		a->lang = taxonomy_languages[lang->i];
}

static const struct http_param get_params[] = {
    {.name = "id",
     .type = HTTP_TEXT,
     .max = 100,
     .required = true,
     .summary = "the business's id, 13 characters"},
    LANG_PARAM,
    {0},
};

static void get_business(struct http_request *request)
{
	struct asked *a = asked_by(request);
	if (!a)
		return;
	read_lang(a);
	http_on_gone(request, gone, NULL);
	search_get(a->api->db, &request->arena, http_param(request, "id")->text, got, a);
}

/* ---- /v1/categories ---- */

static void api_categories_listed(void *ctx, const struct search_categories *list)
{
	struct asked *a = ctx;
	if (list->problem) {
		refuse(a, list->problem, &list->err);
		return;
	}
	struct json_writer w;
	json_writer_init(&w, out_of(a));
	json_object_begin(&w);
	json_key(&w, "categories");
	json_array_begin(&w);
	for (size_t i = 0; i < list->count; i++) {
		const struct search_category *c = &list->item[i];
		json_object_begin(&w);
		json_member_text(&w, "key", c->key);
		const struct taxonomy_category *named = taxonomy_find(TAXONOMY_KEY, c->key);
		json_member_text(&w, "label", named ? taxonomy_label(named, a->lang) : c->label);
		members_label(&w, "group", c->group_key, c->group_label);
		json_member_text(&w, "schema_type", c->schema_type);
		json_member_i64(&w, "businesses", c->businesses);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	asked_finish(a);
}

/* A list that is always the same for the same key: from the cache, unless there is none. */
static void ask(struct http_request *request, struct str kind, struct str key);

static const struct http_param categories_params[] = {LANG_PARAM, {0}};

static void list_categories(struct http_request *request)
{
	ask(request, STR("categories"), STR(""));
}

/* ---- /v1/regions, /v1/regions/{key}/cities ---- */

static void places_listed(struct asked *a, const struct search_places *list, const char *key)
{
	if (list->problem) {
		refuse(a, list->problem, &list->err);
		return;
	}
	struct json_writer w;
	json_writer_init(&w, out_of(a));
	json_object_begin(&w);
	if (list->within.key.n)
		members_place(&w, "region", &list->within);
	json_key(&w, key);
	json_array_begin(&w);
	for (size_t i = 0; i < list->count; i++)
		members_place(&w, NULL, &list->item[i]);
	json_array_end(&w);
	json_object_end(&w);
	asked_finish(a);
}

static void api_regions_listed(void *ctx, const struct search_places *list)
{
	places_listed(ctx, list, "regions");
}

static void api_cities_listed(void *ctx, const struct search_places *list)
{
	places_listed(ctx, list, "cities");
}

static void list_regions(struct http_request *request)
{
	ask(request, STR("regions"), STR(""));
}

static const struct http_param cities_params[] = {
    {.name = "key",
     .type = HTTP_TEXT,
     .max = 250,
     .required = true,
     .summary = "key of the region",
     .example = "ch-bern"},
    {0},
};

static void list_cities(struct http_request *request)
{
	ask(request, STR("cities"), http_param(request, "key")->text);
}

/* ---- /v1/suggest ---- */

static void suggested(void *ctx, const struct search_suggestions *list)
{
	static const char *const kinds[] = {
	    [SEARCH_SUGGEST_CATEGORY] = "category",
	    [SEARCH_SUGGEST_TOWN] = "city",
	    [SEARCH_SUGGEST_NAME] = "name",
	};
	struct asked *a = ctx;
	if (list->problem) {
		refuse(a, list->problem, &list->err);
		return;
	}
	struct json_writer w;
	json_writer_init(&w, out_of(a));
	json_object_begin(&w);
	json_key(&w, "suggestions");
	json_array_begin(&w);
	for (size_t i = 0; i < list->count; i++) {
		const struct search_suggestion *s = &list->item[i];
		json_object_begin(&w);
		json_member_z(&w, "kind", kinds[s->kind]);
		json_member_text(&w, "text", s->text);
		json_member_text(&w, "key", s->key);
		json_member_text(&w, "country", s->country);
		json_key(&w, "businesses");
		if (s->businesses >= 0)
			json_put_i64(&w, s->businesses);
		else
			json_put_null(&w);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	asked_finish(a);
}

static const struct http_param suggest_params[] = {
    {.name = "q",
     .type = HTTP_TEXT,
     .max = SEARCH_TEXT_MAX,
     .required = true,
     .summary = "what was typed so far",
     .example = "bak"},
    {.name = "limit",
     .type = HTTP_INT,
     .min = 1,
     .max = SEARCH_SUGGESTIONS_MAX,
     .summary = "suggestions in all (default 8)"},
    {0},
};

static void suggest(struct http_request *request)
{
	const struct http_value *limit = http_param(request, "limit");
	struct str q = http_param(request, "q")->text;
	struct buf key;
	buf_init(&key, CACHE_KEY_MAX);
	buf_printf(&key, "%lld\n%.*s", limit->given ? (long long)limit->i : SUGGESTIONS_DEFAULT,
		   STR_ARG(q));
	must(!buf_failed(&key)); /* q is far shorter than a key of the cache may be */
	ask(request, STR("suggest"), buf_view(&key));
	buf_release(&key);
}

/* ---- making ---- */

static void make_suggest(struct asked *a, struct str rest)
{
	int64_t limit;
	must(str_to_i64(str_cut(&rest, '\n'), 1, SEARCH_SUGGESTIONS_MAX, &limit));
	search_suggest(a->api->db, arena_of(a), rest, (int)limit, suggested, a);
}

static void make_categories(struct asked *a, struct str key)
{
	(void)key;
	search_categories(a->api->db, arena_of(a), api_categories_listed, a);
}

static void make_regions(struct asked *a, struct str key)
{
	(void)key;
	search_regions(a->api->db, arena_of(a), api_regions_listed, a);
}

static void make_cities(struct asked *a, struct str key)
{
	search_cities(a->api->db, arena_of(a), key, api_cities_listed, a);
}

/* What can be made from its name alone. */
static const struct {
	const char *kind;
	void (*make)(struct asked *a, struct str rest);
} made[] = {
    {"list", make_list},     {"categories", make_categories}, {"regions", make_regions},
    {"cities", make_cities}, {"suggest", make_suggest},
};

static void make_kind(struct asked *a, struct str kind, struct str rest)
{
	size_t n = 0;
	while (n < COUNT_OF(made) && !str_eq(kind, str_of(made[n].kind)))
		n++;
	must(n < COUNT_OF(made));
	made[n].make(a, rest);
}

static void api_fill(void *ctx, struct cache_fill *fill, struct str key)
{
	struct asked *a = arena_alloc(cache_fill_arena(fill), sizeof(*a));
	struct str rest = arena_str(cache_fill_arena(fill), key);
	must(a && rest.p);
	a->api = ctx;
	a->fill = fill;
	search_query_init(&a->q);
	struct str kind = str_cut(&rest, '\n'), lang = str_cut(&rest, '\n');
	a->lang = taxonomy_language(lang);
	make_kind(a, kind, rest);
}

static void ask(struct http_request *request, struct str kind, struct str key)
{
	struct asked *a = asked_by(request);
	if (!a)
		return;
	if (request->route->params == categories_params)
		read_lang(a);
	if (!a->api->class.fresh_ms) {
		http_on_gone(request, gone, NULL);
		make_kind(a, kind, key);
		return;
	}
	struct buf whole;
	buf_init(&whole, CACHE_KEY_MAX);
	buf_printf(&whole, "%.*s\n%s\n%.*s", STR_ARG(kind), a->lang, STR_ARG(key));
	cached_respond(request, a->api->cache, &a->api->class, buf_view(&whole));
	buf_release(&whole);
}

/* ---- life ---- */

struct search_api *search_api_create(struct db_pool *db, struct cache *cache,
				     const struct config *config)
{
	struct search_api *api = memory_alloc(sizeof(*api));
	int64_t fresh = config_number(config, CONFIG_CACHE_SEARCH_TTL);
	int64_t stale = config_number(config, CONFIG_CACHE_STALE);
	api->db = db;
	api->cache = cache;
	api->class = (struct cache_class){
	    .name = "directory",
	    .fill = api_fill,
	    .ctx = api,
	    .fresh_ms = fresh,
	    /* Opening states and fresh imports show soon, whatever cache.stale says. */
	    .stale_ms = stale < STALE_FACTOR * fresh ? stale : STALE_FACTOR * fresh,
	    .deadline_ms = config_number(config, CONFIG_CACHE_WAIT),
	    .lease_ms = config_number(config, CONFIG_CACHE_LEASE),
	};
	return api;
}

void search_api_free(struct search_api *api)
{
	free(api);
}

const struct http_route search_api_routes[] = {
    {.method = HTTP_GET,
     .pattern = "/v1/businesses",
     .name = "list_businesses",
     .handler = list_businesses,
     .kind = HTTP_API,
     .params = search_params,
     .summary = "Find businesses",
     .answer = "a page of businesses; next is null on the last",
     .answer_schema = "BusinessList"},
    {.method = HTTP_GET,
     .pattern = "/v1/businesses.geojson",
     .name = "list_businesses_geojson",
     .handler = list_businesses,
     .kind = HTTP_API,
     .params = search_params,
     .summary = "Find businesses, for maps; also /v1/businesses with Accept: application/geo+json",
     .answer = "a page of businesses as a FeatureCollection (RFC 7946)",
     .answer_type = "application/geo+json",
     .answer_schema = "BusinessFeatures"},
    {.method = HTTP_GET,
     .pattern = "/v1/businesses/{id}",
     .name = "get_business",
     .handler = get_business,
     .kind = HTTP_API,
     .params = get_params,
     .summary = "All public facts of one business",
     .answer = "the business",
     .answer_schema = "Business"},
    {.method = HTTP_GET,
     .pattern = "/v1/suggest",
     .name = "suggest",
     .handler = suggest,
     .kind = HTTP_API,
     .params = suggest_params,
     .summary = "What a text may become: categories, cities and names that begin so",
     .answer = "suggestions, categories and cities first",
     .answer_schema = "SuggestionList"},
    {.method = HTTP_GET,
     .pattern = "/v1/categories",
     .name = "list_categories",
     .handler = list_categories,
     .kind = HTTP_API,
     .params = categories_params,
     .summary = "The categories with their sizes",
     .answer = "every category",
     .answer_schema = "CategoryList"},
    {.method = HTTP_GET,
     .pattern = "/v1/regions",
     .name = "list_regions",
     .handler = list_regions,
     .kind = HTTP_API,
     .summary = "The regions with their sizes",
     .answer = "regions by country and name",
     .answer_schema = "RegionList"},
    {.method = HTTP_GET,
     .pattern = "/v1/regions/{key}/cities",
     .name = "list_cities",
     .handler = list_cities,
     .kind = HTTP_API,
     .params = cities_params,
     .summary = "The cities of a region with their sizes",
     .answer = "cities, the largest first",
     .answer_schema = "CityList"},
    {0},
};
