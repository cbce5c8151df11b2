/* link: base */
/* The base: slices, arenas, buffers, errors, command line. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/cli.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/lines.h"
#include "base/lower_bound.h"
#include "base/sort_keys.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "folder.h"

static void integers_are_whole_and_in_range(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
	    {"0", true, 0},
	    {"-12", true, -12},
	    {"9223372036854775807", true, INT64_MAX},
	    {"-9223372036854775808", true, INT64_MIN},
	    {"9223372036854775808", false, 0},
	    {"", false, 0},
	    {"-", false, 0},
	    {"+1", false, 0},
	    {" 1", false, 0},
	    {"1 ", false, 0},
	    {"0x10", false, 0},
	    {"1e3", false, 0},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t v = 0;
		assert_int_equal(str_to_i64(str_of(cases[i].text), INT64_MIN, INT64_MAX, &v),
				 cases[i].ok);
		assert_int_equal(v, cases[i].value);
	}
	int64_t v;
	assert_false(str_to_i64(STR("11"), 0, 10, &v));
	assert_true(str_to_i64(STR("10"), 0, 10, &v));
}

static void decimals_are_finite_and_independent_of_locale(void **state)
{
	(void)state;
	double v;
	assert_true(str_to_double(STR("-1.5e3"), &v));
	assert_true(v < -1499.9 && v > -1500.1);
	static const char *const bad[] = {"", "1,5", "nan", "inf", "0x1p3", "1.5x", "1e999", "--1"};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(str_to_double(str_of(bad[i]), &v));
}

static void cutting_gives_every_part_once(void **state)
{
	(void)state;
	struct str s = STR("a,,b");
	assert_true(str_eq(str_cut(&s, ','), STR("a")));
	assert_true(str_eq(str_cut(&s, ','), STR("")));
	assert_true(str_eq(str_cut(&s, ','), STR("b")));
	assert_null(s.p);
}

static void what_an_arena_keeps_is_zeroed_again(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 1 << 20);
	arena.keeps = 3;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 200; i++) {
			char *p = arena_alloc(&arena, 1000);
			assert_non_null(p);
			for (int k = 0; k < 1000; k++)
				assert_int_equal(p[k], 0);
			memset(p, 0xff, 1000);
		}
		assert_non_null(arena_room(&arena, 60000));
		arena_reset(&arena);
		assert_int_equal(arena.used_bytes, 0);
	}
	arena_release(&arena);
	assert_null(arena.kept);
}

static void joined_parts_stand_one_after_the_other(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 100);
	struct str none = {NULL, 0};
	struct str all = ARENA_JOIN(&arena, STR("/b/"), none, STR("12"), STR(""), STR(".html"));
	assert_int_equal(all.n, 10);
	assert_string_equal(all.p, "/b/12.html");
	assert_string_equal(ARENA_JOIN(&arena, none).p, "");
	/* over the maximum */
	assert_null(ARENA_JOIN(&arena, all, all, all, all, all, all, all).p);
	assert_string_equal(ARENA_JOIN(&arena, all, STR("?")).p, "/b/12.html?");
	arena_release(&arena);
}

static void count_call(void *arg)
{
	int *calls = arg;
	*calls = *calls * 10 + 1;
}

static void append_two(void *arg)
{
	int *calls = arg;
	*calls = *calls * 10 + 2;
}

static void an_arena_refuses_over_its_maximum_and_stays_usable(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 100000);
	assert_null(arena_alloc(&arena, 100001));
	assert_null(arena_array(&arena, SIZE_MAX, 16));
	for (int i = 0; i < 5000; i++) {
		char *p = arena_alloc(&arena, 16);
		assert_non_null(p);
		assert_int_equal(p[15], 0);
		memset(p, 0xff, 16);
	}
	char *large = arena_alloc(&arena, 19000);
	assert_non_null(large);
	assert_null(arena_alloc(&arena, 10000));
	struct str copy = arena_str(&arena, STR("still works"));
	assert_string_equal(copy.p, "still works");
	arena_reset(&arena);
	assert_non_null(arena_alloc(&arena, 100000));
	arena_release(&arena);
}

static void deferred_calls_run_once_last_first(void **state)
{
	(void)state;
	struct arena arena;
	int calls = 0;
	arena_init(&arena, 0); /* deferring works even when nothing can be allocated */
	arena_defer(&arena, count_call, &calls);
	arena_defer(&arena, append_two, &calls);
	arena_reset(&arena);
	assert_int_equal(calls, 21);
	arena_release(&arena);
	assert_int_equal(calls, 21);
}

static void a_buffer_remembers_that_it_overflowed(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 10);
	buf_puts(&b, "12345");
	buf_printf(&b, "%d", 67890);
	assert_false(buf_failed(&b));
	assert_string_equal(buf_z(&b), "1234567890");
	buf_putc(&b, 'x');
	assert_true(buf_failed(&b));
	buf_puts(&b, "");
	assert_int_equal(b.n, 10);
	buf_reset(&b);
	assert_false(buf_failed(&b));
	assert_string_equal(buf_z(&b), "");
	buf_printf(&b, "%s", "12345678901");
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 0);
	buf_release(&b);
}

static void dropping_moves_the_rest_to_the_front(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 100);
	buf_puts(&b, "abcdef");
	buf_drop(&b, 2);
	assert_string_equal(buf_z(&b), "cdef");
	memcpy(buf_room(&b, 3), "xyz", 3);
	buf_grew(&b, 3);
	assert_string_equal(buf_z(&b), "cdefxyz");
	buf_cut(&b, 4);
	assert_string_equal(b.p, "cdef");
	buf_cut(&b, 0);
	assert_string_equal(buf_z(&b), "");
	buf_release(&b);
}

static void errors_carry_context_and_are_cut_visibly(void **state)
{
	(void)state;
	struct err err;
	char longer[600];
	assert_int_equal(err_set(&err, INVALID, "line %d", 3), INVALID);
	assert_int_equal(err_prefix(&err, INVALID, "a.csv"), INVALID);
	assert_string_equal(err.text, "a.csv: line 3");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(err_set(&err, FAILED, "%s", longer), FAILED);
	assert_string_equal(err.text + sizeof(err.text) - 4, "...");
	assert_int_equal(err_set(NULL, FAILED, "nobody asks"), FAILED);
	for (int shift = 0; shift < 3; shift++) {
		memcpy(longer, "xx", 2);
		for (size_t i = (size_t)shift; i + 3 < sizeof(longer); i += 3)
			memcpy(longer + i, "\u20ac", 4);
		assert_int_equal(err_set(&err, FAILED, "%s", longer), FAILED);
		assert_true(utf8_is_valid(str_of(err.text)));
		assert_true(str_ends(str_of(err.text), STR("\u20ac...")));
	}
}

static void times_are_written_as_rfc_3339(void **state)
{
	(void)state;
	char text[CLOCK_TEXT];
	clock_format(1767225600123456, text);
	assert_string_equal(text, "2026-01-01T00:00:00.123Z");
	clock_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static void files_are_replaced_whole_and_read_within_bounds(void **state)
{
	(void)state;
	char dir[TEST_FOLDER], path[TEST_FOLDER + 16];
	struct err err;
	struct buf b;
	test_folder_make(dir);
	assert_int_equal(io_path(path, sizeof(path), &err, "%s/a/b", dir), OK);
	assert_int_equal(folder_make(path, 0700, &err), OK);
	assert_int_equal(folder_make(path, 0700, &err), OK);
	assert_int_equal(io_path(path, sizeof(path), &err, "%s/a/b/f", dir), OK);
	assert_int_equal(io_write_file(path, STR("one"), 0600, &err), OK);
	assert_int_equal(io_write_file(path, STR("two"), 0600, &err), OK);
	buf_init(&b, 3);
	assert_int_equal(io_read_file(path, &b, &err), OK);
	assert_string_equal(buf_z(&b), "two");
	buf_release(&b);
	buf_init(&b, 2);
	assert_int_equal(io_read_file(path, &b, &err), TOO_LARGE);
	buf_release(&b);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(io_read_file(path, &b, &err), NOT_FOUND);
	assert_non_null(strstr(err.text, path));
	test_folder_remove(dir);
	assert_int_equal(io_path(path, 4, &err, "long"), TOO_LARGE);
}

static bool is_below(const void *element, const void *key)
{
	return *(const int *)element < *(const int *)key;
}

/* Beside a walk through the array, for every length up to 9 and keys in, between and outside. */
static void offsets_have_a_line_and_a_column_of_characters(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t offset, line, column;
	} cases[] = {
	    {"", 0, 1, 1},
	    {"ab", 1, 1, 2},
	    {"ab", 9, 1, 3}, /* behind the end */
	    {"a\nb", 1, 1, 2},
	    {"a\nb", 2, 2, 1},
	    {"a\n\nb", 2, 2, 1},
	    {"a\n\nb", 3, 3, 1},
	    {"a\n", 2, 2, 1},
	    {"\xc3\xa4\xe2\x82\xac"
	     "b",
	     5, 1, 3},
	};
	struct lines lines = {0};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint32_t line = 0, column = 0;
		lines_read(&lines, str_of(cases[i].text));
		lines_place(&lines, str_of(cases[i].text), cases[i].offset, &line, &column);
		assert_int_equal(line, cases[i].line);
		assert_int_equal(column, cases[i].column);
	}
	lines_release(&lines);
}

static void the_lower_bound_is_the_first_that_is_not_before(void **state)
{
	(void)state;
	static const int all[] = {2, 4, 4, 4, 6, 8, 8, 10, 12};
	for (size_t n = 0; n <= COUNT_OF(all); n++)
		for (int key = 1; key <= 13; key++) {
			size_t first = 0;
			while (first < n && all[first] < key)
				first++;
			assert_int_equal(
			    lower_bound(n ? all : NULL, n, sizeof(*all), is_below, &key), first);
		}
}

/* By the element: n - i, i, all the same, few values, up and down, a bad case for the median of
 * three, mixed. */
static uint64_t pattern_key(int pattern, size_t i, size_t n)
{
	const uint64_t keys[] = {n - i,
				 i,
				 7,
				 i * 7919 % 5,
				 i < n / 2 ? i : n - i,
				 i < n / 2 ? (i % 2 ? i + n / 2 : i) : 2 * (i - n / 2) + 1,
				 i * UINT64_C(0x9e3779b97f4a7c15)};
	return keys[pattern];
}

static void keys_are_sorted_by_number_then_index(void **state)
{
	enum { PATTERNS = 7, MOST = 5000 };
	static const size_t sizes[] = {0, 1, 2, 3, 15, 16, 17, 18, 100, 1000, MOST};
	static struct sort_key key[MOST];
	static bool seen[MOST];
	(void)state;
	for (size_t s = 0; s < COUNT_OF(sizes); s++)
		for (int pattern = 0; pattern < PATTERNS; pattern++) {
			size_t n = sizes[s];
			memset(seen, 0, sizeof(seen));
			for (size_t i = 0; i < n; i++)
				key[i] = (struct sort_key){pattern_key(pattern, i, n),
							   (uint32_t)(n - 1 - i)};
			sort_keys(key, n);
			for (size_t i = 0; i < n; i++) {
				assert_false(seen[key[i].at]);
				seen[key[i].at] = true;
				assert_int_equal(key[i].key,
						 pattern_key(pattern, n - 1 - key[i].at, n));
				assert_true(
				    !i || key[i - 1].key < key[i].key ||
				    (key[i - 1].key == key[i].key && key[i - 1].at < key[i].at));
			}
		}
	assert_true(sort_signed(-1) < sort_signed(0) && sort_signed(INT64_MIN) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_are_whole_and_in_range),
	    cmocka_unit_test(decimals_are_finite_and_independent_of_locale),
	    cmocka_unit_test(cutting_gives_every_part_once),
	    cmocka_unit_test(an_arena_refuses_over_its_maximum_and_stays_usable),
	    cmocka_unit_test(what_an_arena_keeps_is_zeroed_again),
	    cmocka_unit_test(joined_parts_stand_one_after_the_other),
	    cmocka_unit_test(deferred_calls_run_once_last_first),
	    cmocka_unit_test(a_buffer_remembers_that_it_overflowed),
	    cmocka_unit_test(dropping_moves_the_rest_to_the_front),
	    cmocka_unit_test(errors_carry_context_and_are_cut_visibly),
	    cmocka_unit_test(times_are_written_as_rfc_3339),
	    cmocka_unit_test(files_are_replaced_whole_and_read_within_bounds),
	    cmocka_unit_test(offsets_have_a_line_and_a_column_of_characters),
	    cmocka_unit_test(the_lower_bound_is_the_first_that_is_not_before),
	    cmocka_unit_test(keys_are_sorted_by_number_then_index),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
