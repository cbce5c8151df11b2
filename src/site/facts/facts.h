/* What is said of a business: to search engines as a LocalBusiness block (JSON-LD, schema.org), to
 * people as the values that templates show. Both are made from the same struct, so that whatever
 * the block says stands on the page.
 *
 * Hides: which schema.org terms say what, how values are written (six decimals, E.164,
 * one OpeningHoursSpecification an interval, "\u003c"), which facts stay out, and what
 * is wrong with a block.
 *
 * What stays out of the block and is only shown: opening hours that no intervals can be made of,
 * telephone numbers without a country, further facts that the vocabulary has no term for. A
 * business that hides its address (extra: "hide_address") has neither street nor coordinates, in
 * the block and on the page: its town and the area it serves are what it tells.
 *
 * Whatever else the record says goes into the block as it is, and facts_check then refuses what is
 * broken: a broken record is named, not mended in silence.
 *
 * Life: everything handed in is borrowed; what is made lives in the caller's arena
 * or buffer. No state.
 *
 * Source of the terms: schema.h. The rules: https://schema.org, Google's documentation of
 * LocalBusiness, RFC 3339, E.164, ISO 3166-1, ISO 4217.
 */
#ifndef SITE_FACTS_FACTS_H
#define SITE_FACTS_FACTS_H

#include "base/json.h"
#include "hours/hours.h"

struct facts_texts {
	const struct str *item;
	size_t count;
};

/* A record as pages and export have it. Empty slices and NULL: not known. */
struct facts_business {
	struct str page; /* address of its page, absolute; without one the block has no @id */
	struct str name, description;
	struct facts_texts types; /* schema.org types, the main one first; none: LocalBusiness */
	struct facts_texts alt_names;
	struct str street, postcode, city, region, country; /* country: ISO 3166-1 alpha-2 */
	bool located;
	double lat, lon; /* degrees, WGS 84 */
	struct str phone, website;
	struct str hours, timezone; /* OSM opening_hours, IANA */
	int year;                   /* seasons are told of it and the next one; 0: not at all */
	struct facts_texts service_area; /* towns, beside the seat */
	struct facts_texts same_as;
	/* {"items": [{"name", "price"?, "currency"?, "description"?}]} */
	const struct json_value *offers;
	const struct json_value *extra; /* flat; the keys that mean something: extras.def */
};

/* ---- the block ---- */

/* The block as a tree in the arena, unchecked. TOO_LARGE: over the arena's maximum. */
MUST_CHECK enum status facts_block(const struct facts_business *business, struct arena *arena,
				   struct json_value **out, struct err *err);

/* Append the block's JSON, ready to stand in <script type="application/ld+json">: <, >, &, U+2028
 * and U+2029 are escaped. INVALID: facts_check refused it; err names the fault's key, where, and
 * what stood there; nothing is appended. TOO_LARGE as above. */
MUST_CHECK enum status facts_jsonld(const struct facts_business *business, struct arena *arena,
				    struct buf *out, struct err *err);

/* ---- checking ---- */

enum facts_severity {
	FACTS_NOTE,    /* worth knowing, and right as it is */
	FACTS_WARNING, /* poorer than it could be */
	FACTS_ERROR,   /* wrong: such a block is not published */
};

/* What can be wrong: the rows of faults.def. */
struct facts_fault {
	const char *key; /* "telephone-without-plus" */
	enum facts_severity severity;
	const char *text; /* one sentence */
};
extern const struct facts_fault facts_faults[];
extern const size_t facts_faults_count;
enum { FACTS_FAULTS_MAX = 192 }; /* for arrays of counters */

struct facts_finding {
	const struct facts_fault *fault;
	/* "address.addressCountry", "makesOffer.2.price"; "" for the block itself */
	const char *path;
	/* what stood there, when it is a text or number; else the property's or type's name */
	struct str value;
};
typedef void facts_found(void *ctx, const struct facts_finding *finding);

/* Take out of the record what is optional and broken, so that a bad value costs the value and not
 * the record: a priceRange "undefined", a telephone number of letters, coordinates of another
 * country. `dropped` (may be NULL) is called for each; its path is the property's name. Required
 * values are not removed: facts_jsonld refuses the record. Lists and objects that change are copied
 * into the arena. */
void facts_clean(struct facts_business *business, struct arena *arena, facts_found *dropped,
		 void *ctx);

/* Check a block, our own or foreign: an object, an array of objects, or {"@graph": [...]},
 * already parsed. Calls `found` (may be NULL) for each finding, in the order of the block.
 * Returns how many of them are errors. The block need not be a LocalBusiness: what else stands in
 * it is checked by the same rules; that a page has none ("no-local-business") is found when no
 * object in it is one. */
size_t facts_check(const struct json_value *block, facts_found *found, void *ctx);

/* The objects of a page by their "@id": those that say something of themselves, not mere
 * references. Borrowed, as the trees they are in; of several with one id the first counts. */
struct facts_ids {
	const struct json_value **slot; /* a hash table with open addressing */
	size_t slots, count;
};
void facts_ids_init(struct facts_ids *ids);
void facts_ids_add(struct facts_ids *ids, const struct json_value *tree);
void facts_ids_release(struct facts_ids *ids);
/* What a value that is only {"@id": ...} refers to; any other value is itself. NULL:
 * nothing has that id. */
const struct json_value *facts_resolve(const struct facts_ids *ids, const struct json_value *value);
/* Only {"@id": ...}. */
bool facts_is_reference(const struct json_value *value);

/* The same as facts_check for a block that may refer to objects of others on the same page. */
size_t facts_check_page(const struct json_value *block, const struct facts_ids *ids,
			facts_found *found, void *ctx);

/* Whether a text is a placeholder: "TODO", "[Your name]", "{{ phone }}". */
bool facts_is_placeholder(struct str text);
bool facts_is_placeholder_phone(struct str phone);
/* Whether an address on the web leads to the reader's own computer or network:
 * localhost, 192.168.0.1. */
bool facts_is_private_url(struct str url);

/* ---- what people see ---- */

/* A service-area business that hides its address: no value and no link may reveal it. */
bool facts_hides_address(const struct facts_business *business);

/* Put the visible values under `root`, for templates:
 *   name, description_text, alt_names {items}, street, postcode, city, region, country,
 *   address (true), map {point, geo, osm, route}, phone, phone_link, website {href, host},
 *   same_as {items: [{href, host}]}, hours (text), service_area {items},
 *   goods {items: [{name, about, price, currency}]}, facts {items: [{label, text}]},
 *   departments {items: [{name, own_phone, own_phone_link, own_hours}]}
 * Lists are absent when empty. */
void facts_show(const struct facts_business *business, struct json_build *b,
		struct json_value *root);

/* Opening hours as people read them. */
struct facts_hours {
	struct hours_week week; /* of weeks without a holiday or a date of the exceptions */
	bool dated;             /* there are exceptions by date: the week is not every week */
	struct facts_texts exceptions; /* in words: "Closed 24–26 December" */
};
/* A text of opening_hours as a week and what holds on other days, in words. False: it cannot be
 * said so, and stands on the page as it is. */
MUST_CHECK bool facts_hours(struct str text, struct arena *arena, struct facts_hours *out);

/* The kinds of facts on the page of the business, for its meta description: "address, opening
 * hours, telephone" as far as they are known; empty: nothing. */
struct str facts_summary(const struct facts_business *business, struct arena *arena);

/* The text of one key of extra as people and the block read it; empty: not known.
 * Booleans are "yes" and "no". */
struct str facts_extra(const struct facts_business *business, const char *key);

#endif
