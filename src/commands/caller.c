#include "commands/caller.h"
#include "base/clock.h"
#include "base/memory.h"
#include "commands/containers.h"
#include "pipeline/pipeline.h"
#include "process/spawn.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { CALLER_MORE_MS = 30000 /* than the call may take */ };

enum status caller_open(struct caller *c, const struct instance *i, struct err *err)
{
	*c = (struct caller){.fd = -1};
	enum status status = container_start_fetch(i, &c->pid, &c->fd, err);
	if (status != OK) {
		c->pid = 0;
		c->fd = -1;
		return status;
	}
	c->packet = memory_room(WIRE_MESSAGE_MAX);
	pipeline_hello(&i->config, &c->message);
	return wire_send(c->fd, &c->message, err);
}

/* The answer, as soon as it is there. */
static enum status caller_await(struct caller *c, int64_t limit_ms, struct err *err)
{
	enum status status = NOT_FOUND;
	for (int64_t end = clock_ms() + limit_ms; status == NOT_FOUND;) {
		struct pollfd p = {.fd = c->fd, .events = POLLIN};
		int64_t left = end - clock_ms();
		if (left <= 0)
			return err_set(err, TIMED_OUT, "holdfast-fetch does not answer");
		(void)!poll(&p, 1, (int)left);
		status = wire_receive(c->fd, c->packet, &c->message, err);
		if (status == OK && (c->message.type != WIRE_ANSWER || c->message.item != c->asked))
			status = NOT_FOUND; /* ticks */
	}
	return status;
}

enum status caller_ask(struct caller *c, const struct wire_request *request,
		       const struct wire_answer **answer, struct err *err)
{
	c->message =
	    (struct wire_message){.type = WIRE_REQUEST, .item = ++c->asked, .request = *request};
	enum status status = wire_send(c->fd, &c->message, err);
	if (status == OK)
		status = caller_await(c, (int64_t)request->timeout_ms + CALLER_MORE_MS, err);
	*answer = &c->message.answer;
	return status;
}

void caller_close(struct caller *c)
{
	struct err ignored;
	if (c->fd >= 0)
		close(c->fd);
	if (c->pid > 0) {
		kill(c->pid, SIGTERM);
		(void)!spawn_wait(c->pid, "holdfast-fetch", &ignored);
	}
	free(c->packet);
	*c = (struct caller){.fd = -1};
}
