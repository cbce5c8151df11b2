/* An arena: memory that lives as long as one request, item, page or file, and is freed in one step.
 *
 * Life: arena_init, any number of allocations, arena_reset to use it again or arena_release to end
 * it. Callers keep track neither of the blocks nor of the deferred calls. Every arena has a
 * maximum; over it, arena_alloc returns NULL and the arena stays usable. Exhausted system memory is
 * not a condition that callers handle: it ends the process.
 *
 * Not thread-safe; one owner.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena {
	struct arena_block *blocks; /* newest first */
	struct arena_block *kept;   /* kept by arena_reset for the next use */
	size_t keeps;               /* maximum of `kept`, blocks of 16 KiB; default 1 */
	struct arena_defer *defers; /* newest first */
	size_t used_bytes;
	size_t max_bytes;
	/* Holds secrets: memory is overwritten before it is freed. Set after arena_init. */
	bool wipe;
};

void arena_init(struct arena *arena, size_t max_bytes);

/* Zeroed, aligned for any type. NULL when the arena would pass its maximum. */
MUST_CHECK void *arena_alloc(struct arena *arena, size_t bytes);

/* The same, not zeroed, for callers that write all of it. */
MUST_CHECK void *arena_room(struct arena *arena, size_t bytes);

/* n * size without overflow, zeroed. */
MUST_CHECK void *arena_array(struct arena *arena, size_t n, size_t size);

/* A copy with a terminating NUL, which n does not count. p == NULL: over the maximum. */
MUST_CHECK struct str arena_str(struct arena *arena, struct str s);
/* The parts one after the other, copied likewise. ARENA_JOIN(arena,
 * STR("/b/"), id, STR(".html")) */
MUST_CHECK struct str arena_join(struct arena *arena, const struct str *part, size_t count);
#define ARENA_JOIN(arena, ...)                                                                     \
	arena_join((arena), (const struct str[]){__VA_ARGS__},                                     \
		   sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
MUST_CHECK char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);

/* Call fn(arg) when the arena is reset or released; last deferred, first called. */
void arena_defer(struct arena *arena, void (*fn)(void *), void *arg);

/* Run the deferred calls, forget all allocations, keep arena->keeps blocks for the next use. */
void arena_reset(struct arena *arena);

/* Run the deferred calls and free everything. The struct may be initialised again. */
void arena_release(struct arena *arena);

#endif
