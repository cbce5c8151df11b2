#include "language/language.h"

#include <stdio.h>
#include <string.h>

/* ---- plural forms, as gettext's Plural-Forms has them ---- */

/* nplurals=2; plural=n != 1 */
static unsigned plural_one(uint64_t n)
{
	return n != 1;
}

/* nplurals=2; plural=n > 1 */
static unsigned plural_french(uint64_t n)
{
	return n > 1;
}

/* nplurals=3 */
static unsigned plural_serbian(uint64_t n)
{
	unsigned last = (unsigned)(n % 10), two = (unsigned)(n % 100);
	if (last == 1 && two != 11)
		return 0;
	return last >= 2 && last <= 4 && (two < 12 || two > 14) ? 1 : 2;
}

/* nplurals=6 */
static unsigned plural_arabic(uint64_t n)
{
	unsigned two = (unsigned)(n % 100);
	if (n <= 2)
		return (unsigned)n;
	return two >= 3 && two <= 10 ? 3 : two >= 11 ? 4 : 5;
}

static const struct {
	unsigned (*plural)(uint64_t n);
	unsigned forms;
} plural_forms[] = {{plural_one, 2}, {plural_french, 2}, {plural_serbian, 3}, {plural_arabic, 6}};

const struct language languages[] = {
#define LANGUAGE(tag, html, name, locale, rtl, complete, group, group_from, decimal, plural,       \
		 countries)                                                                        \
	{tag, html, name, locale, rtl, complete, group, group_from, decimal, plural, countries},
#include "language/languages.def"
#undef LANGUAGE
};
const size_t languages_count = COUNT_OF(languages);

unsigned language_forms(const struct language *l)
{
	size_t i = 0;
	while (i < COUNT_OF(plural_forms) && plural_forms[i].plural != l->plural)
		i++;
	must(i < COUNT_OF(plural_forms)); /* every rule is in the table */
	return plural_forms[i].forms;
}

/* The list of all tags. */
const char *const language_tags[] = {
#define LANGUAGE(tag, ...) tag,
#include "language/languages.def"
#undef LANGUAGE
    NULL};

const struct language *language_of_country(struct str country)
{
	for (size_t i = 0; i < languages_count && country.n; i++) {
		struct str countries = str_of(languages[i].countries);
		while (countries.p)
			if (str_eq(str_cut(&countries, ' '), country))
				return &languages[i];
	}
	return NULL;
}

const char *language_accepted(struct str accept, const char *const tags[])
{
	const char *best = NULL;
	double most = 0;
	while (accept.p) {
		struct str parameters = str_cut(&accept, ',');
		struct str range = str_trim(str_cut(&parameters, ';'));
		struct str main = str_cut(&range, '-'), weight = str_trim(parameters);
		double q = 1;
		if (str_starts(weight, STR("q=")) &&
		    !str_to_double((struct str){weight.p + 2, weight.n - 2}, &q))
			continue;
		for (size_t i = 0; tags[i]; i++) {
			if (q <= most || !str_eq_nocase(main, str_of(tags[i])))
				continue;
			best = tags[i];
			most = q;
		}
	}
	return best;
}

const struct language *language_find(struct str tag)
{
	struct str main = str_cut(&tag, '-');
	for (size_t i = 0; i < languages_count; i++)
		if (str_eq_nocase(main, str_of(languages[i].tag)))
			return &languages[i];
	return NULL;
}
