/* A database of an existing server as files, by pg_dump and pg_restore, and their place in a
 * backup: members of a tar file below "database/". The last member, MANIFEST, has size and checksum
 * of the others, so that a file that was cut off or changed is refused.
 *
 * The programs get the password in their environment, which only their user can read, never as an
 * argument. No libpq here.
 */
#ifndef DB_DUMP_DUMP_H
#define DB_DUMP_DUMP_H

#include "base/buf.h"
#include "base/err.h"

enum { DUMP_MEMBERS_MAX = 4, DUMP_NAME_MAX = 32 };

/* Where a database is. */
struct dump_server {
	const char *conninfo; /* without the password */
	const char *password; /* "": none */
	int version;          /* of the server, as 15 */
};

/* Write schema and rows, without owners and privileges, to a file. extensions: those of the
 * database that belong to it. NOT_FOUND with the remedy when PostgreSQL's programs are older than
 * the server. */
MUST_CHECK enum status dump_write(const struct dump_server *server, const struct str *extensions,
				  size_t count, int out, struct err *err);

/* Restore it in one transaction, into an empty database, as the user of `server`. */
MUST_CHECK enum status dump_read(const struct dump_server *server, const char *path,
				 struct err *err);

/* A temporary file in a folder that has no name, so that nothing is left of it when this process is
 * killed. */
MUST_CHECK enum status dump_temporary(const char *folder, int *fd, struct err *err);

/* ---- in a backup ---- */

struct dump_member {
	char name[DUMP_NAME_MAX];
	int fd; /* a file with its content */
};

/* Append a tar file with these members and their MANIFEST to `out`, compressed with zstd. */
MUST_CHECK enum status dump_pack(const struct dump_member *members, int count, int out,
				 struct err *err);

/* Extract the members from a backup into `folder`, as folder/database/NAME, and compare them with
 * the MANIFEST. INVALID: they are not whole. */
MUST_CHECK enum status dump_unpack(int in, const char *folder, struct err *err);

#endif
