/* Businesses of a source that the directory has and a complete file of the source no longer has. */
#include "db/db.h"
#include "directory/import/internal.h"
#include "sql/import.h"

#include <inttypes.h>

static void gone_note(struct import_report *r, const struct db_rows *rows, int row)
{
	struct import_gone *g = arena_alloc(&r->arena, sizeof(*g));
	if (!g)
		return;
	*g = (struct import_gone){
	    .id = db_i64(rows, row, SQL_IMPORT_GONE_LIST_ID),
	    .external_id =
		arena_str(&r->arena, db_text(rows, row, SQL_IMPORT_GONE_LIST_EXTERNAL_ID)),
	    .name = arena_str(&r->arena, db_text(rows, row, SQL_IMPORT_GONE_LIST_NAME))};
	if (!g->external_id.p || !g->name.p)
		return;
	if (r->last_gone)
		r->last_gone->next = g;
	else
		r->gone = g;
	r->last_gone = g;
}

static enum status gone_list(struct import *im)
{
	struct db_rows rows;
	enum status status = DB_RUN(im->db, sql_import_gone_list, &rows, im->err);
	if (status != OK)
		return status;
	for (int i = 0; i < rows.rows; i++)
		gone_note(im->report, &rows, i);
	db_rows_release(&rows);
	return OK;
}

static enum status gone_count(struct import *im, int64_t source, uint64_t *gone, uint64_t *known)
{
	struct db_rows rows;
	enum status status = DB_RUN(im->db, sql_import_gone_count, &rows, im->err, DB_I64(source));
	if (status != OK)
		return status;
	*gone = (uint64_t)db_i64(&rows, 0, SQL_IMPORT_GONE_COUNT_GONE);
	*known = (uint64_t)db_i64(&rows, 0, SQL_IMPORT_GONE_COUNT_KNOWN);
	db_rows_release(&rows);
	return OK;
}

enum status import_gone_find(struct import *im, int64_t source)
{
	const struct import_options *o = im->options;
	struct buf kept;
	uint64_t gone, known;
	if (im->unknown)
		return err_set(
		    im->err, INVALID,
		    "%" PRIu64
		    " records were rejected before their ids were known: with --complete they would be removed; nothing was changed; mend them, or import without --complete",
		    im->unknown);
	buf_init(&kept, im->kept.n + 16);
	buf_printf(&kept, "{%.*s}", STR_ARG(buf_view(&im->kept)));
	enum status status = DB_RUN(im->db, sql_import_gone_create, NULL, im->err);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_gone, NULL, im->err, DB_I64(source),
				DB_TEXT(buf_view(&kept)));
	buf_release(&kept);
	if (status == OK)
		status = gone_count(im, source, &gone, &known);
	if (status != OK)
		return status;
	im->report->removed = gone;
	if (o->dry_run)
		return gone_list(im);
	if (gone * 100 > known * (uint64_t)o->complete_percent)
		return err_set(im->err, CONFLICT,
			       "%" PRIu64 " of %" PRIu64
			       " businesses of source '%s' are not in the file, more than %" PRIu64
			       " %%; nothing was changed; --dry-run lists them, --complete=%" PRIu64
			       "%% removes them",
			       gone, known, o->source_key, (uint64_t)o->complete_percent,
			       (gone * 100 + known - 1) / known);
	return OK;
}

enum status import_gone_remove(struct import *im)
{
	enum status status = DB_RUN(im->db, sql_import_gone_leave, NULL, im->err);
	return status == OK ? DB_RUN(im->db, sql_import_gone_leave_detail, NULL, im->err) : status;
}
