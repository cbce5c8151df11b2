/* Percent-encoding of URIs, RFC 3986. */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include "base/ascii.h"
#include "base/buf.h"

/* Whether s begins with '%' and two hexadecimal digits; *octet is their value. */
static inline bool percent_octet(struct str s, char *octet)
{
	int high = s.n > 2 && s.p[0] == '%' ? hex_value(s.p[1]) : -1;
	int low = high >= 0 ? hex_value(s.p[2]) : -1;
	if (low < 0)
		return false;
	*octet = (char)(high * 16 + low);
	return true;
}

/* Unreserved: a letter, a digit, or one of "-._~", which mean the same when escaped. */
static inline bool percent_is_unreserved(char c)
{
	static const bool unreserved[256] = {
	    ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1, ['-'] = 1,
	    ['.'] = 1,         ['_'] = 1,         ['~'] = 1};
	return unreserved[(unsigned char)c];
}

/* Append c as it is when it is unreserved or one of `plain`, else as %XX with capitals. */
void percent_put_char(struct buf *out, char c, const char *plain);
void percent_put(struct buf *out, struct str s, const char *plain);

#endif
