#include "base/endpoint.h"
#include "base/network.h"

#include <arpa/inet.h>
#include <stdio.h>

/* Cut the host off *text, without brackets. p == NULL: it has none. */
static struct str endpoint_cut_host(struct str *text)
{
	struct str s = *text, none = {NULL, 0};
	bool brackets = s.n && s.p[0] == '[';
	const char *end = s.n ? memchr(s.p, brackets ? ']' : ':', s.n) : NULL;
	if (brackets && !end)
		return none;
	size_t n = end ? (size_t)(end - s.p) : s.n;
	*text = (struct str){s.p + n + brackets, s.n - n - brackets};
	return brackets ? (struct str){s.p + 1, n - 1} : (struct str){s.p, n};
}

bool endpoint_parse(struct str text, uint16_t default_port, struct endpoint *out)
{
	unsigned char address[16];
	int64_t port = default_port;
	int family;
	bool six = text.n && text.p[0] == '[';
	struct str host = endpoint_cut_host(&text);
	if (!network_read(host, &family, address) || (family == AF_INET6) != six)
		return false;
	if (text.n == 0 && default_port == 0)
		return false;
	if (text.n && (text.p[0] != ':' ||
		       !str_to_i64((struct str){text.p + 1, text.n - 1}, 0, UINT16_MAX, &port)))
		return false;
	memset(out, 0, sizeof(*out));
	if (six) {
		out->size = sizeof(out->six);
		out->six.sin6_family = AF_INET6;
		out->six.sin6_port = htons((uint16_t)port);
		memcpy(&out->six.sin6_addr, address, sizeof(out->six.sin6_addr));
		return true;
	}
	out->size = sizeof(out->four);
	out->four.sin_family = AF_INET;
	out->four.sin_port = htons((uint16_t)port);
	memcpy(&out->four.sin_addr, address, sizeof(out->four.sin_addr));
	return true;
}

uint16_t endpoint_port(const struct endpoint *e)
{
	return ntohs(e->any.sa_family == AF_INET6 ? e->six.sin6_port : e->four.sin_port);
}

void endpoint_host(const struct endpoint *e, char out[INET6_ADDRSTRLEN])
{
	const void *address = e->any.sa_family == AF_INET6 ? (const void *)&e->six.sin6_addr
							   : (const void *)&e->four.sin_addr;
	must(inet_ntop(e->any.sa_family, address, out, INET6_ADDRSTRLEN));
}

void endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT])
{
	char host[INET6_ADDRSTRLEN];
	endpoint_host(e, host);
	snprintf(out, ENDPOINT_TEXT, e->any.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		 (unsigned)endpoint_port(e));
}
