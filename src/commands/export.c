/* holdfast export: the directory as a static site. */
#include "site/export/export.h"
#include "site/look/look.h"
#include "base/files.h"
#include "base/io.h"
#include "base/json.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "directory/import/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct export_options export;
static int64_t workers;
static bool without_cards;

static const struct cli_option options[] = {
    {"dry-run", 'n', CLI_FLAG, NULL, 0, 0, "say what would happen, change nothing",
     &export.dry_run},
    {"gzip", 0, CLI_FLAG, NULL, 0, 0, "put a .gz beside each file", &export.gzip},
    {"brotli", 0, CLI_FLAG, NULL, 0, 0, "put a .br beside each file", &export.brotli},
    {"without-cards", 0, CLI_FLAG, NULL, 0, 0,
     "no address book entries and calendars beside the pages", &without_cards},
    {"list", 0, CLI_TEXT, "FILE", 0, 0,
     "write a line of content hash and path for each published file, for object stores",
     &export.list},
    {"symlink", 0, CLI_FLAG, NULL, 0, 0,
     "publish through a symbolic link instead of exchanging folders", &export.by_link},
    {"workers", 'w', CLI_INT, "N", 1, EXPORT_WORKERS_MAX, "processes (default: one for each core)",
     &workers},
    {0},
};

static enum status connect_export(void *ctx, struct db **db, struct err *err)
{
	return database_connect(ctx, ROLE_EXPORT, db, err);
}

static void print_json(const struct export_report *r)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, 65536);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_z(&w, "folder", export.dir);
	json_member_bool(&w, "dry_run", export.dry_run);
	json_member_bool(&w, "nothing_changed", r->nothing_changed);
	json_member_bool(&w, "whole", r->whole);
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {
	    {"generation", r->generation}, {"read", r->read},       {"written", r->written},
	    {"unchanged", r->unchanged},   {"removed", r->removed}, {"bytes", r->bytes},
	    {"pages", r->pages},           {"noindex", r->noindex}, {"withheld", r->withheld},
	    {"lists", r->lists},           {"files", r->files}};
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_member_i64(&w, counts[i].name, (int64_t)counts[i].n);
	json_key(&w, "gate");
	gate_report_json(&r->gate, &w);
	json_key(&w, "dropped");
	json_array_begin(&w);
	for (size_t i = 0; i < facts_faults_count; i++) {
		if (!r->dropped[i])
			continue;
		json_object_begin(&w);
		json_member_z(&w, "fault", facts_faults[i].key);
		json_member_i64(&w, "count", (int64_t)r->dropped[i]);
		json_member_z(&w, "text", facts_faults[i].text);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	printf("%s\n", buf_z(&out));
	buf_release(&out);
}

static void print_text(const struct export_report *r)
{
	struct buf causes;
	if (r->nothing_changed)
		printf("%s: nothing has changed since generation %" PRIu64 "\n", export.dir,
		       r->generation);
	else
		printf("%s, generation %" PRIu64 "%s: %" PRIu64 " read, %" PRIu64
		       " files written, %" PRIu64 " as they were, %" PRIu64 " removed\n",
		       export.dir, r->generation, export.dry_run ? ", dry run" : "", r->read,
		       r->written, r->unchanged, r->removed);
	printf("  %" PRIu64 " businesses have a page (%" PRIu64
	       " of them not to be indexed), %" PRIu64 " are withheld; %" PRIu64 " other files\n",
	       r->pages, r->noindex, r->withheld, r->files);
	buf_init(&causes, 65536);
	gate_report_text(&r->gate, &causes);
	fputs(buf_z(&causes), stdout);
	buf_release(&causes);
	for (size_t i = 0; i < facts_faults_count; i++)
		if (r->dropped[i])
			printf("dropped values: %" PRIu64 " %s: %s\n", r->dropped[i],
			       facts_faults[i].key, facts_faults[i].text);
	if (r->no_address)
		fprintf(
		    stderr,
		    "holdfast export: site.url is not set: there is no sitemap, and pages have no canonical address\n");
}

/* The operator's own templates, as holdfast-web takes them: DIR/web. */
static enum status replace_files(const struct instance *i, struct err *err)
{
	char path[PATH_MAX];
	size_t replaced;
	enum status status = io_path(path, sizeof(path), err, "%s/web", i->dir);
	return status == OK ? files_replace(path, &replaced, err) : status;
}

/* A directory from before pages had addresses of their own gets them now. Opening the database also
 * checks its schema; each worker opens its own connection. */
static enum status give_paths(struct instance *i, struct err *err)
{
	struct db *db;
	enum status status = database_open(i, ROLE_IMPORT, true, &db, err);
	if (status != OK)
		return status;
	status = import_paths(db, err);
	db_close(db);
	return status;
}

static int export_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	struct export_report report;
	char site[PATH_MAX], own[PATH_MAX];
	if (give_paths(&i, &err) != OK)
		return cli_failed(&err);
	enum status status = io_path(site, sizeof(site), &err, "%s/site", i.dir);
	export.dir = argc ? argv[0] : site;
	export.config = &i.config;
	if (status == OK)
		status = io_path(own, sizeof(own), &err, "%s/web/public", i.dir);
	export.own_dir = own;
	export.connect = connect_export;
	export.ctx = &i;
	export.workers = (int)workers;
	export.cards = !without_cards;
	if (status == OK)
		status = replace_files(&i, &err);
	if (status == OK)
		look_compose(&i.config, false);
	if (status == OK)
		status = export_run(&export, &report, &err);
	if (status == OK && cli_globals.json)
		print_json(&report);
	else if (status == OK)
		print_text(&report);
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_export = {
    .name = "export",
    .args = "[DIR]",
    .summary = "Write the directory as a static site that any web host serves",
    .help =
	"Pages for businesses, kinds and regions, lists, sitemaps; into the folder site of the instance when\n"
	"none is named. A second export writes what changed, into a spare tree beside (DIR.state), and then\n"
	"exchanges the two: what is served is one whole generation at every moment, also when an export is\n"
	"killed or the disk is full. Templates and assets are replaced by files in the instance's folder web.",
    .options = options,
    .run = export_command,
};
