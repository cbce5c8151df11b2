#include "commands/database.h"
#include "base/ascii.h"
#include "base/cli.h"
#include "base/io.h"
#include "base/random.h"
#include "db/cluster/cluster.h"
#include "db/migrate/migrate.h"

#include <stdio.h>

enum status database_is_up(const struct instance *i, struct err *err)
{
	return instance_embedded(i) && cluster_state(i) == CLUSTER_DOWN
		   ? instance_not_running(i, err, UNAVAILABLE)
		   : OK;
}

static enum status database_is_ready(const struct instance *i, struct err *err)
{
	enum status status = database_is_up(i, err);
	if (status == OK && instance_embedded(i) && cluster_state(i) != CLUSTER_READY)
		status = err_set(
		    err, UNAVAILABLE,
		    "the database of %s is starting or stopping; see 'holdfast status'", i->dir);
	return status;
}

enum status database_connect(const struct instance *i, enum role_id role, struct db **db,
			     struct err *err)
{
	struct buf conninfo;
	buf_init(&conninfo, 4096);
	enum status status = instance_conninfo(i, role, &conninfo, err);
	if (status == OK)
		status = database_is_ready(i, err);
	if (status == OK) {
		status = db_open(db, buf_z(&conninfo), "holdfast", err);
		if (status != OK)
			status = instance_blame_url(i, role, err, status);
	}
	buf_release(&conninfo);
	return status;
}

enum status database_answers(const struct instance *i, struct err *err)
{
	struct db *db = NULL;
	if (instance_embedded(i))
		return OK;
	enum status status = database_connect(i, ROLE_WEB, &db, err);
	db_close(db);
	return status;
}

enum status database_open(struct instance *i, enum role_id role, bool check_schema, struct db **db,
			  struct err *err)
{
	enum status status = instance_open(i, cli_globals.instance_dir, err);
	if (status != OK)
		return status;
	*db = NULL;
	status = database_connect(i, role, db, err);
	if (status == OK && check_schema)
		status = migrate_check(*db, role_table[role].database, err);
	if (status != OK) {
		database_close(i, *db);
		*db = NULL;
	}
	return status;
}

void database_close(struct instance *i, struct db *db)
{
	db_close(db);
	instance_release(i);
}

/* ---- the schema ---- */

/* Connect to a database as who may make roles: the embedded server's superuser. */
static enum status database_connect_admin(const struct instance *i, enum role_database database,
					  struct db **db, struct err *err)
{
	struct buf conninfo;
	struct db *other = NULL;
	enum status status = database_connect(i, ROLE_SUPERUSER, &other, err);
	if (status != OK || database == ROLE_DATABASE_DIRECTORY) {
		*db = other;
		return status;
	}
	status = migrate_create_database(other, database, err);
	db_close(other);
	buf_init(&conninfo, 4096);
	if (status == OK)
		status = instance_conninfo(i, ROLE_SUPERUSER, &conninfo, err);
	/* overrides the one before */
	buf_printf(&conninfo, " dbname=%s", role_database(ROLE_CONTACT));
	if (status == OK)
		status = db_open(db, buf_z(&conninfo), "holdfast", err);
	buf_release(&conninfo);
	return status;
}

enum status database_migrate(const struct instance *i, enum role_database database, int *applied,
			     struct err *err)
{
	struct db *db = NULL;
	enum role_id owner = database == ROLE_DATABASE_CONTACT ? ROLE_CONTACT_OWNER : ROLE_OWNER;
	bool admin = instance_embedded(i);
	enum status status = admin ? database_connect_admin(i, database, &db, err)
				   : database_connect(i, owner, &db, err);
	if (status == OK && admin)
		status = migrate_create_roles(db, database, &i->config, NULL, err);
	if (status == OK)
		status = migrate_run(db, database, &i->config, admin, applied, err);
	db_close(db);
	return status;
}

enum status database_migrate_all(const struct instance *i, int *applied, struct err *err)
{
	enum status status = OK;
	*applied = 0;
	for (enum role_database database = 0; database < ROLE_DATABASES && status == OK;
	     database++) {
		int more = 0;
		if (instance_has(i, database))
			status = database_migrate(i, database, &more, err);
		*applied += more;
	}
	return status;
}

/* ---- a database of an existing server ---- */

enum status database_bare_url(const char *url, struct buf *out, struct err *err)
{
	buf_init(out, 4096);
	if (!str_starts(str_of(url), STR("postgresql://")) &&
	    !str_starts(str_of(url), STR("postgres://")))
		return err_set(err, INVALID,
			       "--db takes a URL: postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
	const char *host = strstr(url, "://") + 3;
	const char *at = strchr(host, '@');
	buf_add(out, url, (size_t)(host - url));
	buf_puts(out, at && at < host + strcspn(host, "/?") ? at + 1 : host);
	return buf_failed(out) ? err_set(err, TOO_LARGE, "--db: the URL is too long") : OK;
}

/* 128 random bits for each role of the database: into `secrets` as lines "role password". */
static void database_make_passwords(const struct config *c, enum role_database database,
				    struct migrate_passwords *passwords, struct buf *secrets)
{
	char name[ROLE_NAME_MAX];
	for (enum role_id id = 0; id < ROLES; id++) {
		unsigned char bits[16];
		if (role_table[id].database != database)
			continue;
		random_bytes(bits, sizeof(bits));
		hex_bytes(bits, sizeof(bits), passwords->text[id]);
		role_name(c, id, name);
		buf_printf(secrets, "%s %s\n", name, passwords->text[id]);
	}
}

/* Put the passwords of the roles of a database in front of those that are there. */
static enum status database_add_secrets(const struct instance *i, struct buf *secrets,
					struct err *err)
{
	char path[PATH_MAX];
	enum status status = io_path(path, sizeof(path), err, "%s/secrets", i->dir);
	if (status == OK)
		status = io_read_file(path, secrets, err);
	if (status == NOT_FOUND)
		status = OK;
	return status == OK ? io_write_file(path, buf_view(secrets), 0600, err) : status;
}

/* Check that the new roles can log in, before anything else is made. */
static enum status database_try_roles(const struct instance *i, enum role_database database,
				      struct err *err)
{
	char name[ROLE_NAME_MAX];
	for (enum role_id id = 0; id < ROLES; id++) {
		struct db *db = NULL;
		if (role_table[id].database != database)
			continue;
		enum status status = database_connect(i, id, &db, err);
		db_close(db);
		role_name(&i->config, id, name);
		if (status != OK)
			return err_prefix(
			    err, status,
			    "the new role %s cannot log in with its password (see the server's pg_hba.conf)",
			    name);
	}
	return OK;
}

void database_drop_roles(const struct instance *i, struct db *admin, enum role_database database)
{
	struct err why;
	if (migrate_drop_roles(admin, database, &i->config, &why) != OK)
		fprintf(stderr,
			"holdfast: roles %s_* and what they own are left on the server: %s\n",
			config_text(&i->config, CONFIG_DB_ROLE_PREFIX), why.text);
}

enum status database_make_roles(const struct instance *i, struct db *admin,
				enum role_database database, struct err *err)
{
	struct migrate_passwords passwords = {0};
	struct buf secrets;
	buf_init(&secrets, 65536);
	database_make_passwords(&i->config, database, &passwords, &secrets);
	enum status status = database_add_secrets(i, &secrets, err);
	if (status == OK)
		status = migrate_create_roles(admin, database, &i->config, &passwords, err);
	if (status == OK) {
		status = database_try_roles(i, database, err);
		if (status != OK)
			database_drop_roles(i, admin, database);
	}
	buf_release(&secrets);
	return status;
}

/* The roles first, which can connect and no more, so that they can be tried; everything else in one
 * transaction. */
enum status database_make(const struct instance *i, struct db *admin, enum role_database database,
			  struct err *err)
{
	int applied;
	enum status status = database_make_roles(i, admin, database, err);
	if (status != OK)
		return status;
	status = migrate_run(admin, database, &i->config, true, &applied, err);
	if (status != OK)
		database_drop_roles(i, admin, database);
	return status;
}
