/* A body of PL/pgSQL as libpg_query's copy of the compiler takes it. That copy has no catalogue: it
 * knows no composite types, no cursors and no OUT arguments, and gives up over
 *
 *   rec.field := x, INTO rec.field    unless rec is declared as RECORD
 *   OPEN c, FETCH c, MOVE c, CLOSE c, FOR r IN c LOOP
 *   RETURN NEXT without an expression
 *   name ALIAS FOR $1, of an argument without a name
 *
 * so that nothing of the routine would be checked. Here they become statements that it takes: NULL,
 * a query by itself, WHILE, a declaration. Lines stay lines; the texts of other statements stay as
 * they are, because their places are found by them.
 */
#include "audit/statement/internal.h"
#include "base/ascii.h"

#include <string.h>

enum { PLPGSQL_TEXT_MAX = 64 << 20 };
static const char quote[] = "$holdfast_body$";

struct copy {
	const struct plpgsql *p;
	const struct lex *lex;
	bool *first; /* whether a token is the first behind a semicolon */
	struct buf out;
	uint32_t at; /* copied so far */
};

static struct str copy_token(const struct copy *c, uint32_t token)
{
	const struct lex_token *t = &c->lex->token[token];
	return (struct str){c->lex->text + t->from, t->to - t->from};
}

static bool copy_ends(const struct copy *c, uint32_t token)
{
	return token >= c->lex->tokens || c->first[token];
}

/* The next token behind `token` that is the word, in the same statement; the first token of the
 * next statement when it is not there. */
static uint32_t copy_find(const struct copy *c, uint32_t token, const char *word)
{
	uint32_t depth = c->lex->token[token++].depth;
	while (!copy_ends(c, token) &&
	       !(c->lex->token[token].depth == depth && lex_is(c->lex, token, word)))
		token++;
	return token;
}

/* The tokens [token, end) become the text, with the ends of lines between them. */
static void copy_replace(struct copy *c, uint32_t token, uint32_t end, const char *text)
{
	const struct lex *lex = c->lex;
	uint32_t from = lex->token[token].from, to = lex->token[end - 1].to;
	buf_add(&c->out, lex->text + c->at, from - c->at);
	while (to < lex->source.n && ascii_is_space(lex->text[to]))
		to++;
	for (uint32_t i = from; i < to; i++)
		if (lex->text[i] == '\n')
			buf_putc(&c->out, '\n');
	buf_printf(&c->out, " %s", text);
	c->at = to;
}

static bool begins_statement(const struct copy *c, uint32_t token)
{
	static const char *const words[] = {"begin", "then", "else", "loop", "declare"};
	if (copy_ends(c, token) || str_eq(copy_token(c, token - 1), STR(">>")))
		return true;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (lex_is(c->lex, token - 1, words[i]))
			return true;
	return false;
}

/* ---- declarations ---- */

static bool is_record(const struct copy *c, uint32_t token)
{
	for (size_t i = 0; i < c->p->records; i++)
		if (str_eq_nocase(c->p->record[i], copy_token(c, token)))
			return true;
	return false;
}

/* name [NO] [SCROLL] CURSOR */
static bool is_cursor_declaration(const struct copy *c, uint32_t token)
{
	uint32_t i = token + 1;
	i += lex_is(c->lex, i, "no");
	i += lex_is(c->lex, i, "scroll");
	return i < c->lex->tokens && lex_is(c->lex, i, "cursor");
}

static bool is_cursor(const struct copy *c, uint32_t token)
{
	if (token >= c->lex->tokens || c->lex->token[token].kind != LEX_WORD)
		return false;
	for (uint32_t i = 0; i + 1 < c->lex->tokens; i++)
		if (begins_statement(c, i) && is_cursor_declaration(c, i) &&
		    str_eq_nocase(copy_token(c, i), copy_token(c, token)))
			return true;
	return false;
}

/* The type of a declaration, behind its name. "RECORD" is taken only where no blank follows. */
static void copy_declaration(struct copy *c, uint32_t token)
{
	bool alias = lex_is(c->lex, token + 1, "alias"), value = false;
	uint32_t end = token + 1;
	if (!(alias || is_record(c, token)) || is_cursor_declaration(c, token) || copy_ends(c, end))
		return;
	while (!copy_ends(c, end) && !value) {
		struct str text = copy_token(c, end);
		value = str_eq(text, STR(":=")) || str_eq(text, STR("=")) ||
			lex_is(c->lex, end, "default");
		end++;
	}
	if (is_record(c, token))
		copy_replace(c, token + 1, end, value ? "RECORD:= " : "RECORD");
	else
		copy_replace(c, token + 1, end, "text");
}

static bool is_declared(const struct copy *c, struct str name)
{
	bool within = false;
	for (uint32_t i = 0; i < c->lex->tokens; i++) {
		if (lex_is(c->lex, i, "declare") || lex_is(c->lex, i, "begin"))
			within = lex_is(c->lex, i, "declare");
		else if (within && begins_statement(c, i) && str_eq_nocase(copy_token(c, i), name))
			return true;
	}
	return false;
}

/* Arguments of a composite type: variables of a block around the body. */
static void copy_arguments(struct copy *c)
{
	for (size_t i = 0; i < c->p->records; i++)
		if (!is_declared(c, c->p->record[i]))
			buf_printf(&c->out, "DECLARE %.*s RECORD; ", STR_ARG(c->p->record[i]));
}

/* ---- statements ---- */

/* Returns the token to go on with. */
static uint32_t copy_statement(struct copy *c, uint32_t token)
{
	const struct lex *lex = c->lex;
	if (lex_is(lex, token, "return") && lex_is(lex, token + 1, "next") &&
	    copy_ends(c, token + 2)) {
		copy_replace(c, token, token + 2, "NULL");
		return token + 1;
	}
	bool opens = lex_is(lex, token, "open");
	if (lex->token[token].depth || copy_ends(c, token + 1))
		return token;
	if (opens || lex_is(lex, token, "fetch") || lex_is(lex, token, "move") ||
	    lex_is(lex, token, "close")) {
		uint32_t query = copy_find(c, token, opens ? "for" : "");
		bool whole = copy_ends(c, query);
		uint32_t end = whole ? query : query + 1;
		copy_replace(c, token, end, whole ? "NULL" : "");
		return end - 1;
	}
	if (lex_is(lex, token, "for") && lex_is(lex, token + 2, "in") && is_cursor(c, token + 3)) {
		uint32_t end = copy_find(c, token, "loop");
		copy_replace(c, token, end, "WHILE true ");
		return end - 1;
	}
	return token;
}

char *plpgsql_create(const struct plpgsql *p, struct arena *arena)
{
	struct copy c = {.p = p, .lex = p->body};
	bool declares = false;
	c.first = arena_array(arena, p->body->tokens + 1, sizeof(*c.first));
	if (!c.first)
		return NULL;
	for (size_t i = 0; i < p->body->pieces; i++)
		c.first[p->body->piece[i].first] = true;
	for (uint32_t i = 0; i < p->body->tokens; i++) /* within CASE */
		c.first[i + 1] |= str_eq(copy_token(&c, i), STR(";"));
	buf_init(&c.out, PLPGSQL_TEXT_MAX);
	buf_str(&c.out, p->before);
	buf_puts(&c.out, quote);
	/* a label would stand before the block that it names */
	bool labelled = p->body->tokens && str_eq(copy_token(&c, 0), STR("<<"));
	if (!labelled)
		copy_arguments(&c);
	for (uint32_t i = 0; i < p->body->tokens; i++) {
		if (!begins_statement(&c, i) || p->body->token[i].kind != LEX_WORD)
			continue;
		if (lex_is(p->body, i, "declare") || lex_is(p->body, i, "begin"))
			declares = lex_is(p->body, i, "declare");
		else if (declares)
			copy_declaration(&c, i);
		else
			i = copy_statement(&c, i);
	}
	buf_add(&c.out, p->body->text + c.at, p->body->source.n - c.at);
	buf_puts(&c.out, quote);
	buf_str(&c.out, p->after);
	buf_putc(&c.out, '\0');
	char *copy = buf_failed(&c.out) ? NULL : arena_alloc(arena, c.out.n);
	if (copy)
		memcpy(copy, c.out.p, c.out.n);
	buf_release(&c.out);
	return copy;
}

bool plpgsql_learn(struct plpgsql *p, const char *error)
{
	struct str text = str_of(error), end = STR("\" is not a known variable");
	if (!str_starts(text, STR("\"")) || !str_ends(text, end) ||
	    p->records == PLPGSQL_RECORDS_MAX)
		return false;
	struct str name = {text.p + 1, text.n - 1 - end.n};
	const char *dot = memchr(name.p, '.', name.n);
	if (!dot)
		return false;
	name.n = (size_t)(dot - name.p);
	for (size_t i = 0; i < p->records; i++)
		if (str_eq_nocase(p->record[i], name))
			return false;
	memcpy(p->names[p->records], name.p, name.n < PLPGSQL_NAME_MAX ? name.n : 0);
	p->record[p->records] = (struct str){p->names[p->records], name.n};
	p->records++;
	return name.n && name.n < PLPGSQL_NAME_MAX;
}
