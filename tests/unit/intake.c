/* link: base config contact/intake */
/* What is refused in a profile, and what may stand: contact data as they are and spelled out, in
 * English, German, Serbian and French, beside norms, dates, prices and dimensions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "contact/intake/intake.h"

static const struct {
	const char *text;
	enum intake_kind kind;
} refused[] = {
    {"write to info@mill.example.com", INTAKE_EMAIL},
    {"info @ mill . com", INTAKE_EMAIL},
    {"info (at) mill (dot) com", INTAKE_EMAIL},
    {"info[at]mill.ch", INTAKE_EMAIL},
    {"info {at} mill {dot} rs", INTAKE_EMAIL},
    {"anna at mill dot com is me", INTAKE_EMAIL},
    {"anna at big-mill dot ch", INTAKE_EMAIL},
    {"anna at gmail", INTAKE_EMAIL},
    {"anna punkt meier at firma punkt de", INTAKE_EMAIL},
    {"anna ät firma punkt ch", INTAKE_EMAIL},
    {"info klammeraffe firma punkt at", INTAKE_EMAIL},
    {"info affenschwanz firma.ch", INTAKE_EMAIL},
    {"pera majmun firma tačka rs", INTAKE_EMAIL},
    {"pera et firma tacka rs", INTAKE_EMAIL},
    {"пера мајмун фирма тачка рс", INTAKE_EMAIL},
    {"marie arobase moulin point fr", INTAKE_EMAIL},
    {"marie arobas moulin point com", INTAKE_EMAIL},
    {"marie chez moulin point fr", INTAKE_EMAIL},
    {"info＠mill.com", INTAKE_EMAIL},
    {"in\u200bfo@mi\u200bll.com", INTAKE_EMAIL},
    {"call +41 31 555 12 34", INTAKE_PHONE},
    {"+41(0)31 555 12 34", INTAKE_PHONE},
    {"0041 31 555 12 34", INTAKE_PHONE},
    {"031 555 12 34", INTAKE_PHONE},
    {"Tel. 555 12 34", INTAKE_PHONE},
    {"Telefon: 5551234", INTAKE_PHONE},
    {"079/555-12-34", INTAKE_PHONE},
    {"064/123-4567", INTAKE_PHONE},
    {"064 123 4567, zovite", INTAKE_PHONE},
    {"06 12 34 56 78", INTAKE_PHONE},
    {"06.12.34.56.78", INTAKE_PHONE},
    {"(555) 123-4567", INTAKE_PHONE},
    {"555-123-4567", INTAKE_PHONE},
    {"zero seven nine five five five one two", INTAKE_PHONE},
    {"null sieben neun fünf fünf fünf eins zwei", INTAKE_PHONE},
    {"nula šest četiri jedan dva tri četiri pet", INTAKE_PHONE},
    {"нула шест четири један два три четири пет", INTAKE_PHONE},
    {"zéro six un deux trois quatre cinq six", INTAKE_PHONE},
    {"０３１ ５５５ １２ ３４", INTAKE_PHONE},
    {"WhatsApp 79 555 12 34", INTAKE_PHONE},
    {"see https://mill.example/x", INTAKE_PAGE},
    {"www.mill.org", INTAKE_PAGE},
    {"www dot mill dot org", INTAKE_PAGE},
    {"find us on mill-shop.com", INTAKE_PAGE},
    {"MUEHLE.DE", INTAKE_PAGE},
    {"muehle . de", INTAKE_PAGE},
    {"muehle punkt ch", INTAKE_PAGE},
    {"mlin tačka rs", INTAKE_PAGE},
    {"moulin point com", INTAKE_PAGE},
    {"mill dot com", INTAKE_PAGE},
    {"mіll.com with a Cyrillic letter", INTAKE_PAGE},
    {"t.me/mill", INTAKE_PAGE},
    {"@big_mill on every network", INTAKE_HANDLE},
    {"Instagram: bigmill", INTAKE_HANDLE},
    {"insta big_mill", INTAKE_HANDLE},
    {"Telegram mill77", INTAKE_HANDLE},
    {"on Skype as bigmill", INTAKE_HANDLE},
    {"Facebook unter bigmill", INTAKE_HANDLE},
    {"Instagram kao bigmill", INTAKE_HANDLE},
    {"Facebook sous moulin", INTAKE_HANDLE},
};

static const char *const stays[] = {
    "ISO 9001:2015 and EN 10204 3.1",
    "DIN EN 1090-2, EXC2",
    "M8x40 and M12 x 60, DIN 933",
    "1.200.000 EUR in all",
    "CHF 120'000 a year",
    "0 - 10 000 000 EUR",
    "0,5 mm to 12,75 mm",
    "0800 kg at a time",
    "100 pieces @ 5 EUR",
    "10 Stk @ 3,50 CHF",
    "from 01.02.2026 to 30.06.2026",
    "01.01.2026-31.12.2026",
    "2026-03-01 - 2026-06-30",
    "delivery 2/3/2027",
    "opening hours 08:00-12:00, 13:30-18:00",
    "postcode 3007 and 11000",
    "we work at night and at weekends",
    "fertig.Es folgt der Rest",
    "Lieferung ab Werk. Es eilt nicht.",
    "der Punkt ist: es muss halten",
    "au point de vente",
    "mise au point et contrôle",
    "vente et montage",
    "kod kuće i na terenu",
    "we sell Instagram marketing",
    "signal processing and telegram history",
    "LinkedIn training for teams",
    "one two three, and it is done",
    "zwei bis drei Tage",
    "dva do tri dana",
    "un ou deux jours",
    "RAL 7016, 3 x 400 V, 50 Hz",
    "IP65, 24 V DC, 2.5 A",
    "S235JR+AR, 1500 x 3000 x 10",
    "5 % discount, 30 days net",
    "approx. 12 t per week",
    "node.js and .NET developers",
    "C++ and C# work",
    "version 1.2.3 or later",
    "No. 4711",
    "article 123456",
    "lot size 10000-50000 pcs",
    "temperature -20 to +60 degrees",
    "+10 % in summer",
    "GOST 12345-67",
    "ASTM A325",
    "NACE 10.71",
    "VAT included, no. on request",
    "We can call for tenders in 2027",
    "mobile crane up to 120 t",
    "Wir suchen eine Mühle, die jede Woche liefert.",
    "Tražimo mlin koji isporučuje svake nedelje.",
    "Nous cherchons un moulin qui livre chaque semaine.",
    "Тражимо млин који испоручује сваке недеље.",
};

static void what_tells_who_is_refused(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t n = 0; n < COUNT_OF(refused); n++) {
		struct intake_found found;
		bool passes = intake_screen(str_of(refused[n].text), &found);
		if (passes || found.kind != refused[n].kind) {
			print_error("%s: %s\n", passes ? "passes" : intake_kind_name(found.kind),
				    refused[n].text);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void norms_dates_prices_and_dimensions_stay(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t n = 0; n < COUNT_OF(stays); n++) {
		struct intake_found found;
		if (!intake_screen(str_of(stays[n]), &found)) {
			print_error("%s \"%s\": %s\n", intake_kind_name(found.kind), found.text,
				    stays[n]);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_tells_who_is_refused),
	    cmocka_unit_test(norms_dates_prices_and_dimensions_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
