/* An arena: memory that lives as long as one request, item, page or file, and goes in one step.
 *
 * Life: arena_init (or arena_create), any number of allocations, arena_reset to use it again or
 * arena_release to end it. Neither the blocks nor the deferred calls need to be remembered by
 * anybody. Every arena has a maximum; over it, arena_alloc returns NULL and stays usable. Exhausted
 * system memory is not a condition that callers handle: it ends the process.
 *
 * Not thread-safe; one owner.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena {
	struct arena_block *blocks; /* newest first */
	struct arena_defer *defers; /* newest first */
	size_t used_bytes;
	size_t max_bytes;
};

void arena_init(struct arena *arena, size_t max_bytes);

/* Zeroed, aligned for any type. NULL when the arena would pass its maximum. */
MUST_CHECK void *arena_alloc(struct arena *arena, size_t bytes);

/* n * size without overflow, zeroed. */
MUST_CHECK void *arena_array(struct arena *arena, size_t n, size_t size);

/* Copies with a terminating NUL (which str does not count). p == NULL when over the maximum. */
MUST_CHECK struct str arena_str(struct arena *arena, struct str s);
MUST_CHECK char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);

/* Call fn(arg) when the arena is reset or released; last deferred, first called. */
void arena_defer(struct arena *arena, void (*fn)(void *), void *arg);

/* Run the deferred calls, forget all allocations, keep one block for the next use. */
void arena_reset(struct arena *arena);

/* Run the deferred calls and give everything back. The struct may be initialised again. */
void arena_release(struct arena *arena);

#endif
