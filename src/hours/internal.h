/* parse.c: text to rules; evaluate.c: rules to the spans of a day; week.c: weeks and seasons;
 * answers.c: a cache of them by text; calendar.c: dates and holidays; sun.c; zone.c. */
#ifndef HOURS_INTERNAL_H
#define HOURS_INTERNAL_H

#include "hours/hours.h"

enum {
	DAY = 24 * 60,
	RULES_MAX = 40,
	LIST_MAX = 16, /* items of one selector */
	SEGMENTS_MAX = 64
};

/* ---- rules ---- */

enum event { CLOCK, DAWN, SUNRISE, SUNSET, DUSK };
struct moment {
	enum event event;
	int minutes; /* of the day, or beside the event */
};
struct times {
	struct moment from, to;
	bool open_end; /* `to` is not known */
};

enum date_kind { MONTH_DAY, EASTER, NTH_WEEKDAY };
struct date {
	enum date_kind kind;
	int year; /* 0: every */
	int month, day;
	int weekday, nth; /* of NTH_WEEKDAY; nth from the end when negative */
	int offset;       /* days */
};
struct dates {
	struct date from, to;
	int step;
};
struct number_range { /* years, weeks */
	int from, to, step;
};

/* Weekdays, or holidays. */
struct days {
	enum { WEEKDAYS, PUBLIC_HOLIDAY, SCHOOL_HOLIDAY } kind;
	unsigned set; /* bit 0: Monday */
	unsigned nth; /* of the month: bits 1 to 5, from the end bits 6 to 10; 0: every */
	int offset;   /* days */
};

enum rule_kind { REPLACES, ADDS, FALLS_BACK };

/* What a rule says of the days and times that it names. A list without items names all. Lists are
 * joined by AND, the items of a list by OR. */
struct rule {
	enum rule_kind kind;
	enum hours_state state;
	bool commented;
	size_t years, weeks, dates, days, holidays, times;
	/* Items at and after their count are not initialised. */
	struct number_range year[LIST_MAX], week[LIST_MAX];
	struct dates date[LIST_MAX];
	struct days day[LIST_MAX], holiday[LIST_MAX];
	struct times time[LIST_MAX];
};

struct hours_rules {
	size_t count;
	struct rule rule[RULES_MAX];
};

/* Valid until the next text is read. NULL: *why says what is not understood. */
const struct hours_rules *hours_rules_read(struct str text, const char **why);

/* ---- days ---- */

/* A day as selectors see it. */
struct calendar_day {
	int64_t number; /* since 1970-01-01 */
	int year, month, day, weekday, week;
	struct str country;
};
struct calendar_day day_of(int64_t number, struct str country);
struct calendar_day day_after(const struct calendar_day *day);
int64_t easter_of(int year); /* the number of the day */
/* weekday: 0 is Monday; nth from 1, from the end when negative. May pass the month's end. */
int64_t nth_weekday(int year, int month, int weekday, int nth);
bool is_public_holiday(int64_t number, struct str country);

/* ---- evaluation ---- */

/* [from, to) in minutes from the day's midnight; to may pass 24:00. Sorted, apart; what
 * is in none is closed. */
struct segments {
	size_t count;
	struct hours_segment {
		int from, to;
		enum hours_state state;
	} item[SEGMENTS_MAX];
};

/* Minutes of the local day at which the sun does that, at a place. */
int sun_minutes(enum event event, const struct hours_place *place, int64_t day);

/* Whether years, dates and weeks name a day. *until comes down to the day until which dates cannot
 * change that; a new year or week may change it earlier. */
bool rule_in_season(const struct rule *rule, const struct calendar_day *day, int64_t *until);
/* The spans that begin on a day. With in_season: of the rules whose bit is set; their dates are not
 * asked. place may be NULL when no time depends on the sun. */
void hours_rules_day(const struct hours_rules *rules, const struct calendar_day *day,
		     const struct hours_place *place, const uint64_t *in_season,
		     struct segments *out);

/* As hours_week_parse. NULL: every week is *out; else why not. */
const char *hours_rules_week(const struct hours_rules *rules, struct hours_week *out);
/* As hours_seasons: how many; 0: it cannot be told. */
size_t hours_rules_seasons(const struct hours_rules *rules, int year,
			   struct hours_season out[HOURS_SEASONS_MAX]);

#endif
