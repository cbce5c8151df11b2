/* link: base */
/* Dates against libc, day by day. */
#include "base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static void every_day_is_what_libc_says(void **state)
{
	(void)state;
	for (int64_t day = date_days(-1, 1, 1); day < date_days(2501, 1, 1); day++) {
		struct tm tm;
		time_t at = (time_t)day * 86400;
		assert_non_null(gmtime_r(&at, &tm));
		struct civil_date date = date_of_days(day);
		assert_int_equal(date.year, tm.tm_year + 1900);
		assert_int_equal(date.month, tm.tm_mon + 1);
		assert_int_equal(date.day, tm.tm_mday);
		assert_int_equal(date_weekday(day), (tm.tm_wday + 6) % 7);
		assert_int_equal(date_days(date.year, date.month, date.day), day);
		assert_true(date_exists(date.year, date.month, date.day));
		if (date.month == 12 && date.day == 31)
			assert_int_equal(tm.tm_yday == 365, date_is_leap(date.year));
	}
	assert_int_equal(date_days(1970, 1, 1), 0);
	assert_string_equal(date_weekday_names[date_weekday(0)], "Thursday");
}

static void dates_that_the_calendar_has_not_are_told(void **state)
{
	(void)state;
	assert_true(date_exists(2000, 2, 29));
	assert_false(date_exists(1900, 2, 29));
	assert_false(date_exists(2026, 0, 1));
	assert_false(date_exists(2026, 13, 1));
	assert_false(date_exists(2026, 4, 31));
	assert_false(date_exists(2026, 1, 0));
	assert_int_equal(date_days_in_month(2024, 2), 29);
	assert_int_equal(date_days_in_month(2026, 12), 31);
}

static void dates_are_written_within_four_digits_of_year(void **state)
{
	(void)state;
	const struct {
		int64_t days;
		const char *text;
	} cases[] = {
	    {0, "1970-01-01"},
	    {20484, "2026-01-31"},
	    {date_days(9999, 12, 31), "9999-12-31"},
	    {date_days(0, 1, 1), "0000-01-01"},
	};
	char text[DATE_TEXT];
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		date_format(cases[i].days, text);
		assert_string_equal(text, cases[i].text);
	}
	date_format(date_days(10000, 1, 1), text);
	assert_string_equal(text, "");
	date_format(date_days(-1, 12, 31), text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_day_is_what_libc_says),
	    cmocka_unit_test(dates_that_the_calendar_has_not_are_told),
	    cmocka_unit_test(dates_are_written_within_four_digits_of_year),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
