/* The cache of the web processes: get or fill, and nothing else.
 *
 * cache_get() answers with the cached value. On a miss exactly one request of all processes fills
 * the key, and the others wait for it without polling. There is no way to ask whether a value is
 * cached, to write one without owning the fill, or to run two fills of a key at a time:
 *
 *   fresh        the value
 *   stale        the value, at once, also for the request that starts the refresh
 *   early        before it expires, a refresh is started with a probability that grows with the
 *                cost of the fill (XFetch: Vattani, Chierichetti, Lowenstein, "Optimal
 *                Probabilistic Cache Stampede Prevention", VLDB 2015)
 *   miss         waits for the fill, at most deadline_ms after it began; then 503 with
 *                Retry-After while the fill continues
 *   fill failed  all waiters are answered at once; no retry before the key's back-off is over
 *   source away  all waiters are answered at once; the next request tries again
 *   owner died   the supervisor writes EVENT_FD; one of the waiters fills
 *   owner hangs  after lease_ms another request fills, or when the supervisor replaces the owner;
 *                the late value is discarded
 *
 * A kind of value is a row (struct cache_class). Its function makes the value from the key alone,
 * because the request that caused the fill may be gone, or belong to another process.
 *
 * One cache per process and event loop; not thread-safe. Values are at most STORE_VALUE_MAX bytes,
 * keys CACHE_KEY_MAX.
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
	/* Shortened at random by up to a tenth, so that keys do not expire together. */
	int64_t fresh_ms;
	int64_t stale_ms;    /* beyond fresh_ms: served while the next one is made */
	int64_t deadline_ms; /* longest wait for a fill */
	int64_t lease_ms; /* a fill that takes longer is taken over; longer than any healthy fill */
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
/* Call it after all users of the cache are gone. Running fills are released, so that other
 * processes can fill. */
void cache_destroy(struct cache *cache);

enum cache_outcome {
	CACHE_HIT,
	CACHE_STALE,     /* expired; a refresh runs */
	CACHE_FILLED,    /* by the fill of this request */
	CACHE_COLLAPSED, /* by the fill of another request */
	CACHE_SECOND,    /* from the second tier */
	CACHE_REFUSED,   /* no value: see retry_after_ms */
};

struct cache_answer {
	enum cache_outcome outcome;
	struct str value; /* in the arena of the request; NUL-terminated behind */
	uint32_t status;  /* from cache_filled */
	uint64_t etag;
	int64_t age_ms;
	int64_t ttl_ms; /* time until it expires; negative: since */
	int64_t retry_after_ms;
	bool stored; /* it is in the cache now */
};
typedef void cache_done(void *ctx, const struct cache_answer *answer);

/* done(ctx, answer) runs exactly once: before this returns NULL, or later, until cache_cancel. The
 * arena must live until then. */
struct cache_wait *cache_get(struct cache *cache, const struct cache_class *class, struct str key,
			     struct arena *arena, cache_done *done, void *ctx);
/* The requester is gone. The fill continues for others. */
void cache_cancel(struct cache_wait *wait);

/* ---- for fill functions, which call cache_filled or cache_fill_failed once, now or later ---- */

struct arena *cache_fill_arena(struct cache_fill *fill); /* released with the fill */
struct buf *cache_fill_out(struct cache_fill *fill);     /* the value is built here */
/* The value is in cache_fill_out(). `status` is stored with it. */
void cache_filled(struct cache_fill *fill, uint32_t status);
/* UNAVAILABLE: the source of the values is away. The key gets no back-off, so that the next request
 * tries again; stale values are not refreshed for CACHE_AWAY_MS. Any other status: the key backs
 * off. */
void cache_fill_failed(struct cache_fill *fill, enum status status, const struct err *err);

/* ---- numbers, of all processes together ---- */

struct store_numbers; /* cache/store/store.h */
void cache_numbers(const struct cache *cache, struct store_numbers *out);

#endif
