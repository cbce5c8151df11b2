#include "hours/hours.h"

#include <stdlib.h>
#include <string.h>

enum { DAY = 24 * 60, DAY_SPANS_MAX = 8 };

/* What the rules so far say of each weekday. */
struct days {
	struct {
		size_t count;
		struct hours_span span[DAY_SPANS_MAX]; /* may end past midnight */
	} day[7];
};

struct scanner {
	struct str s;
	const char *why;
};

static bool fail(struct scanner *sc, const char *why)
{
	if (!sc->why)
		sc->why = why;
	return false;
}

static void space(struct scanner *sc)
{
	while (sc->s.n && (sc->s.p[0] == ' ' || sc->s.p[0] == '\t' || sc->s.p[0] == '\n')) {
		sc->s.p++;
		sc->s.n--;
	}
}

static bool take(struct scanner *sc, const char *word)
{
	struct str w = str_of(word);
	space(sc);
	if (sc->s.n < w.n || !str_eq_nocase((struct str){sc->s.p, w.n}, w))
		return false;
	sc->s = (struct str){sc->s.p + w.n, sc->s.n - w.n};
	return true;
}

static bool letter_follows(const struct scanner *sc)
{
	return sc->s.n && ((sc->s.p[0] | 32) >= 'a' && (sc->s.p[0] | 32) <= 'z');
}

/* ---- days ---- */

enum { NO_DAY = -1, HOLIDAY = 7 };

/* Two letters, or as people write them: "Mon", "Monday". */
static int take_day(struct scanner *sc)
{
	static const char *const names[] = {"Monday",   "Tuesday", "Wednesday",
					    "Thursday", "Friday",  "Saturday",
					    "Sunday",   "PH",      "SH"};
	space(sc);
	for (int d = 0; d < 9; d++) {
		struct str full = str_of(names[d]);
		size_t lengths[] = {full.n, 3, 2};
		for (size_t i = 0; i < 3; i++) {
			size_t n = lengths[i];
			struct scanner ahead = *sc;
			if (n > full.n || ahead.s.n < n ||
			    !str_eq_nocase((struct str){ahead.s.p, n}, (struct str){full.p, n}))
				continue;
			ahead.s = (struct str){ahead.s.p + n, ahead.s.n - n};
			if (letter_follows(&ahead))
				continue;
			*sc = ahead;
			return d < 7 ? d : HOLIDAY;
		}
	}
	return NO_DAY;
}

static bool take_dash(struct scanner *sc)
{
	return take(sc, "-") || take(sc, "\xe2\x80\x93");
}

/* "Mo-Fr,Su,PH" into a set of days. A list that a time follows ends before its comma. False when no day
 * stands here. */
static bool take_days(struct scanner *sc, unsigned *set)
{
	int from = take_day(sc);
	*set = 0;
	if (from == NO_DAY)
		return false;
	for (;;) {
		if (from == HOLIDAY) {
			*set |= 1u << HOLIDAY;
		} else {
			struct scanner ahead = *sc;
			int to = take_dash(&ahead) ? take_day(&ahead) : NO_DAY;
			if (to != NO_DAY && to != HOLIDAY)
				*sc = ahead;
			else
				to = from;
			for (int d = from;; d = (d + 1) % 7) {
				*set |= 1u << d;
				if (d == to)
					break;
			}
		}
		struct scanner ahead = *sc;
		if (!take(&ahead, ","))
			return true;
		from = take_day(&ahead);
		if (from == NO_DAY)
			return true;
		*sc = ahead;
	}
}

/* ---- times ---- */

/* "8", "08:00", "8.30", up to 48:00. */
static bool take_time(struct scanner *sc, int *minutes)
{
	int hour = 0, minute = 0;
	size_t i = 0;
	space(sc);
	while (i < sc->s.n && i < 2 && sc->s.p[i] >= '0' && sc->s.p[i] <= '9')
		hour = hour * 10 + (sc->s.p[i++] - '0');
	if (i == 0)
		return false;
	if (i + 2 < sc->s.n + 0 && (sc->s.p[i] == ':' || sc->s.p[i] == '.') &&
	    sc->s.p[i + 1] >= '0' && sc->s.p[i + 1] <= '5' && sc->s.p[i + 2] >= '0' &&
	    sc->s.p[i + 2] <= '9') {
		minute = (sc->s.p[i + 1] - '0') * 10 + (sc->s.p[i + 2] - '0');
		i += 3;
	} else {
		return fail(sc, "a time is not of the form 08:00");
	}
	sc->s = (struct str){sc->s.p + i, sc->s.n - i};
	*minutes = hour * 60 + minute;
	return *minutes <= 2 * DAY ? true : fail(sc, "a time is past 48:00");
}

static bool take_span(struct scanner *sc, struct hours_span *span)
{
	if (!take_time(sc, &span->from))
		return fail(sc, "a time was expected");
	if (!take_dash(sc))
		return fail(sc, "a time without an end");
	if (!take_time(sc, &span->to))
		return fail(sc, "the end of a time was expected");
	if (sc->s.n && (sc->s.p[0] == '+' || sc->s.p[0] == '/'))
		return fail(sc, "an open end or an interval");
	if (span->from >= DAY)
		return fail(sc, "a time begins past 24:00");
	if (span->to <= span->from)
		span->to += DAY; /* over midnight */
	return true;
}

/* ---- rules ---- */

static void set_day(struct days *days, int d, const struct hours_span *spans, size_t count,
		    bool add)
{
	if (!add)
		days->day[d].count = 0;
	for (size_t i = 0; i < count && days->day[d].count < DAY_SPANS_MAX; i++)
		days->day[d].span[days->day[d].count++] = spans[i];
}

/* One rule: days, times, or a modifier. */
static bool take_rule(struct scanner *sc, struct days *days, bool add)
{
	struct hours_span spans[DAY_SPANS_MAX];
	size_t count = 0;
	unsigned set;
	if (take(sc, "24/7")) {
		spans[count++] = (struct hours_span){0, DAY};
		set = 0x7f;
	} else {
		bool named = take_days(sc, &set);
		take(sc, ":"); /* "Mo: 08:00-12:00" is common */
		if (!named)
			set = 0x7f;
		if (take(sc, "off") || take(sc, "closed")) {
			if (letter_follows(sc))
				return fail(sc, "an unknown word");
		} else if (named && (space(sc), sc->s.n == 0 || sc->s.p[0] == ';')) {
			spans[count++] = (struct hours_span){0, DAY}; /* days alone: all day */
		} else {
			do {
				if (count == DAY_SPANS_MAX)
					return fail(sc, "too many times in a day");
				if (!take_span(sc, &spans[count++]))
					return false;
				/* A comma before a day begins the next rule. */
				struct scanner ahead = *sc;
				if (take(&ahead, ",") && take_day(&ahead) != NO_DAY)
					break;
			} while (take(sc, ","));
		}
	}
	if (take(sc, "open") && letter_follows(sc))
		return fail(sc, "an unknown word");
	for (int d = 0; d < 7; d++)
		if (set & 1u << d)
			set_day(days, d, spans, count, add);
	return true;
}

static bool take_rules(struct scanner *sc, struct days *days)
{
	bool add = false;
	for (;;) {
		if (!take_rule(sc, days, add))
			return false;
		space(sc);
		if (sc->s.n == 0)
			return true;
		if (take(sc, "||"))
			return fail(sc, "a fallback");
		if (take(sc, ";"))
			add = false;
		else if (take(sc, ","))
			add = true;
		else
			return fail(sc, sc->s.p[0] == '"' ? "a comment" : "an unknown word");
		space(sc);
		if (sc->s.n == 0)
			return true; /* a separator at the end */
	}
}

/* ---- the week ---- */

static int by_start(const void *a, const void *b)
{
	const struct hours_span *x = a, *y = b;
	return (x->from > y->from) - (x->from < y->from);
}

static bool flatten(const struct days *days, struct hours_week *out)
{
	struct hours_span all[7 * DAY_SPANS_MAX * 2];
	size_t n = 0;
	for (int d = 0; d < 7; d++) {
		for (size_t i = 0; i < days->day[d].count; i++) {
			int from = d * DAY + days->day[d].span[i].from;
			int to = d * DAY + days->day[d].span[i].to;
			if (to > HOURS_WEEK_MINUTES) {
				all[n++] = (struct hours_span){0, to - HOURS_WEEK_MINUTES};
				to = HOURS_WEEK_MINUTES;
			}
			if (from < to)
				all[n++] = (struct hours_span){from, to};
		}
	}
	qsort(all, n, sizeof(all[0]), by_start);
	out->count = 0;
	for (size_t i = 0; i < n; i++) {
		struct hours_span *last = out->count ? &out->span[out->count - 1] : NULL;
		if (last && all[i].from <= last->to) {
			if (all[i].to > last->to)
				last->to = all[i].to;
		} else if (out->count == HOURS_SPANS_MAX) {
			return false;
		} else {
			out->span[out->count++] = all[i];
		}
	}
	return true;
}

bool hours_week_parse(struct str text, struct hours_week *out, const char **why)
{
	struct scanner sc = {.s = str_trim(text)};
	struct days days = {0};
	bool ok = sc.s.n ? take_rules(&sc, &days) : fail(&sc, "empty");
	if (ok && !flatten(&days, out))
		ok = fail(&sc, "too many times in a week");
	if (why)
		*why = ok ? NULL : sc.why;
	return ok;
}

bool hours_week_ranges(struct str text, struct buf *out)
{
	struct hours_week week;
	if (!hours_week_parse(text, &week, NULL))
		return false;
	buf_putc(out, '{');
	for (size_t i = 0; i < week.count; i++)
		buf_printf(out, "%s[%d,%d)", i ? "," : "", week.span[i].from, week.span[i].to);
	buf_putc(out, '}');
	return !buf_failed(out);
}

/* ---- an instant ---- */

/* Days since 1970-01-01, a Thursday; the week begins on Monday. */
static int minute_of_week(int64_t local_s)
{
	int64_t week_s = (int64_t)HOURS_WEEK_MINUTES * 60;
	int64_t since_monday = (local_s + 3 * 86400) % week_s;
	if (since_monday < 0)
		since_monday += week_s;
	return (int)(since_monday / 60);
}

enum hours_state hours_state_at(struct str text, struct str zone, int64_t at_s, int64_t *changes_s)
{
	struct hours_week week;
	int offset, later;
	*changes_s = 0;
	if (!hours_week_parse(text, &week, NULL) || !hours_zone_offset(zone, at_s, &offset))
		return HOURS_UNKNOWN;
	int64_t local = at_s + offset;
	int now = minute_of_week(local), wait = -1;
	bool open = false;
	for (size_t i = 0; i < week.count; i++) {
		open |= now >= week.span[i].from && now < week.span[i].to;
		for (int end = 0; end < 2; end++) {
			int edge = end ? week.span[i].to : week.span[i].from;
			/* Open over the end of the week is no change. */
			bool seam = (end && edge == HOURS_WEEK_MINUTES && week.span[0].from == 0) ||
				    (!end && edge == 0 &&
				     week.span[week.count - 1].to == HOURS_WEEK_MINUTES);
			int ahead = (edge - now + HOURS_WEEK_MINUTES) % HOURS_WEEK_MINUTES;
			if (ahead == 0)
				ahead = HOURS_WEEK_MINUTES;
			if (!seam && (wait < 0 || ahead < wait))
				wait = ahead;
		}
	}
	if (wait >= 0) {
		int64_t edge = local - local % 60 + (int64_t)wait * 60;
		/* The clocks may be changed in between. */
		*changes_s = edge - offset;
		if (hours_zone_offset(zone, *changes_s, &later))
			*changes_s = edge - later;
	}
	return open ? HOURS_OPEN : HOURS_CLOSED;
}
