#include "site/facts/internal.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool contains(struct str s, const char *z)
{
	return s.n && memmem(s.p, s.n, z, strlen(z)) != NULL;
}

/* ---- any text ---- */

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			return true;
		if (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0)
			return true; /* C1 */
	}
	return false;
}

/* UTF-8 that was taken for Latin-1 or Windows-1252 and encoded again: "Ã¼", "Â ", "â€™". */
static bool is_decoded_twice(struct str s)
{
	for (size_t i = 0; i + 3 < s.n; i++) {
		const unsigned char *c = (const unsigned char *)s.p + i;
		if (c[0] == 0xc3 && (c[1] == 0x83 || c[1] == 0x82) && c[2] == 0xc2)
			return true;
	}
	return contains(s, "\xc3\xa2\xe2\x82\xac");
}

/* harmless: it has no braces and no dollar. */
static bool is_placeholder(struct str s, bool harmless)
{
#define TEXT(literal) {literal, sizeof(literal) - 1}
	static const struct str texts[] = {
	    TEXT("null"), TEXT("(null)"),     TEXT("undefined"),      TEXT("n/a"), TEXT("nan"),
	    TEXT("todo"), TEXT("tbd"),        TEXT("xxx"),            TEXT("-"),   TEXT("--"),
	    TEXT("?"),    TEXT("."),          TEXT("none given"),     TEXT("[object object]")};
#undef TEXT
	for (size_t i = 0; s.n < 16 && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (s.n == texts[i].n && str_eq_nocase(s, texts[i]))
			return true;
	return (!harmless && (contains(s, "{{") || str_starts(s, STR("${")))) ||
	       str_starts(s, STR("Lorem ipsum"));
}

static bool has_markup(struct str s)
{
	for (size_t i = 0; i + 2 < s.n; i++)
		if (s.p[i] == '<' && (is_letter(s.p[i + 1]) || s.p[i + 1] == '/') &&
		    memchr(s.p + i, '>', s.n - i))
			return true;
	return false;
}

/* Embeddings, overrides and isolates of direction, and the byte-order mark. */
static bool has_invisible(struct str s)
{
	for (size_t i = 0; i + 2 < s.n; i++) {
		const unsigned char *c = (const unsigned char *)s.p + i;
		if (c[0] == 0xe2 && c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae)
			return true;
		if (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9)
			return true;
		if (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf)
			return true;
	}
	return false;
}

/* Most texts are of letters, digits and harmless marks: those need no second look. */
static bool is_harmless(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 || c > 0x7e || c == '<' || c == '{' || c == '$')
			return false;
	}
	return true;
}

static enum facts_fault_id check_characters(struct str s)
{
	if (has_control(s))
		return FAULT_TEXT_CONTROL;
	if (!str_is_utf8(s))
		return FAULT_TEXT_ENCODING;
	if (contains(s, "\xef\xbf\xbd"))
		return FAULT_TEXT_REPLACEMENT;
	if (is_decoded_twice(s))
		return FAULT_TEXT_MOJIBAKE;
	if (has_markup(s))
		return FAULT_TEXT_MARKUP;
	return has_invisible(s) ? FAULT_TEXT_INVISIBLE : FAULT_NONE;
}

enum facts_fault_id form_text(struct str s)
{
	struct str trimmed = str_trim(s);
	if (!trimmed.n)
		return FAULT_TEXT_EMPTY;
	bool harmless = is_harmless(s);
	enum facts_fault_id fault = harmless ? FAULT_NONE : check_characters(s);
	if (fault != FAULT_NONE)
		return fault;
	if (is_placeholder(trimmed, harmless))
		return FAULT_TEXT_PLACEHOLDER;
	return trimmed.n < s.n ? FAULT_TEXT_SPACE : FAULT_NONE;
}

bool form_number(struct str s, double *out)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && s.p[i] != '.' && (s.p[i] != '-' || i > 0))
			return false;
	return s.n && is_digit(s.p[s.n - 1]) && str_to_double(s, out);
}

/* ---- dates and times ---- */

/* n digits at s[at]; -1 when there are none. */
static int digits(struct str s, size_t at, size_t n)
{
	int value = 0;
	if (at + n > s.n)
		return -1;
	for (size_t i = at; i < at + n; i++) {
		if (!is_digit(s.p[i]))
			return -1;
		value = value * 10 + (s.p[i] - '0');
	}
	return value;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

enum facts_fault_id form_date(struct str s)
{
	struct str date = s;
	const char *t = s.n ? memchr(s.p, 'T', s.n) : NULL;
	if (t) {
		size_t n = (size_t)(t - s.p);
		date.n = n;
		if (n != 10 || form_time((struct str){t + 1, s.n - n - 1}) != FAULT_NONE)
			return FAULT_DATE_MALFORMED;
	}
	int year = digits(date, 0, 4);
	int month = date.n > 4 ? digits(date, 5, 2) : 1, day = date.n > 7 ? digits(date, 8, 2) : 1;
	if ((date.n != 4 && date.n != 7 && date.n != 10) || year < 0 || month < 0 || day < 0 ||
	    (date.n > 4 && date.p[4] != '-') || (date.n > 7 && date.p[7] != '-'))
		return FAULT_DATE_MALFORMED;
	return month < 1 || month > 12 || day < 1 || day > days_of(year, month)
		   ? FAULT_DATE_IMPOSSIBLE
		   : FAULT_NONE;
}

/* What may stand behind the minutes: ":00", ".5", "Z", "+02:00". */
static bool is_time_rest(struct str s)
{
	size_t at = 0;
	if (at < s.n && s.p[at] == ':') {
		if (digits(s, 1, 2) < 0 || digits(s, 1, 2) > 60)
			return false;
		at = 3;
		if (at < s.n && s.p[at] == '.')
			for (at++; at < s.n && is_digit(s.p[at]);)
				at++;
	}
	if (at == s.n || (s.p[at] == 'Z' && at + 1 == s.n))
		return true;
	return (s.p[at] == '+' || s.p[at] == '-') && s.n == at + 6 && s.p[at + 3] == ':' &&
	       digits(s, at + 1, 2) >= 0 && digits(s, at + 4, 2) >= 0;
}

enum facts_fault_id form_time(struct str s)
{
	int hour = digits(s, 0, 2), minute = digits(s, 3, 2);
	if (hour < 0 || minute < 0 || s.p[2] != ':' ||
	    !is_time_rest((struct str){s.p + 5, s.n - 5}))
		return FAULT_TIME_MALFORMED;
	if (hour == 24 && minute == 0)
		return FAULT_TIME_24;
	return hour > 23 || minute > 59 ? FAULT_TIME_RANGE : FAULT_NONE;
}

int form_minutes(struct str time)
{
	return digits(time, 0, 2) * 60 + digits(time, 3, 2);
}

/* ---- codes ---- */

/* ISO 3166-1 alpha-2, 249 codes, and XK as it is used for Kosovo. */
static const char countries[] = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF "
				"BG BH BI BJ BL BM BN BO BQ BR BS BT BV "
				"BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ "
				"DE DJ DK DM DO DZ EC EE EG EH ER ES "
				"ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS "
				"GT GU GW GY HK HM HN HR HT HU ID IE "
				"IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
				"KZ LA LB LC LI LK LR LS LT LU LV LY "
				"MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY "
				"MZ NA NC NE NF NG NI NL NO NP NR NU "
				"NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW "
				"SA SB SC SD SE SG SH SI SJ SK SL SM "
				"SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT "
				"TV TW TZ UA UG UM US UY UZ VA VC VE "
				"VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

/* ISO 4217, those that are money in circulation. */
static const char currencies[] = " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF "
				 "BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
				 "CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB "
				 "EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
				 "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS "
				 "KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR "
				 "LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR "
				 "MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN "
				 "PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD "
				 "SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
				 "TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND "
				 "VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW "
				 "ZWG ";

/* Whether a list of codes, each between spaces, has this one. */
static bool listed(const char *list, struct str code)
{
	char wanted[8] = " ";
	if (!code.n || code.n > 4 || memchr(code.p, ' ', code.n))
		return false;
	memcpy(wanted + 1, code.p, code.n);
	wanted[code.n + 1] = ' ';
	return strstr(list, wanted) != NULL;
}

static bool listed_in_capitals(const char *list, struct str code)
{
	char capitals[4];
	if (code.n > sizeof(capitals))
		return false;
	for (size_t i = 0; i < code.n; i++)
		capitals[i] = code.p[i] >= 'a' && code.p[i] <= 'z' ? (char)(code.p[i] - 'a' + 'A')
								   : code.p[i];
	return listed(list, (struct str){capitals, code.n});
}

enum facts_fault_id form_country(struct str s)
{
	if (s.n != 2)
		return FAULT_COUNTRY_NAME;
	if (listed(countries, s))
		return FAULT_NONE;
	return listed_in_capitals(countries, s) ? FAULT_COUNTRY_CASE : FAULT_COUNTRY_UNKNOWN;
}

enum facts_fault_id form_currency(struct str s)
{
	if (listed(currencies, s))
		return FAULT_NONE;
	return listed_in_capitals(currencies, s) ? FAULT_CURRENCY_CASE : FAULT_CURRENCY_UNKNOWN;
}

/* ISO 17442: the check digits make the whole, letters as 10 to 35, 1 modulo 97. */
enum facts_fault_id form_lei(struct str s)
{
	unsigned rest = 0;
	if (s.n != 20)
		return FAULT_LEI_MALFORMED;
	for (size_t i = 0; i < s.n; i++) {
		if (is_digit(s.p[i]))
			rest = (rest * 10 + (unsigned)(s.p[i] - '0')) % 97;
		else if (is_capital(s.p[i]))
			rest = (rest * 100 + (unsigned)(s.p[i] - 'A' + 10)) % 97;
		else
			return FAULT_LEI_MALFORMED;
	}
	return rest == 1 ? FAULT_NONE : FAULT_LEI_CHECKSUM;
}

/* 9: a digit, A: a letter; others stand for themselves. */
static const struct {
	char country[3];
	const char *forms[3];
} postcodes[] = {{"AT", {"9999"}},
		 {"AU", {"9999"}},
		 {"BE", {"9999"}},
		 {"CA", {"A9A 9A9"}},
		 {"CH", {"9999"}},
		 {"CZ", {"999 99", "99999"}},
		 {"DE", {"99999"}},
		 {"DK", {"9999"}},
		 {"ES", {"99999"}},
		 {"FI", {"99999"}},
		 {"FR", {"99999"}},
		 {"HU", {"9999"}},
		 {"IT", {"99999"}},
		 {"JP", {"999-9999"}},
		 {"LI", {"9999"}},
		 {"NL", {"9999 AA", "9999AA"}},
		 {"NO", {"9999"}},
		 {"PL", {"99-999"}},
		 {"PT", {"9999-999"}},
		 {"SE", {"999 99", "99999"}},
		 {"SK", {"999 99", "99999"}},
		 {"US", {"99999", "99999-9999"}}};

static bool is_of_form(struct str s, const char *form)
{
	if (s.n != strlen(form))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (form[i] == '9'   ? !is_digit(s.p[i])
		    : form[i] == 'A' ? !is_letter(s.p[i])
				     : s.p[i] != form[i])
			return false;
	return true;
}

bool form_postcode_of(struct str country, struct str postcode)
{
	for (size_t i = 0; i < sizeof(postcodes) / sizeof(postcodes[0]); i++) {
		if (!str_eq(country, str_of(postcodes[i].country)))
			continue;
		for (size_t k = 0; k < 3 && postcodes[i].forms[k]; k++)
			if (is_of_form(postcode, postcodes[i].forms[k]))
				return true;
		return false;
	}
	return true;
}

/* ---- ways to reach somebody ---- */

enum facts_fault_id form_telephone(struct str s)
{
	size_t n = 0;
	if (contains(s, "(0)"))
		return FAULT_PHONE_TRUNK;
	for (size_t i = 0; i < s.n; i++) {
		if (is_digit(s.p[i]))
			n++;
		else if (!strchr(" -./()", s.p[i]) && (s.p[i] != '+' || i > 0))
			return FAULT_PHONE_LETTERS;
	}
	if (!s.n || s.p[0] != '+')
		return FAULT_PHONE_PLUS;
	if (s.n > 1 && s.p[1] == '0')
		return FAULT_PHONE_ZERO;
	return n < 7 ? FAULT_PHONE_SHORT : n > 15 ? FAULT_PHONE_LONG : FAULT_NONE;
}

enum facts_fault_id form_email(struct str s)
{
	if (str_starts(s, STR("mailto:")))
		s = (struct str){s.p + 7, s.n - 7};
	struct str host = s, local = str_cut(&host, '@');
	bool ok = local.n && host.p && host.n > 2 && !memchr(host.p, '@', host.n) &&
		  memchr(host.p, '.', host.n) && host.p[0] != '.' && host.p[host.n - 1] != '.' &&
		  !memchr(s.p, ' ', s.n);
	return ok ? FAULT_NONE : FAULT_EMAIL_MALFORMED;
}

/* The host of "host:port", "[::1]:80". */
static struct str host_in(struct str authority)
{
	if (authority.n && authority.p[0] == '[') {
		const char *end = memchr(authority.p, ']', authority.n);
		return (struct str){authority.p, end ? (size_t)(end - authority.p) + 1 : 0};
	}
	return str_cut(&authority, ':');
}

static bool is_private(struct str host)
{
	static const char *const starts[] = {"127.",  "10.",    "192.168.", "169.254.", "0.",
					     "[::1]", "[fe80:", "[fc",      "[fd"};
	static const char *const ends[] = {".local", ".localhost", ".internal", ".lan",
					   ".home.arpa"};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (str_starts(host, str_of(starts[i])) &&
		    (host.p[0] == '[' || is_digit(host.p[host.n - 1])))
			return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_ends(host, str_of(ends[i])))
			return true;
	int second = str_starts(host, STR("172.")) ? digits(host, 4, 2) : 0;
	return (second >= 16 && second <= 31) || (host.p[0] != '[' && !memchr(host.p, '.', host.n));
}

static bool has_broken_characters(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= 0x20 || c == 0x7f || strchr("\"<>\\^`{|}", c))
			return true;
		if (c == '%' && (i + 2 >= s.n || !strchr("0123456789abcdefABCDEF", s.p[i + 1]) ||
				 !strchr("0123456789abcdefABCDEF", s.p[i + 2])))
			return true;
	}
	return false;
}

enum facts_fault_id form_url(struct str s)
{
	size_t scheme = 0;
	while (scheme < s.n && (is_letter(s.p[scheme]) || is_digit(s.p[scheme]) ||
				(scheme && s.p[scheme] && strchr("+-.", s.p[scheme]))))
		scheme++;
	if (!scheme || scheme == s.n || s.p[scheme] != ':')
		return FAULT_URL_RELATIVE;
	struct str name = {s.p, scheme}, rest = {s.p + scheme + 1, s.n - scheme - 1};
	/* "example.org:8080/a" has a port, not a scheme. */
	if (!str_starts(rest, STR("//")) && memchr(name.p, '.', name.n))
		return FAULT_URL_RELATIVE;
	if (!str_eq_nocase(name, STR("https")) && !str_eq_nocase(name, STR("http")))
		return FAULT_URL_SCHEME;
	if (s.n > 2000)
		return FAULT_URL_LONG;
	if (has_broken_characters(s))
		return FAULT_URL_MALFORMED;
	if (!str_starts(rest, STR("//")))
		return FAULT_URL_HOST;
	struct str authority = {rest.p + 2, 0};
	while (2 + authority.n < rest.n && !strchr("/?#", authority.p[authority.n]))
		authority.n++;
	if (authority.n && memchr(authority.p, '@', authority.n))
		return FAULT_URL_CREDENTIALS;
	struct str host = host_in(authority);
	if (!host.n || host.p[0] == '.')
		return FAULT_URL_HOST;
	return is_private(host) ? FAULT_URL_PRIVATE : FAULT_NONE;
}
