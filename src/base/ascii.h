/* Classes of ASCII characters and hexadecimal digits. They do not depend on the locale, unlike
 * those of <ctype.h>, and take any char: bytes over 0x7F belong to no class. */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool ascii_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}
static inline bool ascii_is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}
static inline bool ascii_is_letter(char c)
{
	return ascii_is_upper(c) || ascii_is_lower(c);
}
static inline bool ascii_is_alnum(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c);
}
/* As isspace() in the C locale: with \v and \f. */
static inline bool ascii_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char ascii_lower(char c)
{
	return (char)(ascii_is_upper(c) ? c + ('a' - 'A') : c);
}
static inline char ascii_upper(char c)
{
	return (char)(ascii_is_lower(c) ? c - ('a' - 'A') : c);
}

/* The value of a hexadecimal digit of either case; -1: it is not one. */
static inline int hex_value(char c)
{
	char lower = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Lower-case digits and a NUL: 17 bytes, most significant digit first. */
enum { HEX_U64 = 17 };
void hex_u64(uint64_t value, char out[HEX_U64]);
/* Lower-case digits and a NUL: 2 n + 1 bytes. */
void hex_bytes(const void *bytes, size_t n, char *out);

#endif
