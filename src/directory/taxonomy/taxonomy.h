/* The taxonomy: groups and categories (categories.def) and the names that others have for them. The
 * database's table `category` is seeded from the same rows.
 *
 * Look-ups are exact; what is not found exactly is not guessed. All of it is constant and shared.
 */
#ifndef DIRECTORY_TAXONOMY_H
#define DIRECTORY_TAXONOMY_H

#include "base/str.h"

struct taxonomy_category {
	int id; /* the database's; never reused */
	const char *key;
	const char *group;
	const char *label;
	const char *schema_type;             /* most specific schema.org type */
	const char *osm, *overture, *google; /* as in categories.def */
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

/* The scheme that a name is of. */
enum taxonomy_names {
	TAXONOMY_KEY,      /* ours */
	TAXONOMY_OSM,      /* "shop=bakery"; an unknown value finds the row with "shop=*" */
	TAXONOMY_OVERTURE, /* "bakery" */
	TAXONOMY_GOOGLE,   /* "Bakery", in any case */
	TAXONOMY_SCHEMA,   /* "Bakery"; of several categories the first in the table */
	TAXONOMY_LABEL,    /* our English label, in any case */
	TAXONOMY_NAMES
};

/* NULL when there is none. */
const struct taxonomy_category *taxonomy_find(enum taxonomy_names names, struct str name);
const struct taxonomy_category *taxonomy_by_id(int id);

#endif
