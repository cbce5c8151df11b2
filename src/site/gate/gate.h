/* The quality gate: which businesses get a page, and which pages search engines may index.
 *
 * Thin and stale pages harm a whole directory: one public directory had to reduce its pages from
 * 600 000 to 48 000. Each record is compared with one table of causes (causes.def); of those that
 * apply the gravest verdict counts:
 *
 *   withhold  no page, not in lists or sitemaps
 *   noindex   a page that is in lists, with <meta name="robots" content="noindex">, not in sitemaps
 *   publish   a page that is in lists and sitemaps
 *
 * The limits are settings (gate_limits_read): site.quality_publish, site.quality_index,
 * site.stale_after.
 *
 * Pure: no state, no clock, no database. Days count from 1970-01-01. */
#ifndef SITE_GATE_GATE_H
#define SITE_GATE_GATE_H

#include "base/buf.h"
#include "config/config.h"
#include "site/facts/facts.h"

enum gate_verdict { GATE_PUBLISH, GATE_NOINDEX, GATE_WITHHOLD };

enum gate_cause {
#define CAUSE(id, key, verdict, text) GATE_##id,
#include "site/gate/causes.def"
#undef CAUSE
	GATE_CAUSES
};

struct gate_cause_info {
	const char *key; /* "thin" */
	enum gate_verdict verdict;
	const char *text;
};
extern const struct gate_cause_info gate_causes[GATE_CAUSES];

struct gate_limits {
	int quality_publish; /* score below which a business is withheld */
	int quality_index;   /* score below which a page is noindex */
	int stale_days;      /* noindex when the source's last change is longer ago; 0: no limit */
};
void gate_limits_read(struct gate_limits *out, const struct config *config);

struct gate_input {
	const struct facts_business *facts;
	bool valid;      /* facts_jsonld has made a block, or was not called yet */
	bool suppressed; /* suppressed on request */
	bool duplicate;  /* another record with the same gate_identity is published */
	int quality;     /* score, 0 to 100; -1: unknown */
	int updated_day; /* day of the source's last change; 0: unknown */
	int today;
};

/* GATE_FINE: published and indexed. Else the cause with the gravest verdict; of several the first
 * in the table. */
enum gate_cause gate_judge(const struct gate_limits *limits, const struct gate_input *input);

/* A hash of name, street, and postcode or town, without case, punctuation and white space. Records
 * with the same identity are the same business. 0: too little is known; never a duplicate. */
uint64_t gate_identity(const struct facts_business *facts);

/* Businesses by cause. */
struct gate_report {
	uint64_t count[GATE_CAUSES];
};
/* A line for each cause that occurred: verdict, cause, count, text. */
void gate_report_text(const struct gate_report *report, struct buf *out);
/* {"publish": n, "noindex": n, "withhold": n, "causes": [{"cause", "verdict", "count", "text"}]} */
void gate_report_json(const struct gate_report *report, struct json_writer *w);

#endif
