/* How the parts of the reader fit together; a file calls only those above it:
 *
 *   words.c    keywords that the lexer and the clauses know
 *   lex.c      tokens with bracket depth, placeholders, psql commands, COPY data, pieces
 *   build.c    the statement under construction: arrays and texts
 *   clauses.c  spans of clauses, from tokens
 *   term.c     expressions of the parse tree as terms
 *   query.c    SELECT, INSERT, UPDATE, DELETE, MERGE of the parse tree as facts
 *   parse.c    PostgreSQL's parser, called so that its errors come back
 *   plpgsql.c  what libpg_query does not take of PL/pgSQL, in words that it takes
 *   joined.c   writes with the batch that a variable has
 *   dynamic.c  the text of EXECUTE, as far as it is written
 *   routine.c  bodies of functions, procedures and DO blocks
 *   statement.c, serve.c  the file, and the loop over files
 *
 * PostgreSQL's headers are included by term.c, query.c and parse.c only, through postgres.h of this
 * folder, because they define macros with common names.
 */
#ifndef AUDIT_STATEMENT_INTERNAL_H
#define AUDIT_STATEMENT_INTERNAL_H

#include "audit/statement/statement.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/lines.h"

/* ---- words.c ---- */
/* Whether an operand can follow the word, so that it is none itself: AND, LIMIT, SELECT, ... */
bool word_before_operand(struct str word);

/* ---- lex.c ---- */
enum lex_kind {
	LEX_WORD,
	LEX_QUOTED,
	LEX_STRING,
	LEX_NUMBER,
	LEX_PARAMETER,
	LEX_OPERATOR,
	LEX_MARK
};

enum { LEX_DEPTH_MAX = 200 };

struct lex_token {
	uint32_t from, to;
	uint16_t depth; /* of brackets and CASE around it; a bracket has the depth outside */
	uint8_t kind;
	bool hole; /* a placeholder was here */
};

/* A statement or a psql command. */
struct lex_piece {
	uint32_t from, to;     /* without the semicolon and outer white space */
	uint32_t first, count; /* tokens */
	bool meta, watched, deep;
};

struct lex_ignore { /* a comment that suppresses a rule */
	uint32_t from, to;
	struct str rule, reason;
};

struct lex {
	struct str source;
	char *text; /* source with placeholders replaced by names of the same length; NUL-ended */
	struct lex_token *token;
	struct lex_piece *piece;
	struct lex_ignore *ignore;
	size_t tokens, token_room, pieces, piece_room, ignores, ignore_room;
};

/* Tokens and pieces of the text. */
void lex_text(struct lex *lex, struct str source);
void lex_release(struct lex *lex);
bool lex_is(const struct lex *lex, uint32_t token, const char *word);
/* The first token that does not begin before the offset. */
uint32_t lex_at(const struct lex *lex, uint32_t offset);
/* Whether a placeholder begins there. */
bool lex_hole(const struct lex *lex, uint32_t offset);

/* ---- build.c ---- */
/* The statement under construction. Offsets of the parser are relative to the text that it was
 * given; that stands `shift` bytes into the lexed text, which stands `base` bytes into the file. */
struct build {
	const struct lex *lex;
	uint32_t base, shift;
	uint32_t limit; /* where the parsed text ends in the lexed text */
	bool inexact;   /* the lexed text was unescaped: every span is `whole` */
	struct statement_span whole;
	/* variables of PL/pgSQL; NULL: none */
	const struct build_names *names;
	struct statement s;
	size_t query_room, relation_room, conjunct_room, arm_room, order_room, output_room,
	    set_room, term_room;
	struct buf text;
	unsigned depth; /* of the recursion */
	uint32_t windows;
	bool too_deep;
};

enum { BUILD_DEPTH_MAX = 500 };

struct build_names {
	const char *const *variable, *const *argument;
	size_t variables, arguments;
};

void build_init(struct build *b);
void build_release(struct build *b);
void build_reset(struct build *b);
struct statement_text build_text(struct build *b, struct str text);
/* From offsets of the lexed text to the file's. */
struct statement_span build_span(const struct build *b, uint32_t from, uint32_t to);
/* The arrays' texts and counts are made whole. */
const struct statement *build_done(struct build *b);
uint32_t build_query(struct build *b, uint32_t parent, enum statement_role role);
/* A new term; STATEMENT_NONE over the maximum. Close it with build_close when its children are
 * there. */
uint32_t build_term(struct build *b, enum statement_term_kind kind, struct str text);
void build_close(struct build *b, uint32_t term);
struct statement_relation *build_relation(struct build *b, uint32_t query);
struct statement_conjunct *build_conjunct(struct build *b, uint32_t query);
struct statement_arm *build_arm(struct build *b, uint32_t conjunct, uint32_t nth);
struct statement_order *build_order(struct build *b, uint32_t query);
struct statement_output *build_output(struct build *b, uint32_t query);
struct statement_set *build_set(struct build *b, uint32_t query);

/* ---- clauses.c ---- */
/* A clause as tokens [from, to). */
struct clause {
	uint32_t from, to;
};

/* The clauses of one SELECT, UPDATE or DELETE. */
struct clauses {
	bool known;
	uint32_t depth;
	struct clause all, list, from, where, order, lock;
	uint32_t insert; /* token behind which a WHERE, or a further conjunct, can stand */
};

/* Of the keyword that stands before the offset, at its depth. */
void clauses_of(const struct build *b, uint32_t offset, const char *keyword, struct clauses *out);
/* The part of the clause that contains the offset: of those that AND or a comma separates. With
 * brackets around it alone, they are looked into. */
struct clause clause_part(const struct lex *lex, struct clause clause, const char *separator,
			  uint32_t offset);
/* The nth part; empty when there are fewer. */
/* Without the brackets around it. */
struct clause clause_inside(const struct lex *lex, struct clause clause);
struct clause clause_nth(const struct lex *lex, struct clause clause, const char *separator,
			 size_t n);
/* The condition behind ON that contains the offset. */
struct clause clause_on(const struct build *b, uint32_t offset);
/* The ORDER BY inside the parentheses of a window that begin at the offset; empty: none. */
struct clause clause_window(const struct build *b, uint32_t offset);
/* An item of ORDER BY without its direction and NULLS. */
struct clause clause_sorted(const struct lex *lex, struct clause item);

/* ---- parse.c ---- */
enum routine_language {
	ROUTINE_NONE,
	ROUTINE_PLPGSQL,
	ROUTINE_SQL,
	ROUTINE_RULE, /* the commands of a CREATE RULE */
	ROUTINE_OTHER
};

/* What CREATE FUNCTION, CREATE PROCEDURE, CREATE RULE or DO says of its body. */
struct routine {
	enum routine_language language;
	bool procedure, trigger;
	uint32_t body; /* offset of the clause that has the body, in the parsed text */
	char name[64], language_name[64];
	const char **argument;
	size_t arguments;
};

struct parse_outcome {
	bool failed;
	char error[256];
	struct routine routine;
};

enum text_mode { TEXT_STATEMENT, TEXT_EXPRESSION, TEXT_ASSIGNMENT };

/* One statement, into b. Names of arguments live in the arena. */
void parse_statement(struct build *b, struct arena *arena, const char *text, enum text_mode mode,
		     struct parse_outcome *outcome);

/* ---- plpgsql.c ---- */
enum { PLPGSQL_RECORDS_MAX = 16, PLPGSQL_NAME_MAX = 64 };

/* CREATE FUNCTION, CREATE PROCEDURE or DO. */
struct plpgsql {
	struct str before, after; /* what stands around the string with the body */
	const struct lex *body;
	/* variables and arguments that must be records */
	struct str record[PLPGSQL_RECORDS_MAX];
	char names[PLPGSQL_RECORDS_MAX][PLPGSQL_NAME_MAX];
	size_t records;
};

/* The whole, as libpg_query takes it; NULL: too large. */
char *plpgsql_create(const struct plpgsql *p, struct arena *arena);
/* Another record, of which the parser's error tells. False: it tells of something else. */
bool plpgsql_learn(struct plpgsql *p, const char *error);

/* ---- joined.c ---- */
enum { JOINED_MAX = 8 };

/* Variables of a loop and the queries with a LIMIT that they come from; query empty: from
 * something else. */
struct joined {
	struct {
		struct str name, query;
	} of[JOINED_MAX];
	size_t count;
};

void joined_note(struct joined *j, struct str name, struct str query);
/* name := expression */
void joined_assigned(struct joined *j, struct str assignment);
/* The UPDATE or DELETE with the query in place of the variable, and with the condition of the IF
 * that it stands in, if that is one on the variable; NULL: it names none. */
char *joined_text(const struct joined *j, struct str write, struct str guard, struct arena *arena);

/* ---- dynamic.c ---- */
/* The text that the expression of EXECUTE is; NULL: it is not written there. */
char *dynamic_text(struct str expression, struct arena *arena);

/* ---- routine.c ---- */
/* The file while it is read. */
struct script {
	struct str file;
	struct lines lines;
	struct build build;
	struct arena arena; /* of one routine */
	uint32_t routines, loops, branches, attempts;
	statement_found *found;
	void *ctx;
};

/* Where a statement stands. */
struct script_place {
	uint32_t routine, flags, depth, loop;
	struct statement_place branch, attempt, handler;
	struct str guard; /* the condition of the IF around it */
};

/* Pass the statement in r->build to the callback. */
void script_found(struct script *r, struct statement_span span, const struct script_place *at);
/* One that has only a text. */
void script_says(struct script *r, enum statement_kind kind, struct statement_span span,
		 const struct script_place *at, struct str text);
/* The statements of the lexed text, which stands `base` bytes into the file. */
void routine_pieces(struct script *r, struct lex *lex, uint32_t base,
		    const struct build_names *names, const struct script_place *at);

#endif
