#include "directory/names/cuisines.h"

#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "directory/words/words.h"

static const struct cuisine_row {
	const char *key, *names;
} cuisine_rows[] = {
#define CUISINE(key, names) {key, names},
#include "directory/names/cuisines.def"
#undef CUISINE
};

struct cuisine_name {
	struct str word, cuisine; /* folded */
};

static struct cuisine_name *cuisine_names; /* by word */
static size_t cuisine_names_count, cuisine_names_room;

static int cuisine_compare(const void *a, const void *b)
{
	const struct cuisine_name *x = a, *y = b;
	return str_cmp(x->word, y->word);
}

static struct str cuisine_folded(struct str text)
{
	char folded[WORDS_KEY_BYTES];
	struct str key = words_key(text, folded);
	must(key.n);
	char *copy = memory_room(key.n);
	memcpy(copy, key.p, key.n);
	return (struct str){copy, key.n};
}

static void cuisines_put(struct str word, struct str cuisine)
{
	cuisine_names = memory_grow(cuisine_names, &cuisine_names_room, cuisine_names_count + 1,
				    sizeof(*cuisine_names));
	cuisine_names[cuisine_names_count++] = (struct cuisine_name){word, cuisine};
}

static void cuisines_build(void)
{
	for (size_t row = 0; row < COUNT_OF(cuisine_rows); row++) {
		struct str cuisine = cuisine_folded(str_of(cuisine_rows[row].key));
		struct str names = str_of(cuisine_rows[row].names);
		cuisines_put(cuisine, cuisine);
		while (names.p)
			cuisines_put(cuisine_folded(str_cut(&names, ';')), cuisine);
	}
	qsort(cuisine_names, cuisine_names_count, sizeof(*cuisine_names), cuisine_compare);
}

static const struct cuisine_name *cuisines_find(struct str word)
{
	const struct cuisine_name wanted = {.word = word};
	if (!cuisine_names_count)
		cuisines_build();
	return bsearch(&wanted, cuisine_names, cuisine_names_count, sizeof(*cuisine_names),
		       cuisine_compare);
}

struct str cuisines_word(struct str word, bool *named)
{
	enum { LEAST = 4 }; /* letters before an ending */
	static const char *const endings[] = {"", "e", "er", "es", "en", "em", "s"};
	const struct cuisine_name *found = NULL;
	for (size_t i = 0; i < COUNT_OF(endings) && !found; i++) {
		struct str ending = str_of(endings[i]);
		if (!ending.n || (word.n >= LEAST + ending.n && str_ends(word, ending)))
			found = cuisines_find((struct str){word.p, word.n - ending.n});
	}
	if (named)
		*named = found != NULL;
	return found ? found->cuisine : word;
}

static const char *const cuisine_kitchens[] = {"kuche",  "essen",   "food",   "cuisine",
					       "cucina", "cocina",  "comida", "cibo",
					       "keuken", "kuhinja", "hrana",  "kitchen"};

bool cuisines_is_kitchen(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(cuisine_kitchens); i++)
		if (str_eq(word, str_of(cuisine_kitchens[i])))
			return true;
	return false;
}

void cuisines_each(void (*each)(void *ctx, struct str name, struct str cuisine), void *ctx)
{
	if (!cuisine_names_count)
		cuisines_build();
	for (size_t i = 0; i < cuisine_names_count; i++)
		each(ctx, cuisine_names[i].word, cuisine_names[i].cuisine);
	for (size_t i = 0; i < COUNT_OF(cuisine_kitchens); i++)
		each(ctx, str_of(cuisine_kitchens[i]), STR(""));
}
