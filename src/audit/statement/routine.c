/* Bodies of functions, procedures, rules and DO blocks. PL/pgSQL comes through the parser's
 * own tree, as JSON; where its statements stand is found by their text. */
#include "audit/statement/internal.h"
#include "base/json.h"
#include "base/memory.h"

#include <pg_query.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LEVEL_ERROR = 21 }; /* elog_level of RAISE EXCEPTION */

/* A body of PL/pgSQL while it is read. */
struct body {
	struct script *r;
	const struct lex *lex; /* of the body; its text begins `base` bytes into the file */
	uint32_t base;
	bool inexact; /* quotes were doubled: places are those of the whole body */
	struct statement_span whole;
	struct build_names names;
	uint32_t found; /* where the last text was found */
	struct joined joined;
};

void script_found(struct script *r, struct statement_span span, const struct script_place *at)
{
	struct statement_head *head = &r->build.s.head;
	head->span = span;
	head->routine = at->routine;
	head->depth = at->depth;
	head->loop = at->loop;
	head->branch = at->branch;
	head->attempt = at->attempt;
	head->handler = at->handler;
	head->flags |= at->flags | (r->build.inexact ? STATEMENT_INEXACT : 0u);
	lines_place(&r->lines, r->file, span.from, &head->line, &head->column);
	r->found(r->ctx, build_done(&r->build));
}

void script_says(struct script *r, enum statement_kind kind, struct statement_span span,
		 const struct script_place *at, struct str text)
{
	build_reset(&r->build);
	r->build.s.head.kind = kind;
	r->build.s.head.text = build_text(&r->build, text);
	script_found(r, span, at);
}

/* ---- PL/pgSQL ---- */

static uint32_t line_offset(struct str text, int64_t line)
{
	size_t at = 0;
	while (line-- > 1) {
		const char *end = memchr(text.p + at, '\n', text.n - at);
		if (!end)
			return 0;
		at = (size_t)(end - text.p) + 1;
	}
	return (uint32_t)at;
}

/* INTO and its targets are blanks in the query. */
static bool text_matches(const char *source, struct str query)
{
	for (size_t i = 0; i < query.n; i++)
		if (source[i] != query.p[i] && query.p[i] != ' ')
			return false;
	return true;
}

/* Where the query stands in the body, at the line or behind it; `skip` bytes of it are not the
 * body's (SELECT for PERFORM). STATEMENT_NONE: not found. */
static uint32_t body_find(struct body *body, struct str query, size_t skip, int64_t line)
{
	struct str text = {body->lex->text, body->lex->source.n};
	struct str wanted = {query.p + skip, query.n - skip};
	uint32_t at = line_offset(text, line);
	if (!wanted.n)
		return STATEMENT_NONE;
	for (; at + wanted.n <= text.n; at++) {
		if (text.p[at] != wanted.p[0] || at == body->found ||
		    !text_matches(text.p + at, wanted))
			continue;
		body->found = at;
		return at < skip ? STATEMENT_NONE : at - (uint32_t)skip;
	}
	return STATEMENT_NONE;
}

static void body_parse(struct body *body, struct str query, enum text_mode mode, size_t skip,
		       int64_t line, const struct script_place *at)
{
	struct script *r = body->r;
	struct build *b = &r->build;
	struct parse_outcome outcome;
	uint32_t offset = body_find(body, query, skip, line);
	struct statement_span span = body->whole;
	build_reset(b);
	b->lex = body->lex;
	b->base = body->base;
	b->whole = body->whole;
	b->names = &body->names;
	b->inexact = body->inexact || offset == STATEMENT_NONE;
	b->shift = b->inexact ? 0 : offset;
	b->limit = b->shift + (uint32_t)query.n;
	if (!b->inexact)
		span = (struct statement_span){body->base + offset - (skip ? 1 : 0),
					       body->base + offset + (uint32_t)query.n};
	parse_statement(b, &r->arena, query.p, mode, &outcome);
	if (outcome.failed && mode == TEXT_EXPRESSION) {
		build_reset(b);
		parse_statement(b, &r->arena, query.p, TEXT_ASSIGNMENT, &outcome);
	}
	if (outcome.failed) {
		script_says(r, STATEMENT_UNPARSED, span, at, str_of(outcome.error));
		return;
	}
	if (mode == TEXT_EXPRESSION)
		b->s.head.kind = STATEMENT_EXPRESSION;
	script_found(r, span, at);
}

/* A text that the routine does not have in one place, for the statement at the span. */
static void body_made(struct body *body, char *text, struct statement_span span,
		      enum statement_flag flag, const struct script_place *at)
{
	struct script *r = body->r;
	struct build *b = &r->build;
	struct parse_outcome outcome;
	struct lex lex;
	struct script_place place = *at;
	if (!text)
		return;
	lex_text(&lex, str_of(text));
	build_reset(b);
	b->lex = &lex;
	b->base = b->shift = 0;
	b->whole = span;
	b->names = &body->names;
	b->inexact = true;
	b->limit = (uint32_t)lex.source.n;
	parse_statement(b, &r->arena, text, TEXT_STATEMENT, &outcome);
	place.flags |= flag;
	if (!outcome.failed)
		script_found(r, span, &place);
	lex_release(&lex);
}

/* The write that was parsed, with the batch in place of the variable. */
static void body_joined(struct body *body, struct str query, const struct script_place *at)
{
	if (at->depth)
		body_made(body, joined_text(&body->joined, query, at->guard, &body->r->arena),
			  body->r->build.s.head.span, STATEMENT_JOINED, at);
}

/* EXECUTE of an expression, which was parsed. */
static void body_dynamic(struct body *body, struct str query, const struct script_place *at)
{
	struct statement_span span = body->r->build.s.head.span;
	script_says(body->r, STATEMENT_DYNAMIC, span, at, query);
	body_made(body, dynamic_text(query, &body->r->arena), span, STATEMENT_EXECUTED, at);
}

static const struct {
	const char *node, *key;
	bool perform;
} statements[] = {
    {"PLpgSQL_stmt_execsql", "sqlstmt", false},     {"PLpgSQL_stmt_perform", "expr", true},
    {"PLpgSQL_stmt_call", "expr", false},           {"PLpgSQL_stmt_fors", "query", false},
    {"PLpgSQL_stmt_return_query", "query", false},  {"PLpgSQL_stmt_open", "query", false},
    {"PLpgSQL_var", "cursor_explicit_expr", false},
};

static bool is_loop(struct str node)
{
	static const char *const names[] = {"loop", "while",   "fori",     "fors",
					    "forc", "dynfors", "foreach_a"};
	if (!str_starts(node, STR("PLpgSQL_stmt_")))
		return false;
	struct str name = {node.p + 13, node.n - 13};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq(name, str_of(names[i])))
			return true;
	return false;
}

static void body_expression(struct body *body, const struct json_value *expr, struct str node,
			    struct str key, int64_t line, const struct script_place *at)
{
	struct str query = json_text(json_get(expr, "query"));
	if (!query.n)
		return;
	bool dynamic = str_starts(node, STR("PLpgSQL_stmt_dyn")) || str_eq(key, STR("dynquery"));
	for (size_t i = 0; i < COUNT_OF(statements); i++)
		if (str_eq(node, str_of(statements[i].node)) &&
		    str_eq(key, str_of(statements[i].key))) {
			/* PERFORM became SELECT */
			body_parse(body, query, TEXT_STATEMENT,
				   statements[i].perform && query.n > 6 ? 6 : 0, line, at);
			body_joined(body, query, at);
			return;
		}
	body_parse(body, query, TEXT_EXPRESSION, 0, line, at);
	if (dynamic && str_eq(key, STR("query")))
		body_dynamic(body, query, at);
}

/* A COMMIT or ROLLBACK of the body. */
static bool body_transaction(struct body *body, struct str node, int64_t line,
			     const struct script_place *at)
{
	bool commit = str_eq(node, STR("PLpgSQL_stmt_commit"));
	if (!commit && !str_eq(node, STR("PLpgSQL_stmt_rollback")))
		return false;
	struct statement_span span = body->whole;
	if (!body->inexact) {
		struct str text = {body->lex->text, body->lex->source.n};
		span.from = body->base + line_offset(text, line);
	}
	script_says(body->r, commit ? STATEMENT_COMMIT : STATEMENT_ROLLBACK, span, at, STR(""));
	return true;
}

/* The variable that a FOR or an INTO fills. */
static struct str filled_name(const struct json_value *target)
{
	const struct json_value *row = target ? json_get(target, "PLpgSQL_row") : NULL;
	const struct json_value *rec = target ? json_get(target, "PLpgSQL_rec") : NULL;
	const struct json_value *fields = row ? json_get(row, "fields") : NULL;
	if (rec)
		return json_text(json_get(rec, "refname"));
	return fields && fields->first ? json_text(json_get(fields->first, "name")) : STR("");
}

static struct str query_text(const struct json_value *v, const char *key)
{
	const struct json_value *expr = json_get(v, key);
	expr = expr ? json_get(expr, "PLpgSQL_expr") : NULL;
	return expr ? json_text(json_get(expr, "query")) : STR("");
}

/* What a statement leaves in variables; of a FOR that is known before its body. Outside of loops it
 * is executed once. */
static void body_fill(struct body *body, struct str node, const struct json_value *v,
		      const struct script_place *at)
{
	if (!at->depth)
		return;
	if (str_eq(node, STR("PLpgSQL_stmt_fors")))
		joined_note(&body->joined, filled_name(json_get(v, "var")), query_text(v, "query"));
	else if (str_eq(node, STR("PLpgSQL_stmt_execsql")) && json_get(v, "into"))
		joined_note(&body->joined, filled_name(json_get(v, "target")),
			    query_text(v, "sqlstmt"));
	else if (str_eq(node, STR("PLpgSQL_stmt_assign")))
		joined_assigned(&body->joined, query_text(v, "expr"));
}

/* A block with handlers. */
static bool is_attempt(const struct json_value *block)
{
	return block->kind == JSON_IS_OBJECT && json_get(block, "exceptions") &&
	       json_get(block, "body");
}

/* Whether the list of statements ends with RETURN or RAISE EXCEPTION. */
static bool list_leaves(const struct json_value *list, struct str key)
{
	static const char *const keys[] = {"then_body", "else_body", "stmts", "else_stmts",
					   "action"};
	const struct json_value *last = NULL;
	bool branch = false;
	int64_t level = 0;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		branch |= str_eq(key, str_of(keys[i]));
	for (const struct json_value *e = list->first; branch && e; e = e->next)
		last = e;
	if (!last || last->kind != JSON_IS_OBJECT)
		return false;
	const struct json_value *raise = json_get(last, "PLpgSQL_stmt_raise");
	return json_get(last, "PLpgSQL_stmt_return") ||
	       (raise && json_get(raise, "elog_level") &&
		json_i64(json_get(raise, "elog_level"), &level) && level >= LEVEL_ERROR);
}

/* How many places are inside: attempts, or branches that leave. */
static uint32_t place_count(const struct json_value *v, struct str key, bool attempts)
{
	uint32_t count = 0;
	for (const struct json_value *m = v->first; m; m = m->next) {
		if (m->kind != JSON_IS_ARRAY && m->kind != JSON_IS_OBJECT)
			continue;
		struct str own = v->kind == JSON_IS_ARRAY ? key : m->key;
		count += attempts ? is_attempt(m) : m->kind == JSON_IS_ARRAY && list_leaves(m, own);
		count += place_count(m, own, attempts);
	}
	return count;
}

/* A new place, with the numbers that those inside it will have. */
static struct statement_place place_new(const struct json_value *v, bool attempts, uint32_t *last)
{
	struct statement_place place = {++*last, 0};
	place.to = place.from + place_count(v, STR(""), attempts);
	return place;
}

/* node: the type of the object that the value belongs to; key: of the value. */
static void body_walk(struct body *body, const struct json_value *v, struct str node,
		      struct str key, int64_t line, struct script_place at)
{
	if (v->kind == JSON_IS_ARRAY) {
		if (list_leaves(v, key))
			at.branch = place_new(v, false, &body->r->branches);
		for (const struct json_value *e = v->first; e; e = e->next)
			body_walk(body, e, node, key, line, at);
		return;
	}
	if (v->kind != JSON_IS_OBJECT)
		return;
	if (json_get(v, "PLpgSQL_expr")) {
		body_expression(body, json_get(v, "PLpgSQL_expr"), node, key, line, &at);
		return;
	}
	const struct json_value *own = json_get(v, "lineno");
	int64_t ignored;
	if (own && json_i64(own, &ignored))
		line = ignored;
	struct statement_place attempt = {0};
	if (is_attempt(v))
		attempt = place_new(json_get(v, "body"), true, &body->r->attempts);
	/* the query of a FOR runs once, its body in a loop */
	for (const struct json_value *m = v->first; m; m = m->next) {
		bool type = str_starts(m->key, STR("PLpgSQL_"));
		struct script_place inner = at;
		if (is_loop(node) && str_eq(m->key, STR("body"))) {
			inner.depth++;
			inner.loop = inner.loop ? inner.loop : ++body->r->loops;
		}
		if (str_eq(node, STR("PLpgSQL_stmt_if")) && str_eq(m->key, STR("then_body")))
			inner.guard = query_text(v, "cond");
		if (attempt.from && str_eq(m->key, STR("body")))
			inner.attempt = attempt;
		if (attempt.from && str_eq(m->key, STR("exceptions")))
			inner.handler = attempt;
		if (type) {
			const struct json_value *n = json_get(m, "lineno");
			int64_t at_line = line;
			if (n && json_i64(n, &ignored))
				at_line = ignored;
			if (body_transaction(body, m->key, at_line, &inner))
				continue;
			bool loop = is_loop(m->key);
			size_t joined = body->joined.count;
			if (loop)
				body_fill(body, m->key, m, &inner);
			body_walk(body, m, m->key, key, at_line, inner);
			/* what a loop has filled is of its last round */
			if (loop && body->joined.count > joined)
				body->joined.count = joined;
			if (!loop)
				body_fill(body, m->key, m, &inner);
		} else {
			body_walk(body, m, node, m->key, line, inner);
		}
	}
}

static void body_names(struct body *body, const struct json_value *datums)
{
	size_t count = 0;
	for (const struct json_value *d = datums ? datums->first : NULL; d; d = d->next)
		count++;
	const char **variable = arena_array(&body->r->arena, count + 1, sizeof(*variable));
	const char **argument = arena_array(&body->r->arena, count + 1, sizeof(*argument));
	if (!variable || !argument)
		return;
	body->names = (struct build_names){.variable = variable, .argument = argument};
	for (const struct json_value *d = datums ? datums->first : NULL; d; d = d->next) {
		struct str name = d->first ? json_text(json_get(d->first, "refname")) : STR("");
		if (!name.n || name.p[0] == '(')
			continue;
		if (json_get(d->first, "lineno"))
			variable[body->names.variables++] = name.p;
		else
			argument[body->names.arguments++] = name.p;
	}
}

static void body_plpgsql(struct body *body, struct plpgsql *p, const struct script_place *at)
{
	struct json_value *tree = NULL;
	struct err err = {.text = "the body is too large"};
	enum status status = INVALID;
	const char *create = plpgsql_create(p, &body->r->arena);
	PgQueryPlpgsqlParseResult parsed = {0};
	if (create)
		parsed = pg_query_parse_plpgsql(create);
	while (parsed.error && plpgsql_learn(p, parsed.error->message) &&
	       (create = plpgsql_create(p, &body->r->arena))) {
		pg_query_free_plpgsql_parse_result(parsed);
		parsed = pg_query_parse_plpgsql(create);
	}
	if (create && !parsed.error)
		status = json_parse(&body->r->arena, str_of(parsed.plpgsql_funcs), &tree, &err);
	if (status != OK)
		script_says(body->r, STATEMENT_UNPARSED, body->whole, at,
			    str_of(parsed.error ? parsed.error->message : err.text));
	for (const struct json_value *f = status == OK ? tree->first : NULL; f; f = f->next) {
		const struct json_value *function = json_get(f, "PLpgSQL_function");
		if (!function)
			continue;
		const struct json_value *datums = json_get(function, "datums");
		const struct json_value *action = json_get(function, "action");
		body_names(body, datums);
		if (datums)
			body_walk(body, datums, STR(""), STR(""), 1, *at);
		if (action)
			body_walk(body, action, STR(""), STR(""), 1, *at);
	}
	if (create)
		pg_query_free_plpgsql_parse_result(parsed);
}

/* ---- a routine ---- */

/* The text of a string token, without its quotes. Quotes doubled inside are undone into the arena;
 * then places inside are not exact. */
static struct str body_text(struct script *r, struct str token, uint32_t *at, bool *inexact)
{
	*inexact = false;
	if (token.p[0] == '$') {
		const char *end = memchr(token.p + 1, '$', token.n - 1);
		size_t tag = end ? (size_t)(end - token.p) + 1 : 1;
		*at = (uint32_t)tag;
		return token.n < 2 * tag ? STR("") : (struct str){token.p + tag, token.n - 2 * tag};
	}
	size_t open = token.p[0] == '\'' ? 1 : 2;
	*at = (uint32_t)open;
	if (token.n <= open)
		return STR("");
	struct str inner = {token.p + open, token.n - open - 1};
	bool escapes = open == 2;
	if (!memmem(inner.p, inner.n, "''", 2) && !escapes)
		return inner;
	*inexact = true;
	char *out = arena_room(&r->arena, inner.n + 1);
	size_t n = 0;
	for (size_t i = 0; out && i < inner.n; i++) {
		bool pair = inner.p[i] == '\'' || (escapes && inner.p[i] == '\\');
		i += pair && i + 1 < inner.n;
		out[n++] = inner.p[i];
	}
	return out ? (struct str){out, n} : STR("");
}

static void routine_body(struct script *r, struct lex *lex, const struct lex_piece *piece,
			 uint32_t base, const struct routine *routine, struct script_place at)
{
	struct body body = {.r = r, .found = STATEMENT_NONE};
	struct lex inner;
	uint32_t open, i = routine->body == STATEMENT_NONE
			       ? piece->first
			       : lex_at(lex, piece->from + routine->body);
	uint32_t end = piece->first + piece->count;
	/* AS 'body', or BEGIN ATOMIC ... END */
	while (i < end && routine->body != STATEMENT_NONE && lex->token[i].kind != LEX_STRING)
		i++;
	while (i < end && routine->body == STATEMENT_NONE && !lex_is(lex, i, "atomic"))
		i++;
	if (i + (routine->body == STATEMENT_NONE) >= end)
		return;
	const struct lex_token *t = &lex->token[i];
	struct str text = {lex->source.p + t->from, t->to - t->from};
	uint32_t from = t->from;
	if (routine->body == STATEMENT_NONE) {
		from = t->to;
		text = (struct str){lex->source.p + t->to, lex->token[end - 1].from - t->to};
	} else {
		text = body_text(r, text, &open, &body.inexact);
		from += open;
	}
	body.base = base + from;
	body.whole = (struct statement_span){base + t->from, base + t->to};
	lex_text(&inner, text);
	body.lex = &inner;
	body.names =
	    (struct build_names){.argument = routine->argument, .arguments = routine->arguments};
	if (routine->language == ROUTINE_SQL) {
		r->build.inexact = body.inexact;
		r->build.whole = body.whole;
		routine_pieces(r, &inner, body.base, &body.names, &at);
		r->build.inexact = false;
	} else {
		struct plpgsql p = {
		    .before = {lex->text + piece->from, t->from - piece->from},
		    .after = {lex->text + t->to, piece->to - t->to},
		    .body = &inner,
		};
		body_plpgsql(&body, &p, &at);
	}
	lex_release(&inner);
}

/* The commands of a rule, behind DO [ALSO | INSTEAD], in brackets or not. */
static void routine_rule(struct script *r, struct lex *lex, const struct lex_piece *piece,
			 uint32_t base, struct script_place at)
{
	static const char *const rows[] = {"new", "old"};
	const struct build_names names = {.variable = rows, .variables = COUNT_OF(rows)};
	uint32_t i = piece->first, end = piece->first + piece->count;
	struct lex inner;
	while (i < end && (lex->token[i].depth || !lex_is(lex, i, "do")))
		i++;
	i++;
	if (lex_is(lex, i, "also") || lex_is(lex, i, "instead"))
		i++;
	if (i >= end || lex_is(lex, i, "nothing"))
		return;
	const struct lex_token *first = &lex->token[i], *last = &lex->token[end - 1];
	bool brackets = first->kind == LEX_MARK && lex->source.p[first->from] == '(';
	uint32_t from = brackets ? first->to : first->from, to = brackets ? last->from : piece->to;
	if (from > to)
		return;
	lex_text(&inner, (struct str){lex->source.p + from, to - from});
	routine_pieces(r, &inner, base + from, &names, &at);
	lex_release(&inner);
}

static void routine_found(struct script *r, struct lex *lex, const struct lex_piece *piece,
			  uint32_t base, const struct routine *routine, struct script_place at)
{
	struct statement_span span = {base + piece->from, base + piece->to};
	r->build.s.head.text = build_text(&r->build, str_of(routine->name));
	at.flags |= (routine->procedure ? STATEMENT_PROCEDURE : 0u) |
		    (routine->trigger ? STATEMENT_TRIGGER : 0u);
	at.routine = ++r->routines;
	script_found(r, span, &at);
	if (routine->language == ROUTINE_OTHER) {
		char text[120];
		snprintf(text, sizeof(text), "a body in %s is not read", routine->language_name);
		if (strcmp(routine->language_name, "c") != 0 &&
		    strcmp(routine->language_name, "internal") != 0)
			script_says(r, STATEMENT_UNPARSED, span, &at, str_of(text));
		return;
	}
	if (routine->language == ROUTINE_RULE)
		routine_rule(r, lex, piece, base, at);
	else
		routine_body(r, lex, piece, base, routine, at);
}

static void routine_piece(struct script *r, struct lex *lex, const struct lex_piece *piece,
			  uint32_t base, const struct build_names *names, struct script_place at)
{
	struct build *b = &r->build;
	bool inexact = b->inexact;
	struct statement_span whole = b->whole;
	struct statement_span span =
	    inexact ? whole : (struct statement_span){base + piece->from, base + piece->to};
	struct parse_outcome outcome;
	if (piece->meta) {
		script_says(r, STATEMENT_META, span, &at,
			    (struct str){lex->source.p + piece->from, piece->to - piece->from});
		return;
	}
	if (piece->deep) {
		script_says(r, STATEMENT_UNPARSED, span, &at,
			    STR("brackets are nested more than 200 deep"));
		return;
	}
	if (piece->watched) {
		at.flags |= STATEMENT_WATCHED;
		at.depth++;
		at.loop = at.loop ? at.loop : ++r->loops;
	}
	build_reset(b);
	b->lex = lex;
	b->base = base;
	b->names = names;
	b->shift = piece->from;
	b->limit = piece->to;
	char end = lex->text[piece->to];
	lex->text[piece->to] = '\0';
	parse_statement(b, &r->arena, lex->text + piece->from, TEXT_STATEMENT, &outcome);
	lex->text[piece->to] = end;
	if (outcome.failed)
		script_says(r, STATEMENT_UNPARSED, span, &at, str_of(outcome.error));
	else if (b->s.head.kind == STATEMENT_ROUTINE && !at.routine)
		routine_found(r, lex, piece, base, &outcome.routine, at);
	else
		script_found(r, span, &at);
	b->inexact = inexact;
	b->whole = whole;
}

void routine_pieces(struct script *r, struct lex *lex, uint32_t base,
		    const struct build_names *names, const struct script_place *at)
{
	for (size_t i = 0; i < lex->pieces; i++) {
		routine_piece(r, lex, &lex->piece[i], base, names, *at);
		if (!at->routine)
			arena_reset(&r->arena);
	}
}
