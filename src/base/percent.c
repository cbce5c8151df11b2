#include "base/percent.h"

#include <string.h>

static inline bool percent_is_plain(char c, const char *plain)
{
	return percent_is_unreserved(c) || (c && strchr(plain, c));
}

void percent_put_char(struct buf *out, char c, const char *plain)
{
	static const char digits[] = "0123456789ABCDEF";
	if (percent_is_plain(c, plain)) {
		buf_putc(out, c);
		return;
	}
	char escaped[3] = {'%', digits[(unsigned char)c >> 4], digits[c & 15]};
	buf_add(out, escaped, sizeof(escaped));
}

void percent_put(struct buf *out, struct str s, const char *plain)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (percent_is_plain(s.p[i], plain))
			continue;
		buf_add(out, s.p + from, i - from);
		percent_put_char(out, s.p[i], plain);
		from = i + 1;
	}
	buf_add(out, s.p + from, s.n - from);
}
