/* How far a rewrite is known to keep the rows: counts over the whole table, and where that takes
 * too long over a sample. The counts are of one moment; a constraint would keep them. */
#include "audit/sql/identity.h"
#include "sql/audit.h"

#include <inttypes.h>
#include <stdarg.h>

enum {
	EVIDENCE_TEXT_MAX = 512 * 1024,
	EVIDENCE_SAMPLE_PAGES = 300,
	EVIDENCE_FEW_PAGES = 40, /* where comparisons with constants of the data take too long */
	EVIDENCE_CONSTANTS = 25,
	/* different values whose order is no chance: 7 of them have 5040 orders */
	EVIDENCE_ORDER_VALUES = 7,
	/* comparisons of rows with constants of the data: over that a sample of the rows */
	EVIDENCE_PAIRS_MAX = 6000000,
};

static struct str evidence_say(struct identity *id, const char *fmt, ...) PRINTF(2, 3);
static struct str evidence_say(struct identity *id, const char *fmt, ...)
{
	struct buf text;
	va_list args;
	buf_init(&text, EVIDENCE_TEXT_MAX);
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	struct str copy = arena_str(id->arena, buf_view(&text));
	buf_release(&text);
	return copy.p ? copy : STR("");
}

bool evidence_wants_index(const struct evidence *evidence)
{
	return evidence->level == EVIDENCE_DIFFERS ||
	       (evidence->level >= EVIDENCE_CONSTANT && evidence->level <= EVIDENCE_CHECKED);
}

/* "schema.table AS r", a sample of so many pages (0: all), and a row of NULLs where an outer join
 * can make one. */
static void evidence_rows(struct buf *out, const struct path *path, int pages)
{
	buf_puts(out, path->nullable ? "(VALUES (0), (1)) AS one (k) LEFT JOIN " : "");
	edit_name(out, path->table->schema);
	buf_putc(out, '.');
	edit_name(out, path->table->name);
	buf_puts(out, " AS r");
	if (pages && path->table->pages > pages)
		buf_printf(out, " TABLESAMPLE SYSTEM (%.4f) REPEATABLE (1)",
			   100.0 * pages / (double)path->table->pages);
	buf_puts(out, path->nullable ? " ON one.k = 0" : "");
}

/* Pass UNAVAILABLE on to the caller; any other failure means that there is no evidence. */
static enum status evidence_status(struct identity *id, enum status status)
{
	if (status == UNAVAILABLE)
		id->status = status;
	return status;
}

static enum status evidence_count(struct identity *id, const struct buf *rows,
				  const struct str *condition, size_t count, int64_t *counts)
{
	const struct probe_comparison comparison = {buf_view(rows), condition, count};
	if (buf_failed(rows))
		return err_set(&id->err, TOO_LARGE, "the comparison is too long");
	return evidence_status(
	    id, probe_compare(id->probe, &id->session, &comparison, counts, &id->err));
}

/* The texts of the term's terms of a kind, as an array. */
static struct db_param evidence_texts(const struct statement *s, uint32_t term,
				      enum statement_term_kind kind, struct buf *out)
{
	array_begin(out);
	for (uint32_t i = 0; i < s->term[term].size; i++)
		if (s->term[term + i].kind == (uint32_t)kind)
			array_text(out, statement_str(s, s->term[term + i].text));
	return array_end(out);
}

static bool evidence_has(const struct statement *s, uint32_t term, enum statement_term_kind kind)
{
	for (uint32_t i = 0; i < s->term[term].size; i++)
		if (s->term[term + i].kind == (uint32_t)kind)
			return true;
	return false;
}

bool evidence_plain(struct identity *id, const struct statement *s, uint32_t term)
{
	struct buf names;
	struct db_rows rows;
	bool plain = false;
	if (!evidence_has(s, term, STATEMENT_FUNCTION))
		return true;
	buf_init(&names, EVIDENCE_TEXT_MAX);
	struct db_param functions = evidence_texts(s, term, STATEMENT_FUNCTION, &names);
	if (!buf_failed(&names) &&
	    evidence_status(id, PROBE_READ(id->probe, NULL, sql_audit_functions, &rows, &id->err,
					   functions)) == OK) {
		plain = db_bool(&rows, 0, SQL_AUDIT_FUNCTIONS_PLAIN);
		db_rows_release(&rows);
	}
	buf_release(&names);
	return plain;
}

bool evidence_immutable(struct identity *id, const struct statement *s, uint32_t term,
			const struct columns *columns)
{
	struct buf text[4];
	struct db_rows rows;
	bool failed = columns->foreign || !columns->path.table, immutable = false;
	for (uint32_t i = 0; i < s->term[term].size; i++) {
		const struct statement_term *t = &s->term[term + i];
		failed |= t->kind == STATEMENT_QUERY || t->kind == STATEMENT_PARAMETER ||
			  t->kind == STATEMENT_VARIABLE ||
			  (t->kind == STATEMENT_COMPOUND && t->size == 1); /* CURRENT_DATE */
	}
	if (failed || s->term[term].kind == STATEMENT_COLUMN)
		return !failed;
	for (size_t i = 0; i < COUNT_OF(text); i++)
		buf_init(&text[i], EVIDENCE_TEXT_MAX);
	array_begin(&text[0]);
	for (size_t i = 0; i < columns->count; i++)
		array_text(&text[0], columns->name[i]);
	const struct db_param names = array_end(&text[0]);
	const struct db_param params[] = {
	    DB_I64(columns->path.table->id),
	    names,
	    evidence_texts(s, term, STATEMENT_FUNCTION, &text[1]),
	    evidence_texts(s, term, STATEMENT_OPERATOR, &text[2]),
	    evidence_texts(s, term, STATEMENT_CAST, &text[3]),
	};
	for (size_t i = 0; i < COUNT_OF(text); i++)
		failed |= buf_failed(&text[i]);
	if (!failed &&
	    evidence_status(id, probe_read(id->probe, id->session.search_path, &sql_audit_immutable,
					   params, COUNT_OF(params), &rows, &id->err)) == OK) {
		immutable = db_bool(&rows, 0, SQL_AUDIT_IMMUTABLE_IMMUTABLE);
		db_rows_release(&rows);
	}
	for (size_t i = 0; i < COUNT_OF(text); i++)
		buf_release(&text[i]);
	return immutable;
}

enum status evidence_absent(struct identity *id, const struct path *path, struct str condition,
			    bool *absent)
{
	struct buf rows;
	int64_t found = 0;
	buf_init(&rows, EVIDENCE_TEXT_MAX);
	buf_puts(&rows, "(SELECT 1 FROM ");
	evidence_rows(&rows, path, 0);
	buf_puts(&rows, " WHERE ");
	buf_str(&rows, condition);
	buf_puts(&rows, " LIMIT 1) AS b");
	enum status status = evidence_count(id, &rows, &STR(""), 1, &found);
	buf_release(&rows);
	*absent = status == OK && found == 0;
	return status;
}

void evidence_same(struct identity *id, const struct path *path, struct str base,
		   const struct catalog_key *key, bool collated, struct evidence *out)
{
	struct str row;
	bool absent;
	if (!origin_text(id, &key->text, NULL, false, (struct str){0}, &row))
		return;
	struct str differs =
	    REWRITE_JOIN(id, STR("("), base, STR(") IS DISTINCT FROM ("), row,
			 STR(") OR pg_typeof("), base, STR(") <> pg_typeof("), row, STR(")"));
	if (collated && key->collation)
		differs = REWRITE_JOIN(id, differs, STR(" OR pg_collation_for("), base,
				       STR(") IS DISTINCT FROM pg_collation_for("), row, STR(")"));
	if (evidence_absent(id, path, differs, &absent) != OK || !absent)
		return;
	out->level = EVIDENCE_CHECKED;
	out->text = STR("checked: the same value in every row today; no constraint keeps it so");
}

/* ---- order ---- */

/* Ranks in both orders over the distinct values: the same ranks are the same order with the same
 * ties. c(o, n, po, pn): ranks old and new, and those of the row before in the new order. */
static void evidence_ranks(struct buf *out, const struct evidence_order *order, int pages)
{
	buf_puts(out, "(SELECT o, n, lag(o) OVER w AS po, lag(n) OVER w AS pn FROM (SELECT "
		      "dense_rank() OVER (ORDER BY ");
	buf_str(out, order->old_list);
	buf_puts(out, ") AS o, dense_rank() OVER (ORDER BY ");
	buf_str(out, order->new_list);
	buf_puts(out, ") AS n FROM (SELECT DISTINCT ");
	for (size_t i = 0; i < order->values; i++) {
		buf_puts(out, i ? ", " : "");
		buf_str(out, order->value[i]);
		buf_printf(out, " AS v%zu", i);
	}
	buf_puts(out, " FROM ");
	evidence_rows(out, order->path, pages);
	if (order->where.n) {
		buf_puts(out, " WHERE ");
		buf_str(out, order->where);
	}
	buf_puts(out, ") AS d) AS k WINDOW w AS (ORDER BY n, o)) AS c");
}

enum status evidence_order(struct identity *id, const struct evidence_order *order,
			   struct evidence *out)
{
	const struct str condition[] = {STR(""), STR("o <> n"),
					STR("o < po OR (n = pn AND o <> po)"), STR("o < po")};
	int64_t counts[COUNT_OF(condition)] = {0};
	struct buf rows;
	bool sample = false;
	*out = (struct evidence){0};
	buf_init(&rows, EVIDENCE_TEXT_MAX);
	evidence_ranks(&rows, order, 0);
	enum status status = evidence_count(id, &rows, condition, COUNT_OF(condition), counts);
	if (status == TIMED_OUT) {
		sample = true;
		buf_reset(&rows);
		evidence_ranks(&rows, order, EVIDENCE_SAMPLE_PAGES);
		status = evidence_count(id, &rows, condition, COUNT_OF(condition), counts);
	}
	buf_release(&rows);
	if (status != OK)
		return status;
	out->rows = counts[0];
	bool same = counts[1] == 0, finer = order->last && counts[2] == 0;
	if (counts[0] < 2) {
		out->text = STR("none: the table has too few different values to compare");
	} else if (!same && !finer) {
		out->level = EVIDENCE_DIFFERS;
		out->text = counts[3]
				? STR("other rows: the order is another one")
				: STR("other rows: what differed would be equal after the rewrite");
	} else if (counts[0] < EVIDENCE_ORDER_VALUES) {
		out->level = EVIDENCE_SAMPLED;
		out->text = evidence_say(id,
					 "the same order over only %" PRId64
					 " different values, which may be by chance",
					 counts[0]);
	} else if (sample) {
		out->level = EVIDENCE_SAMPLED;
		out->text = evidence_say(
		    id,
		    "sampled: the same order over %" PRId64
		    " different values of %d pages; of all rows it takes longer than --compare-limit",
		    counts[0], EVIDENCE_SAMPLE_PAGES);
	} else {
		out->level = EVIDENCE_CHECKED;
		out->text = evidence_say(id,
					 "checked: the same order over all %" PRId64
					 " different values%s today; no constraint keeps it so",
					 counts[0], same ? "" : ", and a finer one,");
	}
	return OK;
}

/* ---- filter ---- */

/* (a) IS NOT TRUE as a condition: what a WHERE drops. */
static void evidence_differ(struct buf *out, struct str old, struct str new, bool narrower)
{
	buf_puts(out, "((");
	buf_str(out, old);
	buf_puts(out, narrower ? ") IS TRUE AND (" : ") IS TRUE) <> ((");
	buf_str(out, new);
	buf_puts(out, narrower ? ") IS NOT TRUE)" : ") IS TRUE)");
}

/* Constants of the data, over all rows or a sample of so many pages. */
static enum status evidence_drawn(struct identity *id, const struct evidence_filter *filter,
				  int pages, int64_t *constants, int64_t *differ)
{
	struct buf rows;
	int64_t counts[2] = {0};
	buf_init(&rows, EVIDENCE_TEXT_MAX);
	buf_puts(&rows, "(SELECT count(*) FILTER (WHERE ");
	evidence_differ(&rows, filter->old_any, filter->new_any, filter->narrower);
	buf_puts(&rows, ") AS wrong FROM (SELECT DISTINCT ");
	buf_str(&rows, filter->value);
	buf_puts(&rows, " AS v FROM ");
	evidence_rows(&rows, filter->path, EVIDENCE_SAMPLE_PAGES);
	buf_puts(&rows, " WHERE (");
	buf_str(&rows, filter->value);
	buf_printf(&rows, ") IS NOT NULL LIMIT %d) AS d CROSS JOIN (SELECT r.* FROM ",
		   EVIDENCE_CONSTANTS);
	evidence_rows(&rows, filter->path, pages);
	buf_puts(&rows, ") AS r GROUP BY d.v) AS c");
	const struct str condition[] = {STR(""), STR("wrong > 0")};
	enum status status = evidence_count(id, &rows, condition, 2, counts);
	*constants = counts[0];
	*differ = counts[1];
	buf_release(&rows);
	return status;
}

/* Other constants than the statement's. */
static enum status evidence_constants(struct identity *id, const struct evidence_filter *filter,
				      int64_t *constants, int64_t *differ)
{
	bool many = filter->path->table->tuples * EVIDENCE_CONSTANTS > EVIDENCE_PAIRS_MAX;
	enum status status =
	    evidence_drawn(id, filter, many ? EVIDENCE_SAMPLE_PAGES : 0, constants, differ);
	if (status == TIMED_OUT)
		status = evidence_drawn(id, filter, EVIDENCE_FEW_PAGES, constants, differ);
	return status;
}

static void evidence_judge(struct identity *id, const struct evidence_filter *filter, bool sample,
			   const int64_t *own, struct evidence *out)
{
	int64_t constants = 0, differ = 0;
	out->rows = own[0];
	if (own[2]) {
		out->level = EVIDENCE_DIFFERS;
		out->text = evidence_say(
		    id, "other rows: %" PRId64 " of %" PRId64 " rows are in one result only",
		    own[2], own[0]);
		return;
	}
	if (!own[1]) {
		/* the constant says nothing; others may say that the rows are others */
		bool known = filter->value.n &&
			     evidence_constants(id, filter, &constants, &differ) == OK && differ;
		out->level = known ? EVIDENCE_DIFFERS : EVIDENCE_NONE;
		out->text =
		    known
			? evidence_say(id,
				       "other rows: of %" PRId64 " constants of the data %" PRId64
				       " give other rows",
				       constants, differ)
			: STR("none: no row satisfies the condition today, so the comparison says nothing");
		return;
	}
	if (sample) {
		out->level = EVIDENCE_SAMPLED;
		out->text = evidence_say(
		    id,
		    "sampled: the same of %" PRId64
		    " rows of %d pages; of all rows it takes longer than --compare-limit",
		    own[0], EVIDENCE_SAMPLE_PAGES);
		return;
	}
	if (!filter->value.n) {
		out->level = EVIDENCE_CHECKED;
		out->text = evidence_say(id,
					 "checked: the same of all %" PRId64
					 " rows today; no constraint keeps it so",
					 own[0]);
		return;
	}
	enum status status = evidence_constants(id, filter, &constants, &differ);
	if (status == TIMED_OUT) {
		out->level = EVIDENCE_CONSTANT;
		out->text = evidence_say(
		    id,
		    "for this constant: the same %" PRId64
		    " rows today; the comparison with others takes longer than --compare-limit",
		    own[1]);
		return;
	}
	if (status != OK || differ || !constants) {
		out->level = EVIDENCE_CONSTANT;
		out->text =
		    evidence_say(id,
				 "for this constant: the same %" PRId64 " rows today; of %" PRId64
				 " other constants of the data %" PRId64 " give other rows",
				 own[1], constants, differ);
		return;
	}
	out->level = EVIDENCE_CHECKED;
	out->text = evidence_say(id,
				 "checked: the same %" PRId64 " of all %" PRId64
				 " rows for this constant and for %" PRId64
				 " of the data today; no constraint keeps it so",
				 own[1], own[0], constants);
}

enum status evidence_filter(struct identity *id, const struct evidence_filter *filter,
			    struct evidence *out)
{
	struct buf rows, wrong;
	int64_t own[3] = {0};
	bool sample = false;
	*out = (struct evidence){0};
	buf_init(&rows, EVIDENCE_TEXT_MAX);
	buf_init(&wrong, EVIDENCE_TEXT_MAX);
	evidence_differ(&wrong, filter->old, filter->new, filter->narrower);
	evidence_rows(&rows, filter->path, 0);
	const struct str condition[] = {STR(""), filter->old, buf_view(&wrong)};
	enum status status = evidence_count(id, &rows, condition, COUNT_OF(condition), own);
	if (status == TIMED_OUT) {
		sample = true;
		buf_reset(&rows);
		evidence_rows(&rows, filter->path, EVIDENCE_SAMPLE_PAGES);
		status = evidence_count(id, &rows, condition, COUNT_OF(condition), own);
	}
	if (status == OK)
		evidence_judge(id, filter, sample, own, out);
	buf_release(&wrong);
	buf_release(&rows);
	return status;
}
