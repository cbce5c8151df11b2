/* holdfastd: the supervisor of an instance. Wiring only: which processes there are. */
#include "base/io.h"
#include "base/log.h"
#include "db/cluster/cluster.h"
#include "process/process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a web process has open besides connections: logs, event loop, time zones being read. */
enum { WEB_OTHER_FILES = 64 };

static enum status prepare_postgres(const struct instance *i, const char *program_dir,
				    struct process_launch *launch, struct err *err)
{
	static struct cluster_command command; /* spawn points into it */
	(void)program_dir;
	/* After our predecessor was killed, its server is shutting down: two cannot have one cluster. */
	if (!cluster_clean(i))
		return err_set(err, UNAVAILABLE, "the server of %s has not ended yet", i->data_dir);
	enum status status = cluster_configure(i, err);
	return status == OK ? cluster_command(i, &command, &launch->spawn, err) : status;
}

static bool postgres_ready(const struct instance *i)
{
	return cluster_state(i, NULL) == CLUSTER_READY;
}

static enum status prepare_web(const struct instance *i, const char *program_dir,
			       struct process_launch *launch, struct err *err)
{
	struct buf conninfo;
	buf_init(&conninfo, sizeof(launch->database_env) - sizeof("HOLDFAST_DATABASE="));
	enum status status = instance_conninfo(i, INSTANCE_ROLE_WEB, &conninfo, err);
	if (status == OK)
		status = io_path(launch->path, sizeof(launch->path), err, "%s/holdfast-web",
				 program_dir);
	if (status == OK && buf_failed(&conninfo))
		status = err_set(err, TOO_LARGE, "db.url is too long");
	snprintf(launch->instance_env, sizeof(launch->instance_env), "HOLDFAST_INSTANCE=%s",
		 i->dir);
	snprintf(launch->database_env, sizeof(launch->database_env), "HOLDFAST_DATABASE=%s",
		 buf_z(&conninfo));
	buf_release(&conninfo);
	launch->argv[0] = "holdfast-web";
	launch->argv[1] = NULL;
	launch->env[0] = launch->instance_env;
	launch->env[1] = launch->database_env;
	launch->env[2] = NULL;
	launch->spawn = (struct spawn){
	    .path = launch->path,
	    .argv = launch->argv,
	    .env = launch->env,
	    .user = geteuid() == 0 ? config_text(&i->config, CONFIG_USER_WEB) : NULL,
	    .in = -1,
	    .out = STDERR_FILENO,
	    .err = STDERR_FILENO,
	    .death_signal = SIGKILL,
	    .session = true, /* Ctrl-C is for the supervisor, which stops us in order */
	    .max_files =
		(uint64_t)(config_number(&i->config, CONFIG_HTTP_CONNECTIONS) +
			   config_number(&i->config, CONFIG_DB_CONNECTIONS) + WEB_OTHER_FILES),
	};
	return status;
}

/* The command line's own 'enrich', kept running: it starts the containers of each batch. */
static enum status prepare_schedule(const struct instance *i, const char *program_dir,
				    struct process_launch *launch, struct err *err)
{
	const char *const argv[] = {"holdfast", "-C", launch->dir, "enrich", "--scheduled", NULL};
	enum status status =
	    io_path(launch->path, sizeof(launch->path), err, "%s/holdfast", program_dir);
	if (status == OK)
		status = io_path(launch->dir, sizeof(launch->dir), err, "%s", i->dir);
	snprintf(launch->instance_env, sizeof(launch->instance_env), "HOLDFAST_INSTANCE=%s",
		 i->dir);
	_Static_assert(sizeof(argv) <= sizeof(launch->argv), "room for the arguments");
	memcpy(launch->argv, argv, sizeof(argv));
	launch->env[0] = launch->instance_env;
	launch->env[1] = NULL;
	launch->spawn = (struct spawn){
	    .path = launch->path,
	    .argv = launch->argv,
	    .env = launch->env,
	    .in = -1,
	    .out = STDERR_FILENO,
	    .err = STDERR_FILENO,
	    .death_signal = SIGKILL,
	    .session = true,
	};
	return status;
}

static int schedules(const struct config *c)
{
	return *config_text(c, CONFIG_PIPELINE_SCHEDULE) ? 1 : 0;
}

static int web_processes(const struct config *c)
{
	return (int)config_number(c, CONFIG_WEB_PROCESSES);
}

static const struct process_class classes[] = {
    {.name = "postgres",
     .embedded_only = true,
     .stop_signal = cluster_stop_signal,
     .kill_signal = SIGQUIT,
     .prepare = prepare_postgres,
     .poll_ready = postgres_ready},
    {.name = "web",
     .count = web_processes,
     .needs_database = true,
     .listens = true,
     .caches = true,
     .kill_signal = SIGKILL,
     .prepare = prepare_web},
    {.name = "schedule",
     .count = schedules,
     .needs_database = true,
     .kill_signal = SIGKILL,
     .prepare = prepare_schedule},
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
