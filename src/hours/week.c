/* Weeks, seasons and the state at an instant, from rules. */
#include "hours/internal.h"
#include "base/date.h"

#include <string.h>

/* ---- weeks ---- */

/* Why a rule does not give the same intervals in each week of a season; NULL: it does. */
static const char *week_irregular(const struct rule *rule)
{
	if (rule->kind == FALLS_BACK)
		return "a fallback";
	if (rule->commented)
		return "a comment";
	if (rule->state == HOURS_UNKNOWN)
		return "something is unknown";
	for (size_t i = 0; i < rule->days; i++)
		if (rule->day[i].nth || rule->day[i].offset)
			return "single weekdays of a month";
	for (size_t i = 0; i < rule->times; i++) {
		if (rule->time[i].open_end)
			return "an open end";
		if (rule->time[i].from.event != CLOCK || rule->time[i].to.event != CLOCK)
			return "times of the sun";
	}
	return NULL;
}

static const char *week_reason(const struct hours_rules *rules)
{
	const char *why = NULL;
	for (size_t i = 0; i < rules->count && !why; i++) {
		const struct rule *rule = &rules->rule[i];
		why = week_irregular(rule);
		if (!why && rule->years)
			why = "years";
		if (!why && rule->dates)
			why = "dates";
		if (!why && rule->weeks)
			why = "single weeks";
	}
	return why;
}

/* Insert a span, sorted by its beginning. Spans come nearly in order. */
static void week_insert(struct hours_span *all, size_t n, struct hours_span span)
{
	for (; n && all[n - 1].from > span.from; n--)
		all[n] = all[n - 1];
	all[n] = span;
}

static bool week_join(const struct hours_span *all, size_t n, struct hours_week *out)
{
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

/* The week that the rules whose bit is set give. False: too many spans. */
static bool week_compute(const struct hours_rules *rules, uint64_t in_season,
			 struct hours_week *out)
{
	struct hours_span all[2 * HOURS_SPANS_MAX];
	size_t n = 0;
	for (int d = 0; d < 7; d++) {
		struct segments day;
		hours_rules_day(rules, &(struct calendar_day){.weekday = d}, NULL, &in_season,
				&day);
		for (size_t i = 0; i < day.count; i++) {
			int from = d * DAY + day.item[i].from, to = d * DAY + day.item[i].to;
			if (n + 2 > COUNT_OF(all))
				return false;
			if (to > HOURS_WEEK_MINUTES) {
				int rest =
				    from > HOURS_WEEK_MINUTES ? from - HOURS_WEEK_MINUTES : 0;
				week_insert(all, n++,
					    (struct hours_span){rest, to - HOURS_WEEK_MINUTES});
				to = HOURS_WEEK_MINUTES;
			}
			if (from < to)
				week_insert(all, n++, (struct hours_span){from, to});
		}
	}
	return week_join(all, n, out);
}

const char *hours_check(struct str text)
{
	const char *why;
	return hours_rules_read(text, &why) ? NULL : why;
}

const char *hours_rules_week(const struct hours_rules *rules, struct hours_week *out)
{
	const char *why = week_reason(rules);
	if (!why && !week_compute(rules, UINT64_MAX, out))
		why = "too many times in a week";
	return why;
}

/* ---- text for people ---- */

enum { NIGHT_ENDS = 6 * 60 };

size_t hours_of_day(const struct hours_week *week, int day, struct hours_span out[HOURS_SPANS_MAX])
{
	size_t n = 0, last = week->count - 1;
	int begin = day * DAY, end = begin + DAY;
	bool joined = week->count > 1 && week->span[0].from == 0 &&
		      week->span[0].to <= NIGHT_ENDS && week->span[last].to == HOURS_WEEK_MINUTES;
	for (size_t i = joined; i < week->count; i++) {
		int from = week->span[i].from, to = week->span[i].to;
		if (joined && i == last)
			to += week->span[0].to;
		/* Hours after midnight are shown with the evening before. */
		if (from >= end || to <= begin || (from < begin && to - begin <= NIGHT_ENDS))
			continue;
		out[n++] = (struct hours_span){from < begin ? 0 : from - begin,
					       to > end + NIGHT_ENDS ? DAY : to - begin};
	}
	return n;
}

void hours_clock_text(int minutes, char out[HOURS_CLOCK_TEXT])
{
	int hour = minutes == DAY ? 24 : minutes / 60 % 24, minute = minutes % 60;
	out[0] = (char)('0' + hour / 10);
	out[1] = (char)('0' + hour % 10);
	out[2] = ':';
	out[3] = (char)('0' + minute / 10);
	out[4] = (char)('0' + minute % 10);
	out[5] = '\0';
}

void hours_span_text(const struct hours_span *span, char out[HOURS_SPAN_TEXT])
{
	static const char dash[] = "\u2013";
	hours_clock_text(span->from, out);
	memcpy(out + HOURS_CLOCK_TEXT - 1, dash, sizeof(dash) - 1);
	hours_clock_text(span->to, out + HOURS_CLOCK_TEXT - 1 + sizeof(dash) - 1);
}

/* ---- seasons ---- */

static bool season_rules_regular(const struct hours_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->rule[i].weeks || week_irregular(&rules->rule[i]))
			return false;
	return true;
}

static struct hours_date season_date(const struct calendar_day *day)
{
	return (struct hours_date){day->year, day->month, day->day};
}

/* Compute the week of a season; copy that of an earlier one with the same rules, such as last
 * summer. */
static bool season_week(const struct hours_rules *rules, const uint64_t *in, size_t at,
			struct hours_season *out)
{
	for (size_t i = 0; i < at; i++)
		if (in[i] == in[at]) {
			out[at].week = out[i].week;
			return true;
		}
	return week_compute(rules, in[at], &out[at].week);
}

size_t hours_rules_seasons(const struct hours_rules *rules, int year,
			   struct hours_season out[HOURS_SEASONS_MAX])
{
	uint64_t in[HOURS_SEASONS_MAX]; /* the rules of each season, as bits */
	size_t count = 0;
	int64_t until, end = date_days(year + 2, 1, 1);
	if (!season_rules_regular(rules))
		return 0;
	/* Step from one day on which the rules may change to the next. */
	struct calendar_day day = day_of(date_days(year, 1, 1), STR("")), last;
	for (; day.number < end; day = day_of(until, STR(""))) {
		uint64_t now = 0;
		until = date_days(day.year + 1, 1, 1);
		for (size_t i = 0; i < rules->count; i++)
			now |= (uint64_t)rule_in_season(&rules->rule[i], &day, &until) << i;
		if (!count || now != in[count - 1]) {
			if (count == HOURS_SEASONS_MAX)
				return 0;
			in[count] = now;
			out[count].from = season_date(&day);
			if (!season_week(rules, in, count, out))
				return 0;
			count++;
		}
		last = day_of(until - 1, STR(""));
		out[count - 1].to = season_date(&last);
	}
	return count;
}

/* ---- an instant ---- */

static enum hours_state state_stronger(enum hours_state a, enum hours_state b)
{
	if (a == HOURS_OPEN || b == HOURS_OPEN)
		return HOURS_OPEN;
	return a == HOURS_UNKNOWN || b == HOURS_UNKNOWN ? HOURS_UNKNOWN : HOURS_CLOSED;
}

static enum hours_state state_of_segments(const struct segments *s, int minute)
{
	for (size_t i = 0; i < s->count; i++)
		if (minute >= s->item[i].from && minute < s->item[i].to)
			return s->item[i].state;
	return HOURS_CLOSED;
}

/* A local day: spans that begin on it, and those of the day before, which may last past
 * midnight. */
struct whole_day {
	struct segments own, before;
};

static enum hours_state state_of_day(const struct whole_day *day, int minute)
{
	return state_stronger(state_of_segments(&day->own, minute),
			      state_of_segments(&day->before, minute + DAY));
}

/* The first minute after `after` at which the state is not `state`; DAY: none on this day. */
static int state_next_change(const struct whole_day *day, int after, enum hours_state state)
{
	int first = DAY;
	for (int k = 0; k < 2; k++) {
		const struct segments *s = k ? &day->before : &day->own;
		for (size_t i = 0; i < s->count; i++) {
			int edges[] = {s->item[i].from - k * DAY, s->item[i].to - k * DAY};
			for (int e = 0; e < 2; e++)
				if (edges[e] > after && edges[e] < first &&
				    state_of_day(day, edges[e]) != state)
					first = edges[e];
		}
	}
	return first;
}

/* Days to search for the next change: after these it never comes. */
static int state_days_ahead(const struct hours_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];
		bool holidays = rule->holidays > 0;
		for (size_t d = 0; d < rule->days; d++)
			holidays |= rule->day[d].kind != WEEKDAYS || rule->day[d].nth;
		if (holidays || rule->years || rule->dates || rule->weeks)
			return HOURS_AHEAD_DAYS;
	}
	return 8;
}

/* The instant of a local time; of one that the clocks skip, an instant just after. offset: any
 * offset of the zone. */
static int64_t state_instant(struct str zone, int64_t local_s, int offset)
{
	int there = offset, then = offset;
	if (!hours_zone_offset(zone, local_s - offset, &there) ||
	    !hours_zone_offset(zone, local_s - there, &then) || then == there)
		return local_s - there;
	return local_s - (there < offset ? there : offset);
}

enum hours_state hours_state_at(struct str text, const struct hours_place *place, int64_t at_s,
				int64_t *changes_s)
{
	struct whole_day day;
	const char *why;
	const struct hours_rules *rules = hours_rules_read(text, &why);
	int offset;
	*changes_s = 0;
	if (!rules || !hours_zone_offset(place->zone, at_s, &offset))
		return HOURS_UNKNOWN;
	int64_t local_s = at_s + offset, day_s = DAY * 60;
	int64_t number = local_s / day_s - (local_s % day_s < 0);
	int after = (int)((local_s - number * day_s) / 60), ahead = state_days_ahead(rules);
	struct calendar_day calendar = day_of(number - 1, place->country);
	hours_rules_day(rules, &calendar, place, NULL, &day.own);
	enum hours_state state = HOURS_UNKNOWN;
	for (int i = 0; i < ahead; i++, number++) {
		day.before = day.own;
		calendar = day_after(&calendar);
		hours_rules_day(rules, &calendar, place, NULL, &day.own);
		if (i == 0)
			state = state_of_day(&day, after);
		int change = state_next_change(&day, after, state);
		if (change < DAY) {
			*changes_s =
			    state_instant(place->zone, number * day_s + change * 60, offset);
			break;
		}
		after = -1;
	}
	return state;
}
