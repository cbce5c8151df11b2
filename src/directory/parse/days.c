/* Opening hours given day by day, as in sheets of Google Business Profile. */
#include "directory/parse/internal.h"
#include "base/ascii.h"
#include "base/date.h"

/* "9", "9:00", "09:00", "9 AM", "9:30pm" at the start of *s, as minutes of the day; -1: none. */
static int clock_time(struct str *s)
{
	int hour = 0, minute = 0;
	size_t i = 0;
	*s = str_trim(*s);
	while (i < s->n && i < 2 && ascii_is_digit(s->p[i]))
		hour = hour * 10 + (s->p[i++] - '0');
	if (i == 0)
		return -1;
	if (i + 2 < s->n && (s->p[i] == ':' || s->p[i] == '.')) {
		if (s->p[i + 1] < '0' || s->p[i + 1] > '5' || s->p[i + 2] < '0' ||
		    s->p[i + 2] > '9')
			return -1;
		minute = (s->p[i + 1] - '0') * 10 + (s->p[i + 2] - '0');
		i += 3;
	}
	*s = str_trim((struct str){s->p + i, s->n - i});
	char half = ascii_lower(s->n ? s->p[0] : '\0');
	if (s->n >= 2 && ascii_lower(s->p[1]) == 'm' && (half == 'a' || half == 'p')) {
		if (hour < 1 || hour > 12)
			return -1;
		hour = hour % 12 + (half == 'p' ? 12 : 0);
		*s = str_trim((struct str){s->p + 2, s->n - 2});
	}
	return hour > 24 || (hour == 24 && minute) ? -1 : hour * 60 + minute;
}

/* "9:00 AM-12:00 PM, 1:00 PM-5:00 PM" as OSM spans. */
static bool day_spans(struct str day, struct buf *out)
{
	bool any = false;
	if (str_eq_nocase(day, STR("24 hours")) || str_eq_nocase(day, STR("open 24 hours"))) {
		buf_puts(out, "00:00-24:00");
		return true;
	}
	while (day.p) {
		struct str span = str_cut(&day, ',');
		int from = clock_time(&span);
		if (str_starts(span, STR("\xe2\x80\x93"))) /* en dash */
			span = (struct str){span.p + 3, span.n - 3};
		else if (str_starts(span, STR("-")))
			span = (struct str){span.p + 1, span.n - 1};
		else
			return false;
		int to = clock_time(&span);
		if (from < 0 || to < 0 || span.n)
			return false;
		buf_printf(out, "%s%02d:%02d-%02d:%02d", any ? "," : "", from / 60, from % 60,
			   to / 60, to % 60);
		any = true;
	}
	return any;
}

bool hours_from_days(const struct str day[7], struct buf *out)
{
	for (int d = 0; d < 7; d++) {
		if (!day[d].n)
			continue;
		buf_printf(out, "%s%.2s ", out->n ? "; " : "", date_weekday_names[d]);
		if (str_eq_nocase(day[d], STR("x")) || str_eq_nocase(day[d], STR("closed")))
			buf_puts(out, "off");
		else if (!day_spans(day[d], out))
			return false;
	}
	return !buf_failed(out);
}
