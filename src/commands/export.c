/* holdfast export: the directory as a static site. */
#include "site/export/export.h"
#include "site/look/look.h"
#include "base/files.h"
#include "base/io.h"
#include "base/json.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "commands/export_check.h"
#include "commands/export_serve.h"
#include "directory/import/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct export_options export;
static int64_t workers;
static bool without_cards;
static const char *shop_id, *shop_domain_text;
static const char *serve_port, *only_shown, *fit_host, *check_url;
static struct export_fit fit;

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
    {"changed", 0, CLI_TEXT, "FILE", 0, 0,
     "write what this run changed, in the order to publish it: put, delete, invalidate",
     &export.changed},
    {"fit", 0, CLI_TEXT, "HOST", 0, 0,
     "publish only what this host takes: cloudflare, github-pages, or a number of files",
     &fit_host},
    {"check-host", 0, CLI_TEXT, "URL", 0, 0,
     "write nothing: ask a host whether it serves the published site (status, type, redirects of a sample of its addresses); exit status 2: not as expected",
     &check_url},
    {"symlink", 0, CLI_FLAG, NULL, 0, 0,
     "publish through a symbolic link instead of exchanging folders", &export.by_link},
    {"shop", 0, CLI_TEXT, "ID", 0, 0,
     "write the site of this business alone into DIR: a whole site with an address of its own",
     &shop_id},
    {"domain", 0, CLI_TEXT, "DOMAIN", 0, 0,
     "with --shop: the site's domain (default: that of its line 'shops')", &shop_domain_text},
    {"serve", 0, CLI_TEXT, "[=PORT]", 0, 0,
     "write nothing: show the site on this machine and load it again when a file of web/ changes",
     &serve_port},
    {"only", 0, CLI_TEXT, "ID,PLACE,...", 0, 0,
     "with --serve: only these businesses, and those of these towns, named as in addresses (default: all that the last export published)",
     &only_shown},
    {"workers", 'w', CLI_INT, "N", 1, EXPORT_WORKERS_MAX, "processes (default: one for each core)",
     &workers},
    {0},
};

static enum status connect_export(void *ctx, struct db **db, struct err *err)
{
	return database_connect(ctx, ROLE_EXPORT, db, err);
}

/* One export of a run: the directory, or the site of a shop. */
struct export_done {
	const struct shop_site *shop; /* NULL: the directory */
	const char *dir;
	enum status status;
	struct err err;
	struct export_report report;
};

static void export_json_report(struct json_writer *w, const struct export_done *d)
{
	const struct export_report *r = &d->report;
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {{"generation", r->generation},
		      {"read", r->read},
		      {"written", r->written},
		      {"unchanged", r->unchanged},
		      {"removed", r->removed},
		      {"bytes", r->bytes},
		      {"pages", r->pages},
		      {"noindex", r->noindex},
		      {"withheld", r->withheld},
		      {"lists", r->lists},
		      {"files", r->files},
		      {"redirects", r->redirects},
		      {"own_files_lost", r->own_lost},
		      {"pictures", r->pictures},
		      {"pictures_refused", r->pictures_refused}};
	json_member_z(w, "folder", d->dir);
	json_member_bool(w, "dry_run", export.dry_run);
	json_member_bool(w, "nothing_changed", r->nothing_changed);
	json_member_bool(w, "whole", r->whole);
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_member_i64(w, counts[i].name, (int64_t)counts[i].n);
	json_key(w, "gate");
	gate_report_json(&r->gate, w);
	json_key(w, "dropped");
	json_array_begin(w);
	for (size_t i = 0; i < facts_faults_count; i++) {
		if (!r->dropped[i])
			continue;
		json_object_begin(w);
		json_member_z(w, "fault", facts_faults[i].key);
		json_member_i64(w, "count", (int64_t)r->dropped[i]);
		json_member_z(w, "text", facts_faults[i].text);
		json_object_end(w);
	}
	json_array_end(w);
}

static void export_json_shop(struct json_writer *w, const struct export_done *d)
{
	const struct export_report *r = &d->report;
	json_object_begin(w);
	json_member_z(w, "id", d->shop->id_text);
	json_member_z(w, "folder", d->dir);
	json_member_str(w, "url", d->shop->url);
	if (d->status != OK)
		json_member_z(w, "error", d->err.text);
	json_member_bool(w, "nothing_changed", r->nothing_changed);
	json_member_i64(w, "generation", (int64_t)r->generation);
	json_member_i64(w, "written", (int64_t)r->written);
	json_member_i64(w, "unchanged", (int64_t)r->unchanged);
	json_member_i64(w, "removed", (int64_t)r->removed);
	json_member_i64(w, "pages", (int64_t)r->pages);
	json_member_i64(w, "files", (int64_t)r->files);
	json_member_i64(w, "pictures", (int64_t)r->pictures);
	json_member_i64(w, "pictures_refused", (int64_t)r->pictures_refused);
	json_object_end(w);
}

/* The directory's report, with its shops; or that of a shop alone. */
static void export_print_json(const struct export_done *done, size_t count)
{
	struct buf out;
	struct json_writer w;
	size_t first = !done[0].shop;
	buf_init(&out, 16 << 20);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	if (first && done[0].status == OK)
		export_json_report(&w, &done[0]);
	if (count > first) {
		json_key(&w, "shops");
		json_array_begin(&w);
		for (size_t i = first; i < count; i++)
			export_json_shop(&w, &done[i]);
		json_array_end(&w);
	}
	json_object_end(&w);
	printf("%s\n", buf_z(&out));
	buf_release(&out);
}

static void export_print_shop(const struct export_done *d)
{
	const struct export_report *r = &d->report;
	if (r->nothing_changed)
		printf("%s: nothing has changed since generation %" PRIu64 "\n", d->dir,
		       r->generation);
	else
		printf("%s, site of shop %s%s%.*s, generation %" PRIu64 "%s: %" PRIu64
		       " pages, %" PRIu64 " files written, %" PRIu64 " as they were, %" PRIu64
		       " removed\n",
		       d->dir, d->shop->id_text, d->shop->url.n ? " at " : "",
		       STR_ARG(d->shop->url), r->generation, export.dry_run ? ", dry run" : "",
		       r->pages, r->written, r->unchanged, r->removed);
}

static void export_print_directory(const struct export_done *d)
{
	const struct export_report *r = &d->report;
	struct buf causes;
	if (r->nothing_changed)
		printf("%s: nothing has changed since generation %" PRIu64 "\n", d->dir,
		       r->generation);
	else
		printf("%s, generation %" PRIu64 "%s: %" PRIu64 " read, %" PRIu64
		       " files written, %" PRIu64 " as they were, %" PRIu64 " removed\n",
		       d->dir, r->generation, export.dry_run ? ", dry run" : "", r->read,
		       r->written, r->unchanged, r->removed);
	printf("  %" PRIu64 " businesses have a page (%" PRIu64
	       " of them not to be indexed), %" PRIu64 " are withheld; %" PRIu64 " other files\n",
	       r->pages, r->noindex, r->withheld, r->files);
	if (r->pictures || r->pictures_refused)
		printf("  %" PRIu64 " pictures, %" PRIu64 " refused\n", r->pictures,
		       r->pictures_refused);
	if (r->own_lost)
		printf("  %" PRIu64 " of your own files are replaced by files of the export\n",
		       r->own_lost);
	if (r->redirects)
		printf("  %" PRIu64 " former addresses lead on\n", r->redirects);
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

/* Give addresses to the businesses of a directory that is older than addresses of pages. Opening
 * the database also checks its schema; each worker opens its own connection. */
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

/* Where an export finds what the operator has put into the instance. */
struct export_places {
	char own[PATH_MAX], public[PATH_MAX], pages[PATH_MAX], toml[PATH_MAX], photos[PATH_MAX],
	    cache[PATH_MAX], programs[PATH_MAX];
	struct pictures_options pictures;
	struct export_shop shop;
};

static enum status export_find_places(const struct instance *i, const struct shop_site *site,
				      struct export_places *p, struct export_options *run,
				      struct err *err)
{
	enum { N = PATH_MAX };
	const char *id = site ? site->id_text : "";
	enum status status = io_path(p->public, N, err, "%s/web/public", i->dir);
	if (status == OK)
		status = io_path(p->own, N, err, "%s/shops/%s/public", i->dir, id);
	if (status == OK)
		status = io_path(p->pages, N, err, "%s/web/site/pages", i->dir);
	if (status == OK)
		status = io_path(p->toml, N, err, "%s/shops/%s/shop.toml", i->dir, id);
	if (status == OK)
		status = io_path(p->photos, N, err, "%s/photos%s%s", i->dir, site ? "/" : "", id);
	if (status == OK)
		status = io_path(p->cache, N, err, "%s/photos/.cache", i->dir);
	if (status == OK)
		status = io_program_dir(p->programs, N, err);
	p->pictures =
	    (struct pictures_options){.folder = p->photos,
				      .cache = p->cache,
				      .licence = config_text(&i->config, CONFIG_SITE_PHOTO_LICENCE),
				      .program_dir = p->programs,
				      .user = reading_user()};
	p->shop = (struct export_shop){.site = site, .toml = p->toml, .pictures = p->pictures};
	run->own_dir = site ? p->own : p->public;
	run->root_own_dir = p->public;
	run->shop = site ? &p->shop : NULL;
	run->photos = site ? NULL : &p->pictures;
	run->pages_dir = site ? NULL : p->pages;
	return status;
}

/* Run one export. Its error is printed here, so that a shop's error does not keep the others from
 * being published. */
static void export_one(const struct instance *i, struct export_done *d)
{
	struct export_places places;
	struct export_options run = export;
	run.dir = d->dir;
	d->status = export_find_places(i, d->shop, &places, &run, &d->err);
	struct trees trees = {.count = 0};
	if (d->status == OK)
		d->status = trees_languages(&i->config, &trees, &d->err);
	if (d->shop && trees.count)
		run.directory_trees = &trees;
	/* Shops that are exported together with the directory have trees of their own. */
	if (d->shop && !shop_id)
		run.list = run.changed = NULL, run.fit = NULL;
	if (d->status == OK && trees.count && !d->shop && (run.list || run.changed || run.fit))
		d->status = err_set(
		    &d->err, INVALID,
		    "--list, --changed and --fit are of one tree; with site.languages there are several");
	if (d->status == OK && run.changed && (run.gzip || run.brotli))
		d->status =
		    err_set(&d->err, INVALID,
			    "--changed does not name compressed copies: leave out --gzip and "
			    "--brotli where the host compresses by itself");
	if (d->status == OK)
		d->status = trees.count && !d->shop ? trees_run(&run, &trees, &d->report, &d->err)
						    : export_run(&run, &d->report, &d->err);
	if (d->status != OK)
		(void)cli_failed(&d->err);
	else if (!cli_globals.json && d->shop)
		export_print_shop(d);
	else if (!cli_globals.json)
		export_print_directory(d);
}

/* The folder of a shop is below the instance, unless it begins with a slash. It is never in the
 * published directory, whose folders are exchanged as a whole. */
static enum status export_shop_folder(const struct instance *i, const struct shop_site *site,
				      const char *site_dir, struct arena *arena, const char **out,
				      struct err *err)
{
	bool whole = str_starts(site->folder, STR("/"));
	size_t n = strlen(site_dir);
	*out = arena_printf(arena, "%s%s%.*s", whole ? "" : i->dir, whole ? "" : "/",
			    STR_ARG(site->folder));
	must(*out);
	if (strncmp(*out, site_dir, n) == 0 && ((*out)[n] == '/' || !(*out)[n]))
		return err_set(err, INVALID,
			       "shops: %s is in the folder of the directory; name another", *out);
	return OK;
}

/* The shop of --shop, in DIR or the folder of its line. */
static enum status export_plan_shop(const struct instance *i, const char *dir, const char *site_dir,
				    struct shop_sites *sites, struct arena *arena,
				    struct export_done *done, struct err *err)
{
	struct shop_site *shop = arena_alloc(arena, sizeof(*shop));
	must(shop);
	if (!record_id_parse(str_of(shop_id), &shop->id))
		return err_set(err, INVALID, "--shop: '%s' is not an id of a business", shop_id);
	const struct shop_site *line = shop_sites_find(sites, shop->id);
	if (line)
		*shop = *line;
	record_id_format(shop->id, shop->id_text);
	done->shop = shop;
	done->dir = dir;
	if (shop_domain_text) {
		enum status status = shop_domain(str_of(shop_domain_text), arena, &shop->url, err);
		if (status != OK)
			return err_prefix(err, status, "--domain");
	}
	if (!dir && !shop->folder.n)
		return err_set(
		    err, INVALID,
		    "--shop needs the folder DIR, or a line 'shops = %s DOMAIN FOLDER' in holdfast.conf",
		    shop->id_text);
	return dir ? OK : export_shop_folder(i, shop, site_dir, arena, &done->dir, err);
}

/* What is to be exported: the directory and all shops, or one shop. */
static enum status export_plan(const struct instance *i, const char *dir, struct shop_sites *sites,
			       struct arena *arena, struct export_done **done, size_t *count,
			       struct err *err)
{
	const char *site_dir = arena_printf(arena, "%s/site", i->dir);
	must(site_dir);
	enum status status =
	    shop_sites_read(sites, str_of(config_text(&i->config, CONFIG_SHOPS)), arena, err);
	if (status != OK)
		return err_prefix(err, status, "%s",
				  i->config.path ? i->config.path : "holdfast.conf");
	*count = shop_id ? 1 : 1 + sites->count;
	*done = arena_array(arena, *count, sizeof(**done));
	must(*done);
	if (shop_id)
		return export_plan_shop(i, dir, site_dir, sites, arena, *done, err);
	(*done)[0].dir = dir ? dir : site_dir;
	for (size_t n = 0; n < sites->count && status == OK; n++) {
		struct export_done *d = &(*done)[n + 1];
		d->shop = &sites->site[n];
		status = export_shop_folder(i, d->shop, (*done)[0].dir, arena, &d->dir, err);
	}
	return status;
}

/* --serve: show what an export of `dir` would write. */
static enum status export_show(const struct instance *i, const char *dir, struct err *err)
{
	int64_t port = 0;
	struct export_options run = export;
	struct export_places places;
	enum status status = export_find_places(i, NULL, &places, &run, err);
	if (status != OK)
		return status;
	run.dir = dir;
	if (*serve_port && !str_to_i64(str_of(serve_port), 1, UINT16_MAX, &port))
		return err_set(err, INVALID, "--serve: '%s' is not a port", serve_port);
	return export_serve(i, &run, only_shown, (uint16_t)port, err);
}

/* --check-host: without the database. */
static int export_check_host(const char *dir)
{
	struct instance i;
	struct err err;
	char site[PATH_MAX];
	size_t wrong = 0;
	if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	enum status status = dir ? io_path(site, sizeof(site), &err, "%s", dir)
				 : io_path(site, sizeof(site), &err, "%s/site", i.dir);
	if (status == OK)
		status = export_check(&i, site, str_of(check_url), &wrong, &err);
	instance_release(&i);
	return status != OK ? cli_failed(&err) : wrong ? EXIT_FINDINGS : EXIT_OK;
}

static int export_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	struct arena arena;
	struct shop_sites sites;
	struct export_done *done = NULL;
	size_t count = 0;
	bool good = true;
	if (shop_domain_text && !shop_id)
		return cli_usage_error("--domain belongs to --shop");
	if (only_shown && !serve_port)
		return cli_usage_error("--only belongs to --serve");
	if (fit_host && !export_fit_find(str_of(fit_host), &fit))
		return cli_usage_error(
		    "--fit: the hosts are cloudflare and github-pages; else name a number of files");
	if (check_url)
		return export_check_host(argc ? argv[0] : NULL);
	if (fit_host)
		export.fit = &fit;
	if (give_paths(&i, &err) != OK)
		return cli_failed(&err);
	arena_init(&arena, 64 << 20);
	export.config = &i.config;
	export.connect = connect_export;
	export.ctx = &i;
	export.workers = (int)workers;
	export.cards = !without_cards;
	export.shops = &sites;
	enum status status =
	    export_plan(&i, argc ? argv[0] : NULL, &sites, &arena, &done, &count, &err);
	if (status == OK)
		status = replace_files(&i, &err);
	if (status == OK)
		look_compose(&i.config, false);
	if (status == OK && serve_port)
		status = export_show(&i, done[0].dir, &err);
	for (size_t n = 0; n < count && status == OK && !serve_port; n++) {
		export_one(&i, &done[n]);
		good &= done[n].status == OK;
	}
	if (status == OK && cli_globals.json && !serve_port && (good || count > 1))
		export_print_json(done, count);
	arena_release(&arena);
	instance_release(&i);
	return status != OK ? cli_failed(&err) : good ? EXIT_OK : EXIT_FAILED;
}

const struct command command_export = {
    .name = "export",
    .args = "[DIR]",
    .summary = "Write the directory as a static site that any web host serves",
    .help =
	"Pages for businesses, kinds and regions, lists, sitemaps; into the folder site of the instance when\n"
	"none is named. A second export writes what changed, into a spare tree beside (DIR.state), and then\n"
	"exchanges the two: what is served is one whole generation at every moment, also when an export is\n"
	"killed or the disk is full. Templates and assets are replaced by files in the instance's folder web.\n"
	"A shop can have a site of its own: --shop, or a line 'shops = ID DOMAIN FOLDER' in holdfast.conf for each,\n"
	"which every export then writes, too. Its own words are read from DIR/shops/ID/shop.toml of the instance.",
    .options = options,
    .run = export_command,
};
