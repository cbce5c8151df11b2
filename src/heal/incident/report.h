/* The report of one incident, for somebody who does not know the system: what to do, how sure
 * that is, the evidence, what was done. Made of the lines of the ledger alone, so that it can be
 * made at any time afterwards.
 *
 * Life: incident_report_new, incident_report_take with every line of the ledger,
 * incident_report_markdown or incident_report_json, incident_report_free.
 */
#ifndef HEAL_INCIDENT_REPORT_H
#define HEAL_INCIDENT_REPORT_H

#include "base/json.h"

struct incident_report;

struct incident_report *incident_report_new(int64_t incident);
void incident_report_free(struct incident_report *r); /* NULL is allowed */
void incident_report_take(struct incident_report *r, const struct json_value *line);

/* NOT_FOUND: the ledger has no such incident. */
MUST_CHECK enum status incident_report_markdown(const struct incident_report *r, struct buf *out,
						struct err *err);
/* One object: the incident, its finding, and the lines of what was done. */
MUST_CHECK enum status incident_report_json(const struct incident_report *r, struct buf *out,
					    struct err *err);

/* The report of an incident of the ledger in that file: JSON, or Markdown. Errors of both, and of
 * ledger_open_read. */
MUST_CHECK enum status incident_report_read(const char *ledger, int64_t incident, bool json,
					    struct buf *out, struct err *err);

/* One line of the ledger as a person reads it, with its newline; nothing for lines that say too
 * little alone. */
void incident_report_line(struct buf *out, const struct json_value *line);

#endif
