/* The schema: forward-only migrations, recorded with a checksum. All that is missing is applied in one
 * transaction: an upgrade happens whole or not at all. What was applied never changes: a checksum
 * that differs, or a version that this program does not know, is refused before anything is touched.
 */
#ifndef DB_MIGRATE_MIGRATE_H
#define DB_MIGRATE_MIGRATE_H

#include "db/db.h"

/* The database of the embedded server; the connection is its superuser's, to another database. */
MUST_CHECK enum status migrate_create_database(struct db *admin, struct err *err);

/* Roles, their limits and, from a JSON object {"role": "password"}, their passwords (empty: none are
 * set). By a user that may create roles, in the database itself. Safe to repeat. */
MUST_CHECK enum status migrate_create_roles(struct db *admin, struct str passwords,
					    struct err *err);

/* Apply what is missing and bring the reference tables up to date; the connection is the owner's.
 * *applied counts. */
MUST_CHECK enum status migrate_run(struct db *owner, int *applied, struct err *err);

/* OK when the schema is this program's; CONFLICT with the remedy when it is older or newer. For any role. */
MUST_CHECK enum status migrate_check(struct db *db, struct err *err);

#endif
