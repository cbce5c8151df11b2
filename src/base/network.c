#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

bool network_read(struct str text, int *family, unsigned char out[16])
{
	char address[INET6_ADDRSTRLEN];
	if (text.n == 0 || text.n >= sizeof(address))
		return false;
	memcpy(address, text.p, text.n);
	address[text.n] = '\0';
	*family = memchr(text.p, ':', text.n) ? AF_INET6 : AF_INET;
	return inet_pton(*family, address, out) == 1;
}

bool network_parse(struct str text, bool alone, struct network *out)
{
	struct str rest = text;
	struct str host = str_cut(&rest, '/');
	memset(out, 0, sizeof(*out));
	if ((!rest.p && !alone) || !network_read(host, &out->family, out->prefix))
		return false;
	int64_t bits = out->family == AF_INET ? 32 : 128;
	if (rest.p && !str_to_i64(rest, 0, bits, &bits))
		return false;
	out->bits = (unsigned)bits;
	return true;
}

static bool network_next(struct str *list, struct str *part)
{
	while (list->n && (list->p[0] == ' ' || list->p[0] == ','))
		*list = (struct str){list->p + 1, list->n - 1};
	size_t n = 0;
	while (n < list->n && list->p[n] != ' ' && list->p[n] != ',')
		n++;
	*part = (struct str){list->p, n};
	*list = (struct str){list->p + n, list->n - n};
	return n > 0;
}

bool network_has(const struct network *n, int family, const unsigned char *address)
{
	if (n->family != family || memcmp(n->prefix, address, n->bits / 8) != 0)
		return false;
	unsigned odd = n->bits % 8;
	return odd == 0 || ((n->prefix[n->bits / 8] ^ address[n->bits / 8]) >> (8 - odd)) == 0;
}

bool network_list_parse(struct str text, struct network_list *out)
{
	struct str part;
	out->count = 0;
	while (network_next(&text, &part))
		if (out->count == NETWORK_LIST_MAX ||
		    !network_parse(part, true, &out->network[out->count++]))
			return false;
	return true;
}

bool network_list_has(const struct network_list *list, int family, const unsigned char *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (network_has(&list->network[i], family, address))
			return true;
	return false;
}

void network_unmap(int *family, unsigned char address[16])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (*family != AF_INET6 || memcmp(address, mapped, sizeof(mapped)) != 0)
		return;
	*family = AF_INET;
	memmove(address, address + 12, 4);
	memset(address + 4, 0, 12);
}

void network_address(const struct sockaddr *address, int *family, unsigned char out[16])
{
	memset(out, 0, 16);
	*family = 0;
	if (address->sa_family == AF_INET) {
		*family = AF_INET;
		memcpy(out, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		*family = AF_INET6;
		memcpy(out, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
		network_unmap(family, out);
	}
}
