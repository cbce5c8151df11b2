/* Evaluates rules for one day, in their order: each overrides earlier rules for its times. */
#include "hours/internal.h"
#include "base/date.h"

#include <string.h>

/* ---- which days ---- */

static bool rule_has_number(const struct number_range *list, size_t count, int value)
{
	for (size_t i = 0; i < count; i++)
		if (value >= list[i].from && value <= list[i].to &&
		    (value - list[i].from) % list[i].step == 0)
			return true;
	return count == 0;
}

/* The number of the day of a date in a year. */
static int64_t rule_date(const struct date *date, int year)
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

/* Lower *until to `day` if that is after `after`. */
static void sooner(int64_t *until, int64_t after, int64_t day)
{
	if (day > after && day < *until)
		*until = day;
}

static bool rule_has_date(const struct dates *d, const struct calendar_day *day, int64_t *until)
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
	first = rule_date(&from, from.year ? from.year : day->year);
	last = rule_date(&to, to.year ? to.year : day->year);
	if (from.year && last < first && from.year == to.year)
		last = rule_date(&to, to.year + 1); /* 2024 Dec 20-Jan 5 */
	sooner(until, n, first);
	sooner(until, n, last + 1);
	if (last < first)
		return n >= first || n <= last; /* across the end of the year */
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
	if (!rule_has_number(rule->year, rule->years, day->year) ||
	    !rule_has_number(rule->week, rule->weeks, day->week))
		return false;
	for (size_t i = 0; i < rule->dates && !in; i++)
		in = rule_has_date(&rule->date[i], day, until);
	return in;
}

static bool rule_is_nth(unsigned nth, const struct calendar_day *day)
{
	int from_begin = (day->day - 1) / 7 + 1;
	int from_end = (date_days_in_month(day->year, day->month) - day->day) / 7 + 1;
	return (nth & 1u << from_begin) || (nth & 1u << (from_end + 5));
}

static bool rule_has_day(const struct days *d, const struct calendar_day *given)
{
	struct calendar_day day = *given;
	if (d->kind == SCHOOL_HOLIDAY)
		return false;
	if (d->kind == PUBLIC_HOLIDAY)
		return is_public_holiday(day.number - d->offset, day.country);
	if (d->offset)
		day = day_of(day.number - d->offset, day.country);
	return (d->set & 1u << day.weekday) && (!d->nth || rule_is_nth(d->nth, &day));
}

static bool rule_has_days(const struct days *list, size_t count, const struct calendar_day *day)
{
	for (size_t i = 0; i < count; i++)
		if (rule_has_day(&list[i], day))
			return true;
	return count == 0;
}

static bool rule_names_dates(const struct rule *rule)
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
static void segments_set(struct segments *s, int from, int to, enum hours_state state,
			 bool only_free)
{
	struct segments was;
	int free = from;
	if (from >= to)
		return;
	if (!s->count || s->item[s->count - 1].to <= from) {
		segments_append(s, from, to, state); /* the usual case: after all others */
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

static int rule_minutes(const struct moment *m, const struct hours_place *place, int64_t day)
{
	return (m->event == CLOCK ? 0 : sun_minutes(m->event, place, day)) + m->minutes;
}

/* The end of "14:00+", which is unknown: some hours later, as in other implementations, or the next
 * beginning. */
static int rule_open_end(const struct rule *rule, size_t at, int from,
			 const struct hours_place *place, int64_t day)
{
	int end = from >= 22 * 60 ? from + 8 * 60 : from >= 17 * 60 ? from + 10 * 60 : DAY;
	if (at + 1 < rule->times) {
		int next = rule_minutes(&rule->time[at + 1].from, place, day);
		if (next > from && next < end)
			end = next;
	}
	return end;
}

static void rule_apply(const struct rule *rule, const struct hours_place *place, int64_t day,
		       struct segments *out)
{
	bool only_free = rule->kind == FALLS_BACK;
	if (!rule->times)
		segments_set(out, 0, DAY, rule->state, only_free);
	for (size_t i = 0; i < rule->times; i++) {
		const struct times *t = &rule->time[i];
		int from = rule_minutes(&t->from, place, day);
		int to = t->open_end ? rule_open_end(rule, i, from, place, day)
				     : rule_minutes(&t->to, place, day);
		if (to < from)
			to += DAY;
		enum hours_state state =
		    t->open_end && rule->state == HOURS_OPEN ? HOURS_UNKNOWN : rule->state;
		segments_set(out, from, to < 2 * DAY ? to : 2 * DAY, state, only_free);
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
		if (!rule_has_days(rule->day, rule->days, day) ||
		    !rule_has_days(rule->holiday, rule->holidays, day))
			continue;
		/* A rule that opens replaces earlier rules on the days that it names. */
		bool names = rule_names_dates(rule) || (i > 0 && rule->state == HOURS_OPEN &&
							!rule_names_dates(&rules->rule[i - 1]));
		if (rule->kind == REPLACES && rule->state != HOURS_CLOSED && names)
			out->count = 0;
		rule_apply(rule, place, day->number, out);
	}
}
