/* Constants of a statement as SQL. */
#include "audit/sql/filter.h"
#include "base/ascii.h"

enum { CONSTANT_TEXT_MAX = 256 * 1024 };

struct str constant_literal(struct identity *id, const struct statement *s,
			    const struct statement_term *t)
{
	struct str text = statement_str(s, t->text);
	if (t->number != STATEMENT_STRING)
		return t->number == STATEMENT_NULL ? STR("NULL") : text;
	return constant_quoted(id, text);
}

struct str constant_quoted(struct identity *id, struct str text)
{
	struct buf out;
	buf_init(&out, CONSTANT_TEXT_MAX);
	bool escape = memchr(text.p, '\\', text.n) != NULL;
	buf_puts(&out, escape ? "E'" : "'");
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'' || text.p[i] == '\\')
			buf_putc(&out, text.p[i]);
		buf_putc(&out, text.p[i]);
	}
	buf_putc(&out, '\'');
	struct str copy = buf_failed(&out) ? STR("") : arena_str(id->arena, buf_view(&out));
	buf_release(&out);
	return copy.p ? copy : STR("");
}

bool constant_is_fixed(const struct statement *s, uint32_t term)
{
	static const char *const functions[] = {"lower", "upper", "initcap",
						"btrim", "ltrim", "rtrim"};
	const struct statement_term *t = &s->term[term];
	bool known = false;
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		known |= t->kind == STATEMENT_FUNCTION && !t->qualifier.bytes &&
			 str_eq(statement_str(s, t->text), str_of(functions[i]));
	for (uint32_t i = 1; i < t->size; i++)
		known &= t[i].kind == STATEMENT_CONSTANT;
	return known && t->size > 1;
}

bool constant_is_plain(const struct filtered *c)
{
	struct str source = c->source;
	if (c->literal)
		return str_eq(c->bare, source);
	for (size_t i = 1; i < source.n; i++)
		if (!ascii_is_digit(source.p[i]))
			return false;
	return source.n > 1 && source.p[0] == '$';
}
