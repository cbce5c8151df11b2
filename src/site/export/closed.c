/* The addresses of businesses that have closed for good: pages that say so, and since when, for
 * visitors who come from elsewhere. No list, sitemap or search leads to them. A business that was
 * closed from the first has no address. */
#include "site/export/internal.h"

#include "base/memory.h"
#include "sql/export.h"

/* The next rows behind *after; *more: there may be others. */
static enum status closed_rows(struct db *db, int64_t *after, bool *more, struct db_rows *rows,
			       struct err *err)
{
	const struct db_param params[] = {DB_I64(*after), DB_I64(EXPORT_CHUNK)};
	enum status status = db_run(db, &sql_export_closed, params, 2, rows, err);
	if (status != OK)
		return status;
	*more = rows->rows == EXPORT_CHUNK;
	if (rows->rows)
		*after = db_i64(rows, rows->rows - 1, SQL_EXPORT_CLOSED_ID);
	return OK;
}

enum status closed_digest(struct db *db, uint64_t *digest, struct err *err)
{
	static const int columns[] = {SQL_EXPORT_CLOSED_NAME, SQL_EXPORT_CLOSED_CLOSED_ON,
				      SQL_EXPORT_CLOSED_PATH};
	struct db_rows rows;
	XXH3_state_t *state = memory_had(XXH3_createState());
	enum status status = OK;
	XXH3_64bits_reset(state);
	bool more = true;
	for (int64_t after = INT64_MIN; status == OK && more;) {
		status = closed_rows(db, &after, &more, &rows, err);
		if (status != OK)
			break;
		for (int i = 0; i < rows.rows; i++) {
			for (size_t c = 0; c < COUNT_OF(columns); c++) {
				struct str s = db_text(&rows, i, columns[c]);
				XXH3_64bits_update(state, s.p ? s.p : "", s.n);
				XXH3_64bits_update(state, "", 1);
			}
		}
		db_rows_release(&rows);
	}
	*digest = XXH3_64bits_digest(state);
	XXH3_freeState(state);
	return status;
}

/* Its page may be there from when it was open: the content becomes unknown before it is
 * overwritten. */
static enum status closed_put(struct export_files *f, struct maker *m, const struct db_rows *rows,
			      int row, struct err *err)
{
	int64_t id = db_i64(rows, row, SQL_EXPORT_CLOSED_ID);
	struct str name = db_text(rows, row, SQL_EXPORT_CLOSED_NAME);
	const struct manifest_entry *was = manifest_find(f->spare, id);
	char path[EXPORT_PATH];
	if (was && was->page)
		journal_entry(f->journal, was, str_of(manifest_path(was)), STR(""), false);
	business_file(db_text(rows, row, SQL_EXPORT_CLOSED_PATH), id, business_endings[0], path);
	maker_begin(m);
	json_build_text(&m->b, m->root, "heading", name);
	json_build_text(&m->b, m->root, "closed", db_text(rows, row, SQL_EXPORT_CLOSED_CLOSED_ON));
	maker_head(m, name, STR(""), NULL);
	enum status status = maker_render(m, THEME_CLOSED, err);
	return status == OK ? files_put_over(f, path, buf_view(&m->out), err)
			    : err_prefix(err, status, "%s", path);
}

enum status closed_write(struct export_files *f, struct maker *m, struct db *db, struct err *err)
{
	struct db_rows rows;
	enum status status = OK;
	bool more = true;
	for (int64_t after = INT64_MIN; status == OK && more;) {
		status = closed_rows(db, &after, &more, &rows, err);
		if (status != OK)
			break;
		for (int i = 0; i < rows.rows && status == OK; i++)
			status = closed_put(f, m, &rows, i, err);
		db_rows_release(&rows);
	}
	return status;
}
