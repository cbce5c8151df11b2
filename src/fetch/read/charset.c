/* Decodes the text of pages to UTF-8: charsets and character references. */
#include "fetch/read/internal.h"
#include "base/ascii.h"
#include "base/lower_bound.h"
#include "base/utf8.h"

#include <string.h>

/* ---- character references ---- */

static const struct reference {
	const char *name, *text;
} references[] = {
#define REFERENCE(name, text) {name, text},
#include "fetch/read/references.def"
#undef REFERENCE
};
enum { REFERENCES = COUNT_OF(references), REFERENCE_BYTES_MAX = 33 };

static bool charset_reference_before(const void *reference, const void *name)
{
	return str_cmp(str_of(((const struct reference *)reference)->name),
		       *(const struct str *)name) < 0;
}

static const struct reference *charset_find_reference(struct str name)
{
	size_t at = lower_bound(references, REFERENCES, sizeof(references[0]),
				charset_reference_before, &name);
	return at < REFERENCES && str_eq(name, str_of(references[at].name)) ? &references[at]
									    : NULL;
}

static void charset_put(struct buf *out, uint32_t c)
{
	if (c >= 0x80 && c < 0xa0) /* numbers of C1 controls mean windows-1252 */
		c = utf8_of_1252((char)c);
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	buf_utf8(out, c);
}

/* Decode "#8211;", "#x2013;". Returns the bytes consumed; 0: not a reference. */
static size_t charset_put_number(struct buf *out, struct str s)
{
	enum { VALUE_MAX = 0x110000 };
	bool hex = s.n > 1 && ascii_lower(s.p[1]) == 'x';
	size_t start = hex ? 2 : 1, n = start;
	uint32_t value = 0;
	for (; n < s.n; n++) {
		int digit = hex || ascii_is_digit(s.p[n]) ? hex_value(s.p[n]) : -1;
		if (digit < 0)
			break;
		value = value * (hex ? 16 : 10) + (uint32_t)digit;
		if (value > VALUE_MAX)
			value = VALUE_MAX;
	}
	if (n == start)
		return 0;
	charset_put(out, value);
	return n < s.n && s.p[n] == ';' ? n + 1 : n;
}

/* Decode the longest name that s begins with. Returns the bytes consumed; 0: not a reference. In an
 * attribute "&copy=1" is a parameter of a URL. */
static size_t charset_put_named(struct buf *out, struct str s, bool in_attribute)
{
	size_t n = 0;
	while (n < s.n && n < REFERENCE_BYTES_MAX && ascii_is_alnum(s.p[n]))
		n++;
	n += n < s.n && s.p[n] == ';';
	for (; n > 1; n--) {
		const struct reference *r = charset_find_reference((struct str){s.p, n});
		if (!r)
			continue;
		if (in_attribute && s.p[n - 1] != ';' && n < s.n &&
		    (s.p[n] == '=' || ascii_is_alnum(s.p[n])))
			return 0;
		buf_puts(out, r->text);
		return n;
	}
	return 0;
}

bool charset_decode(enum charset charset, struct str raw, bool in_attribute, struct buf *out)
{
	if (raw.n == 0)
		return false;
	bool utf8 = utf8_is_valid(raw);
	if (charset == CHARSET_OTHER && (!utf8 || memchr(raw.p, 0x1b, raw.n)))
		return false;
	buf_reset(out);
	for (size_t i = 0; i < raw.n;) {
		if (raw.p[i] == '&') {
			struct str rest = {raw.p + i + 1, raw.n - i - 1};
			size_t n = rest.n && rest.p[0] == '#'
				       ? charset_put_number(out, rest)
				       : charset_put_named(out, rest, in_attribute);
			if (n > 0) {
				i += 1 + n;
				continue;
			}
		}
		if (utf8 || !(raw.p[i] & 0x80))
			buf_putc(out, raw.p[i]);
		else
			charset_put(out, utf8_of_1252(raw.p[i]));
		i++;
	}
	return !buf_failed(out);
}

/* ---- charsets ---- */

enum charset charset_of(struct str name)
{
	static const char *const latins[] = {"iso-8859-1",   "iso-8859-15", "iso8859-1",
					     "windows-1252", "latin1",      "us-ascii",
					     "cp1252"};
	name = str_trim(name);
	if (name.n > 1 && (name.p[0] == '"' || name.p[0] == '\'')) {
		name = (struct str){name.p + 1, name.n - 1};
		if (name.p[name.n - 1] == '"' || name.p[name.n - 1] == '\'')
			name.n--;
	}
	if (name.n == 0)
		return CHARSET_UNKNOWN;
	if (str_eq_nocase(name, STR("utf-8")) || str_eq_nocase(name, STR("utf8")))
		return CHARSET_UTF8;
	for (size_t i = 0; i < COUNT_OF(latins); i++)
		if (str_eq_nocase(name, str_of(latins[i])))
			return CHARSET_LATIN;
	return CHARSET_OTHER;
}

/* "text/html; charset=x" */
enum charset charset_in(struct str type)
{
	while (type.p) {
		struct str value = str_trim(str_cut(&type, ';'));
		if (str_eq_nocase(str_trim(str_cut(&value, '=')), STR("charset")) && value.p)
			return charset_of(value);
	}
	return CHARSET_UNKNOWN;
}
