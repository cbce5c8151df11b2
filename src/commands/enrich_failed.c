#include "commands/enrich_failed.h"
#include "base/cli.h"
#include "base/utf8.h"
#include "directory/record/record.h"
#include "sql/pipeline.h"

#include <stdio.h>

static struct db_param stage_param(const char *stage)
{
	return stage ? DB_Z(stage) : DB_NULL;
}

enum status enrich_put_causes(struct db *db, int64_t batch, struct json_writer *w, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_batch_causes, &rows, err, DB_I64(batch));
	if (status != OK)
		return status;
	if (w) {
		json_key(w, "causes");
		json_array_begin(w);
	}
	for (int row = 0; row < rows.rows; row++) {
		struct str cause = db_text(&rows, row, SQL_BATCH_CAUSES_CAUSE);
		int64_t n = db_i64(&rows, row, SQL_BATCH_CAUSES_N);
		if (!w) {
			printf("  %8lld %.*s\n", (long long)n, STR_ARG(cause));
			continue;
		}
		json_object_begin(w);
		json_member_str(w, "cause", cause);
		json_member_i64(w, "items", n);
		json_object_end(w);
	}
	if (w)
		json_array_end(w);
	db_rows_release(&rows);
	return OK;
}

/* A business that failed or died, in the form that was asked for. */
static void failed_put_business(int64_t id, struct str name, struct str stage, struct str cause,
				struct str at)
{
	char text[RECORD_ID_TEXT];
	record_id_format(id, text);
	if (!cli_globals.json) {
		printf("%s  %.*s%*s  %.*s  %.*s  %.*s\n", text, STR_ARG(name),
		       utf8_padding(name, 30), "", STR_ARG(stage), STR_ARG(cause), STR_ARG(at));
		return;
	}
	struct buf out;
	struct json_writer w;
	buf_init(&out, 1 << 16);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_z(&w, "business", text);
	json_member_str(&w, "name", name);
	json_member_str(&w, "stage", stage);
	json_member_str(&w, "cause", cause);
	json_member_str(&w, "at", at);
	json_object_end(&w);
	printf("%s\n", buf_z(&out));
	buf_release(&out);
}

static enum status show_failures(struct db *db, struct str stage, int64_t batch, int64_t limit,
				 struct err *err)
{
	struct db_rows rows;
	enum status status =
	    DB_RUN(db, sql_batch_failures, &rows, err, DB_I64(batch), DB_I64(limit));
	if (status != OK)
		return status;
	for (int row = 0; row < rows.rows; row++)
		failed_put_business(db_i64(&rows, row, SQL_BATCH_FAILURES_BUSINESS_ID),
				    db_text(&rows, row, SQL_BATCH_FAILURES_NAME), stage,
				    db_text(&rows, row, SQL_BATCH_FAILURES_CAUSE),
				    db_text(&rows, row, SQL_BATCH_FAILURES_AT));
	db_rows_release(&rows);
	return OK;
}

static enum status show_causes(struct db *db, struct str stage, int64_t batch, struct err *err)
{
	if (!cli_globals.json) {
		printf("%.*s, batch %lld\n", STR_ARG(stage), (long long)batch);
		return enrich_put_causes(db, batch, NULL, err);
	}
	struct buf out;
	struct json_writer w;
	buf_init(&out, 1 << 16);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_str(&w, "stage", stage);
	json_member_i64(&w, "batch", batch);
	enum status status = enrich_put_causes(db, batch, &w, err);
	if (status == OK) {
		json_object_end(&w);
		printf("%s\n", buf_z(&out));
	}
	buf_release(&out);
	return status;
}

enum status enrich_show_failed(struct db *db, const char *stage, bool why, int64_t limit,
			       struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_batch_last, &rows, err, stage_param(stage));
	if (status != OK)
		return status;
	for (int row = 0; row < rows.rows && status == OK; row++) {
		struct str of = db_text(&rows, row, SQL_BATCH_LAST_STAGE);
		int64_t batch = db_i64(&rows, row, SQL_BATCH_LAST_ID);
		status = why ? show_failures(db, of, batch, limit, err)
			     : show_causes(db, of, batch, err);
	}
	db_rows_release(&rows);
	return status;
}

static enum status dead_list(struct db *db, const char *stage, int64_t limit, struct err *err)
{
	struct db_rows rows;
	enum status status =
	    DB_RUN(db, sql_dead_list, &rows, err, stage_param(stage), DB_I64(limit));
	if (status != OK)
		return status;
	for (int row = 0; row < rows.rows; row++)
		failed_put_business(db_i64(&rows, row, SQL_DEAD_LIST_BUSINESS_ID),
				    db_text(&rows, row, SQL_DEAD_LIST_NAME),
				    db_text(&rows, row, SQL_DEAD_LIST_STAGE),
				    db_text(&rows, row, SQL_DEAD_LIST_CAUSE),
				    db_text(&rows, row, SQL_DEAD_LIST_AT));
	db_rows_release(&rows);
	return OK;
}

enum status enrich_show_dead(struct db *db, const char *stage, enum enrich_dead what, int64_t limit,
			     struct err *err)
{
	struct db_rows rows;
	if (what == ENRICH_DEAD_LIST)
		return dead_list(db, stage, limit, err);
	bool requeue = what == ENRICH_DEAD_REQUEUE;
	enum status status = requeue ? DB_RUN(db, sql_dead_requeue, &rows, err, stage_param(stage))
				     : DB_RUN(db, sql_dead_drop, &rows, err, stage_param(stage));
	if (status != OK)
		return status;
	if (requeue)
		printf("batch %lld (%s): %lld items queued\n",
		       (long long)db_i64(&rows, 0, SQL_DEAD_REQUEUE_BATCH), stage,
		       (long long)db_i64(&rows, 0, SQL_DEAD_REQUEUE_N));
	else
		printf("%lld dead items dropped\n", (long long)db_i64(&rows, 0, SQL_DEAD_DROP_N));
	db_rows_release(&rows);
	return OK;
}
