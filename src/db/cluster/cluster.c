#include "db/cluster/internal.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_TIMEOUT_MS = 120000, STOP_TIMEOUT_MS = 60000 };

/* Versions that the tests cover, newest first. */
static const char *const binary_dirs[] = {"/usr/lib/postgresql/15/bin"};

enum status cluster_binary(char out[PATH_MAX], const char *name, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(binary_dirs); i++) {
		enum status status = io_path(out, PATH_MAX, err, "%s/%s", binary_dirs[i], name);
		if (status != OK || access(out, X_OK) == 0)
			return status;
	}
	return err_set(
	    err, NOT_FOUND,
	    "PostgreSQL 15 is not installed (%s); 'apt-get install postgresql-15', or use --db URL",
	    binary_dirs[0]);
}

const char *cluster_user(const struct instance *i)
{
	return geteuid() == 0 ? config_text(&i->config, CONFIG_USER_DB) : NULL;
}

/* ---- making ---- */

/* Check that the server's user can pass through every folder above the instance. */
static enum status cluster_check_reachable(const struct instance *i, const char *user,
					   struct err *err)
{
	const char *const argv[] = {"test", "-x", i->dir, NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	const struct spawn test = {.path = "/usr/bin/test",
				   .argv = argv,
				   .env = env,
				   .user = user,
				   .in = -1,
				   .out = -1,
				   .err = -1};
	pid_t pid;
	struct err ignored;
	enum status status = spawn_start(&test, &pid, err);
	if (status == OK && spawn_wait(pid, "test", &ignored) != OK)
		status = err_set(
		    err, DENIED,
		    "the database's user '%s' cannot reach %s; choose a folder such as /var/lib/holdfast/NAME, or open the folders above it (chmod o+x)",
		    user, i->dir);
	return status;
}

static enum status cluster_initdb(const struct instance *i, const char *user, struct err *err)
{
	char path[PATH_MAX], superuser[ROLE_NAME_MAX];
	/* argv[0] has the folder, where initdb and postgres look for the other programs. C.UTF-8
	 * sorts bytewise, so that btree indexes serve LIKE prefixes and an update of glibc changes
	 * no order; statements sort names for people by ICU's root collation. */
	const char *const argv[] = {path,
				    "-D",
				    i->data_dir,
				    "-U",
				    superuser,
				    "-E",
				    "UTF8",
				    "--locale=C.UTF-8",
				    "--auth=peer",
				    "--no-sync",
				    "--no-instructions",
				    NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
	role_name(&i->config, ROLE_SUPERUSER, superuser);
	struct spawn initdb = {.path = path,
			       .argv = argv,
			       .env = env,
			       .user = user,
			       .in = -1,
			       .out = -1,
			       .death_signal = SIGKILL};
	enum status status = cluster_binary(path, "initdb", err);
	return status == OK ? spawn_run(&initdb, "initdb", err) : status;
}

enum status cluster_make_data_dir(const struct instance *i, struct err *err)
{
	const char *user = cluster_user(i);
	uid_t uid;
	gid_t gid;
	int fd;
	if (mkdir(i->data_dir, 0700) != 0)
		return err_errno(err, errno == EEXIST ? CONFLICT : FAILED, "%s", i->data_dir);
	if (!user)
		return OK;
	enum status status = spawn_user(user, &uid, &gid, err);
	if (status == OK)
		status = cluster_check_reachable(i, user, err);
	if (status == OK)
		status = folder_open(i->data_dir, geteuid(), &fd, err);
	if (status != OK)
		return status;
	if (fchown(fd, uid, gid) != 0)
		status = err_errno(err, FAILED, "%s", i->data_dir);
	close(fd);
	return status;
}

enum status cluster_create(const struct instance *i, struct err *err)
{
	enum status status = cluster_make_data_dir(i, err);
	if (status == OK)
		status = cluster_initdb(i, cluster_user(i), err);
	return status == OK ? cluster_configure(i, err) : status;
}

/* ---- running ---- */

/* Make run_dir, in which the server creates its socket, by its group when it has another user. */
static enum status cluster_prepare_run_dir(const struct instance *i, struct err *err)
{
	uid_t uid;
	gid_t gid;
	int fd;
	const char *user = cluster_user(i);
	enum status status = instance_make_run_dir(i, err);
	if (status != OK || !user)
		return status;
	status = spawn_user(user, &uid, &gid, err);
	if (status == OK)
		status = instance_open_run_dir(i, &fd, err);
	if (status != OK)
		return status;
	if (fchown(fd, (uid_t)-1, gid) != 0 || fchmod(fd, 01771) != 0)
		status = err_errno(err, FAILED, "%s", i->run_dir);
	close(fd);
	return status;
}

enum status cluster_command(const struct instance *i, struct cluster_command *c,
			    struct spawn *spawn, struct err *err)
{
	*c = (struct cluster_command){
	    .argv = {c->path, "-D", c->data_dir, NULL},
	    .env = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL},
	};
	enum status status = cluster_binary(c->path, "postgres", err);
	if (status == OK)
		status = cluster_prepare_run_dir(i, err);
	if (status == OK)
		status = io_path(c->data_dir, sizeof(c->data_dir), err, "%s", i->data_dir);
	/* SIGINT is the fast shutdown: the server shuts down cleanly when this process is
	 * killed. */
	*spawn = (struct spawn){.path = c->path,
				.argv = c->argv,
				.env = c->env,
				.user = cluster_user(i),
				.dir = c->data_dir,
				.in = -1,
				.out = STDERR_FILENO,
				.err = STDERR_FILENO,
				.death_signal = SIGINT,
				.session = true}; /* Ctrl-C must not reach the server */
	return status;
}

/* There is no event to wait for; pg_ctl polls as well. Waits 10 ms. */
static void cluster_pause(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

enum status cluster_start(const struct instance *i, pid_t *pid, struct err *err)
{
	struct cluster_command command;
	struct spawn spawn;
	int output = memfd_create("postgres", MFD_CLOEXEC);
	int status_word;

	if (output < 0)
		return err_errno(err, FAILED, "memfd");
	enum status status = cluster_command(i, &command, &spawn, err);
	if (status == OK) {
		spawn.out = spawn.err = output;
		status = spawn_start(&spawn, pid, err);
	}
	if (status != OK) {
		close(output);
		return status;
	}
	int64_t deadline = clock_ms() + START_TIMEOUT_MS;
	while (cluster_state(i) != CLUSTER_READY) {
		if (waitpid(*pid, &status_word, WNOHANG) == *pid) {
			status = err_set(err, FAILED, "PostgreSQL ended while starting");
			spawn_quote_output(output, err);
			break;
		}
		if (clock_ms() > deadline) {
			kill(*pid, SIGQUIT);
			waitpid(*pid, NULL, 0);
			status = err_set(err, TIMED_OUT, "PostgreSQL was not ready in %d s",
					 START_TIMEOUT_MS / 1000);
			break;
		}
		cluster_pause();
	}
	close(output);
	return status;
}

enum status cluster_stop(const struct instance *i, pid_t pid, struct err *err)
{
	int64_t deadline = clock_ms() + STOP_TIMEOUT_MS;
	(void)i;
	kill(pid, SIGINT);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_ms() > deadline) {
			kill(pid, SIGQUIT);
			waitpid(pid, NULL, 0);
			return err_set(err, TIMED_OUT, "PostgreSQL did not stop in %d s",
				       STOP_TIMEOUT_MS / 1000);
		}
		cluster_pause();
	}
	return OK;
}
