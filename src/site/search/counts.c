#include "site/search/internal.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/memory.h"

enum { COUNTS_FIRST = 1 << 12 };

void counts_init(struct counts *c)
{
	*c = (struct counts){.room = COUNTS_FIRST};
	c->item = memory_array(c->room, sizeof(*c->item));
}

void counts_release(struct counts *c)
{
	free(c->item);
	*c = (struct counts){0};
}

/* Where the hash is, or would be. */
static struct count *counts_at(const struct counts *c, uint64_t hash)
{
	size_t at = hash & (c->room - 1);
	while (c->item[at].hash && c->item[at].hash != hash)
		at = (at + 1) & (c->room - 1);
	return &c->item[at];
}

static void counts_double(struct counts *c)
{
	struct counts more = {.count = c->count, .room = 2 * c->room};
	more.item = memory_array(more.room, sizeof(*more.item));
	for (size_t i = 0; i < c->room; i++)
		if (c->item[i].hash)
			*counts_at(&more, c->item[i].hash) = c->item[i];
	free(c->item);
	*c = more;
}

static uint64_t counts_hash(struct str word)
{
	uint64_t hash = XXH3_64bits(word.p, word.n);
	return hash ? hash : 1;
}

void counts_add(struct counts *c, struct str word, bool named)
{
	uint64_t hash = counts_hash(word);
	struct count *item = counts_at(c, hash);
	item->all++;
	item->named += named;
	if (item->hash)
		return;
	item->hash = hash;
	if (++c->count > c->room / 2)
		counts_double(c);
}

uint32_t counts_of(const struct counts *c, struct str word, uint32_t *named)
{
	const struct count *item = counts_at(c, counts_hash(word));
	*named = item->named;
	return item->all;
}
