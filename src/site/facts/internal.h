/* How the parts of the facts fit together:
 *
 *   schema.c  the vocabulary
 *   ids.c     objects that others refer to
 *   place.c   where countries lie
 *   placeholder.c  placeholders
 *   forms.c   syntax of dates, telephone numbers, URLs
 *   extra.c   further facts of a record
 *   block.c   record -> block
 *   show.c    record -> values for templates
 *   words.c   opening hours in words
 *   clean.c   record -> record without broken optional values
 *   check.c   block -> findings: the walk; rules.c: what is checked of one value or one object
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

/* ---- forms.c: FAULT_NONE, or the fault of a text of that form ---- */

enum facts_fault_id form_text(struct str s); /* of any kind: what no text may be */
enum facts_fault_id form_date(struct str s); /* 2026, 2026-01, 2026-01-31, or with a time behind */
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
/* Whether the postcode looks as those of the country do; countries we know no form of have any. */
bool form_postcode_of(struct str country, struct str postcode);

/* schema.org's openingHours: "Mo-Fr 09:00-17:00". */
enum facts_fault_id form_opening_hours(struct str s);

/* ---- place.c ---- */

/* FAULT_NONE, or what is wrong with coordinates for a country, by its code or a usual name. By
 * boxes around a country's parts; of a country that is not in the table nothing is wrong. */
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
/* NULL: no row names the key. */
const struct extra_info *extra_find(struct str key);
/* As people read a value: "yes", "no", the text; empty for what is no text. */
struct str extra_text(const struct json_value *value);

/* Six decimals, which is a hand's breadth; in the arena. Empty: no room. */
struct str facts_degrees(struct arena *arena, double degrees);

/* A telephone number is a fact when it says its country. */
bool facts_phone_known(struct str phone);
/* An address that links lead to: of the web, with a host. */
bool facts_is_web(struct str url);
/* The next of the texts separated by ';', trimmed, not empty. False: no more. */
MUST_CHECK bool extra_next(struct str *rest, struct str *out);

/* ---- check.c ---- */

/* Check a text as the value of a property. The findings' paths are empty. */
void check_one_text(const struct schema_property *property, struct str value, facts_found *found,
		    void *ctx);

/* ---- rules.c ---- */

/* A finding of the rules; where it stands is the walk's to say. member: the property of the object
 * it is about; NULL: the object itself. */
typedef void rule_found(void *ctx, enum facts_fault_id fault, const char *member, struct str value);
/* The value of a property, when it is a text or a number. */
void rules_value(const struct schema_property *property, struct str value, rule_found *found,
		 void *ctx);
/* The members of an object that rules ask for. The walk finds the property of each member anyhow
 * and keeps these as it passes, so that no rule searches the object again. */
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

/* An object as a whole, of one or several types. */
struct rules_subject {
	const struct schema_type *const *types;
	size_t types_count;
	const struct json_value *object;
	const struct schema_property *of;       /* whose value it is; NULL: it stands by itself */
	const struct facts_ids *ids;            /* what references lead to; may be NULL */
	const struct json_value *said[MEMBERS]; /* the last one of the bare name; NULL */
};
/* Keep a member of the object whose key names the property, when rules ask for it. */
void rules_keep(struct rules_subject *subject, const struct schema_property *property,
		const struct json_value *member);
void rules_object(const struct rules_subject *subject, rule_found *found, void *ctx);

#endif
