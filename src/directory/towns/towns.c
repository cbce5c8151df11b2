#include "directory/towns/towns.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

struct row {
	int rank;
	const char *name, *region, *country;
	int lat, lon;
	const char *zone;
};
static const struct row rows[] = {
#define TOWN(rank, name, region, country, lat, lon, zone)                                          \
	{rank, name, region, country, lat, lon, zone},
#include "directory/towns/towns.def"
#undef TOWN
};
enum { ROWS = COUNT_OF(rows) };

/* By country, name and size; sorted at the first question. */
static const struct row *sorted[ROWS];

static int compare_text(struct str a, const char *b)
{
	struct str other = str_of(b);
	size_t n = a.n < other.n ? a.n : other.n;
	int order = strncasecmp(a.p, b, n);
	return order ? order : (a.n > other.n) - (a.n < other.n);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;
	int order = compare_text(str_of(x->country), y->country);
	if (!order)
		order = compare_text(str_of(x->name), y->name);
	if (!order)
		order = x->rank - y->rank;
	return order ? order : (x > y) - (x < y); /* the row that stands first */
}

bool towns_find(struct str country, struct str name, struct towns_place *out)
{
	if (!country.n || !name.n)
		return false;
	if (!sorted[0]) {
		for (size_t i = 0; i < ROWS; i++)
			sorted[i] = &rows[i];
		qsort(sorted, ROWS, sizeof(sorted[0]), compare_rows);
	}
	size_t low = 0, high = ROWS;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare_text(country, sorted[middle]->country);
		if (!order)
			order = compare_text(name, sorted[middle]->name);
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == ROWS || compare_text(country, sorted[low]->country) != 0 ||
	    compare_text(name, sorted[low]->name) != 0)
		return false;
	const struct row *r = sorted[low];
	*out = (struct towns_place){r->name, r->region, r->lat, r->lon, r->zone};
	return true;
}

struct str towns_country(struct str name,
			 bool (*fits)(void *ctx, struct str country, struct str region), void *ctx)
{
	struct str found = STR("");
	for (size_t i = 0; name.n && i < ROWS; i++) {
		struct str country = str_of(rows[i].country);
		if (((name.p[0] ^ rows[i].name[0]) & ~0x20) ||
		    compare_text(name, rows[i].name) != 0 ||
		    !fits(ctx, country, str_of(rows[i].region)))
			continue;
		if (found.n && !str_eq(found, country))
			return STR("");
		found = country;
	}
	return found;
}

bool towns_nearest(double lat, double lon, struct towns_place *out)
{
	enum { UNIT = 100000, FAR = 36000 }; /* of latitude: 40 km */
	const int at = (int)(lat * UNIT);
	const double narrow = cos(lat * 3.14159265358979323846 / 180);
	const struct row *best = NULL;
	double least = (double)FAR * FAR;
	for (size_t i = 0; i < ROWS; i++) {
		if (abs(rows[i].lat - at) > FAR)
			continue;
		double north = rows[i].lat - lat * UNIT;
		double east = (rows[i].lon - lon * UNIT) * narrow;
		if (north * north + east * east >= least)
			continue;
		least = north * north + east * east;
		best = &rows[i];
	}
	if (best)
		*out = (struct towns_place){best->name, best->region, best->lat, best->lon,
					    best->zone};
	return best != NULL;
}
