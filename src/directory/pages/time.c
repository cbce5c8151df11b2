#include "directory/pages/internal.h"

#include "base/clock.h"
#include "base/date.h"
#include "hours/hours.h"
#include "site/facts/facts.h"

enum { NIGHT_ENDS = 6 * 60, DAY_S = 24 * 60 * 60 };

static bool time_local(const struct search_business *b, int64_t at_s, int64_t *out)
{
	int offset_s;
	if (!hours_zone_offset(b->timezone, at_s, &offset_s))
		return false;
	*out = at_s + offset_s;
	return *out >= 0;
}

struct str view_open_text(struct view *p, const struct search_business *b, int64_t now_s)
{
	int64_t now, then;
	bool is_open = b->open == SEARCH_OPEN;
	if (b->open == SEARCH_OPEN_UNKNOWN)
		return (struct str){"", 0};
	if (!b->open_changes_s || !time_local(b, now_s, &now) ||
	    !time_local(b, b->open_changes_s, &then))
		return is_open ? STR("Open") : STR("Closed");
	int minute = (int)(then % DAY_S / 60);
	int64_t days = then / DAY_S - now / DAY_S;
	if (days >= 7) { /* a season away */
		char date[CLOCK_TEXT];
		clock_format(then * 1000000, date);
		return view_text(p, "%s %.10s", is_open ? "Open until" : "Closed until", date);
	}
	const char *day = days == 0               ? ""
			  : days == 1 && !is_open ? "tomorrow "
			  : !(is_open && days == 1 && minute <= NIGHT_ENDS)
			      ? date_weekday_names[date_weekday(then / DAY_S)]
			      : "";
	const char *space = days > 0 && *day && day[0] != 't' ? " " : "";
	return view_text(p, "%s %s%s%02d:%02d", is_open ? "Open until" : "Closed, opens", day,
			 space, minute / 60, minute % 60);
}

static void put_day(struct view *p, struct json_value *days, const struct hours_week *week, int d,
		    bool today)
{
	struct hours_span spans[HOURS_SPANS_MAX];
	char text[HOURS_SPAN_TEXT];
	struct json_value *day = json_build(&p->b, days, NULL, JSON_IS_OBJECT);
	json_build_text(&p->b, day, "day", str_of(date_weekday_names[d]));
	json_build_true(&p->b, day, "today", today);
	struct json_value *list = json_build(&p->b, day, "spans", JSON_IS_ARRAY);
	size_t count = hours_of_day(week, d, spans);
	for (size_t i = 0; i < count; i++) {
		hours_span_text(&spans[i], text);
		json_build(&p->b, list, NULL, JSON_IS_STRING)->text = view_text(p, "%s", text);
	}
	json_build_true(&p->b, day, "closed", count == 0);
}

void view_week(struct view *p, const struct search_business *b, int64_t now_s)
{
	struct facts_hours hours;
	int64_t now;
	if (!facts_hours(b->hours, p->arena, &hours))
		return;
	int today = time_local(b, now_s, &now) ? date_weekday(now / DAY_S) : -1;
	struct json_value *days = view_list(p, "days");
	for (int d = 0; d < 7; d++)
		put_day(p, days, &hours.week, d, d == today);
	struct json_value *list = NULL;
	for (size_t i = 0; i < hours.exceptions.count; i++) {
		list = list ? list : json_build(&p->b, p->root, "exceptions", JSON_IS_ARRAY);
		json_build(&p->b, list, NULL, JSON_IS_STRING)->text = hours.exceptions.item[i];
	}
}
