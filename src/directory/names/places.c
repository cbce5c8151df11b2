#include "directory/names/places.h"

#include <stdlib.h>
#include <string.h>
#include "base/lower_bound.h"
#include "base/memory.h"
#include "directory/words/words.h"

/* code is NULL of a town. */
static const struct place_row {
	const char *code, *names;
} place_rows[] = {
#define COUNTRY(code, names) {code, names},
#define TOWN(names)          {NULL, names},
#include "directory/names/places.def"
#undef COUNTRY
#undef TOWN
};

struct place_name {
	struct str key;
	size_t row;
};

static struct place_name *place_names;
static size_t place_names_count, place_names_room;

static int place_compare(const void *a, const void *b)
{
	const struct place_name *x = a, *y = b;
	int order = str_cmp(x->key, y->key);
	return order ? order : (x->row > y->row) - (x->row < y->row);
}

static void places_build(void)
{
	for (size_t row = 0; row < COUNT_OF(place_rows); row++) {
		struct str names = str_of(place_rows[row].names);
		while (names.p) {
			char folded[WORDS_KEY_BYTES];
			struct str key = words_key(str_cut(&names, ';'), folded);
			must(key.n);
			place_names = memory_grow(place_names, &place_names_room,
						  place_names_count + 1, sizeof(*place_names));
			char *copy = memory_room(key.n);
			memcpy(copy, key.p, key.n);
			place_names[place_names_count++] = (struct place_name){{copy, key.n}, row};
		}
	}
	qsort(place_names, place_names_count, sizeof(*place_names), place_compare);
}

static bool places_name_before(const void *name, const void *key)
{
	return str_cmp(((const struct place_name *)name)->key, *(const struct str *)key) < 0;
}

/* The first name that is not before the key. */
static size_t places_lower(struct str key)
{
	if (!place_names_count)
		places_build();
	return lower_bound(place_names, place_names_count, sizeof(*place_names), places_name_before,
			   &key);
}

size_t places_names(struct str key, struct str out[PLACES_NAMES])
{
	size_t count = 0;
	for (size_t i = places_lower(key); i < place_names_count && str_eq(place_names[i].key, key);
	     i++) {
		if (place_rows[place_names[i].row].code)
			continue;
		for (size_t k = 0; k < place_names_count && count < PLACES_NAMES; k++)
			if (place_names[k].row == place_names[i].row &&
			    !str_eq(place_names[k].key, key))
				out[count++] = place_names[k].key;
	}
	return count;
}

struct str places_town(size_t i)
{
	for (size_t row = 0; row < COUNT_OF(place_rows); row++)
		if (!place_rows[row].code && i-- == 0)
			return str_of(place_rows[row].names);
	return (struct str){"", 0};
}

struct str places_country(struct str key)
{
	for (size_t i = places_lower(key); i < place_names_count && str_eq(place_names[i].key, key);
	     i++)
		if (place_rows[place_names[i].row].code)
			return str_of(place_rows[place_names[i].row].code);
	return (struct str){"", 0};
}

struct str places_country_names(struct str code)
{
	for (size_t row = 0; row < COUNT_OF(place_rows); row++)
		if (place_rows[row].code && str_eq(str_of(place_rows[row].code), code))
			return str_of(place_rows[row].names);
	return (struct str){"", 0};
}

struct str places_country_name(struct str code)
{
	struct str names = places_country_names(code);
	return str_cut(&names, ';');
}
