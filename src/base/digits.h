/* Numbers in decimal, without printf. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include "base/str.h"

#include <string.h>

enum { DIGITS_MAX = 20 };

/* n in decimal, written at the end of `out`. */
static inline struct str digits_of(uint64_t n, char out[DIGITS_MAX])
{
	size_t at = DIGITS_MAX;
	do {
		out[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return (struct str){out + at, DIGITS_MAX - at};
}

/* Write n in decimal at `to`, which has room for its digits; returns their end. */
static inline char *digits_put(char *to, uint64_t n)
{
	char digits[DIGITS_MAX];
	struct str text = digits_of(n, digits);
	return (char *)memcpy(to, text.p, text.n) + text.n;
}

#endif
