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
	struct str number = d->house_number, suffix = d->house_suffix;
	const char *between = " ";
	if (suffix.n && number.n && ascii_is_digit(suffix.p[0]) &&
	    ascii_is_digit(number.p[number.n - 1])) /* "122" would be another house */
		between = str_eq(d->field[RECORD_COUNTRY], STR("NL")) ? "-" : "/";
	else if (suffix.n < 3 && (!suffix.n || ascii_is_alnum(suffix.p[0])))
		between = "";
	append(d, &number, between, suffix);
	if (!number.n || parse_address_has(street, number))
		return street;
	if (!street.n && !has_digit(d->street_full)) {
		street = d->street_full;
		d->street_full = (struct str){NULL, 0};
	}
	if (!street.n)
		return number;
	struct str country = d->field[RECORD_COUNTRY];
	bool order = d->kind_behind || d->number_first;
	bool first = country_number_first(country) || (order && !country.n);
	struct str line = first ? number : street;
	append(d, &line, " ", first ? street : number);
	return line;
}

/* The next part of an address in one line, up to a comma, a slash or a bar. */
static struct str address_part(struct str *rest)
{
	size_t n = 0, skip = 0;
	for (; n < rest->n && !skip; n += !skip) {
		bool alone = n + 2 < rest->n && rest->p[n] == ' ' && rest->p[n + 2] == ' ';
		skip = rest->p[n] == ','                                           ? 1
		       : alone && (rest->p[n + 1] == '/' || rest->p[n + 1] == '|') ? 3
										   : 0;
	}
	struct str part = str_trim((struct str){rest->p, n});
	*rest = skip ? (struct str){rest->p + n + skip, rest->n - n - skip} : (struct str){NULL, 0};
	return part;
}

/* "Hauptstrasse 5, 8000 Zürich, Schweiz" where nothing else tells of an address: its parts, when
 * all of them are understood. */
static void split_full(struct draft *d)
{
	enum { PARTS = 8 };
	struct str part[PARTS], rest = d->street_full;
	struct address_town town;
	size_t n = 0;
	if (d->field[RECORD_CITY].p || d->field[RECORD_POSTCODE].p || d->field[RECORD_STREET].p ||
	    d->street_name.n)
		return;
	while (rest.p && n < PARTS)
		part[n++] = address_part(&rest);
	struct str code = n > 1 ? iso_country(part[n - 1]) : (struct str){"", 0};
	n -= code.n > 0;
	if (rest.p)
		return;
	struct str country = code.n                       ? code
			     : d->field[RECORD_COUNTRY].p ? iso_country(d->field[RECORD_COUNTRY])
			     : d->parser->options->country
				 ? iso_country(str_of(d->parser->options->country))
				 : (struct str){"", 0};
	if (!n || !parse_address_town(part, n, country, &town))
		return;
	d->street_full = town.street;
	size_t givens = d->givens;
	draft_field(d, RECORD_CITY, town.city);
	draft_field(d, RECORD_POSTCODE, town.post);
	draft_field(d, RECORD_REGION, town.region);
	if (code.n && !d->field[RECORD_COUNTRY].p)
		draft_field(d, RECORD_COUNTRY, code);
	d->givens = givens; /* the value was counted as a street */
}

/* "3000 Bern" where only a town is expected. */
static void city_without_code(struct draft *d)
{
	struct str *city = &d->field[RECORD_CITY], *post = &d->field[RECORD_POSTCODE];
	struct address_town town;
	if (!city->n || !ascii_is_digit(city->p[0]) ||
	    !parse_address_town_behind_code(*city, &town) || town.post.n < 4 ||
	    !parse_address_is_town(town.city) || (post->n && !str_eq(*post, town.post)))
		return;
	*city = town.city;
	*post = town.post;
}

/* "Weg 1, 3000 Bern" where code and town are known: without them. */
static struct str street_without_town(const struct draft *d, struct str street)
{
	struct str post = d->field[RECORD_POSTCODE], city = d->field[RECORD_CITY], rest = street;
	if (!post.n || !city.n || !str_ends(rest, city))
		return street;
	rest = str_trim((struct str){rest.p, rest.n - city.n});
	if (!str_ends(rest, post))
		return street;
	rest = str_trim((struct str){rest.p, rest.n - post.n});
	bool apart = rest.n > 1 && rest.p[rest.n - 1] == ',';
	return apart ? str_trim((struct str){rest.p, rest.n - 1}) : street;
}

void parse_address_split(struct draft *d)
{
	struct str *street = &d->field[RECORD_STREET], whole = *street;
	city_without_code(d);
	if (d->street_full.n) {
		split_full(d);
	} else if (whole.n && memchr(whole.p, ',', whole.n) && !d->house_number.n) {
		/* The whole address where a street is expected, and nothing else is known. */
		d->street_full = whole;
		*street = (struct str){NULL, 0};
		split_full(d);
		*street = d->field[RECORD_CITY].p ? d->street_full : whole;
		d->street_full = (struct str){NULL, 0};
	}
}

void parse_address_finish(struct draft *d)
{
	struct str *field = &d->field[RECORD_STREET];
	if (d->street_kind.n && !d->street_name.n &&
	    field->n) { /* "via" is a word for an address, too */
		d->street_name = *field;
		*field = (struct str){NULL, 0};
	}
	if (d->street_direction.n && d->street_name.n) {
		struct str name = d->street_direction;
		append(d, &name, " ", d->street_name);
		d->street_name = name;
	}
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
	line = street_without_town(d, line);
	*field = line.n ? value_cut(line, record_fields[RECORD_STREET].max_bytes)
			: (struct str){NULL, 0};
}

void parse_address_postcode_city(struct draft *d, struct str value)
{
	struct address_town town;
	value = str_trim(value);
	if (!(parse_address_town_before_code(value, &town) && town.city.n) &&
	    !parse_address_town_behind_code(value, &town))
		town = (struct address_town){.city = value};
	draft_field(d, RECORD_POSTCODE, town.post);
	draft_field(d, RECORD_CITY, town.city);
	draft_field(d, RECORD_REGION, town.region);
	if (!d->column_country.n && town.country.n)
		d->column_country = town.country;
}
