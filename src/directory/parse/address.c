/* Addresses: every part that a record gave stands in one line, in the order of the country. */
#include "base/ascii.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"

#include <string.h>

/* Whether the text has the number as a word of its own: "Hauptstr. 5a" has "5a". */
static bool address_has(struct str text, struct str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++) {
		bool before = i && ascii_is_alnum(text.p[i - 1]);
		bool behind = i + word.n < text.n && ascii_is_alnum(text.p[i + word.n]);
		if (!before && !behind && str_eq_nocase((struct str){text.p + i, word.n}, word))
			return true;
	}
	return false;
}

static bool has_digit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_is_digit(s.p[i]))
			return true;
	return false;
}

static void append(struct draft *d, struct str *line, const char *between, struct str part)
{
	if (!part.n)
		return;
	if (!line->n) {
		*line = part;
		return;
	}
	char *p = arena_printf(&d->arena, "%.*s%s%.*s", STR_ARG(*line), between, STR_ARG(part));
	if (p)
		*line = str_of(p);
}

/* The street with the number of the house where the country puts it. */
static struct str street_and_number(struct draft *d, struct str street)
{
	struct str number = d->house_number;
	append(d, &number,
	       ascii_is_alnum(d->house_suffix.n ? d->house_suffix.p[0] : 'a') &&
		       d->house_suffix.n < 3
		   ? ""
		   : " ",
	       d->house_suffix);
	if (!number.n || address_has(street, number))
		return street;
	if (!street.n)
		return number;
	bool first = country_number_first(d->field[RECORD_COUNTRY]);
	struct str line = first ? number : street;
	append(d, &line, " ", first ? street : number);
	return line;
}

void address_finish(struct draft *d)
{
	struct str *field = &d->field[RECORD_STREET];
	struct str street = d->street_name.n ? d->street_name : *field;
	/* Both of them: "Hauptstr. 5" beside the name "Hauptstrasse" of a street. */
	if (d->street_name.n && field->n && has_digit(*field) && !d->house_number.n)
		street = *field;
	struct str line = street_and_number(d, street);
	if (field->n && d->street_name.n && !address_has(line, *field) && !str_eq(street, *field) &&
	    !d->house_number.n)
		append(d, &line, ", ", *field);
	append(d, &line, ", ", d->street_more);
	if (!line.n)
		line = d->street_full;
	else if (!street.n && d->street_full.n)
		append(d, &line, ", ", d->street_full);
	*field = line.n ? value_cut(line, record_fields[RECORD_STREET].max_bytes)
			: (struct str){NULL, 0};
}

/* "8000 Zürich", "CH-8000 Zürich", "SW1A 1AA London" is not told apart: the figures in front are
 * the code. */
void address_postcode_city(struct draft *d, struct str value)
{
	struct str rest = str_trim(value), code;
	if (rest.n > 3 && rest.p[2] == '-' && ascii_is_letter(rest.p[0]) &&
	    ascii_is_digit(rest.p[3]))
		rest = (struct str){rest.p + 3, rest.n - 3};
	size_t n = 0;
	while (n < rest.n && ascii_is_digit(rest.p[n]))
		n++;
	code = (struct str){rest.p, n};
	rest = str_trim((struct str){rest.p + n, rest.n - n});
	if (n < 3 || n > 6 || !rest.n) {
		draft_field(d, RECORD_CITY, value);
		return;
	}
	draft_field(d, RECORD_POSTCODE, code);
	draft_field(d, RECORD_CITY, rest);
}
