/* How the parts of the hours fit together:
 *
 *   parse.c     text -> rules
 *   evaluate.c  rules -> spans of a day
 *   week.c      weeks, seasons, the state at an instant
 *   answers.c   cache of weeks and seasons by text
 *   calendar.c  dates and public holidays
 *   sun.c       sunrise and sunset
 *   zone.c      time zones
 */
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
	int minutes; /* of the day, or relative to the event */
};
struct times {
	struct moment from, to;
	bool open_end; /* `to` is unknown */
};

enum date_kind { MONTH_DAY, EASTER, NTH_WEEKDAY };
struct date {
	enum date_kind kind;
	int year; /* 0: every year */
	int month, day;
	int weekday, nth; /* of NTH_WEEKDAY; nth < 0: from the end */
	int offset;       /* in days */
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
	unsigned nth; /* in the month: bits 1 to 5, from the end bits 6 to 10; 0: every */
	int offset;   /* days */
};

enum rule_kind { REPLACES, ADDS, FALLS_BACK };

/* A rule: its state applies on days and at times that are in all of its lists. An empty list has
 * all; a list has what any of its items has. */
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

/* The rules of a text, valid until the next is read. NULL: it is invalid; *why is the reason. */
const struct hours_rules *hours_rules_read(struct str text, const char **why);

/* ---- days ---- */

/* A day with the fields that rules select by. */
struct calendar_day {
	int64_t number; /* since 1970-01-01 */
	int year, month, day, weekday, week;
	struct str country;
};
struct calendar_day day_of(int64_t number, struct str country);
struct calendar_day day_after(const struct calendar_day *day);
int64_t easter_of(int year); /* as the number of a day */
/* weekday: 0 is Monday; nth: from 1, negative from the end. May be after the month's end. */
int64_t nth_weekday(int year, int month, int weekday, int nth);
bool is_public_holiday(int64_t number, struct str country);

/* ---- evaluation ---- */

/* [from, to) in minutes from the day's midnight; to may be past 24:00. Sorted and disjoint; times
 * in none of them are closed. */
struct segments {
	size_t count;
	struct hours_segment {
		int from, to;
		enum hours_state state;
	} item[SEGMENTS_MAX];
};

/* The local time of an event of the sun at a place, in minutes of the day. */
int sun_minutes(enum event event, const struct hours_place *place, int64_t day);

/* Whether years, dates and weeks of a rule select a day. *until is lowered to the next day on which
 * its dates may change that; a new year or week may change it earlier. */
bool rule_in_season(const struct rule *rule, const struct calendar_day *day, int64_t *until);
/* The spans that begin on a day. in_season: apply the rules whose bit is set, without looking at
 * their dates; NULL: rules decide by their dates. place may be NULL when no time depends on the
 * sun. */
void hours_rules_day(const struct hours_rules *rules, const struct calendar_day *day,
		     const struct hours_place *place, const uint64_t *in_season,
		     struct segments *out);

/* As hours_week_parse. NULL: OK; else why the rules are not weekly. */
const char *hours_rules_week(const struct hours_rules *rules, struct hours_week *out);
/* As hours_seasons. Returns the number of seasons; 0: there are none. */
size_t hours_rules_seasons(const struct hours_rules *rules, int year,
			   struct hours_season out[HOURS_SEASONS_MAX]);

#endif
