/* Objects of schema.org: which of them is a business, and what its properties say. */
#include "base/ascii.h"
#include "directory/iso/iso.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"
#include "site/facts/schema.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 3 };

/* A node of the graph in the place of a reference to it. */
static const struct json_value *resolved(const struct json_value *v, const struct json_value *graph)
{
	const struct json_value *set = json_get(v, "@set");
	set = set ? set : json_get(v, "@list");
	if (set)
		v = set;
	struct str id = json_text(json_get(v, "@id"));
	if (!v || v->kind != JSON_IS_OBJECT || !id.n || v->count > 2 || json_get(v, "name") ||
	    !graph)
		return v;
	for (const struct json_value *n = graph->first; n; n = n->next)
		if (n != v && n->count > v->count && str_eq(json_text(json_get(n, "@id")), id))
			return n;
	return v;
}

/* A text, or what an object says in its place: {"@value": ...}, {"name": ...}; of a list the first.
 */
static struct str text_of(const struct json_value *v, const struct json_value *graph)
{
	if (v && v->kind == JSON_IS_ARRAY)
		v = v->first;
	v = resolved(v, graph);
	if (v && v->kind == JSON_IS_ARRAY)
		v = v->first;
	if (!v || v->kind != JSON_IS_OBJECT)
		return json_text(v);
	static const char *const names[] = {"@value", "name", "value", "telephone"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct json_value *m = json_get(v, names[i]);
		if (m && m->kind == JSON_IS_ARRAY)
			m = m->first;
		if (m && m->kind == JSON_IS_OBJECT)
			m = json_get(m, "@value");
		if (json_text(m).n)
			return json_text(m);
	}
	return (struct str){"", 0};
}

static struct str parse_address_of(const struct json_value *v, const struct json_value *graph)
{
	if (v && v->kind == JSON_IS_ARRAY)
		v = v->first;
	v = resolved(v, graph);
	if (!v || v->kind != JSON_IS_OBJECT)
		return json_text(v);
	static const char *const names[] = {"url", "contentUrl", "@id"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (json_text(json_get(v, names[i])).n)
			return json_text(json_get(v, names[i]));
	return (struct str){"", 0};
}

/* ---- who is a business ---- */

enum standing { NO_BUSINESS, WITH_SIGN, BUSINESS };

/* The types that are taken: those at and below the first column, where `sign` only with a sign of
 * trade. Types further down the table are asked only when none further up holds. */
static const struct {
	enum schema_type_number type;
	enum standing standing;
} standings[] = {
    {SCHEMA_TYPE_Person, NO_BUSINESS},        {SCHEMA_TYPE_LocalBusiness, BUSINESS},
    {SCHEMA_TYPE_Accommodation, NO_BUSINESS}, {SCHEMA_TYPE_Residence, NO_BUSINESS},
    {SCHEMA_TYPE_Organization, WITH_SIGN},    {SCHEMA_TYPE_AdministrativeArea, NO_BUSINESS},
    {SCHEMA_TYPE_Landform, NO_BUSINESS},      {SCHEMA_TYPE_Place, WITH_SIGN},
    {SCHEMA_TYPE_Thing, NO_BUSINESS},
};

static enum standing standing_of(const struct json_value *v)
{
	const struct json_value *types = json_get(v, "@type");
	size_t best = COUNT_OF(standings);
	bool unknown = false;
	const struct json_value *e = types && types->kind == JSON_IS_ARRAY ? types->first : types;
	for (; e; e = e == types ? NULL : e->next) {
		const struct schema_type *type = schema_type_find(json_text(e));
		unknown |= type == NULL;
		for (size_t i = 0; type && i < best; i++)
			if (schema_is_a(type, &schema_types[standings[i].type]))
				best = i;
	}
	if (best < COUNT_OF(standings))
		return standings[best].standing;
	return unknown ? WITH_SIGN : NO_BUSINESS;
}

/* Properties that only a business publishes about a place. */
static bool has_sign(const struct json_value *v)
{
	static const char *const signs[] = {
	    "telephone",       "openingHours",    "openingHoursSpecification",
	    "priceRange",      "paymentAccepted", "makesOffer",
	    "hasOfferCatalog", "hasMenu",         "currenciesAccepted"};
	const struct json_value *types = json_get(v, "@type");
	struct str type =
	    schema_term(json_text(types && types->kind == JSON_IS_ARRAY ? types->first : types));
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (json_get(v, signs[i]))
			return true;
	return !str_eq(type, STR("Place")) &&
	       (json_get(v, "address") || json_get(v, "geo") || json_get(v, "location"));
}

static bool is_business(const struct json_value *v)
{
	enum standing s = standing_of(v);
	return s == BUSINESS || (s == WITH_SIGN && has_sign(v));
}

bool parse_schema_is_object(const struct json_value *v)
{
	static const char *const osm[] = {"node", "way", "relation", "area"};
	const struct json_value *types = json_get(v, "@type");
	for (size_t i = 0; i < COUNT_OF(osm); i++)
		if (str_eq(json_text(types), str_of(osm[i])))
			return false;
	return types != NULL;
}

const struct json_value *parse_schema_subject(const struct json_value *v)
{
	static const char *const names[] = {"mainEntity", "about", "mainEntityOfPage", "item"};
	if (is_business(v))
		return v;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct json_value *m = json_get(v, names[i]);
		if (m && m->kind == JSON_IS_ARRAY)
			m = m->first;
		if (m && m->kind == JSON_IS_OBJECT && is_business(m))
			return m;
	}
	return v;
}

/* ---- properties ---- */

struct node {
	struct draft *draft;
	const struct json_value *graph;
};

static void put_each(const struct node *n, const struct binding *b, const struct json_value *v)
{
	const struct json_value *e = v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; e; e = e == v ? NULL : e->next)
		draft_put(n->draft, b,
			  b->target == TARGET_FIELD &&
				  (b->field == RECORD_SAME_AS || b->field == RECORD_WEBSITE)
			      ? parse_address_of(e, n->graph)
			      : text_of(e, n->graph));
}

/* A list of texts as one text: "Thai; Vegan". */
static void schema_put_joined(const struct node *n, const char *key, const struct json_value *v,
			      bool url)
{
	struct buf out;
	const struct json_value *e = v->kind == JSON_IS_ARRAY ? v->first : v;
	buf_init(&out, 1000);
	for (; e; e = e == v || (url && out.n) ? NULL : e->next) {
		struct str text = url ? parse_address_of(e, n->graph) : text_of(e, n->graph);
		bool link = url && strcmp(key, "menu") != 0; /* a menu may be told by its name */
		if (link && text.n && !memmem(text.p, text.n, "://", 3)) {
			draft_dropped(draft_given(n->draft, RECORD_EXTRA, text),
				      "not a whole web address");
			continue;
		}
		if (e->kind == JSON_IS_BOOL)
			text = e->boolean ? STR("yes") : STR("no");
		if (text.n && !value_is_none(RECORD_EXTRA, text))
			buf_printf(&out, "%s%.*s", out.n ? "; " : "", STR_ARG(text));
		else if (text.n)
			draft_extra(n->draft, key, text); /* says why it is none */
	}
	if (buf_failed(&out))
		draft_dropped(draft_given(n->draft, RECORD_EXTRA, STR("a list")), "too long");
	else if (out.n)
		draft_extra(n->draft, key, arena_str(&n->draft->arena, buf_view(&out)));
	buf_release(&out);
}

/* A number alone would be taken for that of a house. */
static void put_box_number(struct draft *d, struct str number)
{
	static const char *const german[] = {"DE", "AT", "CH", "LI"};
	struct str country = iso_country(d->field[RECORD_COUNTRY]);
	const char *box = "PO Box";
	for (size_t i = 0; i < COUNT_OF(german); i++)
		box = str_eq(country, str_of(german[i])) ? "Postfach" : box;
	number = str_trim(number);
	if (number.n && ascii_is_digit(number.p[0])) {
		char *text = arena_printf(&d->arena, "%s %.*s", box, STR_ARG(number));
		number = text ? str_of(text) : number;
	}
	draft_put(d, &(struct binding){"", TARGET_STREET_MORE, RECORD_STREET, NULL}, number);
}

static void put_address(const struct node *n, const struct json_value *v)
{
	static const struct {
		const char *name;
		enum record_field field;
	} parts[] = {{"streetAddress", RECORD_STREET},
		     {"postalCode", RECORD_POSTCODE},
		     {"addressLocality", RECORD_CITY},
		     {"addressRegion", RECORD_REGION},
		     {"addressCountry", RECORD_COUNTRY}};
	struct draft *d = n->draft;
	const struct json_value *e = v && v->kind == JSON_IS_ARRAY ? v->first : v;
	struct str full = {NULL, 0};
	/* Lines of one address, or several addresses: of those the first counts. */
	for (; e && e->kind != JSON_IS_OBJECT; e = e == v ? NULL : e->next) {
		char *p = arena_printf(&d->arena, "%.*s%s%.*s", STR_ARG(full), full.n ? ", " : "",
				       STR_ARG(json_text(e)));
		full = p ? str_of(p) : full;
	}
	draft_put(d, &(struct binding){"", TARGET_STREET_FULL, RECORD_STREET, NULL}, full);
	for (const struct json_value *more = e && e != v ? e->next : NULL; more; more = more->next)
		draft_dropped(draft_given(d, RECORD_STREET, STR("an address")),
			      "a further address; a record has one");
	v = resolved(e, n->graph);
	if (!v)
		return;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		draft_field(d, parts[i].field, text_of(json_get(v, parts[i].name), n->graph));
	const struct json_value *lines = json_get(v, "streetAddress");
	const struct json_value *line =
	    lines && lines->kind == JSON_IS_ARRAY && lines->first ? lines->first->next : NULL;
	for (; line; line = line->next)
		draft_put(d, &(struct binding){"", TARGET_STREET_MORE, RECORD_STREET, NULL},
			  json_text(line));
	draft_put(d, &(struct binding){"", TARGET_STREET_MORE, RECORD_STREET, NULL},
		  text_of(json_get(v, "extendedAddress"), n->graph));
	put_box_number(d, text_of(json_get(v, "postOfficeBoxNumber"), n->graph));
	draft_field(d, RECORD_PHONE, text_of(json_get(v, "telephone"), n->graph));
}

/* "47.0,8.0 47.2,8.2": two corners; the place is between them. */
static void put_box(const struct node *n, struct str box)
{
	double at[4];
	size_t count = 0;
	struct str rest = box;
	while (rest.n && count < COUNT_OF(at)) {
		size_t k = 0;
		while (k < rest.n && rest.p[k] != ' ' && rest.p[k] != ',')
			k++;
		if (k && !str_to_double((struct str){rest.p, k}, &at[count++]))
			break;
		k += k < rest.n;
		rest = (struct str){rest.p + k, rest.n - k};
	}
	if (!box.n)
		return;
	char *lat = arena_printf(&n->draft->arena, "%.7f", count == 4 ? (at[0] + at[2]) / 2 : 0);
	char *lon = arena_printf(&n->draft->arena, "%.7f", count == 4 ? (at[1] + at[3]) / 2 : 0);
	if (count == 4 && !rest.n && lat && lon) {
		draft_field(n->draft, RECORD_LAT, str_of(lat));
		draft_field(n->draft, RECORD_LON, str_of(lon));
	} else {
		draft_dropped(draft_given(n->draft, RECORD_LAT, box), "not two corners of a box");
	}
}

static void put_geo(const struct node *n, const struct json_value *v)
{
	if (v && v->kind == JSON_IS_ARRAY)
		v = v->first;
	v = resolved(v, n->graph);
	/* "47.1 8.2 500", "47.1,8.2 500": a circle around a point. */
	struct str circle = text_of(json_get(v, "circle"), n->graph), lat = circle, lon;
	size_t comma = circle.n && memchr(circle.p, ',', circle.n) ? ',' : ' ';
	if (circle.n) {
		lon = lat;
		lat = str_cut(&lon, (char)comma);
		lon = str_cut(&lon, ' ');
		draft_field(n->draft, RECORD_LAT, lat);
		draft_field(n->draft, RECORD_LON, lon);
	}
	put_box(n, text_of(json_get(v, "box"), n->graph));
	struct str polygon = text_of(json_get(v, "polygon"), n->graph);
	if (polygon.n)
		draft_dropped(draft_given(n->draft, RECORD_LAT, polygon),
			      "an area, not the place of a business");
	draft_field(n->draft, RECORD_LAT, text_of(json_get(v, "latitude"), n->graph));
	draft_field(n->draft, RECORD_LON, text_of(json_get(v, "longitude"), n->graph));
	if (v && v->kind == JSON_IS_STRING)
		draft_put(n->draft, &(struct binding){"", TARGET_PLACE, RECORD_LAT, NULL}, v->text);
}

/* Metres, unless another unit is named: "20000", "50 km", "30 mi". */
static bool radius_km(struct str text, double *km)
{
	size_t n = 0;
	text = str_trim(text);
	while (n < text.n && (ascii_is_digit(text.p[n]) || text.p[n] == '.'))
		n++;
	struct str unit = str_trim((struct str){text.p + n, text.n - n});
	if (!str_to_double((struct str){text.p, n}, km) || *km <= 0)
		return false;
	bool miles = str_eq_nocase(unit, STR("mi")) || str_eq_nocase(unit, STR("miles"));
	if (!unit.n || str_eq_nocase(unit, STR("m")))
		*km /= 1000;
	else if (miles)
		*km *= 1.609344;
	return !unit.n || miles || str_eq_nocase(unit, STR("m")) || str_eq_nocase(unit, STR("km"));
}

/* Towns by name, several in one text; a circle by its radius. */
static void put_area(const struct node *n, const struct json_value *v)
{
	const struct json_value *e = v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; e; e = e == v ? NULL : e->next) {
		const struct json_value *area = resolved(e, n->graph);
		double km;
		if (json_get(area, "geoRadius")) {
			struct str radius = text_of(json_get(area, "geoRadius"), n->graph);
			char *p = radius_km(radius, &km) ? arena_printf(&n->draft->arena, "%g", km)
							 : NULL;
			if (p)
				draft_extra(n->draft, "service_radius_km", str_of(p));
			else
				draft_dropped(draft_given(n->draft, RECORD_EXTRA, radius),
					      "not a radius");
			continue;
		}
		struct str names = text_of(area, n->graph);
		while (names.p)
			draft_field(n->draft, RECORD_SERVICE_AREA, str_cut(&names, ','));
	}
}

/* Each of a list, references resolved. */
static void put_hours_of(const struct node *n, struct parse_hours_draft *h,
			 const struct json_value *v)
{
	v = resolved(v, n->graph);
	const struct json_value *e = v && v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; e; e = e == v ? NULL : e->next) {
		const struct json_value *one = resolved(e, n->graph);
		if (one->kind == JSON_IS_OBJECT && one->count == 1 && json_get(one, "@id"))
			parse_hours_unclear(h, "a reference that leads to no node");
		else
			parse_hours_value(h, one);
	}
}

/* The long form, or where it is not understood or missing the short one; both where they are
 * of other days; special days in any case. */
static void schema_put_hours(const struct node *n, const struct json_value *v)
{
	static const char *const names[] = {"openingHoursSpecification", "openingHours",
					    "specialOpeningHoursSpecification", "hoursAvailable"};
	struct draft *d = n->draft;
	struct parse_hours_draft short_form;
	const struct json_value *texts = json_get(v, "openingHours");
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct json_value *m = json_get(v, names[i]);
		const struct json_value *e = m && m->kind == JSON_IS_ARRAY ? m->first : m;
		for (; e; e = e == m ? NULL : e->next)
			draft_given(d, RECORD_HOURS, e->text.n ? e->text : STR("a specification"));
	}
	put_hours_of(n, &d->hours, json_get(v, "openingHoursSpecification"));
	parse_hours_init(&short_form);
	put_hours_of(n, &short_form, texts);
	if (texts && (d->hours.unclear || !parse_hours_given(&d->hours))) {
		parse_hours_reset(&d->hours);
		put_hours_of(n, &d->hours, texts);
	} else if (parse_hours_given(&short_form) && !short_form.unclear) {
		parse_hours_merge(&d->hours, &short_form);
	}
	parse_hours_release(&short_form);
	if (!parse_hours_given(&d->hours) && !d->hours.unclear)
		put_hours_of(n, &d->hours, json_get(v, "hoursAvailable"));
	parse_hours_special(&d->hours, json_get(v, "specialOpeningHoursSpecification"));
}

static void put_member(struct json_writer *w, const char *key, struct str text)
{
	if (text.n)
		json_member_str(w, key, text);
}

/* The price of an offer, by itself or in its priceSpecification, and what it is for. */
static void put_price(const struct node *n, struct json_writer *w, const struct json_value *offer)
{
	const struct json_value *more = json_get(offer, "priceSpecification");
	if (more && more->kind == JSON_IS_ARRAY)
		more = more->first;
	const struct json_value *of = json_get(offer, "price") ? offer : more;
	struct str least = json_text(json_get(of, "minPrice"));
	struct str given = least.n ? least : json_text(json_get(of, "price"));
	struct str currency = json_text(json_get(of, "priceCurrency"));
	struct str price = value_price(n->draft, given, currency);
	struct str code = json_text(json_get(more, "unitCode"));
	put_member(w, "price", price);
	put_member(w, "currency", currency);
	if (!price.n)
		return;
	put_member(w, "unit", code.n ? code : json_text(json_get(more, "unitText")));
	if (least.n)
		json_member_bool(w, "from", true);
}

/* makesOffer and hasOfferCatalog as {"items": [{"name", "price", "currency", "unit", "from",
 * "description"}]}. */
static void schema_put_offers(const struct node *n, const struct json_value *v)
{
	struct buf out;
	struct json_writer w;
	const struct json_value *list = json_get(v, "makesOffer");
	if (!list)
		list = json_path(v, "hasOfferCatalog.itemListElement");
	if (!list)
		return;
	buf_init(&out, record_fields[RECORD_OFFERS].max_bytes);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_key(&w, "items");
	json_array_begin(&w);
	size_t items = 0;
	const struct json_value *e = list->kind == JSON_IS_ARRAY ? list->first : list;
	for (; e; e = e == list ? NULL : e->next) {
		const struct json_value *offer = resolved(e, n->graph);
		const struct json_value *item = json_get(offer, "itemOffered");
		struct str name = text_of(item ? item : offer, n->graph);
		if (!name.n)
			continue;
		json_object_begin(&w);
		json_member_str(&w, "name", name);
		put_price(n, &w, offer);
		put_member(&w, "description", json_text(json_get(item, "description")));
		json_object_end(&w);
		items++;
	}
	json_array_end(&w);
	json_object_end(&w);
	if (items && !buf_failed(&out))
		draft_field(n->draft, RECORD_OFFERS, arena_str(&n->draft->arena, buf_view(&out)));
	else if (items)
		draft_dropped(draft_given(n->draft, RECORD_OFFERS, STR("offers")), "too long");
	buf_release(&out);
}

/* Founders and the like: persons by name, where the operator wants that; a contactPoint without a
 * name is a telephone of the business. */
static void put_persons(const struct node *n, const struct binding *b, const struct json_value *v)
{
	const struct json_value *e = v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; e; e = e == v ? NULL : e->next) {
		const struct json_value *person = resolved(e, n->graph);
		struct str name = text_of(json_get(person, "name"), n->graph);
		if (str_eq(b->detail ? str_of(b->detail) : STR(""), STR("contact")) && !name.n) {
			draft_field(n->draft, RECORD_PHONE,
				    text_of(json_get(person, "telephone"), n->graph));
			if (json_get(person, "email"))
				draft_put(n->draft,
					  &(struct binding){"", TARGET_EMAIL, RECORD_NAME, NULL},
					  STR("e-mail"));
			continue;
		}
		name = name.n ? name : json_text(person);
		draft_put(n->draft, b, name.n ? name : STR("a person"));
	}
}

/* Departments as [{"name", "phone", "hours"}]. */
static void put_departments(const struct node *n, const struct json_value *v)
{
	struct buf out, hours;
	struct json_writer w;
	struct parse_hours_draft h;
	const struct json_value *e = v->kind == JSON_IS_ARRAY ? v->first : v;
	size_t count = 0;
	buf_init(&out, 8000);
	buf_init(&hours, 1000);
	parse_hours_init(&h);
	json_writer_init(&w, &out);
	json_array_begin(&w);
	for (; e; e = e == v ? NULL : e->next) {
		const struct json_value *part = resolved(e, n->graph);
		struct str name = text_of(json_get(part, "name"), n->graph);
		if (!name.n)
			continue;
		json_object_begin(&w);
		json_member_str(&w, "name", name);
		if (text_of(json_get(part, "telephone"), n->graph).n)
			json_member_str(&w, "phone",
					text_of(json_get(part, "telephone"), n->graph));
		parse_hours_reset(&h);
		buf_reset(&hours);
		parse_hours_value(&h, json_get(part, "openingHoursSpecification"));
		if (!parse_hours_given(&h))
			parse_hours_value(&h, json_get(part, "openingHours"));
		if (parse_hours_given(&h) && !parse_hours_write(&h, false, &hours))
			json_member_str(&w, "hours", buf_view(&hours));
		json_object_end(&w);
		count++;
	}
	json_array_end(&w);
	if (count)
		draft_extra_json(n->draft, STR("departments"),
				 buf_failed(&out) ? (struct str){NULL, 0} : buf_view(&out));
	parse_hours_release(&h);
	buf_release(&hours);
	buf_release(&out);
}

/* Features by name; that of wheelchairs is a fact of its own. */
static void schema_put_features(const struct node *n, const struct json_value *v)
{
	struct buf out;
	const struct json_value *e = v->kind == JSON_IS_ARRAY ? v->first : v;
	buf_init(&out, 1000);
	for (; e; e = e == v ? NULL : e->next) {
		const struct json_value *value = json_get(e, "value");
		struct str name = text_of(e, n->graph), text = json_text(value);
		bool no = (value && value->kind == JSON_IS_BOOL && !value->boolean) ||
			  str_eq_nocase(text, STR("false"));
		if (!name.n || no)
			continue;
		if (str_eq_nocase((struct str){name.p, name.n < 10 ? name.n : 10},
				  STR("wheelchair")))
			draft_extra(n->draft, "wheelchair", STR("yes"));
		else
			buf_printf(&out, "%s%.*s", out.n ? "; " : "", STR_ARG(name));
	}
	if (out.n && !buf_failed(&out))
		draft_extra(n->draft, "amenities", arena_str(&n->draft->arena, buf_view(&out)));
	buf_release(&out);
}

static void schema_put_categories(const struct node *n, const struct json_value *v)
{
	const struct json_value *types = json_get(v, "@type");
	const struct json_value *e = types && types->kind == JSON_IS_ARRAY ? types->first : types;
	struct draft *d = n->draft;
	/* additionalType says more than the type: "Tile contractor", a HomeAndConstructionBusiness.
	 */
	draft_put(d, &(struct binding){"", TARGET_CATEGORY_ANY, RECORD_NAME, NULL},
		  text_of(json_get(v, "additionalType"), n->graph));
	for (; e; e = e == types ? NULL : e->next) {
		struct str type = schema_term(json_text(e));
		/* Beside a special type the general ones say nothing. */
		bool general = str_eq(type, STR("Organization")) || str_eq(type, STR("Place")) ||
			       str_eq(type, STR("LocalBusiness"));
		if (!general || types->count < 2 || types->kind != JSON_IS_ARRAY)
			category_put(d, TARGET_CATEGORY_SCHEMA, type);
	}
}

/* Properties whose values are read by more than their binding. False: it is none of them. */
static bool put_special(const struct node *n, const struct json_value *m)
{
	static const char *const elsewhere[] = {"@type",
						"@context",
						"@id",
						"additionalType",
						"openingHours",
						"openingHoursSpecification",
						"specialOpeningHoursSpecification",
						"hoursAvailable",
						"makesOffer",
						"hasOfferCatalog",
						"address",
						"geo",
						"location",
						"name"};
	for (size_t i = 0; i < COUNT_OF(elsewhere); i++)
		if (str_eq(m->key, str_of(elsewhere[i])))
			return true;
	if (str_eq(m->key, STR("areaServed")) || str_eq(m->key, STR("serviceArea")))
		put_area(n, m);
	else if (str_eq(m->key, STR("amenityFeature")))
		schema_put_features(n, m);
	else if (str_eq(m->key, STR("department")))
		put_departments(n, m);
	else
		return false;
	return true;
}

static void put_property(const struct node *n, const struct json_value *m)
{
	const struct binding *b = binding_of_property(m->key);
	if (!b) {
		if (m->kind != JSON_IS_NULL && m->key.n && m->key.p[0] != '@')
			parser_count(n->draft->parser, "not used", m->key);
	} else if (b->target == TARGET_PERSON) {
		put_persons(n, b, m);
	} else if (b->target == TARGET_EXTRA) {
		bool url = strcmp(b->detail, "image") == 0 || strcmp(b->detail, "logo") == 0 ||
			   strcmp(b->detail, "menu") == 0;
		schema_put_joined(n, b->detail, m, url);
	} else {
		put_each(n, b, m);
	}
}

static void schema_put_names(const struct node *n, const struct json_value *v)
{
	const struct json_value *names = json_get(v, "name");
	draft_field(n->draft, RECORD_NAME, text_of(names, n->graph));
	const struct json_value *more =
	    names && names->kind == JSON_IS_ARRAY && names->first ? names->first->next : NULL;
	for (; more; more = more->next)
		draft_field(n->draft, RECORD_ALT_NAMES, text_of(more, n->graph));
}

static struct str type_shown(const struct json_value *v)
{
	const struct json_value *types = json_get(v, "@type");
	return schema_term(json_text(types && types->kind == JSON_IS_ARRAY ? types->first : types));
}

/* Places beside the first are not of this record. */
static void put_further_locations(const struct node *n, const struct json_value *location)
{
	const struct json_value *e = location && location->kind == JSON_IS_ARRAY && location->first
					 ? location->first->next
					 : NULL;
	for (; e; e = e->next)
		draft_dropped(draft_given(n->draft, RECORD_STREET, STR("a location")),
			      "a further location; a record has one");
}

void parse_schema_put(struct draft *d, const struct json_value *v, const struct json_value *graph)
{
	struct node node = {d, graph}, *n = &node;
	const struct json_value *page = v;
	v = parse_schema_subject(v);
	if (!is_business(v)) {
		draft_leave_out(d, type_shown(v));
		return;
	}
	schema_put_categories(n, v);
	draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(v, "@id")));
	if (!d->field[RECORD_EXTERNAL_ID].p)
		draft_field(d, RECORD_EXTERNAL_ID, text_of(json_get(v, "identifier"), graph));
	if (!d->field[RECORD_EXTERNAL_ID].p && page != v)
		draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(page, "@id")));
	schema_put_names(n, v);
	const struct json_value *location = json_get(v, "location");
	put_further_locations(n, location);
	location = resolved(
	    location && location->kind == JSON_IS_ARRAY ? location->first : location, graph);
	const struct json_value *address = json_get(v, "address"), *geo = json_get(v, "geo");
	if (!address && location && location->kind == JSON_IS_OBJECT)
		address =
		    json_get(location, "streetAddress") ? location : json_get(location, "address");
	else if (!address)
		address = location;
	put_address(n, address);
	put_geo(n, geo                         ? geo
		   : json_get(location, "geo") ? json_get(location, "geo")
		   : json_get(v, "latitude")   ? v
					       : location);
	schema_put_hours(n, v);
	schema_put_offers(n, v);
	for (const struct json_value *m = v->first; m; m = m->next)
		if (!put_special(n, m))
			put_property(n, m);
}
