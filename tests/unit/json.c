/* link: base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/json.h"

enum { ARENA_BYTES = 1 << 20, TOKEN_BYTES = 1 << 16 };

/* ---- what must be accepted and what must not: RFC 8259, and what JSONTestSuite looks at ---- */

#define TEXT(s)                                                                                    \
	{                                                                                          \
		"" s, sizeof(s) - 1                                                                \
	}

static const struct str accepted[] = {
    TEXT("[]"),
    TEXT("{}"),
    TEXT(" [] "),
    TEXT("[[]   ]"),
    TEXT("[\"\"]"),
    TEXT("[null]"),
    TEXT("[true]"),
    TEXT("[false]"),
    TEXT("\"\""),
    TEXT("0"),
    TEXT("-0"),
    TEXT("42"),
    TEXT("-1.5"),
    TEXT("true"),
    TEXT("null"),
    TEXT("\xEF\xBB\xBF{}"),
    TEXT("[123e65]"),
    TEXT("[0e+1]"),
    TEXT("[0e1]"),
    TEXT("[ 4]"),
    TEXT("[-0.000000000000000000000000000000000000000000001]"),
    TEXT("[20e1]"),
    TEXT("[-123]"),
    TEXT("[-1]"),
    TEXT("[1E22]"),
    TEXT("[1E-2]"),
    TEXT("[1E+2]"),
    TEXT("[123.456e78]"),
    TEXT("[0.4e006]"),
    TEXT("[1,null,null,null,2]"),
    TEXT("[1\n]"),
    TEXT(" [1]"),
    TEXT("[2] "),
    TEXT("\t[\r\n]"),
    TEXT("{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"),
    TEXT("{\"a\":\"b\",\"a\":\"c\"}"),
    TEXT("{\"a\":\"b\",\"a\":\"b\"}"),
    TEXT("{\"\":0}"),
    TEXT("{\"a\":[]}"),
    TEXT("{\n\"a\": \"b\"\n}"),
    TEXT("{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
    TEXT("{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430\" }"),
    TEXT("[\"\\u0060\\u012a\\u12AB\"]"),
    TEXT("[\"\\uD801\\udc37\"]"),
    TEXT("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
    TEXT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
    TEXT("[\"\\\\u0000\"]"),
    TEXT("[\"\\\"\"]"),
    TEXT("[\"a/*b*/c/*d//e\"]"),
    TEXT("[\"\\\\a\"]"),
    TEXT("[\"\\u0012\"]"),
    TEXT("[\"\\uFFFF\"]"),
    TEXT("[\"\xf4\x8f\xbf\xbf\"]"),
    TEXT("[\"\xef\xbf\xbf\"]"),
    TEXT("[\"\xe2\x82\xac\xf0\x9d\x84\x9e\"]"),
    TEXT("[\"\xe2\x80\xa8\"]"),
    TEXT("[\"\xe2\x80\xa9\"]"),
    TEXT("\" \""),
    TEXT("[\"\x7f\"]"),
    TEXT("[\"\\u0022\\u005C\"]"),
    TEXT("[\"\xcf\x80\"]"),
    TEXT("[\"\\uDBFF\\uDFFF\"]"),
    TEXT("[\"\\u2064\"]"),
    TEXT("[1e999999999999]"),
    TEXT("[100000000000000000000]"),
    TEXT("[\"\\uA66D\"]"),
};

static const struct str refused[] = {
    TEXT(""),
    TEXT(" "),
    TEXT("[1 true]"),
    TEXT("[a\xe5]"),
    TEXT("[\"\": 1]"),
    TEXT("[\"\"],"),
    TEXT("[,1]"),
    TEXT("[1,,2]"),
    TEXT("[\"x\",,]"),
    TEXT("[\"x\"]]"),
    TEXT("[\"\",]"),
    TEXT("[\"x\""),
    TEXT("[x"),
    TEXT("[3[4]]"),
    TEXT("[\xff]"),
    TEXT("[1:2]"),
    TEXT("[,]"),
    TEXT("[-]"),
    TEXT("[   , \"\"]"),
    TEXT("[\"a\",\n4\n,1,"),
    TEXT("[1,]"),
    TEXT("[1,,]"),
    TEXT("[\"\va\"\\f]"),
    TEXT("[*]"),
    TEXT("[\"\""),
    TEXT("[1,"),
    TEXT("[1,\n1\n,1"),
    TEXT("[{}"),
    TEXT("[fals]"),
    TEXT("[nul]"),
    TEXT("[tru]"),
    TEXT("[++1234]"),
    TEXT("[+1]"),
    TEXT("[+Inf]"),
    TEXT("[-01]"),
    TEXT("[-1.0.]"),
    TEXT("[-2.]"),
    TEXT("[-NaN]"),
    TEXT("[.-1]"),
    TEXT("[.2e-3]"),
    TEXT("[0.1.2]"),
    TEXT("[0.3e+]"),
    TEXT("[0.3e]"),
    TEXT("[0.e1]"),
    TEXT("[0E+]"),
    TEXT("[0E]"),
    TEXT("[0e+]"),
    TEXT("[0e]"),
    TEXT("[1.0e+]"),
    TEXT("[1.0e-]"),
    TEXT("[1.0e]"),
    TEXT("[1 000.0]"),
    TEXT("[1eE2]"),
    TEXT("[2.e+3]"),
    TEXT("[2.e3]"),
    TEXT("[9.e+]"),
    TEXT("[Inf]"),
    TEXT("[NaN]"),
    TEXT("[\xef\xbc\x91]"),
    TEXT("[1+2]"),
    TEXT("[0x1]"),
    TEXT("[0x42]"),
    TEXT("[Infinity]"),
    TEXT("[0e+-1]"),
    TEXT("[-123.123foo]"),
    TEXT("[123\xe5]"),
    TEXT("[1e1\xe5]"),
    TEXT("[0\xe5]\n"),
    TEXT("[-Infinity]"),
    TEXT("[-foo]"),
    TEXT("[- 1]"),
    TEXT("[-012]"),
    TEXT("[-.123]"),
    TEXT("[-1x]"),
    TEXT("[1ea]"),
    TEXT("[1.]"),
    TEXT("[.123]"),
    TEXT("[1.2a-3]"),
    TEXT("[1.8011670033376514H-308]"),
    TEXT("[012]"),
    TEXT("[\"x\", truth]"),
    TEXT("{[: \"x\"}\n"),
    TEXT("{\"x\", null}"),
    TEXT("{\"x\"::\"b\"}"),
    TEXT("{\"a\":\"a\" 123}"),
    TEXT("{key: 'value'}"),
    TEXT("{\"\xb9\":\"0\",}"),
    TEXT("{\"a\" b}"),
    TEXT("{:\"b\"}"),
    TEXT("{\"a\" \"b\"}"),
    TEXT("{\"a\":"),
    TEXT("{\"a\""),
    TEXT("{1:1}"),
    TEXT("{9999E9999:1}"),
    TEXT("{null:null,null:null}"),
    TEXT("{\"id\":0,,,,,}"),
    TEXT("{'a':0}"),
    TEXT("{\"id\":0,}"),
    TEXT("{\"a\":\"b\"}/**/"),
    TEXT("{\"a\":\"b\"}/**//"),
    TEXT("{\"a\":\"b\"}//"),
    TEXT("{\"a\":\"b\"}/"),
    TEXT("{\"a\":\"b\",,\"c\":\"d\"}"),
    TEXT("{a: \"b\"}"),
    TEXT("{\"a\":\"a"),
    TEXT("{ \"foo\" : \"bar\", \"a\" }"),
    TEXT("{\"a\":\"b\"}#"),
    TEXT("[\"\\uD800\\\"]"),
    TEXT("[\"\\uD800\\u\"]"),
    TEXT("[\"\\uD800\\u1\"]"),
    TEXT("[\"\\uD800\\u1x\"]"),
    TEXT("[\xc3\xa9]"),
    TEXT("[\"\\\0\"]"),
    TEXT("[\"\\x00\"]"),
    TEXT("[\"\\\\\\\"]"),
    TEXT("[\"\\\t\"]"),
    TEXT("[\"\\\xf0\x9f\x8c\x80\"]"),
    TEXT("[\"\\\"]"),
    TEXT("[\"\\u00A\"]"),
    TEXT("[\"\\uD834\\uDd\"]"),
    TEXT("[\"\\uD800\\uD800\\x\"]"),
    TEXT("[\"\\u\xe5\"]"),
    TEXT("[\"\\a\"]"),
    TEXT("[\"\\uqqqq\"]"),
    TEXT("[\"\\\xe5\"]"),
    TEXT("[\\u0020\"asd\"]"),
    TEXT("[\\n]"),
    TEXT("\""),
    TEXT("['single quote']"),
    TEXT("abc"),
    TEXT("[\"\\"),
    TEXT("[\"a\0a\"]"),
    TEXT("[\"new\nline\"]"),
    TEXT("[\"\t\"]"),
    TEXT("\"\\UA66D\""),
    TEXT("\"\"x"),
    TEXT("[\xe2\x81\xa0]"),
    TEXT("<.>"),
    TEXT("[<null>]"),
    TEXT("[1]x"),
    TEXT("[1]]"),
    TEXT("[\"asd]"),
    TEXT("a\xc3\xa5"),
    TEXT("[True]"),
    TEXT("1]"),
    TEXT("{\"x\": true,"),
    TEXT("[][]"),
    TEXT("]"),
    TEXT("\xef\xbb{}"),
    TEXT("\xe5"),
    TEXT("["),
    TEXT("[\0]"),
    TEXT("2@"),
    TEXT("{}}"),
    TEXT("{\"\":"),
    TEXT("{\"a\":/*comment*/\"b\"}"),
    TEXT("{\"a\": true} \"x\""),
    TEXT("['"),
    TEXT("[,"),
    TEXT("[\"a"),
    TEXT("[\"a\""),
    TEXT("{"),
    TEXT("{]"),
    TEXT("{,"),
    TEXT("{["),
    TEXT("{\"a"),
    TEXT("{'a'"),
    TEXT("[\"\\{[\"\\{"),
    TEXT("*"),
    TEXT("{\"a\":\"b\"}#{}"),
    TEXT("[\\u000A\"\"]"),
    TEXT("[1"),
    TEXT("[ false, nul"),
    TEXT("[ true, fals"),
    TEXT("[ false, tru"),
    TEXT("{\"asd\":\"asd\""),
    TEXT("\xc3\xa5"),
    TEXT("[\xe2\x81\xa0]"),
    TEXT("\xef\xbb\xbf"),
    TEXT("[\f]"),
    TEXT("[\"\\uDFAA\"]"),
    TEXT("[\"\\uDADA\"]"),
    TEXT("[\"\\uD888\\u1234\"]"),
    TEXT("[\"\\ud800\"]"),
    TEXT("[\"\\ud800abc\"]"),
    TEXT("[\"\\uDd1e\\uD834\"]"),
    TEXT("[\"\xed\xa0\x80\"]"),
    TEXT("[\"\xc0\xaf\"]"),
    TEXT("[\"\xfc\x80\x80\x80\x80\x80\"]"),
    TEXT("[\"\xf4\xbf\xbf\xbf\"]"),
    TEXT("[\"\x81\"]"),
    TEXT("[\"\xe9\"]"),
    TEXT("[\"\xff\"]"),
    TEXT("[\"\\u0000\"]"),
    TEXT("\x1e"),
    TEXT("[\x1e"
	 "1]"),
    TEXT("truefalse"),
    TEXT("\xfe\xff"),
};

static void takes_what_rfc_8259_allows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		struct arena arena;
		struct json_value *v;
		struct err err = {.text = ""};
		arena_init(&arena, ARENA_BYTES);
		if (json_parse(&arena, accepted[i], &v, &err) != OK)
			fail_msg("refused %.*s: %s", STR_ARG(accepted[i]), err.text);
		arena_release(&arena);
	}
}

static void refuses_all_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct arena arena;
		struct json_value *v;
		struct err err = {.text = ""};
		arena_init(&arena, ARENA_BYTES);
		assert_int_equal(json_parse(&arena, refused[i], &v, NULL), INVALID);
		if (json_parse(&arena, refused[i], &v, &err) == OK)
			fail_msg("took %.*s (number %zu)", STR_ARG(refused[i]), i);
		assert_true(err.text[0] != '\0');
		arena_release(&arena);
	}
}

/* ---- streams ---- */

struct drip {
	struct str s;
	size_t step;
	bool broken; /* fails at the end instead of ending */
};

static ssize_t drip(void *ctx, char *p, size_t n)
{
	struct drip *d = ctx;
	size_t take = d->s.n < d->step ? d->s.n : d->step;
	if (take > n)
		take = n;
	if (take == 0 && d->broken) {
		errno = EIO;
		return -1;
	}
	memcpy(p, d->s.p, take);
	d->s = (struct str){d->s.p + take, d->s.n - take};
	return (ssize_t)take;
}

static void put_tokens(struct json_reader *r, struct buf *out)
{
	do {
		json_next(r);
		buf_printf(out, "%d %zu:%zu %zu %.*s\n", (int)r->token, r->line, r->column,
			   r->depth, STR_ARG(r->text));
	} while (r->token != JSON_EOF && r->token != JSON_ERROR);
	buf_puts(out, r->err.text);
}

static void tokens_of(struct str s, size_t step, struct buf *out)
{
	struct json_reader r;
	struct drip d = {s, step, false};
	if (step)
		json_reader_init(&r, drip, &d, TOKEN_BYTES);
	else
		json_reader_init_str(&r, s);
	put_tokens(&r, out);
	json_reader_release(&r);
}

static void same_tokens(struct str s)
{
	struct buf whole, parts;
	buf_init(&whole, 1 << 20);
	buf_init(&parts, 1 << 20);
	tokens_of(s, 0, &whole);
	for (size_t step = 1; step <= 9; step++) {
		buf_reset(&parts);
		tokens_of(s, step, &parts);
		assert_string_equal(buf_z(&parts), buf_z(&whole));
	}
	buf_release(&whole);
	buf_release(&parts);
}

static void the_cut_of_chunks_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(accepted); i++)
		same_tokens(accepted[i]);
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		same_tokens(refused[i]);
	same_tokens(STR("{\"a\": [1, 2.50e-3, \"\\ud83d\\ude39 \xe2\x82\xac\", {}], \"b\" : "
			"null}\n[true]\n\n\x1e{\"c\":\"d\"}"));
}

static void a_token_longer_than_its_maximum_is_refused(void **state)
{
	(void)state;
	char text[2100];
	memset(text, 'x', sizeof(text));
	text[0] = text[sizeof(text) - 1] = '"';
	for (size_t step = 0; step < 2; step++) {
		struct json_reader r;
		struct drip d = {{text, sizeof(text)}, step ? 7 : 4096, false};
		json_reader_init(&r, drip, &d, 1000);
		assert_int_equal(json_next(&r), JSON_ERROR);
		assert_non_null(strstr(r.err.text, "too long"));
		json_reader_release(&r);
	}
}

static void nesting_is_bounded(void **state)
{
	(void)state;
	char text[2 * JSON_MAX_DEPTH + 2];
	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	struct arena arena;
	struct json_value *v;
	struct err err;
	arena_init(&arena, ARENA_BYTES);
	assert_int_equal(json_parse(&arena, (struct str){text, 2 * JSON_MAX_DEPTH}, &v, &err), OK);
	memset(text, '[', sizeof(text));
	assert_int_equal(json_parse(&arena, (struct str){text, sizeof(text)}, &v, &err), INVALID);
	assert_non_null(strstr(err.text, "too deep"));
	arena_release(&arena);
}

static void an_error_names_line_and_column(void **state)
{
	(void)state;
	struct arena arena;
	struct json_value *v;
	struct err err;
	arena_init(&arena, ARENA_BYTES);
	assert_int_equal(json_parse(&arena, STR("{\n  \"a\": 1,\n  \"b\": nope\n}"), &v, &err),
			 INVALID);
	assert_non_null(strstr(err.text, "line 3, column 8"));
	arena_release(&arena);
}

static void a_broken_line_costs_only_itself(void **state)
{
	(void)state;
	struct json_reader r;
	json_reader_init_str(&r, STR("{\"a\":1}\n{\"a\": oops}\n{\"a\":3}\n"));
	assert_int_equal(json_next(&r), JSON_OBJECT);
	assert_true(json_skip(&r));
	assert_int_equal(json_next(&r), JSON_OBJECT);
	assert_false(json_skip(&r));
	json_recover_line(&r);
	assert_int_equal(json_next(&r), JSON_OBJECT);
	assert_int_equal(r.line, 3);
	assert_true(json_skip(&r));
	assert_int_equal(json_next(&r), JSON_EOF);
	assert_int_equal(r.offset, 28);
	json_reader_release(&r);
}

static void a_source_that_fails_stays_failed(void **state)
{
	(void)state;
	struct json_reader r;
	struct drip d = {STR("[1,"), 3, true};
	json_reader_init(&r, drip, &d, TOKEN_BYTES);
	while (json_next(&r) != JSON_ERROR)
		assert_int_not_equal(r.token, JSON_EOF);
	assert_non_null(strstr(r.err.text, "reading"));
	json_recover_line(&r);
	assert_int_equal(json_next(&r), JSON_ERROR);
	json_reader_release(&r);
}

/* ---- trees ---- */

static void trees_are_asked_by_name_and_path(void **state)
{
	(void)state;
	struct arena arena;
	struct json_value *v;
	struct err err;
	double number;
	int64_t whole;
	arena_init(&arena, ARENA_BYTES);
	struct str text =
	    STR("{\"a\":{\"b\":[10,{\"c\":\"deep\"}]},\"n\":-2.5,\"twice\":1,\"twice\":2}");
	assert_int_equal(json_parse(&arena, text, &v, &err), OK);
	assert_true(str_eq(json_text(json_path(v, "a.b.1.c")), STR("deep")));
	assert_null(json_path(v, "a.b.2"));
	assert_null(json_get(json_get(v, "nothing"), "at all"));
	assert_true(json_double(json_get(v, "n"), &number));
	assert_true(number == -2.5);
	assert_false(json_i64(json_get(v, "n"), &whole));
	assert_true(json_i64(json_get(v, "twice"), &whole));
	assert_int_equal(whole, 2);
	assert_int_equal(json_path(v, "a.b")->count, 2);
	arena_release(&arena);
}

static void a_value_over_the_arena_is_too_large(void **state)
{
	(void)state;
	struct arena arena;
	struct json_value *v;
	struct err err;
	arena_init(&arena, 1000);
	assert_int_equal(json_parse(&arena, STR("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]"), &v, &err),
			 TOO_LARGE);
	arena_release(&arena);
}

/* ---- writing and building ---- */

static void what_is_written_is_read_again(void **state)
{
	(void)state;
	struct buf out;
	struct json_writer w;
	struct arena arena;
	struct json_value *v;
	struct err err;
	buf_init(&out, 4096);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_str(&w, "text", STR("</script>\"\\\n\t\x01 \xe2\x82\xac \xff"));
	json_key(&w, "list");
	json_array_begin(&w);
	json_put_i64(&w, -7);
	json_put_double(&w, 1.25, 2);
	json_put_double(&w, 1.0 / 0.0, 2);
	json_put_bool(&w, true);
	json_put_null(&w);
	json_array_end(&w);
	json_member_z(&w, "none", NULL);
	json_object_end(&w);
	assert_null(strstr(buf_z(&out), "</"));
	arena_init(&arena, ARENA_BYTES);
	assert_int_equal(json_parse(&arena, buf_view(&out), &v, &err), OK);
	assert_true(str_eq(json_text(json_get(v, "text")),
			   STR("</script>\"\\\n\t\x01 \xe2\x82\xac \xef\xbf\xbd")));
	struct buf again;
	buf_init(&again, 4096);
	json_writer_init(&w, &again);
	json_put_tree(&w, v);
	assert_int_equal(json_path(v, "list.2")->kind, JSON_IS_NULL);
	assert_non_null(strstr(buf_z(&again), "\"list\":[-7,1.25,null,true,null],\"none\":null}"));
	arena_release(&arena);
	buf_release(&out);
	buf_release(&again);
}

/* What stands in a script element ends neither it nor a line of it, and reads as what it was. */
static void in_a_script_nothing_reads_as_markup(void **state)
{
	(void)state;
	const struct str texts[] = {
	    STR("a && b --> </script> \xe2\x80\xa8 \xe2\x80\xa9 \xe2\x80\xaa"), STR("&"),
	    STR("plain"), STR("\xe2\x80"), /* cut: no separator, no UTF-8 */
	    STR("\xe2\x80\xa8\xff>")};
	const char *const written[] = {
	    "\"a \\u0026\\u0026 b --\\u003e \\u003c/script\\u003e \\u2028 \\u2029 \xe2\x80\xaa\"",
	    "\"\\u0026\"", "\"plain\"", "\"\xef\xbf\xbd\xef\xbf\xbd\"",
	    "\"\\u2028\xef\xbf\xbd\\u003e\""};
	struct json_writer w;
	struct buf out;
	buf_init(&out, 4096);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		buf_reset(&out);
		json_writer_init(&w, &out);
		w.in_script = true;
		json_put_str(&w, texts[i]);
		assert_string_equal(buf_z(&out), written[i]);
	}
	buf_reset(&out);
	json_writer_init(&w, &out); /* elsewhere only '<' is never written as it is */
	json_put_str(&w, STR("& > <"));
	assert_string_equal(buf_z(&out), "\"& > \\u003c\"");
	buf_release(&out);
}

static void a_renamed_value_is_found_by_its_new_name(void **state)
{
	(void)state;
	struct arena arena;
	struct json_value *v;
	struct err err;
	arena_init(&arena, ARENA_BYTES);
	assert_int_equal(json_parse(&arena, STR("{\"old\": 1, \"b\": 2}"), &v, &err), OK);
	json_rename(v->first, STR("new"));
	assert_null(json_get(v, "old"));
	assert_true(str_eq(json_text(json_get(v, "new")), STR("1")));
	assert_true(str_eq(json_text(json_path(v, "b")), STR("2")));
	arena_release(&arena);
}

static void a_tree_is_built_until_the_arena_is_full(void **state)
{
	(void)state;
	struct arena arena;
	struct json_build b;
	arena_init(&arena, ARENA_BYTES);
	json_build_init(&b, &arena);
	struct json_value *root = json_build(&b, NULL, NULL, JSON_IS_OBJECT);
	json_build_text(&b, root, "empty", STR(""));
	json_build_true(&b, root, "no", false);
	json_build_true(&b, root, "yes", true);
	json_build_format(&b, root, "n", "%d m", 12);
	assert_int_equal(root->count, 2);
	assert_true(str_eq(json_text(json_get(root, "n")), STR("12 m")));
	struct json_value *list = json_build(&b, root, "list", JSON_IS_ARRAY);
	while (!b.failed)
		json_build(&b, list, NULL, JSON_IS_OBJECT);
	json_build_text(&b, json_build(&b, list, NULL, JSON_IS_OBJECT), "lost", STR("x"));
	assert_true(b.failed);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_rfc_8259_allows),
	    cmocka_unit_test(refuses_all_else),
	    cmocka_unit_test(the_cut_of_chunks_changes_nothing),
	    cmocka_unit_test(a_token_longer_than_its_maximum_is_refused),
	    cmocka_unit_test(nesting_is_bounded),
	    cmocka_unit_test(an_error_names_line_and_column),
	    cmocka_unit_test(a_broken_line_costs_only_itself),
	    cmocka_unit_test(a_source_that_fails_stays_failed),
	    cmocka_unit_test(trees_are_asked_by_name_and_path),
	    cmocka_unit_test(a_value_over_the_arena_is_too_large),
	    cmocka_unit_test(what_is_written_is_read_again),
	    cmocka_unit_test(in_a_script_nothing_reads_as_markup),
	    cmocka_unit_test(a_renamed_value_is_found_by_its_new_name),
	    cmocka_unit_test(a_tree_is_built_until_the_arena_is_full),
	};
	return cmocka_run_group_tests_name("JSON", tests, NULL, NULL);
}
