/* What names in files stand for, and what is known of countries. */
#include "directory/parse/internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const struct binding headers[] = {
#define HEADER(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#define TAG(name, target, field, detail)
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
};

static const struct binding tags[] = {
#define HEADER(name, target, field, detail)
#define TAG(name, target, field, detail) {name, TARGET_##target, RECORD_##field, detail},
#include "directory/parse/names.def"
#undef HEADER
#undef TAG
};

enum { HEADER_BYTES = 80 };

/* Letters and digits only, lower case, without marks: "Öffnungszeiten:" as "offnungszeiten". */
static size_t plain_header(struct str header, char plain[HEADER_BYTES])
{
	utf8proc_uint8_t *folded = NULL;
	size_t ascii = 0, n = 0;
	while (ascii < header.n && !(header.p[ascii] & 0x80))
		ascii++;
	if (ascii < header.n) {
		utf8proc_ssize_t k = utf8proc_map(
		    (const utf8proc_uint8_t *)header.p, (utf8proc_ssize_t)header.n, &folded,
		    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK |
			UTF8PROC_STRIPCC | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
		if (k < 0 || !folded)
			return 0; /* not UTF-8 */
		header = (struct str){(const char *)folded, (size_t)k};
	}
	for (size_t i = 0; i < header.n && n < HEADER_BYTES; i++) {
		char c = header.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80))
			plain[n++] = c;
	}
	free(folded);
	return n;
}

const struct binding *binding_of_header(struct str header)
{
	char plain[HEADER_BYTES];
	size_t n = plain_header(header, plain);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (str_eq((struct str){plain, n}, str_of(headers[i].name)))
			return &headers[i];
	return NULL;
}

const struct binding *binding_of_tag(struct str key)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (str_eq(key, str_of(tags[i].name)))
			return &tags[i];
	return NULL;
}

/* ---- countries ---- */

/* ITU-T E.164 calling code; national trunk prefix ("" none, "-" part of the number as in Italy); least
 * and most digits of a national number; the IANA zone of countries that have one; names. */
struct country {
	const char code[3];
	const char *calling, *trunk;
	int least, most;
	const char *zone;
	const char *names;
};
static const struct country countries[] = {
#define COUNTRY(code, calling, trunk, least, most, zone, names)                                    \
	{code, calling, trunk, least, most, zone, names},
#include "directory/parse/countries.def"
#undef COUNTRY
};

static const struct country *country_of(struct str code)
{
	for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++)
		if (str_eq(code, (struct str){countries[i].code, 2}))
			return &countries[i];
	return NULL;
}

const char *country_timezone(struct str code)
{
	const struct country *c = country_of(code);
	return c ? c->zone : NULL;
}

/* ISO 3166-1 alpha-2: countries of whose telephones and zones nothing is in countries.def. */
static const char other_codes[] =
    "AFAGAIAOAQASAWAXBBBFBHBIBJBLBMBNBOBQBSBTBVBWBZCCCDCFCGCICKCMCRCUCVCWCXDJDMDODZECEHERETFJFKFMFO"
    "GAGDGFGGGHGIGLGMGNGPGQGSGTGUGWGYHMHNHTIMIOIQIRJEJMJOKGKHKIKMKNKPKWKYKZLALBLCLKLRLSLYMFMGMHMLMM"
    "MN"
    "MOMPMQMRMSMUMVMWMZNANCNENFNINPNRNUOMPAPEPFPGPKPMPNPRPSPWPYQARERWSBSCSDSHSJSLSNSOSRSSSTSVSXSYSZ"
    "TCTDTFTGTJTKTLTMTOTTTVTZUGUMUYUZVAVCVEVGVIVUWFWSYEYTZMZW";

static struct str other_code(struct str name)
{
	for (const char *p = other_codes; name.n == 2 && *p; p += 2)
		if (str_eq_nocase(name, (struct str){p, 2}))
			return (struct str){p, 2};
	return (struct str){"", 0};
}

struct str country_code(struct str name)
{
	name = str_trim(name);
	for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]) && name.n; i++) {
		struct str code = {countries[i].code, 2}, rest = str_of(countries[i].names);
		if (str_eq_nocase(name, code))
			return code;
		while (rest.p)
			if (str_eq_nocase(name, str_cut(&rest, '|')))
				return code;
	}
	return other_code(name);
}

/* ---- telephone numbers ---- */

enum { PHONE_DIGITS = 24 };

static const struct country *country_by_calling(const char *digits, size_t n)
{
	const struct country *best = NULL;
	for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
		size_t k = strlen(countries[i].calling);
		if (k <= n && memcmp(digits, countries[i].calling, k) == 0 &&
		    (!best || k > strlen(best->calling)))
			best = &countries[i];
	}
	return best;
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
		if (c >= '0' && c <= '9') {
			/* "+41 (0)44 ...": the trunk prefix in brackets is not dialled, but in Italy. */
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
			for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++)
				if (str_starts(rest, str_of(marks[m])))
					mark = strlen(marks[m]);
			if (!mark)
				return -1; /* an extension, a word: keep it as written */
			i += mark - 1;
		}
	}
	return (int)n;
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
	size_t calling = international ? strlen(c->calling) : 0, trunk = strlen(c->trunk);
	const char *national = digits + calling;
	n -= calling;
	/* No number begins with 0 where 0 is the prefix; 8 and 1 are prefixes only in front of a whole number. */
	bool zero = c->trunk[0] == '0';
	if (trunk && c->trunk[0] != '-' && n > trunk && memcmp(national, c->trunk, trunk) == 0 &&
	    (zero || n > (size_t)c->most)) {
		national += trunk;
		n -= trunk;
	} else if (!international && zero) {
		return false; /* no trunk prefix: a local number without its area */
	}
	if (n < (size_t)c->least || n > (size_t)c->most)
		return false;
	buf_putc(out, '+');
	buf_puts(out, c->calling);
	buf_add(out, national, n);
	return !buf_failed(out);
}

/* ---- hours of seven days ---- */

/* "9", "9:00", "09:00", "9 AM", "9:30pm" at the start of *s, as minutes of the day; -1: none. */
static int clock_time(struct str *s)
{
	int hour = 0, minute = 0;
	size_t i = 0;
	*s = str_trim(*s);
	while (i < s->n && i < 2 && s->p[i] >= '0' && s->p[i] <= '9')
		hour = hour * 10 + (s->p[i++] - '0');
	if (i == 0)
		return -1;
	if (i + 2 < s->n && (s->p[i] == ':' || s->p[i] == '.')) {
		if (s->p[i + 1] < '0' || s->p[i + 1] > '5' || s->p[i + 2] < '0' ||
		    s->p[i + 2] > '9')
			return -1;
		minute = (s->p[i + 1] - '0') * 10 + (s->p[i + 2] - '0');
		i += 3;
	}
	*s = str_trim((struct str){s->p + i, s->n - i});
	if (s->n >= 2 && (s->p[1] | 32) == 'm' &&
	    ((s->p[0] | 32) == 'a' || (s->p[0] | 32) == 'p')) {
		if (hour < 1 || hour > 12)
			return -1;
		hour = hour % 12 + ((s->p[0] | 32) == 'p' ? 12 : 0);
		*s = str_trim((struct str){s->p + 2, s->n - 2});
	}
	return hour > 24 || (hour == 24 && minute) ? -1 : hour * 60 + minute;
}

/* "9:00 AM-12:00 PM, 1:00 PM-5:00 PM" as OSM spans. */
static bool day_spans(struct str day, struct buf *out)
{
	bool any = false;
	if (str_eq_nocase(day, STR("24 hours")) || str_eq_nocase(day, STR("open 24 hours"))) {
		buf_puts(out, "00:00-24:00");
		return true;
	}
	while (day.p) {
		struct str span = str_cut(&day, ',');
		int from = clock_time(&span);
		if (str_starts(span, STR("\xe2\x80\x93"))) /* en dash */
			span = (struct str){span.p + 3, span.n - 3};
		else if (str_starts(span, STR("-")))
			span = (struct str){span.p + 1, span.n - 1};
		else
			return false;
		int to = clock_time(&span);
		if (from < 0 || to < 0 || span.n)
			return false;
		buf_printf(out, "%s%02d:%02d-%02d:%02d", any ? "," : "", from / 60, from % 60,
			   to / 60, to % 60);
		any = true;
	}
	return any;
}

bool hours_from_days(const struct str day[7], struct buf *out)
{
	static const char *const names[7] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
	for (int d = 0; d < 7; d++) {
		if (!day[d].n)
			continue;
		buf_printf(out, "%s%s ", out->n ? "; " : "", names[d]);
		if (str_eq_nocase(day[d], STR("x")) || str_eq_nocase(day[d], STR("closed")))
			buf_puts(out, "off");
		else if (!day_spans(day[d], out))
			return false;
	}
	return !buf_failed(out);
}
