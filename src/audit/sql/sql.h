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

/* Of a database. */
struct sql_database {
	const char *url;
	/* where statements come from: a file, "-" is standard input; NULL: the others */
	const char *statements;
	bool executed;           /* pg_stat_statements */
	bool code;               /* functions, procedures, views and rules */
	int64_t statement;       /* only this queryid; 0: all */
	const char *role;        /* to plan and compare as; NULL: the connection's */
	const char *search_path; /* NULL: as the database says for the role of each statement */
	const char *bouncers; /* consoles to watch as well, as poolers_open takes them; "": none */
	int64_t min_rows;     /* smaller tables are left out */
	int64_t budget_ms;
	int64_t plan_ms, compare_ms; /* limits of one plan and comparison; 0: as probe.h says */
};

/* Files before the planner of a throw-away cluster. Its tables are empty: only what is proved is a
 * warning. */
struct sql_scratch {
	const char *schema; /* a file or folder; NULL: the audited files are their own schema */
	const char *search_path;
	int64_t budget_ms;
	int64_t plan_ms; /* as of a database */
};

struct sql_summary {
	uint64_t other_files; /* of folders: what does not end in .sql */
	uint64_t files, statements, unparsed, dynamic, suppressed, notes_hidden;
	/* of a database: not planned; not reached within the budget; text not shown to this role */
	uint64_t unplanned, unreached, hidden;
	uint64_t small; /* statements of which a part is on tables under min_rows */
	uint64_t small_tables;
	uint64_t code;          /* functions, procedures, views and rules */
	uint64_t unapplied;     /* of the schema of a scratch cluster */
	bool unseen_roles;      /* of a watch: what sessions of other roles do */
	bool unseen_statements; /* of a watch: how often statements run */
	uint64_t explains, compares;
	/* of these, ended by their limit: findings may be missing, or notes for it */
	uint64_t explains_ended, compares_ended;
};

MUST_CHECK enum status sql_audit(const struct sql_options *options, struct audit_report *report,
				 struct sql_summary *summary, struct err *err);

/* The statements of a database against its own indexes and planner, and the rules that need none.
 * NOT_FOUND: there is no pg_stat_statements; what its code gave is in the report.
 * UNAVAILABLE: the server is away, or the audit stopped because probes ran into time limits; what
 * was found before is in the report. */
MUST_CHECK enum status sql_audit_database(const struct sql_options *options,
					  const struct sql_database *database,
					  struct audit_report *report, struct sql_summary *summary,
					  struct err *err);

/* A running server, a look a second: what waits outside the database with a transaction open
 * (pg_stat_activity, and who waits for it in PgBouncer), and batches that are called and change
 * nothing (pg_stat_statements, where the database has it). Of the summary only what was hidden and
 * suppressed is added to. UNAVAILABLE: also a PgBouncer that did not answer the first look. */
MUST_CHECK enum status sql_watch(const struct sql_options *options,
				 const struct sql_database *database, int64_t seconds,
				 struct audit_report *report, struct sql_summary *summary,
				 struct err *err);

/* sql_audit, and the statements before a server of the schema. As root the server and what the
 * schema runs is the database's system user. */
MUST_CHECK enum status sql_audit_scratch(const struct sql_options *options,
					 const struct sql_scratch *scratch,
					 struct audit_report *report, struct sql_summary *summary,
					 struct err *err);

/* The table of rules, for documentation and tests. NULL: no more. */
const struct audit_rule *sql_rule(size_t n);

#endif
