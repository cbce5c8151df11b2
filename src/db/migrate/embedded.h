/* What tools/embed-migrations makes of sql/roles.sql, sql/migrations/ and the taxonomy. */
#ifndef DB_MIGRATE_EMBEDDED_H
#define DB_MIGRATE_EMBEDDED_H

struct migration {
	int version; /* 0 ends the table */
	const char *name;
	const char *checksum; /* SHA-256 of the text after substitution */
	const char *sql;
};
extern const struct migration migrate_migrations[];
extern const char migrate_roles_create[];
extern const char migrate_roles_admit[];
extern const char migrate_roles_leave[];
extern const char migrate_roles_drop[];
extern const char migrate_seed[]; /* rows of reference tables, upserted */

#endif
