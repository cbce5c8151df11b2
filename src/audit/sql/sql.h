/* Auditing SQL files: statements of queries, migrations and PL/pgSQL against the rules of
 * rules.def, without a database.
 *
 * Hides: the walk over folders, the sandboxed reader (holdfast-parse), and the rules. Nothing is
 * executed. Memory: one file with the facts of its statements at a time.
 *
 * Errors: what is wrong with the SQL is a finding, and so is a file over which the reader ended.
 * Statements that could not be parsed are counted, and each is a note. An error says that the audit
 * itself could not be done.
 */
#ifndef AUDIT_SQL_SQL_H
#define AUDIT_SQL_SQL_H

#include "audit/report/report.h"
#include "base/err.h"

struct sql_options {
	const char *const *paths; /* files and folders; of folders the files that end in .sql */
	size_t count;
	const char *rule;        /* only this rule; NULL: all */
	bool notes;              /* findings of severity note as well */
	const char *program_dir; /* where holdfast-parse is */
	const char *user;        /* system user that reads the files; NULL: ours */
};

struct sql_summary {
	uint64_t files, statements, unparsed, dynamic, suppressed, notes_hidden;
};

MUST_CHECK enum status sql_audit(const struct sql_options *options, struct audit_report *report,
				 struct sql_summary *summary, struct err *err);

/* The table of rules, for documentation and tests. NULL: no more. */
const struct audit_rule *sql_rule(size_t n);

#endif
