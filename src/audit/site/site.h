/* Auditing a static site: a folder of pages, sitemaps and robots.txt as a web host would
 * serve it, or one page.
 *
 * Hides: the walk over the folder, the sandboxed reader of its documents (holdfast-parse),
 * how addresses lead to files, and the rules. No file is executed, no address is requested:
 * what lies elsewhere is counted, not fetched. Symbolic links are not followed: they count
 * as files that exist.
 *
 * Memory: what a page says is forgotten when the page has been judged; kept are names of files
 * and what pages say of one another (canonical, hreflang, fragments, entries of sitemaps):
 * about 300 bytes a page.
 *
 * Errors: what is wrong with the site is a finding; an error says that the audit
 * itself could not be done.
 */
#ifndef AUDIT_SITE_SITE_H
#define AUDIT_SITE_SITE_H

#include "base/err.h"
#include "audit/report/report.h"

struct site_options {
	const char *path;     /* folder or file; of a file only what it says by itself is judged */
	const char *base_url; /* where it is served; NULL: as most of its addresses say */
	/* patterns of paths that are no documents, with commas; NULL: none */
	const char *exclude;
	const char *program_dir; /* where holdfast-parse is */
	const char *user;        /* system user that reads the documents; NULL: ours */
};

struct site_summary {
	uint64_t pages, sitemaps, files;
	uint64_t heaviest_bytes; /* of a page with all that it loads from the site */
	uint64_t total_bytes;    /* of all pages so */
	uint64_t external;       /* requests that pages make elsewhere */
};

MUST_CHECK enum status site_audit(const struct site_options *options, struct audit_report *report,
				  struct site_summary *summary, struct err *err);

/* The table of rules, for documentation and tests; checks of blocks come behind
 * (site/facts). NULL: no more. */
const struct audit_rule *site_rule(size_t n);

#endif
