/* Telephone numbers in groups, by the formats of libphonenumber. */
#include "base/ascii.h"
#include "base/fatal.h"
#include "site/locale/locale.h"

#include <stdint.h>
#include <string.h>

enum { DIGITS_MOST = 15, GROUPS_MOST = 6 };

/* A row with a code begins the formats of that calling code. */
static const struct phone_row {
	const char *code, *countries;
	const char *groups, *leading, *inside, *abroad;
} rows[] = {
#define PHONE_CODE(code, countries)                   {code, countries, NULL, NULL, NULL, NULL},
#define PHONE_FORMAT(groups, leading, inside, abroad) {NULL, NULL, groups, leading, inside, abroad},
#include "site/locale/phones.def"
#undef PHONE_CODE
#undef PHONE_FORMAT
};

/* ---- leading digits ----
 *
 * Patterns have digits, classes, groups, alternatives, "\d", "{n}" and "?". A set of positions
 * (bit i: before digit i) goes through the pattern from left to right, so that nothing is tried
 * twice. */

static uint32_t phone_alternatives(const char **pattern, struct str digits, uint32_t at);

/* The digits of "[2-46]" as bits. */
static unsigned phone_class(const char **pattern)
{
	const char *p = *pattern;
	unsigned set = 0;
	while (*p && *p != ']') {
		int from = *p++ - '0', to = from;
		if (*p == '-') {
			to = p[1] - '0';
			p += 2;
		}
		for (int digit = from; digit <= to; digit++)
			set |= 1u << digit;
	}
	must(*p == ']');
	*pattern = p + 1;
	return set;
}

static uint32_t phone_step(unsigned set, struct str digits, uint32_t at)
{
	uint32_t next = 0;
	for (size_t i = 0; i < digits.n; i++)
		if (at & 1u << i && set & 1u << (digits.p[i] - '0'))
			next |= 2u << i;
	return next;
}

/* One digit, class or group, without what repeats it. */
static uint32_t phone_atom(const char **pattern, struct str digits, uint32_t at)
{
	const char *p = *pattern;
	if (*p == '(') {
		must(p[1] == '?' && p[2] == ':');
		*pattern = p + 3;
		at = phone_alternatives(pattern, digits, at);
		must(**pattern == ')');
		++*pattern;
		return at;
	}
	if (*p == '[') {
		*pattern = p + 1;
		return phone_step(phone_class(pattern), digits, at);
	}
	if (*p == '\\') {
		must(p[1] == 'd');
		*pattern = p + 2;
		return phone_step(0x3ff, digits, at);
	}
	must(ascii_is_digit(*p));
	*pattern = p + 1;
	return phone_step(1u << (*p - '0'), digits, at);
}

static uint32_t phone_piece(const char **pattern, struct str digits, uint32_t at)
{
	const char *from = *pattern;
	uint32_t next = phone_atom(pattern, digits, at);
	if (**pattern == '?') {
		++*pattern;
		return next | at;
	}
	if (**pattern != '{')
		return next;
	int times = (*pattern)[1] - '0';
	must((*pattern)[2] == '}');
	const char *end = *pattern + 3;
	for (int i = 1; i < times; i++) {
		*pattern = from;
		next = phone_atom(pattern, digits, next);
	}
	*pattern = end;
	return next;
}

static uint32_t phone_alternatives(const char **pattern, struct str digits, uint32_t at)
{
	uint32_t all = 0;
	for (;;) {
		uint32_t one = at;
		while (**pattern && **pattern != '|' && **pattern != ')')
			one = phone_piece(pattern, digits, one);
		all |= one;
		if (**pattern != '|')
			return all;
		++*pattern;
	}
}

static bool phone_leads(const char *pattern, struct str digits)
{
	return phone_alternatives(&pattern, digits, 1) != 0;
}

/* ---- groups ---- */

/* Divide the digits: "3 3-10" are three digits and three to ten. As in a regular expression, each
 * group takes as many as it can. False: other numbers of digits. */
static bool phone_divide(const char *groups, struct str digits, struct str group[GROUPS_MOST])
{
	struct str rest = str_of(groups);
	size_t least[GROUPS_MOST], most[GROUPS_MOST], count = 0, needed = 0;
	while (rest.p) {
		struct str to = str_cut(&rest, ' '), from = str_cut(&to, '-');
		int64_t low, high;
		must(count < GROUPS_MOST && str_to_i64(from, 1, DIGITS_MOST, &low));
		high = low;
		must(!to.p || str_to_i64(to, 1, DIGITS_MOST, &high));
		least[count] = (size_t)low;
		most[count++] = (size_t)high;
		needed += (size_t)low;
	}
	for (size_t i = 0; i < count && needed <= digits.n; i++) {
		size_t spare = digits.n - needed;
		size_t n = least[i] + spare < most[i] ? least[i] + spare : most[i];
		group[i] = (struct str){digits.p, n};
		digits.p += n;
		digits.n -= n;
		needed -= least[i];
	}
	return digits.n == 0 && needed == 0;
}

/* "0$1 $2" with the groups in it. */
static struct str phone_fill(struct arena *arena, struct str before, const char *form,
			     const struct str group[GROUPS_MOST])
{
	struct str part[2 * GROUPS_MOST + 4];
	size_t count = 0;
	part[count++] = before;
	while (*form) {
		size_t plain = strcspn(form, "$");
		must(count + 2 <= COUNT_OF(part));
		if (plain)
			part[count++] = (struct str){form, plain};
		form += plain;
		if (*form) {
			part[count++] = group[form[1] - '1'];
			form += 2;
		}
	}
	return arena_join(arena, part, count);
}

/* The row that begins the formats of the number's calling code; NULL: not in the table. No code is
 * the beginning of another one. */
static const struct phone_row *phone_code(struct str digits)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].code && str_starts(digits, str_of(rows[i].code)))
			return &rows[i];
	return NULL;
}

struct str locale_phone(struct arena *arena, struct str phone, struct str country)
{
	struct str digits = {phone.p + 1, phone.n - 1}, group[GROUPS_MOST];
	if (phone.n < 4 || phone.n > DIGITS_MOST + 1 || phone.p[0] != '+')
		return phone;
	for (size_t i = 0; i < digits.n; i++)
		if (!ascii_is_digit(digits.p[i]))
			return phone;
	const struct phone_row *code = phone_code(digits);
	if (!code)
		return phone;
	bool inside =
	    country.n == 2 && memmem(code->countries, strlen(code->countries), country.p, 2);
	digits.p += strlen(code->code);
	digits.n -= strlen(code->code);
	struct str before =
	    inside ? STR("") : ARENA_JOIN(arena, STR("+"), str_of(code->code), STR(" "));
	for (const struct phone_row *row = code + 1; row < rows + COUNT_OF(rows) && !row->code;
	     row++)
		if (phone_leads(row->leading, digits) && phone_divide(row->groups, digits, group))
			return phone_fill(arena, before, inside ? row->inside : row->abroad, group);
	return phone;
}
