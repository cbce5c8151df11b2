/* holdfast init: make an instance: folder, settings, database. */
#include "base/ascii.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/random.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "commands/fresh.h"
#include "db/cluster/cluster.h"
#include "db/migrate/migrate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *db_url;
static const char *listen_address;

static const struct cli_option options[] = {
    {"db", 0, CLI_TEXT, "URL", 0, 0,
     "an empty database of an existing PostgreSQL; the user in URL owns it and may create roles",
     &db_url},
    {"listen", 0, CLI_TEXT, "ADDRESS", 0, 0, "where the web processes listen (web.listen)",
     &listen_address},
    {0},
};

static enum status init_write_conf(const struct instance *i, struct err *err)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	config_write_sample(&i->config, &text);
	enum status status = io_write_file(i->conf, buf_view(&text), 0600, err);
	buf_release(&text);
	return status;
}

static enum status init_embedded(const struct instance *i, struct err *err)
{
	pid_t pid;
	int applied;
	struct db *db = NULL;
	struct buf conninfo;
	struct err ignored;

	enum status status = init_write_conf(i, err);
	if (status == OK)
		status = cluster_create(i, err);
	if (status == OK)
		status = cluster_start(i, &pid, err);
	if (status != OK)
		return status;
	buf_init(&conninfo, 4096);
	status = instance_conninfo(i, ROLE_SUPERUSER, &conninfo, err);
	buf_puts(&conninfo, " dbname=postgres"); /* overrides the one before */
	if (status == OK)
		status = db_open(&db, buf_z(&conninfo), "holdfast init", err);
	if (status == OK)
		status = migrate_create_database(db, ROLE_DATABASE_DIRECTORY, err);
	db_close(db);
	buf_release(&conninfo);
	if (status == OK)
		status = database_migrate_all(i, &applied, err);
	if (status == OK)
		return cluster_stop(i, pid, err);
	(void)!cluster_stop(i, pid, &ignored);
	return status;
}

static enum status init_existing(struct instance *i, struct err *err)
{
	char database[ROLE_NAME_MAX], prefix[ROLE_NAME_MAX];
	struct db *admin = NULL;
	enum status status = db_open(&admin, db_url, "holdfast init", err);
	if (status == OK)
		status = migrate_target(admin, database, err);
	if (status == OK) {
		role_prefix(database, prefix);
		status = config_set(&i->config, STR("db.role_prefix"), str_of(prefix), err);
	}
	if (status == OK)
		status = init_write_conf(i, err);
	if (status == OK)
		status = database_make(i, admin, ROLE_DATABASE_DIRECTORY, err);
	db_close(admin);
	return status;
}

/* Set db.url to db_url without user and password, which are the administrator's and not stored. */
static enum status init_set_url(struct instance *i, struct err *err)
{
	struct buf bare;
	enum status status = database_bare_url(db_url, &bare, err);
	if (status == OK)
		status = config_set(&i->config, STR("db.url"), buf_view(&bare), err);
	buf_release(&bare);
	return status;
}

static enum status init_make(struct instance *i, struct err *err)
{
	enum status status = OK;
	if (listen_address)
		status = config_set(&i->config, STR("web.listen"), str_of(listen_address), err);
	if (status == OK && db_url)
		status = init_set_url(i, err);
	if (status == OK)
		status = folder_make(i->dir, 0755, err);
	if (status == OK && mkdir(i->log_dir, 0750) != 0)
		status = err_errno(err, FAILED, "%s", i->log_dir);
	if (status == OK)
		status = db_url ? init_existing(i, err) : init_embedded(i, err);
	return status;
}

static int init_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	if (instance_paths(&i, argc ? argv[0] : cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	bool existed;
	if (fresh_folder_check(i.dir, &existed, &err) != OK) {
		instance_release(&i);
		return cli_failed(&err);
	}
	enum status status = init_make(&i, &err);
	if (status != OK)
		fresh_folder_undo(&i, existed);
	else
		instance_remove_run_dir(&i);
	if (status == OK && cli_globals.json)
		printf("{\"instance\":\"%s\"}\n", i.dir);
	else if (status == OK)
		printf("made the instance %s; start it with 'holdfast -C %s up'\n", i.dir, i.dir);
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_init = {
    .name = "init",
    .args = "[DIR]",
    .summary = "Make an instance: settings and database",
    .help =
	"Without --db the instance gets a PostgreSQL of its own in its folder, which listens on a Unix\n"
	"socket only. With it, roles named after the database and the schema are made in that database, and\n"
	"nothing else is touched; the user and password in URL are used once and not kept.\n"
	"The folder must be empty or absent; when something fails, it and the server are left as they were.",
    .options = options,
    .run = init_command,
};
