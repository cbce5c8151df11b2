/* Coordinates as people, programs and surveyors write them. */
#include "base/ascii.h"
#include "directory/borders/borders.h"
#include "directory/parse/values.h"

#include <math.h>
#include <string.h>

/* The parts of "47°22'36.8\"N": numbers in order, a sign, a letter. */
struct degrees {
	double part[3];
	int parts;
	bool negative;
	char axis;
};

static bool degrees_letter(struct degrees *g, char c)
{
	switch (ascii_upper(c)) {
	case 'S':
		g->negative = true;
		g->axis = 'N';
		break;
	case 'N':
		g->axis = 'N';
		break;
	case 'W':
		g->negative = true;
		g->axis = 'E';
		break;
	case 'E':
	case 'O': /* Ost, ouest is W on the maps of the world */
		g->axis = 'E';
		break;
	default:
		return false;
	}
	return true;
}

/* A number with a point or a comma at the start of *s. Minutes and seconds begin with a figure:
 * "47 .3769" is a number that was torn apart. */
static bool degrees_number(struct str *s, bool first, double *out)
{
	char text[40];
	size_t n = 0, marks = 0;
	if (!first && !ascii_is_digit(s->p[0]))
		return false;
	while (n < s->n && n + 1 < sizeof(text) &&
	       (ascii_is_digit(s->p[n]) || ((s->p[n] == '.' || s->p[n] == ',') && n + 1 < s->n &&
					    ascii_is_digit(s->p[n + 1])))) {
		marks += !ascii_is_digit(s->p[n]);
		text[n] = (char)(s->p[n] == ',' ? '.' : s->p[n]);
		n++;
	}
	/* "1e1" */
	if (n && n + 1 < s->n && (s->p[n] | 32) == 'e' &&
	    (ascii_is_digit(s->p[n + 1]) || s->p[n + 1] == '-')) {
		do
			text[n] = s->p[n];
		while (++n < s->n && n + 1 < sizeof(text) &&
		       (ascii_is_digit(s->p[n]) || s->p[n] == '-'));
	}
	text[n] = '\0';
	if (!n || marks > 1 || !str_to_double((struct str){text, n}, out))
		return false;
	*s = (struct str){s->p + n, s->n - n};
	return true;
}

/* Signs of degrees, minutes and seconds, and spaces. */
static size_t degrees_sign(struct str s)
{
	static const char *const signs[] = {"\xc2\xb0",
					    "\xc2\xba",
					    "\xe2\x80\xb2",
					    "\xe2\x80\xb3",
					    "\xe2\x80\x99",
					    "\xe2\x80\x9d",
					    "'",
					    ":",
					    "\"",
					    " ",
					    "\xc2\xa0",
					    "\xcb\x9a",
					    "\xc2\xb4"};
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (str_starts(s, str_of(signs[i])))
			return strlen(signs[i]);
	return 0;
}

bool value_degrees(struct str s, double *out, char *axis)
{
	struct degrees g = {.parts = 0};
	s = str_trim(s);
	if (s.n && degrees_letter(&g, s.p[0]))
		s = str_trim((struct str){s.p + 1, s.n - 1});
	if (s.n && (s.p[0] == '-' || s.p[0] == '+')) {
		g.negative ^= s.p[0] == '-';
		s = (struct str){s.p + 1, s.n - 1};
	}
	while (s.n) {
		size_t sign = degrees_sign(s);
		if (sign) {
			s = (struct str){s.p + sign, s.n - sign};
		} else if (s.n == 1 && !g.axis && degrees_letter(&g, s.p[0])) {
			s.n = 0;
		} else if (g.parts == 3 || !degrees_number(&s, g.parts == 0, &g.part[g.parts])) {
			return false;
		} else {
			g.parts++;
		}
	}
	if (g.parts == 0 || (g.parts > 1 && (g.part[1] >= 60 || g.part[2] >= 60)))
		return false;
	*out = g.part[0] + g.part[1] / 60 + g.part[2] / 3600;
	*out = g.negative ? -*out : *out;
	*axis = g.axis;
	return true;
}

/* ---- other systems ---- */

void value_from_mercator(double x, double y, double *lat, double *lon)
{
	const double radius = 6378137, degree = M_PI / 180;
	*lon = x / radius / degree;
	*lat = (2 * atan(exp(y / radius)) - M_PI / 2) / degree;
}

/* LV95, in metres: the approximation that swisstopo publishes, right to a metre. */
static void from_swiss(double east, double north, double *lat, double *lon)
{
	const double y = (east - 2.6e6) / 1e6, x = (north - 1.2e6) / 1e6, degree = 100.0 / 36;
	*lon = (2.6779094 + 4.728982 * y + 0.791484 * y * x + 0.1306 * y * x * x -
		0.0436 * y * y * y) *
	       degree;
	*lat = (16.9023892 + 3.238272 * x - 0.270978 * y * y - 0.002528 * x * x -
		0.0447 * y * y * x - 0.0140 * x * x * x) *
	       degree;
}

/* The grids whose numbers are found in files: what they are named, and where their numbers lie. */
static const struct grid {
	const char *cause;
	double east_from, east_to, north_from, north_to;
} grids[] = {
    {"coordinates of the Swiss grid LV95 (EPSG:2056); give the country, or convert them to WGS 84",
     2.48e6, 2.84e6, 1.07e6, 1.3e6},
    {"coordinates of the Swiss grid LV03 (EPSG:21781); give the country, or convert them to WGS 84",
     4.8e5, 8.4e5, 7e4, 3e5},
    {"coordinates of Gauss-Krueger (EPSG:31466 to 31469); convert them to WGS 84", 2.5e6, 5.9e6,
     5.2e6, 6.2e6},
    {"coordinates of Lambert-93 (EPSG:2154); convert them to WGS 84", 1e5, 1.25e6, 6.04e6, 7.12e6},
    {"coordinates of a UTM zone (such as EPSG:25832); convert them to WGS 84", 1.6e5, 8.4e5, 3.5e6,
     7.9e6},
    {"coordinates of the Dutch grid RD (EPSG:28992); convert them to WGS 84", 0, 2.8e5, 3e5,
     6.25e5},
    {"coordinates of the British grid (EPSG:27700); convert them to WGS 84", 0, 7e5, 0, 1.3e6},
};

static bool is_on_grid(const struct grid *g, double east, double north)
{
	return east >= g->east_from && east <= g->east_to && north >= g->north_from &&
	       north <= g->north_to;
}

/* Numbers of LV95 or LV03, in either order, of a record that is of Switzerland or Liechtenstein. */
static bool on_swiss_grid(double east, double north, struct str country, struct value_place *place)
{
	const struct grid *lv95 = &grids[0], *lv03 = &grids[1];
	if (!str_eq(country, STR("CH")) && !str_eq(country, STR("LI")))
		return false;
	if (is_on_grid(lv95, north, east) || is_on_grid(lv03, north, east)) {
		double other = east;
		east = north;
		north = other;
	}
	bool newer = is_on_grid(lv95, east, north);
	if (!newer && !is_on_grid(lv03, east, north))
		return false;
	from_swiss(newer ? east : east + 2e6, newer ? north : north + 1e6, &place->lat,
		   &place->lon);
	place->known = true;
	return true;
}

static struct value_place on_grid(double east, double north, struct str country)
{
	struct value_place place = {.converted = true};
	if (on_swiss_grid(east, north, country, &place))
		return place;
	value_from_mercator(east, north, &place.lat, &place.lon);
	/* Only the country can tell metres of Mercator from those of a grid. */
	if (country.n && fabs(place.lat) < 85.06 && fabs(place.lon) <= 180 &&
	    borders_near(country, place.lat, place.lon)) {
		place.known = true;
		return place;
	}
	place.cause = "not degrees, and of no grid that is known";
	for (size_t i = 0; i < COUNT_OF(grids); i++) {
		if (is_on_grid(&grids[i], east, north) || is_on_grid(&grids[i], north, east)) {
			place.cause = grids[i].cause;
			break;
		}
	}
	return place;
}

struct value_place value_place(struct str lat_text, struct str lon_text, struct str country)
{
	struct value_place place = {.cause = "not a coordinate"};
	char lat_axis, lon_axis;
	double lat, lon;
	if (!value_degrees(lat_text, &lat, &lat_axis) || !value_degrees(lon_text, &lon, &lon_axis))
		return place;
	/* 0, 0 is what programs write that know no place. */
	if (fabs(lat) < 0.5e-7 && fabs(lon) < 0.5e-7) {
		place.cause = "0, 0 is no place";
		return place;
	}
	bool swap = lat_axis == 'E' || lon_axis == 'N';
	if (!swap && (fabs(lat) > 360 || fabs(lon) > 360))
		return on_grid(lon, lat, country);
	/* The country proves it: the one way it lies there, the other it does not. */
	if (!swap && country.n && fabs(lat) <= 180 && fabs(lon) <= 90 &&
	    borders_near(country, lon, lat) && !borders_near(country, lat, lon))
		swap = true;
	place.lat = swap ? lon : lat;
	place.lon = swap ? lat : lon;
	place.converted = swap;
	place.known = fabs(place.lat) <= 90 && fabs(place.lon) <= 180;
	return place;
}

/* "47,3769, 8,5417": a comma and a blank between two numbers with a comma each. */
static bool two_with_commas(struct str s, struct str *lat, struct str *lon)
{
	const char *between = memmem(s.p, s.n, ", ", 2);
	if (!between)
		return false;
	*lat = (struct str){s.p, (size_t)(between - s.p)};
	*lon = str_trim((struct str){between + 2, s.n - lat->n - 2});
	return memchr(lat->p, ',', lat->n) && memchr(lon->p, ',', lon->n);
}

bool value_two(struct str s, struct str *lat, struct str *lon)
{
	s = str_trim(s);
	struct str rest = s;
	if (str_starts(s, STR("SRID=4326;"))) /* PostGIS writes it in front of WKT */
		rest = s = str_trim((struct str){s.p + 10, s.n - 10});
	bool wkt = s.n > 7 && str_eq_nocase((struct str){s.p, 5}, STR("point"));
	if (wkt) {
		const char *open = memchr(s.p, '(', s.n), *close = memchr(s.p, ')', s.n);
		if (!open || !close || close < open)
			return false;
		rest = str_trim((struct str){open + 1, (size_t)(close - open) - 1});
		*lon = str_cut(&rest, ' ');
		rest = rest.p ? str_trim(rest) : rest;
		*lat = str_cut(&rest, ' '); /* a height may follow */
		return lat->p != NULL;
	}
	if (s.n && ascii_is_letter(s.p[0]) && memchr(s.p, '(', s.n))
		return false; /* other geometries */
	if (s.n > 4 && str_eq_nocase((struct str){s.p, 4}, STR("geo:")))
		rest = (struct str){s.p + 4, s.n - 4};
	if ((s.n > 1 && (s.p[0] == '(' || s.p[0] == '[')))
		rest = str_trim((struct str){s.p + 1, s.n - 2});
	if (two_with_commas(rest, lat, lon))
		return true;
	static const char separators[] = {';', ',', '/', ' '};
	for (size_t i = 0; i < COUNT_OF(separators); i++) {
		struct str right = rest, left = str_cut(&right, separators[i]);
		if (right.p && str_trim(right).n &&
		    !memchr(right.p, separators[i], str_trim(right).n) && str_trim(left).n) {
			*lat = str_trim(left);
			*lon = str_trim(right);
			return true;
		}
	}
	return false;
}
