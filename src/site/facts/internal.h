/* How the parts of the facts fit together:
 *
 *   schema.c  the vocabulary
 *   ids.c     objects by their "@id"
 *   place.c   whether coordinates are in a country
 *   placeholder.c  recognises placeholders
 *   forms.c   syntax of dates, telephone numbers, URLs
 *   extra.c   further facts of a record
 *   block.c   record -> block
 *   list.c    lists, home page, trails -> block; the description of a page
 *   show.c    record -> values for templates
 *   words.c   opening hours in words
 *   clean.c   record -> record without invalid optional values
 *   check.c   block -> findings, with the vocabulary
 *   rules.c   the checks of a property's value and of an object of a type
 */
#ifndef SITE_FACTS_INTERNAL_H
#define SITE_FACTS_INTERNAL_H

#include "site/facts/facts.h"
#include "site/facts/schema.h"

enum facts_fault_id {
#define FAULT(id, key, severity, text) FAULT_##id,
#include "site/facts/faults.def"
#undef FAULT
	FAULTS,
	FAULT_NONE = FAULTS
};

/* ---- forms.c: FAULT_NONE when the text has the form, else what is wrong with it ---- */

enum facts_fault_id form_text(struct str s); /* the checks for every text */
enum facts_fault_id form_date(struct str s); /* 2026, 2026-01, 2026-01-31, 2026-01-31T08:00 */
enum facts_fault_id form_time(struct str s); /* 08:00, 08:00:00, with an offset */
enum facts_fault_id form_telephone(struct str s);
enum facts_fault_id form_url(struct str s);
enum facts_fault_id form_country(struct str s);
enum facts_fault_id form_currency(struct str s);
enum facts_fault_id form_lei(struct str s);
enum facts_fault_id form_email(struct str s);
/* A decimal number as JSON and prices write it, with a point. */
MUST_CHECK bool form_number(struct str s, double *out);
/* Minutes of the day of a time that form_time accepts. */
int form_minutes(struct str time);
/* Whether the postcode has the form of the country's; always true for countries without a known
 * form. */
bool form_postcode_of(struct str country, struct str postcode);

/* schema.org's openingHours: "Mo-Fr 09:00-17:00". */
enum facts_fault_id form_opening_hours(struct str s);

/* ---- place.c ---- */

/* Whether coordinates are in a country, given by its code or a usual name: FAULT_NONE, or the
 * fault. Countries are boxes around their parts; unknown countries give FAULT_NONE. */
enum facts_fault_id place_fault(struct str country, double lat, double lon);

/* ---- extra.c ---- */

enum extra_form {
	EXTRA_SHOWN,
	EXTRA_TEXT,
	EXTRA_DATE,
	EXTRA_LIST,
	EXTRA_URL,
	EXTRA_FEATURE,
	EXTRA_PERSON,
	EXTRA_CUISINE
};
struct extra_info {
	struct str key;
	const char *label; /* NULL: not shown under further facts */
	enum extra_form form;
	const char *property;
};
/* NULL when the table has no such key. */
const struct extra_info *extra_find(struct str key);
/* The value as text; booleans are "yes" and "no"; empty for objects and lists. */
struct str extra_text(const struct json_value *value);

/* Whether it is a means of payment ("payment_twint") that is accepted: extra_payment says it. */
bool extra_is_means(const struct json_value *value);
/* The means of payment, in the page's words as far as they are known; empty: none is said.
 * p == NULL: over the arena's maximum. */
struct str extra_payment(const struct facts_business *business, struct arena *arena);

/* Write degrees with six decimals (about 0.1 m) into the arena, with five when the last is 0.
 * p == NULL: over its maximum. */
struct str facts_degrees(struct arena *arena, double degrees);

/* ---- list.c ---- */

/* A telephone number as the page of the business shows it. p == NULL: over the arena's maximum. */
struct str facts_phone(const struct facts_business *business, struct str phone,
		       struct arena *arena);

/* The address of the business's place on a map. p == NULL: over the arena's maximum. */
struct str facts_map(struct arena *arena, const struct facts_business *business);

/* Whether a telephone number has a country code, and so goes into the block. */
bool facts_phone_known(struct str phone);
/* Whether a URL can be linked to: http or https, with a host. */
bool facts_is_web(struct str url);
/* The next of the texts separated by ';', trimmed, not empty. False: no more. */
MUST_CHECK bool extra_next(struct str *rest, struct str *out);

/* ---- check.c ---- */

/* Whether nothing is wrong with an object that stands in a graph. */
MUST_CHECK bool check_is_faultless(const struct json_value *object);
/* Check a text as the value of a property. The findings' paths are empty. */
void check_one_text(const struct schema_property *property, struct str value, facts_found *found,
		    void *ctx);

/* ---- rules.c ---- */

/* Reports a finding; check.c adds the path. member: the property of the object that it is about;
 * NULL: the object itself. */
typedef void rule_found(void *ctx, enum facts_fault_id fault, const char *member, struct str value);
/* Check the value of a property that is a text or a number. */
void rules_value(const struct schema_property *property, struct str value, rule_found *found,
		 void *ctx);
/* The members of objects that rules use. check.c looks up the property of each member anyway and
 * stores these, so that no rule has to search the object. */
/* clang-format off */
#define RULES_MEMBERS(X) \
	X(address) X(addressCountry) X(addressLocality) X(addressRegion) \
	X(aggregateRating) X(areaServed) X(bestRating) X(closes) X(contentUrl) \
	X(dayOfWeek) X(department) X(description) X(dissolutionDate) X(familyName) \
	X(foundingDate) X(geo) X(geoMidpoint) X(geoRadius) X(item) X(itemListElement) \
	X(itemOffered) X(latitude) X(longitude) X(name) X(opens) X(openingHoursSpecification) \
	X(position) X(postOfficeBoxNumber) X(postalCode) X(price) X(priceCurrency) X(ratingValue) \
	X(review) X(sameAs) X(serviceArea) X(streetAddress) X(url) X(validFrom) \
	X(validThrough) X(worstRating)
/* clang-format on */
enum rules_member {
#define X(name) MEMBER_##name,
	RULES_MEMBERS(X)
#undef X
	    MEMBERS
};

/* An object with its types and members, for the rules. */
struct rules_subject {
	const struct schema_type *const *types;
	size_t types_count;
	const struct json_value *object;
	const struct schema_property *of;       /* the property whose value it is; NULL: none */
	const struct facts_ids *ids;            /* resolves references; may be NULL */
	const struct json_value *said[MEMBERS]; /* members by bare name; NULL: missing */
};
/* Store a member whose key names the property, when rules use it. */
void rules_keep(struct rules_subject *subject, const struct schema_property *property,
		const struct json_value *member);
void rules_object(const struct rules_subject *subject, rule_found *found, void *ctx);

#endif
