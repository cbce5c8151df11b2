/* What is known of countries beside their names: zones and telephone numbers. */
#include "base/ascii.h"
#include "directory/iso/iso.h"
#include "directory/parse/internal.h"

#include <string.h>

/* ITU-T E.164 calling code; national trunk prefix ("" none, "-" part of the number as in Italy);
 * least and most digits of a national number; the IANA zone of countries that have one; least and
 * most minutes that clocks are ahead of UTC, in winter and summer. */
struct country {
	const char code[3];
	const char *calling, *trunk;
	int least, most;
	const char *zone;
	int east_from, east_to;
};
static const struct country countries[] = {
#define COUNTRY(code, calling, trunk, least, most, zone, east_from, east_to)                       \
	{code, calling, trunk, least, most, zone, east_from, east_to},
#include "directory/iso/countries.def"
#undef COUNTRY
};

static const struct country *country_of(struct str code)
{
	for (size_t i = 0; i < COUNT_OF(countries); i++)
		if (str_eq(code, (struct str){countries[i].code, 2}))
			return &countries[i];
	return NULL;
}

bool country_has_offset(struct str code, int minutes)
{
	const struct country *c = country_of(code);
	return c && minutes >= c->east_from && minutes <= c->east_to;
}

bool country_number_first(struct str code)
{
	static const char first[][3] = {"AE", "AU", "CA", "EG", "FR", "GB", "HK", "IE",
					"IL", "IN", "KE", "LU", "MA", "MC", "MY", "NG",
					"NZ", "PH", "SA", "SG", "TH", "TN", "US", "ZA"};
	for (size_t i = 0; i < COUNT_OF(first); i++)
		if (str_eq(code, (struct str){first[i], 2}))
			return true;
	return false;
}

const char *country_timezone(struct str code)
{
	const struct country *c = country_of(code);
	return c ? c->zone : NULL;
}

/* Columns that files of one country have: numbers of its register, its parts. */
struct str country_of_column(const char *name)
{
	static const struct {
		const char *country, *columns;
	} tells[] = {
	    {"AR", " cuit "},
	    {"AT", " firmenbuchnummer fbnr "},
	    {"AU", " abn abnnumber acn "},
	    {"BR", " cnpj uf cep "},
	    {"CH", " uidnummer uidnr chid ehraid kanton kantonname npa swisszipcode "},
	    {"DE", " hrb "},
	    {"DK", " cvr cvrnr cvrnummer "},
	    {"ES", " comunidadautonoma "},
	    {"FI", " ytunnus maakunta "},
	    {"FR", " siren siret numerosiret numerovoieetablissement codeinsee "},
	    {"GB", " regaddressposttown fhrsid "},
	    {"US", " camis naicscode "},
	    {"HR", " oib zupanija "},
	    {"HU", " adoszam cegjegyzekszam megye "},
	    {"IE", " eircode "},
	    {"IN", " gstin pincode "},
	    {"IT", " partitaiva piva "},
	    {"MX", " nomestab rfc "},
	    {"NL", " kvk kvknr kvknummer "},
	    {"NO", " organisasjonsnummer fylke "},
	    {"PL", " nip regon krs wojewodztwo "},
	    {"RO", " cui judet "},
	    {"CN", " 统一社会信用代码 "},
	    {"GR", " αφμ τκ "},
	    {"JP", " 法人番号 "},
	    {"NZ", " nzbn "},
	    {"PT", " nipc concelho freguesia "},
	    {"RS", " maticnibroj "},
	    {"RU", " инн огрн "},
	    {"TR", " ilce "},
	    {"SE", " organisationsnummer "},
	};
	char word[40];
	size_t n = strlen(name);
	if (!n || n + 3 > sizeof(word))
		return STR("");
	word[0] = word[n + 1] = ' ';
	word[n + 2] = '\0';
	memcpy(word + 1, name, n);
	for (size_t i = 0; i < COUNT_OF(tells); i++)
		if (strstr(tells[i].columns, word))
			return str_of(tells[i].country);
	return STR("");
}

struct str country_of_capital(struct str city, struct str region)
{
	struct str of, found = STR("");
	if (!city.n || !region.n)
		return found;
	for (size_t i = 0; i < COUNT_OF(countries); i++) {
		struct str code = {countries[i].code, 2}, part = iso_part(code, region, &of);
		if (!part.n || !str_eq(part, iso_part(code, city, &of)))
			continue;
		if (found.n)
			return STR("");
		found = code;
	}
	return found;
}

/* ---- telephone numbers ---- */

enum { PHONE_DIGITS = 24, LOCAL_DIGITS_MAX = 9 };

static const struct country *country_by_calling(const char *digits, size_t n)
{
	struct str national, trunk;
	return country_of(iso_of_number((struct str){digits, n}, &national, &trunk));
}

/* The digits of a number as written, and whether a + stands in front of them; -1: no number. */
static int phone_digits(struct str text, char digits[PHONE_DIGITS], bool *international)
{
	/* no-break spaces, hyphens and dashes as typesetters set them */
	static const char *const marks[] = {"\xc2\xa0",     "\xe2\x80\x91", "\xe2\x80\x93",
					    "\xe2\x80\x90", "\xe2\x80\xaf", "\xe2\x80\x89"};
	size_t n = 0;
	*international = false;
	for (size_t i = 0; i < text.n; i++) {
		struct str rest = {text.p + i, text.n - i};
		char c = rest.p[0];
		if (ascii_is_digit(c)) {
			/* "+41 (0)44 ...": the trunk prefix in brackets is not
			 * dialled, but in Italy. */
			const struct country *k =
			    *international && i && str_starts(rest, STR("0)")) && rest.p[-1] == '('
				? country_by_calling(digits, n)
				: NULL;
			if (k && k->trunk[0] != '-')
				continue;
			if (n == PHONE_DIGITS)
				return -1;
			digits[n++] = c;
		} else if (c == '+' && n == 0) {
			*international = true;
		} else if (c == '\0' || !strchr(" -./()", c)) {
			size_t mark = 0;
			for (size_t m = 0; m < COUNT_OF(marks); m++)
				if (str_starts(rest, str_of(marks[m])))
					mark = strlen(marks[m]);
			if (!mark)
				return -1; /* an extension, a word: keep it as written */
			i += mark - 1;
		}
	}
	return (int)n;
}

/* Spreadsheets keep "+49 89 5551234" as the number 49895551234. Within a country no number has so
 * many digits, or none of ten and more is dialled without the prefix 0. */
static bool phone_lacks_plus(const struct country *c, const char *digits, size_t n)
{
	size_t calling = strlen(c->calling);
	bool zero = c->trunk[0] == '0';
	bool longer = n > (size_t)c->most || (zero && n > LOCAL_DIGITS_MAX);
	return longer && n > calling && n >= calling + (size_t)c->least &&
	       n <= calling + (size_t)c->most && memcmp(digits, c->calling, calling) == 0 &&
	       (!zero || digits[calling] != '0');
}

bool parse_phone(struct str text, struct str country, struct buf *out)
{
	char digits[PHONE_DIGITS];
	bool international;
	int count = phone_digits(str_trim(text), digits, &international);
	if (count < 0)
		return false;
	size_t n = (size_t)count;
	if (!international && n > 2 && digits[0] == '0' && digits[1] == '0') {
		international = true;
		memmove(digits, digits + 2, n -= 2);
	}
	const struct country *c =
	    international ? country_by_calling(digits, n) : country_of(country);
	if (!c)
		return false;
	international |= phone_lacks_plus(c, digits, n);
	size_t calling = international ? strlen(c->calling) : 0, trunk = strlen(c->trunk);
	const char *national = digits + calling;
	n -= calling;
	/* No number begins with 0 where 0 is the prefix; 8 and 1 are prefixes only in
	 * front of a whole number. */
	bool zero = c->trunk[0] == '0';
	if (trunk && c->trunk[0] != '-' && n > trunk && memcmp(national, c->trunk, trunk) == 0 &&
	    (zero || n > (size_t)c->most)) {
		national += trunk;
		n -= trunk;
	} else if (!international && zero && c->least <= LOCAL_DIGITS_MAX &&
		   (c->least != c->most || n != (size_t)c->most)) {
		/* No trunk prefix: a local number without its area. Where all numbers have one
		 * length, one that has it has lost its prefix in a spreadsheet; where the least is
		 * longer than any local number, they are written without it: "(11) 3456-7890". */
		return false;
	}
	if (n < (size_t)c->least || n > (size_t)c->most)
		return false;
	buf_putc(out, '+');
	buf_puts(out, c->calling);
	buf_add(out, national, n);
	return !buf_failed(out);
}

bool country_is_territory(struct str place, struct str state)
{
	static const struct {
		const char *state, *places;
	} states[] = {
	    {"FR", "GP MQ GF RE YT PM BL MF WF PF NC TF"},
	    {"US", "PR GU VI AS MP UM"},
	    {"GB", "GG JE IM GI FK BM KY VG AI MS TC SH IO GS PN"},
	    {"NL", "AW CW SX BQ"},
	    {"DK", "GL FO"},
	    {"NO", "SJ BV"},
	    {"FI", "AX"},
	    {"AU", "CX CC NF HM"},
	    {"NZ", "CK NU TK"},
	    {"CN", "HK MO TW"},
	    {"RS", "XK"},
	    {"IL", "PS"},
	    {"MA", "EH"},
	    {"CY", "GB"},
	};
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (str_eq(state, str_of(states[i].state)))
			return place.n == 2 &&
			       memmem(states[i].places, strlen(states[i].places), place.p, 2);
	return false;
}
