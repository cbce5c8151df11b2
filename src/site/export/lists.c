/* Which businesses are on which list, and which lists and businesses the pages of regions, places
 * and kinds show.
 *
 * List pages have stable boundaries and addresses. A list is sorted best first. As in
 * content-defined chunking, a page ends before a business whose id's hash says so: a record that is
 * added or deleted changes the boundaries of its own page, not those of later pages. A page is
 * named after its first business, so that its address stays valid. */
#include "site/export/internal.h"
#include "base/lower_bound.h"
#include "base/memory.h"
#include "base/sort_keys.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
	PAGE_LEAST = 20,
	PAGE_USUAL = 40,
	PAGE_MOST = 200,
	PLACE_BEST = 24, /* businesses on the page of a place, beside those of thin lists */
	OTHER_BEST = 12, /* the same of a region or kind */
	COME_BEST = 12,  /* businesses elsewhere that come to a place, on its page or list */
};

/* ---- order ---- */

/* The key of an entry: region or place, category, rank (best first). Of equal ones the last in the
 * manifest is first, as list_at has it. */
static uint64_t list_key(int32_t id, int category, const struct manifest_entry *e)
{
	uint64_t of = (uint32_t)id ^ UINT32_C(1) << 31;
	uint64_t kind = (uint16_t)category ^ UINT16_C(1) << 15;
	return of << 32 | kind << 16 | (uint8_t)(UINT8_MAX - e->rank);
}

/* An entry's index as a key's `at`, and back. */
static uint32_t list_at(uint32_t at)
{
	return UINT32_MAX - at;
}

static const struct manifest_entry *lists_member(const struct lists *l, size_t i)
{
	return &l->m->entry[l->order[i]];
}

static int32_t lists_place(const struct lists *l, const struct manifest_entry *e)
{
	return e->place && theme_place(l->theme, e->place) ? e->place : 0;
}

static void lists_add(struct lists *l, uint32_t at)
{
	l->order = memory_grow(l->order, &l->room, l->count + 1, sizeof(*l->order));
	l->order[l->count++] = at;
}

/* Append all businesses with a page that have such a level, list by list. */
static void lists_sort(struct lists *l, enum level level)
{
	const struct manifest *m = l->m;
	struct sort_key *all = memory_array(m->entries + 1, sizeof(*all));
	size_t n = 0;
	for (uint32_t i = 0; i < m->entries; i++) {
		const struct manifest_entry *e = &m->entry[i];
		int32_t id = level == LEVEL_PLACE ? lists_place(l, e) : e->region;
		if (e->state >= ENTRY_NOINDEX && (level == LEVEL_REGION || id))
			all[n++] = (struct sort_key){list_key(id, e->category, e), list_at(i)};
	}
	sort_keys(all, n);
	for (size_t i = 0; i < n; i++)
		lists_add(l, list_at(all[i].at));
	free(all);
}

/* ---- lists ---- */

static int32_t lists_id(const struct lists *l, enum level level, size_t i)
{
	const struct manifest_entry *e = lists_member(l, i);
	return level == LEVEL_PLACE ? e->place : e->region;
}

static bool lists_same(const struct lists *l, enum level level, size_t i, size_t k)
{
	return lists_id(l, level, i) == lists_id(l, level, k) &&
	       lists_member(l, i)->category == lists_member(l, k)->category;
}

/* Split order[from..count) into lists. */
static void lists_split(struct lists *l, enum level level, size_t from)
{
	size_t more = 0;
	for (size_t i = from; i < l->count; i++)
		more += i == from || !lists_same(l, level, i - 1, i);
	struct business_list *all = memory_array(l->lists + more + 1, sizeof(*all));
	if (l->lists)
		memcpy(all, l->list, l->lists * sizeof(*all));
	free(l->list);
	l->list = all;
	for (size_t i = from; i < l->count; i++) {
		if (i == from || !lists_same(l, level, i - 1, i))
			l->list[l->lists++] =
			    (struct business_list){.level = level,
						   .id = lists_id(l, level, i),
						   .category = lists_member(l, i)->category,
						   .from = (uint32_t)i};
		l->list[l->lists - 1].to = (uint32_t)i + 1;
	}
}

static bool lists_page_ends(const struct manifest_entry *e, uint32_t on_page)
{
	return on_page >= PAGE_LEAST &&
	       (on_page >= PAGE_MOST || XXH3_64bits(&e->id, sizeof(e->id)) % PAGE_USUAL == 0);
}

static uint32_t list_size(const struct business_list *list)
{
	return list->to - list->from;
}

static struct list_page *lists_add_page(struct lists *l, uint32_t of, uint32_t from)
{
	l->page = memory_grow(l->page, &l->pages_room, l->pages + 1, sizeof(*l->page));
	l->page[l->pages] = (struct list_page){.of = of, .from = from};
	return &l->page[l->pages++];
}

static void lists_paginate(struct lists *l, uint32_t at)
{
	struct business_list *list = &l->list[at];
	if (list_size(list) < FACTS_LIST_LEAST)
		return;
	list->page = (uint32_t)l->pages;
	struct list_page *page = lists_add_page(l, at, list->from);
	for (uint32_t i = list->from + 1; i < list->to; i++)
		if (lists_page_ends(lists_member(l, i), i - page->from)) {
			page->to = i;
			page = lists_add_page(l, at, i);
		}
	page->to = list->to;
	list->pages = (uint32_t)l->pages - list->page;
}

/* ---- overviews ---- */

/* Orders `row` by what lists are of, then the largest first. */
struct list_row {
	int64_t of;
	uint32_t size, list;
};

static int list_row_compare(const void *a, const void *b)
{
	const struct list_row *x = a, *y = b;
	if (x->of != y->of)
		return x->of < y->of ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->list < y->list ? -1 : x->list > y->list;
}

static struct list_overview *lists_add_overview(struct lists *l, enum level level, int32_t id)
{
	l->overview[l->overviews] = (struct list_overview){
	    .level = level, .id = id, .row_from = (uint32_t)l->rows, .row_to = (uint32_t)l->rows};
	return &l->overview[l->overviews++];
}

/* An overview for each region, place or kind: their lists are `row`. Both arrays have room. */
static void lists_gather(struct lists *l, enum level level)
{
	struct list_row *all = memory_array(l->lists + 1, sizeof(*all));
	struct list_overview *o = NULL;
	size_t n = 0;
	for (uint32_t i = 0; i < l->lists; i++) {
		const struct business_list *list = &l->list[i];
		if (list->level == (level == LEVEL_KIND ? LEVEL_REGION : level))
			all[n++] = (struct list_row){
			    level == LEVEL_KIND ? list->category : list->id, list_size(list), i};
	}
	qsort(all, n, sizeof(*all), list_row_compare);
	for (size_t i = 0; i < n; i++) {
		if (!o || o->id != all[i].of)
			o = lists_add_overview(l, level, (int32_t)all[i].of);
		l->row[l->rows++] = all[i].list;
		o->row_to++;
		o->count += all[i].size;
	}
	free(all);
}

/* Whether a business is shown nowhere but by the overview: its list is thin and of this level. */
static bool lists_is_rest(const struct lists *l, const struct list_overview *o,
			  const struct business_list *list, const struct manifest_entry *e)
{
	return !list->pages &&
	       (o->level == LEVEL_PLACE || (o->level == LEVEL_REGION && !lists_place(l, e)));
}

/* Append the businesses that the overview shows: the best, and those of thin lists. */
static void lists_show(struct lists *l, struct list_overview *o)
{
	struct sort_key *all = memory_array(o->count + 1, sizeof(*all));
	bool *rest = memory_array(o->count + 1, sizeof(*rest));
	uint32_t n = 0;
	size_t best = o->level == LEVEL_PLACE ? PLACE_BEST : OTHER_BEST;
	for (uint32_t r = o->row_from; r < o->row_to; r++) {
		const struct business_list *list = &l->list[l->row[r]];
		for (uint32_t i = list->from; i < list->to; i++) {
			rest[n] = lists_is_rest(l, o, list, lists_member(l, i));
			uint64_t rank = (uint8_t)(UINT8_MAX - lists_member(l, i)->rank);
			all[n] = (struct sort_key){rank << 32 | l->order[i], n};
			n++;
		}
	}
	sort_keys(all, n);
	o->from = (uint32_t)l->count;
	for (uint32_t i = 0; i < n; i++)
		if (i < best || rest[all[i].at])
			lists_add(l, (uint32_t)all[i].key);
	o->to = (uint32_t)l->count;
	free(all);
	free(rest);
}

/* The places of each region, the largest first. */
static void lists_put_towns(struct lists *l)
{
	struct list_row *all = memory_array(l->overviews + 1, sizeof(*all));
	size_t n = 0, at = 0;
	for (uint32_t i = 0; i < l->overviews; i++)
		if (l->overview[i].level == LEVEL_PLACE)
			all[n++] =
			    (struct list_row){theme_place(l->theme, l->overview[i].id)->region,
					      l->overview[i].count, i};
	qsort(all, n, sizeof(*all), list_row_compare);
	l->town = memory_array(n + 1, sizeof(*l->town));
	for (l->towns = 0; l->towns < n; l->towns++)
		l->town[l->towns] = all[l->towns].list;
	for (uint32_t i = 0; i < l->overviews; i++) {
		struct list_overview *o = &l->overview[i];
		if (o->level != LEVEL_REGION)
			break;
		while (at < n && all[at].of < o->id)
			at++;
		o->town_from = (uint32_t)at;
		while (at < n && all[at].of == o->id)
			at++;
		o->town_to = (uint32_t)at;
	}
	free(all);
}

static void lists_make_overviews(struct lists *l)
{
	/* Each list is in one overview of its own level, those of regions in one of a kind, too. */
	l->row = memory_array(2 * l->lists + 1, sizeof(*l->row));
	l->overview = memory_array(2 * l->lists + 1, sizeof(*l->overview));
	lists_gather(l, LEVEL_REGION);
	lists_gather(l, LEVEL_PLACE);
	lists_gather(l, LEVEL_KIND);
	lists_put_towns(l);
	for (uint32_t i = 0; i < l->overviews; i++) {
		struct list_overview *o = &l->overview[i];
		o->made = o->level != LEVEL_KIND || o->count >= FACTS_LIST_LEAST;
		if (!o->made)
			continue;
		lists_show(l, o);
		struct list_page *page = lists_add_page(l, i, o->from);
		page->to = o->to;
		page->overview = true;
	}
}

/* ---- those that come ---- */

static bool lists_coming_before(const void *element, const void *place)
{
	return ((const struct export_coming *)element)->place < *(const int32_t *)place;
}

/* Append the best of those that come to a place, of one kind or (LEVEL_ALL) of any. */
static void lists_show_coming(struct lists *l, struct list_page *page, int32_t place, int category)
{
	const struct theme *t = l->theme;
	size_t first =
	    lower_bound(t->coming, t->comings, sizeof(*t->coming), lists_coming_before, &place);
	size_t end = first, n = 0;
	while (end < t->comings && t->coming[end].place == place)
		end++;
	struct sort_key *all = memory_array(end - first + 1, sizeof(*all));
	for (size_t i = first; i < end; i++) {
		const struct manifest_entry *e = manifest_find(l->m, t->coming[i].id);
		if (e && e->state >= ENTRY_NOINDEX && e->place != place &&
		    (category == LEVEL_ALL || e->category == category))
			all[n++] = (struct sort_key){list_key(0, 0, e),
						     list_at((uint32_t)(e - l->m->entry))};
	}
	sort_keys(all, n);
	page->come_from = (uint32_t)l->count;
	for (size_t i = 0; i < n && i < COME_BEST; i++)
		lists_add(l, list_at(all[i].at));
	page->come_to = (uint32_t)l->count;
	free(all);
}

static void lists_put_coming(struct lists *l)
{
	for (uint32_t i = 0; i < l->pages && l->theme->comings; i++) {
		const struct level_page level = lists_level(l, i);
		if (level.level == LEVEL_PLACE && !level.first)
			lists_show_coming(l, &l->page[i], level.id, level.category);
	}
}

/* ---- pages ---- */

/* Hash what list pages show of an entry. */
static uint64_t lists_hash_member(const struct manifest_entry *e, uint64_t hash)
{
	uint64_t both[2] = {(uint64_t)e->id, e->listed};
	return XXH3_64bits_withSeed(both, sizeof(both), hash);
}

static bool lists_overview_before(const void *element, const void *wanted)
{
	const struct list_overview *a = element, *b = wanted;
	return a->level != b->level ? a->level < b->level : a->id < b->id;
}

const struct list_overview *lists_overview(const struct lists *l, enum level level, int32_t id)
{
	const struct list_overview wanted = {.level = level, .id = id};
	return &l->overview[lower_bound(l->overview, l->overviews, sizeof(wanted),
					lists_overview_before, &wanted)];
}

size_t lists_others(const struct lists *l, const struct list_overview *o,
		    const struct business_list *list, uint32_t other[LISTS_CHIPS])
{
	size_t n = 0;
	for (uint32_t r = o->row_from; r < o->row_to && n < LISTS_CHIPS; r++)
		if (l->list[l->row[r]].pages && &l->list[l->row[r]] != list)
			other[n++] = l->row[r];
	return n;
}

/* The links to the next and the previous page, and on the first page the number of businesses, the
 * links to all pages, and those to other lists. */
static uint64_t lists_hash_list(const struct lists *l, uint32_t page, uint64_t hash)
{
	const struct business_list *list = &l->list[l->page[page].of];
	if (page + 1 < list->page + list->pages)
		hash ^= XXH3_64bits(&lists_member(l, l->page[page].to)->id, sizeof(int64_t));
	if (page != list->page)
		hash = XXH3_64bits_withSeed(&lists_member(l, l->page[page - 1].from)->id,
					    sizeof(int64_t), hash);
	if (page == list->page) {
		uint32_t counted = list_size(list);
		hash = XXH3_64bits_withSeed(&counted, sizeof(counted), hash);
		for (uint32_t i = 1; i < list->pages; i++)
			hash = XXH3_64bits_withSeed(&lists_member(l, l->page[page + i].from)->id,
						    sizeof(int64_t), hash);
		uint32_t other[LISTS_CHIPS];
		size_t n = lists_others(l, lists_overview(l, list->level, list->id), list, other);
		for (size_t i = 0; i < n; i++)
			hash = XXH3_64bits_withSeed(&l->list[other[i]].category, sizeof(int), hash);
	}
	return hash;
}

/* The lists and places that it links to, with their numbers of businesses. */
static uint64_t lists_hash_overview(const struct lists *l, const struct list_overview *o,
				    uint64_t hash)
{
	for (uint32_t r = o->row_from; r < o->row_to; r++) {
		const struct business_list *list = &l->list[l->row[r]];
		const int64_t facts[] = {list->id, list->category, list_size(list)};
		hash = XXH3_64bits_withSeed(facts, sizeof(facts), hash);
	}
	for (uint32_t i = o->town_from; i < o->town_to; i++) {
		const struct list_overview *town = &l->overview[l->town[i]];
		const int64_t facts[] = {town->id, town->count};
		hash = XXH3_64bits_withSeed(facts, sizeof(facts), hash);
	}
	return hash;
}

static uint64_t lists_page_hash(const struct lists *l, uint32_t page)
{
	const struct list_page *p = &l->page[page];
	uint64_t hash = l->theme->hash;
	for (uint32_t i = p->from; i < p->to; i++)
		hash = lists_hash_member(lists_member(l, i), hash);
	hash += p->come_to - p->come_from;
	for (uint32_t i = p->come_from; i < p->come_to; i++)
		hash = lists_hash_member(lists_member(l, i), hash);
	hash = p->overview ? lists_hash_overview(l, &l->overview[p->of], hash)
			   : lists_hash_list(l, page, hash);
	return hash | 1;
}

struct level_page lists_level(const struct lists *l, uint32_t page)
{
	const struct list_page *p = &l->page[page];
	if (p->overview)
		return (struct level_page){l->overview[p->of].level, l->overview[p->of].id,
					   LEVEL_ALL, 0};
	const struct business_list *list = &l->list[p->of];
	return (struct level_page){list->level, list->id, list->category,
				   page == list->page ? 0 : lists_member(l, p->from)->id};
}

void lists_path(const struct lists *l, uint32_t page, char out[EXPORT_PATH])
{
	const struct level_page level = lists_level(l, page);
	level_file(l->theme, &level, out);
}

bool lists_indexed(const struct lists *l, uint32_t page)
{
	const struct list_page *p = &l->page[page];
	return !p->overview || l->overview[p->of].count >= FACTS_LIST_LEAST;
}

uint16_t lists_newest_day(const struct lists *l, const struct list_page *page)
{
	uint16_t newest = 0;
	for (uint32_t i = page->from; i < page->to; i++) {
		uint16_t day = lists_member(l, i)->day;
		newest = day > newest ? day : newest;
	}
	return newest;
}

void lists_make(struct lists *l, const struct theme *t, const struct manifest *m)
{
	*l = (struct lists){.m = m, .theme = t};
	lists_sort(l, LEVEL_REGION);
	l->published = l->count;
	lists_split(l, LEVEL_REGION, 0);
	lists_sort(l, LEVEL_PLACE);
	lists_split(l, LEVEL_PLACE, l->published);
	for (uint32_t i = 0; i < l->lists; i++)
		lists_paginate(l, i);
	lists_make_overviews(l);
	lists_put_coming(l);
}

void lists_link(const struct lists *l, struct theme *t)
{
	free(t->linked);
	t->links = 0;
	t->linked = memory_array(l->lists + 1, sizeof(*t->linked));
	for (size_t i = 0; i < l->lists; i++)
		if (l->list[i].level == LEVEL_PLACE && l->list[i].pages)
			t->linked[t->links++] = theme_link_key(l->list[i].id, l->list[i].category);
	theme_sort_links(t);
	for (size_t i = 0; i < t->places; i++)
		t->place[i].paged = false;
	for (uint32_t i = 0; i < l->overviews; i++) {
		const struct export_place *p =
		    l->overview[i].level == LEVEL_PLACE ? theme_place(t, l->overview[i].id) : NULL;
		if (p)
			t->place[p - t->place].paged = true;
	}
}

void lists_compare(struct lists *l, const struct manifest *spare)
{
	l->work = memory_array(l->pages + 1, sizeof(*l->work));
	for (uint32_t i = 0; i < l->pages; i++) {
		char path[EXPORT_PATH];
		lists_path(l, i, path);
		const struct entry_file *there = manifest_find_file(spare, path);
		l->page[i].hash = lists_page_hash(l, i);
		l->page[i].there = there != NULL;
		if (!there || there->hash != l->page[i].hash)
			l->work[l->works++] = i;
	}
}

void lists_release(struct lists *l)
{
	free(l->order);
	free(l->list);
	free(l->row);
	free(l->overview);
	free(l->town);
	free(l->page);
	free(l->work);
	*l = (struct lists){0};
}
