/* link: base pipeline/wire fetch/read */
/* Retry-After: seconds and dates. */
#include "fetch/read/read.h"

#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { NOW = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

static void seconds_and_the_three_forms_of_a_date_are_understood(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		uint32_t ms;
	} cases[] = {
	    {"0", 0},
	    {"120", 120000},
	    {" 7 ", 7000},
	    {"86400", RETRY_AFTER_MAX_MS},
	    {"86401", RETRY_AFTER_MAX_MS},
	    {"99999999999999999999999999", RETRY_AFTER_MAX_MS},
	    {"Sun, 06 Nov 1994 08:50:37 GMT", 60000},
	    {"Sunday, 06-Nov-94 08:50:37 GMT", 60000},
	    {"Sun Nov  6 08:50:37 1994", 60000},
	    {"Sun, 06 Nov 1994 08:49:36 GMT", 0},
	    {"Fri, 31 Dec 1999 23:59:59 GMT", RETRY_AFTER_MAX_MS},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint32_t ms = 1;
		if (!retry_after(str_of(cases[i].value), NOW, &ms))
			fail_msg("not understood: %s", cases[i].value);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void anything_else_is_neither(void **state)
{
	(void)state;
	static const char *const bad[] = {"",
					  " ",
					  "-1",
					  "+1",
					  "1.5",
					  "1e3",
					  "0x10",
					  "soon",
					  "Sun, 06 Nov 1994 08:50:37 CET",
					  "Sun, 06 Nov 1994 08:50:37 GMT and more",
					  "Sun, 06 Nov 1994",
					  "1994-11-06T08:50:37Z"};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		uint32_t ms;
		if (retry_after(str_of(bad[i]), NOW, &ms))
			fail_msg("understood: %s", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(seconds_and_the_three_forms_of_a_date_are_understood),
	    cmocka_unit_test(anything_else_is_neither),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
