/* Calls to other hosts from a command: through holdfast-fetch, which checks each address against
 * the refused ranges. One call at a time.
 *
 * Life: caller_open, any number of caller_ask, caller_close. */
#ifndef COMMANDS_CALLER_H
#define COMMANDS_CALLER_H

#include <sys/types.h>
#include "config/instance.h"
#include "pipeline/wire/wire.h"

struct caller {
	pid_t pid;
	int fd;
	uint64_t asked;
	char *packet;                /* WIRE_MESSAGE_MAX bytes */
	struct wire_message message; /* its texts are in the packet */
};

MUST_CHECK enum status caller_open(struct caller *c, const struct instance *i, struct err *err);
/* *answer is valid until the next call. Whatever the host does is OK. TIMED_OUT: holdfast-fetch
 * does not answer. */
MUST_CHECK enum status caller_ask(struct caller *c, const struct wire_request *request,
				  const struct wire_answer **answer, struct err *err);
void caller_close(struct caller *c); /* also after caller_open has failed */

#endif
