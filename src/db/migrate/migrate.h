/* The schema: forward-only migrations, recorded with checksums. Missing ones are applied in one
 * transaction: all or none. Applied migrations never change: a different checksum, or a version
 * that this program does not know, is refused before anything is changed.
 */
#ifndef DB_MIGRATE_MIGRATE_H
#define DB_MIGRATE_MIGRATE_H

#include "config/roles.h"
#include "db/db.h"

/* A database of the embedded server, unless there is one already; the connection is its
 * superuser's, to another database. */
MUST_CHECK enum status migrate_create_database(struct db *admin, enum role_database database,
					       struct err *err);

/* Whether an instance can use the database of an existing server: the user may create roles and
 * owns it (else DENIED), and it is empty (else CONFLICT). `database`: its name. Changes nothing. */
MUST_CHECK enum status migrate_target(struct db *admin, char database[ROLE_NAME_MAX],
				      struct err *err);

/* Passwords of the roles; only for an existing server, which has no peer authentication. */
struct migrate_passwords {
	char text[ROLES][33];
};

/* The roles of a database and their settings, in a transaction of its own. With passwords none of
 * the roles may exist (CONFLICT): they would be another instance's. Without, it is safe to
 * repeat. */
MUST_CHECK enum status migrate_create_roles(struct db *admin, enum role_database database,
					    const struct config *c,
					    const struct migrate_passwords *passwords,
					    struct err *err);
/* Let the owner take a dump (db/dump) into the empty database. */
MUST_CHECK enum status migrate_prepare(struct db *admin, enum role_database database,
				       const struct config *c, struct err *err);
/* Drop the roles, and what they own in the database. */
MUST_CHECK enum status migrate_drop_roles(struct db *admin, enum role_database database,
					  const struct config *c, struct err *err);

/* Apply missing migrations and update the reference tables, in one transaction; *applied: their
 * number. The connection is the owner's; or, with `admin`, that of migrate_create_roles, which
 * first grants the roles their privileges in the database. */
MUST_CHECK enum status migrate_run(struct db *db, enum role_database database,
				   const struct config *c, bool admin, int *applied,
				   struct err *err);
/* The same after a dump was restored into the database, as `admin`: with the script of
 * migrate_grants first. */
MUST_CHECK enum status migrate_restored(struct db *admin, enum role_database database,
					const struct config *c, const char *grants, int *applied,
					struct err *err);

/* The privileges of the instance's roles on what the owner has, as a script with the standard names
 * of the roles, so that it can be run for others. The connection is the owner's. Begins a
 * transaction, for a dump: until it ends nothing is migrated. */
MUST_CHECK enum status migrate_grants(struct db *db, enum role_database database,
				      const struct config *c, struct buf *script, struct err *err);

/* OK when the schema is this program's; CONFLICT with the remedy when it is older or newer. For any
 * role. */
MUST_CHECK enum status migrate_check(struct db *db, enum role_database database, struct err *err);

#endif
