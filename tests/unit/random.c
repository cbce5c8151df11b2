/* link: base */
/* Chance, and waits that grow. */
#include "base/backoff.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* The first values of the reference implementation for the seed 1234567. */
static void the_generator_is_splitmix64(void **state)
{
	(void)state;
	static const uint64_t wanted[] = {6457827717110365317u, 3203168211198807973u,
					  9817491932198370423u, 4593380528125082431u,
					  16408922859458223821u};
	struct random r = {1234567};
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		assert_true(random_next(&r) == wanted[i]);
}

static void numbers_below_a_limit_are_even(void **state)
{
	(void)state;
	struct random r = {1};
	int seen[10] = {0};
	for (int i = 0; i < 100000; i++)
		seen[random_below(&r, 10)]++;
	for (int i = 0; i < 10; i++)
		assert_in_range(seen[i], 9500, 10500);
	for (int i = 0; i < 100000; i++) {
		double u = random_unit(&r);
		assert_true(u > 0 && u <= 1);
	}
}

static void processes_have_seeds_of_their_own(void **state)
{
	(void)state;
	struct random a = random_seeded(), b = random_seeded();
	assert_true(a.state != b.state);
}

static void waits_double_up_to_their_maximum(void **state)
{
	(void)state;
	static const int64_t limits[] = {100, 200, 400, 800, 1000, 1000};
	for (size_t i = 0; i < COUNT_OF(limits); i++)
		assert_int_equal(backoff_limit(100, 1000, i), limits[i]);
	assert_int_equal(backoff_limit(100, 1000, UINT64_MAX), 1000);
	assert_int_equal(backoff_limit(100, INT64_MAX, UINT64_MAX), INT64_MAX);
	assert_int_equal(backoff_limit(100, 50, 0), 50);
}

static void half_of_a_wait_is_chance(void **state)
{
	(void)state;
	struct random r = {1};
	int64_t least = INT64_MAX, most = 0;
	for (int i = 0; i < 10000; i++) {
		int64_t wait = backoff_wait(100, 1000, 1, random_next(&r));
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_int_equal(least, 100);
	assert_int_equal(most, 200);
	assert_int_equal(backoff_jitter(0, UINT64_MAX), 0);
	assert_in_range(backoff_jitter(1, UINT64_MAX), 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_generator_is_splitmix64),
	    cmocka_unit_test(numbers_below_a_limit_are_even),
	    cmocka_unit_test(processes_have_seeds_of_their_own),
	    cmocka_unit_test(waits_double_up_to_their_maximum),
	    cmocka_unit_test(half_of_a_wait_is_chance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
