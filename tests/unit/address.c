/* link: base fetch/guard */
/* Which addresses holdfast-fetch may call. */
#include "fetch/guard/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *refuses(const struct guard *g, const char *text)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	if (strchr(text, ':')) {
		assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
		return guard_refuses(g, (const struct sockaddr *)&six);
	}
	assert_int_equal(inet_pton(AF_INET, text, &four.sin_addr), 1);
	return guard_refuses(g, (const struct sockaddr *)&four);
}

static void first_and_last_address_of_every_reserved_range_are_refused(void **state)
{
	(void)state;
	static const char *const inside[] = {
	    "0.0.0.0",
	    "0.255.255.255",
	    "10.0.0.0",
	    "10.255.255.255",
	    "100.64.0.0",
	    "100.127.255.255",
	    "127.0.0.1",
	    "127.255.255.255",
	    "169.254.0.0",
	    "169.254.169.254",
	    "169.254.255.255",
	    "172.16.0.0",
	    "172.31.255.255",
	    "192.0.0.0",
	    "192.0.0.255",
	    "192.0.2.1",
	    "192.88.99.1",
	    "192.168.0.0",
	    "192.168.255.255",
	    "198.18.0.0",
	    "198.19.255.255",
	    "198.51.100.7",
	    "203.0.113.255",
	    "224.0.0.0",
	    "239.255.255.255",
	    "240.0.0.0",
	    "255.255.255.254",
	    "255.255.255.255",
	    "168.63.129.16",
	    "100.100.100.200",
	    "::",
	    "::1",
	    "::ffff:127.0.0.1",
	    "::ffff:8.8.8.8",
	    "::127.0.0.1",
	    "::ffff:0:127.0.0.1",
	    "64:ff9b::7f00:1",
	    "64:ff9b::808:808",
	    "64:ff9b:1::1",
	    "100::1",
	    "2001::1",
	    "2001:0:ffff::1",
	    "2001:db8::1",
	    "2001:10::1",
	    "2001:1ff::1",
	    "2002:7f00:1::",
	    "2002:808:808::",
	    "3fff::1",
	    "5f00::1",
	    "fc00::",
	    "fd00:ec2::254",
	    "fe80::1",
	    "febf:ffff::1",
	    "fec0::1",
	    "ff02::1",
	    "ffff:ffff::1",
	    "4000::1",
	    "1fff::1",
	    "8000::1",
	};
	struct guard g;
	assert_int_equal(guard_init(&g, STR(""), STR("80"), NULL), OK);
	for (size_t i = 0; i < COUNT_OF(inside); i++)
		if (!refuses(&g, inside[i]))
			fail_msg("%s is not refused", inside[i]);
}

static void the_neighbours_of_reserved_ranges_may_be_called(void **state)
{
	(void)state;
	static const char *const outside[] = {
	    "1.0.0.0",         "8.8.8.8",
	    "9.255.255.255",   "11.0.0.0",
	    "100.63.255.255",  "100.128.0.0",
	    "126.255.255.255", "128.0.0.0",
	    "169.253.255.255", "169.255.0.0",
	    "172.15.255.255",  "172.32.0.0",
	    "192.0.1.0",       "192.167.255.255",
	    "192.169.0.0",     "198.17.255.255",
	    "198.20.0.0",      "223.255.255.255",
	    "168.63.129.17",   "2000::1",
	    "2001:200::1",     "2001:4860:4860::8888",
	    "2003::1",         "2606:4700::1111",
	    "3ffe::1",
	};
	struct guard g;
	assert_int_equal(guard_init(&g, STR(""), STR("80"), NULL), OK);
	for (size_t i = 0; i < COUNT_OF(outside); i++)
		if (refuses(&g, outside[i]))
			fail_msg("%s is refused: %s", outside[i], refuses(&g, outside[i]));
}

static void an_allow_list_opens_exactly_what_it_names(void **state)
{
	(void)state;
	struct guard g;
	assert_int_equal(guard_init(&g, STR(" 127.0.0.2/32  fd00:1::/33"), STR("80 443"), NULL),
			 OK);
	assert_null(refuses(&g, "127.0.0.2"));
	assert_non_null(refuses(&g, "127.0.0.1"));
	assert_non_null(refuses(&g, "127.0.0.3"));
	assert_non_null(refuses(&g, "::ffff:127.0.0.2"));
	assert_null(refuses(&g, "fd00:1:7fff::1"));
	assert_non_null(refuses(&g, "fd00:1:8000::1"));
	assert_true(guard_port(&g, 80));
	assert_true(guard_port(&g, 443));
	assert_false(guard_port(&g, 8080));
	struct sockaddr other = {.sa_family = AF_UNIX};
	assert_non_null(guard_refuses(&g, &other));
}

static void a_list_that_is_wrong_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"127.0.0.1",   "127.0.0.1/33", "127.1/8", "::/129",
					  "example/8",   "10.0.0.0/",    "/8",      "10.0.0.0/-1",
					  "10.0.0.0/8,", "010.0.0.1/8"};
	struct guard g;
	struct err err;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(guard_init(&g, str_of(bad[i]), STR("80"), &err), INVALID);
	assert_int_equal(guard_init(&g, STR(""), STR("80 0"), &err), INVALID);
	assert_int_equal(guard_init(&g, STR(""), STR("65536"), &err), INVALID);
	assert_int_equal(
	    guard_init(&g, STR(""), STR("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"), &err),
	    TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_and_last_address_of_every_reserved_range_are_refused),
	    cmocka_unit_test(the_neighbours_of_reserved_ranges_may_be_called),
	    cmocka_unit_test(an_allow_list_opens_exactly_what_it_names),
	    cmocka_unit_test(a_list_that_is_wrong_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
