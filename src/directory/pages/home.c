/* Pages that lead into the directory: home, regions, sources. */
#include "directory/pages/internal.h"

#include <stdlib.h>
#include <string.h>

enum { HOME_CATEGORIES = 4, HOME_REGIONS = 24 };

/* ---- home: categories, then regions, then sources ---- */

static void home_sources(void *ctx, const struct search_sources *list)
{
	struct view *p = ctx;
	if (list->problem) {
		view_refuse(p, list->problem, &list->err);
		return;
	}
	struct json_value *sources = json_build(&p->b, p->root, "sources", JSON_IS_ARRAY);
	for (size_t i = 0; i < list->count; i++)
		view_source(p, sources, &list->item[i]);
	if (list->businesses)
		json_build_text(&p->b, p->root, "total", view_count(p, list->businesses));
	view_send(p, VIEW_HOME);
}

/* By country, the country as a whole last. */
static int place_by_name(const void *a, const void *b)
{
	const struct search_place *x = a, *y = b;
	int order = str_cmp(search_country_name(x->country), search_country_name(y->country));
	if (order == 0)
		order = (x->name.n == 0) - (y->name.n == 0);
	if (order == 0)
		order = str_cmp(x->name, y->name);
	return order ? order : str_cmp(x->key, y->key);
}

static void home_put_region(struct view *p, struct json_value *list,
			    const struct search_place *region)
{
	struct search_query q;
	search_query_init(&q);
	q.region = region->key;
	struct json_value *v = json_build(&p->b, list, NULL, JSON_IS_OBJECT);
	json_build_text(&p->b, v, "name",
			region->name.n ? region->name : view_word(p, WORD_ELSEWHERE_IN_COUNTRY));
	json_build_text(&p->b, v, "href", view_search_link(p, &q));
	json_build_text(&p->b, v, "count", view_count(p, region->businesses));
}

/* {name, places} for each country, under `countries`; the regions are in the order of
 * place_by_name. */
static void put_countries(struct view *p, const struct search_place *region, size_t count)
{
	struct json_value *countries = json_build(&p->b, p->root, "countries", JSON_IS_ARRAY);
	struct json_value *places = NULL;
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !str_eq(region[i].country, region[i - 1].country)) {
			struct json_value *v = json_build(&p->b, countries, NULL, JSON_IS_OBJECT);
			json_build_text(&p->b, v, "name", search_country_name(region[i].country));
			places = json_build(&p->b, v, "places", JSON_IS_ARRAY);
		}
		home_put_region(p, places, &region[i]);
	}
}

static void home_regions(void *ctx, const struct search_places *list)
{
	struct view *p = ctx;
	if (list->problem) {
		view_refuse(p, list->problem, &list->err);
		return;
	}
	size_t count = list->count < HOME_REGIONS ? list->count : HOME_REGIONS;
	qsort(list->item, list->count, sizeof(*list->item), view_larger_first);
	qsort(list->item, count, sizeof(*list->item), place_by_name);
	put_countries(p, list->item, count);
	json_build_true(&p->b, p->root, "more_regions", list->count > count);
	search_sources(p->pages->db, p->arena, home_sources, p);
}

static void put_category(struct view *p, struct json_value *list, struct str key, struct str label)
{
	struct search_query q;
	search_query_init(&q);
	q.category = key;
	struct json_value *v = json_build(&p->b, list, NULL, JSON_IS_OBJECT);
	json_build_text(&p->b, v, "label", view_kind(p, key, label));
	json_build_text(&p->b, v, "href", view_search_link(p, &q));
}

/* The largest categories of the group that begins at `first`; how many categories it has. */
static size_t put_group(struct view *p, struct json_value *groups, struct search_category *first,
			size_t left)
{
	size_t n = 0;
	int64_t businesses = 0;
	while (n < left && str_eq(first[n].group_key, first->group_key))
		businesses += first[n++].businesses;
	if (businesses == 0)
		return n;
	struct json_value *group = json_build(&p->b, groups, NULL, JSON_IS_OBJECT);
	struct search_query q;
	search_query_init(&q);
	q.category = first->group_key;
	json_build_text(&p->b, group, "label", wording_find(p->in->wording, first->group_label));
	json_build_text(&p->b, group, "href", view_search_link(p, &q));
	json_build_text(&p->b, group, "count", view_count(p, businesses));
	struct json_value *list = json_build(&p->b, group, "categories", JSON_IS_ARRAY);
	for (int shown = 0; shown < HOME_CATEGORIES; shown++) {
		struct search_category *largest = NULL;
		for (size_t i = 0; i < n; i++)
			if (first[i].businesses &&
			    (!largest || first[i].businesses > largest->businesses))
				largest = &first[i];
		if (!largest)
			break;
		put_category(p, list, largest->key, largest->label);
		largest->businesses = 0;
	}
	return n;
}

static void home_categories(void *ctx, const struct search_categories *list)
{
	struct view *p = ctx;
	if (list->problem) {
		view_refuse(p, list->problem, &list->err);
		return;
	}
	struct json_value *groups = json_build(&p->b, p->root, "groups", JSON_IS_ARRAY);
	for (size_t i = 0; i < list->count;)
		i += put_group(p, groups, &list->item[i], list->count - i);
	search_regions(p->pages->db, p->arena, home_regions, p);
}

void make_home(struct view *p, struct str rest)
{
	(void)rest;
	json_build_true(&p->b, p->root, "home", true);
	view_title(p, str_of(config_text(p->pages->config, CONFIG_SITE_NAME)),
		   view_word(p, WORD_HOME_SEARCH_ABOUT));
	view_canonical(p, STR("/"));
	search_categories(p->pages->db, p->arena, home_categories, p);
}

void pages_home(struct http_request *request)
{
	kept_respond(request, "home", STR(""));
}

/* ---- /regions, /regions/{key} ---- */

static void home_regions_listed(void *ctx, const struct search_places *list)
{
	struct view *p = ctx;
	if (list->problem) {
		view_refuse(p, list->problem, &list->err);
		return;
	}
	qsort(list->item, list->count, sizeof(*list->item), place_by_name);
	put_countries(p, list->item, list->count);
	json_build_true(&p->b, p->root, "empty", list->count == 0);
	json_build_text(&p->b, p->root, "heading", view_word(p, WORD_REGIONS));
	view_title(p, view_word(p, WORD_REGIONS), view_word(p, WORD_REGIONS_ABOUT));
	view_canonical(p, STR("/regions"));
	view_send(p, VIEW_PLACES);
}

void make_regions(struct view *p, struct str rest)
{
	(void)rest;
	search_regions(p->pages->db, p->arena, home_regions_listed, p);
}

void pages_regions(struct http_request *request)
{
	kept_respond(request, "regions", STR(""));
}

static void home_cities_listed(void *ctx, const struct search_places *list)
{
	struct view *p = ctx;
	struct search_query q;
	if (list->problem) {
		view_refuse(p, list->problem, &list->err);
		return;
	}
	struct json_value *places = view_list(p, "towns");
	search_query_init(&q);
	for (size_t i = 0; i < list->count; i++) {
		q.city = list->item[i].key;
		struct json_value *v = json_build(&p->b, places, NULL, JSON_IS_OBJECT);
		json_build_text(&p->b, v, "name", list->item[i].name);
		json_build_text(&p->b, v, "href", view_search_link(p, &q));
		json_build_text(&p->b, v, "count", view_count(p, list->item[i].businesses));
	}
	q.city = (struct str){"", 0};
	q.region = list->within.key;
	struct str name = view_region_name(&list->within);
	struct str heading = VIEW_FILL(p, WORD_TOWNS_IN, name);
	json_build_text(&p->b, p->root, "heading", heading);
	json_build_text(&p->b, p->root, "all", view_search_link(p, &q));
	json_build_text(&p->b, p->root, "region", name);
	view_title(p, heading, heading);
	view_canonical(p, view_text(p, "/regions/%.*s", STR_ARG(list->within.key)));
	view_send(p, VIEW_PLACES);
}

const struct http_param pages_cities_params[] = {
    {.name = "key", .type = HTTP_TEXT, .max = 250, .summary = "key of the region"},
    PAGE_LANGUAGE_PARAM,
    {0}};

void make_cities(struct view *p, struct str rest)
{
	search_cities(p->pages->db, p->arena, rest, home_cities_listed, p);
}

void pages_cities(struct http_request *request)
{
	kept_respond(request, "cities", http_param(request, "key")->text);
}

/* ---- /sources ---- */

static void sources_listed(void *ctx, const struct search_sources *list)
{
	struct view *p = ctx;
	if (list->problem) {
		view_refuse(p, list->problem, &list->err);
		return;
	}
	struct json_value *sources = json_build(&p->b, p->root, "all", JSON_IS_ARRAY);
	for (size_t i = 0; i < list->count; i++)
		view_source(p, sources, &list->item[i]);
	view_title(p, view_word(p, WORD_SOURCES), view_word(p, WORD_SOURCES_ABOUT));
	view_canonical(p, STR("/sources"));
	view_send(p, VIEW_SOURCES);
}

void make_sources(struct view *p, struct str rest)
{
	(void)rest;
	search_sources(p->pages->db, p->arena, sources_listed, p);
}

void pages_sources(struct http_request *request)
{
	kept_respond(request, "sources", STR(""));
}
