#include "directory/words/words.h"
#include "base/ascii.h"
#include "base/lower_bound.h"
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

static void words_put(struct words *words, const struct word *word)
{
	if (word->n == 0 || words->count == WORDS_MAX)
		return;
	for (size_t i = 0; i < words->count; i++)
		if (words->word[i].n == word->n && memcmp(words->word[i].p, word->p, word->n) == 0)
			return;
	words->word[words->count++] = *word;
}

/* ae, oe and ue are other spellings of the umlauts, whose marks are stripped: the e is left out
 * everywhere, so that all three spellings meet. What is folded is compared, never shown. */
static bool word_spells_umlaut(const char *p, size_t n)
{
	return n > 0 && (p[n - 1] == 'a' || p[n - 1] == 'o' || p[n - 1] == 'u');
}

static void word_append(struct word *word, int32_t c)
{
	char utf8[UTF8_BYTES_MAX];
	size_t n = utf8_encode((uint32_t)c, utf8);
	if (word->n + n > WORDS_BYTES || (c == 'e' && word_spells_umlaut(word->p, word->n)))
		return;
	memcpy(word->p + word->n, utf8, n);
	word->n = (unsigned char)(word->n + n);
}

/* Letters as the Latin script writes them: those with a stroke or joined, which have no
 * decomposition; Cyrillic as in Serbian, else as is usual for Russian; Greek. By code point. */
static const struct latin_letter {
	int32_t c;
	char latin[4];
} latin_letters[] = {
    {0xe6, "ae"},  {0xf0, "d"},   {0xf8, "o"},   {0xfe, "th"},  {0x111, "d"},  {0x127, "h"},
    {0x131, "i"},  {0x142, "l"},  {0x153, "oe"}, {0x3b1, "a"},  {0x3b2, "v"},  {0x3b3, "g"},
    {0x3b4, "d"},  {0x3b5, "e"},  {0x3b6, "z"},  {0x3b7, "i"},  {0x3b8, "th"}, {0x3b9, "i"},
    {0x3ba, "k"},  {0x3bb, "l"},  {0x3bc, "m"},  {0x3bd, "n"},  {0x3be, "x"},  {0x3bf, "o"},
    {0x3c0, "p"},  {0x3c1, "r"},  {0x3c2, "s"},  {0x3c3, "s"},  {0x3c4, "t"},  {0x3c5, "y"},
    {0x3c6, "f"},  {0x3c7, "ch"}, {0x3c8, "ps"}, {0x3c9, "o"},  {0x430, "a"},  {0x431, "b"},
    {0x432, "v"},  {0x433, "g"},  {0x434, "d"},  {0x435, "e"},  {0x436, "z"},  {0x437, "z"},
    {0x438, "i"},  {0x43a, "k"},  {0x43b, "l"},  {0x43c, "m"},  {0x43d, "n"},  {0x43e, "o"},
    {0x43f, "p"},  {0x440, "r"},  {0x441, "s"},  {0x442, "t"},  {0x443, "u"},  {0x444, "f"},
    {0x445, "h"},  {0x446, "c"},  {0x447, "c"},  {0x448, "s"},  {0x449, "sc"}, {0x44a, ""},
    {0x44b, "y"},  {0x44c, ""},   {0x44d, "e"},  {0x44e, "ju"}, {0x44f, "ja"}, {0x452, "d"},
    {0x454, "je"}, {0x455, "dz"}, {0x456, "i"},  {0x458, "j"},  {0x459, "lj"}, {0x45a, "nj"},
    {0x45b, "c"},  {0x45f, "dz"}, {0x491, "g"},
};

bool words_latin(size_t i, int32_t *letter, const char **latin)
{
	if (i >= COUNT_OF(latin_letters))
		return false;
	*letter = latin_letters[i].c;
	*latin = latin_letters[i].latin;
	return true;
}

static bool latin_before(const void *letter, const void *c)
{
	return ((const struct latin_letter *)letter)->c < *(const int32_t *)c;
}

/* NULL: the letter stands for itself. */
static const char *latin(int32_t c)
{
	if (c < latin_letters[0].c)
		return NULL;
	size_t at = lower_bound(latin_letters, COUNT_OF(latin_letters), sizeof(latin_letters[0]),
				latin_before, &c);
	return at < COUNT_OF(latin_letters) && latin_letters[at].c == c ? latin_letters[at].latin
									: NULL;
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
			words_put(words, &word);
			word.n = 0;
			if (before) {
				word_append(&word, before);
				word_append(&word, now);
				words_put(words, &word);
				word.n = 0;
			}
			paired = before != 0;
			before = now;
			continue;
		}
		if (before && !paired)
			word_append(&word, before);
		if (before) {
			words_put(words, &word);
			word.n = 0;
		}
		before = 0;
		if (now == '\'' || now == 0x2019)
			continue;
		if (!in_word(now)) {
			words_put(words, &word);
			word.n = 0;
			continue;
		}
		const char *plain = latin(now);
		if (!plain)
			word_append(&word, now);
		else
			for (; *plain; plain++)
				word_append(&word, *plain);
	}
}

/* How many there are, at most `most`; 0: not UTF-8. */
static size_t fold_by_unicode(struct str s, int32_t *c, size_t most)
{
	utf8proc_ssize_t got = utf8proc_decompose(
	    (const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, c, (utf8proc_ssize_t)most,
	    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
		UTF8PROC_IGNORE);
	return got > 0 && (size_t)got <= most ? (size_t)got : 0;
}

enum { FOLDED_END = 0x300, FOLDED_MOST = 4 };

/* Folding a character below the combining marks (U+0300) does not depend on its neighbours. */
static const struct folded {
	size_t n;
	int32_t c[FOLDED_MOST];
} * fold_letter(int32_t c)
{
	static struct folded table[FOLDED_END];
	static bool made;
	for (int32_t i = 0x80; i < FOLDED_END && !made; i++) {
		char utf8[UTF8_BYTES_MAX];
		table[i].n = fold_by_unicode((struct str){utf8, utf8_encode((uint32_t)i, utf8)},
					     table[i].c, FOLDED_MOST);
	}
	made = true;
	return &table[c];
}

/* Decomposed, folded characters of a text, at most 2 * WORDS_TEXT_MAX; 0: not UTF-8, or of no use.
 * Decomposition makes at most 18 code points of one (U+FDFA); a text that does not fit is an exotic
 * one far over any field's limit. */
static size_t fold(struct str text, int32_t *c)
{
	struct str s = utf8_cut(text, WORDS_TEXT_MAX);
	size_t n = 0, i = 0;
	while (i < s.n && n + FOLDED_MOST <= 2 * WORDS_TEXT_MAX) {
		unsigned char lead = (unsigned char)s.p[i];
		if (lead < 0x80) {
			c[n++] = (unsigned char)ascii_lower(s.p[i++]);
			continue;
		}
		if (lead < 0xC2 || lead >= 0xCC || i + 1 == s.n || (s.p[i + 1] & 0xC0) != 0x80)
			break;
		const struct folded *f = fold_letter((lead & 0x1f) << 6 | (s.p[i + 1] & 0x3f));
		for (size_t k = 0; k < f->n; k++)
			c[n++] = f->c[k];
		i += 2;
	}
	if (i == s.n)
		return n;
	return fold_by_unicode(s, c, 2 * WORDS_TEXT_MAX);
}

void words_add(struct words *words, struct str text)
{
	int32_t c[2 * WORDS_TEXT_MAX];
	size_t n = fold(text, c);
	if (n)
		split(words, c, n);
}

static struct str words_join(struct str text, bool umlauts, char out[WORDS_KEY_BYTES])
{
	int32_t c[2 * WORDS_TEXT_MAX];
	size_t count = fold(text, c), n = 0;
	for (size_t i = 0; i < count; i++) {
		char utf8[UTF8_BYTES_MAX];
		if (!in_word(c[i]))
			continue;
		const char *plain = latin(c[i]);
		size_t bytes = plain ? strlen(plain) : utf8_encode((uint32_t)c[i], utf8);
		for (const char *p = plain ? plain : utf8; bytes > 0; p++, bytes--) {
			if (umlauts && *p == 'e' && word_spells_umlaut(out, n))
				continue;
			if (n + bytes > WORDS_KEY_BYTES)
				return utf8_cut((struct str){out, n}, n);
			out[n++] = *p;
		}
	}
	return (struct str){out, n};
}

struct str words_key(struct str text, char out[WORDS_KEY_BYTES])
{
	return words_join(text, true, out);
}

struct str words_typed(struct str text, char out[WORDS_KEY_BYTES])
{
	return words_join(text, false, out);
}
