/* holdfast up: run the instance, in the foreground or detached. */
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "commands/commands.h"
#include "commands/containers.h"
#include "commands/database.h"
#include "config/instance.h"
#include "process/process.h"
#include "process/spawn.h"
#include "process/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAY_MS = 2000 };

static bool detach;
static int64_t wait_s = 120;

static const struct cli_option options[] = {
    {"detach", 'd', CLI_FLAG, NULL, 0, 0, "return when everything runs; logs go to DIR/log",
     &detach},
    {"wait", 0, CLI_INT, "SECONDS", 1, 3600, "with --detach: how long to wait for it (default 120)",
     &wait_s},
    {0},
};

static enum status up_foreground(const char *program, const char *dir, struct err *err)
{
	execl(program, "holdfastd", dir, (char *)NULL);
	return err_errno(err, FAILED, "%s", program);
}

/* Print what was logged since the start began: it has the reason of the failure. */
static void up_show_log(const char *log, off_t from)
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

/* The last line of the log, without its end. */
static void up_last_line(const char *log, char *out, size_t size)
{
	char text[2048];
	out[0] = '\0';
	int fd = open(log, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof(text) ? end - (off_t)sizeof(text) : 0;
	ssize_t n = pread(fd, text, sizeof(text), from);
	close(fd);
	struct str rest = n > 0 ? str_trim((struct str){text, (size_t)n}) : STR(""), line = rest;
	while (rest.p)
		line = str_cut(&rest, '\n');
	snprintf(out, size, "%.*s", STR_ARG(line));
}

/* A detached start that is waited for. */
struct start {
	const struct instance *instance;
	char log[PATH_MAX];
	off_t log_from; /* where the log ended before */
	pid_t supervisor;
	int ready; /* the supervisor's answer */
	char waiting[512];
};

static void up_add_waiting(void *ctx, const struct control_reply *r)
{
	struct start *s = ctx;
	size_t n = strlen(s->waiting);
	if (r->state != PROCESS_RUNNING)
		snprintf(s->waiting + n, sizeof(s->waiting) - n, "%s%.32s (%s)", n ? ", " : "",
			 r->name, process_state_name(r->state));
}

/* Write the processes that do not run yet, and the last line of the log, to s->waiting. */
static void up_find_waiting(struct start *s)
{
	char line[300];
	s->waiting[0] = '\0';
	(void)!control_ask(s->instance, CONTROL_STATUS, up_add_waiting, s, NULL);
	up_last_line(s->log, line, sizeof(line));
	size_t n = strlen(s->waiting);
	snprintf(s->waiting + n, sizeof(s->waiting) - n, "%s; logged last: %s",
		 n ? "" : "the supervisor", line);
}

static enum status up_take_answer(const struct start *s, struct err *err)
{
	char text[256] = "";
	size_t n = 0;
	for (ssize_t k = 1; k > 0 && n<sizeof(text) - 1; n += k> 0 ? (size_t)k : 0) {
		k = read(s->ready, text + n, sizeof(text) - 1 - n);
		if (text[0] == SUPERVISE_READY)
			return OK;
	}
	waitpid(s->supervisor, NULL, 0);
	if (!n)
		return err_set(err, FAILED, "the instance did not start");
	return err_set(err, FAILED, "the instance did not start: %s", text);
}

/* Wait for the supervisor's answer. A server that recovers, or waits for its predecessor to end,
 * may take long: every SAY_MS say what the start waits for. */
static enum status up_wait(struct start *s, struct err *err)
{
	char said[sizeof(s->waiting)] = "";
	int64_t deadline = clock_ms() + wait_s * 1000;
	for (;;) {
		struct pollfd fd = {s->ready, POLLIN, 0};
		int64_t left = deadline - clock_ms();
		int n = left > 0 ? poll(&fd, 1, (int)(left < SAY_MS ? left : SAY_MS)) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			return up_take_answer(s, err);
		up_find_waiting(s);
		if (left <= SAY_MS)
			return err_set(
			    err, TIMED_OUT,
			    "not everything runs after %lld s; 'holdfast status' says what, 'holdfast down' stops it; waiting for %s",
			    (long long)wait_s, s->waiting);
		if (strcmp(said, s->waiting) != 0)
			fprintf(stderr, "holdfast up: waiting for %s\n", s->waiting);
		memcpy(said, s->waiting, sizeof(said));
	}
}

static enum status up_start(struct start *s, const char *program, int log, struct err *err)
{
	int ready[2];
	if (pipe2(ready, O_CLOEXEC) != 0)
		return err_errno(err, FAILED, "pipe");
	const char *const argv[] = {"holdfastd", s->instance->dir, "3", NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	const struct spawn daemon = {.path = program,
				     .argv = argv,
				     .env = env,
				     .in = -1,
				     .out = log,
				     .err = log,
				     .fds = {{ready[1], SPAWN_FD_FIRST}},
				     .fds_count = 1,
				     .session = true};
	enum status status = spawn_start(&daemon, &s->supervisor, err);
	close(ready[1]);
	s->ready = ready[0];
	if (status == OK)
		status = up_wait(s, err);
	if (status == FAILED)
		up_show_log(s->log, s->log_from);
	close(ready[0]);
	return status;
}

static enum status up_detached(const struct instance *i, const char *program, struct err *err)
{
	struct start s = {.instance = i};
	int log;
	enum status status = io_path(s.log, sizeof(s.log), err, "%s/" INSTANCE_LOG, i->log_dir);
	if (status == OK)
		status = folder_create(s.log, O_APPEND, 0640, &log, err);
	if (status != OK)
		return err_prefix(err, status, "the log cannot be written");
	s.log_from = lseek(log, 0, SEEK_END);
	status = up_start(&s, program, log, err);
	close(log);
	return status;
}

/* Check settings that otherwise only the processes would find wrong. */
static enum status up_check_settings(const struct instance *i, struct err *err)
{
	enum status status = enrich_check_schedule(i, err);
	for (enum config_id id = 0; id < CONFIG_OPTIONS && status == OK && geteuid() == 0; id++) {
		uid_t uid;
		gid_t gid;
		if (strncmp(config_options[id].name, "user.", 5) != 0 ||
		    ((id == CONFIG_USER_CONTACT || id == CONFIG_USER_KEEPER) &&
		     !instance_has(i, ROLE_DATABASE_CONTACT)) ||
		    (id == CONFIG_USER_NOTIFY && !*config_text(&i->config, CONFIG_NOTIFY_COMMAND)))
			continue;
		status = spawn_user(config_text(&i->config, id), &uid, &gid, err);
		if (status != OK)
			status = config_prefix(&i->config, id, err, status);
	}
	return status;
}

static int up_command(int argc, char **argv)
{
	struct instance i;
	struct err err;
	char folder[PATH_MAX], program[PATH_MAX];
	(void)argc;
	(void)argv;
	if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	enum status status = up_check_settings(&i, &err);
	if (status == OK)
		status = io_program_dir(folder, sizeof(folder), &err);
	if (status == OK)
		status = io_path(program, sizeof(program), &err, "%s/holdfastd", folder);
	if (status == OK)
		status =
		    detach ? up_detached(&i, program, &err) : up_foreground(program, i.dir, &err);
	if (status == OK && cli_globals.json)
		printf("{\"url\":\"http://%s/\"}\n", config_text(&i.config, CONFIG_WEB_LISTEN));
	else if (status == OK)
		printf("http://%s/\n", config_text(&i.config, CONFIG_WEB_LISTEN));
	/* It may come later: the instance runs, and answers 503 until then. */
	struct err absent;
	if (status == OK && detach && database_answers(&i, &absent) != OK)
		fprintf(stderr, "holdfast up: %s; pages answer 503 until the database does\n",
			absent.text);
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
    .run = up_command,
};
