/* The pipeline's network client: receives REQUESTs from a worker, makes the calls and answers. The
 * messages are described in pipeline/wire/wire.h.
 *
 * One thread with one event loop: libcurl's multi interface, c-ares, the worker's socket. It hides:
 *
 * Which hosts may be called. Each hop of a call (the first URL, each redirect, each robots.txt) is
 * handled in the same way: libcurl's own URL parser parses and normalises the URL; c-ares resolves
 * the name; fetch/guard checks all its addresses, of which one refused address refuses the call;
 * libcurl may connect to these addresses only, and the address is checked again when the socket is
 * opened. The environment is ignored: no proxy, no credentials.
 *
 * The limits of a call: time (one deadline for all hops), bytes of header and body, the ratio of
 * decompression, redirects, memory of all calls together. A host cannot extend them.
 *
 * Politeness: each host has a maximum of concurrent calls and a minimum interval between starts
 * within this process. The limits over several processes are the worker's, in the database.
 *
 * Life: fetch_open before the sandbox is entered (libraries read their files), then fetch_run and
 * fetch_close. The caller ignores SIGPIPE. Setting `stop` has the effect of a DRAIN message.
 */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <signal.h>
#include "base/err.h"

struct fetch;

MUST_CHECK enum status fetch_open(struct fetch **f, int peer, struct err *err);

/* OK: drained, or the worker has closed its socket. INVALID: it violated the protocol. */
MUST_CHECK enum status fetch_run(struct fetch *f, const volatile sig_atomic_t *stop,
				 struct err *err);

void fetch_close(struct fetch *f);

#endif
