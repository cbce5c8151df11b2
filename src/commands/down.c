/* holdfast down and reload: tell the supervisor. */
#include "base/clock.h"
#include "base/io.h"
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

/* When everything has to go: milliseconds between one means and the next. */
enum { HARDER_MS = 10000 };

/* The supervisor holds the lock until its last breath; a killed one has let go of it. Else *pid (0 when
 * it cannot be told). */
static bool supervisor_gone(const struct instance *i, pid_t *pid)
{
	char path[PATH_MAX], text[16];
	struct err ignored;
	int64_t number = 0;
	*pid = 0;
	if (io_path(path, sizeof(path), &ignored, "%s/" INSTANCE_LOCK, i->run_dir) != OK)
		return true;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return true;
	bool gone = flock(fd, LOCK_EX | LOCK_NB) == 0;
	ssize_t n = read(fd, text, sizeof(text));
	if (n > 0 && str_to_i64(str_trim((struct str){text, (size_t)n}), 1, INT32_MAX, &number))
		*pid = (pid_t)number;
	close(fd);
	return gone;
}

static bool all_gone(const struct instance *i, pid_t *supervisor, pid_t *database)
{
	*database = 0;
	if (!supervisor_gone(i, supervisor) ||
	    (instance_embedded(i) && cluster_state(i, database) != CLUSTER_DOWN))
		return false;
	return !instance_embedded(i) || cluster_clean(i);
}

static void remove_files(const struct instance *i)
{
	static const char *const names[] = {INSTANCE_CONTROL, INSTANCE_LOCK};
	char path[PATH_MAX];
	struct err ignored;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (io_path(path, sizeof(path), &ignored, "%s/%s", i->run_dir, names[n]) == OK)
			unlink(path);
	instance_remove_run_dir(i);
}

/* Until supervisor and database are gone, then what a killed one left behind. A supervisor that does not
 * stop in time is killed: its processes die with it, and the database begins its fast shutdown. When that
 * too hangs, the immediate one (SIGQUIT: recovers at the next start), and in the end SIGKILL. */
static enum status wait_gone(const struct instance *i, int64_t patience_ms, struct err *err)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGKILL}; /* for the database */
	size_t step = 0;
	pid_t supervisor, database;
	int64_t deadline = clock_ms() + patience_ms;
	while (!all_gone(i, &supervisor, &database)) {
		if (clock_ms() >= deadline && step == sizeof(signals) / sizeof(signals[0]))
			return err_set(err, TIMED_OUT, "still running; see %s/holdfast.log",
				       i->log_dir);
		if (clock_ms() >= deadline) {
			fprintf(
			    stderr,
			    "holdfast down: the instance does not stop by itself; ending its processes\n");
			if (!supervisor_gone(i, &supervisor) && supervisor)
				kill(supervisor, SIGKILL);
			if (cluster_state(i, &database) != CLUSTER_DOWN && database)
				kill(database, signals[step]);
			step++;
			deadline = clock_ms() + HARDER_MS;
		}
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	remove_files(i);
	return OK;
}

static int run_down(int argc, char **argv)
{
	struct instance i;
	struct err err;
	(void)argc;
	(void)argv;
	if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
		return cli_failed(&err);
	enum status asked = control_ask(&i, CONTROL_STOP, NULL, NULL, &err), status = asked;
	if (asked == OK || asked == NOT_FOUND)
		status = wait_gone(&i, wait_s * 1000, &err);
	else if (asked == UNAVAILABLE) /* it hangs */
		status = wait_gone(&i, 0, &err);
	if (status == OK && cli_globals.json)
		printf("{\"was_running\":%s}\n", asked == NOT_FOUND ? "false" : "true");
	else if (status == OK)
		printf("%s\n", asked == NOT_FOUND ? "was not running" : "stopped");
	instance_release(&i);
	return status == OK ? EXIT_OK : cli_failed(&err);
}

static int run_reload(int argc, char **argv)
{
	struct instance i;
	struct err err;
	(void)argc;
	(void)argv;
	if (instance_open(&i, cli_globals.instance_dir, &err) != OK)
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
	"Web processes finish their requests, then the database shuts down. Also clears away what a\n"
	"killed instance left behind.",
    .options = options,
    .run = run_down,
};

const struct command command_reload = {
    .name = "reload",
    .args = "",
    .summary = "Read the settings again",
    .help =
	"A file with a mistake is refused and nothing changes. Processes get the new settings one\n"
	"after the other, while the others serve.",
    .run = run_reload,
};
