/* Objects by their "@id". */
#include "site/facts/internal.h"
#include "base/memory.h"

#include <stdlib.h>

static size_t ids_hash(struct str id)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < id.n; i++)
		hash = (hash ^ (unsigned char)id.p[i]) * 0x100000001b3u;
	return (size_t)(hash ^ hash >> 32);
}

void facts_ids_init(struct facts_ids *ids)
{
	*ids = (struct facts_ids){0};
}

void facts_ids_release(struct facts_ids *ids)
{
	free(ids->slot);
	facts_ids_init(ids);
}

/* The slot of the id, or the free one where it would be inserted. */
static const struct json_value **ids_slot(const struct facts_ids *ids, struct str id)
{
	size_t at = ids_hash(id) & (ids->slots - 1);
	while (ids->slot[at] && !str_eq(json_text(json_get(ids->slot[at], "@id")), id))
		at = (at + 1) & (ids->slots - 1);
	return &ids->slot[at];
}

static void ids_grow(struct facts_ids *ids)
{
	struct facts_ids larger = {.slots = ids->slots ? 2 * ids->slots : 64, .count = ids->count};
	if (2 * (ids->count + 1) < ids->slots)
		return;
	larger.slot = memory_array(larger.slots, sizeof(struct json_value *));
	for (size_t i = 0; i < ids->slots; i++)
		if (ids->slot[i])
			*ids_slot(&larger, json_text(json_get(ids->slot[i], "@id"))) = ids->slot[i];
	free(ids->slot);
	*ids = larger;
}

bool facts_is_reference(const struct json_value *value)
{
	return value && value->kind == JSON_IS_OBJECT && value->count == 1 &&
	       value->first->kind == JSON_IS_STRING && str_eq(value->first->key, STR("@id"));
}

void facts_ids_add(struct facts_ids *ids, const struct json_value *tree)
{
	struct str id = json_text(json_get(tree, "@id"));
	if (id.n && !facts_is_reference(tree)) {
		ids_grow(ids);
		const struct json_value **slot = ids_slot(ids, id);
		ids->count += !*slot;
		*slot = *slot ? *slot : tree;
	}
	/* json_parse bounds the depth */
	for (const struct json_value *v = tree->first; v; v = v->next)
		if (v->kind == JSON_IS_OBJECT || v->kind == JSON_IS_ARRAY)
			facts_ids_add(ids, v);
}

const struct json_value *facts_resolve(const struct facts_ids *ids, const struct json_value *value)
{
	if (!facts_is_reference(value))
		return value;
	return ids && ids->slots ? *ids_slot(ids, json_text(value->first)) : NULL;
}
