/* Room for a value: free blocks, else those of entries that were not used. */
#include "cache/store/internal.h"

/* Remove the key and the value of an entry that stands at `word` (IDLE or BACKOFF). False: it
 * changed. */
static bool entry_clear(struct store *store, uint64_t number, uint64_t word)
{
	struct bucket *b = &store->bucket[(number - 1) / STORE_WAYS];
	word_t *own = word_at(store, number);
	struct chain chain;
	chain_note(store, word_block(word), &chain);
	uint64_t out = word_next(word, STORE_OUT, store->slot, word_block(word));
	if (!swap(own, word, out))
		return false;
	STORE_POINT("an entry is out");
	marks_clear(b, (int)((number - 1) % STORE_WAYS));
	STORE_POINT("its mark is cleared");
	put(own, word_next(out, STORE_IDLE, 0, 0));
	STORE_POINT("it is empty");
	chain_free(store, &chain);
	return true;
}

/* Advance the hand until it has freed a value. False: every entry is being filled. */
static bool evict_one(struct store *store)
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
		uint32_t b = block_take(store, &state);
		if (b) {
			chain->block[chain->count] = b;
			chain->state[chain->count++] = state;
		} else if (!evict_one(store)) {
			chain_free(store, chain);
			return false;
		}
	}
	for (uint32_t i = 0; i < chain->count; i++)
		put(&store->block[chain->block[i]].next,
		    i + 1 < chain->count ? chain->block[i + 1] : 0);
	return true;
}
