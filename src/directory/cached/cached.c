#include "directory/cached/cached.h"
#include "base/ascii.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "cache/store/store.h"

/* A value that came about as it should; problems are kept as PROBLEM + their number. PACKED: the
 * value is what was made, the same packed with gzip, and the length of the former in LENGTH_BYTES,
 * lowest first. MOVED: the value is the address. */
enum { MADE = 0, PROBLEM = 1, PACKED = 1 << 16, MOVED = PACKED + 1 };

enum {
	LENGTH_BYTES = 4,
	PACK_LEAST = 512, /* bytes; less is not worth it */
	PACK_LEVEL = 6,
};

/* Pack once what is sent many times. False: it stays as it is. */
static bool cached_pack(struct buf *out)
{
	size_t n = out->n, most, packed = 0;
	if (buf_failed(out) || n < PACK_LEAST)
		return false;
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(PACK_LEVEL);
	if (!compressor)
		memory_exhausted();
	most = libdeflate_gzip_compress_bound(compressor, n);
	char *room = memory_room(most);
	if (n + most + LENGTH_BYTES <= STORE_VALUE_MAX)
		packed = libdeflate_gzip_compress(compressor, out->p, n, room, most);
	libdeflate_free_compressor(compressor);
	if (packed) {
		buf_add(out, room, packed);
		for (int i = 0; i < LENGTH_BYTES; i++)
			buf_putc(out, (char)(n >> 8 * i & 0xff));
	}
	free(room);
	return packed != 0;
}

void cached_made(struct cache_fill *fill)
{
	cache_filled(fill, cached_pack(cache_fill_out(fill)) ? PACKED : MADE);
}

/* The part of a packed value that the client gets. */
static struct str cached_part(struct str value, bool gzip)
{
	const unsigned char *length = (const unsigned char *)value.p + value.n - LENGTH_BYTES;
	size_t n = 0;
	must(value.n > LENGTH_BYTES);
	for (int i = 0; i < LENGTH_BYTES; i++)
		n |= (size_t)length[i] << 8 * i;
	must(n < value.n - LENGTH_BYTES);
	return gzip ? (struct str){value.p + n, value.n - LENGTH_BYTES - n}
		    : (struct str){value.p, n};
}

void cached_problem(struct cache_fill *fill, enum http_problem problem, const char *detail)
{
	struct buf *out = cache_fill_out(fill);
	buf_reset(out);
	buf_puts(out, detail);
	cache_filled(fill, PROBLEM + (uint32_t)problem);
}

void cached_moved(struct cache_fill *fill, struct str location)
{
	struct buf *out = cache_fill_out(fill);
	buf_reset(out);
	buf_str(out, location);
	cache_filled(fill, MOVED);
}

static char *cached_put(char *p, const char *z)
{
	size_t n = strlen(z);
	memcpy(p, z, n);
	return p + n;
}

static char *cached_put_number(char *p, int64_t v)
{
	char digits[24];
	size_t n = sizeof(digits);
	uint64_t u = v < 0 ? (uint64_t)-v : (uint64_t)v;
	if (v < 0)
		*p++ = '-';
	do
		digits[--n] = (char)('0' + u % 10);
	while ((u /= 10) > 0);
	memcpy(p, digits + n, sizeof(digits) - n);
	return p + (sizeof(digits) - n);
}

enum { HEADERS_BYTES = 240, CONTROL_BYTES = 48, ETAG_CHARS = 16 };

/* What the handler has set, then "Age: 12\r\nCache-Status: holdfast; hit; ttl=288\r\n". Written by
 * hand: it stands in every hit. */
static char *headers(struct http_request *request, const struct cache_answer *answer, bool gzip)
{
	static const char *const how[] = {
	    [CACHE_HIT] = "; hit",
	    [CACHE_STALE] = "; hit; detail=stale",
	    [CACHE_FILLED] = "; fwd=miss",
	    [CACHE_COLLAPSED] = "; fwd=miss; collapsed",
	    [CACHE_SECOND] = "; fwd=miss; detail=second-tier",
	    [CACHE_REFUSED] = "; fwd=miss; detail=refused",
	};
	const char *before =
	    request->answer_headers ? request->answer_headers : "Vary: Accept-Encoding\r\n";
	char *text = arena_alloc(&request->arena, HEADERS_BYTES + strlen(before));
	if (!text)
		return NULL;
	char *p = cached_put(text, before);
	if (gzip)
		p = cached_put(p, "Content-Encoding: gzip\r\n");
	if (answer->outcome != CACHE_REFUSED) {
		p = cached_put(p, "Age: ");
		p = cached_put_number(p, answer->age_ms / 1000);
		p = cached_put(p, "\r\n");
	}
	p = cached_put(p, "Cache-Status: holdfast");
	p = cached_put(p, how[answer->outcome]);
	if (answer->outcome != CACHE_REFUSED) {
		if (answer->outcome >= CACHE_FILLED && answer->stored)
			p = cached_put(p, "; stored");
		p = cached_put(p, "; ttl=");
		p = cached_put_number(p, answer->ttl_ms / 1000);
	}
	p = cached_put(p, "\r\n");
	*p = '\0';
	return text;
}

static void answer(void *ctx, const struct cache_answer *answer)
{
	struct http_request *request = ctx;
	bool packed = answer->outcome != CACHE_REFUSED && answer->status == PACKED;
	bool gzip = packed && http_accepts_gzip(request);
	request->answer_headers = headers(request, answer, gzip);
	if (answer->outcome == CACHE_REFUSED) {
		int64_t seconds = (answer->retry_after_ms + 999) / 1000;
		request->retry_after_s = seconds > 0 ? (int)seconds : 1;
		http_problem(request, HTTP_PROBLEM_UNAVAILABLE, NULL,
			     "the answer is being made, or could not be made just now");
		return;
	}
	if (answer->status == MOVED) {
		struct str location = arena_str(&request->arena, answer->value);
		http_respond(request,
			     &(struct http_answer){.status = 301,
						   .location = location.p ? location.p : "/"});
		return;
	}
	if (answer->status >= PROBLEM && !packed) {
		http_problem(request, (enum http_problem)(answer->status - PROBLEM), NULL, "%s",
			     answer->value.p);
		return;
	}
	char etag[HEX_U64 + 1], control[CONTROL_BYTES];
	hex_u64(answer->etag, etag);
	etag[ETAG_CHARS] = 'g'; /* packed, it is another representation */
	int64_t lifetime = (answer->age_ms + answer->ttl_ms) / 1000;
	*cached_put_number(cached_put(control, "public, max-age="), lifetime > 0 ? lifetime : 0) =
	    '\0';
	http_respond(request, &(struct http_answer){
				  .type = request->route->answer_type,
				  .body = packed ? cached_part(answer->value, gzip) : answer->value,
				  .cache = control,
				  .etag = {etag, gzip ? ETAG_CHARS + 1 : ETAG_CHARS}});
}

static void gone(void *wait)
{
	cache_cancel(wait);
}

void cached_respond(struct http_request *request, struct cache *cache,
		    const struct cache_class *class, struct str key)
{
	struct cache_wait *wait = cache_get(cache, class, key, &request->arena, answer, request);
	if (wait)
		http_on_gone(request, gone, wait);
}
