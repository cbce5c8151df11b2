/* How telephone numbers, prices and addresses are written: by country and language.
 *
 * Hides: the groups of telephone numbers (phones.def, from libphonenumber), the signs of numbers
 * and currencies (locales.def, from CLDR), the order of an address (addresses.def).
 *
 * Texts are UTF-8 in the caller's arena, or borrowed when nothing had to change. Of an arena over
 * its maximum they have p == NULL. No state.
 */
#ifndef SITE_LOCALE_LOCALE_H
#define SITE_LOCALE_LOCALE_H

#include "base/arena.h"
#include "base/str.h"

/* A telephone number of E.164 in groups: as people in `country` (two letters) write it when it is
 * of that country ("089 99998970"), else with its calling code ("+49 89 99998970"). Numbers of
 * other countries than those of the table, and all that is not E.164, are returned unchanged. */
struct str locale_phone(struct arena *arena, struct str phone, struct str country);

/* A price as `language` writes it, in `country` when it has a way of its own: "58,00 €" (de), "CHF
 * 58.00" (de, CH). amount: a decimal number with a point; currency: ISO 4217. An unknown language
 * is written as English. An amount that is not such a number is returned as "amount currency". */
struct str locale_price(struct arena *arena, struct str language, struct str country,
			struct str amount, struct str currency);

/* What a price is for, as people write it: "m²" for the code MTK of UN/CEFACT and for itself; any
 * other text as it is. Empty: there is none, or it is longer than a unit. *code: of UN/CEFACT;
 * empty: unknown. Both are static or `unit` itself. */
struct str locale_unit(struct str unit, struct str *code);

/* The parts of an address. Empty: unknown. country: two letters; country_name: shown as the last
 * line when it is not empty. */
struct locale_address {
	struct str street, postcode, city, region, country, country_name;
};
enum { LOCALE_LINES = 6 };
/* The lines of an address in the country's order. The region is only in those of countries that
 * write it ("Austin, TX 78701"), or when nothing else is known. Returns their number. */
size_t locale_address(struct arena *arena, const struct locale_address *a,
		      struct str line[LOCALE_LINES]);

#endif
