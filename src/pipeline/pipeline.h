/* The pipeline's worker: takes items of a batch, asks (itself, or others through holdfast-fetch),
 * writes what came of it.
 *
 * Three phases that never overlap in one transaction: a claim deletes rows of the queue into one
 * claim row and commits; whatever is asked is asked with no statement open; a flush writes the
 * results, fenced by the claim row, and commits. Every statement is one transaction, works through
 * PgBouncer in transaction mode, and the one function that waits for the network, pipeline_wait(),
 * aborts the process when the connection has a transaction open.
 *
 * Life of an item: queue -> claim -> result (ok, failed), or back into the queue (again: counted as
 * an attempt, with backoff; later: not counted), or, after its workers died of it, dead. A worker
 * that dies leaves claims behind; when their lease is over any other worker puts their items back,
 * in a narrower lane (200, 10, 1 at a time), until the one that kills workers is alone.
 *
 * A worker is a container: one row with its counters. It works on the oldest open batch,
 * one batch at a time.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include <signal.h>
#include "config/config.h"
#include "db/db.h"
#include "pipeline/stages/stage.h"

/* ---- working ---- */

struct pipeline_options {
	const struct config *config;
	const char *conninfo;
	int64_t batch; /* work on this one and end with it; 0: on the oldest open one, for ever */
	int peer_fd;   /* holdfast-fetch; -1: only offline stages */
};

/* Until *stop, or the batch is finished. Items that are claimed then are queued again.
 * UNAVAILABLE: the peer is gone. */
MUST_CHECK enum status pipeline_work(const struct pipeline_options *options,
				     const volatile sig_atomic_t *stop, struct err *err);

/* What a worker says to holdfast-fetch at first, and the request of an item: limits that hold for
 * every stage, then the stage's own. Texts are the configuration's and the item's. */
void pipeline_hello(const struct config *config, struct wire_message *out);
void pipeline_request(const struct config *config, const struct pipeline_stage *stage,
		      const struct stage_item *item, struct wire_request *out);

/* Wait up to timeout_ms for the peer (fd < 0: for time to pass). True: it can be read. A bug when
 * `db` has a transaction open: no process may wait for the network with one (incident 8). */
bool pipeline_wait(const struct db *db, int fd, int64_t timeout_ms);

#endif
