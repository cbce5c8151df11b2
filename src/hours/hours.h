/* Opening hours: OpenStreetMap's opening_hours texts, and local time.
 *
 *   24/7    Mo-Fr 08:00-12:00,13:30-18:00; Sa 09:00-16:00; Su,PH off    Fr,Sa 20:00-02:00
 *   08:00-18:00    Apr-Oct Tu-Su 10:00-sunset    Sa[1,-1] 09:00-12:00 || "by appointment"
 *   easter -2 days off    week 1-53/2 We 14:00+
 *
 * The language is that of the specification
 * (wiki.openstreetmap.org/wiki/Key:opening_hours/specification): years, dates, weeks, weekdays,
 * public holidays, times, times of the sun, modifiers, comments; rules after ';' that replace the
 * days they name, rules after ',' that add to them, rules after '||' for when no other applies. A
 * text is read completely or rejected. Beyond the specification: other names of days ("Mon",
 * "Monday:"), "8.30", "8-12". Not supported: points in time and intervals ("10:00-12:00/30"),
 * variables. Spans past midnight belong to the day on which they begin, whatever the rule for the
 * next day is.
 *
 * Public holidays are those of most of a country (holidays.def). Rules for SH are read but never
 * apply, because the school holidays of a place are unknown. Without coordinates the sun rises at
 * 06:00 and sets at 18:00, as in other implementations.
 *
 * Time zones are read from the system's TZif files (RFC 8536) rather than through libc, which has
 * one zone per process.
 *
 * Many places share a text, and a page evaluates it several times. Two caches: the rules of the
 * text read last; and for up to 1024 texts of at most 192 bytes the week and the seasons of one
 * year, in less than 900 KB. Only the cache of zones allocates memory. Not thread-safe: the caches
 * are static.
 */
#ifndef HOURS_HOURS_H
#define HOURS_HOURS_H

#include "base/buf.h"

enum { HOURS_WEEK_MINUTES = 7 * 24 * 60, HOURS_SPANS_MAX = 64, HOURS_SEASONS_MAX = 16 };

/* Minutes of the local week from Monday 00:00. Spans are sorted, disjoint and not empty. A span
 * past the end of the week is split and continues at its beginning. */
struct hours_week {
	size_t count;
	struct hours_span {
		int from, to; /* [from, to), at most HOURS_WEEK_MINUTES */
	} span[HOURS_SPANS_MAX];
};

/* NULL: the text is valid; else what is wrong with it. */
const char *hours_check(struct str text);

/* Read a text for which all weeks are alike except for public holidays. False: it is not such a
 * text; *why (may be NULL) is the reason. */
MUST_CHECK bool hours_week_parse(struct str text, struct hours_week *out, const char **why);

/* The spans of a day of the week (0: Monday) for people, in minutes of that day: hours after
 * midnight belong to the evening before, past 24:00 and past the end of the week. Returns their
 * number. */
size_t hours_of_day(const struct hours_week *week, int day, struct hours_span out[HOURS_SPANS_MAX]);

enum { HOURS_CLOCK_TEXT = 6, HOURS_SPAN_TEXT = 16 };
/* "09:30"; times past 24:00 as on the next day. */
void hours_clock_text(int minutes, char out[HOURS_CLOCK_TEXT]);
/* "09:30–12:00"; a whole day is "00:00–24:00" */
void hours_span_text(const struct hours_span *span, char out[HOURS_SPAN_TEXT]);

/* Append the week as PostgreSQL's int4multirange: {[480,720),[810,1080)}. False: not weekly. */
MUST_CHECK bool hours_week_ranges(struct str text, struct buf *out);

struct hours_date {
	int year, month, day; /* from 1 */
};

/* A range of dates in which all weeks are alike except for public holidays. */
struct hours_season {
	struct hours_date from, to; /* both inclusive */
	struct hours_week week;
};

/* Read a text as the seasons of a year and the next one, in order and without gaps; *count is 1
 * when it is weekly. False: hours are unknown, or depend on the sun or on single weeks, or there
 * are more than HOURS_SEASONS_MAX seasons. */
MUST_CHECK bool hours_seasons(struct str text, int year, struct hours_season out[HOURS_SEASONS_MAX],
			      size_t *count);

/* UNKNOWN: the text says so ("by appointment"), the text is invalid, or there is no such zone. */
enum hours_state { HOURS_UNKNOWN, HOURS_CLOSED, HOURS_OPEN };

/* The place of the hours. country: ISO 3166-1 alpha-2, for public holidays; empty: no holidays. */
struct hours_place {
	struct str zone, country;
	bool located;
	double lat, lon; /* degrees, WGS 84 */
};

/* The state at an instant (seconds since 1970 UTC). *changes_s: instant of the next change; 0: none
 * within HOURS_AHEAD_DAYS. */
enum { HOURS_AHEAD_DAYS = 800 };
enum hours_state hours_state_at(struct str text, const struct hours_place *place, int64_t at_s,
				int64_t *changes_s);

/* The offset of a zone from UTC at an instant, in seconds east. False: no such zone. */
MUST_CHECK bool hours_zone_offset(struct str zone, int64_t at_s, int *offset_s);

/* The offset of a zone from an instant on, as numbers that a script can compute with:
 *
 *   STANDARD[,SUMMER,MONTH,DAY,MINUTES,MONTH,DAY,MINUTES]     -300,-240,2,0,10500,10,0,360
 *   STANDARDe         60e: 60,120,3,0,-10020,10,0,-10020, the summer time of Europe
 *
 * The offsets are in minutes east; then the beginning of summer time and its end, each so many
 * minutes (UTC) after the beginning of the first DAY (0: Sunday) of MONTH (0: January, 12: next
 * January). Empty: there is no such zone, or the offsets have another form. Valid until
 * another zone is asked for. */
enum { HOURS_ZONE_RULE = 64 };
struct str hours_zone_rule(struct str zone, int64_t from_s);

/* Append what distinguishes this edition of the zones' data; nothing when it does not say. */
void hours_zones_version(struct buf *out);

#endif
