/* The vocabulary of schema.org v30: the types and their ancestors, which types have which
 * properties, the properties' values, and superseded terms.
 *
 * Hides: the table schema.def, which tools/make-schema makes from the npm package schema-dts (its
 * head names the source and licence). The table is constant; hash tables of names and the sets of
 * ancestors are made at the first use, about 150 KB of the process's memory. Look-ups and tests of
 * descent take constant time. Not thread-safe.
 *
 * Terms are found by their name or URL: "Bakery", "https://schema.org/Bakery",
 * "http://schema.org/Bakery", "schema:Bakery". Names are case-sensitive, as in JSON-LD.
 *
 * The 152 types at and below LocalBusiness are LocalBusiness itself, 130 kinds of business, and 21
 * medical specialties that are members of the enumeration MedicalSpecialty as well.
 */
#ifndef SITE_FACTS_SCHEMA_H
#define SITE_FACTS_SCHEMA_H

#include "base/str.h"

struct schema_type {
	const char *name;
	const char *successor;                    /* the type that supersedes it; "": none */
	const struct schema_type *const *parents; /* direct ones, ends with NULL */
};
enum schema_type_number {
#define SCHEMA_TYPE(name, parents, successor) SCHEMA_TYPE_##name,
#include "site/facts/schema.def"
	SCHEMA_TYPES
};
extern const struct schema_type schema_types[SCHEMA_TYPES]; /* sorted by name, bytewise */
/* A type of the vocabulary: SCHEMA(LocalBusiness). */
#define SCHEMA(name) (&schema_types[SCHEMA_TYPE_##name])

struct schema_property {
	const char *name;
	const char *successor;                    /* the property that supersedes it; "": none */
	const struct schema_type *const *domains; /* types that have it, ends with NULL */
	/* types of its values, with data types ("Text"), ends with NULL */
	const struct schema_type *const *ranges;
};
enum schema_property_number {
#define SCHEMA_PROPERTY(name, domains, ranges, successor) SCHEMA_PROPERTY_##name,
#include "site/facts/schema.def"
	SCHEMA_PROPERTIES
};
extern const struct schema_property schema_properties[SCHEMA_PROPERTIES]; /* sorted */

/* The bare name of a term of schema.org; any other text is returned unchanged. */
struct str schema_term(struct str name);

/* NULL when the vocabulary has no such term. */
const struct schema_type *schema_type_find(struct str name);
const struct schema_property *schema_property_find(struct str name);

/* Whether a type is `ancestor` or descends from it. */
bool schema_is_a(const struct schema_type *type, const struct schema_type *ancestor);

/* Whether the type may have the property. */
bool schema_property_allowed(const struct schema_property *property,
			     const struct schema_type *type);

/* The data types among the types of a property's values. */
enum schema_takes {
	SCHEMA_TAKES_TEXT = 1 << 0,
	SCHEMA_TAKES_NUMBER = 1 << 1, /* Number, Integer, Float */
	SCHEMA_TAKES_DATE = 1 << 2,   /* Date, DateTime */
	SCHEMA_TAKES_TIME = 1 << 3,
	SCHEMA_TAKES_BOOLEAN = 1 << 4,
	SCHEMA_TAKES_URL = 1 << 5,
};
/* A set of those bits. */
unsigned schema_takes(const struct schema_property *property);

/* Whether a value of that type is in the property's range: an object's type, or a data type
 * ("Text", "URL", "Number", "Date", ...; a URL is a Text). That schema.org accepts a
 * text in place of any object is for the caller to apply. */
bool schema_value_allowed(const struct schema_property *property, const struct schema_type *value);

/* Whether the name is a member of the enumeration ("Monday", "https://schema.org/Monday" of
 * DayOfWeek) or of one below it. */
bool schema_is_member(struct str name, const struct schema_type *enumeration);

#endif
