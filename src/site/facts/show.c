/* The visible values of a record. Everything that block.c writes must be here as well. */
#include "site/facts/internal.h"
#include "base/ascii.h"
#include "hours/hours.h"
#include "site/locale/locale.h"

#include <string.h>

/* Words by which the language of a description is known. */
enum { DETECT_WORDS = 5 };

struct shown {
	struct json_build *b;
	struct json_value *root;
	const struct facts_business *business;
};

/* The list in {items: [...]} under a key, created with its first item. */
static struct json_value *show_items(struct shown *s, const char *key)
{
	const struct json_value *made = json_get(s->root, key);
	if (made)
		return made->first;
	struct json_value *list = json_build(s->b, s->root, key, JSON_IS_OBJECT);
	return json_build(s->b, list, "items", JSON_IS_ARRAY);
}

/* "example.org" of "https://www.example.org/about". */
static struct str show_host(struct str url)
{
	str_cut(&url, '/');
	str_cut(&url, '/');
	if (!url.p)
		return url;
	struct str host = str_cut(&url, '/');
	if (str_starts(host, STR("www.")))
		host = (struct str){host.p + 4, host.n - 4};
	return host;
}

/* Without the slash at the end, which makes no difference to the link. */
static struct str show_bare(struct str url)
{
	return str_ends(url, STR("/")) ? (struct str){url.p, url.n - 1} : url;
}

static void show_link(struct shown *s, struct json_value *parent, const char *key, struct str url)
{
	if (!facts_is_web(url))
		return;
	struct json_value *v = json_build(s->b, parent, key, JSON_IS_OBJECT);
	json_build_text(s->b, v, "href", url);
	json_build_text(s->b, v, "host", show_host(url));
}

/* In a directory of several countries each number has its calling code. */
struct str facts_phone(const struct facts_business *business, struct str phone, struct arena *arena)
{
	return locale_phone(arena, phone, business->country_name.n ? STR("") : business->country);
}

struct str facts_phone_link(struct str phone, struct arena *arena)
{
	char digits[64];
	size_t n = 0;
	for (size_t i = 0; i < phone.n && n < sizeof(digits); i++)
		if (ascii_is_digit(phone.p[i]) || (phone.p[i] == '+' && n == 0))
			digits[n++] = phone.p[i];
	return n > 2 ? ARENA_JOIN(arena, STR("tel:"), {digits, n}) : STR("");
}

static void show_phone(struct shown *s, struct json_value *parent, const char *key,
		       const char *link_key, struct str phone)
{
	struct str grouped = facts_phone(s->business, phone, s->b->arena);
	struct str link = facts_phone_link(phone, s->b->arena);
	s->b->failed |= (!grouped.p && phone.n) || !link.p;
	json_build_text(s->b, parent, key, grouped);
	json_build_text(s->b, parent, link_key, link);
}

void facts_show_item(const struct facts_business *business, struct json_build *b,
		     struct json_value *item)
{
	struct shown s = {b, item, business};
	size_t before = item ? item->count : 0;
	json_build_text(b, item, "street", business->street);
	json_build_text(b, item, "postcode", business->postcode);
	json_build_text(b, item, "city", business->city);
	json_build_true(b, item, "place", item && item->count > before);
	if (business->phone.n && business->phone.p[0] == '+')
		show_phone(&s, item, "item_phone", "item_phone_link", business->phone);
}

static void show_texts(struct shown *s, const char *key, const struct facts_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		if (texts->item[i].n)
			json_build(s->b, show_items(s, key), NULL, JSON_IS_STRING)->text =
			    texts->item[i];
}

static void show_served(struct shown *s)
{
	const struct facts_business *b = s->business;
	for (size_t i = 0; i < b->service_area.count; i++) {
		if (!b->service_area.item[i].n)
			continue;
		struct json_value *town =
		    json_build(s->b, show_items(s, "service_area"), NULL, JSON_IS_OBJECT);
		json_build_text(s->b, town, "name", b->service_area.item[i]);
		if (b->served)
			json_build_text(s->b, town, "href", b->served[i]);
	}
}

static void show_address(struct shown *s, struct str street)
{
	const struct facts_business *b = s->business;
	struct str line[LOCALE_LINES];
	size_t count =
	    locale_address(s->b->arena,
			   &(struct locale_address){street, b->postcode, b->city, b->region,
						    b->country, b->country_name},
			   line);
	if (!count)
		return;
	struct json_value *address = json_build(s->b, s->root, "address", JSON_IS_OBJECT);
	struct json_value *lines = json_build(s->b, address, "lines", JSON_IS_ARRAY);
	for (size_t i = 0; i < count; i++) {
		struct json_value *v = json_build(s->b, lines, NULL, JSON_IS_OBJECT);
		s->b->failed |= !line[i].p;
		json_build_text(s->b, v, "line", line[i]);
		json_build_true(s->b, v, "more", i > 0);
	}
}

static void show_place(struct shown *s)
{
	const struct facts_business *b = s->business;
	bool hides = facts_hides_address(b);
	struct str street = hides ? STR("") : b->street;
	json_build_text(s->b, s->root, "street", street);
	json_build_text(s->b, s->root, "postcode", b->postcode);
	json_build_text(s->b, s->root, "city", b->city);
	json_build_text(s->b, s->root, "region", b->region);
	json_build_text(s->b, s->root, "country", b->country);
	show_address(s, street);
	if (!b->located || hides)
		return;
	struct str lat = facts_degrees(s->b->arena, b->lat);
	struct str lon = facts_degrees(s->b->arena, b->lon);
	if (!lat.p || !lon.p) {
		s->b->failed = true;
		return;
	}
	struct json_value *map = json_build(s->b, s->root, "map", JSON_IS_OBJECT);
	JSON_BUILD_JOIN(s->b, map, "point", lat, STR(", "), lon);
	JSON_BUILD_JOIN(s->b, map, "geo", STR("geo:"), lat, STR(","), lon);
	JSON_BUILD_JOIN(s->b, map, "osm", facts_map(s->b->arena, b));
	JSON_BUILD_JOIN(s->b, map, "route", STR("https://www.openstreetmap.org/directions?to="),
			lat, STR("%2C"), lon);
}

static void show_price(struct shown *s, struct json_value *good, const struct json_value *item)
{
	const struct facts_business *b = s->business;
	struct str amount = json_text(json_get(item, "price"));
	struct str currency = json_text(json_get(item, "currency"));
	if (!amount.n)
		return;
	struct str price = locale_price(s->b->arena, str_of(wording_language(b->wording)->tag),
					b->country, amount, currency);
	struct str code, unit = locale_unit(json_text(json_get(item, "unit")), &code);
	if (unit.n)
		price = WORDING_FILL(b->wording, s->b->arena, WORD_PRICE_PER, price, unit);
	if (facts_price_is_least(item))
		price = WORDING_FILL(b->wording, s->b->arena, WORD_PRICE_FROM, price);
	s->b->failed |= !price.p;
	json_build_text(s->b, good, "price", price);
}

static void show_goods(struct shown *s)
{
	const struct json_value *items = json_get(s->business->offers, "items");
	if (!items || items->kind != JSON_IS_ARRAY)
		return;
	for (const struct json_value *item = items->first; item; item = item->next) {
		struct str name = json_text(json_get(item, "name"));
		if (!name.n)
			continue;
		struct json_value *good =
		    json_build(s->b, show_items(s, "goods"), NULL, JSON_IS_OBJECT);
		json_build_text(s->b, good, "name", name);
		json_build_text(s->b, good, "about", json_text(json_get(item, "description")));
		show_price(s, good, item);
	}
}

/* "opening_notes" -> "Opening notes". */
static struct str show_label(struct shown *s, struct str key)
{
	char *text = arena_printf(s->b->arena, "%.*s", STR_ARG(key));
	if (!text || !*text)
		return key;
	for (char *c = text; *c; c++)
		if (*c == '_' || *c == ':')
			*c = ' ';
	*text = ascii_upper(*text);
	return str_of(text);
}

/* The few words that sources use as values. */
static struct str show_value(struct shown *s, struct str text)
{
	static const enum word_id values[] = {WORD_YES, WORD_NO, WORD_ONLY, WORD_LIMITED};
	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (str_eq(text, wording_text(NULL, values[i])))
			return wording_text(s->business->wording, values[i]);
	return text;
}

/* Facts that are short enough stand beside the kind, at the top of the page: the year of founding
 * ("2011", not a whole date) and the range of prices. */
static bool show_beside_kind(struct shown *s, struct str key, struct str text)
{
	enum { YEAR = 4, PRICES = 24 };
	bool year = str_eq(key, STR("founded")) && text.n == YEAR;
	for (size_t i = 0; year && i < text.n; i++)
		year = ascii_is_digit(text.p[i]);
	bool prices = str_eq(key, STR("price_range")) && text.n <= PRICES;
	if (year)
		json_build_text(s->b, s->root, "since", text);
	if (prices)
		json_build_text(s->b, s->root, "prices", text);
	return year || prices;
}

static void show_payment(struct shown *s)
{
	struct str text = extra_payment(s->business, s->b->arena);
	s->b->failed |= !text.p;
	if (!text.n)
		return;
	struct json_value *fact = json_build(s->b, show_items(s, "facts"), NULL, JSON_IS_OBJECT);
	json_build_text(
	    s->b, fact, "label",
	    wording_find(s->business->wording, str_of(extra_find(STR("payment"))->label)));
	json_build_text(s->b, fact, "text", text);
}

static void show_extras(struct shown *s)
{
	const struct json_value *extra = s->business->extra;
	for (const struct json_value *v = extra ? extra->first : NULL; v; v = v->next) {
		const struct extra_info *info = extra_find(v->key);
		struct str text = extra_text(v);
		if (!text.n || (info && !info->label) || show_beside_kind(s, v->key, text) ||
		    extra_is_means(v) || str_eq(v->key, STR("payment")))
			continue;
		struct json_value *fact =
		    json_build(s->b, show_items(s, "facts"), NULL, JSON_IS_OBJECT);
		json_build_text(s->b, fact, "label",
				info ? wording_find(s->business->wording, str_of(info->label))
				     : show_label(s, v->key));
		bool web = facts_is_web(text);
		json_build_text(s->b, fact, "text", web ? show_host(text) : show_value(s, text));
		json_build_text(s->b, fact, "href", web ? text : STR(""));
	}
	show_payment(s);
}

/* The keys differ from those of the page, because a template looks in the page for what an item
 * does not have. */
static void show_departments(struct shown *s)
{
	const struct json_value *all = json_get(s->business->extra, "departments");
	for (const struct json_value *d = all ? all->first : NULL; d; d = d->next) {
		struct str name = json_text(json_get(d, "name"));
		if (!name.n)
			continue;
		struct json_value *department =
		    json_build(s->b, show_items(s, "departments"), NULL, JSON_IS_OBJECT);
		json_build_text(s->b, department, "name", name);
		show_phone(s, department, "own_phone", "own_phone_link",
			   json_text(json_get(d, "phone")));
		json_build_text(s->b, department, "own_hours", json_text(json_get(d, "hours")));
	}
}

/* Links to other pages of the business. Its website has a line of its own. */
static void show_same_as(struct shown *s)
{
	const struct facts_texts *all = &s->business->same_as;
	for (size_t i = 0; i < all->count; i++)
		if (facts_is_web(all->item[i]) &&
		    !str_eq(show_bare(all->item[i]), show_bare(s->business->website)))
			show_link(s, show_items(s, "same_as"), NULL, all->item[i]);
}

void facts_show(const struct facts_business *business, struct json_build *b,
		struct json_value *root)
{
	struct shown s = {b, root, business};
	json_build_text(b, root, "name", business->name);
	json_build_text(b, root, "description_text", business->description);
	const struct language *own = language_detect(business->description, DETECT_WORDS);
	if (own && own != wording_language(business->wording))
		json_build_text(b, root, "description_lang", str_of(own->html));
	show_texts(&s, "alt_names", &business->alt_names);
	show_place(&s);
	show_phone(&s, root, "phone", "phone_link", business->phone);
	show_link(&s, root, "website", business->website);
	show_same_as(&s);
	json_build_text(b, root, "hours", business->hours);
	show_served(&s);
	show_goods(&s);
	show_extras(&s);
	show_departments(&s);
}

/* Hours with a time, and no mere remark such as "by appointment". */
static bool shows_hours(struct str hours)
{
	struct hours_week week;
	bool figure = false;
	for (size_t i = 0; i < hours.n && !figure; i++)
		figure = ascii_is_digit(hours.p[i]);
	/* Most are weekly, and their week is known already. */
	return figure && (hours_week_parse(hours, &week, NULL) || hours_check(hours) == NULL);
}

struct str facts_summary(const struct facts_business *business, struct arena *arena)
{
	const struct {
		enum word_id name;
		bool known;
	} shown[] = {{WORD_SUMMARY_ADDRESS, business->street.n && !facts_hides_address(business)},
		     {WORD_SUMMARY_HOURS, shows_hours(business->hours)},
		     {WORD_SUMMARY_TELEPHONE, business->phone.n > 0},
		     {WORD_SUMMARY_WEBSITE, facts_is_web(business->website)}};
	struct str all = STR("");
	for (size_t i = 0; i < COUNT_OF(shown); i++) {
		struct str name = wording_text(business->wording, shown[i].name);
		if (shown[i].known)
			all = all.n ? ARENA_JOIN(arena, all, STR(", "), name) : name;
	}
	return all;
}
