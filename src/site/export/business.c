#include "site/export/internal.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include "hours/hours.h"

enum { DAY = 24 * 60, NIGHT_ENDS = 6 * 60 };

/* ---- from the row ---- */

static enum status read_json(struct maker *m, struct str text, struct json_value **out,
			     struct err *err)
{
	*out = NULL;
	return text.n ? json_parse(&m->arena, text, out, err) : OK;
}

static bool read_texts(struct maker *m, const struct db_rows *rows, int row, struct business *b)
{
	return db_texts(rows, row, 19, &m->arena, &b->alt_names, &b->alt_names_count) &&
	       db_texts(rows, row, 20, &m->arena, &b->service_area, &b->service_area_count) &&
	       db_texts(rows, row, 21, &m->arena, &b->same_as, &b->same_as_count);
}

enum status business_read(struct maker *m, const struct db_rows *rows, int row, struct business *b,
			  struct err *err)
{
	struct str *const texts[] = {&b->name,        &b->street, &b->postcode, &b->city,
				     &b->country,     &b->phone,  &b->hours,    &b->timezone,
				     &b->description, &b->website};
	memset(b, 0, sizeof(*b));
	b->id = db_i64(rows, row, 0);
	record_id_format(b->id, b->id_text);
	b->region = theme_region(m->theme, (int32_t)db_i64(rows, row, 1));
	b->category = (int)db_i64(rows, row, 2);
	b->source = theme_source(m->theme, (int32_t)db_i64(rows, row, 3));
	b->rank = (int)db_i64(rows, row, 4);
	b->located = !db_null(rows, row, 5);
	b->lat = (double)db_i64(rows, row, 5) / 1e7;
	b->lon = (double)db_i64(rows, row, 6) / 1e7;
	for (int c = 0; c < (int)(sizeof(texts) / sizeof(texts[0])); c++)
		*texts[c] = db_text(rows, row, 7 + c);
	b->day = (int)db_i64(rows, row, 23);
	b->updated = db_text(rows, row, 24);
	enum status status = read_json(m, db_text(rows, row, 17), &b->offers, err);
	if (status == OK)
		status = read_json(m, db_text(rows, row, 18), &b->extra, err);
	if (status == OK && !read_texts(m, rows, row, b))
		status = err_set(err, TOO_LARGE, "too much for a page");
	return status == OK ? OK : err_prefix(err, status, "record %s", b->id_text);
}

void business_path(int64_t id, const char *ending, char out[EXPORT_PATH])
{
	char text[RECORD_ID_TEXT];
	record_id_format(id, text);
	snprintf(out, EXPORT_PATH, "b/%.2s/%s%s", text, text, ending);
}

/* ---- links ---- */

static struct str host_of(struct str url)
{
	str_cut(&url, '/');
	str_cut(&url, '/');
	struct str host = url.p ? str_cut(&url, '/') : url;
	if (str_starts(host, STR("www.")))
		host = (struct str){host.p + 4, host.n - 4};
	return host;
}

static void put_link(struct maker *m, struct json_value *parent, const char *key, struct str url)
{
	bool is_web = str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
	struct str host = is_web ? host_of(url) : STR("");
	if (!host.n)
		return;
	struct json_value *v = json_build(&m->b, parent, key, JSON_IS_OBJECT);
	json_build_text(&m->b, v, "href", url);
	json_build_text(&m->b, v, "host", host);
}

static void put_links(struct maker *m, const struct business *b)
{
	put_link(m, m->root, "website", b->website);
	if (!b->same_as_count)
		return;
	struct json_value *links = maker_list(m, "same_as");
	for (size_t i = 0; i < b->same_as_count; i++)
		put_link(m, links, NULL, b->same_as[i]);
}

static void put_phone(struct maker *m, struct str phone)
{
	char digits[64];
	size_t n = 0;
	for (size_t i = 0; i < phone.n && n < sizeof(digits); i++)
		if ((phone.p[i] >= '0' && phone.p[i] <= '9') || (phone.p[i] == '+' && n == 0))
			digits[n++] = phone.p[i];
	json_build_text(&m->b, m->root, "phone", phone);
	if (n > 2)
		json_build_text(&m->b, m->root, "phone_link",
				maker_text(m, "tel:%.*s", (int)n, digits));
}

/* How a shop wants to be written to, when its record says so: never guessed from a telephone number. */
static void put_reserve(struct maker *m, const struct business *b)
{
	static const char *const schemes[] = {"sms:", "https://wa.me/", "mailto:"};
	struct str link = json_text(json_get(b->extra, "reserve"));
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (str_starts(link, str_of(schemes[i])))
			json_build_text(&m->b, m->root, "reserve", link);
}

static void put_texts(struct maker *m, const char *key, const struct str *texts, size_t count)
{
	if (!count)
		return;
	struct json_value *list = maker_list(m, key);
	for (size_t i = 0; i < count; i++)
		if (texts[i].n)
			json_build(&m->b, list, NULL, JSON_IS_STRING)->text = texts[i];
}

/* ---- further facts ---- */

static const struct {
	const char *key, *label;
} fact_labels[] = {{"lei", "LEI"},
		   {"legal_name", "Registered name"},
		   {"wheelchair", "Wheelchair access"},
		   {"payment", "Payment"},
		   {"cuisine", "Cuisine"},
		   {"founded", "Founded"},
		   {"closed", "Closed down"},
		   {"reserve", NULL}};

/* "opening_notes" -> "Opening notes"; NULL p: it stands elsewhere on the page. */
static struct str fact_label(struct maker *m, struct str key)
{
	for (size_t i = 0; i < sizeof(fact_labels) / sizeof(fact_labels[0]); i++)
		if (str_eq(key, str_of(fact_labels[i].key)))
			return fact_labels[i].label ? str_of(fact_labels[i].label)
						    : (struct str){NULL, 0};
	char *text = arena_printf(&m->arena, "%.*s", STR_ARG(key));
	if (!text || !*text)
		return key;
	for (char *c = text; *c; c++)
		if (*c == '_' || *c == ':')
			*c = ' ';
	if (*text >= 'a' && *text <= 'z')
		*text = (char)(*text - 'a' + 'A');
	return str_of(text);
}

static void put_facts(struct maker *m, const struct json_value *extra)
{
	struct json_value *facts = NULL;
	for (const struct json_value *v = extra ? extra->first : NULL; v; v = v->next) {
		struct str text = json_text(v), label = fact_label(m, v->key);
		if (v->kind == JSON_IS_BOOL)
			text = v->boolean ? STR("yes") : STR("no");
		if (!text.n || !label.n)
			continue;
		facts = facts ? facts : maker_list(m, "facts");
		struct json_value *fact = json_build(&m->b, facts, NULL, JSON_IS_OBJECT);
		json_build_text(&m->b, fact, "label", label);
		json_build_text(&m->b, fact, "text", text);
	}
}

/* {"items": [{"name", "price"?, "currency"?, "description"?}]} */
static void put_goods(struct maker *m, const struct json_value *offers)
{
	const struct json_value *items = json_get(offers, "items");
	if (!items || items->kind != JSON_IS_ARRAY || !items->first)
		return;
	struct json_value *goods = maker_list(m, "goods");
	for (const struct json_value *item = items->first; item; item = item->next) {
		struct str name = json_text(json_get(item, "name"));
		if (!name.n)
			continue;
		struct json_value *good = json_build(&m->b, goods, NULL, JSON_IS_OBJECT);
		json_build_text(&m->b, good, "name", name);
		json_build_text(&m->b, good, "about", json_text(json_get(item, "description")));
		json_build_text(&m->b, good, "price", json_text(json_get(item, "price")));
		json_build_text(&m->b, good, "currency", json_text(json_get(item, "currency")));
	}
}

/* ---- hours: the table for people, the same intervals for the script ---- */

static void put_day(struct maker *m, struct json_value *days, const struct hours_week *week, int d)
{
	static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
					    "Friday", "Saturday", "Sunday"};
	struct json_value *day = json_build(&m->b, days, NULL, JSON_IS_OBJECT);
	json_build_text(&m->b, day, "day", str_of(names[d]));
	struct json_value *spans = json_build(&m->b, day, "spans", JSON_IS_ARRAY);
	int begin = d * DAY, end = begin + DAY;
	for (size_t i = 0; i < week->count; i++) {
		int from = week->span[i].from, to = week->span[i].to;
		/* The small hours of last night stand with the evening before. */
		if (from >= end || to <= begin || (from < begin && to - begin <= NIGHT_ENDS))
			continue;
		from = from < begin ? begin : from;
		to = to > end + NIGHT_ENDS ? end : to;
		int until = to - begin == DAY ? DAY : (to - begin) % DAY;
		json_build(&m->b, spans, NULL, JSON_IS_STRING)->text =
		    to - from >= DAY
			? STR("Open 24 hours")
			: maker_text(m, "%02d:%02d\u2013%02d:%02d", (from - begin) / 60,
				     (from - begin) % 60, until / 60, until % 60);
	}
	json_build_true(&m->b, day, "closed", spans->count == 0);
}

/* A night that passes the end of the week is told on Sunday. */
static void join_week(struct hours_week *week)
{
	struct hours_span *first = &week->span[0], *last = &week->span[week->count - 1];
	if (week->count < 2 || last->to != HOURS_WEEK_MINUTES || first->from != 0 ||
	    first->to > NIGHT_ENDS)
		return;
	last->to += first->to;
	memmove(first, first + 1, (week->count - 1) * sizeof(*first));
	week->count--;
}

static void put_hours(struct maker *m, const struct business *b)
{
	struct hours_week week;
	char spans[HOURS_SPANS_MAX * 12];
	size_t n = 0;
	json_build_text(&m->b, m->root, "hours", b->hours);
	if (!b->hours.n || !hours_week_parse(b->hours, &week, NULL))
		return;
	for (size_t i = 0; i < week.count; i++)
		n += (size_t)snprintf(spans + n, sizeof(spans) - n, "%s%d-%d", i ? "," : "",
				      week.span[i].from, week.span[i].to);
	if (n && b->timezone.n) {
		json_build_text(&m->b, m->root, "week", maker_text(m, "%s", spans));
		json_build_text(&m->b, m->root, "timezone", b->timezone);
	}
	join_week(&week);
	struct json_value *days = maker_list(m, "days");
	for (int d = 0; d < 7; d++)
		put_day(m, days, &week, d);
}

/* ---- the page ---- */

static void put_place(struct maker *m, const struct business *b)
{
	json_build_text(&m->b, m->root, "street", b->street);
	json_build_text(&m->b, m->root, "postcode", b->postcode);
	json_build_text(&m->b, m->root, "city", b->city);
	json_build_text(&m->b, m->root, "country", b->country);
	if (b->region->id)
		json_build_text(&m->b, m->root, "region", b->region->name);
	json_build_true(&m->b, m->root, "address",
			b->street.n || b->postcode.n || b->city.n || b->country.n);
	if (!b->located)
		return;
	struct json_value *map = json_build(&m->b, m->root, "map", JSON_IS_OBJECT);
	json_build_format(&m->b, map, "geo", "geo:%.6f,%.6f", b->lat, b->lon);
	json_build_format(&m->b, map, "osm",
			  "https://www.openstreetmap.org/?mlat=%.6f&mlon=%.6f#map=18/%.6f/%.6f",
			  b->lat, b->lon, b->lat, b->lon);
	json_build_format(&m->b, map, "route",
			  "https://www.openstreetmap.org/directions?to=%.6f%%2C%.6f", b->lat,
			  b->lon);
}

static void put_trail(struct maker *m, const struct business *b)
{
	struct str base = m->theme->base, kind = theme_category_key(b->category);
	json_build_text(&m->b, m->root, "category", theme_category_label(b->category));
	json_build_text(&m->b, m->root, "category_link",
			maker_text(m, "%.*s/c/%.*s/", STR_ARG(base), STR_ARG(kind)));
	json_build_text(&m->b, m->root, "trail_region", b->region->name);
	json_build_text(&m->b, m->root, "region_link",
			maker_text(m, "%.*s/r/%.*s/", STR_ARG(base), STR_ARG(b->region->key)));
	json_build_text(&m->b, m->root, "list_link",
			maker_text(m, "%.*s/r/%.*s/%.*s/", STR_ARG(base), STR_ARG(b->region->key),
				   STR_ARG(kind)));
}

/* A page of the operator gets ?business=ID&topic=...; a mailbox a subject. */
static void put_contact(struct maker *m, const struct business *b, const char *key,
			const char *topic, const char *subject)
{
	struct str url = str_of(config_text(m->theme->config, CONFIG_SITE_CONTACT_URL));
	struct str link = maker_text(m, "%.*s/imprint/", STR_ARG(m->theme->base));
	const char *joint = url.n && memchr(url.p, '?', url.n) ? "&" : "?";
	if (str_starts(url, STR("mailto:")))
		link = maker_text(m, "%.*s%ssubject=%s%%20%s", STR_ARG(url), joint, subject,
				  b->id_text);
	else if (url.n)
		link = maker_text(m, "%.*s%sbusiness=%s&topic=%s", STR_ARG(url), joint, b->id_text,
				  topic);
	json_build_text(&m->b, m->root, key, link);
}

static void put_all(struct maker *m, const struct business *b)
{
	json_build_text(&m->b, m->root, "name", b->name);
	put_trail(m, b);
	put_texts(m, "alt_names", b->alt_names, b->alt_names_count);
	json_build_text(&m->b, m->root, "description_text", b->description);
	put_place(m, b);
	if (b->phone.n)
		put_phone(m, b->phone);
	put_links(m, b);
	put_reserve(m, b);
	put_hours(m, b);
	put_texts(m, "service_area", b->service_area, b->service_area_count);
	put_goods(m, b->offers);
	put_facts(m, b->extra);
	json_build_text(&m->b, m->root, "updated", b->updated);
	if (b->source)
		maker_source(m, json_build(&m->b, m->root, "sources", JSON_IS_ARRAY), b->source);
	put_contact(m, b, "claim_link", "claim", "This%20is%20my%20business:");
	put_contact(m, b, "report_link", "error", "Report%20an%20error:");
	json_build_text(&m->b, m->root, "id", str_of(b->id_text));
	if (m->theme->cards && card_wanted(b))
		json_build_text(&m->b, m->root, "card",
				maker_text(m, "%.*s/b/%.2s/%s", STR_ARG(m->theme->base), b->id_text,
					   b->id_text));
}

static uint32_t listed_hash(const struct business *b)
{
	const struct str texts[] = {b->name, b->street, b->postcode, b->city};
	uint64_t hash = 1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		hash = XXH3_64bits_withSeed(texts[i].p, texts[i].n, hash + texts[i].n);
	return (uint32_t)hash;
}

enum status business_page(struct maker *m, const struct business *b, struct entry *e,
			  struct err *err)
{
	char path[EXPORT_PATH];
	*e = (struct entry){.id = b->id,
			    .listed = listed_hash(b),
			    .region = b->region->id,
			    .category = (int16_t)(taxonomy_by_id(b->category) ? b->category : 0),
			    .day = (uint16_t)b->day,
			    .rank = (uint8_t)b->rank,
			    .state = ENTRY_INDEXED,
			    .card = m->theme->cards && card_wanted(b)};
	struct str kind = theme_category_label(b->category);
	business_path(b->id, ".html", path);
	put_all(m, b);
	maker_head(m,
		   b->city.n ? maker_text(m, "%.*s, %.*s", STR_ARG(b->name), STR_ARG(b->city))
			     : b->name,
		   maker_text(m, "%.*s%s%.*s: address, opening hours, telephone.", STR_ARG(kind),
			      b->city.n ? " in " : "", STR_ARG(b->city)),
		   e->state == ENTRY_INDEXED ? path : NULL);
	enum status status = maker_render(m, THEME_BUSINESS, err);
	if (status == OK)
		e->page = XXH3_64bits(m->out.p, m->out.n) | 1;
	return status == OK ? OK : err_prefix(err, status, "record %s", b->id_text);
}
