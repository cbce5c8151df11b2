#include "db/migrate/migrate.h"
#include "base/log.h"
#include "db/migrate/embedded.h"
#include "sql/migrate.h"

enum status migrate_create_database(struct db *admin, struct err *err)
{
	return DB_RUN(admin, sql_migrate_create_database, NULL, err);
}

enum status migrate_create_roles(struct db *admin, struct str passwords, struct err *err)
{
	enum status status = db_begin(admin, err);
	if (status != OK)
		return status;
	status = DB_RUN(admin, sql_migrate_passwords, NULL, err, DB_TEXT(passwords));
	if (status == OK)
		status = db_script(admin, migrate_roles, err);
	if (status == OK)
		status = db_commit(admin, err);
	if (status == OK)
		return OK;
	db_rollback(admin);
	return err_prefix(err, status, "roles");
}

/* How many migrations the database has; they must be the first ones of ours, unchanged. */
static enum status count_applied(struct db *db, int *count, struct err *err)
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
		const struct migration *m = &migrate_migrations[*count];
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

static enum status apply(struct db *db, const struct migration *m, struct err *err)
{
	enum status status = db_script(db, m->sql, err);
	if (status == OK)
		status = DB_RUN(db, sql_migrate_record, NULL, err, DB_I64(m->version),
				DB_Z(m->name), DB_Z(m->checksum));
	if (status != OK)
		return err_prefix(err, status, "migration %04d_%s", m->version, m->name);
	log_info("migration applied", LOG_I("version", m->version), LOG_S("name", m->name));
	return OK;
}

enum status migrate_run(struct db *owner, int *applied, struct err *err)
{
	int have = 0;
	*applied = 0;
	enum status status = db_begin(owner, err);
	if (status != OK)
		return status;
	status = DB_RUN(owner, sql_migrate_lock, NULL, err);
	if (status == OK)
		status = count_applied(owner, &have, err);
	for (; status == OK && migrate_migrations[have].version; have++) {
		status = apply(owner, &migrate_migrations[have], err);
		++*applied;
	}
	if (status == OK) {
		status = db_script(owner, migrate_seed, err);
		if (status != OK)
			status = err_prefix(err, status, "reference tables");
	}
	if (status == OK)
		status = db_commit(owner, err);
	if (status != OK)
		db_rollback(owner);
	return status;
}

enum status migrate_check(struct db *db, struct err *err)
{
	int have;
	enum status status = count_applied(db, &have, err);
	if (status == OK && migrate_migrations[have].version)
		return err_set(
		    err, CONFLICT,
		    "the database's schema is older than this program; run 'holdfast migrate'");
	return status;
}
