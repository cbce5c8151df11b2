/* PostgreSQL's parse tree. Included only by what walks it: these headers define macros with common
 * names (LOG, ERROR, Min, printf). */
#ifndef AUDIT_STATEMENT_NODES_H
#define AUDIT_STATEMENT_NODES_H

/* libpg_query made the variables of the server that it uses thread-local, which the server's
 * headers do not say. */
#define PGDLLIMPORT __thread
#include <postgres.h>
#undef PG_MAJORVERSION
#undef PG_VERSION
#undef PG_VERSION_NUM
#include <pg_query.h>
#include <pg_query/pg_query_internal.h>
#include <nodes/nodeFuncs.h>
#include <nodes/parsenodes.h>
#include <parser/parser.h>

#include "audit/statement/internal.h"

/* ---- term.c ---- */
/* How a query inside an expression is read: query.c, called from below. Returns its number. */
typedef uint32_t term_query(struct build *b, uint32_t parent, enum statement_role role,
			    SelectStmt *select);
/* The window of a function likewise. */
typedef void term_window(struct build *b, uint32_t query, WindowDef *window);
struct term_context {
	struct build *b;
	uint32_t query;
	term_query *query_of;
	term_window *window_of;
};
/* The expression as a term. `filter`: only true counts, so that NULL and false are the same. */
uint32_t term_of(struct term_context *c, Node *node, bool filter);
/* left = right, as a filter. */
uint32_t term_equal(struct term_context *c, Node *left, Node *right);
/* A constant true or false, casts left out. */
bool term_is_bool(Node *node, bool *value);
/* Whether the operands of the comparison change places, so that a constant stands right. */
bool term_turned(A_Expr *e);
/* An offset inside the node, into the lexed text; UINT32_MAX: none is known. */
uint32_t term_offset(const struct build *b, Node *node);

/* ---- query.c ---- */
/* What a statement of the parse tree says; head.kind is set. */
void query_statement(struct build *b, Node *statement);

#endif
