/* The facts about a business: for search engines as a LocalBusiness block (JSON-LD, schema.org),
 * for people as values that templates show. Both are made from the same struct, so that the page
 * shows everything the block says.
 *
 * Hides: which schema.org terms are used, how values are written (six decimals, E.164, one
 * OpeningHoursSpecification for each interval, "\u003c"), which facts the block leaves out, and
 * what makes a block invalid.
 *
 * Shown on the page but not in the block: opening hours that cannot be expressed as intervals,
 * telephone numbers without a country code, further facts without a schema.org term. Of a business
 * that hides its address (extra: "hide_address") neither block nor page has street or coordinates,
 * only the town and the area it serves.
 *
 * All other values go into the block unchanged, and facts_check refuses invalid ones: an invalid
 * record is reported, not silently corrected.
 *
 * Ownership: arguments are borrowed; results are in the caller's arena or buffer. No state.
 *
 * Source of the terms: schema.h. The rules: https://schema.org, Google's documentation of
 * LocalBusiness, RFC 3339, E.164, ISO 3166-1, ISO 4217.
 */
#ifndef SITE_FACTS_FACTS_H
#define SITE_FACTS_FACTS_H

#include "base/json.h"
#include "hours/hours.h"
#include "language/language.h"

struct facts_texts {
	const struct str *item;
	size_t count;
};

/* The pages above a business's page, from the top: what visitors see as the trail, and the block as
 * BreadcrumbList. */
struct facts_trail {
	const struct facts_crumb {
		struct str name, url; /* url: absolute */
	} * item;
	size_t count;
	struct str made; /* as facts_trail_jsonld writes it, in place of `item`; else empty */
};

/* A record as pages and export read it. Empty slices and NULL: unknown. */
struct facts_business {
	struct str page;     /* absolute URL of its page; empty: the block names no page */
	struct str identity; /* absolute URL for @id, whatever the page is called; may be empty */
	struct facts_trail trail;
	struct str country_name; /* shown; empty: the directory is of one country */
	struct str name, description;
	struct facts_texts types; /* schema.org types, the main one first; none: LocalBusiness */
	struct facts_texts alt_names;
	struct str street, postcode, city, region, country; /* country: ISO 3166-1 alpha-2 */
	bool located;
	double lat, lon; /* degrees, WGS 84 */
	struct str phone, website;
	struct str hours, timezone;      /* OSM opening_hours, IANA */
	int year;                        /* seasons are written for it and the next; 0: for none */
	struct facts_texts service_area; /* towns, other than that of the address */
	const struct str *served; /* a link for each town of service_area, or empty; NULL: none */
	struct facts_texts same_as;
	struct facts_texts images; /* absolute URLs of pictures that the page shows */
	/* {"items": [{"name", "price"?, "currency"?, "unit"?, "from"?, "description"?}]}; unit:
	 * what the price is for, as locale_unit takes it; from: true: prices begin there */
	const struct json_value *offers;
	const struct json_value *extra; /* flat object; known keys are in extras.def */
	const struct wording *wording;  /* language of the page; NULL: English */
};

/* ---- the block ---- */

/* Make the block as a tree in the arena, unchecked: a @graph of the business and, with a trail, its
 * BreadcrumbList. TOO_LARGE: over the arena's maximum. */
MUST_CHECK enum status facts_block(const struct facts_business *business, struct arena *arena,
				   struct json_value **out, struct err *err);

/* Append the block as JSON for <script type="application/ld+json">: <, >, &, U+2028 and U+2029 are
 * escaped. INVALID: facts_check refused it; err names the fault's key, the path and the value, and
 * nothing is appended. TOO_LARGE as above. */
MUST_CHECK enum status facts_jsonld(const struct facts_business *business, struct arena *arena,
				    struct buf *out, struct err *err);

/* With fewer businesses a list of a kind is no page of its own, nor one for search engines. */
enum { FACTS_LIST_LEAST = 3 };

/* A page that lists businesses: CollectionPage, its ItemList (the first 50) and BreadcrumbList. */
struct facts_list {
	struct str name;
	struct str url;                 /* of the page; empty: only the BreadcrumbList is written */
	const struct facts_crumb *item; /* the businesses */
	size_t count;
	struct facts_trail trail;
};
/* Append its block as facts_jsonld does. TOO_LARGE: nothing is appended. */
MUST_CHECK enum status facts_list_jsonld(const struct facts_list *list, struct arena *arena,
					 struct buf *out, struct err *err);
/* Append the trail with the page itself, called `name`, to a graph; nothing when it is empty. */
void facts_put_trail(struct json_build *b, struct json_value *graph,
		     const struct facts_trail *trail, struct str name);
/* Append the trail as JSON for the same place, checked: what pages with the same trail share.
 * Errors as facts_jsonld. */
MUST_CHECK enum status facts_trail_jsonld(const struct facts_trail *trail, struct arena *arena,
					  struct buf *out, struct err *err);
/* Append a made trail with one more page at its end, unchecked. */
void facts_trail_add(struct str made, size_t position, const struct facts_crumb *crumb,
		     struct buf *out);
/* The block of the home page: WebSite and its publisher. url: without a closing slash. */
MUST_CHECK enum status facts_site_jsonld(struct str name, struct str url, struct str language,
					 struct arena *arena, struct buf *out, struct err *err);

/* ---- checking ---- */

enum facts_severity {
	FACTS_NOTE,    /* valid, but worth knowing */
	FACTS_WARNING, /* valid, but less useful than it could be */
	FACTS_ERROR,   /* invalid: such a block is not published */
};

/* The kinds of faults: the rows of faults.def. */
struct facts_fault {
	const char *key; /* "telephone-without-plus" */
	enum facts_severity severity;
	const char *text; /* one sentence */
};
extern const struct facts_fault facts_faults[];
extern const size_t facts_faults_count;
enum { FACTS_FAULTS_MAX = 192 }; /* size of arrays of counters */

struct facts_finding {
	const struct facts_fault *fault;
	/* "address.addressCountry", "makesOffer.2.price"; "" for the block itself */
	const char *path;
	/* the value, when it is a text or number; else the name of the property or type */
	struct str value;
};
typedef void facts_found(void *ctx, const struct facts_finding *finding);

/* Remove invalid optional values from the record, so that one of them does not keep the business
 * from being published: a priceRange "undefined", a telephone number with letters, coordinates in
 * another country. `dropped` (may be NULL) is called for each; its path is the property's name.
 * Required values are not removed: facts_jsonld refuses the record. Lists and objects that change
 * are copied into the arena. */
void facts_clean(struct facts_business *business, struct arena *arena, facts_found *dropped,
		 void *ctx);

/* Check a block, our own or foreign: an object, an array of objects, or {"@graph": [...]},
 * already parsed. Calls `found` (may be NULL) for each finding, in the order of the block.
 * Returns the number of errors. Objects of other types than LocalBusiness are checked by the same
 * rules; a block without any LocalBusiness is the finding "no-local-business". */
size_t facts_check(const struct json_value *block, facts_found *found, void *ctx);

/* The objects of a page by their "@id", without mere references. Borrowed, like the trees they are
 * in; of several with the same id the first is kept. */
struct facts_ids {
	const struct json_value **slot; /* a hash table with open addressing */
	size_t slots, count;
};
void facts_ids_init(struct facts_ids *ids);
void facts_ids_add(struct facts_ids *ids, const struct json_value *tree);
void facts_ids_release(struct facts_ids *ids);
/* The object that a reference ({"@id": ...}) refers to, NULL when there is none; any other value is
 * returned unchanged. */
const struct json_value *facts_resolve(const struct facts_ids *ids, const struct json_value *value);
/* Whether a value is only {"@id": ...}. */
bool facts_is_reference(const struct json_value *value);

/* As facts_check, for a block that may refer to objects in other blocks of the same page. */
size_t facts_check_page(const struct json_value *block, const struct facts_ids *ids,
			facts_found *found, void *ctx);

/* Whether a text is a placeholder: "TODO", "[Your name]", "{{ phone }}". */
bool facts_is_placeholder(struct str text);
bool facts_is_placeholder_phone(struct str phone);
/* "tel:" and its digits, for a link. Empty: it has too few. NULL: no memory. */
struct str facts_phone_link(struct str phone, struct arena *arena);
/* Whether a URL leads to the reader's own computer or network: localhost, 192.168.0.1. */
bool facts_is_private_url(struct str url);

/* ---- what people see ---- */

/* Whether the business hides its address, as service-area businesses do: no value and no link may
 * reveal it. */
bool facts_hides_address(const struct facts_business *business);
/* Whether coordinates are in the country of an address, as far as its borders are known. Pages do
 * not show others. */
bool facts_in_country(struct str country, double lat, double lon);

/* Whether the business sells goods to take home or eat, rather than services. */
bool facts_sells(const struct facts_business *business);
/* Put the price of an item of offers into an Offer: price and currency when it has both, and what
 * it is for. */
void facts_put_price(struct json_build *b, struct json_value *offer, const struct json_value *item);
/* Whether it is the least of several prices: "from 58 EUR". */
bool facts_price_is_least(const struct json_value *item);

/* Put the visible values under `root`, for templates:
 *   name, description_text, description_lang (when it is not that of the page),
 *   alt_names {items}, street, postcode, city, region, country,
 *   address {lines: [{line, more}]} in the country's order (more: it is not the first), map {point,
 *   geo, osm, route}, phone (in groups), phone_link, website {href, host},
 *   same_as {items: [{href, host}]}, hours (text), service_area {items},
 *   goods {items: [{name, about, price}]}, facts {items: [{label, text, href?}]},
 *   departments {items: [{name, own_phone, own_phone_link, own_hours}]}
 * Lists are absent when empty. */
void facts_show(const struct facts_business *business, struct json_build *b,
		struct json_value *root);

/* Put what an item of a list shows of a business, after facts_clean: street, postcode, city,
 * "place" (there is one of these), and, of a number that can be called, item_phone (in groups) and
 * item_phone_link. */
void facts_show_item(const struct facts_business *business, struct json_build *b,
		     struct json_value *item);

/* Opening hours as people read them. */
struct facts_hours {
	struct hours_week week; /* a week without holidays and exceptions */
	bool dated;             /* there are exceptions by date: not every week is like `week` */
	struct facts_texts exceptions; /* in words: "Closed 24–26 December" */
};
/* Read a text of opening_hours as a week and exceptions in words. False: it has no such form, and
 * pages show it unchanged. */
MUST_CHECK bool facts_hours(struct str text, const struct wording *wording, struct arena *arena,
			    struct facts_hours *out);
/* "09:00–12:00", "Open 24 hours". In the arena. */
MUST_CHECK struct str facts_span(const struct hours_span *span, const struct wording *wording,
				 struct arena *arena);
/* "29 November 2026" of "2026-11-29"; any other text unchanged. p NULL: no memory. */
MUST_CHECK struct str facts_date(struct str date, const struct wording *wording,
				 struct arena *arena);

/* The facts that the page shows, for its meta description: "address, opening hours, telephone,
 * website", as far as they are known; empty: none. */
struct str facts_summary(const struct facts_business *business, struct arena *arena);

/* The description of the page, of at most 155 letters, made of what the page has: sentences of the
 * business's own description, towns that it serves, the telephone number, each as far as it fits;
 * without a description `summary`. */
struct str facts_description(const struct facts_business *business, struct str summary,
			     struct arena *arena);

/* The value of a key of extra as text; empty: unknown. Booleans are "yes" and "no". */
struct str facts_extra(const struct facts_business *business, const char *key);

#endif
