/* The embedded PostgreSQL: a private cluster in the instance's folder that listens on a Unix socket
 * only and runs as an unprivileged user. Hides where Debian keeps the binaries, initdb, the
 * server's settings and what its files say. No libpq here: the supervisor is linked with this.
 *
 * Local users are known by their system user (peer authentication): an ordinary user is every role
 * of the instance; under root each program's user is its own role only, and root is all of them.
 *
 * Under root the data folder belongs to the server's user, who may be malicious: whatever is done
 * in it, to the process and to the shared memory that its files name, is done as that user
 * (base/folder.h, spawn_as).
 */
#ifndef DB_CLUSTER_CLUSTER_H
#define DB_CLUSTER_CLUSTER_H

#include <sys/types.h>
#include "config/instance.h"
#include "process/spawn.h"

/* The system user of the server: user.db when we are root, NULL (stay) otherwise. */
const char *cluster_user(const struct instance *i);

/* initdb, settings, authentication. The folder must not exist. DENIED with the remedy when the
 * server's user cannot reach it. */
MUST_CHECK enum status cluster_create(const struct instance *i, struct err *err);

/* Write settings and authentication anew, as this version and this machine want them; before every
 * start, so that more memory or another user takes effect. */
MUST_CHECK enum status cluster_configure(const struct instance *i, struct err *err);

/* Make run_dir and fill in what starts the server in the foreground; `spawn` points into `c`. */
struct cluster_command {
	char path[PATH_MAX];
	char data_dir[PATH_MAX];
	const char *argv[4];
	const char *env[4];
};
MUST_CHECK enum status cluster_command(const struct instance *i, struct cluster_command *c,
				       struct spawn *spawn, struct err *err);

enum cluster_state { CLUSTER_DOWN, CLUSTER_STARTING, CLUSTER_READY };

/* What postmaster.pid says, whose line 8 is "ready". A file that a dead server left counts as down.
 */
enum cluster_state cluster_state(const struct instance *i);

/* Send a signal to the server, which need not be a child of ours. */
void cluster_signal(const struct instance *i, int signal);

/* What ends the server soonest without harm. SIGINT, the fast shutdown; but SIGQUIT while it has no
 * checkpointer or still recovers, that is when it starts anew after one of its processes was
 * killed: PostgreSQL 15 would wait 60 s for a process that it no longer starts, and has nothing to
 * write yet. */
int cluster_stop_signal(pid_t pid);

/* After a server that was killed: remove its shared memory, socket and postmaster.pid. UNAVAILABLE
 * while a server runs, or while processes whose postmaster was killed have not ended yet. */
MUST_CHECK enum status cluster_clean(const struct instance *i, struct err *err);

/* Write a base backup of the running server to `out`: a tar file, compressed with zstd, with the
 * write-ahead log up to the backup's end and a manifest of checksums. The caller makes the server
 * keep that log meanwhile (sql_backup_keep_wal). conninfo: of the superuser. progress: show it on
 * standard error. */
MUST_CHECK enum status cluster_backup(const char *conninfo, int out, bool progress,
				      struct err *err);

/* Make the data folder from such a tar file, which may have other members below "instance/": these
 * are left out. Everything is compared with the manifest. Then cluster_start recovers it. */
MUST_CHECK enum status cluster_unpack(const struct instance *i, int in, struct err *err);

/* For init and tests: run the server for as long as the two calls are apart. */
MUST_CHECK enum status cluster_start(const struct instance *i, pid_t *pid, struct err *err);
MUST_CHECK enum status cluster_stop(const struct instance *i, pid_t pid, struct err *err);

#endif
