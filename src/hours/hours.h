/* Opening hours: OpenStreetMap's opening_hours texts in their weekly forms, and local time.
 *
 *   24/7    Mo-Fr 08:00-12:00,13:30-18:00; Sa 09:00-16:00; Su,PH off    Fr,Sa 20:00-02:00    08:00-18:00
 *
 * A text is understood whole or not at all: months, weeks, sunrise, comments and fallbacks make it "not
 * weekly", and then nothing is claimed about it. Rules are separated by ';' (a later rule replaces the days
 * it names) or by ', ' before a weekday (it adds). PH and SH are accepted and left out: they say nothing
 * about the weekdays. Spans past midnight belong to the day they begin on.
 *
 * Time zones are read from the system's TZif files (RFC 8536) rather than through libc, which has one zone
 * per process. Nothing here allocates but a cache of zones; not thread-safe.
 */
#ifndef HOURS_HOURS_H
#define HOURS_HOURS_H

#include "base/buf.h"

enum { HOURS_WEEK_MINUTES = 7 * 24 * 60, HOURS_SPANS_MAX = 64 };

/* Minutes of the local week from Monday 00:00: sorted, apart from one another, not empty. What passes the
 * end of the week is cut and goes on at its beginning. */
struct hours_week {
	size_t count;
	struct hours_span {
		int from, to; /* [from, to), at most HOURS_WEEK_MINUTES */
	} span[HOURS_SPANS_MAX];
};

/* False: not of a weekly form; *why (may be NULL) says what stood in the way. */
MUST_CHECK bool hours_week_parse(struct str text, struct hours_week *out, const char **why);

/* As PostgreSQL's int4multirange: {[480,720),[810,1080)}. False: not weekly. */
MUST_CHECK bool hours_week_ranges(struct str text, struct buf *out);

enum hours_state { HOURS_UNKNOWN, HOURS_CLOSED, HOURS_OPEN };

/* The state at an instant (seconds since 1970 UTC) in an IANA zone. *changes_s: when it changes next; 0:
 * never. UNKNOWN: the text is not weekly or there is no such zone. */
enum hours_state hours_state_at(struct str text, struct str zone, int64_t at_s, int64_t *changes_s);

/* Seconds east of UTC that a zone's clocks are ahead at an instant. False: no such zone. */
MUST_CHECK bool hours_zone_offset(struct str zone, int64_t at_s, int *offset_s);

#endif
