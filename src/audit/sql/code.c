/* What a database runs by itself: functions, procedures (those of triggers too), views and rules.
 * Each is a text of its own, as psql's \\sf, \\sv and \\d+ show it, and so are the lines of
 * findings. Members of extensions and bodies in other languages are not read. */
#include "audit/sql/identity.h"
#include "sql/audit.h"

#include <stdio.h>

enum { CODE_PATH_MAX = 1024 };

static enum status code_one(struct planner_run *d, const struct db_rows *rows, int i)
{
	char path[CODE_PATH_MAX];
	struct sql_audit *audit = &d->audit;
	const char *search_path = d->options->search_path;
	if (run_over(d)) {
		audit->summary->unreached++;
		return OK;
	}
	/* its own SET applies for every caller */
	if (!db_null(rows, i, SQL_AUDIT_CODE_SEARCH_PATH) &&
	    (!search_path || db_bool(rows, i, SQL_AUDIT_CODE_FIXED))) {
		snprintf(path, sizeof(path), "%.*s",
			 STR_ARG(db_text(rows, i, SQL_AUDIT_CODE_SEARCH_PATH)));
		search_path = path;
	}
	arena_reset(&audit->file_arena);
	struct str text =
	    arena_str(&audit->file_arena, db_text(rows, i, SQL_AUDIT_CODE_DEFINITION));
	audit->file.path = db_text(rows, i, SQL_AUDIT_CODE_TITLE);
	audit->file.name = db_text(rows, i, SQL_AUDIT_CODE_NAME);
	audit->summary->code++;
	if (!text.p || text.n > STATEMENT_BYTES_MAX)
		return OK;
	enum status status = load_text(&d->reader, text, &audit->file, &audit->file_arena, d->err);
	return status == OK ? run_file(d, search_path) : status;
}

enum status run_code(struct planner_run *d)
{
	struct db_rows rows;
	/* views are written with the names that this search_path needs */
	enum status status =
	    probe_read(d->probe, d->options->search_path, &sql_audit_code, NULL, 0, &rows, d->err);
	if (status != OK)
		return status;
	for (int i = 0; i < rows.rows && status == OK; i++)
		status = code_one(d, &rows, i);
	db_rows_release(&rows);
	return status;
}
