/* Containers of the pipeline as children of a command: pairs of holdfast-worker and holdfast-fetch
 * on a socket of their own. When one of a pair ends, so does the other.
 */
#ifndef COMMANDS_CONTAINERS_H
#define COMMANDS_CONTAINERS_H

#include <sys/types.h>
#include "config/instance.h"

enum { CONTAINERS_MAX = 256 };

struct container {
	pid_t worker, fetch; /* 0: ended */
	int failures;        /* in a row */
};

/* conninfo: of the worker's role. batch: 0 for any. */
MUST_CHECK enum status container_start(const struct instance *i, const char *conninfo,
				       int64_t batch, struct container *c, struct err *err);
/* A fetcher without a worker; *fd: the socket to it. */
MUST_CHECK enum status container_start_fetch(const struct instance *i, pid_t *pid, int *fd,
					     struct err *err);
/* After waitpid: true when it was one of this pair; the other is ended too. *failed: the
 * worker did not end well. */
bool container_ended(struct container *c, pid_t pid, int wait_status, bool *failed);
void container_stop(struct container *c);

/* INVALID: pipeline.schedule, or the template or mapping of stage http, is not understood. */
MUST_CHECK enum status enrich_check_schedule(const struct instance *i, struct err *err);

#endif
