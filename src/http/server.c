#include "http/internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

enum {
	ACCEPTS = 64,      /* at once, before those who are connected get their turn */
	SILENT_MS = 300,   /* when draining: for the first request of a connection just accepted */
	LINGER_MS = 2000,  /* for the client to read our last words */
	NO_FILES_MS = 200, /* pause after running out of descriptors */
	ANSWER_HEAD_BYTES = SCRATCH_BYTES,
};

const char *const http_refusal_names[HTTP_REFUSALS] = {
    [HTTP_REFUSED_CONNECTIONS] = "connections",
    [HTTP_REFUSED_ADDRESS] = "connections-per-address",
    [HTTP_REFUSED_HEADER_TIMEOUT] = "header-timeout",
    [HTTP_REFUSED_BODY_TIMEOUT] = "body-timeout",
    [HTTP_REFUSED_WRITE_TIMEOUT] = "write-timeout",
};

/* ---- waiting ---- */

static void leave_list(struct connection *conn)
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
	conn->wait = WAIT_NONE;
}

/* At the end of the list, with a full measure of time. */
void server_wait(struct connection *conn, enum wait wait)
{
	struct http_server *server = conn->server;
	leave_list(conn);
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
}

/* ---- peers ---- */

static uint64_t peer_key(const struct sockaddr_storage *address)
{
	uint64_t key = 0;
	if (address->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)address;
		key = in->sin_addr.s_addr;
	} else if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
		memcpy(&key, in6->sin6_addr.s6_addr, sizeof(key));
	}
	return key;
}

static struct peer **peer_slot(struct http_server *server, uint64_t key)
{
	/* Seeded, so that nobody can choose addresses that meet in one slot. */
	uint64_t h = (key ^ server->peers_seed) * 0x9e3779b97f4a7c15u;
	struct peer **slot = &server->peers[(h >> 32) & server->peers_mask];
	while (*slot && (*slot)->key != key)
		slot = &(*slot)->next;
	return slot;
}

static struct peer *peer_join(struct http_server *server, uint64_t key)
{
	struct peer **slot = peer_slot(server, key);
	if (!*slot) {
		*slot = calloc(1, sizeof(**slot));
		if (!*slot)
			die("out of memory");
		(*slot)->key = key;
	}
	(*slot)->connections++;
	return *slot;
}

static void peer_leave(struct http_server *server, struct peer *peer)
{
	if (--peer->connections)
		return;
	*peer_slot(server, peer->key) = peer->next;
	free(peer);
}

/* ---- accepting ---- */

static void accepting(struct http_server *server, bool on)
{
	if (server->accepting == on)
		return;
	server->accepting = on;
	must((on ? event_add(server->listener, NULL) : event_del(server->listener)) == 0);
}

static void turn_away(struct http_server *server, int fd, enum http_refusal why)
{
	static const char text[] =
	    "HTTP/1.1 503 Service Unavailable\r\n"
	    "Content-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";
	server->stats.refusals[why]++;
	ssize_t ignored = send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
	(void)ignored;
	close(fd);
}

static void take_connection(struct http_server *server, int fd,
			    const struct sockaddr_storage *address)
{
	const struct http_limits *limits = &server->options.limits;
	uint64_t key = peer_key(address);
	const struct peer *known = *peer_slot(server, key);
	if (known && known->connections >= limits->connections_per_address) {
		turn_away(server, fd, HTTP_REFUSED_ADDRESS);
		return;
	}
	if (server->stats.connections >= limits->connections) {
		/* Somebody who waits goes before somebody who idles. */
		if (!server->first[WAIT_IDLE]) {
			turn_away(server, fd, HTTP_REFUSED_CONNECTIONS);
			return;
		}
		conn_close(server->first[WAIT_IDLE]);
	}
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	server->stats.accepted++;
	server->stats.connections++;
	conn_create(server, fd, peer_join(server, key));
}

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct http_server *server = arg;
	(void)what;
	server->now_ms = clock_ms();
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage address;
		socklen_t n = sizeof(address);
		memset(&address, 0, sizeof(address));
		int fd = accept4(listener, (struct sockaddr *)&address, &n,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			take_connection(server, fd, &address);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_warn("cannot accept", LOG_S("cause", strerror(errno)));
			server->resume_accept_ms = server->now_ms + NO_FILES_MS;
			accepting(server, false);
		}
		return;
	}
}

void server_forget(struct connection *conn)
{
	leave_list(conn);
	conn->server->stats.connections--;
	peer_leave(conn->server, conn->peer);
}

/* ---- time and draining ---- */

static void end_drain(struct http_server *server)
{
	void (*drained)(void *ctx) = server->drained;
	server->drained = NULL;
	event_del(server->tick);
	drained(server->drained_ctx);
}

/* Browsers open connections in advance: those that have not said anything are not waited for. */
static void close_silent(struct http_server *server)
{
	for (struct connection *conn = server->first[WAIT_HEAD], *next; conn; conn = next) {
		next = conn->next;
		if (conn->in.n == 0)
			conn_close(conn);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *server = arg;
	(void)fd;
	(void)what;
	server->now_ms = clock_ms();
	for (int wait = WAIT_IDLE; wait < WAITS; wait++) {
		struct connection *conn;
		while ((conn = server->first[wait]) != NULL && conn->deadline_ms <= server->now_ms)
			conn_expire(conn);
	}
	if (!server->draining && !server->accepting && server->resume_accept_ms <= server->now_ms)
		accepting(server, true);
	if (server->drained && server->now_ms >= server->drain_silent_ms)
		close_silent(server);
	if (server->drained &&
	    (server->stats.connections == 0 || server->now_ms >= server->drain_deadline_ms))
		end_drain(server);
}

void http_server_drain(struct http_server *server, int64_t timeout_ms, void (*done)(void *ctx),
		       void *ctx)
{
	if (server->draining)
		return;
	server->now_ms = clock_ms();
	server->draining = true;
	server->drain_deadline_ms = server->now_ms + timeout_ms;
	server->drain_silent_ms = server->now_ms + SILENT_MS;
	server->drained = done;
	server->drained_ctx = ctx;
	accepting(server, false);
	while (server->first[WAIT_IDLE])
		conn_close(server->first[WAIT_IDLE]);
	event_active(server->tick, EV_TIMEOUT, 1);
}

/* ---- life ---- */

static int64_t tick_ms(const struct http_limits *limits)
{
	int64_t least = LINGER_MS;
	const int64_t timeouts[] = {limits->header_timeout_ms, limits->body_timeout_ms,
				    limits->idle_timeout_ms, limits->write_timeout_ms};
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++)
		if (timeouts[i] < least)
			least = timeouts[i];
	least /= 8;
	return least < 5 ? 5 : least;
}

static void make_tables(struct http_server *server)
{
	route_table_init(&server->routes, server->options.groups);
	server->stats.routes_count = server->routes.count + 1;
	server->stats.routes = calloc(server->stats.routes_count, sizeof(*server->stats.routes));
	size_t peers = 64;
	while (peers < (size_t)server->options.limits.connections)
		peers *= 2;
	server->peers_mask = peers - 1;
	server->peers = calloc(peers, sizeof(struct peer *));
	if (!server->stats.routes || !server->peers)
		die("out of memory");
	for (size_t i = 0; i < server->routes.count; i++)
		server->stats.routes[i].name = server->routes.routes[i].row->name;
	server->stats.routes[server->routes.count].name = "none";
}

struct http_server *http_server_create(const struct http_server_options *options)
{
	struct http_server *server = calloc(1, sizeof(*server));
	if (!server)
		die("out of memory");
	const struct http_limits *limits = &options->limits;
	server->options = *options;
	server->timeout_ms[WAIT_IDLE] = limits->idle_timeout_ms;
	server->timeout_ms[WAIT_HEAD] = limits->header_timeout_ms;
	server->timeout_ms[WAIT_BODY] = limits->body_timeout_ms;
	server->timeout_ms[WAIT_WRITE] = limits->write_timeout_ms;
	server->timeout_ms[WAIT_LINGER] = LINGER_MS;
	server->date_s = -1;
	server->ids = random_seeded();
	random_bytes(&server->peers_seed, sizeof(server->peers_seed));
	buf_init(&server->out, ANSWER_HEAD_BYTES);
	make_tables(server);
	server->now_ms = clock_ms();
	evutil_make_socket_nonblocking(options->listen_fd);
	server->listener =
	    event_new(options->loop, options->listen_fd, EV_READ | EV_PERSIST, on_accept, server);
	server->tick = event_new(options->loop, -1, EV_PERSIST, on_tick, server);
	must(server->listener && server->tick);
	int64_t tick = tick_ms(limits);
	struct timeval every = {tick / 1000, tick % 1000 * 1000};
	must(event_add(server->tick, &every) == 0);
	accepting(server, true);
	return server;
}

void http_server_destroy(struct http_server *server)
{
	if (!server)
		return;
	for (int wait = WAIT_IDLE; wait < WAITS; wait++)
		while (server->first[wait])
			conn_close(server->first[wait]);
	/* What is left has a handler: its connection, if any, stands in no list. */
	while (server->live) {
		struct live_request *live = server->live;
		if (live->conn)
			conn_close(live->conn);
		if (server->live == live)
			request_free(live);
	}
	request_free_spare(server);
	event_free(server->listener);
	event_free(server->tick);
	buf_release(&server->out);
	free(server->peers);
	free(server->stats.routes);
	route_table_release(&server->routes);
	free(server);
}

const struct http_stats *http_server_stats(const struct http_server *server)
{
	return &server->stats;
}
