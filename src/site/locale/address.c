/* Addresses in the order of their country. */
#include "base/fatal.h"
#include "site/locale/locale.h"

#include <string.h>

static const struct {
	const char *countries, *lines;
} orders[] = {
#define ADDRESS(countries, lines) {countries, lines},
#include "site/locale/addresses.def"
#undef ADDRESS
};

static struct str address_lines(struct str country)
{
	for (size_t i = 1; i < COUNT_OF(orders) && country.n == 2; i++)
		if (memmem(orders[i].countries, strlen(orders[i].countries), country.p, 2))
			return str_of(orders[i].lines);
	return str_of(orders[0].lines);
}

/* The part that a letter stands for; NULL: it is a sign. */
static const struct str *locale_address_part(const struct locale_address *a, char letter)
{
	switch (letter) {
	case 'A':
		return &a->street;
	case 'Z':
		return &a->postcode;
	case 'C':
		return &a->city;
	case 'S':
		return &a->region;
	default:
		return NULL;
	}
}

/* Signs stand between two parts that are known; signs before the first part belong to it. */
static struct str address_line(struct arena *arena, const struct locale_address *a, struct str form)
{
	struct str text = STR(""), signs = {form.p, 0};
	for (size_t i = 0; i < form.n; i++) {
		const struct str *part = locale_address_part(a, form.p[i]);
		if (!part) {
			signs.n++;
			continue;
		}
		bool leads = signs.p == form.p;
		if (part->n)
			text = ARENA_JOIN(arena, text, text.n || leads ? signs : STR(""), *part);
		signs = (struct str){form.p + i + 1, 0};
	}
	return text;
}

size_t locale_address(struct arena *arena, const struct locale_address *a,
		      struct str line[LOCALE_LINES])
{
	struct str rest = address_lines(a->country);
	size_t count = 0;
	while (rest.p) {
		struct str text = address_line(arena, a, str_cut(&rest, '|'));
		must(count + 2 < LOCALE_LINES);
		if (text.n)
			line[count++] = text;
	}
	if (!count && a->region.n)
		line[count++] = a->region;
	if (a->country_name.n)
		line[count++] = a->country_name;
	return count;
}
