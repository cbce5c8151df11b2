/* holdfast-notify: tells the operator of alarms by running notify.command. Wiring only.
 *
 * A process of the supervisor; HOLDFAST_INSTANCE: whose settings. PROCESS_STATE_FD: the file of
 * what was told. It has no sandbox, which the command would inherit: it is kept apart by its system
 * user, and by having neither a database nor a socket. On SIGTERM a command that runs may end. */
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "config/instance.h"
#include "notify/notify.h"
#include "notify/published.h"
#include "process/process.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { NOTIFY_LOOK_MS = 1000, NOTIFY_LINE = 1024 };

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

struct notifier {
	char dir[PATH_MAX], line[NOTIFY_LINE];
	int64_t limit_ms, disk_free;
	struct scoreboard *board;
	struct scoreboard_region *region;
	struct notify_table table;
	struct notify_sources *sources;
	struct notify_command command;
	struct random random;
	bool unsaved; /* what was told is not in the file */
};

static void notifier_settings(struct notifier *n, const char *dir)
{
	struct instance instance;
	struct err err;
	if (instance_open(&instance, dir, &err) != OK)
		die("%s", err.text);
	const struct config *c = &instance.config;
	log_setup("holdfast-notify", (enum log_level)config_number(c, CONFIG_LOG_LEVEL),
		  config_number(c, CONFIG_LOG_FORMAT) == 1);
	snprintf(n->dir, sizeof(n->dir), "%s", instance.dir);
	snprintf(n->line, sizeof(n->line), "%s", config_text(c, CONFIG_NOTIFY_COMMAND));
	n->limit_ms = config_number(c, CONFIG_NOTIFY_TIMEOUT);
	n->table.steady_ms = config_number(c, CONFIG_NOTIFY_STEADY);
	n->disk_free = config_number(c, CONFIG_NOTIFY_DISK_FREE);
	/* The settings hold secrets, which the command's user need not have. */
	instance_release(&instance);
}

static void notifier_open(struct notifier *n)
{
	struct err err;
	int region;
	if (process_number("HOLDFAST_SCOREBOARD_REGION", &region, &err) != OK ||
	    scoreboard_open_region(PROCESS_SCOREBOARD_FD, region, &n->region, &err) != OK ||
	    scoreboard_open(PROCESS_SCOREBOARD_READ_FD, &n->board, &err) != OK)
		die("%s", err.text);
	close(PROCESS_SCOREBOARD_FD);
	close(PROCESS_SCOREBOARD_READ_FD);
	notify_load(&n->table, PROCESS_STATE_FD, clock_ms());
	n->sources =
	    notify_sources_open(&(struct notify_source_options){.board = n->board,
								.dir = n->dir,
								.steady_ms = n->table.steady_ms,
								.disk_free = n->disk_free},
				&n->table, clock_ms());
}

/* For /metrics and /ops. */
static void notifier_publish(const struct notifier *n)
{
	static struct notify_published p; /* static: large */
	alarms_init(&p.alarms);
	for (int i = 0; i < NOTIFY_ENTRIES; i++) {
		const struct notify_entry *e = &n->table.entry[i];
		if (!e->alarm.key[0] || (!e->present && !e->told))
			continue;
		struct alarm *a =
		    alarms_add(&p.alarms, e->alarm.key, (enum alarm_severity)e->alarm.severity,
			       e->alarm.since_us);
		if (a)
			*a = e->alarm;
	}
	p.told = n->table.told;
	p.failed = n->table.failed;
	p.given_up = n->table.given_up;
	p.no_room = n->table.dropped;
	scoreboard_publish(n->region, &p, sizeof(p));
}

static int notifier_open_alarms(const struct notifier *n)
{
	int open = 0;
	for (int i = 0; i < NOTIFY_ENTRIES; i++) {
		const struct notify_entry *e = &n->table.entry[i];
		open += e->alarm.key[0] && (e->told || e->running == NOTIFY_RAISED);
	}
	return open;
}

/* Tried again at each look, until the disk has room. */
static void notifier_save(struct notifier *n)
{
	struct err err;
	bool ok = notify_save(&n->table, PROCESS_STATE_FD, &err) == OK;
	if (!ok && !n->unsaved)
		log_error("what was told cannot be kept; after a restart it would be told again",
			  LOG_S("error", err.text));
	else if (ok && n->unsaved)
		log_info("what was told is kept");
	n->unsaved = !ok;
}

/* The command has ended, or could not be started. */
static void notifier_came(struct notifier *n, bool ok, const char *why)
{
	struct notify_entry *e = n->command.entry;
	const char *state = e->running == NOTIFY_RAISED ? "raised" : "over";
	if (ok)
		log_info("the operator was told", LOG_S("alarm", e->alarm.key),
			 LOG_S("state", state), LOG_S("text", e->alarm.text));
	else
		log_error("notify.command failed", LOG_S("alarm", e->alarm.key),
			  LOG_S("state", state), LOG_S("text", e->alarm.text), LOG_S("error", why),
			  LOG_STR("output", buf_view(&n->command.output)));
	buf_release(&n->command.output);
	if (notify_result(&n->table, e, ok, random_next(&n->random), clock_ms()))
		notifier_save(n);
}

static void notifier_tell(struct notifier *n, struct notify_entry *e)
{
	struct err err;
	struct notify_message m = {.entry = e, .dir = n->dir};
	e->running = e->told ? NOTIFY_OVER : NOTIFY_RAISED;
	m.open = notifier_open_alarms(n);
	if (notify_start(&n->command, n->line, n->limit_ms, &m, clock_ms(), &err) != OK)
		notifier_came(n, false, err.text);
}

/* When the loop must go on without an event. */
static int notifier_wait(const struct notifier *n, int64_t look_at)
{
	int64_t next = look_at, now = clock_ms();
	if (n->command.pid && !n->command.timed_out && n->command.end_at_ms < next)
		next = n->command.end_at_ms;
	if (!n->command.pid && notify_next(&n->table) < next)
		next = notify_next(&n->table);
	return next > now ? (int)(next - now) : 0;
}

static void notifier_run(struct notifier *n)
{
	int64_t look_at = 0;
	while (!stop || n->command.pid) {
		bool ok;
		struct err why;
		if (clock_ms() >= look_at) {
			notify_look(n->sources, &n->table, clock_ms());
			if (n->unsaved)
				notifier_save(n);
			look_at = clock_ms() + NOTIFY_LOOK_MS;
		}
		if (n->command.pid && notify_ended(&n->command, clock_ms(), &ok, &why))
			notifier_came(n, ok, why.text);
		struct notify_entry *due =
		    stop || n->command.pid ? NULL : notify_due(&n->table, clock_ms());
		if (due)
			notifier_tell(n, due);
		notifier_publish(n);
		struct pollfd fds[] = {{n->command.pid ? n->command.pidfd : -1, POLLIN, 0},
				       {n->command.pid ? n->command.out : -1, POLLIN, 0}};
		poll(fds, COUNT_OF(fds), notifier_wait(n, look_at));
	}
}

int main(int argc, char **argv)
{
	static struct notifier n;                        /* static: large */
	struct sigaction term = {.sa_handler = on_term}; /* interrupts the wait */
	const char *dir = getenv("HOLDFAST_INSTANCE");
	(void)argv;
	log_setup("holdfast-notify", LOG_INFO, false);
	if (argc > 1 || !dir) {
		fprintf(stderr, "usage: holdfast-notify\n"
				"Tells the operator of alarms; started by holdfastd.\n");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &term, NULL);
#ifndef HOLDFAST_DEBUG
	/* The command has the same user: it cannot read this process's memory. */
	prctl(PR_SET_DUMPABLE, 0);
#endif
	n.random = random_seeded();
	notifier_settings(&n, dir);
	notifier_open(&n);
	process_ready(0);
	notifier_run(&n);
	notify_sources_close(n.sources);
	scoreboard_close_region(n.region);
	scoreboard_close(n.board);
	return EXIT_OK;
}
