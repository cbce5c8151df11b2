#include "directory/search/phrases.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "directory/words/words.h"

enum { STEM_LEAST = 4 };

struct phrase {
	struct str key;
	struct str text; /* as the table writes it */
	int usual;       /* 0: the first name in its language, so it means this before others */
	struct phrase_meaning meaning;
};

static struct phrase *phrases;
static size_t phrases_count, phrases_room;

static int phrase_compare(const void *a, const void *b)
{
	const struct phrase *x = a, *y = b;
	int order = str_cmp(x->key, y->key);
	if (order == 0)
		order = x->usual - y->usual;
	if (order == 0)
		order = (x->meaning.category ? x->meaning.category->id : 0) -
			(y->meaning.category ? y->meaning.category->id : 0);
	return order;
}

static void phrases_put(struct str text, int usual, struct phrase_meaning meaning)
{
	char folded[WORDS_KEY_BYTES];
	struct str key = words_key(text, folded);
	if (!key.n)
		return;
	phrases = memory_grow(phrases, &phrases_room, phrases_count + 1, sizeof(*phrases));
	char *copy = memory_room(key.n);
	memcpy(copy, key.p, key.n);
	struct str kept = {copy, key.n};
	phrases[phrases_count++] = (struct phrase){kept, text, usual, meaning};
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
}

static size_t phrases_read(struct str key, struct phrase_meaning *out)
{
	size_t low = 0, high = phrases_count, count = 0;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_cmp(phrases[middle].key, key);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	int usual = low < phrases_count ? phrases[low].usual : 0;
	for (; low < phrases_count && count < PHRASE_MEANINGS; low++) {
		const struct phrase *p = &phrases[low];
		if (!str_eq(p->key, key) || p->usual != usual)
			break;
		bool known = false;
		for (size_t i = 0; i < count; i++)
			known |= out[i].category == p->meaning.category &&
				 out[i].group == p->meaning.group;
		if (!known)
			out[count++] = p->meaning;
	}
	return count;
}

size_t phrases_find(struct str key, struct phrase_meaning out[PHRASE_MEANINGS])
{
	/* Endings of plurals and cases in the languages of the table, and what the
	 * singular has instead. */
	static const char *const endings[][2] = {
	    {"s", ""},  {"es", ""},   {"n", ""},   {"en", ""}, {"e", ""},   {"er", ""},
	    {"x", ""},  {"i", ""},    {"i", "o"},  {"i", "e"}, {"i", "io"}, {"e", "a"},
	    {"u", "a"}, {"ies", "y"}, {"as", "a"}, {"se", ""}, {"nen", ""}, {"a", "o"},
	};
	if (!phrases_count)
		phrases_build();
	size_t count = phrases_read(key, out);
	for (size_t i = 0; i < COUNT_OF(endings) && !count; i++) {
		char singular[WORDS_KEY_BYTES + 4];
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

size_t phrases_begin(struct str key, struct phrase_name *out, size_t max)
{
	size_t low = 0, high, count = 0;
	if (!phrases_count)
		phrases_build();
	for (high = phrases_count; low < high;) {
		size_t middle = (low + high) / 2;
		if (str_cmp(phrases[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < phrases_count && count < max && str_starts(phrases[low].key, key); low++) {
		const struct phrase *p = &phrases[low];
		bool known = !p->meaning.category;
		for (size_t i = 0; i < count; i++)
			known |= out[i].category == p->meaning.category;
		if (!known)
			out[count++] = (struct phrase_name){p->text, p->meaning.category};
	}
	return count;
}

bool phrases_is_filler(struct str word)
{
	/* Folded, in the languages of the taxonomy and Serbian. */
	static const char *const fillers[] = {
	    "a",    "ai",   "al",  "alla", "am",   "an",  "and",  "at",   "au",   "auf",  "aux",
	    "bei",  "beim", "by",  "chez", "con",  "da",  "das",  "de",   "dei",  "del",  "della",
	    "dem",  "den",  "der", "des",  "di",   "die", "du",   "e",    "ein",  "eine", "el",
	    "en",   "et",   "for", "from", "het",  "i",   "il",   "im",   "in",   "ist",  "kod",
	    "l",    "la",   "las", "le",   "les",  "lo",  "los",  "met",  "mit",  "na",   "nahe",
	    "near", "of",   "on",  "op",   "para", "per", "por",  "pour", "pres", "sur",  "te",
	    "the",  "to",   "u",   "um",   "und",  "van", "voor", "vom",  "von",  "with", "y",
	    "za",   "zu",   "zum", "zur",
	};
	for (size_t i = 0; i < COUNT_OF(fillers); i++)
		if (str_eq(word, str_of(fillers[i])))
			return true;
	return false;
}

size_t phrases_near_me(const struct str *word, size_t count)
{
	static const char *const asked[] = {
	    "near me",
	    "nearby",
	    "close to me",
	    "around me",
	    "in der nahe",
	    "in meiner nahe",
	    "in der umgebung",
	    "pres de moi",
	    "pres dici",
	    "a proximite",
	    "autour de moi",
	    "vicino a me",
	    "nelle vicinanze",
	    "cerca de mi",
	    "cerca",
	    "in de buurt",
	    "bij mij in de buurt",
	    "blizu mene",
	    "u blizini",
	};
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		struct str rest = str_of(asked[i]);
		size_t n = 0;
		bool same = true;
		for (; rest.p && same; n++) {
			struct str one = str_cut(&rest, ' ');
			same = n < count && str_eq(word[n], one);
		}
		if (same)
			return n;
	}
	return 0;
}
