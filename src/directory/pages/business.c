#include "directory/pages/internal.h"

#include <string.h>
#include "base/clock.h"

static bool is_web(struct str url)
{
	return str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
}

/* "example.org" of "https://www.example.org/about". */
static struct str host_of(struct str url)
{
	str_cut(&url, '/');
	str_cut(&url, '/');
	struct str host = url.p ? str_cut(&url, '/') : url;
	if (str_starts(host, STR("www.")))
		host = (struct str){host.p + 4, host.n - 4};
	return host;
}

static void put_link(struct page *p, struct json_value *parent, const char *key, struct str url)
{
	struct str host = is_web(url) ? host_of(url) : (struct str){"", 0};
	if (!host.n)
		return;
	struct json_value *v = json_build(&p->b, parent, key, JSON_IS_OBJECT);
	json_build_text(&p->b, v, "href", url);
	json_build_text(&p->b, v, "host", host);
}

static void put_phone(struct page *p, struct str phone)
{
	char digits[64];
	size_t n = 0;
	for (size_t i = 0; i < phone.n && n < sizeof(digits); i++)
		if ((phone.p[i] >= '0' && phone.p[i] <= '9') || (phone.p[i] == '+' && n == 0))
			digits[n++] = phone.p[i];
	json_build_text(&p->b, p->root, "phone", phone);
	if (n > 2)
		json_build_text(&p->b, p->root, "phone_link",
				page_text(p, "tel:%.*s", (int)n, digits));
}

static void put_texts(struct page *p, const char *key, const struct search_texts *texts)
{
	if (!texts->count)
		return;
	struct json_value *list = page_list(p, key);
	for (size_t i = 0; i < texts->count; i++)
		if (texts->item[i].n)
			json_build(&p->b, list, NULL, JSON_IS_STRING)->text = texts->item[i];
}

/* ---- further facts: {"wheelchair": "yes", "legal_name": "..."} ---- */

static const struct {
	const char *key, *label;
} fact_labels[] = {{"lei", "LEI"},
		   {"legal_name", "Registered name"},
		   {"wheelchair", "Wheelchair access"},
		   {"payment", "Payment"},
		   {"cuisine", "Cuisine"},
		   {"founded", "Founded"},
		   {"closed", "Closed down"}};

static struct str fact_label(struct page *p, struct str key)
{
	for (size_t i = 0; i < sizeof(fact_labels) / sizeof(fact_labels[0]); i++)
		if (str_eq(key, str_of(fact_labels[i].key)))
			return str_of(fact_labels[i].label);
	char *text = arena_printf(&p->request->arena, "%.*s", STR_ARG(key));
	if (!text || !*text)
		return key;
	for (char *c = text; *c; c++)
		if (*c == '_' || *c == ':')
			*c = ' ';
	if (*text >= 'a' && *text <= 'z')
		*text = (char)(*text - 'a' + 'A');
	return str_of(text);
}

static void put_facts(struct page *p, const struct json_value *extra)
{
	if (!extra || !extra->first)
		return;
	struct json_value *facts = page_list(p, "facts");
	for (const struct json_value *m = extra->first; m; m = m->next) {
		struct str text = json_text(m);
		if (m->kind == JSON_IS_BOOL)
			text = m->boolean ? STR("yes") : STR("no");
		if (!text.n)
			continue;
		struct json_value *fact = json_build(&p->b, facts, NULL, JSON_IS_OBJECT);
		json_build_text(&p->b, fact, "label", fact_label(p, m->key));
		json_build_text(&p->b, fact, "text", text);
	}
}

/* {"items": [{"name", "price"?, "currency"?, "description"?}]} */
static void put_goods(struct page *p, const struct json_value *offers)
{
	const struct json_value *items = json_get(offers, "items");
	if (!items || items->kind != JSON_IS_ARRAY || !items->first)
		return;
	struct json_value *goods = page_list(p, "goods");
	for (const struct json_value *item = items->first; item; item = item->next) {
		struct str name = json_text(json_get(item, "name"));
		if (!name.n)
			continue;
		struct json_value *good = json_build(&p->b, goods, NULL, JSON_IS_OBJECT);
		json_build_text(&p->b, good, "name", name);
		json_build_text(&p->b, good, "about", json_text(json_get(item, "description")));
		json_build_text(&p->b, good, "price", json_text(json_get(item, "price")));
		json_build_text(&p->b, good, "currency", json_text(json_get(item, "currency")));
	}
}

/* ---- where it is, whom to write to ---- */

static void put_place(struct page *p, const struct search_business *b)
{
	struct search_query q;
	json_build_text(&p->b, p->root, "street", b->street);
	json_build_text(&p->b, p->root, "postcode", b->postcode);
	json_build_text(&p->b, p->root, "city", b->city);
	json_build_text(&p->b, p->root, "country", b->country);
	json_build_text(&p->b, p->root, "region", b->detail->region.name);
	json_build_true(&p->b, p->root, "address",
			b->street.n || b->postcode.n || b->city.n || b->country.n);
	search_query_init(&q);
	if (b->detail->city.key.n) {
		q.city = b->detail->city.key;
		json_build_text(&p->b, p->root, "city_link", page_search_link(p, &q));
	}
	if (!b->located)
		return;
	struct json_value *map = json_build(&p->b, p->root, "map", JSON_IS_OBJECT);
	json_build_format(&p->b, map, "osm",
			  "https://www.openstreetmap.org/?mlat=%.6f&mlon=%.6f#map=18/%.6f/%.6f",
			  b->lat, b->lon, b->lat, b->lon);
	json_build_format(&p->b, map, "geo", "geo:%.6f,%.6f", b->lat, b->lon);
	search_query_init(&q);
	q.near = true;
	q.lat = b->lat;
	q.lon = b->lon;
	q.category = b->category;
	json_build_text(&p->b, map, "nearby", page_search_link(p, &q));
}

/* A page of the operator gets ?business=ID&topic=...; a mailbox a subject. */
static void put_contact(struct page *p, const struct search_business *b, const char *key,
			const char *topic, const char *subject)
{
	struct str url = str_of(config_text(p->pages->config, CONFIG_SITE_CONTACT_URL));
	struct str link = STR("/imprint");
	const char *joint = url.n && memchr(url.p, '?', url.n) ? "&" : "?";
	if (str_starts(url, STR("mailto:")))
		link = page_text(p, "%.*s%ssubject=%s%%20%.*s", STR_ARG(url), joint, subject,
				 STR_ARG(b->id_text));
	else if (url.n)
		link = page_text(p, "%.*s%sbusiness=%.*s&topic=%s", STR_ARG(url), joint,
				 STR_ARG(b->id_text), topic);
	json_build_text(&p->b, p->root, key, link);
}

/* ---- the page ---- */

static void put_kind(struct page *p, const struct search_business *b)
{
	const struct search_category *category = &b->detail->category;
	struct search_query q;
	search_query_init(&q);
	if (!b->category.n)
		return;
	q.category = b->category;
	json_build_text(&p->b, p->root, "category", b->category_label);
	json_build_text(&p->b, p->root, "category_link", page_search_link(p, &q));
	if (!category->group_key.n)
		return;
	q.category = category->group_key;
	json_build_text(&p->b, p->root, "group", category->group_label);
	json_build_text(&p->b, p->root, "group_link", page_search_link(p, &q));
}

static void put_hours(struct page *p, const struct search_business *b)
{
	int64_t now_s = clock_wall_us() / 1000000;
	page_week(p, b, now_s);
	json_build_text(&p->b, p->root, "open_text", page_open_text(p, b, now_s));
	json_build_true(&p->b, p->root, "is_open", b->open == SEARCH_OPEN);
	json_build_text(&p->b, p->root, "hours", b->hours);
}

static void put_links(struct page *p, const struct search_business *b)
{
	put_link(p, p->root, "website", b->detail->website);
	if (!b->detail->same_as.count)
		return;
	struct json_value *links = page_list(p, "same_as");
	for (size_t i = 0; i < b->detail->same_as.count; i++)
		put_link(p, links, NULL, b->detail->same_as.item[i]);
}

static void got(void *ctx, const struct search_one *one)
{
	struct page *p = ctx;
	const struct search_business *b = &one->business;
	if (one->problem) {
		page_refuse(p, one->problem, &one->err);
		return;
	}
	const struct search_detail *d = b->detail;
	json_build_text(&p->b, p->root, "name", b->name);
	put_kind(p, b);
	put_texts(p, "alt_names", &d->alt_names);
	json_build_text(&p->b, p->root, "description_text", d->description);
	put_place(p, b);
	if (b->phone.n)
		put_phone(p, b->phone);
	put_links(p, b);
	put_hours(p, b);
	put_texts(p, "service_area", &d->service_area);
	put_goods(p, d->offers);
	put_facts(p, d->extra);
	struct str updated = d->source_updated_at.n ? d->source_updated_at : d->updated_at;
	if (updated.n >= 10)
		json_build_text(&p->b, p->root, "updated", (struct str){updated.p, 10});
	page_source(p, json_build(&p->b, p->root, "sources", JSON_IS_ARRAY), &b->source);
	put_contact(p, b, "claim_link", "claim", "This%20is%20my%20business:");
	put_contact(p, b, "report_link", "error", "Report%20an%20error:");
	json_build_text(&p->b, p->root, "id", b->id_text);
	page_title(
	    p, b->city.n ? page_text(p, "%.*s, %.*s", STR_ARG(b->name), STR_ARG(b->city)) : b->name,
	    page_text(p, "%.*s%s%.*s: address, opening hours, telephone.",
		      STR_ARG(b->category_label), b->city.n ? " in " : "", STR_ARG(b->city)));
	page_canonical(p, page_text(p, "/b/%.*s", STR_ARG(b->id_text)));
	page_send(p, PAGE_BUSINESS);
}

const struct http_param pages_business_params[] = {
    {.name = "id", .type = HTTP_TEXT, .max = 100, .summary = "the business's id"}, {0}};

void pages_business(struct http_request *request)
{
	struct page *p = page_begin(request);
	if (p)
		search_get(p->pages->db, &request->arena, http_param(request, "id")->text, got, p);
}
