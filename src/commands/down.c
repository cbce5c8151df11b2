/* holdfast down and reload: tell the supervisor. */
#include "base/clock.h"
#include "base/io.h"
#include "commands/commands.h"
#include "db/cluster/cluster.h"
#include "process/process.h"

#include <stdio.h>
#include <sys/file.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static int64_t wait_s = 90;

static const struct cli_option options[] = {
    {"wait", 0, CLI_INT, "SECONDS", 1, 3600, "how long to wait until all has ended (default 90)",
     &wait_s},
    {0},
};

/* The supervisor holds the lock until its last breath; a killed one has let go of it. */
static bool supervisor_gone(const struct instance *i)
{
	char path[PATH_MAX];
	struct err ignored;
	if (io_path(path, sizeof(path), &ignored, "%s/" INSTANCE_LOCK, i->run_dir) != OK)
		return true;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return true;
	bool gone = flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return gone;
}

/* Until supervisor and database are gone, then what a killed one left behind. */
static enum status wait_gone(const struct instance *i, struct err *err)
{
	int64_t deadline = clock_ms() + wait_s * 1000;
	char path[PATH_MAX];
	while (!supervisor_gone(i) ||
	       (instance_embedded(i) && cluster_state(i, NULL) != CLUSTER_DOWN)) {
		if (clock_ms() > deadline)
			return err_set(err, TIMED_OUT,
				       "still running after %lld s; see %s/holdfast.log",
				       (long long)wait_s, i->log_dir);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	if (instance_embedded(i))
		cluster_clean(i);
	static const char *const names[] = {INSTANCE_CONTROL, INSTANCE_LOCK};
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (io_path(path, sizeof(path), err, "%s/%s", i->run_dir, names[n]) == OK)
			unlink(path);
	instance_remove_run_dir(i);
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
	enum status asked = control_ask(&i, CONTROL_STOP, NULL, NULL, &err);
	enum status status = asked == OK || asked == NOT_FOUND ? wait_gone(&i, &err) : asked;
	if (status == OK && cli_globals.json)
		printf("{\"was_running\":%s}\n", asked == OK ? "true" : "false");
	else if (status == OK)
		printf("%s\n", asked == OK ? "stopped" : "was not running");
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
    .help = "Web processes finish their requests, then the database shuts down. Also clears away "
	    "what a\n"
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
