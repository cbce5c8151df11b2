#include "directory/borders/borders.h"
#include "base/memory.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct arc {
	char country[3], neighbour[3];
	int lat, lon;
	const char *text;
} arcs[] = {
#define ARC(country, neighbour, lat, lon, text) {country, neighbour, lat, lon, text},
#include "directory/borders/borders.def"
#undef ARC
};
enum { ARCS = COUNT_OF(arcs) };

/* Points of an arc in 1e-3 degrees, made of its text when the first question is asked. */
static struct line {
	int owner[2]; /* of country_codes; the second -1: a coast */
	int count;
	int south, north, west, east;
	struct point {
		int lat, lon;
	} * point;
} lines[ARCS];
static bool made;

enum { COUNTRIES_MAX = 256 };
static const char *country_codes[COUNTRIES_MAX];
static struct box {
	int south, north, west, east;
} country_boxes[COUNTRIES_MAX];
static int countries;

static int country_number(const char *code)
{
	for (int k = 0; k < countries; k++)
		if (strcmp(country_codes[k], code) == 0)
			return k;
	must(countries < COUNTRIES_MAX);
	country_codes[countries] = code;
	country_boxes[countries] = (struct box){INT_MAX, INT_MIN, INT_MAX, INT_MIN};
	return countries++;
}

static int text_number(const char **p)
{
	unsigned v = 0, bits;
	int shift = 0;
	do {
		bits = (unsigned)(*(*p)++ - 63);
		v |= (bits & 31) << shift;
		shift += 5;
	} while (bits & 32);
	return v & 1 ? ~(int)(v >> 1) : (int)(v >> 1);
}

static void line_make(const struct arc *a, struct line *l)
{
	size_t n = strlen(a->text) / 2 + 1;
	const char *p = a->text;
	int lat = a->lat, lon = a->lon;
	l->point = memory_array(n, sizeof(l->point[0]));
	l->owner[0] = country_number(a->country);
	l->owner[1] = a->neighbour[0] ? country_number(a->neighbour) : -1;
	l->south = l->north = lat;
	l->west = l->east = lon;
	l->point[l->count++] = (struct point){lat, lon};
	while (*p) {
		lat += text_number(&p);
		lon += text_number(&p);
		must((size_t)l->count < n);
		l->point[l->count++] = (struct point){lat, lon};
		l->south = lat < l->south ? lat : l->south;
		l->north = lat > l->north ? lat : l->north;
		l->west = lon < l->west ? lon : l->west;
		l->east = lon > l->east ? lon : l->east;
	}
}

static void box_widen(struct box *b, const struct line *l)
{
	b->south = l->south < b->south ? l->south : b->south;
	b->north = l->north > b->north ? l->north : b->north;
	b->west = l->west < b->west ? l->west : b->west;
	b->east = l->east > b->east ? l->east : b->east;
}

static void borders_make(void)
{
	for (size_t i = 0; i < ARCS && !made; i++) {
		line_make(&arcs[i], &lines[i]);
		for (int c = 0; c < 2 && lines[i].owner[c] >= 0; c++)
			box_widen(&country_boxes[lines[i].owner[c]], &lines[i]);
	}
	made = true;
}

/* -1: the map does not have it. */
static int country_of_code(struct str code)
{
	static int last = -1; /* records of one country follow one another */
	borders_make();
	if (last >= 0 && code.n == 2 && memcmp(country_codes[last], code.p, 2) == 0)
		return last;
	for (int k = 0; k < countries && code.n == 2; k++)
		if (memcmp(country_codes[k], code.p, 2) == 0)
			return last = k;
	return -1;
}

/* Whether a place can be within `limit` km of a country: most places are far from it. */
static bool box_reaches(const struct box *b, double lat, double lon, double limit)
{
	const double km = 0.1112, wide = cos(lat / 1000 * M_PI / 180);
	double margin = limit / km, beside = wide > 0.01 ? margin / wide : 1e9;
	return lat >= b->south - margin && lat <= b->north + margin && lon >= b->west - beside &&
	       lon <= b->east + beside;
}

/* How often a line from the place to the east meets the arc. */
static unsigned line_crossings(const struct line *l, double lat, double lon)
{
	unsigned n = 0;
	if (lat < l->south || lat > l->north || lon > l->east)
		return 0;
	for (int i = 0; i + 1 < l->count; i++) {
		const struct point *a = &l->point[i], *b = a + 1;
		if ((a->lat > lat) == (b->lat > lat))
			continue;
		double at = a->lon + (lat - a->lat) * (b->lon - a->lon) / (double)(b->lat - a->lat);
		n += at > lon;
	}
	return n;
}

/* Kilometres from the place to the arc; more than `limit` may come back as any larger number. */
static double line_distance(const struct line *l, double lat, double lon, double limit)
{
	const double km = 0.1112, wide = cos(lat / 1000 * M_PI / 180);
	double margin = limit / km, best = 1e9;
	double beside = wide > 0.01 ? margin / wide : 1e9;
	if (lat < l->south - margin || lat > l->north + margin || lon < l->west - beside ||
	    lon > l->east + beside)
		return best;
	for (int i = 0; i < l->count; i++) {
		const struct point *a = &l->point[i], *b = i + 1 < l->count ? a + 1 : a;
		double dx = (b->lon - a->lon) * wide, dy = b->lat - a->lat;
		double px = (lon - a->lon) * wide, py = lat - a->lat, length = dx * dx + dy * dy;
		double t = length > 0 ? fmin(1, fmax(0, (px * dx + py * dy) / length)) : 0;
		best = fmin(best, hypot(px - t * dx, py - t * dy));
	}
	return best * km;
}

bool borders_known(struct str country)
{
	return country_of_code(country) >= 0;
}

bool borders_near(struct str country, double lat, double lon)
{
	const double near_km = 30;
	unsigned crossings = 0;
	int number = country_of_code(country);
	if (number < 0 || !box_reaches(&country_boxes[number], lat * 1000, lon * 1000, near_km))
		return false;
	for (size_t i = 0; i < ARCS; i++) {
		if (lines[i].owner[0] != number && lines[i].owner[1] != number)
			continue;
		if (line_distance(&lines[i], lat * 1000, lon * 1000, near_km) <= near_km)
			return true;
		crossings += line_crossings(&lines[i], lat * 1000, lon * 1000);
	}
	return crossings % 2 == 1;
}

struct str borders_country(double lat, double lon)
{
	const double unsure_km = 1.5, coast_km = 8;
	bool odd[COUNTRIES_MAX] = {false}, near[COUNTRIES_MAX] = {false};
	int inside = -1, beside = -1, insides = 0, besides = 0;
	borders_make();
	for (size_t i = 0; i < ARCS; i++) {
		const struct line *l = &lines[i];
		bool crosses = line_crossings(l, lat * 1000, lon * 1000) % 2;
		double km = line_distance(l, lat * 1000, lon * 1000, coast_km);
		if (km < unsure_km && l->owner[1] >= 0)
			return (struct str){"", 0};
		for (int c = 0; c < 2 && l->owner[c] >= 0; c++) {
			odd[l->owner[c]] ^= crosses;
			near[l->owner[c]] |= km <= coast_km;
		}
	}
	for (int k = 0; k < countries; k++) {
		inside = odd[k] ? k : inside;
		insides += odd[k];
		beside = near[k] && !odd[k] ? k : beside;
		besides += near[k] && !odd[k];
	}
	int k = insides == 1 ? inside : insides == 0 && besides == 1 ? beside : -1;
	return k >= 0 ? (struct str){country_codes[k], 2} : (struct str){"", 0};
}
