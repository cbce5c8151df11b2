/* A server with the routes of a test, and clients: all on one loop. A test sets serving_groups
 * in main(). */
#ifndef TESTS_UNIT_SERVING_H
#define TESTS_UNIT_SERVING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/endpoint.h"
#include "base/json.h"
#include "http/http.h"

enum { DEADLINE_MS = 20000 };

static struct event_base *loop;
static struct http_server *server;
static int listener;
static bool wiping; /* of the next server */
static int port;
static http_error_page *error_page; /* of the next server */
static const struct http_group *serving_groups;

static int serving_begin(void **state)
{
	struct err err;
	struct endpoint bound;
	(void)state;
	loop = event_base_new();
	assert_int_equal(endpoint_listen("127.0.0.1:0", &listener, &err), OK);
	assert_int_equal(endpoint_of_socket(listener, &bound, &err), OK);
	port = endpoint_port(&bound);
	server = http_server_create(&(struct http_server_options){
	    .loop = loop,
	    .listen_fd = listener,
	    .limits = {.header_bytes = 16384,
		       .body_bytes = 100000,
		       .connections = 100,
		       .connections_per_address = 100,
		       .requests_per_connection = 1000,
		       .header_timeout_ms = 10000,
		       .body_timeout_ms = 10000,
		       .idle_timeout_ms = 10000,
		       .write_timeout_ms = 10000},
	    .groups = serving_groups,
	    .error_page = error_page,
	    .wipe = wiping,
	});
	return 0;
}

static int serving_end(void **state)
{
	(void)state;
	http_server_destroy(server);
	close(listener);
	event_base_free(loop);
	return 0;
}

static void turn(void)
{
	static const struct timeval soon = {.tv_usec = 2000};
	event_base_loopexit(loop, &soon);
	event_base_dispatch(loop);
}

#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		int64_t end_ms = clock_ms() + DEADLINE_MS;                                         \
		while (!(condition)) {                                                             \
			turn();                                                                    \
			if (clock_ms() > end_ms)                                                   \
				fail_msg("never: %s", #condition);                                 \
		}                                                                                  \
	} while (0)

static int dial(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
	return fd;
}

/* Append what has arrived; true when it holds `text`. */
static bool received(int fd, struct buf *in, const char *text)
{
	char piece[65536];
	ssize_t n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
	if (n > 0)
		buf_add(in, piece, (size_t)n);
	return in->n && memmem(in->p, in->n, text, strlen(text));
}

__attribute__((unused)) static void answers(const char *request, const char *expected)
{
	struct buf in;
	buf_init(&in, 1 << 24);
	int fd = dial(request);
	int64_t end_ms = clock_ms() + DEADLINE_MS;
	while (!received(fd, &in, expected)) {
		turn();
		if (clock_ms() > end_ms)
			fail_msg("%s\nnot in\n%s", expected, buf_z(&in));
	}
	close(fd);
	buf_release(&in);
}

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

/* Send a body and look for a text in the whole answer, which is returned and
 * overwritten by the next call. */
__attribute__((unused)) static const char *body_answers(const char *line, const char *type,
							const char *body, const char *text)
{
	static char kept[20000];
	char request[4000];
	snprintf(
	    request, sizeof(request),
	    "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
	    line, type, strlen(body), body);
	struct buf in;
	buf_init(&in, sizeof(kept) - 1);
	int fd = dial(request);
	int64_t end_ms = clock_ms() + DEADLINE_MS;
	for (ssize_t n = -1; n != 0 && clock_ms() < end_ms;) {
		char piece[4096];
		turn();
		n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (n > 0)
			buf_add(&in, piece, (size_t)n);
	}
	snprintf(kept, sizeof(kept), "%s", buf_z(&in));
	buf_release(&in);
	close(fd);
	if (!strstr(kept, text))
		fail_msg("%s %s: no \"%s\" in %s", line, body, text, kept);
	return kept;
}

#endif
