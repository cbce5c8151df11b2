/* Towns with their postal codes, as the countries write them. */
#include "base/ascii.h"
#include "directory/iso/iso.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"
#include "directory/towns/towns.h"

#include <string.h>

static bool has_digit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_is_digit(s.p[i]))
			return true;
	return false;
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

/* A postal code of letters and figures in two words: of Britain, Canada, Ireland. */
static bool is_letter_code(struct str s)
{
	static const char *const shapes[] = {"A9 9AA",  "A99 9AA",  "AA9 9AA", "AA99 9AA",
					     "A9A 9AA", "AA9A 9AA", "A9A 9A9"};
	enum { SHORTEST = 6, LONGEST = 8 };
	char shape[LONGEST] = "";
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
bool parse_address_town_before_code(struct str s, struct address_town *out)
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

/* The country of the sign in front of a postal code: of vehicles, or its two letters. */
static struct str country_of_sign(struct str sign)
{
	static const char *const signs[][2] = {{"D", "DE"}, {"A", "AT"}, {"F", "FR"}, {"I", "IT"},
					       {"B", "BE"}, {"L", "LU"}, {"E", "ES"}, {"S", "SE"},
					       {"P", "PT"}, {"H", "HU"}, {"N", "NO"}};
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (str_eq_nocase(sign, str_of(signs[i][0])))
			return str_of(signs[i][1]);
	return sign.n == 2 ? iso_country(sign) : STR("");
}

/* "8000 Zürich", "CH-8000 Zürich", "1011 AB Amsterdam", "SW1A 2AA London". */
bool parse_address_town_behind_code(struct str s, struct address_town *out)
{
	*out = (struct address_town){0};
	size_t sign = s.n > 3 && s.p[1] == '-' ? 2 : 3; /* "D-10115", "CH-8000" */
	if (s.n > 4 && s.p[sign - 1] == '-' && ascii_is_letter(s.p[0]) &&
	    ascii_is_digit(s.p[sign])) {
		out->country = country_of_sign((struct str){s.p, sign - 1});
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
bool parse_address_is_town(struct str s)
{
	static const char *const marks[] = {" CEDEX", " Cedex", " cedex"};
	static const char *const roads[] = {" street",  " road",  " avenue", " ave",    " st",
					    " rd",      " blvd",  " drive",  " dr",     " lane",
					    " highway", " court", " square", " parkway"};
	for (size_t i = 0; i < COUNT_OF(roads); i++) {
		size_t n = strlen(roads[i]);
		if (s.n > n && str_eq_nocase((struct str){s.p + s.n - n, n}, str_of(roads[i])))
			return false; /* "12345 Main Street" */
	}
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (memmem(s.p, s.n, marks[i], strlen(marks[i])))
			return true;
	if (str_starts(s, STR("Dublin ")) && s.n < 10 && ascii_is_digit(s.p[7]))
		return true; /* its districts have numbers */
	return s.n && !has_digit(s);
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
	return parse_address_town_behind_code(code, &town) && town.post.n > 3 && town.city.n > 3
		   ? town.post
		   : code;
}

/* ---- addresses of a country that is known ---- */

enum {
	FRONT = 1,    /* "8001 Zürich" */
	BEHIND = 2,   /* "Seoul 06133" */
	DISTRICT = 4, /* towns have numbers of districts: "Praha 1" */
};

/* Where postal codes stand, and their shapes: 9 is a figure. Countries that are not in the table
 * are read as the parts alone can be. */
static const struct code_place {
	const char code[3];
	unsigned places;
	const char *shapes;
} code_places[] = {
    {"AT", FRONT, "9999"},
    {"BE", FRONT, "9999"},
    {"BG", FRONT, "9999"},
    {"BR", FRONT | BEHIND, "99999-999|99999999"},
    {"CH", FRONT, "9999"},
    {"CN", BEHIND, "999999"},
    {"CZ", FRONT | BEHIND | DISTRICT, "999 99|99999"},
    {"DE", FRONT, "99999"},
    {"DK", FRONT, "9999"},
    {"ES", FRONT, "99999"},
    {"FI", FRONT, "99999"},
    {"FR", FRONT, "99999"},
    {"GR", FRONT | BEHIND, "999 99|99999"},
    {"HR", FRONT, "99999"},
    {"HU", FRONT, "9999"},
    {"ID", BEHIND, "99999"},
    {"IN", BEHIND, "999999|999 999"},
    {"IT", FRONT, "99999"},
    {"JP", BEHIND, "999-9999"},
    {"KR", BEHIND, "99999|999-999"},
    {"LI", FRONT, "9999"},
    {"LU", FRONT, "9999"},
    {"MX", FRONT, "99999"},
    {"MY", FRONT, "99999"},
    {"NO", FRONT, "9999"},
    {"PL", FRONT, "99-999"},
    {"PT", FRONT, "9999-999"},
    {"RO", FRONT | BEHIND | DISTRICT, "999999"},
    {"RS", FRONT, "99999"},
    {"SE", FRONT, "999 99|99999"},
    {"SG", BEHIND, "999999"},
    {"SI", FRONT, "9999"},
    {"SK", FRONT | BEHIND | DISTRICT, "999 99|99999"},
    {"TH", BEHIND, "99999"},
    {"TR", FRONT | BEHIND, "99999"},
};

static const struct code_place *code_place_of(struct str country)
{
	for (size_t i = 0; i < COUNT_OF(code_places); i++)
		if (str_eq(country, str_of(code_places[i].code)))
			return &code_places[i];
	return NULL;
}

static bool shape_fits(struct str s, struct str shape)
{
	for (size_t i = 0; i < s.n && i < shape.n; i++)
		if (shape.p[i] == '9' ? !ascii_is_digit(s.p[i]) : s.p[i] != shape.p[i])
			return false;
	return s.n == shape.n;
}

/* The bytes of a code at the start or at the end of s, as words of their own; 0: none. */
static size_t code_at(const struct code_place *c, struct str s, bool end)
{
	struct str shapes = str_of(c->shapes);
	while (shapes.p) {
		struct str shape = str_cut(&shapes, '|');
		if (shape.n > s.n)
			continue;
		struct str code = {end ? s.p + s.n - shape.n : s.p, shape.n};
		bool bounded = s.n == shape.n ||
			       (end ? strchr(" -", code.p[-1]) != NULL : code.p[shape.n] == ' ');
		if (bounded && shape_fits(code, shape))
			return shape.n;
	}
	return 0;
}

/* "CEP 01310-200", "〒150-0001": without the sign that a code follows. */
static struct str code_without_label(struct str s)
{
	static const char *const labels[] = {"CEP ", "CEP: ", "C.P. ", "CP ", "PSČ ",
					     "PIN ", "Pin: ", "〒 ",   "〒"};
	for (size_t i = 0; i < COUNT_OF(labels); i++)
		if (str_starts(s, str_of(labels[i])))
			return str_from(s, strlen(labels[i]));
	return s;
}

static bool is_region(struct str country, struct str s)
{
	struct str of;
	if (str_ends(s, STR("."))) /* "Jal." */
		s.n--;
	return s.n > 1 && !has_digit(s) && iso_part(country, s, &of).n > 0;
}

/* "São Paulo - SP", "Kadıköy/İstanbul", "Madrid (Madrid)": town and region. */
static void cut_region(struct str country, struct address_town *town)
{
	static const char *const between[] = {" - ", "/", " ("};
	for (size_t i = 0; i < COUNT_OF(between); i++) {
		struct str city = town->city, sign = str_of(between[i]);
		const char *at = memmem(city.p, city.n, sign.p, sign.n);
		if (!at)
			continue;
		struct str region = str_from(city, (size_t)(at - city.p) + sign.n);
		bool bracket = sign.p[1] == '(';
		if (bracket && region.n && region.p[region.n - 1] == ')')
			region.n--;
		if (!is_region(country, region))
			continue;
		town->city = str_trim((struct str){city.p, (size_t)(at - city.p)});
		town->region = region;
		return;
	}
}

/* Figures of a town are numbers of its districts: words of one or two behind its name. */
static bool is_town_of(const struct code_place *c, struct str s)
{
	if (!has_digit(s) || !(c->places & DISTRICT))
		return parse_address_is_town(s) && s.n && !strchr("-/(", s.p[s.n - 1]);
	for (size_t i = 0, n; i < s.n; i += n ? n : 1) {
		n = figures_at((struct str){s.p + i, s.n - i});
		if (n && (n > 2 || !i || s.p[i - 1] != ' ' || (i + n < s.n && s.p[i + n] != ' ')))
			return false;
	}
	return true;
}

/* Towns that are a state or a province by themselves. */
static bool is_town_and_region(struct str country, struct str s)
{
	static const char *const names[] = {"Bangkok",   "Beijing",  "Busan",   "Chandigarh",
					    "Chongqing", "Delhi",    "Jakarta", "New Delhi",
					    "Seoul",     "Shanghai", "Tianjin", "Tokyo"};
	struct towns_place place;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq_nocase(s, str_of(names[i])))
			return true;
	return towns_find(country, s, &place);
}

static struct str parts_joined(const struct str *part, size_t n)
{
	if (!n)
		return (struct str){"", 0};
	return (struct str){part[0].p, (size_t)(part[n - 1].p + part[n - 1].n - part[0].p)};
}

/* "Hauptstraße 5 10115 Berlin", without a comma. */
static bool town_in_one_part(const struct code_place *c, struct str s, struct address_town *out)
{
	for (size_t i = s.n; i > 1; i--) {
		struct str rest = str_from(s, i), street = {s.p, i - 1};
		size_t n = s.p[i - 1] == ' ' ? code_at(c, rest, false) : 0;
		if (!n || n == rest.n || has_digit(str_from(rest, n)) ||
		    (n < 5 && !has_digit(street)))
			continue;
		*out = (struct address_town){.post = {rest.p, n},
					     .city = str_trim(str_from(rest, n)),
					     .street = str_trim(street)};
		return true;
	}
	return false;
}

/* The last of the parts that are left has the code, or is one behind the part with the town. */
static bool town_with_code(const struct code_place *c, const struct str *part, size_t *last,
			   struct address_town *out)
{
	struct str s = code_without_label(part[*last]);
	size_t n = code_at(c, s, false);
	if (n && n == s.n) {
		if (*last < 2 || !has_digit(parts_joined(part, *last - 1)))
			return false;
		out->post = s;
		out->city = part[--*last];
		return true;
	}
	if (n && c->places & FRONT) {
		out->post = (struct str){s.p, n};
		out->city = str_trim(str_from(s, n));
		return true;
	}
	n = c->places & BEHIND ? code_at(c, s, true) : 0;
	if (!n)
		return false;
	out->post = (struct str){s.p + s.n - n, n};
	out->city = str_trim((struct str){s.p, s.n - n});
	if (str_ends(out->city, STR(" -")))
		out->city.n -= 2;
	return true;
}

static bool town_of_country(const struct code_place *c, const struct str *part, size_t n,
			    struct address_town *out)
{
	struct str country = str_of(c->code);
	size_t last = n - 1;
	*out = (struct address_town){.proven = true};
	if (n == 1 && c->places & FRONT && town_in_one_part(c, part[0], out))
		return is_town_of(c, out->city);
	if (n > 2 && is_region(country, part[last]))
		out->region = part[last--];
	if (str_ends(out->region, STR(".")))
		out->region.n--;
	if (!town_with_code(c, part, &last, out))
		return false;
	if (!out->region.n)
		cut_region(country, out);
	if (!out->region.n && str_eq(country, STR("IT")))
		town_without_province(out);
	/* "Bengaluru, Karnataka 560001": the name of a state that is none of a town. */
	if (!out->region.n && last && c->places == BEHIND && is_region(country, out->city) &&
	    !is_town_and_region(country, out->city) && !has_digit(part[last - 1])) {
		out->region = out->city;
		out->city = part[--last];
	}
	out->street = parts_joined(part, last);
	return is_town_of(c, out->city);
}

/* "〒150-0001 東京都渋谷区神宮前1-2-3": the code in front of the rest. */
static bool town_of_japan(struct str s, struct address_town *out)
{
	enum { CODE = 8 };
	struct str code = code_without_label(s);
	if (code.p == s.p || code.n <= CODE ||
	    !shape_fits((struct str){code.p, CODE}, STR("999-9999")))
		return false;
	*out = (struct address_town){.proven = true, .post = {code.p, CODE}};
	out->street = str_trim(str_from(code, CODE));
	return true;
}

struct str parse_address_country_of(struct str code)
{
	static const struct {
		const char *shape, *country;
	} shapes[] = {{"A9A 9A9", "CA"},  {"9999 AA", "NL"},   {"99-999", "PL"},
		      {"9999-999", "PT"}, {"99999-999", "BR"}, {"999-9999", "JP"}};
	char shape[12];
	size_t n = 0;
	for (; n < code.n && n < sizeof(shape); n++)
		shape[n] = ascii_is_upper(code.p[n])   ? 'A'
			   : ascii_is_digit(code.p[n]) ? '9'
						       : code.p[n];
	for (size_t i = 0; n == code.n && i < COUNT_OF(shapes); i++)
		if (str_eq((struct str){shape, n}, str_of(shapes[i].shape)))
			return str_of(shapes[i].country);
	if (!is_letter_code(code))
		return STR("");
	struct str area = {code.p, 2};
	bool island = str_eq(area, STR("JE")) || str_eq(area, STR("IM"));
	return str_eq(area, STR("GY"))                        ? STR("GG")
	       : island                                       ? area
	       : code.n == 8 && memcmp(shape, "A99 ", 4) == 0 ? STR("IE")
							      : STR("GB");
}

bool parse_address_town(const struct str *part, size_t n, struct str country,
			struct address_town *out)
{
	const struct code_place *c = code_place_of(country);
	const bool code_first =
	    country.n && !country_number_first(country) && !(c && c->places == BEHIND);
	size_t at = n - 1;
	if (n == 1 && (!country.n || str_eq(country, STR("JP"))) && town_of_japan(part[0], out))
		return true;
	if (c && town_of_country(c, part, n, out))
		return true;
	if (parse_address_town_before_code(part[at], out) && (out->city.n || n > 2)) {
		out->city = out->city.n ? out->city : part[--at];
	} else if (parse_address_town_behind_code(part[at], out) && out->post.n >= 4 &&
		   (out->proven || code_first || (at && !country.n) ||
		    (at && c && c->places & FRONT))) {
	} else if (n == 2 && parse_address_town_behind_code(part[0], out) && out->post.n >= 4 &&
		   (out->proven || code_first)) {
		out->street = part[1]; /* "1011 Budapest, Fő utca 5" */
		return parse_address_is_town(out->city);
	} else {
		return false;
	}
	out->street = parts_joined(part, at);
	return parse_address_is_town(out->city);
}
