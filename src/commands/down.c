/* holdfast down and reload: tell the supervisor. */
#include "base/clock.h"
#include "base/folder.h"
#include "commands/commands.h"
#include "db/cluster/cluster.h"
#include "process/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static int64_t wait_s = 90;

static const struct cli_option options[] = {
    {"wait", 0, CLI_INT, "SECONDS", 1, 3600,
     "how long to wait before processes are killed (default 90)", &wait_s},
    {0},
};

/* Time before the next signal, which is harder to ignore. */
enum { HARDER_MS = 10000 };

/* The supervisor holds the lock as long as it lives. *pid: its process id; 0 when it does not run
 * or has not written it yet. */
static bool down_supervisor_gone(const struct instance *i, pid_t *pid)
{
	char text[16];
	int64_t number = 0;
	int run_dir, lock;
	*pid = 0;
	if (instance_open_run_dir(i, &run_dir, NULL) != OK)
		return true;
	enum status status =
	    folder_open_file(run_dir, INSTANCE_LOCK, O_RDWR, geteuid(), &lock, NULL);
	close(run_dir);
	if (status != OK)
		return true;
	bool gone = flock(lock, LOCK_EX | LOCK_NB) == 0;
	ssize_t n = read(lock, text, sizeof(text));
	if (!gone && n > 0 &&
	    str_to_i64(str_trim((struct str){text, (size_t)n}), 1, INT32_MAX, &number))
		*pid = (pid_t)number;
	close(lock);
	return gone;
}

static bool down_all_gone(const struct instance *i, struct err *err)
{
	pid_t supervisor;
	if (!down_supervisor_gone(i, &supervisor)) {
		err_set(err, FAILED, "the supervisor has not ended yet");
		return false;
	}
	return cluster_clean(i, err) == OK;
}

/* Wait until supervisor and database are gone, and remove what a killed one left behind. A
 * supervisor that does not stop in time is killed: its processes die with it, and the database
 * begins its fast shutdown. When that hangs too, the immediate one (SIGQUIT: recovers at the next
 * start), and in the end SIGKILL. */
static enum status down_wait(const struct instance *i, int64_t patience_ms, struct err *err)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGKILL}; /* for the database */
	size_t step = 0;
	pid_t supervisor;
	int64_t deadline = clock_ms() + patience_ms;
	while (!down_all_gone(i, err)) {
		if (clock_ms() >= deadline && step == COUNT_OF(signals))
			return err_prefix(err, TIMED_OUT, "still running; see %s/holdfast.log",
					  i->log_dir);
		if (clock_ms() >= deadline) {
			fprintf(
			    stderr,
			    "holdfast down: the instance does not stop by itself; ending its processes\n");
			if (!down_supervisor_gone(i, &supervisor) && supervisor)
				kill(supervisor, SIGKILL);
			cluster_signal(i, signals[step]);
			step++;
			deadline = clock_ms() + HARDER_MS;
		}
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	instance_remove_run_dir(i);
	return OK;
}

static int down_run(int argc, char **argv)
{
	struct instance i;
	struct err err, problem;
	(void)argc;
	(void)argv;
	/* Stopping needs no settings: it must work when they cannot be read. */
	if (instance_find(&i, cli_globals.instance_dir, &problem, &err) != OK)
		return cli_failed(&err);
	enum status asked = control_ask(&i, CONTROL_STOP, NULL, NULL, &err), status = asked;
	if (asked == OK || asked == NOT_FOUND)
		status = down_wait(&i, wait_s * 1000, &err);
	else if (asked == UNAVAILABLE) /* the supervisor hangs */
		status = down_wait(&i, 0, &err);
	if (status == OK && cli_globals.json)
		printf("{\"was_running\":%s}\n", asked == NOT_FOUND ? "false" : "true");
	else if (status == OK)
		printf("%s\n", asked == NOT_FOUND ? "was not running" : "stopped");
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

static int reload_run(int argc, char **argv)
{
	struct instance i;
	struct err err, problem;
	(void)argc;
	(void)argv;
	/* The supervisor reads the settings and reports what is wrong with them. */
	if (instance_find(&i, cli_globals.instance_dir, &problem, &err) != OK)
		return cli_failed(&err);
	enum status status = control_ask(&i, CONTROL_RELOAD, NULL, NULL, &err);
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

const struct command command_down = {
    .name = "down",
    .args = "",
    .summary = "Stop the instance",
    .help =
	"Web processes finish their requests, then the database shuts down. Also removes what a\n"
	"killed instance has left.",
    .options = options,
    .run = down_run,
};

const struct command command_reload = {
    .name = "reload",
    .args = "",
    .summary = "Read the settings again",
    .help =
	"A file with a mistake is refused and nothing changes. Processes get the new settings one\n"
	"after the other, while the others serve.",
    .run = reload_run,
};
