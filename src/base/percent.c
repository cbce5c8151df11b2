#include "base/percent.h"

#include <string.h>

void percent_put_char(struct buf *out, char c, const char *plain)
{
	static const char digits[] = "0123456789ABCDEF";
	if (percent_is_unreserved(c) || (c && strchr(plain, c))) {
		buf_putc(out, c);
		return;
	}
	char escaped[3] = {'%', digits[(unsigned char)c >> 4], digits[c & 15]};
	buf_add(out, escaped, sizeof(escaped));
}

void percent_put(struct buf *out, struct str s, const char *plain)
{
	for (size_t i = 0; i < s.n; i++)
		percent_put_char(out, s.p[i], plain);
}
