/* link: base language directory/search directory/names directory/iso hours directory/taxonomy directory/record directory/words db/async db http http/parse sql/directory */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "base/buf.h"
#include "directory/search/search.h"

static enum status set(struct search_query *q, const char *name, const char *value)
{
	struct err err;
	return search_query_set(q, str_of(name), str_of(value), &err);
}

static void writes(const struct search_query *q, const char *expected)
{
	struct buf b;
	buf_init(&b, 4096);
	search_query_write(&b, q, true);
	assert_string_equal(buf_z(&b), expected);
	buf_release(&b);
}

static void an_empty_query_writes_nothing(void **state)
{
	(void)state;
	struct search_query q;
	search_query_init(&q);
	writes(&q, "");
	assert_int_equal(set(&q, "q", ""), OK);
	assert_int_equal(set(&q, "near", ""), OK);
	writes(&q, "");
}

static void what_was_set_is_written_in_one_canonical_form(void **state)
{
	(void)state;
	struct search_query q;
	search_query_init(&q);
	assert_int_equal(set(&q, "limit", "50"), OK);
	assert_int_equal(set(&q, "q", "Bäcker & Co"), OK);
	assert_int_equal(set(&q, "near", " 46.9480000001 , 7.5 "), OK);
	assert_int_equal(set(&q, "radius", "500"), OK);
	assert_int_equal(set(&q, "category", "bakery"), OK);
	assert_int_equal(set(&q, "sort", "distance"), OK);
	assert_int_equal(set(&q, "cursor", "abc"), OK);
	writes(&q, "q=B%C3%A4cker%20%26%20Co&category=bakery&near=46.9480000,7.5000000&radius=500&"
		   "sort=distance&limit=50&cursor=abc");
}

static void instants_are_read_with_their_offset(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t s;
	} cases[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2026-03-29T02:30:00+01:00", 1774747800},
	    {"2026-03-29T02:30:00 01:00", 1774747800}, /* '+' that was not encoded */
	    {"2024-02-29T23:59:59.999-05:30", 1709270999},
	    {"2000-02-29T00:00Z", 951782400},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct search_query q;
		search_query_init(&q);
		assert_int_equal(set(&q, "open_at", cases[i].text), OK);
		assert_true(q.open && !q.open_now);
		assert_int_equal(q.open_at_s, cases[i].s);
	}
}

static void impossible_values_are_refused(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
	    {"q", "\xff"},
	    {"limit", "0"},
	    {"limit", "101"},
	    {"limit", "1e1"},
	    {"near", "91,0"},
	    {"near", "0,181"},
	    {"near", "46.9"},
	    {"near", "nan,nan"},
	    {"near", "1,2,3"},
	    {"radius", "0"},
	    {"radius", "50001"},
	    {"sort", "price"},
	    {"open_at", "tomorrow"},
	    {"open_at", "2025-02-29T00:00:00Z"},
	    {"open_at", "2026-04-31T00:00:00Z"},
	    {"open_at", "2026-01-01T24:00:00Z"},
	    {"open_at", "2026-01-01T10:00:00"},
	    {"open_at", "2026-01-01T10:00:00Zx"},
	    {"open_at", "1969-12-31T23:59:59Z"},
	    {"open_at", "2026-01-01"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct search_query q;
		search_query_init(&q);
		assert_int_equal(set(&q, cases[i][0], cases[i][1]), INVALID);
	}
	struct search_query q;
	search_query_init(&q);
	assert_int_equal(set(&q, "offset", "20"), NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_query_writes_nothing),
	    cmocka_unit_test(what_was_set_is_written_in_one_canonical_form),
	    cmocka_unit_test(instants_are_read_with_their_offset),
	    cmocka_unit_test(impossible_values_are_refused),
	};
	return cmocka_run_group_tests_name("search_query", tests, NULL, NULL);
}
