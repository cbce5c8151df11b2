#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void memory_exhausted(void)
{
	die("out of memory");
}

void *memory_room(size_t bytes)
{
	return memory_had(malloc(bytes ? bytes : 1));
}

void *memory_array(size_t n, size_t size)
{
	return memory_had(calloc(n ? n : 1, size ? size : 1));
}

void *memory_alloc(size_t bytes)
{
	return memory_array(1, bytes);
}

char *memory_strdup(const char *text)
{
	return memory_had(strdup(text));
}

void *memory_grow(void *p, size_t *room, size_t least, size_t size)
{
	enum { FIRST = 16 };
	if (least <= *room)
		return p;
	size_t more = *room < SIZE_MAX / 2 ? *room + *room / 4 + FIRST : SIZE_MAX;
	*room = more > least ? more : least;
	return memory_had(reallocarray(p, *room, size));
}
