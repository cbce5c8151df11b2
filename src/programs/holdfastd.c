/* holdfastd: the supervisor of an instance. Wiring only: which processes there are. */
#include "base/io.h"
#include "base/log.h"
#include "db/cluster/cluster.h"
#include "heal/watch/published.h"
#include "notify/published.h"
#include "process/process.h"
#include "process/supervisor.h"
#include "web/web.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static enum status prepare_postgres(const struct instance *i, struct spawn *spawn, struct err *err)
{
	static struct cluster_command command; /* spawn points into it */
	/* The server of a killed predecessor may still be shutting down; a second one cannot use
	 * the cluster. */
	enum status status = cluster_clean(i, err);
	if (status == OK)
		status = cluster_configure(i, err);
	return status == OK ? cluster_command(i, &command, spawn, err) : status;
}

static bool postgres_ready(const struct instance *i)
{
	return cluster_state(i) == CLUSTER_READY;
}

static int schedules(const struct config *c)
{
	return *config_text(c, CONFIG_PIPELINE_SCHEDULE) ? 1 : 0;
}

static int healers(const struct config *c)
{
	return config_number(c, CONFIG_HEAL_ENABLED) ? 1 : 0;
}

static int notifiers(const struct config *c)
{
	return *config_text(c, CONFIG_NOTIFY_COMMAND) ? 1 : 0;
}

static int web_processes(const struct config *c)
{
	return (int)config_number(c, CONFIG_WEB_PROCESSES);
}

static int contact_spheres(const struct config *c)
{
	return *config_text(c, CONFIG_CONTACT_LISTEN) ? 1 : 0;
}

static const struct process_class classes[] = {
    {.name = "postgres",
     .embedded_only = true,
     .logs_otherwise = true,
     .stop_signal = cluster_stop_signal,
     .kill_signal = SIGQUIT,
     .prepare = prepare_postgres,
     .poll_ready = postgres_ready},
    {.name = "web",
     .program = "holdfast-web",
     .count = web_processes,
     .own_user = true,
     .user = CONFIG_USER_WEB,
     .reads_settings = true,
     .listens = true,
     .address = CONFIG_WEB_LISTEN,
     .caches = true,
     .stats_bytes = WEB_STATS_BYTES,
     .reads_stats = true,
     .beats = true,
     .hang = CONFIG_WEB_HANG_TIMEOUT,
     .databases = (const struct process_database[]){{"HOLDFAST_DATABASE", ROLE_WEB}, {0}},
     .needs_database = true,
     .max_files = process_files},
    /* The contact sphere: the process that speaks HTTP has no key, the one with the keys has
     * nothing else. Exclusive, because a predecessor must not write rows of an older period while
     * its successor rewraps. */
    {.name = "contact",
     .program = "holdfast-contact",
     .count = contact_spheres,
     .own_user = true,
     .user = CONFIG_USER_CONTACT,
     .reads_settings = true,
     .listens = true,
     .address = CONFIG_CONTACT_LISTEN,
     .databases = (const struct process_database[]){{"HOLDFAST_DATABASE", ROLE_CONTACT},
						    {"HOLDFAST_DIRECTORY", ROLE_PROFILE},
						    {0}},
     .needs_database = true,
     .pair = "contact",
     .exclusive = true,
     .locks_memory = true,
     .max_files = process_files},
    {.name = "keeper",
     .program = "holdfast-keeper",
     .count = contact_spheres,
     .own_user = true,
     .user = CONFIG_USER_KEEPER,
     .reads_settings = true,
     .key = "keeper/key",
     .pair = "contact",
     .exclusive = true,
     .locks_memory = true},
    {.name = "heal",
     .program = "holdfast-heal",
     .count = healers,
     .stats_bytes = sizeof(struct heal_published),
     .databases = (const struct process_database[]){{"HOLDFAST_DATABASE", ROLE_HEAL}, {0}},
     .reads_settings = true,
     .exclusive = true,
     .needs_database = true},
    /* Watches the pipeline for the notifier, over a connection of its own: the web's are busy when
     * it matters. */
    {.name = "monitor",
     .program = "holdfast-monitor",
     .count = notifiers,
     .own_user = true,
     .user = CONFIG_USER_WEB,
     .reads_settings = true,
     .stats_bytes = sizeof(struct alarms),
     .databases = (const struct process_database[]){{"HOLDFAST_DATABASE", ROLE_WEB}, {0}},
     .needs_database = true},
    /* Exclusive: one writer of the file of what was told. It needs no database, and is so among the
     * last that are stopped. */
    {.name = "notify",
     .program = "holdfast-notify",
     .count = notifiers,
     .own_user = true,
     .user = CONFIG_USER_NOTIFY,
     .reads_settings = true,
     .state = "notify/told",
     .stats_bytes = sizeof(struct notify_published),
     .reads_stats = true,
     .exclusive = true},
    /* The command line's own 'enrich', kept running: it starts the containers of each batch. */
    {.name = "schedule",
     .program = "holdfast",
     .arguments = (const char *const[]){"-C", PROCESS_ARGUMENT_DIR, "enrich", "--scheduled", NULL},
     .count = schedules,
     .logs_otherwise = true,
     .needs_database = true},
    {0},
};

int main(int argc, char **argv)
{
	struct instance i;
	struct err err;
	char program_dir[PATH_MAX];
	int64_t ready_fd = -1;

	log_setup("holdfastd", LOG_INFO, false);
	if (argc < 2 || argc > 3 ||
	    (argc == 3 && !str_to_i64(str_of(argv[2]), 3, 1023, &ready_fd))) {
		fprintf(stderr, "usage: holdfastd INSTANCE_DIR [READY_FD]\n"
				"The supervisor; started by 'holdfast up'.\n");
		return EXIT_USAGE;
	}
	if (instance_open(&i, argv[1], &err) != OK ||
	    io_program_dir(program_dir, sizeof(program_dir), &err) != OK)
		die("%s", err.text);
	log_setup("holdfastd", (enum log_level)config_number(&i.config, CONFIG_LOG_LEVEL),
		  config_number(&i.config, CONFIG_LOG_FORMAT) == 1);
	int code = supervise(&i, classes, program_dir, (int)ready_fd);
	instance_release(&i);
	return code;
}
