/* One region, one row: "AT-7" and "Tyrol", imported before the names of ISO 3166-2 were known,
 * become "Tirol". The towns of both are merged with it; businesses keep their addresses. */
#include "base/json.h"
#include "db/db.h"
#include "directory/import/internal.h"
#include "directory/iso/iso.h"
#include "directory/words/words.h"
#include "sql/import.h"

enum { LIST_BYTES = 16 << 20 };

static enum status regions_are_merged(struct db *db, bool *merged, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_region_merged, &rows, err);
	if (status != OK)
		return status;
	*merged = db_bool(&rows, 0, SQL_REGION_MERGED_MERGED);
	db_rows_release(&rows);
	return OK;
}

/* Regions that have another name in the standard, as a JSON array. *some: there are any. */
static enum status regions_list(struct db *db, struct buf *list, bool *some, struct err *err)
{
	struct json_writer w;
	struct db_rows rows;
	char key[WORDS_KEY_BYTES];
	enum status status = DB_RUN(db, sql_region_named, &rows, err);
	if (status != OK)
		return status;
	json_writer_init(&w, list);
	json_array_begin(&w);
	for (int i = 0; i < rows.rows; i++) {
		struct str of, name = db_text(&rows, i, SQL_REGION_NAMED_NAME);
		struct str part = iso_part(db_text(&rows, i, SQL_REGION_NAMED_COUNTRY), name, &of);
		if (!part.n || str_eq(part, name))
			continue;
		*some = true;
		json_object_begin(&w);
		json_member_i64(&w, "id", db_i64(&rows, i, SQL_REGION_NAMED_ID));
		json_member_str(&w, "name", part);
		json_member_str(&w, "name_key", words_key(part, key));
		json_object_end(&w);
	}
	json_array_end(&w);
	db_rows_release(&rows);
	return OK;
}

enum status import_regions_merge(struct db *db, struct err *err)
{
	static const struct db_statement *const tables[] = {&sql_import_region_create,
							    &sql_import_city_create};
	static const struct db_statement *const steps[] = {
	    &sql_region_merge_cities,       &sql_region_merge_detail, &sql_region_merge_business,
	    &sql_region_merge_profiles,     &sql_region_merge_slugs,  &sql_region_merge_cities_gone,
	    &sql_region_merge_cities_named, &sql_region_merge_gone,   &sql_region_merge_named};
	struct buf list;
	bool merged, some = false;
	enum status status = regions_are_merged(db, &merged, err);
	if (status != OK || merged)
		return status;
	buf_init(&list, LIST_BYTES);
	status = regions_list(db, &list, &some, err);
	for (size_t i = 0; i < COUNT_OF(tables) && status == OK && some; i++)
		status = db_run(db, tables[i], NULL, 0, NULL, err);
	if (status == OK && some)
		status = DB_RUN(db, sql_region_merge, NULL, err, DB_TEXT(buf_view(&list)));
	for (size_t i = 0; i < COUNT_OF(steps) && status == OK && some; i++)
		status = db_run(db, steps[i], NULL, 0, NULL, err);
	buf_release(&list);
	return status == OK ? DB_RUN(db, sql_region_merged_set, NULL, err) : status;
}
