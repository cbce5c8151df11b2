/* holdfast import: load records from files. */
#include "directory/import/import.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/json.h"
#include "base/utf8.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "sql/import.h"
#include "sql/maintain.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct import_options import;
static const char *map_file, *rejects_file, *max_rejects = "20%", *complete, *identities_file;
static bool explain;
static uint64_t changed; /* businesses, by all files of the run */

static const struct cli_option options[] = {
    {"source", 's', CLI_TEXT, "KEY", 0, 0,
     "whose records these are: a short key, a-z 0-9 . _ - (default: the file's name)",
     &import.source_key},
    {"source-name", 0, CLI_TEXT, "TEXT", 0, 0, "the source's name as pages show it",
     &import.source_name},
    {"source-url", 0, CLI_TEXT, "URL", 0, 0, "the source's page", &import.source_url},
    {"licence", 0, CLI_TEXT, "TEXT", 0, 0, "licence of the records, such as ODbL-1.0",
     &import.licence},
    {"licence-url", 0, CLI_TEXT, "URL", 0, 0, "the licence's page", &import.licence_url},
    {"attribution", 0, CLI_TEXT, "TEXT", 0, 0, "credit that the licence requires",
     &import.attribution},
    {"country", 0, CLI_TEXT, "CC", 0, 0, "country of records that have none", &import.country},
    {"format", 0, CLI_TEXT, "FORMAT", 0, 0, "csv or json, instead of looking at the file",
     &import.format},
    {"columns", 0, CLI_TEXT, "LIST", 0, 0, "names of the columns of a CSV without a header",
     &import.columns},
    {"map", 'm', CLI_TEXT, "FILE", 0, 0, "a mapping for unknown formats: lines 'field = column'",
     &map_file},
    {"sheet", 0, CLI_TEXT, "NAME", 0, 0,
     "sheet of an XLSX file, by name or number (default: the first)", &import.sheet},
    {"encoding", 0, CLI_TEXT, "NAME", 0, 0,
     "encoding of the text as iconv knows it, such as windows-1251 (default: the one that its bytes tell)",
     &import.encoding},
    {"rejects", 0, CLI_TEXT, "FILE", 0, 0,
     "file to which rejected records are appended, to be corrected and imported again (default: a new file in DIR/log)",
     &rejects_file},
    {"max-rejects", 0, CLI_TEXT, "N|P%", 0, 0,
     "change nothing when there are more rejects (default: 20%)", &max_rejects},
    {"complete", 0, CLI_TEXT, "[=P%]", 0, 0,
     "the file is all of its source: other records are removed, at most P% (default: 10%); a dry run lists them",
     &complete},
    {"identities", 0, CLI_TEXT, "FILE", 0, 0,
     "give records the ids that 'holdfast identities' wrote in another installation",
     &identities_file},
    {"explain", 0, CLI_FLAG, NULL, 0, 0,
     "show how the file is read, with three of its records; needs no instance", &explain},
    {"dry-run", 'n', CLI_FLAG, NULL, 0, 0, "say what would happen, change nothing",
     &import.dry_run},
    {0},
};

/* "data/Farm shops.geojson" -> "farm-shops" */
static void key_of_file(const char *path, char out[64])
{
	const char *slash = strrchr(path, '/');
	size_t n = 0;
	for (const char *p = slash ? slash + 1 : path; *p && *p != '.' && n < 60; p++) {
		char c = ascii_lower(*p);
		bool plain = ascii_is_lower(c) || ascii_is_digit(c) || (n && c == '_');
		if (plain)
			out[n++] = c;
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n && out[n - 1] == '-')
		n--;
	if (!n)
		n = (size_t)snprintf(out, 64, "records");
	out[n] = '\0';
}

static bool is_key(const char *key)
{
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789._-");
	return n && n <= 64 && key[n] == '\0' && strchr("._-", key[0]) == NULL;
}

static bool read_max_rejects(void)
{
	struct str s = str_of(max_rejects);
	import.max_rejects_percent = str_ends(s, STR("%"));
	s.n -= import.max_rejects_percent;
	return str_to_i64(s, 0, import.max_rejects_percent ? 100 : INT64_MAX / 2,
			  &import.max_rejects);
}

/* "", "10%" or "10". */
static bool read_complete(void)
{
	struct str s = complete ? str_of(complete) : (struct str){NULL, 0};
	import.complete = complete != NULL;
	import.complete_percent = 10;
	s.n -= str_ends(s, STR("%"));
	return !s.n || str_to_i64(s, 0, 100, &import.complete_percent);
}

/* ---- what happened ---- */

/* Member "records": the first of them, in our own form. */
static void put_samples(const struct import_report *r, struct json_writer *w)
{
	struct str lines = buf_view(&r->samples);
	json_key(w, "records");
	json_array_begin(w);
	while (lines.n)
		import_put_record(w, str_cut(&lines, '\n'));
	json_array_end(w);
}

/* Member "gone": what a complete file has no more. */
static void put_gone(const struct import_report *r, struct json_writer *w)
{
	json_key(w, "gone");
	json_array_begin(w);
	for (const struct import_gone *g = r->gone; g; g = g->next) {
		char id[RECORD_ID_TEXT];
		record_id_format(g->id, id);
		json_object_begin(w);
		json_member_z(w, "id", id);
		json_member_str(w, "external_id", g->external_id);
		json_member_str(w, "name", g->name);
		json_object_end(w);
	}
	json_array_end(w);
}

static void print_gone(const struct import_report *r)
{
	uint64_t shown = 0;
	printf("  removed, no more in the file: %" PRIu64 "\n", r->removed);
	for (const struct import_gone *g = r->gone; g; g = g->next, shown++) {
		char id[RECORD_ID_TEXT];
		record_id_format(g->id, id);
		printf("    %s  %.*s  %.*s\n", id, STR_ARG(g->external_id), STR_ARG(g->name));
	}
	if (shown && shown < r->removed)
		printf("    and %" PRIu64 " more\n", r->removed - shown);
}

static void print_json(const char *file, const struct import_report *r)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, 8 << 20);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_member_z(&w, "file", file);
	json_member_z(&w, "format", r->format);
	json_member_z(&w, "source", import.source_key);
	json_member_bool(&w, "dry_run", import.dry_run);
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {{"read", r->read},
		      {"inserted", r->inserted},
		      {"updated", r->updated},
		      {"unchanged", r->unchanged},
		      {"suppressed", r->suppressed},
		      {"rejected", r->rejected},
		      {"removed", r->removed},
		      {"closed", r->closed},
		      {"left_out", r->left_out},
		      {"without_country", r->without_country},
		      {"emails_dropped", r->emails_dropped},
		      {"persons_dropped", r->persons_dropped},
		      {"values_dropped", r->values_dropped}};
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_member_i64(&w, counts[i].name, (int64_t)counts[i].n);
	import_report_json(r, &w);
	if (explain) {
		json_member_z(&w, "refusal", r->refusal.text);
		put_samples(r, &w);
	}
	if (import.complete && import.dry_run)
		put_gone(r, &w);
	json_object_end(&w);
	printf("%s\n", buf_z(&out));
	buf_release(&out);
}

static void print_fields(const struct import_report *r)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	import_report_fields(r, &out);
	if (out.n)
		printf("%s", buf_z(&out));
	buf_release(&out);
	if (r->without_country)
		printf("  without a country: %" PRIu64
		       "; --country CC is for records that do not say\n",
		       r->without_country);
}

static void print_contact_data(const struct import_report *r)
{
	if (r->emails_dropped || r->persons_dropped)
		printf("  contact data left out: %" PRIu64 " e-mail addresses, %" PRIu64
		       " named persons\n",
		       r->emails_dropped, r->persons_dropped);
}

static void print_text(const char *file, const struct import_report *r)
{
	printf("%s (%s)%s: %" PRIu64 " read = %" PRIu64 " inserted + %" PRIu64 " updated + %" PRIu64
	       " unchanged + %" PRIu64 " suppressed + %" PRIu64 " rejected\n",
	       file, r->format, import.dry_run ? ", dry run" : "", r->read, r->inserted, r->updated,
	       r->unchanged, r->suppressed, r->rejected);
	if (r->closed)
		printf("  closed for good, in no list: %" PRIu64 "\n", r->closed);
	if (import.complete)
		print_gone(r);
	if (r->left_out)
		printf("  left out beside these: %" PRIu64 " that are no business\n", r->left_out);
	print_contact_data(r);
	print_fields(r);
	if (r->rejected && import.rejects)
		printf("  rejected records: %s; mend them there and import that file\n",
		       import.rejects);
}

static void print_explained(const char *file, const struct import_report *r)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	import_report_mapping(r, &out);
	printf("%s (%s)\n%s", file, r->format, buf_z(&out));
	printf("%" PRIu64 " records would be taken, %" PRIu64 " rejected, %" PRIu64
	       " left out; %" PRIu64 " are closed for good\n",
	       r->read - r->rejected, r->rejected, r->left_out, r->closed);
	if (r->refusal.text[0])
		printf("  an import would stop: %s\n", r->refusal.text);
	print_contact_data(r);
	print_fields(r);
	if (r->samples.n)
		printf("the first of them:\n%.*s", STR_ARG(buf_view(&r->samples)));
	buf_release(&out);
}

/* ---- files ---- */

static enum status open_file(const char *path, int *fd, struct err *err)
{
	*fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? err_errno(err, NOT_FOUND, "%s", path) : OK;
}

static const char *name_of(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

static enum status one_file(struct db *db, const char *path, struct err *err)
{
	char key[64];
	struct import_report report;
	const char *given = import.source_key;
	int fd = -1;
	key_of_file(path, key);
	if (!given)
		import.source_key = key;
	import.source_given = given != NULL;
	import_report_init(&report);
	enum status status = open_file(path, &fd, err);
	if (status == OK)
		status = explain ? import_explain(fd, name_of(path), &import, &report, err)
				 : import_file(db, fd, name_of(path), &import, &report, err);
	if (!import.dry_run)
		changed += report.inserted + report.updated + report.removed;
	if (status == OK && cli_globals.json)
		print_json(name_of(path), &report);
	else if (status == OK && explain)
		print_explained(name_of(path), &report);
	else if (status == OK)
		print_text(name_of(path), &report);
	fflush(stdout);
	if (fd > STDIN_FILENO)
		close(fd);
	import_report_release(&report);
	import.source_key = given;
	return status;
}

/* Two files of one source would overwrite one another's records. */
static enum status check_keys(int count, char **paths, struct err *err)
{
	char key[64], other[64];
	for (int i = 0; i < count; i++) {
		if (strcmp(paths[i], "-") == 0 && !import.source_key && !explain)
			return err_set(
			    err, INVALID,
			    "standard input has no name: --source says whose records these are");
		key_of_file(paths[i], key);
		for (int k = 0; k < i && !import.source_key; k++) {
			key_of_file(paths[k], other);
			if (strcmp(key, other) == 0)
				return err_set(
				    err, INVALID,
				    "%s and %s would both be of the source '%s': import them one by one, with --source",
				    paths[k], paths[i], key);
		}
	}
	return OK;
}

/* A file that no other run writes to. */
static enum status name_rejects(const struct instance *i, struct err *err)
{
	static char path[PATH_MAX];
	int fd;
	import.rejects = rejects_file;
	if (rejects_file) { /* that it cannot be written is said before the file is read */
		enum status status = folder_create(rejects_file, O_APPEND, 0640, &fd, err);
		if (status == OK)
			close(fd);
		return status;
	}
	import.rejects = path;
	return io_path(path, sizeof(path), err, "%s/rejects-%lld-%d.ndjson", i->log_dir,
		       (long long)(clock_wall_us() / 1000000), (int)getpid());
}

/* Whether a hundredth of the businesses has changed. Then lists would be slow until autovacuum,
 * which has the same threshold, has run. */
static enum status import_is_large(struct db *db, bool *large, struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_import_size, &rows, err);
	if (status != OK)
		return status;
	int64_t businesses = db_i64(&rows, 0, SQL_IMPORT_SIZE_BUSINESSES);
	*large = changed && (businesses < 0 || changed * 100 >= (uint64_t)businesses);
	db_rows_release(&rows);
	return OK;
}

enum { TIDY_MOST = 8 };

/* VACUUM and ANALYZE: lists are index-only scans, which need the visibility map, and the planner's
 * statistics are those from before the import. Table by table side by side. */
static enum status import_tidy(const struct instance *i, struct err *err)
{
	struct db *owners[TIDY_MOST] = {NULL};
	int started = 0;
	enum status status = OK;
	for (; status == OK && sql_maintain_statements[started]; started += status == OK) {
		must(started < TIDY_MOST);
		status = database_connect(i, ROLE_OWNER, &owners[started], err);
		if (status == OK)
			status = db_start(owners[started], sql_maintain_statements[started], err);
	}
	for (int n = 0; n < started; n++) {
		struct err other;
		enum status ended =
		    db_finish(owners[n], sql_maintain_statements[n], status == OK ? err : &other);
		if (status == OK)
			status = ended;
	}
	for (int n = 0; n < TIDY_MOST; n++)
		db_close(owners[n]);
	return status;
}

static enum status run_files(int argc, char **argv, struct db *db, struct err *err)
{
	enum status status = OK;
	for (int n = 0; n < argc && status == OK; n++)
		status = one_file(db, argv[n], err);
	return status;
}

static enum status run_import(int argc, char **argv, struct err *err)
{
	struct instance i;
	struct db *db;
	int lock = -1;
	bool large = false;
	enum status status = database_open(&i, ROLE_IMPORT, true, &db, err);
	if (status != OK)
		return status;
	status = name_rejects(&i, err);
	import.store_dir = i.dir;
	import.parse_user = geteuid() == 0 ? config_text(&i.config, CONFIG_USER_PARSE) : NULL;
	import.representatives = config_number(&i.config, CONFIG_IMPORT_REPRESENTATIVES) != 0;
	if (status == OK)
		status = import_begin(i.dir, &lock, err);
	if (status == OK && identities_file)
		status = import_identities(db, identities_file, err);
	if (status == OK)
		status = run_files(argc, argv, db, err);
	if (status == OK)
		status = import_is_large(db, &large, err);
	if (status == OK && large)
		status = import_tidy(&i, err);
	if (lock >= 0)
		close(lock);
	database_close(&i, db);
	return status;
}

static bool known_encoding(void)
{
	void *converter = import.encoding ? utf8_converter(import.encoding) : NULL;
	if (converter)
		iconv_close(converter);
	return converter || !import.encoding;
}

static int import_command(int argc, char **argv)
{
	struct err err;
	struct buf map;
	static char program_dir[PATH_MAX];
	if (import.source_key && !is_key(import.source_key))
		return cli_usage_error("--source takes a key of a-z 0-9 . _ -, not '%s'",
				       import.source_key);
	if (!read_max_rejects())
		return cli_usage_error("--max-rejects takes a number or a percentage, not '%s'",
				       max_rejects);
	if (!read_complete())
		return cli_usage_error("--complete takes a percentage, not '%s'", complete);
	if (!known_encoding())
		return cli_usage_error(
		    "--encoding: iconv does not know '%s' ('iconv -l' lists names)",
		    import.encoding);
	buf_init(&map, 65536);
	enum status status = io_program_dir(program_dir, sizeof(program_dir), &err);
	if (status == OK)
		status = check_keys(argc, argv, &err);
	if (status == OK && map_file)
		status = io_read_file(map_file, &map, &err);
	import.map = map_file ? (struct str){buf_z(&map), map.n} : (struct str){NULL, 0};
	import.program_dir = program_dir;
	if (status == OK)
		status = explain ? run_files(argc, argv, NULL, &err) : run_import(argc, argv, &err);
	buf_release(&map);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_import = {
    .name = "import",
    .args = "FILE...",
    .summary = "Load records from files; '-' is standard input",
    .help =
	"CSV, XLSX, NDJSON, JSON, GeoJSON, GeoJSON sequences, XML of OpenStreetMap, also packed with gzip or zip;\n"
	"OpenStreetMap, Overpass, Overture, Google Business Profile, GLEIF and schema.org are recognised.\n"
	"--explain shows how a file is read. A second import of the same source updates what changed.\n"
	"Each file is merged whole or not at all. Every value that is changed or dropped is counted and reported. E-mail\n"
	"addresses and named persons are left out.",
    .options = options,
    .run = import_command,
};
