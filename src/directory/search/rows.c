#include "directory/search/internal.h"

#include "directory/record/record.h"
#include "directory/taxonomy/taxonomy.h"
#include "hours/hours.h"
#include "sql/directory.h"

bool rows_text(struct arena *arena, const struct db_rows *rows, int row, int column,
	       struct str *out)
{
	struct str text = db_text(rows, row, column);
	*out = (struct str){0};
	if (text.n == 0)
		return true;
	*out = arena_str(arena, text);
	return out->p != NULL;
}

struct slot {
	int column;
	struct str *out;
};

static bool texts(struct arena *arena, const struct db_rows *rows, int row,
		  const struct slot *slots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!rows_text(arena, rows, row, slots[i].column, slots[i].out))
			return false;
	return true;
}
#define TEXTS(arena, rows, row, slots) texts((arena), (rows), (row), (slots), COUNT_OF(slots))

bool rows_business(struct arena *arena, const struct db_rows *rows, int row, int64_t at_s,
		   bool with_distance, struct search_business *out)
{
	*out = (struct search_business){.quality = -1, .distance_m = -1};
	char id[RECORD_ID_TEXT];
	out->id = db_i64(rows, row, SQL_BUSINESS_ID);
	record_id_format(out->id, id);
	out->id_text = arena_str(arena, str_of(id));
	const struct slot slots[] = {
	    {SQL_BUSINESS_NAME, &out->name},
	    {SQL_BUSINESS_STREET, &out->street},
	    {SQL_BUSINESS_POSTCODE, &out->postcode},
	    {SQL_BUSINESS_CITY, &out->city},
	    {SQL_BUSINESS_COUNTRY, &out->country},
	    {SQL_BUSINESS_PHONE, &out->phone},
	    {SQL_BUSINESS_HOURS, &out->hours},
	    {SQL_BUSINESS_TIMEZONE, &out->timezone},
	    {SQL_BUSINESS_SOURCE_KEY, &out->source.key},
	    {SQL_BUSINESS_SOURCE_NAME, &out->source.name},
	    {SQL_BUSINESS_SOURCE_LICENCE, &out->source.licence},
	    {SQL_BUSINESS_SOURCE_LICENCE_URL, &out->source.licence_url},
	    {SQL_BUSINESS_SOURCE_ATTRIBUTION, &out->source.attribution},
	    {SQL_BUSINESS_SOURCE_URL, &out->source.url},
	};
	if (!out->id_text.p || !TEXTS(arena, rows, row, slots))
		return false;
	if (!db_null(rows, row, SQL_BUSINESS_QUALITY_SCORE))
		out->quality = (int)db_i64(rows, row, SQL_BUSINESS_QUALITY_SCORE);
	const struct taxonomy_category *category =
	    taxonomy_by_id((int)db_i64(rows, row, SQL_BUSINESS_CATEGORY_ID));
	if (category) {
		out->category = str_of(category->key);
		out->category_label = str_of(category->label);
	}
	out->located = !db_null(rows, row, SQL_BUSINESS_LAT_E7);
	out->lat = (double)db_i64(rows, row, SQL_BUSINESS_LAT_E7) / 1e7;
	out->lon = (double)db_i64(rows, row, SQL_BUSINESS_LON_E7) / 1e7;
	static const enum search_open states[] = {
	    [HOURS_UNKNOWN] = SEARCH_OPEN_UNKNOWN,
	    [HOURS_CLOSED] = SEARCH_CLOSED,
	    [HOURS_OPEN] = SEARCH_OPEN,
	};
	const struct hours_place place = {out->timezone, out->country, out->located, out->lat,
					  out->lon};
	out->open = states[hours_state_at(out->hours, &place, at_s, &out->open_changes_s)];
	if (with_distance)
		out->distance_m = metres_of_chord(db_double(rows, row, SQL_BUSINESS_KEY));
	return true;
}

bool rows_hours_open(const struct db_rows *rows, int row, int64_t at_s)
{
	const struct hours_place place = {db_text(rows, row, SQL_LIST_FACETS_NAME),
					  db_text(rows, row, SQL_LIST_FACETS_COUNTRY),
					  !db_null(rows, row, SQL_LIST_FACETS_LAT_E7),
					  (double)db_i64(rows, row, SQL_LIST_FACETS_LAT_E7) / 1e7,
					  (double)db_i64(rows, row, SQL_LIST_FACETS_LON_E7) / 1e7};
	int64_t changes_s;
	struct str hours = db_text(rows, row, SQL_LIST_FACETS_KEY);
	return hours_state_at(hours, &place, at_s, &changes_s) == HOURS_OPEN;
}

bool rows_texts(struct arena *arena, const struct db_rows *rows, int row, int column,
		struct search_texts *out)
{
	return db_null(rows, row, column) ||
	       db_texts(rows, row, column, arena, &out->item, &out->count);
}

/* Ids to keys, in place. An id that the taxonomy of this build does not know is left out. */
static void category_keys(struct search_texts *ids)
{
	size_t kept = 0;
	for (size_t i = 0; i < ids->count; i++) {
		int64_t id;
		const struct taxonomy_category *category =
		    str_to_i64(ids->item[i], 1, INT16_MAX, &id) ? taxonomy_by_id((int)id) : NULL;
		if (category)
			ids->item[kept++] = str_of(category->key);
	}
	ids->count = kept;
}

static bool json(struct arena *arena, const struct db_rows *rows, int row, int column,
		 const struct json_value **out)
{
	struct json_value *value;
	struct err err;
	if (db_null(rows, row, column))
		return true;
	if (json_parse(arena, db_text(rows, row, column), &value, &err) != OK)
		return false; /* PostgreSQL's own output: only the arena can be the reason */
	*out = value;
	return true;
}

bool rows_detail(struct arena *arena, const struct db_rows *rows, int row,
		 struct search_business *out)
{
	struct search_detail *d = arena_alloc(arena, sizeof(*d));
	if (!d)
		return false;
	out->detail = d;
	const struct slot slots[] = {
	    {SQL_BUSINESS_GET_EXTERNAL_ID, &d->external_id},
	    {SQL_BUSINESS_GET_REGION_KEY, &d->region.key},
	    {SQL_BUSINESS_GET_REGION_NAME, &d->region.name},
	    {SQL_BUSINESS_GET_REGION_COUNTRY, &d->region.country},
	    {SQL_BUSINESS_GET_CITY_KEY, &d->city.key},
	    {SQL_BUSINESS_GET_CITY_SLUG, &d->city.slug},
	    {SQL_BUSINESS_GET_CITY_NAME, &d->city.name},
	    {SQL_BUSINESS_GET_DESCRIPTION, &d->description},
	    {SQL_BUSINESS_GET_WEBSITE, &d->website},
	    {SQL_BUSINESS_GET_PATH, &out->path},
	    {SQL_BUSINESS_GET_CREATED_AT, &d->created_at},
	    {SQL_BUSINESS_GET_UPDATED_AT, &d->updated_at},
	    {SQL_BUSINESS_GET_SOURCE_UPDATED_AT, &d->source_updated_at},
	};
	d->region.businesses = db_i64(rows, row, SQL_BUSINESS_GET_REGION_BUSINESSES);
	d->city.businesses = db_i64(rows, row, SQL_BUSINESS_GET_CITY_BUSINESSES);
	rows_category(taxonomy_by_id((int)db_i64(rows, row, SQL_BUSINESS_CATEGORY_ID)),
		      db_i64(rows, row, SQL_BUSINESS_GET_CATEGORY_BUSINESSES), &d->category);
	bool fits = TEXTS(arena, rows, row, slots) &&
		    rows_texts(arena, rows, row, SQL_BUSINESS_GET_CATEGORIES, &d->categories) &&
		    rows_texts(arena, rows, row, SQL_BUSINESS_GET_ALT_NAMES, &d->alt_names) &&
		    rows_texts(arena, rows, row, SQL_BUSINESS_GET_SERVICE_AREA, &d->service_area) &&
		    rows_texts(arena, rows, row, SQL_BUSINESS_GET_SAME_AS, &d->same_as) &&
		    json(arena, rows, row, SQL_BUSINESS_GET_OFFERS, &d->offers) &&
		    json(arena, rows, row, SQL_BUSINESS_GET_EXTRA, &d->extra) &&
		    json(arena, rows, row, SQL_BUSINESS_GET_FOUND, &d->found);
	d->city.country = d->region.country;
	category_keys(&d->categories);
	return fits;
}

void rows_category(const struct taxonomy_category *category, int64_t businesses,
		   struct search_category *out)
{
	if (!category)
		return;
	const struct taxonomy_group *group = taxonomy_group(str_of(category->group));
	*out = (struct search_category){
	    .key = str_of(category->key),
	    .label = str_of(category->label),
	    .schema_type = str_of(category->schema_type),
	    .group_key = str_of(group->key),
	    .group_label = str_of(group->label),
	    .businesses = businesses,
	};
}

bool rows_facet(struct arena *arena, const struct db_rows *rows, int row, int64_t at_s,
		struct search_facets *f)
{
	struct str kind = db_text(rows, row, SQL_LIST_FACETS_FACET);
	int64_t n = db_i64(rows, row, SQL_LIST_FACETS_BUSINESSES);
	struct search_facet *out;
	if (str_eq(kind, STR("total"))) {
		f->total = n;
		return true;
	}
	if (str_eq(kind, STR("category"))) {
		const struct taxonomy_category *category =
		    taxonomy_by_id((int)db_i64(rows, row, SQL_LIST_FACETS_CATEGORY_ID));
		if (category && f->categories < SEARCH_FACETS_MAX)
			f->category[f->categories++] = (struct search_facet){
			    str_of(category->key), str_of(category->label), n};
		return true;
	}
	if (str_eq(kind, STR("hours"))) {
		f->open += rows_hours_open(rows, row, at_s) ? n : 0;
		return true;
	}
	size_t *count = str_eq(kind, STR("region")) ? &f->regions : &f->cities;
	if (*count == SEARCH_FACETS_MAX)
		return true;
	out = &(count == &f->regions ? f->region : f->city)[(*count)++];
	out->businesses = n;
	return rows_text(arena, rows, row, SQL_LIST_FACETS_KEY, &out->key) &&
	       rows_text(arena, rows, row, SQL_LIST_FACETS_NAME, &out->label);
}
