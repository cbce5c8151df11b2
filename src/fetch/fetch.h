/* The network's side of the pipeline: takes REQUESTs from a worker, calls, answers
 * (pipeline/wire/wire.h says what).
 *
 * One thread, one loop: libcurl's multi interface, c-ares for names, the worker's
 * socket. What it hides:
 *
 * Where a call may go. Every hop of a call (the first URL, each redirect, each robots.txt) goes the
 * same way: the URL is parsed by libcurl's own parser, the one that will use it, and brought to one
 * spelling; the name is resolved by c-ares; every address that came is held against fetch/guard,
 * one refused address refuses the call; libcurl is told to connect to these and no others, and the
 * socket's address is checked once more when it is opened. Nothing is taken from the environment:
 * no proxy, no credentials.
 *
 * What a call may cost: time (one deadline over all hops), bytes of header and body, the ratio of
 * decompression, redirects, memory of all calls together. Nothing a host sends makes it wait
 * longer or keep more.
 *
 * Whose turn it is: a host has at most so many calls at once and so much time between two starts,
 * within this process; over several processes the worker's database rows hold the budget.
 *
 * Life: fetch_open before the sandbox is entered (libraries read their files), fetch_run after,
 * fetch_close. The caller ignores SIGPIPE. A `stop` that becomes true is a DRAIN.
 */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <signal.h>
#include "base/err.h"

struct fetch;

MUST_CHECK enum status fetch_open(struct fetch **f, int peer, struct err *err);

/* OK: drained, or the worker has gone. INVALID: it broke the protocol. */
MUST_CHECK enum status fetch_run(struct fetch *f, const volatile sig_atomic_t *stop,
				 struct err *err);

void fetch_close(struct fetch *f);

#endif
