/* Memory outside of arenas: objects with their own lifetime, growing arrays. Freed with free().
 *
 * Exhausted system memory is not a condition that callers handle: the process ends with one
 * sentence, and the supervisor starts it again. So none of these returns NULL. Sizes that come from
 * foreign input are bounded before, by arenas and buffers with a maximum.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/fatal.h"

NORETURN void memory_exhausted(void);

/* Zeroed. 0 bytes are allowed. */
void *memory_alloc(size_t bytes);
/* The same, not zeroed, for callers that write all of it. */
void *memory_room(size_t bytes);
/* n * size without overflow, zeroed. */
void *memory_array(size_t n, size_t size);
/* A copy of a NUL-terminated string. */
char *memory_strdup(const char *text);

/* Make room in the array p of *room elements for at least `least`. Returns p, or the moved array
 * with a greater *room. Grows by a quarter: adding one by one takes linear time, and large arrays
 * waste little. New elements are not zeroed. p may be NULL while *room is 0. */
MUST_CHECK void *memory_grow(void *p, size_t *room, size_t least, size_t size);

/* Check memory that a library has allocated: returns p, or ends the process.
 * timer = memory_had(event_new(...)); */
static inline void *memory_had(void *p)
{
	if (!p)
		memory_exhausted();
	return p;
}

#endif
