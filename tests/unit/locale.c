/* link: base site/locale */
/* Telephone numbers, prices and addresses as people write them. */
#include "base/fatal.h"
#include "site/locale/locale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { ARENA_MAX = 1 << 20 };

static void check_is(struct str got, const char *right, const char *of)
{
	if (!str_eq(got, str_of(right)))
		fail_msg("%s is '%.*s' and not '%s'", of, STR_ARG(got), right);
}

static void telephone_numbers_are_grouped_as_their_country_does(void **state)
{
	(void)state;
	/* what libphonenumber says of them, in the country and from abroad */
	static const struct {
		const char *phone, *country, *text;
	} cases[] = {
	    {"+498999998970", "DE", "089 99998970"},
	    {"+498999998970", "CH", "+49 89 99998970"},
	    {"+498999998970", "", "+49 89 99998970"},
	    {"+4930231250", "DE", "030 231250"},
	    {"+4987219999", "DE", "08721 9999"},
	    {"+493375123456", "DE", "03375 123456"},
	    {"+4915123456789", "DE", "01512 3456789"},
	    {"+41440000123", "CH", "044 000 01 23"},
	    {"+41440000123", "DE", "+41 44 000 01 23"},
	    {"+4312345678", "AT", "01 2345678"},
	    {"+33199001234", "FR", "01 99 00 12 34"},
	    {"+390600001234", "IT", "06 0000 1234"},
	    {"+442079460123", "GB", "020 7946 0123"},
	    {"+12025550123", "US", "(202) 555-0123"},
	    {"+12025550123", "CA", "(202) 555-0123"},
	    {"+12025550123", "DE", "+1 202-555-0123"},
	    {"+46850000123", "SE", "08-500 001 23"},
	    {"+31200000123", "NL", "020 000 0123"},
	    {"+420212345678", "CZ", "212 345 678"},
	    /* left as they are: not in the table, no format, not E.164 */
	    {"+9771234567", "NP", "+9771234567"},
	    {"+49123", "DE", "+49123"},
	    {"089/99998970", "DE", "089/99998970"},
	    {"+49 89 1", "DE", "+49 89 1"},
	    {"+", "DE", "+"},
	    {"", "DE", ""},
	};
	struct arena arena;
	arena_init(&arena, ARENA_MAX);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_is(locale_phone(&arena, str_of(cases[i].phone), str_of(cases[i].country)),
			 cases[i].text, cases[i].phone);
	arena_release(&arena);
}

static void prices_are_written_as_the_language_does(void **state)
{
	(void)state;
	static const struct {
		const char *language, *country, *amount, *currency, *text;
	} cases[] = {
	    {"de", "DE", "58.00", "EUR", "58,00\u00a0\u20ac"},
	    {"de", "DE", "2400", "EUR", "2.400,00\u00a0\u20ac"},
	    {"de", "DE", "1234567.5", "EUR", "1.234.567,50\u00a0\u20ac"},
	    {"de", "AT", "14.50", "EUR", "\u20ac\u00a014,50"},
	    {"de", "CH", "1234.50", "CHF", "CHF\u00a01'234.50"},
	    {"de-CH", "DE", "5", "CHF", "CHF\u00a05.00"},
	    {"en", "DE", "58", "EUR", "\u20ac58.00"},
	    {"en", "CH", "58", "CHF", "CHF\u00a058.00"},
	    {"fr", "FR", "1234.5", "EUR", "1\u202f234,50\u00a0\u20ac"},
	    {"es", "ES", "1234.5", "EUR", "1234,50\u00a0\u20ac"},
	    {"es", "ES", "12345.5", "EUR", "12.345,50\u00a0\u20ac"},
	    {"nl", "NL", "3", "EUR", "\u20ac\u00a03,00"},
	    {"hu", "HU", "4990.00", "HUF", "4990\u00a0Ft"},
	    {"ja", "JP", "1200", "JPY", "\uffe51,200"},
	    {"de", "DE", "0.2345", "EUR", "0,2345\u00a0\u20ac"}, /* nothing is rounded */
	    {"xx", "DE", "58", "EUR", "\u20ac58.00"},
	    {"de", "DE", "nach Aufwand", "EUR", "nach Aufwand EUR"},
	    {"de", "DE", "-3", "EUR", "-3 EUR"},
	    {"de", "DE", "58", "", "58"},
	    {"de", "DE", "58", "Euro", "58 Euro"},
	};
	struct arena arena;
	arena_init(&arena, ARENA_MAX);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_is(locale_price(&arena, str_of(cases[i].language), str_of(cases[i].country),
				      str_of(cases[i].amount), str_of(cases[i].currency)),
			 cases[i].text, cases[i].amount);
	arena_release(&arena);
}

static void addresses_have_the_order_of_their_country(void **state)
{
	(void)state;
	static const struct {
		struct locale_address address;
		const char *lines;
	} cases[] = {
	    {{STR("Gewerbering 9"), STR("84498"), STR("Hochtann"), STR("Bayern"), STR("DE"),
	      STR("")},
	     "Gewerbering 9|84498 Hochtann"},
	    {{STR("Gewerbering 9"), STR("84498"), STR("Hochtann"), STR("Bayern"), STR("DE"),
	      STR("Deutschland")},
	     "Gewerbering 9|84498 Hochtann|Deutschland"},
	    {{STR("1 High St"), STR("SW1A 1AA"), STR("London"), STR("England"), STR("GB"), STR("")},
	     "1 High St|London|SW1A 1AA"},
	    {{STR("1 Main St"), STR("78701"), STR("Austin"), STR("TX"), STR("US"), STR("")},
	     "1 Main St|Austin, TX 78701"},
	    {{STR("1 Main St"), STR(""), STR("Austin"), STR(""), STR("US"), STR("")},
	     "1 Main St|Austin"},
	    {{STR(""), STR("78701"), STR(""), STR("TX"), STR("US"), STR("")}, "TX 78701"},
	    {{STR("1-1"), STR("100-0001"), STR("Chiyoda"), STR("Tokyo"), STR("JP"), STR("")},
	     "\u3012100-0001|Tokyo Chiyoda|1-1"},
	    {{STR(""), STR(""), STR(""), STR("Bayern"), STR("DE"), STR("")}, "Bayern"},
	    {{STR(""), STR(""), STR(""), STR(""), STR("DE"), STR("")}, ""},
	};
	struct arena arena;
	arena_init(&arena, ARENA_MAX);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str line[LOCALE_LINES], all = STR("");
		size_t n = locale_address(&arena, &cases[i].address, line);
		for (size_t k = 0; k < n; k++)
			all = ARENA_JOIN(&arena, all, k ? STR("|") : STR(""), line[k]);
		check_is(all, cases[i].lines, "an address");
	}
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(telephone_numbers_are_grouped_as_their_country_does),
	    cmocka_unit_test(prices_are_written_as_the_language_does),
	    cmocka_unit_test(addresses_have_the_order_of_their_country),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
