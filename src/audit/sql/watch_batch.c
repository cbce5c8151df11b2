/* spinning-filter and limit-overrun of a running server, by pg_stat_statements. spinning-filter:
 * statements that are called look after look and change no row. Many of them are sound, such as a
 * poller of an empty queue. Reported is a statement whose text has the shape of the rule while rows
 * that it should change exist. limit-overrun: a batch, chosen by a column that no two rows have
 * alike, changed more rows than calls times LIMIT. */
#include "audit/sql/identity.h"
#include "sql/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	BATCH_CALLS_A_ROW = 100, /* fewer rows than one of so many calls: none are changed */
	BATCH_TEXT_MAX = 8192,
};

enum status watch_read(struct planner_run *d, struct str schema, struct watch_reading *reading)
{
	struct db_rows rows;
	enum status status =
	    probe_read(d->probe, schema.p, &sql_audit_counters, NULL, 0, &rows, d->err);
	if (status != OK)
		return status;
	reading->of = arena_array(&d->audit.arena, (size_t)rows.rows + 1, sizeof(*reading->of));
	for (int i = 0; reading->of && i < rows.rows; i++)
		reading->of[reading->count++] = (struct watch_counters){
		    .id = db_i64(&rows, i, SQL_AUDIT_COUNTERS_QUERYID),
		    .calls = db_i64(&rows, i, SQL_AUDIT_COUNTERS_CALLS),
		    .rows = db_i64(&rows, i, SQL_AUDIT_COUNTERS_ROWS),
		    .blocks = db_i64(&rows, i, SQL_AUDIT_COUNTERS_BLOCKS),
		};
	db_rows_release(&rows);
	return OK;
}

static int by_id(const void *x, const void *y)
{
	const struct watch_counters *a = x, *b = y;
	return (a->id > b->id) - (a->id < b->id);
}

const struct watch_counters *reading_counters(const struct watch_reading *reading, int64_t id)
{
	const struct watch_counters wanted = {.id = id};
	return reading->count ? bsearch(&wanted, reading->of, reading->count, sizeof(wanted), by_id)
			      : NULL;
}

enum status batch_limits_look(struct planner_run *d, struct watch_limits *limits)
{
	struct db_rows rows;
	enum status status = probe_read(d->probe, NULL, &sql_audit_limits, NULL, 0, &rows, d->err);
	for (int i = 0; status == OK && i < rows.rows; i++) {
		const struct watch_limit one = {.id = db_i64(&rows, i, SQL_AUDIT_LIMITS_QUERYID),
						.rows = db_i64(&rows, i, SQL_AUDIT_LIMITS_ROWS)};
		size_t n = 0;
		while (n < limits->count && limits->of[n].id != one.id)
			n++;
		if (n == COUNT_OF(limits->of))
			continue;
		if (n == limits->count)
			limits->of[limits->count++] = one;
		else if (limits->of[n].rows < one.rows)
			limits->of[n].rows = one.rows;
	}
	if (status == OK)
		db_rows_release(&rows);
	return status;
}

/* 0: not known. */
static int64_t batch_limit(const struct watch_limits *limits, int64_t id)
{
	for (size_t n = 0; n < limits->count; n++)
		if (limits->of[n].id == id)
			return limits->of[n].rows;
	return 0;
}

/* What the statement did between the first and the last reading; false: not in each interval. */
static bool batch_did(const struct watch_reading *reading, const struct watch_counters *last,
		      struct watch_counters *did)
{
	const struct watch_counters *after = last, *before = NULL;
	for (int i = WATCH_READINGS - 2; i >= 0; i--, after = before) {
		before = reading_counters(&reading[i], last->id);
		if (!before || before->calls >= after->calls)
			return false;
	}
	*did = (struct watch_counters){.id = last->id,
				       .calls = last->calls - before->calls,
				       .rows = last->rows - before->rows,
				       .blocks = last->blocks - before->blocks};
	return true;
}

enum rows_left { ROWS_UNKNOWN, ROWS_NONE, ROWS_LEFT };

/* Whether rows satisfy the condition that stands outside of the LIMIT. It is one of the written
 * table alone; its constants are parameters in pg_stat_statements, and then nothing is known. */
static enum rows_left batch_rows(struct planner_run *d, const struct batch *b,
				 const struct statement_conjunct *filter)
{
	struct contents has = expression_contents(&b->outer, filter->term);
	struct buf rows;
	int64_t found = 0;
	if (has.foreign || has.query || has.parameter || has.variable || !filter->span.to)
		return ROWS_UNKNOWN;
	struct str schema = statement_str(b->s, b->target->schema);
	buf_init(&rows, BATCH_TEXT_MAX);
	buf_puts(&rows, "(SELECT 1 FROM ");
	if (schema.n) {
		edit_name(&rows, schema);
		buf_putc(&rows, '.');
	}
	edit_name(&rows, statement_str(b->s, b->target->name));
	buf_puts(&rows, " AS ");
	edit_name(&rows, statement_str(b->s, b->target->alias));
	buf_puts(&rows, " WHERE ");
	buf_str(&rows, sql_text(&d->audit, filter->span));
	buf_puts(&rows, " LIMIT 1) AS b");
	const struct probe_session session = {d->options->role, d->options->search_path};
	const struct probe_comparison comparison = {buf_view(&rows), &STR(""), 1};
	enum status status = buf_failed(&rows)
				 ? TOO_LARGE
				 : probe_compare(d->probe, &session, &comparison, &found, d->err);
	buf_release(&rows);
	return status != OK ? ROWS_UNKNOWN : found ? ROWS_LEFT : ROWS_NONE;
}

static void batch_report(struct planner_run *d, const struct watch_counters *w,
			 const struct batch *b, int64_t seconds)
{
	const struct statement_conjunct *filter = batch_filter(b);
	enum rows_left left = batch_rows(d, b, filter);
	struct str name = statement_str(b->s, b->target->name);
	if (left == ROWS_NONE)
		return;
	const char *headline =
	    arena_printf(&d->audit.file_arena,
			 "a batch on %.*s was written %" PRId64 " times in %" PRId64
			 " s and changed %" PRId64 " rows%s",
			 STR_ARG(name), w->calls, seconds, w->rows,
			 left == ROWS_LEFT ? ", while rows are left to be changed" : "");
	const char *about = arena_printf(
	    &d->audit.file_arena,
	    "its filter stands outside the LIMIT, so that each round selects the same rows and changes none; %" PRId64
	    " blocks were read for it%s",
	    w->blocks,
	    left == ROWS_LEFT
		? ""
		: "; whether rows are left cannot be seen, because its constants are parameters here");
	sql_found(&d->audit, b->s,
		  &(struct sql_found){
		      .rule = SQL_SPINNING_FILTER,
		      .severity = left == ROWS_LEFT ? AUDIT_ERROR : AUDIT_WARNING,
		      .span = filter->span,
		      .headline = str_of(headline),
		      .about = str_of(about),
		      .rewrite = splice_batch(&d->audit, b, filter),
		      .object = name,
		  });
}

/* With several LIMITs the counters do not show which one was exceeded. */
static bool batch_has_one_limit(const struct statement *s)
{
	size_t limits = 0;
	for (uint32_t i = 0; i < s->head.queries; i++)
		limits += (s->query[i].flags & STATEMENT_LIMIT) != 0;
	return limits == 1;
}

/* Whether the column that the batch is chosen by is unique in the table. */
static bool batch_is_unique(struct planner_run *d, const struct batch *b, const char *search_path)
{
	struct db_rows rows;
	struct buf name;
	bool is_unique = false;
	struct str schema = statement_str(b->s, b->target->schema);
	buf_init(&name, BATCH_TEXT_MAX);
	if (schema.n) {
		edit_name(&name, schema);
		buf_putc(&name, '.');
	}
	edit_name(&name, statement_str(b->s, b->target->name));
	if (!buf_failed(&name) && b->key.n &&
	    PROBE_READ(d->probe, search_path, sql_audit_unique, &rows, d->err,
		       DB_TEXT(buf_view(&name)), DB_TEXT(b->key)) == OK) {
		is_unique = db_bool(&rows, 0, SQL_AUDIT_UNIQUE_IS_UNIQUE);
		db_rows_release(&rows);
	}
	buf_release(&name);
	return is_unique;
}

static void batch_overrun(struct planner_run *d, const struct watch_counters *w,
			  const struct batch *b, int64_t limit, int64_t seconds)
{
	const char *headline = arena_printf(
	    &d->audit.file_arena,
	    "a batch on %.*s with LIMIT %" PRId64 " changed %" PRId64 " rows in %" PRId64
	    " calls, within %" PRId64 " s",
	    STR_ARG(statement_str(b->s, b->target->name)), limit, w->rows, w->calls, seconds);
	overrun_found(
	    &d->audit, b, AUDIT_ERROR, str_of(headline),
	    STR("its subquery runs again for each row of the outer side, and locks other rows each time"));
}

/* The text of the statement, as the server's extension has it. */
static enum status batch_judge(struct planner_run *d, const char *schema,
			       const struct watch_counters *w, bool idle, int64_t limit,
			       int64_t seconds)
{
	const char *path = NULL;
	struct db_rows rows;
	struct sql_audit *audit = &d->audit;
	char name[32];
	enum status status =
	    PROBE_READ(d->probe, schema, sql_audit_executed, &rows, d->err, DB_I64(w->id));
	if (status != OK)
		return status;
	snprintf(name, sizeof(name), "%" PRId64, w->id);
	audit->file.path = STR("pg_stat_statements");
	audit->file.name = str_of(name);
	arena_reset(&audit->file_arena);
	struct str text =
	    rows.rows ? arena_str(&audit->file_arena, db_text(&rows, 0, SQL_AUDIT_EXECUTED_QUERY))
		      : STR("");
	if (rows.rows && db_text(&rows, 0, SQL_AUDIT_EXECUTED_SEARCH_PATH).n)
		path = arena_printf(&audit->file_arena, "%.*s",
				    STR_ARG(db_text(&rows, 0, SQL_AUDIT_EXECUTED_SEARCH_PATH)));
	db_rows_release(&rows);
	if (!text.n)
		return OK;
	status = load_text(&d->reader, text, &audit->file, &audit->file_arena, d->err);
	for (size_t i = 0; status == OK && i < audit->file.count; i++) {
		struct batch b;
		for (size_t n = 0; batch_of(audit, &audit->file.statement[i], n, &b); n++) {
			if (idle && batch_filter(&b) && sql_wanted(audit, SQL_SPINNING_FILTER))
				batch_report(d, w, &b, seconds);
			else if (!idle && b.same_table && overrun_fits(&b) &&
				 batch_has_one_limit(b.s) && sql_wanted(audit, SQL_LIMIT_OVERRUN) &&
				 batch_is_unique(d, &b, path))
				batch_overrun(d, w, &b, limit, seconds);
		}
	}
	return status;
}

enum status watch_batches_judge(struct planner_run *d, struct str schema,
				const struct watch_reading *reading,
				const struct watch_limits *limits, int64_t seconds)
{
	const struct watch_reading *last = &reading[WATCH_READINGS - 1];
	enum status status = OK;
	for (size_t i = 0; status == OK && i < last->count; i++) {
		struct watch_counters did;
		if (!batch_did(reading, &last->of[i], &did))
			continue;
		int64_t limit = batch_limit(limits, did.id);
		bool idle = did.rows * BATCH_CALLS_A_ROW < did.calls && did.blocks > 0;
		if (idle || (limit && did.rows > did.calls * limit))
			status = batch_judge(d, schema.p, &did, idle, limit, seconds);
	}
	return status;
}
