#include "cache/cache.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "cache/internal.h"
#include "cache/second.h"
#include "cache/store/store.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum {
	FLIGHT_BUCKETS = 1024,
	LOOKS = 16, /* a key that changes under so many looks in a row is answered 503 */
	FILL_ARENA_BYTES = 8 << 20,
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MAX_MS = 60000,
	FULL_RETRY_MS = 1000,
	JITTER_PART = 10, /* of fresh_ms */
};

/* A request that waits for a fill. */
struct cache_wait {
	struct cache_wait *next;
	struct cache_wait **link; /* what points to us */
	struct flight *flight;
	struct arena *arena;
	cache_done *done;
	void *ctx;
	bool first; /* it started the fill */
	bool *gone; /* set when it is answered or cancelled; may be NULL */
};

/* A key with a fill of this process, or with requests that wait for the fill of another process. */
struct flight {
	struct flight *next;
	struct flight **link;
	struct cache *cache;
	const struct cache_class *class;
	struct store_key key; /* its bytes are behind the struct */
	struct cache_wait *waits;
	struct event *timer;
	struct cache_fill *fill; /* of this process; NULL: another process fills */
	int64_t started_ms;
	uint64_t seen; /* number of the wake-up that last looked at it */
};

/* The steps of a fill with a second tier; without one there is only STEP_MAKE. */
enum step { STEP_MAKE, STEP_GET, STEP_LOCK, STEP_WAIT, STEP_PUT };

struct cache_fill {
	struct cache *cache;
	struct flight *flight;
	struct store_fill hold;
	struct arena arena;
	struct buf out;
	int64_t started_us;
	enum step step;
	bool locked, waited;
	struct second_token token;
	struct second_request *request;
	struct event *poll;
	struct store_meta meta; /* STEP_PUT */
};

struct cache {
	struct event_base *loop;
	struct store *store;
	struct event *wake;
	int event_fd;
	int waiting, waiters_max;
	struct random random;
	uint64_t wakes;
	int64_t away_until_ms; /* no refreshes before: the source of the values was away */
	struct second *second; /* NULL: none */
	struct flight *flights[FLIGHT_BUCKETS];
	struct arena scratch; /* for looks on behalf of a flight */
};

static bool early(struct cache *cache, const struct store_view *view, int64_t now_ms)
{
	/* Avoids the draw for most: -ln(u) of a draw of 53 bits is below 37. */
	if ((view->meta.fresh_until_ms - now_ms) * 1000 > (int64_t)view->meta.cost_us * 37)
		return false;
	double u = random_unit(&cache->random);
	return cache_early(now_ms, view->meta.fresh_until_ms, view->meta.cost_us, u);
}

/* ---- answers ---- */

static void count(struct cache *cache, enum store_counter counter)
{
	store_count(cache->store, counter, 1);
}

static void answer_value(cache_done *done, void *ctx, enum cache_outcome outcome, struct str value,
			 const struct store_meta *meta, int64_t now_ms, bool stored)
{
	done(ctx, &(struct cache_answer){.outcome = outcome,
					 .value = value,
					 .status = meta->status,
					 .etag = meta->etag,
					 .age_ms = now_ms - meta->stored_ms,
					 .ttl_ms = meta->fresh_until_ms - now_ms,
					 .stored = stored});
}

static void answer_refused(struct cache *cache, cache_done *done, void *ctx, int64_t retry_ms)
{
	count(cache, STORE_COUNT_refused);
	done(ctx, &(struct cache_answer){.outcome = CACHE_REFUSED, .retry_after_ms = retry_ms});
}

/* NOLINT below: the analyzer does not see that wait_free and flight_free unlink. */
static void wait_free(struct cache_wait *wait)
{
	struct cache *cache = wait->flight->cache;
	*wait->link = wait->next;
	if (wait->next)
		wait->next->link = wait->link;
	if (wait->gone)
		*wait->gone = true;
	free(wait);
	store_waiting(cache->store, --cache->waiting);
}

/* Answer all waiters. `value` is copied for each; meta NULL: refused. The request that started the
 * fill gets FILLED, the others COLLAPSED. */
static void answer_waits(struct flight *flight, enum cache_outcome outcome, struct str value,
			 const struct store_meta *meta, int64_t retry_ms, bool stored)
{
	struct cache *cache = flight->cache;
	int64_t now = clock_ms();
	while (flight->waits) {
		struct cache_wait wait = *flight->waits; /* NOLINT(clang-analyzer-unix.Malloc) */
		wait_free(flight->waits);
		struct str copy = {NULL, 0};
		if (meta)
			copy = arena_str(wait.arena, value);
		if (!copy.p) {
			answer_refused(cache, wait.done, wait.ctx, retry_ms);
			continue;
		}
		enum cache_outcome its =
		    outcome == CACHE_FILLED && !wait.first ? CACHE_COLLAPSED : outcome;
		if (its == CACHE_COLLAPSED)
			count(cache, STORE_COUNT_collapsed);
		answer_value(wait.done, wait.ctx, its, copy, meta, now, stored);
	}
}

/* ---- flights ---- */

static struct flight **flight_bucket(struct cache *cache, uint64_t hash)
{
	return &cache->flights[hash % FLIGHT_BUCKETS];
}

static struct flight *flight_find(struct cache *cache, const struct store_key *key)
{
	for (struct flight *f = *flight_bucket(cache, key->hash); f; f = f->next)
		if (f->key.hash == key->hash && str_eq(f->key.bytes, key->bytes))
			return f;
	return NULL;
}

static void flight_look(struct flight *flight);

/* The key may be personal (what a visitor typed): its hash is logged. */
static void flight_trace(const struct flight *flight, const char *event)
{
	char key[HEX_U64];
	if (!log_traces(LOG_AREA_flight))
		return;
	hex_u64(flight->key.hash, key);
	log_debug(flight, event, LOG_S("class", flight->class->name),
		  LOG_STR("key", ((struct str){key, 16})), LOG_I("waiting", flight->waits != NULL),
		  LOG_I("ours", flight->fill != NULL));
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	flight_look(ctx);
}

static struct flight *flight_create(struct cache *cache, const struct cache_class *class,
				    const struct store_key *key)
{
	struct flight *flight = memory_alloc(sizeof(*flight) + key->bytes.n);
	struct flight **bucket = flight_bucket(cache, key->hash);
	memcpy(flight + 1, key->bytes.p, key->bytes.n);
	flight->cache = cache;
	flight->class = class;
	flight->key = (struct store_key){key->hash, {(char *)(flight + 1), key->bytes.n}};
	flight->timer = memory_had(event_new(cache->loop, -1, 0, on_timer, flight));
	flight->next = *bucket;
	flight->link = bucket;
	if (flight->next)
		flight->next->link = &flight->next;
	*bucket = flight;
	flight_trace(flight, "begins");
	return flight;
}

static void flight_free(struct flight *flight)
{
	must(!flight->waits && !flight->fill);
	flight_trace(flight, "ends");
	*flight->link = flight->next;
	if (flight->next)
		flight->next->link = flight->link;
	event_free(flight->timer);
	free(flight);
}

static void flight_timer(struct flight *flight, int64_t in_ms)
{
	struct timeval t = {in_ms / 1000, in_ms % 1000 * 1000};
	event_add(flight->timer, &t);
}

/* Wake the processes that wait for a key whose state this process has changed. */
static void wake_others(struct cache *cache)
{
	const uint64_t one = 1;
	if (store_woken(cache->store) && cache->event_fd >= 0)
		(void)!write(cache->event_fd, &one, sizeof(one));
}

static struct str fill_key(const struct flight *flight)
{
	size_t name = strlen(flight->class->name) + 1;
	return (struct str){flight->key.bytes.p + name, flight->key.bytes.n - name};
}

static void cache_make(struct cache_fill *fill)
{
	struct flight *flight = fill->flight;
	fill->step = STEP_MAKE;
	flight->class->fill(flight->class->ctx, fill, fill_key(flight));
}

static void fill_get(struct cache_fill *fill);

/* Start the fill that this process has acquired. May answer at once. */
static void fill_begin(struct flight *flight, const struct store_fill *hold)
{
	struct cache_fill *fill = memory_alloc(sizeof(*fill));
	fill->cache = flight->cache;
	fill->flight = flight;
	fill->hold = *hold;
	fill->started_us = clock_us();
	arena_init(&fill->arena, FILL_ARENA_BYTES);
	buf_init(&fill->out, STORE_VALUE_MAX);
	flight->fill = fill;
	flight_trace(flight, "fills");
	flight->started_ms = hold->started_ms;
	flight_timer(flight, flight->class->deadline_ms);
	if (flight->cache->second)
		fill_get(fill);
	else
		cache_make(fill);
}

static void fill_free(struct cache_fill *fill)
{
	fill->flight->fill = NULL;
	if (fill->request)
		second_cancel(fill->request);
	if (fill->poll)
		event_free(fill->poll);
	buf_release(&fill->out);
	arena_release(&fill->arena);
	free(fill);
}

/* Look at the key again on behalf of the waiters: answer them, take the fill over, or go on
 * waiting. */
static void flight_look(struct flight *flight)
{
	struct cache *cache = flight->cache;
	const struct cache_class *class = flight->class;
	for (int i = 0; i < LOOKS; i++) {
		struct store_view view;
		struct store_fill hold;
		int64_t now = clock_ms();
		if (flight->fill) {
			/* Our fill is slow: at the deadline the waiters are refused and the fill
			 * continues. A timer can fire a little early. */
			int64_t left = flight->started_ms + class->deadline_ms - now;
			if (left <= 0)
				answer_waits(flight, CACHE_REFUSED, STR(""), NULL, FULL_RETRY_MS,
					     false);
			else
				flight_timer(flight, left);
			return;
		}
		if (!flight->waits)
			break;
		arena_reset(&cache->scratch);
		if (store_look(cache->store, &flight->key, now, &cache->scratch, &view) != OK)
			break;
		if (view.has_value) {
			answer_waits(flight, CACHE_COLLAPSED, view.value, &view.meta, 0, true);
			break;
		}
		if (view.entry && view.phase == STORE_BACKOFF && now < view.retry_ms) {
			answer_waits(flight, CACHE_REFUSED, STR(""), NULL, view.retry_ms - now,
				     false);
			break;
		}
		if (store_begin(cache->store, &flight->key, &view, now, class->lease_ms, &hold)) {
			flight->waits->first = true;
			fill_begin(flight, &hold);
			return;
		}
		if (!view.entry || view.phase != STORE_FILLING)
			continue;
		flight->started_ms = view.started_ms;
		int64_t end = view.started_ms + class->deadline_ms;
		if (now >= end) {
			answer_waits(flight, CACHE_REFUSED, STR(""), NULL, FULL_RETRY_MS, false);
			break;
		}
		if (store_wait(cache->store, &view)) {
			flight_trace(flight, "waits for another process");
			int64_t over = view.started_ms + class->lease_ms;
			flight_timer(flight, (end < over ? end : over) - now);
			return;
		}
	}
	answer_waits(flight, CACHE_REFUSED, STR(""), NULL, FULL_RETRY_MS, false);
	flight_free(flight);
}

/* ---- the end of a fill ---- */

struct arena *cache_fill_arena(struct cache_fill *fill)
{
	return &fill->arena;
}

struct buf *cache_fill_out(struct cache_fill *fill)
{
	return &fill->out;
}

static struct store_meta meta_of(struct cache_fill *fill, uint32_t status)
{
	const struct cache_class *class = fill->flight->class;
	int64_t now = clock_ms();
	int64_t fresh = class->fresh_ms;
	if (fresh >= JITTER_PART)
		fresh -=
		    (int64_t)(random_next(&fill->cache->random) % (uint64_t)(fresh / JITTER_PART));
	return (struct store_meta){
	    .stored_ms = now,
	    .fresh_until_ms = now + fresh,
	    .stale_until_ms = now + fresh + class->stale_ms,
	    .cost_us = (uint64_t)(clock_us() - fill->started_us),
	    .etag = XXH3_64bits(fill->out.p, fill->out.n),
	    .status = status,
	};
}

static void publish(struct cache_fill *fill, enum cache_outcome outcome)
{
	struct flight *flight = fill->flight;
	struct cache *cache = fill->cache;
	enum status published = store_publish(cache->store, &fill->hold, &flight->key, &fill->meta,
					      buf_view(&fill->out));
	if (published == TOO_LARGE)
		store_abandon(cache->store, &fill->hold);
	flight_trace(flight, published == OK         ? "published"
			     : published == CONFLICT ? "fenced"
						     : "not kept");
	wake_others(cache);
	if (published == CONFLICT) {
		/* Another process has taken the fill over: use its value. */
		fill_free(fill);
		flight_look(flight);
		return;
	}
	answer_waits(flight, outcome, (struct str){fill->out.n ? fill->out.p : "", fill->out.n},
		     &fill->meta, 0, published == OK);
	fill_free(fill);
	flight_free(flight);
}

static void fill_put(struct cache_fill *fill);

void cache_filled(struct cache_fill *fill, uint32_t status)
{
	struct err err;
	if (buf_failed(&fill->out)) {
		err_set(&err, TOO_LARGE, "the value is longer than %d bytes", STORE_VALUE_MAX);
		cache_fill_failed(fill, TOO_LARGE, &err);
		return;
	}
	fill->cache->away_until_ms = 0;
	fill->meta = meta_of(fill, status);
	if (fill->locked)
		fill_put(fill);
	else
		publish(fill, CACHE_FILLED);
}

/* The source is away. That is no property of the key, which can be filled again at once. */
static void fill_away(struct cache_fill *fill, const struct err *err)
{
	struct flight *flight = fill->flight;
	struct cache *cache = fill->cache;
	int64_t now = clock_ms();
	if (now >= cache->away_until_ms)
		log_warn("the cache cannot be filled: its source is away",
			 LOG_S("class", flight->class->name), LOG_S("error", err->text));
	cache->away_until_ms = now + CACHE_AWAY_MS;
	if (fill->locked)
		second_unlock(cache->second, flight->key.bytes, &fill->token);
	store_abandon(cache->store, &fill->hold);
	flight_trace(flight, "away");
	wake_others(cache);
	fill_free(fill);
	answer_waits(flight, CACHE_REFUSED, STR(""), NULL, FULL_RETRY_MS, false);
	flight_free(flight);
}

void cache_fill_failed(struct cache_fill *fill, enum status status, const struct err *err)
{
	struct flight *flight = fill->flight;
	struct cache *cache = fill->cache;
	int64_t now = clock_ms();
	if (status == UNAVAILABLE) {
		fill_away(fill, err);
		return;
	}
	int64_t retry =
	    store_fail(cache->store, &fill->hold, now, BACKOFF_FIRST_MS, BACKOFF_MAX_MS);
	log_warn("a fill of the cache failed", LOG_S("class", flight->class->name),
		 LOG_S("error", err->text), LOG_I("retry_ms", retry ? retry - now : 0));
	flight_trace(flight, retry ? "failed" : "fenced");
	wake_others(cache);
	fill_free(fill);
	if (!retry) {
		flight_look(flight);
		return;
	}
	answer_waits(flight, CACHE_REFUSED, STR(""), NULL, retry - now, false);
	flight_free(flight);
}

/* ---- the second tier ---- */

static void on_poll(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	fill_get(ctx);
}

/* Another machine fills. After a lease it is presumed dead, and this process fills without the
 * lock. */
static void fill_wait(struct cache_fill *fill)
{
	const struct timeval poll = {0, SECOND_POLL_MS * 1000};
	if (clock_ms() >= fill->hold.started_ms + fill->flight->class->lease_ms) {
		cache_make(fill);
		return;
	}
	if (!fill->waited)
		count(fill->cache, STORE_COUNT_second_waits);
	fill->waited = true;
	fill->step = STEP_WAIT;
	if (!fill->poll)
		fill->poll = event_new(fill->cache->loop, -1, 0, on_poll, fill);
	if (!fill->poll || event_add(fill->poll, &poll) != 0)
		memory_exhausted();
}

/* Another machine may have filled and unlocked between our get and our lock. */
static void on_got_locked(void *ctx, enum second_result result, struct str value)
{
	struct cache_fill *fill = ctx;
	struct cache *cache = fill->cache;
	fill->request = NULL;
	if (result == SECOND_YES && cache_unpack(value, &fill->meta, &fill->out)) {
		count(cache, STORE_COUNT_second_hits);
		second_unlock(cache->second, fill->flight->key.bytes, &fill->token);
		fill->locked = false;
		publish(fill, CACHE_SECOND);
		return;
	}
	if (result == SECOND_AWAY)
		count(cache, STORE_COUNT_second_failed);
	fill->started_us = clock_us();
	cache_make(fill);
}

static void on_locked(void *ctx, enum second_result result, struct str none)
{
	struct cache_fill *fill = ctx;
	(void)none;
	fill->request = NULL;
	if (result == SECOND_NO) {
		fill_wait(fill);
		return;
	}
	fill->locked = result == SECOND_YES;
	if (fill->locked) {
		fill->request =
		    second_get(fill->cache->second, fill->flight->key.bytes, on_got_locked, fill);
		if (fill->request)
			return;
	}
	count(fill->cache, STORE_COUNT_second_failed);
	fill->started_us = clock_us();
	cache_make(fill);
}

static void on_got(void *ctx, enum second_result result, struct str value)
{
	struct cache_fill *fill = ctx;
	struct cache *cache = fill->cache;
	fill->request = NULL;
	if (result == SECOND_YES && cache_unpack(value, &fill->meta, &fill->out)) {
		count(cache, STORE_COUNT_second_hits);
		publish(fill, CACHE_SECOND);
		return;
	}
	if (result != SECOND_AWAY) {
		fill->step = STEP_LOCK;
		fill->token =
		    second_token(store_seed(cache->store), fill->hold.entry, fill->hold.word);
		fill->request = second_lock(cache->second, fill->flight->key.bytes, &fill->token,
					    fill->flight->class->lease_ms, on_locked, fill);
		if (fill->request)
			return;
	}
	count(fill->cache, STORE_COUNT_second_failed);
	cache_make(fill);
}

static void fill_get(struct cache_fill *fill)
{
	fill->step = STEP_GET;
	fill->request = second_get(fill->cache->second, fill->flight->key.bytes, on_got, fill);
	if (fill->request)
		return;
	count(fill->cache, STORE_COUNT_second_failed);
	cache_make(fill);
}

static void on_put(void *ctx, enum second_result result, struct str none)
{
	struct cache_fill *fill = ctx;
	(void)none;
	fill->request = NULL;
	fill->locked = false;
	if (result == SECOND_NO) {
		/* We were stopped past our lease and another machine fills: use its value. */
		count(fill->cache, STORE_COUNT_fenced);
		fill_get(fill);
		return;
	}
	if (result == SECOND_AWAY)
		count(fill->cache, STORE_COUNT_second_failed);
	publish(fill, CACHE_FILLED);
}

static void fill_put(struct cache_fill *fill)
{
	const struct store_meta *meta = &fill->meta;
	struct buf packed;
	cache_pack(meta, buf_view(&fill->out), &packed);
	fill->step = STEP_PUT;
	fill->request =
	    second_put(fill->cache->second, fill->flight->key.bytes, &fill->token,
		       buf_view(&packed), meta->stale_until_ms - meta->stored_ms, on_put, fill);
	buf_release(&packed);
	if (fill->request)
		return;
	count(fill->cache, STORE_COUNT_second_failed);
	fill->locked = false;
	publish(fill, CACHE_FILLED);
}

static void on_news(void *ctx, struct str key)
{
	struct cache *cache = ctx;
	struct store_key full = {
	    .hash = XXH3_64bits_withSeed(key.p, key.n, store_seed(cache->store)), .bytes = key};
	struct flight *flight = flight_find(cache, &full);
	if (!flight || !flight->fill || flight->fill->step != STEP_WAIT)
		return;
	event_del(flight->fill->poll);
	fill_get(flight->fill);
}

/* ---- asking ---- */

/* Start a refresh while the present value is served. */
static void refresh(struct cache *cache, const struct cache_class *class,
		    const struct store_key *key, const struct store_view *view, int64_t now_ms)
{
	struct store_fill hold;
	if (now_ms < cache->away_until_ms || flight_find(cache, key) ||
	    !store_begin(cache->store, key, view, now_ms, class->lease_ms, &hold))
		return;
	if (now_ms < view->meta.fresh_until_ms)
		count(cache, STORE_COUNT_early);
	fill_begin(flight_create(cache, class, key), &hold);
}

static struct cache_wait *flight_park(struct flight *flight, struct arena *arena, cache_done *done,
				      void *ctx, bool first)
{
	struct cache *cache = flight->cache;
	struct cache_wait *wait = memory_alloc(sizeof(*wait));
	*wait = (struct cache_wait){.next = flight->waits,
				    .link = &flight->waits,
				    .flight = flight,
				    .arena = arena,
				    .done = done,
				    .ctx = ctx,
				    .first = first};
	if (wait->next)
		wait->next->link = &wait->next;
	flight->waits = wait;
	store_waiting(cache->store, ++cache->waiting);
	return wait;
}

/* A miss: wait for the running fill, or start one. */
static struct cache_wait *wait_or_fill(struct cache *cache, const struct cache_class *class,
				       const struct store_key *key, const struct store_view *view,
				       int64_t now_ms, struct arena *arena, cache_done *done,
				       void *ctx)
{
	struct flight *flight = flight_find(cache, key);
	struct store_fill hold;
	bool failed = view->entry && view->phase == STORE_BACKOFF && now_ms < view->retry_ms;
	count(cache, STORE_COUNT_misses);
	if (failed || cache->waiting >= cache->waiters_max ||
	    (flight && now_ms >= flight->started_ms + class->deadline_ms)) {
		answer_refused(cache, done, ctx, failed ? view->retry_ms - now_ms : FULL_RETRY_MS);
		return NULL;
	}
	if (flight)
		return flight_park(flight, arena, done, ctx, false);
	bool ours = store_begin(cache->store, key, view, now_ms, class->lease_ms, &hold);
	flight = flight_create(cache, class, key);
	/* If the fill is another process's, flight_look reads when it began. */
	flight->started_ms = now_ms;
	struct cache_wait *wait = flight_park(flight, arena, done, ctx, ours);
	bool gone = false;
	wait->gone = &gone;
	if (ours)
		fill_begin(flight, &hold);
	else
		flight_look(flight);
	if (gone)
		return NULL;
	wait->gone = NULL;
	return wait;
}

struct cache_wait *cache_get(struct cache *cache, const struct cache_class *class, struct str key,
			     struct arena *arena, cache_done *done, void *ctx)
{
	char bytes[STORE_KEY_MAX];
	size_t name = strlen(class->name);
	struct store_view view;
	int64_t now = clock_ms();
	must(key.n <= CACHE_KEY_MAX && name < STORE_KEY_MAX - CACHE_KEY_MAX);
	memcpy(bytes, class->name, name);
	bytes[name] = ' ';
	memcpy(bytes + name + 1, key.p, key.n);
	struct store_key full = {.bytes = {bytes, name + 1 + key.n}};
	full.hash = XXH3_64bits_withSeed(bytes, full.bytes.n, store_seed(cache->store));
	if (store_look(cache->store, &full, now, arena, &view) != OK) {
		answer_refused(cache, done, ctx, FULL_RETRY_MS);
		return NULL;
	}
	if (!view.has_value)
		return wait_or_fill(cache, class, &full, &view, now, arena, done, ctx);
	bool fresh = now < view.meta.fresh_until_ms;
	bool soon = fresh && view.phase == STORE_IDLE && early(cache, &view, now);
	count(cache, fresh ? STORE_COUNT_hits : STORE_COUNT_stale);
	answer_value(done, ctx, fresh ? CACHE_HIT : CACHE_STALE, view.value, &view.meta, now, true);
	if (!fresh || soon)
		refresh(cache, class, &full, &view, now);
	return NULL;
}

void cache_cancel(struct cache_wait *wait)
{
	wait_free(wait);
}

/* ---- life ---- */

/* A key that some process waits for has changed. Edge-triggered and never read: every write wakes
 * every process. */
static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	struct cache *cache = ctx;
	(void)fd;
	(void)what;
	cache->wakes++;
	for (size_t i = 0; i < FLIGHT_BUCKETS; i++) {
		/* flight_look can answer requests, and the next requests of their clients can
		 * create and free any flight: start again from the front after each. */
		struct flight *f = cache->flights[i];
		while (f) {
			bool done = f->fill || /* NOLINT(clang-analyzer-unix.Malloc) */
				    f->seen == cache->wakes;
			if (!done) {
				f->seen = cache->wakes;
				flight_look(f);
			}
			f = done ? f->next : cache->flights[i];
		}
	}
}

enum status cache_create(const struct cache_options *options, struct cache **out, struct err *err)
{
	struct cache *cache = memory_alloc(sizeof(*cache));
	int fd = options->store_fd;
	enum status status = fd >= 0 ? OK : store_create(options->bytes, &fd, err);
	if (status == OK)
		status = store_attach(fd, options->slot, &cache->store, err);
	if (fd != options->store_fd && fd >= 0)
		close(fd);
	if (status != OK) {
		free(cache);
		return status;
	}
	cache->loop = options->loop;
	cache->event_fd = options->event_fd;
	cache->waiters_max = options->waiters;
	cache->random = random_seeded();
	arena_init(&cache->scratch, 2 * STORE_VALUE_MAX);
	if (cache->event_fd >= 0) {
		cache->wake = event_new(cache->loop, cache->event_fd, EV_READ | EV_PERSIST | EV_ET,
					on_wake, cache);
		if (!cache->wake || event_add(cache->wake, NULL) != 0)
			memory_exhausted();
	}
	if (options->redis_url && *options->redis_url) {
		status = second_create(cache->loop, options->redis_url, on_news, cache,
				       &cache->second, err);
		if (status != OK) {
			cache_destroy(cache);
			return status;
		}
	}
	*out = cache;
	return OK;
}

void cache_destroy(struct cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < FLIGHT_BUCKETS; i++) {
		while (cache->flights[i]) {
			struct flight *f = cache->flights[i];
			while (f->waits)             /* NOLINT(clang-analyzer-unix.Malloc) */
				wait_free(f->waits); /* NOLINT(clang-analyzer-unix.Malloc) */
			if (f->fill) {
				if (f->fill->locked)
					second_unlock(cache->second, f->key.bytes, &f->fill->token);
				store_abandon(cache->store, &f->fill->hold);
				wake_others(cache);
				fill_free(f->fill);
			}
			flight_free(f);
		}
	}
	second_destroy(cache->second);
	if (cache->wake)
		event_free(cache->wake);
	arena_release(&cache->scratch);
	store_detach(cache->store);
	free(cache);
}

void cache_numbers(const struct cache *cache, struct store_numbers *out)
{
	store_numbers(cache->store, out);
}
