/* What functions say of a part of a text, as a pattern of LIKE. */
#include "audit/sql/filter.h"
#include "base/utf8.h"

#include <string.h>

enum { TEXTS_MAX = 64 * 1024 };

/* ---- patterns ---- */

static bool text_is_plain(const struct catalog_key *key, const struct catalog_column *column)
{
	return key->deterministic &&
	       (str_eq(column->base, STR("text")) || str_eq(column->base, STR("varchar")));
}

/* The key LIKE a text, with anything before or behind it. */
static struct form text_like(struct identity *id, struct str text, bool before, bool behind)
{
	struct buf pattern;
	struct form form = {.proved = true};
	buf_init(&pattern, TEXTS_MAX);
	buf_puts(&pattern, before ? "%" : "");
	for (size_t i = 0; i < text.n; i++) {
		if (memchr("%_\\", text.p[i], 3))
			buf_putc(&pattern, '\\');
		buf_putc(&pattern, text.p[i]);
	}
	buf_puts(&pattern, behind ? "%" : "");
	if (!buf_failed(&pattern))
		form.own =
		    REWRITE_JOIN(id, STR("\1 LIKE "), constant_quoted(id, buf_view(&pattern)));
	buf_release(&pattern);
	return form;
}

static bool text_is_call(const struct filtered *c, const char *name, uint32_t size)
{
	const struct statement_term *t = &c->s->term[c->left];
	return t->kind == STATEMENT_FUNCTION && t->size == size &&
	       str_eq(statement_str(c->s, t->text), str_of(name)) &&
	       t[1].kind == STATEMENT_COLUMN && t[2].kind == STATEMENT_CONSTANT;
}

/* ---- prefixes ---- */

/* The prefix that left(column, 3) = 'abc', substr(column, 1, 3) = 'abc' and
 * position('abc' IN column) = 1 ask for. */
static bool prefix_of(const struct filtered *c, struct str *prefix)
{
	const struct statement_term *t = &c->s->term[c->left];
	bool left = text_is_call(c, "left", 3);
	bool part = text_is_call(c, "substr", 4) || text_is_call(c, "substring", 4);
	bool place = text_is_call(c, "position", 3) || text_is_call(c, "strpos", 3);
	int64_t n;
	if (!c->literal)
		return false;
	if (str_eq(c->op, STR("^@")) && t->kind == STATEMENT_COLUMN) {
		*prefix = c->constant;
		return true;
	}
	if (!(left || part || place) || !str_eq(c->op, STR("=")))
		return false;
	*prefix = place ? statement_str(c->s, t[2].text) : c->constant;
	if (place)
		return t[2].number == STATEMENT_STRING && prefix->n &&
		       str_eq(c->constant, STR("1"));
	if (part && !str_to_i64(statement_str(c->s, t[2].text), 1, 1, &n))
		return false;
	return str_to_i64(statement_str(c->s, t[part ? 3 : 2].text), 1, 1000, &n) &&
	       (size_t)n == utf8_count(*prefix);
}

struct form texts_prefix(struct identity *id, const struct filtered *c,
			 const struct catalog_key *key, const struct catalog_column *column)
{
	struct str prefix;
	if (key->computed || !text_is_plain(key, column) || !prefix_of(c, &prefix))
		return (struct form){0};
	return text_like(id, prefix, false, true);
}

struct form texts_first(struct identity *id, const struct filtered *c,
			const struct catalog_key *key, const struct catalog_column *column)
{
	const struct statement_term *t = key->text.s ? &key->text.s->term[key->term] : NULL;
	struct str name, prefix = c->constant;
	int64_t n;
	if (!key->computed || !t || t->kind != STATEMENT_FUNCTION || t->size < 3 ||
	    !text_is_plain(key, column) || t[1].kind != STATEMENT_COLUMN || !c->literal ||
	    c->s->term[c->left].kind != STATEMENT_COLUMN || !str_eq(c->op, STR("LIKE")) ||
	    prefix.n < 2 || prefix.p[prefix.n - 1] != '%')
		return (struct form){0};
	name = statement_str(key->text.s, t->text);
	prefix.n--;
	bool left = str_eq(name, STR("left")) && t->size == 3;
	bool part = (str_eq(name, STR("substr")) || str_eq(name, STR("substring"))) && t->size == 4;
	if (memchr(prefix.p, '%', prefix.n) || memchr(prefix.p, '_', prefix.n) ||
	    memchr(prefix.p, '\\', prefix.n) || !(left || part) ||
	    (part && !str_to_i64(statement_str(key->text.s, t[2].text), 1, 1, &n)) ||
	    !str_to_i64(statement_str(key->text.s, t[part ? 3 : 2].text), 1, 1000, &n) ||
	    (size_t)n != utf8_count(prefix))
		return (struct form){0};
	return (struct form){.own = REWRITE_JOIN(id, STR("\1 = "), constant_quoted(id, prefix)),
			     .proved = true};
}

/* ---- suffixes ---- */

/* The characters of the text from the last to the first. */
static struct str text_reversed(struct identity *id, struct str text)
{
	struct buf out;
	buf_init(&out, TEXTS_MAX);
	for (size_t to = text.n, at = text.n; at-- > 0;)
		if (utf8_begins(text.p[at])) {
			buf_str(&out, (struct str){text.p + at, to - at});
			to = at;
		}
	struct str copy = buf_failed(&out) ? STR("") : arena_str(id->arena, buf_view(&out));
	buf_release(&out);
	return copy;
}

/* right(column, 3) = 'xyz', for reverse(column) or an index of trigrams. */
struct form texts_suffix(struct identity *id, const struct filtered *c,
			 const struct catalog_key *key, const struct catalog_column *column)
{
	const struct statement_term *t = &c->s->term[c->left], *own;
	int64_t n;
	if (!text_is_plain(key, column) || !text_is_call(c, "right", 3) || !c->literal ||
	    !str_eq(c->op, STR("=")) || !str_to_i64(statement_str(c->s, t[2].text), 1, 1000, &n) ||
	    (size_t)n != utf8_count(c->constant))
		return (struct form){0};
	if (!key->computed)
		return str_ends(key->class, STR("_trgm_ops"))
			   ? text_like(id, c->constant, true, false)
			   : (struct form){0};
	own = key->text.s ? &key->text.s->term[key->term] : NULL;
	if (!own || own->kind != STATEMENT_FUNCTION || own->size != 2 ||
	    own[1].kind != STATEMENT_COLUMN ||
	    !str_eq(statement_str(key->text.s, own->text), STR("reverse")))
		return (struct form){0};
	return text_like(id, text_reversed(id, c->constant), false, true);
}

/* ---- anywhere ---- */

/* position('abc' IN column) > 0, for an index of trigrams. */
struct form texts_within(struct identity *id, const struct filtered *c,
			 const struct catalog_key *key, const struct catalog_column *column)
{
	const struct statement_term *t = &c->s->term[c->left];
	bool above = str_eq(c->op, STR(">")) && str_eq(c->constant, STR("0"));
	bool from = str_eq(c->op, STR(">=")) && str_eq(c->constant, STR("1"));
	if (key->computed || !text_is_plain(key, column) || !c->literal || !(above || from) ||
	    !str_ends(key->class, STR("_trgm_ops")) ||
	    !(text_is_call(c, "position", 3) || text_is_call(c, "strpos", 3)) ||
	    t[2].number != STATEMENT_STRING || !t[2].text.bytes)
		return (struct form){0};
	return text_like(id, statement_str(c->s, t[2].text), true, true);
}

/* ---- regular expressions ---- */

/* The expression that ~* compares with, for a constant: ^constant$ or ^constant, without a special
 * character in it. */
static struct str regular_against(bool whole)
{
	return whole
		   ? STR("('^' || regexp_replace((d.v), '([^[:alnum:]])', '\\\\\\1', 'g') || '$')")
		   : STR("('^' || regexp_replace((d.v), '([^[:alnum:]])', '\\\\\\1', 'g'))");
}

struct form texts_regular(struct identity *id, const struct filtered *c,
			  const struct catalog_key *key)
{
	struct str text = c->constant, of;
	struct form form = {0};
	if (!key->computed || key->by_made || !c->literal || !str_eq(c->op, STR("~*")) ||
	    !str_starts(text, STR("^")))
		return form;
	bool whole = str_ends(text, STR("$"));
	text = (struct str){text.p + 1, text.n - 1 - whole};
	for (size_t i = 0; i < text.n; i++)
		if (memchr("^$.[](){}*+?|\\%_", text.p[i], 17))
			return form;
	if (!text.n ||
	    !origin_text(id, origin_expression(key), NULL, false, constant_quoted(id, text), &of))
		return form;
	form.against = regular_against(whole);
	form.own = whole ? REWRITE_JOIN(id, STR("\1 = "), of)
			 : REWRITE_JOIN(id, STR("\1 LIKE ("), of, STR(" || '%')"));
	form.any = whole ? STR("\1 = \3") : STR("starts_with(\1, \3)");
	return form;
}
