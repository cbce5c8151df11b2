/* holdfast-contact: the contact sphere's HTTP side. Wiring only; started by holdfastd, with the
 * keeper at the other end of PROCESS_PEER_FD.
 *
 * HOLDFAST_DATABASE is libpq's conninfo of the contact database, HOLDFAST_DIRECTORY that of the
 * directory's, as the role profile. SIGTERM: finish the requests in flight, exit 0. */
#include "base/cli.h"
#include "base/log.h"
#include "config/instance.h"
#include "contact/contact.h"
#include "process/process.h"
#include "process/sandbox.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct contact_program {
	struct event_base *loop;
	struct contact *contact;
};

static void on_drained(void *ctx)
{
	struct contact_program *program = ctx;
	event_base_loopexit(program->loop, NULL);
}

static void on_term(evutil_socket_t signal, short what, void *ctx)
{
	struct contact_program *program = ctx;
	(void)signal;
	(void)what;
	contact_drain(program->contact, on_drained, program);
}

/* Codes and contacts pass through this memory: it is in no swap, no core, and no other process
 * reads it. */
static void close_memory(void)
{
	struct rlimit limit;
	/* With a limit, later allocations would fail at it. */
	bool unlimited = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
	bool locked = mlockall(unlimited ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT) == 0;
	if (!unlimited)
		errno = EPERM;
	if (!unlimited || !locked)
		log_warn(
		    "memory cannot be locked, so that contacts may reach the swap; raise 'memlock'",
		    LOG_S("error", strerror(errno)));
#ifndef HOLDFAST_DEBUG
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

static void contact_serve(const struct config *config)
{
	struct contact_program program = {.loop = event_base_new()};
	struct err err;
	unsigned separation;
	const char *sphere = getenv("HOLDFAST_DATABASE"), *directory = getenv("HOLDFAST_DIRECTORY");
	if (!program.loop)
		die("cannot make an event loop");
	struct event *term = evsignal_new(program.loop, SIGTERM, on_term, &program);
	must(term && event_add(term, NULL) == 0);
	program.contact = contact_create(&(struct contact_options){
	    .loop = program.loop,
	    .listen_fd = PROCESS_LISTENER_FD,
	    .keeper_fd = PROCESS_PEER_FD,
	    .config = config,
	    .sphere = sphere ? sphere : "",
	    .directory = directory ? directory : "",
	});
	if (sandbox_enter(SANDBOX_DATABASE, &separation, &err) != OK)
		die("%s", err.text);
	process_ready(separation);
	event_base_dispatch(program.loop);
	contact_destroy(program.contact);
	event_free(term);
	event_base_free(program.loop);
}

int main(int argc, char **argv)
{
	struct instance instance;
	struct err err;
	const char *dir = getenv("HOLDFAST_INSTANCE");
	(void)argv;
	log_setup("holdfast-contact", LOG_INFO, false);
	if (argc != 1 || !dir) {
		fprintf(stderr, "usage: holdfast-contact\n"
				"The contact sphere's web process; started by 'holdfast up'.\n");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	if (instance_open(&instance, dir, &err) != OK)
		die("%s", err.text);
	log_setup("holdfast-contact",
		  (enum log_level)config_number(&instance.config, CONFIG_LOG_LEVEL),
		  config_number(&instance.config, CONFIG_LOG_FORMAT) == 1);
	close_memory();
	contact_serve(&instance.config);
	instance_release(&instance);
	return EXIT_OK;
}
