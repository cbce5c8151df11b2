/* link: base pipeline/wire fetch/read */
/* robots.txt, RFC 9309. */
#include "fetch/read/read.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static bool allows(const char *text, const char *agent, const char *path)
{
	struct buf rules;
	buf_init(&rules, ROBOTS_TEXT_MAX * 3);
	robots_read(str_of(text), str_of(agent), &rules);
	assert_false(buf_failed(&rules));
	bool allowed = robots_allows(buf_view(&rules), str_of(path));
	buf_release(&rules);
	return allowed;
}

static void the_group_of_our_product_counts_else_the_one_for_all(void **state)
{
	(void)state;
	static const char text[] = "User-agent: *\nDisallow: /\n\n"
				   "User-Agent : HOLDFAST/2.0\nDisallow: /private\n"
				   "User-agent: foo\nUser-agent: bar\nDisallow: /foobar\n"
				   "User-agent: holdfast\nDisallow: /second\n";
	assert_true(allows(text, "Holdfast (+https://example.org)", "/"));
	assert_false(allows(text, "Holdfast", "/private/x"));
	assert_false(allows(text, "Holdfast", "/second")); /* groups of one name are one */
	assert_true(allows(text, "Holdfast", "/foobar"));
	assert_false(allows(text, "bar", "/foobar"));
	assert_true(allows(text, "foo/1", "/private"));
	assert_false(allows(text, "other", "/"));
	assert_false(allows(text, "Holdfastest", "/"));
	assert_false(allows(text, "", "/"));
	/* A group of ours that forbids nothing is a group of ours. */
	assert_true(
	    allows("User-agent: holdfast\nDisallow:\nUser-agent: *\nDisallow: /", "holdfast", "/"));
}

static void the_longest_pattern_wins_and_allow_wins_a_draw(void **state)
{
	(void)state;
	static const struct {
		const char *rules, *path;
		bool allowed;
	} cases[] = {
	    {"Disallow: /a", "/", true},
	    {"Disallow: /a", "/a", false},
	    {"Disallow: /a", "/ab/c?d", false},
	    {"Disallow: /a", "/A", true},
	    {"Disallow: /\nAllow: /p", "/page", true},
	    {"Allow: /p\nDisallow: /", "/page", true},
	    {"Allow: /page\nDisallow: /page", "/page", true},
	    {"Allow: /$\nDisallow: /", "/", true},
	    {"Allow: /$\nDisallow: /", "/page.htm", false},
	    {"Allow: /page\nDisallow: /*.htm", "/page.htm", false},
	    {"Disallow: /fish*", "/fish", false},
	    {"Disallow: /*.php$", "/a/b.php", false},
	    {"Disallow: /*.php$", "/a/b.php?x", true},
	    {"Disallow: /*.php$", "/a.php/b.php", false},
	    {"Disallow: /a*b*c", "/axxbxxc", false},
	    {"Disallow: /a*b*c", "/axxcxxb", true},
	    {"Disallow: *", "/any", false},
	    {"Disallow: $", "/any", true},
	    {"Disallow: /%7Ejoe/", "/~joe/index", false},
	    {"Disallow: /~joe/", "/%7ejoe/index", false},
	    {"Disallow: /a%2fb", "/a%2Fb", false},
	    {"Disallow: /a%2fb", "/a/b", true},
	    {"Disallow: /caf\xc3\xa9", "/caf%C3%A9", false},
	    {"Disallow: /x # all of it", "/xy", false},
	    {"Disallow /x", "/x", true},
	    {"Disallow: /", "/robots.txt", true},
	    {"Sitemap: /s\nDisallow: /x", "/x", false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[200];
		snprintf(text, sizeof(text), "\xef\xbb\xbfUser-agent: *\r\n%s\r\n", cases[i].rules);
		if (allows(text, "holdfast", cases[i].path) != cases[i].allowed)
			fail_msg("%s: %s", cases[i].rules, cases[i].path);
	}
	assert_true(allows("", "holdfast", "/"));
	assert_true(allows("Disallow: /", "holdfast", "/")); /* belongs to no group */
}

static void a_pattern_made_to_be_slow_is_a_no_in_bounded_time(void **state)
{
	(void)state;
	struct buf rules;
	char path[WIRE_URL_MAX + 1];
	memset(path, 'a', WIRE_URL_MAX);
	path[0] = '/';
	path[WIRE_URL_MAX] = '\0';
	buf_init(&rules, ROBOTS_TEXT_MAX);
	for (int i = 0; i < 400; i++) {
		buf_puts(&rules, "-/*");
		for (int j = 0; j < 1000; j++)
			buf_putc(&rules, 'a');
		buf_puts(&rules, "b\n");
	}
	assert_false(robots_allows(buf_view(&rules), str_of(path)));
	buf_release(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_group_of_our_product_counts_else_the_one_for_all),
	    cmocka_unit_test(the_longest_pattern_wins_and_allow_wins_a_draw),
	    cmocka_unit_test(a_pattern_made_to_be_slow_is_a_no_in_bounded_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
