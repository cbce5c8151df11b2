/* link: base observe */
/* What the observer makes of texts and recordings. */
#include "observe/observe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void literals_and_comments_do_not_get_past_the_observer(void **state)
{
	(void)state;
	const struct {
		const char *text, *expected;
	} cases[] = {
	    {"SELECT * FROM t WHERE a = 'canary'", "SELECT * FROM t WHERE a = ?"},
	    {"SELECT 'it''s canary', 4711, 1.5e-3, 0x1F", "SELECT ?"},
	    {"SELECT E'a\\'canary', b'1', U&'canary'", "SELECT ?"},
	    {"SELECT $$canary$$, $x$ca'na$ry$x$, $1", "SELECT ?, $1"},
	    {"SELECT 1 -- canary\n, 2 /* canary /* canary */ canary */", "SELECT ? , ?"},
	    {"SELECT \"Col 1\", t1 FROM t_2", "SELECT \"Col 1\", t1 FROM t_2"},
	    /* cut by the server: everything behind may be the inside of a literal */
	    {"SELECT a FROM t WHERE b = 'cana", "SELECT a FROM t WHERE b = ?..."},
	    {"SELECT 'a\\' || 'canary", "SELECT ?..."}, /* ends where a setting decides */
	    {"SELECT 1 /* cana", "SELECT ? ..."},
	    {"SELECT $x$ canary", "SELECT ?..."},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct observe_text out;
		observe_redact(str_of(cases[i].text), 0, 1, &out);
		assert_null(strstr(out.text, "cana"));
		assert_string_equal(out.text, cases[i].expected);
	}
}

static void tags_of_requests_and_traces_are_no_difference(void **state)
{
	(void)state;
	struct observe_text one, two;
	observe_redact(STR("/*request='1'*/ SELECT a FROM t -- 1"), 0, 1, &one);
	observe_redact(STR("/*request='2'*/ SELECT a FROM t /*traceparent='00-1'*/"), 0, 1, &two);
	assert_int_equal(one.hash, two.hash);
	observe_redact(STR("/*request='2'*/ SELECT b FROM t"), 0, 1, &one);
	assert_int_not_equal(one.hash, two.hash);
	observe_redact(STR("SELECT '/*1*/'"), 0, 1, &one);
	observe_redact(STR("SELECT '/*2*/'"), 0, 1, &two);
	assert_int_not_equal(one.hash, two.hash);
}

static void lists_of_any_length_are_one_statement(void **state)
{
	(void)state;
	struct observe_text two, three;
	observe_redact(STR("SELECT a FROM t WHERE b IN (1, 2)"), 0, 1, &two);
	observe_redact(STR("SELECT a FROM t WHERE b IN (1, 2, 3)"), 0, 1, &three);
	assert_string_equal(two.text, three.text);
	assert_true(two.hash != three.hash);
}

static void verbs_tags_and_marks_are_read(void **state)
{
	(void)state;
	const struct {
		const char *text;
		enum observe_verb verb;
	} cases[] = {
	    {"select 1", OBSERVE_READ},
	    {"/* x */ WITH a AS (SELECT 1) SELECT * FROM a", OBSERVE_READ},
	    {"WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", OBSERVE_DELETE},
	    {"SELECT * FROM t FOR UPDATE SKIP LOCKED", OBSERVE_READ_LOCKING},
	    {"SELECT 'update'", OBSERVE_READ},
	    {"ALTER TABLE t ADD c int", OBSERVE_DDL},
	    {"COPY t FROM STDIN", OBSERVE_COPY},
	    {"BEGIN", OBSERVE_OTHER},
	};
	struct observe_text out;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		observe_redact(str_of(cases[i].text), 0, 1, &out);
		assert_int_equal(out.verb, cases[i].verb);
	}
	observe_redact(STR("SELECT $1 /*route='%2Fv1%2Fusers%2F4711'*/"), 46, 1, &out);
	assert_string_equal(out.route, "/v1/users/9");
	assert_true(out.parameters && out.cut);
}

static void a_recording_that_is_wrong_is_refused_and_says_why(void **state)
{
	(void)state;
	const struct {
		const char *line, *why;
	} cases[] = {
	    {"", "JSON"},
	    {"[]", "object"},
	    {"{\"at\":9223372036854775807}", "at"},
	    {"{\"at\":\"x\"}", "at"},
	    {"{\"reach\":5}", "reach"},
	    {"{\"sessions\":5}", "sessions"},
	    {"{\"sessions\":[5]}", "object"},
	    {"{\"sessions\":[{\"kind\":-1}]}", "kind"},
	    {"{\"sessions\":[{\"fingerprint\":\"12345678901234567\"}]}", "fingerprint"},
	    {"{\"sessions\":[{\"blockers\":[\"x\"]}]}", "blockers"},
	    {"{\"statements\":[{\"ms\":-1}]}", "ms"},
	};
	struct observe_sample *sample = malloc(sizeof(*sample));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = {0};
		assert_int_not_equal(observe_read_sample(str_of(cases[i].line), sample, &err), OK);
		if (i && !strstr(err.text, cases[i].why))
			fail_msg("%s: %s", cases[i].line, err.text);
	}
	struct buf many;
	struct err err;
	buf_init(&many, OBSERVE_LINE);
	buf_puts(&many, "{\"holders\":[");
	for (int i = 0; i <= OBSERVE_HOLDERS; i++)
		buf_puts(&many, i ? ",{}" : "{}");
	buf_puts(&many, "]}");
	assert_int_equal(observe_read_sample(buf_view(&many), sample, &err), TOO_LARGE);
	buf_release(&many);
	struct observe_server server;
	assert_int_equal(observe_read_server(STR("{\"version\":150000}"), &server, &err), INVALID);
	free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(literals_and_comments_do_not_get_past_the_observer),
	    cmocka_unit_test(tags_of_requests_and_traces_are_no_difference),
	    cmocka_unit_test(lists_of_any_length_are_one_statement),
	    cmocka_unit_test(verbs_tags_and_marks_are_read),
	    cmocka_unit_test(a_recording_that_is_wrong_is_refused_and_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
