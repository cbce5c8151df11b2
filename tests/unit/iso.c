/* link: base directory/words directory/iso */
/* Countries and their parts by whatever they are called. */
#include "directory/iso/iso.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

static void check_country(const char *name, const char *right)
{
	struct str code = iso_country(str_of(name));
	if (!str_eq(code, str_of(right)))
		fail_msg("'%s' is '%.*s' and not '%s'", name, STR_ARG(code), right);
}

static void check_part(const char *country, const char *name, const char *right)
{
	struct str of, part = iso_part(str_of(country), str_of(name), &of);
	if (!str_eq(part, str_of(right)))
		fail_msg("'%s' of %s is '%.*s' and not '%s'", name, country, STR_ARG(part), right);
}

static void countries_are_known_by_codes_and_names(void **state)
{
	(void)state;
	static const char *const names[][2] = {{"ch", "CH"},
					       {"CHE", "CH"},
					       {"SUI", "CH"},
					       {"756", "CH"},
					       {"Schweiz", "CH"},
					       {"Suisse", "CH"},
					       {"Schweiz/Suisse", "CH"},
					       {"U.S.A.", "US"},
					       {"United States of America", "US"},
					       {"Estados Unidos", "US"},
					       {"The Netherlands", "NL"},
					       {"Holland", "NL"},
					       {"ESPA\xc3\x91"
						"A",
						"ES"},
					       {"espana", "ES"},
					       {"D", "DE"},
					       {"Germany (DE)", "DE"},
					       {"UK", "GB"},
					       {"Great Britain", "GB"},
					       {"Scotland", "GB"},
					       {"Czech Republic", "CZ"},
					       {"Tschechien", "CZ"},
					       {"\xc3\x96sterreich", "AT"},
					       {"Oesterreich", "AT"},
					       {"Republic of Korea", "KR"},
					       {"C\xc3\xb4te d'Ivoire", "CI"},
					       {"\xe6\x97\xa5\xe6\x9c\xac", "JP"},
					       {"Georgia", "GE"}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_country(names[i][0], names[i][1]);
}

static void what_is_no_country_is_none(void **state)
{
	(void)state;
	static const char *const names[] = {"",   "-",   "Lummerland", "Schweiz/Austria",
					    "ZZ", "999", "GB-LND"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_country(names[i], "");
}

static void one_region_has_one_name(void **state)
{
	(void)state;
	static const char *const names[][3] = {{"AT", "AT-7", "Tirol"},
					       {"AT", "Tyrol", "Tirol"},
					       {"AT", "Land Tirol", "Tirol"},
					       {"AT", "7", "Tirol"},
					       {"CH", "CH-GR", "Graub\xc3\xbcnden"},
					       {"CH", "Grisons", "Graub\xc3\xbcnden"},
					       {"CH", "GR", "Graub\xc3\xbcnden"},
					       {"CH", "Kanton Graubuenden", "Graub\xc3\xbcnden"},
					       {"CH", "St. Gallen", "Sankt Gallen"},
					       {"CH", "Canton de Gen\xc3\xa8ve", "Gen\xc3\xa8ve"},
					       {"DE", "Bavaria", "Bayern"},
					       {"DE", "by", "Bayern"},
					       {"DE", "Freistaat Bayern", "Bayern"},
					       {"GB", "GB-LND", "London"},
					       {"GB", "City of London", "London"},
					       {"FR", "FR-29", "Finist\xc3\xa8re"},
					       {"FR", "29", "Finist\xc3\xa8re"},
					       {"ES", "ES-MD", "Madrid"},
					       {"ES", "M", "Madrid"},
					       {"ES", "Comunidad de Madrid", "Madrid"},
					       {"US", "CA", "California"},
					       {"US", "California", "California"},
					       {"IE", "Co. Cork", "Cork"},
					       {"SE", "Stockholms l\xc3\xa4n", "Stockholm"},
					       {"IT", "RM", "Roma"},
					       {"IT", "Tuscany", "Toscana"},
					       {"BE", "Flanders", "Vlaanderen"}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_part(names[i][0], names[i][1], names[i][2]);
}

static void a_region_of_another_country_is_none_here(void **state)
{
	(void)state;
	check_part("AT", "CH-GR", "");
	check_part("AT", "Bayern", "");
	check_part("AT", "", "");
	check_part("XX", "Tirol", "");
}

static void the_code_of_a_region_tells_its_country(void **state)
{
	(void)state;
	struct str of, part = iso_part(STR(""), STR("us-il"), &of);
	assert_true(str_eq(part, STR("Illinois")));
	assert_true(str_eq(of, STR("US")));
	part = iso_part(STR(""), STR("Illinois"), &of);
	assert_int_equal(part.n, 0);
}

static void english_is_known_where_it_differs(void **state)
{
	(void)state;
	assert_true(str_eq(iso_part_english(STR("DE"), STR("Bayern")), STR("Bavaria")));
	assert_true(str_eq(iso_part_english(STR("AT"), STR("Steiermark")), STR("Styria")));
	assert_int_equal(iso_part_english(STR("AT"), STR("Salzburg")).n, 0);
}

static void pages_name_countries_in_their_language(void **state)
{
	(void)state;
	assert_true(str_eq(iso_country_name(STR("DE"), STR("en")), STR("Germany")));
	assert_true(str_eq(iso_country_name(STR("DE"), STR("xx")), STR("Germany")));
	assert_int_equal(iso_country_name(STR("QX"), STR("en")).n, 0);
	assert_int_equal(iso_country_name(STR(""), STR("en")).n, 0);
}

static void numbers_tell_their_country(void **state)
{
	(void)state;
	static const char *const numbers[][4] = {
	    {"41443332211", "CH", "443332211", "0"},
	    {"420224000000", "CZ", "224000000", ""},
	    {"3612345678", "HU", "12345678", "06"},
	    {"390212345678", "IT", "0212345678", "-"},
	    {"385100008", "HR", "100008", "0"},
	    {"14155551234", "CA", "4155551234", "1"},
	    {"999123456", "", "", ""},
	    {"", "", "", ""},
	};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct str national = STR(""), trunk = STR("");
		struct str of = iso_of_number(str_of(numbers[i][0]), &national, &trunk);
		assert_true(str_eq(of, str_of(numbers[i][1])));
		assert_true(str_eq(national, str_of(numbers[i][2])));
		assert_true(str_eq(trunk, str_of(numbers[i][3])));
	}
}

static void languages_are_known_by_codes_and_names(void **state)
{
	(void)state;
	static const char *const names[][2] = {
	    {"de", "de"},       {"DE", "de"},     {"German", "de"},  {"deutsch", "de"},
	    {"Français", "fr"}, {"srpski", "sr"}, {"Spanish", "es"}, {"castellano", "es"},
	    {"xx", ""},         {"", ""},         {"Klingon", ""},
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (!str_eq(iso_language(str_of(names[i][0])), str_of(names[i][1])))
			fail_msg("'%s' is not '%s'", names[i][0], names[i][1]);
	assert_true(str_eq(iso_language_name(STR("es"), STR("en")), STR("Spanish")));
	assert_true(str_eq(iso_language_name(STR("el"), STR("fr")), STR("grec moderne")));
	assert_true(str_eq(iso_language_name(STR("fr"), STR("xx")), STR("French")));
	assert_false(iso_language_name(STR("xx"), STR("en")).n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(countries_are_known_by_codes_and_names),
	    cmocka_unit_test(what_is_no_country_is_none),
	    cmocka_unit_test(one_region_has_one_name),
	    cmocka_unit_test(a_region_of_another_country_is_none_here),
	    cmocka_unit_test(the_code_of_a_region_tells_its_country),
	    cmocka_unit_test(english_is_known_where_it_differs),
	    cmocka_unit_test(pages_name_countries_in_their_language),
	    cmocka_unit_test(numbers_tell_their_country),
	    cmocka_unit_test(languages_are_known_by_codes_and_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
