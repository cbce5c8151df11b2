#include "directory/towns/towns.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>
#include "base/lower_bound.h"

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

/* By name, country and size; sorted by towns_prepare. */
static const struct row *sorted[ROWS];

static int compare_text(struct str a, const char *b)
{
	int order = strncasecmp(a.p, b, a.n); /* no further than the end of b */
	return order ? order : b[a.n] ? -1 : 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;
	int order = compare_text(str_of(x->name), y->name);
	if (!order)
		order = compare_text(str_of(x->country), y->country);
	if (!order)
		order = x->rank - y->rank;
	return order ? order : (x > y) - (x < y); /* the row that stands first */
}

struct wanted {
	struct str name, country; /* without a country: of any */
};

static bool row_before(const void *element, const void *key)
{
	const struct row *r = *(const struct row *const *)element;
	const struct wanted *w = key;
	int order = compare_text(w->name, r->name);
	if (!order && w->country.n)
		order = compare_text(w->country, r->country);
	return order > 0;
}

void towns_prepare(void)
{
	if (sorted[0])
		return;
	for (size_t i = 0; i < ROWS; i++)
		sorted[i] = &rows[i];
	qsort(sorted, ROWS, sizeof(sorted[0]), compare_rows);
}

/* The place in `sorted` of the first row of the name; behind it are the others. */
static size_t row_first(struct wanted w)
{
	towns_prepare();
	return lower_bound(sorted, ROWS, sizeof(sorted[0]), row_before, &w);
}

bool towns_find(struct str country, struct str name, struct towns_place *out)
{
	if (!country.n || !name.n)
		return false;
	size_t at = row_first((struct wanted){name, country});
	const struct row *r = at < ROWS ? sorted[at] : NULL;
	if (!r || compare_text(country, r->country) != 0 || compare_text(name, r->name) != 0)
		return false;
	*out = (struct towns_place){r->name, r->region, r->lat, r->lon, r->zone};
	return true;
}

struct str towns_country(struct str name,
			 bool (*fits)(void *ctx, struct str country, struct str region), void *ctx)
{
	struct str found = STR("");
	size_t i = name.n ? row_first((struct wanted){.name = name}) : ROWS;
	for (; i < ROWS && compare_text(name, sorted[i]->name) == 0; i++) {
		struct str country = str_of(sorted[i]->country);
		if (!fits(ctx, country, str_of(sorted[i]->region)))
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
