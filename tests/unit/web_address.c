/* link: base config */
/* Addresses of sites: one spelling of each, and what is wrong with those that have none. */
#include "config/web_address.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const char *spelled(const char *text, const char **wrong)
{
	static char said[4096];
	struct buf out;
	buf_init(&out, sizeof(said));
	*wrong = web_address(str_of(text), &out);
	snprintf(said, sizeof(said), "%s", buf_z(&out));
	buf_release(&out);
	return said;
}

static void addresses_have_one_spelling(void **state)
{
	static const char *const addresses[][2] = {
	    {"https://example.org", "https://example.org"},
	    {"HTTPS://Example.ORG/", "https://example.org"},
	    {"https://example.org./Shops//", "https://example.org/Shops"},
	    {"https://example.org./Shops/", "https://example.org/Shops"},
	    {"https://example.org:443", "https://example.org"},
	    {"http://example.org:80/a/b/", "http://example.org/a/b"},
	    {"http://example.org:443", "http://example.org:443"},
	    {"https://example.org:8443/x", "https://example.org:8443/x"},
	    {"http://127.0.0.1:8080/", "http://127.0.0.1:8080"},
	    {"http://[::1]:8080/", "http://[::1]:8080"},
	    {"http://[0:0:0:0:0:0:0:1]", "http://[::1]"},
	    {"https://localhost", "https://localhost"},
	    /* examples of RFC 3492 and of registries */
	    {"https://b\u00fccher.example", "https://xn--bcher-kva.example"},
	    {"https://B\u00dcCHER.example", "https://xn--bcher-kva.example"},
	    {"https://b\u00e4cker.gra.example", "https://xn--bcker-gra.gra.example"},
	    {"https://fa\u00df.example", "https://xn--fa-hia.example"},
	    {"https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
	     "https://xn--e1afmkfd.xn--p1ai"},
	    {"https://\u4f8b\u3048.jp", "https://xn--r8jz45g.jp"},
	    {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
	    {"https://example.org/caf\u00e9/a%20b", "https://example.org/caf%C3%A9/a%20b"},
	    {"https://example.org/a&b", "https://example.org/a&b"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const char *wrong, *is = spelled(addresses[i][0], &wrong);
		if (!addresses[i][1] != (wrong != NULL))
			fail_msg("%s: %s", addresses[i][0], wrong ? wrong : "taken");
		if (addresses[i][1] && strcmp(is, addresses[i][1]) != 0)
			fail_msg("%s is %s, not %s", addresses[i][0], is, addresses[i][1]);
	}
}

static void what_is_wrong_is_said(void **state)
{
	static const char *const addresses[][2] = {
	    {"example.org", "it does not begin with"},
	    {"ftp://example.org", "it does not begin with"},
	    {"https:/example.org", "it does not begin with"},
	    {"https://", "it does not begin with"},
	    {"https:///x", "it names no host"},
	    {"https://example.org?x", "query"},
	    {"https://example.org/#top", "fragment"},
	    {"https://user:pass@example.org", "user name"},
	    {"https://exa mple.org", "not allowed in host names"},
	    {"https://example..org", "empty part"},
	    {"https://-a.example", "begins or ends with '-'"},
	    {"https://a_b.example", "not allowed in host names"},
	    {"https://example.org:0", "port"},
	    {"https://example.org:x", "port"},
	    {"https://example.org:70000", "port"},
	    {"https://[::g]", "IPv6"},
	    {"https://example.org/a/../b", "'..'"},
	    {"https://example.org/a b", "space"},
	    {"https://example.org/100%", "hexadecimal"},
	    {"https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
	     "longer than 63"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const char *wrong;
		spelled(addresses[i][0], &wrong);
		if (!wrong || !strstr(wrong, addresses[i][1]))
			fail_msg("%s: %s", addresses[i][0], wrong ? wrong : "taken");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_have_one_spelling),
	    cmocka_unit_test(what_is_wrong_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
