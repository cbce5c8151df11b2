#include "db/migrate/migrate.h"
#include "base/json.h"
#include "base/log.h"
#include "db/migrate/embedded.h"
#include "sql/migrate.h"

#include <stdio.h>

enum { SCRIPT_MAX = 1 << 20, PLAN_MAX = 1 << 16 };

static enum status migrate_create_directory(struct db *admin, struct err *err)
{
	enum status status = DB_RUN(admin, sql_migrate_create_database, NULL, err);
	return status == OK ? DB_RUN(admin, sql_migrate_close_others, NULL, err) : status;
}

enum status migrate_create_database(struct db *admin, enum role_database database, struct err *err)
{
	struct db_rows rows;
	if (database == ROLE_DATABASE_DIRECTORY)
		return migrate_create_directory(admin, err);
	enum status status = DB_RUN(admin, sql_migrate_has_contact_database, &rows, err);
	if (status != OK)
		return status;
	bool has = db_bool(&rows, 0, SQL_MIGRATE_HAS_CONTACT_DATABASE_HAS_CONTACT_DATABASE);
	db_rows_release(&rows);
	return has ? OK : DB_RUN(admin, sql_migrate_create_contact_database, NULL, err);
}

enum status migrate_target(struct db *admin, char database[ROLE_NAME_MAX], struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(admin, sql_migrate_target, &rows, err);
	if (status != OK)
		return status;
	snprintf(database, ROLE_NAME_MAX, "%.*s",
		 STR_ARG(db_text(&rows, 0, SQL_MIGRATE_TARGET_DATABASE)));
	struct str occupied = db_text(&rows, 0, SQL_MIGRATE_TARGET_OCCUPIED);
	if (!db_bool(&rows, 0, SQL_MIGRATE_TARGET_ALLOWED))
		status = err_set(
		    err, DENIED,
		    "the user of --db must be allowed to create roles (CREATEROLE) and own the database '%s', or be a superuser",
		    database);
	else if (occupied.n)
		status = err_set(
		    err, CONFLICT,
		    "the database '%s' is not empty (%.*s); an instance needs one of its own: CREATE DATABASE name",
		    database, STR_ARG(occupied));
	db_rows_release(&rows);
	return status;
}

/* Write "name=value name=value" as a JSON object. */
static void plan_write_settings(struct json_writer *w, const char *settings)
{
	struct str rest = str_of(settings);
	json_key(w, "settings");
	json_object_begin(w);
	while (rest.p) {
		char name[64];
		struct str value = str_cut(&rest, ' ');
		struct str key = str_cut(&value, '=');
		must(value.p && key.n < sizeof(name));
		snprintf(name, sizeof(name), "%.*s", STR_ARG(key));
		json_member_str(w, name, value);
	}
	json_object_end(w);
}

/* Pass the roles of a database to the scripts of sql/roles.sql in this transaction. */
static enum status plan_set(struct db *admin, enum role_database database, const struct config *c,
			    const struct migrate_passwords *passwords, struct err *err)
{
	struct buf plan;
	struct json_writer w;
	char name[ROLE_NAME_MAX];
	buf_init(&plan, PLAN_MAX);
	json_writer_init(&w, &plan);
	json_object_begin(&w);
	json_member_bool(&w, "fresh", passwords != NULL);
	json_key(&w, "roles");
	json_array_begin(&w);
	for (enum role_id id = 0; id < ROLES; id++) {
		const struct role *role = &role_table[id];
		if (role->database != database)
			continue;
		role_name(c, id, name);
		json_object_begin(&w);
		json_member_z(&w, "name", name);
		if (passwords)
			json_member_z(&w, "password", passwords->text[id]);
		json_member_bool(&w, "owns", role->powers & ROLE_OWNS);
		json_member_bool(&w, "temporary", role->powers & ROLE_TEMPORARY);
		json_member_bool(&w, "monitors", role->powers & ROLE_MONITORS);
		plan_write_settings(&w, role->settings);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	must(!buf_failed(&plan));
	enum status status = DB_RUN(admin, sql_migrate_plan, NULL, err, DB_TEXT(buf_view(&plan)));
	buf_release(&plan);
	return status;
}

/* Run one of the scripts of sql/roles.sql in its own transaction. */
static enum status migrate_roles_script(struct db *admin, enum role_database database,
					const struct config *c,
					const struct migrate_passwords *passwords,
					const char *script, struct err *err)
{
	enum status status = db_begin(admin, err);
	if (status != OK)
		return status;
	status = plan_set(admin, database, c, passwords, err);
	if (status == OK)
		status = db_script(admin, script, err);
	if (status == OK)
		status = db_commit(admin, err);
	if (status != OK)
		db_rollback(admin);
	return status == OK ? OK : err_prefix(err, status, "roles");
}

enum status migrate_create_roles(struct db *admin, enum role_database database,
				 const struct config *c, const struct migrate_passwords *passwords,
				 struct err *err)
{
	return migrate_roles_script(admin, database, c, passwords, migrate_roles_create, err);
}

enum status migrate_prepare(struct db *admin, enum role_database database, const struct config *c,
			    struct err *err)
{
	return migrate_roles_script(admin, database, c, NULL, migrate_roles_prepare, err);
}

enum status migrate_drop_roles(struct db *admin, enum role_database database,
			       const struct config *c, struct err *err)
{
	return migrate_roles_script(admin, database, c, NULL, migrate_roles_drop, err);
}

/* Count the migrations that the database has; they must be the first ones of ours, unchanged. */
static enum status migrate_count_applied(struct db *db, const struct migration *migrations,
					 int *count, struct err *err)
{
	struct db_rows rows;
	*count = 0;
	enum status status = DB_RUN(db, sql_migrate_has_table, &rows, err);
	if (status != OK)
		return status;
	bool has = db_bool(&rows, 0, SQL_MIGRATE_HAS_TABLE_HAS_TABLE);
	db_rows_release(&rows);
	if (!has)
		return OK;
	status = DB_RUN(db, sql_migrate_applied, &rows, err);
	if (status != OK)
		return status;
	for (; *count < rows.rows && status == OK; ++*count) {
		const struct migration *m = &migrations[*count];
		int64_t version = db_i64(&rows, *count, SQL_MIGRATE_APPLIED_VERSION);
		if (version != m->version)
			status = err_set(
			    err, CONFLICT,
			    "the database's schema has version %lld, which this version of Holdfast does not know; use the newer program",
			    (long long)version);
		else if (!str_eq(db_text(&rows, *count, SQL_MIGRATE_APPLIED_CHECKSUM),
				 str_of(m->checksum)))
			status = err_set(
			    err, CONFLICT,
			    "migration %04d_%s is not the one that was applied to this database; applied migrations never change",
			    m->version, m->name);
	}
	db_rows_release(&rows);
	return status;
}

/* Run a script with the names of this instance's roles. */
static enum status migrate_script(struct db *db, const struct config *c, const char *sql,
				  struct err *err)
{
	struct buf text;
	buf_init(&text, SCRIPT_MAX);
	role_expand(c, sql, &text);
	must(!buf_failed(&text));
	enum status status = db_script(db, buf_z(&text), err);
	buf_release(&text);
	return status;
}

/* In the directory of another cluster than it was exported from, too. */
static enum status migrate_grant(struct db *db, enum role_database database, const struct config *c,
				 const char *grants, struct err *err)
{
	enum status status = migrate_script(db, c, grants, err);
	if (status != OK)
		return err_prefix(err, status, "privileges");
	if (database != ROLE_DATABASE_DIRECTORY)
		return OK;
	status = DB_RUN(db, sql_migrate_new_identity, NULL, err);
	if (status == OK)
		status = DB_RUN(db, sql_migrate_new_changes, NULL, err);
	return status == OK ? DB_RUN(db, sql_migrate_new_deletions, NULL, err) : status;
}

static enum status migrate_apply(struct db *db, const struct config *c, const struct migration *m,
				 struct err *err)
{
	enum status status = migrate_script(db, c, m->sql, err);
	if (status == OK)
		status = DB_RUN(db, sql_migrate_record, NULL, err, DB_I64(m->version),
				DB_Z(m->name), DB_Z(m->checksum));
	if (status != OK)
		return err_prefix(err, status, "migration %04d_%s", m->version, m->name);
	log_info("migration applied", LOG_I("version", m->version), LOG_S("name", m->name));
	return OK;
}

/* Runs as the owner, inside a transaction. */
static enum status migrate_apply_all(struct db *db, const struct migration_set *set,
				     const struct config *c, int *applied, struct err *err)
{
	int have = 0;
	enum status status = DB_RUN(db, sql_migrate_lock, NULL, err);
	if (status == OK)
		status = migrate_count_applied(db, set->migrations, &have, err);
	for (; status == OK && set->migrations[have].version; have++) {
		status = migrate_apply(db, c, &set->migrations[have], err);
		++*applied;
	}
	if (status != OK)
		return status;
	if (!*set->seed)
		return OK;
	status = db_script(db, set->seed, err);
	return status == OK ? OK : err_prefix(err, status, "reference tables");
}

/* `grants`: NULL or the script of a dump's privileges. */
static enum status migrate_bring(struct db *db, enum role_database database, const struct config *c,
				 bool admin, const char *grants, int *applied, struct err *err)
{
	*applied = 0;
	enum status status = db_begin(db, err);
	if (status != OK)
		return status;
	if (admin)
		status = plan_set(db, database, c, NULL, err);
	if (status == OK && admin)
		status = db_script(db, migrate_roles_admit, err);
	if (status == OK && grants)
		status = migrate_grant(db, database, c, grants, err);
	if (status == OK)
		status = migrate_apply_all(db, &migrate_sets[database], c, applied, err);
	if (status == OK && admin)
		status = db_script(db, migrate_roles_leave, err);
	if (status == OK)
		status = db_commit(db, err);
	if (status != OK)
		db_rollback(db);
	return status;
}

enum status migrate_run(struct db *db, enum role_database database, const struct config *c,
			bool admin, int *applied, struct err *err)
{
	return migrate_bring(db, database, c, admin, NULL, applied, err);
}

enum status migrate_restored(struct db *admin, enum role_database database, const struct config *c,
			     const char *grants, int *applied, struct err *err)
{
	return migrate_bring(admin, database, c, true, grants, applied, err);
}

/* The roles of a database as two array literals: their names here, their standard names. */
static void grants_names(enum role_database database, const struct config *c, struct buf *here,
			 struct buf *standard)
{
	char name[ROLE_NAME_MAX];
	for (enum role_id id = 0; id < ROLES; id++) {
		if (role_table[id].database != database)
			continue;
		role_name(c, id, name);
		buf_printf(here, "%c%s", here->n ? ',' : '{', name);
		buf_printf(standard, "%choldfast_%s", standard->n ? ',' : '{',
			   role_table[id].suffix);
	}
	buf_putc(here, '}');
	buf_putc(standard, '}');
	must(!buf_failed(here) && !buf_failed(standard));
}

enum status migrate_grants(struct db *db, enum role_database database, const struct config *c,
			   struct buf *script, struct err *err)
{
	struct db_rows rows;
	struct buf here, standard;
	enum status status = db_begin(db, err);
	if (status == OK)
		status = DB_RUN(db, sql_migrate_lock, NULL, err);
	if (status != OK)
		return status;
	buf_init(&here, PLAN_MAX);
	buf_init(&standard, PLAN_MAX);
	grants_names(database, c, &here, &standard);
	status = DB_RUN(db, sql_migrate_grants, &rows, err, DB_TEXT(buf_view(&here)),
			DB_TEXT(buf_view(&standard)));
	if (status == OK) {
		for (int row = 0; row < rows.rows; row++)
			buf_printf(script, "%.*s\n",
				   STR_ARG(db_text(&rows, row, SQL_MIGRATE_GRANTS_LINE)));
		db_rows_release(&rows);
	}
	buf_release(&here);
	buf_release(&standard);
	return status == OK && buf_failed(script) ? err_set(err, TOO_LARGE, "too many privileges")
						  : status;
}

enum status migrate_check(struct db *db, enum role_database database, struct err *err)
{
	int have;
	const struct migration *migrations = migrate_sets[database].migrations;
	enum status status = migrate_count_applied(db, migrations, &have, err);
	if (status == OK && migrations[have].version)
		return err_set(
		    err, CONFLICT,
		    "the database's schema is older than this program; run 'holdfast migrate'");
	return status;
}
