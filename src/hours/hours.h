/* Opening hours: OpenStreetMap's opening_hours texts, and local time.
 *
 *   24/7    Mo-Fr 08:00-12:00,13:30-18:00; Sa 09:00-16:00; Su,PH off    Fr,Sa 20:00-02:00
 *   08:00-18:00    Apr-Oct Tu-Su 10:00-sunset    Sa[1,-1] 09:00-12:00 || "by appointment"
 *   easter -2 days off    week 1-53/2 We 14:00+
 *
 * The language is that of the specification
 * (wiki.openstreetmap.org/wiki/Key:opening_hours/specification): years, dates, weeks, weekdays,
 * public holidays, times, times of the sun, modifiers, comments; rules after ';' that replace the
 * days they name, after ',' that add, after '||' for when nothing else holds. A text is understood
 * whole or not at all, and then nothing is claimed about it. Beyond the specification: names of
 * days as people write them ("Mon", "Monday:"), "8.30", "8-12". Not in it: points in time and
 * intervals ("10:00-12:00/30"), variables of single texts. Spans past midnight belong to the day
 * they begin on, whatever the next day's rule says.
 *
 * Public holidays are those that most of a country keeps (holidays.def); SH is understood and never
 * holds, because the school holidays of a place are not known. Without coordinates the sun rises at
 * 06:00 and sets at 18:00, as in other readers.
 *
 * Time zones are read from the system's TZif files (RFC 8536) rather than through libc, which has
 * one zone per process.
 *
 * Many places share a text, and a page evaluates it several times. Cached are the rules of the text
 * read last, and of up to 1024 texts, none longer than 192 bytes, the week and the seasons of one
 * year, in under 900 KB: a hit costs a hash and a comparison. Nothing here allocates but the cache
 * of zones. Not thread-safe: the caches are shared.
 */
#ifndef HOURS_HOURS_H
#define HOURS_HOURS_H

#include "base/buf.h"

enum { HOURS_WEEK_MINUTES = 7 * 24 * 60, HOURS_SPANS_MAX = 64, HOURS_SEASONS_MAX = 16 };

/* Minutes of the local week from Monday 00:00: sorted, apart from one another, not empty. What
 * passes the end of the week is cut and goes on at its beginning. */
struct hours_week {
	size_t count;
	struct hours_span {
		int from, to; /* [from, to), at most HOURS_WEEK_MINUTES */
	} span[HOURS_SPANS_MAX];
};

/* NULL: the text is understood; else what is not understood. */
const char *hours_check(struct str text);

/* The text when every week is the same but for public holidays. False: not so; *why (may be NULL)
 * says why. */
MUST_CHECK bool hours_week_parse(struct str text, struct hours_week *out, const char **why);

/* What belongs to a day of the week (0: Monday) as people see it, in minutes of that day: a night
 * goes with its evening, past 24:00 and past the end of the week. How many. */
size_t hours_of_day(const struct hours_week *week, int day, struct hours_span out[HOURS_SPANS_MAX]);

enum { HOURS_CLOCK_TEXT = 6, HOURS_SPAN_TEXT = 16 };
/* "09:30"; what is past 24:00 as the clock shows it. */
void hours_clock_text(int minutes, char out[HOURS_CLOCK_TEXT]);
/* "09:30–12:00", "Open 24 hours" */
void hours_span_text(const struct hours_span *span, char out[HOURS_SPAN_TEXT]);

/* As PostgreSQL's int4multirange: {[480,720),[810,1080)}. False: not weekly. */
MUST_CHECK bool hours_week_ranges(struct str text, struct buf *out);

struct hours_date {
	int year, month, day; /* from 1 */
};

/* A part of the calendar in which every week is the same but for public holidays. */
struct hours_season {
	struct hours_date from, to; /* both inclusive */
	struct hours_week week;
};

/* A text as the seasons of a year and the next one, in order and without a gap; *count is 1 when it
 * is weekly. False: something is unknown, or depends on the sun or on single weeks, or there are
 * more than HOURS_SEASONS_MAX. */
MUST_CHECK bool hours_seasons(struct str text, int year, struct hours_season out[HOURS_SEASONS_MAX],
			      size_t *count);

/* UNKNOWN: the text says so ("by appointment"), or it is not understood, or
 * there is no such zone. */
enum hours_state { HOURS_UNKNOWN, HOURS_CLOSED, HOURS_OPEN };

/* Where it holds. country: ISO 3166-1 alpha-2, for public holidays; empty: none are known. */
struct hours_place {
	struct str zone, country;
	bool located;
	double lat, lon; /* degrees, WGS 84 */
};

/* The state at an instant (seconds since 1970 UTC). *changes_s: when it changes next; 0: not
 * within HOURS_AHEAD_DAYS. */
enum { HOURS_AHEAD_DAYS = 800 };
enum hours_state hours_state_at(struct str text, const struct hours_place *place, int64_t at_s,
				int64_t *changes_s);

/* Seconds east of UTC that a zone's clocks are ahead at an instant. False: no such zone. */
MUST_CHECK bool hours_zone_offset(struct str zone, int64_t at_s, int *offset_s);

#endif
