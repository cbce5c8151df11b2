/* holdfast-monitor: looks at the pipeline once a second, over a connection of its own, and
 * publishes what the operator must be told of. Wiring only.
 *
 * A process of the supervisor, as long as there is a notify.command. HOLDFAST_INSTANCE: whose
 * settings; HOLDFAST_DATABASE: conninfo of the web's role, which may read and nothing else. */
#include "base/clock.h"
#include "base/log.h"
#include "config/instance.h"
#include "db/db.h"
#include "monitor/look.h"
#include "process/process.h"
#include "process/sandbox.h"
#include "process/scoreboard.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MONITOR_LOOK_MS = 1000 };

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static void monitor_run(const char *conninfo, int64_t flush_ms, struct scoreboard_region *region)
{
	static struct alarms list; /* static: large */
	struct monitor_watch watch = {0};
	struct monitor_view view;
	struct arena arena;
	struct db *db = NULL;
	struct err why;
	bool known = false, first = true;
	arena_init(&arena, MONITOR_VIEW_BYTES);
	while (!stop) {
		monitor_look(&db, conninfo, "holdfast monitor", &arena, flush_ms, &view, &why);
		if (!view.known && (known || first))
			log_warn("the pipeline cannot be read", LOG_S("error", why.text));
		known = view.known;
		first = false;
		alarms_init(&list);
		monitor_alarms(&watch, &view, why.text, clock_wall_us(), &list);
		scoreboard_publish(region, &list, sizeof(list));
		if (!stop)
			poll(NULL, 0, MONITOR_LOOK_MS); /* a signal interrupts it */
	}
	db_close(db);
	arena_release(&arena);
}

int main(int argc, char **argv)
{
	struct sigaction term = {.sa_handler = on_term};
	const char *dir = getenv("HOLDFAST_INSTANCE"), *conninfo = getenv("HOLDFAST_DATABASE");
	struct instance instance;
	struct scoreboard_region *region;
	struct err err;
	unsigned separation;
	int number;
	(void)argv;
	log_setup("holdfast-monitor", LOG_INFO, false);
	if (argc > 1 || !dir || !conninfo) {
		fprintf(stderr, "usage: holdfast-monitor\n"
				"Watches the pipeline for alarms; started by holdfastd.\n");
		return EXIT_USAGE;
	}
	if (instance_open(&instance, dir, &err) != OK ||
	    process_number("HOLDFAST_SCOREBOARD_REGION", &number, &err) != OK ||
	    scoreboard_open_region(PROCESS_SCOREBOARD_FD, number, &region, &err) != OK)
		die("%s", err.text);
	close(PROCESS_SCOREBOARD_FD);
	log_setup("holdfast-monitor",
		  (enum log_level)config_number(&instance.config, CONFIG_LOG_LEVEL),
		  config_number(&instance.config, CONFIG_LOG_FORMAT) == 1);
	int64_t flush_ms = config_number(&instance.config, CONFIG_PIPELINE_FLUSH);
	instance_release(&instance);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &term, NULL);
	if (sandbox_enter(SANDBOX_DATABASE, &separation, &err) != OK)
		die("%s", err.text);
	process_ready(separation);
	monitor_run(conninfo, flush_ms, region);
	scoreboard_close_region(region);
	return EXIT_OK;
}
