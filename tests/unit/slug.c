/* link: base directory/slug */
/* Names as parts of addresses. */
#include "base/fatal.h"
#include "base/utf8.h"
#include "directory/slug/slug.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void names_are_written_in_letters_digits_and_hyphens(void **state)
{
	(void)state;
	static const struct {
		const char *name, *country, *slug;
	} cases[] = {
	    {"Fliesen Falkner & Amsel", "DE", "fliesen-falkner-amsel"},
	    {"Café Müller & Söhne", "DE", "cafe-mueller-soehne"},
	    {"Café Müller", "FR", "cafe-muller"},
	    {"Färgaren på Ön", "SE", "fargaren-pa-on"},
	    {"Øster Ågade æble", "DK", "oester-aagade-aeble"},
	    {"Straße ẞ", "DE", "strasse-ss"},
	    {"O'Hara’s “Pub”", "IE", "oharas-pub"},
	    {"Łódź Żółw", "PL", "lodz-zolw"},
	    {"Έλληνας Φούρνος", "GR", "ellinas-fournos"},
	    {"Пекара Жива", "RS", "pekara-ziva"},
	    {"Чайка и Щука", "UA", "chayka-i-schuka"},
	    {"株式会社 日本", "JP", "株式会社-日本"},
	    {"ＡＢＣ　１２", "JP", "abc-12"},
	    {"가나다", "KR", "가나다"},
	    {"İstanbul ığ", "TR", "istanbul-ig"},
	    {"24/7 -- Shop!!", "US", "24-7-shop"},
	    {"½ Preis", "DE", "12-preis"},
	    {"&&& ...", "DE", ""},
	    {"", "", ""},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char out[SLUG_BYTES];
		struct str slug = slug_of(str_of(cases[i].name), str_of(cases[i].country), out);
		if (!str_eq(slug, str_of(cases[i].slug)))
			fail_msg("'%s' is '%.*s' and not '%s'", cases[i].name, STR_ARG(slug),
				 cases[i].slug);
	}
}

static void long_names_are_cut_between_words_and_letters(void **state)
{
	(void)state;
	char out[SLUG_BYTES], name[1000];
	memset(name, 'x', sizeof(name));
	assert_int_equal(slug_of((struct str){name, sizeof(name)}, STR(""), out).n, SLUG_LETTERS);
	for (size_t i = 9; i < sizeof(name); i += 10)
		name[i] = ' ';
	struct str slug = slug_of((struct str){name, sizeof(name)}, STR(""), out);
	assert_int_equal(slug.n, 59); /* six words of nine, five hyphens */
	for (size_t i = 0; i + 3 <= sizeof(name); i += 3)
		memcpy(name + i, "\xe6\x97\xa5", 3);
	slug = slug_of((struct str){name, 999}, STR("JP"), out);
	assert_int_equal(slug.n, 180);
	assert_true(utf8_is_valid(slug));
}

/* What is a slug already stays as it is: paths that are given by hand are checked with it. */
static void a_slug_of_a_slug_is_the_same(void **state)
{
	(void)state;
	static const char *const names[] = {"Café Müller", "株式会社 日本", "Пекара", "हिन्दी दुकान",
					    "ร้านอาหาร"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char out[SLUG_BYTES], again[SLUG_BYTES];
		struct str slug = slug_of(str_of(names[i]), STR("DE"), out);
		assert_true(str_eq(slug_of(slug, STR(""), again), slug));
		assert_true(slug_is_path(slug));
	}
	assert_true(slug_is_path(STR("hochtann/fliesen-falkner")));
	assert_true(slug_is_path(STR("munich/f/fliesen-falkner")));
	assert_false(slug_is_path(STR("/hochtann")));
	assert_false(slug_is_path(STR("hochtann/")));
	assert_false(slug_is_path(STR("../x")));
	assert_false(slug_is_path(STR("Hochtann/x")));
	assert_false(slug_is_path(STR("a//b")));
	assert_false(slug_is_path(STR("a/b.html")));
	assert_false(slug_is_path(STR("")));
}

static void words_of_other_addresses_are_reserved(void **state)
{
	(void)state;
	assert_true(slug_is_reserved(STR("search")));
	assert_true(slug_is_reserved(STR("de")));
	assert_true(slug_is_reserved(STR("au"))); /* a town of that name is au-REGION */
	assert_false(slug_is_reserved(STR("hochtann")));
	assert_false(slug_is_reserved(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_written_in_letters_digits_and_hyphens),
	    cmocka_unit_test(long_names_are_cut_between_words_and_letters),
	    cmocka_unit_test(a_slug_of_a_slug_is_the_same),
	    cmocka_unit_test(words_of_other_addresses_are_reserved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
