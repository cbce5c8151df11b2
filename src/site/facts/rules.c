/* What is checked of one value by its property, and of one object by its type. */
#include "site/facts/internal.h"

#include <string.h>

/* ---- one value ---- */

static enum facts_fault_id check_degrees(struct str s, double most, enum facts_fault_id malformed,
					 enum facts_fault_id beyond)
{
	double degrees;
	if (!form_number(s, &degrees))
		return malformed;
	if (degrees < -most || degrees > most)
		return beyond;
	const char *point = memchr(s.p, '.', s.n);
	size_t decimals = point ? (size_t)(s.p + s.n - point) - 1 : 0;
	return decimals < 5 ? FAULT_COORDINATES_COARSE : FAULT_NONE;
}

static enum facts_fault_id check_latitude(struct str s)
{
	return check_degrees(s, 90, FAULT_LATITUDE_MALFORMED, FAULT_LATITUDE_RANGE);
}

static enum facts_fault_id check_longitude(struct str s)
{
	return check_degrees(s, 180, FAULT_LONGITUDE_MALFORMED, FAULT_LONGITUDE_RANGE);
}

/* Half the way around the earth is everywhere. */
static enum facts_fault_id check_radius(struct str s)
{
	double metres;
	if (!form_number(s, &metres))
		return FAULT_RADIUS_MALFORMED;
	return metres <= 0 || metres > 20037508 ? FAULT_RADIUS_RANGE : FAULT_NONE;
}

static enum facts_fault_id check_price(struct str s)
{
	double price;
	if (!form_number(s, &price))
		return FAULT_PRICE_MALFORMED;
	return price < 0 ? FAULT_PRICE_NEGATIVE : FAULT_NONE;
}

static enum facts_fault_id check_count(struct str s)
{
	int64_t n;
	return str_to_i64(s, 0, INT64_MAX, &n) ? FAULT_NONE : FAULT_COUNT_MALFORMED;
}

static enum facts_fault_id check_currencies(struct str s)
{
	enum facts_fault_id fault = FAULT_NONE;
	while (s.p && fault == FAULT_NONE) {
		struct str one = str_trim(str_cut(&s, ','));
		fault = form_currency(one);
	}
	return fault;
}

static enum facts_fault_id check_postcode(struct str s)
{
	if (s.n > 12)
		return FAULT_POSTCODE_LONG;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      c == ' ' || c == '-'))
			return FAULT_POSTCODE_MALFORMED;
	}
	return FAULT_NONE;
}

static enum facts_fault_id check_price_range(struct str s)
{
	size_t characters = 0;
	for (size_t i = 0; i < s.n; i++)
		characters += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return characters >= 100 ? FAULT_PRICE_RANGE_LONG : FAULT_NONE;
}

static enum facts_fault_id check_description(struct str s)
{
	return s.n > 5000 ? FAULT_DESCRIPTION_LONG : FAULT_NONE;
}

static const struct {
	enum schema_property_number property;
	enum facts_fault_id (*check)(struct str s);
} value_rules[] = {
    {SCHEMA_PROPERTY_addressCountry, form_country},
    {SCHEMA_PROPERTY_currenciesAccepted, check_currencies},
    {SCHEMA_PROPERTY_description, check_description},
    {SCHEMA_PROPERTY_email, form_email},
    {SCHEMA_PROPERTY_faxNumber, form_telephone},
    {SCHEMA_PROPERTY_geoRadius, check_radius},
    {SCHEMA_PROPERTY_latitude, check_latitude},
    {SCHEMA_PROPERTY_leiCode, form_lei},
    {SCHEMA_PROPERTY_longitude, check_longitude},
    {SCHEMA_PROPERTY_postalCode, check_postcode},
    {SCHEMA_PROPERTY_price, check_price},
    {SCHEMA_PROPERTY_priceCurrency, form_currency},
    {SCHEMA_PROPERTY_priceRange, check_price_range},
    {SCHEMA_PROPERTY_ratingCount, check_count},
    {SCHEMA_PROPERTY_reviewCount, check_count},
    {SCHEMA_PROPERTY_telephone, form_telephone},
};

void rules_value(const struct schema_property *property, struct str value, rule_found *found,
		 void *ctx)
{
	for (size_t i = 0; i < sizeof(value_rules) / sizeof(value_rules[0]); i++) {
		if (property != &schema_properties[value_rules[i].property])
			continue;
		enum facts_fault_id fault = value_rules[i].check(value);
		if (fault != FAULT_NONE)
			found(ctx, fault, NULL, value);
		return;
	}
}

/* ---- one object ---- */

static const struct str nothing = {"", 0};

static struct str text_of(const struct json_value *object, const char *key)
{
	return json_text(json_get(object, key));
}

static bool has(const struct json_value *object, const char *key)
{
	return json_get(object, key) != NULL;
}

/* A text, or the name of the object that stands for it. */
static struct str name_of(const struct json_value *v)
{
	return v && v->kind == JSON_IS_OBJECT ? text_of(v, "name") : json_text(v);
}

static void check_name(const struct json_value *v, rule_found *found, void *ctx)
{
	struct str name = text_of(v, "name");
	bool letter = false;
	if (!has(v, "name")) {
		found(ctx, FAULT_NAME_MISSING, NULL, nothing);
		return;
	}
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		letter |= c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			  (c >= 'a' && c <= 'z');
	}
	if (name.n && !letter)
		found(ctx, FAULT_NAME_WORDLESS, "name", name);
	if (str_starts(name, STR("http://")) || str_starts(name, STR("https://")) ||
	    str_starts(name, STR("www.")))
		found(ctx, FAULT_NAME_URL, "name", name);
	if (name.n > 300)
		found(ctx, FAULT_NAME_LONG, "name", name);
	if (name.n && str_eq_nocase(str_trim(text_of(v, "description")), name))
		found(ctx, FAULT_DESCRIPTION_NAME, "description", name);
}

static void check_same_as(const struct json_value *v, rule_found *found, void *ctx)
{
	const struct json_value *list = json_get(v, "sameAs");
	struct str url = text_of(v, "url");
	if (!list || list->kind != JSON_IS_ARRAY)
		return;
	for (const struct json_value *a = list->first; a; a = a->next) {
		bool twice = url.n && str_eq(json_text(a), url);
		for (const struct json_value *b = list->first; b != a && !twice; b = b->next)
			twice = json_text(a).n && str_eq(json_text(a), json_text(b));
		if (twice)
			found(ctx, FAULT_SAME_AS_TWICE, "sameAs", json_text(a));
	}
}

static void check_department(const struct json_value *v, rule_found *found, void *ctx)
{
	const struct json_value *d = json_get(v, "department");
	const struct json_value *one = d && d->kind == JSON_IS_ARRAY ? d->first : d;
	for (; one; one = one == d ? NULL : one->next)
		if (one->kind == JSON_IS_OBJECT && !has(one, "name") && !has(one, "@id"))
			found(ctx, FAULT_DEPARTMENT_NAMELESS, "department", nothing);
}

/* Two specifications of one day: intervals in minutes; a day that is closed is 00:00 to 00:00. */
struct shift {
	int opens, closes;
	unsigned days;
	struct str from, through;
};

static unsigned days_in(const struct json_value *v)
{
	static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
					    "Friday", "Saturday", "Sunday",    "PublicHolidays"};
	unsigned days = 0;
	const struct json_value *one = v && v->kind == JSON_IS_ARRAY ? v->first : v;
	for (; one; one = one == v ? NULL : one->next) {
		struct str name = schema_term(json_text(one));
		for (unsigned d = 0; d < 8; d++)
			if (str_eq(name, str_of(names[d])))
				days |= 1u << d;
	}
	return days;
}

static bool read_shift(const struct json_value *v, struct shift *out)
{
	struct str opens = text_of(v, "opens"), closes = text_of(v, "closes");
	enum facts_fault_id a = form_time(opens), b = form_time(closes);
	if ((a != FAULT_NONE && a != FAULT_TIME_24) || (b != FAULT_NONE && b != FAULT_TIME_24))
		return false;
	*out = (struct shift){form_minutes(opens), form_minutes(closes),
			      days_in(json_get(v, "dayOfWeek")), text_of(v, "validFrom"),
			      text_of(v, "validThrough")};
	return true;
}

static enum facts_fault_id compare_shifts(const struct shift *a, const struct shift *b)
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

enum { SHIFTS_MAX = 128 };

static void check_week(const struct json_value *v, rule_found *found, void *ctx)
{
	struct shift shifts[SHIFTS_MAX];
	size_t count = 0;
	const struct json_value *list = json_get(v, "openingHoursSpecification");
	if (!list || list->kind != JSON_IS_ARRAY)
		return;
	for (const struct json_value *one = list->first; one && count < SHIFTS_MAX; one = one->next)
		count += one->kind == JSON_IS_OBJECT && read_shift(one, &shifts[count]);
	for (size_t i = 1; i < count; i++)
		for (size_t k = 0; k < i; k++) {
			enum facts_fault_id fault = compare_shifts(&shifts[k], &shifts[i]);
			if (fault == FAULT_NONE)
				continue;
			found(ctx, fault, "openingHoursSpecification", nothing);
			break;
		}
}

/* Who serves an area and names no street keeps its place to itself: coordinates tell it all the same. */
static void check_place(const struct json_value *v, rule_found *found, void *ctx)
{
	const struct json_value *address = json_get(v, "address"), *geo = json_get(v, "geo");
	if (!address && !geo && !has(v, "areaServed") && !has(v, "serviceArea"))
		found(ctx, FAULT_ADDRESS_MISSING, NULL, nothing);
	struct str street = text_of(address, "streetAddress");
	if (street.n && !geo && !has(address, "addressLocality") && !has(address, "postalCode"))
		found(ctx, FAULT_ADDRESS_PLACELESS, "address.streetAddress", street);
	bool streetless = !address || (address->kind == JSON_IS_OBJECT &&
				       !has(address, "streetAddress") && !has(address, "@id"));
	if (geo && streetless && has(v, "areaServed"))
		found(ctx, FAULT_ADDRESS_LEAKED, "geo", nothing);
}

static void check_business(const struct rules_subject *s, rule_found *found, void *ctx)
{
	const struct json_value *v = s->object;
	if (s->nested)
		return;
	check_name(v, found, ctx);
	check_place(v, found, ctx);
	check_same_as(v, found, ctx);
	check_department(v, found, ctx);
	check_week(v, found, ctx);
	if (has(v, "aggregateRating"))
		found(ctx, FAULT_RATING_SELF, "aggregateRating", nothing);
	if (has(v, "review"))
		found(ctx, FAULT_RATING_SELF, "review", nothing);
	if (s->types_count == 1 && s->types[0] == SCHEMA(LocalBusiness))
		found(ctx, FAULT_TYPE_GENERAL, "@type", STR("LocalBusiness"));
	struct str founded = text_of(v, "foundingDate"), ended = text_of(v, "dissolutionDate");
	if (founded.n >= 4 && ended.n >= 4 && str_cmp(ended, founded) < 0)
		found(ctx, FAULT_DATES_BACKWARDS, "dissolutionDate", ended);
}

static void check_address(const struct rules_subject *s, rule_found *found, void *ctx)
{
	const struct json_value *v = s->object;
	struct str country = name_of(json_get(v, "addressCountry"));
	if (!has(v, "addressLocality") && !has(v, "postalCode") && !has(v, "streetAddress") &&
	    !has(v, "addressRegion") && !has(v, "addressCountry") && !has(v, "postOfficeBoxNumber"))
		found(ctx, FAULT_ADDRESS_EMPTY, NULL, nothing);
	struct str postcode = text_of(v, "postalCode");
	if (postcode.n && check_postcode(postcode) == FAULT_NONE &&
	    !form_postcode_of(country, postcode))
		found(ctx, FAULT_POSTCODE_COUNTRY, "postalCode", postcode);
}

static void check_coordinates(const struct rules_subject *s, rule_found *found, void *ctx)
{
	double lat, lon;
	if (!has(s->object, "latitude"))
		found(ctx, FAULT_LATITUDE_MISSING, NULL, nothing);
	if (!has(s->object, "longitude"))
		found(ctx, FAULT_LONGITUDE_MISSING, NULL, nothing);
	if (form_number(text_of(s->object, "latitude"), &lat) &&
	    form_number(text_of(s->object, "longitude"), &lon) && lat * lat + lon * lon < 1e-6)
		found(ctx, FAULT_COORDINATES_ZERO, NULL, nothing);
}

static void check_circle(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!has(s->object, "geoMidpoint"))
		found(ctx, FAULT_CIRCLE_MIDPOINT, NULL, nothing);
	if (!has(s->object, "geoRadius"))
		found(ctx, FAULT_CIRCLE_RADIUS, NULL, nothing);
}

static void check_hours(const struct rules_subject *s, rule_found *found, void *ctx)
{
	const struct json_value *v = s->object;
	struct shift shift;
	struct str from = text_of(v, "validFrom"), through = text_of(v, "validThrough");
	if (!has(v, "opens") && has(v, "closes"))
		found(ctx, FAULT_HOURS_OPENS, NULL, nothing);
	if (has(v, "opens") && !has(v, "closes"))
		found(ctx, FAULT_HOURS_CLOSES, NULL, nothing);
	if (!has(v, "dayOfWeek") && !from.n && !through.n)
		found(ctx, FAULT_HOURS_DAYLESS, NULL, nothing);
	if (read_shift(v, &shift) && shift.opens == shift.closes && shift.opens)
		found(ctx, FAULT_HOURS_POINT, "closes", text_of(v, "closes"));
	if (from.n && through.n && str_cmp(through, from) < 0)
		found(ctx, FAULT_SEASON_BACKWARDS, "validThrough", through);
	if (!from.n != !through.n)
		found(ctx, FAULT_SEASON_OPEN, from.n ? "validFrom" : "validThrough",
		      from.n ? from : through);
}

static void check_offer(const struct rules_subject *s, rule_found *found, void *ctx)
{
	const struct json_value *v = s->object;
	if (!has(v, "itemOffered") && !has(v, "name"))
		found(ctx, FAULT_OFFER_ITEM, NULL, nothing);
	if (has(v, "price") && !has(v, "priceCurrency"))
		found(ctx, FAULT_PRICE_CURRENCY, "price", text_of(v, "price"));
}

static void check_item(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!has(s->object, "name"))
		found(ctx, FAULT_ITEM_NAMELESS, NULL, nothing);
}

static void check_area(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!has(s->object, "name"))
		found(ctx, FAULT_AREA_NAMELESS, NULL, nothing);
}

static void check_person(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!has(s->object, "name") && !has(s->object, "familyName"))
		found(ctx, FAULT_PERSON_NAMELESS, NULL, nothing);
}

static void check_image(const struct rules_subject *s, rule_found *found, void *ctx)
{
	if (!has(s->object, "url") && !has(s->object, "contentUrl"))
		found(ctx, FAULT_IMAGE_URL, NULL, nothing);
}

static void check_rating(const struct rules_subject *s, rule_found *found, void *ctx)
{
	double value, worst = 1, best = 5;
	struct str text = text_of(s->object, "ratingValue");
	if (text_of(s->object, "worstRating").n &&
	    !form_number(text_of(s->object, "worstRating"), &worst))
		return;
	if (text_of(s->object, "bestRating").n &&
	    !form_number(text_of(s->object, "bestRating"), &best))
		return;
	if (text.n && (!form_number(text, &value) || value < worst || value > best))
		found(ctx, FAULT_RATING_RANGE, "ratingValue", text);
}

static const struct {
	const struct schema_type *type;
	void (*check)(const struct rules_subject *s, rule_found *found, void *ctx);
} object_rules[] = {
    {SCHEMA(LocalBusiness), check_business},
    {SCHEMA(PostalAddress), check_address},
    {SCHEMA(GeoCoordinates), check_coordinates},
    {SCHEMA(GeoCircle), check_circle},
    {SCHEMA(OpeningHoursSpecification), check_hours},
    {SCHEMA(Offer), check_offer},
    {SCHEMA(Product), check_item},
    {SCHEMA(Service), check_item},
    {SCHEMA(AdministrativeArea), check_area},
    {SCHEMA(Person), check_person},
    {SCHEMA(ImageObject), check_image},
    {SCHEMA(Rating), check_rating},
};

bool rules_is_a(const struct rules_subject *subject, const struct schema_type *type)
{
	for (size_t i = 0; i < subject->types_count; i++)
		if (schema_is_a(subject->types[i], type))
			return true;
	return false;
}

void rules_object(const struct rules_subject *subject, rule_found *found, void *ctx)
{
	for (size_t i = 0; i < sizeof(object_rules) / sizeof(object_rules[0]); i++)
		if (rules_is_a(subject, object_rules[i].type))
			object_rules[i].check(subject, found, ctx);
}
