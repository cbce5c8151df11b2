/* holdfast-worker: the database's side of the pipeline, one container. Wiring only.
 *
 *   holdfast-worker [BATCH]   works on that batch and ends with it; without: on the oldest open
 *                             one, until SIGTERM
 *
 * HOLDFAST_INSTANCE: whose settings; HOLDFAST_DATABASE: conninfo of the worker's role.
 * PROCESS_PEER_FD, when it is a socket: holdfast-fetch. SIGTERM: return the claimed items, exit
 * 0. */
#include "base/log.h"
#include "config/instance.h"
#include "pipeline/pipeline.h"
#include "process/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static int peer(void)
{
	int type;
	socklen_t n = sizeof(type);
	return getsockopt(PROCESS_PEER_FD, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
		       type == SOCK_SEQPACKET
		   ? PROCESS_PEER_FD
		   : -1;
}

int main(int argc, char **argv)
{
	struct sigaction term = {.sa_handler = on_term}; /* interrupts the wait */
	const char *dir = getenv("HOLDFAST_INSTANCE"), *conninfo = getenv("HOLDFAST_DATABASE");
	struct instance instance;
	struct err err;
	int64_t batch = 0;
	log_setup("holdfast-worker", LOG_INFO, false);
	if (argc > 2 || !dir || !conninfo ||
	    (argc == 2 && !str_to_i64(str_of(argv[1]), 1, INT64_MAX, &batch))) {
		fprintf(stderr, "usage: holdfast-worker [BATCH]\n"
				"A container of the pipeline; started by holdfast.\n");
		return EXIT_USAGE;
	}
	if (instance_open(&instance, dir, &err) != OK)
		die("%s", err.text);
	log_setup("holdfast-worker",
		  (enum log_level)config_number(&instance.config, CONFIG_LOG_LEVEL),
		  config_number(&instance.config, CONFIG_LOG_FORMAT) == 1);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &term, NULL);
#ifndef HOLDFAST_DEBUG
	/* Other programs of the same user cannot read its memory and descriptors; no core is
	 * written. */
	prctl(PR_SET_DUMPABLE, 0);
#endif
	enum status status = pipeline_work(&(struct pipeline_options){.config = &instance.config,
								      .conninfo = conninfo,
								      .batch = batch,
								      .peer_fd = peer()},
					   &stop, &err);
	if (status != OK)
		log_error("ends", LOG_S("error", err.text));
	instance_release(&instance);
	return status == OK ? EXIT_OK : EXIT_FAILED;
}
