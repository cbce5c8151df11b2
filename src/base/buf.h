/* A growing byte buffer with a maximum, which is set by buf_init.
 *
 * Appending returns no error: over the maximum, bytes are dropped and the buffer is marked as
 * failed, so that a caller writes a whole page or message and checks once, with buf_failed(). b.p
 * is NUL-terminated whenever b.n > 0 or buf_z was called. buf_release frees the memory; buf_reset
 * keeps it for the next use.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdio.h>
#include "base/str.h"

struct buf {
	char *p;
	size_t n; /* bytes used */
	size_t cap;
	size_t max;
	bool failed;
	/* Holds secrets: memory is overwritten before it is freed or reused. Set after
	 * buf_init. */
	bool wipe;
};

void buf_init(struct buf *b, size_t max);
void buf_reset(struct buf *b); /* empty and not failed */
void buf_release(struct buf *b);

/* Room for n bytes, which the caller writes and then confirms with buf_grew. NULL: over the
 * maximum, and the buffer has failed. */
MUST_CHECK char *buf_room(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);

static inline void buf_add(struct buf *b, const void *p, size_t n)
{
	bool fits = !b->failed && b->cap - b->n > n && b->max - b->n >= n;
	char *to = fits ? b->p + b->n : buf_room(b, n);
	if (!to)
		return;
	if (n)
		memcpy(to, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}
static inline void buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}
static inline void buf_puts(struct buf *b, const char *z)
{
	buf_add(b, z, strlen(z));
}
static inline void buf_putc(struct buf *b, char c)
{
	if (b->failed || b->n + 1 >= b->cap || b->n == b->max) {
		buf_add(b, &c, 1);
		return;
	}
	b->p[b->n++] = c;
	b->p[b->n] = '\0';
}
void buf_utf8(struct buf *b, uint32_t c);   /* a Unicode scalar value */
void buf_html(struct buf *b, struct str s); /* escaped for text and attributes of HTML */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list args) PRINTF(2, 0);

/* Keep the first n bytes. */
void buf_cut(struct buf *b, size_t n);
/* Remove n bytes at the front. Moves the rest: a queue keeps an offset instead. */
void buf_drop(struct buf *b, size_t n);

struct str buf_view(const struct buf *b);
/* Write all of it to a stream, whose error indicator tells a failure. An empty buffer has no
 * memory, and fwrite must not get NULL. */
void buf_write(const struct buf *b, FILE *to);
const char *buf_z(struct buf *b); /* as a C string; "" when empty */
static inline bool buf_failed(const struct buf *b)
{
	return b->failed;
}

#endif
