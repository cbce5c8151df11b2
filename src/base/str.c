#include "base/str.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	if (order)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.n && is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_cut(struct str *s, char sep)
{
	struct str head = *s;
	const char *at = s->n ? memchr(s->p, sep, s->n) : NULL;
	if (!at) {
		*s = (struct str){NULL, 0};
		return head;
	}
	head.n = (size_t)(at - s->p);
	*s = (struct str){at + 1, s->n - head.n - 1};
	return head;
}

bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	size_t i = negative;
	int64_t v = 0;

	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		/* Counts downwards: the negative range is one larger. */
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, s.p[i] - '0', &v))
			return false;
	}
	if (!negative && __builtin_sub_overflow(0, v, &v))
		return false;
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

bool str_to_double(struct str s, double *out)
{
	static locale_t c_locale;
	char text[64];
	char *end;

	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789+-.eE", s.p[i]) || s.p[i] == '\0')
			return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (!c_locale)
		c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	must(c_locale);
	double v = strtod_l(text, &end, c_locale);
	if (*end != '\0' || !isfinite(v))
		return false;
	*out = v;
	return true;
}

bool str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		unsigned char c = p[i];
		size_t more;
		unsigned char low = 0x80, high = 0xBF; /* range of the second byte */
		if (c < 0x80) {
			if (c == 0)
				return false;
			i++;
			continue;
		}
		if (c >= 0xC2 && c <= 0xDF) {
			more = 1;
		} else if (c >= 0xE0 && c <= 0xEF) {
			more = 2;
			low = c == 0xE0 ? 0xA0 : 0x80;
			high = c == 0xED ? 0x9F : 0xBF;
		} else if (c >= 0xF0 && c <= 0xF4) {
			more = 3;
			low = c == 0xF0 ? 0x90 : 0x80;
			high = c == 0xF4 ? 0x8F : 0xBF;
		} else {
			return false;
		}
		if (s.n - i <= more || p[i + 1] < low || p[i + 1] > high)
			return false;
		for (size_t k = 2; k <= more; k++)
			if ((p[i + k] & 0xC0) != 0x80)
				return false;
		i += more + 1;
	}
	return true;
}
