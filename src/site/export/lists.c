/* List pages with stable boundaries and addresses. A list is sorted best first. As in
 * content-defined chunking, a page ends before a business whose id's hash says so: a record that is
 * added or deleted changes the boundaries of its own page, not those of later pages. A page is
 * named after its first business, so that its address stays valid. */
#include "site/export/internal.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "site/look/look.h"
#include "sql/export.h"

enum { PAGE_LEAST = 20, PAGE_USUAL = 40, PAGE_MOST = 200 };

/* Sort key of an entry, small for the same reason as struct twin. */
struct place {
	uint64_t key; /* region, category, rank (best first) */
	uint32_t at;  /* index in the manifest, whose entries are sorted by id */
};

static int place_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->at > y->at ? -1 : x->at < y->at;
}

static uint64_t place_key(const struct manifest_entry *e)
{
	uint64_t region = (uint32_t)e->region ^ UINT32_C(1) << 31;
	uint64_t category = (uint16_t)e->category ^ UINT16_C(1) << 15;
	return region << 32 | category << 16 | (uint8_t)(UINT8_MAX - e->rank);
}

static void lists_sort(struct lists *l)
{
	const struct manifest *m = l->m;
	struct place *all = memory_array(m->entries, sizeof(*all));
	for (size_t i = 0; i < m->entries; i++)
		if (m->entry[i].state >= ENTRY_NOINDEX)
			all[l->count++] = (struct place){place_key(&m->entry[i]), (uint32_t)i};
	qsort(all, l->count, sizeof(*all), place_compare);
	l->order = memory_array(l->count, sizeof(*l->order));
	for (size_t i = 0; i < l->count; i++)
		l->order[i] = all[i].at;
	free(all);
}

static const struct manifest_entry *lists_member(const struct lists *l, size_t i)
{
	return &l->m->entry[l->order[i]];
}

static bool same_list(const struct manifest_entry *a, const struct manifest_entry *b)
{
	return a->region == b->region && a->category == b->category;
}

static bool lists_page_ends(const struct manifest_entry *e, uint32_t on_page)
{
	return on_page >= PAGE_LEAST &&
	       (on_page >= PAGE_MOST || XXH3_64bits(&e->id, sizeof(e->id)) % PAGE_USUAL == 0);
}

static void lists_begin_page(struct lists *l, uint32_t at)
{
	l->page[l->pages++] = (struct list_page){.from = at, .list = (uint32_t)l->lists - 1};
	l->list[l->lists - 1].pages++;
}

static void lists_paginate(struct lists *l)
{
	/* Upper bound: one last page for each list; all others have at least PAGE_LEAST. */
	size_t lists = 0;
	for (size_t i = 0; i < l->count; i++)
		lists += i == 0 || !same_list(lists_member(l, i - 1), lists_member(l, i));
	l->list = memory_array(lists, sizeof(*l->list));
	l->page = memory_array(lists + l->count / PAGE_LEAST, sizeof(*l->page));
	for (uint32_t i = 0; i < l->count; i++) {
		const struct manifest_entry *e = lists_member(l, i);
		if (i == 0 || !same_list(lists_member(l, i - 1), e)) {
			l->list[l->lists++] = (struct business_list){.from = i,
								     .region = e->region,
								     .category = e->category,
								     .page = (uint32_t)l->pages};
			lists_begin_page(l, i);
		} else if (lists_page_ends(e, i - l->page[l->pages - 1].from)) {
			lists_begin_page(l, i);
		}
		l->page[l->pages - 1].to = i + 1;
		l->list[l->lists - 1].to = i + 1;
	}
}

/* Hash of the page's input: its members as shown, the link to the next page, and on the first page
 * the number of businesses and the links to all pages. */
static uint64_t lists_page_hash(const struct lists *l, uint32_t page, uint64_t site)
{
	const struct list_page *p = &l->page[page];
	const struct business_list *list = &l->list[p->list];
	uint64_t hash = site;
	for (uint32_t i = p->from; i < p->to; i++) {
		const struct manifest_entry *e = lists_member(l, i);
		uint64_t both[2] = {(uint64_t)e->id, e->listed};
		hash = XXH3_64bits_withSeed(both, sizeof(both), hash);
	}
	if (page + 1 < list->page + list->pages)
		hash ^= XXH3_64bits(&lists_member(l, p->to)->id, sizeof(int64_t));
	if (page == list->page) {
		uint32_t counted = list->to - list->from;
		hash = XXH3_64bits_withSeed(&counted, sizeof(counted), hash);
		for (uint32_t i = 1; i < list->pages; i++)
			hash = XXH3_64bits_withSeed(&lists_member(l, l->page[page + i].from)->id,
						    sizeof(int64_t), hash);
	}
	return hash | 1;
}

void lists_path(const struct theme *t, const struct lists *l, uint32_t page, char out[EXPORT_PATH])
{
	const struct business_list *list = &l->list[l->page[page].list];
	struct str region = theme_region(t, list->region)->key;
	struct str kind = theme_category_key(list->category);
	char anchor[1 + RECORD_ID_TEXT] = "";
	if (page != list->page) {
		anchor[0] = '-';
		record_id_format(lists_member(l, l->page[page].from)->id, anchor + 1);
	}
	int n = snprintf(out, EXPORT_PATH, "r/%.*s/%.*s%s.html", STR_ARG(region), STR_ARG(kind),
			 anchor);
	must(n > 0 && n < EXPORT_PATH);
}

void lists_make(struct lists *l, const struct theme *t, const struct manifest *m,
		const struct manifest *spare)
{
	*l = (struct lists){.m = m};
	lists_sort(l);
	lists_paginate(l);
	l->work = memory_array(l->pages, sizeof(*l->work));
	for (uint32_t i = 0; i < l->pages; i++) {
		char path[EXPORT_PATH];
		lists_path(t, l, i, path);
		const struct entry_file *there = manifest_find_file(spare, path);
		l->page[i].hash = lists_page_hash(l, i, t->hash);
		l->page[i].there = there != NULL;
		if (!there || there->hash != l->page[i].hash)
			l->work[l->works++] = i;
	}
}

void lists_release(struct lists *l)
{
	free(l->order);
	free(l->list);
	free(l->page);
	free(l->work);
}

/* ---- a page ---- */

static struct str lists_page_link(struct maker *m, const struct lists *l, uint32_t page)
{
	char path[EXPORT_PATH];
	lists_path(m->theme, l, page, path);
	return MAKER_JOIN(m, m->theme->base, STR("/"), str_of(path));
}

enum status lists_read(const struct lists *l, uint64_t from, uint64_t to, struct db *db,
		       struct db_rows *rows, struct err *err)
{
	struct buf ids;
	buf_init(&ids, (to - from) * PAGE_MOST * 24 + 64);
	for (uint64_t w = from; w < to; w++) {
		const struct list_page *p = &l->page[l->work[w]];
		for (uint32_t i = p->from; i < p->to; i++)
			buf_printf(&ids, "%c%lld", ids.n ? ',' : '{',
				   (long long)lists_member(l, i)->id);
	}
	buf_putc(&ids, '}');
	enum status status = DB_RUN(db, sql_export_list, rows, err, DB_TEXT(buf_view(&ids)));
	buf_release(&ids);
	return status;
}

static void lists_put_member(struct maker *m, const struct manifest_entry *e,
			     struct json_value *found, const struct db_rows *rows, int r)
{
	char pattern[LOOK_PATTERN];
	struct json_value *v = json_build(&m->b, found, NULL, JSON_IS_OBJECT);
	buf_reset(&m->block);
	business_link(str_of(manifest_path(e)), e->id, ".html", &m->block);
	JSON_BUILD_JOIN(&m->b, v, "href", m->theme->base, STR("/"), buf_view(&m->block));
	json_build_text(&m->b, v, "name", db_text(rows, r, SQL_EXPORT_LIST_NAME));
	if (!e->hidden)
		json_build_text(&m->b, v, "street", db_text(rows, r, SQL_EXPORT_LIST_STREET));
	json_build_text(&m->b, v, "postcode", db_text(rows, r, SQL_EXPORT_LIST_POSTCODE));
	json_build_text(&m->b, v, "city", db_text(rows, r, SQL_EXPORT_LIST_CITY));
	json_build_true(&m->b, v, "place", v->count > 2);
	struct facts_hours hours;
	if (facts_hours(db_text(rows, r, SQL_EXPORT_LIST_HOURS), m->theme->wording, &m->arena,
			&hours) &&
	    !hours.dated)
		business_put_week(m, v, "item_week", "item_zone", &hours.week,
				  db_text(rows, r, SQL_EXPORT_LIST_TIMEZONE));
	const struct photos_of *of = photos_find(m->theme, e->id);
	if (of)
		photos_put(m, v, "thumb", &of->pictures.item[0]);
	else
		JSON_BUILD_JOIN(&m->b, v, "pattern", look_pattern(e->category, e->id, pattern));
}

/* Businesses deleted since the scan are skipped; the next run removes them. Returns the name of the
 * first. */
static struct str lists_put_members(struct maker *m, const struct lists *l,
				    const struct list_page *p, const struct db_rows *rows, int *row)
{
	struct json_value *found = json_build(&m->b, m->root, "found", JSON_IS_ARRAY);
	for (uint32_t i = p->from; i < p->to && *row < rows->rows; i++)
		if (db_i64(rows, *row, SQL_EXPORT_LIST_ID) == lists_member(l, i)->id)
			lists_put_member(m, lists_member(l, i), found, rows, (*row)++);
	return json_text(json_get(found->first, "name"));
}

static void lists_put_page_links(struct maker *m, const struct lists *l, uint32_t page)
{
	const struct business_list *list = &l->list[l->page[page].list];
	json_build_true(&m->b, m->root, "paged", list->pages > 1);
	if (page != list->page)
		json_build_text(&m->b, m->root, "first", lists_page_link(m, l, list->page));
	if (page + 1 < list->page + list->pages)
		json_build_text(&m->b, m->root, "next", lists_page_link(m, l, page + 1));
	if (page != list->page || list->pages == 1)
		return;
	struct json_value *all = maker_list(m, "all_pages");
	for (uint32_t i = 1; i < list->pages; i++) {
		struct json_value *v = json_build(&m->b, all, NULL, JSON_IS_OBJECT);
		json_build_text(&m->b, v, "href", lists_page_link(m, l, page + i));
		json_build_text(&m->b, v, "number", maker_count(m, i + 1));
	}
}

/* The same list for search engines; links on the page are relative to the site's root. */
static void lists_put_block(struct maker *m, struct str heading, const struct region *region)
{
	const struct json_value *found = json_get(m->root, "found");
	struct str url = m->theme->url;
	size_t base = m->theme->base.n;
	struct facts_crumb *item = arena_array(&m->arena, found->count + 1, sizeof(*item));
	struct err ignored; /* a page without a block is a page */
	if (!m->theme->is_public || !item)
		return;
	const struct facts_crumb above = {region->name,
					  MAKER_JOIN(m, url, STR("/r/"), region->key, STR("/"))};
	struct facts_list list = {.name = heading, .item = item, .trail = {&above, 1}};
	for (const struct json_value *v = found->first; v; v = v->next) {
		struct str href = json_text(json_get(v, "href"));
		item[list.count++] =
		    (struct facts_crumb){json_text(json_get(v, "name")),
					 MAKER_JOIN(m, url, {href.p + base, href.n - base})};
	}
	buf_reset(&m->block);
	if (facts_list_jsonld(&list, &m->arena, &m->block, &ignored) == OK)
		json_build_text(&m->b, m->root, "facts_block", buf_view(&m->block));
}

enum status lists_page(struct maker *m, const struct lists *l, uint32_t page,
		       const struct db_rows *rows, int *row, struct err *err)
{
	const struct list_page *p = &l->page[page];
	const struct business_list *list = &l->list[p->list];
	const struct region *region = theme_region(m->theme, list->region);
	struct str base = m->theme->base, kind = theme_category_label(m->theme, list->category);
	char path[EXPORT_PATH];
	maker_begin(m);
	struct str heading = MAKER_FILL(m, WORD_KIND_IN_REGION, kind, region->name);
	json_build_text(&m->b, m->root, "heading", heading);
	json_build_text(&m->b, m->root, "category", kind);
	json_build_text(&m->b, m->root, "region", region->name);
	JSON_BUILD_JOIN(&m->b, m->root, "category_link", base, STR("/c/"),
			theme_category_key(list->category), STR("/"));
	JSON_BUILD_JOIN(&m->b, m->root, "region_link", base, STR("/r/"), region->key, STR("/"));
	if (page == list->page)
		json_build_text(&m->b, m->root, "count", maker_count(m, list->to - list->from));
	struct str first = lists_put_members(m, l, p, rows, row);
	lists_put_page_links(m, l, page);
	lists_path(m->theme, l, page, path);
	lists_put_block(m, heading, region);
	maker_head(m, page == list->page ? heading : MAKER_FILL(m, WORD_LIST_FROM, heading, first),
		   MAKER_FILL(m, WORD_LIST_ABOUT, heading), path);
	enum status status = maker_render(m, THEME_LIST, err);
	return status == OK ? OK : err_prefix(err, status, "%s", path);
}
