/* link: base */
/* Addresses with a port, and sockets that listen there. */
#include "base/endpoint.h"

#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static void endpoints_are_read_and_written(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint16_t default_port;
		const char *shown; /* NULL: refused */
	} cases[] = {
	    {"127.0.0.1:8080", 0, "127.0.0.1:8080"},
	    {"[::1]:8080", 0, "[::1]:8080"},
	    {"[0:0::1]:0", 0, "[::1]:0"},
	    {"10.0.0.1:65535", 1, "10.0.0.1:65535"},
	    {"10.0.0.1", 6379, "10.0.0.1:6379"},
	    {"[::1]", 6379, "[::1]:6379"},
	    {"10.0.0.1", 0, NULL},
	    {"[::1]", 0, NULL},
	    {"10.0.0.1:", 6379, NULL},
	    {"10.0.0.1:65536", 0, NULL},
	    {"10.0.0.1:-1", 0, NULL},
	    {"10.0.0.1:80x", 0, NULL},
	    {"10.0.0:80", 0, NULL},
	    {"localhost:80", 0, NULL},
	    {"::1:8080", 0, NULL},
	    {"[::1:8080", 0, NULL},
	    {"[::1]8080", 0, NULL},
	    {"[]:80", 0, NULL},
	    {"[127.0.0.1]:80", 0, NULL},
	    {":80", 0, NULL},
	    {"", 80, NULL},
	    {"[fe80::1%lo]:80", 0, NULL},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct endpoint e;
		char text[ENDPOINT_TEXT];
		bool is = endpoint_parse(str_of(cases[i].text), cases[i].default_port, &e);
		if (is != (cases[i].shown != NULL))
			fail_msg("%s", cases[i].text);
		if (!is)
			continue;
		endpoint_format(&e, text);
		assert_string_equal(text, cases[i].shown);
	}
}

static void a_port_is_shared_only_by_those_who_say_so(void **state)
{
	(void)state;
	static const char *const any[] = {"127.0.0.1:0", "[::1]:0"};
	for (size_t i = 0; i < COUNT_OF(any); i++) {
		struct err err;
		struct endpoint bound;
		char text[ENDPOINT_TEXT];
		int first, second;
		enum status status = endpoint_listen(any[i], &first, &err);
		if (i > 0 && status != OK) {
			print_message("# this machine has no IPv6: %s\n", err.text);
			continue;
		}
		assert_int_equal(status, OK);
		assert_int_equal(endpoint_of_socket(first, &bound, &err), OK);
		assert_true(endpoint_port(&bound) > 0);
		endpoint_format(&bound, text);
		assert_int_equal(endpoint_listen(text, &second, &err), OK);
		assert_int_equal(endpoint_check_free(text, &err), CONFLICT);
		assert_non_null(strstr(err.text, text));
		close(first);
		close(second);
	}
}

static void what_is_no_endpoint_is_refused_with_an_example(void **state)
{
	(void)state;
	struct err err;
	int fd;
	assert_int_equal(endpoint_listen("localhost:80", &fd, &err), INVALID);
	assert_string_equal(
	    err.text,
	    "\"localhost:80\" is no address to listen on; write 127.0.0.1:8080 or [::1]:8080");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(endpoints_are_read_and_written),
	    cmocka_unit_test(a_port_is_shared_only_by_those_who_say_so),
	    cmocka_unit_test(what_is_no_endpoint_is_refused_with_an_example),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
