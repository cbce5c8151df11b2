/* JSON (RFC 8259), the only reader and the only writer of the project.
 *
 * Reader: pulls tokens out of a stream of any size with memory bounded by the longest token and the
 * depth; or reads one value of the stream into a tree in an arena. Strict: UTF-8 only, no comments,
 * no trailing commas, no NaN, lone surrogates refused, NUL (\u0000) refused in strings because
 * PostgreSQL cannot store it. A byte-order mark at the start is skipped.
 *
 * Writer: appends to a struct buf and keeps track of commas; a wrong nesting is a bug (must).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <sys/types.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { JSON_MAX_DEPTH = 128 };

enum json_token {
	JSON_ERROR, /* reader->err says what, with line and column */
	JSON_EOF,   /* the end of the input after a whole value (or before the first) */
	JSON_NULL,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NUMBER, /* text: as written */
	JSON_STRING, /* text: decoded */
	JSON_KEY,    /* text: decoded; its value follows */
	JSON_OBJECT,
	JSON_OBJECT_END,
	JSON_ARRAY,
	JSON_ARRAY_END,
};

/* Reads up to n bytes into p. Returns their number; 0 at the end; -1 with errno on error. */
typedef ssize_t json_source(void *ctx, char *p, size_t n);

struct json_reader {
	/* result of the last json_next; `text` is valid until the next call */
	enum json_token token;
	struct str text;
	size_t line, column; /* of the token's first byte, from 1 */
	size_t depth;        /* open containers */
	uint64_t offset;     /* bytes consumed, for progress */
	/* Invalid escapes (\u0000, lone surrogates) become U+FFFD instead of an error, for
	 * documents that are read and not stored. Set after json_reader_init. */
	bool replaces;
	struct err err;

	struct json_state *state; /* private */
};

/* Read from a callback. max_token: longest string or number in bytes. Several values may follow one
 * another (NDJSON, GeoJSONSeq: RS 0x1E before a value is white space); JSON_EOF comes after the
 * last. */
void json_reader_init(struct json_reader *r, json_source *source, void *ctx, size_t max_token);
/* Read from memory, which must outlive the reader. */
void json_reader_init_str(struct json_reader *r, struct str s);
void json_reader_release(struct json_reader *r);

enum json_token json_next(struct json_reader *r);

/* Position in the input, in bytes, after the last token or value that was read. */
uint64_t json_position(const struct json_reader *r);

/* After JSON_OBJECT or JSON_ARRAY: skip to its end. After any other token: do nothing. False:
 * syntax error. */
MUST_CHECK bool json_skip(struct json_reader *r);

/* For line-oriented input, after a syntax error: skip the rest of the line and begin a new value.
 * Errors of the source are final. */
void json_recover_line(struct json_reader *r);

enum json_kind {
	JSON_IS_NULL,
	JSON_IS_BOOL,
	JSON_IS_NUMBER,
	JSON_IS_STRING,
	JSON_IS_ARRAY,
	JSON_IS_OBJECT
};

/* A value in an arena. Containers are linked lists: children in order; a key only inside objects.
 */
struct json_value {
	enum json_kind kind;
	bool boolean;
	struct str text; /* string: decoded; number: as written. NUL-terminated copies */
	struct str key;
	struct json_value *first; /* first child */
	struct json_value *last;  /* last child */
	struct json_value *next;  /* next sibling */
	uint32_t count;           /* children */
	uint32_t hash;            /* of the key: json_hash */
};

/* A cheap hash: most keys of an object differ in length, or in the first, middle or last byte.
 * Constant for literals. */
static inline uint32_t json_hash(struct str key)
{
	const unsigned char *p = (const unsigned char *)key.p;
	return key.n ? (uint32_t)key.n * 7u + p[0] * 13u + p[key.n / 2] * 31u + p[key.n - 1] * 61u
		     : 0;
}

/* Rename a value. The key is not copied. */
static inline void json_rename(struct json_value *v, struct str key)
{
	v->key = key;
	v->hash = json_hash(key);
}

/* Read the whole value that begins with the current token (call json_next first) into a tree. */
MUST_CHECK enum status json_read_value(struct json_reader *r, struct arena *arena,
				       struct json_value **out, struct err *err);
/* Read s, which must be exactly one value. */
MUST_CHECK enum status json_parse(struct arena *arena, struct str s, struct json_value **out,
				  struct err *err);

/* Member of an object: the last one of that name; NULL when absent or v is NULL or no object. */
const struct json_value *json_member_hashed(const struct json_value *v, struct str key,
					    uint32_t hash);
static inline const struct json_value *json_member(const struct json_value *v, struct str key)
{
	return json_member_hashed(v, key, json_hash(key));
}
static inline const struct json_value *json_get(const struct json_value *v, const char *key)
{
	return json_member(v, str_of(key));
}
/* A path of members and indexes: json_path(v, "names.primary"), json_path(v,
 * "addresses.0.country"). */
const struct json_value *json_path(const struct json_value *v, const char *path);
/* The text of a string or number, else an empty slice. NULL is allowed. */
struct str json_text(const struct json_value *v);
MUST_CHECK bool json_double(const struct json_value *v, double *out);
MUST_CHECK bool json_i64(const struct json_value *v, int64_t *out);

/* Building a tree for templates. Keys and texts are not copied. Over the arena's maximum `failed`
 * is set and further values are dropped; the caller checks once, at the end. */
struct json_build {
	struct arena *arena;
	bool failed;
	struct json_value spare;
};
void json_build_init(struct json_build *b, struct arena *arena);
/* A new value at the end of `parent` (NULL: a root). key: in objects only, else NULL. */
struct json_value *json_build_hashed(struct json_build *b, struct json_value *parent,
				     struct str key, uint32_t hash, enum json_kind kind);
static inline struct json_value *json_build(struct json_build *b, struct json_value *parent,
					    const char *key, enum json_kind kind)
{
	return json_build_hashed(b, parent, str_of(key), json_hash(str_of(key)), kind);
}
/* Nothing is added for an empty text or for false. */
static inline void json_build_text(struct json_build *b, struct json_value *parent, const char *key,
				   struct str text)
{
	if (text.n)
		json_build(b, parent, key, JSON_IS_STRING)->text = text;
}
static inline void json_build_true(struct json_build *b, struct json_value *parent, const char *key,
				   bool is)
{
	if (is)
		json_build(b, parent, key, JSON_IS_BOOL)->boolean = true;
}
/* The parts one after the other; copied. JSON_BUILD_JOIN(b, parent, "href", STR("tel:"), digits) */
void json_build_join(struct json_build *b, struct json_value *parent, const char *key,
		     const struct str *part, size_t count);
#define JSON_BUILD_JOIN(b, parent, key, ...)                                                       \
	json_build_join((b), (parent), (key), (const struct str[]){__VA_ARGS__},                   \
			sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
/* At most 1023 bytes; copied. */
void json_build_format(struct json_build *b, struct json_value *parent, const char *key,
		       const char *fmt, ...) PRINTF(4, 5);

struct json_writer {
	struct buf *out;
	bool in_script; /* set after json_writer_init: > & U+2028 U+2029 are escaped as well */
	unsigned depth;
	bool comma[JSON_MAX_DEPTH];
	bool after_key;
};

void json_writer_init(struct json_writer *w, struct buf *out);
void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
/* Invalid UTF-8 is written as U+FFFD. < is written as \u003c, so that a block can stand in HTML. */
void json_put_str(struct json_writer *w, struct str s);
void json_put_z(struct json_writer *w, const char *z); /* NULL gives null */
void json_put_i64(struct json_writer *w, int64_t v);
void json_put_double(struct json_writer *w, double v, int decimals); /* fixed; not finite: null */
void json_put_bool(struct json_writer *w, bool v);
void json_put_null(struct json_writer *w);
void json_put_raw(struct json_writer *w, struct str json); /* a whole value, already JSON */
void json_put_tree(struct json_writer *w, const struct json_value *v);

/* key + value in one call */
void json_member_str(struct json_writer *w, const char *key, struct str s);
/* null when the text is empty: the member is there in any case. */
void json_member_text(struct json_writer *w, const char *key, struct str s);
void json_member_z(struct json_writer *w, const char *key, const char *z);
void json_member_i64(struct json_writer *w, const char *key, int64_t v);
void json_member_bool(struct json_writer *w, const char *key, bool v);

#endif
