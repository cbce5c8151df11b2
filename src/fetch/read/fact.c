#include "fetch/read/read.h"
#include "base/utf8.h"
#include "fetch/read/internal.h"

#include <string.h>

static bool is_address_char(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c >= 0x80 || (c && strchr("._-+%", c) != NULL);
}

bool has_email(struct str s)
{
	for (size_t i = 1; i + 1 < s.n; i++) {
		size_t next = i + 1;
		if (s.p[i] == '%' && i + 3 < s.n && s.p[i + 1] == '4' && s.p[i + 2] == '0')
			next = i + 3;
		else if (s.p[i] != '@')
			continue;
		if (is_address_char(s.p[i - 1]) && is_address_char(s.p[next]))
			return true;
	}
	return false;
}

/* Replace runs of white space and control characters (C0, DEL, C1, U+00A0, U+2028, U+2029) by one
 * space, in place. Returns the new length. */
static size_t fact_collapse(char *p, size_t n)
{
	size_t to = 0;
	bool space = true; /* no space at the beginning */
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)p[i];
		unsigned char c1 = i + 1 < n ? (unsigned char)p[i + 1] : 0;
		unsigned char c2 = i + 2 < n ? (unsigned char)p[i + 2] : 0;
		size_t skip = c <= 0x20 || c == 0x7f                           ? 1
			      : c == 0xc2 && c1 <= 0xa0                        ? 2
			      : c == 0xe2 && c1 == 0x80 && (c2 & 0xfe) == 0xa8 ? 3
									       : 0;
		if (skip) {
			if (!space)
				p[to++] = ' ';
			space = true;
			i += skip;
			continue;
		}
		p[to++] = p[i++];
		space = false;
	}
	return to > 0 && p[to - 1] == ' ' ? to - 1 : to;
}

bool fact_add(struct wire_facts *facts, struct arena *arena, const char *name, struct str value,
	      size_t max)
{
	/* Bounds the cost of a value that is mostly white space. */
	value = utf8_cut(value, (size_t)WIRE_VALUE_MAX * 4);
	if (!utf8_is_valid(value))
		return false;
	struct str copy = arena_str(arena, value);
	if (!copy.p)
		return false;
	copy.n = fact_collapse((char *)copy.p, copy.n);
	if (copy.n == 0 || has_email(copy))
		return false;
	copy = str_trim(utf8_cut(copy, max < WIRE_VALUE_MAX ? max : WIRE_VALUE_MAX));
	struct str label = str_of(name);
	for (uint32_t i = 0; i < facts->count; i++)
		if (str_eq(facts->of[i].name, label) && str_eq(facts->of[i].value, copy))
			return true;
	if (facts->count == WIRE_PAIRS_MAX)
		return false;
	facts->of[facts->count++] = (struct wire_fact){label, copy};
	return true;
}
