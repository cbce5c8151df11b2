/* Where towns are: some thousands of them, from GeoNames (geonames.org, CC BY
 * 4.0), in the program. */
#ifndef DIRECTORY_TOWNS_TOWNS_H
#define DIRECTORY_TOWNS_TOWNS_H

#include <stdbool.h>
#include "base/str.h"

struct towns_place {
	const char *name, *region;
	int lat, lon;     /* 1e-5 degrees, of the centre */
	const char *zone; /* IANA */
};

/* Sort the table, which takes some 20 ms, now and not at the first question: before processes are
 * forked that will ask. */
void towns_prepare(void);

/* The town of a name in a country ("CH"); of several with the same name the largest. Letters
 * compare without regard to case in ASCII. False: not in the table. */
bool towns_find(struct str country, struct str name, struct towns_place *out);

/* The one country that has a town of that name for which `fits` is true, asked with the town's
 * region; empty: none, or several. Static. */
struct str towns_country(struct str name,
			 bool (*fits)(void *ctx, struct str country, struct str region), void *ctx);

/* The town whose centre is nearest, within about 40 km. False: there is none in the table. */
bool towns_nearest(double lat, double lon, struct towns_place *out);

#endif
