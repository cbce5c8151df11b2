/* Whether a business is open at the time that words ask for, in its own local time. */
#include "directory/search/internal.h"

#include "hours/hours.h"

enum {
	DAY_S = 24 * 3600,
	/* Hours before this belong to the evening before. */
	DAY_BEGINS_S = 5 * 3600,
	LATE_S = 22 * 3600,
	THURSDAY = 3, /* 1970-01-01; Monday is 0 */
	CHANGES_MAX = 8,
};

struct local {
	const struct search_business *b;
	struct hours_place place;
	int64_t now_s;
	int64_t day; /* since 1970, local */
	int weekday;
};

/* The instant of a local time of a day, which is exact but for the hour of a change of clocks. */
static int64_t local_instant(const struct local *l, int64_t day, int64_t time_s)
{
	int64_t local_s = day * DAY_S + time_s;
	int offset = 0;
	return hours_zone_offset(l->place.zone, local_s, &offset) ? local_s - offset : local_s;
}

static enum search_open state_of(enum hours_state state)
{
	return state == HOURS_OPEN     ? SEARCH_OPEN
	       : state == HOURS_CLOSED ? SEARCH_CLOSED
				       : SEARCH_OPEN_UNKNOWN;
}

static enum search_open open_at(const struct local *l, int64_t at_s)
{
	int64_t changes_s;
	return state_of(hours_state_at(l->b->hours, &l->place, at_s, &changes_s));
}

/* Whether it is open at some time in between. */
static enum search_open open_between(const struct local *l, int64_t from_s, int64_t to_s)
{
	enum search_open found = SEARCH_CLOSED;
	for (int i = 0; i < CHANGES_MAX && from_s < to_s; i++) {
		int64_t changes_s;
		enum search_open state =
		    state_of(hours_state_at(l->b->hours, &l->place, from_s, &changes_s));
		if (state == SEARCH_OPEN)
			return SEARCH_OPEN;
		if (state == SEARCH_OPEN_UNKNOWN)
			found = SEARCH_OPEN_UNKNOWN;
		if (!changes_s)
			break;
		from_s = changes_s;
	}
	return found;
}

/* On a day from now on: what is left of it when it is today. */
static enum search_open open_on(const struct local *l, int64_t day)
{
	int64_t from_s = local_instant(l, day, DAY_BEGINS_S);
	return open_between(l, from_s > l->now_s ? from_s : l->now_s, local_instant(l, day + 1, 0));
}

static enum search_open open_on_weekday(const struct local *l, enum wish day)
{
	int ahead = ((int)day - (int)WISH_MONDAY - l->weekday + 7) % 7;
	return open_on(l, l->day + ahead);
}

enum search_open open_when(const struct search_business *b, enum wish when, int64_t now_s)
{
	struct local l = {
	    .b = b,
	    .place = {b->timezone, b->country, b->located, b->lat, b->lon},
	    .now_s = now_s,
	};
	int offset;
	if (when == WISH_NOW)
		return b->open;
	if (!b->hours.n || !hours_zone_offset(b->timezone, now_s, &offset))
		return SEARCH_OPEN_UNKNOWN;
	l.day = (now_s + offset) / DAY_S;
	l.weekday = (int)((l.day + THURSDAY) % 7);
	switch (when) {
	case WISH_TODAY:
		return open_on(&l, l.day);
	case WISH_TOMORROW:
		return open_on(&l, l.day + 1);
	case WISH_LATE: {
		int64_t late_s = local_instant(&l, l.day, LATE_S);
		bool night = now_s > late_s || now_s < local_instant(&l, l.day, DAY_BEGINS_S);
		return open_at(&l, night ? now_s : late_s);
	}
	case WISH_ALWAYS:
		return b->open == SEARCH_OPEN && b->open_changes_s ? SEARCH_CLOSED : b->open;
	case WISH_WEEKEND: {
		enum search_open saturday = open_on_weekday(&l, WISH_SATURDAY);
		return saturday == SEARCH_OPEN ? saturday : open_on_weekday(&l, WISH_SUNDAY);
	}
	default:
		return open_on_weekday(&l, when);
	}
}
