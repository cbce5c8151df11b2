/* Dates of the Gregorian calendar as days since 1970-01-01, also before its introduction. Weekdays
 * are 0 (Monday) to 6. Time zones are in hours/, instants in base/clock.h. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fatal.h"

struct civil_date {
	int year, month, day; /* month and day from 1 */
};

int64_t date_days(int64_t year, int month, int day);
struct civil_date date_of_days(int64_t days);

bool date_is_leap(int64_t year);
int date_days_in_month(int64_t year, int month);
/* Whether the calendar has the date. */
bool date_exists(int64_t year, int month, int day);

int date_weekday(int64_t days);
/* "Monday" to "Sunday", which are also the names of schema.org's days. */
extern const char *const date_weekday_names[7];
/* "January" to "December". */
extern const char *const date_month_names[12];

/* Write 2026-01-31; an empty string outside of the years 0 to 9999. */
enum { DATE_TEXT = 11 };
void date_format(int64_t days, char out[DATE_TEXT]);

#endif
