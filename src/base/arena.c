#include "base/arena.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024, ALIGN = _Alignof(max_align_t) };

struct arena_block {
	struct arena_block *older;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

struct arena_defer {
	struct arena_defer *older;
	void (*fn)(void *);
	void *arg;
};

void arena_init(struct arena *arena, size_t max_bytes)
{
	*arena = (struct arena){.max_bytes = max_bytes, .keeps = 1};
}

static struct arena_block *arena_new_block(struct arena *arena, size_t size)
{
	struct arena_block *block = size == BLOCK_BYTES ? arena->kept : NULL;
	if (block) {
		arena->kept = block->older;
		return block;
	}
	block = memory_room(sizeof(*block) + size);
	*block = (struct arena_block){.size = size};
	return block;
}

void *arena_room(struct arena *arena, size_t bytes)
{
	if (bytes > arena->max_bytes)
		return NULL;
	bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
	if (arena->used_bytes + bytes > arena->max_bytes)
		return NULL;

	struct arena_block *block = arena->blocks;
	if (!block || block->size - block->used < bytes) {
		size_t size = bytes > BLOCK_BYTES / 4 ? bytes : BLOCK_BYTES;
		struct arena_block *fresh = arena_new_block(arena, size);
		/* A large allocation gets its own block after the current one, whose rest remains
		 * usable. */
		if (block && size != BLOCK_BYTES) {
			fresh->older = block->older;
			block->older = fresh;
		} else {
			fresh->older = block;
			arena->blocks = fresh;
		}
		block = fresh;
	}
	void *p = block->bytes + block->used;
	block->used += bytes;
	arena->used_bytes += bytes;
	return p;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	void *p = arena_room(arena, bytes);
	return p ? memset(p, 0, bytes) : NULL;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

struct str arena_str(struct arena *arena, struct str s)
{
	return arena_join(arena, &s, 1);
}

struct str arena_join(struct arena *arena, const struct str *part, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += part[i].n;
	char *p = arena_room(arena, n + 1), *to = p;
	if (!p)
		return (struct str){NULL, 0};
	for (size_t i = 0; i < count; i++)
		if (part[i].n)
			to = mempcpy(to, part[i].p, part[i].n);
	*to = '\0';
	return (struct str){p, n};
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	char text[256];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	must(n >= 0);
	char *p = arena_room(arena, (size_t)n + 1);
	if (!p || (size_t)n < sizeof(text))
		return p ? memcpy(p, text, (size_t)n + 1) : NULL;
	va_start(args, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return p;
}

void arena_defer(struct arena *arena, void (*fn)(void *), void *arg)
{
	/* Not from the arena's blocks: deferring must work when the arena is full. */
	struct arena_defer *defer = memory_room(sizeof(*defer));
	*defer = (struct arena_defer){arena->defers, fn, arg};
	arena->defers = defer;
}

static void arena_run_defers(struct arena *arena)
{
	while (arena->defers) {
		struct arena_defer *defer = arena->defers;
		arena->defers = defer->older;
		defer->fn(defer->arg);
		free(defer);
	}
}

void arena_reset(struct arena *arena)
{
	size_t kept = 0;

	arena_run_defers(arena);
	for (struct arena_block *block = arena->kept; block; block = block->older)
		kept++;
	for (struct arena_block *block = arena->blocks, *older; block; block = older) {
		older = block->older;
		if (arena->wipe)
			explicit_bzero(block->bytes, block->used);
		if (block->size != BLOCK_BYTES || kept >= arena->keeps) {
			free(block);
			continue;
		}
		block->used = 0;
		block->older = arena->kept;
		arena->kept = block;
		kept++;
	}
	arena->blocks = NULL;
	arena->used_bytes = 0;
}

void arena_release(struct arena *arena)
{
	arena_reset(arena);
	for (struct arena_block *block = arena->kept, *older; block; block = older) {
		older = block->older;
		free(block);
	}
	arena->kept = NULL;
}
