/* Findings of all audits. Rules are rows of tables, findings are rows of a report, and a report has
 * four output formats: text, JSON, SARIF 2.1.0, JUnit.
 *
 * An audit has one table of rules, each with its function; the report knows of a rule only what
 * stands here. A finding borrows its rule and copies everything else. JSON and SARIF have every
 * finding, in the order of file, line, column; the text has each rule once, errors first, with how
 * often it was found and the first few places.
 *
 * Life: report_init, any number of report_add, one of the writers, report_release. Over its maximum
 * the report counts findings without keeping them, and says so. */
#ifndef AUDIT_REPORT_REPORT_H
#define AUDIT_REPORT_REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* As in JSON and SARIF. */
extern const char *const audit_severity_names[];

enum audit_severity { AUDIT_BY_RULE, AUDIT_NOTE, AUDIT_WARNING, AUDIT_ERROR, AUDIT_SEVERITIES };

struct audit_rule {
	const char *id; /* "link-broken" */
	enum audit_severity severity;
	const char *title;  /* one sentence without a full stop: what is wrong */
	const char *remedy; /* what to do about it */
	const char *help;   /* a public page about the matter: helpUri of SARIF; NULL: none */
};

struct audit_finding {
	const struct audit_rule *rule;
	struct str file;              /* relative to what was audited; "" for the whole of it */
	uint32_t line;                /* from 1; 0: not known */
	uint32_t column;              /* from 1; 0: not known */
	struct str headline;          /* instead of the rule's title; "": none */
	struct str about;             /* the message: this case of the rule */
	enum audit_severity severity; /* AUDIT_BY_RULE: as the rule says */
	/* where it ends, behind the last character; 0: not known */
	uint32_t end_line, end_column;
	struct str excerpt;  /* the line of source; the text report then shows each finding */
	struct str rewrite;  /* what to write instead */
	struct str evidence; /* how far the rewrite is known to change nothing else */
	struct str object;   /* what it is about: a table, an index, a function */
	/* "proved", "checked", "sampled", ...; with the first two the rewrite is a fix */
	struct str level;
	struct str alternative;         /* another remedy, as SQL */
	struct str fix;                 /* what replaces the place, exactly; empty: not known */
	struct str statement;           /* its id where it has no file: a queryid, a function */
	double cost_before, cost_after; /* as the planner says; 0, 0: not asked */
	/* the same when the code moves; 0: of rule and object, or of rule, file and message */
	uint64_t fingerprint;
};

enum { AUDIT_FINDINGS_MAX = 1000000 };

struct audit_report {
	struct arena arena;
	struct audit_finding *findings;
	size_t count, room;
	struct audit_finding *unchecked; /* what could not be checked, shown as notes or not */
	size_t unchecked_count, unchecked_room;
	uint64_t dropped; /* over the maximum */
	uint64_t counts[AUDIT_SEVERITIES];
};

void report_init(struct audit_report *report);
void report_release(struct audit_report *report);
void report_add(struct audit_report *report, const struct audit_finding *finding);
/* Record what could not be checked: a notification in SARIF, also when a note says it. */
void report_unchecked(struct audit_report *report, const struct audit_finding *finding);
/* In the order of file, line, column, rule. */
void report_sort(struct audit_report *report);

/* Each rule with its first places, errors first. `looked`: what was audited, in numbers
 * ("12 pages, 1 sitemap"). */
void report_text(const struct audit_report *report, const char *looked, struct buf *out);
void report_json(const struct audit_report *report, const char *looked, struct buf *out);
/* SARIF 2.1.0 (OASIS). What was looked at, and what was not, are notifications of the run. */
void report_sarif(const struct audit_report *report, const char *looked, struct buf *out);

/* XML as JUnit writes it, for CI servers. */
void report_junit(const struct audit_report *report, const char *looked, struct buf *out);

/* The fingerprints of the findings, a line each: what report_forget takes. */
void report_baseline(const struct audit_report *report, struct buf *out);
/* Remove the findings whose fingerprints are in the baseline, each as often as it is there;
 * *forgotten: how many. INVALID: the text is not a baseline. */
MUST_CHECK enum status report_forget(struct audit_report *report, struct str baseline,
				     uint64_t *forgotten, struct err *err);

/* EXIT_FINDINGS when there is an error or a warning; notes alone are EXIT_OK. */
int report_exit_code(const struct audit_report *report);

#endif
