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
	unsigned char bytes[sizeof(value)] = {0};
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(value >> (56 - 8 * i));
	hex_bytes(bytes, sizeof(bytes), out);
}
