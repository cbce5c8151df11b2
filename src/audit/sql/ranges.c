/* Ranges of a timestamp or date for conditions on its day, month or year. */
#include "audit/sql/filter.h"
#include "base/date.h"

#include <inttypes.h>

enum range_unit {
	RANGE_NONE,
	RANGE_DAY,
	RANGE_WEEK,
	RANGE_MONTH,
	RANGE_QUARTER,
	RANGE_YEAR,
	RANGE_YEAR_NUMBER
};

/* The unit that the left side cuts a column to. */
static enum range_unit range_unit_of(const struct filtered *c)
{
	static const struct {
		const char *name;
		enum range_unit unit;
	} units[] = {{"day", RANGE_DAY},
		     {"week", RANGE_WEEK},
		     {"month", RANGE_MONTH},
		     {"quarter", RANGE_QUARTER},
		     {"year", RANGE_YEAR}};
	const struct statement *s = c->s;
	const struct statement_term *t = &s->term[c->left];
	struct str text = statement_str(s, t->text);
	bool function = t->kind == STATEMENT_FUNCTION;
	if (t->size == 2 && t[1].kind == STATEMENT_COLUMN && str_eq(text, STR("date")) &&
	    (function || t->kind == STATEMENT_CAST))
		return RANGE_DAY;
	if (!function || t->size != 3 || t[1].kind != STATEMENT_CONSTANT ||
	    t[2].kind != STATEMENT_COLUMN)
		return RANGE_NONE;
	struct str unit = statement_str(s, t[1].text);
	if (str_eq(text, STR("extract")) || str_eq(text, STR("date_part")))
		return str_eq_nocase(unit, STR("year")) ? RANGE_YEAR_NUMBER : RANGE_NONE;
	for (size_t i = 0; i < COUNT_OF(units) && str_eq(text, STR("date_trunc")); i++)
		if (str_eq_nocase(unit, str_of(units[i].name)))
			return units[i].unit;
	return RANGE_NONE;
}

/* 2024-02-01, alone or with a time of midnight. */
static bool range_date(struct str text, int64_t *days)
{
	int64_t year, month, day;
	if (text.n > 10 && (str_eq(text, STR("")) || !str_ends(text, STR(" 00:00:00"))))
		return false;
	if (text.n < 10 || text.p[4] != '-' || text.p[7] != '-' || (text.n > 10 && text.n != 19) ||
	    !str_to_i64((struct str){text.p, 4}, 1, 9998, &year) ||
	    !str_to_i64((struct str){text.p + 5, 2}, 1, 12, &month) ||
	    !str_to_i64((struct str){text.p + 8, 2}, 1, 31, &day) ||
	    !date_exists(year, (int)month, (int)day))
		return false;
	*days = date_days(year, (int)month, (int)day);
	return true;
}

/* "\1 >= from AND \1 < to" for the operator. */
static bool range_pattern(struct identity *id, struct str op, struct str from, struct str to,
			  struct str *out)
{
	struct str text = STR("");
	if (str_eq(op, STR("=")))
		text = REWRITE_JOIN(id, STR("\1 >= "), from, STR(" AND \1 < "), to);
	else if (str_eq(op, STR(">=")))
		text = REWRITE_JOIN(id, STR("\1 >= "), from);
	else if (str_eq(op, STR("<")))
		text = REWRITE_JOIN(id, STR("\1 < "), from);
	else if (str_eq(op, STR("<=")))
		text = REWRITE_JOIN(id, STR("\1 < "), to);
	else if (str_eq(op, STR(">")))
		text = REWRITE_JOIN(id, STR("\1 >= "), to);
	*out = text;
	return text.n != 0;
}

static struct str range_literal(struct identity *id, int64_t days)
{
	char date[DATE_TEXT];
	date_format(days, date);
	return REWRITE_JOIN(id, STR("'"), str_of(date), STR("'"));
}

static bool range_number(struct identity *id, const struct filtered *c, struct form *form)
{
	int64_t year;
	form->any = STR("");
	bool known = c->literal && str_to_i64(c->constant, 1, 9998, &year);
	if (!range_pattern(id, c->op, STR("make_date((\2)::int, 1, 1)"),
			   STR("make_date((\2)::int + 1, 1, 1)"), &form->any))
		return false;
	form->own = form->any;
	if (known && !range_pattern(id, c->op, range_literal(id, date_days(year, 1, 1)),
				    range_literal(id, date_days(year + 1, 1, 1)), &form->own))
		return false;
	form->proved = known;
	return true;
}

static bool range_day(struct identity *id, const struct filtered *c, struct form *form)
{
	int64_t days;
	if (!range_pattern(id, c->op, STR("(\2)::date"), STR("(\2)::date + 1"), &form->any))
		return false;
	form->own = form->any;
	form->proved = true;
	if (c->literal && range_date(c->constant, &days) &&
	    !range_pattern(id, c->op, range_literal(id, days), range_literal(id, days + 1),
			   &form->own))
		return false;
	return true;
}

bool range_form(struct identity *id, const struct filtered *c, const struct catalog_column *column,
		struct form *form)
{
	static const char *const intervals[] = {[RANGE_DAY] = "1 day",
						[RANGE_WEEK] = "1 week",
						[RANGE_MONTH] = "1 month",
						[RANGE_QUARTER] = "3 months",
						[RANGE_YEAR] = "1 year"};
	enum range_unit unit = range_unit_of(c);
	bool zone = str_eq(column->base, STR("timestamptz"));
	*form = (struct form){0};
	if (unit == RANGE_NONE || !str_eq(column->category, STR("D")))
		return false;
	if (unit == RANGE_YEAR_NUMBER || (unit == RANGE_DAY && c->s->term[c->left].size == 2)) {
		bool made = unit == RANGE_DAY ? range_day(id, c, form) : range_number(id, c, form);
		/* local time runs back at the end of summer time, in some zones over midnight */
		form->proved &= !zone;
		return made;
	}
	struct str type = column->base;
	struct str from = REWRITE_JOIN(id, STR("(\2)::"), type);
	struct str to =
	    REWRITE_JOIN(id, from, STR(" + interval '"), str_of(intervals[unit]), STR("'"));
	if (!str_eq(c->op, STR("=")) || !range_pattern(id, c->op, from, to, &form->any))
		return false;
	form->own = form->any;
	return true;
}
