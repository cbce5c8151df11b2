/* The quality gate: which businesses get a page, which of the pages search engines may index, and
 * why not.
 *
 * Thin and stale pages harm a whole directory: one public directory had to go from 600 000 pages to
 * 48 000. So a record passes one table of causes (causes.def); the gravest that applies decides:
 *
 *   withhold  no page at all, in no list, in no sitemap
 *   noindex   a page for people, found from lists, with <meta name="robots" content="noindex">, in
 *             no sitemap
 *   publish   everything
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
	int quality_publish; /* under it: withheld */
	int quality_index;   /* under it: noindex */
	int stale_days;      /* source's last change longer ago: noindex; 0: never */
};
void gate_limits_read(struct gate_limits *out, const struct config *config);

struct gate_input {
	const struct facts_business *facts;
	bool valid;      /* facts_jsonld made a block of it; true while that is not known */
	bool suppressed; /* somebody asked that it be not shown */
	bool duplicate;  /* another record of the same identity is published: gate_identity */
	int quality;     /* 0-100; -1: not judged */
	int updated_day; /* of the source's last change; 0: not known */
	int today;
};

/* GATE_FINE: published and indexed. Else the gravest cause; of two of the same verdict
 * the first of the table. */
enum gate_cause gate_judge(const struct gate_limits *limits, const struct gate_input *input);

/* Two records of the same identity are the same business: name, street, postcode and town
 * without case, marks of punctuation and white space. 0: too little is known to say so,
 * it is never a duplicate. */
uint64_t gate_identity(const struct facts_business *facts);

/* How many of each cause. Add what workers counted by adding the members. */
struct gate_report {
	uint64_t count[GATE_CAUSES];
};
/* A line for each cause that occurred: verdict, cause, count, text. */
void gate_report_text(const struct gate_report *report, struct buf *out);
/* {"publish": n, "noindex": n, "withhold": n, "causes": [{"cause", "verdict", "count", "text"}]} */
void gate_report_json(const struct gate_report *report, struct json_writer *w);

#endif
