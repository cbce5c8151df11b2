/* Character classes of ASCII, for the readers of this folder. */
#ifndef FETCH_READ_INTERNAL_H
#define FETCH_READ_INTERNAL_H

#include <stdbool.h>

static inline bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

#endif
