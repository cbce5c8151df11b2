#include "commands/containers.h"
#include "base/io.h"
#include "base/log.h"
#include "pipeline/wire/wire.h"
#include "process/process.h"
#include "process/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FETCH_FILES = 2048 };

static enum status container_spawn(const struct instance *i, const char *program,
				   enum config_id user, const char *const *argv,
				   const char *const *env, int ready_fd, int peer_fd,
				   int settings_fd, pid_t *pid, struct err *err)
{
	char dir[PATH_MAX], path[PATH_MAX];
	enum status status = io_program_dir(dir, sizeof(dir), err);
	if (status == OK)
		status = io_path(path, sizeof(path), err, "%s/%s", dir, program);
	if (status != OK)
		return status;
	struct spawn s = {
	    .path = path,
	    .argv = argv,
	    .env = env,
	    .user = geteuid() == 0 ? config_text(&i->config, user) : NULL,
	    .in = -1,
	    .out = STDERR_FILENO,
	    .err = STDERR_FILENO,
	    .fds = {{ready_fd, PROCESS_READY_FD}, {peer_fd, PROCESS_PEER_FD}},
	    .fds_count = 2,
	    .death_signal = SIGKILL,
	    .session = true,
	    .max_files = FETCH_FILES,
	};
	if (settings_fd >= 0)
		spawn_give(&s, settings_fd, PROCESS_SETTINGS_FD);
	return spawn_start(&s, pid, err);
}

enum status container_start(const struct instance *i, const char *conninfo, int64_t batch,
			    struct container *c, struct err *err)
{
	int pair[2], ready[2], settings;
	char instance_env[PATH_MAX + 32], database_env[2 * PATH_MAX], number[24];
	char log[LOG_ENV];
	log_env((enum log_level)config_number(&i->config, CONFIG_LOG_LEVEL),
		config_number(&i->config, CONFIG_LOG_FORMAT) == 1, log);
	snprintf(instance_env, sizeof(instance_env), "HOLDFAST_INSTANCE=%s", i->dir);
	if (snprintf(database_env, sizeof(database_env), "HOLDFAST_DATABASE=%s", conninfo) >=
	    (int)sizeof(database_env))
		return err_set(err, TOO_LARGE, "db.url is too long");
	snprintf(number, sizeof(number), "%lld", (long long)batch);
	enum status status = instance_settings(i, &settings, err);
	if (status != OK)
		return status;
	status = wire_pair(pair, err);
	if (status != OK) {
		close(settings);
		return status;
	}
	/* The pipe on which a process reports to its supervisor that it is ready; nobody reads it
	 * here. */
	if (pipe2(ready, O_CLOEXEC) != 0)
		status = err_errno(err, FAILED, "pipe");
	if (status == OK)
		status = container_spawn(i, "holdfast-fetch", CONFIG_USER_FETCH,
					 (const char *const[]){"holdfast-fetch", NULL},
					 (const char *const[]){log, NULL}, ready[1], pair[1], -1,
					 &c->fetch, err);
	if (status == OK) {
		status = container_spawn(
		    i, "holdfast-worker", CONFIG_USER_WORKER,
		    batch ? (const char *const[]){"holdfast-worker", number, NULL}
			  : (const char *const[]){"holdfast-worker", NULL},
		    (const char *const[]){instance_env, database_env, PROCESS_SETTINGS_ENV, NULL},
		    ready[1], pair[0], settings, &c->worker, err);
		if (status != OK)
			kill(c->fetch, SIGKILL);
	}
	close(pair[0]);
	close(pair[1]);
	close(ready[0]);
	close(ready[1]);
	close(settings);
	return status;
}

enum status container_start_fetch(const struct instance *i, pid_t *pid, int *fd, struct err *err)
{
	int pair[2], ready[2];
	char log[LOG_ENV];
	log_env((enum log_level)config_number(&i->config, CONFIG_LOG_LEVEL),
		config_number(&i->config, CONFIG_LOG_FORMAT) == 1, log);
	enum status status = wire_pair(pair, err);
	if (status != OK)
		return status;
	if (pipe2(ready, O_CLOEXEC) != 0) {
		close(pair[0]);
		close(pair[1]);
		return err_errno(err, FAILED, "pipe");
	}
	status = container_spawn(i, "holdfast-fetch", CONFIG_USER_FETCH,
				 (const char *const[]){"holdfast-fetch", NULL},
				 (const char *const[]){log, NULL}, ready[1], pair[1], -1, pid, err);
	close(pair[1]);
	close(ready[0]);
	close(ready[1]);
	if (status == OK)
		*fd = pair[0];
	else
		close(pair[0]);
	return status;
}

bool container_ended(struct container *c, pid_t pid, int wait_status, bool *failed)
{
	*failed = false;
	if (pid == c->worker) {
		*failed = !WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != EXIT_OK;
		c->worker = 0;
		if (c->fetch)
			kill(c->fetch, SIGTERM);
		return true;
	}
	if (pid != c->fetch)
		return false;
	/* The worker sees that its socket is closed, queues its items again and ends. */
	c->fetch = 0;
	return true;
}

void container_stop(struct container *c)
{
	if (c->worker)
		kill(c->worker, SIGTERM);
}
