#include "site/facts/schema.h"

#include <string.h>

#define T(name) SCHEMA(name),
/* clang-format off */
#define LIST(...) (const struct schema_type *const[]){__VA_ARGS__ NULL}
/* clang-format on */

const struct schema_type schema_types[SCHEMA_TYPES] = {
#define SCHEMA_TYPE(name, parents, successor) {#name, successor, LIST(parents)},
#include "site/facts/schema.def"
};

const struct schema_property schema_properties[SCHEMA_PROPERTIES] = {
#define SCHEMA_PROPERTY(name, domains, ranges, successor)                                          \
	{#name, successor, LIST(domains), LIST(ranges)},
#include "site/facts/schema.def"
};

static const struct schema_member {
	const char *name;
	const struct schema_type *const *enumerations;
} members[] = {
#define SCHEMA_MEMBER(name, enumerations) {#name, LIST(enumerations)},
#include "site/facts/schema.def"
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

struct str schema_term(struct str name)
{
	static const char *const forms[] = {"https://schema.org/", "http://schema.org/", "schema:"};
	if (!name.n || !memchr(name.p, ':', name.n))
		return name;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_starts(name, str_of(forms[i]))) {
			size_t n = strlen(forms[i]);
			return (struct str){name.p + n, name.n - n};
		}
	return name;
}

/* As str_cmp, without measuring the name. */
static int compare(struct str s, const char *name)
{
	for (size_t i = 0; i < s.n; i++) {
		int order = (unsigned char)s.p[i] - (unsigned char)name[i];
		if (order || !name[i])
			return order ? order : 1;
	}
	return name[s.n] ? -1 : 0;
}

static const char *type_name(size_t i)
{
	return schema_types[i].name;
}

static const char *property_name(size_t i)
{
	return schema_properties[i].name;
}

static const char *member_name(size_t i)
{
	return members[i].name;
}

/* The row of a term in a table; `count` when there is none. */
static size_t find(struct str term, size_t count, const char *(*name_of)(size_t i))
{
	size_t from = 0, to = count;
	struct str name = schema_term(term);
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = compare(name, name_of(middle));
		if (order == 0)
			return middle;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return count;
}

const struct schema_type *schema_type_find(struct str name)
{
	size_t i = find(name, SCHEMA_TYPES, type_name);
	return i < SCHEMA_TYPES ? &schema_types[i] : NULL;
}

const struct schema_property *schema_property_find(struct str name)
{
	size_t i = find(name, SCHEMA_PROPERTIES, property_name);
	return i < SCHEMA_PROPERTIES ? &schema_properties[i] : NULL;
}

bool schema_is_a(const struct schema_type *type, const struct schema_type *ancestor)
{
	if (type == ancestor)
		return true;
	for (const struct schema_type *const *parent = type->parents; *parent; parent++)
		if (schema_is_a(*parent, ancestor))
			return true;
	return false;
}

static bool descends_from_one(const struct schema_type *type,
			      const struct schema_type *const *ancestors)
{
	for (const struct schema_type *const *one = ancestors; *one; one++)
		if (type == *one)
			return true;
	for (const struct schema_type *const *parent = type->parents; *parent; parent++)
		if (descends_from_one(*parent, ancestors))
			return true;
	return false;
}

bool schema_property_allowed(const struct schema_property *property, const struct schema_type *type)
{
	return descends_from_one(type, property->domains);
}

bool schema_takes(const struct schema_property *property, const struct schema_type *type)
{
	for (const struct schema_type *const *range = property->ranges; *range; range++)
		if (*range == type)
			return true;
	return false;
}

bool schema_value_allowed(const struct schema_property *property, const struct schema_type *value)
{
	return descends_from_one(value, property->ranges);
}

bool schema_is_member(struct str name, const struct schema_type *enumeration)
{
	size_t i = find(name, MEMBERS, member_name);
	if (i == MEMBERS)
		return false;
	for (const struct schema_type *const *of = members[i].enumerations; *of; of++)
		if (schema_is_a(*of, enumeration))
			return true;
	return false;
}
