/* Evaluates rules for one day: in their order, each replaces what earlier
 * rules set for its times. */
#include "hours/internal.h"
#include "base/date.h"

#include <string.h>

/* ---- which days ---- */

static bool in_numbers(const struct number_range *list, size_t count, int value)
{
	for (size_t i = 0; i < count; i++)
		if (value >= list[i].from && value <= list[i].to &&
		    (value - list[i].from) % list[i].step == 0)
			return true;
	return count == 0;
}

/* The number of the day that a date is in a year. */
static int64_t date_in(const struct date *date, int year)
{
	switch (date->kind) {
	case EASTER:
		return easter_of(year) + date->offset;
	case NTH_WEEKDAY:
		return nth_weekday(year, date->month, date->weekday, date->nth) + date->offset;
	case MONTH_DAY:
		break;
	}
	return date_days(year, date->month, date->day) + date->offset;
}

/* until: the soonest of some days after one. */
static void sooner(int64_t *until, int64_t after, int64_t day)
{
	if (day > after && day < *until)
		*until = day;
}

static bool in_dates(const struct dates *d, const struct calendar_day *day, int64_t *until)
{
	struct date from = d->from, to = d->to;
	int64_t first, last, n = day->number;
	if (to.kind == MONTH_DAY) {
		int days = date_days_in_month(to.year ? to.year : day->year, to.month);
		bool single =
		    from.kind == MONTH_DAY && from.month == to.month && from.day == to.day;
		if (to.day > days && single)
			return false; /* February 29 */
		if (to.day > days)
			to.day = days;
	}
	first = date_in(&from, from.year ? from.year : day->year);
	last = date_in(&to, to.year ? to.year : day->year);
	if (from.year && last < first && from.year == to.year)
		last = date_in(&to, to.year + 1); /* 2024 Dec 20-Jan 5 */
	sooner(until, n, first);
	sooner(until, n, last + 1);
	if (last < first)
		return n >= first || n <= last; /* over the end of the year */
	if (n < first || n > last)
		return false;
	if (d->step == 1)
		return true;
	int64_t past = (n - first) % d->step;
	sooner(until, n, past ? n + d->step - past : n + 1);
	return past == 0;
}

bool rule_in_season(const struct rule *rule, const struct calendar_day *day, int64_t *until)
{
	bool in = rule->dates == 0;
	if (!in_numbers(rule->year, rule->years, day->year) ||
	    !in_numbers(rule->week, rule->weeks, day->week))
		return false;
	for (size_t i = 0; i < rule->dates && !in; i++)
		in = in_dates(&rule->date[i], day, until);
	return in;
}

static bool is_nth(unsigned nth, const struct calendar_day *day)
{
	int from_begin = (day->day - 1) / 7 + 1;
	int from_end = (date_days_in_month(day->year, day->month) - day->day) / 7 + 1;
	return (nth & 1u << from_begin) || (nth & 1u << (from_end + 5));
}

static bool in_day(const struct days *d, const struct calendar_day *given)
{
	struct calendar_day day = *given;
	if (d->kind == SCHOOL_HOLIDAY)
		return false;
	if (d->kind == PUBLIC_HOLIDAY)
		return is_public_holiday(day.number - d->offset, day.country);
	if (d->offset)
		day = day_of(day.number - d->offset, day.country);
	return (d->set & 1u << day.weekday) && (!d->nth || is_nth(d->nth, &day));
}

static bool in_days(const struct days *list, size_t count, const struct calendar_day *day)
{
	for (size_t i = 0; i < count; i++)
		if (in_day(&list[i], day))
			return true;
	return count == 0;
}

static bool names_dates(const struct rule *rule)
{
	return rule->years || rule->dates || rule->weeks || rule->days || rule->holidays;
}

/* ---- segments ---- */

static void segments_append(struct segments *s, int from, int to, enum hours_state state)
{
	if (from >= to || state == HOURS_CLOSED)
		return;
	struct hours_segment *last = s->count ? &s->item[s->count - 1] : NULL;
	if (last && last->to == from && last->state == state)
		last->to = to;
	else if (s->count < SEGMENTS_MAX)
		s->item[s->count++] = (struct hours_segment){from, to, state};
}

/* Set [from, to) to a state: all of it, or only what no segment covers yet. */
static void paint(struct segments *s, int from, int to, enum hours_state state, bool only_free)
{
	struct segments was;
	int free = from;
	if (from >= to)
		return;
	if (!s->count || s->item[s->count - 1].to <= from) {
		segments_append(s, from, to, state); /* the usual case: behind all others */
		return;
	}
	was.count = s->count;
	memcpy(was.item, s->item, s->count * sizeof(s->item[0]));
	s->count = 0;
	for (size_t i = 0; i < was.count; i++) {
		const struct hours_segment *old = &was.item[i];
		if (only_free) {
			segments_append(s, free, old->from < to ? old->from : to, state);
			segments_append(s, old->from, old->to, old->state);
			free = old->to > free ? old->to : free;
			continue;
		}
		segments_append(s, old->from, old->to < from ? old->to : from, old->state);
		if (old->to > from && free < to) {
			segments_append(s, from, to, state);
			free = to;
		}
		segments_append(s, old->from > to ? old->from : to, old->to, old->state);
	}
	if (free < to)
		segments_append(s, free, to, state);
}

/* ---- times ---- */

static int minutes_of(const struct moment *m, const struct hours_place *place, int64_t day)
{
	return (m->event == CLOCK ? 0 : sun_minutes(m->event, place, day)) + m->minutes;
}

/* An open end is not known: taken to be some hours, as other readers do, or up
 * to what begins next. */
static int open_end(const struct rule *rule, size_t at, int from, const struct hours_place *place,
		    int64_t day)
{
	int end = from >= 22 * 60 ? from + 8 * 60 : from >= 17 * 60 ? from + 10 * 60 : DAY;
	if (at + 1 < rule->times) {
		int next = minutes_of(&rule->time[at + 1].from, place, day);
		if (next > from && next < end)
			end = next;
	}
	return end;
}

static void paint_rule(const struct rule *rule, const struct hours_place *place, int64_t day,
		       struct segments *out)
{
	bool only_free = rule->kind == FALLS_BACK;
	if (!rule->times)
		paint(out, 0, DAY, rule->state, only_free);
	for (size_t i = 0; i < rule->times; i++) {
		const struct times *t = &rule->time[i];
		int from = minutes_of(&t->from, place, day);
		int to = t->open_end ? open_end(rule, i, from, place, day)
				     : minutes_of(&t->to, place, day);
		if (to < from)
			to += DAY;
		enum hours_state state =
		    t->open_end && rule->state == HOURS_OPEN ? HOURS_UNKNOWN : rule->state;
		paint(out, from, to < 2 * DAY ? to : 2 * DAY, state, only_free);
	}
}

void hours_rules_day(const struct hours_rules *rules, const struct calendar_day *day,
		     const struct hours_place *place, const uint64_t *in_season,
		     struct segments *out)
{
	int64_t unasked = INT64_MAX;
	out->count = 0;
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];
		if (in_season ? !(*in_season & 1ull << i) : !rule_in_season(rule, day, &unasked))
			continue;
		if (!in_days(rule->day, rule->days, day) ||
		    !in_days(rule->holiday, rule->holidays, day))
			continue;
		/* A rule that opens replaces earlier rules on the days that it names. */
		bool names = names_dates(rule) || (i > 0 && rule->state == HOURS_OPEN &&
						   !names_dates(&rules->rule[i - 1]));
		if (rule->kind == REPLACES && rule->state != HOURS_CLOSED && names)
			out->count = 0;
		paint_rule(rule, place, day->number, out);
	}
}
