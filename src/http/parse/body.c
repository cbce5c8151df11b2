#include "http/parse/parse.h"
#include "base/ascii.h"
#include "base/percent.h"
#include "base/utf8.h"

#include <string.h>

/* ---- chunked ---- */

/* A chunk is SIZE CRLF data CRLF; the last one is 0 CRLF CRLF. No extensions, no trailers: nobody
 * needs them and parsers disagree about them. */
enum {
	SIZE_FIRST, /* the first digit must be there */
	SIZE,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	LAST_CR,
	LAST_LF,
};

/* 60 bits, leading zeros counted: no size overflows and no size is endless. */
enum { SIZE_DIGITS_MAX = 15 };

static bool step_size(struct http_chunks *chunks, char c)
{
	int digit = hex_value(c);
	if (digit >= 0) {
		if (++chunks->digits > SIZE_DIGITS_MAX)
			return false;
		chunks->left = chunks->left * 16 + (uint64_t)digit;
		chunks->state = SIZE;
		return true;
	}
	if (chunks->state == SIZE_FIRST || c != '\r')
		return false;
	chunks->state = SIZE_LF;
	return true;
}

static bool step(struct http_chunks *chunks, char c)
{
	switch (chunks->state) {
	case SIZE_FIRST:
	case SIZE:
		return step_size(chunks, c);
	case SIZE_LF:
		chunks->state = chunks->left ? DATA : LAST_CR;
		return c == '\n';
	case DATA_CR:
		chunks->state = DATA_LF;
		return c == '\r';
	case DATA_LF:
		chunks->state = SIZE_FIRST;
		chunks->digits = 0;
		return c == '\n';
	case LAST_CR:
		chunks->state = LAST_LF;
		return c == '\r';
	case LAST_LF:
		chunks->done = true;
		return c == '\n';
	default:
		return false;
	}
}

enum http_fault http_chunks_next(struct http_chunks *chunks, struct str *in, struct str *out)
{
	*out = (struct str){in->p, 0};
	while (in->n && !chunks->done) {
		if (chunks->state == DATA) {
			size_t n = in->n < chunks->left ? in->n : (size_t)chunks->left;
			*out = (struct str){in->p, n};
			*in = (struct str){in->p + n, in->n - n};
			chunks->left -= n;
			if (chunks->left == 0)
				chunks->state = DATA_CR;
			return HTTP_FAULT_NONE;
		}
		if (!step(chunks, in->p[0]))
			return HTTP_FAULT_CHUNK;
		*in = (struct str){in->p + 1, in->n - 1};
	}
	return HTTP_FAULT_NONE;
}

/* ---- percent-encoding ---- */

bool http_decode(struct str s, bool plus, char *out, size_t *n)
{
	size_t w = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '%') {
			if (!percent_octet((struct str){s.p + i, s.n - i}, &c))
				return false;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[w++] = c;
	}
	*n = w;
	return utf8_is_valid((struct str){out, w});
}
