/* The cache of the web processes: get or fill, and nothing else.
 *
 * cache_get() answers with the value when there is one; when there is none, exactly one of all requests in all
 * processes makes it and the others wait for it, parked, without polling. There is no way to ask whether a value is
 * there, to write one without having been chosen to, or to fill twice at a time:
 *
 *   fresh            the value
 *   past its time    the value, at once, also for whoever was chosen to make the next one
 *   early            sometimes before its time is over: the next one is begun while this one is still fresh, with a
 *                    probability that grows with the cost of making it (XFetch: Vattani, Chierichetti, Lowenstein,
 *                    "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015)
 *   nothing there    wait for the fill, at most deadline_ms after it began; then 503 with Retry-After while the fill
 *                    goes on
 *   fill failed      told to all who wait at once; nobody tries again before the key's back-off is over
 *   filler died      the supervisor tells (EVENT_FD); one of those who wait fills
 *   filler hangs     after lease_ms another fills; what the first one makes then is thrown away
 *
 * A kind of value is a row (struct cache_class). Its function makes the value of a key from the key alone, because
 * whoever asked first may be gone, or be in another process, when it is needed.
 *
 * One cache per process and event loop; not thread-safe. Values are at most STORE_VALUE_MAX bytes, keys
 * CACHE_KEY_MAX.
 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct cache;
struct cache_fill;
struct cache_wait;
struct event_base;

enum { CACHE_KEY_MAX = 900, CACHE_AWAY_MS = 500 };

struct cache_class {
	const char *name; /* begins every key of the class */
	void (*fill)(void *ctx, struct cache_fill *fill, struct str key);
	void *ctx;
	int64_t
	    fresh_ms; /* shortened at random by up to a tenth, so that keys do not expire together */
	int64_t stale_ms;    /* beyond fresh_ms: served while the next one is made */
	int64_t deadline_ms; /* longest wait for a fill */
	int64_t lease_ms; /* a fill that takes longer is taken over: longer than any healthy one */
};

struct cache_options {
	struct event_base *loop;
	int store_fd; /* store_create()'s; -1: a cache of this process alone, of `bytes` */
	size_t bytes;
	int event_fd; /* shared by all processes of the mapping, only ever written; -1: none */
	int slot;     /* of this process in the mapping */
	int waiters;  /* requests that may wait in this process */
	const char *redis_url; /* the second tier; NULL or empty: none */
};

MUST_CHECK enum status cache_create(const struct cache_options *options, struct cache **out,
				    struct err *err);
/* After everything that asks it. Fills that run are given back, so that another process makes them. */
void cache_destroy(struct cache *cache);

enum cache_outcome {
	CACHE_HIT,
	CACHE_STALE,     /* past its time; the next one is being made */
	CACHE_FILLED,    /* made for this request */
	CACHE_COLLAPSED, /* made for another one */
	CACHE_SECOND,    /* from the second tier */
	CACHE_REFUSED,   /* no value: retry_after_ms says when it is worth asking again */
};

struct cache_answer {
	enum cache_outcome outcome;
	struct str value; /* in the arena of the request; NUL-terminated behind */
	uint32_t status;  /* what the fill gave with it */
	uint64_t etag;
	int64_t age_ms;
	int64_t ttl_ms; /* fresh for so long; negative: past its time since */
	int64_t retry_after_ms;
	bool stored; /* it was kept for others */
};
typedef void cache_done(void *ctx, const struct cache_answer *answer);

/* done(ctx, answer) runs exactly once: before this returns NULL, or later, until cache_cancel. The arena must live until
 * then. */
struct cache_wait *cache_get(struct cache *cache, const struct cache_class *class, struct str key,
			     struct arena *arena, cache_done *done, void *ctx);
/* Whoever asked is gone. The fill goes on for others. */
void cache_cancel(struct cache_wait *wait);

/* ---- for fill functions: exactly one of the two, at once or later ---- */

struct arena *cache_fill_arena(struct cache_fill *fill); /* goes with the fill */
struct buf *cache_fill_out(struct cache_fill *fill);     /* where to build the value */
/* The value is in cache_fill_out(). `status` is kept with it. A status of UNAVAILABLE below says that the
 * source is away and not that this value cannot be made: the key gets no back-off, and the next request tries
 * again. Values past their time are then not refreshed for CACHE_AWAY_MS. */
void cache_filled(struct cache_fill *fill, uint32_t status);
void cache_fill_failed(struct cache_fill *fill, enum status status, const struct err *err);

/* ---- numbers, of all processes together ---- */

struct store_numbers; /* cache/store/store.h */
void cache_numbers(const struct cache *cache, struct store_numbers *out);

#endif
