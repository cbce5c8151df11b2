/* The database roles of an instance: one table (roles.def), which init and migrate create the roles
 * from, the embedded server maps system users with, and programs take their role's name from.
 */
#ifndef CONFIG_ROLES_H
#define CONFIG_ROLES_H

#include "config/config.h"

enum role_id {
#define ROLE(id, suffix, database, user, powers, settings) ROLE_##id,
#include "config/roles.def"
#undef ROLE
	ROLES,
	ROLE_SUPERUSER =
	    ROLES /* of the embedded server; initdb creates it, so it is not in the table */
};

enum role_database { ROLE_DATABASE_DIRECTORY, ROLE_DATABASE_CONTACT, ROLE_DATABASES };

enum role_power {
	ROLE_OWNS = 1,      /* owns the schema */
	ROLE_TEMPORARY = 2, /* may create temporary tables */
	ROLE_MONITORS = 4,  /* sees the statements of all sessions (pg_monitor) */
};

struct role {
	const char *suffix;
	enum role_database database;
	enum config_id user; /* CONFIG_OPTIONS: none */
	unsigned powers;
	const char *settings; /* "name=value name=value" */
};
extern const struct role role_table[ROLES];

enum { ROLE_NAME_MAX = 64 }; /* limit of PostgreSQL, with the NUL */

/* "holdfast_web", or "postgres" for ROLE_SUPERUSER. */
void role_name(const struct config *c, enum role_id id, char out[ROLE_NAME_MAX]);

/* The embedded server's database that the role connects to. */
const char *role_database(enum role_id id);

/* Derive db.role_prefix from the name of a database of an existing server. Different names give
 * different prefixes. */
void role_prefix(const char *database, char out[ROLE_NAME_MAX]);

/* Append `sql` with the names of this instance's roles in place of holdfast_suffix. */
void role_expand(const struct config *c, const char *sql, struct buf *out);

#endif
