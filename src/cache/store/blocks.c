/* Blocks: taking, noting, freeing. */
#include "cache/store/internal.h"

void chain_note(const struct store *store, uint32_t first, struct chain *chain)
{
	chain->count = 0;
	for (uint32_t b = first; b != 0 && b <= store->head->blocks && chain->count < CHAIN_MAX;
	     b = (uint32_t)load(&store->block[b].next)) {
		chain->block[chain->count] = b;
		chain->state[chain->count++] = load(&store->state[b]);
	}
}

/* A block is freed only while its sequence is still the noted one, so that it is freed once. */
void chain_free(struct store *store, const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		word_t *state = &store->state[chain->block[i]];
		uint64_t s = load(state);
		if (block_state_sequence(s) != block_state_sequence(chain->state[i]) ||
		    block_state_kind(s) == BLOCK_FREE)
			continue;
		STORE_POINT("free a block");
		/* The publisher may change the kind to published at this moment: then try once
		 * more. */
		uint64_t freed = block_state_make(block_state_sequence(s) + 1, 0, BLOCK_FREE);
		if (swap(state, s, freed) ||
		    (block_state_sequence(s = load(state)) ==
			 block_state_sequence(chain->state[i]) &&
		     block_state_kind(s) != BLOCK_FREE && swap(state, s, freed)))
			atomic_fetch_add_explicit(&store->head->free, 1, memory_order_relaxed);
	}
	if (chain->count)
		atomic_store_explicit(&store->head->hint, chain->block[0], memory_order_relaxed);
}

void chain_settle(struct store *store, const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		STORE_POINT("settle a block");
		swap(&store->state[chain->block[i]], chain->state[i],
		     block_state_make(block_state_sequence(chain->state[i]), 0, BLOCK_PUBLISHED));
	}
}

uint32_t block_take(struct store *store, uint64_t *state)
{
	struct head *head = store->head;
	uint64_t at = peek(&head->hint);
	if ((int64_t)peek(&head->free) <= 0)
		return 0;
	for (uint64_t i = 0; i < head->blocks; i++, at++) {
		if (at == 0 || at > head->blocks)
			at = 1;
		uint64_t s = peek(&store->state[at]);
		if (block_state_kind(s) != BLOCK_FREE)
			continue;
		uint64_t taken =
		    block_state_make(block_state_sequence(s), store->slot, BLOCK_PRIVATE);
		if (!swap(&store->state[at], s, taken))
			continue;
		STORE_POINT("took a block");
		atomic_fetch_sub_explicit(&head->free, 1, memory_order_relaxed);
		atomic_store_explicit(&head->hint, at + 1, memory_order_relaxed);
		*state = taken;
		return (uint32_t)at;
	}
	atomic_store_explicit(&head->free, 0, memory_order_relaxed);
	return 0;
}
