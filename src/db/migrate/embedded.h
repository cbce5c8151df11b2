/* Tables that tools/embed-migrations makes from sql/roles.sql, sql/migrations/ and the taxonomy. */
#ifndef DB_MIGRATE_EMBEDDED_H
#define DB_MIGRATE_EMBEDDED_H

#include "config/roles.h"

struct migration {
	int version; /* 0 ends the table */
	const char *name;
	const char *checksum; /* SHA-256 of the text after substitution */
	const char *sql;
};
/* Of one database. */
struct migration_set {
	const struct migration *migrations;
	const char *seed; /* rows of reference tables, upserted */
};
extern const struct migration_set migrate_sets[ROLE_DATABASES];
extern const char migrate_roles_create[];
extern const char migrate_roles_prepare[];
extern const char migrate_roles_admit[];
extern const char migrate_roles_leave[];
extern const char migrate_roles_drop[];

#endif
