#include "base/ascii.h"
#include "keeper/internal.h"

#include <string.h>

/* A code is a number in base 32, most significant sign first, followed by the number modulo
 * CHECK_MODULUS as two signs. The modulus is a prime above 32, so that one wrong sign always
 * changes the remainder; two neighbours exchanged change it, too, because 31 is not divisible by
 * it. */
enum { CHECK_MODULUS = 1021, CODE_MAX = 32, SIGN_BITS = 5 };

static const char code_alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The signs of n bytes without check signs. */
static size_t code_signs(size_t n)
{
	return (n * 8 + SIGN_BITS - 1) / SIGN_BITS;
}

void keeper_code_write(const uint8_t *bytes, size_t n, char *signs)
{
	size_t count = code_signs(n);
	uint32_t rest = 0;
	must(n <= CODE_MAX);
	for (size_t i = 0; i < count; i++) {
		uint32_t sign = 0;
		for (size_t b = 0; b < SIGN_BITS; b++) {
			/* Bits above the number's highest are 0. */
			size_t at = (count - i) * SIGN_BITS - 1 - b;
			uint32_t bit =
			    at < n * 8 ? (uint32_t)bytes[n - 1 - at / 8] >> at % 8 & 1u : 0;
			sign = sign << 1 | bit;
		}
		signs[i] = code_alphabet[sign];
		rest = (rest * 32 + sign) % CHECK_MODULUS;
	}
	signs[count] = code_alphabet[rest / 32];
	signs[count + 1] = code_alphabet[rest % 32];
}

/* -1: no sign of a code. What looks like a digit is one. */
static int code_value(char c)
{
	c = ascii_upper(c);
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	const char *at = c ? strchr(code_alphabet, c) : NULL;
	return at ? (int)(at - code_alphabet) : -1;
}

bool keeper_code_read(const char *typed, size_t size, uint8_t *bytes, size_t n)
{
	uint8_t values[CODE_MAX * 8 / SIGN_BITS + 1 + KEEPER_CHECK_SIGNS] = {0};
	size_t count = code_signs(n), got = 0;
	uint32_t rest = 0;
	bool ok = true;
	must(n <= CODE_MAX);
	for (size_t i = 0; i < size && typed[i]; i++) {
		int value = code_value(typed[i]);
		if (typed[i] == '-' || ascii_is_space(typed[i]))
			continue;
		if (value < 0 || got == count + KEEPER_CHECK_SIGNS) {
			ok = false;
			break;
		}
		values[got++] = (uint8_t)value;
	}
	ok = ok && got == count + KEEPER_CHECK_SIGNS;
	memset(bytes, 0, n);
	for (size_t i = 0; ok && i < count; i++) {
		rest = (rest * 32 + values[i]) % CHECK_MODULUS;
		for (size_t b = 0; b < SIGN_BITS; b++) {
			size_t at = (count - i) * SIGN_BITS - 1 - b;
			uint32_t bit = (uint32_t)values[i] >> (SIGN_BITS - 1 - b) & 1u;
			if (at < n * 8)
				bytes[n - 1 - at / 8] |= (uint8_t)(bit << at % 8);
			else if (bit)
				ok = false; /* a greater number: no code is written so */
		}
	}
	ok = ok && rest == values[count] * 32u + values[count + 1];
	sodium_memzero(values, sizeof(values));
	return ok;
}
