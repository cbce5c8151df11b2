#include "http/internal.h"
#include "base/memory.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

uint64_t peers_key(const struct http_client *address)
{
	uint64_t key = 0;
	memcpy(&key, address->address, address->family == AF_INET ? 4 : sizeof(key));
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

struct peer *peers_admit(struct http_server *server, uint64_t key)
{
	struct peer **slot = peers_slot(server, key);
	if (!*slot) {
		*slot = memory_alloc(sizeof(**slot));
		(*slot)->key = key;
	}
	if ((*slot)->connections >= server->options.limits.connections_per_address)
		return NULL;
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
