#include "site/facts/internal.h"
#include "base/date.h"

#include <string.h>
#include "base/utf8.h"
#include "hours/hours.h"
#include "site/locale/locale.h"

enum {
	DAY = 24 * 60,
	BLOCK_MAX = 1 << 20, /* bytes of a block as JSON */
};

/* A block under construction. */
struct block {
	struct json_build b;
	const struct facts_business *business;
	bool hides_address;
};

static struct json_value *block_put_object(struct block *k, struct json_value *parent,
					   const char *key, const char *type)
{
	struct json_value *v = json_build(&k->b, parent, key, JSON_IS_OBJECT);
	json_build_text(&k->b, v, "@type", str_of(type));
	return v;
}

static void block_put_item(struct block *k, struct json_value *list, struct str text)
{
	json_build(&k->b, list, NULL, JSON_IS_STRING)->text = text;
}

/* The list under a key, created with its first item. */
static struct json_value *block_list(struct block *k, struct json_value *parent, const char *key)
{
	for (struct json_value *v = parent->first; v; v = v->next)
		if (str_eq(v->key, str_of(key)))
			return v;
	return json_build(&k->b, parent, key, JSON_IS_ARRAY);
}

static void block_put_texts(struct block *k, struct json_value *root, const char *key,
			    const struct facts_texts *texts, bool web_only)
{
	for (size_t i = 0; i < texts->count; i++)
		if (texts->item[i].n && (!web_only || facts_is_web(texts->item[i])))
			block_put_item(k, block_list(k, root, key), texts->item[i]);
}

/* ---- type and address ---- */

/* Whether type i is redundant: it occurs before, or a more specific one is in the list. */
static bool block_type_is_redundant(const struct facts_texts *types, size_t i)
{
	const struct schema_type *type = schema_type_find(types->item[i]);
	for (size_t k = 0; k < types->count; k++) {
		const struct schema_type *other = schema_type_find(types->item[k]);
		if (type && other && k != i && (type == other ? k < i : schema_is_a(other, type)))
			return true;
	}
	return false;
}

static void block_put_types(struct block *k, struct json_value *root)
{
	const struct facts_texts *types = &k->business->types;
	struct str one = STR("LocalBusiness");
	size_t count = 0;
	for (size_t i = 0; i < types->count; i++)
		if (!block_type_is_redundant(types, i) && !count++)
			one = types->item[i];
	if (count < 2)
		json_build_text(&k->b, root, "@type", one);
	for (size_t i = 0; i < types->count && count > 1; i++)
		if (!block_type_is_redundant(types, i))
			block_put_item(k, block_list(k, root, "@type"), types->item[i]);
}

static bool block_has_type(const struct facts_business *business,
			   const struct schema_type *ancestor)
{
	for (size_t i = 0; i < business->types.count; i++) {
		const struct schema_type *type = schema_type_find(business->types.item[i]);
		if (type && schema_is_a(type, ancestor))
			return true;
	}
	return false;
}

static void block_put_coordinates(struct block *k, struct json_value *parent, const char *key)
{
	static const char *const keys[] = {"latitude", "longitude"};
	struct json_value *geo = block_put_object(k, parent, key, "GeoCoordinates");
	for (int i = 0; i < 2; i++) {
		struct str text =
		    facts_degrees(k->b.arena, i ? k->business->lon : k->business->lat);
		k->b.failed |= !text.p;
		json_build(&k->b, geo, keys[i], JSON_IS_NUMBER)->text = text;
	}
}

static void block_put_address(struct block *k, struct json_value *root)
{
	const struct facts_business *b = k->business;
	struct str street = k->hides_address ? STR("") : b->street;
	if (!street.n && !b->postcode.n && !b->city.n && !b->region.n && !b->country.n)
		return;
	struct json_value *address = block_put_object(k, root, "address", "PostalAddress");
	json_build_text(&k->b, address, "streetAddress", street);
	json_build_text(&k->b, address, "postalCode", b->postcode);
	json_build_text(&k->b, address, "addressLocality", b->city);
	json_build_text(&k->b, address, "addressRegion", b->region);
	json_build_text(&k->b, address, "addressCountry", b->country);
}

/* Whether an area is a region rather than a town, by its name. */
static bool block_is_region(const struct facts_business *b, struct str area)
{
	static const char *const words[] = {
	    "Landkreis ",   "Kreis ",  "Kanton ",   "Canton ",   "Cantone ",        "Bezirk ",
	    "Bundesland ",  "Region ", "Région ",   "Regione ",  "Provincia ",      "Province ",
	    "Département ", "County ", "State of ", "District ", "Metropolregion ", "Großraum "};
	static const char *const ends[] = {" County", " District", " Region", " Canton", "kreis"};
	if ((b->region.n && str_eq_nocase(area, b->region)) || str_eq(area, b->country))
		return true;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_starts(area, str_of(words[i])))
			return true;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_ends(area, str_of(ends[i])))
			return true;
	return false;
}

static void block_put_area(struct block *k, struct json_value *root, struct str name)
{
	const char *type = block_is_region(k->business, name) ? "AdministrativeArea" : "City";
	struct json_value *area =
	    block_put_object(k, block_list(k, root, "areaServed"), NULL, type);
	json_build_text(&k->b, area, "name", name);
}

/* The towns that the business serves, with that of its address, and the circle around its place
 * unless that is hidden. */
static void block_put_areas(struct block *k, struct json_value *root)
{
	const struct facts_business *b = k->business;
	bool seat = b->city.n > 0;
	double km;
	for (size_t i = 0; i < b->service_area.count; i++)
		seat = seat && !str_eq_nocase(b->service_area.item[i], b->city);
	if (seat && b->service_area.count)
		block_put_area(k, root, b->city);
	for (size_t i = 0; i < b->service_area.count; i++)
		if (b->service_area.item[i].n)
			block_put_area(k, root, b->service_area.item[i]);
	if (k->hides_address || !b->located ||
	    !form_number(facts_extra(b, "service_radius_km"), &km))
		return;
	struct json_value *circle =
	    block_put_object(k, block_list(k, root, "areaServed"), NULL, "GeoCircle");
	block_put_coordinates(k, circle, "geoMidpoint");
	json_build_format(&k->b, circle, "geoRadius", "%.0f", km * 1000);
}

/* ---- opening hours ---- */

/* An interval of opening and the days on which it begins. */
struct interval {
	int opens, closes; /* minutes of the day; closes <= opens: on the next day */
	unsigned days;     /* bit 0: Monday */
};
struct intervals {
	struct interval item[HOURS_SPANS_MAX + 8];
	size_t count;
	unsigned open_days;
};

static void intervals_add(struct intervals *all, int day, int opens, int closes)
{
	unsigned bit = 1u << (day % 7);
	all->open_days |= bit;
	for (size_t i = 0; i < all->count; i++)
		if (all->item[i].opens == opens && all->item[i].closes == closes) {
			all->item[i].days |= bit;
			return;
		}
	if (all->count < COUNT_OF(all->item))
		all->item[all->count++] = (struct interval){opens, closes, bit};
}

/* Collect the intervals of a week. A span from Monday 00:00 may continue the last one of Sunday. */
static void intervals_of_week(const struct hours_week *week, struct intervals *all)
{
	size_t first = 0, count = week->count;
	int night = 0; /* minutes of Monday that continue Sunday's last span */
	if (count > 1 && week->span[0].from == 0 && week->span[0].to < DAY &&
	    week->span[count - 1].to == HOURS_WEEK_MINUTES &&
	    week->span[count - 1].from > HOURS_WEEK_MINUTES - DAY) {
		night = week->span[0].to;
		first = 1;
	}
	for (size_t i = first; i < count; i++) {
		int from = week->span[i].from, to = week->span[i].to + (i + 1 == count ? night : 0);
		/* Split spans of more than a day: whole days, then the rest. */
		while (to - from >= DAY) {
			int midnight = (from / DAY + 1) * DAY;
			intervals_add(all, from / DAY, from % DAY, DAY - 1);
			from = midnight;
		}
		if (from < to)
			intervals_add(all, from / DAY, from % DAY,
				      to - from / DAY * DAY == DAY && from % DAY == 0 ? DAY - 1
										      : to % DAY);
	}
}

static void block_put_clock(struct block *k, struct json_value *hours, const char *key, int minutes)
{
	char text[HOURS_CLOCK_TEXT];
	hours_clock_text(minutes, text);
	JSON_BUILD_JOIN(&k->b, hours, key, {text, HOURS_CLOCK_TEXT - 1});
}

static void block_put_date(struct block *k, struct json_value *hours, const char *key,
			   const struct hours_date *date)
{
	char text[] = "0000-00-00";
	for (int i = 3, year = date->year; i >= 0; i--, year /= 10)
		text[i] = (char)('0' + year % 10);
	text[5] = (char)('0' + date->month / 10);
	text[6] = (char)('0' + date->month % 10);
	text[8] = (char)('0' + date->day / 10);
	text[9] = (char)('0' + date->day % 10);
	JSON_BUILD_JOIN(&k->b, hours, key, {text, sizeof(text) - 1});
}

static void block_put_specification(struct block *k, struct json_value *list,
				    const struct interval *v, const struct hours_season *season)
{
	struct json_value *hours = block_put_object(k, list, NULL, "OpeningHoursSpecification");
	struct json_value *days = json_build(&k->b, hours, "dayOfWeek", JSON_IS_ARRAY);
	for (int day = 0; day < 7; day++)
		if (v->days & 1u << day)
			block_put_item(k, days, str_of(date_weekday_names[day]));
	block_put_clock(k, hours, "opens", v->opens);
	block_put_clock(k, hours, "closes", v->closes);
	if (!season)
		return;
	block_put_date(k, hours, "validFrom", &season->from);
	block_put_date(k, hours, "validThrough", &season->to);
}

/* One OpeningHoursSpecification for each interval. Days without one are closed; a season in which
 * nothing is open is written as schema.org does, 00:00 to 00:00. */
static void block_put_week(struct block *k, struct json_value *list, const struct hours_week *week,
			   const struct hours_season *season)
{
	struct intervals all = {.count = 0};
	intervals_of_week(week, &all);
	for (size_t i = 0; i < all.count; i++)
		block_put_specification(k, list, &all.item[i], season);
	if (season && !all.count)
		block_put_specification(k, list, &(struct interval){0, 0, 0x7f}, season);
}

/* Write openingHoursSpecification: a week, or the weeks of seasons. Other hours are not in the
 * block; the page shows their text. */
static void block_put_opening_hours(struct block *k, struct json_value *parent, struct str text,
				    int year)
{
	struct hours_season seasons[HOURS_SEASONS_MAX];
	struct hours_week week;
	size_t count;
	if (!text.n)
		return;
	if (hours_week_parse(text, &week, NULL)) {
		if (week.count)
			block_put_week(k, block_list(k, parent, "openingHoursSpecification"), &week,
				       NULL);
		return;
	}
	if (!year || !hours_seasons(text, year, seasons, &count))
		return;
	struct json_value *list = block_list(k, parent, "openingHoursSpecification");
	for (size_t i = 0; i < count; i++)
		block_put_week(k, list, &seasons[i].week, &seasons[i]);
}

/* ---- goods ---- */

/* Goods of a shop are named by the offer itself, because search engines expect of an item of type
 * Product that it has a page of its own, with reviews and stock. A price that is not a number, or
 * has no currency, is on the page only. */
static void block_put_good(struct block *k, struct json_value *root, bool sells,
			   const struct json_value *item)
{
	struct json_value *offer =
	    block_put_object(k, block_list(k, root, "makesOffer"), NULL, "Offer");
	struct json_value *good =
	    sells ? offer : block_put_object(k, offer, "itemOffered", "Service");
	json_build_text(&k->b, good, "name", json_text(json_get(item, "name")));
	json_build_text(&k->b, good, "description", json_text(json_get(item, "description")));
	facts_put_price(&k->b, offer, item);
}

void facts_put_price(struct json_build *b, struct json_value *offer, const struct json_value *item)
{
	struct str price = json_text(json_get(item, "price"));
	struct str currency = json_text(json_get(item, "currency"));
	struct str unit = json_text(json_get(item, "unit")), code;
	bool least = facts_price_is_least(item);
	double number;
	if (!currency.n || !form_number(price, &number))
		return;
	if (!least) {
		json_build_text(b, offer, "price", price);
		json_build_text(b, offer, "priceCurrency", currency);
	}
	if (!least && !unit.n)
		return;
	struct json_value *of = json_build(b, offer, "priceSpecification", JSON_IS_OBJECT);
	json_build_text(b, of, "@type", STR("UnitPriceSpecification"));
	json_build_text(b, of, least ? "minPrice" : "price", price);
	json_build_text(b, of, "priceCurrency", currency);
	locale_unit(unit, &code);
	json_build_text(b, of, code.n ? "unitCode" : "unitText", code.n ? code : unit);
}

bool facts_sells(const struct facts_business *business)
{
	return block_has_type(business, SCHEMA(Store)) ||
	       block_has_type(business, SCHEMA(FoodEstablishment));
}

static void block_put_goods(struct block *k, struct json_value *root)
{
	const struct json_value *items = json_get(k->business->offers, "items");
	bool sells = facts_sells(k->business);
	if (!items || items->kind != JSON_IS_ARRAY)
		return;
	for (const struct json_value *item = items->first; item; item = item->next)
		if (json_text(json_get(item, "name")).n)
			block_put_good(k, root, sells, item);
}

/* ---- further facts ---- */

static void block_put_each(struct block *k, struct json_value *root, const struct extra_info *info,
			   struct str texts)
{
	struct str text;
	while (extra_next(&texts, &text)) {
		struct json_value *list = block_list(k, root, info->property);
		if (info->form == EXTRA_PERSON)
			json_build_text(&k->b, block_put_object(k, list, NULL, "Person"), "name",
					text);
		else
			block_put_item(k, list, text);
	}
}

static void block_put_extra(struct block *k, struct json_value *root, const struct extra_info *info,
			    struct str text)
{
	switch (info->form) {
	case EXTRA_SHOWN:
		break;
	case EXTRA_CUISINE:
		if (block_has_type(k->business, SCHEMA(FoodEstablishment)))
			block_put_each(k, root, info, text);
		break;
	case EXTRA_LIST:
	case EXTRA_PERSON:
		block_put_each(k, root, info, text);
		break;
	case EXTRA_DATE:
		if (form_date(text) == FAULT_NONE)
			json_build_text(&k->b, root, info->property, text);
		break;
	case EXTRA_URL:
		/* A picture of its own comes before one that the record only names. */
		if (facts_is_web(text) && !json_get(root, info->property))
			json_build_text(&k->b, root, info->property, text);
		break;
	case EXTRA_TEXT:
		json_build_text(&k->b, root, info->property, text);
		break;
	case EXTRA_FEATURE: {
		struct json_value *feature = block_put_object(
		    k, block_list(k, root, "amenityFeature"), NULL, "LocationFeatureSpecification");
		json_build_text(&k->b, feature, "name",
				wording_find(k->business->wording, str_of(info->label)));
		json_build_text(&k->b, feature, "value", text);
		break;
	}
	}
}

static void block_put_extras(struct block *k, struct json_value *root)
{
	const struct json_value *extra = k->business->extra;
	for (const struct json_value *v = extra ? extra->first : NULL; v; v = v->next) {
		const struct extra_info *info = extra_find(v->key);
		struct str text = extra_text(v);
		if (info && text.n)
			block_put_extra(k, root, info, text);
	}
	struct str payment = extra_payment(k->business, k->b.arena);
	k->b.failed |= !payment.p;
	json_build_text(&k->b, root, "paymentAccepted", payment);
}

/* Departments with their own name, telephone and opening hours. */
static void block_put_departments(struct block *k, struct json_value *root)
{
	const struct json_value *all = json_get(k->business->extra, "departments");
	for (const struct json_value *d = all ? all->first : NULL; d; d = d->next) {
		struct str name = json_text(json_get(d, "name"));
		struct str type = json_text(json_get(d, "type"));
		struct str phone = json_text(json_get(d, "phone"));
		if (!name.n)
			continue;
		struct json_value *department =
		    json_build(&k->b, block_list(k, root, "department"), NULL, JSON_IS_OBJECT);
		json_build_text(&k->b, department, "@type", type.n ? type : STR("LocalBusiness"));
		json_build_text(&k->b, department, "name", name);
		if (facts_phone_known(phone))
			json_build_text(&k->b, department, "telephone", phone);
		block_put_opening_hours(k, department, json_text(json_get(d, "hours")),
					k->business->year);
	}
}

/* ---- the block ---- */

/* The business's own page; a directory without a public address names the website instead. */
static struct str block_url(const struct facts_business *b)
{
	return b->page.n ? b->page : facts_is_web(b->website) ? b->website : STR("");
}

static void block_put_place(struct block *k, struct json_value *root)
{
	block_put_coordinates(k, root, "geo");
	struct str map = facts_map(k->b.arena, k->business);
	k->b.failed |= !map.p;
	json_build_text(&k->b, root, "hasMap", map);
}

static void block_put_same_as(struct block *k, struct json_value *root)
{
	const struct facts_business *b = k->business;
	bool website = b->page.n && facts_is_web(b->website);
	for (size_t i = 0; i < b->same_as.count; i++)
		website = website && !str_eq(b->same_as.item[i], b->website);
	if (website)
		block_put_item(k, block_list(k, root, "sameAs"), b->website);
	block_put_texts(k, root, "sameAs", &b->same_as, true);
}

/* Every number that the page shows and that can be called from anywhere. */
static void block_put_telephones(struct block *k, struct json_value *root)
{
	const struct facts_business *b = k->business;
	struct str text, more = json_text(json_get(b->extra, "phones"));
	struct json_value *list = NULL;
	while (extra_next(&more, &text)) {
		if (!facts_phone_known(text))
			continue;
		list = list ? list : block_list(k, root, "telephone");
		if (!list->first && facts_phone_known(b->phone))
			block_put_item(k, list, b->phone);
		block_put_item(k, list, text);
	}
	if (!list && facts_phone_known(b->phone))
		json_build_text(&k->b, root, "telephone", b->phone);
}

static void block_put_members(struct block *k, struct json_value *root)
{
	const struct facts_business *b = k->business;
	block_put_types(k, root);
	json_build_text(&k->b, root, "@id", b->identity);
	json_build(&k->b, root, "name", JSON_IS_STRING)->text = b->name;
	block_put_texts(k, root, "alternateName", &b->alt_names, false);
	json_build_text(&k->b, root, "description", b->description);
	json_build_text(&k->b, root, "url", block_url(b));
	block_put_telephones(k, root);
	block_put_address(k, root);
	if (b->located && !k->hides_address)
		block_put_place(k, root);
	block_put_areas(k, root);
	block_put_opening_hours(k, root, b->hours, b->year);
	block_put_goods(k, root);
	block_put_texts(k, root, "image", &b->images, true);
	block_put_extras(k, root);
	block_put_same_as(k, root);
	block_put_departments(k, root);
}

enum status facts_block(const struct facts_business *business, struct arena *arena,
			struct json_value **out, struct err *err)
{
	struct block k = {.business = business, .hides_address = facts_hides_address(business)};
	json_build_init(&k.b, arena);
	*out = json_build(&k.b, NULL, NULL, JSON_IS_OBJECT);
	json_build_text(&k.b, *out, "@context", STR("https://schema.org"));
	struct json_value *graph = json_build(&k.b, *out, "@graph", JSON_IS_ARRAY);
	block_put_members(&k, json_build(&k.b, graph, NULL, JSON_IS_OBJECT));
	if (business->page.n && !business->trail.made.n)
		facts_put_trail(&k.b, graph, &business->trail, business->name);
	return k.b.failed ? err_set(err, TOO_LARGE, "too many facts for a block") : OK;
}

/* A facts_found: keeps the first error. */
static void block_keep_error(void *ctx, const struct facts_finding *finding)
{
	struct err *err = ctx;
	struct str value = finding->value;
	if (finding->fault->severity != FACTS_ERROR || !err || err->text[0])
		return;
	value = utf8_cut(value, 100);
	/* "0.address": its place in the graph is of no use to the reader */
	const char *path = finding->path + strspn(finding->path, "0123456789");
	path += *path == '.';
	err_set(err, INVALID, "%s: %s%s%.*s%s %s", finding->fault->key, path, value.n ? " \"" : "",
		STR_ARG(value), value.n ? "\":" : ":", finding->fault->text);
}

/* Put a trail that was made before at the end of the graph. */
static void block_put_trail(const struct facts_business *business, struct buf *out)
{
	static const struct str end = STR("]}");
	if (!business->page.n || !business->trail.made.n || buf_failed(out))
		return;
	buf_cut(out, out->n - end.n);
	buf_putc(out, ',');
	buf_str(out, business->trail.made);
	buf_str(out, end);
}

enum status facts_jsonld(const struct facts_business *business, struct arena *arena,
			 struct buf *out, struct err *err)
{
	struct json_value *block;
	struct json_writer w;
	size_t before = out->n;
	enum status status = facts_block(business, arena, &block, err);
	if (status != OK)
		return status;
	if (err)
		err->text[0] = '\0';
	if (facts_check(block, block_keep_error, err))
		return INVALID;
	json_writer_init(&w, out);
	w.in_script = true;
	json_put_tree(&w, block);
	block_put_trail(business, out);
	if (out->n - before <= BLOCK_MAX && !buf_failed(out))
		return OK;
	buf_cut(out, before);
	return err_set(err, TOO_LARGE, "too many facts for a block");
}
