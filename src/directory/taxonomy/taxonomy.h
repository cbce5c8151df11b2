/* The taxonomy: groups and categories (categories.def) and the names that others have for them. The
 * database's table `category` is seeded from the same rows.
 *
 * Look-ups are exact, then by the table's wildcards ("shop=*"); what neither finds is not guessed.
 * All of it is constant and shared.
 */
#ifndef DIRECTORY_TAXONOMY_H
#define DIRECTORY_TAXONOMY_H

#include "base/str.h"

struct taxonomy_category {
	int id; /* the database's; never reused */
	const char *key;
	const char *group;
	const char *label;
	const char *schema_type;                     /* most specific schema.org LocalBusiness */
	const char *osm, *overture, *google, *words; /* as in categories.def */
};
extern const struct taxonomy_category taxonomy_categories[];
extern const size_t taxonomy_count;

struct taxonomy_group {
	int id;
	const char *key;
	const char *label;
};
/* By its key, as in taxonomy_category.group. NULL when there is none. */
const struct taxonomy_group *taxonomy_group(struct str key);
const struct taxonomy_group *taxonomy_group_by_id(int id);

/* The scheme that a name is of. */
enum taxonomy_names {
	TAXONOMY_KEY,      /* ours */
	TAXONOMY_OSM,      /* "shop=bakery"; an unknown value finds the row with "shop=*" */
	TAXONOMY_OVERTURE, /* "bakery"; "thai_restaurant" finds the row with "*_restaurant" */
	TAXONOMY_GOOGLE,   /* "Bakery", in any case; "Thai restaurant" finds "* restaurant" */
	TAXONOMY_SCHEMA,   /* "Bakery"; of several categories the one that a SCHEMA row names */
	TAXONOMY_LABEL,    /* our English label, in any case */
	TAXONOMY_WORD,     /* "Bäckerei", "boulangerie": in any case of ASCII letters */
	TAXONOMY_NAMES
};

/* NULL when there is none. */
const struct taxonomy_category *taxonomy_find(enum taxonomy_names names, struct str name);
const struct taxonomy_category *taxonomy_by_id(int id);

/* What people of a language ("de") call such a business, separated by ';', the most usual word
 * first. Empty when the table does not say. */
struct str taxonomy_words(const struct taxonomy_category *category, const char *language);

/* Further such words of every language, as "sr:Pekara;Pekarstvo|en:Bread shop" (also.def). */
const char *taxonomy_also(const struct taxonomy_category *category);

/* The languages that categories have names in; ends with NULL. English is the first. */
extern const char *const taxonomy_languages[];
/* That of them which an Accept-Language header likes best; English when it names none. */
const char *taxonomy_language(struct str accept);
/* What pages call it in one of these languages; in English when the tables do not say. */
struct str taxonomy_label(const struct taxonomy_category *category, const char *language);

#endif
