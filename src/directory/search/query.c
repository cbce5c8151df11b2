#include "directory/search/internal.h"
#include "base/percent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/date.h"
#include "base/utf8.h"
#include "directory/taxonomy/taxonomy.h"

void search_query_init(struct search_query *q)
{
	*q = (struct search_query){.limit = SEARCH_LIMIT_DEFAULT};
}

/* ---- reading ---- */

/* The member of a query that holds the filter's value. */
static void *field_of(struct search_query *q, const struct search_filter *filter)
{
	return (char *)q + filter->field;
}

static enum status set_text(struct search_query *q, const struct search_filter *filter,
			    struct str value, struct err *err)
{
	if (value.n > (size_t)filter->max || !utf8_is_valid(value))
		return err_set(err, INVALID, "%s is UTF-8 text of at most %lld bytes", filter->name,
			       (long long)filter->max);
	*(struct str *)field_of(q, filter) = value;
	return OK;
}

static enum status set_choice(struct search_query *q, const struct search_filter *filter,
			      struct str value, struct err *err)
{
	struct buf names;
	for (size_t i = 0; filter->choices[i]; i++) {
		if (!str_eq(value, str_of(filter->choices[i])))
			continue;
		*(const char **)field_of(q, filter) = filter->choices[i];
		return OK;
	}
	buf_init(&names, sizeof(err->text));
	for (size_t i = 0; filter->choices[i]; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", filter->choices[i]);
	enum status status = err_set(err, INVALID, "%s is one of: %s", filter->name, buf_z(&names));
	buf_release(&names);
	return status;
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

static enum status set_language(struct search_query *q, const struct search_filter *filter,
				struct str value, struct err *err)
{
	struct search_filter languages = *filter;
	languages.choices = taxonomy_languages;
	return set_choice(q, &languages, value, err);
}

static enum status set_flag(struct search_query *q, const struct search_filter *filter,
			    struct str value, struct err *err)
{
	bool *flag = field_of(q, filter);
	*flag = str_eq(value, STR("true"));
	if (!*flag && !str_eq(value, STR("false")))
		return err_set(err, INVALID, "%s is true or false", filter->name);
	return OK;
}

static enum status set_instant(struct search_query *q, const struct search_filter *filter,
			       struct str value, struct err *err)
{
	(void)filter;
	q->open = true;
	q->open_now = str_eq(value, STR("now"));
	if (!q->open_now && !instant(value, &q->open_at_s))
		return err_set(err, INVALID,
			       "open_at is \"now\" or an instant like 2026-01-31T18:30:00+01:00");
	return OK;
}

static enum status set_point(struct search_query *q, const struct search_filter *filter,
			     struct str value, struct err *err)
{
	(void)filter;
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

static enum status set_box(struct search_query *q, const struct search_filter *filter,
			   struct str value, struct err *err)
{
	double *const sides[] = {&q->west, &q->south, &q->east, &q->north};
	struct str rest = value;
	bool good = true;
	(void)filter;
	for (size_t i = 0; i < COUNT_OF(sides); i++) {
		double most = i % 2 ? 90 : 180;
		good = good && rest.p && str_to_double(str_trim(str_cut(&rest, ',')), sides[i]) &&
		       *sides[i] >= -most && *sides[i] <= most;
	}
	if (!good || rest.p || q->south > q->north)
		return err_set(err, INVALID,
			       "bbox is west,south,east,north in degrees, like 7.4,46.9,7.5,47.0");
	for (size_t i = 0; i < COUNT_OF(sides); i++)
		*sides[i] = round(*sides[i] * 1e7) / 1e7;
	q->box = true;
	return OK;
}

static enum status set_number(struct search_query *q, const struct search_filter *filter,
			      struct str value, struct err *err)
{
	int64_t number;
	if (!str_to_i64(value, 1, filter->max, &number))
		return err_set(err, INVALID, "%s is a whole number from 1 to %lld", filter->name,
			       (long long)filter->max);
	*(int *)field_of(q, filter) = (int)number;
	return OK;
}

static enum status set_order(struct search_query *q, const struct search_filter *filter,
			     struct str value, struct err *err)
{
	(void)filter;
	for (int sort = 0; sort < SEARCH_SORTS; sort++) {
		if (!str_eq(value, str_of(plan_sort_names[sort])))
			continue;
		q->sort = (enum search_sort)sort;
		q->sort_given = true;
		return OK;
	}
	return err_set(err, INVALID, "sort is quality, name, distance, recent or id");
}

static enum status set_cursor(struct search_query *q, const struct search_filter *filter,
			      struct str value, struct err *err)
{
	(void)filter, (void)err;
	q->cursor = value; /* read when the page is asked for */
	return OK;
}

/* ---- writing: the value as links have it; nothing when it is not given or the default ---- */

static void write_text(struct buf *out, const struct search_query *q,
		       const struct search_filter *filter)
{
	buf_str(out, *(const struct str *)field_of((struct search_query *)q, filter));
}

static void write_choice(struct buf *out, const struct search_query *q,
			 const struct search_filter *filter)
{
	const char *choice = *(const char **)field_of((struct search_query *)q, filter);
	if (choice)
		buf_puts(out, choice);
}

static void write_flag(struct buf *out, const struct search_query *q,
		       const struct search_filter *filter)
{
	if (*(const bool *)field_of((struct search_query *)q, filter))
		buf_puts(out, "true");
}

static void write_instant(struct buf *out, const struct search_query *q,
			  const struct search_filter *filter)
{
	char text[CLOCK_TEXT];
	(void)filter;
	if (!q->open)
		return;
	clock_format(q->open_at_s * 1000000, text);
	buf_puts(out, q->open_now ? "now" : text);
}

static void write_point(struct buf *out, const struct search_query *q,
			const struct search_filter *filter)
{
	(void)filter;
	if (q->near)
		buf_printf(out, "%.7f,%.7f", q->lat, q->lon);
}

static void write_box(struct buf *out, const struct search_query *q,
		      const struct search_filter *filter)
{
	(void)filter;
	if (q->box)
		buf_printf(out, "%.7f,%.7f,%.7f,%.7f", q->west, q->south, q->east, q->north);
}

static void write_metres(struct buf *out, const struct search_query *q,
			 const struct search_filter *filter)
{
	(void)filter;
	if (q->near && area_radius_m(q) != SEARCH_RADIUS_DEFAULT_M)
		buf_printf(out, "%d", q->radius_m);
}

static void write_order(struct buf *out, const struct search_query *q,
			const struct search_filter *filter)
{
	(void)filter;
	if (q->sort_given)
		buf_puts(out, plan_sort_names[q->sort]);
}

static void write_count(struct buf *out, const struct search_query *q,
			const struct search_filter *filter)
{
	(void)filter;
	if (q->limit != SEARCH_LIMIT_DEFAULT)
		buf_printf(out, "%d", q->limit);
}

/* ---- the table ---- */

static const struct {
	enum status (*set)(struct search_query *q, const struct search_filter *filter,
			   struct str value, struct err *err);
	void (*write)(struct buf *out, const struct search_query *q,
		      const struct search_filter *filter);
} kinds[] = {
    [SEARCH_KIND_TEXT] = {set_text, write_text},
    [SEARCH_KIND_KEY] = {set_text, write_text},
    [SEARCH_KIND_CHOICE] = {set_choice, write_choice},
    [SEARCH_KIND_LANGUAGE] = {set_language, write_choice},
    [SEARCH_KIND_FLAG] = {set_flag, write_flag},
    [SEARCH_KIND_INSTANT] = {set_instant, write_instant},
    [SEARCH_KIND_POINT] = {set_point, write_point},
    [SEARCH_KIND_BOX] = {set_box, write_box},
    [SEARCH_KIND_METRES] = {set_number, write_metres},
    [SEARCH_KIND_ORDER] = {set_order, write_order},
    [SEARCH_KIND_COUNT] = {set_number, write_count},
    [SEARCH_KIND_CURSOR] = {set_cursor, write_text},
};

const struct search_filter search_filters[SEARCH_FILTERS] = {
#define FILTER(id, name, kind, field, max, kept, label, example, summary)                          \
	[SEARCH_BY_##id] = {                                                                       \
	    name, label,   kept,   SEARCH_KIND_##kind, offsetof(struct search_query, field), max,  \
	    NULL, example, summary},
#define CHOICE_FILTER(id, name, label, summary, ...)                                               \
	[SEARCH_BY_##id] = {name,                                                                  \
			    label,                                                                 \
			    true,                                                                  \
			    SEARCH_KIND_CHOICE,                                                    \
			    offsetof(struct search_query, choice[SEARCH_CHOICE_##id]),             \
			    0,                                                                     \
			    (const char *const[]){__VA_ARGS__, NULL},                              \
			    NULL,                                                                  \
			    summary},
#include "directory/search/filters.def"
#undef FILTER
#undef CHOICE_FILTER
};

enum status search_query_set(struct search_query *q, struct str name, struct str value,
			     struct err *err)
{
	for (size_t i = 0; i < SEARCH_FILTERS; i++) {
		const struct search_filter *filter = &search_filters[i];
		if (str_eq(name, str_of(filter->name)))
			return value.n ? kinds[filter->kind].set(q, filter, value, err) : OK;
	}
	return err_set(err, NOT_FOUND, "there is no parameter of that name");
}

void search_query_clear(struct search_query *q, enum search_filter_id id)
{
	const struct search_filter *filter = &search_filters[id];
	switch (filter->kind) {
	case SEARCH_KIND_TEXT:
	case SEARCH_KIND_KEY:
		*(struct str *)field_of(q, filter) = (struct str){"", 0};
		break;
	case SEARCH_KIND_CHOICE:
		*(const char **)field_of(q, filter) = NULL;
		break;
	case SEARCH_KIND_INSTANT:
		q->open = q->open_now = false;
		break;
	case SEARCH_KIND_POINT:
		q->near = false;
		q->radius_m = 0;
		break;
	case SEARCH_KIND_BOX:
		q->box = false;
		break;
	default:
		must(false); /* the others choose nothing */
	}
}

void search_query_value(struct buf *out, const struct search_query *q, enum search_filter_id id)
{
	kinds[search_filters[id].kind].write(out, q, &search_filters[id]);
}

void search_query_write(struct buf *out, const struct search_query *q, bool with_cursor)
{
	size_t start = out->n;
	struct buf value;
	buf_init(&value, 4096);
	for (size_t i = 0; i < SEARCH_FILTERS; i++) {
		const struct search_filter *filter = &search_filters[i];
		if (filter->kind == SEARCH_KIND_CURSOR && !with_cursor)
			continue;
		buf_reset(&value);
		search_query_value(&value, q, (enum search_filter_id)i);
		if (!value.n)
			continue;
		buf_printf(out, "%s%s=", out->n > start ? "&" : "", filter->name);
		percent_put(out, buf_view(&value), ",:");
	}
	buf_release(&value);
}

void search_query_facets(struct buf *out, const struct search_query *q)
{
	struct buf value;
	buf_init(&value, 4096);
	for (size_t i = 0; i < SEARCH_FILTERS; i++) {
		const struct search_filter *filter = &search_filters[i];
		if (filter->kind != SEARCH_KIND_CHOICE)
			continue;
		buf_reset(&value);
		search_query_value(&value, q, (enum search_filter_id)i);
		if (value.n)
			buf_printf(out, "%s@%s=%s", out->n ? "," : "", filter->name, buf_z(&value));
	}
	buf_release(&value);
}
