/* link: base directory/encoding */
#include "directory/encoding/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *name_of(const char *name)
{
	const struct encoding *e = encoding_named(str_of(name));
	return e ? e->name : "none";
}

static void encodings_are_found_by_the_names_that_documents_use(void **state)
{
	(void)state;
	assert_string_equal(name_of("ISO-8859-2"), "ISO-8859-2");
	assert_string_equal(name_of("iso_8859-2"), "ISO-8859-2");
	assert_string_equal(name_of("latin1"), "windows-1252");
	assert_string_equal(name_of("CP1251"), "windows-1251");
	assert_string_equal(name_of("IBM866"), "CP866");
	assert_string_equal(name_of("macintosh"), "MACINTOSH");
	assert_string_equal(name_of("KOI8-R"), "KOI8-R");
	assert_string_equal(name_of("Shift_JIS"), "none");
	assert_string_equal(name_of("cp1"), "none");
	assert_string_equal(name_of("2"), "none");
	assert_string_equal(name_of(""), "none");
}

static void a_text_is_of_the_form_that_is_more_frequent_in_it(void **state)
{
	(void)state;
	assert_int_equal(encoding_form(STR("Bakery")), ENCODING_ASCII);
	assert_int_equal(encoding_form(STR("B\xc3\xa4r")), ENCODING_UTF8);
	assert_int_equal(encoding_form(STR("B\xe4r M\xfcller")), ENCODING_OTHER);
	assert_int_equal(encoding_form(STR("B\xc3\xa4r \xc3\xb6 M\xfcller")), ENCODING_UTF8);
	assert_int_equal(encoding_form(STR("B\xc3\xa4r \xe2\x82")), ENCODING_UTF8);
}

static void bytes_become_characters_of_their_encoding(void **state)
{
	struct buf out;
	(void)state;
	buf_init(&out, 100);
	encoding_convert(encoding_named(STR("windows-1250")),
			 STR("\xd8"
			     "eka \x81"),
			 &out);
	assert_string_equal(buf_z(&out), "Řeka \xef\xbf\xbd");
	buf_release(&out);
}

/* The judgement over lines of bytes. */
static void judged(const char *bytes, enum letters_kind kind, const char *encoding, uint64_t line)
{
	struct letters *l = letters_new();
	letters_add_lines(l, str_of(bytes), '\n', 1);
	struct letters_verdict v = letters_judge(l);
	assert_int_equal(v.kind, kind);
	assert_int_equal(v.line, line);
	if (encoding)
		assert_string_equal(v.encoding->name, encoding);
	letters_free(l);
}

static void letters_tell_the_encoding(void **state)
{
	(void)state;
	judged("Bakery\nZ\xfcrich", LETTERS_CERTAIN, "windows-1252", 2);
	judged("Kn\xed\x9ek\x75pectv\xed \xd8\xedha\nPlze\xf2", LETTERS_CERTAIN, "windows-1250", 1);
	judged("\xef\xe5\xea\xe0\xf0\xed\xff", LETTERS_CERTAIN, "windows-1251", 1);
	judged("B\x8a"
	       "ckerei\nK\x9aln\nStra\xa7"
	       "e",
	       LETTERS_CERTAIN, "MACINTOSH", 1);
}

static void what_two_encodings_make_words_of_is_not_certain(void **state)
{
	(void)state;
	judged("a\nb\n\xc8okolada", LETTERS_UNSURE, NULL, 3);
}

static void noise_is_of_no_encoding(void **state)
{
	(void)state;
	judged("\x93\xf8\x92\x86\x90\xbb\x83p\x83\x93\x8f\x8a", LETTERS_STRANGE, NULL, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encodings_are_found_by_the_names_that_documents_use),
	    cmocka_unit_test(a_text_is_of_the_form_that_is_more_frequent_in_it),
	    cmocka_unit_test(bytes_become_characters_of_their_encoding),
	    cmocka_unit_test(letters_tell_the_encoding),
	    cmocka_unit_test(what_two_encodings_make_words_of_is_not_certain),
	    cmocka_unit_test(noise_is_of_no_encoding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
