/* Objects of OpenStreetMap: tags, ids that keep their type, and where an area is. */
#include "base/ascii.h"
#include "directory/parse/internal.h"
#include "directory/taxonomy/taxonomy.h"

#include <stdio.h>
#include <string.h>

/* Tags whose value is a kind of business, the most telling first. */
static const char *const category_tags[] = {
    "shop",  "craft",  "office",  "healthcare", "tourism", "amenity",  "leisure", "club",
    "sport", "beauty", "landuse", "railway",    "aeroway", "man_made", "place"};

/* What any object with a name may have; beside nothing else it is no business. */
enum { TRADE_TAGS = 4 };

static bool has_category_tag(const struct json_value *v)
{
	for (size_t i = 0; i < COUNT_OF(category_tags); i++)
		if (json_text(json_get(v, category_tags[i])).n)
			return true;
	return false;
}

bool osm_is_object(const struct json_value *v)
{
	static const char *const signs[] = {"addr:street", "addr:housenumber", "addr:full",
					    "opening_hours", "@spider"};
	struct str id = json_text(json_get(v, "@id")), type = json_text(json_get(v, "@type"));
	bool numbered = id.n && (str_eq(type, STR("node")) || str_eq(type, STR("way")) ||
				 str_eq(type, STR("relation")) || str_starts(id, STR("node/")) ||
				 str_starts(id, STR("way/")) || str_starts(id, STR("relation/")));
	if (numbered || has_category_tag(v))
		return true;
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (json_text(json_get(v, signs[i])).n)
			return true;
	for (const struct json_value *m = v->first; m; m = m->next)
		if (str_starts(m->key, STR("disused:")) || str_starts(m->key, STR("abandoned:")))
			return true;
	return false;
}

bool osm_is_column(struct str header)
{
	return str_eq(header, STR("@id")) || str_eq(header, STR("@type")) ||
	       str_eq(header, STR("@lat")) || str_eq(header, STR("@lon")) ||
	       str_starts(header, STR("addr:")) || str_starts(header, STR("contact:"));
}

/* ---- ids ---- */

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_digit(s.p[i]))
			return false;
	return s.n > 0 && s.n < 19;
}

static bool is_type(const char *p, size_t n)
{
	static const char *const types[] = {"node", "way", "relation", "area", "n", "w", "r", "a"};
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_eq_nocase((struct str){p, n}, str_of(types[i])))
			return true;
	return false;
}

/* "n4711" of "node" and "4711", "node/4711", "n4711"; an area of osmium is the way or relation it
 * was made of. What is none of these stays as it is. */
static void put_id(struct draft *d, struct str type, struct str id)
{
	char letter = 0;
	int64_t number;
	if (!id.n)
		return;
	const char *slash = memchr(id.p, '/', id.n);
	if (slash) {
		struct str rest = {slash + 1, id.n - (size_t)(slash - id.p) - 1};
		if (is_number(rest)) {
			type = (struct str){id.p, (size_t)(slash - id.p)};
			id = rest;
		}
	}
	/* "node_4711", "way-5" */
	for (size_t i = 1; i + 1 < id.n && !slash; i++)
		if (strchr("_-:", id.p[i]) && is_type(id.p, i) &&
		    is_number((struct str){id.p + i + 1, id.n - i - 1})) {
			type = (struct str){id.p, i};
			id = (struct str){id.p + i + 1, id.n - i - 1};
		}
	if (id.n > 1 && strchr("nwraNWRA", id.p[0]) &&
	    is_number((struct str){id.p + 1, id.n - 1})) {
		letter = ascii_lower(id.p[0]);
		id = (struct str){id.p + 1, id.n - 1};
	} else if (is_number(id) && type.n && strchr("nwra", ascii_lower(type.p[0]))) {
		letter = ascii_lower(type.p[0]);
	}
	if (!letter || !str_to_i64(id, 0, INT64_MAX, &number)) {
		draft_field(d, RECORD_EXTERNAL_ID, id);
		return;
	}
	if (letter == 'a') {
		letter = number % 2 ? 'r' : 'w';
		number = number / 2;
	}
	char *p = arena_printf(&d->arena, "%c%lld", letter, (long long)number);
	if (p)
		draft_field(d, RECORD_EXTERNAL_ID, str_of(p));
}

void osm_put_id(struct draft *d, struct str id)
{
	put_id(d, (struct str){"", 0}, id);
}

/* ---- tags ---- */

static const char *const closing_prefixes[] = {
    "disused:", "abandoned:", "was:", "closed:", "razed:", "demolished:", "removed:"};

static bool is_closing_key(struct str key)
{
	for (size_t i = 0; i < COUNT_OF(closing_prefixes); i++)
		if (str_starts(key, str_of(closing_prefixes[i])))
			return true;
	return false;
}

/* Closed for good: what it was is told by a prefix, or the trade is "no" or "vacant". */
static void put_closing(struct draft *d, const struct json_value *tags)
{
	bool trades = false, traded = false;
	for (size_t i = 0; i < COUNT_OF(category_tags); i++) {
		struct str value = json_text(json_get(tags, category_tags[i]));
		bool gone = str_eq(value, STR("no")) || str_eq(value, STR("vacant")) ||
			    str_eq(value, STR("closed"));
		trades |= value.n && !gone;
		traded |= gone;
	}
	for (const struct json_value *m = tags->first; m; m = m->next)
		for (size_t i = 0; i < COUNT_OF(closing_prefixes); i++) {
			struct str prefix = str_of(closing_prefixes[i]);
			if (!str_starts(m->key, prefix))
				continue;
			struct str key = {m->key.p + prefix.n, m->key.n - prefix.n};
			for (size_t k = 0; k < COUNT_OF(category_tags); k++)
				traded |= str_eq(key, str_of(category_tags[k]));
		}
	bool vacant = str_eq(json_text(json_get(tags, "vacant")), STR("yes")) ||
		      str_eq(json_text(json_get(tags, "disused")), STR("yes")) ||
		      str_eq(json_text(json_get(tags, "abandoned")), STR("yes"));
	if (vacant || (traded && !trades))
		closing_put(d, "flag", STR("yes"));
	closing_put(d, "date", json_text(json_get(tags, "end_date")));
}

/* Things of the street and of the land that have names and are no business. */
static bool is_furniture(struct str tag)
{
	static const char *const tags[] = {"amenity=bench",
					   "amenity=waste_basket",
					   "amenity=parking",
					   "amenity=parking_space",
					   "amenity=parking_entrance",
					   "amenity=bicycle_parking",
					   "amenity=motorcycle_parking",
					   "amenity=drinking_water",
					   "amenity=fountain",
					   "amenity=toilets",
					   "amenity=shelter",
					   "amenity=recycling",
					   "amenity=hunting_stand",
					   "amenity=grit_bin",
					   "amenity=post_box",
					   "amenity=telephone",
					   "amenity=clock",
					   "amenity=water_point",
					   "amenity=watering_place",
					   "amenity=bbq",
					   "amenity=grave_yard",
					   "amenity=taxi",
					   "amenity=public_bookcase",
					   "amenity=loading_dock",
					   "amenity=waste_disposal",
					   "amenity=letter_box",
					   "amenity=lounger",
					   "tourism=information",
					   "tourism=viewpoint",
					   "tourism=artwork",
					   "tourism=picnic_site",
					   "leisure=park",
					   "leisure=playground",
					   "leisure=pitch",
					   "leisure=garden",
					   "leisure=nature_reserve",
					   "leisure=picnic_table",
					   "leisure=track",
					   "leisure=common",
					   "leisure=firepit",
					   "leisure=outdoor_seating",
					   "leisure=slipway",
					   "leisure=swimming_pool",
					   "leisure=bleachers"};
	for (size_t i = 0; i < COUNT_OF(tags); i++)
		if (str_eq(tag, str_of(tags[i])))
			return true;
	return false;
}

/* Whether a tag names a business: a trade, or something that a business publishes. */
static bool is_business(const struct json_value *tags)
{
	static const char *const published[] = {"opening_hours", "phone",           "contact:phone",
						"website",       "contact:website", "brand",
						"cuisine",       "vacant",          "disused"};
	for (size_t i = 0; i < COUNT_OF(category_tags); i++) {
		struct str value = json_text(json_get(tags, category_tags[i]));
		char tag[128];
		int n = snprintf(tag, sizeof(tag), "%s=%.*s", category_tags[i], STR_ARG(value));
		if (!value.n || n < 0 || n >= (int)sizeof(tag))
			continue;
		struct str whole = {tag, (size_t)n};
		if (i < TRADE_TAGS || (!is_furniture(whole) && taxonomy_find(TAXONOMY_OSM, whole)))
			return true;
	}
	for (size_t i = 0; i < COUNT_OF(published); i++)
		if (json_text(json_get(tags, published[i])).n)
			return true;
	for (const struct json_value *m = tags->first; m; m = m->next)
		if (str_starts(m->key, STR("disused:")) || str_starts(m->key, STR("abandoned:")))
			return true;
	return false;
}

static void osm_put_categories(struct draft *d, const struct json_value *tags)
{
	char tag[128];
	for (size_t i = 0; i < COUNT_OF(category_tags); i++) {
		struct str value = json_text(json_get(tags, category_tags[i]));
		while (value.n) {
			struct str one = str_trim(str_cut(&value, ';'));
			int n =
			    snprintf(tag, sizeof(tag), "%s=%.*s", category_tags[i], STR_ARG(one));
			if (str_eq(one, STR("no")) || str_eq(one, STR("vacant")) || n <= 0 ||
			    n >= (int)sizeof(tag))
				continue;
			/* "sport" or "place" beside a trade is no further category. */
			struct str whole = arena_str(&d->arena, (struct str){tag, (size_t)n});
			if (i < 8 || taxonomy_find(TAXONOMY_OSM, whole))
				category_put(d, TARGET_CATEGORY_OSM, whole);
		}
	}
}

static bool is_category_tag(struct str key)
{
	static const char *const others[] = {"type", "id",  "@id",      "@type",  "@lat",   "@lon",
					     "lat",  "lon", "end_date", "vacant", "disused"};
	for (size_t i = 0; i < COUNT_OF(category_tags); i++)
		if (str_eq(key, str_of(category_tags[i])))
			return true;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (str_eq(key, str_of(others[i])))
			return true;
	return false;
}

static void osm_put_text(struct draft *d, enum record_field field, double v)
{
	char *p = arena_printf(&d->arena, "%.7f", v);
	draft_field(d, field, p ? str_of(p) : STR(""));
}

/* lat and lon, or center, or the geometry, or the middle of bounds, as Overpass writes them. */
static void osm_put_place(struct draft *d, const struct json_value *v)
{
	const struct json_value *center = json_get(v, "center"), *bounds = json_get(v, "bounds");
	const struct json_value *at = json_get(v, "lat") || !center ? v : center;
	double lat, lon, south, north, west, east;
	draft_field(d, RECORD_LAT, json_text(json_get(at, "lat")));
	draft_field(d, RECORD_LON, json_text(json_get(at, "lon")));
	draft_field(d, RECORD_LAT, json_text(json_get(v, "@lat")));
	draft_field(d, RECORD_LON, json_text(json_get(v, "@lon")));
	const struct json_value *geometry = json_get(v, "geometry");
	if (d->field[RECORD_LAT].p)
		return;
	if (geometry && geometry->kind == JSON_IS_ARRAY && geometry_inside(geometry, &lat, &lon)) {
		osm_put_text(d, RECORD_LAT, lat);
		osm_put_text(d, RECORD_LON, lon);
		return;
	}
	const struct json_value *member = json_path(v, "members.0.geometry");
	if (member && member->kind == JSON_IS_ARRAY && geometry_inside(member, &lat, &lon)) {
		osm_put_text(d, RECORD_LAT, lat);
		osm_put_text(d, RECORD_LON, lon);
		return;
	}
	if (json_double(json_get(bounds, "minlat"), &south) &&
	    json_double(json_get(bounds, "maxlat"), &north) &&
	    json_double(json_get(bounds, "minlon"), &west) &&
	    json_double(json_get(bounds, "maxlon"), &east)) {
		osm_put_text(d, RECORD_LAT, (south + north) / 2);
		osm_put_text(d, RECORD_LON, (west + east) / 2);
	}
}

void osm_put(struct draft *d, const struct json_value *v, const struct json_value *tags)
{
	struct str type = json_text(json_get(v, "type"));
	if (!type.n)
		type = json_text(json_get(v, "@type"));
	put_id(d, type, json_text(json_get(v, "@id")));
	put_id(d, type, json_text(json_get(v, "id")));
	osm_put_place(d, v);
	if (!is_business(tags)) {
		draft_leave_out(d, STR("objects of OpenStreetMap without a trade"));
		return;
	}
	osm_put_categories(d, tags);
	put_closing(d, tags);
	for (const struct json_value *m = tags->first; m; m = m->next) {
		const struct binding *b = binding_of_tag(m->key);
		if (b)
			draft_put(d, b, json_text(m));
		else if (!is_category_tag(m->key) && !is_closing_key(m->key) && json_text(m).n)
			parser_count(d->parser, "not used", m->key);
	}
	/* Villages of Czechia and Slovakia have numbers without streets. */
	struct str numbered = json_text(json_get(tags, "addr:conscriptionnumber"));
	if (numbered.n && !d->house_number.n)
		draft_put(d, binding_of_header(STR("housenumber")), numbered);
	/* Chains are often mapped by their brand alone. */
	if (!d->field[RECORD_NAME].p)
		draft_field(d, RECORD_NAME, json_text(json_get(tags, "brand")));
}
