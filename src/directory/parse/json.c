/* JSON in its many containers (one object a line, an array, a FeatureCollection, a sequence, one
 * object) and dialects (ours, OpenStreetMap, Overture, schema.org, anything with telling keys). */
#include "directory/parse/internal.h"
#include "directory/taxonomy/taxonomy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- dialects ---- */

static void take_native(struct draft *d, const struct json_value *v)
{
	for (int f = 0; f < RECORD_FIELDS; f++) {
		const struct json_value *m = json_get(v, record_field_name((enum record_field)f));
		if (!m)
			continue;
		if (m->kind == JSON_IS_ARRAY && record_fields[f].kind == RECORD_LIST) {
			for (const struct json_value *e = m->first; e; e = e->next)
				draft_field(d, (enum record_field)f, json_text(e));
		} else if (m->kind == JSON_IS_OBJECT && record_fields[f].kind == RECORD_JSON) {
			struct buf out;
			struct json_writer w;
			buf_init(&out, record_fields[f].max_bytes);
			json_writer_init(&w, &out);
			json_put_tree(&w, m);
			if (buf_failed(&out))
				d->parser->summary.values_dropped++;
			else
				draft_field(d, (enum record_field)f, buf_view(&out));
			buf_release(&out);
		} else {
			draft_field(d, (enum record_field)f, json_text(m));
		}
	}
	/* Categories are keys of ours; others are dropped. */
	struct str rest = d->field[RECORD_CATEGORIES];
	d->field[RECORD_CATEGORIES] = (struct str){NULL, 0};
	const struct binding by_key = {"", TARGET_CATEGORY_ANY, RECORD_NAME, NULL};
	while (rest.p)
		draft_put(d, &by_key, str_cut(&rest, RECORD_SEPARATOR));
}

/* Tags whose value is a kind of business, the most telling first. */
static const char *const category_tags[] = {
    "shop",  "craft",  "office",  "healthcare", "tourism", "amenity",  "leisure", "club",
    "sport", "beauty", "landuse", "railway",    "aeroway", "man_made", "place"};

static void take_tags(struct draft *d, const struct json_value *tags)
{
	char tag[128];
	for (size_t i = 0; i < COUNT_OF(category_tags); i++) {
		struct str value = json_text(json_get(tags, category_tags[i]));
		while (value.n) {
			struct str one = str_trim(str_cut(&value, ';'));
			int n =
			    snprintf(tag, sizeof(tag), "%s=%.*s", category_tags[i], STR_ARG(one));
			const struct binding b = {"", TARGET_CATEGORY_OSM, RECORD_NAME, NULL};
			if (n > 0 && n < (int)sizeof(tag))
				draft_put(d, &b, (struct str){tag, (size_t)n});
		}
	}
	for (const struct json_value *m = tags->first; m; m = m->next)
		draft_put(d, binding_of_tag(m->key), json_text(m));
}

static bool has_category_tag(const struct json_value *v)
{
	for (size_t i = 0; i < COUNT_OF(category_tags); i++)
		if (json_text(json_get(v, category_tags[i])).n)
			return true;
	return false;
}

/* "node/123" from @id, or from type and id; otherwise what stands in id. */
static void take_osm_id(struct draft *d, const struct json_value *v)
{
	char id[80];
	struct str at = json_text(json_get(v, "@id")), type = json_text(json_get(v, "type"));
	struct str number = json_text(json_get(v, "id"));
	if (!type.n)
		type = json_text(json_get(v, "@type"));
	if (at.n) {
		draft_field(d, RECORD_EXTERNAL_ID, at);
	} else if (number.n) {
		int n = snprintf(id, sizeof(id), "%.*s%s%.*s", STR_ARG(type), type.n ? "/" : "",
				 STR_ARG(number));
		if (n > 0 && n < (int)sizeof(id))
			draft_field(d, RECORD_EXTERNAL_ID, (struct str){id, (size_t)n});
	}
}

static void take_each(struct draft *d, enum record_field field, const struct json_value *list)
{
	if (list && list->kind == JSON_IS_ARRAY)
		for (const struct json_value *e = list->first; e; e = e->next)
			draft_field(d, field, json_text(e));
	else
		draft_field(d, field, json_text(list));
}

/* Of the way from the most general category to the place's own the most special one that we know,
 * when nothing better is known. */
static void take_overture_parents(struct draft *d, const struct json_value *hierarchy)
{
	struct str best = {NULL, 0};
	const struct binding category = {"", TARGET_CATEGORY_OVERTURE, RECORD_NAME, NULL};
	for (const struct json_value *e = hierarchy ? hierarchy->first : NULL; e; e = e->next)
		if (taxonomy_find(TAXONOMY_OVERTURE, json_text(e)))
			best = json_text(e);
	if (!d->field[RECORD_CATEGORIES].p)
		draft_put(d, &category, best);
}

static void take_overture(struct draft *d, const struct json_value *v)
{
	const struct binding category = {"", TARGET_CATEGORY_OVERTURE, RECORD_NAME, NULL};
	const struct json_value *address = json_path(v, "addresses.0");
	const struct json_value *emails = json_get(v, "emails");
	draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(v, "id")));
	draft_field(d, RECORD_NAME, json_text(json_path(v, "names.primary")));
	draft_field(d, RECORD_ALT_NAMES, json_text(json_path(v, "brand.names.primary")));
	/* The release of 2025 renamed categories to taxonomy and basic_category. */
	draft_put(d, &category, json_text(json_path(v, "taxonomy.primary")));
	draft_put(d, &category, json_text(json_get(v, "basic_category")));
	draft_put(d, &category, json_text(json_path(v, "categories.primary")));
	const struct json_value *more = json_path(v, "categories.alternate");
	if (!more)
		more = json_path(v, "taxonomy.alternates");
	for (const struct json_value *e = more ? more->first : NULL; e; e = e->next)
		draft_put(d, &category, json_text(e));
	take_overture_parents(d, json_path(v, "taxonomy.hierarchy"));
	draft_field(d, RECORD_STREET, json_text(json_get(address, "freeform")));
	draft_field(d, RECORD_POSTCODE, json_text(json_get(address, "postcode")));
	draft_field(d, RECORD_CITY, json_text(json_get(address, "locality")));
	draft_field(d, RECORD_REGION, json_text(json_get(address, "region")));
	draft_field(d, RECORD_COUNTRY, json_text(json_get(address, "country")));
	draft_field(d, RECORD_PHONE, json_text(json_path(v, "phones.0")));
	draft_field(d, RECORD_WEBSITE, json_text(json_path(v, "websites.0")));
	take_each(d, RECORD_SAME_AS, json_get(v, "socials"));
	d->parser->summary.emails_dropped += emails ? emails->count : 0;
}

/* A property of schema.org that is a text, or an object with a name. */
static struct str schema_text(const struct json_value *v)
{
	if (v && v->kind == JSON_IS_ARRAY)
		v = v->first;
	if (v && v->kind == JSON_IS_OBJECT)
		v = json_get(v, "name");
	return json_text(v);
}

/* The long form, or where it is not understood or missing the short one;
 * special days in any case. */
static void take_schema_hours(struct draft *d, const struct json_value *v)
{
	const struct json_value *texts = json_get(v, "openingHours");
	parse_hours_value(&d->hours, json_get(v, "openingHoursSpecification"));
	if (texts && d->hours.unclear)
		parse_hours_reset(&d->hours);
	if (texts && !parse_hours_given(&d->hours))
		parse_hours_value(&d->hours, texts);
	parse_hours_special(&d->hours, json_get(v, "specialOpeningHoursSpecification"));
}

static void take_schema_places(struct draft *d, const struct json_value *area)
{
	const struct json_value *e = area && area->kind == JSON_IS_ARRAY ? area->first : area;
	for (; e; e = e == area ? NULL : e->next)
		draft_field(d, RECORD_SERVICE_AREA, schema_text(e));
}

/* makesOffer and hasOfferCatalog as {"items": [{"name", "price", "currency", "description"}]}. */
static void take_schema_offers(struct draft *d, const struct json_value *v)
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
		const struct json_value *item = json_get(e, "itemOffered");
		struct str name = schema_text(item ? item : e);
		struct str price = json_text(json_get(e, "price"));
		if (!name.n)
			continue;
		json_object_begin(&w);
		json_member_str(&w, "name", name);
		if (price.n)
			json_member_str(&w, "price", price);
		if (json_text(json_get(e, "priceCurrency")).n)
			json_member_str(&w, "currency", json_text(json_get(e, "priceCurrency")));
		if (json_text(json_get(item, "description")).n)
			json_member_str(&w, "description",
					json_text(json_get(item, "description")));
		json_object_end(&w);
		items++;
	}
	json_array_end(&w);
	json_object_end(&w);
	if (items && !buf_failed(&out))
		draft_field(d, RECORD_OFFERS, buf_view(&out));
	buf_release(&out);
}

static void take_schema(struct draft *d, const struct json_value *v)
{
	static const char *const persons[] = {"founder", "employee", "contactPoint", "member",
					      "owner"};
	const struct binding type = {"", TARGET_CATEGORY_SCHEMA, RECORD_NAME, NULL};
	const struct json_value *types = json_get(v, "@type"), *address = json_get(v, "address");
	if (address && address->kind == JSON_IS_ARRAY)
		address = address->first;
	const struct json_value *e = types->kind == JSON_IS_ARRAY ? types->first : types;
	/* additionalType says more than the type: "Tile contractor", a
	 * HomeAndConstructionBusiness. */
	const struct binding extra_type = {"", TARGET_CATEGORY_ANY, RECORD_NAME, NULL};
	draft_put(d, &extra_type, json_text(json_get(v, "additionalType")));
	for (; e; e = e == types ? NULL : e->next)
		draft_put(d, &type, json_text(e));
	draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(v, "@id")));
	draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(v, "identifier")));
	draft_field(d, RECORD_NAME, json_text(json_get(v, "name")));
	take_each(d, RECORD_ALT_NAMES, json_get(v, "alternateName"));
	draft_field(d, RECORD_ALT_NAMES, json_text(json_get(v, "legalName")));
	draft_field(d, RECORD_DESCRIPTION, json_text(json_get(v, "description")));
	draft_field(d, RECORD_STREET, json_text(json_get(address, "streetAddress")));
	draft_field(d, RECORD_POSTCODE, json_text(json_get(address, "postalCode")));
	draft_field(d, RECORD_CITY, json_text(json_get(address, "addressLocality")));
	draft_field(d, RECORD_REGION, json_text(json_get(address, "addressRegion")));
	draft_field(d, RECORD_COUNTRY, schema_text(json_get(address, "addressCountry")));
	draft_field(d, RECORD_LAT, json_text(json_path(v, "geo.latitude")));
	draft_field(d, RECORD_LON, json_text(json_path(v, "geo.longitude")));
	draft_field(d, RECORD_PHONE, schema_text(json_get(v, "telephone")));
	draft_field(d, RECORD_WEBSITE, json_text(json_get(v, "url")));
	take_each(d, RECORD_SAME_AS, json_get(v, "sameAs"));
	take_schema_hours(d, v);
	take_schema_places(d, json_get(v, "areaServed"));
	take_schema_offers(d, v);
	const struct binding founded = {"", TARGET_EXTRA, RECORD_NAME, "founded"};
	draft_put(d, &founded, json_text(json_get(v, "foundingDate")));
	const struct binding prices = {"", TARGET_EXTRA, RECORD_NAME, "price_range"};
	draft_put(d, &prices, json_text(json_get(v, "priceRange")));
	d->parser->summary.emails_dropped += json_get(v, "email") != NULL;
	for (size_t i = 0; i < COUNT_OF(persons); i++) {
		const struct json_value *m = json_get(v, persons[i]);
		d->parser->summary.persons_dropped += !m                         ? 0
						      : m->kind == JSON_IS_ARRAY ? m->count
										 : 1;
	}
}

/* Names of keys as if they were headers of columns. */
static void take_by_keys(struct draft *d, const struct json_value *v)
{
	for (const struct json_value *m = v->first; m; m = m->next) {
		const struct binding *b = binding_of_header(m->key);
		if (b && b->target == TARGET_HOURS && m->first)
			parse_hours_value(&d->hours, m);
		else
			draft_put(d, b, json_text(m));
	}
}

static const char *take_object(struct draft *d, const struct json_value *v)
{
	const struct json_value *tags = json_get(v, "tags");
	if (json_get(v, "external_id") && json_get(v, "name")) {
		take_native(d, v);
		return "holdfast";
	}
	if (tags && tags->kind == JSON_IS_OBJECT) {
		take_osm_id(d, v);
		take_tags(d, tags);
		return "osm";
	}
	if (json_path(v, "names.primary")) {
		take_overture(d, v);
		return "overture";
	}
	if (json_get(v, "@type") && (json_get(v, "@context") || json_get(v, "address"))) {
		take_schema(d, v);
		return "schema.org";
	}
	if (has_category_tag(v) || json_get(v, "addr:street") || json_get(v, "opening_hours")) {
		take_osm_id(d, v);
		take_tags(d, v);
		return "osm";
	}
	take_by_keys(d, v);
	return "keys";
}

static void take_geometry(struct draft *d, const struct json_value *geometry)
{
	struct str type = json_text(json_get(geometry, "type"));
	const struct json_value *at = json_get(geometry, "coordinates");
	/* Of lines and areas the first corner: where the business is, not its outline. */
	while (at && at->kind == JSON_IS_ARRAY && at->first && at->first->kind == JSON_IS_ARRAY)
		at = at->first;
	if (!type.n || !at || at->kind != JSON_IS_ARRAY || !at->first || !at->first->next)
		return;
	draft_field(d, RECORD_LON, at->first->text);
	draft_field(d, RECORD_LAT, at->first->next->text);
}

void draft_object(struct draft *d, const struct json_value *v)
{
	static char format[64];
	const char *container = "json", *dialect;
	const struct json_value *properties = json_get(v, "properties");
	if (v->kind != JSON_IS_OBJECT) {
		draft_reject(d, "", (struct str){"", 0}, "not an object");
		return;
	}
	if (d->parser->map) {
		map_object(d->parser->map, d, v);
		dialect = "map";
	} else if (str_eq(json_text(json_get(v, "type")), STR("Feature")) && properties) {
		container = "geojson";
		dialect = take_object(d, properties);
		take_geometry(d, json_get(v, "geometry"));
		draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(v, "id")));
	} else {
		dialect = take_object(d, v);
		take_geometry(d, json_get(v, "geometry"));
	}
	if (!d->parser->format) {
		snprintf(format, sizeof(format), "%s/%s", container, dialect);
		d->parser->format = format;
	}
}

/* ---- containers ---- */

struct source {
	struct parser *parser;
	struct str head;
	bool unreadable; /* an error of the system, not of the file */
};

static ssize_t read_source(void *ctx, char *p, size_t n)
{
	struct source *s = ctx;
	if (s->head.n) {
		n = n < s->head.n ? n : s->head.n;
		memcpy(p, s->head.p, n);
		s->head = (struct str){s->head.p + n, s->head.n - n};
		return (ssize_t)n;
	}
	ssize_t k = read(s->parser->in, p, n);
	if (k > 0)
		s->parser->consumed += (uint64_t)k;
	s->unreadable = k < 0 && errno != EINTR;
	return k;
}

/* Whether the array of that name holds the records: not in an object that is a record itself, whose
 * features may be "parking". (GDAL gives its FeatureCollections a name.) */
static bool is_collection(const struct json_value *object, struct str key)
{
	if (json_get(object, "name") &&
	    !str_eq(json_text(json_get(object, "type")), STR("FeatureCollection")))
		return false;
	return str_eq(key, STR("features")) || str_eq(key, STR("@graph")) ||
	       str_eq(key, STR("elements"));
}

enum outcome { TOOK_ALL, TOOK_BROKEN, PIPE_GONE };

/* The record that began outside of `outside` containers is larger than a record may be: a
 * reject, not the file's end. */
static enum outcome too_large(struct json_reader *r, struct draft *d, size_t outside)
{
	draft_reset(d, d->line);
	draft_reject(d, "", (struct str){"", 0}, "the record is larger than 4 MiB");
	while (r->depth > outside)
		if (json_next(r) == JSON_ERROR)
			return TOOK_BROKEN;
	return draft_finish(d) ? TOOK_ALL : PIPE_GONE;
}

/* The value at the reader's token as one record. */
static enum outcome one_record(struct json_reader *r, struct draft *d)
{
	struct json_value *v;
	struct err err;
	size_t outside = r->depth - (r->token == JSON_OBJECT || r->token == JSON_ARRAY);
	draft_reset(d, r->line);
	enum status status = json_read_value(r, &d->arena, &v, &err);
	if (status == TOO_LARGE)
		return too_large(r, d, outside);
	if (status != OK)
		return TOOK_BROKEN;
	draft_object(d, v);
	return draft_finish(d) ? TOOK_ALL : PIPE_GONE;
}

/* Behind JSON_ARRAY: every element a record. */
static enum outcome records_of_array(struct json_reader *r, struct draft *d)
{
	d->parser->in_collection = true;
	while (json_next(r) != JSON_ARRAY_END) {
		if (r->token == JSON_ERROR)
			return TOOK_BROKEN;
		enum outcome o = one_record(r, d);
		if (o != TOOK_ALL)
			return o;
	}
	return TOOK_ALL;
}

static bool append_member(struct arena *arena, struct json_value *object, struct json_value **last,
			  struct str key, struct json_value *v)
{
	json_rename(v, arena_str(arena, key));
	if (*last)
		(*last)->next = v;
	else
		object->first = v;
	*last = v;
	object->count++;
	return v->key.p != NULL;
}

/* Behind JSON_OBJECT at the top: a collection is streamed, anything else is itself the record. */
static enum outcome top_object(struct json_reader *r, struct draft *d)
{
	bool collection = false;
	char key[256];
	struct json_value *object, *last = NULL, *v;
	struct err err;
	size_t outside = r->depth - 1;
	draft_reset(d, r->line);
	object = arena_alloc(&d->arena, sizeof(*object));
	must(object);
	object->kind = JSON_IS_OBJECT;
	while (json_next(r) == JSON_KEY) {
		size_t n = r->text.n < sizeof(key) ? r->text.n : sizeof(key);
		memcpy(key, r->text.p, n);
		bool list = is_collection(object, (struct str){key, n});
		if (json_next(r) == JSON_ARRAY && list) {
			collection = true;
			enum outcome o = records_of_array(r, d);
			if (o != TOOK_ALL)
				return o;
		} else if (collection) {
			if (!json_skip(r))
				return TOOK_BROKEN;
		} else if (r->token == JSON_ERROR) {
			return TOOK_BROKEN;
		} else {
			enum status status = json_read_value(r, &d->arena, &v, &err);
			if (status == TOO_LARGE ||
			    (status == OK &&
			     !append_member(&d->arena, object, &last, (struct str){key, n}, v)))
				return too_large(r, d, outside);
			if (status != OK)
				return TOOK_BROKEN;
		}
	}
	if (r->token != JSON_OBJECT_END)
		return TOOK_BROKEN;
	if (collection)
		return TOOK_ALL;
	draft_object(d, object);
	return draft_finish(d) ? TOOK_ALL : PIPE_GONE;
}

bool parse_json(struct parser *p, struct str head)
{
	struct source source = {.parser = p, .head = head};
	struct json_reader r;
	struct draft draft;
	bool ok = true;

	json_reader_init(&r, read_source, &source, DRAFT_ARENA_BYTES);
	draft_init(&draft, p);
	while (ok && json_next(&r) != JSON_EOF) {
		uint64_t line = r.line;
		enum outcome o = r.token == JSON_ERROR    ? TOOK_BROKEN
				 : r.token == JSON_OBJECT ? top_object(&r, &draft)
				 : r.token == JSON_ARRAY  ? records_of_array(&r, &draft)
							  : one_record(&r, &draft);
		ok = o != PIPE_GONE;
		if (o != TOOK_BROKEN) {
			p->in_collection = false;
			continue;
		}
		/* In a file of one object a line, a broken line costs that line only. */
		if (r.line != line || p->in_collection || source.unreadable) {
			parser_fail(p, "%s", r.err.text);
			break;
		}
		draft_reset(&draft, line);
		draft_reject(&draft, "", (struct str){"", 0}, r.err.text);
		ok = draft_finish(&draft);
		json_recover_line(&r);
	}
	draft_release(&draft);
	json_reader_release(&r);
	return ok;
}
