#include "http/internal.h"
#include "base/memory.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

uint64_t peers_key(const struct sockaddr_storage *address)
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

uint32_t peers_hash(const struct http_server *server, uint64_t key)
{
	return (uint32_t)(((key ^ server->peers_seed) * 0x9e3779b97f4a7c15u) >> 32);
}

static struct peer **peers_slot(struct http_server *server, uint64_t key)
{
	struct peer **slot = &server->peers[peers_hash(server, key) & server->peers_mask];
	while (*slot && (*slot)->key != key)
		slot = &(*slot)->next;
	return slot;
}

int peers_connections(struct http_server *server, uint64_t key)
{
	const struct peer *peer = *peers_slot(server, key);
	return peer ? peer->connections : 0;
}

struct peer *peers_join(struct http_server *server, uint64_t key)
{
	struct peer **slot = peers_slot(server, key);
	if (!*slot) {
		*slot = memory_alloc(sizeof(**slot));
		(*slot)->key = key;
	}
	(*slot)->connections++;
	return *slot;
}

void peers_leave(struct http_server *server, struct peer *peer)
{
	if (--peer->connections)
		return;
	*peers_slot(server, peer->key) = peer->next;
	free(peer);
}
