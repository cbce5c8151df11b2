/* How the parts of the SQL audit fit together; a file calls only those above it:
 *
 *   rules.c      findings of the table of rules, suppressed or not
 *   expression.c what conditions say: equality, implication, what an assignment makes of them
 *   batch.c      the SELECT with a LIMIT whose rows an UPDATE or DELETE writes
 *   splice.c     the remedy as text
 *   spinning_filter.c, spinning_write.c, limit_overrun.c, transaction.c   one rule each
 *   sources.c    the files
 *   load.c       a file through the sandboxed reader into memory
 *   audit.c      the whole of files
 *   database.c   the whole of a database; identity.h says how its parts fit together
 */
#ifndef AUDIT_SQL_INTERNAL_H
#define AUDIT_SQL_INTERNAL_H

#include "audit/reader/reader.h"
#include "audit/sql/sql.h"
#include "audit/statement/statement.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/lines.h"

/* A comment that suppresses a rule, with the statement behind it. */
struct sql_ignore {
	struct str rule;
	struct statement_span comment, next;
};

/* A file while it is judged. */
struct sql_file {
	struct str path, body;
	struct str name; /* where there is no file: the queryid, the function */
	struct statement *statement;
	size_t count, room;
	bool unreadable;
	/* made when the first finding needs them */
	struct lines lines;
	struct sql_ignore *ignore;
	size_t ignores, ignore_room;
	bool ignores_known;
};

/* Another text follows. */
static inline void sql_file_reset(struct sql_file *file)
{
	file->count = file->lines.count = file->ignores = 0;
	file->ignores_known = false;
}
void sql_file_release(struct sql_file *file);

struct sql_audit {
	const struct sql_options *options;
	struct audit_report *report;
	struct sql_summary *summary;
	struct arena arena;      /* names of files */
	struct arena file_arena; /* of the file that is judged */
	struct sql_file file;
	bool planned; /* before a planner: what its plans decide is judged there */
};

static inline struct str sql_text(const struct sql_audit *audit, struct statement_span span)
{
	if (span.to > audit->file.body.n || span.from > span.to)
		return STR("");
	return (struct str){audit->file.body.p + span.from, span.to - span.from};
}

/* ---- rules.c ---- */
enum sql_rule_id {
#define RULE(id, key, severity, title, remedy, judge) SQL_##id,
#include "audit/sql/rules.def"
#undef RULE
	SQL_RULES
};

/* What a rule has found. */
struct sql_found {
	enum sql_rule_id rule;
	enum audit_severity severity; /* AUDIT_BY_RULE: as the rule says */
	struct statement_span span;   /* what is marked */
	struct str headline;          /* instead of the rule's title; "": none */
	struct str about, rewrite, object, evidence, level, alternative, fix;
	double cost_before, cost_after;
};

/* Added to the report, unless a comment before or in the statement suppresses the rule. */
void sql_found(struct sql_audit *audit, const struct statement *s, const struct sql_found *found);
bool sql_wanted(const struct sql_audit *audit, enum sql_rule_id rule);

/* ---- expression.c ---- */
/* Terms of one query, with what its columns mean. */
struct scope {
	const struct sql_audit *audit;
	const struct statement *s;
	/* names under which the written table and what is read of it are known; a column that they
	 * qualify, or nothing does, is one of the table */
	struct str alias[8];
	size_t aliases;
};

/* A condition that is known to hold. */
struct condition {
	const struct scope *scope;
	uint32_t term;
};

enum { CONDITIONS_MAX = 64 };
struct conditions {
	struct condition at[CONDITIONS_MAX];
	size_t count;
};

void scope_alias(struct scope *scope, struct str alias);
bool scope_has(const struct scope *scope, struct str alias);
/* The term and, of a conjunction, its parts. */
void conditions_add(struct conditions *c, const struct scope *scope, uint32_t term);
bool conditions_imply(const struct conditions *c, const struct scope *scope, uint32_t term);
/* Whether two texts are the same tokens: white space and case outside of quotes do not count. */
bool expression_text_same(struct str a, struct str b);
bool expression_same(const struct scope *a, uint32_t x, const struct scope *b, uint32_t y);

/* What the term contains. */
struct contents {
	bool column;    /* of the table */
	bool foreign;   /* a column of another relation */
	bool query;     /* a subselect */
	bool parameter; /* anything that the caller or a variable says */
	bool variable;  /* of PL/pgSQL */
	bool varies;    /* another value each time it is called */
};
struct contents expression_contents(const struct scope *scope, uint32_t term);
bool expression_names(const struct scope *scope, uint32_t term, struct str column);
/* A bound by a parameter on which a caller moves on: id > $1, (a, b) > ($1, $2), id <> ALL ($1). */
bool expression_is_keyset(const struct scope *scope, uint32_t term);

enum truth { OUTCOME_UNKNOWN, OUTCOME_TRUE, OUTCOME_FALSE };
/* What the condition, true before, is after the assignments of the query. */
enum truth expression_after(const struct scope *scope, uint32_t term, uint32_t writer);

/* ---- batch.c ---- */
enum { BATCH_PATH_MAX = 8 };

struct batch {
	const struct statement *s;
	uint32_t writer; /* query that writes */
	const struct statement_relation *target;
	enum statement_role role; /* how the writer reaches the batch */
	uint32_t link;    /* term of the writer's condition; STATEMENT_NONE: FROM or USING */
	struct str key;   /* column that links; "": not known */
	struct str alias; /* of the batch in FROM or USING */
	/* from the query that the writer names to the one with the LIMIT, and what that reads */
	uint32_t path[BATCH_PATH_MAX];
	size_t between, paths; /* path[between] has the LIMIT */
	bool same_table;       /* the batch is taken from the table that is written */
	bool cte, cte_lock;
	struct scope outer, inner;
	struct conditions known; /* what holds of the rows of the batch */
};

static inline uint32_t batch_limited(const struct batch *b)
{
	return b->path[b->between];
}
/* The nth batch of the statement. */
bool batch_of(const struct sql_audit *audit, const struct statement *s, size_t n,
	      struct batch *out);
/* Whether a caller or the order moves the batch on by itself. */
bool batch_moves(const struct batch *b);
/* Whether another statement of the same loop writes the table, or the batch's variable goes to a
 * function: then the batch may move. */
bool batch_others_write(const struct sql_audit *audit, const struct batch *b, struct str table);
/* The one row that comes last in an order: it may be meant by itself, and not as a batch. */
bool batch_is_newest(const struct batch *b);
/* The only table that a batch of keys of another table is taken from; empty: it is none, or its
 * conditions look at others. */
struct str batch_source(const struct batch *b);
/* A condition that stands outside the LIMIT and does not follow from what stands inside; NULL:
 * none. */
const struct statement_conjunct *batch_filter(const struct batch *b);

/* ---- edit.c ---- */
/* A name as an SQL identifier. */
void edit_name(struct buf *out, struct str name);

/* ---- splice.c ---- */
/* "id = ANY (ARRAY(SELECT ... FOR UPDATE SKIP LOCKED))" with the condition inside; filter NULL:
 * none is moved. Empty when the places are not known. */
struct str splice_batch(struct sql_audit *audit, const struct batch *b,
			const struct statement_conjunct *filter);

/* ---- limit_overrun.c ---- */
/* Whether the batch is one that a nested loop would run again. */
bool overrun_fits(const struct batch *b);
void overrun_found(struct sql_audit *audit, const struct batch *b, enum audit_severity severity,
		   struct str headline, struct str about);
/* As far as it is known without a plan. */
void overrun_unplanned(struct sql_audit *audit, const struct batch *b);

/* ---- one rule each ---- */
typedef void sql_judge(struct sql_audit *audit);
sql_judge judge_spinning_filter, judge_spinning_write, judge_limit_overrun, judge_transaction;
#define judge_live      NULL /* watch.c judges: only a running server shows it */
#define judge_unchecked NULL /* said where something cannot be checked */

/* ---- sources.c ---- */
struct sql_source {
	struct str path;
};
struct sql_sources {
	struct sql_source *item;
	size_t count, room;
};
MUST_CHECK enum status sources_list(struct sql_audit *audit, const char *const *paths, size_t count,
				    struct sql_sources *sources, struct err *err);

/* ---- load.c ---- */
/* The facts of the text's statements, in the arena; file->statement keeps its memory from one text
 * to the next. */
MUST_CHECK enum status load_text(struct audit_reader *reader, struct str text,
				 struct sql_file *file, struct arena *arena, struct err *err);
/* The reader's answer to the text; all of it is checked. False: it is malformed. */
MUST_CHECK bool load_answer(struct audit_reader *reader, struct str text, struct sql_file *file,
			    struct arena *arena);
MUST_CHECK enum status load_file(struct sql_audit *audit, struct audit_reader *reader,
				 struct str path, struct buf *body, struct err *err);

/* ---- audit.c ---- */
void sql_begin(struct sql_audit *audit, const struct sql_options *options,
	       struct audit_report *report, struct sql_summary *summary);
void sql_end(struct sql_audit *audit);
/* The rules that need no database, on the loaded file. */
void sql_judge_file(struct sql_audit *audit);
MUST_CHECK enum status sql_rule_known(const struct sql_options *options, struct err *err);

#endif
