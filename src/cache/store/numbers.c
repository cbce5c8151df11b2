/* Counters of the processes and gauges of the memory. */
#include "cache/store/internal.h"

const char *const store_counter_names[STORE_COUNTS] = {
#define X(name, help) #name,
    STORE_COUNTERS(X)
#undef X
};
const char *const store_counter_helps[STORE_COUNTS] = {
#define X(name, help) help,
    STORE_COUNTERS(X)
#undef X
};

void store_count(struct store *store, enum store_counter counter, uint64_t n)
{
	/* One writer for each slot: no locked instruction. */
	word_t *w = &store->head->slot[store->slot].counter[counter];
	atomic_store_explicit(w, peek(w) + n, memory_order_relaxed);
}

void store_waiting(struct store *store, int n)
{
	atomic_store_explicit(&store->head->slot[store->slot].waiting, (uint64_t)n,
			      memory_order_relaxed);
}

void store_numbers(const struct store *store, struct store_numbers *out)
{
	*out = (struct store_numbers){.bytes = store->head->bytes};
	for (int slot = 0; slot <= STORE_SLOTS; slot++) {
		for (int i = 0; i < STORE_COUNTS; i++)
			out->counter[i] += peek(&store->head->slot[slot].counter[i]);
		out->waiting += peek(&store->head->slot[slot].waiting);
	}
	uint64_t free_count = peek(&store->head->free);
	out->bytes_used =
	    free_count < store->head->blocks ? (store->head->blocks - free_count) * BLOCK_BYTES : 0;
	for (uint64_t n = 0; n < store->head->buckets; n++) {
		for (uint64_t marks = peek(&store->bucket[n].marks) & MARKS_MASK; marks;
		     marks >>= 6)
			out->entries_used += (marks & 63) != 0;
	}
}
