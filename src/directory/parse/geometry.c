/* Where a business is whose geometry is a line or an area: a point inside, not a corner. */
#include "base/memory.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS_MAX = 100000, RINGS_MAX = 2000 };

struct ring {
	size_t from, count; /* of points */
};

struct shape {
	struct {
		double x, y;
	} * point;
	size_t points, room;
	struct ring ring[RINGS_MAX];
	size_t rings;
};

static bool number_of(const struct json_value *v, double *out)
{
	return v && (v->kind == JSON_IS_NUMBER || v->kind == JSON_IS_STRING) &&
	       str_to_double(v->text, out);
}

/* A corner of GeoJSON, [lon, lat], or of Overpass, {"lat": ..., "lon": ...}. */
static bool position_of(const struct json_value *v, double *x, double *y)
{
	if (v && v->kind == JSON_IS_OBJECT)
		return number_of(json_get(v, "lon"), x) && number_of(json_get(v, "lat"), y);
	return v && v->kind == JSON_IS_ARRAY && v->first && number_of(v->first, x) &&
	       number_of(v->first->next, y);
}

static bool shape_ring(struct shape *s, const struct json_value *positions)
{
	double x, y;
	if (s->rings == RINGS_MAX)
		return false;
	struct ring *r = &s->ring[s->rings];
	r->from = s->points;
	for (const struct json_value *e = positions ? positions->first : NULL; e; e = e->next) {
		if (!position_of(e, &x, &y))
			continue;
		if (s->points == POINTS_MAX)
			return false;
		s->point = memory_grow(s->point, &s->room, s->points + 1, sizeof(s->point[0]));
		s->point[s->points].x = x;
		s->point[s->points++].y = y;
	}
	r->count = s->points - r->from;
	s->rings += r->count > 0;
	return true;
}

static double ring_area(const struct shape *s, const struct ring *r, double *x, double *y)
{
	double area = 0, cx = 0, cy = 0;
	/* Beside the first corner, for the sake of digits. */
	double ox = s->point[r->from].x, oy = s->point[r->from].y;
	for (size_t i = 0; i < r->count; i++) {
		size_t k = (i + 1) % r->count;
		double ax = s->point[r->from + i].x - ox, ay = s->point[r->from + i].y - oy;
		double bx = s->point[r->from + k].x - ox, by = s->point[r->from + k].y - oy;
		double cross = ax * by - bx * ay;
		area += cross / 2;
		cx += (ax + bx) * cross;
		cy += (ay + by) * cross;
	}
	*x = fabs(area) > 0 ? cx / (6 * area) + ox : ox;
	*y = fabs(area) > 0 ? cy / (6 * area) + oy : oy;
	return fabs(area);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The middle of the longest part of the line at height y that lies inside; false: none does. */
static bool widest(const struct shape *s, double y, double *x)
{
	enum { CROSSINGS_MAX = 4096 };
	static double at[CROSSINGS_MAX];
	size_t n = 0;
	double best = 0;
	for (size_t r = 0; r < s->rings; r++) {
		const struct ring *ring = &s->ring[r];
		for (size_t i = 0; i < ring->count && n < CROSSINGS_MAX; i++) {
			size_t k = (i + 1) % ring->count;
			double ax = s->point[ring->from + i].x, ay = s->point[ring->from + i].y;
			double bx = s->point[ring->from + k].x, by = s->point[ring->from + k].y;
			if ((ay > y) != (by > y))
				at[n++] = ax + (y - ay) * (bx - ax) / (by - ay);
		}
	}
	qsort(at, n, sizeof(at[0]), compare_doubles);
	for (size_t i = 0; i + 1 < n; i += 2)
		if (at[i + 1] - at[i] > best) {
			best = at[i + 1] - at[i];
			*x = (at[i] + at[i + 1]) / 2;
		}
	return best > 0;
}

static bool is_inside(const struct shape *s, double x, double y)
{
	bool inside = false;
	for (size_t r = 0; r < s->rings; r++) {
		const struct ring *ring = &s->ring[r];
		for (size_t i = 0; i < ring->count; i++) {
			size_t k = (i + 1) % ring->count;
			double ax = s->point[ring->from + i].x, ay = s->point[ring->from + i].y;
			double bx = s->point[ring->from + k].x, by = s->point[ring->from + k].y;
			if ((ay > y) != (by > y) && ax + (y - ay) * (bx - ax) / (by - ay) > x)
				inside = !inside;
		}
	}
	return inside;
}

static bool is_closed_ring(const struct shape *s, const struct ring *r)
{
	size_t last = r->from + r->count - 1;
	return r->count > 3 && s->point[r->from].x == s->point[last].x &&
	       s->point[r->from].y == s->point[last].y;
}

/* The centre of gravity of the largest ring when it lies inside, else the middle of the widest
 * place at its height; of an open line its middle corner. */
static bool shape_place(const struct shape *s, double *x, double *y)
{
	double best = -1, cx = 0, cy = 0;
	size_t longest = 0;
	*x = *y = 0;
	for (size_t r = 0; r < s->rings; r++) {
		longest = s->ring[r].count > s->ring[longest].count ? r : longest;
		if (!is_closed_ring(s, &s->ring[r]))
			continue;
		double area = ring_area(s, &s->ring[r], &cx, &cy);
		if (area > best) {
			best = area;
			*x = cx;
			*y = cy;
		}
	}
	if (!s->rings)
		return false;
	if (best <= 0) {
		const struct ring *r = &s->ring[longest];
		*x = s->point[r->from + r->count / 2].x;
		*y = s->point[r->from + r->count / 2].y;
		return true;
	}
	if (!is_inside(s, *x, *y))
		(void)!widest(s, *y, x);
	return true;
}

/* All rings of arrays of any depth. */
static bool shape_rings(struct shape *s, const struct json_value *v, int depth)
{
	double x, y;
	if (!v || v->kind != JSON_IS_ARRAY || depth > 4)
		return true;
	if (v->first && position_of(v->first, &x, &y))
		return shape_ring(s, v);
	for (const struct json_value *e = v->first; e; e = e->next)
		if (!shape_rings(s, e, depth + 1))
			return false;
	return true;
}

bool geometry_inside(const struct json_value *coordinates, double *lat, double *lon)
{
	static struct shape s;
	s.points = s.rings = s.room = 0;
	s.point = NULL;
	bool found = position_of(coordinates, lon, lat) ||
		     (shape_rings(&s, coordinates, 0) && shape_place(&s, lon, lat));
	free(s.point);
	return found;
}

/* Google's {"location": {"lat", "lng"}}, ArcGIS's {"x", "y"}. */
static void geometry_put_point(struct draft *d, const struct json_value *geometry)
{
	const struct json_value *location = json_get(geometry, "location");
	if (location) {
		draft_field(d, RECORD_LAT, json_text(json_get(location, "lat")));
		draft_field(d, RECORD_LON, json_text(json_get(location, "lng")));
	} else if (json_get(geometry, "x") && json_get(geometry, "y")) {
		draft_field(d, RECORD_LON, json_text(json_get(geometry, "x")));
		draft_field(d, RECORD_LAT, json_text(json_get(geometry, "y")));
	}
}

void geometry_put(struct draft *d, const struct json_value *geometry)
{
	const struct json_value *coordinates = json_get(geometry, "coordinates");
	const struct json_value *parts = json_get(geometry, "geometries");
	double lat, lon;
	if (!coordinates && parts) {
		geometry_put(d, parts->first);
		return;
	}
	if (!coordinates) {
		geometry_put_point(d, geometry);
		return;
	}
	if (!json_text(json_get(geometry, "type")).n)
		return;
	if (!d->parser->mercator && coordinates->first && coordinates->first->next &&
	    coordinates->first->kind != JSON_IS_ARRAY) {
		draft_field(d, RECORD_LON, json_text(coordinates->first));
		draft_field(d, RECORD_LAT, json_text(coordinates->first->next));
	} else if (geometry_inside(coordinates, &lat, &lon)) {
		if (d->parser->mercator)
			value_from_mercator(lon, lat, &lat, &lon);
		char *p = arena_printf(&d->arena, "%.7f", lat),
		     *q = arena_printf(&d->arena, "%.7f", lon);
		draft_field(d, RECORD_LAT, p ? str_of(p) : STR(""));
		draft_field(d, RECORD_LON, q ? str_of(q) : STR(""));
	}
}
