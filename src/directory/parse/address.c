/* Addresses: every part that a record gave stands in one line, in the order of the country. */
#include "base/ascii.h"
#include "directory/iso/iso.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"

#include <string.h>

/* Whether the text has the number as a word of its own: "Hauptstr. 5a" has "5a". */
static bool parse_address_has(struct str text, struct str word)
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
	if (!number.n || parse_address_has(street, number))
		return street;
	if (!street.n && !has_digit(d->street_full)) {
		street = d->street_full;
		d->street_full = (struct str){NULL, 0};
	}
	if (!street.n)
		return number;
	struct str country = d->field[RECORD_COUNTRY];
	bool first = country_number_first(country) || (d->kind_behind && !country.n);
	struct str line = first ? number : street;
	append(d, &line, " ", first ? street : number);
	return line;
}

static size_t figures_at(struct str s)
{
	size_t n = 0;
	while (n < s.n && ascii_is_digit(s.p[n]))
		n++;
	return n;
}

/* How many bytes of a postcode of figures in groups stand in front: "8000", "1234 AB" of the
 * Netherlands, "00-001" of Poland, "1100-048" of Portugal, "114 55" of Sweden. */
static size_t postcode_at(struct str s)
{
	size_t n = figures_at(s);
	struct str rest = {s.p + n, s.n - n};
	size_t more = rest.n > 3 && (rest.p[0] == '-' || rest.p[0] == ' ')
			  ? figures_at((struct str){rest.p + 1, rest.n - 1})
			  : 0;
	bool ends = more && (more + 1 == rest.n || !ascii_is_alnum(rest.p[more + 1]));
	if (ends && ((n == 2 && more == 3 && rest.p[0] == '-') || (n == 4 && more == 3) ||
		     (n == 3 && more == 2) || (n == 5 && more == 3 && rest.p[0] == '-')))
		return n + 1 + more;
	bool dutch = n == 4 && rest.n > 3 && rest.p[0] == ' ' && ascii_is_upper(rest.p[1]) &&
		     ascii_is_upper(rest.p[2]) && rest.p[3] == ' ';
	return dutch ? n + 3 : n;
}

/* "Hauptstrasse 5, 8000 Zürich, Schweiz" where nothing else tells of an address: its parts, when
 * all of them are understood. */
static void split_full(struct draft *d)
{
	enum { PARTS = 8 };
	struct str part[PARTS], rest = d->street_full;
	size_t n = 0, at = 0;
	if (d->field[RECORD_CITY].p || d->field[RECORD_POSTCODE].p || d->field[RECORD_STREET].p ||
	    d->street_name.n)
		return;
	while (rest.p && n < PARTS)
		part[n++] = str_trim(str_cut(&rest, ','));
	struct str code = n > 1 ? iso_country(part[n - 1]) : (struct str){"", 0};
	n -= code.n > 0;
	if (rest.p || n < 2)
		return;
	struct str town = part[n - 1], region = {NULL, 0}, post = {NULL, 0};
	size_t figures = postcode_at(town);
	bool american = town.n > 7 && ascii_is_upper(town.p[0]) && ascii_is_upper(town.p[1]) &&
			town.p[2] == ' ' && figures_at((struct str){town.p + 3, town.n - 3}) == 5;
	if (american && n > 2) {
		region = (struct str){town.p, 2};
		post = (struct str){town.p + 3, town.n - 3};
		town = part[n - 2];
		at = n - 2;
	} else if (figures >= 4 && figures < town.n && town.p[figures] == ' ') {
		post = (struct str){town.p, figures};
		town = str_trim((struct str){town.p + figures, town.n - figures});
		at = n - 1;
	}
	if (!at || has_digit(town))
		return;
	d->street_full = (struct str){d->street_full.p,
				      (size_t)(part[at - 1].p + part[at - 1].n - d->street_full.p)};
	size_t givens = d->givens;
	draft_field(d, RECORD_CITY, town);
	draft_field(d, RECORD_POSTCODE, post);
	draft_field(d, RECORD_REGION, region);
	if (code.n && !d->field[RECORD_COUNTRY].p)
		draft_field(d, RECORD_COUNTRY, code);
	d->givens = givens; /* the value was counted as a street */
}

void parse_address_split(struct draft *d)
{
	if (d->street_full.n)
		split_full(d);
}

void parse_address_finish(struct draft *d)
{
	struct str *field = &d->field[RECORD_STREET];
	if (d->street_kind.n && d->street_name.n) {
		struct str name = d->street_name;
		d->street_name = d->kind_behind ? name : d->street_kind;
		append(d, &d->street_name, " ", d->kind_behind ? d->street_kind : name);
	}
	struct str street = d->street_name.n ? d->street_name : *field;
	/* Both of them: "Hauptstr. 5" beside the name "Hauptstrasse" of a street. */
	if (d->street_name.n && field->n && has_digit(*field) && !d->house_number.n)
		street = *field;
	struct str line = street_and_number(d, street);
	if (field->n && d->street_name.n && !parse_address_has(line, *field) &&
	    !str_eq(street, *field) && !d->house_number.n)
		append(d, &line, ", ", *field);
	append(d, &line, ", ", d->street_more);
	if (!line.n)
		line = d->street_full;
	else if (!street.n && d->street_full.n)
		append(d, &line, ", ", d->street_full);
	*field = line.n ? value_cut(line, record_fields[RECORD_STREET].max_bytes)
			: (struct str){NULL, 0};
}

/* "Boston, MA 02108", "Boston MA 02108-1234". */
static bool put_american(struct draft *d, struct str value)
{
	size_t code = value.n;
	while (code && (ascii_is_digit(value.p[code - 1]) || value.p[code - 1] == '-'))
		code--;
	if (code < 5 || (value.n - code != 5 && value.n - code != 10) || value.p[code - 1] != ' ' ||
	    !ascii_is_upper(value.p[code - 2]) || !ascii_is_upper(value.p[code - 3]) ||
	    (value.p[code - 4] != ' ' && value.p[code - 4] != ','))
		return false;
	struct str city = str_trim((struct str){value.p, code - 4});
	if (city.n && city.p[city.n - 1] == ',')
		city.n--;
	draft_field(d, RECORD_CITY, city);
	draft_field(d, RECORD_REGION, (struct str){value.p + code - 3, 2});
	draft_field(d, RECORD_POSTCODE, (struct str){value.p + code, value.n - code});
	return true;
}

/* "8000 Zürich", "CH-8000 Zürich", "1011 AB Amsterdam": the figures in front are the code. "London
 * SW1A 1AA" is not told apart. */
void parse_address_postcode_city(struct draft *d, struct str value)
{
	struct str rest = str_trim(value), code;
	if (put_american(d, rest))
		return;
	size_t sign = rest.n > 3 && rest.p[1] == '-' ? 2 : 3; /* "D-10115", "CH-8000" */
	if (rest.n > 4 && rest.p[sign - 1] == '-' && ascii_is_letter(rest.p[0]) &&
	    ascii_is_digit(rest.p[sign]))
		rest = (struct str){rest.p + sign, rest.n - sign};
	size_t n = postcode_at(rest);
	code = (struct str){rest.p, n};
	rest = str_trim((struct str){rest.p + n, rest.n - n});
	if (rest.n && rest.p[0] == ',')
		rest = str_trim((struct str){rest.p + 1, rest.n - 1});
	if (n < 3 || n > 10 || !rest.n || ascii_is_digit(rest.p[0])) {
		draft_field(d, RECORD_CITY, value);
		return;
	}
	draft_field(d, RECORD_POSTCODE, code);
	draft_field(d, RECORD_CITY, rest);
}
