/* Auditing the description of an HTTP API (OpenAPI 3, Swagger 2): which answers contain contact
 * data, in lists, without authentication.
 *
 * Hides: the sandboxed reader (holdfast-parse), in which the document is parsed and judged. Nothing
 * is requested from the network; references to other files are counted, not followed.
 *
 * Errors: what the document says about the API is a finding. An error says that the audit could not
 * be done: the file is no such document, or the reader ended over it.
 */
#ifndef AUDIT_API_API_H
#define AUDIT_API_API_H

#include "audit/openapi/openapi.h"
#include "audit/report/report.h"
#include "base/err.h"

struct api_options {
	const char *path;        /* "-": standard input */
	const char *program_dir; /* where holdfast-parse is */
	const char *user;        /* system user that reads the document; NULL: ours */
};

MUST_CHECK enum status api_audit(const struct api_options *options, struct audit_report *report,
				 struct openapi_summary *summary, struct err *err);

/* The table of rules, for documentation and tests. NULL: no more. */
const struct audit_rule *api_rule(size_t n);

#endif
