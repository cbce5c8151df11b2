#include "site/facts/internal.h"
#include "base/ascii.h"
#include "base/date.h"
#include "base/percent.h"
#include "base/utf8.h"

#include <string.h>
#include "hours/hours.h"

/* An initialiser of a struct str in a table. */
#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* Kinds of bytes that can make a text invalid, as bits: one pass over the text shows which further
 * checks it needs. Most texts need none. */
enum sign {
	SIGN_CONTROL = 1 << 0,
	SIGN_HIGH = 1 << 1, /* not ASCII */
	SIGN_LESS = 1 << 2,
	SIGN_AMPERSAND = 1 << 3,
	SIGN_BROKEN = 1 << 4,  /* not allowed in a URL */
	SIGN_PERCENT = 1 << 5, /* in a URL only before two hexadecimal digits */
	SIGN_SPACE = 1 << 6,
	/* sequences of several bytes */
	SIGN_REPLACEMENT = 1 << 8,
	SIGN_TWICE = 1 << 9, /* UTF-8 encoded twice */
	SIGN_INVISIBLE = 1 << 10,
};

/* clang-format off */
static const unsigned char signs[256] = {
#define C (SIGN_CONTROL | SIGN_BROKEN)
#define S (SIGN_SPACE | SIGN_BROKEN)
#define B SIGN_BROKEN
    [0x00 ... 0x08] = C, ['\t'] = S, ['\n'] = S, ['\v'] = C | S, ['\f'] = C | S, ['\r'] = S, [0x0e ... 0x1f] = C,
    [0x7f] = C,
    [' '] = S, ['"'] = B, ['&'] = SIGN_AMPERSAND, ['<'] = SIGN_LESS | B, ['>'] = B, ['\\'] = B, ['^'] = B, ['`'] = B,
    ['{'] = B, ['|'] = B, ['}'] = B, ['%'] = SIGN_PERCENT,
    [0x80 ... 0xff] = SIGN_HIGH,
#undef C
#undef S
#undef B
};
/* clang-format on */

static unsigned form_sign(char c)
{
	return signs[(unsigned char)c];
}

static unsigned form_signs(struct str s)
{
	const unsigned char *c = (const unsigned char *)s.p;
	unsigned all = 0;
	for (; s.n >= 4; s.n -= 4, c += 4)
		all |= signs[c[0]] | signs[c[1]] | signs[c[2]] | signs[c[3]];
	for (; s.n; s.n--, c++)
		all |= signs[*c];
	return all;
}

/* ---- any text ---- */

/* Whether "Â" or "Ã", with which n bytes begin, stands for the first byte of a character: a sign
 * or letter follows that stands for the second. A quote that closes («IRMÃ») is told from "sÃ»r"
 * by the letter behind it. */
static bool form_is_twice(const unsigned char *c, size_t n)
{
	if (n < 4)
		return false;
	bool letter = n > 4 && ascii_is_letter((char)c[4]);
	if (c[2] == 0xc2)
		return c[1] == 0x82 || (c[3] != 0xbb && c[3] != 0xab && c[3] != 0xae) || letter;
	/* the letters that windows-1252 has between 0x80 and 0x9f */
	return c[1] == 0x83 && (c[2] == 0xc5 || c[2] == 0xc6 || c[2] == 0xcb);
}

/* The kind of the sequence that n bytes begin with, the first of which is not ASCII:
 *   SIGN_CONTROL      C1 controls
 *   SIGN_TWICE        UTF-8 read as Latin-1 or Windows-1252 and encoded again: "Ã¼", "Â ", "â€™"
 *   SIGN_INVISIBLE    embeddings, overrides and isolates of direction, the byte-order mark
 *   SIGN_REPLACEMENT  U+FFFD */
static unsigned form_sequence_sign(const unsigned char *c, size_t n)
{
	unsigned second = n > 1 ? c[1] : 0, third = n > 2 ? c[2] : 0;
	switch (c[0]) {
	case 0xc2:
		return n > 1 && second < 0xa0 ? SIGN_CONTROL : 0;
	case 0xc3:
		if ((second == 0x82 || second == 0x83) && form_is_twice(c, n))
			return SIGN_TWICE;
		return n > 4 && memcmp(c + 1, "\xa2\xe2\x82\xac", 4) == 0 ? SIGN_TWICE : 0;
	case 0xe2:
		return (second == 0x80 && third >= 0xaa && third <= 0xae) ||
			       (second == 0x81 && third >= 0xa6 && third <= 0xa9)
			   ? SIGN_INVISIBLE
			   : 0;
	case 0xef:
		return second == 0xbb && third == 0xbf   ? SIGN_INVISIBLE
		       : second == 0xbf && third == 0xbd ? SIGN_REPLACEMENT
							 : 0;
	default:
		return 0;
	}
}

static unsigned form_sequence_signs(struct str s)
{
	unsigned all = 0;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			all |= form_sequence_sign((const unsigned char *)s.p + i, s.n - i);
	return all;
}

static bool form_has_markup(struct str s)
{
	for (size_t i = 0; i + 2 < s.n; i++)
		if (s.p[i] == '<' && (ascii_is_letter(s.p[i + 1]) || s.p[i + 1] == '/'))
			return memchr(s.p + i, '>', s.n - i) != NULL;
	return false;
}

/* "&amp;", "&#39;" */
static bool form_has_reference(struct str s)
{
	static const struct str names[] = {TEXT("amp;"),   TEXT("quot;"), TEXT("lt;"),
					   TEXT("gt;"),    TEXT("apos;"), TEXT("nbsp;"),
					   TEXT("ndash;"), TEXT("mdash;")};
	const char *at = s.p;
	while ((at = memchr(at, '&', s.n - (size_t)(at - s.p)))) {
		at++;
		struct str rest = {at, s.n - (size_t)(at - s.p)}, number = rest;
		for (size_t i = 0; i < COUNT_OF(names); i++)
			if (str_starts(rest, names[i]))
				return true;
		number = str_cut(&number, ';');
		if (number.n > 1 && number.n < 8 && number.n < rest.n && number.p[0] == '#')
			return true;
	}
	return false;
}

static enum facts_fault_id form_check_characters(struct str s, unsigned all)
{
	if (all & SIGN_HIGH)
		all |= form_sequence_signs(s);
	if (all & SIGN_CONTROL)
		return FAULT_TEXT_CONTROL;
	if (all & SIGN_HIGH && !utf8_is_valid(s))
		return FAULT_TEXT_ENCODING;
	if (all & SIGN_REPLACEMENT)
		return FAULT_TEXT_REPLACEMENT;
	if (all & SIGN_TWICE)
		return FAULT_TEXT_MOJIBAKE;
	if (all & SIGN_LESS && form_has_markup(s))
		return FAULT_TEXT_MARKUP;
	return all & SIGN_INVISIBLE ? FAULT_TEXT_INVISIBLE : FAULT_NONE;
}

enum facts_fault_id form_text(struct str s)
{
	bool spaced = s.n && (form_sign(s.p[0]) | form_sign(s.p[s.n - 1])) & SIGN_SPACE;
	struct str trimmed = spaced ? str_trim(s) : s;
	if (!trimmed.n)
		return FAULT_TEXT_EMPTY;
	unsigned all = form_signs(s);
	if (all & (SIGN_CONTROL | SIGN_HIGH | SIGN_LESS)) {
		enum facts_fault_id fault = form_check_characters(s, all);
		if (fault != FAULT_NONE)
			return fault;
	}
	if (facts_is_placeholder(trimmed))
		return FAULT_TEXT_PLACEHOLDER;
	if (all & SIGN_AMPERSAND && form_has_reference(trimmed))
		return FAULT_TEXT_ENTITY;
	return spaced ? FAULT_TEXT_SPACE : FAULT_NONE;
}

/* A double holds an integer of up to 15 digits and the power of ten exactly, so that their quotient
 * is the nearest double, the same as strtod's. */
bool form_number(struct str s, double *out)
{
	static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	bool negative = s.n && s.p[0] == '-';
	size_t count = 0, point = s.n;
	int64_t whole = 0;
	for (size_t i = negative; i < s.n; i++) {
		if (s.p[i] == '.' && point == s.n)
			point = i;
		else if (!ascii_is_digit(s.p[i]))
			return false;
		else if (++count <= 15)
			whole = whole * 10 + (s.p[i] - '0');
	}
	if (!count || point + 1 == s.n)
		return false;
	if (count > 15)
		return str_to_double(s, out);
	double size = (double)whole / powers[point < s.n ? s.n - point - 1 : 0];
	*out = negative ? -size : size;
	return true;
}

/* ---- dates and times ---- */

/* The value of the n digits at s[at]; -1 when they are not digits. */
static int form_digits(struct str s, size_t at, size_t n)
{
	int value = 0;
	if (at + n > s.n)
		return -1;
	for (size_t i = at; i < at + n; i++) {
		if (!ascii_is_digit(s.p[i]))
			return -1;
		value = value * 10 + (s.p[i] - '0');
	}
	return value;
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
	int year = form_digits(date, 0, 4);
	int month = date.n > 4 ? form_digits(date, 5, 2) : 1,
	    day = date.n > 7 ? form_digits(date, 8, 2) : 1;
	if ((date.n != 4 && date.n != 7 && date.n != 10) || year < 0 || month < 0 || day < 0 ||
	    (date.n > 4 && date.p[4] != '-') || (date.n > 7 && date.p[7] != '-'))
		return FAULT_DATE_MALFORMED;
	return date_exists(year, month, day) ? FAULT_NONE : FAULT_DATE_IMPOSSIBLE;
}

/* What may follow hours and minutes: ":00", ":00.5", "Z", "+02:00". */
static bool form_is_time_rest(struct str s)
{
	size_t at = 0;
	if (at < s.n && s.p[at] == ':') {
		if (form_digits(s, 1, 2) < 0 || form_digits(s, 1, 2) > 60)
			return false;
		at = 3;
		if (at < s.n && s.p[at] == '.')
			for (at++; at < s.n && ascii_is_digit(s.p[at]);)
				at++;
	}
	if (at == s.n || (s.p[at] == 'Z' && at + 1 == s.n))
		return true;
	return (s.p[at] == '+' || s.p[at] == '-') && s.n == at + 6 && s.p[at + 3] == ':' &&
	       form_digits(s, at + 1, 2) >= 0 && form_digits(s, at + 4, 2) >= 0;
}

enum facts_fault_id form_time(struct str s)
{
	int hour = form_digits(s, 0, 2), minute = form_digits(s, 3, 2);
	if (hour < 0 || minute < 0 || s.p[2] != ':' ||
	    !form_is_time_rest((struct str){s.p + 5, s.n - 5}))
		return FAULT_TIME_MALFORMED;
	if (hour == 24 && minute == 0)
		return FAULT_TIME_24;
	return hour > 23 || minute > 59 ? FAULT_TIME_RANGE : FAULT_NONE;
}

int form_minutes(struct str time)
{
	return form_digits(time, 0, 2) * 60 + form_digits(time, 3, 2);
}

static bool form_is_day(struct str s)
{
	for (size_t i = 0; i < COUNT_OF(date_weekday_names); i++)
		if (s.n == 2 && memcmp(s.p, date_weekday_names[i], 2) == 0)
			return true;
	return false;
}

/* "Mo", "Mo-Fr", "Mo,We-Fr" */
static bool form_is_days(struct str s)
{
	while (s.p) {
		struct str to = str_cut(&s, ','), from = str_cut(&to, '-');
		if (!form_is_day(from) || (to.p && !form_is_day(to)))
			return false;
	}
	return true;
}

/* "09:00-17:00", several with commas */
static bool form_is_spans(struct str s)
{
	while (s.p) {
		struct str to = str_cut(&s, ','), from = str_cut(&to, '-');
		if (from.n != 5 || to.n != 5 || form_time(from) != FAULT_NONE ||
		    (form_time(to) != FAULT_NONE && form_time(to) != FAULT_TIME_24))
			return false;
	}
	return true;
}

enum facts_fault_id form_opening_hours(struct str s)
{
	struct str times = s, days = str_cut(&times, ' ');
	if (form_is_days(days) && (!times.p || form_is_spans(times)))
		return FAULT_NONE;
	return hours_check(s) ? FAULT_HOURS_UNREADABLE : FAULT_HOURS_FORM;
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

/* ISO 4217, the currencies in circulation. */
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
static bool form_listed(const char *list, struct str code)
{
	char wanted[8] = " ";
	if (!code.n || code.n > 4 || memchr(code.p, ' ', code.n))
		return false;
	memcpy(wanted + 1, code.p, code.n);
	wanted[code.n + 1] = ' ';
	return strstr(list, wanted) != NULL;
}

static bool form_listed_in_capitals(const char *list, struct str code)
{
	char capitals[4];
	if (code.n > sizeof(capitals))
		return false;
	for (size_t i = 0; i < code.n; i++)
		capitals[i] = ascii_upper(code.p[i]);
	return form_listed(list, (struct str){capitals, code.n});
}

enum facts_fault_id form_country(struct str s)
{
	if (s.n != 2)
		return FAULT_COUNTRY_NAME;
	if (form_listed(countries, s))
		return FAULT_NONE;
	return form_listed_in_capitals(countries, s) ? FAULT_COUNTRY_CASE : FAULT_COUNTRY_UNKNOWN;
}

enum facts_fault_id form_currency(struct str s)
{
	if (form_listed(currencies, s))
		return FAULT_NONE;
	return form_listed_in_capitals(currencies, s) ? FAULT_CURRENCY_CASE
						      : FAULT_CURRENCY_UNKNOWN;
}

/* ISO 17442: with letters as 10 to 35 the number is 1 modulo 97. */
enum facts_fault_id form_lei(struct str s)
{
	unsigned rest = 0;
	if (s.n != 20)
		return FAULT_LEI_MALFORMED;
	for (size_t i = 0; i < s.n; i++) {
		if (ascii_is_digit(s.p[i]))
			rest = (rest * 10 + (unsigned)(s.p[i] - '0')) % 97;
		else if (ascii_is_upper(s.p[i]))
			rest = (rest * 100 + (unsigned)(s.p[i] - 'A' + 10)) % 97;
		else
			return FAULT_LEI_MALFORMED;
	}
	return rest == 1 ? FAULT_NONE : FAULT_LEI_CHECKSUM;
}

/* 9: a digit, A: a letter; other characters are literal. */
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

static bool form_matches(struct str s, const char *form)
{
	if (s.n != strlen(form))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (form[i] == '9'   ? !ascii_is_digit(s.p[i])
		    : form[i] == 'A' ? !ascii_is_letter(s.p[i])
				     : s.p[i] != form[i])
			return false;
	return true;
}

bool form_postcode_of(struct str country, struct str postcode)
{
	for (size_t i = 0; i < COUNT_OF(postcodes); i++) {
		if (!str_eq(country, str_of(postcodes[i].country)))
			continue;
		for (size_t k = 0; k < 3 && postcodes[i].forms[k]; k++)
			if (form_matches(postcode, postcodes[i].forms[k]))
				return true;
		return false;
	}
	return true;
}

/* ---- telephone, e-mail, URL ---- */

enum facts_fault_id form_telephone(struct str s)
{
	size_t n = 0;
	bool letters = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (ascii_is_digit(c))
			n++;
		else if (c == '(' && str_starts((struct str){s.p + i, s.n - i}, STR("(0)")))
			return FAULT_PHONE_TRUNK;
		else if (c != '+' || i > 0)
			letters |= !strchr(" -./()", c);
	}
	if (letters)
		return facts_is_placeholder_phone(s) ? FAULT_PHONE_PLACEHOLDER
						     : FAULT_PHONE_LETTERS;
	if (!s.n || s.p[0] != '+')
		return facts_is_placeholder_phone(s) ? FAULT_PHONE_PLACEHOLDER : FAULT_PHONE_PLUS;
	if (s.n > 1 && s.p[1] == '0')
		return FAULT_PHONE_ZERO;
	if (facts_is_placeholder_phone(s))
		return FAULT_PHONE_PLACEHOLDER;
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
static struct str form_host(struct str authority)
{
	if (authority.n && authority.p[0] == '[') {
		const char *end = memchr(authority.p, ']', authority.n);
		return (struct str){authority.p, end ? (size_t)(end - authority.p) + 1 : 0};
	}
	return str_cut(&authority, ':');
}

static bool form_is_private(struct str host)
{
	static const struct str starts[] = {TEXT("127."),     TEXT("10."), TEXT("192.168."),
					    TEXT("169.254."), TEXT("0."),  TEXT("[::1]"),
					    TEXT("[fe80:"),   TEXT("[fc"), TEXT("[fd")};
	static const struct str ends[] = {TEXT(".local"), TEXT(".localhost"), TEXT(".internal"),
					  TEXT(".lan"), TEXT(".home.arpa")};
	for (size_t i = 0; i < COUNT_OF(starts); i++)
		if (str_starts(host, starts[i]) &&
		    (host.p[0] == '[' || ascii_is_digit(host.p[host.n - 1])))
			return true;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_ends(host, ends[i]))
			return true;
	int second = str_starts(host, STR("172.")) ? form_digits(host, 4, 2) : 0;
	return (second >= 16 && second <= 31) || (host.p[0] != '[' && !memchr(host.p, '.', host.n));
}

/* A '%' that no two hexadecimal digits follow. */
static bool form_has_broken_escape(struct str s)
{
	char ignored;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '%' && !percent_octet((struct str){s.p + i, s.n - i}, &ignored))
			return true;
	return false;
}

static bool form_ends_authority(char c)
{
	return c == '/' || c == '?' || c == '#';
}

enum facts_fault_id form_url(struct str s)
{
	size_t scheme = 0;
	while (scheme < s.n && (ascii_is_alnum(s.p[scheme]) ||
				(scheme && s.p[scheme] && strchr("+-.", s.p[scheme]))))
		scheme++;
	/* relative URLs are allowed; "www.example.org" is a URL without its scheme */
	if (str_starts(s, STR("/")) || str_starts(s, STR("./")) || str_starts(s, STR("../")) ||
	    str_starts(s, STR("?")) || str_starts(s, STR("#")))
		return form_signs(s) & SIGN_BROKEN ? FAULT_URL_MALFORMED : FAULT_NONE;
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
	unsigned all = form_signs(s);
	if (all & SIGN_BROKEN || (all & SIGN_PERCENT && form_has_broken_escape(s)))
		return FAULT_URL_MALFORMED;
	if (!str_starts(rest, STR("//")))
		return FAULT_URL_HOST;
	struct str authority = {rest.p + 2, 0};
	while (2 + authority.n < rest.n && !form_ends_authority(authority.p[authority.n]))
		authority.n++;
	if (authority.n && memchr(authority.p, '@', authority.n))
		return FAULT_URL_CREDENTIALS;
	struct str host = form_host(authority);
	if (!host.n || host.p[0] == '.')
		return FAULT_URL_HOST;
	return form_is_private(host) ? FAULT_URL_PRIVATE : FAULT_NONE;
}

bool facts_is_private_url(struct str url)
{
	return form_url(url) == FAULT_URL_PRIVATE;
}

bool facts_price_is_least(const struct json_value *item)
{
	const struct json_value *from = json_get(item, "from");
	return from && from->kind == JSON_IS_BOOL && from->boolean;
}
