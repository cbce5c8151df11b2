/* Opening hours in JSON: schema.org's specifications, and objects and lists of many makes. */
#include "base/date.h"
#include "directory/parse/hours.h"

#include <stdio.h>
#include <string.h>

/* The first of several names under which a value may stand. */
static const struct json_value *named_value(const struct json_value *v, const char *const *names)
{
	const struct json_value *found = NULL;
	for (; *names && !found; names++)
		found = json_get(v, *names);
	return found;
}

static const char *const day_names[] = {"dayOfWeek", "day", "weekday", "day_of_week", "days", NULL};
static const char *const open_names[] = {"opens", "open", "from", "start", "opening", NULL};
static const char *const close_names[] = {"closes", "close", "to", "end", "closing", NULL};

/* {"day": "Monday", "hours": "9-17"} */
static const char *const text_names[] = {"hours", "times", "time", "value", "text", NULL};

static bool is_absent(const struct json_value *v)
{
	return !v || v->kind == JSON_IS_NULL;
}

/* A specification as people read it, for what is kept as text. */
static void specification_text(struct parse_hours_draft *h, const struct json_value *v)
{
	char text[256];
	struct buf out;
	const struct json_value *days = named_value(v, day_names);
	const struct json_value *list = days && days->kind == JSON_IS_ARRAY ? days->first : days;
	buf_init(&out, sizeof(text));
	for (; list; list = list == days ? NULL : list->next) {
		struct str day = json_text(list);
		while (day.n && memchr(day.p, '/', day.n))
			str_cut(&day, '/');
		if (day.n && memchr(day.p, '#', day.n)) /* GoodRelations */
			str_cut(&day, '#');
		buf_printf(&out, "%s%.*s", out.n ? "," : "", STR_ARG(day));
	}
	static const char *const dates[] = {"validFrom", "validThrough"};
	for (size_t i = 0; i < 2; i++) {
		struct str date = json_text(json_get(v, dates[i]));
		if (date.n)
			buf_printf(&out, "%s%.*s",
				   i       ? (out.n ? "-" : "-")
				   : out.n ? " "
					   : "",
				   STR_ARG(date));
	}
	const struct json_value *opens = named_value(v, open_names);
	const struct json_value *closes = named_value(v, close_names);
	bool lists =
	    opens && closes && opens->kind == JSON_IS_ARRAY && closes->kind == JSON_IS_ARRAY;
	opens = lists ? opens->first : opens;
	closes = lists ? closes->first : closes;
	if (is_absent(opens) && is_absent(closes))
		buf_printf(&out, "%sclosed", out.n ? " " : "");
	for (bool first = true; !is_absent(opens) || !is_absent(closes); first = false) {
		buf_printf(&out, "%s%.*s-%.*s",
			   !first  ? ","
			   : out.n ? " "
				   : "",
			   STR_ARG(json_text(opens)), STR_ARG(json_text(closes)));
		opens = lists && opens ? opens->next : NULL;
		closes = lists && closes ? closes->next : NULL;
	}
	parse_hours_written(h, buf_view(&out));
	buf_release(&out);
}

static struct str day_name(const struct json_value *e)
{
	struct str text = json_text(e);
	if (!text.n && e->kind == JSON_IS_OBJECT) {
		text = json_text(json_get(e, "name"));
		text = text.n ? text : json_text(json_get(e, "@id"));
	}
	return text;
}

/* All names of a list together: "Di" alone is a day of two languages, "Mo, Di, Mi" of one. 0: not
 * understood. */
static unsigned specification_days_together(const struct json_value *list)
{
	struct buf out;
	buf_init(&out, 500);
	for (const struct json_value *e = list->first; e; e = e->next) {
		struct str text = day_name(e);
		for (const char *mark = "/:"; *mark; mark++) /* of a vocabulary */
			while (text.n && memchr(text.p, *mark, text.n))
				str_cut(&text, *mark);
		if (e->kind == JSON_IS_NUMBER || !text.n)
			buf_putc(&out, '?');
		buf_printf(&out, "%s%.*s", out.n ? ", " : "", STR_ARG(text));
	}
	unsigned days = buf_failed(&out) ? 0 : parse_hours_days(buf_view(&out));
	buf_release(&out);
	return days;
}

static unsigned specification_days(struct parse_hours_draft *h, const struct json_value *v)
{
	const struct json_value *days = named_value(v, day_names);
	const struct json_value *e = days && days->kind == JSON_IS_ARRAY ? days->first : days;
	unsigned all = e && e != days ? specification_days_together(days) : 0;
	if (all)
		return all;
	for (; e; e = e == days ? NULL : e->next) {
		struct str text = day_name(e);
		unsigned one = e->kind == JSON_IS_NUMBER ? 0 : parse_hours_days(text);
		if (!one)
			parse_hours_unclear(h, "the name of a day is not known");
		all |= one;
	}
	return all;
}

/* "Z", "+01:00", "-0500" behind a time. */
static bool offset_take(struct parse_hours_draft *h, struct str s)
{
	int minutes = 0;
	if (!str_eq(s, STR("Z"))) {
		char digits[5] = "";
		size_t n = 0;
		if (s.n < 3 || (s.p[0] != '+' && s.p[0] != '-'))
			return false;
		for (size_t i = 1; i < s.n; i++) {
			if (s.p[i] == ':' && i == 3)
				continue;
			if (s.p[i] < '0' || s.p[i] > '9' || n == 4)
				return false;
			digits[n++] = s.p[i];
		}
		if (n != 2 && n != 4)
			return false;
		minutes = ((digits[0] - '0') * 10 + digits[1] - '0') * 60;
		minutes += n == 4 ? (digits[2] - '0') * 10 + digits[3] - '0' : 0;
		minutes = s.p[0] == '-' ? -minutes : minutes;
	}
	if (h->has_offset && h->offset_minutes != minutes)
		parse_hours_unclear(h, "the times have different offsets");
	h->has_offset = true;
	h->offset_minutes = minutes;
	return true;
}

static bool specification_clock(struct parse_hours_draft *h, const struct json_value *v,
				struct parse_hours_clock *out)
{
	struct str s = str_trim(json_text(v));
	if (s.n > 11 && s.p[4] == '-' && s.p[7] == '-' && s.p[10] == 'T')
		str_skip(&s, 11); /* of whatever day */
	if (!s.n || !parse_hours_clock_take(&s, out))
		return false;
	s = str_trim(s);
	return s.n == 0 || offset_take(h, s);
}

/* "2026-12-25", "2026-12-25T00:00:00+01:00" as 20261225; 0: none, -1: not understood. */
static int specification_date(const struct json_value *v)
{
	struct str s = str_trim(json_text(v));
	int64_t year, month, day;
	if (!s.n)
		return 0;
	if (s.n < 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    (s.n > 10 && s.p[10] != 'T' && s.p[10] != ' ') ||
	    !str_to_i64((struct str){s.p, 4}, 1000, 9999, &year) ||
	    !str_to_i64((struct str){s.p + 5, 2}, 1, 12, &month) ||
	    !str_to_i64((struct str){s.p + 8, 2}, 1, 31, &day))
		return -1;
	return (int)(year * 10000 + month * 100 + day);
}

/* Where the times of a specification go: the week, or its dates. NULL: they are
 * over, or not understood. */
static struct parse_hours_table *specification_table(struct parse_hours_draft *h,
						     const struct json_value *v, bool *dated)
{
	int from = specification_date(json_get(v, "validFrom"));
	int to = specification_date(json_get(v, "validThrough"));
	*dated = from != 0 || to != 0;
	if (from < 0 || to < 0 || (to && from > to)) {
		parse_hours_unclear(h, "the dates of opening hours are not understood");
		return NULL;
	}
	if (to && to < h->today)
		return NULL;
	if (!to && from <= h->today) {
		*dated = false; /* since then, and for good */
		return &h->week;
	}
	if (!to) {
		parse_hours_unclear(h, "the opening hours begin in the future and do not end");
		return NULL;
	}
	struct parse_hours_table *t = parse_hours_dates(h, from ? from : 20000101, to);
	if (!t)
		parse_hours_unclear(h, "the opening hours have too many seasons");
	return t;
}

/* The end before the begin is past midnight; "12:00 AM" to "12:00 AM" may be all day or closed. */
static void specification_open(struct parse_hours_draft *h, struct parse_hours_table *table,
			       unsigned days, const struct parse_hours_clock *from,
			       const struct parse_hours_clock *to)
{
	int end = to->minutes < from->minutes ? to->minutes + 24 * 60 : to->minutes;
	const char *why = from->twelve && to->twelve && from->minutes == to->minutes
			      ? "a time has no length"
			      : parse_hours_open(table, days, from->minutes, end);
	if (why)
		parse_hours_unclear(h, why);
}

/* schema.org: "the place is open if the opens property is specified, and closed otherwise". */
static bool specification_is_closed(const struct json_value *v)
{
	bool schema =
	    json_get(v, "dayOfWeek") || json_get(v, "validFrom") || json_get(v, "validThrough");
	return schema && is_absent(named_value(v, open_names)) &&
	       is_absent(named_value(v, close_names));
}

/* "opens": ["09:00", "13:00"], "closes": ["12:00", "17:00"] */
static void specification_spans(struct parse_hours_draft *h, struct parse_hours_table *table,
				unsigned days, const struct json_value *opens,
				const struct json_value *closes)
{
	struct parse_hours_clock from, to;
	for (; opens && closes; opens = opens->next, closes = closes->next) {
		if (specification_clock(h, opens, &from) && specification_clock(h, closes, &to))
			specification_open(h, table, days, &from, &to);
		else
			parse_hours_unclear(h, "a time is not understood");
	}
}

void parse_hours_specification(struct parse_hours_draft *h, const struct json_value *v)
{
	struct parse_hours_clock from, to;
	bool dated;
	if (v->kind != JSON_IS_OBJECT) {
		parse_hours_text(h, json_text(v));
		return;
	}
	struct parse_hours_table *table = specification_table(h, v, &dated);
	if (!table && !h->unclear) {
		h->past++;
		return;
	}
	const struct json_value *opens = named_value(v, open_names);
	const struct json_value *closes = named_value(v, close_names);
	unsigned days = specification_days(h, v);
	if (!opens && !closes && named_value(v, text_names)) {
		parse_hours_of_days(h, days, json_text(named_value(v, day_names)),
				    json_text(named_value(v, text_names)));
		return;
	}
	specification_text(h, v);
	if (dated && !named_value(v, day_names))
		days = 0x7f;
	if (!days)
		parse_hours_unclear(h, "no day is named");
	if (!table || h->unclear)
		return;
	if (parse_hours_says_closed(json_text(opens)) ||
	    parse_hours_says_closed(json_text(closes)) || specification_is_closed(v)) {
		parse_hours_close(table, days);
		return;
	}
	if (opens && closes && opens->kind == JSON_IS_ARRAY && closes->kind == JSON_IS_ARRAY &&
	    opens->count == closes->count) {
		specification_spans(h, table, days, opens->first, closes->first);
		return;
	}
	if (!specification_clock(h, opens, &from) || !specification_clock(h, closes, &to)) {
		parse_hours_unclear(h, "a time is not understood");
		return;
	}
	specification_open(h, table, days, &from, &to);
}

/* The value of a day in {"Monday": ...}: a text, {"open": ..., "close":
 * ...}, or a list of these. */
static void day_value(struct parse_hours_draft *h, int day, const struct json_value *v)
{
	static const char *const lists[] = {"openIntervals", "intervals", "periods", NULL};
	static const char *const flags[] = {"isClosed", "is_closed", "closed", NULL};
	const struct json_value *flag = named_value(v, flags);
	if (v->kind == JSON_IS_ARRAY) {
		for (const struct json_value *e = v->first; e; e = e->next)
			day_value(h, day, e);
	} else if (flag && flag->kind == JSON_IS_BOOL && flag->boolean) {
		parse_hours_day(h, day, STR("closed"));
	} else if (named_value(v, lists)) {
		day_value(h, day, named_value(v, lists));
	} else if (v->kind == JSON_IS_OBJECT) {
		struct parse_hours_clock from, to;
		char text[80];
		struct str opens = json_text(named_value(v, open_names));
		struct str closes = json_text(named_value(v, close_names));
		int n = snprintf(text, sizeof(text), "%s: %.*s-%.*s", date_weekday_names[day],
				 STR_ARG(opens), STR_ARG(closes));
		parse_hours_written(
		    h, (struct str){text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1});
		if (!specification_clock(h, named_value(v, open_names), &from) ||
		    !specification_clock(h, named_value(v, close_names), &to)) {
			parse_hours_unclear(h, "a time is not understood");
			return;
		}
		specification_open(h, &h->week, 1u << day, &from, &to);
	} else if (v->kind != JSON_IS_NULL) {
		parse_hours_day(h, day, json_text(v));
	}
}

/* "mon_1_open": "09:00", "mon_1_close": "12:00" as pages of Facebook have them: true when the
 * object is of this make. */
static bool day_pairs(struct parse_hours_draft *h, const struct json_value *v)
{
	for (const struct json_value *m = v->first; m; m = m->next) {
		char name[40], text[80];
		struct str day = m->key, stem = m->key;
		day = str_cut(&day, '_');
		if (!str_ends(stem, STR("_open")) || stem.n + 2 > sizeof(name) || day.n == stem.n)
			continue;
		snprintf(name, sizeof(name), "%.*sclose", (int)(stem.n - 4), stem.p);
		const struct json_value *closes = json_get(v, name);
		unsigned days = parse_hours_days(day);
		if (!days || (days & (days - 1)) || !closes)
			return false;
		int n = snprintf(text, sizeof(text), "%.*s-%.*s", STR_ARG(json_text(m)),
				 STR_ARG(json_text(closes)));
		parse_hours_day(h, __builtin_ctz(days),
				(struct str){text, (size_t)n < sizeof(text) ? (size_t)n : 0});
	}
	for (const struct json_value *m = v->first; m; m = m->next)
		if (!str_ends(m->key, STR("_open")) && !str_ends(m->key, STR("_close")))
			return false;
	return v->first != NULL;
}

/* {"day": 1, "time": "0900"} or {"day": 1, "hour": 9, "minute": 0} of Google, whose week begins
 * with Sunday: minutes since Monday; -1: not so. */
static int google_minutes(const struct json_value *v)
{
	int64_t day, hour, minute = 0;
	struct str time = json_text(json_get(v, "time"));
	struct str hours = time.n == 4 ? (struct str){time.p, 2} : json_text(json_get(v, "hour"));
	struct str minutes =
	    time.n == 4 ? (struct str){time.p + 2, 2} : json_text(json_get(v, "minute"));
	if (!str_to_i64(json_text(json_get(v, "day")), 0, 6, &day) ||
	    !str_to_i64(hours, 0, 24, &hour) || (minutes.n && !str_to_i64(minutes, 0, 59, &minute)))
		return -1;
	return (int)((day + 6) % 7 * 24 * 60 + hour * 60 + minute);
}

/* "periods" of Google. One without "close" is open all week. */
static void google_periods(struct parse_hours_draft *h, const struct json_value *list)
{
	enum { DAY = 24 * 60, WEEK = 7 * DAY };
	parse_hours_written(h, STR("periods"));
	for (const struct json_value *e = list->first; e; e = e->next) {
		int from = google_minutes(json_get(e, "open"));
		int to = google_minutes(json_get(e, "close"));
		const char *why = "a time is not understood";
		if (from >= 0 && !json_get(e, "close") && list->count == 1)
			why = parse_hours_open(&h->week, 0x7f, 0, DAY);
		else if (from >= 0 && to >= 0 && (to - from + WEEK) % WEEK <= DAY && to != from)
			why = parse_hours_open(&h->week, 1u << from / DAY, from % DAY,
					       from % DAY + (to - from + WEEK) % WEEK);
		if (why)
			parse_hours_unclear(h, why);
	}
}

/* [{"day": 0, "start": "1100", "end": "2200"}] of Yelp, [{"day": 1, "open": "0800", "close":
 * "1700"}] of Foursquare: days by numbers, `monday` the first. */
static void numbered_days(struct parse_hours_draft *h, const struct json_value *list, int monday)
{
	parse_hours_written(h, STR("days by numbers"));
	for (const struct json_value *e = list->first; e; e = e->next) {
		struct parse_hours_clock from, to;
		int64_t day;
		if (str_to_i64(json_text(json_get(e, "day")), monday, monday + 6, &day) &&
		    specification_clock(h, named_value(e, open_names), &from) &&
		    specification_clock(h, named_value(e, close_names), &to))
			specification_open(h, &h->week, 1u << (day - monday), &from, &to);
		else
			parse_hours_unclear(h, "a time is not understood");
	}
}

/* An object whose keys are days. */
static void day_object(struct parse_hours_draft *h, const struct json_value *v)
{
	if (day_pairs(h, v))
		return;
	for (const struct json_value *m = v->first; m; m = m->next) {
		unsigned days = parse_hours_days(m->key);
		if (!days || days >= 1u << PARSE_HOURS_HOLIDAY) {
			parse_hours_unclear(h, "opening hours in an unknown form");
			return;
		}
		if (days & (days - 1)) /* "weekdays" */
			parse_hours_of_days(h, days, m->key, json_text(m));
		else
			day_value(h, __builtin_ctz(days), m);
	}
}

void parse_hours_value(struct parse_hours_draft *h, const struct json_value *v)
{
	static const char *const lists[] = {"weekday_text", "weekdayDescriptions", "display",
					    "@value", NULL};
	if (!v)
		return;
	if (v->kind == JSON_IS_ARRAY) {
		for (const struct json_value *e = v->first; e; e = e->next)
			parse_hours_value(h, e);
	} else if (v->kind != JSON_IS_OBJECT) {
		parse_hours_text(h, json_text(v));
	} else if (named_value(v, lists)) {
		parse_hours_value(h, named_value(v, lists));
	} else if (json_path(v, "periods.0.open.day")) {
		google_periods(h, json_get(v, "periods"));
	} else if (json_path(v, "open.0.is_overnight")) {
		numbered_days(h, json_get(v, "open"), 0);
	} else if (json_path(v, "regular.0.day")) {
		numbered_days(h, json_get(v, "regular"), 1);
	} else if (json_get(v, "@type") || named_value(v, open_names) ||
		   named_value(v, day_names)) {
		parse_hours_specification(h, v);
	} else {
		day_object(h, v);
	}
}

void parse_hours_special(struct parse_hours_draft *h, const struct json_value *v)
{
	const struct json_value *e = v && v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; e; e = e == v ? NULL : e->next) {
		parse_hours_specification(h, e);
		if (!json_get(e, "validFrom") && !json_get(e, "validThrough"))
			parse_hours_unclear(h, "special opening hours without dates");
	}
}
