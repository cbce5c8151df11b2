/* In which country a place lies: borders of Natural Earth (public domain), to some 400 m on land,
 * in the program. */
#ifndef DIRECTORY_BORDERS_BORDERS_H
#define DIRECTORY_BORDERS_BORDERS_H

#include <stdbool.h>
#include "base/str.h"

/* ISO 3166-1 alpha-2. Empty where the map is too coarse to tell: within 1.5 km of another country,
 * or at sea more than 8 km from the one coast that is near. Degrees, WGS 84. */
struct str borders_country(double lat, double lon);

/* Whether the map has the country. */
bool borders_known(struct str country);
/* Whether a place lies in a country, or at most some 30 km beside it. False of a country that the
 * map does not have. */
bool borders_near(struct str country, double lat, double lon);

#endif
