#include "base/clock.h"
#include "base/fatal.h"

#include <stdio.h>
#include <time.h>

static int64_t now_us(clockid_t clock)
{
	struct timespec ts;
	must(clock_gettime(clock, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

int64_t clock_ms(void)
{
	return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_wall_us(void)
{
	return now_us(CLOCK_REALTIME);
}

void clock_format(int64_t wall_us, char out[CLOCK_TEXT])
{
	int64_t us = wall_us % 1000000;
	if (us < 0)
		us += 1000000;
	time_t seconds = (time_t)((wall_us - us) / 1000000);
	struct tm tm;
	must(gmtime_r(&seconds, &tm));
	size_t n = strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CLOCK_TEXT - n, ".%03dZ", (int)(us / 1000));
}

int clock_year(void)
{
	time_t seconds = (time_t)(clock_wall_us() / 1000000);
	struct tm tm;
	must(gmtime_r(&seconds, &tm));
	return tm.tm_year + 1900;
}
