#include "db/cluster/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const char *const backup_env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};

enum status cluster_backup(const char *conninfo, int out, bool progress, struct err *err)
{
	char path[PATH_MAX];
	pid_t pid;
	/* --wal-method=stream cannot write to standard output; fetch is enough with the slot. */
	const char *const argv[] = {path,
				    "--dbname",
				    conninfo,
				    "--pgdata=-",
				    "--format=tar",
				    "--wal-method=fetch",
				    "--checkpoint=fast",
				    "--compress=client-zstd:1",
				    "--label=holdfast backup",
				    "--no-password",
				    progress ? "--progress" : NULL,
				    NULL};
	struct spawn command = {.path = path,
				.argv = argv,
				.env = backup_env,
				.in = -1,
				.out = out,
				.err = STDERR_FILENO,
				.death_signal = SIGTERM};
	enum status status = cluster_binary(path, "pg_basebackup", err);
	if (status == OK)
		status = spawn_start(&command, &pid, err);
	return status == OK ? spawn_wait(pid, "pg_basebackup", err) : status;
}

static enum status backup_verify(const struct instance *i, struct err *err)
{
	char path[PATH_MAX];
	const char *const argv[] = {path, "--exit-on-error", "--quiet", i->data_dir, NULL};
	struct spawn command = {.path = path,
				.argv = argv,
				.env = backup_env,
				.user = cluster_user(i),
				.in = -1,
				.out = -1,
				.death_signal = SIGKILL};
	enum status status = cluster_binary(path, "pg_verifybackup", err);
	return status == OK ? spawn_run(&command, "pg_verifybackup", err) : status;
}

enum status cluster_unpack(const struct instance *i, int in, struct err *err)
{
	const char *const argv[] = {
	    "tar",        "--extract",          "--zstd",   "--ignore-zeros",
	    "--anchored", "--exclude=instance", "--file=-", NULL};
	struct spawn tar = {.path = "/usr/bin/tar",
			    .argv = argv,
			    .env = backup_env,
			    .user = cluster_user(i),
			    .dir = i->data_dir,
			    .in = in,
			    .out = -1,
			    .death_signal = SIGKILL};
	enum status status = cluster_make_data_dir(i, err);
	if (status != OK)
		return status;
	if (lseek(in, 0, SEEK_SET) != 0)
		return err_errno(err, FAILED, "the backup");
	status = spawn_run(&tar, "tar", err);
	if (status == OK)
		status = backup_verify(i, err);
	return status == OK ? cluster_configure(i, err) : status;
}
