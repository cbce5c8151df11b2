/* Removes invalid optional values from a record. */
#include "site/facts/internal.h"

#define PROPERTY(name) (&schema_properties[SCHEMA_PROPERTY_##name])

struct clean {
	struct facts_business *business;
	struct arena *arena;
	facts_found *dropped;
	void *ctx;
	const struct facts_fault *fault; /* of the value being checked; NULL: it is valid */
};

static void clean_keep_fault(void *ctx, const struct facts_finding *finding)
{
	struct clean *c = ctx;
	if (finding->fault->severity == FACTS_ERROR && !c->fault)
		c->fault = finding->fault;
}

static void clean_report(const struct clean *c, const char *property, struct str value)
{
	if (c->dropped)
		c->dropped(c->ctx, &(struct facts_finding){c->fault, property, value});
}

/* Whether the value is valid for the property; reports it when not. An empty value is valid. */
static bool clean_is_valid(struct clean *c, const struct schema_property *property,
			   struct str value)
{
	if (!value.n)
		return true;
	c->fault = NULL;
	check_one_text(property, value, clean_keep_fault, c);
	if (c->fault)
		clean_report(c, property->name, value);
	return !c->fault;
}

static void clean_text(struct clean *c, const struct schema_property *property, struct str *value)
{
	if (!clean_is_valid(c, property, *value))
		*value = STR("");
}

static void clean_texts(struct clean *c, const struct schema_property *property,
			struct facts_texts *list)
{
	struct str *kept = arena_array(c->arena, list->count + 1, sizeof(*kept));
	size_t n = 0;
	for (size_t i = 0; kept && i < list->count; i++)
		if (clean_is_valid(c, property, list->item[i]))
			kept[n++] = list->item[i];
	if (kept && n < list->count)
		*list = (struct facts_texts){kept, n};
}

/* Remove coordinates that are out of range or not in the country. */
static void clean_coordinates(struct clean *c)
{
	struct facts_business *b = c->business;
	enum facts_fault_id fault = FAULT_NONE;
	if (!b->located)
		return;
	if (b->lat * b->lat + b->lon * b->lon < 1e-6)
		fault = FAULT_COORDINATES_ZERO;
	else if (!(b->lat >= -90 && b->lat <= 90))
		fault = FAULT_LATITUDE_RANGE;
	else if (!(b->lon >= -180 && b->lon <= 180))
		fault = FAULT_LONGITUDE_RANGE;
	else
		fault = place_fault(b->country, b->lat, b->lon);
	if (fault == FAULT_NONE)
		return;
	b->located = false;
	c->fault = &facts_faults[fault];
	clean_report(c, "geo", b->country);
}

/* Remove a street without a town, postcode or coordinates: it cannot be found. */
static void clean_street(struct clean *c)
{
	struct facts_business *b = c->business;
	if (!b->street.n || b->city.n || b->postcode.n || b->located)
		return;
	c->fault = &facts_faults[FAULT_ADDRESS_PLACELESS];
	clean_report(c, "streetAddress", b->street);
	b->street = STR("");
}

/* Whether a radius in kilometres is valid as a GeoCircle's. */
static bool clean_is_radius(struct clean *c, struct str km)
{
	double n;
	char *metres = form_number(km, &n) ? arena_printf(c->arena, "%.0f", n * 1000) : NULL;
	return !metres || clean_is_valid(c, PROPERTY(geoRadius), str_of(metres));
}

/* The valid items of a list separated by ';'. */
static struct str clean_items(struct clean *c, const struct schema_property *property,
			      struct str texts)
{
	struct str text, rest = texts, kept = STR("");
	bool all = true;
	while (extra_next(&rest, &text)) {
		bool sound = clean_is_valid(c, property, text);
		all &= sound;
		if (sound)
			kept = kept.n ? ARENA_JOIN(c->arena, kept, STR(";"), text) : text;
	}
	return all ? texts : kept;
}

/* Whether the vocabulary has the type; reports it when not. */
static bool clean_is_type(struct clean *c, struct str type)
{
	if (!type.n || schema_type_find(type))
		return true;
	c->fault = &facts_faults[FAULT_TYPE_UNKNOWN];
	clean_report(c, "department", type);
	return false;
}

/* Remove invalid members of an offer or department. False: its name is invalid, remove all of
 * it. */
static bool clean_good(struct clean *c, struct json_value *good)
{
	if (!clean_is_valid(c, PROPERTY(name), json_text(json_get(good, "name"))))
		return false;
	struct json_value **at = &good->first;
	while (*at) {
		const struct json_value *v = *at;
		const struct schema_property *p =
		    str_eq(v->key, STR("price"))         ? PROPERTY(price)
		    : str_eq(v->key, STR("currency"))    ? PROPERTY(priceCurrency)
		    : str_eq(v->key, STR("description")) ? PROPERTY(description)
		    : str_eq(v->key, STR("phone"))       ? PROPERTY(telephone)
							 : NULL;
		/* a price that is not a number and a telephone number without a country code are
		 * not in the block, so that they need not be valid */
		double number;
		bool claimed = p != PROPERTY(price) || form_number(json_text(v), &number);
		claimed &= p != PROPERTY(telephone) || facts_phone_known(json_text(v));
		bool typed = !str_eq(v->key, STR("type")) || clean_is_type(c, json_text(v));
		if (!typed || (p && claimed && !clean_is_valid(c, p, json_text(v))))
			*at = v->next;
		else
			at = &(*at)->next;
	}
	return true;
}

/* Copy a tree, so that members can be removed. NULL: over the arena's maximum. */
static struct json_value *clean_copy_tree(struct arena *arena, const struct json_value *tree)
{
	struct json_value *copy = arena_room(arena, sizeof(*copy)), *last = NULL;
	if (!copy)
		return NULL;
	*copy = *tree;
	copy->first = copy->last = copy->next = NULL;
	for (const struct json_value *v = tree->first; v; v = v->next) {
		struct json_value *child = clean_copy_tree(arena, v);
		if (!child)
			return NULL;
		if (last)
			last->next = child;
		else
			copy->first = child;
		copy->last = last = child;
	}
	return copy;
}

static void clean_goods(struct clean *c, struct json_value *list)
{
	struct json_value **at = list ? &list->first : NULL;
	while (at && *at)
		if (clean_good(c, *at))
			at = &(*at)->next;
		else
			*at = (*at)->next;
}

/* Clean a further fact. False: remove it. */
static bool clean_extra(struct clean *c, struct json_value *v)
{
	const struct extra_info *info = extra_find(v->key);
	const struct schema_property *p =
	    info && info->property ? schema_property_find(str_of(info->property)) : NULL;
	struct str text = extra_text(v);
	if (str_eq(v->key, STR("departments"))) {
		clean_goods(c, v);
		return v->first != NULL;
	}
	if (!text.n || v->kind == JSON_IS_BOOL)
		return true;
	if (str_eq(v->key, STR("service_radius_km")) && !clean_is_radius(c, text))
		return false;
	if (!p)
		p = PROPERTY(name); /* accepts any text */
	switch (info ? info->form : EXTRA_SHOWN) {
	case EXTRA_LIST:
	case EXTRA_CUISINE:
	case EXTRA_PERSON:
		v->text = clean_items(c, info->form == EXTRA_PERSON ? PROPERTY(name) : p, text);
		return v->text.n > 0;
	case EXTRA_DATE:
		return form_date(text) != FAULT_NONE ? clean_is_valid(c, PROPERTY(name), text)
						     : clean_is_valid(c, p, text);
	case EXTRA_URL:
		return !facts_is_web(text) || clean_is_valid(c, p, text);
	default:
		return clean_is_valid(c, p, text);
	}
}

static void clean_extras(struct clean *c)
{
	struct json_value *extra = clean_copy_tree(c->arena, c->business->extra);
	struct json_value **at = extra ? &extra->first : NULL;
	while (at && *at)
		if (clean_extra(c, *at))
			at = &(*at)->next;
		else
			*at = (*at)->next;
	c->business->extra = extra;
}

static void clean_offers(struct clean *c)
{
	struct json_value *offers = clean_copy_tree(c->arena, c->business->offers);
	for (struct json_value *v = offers ? offers->first : NULL; v; v = v->next)
		if (str_eq(v->key, STR("items")))
			clean_goods(c, v);
	c->business->offers = offers;
}

void facts_clean(struct facts_business *business, struct arena *arena, facts_found *dropped,
		 void *ctx)
{
	struct clean c = {business, arena, dropped, ctx, NULL};
	clean_text(&c, PROPERTY(description), &business->description);
	clean_texts(&c, PROPERTY(alternateName), &business->alt_names);
	clean_text(&c, PROPERTY(streetAddress), &business->street);
	clean_text(&c, PROPERTY(postalCode), &business->postcode);
	clean_text(&c, PROPERTY(addressLocality), &business->city);
	clean_text(&c, PROPERTY(addressRegion), &business->region);
	clean_text(&c, PROPERTY(addressCountry), &business->country);
	if (facts_phone_known(business->phone))
		clean_text(&c, PROPERTY(telephone), &business->phone);
	if (facts_is_web(business->website))
		clean_text(&c, PROPERTY(url), &business->website);
	clean_texts(&c, PROPERTY(name), &business->service_area);
	clean_texts(&c, PROPERTY(sameAs), &business->same_as);
	clean_coordinates(&c);
	clean_street(&c);
	if (business->offers)
		clean_offers(&c);
	if (business->extra)
		clean_extras(&c);
}
