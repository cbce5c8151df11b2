/* Walks over a block and checks types, properties and values with the vocabulary, and each value
 * and object with the rules. */
#include "site/facts/internal.h"

#include <stdio.h>
#include <string.h>

enum {
	DEPTH_MAX = 16,
	TYPES_MAX = 16, /* of one object; further ones are ignored */
	PATH_MAX_BYTES = 256,
};

const struct facts_fault facts_faults[] = {
#define FAULT(id, key, severity, text) {key, severity, text},
#include "site/facts/faults.def"
#undef FAULT
};
const size_t facts_faults_count = FAULTS;
_Static_assert((int)FAULTS <= (int)FACTS_FAULTS_MAX, "FACTS_FAULTS_MAX is too small");

/* The position of the walk: a key or an index, and the position of the container. */
struct spot {
	const struct spot *in;
	struct str key;
	size_t index;
	unsigned depth;
};

struct check {
	facts_found *found;
	void *ctx;
	const struct spot *spot;
	const struct facts_ids *ids;
	size_t errors;
	bool local_business;
	bool job; /* the property is one of a JobPosting */
};

static size_t check_write_path(const struct spot *spot, char out[PATH_MAX_BYTES])
{
	size_t n = spot->in ? check_write_path(spot->in, out) : 0;
	if (!spot->in)
		return 0;
	int more =
	    spot->key.p
		? snprintf(out + n, PATH_MAX_BYTES - n, "%s%.*s", n ? "." : "", STR_ARG(spot->key))
		: snprintf(out + n, PATH_MAX_BYTES - n, "%s%zu", n ? "." : "", spot->index);
	return n + (size_t)more < PATH_MAX_BYTES ? n + (size_t)more : PATH_MAX_BYTES - 1;
}

/* Report a finding at the present position. Also a rule_found. */
static void check_found_at(void *ctx, enum facts_fault_id fault, const char *member,
			   struct str value)
{
	struct check *c = ctx;
	char path[PATH_MAX_BYTES] = "";
	c->errors += facts_faults[fault].severity == FACTS_ERROR;
	if (!c->found)
		return;
	size_t n = check_write_path(c->spot, path);
	if (member)
		snprintf(path + n, sizeof(path) - n, "%s%s", n ? "." : "", member);
	c->found(c->ctx, &(struct facts_finding){&facts_faults[fault], path, value});
}

static void check_found(struct check *c, enum facts_fault_id fault, struct str value)
{
	check_found_at(c, fault, NULL, value);
}

/* ---- values ---- */

/* FAULT_NONE when one of the property's data types accepts the text; the strictest are tried
 * first. */
static enum facts_fault_id check_data_type(const struct schema_property *p, struct str s)
{
	double number;
	unsigned takes = schema_takes(p);
	enum facts_fault_id fault = FAULT_NONE;
	if (takes & SCHEMA_TAKES_NUMBER) {
		if (form_number(s, &number))
			return FAULT_NONE;
		fault = FAULT_NUMBER_MALFORMED;
	}
	if (takes & SCHEMA_TAKES_DATE && (fault = form_date(s)) == FAULT_NONE)
		return FAULT_NONE;
	if (takes & SCHEMA_TAKES_TIME && (fault = form_time(s)) == FAULT_NONE)
		return FAULT_NONE;
	if (takes & SCHEMA_TAKES_BOOLEAN) {
		struct str term = schema_term(s);
		if (str_eq_nocase(term, STR("true")) || str_eq_nocase(term, STR("false")))
			return FAULT_NONE;
		fault = FAULT_BOOLEAN_MALFORMED;
	}
	if (takes & SCHEMA_TAKES_URL && (fault = form_url(s)) == FAULT_NONE)
		return FAULT_NONE;
	return fault;
}

/* A text where an object or a member of an enumeration is expected. A URL may refer to an object
 * elsewhere. */
static enum facts_fault_id check_named(const struct schema_property *p, struct str s)
{
	enum facts_fault_id fault = FAULT_VALUE_NOT_OBJECT;
	for (const struct schema_type *const *range = p->ranges; *range; range++) {
		if (!schema_is_a(*range, SCHEMA(Enumeration))) {
			if (schema_is_a(*range, SCHEMA(Quantity)))
				return FAULT_NONE;
			continue;
		}
		if (schema_is_member(s, *range) ||
		    str_starts(s, STR("http://purl.org/goodrelations/v1#")))
			return FAULT_NONE;
		fault = FAULT_MEMBER_UNKNOWN;
	}
	if (fault == FAULT_VALUE_NOT_OBJECT && form_url(s) == FAULT_NONE)
		return FAULT_NONE;
	return fault == FAULT_MEMBER_UNKNOWN && p == &schema_properties[SCHEMA_PROPERTY_dayOfWeek]
		   ? FAULT_DAY_UNKNOWN
		   : fault;
}

/* Whether the value may be a URL template: "https://example.org/?s={search_term}". */
static bool check_is_template(const struct schema_property *p)
{
	return p == &schema_properties[SCHEMA_PROPERTY_target] ||
	       p == &schema_properties[SCHEMA_PROPERTY_urlTemplate];
}

/* Whether the text may have markup, which search engines show; that of vacancies must. */
static bool check_allows_markup(const struct check *c, const struct schema_property *p)
{
	return c->job || p == &schema_properties[SCHEMA_PROPERTY_text] ||
	       p == &schema_properties[SCHEMA_PROPERTY_articleBody] ||
	       p == &schema_properties[SCHEMA_PROPERTY_reviewBody];
}

static void check_text(struct check *c, const struct schema_property *p, struct str s)
{
	enum facts_fault_id fault = form_text(s);
	if (fault == FAULT_TEXT_MARKUP && check_allows_markup(c, p))
		fault = FAULT_NONE;
	if (fault != FAULT_NONE)
		check_found(c, fault, s);
	if (fault != FAULT_NONE && facts_faults[fault].severity == FACTS_ERROR)
		return;
	if (fault != FAULT_NONE)
		s = str_trim(s);
	if (check_is_template(p) && s.n && memchr(s.p, '{', s.n))
		return;
	unsigned takes = schema_takes(p);
	if (!(takes & SCHEMA_TAKES_TEXT)) {
		fault = takes ? check_data_type(p, s) : check_named(p, s);
		/* A property with data types may have an enumeration as well: itemAvailability. */
		if (fault != FAULT_NONE && takes && check_named(p, s) == FAULT_NONE)
			fault = FAULT_NONE;
		if (fault != FAULT_NONE)
			check_found(c, fault, s);
	}
	rules_value(p, s, check_found_at, c);
}

static void check_object(struct check *c, const struct json_value *v,
			 const struct schema_property *of);

static void check_value(struct check *c, const struct schema_property *p,
			const struct json_value *v, bool in_list)
{
	switch (v->kind) {
	case JSON_IS_NULL:
		check_found(c, FAULT_VALUE_NULL, str_of(p->name));
		break;
	case JSON_IS_BOOL:
		if (!(schema_takes(p) & (SCHEMA_TAKES_BOOLEAN | SCHEMA_TAKES_TEXT)))
			check_found(c, FAULT_BOOLEAN_RANGE, str_of(p->name));
		break;
	case JSON_IS_NUMBER:
	case JSON_IS_STRING:
		check_text(c, p, v->text);
		break;
	case JSON_IS_OBJECT: {
		const struct json_value *value = json_get(v, "@value");
		if (value)
			check_value(c, p, value, true);
		else
			check_object(c, v, p);
		break;
	}
	case JSON_IS_ARRAY:
		if (in_list)
			check_found(c, FAULT_LIST_IN_LIST, str_of(p->name));
		else if (!v->first)
			check_found(c, FAULT_LIST_EMPTY, str_of(p->name));
		else {
			struct spot spot = {.in = c->spot, .depth = c->spot->depth};
			for (const struct json_value *one = v->first; one; one = one->next) {
				c->spot = &spot;
				check_value(c, p, one, true);
				c->spot = spot.in;
				spot.index++;
			}
		}
		break;
	}
}

/* ---- objects ---- */

static void check_redundant(struct check *c, const struct rules_subject *s)
{
	for (size_t i = 0; i < s->types_count; i++)
		for (size_t k = 0; k < s->types_count; k++) {
			const struct schema_type *one = s->types[i], *other = s->types[k];
			if (one == other && k < i)
				check_found_at(c, FAULT_TYPE_TWICE, "@type", str_of(one->name));
			else if (one != other && schema_is_a(other, one))
				check_found_at(c, FAULT_TYPE_REDUNDANT, "@type", str_of(one->name));
		}
}

/* Whether a term is of another vocabulary: a URL, or with a prefix. */
static bool check_is_foreign(struct str term)
{
	return term.n && memchr(term.p, ':', term.n) && schema_term(term).n == term.n;
}

/* Read the value of "@type". *unknown: one of the types is not in the vocabulary, so that nothing
 * can be said about the object's properties. */
static void check_types(struct check *c, const struct json_value *said, bool has_id,
			const struct schema_type *types[TYPES_MAX], size_t *count, bool *unknown)
{
	const struct json_value *one = said && said->kind == JSON_IS_ARRAY ? said->first : said;
	/* an object with an @id may state its type elsewhere */
	if (!one && !has_id)
		check_found(c, FAULT_TYPE_MISSING, (struct str){"", 0});
	for (; one; one = one == said ? NULL : one->next) {
		if (one->kind != JSON_IS_STRING) {
			check_found_at(c, FAULT_TYPE_NOT_TEXT, "@type", (struct str){"", 0});
			*unknown = true;
			continue;
		}
		const struct schema_type *type = schema_type_find(one->text);
		if (type && type->successor[0])
			check_found_at(c, FAULT_TYPE_SUPERSEDED, "@type", one->text);
		if (type && *count < TYPES_MAX)
			types[(*count)++] = type;
		if (!type && !check_is_foreign(one->text))
			check_found_at(c, FAULT_TYPE_UNKNOWN, "@type", one->text);
		*unknown |= !type;
	}
}

static bool check_allowed(const struct rules_subject *s, const struct schema_property *p)
{
	for (size_t i = 0; i < s->types_count; i++)
		if (schema_property_allowed(p, s->types[i]))
			return true;
	return false;
}

/* Whether the key occurred before. keys: a Bloom filter of the keys before, which makes the search
 * rare. */
static bool check_is_repeated(const struct json_value *v, const struct json_value *member,
			      uint64_t *keys)
{
	uint64_t bit = (uint64_t)1 << member->hash % 64;
	bool is_new = !(*keys & bit);
	*keys |= bit;
	if (is_new)
		return false;
	for (const struct json_value *other = v->first; other != member; other = other->next)
		if (other->hash == member->hash && str_eq(other->key, member->key))
			return true;
	return false;
}

/* The property that a key names. Actions annotate their properties: "query-input" is about `query`.
 * *itself: the key is the property's own name, not such an annotation. */
static const struct schema_property *check_find_property(struct str name, bool *itself)
{
	static const struct str endings[] = {{"-input", 6}, {"-output", 7}};
	const struct schema_property *p = schema_property_find(name);
	size_t whole = name.n;
	for (size_t i = 0; !p && i < COUNT_OF(endings); i++)
		if (str_ends(name, endings[i]))
			name.n -= endings[i].n;
	*itself = name.n == whole;
	return *itself ? p : schema_property_find(name);
}

static void check_member(struct check *c, const struct rules_subject *s, bool unknown,
			 const struct schema_property *p, bool itself,
			 const struct json_value *member)
{
	if (!p && !check_is_foreign(member->key))
		check_found(c, FAULT_PROPERTY_UNKNOWN, member->key);
	if (!p)
		return;
	if (p->successor[0])
		check_found(c, FAULT_PROPERTY_SUPERSEDED, str_of(p->successor));
	if (!unknown && s->types_count && !check_allowed(s, p))
		check_found(c, FAULT_PROPERTY_DOMAIN, member->key);
	c->job = false;
	for (size_t i = 0; i < s->types_count; i++)
		c->job |= s->types[i] == SCHEMA(JobPosting);
	if (itself)
		check_value(c, p, member, false);
}

static void check_members(struct check *c, struct rules_subject *s, bool unknown)
{
	struct spot spot = {.in = c->spot, .depth = c->spot->depth + 1};
	bool too_deep = spot.depth > DEPTH_MAX, itself = false;
	uint64_t keys = 0;
	if (too_deep)
		check_found(c, FAULT_TOO_DEEP, (struct str){"", 0});
	for (const struct json_value *m = s->object->first; m; m = m->next) {
		bool keyword = m->key.n && m->key.p[0] == '@';
		const struct schema_property *p =
		    keyword ? NULL : check_find_property(m->key, &itself);
		if (p)
			rules_keep(s, p, m);
		if (too_deep)
			continue;
		spot.key = m->key;
		c->spot = &spot;
		if (check_is_repeated(s->object, m, &keys))
			check_found(c, FAULT_PROPERTY_TWICE, m->key);
		if (!keyword)
			check_member(c, s, unknown, p, itself, m);
		c->spot = spot.in;
	}
}

static bool check_in_range(const struct rules_subject *s, const struct schema_property *p)
{
	for (size_t i = 0; i < s->types_count; i++)
		if (schema_value_allowed(p, s->types[i]) || schema_is_a(s->types[i], SCHEMA(Role)))
			return true;
	return false;
}

static bool check_is_local_business(const struct rules_subject *s)
{
	for (size_t i = 0; i < s->types_count; i++)
		if (schema_is_a(s->types[i], SCHEMA(LocalBusiness)))
			return true;
	return false;
}

/* Whether the object has any member other than @context. */
static bool check_has_members(const struct json_value *v)
{
	for (const struct json_value *m = v->first; m; m = m->next)
		if (!str_eq(m->key, STR("@context")))
			return true;
	return false;
}

/* of: the property whose value the object is; NULL: none. */
static void check_object(struct check *c, const struct json_value *v,
			 const struct schema_property *of)
{
	const struct schema_type *types[TYPES_MAX];
	struct rules_subject s = {.types = types, .object = v, .of = of, .ids = c->ids};
	bool unknown = false;
	if (facts_is_reference(v))
		return;
	if (!check_has_members(v)) {
		check_found(c, FAULT_BLOCK_EMPTY, (struct str){"", 0});
		return;
	}
	check_types(c, json_get(v, "@type"), json_get(v, "@id") != NULL, types, &s.types_count,
		    &unknown);
	check_redundant(c, &s);
	if (of && s.types_count && !unknown && !check_in_range(&s, of))
		check_found(c, FAULT_VALUE_RANGE, str_of(types[0]->name));
	c->local_business = c->local_business || check_is_local_business(&s);
	check_members(c, &s, unknown);
	rules_object(&s, check_found_at, c);
}

/* ---- the block ---- */

static bool check_is_schema_org(const struct json_value *context)
{
	struct str s = json_text(context);
	if (context->kind == JSON_IS_OBJECT)
		return check_is_schema_org(json_get(context, "@vocab") ? json_get(context, "@vocab")
								       : &(struct json_value){0});
	for (const struct json_value *one = context->first; one; one = one->next)
		if (check_is_schema_org(one))
			return true;
	while (s.n && s.p[s.n - 1] == '/')
		s.n--;
	return str_eq(s, STR("https://schema.org")) || str_eq(s, STR("http://schema.org"));
}

static void check_context(struct check *c, const struct json_value *v)
{
	const struct json_value *context = json_get(v, "@context");
	if (!context)
		check_found(c, FAULT_CONTEXT_MISSING, (struct str){"", 0});
	else if (!check_is_schema_org(context))
		check_found_at(c, FAULT_CONTEXT_FOREIGN, "@context", json_text(context));
}

static void check_top(struct check *c, const struct json_value *v, bool with_context)
{
	const struct json_value *graph = json_get(v, "@graph");
	if (v->kind != JSON_IS_OBJECT && v->kind != JSON_IS_ARRAY) {
		check_found(c, FAULT_NOT_OBJECT, json_text(v));
		return;
	}
	if (v->kind == JSON_IS_OBJECT && with_context && check_has_members(v))
		check_context(c, v);
	if (v->kind == JSON_IS_OBJECT && !graph) {
		check_object(c, v, NULL);
		return;
	}
	struct spot spot = {.in = c->spot, .depth = c->spot->depth + 1};
	if (spot.depth > DEPTH_MAX) {
		check_found(c, FAULT_TOO_DEEP, (struct str){"", 0});
		return;
	}
	const struct json_value *list = graph ? graph : v;
	for (const struct json_value *one = list->kind == JSON_IS_ARRAY ? list->first : list; one;
	     one = one == list ? NULL : one->next) {
		c->spot = &spot;
		check_top(c, one, with_context && !graph);
		c->spot = spot.in;
		spot.index++;
	}
}

size_t facts_check_page(const struct json_value *block, const struct facts_ids *ids,
			facts_found *report, void *ctx)
{
	const struct spot top = {.in = NULL};
	struct check c = {.found = report, .ctx = ctx, .spot = &top, .ids = ids};
	check_top(&c, block, true);
	if (!c.local_business)
		check_found(&c, FAULT_NO_LOCAL_BUSINESS, (struct str){"", 0});
	return c.errors;
}

size_t facts_check(const struct json_value *block, facts_found *report, void *ctx)
{
	return facts_check_page(block, NULL, report, ctx);
}

bool check_is_faultless(const struct json_value *object)
{
	const struct spot top = {.in = NULL};
	struct check c = {.spot = &top};
	check_object(&c, object, NULL);
	return !c.errors;
}

void check_one_text(const struct schema_property *property, struct str value, facts_found *report,
		    void *ctx)
{
	const struct spot top = {.in = NULL};
	struct check c = {.found = report, .ctx = ctx, .spot = &top};
	check_text(&c, property, value);
}
