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
#include "base/memory.h"
#include "base/random.h"

enum {
	ACCEPTS = 64, /* at most in one turn of the loop, so that open connections are served too */
	SILENT_MS = 300,      /* when draining: how long a connection may take for its first byte */
	LINGER_MS = 2000,     /* for the client to read the last answer */
	HALF_CLOSED_MS = 500, /* between two looks whether the client is still there */
	NO_FILES_MS = 200,    /* pause after running out of descriptors */
	ANSWER_HEAD_BYTES = SCRATCH_BYTES,
};

const char *const http_refusal_names[HTTP_REFUSALS] = {
    [HTTP_REFUSED_CONNECTIONS] = "connections",
    [HTTP_REFUSED_ADDRESS] = "connections-per-address",
    [HTTP_REFUSED_SLOW] = "slow",
    [HTTP_REFUSED_HEADER_TIMEOUT] = "header-timeout",
    [HTTP_REFUSED_BODY_TIMEOUT] = "body-timeout",
    [HTTP_REFUSED_WRITE_TIMEOUT] = "write-timeout",
};

/* ---- accepting ---- */

static void server_accept_on(struct http_server *server, bool on)
{
	if (server->accepting == on)
		return;
	server->accepting = on;
	must((on ? event_add(server->listener, NULL) : event_del(server->listener)) == 0);
}

static void server_turn_away(struct http_server *server, int fd, enum http_refusal why)
{
	static const char text[] =
	    "HTTP/1.1 503 Service Unavailable\r\n"
	    "Content-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";
	server->stats.refusals[why]++;
	ssize_t ignored = send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
	(void)ignored;
	close(fd);
}

/* Which connection goes to make room for a new one; NULL: none, the new one is refused.
 *
 * Unfinished heads and bodies cost a client nothing, so that they may hold a quarter of the places
 * each while others idle between requests: beyond that the oldest, which is the slowest, goes
 * first. Then the oldest idle one, whose client connects again at its next request. Requests that
 * are being answered are never given up. */
static struct connection *server_victim(const struct http_server *server)
{
	static const enum wait unfinished[] = {WAIT_HEAD, WAIT_BODY};
	int share = server->options.limits.connections / 4;
	for (size_t i = 0; i < COUNT_OF(unfinished); i++)
		if (server->waiting[unfinished[i]] > share)
			return server->first[unfinished[i]];
	if (server->first[WAIT_IDLE])
		return server->first[WAIT_IDLE];
	if (server->first[WAIT_LINGER])
		return server->first[WAIT_LINGER];
	return server->first[WAIT_HEAD] ? server->first[WAIT_HEAD] : server->first[WAIT_BODY];
}

static void server_take(struct http_server *server, int fd, const struct sockaddr_storage *address)
{
	const struct http_limits *limits = &server->options.limits;
	struct http_client client;
	struct peer *peer = NULL;
	network_address((const struct sockaddr *)address, &client.family, client.address);
	bool trusted =
	    network_list_has(&server->options.trusted_proxies, client.family, client.address);
	if (!trusted && !(peer = peers_admit(server, peers_key(&client)))) {
		server_turn_away(server, fd, HTTP_REFUSED_ADDRESS);
		return;
	}
	if (server->stats.connections >= limits->connections) {
		struct connection *victim = server_victim(server);
		if (!victim) {
			if (peer)
				peers_leave(server, peer);
			server_turn_away(server, fd, HTTP_REFUSED_CONNECTIONS);
			return;
		}
		if (victim->wait == WAIT_HEAD || victim->wait == WAIT_BODY)
			server->stats.refusals[HTTP_REFUSED_SLOW]++;
		conn_close(victim);
	}
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	server->stats.accepted++;
	server->stats.connections++;
	conn_create(server, fd, &client, peer);
}

static void server_on_accept(evutil_socket_t listener, short what, void *arg)
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
			server_take(server, fd, &address);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_warn("cannot accept", LOG_S("cause", strerror(errno)));
			server->resume_accept_ms = server->now_ms + NO_FILES_MS;
			server_accept_on(server, false);
		}
		return;
	}
}

/* ---- time and draining ---- */

static void server_end_drain(struct http_server *server)
{
	void (*drained)(void *ctx) = server->drained;
	server->drained = NULL;
	event_del(server->tick);
	drained(server->drained_ctx);
}

/* Close connections that have not sent a byte: browsers open some in advance. */
static void server_close_silent(struct http_server *server)
{
	for (struct connection *conn = server->first[WAIT_HEAD], *next; conn; conn = next) {
		next = conn->next;
		if (conn->in.n == 0)
			conn_close(conn);
	}
}

static void server_on_tick(evutil_socket_t fd, short what, void *arg)
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
		server_accept_on(server, true);
	if (server->drained && server->now_ms >= server->drain_silent_ms)
		server_close_silent(server);
	if (server->drained &&
	    (server->stats.connections == 0 || server->now_ms >= server->drain_deadline_ms))
		server_end_drain(server);
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
	server_accept_on(server, false);
	while (server->first[WAIT_IDLE])
		conn_close(server->first[WAIT_IDLE]);
	event_active(server->tick, EV_TIMEOUT, 1);
}

/* ---- life ---- */

static int64_t server_tick_ms(const struct http_limits *limits)
{
	int64_t least = LINGER_MS;
	const int64_t timeouts[] = {limits->header_timeout_ms, limits->body_timeout_ms,
				    limits->idle_timeout_ms, limits->write_timeout_ms};
	for (size_t i = 0; i < COUNT_OF(timeouts); i++)
		if (timeouts[i] < least)
			least = timeouts[i];
	least /= 8;
	return least < 5 ? 5 : least;
}

static void server_make_tables(struct http_server *server)
{
	route_table_init(&server->routes, server->options.groups);
	server->stats.routes_count = server->routes.count + 1;
	server->stats.routes =
	    memory_array(server->stats.routes_count, sizeof(*server->stats.routes));
	size_t peers = 64;
	while (peers < (size_t)server->options.limits.connections)
		peers *= 2;
	server->peers_mask = peers - 1;
	server->peers = memory_array(peers, sizeof(struct peer *));
	for (size_t i = 0; i < server->routes.count; i++)
		server->stats.routes[i].name = server->routes.routes[i].row->name;
	server->stats.routes[server->routes.count].name = "none";
}

struct http_server *http_server_create(const struct http_server_options *options)
{
	struct http_server *server = memory_alloc(sizeof(*server));
	const struct http_limits *limits = &options->limits;
	server->options = *options;
	server->timeout_ms[WAIT_IDLE] = limits->idle_timeout_ms;
	server->timeout_ms[WAIT_HEAD] = limits->header_timeout_ms;
	server->timeout_ms[WAIT_BODY] = limits->body_timeout_ms;
	server->timeout_ms[WAIT_WRITE] = limits->write_timeout_ms;
	server->timeout_ms[WAIT_LINGER] = LINGER_MS;
	server->timeout_ms[WAIT_HALF_CLOSED] = HALF_CLOSED_MS;
	server->send = conn_send;
	server->cut = conn_close;
	server->date_s = -1;
	server->ids = random_seeded();
	random_bytes(&server->peers_seed, sizeof(server->peers_seed));
	buf_init(&server->out, ANSWER_HEAD_BYTES);
	server->out.wipe = options->wipe;
	server_make_tables(server);
	server->now_ms = clock_ms();
	evutil_make_socket_nonblocking(options->listen_fd);
	server->listener = event_new(options->loop, options->listen_fd, EV_READ | EV_PERSIST,
				     server_on_accept, server);
	server->tick = event_new(options->loop, -1, EV_PERSIST, server_on_tick, server);
	must(server->listener && server->tick);
	int64_t tick = server_tick_ms(limits);
	struct timeval every = {tick / 1000, tick % 1000 * 1000};
	must(event_add(server->tick, &every) == 0);
	server_accept_on(server, true);
	return server;
}

void http_server_destroy(struct http_server *server)
{
	if (!server)
		return;
	for (int wait = WAIT_IDLE; wait < WAITS; wait++)
		while (server->first[wait])
			conn_close(server->first[wait]);
	/* The rest are with handlers: their connections are in no list. */
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
