/* link: base language site/links site/markdown directory/record config site/shop */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/date.h"
#include "site/shop/shop.h"

static enum status read(struct shop *s, struct arena *arena, const char *text, struct err *err)
{
	arena_init(arena, SHOP_ARENA_MAX);
	err->text[0] = '\0';
	return shop_parse(s, str_of(text), "shop.toml", NULL, arena, err);
}

static void everything_that_may_be_there_is_read(void **state)
{
	struct shop s;
	struct arena arena;
	struct err err;
	(void)state;
	enum status status =
	    read(&s, &arena,
		 "\xEF\xBB\xBF# a comment\r\n"
		 "tagline = 'Dresses' # and bags\n"
		 "reserve = \"sms:+498999998980\"\n"
		 "theme = \"textile\"\n"
		 "story = \"\"\"\nFirst \\u00e4 *one*.\n\nSecond \\\n   one.\"\"\"\n"
		 "imprint = '''Owner: \\E. X'''\n"
		 "\n[[notice]]\n"
		 "text = \"Closed <b>\"\nfrom = 2026-08-01\nuntil=2026-08-17\n"
		 "[[ notice ]]\nuntil = 2026-09-01\ntext = \"Two\"",
		 &err);
	assert_string_equal(err.text, "");
	assert_int_equal(status, OK);
	assert_true(str_eq(s.tagline, STR("Dresses")));
	assert_true(str_eq(s.reserve, STR("sms:+498999998980")));
	assert_true(str_eq(s.theme, STR("textile")));
	assert_true(
	    str_eq(s.story, STR("<p>First \u00e4 <em>one</em>.\n</p>\n<p>Second one.\n</p>\n")));
	assert_true(str_eq(s.story_begins, STR("<p>First \u00e4 <em>one</em>.\n</p>\n")));
	assert_int_equal(s.story_letters, 24);
	assert_true(str_eq(s.imprint, STR("<p>Owner: \\E. X\n</p>\n")));
	assert_int_equal(s.notices, 2);
	assert_true(str_eq(s.notice[0].html, STR("<p>Closed &lt;b&gt;\n</p>\n")));
	assert_int_equal(s.notice[0].from, date_days(2026, 8, 1));
	assert_int_equal(s.notice[0].until, date_days(2026, 8, 17));
	assert_int_equal(s.notice[1].from, INT64_MIN);
	arena_release(&arena);
}

static const struct {
	const char *text, *error;
} wrong[] = {
    {"tagline = \"a\"\ntag = \"b\"",
     "shop.toml:2: unknown key 'tag'; known are tagline, reserve, theme, language, story, imprint"},
    {"tagline = \"a\"\ntagline = \"b\"", "shop.toml:2: tagline is there twice"},
    {"[notice]\ntext = \"a\"", "shop.toml:1: unknown table 'notice'; known is [[notice]]"},
    {"[[notices]]", "shop.toml:1: unknown table 'notices'"},
    {"\n[[notice]]\nuntil = 2026-08-17", "shop.toml:2: this [[notice]] has no text"},
    {"[[notice]]\ntext = \"a\"", "shop.toml:1: this [[notice]] has no until"},
    {"[[notice]]\ntext = \"a\"\nfrom = 2026-08-18\nuntil = 2026-08-17",
     "shop.toml:1: this [[notice]] ends before it begins"},
    {"[[notice]]\ntext = \"a\"\nuntil = 2026-02-30", "shop.toml:3: '2026-02-30' is no value"},
    {"[[notice]]\ntext = \"a\"\nuntil = \"2026-02-20\"",
     "shop.toml:3: until: a date such as 2026-08-17"},
    {"tagline = 1", "shop.toml:1: tagline: a text in quotes"},
    {"tagline = a b", "shop.toml:1: 'a' is no value"},
    {"tagline = \" \"", "shop.toml:1: tagline: it is empty"},
    {"tagline = \"a\nb\"", "shop.toml:1: the string does not end in its line"},
    {"tagline = \"\"\"a\nb\"\"\"", "shop.toml:1: tagline: one line"},
    {"\nstory = \"\"\"a\nb", "shop.toml:2: the string does not end"},
    {"story = \"\"\"\none\n\n[x](javascript:y)\"\"\"",
     "shop.toml:4: story: the address \"javascript:y\" cannot be linked to"},
    {"reserve = \"javascript:alert(1)\"", "shop.toml:1: reserve: a link that begins with"},
    {"reserve = \"http://a.example/\"", "shop.toml:1: reserve: a link that begins with"},
    {"reserve = \"sms:\"", "shop.toml:1: reserve: a link that begins with"},
    {"reserve = \"tel:+49 89\"", "shop.toml:1: reserve: a link that begins with"},
    {"theme = \"../x\"", "shop.toml:1: theme: a name of a-z and -"},
    {"language = \"xx\"", "shop.toml:1: language: pages are not made in this language"},
    {"tagline = \"a\" b", "shop.toml:1: only a comment may follow here"},
    {"tagline = \"\\q\"", "shop.toml:1: unknown escape"},
    {"tagline = \"\\uD800\"", "shop.toml:1: \\u names no character"},
    {"tagline = \"\\u0000\"", "shop.toml:1: \\u names no character"},
    {"tagline = \"\x01\"", "shop.toml:1: a control character"},
    {"tagline = \"\xff\"", "shop.toml:1: the file is not UTF-8"},
    {"tagline = [\"a\"]", "shop.toml:1: arrays and inline tables are not read here"},
    {"a.b = \"c\"", "shop.toml:1: dotted keys are not read here"},
    {"\"a\" = \"c\"", "shop.toml:1: keys in quotes are not read here"},
    {"[notice", "shop.toml:1: the table's name is not closed"},
    {"tagline", "shop.toml:1: a line is 'key = value'"},
    {"= 1", "shop.toml:1: a line is 'key = value'"},
    {"tagline =", "shop.toml:1: '' is no value"},
};

static void what_is_wrong_is_refused_with_file_line_and_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct shop s;
		struct arena arena;
		struct err err;
		if (read(&s, &arena, wrong[i].text, &err) != INVALID ||
		    strncmp(err.text, wrong[i].error, strlen(wrong[i].error)) != 0)
			fail_msg("%s\nsays: %s\nnot:  %s", wrong[i].text, err.text, wrong[i].error);
		arena_release(&arena);
	}
}

static void nothing_is_a_shop_without_words_of_its_own(void **state)
{
	struct shop s;
	struct arena arena;
	struct err err;
	(void)state;
	assert_int_equal(read(&s, &arena, "", &err), OK);
	assert_int_equal(shop_read(&s, "/nonexistent/shop.toml", NULL, &arena, &err), OK);
	assert_false(s.tagline.n || s.story.n || s.notices);
	arena_release(&arena);
}

/* Every prefix of a whole file, as after a full disk, is read or refused, never more than that. */
static void every_prefix_is_read_or_refused(void **state)
{
	static const char text[] =
	    "story = \"\"\"\\\n a\\u00e4\"\"\"\"\n[[notice]]\nuntil = 2026-08-17 "
	    "# x\ntext = '''b'''\n";
	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct shop s;
		struct arena arena;
		struct err err = {""};
		/* Exactly as long, so that ASan sees a read behind it. */
		char *copy = test_malloc(n + 1);
		memcpy(copy, text, n);
		copy[n] = '\0';
		arena_init(&arena, SHOP_ARENA_MAX);
		enum status status =
		    shop_parse(&s, (struct str){copy, n}, "shop.toml", NULL, &arena, &err);
		assert_true(status == OK || (status == INVALID && err.text[0]));
		arena_release(&arena);
		test_free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_that_may_be_there_is_read),
	    cmocka_unit_test(what_is_wrong_is_refused_with_file_line_and_cause),
	    cmocka_unit_test(nothing_is_a_shop_without_words_of_its_own),
	    cmocka_unit_test(every_prefix_is_read_or_refused),
	};
	return cmocka_run_group_tests_name("shop", tests, NULL, NULL);
}
