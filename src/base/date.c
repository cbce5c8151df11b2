#include "base/date.h"

enum { DAYS_IN_ERA = 146097, DAYS_TO_1970 = 719468 }; /* an era: 400 years from 1 March */

const char *const date_weekday_names[7] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
					   "Friday", "Saturday", "Sunday"};
const char *const date_month_names[12] = {"January",   "February", "March",    "April",
					  "May",       "June",     "July",     "August",
					  "September", "October",  "November", "December"};

/* Howard Hinnant, "chrono-compatible low-level date algorithms": days_from_civil and
 * civil_from_days. A year begins in March, so that the leap day is its last. */
int64_t date_days(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * DAYS_IN_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       DAYS_TO_1970;
}

struct civil_date date_of_days(int64_t days)
{
	int64_t z = days + DAYS_TO_1970;
	int64_t era = (z >= 0 ? z : z - (DAYS_IN_ERA - 1)) / DAYS_IN_ERA;
	int64_t of_era = z - era * DAYS_IN_ERA;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t m = (5 * of_year + 2) / 153;
	struct civil_date date;
	date.day = (int)(of_year - (153 * m + 2) / 5 + 1);
	date.month = (int)(m < 10 ? m + 3 : m - 9);
	date.year = (int)(year + era * 400 + (date.month <= 2));
	return date;
}

bool date_is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int date_days_in_month(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && date_is_leap(year));
}

bool date_exists(int64_t year, int month, int day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= date_days_in_month(year, month);
}

int date_weekday(int64_t days)
{
	return (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

void date_format(int64_t days, char out[DATE_TEXT])
{
	static const char pattern[] = "0000-00-00";
	struct civil_date date = date_of_days(days);
	if (date.year < 0 || date.year > 9999) {
		out[0] = '\0';
		return;
	}
	int number = date.year * 10000 + date.month * 100 + date.day;
	for (int i = DATE_TEXT - 1; i >= 0; i--) {
		out[i] = pattern[i];
		if (pattern[i] == '0') {
			out[i] = (char)('0' + number % 10);
			number /= 10;
		}
	}
}
