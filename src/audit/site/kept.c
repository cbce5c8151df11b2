/* Data kept until all documents have been read. */
#include "audit/site/internal.h"
#include "base/ascii.h"
#include "base/err.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

void *site_more(void *list, size_t size)
{
	SITE_LIST(char) *l = list;
	l->item = memory_grow(l->item, &l->room, l->count + 1, size);
	return memset(l->item + l->count++ * size, 0, size);
}

uint64_t site_anchor(uint32_t file, struct str fragment)
{
	return XXH3_64bits_withSeed(fragment.p ? fragment.p : "", fragment.n, file);
}

uint64_t site_hash(struct str text)
{
	return XXH3_64bits(text.p ? text.p : "", text.n);
}

const struct site_fact *site_first(const struct site_page *page, enum page_fact fact)
{
	for (size_t i = 0; i < page->facts_count; i++)
		if (page->facts[i].fact == fact)
			return &page->facts[i];
	return NULL;
}

/* ---- hosts: a hash table with open addressing over the array ---- */

static uint64_t hash_host(struct str host)
{
	char lower[256];
	size_t n = host.n < sizeof(lower) ? host.n : sizeof(lower);
	for (size_t i = 0; i < n; i++)
		lower[i] = ascii_lower(host.p[i]);
	return XXH3_64bits(lower, n);
}

/* The slot of the host, or the free one that it would go into. */
static uint32_t *host_slot(struct site_hosts *hosts, struct str host)
{
	size_t at = hash_host(host) & (hosts->slots - 1);
	while (hosts->slot[at] && !str_eq_nocase(hosts->item[hosts->slot[at] - 1].host, host))
		at = (at + 1) & (hosts->slots - 1);
	return &hosts->slot[at];
}

static void grow_hosts(struct site_hosts *hosts)
{
	if (2 * (hosts->count + 1) < hosts->slots)
		return;
	free(hosts->slot);
	hosts->slots = hosts->slots ? 2 * hosts->slots : 256;
	hosts->slot = memory_array(hosts->slots, sizeof(*hosts->slot));
	for (size_t i = 0; i < hosts->count; i++)
		*host_slot(hosts, hosts->item[i].host) = (uint32_t)i + 1;
}

void site_count_host(struct site *site, struct site_hosts *hosts, struct site_place at,
		     struct str host)
{
	grow_hosts(hosts);
	uint32_t *slot = host_slot(hosts, host);
	if (!*slot) {
		SITE_ADD(hosts) = (struct site_host){
		    .first = at, .host = arena_str(&site->arena, host), .last = SITE_NO_FILE};
		*slot = (uint32_t)hosts->count;
	}
	struct site_host *one = &hosts->item[*slot - 1];
	one->requests++;
	one->pages += one->last != at.file;
	one->last = at.file;
}

const struct site_host *site_main_host(const struct site_hosts *hosts)
{
	const struct site_host *best = NULL;
	for (size_t i = 0; i < hosts->count; i++)
		if (!best || hosts->item[i].pages > best->pages)
			best = &hosts->item[i];
	return best;
}
