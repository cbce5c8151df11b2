#include "fetch/internal.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
	SLOTS = 1024,
	RULES_MAX = 32768,          /* bytes; longer ones are not cached */
	KEPT_MS = 12 * 3600 * 1000, /* RFC 9309 2.4: at most 24 hours */
};

struct robots_slot {
	char *origin; /* NULL: free */
	char *rules;
	struct str view;
	int64_t until_ms;
};

/* Direct-mapped by the hash of the origin: a new entry replaces the old one of its slot. */
struct robots_cache {
	struct robots_slot slots[SLOTS];
};

struct robots_cache *robots_cache_create(void)
{
	struct robots_cache *c = memory_alloc(sizeof(*c));
	return c;
}

static void slot_clear(struct robots_slot *slot)
{
	free(slot->origin);
	free(slot->rules);
	*slot = (struct robots_slot){0};
}

void robots_cache_free(struct robots_cache *c)
{
	for (size_t i = 0; i < SLOTS; i++)
		slot_clear(&c->slots[i]);
	free(c);
}

static size_t slot_of(const struct url *url, char *origin, size_t size)
{
	snprintf(origin, size, "%s://%s:%u", url->scheme, url->host, url->port);
	return XXH3_64bits(origin, strlen(origin)) % SLOTS;
}

const struct str *robots_get(const struct robots_cache *c, const struct url *url)
{
	char origin[FETCH_HOST_MAX + 32];
	const struct robots_slot *slot = &c->slots[slot_of(url, origin, sizeof(origin))];
	if (!slot->origin || strcmp(slot->origin, origin) != 0 || slot->until_ms < clock_ms())
		return NULL;
	return &slot->view;
}

void robots_put(struct robots_cache *c, const struct url *url, struct str rules)
{
	char origin[FETCH_HOST_MAX + 32];
	struct robots_slot *slot = &c->slots[slot_of(url, origin, sizeof(origin))];
	slot_clear(slot);
	if (rules.n > RULES_MAX)
		return;
	slot->origin = memory_strdup(origin);
	slot->rules = memory_room(rules.n + 1);
	if (rules.n > 0)
		memcpy(slot->rules, rules.p, rules.n);
	slot->view = (struct str){slot->rules, rules.n};
	slot->until_ms = clock_ms() + KEPT_MS;
}
