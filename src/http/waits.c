#include "http/internal.h"

void waits_leave(struct connection *conn)
{
	struct http_server *server = conn->server;
	if (conn->wait == WAIT_NONE)
		return;
	if (conn->previous)
		conn->previous->next = conn->next;
	else
		server->first[conn->wait] = conn->next;
	if (conn->next)
		conn->next->previous = conn->previous;
	else
		server->last[conn->wait] = conn->previous;
	server->waiting[conn->wait]--;
	conn->wait = WAIT_NONE;
}

void waits_enter(struct connection *conn, enum wait wait)
{
	struct http_server *server = conn->server;
	waits_leave(conn);
	if (wait == WAIT_NONE)
		return;
	conn->wait = wait;
	conn->deadline_ms = server->now_ms + server->timeout_ms[wait];
	conn->next = NULL;
	conn->previous = server->last[wait];
	if (conn->previous)
		conn->previous->next = conn;
	else
		server->first[wait] = conn;
	server->last[wait] = conn;
	server->waiting[wait]++;
}
