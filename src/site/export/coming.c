/* Which businesses come to which towns: what records say of the area that they serve.
 *
 * A name of a served town is one of the directory's places when it is the only one of that name in
 * the business's region, or else in its country. What is ambiguous is left out: a page would name
 * a business that does not come. */
#include "site/export/internal.h"
#include "base/lower_bound.h"
#include "base/memory.h"
#include "directory/words/words.h"
#include "sql/export.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* A place by its folded name. */
struct coming_name {
	uint64_t key;
	const struct export_place *place;
};

static int coming_name_compare(const void *a, const void *b)
{
	const struct coming_name *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->place->id < y->place->id ? -1 : x->place->id > y->place->id;
}

static bool coming_name_before(const void *element, const void *key)
{
	return ((const struct coming_name *)element)->key < *(const uint64_t *)key;
}

static uint64_t coming_key(struct str name)
{
	char text[WORDS_KEY_BYTES];
	struct str key = words_key(name, text);
	return key.n ? XXH3_64bits(key.p, key.n) : 0;
}

void coming_prepare(struct theme *t)
{
	t->names = memory_array(t->places + 1, sizeof(*t->names));
	for (size_t i = 0; i < t->places; i++)
		t->names[i] = (struct coming_name){coming_key(t->place[i].name), &t->place[i]};
	qsort(t->names, t->places, sizeof(*t->names), coming_name_compare);
}

/* Regions of one country have keys that begin with it: "ch", "ch-bern". */
static bool coming_same_country(const struct region *a, const struct region *b)
{
	enum { COUNTRY = 2 };
	return a->key.n >= COUNTRY && b->key.n >= COUNTRY && a->id && b->id &&
	       memcmp(a->key.p, b->key.p, COUNTRY) == 0;
}

/* The place that a business of `region` means; NULL: none, or several. */
static const struct export_place *coming_find(const struct theme *t, struct str name,
					      int32_t region)
{
	const struct coming_name *all = t->names;
	uint64_t key = coming_key(name);
	const struct region *home = theme_region(t, region);
	const struct export_place *near = NULL, *far = NULL;
	size_t nears = 0, fars = 0;
	size_t at = lower_bound(all, t->places, sizeof(*all), coming_name_before, &key);
	for (; key && at < t->places && all[at].key == key; at++) {
		const struct export_place *p = all[at].place;
		if (p->region == region) {
			near = p;
			nears++;
		} else if (coming_same_country(home, theme_region(t, p->region))) {
			far = p;
			fars++;
		}
	}
	return nears == 1 ? near : nears == 0 && fars == 1 ? far : NULL;
}

static int coming_compare(const void *a, const void *b)
{
	const struct export_coming *x = a, *y = b;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static bool serving_before(const void *element, const void *id)
{
	return ((const struct export_coming *)element)->id < *(const int64_t *)id;
}

/* ---- the pages of served towns ---- */

/* Where a business of this category is listed in a place. False: it has no page. */
static bool coming_page(const struct theme *t, const struct export_place *place, int category,
			struct level_page *out)
{
	bool listed = theme_links(t, place->id, category);
	*out = (struct level_page){LEVEL_PLACE, place->id, listed ? category : LEVEL_ALL, 0};
	return listed || place->paged;
}

/* Pages are added up, in any order. */
static uint32_t coming_page_hash(const struct level_page *page)
{
	uint64_t key = theme_link_key(page->id, page->category);
	return (uint32_t)XXH3_64bits(&key, sizeof(key)) | 1;
}

uint32_t coming_hash(const struct theme *t, const struct manifest_entry *e)
{
	uint32_t hash = 0;
	struct level_page page;
	size_t at =
	    lower_bound(t->serving, t->comings, sizeof(*t->serving), serving_before, &e->id);
	for (; at < t->comings && t->serving[at].id == e->id; at++) {
		const struct export_place *place = theme_place(t, t->serving[at].place);
		if (place && coming_page(t, place, e->category, &page))
			hash += coming_page_hash(&page);
	}
	return hash;
}

/* One of the first n names means the same place. */
static bool coming_is_repeated(const struct export_place *const *found, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (found[i] == found[n])
			return true;
	return false;
}

const struct str *coming_links(struct maker *m, const struct facts_texts *towns, int32_t region,
			       const struct export_place *seat, int category, uint32_t *hash)
{
	const struct theme *t = m->theme;
	*hash = 0;
	if (!t->places || !towns->count)
		return NULL;
	struct str *link = arena_array(&m->arena, towns->count, sizeof(*link));
	const struct export_place **found = arena_array(&m->arena, towns->count, sizeof(*found));
	m->b.failed |= !link || !found;
	for (size_t i = 0; link && found && i < towns->count; i++) {
		struct level_page page;
		found[i] = coming_find(t, towns->item[i], region);
		if (!found[i] || !coming_page(t, found[i], category, &page))
			continue;
		link[i] = MAKER_JOIN(m, t->base, STR("/"), level_link(m, &page));
		if (found[i] != seat && !coming_is_repeated(found, i))
			*hash += coming_page_hash(&page);
	}
	return link && found ? link : NULL;
}

static void coming_add_row(struct theme *t, const struct db_rows *rows, int row)
{
	int32_t region = (int32_t)db_i64(rows, row, SQL_EXPORT_COMING_REGION_ID);
	int32_t seat = (int32_t)db_i64(rows, row, SQL_EXPORT_COMING_CITY_ID);
	struct str name = db_text(rows, row, SQL_EXPORT_COMING_TOWN);
	const struct export_place *place = coming_find(t, name, region);
	if (!place || place->id == seat)
		return;
	t->coming = memory_grow(t->coming, &t->comings_room, t->comings + 1, sizeof(*t->coming));
	t->coming[t->comings++] =
	    (struct export_coming){db_i64(rows, row, SQL_EXPORT_COMING_ID), place->id};
}

static int serving_compare(const void *a, const void *b)
{
	const struct export_coming *x = a, *y = b;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void coming_sort(struct theme *t)
{
	size_t n = 0;
	if (t->comings)
		qsort(t->coming, t->comings, sizeof(*t->coming), coming_compare);
	for (size_t i = 0; i < t->comings; i++)
		if (!n || coming_compare(&t->coming[i], &t->coming[n - 1]) != 0)
			t->coming[n++] = t->coming[i];
	t->comings = n;
	free(t->serving);
	t->serving = memory_array(n + 1, sizeof(*t->serving));
	if (n)
		memcpy(t->serving, t->coming, n * sizeof(*t->serving));
	qsort(t->serving, n, sizeof(*t->serving), serving_compare);
}

enum status coming_read(struct theme *t, struct db *db, struct err *err)
{
	enum status status = OK;
	int64_t after = INT64_MIN;
	bool more = true;
	t->comings = 0;
	while (status == OK && more) {
		struct db_rows rows;
		status =
		    DB_RUN(db, sql_export_coming, &rows, err, DB_I64(after), DB_I64(EXPORT_CHUNK));
		if (status != OK)
			break;
		for (int i = 0; i < rows.rows; i++)
			coming_add_row(t, &rows, i);
		more = rows.rows > 0;
		if (more)
			after = db_i64(&rows, rows.rows - 1, SQL_EXPORT_COMING_ID);
		db_rows_release(&rows);
	}
	coming_sort(t);
	return status;
}
