/* link: base http/parse */
/* What trusted proxies say of the client: the PROXY protocol and two header fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include "base/buf.h"
#include "http/parse/parse.h"

static const char *client_text(const struct http_client *client)
{
	static char text[INET6_ADDRSTRLEN];
	if (!client->family)
		return "-";
	assert_non_null(inet_ntop(client->family, client->address, text, sizeof(text)));
	return text;
}

/* ---- the PROXY protocol ---- */

/* Whole, and byte by byte: every beginning is partial, never a fault or a shorter header. */
static void proxy_accepts(const char *bytes, size_t n, const char *client)
{
	struct http_client out;
	size_t used = 0;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(http_scan_proxy(bytes, i, &used, &out), HEAD_PARTIAL);
	char *more = malloc(n + 5);
	memcpy(more, bytes, n);
	memcpy(more + n, "GET /", 5);
	assert_int_equal(http_scan_proxy(more, n + 5, &used, &out), HEAD_COMPLETE);
	assert_int_equal(used, n);
	assert_string_equal(client_text(&out), client);
	free(more);
}
#define PROXY_ACCEPTS(bytes, client) proxy_accepts(bytes, sizeof(bytes) - 1, client)
#define V2                           "\r\n\r\n\0\r\nQUIT\n"

static void headers_of_both_versions_are_read(void **state)
{
	(void)state;
	PROXY_ACCEPTS("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1");
	PROXY_ACCEPTS("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "2001:db8::1");
	PROXY_ACCEPTS("PROXY UNKNOWN\r\n", "-");
	PROXY_ACCEPTS("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "-");
	PROXY_ACCEPTS(V2 "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\1\xdc\x04\1\xbb", "192.0.2.1");
	PROXY_ACCEPTS(V2 "\x21\x11\0\x0f\xc0\0\2\1\xc6\x33\x64\1\xdc\x04\1\xbb\4\0\0", "192.0.2.1");
	PROXY_ACCEPTS(V2 "\x21\x21\0\x24\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
			 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2\xdc\x04\1\xbb",
		      "2001:db8::1");
	PROXY_ACCEPTS(V2 "\x20\0\0\0", "-");
	PROXY_ACCEPTS(V2 "\x21\0\0\0", "-");
}

static void other_beginnings_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} refused[] = {
#define CASE(text) {text, sizeof(text) - 1}
	    CASE("GET / HTTP/1.1\r\n"),
	    CASE("proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n"),
	    CASE("PROXY TCP4 192.0.2.1\r\n"),
	    CASE("PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n"),
	    CASE("PROXY TCP4 2001:db8::1 198.51.100.1 1 2\r\n"),
	    CASE("PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n"),
	    CASE("PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n"),
	    CASE("PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n"),
	    CASE(
		"PROXY TCP4 192.0.2.1 198.51.100.1 1 2                                                 "
		"                              \r\n"),
	    CASE(V2 "\x11\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\1\xdc\x04\1\xbb"), /* version 1 */
	    CASE(V2 "\x22\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\1\xdc\x04\1\xbb"), /* command 2 */
	    CASE(V2 "\x21\x31\0\x0c\xc0\0\2\1\xc6\x33\x64\1\xdc\x04\1\xbb"), /* AF_UNIX */
	    CASE(V2 "\x21\x11\0\x04\xc0\0\2\1"),                             /* too short */
	    CASE(V2 "\x21\x11\xff\xff\xc0\0\2\1"),                           /* too long */
	    CASE("\r\n\r\nGET / HTTP/1.1\r\n"),
#undef CASE
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct http_client out;
		size_t used;
		if (http_scan_proxy(refused[i].bytes, refused[i].n, &used, &out) != HEAD_FAULT)
			fail_msg("case %zu is accepted", i);
	}
}

/* ---- header fields ---- */

/* The addresses from the last hop to the first, up to what is no address. */
static void hops_are(enum http_forwarded how, const char *fields, const char *expected)
{
	struct http_head head;
	struct buf text, found;
	struct http_client client;
	buf_init(&text, 20000);
	buf_init(&found, 20000);
	buf_printf(&text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
	assert_int_equal(http_parse_head(buf_view(&text), &head), HTTP_FAULT_NONE);
	struct http_hops hops = {head.fields_count, {NULL, 0}};
	while (http_last_forwarded(&head, how, &hops, &client))
		buf_printf(&found, "%s%s", found.n ? " " : "", client_text(&client));
	assert_string_equal(buf_z(&found), expected);
	buf_release(&text);
	buf_release(&found);
}

static void hops_of_x_forwarded_for_are_read_from_the_last(void **state)
{
	(void)state;
	hops_are(HTTP_X_FORWARDED_FOR, "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1");
	hops_are(HTTP_X_FORWARDED_FOR, "X-Forwarded-For: 192.0.2.1, 2001:db8::1,192.0.2.3:80\r\n",
		 "192.0.2.3 2001:db8::1 192.0.2.1");
	hops_are(
	    HTTP_X_FORWARDED_FOR,
	    "X-Forwarded-For: 192.0.2.1\r\nX-Other: 192.0.2.9\r\nx-forwarded-for: [2001:db8::2]:5, 192.0.2.3\r\n",
	    "192.0.2.3 2001:db8::2 192.0.2.1");
	hops_are(HTTP_X_FORWARDED_FOR, "X-Forwarded-For: 192.0.2.1, unknown, 192.0.2.3\r\n",
		 "192.0.2.3");
	hops_are(HTTP_X_FORWARDED_FOR, "X-Forwarded-For: 192.0.2.1, , 192.0.2.3\r\n", "192.0.2.3");
	hops_are(HTTP_X_FORWARDED_FOR, "X-Forwarded-For:\r\n", "");
	hops_are(HTTP_X_FORWARDED_FOR, "X-Forwarded-For: 192.0.2.1.5\r\n", "");
	hops_are(HTTP_X_FORWARDED_FOR, "Forwarded: for=192.0.2.1\r\n", "");
}

static void hops_of_forwarded_are_read_from_the_last(void **state)
{
	(void)state;
	hops_are(HTTP_FORWARDED, "Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43\r\n",
		 "192.0.2.60");
	hops_are(HTTP_FORWARDED, "Forwarded: For=\"[2001:db8:cafe::17]:4711\"\r\n",
		 "2001:db8:cafe::17");
	hops_are(HTTP_FORWARDED, "Forwarded: for=192.0.2.43, for=198.51.100.17;by=1.2.3.4\r\n",
		 "198.51.100.17 192.0.2.43");
	hops_are(HTTP_FORWARDED,
		 "Forwarded: for=192.0.2.1\r\nForwarded: by=\"a,b;for=6.6.6.6\"; for=192.0.2.2\r\n",
		 "192.0.2.2 192.0.2.1");
	hops_are(HTTP_FORWARDED, "Forwarded: for=192.0.2.1, for=_hidden, for=192.0.2.3\r\n",
		 "192.0.2.3");
	hops_are(HTTP_FORWARDED, "Forwarded: for=192.0.2.1, proto=https\r\n", "");
	hops_are(HTTP_FORWARDED, "Forwarded: for=\"192.0.2.1\r\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers_of_both_versions_are_read),
	    cmocka_unit_test(other_beginnings_are_refused),
	    cmocka_unit_test(hops_of_x_forwarded_for_are_read_from_the_last),
	    cmocka_unit_test(hops_of_forwarded_are_read_from_the_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
