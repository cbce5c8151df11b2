/* holdfast-fetch: calls the network for the worker at the other end of PROCESS_PEER_FD. Wiring
 * only. It has no database, so that it cannot hold a transaction open while it waits; it enters the
 * sandbox before it reads the first byte. */
#include "base/log.h"
#include "fetch/fetch.h"
#include "process/process.h"
#include "process/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static volatile sig_atomic_t stop;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static bool has_peer(void)
{
	int type;
	socklen_t n = sizeof(type);
	return getsockopt(PROCESS_PEER_FD, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	struct sigaction term = {.sa_handler = on_term}; /* interrupts the wait */
	struct fetch *fetch;
	struct err err;
	unsigned separation;
	(void)argv;
	log_setup_env("holdfast-fetch");
	if (argc > 1 || !has_peer()) {
		fprintf(
		    stderr,
		    "usage: holdfast-fetch\n"
		    "Calls websites and services for a worker, which starts it with a socket as descriptor %d.\n",
		    PROCESS_PEER_FD);
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &term, NULL);
	if (fetch_open(&fetch, PROCESS_PEER_FD, &err) != OK)
		die("%s", err.text);
	if (sandbox_enter(SANDBOX_FETCH, &separation, &err) != OK)
		die("%s", err.text);
	process_ready(separation);
	enum status status = fetch_run(fetch, &stop, &err);
	if (status != OK)
		log_error("ends", LOG_S("error", err.text));
	fetch_close(fetch);
	return status == OK ? EXIT_OK : EXIT_FAILED;
}
