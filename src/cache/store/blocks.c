/* Blocks: taking, noting, freeing, evicting. */
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

/* A block is freed by whoever still finds it as noted: once. */
void chain_free(struct store *store, const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		word_t *state = &store->state[chain->block[i]];
		uint64_t s = load(state);
		if (state_sequence(s) != state_sequence(chain->state[i]) ||
		    state_kind(s) == BLOCK_FREE)
			continue;
		STORE_POINT("free a block");
		/* The publisher may settle it at this moment: once more with what it is now. */
		uint64_t freed = state_make(state_sequence(s) + 1, 0, BLOCK_FREE);
		if (swap(state, s, freed) ||
		    (state_sequence(s = load(state)) == state_sequence(chain->state[i]) &&
		     state_kind(s) != BLOCK_FREE && swap(state, s, freed)))
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
		     state_make(state_sequence(chain->state[i]), 0, BLOCK_PUBLISHED));
	}
}

/* 0: none is free. */
static uint32_t take_block(struct store *store, uint64_t *state)
{
	struct head *head = store->head;
	uint64_t at = peek(&head->hint);
	if ((int64_t)peek(&head->free) <= 0)
		return 0;
	for (uint64_t i = 0; i < head->blocks; i++, at++) {
		if (at == 0 || at > head->blocks)
			at = 1;
		uint64_t s = peek(&store->state[at]);
		if (state_kind(s) != BLOCK_FREE)
			continue;
		uint64_t taken = state_make(state_sequence(s), store->slot, BLOCK_PRIVATE);
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

/* The hand goes on until it has freed a value. False: everything is being filled. */
static bool evict(struct store *store)
{
	uint64_t entries = store->head->buckets * STORE_WAYS;
	for (uint64_t step = 0; step < (USED_MAX + 2) * entries; step++) {
		uint64_t number =
		    1 + atomic_fetch_add_explicit(&store->head->hand, 1, memory_order_relaxed) %
			    entries;
		struct entry *e = entry_at(store, number);
		uint64_t w = load(word_at(store, number));
		if (word_block(w) == 0 ||
		    (word_phase(w) != STORE_IDLE && word_phase(w) != STORE_BACKOFF))
			continue;
		uint64_t used = peek(&e->used);
		if (used > 0) {
			atomic_store_explicit(&e->used, used - 1, memory_order_relaxed);
			continue;
		}
		if (entry_clear(store, number, w)) {
			store_count(store, STORE_COUNT_evicted, 1);
			return true;
		}
	}
	return false;
}

bool chain_take(struct store *store, size_t words, struct chain *chain)
{
	size_t need = (words + PAYLOAD_WORDS - 1) / PAYLOAD_WORDS;
	must(need <= CHAIN_MAX);
	chain->count = 0;
	while (chain->count < need) {
		uint64_t state;
		uint32_t b = take_block(store, &state);
		if (b) {
			chain->block[chain->count] = b;
			chain->state[chain->count++] = state;
		} else if (!evict(store)) {
			chain_free(store, chain);
			return false;
		}
	}
	for (uint32_t i = 0; i < chain->count; i++)
		put(&store->block[chain->block[i]].next,
		    i + 1 < chain->count ? chain->block[i + 1] : 0);
	return true;
}
