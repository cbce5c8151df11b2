/* /search: results, and the filters as links. */
#include "directory/pages/internal.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/utf8.h"
#include "directory/slug/slug.h"
#include "directory/taxonomy/taxonomy.h"
#include "site/facts/facts.h"
#include "site/look/look.h"

enum { FILTER_PLACES = 12, NEAR_MISSES = 6, BEGINNING = 4, BEGINNING_LEAST = 2, LINES_MAX = 8192 };

struct results {
	struct view *page;
	struct search_query q;
	const struct search_list *list;
	struct json_value *filters;
	size_t beginning; /* bytes of q that near misses begin with */
};

/* ---- filters, one by one ---- */

static struct json_value *put_filter(struct results *r, const char *name)
{
	struct json_value *filter = json_build(&r->page->b, r->filters, NULL, JSON_IS_OBJECT);
	json_build_text(&r->page->b, filter, "name",
			wording_find(r->page->in->wording, str_of(name)));
	json_build(&r->page->b, filter, "choices", JSON_IS_ARRAY);
	return filter;
}

/* The new list; NULL when it is empty. */
static struct json_value *put_choice(struct results *r, struct json_value *filter, struct str label,
				     int64_t count, struct str href, bool current)
{
	struct json_build *b = &r->page->b;
	if (!href.n)
		return NULL;
	/* Of what is put there, the list of choices comes last. */
	struct json_value *choice = json_build(b, filter->last, NULL, JSON_IS_OBJECT);
	json_build_text(b, choice, "label", label);
	json_build_text(b, choice, "href", href);
	json_build_true(b, choice, "current", current);
	if (count >= 0)
		json_build_text(b, choice, "count", view_count(r->page, count));
	return choice;
}

/* ---- filters ---- */

static void put_order(struct results *r)
{
	static const struct {
		enum search_sort sort;
		enum word_id label;
	} orders[] = {{SEARCH_QUALITY, WORD_ORDER_COMPLETE},
		      {SEARCH_DISTANCE, WORD_ORDER_NEAREST},
		      {SEARCH_NAME, WORD_ORDER_NAME},
		      {SEARCH_RECENT, WORD_ORDER_NEWEST}};
	struct json_value *orders_list =
	    json_build(&r->page->b, r->page->root, "orders", JSON_IS_ARRAY);
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct search_query q = r->q;
		q.cursor = (struct str){"", 0};
		q.sort = orders[i].sort;
		q.sort_given = orders[i].sort != (q.near ? SEARCH_DISTANCE : SEARCH_QUALITY);
		if (!search_possible(&q))
			continue;
		struct json_value *v = json_build(&r->page->b, orders_list, NULL, JSON_IS_OBJECT);
		json_build_text(&r->page->b, v, "label", view_word(r->page, orders[i].label));
		json_build_text(&r->page->b, v, "href", view_search_link(r->page, &q));
		json_build_true(&r->page->b, v, "current", orders[i].sort == r->list->sort);
	}
	json_build_true(&r->page->b, r->page->root, "ordered", orders_list->count > 1);
}

static void put_open(struct results *r)
{
	struct search_query q = r->q;
	struct json_value *filter = put_filter(r, search_filters[SEARCH_BY_OPEN_AT].label);
	q.open = false;
	put_choice(r, filter, view_word(r->page, WORD_ANY_TIME), -1, view_list_link(r->page, &q),
		   !r->q.open);
	q.open = q.open_now = true;
	const struct search_facets *f = &r->list->facets;
	bool counted = f->known && f->total <= SEARCH_COUNT_MAX && !r->q.open;
	put_choice(r, filter, view_word(r->page, WORD_OPEN_NOW), counted ? f->open : -1,
		   view_list_link(r->page, &q), r->q.open && r->q.open_now);
}

/* Further facts: any, or one of the values. */
static void results_put_facets(struct results *r)
{
	for (size_t i = 0; i < SEARCH_FILTERS; i++) {
		const struct search_filter *f = &search_filters[i];
		if (f->kind != SEARCH_KIND_CHOICE)
			continue;
		struct search_query q = r->q;
		struct json_value *filter = put_filter(r, f->label);
		const char **choice = (const char **)((char *)&q + f->field);
		const char *current = *choice;
		*choice = NULL;
		put_choice(r, filter, view_word(r->page, WORD_ANY), -1, view_list_link(r->page, &q),
			   !current);
		for (size_t k = 0; f->choices[k]; k++) {
			*choice = f->choices[k];
			put_choice(r, filter,
				   wording_find(r->page->in->wording, str_of(f->choices[k])), -1,
				   view_list_link(r->page, &q), current == f->choices[k]);
		}
	}
}

/* The counts are those of whole categories and places: beside other filters they would promise what
 * is not there. */
static int64_t told(int64_t businesses, bool filtered)
{
	return filtered ? -1 : businesses;
}

/* How many of the list have the key, where the list is counted to its end; -1: not known. */
static int64_t counted(const struct results *r, const struct search_facet *facet, size_t count,
		       struct str key)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(facet[i].key, key))
			return r->list->facets.total > SEARCH_COUNT_MAX ? -1 : facet[i].businesses;
	return -1;
}

static bool results_narrowed(const struct search_query *q)
{
	return q->q.n || q->open || q->near;
}

/* The groups, or, within one, its categories. */
static void results_put_categories(struct results *r, const struct search_categories *list)
{
	struct search_query q = r->q;
	bool filtered = results_narrowed(&q) || q.region.n || q.city.n;
	struct json_value *filter = put_filter(r, search_filters[SEARCH_BY_CATEGORY].label);
	struct str group = r->list->category.group_key;
	if (r->q.category.n && !group.n)
		group = r->list->category.key;
	q.category = (struct str){"", 0};
	put_choice(r, filter, view_word(r->page, WORD_ALL_KINDS), -1, view_list_link(r->page, &q),
		   !r->q.category.n);
	for (size_t i = 0; i < list->count;) {
		const struct search_category *c = &list->item[i];
		int64_t businesses = 0;
		size_t n = i;
		for (; n < list->count && str_eq(list->item[n].group_key, c->group_key); n++)
			businesses += list->item[n].businesses;
		bool within = str_eq(c->group_key, group);
		q.category = c->group_key;
		if (businesses && (!group.n || within))
			put_choice(r, filter, wording_find(r->page->in->wording, c->group_label),
				   told(businesses, filtered), view_list_link(r->page, &q),
				   str_eq(r->q.category, c->group_key));
		for (; i < n; i++) {
			q.category = list->item[i].key;
			if (!within || !list->item[i].businesses)
				continue;
			struct json_value *choice = put_choice(
			    r, filter, view_kind(r->page, q.category, list->item[i].label),
			    filtered ? counted(r, r->list->facets.category,
					       r->list->facets.categories, q.category)
				     : list->item[i].businesses,
			    view_list_link(r->page, &q), str_eq(r->q.category, q.category));
			if (choice)
				json_build_true(&r->page->b, choice, "inner", true);
		}
	}
}

static void put_places(struct results *r, const struct search_places *list, bool cities)
{
	struct search_query q = r->q;
	bool filtered = results_narrowed(&q) || q.category.n;
	const struct search_place *region = &r->list->region;
	struct json_value *filter =
	    put_filter(r, search_filters[cities ? SEARCH_BY_CITY : SEARCH_BY_REGION].label);
	q.region = q.city = (struct str){"", 0};
	put_choice(r, filter, view_word(r->page, WORD_EVERYWHERE), -1, view_list_link(r->page, &q),
		   !r->q.region.n && !r->q.city.n);
	if (cities) {
		q.region = region->key;
		put_choice(r, filter, view_region_name(region), told(region->businesses, filtered),
			   view_list_link(r->page, &q), !r->q.city.n);
		q.region = (struct str){"", 0};
	}
	for (size_t i = 0; i < list->count && i < FILTER_PLACES; i++) {
		const struct search_place *place = &list->item[i];
		*(cities ? &q.city : &q.region) = place->key;
		put_choice(
		    r, filter, view_region_name(place),
		    !filtered ? place->businesses
		    : cities
			? counted(r, r->list->facets.city, r->list->facets.cities, place->key)
			: counted(r, r->list->facets.region, r->list->facets.regions, place->key),
		    view_list_link(r->page, &q), cities && str_eq(r->q.city, place->key));
	}
	if (list->count > FILTER_PLACES) {
		struct str more = STR("/regions");
		if (cities)
			more = view_text(r->page, "/regions/%.*s", STR_ARG(region->key));
		struct json_value *v = json_build(&r->page->b, filter, "more", JSON_IS_OBJECT);
		json_build_text(&r->page->b, v, "href", more);
		json_build_text(&r->page->b, v, "label",
				view_word(r->page, cities ? WORD_ALL_TOWNS : WORD_ALL_REGIONS));
	}
}

/* ---- results ---- */

static void put_total(struct results *r)
{
	const struct search_facets *f = &r->list->facets;
	struct view *p = r->page;
	if (!f->known || !f->total)
		return;
	bool more = f->total > SEARCH_COUNT_MAX;
	struct str text =
	    more ? VIEW_FILL(p, WORD_FOUND_MORE, view_count(p, SEARCH_COUNT_MAX))
		 : wording_count(p->in->wording, p->arena, WORD_FOUND, (uint64_t)f->total);
	p->b.failed |= !text.p;
	json_build_text(&p->b, p->root, "found_count", text);
}

/* Why a business is there whose name does not say it. */
static struct str results_because(const struct results *r, const struct search_business *b)
{
	static const struct {
		const char *field;
		enum word_id text;
	} texts[] = {
	    {"alternate_names", WORD_BECAUSE_NAME}, {"telephone", WORD_BECAUSE_TELEPHONE},
	    {"website", WORD_BECAUSE_WEBSITE},      {"street", WORD_BECAUSE_STREET},
	    {"category", WORD_BECAUSE_KIND},        {"place", WORD_BECAUSE_PLACE},
	    {"region", WORD_BECAUSE_REGION},        {"cuisine", WORD_BECAUSE_OTHER},
	    {"other", WORD_BECAUSE_OTHER},
	};
	const struct search_understood *u = &r->list->understood;
	/* Words that are shown as understood are not repeated as reasons of results. */
	if (!b->because || (u->category.key.n && strcmp(b->because, "category") == 0) ||
	    ((u->city.key.n || u->region.key.n || u->country.key.n) &&
	     (strcmp(b->because, "place") == 0 || strcmp(b->because, "region") == 0)))
		return (struct str){"", 0};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (strcmp(b->because, texts[i].field) == 0)
			return view_word(r->page, texts[i].text);
	return (struct str){"", 0};
}

static void results_put_business(struct results *r, struct json_value *list,
				 const struct search_business *b, int64_t now_s)
{
	struct view *p = r->page;
	struct json_value *v = json_build(&p->b, list, NULL, JSON_IS_OBJECT);
	char pattern[LOOK_PATTERN];
	const struct taxonomy_category *category = taxonomy_find(TAXONOMY_KEY, b->category);
	/* as its page, without values that are not valid */
	struct facts_business f = {.street = b->street,
				   .postcode = b->postcode,
				   .city = b->city,
				   .country = b->country,
				   .phone = b->phone,
				   .located = b->located,
				   .lat = b->lat,
				   .lon = b->lon};
	facts_clean(&f, p->arena, NULL, NULL);
	JSON_BUILD_JOIN(&p->b, v, "pattern",
			look_pattern(category ? category->id : 0, b->id, pattern));
	json_build_text(&p->b, v, "name", b->name);
	json_build_text(&p->b, v, "href", view_business_link(p, b));
	json_build_text(&p->b, v, "item_kind", view_kind(p, b->category, b->category_label));
	json_build_text(&p->b, v, "because", results_because(r, b));
	facts_show_item(&f, &p->b, v);
	json_build_text(&p->b, v, "country", f.country);
	json_build_text(&p->b, v, "open_text",
			r->q.open && !r->q.open_now ? (struct str){"", 0}
						    : view_open_text(p, b, now_s));
	json_build_true(&p->b, v, "is_open", b->open == SEARCH_OPEN);
	if (b->distance_m >= LOOK_HERE_M) { /* negative when it is not asked for */
		char distance[LOOK_DISTANCE];
		look_distance(b->distance_m, p->in->wording, distance);
		JSON_BUILD_JOIN(&p->b, v, "distance", str_of(distance));
	}
	look_put_item_conditions(&p->b, v);
}

/* "Bakery in Bern", "Results for "pizza" in Bern" */
static struct str results_heading(struct results *r)
{
	const struct search_list *list = r->list;
	struct view *p = r->page;
	struct str what = r->q.category.n ? view_kind(p, list->category.key, list->category.label)
					  : view_word(p, WORD_BUSINESSES);
	struct str where = r->q.city.n     ? list->city.name
			   : r->q.region.n ? view_region_name(&list->region)
					   : (struct str){"", 0};
	if (r->q.q.n) {
		struct str quoted = VIEW_FILL(p, WORD_QUOTED, r->q.q);
		what = r->q.category.n ? VIEW_FILL(p, WORD_QUOTED_AND, quoted, what) : quoted;
	}
	if (where.n)
		what = VIEW_FILL(p, r->q.city.n ? WORD_KIND_IN_PLACE : WORD_KIND_IN_REGION, what,
				 where);
	return r->q.near ? VIEW_FILL(p, WORD_KIND_NEARBY, what) : what;
}

/* The form searches within the filters. */
static void results_put_form(struct results *r)
{
	struct view *p = r->page;
	struct json_value *kept = json_build(&p->b, p->root, "kept", JSON_IS_ARRAY);
	struct buf value;
	buf_init(&value, 4096);
	for (size_t i = 0; i < SEARCH_FILTERS; i++) {
		buf_reset(&value);
		if (search_filters[i].kept)
			search_query_value(&value, &r->q, (enum search_filter_id)i);
		if (!value.n)
			continue;
		struct json_value *field = json_build(&p->b, kept, NULL, JSON_IS_OBJECT);
		json_build_text(&p->b, field, "name", str_of(search_filters[i].name));
		json_build_text(&p->b, field, "value", view_text(p, "%s", buf_z(&value)));
	}
	buf_release(&value);
	json_build_text(&p->b, p->root, "q", r->q.q);
}

/* The corrected query, when it differs from the one entered. */
static void put_understood(struct results *r)
{
	struct view *p = r->page;
	const struct search_understood *u = &r->list->understood;
	if (u->corrected)
		json_build_text(&p->b, p->root, "corrected", u->text);
	if (u->left_out.n) {
		json_build_text(&p->b, p->root, "left_out", u->left_out);
		json_build_text(&p->b, p->root, "without", u->text);
	}
	json_build_true(&p->b, p->root, "opens_next", u->opens_next);
	json_build_true(&p->b, p->root, "near_me", u->near_me && !r->q.near);
}

/* Lists by kind and place are worth finding; the endless combinations are not, nor are lists of one
 * or two. */
static void results_put_canonical(struct results *r)
{
	struct view *p = r->page;
	const struct search_list *list = r->list;
	struct search_query plain;
	if (r->q.q.n || r->q.cursor.n || r->q.open || r->q.near || r->q.sort_given ||
	    (r->q.category.n && list->count < FACTS_LIST_LEAST))
		return;
	search_query_init(&plain);
	plain.region = r->q.region;
	plain.city = r->q.city;
	plain.category = r->q.category;
	struct str search = view_list_link(p, &r->q), level = {"", 0};
	if (str_eq(search, view_list_link(p, &plain)) && (!r->q.city.n || list->city.slug.n))
		level = view_level_link(p, r->q.region, list->city.slug, r->q.category);
	view_canonical(p, level.n ? level : search);
}

static void put_found(struct results *r)
{
	struct view *p = r->page;
	const struct search_list *list = r->list;
	struct json_value *found = json_build(&p->b, p->root, "found", JSON_IS_ARRAY);
	struct json_value *sources = json_build(&p->b, p->root, "sources", JSON_IS_ARRAY);
	int64_t now_s = clock_wall_us() / 1000000;
	for (size_t i = 0; i < list->count; i++) {
		results_put_business(r, found, &list->item[i], now_s);
		view_source(p, sources, &list->item[i].source);
	}
	struct search_query q = r->q;
	if (q.cursor.n) {
		json_build_text(&p->b, p->root, "first", view_list_link(r->page, &q));
		json_build_true(&p->b, p->root, "paged", true);
	}
	if (list->next.n) {
		q.cursor = list->next;
		json_build_text(&p->b, p->root, "next", view_search_link(p, &q));
		json_build_true(&p->b, p->root, "paged", true);
	}
	put_understood(r);
	view_chips(p, &r->q, list);
	put_total(r);
	struct str title = results_heading(r);
	json_build_text(&p->b, p->root, "heading", title);
	view_title(p, title, title);
	results_put_canonical(r);
}

/* ---- list, then categories, then places ---- */

/* Filters that people use most are first. */
static void results_send(struct results *r)
{
	results_put_facets(r);
	view_send(r->page, VIEW_RESULTS);
}

static void results_regions_listed(void *ctx, const struct search_places *list)
{
	struct results *r = ctx;
	if (list->problem) {
		view_refuse(r->page, list->problem, &list->err);
		return;
	}
	qsort(list->item, list->count, sizeof(*list->item), view_larger_first);
	put_places(r, list, false);
	results_send(r);
}

static void results_cities_listed(void *ctx, const struct search_places *list)
{
	struct results *r = ctx;
	if (list->problem) {
		view_refuse(r->page, list->problem, &list->err);
		return;
	}
	put_places(r, list, true);
	results_send(r);
}

static void results_categories_listed(void *ctx, const struct search_categories *list)
{
	struct results *r = ctx;
	struct view *p = r->page;
	if (list->problem) {
		view_refuse(p, list->problem, &list->err);
		return;
	}
	results_put_categories(r, list);
	if (r->list->region.key.n)
		search_cities(p->pages->db, p->arena, r->list->region.key, results_cities_listed,
			      r);
	else
		search_regions(p->pages->db, p->arena, results_regions_listed, r);
}

/* ---- near misses, when there is nothing ---- */

static void results_put(struct results *r);
static search_suggestions_done results_suggested;

/* Ask for names, towns and categories that begin like the text. */
static void results_ask_near(struct results *r)
{
	struct view *p = r->page;
	search_suggest(p->pages->db, p->arena, utf8_cut(r->q.q, r->beginning), NEAR_MISSES,
		       results_suggested, r);
}

static void results_suggested(void *ctx, const struct search_suggestions *list)
{
	struct results *r = ctx;
	struct view *p = r->page;
	struct json_value *misses = NULL;
	if (!list->problem && !list->count && --r->beginning >= BEGINNING_LEAST) {
		results_ask_near(r);
		return;
	}
	/* The page is as good without them. */
	for (size_t i = 0; !list->problem && i < list->count; i++) {
		struct search_query q;
		search_query_init(&q);
		q.q = list->item[i].text;
		misses = misses ? misses : view_list(p, "near_misses");
		struct json_value *v = json_build(&p->b, misses, NULL, JSON_IS_OBJECT);
		json_build_text(&p->b, v, "text", q.q);
		json_build_text(&p->b, v, "href", view_search_link(p, &q));
	}
	results_put(r);
}

static void results_with_paths(void *ctx, enum search_problem problem, const struct err *err)
{
	struct results *r = ctx;
	if (problem)
		view_refuse(r->page, problem, err);
	else
		results_put(r);
}

static void results_listed(void *ctx, const struct search_list *list)
{
	struct results *r = ctx;
	struct view *p = r->page;
	if (list->problem) {
		view_refuse(p, list->problem, &list->err);
		return;
	}
	r->list = list;
	if (!list->count && r->q.q.n && !r->q.cursor.n)
		results_ask_near(r);
	else
		search_paths(p->pages->db, p->arena, list->item, list->count, results_with_paths,
			     r);
}

static void results_put(struct results *r)
{
	struct view *p = r->page;
	r->filters = json_build(&p->b, p->root, "filters", JSON_IS_ARRAY);
	results_put_form(r);
	put_found(r);
	put_order(r);
	put_open(r);
	search_categories(p->pages->db, p->arena, results_categories_listed, r);
}

static struct results *results_new(struct view *p)
{
	struct results *r = arena_alloc(p->arena, sizeof(*r));
	must(r); /* among the first bytes of an arena */
	r->page = p;
	r->beginning = BEGINNING;
	search_query_init(&r->q);
	return r;
}

static void results_ask(struct results *r)
{
	struct view *p = r->page;
	struct search_query asked = r->q; /* links do not ask for facets */
	asked.facets = true;
	search_list(p->pages->db, p->arena, &asked, results_listed, r);
}

/* `rest` is a parameter a line. */
void make_results(struct view *p, struct str rest)
{
	struct results *r = results_new(p);
	while (rest.n) {
		struct str value = str_cut(&rest, '\n');
		struct str name = str_cut(&value, '=');
		/* It was accepted when it was asked for. */
		must(search_query_set(&r->q, name, value, NULL) == OK);
	}
	results_ask(r);
}

void pages_results(struct http_request *request)
{
	struct search_query q;
	struct buf lines;
	search_query_init(&q);
	buf_init(&lines, LINES_MAX);
	for (const struct http_param *row = search_params; row->name; row++) {
		struct err err;
		struct str value = http_param(request, row->name)->text;
		if (search_query_set(&q, str_of(row->name), value, &err) != OK) {
			http_problem(request, HTTP_PROBLEM_INVALID_PARAMETER, row->name, "%s",
				     err.text);
			buf_release(&lines);
			return;
		}
		if (value.n)
			buf_printf(&lines, "%s=%.*s\n", row->name, STR_ARG(value));
	}
	must(!buf_failed(&lines)); /* each parameter has its maximum */
	kept_respond(request, "results", buf_view(&lines));
	buf_release(&lines);
}

/* ---- a town, region or kind at its own address ---- */

static void results_level_town(void *ctx, const struct search_places *list)
{
	struct results *r = ctx;
	if (list->problem) {
		view_refuse(r->page, list->problem, &list->err);
		return;
	}
	r->q.city = list->item[0].key;
	results_ask(r);
}

/* rest: "region", "town" or "kind", its key, and a category, a line each. */
void make_level(struct view *p, struct str rest)
{
	struct results *r = results_new(p);
	struct str level = str_cut(&rest, '\n'), key = str_cut(&rest, '\n');
	r->q.category = str_eq(level, STR("kind")) ? key : rest.p ? rest : STR("");
	if (str_eq(level, STR("town"))) {
		search_town(p->pages->db, p->arena, key, results_level_town, r);
		return;
	}
	if (str_eq(level, STR("region")))
		r->q.region = key;
	results_ask(r);
}

/* The kind of "KIND.html", or of "KIND.ID.html", the further page of a list in the exported site;
 * empty: it is none. */
static struct str level_kind(struct str page)
{
	static const struct str ending = STR(".html");
	struct str name = {page.p, str_ends(page, ending) ? page.n - ending.n : 0};
	struct str kind = str_cut(&name, '.');
	return kind.n && taxonomy_find(TAXONOMY_KEY, kind) ? kind : STR("");
}

void pages_level(struct http_request *request, struct str first, struct str rest)
{
	bool of_kind = str_eq(first, STR("kind")), of_region = str_eq(first, STR("in"));
	struct str key = of_kind || of_region ? str_cut(&rest, '/') : first;
	bool whole = rest.p && !rest.n; /* it ends with the slash */
	struct str kind = rest.n ? level_kind(rest) : STR("");
	if (!key.n || memchr(key.p, '\n', key.n) || (!whole && (!kind.n || of_kind)) ||
	    (of_kind && !taxonomy_find(TAXONOMY_KEY, key)) ||
	    (!of_kind && !of_region && slug_is_reserved(key))) {
		http_problem(request, HTTP_PROBLEM_NOT_FOUND, NULL,
			     "no page and no operation has this path");
		return;
	}
	struct str level = of_kind ? STR("kind") : of_region ? STR("region") : STR("town");
	struct str asked = ARENA_JOIN(&request->arena, level, STR("\n"), key, STR("\n"), kind);
	kept_respond(request, "level", asked);
}
