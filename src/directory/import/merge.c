/* From the file into the directory: one transaction. */
#include "db/db.h"
#include "directory/import/internal.h"
#include "sql/import.h"

#include <stdio.h>

enum { INDEXES_BEHIND_ROWS = 20000 };

/* The server takes rows while the parser reads the next ones. */
static enum status merge_copy(struct import *im, int fd)
{
	int64_t rows;
	enum status status = db_copy_begin(im->db, &sql_import_copy, im->err);
	if (status == OK)
		status = import_parse(im, fd);
	if (status == OK)
		status = db_copy_end(im->db, &rows, im->err);
	return status == OK ? import_check_rejects(im) : status;
}

/* Rows that a statement took out and returned, as rejects. */
static enum status reject_rows(struct import *im, const struct db_rows *rows)
{
	enum status status = OK;
	for (int i = 0; i < rows->rows && status == OK; i++) {
		char cause[128];
		if (!db_null(rows, i, SQL_IMPORT_REJECT_FIRST_LINE))
			snprintf(cause, sizeof(cause), "duplicate of line %lld",
				 (long long)db_i64(rows, i, SQL_IMPORT_REJECT_FIRST_LINE));
		else
			snprintf(cause, sizeof(cause),
				 "another record of the directory has its id");
		const struct record_reject r = {
		    .line = (uint64_t)db_i64(rows, i, SQL_IMPORT_REJECT_LINE),
		    .number = (uint64_t)db_i64(rows, i, SQL_IMPORT_REJECT_N),
		    .id = db_text(rows, i, SQL_IMPORT_REJECT_EXTERNAL_ID),
		    .field = STR("external_id"),
		    .cause = str_of(cause),
		    .input = db_text(rows, i, SQL_IMPORT_REJECT_EXTERNAL_ID),
		    .record = db_text(rows, i, SQL_IMPORT_REJECT_RECORD)};
		status = import_reject(im, &r);
	}
	return status;
}

static enum status merge_run(struct import *im, const struct db_statement *statement,
			     uint64_t *count)
{
	struct db_rows rows;
	enum status status = db_run(im->db, statement, NULL, 0, &rows, im->err);
	if (status != OK)
		return status;
	if (count)
		*count = (uint64_t)rows.affected;
	db_rows_release(&rows);
	return OK;
}

static enum status merge_steps(struct import *im, const struct db_statement *const *steps, size_t n)
{
	enum status status = OK;
	for (size_t i = 0; i < n && status == OK; i++)
		status = merge_run(im, steps[i], NULL);
	return status;
}

static enum status source_id(struct import *im, int64_t *id)
{
	struct db_rows rows;
	const struct import_options *o = im->options;
	const char *texts[] = {o->source_name, o->licence, o->licence_url, o->attribution,
			       o->source_url};
	struct db_param params[6] = {DB_Z(o->source_key)};
	for (size_t i = 0; i < 5; i++)
		params[i + 1] = texts[i] ? DB_Z(texts[i]) : DB_NULL;
	enum status status = db_run(im->db, &sql_import_source, params, 6, &rows, im->err);
	if (status != OK)
		return status;
	*id = db_i64(&rows, 0, SQL_IMPORT_SOURCE_ID);
	db_rows_release(&rows);
	return OK;
}

static enum status merge_source_of_dry_run(struct import *im, int64_t *id)
{
	struct db_rows rows;
	enum status status =
	    DB_RUN(im->db, sql_import_source_find, &rows, im->err, DB_Z(im->options->source_key));
	if (status != OK)
		return status;
	*id = rows.rows ? db_i64(&rows, 0, SQL_IMPORT_SOURCE_FIND_ID) : -1;
	db_rows_release(&rows);
	return OK;
}

/* Records without ids of their own are matched with what the directory has of the source, from the
 * surest likeness to the least. */
static enum status merge_match(struct import *im, int64_t source)
{
	static const struct db_statement *const levels[] = {
	    &sql_import_match_same,    &sql_import_match_address, &sql_import_match_phone,
	    &sql_import_match_website, &sql_import_match_city,    &sql_import_match_street,
	    &sql_import_match_place,   &sql_import_match_similar, &sql_import_match_name};
	if (!im->without_ids)
		return OK;
	enum status status = merge_run(im, &sql_import_known_create, NULL);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_known, NULL, im->err, DB_I64(source),
				DB_Z(im->options->source_key));
	for (size_t i = 0; i < COUNT_OF(levels) && status == OK; i++)
		status = merge_run(im, levels[i], NULL);
	return status;
}

enum { FEW_RECORDS = 3 };

/* None of the source's records is in the file: it may be another file of the same name. */
static void merge_tell_others(const struct import *im, int64_t known)
{
	if (!im->options->source_given)
		fprintf(stderr,
			"%s: none of the %lld records that source '%s' has is in this file\n",
			im->name, (long long)known, im->options->source_key);
}

/* A file that has no id of its source: of another source, or its records were given new ids and
 * would be there twice. */
static enum status merge_check_ids(struct import *im, int64_t source, int64_t known)
{
	struct db_rows rows;
	const struct import_options *o = im->options;
	enum status status = DB_RUN(im->db, sql_import_renumbered, &rows, im->err, DB_I64(source));
	if (status != OK)
		return status;
	int64_t twice = db_i64(&rows, 0, SQL_IMPORT_RENUMBERED_RENUMBERED);
	db_rows_release(&rows);
	if (twice >= FEW_RECORDS && (uint64_t)twice * 2 > im->report->read - im->report->rejected) {
		if (!o->source_given)
			return err_set(
			    im->err, CONFLICT,
			    "%lld records have name and town of one that source '%s' has under another id, and would be there twice; "
			    "nothing was changed; --complete removes those of before, --source names another source, or this one when it is meant",
			    (long long)twice, o->source_key);
		fprintf(
		    stderr,
		    "%s: %lld records have name and town of one that source '%s' has under another id\n",
		    im->name, (long long)twice, o->source_key);
	} else {
		merge_tell_others(im, known);
	}
	return OK;
}

/* Two files of the same name, in two folders, are rarely of one source: where most of the ids that
 * both have are of other businesses, the user must say that he means it. */
static enum status merge_check_source(struct import *im, int64_t source)
{
	struct db_rows rows;
	enum status status = DB_RUN(im->db, sql_import_others, &rows, im->err, DB_I64(source));
	if (status != OK)
		return status;
	int64_t known = db_i64(&rows, 0, SQL_IMPORT_OTHERS_KNOWN);
	int64_t same = db_i64(&rows, 0, SQL_IMPORT_OTHERS_SAME_ID);
	int64_t renamed = db_i64(&rows, 0, SQL_IMPORT_OTHERS_RENAMED);
	db_rows_release(&rows);
	if (!same && known >= FEW_RECORDS && !im->options->complete) {
		if (!im->without_ids)
			return merge_check_ids(im, source, known);
		merge_tell_others(im, known);
	}
	if (renamed < FEW_RECORDS || renamed * 2 <= same)
		return OK;
	if (!im->options->source_given)
		return err_set(
		    im->err, CONFLICT,
		    "of %lld records of source '%s' that the directory has, %lld are called otherwise in this file; "
		    "nothing was changed; --source names another source, or this one when it is meant",
		    (long long)same, im->options->source_key, (long long)renamed);
	fprintf(
	    stderr,
	    "%s: of %lld records of source '%s' that the directory has, %lld are called otherwise now\n",
	    im->name, (long long)same, im->options->source_key, (long long)renamed);
	return OK;
}

/* Records whose ids are in the file twice. *repeated: with the same facts. */
static enum status sort_out_twice(struct import *im, uint64_t *repeated)
{
	struct db_rows rows;
	enum status status = DB_RUN(im->db, sql_import_twice, &rows, im->err);
	if (status != OK)
		return status;
	bool twice = db_bool(&rows, 0, SQL_IMPORT_TWICE_TWICE);
	db_rows_release(&rows);
	if (!twice)
		return OK;
	status = merge_run(im, &sql_import_repeated, repeated);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_duplicates, &rows, im->err);
	if (status != OK)
		return status;
	status = reject_rows(im, &rows);
	db_rows_release(&rows);
	return status;
}

/* Out of import_row goes what is not to be merged. */
static enum status sort_out(struct import *im, int64_t source)
{
	struct db_rows rows;
	uint64_t repeated = 0, closed = 0;
	enum status status =
	    DB_RUN(im->db, sql_import_identities, NULL, im->err, DB_Z(im->options->source_key));
	if (status == OK)
		status = merge_match(im, source);
	if (status == OK)
		status = merge_check_source(im, source);
	if (status == OK && im->options->complete)
		status = import_gone_find(im, source);
	if (status == OK)
		status = sort_out_twice(im, &repeated);
	if (status == OK)
		status = merge_run(im, &sql_import_suppressed, &im->report->suppressed);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_collisions, &rows, im->err, DB_I64(source));
	if (status == OK) {
		status = reject_rows(im, &rows);
		db_rows_release(&rows);
	}
	if (status == OK)
		status = merge_run(im, &sql_import_unchanged, &im->report->unchanged);
	if (status == OK)
		status = merge_run(im, &sql_import_closed_unchanged, &closed);
	im->report->unchanged += repeated + closed;
	return status;
}

/* Businesses that are closed for good leave the directory; of those the directory did not have, the
 * closing alone is kept. *known: how many it had. */
static enum status merge_closed(struct import *im, int64_t source, uint64_t *known,
				uint64_t *closed)
{
	static const struct db_statement *const steps[] = {
	    &sql_import_closed_leave, &sql_import_closed_leave_detail, &sql_import_closed_done};
	struct db_rows rows;
	enum status status = merge_run(im, &sql_import_reopened, NULL);
	if (status != OK || !im->report->closed)
		return status;
	status = DB_RUN(im->db, sql_import_closed_known, &rows, im->err);
	if (status != OK)
		return status;
	*known = (uint64_t)db_i64(&rows, 0, SQL_IMPORT_CLOSED_KNOWN_KNOWN);
	db_rows_release(&rows);
	status = DB_RUN(im->db, sql_import_closed, &rows, im->err, DB_I64(source));
	if (status != OK)
		return status;
	*closed = (uint64_t)rows.affected;
	db_rows_release(&rows);
	return merge_steps(im, steps, COUNT_OF(steps));
}

/* Count what an import would change, without writing into permanent tables. */
static enum status merge_dry_run(struct import *im)
{
	struct db_rows rows;
	int64_t source;
	enum status status = merge_source_of_dry_run(im, &source);
	if (status == OK)
		status = sort_out(im, source);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_dry_counts, &rows, im->err);
	if (status != OK)
		return status;
	im->report->updated = (uint64_t)db_i64(&rows, 0, SQL_IMPORT_DRY_COUNTS_UPDATED);
	im->report->inserted = (uint64_t)db_i64(&rows, 0, SQL_IMPORT_DRY_COUNTS_INSERTED);
	db_rows_release(&rows);
	return import_check_rejects(im);
}

/* Insert new businesses. The indexes of an empty directory are built after all rows are inserted:
 * row by row they take four fifths of the time. */
static enum status merge_insert(struct import *im, int64_t source)
{
	struct db_rows rows;
	enum status status = OK;
	bool behind = im->report->read >= INDEXES_BEHIND_ROWS;
	if (behind)
		status = merge_run(im, &sql_import_indexes_leave, NULL);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_insert, &rows, im->err, DB_I64(source));
	if (status == OK) {
		im->report->inserted = (uint64_t)rows.affected;
		db_rows_release(&rows);
		status = merge_run(im, &sql_import_insert_detail, NULL);
	}
	if (status == OK)
		status = import_paths_new(im->db, im->err);
	if (status == OK && behind)
		status = merge_run(im, &sql_import_indexes_return, NULL);
	return status;
}

/* Records that name a town without its region get the region of the one place of this name that is
 * theirs, so that a town is not two places. *moving: businesses of the directory that do, too. */
static enum status merge_homes(struct import *im, uint64_t *moving)
{
	static const struct db_statement *const create[] = {&sql_import_home_create,
							    &sql_import_move_create};
	static const struct {
		const struct db_statement *statement;
		bool known;
	} steps[] = {{&sql_import_home_guess, false},      {&sql_import_home_rows_near, false},
		     {&sql_import_home_known_near, true},  {&sql_import_home_unsure, false},
		     {&sql_import_home_rows_alone, false}, {&sql_import_home_known_alone, true}};
	static const struct db_statement *const again[] = {&sql_import_places_again,
							   &sql_import_places};
	uint64_t homes = 0;
	*moving = 0;
	enum status status = merge_steps(im, create, COUNT_OF(create));
	if (status == OK)
		status = merge_run(im, &sql_import_homes, &homes);
	for (size_t i = 0; i < COUNT_OF(steps) && status == OK && homes; i++) {
		uint64_t rows = 0;
		status = merge_run(im, steps[i].statement, &rows);
		if (steps[i].known)
			*moving += rows;
	}
	if (status == OK && homes)
		status = merge_steps(im, again, COUNT_OF(again));
	return status;
}

/* The places of the records, and businesses that move to theirs. */
static enum status merge_places(struct import *im)
{
	static const struct db_statement *const create[] = {&sql_import_place_create,
							    &sql_import_places};
	static const struct db_statement *const places[] = {
	    &sql_import_regions, &sql_import_cities, &sql_import_place_ids,
	    &sql_import_place_facets, &sql_import_place_analyze};
	static const struct db_statement *const move[] = {
	    &sql_import_move_detail, &sql_import_move_business, &sql_import_move_slugs};
	uint64_t moving;
	enum status status = merge_steps(im, create, COUNT_OF(create));
	if (status == OK)
		status = merge_homes(im, &moving);
	if (status == OK)
		status = merge_steps(im, places, COUNT_OF(places));
	if (status == OK && moving)
		status = merge_steps(im, move, COUNT_OF(move));
	return status == OK ? merge_run(im, &sql_import_homes_given, NULL) : status;
}

static enum status merge_rows(struct import *im)
{
	int64_t source = 0;
	uint64_t known = 0, closed = 0;
	enum status status = source_id(im, &source);
	if (status == OK)
		status = sort_out(im, source);
	if (status == OK)
		status = import_check_rejects(im);
	if (status == OK && im->options->complete)
		status = import_gone_remove(im);
	if (status == OK)
		status = merge_closed(im, source, &known, &closed);
	if (status == OK)
		status = merge_places(im);
	if (status == OK)
		status = merge_run(im, &sql_import_update, &im->report->updated);
	if (status == OK && im->report->updated)
		status = merge_run(im, &sql_import_update_detail, NULL);
	if (status == OK && im->report->updated)
		status = merge_run(im, &sql_import_updated, NULL);
	if (status == OK)
		status = merge_insert(im, source);
	if (status == OK) {
		im->report->inserted += closed - known;
		im->report->updated += known;
	}
	return status;
}

static enum status merge_all(struct import *im, int fd)
{
	enum status status = import_lock(im->db, im->err);
	if (status == OK && !im->options->dry_run)
		status = import_paths_missing(im->db, im->err);
	if (status == OK && !im->options->dry_run)
		status = import_regions_merge(im->db, im->err);
	if (status == OK)
		status = DB_RUN(im->db, sql_import_create, NULL, im->err);
	if (status == OK)
		status = merge_copy(im, fd);
	if (status == OK)
		status = merge_run(im, &sql_import_sample, NULL);
	if (status == OK)
		status = merge_run(im, &sql_import_analyze, NULL);
	if (status == OK)
		status = im->options->dry_run ? merge_dry_run(im) : merge_rows(im);
	return status;
}

enum status import_merge(struct import *im, int fd)
{
	enum status status = db_begin(im->db, im->err);
	if (status != OK)
		return status;
	status = merge_all(im, fd);
	if (status == OK && !im->options->dry_run)
		status = db_commit(im->db, im->err);
	if (status != OK || im->options->dry_run)
		db_rollback(im->db);
	return status;
}
