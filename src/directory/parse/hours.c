/* Reading opening hours that people and programs write as text: words to tokens,
 * tokens to spans of days. */
#include "base/ascii.h"
#include "base/date.h"
#include "base/memory.h"
#include "directory/parse/hours.h"
#include "directory/parse/values.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum token {
	DAY,
	DAY_FROM, /* begins a range by its form: "hétfőtől" */
	DAY_TO,   /* ends one: "péntekig" */
	DAYS,
	CLOSED,
	EXCEPT,
	ALL_DAY,
	ALWAYS,
	TO,
	AND,
	PLUS, /* "and" between days; behind a time an end that is open */
	END_OF_RULE,
	BAR, /* between days and their times, or between times */
	LINE,
	BRACKET, /* "(closed Sun)" */
	NOTHING,
	CLOCK,
	END
};

/* Languages of names of days. */
enum {
	EN = 1,
	DE = 2,
	FR = 4,
	IT = 8,
	ES = 16,
	NL = 32,
	PT = 64,
	DA = 128, /* and Norwegian */
	SV = 256,
	PL = 512,
	SR = 1024, /* and Croatian, in both scripts */
	CS = 2048, /* and Slovak */
	RU = 4096, /* and Ukrainian, Bulgarian */
	EL = 8192,
	HU = 16384,
	FI = 32768,
	RO = 65536,
	TR = 131072,
	AR = 262144,
	JA = 524288, /* from here on only texts that are not ASCII */
	ZH = 1048576,
	KO = 2097152,
	ANY = 4194303,
	LANGUAGES = 22
};

static const struct hours_word {
	struct str text;
	enum token token;
	unsigned value, languages;
} words[] = {
#define WORD(text, token, value, languages) {{text, sizeof(text) - 1}, token, value, languages},
#include "directory/parse/hours_words.def"
#undef WORD
};

enum { TEXT_BYTES = 1000, ALL_DAYS = 0x7f, DAY_MINUTES = 24 * 60, LATEST_MINUTES = 30 * 60 };

/* Whether a letter of folded text begins here; of what is not ASCII all but dashes and other
 * general punctuation, whose first byte is 0xe2. */
static bool is_letter(char c)
{
	return ascii_is_lower(c) || ((c & 0x80) && (unsigned char)c != 0xe2);
}

/* ---- times ---- */

static size_t clock_digits(struct str s, size_t max, int *out)
{
	size_t n = 0;
	*out = 0;
	while (n < s.n && n < max && ascii_is_digit(s.p[n]))
		*out = *out * 10 + (s.p[n++] - '0');
	return n;
}

/* "am", "a.m.", "PM" behind a time; "9a" where no word follows that "a" could belong to. */
static bool clock_half(struct str *s, bool *afternoon)
{
	struct str rest = *s;
	if (rest.n && ((rest.p[0] | 32) == 'a' || (rest.p[0] | 32) == 'p') &&
	    (rest.n == 1 || memchr("-,;", rest.p[1], 3) || (unsigned char)rest.p[1] == 0xe2)) {
		*afternoon = (rest.p[0] | 32) == 'p';
		str_skip(s, 1);
		return true;
	}
	while (rest.n && rest.p[0] == ' ')
		str_skip(&rest, 1);
	if (rest.n < 2 || ((rest.p[0] | 32) != 'a' && (rest.p[0] | 32) != 'p'))
		return false;
	*afternoon = (rest.p[0] | 32) == 'p';
	str_skip(&rest, 1);
	if (rest.p[0] == '.')
		str_skip(&rest, 1);
	while (rest.n && rest.p[0] == ' ')
		str_skip(&rest, 1);
	if (!rest.n || (rest.p[0] | 32) != 'm' || (rest.n > 1 && is_letter((char)(rest.p[1] | 32))))
		return false;
	str_skip(&rest, 1);
	if (rest.n && rest.p[0] == '.')
		str_skip(&rest, 1);
	*s = rest;
	return true;
}

/* ":30", ".30", "h30", "u30", "h" behind the hour, and seconds. False: not minutes. */
static bool clock_minutes(struct str *s, int *minute, bool *bare)
{
	int second;
	*minute = 0;
	*bare = true;
	bool dutch =
	    s->n > 2 && s->p[0] == 'u' && ascii_is_digit(s->p[1]) && ascii_is_digit(s->p[2]);
	if (!s->n || (s->p[0] != ':' && s->p[0] != '.' && (s->p[0] | 32) != 'h' && !dutch))
		return true;
	bool hour_sign = (s->p[0] | 32) == 'h';
	struct str rest = {s->p + 1, s->n - 1};
	size_t n = clock_digits(rest, 2, minute);
	if (n == 0) {
		*minute = 0;
		if (hour_sign && (!rest.n || !is_letter((char)(rest.p[0] | 32))))
			*s = rest;
		return true; /* "9h", or "9:" as in "Mo 9: ..." which the reader refuses */
	}
	if (n == 1 && s->p[0] == '.')
		return false; /* "9.5" may be half past nine */
	str_skip(&rest, n);
	*bare = false;
	if (rest.n > 1 && rest.p[0] == ':' && ascii_is_digit(rest.p[1])) {
		str_skip(&rest, 1);
		str_skip(&rest, clock_digits(rest, 2, &second));
		if (rest.n > 1 && rest.p[0] == '.' && ascii_is_digit(rest.p[1])) {
			str_skip(&rest, 1);
			while (rest.n && ascii_is_digit(rest.p[0]))
				str_skip(&rest, 1);
		}
	}
	*s = rest;
	return *minute < 60;
}

bool parse_hours_clock_take(struct str *s, struct parse_hours_clock *out)
{
	struct str rest = *s;
	int hour, minute;
	bool afternoon;
	*out = (struct parse_hours_clock){0};
	if (rest.n > 1 && (rest.p[0] | 32) == 't' && ascii_is_digit(rest.p[1]))
		str_skip(&rest, 1);
	size_t n = clock_digits(rest, 5, &hour);
	if (n == 0 || n == 5 || n == 3)
		return false;
	str_skip(&rest, n);
	if (n == 4) { /* "0900" */
		minute = hour % 100;
		hour /= 100;
		if (minute > 59)
			return false;
	} else if (!clock_minutes(&rest, &minute, &out->bare)) {
		return false;
	}
	out->padded = n >= 2 && !out->bare;
	if (clock_half(&rest, &afternoon)) {
		if (hour > 12) {
			if (!afternoon || hour > 23)
				return false; /* "14:00 PM" is what it says, "14:00 AM" is not */
		} else if (hour == 0) {
			return false;
		} else {
			hour = hour % 12 + (afternoon ? 12 : 0);
		}
		out->twelve = true;
	}
	out->minutes = hour * 60 + minute;
	*s = rest;
	return out->minutes <= LATEST_MINUTES; /* "26:00" is 2:00 of the next day */
}

/* ---- tokens ---- */

static const char unknown_word[] = "a word of the opening hours is not known";

struct reading {
	struct str rest;
	unsigned language;
	enum token token;
	unsigned value;
	struct parse_hours_clock clock;
	struct parse_hours_table *table;
	bool in_span; /* the begin of a span was read, its end is next */
	const char *why;
};

/* The words by their first bytes: every token of a text is looked for in every language. */
static const struct hours_word *words_at(unsigned char first, size_t *count)
{
	static struct hours_word sorted[COUNT_OF(words)];
	static size_t begin[UCHAR_MAX + 2];
	if (!begin[UCHAR_MAX + 1]) {
		for (size_t i = 0; i < COUNT_OF(words); i++)
			begin[(unsigned char)words[i].text.p[0] + 1]++;
		for (size_t c = 0; c <= UCHAR_MAX; c++)
			begin[c + 1] += begin[c];
		size_t next[UCHAR_MAX + 1];
		memcpy(next, begin, sizeof(next));
		for (size_t i = 0; i < COUNT_OF(words); i++)
			sorted[next[(unsigned char)words[i].text.p[0]]++] = words[i];
	}
	*count = begin[first + 1] - begin[first];
	return sorted + begin[first];
}

/* The longest word of the language that begins here and ends where a word ends. */
static const struct hours_word *reading_word(const struct reading *r)
{
	size_t count;
	const struct hours_word *best = NULL, *w = words_at((unsigned char)r->rest.p[0], &count);
	for (size_t i = 0; i < count; i++) {
		struct str text = w[i].text;
		if (!(w[i].languages & r->language) || !str_starts(r->rest, text) ||
		    (best && best->text.n >= text.n))
			continue;
		char end = text.p[text.n - 1], next = r->rest.n > text.n ? r->rest.p[text.n] : ' ';
		bool inside = is_letter(end) && !(end & 0x80) && is_letter(next);
		if (!inside && !(ascii_is_digit(end) && ascii_is_digit(next)))
			best = &w[i];
	}
	return best;
}

/* " h 30", "h 30" behind an hour: two digits that do not begin another time, as "14" does in
 * "8-12 h 14-18 h". */
static void reading_minutes(struct reading *r)
{
	struct str rest = r->rest;
	bool hour_sign = rest.p[-1] == 'h';
	int minute;
	while (rest.n && (rest.p[0] == ' ' || (rest.p[0] == 'h' && !hour_sign))) {
		hour_sign |= rest.p[0] == 'h';
		str_skip(&rest, 1);
	}
	if (!hour_sign || clock_digits(rest, 3, &minute) != 2 || minute > 59)
		return;
	str_skip(&rest, 2);
	struct str next = str_trim(rest);
	bool dash = next.n && (next.p[0] == '-' || (unsigned char)next.p[0] == 0xe2);
	if (next.n && (strchr(":.h", next.p[0]) || (dash && r->in_span)))
		return;
	r->clock.minutes += minute;
	r->clock.bare = false;
	r->rest = rest;
	if (r->clock.minutes > DAY_MINUTES)
		r->why = unknown_word;
}

static void reading_next(struct reading *r)
{
	const enum token before = r->token;
	while (r->rest.n && (r->rest.p[0] == ' ' || r->rest.p[0] == '\t' || r->rest.p[0] == '\r'))
		str_skip(&r->rest, 1);
	r->value = 0;
	if (!r->rest.n) {
		r->token = END;
		return;
	}
	const struct hours_word *word = reading_word(r);
	if (word) {
		r->token = word->token;
		bool day = word->token == DAY || word->token == DAY_FROM || word->token == DAY_TO;
		r->value = day ? 1u << word->value : word->value;
		if (word->token == CLOCK) /* noon, midnight */
			r->clock =
			    (struct parse_hours_clock){.minutes = (int)word->value, .twelve = true};
		str_skip(&r->rest, word->text.n);
		if (r->token == PLUS)
			r->token = AND;
		if (word->token == PLUS && before != DAY && before != DAYS) {
			r->token = END;
			r->why = unknown_word;
		}
	} else if (ascii_is_digit(r->rest.p[0]) && parse_hours_clock_take(&r->rest, &r->clock)) {
		r->token = CLOCK;
		if (r->clock.bare && !r->clock.twelve)
			reading_minutes(r);
	} else {
		r->token = END;
		r->why = unknown_word;
	}
}

static void reading_skip(struct reading *r)
{
	while (r->token == NOTHING)
		reading_next(r);
}

static bool is_day(enum token token)
{
	return token == DAY || token == DAYS || token == DAY_FROM;
}

/* "Mo", "Mo-Fr", "daily": its days. */
static unsigned reading_days(struct reading *r)
{
	unsigned days = r->value;
	const enum token first = r->token;
	reading_next(r);
	reading_skip(r);
	if (first == DAYS || (first == DAY && r->token != TO))
		return days;
	struct reading ahead = *r;
	if (first == DAY)
		reading_next(&ahead);
	if (ahead.token != (first == DAY ? DAY : DAY_TO)) {
		r->why = r->why ? r->why : "a range of days has no end";
		return days;
	}
	for (unsigned day = days; day != ahead.value;) {
		day = day == 0x40 ? 1 : day << 1;
		days |= day;
	}
	*r = ahead;
	reading_next(r);
	return days;
}

/* "Sunday and Monday", "Sa, Su": days and nothing else up to the end of what is said of them. */
static unsigned reading_list(struct reading *r)
{
	unsigned days = 0;
	while (!r->why && (is_day(r->token) || r->token == AND || r->token == NOTHING))
		if (is_day(r->token))
			days |= reading_days(r);
		else
			reading_next(r);
	return days;
}

/* "closed", of `days`; of the days behind it where those before it have their times. */
static void reading_closed(struct reading *r, unsigned *days, bool *said)
{
	unsigned closed = *days;
	reading_next(r);
	reading_skip(r);
	if ((!closed || *said) && is_day(r->token)) {
		closed = reading_list(r);
		*days = 0;
		if (!r->why && r->token != END && r->token != END_OF_RULE && r->token != BAR &&
		    r->token != LINE)
			r->why = "which days are closed is not clear";
	}
	if (!closed)
		r->why = r->why ? r->why : "no day is named";
	parse_hours_close(r->table, closed);
	*said = true;
}

/* "daily except Monday": `days` without those that follow. Public holidays are no days of the
 * week, so that they are closed by name. */
static void reading_except(struct reading *r, unsigned *days, bool said, bool alone)
{
	reading_next(r);
	reading_skip(r);
	unsigned except = reading_list(r);
	/* "daily 10-18 except Monday": of what was said so far, and nothing follows */
	bool behind = said && alone && r->token == END;
	if ((said && !behind) || !except || !(*days & ~except))
		r->why = r->why ? r->why : "which days are excepted is not clear";
	for (int d = 0; d < PARSE_HOURS_HOLIDAY && behind; d++)
		if (except >> d & 1)
			r->table->day[d].count = 0;
	*days &= ~except;
	parse_hours_close(r->table, except & 1u << PARSE_HOURS_HOLIDAY);
}

static void reading_span(struct reading *r, unsigned days, int *last)
{
	struct parse_hours_clock from = r->clock, to;
	r->in_span = true;
	reading_next(r);
	reading_skip(r);
	if (r->token != TO) {
		r->why = r->why ? r->why : "a time has no end";
		return;
	}
	do
		reading_next(r);
	while (r->token == NOTHING || (r->token == TO && !r->why));
	r->in_span = false;
	if (r->token != CLOCK) {
		r->why = r->why ? r->why : "a time has no end";
		return;
	}
	to = r->clock;
	int end = from.minutes > DAY_MINUTES ? -1 : parse_hours_span_end(&from, &to);
	if (end < 0 || (from.minutes < *last && end > 0)) {
		r->why = "a clock of twelve hours may be meant";
		return;
	}
	*last = end;
	const char *why = parse_hours_open(r->table, days, from.minutes, end);
	r->why = r->why ? r->why : why;
	reading_next(r);
}

/* "9am-5pm Monday to Friday": times before their days. Of "9-5 Mo-Fr, Sa 10-4" the last times have
 * no days behind them, so that it stays text. */
static void reading_times_first(struct reading *r)
{
	struct parse_hours_table *table = r->table, times;
	int last = 0;
	memset(&times, 0, sizeof(times));
	r->table = &times;
	while (!r->why && (r->token == CLOCK || r->token == AND || r->token == NOTHING))
		if (r->token == CLOCK)
			reading_span(r, 1, &last);
		else
			reading_next(r);
	r->table = table;
	unsigned days = r->why ? 0 : reading_list(r);
	if (!days)
		r->why = r->why ? r->why : "no day is named";
	else if (r->token == EXCEPT)
		reading_except(r, &days, false, true);
	const struct parse_hours_row *row = &times.day[0];
	for (size_t i = 0; i < row->count && !r->why; i++)
		r->why = parse_hours_open(table, days, row->span[i].from, row->span[i].to);
}

/* "24 hours a day, 7 days a week": of the days behind it. "24 hours" alone names no day. */
static void reading_all_day(struct reading *r)
{
	do
		reading_next(r);
	while (r->token == AND || r->token == NOTHING);
	unsigned days = is_day(r->token) ? reading_list(r) : 0;
	const char *why =
	    days ? parse_hours_open(r->table, days, 0, DAY_MINUTES) : "no day is named";
	r->why = r->why ? r->why : why;
}

/* Whether times or "closed" come next. */
static bool reading_is_said(const struct reading *r)
{
	struct reading ahead = *r;
	reading_next(&ahead);
	reading_skip(&ahead);
	return ahead.token == CLOCK || ahead.token == CLOSED || ahead.token == ALL_DAY;
}

static bool reading_is_next(const struct reading *r, enum token token)
{
	struct reading ahead = *r;
	reading_next(&ahead);
	reading_skip(&ahead);
	return ahead.token == token;
}

/* The loop over tokens. `days`: those that the text is of before it names any. */
static void reading_rules(struct reading *r, unsigned days)
{
	const bool given = days != 0;
	bool said = false, any = false, times_first = false;
	int last = 0, rules = 0; /* groups of days that were named */
	reading_next(r);
	while (!r->why && r->token != END) {
		switch (r->token) {
		case DAY:
		case DAY_FROM:
		case DAYS:
			if (given)
				r->why = "days are named in the hours of a day";
			rules += said || !rules;
			days = said ? 0 : days;
			said = false;
			last = 0;
			days |= reading_days(r);
			continue;
		case CLOCK:
			times_first |= !any && !days;
			if (days)
				reading_span(r, days, &last);
			else if (times_first)
				reading_times_first(r);
			else
				r->why = "no day is named";
			said = any = true;
			continue;
		case CLOSED:
			reading_closed(r, &days, &said);
			any = true;
			continue;
		case EXCEPT:
			reading_except(r, &days, said, rules == 1);
			continue;
		case ALL_DAY:
			if (!days && !any) {
				reading_all_day(r);
				said = any = true;
				continue;
			}
			r->why = days ? parse_hours_open(r->table, days, 0, DAY_MINUTES)
				      : "no day is named";
			said = any = true;
			break;
		case ALWAYS:
			r->why = parse_hours_open(r->table, days ? days : ALL_DAYS, 0, DAY_MINUTES);
			said = any = true;
			break;
		case END_OF_RULE:
			if (days && !said)
				r->why = "days without times";
			days = given ? days : 0;
			break;
		case BAR:
			if (days && !said && !reading_is_said(r))
				r->why = "days without times";
			break;
		case LINE:
			if (said && !given)
				days = 0;
			break;
		case TO:
			/* "9-12 - Sa 9-11": a dash between what is said of days */
			if (!said || !reading_is_next(r, DAY))
				r->why = "a range has no begin";
			break;
		case DAY_TO:
			r->why = "a range has no begin";
			break;
		case BRACKET:
			/* Other times of a day in brackets replace those before, or add to them. */
			if (!reading_is_next(r, CLOSED) && !(days && !said))
				r->why = unknown_word;
			break;
		case AND:
		case PLUS:
		case NOTHING:
		case END:
			break;
		}
		reading_next(r);
	}
	if (r->why || (said && any))
		return;
	if (any)
		r->why = "days without times";
	else if (!days || given)
		r->why = "no times are named";
	else
		r->why = parse_hours_open(r->table, days, 0, DAY_MINUTES); /* "Mo-Su" */
}

static bool tables_equal(const struct parse_hours_table *a, const struct parse_hours_table *b)
{
	for (size_t d = 0; d < PARSE_HOURS_DAYS; d++)
		if (!parse_hours_row_equal(&a->day[d], &b->day[d]))
			return false;
	return true;
}

/* In every language; all readings that succeed agree, or it is not understood. */
static const char *parse_hours_read(struct str text, unsigned days, struct parse_hours_table *out)
{
	char folded[TEXT_BYTES], plain[TEXT_BYTES];
	size_t n;
	bool any = false, markup;
	const char *why = unknown_word;
	size_t left = SIZE_MAX, ascii = 0;
	if (text.n && text.n <= TEXT_BYTES &&
	    (memchr(text.p, '<', text.n) || memchr(text.p, '&', text.n)))
		text = value_without_markup(text, plain, &markup);
	if (!value_fold(text, folded, TEXT_BYTES - 1, &n))
		return "the opening hours are too long";
	while (ascii < n && !(folded[ascii] & 0x80))
		ascii++;
	for (unsigned l = 0; l < LANGUAGES && (ascii < n || 1u << l < JA); l++) {
		struct parse_hours_table table;
		memset(&table, 0, sizeof(table));
		struct reading r = {.rest = {folded, n}, .language = 1u << l, .table = &table};
		reading_rules(&r, days);
		if (r.why) {
			/* The reading that came furthest before it failed gives the cause. */
			if (r.why != unknown_word && r.rest.n < left) {
				why = r.why;
				left = r.rest.n;
			}
			continue;
		}
		if (any && !tables_equal(&table, out))
			return "a day's name means different days in different languages";
		*out = table;
		any = true;
	}
	return any ? NULL : why;
}

static void table_add(struct parse_hours_draft *h, const struct parse_hours_table *more)
{
	for (int d = 0; d < PARSE_HOURS_DAYS; d++) {
		const struct parse_hours_row *row = &more->day[d];
		if (row->closed)
			parse_hours_close(&h->week, 1u << d);
		for (size_t i = 0; i < row->count; i++) {
			const char *why =
			    parse_hours_open(&h->week, 1u << d, row->span[i].from, row->span[i].to);
			if (why)
				parse_hours_unclear(h, why);
		}
	}
}

void parse_hours_text(struct parse_hours_draft *h, struct str text)
{
	struct parse_hours_table table;
	if (str_trim(text).n == 0)
		return;
	parse_hours_written(h, text);
	const char *why = parse_hours_read(text, 0, &table);
	h->foreign |= why == unknown_word && !h->unclear;
	if (why)
		parse_hours_unclear(h, why);
	else
		table_add(h, &table);
}

void parse_hours_of_days(struct parse_hours_draft *h, unsigned days, struct str name,
			 struct str text)
{
	struct parse_hours_table table;
	struct buf written;
	text = str_trim(text);
	if (!text.n)
		return;
	buf_init(&written, TEXT_BYTES);
	buf_printf(&written, "%.*s: %.*s", STR_ARG(name), STR_ARG(text));
	parse_hours_written(h, buf_failed(&written) ? text : buf_view(&written));
	buf_release(&written);
	const char *why = parse_hours_read(text, days, &table);
	if (why)
		parse_hours_unclear(h, why);
	else
		table_add(h, &table);
}

void parse_hours_day(struct parse_hours_draft *h, int day, struct str text)
{
	parse_hours_of_days(h, 1u << day, str_of(date_weekday_names[day]), text);
}

/* Days alone in a text that is folded, in one language; 0: not so. */
static unsigned days_alone(struct str folded, unsigned language)
{
	struct reading r = {.rest = folded, .language = language};
	unsigned days = 0;
	reading_next(&r);
	while (!r.why && r.token != END) {
		if (is_day(r.token))
			days |= reading_days(&r);
		else if (r.token == AND || r.token == NOTHING || r.token == LINE ||
			 r.token == BAR || r.token == END_OF_RULE)
			reading_next(&r);
		else
			r.why = "not a day";
	}
	return r.why ? 0 : days;
}

/* The days in a folded header, without the words around them. *hours: it names opening hours. */
static struct str column_of_days(struct str s, bool *hours)
{
	static const char *const behind[] = {
	    "vormittags", "vormittag",  "nachmittags", "nachmittag", "morgens", "abends",
	    "am",         "pm",         "morning",     "afternoon",  "evening", "matin",
	    "soir",       "mattina",    "tarde",       "pomeriggio", "manana",  "ochtend",
	    "apres-midi", "apres midi", "middag",      "hours",      "avond",   "manha",
	    "noite",      "rano",       "popoludniu",  "sera",       "soiree",  "noche"};
	size_t named = header_hours_prefix(s);
	*hours = named > 0;
	str_skip(&s, named);
	for (size_t i = 0; i < COUNT_OF(behind); i++) {
		size_t n = strlen(behind[i]);
		if (s.n > n + 1 && str_ends(s, str_of(behind[i])) && s.p[s.n - n - 1] == ' ') {
			*hours |= strcmp(behind[i], "hours") == 0;
			s.n -= n + 1;
			break;
		}
	}
	return str_trim(s);
}

void parse_hours_columns(const struct str *headers, size_t count, unsigned *days)
{
	enum { COLUMNS_MAX = 40 };
	struct column {
		char text[TEXT_BYTES];
		struct str name;
		size_t at;
		unsigned days[LANGUAGES];
	} *column = memory_alloc(COLUMNS_MAX * sizeof(*column));
	size_t n = 0, length;
	bool any_hours = false, any_days = false, found = false;
	memset(days, 0, count * sizeof(days[0]));
	for (size_t i = 0; i < count && n < COLUMNS_MAX; i++) {
		struct column *c = &column[n];
		bool hours, known = false;
		if (!headers[i].n || !value_fold(headers[i], c->text, TEXT_BYTES - 1, &length))
			continue;
		for (size_t k = 0; k < length; k++)
			c->text[k] = (char)(c->text[k] == '_' ? ' ' : c->text[k]);
		c->name = column_of_days((struct str){c->text, length}, &hours);
		for (unsigned l = 0; l < LANGUAGES && c->name.n > 1; l++) {
			c->days[l] = days_alone(c->name, 1u << l);
			known |= c->days[l] != 0;
			any_days |=
			    c->days[l] && (hours || c->days[l] != 1u << PARSE_HOURS_HOLIDAY);
		}
		any_hours |= known && hours;
		c->at = i;
		n += known;
	}
	if (!any_days) /* holidays alone may be others */
		n = 0;
	for (unsigned l = 0; l < LANGUAGES && n > (any_hours ? 0 : 1); l++) {
		bool all = true, same = true;
		for (size_t i = 0; i < n; i++) {
			all &= column[i].days[l] != 0;
			same &= !found || days[column[i].at] == column[i].days[l];
		}
		if (all && !same) { /* other days in another language */
			memset(days, 0, count * sizeof(days[0]));
			break;
		}
		for (size_t i = 0; i < n && all; i++)
			days[column[i].at] = column[i].days[l];
		found |= all;
	}
	free(column);
}

unsigned parse_hours_days(struct str text)
{
	char folded[TEXT_BYTES];
	size_t n;
	unsigned found = 0;
	/* "https://schema.org/Monday", "schema:Monday" */
	for (size_t i = text.n; i > 0; i--)
		if (text.p[i - 1] == '/' || text.p[i - 1] == '#' ||
		    (text.p[i - 1] == ':' && i < text.n)) {
			str_skip(&text, i);
			break;
		}
	if (!value_fold(text, folded, TEXT_BYTES - 1, &n))
		return 0;
	for (unsigned l = 0; l < LANGUAGES; l++) {
		unsigned days = days_alone((struct str){folded, n}, 1u << l);
		if (!days)
			continue;
		if (found && found != days)
			return 0;
		found = days;
	}
	return found;
}

bool parse_hours_says_closed(struct str text)
{
	char folded[TEXT_BYTES];
	size_t n;
	if (!text.n || !value_fold(text, folded, TEXT_BYTES - 1, &n))
		return false;
	for (unsigned l = 0; l < LANGUAGES; l++) {
		struct reading r = {.rest = {folded, n}, .language = 1u << l};
		reading_next(&r);
		if (r.token != CLOSED)
			continue;
		reading_next(&r);
		if (r.token == END && !r.why)
			return true;
	}
	return false;
}
