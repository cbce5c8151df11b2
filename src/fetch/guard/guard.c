#include "fetch/guard/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* IANA's special-purpose registries (RFC 6890) and other ranges that are not public. The first
 * match gives the reason, so that narrow ranges are before wide ones. */
static const struct {
	const char *range;
	const char *why;
} refused[] = {
    {"0.0.0.0/8", "0.0.0.0/8 (this network, RFC 1122)"},
    {"10.0.0.0/8", "10.0.0.0/8 (private, RFC 1918)"},
    {"100.64.0.0/10", "100.64.0.0/10 (carrier-grade NAT, RFC 6598)"},
    {"127.0.0.0/8", "127.0.0.0/8 (loopback, RFC 1122)"},
    {"168.63.129.16/32", "168.63.129.16 (a cloud's host agent)"},
    {"169.254.0.0/16", "169.254.0.0/16 (link-local, RFC 3927)"},
    {"172.16.0.0/12", "172.16.0.0/12 (private, RFC 1918)"},
    {"192.0.0.0/24", "192.0.0.0/24 (protocol assignments, RFC 6890)"},
    {"192.0.2.0/24", "192.0.2.0/24 (documentation, RFC 5737)"},
    {"192.31.196.0/24", "192.31.196.0/24 (AS112, RFC 7535)"},
    {"192.52.193.0/24", "192.52.193.0/24 (AMT, RFC 7450)"},
    {"192.88.99.0/24", "192.88.99.0/24 (6to4 relays, RFC 7526)"},
    {"192.168.0.0/16", "192.168.0.0/16 (private, RFC 1918)"},
    {"192.175.48.0/24", "192.175.48.0/24 (AS112, RFC 7534)"},
    {"198.18.0.0/15", "198.18.0.0/15 (benchmarks, RFC 2544)"},
    {"198.51.100.0/24", "198.51.100.0/24 (documentation, RFC 5737)"},
    {"203.0.113.0/24", "203.0.113.0/24 (documentation, RFC 5737)"},
    {"224.0.0.0/4", "224.0.0.0/4 (multicast, RFC 5771)"},
    {"255.255.255.255/32", "255.255.255.255 (broadcast, RFC 919)"},
    {"240.0.0.0/4", "240.0.0.0/4 (reserved, RFC 1112)"},
    {"::/128", ":: (unspecified, RFC 4291)"},
    {"::1/128", "::1 (loopback, RFC 4291)"},
    {"::ffff:0:0/96", "::ffff:0:0/96 (IPv4-mapped, RFC 4291)"},
    {"::ffff:0:0:0/96", "::ffff:0:0:0/96 (IPv4-translated, RFC 2765)"},
    {"::/96", "::/96 (IPv4-compatible, RFC 4291)"},
    {"64:ff9b::/96", "64:ff9b::/96 (NAT64, RFC 6052)"},
    {"64:ff9b:1::/48", "64:ff9b:1::/48 (local NAT64, RFC 8215)"},
    {"100::/64", "100::/64 (discard, RFC 6666)"},
    {"2001::/32", "2001::/32 (Teredo, RFC 4380)"},
    {"2001:db8::/32", "2001:db8::/32 (documentation, RFC 3849)"},
    {"2001::/23", "2001::/23 (protocol assignments, RFC 2928)"},
    {"2002::/16", "2002::/16 (6to4, RFC 3056)"},
    {"2620:4f:8000::/48", "2620:4f:8000::/48 (AS112, RFC 7534)"},
    {"3fff::/20", "3fff::/20 (documentation, RFC 9637)"},
    {"5f00::/16", "5f00::/16 (segment routing, RFC 9602)"},
    {"fc00::/7", "fc00::/7 (unique-local, RFC 4193)"},
    {"fe80::/10", "fe80::/10 (link-local, RFC 4291)"},
    {"fec0::/10", "fec0::/10 (site-local, RFC 3879)"},
    {"ff00::/8", "ff00::/8 (multicast, RFC 4291)"},
    /* Global unicast is 2000::/3; the rest is not assigned. */
    {"::/3", "::/3 (not global unicast, RFC 4291)"},
    {"4000::/2", "4000::/2 (not global unicast, RFC 4291)"},
    {"8000::/1", "8000::/1 (not global unicast, RFC 4291)"},
};
enum { REFUSED_COUNT = COUNT_OF(refused) };

static enum status guard_read_allowed(struct guard *g, struct str allow, struct err *err)
{
	while (allow.p) {
		struct str part = str_trim(str_cut(&allow, ' '));
		if (part.n == 0)
			continue;
		if (g->allowed_count == GUARD_ALLOWED_MAX)
			return err_set(err, TOO_LARGE, "more than %d allowed ranges",
				       GUARD_ALLOWED_MAX);
		if (!network_parse(part, false, &g->allowed[g->allowed_count++]))
			return err_set(err, INVALID, "not a range of addresses: %.*s",
				       STR_ARG(part));
	}
	return OK;
}

enum status guard_init(struct guard *g, struct str allow, struct str ports, struct err *err)
{
	memset(g, 0, sizeof(*g));
	enum status status = guard_read_allowed(g, allow, err);
	while (status == OK && ports.p) {
		int64_t port;
		struct str part = str_trim(str_cut(&ports, ' '));
		if (part.n == 0)
			continue;
		if (g->ports_count == GUARD_PORTS_MAX)
			return err_set(err, TOO_LARGE, "more than %d ports", GUARD_PORTS_MAX);
		if (!str_to_i64(part, 1, UINT16_MAX, &port))
			return err_set(err, INVALID, "not a port: %.*s", STR_ARG(part));
		g->ports[g->ports_count++] = (uint16_t)port;
	}
	return status;
}

const char *guard_refuses(const struct guard *g, const struct sockaddr *address)
{
	unsigned char bytes[16] = {0};
	struct network r;
	if (address->sa_family == AF_INET)
		memcpy(bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	else if (address->sa_family == AF_INET6)
		memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
	else
		return "not an internet address";
	for (size_t i = 0; i < g->allowed_count; i++)
		if (network_has(&g->allowed[i], address->sa_family, bytes))
			return NULL;
	for (size_t i = 0; i < REFUSED_COUNT; i++) {
		must(network_parse(str_of(refused[i].range), false, &r));
		if (network_has(&r, address->sa_family, bytes))
			return refused[i].why;
	}
	return NULL;
}

bool guard_port(const struct guard *g, uint16_t port)
{
	for (size_t i = 0; i < g->ports_count; i++)
		if (g->ports[i] == port)
			return true;
	return false;
}
