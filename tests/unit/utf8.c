/* link: base */
/* UTF-8: what is valid, where a text is cut, how a character is written. */
#include "base/buf.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void utf8_is_what_rfc_3629_says(void **state)
{
	(void)state;
	static const char *const good[] = {"",
					   "a",
					   "\xc3\xa9",
					   "\xe2\x82\xac",
					   "\xf0\x9f\x8f\xa0",
					   "\xf4\x8f\xbf\xbf",
					   "\xed\x9f\xbf",
					   "\xee\x80\x80"};
	static const char *const bad[] = {"\x80",
					  "\xc0\xaf",
					  "\xc3",
					  "\xed\xa0\x80",
					  "\xe0\x80\xaf",
					  "\xf0\x80\x80\xaf",
					  "\xf4\x90\x80\x80",
					  "\xf8\x88\x80\x80",
					  "\xe2\x82"};
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(utf8_is_valid(str_of(good[i])));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(utf8_is_valid(str_of(bad[i])));
	assert_false(utf8_is_valid((struct str){"a\0b", 3}));
}

static void a_cut_keeps_whole_characters_and_as_many_as_fit(void **state)
{
	(void)state;
	struct str s = STR("a\u00e4\u20ac\U0001f35e"); /* ends of characters: 1, 3, 6, 10 */
	static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
	for (size_t max = 0; max < COUNT_OF(kept); max++) {
		struct str cut = utf8_cut(s, max);
		assert_ptr_equal(cut.p, s.p);
		assert_int_equal(cut.n, kept[max]);
	}
	assert_int_equal(utf8_cut(STR("\x80\x80\x80\x80\x80\x80"), 5).n, 5);
	assert_int_equal(utf8_cut((struct str){NULL, 0}, 5).n, 0);
}

static void every_character_is_written_as_it_is_read(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10FFFF; c++) {
		char bytes[UTF8_BYTES_MAX];
		if (c == 0xD800)
			c = 0xE000;
		size_t n = utf8_encode(c, bytes);
		assert_int_equal(n, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
		assert_int_equal(utf8_first((struct str){bytes, n}), n);
		assert_int_equal(utf8_first((struct str){bytes, n - 1}), 0);
		assert_true(utf8_is_valid((struct str){bytes, n}));
	}
	struct buf b;
	buf_init(&b, 100);
	buf_utf8(&b, 0x20ac);
	assert_string_equal(buf_z(&b), "\u20ac");
	buf_release(&b);
}

static void windows_1252_has_27_characters_in_the_place_of_control_codes(void **state)
{
	(void)state;
	int undefined = 0;
	for (int byte = 1; byte < 256; byte++)
		undefined += utf8_of_1252((char)byte) == 0;
	assert_int_equal(undefined, 5);
	assert_int_equal(utf8_of_1252('\x80'), 0x20ac);
	assert_int_equal(utf8_of_1252('\xe4'), 0xe4);
	assert_int_equal(utf8_of_1252('a'), 'a');
}

static void the_first_character_has_its_number(void **state)
{
	static const struct {
		struct str text;
		uint32_t code;
		size_t bytes;
	} cases[] = {
	    {STR("a"), 'a', 1},
	    {STR("\xc3\xbcx"), 0xFC, 2},
	    {STR("\xe2\x82\xac"), 0x20AC, 3},
	    {STR("\xf0\x9f\x98\x80"), 0x1F600, 4},
	    {STR("\xf4\x8f\xbf\xbf"), 0x10FFFF, 4},
	    {STR("\xc3"), 0, 1},
	    {STR("\xed\xa0\x80"), 0, 1},
	    {STR("\xbc"), 0, 1},
	    {STR(""), 0, 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t bytes = 0;
		assert_int_equal(utf8_code(cases[i].text, &bytes), cases[i].code);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_character_has_its_number),
	    cmocka_unit_test(utf8_is_what_rfc_3629_says),
	    cmocka_unit_test(a_cut_keeps_whole_characters_and_as_many_as_fit),
	    cmocka_unit_test(every_character_is_written_as_it_is_read),
	    cmocka_unit_test(windows_1252_has_27_characters_in_the_place_of_control_codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
