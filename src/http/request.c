#include "http/internal.h"
#include "base/ascii.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"

/* ---- life ---- */

/* Ids name requests in answers and logs; they are no secrets. A process never gives the same id
 * twice, and its seed is random, so that ids of two processes differ. */
static void request_make_id(struct http_server *server, char out[HEX_U64])
{
	hex_u64(random_next(&server->ids), out);
}

struct live_request *request_create(struct http_server *server, struct connection *conn)
{
	struct live_request *live = server->spare;
	if (live) {
		server->spare = live->next;
		server->spare_count--;
	} else {
		live = memory_room(sizeof(*live));
		arena_init(&live->request.arena, HTTP_ARENA_BYTES);
		buf_init(&live->out, HTTP_ANSWER_BYTES);
		buf_init(&live->body, server->options.limits.body_bytes + 1);
		live->request.arena.wipe = live->out.wipe = live->body.wipe = server->options.wipe;
	}
	/* The arena and the two buffers keep their memory between uses. */
	struct arena arena = live->request.arena;
	live->request = (struct http_request){.arena = arena, .id = {live->id, 16}};
	live->server = server;
	live->conn = conn;
	live->client = conn->peer ? conn->peer->key : peers_key(&conn->address);
	live->peer = NULL;
	live->route = NULL;
	live->values = live->fields = NULL;
	live->departing = false;
	live->gone = NULL;
	live->more = NULL;
	live->gone_ctx = NULL;
	live->allow[0] = '\0';
	live->head.fields_count = 0;
	live->started_us = clock_us();
	request_make_id(server, live->id);
	live->previous = NULL;
	live->next = server->live;
	if (live->next)
		live->next->previous = live;
	server->live = live;
	return live;
}

static void request_destroy(struct live_request *live)
{
	arena_release(&live->request.arena);
	buf_release(&live->out);
	buf_release(&live->body);
	free(live);
}

void request_free(struct live_request *live)
{
	struct http_server *server = live->server;
	if (live->previous)
		live->previous->next = live->next;
	else
		server->live = live->next;
	if (live->next)
		live->next->previous = live->previous;

	if (live->peer)
		peers_leave(server, live->peer);
	if (live->departing)
		event_del(&live->departure);
	live->server = NULL; /* a second answer fails the must() in http_respond */
	arena_reset(&live->request.arena);
	/* Large buffers are not kept. */
	if (server->spare_count == SPARE_REQUESTS || live->out.cap > SCRATCH_BYTES ||
	    live->body.cap > SCRATCH_BYTES) {
		request_destroy(live);
		return;
	}
	buf_reset(&live->out);
	buf_reset(&live->body);
	live->next = server->spare;
	server->spare = live;
	server->spare_count++;
}

void request_free_spare(struct http_server *server)
{
	while (server->spare) {
		struct live_request *live = server->spare;
		server->spare = live->next;
		request_destroy(live);
	}
}

/* ---- what handlers ask ---- */

void *http_ctx(const struct http_request *request)
{
	return live_of(request)->route->group->ctx;
}

const struct http_value *http_param(const struct http_request *request, const char *name)
{
	const struct live_request *live = live_of(request);
	const struct http_param *params = live->route->row->params;
	for (int i = 0; i < live->route->params_count; i++)
		if (strcmp(params[i].name, name) == 0)
			return &live->values[i];
	must_failed(__FILE__, __LINE__, name);
}

const struct http_value *http_field(const struct http_request *request, const char *name)
{
	const struct live_request *live = live_of(request);
	const struct http_param *fields = live->route->row->fields;
	for (int i = 0; i < live->route->fields_count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &live->fields[i];
	must_failed(__FILE__, __LINE__, name);
}

struct str http_header(const struct http_request *request, const char *name)
{
	const struct http_head *head = &live_of(request)->head;
	struct str wanted = str_of(name);
	for (size_t i = 0; i < head->fields_count; i++)
		if (str_eq_nocase(head->fields[i].name, wanted))
			return head->fields[i].value;
	return (struct str){NULL, 0};
}

struct buf *http_out(struct http_request *request)
{
	return &live_of(request)->out;
}

void http_on_gone(struct http_request *request, void (*fn)(void *ctx), void *ctx)
{
	struct live_request *live = live_of(request);
	live->gone = fn;
	live->gone_ctx = ctx;
}

bool http_accepts_gzip(const struct http_request *request)
{
	struct str rest = http_header(request, "Accept-Encoding");
	while (rest.p) {
		struct str one = str_trim(str_cut(&rest, ','));
		struct str name = str_trim(str_cut(&one, ';'));
		if (str_eq(name, STR("gzip")))
			return !one.p || !str_eq(str_trim(one), STR("q=0"));
	}
	return false;
}
