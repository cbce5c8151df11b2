/* The memory of the cache: one mapping that the supervisor makes and that all web processes share.
 *
 * A process may be killed or stopped at any instruction, also in the middle of a write: there are
 * no locks, and nothing that others see changes except by one compare-and-swap of one word. That
 * word, one for each key, holds {generation, phase, owner, first block of the value}; every
 * transition takes a new generation.
 *
 *   IDLE     no process works on the key; it may have a value, fresh or stale
 *   FILLING  the owner makes the next value; the old one may still be read
 *   BACKOFF  as IDLE, but the last fill failed and the next must not begin before a time
 *   OUT, IN  the owner changes which key the entry is for
 *
 * A value is written into blocks that are private to the writer and published by that one swap,
 * which succeeds only for the generation that the fill began with: a writer that was stopped and
 * wakes up late publishes nothing. Readers copy the value and check that the word has not changed.
 * Blocks of dead processes are found by marking the reachable ones; only the supervisor does that,
 * after it has reaped the process (store_process_died).
 *
 * Keys are found by a hash in buckets of STORE_WAYS entries. A bucket has one word with a 6-bit
 * mark of each entry's hash and a version: a key is inserted by a compare-and-swap of that word, so
 * that it is there at most once.
 *
 * Eviction is CLOCK with a counter up to 3 (measured against LRU in docs/bench-cache.md): a hand
 * goes around the entries and evicts those that have not been read since it last passed. Most reads
 * write nothing, and new keys start at zero, so that keys which are asked for once are evicted
 * first.
 *
 * Times are milliseconds of CLOCK_MONOTONIC, which processes of one machine share. Thread-safe.
 */
#ifndef CACHE_STORE_STORE_H
#define CACHE_STORE_STORE_H

#include <stdbool.h>
#include "base/arena.h"
#include "base/err.h"

enum {
	STORE_WAYS = 7,
	STORE_SLOTS = 63, /* processes, numbered from 1 */
	STORE_KEY_MAX = 1024,
	STORE_VALUE_MAX = 256 << 10,
	STORE_BYTES_MIN = 1 << 20,
	STORE_FAILURE_MAX = 200,
};

struct store;

/* Anonymous memory in a descriptor, for the supervisor to hand to its children. */
MUST_CHECK enum status store_create(size_t bytes, int *fd, struct err *err);
/* slot: 1..STORE_SLOTS, of this process alone while it lives; 0: only looks and sweeps (the
 * supervisor). */
MUST_CHECK enum status store_attach(int fd, int slot, struct store **out, struct err *err);
void store_detach(struct store *store);

/* What a value carries. */
struct store_meta {
	int64_t stored_ms;
	int64_t fresh_until_ms; /* served as it is */
	int64_t stale_until_ms; /* served while a process fills the next one */
	uint64_t cost_us;       /* what making it took */
	uint64_t etag;
	uint32_t status; /* of the answer */
};

struct store_key {
	uint64_t hash; /* keyed with store_seed(), so that clients cannot aim at a bucket */
	struct str bytes;
};
uint64_t store_seed(const struct store *store);

enum store_phase { STORE_IDLE, STORE_FILLING, STORE_BACKOFF, STORE_OUT, STORE_IN };

/* The state of a key at one moment. */
struct store_view {
	uint64_t entry; /* its number; 0: the key is absent */
	uint64_t word;  /* at that moment */
	enum store_phase phase;
	int owner;          /* FILLING: slot */
	int64_t started_ms; /* FILLING */
	int64_t retry_ms;   /* BACKOFF: not before */
	bool has_value;
	struct store_meta meta;
	struct str value; /* in the arena */
};

/* Look a key up; copies the value into the arena when it may still be served at now_ms. TOO_LARGE:
 * the arena is full. CONFLICT: another key has the same hash (not seen yet: 64 bits,
 * keyed). */
MUST_CHECK enum status store_look(struct store *store, const struct store_key *key, int64_t now_ms,
				  struct arena *arena, struct store_view *view);

/* The right to make the next value of a key. */
struct store_fill {
	uint64_t entry, word;
	int64_t started_ms;
};

/* Try to acquire the fill for this key. Succeeds if the key is as `view` says (it may be absent)
 * and is idle, or its back-off is over, or its owner began more than lease_ms ago. False: it has
 * changed, or another process owns the fill; look again. */
MUST_CHECK bool store_begin(struct store *store, const struct store_key *key,
			    const struct store_view *view, int64_t now_ms, int64_t lease_ms,
			    struct store_fill *fill);
/* CONFLICT: the fill is no longer ours. TOO_LARGE: longer than STORE_VALUE_MAX, or no room (the
 * fill is then still ours). */
MUST_CHECK enum status store_publish(struct store *store, const struct store_fill *fill,
				     const struct store_key *key, const struct store_meta *meta,
				     struct str value);
/* The fill failed: no process may try again for base_ms * 2^(failures in a row), at most max_ms,
 * half of it random. Returns when it may; 0: the fill was no longer ours. */
int64_t store_fail(struct store *store, const struct store_fill *fill, int64_t now_ms,
		   int64_t base_ms, int64_t max_ms);
/* Release the fill without a result: another process may acquire it at once. */
void store_abandon(struct store *store, const struct store_fill *fill);

/* Ask to be woken when the word changes. False: it has changed already. Waking is up to the caller:
 * after a publish, a failure or an abandon store_woken() says whether others have to be woken. */
MUST_CHECK bool store_wait(struct store *store, const struct store_view *view);
/* True when another process waited for the last publish, fail or abandon of this process. Clears
 * it. */
bool store_woken(struct store *store);

/* For the supervisor, after it has reaped the process of a slot and before it starts the next:
 * releases the fills and frees the blocks of the process. True: other processes wait for one of its
 * keys and must be woken. */
bool store_process_died(struct store *store, int slot);

/* For the supervisor, when the process of a slot has stopped and is being replaced: releases its
 * fills, so that nobody waits until it is dead. Its blocks stay: it may still wake up, and then
 * publishes nothing. True: as above. */
bool store_process_hangs(struct store *store, int slot);

/* ---- numbers ---- */

#define STORE_COUNTERS(X)                                                                          \
	X(hits, "answers from the cache")                                                          \
	X(misses, "requests for which there was no value")                                         \
	X(fills, "values made")                                                                    \
	X(collapsed, "requests that waited for the fill of another request")                       \
	X(stale, "answers with a value past its time, while the next was made")                    \
	X(early, "fills begun before the value's time was over")                                   \
	X(failed, "fills that failed")                                                             \
	X(fenced, "values discarded because another process had taken over the fill")              \
	X(taken_over, "fills taken over from a process that died or hung")                         \
	X(refused, "requests answered 503: the fill took too long, failed, or too many waited")    \
	X(uncached, "values that found no room")                                                   \
	X(evicted, "values removed to make room")                                                  \
	X(second_hits, "values taken from the second tier")                                        \
	X(second_waits, "fills that waited for another machine")                                   \
	X(second_failed, "requests to the second tier that failed")

enum store_counter {
#define X(name, help) STORE_COUNT_##name,
	STORE_COUNTERS(X)
#undef X
	    STORE_COUNTS
};
extern const char *const store_counter_names[STORE_COUNTS];
extern const char *const store_counter_helps[STORE_COUNTS];

/* Of this process; store_numbers has the sums over all, also over the dead. */
void store_count(struct store *store, enum store_counter counter, uint64_t n);
/* Requests that wait in this process now. */
void store_waiting(struct store *store, int n);

struct store_numbers {
	uint64_t counter[STORE_COUNTS];
	uint64_t waiting;
	uint64_t bytes;      /* of the mapping */
	uint64_t bytes_used; /* by values, in whole blocks */
	uint64_t entries_used;
};
void store_numbers(const struct store *store, struct store_numbers *out);

/* For tests: every block is free, private to a living slot, or reached by exactly one entry; no key
 * stands twice; nothing is owned by a slot that is not in `alive` (bit n: slot n). Only while
 * no process works. */
MUST_CHECK bool store_check(const struct store *store, uint64_t alive, struct err *err);

#endif
