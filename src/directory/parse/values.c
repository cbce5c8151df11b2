/* Values as files write them, made into values of ours: texts cleaned, coordinates, telephones, web
 * addresses, times. */
#include "directory/parse/values.h"
#include "base/ascii.h"
#include "base/date.h"
#include "base/utf8.h"
#include "directory/parse/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { VALUE_BYTES = 64 * 1024 };

/* ---- texts ---- */

/* Whether a text has no character that NFC could change: all are below U+0300. */
static bool is_composed(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0xCC)
			return false;
	return true;
}

/* How many bytes of white space or control characters stand at p: ASCII, C1, the no-break space,
 * separators of lines, marks that turn the direction of text, the zero-width no-break space that is
 * a byte-order mark astray. */
static size_t value_blank(const unsigned char *p, size_t n)
{
	if (p[0] <= 0x20 || p[0] == 0x7f)
		return 1;
	if (p[0] == 0xC2 && n > 1 && p[1] <= 0xA0)
		return 2;
	if (n < 3)
		return 0;
	bool turns = p[0] == 0xE2 && ((p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) ||
				      (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9));
	return turns || (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF) ? 3 : 0;
}

/* How many bytes of an invisible character stand at p that separates nothing: zero-width space,
 * soft hyphen, word joiner, tags, marks of direction. Joiners of letters stay: emoji and several
 * scripts need them. */
static size_t value_invisible(const unsigned char *p, size_t n)
{
	if (p[0] == 0xC2 && n > 1 && p[1] == 0xAD)
		return 2;
	if (n > 2 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0x8B || p[2] == 0x8E || p[2] == 0x8F))
		return 3;
	if (n > 2 && p[0] == 0xE2 && p[1] == 0x81 && p[2] >= 0xA0 && p[2] <= 0xA5)
		return 3;
	if (n > 3 && p[0] == 0xF3 && p[1] == 0xA0 && (p[2] == 0x80 || p[2] == 0x81))
		return 4;
	return 0;
}

bool value_fold(struct str text, char *out, size_t max, size_t *n)
{
	utf8proc_uint8_t *folded = NULL;
	size_t plain = 0;
	while (plain < text.n && plain < max && text.p[plain] >= ' ' && text.p[plain] <= '~') {
		out[plain] = ascii_lower(text.p[plain]);
		plain++;
	}
	*n = plain;
	if (plain == text.n)
		return true;
	utf8proc_ssize_t k = utf8proc_map(
	    (const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &folded,
	    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK |
		UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_NLF2LF);
	bool ok = k >= 0 && (size_t)k <= max;
	if (ok)
		memcpy(out, folded, (size_t)k);
	*n = ok ? (size_t)k : 0;
	free(folded);
	return ok;
}

/* Whether something can be seen of a character that joins or stands for nothing. */
static bool value_is_visible(struct str s)
{
	static const char *const nothing[] = {"\xe2\x80\x8c", "\xe2\x80\x8d", "\xcd\x8f",
					      "\xe1\x85\x9f", "\xe1\x85\xa0", "\xe3\x85\xa4",
					      "\xef\xbe\xa0", "\xe1\xa0\x8e", "\xef\xb8\x8f"};
	for (size_t i = 0; i < s.n;) {
		size_t skip = s.p[i] == ' ' || s.p[i] == '\n';
		if (!skip && !(s.p[i] & 0x80))
			return true;
		for (size_t k = 0; k < COUNT_OF(nothing) && !skip; k++)
			if (str_starts((struct str){s.p + i, s.n - i}, str_of(nothing[k])))
				skip = strlen(nothing[k]);
		if (!skip)
			return true;
		i += skip;
	}
	return false;
}

/* NFC, white space folded (line breaks stay where `lines`), trimmed, no control characters. Empty
 * when nothing remains; p == NULL when it is not UTF-8. */
static struct str value_clean(struct draft *d, struct str s, bool lines)
{
	if (!utf8_is_valid(s))
		return (struct str){NULL, 0};
	if (!is_composed(s)) {
		utf8proc_uint8_t *composed = NULL;
		utf8proc_ssize_t n =
		    utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &composed,
				 UTF8PROC_STABLE | UTF8PROC_COMPOSE);
		if (n < 0)
			return (struct str){NULL, 0};
		s = arena_str(&d->arena, (struct str){(const char *)composed, (size_t)n});
		free(composed);
		if (!s.p)
			return (struct str){NULL, 0};
	}
	char *to = arena_alloc(&d->arena, s.n + 1);
	if (!to)
		return (struct str){NULL, 0};
	bool space = true; /* none at the start */
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		size_t skip = value_blank((const unsigned char *)s.p + i, s.n - i);
		size_t nothing = value_invisible((const unsigned char *)s.p + i, s.n - i);
		if (nothing) {
			i += nothing;
			continue;
		}
		if (lines && s.p[i] == '\n') {
			while (n && to[n - 1] == ' ')
				n--;
			to[n++] = '\n';
			space = true;
		} else if (skip) {
			if (!space)
				to[n++] = ' ';
			space = true;
		} else {
			to[n++] = s.p[i];
			space = false;
		}
		i += skip ? skip : 1;
	}
	return str_trim((struct str){to, n});
}

/* Of the names in front of and behind the @; letters of any language. */
static bool is_email_char(char c)
{
	return ascii_is_alnum(c) || (c & 0x80) || (c && strchr("._%+-", c));
}

/* Whether a host name: a letter behind a dot somewhere, which the coordinates of a map's URL have
 * not. */
static bool is_email_host(struct str s)
{
	for (size_t i = 1; i + 1 < s.n; i++) {
		char c = s.p[i + 1];
		if (s.p[i] == '.' && is_email_char(c) && !strchr("0123456789._%+-", c))
			return true;
	}
	return false;
}

/* E-mail addresses inside other values are contact data like any other: taken out and counted. */
static struct str without_emails(struct draft *d, struct str s)
{
	if (!s.p || !memchr(s.p, '@', s.n))
		return s;
	char *p = arena_alloc(&d->arena, s.n + 1);
	size_t n = 0;
	if (!p)
		return (struct str){"", 0};
	for (size_t i = 0; i < s.n; i++) {
		size_t from = n, to = i + 1;
		p[n++] = s.p[i];
		if (s.p[i] != '@')
			continue;
		while (from && is_email_char(p[from - 1]))
			from--;
		while (to < s.n && is_email_char(s.p[to]))
			to++;
		if (from + 1 == n || !is_email_host((struct str){s.p + i + 1, to - i - 1}))
			continue;
		d->parser->summary.emails_dropped++;
		n = from;
		i = to - 1;
		if (n && p[n - 1] == ' ' && to < s.n && s.p[to] == ' ')
			i++;
	}
	return str_trim((struct str){p, n});
}

static void clean_tree(struct draft *d, struct json_value *v)
{
	json_rename(v, without_emails(d, v->key));
	v->text = v->kind == JSON_IS_STRING ? without_emails(d, v->text) : v->text;
	for (struct json_value *e = v->first; e; e = e->next)
		clean_tree(d, e);
}

/* The text of a JSON value without addresses in its strings; p == NULL when it is none, or too
 * large. */
struct str value_json(struct draft *d, struct str raw, size_t max)
{
	struct json_value *v;
	struct json_writer w;
	struct buf out;
	struct err ignored;
	if (!raw.p)
		return raw;
	if (!memchr(raw.p, '@', raw.n) && !memmem(raw.p, raw.n, "\\u0040", 6))
		return arena_str(&d->arena, raw);
	if (json_parse(&d->arena, raw, &v, &ignored) != OK)
		return (struct str){NULL, 0};
	clean_tree(d, v);
	buf_init(&out, max);
	json_writer_init(&w, &out);
	json_put_tree(&w, v);
	raw = buf_failed(&out) ? (struct str){NULL, 0} : arena_str(&d->arena, buf_view(&out));
	buf_release(&out);
	return raw;
}

/* ---- markup ---- */

static const struct {
	const char *name, *text;
} references[] = {
#define REFERENCE(name, text) {name, text},
#include "directory/parse/references.def"
#undef REFERENCE
};

/* "&amp;", "&#39;", "&#x27;" at the start of s: its bytes, and the text into *out. 0: none. */
static size_t reference_at(struct str s, char out[UTF8_BYTES_MAX], size_t *n)
{
	const char *end = s.n > 3 ? memchr(s.p, ';', s.n < 12 ? s.n : 12) : NULL;
	if (!end || s.p[0] != '&')
		return 0;
	struct str name = {s.p + 1, (size_t)(end - s.p) - 1};
	if (name.n > 1 && name.p[0] == '#') {
		bool hex = (name.p[1] | 32) == 'x';
		uint32_t c = 0;
		for (size_t i = hex ? 2 : 1; i < name.n; i++) {
			int digit = hex                         ? hex_value(name.p[i])
				    : ascii_is_digit(name.p[i]) ? name.p[i] - '0'
								: -1;
			if (digit < 0 || c > 0x10FFFF)
				return 0;
			c = c * (hex ? 16 : 10) + (uint32_t)digit;
		}
		if (c < 0x20 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
			return 0;
		if (c >= 0x80 && c < 0xA0 && !(c = utf8_of_1252((char)c)))
			return 0;
		*n = utf8_encode(c, out);
		return name.n + 2;
	}
	for (size_t i = 0; i < COUNT_OF(references); i++) {
		if (!str_eq(name, str_of(references[i].name)))
			continue;
		*n = strlen(references[i].text);
		memcpy(out, references[i].text, *n);
		return name.n + 2;
	}
	return 0;
}

/* Elements of HTML that texts have. "Bakery <Kern>" is a name. */
static bool is_html(struct str name)
{
	static const char *const elements[] = {
	    "a",       "b",     "big",    "blockquote", "body",  "br",  "center", "code",  "div",
	    "em",      "font",  "h1",     "h2",         "h3",    "h4",  "h5",     "h6",    "hr",
	    "html",    "i",     "iframe", "img",        "li",    "ol",  "p",      "pre",   "script",
	    "section", "small", "span",   "strong",     "style", "sub", "sup",    "table", "tbody",
	    "td",      "th",    "tr",     "u",          "ul"};
	for (size_t i = 0; i < COUNT_OF(elements); i++)
		if (str_eq_nocase(name, str_of(elements[i])))
			return true;
	return false;
}

/* The length of a tag, a comment, or a script with what is in it at the start of s; 0: none.
 * *lines: it ends a line. */
static size_t tag_at(struct str s, bool *lines)
{
	static const char *const ends_line[] = {"br", "p",  "div", "li", "ul",
						"tr", "h1", "h2",  "h3"};
	*lines = false;
	if (s.n < 3 || s.p[0] != '<')
		return 0;
	bool end = s.p[1] == '/';
	struct str name = {s.p + 1 + end, 0};
	while (1 + end + name.n < s.n && ascii_is_alnum(name.p[name.n]))
		name.n++;
	if (!name.n && !str_starts(s, STR("<!--")))
		return 0;
	if (name.n && !is_html(name))
		return 0;
	const char *close = memchr(s.p, '>', s.n);
	if (!close)
		return 0;
	size_t n = (size_t)(close - s.p) + 1;
	bool script =
	    !end && (str_eq_nocase(name, STR("script")) || str_eq_nocase(name, STR("style")));
	if (script) {
		for (size_t i = n; i + 2 < s.n; i++)
			if (s.p[i] == '<' && s.p[i + 1] == '/')
				return i;
		return s.n;
	}
	for (size_t i = 0; i < COUNT_OF(ends_line); i++)
		*lines |= str_eq_nocase(name, str_of(ends_line[i]));
	return n;
}

struct str value_without_markup(struct str s, char *to, bool *changed)
{
	char character[UTF8_BYTES_MAX];
	size_t n = 0, k;
	bool lines;
	*changed = false;
	for (size_t i = 0; i < s.n;) {
		struct str rest = {s.p + i, s.n - i};
		size_t tag = tag_at(rest, &lines),
		       reference = tag ? 0 : reference_at(rest, character, &k);
		if (tag) {
			if (lines)
				to[n++] = '\n';
		} else if (reference) {
			memcpy(to + n, character, k);
			n += k;
		} else {
			to[n++] = s.p[i];
		}
		*changed |= tag || reference;
		i += tag ? tag : reference ? reference : 1;
	}
	return (struct str){to, n};
}

static bool may_have_markup(enum record_field field)
{
	return field == RECORD_NAME || field == RECORD_ALT_NAMES || field == RECORD_DESCRIPTION ||
	       field == RECORD_STREET || field == RECORD_CITY || field == RECORD_REGION ||
	       field == RECORD_SERVICE_AREA || field == RECORD_EXTRA || field == RECORD_HOURS;
}

struct str value_cut(struct str s, size_t max)
{
	return s.n <= max ? s : str_trim(utf8_cut(s, max));
}

struct str value_text(struct draft *d, enum record_field field, struct str raw)
{
	/* Much more than any field holds, and little enough for many of them. */
	struct str s = value_cut(raw, VALUE_BYTES);
	bool changed =
	    may_have_markup(field) && s.n && (memchr(s.p, '&', s.n) || memchr(s.p, '<', s.n));
	/* Often it was escaped twice. */
	for (int i = 0; i < 3 && changed; i++) {
		char *room = arena_room(&d->arena, s.n + 1);
		s = room ? value_without_markup(s, room, &changed) : s;
	}
	s = value_clean(d, s, field == RECORD_DESCRIPTION);
	s = without_emails(d, s);
	return s.p && value_is_visible(s) ? s : (struct str){NULL, 0};
}

/* ---- what is no value ---- */

struct str value_unwrapped(struct str raw)
{
	struct str s = str_trim(raw);
	if (s.n > 3 && s.p[0] == '=' && s.p[1] == '"' && s.p[s.n - 1] == '"')
		s = str_trim((struct str){s.p + 2, s.n - 3});
	if (s.n > 1 && s.p[0] == '\'' && (ascii_is_digit(s.p[1]) || s.p[1] == '+' || s.p[1] == '='))
		s = (struct str){s.p + 1, s.n - 1};
	return s;
}

struct str value_without_fraction(struct str s)
{
	size_t digits = 0;
	while (digits < s.n && ascii_is_digit(s.p[digits]))
		digits++;
	size_t zeros = digits + 1;
	while (zeros < s.n && s.p[zeros] == '0')
		zeros++;
	return digits && digits + 1 < s.n && zeros == s.n && s.p[digits] == '.'
		   ? (struct str){s.p, digits}
		   : s;
}

bool value_is_rounded(struct str s)
{
	size_t i = 0;
	s = str_trim(s);
	while (i < s.n && (ascii_is_digit(s.p[i]) || s.p[i] == '.' || s.p[i] == ','))
		i++;
	return i > 1 && i + 2 < s.n && (s.p[i] | 32) == 'e' &&
	       (s.p[i + 1] == '+' || ascii_is_digit(s.p[i + 1]));
}

bool value_is_none(enum record_field field, struct str raw)
{
	static const struct str always[] = {STR("null"),    STR("(null)"),  STR("n/a"),
					    STR("#n/a"),    STR("n.a."),    STR("undefined"),
					    STR("nan"),     STR("<null>"),  STR("nil"),
					    STR("\\n"),     STR("#ref!"),   STR("#value!"),
					    STR("#name?"),  STR("#null!"),  STR("[object object]"),
					    STR("#div/0!"), STR("<na>"),    STR("keine angabe"),
					    STR("k.a."),    STR("k. a."),   STR("not available"),
					    STR("tbd"),     STR("t.b.d."),  STR("xxx"),
					    STR("(leer)"),  STR("(blank)"), STR("(empty)"),
					    STR("(vide)"),  STR("(vuoto)")};
	static const struct str sometimes[] = {STR("none"),    STR("unknown"), STR("unbekannt"),
					       STR("na"),      STR("inconnu"), STR("sconosciuto"),
					       STR("not set"), STR("empty")};
	struct str s = str_trim(raw);
	bool content = false;
	for (size_t i = 0; i < s.n && !content; i++)
		content = ascii_is_alnum(s.p[i]) ||
			  ((s.p[i] & 0x80) &&
			   !str_starts((struct str){s.p + i, s.n - i}, STR("\xe2\x80")));
	if (!content && field != RECORD_EXTRA)
		return true;
	bool place = field == RECORD_CITY || field == RECORD_STREET || field == RECORD_POSTCODE ||
		     field == RECORD_PHONE || field == RECORD_WEBSITE;
	if (place && (str_eq_nocase(s, STR("true")) || str_eq_nocase(s, STR("false"))))
		return true;
	if (s.n > 20 || (s.n && !strchr("nNuUkKtTxXiIsSeE(#<[\\", s.p[0])))
		return false; /* longer than any of them, or begins as none does */
	for (size_t i = 0; i < COUNT_OF(always); i++)
		if (str_eq_nocase(s, always[i]))
			return true;
	/* NA is Namibia and Naples; a business may be called None. */
	bool may_be = field == RECORD_NAME || field == RECORD_COUNTRY || field == RECORD_REGION ||
		      field == RECORD_EXTERNAL_ID || field == RECORD_ALT_NAMES;
	for (size_t i = 0; i < COUNT_OF(sometimes) && !may_be; i++)
		if (str_eq_nocase(s, sometimes[i]))
			return true;
	return false;
}

enum value_answer value_answer(struct str s)
{
	/* In lower case and without marks. */
	static const char *const yes[] = {
	    "yes",   "y",    "true", "t",   "1",    "x",         "on",   "ja",
	    "wahr",  "oui",  "vrai", "si",  "vero", "verdadero", "sim",  "verdadeiro",
	    "tak",   "da",   "да",   "ano", "igen", "waar",      "sant", "sand",
	    "kylla", "evet", "ναι",  "نعم", "כן",   "так",       "✓",    "✔"};
	static const char *const no[] = {
	    "no",    "n",   "false",  "f",  "0",     "off",   "nein", "falsch", "non", "faux",
	    "falso", "nao", "nie",    "ne", "не",    "нет",   "ні",   "nem",    "nee", "onwaar",
	    "nej",   "nei", "falskt", "ei", "hayir", "hayır", "nu",   "οχι",    "لا",  "לא"};
	char folded[24];
	size_t n;
	s = str_trim(s);
	if (!value_fold(s, folded, sizeof(folded), &n) || !n)
		return VALUE_OTHER;
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (str_eq((struct str){folded, n}, str_of(yes[i])))
			return VALUE_YES;
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (str_eq((struct str){folded, n}, str_of(no[i])))
			return VALUE_NO;
	return VALUE_OTHER;
}

/* ---- web addresses ---- */

/* A name of the internet, in two labels or more, and perhaps a port. Addresses of figures are
 * hardly a business's own: most are of private networks. */
static bool is_host(struct str s)
{
	size_t labels = 0;
	bool figures = false;
	struct str name = str_cut(&s, ':');
	int64_t port;
	if (s.p && !str_to_i64(s, 1, 65535, &port))
		return false;
	while (name.p) {
		struct str label = str_cut(&name, '.');
		if (!label.n)
			return !name.p && labels > 1 && !figures; /* the dot behind the last */
		figures = true;
		for (size_t i = 0; i < label.n; i++) {
			char c = label.p[i];
			if (!ascii_is_alnum(c) && !(c & 0x80) && c != '-' && c != '_')
				return false;
			figures &= ascii_is_digit(c);
		}
		labels++;
	}
	return labels > 1 && !figures;
}

/* http(s) only; a bare host name gets https. Scheme and host in lower case. p == NULL: it is none.
 */
struct str value_web(struct draft *d, struct str s)
{
	struct str rest = s;
	s = str_trim(str_cut(&rest, ';'));
	bool bare = !memmem(s.p, s.n, "://", 3);
	char *p = arena_printf(&d->arena, "%s%.*s", bare ? "https://" : "", STR_ARG(s));
	if (!p)
		return (struct str){NULL, 0};
	size_t n = strlen(p), host;
	char *colon = strstr(p, "://");
	for (char *c = p; c < colon; c++)
		*c = ascii_lower(*c);
	bool known = (colon - p == 4 && memcmp(p, "http", 4) == 0) ||
		     (colon - p == 5 && memcmp(p, "https", 5) == 0);
	host = (size_t)(colon - p) + 3;
	size_t end = host;
	for (; end < n && !strchr("/?#", p[end]); end++)
		p[end] = ascii_lower(p[end]);
	if (!is_host((struct str){p + host, end - host}))
		return (struct str){NULL, 0};
	for (size_t i = end; i < n; i++)
		if (strchr(" \"<>\\\n", p[i]))
			return (struct str){NULL, 0};
	return known ? (struct str){p, n} : (struct str){NULL, 0};
}

/* ---- prices ---- */

/* Without the sign of the currency in front or behind. */
static struct str price_without_sign(struct str s, struct str currency)
{
	static const struct {
		const char *sign, *currency;
	} signs[] = {{"\u20ac", "EUR"},  {"Euro", "EUR"}, {"$", "USD"},      {"US$", "USD"},
		     {"\u00a3", "GBP"},  {"SFr.", "CHF"}, {"Fr.", "CHF"},    {"Fr", "CHF"},
		     {"z\u0142", "PLN"}, {"RSD", "RSD"},  {"kr", "SEK"},     {"kr", "NOK"},
		     {"kr", "DKK"},      {"kr.", "DKK"},  {"K\u010d", "CZK"}};
	s = str_trim(s);
	for (size_t i = 0; i <= COUNT_OF(signs); i++) {
		struct str sign = i ? str_of(signs[i - 1].sign) : currency;
		if (!sign.n || (i && !str_eq(currency, str_of(signs[i - 1].currency))))
			continue;
		if (s.n > sign.n && str_eq_nocase((struct str){s.p, sign.n}, sign))
			return str_trim((struct str){s.p + sign.n, s.n - sign.n});
		struct str end = {s.p + s.n - sign.n, sign.n};
		if (s.n > sign.n && str_eq_nocase(end, sign))
			return str_trim((struct str){s.p, s.n - sign.n});
	}
	return s;
}

struct str value_price(struct draft *d, struct str given, struct str currency)
{
	enum { LONGEST = 24 };
	struct str s = price_without_sign(given, currency);
	static const char *const whole[] = {".-", ".\u2013", ".\u2014", ",-", ",\u2013"};
	for (size_t i = 0; i < COUNT_OF(whole); i++) /* "15.-" */
		if (str_ends(s, str_of(whole[i])))
			s.n -= strlen(whole[i]);
	char out[LONGEST + 1];
	size_t n = 0, last = 0; /* figures behind the last mark */
	char mark = '\0', before = '\0';
	bool group = false; /* of figures: three behind each of these marks */
	for (size_t i = 0; i < s.n; i++) {
		size_t wide = str_starts((struct str){s.p + i, s.n - i}, STR("\u2019"))   ? 3
			      : str_starts((struct str){s.p + i, s.n - i}, STR("\u00a0")) ? 2
			      : strchr("' ", s.p[i])                                      ? 1
											  : 0;
		if (ascii_is_digit(s.p[i]) && n < LONGEST - 4) {
			out[n++] = s.p[i];
			last++;
			continue;
		}
		char now = wide ? '\'' : s.p[i];
		if (!n || !strchr("'.,", now) || (mark && last != 3 && group) ||
		    (mark && now != mark && before))
			return given;
		before = mark && now != mark ? mark : before;
		group = true;
		mark = now;
		last = 0;
		i += wide > 1 ? wide - 1 : 0;
	}
	/* The last mark divides a fraction, or groups where it cannot be one. */
	bool fraction = mark && mark != '\'' && (last == 1 || last == 2);
	bool groups = mark && last == 3 && (mark == '\'' || before);
	if (!n || (mark && !fraction && !groups))
		return given;
	char *text = fraction ? arena_printf(&d->arena, "%.*s.%.*s", (int)(n - last), out,
					     (int)last, out + n - last)
			      : arena_printf(&d->arena, "%.*s", (int)n, out);
	return text ? str_of(text) : given;
}

/* ---- times ---- */

struct str value_time(struct draft *d, struct str s)
{
	if (s.n < 10)
		return s;
	bool dots = s.p[2] == '.' && s.p[5] == '.';
	char *day = dots ? arena_printf(&d->arena, "%.4s-%.2s-%.2s", s.p + 6, s.p + 3, s.p)
			 : arena_printf(&d->arena, "%.10s", s.p);
	size_t at = 11;
	while (at < s.n && strchr("0123456789:.", s.p[at]))
		at++;
	struct str clock = s.n > 11 ? (struct str){s.p + 11, at - 11} : STR("00:00");
	struct str zone = at < s.n ? str_trim((struct str){s.p + at, s.n - at}) : STR("Z");
	struct str minutes = zone.n == 3 ? STR("00") : (struct str){"", 0};
	if (zone.n == 5) {
		minutes = (struct str){zone.p + 3, 2};
		zone.n = 3;
	}
	char *p = arena_printf(&d->arena, "%sT%.*s%s%.*s%s%.*s", day ? day : "", STR_ARG(clock),
			       clock.n == 5 ? ":00" : "", STR_ARG(zone), minutes.n ? ":" : "",
			       STR_ARG(minutes));
	return p ? str_of(p) : (struct str){NULL, 0};
}

/* The three numbers of a date and how many figures each has. False: not three, or other text
 * behind them than a time of day. */
static bool date_parts(struct str s, int64_t part[3], size_t width[3], char *sign)
{
	size_t i = 0;
	if (s.n == 8 && str_to_i64(s, 1, 99999999, &part[0])) { /* "20240506" */
		part[2] = part[0] % 100;
		part[1] = part[0] / 100 % 100;
		part[0] /= 10000;
		width[0] = 4;
		width[1] = width[2] = 2;
		*sign = '-';
		return true;
	}
	for (int k = 0; k < 3; k++) {
		size_t from = i;
		while (i < s.n && i - from < 4 && ascii_is_digit(s.p[i]))
			i++;
		width[k] = i - from;
		if (!str_to_i64((struct str){s.p + from, i - from}, 0, 9999, &part[k]))
			return false;
		if (k == 2)
			break;
		if (i == s.n || !strchr("-./", s.p[i]) || (k == 1 && s.p[i] != *sign))
			return false;
		*sign = s.p[i++];
	}
	return i == s.n || s.p[i] == 'T' || s.p[i] == ' ';
}

struct str value_date(struct draft *d, struct str s)
{
	int64_t part[3];
	size_t width[3];
	char sign = '\0';
	if (!date_parts(str_trim(s), part, width, &sign))
		return (struct str){NULL, 0};
	bool iso = width[0] == 4 && sign != '.' && width[2] <= 2;
	/* "13/02/2024" has its day in front, "02/13/2024" behind; "01/02/2024" does not tell. */
	bool american = width[2] == 4 && sign == '/' && part[0] <= 12 && part[1] > 12;
	bool european =
	    width[2] == 4 && width[0] <= 2 && (sign == '.' || part[0] > 12 || part[0] == part[1]);
	int year = (int)part[iso ? 0 : 2], month = (int)part[american ? 0 : 1],
	    day = (int)part[iso        ? 2
			    : american ? 1
				       : 0];
	if (!(iso || american || european) || width[1] > 2 || !date_exists(year, month, day))
		return (struct str){NULL, 0};
	char *p = arena_printf(&d->arena, "%04d-%02d-%02d", year, month, day);
	return p ? str_of(p) : (struct str){NULL, 0};
}
