#include "contact/internal.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"

struct keeper_link {
	int fd;
	struct event *readable, *writable;
	link_done *done; /* NULL: nothing is asked */
	void *ctx;
	struct keeper_request request;
	struct keeper_answer answer;
};

static void link_gone(const struct err *err)
{
	die("the keeper: %s", err->text);
}

static void link_on_answer(evutil_socket_t fd, short what, void *ctx)
{
	struct keeper_link *l = ctx;
	struct err err;
	link_done *done = l->done;
	(void)what;
	enum status status = keeper_receive_answer((int)fd, &l->answer, &err);
	if (status == NOT_FOUND)
		return;
	if (status == OK &&
	    (!done || l->answer.op != l->request.op || l->answer.number != l->request.number))
		status = err_set(&err, INVALID, "an answer that nobody asked for");
	if (status != OK)
		link_gone(&err);
	explicit_bzero(&l->request.empty,
		       sizeof(l->request) - offsetof(struct keeper_request, empty));
	l->done = NULL;
	done(l->ctx, &l->answer); /* it may ask again; the next answer comes from the loop */
	explicit_bzero(&l->answer, sizeof(l->answer));
}

static void link_send(struct keeper_link *l)
{
	struct err err;
	enum status status = keeper_send_request(l->fd, &l->request, &err);
	if (status == TIMED_OUT)
		event_add(l->writable, NULL);
	else if (status != OK)
		link_gone(&err);
}

static void link_on_room(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	link_send(ctx);
}

struct keeper_link *link_create(struct event_base *loop, int fd)
{
	struct keeper_link *l = memory_alloc(sizeof(*l));
	l->fd = fd;
	must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	l->readable = memory_had(event_new(loop, fd, EV_READ | EV_PERSIST, link_on_answer, l));
	l->writable = memory_had(event_new(loop, fd, EV_WRITE, link_on_room, l));
	event_add(l->readable, NULL);
	return l;
}

void link_free(struct keeper_link *l)
{
	if (!l)
		return;
	event_free(l->readable);
	event_free(l->writable);
	explicit_bzero(l, sizeof(*l));
	free(l);
}

struct keeper_request *link_request(struct keeper_link *l, enum keeper_op op)
{
	uint32_t number = l->request.number;
	must(!l->done);
	memset(&l->request, 0, sizeof(l->request));
	l->request.op = (uint16_t)op;
	l->request.number = number + 1;
	return &l->request;
}

void link_ask(struct keeper_link *l, link_done *done, void *ctx)
{
	must(!l->done);
	l->done = done;
	l->ctx = ctx;
	link_send(l);
}
