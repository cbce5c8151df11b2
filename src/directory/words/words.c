#include "directory/words/words.h"
#include "base/ascii.h"
#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

void words_init(struct words *words)
{
	words->count = 0;
}

struct str words_at(const struct words *words, size_t i)
{
	must(i < words->count);
	return (struct str){words->word[i].p, words->word[i].n};
}

static void put(struct words *words, const struct word *word)
{
	if (word->n == 0 || words->count == WORDS_MAX)
		return;
	for (size_t i = 0; i < words->count; i++)
		if (words->word[i].n == word->n && memcmp(words->word[i].p, word->p, word->n) == 0)
			return;
	words->word[words->count++] = *word;
}

static void append(struct word *word, int32_t c)
{
	unsigned char utf8[4];
	size_t n = (size_t)utf8proc_encode_char(c, utf8);
	if (word->n + n > WORDS_BYTES)
		return;
	memcpy(word->p + word->n, utf8, n);
	word->n = (unsigned char)(word->n + n);
}

/* Latin letters with a stroke or joined, which have no decomposition; sorted by use, not by code. */
static const char *latin(int32_t c)
{
	switch (c) {
	case 0xf8: /* o with stroke */
		return "o";
	case 0x142: /* l with stroke */
		return "l";
	case 0xe6: /* ae */
		return "ae";
	case 0x153: /* oe */
		return "oe";
	case 0x111: /* d with stroke */
	case 0xf0:  /* eth */
		return "d";
	case 0x131: /* dotless i */
		return "i";
	case 0xfe: /* thorn */
		return "th";
	case 0x127: /* h with stroke */
		return "h";
	default:
		return NULL;
	}
}

/* Scripts written without spaces between words. */
static bool unspaced(int32_t c)
{
	return (c >= 0x0e00 && c <= 0x0eff) || /* Thai, Lao */
	       (c >= 0x1000 && c <= 0x109f) || /* Myanmar */
	       (c >= 0x1780 && c <= 0x17ff) || /* Khmer */
	       (c >= 0x3040 && c <= 0x30ff) || /* Hiragana, Katakana */
	       (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) || /* Han */
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

static bool in_word(int32_t c)
{
	if (c < 0x80)
		return ascii_is_lower((char)c) || ascii_is_digit((char)c);
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
	case UTF8PROC_CATEGORY_MC: /* vowel signs of Indic scripts */
	case UTF8PROC_CATEGORY_MN:
		return true;
	default:
		return false;
	}
}

static void split(struct words *words, const int32_t *c, size_t n)
{
	struct word word = {0};
	int32_t before = 0; /* the unspaced character in front, of which no pair was made yet */
	bool paired = false;
	for (size_t i = 0; i <= n; i++) {
		int32_t now = i < n ? c[i] : ' ';
		if (unspaced(now)) {
			put(words, &word);
			word.n = 0;
			if (before) {
				append(&word, before);
				append(&word, now);
				put(words, &word);
				word.n = 0;
			}
			paired = before != 0;
			before = now;
			continue;
		}
		if (before && !paired)
			append(&word, before);
		if (before) {
			put(words, &word);
			word.n = 0;
		}
		before = 0;
		if (now == '\'' || now == 0x2019)
			continue;
		if (!in_word(now)) {
			put(words, &word);
			word.n = 0;
			continue;
		}
		const char *plain = latin(now);
		if (!plain)
			append(&word, now);
		else
			for (; *plain; plain++)
				append(&word, *plain);
	}
}

void words_add(struct words *words, struct str text)
{
	/* Decomposition makes at most 18 code points of one (U+FDFA); what does not fit is an
	 * exotic text far over any field's limit, and it adds nothing. */
	int32_t c[2 * WORDS_TEXT_MAX];
	size_t n = utf8_cut(text, WORDS_TEXT_MAX).n;
	size_t ascii = 0;
	while (ascii < n && (unsigned char)text.p[ascii] < 0x80) {
		c[ascii] = ascii_lower(text.p[ascii]);
		ascii++;
	}
	if (ascii == n) {
		split(words, c, n);
		return;
	}
	utf8proc_ssize_t got = utf8proc_decompose(
	    (const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)n, c, 2 * WORDS_TEXT_MAX,
	    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
		UTF8PROC_IGNORE);
	if (got > 0 && got <= 2 * WORDS_TEXT_MAX)
		split(words, c, (size_t)got);
}
