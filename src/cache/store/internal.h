#ifndef CACHE_STORE_INTERNAL_H
#define CACHE_STORE_INTERNAL_H

#include "cache/store/store.h"

#include <stdatomic.h>

/* Named places where a test kills a process; empty in programs. */
#ifndef STORE_POINT
#define STORE_POINT(name) ((void)0)
#endif

enum {
	BLOCK_BYTES = 512,
	BLOCK_WORDS = BLOCK_BYTES / 8,
	PAYLOAD_WORDS = BLOCK_WORDS - 1,
	META_WORDS = 8,
	CHAIN_MAX = (STORE_VALUE_MAX + STORE_KEY_MAX) / (PAYLOAD_WORDS * 8) + 2,
	USED_MAX = 3, /* of an entry's counter */
};

typedef _Atomic uint64_t word_t;

/* ---- the word of an entry: generation 28 | phase 4 | owner 8 | block 24 ---- */

static inline uint64_t word_make(uint64_t generation, enum store_phase phase, int owner,
				 uint64_t block)
{
	return generation << 36 | (uint64_t)phase << 32 | (uint64_t)owner << 24 | block;
}
static inline uint64_t word_generation(uint64_t w)
{
	return w >> 36;
}
static inline enum store_phase word_phase(uint64_t w)
{
	return (enum store_phase)(w >> 32 & 15);
}
static inline int word_owner(uint64_t w)
{
	return (int)(w >> 24 & 255);
}
static inline uint32_t word_block(uint64_t w)
{
	return (uint32_t)(w & 0xffffff);
}
/* The next generation with another phase, owner and value. */
static inline uint64_t word_next(uint64_t w, enum store_phase phase, int owner, uint64_t block)
{
	return word_make((word_generation(w) + 1) & 0xfffffff, phase, owner, block);
}

/* A time with the generation it belongs to: generation 28 | milliseconds 36 (two years). */
static inline uint64_t stamp_make(uint64_t w, int64_t ms)
{
	return word_generation(w) << 36 | ((uint64_t)ms & 0xfffffffff);
}

/* ---- the state of a block: sequence 40 | owner 8 | kind 8; every free takes a new sequence
 * ---- */

enum block_kind { BLOCK_FREE, BLOCK_PRIVATE, BLOCK_PUBLISHED };

static inline uint64_t block_state_make(uint64_t sequence, int owner, enum block_kind kind)
{
	return sequence << 16 | (uint64_t)owner << 8 | (uint64_t)kind;
}
static inline enum block_kind block_state_kind(uint64_t s)
{
	return (enum block_kind)(s & 255);
}
static inline int block_state_owner(uint64_t s)
{
	return (int)(s >> 8 & 255);
}
static inline uint64_t block_state_sequence(uint64_t s)
{
	return s >> 16;
}

/* ---- the mapping: head, slots, buckets, block states, blocks ---- */

struct slot_numbers {
	_Alignas(64) word_t counter[STORE_COUNTS];
	word_t waiting;
};

struct head {
	uint64_t magic;
	uint64_t bytes;
	uint64_t seed;
	uint64_t buckets;
	uint64_t blocks; /* numbered from 1 */
	_Alignas(64) word_t hand;
	word_t hint; /* where a free block was seen */
	word_t free; /* about: corrected when a process dies */
	struct slot_numbers slot[STORE_SLOTS + 1];
};

/* What is known of a key besides its word; one cache line. */
struct entry {
	_Alignas(64) word_t tag; /* hash of the key */
	word_t started;          /* stamp: when the fill of this generation began */
	word_t failed;           /* stamp: until when no fill may begin */
	word_t failures;
	word_t waiters; /* bit n: slot n */
	word_t used;
};

struct bucket {
	/* One line: a look-up then asks memory for the entry and for its value at the same time. */
	_Alignas(64) word_t marks; /* version 22 | STORE_WAYS marks of 6 bits; 0: no key */
	word_t word[STORE_WAYS];
	struct entry way[STORE_WAYS];
};

struct store_block {
	word_t next; /* number of the next one, 0: the last */
	word_t payload[PAYLOAD_WORDS];
};

struct store {
	struct head *head;
	struct bucket *bucket;
	word_t *state;             /* [blocks + 1] */
	struct store_block *block; /* [blocks + 1]; number 0 is never used */
	int slot;
	bool woken;
};

/* Entries are named by bucket * STORE_WAYS + way + 1. */
static inline struct entry *entry_at(const struct store *store, uint64_t number)
{
	return &store->bucket[(number - 1) / STORE_WAYS].way[(number - 1) % STORE_WAYS];
}
static inline word_t *word_at(const struct store *store, uint64_t number)
{
	return &store->bucket[(number - 1) / STORE_WAYS].word[(number - 1) % STORE_WAYS];
}

static inline uint64_t load(const word_t *w)
{
	return atomic_load_explicit((word_t *)w, memory_order_acquire);
}
static inline uint64_t peek(const word_t *w)
{
	return atomic_load_explicit((word_t *)w, memory_order_relaxed);
}
static inline void put(word_t *w, uint64_t value)
{
	atomic_store_explicit(w, value, memory_order_release);
}
static inline bool swap(word_t *w, uint64_t expected, uint64_t value)
{
	return atomic_compare_exchange_strong_explicit(w, &expected, value, memory_order_acq_rel,
						       memory_order_acquire);
}

enum { MARKS_BITS = 6 * STORE_WAYS };
#define MARKS_MASK ((1ull << MARKS_BITS) - 1)

static inline uint64_t marks_get(uint64_t marks, int way)
{
	return marks >> (6 * way) & 63;
}
/* With a new version. */
static inline uint64_t marks_set(uint64_t marks, int way, uint64_t mark)
{
	uint64_t version = (marks >> MARKS_BITS) + 1;
	return version << MARKS_BITS |
	       ((marks & MARKS_MASK & ~(63ull << (6 * way))) | mark << (6 * way));
}
static inline void marks_clear(struct bucket *b, int way)
{
	for (;;) {
		uint64_t marks = load(&b->marks);
		if (marks_get(marks, way) == 0 || swap(&b->marks, marks, marks_set(marks, way, 0)))
			return;
	}
}
static inline uint64_t mark_of(uint64_t hash)
{
	return 1 + hash % 63;
}
static inline uint64_t bucket_of(const struct store *store, uint64_t hash)
{
	return (uint64_t)((unsigned __int128)hash * store->head->buckets >> 64);
}

/* ---- blocks.c ---- */

/* The blocks of a value and the state of each when it was noted; freeing needs both. */
struct chain {
	uint32_t count;
	uint32_t block[CHAIN_MAX];
	uint64_t state[CHAIN_MAX];
};

/* Note the chain that starts at `first`. If it is changed meanwhile the result is wrong but safe:
 * chain_free and chain_settle check each state again. */
void chain_note(const struct store *store, uint32_t first, struct chain *chain);
void chain_free(struct store *store, const struct chain *chain);
/* A free block, now private to this slot. 0: none is free. */
uint32_t block_take(struct store *store, uint64_t *state);
/* Private to published. */
void chain_settle(struct store *store, const struct chain *chain);

/* ---- evict.c ---- */

/* `words` words of room, private to this slot; evicts as needed. False: no room. */
MUST_CHECK bool chain_take(struct store *store, size_t words, struct chain *chain);

#endif
