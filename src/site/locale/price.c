/* Prices as languages write them. */
#include "base/ascii.h"
#include "base/fatal.h"
#include "site/locale/locale.h"

#include <string.h>

static const struct locale_row {
	const char *tag, *decimal, *group;
	int least; /* digits before the first group */
	const char *form, *signs;
} locales[] = {
#define LOCALE(tag, decimal, group, least, form, signs) {tag, decimal, group, least, form, signs},
#include "site/locale/locales.def"
#undef LOCALE
};

static bool price_is_tag(const struct locale_row *row, struct str language, struct str country)
{
	struct str tag = str_of(row->tag), main = str_cut(&tag, '-');
	return str_eq(main, language) && (country.n ? tag.p && str_eq(tag, country) : !tag.p);
}

/* country empty: the row of the language itself. NULL: there is none. */
static const struct locale_row *price_row(struct str language, struct str country)
{
	for (size_t i = 0; i < COUNT_OF(locales); i++)
		if (price_is_tag(&locales[i], language, country))
			return &locales[i];
	return NULL;
}

static const struct locale_row *price_locale(struct str language, struct str country)
{
	/* A region of the language comes before the country. */
	struct str main = str_cut(&language, '-');
	const struct locale_row *row = price_row(main, language.p ? language : country);
	if (!row)
		row = price_row(main, STR(""));
	return row ? row : price_row(STR("en"), STR(""));
}

/* The number of decimals that prices in a currency have. */
static size_t price_decimals(struct str currency)
{
	static const char none[] =
	    "CLP DJF GNF HUF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
			  three[] = "BHD IQD JOD KWD LYD OMR TND";
	return memmem(none, sizeof(none) - 1, currency.p, currency.n)     ? 0
	       : memmem(three, sizeof(three) - 1, currency.p, currency.n) ? 3
									  : 2;
}

/* The sign of a currency; its code when the language has none. */
static struct str price_sign(const struct locale_row *row, struct str currency)
{
	struct str rest = str_of(row->signs);
	while (rest.p) {
		struct str one = str_cut(&rest, ' ');
		if (str_starts(one, currency))
			return (struct str){one.p + currency.n, one.n - currency.n};
	}
	return currency;
}

/* "1234" -> "1.234" */
static struct str price_group(struct arena *arena, const struct locale_row *row, struct str whole)
{
	if (whole.n < 3 + (size_t)row->least)
		return whole;
	size_t first = whole.n % 3 ? whole.n % 3 : 3;
	struct str text = {whole.p, first};
	for (size_t at = first; at < whole.n && text.p; at += 3)
		text = ARENA_JOIN(arena, text, str_of(row->group), {whole.p + at, 3});
	return text;
}

/* Split a decimal number without a sign. False: it is none. */
static bool price_split(struct str amount, struct str *whole, struct str *fraction)
{
	*fraction = amount;
	*whole = str_cut(fraction, '.');
	for (size_t i = 0; i < whole->n; i++)
		if (!ascii_is_digit(whole->p[i]))
			return false;
	for (size_t i = 0; i < fraction->n; i++)
		if (!ascii_is_digit(fraction->p[i]))
			return false;
	while (whole->n > 1 && whole->p[0] == '0')
		*whole = (struct str){whole->p + 1, whole->n - 1};
	while (fraction->n && fraction->p[fraction->n - 1] == '0')
		fraction->n--;
	return whole->n > 0 && whole->n <= 12 && fraction->n <= 6;
}

struct str locale_price(struct arena *arena, struct str language, struct str country,
			struct str amount, struct str currency)
{
	static const char zeros[] = "000";
	struct str whole, fraction;
	if (currency.n != 3 || !price_split(amount, &whole, &fraction))
		return currency.n ? ARENA_JOIN(arena, amount, STR(" "), currency) : amount;
	const struct locale_row *row = price_locale(language, country);
	size_t decimals = price_decimals(currency);
	size_t missing = fraction.n < decimals ? decimals - fraction.n : 0;
	struct str sign = price_sign(row, currency), form = str_of(row->form);
	struct str number = price_group(arena, row, whole);
	if (fraction.n + missing)
		number =
		    ARENA_JOIN(arena, number, str_of(row->decimal), fraction, {zeros, missing});
	if (!number.p)
		return number;
	if (str_ends(form, STR("\u00a4")))
		return ARENA_JOIN(arena, number, STR("\u00a0"), sign);
	/* Signs that end in a letter stand apart from the number everywhere. */
	bool apart = str_ends(form, STR("\u00a0#")) || ascii_is_letter(sign.p[sign.n - 1]);
	return ARENA_JOIN(arena, sign, apart ? STR("\u00a0") : STR(""), number);
}

struct str locale_unit(struct str unit, struct str *code)
{
	enum { LONGEST = 24 };
	static const struct {
		const char *code, *sign;
	} units[] = {{"MTK", "m²"},  {"MTQ", "m\u00b3"}, {"MTR", "m"}, {"KMT", "km"},
		     {"KGM", "kg"},  {"GRM", "g"},       {"LTR", "l"}, {"HUR", "h"},
		     {"MIN", "min"}, {"KWH", "kWh"}};
	*code = STR("");
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		struct str sign = str_of(units[i].sign);
		if (!str_eq(unit, str_of(units[i].code)) && !str_eq(unit, sign))
			continue;
		*code = str_of(units[i].code);
		return sign;
	}
	return unit.n <= LONGEST ? unit : STR("");
}
