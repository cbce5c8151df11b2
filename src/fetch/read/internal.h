/* For the readers of this folder. */
#ifndef FETCH_READ_INTERNAL_H
#define FETCH_READ_INTERNAL_H

#include "base/ascii.h"

/* White space of HTML: without \v, unlike ascii_is_space. */
static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

#endif
