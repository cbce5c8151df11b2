/* What people call places in other languages: "Genf" for Geneva, "Schweiz" for CH. Texts are folded
 * and joined (words_key). Built once, on first use. */
#ifndef DIRECTORY_NAMES_PLACES_H
#define DIRECTORY_NAMES_PLACES_H

#include "base/str.h"

enum { PLACES_NAMES = 24 };

/* The other names of the towns that are called so; how many were written. */
size_t places_names(struct str key, struct str out[PLACES_NAMES]);

/* Row i of the towns with several names, as the table writes it: "Cologne;Köln;Colonia". Empty:
 * there are no more rows. */
struct str places_town(size_t i);

/* The country that is called so, ISO 3166-1 alpha-2; empty: none is. */
struct str places_country(struct str key);
/* Its names, separated by ';', and the first of them, the English one; empty: it is not in the
 * table. */
struct str places_country_names(struct str code);
struct str places_country_name(struct str code);

#endif
