/* index-identity: a condition or an ORDER BY that an index would serve if it were written as the
 * index is. The planner judges whether an index serves; counts over the rows say whether a rewrite
 * keeps them. How the parts fit together; a file calls only those above it:
 *
 *   catalog.c   tables, indexes, checks and views, as the server writes them, with their facts
 *   edit.c      texts with replacements: the statement that is planned, names, keys
 *   origin.c   columns of a statement to columns of tables, through aliases, subqueries, views
 *   evidence.c  what is known about a rewrite: proved, checked, sampled, none
 *   rewrite.c a rewrite before the planner
 *   order.c     rewrites of an ORDER BY
 *   distance.c  an ORDER BY of how like two texts are
 *   extreme.c   rewrites of max() and min()
 *   constant.c  constants of a statement as SQL
 *   ranges.c    ranges of a timestamp or date for hours, days, months and years
 *   steps.c     ranges of a number for what it is rounded to or divided by
 *   texts.c     patterns of LIKE for functions of a part of a text
 *   documents.c  members of a document, and the document
 *   forms.c     what is tried for a condition and one key
 *   filter.c    rewrites of a condition
 *   either.c    rewrites of the alternatives of an OR
 *   keyset.c    the next page as an OR: a > x OR (a = x AND b > y)
 *   partial.c   predicates of partial indexes that a statement implies but does not say
 *   join.c      rewrites of a condition between two tables
 *   computed.c  columns that views and subqueries compute
 *   limit_plan.c  whether a LIMIT bounds what is written
 *   identity.c  one statement
 *   run.c       statements before one server
 *   code.c      functions, procedures, views and rules of a database
 *   database.c  the statements of a server, of pg_stat_statements, its code or a file
 *   watch_batch.c  batches of a running server that change nothing
 *   watch_silence.c  tables of a running server that change only in bursts
 *   watch.c     a running server, look by look
 *   scratch.c   files before a throw-away server with their schema
 */
#ifndef AUDIT_SQL_IDENTITY_H
#define AUDIT_SQL_IDENTITY_H

#include "audit/probe/probe.h"
#include "audit/sql/internal.h"
#include "observe/observe.h"

#include <signal.h>

/* ---- catalog.c ---- */

/* SQL of the server with its facts. */
struct catalog_text {
	struct str body; /* spans are offsets into it */
	uint32_t from;   /* where the expression begins; it ends before the last byte */
	const struct statement *s;
};

struct catalog_column {
	struct str name, type, base, category;
	bool required; /* NOT NULL */
	int64_t collation;
	struct catalog_text generated; /* of a stored generated column; s NULL: it is none */
	bool plain; /* it has the type and the value of the expression as written */
};

struct catalog_key {
	struct str expression;
	struct catalog_text text; /* SELECT expression */
	uint32_t term;
	bool computed, descending, nulls_first, bytewise;
	bool deterministic; /* equal under its collation is equal byte for byte */
	struct str type, class, collation_name;
	int64_t collation;
	/* The expression of a generated column that is the key; s NULL: it is none. made_plain:
	 * what is compared or sorted by the expression is so by the column. */
	struct catalog_text made;
	bool made_plain;
	bool by_made; /* of a copy: the statement has the expression, not the column */
};

enum { CATALOG_KEYS_MAX = 32 };

struct catalog_index {
	struct catalog_index *next;
	int64_t id;
	struct str schema, name, method, predicate;
	struct str parts; /* of a partitioned table: "schema.name" of each partition's, lines */
	struct catalog_text predicate_text; /* SELECT 1 WHERE predicate */
	struct catalog_key key[CATALOG_KEYS_MAX];
	size_t keys;
};

struct catalog_table {
	struct catalog_table *next;
	struct str wanted_path, wanted_schema, wanted_name; /* how it was asked for */
	int64_t id;                                         /* 0: there is none */
	struct str schema, name, kind;
	double tuples;
	int64_t pages;
	bool secured;
	bool small; /* catalog_small */
	struct catalog_column *column;
	size_t columns;
	struct catalog_index *index;
	struct catalog_text *check; /* SELECT 1 WHERE expression */
	size_t checks;
	struct catalog_text view; /* s NULL: it is none */
};

struct catalog {
	struct probe *probe;
	struct audit_reader *reader;
	struct arena arena; /* everything above, for the whole run */
	struct catalog_table *table;
	uint64_t small;       /* tables that were left out for their size */
	struct sql_file file; /* of the text that is read */
};

void catalog_init(struct catalog *catalog, struct probe *probe, struct audit_reader *reader);
void catalog_release(struct catalog *catalog);
/* The relation that a statement means by the name; its id is 0 when there is none. */
MUST_CHECK enum status catalog_find(struct catalog *catalog, const char *search_path,
				    struct str schema, struct str name,
				    const struct catalog_table **out, struct err *err);
const struct catalog_column *catalog_column(const struct catalog_table *table, struct str name);
/* The table is left out, because it has few rows: it is counted once. */
void catalog_small(struct catalog *catalog, const struct catalog_table *table);
/* Facts about one SELECT; s is NULL when it could not be read. */
MUST_CHECK enum status catalog_read(struct catalog *catalog, struct str text,
				    struct catalog_text *out, struct err *err);

/* ---- edit.c ---- */

struct edit {
	struct statement_span span;
	struct str text;
};

enum { EDITS_MAX = 64 };
struct edits {
	struct edit at[EDITS_MAX];
	size_t count;
	bool failed; /* more than there is room for */
};

/* What is planned of a statement: part of its file, behind a prefix, with parameters as $n and
 * without locks. */
struct planned {
	struct str prefix;
	struct statement_span span;
	struct edits edits;
	unsigned parameters;
};

void edit_add(struct edits *edits, struct statement_span span, struct str text);
/* The source between from and to with the edits inside it. */
void edit_put(struct buf *out, struct str body, struct statement_span span,
	      const struct edits *edits, const struct edits *more);
/* Where in the source the byte at the offset of what edit_put makes comes from: the beginning, or
 * the end, of what an edit replaces. */
uint32_t edit_source(struct statement_span span, const struct edits *edits,
		     const struct edits *more, size_t at, bool end);

/* Whether the text is f(...) or (...) as a whole, which needs no parentheses around it. */
bool edit_is_closed(struct str text);

/* ---- origin.c ---- */

enum { PATH_MAX_RELATIONS = 8, COLUMNS_MAX = 16 };

/* A relation of a query down to its table: subqueries, CTEs and views between. */
struct path {
	const struct statement_relation *relation[PATH_MAX_RELATIONS];
	const struct statement *statement[PATH_MAX_RELATIONS]; /* of the relation */
	size_t length;
	const struct catalog_table *table;
	bool nullable;
};

/* Columns of one relation that a term names. */
struct columns {
	struct path path;
	struct str name[COLUMNS_MAX]; /* of the table, each once */
	size_t count;
	bool foreign; /* of several relations, or not known */
};

struct identity {
	struct sql_audit *audit;
	struct catalog *catalog;
	struct probe *probe;
	struct probe_session session;
	const struct statement *s;
	struct arena *arena; /* of the statement */
	double min_rows;
	bool scratch; /* tables are empty: only what is proved counts */
	bool small;   /* something was left out because its table has fewer rows */
	struct err err;
	enum status status; /* UNAVAILABLE: the run ends */
	struct planned unit;
	struct probe_plan plan, strict; /* of the unit */
	struct probe_plan sorting;      /* the same, when a condition needed it; count 0: not yet */
	uint64_t planned; /* writing queries whose plan limit_plan.c has judged, a bit each */
	/* The unit of another one with computed columns written out (computed.c); NULL: it is none.
	 * Its findings are those of the other. */
	const struct identity *outer;
	const struct edits *computed;
};

/* The query that a relation of the statement is: a subquery, a CTE or a view; NULL: none. *table:
 * the view or table; NULL: it is none. */
const struct statement *origin_inner(struct identity *id, const struct statement *s,
				     const struct statement_relation *r, uint32_t *query,
				     const struct catalog_table **table);

MUST_CHECK bool origin_column(struct identity *id, const struct statement *s, uint32_t query,
			      const struct statement_term *column, struct path *path,
			      struct str *name);
/* A column of the statement as a column of the table, behind the prefix. p NULL: not resolved. */
struct str origin_column_row(struct identity *id, uint32_t query, uint32_t term,
			     const char *prefix);
struct columns origin_columns(struct identity *id, const struct statement *s, uint32_t query,
			      uint32_t term);
/* How the query calls the column of the path's table: "i.q". False: it does not see it. */
MUST_CHECK bool origin_name(struct identity *id, const struct path *path, struct str column,
			    bool qualified, struct buf *out);
bool columns_same(const struct columns *a, const struct columns *b);
bool columns_within(const struct columns *a, const struct columns *b);
/* Of an expression of the server about one table. */
struct columns origin_key(const struct catalog_text *text, uint32_t term);
/* Whether the columns are those of the key, or of the expression of a generated column that is the
 * key (*made). */
bool columns_of_key(const struct columns *columns, const struct catalog_key *key, bool *made);
/* What the key is over columns of the table: itself, or the expression of its generated column. */
const struct catalog_text *origin_expression(const struct catalog_key *key);
/* The source of a term with its columns as columns of the table, behind the prefix ("r."). False:
 * not all are, or it depends on a parameter or a subquery. */
MUST_CHECK bool origin_base(struct identity *id, uint32_t query, uint32_t term,
			    struct statement_span span, const char *prefix, struct str *out);
/* An expression of the server with its columns as the query calls them; or, path NULL, as columns
 * of the table r; or, constant given, with its column replaced by it. */
MUST_CHECK bool origin_text(struct identity *id, const struct catalog_text *text,
			    const struct path *path, bool qualified, struct str constant,
			    struct str *out);

/* ---- evidence.c ---- */

enum evidence_level {
	EVIDENCE_NONE,
	EVIDENCE_DIFFERS,
	EVIDENCE_GENERIC,  /* the constant is not known */
	EVIDENCE_CONSTANT, /* for the statement's constant only */
	EVIDENCE_SAMPLED,
	EVIDENCE_CHECKED,
	EVIDENCE_PROVED
};

struct evidence {
	enum evidence_level level;
	struct str text;
	int64_t rows; /* looked at */
};
/* Whether an index for the statement as it stands is proposed as well: the rewrite changes rows, or
 * no constraint keeps it from doing so. */
bool evidence_wants_index(const struct evidence *evidence);

struct evidence_order {
	const struct path *path;
	struct str where;              /* over columns of r; empty: none */
	const struct str *value;       /* over columns of r: they are v0, v1, ... of the lists */
	struct str old_list, new_list; /* with directions */
	size_t values;
	bool last; /* nothing follows in the ORDER BY: a finer order is as good */
};
MUST_CHECK enum status evidence_order(struct identity *id, const struct evidence_order *order,
				      struct evidence *out);

struct evidence_filter {
	const struct path *path;
	struct str old, new; /* conditions with the statement's constant */
	struct str value;    /* what is compared with the constant; empty: no constant */
	/* the conditions with d.v in place of the constant */
	struct str old_any, new_any;
	bool narrower; /* new is added to old: only rows that it takes away count */
};
MUST_CHECK enum status evidence_filter(struct identity *id, const struct evidence_filter *filter,
				       struct evidence *out);
/* Whether no row satisfies the condition; TIMED_OUT: not known. */
MUST_CHECK enum status evidence_absent(struct identity *id, const struct path *path,
				       struct str condition, bool *absent);
/* Set *out to checked when the key has the value of `base`, an expression of r, in every row;
 * `collated`: also its collation, where what is asked of the value depends on it. */
void evidence_same(struct identity *id, const struct path *path, struct str base,
		   const struct catalog_key *key, bool collated, struct evidence *out);
/* Whether all functions of the terms give the same each time, for one row. */
MUST_CHECK bool evidence_plain(struct identity *id, const struct statement *s, uint32_t term);
/* Whether an index can be made over the term, which names the columns. */
MUST_CHECK bool evidence_immutable(struct identity *id, const struct statement *s, uint32_t term,
				   const struct columns *columns);

/* ---- rewrite.c ---- */

struct rewrite {
	const struct catalog_index *index;
	const struct path *path;
	struct edits edits;
	struct statement_span marked;
	struct str rewrite; /* what is shown */
	struct str alternative;
	struct str fix; /* what replaces what is marked */
	struct evidence evidence;
	bool guess;      /* nothing says that the key was meant: mod(id, 3) = 1 and a key id */
	bool deliberate; /* the statement avoids the index on purpose: + 0 */
	double before, after;
	bool used; /* the planner would use it today */
};

/* Whether the table has too few rows to be looked at; it is counted then. */
MUST_CHECK bool rewrite_is_small(struct identity *id, const struct catalog_table *table);
/* Whether the planner, given the rewrite, uses the index for what it did not before. `order`: a
 * sort must go. */
MUST_CHECK bool rewrite_serves(struct identity *id, struct rewrite *c, bool order);
/* The better of two replaces best; best->index NULL: there is none. */
void rewrite_keep(struct rewrite *best, const struct rewrite *c);
void rewrite_report(struct identity *id, const struct rewrite *c, struct str about);

/* Whether the plan reads the index, and whether by a condition. */
bool rewrite_uses(const struct probe_plan *plan, const struct catalog_index *index,
		  bool *by_condition);

/* The plan that shows which indexes serve conditions. */
const struct probe_plan *rewrite_sorting(struct identity *id);

/* ---- order.c ---- */
/* The term of an ORDER BY's item, and the span of its source: a name or a number of the select list
 * means the expression there. STATEMENT_NONE: not known. */
uint32_t order_term(const struct statement *s, const struct statement_order *o,
		    struct statement_span *span);

/* ---- rewrite.c: what several rewrites need ---- */
/* The span as one of the statement in its file: where computed columns are written out it stands
 * elsewhere. */
struct statement_span rewrite_place(const struct identity *id, struct statement_span span);
/* The plan of the statement with `more` edits; NULL: as it stands. False: id->err says why. */
MUST_CHECK bool rewrite_explain(struct identity *id, const struct edits *more,
				enum probe_planner planner, struct probe_plan *plan);
/* The statement that creates an index over the keys. method: "": btree; where: "": every row. */
struct str rewrite_index(struct identity *id, const struct catalog_table *table, struct str method,
			 struct str keys, struct str where);
/* Parts joined in the statement's arena. */
struct str rewrite_join(struct identity *id, const struct str *part, size_t count);
#define REWRITE_JOIN(id, ...)                                                                      \
	rewrite_join((id), (const struct str[]){__VA_ARGS__},                                      \
		     sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
/* The source of the span as it is planned. */
struct str rewrite_source(struct identity *id, struct statement_span span,
			  const struct edits *more);
/* COALESCE(column, number), as the source says. */
MUST_CHECK bool rewrite_coalesce(const struct statement *s, uint32_t term, struct str source,
				 const struct statement_term **column, double *number);
/* "+ 0" and "|| ''" are written to keep the planner off an index. */
MUST_CHECK bool rewrite_is_deliberate(const struct statement *s, uint32_t term);
/* Whether no row of the result has NULL in the column: the statement's own strict condition. */
MUST_CHECK bool rewrite_not_null(struct identity *id, uint32_t query, const struct path *path,
				 struct str column);

/* ---- the rewrites ---- */
void identity_orders(struct identity *id, uint32_t query, uint32_t window);
/* Of one item. */
void identity_distance(struct identity *id, const struct statement_order *order);
/* Of max() and min() in the select list. */
void identity_extreme(struct identity *id, const struct statement_output *output);
void identity_filter(struct identity *id, const struct statement_conjunct *conjunct);
/* Two conditions that bound the same expression. False: nothing was said of them together. */
MUST_CHECK bool identity_range(struct identity *id, const struct statement_conjunct *conjunct,
			       const struct statement_conjunct *partner);
void identity_either(struct identity *id, const struct statement_conjunct *conjunct);
/* False: it is no such condition, or there is nothing to say. */
bool identity_keyset(struct identity *id, const struct statement_conjunct *conjunct);
void identity_partial(struct identity *id, const struct statement_conjunct *conjunct);
void identity_join(struct identity *id, const struct statement_conjunct *conjunct);

/* ---- computed.c ---- */
/* The identity of the planned unit in which the columns that views and subqueries compute, as far
 * as conditions and, orders, ORDER BY have them, are written as what they compute. NULL: there are
 * none, or it cannot be written so. computed_end releases it. */
struct identity *computed_begin(struct identity *id, bool orders);
void computed_end(struct identity *inner);
/* Whether anything in the span was written out. */
bool computed_has(const struct identity *inner, struct statement_span span);

/* ---- limit_plan.c ---- */
enum { LIMIT_WRITERS_MAX = 64 };
/* The batches of the writing query, whose condition id->plan is of. */
void identity_limit(struct identity *id, uint32_t writer);
/* Those of the statement of which no plan could be made. */
void identity_limit_rest(struct identity *id);

/* ---- identity.c ---- */
/* Why a statement could not be checked; empty: it was. */
struct str identity_statement(struct identity *id, const struct statement *s);

/* ---- run.c ---- */

/* A run over statements before one server. */
struct planner_run {
	struct sql_audit audit;
	const struct sql_database *options;
	struct probe *probe;
	struct catalog catalog;
	struct audit_reader reader;
	struct arena arena; /* of one statement */
	struct identity identity;
	int64_t ends_ms; /* of the budget */
	bool scratch;
	const volatile sig_atomic_t *interrupted; /* NULL: never */
	struct err *err;
};

/* The probe and the options are set. */
void run_begin(struct planner_run *d, const struct sql_options *options,
	       struct audit_report *report, struct sql_summary *summary);
void run_end(struct planner_run *d);
/* The statements of the loaded file. UNAVAILABLE: the run ends. */
MUST_CHECK enum status run_file(struct planner_run *d, const char *search_path);
/* Whether the budget is used up, or a signal ends the run. */
bool run_over(const struct planner_run *d);

/* ---- watch_batch.c ---- */

/* Counters of a statement of pg_stat_statements. */
struct watch_counters {
	int64_t id; /* queryid */
	int64_t calls, rows, blocks;
};

/* Those of all, by id, in the run's arena. */
struct watch_reading {
	struct watch_counters *of;
	size_t count;
};

enum { WATCH_READINGS = 4 }; /* a statement must be called in each interval between them */

/* schema: of the extension. */
MUST_CHECK enum status watch_read(struct planner_run *d, struct str schema,
				  struct watch_reading *reading);
/* NULL: it was not there. */
const struct watch_counters *reading_counters(const struct watch_reading *reading, int64_t id);
/* LIMITs that sessions showed, the greatest of each statement. */
struct watch_limits {
	struct watch_limit {
		int64_t id, rows;
	} of[256];
	size_t count;
};
MUST_CHECK enum status batch_limits_look(struct planner_run *d, struct watch_limits *limits);
/* Findings about those that changed nothing, or more than their LIMIT; reading: WATCH_READINGS of
 * them. */
MUST_CHECK enum status watch_batches_judge(struct planner_run *d, struct str schema,
					   const struct watch_reading *reading,
					   const struct watch_limits *limits, int64_t seconds);

/* ---- watch_silence.c ---- */
struct silence;
struct silence *silence_new(void);
void silence_free(struct silence *s); /* NULL is allowed */
/* What the look sees: who works, and which tables have changed. */
MUST_CHECK enum status silence_look(struct silence *s, struct planner_run *d,
				    const struct observe_sample *sample);
/* After silence_judge: an UPDATE ended whose rows the server has not counted yet. */
bool silence_is_uncounted(const struct silence *s);
/* schema: of pg_stat_statements; empty: there is none, and no reading. */
MUST_CHECK enum status silence_judge(struct silence *s, struct planner_run *d, struct str schema,
				     const struct watch_reading *reading);

/* ---- code.c ---- */
MUST_CHECK enum status run_code(struct planner_run *d);

#endif
