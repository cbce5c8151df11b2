#include "directory/search/internal.h"
#include "base/ascii.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/date.h"
#include "base/utf8.h"

void search_query_init(struct search_query *q)
{
	*q = (struct search_query){.limit = SEARCH_LIMIT_DEFAULT,
				   .radius_m = SEARCH_RADIUS_DEFAULT_M};
}

static enum status set_q(struct search_query *q, struct str value, struct err *err)
{
	if (value.n > SEARCH_TEXT_MAX || !utf8_is_valid(value))
		return err_set(err, INVALID, "q is UTF-8 text of at most %d bytes",
			       SEARCH_TEXT_MAX);
	q->q = value;
	return OK;
}

/* Keys of categories and places: letters (of any script), digits, '-', '_'. */
static enum status set_key(struct str *out, const char *name, struct str value, struct err *err)
{
	if (value.n > 250 || !utf8_is_valid(value))
		return err_set(err, INVALID, "%s is a key of at most 250 bytes of UTF-8", name);
	*out = value;
	return OK;
}

static enum status set_category(struct search_query *q, struct str value, struct err *err)
{
	return set_key(&q->category, "category", value, err);
}

static enum status set_region(struct search_query *q, struct str value, struct err *err)
{
	return set_key(&q->region, "region", value, err);
}

static enum status set_city(struct search_query *q, struct str value, struct err *err)
{
	return set_key(&q->city, "city", value, err);
}

static bool digits(struct str *s, size_t n, int64_t min, int64_t max, int64_t *out)
{
	if (s->n < n || s->p[0] < '0' || s->p[0] > '9' ||
	    !str_to_i64((struct str){s->p, n}, min, max, out))
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

static bool one_of(struct str *s, const char *allowed)
{
	if (s->n == 0 || !s->p[0] || !strchr(allowed, s->p[0]))
		return false;
	s->p++;
	s->n--;
	return true;
}

/* RFC 3339, years 1970 to 2100, seconds may be missing as in a form's datetime with a zone. */
static bool instant(struct str s, int64_t *out)
{
	int64_t year, month, day, hour, minute, second = 0, off_hour = 0, off_minute = 0;
	if (!digits(&s, 4, 1970, 2100, &year) || !one_of(&s, "-") ||
	    !digits(&s, 2, 1, 12, &month) || !one_of(&s, "-") || !digits(&s, 2, 1, 31, &day) ||
	    !one_of(&s, "Tt ") || !digits(&s, 2, 0, 23, &hour) || !one_of(&s, ":") ||
	    !digits(&s, 2, 0, 59, &minute))
		return false;
	if (one_of(&s, ":") && !digits(&s, 2, 0, 60, &second))
		return false;
	if (one_of(&s, ".")) {
		int64_t fraction;
		if (!digits(&s, 1, 0, 9, &fraction))
			return false;
		while (digits(&s, 1, 0, 9, &fraction))
			;
	}
	int64_t sign = s.n && s.p[0] == '-' ? -1 : 1;
	if (!one_of(&s, "Zz")) {
		/* A '+' that was not percent-encoded arrives as a space. */
		if (!one_of(&s, "+- ") || !digits(&s, 2, 0, 23, &off_hour) || !one_of(&s, ":") ||
		    !digits(&s, 2, 0, 59, &off_minute))
			return false;
	}
	if (s.n || !date_exists(year, (int)month, (int)day))
		return false;
	*out = date_days(year, (int)month, (int)day) * 86400 + hour * 3600 + minute * 60 + second -
	       sign * (off_hour * 3600 + off_minute * 60);
	return true;
}

static enum status set_open_at(struct search_query *q, struct str value, struct err *err)
{
	q->open = true;
	q->open_now = str_eq(value, STR("now"));
	if (!q->open_now && !instant(value, &q->open_at_s))
		return err_set(err, INVALID,
			       "open_at is \"now\" or an instant like 2026-01-31T18:30:00+01:00");
	return OK;
}

static enum status set_near(struct search_query *q, struct str value, struct err *err)
{
	struct str rest = value;
	struct str lat = str_trim(str_cut(&rest, ','));
	if (!rest.p || !str_to_double(lat, &q->lat) || !str_to_double(str_trim(rest), &q->lon) ||
	    q->lat < -90 || q->lat > 90 || q->lon < -180 || q->lon > 180)
		return err_set(err, INVALID,
			       "near is latitude,longitude in degrees, like 46.948,7.447");
	/* As links and cursors write it, so that every page measures from the same spot. */
	q->lat = round(q->lat * 1e7) / 1e7;
	q->lon = round(q->lon * 1e7) / 1e7;
	q->near = true;
	return OK;
}

static enum status set_radius(struct search_query *q, struct str value, struct err *err)
{
	int64_t metres;
	if (!str_to_i64(value, 1, SEARCH_RADIUS_MAX_M, &metres))
		return err_set(err, INVALID, "radius is a number of metres from 1 to %d",
			       SEARCH_RADIUS_MAX_M);
	q->radius_m = (int)metres;
	return OK;
}

static enum status set_sort(struct search_query *q, struct str value, struct err *err)
{
	for (int sort = 0; sort < SEARCH_SORTS; sort++) {
		if (!str_eq(value, str_of(plan_sort_names[sort])))
			continue;
		q->sort = (enum search_sort)sort;
		q->sort_given = true;
		return OK;
	}
	return err_set(err, INVALID, "sort is quality, name, distance or recent");
}

static enum status set_cursor(struct search_query *q, struct str value, struct err *err)
{
	(void)err;
	q->cursor = value; /* read when the page is asked for */
	return OK;
}

static enum status set_limit(struct search_query *q, struct str value, struct err *err)
{
	int64_t limit;
	if (!str_to_i64(value, 1, SEARCH_LIMIT_MAX, &limit))
		return err_set(err, INVALID, "limit is a number from 1 to %d", SEARCH_LIMIT_MAX);
	q->limit = (int)limit;
	return OK;
}

static const struct {
	const char *name;
	enum status (*set)(struct search_query *q, struct str value, struct err *err);
} parameters[] = {
    {"q", set_q},           {"category", set_category}, {"region", set_region},
    {"city", set_city},     {"open_at", set_open_at},   {"near", set_near},
    {"radius", set_radius}, {"sort", set_sort},         {"cursor", set_cursor},
    {"limit", set_limit},
};

enum status search_query_set(struct search_query *q, struct str name, struct str value,
			     struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(parameters); i++)
		if (str_eq(name, str_of(parameters[i].name)))
			return value.n ? parameters[i].set(q, value, err) : OK;
	return err_set(err, NOT_FOUND, "there is no parameter of that name");
}

static void put(struct buf *out, size_t start, const char *name, struct str value)
{
	buf_printf(out, "%s%s=", out->n > start ? "&" : "", name);
	percent_put(out, value, ",:");
}

void search_query_write(struct buf *out, const struct search_query *q, bool with_cursor)
{
	size_t start = out->n;
	char text[64];
	const struct {
		const char *name;
		struct str value;
	} texts[] = {
	    {"q", q->q}, {"category", q->category}, {"region", q->region}, {"city", q->city}};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i].value.n)
			put(out, start, texts[i].name, texts[i].value);
	if (q->open && q->open_now)
		put(out, start, "open_at", STR("now"));
	if (q->open && !q->open_now) {
		clock_format(q->open_at_s * 1000000, text);
		put(out, start, "open_at", str_of(text));
	}
	if (q->near) {
		snprintf(text, sizeof(text), "%.7f,%.7f", q->lat, q->lon);
		put(out, start, "near", str_of(text));
		if (q->radius_m != SEARCH_RADIUS_DEFAULT_M) {
			snprintf(text, sizeof(text), "%d", q->radius_m);
			put(out, start, "radius", str_of(text));
		}
	}
	if (q->sort_given)
		put(out, start, "sort", str_of(plan_sort_names[q->sort]));
	if (q->limit != SEARCH_LIMIT_DEFAULT) {
		snprintf(text, sizeof(text), "%d", q->limit);
		put(out, start, "limit", str_of(text));
	}
	if (with_cursor && q->cursor.n)
		put(out, start, "cursor", q->cursor);
}
