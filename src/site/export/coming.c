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

static struct coming_name *coming_names(const struct theme *t)
{
	struct coming_name *all = memory_array(t->places + 1, sizeof(*all));
	for (size_t i = 0; i < t->places; i++)
		all[i] = (struct coming_name){coming_key(t->place[i].name), &t->place[i]};
	qsort(all, t->places, sizeof(*all), coming_name_compare);
	return all;
}

/* Regions of one country have keys that begin with it: "ch", "ch-bern". */
static bool coming_same_country(const struct region *a, const struct region *b)
{
	enum { COUNTRY = 2 };
	return a->key.n >= COUNTRY && b->key.n >= COUNTRY && a->id && b->id &&
	       memcmp(a->key.p, b->key.p, COUNTRY) == 0;
}

/* The place that a business of `region` means; NULL: none, or several. */
static const struct export_place *coming_find(const struct theme *t, const struct coming_name *all,
					      struct str name, int32_t region)
{
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

static void coming_add_row(struct theme *t, const struct coming_name *all,
			   const struct db_rows *rows, int row)
{
	int32_t region = (int32_t)db_i64(rows, row, SQL_EXPORT_COMING_REGION_ID);
	int32_t seat = (int32_t)db_i64(rows, row, SQL_EXPORT_COMING_CITY_ID);
	struct str name = db_text(rows, row, SQL_EXPORT_COMING_TOWN);
	const struct export_place *place = coming_find(t, all, name, region);
	if (!place || place->id == seat)
		return;
	t->coming = memory_grow(t->coming, &t->comings_room, t->comings + 1, sizeof(*t->coming));
	t->coming[t->comings++] =
	    (struct export_coming){db_i64(rows, row, SQL_EXPORT_COMING_ID), place->id};
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
}

enum status coming_read(struct theme *t, struct db *db, struct err *err)
{
	struct coming_name *all = coming_names(t);
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
			coming_add_row(t, all, &rows, i);
		more = rows.rows > 0;
		if (more)
			after = db_i64(&rows, rows.rows - 1, SQL_EXPORT_COMING_ID);
		db_rows_release(&rows);
	}
	free(all);
	coming_sort(t);
	return status;
}
