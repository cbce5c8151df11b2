/* link: base directory/record directory/import */
/* The score of completeness: what counts how much, and when nothing is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "directory/import/import.h"

static const struct {
	enum record_field fields[2]; /* both are needed; the same twice: one */
	int points;
} parts[] = {
    {{RECORD_STREET, RECORD_CITY}, 20},
    {{RECORD_HOURS, RECORD_HOURS}, 20},
    {{RECORD_LAT, RECORD_LON}, 15},
    {{RECORD_PHONE, RECORD_PHONE}, 15},
    {{RECORD_WEBSITE, RECORD_WEBSITE}, 15},
    {{RECORD_DESCRIPTION, RECORD_DESCRIPTION}, 10},
    {{RECORD_CATEGORIES, RECORD_CATEGORIES}, 5},
};
enum { PARTS = COUNT_OF(parts) };

/* A record with an id and a name and the parts whose bits are set. */
static struct record with(unsigned set)
{
	struct record r = {0};
	r.field[RECORD_EXTERNAL_ID] = STR("1");
	r.field[RECORD_NAME] = STR("A");
	for (unsigned i = 0; i < PARTS; i++)
		for (unsigned k = 0; k < 2 && (set >> i & 1); k++)
			r.field[parts[i].fields[k]] = STR("x");
	return r;
}

static void each_set_of_parts_has_the_sum_of_its_points(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 1u << PARTS; set++) {
		int points = 0, known = 0;
		for (unsigned i = 0; i < PARTS; i++) {
			points += set >> i & 1 ? parts[i].points : 0;
			known += set >> i & 1 ? 1 : 0;
		}
		const struct record r = with(set);
		assert_int_equal(import_quality(&r), known < 2 ? -1 : points);
	}
}

static void all_is_a_hundred_and_next_to_nothing_no_score(void **state)
{
	const struct record all = with((1u << PARTS) - 1), none = with(0), one = with(1);
	const struct record empty = {0};
	(void)state;
	assert_int_equal(import_quality(&all), 100);
	assert_int_equal(import_quality(&none), -1);
	assert_int_equal(import_quality(&one), -1);
	assert_int_equal(import_quality(&empty), -1);
}

static void half_a_part_counts_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PARTS; i++) {
		if (parts[i].fields[0] == parts[i].fields[1])
			continue;
		for (unsigned k = 0; k < 2; k++) {
			struct record r = with((1u << PARTS) - 1);
			r.field[parts[i].fields[k]] = (struct str){NULL, 0};
			assert_int_equal(import_quality(&r), 100 - parts[i].points);
		}
	}
}

static void other_fields_count_nothing(void **state)
{
	(void)state;
	struct record r = with(0);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		bool counts = false;
		for (unsigned i = 0; i < PARTS; i++)
			counts |= parts[i].fields[0] == (enum record_field)f ||
				  parts[i].fields[1] == (enum record_field)f;
		if (!counts)
			r.field[f] = STR("x");
	}
	assert_int_equal(import_quality(&r), -1);
	/* A fact more is never a loss. */
	for (unsigned set = 0; set < 1u << PARTS; set++) {
		for (unsigned i = 0; i < PARTS; i++) {
			const struct record less = with(set & ~(1u << i)),
					    more = with(set | 1u << i);
			assert_true(import_quality(&more) >= import_quality(&less));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_set_of_parts_has_the_sum_of_its_points),
	    cmocka_unit_test(all_is_a_hundred_and_next_to_nothing_no_score),
	    cmocka_unit_test(half_a_part_counts_nothing),
	    cmocka_unit_test(other_fields_count_nothing),
	};
	return cmocka_run_group_tests_name("import_quality", tests, NULL, NULL);
}
