/* Opening the instance and its database, for commands. */
#ifndef COMMANDS_DATABASE_H
#define COMMANDS_DATABASE_H

#include "config/instance.h"
#include "db/db.h"

/* Open the instance of -C and connect as `role`. UNAVAILABLE with the remedy when it is down; the
 * schema must be this program's when check_schema. On failure nothing stays open, and *db is
 * NULL. */
MUST_CHECK enum status database_open(struct instance *i, enum role_id role, bool check_schema,
				     struct db **db, struct err *err);
void database_close(struct instance *i, struct db *db);

/* UNAVAILABLE, with the remedy, when the instance's own server is down. One that starts is up. */
MUST_CHECK enum status database_is_up(const struct instance *i, struct err *err);

/* Connect as `role` to the database of an instance that is open. An error about the server of
 * db.url names the line of holdfast.conf. */
MUST_CHECK enum status database_connect(const struct instance *i, enum role_id role, struct db **db,
					struct err *err);

/* OK when the server of db.url accepts the web processes' role. The supervisor watches an embedded
 * one: OK. Waits at most 10 s. */
MUST_CHECK enum status database_answers(const struct instance *i, struct err *err);

/* Roles and schema of a database; in the embedded server the database itself, too. */
MUST_CHECK enum status database_migrate(const struct instance *i, enum role_database database,
					int *applied, struct err *err);
/* Of all databases that the instance has, as `migrate` and `init` do it. */
MUST_CHECK enum status database_migrate_all(const struct instance *i, int *applied,
					    struct err *err);

/* A URL of --db without user and password; `out` is initialised and the caller's to release, also
 * when it fails. */
MUST_CHECK enum status database_bare_url(const char *url, struct buf *out, struct err *err);

/* Roles with passwords, which go to DIR/secrets, and the privilege to connect only. When it fails
 * the server is as it was. */
MUST_CHECK enum status database_make_roles(const struct instance *i, struct db *admin,
					   enum role_database database, struct err *err);

/* Undo it after a later failure, with what the roles own in the database. What cannot be removed is
 * told on standard error. */
void database_drop_roles(const struct instance *i, struct db *admin, enum role_database database);

/* Roles with passwords, which go to DIR/secrets, and the schema in an empty database of an existing
 * server (migrate_target). When it fails the server is as it was. */
MUST_CHECK enum status database_make(const struct instance *i, struct db *admin,
				     enum role_database database, struct err *err);

#endif
