/* PgBouncer's admin console: reports of its pools, clients and servers.
 *
 * The console is not a database: it has the simple query protocol and a few commands only. So it
 * has a type of connection of its own with a fixed list of SHOW commands: nothing can be changed
 * through it, and no SQL text can be passed. The role must be in PgBouncer's `stats_users`;
 * `admin_users` is not needed.
 *
 * Columns differ between versions of PgBouncer: look them up by name. No call waits longer than
 * timeout_ms, even when PgBouncer is stopped. After an error the console can only be closed.
 *
 * Life: db_console_open, any number of db_console_show with the rows released, db_console_close.
 */
#ifndef DB_CONSOLE_H
#define DB_CONSOLE_H

#include "base/err.h"
#include "db/db.h"

/* The SHOW commands. */
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
 * an address or a socket's folder, because name resolution has no time limit. */
MUST_CHECK enum status db_console_open(struct db_console **out, const char *conninfo,
				       const char *program, int64_t timeout_ms, struct err *err);
void db_console_close(struct db_console *console); /* NULL is allowed */

/* UNAVAILABLE: PgBouncer cannot be reached. TIMED_OUT: no answer in time. DENIED, FAILED: its
 * error. */
MUST_CHECK enum status db_console_show(struct db_console *console, enum db_show what,
				       struct db_rows *rows, struct err *err);

/* The number of a column, for db_text and the like; -1: this version of PgBouncer does not have
 * it. */
int db_console_column(const struct db_rows *rows, const char *name);

#endif
