/* The embedded PostgreSQL: a private cluster in the instance's folder that listens on a Unix socket
 * only and runs as an unprivileged user. Hides where Debian has the binaries, initdb, the server's
 * settings and the contents of its files. No libpq here: the supervisor is linked with this.
 *
 * Peer authentication maps system users to roles: an ordinary user has all roles of the instance;
 * in an instance of root each program's user has its own role only, and root has all.
 *
 * In an instance of root the data folder belongs to the server's user, who may be malicious. All
 * work in it, on the process and on the shared memory that its files name, is done as that user
 * (base/folder.h, spawn_as).
 */
#ifndef DB_CLUSTER_CLUSTER_H
#define DB_CLUSTER_CLUSTER_H

#include <sys/types.h>
#include "config/instance.h"
#include "process/spawn.h"

/* The system user of the server: user.db for root; NULL, the present user, otherwise. */
const char *cluster_user(const struct instance *i);

/* initdb, settings, authentication. The folder must not exist. DENIED with the remedy when the
 * server's user cannot reach it. */
MUST_CHECK enum status cluster_create(const struct instance *i, struct err *err);

/* Write settings and authentication for this version and machine. Called before every start, so
 * that changes of memory and users take effect. */
MUST_CHECK enum status cluster_configure(const struct instance *i, struct err *err);

/* Make run_dir and fill in `spawn` to start the server in the foreground; it points into `c`. */
struct cluster_command {
	char path[PATH_MAX];
	char data_dir[PATH_MAX];
	const char *argv[4];
	const char *env[4];
};
MUST_CHECK enum status cluster_command(const struct instance *i, struct cluster_command *c,
				       struct spawn *spawn, struct err *err);

enum cluster_state { CLUSTER_DOWN, CLUSTER_STARTING, CLUSTER_READY };

/* The state by line 8 of postmaster.pid. A file that a dead server has left counts as down. */
enum cluster_state cluster_state(const struct instance *i);

/* Send a signal to the server, which need not be a child of this process. */
void cluster_signal(const struct instance *i, int signal);

/* The signal for the fastest safe shutdown: SIGINT; but SIGQUIT while the server has no
 * checkpointer or is in recovery, after one of its processes was killed. There PostgreSQL 15 would
 * wait 60 s for a process that it no longer starts, and it has nothing to write yet. */
int cluster_stop_signal(pid_t pid);

/* Remove shared memory, socket and postmaster.pid of a killed server. UNAVAILABLE while a server
 * runs, or while processes of a killed server have not ended yet. */
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

/* For init and tests: run the server between the two calls. */
MUST_CHECK enum status cluster_start(const struct instance *i, pid_t *pid, struct err *err);
MUST_CHECK enum status cluster_stop(const struct instance *i, pid_t pid, struct err *err);

#endif
