/* Foreign SQL read in the sandbox: files in on one descriptor, facts about their statements out on
 * the other, so that no hostile byte reaches PostgreSQL's parser in a process that can do anything.
 *
 * The answer is one record per statement: a struct statement_head, then the arrays that it
 * counts, in the order of the struct, then the bytes that their texts refer to. The last record has
 * the kind STATEMENT_END. A reader that dies over a file has found something about it; the other
 * side starts a new one.
 *
 * Offsets are bytes of the file. Spans come from tokens with bracket depth, because the parser's
 * locations point at operators and know no parentheses; {0, 0} means that the span is not known.
 *
 * Statements of PL/pgSQL and SQL bodies (functions, procedures, DO) are statements of the file with
 * the routine they stand in and the depth of its loops. Placeholders (:name, @name, $name, ?, %s,
 * {{x}}, ...) are parameters. What could not be parsed is a statement of kind STATEMENT_UNPARSED
 * with the parser's reason.
 *
 * Source of the parsing: libpg_query (PostgreSQL 15's own parser), called for its raw parse tree;
 * only SELECT, INSERT, UPDATE, DELETE and MERGE are walked.
 */
#ifndef AUDIT_STATEMENT_STATEMENT_H
#define AUDIT_STATEMENT_STATEMENT_H

#include "audit/serve/serve.h"
#include "base/err.h"
#include "base/str.h"

enum {
	STATEMENT_BYTES_MAX = 64 << 20,  /* a file */
	STATEMENT_RECORD_MAX = 16 << 20, /* a record */
	STATEMENT_TERMS_MAX = 20000,     /* of one statement; STATEMENT_CUT over that */
	STATEMENT_EXIT_MEMORY = 3,
};

enum statement_kind {
	STATEMENT_END,
	STATEMENT_SELECT,
	STATEMENT_INSERT,
	STATEMENT_UPDATE,
	STATEMENT_DELETE,
	STATEMENT_MERGE,
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK, /* of the whole transaction */
	STATEMENT_COPY_PROGRAM,
	STATEMENT_EXPRESSION, /* of PL/pgSQL */
	STATEMENT_DYNAMIC,    /* EXECUTE of PL/pgSQL; its text is not known */
	STATEMENT_ROUTINE,    /* CREATE FUNCTION, CREATE PROCEDURE, DO */
	STATEMENT_CALL,       /* of a procedure */
	STATEMENT_META,       /* a psql command; text: the line */
	STATEMENT_OTHER,
	STATEMENT_UNPARSED, /* text: why */
	STATEMENT_IGNORE,   /* a comment that suppresses a rule; text: rule, reason: why */
	STATEMENT_KINDS,
};

enum statement_flag {
	STATEMENT_CUT = 1,       /* more terms than are kept */
	STATEMENT_PROCEDURE = 2, /* stands in a procedure or DO block, which can commit */
	STATEMENT_TRIGGER = 4,   /* stands in a trigger function */
	STATEMENT_WATCHED = 8,   /* psql's \watch repeats it */
	/* the write before it once more, with the SELECT that its variable comes from in
	 * place of the variable: for rules about batches */
	STATEMENT_JOINED = 16,
	/* the text of the STATEMENT_DYNAMIC before it, with names and parameters for what the
	 * routine does not write */
	STATEMENT_EXECUTED = 64,
	STATEMENT_INEXACT = 32, /* its places are those of the whole, so that it has no texts */
};

struct statement_span {
	uint32_t from, to;
};

/* Texts lie behind the arrays. */
struct statement_text {
	uint32_t from, bytes;
};

/* Of nested places of a routine, numbered in their order, the numbers of one and of what is inside
 * it; 0: none. */
struct statement_place {
	uint32_t from, to;
};

static inline bool statement_within(struct statement_place inner, struct statement_place outer)
{
	return outer.from && inner.from >= outer.from && inner.from <= outer.to;
}

struct statement_head {
	uint32_t kind, flags;
	struct statement_span span;
	uint32_t line, column; /* of span.from; from 1, column in code points */
	uint32_t routine;      /* number of the STATEMENT_ROUTINE it stands in, from 1; 0: none */
	uint32_t depth;        /* loops of the routine around it */
	/* the span of loops around it, as one number per loop of the file; 0: none */
	uint32_t loop;
	struct statement_place branch;  /* that ends with RETURN or an error: nothing follows it */
	struct statement_place attempt; /* what an EXCEPTION handler would take back */
	struct statement_place handler; /* the attempt whose handler it stands in */
	struct statement_text text, reason;
	uint32_t queries, relations, conjuncts, arms, orders, outputs, sets, terms, text_bytes;
};

/* Where a query stands in its statement. */
enum statement_role {
	STATEMENT_TOP, /* the statement: its WHERE belongs to query 0 */
	STATEMENT_IN,  /* x IN (q), x = ANY (q) */
	STATEMENT_IN_ARRAY,
	STATEMENT_SCALAR,
	STATEMENT_EXISTS,
	STATEMENT_FROM, /* a subselect in FROM or USING */
	STATEMENT_CTE,
	STATEMENT_ARM, /* of UNION, INTERSECT, EXCEPT; or the source of an INSERT */
	STATEMENT_ELSEWHERE,
};

enum statement_query_flag {
	STATEMENT_LIMIT = 1,
	STATEMENT_OFFSET = 2,
	STATEMENT_LOCK = 4,
	STATEMENT_SKIP_LOCKED = 8,
	STATEMENT_GROUPED = 16, /* DISTINCT, GROUP BY, HAVING, UNION: no row of a table */
	STATEMENT_LIMIT_ONE = 32,
	STATEMENT_WRITES = 64, /* a CTE that is an UPDATE, DELETE, INSERT */
	STATEMENT_SAMPLES = 128,
	STATEMENT_RENAMED = 256, /* a CTE that names its columns */
	/* GROUPING SETS, ROLLUP, CUBE: columns are NULL in rows of a coarser group */
	STATEMENT_GROUPING_SETS = 512,
	/* the writing query of a MERGE of which one WHEN MATCHED says what happens: its
	 * condition is a conjunct, of unknown place; its assignments are those of the query */
	STATEMENT_MATCHED = 1024,
};

struct statement_query {
	uint32_t parent, role, flags;
	struct statement_span span;  /* of the SELECT, without its parentheses */
	struct statement_span from;  /* what stands behind FROM, or USING of a DELETE */
	struct statement_span where; /* of the condition */
	struct statement_span lock;  /* of FOR UPDATE, FOR SHARE, ... */
	uint32_t clauses;            /* where a WHERE or a further conjunct can be written */
	struct statement_text name;  /* of a CTE */
	uint32_t limit;              /* term; UINT32_MAX: none */
	uint32_t offset;
};

struct statement_relation {
	uint32_t query;
	struct statement_span span;
	struct statement_text schema, name, alias;
	uint32_t target;   /* what UPDATE, DELETE, INSERT write */
	uint32_t select;   /* the query of a subselect; UINT32_MAX: a table or CTE */
	uint32_t nullable; /* on the nullable side of an outer join */
	uint32_t renamed;  /* its alias names columns */
};

struct statement_conjunct {
	uint32_t query;
	struct statement_span span;
	/* of a comparison, LIKE, = ANY, IS [NOT] DISTINCT FROM: its operands, in the order of the
	 * term's children; of a call of two arguments: these; of BETWEEN the operand, the lower and
	 * the upper bound. (a, b) = (x, y) is two comparisons with one span. */
	struct statement_span left, right, upper;
	uint32_t term;
	uint32_t join; /* of an ON clause */
};

/* A condition of an alternative: of (a AND b) OR c there are a, b and c. */
struct statement_arm {
	struct statement_conjunct is;
	uint32_t conjunct;            /* the number of the OR */
	uint32_t nth;                 /* which alternative of it */
	struct statement_span around; /* the alternative */
};

struct statement_order {
	uint32_t query;
	struct statement_span span, expression;
	uint32_t term;
	uint32_t descending, nulls; /* nulls: 0 default, 1 first, 2 last */
	uint32_t window; /* of which OVER or WINDOW, from 1; 0: the ORDER BY of the query */
};

struct statement_output {
	uint32_t query;
	struct statement_span span; /* of the expression, without its name */
	struct statement_text name;
	uint32_t term;
};

struct statement_set {
	uint32_t query;
	struct statement_span span;
	struct statement_text column;
	uint32_t term; /* UINT32_MAX: of a multiple assignment, not known */
};

/* Expressions, in prefix order. Normalised where the meaning as a filter stays the same: constants
 * stand right, NOT is pushed in, BETWEEN is two comparisons, casts of constants are dropped. */
enum statement_term_kind {
	STATEMENT_COLUMN,    /* text: name, qualifier; "*" for all */
	STATEMENT_CONSTANT,  /* text: value; number: enum statement_constant */
	STATEMENT_PARAMETER, /* of the statement or the routine */
	STATEMENT_VARIABLE,  /* of PL/pgSQL */
	STATEMENT_OPERATOR,  /* text: its name */
	STATEMENT_AND,
	STATEMENT_OR,
	STATEMENT_NOT,
	STATEMENT_IS_NULL,
	STATEMENT_NOT_NULL,
	STATEMENT_DISTINCT, /* IS DISTINCT FROM */
	STATEMENT_MEMBER,   /* x IN (a, b, ...): x, then the list */
	STATEMENT_FUNCTION, /* text: name, qualifier: schema */
	STATEMENT_CAST,     /* text: type */
	/* number: the query; its role says how. Of IN the left side follows; then, in every role,
	 * the terms of the query itself. */
	STATEMENT_QUERY,
	STATEMENT_COMPOUND, /* anything else; text: what */
};

enum statement_constant {
	STATEMENT_NULL,
	STATEMENT_NUMBER,
	STATEMENT_STRING,
	STATEMENT_BOOL,
};

struct statement_term {
	uint32_t kind, number;
	uint32_t size; /* of the subtree in terms, itself included */
	struct statement_span span;
	struct statement_text text, qualifier;
};

/* A statement in memory. */
struct statement {
	struct statement_head head;
	struct statement_query *query;
	struct statement_relation *relation;
	struct statement_conjunct *conjunct;
	struct statement_arm *arm; /* in the order of conjunct and nth */
	struct statement_order *order;
	struct statement_output *output;
	struct statement_set *set;
	struct statement_term *term;
	char *text;
};

enum { STATEMENT_NONE = 0xffffffff };

static inline struct str statement_str(const struct statement *s, struct statement_text t)
{
	return (struct str){s->text + t.from, t.bytes};
}

extern const struct serve_format statement_format;

/* Read one file and pass its statements to the callback, one at a time. Called for each served
 * file, and by the fuzzer. The statement is valid during the call. */
typedef void statement_found(void *ctx, const struct statement *statement);
void statement_read(struct str file, statement_found *found, void *ctx);

#endif
