/* Slices: a pointer and a length into memory that they do not own. Not NUL-terminated. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <string.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fatal.h"

struct str {
	const char *p;
	size_t n;
};

/* A slice of a string literal, or of a NUL-terminated string (NULL gives an empty slice). */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
static inline struct str str_of(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

/* For printf: "%.*s", STR_ARG(s). */
#define STR_ARG(s) (int)(s).n, (s).p

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}
bool str_eq_nocase(struct str a, struct str b); /* ASCII only */
static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq((struct str){s.p, prefix.n}, prefix);
}
static inline bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq((struct str){s.p + (s.n - suffix.n), suffix.n}, suffix);
}
static inline bool str_ends_nocase(struct str s, struct str suffix) /* ASCII only */
{
	return s.n >= suffix.n &&
	       str_eq_nocase((struct str){s.p + (s.n - suffix.n), suffix.n}, suffix);
}
/* The number of bytes before the first one that the table marks. */
static inline size_t str_plain(struct str s, const unsigned char marks[256])
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;
	while (i + 4 <= s.n && !(marks[p[i]] | marks[p[i + 1]] | marks[p[i + 2]] | marks[p[i + 3]]))
		i += 4;
	while (i < s.n && !marks[p[i]])
		i++;
	return i;
}
/* The slice behind its first n bytes, which it must have. */
static inline struct str str_from(struct str s, size_t n)
{
	return (struct str){s.p + n, s.n - n};
}
static inline void str_skip(struct str *s, size_t n)
{
	*s = str_from(*s, n);
}
int str_cmp(struct str a, struct str b); /* bytewise, as memcmp, shorter first */

/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);

/* Cut at the first `sep`: returns the part before it and leaves the rest in *s. Without a separator
 * returns everything and sets s->p to NULL. Loop: while (s.p) part = str_cut(&s, ','). */
struct str str_cut(struct str *s, char sep);

/* The whole slice as a decimal integer in [min, max]; no spaces, nothing after it. */
MUST_CHECK bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out);

/* The whole slice as a finite decimal number ("-1.5e3"), independent of the locale. */
MUST_CHECK bool str_to_double(struct str s, double *out);

#endif
