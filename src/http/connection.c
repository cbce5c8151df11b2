#include "http/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

static void conn_run(struct connection *conn, struct str input, bool own);

/* ---- life ---- */

static void conn_on_read(evutil_socket_t fd, short what, void *arg);
static void conn_on_write(evutil_socket_t fd, short what, void *arg);

static void conn_reading(struct connection *conn, bool on)
{
	if (conn->reading == on)
		return;
	conn->reading = on;
	must((on ? event_add(&conn->read, NULL) : event_del(&conn->read)) == 0);
}

static void conn_enter(struct connection *conn, enum conn_state state)
{
	static const char *const names[] = {
	    [CONN_HEAD] = "head",   [CONN_BODY] = "body",     [CONN_HANDLER] = "handler",
	    [CONN_WRITE] = "write", [CONN_LINGER] = "linger",
	};
	conn->state = state;
	log_debug(connection, "state", LOG_I("fd", conn->fd), LOG_S("state", names[state]),
		  LOG_STR("id", conn->request ? conn->request->request.id : STR("")));
}

void conn_create(struct http_server *server, int fd, const struct http_client *address,
		 struct peer *peer)
{
	struct connection *conn = memory_alloc(sizeof(*conn));
	const struct http_limits *limits = &server->options.limits;
	conn->server = server;
	conn->fd = fd;
	conn->address = *address;
	conn->peer = peer;
	conn->trusted = peer == NULL;
	conn->proxy_header =
	    conn->trusted && server->options.client_from == HTTP_FROM_PROXY_PROTOCOL;
	buf_init(&conn->in, limits->header_bytes + PIPELINE_BYTES + SCRATCH_BYTES);
	buf_init(&conn->out, SCRATCH_BYTES);
	conn->in.wipe = conn->out.wipe = server->options.wipe;
	event_assign(&conn->read, server->options.loop, fd, EV_READ | EV_PERSIST, conn_on_read,
		     conn);
	event_assign(&conn->write, server->options.loop, fd, EV_WRITE | EV_PERSIST, conn_on_write,
		     conn);
	conn_reading(conn, true);
	waits_enter(conn, WAIT_HEAD);
	log_debug(connection, "accepted", LOG_I("fd", fd));
}

static void conn_destroy(struct connection *conn)
{
	buf_release(&conn->in);
	buf_release(&conn->out);
	free(conn);
}

/* The client left, or the server gives the connection up. */
void conn_close(struct connection *conn)
{
	must(!conn->dead);
	conn->dead = true;
	conn_reading(conn, false);
	event_del(&conn->write);
	close(conn->fd);
	log_debug(connection, "closed", LOG_I("fd", conn->fd));
	struct live_request *live = conn->request;
	conn->request = NULL;
	if (live && conn->state != CONN_HANDLER) {
		request_free(live);
	} else if (live) {
		conn->server->stats.gone++;
		live->conn = NULL;
		if (live->gone) {
			live->gone(live->gone_ctx);
			request_free(live);
		}
	}
	waits_leave(conn);
	conn->server->stats.connections--;
	if (conn->peer)
		peers_leave(conn->server, conn->peer);
	if (!conn->running)
		conn_destroy(conn);
}

/* ---- answering ---- */

static void conn_linger(struct connection *conn)
{
	shutdown(conn->fd, SHUT_WR);
	conn_enter(conn, CONN_LINGER);
	buf_reset(&conn->in);
	conn_reading(conn, true);
	waits_enter(conn, WAIT_LINGER);
}

/* The client of a stream has taken what there was: its handler makes more. */
static void conn_stream(struct connection *conn)
{
	struct live_request *live = conn->request;
	conn_enter(conn, CONN_HANDLER);
	waits_enter(conn, WAIT_NONE);
	live->more(live->more_ctx);
}

/* The kernel has the whole answer, or what there is of a stream. */
static void conn_sent(struct connection *conn)
{
	if (conn->request->more) {
		conn->out_body = (struct str){NULL, 0};
		buf_reset(&conn->out);
		conn->out_at = 0;
		conn_stream(conn);
		return;
	}
	request_free(conn->request);
	conn->request = NULL;
	conn->out_body = (struct str){NULL, 0};
	buf_reset(&conn->out);
	conn->out_at = 0;
	if (conn->close_after) {
		conn_linger(conn);
		return;
	}
	conn_enter(conn, CONN_HEAD);
	conn->scan = (struct http_scan){0};
	/* Inside conn_run() its loop continues. */
	if (!conn->running) {
		conn_reading(conn, !conn->half_closed);
		conn_run(conn, buf_view(&conn->in), true);
	}
}

/* Send what the socket takes of head and body. Bytes sent, or -1: the client is gone. */
static ssize_t conn_push(struct connection *conn, struct str head, struct str body)
{
	struct iovec parts[2] = {{(void *)head.p, head.n}, {(void *)body.p, body.n}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = body.n ? 2 : 1};
	ssize_t n = body.n ? sendmsg(conn->fd, &message, MSG_NOSIGNAL)
			   : send(conn->fd, head.p, head.n, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

void conn_send(struct connection *conn, struct str body)
{
	struct buf *head = &conn->server->out;
	if (body.n <= INLINE_BYTES) {
		buf_str(head, body);
		body.n = 0;
	}
	/* From here on a client that leaves does not count as gone before its answer. */
	conn_enter(conn, CONN_WRITE);
	ssize_t n = conn_push(conn, buf_view(head), body);
	if (n < 0) {
		conn_close(conn);
		return;
	}
	size_t done = (size_t)n;
	if (done == head->n + body.n) {
		buf_reset(head);
		conn_sent(conn);
		return;
	}
	size_t of_head = done < head->n ? done : head->n;
	buf_add(&conn->out, head->p + of_head, head->n - of_head);
	buf_reset(head);
	done -= of_head;
	conn->out_body = (struct str){body.p + done, body.n - done};
	must(event_add(&conn->write, NULL) == 0);
	waits_enter(conn, WAIT_WRITE);
}

static void conn_on_write(evutil_socket_t fd, short what, void *arg)
{
	struct connection *conn = arg;
	(void)fd;
	(void)what;
	conn->server->now_ms = clock_ms();
	struct str head = {conn->out.p + conn->out_at, conn->out.n - conn->out_at};
	ssize_t n = conn_push(conn, head, conn->out_body);
	if (n < 0) {
		conn_close(conn);
		return;
	}
	if (n == 0)
		return;
	size_t done = (size_t)n;
	size_t of_head = done < head.n ? done : head.n;
	conn->out_at += of_head;
	done -= of_head;
	conn->out_body = (struct str){conn->out_body.p + done, conn->out_body.n - done};
	if (conn->out_at < conn->out.n || conn->out_body.n) {
		waits_enter(conn, WAIT_WRITE);
		return;
	}
	event_del(&conn->write);
	conn_sent(conn);
}

/* ---- requests ---- */

static void conn_fault(struct connection *conn, enum http_fault what)
{
	if (!conn->request)
		conn->request = request_create(conn->server, conn);
	if (!conn->request->request.raw_path.p)
		conn->request->request.raw_path = STR("-"); /* for the log */
	conn_enter(conn, CONN_HANDLER);
	answer_fault(conn->request, what);
}

static void conn_too_many(struct live_request *live)
{
	live->server->stats.refusals[HTTP_REFUSED_ADDRESS]++;
	http_problem(&live->request, HTTP_PROBLEM_BUSY, NULL,
		     "this address has too many requests at once");
}

/* Find the client of a request that came through trusted proxies, from the fields of the head: each
 * hop names the one before it, which counts as long as the hop itself is trusted. False: this
 * client has too many requests. */
static bool conn_identify(struct live_request *live)
{
	const struct connection *conn = live->conn;
	const struct http_server_options *options = &conn->server->options;
	if (!conn->trusted || options->client_from == HTTP_FROM_PROXY_PROTOCOL)
		return true;
	struct http_client client = conn->address, before;
	struct http_hops hops = {live->head.fields_count, {NULL, 0}};
	enum http_forwarded how =
	    options->client_from == HTTP_FROM_FORWARDED ? HTTP_FORWARDED : HTTP_X_FORWARDED_FOR;
	for (int hop = 0; hop < HOPS_MAX; hop++) {
		if (!network_list_has(&options->trusted_proxies, client.family, client.address) ||
		    !http_last_forwarded(&live->head, how, &hops, &before))
			break;
		client = before;
		network_unmap(&client.family, client.address);
	}
	live->client = peers_key(&client);
	live->peer = peers_admit(conn->server, live->client);
	return live->peer != NULL;
}

static void conn_dispatch(struct connection *conn)
{
	struct live_request *live = conn->request;
	live->request.body = buf_view(&live->body);
	conn_enter(conn, CONN_HANDLER);
	if (conn_identify(live))
		dispatch(live);
	else
		conn_too_many(live);
}

/* The socket's buffer is empty here, so that this fits. Where it does not, the client sends its
 * body after a while without it (RFC 9110). */
static void conn_continue(struct connection *conn)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	ssize_t ignored = send(conn->fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
	(void)ignored;
}

/* A complete head. The request keeps a copy, because the read buffer is reused. */
static void conn_begin(struct connection *conn, struct str bytes)
{
	struct live_request *live = conn->request = request_create(conn->server, conn);
	const struct http_limits *limits = &conn->server->options.limits;
	struct str copy = arena_str(&live->request.arena, bytes);
	must(copy.p);
	conn->requests++;
	enum http_fault what = http_parse_head(copy, &live->head);
	if (what != HTTP_FAULT_NONE) {
		conn_fault(conn, what);
		return;
	}
	const struct http_head *head = &live->head;
	live->request.method = head->method;
	live->request.raw_path = head->path;
	live->request.raw_query = head->query;
	if (head->close || conn->requests >= limits->requests_per_connection)
		conn->close_after = true;
	if (head->content_length > limits->body_bytes) {
		conn_fault(conn, HTTP_FAULT_BODY);
		return;
	}
	if (!head->chunked && head->content_length == 0) {
		conn_dispatch(conn);
		return;
	}
	conn_enter(conn, CONN_BODY);
	conn->chunks = (struct http_chunks){0};
	conn->body_left = head->content_length;
	if (head->expect_continue && head->minor == 1)
		conn_continue(conn);
}

/* The header of the PROXY protocol. Without an address the connection is the proxy's
 * own (a health check). */
static size_t conn_take_proxy(struct connection *conn, struct str input)
{
	struct http_client client;
	size_t used = 0;
	switch (http_scan_proxy(input.p, input.n, &used, &client)) {
	case HEAD_PARTIAL:
		return 0;
	case HEAD_FAULT:
		conn_fault(conn, HTTP_FAULT_PROXY);
		return input.n;
	case HEAD_COMPLETE:
		break;
	}
	conn->proxy_header = false;
	if (!client.family)
		return used;
	network_unmap(&client.family, client.address);
	conn->peer = peers_admit(conn->server, peers_key(&client));
	if (!conn->peer) {
		conn->request = request_create(conn->server, conn);
		conn->request->request.raw_path = STR("-");
		conn_enter(conn, CONN_HANDLER);
		conn->close_after = true;
		conn_too_many(conn->request);
		return input.n;
	}
	return used;
}

static size_t conn_take_head(struct connection *conn, struct str input)
{
	enum http_fault what;
	size_t max = conn->server->options.limits.header_bytes;
	switch (http_scan_head(&conn->scan, input.p, input.n, max, &what)) {
	case HEAD_PARTIAL:
		return 0;
	case HEAD_FAULT:
		conn_fault(conn, what);
		return input.n;
	case HEAD_COMPLETE:
		break;
	}
	size_t n = conn->scan.at;
	conn_begin(conn, (struct str){input.p, n});
	return n;
}

static size_t conn_take_body(struct connection *conn, struct str input)
{
	struct live_request *live = conn->request;
	if (!live->head.chunked) {
		size_t n = input.n < conn->body_left ? input.n : (size_t)conn->body_left;
		buf_add(&live->body, input.p, n);
		conn->body_left -= n;
		if (conn->body_left == 0)
			conn_dispatch(conn);
		return n;
	}
	struct str rest = input, piece;
	while (rest.n && !conn->chunks.done) {
		enum http_fault what = http_chunks_next(&conn->chunks, &rest, &piece);
		if (what == HTTP_FAULT_NONE &&
		    live->body.n + piece.n > conn->server->options.limits.body_bytes)
			what = HTTP_FAULT_BODY;
		if (what != HTTP_FAULT_NONE) {
			conn_fault(conn, what);
			return input.n;
		}
		buf_str(&live->body, piece);
	}
	if (conn->chunks.done)
		conn_dispatch(conn);
	return input.n - rest.n;
}

/* ---- reading ---- */

/* Enter the list of what the connection waits for now. */
static void conn_settle(struct connection *conn)
{
	switch (conn->state) {
	case CONN_HEAD:
		if (conn->half_closed) {
			conn_close(conn);
			return;
		}
		/* The time for a head runs from its first byte; further bytes do not extend it. */
		if (conn->in.n == 0)
			waits_enter(conn, WAIT_IDLE);
		else if (conn->wait != WAIT_HEAD)
			waits_enter(conn, WAIT_HEAD);
		break;
	case CONN_BODY:
		if (conn->half_closed)
			conn_close(conn);
		else if (conn->wait != WAIT_BODY)
			waits_enter(conn, WAIT_BODY);
		break;
	case CONN_HANDLER:
		waits_enter(conn, conn->half_closed ? WAIT_HALF_CLOSED : WAIT_NONE);
		if (conn->in.n > PIPELINE_BYTES)
			conn_reading(conn, false);
		break;
	case CONN_WRITE:
		if (conn->in.n > PIPELINE_BYTES)
			conn_reading(conn, false);
		break;
	case CONN_LINGER:
		break;
	}
}

/* Process `input`, which is conn->in (own) or what was just read. */
static void conn_run(struct connection *conn, struct str input, bool own)
{
	conn->running = true;
	while (input.n && !conn->dead && (conn->state == CONN_HEAD || conn->state == CONN_BODY)) {
		size_t used = conn->proxy_header         ? conn_take_proxy(conn, input)
			      : conn->state == CONN_HEAD ? conn_take_head(conn, input)
							 : conn_take_body(conn, input);
		if (used == 0)
			break;
		input = (struct str){input.p + used, input.n - used};
	}
	conn->running = false;
	if (conn->dead) {
		conn_destroy(conn);
		return;
	}
	if (conn->state == CONN_LINGER)
		return;
	if (own)
		buf_drop(&conn->in, conn->in.n - input.n);
	else
		buf_str(&conn->in, input);
	must(!buf_failed(&conn->in));
	/* Idle connections keep no memory for input. */
	if (conn->in.n == 0)
		buf_release(&conn->in);
	conn_settle(conn);
}

/* The client sends no more. Requests that it sent whole are answered; a partial one ends here. */
static void conn_half_closed(struct connection *conn)
{
	conn->half_closed = true;
	conn_reading(conn, false);
	if (conn->state == CONN_HANDLER)
		waits_enter(conn, WAIT_HALF_CLOSED);
	else if (conn->state != CONN_WRITE)
		conn_close(conn);
}

/* A client that closed its direction and waits looks like one that has left, whose work must stop.
 * Only sending tells: one that left answers with a reset. So the answer of a handler that takes
 * long is preceded by an interim answer, which every HTTP/1.1 client ignores (RFC 9110 15.2). */
static void conn_probe(struct connection *conn)
{
	int error = 0;
	socklen_t n = sizeof(error);
	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error) {
		conn_close(conn);
		return;
	}
	if (!conn->probed && conn->request->head.minor == 1 && !conn->request->more)
		conn_continue(conn);
	conn->probed = true;
	waits_enter(conn, WAIT_HALF_CLOSED);
}

static void conn_on_read(evutil_socket_t fd, short what, void *arg)
{
	struct connection *conn = arg;
	struct http_server *server = conn->server;
	(void)fd;
	(void)what;
	server->now_ms = clock_ms();
	ssize_t n = recv(conn->fd, server->scratch, sizeof(server->scratch), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 0) {
		conn_half_closed(conn);
		return;
	}
	if (n < 0) {
		conn_close(conn);
		return;
	}
	if (conn->state == CONN_LINGER)
		return;
	struct str input = {server->scratch, (size_t)n};
	if (conn->in.n == 0 && (conn->state == CONN_HEAD || conn->state == CONN_BODY)) {
		conn_run(conn, input, false);
	} else {
		buf_str(&conn->in, input);
		conn_run(conn, buf_view(&conn->in), true);
	}
	if (server->options.wipe)
		explicit_bzero(server->scratch, (size_t)n);
}

/* ---- time ---- */

void conn_expire(struct connection *conn)
{
	struct http_stats *stats = &conn->server->stats;
	switch (conn->wait) {
	case WAIT_HEAD:
		stats->refusals[HTTP_REFUSED_HEADER_TIMEOUT]++;
		/* A connection that sent nothing is closed without an answer. */
		if (conn->in.n == 0) {
			conn_close(conn);
			return;
		}
		conn->request = request_create(conn->server, conn);
		conn->request->request.raw_path = STR("-");
		break;
	case WAIT_BODY:
		stats->refusals[HTTP_REFUSED_BODY_TIMEOUT]++;
		break;
	case WAIT_HALF_CLOSED:
		conn_probe(conn);
		return;
	case WAIT_WRITE:
		stats->refusals[HTTP_REFUSED_WRITE_TIMEOUT]++;
		conn_close(conn);
		return;
	default:
		conn_close(conn);
		return;
	}
	conn_enter(conn, CONN_HANDLER);
	conn->close_after = true;
	http_problem(&conn->request->request, HTTP_PROBLEM_TIMEOUT, NULL,
		     "the request was not complete in time");
}
