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

struct str view_weekday(const struct view *p, int day)
{
	return view_word(p, (enum word_id)(WORD_MONDAY + day));
}

struct str view_open_text(struct view *p, const struct search_business *b, int64_t now_s)
{
	int64_t now, then;
	bool is_open = b->open == SEARCH_OPEN;
	if (b->open == SEARCH_OPEN_UNKNOWN)
		return (struct str){"", 0};
	if (!b->open_changes_s || !time_local(b, now_s, &now) ||
	    !time_local(b, b->open_changes_s, &then))
		return view_word(p, is_open ? WORD_OPEN : WORD_CLOSED);
	int minute = (int)(then % DAY_S / 60);
	int64_t days = then / DAY_S - now / DAY_S;
	if (days >= 7) { /* a season away */
		char date[CLOCK_TEXT];
		clock_format(then * 1000000, date);
		return VIEW_FILL(p, is_open ? WORD_OPEN_UNTIL : WORD_CLOSED_UNTIL,
				 view_text(p, "%.10s", date));
	}
	struct str time = view_text(p, "%02d:%02d", minute / 60, minute % 60);
	if (days == 0 || (is_open && days == 1 && minute <= NIGHT_ENDS))
		return VIEW_FILL(p, is_open ? WORD_OPEN_UNTIL : WORD_CLOSED_OPENS, time);
	if (days == 1 && !is_open)
		return VIEW_FILL(p, WORD_CLOSED_OPENS_TOMORROW, time);
	return VIEW_FILL(p, is_open ? WORD_OPEN_UNTIL_DAY : WORD_CLOSED_OPENS_DAY,
			 view_weekday(p, date_weekday(then / DAY_S)), time);
}

static void put_day(struct view *p, struct json_value *days, const struct hours_week *week, int d,
		    bool today)
{
	struct hours_span spans[HOURS_SPANS_MAX];
	struct json_value *day = json_build(&p->b, days, NULL, JSON_IS_OBJECT);
	json_build_text(&p->b, day, "day", view_weekday(p, d));
	json_build_true(&p->b, day, "today", today);
	struct json_value *list = json_build(&p->b, day, "spans", JSON_IS_ARRAY);
	size_t count = hours_of_day(week, d, spans);
	for (size_t i = 0; i < count; i++)
		json_build(&p->b, list, NULL, JSON_IS_STRING)->text =
		    facts_span(&spans[i], p->in->wording, p->arena);
	json_build_true(&p->b, day, "closed", count == 0);
}

void view_week(struct view *p, const struct search_business *b, int64_t now_s)
{
	struct facts_hours hours;
	int64_t now;
	if (!facts_hours(b->hours, p->in->wording, p->arena, &hours))
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
