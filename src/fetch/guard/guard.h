/* Which addresses and ports holdfast-fetch may call: the public internet, and what an allow-list
 * adds. This decides about server-side request forgery (SSRF).
 *
 * One table of refused ranges (guard.c), each with the document that reserves it: own host, private
 * networks, link-local (which has the metadata services of clouds), multicast, documentation, and
 * every form of IPv6 that embeds an IPv4 address and would bypass the IPv4 rows. The check is on
 * the binary address only, after name resolution; it is repeated with the address of the socket.
 */
#ifndef FETCH_GUARD_GUARD_H
#define FETCH_GUARD_GUARD_H

#include <sys/socket.h>
#include "base/err.h"
#include "base/network.h"

enum { GUARD_ALLOWED_MAX = 16, GUARD_PORTS_MAX = 16 };

struct guard {
	struct network allowed[GUARD_ALLOWED_MAX];
	size_t allowed_count;
	uint16_t ports[GUARD_PORTS_MAX];
	size_t ports_count;
};

/* allow: "127.0.0.2/32 fd00::/8", ports: "80 443"; separated by spaces. INVALID with
 * the part that is wrong. */
MUST_CHECK enum status guard_init(struct guard *g, struct str allow, struct str ports,
				  struct err *err);

/* NULL: may be called. Else the reason, such as "10.0.0.0/8 (private, RFC 1918)". */
const char *guard_refuses(const struct guard *g, const struct sockaddr *address);

bool guard_port(const struct guard *g, uint16_t port);

#endif
