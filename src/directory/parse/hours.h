/* Opening hours as files write them, made into opening_hours of OpenStreetMap: understood
 * whole or not at all.
 *
 * A reader gives what it finds, as often as it finds something: entries add up and overlaps are
 * united. What cannot be understood completely makes the whole unclear; then nothing is claimed,
 * and what was written stays as text.
 *
 * - no day named: unclear
 * - open and closed said of one day: unclear
 * - 00:00-23:59, 00:00-24:00: 24 hours; 00:00-00:00: closed; 12 AM-12 AM: unclear
 * - the end before the begin: past midnight; unclear where a clock of twelve hours may
 *   be meant ("9-5")
 * - days alone ("Mo-Su"): open all day
 * - "closed Sun" behind the times of other days, "daily except Monday": as it says
 * - an offset ("09:00+01:00"): local time where the place can have it, else unclear
 * - dates in the past: dropped
 *
 * Inside the parser only. */
#ifndef DIRECTORY_PARSE_HOURS_H
#define DIRECTORY_PARSE_HOURS_H

#include "base/buf.h"
#include "base/json.h"

enum {
	PARSE_HOURS_DAYS = 8, /* Monday first; the last stands for public holidays */
	PARSE_HOURS_HOLIDAY = 7,
	PARSE_HOURS_DAY_SPANS = 8,
	PARSE_HOURS_PERIODS = 12,
	PARSE_HOURS_WRITTEN_BYTES = 900,
};

/* Spans of the days of a week, in minutes; `to` may pass 24:00. */
struct parse_hours_table {
	struct parse_hours_row {
		size_t count;
		struct {
			int from, to;
		} span[PARSE_HOURS_DAY_SPANS];
		bool closed; /* said so */
	} day[PARSE_HOURS_DAYS];
};

/* Dates between which a table replaces the others, as 20260131. */
struct parse_hours_period {
	int from, to;
	struct parse_hours_table table;
};

struct parse_hours_draft {
	struct parse_hours_table week;
	struct parse_hours_period period[PARSE_HOURS_PERIODS];
	size_t periods;
	const char *unclear; /* why; NULL: understood so far */
	bool foreign;        /* unclear because of a word that another language may know */
	struct buf written;  /* all that was given, to be kept as text */
	int today;           /* 20260131, UTC */
	size_t past;         /* entries whose dates are over */
	bool has_offset;     /* one that was given; all must be the same */
	int offset_minutes;
};

void parse_hours_init(struct parse_hours_draft *h);
void parse_hours_reset(struct parse_hours_draft *h);
void parse_hours_release(struct parse_hours_draft *h);

/* "Mo-Fr 09:00-12:00, 13:00-17:00; Sa 10am - 2pm". */
void parse_hours_text(struct parse_hours_draft *h, struct str text);
/* Of one day of the week (0: Monday): "9:00 AM-5:00 PM, 6-8 PM", "Closed". */
void parse_hours_day(struct parse_hours_draft *h, int day, struct str text);
/* The same of several days, whose bits are set; `name` is how the file calls them. */
void parse_hours_of_days(struct parse_hours_draft *h, unsigned days, struct str name,
			 struct str text);
/* Which days the columns of a table are of: "Mo-Fr", "Sa", "Öffnungszeiten So". They are read
 * together, because "Di" is a day of two languages. days[n] = 0: not a column of days. */
void parse_hours_columns(const struct str *headers, size_t count, unsigned *days);
/* An OpeningHoursSpecification of schema.org; days of the week need not be
 * named where dates are. */
void parse_hours_specification(struct parse_hours_draft *h, const struct json_value *v);
/* specialOpeningHoursSpecification: one or a list of them, each with dates. */
void parse_hours_special(struct parse_hours_draft *h, const struct json_value *v);
/* A list of texts or specifications, {"Monday": "9-17", ...}, {"weekday_text":
 * [...]}, or one text. */
void parse_hours_value(struct parse_hours_draft *h, const struct json_value *v);

/* What another form of the same source says, which must have been understood: days that *h does
 * not name are added; different hours of one day make *h unclear. */
void parse_hours_merge(struct parse_hours_draft *h, struct parse_hours_draft *more);

/* Whether anything was given that is not over. */
bool parse_hours_given(const struct parse_hours_draft *h);

/* What was understood as opening_hours. NULL, or why it is unclear; then nothing is appended.
 * offset_ok: the place can have the offset that was given. */
const char *parse_hours_write(struct parse_hours_draft *h, bool offset_ok, struct buf *out);

/* What cannot be claimed as a text that opening_hours reads as a remark. */
void parse_hours_remark(struct str written, struct buf *out);

/* ---- inside: hours.c reads texts, hours_table.c builds ---- */

/* A time of day as written. */
struct parse_hours_clock {
	int minutes;
	bool twelve; /* am or pm was said */
	bool padded; /* two digits and minutes: a clock of 24 hours */
	bool bare;   /* no minutes */
};

void parse_hours_unclear(struct parse_hours_draft *h, const char *why);
void parse_hours_written(struct parse_hours_draft *h, struct str text);
/* "Closed", "Fermé": a word for it in any language, and nothing else. */
bool parse_hours_says_closed(struct str text);
/* bit n: day n. */
const char *parse_hours_open(struct parse_hours_table *t, unsigned days, int from, int to);
bool parse_hours_row_equal(const struct parse_hours_row *a, const struct parse_hours_row *b);
void parse_hours_close(struct parse_hours_table *t, unsigned days);
/* The table of the dates; NULL: there are too many. */
struct parse_hours_table *parse_hours_dates(struct parse_hours_draft *h, int from, int to);
/* The end of a span that begins at `from`, or -1: a clock of 12 hours may be meant. */
int parse_hours_span_end(struct parse_hours_clock *from, struct parse_hours_clock *to);
/* "09:00", "9.30", "9h30", "9 AM", "T09:00:00" at the start of *s. */
MUST_CHECK bool parse_hours_clock_take(struct str *s, struct parse_hours_clock *out);
/* "Mo" to "Su", "PH". */
void parse_hours_day_write(int day, struct buf *out);
/* Days alone: "Monday", "Mo,We-Fr", "https://schema.org/PublicHolidays". 0: not so. */
unsigned parse_hours_days(struct str text);

/* names.c: the bytes at the start of a header, in lower case and without marks, that name opening
 * hours, as the header of a column does ("opening hours mo-fr"); 0: none. */
size_t header_hours_prefix(struct str s);

#endif
