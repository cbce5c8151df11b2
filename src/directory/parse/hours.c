/* Reading opening hours that people and programs write as text: words to tokens,
 * tokens to spans of days. */
#include "base/ascii.h"
#include "base/date.h"
#include "directory/parse/hours.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum token { DAY, DAYS, CLOSED, ALL_DAY, ALWAYS, TO, AND, END_OF_RULE, LINE, NOTHING, CLOCK, END };

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
	ANY = 1023,
	LANGUAGES = 10
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

enum { TEXT_BYTES = 1000, ALL_DAYS = 0x7f, DAY_MINUTES = 24 * 60 };

static bool is_letter(char c)
{
	return ascii_is_lower(c) || (c & 0x80);
}

/* Lower case, without marks, wide forms and no-break spaces. False: too long, or not UTF-8. */
static bool parse_hours_fold(struct str text, char out[TEXT_BYTES], size_t *n)
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t k = utf8proc_map(
	    (const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &folded,
	    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK |
		UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_NLF2LF);
	bool ok = k >= 0 && k < TEXT_BYTES;
	if (ok)
		memcpy(out, folded, (size_t)k);
	*n = ok ? (size_t)k : 0;
	free(folded);
	return ok;
}

/* ---- times ---- */

static void clock_skip(struct str *s, size_t n)
{
	*s = (struct str){s->p + n, s->n - n};
}

static size_t clock_digits(struct str s, size_t max, int *out)
{
	size_t n = 0;
	*out = 0;
	while (n < s.n && n < max && ascii_is_digit(s.p[n]))
		*out = *out * 10 + (s.p[n++] - '0');
	return n;
}

/* "am", "a.m.", "PM" behind a time. */
static bool clock_half(struct str *s, bool *afternoon)
{
	struct str rest = *s;
	while (rest.n && rest.p[0] == ' ')
		clock_skip(&rest, 1);
	if (rest.n < 2 || ((rest.p[0] | 32) != 'a' && (rest.p[0] | 32) != 'p'))
		return false;
	*afternoon = (rest.p[0] | 32) == 'p';
	clock_skip(&rest, 1);
	if (rest.p[0] == '.')
		clock_skip(&rest, 1);
	while (rest.n && rest.p[0] == ' ')
		clock_skip(&rest, 1);
	if (!rest.n || (rest.p[0] | 32) != 'm' || (rest.n > 1 && is_letter((char)(rest.p[1] | 32))))
		return false;
	clock_skip(&rest, 1);
	if (rest.n && rest.p[0] == '.')
		clock_skip(&rest, 1);
	*s = rest;
	return true;
}

/* ":30", ".30", "h30", "h" behind the hour, and seconds. False: not minutes. */
static bool clock_minutes(struct str *s, int *minute, bool *bare)
{
	int second;
	*minute = 0;
	*bare = true;
	if (!s->n || (s->p[0] != ':' && s->p[0] != '.' && (s->p[0] | 32) != 'h'))
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
	clock_skip(&rest, n);
	*bare = false;
	if (rest.n > 1 && rest.p[0] == ':' && ascii_is_digit(rest.p[1])) {
		clock_skip(&rest, 1);
		clock_skip(&rest, clock_digits(rest, 2, &second));
		if (rest.n > 1 && rest.p[0] == '.' && ascii_is_digit(rest.p[1])) {
			clock_skip(&rest, 1);
			while (rest.n && ascii_is_digit(rest.p[0]))
				clock_skip(&rest, 1);
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
		clock_skip(&rest, 1);
	size_t n = clock_digits(rest, 5, &hour);
	if (n == 0 || n == 5 || n == 3)
		return false;
	clock_skip(&rest, n);
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
	return out->minutes <= DAY_MINUTES;
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
	bool days_alone; /* nothing but days may be there */
	const char *why;
};

/* The longest word of the language that begins here and ends where a word ends. */
static const struct hours_word *reading_word(const struct reading *r)
{
	const struct hours_word *best = NULL;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct str text = words[i].text;
		if (!(words[i].languages & r->language) || text.p[0] != r->rest.p[0] ||
		    !str_starts(r->rest, text) || (best && best->text.n >= text.n))
			continue;
		char end = text.p[text.n - 1], next = r->rest.n > text.n ? r->rest.p[text.n] : ' ';
		bool inside = is_letter(end) && !(end & 0x80) && is_letter(next) &&
			      (unsigned char)next != 0xe2; /* dashes begin with it */
		if (!inside && !(ascii_is_digit(end) && ascii_is_digit(next)))
			best = &words[i];
	}
	return best;
}

static void reading_next(struct reading *r)
{
	while (r->rest.n && (r->rest.p[0] == ' ' || r->rest.p[0] == '\t' || r->rest.p[0] == '\r'))
		clock_skip(&r->rest, 1);
	r->value = 0;
	if (!r->rest.n) {
		r->token = END;
		return;
	}
	const struct hours_word *word = reading_word(r);
	if (word) {
		r->token = word->token;
		r->value = word->token == DAY ? 1u << word->value : word->value;
		if (word->token == CLOCK) /* noon, midnight */
			r->clock =
			    (struct parse_hours_clock){.minutes = (int)word->value, .twelve = true};
		clock_skip(&r->rest, word->text.n);
	} else if (ascii_is_digit(r->rest.p[0]) && parse_hours_clock_take(&r->rest, &r->clock)) {
		r->token = CLOCK;
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

/* "Mo", "Mo-Fr", "daily": its days. */
static unsigned reading_days(struct reading *r)
{
	unsigned days = r->value;
	bool one = r->token == DAY;
	reading_next(r);
	reading_skip(r);
	if (!one || r->token != TO)
		return days;
	struct reading ahead = *r;
	reading_next(&ahead);
	if (ahead.token != DAY) {
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

static void reading_span(struct reading *r, unsigned days, int *last)
{
	struct parse_hours_clock from = r->clock, to;
	reading_next(r);
	reading_skip(r);
	if (r->token != TO) {
		r->why = r->why ? r->why : "a time has no end";
		return;
	}
	do
		reading_next(r);
	while (r->token == NOTHING || (r->token == TO && !r->why));
	if (r->token != CLOCK) {
		r->why = r->why ? r->why : "a time has no end";
		return;
	}
	to = r->clock;
	int end = parse_hours_span_end(&from, &to);
	if (end < 0 || (from.minutes < *last && end > 0)) {
		r->why = "a clock of twelve hours may be meant";
		return;
	}
	*last = end;
	const char *why = parse_hours_open(r->table, days, from.minutes, end);
	r->why = r->why ? r->why : why;
	reading_next(r);
}

/* What is said of days: the loop over tokens. `days`: those that the text is of
 * before it names any. */
static void reading_rules(struct reading *r, unsigned days)
{
	const bool given = days != 0;
	bool said = false, any = false;
	int last = 0;
	reading_next(r);
	while (!r->why && r->token != END) {
		switch (r->token) {
		case DAY:
		case DAYS:
			if (given)
				r->why = "days are named in the hours of a day";
			days = said ? 0 : days;
			said = false;
			last = 0;
			days |= reading_days(r);
			continue;
		case CLOCK:
			if (!days)
				r->why = "no day is named";
			else
				reading_span(r, days, &last);
			said = any = true;
			continue;
		case CLOSED:
		case ALL_DAY:
			if (!days)
				r->why = "no day is named";
			if (r->token == CLOSED)
				parse_hours_close(r->table, days);
			else if (!r->why)
				r->why = parse_hours_open(r->table, days, 0, DAY_MINUTES);
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
		case LINE:
			if (said && !given)
				days = 0;
			break;
		case TO:
			r->why = "a range has no begin";
			break;
		case AND:
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

/* In every language; all readings that succeed agree, or it is not understood. */
static const char *parse_hours_read(struct str text, unsigned days, struct parse_hours_table *out)
{
	char folded[TEXT_BYTES];
	size_t n;
	bool any = false;
	const char *why = unknown_word;
	if (!parse_hours_fold(text, folded, &n))
		return "the opening hours are too long";
	for (unsigned l = 0; l < LANGUAGES; l++) {
		struct parse_hours_table table;
		memset(&table, 0, sizeof(table));
		struct reading r = {.rest = {folded, n}, .language = 1u << l, .table = &table};
		reading_rules(&r, days);
		if (r.why) {
			/* What went wrong behind words that were known says more. */
			why = r.why != unknown_word ? r.why : why;
			continue;
		}
		if (any && memcmp(&table, out, sizeof(table)) != 0)
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

void parse_hours_day(struct parse_hours_draft *h, int day, struct str text)
{
	struct parse_hours_table table;
	char written[256];
	const char *name = date_weekday_names[day];
	size_t n = strlen(name);
	text = str_trim(text);
	if (!text.n)
		return;
	memcpy(written, name, n);
	memcpy(written + n, ": ", 2);
	size_t k = text.n < sizeof(written) - n - 2 ? text.n : sizeof(written) - n - 2;
	memcpy(written + n + 2, text.p, k);
	parse_hours_written(h, (struct str){written, n + 2 + k});
	const char *why = parse_hours_read(text, 1u << day, &table);
	if (why)
		parse_hours_unclear(h, why);
	else
		table_add(h, &table);
}

unsigned parse_hours_days(struct str text)
{
	char folded[TEXT_BYTES];
	size_t n;
	unsigned found = 0;
	/* "https://schema.org/Monday", "schema:Monday" */
	for (size_t i = text.n; i > 0; i--)
		if (text.p[i - 1] == '/' || (text.p[i - 1] == ':' && i < text.n)) {
			clock_skip(&text, i);
			break;
		}
	if (!parse_hours_fold(text, folded, &n))
		return 0;
	for (unsigned l = 0; l < LANGUAGES; l++) {
		struct reading r = {.rest = {folded, n}, .language = 1u << l};
		unsigned days = 0;
		reading_next(&r);
		while (!r.why && r.token != END) {
			if (r.token == DAY || r.token == DAYS)
				days |= reading_days(&r);
			else if (r.token == AND || r.token == NOTHING || r.token == LINE ||
				 r.token == END_OF_RULE)
				reading_next(&r);
			else
				r.why = "not a day";
		}
		if (r.why || !days)
			continue;
		if (found && found != days)
			return 0;
		found = days;
	}
	return found;
}
