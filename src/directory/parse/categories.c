/* Categories: names of any scheme, alone or in lists of many forms, in the plural, in several
 * languages. */
#include "base/ascii.h"
#include "base/lower_bound.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"
#include "directory/taxonomy/taxonomy.h"
#include "directory/words/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { NAME_BYTES = 80 };

/* A bare value of OpenStreetMap: "bakery". */
static const struct taxonomy_category *by_osm_value(struct str value)
{
	static const char *const keys[] = {
	    "shop=", "amenity=", "craft=", "office=", "healthcare=", "tourism="};
	char tag[NAME_BYTES];
	if (str_eq_nocase(value, STR("food"))) /* of Google: whatever has to do with it */
		return NULL;
	for (size_t k = 0; k < COUNT_OF(keys) && value.n < NAME_BYTES - 16; k++) {
		size_t n = strlen(keys[k]);
		memcpy(tag, keys[k], n);
		memcpy(tag + n, value.p, value.n);
		const struct taxonomy_category *c =
		    taxonomy_find(TAXONOMY_OSM, (struct str){tag, n + value.n});
		if (c && strstr(c->osm, tag))
			return c;
	}
	return NULL;
}

static const struct taxonomy_category *by_any_scheme(struct str value)
{
	static const enum taxonomy_names order[] = {TAXONOMY_KEY,    TAXONOMY_LABEL,
						    TAXONOMY_WORD,   TAXONOMY_GOOGLE,
						    TAXONOMY_SCHEMA, TAXONOMY_OVERTURE};
	if (memchr(value.p, '=', value.n))
		return taxonomy_find(TAXONOMY_OSM, value);
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		const struct taxonomy_category *c = taxonomy_find(order[i], value);
		if (c)
			return c;
	}
	return by_osm_value(value);
}

/* "coffee_shop" and "coffee-shop" as "coffee shop". */
static const struct taxonomy_category *by_words(struct str value)
{
	char words[NAME_BYTES];
	if (value.n >= NAME_BYTES)
		return NULL;
	for (size_t i = 0; i < value.n; i++)
		words[i] = (char)(value.p[i] == '_' || value.p[i] == '-' ? ' ' : value.p[i]);
	return by_any_scheme((struct str){words, value.n});
}

/* What people call such a business in every language that the taxonomy has, folded: letters
 * without marks, Cyrillic in Latin letters. */
struct category_word {
	uint64_t hash;
	const struct taxonomy_category *category;
};
enum { CATEGORY_WORDS_MAX = 16384 };

static int category_compare_words(const void *a, const void *b)
{
	const struct category_word *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	/* The same word twice: the row that stands first wins. */
	return (x->category > y->category) - (x->category < y->category);
}

static size_t category_add_words(struct category_word *words, size_t count,
				 const struct taxonomy_category *c, const char *all)
{
	char key[WORDS_KEY_BYTES];
	struct str languages = str_of(all);
	while (languages.p) {
		struct str list = str_cut(&languages, '|');
		str_cut(&list, ':');
		while (list.p) {
			struct str word = words_key(str_cut(&list, ';'), key);
			must(count < CATEGORY_WORDS_MAX);
			if (word.n)
				words[count++] =
				    (struct category_word){XXH3_64bits(word.p, word.n), c};
		}
	}
	return count;
}

static bool category_word_before(const void *word, const void *hash)
{
	return ((const struct category_word *)word)->hash < *(const uint64_t *)hash;
}

/* Names of kinds in languages that the pages do not speak. */
static size_t category_add_kinds(struct category_word *words, size_t count)
{
	static const struct {
		const char *key, *names;
	} kinds[] = {
#define KIND(key, names) {key, names},
#include "directory/parse/kinds.def"
#undef KIND
	};
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const struct taxonomy_category *c =
		    taxonomy_find(TAXONOMY_KEY, str_of(kinds[i].key));
		must(c);
		char all[600];
		snprintf(all, sizeof(all), ":%s", kinds[i].names);
		count = category_add_words(words, count, c, all);
	}
	return count;
}

static const struct taxonomy_category *by_folded_word(struct str value)
{
	static struct category_word words[CATEGORY_WORDS_MAX];
	static size_t count;
	char key[WORDS_KEY_BYTES];
	if (!count) {
		for (size_t i = 0; i < taxonomy_count; i++) {
			const struct taxonomy_category *c = &taxonomy_categories[i];
			count = category_add_words(words, count, c, c->words);
			count = category_add_words(words, count, c, taxonomy_also(c));
		}
		count = category_add_kinds(words, count);
		qsort(words, count, sizeof(words[0]), category_compare_words);
	}
	struct str word = words_key(value, key);
	uint64_t hash = XXH3_64bits(word.p, word.n);
	size_t at = lower_bound(words, count, sizeof(words[0]), category_word_before, &hash);
	return word.n && at < count && words[at].hash == hash ? words[at].category : NULL;
}

/* "Restaurants", "Bakeries", "Bäckereien": the singular by endings of English, German, French,
 * Italian, Spanish, Dutch. */
static const struct taxonomy_category *by_singular(struct str value)
{
	static const struct {
		const char *plural, *singular;
	} endings[] = {{"ies", "y"},   {"es", ""},       {"s", ""},     {"ereien", "erei"},
		       {"en", ""},     {"n", ""},        {"e", ""},     {"er", ""},
		       {"i", "o"},     {"i", "e"},       {"i", "a"},    {"i", "io"},
		       {"chi", "co"},  {"ghi", "go"},    {"che", "ca"}, {"ghe", "ga"},
		       {"e", "a"},     {"erie", "eria"}, {"ie", "ia"},  {"x", ""},
		       {"ches", "ch"}, {"shes", "sh"}};
	char singular[NAME_BYTES];
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		struct str plural = str_of(endings[i].plural), end = str_of(endings[i].singular);
		if (value.n < plural.n + 3 || value.n >= NAME_BYTES || !str_ends(value, plural))
			continue;
		size_t n = value.n - plural.n;
		memcpy(singular, value.p, n);
		memcpy(singular + n, end.p, end.n);
		const struct taxonomy_category *c =
		    by_any_scheme((struct str){singular, n + end.n});
		/* "Zahnärzte": without marks it is the singular with an ending. */
		c = c ? c : by_folded_word((struct str){singular, n + end.n});
		if (c)
			return c;
	}
	return NULL;
}

/* Without the wildcards of the schemes: "* shop" matches the end of any list. */
static const struct taxonomy_category *by_whole_name(struct str value)
{
	static const enum taxonomy_names order[] = {TAXONOMY_KEY, TAXONOMY_LABEL, TAXONOMY_WORD,
						    TAXONOMY_SCHEMA};
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		const struct taxonomy_category *c = taxonomy_find(order[i], value);
		if (c)
			return c;
	}
	return by_folded_word(value);
}

static const struct taxonomy_category *category_find(enum target scheme, struct str value)
{
	const struct taxonomy_category *c = NULL;
	switch (scheme) {
	case TARGET_CATEGORY_OSM:
		return taxonomy_find(TAXONOMY_OSM, value);
	case TARGET_CATEGORY_OVERTURE:
		return taxonomy_find(TAXONOMY_OVERTURE, value);
	case TARGET_CATEGORY_SCHEMA:
		return taxonomy_find(TAXONOMY_SCHEMA, value);
	case TARGET_CATEGORY_GOOGLE:
		c = taxonomy_find(TAXONOMY_GOOGLE, value);
		break;
	default:
		break;
	}
	c = c ? c : by_any_scheme(value);
	c = c ? c : by_singular(value);
	c = c ? c : by_words(value);
	return c ? c : by_folded_word(value);
}

/* The length of an "and" between two names, with its blanks; 0: there is none. */
static size_t and_at(struct str s)
{
	static const char *const words[] = {" and ", " und ", " et ", " y ",
					    " e ",   " en ",  " og ", " i "};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_starts(s, str_of(words[i])))
			return strlen(words[i]);
	return 0;
}

/* "Bar-Restaurant": both are names of kinds. */
static bool categories_put_joined(struct draft *d, struct str value, struct given *g)
{
	struct str behind = value, before = str_cut(&behind, '-');
	if (!before.n || !behind.n || memchr(behind.p, '-', behind.n) || by_whole_name(value))
		return false;
	const struct taxonomy_category *first = by_whole_name(str_trim(before)),
				       *second = by_whole_name(str_trim(behind));
	if (!first || !second)
		return false;
	draft_append(d, RECORD_CATEGORIES, g, str_of(first->key));
	draft_append(d, RECORD_CATEGORIES, g, str_of(second->key));
	return true;
}

/* One name, or a list: of the separators the first that is there and gives names that are known. "A
 * > B" leads from the general to the special. How many are known. */
static size_t categories_put_names(struct draft *d, enum target scheme, struct str value,
				   struct given *g)
{
	if (memmem(value.p, value.n, "://", 3)) { /* a concept of a vocabulary: its last part */
		while (value.n && memchr(value.p, '/', value.n))
			str_cut(&value, '/');
		if (!value.p)
			return 0;
	}
	static const char separators[] = {'|', ';', '>', ',', '/', '&', '+'};
	value = str_trim(value);
	/* Of a list no wildcard ("* shop") may match the end. */
	bool list = value.n && (memchr(value.p, ',', value.n) || memchr(value.p, ';', value.n) ||
				memchr(value.p, '|', value.n) || memchr(value.p, '>', value.n));
	bool joined = false;
	for (size_t i = 0; i < value.n && !joined; i++)
		joined = value.p[i] == '&' || value.p[i] == '+' ||
			 and_at((struct str){value.p + i, value.n - i}) > 0;
	if (!list && categories_put_joined(d, value, g))
		return 1;
	const struct taxonomy_category *c = !value.n ? NULL
					    : list   ? taxonomy_find(TAXONOMY_LABEL, value)
					    : joined ? by_whole_name(value)
						     : category_find(scheme, value);
	if (c) {
		draft_append(d, RECORD_CATEGORIES, g, str_of(c->key));
		return 1;
	}
	for (size_t i = 0; i < COUNT_OF(separators); i++) {
		struct str rest = value;
		size_t known = 0;
		if (!value.n || !memchr(value.p, separators[i], value.n))
			continue;
		if (separators[i] != '>') {
			while (rest.p)
				known += categories_put_names(d, scheme,
							      str_cut(&rest, separators[i]), g);
			return known;
		}
		/* The most special that is known. */
		for (size_t at = value.n; at > 0 && !known; at--)
			if (at == 1 || value.p[at - 1] == '>') {
				size_t from = at == 1 && value.p[0] != '>' ? 0 : at;
				struct str part = {value.p + from, rest.n - from};
				known = categories_put_names(d, scheme, part, g);
				rest.n = at - 1;
			}
		return known;
	}
	for (size_t i = 0; i < value.n; i++) {
		size_t n = value.p[i] == ' ' ? and_at((struct str){value.p + i, value.n - i}) : 0;
		struct str behind = {value.p + i + n, value.n - i - n};
		if (n)
			return categories_put_names(d, scheme, (struct str){value.p, i}, g) +
			       categories_put_names(d, scheme, behind, g);
	}
	if (value.n)
		parser_count(d->parser, "categories that are not known", value);
	return 0;
}

/* A value, or the texts of a list in it: "['Bar', 'Bakery']". */
static size_t categories_put_list(struct draft *d, enum target scheme, struct str value,
				  struct given *g)
{
	const struct json_value *list = draft_json(d, value);
	size_t known = 0;
	if (!list || list->kind != JSON_IS_ARRAY)
		return categories_put_names(d, scheme, value, g);
	for (const struct json_value *e = list->first; e; e = e->next)
		known += categories_put_names(d, scheme, json_text(e), g);
	return known;
}

void category_put(struct draft *d, enum target scheme, struct str value)
{
	struct given *g = draft_given(d, RECORD_CATEGORIES, value);
	value = guess_mended(d->parser, &d->arena, d->line, value_unwrapped(value));
	if (!categories_put_list(d, scheme, value, g))
		draft_dropped(g, "not a category that is known");
	else if (g)
		g->fate = g->fate == FATE_KEPT ? FATE_KEPT : FATE_CHANGED;
}
