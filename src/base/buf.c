#include "base/buf.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

/* Overwrite the unused bytes from `from` on. */
static void wipe(struct buf *b, size_t from, size_t to)
{
	if (b->wipe && b->p)
		explicit_bzero(b->p + from, to - from);
}

void buf_reset(struct buf *b)
{
	wipe(b, 0, b->n);
	b->n = 0;
	b->failed = false;
}

void buf_release(struct buf *b)
{
	wipe(b, 0, b->cap);
	free(b->p);
	*b = (struct buf){.max = b->max, .wipe = b->wipe};
}

/* Room for n more bytes and the closing NUL. */
static bool buf_reserve(struct buf *b, size_t n)
{
	if (b->failed || n > b->max - b->n) {
		b->failed = true;
		return false;
	}
	if (b->cap - b->n > n)
		return true;
	size_t cap = b->cap ? b->cap : 64;
	while (cap - b->n <= n)
		cap *= 2;
	if (b->wipe) {
		char *p = memory_room(cap);
		if (b->p)
			memcpy(p, b->p, b->n);
		wipe(b, 0, b->cap);
		free(b->p);
		b->p = p;
	} else {
		b->p = memory_had(realloc(b->p, cap));
	}
	b->cap = cap;
	return true;
}

void buf_utf8(struct buf *b, uint32_t c)
{
	char bytes[UTF8_BYTES_MAX];
	buf_add(b, bytes, utf8_encode(c, bytes));
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(b->p ? b->p + b->n : NULL, b->p ? b->cap - b->n : 0, fmt, args);
	must(n >= 0);
	bool whole = b->cap - b->n > (size_t)n;
	if (buf_reserve(b, (size_t)n)) {
		if (!whole)
			vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	} else if (b->p) {
		b->p[b->n] = '\0'; /* without the text that did not fit */
	}
	va_end(again);
}

void buf_html(struct buf *b, struct str s)
{
	static const char entity[][8] = {"", "&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	static const unsigned char special[256] = {
	    ['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\''] = 5};
	for (;;) {
		size_t n = str_plain(s, special);
		buf_add(b, s.p, n);
		if (n == s.n)
			break;
		buf_puts(b, entity[special[(unsigned char)s.p[n]]]);
		s = (struct str){s.p + n + 1, s.n - n - 1};
	}
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	buf_vprintf(b, fmt, args);
	va_end(args);
}

char *buf_room(struct buf *b, size_t n)
{
	return buf_reserve(b, n) ? b->p + b->n : NULL;
}

void buf_grew(struct buf *b, size_t n)
{
	must(n < b->cap - b->n);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_cut(struct buf *b, size_t n)
{
	must(n <= b->n);
	wipe(b, n, b->n);
	b->n = n;
	if (b->p)
		b->p[n] = '\0';
}

void buf_drop(struct buf *b, size_t n)
{
	must(n <= b->n);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
	wipe(b, b->n, b->n + n);
	b->p[b->n] = '\0';
}

struct str buf_view(const struct buf *b)
{
	return (struct str){b->p, b->n};
}

void buf_write(const struct buf *b, FILE *to)
{
	if (b->n)
		fwrite(b->p, 1, b->n, to);
}

const char *buf_z(struct buf *b)
{
	return b->p && b->n ? b->p : "";
}
