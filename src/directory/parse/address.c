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
	bool blank = rest.n > 3 && rest.p[0] == ' ';
	struct str letters = {rest.p + blank, rest.n - blank};
	bool dutch = n == 4 && letters.n > 2 && ascii_is_upper(letters.p[0]) &&
		     ascii_is_upper(letters.p[1]) && letters.p[2] == ' ';
	return dutch ? n + blank + 2 : n;
}

/* A town with its postal code. */
struct address_town {
	struct str city, post, region;
	bool proven; /* else "1234 Main Street" is written so, too */
};

/* A postal code of letters and figures in two words: of Britain, Canada, Ireland. */
static bool is_letter_code(struct str s)
{
	static const char *const shapes[] = {"A9 9AA",  "A99 9AA",  "AA9 9AA", "AA99 9AA",
					     "A9A 9AA", "AA9A 9AA", "A9A 9A9"};
	enum { SHORTEST = 6, LONGEST = 8 };
	char shape[LONGEST];
	if (s.n < SHORTEST || s.n > LONGEST)
		return false;
	for (size_t i = 0; i < s.n; i++)
		shape[i] = ascii_is_upper(s.p[i])   ? 'A'
			   : ascii_is_digit(s.p[i]) ? '9'
			   : s.p[i] == ' '          ? ' '
						    : '?';
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		if (str_eq((struct str){shape, s.n}, str_of(shapes[i])))
			return true;
	bool irish = s.n == 8 && memcmp(shape, "A99 A", 5) == 0; /* "D02 X285" */
	return irish && has_digit((struct str){s.p + 4, 4});
}

/* The last word of *s, which is cut off with what divides them. */
static struct str address_last_word(struct str *s)
{
	size_t n = s->n;
	while (n && s->p[n - 1] != ' ' && s->p[n - 1] != ',')
		n--;
	struct str word = {s->p + n, s->n - n};
	while (n && (s->p[n - 1] == ' ' || s->p[n - 1] == ','))
		n--;
	s->n = n;
	return word;
}

static bool is_state(struct str s, size_t figures)
{
	static const char *const australian[] = {"NSW", "VIC", "QLD", "SA",
						 "WA",  "TAS", "NT",  "ACT"};
	if (figures == 5)
		return s.n == 2 && ascii_is_upper(s.p[0]) && ascii_is_upper(s.p[1]);
	for (size_t i = 0; i < COUNT_OF(australian); i++)
		if (str_eq(s, str_of(australian[i])))
			return true;
	return false;
}

/* "London SW1A 2AA", "Toronto ON M5X 1A9", "Boston, MA 02108-1234", "Sydney NSW 2000"; also without
 * the town. */
static bool town_before_code(struct str s, struct address_town *out)
{
	struct str rest = s, code = address_last_word(&rest), more = rest,
		   before = address_last_word(&more);
	struct str both = {before.p, (size_t)(code.p + code.n - before.p)};
	*out = (struct address_town){.proven = true};
	if (is_letter_code(both)) {
		out->post = both;
		out->city = more;
		struct str state = address_last_word(&more);
		if (is_state(state, 5) && ascii_is_digit(both.p[both.n - 1])) {
			out->region = state;
			out->city = more;
		}
		return true;
	}
	size_t figures = figures_at(code);
	bool zip = figures == 5 && (code.n == 5 || (code.n == 10 && code.p[5] == '-'));
	if (!(zip || (figures == 4 && code.n == 4)) || !is_state(before, figures))
		return false;
	out->post = code;
	out->region = before;
	out->city = more;
	return true;
}

/* "Roma RM", "Roma (RM)": the province behind a town of Italy. */
static void town_without_province(struct address_town *town)
{
	struct str rest = town->city, last = address_last_word(&rest);
	if (last.n == 4 && last.p[0] == '(' && last.p[3] == ')')
		last = (struct str){last.p + 1, 2};
	if (!rest.n || town->post.n != 5 || !is_state(last, 5))
		return;
	town->city = rest;
	town->region = last;
}

/* "8000 Zürich", "CH-8000 Zürich", "1011 AB Amsterdam", "SW1A 2AA London". */
static bool town_behind_code(struct str s, struct address_town *out)
{
	*out = (struct address_town){0};
	size_t sign = s.n > 3 && s.p[1] == '-' ? 2 : 3; /* "D-10115", "CH-8000" */
	if (s.n > 4 && s.p[sign - 1] == '-' && ascii_is_letter(s.p[0]) &&
	    ascii_is_digit(s.p[sign])) {
		s = (struct str){s.p + sign, s.n - sign};
		out->proven = true;
	}
	size_t n = postcode_at(s), words = 0;
	for (size_t i = 0; !n && i < s.n; i++) {
		words += s.p[i] == ' ';
		if (words == 2 && is_letter_code((struct str){s.p, i}))
			n = i;
	}
	out->proven |= n && !ascii_is_digit(s.p[0]);
	out->post = (struct str){s.p, n};
	out->city = str_trim((struct str){s.p + n, s.n - n});
	if (out->city.n && out->city.p[0] == ',')
		out->city = str_trim((struct str){out->city.p + 1, out->city.n - 1});
	if (n < 3 || n > 10 || !out->city.n || (s.p[n] != ' ' && s.p[n] != ',') ||
	    ascii_is_digit(out->city.p[0]))
		return false;
	town_without_province(out);
	return true;
}

/* "Paris CEDEX 01" is a town, "Main Street 5" is none. */
static bool is_town(struct str s)
{
	static const char *const marks[] = {" CEDEX", " Cedex", " cedex"};
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (memmem(s.p, s.n, marks[i], strlen(marks[i])))
			return true;
	return s.n && !has_digit(s);
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
	struct str part[PARTS], rest = d->street_full, street = d->street_full;
	struct address_town town;
	size_t n = 0, at;
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
	/* Where the number of the house stands behind the street, figures in front are a code. */
	bool code_first = country.n && !country_number_first(country);
	at = n - 1;
	if (town_before_code(part[at], &town) && (town.city.n || n > 2)) {
		town.city = town.city.n ? town.city : part[--at];
	} else if (town_behind_code(part[at], &town) && town.post.n >= 4 &&
		   (at || town.proven || code_first)) {
	} else if (n == 2 && town_behind_code(part[0], &town) && town.post.n >= 4 &&
		   (town.proven || code_first)) {
		at = 0; /* "1011 Budapest, Fő utca 5" */
		street = part[1];
	} else {
		return;
	}
	if (!is_town(town.city))
		return;
	if (street.p == d->street_full.p)
		street.n = at ? (size_t)(part[at - 1].p + part[at - 1].n - street.p) : 0;
	d->street_full = street;
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
	if (!city->n || !ascii_is_digit(city->p[0]) || !town_behind_code(*city, &town) ||
	    town.post.n < 4 || !is_town(town.city) || (post->n && !str_eq(*post, town.post)))
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
	city_without_code(d);
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
	line = street_without_town(d, line);
	*field = line.n ? value_cut(line, record_fields[RECORD_STREET].max_bytes)
			: (struct str){NULL, 0};
}

struct str parse_address_code(struct str code)
{
	struct address_town town;
	/* "1234 AB" and "114 55" are codes of two words. */
	if (postcode_at(code) == code.n || is_letter_code(code))
		return code;
	if (code.n > 5 && code.n < 9 && code.p[2] == ' ' &&
	    iso_country((struct str){code.p, 2}).n &&
	    figures_at((struct str){code.p + 3, code.n - 3}) == code.n - 3)
		return (struct str){code.p + 3, code.n - 3};
	return town_behind_code(code, &town) && town.post.n > 3 && town.city.n > 3 ? town.post
										   : code;
}

void parse_address_postcode_city(struct draft *d, struct str value)
{
	struct address_town town;
	value = str_trim(value);
	if (!(town_before_code(value, &town) && town.city.n) && !town_behind_code(value, &town))
		town = (struct address_town){.city = value};
	draft_field(d, RECORD_POSTCODE, town.post);
	draft_field(d, RECORD_CITY, town.city);
	draft_field(d, RECORD_REGION, town.region);
}
