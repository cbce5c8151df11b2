/* Ids that travel: identities.tsv, a line for each business with source, external id, id, the path
 * of its page, and those that it had before, separated by spaces; then one for each place, with its
 * key and slug in the columns of external id and path, and those that it had. */
#include "base/io.h"
#include "base/json.h"
#include "db/db.h"
#include "directory/import/internal.h"
#include "directory/slug/slug.h"
#include "sql/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_ROWS = 5000, BATCH_BYTES = 16 << 20, PIECE_BYTES = 64 << 20 };

static const char heading[] = "source\texternal_id\tid\tpath\tpath_old";

/* ---- writing ---- */

static void put_e7_degrees(char out[32], const struct db_rows *rows, int row, int column,
			   struct str *value)
{
	*value = (struct str){NULL, 0};
	if (db_null(rows, row, column))
		return;
	snprintf(out, 32, "%.7f", (double)db_i64(rows, row, column) / 1e7);
	*value = str_of(out);
}

/* The contents id that a file with the record as it is now would give it. */
static void contents_now(const struct db_rows *rows, int row, char out[RECORD_CONTENTS_ID])
{
	static const struct {
		enum record_field field;
		int column;
	} parts[] = {{RECORD_NAME, SQL_IDENTITY_LIST_NAME},
		     {RECORD_STREET, SQL_IDENTITY_LIST_STREET},
		     {RECORD_POSTCODE, SQL_IDENTITY_LIST_POSTCODE},
		     {RECORD_CITY, SQL_IDENTITY_LIST_CITY},
		     {RECORD_COUNTRY, SQL_IDENTITY_LIST_COUNTRY}};
	struct record record = {0};
	char lat[32], lon[32];
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		record.field[parts[i].field] = db_text(rows, row, parts[i].column);
	put_e7_degrees(lat, rows, row, SQL_IDENTITY_LIST_LAT_E7, &record.field[RECORD_LAT]);
	put_e7_degrees(lon, rows, row, SQL_IDENTITY_LIST_LON_E7, &record.field[RECORD_LON]);
	record_contents_id(&record, db_text(rows, row, SQL_IDENTITY_LIST_REGISTERED), out);
}

static void put_identity(struct buf *out, const struct db_rows *rows, int row)
{
	struct str external = db_text(rows, row, SQL_IDENTITY_LIST_EXTERNAL_ID);
	char contents[RECORD_CONTENTS_ID], id[RECORD_ID_TEXT];
	if (str_starts(external, STR(RECORD_CONTENTS_PREFIX))) {
		contents_now(rows, row, contents);
		external = str_of(contents);
	}
	record_id_format(db_i64(rows, row, SQL_IDENTITY_LIST_ID), id);
	buf_printf(out, "%.*s\t%.*s\t%s\t%.*s\t%.*s\n",
		   STR_ARG(db_text(rows, row, SQL_IDENTITY_LIST_SOURCE_KEY)), STR_ARG(external), id,
		   STR_ARG(db_text(rows, row, SQL_IDENTITY_LIST_PATH)),
		   STR_ARG(db_text(rows, row, SQL_IDENTITY_LIST_PATH_OLD)));
}

static enum status identities_put_places(struct db *db, struct buf *out, struct err *err)
{
	struct db_rows rows;
	enum status status = db_run(db, &sql_identity_places, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	for (int i = 0; i < rows.rows; i++)
		buf_printf(out, "\t%.*s\t\t%.*s\t%.*s\n",
			   STR_ARG(db_text(&rows, i, SQL_IDENTITY_PLACES_KEY)),
			   STR_ARG(db_text(&rows, i, SQL_IDENTITY_PLACES_SLUG)),
			   STR_ARG(db_text(&rows, i, SQL_IDENTITY_PLACES_SLUG_OLD)));
	db_rows_release(&rows);
	return buf_failed(out) ? err_set(err, TOO_LARGE, "too many places") : OK;
}

enum status import_identities_write(struct db *db, int fd, struct err *err)
{
	struct buf out;
	struct db_rows rows;
	int64_t after = INT64_MIN;
	int count;
	buf_init(&out, PIECE_BYTES);
	buf_printf(&out, "%s\n", heading);
	enum status status;
	do {
		status = DB_RUN(db, sql_identity_list, &rows, err, DB_I64(after));
		if (status != OK)
			break;
		count = rows.rows;
		for (int i = 0; i < count; i++)
			put_identity(&out, &rows, i);
		if (count)
			after = db_i64(&rows, count - 1, SQL_IDENTITY_LIST_ID);
		db_rows_release(&rows);
		must(!buf_failed(&out));
		status = io_write_all(fd, out.p, out.n, err);
		buf_reset(&out);
	} while (status == OK && count);
	if (status == OK)
		status = identities_put_places(db, &out, err);
	if (status == OK)
		status = io_write_all(fd, out.p, out.n, err);
	buf_release(&out);
	return status;
}

/* ---- reading ---- */

struct identities {
	struct db *db;
	struct buf rows; /* a JSON array */
	struct json_writer json;
	int count;
};

static void identities_begin(struct identities *in)
{
	buf_reset(&in->rows);
	json_writer_init(&in->json, &in->rows);
	json_array_begin(&in->json);
	in->count = 0;
}

static enum status identities_flush(struct identities *in, struct err *err)
{
	if (!in->count)
		return OK;
	json_array_end(&in->json);
	enum status status =
	    DB_RUN(in->db, sql_identity_add, NULL, err, DB_TEXT(buf_view(&in->rows)));
	identities_begin(in);
	return status;
}

/* The former paths, as a member of the line's object. */
static enum status identities_put_former(struct identities *in, struct str former, struct err *err)
{
	json_key(&in->json, "path_old");
	json_array_begin(&in->json);
	while (former.n) {
		struct str path = str_cut(&former, ' ');
		if (!slug_is_path(path))
			return err_set(err, INVALID, "'%.*s' is not a path that a page had",
				       STR_ARG(path));
		json_put_str(&in->json, path);
	}
	json_array_end(&in->json);
	return OK;
}

static enum status identities_line(struct identities *in, struct str line, struct err *err)
{
	struct str rest = line, source = str_cut(&rest, '\t'), external = str_cut(&rest, '\t');
	struct str id = str_cut(&rest, '\t'), path = str_cut(&rest, '\t');
	struct str former = str_cut(&rest, '\t'); /* not in files of older versions */
	int64_t number = 0;
	bool place = !source.n && !id.n;
	if (path.n && !slug_is_path(path))
		return err_set(
		    err, INVALID,
		    "the path is not made of lower-case letters, digits and hyphens, as 'town/name' is");
	if (place && external.n && path.n &&
	    (memchr(path.p, '/', path.n) || slug_is_reserved(path)))
		return err_set(err, INVALID, "'%.*s' cannot be the address of a place",
			       STR_ARG(path));
	if (!external.n || (place ? !path.n : !source.n || !record_id_parse(id, &number)))
		return err_set(err, INVALID,
			       "not source, external id, id and path, separated by tabs");
	json_object_begin(&in->json);
	json_member_str(&in->json, "source_key", source);
	json_member_str(&in->json, "external_id", external);
	if (!place)
		json_member_i64(&in->json, "id", number);
	if (path.n)
		json_member_str(&in->json, "path", path);
	if (former.n && path.n) {
		enum status status = identities_put_former(in, former, err);
		if (status != OK)
			return status;
	}
	json_object_end(&in->json);
	return ++in->count == BATCH_ROWS || in->rows.n > BATCH_BYTES / 2 ? identities_flush(in, err)
									 : OK;
}

enum status import_identities(struct db *db, const char *path, struct err *err)
{
	struct identities in = {.db = db};
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	FILE *file = fopen(path, "re");
	if (!file)
		return err_errno(err, NOT_FOUND, "%s", path);
	buf_init(&in.rows, BATCH_BYTES);
	identities_begin(&in);
	enum status status = db_begin(db, err);
	bool begun = status == OK;
	for (int number = 1; status == OK && (n = getline(&line, &room, file)) >= 0; number++) {
		struct str text = {line, (size_t)n};
		while (text.n && strchr("\r\n", text.p[text.n - 1]))
			text.n--;
		if (text.n && !str_eq(text, str_of(heading)))
			status = identities_line(&in, text, err);
		if (status != OK)
			status = err_prefix(err, status, "%s:%d", path, number);
	}
	if (status == OK && ferror(file))
		status = err_errno(err, FAILED, "%s", path);
	if (status == OK)
		status = identities_flush(&in, err);
	if (status == OK)
		status = db_commit(db, err);
	else if (begun)
		db_rollback(db);
	free(line);
	fclose(file);
	buf_release(&in.rows);
	return status;
}
