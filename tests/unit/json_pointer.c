/* link: base pipeline/wire fetch/read */
/* RFC 6901 and the mapping of an API's answer. */
#include "fetch/read/read.h"

#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { ARENA_MAX = 1 << 20 };

static void the_examples_of_rfc_6901_hold(void **state)
{
	(void)state;
	static const char text[] =
	    "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
	    "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,\"deep\":{\"x\":[{\"y\":9}]}}";
	static const struct {
		const char *pointer, *value;
	} cases[] = {
	    {"/foo/0", "bar"}, {"/foo/1", "baz"}, {"/", "0"},     {"/a~1b", "1"},
	    {"/c%d", "2"},     {"/e^f", "3"},     {"/g|h", "4"},  {"/i\\j", "5"},
	    {"/k\"l", "6"},    {"/ ", "7"},       {"/m~0n", "8"}, {"/deep/x/0/y", "9"},
	};
	static const char *const nowhere[] = {"/bar",
					      "/foo/2",
					      "/foo/-",
					      "/foo/00",
					      "/foo/01",
					      "/foo/+1",
					      "/foo/",
					      "/foo/0/x",
					      "/a/b",
					      "/deep/x/y",
					      "/foo/99999999999999999999"};
	static const char *const wrong[] = {"foo", "/~", "/~2", "/foo/~", " /foo", "#/foo"};
	struct arena arena;
	struct json_value *root;
	const struct json_value *found;
	arena_init(&arena, ARENA_MAX);
	assert_int_equal(json_parse(&arena, str_of(text), &root, NULL), OK);
	assert_int_equal(json_pointer(root, STR(""), &found), OK);
	assert_ptr_equal(found, root);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(json_pointer(root, str_of(cases[i].pointer), &found), OK);
		assert_true(str_eq(json_text(found), str_of(cases[i].value)));
	}
	for (size_t i = 0; i < COUNT_OF(nowhere); i++)
		assert_int_equal(json_pointer(root, str_of(nowhere[i]), &found), NOT_FOUND);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(json_pointer(root, str_of(wrong[i]), &found), INVALID);
	arena_release(&arena);
}

static const char *value_of(const struct wire_facts *facts, const char *name, uint32_t nth)
{
	static char text[WIRE_VALUE_MAX + 1];
	for (uint32_t i = 0; i < facts->count; i++)
		if (str_eq(facts->of[i].name, str_of(name)) && nth-- == 0) {
			memcpy(text, facts->of[i].value.p, facts->of[i].value.n);
			text[facts->of[i].value.n] = '\0';
			return text;
		}
	return NULL;
}

static void a_mapping_takes_scalars_and_arrays_of_them(void **state)
{
	(void)state;
	struct arena arena;
	struct wire_facts facts = {0};
	struct wire_facts mapping = {.count = 8,
				     .of = {{STR("lat"), STR("/0/lat")},
					    {STR("open"), STR("/0/open")},
					    {STR("tags"), STR("/0/tags")},
					    {STR("none"), STR("/0/none")},
					    {STR("object"), STR("/0/address")},
					    {STR("missing"), STR("/7/lat")},
					    {STR("mail"), STR("/0/mail")},
					    {STR("text"), STR("/0/text")}}};
	arena_init(&arena, ARENA_MAX);
	assert_int_equal(
	    read_json(STR("[{\"lat\":48.1374300,\"open\":true,\"tags\":[\"a\",\"b\",{},\"a\"],"
			  "\"none\":null,\"address\":{\"x\":1},\"mail\":\"jo@example.org\","
			  "\"text\":\" two \\n\\twords\\u0085 \"}]"),
		      &mapping, &arena, &facts, NULL),
	    OK);
	assert_string_equal(value_of(&facts, "lat", 0), "48.1374300"); /* as written */
	assert_string_equal(value_of(&facts, "open", 0), "true");
	assert_string_equal(value_of(&facts, "tags", 0), "a");
	assert_string_equal(value_of(&facts, "tags", 1), "b");
	assert_null(value_of(&facts, "tags", 2));
	assert_null(value_of(&facts, "none", 0));
	assert_null(value_of(&facts, "object", 0));
	assert_null(value_of(&facts, "missing", 0));
	assert_null(value_of(&facts, "mail", 0)); /* e-mail addresses go no further */
	assert_string_equal(value_of(&facts, "text", 0), "two words");
	arena_release(&arena);
}

static void broken_or_boundless_answers_are_refused(void **state)
{
	(void)state;
	struct arena arena;
	struct wire_facts facts = {0};
	struct wire_facts mapping = {.count = 1, .of = {{STR("x"), STR("/x")}}};
	struct err err;
	arena_init(&arena, ARENA_MAX);
	assert_int_equal(read_json(STR("<html>"), &mapping, &arena, &facts, &err), INVALID);
	assert_int_equal(read_json(STR(""), &mapping, &arena, &facts, &err), INVALID);
	assert_int_equal(read_json(STR("{\"x\":1"), &mapping, &arena, &facts, &err), INVALID);
	mapping.of[0].value = STR("x");
	assert_int_equal(read_json(STR("{\"x\":1}"), &mapping, &arena, &facts, &err), INVALID);
	mapping.of[0].value = STR("/x");
	struct buf many;
	buf_init(&many, ARENA_MAX);
	buf_putc(&many, '[');
	for (int i = 0; i < 100000; i++)
		buf_puts(&many, "1,");
	buf_puts(&many, "1]");
	assert_int_equal(read_json(buf_view(&many), &mapping, &arena, &facts, &err), TOO_LARGE);
	assert_int_equal(facts.count, 0);
	buf_release(&many);
	arena_release(&arena);
}

static void no_array_makes_more_facts_than_an_answer_holds(void **state)
{
	(void)state;
	struct arena arena;
	struct wire_facts facts = {0};
	struct wire_facts mapping = {.count = 1, .of = {{STR("x"), STR("")}}};
	struct buf many;
	buf_init(&many, ARENA_MAX);
	for (int i = 0; i < 1000; i++)
		buf_printf(&many, "%c%d", i ? ',' : '[', i);
	buf_putc(&many, ']');
	arena_init(&arena, ARENA_MAX);
	assert_int_equal(read_json(buf_view(&many), &mapping, &arena, &facts, NULL), OK);
	assert_int_equal(facts.count, WIRE_PAIRS_MAX);
	buf_release(&many);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_rfc_6901_hold),
	    cmocka_unit_test(a_mapping_takes_scalars_and_arrays_of_them),
	    cmocka_unit_test(broken_or_boundless_answers_are_refused),
	    cmocka_unit_test(no_array_makes_more_facts_than_an_answer_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
