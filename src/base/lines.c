#include "base/lines.h"

#include "base/lower_bound.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

void lines_read(struct lines *lines, struct str text)
{
	lines->count = 0;
	for (size_t at = 0;;) {
		lines->start = memory_grow(lines->start, &lines->room, lines->count + 1,
					   sizeof(*lines->start));
		lines->start[lines->count++] = (uint32_t)at;
		const char *end = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;
		if (!end)
			return;
		at = (size_t)(end - text.p) + 1;
	}
}

static bool lines_start_reached(const void *start, const void *offset)
{
	return *(const uint32_t *)start <= *(const uint32_t *)offset;
}

void lines_place(const struct lines *lines, struct str text, uint32_t offset, uint32_t *line,
		 uint32_t *column)
{
	size_t n = lower_bound(lines->start, lines->count, sizeof(*lines->start),
			       lines_start_reached, &offset);
	*line = (uint32_t)n;
	size_t from = lines->start[n - 1], to = offset < text.n ? offset : text.n;
	*column = 1 + (uint32_t)utf8_count((struct str){text.p + from, to - from});
}

void lines_release(struct lines *lines)
{
	free(lines->start);
	*lines = (struct lines){0};
}
