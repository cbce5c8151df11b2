/* Two clocks: the monotonic one for durations and deadlines, the wall clock for people. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <stddef.h>

int64_t clock_ms(void);      /* monotonic, milliseconds */
int64_t clock_us(void);      /* monotonic, microseconds */
int64_t clock_wall_us(void); /* microseconds since 1970-01-01 UTC */

/* RFC 3339 with milliseconds, UTC: 2026-01-31T12:00:00.123Z. `out` holds CLOCK_TEXT bytes. */
enum { CLOCK_TEXT = 32 };
void clock_format(int64_t wall_us, char out[CLOCK_TEXT]);

int clock_year(void); /* UTC */

#endif
