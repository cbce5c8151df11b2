/* holdfast up: run the instance, in the foreground or detached. */
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "commands/commands.h"
#include "commands/containers.h"
#include "config/instance.h"
#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool detach;
static int64_t wait_s = 120;

static const struct cli_option options[] = {
    {"detach", 'd', CLI_FLAG, NULL, 0, 0, "return when everything runs; logs go to DIR/log",
     &detach},
    {"wait", 0, CLI_INT, "SECONDS", 1, 3600, "with --detach: how long to wait for it (default 120)",
     &wait_s},
    {0},
};

static enum status foreground(const char *program, const char *dir, struct err *err)
{
	execl(program, "holdfastd", dir, (char *)NULL);
	return err_errno(err, FAILED, "%s", program);
}

/* What the log has grown by since we began, so that the reason of a failure is seen at once. */
static void show_log(const char *log, off_t from)
{
	char chunk[4096];
	ssize_t n;
	int fd = open(log, O_RDONLY | O_CLOEXEC);
	while ((n = pread(fd, chunk, sizeof(chunk), from)) > 0) {
		fwrite(chunk, 1, (size_t)n, stderr);
		from += n;
	}
	if (fd >= 0)
		close(fd);
}

static enum status wait_ready(pid_t pid, int ready, struct err *err)
{
	int64_t deadline = clock_ms() + wait_s * 1000;
	char byte;
	for (;;) {
		struct pollfd fd = {ready, POLLIN, 0};
		int64_t left = deadline - clock_ms();
		int n = left > 0 ? poll(&fd, 1, (int)left) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			return err_set(
			    err, TIMED_OUT,
			    "not everything runs after %lld s; 'holdfast status' says what, 'holdfast down' stops it",
			    (long long)wait_s);
		if (read(ready, &byte, 1) == 1)
			return OK;
		waitpid(pid, NULL, 0);
		return err_set(err, FAILED, "the instance did not start");
	}
}

static enum status detached(const struct instance *i, const char *program, struct err *err)
{
	char log[PATH_MAX];
	int ready[2];
	pid_t pid;
	enum status status = io_path(log, sizeof(log), err, "%s/holdfast.log", i->log_dir);
	if (status != OK)
		return status;
	int fd;
	status = folder_create(log, O_APPEND, 0640, &fd, err);
	if (status != OK)
		return status;
	off_t from = lseek(fd, 0, SEEK_END);
	if (pipe2(ready, O_CLOEXEC) != 0) {
		status = err_errno(err, FAILED, "pipe");
	} else {
		const char *const argv[] = {"holdfastd", i->dir, "3", NULL};
		const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
		const struct spawn daemon = {.path = program,
					     .argv = argv,
					     .env = env,
					     .in = -1,
					     .out = fd,
					     .err = fd,
					     .fds = {{ready[1], SPAWN_FD_FIRST}},
					     .fds_count = 1,
					     .session = true};
		status = spawn_start(&daemon, &pid, err);
		close(ready[1]);
		if (status == OK)
			status = wait_ready(pid, ready[0], err);
		if (status == FAILED)
			show_log(log, from);
		close(ready[0]);
	}
	close(fd);
	return status;
}

static int run(int argc, char **argv)
{
	struct instance i;
	struct err err;
	char folder[PATH_MAX], program[PATH_MAX];
	(void)argc;
	(void)argv;
	if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	enum status status = enrich_check_schedule(&i, &err);
	if (status == OK)
		status = io_program_dir(folder, sizeof(folder), &err);
	if (status == OK)
		status = io_path(program, sizeof(program), &err, "%s/holdfastd", folder);
	if (status == OK)
		status = detach ? detached(&i, program, &err) : foreground(program, i.dir, &err);
	if (status == OK && cli_globals.json)
		printf("{\"url\":\"http://%s/\"}\n", config_text(&i.config, CONFIG_WEB_LISTEN));
	else if (status == OK)
		printf("http://%s/\n", config_text(&i.config, CONFIG_WEB_LISTEN));
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_up = {
    .name = "up",
    .args = "",
    .summary = "Run the instance",
    .help = "In the foreground until Ctrl-C or SIGTERM; or detached, until 'holdfast down'. SIGHUP "
	    "(or\n"
	    "'holdfast reload') reads the settings again.",
    .options = options,
    .run = run,
};
