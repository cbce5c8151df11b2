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

static const struct schema_type *const *const member_enumerations[] = {
#define SCHEMA_MEMBER(name, enumerations) LIST(enumerations),
#include "site/facts/schema.def"
};

/* ---- data types of properties ---- */

/* The ranges again, as bits. */
#undef T
#define IS(name, type) (SCHEMA_TYPE_##name == SCHEMA_TYPE_##type)
#define T(name)                                                                                    \
	| (IS(name, Text) || IS(name, CssSelectorType) || IS(name, XPathType) ||                   \
		   IS(name, PronounceableText)                                                     \
	       ? SCHEMA_TAKES_TEXT                                                                 \
	   : IS(name, Number) || IS(name, Integer) || IS(name, Float) ? SCHEMA_TAKES_NUMBER        \
	   : IS(name, Date) || IS(name, DateTime)                     ? SCHEMA_TAKES_DATE          \
	   : IS(name, Time)                                           ? SCHEMA_TAKES_TIME          \
	   : IS(name, Boolean)                                        ? SCHEMA_TAKES_BOOLEAN       \
	   : IS(name, URL)                                            ? SCHEMA_TAKES_URL           \
								      : 0)

static const unsigned char property_takes[SCHEMA_PROPERTIES] = {
#define SCHEMA_PROPERTY(name, domains, ranges, successor) (0 ranges),
#include "site/facts/schema.def"
};

unsigned schema_takes(const struct schema_property *property)
{
	return property_takes[property - schema_properties];
}

/* ---- terms by name ---- */

#define NAME(name) {#name, sizeof(#name) - 1},

static const struct str type_names[] = {
#define SCHEMA_TYPE(name, parents, successor) NAME(name)
#include "site/facts/schema.def"
};

static const struct str property_names[] = {
#define SCHEMA_PROPERTY(name, domains, ranges, successor) NAME(name)
#include "site/facts/schema.def"
};

static const struct str member_names[] = {
#define SCHEMA_MEMBER(name, enumerations) NAME(name)
#include "site/facts/schema.def"
};

enum {
	MEMBERS = COUNT_OF(member_names),
	SLOTS = 4096, /* of a hash table: a power of two, more than twice the rows of each */
	NO_ROW = SLOTS,
};
_Static_assert(2 * (int)SCHEMA_TYPES < SLOTS && 2 * (int)SCHEMA_PROPERTIES < SLOTS &&
		   2 * (int)MEMBERS < SLOTS,
	       "SLOTS is too small");

/* A hash table of names with open addressing, filled at the first look-up. */
struct names {
	const struct str *name;
	size_t count;
	bool made;
	uint16_t slot[SLOTS]; /* the row, from 1; 0: free */
};

static struct names types = {.name = type_names, .count = SCHEMA_TYPES};
static struct names properties = {.name = property_names, .count = SCHEMA_PROPERTIES};
static struct names members = {.name = member_names, .count = MEMBERS};

/* Hash of the length and of up to eight bytes at each end, which differ for most names; look-ups
 * compare the whole name. */
static inline size_t schema_hash(struct str name)
{
	uint64_t head = 0, tail = 0;
	if (name.n >= 8) {
		memcpy(&head, name.p, 8);
		memcpy(&tail, name.p + name.n - 8, 8);
	} else if (name.n >= 4) {
		memcpy(&head, name.p, 4);
		memcpy(&tail, name.p + name.n - 4, 4);
	} else if (name.n) {
		head = (unsigned char)name.p[0];
		tail = (uint64_t)(unsigned char)name.p[name.n / 2] << 8 |
		       (unsigned char)name.p[name.n - 1];
	}
	uint64_t mixed = (head ^ name.n) * 0x9e3779b97f4a7c15u;
	mixed = (mixed ^ mixed >> 32 ^ tail) * 0xc2b2ae3d27d4eb4fu;
	return mixed >> 52; /* 12 bits: SLOTS */
}

static void schema_make(struct names *names)
{
	for (size_t row = 0; row < names->count; row++) {
		size_t at = schema_hash(names->name[row]);
		while (names->slot[at])
			at = (at + 1) % SLOTS;
		names->slot[at] = (uint16_t)(row + 1);
	}
	names->made = true;
}

static inline size_t schema_find_name(struct names *names, struct str name)
{
	if (!names->made)
		schema_make(names);
	for (size_t at = schema_hash(name); names->slot[at]; at = (at + 1) % SLOTS)
		if (str_eq(names->name[names->slot[at] - 1], name))
			return names->slot[at] - 1u;
	return NO_ROW;
}

struct str schema_term(struct str name)
{
	static const char *const forms[] = {"https://schema.org/", "http://schema.org/", "schema:"};
	if (!name.n || !memchr(name.p, ':', name.n))
		return name;
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (str_starts(name, str_of(forms[i]))) {
			size_t n = strlen(forms[i]);
			return (struct str){name.p + n, name.n - n};
		}
	return name;
}

/* The row of a term, or NO_ROW. The bare name is tried first, because it is the usual form. */
static inline size_t schema_find(struct names *names, struct str term)
{
	size_t row = schema_find_name(names, term);
	struct str name = row == NO_ROW ? schema_term(term) : term;
	return name.n == term.n ? row : schema_find_name(names, name);
}

const struct schema_type *schema_type_find(struct str name)
{
	size_t row = schema_find(&types, name);
	return row == NO_ROW ? NULL : &schema_types[row];
}

const struct schema_property *schema_property_find(struct str name)
{
	size_t row = schema_find(&properties, name);
	return row == NO_ROW ? NULL : &schema_properties[row];
}

/* ---- descent ---- */

/* A type and its ancestors as a set of bits, made at the first use: a set without the type itself
 * has not been made yet. */
struct lineage {
	uint64_t bits[(SCHEMA_TYPES + 63) / 64];
};

static struct lineage lineages[SCHEMA_TYPES];

static inline bool schema_has(const struct lineage *set, const struct schema_type *type)
{
	size_t i = (size_t)(type - schema_types);
	return set->bits[i / 64] >> i % 64 & 1;
}

static void schema_make_lineage(const struct schema_type *type)
{
	size_t self = (size_t)(type - schema_types);
	struct lineage *set = &lineages[self];
	if (schema_has(set, type))
		return;
	for (const struct schema_type *const *parent = type->parents; *parent; parent++) {
		schema_make_lineage(*parent);
		for (size_t i = 0; i < COUNT_OF(set->bits); i++)
			set->bits[i] |= lineages[*parent - schema_types].bits[i];
	}
	set->bits[self / 64] |= (uint64_t)1 << self % 64;
}

static inline const struct lineage *schema_lineage(const struct schema_type *type)
{
	const struct lineage *set = &lineages[type - schema_types];
	if (!schema_has(set, type))
		schema_make_lineage(type);
	return set;
}

static bool schema_is_any(const struct schema_type *type,
			  const struct schema_type *const *ancestors)
{
	const struct lineage *set = schema_lineage(type);
	for (; *ancestors; ancestors++)
		if (schema_has(set, *ancestors))
			return true;
	return false;
}

bool schema_is_a(const struct schema_type *type, const struct schema_type *ancestor)
{
	return schema_has(schema_lineage(type), ancestor);
}

bool schema_property_allowed(const struct schema_property *property, const struct schema_type *type)
{
	return schema_is_any(type, property->domains);
}

bool schema_value_allowed(const struct schema_property *property, const struct schema_type *value)
{
	return schema_is_any(value, property->ranges);
}

bool schema_is_member(struct str name, const struct schema_type *enumeration)
{
	size_t row = schema_find(&members, name);
	if (row == NO_ROW)
		return false;
	for (const struct schema_type *const *of = member_enumerations[row]; *of; of++)
		if (schema_is_a(*of, enumeration))
			return true;
	return false;
}
