#include "base/json.h"
#include "base/ascii.h"
#include "base/digits.h"
#include "base/utf8.h"

void json_writer_init(struct json_writer *w, struct buf *out)
{
	w->out = out;
	w->in_script = false;
	w->depth = 0;
	w->comma[0] = false;
	w->after_key = false;
}

static void before(struct json_writer *w)
{
	if (w->after_key)
		w->after_key = false;
	else if (w->comma[w->depth])
		buf_putc(w->out, ',');
	w->comma[w->depth] = true;
}

static void begin_container(struct json_writer *w, char c)
{
	before(w);
	must(++w->depth < JSON_MAX_DEPTH);
	w->comma[w->depth] = false;
	buf_putc(w->out, c);
}

static void end_container(struct json_writer *w, char c)
{
	must(w->depth > 0 && !w->after_key);
	w->depth--;
	buf_putc(w->out, c);
}

void json_object_begin(struct json_writer *w)
{
	begin_container(w, '{');
}

void json_object_end(struct json_writer *w)
{
	end_container(w, '}');
}

void json_array_begin(struct json_writer *w)
{
	begin_container(w, '[');
}

void json_array_end(struct json_writer *w)
{
	end_container(w, ']');
}

/* How a byte of a string is written. */
enum { PLAIN, ESCAPED, IN_SCRIPT, NOT_ASCII };
static const unsigned char needs[256] = {
    [0 ... 0x1f] = ESCAPED, ['"'] = ESCAPED,   ['\\'] = ESCAPED,  ['<'] = ESCAPED,
    [0x7f] = ESCAPED,       ['>'] = IN_SCRIPT, ['&'] = IN_SCRIPT, [0x80 ... 0xff] = NOT_ASCII,
};

static void json_write_escaped(struct buf *out, unsigned char c)
{
	static const char simple[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (size_t i = 0; i + 1 < sizeof(simple); i += 2) {
		if ((unsigned char)simple[i] == c) {
			buf_putc(out, '\\');
			buf_putc(out, simple[i + 1]);
			return;
		}
	}
	char code[] = "\\u00xx";
	hex_bytes(&c, 1, code + 4);
	buf_puts(out, code);
}

/* The line and paragraph separators, which end a line in scripts before ES2019. */
static bool is_separator(struct str s)
{
	return s.n >= 3 && memcmp(s.p, "\xe2\x80", 2) == 0 && (s.p[2] & ~1) == (char)0xa8;
}

/* Write the character at the beginning of s, which needs an escape. Returns its length. */
static size_t json_write_special(const struct json_writer *w, struct str s)
{
	if (needs[(unsigned char)s.p[0]] != NOT_ASCII) {
		json_write_escaped(w->out, (unsigned char)s.p[0]);
		return 1;
	}
	if (w->in_script && is_separator(s)) {
		buf_puts(w->out, s.p[2] & 1 ? "\\u2029" : "\\u2028");
		return 3;
	}
	size_t n = utf8_first(s);
	if (n)
		buf_add(w->out, s.p, n);
	else
		buf_puts(w->out, "\xEF\xBF\xBD");
	return n ? n : 1;
}

static void json_write_string(const struct json_writer *w, struct str s)
{
	enum { UNKNOWN, VALID, INVALID_SOMEWHERE } utf8 = UNKNOWN;
	size_t from = 0, i = str_plain(s, needs);
	char *room = i == s.n ? buf_room(w->out, s.n + 2) : NULL;
	if (room) { /* most need nothing */
		*room++ = '"';
		room = s.n ? mempcpy(room, s.p, s.n) : room;
		*room = '"';
		buf_grew(w->out, s.n + 2);
		return;
	}
	buf_putc(w->out, '"');
	for (; i < s.n; i += str_plain(str_from(s, i), needs)) {
		unsigned char need = needs[(unsigned char)s.p[i]];
		struct str rest = {s.p + i, s.n - i};
		if (need == NOT_ASCII && utf8 == UNKNOWN)
			utf8 = utf8_is_valid(s) ? VALID : INVALID_SOMEWHERE;
		bool as_it_is = need == IN_SCRIPT ? !w->in_script
						  : need == NOT_ASCII && utf8 == VALID &&
							!(w->in_script && is_separator(rest));
		if (as_it_is) {
			i++;
			continue;
		}
		buf_add(w->out, s.p + from, i - from);
		i += json_write_special(w, rest);
		from = i;
	}
	buf_add(w->out, s.p + from, s.n - from);
	buf_putc(w->out, '"');
}

void json_key(struct json_writer *w, const char *name)
{
	must(w->depth > 0 && !w->after_key);
	before(w);
	json_write_string(w, str_of(name));
	buf_putc(w->out, ':');
	w->after_key = true;
}

void json_put_str(struct json_writer *w, struct str s)
{
	before(w);
	json_write_string(w, s);
}

void json_put_z(struct json_writer *w, const char *z)
{
	if (z)
		json_put_str(w, str_of(z));
	else
		json_put_null(w);
}

void json_put_i64(struct json_writer *w, int64_t v)
{
	before(w);
	char digits[DIGITS_MAX];
	if (v < 0)
		buf_putc(w->out, '-');
	buf_str(w->out, digits_of(v < 0 ? -(uint64_t)v : (uint64_t)v, digits));
}

void json_put_double(struct json_writer *w, double v, int decimals)
{
	before(w);
	if (v != v || v - v != 0)
		buf_puts(w->out, "null");
	else
		buf_printf(w->out, "%.*f", decimals, v);
}

void json_put_bool(struct json_writer *w, bool v)
{
	before(w);
	buf_puts(w->out, v ? "true" : "false");
}

void json_put_null(struct json_writer *w)
{
	before(w);
	buf_puts(w->out, "null");
}

void json_put_raw(struct json_writer *w, struct str json)
{
	before(w);
	buf_str(w->out, json);
}

void json_put_tree(struct json_writer *w, const struct json_value *v)
{
	switch (v->kind) {
	case JSON_IS_NULL:
		json_put_null(w);
		break;
	case JSON_IS_BOOL:
		json_put_bool(w, v->boolean);
		break;
	case JSON_IS_NUMBER:
		json_put_raw(w, v->text);
		break;
	case JSON_IS_STRING:
		json_put_str(w, v->text);
		break;
	case JSON_IS_ARRAY:
		json_array_begin(w);
		for (const struct json_value *c = v->first; c; c = c->next)
			json_put_tree(w, c);
		json_array_end(w);
		break;
	case JSON_IS_OBJECT:
		json_object_begin(w);
		for (const struct json_value *c = v->first; c; c = c->next) {
			before(w);
			json_write_string(w, c->key);
			buf_putc(w->out, ':');
			w->after_key = true;
			json_put_tree(w, c);
		}
		json_object_end(w);
		break;
	}
}

void json_member_str(struct json_writer *w, const char *name, struct str s)
{
	json_key(w, name);
	json_put_str(w, s);
}

void json_member_text(struct json_writer *w, const char *key, struct str s)
{
	json_key(w, key);
	if (s.n)
		json_put_str(w, s);
	else
		json_put_null(w);
}

void json_member_z(struct json_writer *w, const char *name, const char *z)
{
	json_key(w, name);
	json_put_z(w, z);
}

void json_member_i64(struct json_writer *w, const char *name, int64_t v)
{
	json_key(w, name);
	json_put_i64(w, v);
}

void json_member_bool(struct json_writer *w, const char *name, bool v)
{
	json_key(w, name);
	json_put_bool(w, v);
}
