#include "base/json.h"
#include "base/ascii.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

enum expect {
	EXPECT_VALUE,        /* at the top, after ':' or after ',' in an array */
	EXPECT_VALUE_OR_END, /* after '[' */
	EXPECT_KEY_OR_END,   /* after '{' */
	EXPECT_KEY,          /* after ',' in an object */
	EXPECT_COMMA_OR_END, /* after a value in a container */
};

struct json_state {
	json_source *source;
	void *ctx;
	char *chunk; /* buffer of a source; NULL when reading from memory */
	const char *p, *end;
	bool at_end;     /* the source has no more */
	struct buf text; /* a string or number that needs decoding or lies across chunks */
	enum expect expect;
	bool in_object[JSON_MAX_DEPTH];
	uint64_t before;      /* bytes before the chunk */
	uint64_t line_offset; /* absolute offset of the line's first byte */
	bool started;
	bool broken; /* an error of the source is final */
};

static uint64_t position(const struct json_reader *r)
{
	const struct json_state *s = r->state;
	return s->before - (uint64_t)(s->end - s->p);
}

static enum json_token json_fail(struct json_reader *r, const char *what)
{
	r->token = JSON_ERROR;
	if (r->err.text[0] == '\0')
		err_set(&r->err, INVALID, "line %zu, column %zu: %s", r->line, r->column, what);
	return JSON_ERROR;
}

/* More bytes; false at the end of the input or after an error of the source (r->err). */
static bool json_refill(struct json_reader *r)
{
	struct json_state *s = r->state;
	if (s->at_end || !s->source)
		return false;
	ssize_t n;
	do
		n = s->source(s->ctx, s->chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		s->broken = true;
		err_errno(&r->err, FAILED, "reading");
	}
	if (n <= 0) {
		s->at_end = true;
		return false;
	}
	s->p = s->chunk;
	s->end = s->chunk + n;
	s->before += (uint64_t)n;
	return true;
}

/* The next byte without consuming it, or -1. */
static inline int peek(struct json_reader *r)
{
	struct json_state *s = r->state;
	if (s->p == s->end && !json_refill(r))
		return -1;
	return (unsigned char)*s->p;
}

static void init(struct json_reader *r, size_t max_token)
{
	*r = (struct json_reader){.line = 1, .column = 1};
	r->state = memory_alloc(sizeof(*r->state));
	buf_init(&r->state->text, max_token);
}

void json_reader_init(struct json_reader *r, json_source *source, void *ctx, size_t max_token)
{
	init(r, max_token);
	r->state->source = source;
	r->state->ctx = ctx;
	r->state->chunk = memory_room(CHUNK);
}

void json_reader_init_str(struct json_reader *r, struct str s)
{
	init(r, s.n + 1);
	r->state->p = s.p;
	r->state->end = s.p + s.n;
	r->state->before = s.n;
}

void json_reader_release(struct json_reader *r)
{
	if (!r->state)
		return;
	buf_release(&r->state->text);
	free(r->state->chunk);
	free(r->state);
	r->state = NULL;
}

/* RS (0x1E) is before each value of a GeoJSON text sequence. It is white space between values
 * only. */
static int json_skip_space(struct json_reader *r)
{
	struct json_state *s = r->state;
	for (;;) {
		int c = peek(r);
		if (c == '\n') {
			r->line++;
			s->line_offset = position(r) + 1;
		} else if (c != ' ' && c != '\t' && c != '\r' && !(c == 0x1e && r->depth == 0)) {
			return c;
		}
		s->p++;
	}
}

static bool json_take_word(struct json_reader *r, const char *word)
{
	for (; *word; word++) {
		if (peek(r) != (unsigned char)*word)
			return false;
		r->state->p++;
	}
	return true;
}

/* ---- strings ---- */

static int json_hex4(struct json_reader *r)
{
	int v = 0;
	for (int i = 0; i < 4; i++) {
		int c = peek(r);
		int digit = c < 0 ? -1 : hex_value((char)c);
		if (digit < 0)
			return -1;
		v = v * 16 + digit;
		r->state->p++;
	}
	return v;
}

/* Handle an escape that is not a character: U+FFFD or an error. */
static bool reader_replaces(struct json_reader *r, const char *why)
{
	if (!r->replaces)
		return json_fail(r, why), false;
	buf_utf8(&r->state->text, 0xFFFD);
	return true;
}

/* Read an escape after its backslash. False: json_fail was called. */
static bool reader_escape(struct json_reader *r)
{
	struct json_state *s = r->state;
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = peek(r);
	if (c < 0)
		return json_fail(r, "the string does not end"), false;
	s->p++;
	const char *simple = strchr(from, c);
	if (c && simple) {
		buf_putc(&s->text, to[simple - from]);
		return true;
	}
	if (c != 'u')
		return json_fail(r, "unknown escape in a string"), false;
	int high = json_hex4(r);
	if (high < 0)
		return json_fail(r, "\\u needs four hexadecimal digits"), false;
	if (high == 0)
		return reader_replaces(r, "\\u0000 is not allowed");
	if (high >= 0xDC00 && high <= 0xDFFF)
		return reader_replaces(r, "lone surrogate in a string");
	if (high < 0xD800 || high > 0xDBFF) {
		buf_utf8(&s->text, (uint32_t)high);
		return true;
	}
	int low = json_take_word(r, "\\u") ? json_hex4(r) : -1;
	if (low < 0xDC00 || low > 0xDFFF)
		return reader_replaces(r, "lone surrogate in a string");
	buf_utf8(&s->text, 0x10000 + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
	return true;
}

/* Skip literal bytes of a string, eight at a time: stops before '"', '\\' and control bytes. */
static const char *json_plain_run(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t v, ones = 0x0101010101010101ull, high = 0x8080808080808080ull;
		memcpy(&v, p, 8);
		uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';
		uint64_t hit = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
			       ((v - ones * 0x20) & ~v);
		if (hit & high)
			break;
		p += 8;
	}
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

/* Read a string after its opening quote. The text is a slice of the chunk if possible, else a
 * copy. */
static bool json_string(struct json_reader *r)
{
	struct json_state *s = r->state;
	bool copied = false;
	buf_reset(&s->text);
	for (;;) {
		const char *from = s->p;
		s->p = json_plain_run(s->p, s->end);
		if (s->p < s->end && *s->p == '"' && !copied) {
			r->text = (struct str){from, (size_t)(s->p - from)};
			s->p++;
			break;
		}
		buf_add(&s->text, from, (size_t)(s->p - from));
		copied = true;
		int c = peek(r);
		if (c < 0)
			return json_fail(r, "the string does not end"), false;
		if (c == '"') {
			s->p++;
			r->text = (struct str){s->text.p ? s->text.p : "", s->text.n};
			break;
		}
		if (c == '\\') {
			s->p++;
			if (!reader_escape(r))
				return false;
		} else if (c < 0x20) {
			return json_fail(r, "control character in a string"), false;
		}
	}
	if (buf_failed(&s->text) || r->text.n > s->text.max)
		return json_fail(r, "the string is too long"), false;
	if (!utf8_is_valid(r->text))
		return json_fail(r, "not valid UTF-8"), false;
	return true;
}

/* ---- numbers ---- */

static bool reader_digits(struct json_reader *r)
{
	size_t n = 0;
	for (int c; ascii_is_digit((char)(c = peek(r))); n++) {
		buf_putc(&r->state->text, (char)c);
		r->state->p++;
	}
	return n > 0;
}

static bool json_reader_take(struct json_reader *r, const char *any)
{
	int c = peek(r);
	if (c <= 0 || !strchr(any, c))
		return false;
	buf_putc(&r->state->text, (char)c);
	r->state->p++;
	return true;
}

static bool json_number(struct json_reader *r)
{
	struct json_state *s = r->state;
	buf_reset(&s->text);
	json_reader_take(r, "-");
	bool ok = json_reader_take(r, "0") || reader_digits(r);
	if (ok && json_reader_take(r, "."))
		ok = reader_digits(r);
	if (ok && json_reader_take(r, "eE")) {
		json_reader_take(r, "+-");
		ok = reader_digits(r);
	}
	if (!ok)
		return json_fail(r, "not a number"), false;
	if (buf_failed(&s->text))
		return json_fail(r, "the number is too long"), false;
	int c = peek(r);
	if (c >= 0 && !strchr(" \t\r\n,]}\x1e", c))
		return json_fail(r, "unexpected character after a number"), false;
	r->text = buf_view(&s->text);
	return true;
}

/* ---- tokens ---- */

static enum json_token give(struct json_reader *r, enum json_token token)
{
	struct json_state *s = r->state;
	if (token != JSON_KEY && token != JSON_OBJECT && token != JSON_ARRAY)
		s->expect = r->depth ? EXPECT_COMMA_OR_END : EXPECT_VALUE;
	r->offset = position(r);
	return r->token = token;
}

static enum json_token json_open_container(struct json_reader *r, bool object)
{
	struct json_state *s = r->state;
	if (r->depth == JSON_MAX_DEPTH)
		return json_fail(r, "nested too deep");
	s->p++;
	s->in_object[r->depth++] = object;
	s->expect = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
	return give(r, object ? JSON_OBJECT : JSON_ARRAY);
}

static enum json_token json_value_token(struct json_reader *r, int c)
{
	struct json_state *s = r->state;
	switch (c) {
	case '{':
		return json_open_container(r, true);
	case '[':
		return json_open_container(r, false);
	case '"':
		s->p++;
		return json_string(r) ? give(r, JSON_STRING) : JSON_ERROR;
	case 't':
		return json_take_word(r, "true") ? give(r, JSON_TRUE)
						 : json_fail(r, "unexpected word");
	case 'f':
		return json_take_word(r, "false") ? give(r, JSON_FALSE)
						  : json_fail(r, "unexpected word");
	case 'n':
		return json_take_word(r, "null") ? give(r, JSON_NULL)
						 : json_fail(r, "unexpected word");
	default:
		if (c == '-' || ascii_is_digit((char)c))
			return json_number(r) ? give(r, JSON_NUMBER) : JSON_ERROR;
		return json_fail(r, "a value was expected");
	}
}

static enum json_token json_key_token(struct json_reader *r, int c)
{
	struct json_state *s = r->state;
	if (c != '"')
		return json_fail(r, "a key in quotes was expected");
	s->p++;
	if (!json_string(r))
		return JSON_ERROR;
	/* The colon may be in the next chunk: keep a copy of the key. */
	if (r->text.p != s->text.p) {
		buf_reset(&s->text);
		buf_str(&s->text, r->text);
		r->text = (struct str){s->text.p ? s->text.p : "", s->text.n};
	}
	if (json_skip_space(r) != ':')
		return json_fail(r, "':' was expected after a key");
	s->p++;
	s->expect = EXPECT_VALUE;
	return give(r, JSON_KEY);
}

static void mark(struct json_reader *r)
{
	r->column = (size_t)(position(r) - r->state->line_offset) + 1;
}

static enum json_token begin(struct json_reader *r)
{
	r->state->started = true;
	if (peek(r) == 0xEF && !json_take_word(r, "\xEF\xBB\xBF"))
		return json_fail(r, "not valid UTF-8");
	return JSON_NULL;
}

uint64_t json_position(const struct json_reader *r)
{
	return position(r);
}

enum json_token json_next(struct json_reader *r)
{
	struct json_state *s = r->state;
	if (r->token == JSON_ERROR && r->err.text[0])
		return JSON_ERROR;
	r->text = (struct str){"", 0};
	if (!s->started && begin(r) == JSON_ERROR)
		return JSON_ERROR;
	int c = json_skip_space(r);
	mark(r);
	if (c < 0) {
		if (r->err.text[0])
			return json_fail(r, "");
		if (r->depth)
			return json_fail(r, "the input ends inside a value");
		r->offset = position(r);
		return r->token = JSON_EOF;
	}
	bool in_object = r->depth && s->in_object[r->depth - 1];
	if (s->expect == EXPECT_COMMA_OR_END && c == ',') {
		s->p++;
		s->expect = in_object ? EXPECT_KEY : EXPECT_VALUE;
		c = json_skip_space(r);
		mark(r);
	} else if (c == (in_object ? '}' : ']') && r->depth && s->expect != EXPECT_VALUE &&
		   s->expect != EXPECT_KEY) {
		s->p++;
		r->depth--;
		return give(r, in_object ? JSON_OBJECT_END : JSON_ARRAY_END);
	} else if (s->expect == EXPECT_COMMA_OR_END) {
		return json_fail(r,
				 in_object ? "',' or '}' was expected" : "',' or ']' was expected");
	}
	if (s->expect == EXPECT_KEY || s->expect == EXPECT_KEY_OR_END)
		return json_key_token(r, c);
	return json_value_token(r, c);
}

bool json_skip(struct json_reader *r)
{
	if (r->token != JSON_OBJECT && r->token != JSON_ARRAY)
		return r->token != JSON_ERROR;
	size_t outside = r->depth - 1;
	while (r->depth > outside)
		if (json_next(r) == JSON_ERROR)
			return false;
	return true;
}

void json_recover_line(struct json_reader *r)
{
	struct json_state *s = r->state;
	for (int c; (c = peek(r)) >= 0 && c != '\n';) {
		const char *newline = memchr(s->p, '\n', (size_t)(s->end - s->p));
		s->p = newline ? newline : s->end;
	}
	if (s->broken)
		return;
	r->depth = 0;
	r->token = JSON_NULL;
	r->err.text[0] = '\0';
	s->expect = EXPECT_VALUE;
}

/* ---- trees ---- */

static void reader_append(struct json_value *parent, struct json_value *v)
{
	if (parent->last)
		parent->last->next = v;
	else
		parent->first = v;
	parent->last = v;
	parent->count++;
}

static struct json_value *json_new_value(struct json_reader *r, struct arena *arena)
{
	struct json_value *v = arena_alloc(arena, sizeof(*v));
	if (!v)
		return NULL;
	switch (r->token) {
	case JSON_OBJECT:
		v->kind = JSON_IS_OBJECT;
		break;
	case JSON_ARRAY:
		v->kind = JSON_IS_ARRAY;
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		v->kind = JSON_IS_BOOL;
		v->boolean = r->token == JSON_TRUE;
		break;
	case JSON_NUMBER:
	case JSON_STRING:
		v->kind = r->token == JSON_NUMBER ? JSON_IS_NUMBER : JSON_IS_STRING;
		v->text = arena_str(arena, r->text);
		if (!v->text.p)
			return NULL;
		break;
	default:
		v->kind = JSON_IS_NULL;
	}
	return v;
}

enum status json_read_value(struct json_reader *r, struct arena *arena, struct json_value **out,
			    struct err *err)
{
	struct json_value *open[JSON_MAX_DEPTH + 1];
	size_t depth = 0;
	struct str member = {NULL, 0};

	must(r->token != JSON_EOF && r->token != JSON_KEY && r->token != JSON_OBJECT_END &&
	     r->token != JSON_ARRAY_END);
	*out = NULL;
	for (;; json_next(r)) {
		if (r->token == JSON_ERROR) {
			if (err)
				*err = r->err;
			return INVALID;
		}
		if (r->token == JSON_KEY) {
			member = arena_str(arena, r->text);
			if (!member.p)
				break;
			continue;
		}
		if (r->token == JSON_OBJECT_END || r->token == JSON_ARRAY_END) {
			depth--;
		} else {
			struct json_value *v = json_new_value(r, arena);
			if (!v)
				break;
			json_rename(v, member);
			member = (struct str){NULL, 0};
			if (depth == 0)
				*out = v;
			else
				reader_append(open[depth - 1], v);
			if (v->kind == JSON_IS_OBJECT || v->kind == JSON_IS_ARRAY)
				open[depth++] = v;
		}
		if (depth == 0)
			return OK;
	}
	return err_set(err, TOO_LARGE, "line %zu: a value of more than %zu bytes", r->line,
		       arena->max_bytes);
}

enum status json_parse(struct arena *arena, struct str s, struct json_value **out, struct err *err)
{
	struct json_reader r;
	enum status status = OK;
	json_reader_init_str(&r, s);
	r.state->text.wipe = arena->wipe;
	if (json_next(&r) == JSON_EOF)
		status = err_set(err, INVALID, "empty, where a JSON value was expected");
	else
		status = json_read_value(&r, arena, out, err);
	if (status == OK && json_next(&r) != JSON_EOF)
		status = err_set(err, INVALID, "line %zu, column %zu: text after the value", r.line,
				 r.column);
	json_reader_release(&r);
	return status;
}

const struct json_value *json_member_hashed(const struct json_value *v, struct str name,
					    uint32_t hash)
{
	const struct json_value *found = NULL;
	if (!v || v->kind != JSON_IS_OBJECT)
		return NULL;
	for (const struct json_value *m = v->first; m; m = m->next)
		if (m->hash == hash && str_eq(m->key, name))
			found = m;
	return found;
}

const struct json_value *json_path(const struct json_value *v, const char *path)
{
	struct str rest = str_of(path);
	while (v && rest.p) {
		struct str part = str_cut(&rest, '.');
		int64_t index;
		if (v->kind == JSON_IS_ARRAY && str_to_i64(part, 0, INT32_MAX, &index)) {
			for (v = v->first; v && index > 0; index--)
				v = v->next;
		} else {
			v = json_member(v, part);
		}
	}
	return v;
}

struct str json_text(const struct json_value *v)
{
	if (!v || (v->kind != JSON_IS_STRING && v->kind != JSON_IS_NUMBER))
		return (struct str){"", 0};
	return v->text;
}

bool json_double(const struct json_value *v, double *out)
{
	return v && v->kind == JSON_IS_NUMBER && str_to_double(v->text, out);
}

bool json_i64(const struct json_value *v, int64_t *out)
{
	return v && v->kind == JSON_IS_NUMBER && str_to_i64(v->text, INT64_MIN, INT64_MAX, out);
}

/* ---- building ---- */

void json_build_init(struct json_build *b, struct arena *arena)
{
	*b = (struct json_build){.arena = arena};
}

struct json_value *json_build_hashed(struct json_build *b, struct json_value *parent,
				     struct str name, uint32_t hash, enum json_kind kind)
{
	struct json_value *v = arena_room(b->arena, sizeof(*v));
	if (!v) {
		b->failed = true;
		v = &b->spare;
	}
	*v = (struct json_value){.kind = kind, .key = name, .hash = hash};
	if (parent && !b->failed) {
		must((parent->kind == JSON_IS_OBJECT) == (name.p != NULL));
		reader_append(parent, v);
	}
	return v;
}

void json_build_join(struct json_build *b, struct json_value *parent, const char *name,
		     const struct str *part, size_t count)
{
	struct str text = arena_join(b->arena, part, count);
	if (text.p)
		json_build_text(b, parent, name, text);
	else
		b->failed = true;
}

void json_build_format(struct json_build *b, struct json_value *parent, const char *name,
		       const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	must(n >= 0);
	struct str copy = arena_str(
	    b->arena, (struct str){text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1});
	if (copy.p)
		json_build_text(b, parent, name, copy);
	else
		b->failed = true;
}
