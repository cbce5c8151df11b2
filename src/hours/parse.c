/* Recursive descent parser of opening_hours. The functions take_* consume input when they return
 * true. */
#include "hours/internal.h"
#include "base/ascii.h"
#include "base/date.h"

#include <string.h>

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

static void skip(struct scanner *sc, size_t n)
{
	sc->s = (struct str){sc->s.p + n, sc->s.n - n};
}

static void space(struct scanner *sc)
{
	while (sc->s.n && (sc->s.p[0] == ' ' || sc->s.p[0] == '\t' || sc->s.p[0] == '\n' ||
			   sc->s.p[0] == '\r'))
		skip(sc, 1);
}

static bool at_end(struct scanner *sc)
{
	space(sc);
	return sc->s.n == 0;
}

static bool take_mark(struct scanner *sc, const char *sign)
{
	space(sc);
	if (!sc->s.n || sc->s.p[0] != sign[0])
		return false;
	struct str w = str_of(sign);
	if (!str_starts(sc->s, w))
		return false;
	skip(sc, w.n);
	return true;
}

/* Compare the first letter: a quick check that excludes most words. */
static bool starts_alike(struct scanner *sc, const char *word)
{
	return sc->s.n && ascii_lower(sc->s.p[0]) == ascii_lower(word[0]);
}

/* A word that no letter follows. */
static bool take_word(struct scanner *sc, const char *word)
{
	space(sc);
	if (!starts_alike(sc, word))
		return false;
	struct str w = str_of(word);
	if (sc->s.n < w.n || !str_eq_nocase((struct str){sc->s.p, w.n}, w) ||
	    (sc->s.n > w.n && ascii_is_letter(sc->s.p[w.n])))
		return false;
	skip(sc, w.n);
	return true;
}

static bool take_dash(struct scanner *sc)
{
	return take_mark(sc, "-") || take_mark(sc, "\xe2\x80\x93");
}

/* A number of at most `digits` digits. */
static bool take_number(struct scanner *sc, size_t digits, int *out)
{
	size_t n = 0;
	int value = 0;
	space(sc);
	while (n < sc->s.n && ascii_is_digit(sc->s.p[n])) {
		if (n == digits)
			return false;
		value = value * 10 + (sc->s.p[n++] - '0');
	}
	if (n == 0)
		return false;
	skip(sc, n);
	*out = value;
	return true;
}

/* The index of a name, in full or by its first three letters; two: or by its first two. -1:
 * none. */
static int take_name(struct scanner *sc, const char *const *names, int count, bool two)
{
	space(sc);
	for (int i = 0; i < count; i++) {
		if (!starts_alike(sc, names[i]))
			continue;
		struct str full = str_of(names[i]);
		size_t lengths[] = {full.n, 3, 2};
		for (size_t k = 0; k < (two ? 3u : 2u); k++) {
			size_t n = lengths[k];
			if (n > full.n || sc->s.n < n ||
			    !str_eq_nocase((struct str){sc->s.p, n}, (struct str){full.p, n}) ||
			    (sc->s.n > n && ascii_is_letter(sc->s.p[n])))
				continue;
			skip(sc, n);
			if (sc->s.n && sc->s.p[0] == '.')
				skip(sc, 1);
			return i;
		}
	}
	return -1;
}

static int take_month(struct scanner *sc)
{
	return take_name(sc, date_month_names, 12, false) + 1;
}

static int take_weekday(struct scanner *sc)
{
	int day = take_name(sc, date_weekday_names, 7, true);
	if (day < 0 && take_word(sc, "Mi"))
		return 2;
	if (day < 0 && take_word(sc, "So"))
		return 6;
	return day;
}

/* "+2 days", "-1 day"; 0 when there is no offset. */
static int take_offset(struct scanner *sc)
{
	struct scanner ahead = *sc;
	int days, sign = take_mark(&ahead, "+") ? 1 : take_dash(&ahead) ? -1 : 0;
	if (!sign || !take_number(&ahead, 3, &days) ||
	    !(take_word(&ahead, "days") || take_word(&ahead, "day")))
		return 0;
	*sc = ahead;
	return sign * days;
}

/* ---- weekdays and holidays ---- */

/* "[1,3-4,-1]" as bits. */
static bool take_nth(struct scanner *sc, unsigned *out)
{
	do {
		bool last = take_dash(sc);
		int from, to;
		if (!take_number(sc, 1, &from) || from < 1 || from > 5)
			return fail(sc, "a weekday's number in the month is not 1 to 5");
		to = from;
		if (!last && take_dash(sc) && (!take_number(sc, 1, &to) || to < from || to > 5))
			return fail(sc, "a weekday's number in the month is not 1 to 5");
		for (int n = from; n <= to; n++)
			*out |= 1u << (last ? n + 5 : n);
	} while (take_mark(sc, ","));
	return take_mark(sc, "]") || fail(sc, "a ']' was expected");
}

static bool take_one_day(struct scanner *sc, struct days *out)
{
	*out = (struct days){.kind = WEEKDAYS};
	if (take_word(sc, "PH") || take_word(sc, "SH")) {
		out->kind = ascii_lower(sc->s.p[-2]) == 'p' ? PUBLIC_HOLIDAY : SCHOOL_HOLIDAY;
		out->offset = take_offset(sc);
		return true;
	}
	int from = take_weekday(sc);
	if (from < 0)
		return false;
	struct scanner ahead = *sc;
	int to = take_dash(&ahead) ? take_weekday(&ahead) : -1;
	if (to >= 0)
		*sc = ahead;
	else
		to = from;
	for (int d = from;; d = (d + 1) % 7) {
		out->set |= 1u << d;
		if (d == to)
			break;
	}
	if (take_mark(sc, "[")) {
		if (!take_nth(sc, &out->nth))
			return false;
		out->offset = take_offset(sc);
	}
	return true;
}

/* "Mo-Fr,Su,PH" is one list. A list of holidays only is kept apart, so that "PH Mo-Fr" are holidays
 * on these weekdays. */
static bool take_days(struct scanner *sc, struct rule *rule)
{
	struct days list[LIST_MAX];
	size_t n = 0;
	bool holidays = true;
	for (;;) {
		struct scanner ahead = *sc;
		if (n && !take_mark(&ahead, ","))
			break;
		if (n == LIST_MAX)
			return fail(sc, "too many days");
		if (!take_one_day(&ahead, &list[n])) {
			if (ahead.why)
				sc->why = ahead.why;
			break;
		}
		holidays &= list[n++].kind != WEEKDAYS;
		*sc = ahead;
	}
	if (n == 0 || sc->why)
		return false;
	struct days *to = holidays ? rule->holiday : rule->day;
	size_t *count = holidays ? &rule->holidays : &rule->days;
	if (*count)
		return fail(sc, "days are given twice");
	memcpy(to, list, n * sizeof(list[0]));
	*count = n;
	take_mark(sc, ":"); /* "Mo: 08:00-12:00" is common */
	return true;
}

/* ---- times ---- */

static const char *const event_names[] = {
    [DAWN] = "dawn", [SUNRISE] = "sunrise", [SUNSET] = "sunset", [DUSK] = "dusk"};

static bool take_event(struct scanner *sc, struct moment *out)
{
	for (enum event e = DAWN; e <= DUSK; e++)
		if (take_word(sc, event_names[e])) {
			*out = (struct moment){e, 0};
			return true;
		}
	return false;
}

/* "08:00", "8.30", "14: 30". alone: also hours without minutes. */
static bool take_clock(struct scanner *sc, bool alone, struct moment *out)
{
	struct scanner ahead = *sc;
	int hour, minute = 0;
	if (!take_number(&ahead, 2, &hour))
		return false;
	struct scanner minutes = ahead;
	if ((take_mark(&minutes, ":") || take_mark(&minutes, ".")) &&
	    (space(&minutes), minutes.s.n >= 2) && ascii_is_digit(minutes.s.p[1]) &&
	    take_number(&minutes, 2, &minute) && minute < 60)
		ahead = minutes;
	else if (!alone)
		return false;
	*sc = ahead;
	*out = (struct moment){CLOCK, hour * 60 + minute};
	return true;
}

/* A time, an event, "(sunset-01:30)". */
static bool take_moment(struct scanner *sc, bool alone, struct moment *out)
{
	struct moment shift;
	if (take_event(sc, out) || take_clock(sc, alone, out))
		return true;
	if (!take_mark(sc, "("))
		return false;
	bool event = take_event(sc, out);
	int sign = take_mark(sc, "+") ? 1 : take_dash(sc) ? -1 : 0;
	if (!event || !sign || !take_clock(sc, false, &shift) || !take_mark(sc, ")"))
		return fail(sc, "a time relative to an event is not of the form (sunset-01:30)");
	out->minutes = sign * shift.minutes;
	return true;
}

/* Whether a time was written without minutes: "8". */
static bool is_bare(struct str written)
{
	return !memchr(written.p, ':', written.n) && !memchr(written.p, '.', written.n);
}

/* A range of times. False: *sc is unchanged, or sc->why is set. */
static bool take_range(struct scanner *sc, struct times *out)
{
	struct scanner ahead = *sc;
	struct str written = sc->s;
	*out = (struct times){.open_end = false};
	if (!take_moment(&ahead, true, &out->from)) {
		sc->why = ahead.why;
		return false;
	}
	if (take_mark(&ahead, "+")) {
		out->open_end = true;
	} else if (!take_dash(&ahead)) {
		return fail(sc, "a time without an end");
	} else if (!take_moment(&ahead, true, &out->to)) {
		sc->why = ahead.why;
		return fail(sc, "the end of a time was expected");
	}
	if (take_mark(&ahead, "/"))
		return fail(sc, "an interval");
	if (out->from.event == CLOCK && out->from.minutes >= DAY)
		return fail(sc, "a time begins past 24:00");
	if (out->to.event == CLOCK && out->to.minutes > 2 * DAY)
		return fail(sc, "a time is past 48:00");
	written.n -= ahead.s.n;
	if (!out->open_end && out->from.event == CLOCK && out->to.event == CLOCK &&
	    out->to.minutes <= out->from.minutes) {
		/* "9-5" may be meant on a 12-hour clock. */
		if (is_bare(written) && out->from.minutes <= DAY / 2)
			return fail(sc, "hours without minutes that end before they begin");
		out->to.minutes += DAY; /* past midnight */
	}
	*sc = ahead;
	return true;
}

static bool take_times(struct scanner *sc, struct rule *rule)
{
	struct scanner ahead = *sc;
	size_t before = rule->times;
	while (take_range(&ahead, &rule->time[rule->times])) {
		struct times *t = &rule->time[rule->times++];
		*sc = ahead;
		if (!t->open_end && take_mark(sc, "+") && rule->times < LIST_MAX)
			rule->time[rule->times++] = (struct times){.from = t->to, .open_end = true};
		ahead = *sc;
		if (!take_mark(&ahead, ","))
			break;
		if (rule->times >= LIST_MAX)
			return fail(sc, "too many times in a day");
	}
	sc->why = ahead.why;
	return rule->times > before && !sc->why;
}

/* ---- dates ---- */

static bool take_year(struct scanner *sc, int *out)
{
	struct scanner ahead = *sc;
	space(&ahead);
	if (ahead.s.n < 4 || !ascii_is_digit(ahead.s.p[3]) || !take_number(&ahead, 4, out) ||
	    *out < 1000)
		return false;
	*sc = ahead;
	return true;
}

static bool take_step(struct scanner *sc, int *step)
{
	*step = 1;
	return !take_mark(sc, "/") || (take_number(sc, 3, step) && *step > 0) ||
	       fail(sc, "a period is not a number");
}

/* A day of the month; not the hour of a time, nor the 24 of "24/7". */
static bool take_month_day(struct scanner *sc, int *day)
{
	struct scanner ahead = *sc, always = *sc;
	if (take_mark(&always, "24/7") || !take_number(&ahead, 2, day) || *day < 1 || *day > 31)
		return false;
	struct scanner time = ahead;
	if ((take_mark(&time, ":") || take_mark(&time, ".")) && time.s.n >= 2 &&
	    ascii_is_digit(time.s.p[0]) && ascii_is_digit(time.s.p[1]))
		return false;
	*sc = ahead;
	return true;
}

/* "Apr 10", "Apr", "easter", "Oct Su[-1]", each with an optional year before and offset after it.
 * *whole: a month without a day. */
static bool take_date(struct scanner *sc, struct date *out, bool *whole)
{
	struct scanner ahead = *sc, day;
	*out = (struct date){.kind = MONTH_DAY};
	*whole = false;
	take_year(&ahead, &out->year);
	if (take_word(&ahead, "easter")) {
		out->kind = EASTER;
	} else {
		out->month = take_month(&ahead);
		if (!out->month)
			return false;
		day = ahead;
		out->weekday = take_weekday(&day);
		if (out->weekday >= 0 && take_mark(&day, "[")) {
			int sign = take_dash(&day) ? -1 : 1;
			if (!take_number(&day, 1, &out->nth) || out->nth < 1 || out->nth > 5)
				return fail(sc, "a weekday's number in the month is not 1 to 5");
			if (!take_mark(&day, "]"))
				return false; /* "Oct Su[1,3]": a month and weekdays */
			out->nth *= sign;
			out->kind = NTH_WEEKDAY;
			ahead = day;
		} else {
			*whole = !take_month_day(&ahead, &out->day);
			if (*whole)
				out->day = 1;
		}
	}
	if (!*whole)
		out->offset = take_offset(&ahead);
	*sc = ahead;
	return true;
}

/* The second day of "Jan 1,6", of the same month. */
static bool take_same_month(struct scanner *sc, struct date *from)
{
	int day;
	struct scanner ahead = *sc;
	if (!take_month_day(&ahead, &day))
		return false;
	*sc = ahead;
	from->day = day;
	return true;
}

/* The end of a range of dates, "-Oct", "-Oct 31", "-26"; without one it is the first date. */
static void take_last(struct scanner *sc, const struct date *from, bool whole, struct date *to)
{
	struct scanner end = *sc;
	bool whole_to = whole;
	int day;
	*to = *from;
	if (take_dash(&end)) {
		if (!whole && from->kind == MONTH_DAY && take_month_day(&end, &day)) {
			to->day = day;
			*sc = end;
		} else if (take_date(&end, to, &whole_to)) {
			if (!to->year)
				to->year = from->year;
			*sc = end;
		} else {
			*to = *from;
		}
	}
	if (whole_to)
		to->day = 31;
}

static bool take_dates(struct scanner *sc, struct rule *rule)
{
	struct scanner ahead = *sc;
	struct dates d = {.step = 1};
	bool whole = true, any = false;
	do {
		if (rule->dates == LIST_MAX)
			return fail(sc, "too many dates");
		bool same =
		    any && !whole && d.from.kind == MONTH_DAY && take_same_month(&ahead, &d.from);
		if (!same && !take_date(&ahead, &d.from, &whole))
			break;
		take_last(&ahead, &d.from, whole, &d.to);
		if (!take_step(&ahead, &d.step))
			break;
		rule->date[rule->dates++] = d;
		any = true;
		*sc = ahead;
	} while (take_mark(&ahead, ","));
	sc->why = ahead.why;
	if (any)
		take_mark(sc, ":");
	return any && !sc->why;
}

/* "2024", "2024-2026/2", "2024+", also before dates that follow: "2024 Apr-Oct". */
static bool take_years(struct scanner *sc, struct rule *rule)
{
	struct scanner ahead = *sc;
	struct number_range n;
	bool any = false;
	while (take_year(&ahead, &n.from)) {
		n.to = n.from;
		n.step = 1;
		if (rule->years == LIST_MAX)
			return fail(sc, "too many years");
		if (take_mark(&ahead, "+"))
			n.to = 9999;
		else if (take_dash(&ahead) && (!take_year(&ahead, &n.to) || n.to < n.from))
			return fail(sc, "a range of years without an end");
		if (!take_step(&ahead, &n.step)) {
			sc->why = ahead.why;
			return false;
		}
		rule->year[rule->years++] = n;
		any = true;
		*sc = ahead;
		if (!take_mark(&ahead, ","))
			break;
	}
	if (any)
		take_mark(sc, ":");
	return any;
}

static bool take_weeks(struct scanner *sc, struct rule *rule)
{
	struct scanner ahead = *sc;
	bool any = false;
	if (!take_word(&ahead, "week"))
		return false;
	do {
		struct number_range n = {0};
		take_word(&ahead, "week");
		if (!take_number(&ahead, 2, &n.from))
			break;
		n.to = n.from;
		if (rule->weeks == LIST_MAX)
			return fail(sc, "too many weeks");
		if ((take_dash(&ahead) && !take_number(&ahead, 2, &n.to)) || n.from < 1 ||
		    n.to < n.from || n.to > 53)
			return fail(sc, "weeks are not of the form 1-53");
		if (!take_step(&ahead, &n.step)) {
			sc->why = ahead.why;
			return false;
		}
		rule->week[rule->weeks++] = n;
		any = true;
		*sc = ahead;
	} while (take_mark(&ahead, ","));
	take_mark(sc, ":");
	return any || fail(sc, "weeks are not of the form 1-53");
}

/* ---- rules ---- */

static bool take_state(struct scanner *sc, struct rule *rule, bool *said)
{
	static const struct {
		const char *word;
		enum hours_state state;
	} states[] = {{"open", HOURS_OPEN},
		      {"off", HOURS_CLOSED},
		      {"closed", HOURS_CLOSED},
		      {"unknown", HOURS_UNKNOWN}};
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (take_word(sc, states[i].word)) {
			rule->state = states[i].state;
			*said = true;
			return true;
		}
	return false;
}

/* A comment. A rule with a comment alone has the state unknown. */
static bool take_comment(struct scanner *sc, struct rule *rule, bool *said)
{
	if (!take_mark(sc, "\""))
		return false;
	const char *end = memchr(sc->s.p, '"', sc->s.n);
	if (!end)
		return fail(sc, "a comment without an end");
	skip(sc, (size_t)(end - sc->s.p) + 1);
	rule->commented = true;
	if (!*said)
		rule->state = HOURS_UNKNOWN;
	*said = true;
	return true;
}

static bool take_always(struct scanner *sc, struct rule *rule)
{
	if (rule->times == LIST_MAX || !take_mark(sc, "24/7"))
		return false;
	rule->time[rule->times++] = (struct times){.to = {CLOCK, DAY}};
	return true;
}

/* One rule, up to a separator. *empty: there was none. */
static bool take_rule(struct scanner *sc, struct rule *rule, bool *empty)
{
	bool said = false, any = false;
	*empty = true;
	for (;;) {
		space(sc);
		if (!sc->s.n || sc->s.p[0] == ';' || sc->s.p[0] == ',' || sc->s.p[0] == '|')
			return true;
		any = take_always(sc, rule) || take_state(sc, rule, &said) ||
		      take_comment(sc, rule, &said) || (!rule->days && take_days(sc, rule)) ||
		      (!rule->holidays && take_days(sc, rule)) ||
		      (!rule->dates && take_dates(sc, rule)) ||
		      (!rule->years && take_years(sc, rule)) ||
		      (!rule->weeks && take_weeks(sc, rule)) ||
		      (!rule->times && take_times(sc, rule));
		if (sc->why)
			return false;
		if (!any)
			return fail(sc, "an unknown word");
		*empty = false;
	}
}

static void parse_rules(struct str text, struct hours_rules *out, const char **why)
{
	struct scanner sc = {.s = str_trim(text)};
	enum rule_kind kind = REPLACES;
	out->count = 0;
	if (!sc.s.n)
		fail(&sc, "empty");
	while (!sc.why && !at_end(&sc)) {
		struct rule *rule = &out->rule[out->count];
		bool empty;
		if (out->count == RULES_MAX) {
			fail(&sc, "too many rules");
			break;
		}
		memset(rule, 0, offsetof(struct rule, year));
		rule->kind = kind;
		rule->state = HOURS_OPEN;
		if (!take_rule(&sc, rule, &empty))
			break;
		out->count += !empty;
		kind = take_mark(&sc, "||") ? FALLS_BACK : take_mark(&sc, ",") ? ADDS : REPLACES;
		if (kind == REPLACES && !at_end(&sc) && !take_mark(&sc, ";"))
			fail(&sc, "an unknown word");
	}
	if (!sc.why && !out->count)
		fail(&sc, "empty");
	*why = sc.why;
}

const struct hours_rules *hours_rules_read(struct str text, const char **why)
{
	/* A text is read several times in a row: for the week, the seasons, the present state. */
	static struct hours_rules rules;
	static const char *reason;
	static char last[512];
	static size_t last_n = SIZE_MAX;
	if (text.n != last_n || (text.n && memcmp(text.p, last, text.n) != 0)) {
		parse_rules(text, &rules, &reason);
		last_n = text.n <= sizeof(last) ? text.n : SIZE_MAX;
		if (text.n && text.n <= sizeof(last))
			memcpy(last, text.p, text.n);
	}
	*why = reason;
	return reason ? NULL : &rules;
}
