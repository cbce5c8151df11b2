/* Members of JSON answers: of businesses, facets, and what was understood. */
#include "directory/search/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "directory/taxonomy/taxonomy.h"

static void members_texts(struct json_writer *w, const char *key, const struct search_texts *texts)
{
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < texts->count; i++)
		json_put_str(w, texts->item[i]);
	json_array_end(w);
}

static void members_tree(struct json_writer *w, const char *key, const struct json_value *tree)
{
	json_key(w, key);
	if (tree)
		json_put_tree(w, tree);
	else
		json_put_null(w);
}

void members_place(struct json_writer *w, const char *key, const struct search_place *place)
{
	if (key)
		json_key(w, key);
	if (!place->key.n) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	json_member_text(w, "key", place->key);
	json_member_text(w, "name", place->name);
	json_member_text(w, "country", place->country);
	json_member_i64(w, "businesses", place->businesses);
	json_object_end(w);
}

void members_label(struct json_writer *w, const char *key, struct str value, struct str label)
{
	json_key(w, key);
	if (!value.n) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	json_member_text(w, "key", value);
	json_member_text(w, "label", label);
	json_object_end(w);
}

/* A category of the taxonomy in the language that is asked for; of a group its English label. */
void members_category(struct json_writer *w, const char *member, struct str key, struct str label,
		      const char *lang)
{
	const struct taxonomy_category *category = key.n ? taxonomy_find(TAXONOMY_KEY, key) : NULL;
	members_label(w, member, key, category ? taxonomy_label(category, lang) : label);
}

static void members_source(struct json_writer *w, const struct search_source *source)
{
	json_key(w, "source");
	json_object_begin(w);
	json_member_text(w, "key", source->key);
	json_member_text(w, "name", source->name);
	json_member_text(w, "licence", source->licence);
	json_member_text(w, "licence_url", source->licence_url);
	json_member_text(w, "attribution", source->attribution);
	json_member_text(w, "url", source->url);
	json_object_end(w);
}

static void members_open(struct json_writer *w, const struct search_business *b)
{
	static const char *const states[] = {
	    [SEARCH_OPEN_UNKNOWN] = "unknown",
	    [SEARCH_CLOSED] = "closed",
	    [SEARCH_OPEN] = "open",
	};
	char changes[CLOCK_TEXT] = "";
	if (b->open_changes_s)
		clock_format(b->open_changes_s * 1000000, changes);
	json_key(w, "open");
	json_object_begin(w);
	json_member_z(w, "state", states[b->open]);
	json_member_text(w, "changes_at", str_of(changes));
	json_object_end(w);
}

void members_business(struct json_writer *w, const struct search_business *b, const char *lang)
{
	json_member_text(w, "id", b->id_text);
	json_member_text(w, "name", b->name);
	members_category(w, "category", b->category, b->category_label, lang);
	json_key(w, "address");
	json_object_begin(w);
	json_member_text(w, "street", b->street);
	json_member_text(w, "postcode", b->postcode);
	json_member_text(w, "city", b->city);
	json_member_text(w, "country", b->country);
	json_object_end(w);
	json_key(w, "location");
	if (b->located) {
		json_object_begin(w);
		json_key(w, "lat");
		json_put_double(w, b->lat, 7);
		json_key(w, "lon");
		json_put_double(w, b->lon, 7);
		json_object_end(w);
	} else {
		json_put_null(w);
	}
	json_member_text(w, "telephone", b->phone);
	json_member_text(w, "opening_hours", b->hours);
	json_member_text(w, "timezone", b->timezone);
	members_open(w, b);
	json_key(w, "quality_score");
	if (b->quality >= 0)
		json_put_i64(w, b->quality);
	else
		json_put_null(w);
	if (b->distance_m >= 0) {
		json_key(w, "distance_m");
		json_put_double(w, b->distance_m, 1);
	}
	members_source(w, &b->source);
}

void members_detail(struct json_writer *w, const struct search_detail *d)
{
	json_member_text(w, "external_id", d->external_id);
	members_place(w, "region", &d->region);
	members_place(w, "city", &d->city);
	json_member_text(w, "schema_type", d->category.schema_type);
	members_label(w, "category_group", d->category.group_key, d->category.group_label);
	members_texts(w, "further_categories", &d->categories);
	members_texts(w, "alternate_names", &d->alt_names);
	json_member_text(w, "description", d->description);
	json_member_text(w, "website", d->website);
	members_texts(w, "service_area", &d->service_area);
	members_texts(w, "same_as", &d->same_as);
	members_tree(w, "offers", d->offers);
	members_tree(w, "extra", d->extra);
	members_tree(w, "found", d->found);
	json_member_text(w, "created_at", d->created_at);
	json_member_text(w, "updated_at", d->updated_at);
	json_member_text(w, "source_updated_at", d->source_updated_at);
}

void members_understood(struct json_writer *w, const struct search_understood *u, const char *lang)
{
	json_key(w, "understood");
	if (!u->text.n && !u->left_out.n) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	json_member_text(w, "text", u->text);
	json_member_bool(w, "corrected", u->corrected);
	json_member_text(w, "left_out", u->left_out);
	members_category(w, "category", u->category.key, u->category.label, lang);
	members_place(w, "region", &u->region);
	members_place(w, "city", &u->city);
	members_place(w, "country", &u->country);
	json_member_text(w, "telephone", u->telephone);
	json_member_text(w, "website", u->website);
	json_member_bool(w, "near_me", u->near_me);
	json_member_bool(w, "open_now", u->when == WISH_NOW);
	const char *when = wishes_time(u->when);
	json_member_text(w, "open_when", str_of(when ? when : ""));
	json_member_bool(w, "opens_next", u->opens_next);
	json_member_text(w, "excluded", u->excluded);
	json_object_end(w);
}

static void members_facet(struct json_writer *w, const char *member,
			  const struct search_facet *facet, size_t count, const char *lang)
{
	json_key(w, member);
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		const struct taxonomy_category *category =
		    lang ? taxonomy_find(TAXONOMY_KEY, facet[i].key) : NULL;
		json_object_begin(w);
		json_member_text(w, "key", facet[i].key);
		json_member_text(w, "label",
				 category ? taxonomy_label(category, lang) : facet[i].label);
		json_member_i64(w, "businesses", facet[i].businesses);
		json_object_end(w);
	}
	json_array_end(w);
}

void members_facets(struct json_writer *w, const struct search_facets *facets, const char *lang)
{
	json_key(w, "facets");
	json_object_begin(w);
	json_member_i64(w, "total",
			facets->total > SEARCH_COUNT_MAX ? SEARCH_COUNT_MAX : facets->total);
	json_member_bool(w, "more", facets->total > SEARCH_COUNT_MAX);
	members_facet(w, "categories", facets->category, facets->categories, lang);
	members_facet(w, "regions", facets->region, facets->regions, NULL);
	members_facet(w, "cities", facets->city, facets->cities, NULL);
	json_member_i64(w, "open_now", facets->open);
	json_object_end(w);
}
