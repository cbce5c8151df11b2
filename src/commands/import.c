/* holdfast import: load records from files. */
#include "directory/import/import.h"
#include "base/ascii.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/json.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "sql/maintain.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct import_options import;
static const char *map_file, *rejects_file;

static const struct cli_option options[] = {
    {"source", 's', CLI_TEXT, "KEY", 0, 0,
     "whose records these are: a short key, a-z 0-9 . _ - (default: the file's name)",
     &import.source_key},
    {"source-name", 0, CLI_TEXT, "TEXT", 0, 0, "the source's name as pages show it",
     &import.source_name},
    {"source-url", 0, CLI_TEXT, "URL", 0, 0, "the source's page", &import.source_url},
    {"licence", 0, CLI_TEXT, "TEXT", 0, 0, "licence of the records, such as ODbL-1.0",
     &import.licence},
    {"licence-url", 0, CLI_TEXT, "URL", 0, 0, "where the licence stands", &import.licence_url},
    {"attribution", 0, CLI_TEXT, "TEXT", 0, 0, "credit that the licence asks for",
     &import.attribution},
    {"country", 0, CLI_TEXT, "CC", 0, 0, "country of records that do not say", &import.country},
    {"format", 0, CLI_TEXT, "FORMAT", 0, 0, "csv or json, instead of looking at the file",
     &import.format},
    {"columns", 0, CLI_TEXT, "LIST", 0, 0, "names of the columns of a CSV without a header",
     &import.columns},
    {"map", 'm', CLI_TEXT, "FILE", 0, 0, "a mapping for what is not known: lines 'field = column'",
     &map_file},
    {"rejects", 0, CLI_TEXT, "FILE", 0, 0,
     "where rows go that were not taken (default: DIR/log/rejects.ndjson)", &rejects_file},
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

static void print_json(const char *file, const struct import_report *r)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, 65536);
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
		      {"emails_dropped", r->emails_dropped},
		      {"persons_dropped", r->persons_dropped},
		      {"values_dropped", r->values_dropped}};
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_member_i64(&w, counts[i].name, (int64_t)counts[i].n);
	json_object_end(&w);
	printf("%s\n", buf_z(&out));
	buf_release(&out);
}

static void print_text(const char *file, const struct import_report *r)
{
	printf("%s (%s)%s: %" PRIu64 " read = %" PRIu64 " inserted + %" PRIu64 " updated + %" PRIu64
	       " unchanged + %" PRIu64 " suppressed + %" PRIu64 " rejected\n",
	       file, r->format, import.dry_run ? ", dry run" : "", r->read, r->inserted, r->updated,
	       r->unchanged, r->suppressed, r->rejected);
	if (r->emails_dropped || r->persons_dropped)
		printf("  contact data left out: %" PRIu64 " e-mail addresses, %" PRIu64
		       " named persons\n",
		       r->emails_dropped, r->persons_dropped);
	if (r->values_dropped)
		printf("  %" PRIu64
		       " optional values could not be used (telephones, web addresses, hours)\n",
		       r->values_dropped);
	if (r->rejected && rejects_file)
		printf("  rejected rows: %s\n", rejects_file);
}

static enum status one_file(struct db *db, const char *path, struct err *err)
{
	char key[64];
	struct import_report report;
	bool standard_input = strcmp(path, "-") == 0;
	const char *name = standard_input ? "standard input" : path;
	const char *given = import.source_key;
	key_of_file(standard_input ? "records" : path, key);
	if (!given)
		import.source_key = key;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	enum status status = fd < 0 ? err_errno(err, NOT_FOUND, "%s", path) : OK;
	if (status == OK)
		status = import_file(db, fd, name, &import, &report, err);
	if (status == OK && cli_globals.json)
		print_json(name, &report);
	else if (status == OK)
		print_text(name, &report);
	fflush(stdout);
	if (fd > STDIN_FILENO)
		close(fd);
	import.source_key = given;
	return status;
}

static enum status open_rejects(const struct instance *i, struct err *err)
{
	static char path[PATH_MAX];
	if (!rejects_file) {
		enum status status =
		    io_path(path, sizeof(path), err, "%s/rejects.ndjson", i->log_dir);
		if (status != OK)
			return status;
		rejects_file = path;
	}
	return folder_create(rejects_file, O_TRUNC, 0640, &import.rejects_fd, err);
}

/* Lists are read from indexes alone, which needs PostgreSQL to know which pages hold only rows that
 * everybody sees; and its statistics are those of before. */
static enum status tidy(const struct instance *i, struct err *err)
{
	struct db *owner = NULL;
	enum status status = database_connect(i, ROLE_OWNER, &owner, err);
	for (const struct db_statement *const *s = sql_maintain_statements; status == OK && *s; s++)
		status = db_run(owner, *s, NULL, 0, NULL, err);
	db_close(owner);
	return status;
}

static int import_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	struct db *db;
	struct buf map;
	static char program_dir[PATH_MAX];
	if (import.source_key && !is_key(import.source_key))
		return cli_usage_error("--source takes a key of a-z 0-9 . _ -, not '%s'",
				       import.source_key);
	if (database_open(&i, ROLE_IMPORT, true, &db, &err) != OK)
		return cli_failed(&err);
	buf_init(&map, 65536);
	enum status status = io_program_dir(program_dir, sizeof(program_dir), &err);
	if (status == OK && map_file)
		status = io_read_file(map_file, &map, &err);
	if (status == OK)
		status = open_rejects(&i, &err);
	import.map = map_file ? (struct str){buf_z(&map), map.n} : (struct str){NULL, 0};
	import.program_dir = program_dir;
	import.spool_dir = i.dir;
	import.parse_user = geteuid() == 0 ? config_text(&i.config, CONFIG_USER_PARSE) : NULL;
	for (int n = 0; n < argc && status == OK; n++)
		status = one_file(db, argv[n], &err);
	if (status == OK && !import.dry_run)
		status = tidy(&i, &err);
	if (import.rejects_fd > 0)
		close(import.rejects_fd);
	buf_release(&map);
	database_close(&i, db);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_import = {
    .name = "import",
    .args = "FILE...",
    .summary = "Load records from files; '-' is standard input",
    .help =
	"CSV, NDJSON, JSON, GeoJSON, GeoJSON sequences; OpenStreetMap, Overture, Google Business Profile,\n"
	"GLEIF and schema.org are recognised. A second import of the same source updates what changed.\n"
	"Each file is merged whole or not at all. E-mail addresses and named persons are left out.",
    .options = options,
    .run = import_command,
};
