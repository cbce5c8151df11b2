/* UTF-8 that was read as windows-1252 and encoded again, in the text of a page: "ZÃ¼rich",
 * "itâ€™s". Letters such as "Ã" also stand before quotes and signs in sound text ("«IRMÃ»",
 * "CAFÉ”"); what only may be damaged counts less than what can be nothing else. */
#include "audit/page/internal.h"
#include "base/ascii.h"

#include <string.h>

enum {
	TWICE_SURE = 3,    /* the page is reported from this weight on */
	TWICE_RUN = 3,     /* damaged characters in a row that are no coincidence */
	TWICE_EXCERPT = 60 /* bytes */
};

/* A character of a text. */
struct twice_char {
	uint32_t code; /* 0: none, or not UTF-8 */
	int byte;      /* in windows-1252; -1: it has none */
	size_t bytes;
};

static int twice_byte(uint32_t code)
{
	if (code < 0x100)
		return (int)code;
	for (int byte = 0x80; byte < 0xa0; byte++)
		if (utf8_of_1252((char)byte) == code)
			return byte;
	return -1;
}

static struct twice_char twice_at(struct str s, size_t at)
{
	struct str rest = {s.p + at, at < s.n ? s.n - at : 0};
	size_t bytes;
	uint32_t code = utf8_code(rest, &bytes);
	return (struct twice_char){code, code ? twice_byte(code) : -1, bytes};
}

/* Signs that follow a word: quotes, dashes, the no-break space. */
static bool twice_is_punctuation(uint32_t code)
{
	return code == 0xa0 || code == 0xab || code == 0xbb || code == 0x2039 || code == 0x203a ||
	       (code >= 0x2013 && code <= 0x2026);
}

/* Signs that follow a name in capitals: "CAFÉ®", "MÉTÉO²". */
static bool twice_is_sign(uint32_t code)
{
	return code == 0x2122 || (code >= 0xa9 && code <= 0xba);
}

/* The weight of a lead byte of two-byte sequences and the character after it: how certain it is
 * that they are damage. */
static unsigned twice_weigh_pair(int lead, uint32_t second, uint32_t before, uint32_t after)
{
	bool small_before = before < 0x80 && ascii_is_lower((char)before);
	bool letter_before = before >= 0xc0 || (before < 0x80 && ascii_is_letter((char)before));
	bool small_after = after < 0x80 && ascii_is_lower((char)after);
	bool inside = small_before || (small_after && !letter_before);
	if (lead == 0xc2) {
		if (second == 0xa0 || twice_is_punctuation(second))
			return small_before || (before < 0x80 && ascii_is_digit((char)before))
				   ? TWICE_SURE
				   : 0;
		return letter_before && !small_before ? 0 : TWICE_SURE;
	}
	if (lead == 0xc3) {
		if (twice_is_punctuation(second))
			return inside ? TWICE_SURE : 0;
		return twice_is_sign(second) && letter_before && !small_before ? 0 : TWICE_SURE;
	}
	/* the letters of central Europe; one alone may be a quotation */
	if (lead == 0xc4 || lead == 0xc5)
		return inside && !twice_is_punctuation(second) ? TWICE_SURE - 1 : 0;
	return 0;
}

/* The weight of the sequence at `at`, and its length in bytes; 0 bytes: there is none. */
static unsigned twice_weigh(struct str s, size_t at, uint32_t before, size_t *bytes)
{
	struct twice_char first = twice_at(s, at), next[3] = {{0}};
	*bytes = 0;
	if (first.byte < 0xc2 || first.byte > 0xf4 || first.code > 0xff)
		return 0;
	size_t more = first.byte < 0xe0 ? 1 : first.byte < 0xf0 ? 2 : 3, n = first.bytes;
	for (size_t i = 0; i < more; i++) {
		next[i] = twice_at(s, at + n);
		if (next[i].byte < 0x80 || next[i].byte > 0xbf)
			return 0;
		n += next[i].bytes;
	}
	*bytes = n;
	if (more == 1)
		return twice_weigh_pair(first.byte, next[0].code, before, twice_at(s, at + n).code);
	/* quotes and dashes, money, the byte-order mark, emoji */
	bool sure =
	    more == 3 ? first.byte == 0xf0 && next[0].byte == 0x9f
		      : (first.byte == 0xe2 &&
			 (next[0].byte == 0x80 || next[0].byte == 0x82 || next[0].byte == 0x84)) ||
			    (first.byte == 0xef && next[0].byte == 0xbb && next[1].byte == 0xbf);
	return sure ? TWICE_SURE : 0;
}

/* The words around the place. */
static struct str twice_excerpt(struct str s, size_t at)
{
	size_t from = at;
	while (from && at - from < TWICE_EXCERPT / 2 && s.p[from - 1] > 0x20)
		from--;
	while (from < at && !utf8_begins(s.p[from]))
		from++;
	return str_trim(utf8_cut((struct str){s.p + from, s.n - from}, TWICE_EXCERPT));
}

void page_look_for_twice(struct page_state *s, struct str text, uint32_t line)
{
	unsigned run = 0;
	uint32_t before = ' ';
	for (size_t i = 0; i < text.n;) {
		if ((unsigned char)text.p[i] < 0x80) {
			before = (unsigned char)text.p[i++];
			run = 0;
			continue;
		}
		size_t bytes = 0;
		unsigned weight =
		    (unsigned char)text.p[i] < 0xc2 ? 0 : twice_weigh(text, i, before, &bytes);
		run = bytes ? run + 1 : 0;
		if (run == TWICE_RUN)
			weight = TWICE_SURE;
		if (weight && !s->twice) {
			struct str excerpt = twice_excerpt(text, i);
			s->twice_line = line;
			memcpy(s->twice_excerpt, excerpt.p, excerpt.n);
			s->twice_bytes = excerpt.n;
		}
		s->twice += weight;
		struct twice_char one = twice_at(text, i);
		before = bytes ? ' ' : one.code;
		i += bytes ? bytes : one.bytes;
	}
}

void page_judge_twice(struct page_state *s)
{
	if (s->twice >= TWICE_SURE)
		page_report(s, "page-decoded-twice", s->twice_line, 0, "%.*s", (int)s->twice_bytes,
			    s->twice_excerpt);
}
