/* holdfast-heal: watches a PostgreSQL and acts within heal.allow. Wiring only.
 *
 *   holdfast-heal LEDGER EVERY_MS FOR_MS live|once|json [ALLOW]
 *
 * Started by `holdfast heal --act` in its place. HOLDFAST_DATABASE: conninfo of the role;
 * HOLDFAST_INSTANCE: whose settings, when there is one. ALLOW: instead of heal.allow. */
#include "base/cli.h"
#include "base/log.h"
#include "config/instance.h"
#include "heal/act/act.h"
#include "heal/watch/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static int actor_run(const struct watch_options *options, struct watch_loop *loop)
{
	struct watch *watch;
	struct err err;
	enum status status = watch_open(&watch, options, &err);
	int code = EXIT_FAILED;
	if (status == UNAVAILABLE && watch)
		status = OK; /* full or starting: that is a finding */
	if (status == OK)
		status = watch_run(watch, loop, &stop, &err);
	if (status == OK)
		code = judge_causes(watch_result(watch)) ? EXIT_FINDINGS : EXIT_OK;
	else
		fprintf(stderr, "holdfast heal: %s\n", err.text);
	watch_close(watch);
	return code;
}

int main(int argc, char **argv)
{
	const struct sigaction term = {.sa_handler = on_term}; /* interrupts the wait */
	const char *dir = getenv("HOLDFAST_INSTANCE"), *conninfo = getenv("HOLDFAST_DATABASE");
	struct instance instance = {0};
	struct watch_loop loop = {.record = -1};
	struct err err;
	log_setup("holdfast-heal", LOG_INFO, false);
	if (argc < 5 || argc > 6 || !conninfo ||
	    !str_to_i64(str_of(argv[2]), 50, 60000, &loop.every_ms) ||
	    !str_to_i64(str_of(argv[3]), 0, INT64_MAX / 2, &loop.for_ms)) {
		fprintf(stderr,
			"usage: holdfast-heal LEDGER EVERY_MS FOR_MS live|once|json [ALLOW]\n"
			"Watches a PostgreSQL; started by 'holdfast heal --act'.\n");
		return EXIT_USAGE;
	}
	if (!dir)
		config_init(&instance.config);
	else if (instance_open(&instance, dir, &err) != OK)
		die("%s", err.text);
	struct watch_options options = {.conninfo = conninfo, .ledger = argv[1], .act = act_run};
	watch_settings(&options, &instance.config);
	if (argc == 6)
		options.permit.allow = argv[5];
	loop.live = strcmp(argv[4], "live") == 0;
	loop.json = strcmp(argv[4], "json") == 0;
	sigaction(SIGINT, &term, NULL);
	sigaction(SIGTERM, &term, NULL);
	int code = actor_run(&options, &loop);
	if (dir)
		instance_release(&instance);
	else
		config_release(&instance.config);
	return code;
}
