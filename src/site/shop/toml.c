#include "site/shop/internal.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/utf8.h"

enum { KEYS_MAX = 4096, TEXT_MAX = 256 << 10, NAME_MAX_BYTES = 64 };

struct toml {
	struct str rest; /* what is still to be read */
	int line;        /* number of the line that `rest` begins in */
	struct arena *arena;
	struct err *err;
	struct str table;
	unsigned instance;
	struct toml_seen {
		struct str table, key;
		unsigned instance;
		bool repeats; /* the head of a [[table]] */
	} * seen;
	size_t seen_count;
};

static enum status toml_refuse(struct toml *t, const char *what)
{
	return err_set(t->err, INVALID, "%d: %s", t->line, what);
}

static char toml_peek(const struct toml *t)
{
	return t->rest.n ? t->rest.p[0] : '\n';
}

static void toml_skip(struct toml *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		t->line += t->rest.p[i] == '\n';
	str_skip(&t->rest, n);
}

static bool toml_accept(struct toml *t, struct str what)
{
	bool there = str_starts(t->rest, what);
	if (there)
		toml_skip(t, what.n);
	return there;
}

static void toml_skip_spaces(struct toml *t)
{
	while (t->rest.n && (t->rest.p[0] == ' ' || t->rest.p[0] == '\t'))
		toml_skip(t, 1);
}

/* The end of a line: spaces and a comment may stand before it. */
static enum status toml_end_line(struct toml *t)
{
	toml_skip_spaces(t);
	if (toml_peek(t) == '#')
		while (t->rest.n && t->rest.p[0] != '\n') {
			if ((unsigned char)t->rest.p[0] < ' ' && t->rest.p[0] != '\t' &&
			    !str_starts(t->rest, STR("\r\n")))
				return toml_refuse(t, "a control character in a comment");
			toml_skip(t, 1);
		}
	if (!t->rest.n || toml_accept(t, STR("\n")) || toml_accept(t, STR("\r\n")))
		return OK;
	return toml_refuse(t, "only a comment may follow here");
}

/* ---- names, each once ---- */

static enum status toml_name(struct toml *t, struct str *out)
{
	size_t n = 0;
	while (n < t->rest.n &&
	       (ascii_is_alnum(t->rest.p[n]) || t->rest.p[n] == '_' || t->rest.p[n] == '-'))
		n++;
	*out = (struct str){t->rest.p, n};
	if (!n && (toml_peek(t) == '"' || toml_peek(t) == '\''))
		return toml_refuse(t, "keys in quotes are not read here; write the bare key");
	if (!n || n > NAME_MAX_BYTES)
		return toml_refuse(t, "a line is 'key = value', '[table]' or '[[table]]'");
	toml_skip(t, n);
	toml_skip_spaces(t);
	return toml_peek(t) == '.' ? toml_refuse(t, "dotted keys are not read here; use a [table]")
				   : OK;
}

/* Note a key or a table's head. repeats: the head of a [[table]], which may be there again. */
static enum status toml_once(struct toml *t, struct str table, struct str key, bool repeats)
{
	for (size_t i = 0; i < t->seen_count; i++) {
		const struct toml_seen *s = &t->seen[i];
		if (!str_eq(s->table, table) || !str_eq(s->key, key))
			continue;
		if (key.n ? s->instance == t->instance : !(s->repeats && repeats))
			return err_set(t->err, INVALID, "%d: %.*s is there twice", t->line,
				       STR_ARG(key.n ? key : table));
	}
	if (t->seen_count == KEYS_MAX)
		return toml_refuse(t, "too many keys");
	t->seen[t->seen_count++] = (struct toml_seen){table, key, t->instance, repeats};
	return OK;
}

/* ---- strings ---- */

static enum status toml_unicode(struct toml *t, size_t digits, struct buf *out)
{
	uint32_t c = 0;
	for (size_t i = 0; i < digits; i++) {
		int value = i < t->rest.n ? hex_value(t->rest.p[i]) : -1;
		if (value < 0)
			return toml_refuse(t, "\\u needs four hexadecimal digits, \\U eight");
		c = c << 4 | (uint32_t)value;
	}
	if (!c || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return toml_refuse(t, "\\u names no character");
	toml_skip(t, digits);
	buf_utf8(out, c);
	return OK;
}

/* An escape, after its backslash. */
static enum status toml_escape(struct toml *t, bool multi, struct buf *out)
{
	static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
	char c = toml_peek(t);
	const char *at = c ? strchr(names, c) : NULL;
	if (multi && ascii_is_space(c)) {
		bool broken = false;
		while (t->rest.n && ascii_is_space(t->rest.p[0])) {
			broken |= t->rest.p[0] == '\n';
			toml_skip(t, 1);
		}
		return broken ? OK : toml_refuse(t, "a backslash before a space");
	}
	if (c != '\n')
		toml_skip(t, 1);
	if (c == 'u' || c == 'U')
		return toml_unicode(t, c == 'u' ? 4 : 8, out);
	if (!at || !c)
		return toml_refuse(t, "unknown escape; a backslash itself is written \\\\");
	buf_putc(out, values[at - names]);
	return OK;
}

static enum status toml_string_until(struct toml *t, struct str quote, struct buf *out)
{
	bool multi = quote.n == 3, escapes = quote.p[0] == '"';
	while (t->rest.n) {
		unsigned char c = (unsigned char)t->rest.p[0];
		/* Up to two quotes may stand before the three that end the string. */
		if (str_starts(t->rest, quote) &&
		    !(multi && t->rest.n > 3 && t->rest.p[3] == quote.p[0])) {
			toml_skip(t, quote.n);
			return OK;
		}
		if (c == '\n' && !multi)
			return toml_refuse(t, "the string does not end in its line");
		if ((c < ' ' && c != '\t' && c != '\n' && !str_starts(t->rest, STR("\r\n"))) ||
		    c == 0x7f)
			return toml_refuse(t, "a control character in a string");
		toml_skip(t, 1);
		if (c == '\\' && escapes) {
			enum status status = toml_escape(t, multi, out);
			if (status != OK)
				return status;
		} else if (c != '\r') {
			buf_putc(out, (char)c);
		}
	}
	return toml_refuse(t, "a string does not end");
}

static enum status toml_string(struct toml *t, struct toml_item *item)
{
	static const struct str quotes[] = {{"\"\"\"", 3}, {"'''", 3}, {"\"", 1}, {"'", 1}};
	struct buf out;
	size_t i = 0;
	int begins = t->line;
	while (!toml_accept(t, quotes[i]))
		i++;
	if (quotes[i].n == 3 && !toml_accept(t, STR("\n")))
		(void)!toml_accept(t, STR("\r\n"));
	item->kind = TOML_TEXT;
	item->content_line = t->line;
	buf_init(&out, TEXT_MAX);
	enum status status = toml_string_until(t, quotes[i], &out);
	if (status == OK && buf_failed(&out))
		status = toml_refuse(t, "a string of more than 256 kB");
	else if (status != OK && !t->rest.n)
		status = err_set(t->err, INVALID, "%d: the string does not end", begins);
	item->text = status == OK ? arena_str(t->arena, buf_view(&out)) : STR("");
	buf_release(&out);
	must(item->text.p);
	return status;
}

/* ---- values ---- */

static bool toml_date(struct str s, int64_t *days)
{
	int64_t year, month, day;
	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    !str_to_i64((struct str){s.p, 4}, 0, 9999, &year) ||
	    !str_to_i64((struct str){s.p + 5, 2}, 1, 12, &month) ||
	    !str_to_i64((struct str){s.p + 8, 2}, 1, 31, &day) ||
	    !date_exists(year, (int)month, (int)day))
		return false;
	*days = date_days(year, (int)month, (int)day);
	return true;
}

static enum status toml_value(struct toml *t, struct toml_item *item)
{
	size_t n = 0;
	char c = toml_peek(t);
	item->content_line = t->line;
	if (c == '"' || c == '\'')
		return toml_string(t, item);
	if (c == '[' || c == '{')
		return toml_refuse(t, "arrays and inline tables are not read here; use [[table]]");
	while (n < t->rest.n && !ascii_is_space(t->rest.p[n]) && t->rest.p[n] != '#')
		n++;
	struct str word = {t->rest.p, n};
	if (str_eq(word, STR("true")) || str_eq(word, STR("false"))) {
		item->kind = TOML_BOOL;
		item->number = word.n == 4;
	} else if (toml_date(word, &item->number)) {
		item->kind = TOML_DATE;
	} else if (str_to_i64(word, INT64_MIN, INT64_MAX, &item->number)) {
		item->kind = TOML_NUMBER;
	} else {
		return err_set(
		    t->err, INVALID,
		    "%d: '%.*s' is no value; a text is written in quotes, a date as 2026-08-17",
		    t->line, STR_ARG(utf8_cut(word, 40)));
	}
	toml_skip(t, n);
	return OK;
}

/* ---- lines ---- */

static enum status toml_head(struct toml *t, struct toml_item *item)
{
	bool repeats = toml_accept(t, STR("[["));
	unsigned instance = 1;
	struct str name;
	if (!repeats)
		toml_skip(t, 1);
	toml_skip_spaces(t);
	enum status status = toml_name(t, &name);
	if (status == OK && !toml_accept(t, repeats ? STR("]]") : STR("]")))
		status = toml_refuse(t, "the table's name is not closed");
	if (status == OK)
		status = toml_once(t, name, STR(""), repeats);
	if (status != OK)
		return status;
	for (size_t i = 0; i + 1 < t->seen_count; i++)
		instance += str_eq(t->seen[i].table, name) && !t->seen[i].key.n;
	t->table = name;
	t->instance = repeats ? instance : 0;
	*item = (struct toml_item){.table = name, .instance = t->instance, .line = item->line};
	return OK;
}

static enum status toml_pair(struct toml *t, struct toml_item *item)
{
	enum status status = toml_name(t, &item->key);
	item->table = t->table;
	item->instance = t->instance;
	if (status == OK)
		status = toml_once(t, t->table, item->key, false);
	if (status == OK && !toml_accept(t, STR("=")))
		status = toml_refuse(t, "a line is 'key = value', '[table]' or '[[table]]'");
	toml_skip_spaces(t);
	return status == OK ? toml_value(t, item) : status;
}

static enum status toml_lines(struct toml *t, toml_visit *visit, void *ctx)
{
	enum status status = OK;
	while (status == OK && t->rest.n) {
		struct toml_item item = {.line = t->line};
		toml_skip_spaces(t);
		char c = toml_peek(t);
		bool empty = c == '\n' || c == '\r' || c == '#';
		if (!empty)
			status = c == '[' ? toml_head(t, &item) : toml_pair(t, &item);
		if (status == OK)
			status = toml_end_line(t);
		if (status == OK && !empty)
			status = visit(ctx, &item, t->err);
	}
	return status;
}

enum status toml_read(struct str text, struct arena *arena, toml_visit *visit, void *ctx,
		      struct err *err)
{
	struct toml t = {.rest = text, .line = 1, .arena = arena, .err = err, .table = STR("")};
	t.seen = arena_array(arena, KEYS_MAX, sizeof(*t.seen));
	must(t.seen);
	if (!utf8_is_valid(text))
		return err_set(err, INVALID, "1: the file is not UTF-8");
	(void)!toml_accept(&t, STR("\xEF\xBB\xBF"));
	return toml_lines(&t, visit, ctx);
}
