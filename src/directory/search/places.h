/* What people call places in other languages: "Genf" for Geneva, "Schweiz" for CH. Texts are folded
 * and joined (words_key). Built once, on first use. */
#ifndef DIRECTORY_SEARCH_PLACES_H
#define DIRECTORY_SEARCH_PLACES_H

#include "base/str.h"

enum { PLACES_NAMES = 24 };

/* The other names of the towns that are called so; how many were written. */
size_t places_names(struct str key, struct str out[PLACES_NAMES]);

/* The country that is called so, ISO 3166-1 alpha-2; empty: none is. */
struct str places_country(struct str key);
/* Its English name; empty: it is not in the table. */
struct str places_country_name(struct str code);

#endif
