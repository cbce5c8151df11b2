#include "directory/search/internal.h"
#include "base/utf8.h"

#include <string.h>
#include <xxhash.h>

enum { CURSOR_VERSION = 1, CURSOR_HEAD = 1 + 8 + 8, CURSOR_KEY_MAX = 400 };

struct key key_before_all(enum search_sort sort)
{
	static const struct {
		const char *text;
		int64_t id;
	} first[SEARCH_SORTS] = {
	    [SEARCH_QUALITY] = {"101", 0}, /* the best is 100 */
	    [SEARCH_NAME] = {"", -1},
	    [SEARCH_DISTANCE] = {"-1", 0},
	    [SEARCH_RECENT] = {"9223372036854775807", 0},
	    [SEARCH_ID] = {"0", -1},
	};
	return (struct key){str_of(first[sort].text), first[sort].id};
}

double key_chord(const struct key *key)
{
	double chord = 0;
	must(str_to_double(key->text, &chord));
	return chord > 0 ? chord : 0;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct str base64url(struct arena *arena, const unsigned char *p, size_t n)
{
	size_t out_n = (n * 4 + 2) / 3;
	char *out = arena_alloc(arena, out_n + 1);
	if (!out)
		return (struct str){0};
	for (size_t i = 0; i < out_n; i++) {
		size_t bit = i * 6, byte = bit / 8, shift = bit % 8;
		unsigned two = (unsigned)p[byte] << 8 | (byte + 1 < n ? p[byte + 1] : 0u);
		out[i] = alphabet[two >> (10 - shift) & 63];
	}
	return (struct str){out, out_n};
}

static bool from_base64url(struct str s, unsigned char *out, size_t max, size_t *n)
{
	unsigned bits = 0, held = 0;
	*n = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *at = s.p[i] ? strchr(alphabet, s.p[i]) : NULL;
		if (!at)
			return false;
		held = (held << 6 | (unsigned)(at - alphabet)) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (*n == max)
			return false;
		out[(*n)++] = (unsigned char)(held >> bits & 0xff);
	}
	/* One way to write each cursor. */
	return bits < 6 && (held & ((1u << bits) - 1)) == 0;
}

static uint64_t hash(const struct search_query *q, const unsigned char *id, struct str text)
{
	struct search_query same = *q;
	/* may change from page to page, and so may the language */
	same.limit = SEARCH_LIMIT_DEFAULT;
	same.lang = NULL;
	same.facets = false;
	struct buf b;
	buf_init(&b, 16 * 1024);
	search_query_write(&b, &same, false);
	buf_putc(&b, '\0');
	buf_add(&b, id, 8);
	buf_str(&b, text);
	must(!buf_failed(&b));
	uint64_t h = XXH3_64bits_withSeed(b.p, b.n, CURSOR_VERSION);
	buf_release(&b);
	return h;
}

static void put_u64(unsigned char *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static uint64_t get_u64(const unsigned char *p)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

struct str cursor_write(struct arena *arena, const struct search_query *q, const struct key *key)
{
	unsigned char raw[CURSOR_HEAD + CURSOR_KEY_MAX];
	must(key->text.n <= CURSOR_KEY_MAX);
	raw[0] = CURSOR_VERSION;
	put_u64(raw + 9, (uint64_t)key->id);
	put_u64(raw + 1, hash(q, raw + 9, key->text));
	memcpy(raw + CURSOR_HEAD, key->text.p, key->text.n);
	return base64url(arena, raw, CURSOR_HEAD + key->text.n);
}

static bool key_fits(enum search_sort sort, struct str text)
{
	int64_t whole;
	double number;
	switch (sort) {
	case SEARCH_QUALITY:
		if (str_starts(text, STR(CURSOR_STAGE))) {
			struct str stage = str_cut(&text, '/');
			if (stage.n != 2 || !text.p)
				return false;
		}
		if (str_starts(text, STR("h"))) /* a place in the head of a text's answer */
			return str_to_i64((struct str){text.p + 1, text.n - 1}, 0, HEAD_MAX,
					  &whole);
		return str_to_i64(text, 0, 100, &whole);
	case SEARCH_DISTANCE:
		return str_to_double(text, &number);
	case SEARCH_ID:
	case SEARCH_RECENT:
		return str_to_i64(text, 0, INT64_MAX, &whole);
	case SEARCH_NAME:
		return utf8_is_valid(text);
	case SEARCH_SORTS:
		break;
	}
	return false;
}

bool cursor_read(struct arena *arena, const struct search_query *q, enum search_sort sort,
		 struct key *out)
{
	unsigned char raw[CURSOR_HEAD + CURSOR_KEY_MAX];
	size_t n;
	if (!from_base64url(q->cursor, raw, sizeof(raw), &n) || n < CURSOR_HEAD ||
	    raw[0] != CURSOR_VERSION)
		return false;
	struct str text = {(const char *)raw + CURSOR_HEAD, n - CURSOR_HEAD};
	if (get_u64(raw + 1) != hash(q, raw + 9, text) || !key_fits(sort, text))
		return false;
	out->id = (int64_t)get_u64(raw + 9);
	out->text = arena_str(arena, text);
	return out->text.p != NULL;
}
