/* link: base */
/* Character classes, hexadecimal digits, percent-encoding. */
#include "base/percent.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void classes_are_those_of_the_c_locale_for_every_byte(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		assert_int_equal(ascii_is_digit(c), !!isdigit(byte));
		assert_int_equal(ascii_is_upper(c), !!isupper(byte));
		assert_int_equal(ascii_is_lower(c), !!islower(byte));
		assert_int_equal(ascii_is_letter(c), !!isalpha(byte));
		assert_int_equal(ascii_is_alnum(c), !!isalnum(byte));
		assert_int_equal(ascii_is_space(c), !!isspace(byte));
		assert_int_equal((unsigned char)ascii_lower(c), tolower(byte));
		assert_int_equal((unsigned char)ascii_upper(c), toupper(byte));
		assert_int_equal(hex_value(c) >= 0, !!isxdigit(byte));
	}
	assert_int_equal(hex_value('9') + hex_value('a') + hex_value('F'), 9 + 10 + 15);
}

static void numbers_and_bytes_are_written_in_hexadecimal(void **state)
{
	(void)state;
	char text[HEX_U64];
	hex_u64(0x0123456789abcdef, text);
	assert_string_equal(text, "0123456789abcdef");
	hex_bytes("\xff\x00\x0a", 3, text);
	assert_string_equal(text, "ff000a");
	hex_bytes("", 0, text);
	assert_string_equal(text, "");
}

static void escapes_are_read_whole_or_not_at_all(void **state)
{
	(void)state;
	static const char *const broken[] = {"", "%", "%4", "4141", "%4g", "%g4", "%-1", " %41"};
	char octet = '?';
	assert_true(percent_octet(STR("%41bc"), &octet));
	assert_int_equal(octet, 'A');
	assert_true(percent_octet(STR("%fF"), &octet));
	assert_int_equal((unsigned char)octet, 0xff);
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		assert_false(percent_octet(str_of(broken[i]), &octet));
		assert_int_equal((unsigned char)octet, 0xff);
	}
	assert_false(percent_octet((struct str){"%41", 2}, &octet));
}

static void what_is_not_unreserved_or_named_is_escaped(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 100);
	percent_put(&out, (struct str){"aZ0-._~/:\0\xc3\xa4%", 13}, "/");
	assert_string_equal(buf_z(&out), "aZ0-._~/%3A%00%C3%A4%25");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(classes_are_those_of_the_c_locale_for_every_byte),
	    cmocka_unit_test(numbers_and_bytes_are_written_in_hexadecimal),
	    cmocka_unit_test(escapes_are_read_whole_or_not_at_all),
	    cmocka_unit_test(what_is_not_unreserved_or_named_is_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
