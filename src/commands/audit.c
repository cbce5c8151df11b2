/* holdfast audit: finds the failures of the nine incidents in what others have. */
#include "audit/report/report.h"
#include "audit/site/site.h"
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
static bool sarif;

static const struct cli_option options[] = {
    {"base-url", 0, CLI_TEXT, "URL", 0, 0,
     "where the site is served (default: as most of its own addresses say)", &base_url},
    {"exclude", 0, CLI_TEXT, "PATTERNS", 0, 0,
     "files that are not audited, with commas: drafts,*/print.html", &exclude},
    {"sarif", 0, CLI_FLAG, NULL, 0, 0, "print SARIF 2.1.0 instead of text", &sarif},
    {0},
};

/* As root the documents are read by a user of their own, where the system has it. */
static const char *reading_user(void)
{
	uid_t uid;
	gid_t gid;
	struct err ignored;
	return geteuid() == 0 && spawn_user("holdfast-parse", &uid, &gid, &ignored) == OK
		   ? "holdfast-parse"
		   : NULL;
}

static int audit_show(const struct audit_report *report, const struct site_summary *s)
{
	struct buf out;
	char looked[200];
	snprintf(looked, sizeof(looked),
		 "%" PRIu64 " pages, %" PRIu64 " sitemaps, %" PRIu64
		 " files; a page weighs %" PRIu64 " kB, the heaviest %" PRIu64 " kB; %" PRIu64
		 " requests elsewhere",
		 s->pages, s->sitemaps, s->files, s->pages ? s->total_bytes / s->pages / 1024 : 0,
		 s->heaviest_bytes / 1024, s->external);
	buf_init(&out, (size_t)1 << 30);
	if (sarif)
		report_sarif(report, &out);
	else if (cli_globals.json)
		report_json(report, looked, &out);
	else
		report_text(report, looked, &out);
	fwrite(out.p, 1, out.n, stdout);
	bool whole = !buf_failed(&out);
	buf_release(&out);
	if (!whole) {
		fprintf(stderr, "holdfast audit: the report is too large\n");
		return EXIT_FAILED;
	}
	return report_exit_code(report);
}

static int audit_command(int argc, char **argv)
{
	struct audit_report report;
	struct site_summary summary;
	struct err err;
	char program_dir[PATH_MAX];
	(void)argc;
	if (strcmp(argv[0], "site") != 0)
		return cli_usage_error("what to audit is 'site', not '%s'", argv[0]);
	if (base_url && !str_starts(str_of(base_url), STR("https://")) &&
	    !str_starts(str_of(base_url), STR("http://")))
		return cli_usage_error("--base-url begins with https:// or http://");
	const struct site_options site = {.path = argv[1],
					  .base_url = base_url,
					  .exclude = exclude,
					  .program_dir = program_dir,
					  .user = reading_user()};
	report_init(&report);
	enum status status = io_program_dir(program_dir, sizeof(program_dir), &err);
	if (status == OK)
		status = site_audit(&site, &report, &summary, &err);
	int code = status == OK ? audit_show(&report, &summary) : cli_failed(&err);
	report_release(&report);
	return code;
}

const struct command command_audit = {
    .name = "audit",
    .args = "site DIR|FILE",
    .summary = "Find what is wrong with a static site: facts, links, sitemaps, carts, weight",
    .help =
	"Reads a folder of pages as a web host would serve it, or one page by itself. Nothing is requested\n"
	"from the network, no script runs, the documents are read in a sandbox. Each finding names file, line,\n"
	"rule and remedy. Exit status: 0 nothing or only notes, 2 findings, 1 the audit could not be done.",
    .options = options,
    .run = audit_command,
};
