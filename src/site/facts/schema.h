/* The vocabulary of schema.org v30: which types there are and what they descend from, which
 * properties stand on which types, what values they take, and which terms have been superseded.
 *
 * Hides: the table schema.def, which tools/make-schema makes from the npm package schema-dts (its
 * head names the source and licence). The table is constant; the hash tables that names are found
 * by and the set of each type's ancestors are made of it when first asked for, in memory of the
 * process, some 150 KB. Neither look-ups nor questions of descent depend on the size of the
 * vocabulary. Not for several threads of one process.
 *
 * Terms are found by their name or by their address: "Bakery", "https://schema.org/Bakery",
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
	const char *successor;                    /* the type that supersedes it; "" */
	const struct schema_type *const *parents; /* direct ones, ended by NULL */
};
enum schema_type_number {
#define SCHEMA_TYPE(name, parents, successor) SCHEMA_TYPE_##name,
#include "site/facts/schema.def"
	SCHEMA_TYPES
};
extern const struct schema_type schema_types[SCHEMA_TYPES]; /* by name, in the order of bytes */
/* A type of the vocabulary: SCHEMA(LocalBusiness). */
#define SCHEMA(name) (&schema_types[SCHEMA_TYPE_##name])

struct schema_property {
	const char *name;
	const char *successor;                    /* the property that supersedes it; "" */
	const struct schema_type *const *domains; /* types it stands on, ended by NULL */
	/* types of its values, data types ("Text") included */
	const struct schema_type *const *ranges;
};
enum schema_property_number {
#define SCHEMA_PROPERTY(name, domains, ranges, successor) SCHEMA_PROPERTY_##name,
#include "site/facts/schema.def"
	SCHEMA_PROPERTIES
};
extern const struct schema_property schema_properties[SCHEMA_PROPERTIES]; /* by name */

/* The bare name of a term; what is of no form of schema.org's comes back as it is. */
struct str schema_term(struct str name);

/* NULL when the vocabulary has no such term. */
const struct schema_type *schema_type_find(struct str name);
const struct schema_property *schema_property_find(struct str name);

/* Whether a type is `ancestor` or descends from it. */
bool schema_is_a(const struct schema_type *type, const struct schema_type *ancestor);

/* Whether the property may stand on the type. */
bool schema_property_allowed(const struct schema_property *property,
			     const struct schema_type *type);

/* The data types that the property names itself among those of its values. */
enum schema_takes {
	SCHEMA_TAKES_TEXT = 1 << 0,
	SCHEMA_TAKES_NUMBER = 1 << 1, /* Number, Integer, Float */
	SCHEMA_TAKES_DATE = 1 << 2,   /* Date, DateTime */
	SCHEMA_TAKES_TIME = 1 << 3,
	SCHEMA_TAKES_BOOLEAN = 1 << 4,
	SCHEMA_TAKES_URL = 1 << 5,
};
/* Bits of them. */
unsigned schema_takes(const struct schema_property *property);

/* Whether a value of that type is in the property's range: an object's type, or a data type
 * ("Text", "URL", "Number", "Date", ...; a URL is a Text). What schema.org accepts of texts in
 * general ("we expect strings anywhere") is for the caller to judge. */
bool schema_value_allowed(const struct schema_property *property, const struct schema_type *value);

/* Whether the name is a member of the enumeration ("Monday", "https://schema.org/Monday" of
 * DayOfWeek) or of one below it. */
bool schema_is_member(struct str name, const struct schema_type *enumeration);

#endif
