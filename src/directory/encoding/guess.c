/* Which encoding a sample of words is in. */
#include "base/arena.h"
#include "base/ascii.h"
#include "base/memory.h"
#include "directory/encoding/encoding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

enum {
	SAMPLE_BYTES = 512 << 10,
	ASCII_WORDS_MAX = 400,  /* they tell the language */
	WORDS_MAX = 1600,       /* of both kinds */
	SLOTS = 4096,           /* of the set of words */
	WORD_BYTES_MAX = 40,    /* longer ones are no words */
	CHARACTERS_MAX = 0x700, /* above: not a letter of the languages */
	ENCODINGS_MAX = 64,
	ROUNDS = 5, /* passes that estimate the share of each language */
};

/* In nats; see tests/unit/encoding.c for what they decide. */
static const double unknown_letter = 14, odd_case = 4, mixed_scripts = 8, least_margin = 6,
		    usual_margin = 5;

struct letters_language {
	size_t count;
	const uint16_t *letters;
	const uint8_t *costs; /* (count + 1) in a row; 20 a nat */
};

#define LETTERS_LIST(...)                                                                          \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define LETTERS_CHARACTERS(name, characters)
#define LETTERS_LANGUAGE(name, count, letters, costs)                                              \
	static const uint16_t letters_of_##name[] = letters;                                       \
	static const uint8_t costs_of_##name[] = costs;
#include "directory/encoding/letters.def"
#undef LETTERS_LANGUAGE
static const struct letters_language languages[] = {
#define LETTERS_LANGUAGE(name, count, letters, costs) {count, letters_of_##name, costs_of_##name},
#include "directory/encoding/letters.def"
    {0}};
#undef LETTERS_LANGUAGE
#undef LETTERS_CHARACTERS
#undef LETTERS_LIST

enum { LANGUAGES = COUNT_OF(languages) - 1 };

struct letters_word {
	struct str text; /* in the sample's arena */
	uint64_t line;
	bool ascii;
};

struct letters {
	struct arena arena;
	struct letters_word word[WORDS_MAX];
	size_t words, ascii_words;
	uint16_t slot[SLOTS]; /* number of a word from 1; 0: free */
	/* of each language: the number of a letter from 1; 0: none of its letters */
	uint8_t number[LANGUAGES + 1][CHARACTERS_MAX];
	double cost[WORDS_MAX][LANGUAGES + 1]; /* of a word in a language, while judging */
	double weight[LANGUAGES + 1];
};

struct letters *letters_new(void)
{
	struct letters *l = memory_alloc(sizeof(*l));
	arena_init(&l->arena, SAMPLE_BYTES);
	for (size_t i = 0; i < LANGUAGES; i++)
		for (size_t k = 0; k < languages[i].count; k++)
			l->number[i][languages[i].letters[k]] = (uint8_t)(k + 1);
	return l;
}

void letters_free(struct letters *l)
{
	if (!l)
		return;
	arena_release(&l->arena);
	free(l);
}

void letters_reset(struct letters *l)
{
	arena_reset(&l->arena);
	memset(l->slot, 0, sizeof(l->slot));
	l->words = l->ascii_words = 0;
}

static void letters_add_word(struct letters *l, struct str text, uint64_t line, bool ascii)
{
	size_t at = XXH3_64bits(text.p, text.n) % SLOTS;
	if (text.n > WORD_BYTES_MAX || l->words == WORDS_MAX ||
	    (ascii && (text.n < 3 || l->ascii_words == ASCII_WORDS_MAX)))
		return;
	for (; l->slot[at]; at = (at + 1) % SLOTS)
		if (str_eq(l->word[l->slot[at] - 1].text, text))
			return;
	struct str copy = arena_str(&l->arena, text);
	if (!copy.p)
		return;
	l->word[l->words++] = (struct letters_word){copy, line, ascii};
	l->slot[at] = (uint16_t)l->words;
	l->ascii_words += ascii;
}

void letters_add(struct letters *l, struct str text, uint64_t line)
{
	for (size_t i = 0, from; i < text.n; i++) {
		bool ascii = true;
		for (from = i; i < text.n; i++) {
			bool high = text.p[i] & 0x80;
			if (!high && !ascii_is_letter(text.p[i]))
				break;
			ascii &= !high;
		}
		if (i > from)
			letters_add_word(l, (struct str){text.p + from, i - from}, line, ascii);
	}
}

void letters_add_lines(struct letters *l, struct str text, char line_end, uint64_t line)
{
	while (text.p && l->words < WORDS_MAX)
		letters_add(l, str_cut(&text, line_end), line++);
}

/* ---- what a word costs ---- */

/* A character as a word has it in one encoding. */
struct letters_character {
	uint32_t lower; /* 0: no letter; then `sign` is what it costs */
	bool upper, cased, high;
	double sign;
};

/* What a sign costs at the begin of a word, inside of it and at its end. */
static double sign_cost(uint32_t c, bool begin, bool end)
{
	static const struct {
		uint32_t from, to;
		uint8_t alone, begin, inside, end;
	} signs[] = {
	    {0x80, 0x9F, 20, 20, 20, 20}, /* controls */
	    {0xA0, 0xA0, 2, 4, 7, 4},     /* a space that does not break */
	    {0xA4, 0xA4, 12, 18, 20, 18},   {0xA7, 0xA7, 4, 7, 20, 18},
	    {0xA9, 0xA9, 3, 10, 20, 8},     {0xAB, 0xAB, 3, 8, 20, 9},
	    {0xBB, 0xBB, 3, 9, 20, 8},      {0xAE, 0xAE, 3, 15, 20, 5},
	    {0xB0, 0xB0, 3, 9, 14, 5},      {0xB2, 0xB3, 9, 18, 20, 10},
	    {0xB4, 0xB4, 5, 12, 8, 9},      {0xB7, 0xB7, 3, 7, 6, 8},
	    {0xAA, 0xAA, 4, 12, 14, 6},     {0xBA, 0xBA, 4, 12, 14, 6},
	    {0xBC, 0xBE, 4, 18, 20, 18},    {0x2013, 0x2014, 2, 8, 8, 8},
	    {0x2018, 0x2018, 5, 4, 5, 6},   {0x2019, 0x2019, 5, 6, 5, 5},
	    {0x201A, 0x201A, 6, 5, 14, 12}, {0x201C, 0x201C, 5, 4, 16, 6},
	    {0x201D, 0x201D, 5, 8, 16, 4},  {0x201E, 0x201E, 5, 4, 16, 12},
	    {0x2022, 0x2022, 2, 5, 7, 7},   {0x2026, 0x2026, 4, 11, 11, 5},
	    {0x20AC, 0x20AC, 2, 7, 20, 12}, {0x2122, 0x2122, 5, 14, 14, 5},
	    {0x2116, 0x2116, 4, 7, 14, 14},
	};
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (c >= signs[i].from && c <= signs[i].to)
			return begin && end ? signs[i].alone
			       : begin      ? signs[i].begin
			       : end        ? signs[i].end
					    : signs[i].inside;
	return 18;
}

static uint32_t letters_lower(uint32_t c)
{
	/* Cedillas stand for the commas of Romanian, which older encodings have not. */
	switch (c) {
	case 0x0130:
		return 'i';
	case 0x0218:
	case 0x0219:
		return 0x015F;
	case 0x021A:
	case 0x021B:
		return 0x0163;
	default:
		return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
	}
}

static size_t letters_read(const struct encoding *e, struct str word,
			   struct letters_character out[WORD_BYTES_MAX])
{
	for (size_t i = 0; i < word.n; i++) {
		uint32_t c = encoding_character(e, word.p[i]);
		struct letters_character *o = &out[i];
		*o = (struct letters_character){.high = word.p[i] & 0x80};
		utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
		if (!c) {
			o->sign = 20;
		} else if (category < UTF8PROC_CATEGORY_LU || category > UTF8PROC_CATEGORY_LO ||
			   c == 0xAA || c == 0xBA) {
			o->sign = sign_cost(c, i == 0, i + 1 == word.n);
		} else {
			o->lower = letters_lower(c);
			o->upper = o->lower != c;
			o->cased = o->upper ||
				   utf8proc_toupper((utf8proc_int32_t)c) != (utf8proc_int32_t)c;
		}
	}
	return word.n;
}

/* Patterns that occur in no language: capitals amid small letters ("BŠckerei") next to a letter
 * whose reading is in question, and letters of two scripts in a word. */
static double letters_odd_cost(const struct letters_character *c, size_t n)
{
	double cost = 0;
	for (size_t i = 1; i < n; i++) {
		bool asked = c[i].high || c[i - 1].high;
		bool rises = c[i].upper && c[i - 1].cased && !c[i - 1].upper;
		bool falls = i > 1 && c[i].cased && !c[i].upper && c[i - 1].upper && c[i - 2].upper;
		asked |= falls && c[i - 2].high;
		cost += asked && (rises || falls) ? odd_case : 0;
		bool latin = c[i].lower < 0x250, before = c[i - 1].lower < 0x250;
		cost += c[i].lower && c[i - 1].lower && latin != before ? mixed_scripts : 0;
	}
	return cost;
}

static double letters_cost_in(const struct letters_language *language, const uint8_t *number,
			      const struct letters_character *c, size_t n)
{
	size_t last = 0, row = language->count + 1;
	double cost = 0;
	unsigned pairs = 0;
	for (size_t i = 0; i < n; i++) {
		size_t k = c[i].lower < CHARACTERS_MAX ? number[c[i].lower] : 0;
		if (!c[i].lower) {
			pairs += last ? language->costs[last * row] : 0;
			cost += c[i].sign;
		} else if (!k) {
			cost += unknown_letter;
		} else {
			pairs += language->costs[last * row + k];
		}
		last = k;
	}
	pairs += last ? language->costs[last * row] : 0;
	return cost + pairs / 20.0;
}

/* ---- what the sample costs ---- */

static void letters_cost_words(struct letters *l, const struct encoding *e, bool ascii)
{
	struct letters_character c[WORD_BYTES_MAX];
	for (size_t w = 0; w < l->words; w++) {
		if (l->word[w].ascii != ascii)
			continue;
		size_t n = letters_read(e, l->word[w].text, c);
		double odd = letters_odd_cost(c, n);
		for (size_t i = 0; i < LANGUAGES; i++)
			l->cost[w][i] = odd + letters_cost_in(&languages[i], l->number[i], c, n);
	}
}

/* What a word costs when each language has its share of the text; the shares of this word are added
 * to `next`. */
static double letters_mixed(const struct letters *l, size_t w, double *next)
{
	double least = l->cost[w][0], sum = 0;
	for (size_t i = 1; i < LANGUAGES; i++)
		least = l->cost[w][i] < least ? l->cost[w][i] : least;
	for (size_t i = 0; i < LANGUAGES; i++)
		sum += l->weight[i] * exp(least - l->cost[w][i]);
	for (size_t i = 0; i < LANGUAGES; i++)
		next[i] += l->weight[i] * exp(least - l->cost[w][i]) / sum;
	return least - log(sum);
}

/* Of all words; *letter: what a letter of the words outside ASCII costs. */
static double letters_total(struct letters *l, const struct encoding *e, double *letter)
{
	double total = 0, high = 0;
	size_t bytes = 0;
	letters_cost_words(l, e, false);
	for (size_t i = 0; i < LANGUAGES; i++)
		l->weight[i] = 1.0 / LANGUAGES;
	for (int round = 0; round < ROUNDS; round++) {
		double next[LANGUAGES + 1] = {0};
		total = high = 0;
		bytes = 0;
		for (size_t w = 0; w < l->words; w++) {
			double cost = letters_mixed(l, w, next);
			total += cost;
			high += l->word[w].ascii ? 0 : cost;
			bytes += l->word[w].ascii ? 0 : l->word[w].text.n + 1;
		}
		/* Every language keeps a small share, so that it can still win by later words. */
		for (size_t i = 0; i < LANGUAGES; i++)
			l->weight[i] = (next[i] + 0.003) / ((double)l->words + 0.003 * LANGUAGES);
	}
	*letter = bytes ? high / (double)bytes : 0;
	return total;
}

/* The first word that the two read otherwise; NULL: none. */
static const struct letters_word *
letters_difference(const struct letters *l, const struct encoding *a, const struct encoding *b)
{
	for (size_t w = 0; w < l->words; w++) {
		struct str s = l->word[w].text;
		for (size_t i = 0; i < s.n && !l->word[w].ascii; i++)
			if (encoding_character(a, s.p[i]) != encoding_character(b, s.p[i]))
				return &l->word[w];
	}
	return NULL;
}

struct letters_verdict letters_judge(struct letters *l)
{
	enum { MOST_A_LETTER = 5 };
	struct letters_verdict v = {.kind = LETTERS_STRANGE, .encoding = encoding_at(0)};
	const struct encoding *e;
	double total[ENCODINGS_MAX] = {0}, letter[ENCODINGS_MAX] = {0};
	size_t best = 0;
	for (size_t w = l->words; w-- > 0;)
		if (!l->word[w].ascii) {
			v.word = l->word[w].text;
			v.line = l->word[w].line;
		}
	letters_cost_words(l, encoding_at(0), true);
	for (size_t i = 0; (e = encoding_at(i)); i++) {
		must(i < ENCODINGS_MAX);
		/* Those further down the table are rarer. */
		total[i] = letters_total(l, e, &letter[i]) + (i == 0 ? 0 : i < 8 ? 4 : 5);
		if (total[i] < total[best])
			best = i;
	}
	if (letter[best] > MOST_A_LETTER)
		return v;
	v.encoding = encoding_at(best);
	v.kind = LETTERS_CERTAIN;
	double margin = best ? least_margin : usual_margin;
	for (size_t i = 0; (e = encoding_at(i)); i++) {
		if (i == best || total[i] - total[best] >= margin)
			continue;
		const struct letters_word *w = letters_difference(l, v.encoding, e);
		if (!w)
			continue;
		margin = total[i] - total[best];
		v.kind = LETTERS_UNSURE;
		v.rival = e;
		v.word = w->text;
		v.line = w->line;
	}
	return v;
}
