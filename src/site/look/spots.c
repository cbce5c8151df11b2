/* The map of a list: where its businesses are, with the numbers that they have in the list. */
#include "site/look/look.h"

#include <math.h>
#include <stdlib.h>
#include "base/fatal.h"
#include "base/utf8.h"
#include "site/look/internal.h"

enum {
	WIDTH = 320,
	HEIGHT = 300,
	MARGIN = 30,
	PIN = 11,     /* radius */
	STEPS = 2000, /* of the spiral: as far as half of the map */
	LETTER = 7,   /* width of most letters of a label */
	LABEL = 14,   /* height of a label */
	LABELS = 8,
	/* What is farther from the middle, and this many times as far as most, is left out. */
	FAR_M = 5000,
	FAR_TIMES = 8,
};

/* A label, by its middle. */
struct spots_label {
	double x, y, half;
};

struct spots_map {
	struct look_pin *pin;
	size_t count;
	double x[LOOK_PINS], y[LOOK_PINS]; /* of each pin's circle */
	double lat, lon;                   /* of the map's middle */
	double metres;                     /* a unit of the drawing */
	struct spots_label label[LABELS];
	size_t labels;
};

static int spots_by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double spots_median(double *value, size_t count)
{
	qsort(value, count, sizeof(*value), spots_by_size);
	return value[count / 2];
}

/* Leave out what is so far from all others that it would make a point of them. Returns how many
 * are left. */
static size_t spots_drop_far(struct spots_map *m)
{
	double lat[LOOK_PINS] = {0}, lon[LOOK_PINS] = {0}, sorted[LOOK_PINS] = {0};
	double far[LOOK_PINS] = {0};
	for (size_t i = 0; i < m->count; i++) {
		lat[i] = m->pin[i].at.lat;
		lon[i] = m->pin[i].at.lon;
	}
	const struct look_spot middle = {spots_median(lat, m->count), spots_median(lon, m->count)};
	for (size_t i = 0; i < m->count; i++)
		sorted[i] = far[i] = look_metres(&middle, &m->pin[i].at);
	double most = fmax(FAR_M, FAR_TIMES * spots_median(sorted, m->count));
	size_t n = 0;
	for (size_t i = 0; i < m->count; i++) {
		m->pin[i].shown = far[i] <= most;
		n += m->pin[i].shown;
	}
	return n;
}

static double spots_x(const struct spots_map *m, const struct look_spot *at)
{
	return WIDTH / 2.0 +
	       (at->lon - m->lon) * LOOK_METRES_PER_DEGREE * look_cos(m->lat) / m->metres;
}

static double spots_y(const struct spots_map *m, const struct look_spot *at)
{
	return HEIGHT / 2.0 - (at->lat - m->lat) * LOOK_METRES_PER_DEGREE / m->metres;
}

/* Choose middle and scale so that all pins, and the centre unless it is NULL, are inside. */
static void spots_fit(struct spots_map *m, const struct look_spot *centre)
{
	double south = 90, north = -90, west = 180, east = -180;
	for (size_t i = 0; i <= m->count; i++) {
		const struct look_spot *at = i < m->count ? &m->pin[i].at : centre;
		if (!at || (i < m->count && !m->pin[i].shown))
			continue;
		south = fmin(south, at->lat);
		north = fmax(north, at->lat);
		west = fmin(west, at->lon);
		east = fmax(east, at->lon);
	}
	m->lat = (south + north) / 2;
	m->lon = (west + east) / 2;
	/* The scale is never finer than 2 m a unit. */
	m->metres = fmax(2, fmax((north - south) * LOOK_METRES_PER_DEGREE / (HEIGHT - 3 * MARGIN),
				 (east - west) * LOOK_METRES_PER_DEGREE * look_cos(m->lat) /
				     (WIDTH - 2 * MARGIN)));
}

/* Whether the distance of two points is less. */
static bool spots_within(double x, double y, double distance)
{
	return x * x + y * y < distance * distance;
}

static bool spots_is_free(const struct spots_map *m, size_t before, double x, double y)
{
	if (x < PIN + 2 || x > WIDTH - PIN - 2 || y < PIN + 2 || y > HEIGHT - MARGIN - PIN)
		return false;
	for (size_t i = 0; i < before; i++)
		if (m->pin[i].shown && spots_within(m->x[i] - x, m->y[i] - y, 2 * PIN + 1))
			return false;
	return true;
}

/* A pin with a number that would cover an earlier one goes to the nearest free point of a spiral
 * around its place. */
static void spots_spread(struct spots_map *m, size_t numbered)
{
	const double turn = 2.399963; /* the golden angle: points of even density */
	for (size_t i = 0; i < numbered; i++) {
		double x = m->x[i], y = m->y[i];
		for (int step = 0; step < STEPS && m->pin[i].shown; step++) {
			double far = 4 * sqrt(step);
			m->x[i] = x + far * cos(step * turn);
			m->y[i] = y + far * sin(step * turn);
			if (spots_is_free(m, i, m->x[i], m->y[i]))
				break;
		}
	}
}

/* Whether a label has room there. */
static bool spots_has_room(const struct spots_map *m, size_t numbered,
			   const struct spots_label *wanted)
{
	if (wanted->x - wanted->half < 2 || wanted->x + wanted->half > WIDTH - 2 ||
	    wanted->y < LABEL || wanted->y > HEIGHT - MARGIN)
		return false;
	for (size_t i = 0; i < numbered; i++)
		if (m->pin[i].shown && fabs(m->x[i] - wanted->x) < wanted->half + PIN &&
		    fabs(m->y[i] - wanted->y) < LABEL / 2.0 + PIN)
			return false;
	for (size_t i = 0; i < m->labels; i++)
		if (fabs(m->label[i].x - wanted->x) < wanted->half + m->label[i].half &&
		    fabs(m->label[i].y - wanted->y) < LABEL)
			return false;
	return true;
}

/* Write a name below or above a point, where there is room. */
static void spots_put_label(struct spots_map *m, size_t numbered, double x, double y,
			    struct str name, struct buf *out)
{
	static const int offsets[] = {20, -20, 30, -30};
	struct spots_label label = {.x = x, .half = (double)(utf8_count(name) * LETTER) / 2};
	for (size_t i = 0; i < COUNT_OF(offsets) && name.n && m->labels < LABELS; i++) {
		label.y = y + offsets[i];
		if (!spots_has_room(m, numbered, &label))
			continue;
		m->label[m->labels++] = label;
		LOOK_PUT(out, "<text x=\"#\" y=\"#\">", lrint(x), lrint(label.y + 4));
		buf_html(out, name);
		buf_puts(out, "</text>");
		return;
	}
}

/* The names of the towns of the pins, each once. */
static void spots_put_towns(struct spots_map *m, size_t numbered, struct buf *out)
{
	for (size_t i = 0; i < numbered; i++) {
		bool again = false;
		for (size_t k = 0; k < i && !again; k++)
			again = str_eq(m->pin[i].town, m->pin[k].town);
		if (m->pin[i].shown && !again)
			spots_put_label(m, numbered, m->x[i], m->y[i], m->pin[i].town, out);
	}
}

/* Lines from pins that were moved to where they are. */
static void spots_put_moved(const struct spots_map *m, size_t numbered, struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < numbered; i++) {
		double x = spots_x(m, &m->pin[i].at), y = spots_y(m, &m->pin[i].at);
		if (!m->pin[i].shown || spots_within(x - m->x[i], y - m->y[i], PIN))
			continue;
		LOOK_PUT(out, any ? "M# #L# #" : "<path class=\"bar-line\" d=\"M# #L# #", lrint(x),
			 lrint(y), lrint(m->x[i]), lrint(m->y[i]));
		any = true;
	}
	if (any)
		buf_puts(out, "\"/>");
}

static void spots_put_pin(const struct spots_map *m, size_t i, struct buf *out)
{
	const struct look_pin *pin = &m->pin[i];
	long x = lrint(m->x[i]), y = lrint(m->y[i]);
	buf_puts(out, "<a tabindex=\"-1\" href=\"");
	buf_html(out, pin->href);
	LOOK_PUT(out, "\"><circle cx=\"#\" cy=\"#\" r=\"#\"/><text x=\"#\" y=\"#\">#</text></a>", x,
		 y, PIN, x, y + 4, (long)pin->number);
}

bool look_spots(struct look_pin *pin, size_t count, const struct look_town *town,
		const struct wording *wording, struct buf *out)
{
	struct spots_map m = {.pin = pin, .count = count};
	const struct look_spot *centre = town && town->name.n ? &town->at : NULL;
	size_t numbered = count < LOOK_NUMBERS ? count : LOOK_NUMBERS;
	char bar[LOOK_DISTANCE];
	must(count <= LOOK_PINS);
	if (count < 2 || spots_drop_far(&m) < 2)
		return false;
	spots_fit(&m, centre);
	for (size_t i = 0; i < count; i++) {
		m.x[i] = spots_x(&m, &pin[i].at);
		m.y[i] = spots_y(&m, &pin[i].at);
	}
	spots_spread(&m, numbered);
	/* The list says the same. */
	LOOK_PUT(out, "<svg class=\"map spots\" aria-hidden=\"true\" viewBox=\"0 0 # #\">", WIDTH,
		 HEIGHT);
	for (size_t i = numbered; i < count; i++)
		if (pin[i].shown)
			LOOK_PUT(out, "<circle cx=\"#\" cy=\"#\" r=\"3\"/>", lrint(m.x[i]),
				 lrint(m.y[i]));
	if (centre) {
		double x = spots_x(&m, centre), y = spots_y(&m, centre);
		LOOK_PUT(out, "<circle cx=\"#\" cy=\"#\" r=\"4\"/>", lrint(x), lrint(y));
		spots_put_label(&m, numbered, x, y, town->name, out);
	} else {
		spots_put_towns(&m, numbered, out);
	}
	spots_put_moved(&m, numbered, out);
	for (size_t i = 0; i < numbered; i++)
		if (pin[i].shown)
			spots_put_pin(&m, i, out);
	long scale = look_scale(90 * m.metres);
	double length = (double)scale / m.metres;
	look_distance((double)scale, wording, bar);
	LOOK_PUT(out, "<path class=\"bar-line\" d=\"M14 #h#\"/><text x=\"#\" y=\"#\">", HEIGHT - 12,
		 lrint(length), lrint(14 + length / 2), HEIGHT - 18);
	buf_puts(out, bar);
	buf_puts(out, "</text></svg>");
	return !buf_failed(out);
}
