/* Opening hours for people: a week, and exceptions in words. */
#include "site/facts/internal.h"
#include "base/ascii.h"
#include "base/date.h"
#include "base/digits.h"

#include <string.h>

enum { DATES_MAX = 12, EXCEPTIONS_MAX = 16 };

/* As opening_hours abbreviates them. */
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Skip n bytes of a rule and the spaces after them. */
static void words_skip(struct str *s, size_t n)
{
	str_skip(s, n);
	while (s->n && *s->p == ' ')
		str_skip(s, 1);
}

static bool words_accept(struct str *s, const char *word)
{
	struct str w = str_of(word);
	if (!str_starts(*s, w) ||
	    (ascii_is_letter(word[0]) && s->n > w.n && ascii_is_letter(s->p[w.n])))
		return false;
	words_skip(s, w.n);
	return true;
}

/* A month by its first three letters, from 1; 0: none. */
static int words_month(struct str *s)
{
	for (int i = 0; i < 12; i++)
		if (s->n >= 3 && memcmp(s->p, &months[3 * i], 3) == 0 &&
		    (s->n == 3 || !ascii_is_letter(s->p[3]))) {
			words_skip(s, 3);
			return i + 1;
		}
	return 0;
}

/* A day of a month, not followed by ':' as a time would be; 0: none. */
static int words_day(struct str *s)
{
	int day = 0;
	size_t n = 0;
	while (n < s->n && n < 2 && ascii_is_digit(s->p[n]))
		day = day * 10 + (s->p[n++] - '0');
	if (!n || day < 1 || day > 31 || (n < s->n && (ascii_is_digit(s->p[n]) || s->p[n] == ':')))
		return 0;
	words_skip(s, n);
	return day;
}

/* A sentence under construction. */
struct hours_words {
	struct arena *arena;
	const struct wording *wording; /* the language */
	struct str text;
	size_t dates;
	bool ranges, whole_months;
};

static struct str words_month_name(const struct hours_words *w, int month)
{
	return wording_text(w->wording, (enum word_id)(WORD_JANUARY + month - 1));
}

static struct str words_number_of(const struct hours_words *w, int day)
{
	char digits[DIGITS_MAX];
	return arena_str(w->arena, digits_of((uint64_t)day, digits));
}

/* "24 December", or "December" with day 0. */
static struct str words_date(const struct hours_words *w, int month, int day)
{
	if (!day)
		return words_month_name(w, month);
	return WORDING_FILL(w->wording, w->arena, WORD_DATE, words_number_of(w, day),
			    words_month_name(w, month));
}

struct str facts_date(struct str date, const struct wording *wording, struct arena *arena)
{
	const struct hours_words w = {.arena = arena, .wording = wording};
	int number[3] = {0};
	struct str rest = date;
	for (size_t i = 0; i < COUNT_OF(number); i++) {
		struct str part = str_cut(&rest, '-');
		for (size_t k = 0; k < part.n && k < 4 && ascii_is_digit(part.p[k]); k++)
			number[i] = number[i] * 10 + (part.p[k] - '0');
	}
	if (date.n != 10 || !date_exists(number[0], number[1], number[2]))
		return date;
	return WORDING_FILL(wording, arena, WORD_DATE_IN_YEAR, words_date(&w, number[1], number[2]),
			    (struct str){date.p, 4});
}

static void words_add_date(struct hours_words *w, int month, int day, int to_month, int to_day)
{
	struct str date = words_date(w, month, day);
	if (to_day && day && to_month == month)
		date =
		    WORDING_FILL(w->wording, w->arena, WORD_DATES_IN_MONTH, words_number_of(w, day),
				 words_number_of(w, to_day), words_month_name(w, month));
	else if (to_month)
		date = WORDING_FILL(w->wording, w->arena, WORD_DATES, date,
				    words_date(w, to_month, to_day));
	w->ranges |= to_month != 0;
	w->whole_months |= !day;
	w->text = w->dates++ ? ARENA_JOIN(w->arena, w->text, STR(", "), date) : date;
}

/* "Dec 24-26", "Dec 24-Jan 2", "Dec 24,31", "Jul-Aug". False: other text. */
static bool words_read_dates(struct hours_words *w, struct str *rule)
{
	int month = 0;
	struct str before;
	do {
		before = *rule;
		int next = words_month(rule), day, to_month = 0, to_day = 0;
		month = next ? next : month;
		day = words_day(rule);
		if (!month || (!next && !day))
			return false;
		if (words_accept(rule, "-")) {
			to_month = words_month(rule);
			to_day = words_day(rule);
			if ((day != 0) != (to_day != 0) || (!to_month && !to_day))
				return false;
			to_month = to_month ? to_month : month;
		}
		if (w->dates == DATES_MAX)
			return false;
		words_add_date(w, month, day, to_month, to_day);
		month = to_month ? to_month : month;
	} while (words_accept(rule, ","));
	return rule->n < before.n;
}

/* "easter", "easter -2 days": the holiday's name. */
static bool words_read_easter(struct hours_words *w, struct str *rule)
{
	static const struct {
		const char *offset;
		enum word_id name;
	} days[] = {{"-2 days", WORD_GOOD_FRIDAY},    {"-1 day", WORD_HOLY_SATURDAY},
		    {"+1 day", WORD_EASTER_MONDAY},   {"+39 days", WORD_ASCENSION_DAY},
		    {"+49 days", WORD_WHIT_SUNDAY},   {"+50 days", WORD_WHIT_MONDAY},
		    {"+60 days", WORD_CORPUS_CHRISTI}};
	if (!words_accept(rule, "easter"))
		return false;
	w->dates = 1;
	w->text = wording_text(w->wording, WORD_EASTER_SUNDAY);
	for (size_t i = 0; i < COUNT_OF(days); i++)
		if (words_accept(rule, days[i].offset))
			w->text = wording_text(w->wording, days[i].name);
	return !rule->n || (*rule->p != '+' && *rule->p != '-');
}

/* "09:00-12:00,14:00-16:00" as text. False: not a list of times. */
static bool words_read_times(struct hours_words *w, struct str times, struct str *out)
{
	struct str text = STR("");
	if (!times.n || !ascii_is_digit(times.p[0]))
		return false;
	while (times.p) {
		struct str to = str_trim(str_cut(&times, ',')), from = str_cut(&to, '-');
		if (!to.p || from.n < 4 || to.n < 4)
			return false;
		text = ARENA_JOIN(w->arena, text, text.n ? STR(", ") : STR(""), str_trim(from),
				  STR("\u2013"), str_trim(to));
	}
	*out = text;
	return true;
}

static bool words_is_closed(struct str s)
{
	return str_eq_nocase(s, STR("off")) || str_eq_nocase(s, STR("closed"));
}

/* A rule for certain dates as a sentence; p is NULL when it cannot be expressed. */
static struct str words_of_dates(struct arena *arena, const struct wording *wording,
				 struct str rule)
{
	const struct str nothing = {NULL, 0};
	struct hours_words w = {.arena = arena, .wording = wording, .text = STR("")};
	struct str times, year = nothing;
	int64_t number;
	struct str rest = rule, first = str_cut(&rest, ' ');
	if (rest.p && str_to_i64(first, 1900, 2999, &number)) {
		year = first;
		rule = str_trim(rest);
	}
	if (!words_read_easter(&w, &rule) && !words_read_dates(&w, &rule))
		return nothing;
	if (year.n)
		w.text = WORDING_FILL(wording, arena, WORD_DATE_IN_YEAR, w.text, year);
	if (!words_is_closed(rule))
		return words_read_times(&w, rule, &times)
			   ? WORDING_FILL(wording, arena, WORD_HOURS_ON_DATE, w.text, times)
			   : nothing;
	enum word_id how = w.ranges         ? WORD_CLOSED_ON_DATES
			   : w.whole_months ? WORD_CLOSED_IN_MONTH
					    : WORD_CLOSED_ON_DATE;
	return WORDING_FILL(wording, arena, how, w.text);
}

/* Whether `which` (PH or SH) is among the days: "PH", "Su,PH". *only: nothing else is. */
static bool words_names_holidays(struct str days, const char *which, bool *only)
{
	bool found = false;
	*only = true;
	while (days.p) {
		bool is = str_eq(str_trim(str_cut(&days, ',')), str_of(which));
		found |= is;
		*only &= is;
	}
	return found;
}

/* A rule for holidays as a sentence; p is NULL when it is for other days. *only: it has no
 * weekdays. */
static struct str words_of_holidays(struct arena *arena, const struct wording *wording,
				    struct str rule, bool *only)
{
	struct hours_words w = {.arena = arena, .wording = wording};
	struct str times = rule, days = str_cut(&times, ' '), text;
	bool school, holidays = words_names_holidays(days, "PH", only);
	if (!holidays) {
		school = words_names_holidays(days, "SH", only);
		if (!school)
			return (struct str){NULL, 0};
	}
	times = str_trim(times);
	if (words_is_closed(times))
		return wording_text(wording, holidays ? WORD_CLOSED_ON_HOLIDAYS
						      : WORD_CLOSED_IN_SCHOOL_HOLIDAYS);
	if (words_read_times(&w, times, &text))
		return WORDING_FILL(
		    wording, arena,
		    holidays ? WORD_HOURS_ON_HOLIDAYS : WORD_HOURS_IN_SCHOOL_HOLIDAYS, text);
	return (struct str){NULL, 0};
}

/* Whether a rule is for certain dates rather than for days of every week. */
static bool words_is_dated(struct str rule)
{
	struct str rest = rule;
	int64_t year;
	return words_month(&rest) || str_starts(rule, STR("easter")) ||
	       str_to_i64(str_cut(&rule, ' '), 1900, 2999, &year);
}

struct str facts_span(const struct hours_span *span, const struct wording *wording,
		      struct arena *arena)
{
	char text[HOURS_SPAN_TEXT];
	if (span->to - span->from >= 24 * 60)
		return wording_text(wording, WORD_OPEN_24_HOURS);
	hours_span_text(span, text);
	return arena_str(arena, str_of(text));
}

bool facts_hours(struct str text, const struct wording *wording, struct arena *arena,
		 struct facts_hours *out)
{
	struct str *said = arena_array(arena, EXCEPTIONS_MAX, sizeof(*said));
	struct str weekly = STR(""), rest = text;
	size_t count = 0;
	*out = (struct facts_hours){.dated = false};
	if (!said || !text.n || memchr(text.p, '"', text.n) || memmem(text.p, text.n, "||", 2))
		return false;
	while (rest.p) {
		struct str rule = str_trim(str_cut(&rest, ';')), sentence;
		bool only = false, dated = words_is_dated(rule);
		if (!rule.n)
			continue;
		sentence = dated ? words_of_dates(arena, wording, rule)
				 : words_of_holidays(arena, wording, rule, &only);
		if (dated && !sentence.p)
			return false;
		if (sentence.p && count < EXCEPTIONS_MAX)
			said[count++] = sentence;
		out->dated |= dated;
		if (!dated && !(only && sentence.p))
			weekly = weekly.n ? ARENA_JOIN(arena, weekly, STR("; "), rule) : rule;
	}
	out->exceptions = (struct facts_texts){said, count};
	return weekly.n && hours_week_parse(weekly, &out->week, NULL);
}
