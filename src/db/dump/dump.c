#include "db/dump/dump.h"
#include "base/io.h"
#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The newest version of PostgreSQL that is looked for, and the most extensions of a database. */
enum { DUMP_VERSION_MAX = 30, DUMP_EXTENSIONS_MAX = 32, DUMP_VARIABLE_MAX = 1200 };

/* pg_dump and pg_restore refuse servers that are newer, and write settings that older ones do not
 * know: the version of the server, or else the next one. */
static enum status dump_program(char out[PATH_MAX], const char *name, int version, struct err *err)
{
	for (int v = version; v <= DUMP_VERSION_MAX; v++) {
		enum status status =
		    io_path(out, PATH_MAX, err, "/usr/lib/postgresql/%d/bin/%s", v, name);
		if (status != OK || access(out, X_OK) == 0)
			return status;
	}
	return err_set(
	    err, NOT_FOUND,
	    "the server is PostgreSQL %d, whose %s is not installed here; 'apt-get install postgresql-client-%d'",
	    version, name, version);
}

static enum status dump_run(const struct dump_server *server, const char *name,
			    const char *const argv[], int out, struct err *err)
{
	char path[PATH_MAX], password[DUMP_VARIABLE_MAX];
	const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PGCONNECT_TIMEOUT=10",
				   *server->password ? password : NULL, NULL};
	struct spawn program = {
	    .path = path, .argv = argv, .env = env, .in = -1, .out = out, .death_signal = SIGTERM};
	enum status status = dump_program(path, name, server->version, err);
	if (status == OK)
		status =
		    io_path(password, sizeof(password), err, "PGPASSWORD=%s", server->password);
	if (status == OK)
		status = spawn_run(&program, name, err);
	explicit_bzero(password, sizeof(password));
	return status;
}

enum status dump_write(const struct dump_server *server, const struct str *extensions, size_t count,
		       int out, struct err *err)
{
	char options[DUMP_EXTENSIONS_MAX][80];
	const char *argv[DUMP_EXTENSIONS_MAX + 16] = {"pg_dump",           "--dbname",
						      server->conninfo,    "--format=custom",
						      "--compress=1",      "--no-owner",
						      "--no-privileges",   "--no-tablespaces",
						      "--no-comments",     "--no-security-labels",
						      "--no-publications", "--no-subscriptions",
						      "--no-password"};
	size_t n = 13;
	if (count > DUMP_EXTENSIONS_MAX)
		return err_set(err, TOO_LARGE, "the database has more than %d extensions",
			       DUMP_EXTENSIONS_MAX);
	for (size_t k = 0; k < count; k++) {
		snprintf(options[k], sizeof(options[k]), "--extension=\"%.*s\"",
			 STR_ARG(extensions[k]));
		argv[n++] = options[k];
	}
	/* A pattern that no extension has: without one, all are written. */
	if (count == 0)
		argv[n++] = "--extension=plpgsql";
	must(n < COUNT_OF(argv));
	return dump_run(server, "pg_dump", argv, out, err);
}

enum status dump_read(const struct dump_server *server, const char *path, struct err *err)
{
	const char *const argv[] = {"pg_restore",
				    "--dbname",
				    server->conninfo,
				    "--single-transaction",
				    "--exit-on-error",
				    "--no-owner",
				    "--no-privileges",
				    "--no-password",
				    path,
				    NULL};
	return dump_run(server, "pg_restore", argv, -1, err);
}

enum status dump_temporary(const char *folder, int *fd, struct err *err)
{
	char path[PATH_MAX];
	*fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd >= 0)
		return OK;
	if (errno != EOPNOTSUPP && errno != EISDIR)
		return err_errno(err, FAILED, "%s", folder);
	/* A file system without O_TMPFILE. */
	enum status status = io_path(path, sizeof(path), err, "%s/.holdfast-XXXXXX", folder);
	if (status != OK)
		return status;
	*fd = mkostemp(path, O_CLOEXEC);
	if (*fd < 0 || unlink(path) != 0)
		return err_errno(err, FAILED, "%s", path);
	return OK;
}
