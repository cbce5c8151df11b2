/* holdfast-heal: watches a PostgreSQL and acts within heal.allow. Wiring only.
 *
 *   holdfast-heal
 *       as a process of an instance: ledger in its folder, acts when heal.act is set, until SIGTERM
 *   holdfast-heal LEDGER EVERY_MS FOR_MS live|once|json [ALLOW]
 *       in place of `holdfast heal --act`, which starts it. ALLOW: instead of heal.allow
 *
 * HOLDFAST_DATABASE: conninfo of the role; HOLDFAST_INSTANCE: whose settings, when there is one;
 * HOLDFAST_BOUNCERS: instead of heal.bouncer. */
#include "base/cli.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/log.h"
#include "config/instance.h"
#include "heal/act/act.h"
#include "heal/watch/published.h"
#include "heal/watch/watch.h"
#include "process/process.h"
#include "process/sandbox.h"
#include "process/scoreboard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACTOR_EVERY_MS = 1000 };

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

struct actor {
	struct instance instance;
	bool has_instance;
	bool supervised;
	bool ready;
	unsigned separation;
	int64_t logged; /* incidents that moved until then are in the log */
	char ledger[PATH_MAX];
	struct scoreboard_region *region;
	struct heal_published published;
};

/* What has happened to incidents since the step before goes into the log. */
static void actor_log(void *ctx, const struct watch *w)
{
	struct actor *a = ctx;
	const struct incidents *all = watch_incidents(w);
	int64_t latest = a->logged;
	for (int i = 0; all && i < INCIDENTS; i++) {
		const struct incident *in = &all->incident[i];
		if (!in->id || in->since <= a->logged)
			continue;
		latest = in->since > latest ? in->since : latest;
		if (a->ready) /* earlier ones were logged before the restart */
			log_warn("incident", LOG_I("incident", in->id),
				 LOG_S("state", incident_state_name(in->state)),
				 LOG_S("key", in->key), LOG_S("cause", in->cause));
	}
	a->logged = latest;
	heal_publish(w, clock_wall_us(), &a->published);
	scoreboard_publish(a->region, &a->published, sizeof(a->published));
	if (!a->ready)
		process_ready(a->separation);
	a->ready = true;
}

static int actor_run(struct actor *a, struct watch_options *options, struct watch_loop *loop)
{
	struct watch *watch;
	struct err err;
	options->every_ms = loop->every_ms;
	enum status status = watch_open(&watch, options, &err);
	int code = EXIT_FAILED;
	if (status == UNAVAILABLE && watch)
		status = OK; /* full or starting: that is a finding */
	if (a->supervised) {
		loop->each = actor_log;
		loop->ctx = a;
	}
	/* The ledger is open. In place of `holdfast heal --act` it is the operator's own program,
	 * on their terminal, with their files of passwords and certificates. */
	if (status == OK && a->supervised)
		status = sandbox_enter(SANDBOX_HEAL, &a->separation, &err);
	if (status == OK)
		status = watch_run(watch, loop, &stop, &err);
	if (status != OK && a->supervised)
		log_error("ends", LOG_S("error", err.text));
	else if (status != OK)
		fprintf(stderr, "holdfast heal: %s\n", err.text);
	else if (a->supervised)
		code = EXIT_OK;
	else
		code = judge_causes(watch_result(watch)) ? EXIT_FINDINGS : EXIT_OK;
	watch_close(watch);
	return code;
}

static void actor_open_region(struct actor *a)
{
	struct err err;
	int region;
	if (process_number("HOLDFAST_SCOREBOARD_REGION", &region, &err) != OK ||
	    scoreboard_open_region(PROCESS_SCOREBOARD_FD, region, &a->region, &err) != OK)
		die("%s", err.text);
	close(PROCESS_SCOREBOARD_FD);
}

/* The ledger of the instance, in a folder that is made when it is missing. */
static enum status actor_ledger(struct actor *a, struct err *err)
{
	enum status status = io_path(a->ledger, sizeof(a->ledger), err, "%s/heal", a->instance.dir);
	if (status == OK)
		status = folder_make(a->ledger, 0700, err);
	return status == OK ? io_path(a->ledger, sizeof(a->ledger), err, "%s/heal/ledger.ndjson",
				      a->instance.dir)
			    : status;
}

static bool actor_arguments(struct actor *a, int argc, char **argv, struct watch_options *options,
			    struct watch_loop *loop)
{
	if (argc == 1)
		return a->has_instance;
	if (argc < 5 || argc > 6 || !str_to_i64(str_of(argv[2]), 50, 60000, &loop->every_ms) ||
	    !str_to_i64(str_of(argv[3]), 0, INT64_MAX / 2, &loop->for_ms))
		return false;
	options->ledger = argv[1];
	if (argc == 6)
		options->permit.allow = argv[5];
	if (getenv("HOLDFAST_BOUNCERS"))
		options->bouncers = getenv("HOLDFAST_BOUNCERS");
	loop->live = strcmp(argv[4], "live") == 0;
	loop->json = strcmp(argv[4], "json") == 0;
	return true;
}

int main(int argc, char **argv)
{
	const struct sigaction term = {.sa_handler = on_term}; /* interrupts the wait */
	const char *dir = getenv("HOLDFAST_INSTANCE");
	static struct actor a; /* static: large */
	struct watch_loop loop = {.every_ms = ACTOR_EVERY_MS, .record = -1, .quiet = argc == 1};
	struct watch_options options = {.conninfo = getenv("HOLDFAST_DATABASE"), .act = act_run};
	struct err err;
	a.has_instance = dir != NULL;
	a.supervised = argc == 1;
	log_setup("holdfast-heal", LOG_INFO, false);
	if (!dir)
		config_init(&a.instance.config);
	else if (instance_open(&a.instance, dir, &err) != OK)
		die("%s", err.text);
	watch_settings(&options, &a.instance.config);
	if (!options.conninfo || !actor_arguments(&a, argc, argv, &options, &loop)) {
		fprintf(stderr,
			"usage: holdfast-heal [LEDGER EVERY_MS FOR_MS live|once|json [ALLOW]]\n"
			"Watches a PostgreSQL; started by holdfast.\n");
		return EXIT_USAGE;
	}
	if (a.supervised) {
		log_setup("holdfast-heal",
			  (enum log_level)config_number(&a.instance.config, CONFIG_LOG_LEVEL),
			  config_number(&a.instance.config, CONFIG_LOG_FORMAT) == 1);
		if (actor_ledger(&a, &err) != OK)
			die("%s", err.text);
		actor_open_region(&a);
		options.ledger = a.ledger;
		if (!config_number(&a.instance.config, CONFIG_HEAL_ACT))
			options.act = NULL;
	}
	sigaction(SIGINT, &term, NULL);
	sigaction(SIGTERM, &term, NULL);
	int code = actor_run(&a, &options, &loop);
	if (dir)
		instance_release(&a.instance);
	else
		config_release(&a.instance.config);
	return code;
}
