/* link: base site/links site/markdown */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "site/markdown/markdown.h"

static const struct {
	const char *name, *text, *html;
} cases[] = {
    {"nothing", "", ""},
    {"a paragraph", "One\ntwo.", "<p>One\ntwo.\n</p>\n"},
    {"two paragraphs", "One\n\ntwo.", "<p>One\n</p>\n<p>two.\n</p>\n"},
    {"a heading", "# Title\n### Third", "<h2>Title</h2>\n<h4>Third</h4>\n"},
    {"no heading without a space", "#one", "<p>#one\n</p>\n"},
    {"a list", "- one\n- two\n  more\nthree",
     "<ul>\n<li>one\n</li>\n<li>two\nmore\n</li>\n</ul>\n<p>three\n</p>\n"},
    {"numbers", "1. one\n2. two", "<ol>\n<li>one\n</li>\n<li>two\n</li>\n</ol>\n"},
    {"a line break", "one\\\ntwo", "<p>one<br>\ntwo\n</p>\n"},
    {"emphasis", "**a** *b* `c*d*`", "<p><strong>a</strong> <em>b</em> <code>c*d*</code>\n</p>\n"},
    {"stars that emphasise nothing", "2 * 3 * 4, **open", "<p>2 * 3 * 4, **open\n</p>\n"},
    {"an escape", "\\*a\\* \\[b]", "<p>*a* [b]\n</p>\n"},
    {"a link", "[the *shop*](https://a.example/?a=1&b=2)",
     "<p><a href=\"https://a.example/?a=1&amp;b=2\">the <em>shop</em></a>\n</p>\n"},
    {"links that are no addresses of the web", "[a](tel:+491) [b](/b/) [c](#d)",
     "<p><a href=\"tel:+491\">a</a> <a href=\"/b/\">b</a> <a href=\"#d\">c</a>\n</p>\n"},
    {"HTML is text", "<script>alert(\"1\")</script> & <b>",
     "<p>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &lt;b&gt;\n</p>\n"},
    {"a quote cannot leave an attribute", "[a](https://a.example/\"onclick=\"b)",
     "<p><a href=\"https://a.example/&quot;onclick=&quot;b\">a</a>\n</p>\n"},
};

static void every_construct_has_its_html(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;
		struct err err = {""};
		buf_init(&out, 4096);
		if (markdown_html(str_of(cases[i].text), 2, NULL, &out, &err) != OK ||
		    strcmp(buf_z(&out), cases[i].html) != 0)
			fail_msg("%s: %s%s", cases[i].name, err.text, buf_z(&out));
		buf_release(&out);
	}
}

static void an_address_that_a_page_must_not_have_is_an_error_with_its_line(void **state)
{
	static const char *const wrong[] = {
	    "javascript:alert(1)", "//evil.example/", "data:x", "JavaScript:x", "", "https:// x"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct buf out, text;
		struct err err = {""};
		buf_init(&out, 4096);
		buf_init(&text, 4096);
		buf_printf(&text, "one\n\n[a](%s)", wrong[i]);
		assert_int_equal(markdown_html(buf_view(&text), 2, NULL, &out, &err), INVALID);
		assert_non_null(strstr(err.text, "line 3: the address"));
		buf_release(&text);
		buf_release(&out);
	}
}

static void plain_text_has_no_markup(void **state)
{
	struct buf out;
	(void)state;
	buf_init(&out, 4096);
	markdown_plain(STR("# A\n\n- *b* & [c](https://c.example/)\\\n  d"), &out);
	assert_string_equal(buf_z(&out), "A b & c d");
	buf_release(&out);
}

/* A text of opening marks only. Quadratic work would take minutes. */
static void a_long_line_of_opening_marks_is_read(void **state)
{
	enum { BYTES = 1 << 20 };
	static const char *const marks[] = {"[", "*", "**", "`", "[a](", "\\"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		struct buf text, out;
		struct err err;
		buf_init(&text, BYTES + 8);
		buf_init(&out, 8 * BYTES);
		while (text.n < BYTES)
			buf_puts(&text, marks[i]);
		assert_int_equal(markdown_html(buf_view(&text), 2, NULL, &out, &err), OK);
		buf_release(&text);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_construct_has_its_html),
	    cmocka_unit_test(an_address_that_a_page_must_not_have_is_an_error_with_its_line),
	    cmocka_unit_test(plain_text_has_no_markup),
	    cmocka_unit_test(a_long_line_of_opening_marks_is_read),
	};
	return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
