/* The lines of a text: where each begins, and the line and column of an offset, for messages.
 *
 * Lines end with a line feed. A text of 0 bytes has one line. Texts have less than 4 GiB.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/str.h"

#include <stdint.h>

/* Zeroed: of no text. */
struct lines {
	uint32_t *start; /* offsets, ascending; the first is 0 */
	size_t count, room;
};

/* Read a text; what another text left is replaced, its memory is used again. */
void lines_read(struct lines *lines, struct str text);

/* Line and column of a byte of the text that was read, both from 1. The column counts characters of
 * UTF-8. An offset behind the end is placed behind the last character. */
void lines_place(const struct lines *lines, struct str text, uint32_t offset, uint32_t *line,
		 uint32_t *column);

void lines_release(struct lines *lines);

#endif
