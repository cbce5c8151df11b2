#include "directory/names/phrases.h"

#include <stdlib.h>
#include <string.h>
#include "base/lower_bound.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "directory/words/words.h"

enum {
	STEM_LEAST = 4,      /* letters of a phrase without its endings */
	STEM_WORD_LEAST = 3, /* and of each of its words */
	STEM_BYTES = 256,
	PHRASE_WORDS_MAX = 8,
};

struct phrase {
	struct str key;  /* folded, without spaces */
	struct str stem; /* the same of the words without their endings */
	struct str text; /* as the table writes it */
	int usual;       /* 0: the first name in its language, so it means this before others */
	struct phrase_meaning meaning;
};

static struct phrase *phrases;        /* by key */
static const struct phrase **by_stem; /* by stem */
static size_t phrases_count, phrases_room;

/* ---- stems ---- */

static bool stem_cut(struct str *word, const char *ending)
{
	struct str end = str_of(ending);
	if (!str_ends(*word, end) || word->n < end.n + STEM_WORD_LEAST)
		return false;
	word->n -= end.n;
	return true;
}

/* A word without its endings of plurals and cases in the languages of the table, which makes a
 * German "Ärzte", a Dutch "scholen" and an Italian "alberghi" the same as their singulars. It need
 * not be a word of any language, because both sides are treated alike. */
static size_t stem_put(struct str word, char *out)
{
	static const char *const endings[] = {"innen", "in", "en", "er", "um", "ie", "io",
					      "ia",    "e",  "i",  "a",  "o",  "u",  "y"};
	size_t n = 0;
	if (stem_cut(&word, "aux")) { /* French: hopitaux, hopital */
		memcpy(out, word.p, word.n);
		memcpy(out + word.n, "al", 2);
		return word.n + 2;
	}
	if (!stem_cut(&word, "s"))
		stem_cut(&word, "x");
	for (size_t i = 0; i < COUNT_OF(endings); i++)
		if (stem_cut(&word, endings[i]))
			break;
	if (!stem_cut(&word, "s") && !stem_cut(&word, "z"))
		stem_cut(&word, "x");
	if (str_ends(word, STR("ch")) || str_ends(word, STR("gh")))
		word.n--;
	for (size_t i = 0; i < word.n; i++)
		if (i == 0 || word.p[i] != word.p[i - 1])
			out[n++] = word.p[i];
	return n;
}

/* The stems of the words as one; a slice of out. */
static struct str stem_of(const struct str *word, size_t count, char out[STEM_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i < count && n + WORDS_BYTES + 2 <= STEM_BYTES; i++)
		n += stem_put(word[i], out + n);
	return (struct str){out, n};
}

/* ---- the table ---- */

static int phrase_order(const struct phrase *x, const struct phrase *y)
{
	int order = x->usual - y->usual;
	return order ? order
		     : (x->meaning.category ? x->meaning.category->id : 0) -
			   (y->meaning.category ? y->meaning.category->id : 0);
}

static int phrase_compare(const void *a, const void *b)
{
	const struct phrase *x = a, *y = b;
	int order = str_cmp(x->key, y->key);
	return order ? order : phrase_order(x, y);
}

static int phrase_compare_stems(const void *a, const void *b)
{
	const struct phrase *const *x = a, *const *y = b;
	int order = str_cmp((*x)->stem, (*y)->stem);
	return order ? order : phrase_order(*x, *y);
}

static struct str phrases_kept(struct str text)
{
	char *copy = memory_room(text.n + 1);
	memcpy(copy, text.p, text.n);
	return (struct str){copy, text.n};
}

static void phrases_put(struct str text, int usual, struct phrase_meaning meaning)
{
	char folded[WORDS_KEY_BYTES];
	struct str key = words_key(text, folded);
	if (!key.n)
		return;
	phrases = memory_grow(phrases, &phrases_room, phrases_count + 1, sizeof(*phrases));
	struct words words;
	struct str word[WORDS_MAX];
	char stem[STEM_BYTES];
	words_init(&words);
	words_add(&words, text);
	for (size_t i = 0; i < words.count; i++)
		word[i] = words_at(&words, i);
	phrases[phrases_count++] =
	    (struct phrase){.key = phrases_kept(key),
			    .stem = phrases_kept(stem_of(word, words.count, stem)),
			    .text = text,
			    .usual = usual,
			    .meaning = meaning};
}

static void phrases_put_words(const char *all, struct phrase_meaning meaning)
{
	struct str languages = str_of(all);
	while (languages.p) {
		struct str words = str_cut(&languages, '|');
		str_cut(&words, ':');
		for (int usual = 0; words.p; usual = 1)
			phrases_put(str_cut(&words, ';'), usual, meaning);
	}
}

static void phrases_build(void)
{
	for (size_t i = 0; i < taxonomy_count; i++) {
		const struct taxonomy_category *c = &taxonomy_categories[i];
		const struct phrase_meaning meaning = {.category = c};
		phrases_put(str_of(c->label), 0, meaning);
		phrases_put(str_of(c->key), 0, meaning);
		phrases_put_words(c->words, meaning);
		phrases_put_words(taxonomy_also(c), meaning);
	}
	for (int id = 1; taxonomy_group_by_id(id); id++)
		phrases_put(str_of(taxonomy_group_by_id(id)->label), 0,
			    (struct phrase_meaning){.group = taxonomy_group_by_id(id)});
	qsort(phrases, phrases_count, sizeof(*phrases), phrase_compare);
	by_stem = memory_room(phrases_count * sizeof(*by_stem));
	for (size_t i = 0; i < phrases_count; i++)
		by_stem[i] = &phrases[i];
	qsort(by_stem, phrases_count, sizeof(*by_stem), phrase_compare_stems);
}

/* Its meaning as another one of those written. */
static void phrases_add(const struct phrase *p, struct phrase_meaning *out, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		if (out[i].category == p->meaning.category && out[i].group == p->meaning.group)
			return;
	out[(*count)++] = p->meaning;
}

static bool phrases_key_before(const void *phrase, const void *key)
{
	return str_cmp(((const struct phrase *)phrase)->key, *(const struct str *)key) < 0;
}

/* The first phrase that is not before the key. */
static size_t phrases_lower(struct str key)
{
	if (!phrases_count)
		phrases_build();
	return lower_bound(phrases, phrases_count, sizeof(*phrases), phrases_key_before, &key);
}

static size_t phrases_read(struct str key, struct phrase_meaning *out)
{
	size_t low = phrases_lower(key), count = 0;
	int usual = low < phrases_count ? phrases[low].usual : 0;
	for (; low < phrases_count && count < PHRASE_MEANINGS; low++) {
		if (!str_eq(phrases[low].key, key) || phrases[low].usual != usual)
			break;
		phrases_add(&phrases[low], out, &count);
	}
	return count;
}

/* By the singular, when the text is that and an ending of a plural or case. */
static size_t phrases_read_singular(struct str key, struct phrase_meaning *out)
{
	/* What the singular has instead. */
	static const char *const endings[][2] = {
	    {"s", ""},  {"es", ""},   {"n", ""},   {"en", ""}, {"e", ""},   {"er", ""},
	    {"x", ""},  {"i", ""},    {"i", "o"},  {"i", "e"}, {"i", "io"}, {"e", "a"},
	    {"u", "a"}, {"ies", "y"}, {"as", "a"}, {"se", ""}, {"nen", ""}, {"a", "o"},
	};
	size_t count = 0;
	for (size_t i = 0; i < COUNT_OF(endings) && !count; i++) {
		char singular[STEM_BYTES + 4];
		struct str ending = str_of(endings[i][0]), instead = str_of(endings[i][1]);
		if (key.n < ending.n + STEM_LEAST || !str_ends(key, ending))
			continue;
		size_t n = key.n - ending.n;
		memcpy(singular, key.p, n);
		memcpy(singular + n, instead.p, instead.n);
		count = phrases_read((struct str){singular, n + instead.n}, out);
	}
	return count;
}

static bool phrases_stem_before(const void *phrase, const void *stem)
{
	return str_cmp((*(const struct phrase *const *)phrase)->stem, *(const struct str *)stem) <
	       0;
}

static size_t phrases_read_stem(struct str stem, struct phrase_meaning *out)
{
	size_t count = 0, low = lower_bound(by_stem, phrases_count, sizeof(*by_stem),
					    phrases_stem_before, &stem);
	int usual = low < phrases_count ? by_stem[low]->usual : 0;
	for (; low < phrases_count && count < PHRASE_MEANINGS; low++) {
		if (!str_eq(by_stem[low]->stem, stem) || by_stem[low]->usual != usual)
			break;
		phrases_add(by_stem[low], out, &count);
	}
	return count;
}

static size_t phrases_read_words(const struct str *word, size_t count, struct phrase_meaning *out)
{
	char joined[STEM_BYTES], stem[STEM_BYTES];
	size_t n = 0;
	for (size_t i = 0; i < count && n + word[i].n <= sizeof(joined); i++) {
		memcpy(joined + n, word[i].p, word[i].n);
		n += word[i].n;
	}
	const struct str whole = {joined, n};
	size_t found = phrases_read(whole, out);
	if (!found)
		found = phrases_read_singular(whole, out);
	struct str key = found ? STR("") : stem_of(word, count, stem);
	if (key.n >= STEM_LEAST)
		found = phrases_read_stem(key, out);
	/* A compound that is written in two, or the other way round. */
	key = found || n > WORDS_BYTES ? STR("") : stem_of(&whole, 1, stem);
	if (key.n >= STEM_LEAST)
		found = phrases_read_stem(key, out);
	return found;
}

/* What compounds of a trade end with, in German and Dutch: "Blumengeschaeft", "Schuhladen". */
static const char *const compound_ends[] = {
    "laden",   "geschaft", "firma", "betrieb", "handlung", "handel", "shop",
    "meister", "dienst",   "haus",  "studio",  "winkel",   "zaak",   "bedrijf",
};

/* The meanings that both have. */
static size_t phrases_common(const struct phrase_meaning *a, size_t n,
			     const struct phrase_meaning *b, size_t m, struct phrase_meaning *out)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			if (a[i].category && a[i].category == b[k].category)
				out[count++] = a[i];
	return count;
}

/* A compound of two names of one category ("Immobilienmakler"), or of one and what is usual behind
 * it ("Brillenladen"). */
static size_t phrases_read_compound(struct str word, struct phrase_meaning *out)
{
	struct phrase_meaning front[PHRASE_MEANINGS], back[PHRASE_MEANINGS];
	for (size_t at = STEM_LEAST; at + STEM_LEAST <= word.n; at++) {
		struct str first = {word.p, at}, rest = {word.p + at, word.n - at};
		size_t n = phrases_read_words(&first, 1, front);
		if (!n)
			continue;
		for (size_t i = 0; i < COUNT_OF(compound_ends); i++)
			if (str_eq(rest, str_of(compound_ends[i]))) {
				memcpy(out, front, n * sizeof(*out));
				return n;
			}
		size_t m = phrases_read_words(&rest, 1, back);
		size_t count = phrases_common(front, n, back, m, out);
		if (count)
			return count;
	}
	return 0;
}

/* The Arabic article is written with its word: "المطاعم". */
#define ARABIC_ARTICLE "\xd8\xa7\xd9\x84"

size_t phrases_find(const struct str *word, size_t count,
		    struct phrase_meaning out[PHRASE_MEANINGS])
{
	struct str bare[PHRASE_WORDS_MAX];
	bool article = false;
	if (!phrases_count)
		phrases_build();
	size_t found = phrases_read_words(word, count, out);
	for (size_t i = 0; i < count && i < COUNT_OF(bare); i++) {
		size_t n = sizeof(ARABIC_ARTICLE) - 1;
		bool has = word[i].n > 2 * n && str_starts(word[i], STR(ARABIC_ARTICLE));
		bare[i] = has ? (struct str){word[i].p + n, word[i].n - n} : word[i];
		article |= has;
	}
	if (!found && article && count <= COUNT_OF(bare))
		found = phrases_read_words(bare, count, out);
	return !found && count == 1 ? phrases_read_compound(word[0], out) : found;
}

bool phrases_near(struct str word, int most, phrase_distance *distance, struct phrase_meaning *out,
		  struct str *text)
{
	const struct phrase *best = NULL;
	int least = most + 1;
	if (!phrases_count)
		phrases_build();
	for (size_t i = 0; i < phrases_count; i++) {
		int edits = distance(word, phrases[i].key, least);
		if (edits >= least)
			continue;
		least = edits;
		best = &phrases[i];
	}
	if (!best)
		return false;
	*out = best->meaning;
	*text = best->text;
	return true;
}

size_t phrases_related(struct str word, const struct taxonomy_category *category, struct str *out,
		       size_t max)
{
	enum { SHARED = 4 }; /* letters */
	struct str rest = word, begin = {word.p, 0};
	size_t count = 0;
	for (int letter = 0; letter < SHARED; letter++) {
		size_t n = utf8_first(rest);
		if (!n)
			return 0;
		begin.n += n;
		rest = (struct str){rest.p + n, rest.n - n};
	}
	for (size_t i = phrases_lower(begin);
	     i < phrases_count && count < max && str_starts(phrases[i].key, begin); i++) {
		const struct phrase *p = &phrases[i];
		bool known = count && str_eq(out[count - 1], p->key);
		if (p->meaning.category == category && !known && !str_eq(p->key, word))
			out[count++] = p->key;
	}
	return count;
}

/* Whether pages call the category so, in some language. */
static bool is_label(const struct phrase *p)
{
	for (size_t i = 0; taxonomy_languages[i]; i++)
		if (str_eq(taxonomy_label(p->meaning.category, taxonomy_languages[i]), p->text))
			return true;
	return false;
}

size_t phrases_begin(struct str key, struct phrase_name *out, size_t max)
{
	size_t count = 0, from = phrases_lower(key), to = from;
	while (to < phrases_count && str_starts(phrases[to].key, key))
		to++;
	for (int further = 0; further <= 1; further++)
		for (size_t at = from; at < to && count < max; at++) {
			const struct phrase *p = &phrases[at];
			bool known = !p->meaning.category || is_label(p) == further;
			for (size_t i = 0; i < count; i++)
				known |= out[i].category == p->meaning.category;
			if (!known)
				out[count++] = (struct phrase_name){p->text, p->meaning.category};
		}
	return count;
}

void phrases_each(phrases_visit *visit, void *ctx)
{
	if (!phrases_count)
		phrases_build();
	for (size_t i = 0; i < phrases_count; i++) {
		char of_key[STEM_BYTES];
		bool same = str_eq(phrases[i].stem, stem_of(&phrases[i].key, 1, of_key));
		visit(ctx, phrases[i].key, same ? STR("") : phrases[i].stem, phrases[i].usual != 0,
		      &phrases[i].meaning);
	}
}

/* Folded, in the languages of the taxonomy and Serbian. */
static const char *const fillers[] = {
    "a",    "ai",  "al",   "alla", "am",  "an",  "and",  "at",   "au",  "auf",   "aux", "bei",
    "beim", "by",  "chez", "con",  "da",  "das", "de",   "dei",  "del", "della", "dem", "den",
    "der",  "des", "di",   "die",  "du",  "e",   "ein",  "eine", "el",  "en",    "et",  "for",
    "from", "het", "i",    "il",   "im",  "in",  "ist",  "kod",  "l",   "la",    "las", "le",
    "les",  "lo",  "los",  "met",  "mit", "na",  "nahe", "near", "of",  "on",    "op",  "para",
    "per",  "por", "pour", "pres", "sur", "te",  "the",  "to",   "u",   "um",    "und", "van",
    "voor", "vom", "von",  "with", "y",   "za",  "zu",   "zum",  "zur",
};

const char *phrases_filler(size_t i)
{
	return i < COUNT_OF(fillers) ? fillers[i] : NULL;
}

bool phrases_is_filler(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(fillers); i++)
		if (str_eq(word, str_of(fillers[i])))
			return true;
	return false;
}
