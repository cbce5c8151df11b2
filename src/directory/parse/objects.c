/* Objects of JSON in whatever dialect: ours, rejects of an import, OpenStreetMap, Overture,
 * schema.org, anything with telling keys. */
#include "directory/parse/internal.h"
#include "directory/parse/values.h"
#include "directory/taxonomy/taxonomy.h"

#include <stdio.h>
#include <string.h>

/* ---- the table of keys ---- */

enum key_role { KEY_LIST, KEY_SINGLE, KEY_GROUP, KEY_DIALECT, KEY_OVERTURE };

static const struct {
	enum key_role role;
	const char *key;
} object_keys[] = {
#define KEY(role, key) {KEY_##role, key},
#define PUBLISHED(path, field)
#include "directory/parse/objects.def"
#undef KEY
#undef PUBLISHED
};

static const struct {
	const char *path;
	enum record_field field;
} published_values[] = {
#define KEY(role, key)
#define PUBLISHED(path, field) {path, RECORD_##field},
#include "directory/parse/objects.def"
#undef KEY
#undef PUBLISHED
};

static bool key_has_role(struct str key, enum key_role role)
{
	bool exact = role == KEY_OVERTURE || role == KEY_DIALECT;
	for (size_t i = 0; i < COUNT_OF(object_keys); i++)
		if (object_keys[i].role == role &&
		    (exact ? str_eq(key, str_of(object_keys[i].key))
			   : str_eq_nocase(key, str_of(object_keys[i].key))))
			return true;
	return false;
}

/* ---- our own form ---- */

/* Further facts one by one: only an invalid one is dropped. */
static void native_extra(struct draft *d, const struct json_value *object)
{
	for (const struct json_value *m = object->first; m; m = m->next) {
		if (m->kind == JSON_IS_STRING && !memchr(m->key.p, '@', m->key.n)) {
			draft_extra(d, m->key.p, m->text);
			continue;
		}
		struct buf out;
		struct json_writer w;
		buf_init(&out, record_fields[RECORD_EXTRA].max_bytes);
		json_writer_init(&w, &out);
		json_put_tree(&w, m);
		draft_extra_json(d, m->key,
				 buf_failed(&out) ? (struct str){NULL, 0} : buf_view(&out));
		buf_release(&out);
	}
}

static void native_json(struct draft *d, enum record_field field, const struct json_value *m)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, record_fields[field].max_bytes);
	json_writer_init(&w, &out);
	json_put_tree(&w, m);
	if (buf_failed(&out))
		draft_dropped(draft_given(d, field, STR("an object")), "too long");
	else
		draft_field(d, field, arena_str(&d->arena, buf_view(&out)));
	buf_release(&out);
}

/* The values of an object by field, the last where a key is repeated; other keys are counted. */
static void native_fields(struct draft *d, const struct json_value *v,
			  const struct json_value *value[RECORD_FIELDS])
{
	static struct str names[RECORD_FIELDS];
	for (int f = 0; f < RECORD_FIELDS; f++) {
		if (!names[f].p)
			names[f] = str_of(record_field_name((enum record_field)f));
		value[f] = NULL;
	}
	for (const struct json_value *m = v->first; m; m = m->next) {
		int f = 0;
		while (f < RECORD_FIELDS && !str_eq(m->key, names[f]))
			f++;
		if (f < RECORD_FIELDS)
			value[f] = m;
		else
			parser_count(d->parser, "not used", m->key);
	}
}

static void take_native(struct draft *d, const struct json_value *v)
{
	const struct binding category = {"", TARGET_CATEGORY_ANY, RECORD_NAME, NULL};
	const struct json_value *value[RECORD_FIELDS];
	native_fields(d, v, value);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		const struct json_value *m = value[f];
		const struct json_value *e = m && m->kind == JSON_IS_ARRAY ? m->first : m;
		bool list = record_fields[f].kind == RECORD_LIST;
		if (!m)
			continue;
		if (f == RECORD_EXTRA && m->kind == JSON_IS_OBJECT) {
			native_extra(d, m);
		} else if (m->kind == JSON_IS_OBJECT && record_fields[f].kind == RECORD_JSON) {
			native_json(d, (enum record_field)f, m);
		} else if (f == RECORD_CLOSED) {
			closing_put(d, "flag",
				    m->kind == JSON_IS_BOOL && m->boolean ? STR("yes")
									  : json_text(m));
		} else if (list) {
			for (; e; e = e == m ? NULL : e->next)
				if (f == RECORD_CATEGORIES)
					draft_put(d, &category, json_text(e));
				else
					draft_field(d, (enum record_field)f, json_text(e));
		} else {
			draft_field(d, (enum record_field)f, json_text(m));
		}
	}
}

static void objects_put_list(struct draft *d, enum record_field field,
			     const struct json_value *list)
{
	const struct json_value *e = list && list->kind == JSON_IS_ARRAY ? list->first : list;
	for (; e; e = e == list ? NULL : e->next)
		draft_field(d, field, json_text(e));
}

/* ---- what the API answers, and so the file of the whole directory ---- */

static bool is_published(const struct json_value *v)
{
	const struct json_value *address = json_get(v, "address");
	return address && address->kind == JSON_IS_OBJECT && json_get(v, "opening_hours") &&
	       json_get(v, "quality_score") && json_get(v, "name");
}

static void take_published(struct draft *d, const struct json_value *v)
{
	const struct binding category = {"", TARGET_CATEGORY_ANY, RECORD_NAME, NULL};
	for (size_t i = 0; i < COUNT_OF(published_values); i++)
		draft_field(d, published_values[i].field,
			    json_text(json_path(v, published_values[i].path)));
	if (!d->field[RECORD_EXTERNAL_ID].p)
		draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(v, "id")));
	draft_put(d, &category, json_text(json_path(v, "category.key")));
	const struct json_value *more = json_get(v, "further_categories");
	for (const struct json_value *e = more ? more->first : NULL; e; e = e->next)
		draft_put(d, &category,
			  json_text(e->kind == JSON_IS_OBJECT ? json_get(e, "key") : e));
	objects_put_list(d, RECORD_ALT_NAMES, json_get(v, "alternate_names"));
	objects_put_list(d, RECORD_SERVICE_AREA, json_get(v, "service_area"));
	objects_put_list(d, RECORD_SAME_AS, json_get(v, "same_as"));
	const struct json_value *offers = json_get(v, "offers"), *extra = json_get(v, "extra");
	if (offers && offers->kind == JSON_IS_OBJECT)
		native_json(d, RECORD_OFFERS, offers);
	if (extra && extra->kind == JSON_IS_OBJECT)
		native_extra(d, extra);
}

/* ---- Overture ---- */

/* Of the way from the most general category to the place's own the most special one that we know,
 * when nothing better is known. */
static void overture_parents(struct draft *d, const struct json_value *hierarchy)
{
	struct str best = {NULL, 0};
	for (const struct json_value *e = hierarchy ? hierarchy->first : NULL; e; e = e->next)
		if (taxonomy_find(TAXONOMY_OVERTURE, json_text(e)))
			best = json_text(e);
	if (!d->field[RECORD_CATEGORIES].p && best.n)
		category_put(d, TARGET_CATEGORY_OVERTURE, best);
}

static void overture_categories(struct draft *d, const struct json_value *v)
{
	static const char *const single[] = {"taxonomy.primary", "basic_category",
					     "categories.primary"};
	/* The release of 2025 renamed categories to taxonomy and basic_category. */
	for (size_t i = 0; i < COUNT_OF(single); i++)
		if (json_text(json_path(v, single[i])).n)
			category_put(d, TARGET_CATEGORY_OVERTURE,
				     json_text(json_path(v, single[i])));
	const struct json_value *more = json_path(v, "categories.alternate");
	if (!more)
		more = json_path(v, "taxonomy.alternates");
	for (const struct json_value *e = more ? more->first : NULL; e; e = e->next)
		category_put(d, TARGET_CATEGORY_OVERTURE, json_text(e));
	overture_parents(d, json_path(v, "taxonomy.hierarchy"));
}

static void take_overture(struct draft *d, const struct json_value *v)
{
	const struct json_value *address = json_path(v, "addresses.0"),
				*emails = json_get(v, "emails");
	draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(v, "id")));
	draft_field(d, RECORD_NAME, json_text(json_path(v, "names.primary")));
	draft_field(d, RECORD_ALT_NAMES, json_text(json_path(v, "brand.names.primary")));
	const struct json_value *common = json_path(v, "names.common"); /* by language */
	for (const struct json_value *m = common ? common->first : NULL; m; m = m->next)
		if (!str_eq(json_text(m), json_text(json_path(v, "names.primary"))))
			draft_field(d, RECORD_ALT_NAMES, json_text(m));
	overture_categories(d, v);
	draft_field(d, RECORD_STREET, json_text(json_get(address, "freeform")));
	draft_field(d, RECORD_POSTCODE, json_text(json_get(address, "postcode")));
	draft_field(d, RECORD_CITY, json_text(json_get(address, "locality")));
	draft_field(d, RECORD_REGION, json_text(json_get(address, "region")));
	draft_field(d, RECORD_COUNTRY, json_text(json_get(address, "country")));
	objects_put_list(d, RECORD_PHONE, json_get(v, "phones"));
	const struct json_value *sites = json_get(v, "websites");
	draft_field(d, RECORD_WEBSITE,
		    json_text(sites && sites->kind == JSON_IS_ARRAY ? sites->first : sites));
	objects_put_list(d, RECORD_SAME_AS, json_get(v, "socials"));
	if (json_text(json_get(v, "operating_status")).n)
		closing_put(d, "word", json_text(json_get(v, "operating_status")));
	for (const struct json_value *e = emails ? emails->first : NULL; e; e = e->next)
		draft_put(d, &(struct binding){"", TARGET_EMAIL, RECORD_NAME, NULL}, json_text(e));
	for (const struct json_value *m = v->first; m; m = m->next) {
		if (!key_has_role(m->key, KEY_OVERTURE) && m->kind != JSON_IS_NULL)
			parser_count(d->parser, "not used", m->key);
	}
}

/* ---- names of keys as if they were headers of columns ---- */

/* A text, or the one inside of {"text": "Café", "languageCode": "de"} or {"title": "Café"}. */
static struct str key_text(const struct json_value *m)
{
	static const char *const names[] = {"text", "title", "name", "value"};
	for (size_t i = 0; i < COUNT_OF(names) && m->kind == JSON_IS_OBJECT; i++)
		if (json_text(json_get(m, names[i])).n)
			return json_text(json_get(m, names[i]));
	return json_text(m);
}

static void put_key(struct draft *d, const struct json_value *m)
{
	const struct binding *b = binding_of_header(m->key);
	if (!b) {
		if (m->kind != JSON_IS_NULL)
			parser_count(d->parser, "not used", m->key);
		return;
	}
	if (b->target == TARGET_PLACE && m->kind == JSON_IS_ARRAY && m->count == 2 &&
	    str_starts(str_of(b->name), STR("geopoint"))) {
		char *two = arena_printf(&d->arena, "%.*s,%.*s", STR_ARG(json_text(m->first)),
					 STR_ARG(json_text(m->first->next)));
		draft_put(d, b, two ? str_of(two) : STR(""));
	} else if (b->target == TARGET_HOURS && m->first) {
		draft_given(d, RECORD_HOURS, STR("an object"));
		parse_hours_value(&d->hours, m);
	} else if (m->kind == JSON_IS_ARRAY) {
		for (const struct json_value *e = m->first; e; e = e->next)
			draft_put(d, b, key_text(e));
	} else if (m->kind == JSON_IS_BOOL) {
		draft_put(d, b, m->boolean ? STR("true") : STR("false"));
	} else {
		draft_put(d, b, key_text(m));
	}
}

/* Objects whose members are values of the record itself; of a list the first. NULL: it is none. */
static const struct json_value *group_of(const struct json_value *m)
{
	const struct json_value *group = m->kind == JSON_IS_ARRAY ? m->first : m;
	bool is = group && group->kind == JSON_IS_OBJECT && key_has_role(m->key, KEY_GROUP);
	return is ? group : NULL;
}

static bool is_name_key(const struct json_value *m)
{
	const struct binding *b = binding_of_header(m->key);
	return b && b->target == TARGET_FIELD && b->field == RECORD_NAME;
}

static bool is_whole_record(struct str key)
{
	return str_eq_nocase(key, STR("fields")) || str_eq_nocase(key, STR("attributes")) ||
	       str_eq_nocase(key, STR("properties"));
}

/* Names in groups are of others: of a person in "contact", of a place in "location". Only groups
 * that have all of the record name it. */
static void take_group(struct draft *d, const struct json_value *group, struct str key)
{
	for (const struct json_value *m = group->first; m; m = m->next) {
		if (group_of(m))
			take_group(d, group_of(m), m->key);
		else if (is_whole_record(key) || !is_name_key(m))
			put_key(d, m);
		else if (str_eq_nocase(key, STR("contact")))
			draft_put(d, &(struct binding){"", TARGET_PERSON, RECORD_NAME, "contact"},
				  key_text(m));
		else
			parser_count(d->parser, "not used", m->key);
	}
}

static void take_by_keys(struct draft *d, const struct json_value *v)
{
	for (const struct json_value *m = v->first; m; m = m->next) {
		if (group_of(m))
			take_group(d, group_of(m), m->key);
		else if (!str_eq(m->key, STR("geometry")) && !str_eq(m->key, STR("type")))
			put_key(d, m);
	}
	const struct json_value *type = json_get(v, "type");
	if (type && !str_eq(json_text(type), STR("Feature")))
		put_key(d, type);
}

/* Whether an object names a business by a key, or in a group of keys. */
static bool has_name(const struct json_value *v, int depth)
{
	for (const struct json_value *m = v->kind == JSON_IS_OBJECT ? v->first : NULL; m;
	     m = m->next) {
		if (is_name_key(m) && m->kind != JSON_IS_OBJECT)
			return true;
		if (depth && m->kind == JSON_IS_OBJECT && is_whole_record(m->key) &&
		    has_name(m, depth - 1))
			return true;
	}
	return false;
}

/* Under any other key there may be persons, products or reviews. */
const struct json_value *objects_within(const struct json_value *v, int depth)
{
	size_t named = 0, others = 0;
	for (const struct json_value *m = v->first; m; m = m->next)
		if (key_has_role(m->key, KEY_DIALECT))
			return NULL;
	if (!depth || has_name(v, 1))
		return NULL;
	for (const struct json_value *m = v->first; m; m = m->next) {
		bool list = m->kind == JSON_IS_ARRAY && m->first && key_has_role(m->key, KEY_LIST);
		bool object = m->kind == JSON_IS_OBJECT && !binding_of_header(m->key);
		if (list ? has_name(m->first, 1)
			 : key_has_role(m->key, KEY_SINGLE) && has_name(m, 1))
			return m;
		named += object && has_name(m, 1);
		others += !object || !has_name(m, 1);
	}
	if (named > 1 && !others)
		return v; /* records by their ids */
	for (const struct json_value *m = v->first; m; m = m->next) {
		const struct json_value *found =
		    m->kind == JSON_IS_OBJECT ? objects_within(m, depth - 1) : NULL;
		if (found)
			return found;
	}
	return NULL;
}

/* ---- which dialect ---- */

/* A node, way or relation of Overpass that only carries geometry. */
static bool is_osm_geometry(const struct json_value *v)
{
	struct str type = json_text(json_get(v, "type"));
	const struct json_value *id = json_get(v, "id");
	return id && id->kind == JSON_IS_NUMBER && !json_get(v, "name") &&
	       (str_eq(type, STR("node")) || str_eq(type, STR("way")) ||
		str_eq(type, STR("relation")));
}

static const char *take_object(struct draft *d, const struct json_value *v,
			       const struct json_value *graph)
{
	const struct json_value *tags = json_get(v, "tags");
	if (is_published(v)) {
		take_published(d, v);
		return "published";
	}
	if (json_get(v, "external_id") && json_get(v, "name")) {
		take_native(d, v);
		return "holdfast";
	}
	if (tags && tags->kind == JSON_IS_OBJECT) {
		osm_put(d, v, tags);
		return "osm";
	}
	if (is_osm_geometry(v)) {
		draft_leave_out(d, STR("objects of OpenStreetMap without a trade"));
		return "osm";
	}
	if (json_path(v, "names.primary")) {
		take_overture(d, v);
		return "overture";
	}
	if (parse_schema_is_object(v)) {
		parse_schema_put(d, v, graph);
		return "schema.org";
	}
	if (osm_is_object(v)) {
		osm_put(d, v, v);
		return "osm";
	}
	take_by_keys(d, v);
	return "keys";
}

/* A line of an import's reject file: the record as it came. */
static struct json_value *of_rejects(struct json_value *v)
{
	if (!json_get(v, "cause") || !json_get(v, "file") || !json_get(v, "line"))
		return v;
	for (struct json_value *m = v->first; m; m = m->next)
		if (str_eq(m->key, STR("record")) && m->kind == JSON_IS_OBJECT)
			return m;
	return v;
}

void draft_object(struct draft *d, struct json_value *v, const struct json_value *graph)
{
	static char format[64];
	const char *container = "json", *dialect;
	if (v->kind != JSON_IS_OBJECT) {
		draft_reject(d, "", (struct str){"", 0}, "not an object");
		return;
	}
	v = of_rejects(v);
	const struct json_value *properties = json_get(v, "properties");
	if (d->parser->map) {
		map_object(d->parser->map, d, v);
		dialect = "map";
	} else if (str_eq(json_text(json_get(v, "type")), STR("Feature")) && properties) {
		container = "geojson";
		dialect = take_object(d, properties, NULL);
		geometry_put(d, json_get(v, "geometry"));
		if (!d->field[RECORD_EXTERNAL_ID].p && strcmp(dialect, "osm") == 0)
			osm_put_id(d, json_text(json_get(v, "id")));
		else if (!d->field[RECORD_EXTERNAL_ID].p)
			draft_field(d, RECORD_EXTERNAL_ID, json_text(json_get(v, "id")));
	} else {
		context_read(d->parser, json_get(v, "@context"));
		context_apply(d->parser, v);
		dialect = take_object(d, v, graph);
		const struct json_value *geometry = json_get(v, "geometry");
		if (!d->field[RECORD_LAT].p && geometry && geometry->kind == JSON_IS_STRING)
			draft_put(d, binding_of_header(STR("geometry")), json_text(geometry));
		else if (!d->field[RECORD_LAT].p)
			geometry_put(d, geometry);
	}
	if (!d->parser->format && !d->left_out) {
		snprintf(format, sizeof(format), "%s/%s", container, dialect);
		d->parser->format = format;
	}
}
