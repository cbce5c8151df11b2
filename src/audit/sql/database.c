/* An audit of a database: statements from pg_stat_statements, from its functions, views and rules,
 * or from a file, before its planner. */
#include "audit/sql/identity.h"
#include "base/io.h"
#include "sql/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DATABASE_TEXT_MAX = STATEMENT_BYTES_MAX };

/* ---- pg_stat_statements ---- */

static enum status run_one(struct planner_run *d, const struct db_rows *rows, int i)
{
	char name[32], path[1024];
	struct str query = db_text(rows, i, SQL_AUDIT_EXECUTED_QUERY);
	const char *search_path = d->options->search_path;
	if (str_eq(query, STR("<insufficient privilege>"))) {
		d->audit.summary->hidden++;
		return OK;
	}
	if (run_over(d)) {
		d->audit.summary->unreached++;
		return OK;
	}
	if (!search_path && !db_null(rows, i, SQL_AUDIT_EXECUTED_SEARCH_PATH)) {
		snprintf(path, sizeof(path), "%.*s",
			 STR_ARG(db_text(rows, i, SQL_AUDIT_EXECUTED_SEARCH_PATH)));
		search_path = path;
	}
	snprintf(name, sizeof(name), "%" PRId64, db_i64(rows, i, SQL_AUDIT_EXECUTED_QUERYID));
	arena_reset(&d->audit.file_arena);
	struct str copy = arena_str(&d->audit.file_arena, query);
	if (!copy.p || query.n > DATABASE_TEXT_MAX)
		return OK;
	d->audit.file.path = STR("pg_stat_statements");
	d->audit.file.name = str_of(name);
	enum status status =
	    load_text(&d->reader, copy, &d->audit.file, &d->audit.file_arena, d->err);
	return status == OK ? run_file(d, search_path) : status;
}

static enum status run_executed(struct planner_run *d)
{
	struct db_rows rows;
	struct str schema = {0};
	enum status status =
	    probe_read(d->probe, NULL, &sql_audit_extension, NULL, 0, &rows, d->err);
	if (status != OK)
		return status;
	if (rows.rows)
		schema = arena_str(&d->audit.arena, db_text(&rows, 0, SQL_AUDIT_EXTENSION_SCHEMA));
	db_rows_release(&rows);
	if (!schema.n)
		return err_set(
		    d->err, NOT_FOUND,
		    "this database does not have the extension pg_stat_statements: CREATE EXTENSION pg_stat_statements (the library must be in shared_preload_libraries), or give statements with --statements FILE");
	status = PROBE_READ(d->probe, schema.p, sql_audit_executed, &rows, d->err,
			    DB_I64(d->options->statement));
	if (status != OK)
		return status;
	if (!rows.rows && d->options->statement)
		status = err_set(d->err, NOT_FOUND,
				 "pg_stat_statements has no statement %" PRId64 " of this database",
				 d->options->statement);
	for (int i = 0; i < rows.rows && status == OK; i++)
		status = run_one(d, &rows, i);
	db_rows_release(&rows);
	return status;
}

/* ---- a file ---- */

static enum status run_statements(struct planner_run *d)
{
	struct buf body;
	bool input = strcmp(d->options->statements, "-") == 0;
	buf_init(&body, STATEMENT_BYTES_MAX);
	enum status status =
	    io_read_file(input ? "/dev/stdin" : d->options->statements, &body, d->err);
	if (status == OK) {
		d->audit.file.path = input ? STR("-") : str_of(d->options->statements);
		d->audit.summary->files++;
		status = load_text(&d->reader, buf_view(&body), &d->audit.file,
				   &d->audit.file_arena, d->err);
	}
	if (status == OK)
		status = run_file(d, d->options->search_path);
	buf_release(&body);
	return status;
}

/* Without pg_stat_statements the code of the database is audited all the same. */
static enum status run_sources(struct planner_run *d)
{
	struct err err;
	if (d->options->statements)
		return run_statements(d);
	enum status status = d->options->executed ? run_executed(d) : OK;
	if (!d->options->code || (status != OK && status != NOT_FOUND))
		return status;
	if (status == OK)
		return run_code(d);
	err = *d->err;
	enum status code = run_code(d);
	if (code == OK)
		*d->err = err;
	return code == OK ? status : code;
}

enum status sql_audit_database(const struct sql_options *options,
			       const struct sql_database *database, struct audit_report *report,
			       struct sql_summary *summary, struct err *err)
{
	struct planner_run d = {.options = database, .err = err};
	enum status status = sql_rule_known(options, err);
	*summary = (struct sql_summary){0};
	if (status == OK)
		status = probe_open(&d.probe, database->url, err);
	if (status != OK)
		return status;
	run_begin(&d, options, report, summary);
	status = run_sources(&d);
	run_end(&d);
	probe_close(d.probe);
	return status;
}
