/* Backup and restore of an instance whose databases are on existing servers (db.url). The file is
 * that of an embedded one, with dumps of the databases in place of the base backup.
 *
 *   database/directory.dump    pg_dump's custom format
 *   database/directory.grants  privileges, as a script with the standard names of the roles
 *   database/contact.*         the same of the contact sphere, when the instance has one
 *   database/MANIFEST          checksums
 */
#ifndef COMMANDS_BACKUP_H
#define COMMANDS_BACKUP_H

#include "config/instance.h"

/* Options of the commands: --db and --contact-db, NULL when not given. */
struct backup_urls {
	const char *of[ROLE_DATABASES];
};

/* Append the dumps to `out`. `folder` takes unnamed temporary files. urls: the databases by other
 * addresses than those of the settings, without users and passwords. INVALID with the remedy when a
 * pooler is in between. */
MUST_CHECK enum status backup_dumps(struct instance *i, const struct backup_urls *urls,
				    const char *folder, int out, struct err *err);

/* Restore the databases of a backup: roles with new passwords, the dump, its privileges, the
 * missing migrations. urls: empty databases, with users who may create roles and own them. The
 * settings get their addresses. When something fails the servers are as they were. */
MUST_CHECK enum status backup_restore_dumps(struct instance *i, const struct backup_urls *urls,
					    int in, int *applied, struct err *err);

#endif
