#include "base/json.h"

void json_writer_init(struct json_writer *w, struct buf *out)
{
	w->out = out;
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

static void write_escaped(struct buf *out, unsigned char c)
{
	static const char simple[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (size_t i = 0; i + 1 < sizeof(simple); i += 2) {
		if ((unsigned char)simple[i] == c) {
			buf_putc(out, '\\');
			buf_putc(out, simple[i + 1]);
			return;
		}
	}
	buf_printf(out, "\\u%04x", c);
}

/* The length of the well-formed sequence at p, 0 when there is none. */
static size_t sequence(struct str s)
{
	for (size_t n = 1; n <= 4 && n <= s.n; n++)
		if (str_is_utf8((struct str){s.p, n}))
			return n;
	return 0;
}

static void write_string(struct buf *out, struct str s)
{
	bool valid = str_is_utf8(s);
	size_t from = 0;
	buf_putc(out, '"');
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != 0x7f &&
		    (c < 0x80 || valid)) {
			i++;
			continue;
		}
		buf_add(out, s.p + from, i - from);
		size_t n = 1;
		if (c < 0x80)
			write_escaped(out, c);
		else if ((n = sequence((struct str){s.p + i, s.n - i})))
			buf_add(out, s.p + i, n);
		else
			buf_puts(out, "\xEF\xBF\xBD");
		i += n ? n : 1;
		from = i;
	}
	buf_add(out, s.p + from, s.n - from);
	buf_putc(out, '"');
}

void json_key(struct json_writer *w, const char *name)
{
	must(w->depth > 0 && !w->after_key);
	before(w);
	write_string(w->out, str_of(name));
	buf_putc(w->out, ':');
	w->after_key = true;
}

void json_put_str(struct json_writer *w, struct str s)
{
	before(w);
	write_string(w->out, s);
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
	buf_printf(w->out, "%lld", (long long)v);
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
			write_string(w->out, c->key);
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
