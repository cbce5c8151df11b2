/* Sections of the map: a box that is asked for, a circle, or both. */
#include "directory/search/internal.h"

#include <math.h>

enum { BOX_STEPS = 16 };

/* A section up to so many degrees high and wide is read from the index of places; what is larger
 * has enough in it to be met in other lists. */
static const double small_box = 0.2;

static double radians(double degrees)
{
	return degrees * M_PI / 180;
}

/* The box around the circle. It touches a meridian where the sine rule says so, in the triangle
 * with the pole. */
static void area_around(struct area *out)
{
	double angle = out->radius_m / earth_radius_m, height = angle * 180 / M_PI;
	out->south = out->lat - height;
	out->north = out->lat + height;
	out->west = -180;
	out->east = 180;
	if (out->south <= -90 || out->north >= 90) /* a pole lies inside: all meridians */
		return;
	double width = asin(sin(angle) / cos(radians(out->lat))) * 180 / M_PI;
	out->west = out->lon - width < -180 ? out->lon - width + 360 : out->lon - width;
	out->east = out->lon + width > 180 ? out->lon + width - 360 : out->lon + width;
}

int area_radius_m(const struct search_query *q)
{
	return q->radius_m ? q->radius_m : SEARCH_RADIUS_DEFAULT_M;
}

void area_of(const struct search_query *q, enum search_sort sort, struct area *out)
{
	*out = (struct area){.round = q->near && sort != SEARCH_DISTANCE};
	if (out->round) {
		out->lat = q->lat;
		out->lon = q->lon;
		out->radius_m = area_radius_m(q);
		area_around(out);
	}
	out->boxed = q->box;
	if (q->box) {
		out->west = q->west;
		out->south = q->south;
		out->east = q->east;
		out->north = q->north;
	}
}

static double area_width(const struct area *a)
{
	return a->east - a->west + (a->west > a->east ? 360 : 0);
}

bool area_given(const struct area *a)
{
	return a->boxed || a->round;
}

bool area_is_small(const struct area *a)
{
	return area_given(a) && area_width(a) <= small_box && a->north - a->south <= small_box;
}

static double area_least(double a, double b)
{
	return a < b ? a : b;
}

static double area_most(double a, double b)
{
	return a > b ? a : b;
}

int area_params(const struct area *a, struct db_param *out)
{
	double east = a->west + area_width(a);
	/* Cosines are largest where the section crosses the equator or a
	 * meridian of a whole turn. */
	double lat[] = {cos(radians(a->south)), cos(radians(a->north))};
	double low_lat = area_least(lat[0], lat[1]);
	double high_lat = a->south <= 0 && a->north >= 0 ? 1 : area_most(lat[0], lat[1]);
	double x[2] = {1, -1}, y[2] = {1, -1};
	for (int step = 0; step <= BOX_STEPS; step++) {
		double lon = radians(a->west + (east - a->west) * step / BOX_STEPS);
		const double r[] = {low_lat, high_lat};
		for (int i = 0; i < 2; i++) {
			x[0] = area_least(x[0], r[i] * cos(lon));
			x[1] = area_most(x[1], r[i] * cos(lon));
			y[0] = area_least(y[0], r[i] * sin(lon));
			y[1] = area_most(y[1], r[i] * sin(lon));
		}
	}
	/* Between two steps the circle is a little outside of their chord. */
	double margin = 1e-9 + 1 - cos(radians(east - a->west) / BOX_STEPS);
	const double sides[] = {a->west, a->south, a->east, a->north};
	out[0] = DB_DOUBLE(x[0] - margin);
	out[1] = DB_DOUBLE(y[0] - margin);
	out[2] = DB_DOUBLE(sin(radians(a->south)) - margin);
	out[3] = DB_DOUBLE(x[1] + margin);
	out[4] = DB_DOUBLE(y[1] + margin);
	out[5] = DB_DOUBLE(sin(radians(a->north)) + margin);
	for (int i = 0; i < 4; i++)
		out[6 + i] = DB_I64(llround(sides[i] * 1e7));
	return 10;
}

static double area_distance_m(const struct area *a, double lat, double lon)
{
	double up = sin(radians(lat - a->lat) / 2), across = sin(radians(lon - a->lon) / 2);
	double h = up * up + cos(radians(a->lat)) * cos(radians(lat)) * across * across;
	return 2 * earth_radius_m * asin(sqrt(area_least(h, 1)));
}

bool area_has(const struct area *a, struct search_business *b)
{
	if (!b->located)
		return !area_given(a);
	if (a->round)
		b->distance_m = area_distance_m(a, b->lat, b->lon);
	return (!a->round || b->distance_m <= a->radius_m) &&
	       (!a->boxed || (b->lat >= a->south && b->lat <= a->north &&
			      (a->west <= a->east ? b->lon >= a->west && b->lon <= a->east
						  : b->lon >= a->west || b->lon <= a->east)));
}
