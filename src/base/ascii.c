#include "base/ascii.h"

void hex_bytes(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = bytes;
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

void hex_u64(uint64_t value, char out[HEX_U64])
{
	unsigned char bytes[sizeof(value)];
	for (size_t i = sizeof(bytes); i-- > 0; value >>= 8)
		bytes[i] = (unsigned char)value;
	hex_bytes(bytes, sizeof(bytes), out);
}

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
