/* Texts in the form in which a block and a page are compared: words in small letters of ASCII where
 * they have a Latin base, without marks, blanks and accents, with the usual abbreviations of
 * streets. "Hauptstraße 5, 8000 Zürich" and "HAUPTSTR. 5 8000 Zurich" are the same. */
#include "audit/page/internal.h"
#include "base/ascii.h"

#include <string.h>

enum { WORD_MAX = 64 };

/* Whole words; the right one is what both are compared as. */
static const char *const short_words[][2] = {
    {"street", "st"}, {"strasse", "str"}, {"avenue", "ave"},
    {"av", "ave"},    {"road", "rd"},     {"boulevard", "blvd"},
    {"bd", "blvd"},   {"boul", "blvd"},   {"drive", "dr"},
    {"lane", "ln"},   {"suite", "ste"},   {"place", "pl"},
    {"square", "sq"}, {"highway", "hwy"}, {"parkway", "pkwy"},
    {"court", "ct"},  {"north", "n"},     {"south", "s"},
    {"east", "e"},    {"west", "w"},      {"saint", "st"},
    {"sankt", "st"},  {"platz", "pl"},    {"and", ""},
    {"und", ""},      {"et", ""},
};

/* U+00C0 to U+017F by their base letters; "" stands for a mark. */
static const char *const latin[] = {
    "a", "a", "a",  "a",  "a", "a", "ae", "c",  "e",  "e", "e", "e", "i",  "i",  "i", "i", "d", "n",
    "o", "o", "o",  "o",  "o", "",  "o",  "u",  "u",  "u", "u", "y", "th", "ss", "a", "a", "a", "a",
    "a", "a", "ae", "c",  "e", "e", "e",  "e",  "i",  "i", "i", "i", "d",  "n",  "o", "o", "o", "o",
    "o", "",  "o",  "u",  "u", "u", "u",  "y",  "th", "y", "a", "a", "a",  "a",  "a", "a", "c", "c",
    "c", "c", "c",  "c",  "c", "c", "d",  "d",  "d",  "d", "e", "e", "e",  "e",  "e", "e", "e", "e",
    "e", "e", "g",  "g",  "g", "g", "g",  "g",  "g",  "g", "h", "h", "h",  "h",  "i", "i", "i", "i",
    "i", "i", "i",  "i",  "i", "i", "ij", "ij", "j",  "j", "k", "k", "k",  "l",  "l", "l", "l", "l",
    "l", "l", "l",  "l",  "l", "n", "n",  "n",  "n",  "n", "n", "n", "n",  "n",  "o", "o", "o", "o",
    "o", "o", "oe", "oe", "r", "r", "r",  "r",  "r",  "r", "s", "s", "s",  "s",  "s", "s", "s", "s",
    "t", "t", "t",  "t",  "t", "t", "u",  "u",  "u",  "u", "u", "u", "u",  "u",  "u", "u", "u", "u",
    "w", "w", "y",  "y",  "y", "z", "z",  "z",  "z",  "z", "z", "s"};
_Static_assert(COUNT_OF(latin) == 0x180 - 0xc0, "a letter for each");

struct plain_word {
	char text[WORD_MAX];
	size_t n;
};

static void end_word(struct buf *out, struct plain_word *word)
{
	static const struct str street = {"strasse", 7};
	struct str text = {word->text, word->n};
	/* "Hauptstrasse" is "Hauptstr" as well */
	if (text.n > street.n && str_ends(text, street))
		text.n -= street.n - 3;
	for (size_t i = 0; i < COUNT_OF(short_words); i++)
		if (str_eq(text, str_of(short_words[i][0]))) {
			text = str_of(short_words[i][1]);
			break;
		}
	buf_str(out, text);
	word->n = 0;
}

static void add_to_word(struct buf *out, struct plain_word *word, const char *p, size_t n)
{
	if (word->n + n > WORD_MAX)
		end_word(out, word);
	memcpy(word->text + word->n, p, n);
	word->n += n;
}

/* A character of two bytes: its base letter, or in small for Greek and Cyrillic. */
static bool add_two_bytes(struct buf *out, struct plain_word *word, const unsigned char *p)
{
	unsigned c = (unsigned)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	if (c < 0xc0)
		return false; /* marks */
	if (c < 0x180) {
		const char *base = latin[c - 0xc0];
		add_to_word(out, word, base, strlen(base));
		return *base != '\0';
	}
	c += (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f) ? 0x20 : 0;
	const char small[2] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
	add_to_word(out, word, small, 2);
	return true;
}

void page_plain(struct buf *out, struct str s)
{
	struct plain_word word = {.n = 0};
	for (size_t i = 0; i < s.n;) {
		struct str rest = {s.p + i, s.n - i};
		size_t n = utf8_first(rest);
		const unsigned char *p = (const unsigned char *)rest.p;
		bool general_mark = n == 3 && p[0] == 0xe2 && (p[1] == 0x80 || p[1] == 0x81);
		bool letter = false;
		if (n == 1 && ascii_is_alnum(*rest.p)) {
			add_to_word(out, &word, &(char){ascii_lower(*rest.p)}, 1);
			letter = true;
		} else if (n == 2) {
			letter = add_two_bytes(out, &word, p);
		} else if (n > 2 && !general_mark) {
			add_to_word(out, &word, rest.p, n);
			letter = true;
		}
		/* "Joe's" and "Joes" are one word */
		bool apostrophe = (n == 1 && *rest.p == '\'') ||
				  (general_mark && p[1] == 0x80 && (p[2] == 0x98 || p[2] == 0x99));
		if (!letter && !apostrophe)
			end_word(out, &word);
		i += n ? n : 1;
	}
	end_word(out, &word);
}
