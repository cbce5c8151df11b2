/* holdfast top: the pipeline, live, in a terminal. */
#include "base/clock.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "monitor/look.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LOOK_MS = 1000 };

static bool once;
static const struct cli_option options[] = {
    {"once", '1', CLI_FLAG, NULL, 0, 0,
     "show it once and end; also when standard output is not a terminal", &once},
    {0},
};

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static int terminal_width(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col
										 : 100;
}

static void top_show(const struct monitor_view *view, bool live)
{
	struct buf out;
	buf_init(&out, MONITOR_VIEW_BYTES);
	if (live)
		buf_puts(&out, "\033[H\033[J");
	if (cli_globals.json) {
		monitor_json(&out, view);
		buf_putc(&out, '\n');
	} else {
		monitor_text(&out, view, terminal_width(), live);
	}
	buf_write(&out, stdout);
	fflush(stdout);
	buf_release(&out);
}

static int top_command(int argc, char **argv)
{
	struct instance i;
	struct db *db;
	struct err err;
	struct buf conninfo;
	struct arena arena;
	(void)argv;
	if (argc)
		return cli_usage_error("'top' takes no arguments");
	if (database_open(&i, ROLE_WEB, true, &db, &err) != OK)
		return cli_failed(&err);
	buf_init(&conninfo, 2 * PATH_MAX);
	if (instance_conninfo(&i, ROLE_WEB, &conninfo, &err) != OK)
		die("%s", err.text);
	arena_init(&arena, MONITOR_VIEW_BYTES);
	bool live = !once && !cli_globals.json && isatty(STDOUT_FILENO);
	const struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	do {
		struct monitor_view view;
		monitor_look(&db, buf_z(&conninfo), "holdfast top", &arena,
			     config_number(&i.config, CONFIG_PIPELINE_FLUSH), &view, &err);
		top_show(&view, live);
	} while (live && !stop && (poll(NULL, 0, LOOK_MS), !stop));
	arena_release(&arena);
	buf_release(&conninfo);
	db_close(db);
	instance_release(&i);
	return EXIT_OK;
}

const struct command command_top = {
    .name = "top",
    .args = "",
    .summary = "Watch the pipeline: batches, containers, rates, expected end",
    .help =
	"States: WORKING, IDLE, FINISHED; STALLED (no heartbeat, or no progress though work is open),\n"
	"DEAD (the lease has expired), FAILING (all recent items fail), THROTTLED (a host asked for a pause),\n"
	"UNKNOWN (the numbers are not current). The same view is at /ops in a browser and in /metrics.",
    .options = options,
    .run = top_command,
};
