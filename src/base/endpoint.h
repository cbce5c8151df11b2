/* Addresses with a port: "127.0.0.1:8080", "[::1]:8080". Numbers only: names are resolved
 * by the fetcher alone.
 *
 * endpoint.c makes no system call; what makes sockets is in endpoint_listen.c, so that a program
 * that must have no sockets can still check its configuration (tools/links). */
#ifndef BASE_ENDPOINT_H
#define BASE_ENDPOINT_H

#include <netinet/in.h>
#include "base/err.h"
#include "base/str.h"

struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	};
	socklen_t size; /* of the address in use */
};

/* Parse IPv4:PORT or [IPv6]:PORT, ports 0 to 65535. With default_port other than 0, ":PORT" may be
 * missing. */
MUST_CHECK bool endpoint_parse(struct str text, uint16_t default_port, struct endpoint *out);
uint16_t endpoint_port(const struct endpoint *e);
/* Write the address without port and brackets into a buffer of INET6_ADDRSTRLEN bytes. */
void endpoint_host(const struct endpoint *e, char out[INET6_ADDRSTRLEN]);

/* Write it in the form of endpoint_parse. */
enum { ENDPOINT_TEXT = INET6_ADDRSTRLEN + 8 };
void endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT]);

/* Open a listening TCP socket that shares its port (SO_REUSEPORT) with others of the same user;
 * close-on-exec, non-blocking. INVALID: `text` is not an endpoint. CONFLICT: the port is in use.
 * The sentence names the endpoint. */
MUST_CHECK enum status endpoint_listen(const char *text, int *fd, struct err *err);
/* OK when no socket listens there, not even one that shares the port. Errors as endpoint_listen. */
MUST_CHECK enum status endpoint_check_free(const char *text, struct err *err);
/* The address of a bound socket, with the port that the kernel chose for port 0. */
MUST_CHECK enum status endpoint_of_socket(int fd, struct endpoint *out, struct err *err);

#endif
