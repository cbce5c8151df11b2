#include "base/utf8.h"
#include "base/ascii.h"

#include <iconv.h>
#include <string.h>

/* For each first byte: the length of the character and the range of its second byte, which excludes
 * overlong forms, surrogates and code points over U+10FFFF. */
struct lead {
	size_t length; /* 0: no character begins with it */
	unsigned char low, high;
};

static struct lead utf8_lead(unsigned char c)
{
	if (c < 0x80)
		return (struct lead){c != 0, 0, 0};
	if (c >= 0xC2 && c <= 0xDF)
		return (struct lead){2, 0x80, 0xBF};
	if (c >= 0xE0 && c <= 0xEF)
		return (struct lead){3, c == 0xE0 ? 0xA0 : 0x80, c == 0xED ? 0x9F : 0xBF};
	if (c >= 0xF0 && c <= 0xF4)
		return (struct lead){4, c == 0xF0 ? 0x90 : 0x80, c == 0xF4 ? 0x8F : 0xBF};
	return (struct lead){0, 0, 0};
}

size_t utf8_first(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	struct lead lead = s.n ? utf8_lead(p[0]) : (struct lead){0, 0, 0};
	if (lead.length < 2)
		return lead.length;
	if (s.n < lead.length || p[1] < lead.low || p[1] > lead.high)
		return 0;
	for (size_t i = 2; i < lead.length; i++)
		if (utf8_begins(s.p[i]))
			return 0;
	return lead.length;
}

uint32_t utf8_code(struct str s, size_t *bytes)
{
	static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = utf8_first(s);
	*bytes = n ? n : 1;
	uint32_t code = n ? p[0] & masks[n] : 0;
	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3F);
	return code;
}

bool utf8_is_valid(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = c && c < 0x80 ? 1 : utf8_first((struct str){s.p + i, s.n - i});
		if (!n)
			return false;
		i += n;
	}
	return true;
}

struct str utf8_cut(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	s.n = max;
	for (size_t back = 0; back < UTF8_BYTES_MAX && back <= max; back++)
		if (utf8_begins(s.p[max - back])) {
			s.n = max - back;
			break;
		}
	return s;
}

size_t utf8_count(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += utf8_begins(s.p[i]);
	return n;
}

int utf8_padding(struct str s, int width)
{
	size_t n = utf8_count(s);
	return n < (size_t)width ? width - (int)n : 0;
}

size_t utf8_encode(uint32_t c, char out[UTF8_BYTES_MAX])
{
	must(c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF));
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = {[2] = 0xC0, [3] = 0xE0, [4] = 0xF0};
	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3F));
		c >>= 6;
	}
	out[0] = (char)(leads[n] | c);
	return n;
}

uint32_t utf8_of_1252(char byte)
{
	static const uint16_t controls[32] = {
	    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
	unsigned char c = (unsigned char)byte;
	return c >= 0x80 && c < 0xA0 ? controls[c - 0x80] : c;
}

void *utf8_converter(const char *name)
{
	/* iconv takes flags behind a slash, and the empty name for that of the locale. */
	for (const char *p = name; *p; p++)
		if (!ascii_is_letter(*p) && !ascii_is_digit(*p) && !strchr("-_.:", *p))
			return NULL;
	iconv_t converter = *name ? iconv_open("UTF-8", name) : (iconv_t)-1;
	return converter == (iconv_t)-1 ? NULL : converter;
}
