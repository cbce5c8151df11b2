/* The text of EXECUTE, as far as the routine writes it: 'UPDATE ...', format('DELETE FROM %I ...',
 * name), 'DELETE FROM ' || quote_ident(name) || ' ...'. What it does not write becomes a name, the
 * same for the same expression, or a parameter where a value stands. */
#include "audit/statement/internal.h"
#include "base/ascii.h"

#include <string.h>

enum { DYNAMIC_TEXT_MAX = 1 << 20, DYNAMIC_PARTS_MAX = 32 };

struct dynamic {
	const struct lex *lex;
	struct buf out;
	struct str part[DYNAMIC_PARTS_MAX]; /* expressions, as written */
	size_t parts;
	bool failed;
};

static struct str dynamic_token(const struct dynamic *d, uint32_t token)
{
	const struct lex_token *t = &d->lex->token[token];
	return (struct str){d->lex->source.p + t->from, t->to - t->from};
}

static bool dynamic_is(const struct dynamic *d, uint32_t token, const char *text)
{
	return token < d->lex->tokens && str_eq(dynamic_token(d, token), str_of(text));
}

/* The number of the expression among those before, from 1. */
static size_t dynamic_number(struct dynamic *d, struct str expression)
{
	for (size_t i = 0; i < d->parts; i++)
		if (str_eq(d->part[i], expression))
			return i + 1;
	d->failed |= d->parts == DYNAMIC_PARTS_MAX;
	if (!d->failed)
		d->part[d->parts++] = expression;
	return d->parts;
}

/* Whether a value stands behind the text, and not a name. */
static bool dynamic_wants_value(const struct buf *out)
{
	static const char *const words[] = {"limit", "offset", "in", "and", "any"};
	struct str text = str_trim(buf_view(out));
	size_t from = text.n;
	if (!text.n)
		return false;
	if (memchr("=<>+-*/%(", text.p[text.n - 1], 9))
		return true;
	while (from > 0 && ascii_is_alnum(text.p[from - 1]))
		from--;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq_nocase((struct str){text.p + from, text.n - from}, str_of(words[i])))
			return true;
	return false;
}

static void dynamic_part(struct dynamic *d, struct str expression, bool name, bool value)
{
	size_t n = dynamic_number(d, expression);
	if (!name && (value || dynamic_wants_value(&d->out)))
		buf_printf(&d->out, "$%zu", 100 + n);
	else
		buf_printf(&d->out, "holdfast_%zu", n);
}

/* A literal without its quotes. False: one with escapes. */
static bool dynamic_literal(struct str token, struct buf *out)
{
	if (token.n >= 2 && token.p[0] == '$') {
		const char *end = memchr(token.p + 1, '$', token.n - 1);
		size_t tag = end ? (size_t)(end - token.p) + 1 : 1;
		if (token.n < 2 * tag)
			return false;
		buf_add(out, token.p + tag, token.n - 2 * tag);
		return true;
	}
	if (token.n < 2 || token.p[0] != '\'')
		return false;
	for (size_t i = 1; i + 1 < token.n; i++) {
		i += token.p[i] == '\'' && i + 2 < token.n;
		buf_putc(out, token.p[i]);
	}
	return true;
}

/* ---- format() ---- */

/* The tokens of the nth argument behind the first one, from 1; empty: there are fewer. */
static struct str format_argument(const struct dynamic *d, uint32_t first, size_t nth)
{
	uint32_t depth = d->lex->token[first].depth, from = STATEMENT_NONE;
	for (uint32_t i = first; i < d->lex->tokens; i++) {
		bool ends = d->lex->token[i].depth < depth;
		bool comma = d->lex->token[i].depth == depth && dynamic_is(d, i, ",");
		if (!ends && !comma)
			continue;
		if (from != STATEMENT_NONE)
			return (struct str){d->lex->source.p + from,
					    d->lex->token[i - 1].to - from};
		if (ends)
			break;
		if (--nth == 0 && i + 1 < d->lex->tokens)
			from = d->lex->token[i + 1].from;
	}
	return STR("");
}

static void dynamic_format(struct dynamic *d, uint32_t first)
{
	struct buf text;
	size_t next = 1;
	buf_init(&text, DYNAMIC_TEXT_MAX);
	d->failed = !dynamic_literal(dynamic_token(d, first), &text);
	struct str s = buf_view(&text);
	for (size_t i = 0; i < s.n && !d->failed; i++) {
		size_t nth = 0, to = i + 1;
		if (s.p[i] != '%') {
			buf_putc(&d->out, s.p[i]);
			continue;
		}
		while (to < s.n && ascii_is_digit(s.p[to]) && nth < 100)
			nth = nth * 10 + (size_t)(s.p[to++] - '0');
		bool placed = nth && to < s.n && s.p[to] == '$';
		to += placed;
		d->failed = to == s.n || (nth && !placed);
		if (d->failed)
			break;
		i = to;
		if (s.p[i] == '%') {
			buf_putc(&d->out, '%');
			continue;
		}
		next = placed ? nth : next;
		struct str expression = format_argument(d, first, next++);
		d->failed = !expression.n || !memchr("IsL", s.p[i], 3);
		dynamic_part(d, expression, s.p[i] == 'I', s.p[i] == 'L');
	}
	buf_release(&text);
}

/* ---- a || b ---- */

static void dynamic_operand(struct dynamic *d, uint32_t from, uint32_t to)
{
	const struct lex_token *a = &d->lex->token[from], *b = &d->lex->token[to - 1];
	if (to - from == 1 && a->kind == LEX_STRING) {
		d->failed |= !dynamic_literal(dynamic_token(d, from), &d->out);
		return;
	}
	bool name = lex_is(d->lex, from, "quote_ident");
	bool value =
	    lex_is(d->lex, from, "quote_literal") || lex_is(d->lex, from, "quote_nullable");
	dynamic_part(d, (struct str){d->lex->source.p + a->from, b->to - a->from}, name, value);
}

static void dynamic_concatenation(struct dynamic *d)
{
	uint32_t from = 0;
	d->failed = d->lex->token[0].kind != LEX_STRING;
	for (uint32_t i = 0; i <= d->lex->tokens && !d->failed; i++) {
		if (i < d->lex->tokens &&
		    (d->lex->token[i].depth || !str_eq(dynamic_token(d, i), STR("||"))))
			continue;
		d->failed = i == from;
		if (!d->failed)
			dynamic_operand(d, from, i);
		from = i + 1;
	}
}

char *dynamic_text(struct str expression, struct arena *arena)
{
	struct lex lex;
	char *copy = NULL;
	lex_text(&lex, expression);
	struct dynamic d = {.lex = &lex};
	buf_init(&d.out, DYNAMIC_TEXT_MAX);
	if (lex.tokens > 2 && lex_is(&lex, 0, "format") && dynamic_is(&d, 1, "("))
		dynamic_format(&d, 2);
	else if (lex.tokens)
		dynamic_concatenation(&d);
	buf_putc(&d.out, '\0');
	if (!d.failed && !buf_failed(&d.out) && d.out.n > 1)
		copy = arena_alloc(arena, d.out.n);
	if (copy)
		memcpy(copy, d.out.p, d.out.n);
	buf_release(&d.out);
	lex_release(&lex);
	return copy;
}
