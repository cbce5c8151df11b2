/* holdfast audit: finds the failures of the nine incidents in other systems. */
#include "audit/api/api.h"
#include "audit/probe/probe.h"
#include "audit/report/report.h"
#include "audit/site/site.h"
#include "audit/sql/sql.h"
#include "base/io.h"
#include "commands/commands.h"
#include "process/spawn.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *base_url;
static const char *exclude;
static const char *rule;
static bool notes;
static const char *statements, *statement, *as_role, *search_path;

/* The help says the defaults. */
#define MIN_ROWS          10000
#define BUDGET_S          30
#define DEFAULT_TEXT(n)   "(default " #n ")"
#define DEFAULT_OF(macro) DEFAULT_TEXT(macro)
static int64_t min_rows = MIN_ROWS, budget = BUDGET_S;
static int64_t plan_limit = PROBE_PLAN_MS, compare_limit = PROBE_COMPARE_MS;
static int64_t watch;
static struct cli_texts bouncers;
static bool scratch;
static const char *baseline, *write_baseline;
static const char *schema;
static bool sarif, junit;

static const struct cli_option options[] = {
    {"base-url", 0, CLI_TEXT, "URL", 0, 0,
     "site: where it is served (default: as most of its own addresses say)", &base_url},
    {"exclude", 0, CLI_TEXT, "PATTERNS", 0, 0,
     "site: files that are not audited, with commas: drafts,*/print.html", &exclude},
    {"rule", 0, CLI_TEXT, "ID", 0, 0, "sql, db: only this rule", &rule},
    {"notes", 0, CLI_FLAG, NULL, 0, 0, "sql, db: show notes as well", &notes},
    {"scratch", 0, CLI_FLAG, NULL, 0, 0,
     "sql: ask the planner as well, of a throw-away PostgreSQL that gets the schema", &scratch},
    {"schema", 0, CLI_TEXT, "FILE|DIR", 0, 0,
     "sql: the schema for --scratch, such as pg_dump --schema-only or migrations (default: the files themselves)",
     &schema},
    {"statements", 0, CLI_TEXT, "SOURCE", 0, 0,
     "db: "
     "pgss (pg_stat_statements), code (functions, views, rules), a file, - for standard input (default: pgss and code)",
     &statements},
    {"statement", 0, CLI_TEXT, "QUERYID", 0, 0, "db: only this statement of pg_stat_statements",
     &statement},
    {"as", 0, CLI_TEXT, "ROLE", 0, 0,
     "db: plan and compare as this role; needed where tables have row security", &as_role},
    {"search-path", 0, CLI_TEXT, "SCHEMAS", 0, 0,
     "db, sql --scratch: schemas of unqualified names (default: as the database says for each role)",
     &search_path},
    {"min-rows", 0, CLI_INT, "N", 0, 2000000000,
     "db: leave smaller tables out " DEFAULT_OF(MIN_ROWS), &min_rows},
    {"budget", 0, CLI_INT, "SECONDS", 1, 86400,
     "db, sql --scratch: stop after so many seconds; what was not reached is counted " DEFAULT_OF(
	 BUDGET_S),
     &budget},
    {"plan-limit", 0, CLI_INT, "MS", 10, 600000,
     "db, sql --scratch: "
     "how long the server may plan one statement; what is ended is counted in the last line " DEFAULT_OF(
	 PROBE_PLAN_MS),
     &plan_limit},
    {"compare-limit", 0, CLI_INT, "MS", 10, 600000,
     "db: "
     "how long one comparison of rows may take; what is ended is compared over a sample, and a warning becomes a note: "
     "it is counted in the last line " DEFAULT_OF(PROBE_COMPARE_MS),
     &compare_limit},
    {"watch", 0, CLI_INT, "SECONDS", 5, 86400,
     "db: then look at the server for so long: "
     "transactions that stay open over a call, batches that change nothing, tables that change only in bursts",
     &watch},
    {"bouncer", 0, CLI_TEXTS, "URL", 0, 0,
     "db --watch: "
     "console of a PgBouncer to ask who waits in it, with a role of its stats_users; may be given several times",
     &bouncers},
    {"baseline", 0, CLI_TEXT, "FILE", 0, 0,
     "leave out the findings that the file names; they are counted", &baseline},
    {"write-baseline", 0, CLI_TEXT, "FILE", 0, 0,
     "write what is found there, as known from now on; the exit status is then 0", &write_baseline},
    {"sarif", 0, CLI_FLAG, NULL, 0, 0, "print SARIF 2.1.0 instead of text", &sarif},
    {"junit", 0, CLI_FLAG, NULL, 0, 0, "print JUnit's XML instead of text", &junit},
    {0},
};

/* As root the documents are read by a user of their own, where the system has it. */
const char *reading_user(void)
{
	uid_t uid;
	gid_t gid;
	struct err ignored;
	return geteuid() == 0 && spawn_user("holdfast-parse", &uid, &gid, &ignored) == OK
		   ? "holdfast-parse"
		   : NULL;
}

/* Known findings are left out, or written down. */
static enum status audit_baseline(struct audit_report *report, char *looked, size_t room,
				  struct err *err)
{
	struct buf text;
	uint64_t known = 0;
	enum status status = OK;
	buf_init(&text, (size_t)256 << 20);
	if (baseline) {
		status = io_read_file(baseline, &text, err);
		if (status == OK)
			status = report_forget(report, buf_view(&text), &known, err);
		size_t used = strlen(looked);
		snprintf(looked + used, room - used, "; %" PRIu64 " in the baseline", known);
	} else if (write_baseline) {
		report_baseline(report, &text);
		status = buf_failed(&text)
			     ? err_set(err, TOO_LARGE, "too many findings")
			     : io_write_file(write_baseline, buf_view(&text), 0644, err);
	}
	buf_release(&text);
	return status;
}

/* The report in the form that was asked for. `looked`: what was audited, in numbers. */
static int audit_show(struct audit_report *report, char *looked, size_t room)
{
	struct err err;
	enum status status = audit_baseline(report, looked, room, &err);
	if (status != OK)
		return status == INVALID ? cli_usage_error("%s", err.text) : cli_failed(&err);
	struct buf out;
	buf_init(&out, (size_t)1 << 30);
	if (sarif)
		report_sarif(report, looked, &out);
	else if (junit)
		report_junit(report, looked, &out);
	else if (cli_globals.json)
		report_json(report, looked, &out);
	else
		report_text(report, looked, &out);
	buf_write(&out, stdout);
	bool whole = !buf_failed(&out);
	buf_release(&out);
	if (!whole) {
		fprintf(stderr, "holdfast audit: the report is too large\n");
		return EXIT_FAILED;
	}
	return write_baseline ? EXIT_OK : report_exit_code(report);
}

static int audit_site_command(const char *path, const char *program_dir)
{
	struct audit_report report;
	struct site_summary s;
	struct err err;
	char looked[300];
	if (base_url && !str_starts(str_of(base_url), STR("https://")) &&
	    !str_starts(str_of(base_url), STR("http://")))
		return cli_usage_error("--base-url begins with https:// or http://");
	const struct site_options site = {.path = path,
					  .base_url = base_url,
					  .exclude = exclude,
					  .program_dir = program_dir,
					  .user = reading_user()};
	report_init(&report);
	enum status status = site_audit(&site, &report, &s, &err);
	if (status == OK)
		snprintf(looked, sizeof(looked),
			 "%" PRIu64 " pages, %" PRIu64 " sitemaps, %" PRIu64
			 " files; a page weighs %" PRIu64 " kB, the heaviest %" PRIu64
			 " kB; %" PRIu64 " requests elsewhere",
			 s.pages, s.sitemaps, s.files, s.pages ? s.total_bytes / s.pages / 1024 : 0,
			 s.heaviest_bytes / 1024, s.external);
	int code = status == OK ? audit_show(&report, looked, sizeof(looked)) : cli_failed(&err);
	report_release(&report);
	return code;
}

/* What the limits have ended; empty: nothing. */
static void audit_ended(const struct sql_summary *s, char *out, size_t room)
{
	*out = 0;
	if (s->explains_ended || s->compares_ended)
		snprintf(
		    out, room,
		    "; ended by their limits, so that a warning may be a note or missing: %" PRIu64
		    " plans (--plan-limit %" PRId64 "), %" PRIu64
		    " comparisons (--compare-limit %" PRId64 ")",
		    s->explains_ended, plan_limit, s->compares_ended, compare_limit);
}

static int audit_sql_command(int count, char **paths, const char *program_dir)
{
	struct audit_report report;
	struct sql_summary s;
	struct err err;
	char looked[800], ended[200] = "";
	const struct sql_options sql = {.paths = (const char *const *)paths,
					.count = (size_t)count,
					.rule = rule,
					.notes = notes,
					.program_dir = program_dir,
					.user = reading_user()};
	const struct sql_scratch planner = {.schema = schema,
					    .search_path = search_path,
					    .budget_ms = budget * 1000,
					    .plan_ms = plan_limit};
	report_init(&report);
	enum status status = scratch ? sql_audit_scratch(&sql, &planner, &report, &s, &err)
				     : sql_audit(&sql, &report, &s, &err);
	if (status == OK)
		audit_ended(&s, ended, sizeof(ended));
	if (status == OK && scratch)
		snprintf(looked, sizeof(looked),
			 "%" PRIu64 " files, %" PRIu64 " statements, %" PRIu64
			 " plans%s; not checked: %" PRIu64 " unparsed, %" PRIu64
			 " built at run time, %" PRIu64 " not planned, %" PRIu64
			 " not reached in %" PRId64 " s, %" PRIu64 " other files; %" PRIu64
			 " statements of the schema failed; %" PRIu64 " suppressed; %" PRIu64
			 " notes not shown%s",
			 s.files, s.statements, s.explains, ended, s.unparsed, s.dynamic,
			 s.unplanned, s.unreached, budget, s.other_files, s.unapplied, s.suppressed,
			 s.notes_hidden, s.notes_hidden ? " (--notes)" : "");
	else if (status == OK)
		snprintf(looked, sizeof(looked),
			 "%" PRIu64 " files, %" PRIu64 " statements; not checked: %" PRIu64
			 " unparsed, %" PRIu64 " built at run time, %" PRIu64
			 " other files; %" PRIu64 " suppressed; %" PRIu64 " notes not shown%s",
			 s.files, s.statements, s.unparsed, s.dynamic, s.other_files, s.suppressed,
			 s.notes_hidden, s.notes_hidden ? " (--notes)" : "");
	int code = status == OK        ? audit_show(&report, looked, sizeof(looked))
		   : status == INVALID ? cli_usage_error("%s", err.text)
				       : cli_failed(&err);
	report_release(&report);
	return code;
}

static int audit_api_command(const char *path, const char *program_dir)
{
	struct audit_report report;
	struct openapi_summary s;
	struct err err;
	char looked[300];
	const struct api_options api = {
	    .path = path, .program_dir = program_dir, .user = reading_user()};
	report_init(&report);
	enum status status = api_audit(&api, &report, &s, &err);
	if (status == OK)
		snprintf(looked, sizeof(looked),
			 "%u operations, %u answers, %u of them with a schema; %u schemas",
			 s.operations, s.answers, s.judged, s.schemas);
	int code = status == OK ? audit_show(&report, looked, sizeof(looked)) : cli_failed(&err);
	if (status == OK && s.answers && !s.judged) {
		fprintf(stderr,
			"holdfast audit: %s: none of %u answers has a schema: cannot be judged\n",
			path, s.answers);
		code = EXIT_FAILED;
	}
	report_release(&report);
	return code;
}

static int audit_db_command(const char *url, const char *program_dir)
{
	struct audit_report report;
	struct sql_summary s;
	struct err err;
	char looked[1000], ended[200];
	struct buf consoles;
	int64_t queryid = 0;
	const struct sql_options sql = {
	    .rule = rule, .notes = notes, .program_dir = program_dir, .user = reading_user()};
	bool executed = !statements || strcmp(statements, "pgss") == 0;
	bool code = !statements || strcmp(statements, "code") == 0;
	if (statement &&
	    (!executed || !str_to_i64(str_of(statement), INT64_MIN, INT64_MAX, &queryid)))
		return cli_usage_error("--statement takes a queryid of pg_stat_statements");
	buf_init(&consoles, CLI_TEXTS_MAX * PATH_MAX);
	cli_join_texts(&bouncers, ';', &consoles);
	if (buf_failed(&consoles)) {
		buf_release(&consoles);
		return cli_usage_error("--bouncer: the addresses are too long");
	}
	const struct sql_database database = {.url = url,
					      .bouncers = buf_z(&consoles),
					      .statements = executed || code ? NULL : statements,
					      .executed = executed,
					      .code = code && !statement,
					      .statement = queryid,
					      .role = as_role,
					      .search_path = search_path,
					      .min_rows = min_rows,
					      .budget_ms = budget * 1000,
					      .plan_ms = plan_limit,
					      .compare_ms = compare_limit};
	report_init(&report);
	enum status status = sql_audit_database(&sql, &database, &report, &s, &err);
	bool unread = status == NOT_FOUND && !statements && !statement;
	if (unread && watch) {
		/* --watch reads sessions only */
		fprintf(stderr, "holdfast audit: %s\n", err.text);
		status = OK;
	}
	if (status == OK && watch)
		status = sql_watch(&sql, &database, watch, &report, &s, &err);
	/* an incomplete report is not written as a baseline */
	bool stopped =
	    (status == UNAVAILABLE || (unread && status != OK)) && report.count && !write_baseline;
	audit_ended(&s, ended, sizeof(ended));
	snprintf(looked, sizeof(looked),
		 "%" PRIu64 " statements, %" PRIu64 " functions, views and rules, %" PRIu64
		 " plans, %" PRIu64 " comparisons%s; not checked: %" PRIu64 " unparsed, %" PRIu64
		 " built at run time, %" PRIu64 " not planned, %" PRIu64 " not reached in %" PRId64
		 " s, %" PRIu64 " not shown to this role, %" PRIu64 " with tables under %" PRId64
		 " rows (%" PRIu64 " tables; --min-rows)%s%s; %" PRIu64 " suppressed; %" PRIu64
		 " notes not shown%s",
		 s.statements, s.code, s.explains, s.compares, ended, s.unparsed, s.dynamic,
		 s.unplanned, s.unreached, budget, s.hidden, s.small, min_rows, s.small_tables,
		 s.unseen_roles ? "; not watched: sessions of other roles (pg_monitor)" : "",
		 s.unseen_statements ? "; not watched: batches (pg_stat_statements)" : "",
		 s.suppressed, s.notes_hidden, s.notes_hidden ? " (--notes)" : "");
	int exit_code = status == OK || stopped ? audit_show(&report, looked, sizeof(looked))
			: status == INVALID     ? cli_usage_error("%s", err.text)
						: cli_failed(&err);
	if (stopped)
		exit_code = cli_failed(&err);
	report_release(&report);
	buf_release(&consoles);
	return exit_code;
}

static int audit_command(int argc, char **argv)
{
	struct err err;
	char program_dir[PATH_MAX];
	bool site = strcmp(argv[0], "site") == 0, sql = strcmp(argv[0], "sql") == 0;
	bool api = strcmp(argv[0], "api") == 0, db = strcmp(argv[0], "db") == 0;
	if (!site && !sql && !api && !db)
		return cli_usage_error("what to audit is 'sql', 'db', 'site' or 'api', not '%s'",
				       argv[0]);
	if (!sql && argc != 2)
		return cli_usage_error(site ? "audit site takes one folder or file"
				       : db ? "audit db takes one address of a database"
					    : "audit api takes one file, or - for standard input");
	if (!sql && !db && (rule || notes))
		return cli_usage_error("--rule and --notes are for audit sql and audit db");
	if (!site && (base_url || exclude))
		return cli_usage_error("--base-url and --exclude are for audit site");
	if (!db && (statements || statement || as_role || watch))
		return cli_usage_error(
		    "--statements, --statement, --as and --watch are for audit db");
	if (bouncers.count && !watch)
		return cli_usage_error("--bouncer is for audit db --watch");
	if (sarif + junit + cli_globals.json > 1)
		return cli_usage_error("--json, --sarif and --junit are three forms: give one");
	if (baseline && write_baseline)
		return cli_usage_error(
		    "--baseline reads the file, --write-baseline makes it: give one");
	if ((scratch && !sql) || (schema && !scratch) || (search_path && !db && !scratch))
		return cli_usage_error("--scratch is for audit sql, and --schema needs --scratch");
	if (io_program_dir(program_dir, sizeof(program_dir), &err) != OK)
		return cli_failed(&err);
	if (api)
		return audit_api_command(argv[1], program_dir);
	return site ? audit_site_command(argv[1], program_dir)
	       : db ? audit_db_command(argv[1], program_dir)
		    : audit_sql_command(argc - 1, argv + 1, program_dir);
}

const struct command command_audit = {
    .name = "audit",
    .args = "sql|db|site|api FILE|DIR|URL...",
    .summary = "Find the failures of the nine incidents in SQL, databases, static sites and APIs",
    .help =
	"audit sql reads queries, migrations and PL/pgSQL: batches that stop moving, loops that write the\n"
	"same rows again, limits that take more than they say, transactions that stay open over a call.\n"
	"Nothing is executed and no database is needed. Of folders the files that end in .sql are read, in\n"
	"the order of their versions (V2 before V10); SQL in Python, Ruby or Java is not: give what\n"
	"manage.py sqlmigrate prints, db/structure.sql, or the address of a database to audit db.\n"
	"With --scratch the rules of audit db are asked as well, of a throw-away PostgreSQL with the schema;\n"
	"its tables are empty, so that only rewrites are warned of that are proved by types and constraints.\n"
	"A comment in or before a statement suppresses a rule: -- holdfast-audit: ignore RULE: reason.\n"
	"\n"
	"audit db asks a PostgreSQL (13 or later) how it plans the statements of pg_stat_statements or of a\n"
	"file, and names conditions and ORDER BYs that an index would serve if they were written as the\n"
	"index is, with the rewrite, its cost and how far it is known to keep the rows. It sends EXPLAIN\n"
	"and counts in READ ONLY transactions, each with a time limit (--plan-limit, --compare-limit);\n"
	"pg_monitor and SELECT are enough. The address is the server's own, not a pooler's. The password\n"
	"comes from PGPASSWORD or ~/.pgpass.\n"
	"\n"
	"audit site reads a folder of pages as a web host would serve it, or one page by itself: facts,\n"
	"languages, promises of descriptions, lists, breadcrumbs, links, sitemaps, carts, weight.\n"
	"Nothing is requested from the network, no script runs.\n"
	"\n"
	"audit api reads one OpenAPI 3 or Swagger 2 document, JSON or YAML, - for standard input: which\n"
	"operations answer with e-mail addresses, telephone numbers, names and postal addresses of\n"
	"persons, in lists, without authentication. References to other files are not followed.\n"
	"\n"
	"Files are parsed in a sandbox. Each finding names file, line, rule and remedy. Exit status:\n"
	"0 nothing or only notes, 2 findings, 1 the audit could not be done.",
    .options = options,
    .run = audit_command,
};
