/* The map that needs no tiles: where a place is, seen from the middle of a town. */
#include "site/look/look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/digits.h"
#include "site/look/internal.h"

enum { WIDTH = 320, HEIGHT = 190, MARGIN_X = 60, MARGIN_Y = 48, NEAR_M = 80, FAR_M = 40000 };

struct look_way {
	double east, north; /* metres from the centre to the place */
	double metres;
};

double look_cos(double degrees)
{
	return cos(degrees * (3.14159265358979323846 / 180));
}

static struct look_way look_way(const struct look_spot *from, const struct look_spot *to)
{
	struct look_way w;
	w.east = (to->lon - from->lon) * LOOK_METRES_PER_DEGREE * look_cos(to->lat);
	w.north = (to->lat - from->lat) * LOOK_METRES_PER_DEGREE;
	w.metres = hypot(w.east, w.north);
	return w;
}

double look_metres(const struct look_spot *from, const struct look_spot *to)
{
	return look_way(from, to).metres;
}

void look_distance(double metres, const struct wording *wording, char out[LOOK_DISTANCE])
{
	if (metres < 995) {
		memcpy(digits_put(out, (uint64_t)lround(metres / 50) * 50), " m", sizeof(" m"));
		return;
	}
	uint64_t tenths = (uint64_t)lround(metres / 100);
	bool whole = tenths >= 100 || tenths % 10 == 0;
	char *to = digits_put(out, whole ? (tenths + 5) / 10 : tenths / 10);
	if (!whole) {
		to = stpcpy(to, wording ? wording_language(wording)->decimal : ".");
		to = digits_put(to, tenths % 10);
	}
	memcpy(to, " km", sizeof(" km"));
}

void look_put_near(struct json_build *b, struct json_value *list, const struct look_near *near,
		   const struct wording *wording)
{
	struct json_value *v = json_build(b, list, NULL, JSON_IS_OBJECT);
	char distance[LOOK_DISTANCE];
	json_build_text(b, v, "href", near->href);
	json_build_text(b, v, "name", near->name);
	json_build_text(b, v, "item_kind", near->kind);
	if (near->metres < LOOK_HERE_M)
		return;
	look_distance(near->metres, wording, distance);
	JSON_BUILD_JOIN(b, v, "distance", str_of(distance));
}

static struct str look_way_text(const struct look_way *way, struct str place,
				const struct wording *wording, struct arena *arena)
{
	/* by eighths of the compass, from the north clockwise */
	static const enum word_id words[8] = {
	    WORD_AWAY_NORTH, WORD_AWAY_NORTHEAST, WORD_AWAY_EAST, WORD_AWAY_SOUTHEAST,
	    WORD_AWAY_SOUTH, WORD_AWAY_SOUTHWEST, WORD_AWAY_WEST, WORD_AWAY_NORTHWEST};
	char distance[LOOK_DISTANCE];
	if (way->metres < NEAR_M)
		return WORDING_FILL(wording, arena, WORD_AWAY_NOT, place);
	look_distance(way->metres, wording, distance);
	long eighth = lround(atan2(way->east, way->north) / (3.14159265358979323846 / 4));
	return WORDING_FILL(wording, arena, words[(eighth + 8) % 8], str_of(distance), place);
}

void look_put(struct buf *out, const char *form, const long *number, size_t numbers)
{
	char digits[DIGITS_MAX];
	for (size_t i = 0; i < numbers; i++) {
		const char *mark = strchr(form, '#');
		must(mark);
		buf_add(out, form, (size_t)(mark - form));
		if (number[i] < 0)
			buf_putc(out, '-');
		buf_str(out, digits_of((uint64_t)labs(number[i]), digits));
		form = mark + 1;
	}
	buf_puts(out, form);
}

long look_scale(double most)
{
	static const long scales[] = {200000, 100000, 50000, 20000, 10000, 5000,
				      2000,   1000,   500,   200,   100,   50};
	for (size_t i = 0; i < COUNT_OF(scales); i++)
		if ((double)scales[i] <= most)
			return scales[i];
	return scales[COUNT_OF(scales) - 1];
}

bool look_locator(const struct look_spot *centre, struct str name, const struct look_spot *place,
		  const struct wording *wording, struct arena *arena, struct buf *out)
{
	struct look_way way = look_way(centre, place);
	if (way.metres > FAR_M)
		return false;
	struct str text = look_way_text(&way, name, wording, arena);
	if (!text.p)
		return false;
	/* Both ends are inside the margins, and the scale is never finer than 2 m a unit. */
	double metres = fmax(2, fmax(fabs(way.east) / (WIDTH - 2 * MARGIN_X),
				     fabs(way.north) / (HEIGHT - 2 * MARGIN_Y)));
	long scale = look_scale(90 * metres);
	double east = way.east / metres / 2, north = way.north / metres / 2, x = WIDTH / 2.0,
	       y = HEIGHT / 2.0 + 12, ring = (double)scale / metres;
	char bar[LOOK_DISTANCE];
	look_distance((double)scale, wording, bar);
	double farthest = hypot(WIDTH / 2.0 + fabs(east), HEIGHT / 2.0 + fabs(north) + 12);
	/* The middle of the town is the origin: most numbers are left out or short then. */
	long left = lrint(x - east), top = lrint(y + north), to_x = lrint(x + east) - left,
	     to_y = lrint(y - north) - top;
	/* The words below say the same. */
	LOOK_PUT(out,
		 "<svg class=\"map\" aria-hidden=\"true\" viewBox=\"# # # #\"><g class=\"ring\">",
		 -left, -top, WIDTH, HEIGHT);
	for (int i = 1; i <= 3 && ring * i < farthest; i++)
		LOOK_PUT(out, "<circle r=\"#\"/>", lrint(ring * i));
	LOOK_PUT(out, "</g><path class=\"way\" d=\"M0 0L# #\"/><circle r=\"4\"/><text y=\"#\">",
		 to_x, to_y, north >= 0 ? 18 : -10);
	buf_html(out, name);
	LOOK_PUT(out,
		 "</text><path class=\"pin\" "
		 "d=\"M# #c-9-14-16-20-16-30a16 16 0 0132 0c0 10-7 16-16 30z\"/>"
		 "<path class=\"bar-line\" d=\"M# #h#\"/><text x=\"#\" y=\"#\">",
		 to_x, to_y, 14 - left, 176 - top, lrint(ring), lrint(14 + ring / 2) - left,
		 168 - top);
	buf_puts(out, bar);
	buf_puts(out, "</text></svg><p class=\"fine\">");
	buf_html(out, text);
	buf_puts(out, "</p>");
	return !buf_failed(out);
}
