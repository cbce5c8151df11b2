/* An instance: the folder that holds everything of one installation.
 *
 *   DIR/holdfast.conf   settings, 0600: they may hold secrets
 *   DIR/conf.d/         the operator's additions to postgresql.conf, pg_hba.conf and pg_ident.conf
 *                       of the embedded cluster
 *   DIR/secrets         passwords of the database roles, 0600; only with db.url
 *   DIR/keeper/key      the keys of the contact sphere, 0600, the keeper's user
 *   DIR/notify/         which alarms were told, how the last backup ended
 *   DIR/data/           the embedded PostgreSQL cluster
 *   DIR/log/            logs of a detached instance
 *   run_dir             sockets and the lock: DIR/run, or a private folder under /tmp when the
 *                       sockets' paths would be over the 107 bytes a Unix socket address holds
 */
#ifndef CONFIG_INSTANCE_H
#define CONFIG_INSTANCE_H

#include <limits.h>
#include "config/roles.h"

struct instance {
	char dir[PATH_MAX]; /* absolute */
	char conf[PATH_MAX];
	char data_dir[PATH_MAX];
	char log_dir[PATH_MAX];
	char run_dir[108];
	struct config config;
};

/* The paths of `dir`, which need not exist; configuration: the defaults. DENIED for root when
 * another user could exchange the folder or its settings (base/folder.h). */
MUST_CHECK enum status instance_paths(struct instance *i, const char *dir, struct err *err);

/* instance_paths, and holdfast.conf read. NOT_FOUND when the folder is not an instance. */
MUST_CHECK enum status instance_open(struct instance *i, const char *dir, struct err *err);
/* As instance_open, for commands that must also work with invalid settings: these are then the
 * defaults, and `problem` has the reason; otherwise it is empty. NOT_FOUND when the folder is not
 * an instance. */
MUST_CHECK enum status instance_find(struct instance *i, const char *dir, struct err *problem,
				     struct err *err);
/* A process that the supervisor or a command has started cannot read the file, because its user may
 * not. It gets the settings that the parent has read, through the descriptor whose number is in
 * INSTANCE_SETTINGS_ENV; instance_open closes it. */
#define INSTANCE_SETTINGS_ENV "HOLDFAST_SETTINGS"
/* For the parent: a descriptor with the text of the settings. */
MUST_CHECK enum status instance_settings(const struct instance *i, int *fd, struct err *err);

/* Make holdfast.conf unreadable for other users when a secret is set; *closed: they could read
 * it. */
MUST_CHECK enum status instance_protect(const struct instance *i, bool *closed, struct err *err);

void instance_release(struct instance *i);

bool instance_embedded(const struct instance *i); /* db.url is empty */

/* Whether the instance uses the database: that of the contact sphere only with contact.listen. */
bool instance_has(const struct instance *i, enum role_database database);

/* Make run_dir, 0711: sockets below have their own modes. The group of the database's user can make
 * files there while the server runs (cluster_command), so that nothing in it is opened but through
 * instance_open_run_dir. */
MUST_CHECK enum status instance_make_run_dir(const struct instance *i, struct err *err);
/* Open run_dir. DENIED when it belongs to another user, NOT_FOUND when there is none. */
MUST_CHECK enum status instance_open_run_dir(const struct instance *i, int *fd, struct err *err);
/* Remove lock, control socket and, when nothing else is left in it, the folder. */
void instance_remove_run_dir(const struct instance *i);

/* The error of an instance that does not run, with the remedy; its status. */
enum status instance_not_running(const struct instance *i, struct err *err, enum status status);

/* Put the line of holdfast.conf that names the server of a role's database in front of an error
 * about it. */
enum status instance_blame_url(const struct instance *i, enum role_id id, struct err *err,
			       enum status status);

/* Append libpq's conninfo of a role to out. */
MUST_CHECK enum status instance_conninfo(const struct instance *i, enum role_id role,
					 struct buf *out, struct err *err);

/* The same of a role on an existing server, without its password, which goes to a buffer of
 * INSTANCE_PASSWORD_MAX bytes; empty: it has none. For programs, whose arguments everybody can
 * read. */
enum { INSTANCE_PASSWORD_MAX = 1024 };
MUST_CHECK enum status instance_login(const struct instance *i, enum role_id role, struct buf *out,
				      struct buf *password, struct err *err);

/* Set an option, here and in holdfast.conf, where its line is replaced, or one is added. */
MUST_CHECK enum status instance_set(struct instance *i, const char *name, const char *value,
				    struct err *err);

/* Names of the sockets and the lock in run_dir. */
enum { INSTANCE_PG_PORT = 5432 };
#define INSTANCE_CONTROL "control.sock"
#define INSTANCE_LOCK    "lock"
/* Name of the log in log_dir. */
#define INSTANCE_LOG "holdfast.log"

#endif
