/* Easter, ISO weeks, public holidays. */
#include "hours/internal.h"
#include "base/date.h"

/* ISO 8601: a week belongs to the year of its Thursday. */
static int week_of_year(int64_t number, int year)
{
	int64_t thursday = number - date_weekday(number) + 3;
	if (thursday >= date_days(year + 1, 1, 1))
		return 1;
	if (thursday < date_days(year, 1, 1))
		year--;
	return (int)((thursday - date_days(year, 1, 1)) / 7) + 1;
}

struct calendar_day day_of(int64_t number, struct str country)
{
	struct civil_date date = date_of_days(number);
	struct calendar_day day = {.number = number,
				   .year = date.year,
				   .month = date.month,
				   .day = date.day,
				   .weekday = date_weekday(number),
				   .country = country};
	day.week = week_of_year(number, day.year);
	return day;
}

struct calendar_day day_after(const struct calendar_day *day)
{
	struct calendar_day next = *day;
	next.number++;
	next.weekday++;
	next.day++;
	/* Compute the day anew when a week or month may begin. */
	return next.weekday == 7 || next.day > 28 ? day_of(next.number, day->country) : next;
}

/* The anonymous Gregorian computus ("A New York correspondent", Nature, 1876; Meeus,
 * Astronomical Algorithms). */
int64_t easter_of(int year)
{
	int a = year % 19, b = year / 100, c = year % 100;
	int d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
	int e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7;
	int f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
	return date_days(year, f / 31, f % 31 + 1);
}

/* ---- public holidays ---- */

enum rule_of_holiday { ON_DATE, BESIDE_EASTER, ON_WEEKDAY, ON_OR_AFTER, NEXT, NEAREST };

static const struct holiday {
	char country[3];
	unsigned char kind;
	signed char month, day; /* day of the month; days after Easter; or weekday */
	signed char more;       /* of ON_WEEKDAY nth, of ON_OR_AFTER weekday */
} holidays[] = {
#define FIXED(country, month, day)            {#country, ON_DATE, month, day, 0},
#define EASTER(country, days)                 {#country, BESIDE_EASTER, 0, days, 0},
#define WEEKDAY(country, month, weekday, nth) {#country, ON_WEEKDAY, month, weekday, nth},
#define FROM(country, month, day, weekday)    {#country, ON_OR_AFTER, month, day, weekday},
#define MOVED(country, month, day, how)       {#country, how, month, day, 0},
#include "hours/holidays.def"
#undef FIXED
#undef EASTER
#undef WEEKDAY
#undef FROM
#undef MOVED
};

int64_t nth_weekday(int year, int month, int weekday, int nth)
{
	int64_t first = date_days(year, month, 1);
	int64_t last = first + date_days_in_month(year, month) - 1;
	if (nth > 0)
		return first + (weekday - date_weekday(first) + 7) % 7 + 7 * (nth - 1);
	return last - (date_weekday(last) - weekday + 7) % 7 - 7 * (-nth - 1);
}

static bool holiday_is_on(const struct holiday *h, int year, int64_t number)
{
	int64_t on;
	int weekday;
	switch (h->kind) {
	case BESIDE_EASTER:
		return easter_of(year) + h->day == number;
	case ON_WEEKDAY:
		return nth_weekday(year, h->month, h->day, h->more) == number;
	case ON_OR_AFTER:
		on = date_days(year, h->month, h->day);
		return on + (h->more - date_weekday(on) + 7) % 7 == number;
	default:
		break;
	}
	on = date_days(year, h->month, h->day);
	weekday = date_weekday(on);
	if (on == number || h->kind == ON_DATE || weekday < 5)
		return on == number;
	if (h->kind == NEAREST)
		return number == (weekday == 5 ? on - 1 : on + 1);
	/* Boxing Day is a holiday itself, so that the substitute of Christmas is the day after. */
	return number == on + (h->month == 12 ? 2 : 7 - weekday);
}

bool is_public_holiday(int64_t number, struct str country)
{
	if (!country.n)
		return false;
	int year = day_of(number, country).year;
	for (size_t i = 0; i < COUNT_OF(holidays); i++)
		if (str_eq_nocase(str_of(holidays[i].country), country) &&
		    /* January 1 may be observed on December 31 */
		    (holiday_is_on(&holidays[i], year, number) ||
		     holiday_is_on(&holidays[i], year + 1, number)))
			return true;
	return false;
}
