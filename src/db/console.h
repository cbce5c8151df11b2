/* PgBouncer's admin console: what it says of its pools, clients and servers.
 *
 * The console is no database: it understands the simple query protocol only and a few words. So
 * there is a connection of its own kind, and a closed list of words: nothing can be changed
 * through it, and no text from C or from outside reaches it. The role needs `stats_users` of
 * PgBouncer, not `admin_users`.
 *
 * Columns differ between PgBouncer's versions: look them up by name. Nothing here waits longer than
 * timeout_ms, also when PgBouncer is stopped; after an error the console is only good for closing.
 *
 * Life: db_console_open, any number of db_console_show with the rows released, db_console_close.
 */
#ifndef DB_CONSOLE_H
#define DB_CONSOLE_H

#include "base/err.h"
#include "db/db.h"

/* Everything that can be asked. */
enum db_show {
	DB_SHOW_CLIENTS,
	DB_SHOW_CONFIG,
	DB_SHOW_DATABASES,
	DB_SHOW_LISTS,
	DB_SHOW_POOLS,
	DB_SHOW_SERVERS,
	DB_SHOW_STATS,
	DB_SHOW_VERSION,
	DB_SHOWS
};

struct db_console;

/* conninfo: libpq's keywords or a URL; the database is `pgbouncer` unless it names one. The host is
 * an address or a socket's folder: name resolution could not be bounded. */
MUST_CHECK enum status db_console_open(struct db_console **out, const char *conninfo,
				       const char *program, int64_t timeout_ms, struct err *err);
void db_console_close(struct db_console *console); /* NULL is allowed */

/* UNAVAILABLE: PgBouncer is away. TIMED_OUT: no answer in time. DENIED or FAILED: what it says. */
MUST_CHECK enum status db_console_show(struct db_console *console, enum db_show what,
				       struct db_rows *rows, struct err *err);

/* A column of these rows for db_text and its kin; -1: this version of
 * PgBouncer does not have it. */
int db_console_column(const struct db_rows *rows, const char *name);

#endif
