/* holdfast backup and restore: an instance as one file.
 *
 * The file is two tar files in a row, each compressed with zstd: what is in the instance's folder
 * but the database, under "instance/", and a base backup of the embedded server
 * (db/cluster/cluster.h) or dumps from existing servers (commands/backup.h).
 * tar --ignore-zeros reads both. Neither the keys of the contact sphere nor passwords are in it: a
 * backup must not be able to open what only the running instance may.
 */
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/json.h"
#include "commands/backup.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "commands/fresh.h"
#include "db/cluster/cluster.h"
#include "process/lastrun.h"
#include "sql/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BACKUP_PREFIX  "holdfast-"
#define BACKUP_SUFFIX  ".tar.zst"
#define BACKUP_PARTIAL ".partial"

enum { BACKUP_NAME_MAX = 64, BACKUP_KEEP_MAX = 10000 };

static int64_t backup_keep;
static struct backup_urls backup_urls;

static const struct cli_option backup_options[] = {
    {"keep", 0, CLI_INT, "N", 1, BACKUP_KEEP_MAX,
     "afterwards remove older backups in DIR, so that N remain (default: remove none)",
     &backup_keep},
    {"db", 0, CLI_TEXT, "URL", 0, 0,
     "the server of db.url itself, without user and password, when db.url names a pooler",
     &backup_urls.of[ROLE_DATABASE_DIRECTORY]},
    {"contact-db", 0, CLI_TEXT, "URL", 0, 0, "the same of contact.db_url",
     &backup_urls.of[ROLE_DATABASE_CONTACT]},
    {0},
};

static const struct cli_option restore_options[] = {
    {"db", 0, CLI_TEXT, "URL", 0, 0,
     "a backup of an instance with db.url: an empty database; the user in URL owns it and may create roles",
     &backup_urls.of[ROLE_DATABASE_DIRECTORY]},
    {"contact-db", 0, CLI_TEXT, "URL", 0, 0, "another one for its contact sphere",
     &backup_urls.of[ROLE_DATABASE_CONTACT]},
    {0},
};

/* A program that was to write failed and has said why on standard error. When more than it could
 * have buffered cannot be written, that is the cause, which is also given to notify.command. Leaves
 * the bytes in the file, which the caller removes. */
static enum status backup_cause(int fd, const char *path, enum status status, struct err *err)
{
	static const char block[256 << 10];
	struct err why;
	if (lseek(fd, 0, SEEK_END) < 0 || io_write_all(fd, block, sizeof(block), &why) == OK)
		return status;
	return err_set(err, FAILED, "%s: %.300s", path, why.text);
}

/* ---- the file ---- */

/* What is in the instance's folder and in no backup. */
static const char *const backup_left_out[] = {
    "--exclude=./data",   "--exclude=./run",     "--exclude=./log",
    "--exclude=./keeper", "--exclude=./secrets", "--exclude=./notify",
};

static enum status backup_write_files(const struct instance *i, int out, struct err *err)
{
	const char *argv[COUNT_OF(backup_left_out) + 8] = {"tar", "--create", "--zstd", "--file=-"};
	const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "ZSTD_CLEVEL=1", NULL};
	size_t n = 4;
	pid_t pid;
	for (size_t k = 0; k < COUNT_OF(backup_left_out); k++)
		argv[n++] = backup_left_out[k];
	argv[n++] = "--transform=s,^\\.,instance,";
	argv[n++] = ".";
	must(n < COUNT_OF(argv));
	const struct spawn tar = {.path = "/usr/bin/tar",
				  .argv = argv,
				  .env = env,
				  .dir = i->dir,
				  .in = -1,
				  .out = out,
				  .err = STDERR_FILENO,
				  .death_signal = SIGTERM};
	enum status status = spawn_start(&tar, &pid, err);
	return status == OK ? spawn_wait(pid, "tar", err) : status;
}

static enum status backup_write_cluster(const struct instance *i, int out, struct err *err)
{
	struct buf conninfo;
	struct db *db = NULL;
	enum status status = database_connect(i, ROLE_SUPERUSER, &db, err);
	if (status == OK)
		status = DB_RUN(db, sql_backup_keep_wal, NULL, err);
	if (status == OK)
		status = backup_write_files(i, out, err);
	buf_init(&conninfo, 4096);
	if (status == OK)
		status = instance_conninfo(i, ROLE_SUPERUSER, &conninfo, err);
	if (status == OK)
		status = cluster_backup(buf_z(&conninfo), out, isatty(STDERR_FILENO), err);
	buf_release(&conninfo);
	db_close(db);
	return status;
}

/* `folder` takes temporary files. */
static enum status backup_write(struct instance *i, const char *folder, int out, struct err *err)
{
	if (instance_embedded(i))
		return backup_urls.of[ROLE_DATABASE_DIRECTORY]
			   ? err_set(err, INVALID, "--db is for instances with db.url")
			   : backup_write_cluster(i, out, err);
	enum status status = backup_write_files(i, out, err);
	return status == OK ? backup_dumps(i, &backup_urls, folder, out, err) : status;
}

/* ---- the folder of backups ---- */

static bool backup_is_one(const char *name)
{
	size_t n = strlen(name), fixed = strlen(BACKUP_PREFIX) + strlen(BACKUP_SUFFIX);
	return n > fixed && strncmp(name, BACKUP_PREFIX, strlen(BACKUP_PREFIX)) == 0 &&
	       strcmp(name + n - strlen(BACKUP_SUFFIX), BACKUP_SUFFIX) == 0;
}

static int backup_filter(const struct dirent *entry)
{
	return backup_is_one(entry->d_name);
}

static int backup_filter_partial(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return strncmp(entry->d_name, BACKUP_PREFIX, strlen(BACKUP_PREFIX)) == 0 &&
	       n > strlen(BACKUP_PARTIAL) &&
	       strcmp(entry->d_name + n - strlen(BACKUP_PARTIAL), BACKUP_PARTIAL) == 0;
}

/* Remove files of the folder in the order of their names, which is that of time, until `keep` are
 * left. */
static enum status backup_remove(int dir, int (*filter)(const struct dirent *), int keep,
				 int *removed, struct err *err)
{
	struct dirent **found;
	enum status status = OK;
	int n = scandirat(dir, ".", &found, filter, alphasort);
	if (n < 0)
		return err_errno(err, FAILED, "the folder of backups");
	for (int k = 0; k < n; k++) {
		if (k < n - keep && status == OK) {
			if (unlinkat(dir, found[k]->d_name, 0) != 0)
				status = err_errno(err, FAILED, "removing %s", found[k]->d_name);
			else
				++*removed;
		}
		free(found[k]);
	}
	free(found);
	return status;
}

/* Open the folder, made when it is missing, and lock it. */
static enum status backup_open_folder(const struct instance *i, const char *path, int *dir,
				      struct err *err)
{
	char real[PATH_MAX];
	size_t n = strlen(i->dir);
	enum status status = folder_make(path, 0700, err);
	if (status != OK)
		return status;
	if (realpath(path, real) && strncmp(real, i->dir, n) == 0 && (real[n] == '/' || !real[n]))
		return err_set(err, INVALID,
			       "%s is in the folder of the instance and would be lost with it",
			       path);
	status = folder_trusted(path, err);
	if (status != OK)
		return status;
	*dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return err_errno(err, FAILED, "%s", path);
	if (flock(*dir, LOCK_EX | LOCK_NB) == 0)
		return OK;
	status = errno == EWOULDBLOCK ? err_set(err, CONFLICT, "another backup writes to %s", path)
				      : err_errno(err, FAILED, "%s", path);
	close(*dir);
	return status;
}

struct backup_result {
	char path[PATH_MAX];
	int64_t bytes;
	int removed;
};

/* A file of the folder that appears under its name when it is whole and on the disk. */
static enum status backup_to_folder(struct instance *i, const char *folder,
				    struct backup_result *result, struct err *err)
{
	char name[BACKUP_NAME_MAX], partial[BACKUP_NAME_MAX + sizeof(BACKUP_PARTIAL)];
	char path[PATH_MAX];
	struct tm tm;
	struct stat st;
	time_t now = time(NULL);
	int dir = -1, fd = -1, unfinished = 0;

	gmtime_r(&now, &tm);
	strftime(name, sizeof(name), BACKUP_PREFIX "%Y-%m-%dT%H%M%SZ" BACKUP_SUFFIX, &tm);
	snprintf(partial, sizeof(partial), "%s" BACKUP_PARTIAL, name);
	enum status status = io_path(path, sizeof(path), err, "%s/%s", folder, partial);
	if (status == OK)
		status = io_path(result->path, sizeof(result->path), err, "%s/%s", folder, name);
	if (status == OK)
		status = backup_open_folder(i, folder, &dir, err);
	if (status != OK)
		return status;
	/* Of backups that were killed. */
	status = backup_remove(dir, backup_filter_partial, 0, &unfinished, err);
	if (status == OK)
		status = folder_create(path, O_TRUNC, 0600, &fd, err);
	if (status == OK) {
		status = backup_write(i, folder, fd, err);
		if (status != OK)
			status = backup_cause(fd, path, status, err);
	}
	if (status == OK && (fsync(fd) != 0 || fstat(fd, &st) != 0 ||
			     renameat(dir, partial, dir, name) != 0 || fsync(dir) != 0))
		status = err_errno(err, FAILED, "%s", result->path);
	if (status == OK) {
		result->bytes = st.st_size;
		if (backup_keep)
			status = backup_remove(dir, backup_filter, (int)backup_keep,
					       &result->removed, err);
	} else if (fd >= 0) {
		unlinkat(dir, partial, 0);
	}
	if (fd >= 0)
		close(fd);
	close(dir);
	return status;
}

static void backup_say(const struct backup_result *result, int64_t ms)
{
	if (cli_globals.json) {
		struct buf text;
		struct json_writer w;
		buf_init(&text, 1 << 16);
		json_writer_init(&w, &text);
		json_object_begin(&w);
		json_key(&w, "file");
		json_put_z(&w, result->path);
		json_key(&w, "bytes");
		json_put_i64(&w, result->bytes);
		json_key(&w, "ms");
		json_put_i64(&w, ms);
		json_key(&w, "removed");
		json_put_i64(&w, result->removed);
		json_object_end(&w);
		printf("%s\n", buf_z(&text));
		buf_release(&text);
		return;
	}
	printf("%s: %.1f MB in %.1f s\n", result->path, (double)result->bytes / 1e6,
	       (double)ms / 1e3);
	if (result->removed)
		printf("removed %d older backup%s\n", result->removed,
		       result->removed == 1 ? "" : "s");
}

static int backup_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	struct backup_result result = {.removed = 0};
	int64_t begun = clock_ms();
	bool to_output = strcmp(argv[0], "-") == 0;
	bool is_new = !to_output && access(argv[0], F_OK) != 0;
	int record;
	(void)argc;
	if (to_output && isatty(STDOUT_FILENO))
		return cli_usage_error("a backup is not written to a terminal");
	if (to_output && backup_keep)
		return cli_usage_error("--keep needs a folder");
	if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	lastrun_begin(i.dir, "backup", &record);
	enum status status = to_output ? backup_write(&i, i.dir, STDOUT_FILENO, &err)
				       : backup_to_folder(&i, argv[0], &result, &err);
	if (status == OK && !to_output)
		backup_say(&result, clock_ms() - begun);
	else if (is_new)
		(void)rmdir(argv[0]); /* refused, unless there is something in it */
	lastrun_end(record, status == OK ? NULL : err.text);
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_backup = {
    .name = "backup",
    .args = "DIR|-",
    .summary = "Write the whole instance to one file, while it runs",
    .help =
	"DIR gets a file holdfast-TIME.tar.zst, readable by its owner only, which appears when it is whole;\n"
	"'-' writes to standard output. It holds settings, the operator's files and the embedded database as\n"
	"of the end of the backup, with checksums; with db.url dumps of the databases, each of one moment,\n"
	"which need as much room again in DIR (with '-': in the instance) while they are made. It does not\n"
	"hold the keys of the contact sphere, logs, or passwords. 'holdfast restore' makes an instance of it.\n"
	"Each instance needs a DIR of its own.",
    .options = backup_options,
    .run = backup_command,
};

/* ---- restore ---- */

static enum status restore_files(const struct instance *i, int in, struct err *err)
{
	const char *const argv[] = {"tar",
				    "--extract",
				    "--zstd",
				    "--ignore-zeros",
				    "--file=-",
				    "--strip-components=1",
				    "--no-same-owner",
				    "instance",
				    NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
	const struct spawn tar = {.path = "/usr/bin/tar",
				  .argv = argv,
				  .env = env,
				  .dir = i->dir,
				  .in = in,
				  .out = STDERR_FILENO,
				  .err = STDERR_FILENO,
				  .death_signal = SIGKILL};
	pid_t pid;
	enum status status = spawn_start(&tar, &pid, err);
	if (status == OK)
		status = spawn_wait(pid, "tar", err);
	return status == OK ? OK : err_set(err, INVALID, "this is no whole backup of Holdfast");
}

/* Whether a restore failed because the disk of the new instance is full. */
static enum status restore_cause(const struct instance *i, enum status status, struct err *err)
{
	int fd = open(i->dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return status;
	status = backup_cause(fd, i->dir, status, err);
	close(fd);
	return status;
}

/* The server recovers from its log, and gets this program's schema. */
static enum status restore_recover(const struct instance *i, int *applied, struct err *err)
{
	pid_t pid;
	struct err ignored;
	enum status status = cluster_start(i, &pid, err);
	if (status != OK)
		return status;
	status = database_migrate_all(i, applied, err);
	if (status == OK)
		return cluster_stop(i, pid, err);
	(void)!cluster_stop(i, pid, &ignored);
	return status;
}

/* `i` has the paths; on success also the settings. */
static enum status restore_make(struct instance *i, int in, int *applied, struct err *err)
{
	struct instance restored;
	enum status status = folder_make(i->dir, 0755, err);
	if (status == OK)
		status = restore_files(i, in, err);
	if (status == OK)
		status = instance_open(&restored, i->dir, err);
	if (status != OK)
		return status;
	instance_release(i);
	*i = restored;
	if (mkdir(i->log_dir, 0750) != 0)
		return err_errno(err, FAILED, "%s", i->log_dir);
	if (!instance_embedded(i))
		return backup_restore_dumps(i, &backup_urls, in, applied, err);
	if (backup_urls.of[ROLE_DATABASE_DIRECTORY])
		return err_set(
		    err, INVALID,
		    "this backup is of an instance with a PostgreSQL of its own: leave out --db");
	status = cluster_unpack(i, in, err);
	return status == OK ? restore_recover(i, applied, err) : status;
}

static int restore_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	int applied = 0, in = -1;
	bool existed;
	if (instance_paths(&i, argc > 1 ? argv[1] : cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	enum status status = folder_trusted(argv[0], &err);
	if (status == OK && (in = open(argv[0], O_RDONLY | O_CLOEXEC)) < 0)
		status = err_errno(&err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", argv[0]);
	if (status == OK)
		status = fresh_folder_check(i.dir, &existed, &err);
	if (status == OK) {
		status = restore_make(&i, in, &applied, &err);
		if (status != OK) {
			status = restore_cause(&i, status, &err);
			fresh_folder_undo(&i, existed);
		} else
			instance_remove_run_dir(&i);
	}
	if (in >= 0)
		close(in);
	if (status == OK && cli_globals.json)
		printf("{\"instance\":\"%s\",\"applied\":%d}\n", i.dir, applied);
	else if (status == OK)
		printf("restored %s; start it with 'holdfast -C %s up'\n", i.dir, i.dir);
	if (status == OK && instance_has(&i, ROLE_DATABASE_CONTACT))
		fprintf(
		    stderr,
		    "the contact sphere cannot be read yet: its keys are in no backup. Put the key file of the time to %s/keeper/key (0600, the keeper's user), or start without the sphere (no contact.listen)\n",
		    i.dir);
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_restore = {
    .name = "restore",
    .args = "FILE [DIR]",
    .summary = "Make an instance of a backup",
    .help =
	"DIR (default: the instance of -C) must be absent or empty. Everything is compared with the backup's\n"
	"checksums, the database recovers to the end of the backup and is brought to this version's schema.\n"
	"A backup of an instance with db.url is restored into the empty database of --db, with new passwords.\n"
	"When something fails, nothing is left of it. Two instances cannot listen on the same address: change\n"
	"web.listen before you start a copy beside the original.",
    .options = restore_options,
    .run = restore_command,
};
