/* A small load generator: keep-alive connections on one thread, each sends the next request when
 * its answer is complete. It only has to be the same for every server measured: what counts is
 * the servers' CPU time.
 *
 *   load ADDRESS PORT PATH CONNECTIONS REQUESTS
 *
 * Prints requests, seconds, bytes of the last answer, and the 99th percentile of latency in
 * microseconds. Exits 1 at the first answer that is not a whole 200. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 64 * 1024, EVENTS = 256, LATENCY_MAX_US = 1000000 };

struct client {
	int fd;
	size_t got;
	int64_t sent_us;
	char answer[ANSWER_BYTES];
};

static struct sockaddr_in server;
static char request[1024];
static size_t request_bytes, answer_bytes;
static int loop;
static long latency[LATENCY_MAX_US + 1]; /* requests by microseconds */

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "load: %s (%s)\n", what, strerror(errno));
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void send_request(struct client *client)
{
	client->sent_us = now_us();
	if (send(client->fd, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes)
		fail("the request could not be sent whole");
}

static void open_client(struct client *client)
{
	int on = 1;
	client->got = 0;
	client->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&server, sizeof(server)) != 0)
		fail("cannot connect");
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
	if (epoll_ctl(loop, EPOLL_CTL_ADD, client->fd, &event) != 0)
		fail("epoll_ctl");
	send_request(client);
}

/* Whether the answer is whole. *closing: the server ends the connection behind it. */
static bool answered(struct client *client, bool *closing)
{
	client->answer[client->got] = '\0';
	char *end = strstr(client->answer, "\r\n\r\n");
	if (!end)
		return false;
	if (strncmp(client->answer, "HTTP/1.1 200 ", 13) != 0)
		fail(client->answer);
	char *length = strcasestr(client->answer, "\r\nContent-Length: ");
	if (!length || length > end)
		fail("an answer without Content-Length");
	size_t whole = (size_t)(end - client->answer) + 4 + strtoul(length + 18, NULL, 10);
	if (client->got > whole)
		fail("more than was asked for");
	char *close_line = strcasestr(client->answer, "\r\nConnection: close");
	*closing = close_line && close_line < end;
	answer_bytes = whole;
	return client->got == whole;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return fputs("usage: load ADDRESS PORT PATH CONNECTIONS REQUESTS\n", stderr), 64;
	server.sin_family = AF_INET;
	server.sin_port = htons((unsigned short)atoi(argv[2]));
	if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
		fail("no IPv4 address");
	request_bytes =
	    (size_t)snprintf(request, sizeof(request),
			     "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: load\r\n"
			     "Accept: */*\r\nAccept-Language: en\r\n\r\n",
			     argv[3]);
	int connections = atoi(argv[4]);
	long wanted = atol(argv[5]), sent, done = 0;
	struct client *clients = calloc((size_t)connections, sizeof(*clients));
	loop = epoll_create1(0);
	if (!clients || loop < 0)
		fail("out of resources");

	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (sent = 0; sent < connections; sent++)
		open_client(&clients[sent]);
	while (done < wanted) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(loop, events, EVENTS, 5000);
		if (n <= 0)
			fail("no answer for five seconds");
		for (int i = 0; i < n; i++) {
			struct client *client = events[i].data.ptr;
			bool closing = false;
			ssize_t bytes = recv(client->fd, client->answer + client->got,
					     ANSWER_BYTES - 1 - client->got, 0);
			if (bytes <= 0)
				fail("the connection ended in an answer");
			client->got += (size_t)bytes;
			if (!answered(client, &closing))
				continue;
			done++;
			int64_t us = now_us() - client->sent_us;
			latency[us < LATENCY_MAX_US ? us : LATENCY_MAX_US]++;
			client->got = 0;
			if (closing)
				close(client->fd);
			if (sent < wanted && closing)
				open_client(client);
			else if (sent < wanted)
				send_request(client);
			sent++;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	long below = 0, p99 = 0;
	while ((below += latency[p99]) < done - done / 100)
		p99++;
	printf("%ld %.3f %zu %ld\n", done,
	       (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
	       answer_bytes, p99);
	return 0;
}
