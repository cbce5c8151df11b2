/* Sections of the map. */
#include "directory/search/internal.h"

#include <math.h>

enum { BOX_STEPS = 16 };

/* A section up to so many degrees high and wide is read from the index of places; what is larger
 * has enough in it to be met in other lists. */
static const double small_box = 0.2;

bool box_is_small(const struct search_query *q)
{
	double width = q->east - q->west + (q->west > q->east ? 360 : 0);
	return q->box && width <= small_box && q->north - q->south <= small_box;
}

static double box_least(double a, double b)
{
	return a < b ? a : b;
}

static double box_most(double a, double b)
{
	return a > b ? a : b;
}

int box_params(const struct search_query *q, struct db_param *out)
{
	double east = q->east + (q->west > q->east ? 360 : 0);
	/* Cosines are largest where the section crosses the equator or a
	 * meridian of a whole turn. */
	double lat[] = {cos(q->south * M_PI / 180), cos(q->north * M_PI / 180)};
	double low_lat = box_least(lat[0], lat[1]);
	double high_lat = q->south <= 0 && q->north >= 0 ? 1 : box_most(lat[0], lat[1]);
	double x[2] = {1, -1}, y[2] = {1, -1};
	for (int step = 0; step <= BOX_STEPS; step++) {
		double lon = (q->west + (east - q->west) * step / BOX_STEPS) * M_PI / 180;
		const double r[] = {low_lat, high_lat};
		for (int i = 0; i < 2; i++) {
			x[0] = box_least(x[0], r[i] * cos(lon));
			x[1] = box_most(x[1], r[i] * cos(lon));
			y[0] = box_least(y[0], r[i] * sin(lon));
			y[1] = box_most(y[1], r[i] * sin(lon));
		}
	}
	/* Between two steps the circle is a little outside of their chord. */
	double margin = 1e-9 + 1 - cos((east - q->west) * M_PI / 180 / BOX_STEPS);
	const double sides[] = {q->west, q->south, q->east, q->north};
	out[0] = DB_DOUBLE(x[0] - margin);
	out[1] = DB_DOUBLE(y[0] - margin);
	out[2] = DB_DOUBLE(sin(q->south * M_PI / 180) - margin);
	out[3] = DB_DOUBLE(x[1] + margin);
	out[4] = DB_DOUBLE(y[1] + margin);
	out[5] = DB_DOUBLE(sin(q->north * M_PI / 180) + margin);
	for (int i = 0; i < 4; i++)
		out[6 + i] = DB_I64(llround(sides[i] * 1e7));
	return 10;
}

bool box_has(const struct search_query *q, const struct search_business *b)
{
	return b->located && b->lat >= q->south && b->lat <= q->north &&
	       (q->west <= q->east ? b->lon >= q->west && b->lon <= q->east
				   : b->lon >= q->west || b->lon <= q->east);
}
