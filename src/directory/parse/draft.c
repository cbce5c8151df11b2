/* A record under construction: taking values as files write them, accounting for each, and making
 * of them what the record's table allows. */
#include "base/ascii.h"
#include "base/utf8.h"
#include "directory/borders/borders.h"
#include "directory/iso/iso.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"
#include "directory/towns/towns.h"
#include "hours/hours.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Part of an address; several of a kind follow one another. */
static void street_part(struct draft *d, struct str *part, struct str raw)
{
	struct given *g = draft_given(d, RECORD_STREET, raw);
	struct str value = draft_text(d, RECORD_STREET, g, raw);
	if (!value.p)
		return;
	if (!part->n)
		*part = value_cut(value, record_fields[RECORD_STREET].max_bytes);
	else if (!str_eq(*part, value)) {
		char *p = arena_printf(&d->arena, "%.*s, %.*s", STR_ARG(*part), STR_ARG(value));
		*part = p ? str_of(p) : *part;
	}
}

/* {"Monday": "8:0-17:30"} in a column of a table. */
static bool put_hours_object(struct draft *d, struct str value)
{
	const struct json_value *v = draft_json(d, value);
	if (v)
		parse_hours_value(&d->hours, v);
	return v != NULL;
}

static void draft_put_hours(struct draft *d, struct str raw)
{
	struct given *g = draft_given(d, RECORD_HOURS, raw);
	struct str value = guess_mended(d->parser, &d->arena, d->line, value_unwrapped(raw));
	const char *why = draft_refused(RECORD_HOURS, value);
	if (why) {
		draft_dropped(g, why);
		return;
	}
	if (put_hours_object(d, value))
		return;
	d->hours_text = parse_hours_given(&d->hours) ? (struct str){NULL, 0} : value;
	parse_hours_text(&d->hours, value);
}

static bool has_figure(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_is_digit(s.p[i]))
			return true;
	return false;
}

static void put_hours_days(struct draft *d, unsigned days, struct str raw)
{
	struct given *g = draft_given(d, RECORD_HOURS, raw);
	if (draft_refused(RECORD_HOURS, raw)) {
		draft_dropped(g, "stands for no value");
		return;
	}
	if (!(days & (days - 1)) && days < 1u << PARSE_HOURS_HOLIDAY) {
		parse_hours_day(&d->hours, __builtin_ctz(days), raw);
		return;
	}
	struct buf name;
	buf_init(&name, 64);
	for (int day = 0; day < PARSE_HOURS_DAYS; day++) {
		if (!(days >> day & 1))
			continue;
		buf_puts(&name, name.n ? "," : "");
		parse_hours_day_write(day, &name);
	}
	parse_hours_of_days(&d->hours, days, buf_view(&name), raw);
	buf_release(&name);
}

/* The end of the hours of a day, whose begin came first. What has no figures is no time: "closed"
 * stands in either of the two. */
static void put_hours_end(struct draft *d, int day, struct str end)
{
	struct given *g = draft_given(d, RECORD_HOURS, end);
	struct str begin = d->opens[day];
	d->opens[day] = (struct str){NULL, 0};
	if (draft_refused(RECORD_HOURS, end)) {
		draft_dropped(g, "stands for no value");
	} else if (!begin.n || !has_figure(end) || !has_figure(begin)) {
		parse_hours_day(&d->hours, day, begin.n ? begin : end);
		if (begin.n && !str_eq_nocase(begin, end))
			parse_hours_day(&d->hours, day, end);
	} else {
		char *span = arena_printf(&d->arena, "%.*s-%.*s", STR_ARG(begin), STR_ARG(end));
		parse_hours_day(&d->hours, day, span ? str_of(span) : begin);
	}
}

static void put_hours_begin(struct draft *d, int day, struct str begin)
{
	struct given *g = draft_given(d, RECORD_HOURS, begin);
	if (draft_refused(RECORD_HOURS, begin))
		draft_dropped(g, "stands for no value");
	else
		d->opens[day] = str_trim(begin);
}

static void put_person(struct draft *d, const char *as, struct str value)
{
	if (as && strcmp(as, "contact") == 0)
		as = "member";
	if (as && d->parser->options->representatives && !value_is_none(RECORD_NAME, value))
		draft_extra(d, as, value);
	else
		draft_dropped(draft_given(d, TALLY_PERSON, value), "named persons are left out");
}

/* {"type":"Point","coordinates":[8.5,47.4]} in a column. */
static bool geometry_two(struct draft *d, struct str value, struct str *lat, struct str *lon)
{
	struct json_value *v;
	struct err ignored;
	if (!value.n || value.p[0] != '{' || json_parse(&d->arena, value, &v, &ignored) != OK)
		return false;
	const struct json_value *place = json_get(v, "coordinates");
	if (!place || place->kind != JSON_IS_ARRAY || !place->first || !place->first->next)
		return false;
	*lon = json_text(place->first);
	*lat = json_text(place->first->next);
	return lon->n && lat->n;
}

/* "45 Elm St\nBoston, MA\n(42.3601, -71.0589)", as open data portals write places: the coordinates
 * in brackets at the end are cut off; what is before them is a whole address. */
static bool put_place_and_address(struct draft *d, struct str raw)
{
	struct str lat, lon, value = str_trim(raw);
	size_t open = value.n;
	if (!value.n || value.p[value.n - 1] != ')')
		return false;
	while (open && value.p[open - 1] != '(')
		open--;
	if (open < 2 || !value_two((struct str){value.p + open, value.n - open - 1}, &lat, &lon))
		return false;
	struct str town = str_trim((struct str){value.p, open - 1});
	struct str street = str_trim(str_cut(&town, '\n'));
	town = str_trim(town);
	draft_field(d, RECORD_LAT, lat);
	draft_field(d, RECORD_LON, lon);
	size_t comma = town.n;
	while (comma && town.p[comma - 1] != ',')
		comma--;
	struct str state = str_trim(str_from(town, comma));
	if (!town.n) {
		street_part(d, &d->street_full, street);
		return true;
	}
	draft_field(d, RECORD_STREET, street);
	if (comma && !has_figure(state)) { /* "Boston, MA" */
		draft_field(d, RECORD_CITY, (struct str){town.p, comma - 1});
		draft_field(d, RECORD_REGION, state);
	} else {
		parse_address_postcode_city(d, town);
	}
	return true;
}

/* east_first: the column says so; WKT and GeoJSON have their own order. */
static void draft_put_place(struct draft *d, struct str raw, bool east_first)
{
	struct str lat, lon, value = value_unwrapped(raw);
	bool geometry = geometry_two(d, value, &lat, &lon);
	if (geometry || value_two(value, &lat, &lon)) {
		bool swap = east_first && !geometry && !ascii_is_letter(value.p[0]);
		draft_field(d, RECORD_LAT, swap ? lon : lat);
		draft_field(d, RECORD_LON, swap ? lat : lon);
	} else if (!put_place_and_address(d, raw)) {
		draft_dropped(draft_given(d, RECORD_LAT, raw), "not two coordinates");
	}
}

/* "1007", "12-14", "5a": of a column that has names of buildings elsewhere. */
static bool value_is_house_number(struct str s)
{
	s = str_trim(s);
	bool number = s.n > 0 && s.n < 8 && ascii_is_digit(s.p[0]);
	for (size_t i = 1; i < s.n && number; i++)
		number = ascii_is_alnum(s.p[i]) || s.p[i] == '-' || s.p[i] == '/';
	return number;
}

/* "03643" of "03643 12345". */
static void put_phone_area(struct draft *d, struct str raw)
{
	struct given *g = draft_given(d, RECORD_PHONE, raw);
	struct str area = str_trim(raw);
	size_t figures = 0;
	for (size_t i = 0; i < area.n; i++)
		figures += ascii_is_digit(area.p[i]);
	if (draft_refused(RECORD_PHONE, raw) || figures == 0 || figures > 6)
		draft_dropped(g, "not an area code");
	else if (!d->phone_area.n)
		d->phone_area = area;
}

/* A list in one value: "A; B", "A | B". Web addresses may have a semicolon inside. */
static void draft_put_field(struct draft *d, enum record_field field, struct str value)
{
	bool urls = field == RECORD_SAME_AS;
	if (record_fields[field].kind != RECORD_LIST) {
		draft_field(d, field, value);
		return;
	}
	while (value.n) {
		size_t n = 0;
		for (; n < value.n; n++) {
			struct str rest = str_trim((struct str){value.p + n + 1, value.n - n - 1});
			if ((value.p[n] == ';' || value.p[n] == '|') &&
			    (!urls || str_starts(rest, STR("http"))))
				break;
		}
		draft_field(d, field, (struct str){value.p, n});
		value = n < value.n ? (struct str){value.p + n + 1, value.n - n - 1}
				    : (struct str){NULL, 0};
	}
}

void draft_put(struct draft *d, const struct binding *b, struct str value)
{
	if (!b || str_trim(value).n == 0)
		return;
	switch (b->target) {
	case TARGET_FIELD:
		if (b->field == RECORD_REGION && closing_is_word(value)) {
			closing_put(d, "word", value);
			break;
		}
		draft_put_field(d, b->field, value);
		break;
	case TARGET_NONE:
		break;
	case TARGET_LEGAL_NAME:
		d->legal_name = value;
		break;
	case TARGET_STREET_NAME:
		if (!b->detail && d->in_table && d->street_name.n) { /* in another language */
			draft_dropped(draft_given(d, RECORD_STREET, value),
				      "another value of the field came first");
			break;
		}
		if (b->detail && strcmp(b->detail, "direction") == 0) {
			street_part(d, &d->street_direction, value);
			break;
		}
		street_part(d, b->detail ? &d->street_kind : &d->street_name, value);
		d->kind_behind |= b->detail && strcmp(b->detail, "kind behind") == 0;
		break;
	case TARGET_HOUSE_NUMBER:
	case TARGET_NUMBER:
		street_part(d, b->detail ? &d->house_suffix : &d->house_number, value);
		break;
	case TARGET_STREET_MORE:
		if (strcmp(b->name, "building") == 0 && !d->house_number.n &&
		    value_is_house_number(value)) {
			street_part(d, &d->house_number, value);
			d->number_first = true;
			break;
		}
		street_part(d, &d->street_more, value);
		break;
	case TARGET_STREET_FULL:
		street_part(d, &d->street_full, value);
		break;
	case TARGET_POSTCODE_CITY:
		parse_address_postcode_city(d, value);
		break;
	case TARGET_CATEGORY_OSM:
	case TARGET_CATEGORY_OVERTURE:
	case TARGET_CATEGORY_GOOGLE:
	case TARGET_CATEGORY_SCHEMA:
	case TARGET_CATEGORY_ANY:
		category_put(d, b->target, value);
		break;
	case TARGET_PLACE:
		draft_put_place(d, value, b->detail != NULL);
		break;
	case TARGET_PHONE_AREA:
		put_phone_area(d, value);
		break;
	case TARGET_PHONE_MORE:
		draft_phone_more(d, draft_given(d, RECORD_PHONE, value), str_trim(value));
		break;
	case TARGET_HOURS:
		draft_put_hours(d, value);
		break;
	case TARGET_HOURS_DAY:
		put_hours_days(d, 1u << (b->detail[0] - '0'), value);
		break;
	case TARGET_HOURS_DAYS:
		put_hours_days(d, (unsigned char)b->detail[0], value);
		break;
	case TARGET_HOURS_FROM:
		put_hours_begin(d, b->detail[0] - '0', value);
		break;
	case TARGET_HOURS_TO:
		put_hours_end(d, b->detail[0] - '0', value);
		break;
	case TARGET_CLOSED:
		closing_put(d, b->detail, value);
		break;
	case TARGET_EXTRA:
		draft_extra(d, b->detail, value);
		break;
	case TARGET_EMAIL:
		draft_dropped(draft_given(d, TALLY_EMAIL, value), "contact data");
		break;
	case TARGET_PERSON:
		put_person(d, b->detail, value);
		break;
	}
}

/* ---- finishing ---- */

static bool draft_degrees(const struct draft *d, double *lat, double *lon)
{
	char axis;
	return d->field[RECORD_LAT].p && d->field[RECORD_LON].p &&
	       value_degrees(d->field[RECORD_LAT], lat, &axis) &&
	       value_degrees(d->field[RECORD_LON], lon, &axis) && fabs(*lat) <= 90 &&
	       fabs(*lon) <= 180;
}

static bool draft_region_fits(void *ctx, struct str country, struct str region)
{
	const struct draft *d = ctx;
	struct str of, given = iso_part(country, d->field[RECORD_REGION], &of);
	return given.n && str_eq(given, iso_part(country, region, &of));
}

/* The country of a record that names none, or one that is not known: of the code of its region
 * ("US-IL"), the default, where it lies, the one whose files have such columns ("SIRET"), or the
 * one that has a town of its name in a region of its region's name ("San Francisco", "CA"). The
 * default is for records that do not say. */
static struct str country_of_others(struct draft *d)
{
	struct str of;
	double lat, lon;
	if (iso_part((struct str){"", 0}, d->field[RECORD_REGION], &of).n)
		return of;
	d->country_given = d->parser->options->country && !d->field[RECORD_COUNTRY].p;
	if (d->country_given)
		return iso_country(str_of(d->parser->options->country));
	const char *by = "countries found by coordinates";
	struct str city = d->field[RECORD_CITY], region = d->field[RECORD_REGION];
	if (draft_degrees(d, &lat, &lon)) {
		of = borders_country(lat, lon);
	} else if (d->column_country.n) {
		by = "countries found by columns";
		of = d->column_country;
	} else if (parse_address_country_of(d->field[RECORD_POSTCODE]).n) {
		by = "countries found by postal codes";
		of = parse_address_country_of(d->field[RECORD_POSTCODE]);
	} else if (region.n) {
		by = "countries found by town and region";
		of = towns_country(city, draft_region_fits, d);
		of = of.n ? of : country_of_capital(city, region);
	} else {
		return STR("");
	}
	if (of.n)
		parser_count(d->parser, by, of);
	return of;
}

static void finish_country(struct draft *d)
{
	struct str *country = &d->field[RECORD_COUNTRY];
	struct str code = iso_country(*country);
	d->country_said = code.n > 0;
	if (country->p && !code.n)
		d->dropped[RECORD_COUNTRY] = "not a country that is known";
	if (!code.n)
		code = country_of_others(d);
	*country = code.n ? code : (struct str){NULL, 0};
	if (!d->field[RECORD_TIMEZONE].p && code.n) {
		const char *zone = country_timezone(code);
		if (zone)
			d->field[RECORD_TIMEZONE] = str_of(zone);
	}
}

/* "AT-7", "Tyrol", "Land Tirol" are one region. */
static void finish_region(struct draft *d)
{
	struct str of, name = iso_part(d->field[RECORD_COUNTRY], d->field[RECORD_REGION], &of);
	if (name.n)
		d->field[RECORD_REGION] = name;
}

/* Whether the middle of a cell of a tenth of a degree lies near a country; asked once of those that
 * the cache has room for, because it takes a walk along the border. */
static bool draft_cell_is_near(struct parser *p, struct str country, double lat, double lon)
{
	double north = floor(lat * 10), east = floor(lon * 10);
	uint64_t cell = (uint64_t)(north + 1000) << 32 | (uint64_t)(east + 2000) << 16 |
			(uint64_t)(unsigned char)country.p[0] << 8 | (unsigned char)country.p[1];
	struct parser_cell *c = &p->cell[(cell * 0x9E3779B97F4A7C15u) >> 48];
	if (c->cell != cell)
		*c = (struct parser_cell){
		    cell, borders_near(country, (north + 0.5) / 10, (east + 0.5) / 10)};
	return c->near;
}

/* Whether a place is nowhere near the country that the record names, nor in a territory of it. */
static bool draft_is_elsewhere(struct draft *d, double lat, double lon)
{
	struct str country = d->field[RECORD_COUNTRY];
	return country.p && (d->country_said || d->country_given) && borders_known(country) &&
	       !draft_cell_is_near(d->parser, country, lat, lon) &&
	       !borders_near(country, lat, lon) &&
	       !country_is_territory(borders_country(lat, lon), country);
}

static void finish_coordinates(struct draft *d)
{
	struct str *lat = &d->field[RECORD_LAT], *lon = &d->field[RECORD_LON];
	if (!lat->p && !lon->p)
		return;
	if (!lat->p || !lon->p) {
		d->dropped[RECORD_LAT] = d->dropped[RECORD_LON] = "the other coordinate is missing";
		*lat = *lon = (struct str){NULL, 0};
		return;
	}
	struct value_place place = value_place(*lat, *lon, d->field[RECORD_COUNTRY]);
	if (place.known && draft_is_elsewhere(d, place.lat, place.lon)) {
		place.known = false;
		place.cause = d->country_given ? "far outside the country of --country"
					       : "far outside the country of the address";
	}
	if (!place.known) {
		d->dropped[RECORD_LAT] = d->dropped[RECORD_LON] = place.cause;
		*lat = *lon = (struct str){NULL, 0};
		return;
	}
	/* 0, not -0. */
	char *p = arena_printf(&d->arena, "%.7f", fabs(place.lat) < 0.5e-7 ? 0 : place.lat);
	char *q = arena_printf(&d->arena, "%.7f", fabs(place.lon) < 0.5e-7 ? 0 : place.lon);
	*lat = p && q ? str_of(p) : (struct str){NULL, 0};
	*lon = p && q ? str_of(q) : (struct str){NULL, 0};
}

static void finish_website(struct draft *d)
{
	struct str *site = &d->field[RECORD_WEBSITE];
	if (!site->p)
		return;
	*site = value_web(d, *site);
	if (!site->p || site->n > record_fields[RECORD_WEBSITE].max_bytes) {
		*site = (struct str){NULL, 0};
		d->dropped[RECORD_WEBSITE] = "not a web address";
	}
}

static bool is_zeros(struct str s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] == '0')
		n++;
	return n == s.n;
}

/* "CH-8000", "D-01067": the sign of the country in front of a code of figures. Latvia, Lithuania
 * and others have it in the code. */
static struct str postcode_without_sign(struct str code, struct str country)
{
	static const struct {
		const char *sign, *country;
	} signs[] = {{"D", "DE"},  {"DE", "DE"}, {"A", "AT"},  {"AT", "AT"}, {"CH", "CH"},
		     {"FL", "LI"}, {"LI", "LI"}, {"F", "FR"},  {"FR", "FR"}, {"I", "IT"},
		     {"IT", "IT"}, {"B", "BE"},  {"BE", "BE"}, {"NL", "NL"}, {"E", "ES"},
		     {"ES", "ES"}, {"L", "LU"},  {"LU", "LU"}, {"DK", "DK"}, {"RS", "RS"},
		     {"HR", "HR"}, {"SI", "SI"}, {"PL", "PL"}, {"CZ", "CZ"}};
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		struct str sign = str_of(signs[i].sign);
		if (code.n > sign.n + 1 && str_starts(code, sign) && code.p[sign.n] == '-' &&
		    ascii_is_digit(code.p[sign.n + 1]) &&
		    (!country.n || str_eq(country, str_of(signs[i].country))))
			return (struct str){code.p + sign.n + 1, code.n - sign.n - 1};
	}
	return code;
}

/* "8'001", "8.001": a code that was formatted as a number. */
static struct str postcode_without_groups(struct draft *d, struct str code)
{
	static const char *const signs[] = {"'", "`", "\xe2\x80\x99", "\xe2\x80\x98", "\xc2\xb4"};
	char *to = code.n <= 16 ? arena_room(&d->arena, code.n + 1) : NULL;
	size_t n = 0, groups = 0;
	for (size_t i = 0; to && i < code.n;) {
		size_t skip = code.p[i] == '.' && i && i + 4 == code.n;
		for (size_t k = 0; k < COUNT_OF(signs) && !skip && n; k++)
			if (str_starts((struct str){code.p + i, code.n - i}, str_of(signs[k])))
				skip = strlen(signs[k]);
		if (!skip && !ascii_is_digit(code.p[i]))
			return code;
		if (!skip)
			to[n++] = code.p[i];
		groups += skip > 0;
		i += skip ? skip : 1;
	}
	return to && groups && ascii_is_digit(code.p[code.n - 1]) ? (struct str){to, n} : code;
}

/* Spreadsheets drop leading zeros: 1067 is 01067 where codes have five figures. */
static void finish_postcode(struct draft *d)
{
	static const char *const five[] = {"DE", "US", "IT", "FR", "ES", "FI", "HR", "EE"};
	enum { LONGEST = 12 };
	struct str *code = &d->field[RECORD_POSTCODE], country = d->field[RECORD_COUNTRY];
	bool figures, wanted = false;
	if (!code->p)
		return;
	*code = postcode_without_sign(value_without_fraction(*code), country);
	*code = postcode_without_groups(d, parse_address_code(*code));
	const char *why = is_zeros(*code)      ? "stands for no value"
			  : code->n > LONGEST  ? "longer than any postal code"
			  : !has_figure(*code) ? "a postal code without a figure"
					       : NULL;
	if (why) {
		*code = (struct str){NULL, 0};
		d->dropped[RECORD_POSTCODE] = why;
		return;
	}
	figures = code->n == 4;
	for (size_t i = 0; i < code->n; i++)
		figures &= ascii_is_digit(code->p[i]);
	for (size_t i = 0; i < COUNT_OF(five); i++)
		wanted |= str_eq(country, str_of(five[i]));
	char *p = figures && wanted ? arena_printf(&d->arena, "0%.*s", STR_ARG(*code)) : NULL;
	if (p)
		*code = str_of(p);
}

/* "8001" in a column of towns. */
static void finish_city(struct draft *d)
{
	struct str *city = &d->field[RECORD_CITY];
	for (size_t i = 0; i < city->n; i++)
		if (ascii_is_letter(city->p[i]) || city->p[i] & 0x80)
			return;
	if (city->p)
		d->dropped[RECORD_CITY] = "a town without a letter";
	*city = (struct str){NULL, 0};
}

static void finish_hours(struct draft *d)
{
	struct buf out;
	struct str *field = &d->field[RECORD_HOURS], country = d->field[RECORD_COUNTRY];
	struct parse_hours_draft *h = &d->hours;
	for (size_t i = 0; i < h->past; i++)
		draft_dropped(draft_given(d, RECORD_HOURS, STR("dates that are over")),
			      "the dates are over");
	if (field->p) { /* OpenStreetMap's language, by the kind of the file */
		d->dropped[RECORD_HOURS] = hours_check(*field);
		d->hours_as_text = d->dropped[RECORD_HOURS] != NULL;
		return;
	}
	for (int day = 0; day < 7; day++) /* begins without an end */
		if (d->opens[day].n)
			parse_hours_day(h, day, d->opens[day]);
	if (!parse_hours_given(h)) {
		d->dropped[RECORD_HOURS] = h->unclear; /* nothing that people could read */
		return;
	}
	buf_init(&out, record_fields[RECORD_HOURS].max_bytes);
	const char *why =
	    parse_hours_write(h, country_has_offset(country, h->offset_minutes), &out);
	if (!why) {
		*field = arena_str(&d->arena, buf_view(&out));
	} else if (h->foreign && d->hours_text.n && hours_check(d->hours_text) == NULL) {
		*field = value_text(d, RECORD_HOURS, d->hours_text); /* OpenStreetMap's language */
	} else {
		parse_hours_remark(value_text(d, RECORD_HOURS, buf_view(&h->written)), &out);
		*field = arena_str(&d->arena, buf_view(&out));
		d->dropped[RECORD_HOURS] = why;
		d->hours_as_text = true;
	}
	buf_release(&out);
}

static void finish_extra(struct draft *d)
{
	struct buf out;
	struct json_writer w;
	if (!d->facts || d->field[RECORD_EXTRA].p)
		return;
	buf_init(&out, record_fields[RECORD_EXTRA].max_bytes * 2);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	for (size_t i = 0; i < d->facts; i++) {
		json_key(&w, d->fact[i].key.p);
		if (d->fact[i].json)
			json_put_raw(&w, d->fact[i].value);
		else
			json_put_str(&w, d->fact[i].value);
	}
	json_object_end(&w);
	if (!buf_failed(&out) && out.n <= record_fields[RECORD_EXTRA].max_bytes)
		d->field[RECORD_EXTRA] = arena_str(&d->arena, buf_view(&out));
	else
		d->dropped[RECORD_EXTRA] = "no room for further facts";
	buf_release(&out);
}

/* The source has no id: one is made from what makes the business this one. */
static void finish_id(struct draft *d)
{
	struct record record = {0};
	char id[RECORD_CONTENTS_ID];
	if (d->field[RECORD_EXTERNAL_ID].p)
		return;
	memcpy(record.field, d->field, sizeof(record.field));
	record_contents_id(&record, d->registered, id);
	d->field[RECORD_EXTERNAL_ID] = arena_str(&d->arena, str_of(id));
}

/* Optional values that break the table are left out and counted, so that one bad value does not
 * cost the record. */
static void drop_bad_values(struct draft *d)
{
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!d->field[f].p || record_value_ok((enum record_field)f, d->field[f]))
			continue;
		if (f == RECORD_UPDATED_AT && d->field[f].n)
			d->dropped[f] = "not a time";
		d->field[f] = (struct str){NULL, 0};
	}
}

static void finish_values(struct draft *d)
{
	parse_address_split(d);
	finish_country(d);
	finish_region(d);
	finish_coordinates(d);
	parse_address_finish(d);
	finish_postcode(d);
	finish_city(d);
	parse_phones_finish(d);
	finish_website(d);
	finish_hours(d);
	if (d->field[RECORD_UPDATED_AT].p)
		d->field[RECORD_UPDATED_AT] = value_time(d, d->field[RECORD_UPDATED_AT]);
	if (d->closed_on.n && !d->field[RECORD_CLOSED].p)
		d->field[RECORD_CLOSED] = d->closed_on;
	/* A region that belongs to no country is no place of the directory, but
	 * a fact all the same. */
	if (!d->field[RECORD_COUNTRY].p && d->field[RECORD_REGION].p) {
		size_t givens = d->givens;
		draft_extra(d, "region", d->field[RECORD_REGION]);
		d->givens = givens; /* it was counted as a region */
	}
	finish_extra(d);
	finish_id(d);
	drop_bad_values(d);
}

static const char draft_nameless[] = "the record has no name";

/* Why, how often, and where first; a map has many objects without a name. */
static void tell_reject(struct draft *d)
{
	enum { TOLD = 3, SHOWN_BYTES = 80 };
	struct parser *p = d->parser;
	struct str shown = value_cut(d->bad_value, SHOWN_BYTES);
	parser_count(p, "rejected because", str_of(d->cause));
	if (strcmp(d->cause, draft_nameless) == 0 || p->rejects_told++ >= TOLD)
		return;
	if (!utf8_is_valid(shown))
		shown.n = 0;
	parser_remark(p, d->line, "rejected: %s%s%.*s", d->cause, shown.n ? ": " : "",
		      STR_ARG(shown));
}

static void write_reject(struct draft *d)
{
	struct parser *p = d->parser;
	struct str shown = d->bad_value.n ? d->bad_value : d->input;
	struct str id = utf8_is_valid(d->field[RECORD_EXTERNAL_ID]) ? d->field[RECORD_EXTERNAL_ID]
								    : (struct str){"", 0};
	struct record_reject reject = {.line = d->line,
				       .number = p->number,
				       .id = id,
				       .field = d->bad_field,
				       .cause = str_of(d->cause),
				       .input = value_cut(shown, 1024),
				       .record = d->input};
	if (!utf8_is_valid(reject.input))
		reject.input = (struct str){"", 0};
	if (!utf8_is_valid(reject.record))
		reject.record = (struct str){"", 0};
	record_write_reject(&p->frames, &reject);
	tell_reject(d);
	p->summary.rejects++;
}

/* The words in front of a figure, a colon or a bracket, in lower case and without marks. */
static struct str words_of(struct str s, char folded[60])
{
	size_t n, end = 0;
	if (!value_fold(s, folded, 59, &n))
		return (struct str){"", 0};
	while (end < n && !ascii_is_digit(folded[end]) && !strchr(":=(", folded[end]))
		end++;
	return str_trim((struct str){folded, end});
}

/* "Total: 167", "Anzahl Einträge: 2" below a list: its first value is a word for a sum, and no
 * other has a letter. "Quelle: Stadt Bern" alone in its row: a note. What it is, or NULL. */
static const char *line_below_list(const struct draft *d)
{
	static const char *const sums[] = {
	    "total",         "totals",          "summe",    "gesamt",        "gesamttotal",
	    "gesamtsumme",   "insgesamt",       "endsumme", "zwischensumme", "zwischentotal",
	    "somme",         "totale",          "totaal",   "suma",          "anzahl",
	    "total general", "grand total",     "subtotal", "sub total",     "sous total",
	    "subtotale",     "totale generale", "sum",      "count",         "nombre",
	    "ukupno",        "razem",           "celkem",   "yhteensa",      "i alt",
	    "totalt",        "количество",      "итого",    "укупно",        "συνολο",
	    "toplam"};
	static const char *const notes[] = {
	    "quelle",    "source", "sources", "fonte", "fuente",    "bron",     "stand",
	    "hinweis",   "note",   "notes",   "nota",  "anmerkung", "remarque", "bemerkung",
	    "copyright", "izvor",  "kilde",   "zdroj", "zrodlo"};
	char folded[60];
	if (!d->givens)
		return NULL;
	struct str first = str_trim(d->given[0].raw), words = words_of(first, folded);
	bool colon = memchr(first.p, ':', first.n), alone = d->givens == 1;
	for (size_t i = 1; i < d->givens; i++)
		for (size_t k = 0; k < d->given[i].raw.n; k++)
			if (ascii_is_letter(d->given[i].raw.p[k]) || d->given[i].raw.p[k] & 0x80)
				return NULL;
	for (size_t i = 0; i < COUNT_OF(sums); i++) {
		struct str sum = str_of(sums[i]);
		if (str_eq(words, sum) ||
		    (alone && colon && str_starts(words, sum) && words.p[sum.n] == ' '))
			return "a line of sums";
	}
	for (size_t i = 0; i < COUNT_OF(notes) && alone && colon; i++)
		if (str_eq(words, str_of(notes[i])))
			return "a note below the list";
	return alone && (str_starts(first, STR("\xc2\xa9")) || first.p[0] == '*')
		   ? "a note below the list"
		   : NULL;
}

bool draft_finish(struct draft *d)
{
	struct parser *p = d->parser;
	p->number++;
	const char *below = d->cause[0] || !d->in_table ? NULL : line_below_list(d);
	if (below)
		draft_leave_out(d, str_of(below));
	if (d->left_out && !d->cause[0]) {
		p->summary.left_out++;
		return parser_flush(p, false);
	}
	if (d->legal_name.n)
		draft_field(d, d->field[RECORD_NAME].p ? RECORD_ALT_NAMES : RECORD_NAME,
			    d->legal_name);
	if (!d->cause[0] && !d->field[RECORD_NAME].p)
		draft_reject(d, "name", (struct str){"", 0}, draft_nameless);
	if (!d->cause[0]) {
		finish_values(d);
		if (!d->field[RECORD_NAME].p || !d->field[RECORD_EXTERNAL_ID].p)
			draft_reject(d, "name", (struct str){"", 0},
				     "the record has no usable name");
	}
	parser_account(p, d, d->cause[0] != '\0');
	if (d->cause[0]) {
		write_reject(d);
	} else {
		struct record record = {.line = d->line};
		memcpy(record.field, d->field, sizeof(record.field));
		record_write(&p->frames, &record);
		p->summary.records++;
	}
	return parser_flush(p, false);
}
