/* The rules for values, by property, and for objects, by type. */
#include "site/facts/internal.h"
#include "base/ascii.h"
#include "base/date.h"
#include "base/utf8.h"

#include <string.h>

/* ---- one value ---- */

static enum facts_fault_id rule_degrees(struct str s, double most, enum facts_fault_id malformed,
					enum facts_fault_id beyond)
{
	double degrees;
	if (!form_number(s, &degrees))
		return malformed;
	return degrees < -most || degrees > most ? beyond : FAULT_NONE;
}

static enum facts_fault_id rule_latitude(struct str s)
{
	return rule_degrees(s, 90, FAULT_LATITUDE_MALFORMED, FAULT_LATITUDE_RANGE);
}

static enum facts_fault_id rule_longitude(struct str s)
{
	return rule_degrees(s, 180, FAULT_LONGITUDE_MALFORMED, FAULT_LONGITUDE_RANGE);
}

/* At most half of the earth's circumference. */
static enum facts_fault_id rule_radius(struct str s)
{
	double metres;
	if (!form_number(s, &metres))
		return FAULT_RADIUS_MALFORMED;
	return metres <= 0 || metres > 20037508 ? FAULT_RADIUS_RANGE : FAULT_NONE;
}

static enum facts_fault_id rule_price(struct str s)
{
	double price;
	if (!form_number(s, &price))
		return FAULT_PRICE_MALFORMED;
	return price < 0 ? FAULT_PRICE_NEGATIVE : FAULT_NONE;
}

static enum facts_fault_id rule_count(struct str s)
{
	int64_t n;
	return str_to_i64(s, 0, INT64_MAX, &n) ? FAULT_NONE : FAULT_COUNT_MALFORMED;
}

static enum facts_fault_id rule_currencies(struct str s)
{
	enum facts_fault_id fault = FAULT_NONE;
	while (s.p && fault == FAULT_NONE) {
		struct str one = str_trim(str_cut(&s, ','));
		fault = form_currency(one);
	}
	return fault;
}

static enum facts_fault_id rule_postcode(struct str s)
{
	if (s.n > 12)
		return FAULT_POSTCODE_LONG;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!(ascii_is_alnum(c) || c == ' ' || c == '-'))
			return FAULT_POSTCODE_MALFORMED;
	}
	return FAULT_NONE;
}

static enum facts_fault_id rule_price_range(struct str s)
{
	return utf8_count(s) >= 100 ? FAULT_PRICE_RANGE_LONG : FAULT_NONE;
}

static enum facts_fault_id rule_description(struct str s)
{
	return s.n > 5000 ? FAULT_DESCRIPTION_LONG : FAULT_NONE;
}

/* Rules by property; most properties have none. */
static enum facts_fault_id (*const value_rules[SCHEMA_PROPERTIES])(struct str s) = {
    [SCHEMA_PROPERTY_addressCountry] = form_country,
    [SCHEMA_PROPERTY_currenciesAccepted] = rule_currencies,
    [SCHEMA_PROPERTY_description] = rule_description,
    [SCHEMA_PROPERTY_email] = form_email,
    [SCHEMA_PROPERTY_faxNumber] = form_telephone,
    [SCHEMA_PROPERTY_geoRadius] = rule_radius,
    [SCHEMA_PROPERTY_latitude] = rule_latitude,
    [SCHEMA_PROPERTY_leiCode] = form_lei,
    [SCHEMA_PROPERTY_longitude] = rule_longitude,
    [SCHEMA_PROPERTY_openingHours] = form_opening_hours,
    [SCHEMA_PROPERTY_postalCode] = rule_postcode,
    [SCHEMA_PROPERTY_price] = rule_price,
    [SCHEMA_PROPERTY_priceCurrency] = form_currency,
    [SCHEMA_PROPERTY_priceRange] = rule_price_range,
    [SCHEMA_PROPERTY_ratingCount] = rule_count,
    [SCHEMA_PROPERTY_reviewCount] = rule_count,
    [SCHEMA_PROPERTY_telephone] = form_telephone,
};

void rules_value(const struct schema_property *property, struct str value, rule_found *found,
		 void *ctx)
{
	enum facts_fault_id (*check)(struct str s) = value_rules[property - schema_properties];
	enum facts_fault_id fault = check ? check(value) : FAULT_NONE;
	if (fault != FAULT_NONE)
		found(ctx, fault, NULL, value);
}

/* ---- one object ---- */

static const struct str nothing = {"", 0};

void rules_keep(struct rules_subject *subject, const struct schema_property *property,
		const struct json_value *member)
{
	/* Rules use bare names only; the length distinguishes them from "schema:name" and
	 * "name-input". */
	static const struct {
		unsigned char length, place;
	} kept[SCHEMA_PROPERTIES] = {
#define X(name) [SCHEMA_PROPERTY_##name] = {sizeof(#name) - 1, MEMBER_##name},
	    RULES_MEMBERS(X)
#undef X
	};
	size_t i = (size_t)(property - schema_properties);
	if (member->key.n == kept[i].length)
		subject->said[kept[i].place] = member;
}

/* A member of the subject; NULL when missing. */
#define SAID(subject, name)      ((subject)->said[MEMBER_##name])
#define TEXT_SAID(subject, name) json_text(SAID(subject, name))

/* The text of a member of an object inside the subject. */
static struct str rules_text(const struct json_value *object, const char *key)
{
	return json_text(json_get(object, key));
}

static bool rules_has(const struct json_value *object, const char *key)
{
	return json_get(object, key) != NULL;
}

/* A text, or the name of an object. */
static struct str rules_name(const struct json_value *v)
{
	return v && v->kind == JSON_IS_OBJECT ? rules_text(v, "name") : json_text(v);
}

static void rule_name(const struct rules_subject *s, rule_found *found, void *ctx)
{
	struct str name = TEXT_SAID(s, name);
	bool letter = false;
	if (!SAID(s, name)) {
		found(ctx, FAULT_NAME_MISSING, NULL, nothing);
		return;
	}
	for (size_t i = 0; i < name.n && !letter; i++) {
		char c = name.p[i];
		letter = (c & 0x80) || ascii_is_alnum(c);
	}
	if (name.n && !letter)
		found(ctx, FAULT_NAME_WORDLESS, "name", name);
	if (str_starts(name, STR("http://")) || str_starts(name, STR("https://")) ||
	    str_starts(name, STR("www.")))
		found(ctx, FAULT_NAME_URL, "name", name);
	if (name.n > 300)
		found(ctx, FAULT_NAME_LONG, "name", name);
	if (name.n && str_eq_nocase(str_trim(TEXT_SAID(s, description)), name))
		found(ctx, FAULT_DESCRIPTION_NAME, "description", name);
}

static void rule_same_as(const struct rules_subject *s, rule_found *found, void *ctx)
{
	enum { SAME_AS_MAX = 200 };
	const struct json_value *list = SAID(s, sameAs);
	struct str url = TEXT_SAID(s, url);
	if (!list || list->kind != JSON_IS_ARRAY)
		return;
	size_t looked = 0; /* limits the quadratic comparison */
	for (const struct json_value *a = list->first; a && looked++ < SAME_AS_MAX; a = a->next) {
		bool twice = url.n && str_eq(json_text(a), url);
		for (const struct json_value *b = list->first; b != a && !twice; b = b->next)
			twice = json_text(a).n && str_eq(json_text(a), json_text(b));
		if (twice)
			found(ctx, FAULT_SAME_AS_TWICE, "sameAs", json_text(a));
	}
}

static void rule_department(const struct rules_subject *s, rule_found *found, void *ctx)
{
	const struct json_value *d = SAID(s, department);
	const struct json_value *one = d && d->kind == JSON_IS_ARRAY ? d->first : d;
	for (; one; one = one == d ? NULL : one->next)
		if (one->kind == JSON_IS_OBJECT && !rules_has(one, "name") &&
		    !rules_has(one, "@id"))
			found(ctx, FAULT_DEPARTMENT_NAMELESS, "department", nothing);
}

/* An OpeningHoursSpecification: times in minutes, days as bits. Closed days are 00:00 to 00:00. */
struct shift {
	int opens, closes;
	unsigned days;
	struct str from, through;
};

/* The bit of a day; 0: not a day. */
static unsigned shift_day(struct str name)
{
	for (unsigned d = 0; d < COUNT_OF(date_weekday_names); d++)
		if (str_eq(name, str_of(date_weekday_names[d])))
			return 1u << d;
	if (str_eq(name, STR("PublicHolidays")))
		return 1u << COUNT_OF(date_weekday_names);
	return 0;
}

static unsigned shift_days(const struct json_value *v)
{
	unsigned days = 0;
	const struct json_value *one = v && v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; one; one = one == v ? NULL : one->next) {
		unsigned day = shift_day(json_text(one));
		days |= day ? day : shift_day(schema_term(json_text(one)));
	}
	return days;
}

static bool shift_read_times(struct str opens, struct str closes, struct shift *out)
{
	enum facts_fault_id a = form_time(opens), b = form_time(closes);
	if ((a != FAULT_NONE && a != FAULT_TIME_24) || (b != FAULT_NONE && b != FAULT_TIME_24))
		return false;
	*out = (struct shift){.opens = form_minutes(opens), .closes = form_minutes(closes)};
	return true;
}

static bool shift_read(const struct json_value *v, struct shift *out)
{
	if (!shift_read_times(rules_text(v, "opens"), rules_text(v, "closes"), out))
		return false;
	out->days = shift_days(json_get(v, "dayOfWeek"));
	out->from = rules_text(v, "validFrom");
	out->through = rules_text(v, "validThrough");
	return true;
}

static enum facts_fault_id shift_compare(const struct shift *a, const struct shift *b)
{
	bool a_closed = a->opens == 0 && a->closes == 0, b_closed = b->opens == 0 && b->closes == 0;
	if (!(a->days & b->days) || !str_eq(a->from, b->from) || !str_eq(a->through, b->through))
		return FAULT_NONE;
	if (a->opens == b->opens && a->closes == b->closes)
		return FAULT_HOURS_TWICE;
	if (a_closed || b_closed)
		return FAULT_HOURS_BOTH;
	int a_closes = a->closes <= a->opens ? a->closes + 24 * 60 : a->closes;
	int b_closes = b->closes <= b->opens ? b->closes + 24 * 60 : b->closes;
	return a->opens < b_closes && b->opens < a_closes ? FAULT_HOURS_OVERLAP : FAULT_NONE;
}

/* Whether any day has several specifications. Most weeks need no comparison. */
static bool shift_days_repeat(const struct json_value *list)
{
	unsigned before = 0;
	for (const struct json_value *one = list->first; one; one = one->next) {
		unsigned days = shift_days(json_get(one, "dayOfWeek"));
		if (days & before)
			return true;
		before |= days;
	}
	return false;
}

enum { SHIFTS_MAX = 128 };

static void rule_week(const struct rules_subject *s, rule_found *found, void *ctx)
{
	struct shift shifts[SHIFTS_MAX];
	size_t count = 0;
	const struct json_value *list = SAID(s, openingHoursSpecification);
	if (!list || list->kind != JSON_IS_ARRAY || !shift_days_repeat(list))
		return;
	for (const struct json_value *one = list->first; one && count < SHIFTS_MAX; one = one->next)
		count += one->kind == JSON_IS_OBJECT && shift_read(one, &shifts[count]);
	for (size_t i = 1; i < count; i++)
		for (size_t k = 0; k < i; k++) {
			enum facts_fault_id fault = shift_compare(&shifts[k], &shifts[i]);
			if (fault == FAULT_NONE)
				continue;
			found(ctx, fault, "openingHoursSpecification", nothing);
			break;
		}
}

/* The number of decimals of a number of degrees. */
static size_t rules_decimals(struct str degrees)
{
	const char *point = degrees.n ? memchr(degrees.p, '.', degrees.n) : NULL;
	return point ? (size_t)(degrees.p + degrees.n - point) - 1 : 0;
}

/* The number of decimals of latitude or longitude, whichever has fewer. */
static size_t rules_decimals_of_place(const struct json_value *geo)
{
	size_t lat = rules_decimals(rules_text(geo, "latitude"));
	size_t lon = rules_decimals(rules_text(geo, "longitude"));
	return lat < lon ? lat : lon;
}

/* Whether an object has coordinates other than 0, 0. */
static bool rules_is_place(const struct json_value *geo)
{
	double lat, lon;
	return form_number(rules_text(geo, "latitude"), &lat) &&
	       form_number(rules_text(geo, "longitude"), &lon) && lat * lat + lon * lon >= 1e-6;
}

/* Compare coordinates with the country of the address. */
static void rule_country(const struct json_value *address, const struct json_value *geo,
			 rule_found *found, void *ctx)
{
	double lat, lon;
	struct str country = rules_name(json_get(address, "addressCountry"));
	if (!form_number(rules_text(geo, "latitude"), &lat) ||
	    !form_number(rules_text(geo, "longitude"), &lon) || lat * lat + lon * lon < 1e-6 ||
	    lat < -90 || lat > 90 || lon < -180 || lon > 180)
		return;
	enum facts_fault_id fault = place_fault(country, lat, lon);
	if (fault != FAULT_NONE)
		found(ctx, fault, "geo", country);
}

/* An address that names a country or a region alone. With coordinates the place can be
 * found, and the author may not know more: a note, not a fault. */
static void rule_vague(const struct json_value *address, bool located, rule_found *found, void *ctx)
{
	static const char *const closer[] = {"addressLocality", "postalCode", "streetAddress",
					     "postOfficeBoxNumber"};
	if (!address || address->kind != JSON_IS_OBJECT ||
	    (!rules_has(address, "addressCountry") && !rules_has(address, "addressRegion")))
		return;
	for (size_t i = 0; i < COUNT_OF(closer); i++)
		if (rules_has(address, closer[i]))
			return;
	found(ctx, located ? FAULT_ADDRESS_COUNTRY : FAULT_ADDRESS_VAGUE, "address", nothing);
}

/* A business that serves an area and publishes no street hides its address. Exact coordinates would
 * reveal it; three decimals or fewer, as for a town's centre, do not. */
static void rule_place(const struct rules_subject *s, rule_found *found, void *ctx)
{
	enum { DECIMALS_OF_DOOR = 5, DECIMALS_OF_TOWN = 3 };
	bool serves = SAID(s, areaServed) || SAID(s, serviceArea);
	const struct json_value *address = facts_resolve(s->ids, SAID(s, address));
	const struct json_value *geo = facts_resolve(s->ids, SAID(s, geo));
	if (!SAID(s, address) && !serves)
		found(ctx, SAID(s, geo) ? FAULT_ADDRESS_COORDINATES : FAULT_ADDRESS_MISSING, NULL,
		      nothing);
	struct str street = rules_text(address, "streetAddress");
	rule_vague(address, geo && rules_has(geo, "latitude") && rules_has(geo, "longitude"), found,
		   ctx);
	if (street.n && !geo && !rules_has(address, "addressLocality") &&
	    !rules_has(address, "postalCode"))
		found(ctx, FAULT_ADDRESS_PLACELESS, "address.streetAddress", street);
	if (!geo || geo->kind != JSON_IS_OBJECT)
		return;
	rule_country(address, geo, found, ctx);
	if (!rules_has(geo, "latitude") || !rules_has(geo, "longitude"))
		return;
	size_t decimals = rules_decimals_of_place(geo);
	if (street.n && decimals < DECIMALS_OF_DOOR && rules_is_place(geo))
		found(ctx, FAULT_COORDINATES_COARSE, "geo", rules_text(geo, "latitude"));
	bool streetless = address && address->kind == JSON_IS_OBJECT && !street.n;
	if (SAID(s, areaServed) && (!SAID(s, address) || streetless) && decimals > DECIMALS_OF_TOWN)
		found(ctx, FAULT_ADDRESS_LEAKED, "geo", nothing);
}

static void rule_business(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (s->of && s->of != &schema_properties[SCHEMA_PROPERTY_mainEntity]) {
		/* an entry of a list or a part need not say everything */
		rule_country(facts_resolve(s->ids, SAID(s, address)),
			     facts_resolve(s->ids, SAID(s, geo)), found, ctx);
		return;
	}
	rule_name(s, found, ctx);
	rule_place(s, found, ctx);
	rule_same_as(s, found, ctx);
	rule_department(s, found, ctx);
	rule_week(s, found, ctx);
	if (SAID(s, aggregateRating))
		found(ctx, FAULT_RATING_SELF, "aggregateRating", nothing);
	if (SAID(s, review))
		found(ctx, FAULT_RATING_SELF, "review", nothing);
	if (s->types_count == 1 && s->types[0] == SCHEMA(LocalBusiness))
		found(ctx, FAULT_TYPE_GENERAL, "@type", STR("LocalBusiness"));
	struct str founded = TEXT_SAID(s, foundingDate), ended = TEXT_SAID(s, dissolutionDate);
	if (founded.n >= 4 && ended.n >= 4 && str_cmp(ended, founded) < 0)
		found(ctx, FAULT_DATES_BACKWARDS, "dissolutionDate", ended);
}

static void rule_address(const struct rules_subject *s, rule_found *found, void *ctx)
{
	struct str country = rules_name(SAID(s, addressCountry));
	if (!SAID(s, addressLocality) && !SAID(s, postalCode) && !SAID(s, streetAddress) &&
	    !SAID(s, addressRegion) && !SAID(s, addressCountry) && !SAID(s, postOfficeBoxNumber))
		found(ctx, FAULT_ADDRESS_EMPTY, NULL, nothing);
	struct str postcode = TEXT_SAID(s, postalCode);
	if (postcode.n && rule_postcode(postcode) == FAULT_NONE &&
	    !form_postcode_of(country, postcode))
		found(ctx, FAULT_POSTCODE_COUNTRY, "postalCode", postcode);
}

static void rule_coordinates(const struct rules_subject *s, rule_found *found, void *ctx)
{
	double lat, lon;
	if (!SAID(s, latitude))
		found(ctx, FAULT_LATITUDE_MISSING, NULL, nothing);
	if (!SAID(s, longitude))
		found(ctx, FAULT_LONGITUDE_MISSING, NULL, nothing);
	if (form_number(TEXT_SAID(s, latitude), &lat) &&
	    form_number(TEXT_SAID(s, longitude), &lon) && lat * lat + lon * lon < 1e-6)
		found(ctx, FAULT_COORDINATES_ZERO, NULL, nothing);
}

static void rule_circle(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!SAID(s, geoMidpoint))
		found(ctx, FAULT_CIRCLE_MIDPOINT, NULL, nothing);
	if (!SAID(s, geoRadius))
		found(ctx, FAULT_CIRCLE_RADIUS, NULL, nothing);
}

static void rule_hours(const struct rules_subject *s, rule_found *found, void *ctx)
{
	struct shift shift;
	struct str from = TEXT_SAID(s, validFrom), through = TEXT_SAID(s, validThrough);
	if (!SAID(s, opens) && SAID(s, closes))
		found(ctx, FAULT_HOURS_OPENS, NULL, nothing);
	if (SAID(s, opens) && !SAID(s, closes))
		found(ctx, FAULT_HOURS_CLOSES, NULL, nothing);
	if (!SAID(s, dayOfWeek) && !from.n && !through.n)
		found(ctx, FAULT_HOURS_DAYLESS, NULL, nothing);
	if (shift_read_times(TEXT_SAID(s, opens), TEXT_SAID(s, closes), &shift) &&
	    shift.opens == shift.closes && shift.opens)
		found(ctx, FAULT_HOURS_POINT, "closes", TEXT_SAID(s, closes));
	if (from.n && through.n && str_cmp(through, from) < 0)
		found(ctx, FAULT_SEASON_BACKWARDS, "validThrough", through);
	if (!from.n != !through.n)
		found(ctx, FAULT_SEASON_OPEN, from.n ? "validFrom" : "validThrough",
		      from.n ? from : through);
}

static void rule_offer(const struct rules_subject *s, rule_found *found, void *ctx)
{
	/* an offer inside a Product, Event or Service is an offer of that object */
	bool of_something = s->of && s->of != &schema_properties[SCHEMA_PROPERTY_makesOffer] &&
			    s->of != &schema_properties[SCHEMA_PROPERTY_itemListElement];
	if (!SAID(s, itemOffered) && !SAID(s, name) && !of_something)
		found(ctx, FAULT_OFFER_ITEM, NULL, nothing);
	if (SAID(s, price) && !SAID(s, priceCurrency))
		found(ctx, FAULT_PRICE_CURRENCY, "price", TEXT_SAID(s, price));
}

static void rule_item(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!SAID(s, name))
		found(ctx, FAULT_ITEM_NAMELESS, NULL, nothing);
}

static void rule_area(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!SAID(s, name))
		found(ctx, FAULT_AREA_NAMELESS, NULL, nothing);
}

static void rule_person(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!SAID(s, name) && !SAID(s, familyName))
		found(ctx, FAULT_PERSON_NAMELESS, NULL, nothing);
}

static void rule_image(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!SAID(s, url) && !SAID(s, contentUrl))
		found(ctx, FAULT_IMAGE_URL, NULL, nothing);
}

static void rule_rating(const struct rules_subject *s, rule_found *found, void *ctx)
{
	double value, worst = 1, best = 5;
	struct str text = TEXT_SAID(s, ratingValue);
	if (TEXT_SAID(s, worstRating).n && !form_number(TEXT_SAID(s, worstRating), &worst))
		return;
	if (TEXT_SAID(s, bestRating).n && !form_number(TEXT_SAID(s, bestRating), &best))
		return;
	if (text.n && (!form_number(text, &value) || value < worst || value > best))
		found(ctx, FAULT_RATING_RANGE, "ratingValue", text);
}

/* Check an entry of a BreadcrumbList; *position is 0 when it is missing or malformed. */
static void rule_entry(const struct json_value *entry, bool last, int64_t *position,
		       rule_found *found, void *ctx)
{
	const struct json_value *item = json_get(entry, "item");
	const struct json_value *said = json_get(entry, "position");
	*position = 0;
	if (!said)
		found(ctx, FAULT_LIST_POSITION, "itemListElement", rules_name(entry));
	else if (!str_to_i64(json_text(said), 1, INT32_MAX, position))
		found(ctx, FAULT_LIST_POSITION_MALFORMED, "itemListElement", json_text(said));
	if (!rules_text(entry, "name").n &&
	    !(item && item->kind == JSON_IS_OBJECT &&
	      (rules_has(item, "name") || facts_is_reference(item))))
		found(ctx, FAULT_LIST_NAME, "itemListElement", nothing);
	if (!item && !last)
		found(ctx, FAULT_LIST_ITEM, "itemListElement", rules_text(entry, "name"));
}

/* A BreadcrumbList: search engines need of each entry a position and a name, and of all but the
 * last an item. The last entry is the one with the highest position, in whatever order they are. */
static void rule_trail(const struct rules_subject *s, rule_found *found, void *ctx)
{
	enum { ENTRIES_MAX = 100 };
	int64_t positions[ENTRIES_MAX], highest = 0, position;
	size_t count = 0;
	const struct json_value *list = SAID(s, itemListElement);
	const struct json_value *first = list && list->kind == JSON_IS_ARRAY ? list->first : list;
	if (!first)
		found(ctx, FAULT_LIST_EMPTY_TRAIL, NULL, nothing);
	for (const struct json_value *e = first; e; e = e == list ? NULL : e->next)
		if (str_to_i64(rules_text(e, "position"), 1, INT32_MAX, &position) &&
		    position > highest)
			highest = position;
	for (const struct json_value *e = first; e && count < ENTRIES_MAX;
	     e = e == list ? NULL : e->next) {
		if (e->kind != JSON_IS_OBJECT || facts_is_reference(e))
			continue;
		bool ends = e == list || !e->next;
		bool placed = str_to_i64(rules_text(e, "position"), 1, INT32_MAX, &position);
		rule_entry(e, placed && highest ? position == highest : ends, &position, found,
			   ctx);
		for (size_t i = 0; position && i < count; i++)
			if (positions[i] == position) {
				found(ctx, FAULT_LIST_POSITION_TWICE, "itemListElement",
				      rules_text(e, "position"));
				break;
			}
		positions[count++] = position;
	}
}

static const struct {
	const struct schema_type *type;
	void (*check)(const struct rules_subject *s, rule_found *found, void *ctx);
} object_rules[] = {
    {SCHEMA(LocalBusiness), rule_business},
    {SCHEMA(PostalAddress), rule_address},
    {SCHEMA(GeoCoordinates), rule_coordinates},
    {SCHEMA(GeoCircle), rule_circle},
    {SCHEMA(OpeningHoursSpecification), rule_hours},
    {SCHEMA(Offer), rule_offer},
    {SCHEMA(Product), rule_item},
    {SCHEMA(Service), rule_item},
    {SCHEMA(AdministrativeArea), rule_area},
    {SCHEMA(Person), rule_person},
    {SCHEMA(ImageObject), rule_image},
    {SCHEMA(Rating), rule_rating},
    {SCHEMA(BreadcrumbList), rule_trail},
};

enum { RULES = COUNT_OF(object_rules), RULES_MADE = 1 << RULES };
_Static_assert(RULES_MADE <= UINT16_MAX, "a bit for each rule");

/* The rules for a type as bits, in the order of the table; computed at the first call. */
static unsigned rules_of(const struct schema_type *type)
{
	static uint16_t made[SCHEMA_TYPES];
	uint16_t *rules = &made[type - schema_types];
	for (size_t i = 0; i < RULES && !(*rules & RULES_MADE); i++)
		if (schema_is_a(type, object_rules[i].type))
			*rules |= (uint16_t)(1u << i);
	*rules |= RULES_MADE;
	return *rules & (RULES_MADE - 1u);
}

void rules_object(const struct rules_subject *subject, rule_found *found, void *ctx)
{
	unsigned rules = 0;
	for (size_t i = 0; i < subject->types_count; i++)
		rules |= rules_of(subject->types[i]);
	for (; rules; rules &= rules - 1) /* clears the lowest bit */
		object_rules[__builtin_ctz(rules)].check(subject, found, ctx);
}
