/* Addresses of businesses, given once: the path of each new business, the first segment of each new
 * place. */
#include "base/json.h"
#include "db/db.h"
#include "directory/import/internal.h"
#include "sql/import.h"

#include <string.h>

enum {
	FOLDER_MOST = 4096, /* businesses in the folder of a place */
	LINES_MAX = 16 << 20,
	PLACE_BYTES = 2 * SLUG_BYTES + 32,
};

struct str import_path_name(struct str name, struct str country, struct str category,
			    char out[SLUG_BYTES])
{
	struct str path = slug_of(name, country, out);
	if (!path.n)
		path = slug_of(category, STR(""), out);
	return path.n ? path : STR("business");
}

enum status import_lock(struct db *db, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_import_lock, &rows, err);
	if (status != OK)
		return status;
	bool locked = db_bool(&rows, 0, SQL_IMPORT_LOCK_LOCKED);
	db_rows_release(&rows);
	return locked ? OK
		      : err_set(err, CONFLICT, "another import is running; nothing was changed");
}

/* ---- places ---- */

/* Candidates for the slug of a place, from the shortest to one that no other place can have. */
enum place_wish { PLACE_NAME, PLACE_WITH_REGION, PLACE_WITH_NUMBER, PLACE_WISHES };

/* "hochtann", "munster-bern", "munster-bern-4711". Empty: it cannot have this one. region: its key,
 * "ch-bern". */
static struct str place_slug(enum place_wish wish, const struct db_rows *rows, int row,
			     struct buf *out)
{
	char text[SLUG_BYTES];
	struct str region = db_text(rows, row, SQL_PATH_PLACES_REGION_KEY);
	struct str slug = slug_of(db_text(rows, row, SQL_PATH_PLACES_NAME),
				  db_text(rows, row, SQL_PATH_PLACES_COUNTRY), text);
	buf_reset(out);
	if (wish == PLACE_NAME && (!slug.n || slug_is_reserved(slug)))
		return STR("");
	buf_str(out, slug.n ? slug : STR("place"));
	if (wish > PLACE_NAME) {
		/* The country stands before the region's name, or alone for what has no region. */
		struct str part = region;
		str_cut(&part, '-');
		part = slug_of(part.n ? part : region, STR(""), text);
		buf_printf(out, "-%.*s", STR_ARG(part));
	}
	if (wish == PLACE_WITH_NUMBER)
		buf_printf(out, "-%lld", (long long)db_i64(rows, row, SQL_PATH_PLACES_ID));
	return buf_view(out);
}

/* One chunk of the places that have none. *after: id of the last; unchanged when there are no
 * more. */
static enum status places_round(struct db *db, enum place_wish wish, int64_t *after,
				struct err *err)
{
	struct db_rows rows;
	struct buf list, slug;
	struct json_writer w;
	enum status status = DB_RUN(db, sql_path_places, &rows, err, DB_I64(*after));
	if (status != OK)
		return status;
	buf_init(&list, LINES_MAX);
	buf_init(&slug, PLACE_BYTES);
	json_writer_init(&w, &list);
	json_array_begin(&w);
	for (int i = 0; i < rows.rows; i++) {
		struct str wanted = place_slug(wish, &rows, i, &slug);
		*after = db_i64(&rows, i, SQL_PATH_PLACES_ID);
		if (!wanted.n)
			continue;
		json_object_begin(&w);
		json_member_i64(&w, "id", *after);
		json_member_str(&w, "slug", wanted);
		json_object_end(&w);
	}
	json_array_end(&w);
	if (rows.rows)
		status = DB_RUN(db, sql_path_places_set, NULL, err, DB_TEXT(buf_view(&list)));
	db_rows_release(&rows);
	buf_release(&list);
	buf_release(&slug);
	return status;
}

static enum status paths_of_places(struct db *db, struct err *err)
{
	enum status status = DB_RUN(db, sql_path_places_given, NULL, err);
	if (status == OK)
		status = DB_RUN(db, sql_path_places_taken, NULL, err);
	for (int wish = PLACE_NAME; wish < PLACE_WISHES && status == OK; wish++) {
		int64_t after = 0, before = -1;
		while (status == OK && after != before) {
			before = after;
			status = places_round(db, (enum place_wish)wish, &after, err);
		}
		if (!after)
			break; /* none is without */
	}
	return status;
}

/* ---- businesses ---- */

enum status import_paths_new(struct db *db, struct err *err)
{
	enum status status = paths_of_places(db, err);
	return status == OK ? DB_RUN(db, sql_path_give, NULL, err, DB_I64(FOLDER_MOST)) : status;
}

/* Copy the next businesses without a path into import_row. *after: id of the last; unchanged when
 * there are no more. */
static enum status missing_round(struct db *db, int64_t *after, struct err *err)
{
	struct db_rows rows;
	struct buf lines;
	char text[SLUG_BYTES];
	int64_t copied;
	enum status status = DB_RUN(db, sql_path_missing, &rows, err, DB_I64(*after));
	if (status != OK)
		return status;
	buf_init(&lines, LINES_MAX);
	for (int i = 0; i < rows.rows; i++) {
		*after = db_i64(&rows, i, SQL_PATH_MISSING_ID);
		struct str name =
		    import_path_name(db_text(&rows, i, SQL_PATH_MISSING_NAME),
				     db_text(&rows, i, SQL_PATH_MISSING_COUNTRY),
				     db_text(&rows, i, SQL_PATH_MISSING_CATEGORY), text);
		buf_printf(&lines, "%lld\t%.*s\n", (long long)*after, STR_ARG(name));
	}
	must(!buf_failed(&lines));
	if (rows.rows) {
		status = db_copy_begin(db, &sql_path_copy, err);
		if (status == OK)
			status = db_copy_put(db, buf_view(&lines), err);
		if (status == OK)
			status = db_copy_end(db, &copied, err);
	}
	db_rows_release(&rows);
	buf_release(&lines);
	return status;
}

static enum status paths_given(struct db *db, bool *given, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_path_given, &rows, err);
	if (status != OK)
		return status;
	*given = db_bool(&rows, 0, SQL_PATH_GIVEN_GIVEN);
	db_rows_release(&rows);
	return OK;
}

enum status import_paths_missing(struct db *db, struct err *err)
{
	bool given;
	enum status status = paths_given(db, &given, err);
	if (status != OK || given)
		return status;
	status = DB_RUN(db, sql_import_create, NULL, err);
	for (int64_t after = INT64_MIN, before = 0; status == OK && after != before;) {
		before = after;
		status = missing_round(db, &after, err);
	}
	if (status == OK)
		status = import_paths_new(db, err);
	if (status == OK)
		status = DB_RUN(db, sql_path_given_set, NULL, err);
	return status == OK ? DB_RUN(db, sql_path_done, NULL, err) : status;
}

enum status import_paths(struct db *db, struct err *err)
{
	bool given;
	enum status status = paths_given(db, &given, err);
	if (status != OK || given)
		return status;
	status = db_begin(db, err);
	if (status != OK)
		return status;
	status = import_lock(db, err);
	if (status == OK)
		status = import_paths_missing(db, err);
	if (status == OK)
		return db_commit(db, err);
	db_rollback(db);
	return status;
}

enum status import_path_change(struct db *db, int64_t id, struct str path, struct err *err)
{
	struct db_rows rows;
	struct str rest = path, first = str_cut(&rest, '/');
	if (!slug_is_path(path) || !rest.p || slug_is_reserved(first))
		return err_set(
		    err, INVALID,
		    "'%.*s' is no path: a place, not a reserved one, and a name, as in hochtann/fliesen-falkner",
		    STR_ARG(path));
	enum status status = DB_RUN(db, sql_path_change, &rows, err, DB_I64(id), DB_TEXT(path));
	if (status != OK)
		return status;
	bool changed = rows.affected > 0;
	db_rows_release(&rows);
	return changed ? DB_RUN(db, sql_path_changed, NULL, err, DB_I64(id)) : OK;
}
