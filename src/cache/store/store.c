/* Entries: finding, inserting, filling, publishing. */
#include "cache/store/internal.h"
#include "base/backoff.h"
#include "base/random.h"

#include <string.h>

/* A look-up that sees a concurrent change in each of so many tries reports that the key is
 * absent. */
enum { TRIES = 64 };

/* ---- finding ---- */

/* The key of the entry is committed, but its owner has not yet set IDLE: set it on its behalf. */
static uint64_t help_in(word_t *word, uint64_t w)
{
	uint64_t idle = word_next(w, STORE_IDLE, 0, 0);
	return swap(word, w, idle) ? idle : load(word);
}

/* Most values are in one block, and most of the time of a look-up is spent waiting for its cache
 * lines. */
static void prefetch(const struct store *store, uint32_t block)
{
	for (size_t i = 0; i < BLOCK_WORDS; i += 8)
		__builtin_prefetch((const char *)&store->block[block] + i * 8);
}

/* The entry of a hash in a bucket whose marks were `marks`; 0: absent. *word: its word when the tag
 * was read. */
static uint64_t scan(struct store *store, uint64_t bucket, uint64_t marks, uint64_t hash,
		     uint64_t *word)
{
	for (int way = 0; way < STORE_WAYS; way++) {
		if (marks_get(marks, way) != mark_of(hash))
			continue;
		word_t *own = &store->bucket[bucket].word[way];
		for (int i = 0; i < TRIES; i++) {
			uint64_t w = load(own);
			prefetch(store, word_block(w));
			uint64_t tag = load(&store->bucket[bucket].way[way].tag);
			if (load(own) != w)
				continue;
			if (tag != hash || word_phase(w) == STORE_OUT)
				break;
			if (word_phase(w) == STORE_IN) {
				/* Committed only if its mark is set; the mark of the previous key
				 * has been cleared. */
				if (marks_get(load(&store->bucket[bucket].marks), way) == 0)
					break;
				help_in(own, w);
				continue;
			}
			*word = w;
			return bucket * STORE_WAYS + (uint64_t)way + 1;
		}
	}
	return 0;
}

static uint64_t entry_find(struct store *store, uint64_t hash, uint64_t *word)
{
	uint64_t bucket = bucket_of(store, hash);
	return scan(store, bucket, load(&store->bucket[bucket].marks), hash, word);
}

/* ---- changing keys ---- */

/* The way to reuse for a new key: an empty one, else the least used. -1: all are in use by
 * fills. */
static int choose_way(const struct bucket *b, uint64_t *word)
{
	int best = -1;
	uint64_t best_used = UINT64_MAX;
	for (int way = 0; way < STORE_WAYS; way++) {
		uint64_t w = load(&b->word[way]);
		if (word_phase(w) != STORE_IDLE && word_phase(w) != STORE_BACKOFF)
			continue;
		uint64_t used = word_block(w) == 0 ? 0 : 1 + peek(&b->way[way].used);
		if (marks_get(load(&b->marks), way) == 0) {
			*word = w;
			return way;
		}
		if (used < best_used) {
			best = way;
			best_used = used;
			*word = w;
		}
	}
	return best;
}

/* Take a way for a new key: its previous key and value are removed. False: it changed. */
static bool take_way(struct store *store, struct bucket *b, int way, uint64_t word, uint64_t hash,
		     uint64_t *in)
{
	struct entry *e = &b->way[way];
	struct chain chain;
	chain_note(store, word_block(word), &chain);
	uint64_t out = word_next(word, STORE_OUT, store->slot, word_block(word));
	if (!swap(&b->word[way], word, out))
		return false;
	STORE_POINT("a way is taken");
	marks_clear(b, way);
	STORE_POINT("the key before is gone");
	put(&e->tag, hash);
	put(&e->failures, 0);
	put(&e->used, 0);
	put(&e->waiters, 0);
	*in = word_next(out, STORE_IN, store->slot, 0);
	put(&b->word[way], *in);
	STORE_POINT("the tag is written");
	if (chain.count) {
		store_count(store, STORE_COUNT_evicted, 1);
		chain_free(store, &chain);
	}
	return true;
}

/* Find or insert the entry of a hash. 0: every entry of the bucket is in use by fills. */
static uint64_t insert(struct store *store, uint64_t hash, uint64_t *word)
{
	uint64_t bucket = bucket_of(store, hash);
	struct bucket *b = &store->bucket[bucket];
	uint64_t old = 0, in, number;
	int way = choose_way(b, &old);
	if (way < 0 || !take_way(store, b, way, old, hash, &in))
		return 0;
	for (;;) {
		/* No process can insert the key between this look and the swap: the marks would
		 * differ. */
		uint64_t marks = load(&b->marks);
		number = scan(store, bucket, marks, hash, word);
		STORE_POINT("before the key is there");
		if (number) {
			put(&b->word[way], word_next(in, STORE_IDLE, 0, 0));
			return number;
		}
		if (swap(&b->marks, marks, marks_set(marks, way, mark_of(hash))))
			break;
	}
	STORE_POINT("the key is there");
	/* Another process may have set IDLE already, and the entry may have been reused for another
	 * key since. We return the word of this key without a value: a swap from it fails if
	 * anything has changed. */
	*word = word_next(in, STORE_IDLE, 0, 0);
	swap(&b->word[way], in, *word);
	return bucket * STORE_WAYS + (uint64_t)way + 1;
}

/* ---- values ---- */

/* A value in words: meta, key, value; key and value start at whole words and end with zeros. */
static size_t words_of(size_t bytes)
{
	return (bytes + 7) / 8;
}

struct cursor {
	const struct store *store;
	uint32_t block;
	size_t at;
};

static inline uint64_t next_word(struct cursor *c)
{
	if (c->at == PAYLOAD_WORDS) {
		uint32_t next = (uint32_t)load(&c->store->block[c->block].next);
		c->block = next <= c->store->head->blocks ? next : 0;
		c->at = 0;
	}
	return load(&c->store->block[c->block].payload[c->at++]);
}

/* n bytes to `out`, which has room for whole words. */
static void store_read_words(struct cursor *c, char *out, size_t words)
{
	while (words > 0) {
		if (c->at == PAYLOAD_WORDS || words == 1) {
			uint64_t w = next_word(c);
			memcpy(out, &w, 8);
			out += 8;
			words--;
			continue;
		}
		const word_t *from = &c->store->block[c->block].payload[c->at];
		size_t n = PAYLOAD_WORDS - c->at < words ? PAYLOAD_WORDS - c->at : words;
		for (size_t i = 0; i < n; i++) {
			uint64_t w = load(&from[i]);
			memcpy(out + i * 8, &w, 8);
		}
		c->at += n;
		out += n * 8;
		words -= n;
	}
}

static uint64_t key_word(struct str key, size_t i)
{
	uint64_t w = 0;
	size_t left = key.n - i * 8;
	if (left >= 8)
		memcpy(&w, key.p + i * 8, 8);
	else
		memcpy(&w, key.p + i * 8, left);
	return w;
}

static void write_word(struct store *store, const struct chain *chain, size_t at, uint64_t w)
{
	put(&store->block[chain->block[at / PAYLOAD_WORDS]].payload[at % PAYLOAD_WORDS], w);
}

static size_t write_bytes(struct store *store, const struct chain *chain, size_t at, struct str s)
{
	for (size_t i = 0; i < words_of(s.n); i++) {
		write_word(store, chain, at++, key_word(s, i));
		if (i % PAYLOAD_WORDS == 0)
			STORE_POINT("writing");
	}
	return at;
}

enum copied { COPIED, GONE, OTHER_KEY, NO_ROOM };

/* Copy the value in the blocks of `word`. Valid only if the entry's word is the same afterwards. */
static enum copied copy_value(struct store *store, uint64_t word, const struct store_key *key,
			      int64_t now_ms, struct arena *arena, struct store_view *view)
{
	struct cursor c = {store, word_block(word), 0};
	const word_t *p = store->block[c.block].payload;
	view->meta = (struct store_meta){
	    .stored_ms = (int64_t)load(&p[0]),
	    .fresh_until_ms = (int64_t)load(&p[1]),
	    .stale_until_ms = (int64_t)load(&p[2]),
	    .cost_us = load(&p[3]),
	    .etag = load(&p[4]),
	    .status = (uint32_t)load(&p[5]),
	};
	uint64_t sizes = load(&p[6]);
	size_t key_bytes = (size_t)(sizes >> 32), value_bytes = (size_t)(sizes & 0xffffffff);
	if (load(&p[7]) != key->hash || value_bytes > STORE_VALUE_MAX)
		return GONE;
	if (key_bytes != key->bytes.n)
		return OTHER_KEY;
	c.at = META_WORDS;
	for (size_t i = 0; i < words_of(key_bytes); i++) {
		if (next_word(&c) != key_word(key->bytes, i))
			return OTHER_KEY;
	}
	if (now_ms >= view->meta.stale_until_ms)
		return COPIED;
	char *out = arena_alloc(arena, words_of(value_bytes) * 8 + 1);
	if (!out)
		return NO_ROOM;
	store_read_words(&c, out, words_of(value_bytes));
	out[value_bytes] = '\0';
	view->value = (struct str){out, value_bytes};
	view->has_value = true;
	return COPIED;
}

static void describe(struct entry *e, uint64_t w, int64_t now_ms, struct store_view *view)
{
	view->phase = word_phase(w);
	view->owner = word_owner(w);
	if (view->phase == STORE_FILLING) {
		/* The owner was stopped before it wrote the time: count the lease from now. */
		uint64_t stamp = load(&e->started);
		if (stamp >> 36 != word_generation(w)) {
			swap(&e->started, stamp, stamp_make(w, now_ms));
			stamp = stamp_make(w, now_ms);
		}
		view->started_ms = (int64_t)(stamp & 0xfffffffff);
	} else if (view->phase == STORE_BACKOFF) {
		uint64_t stamp = load(&e->failed);
		view->retry_ms =
		    stamp >> 36 == word_generation(w) ? (int64_t)(stamp & 0xfffffffff) : 0;
	}
}

enum status store_look(struct store *store, const struct store_key *key, int64_t now_ms,
		       struct arena *arena, struct store_view *view)
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t w = 0;
		enum copied copied = COPIED;
		*view = (struct store_view){0};
		view->entry = entry_find(store, key->hash, &w);
		if (!view->entry)
			return OK;
		struct entry *e = entry_at(store, view->entry);
		if (word_block(w))
			copied = copy_value(store, w, key, now_ms, arena, view);
		describe(e, w, now_ms, view);
		if (load(word_at(store, view->entry)) != w)
			continue;
		view->word = w;
		if (copied == NO_ROOM)
			return TOO_LARGE;
		if (copied != COPIED)
			return CONFLICT;
		uint64_t used = peek(&e->used);
		if (view->has_value && used < USED_MAX)
			atomic_store_explicit(&e->used, used + 1, memory_order_relaxed);
		return OK;
	}
	*view = (struct store_view){0};
	return OK;
}

/* ---- filling ---- */

bool store_begin(struct store *store, const struct store_key *key, const struct store_view *view,
		 int64_t now_ms, int64_t lease_ms, struct store_fill *fill)
{
	uint64_t w = view->word, number = view->entry;
	if (!number) {
		number = insert(store, key->hash, &w);
		/* Another process was faster: the caller has to look at the entry again. */
		if (!number || word_phase(w) != STORE_IDLE || word_block(w))
			return false;
	}
	struct entry *e = entry_at(store, number);
	struct store_view now = {0};
	describe(e, w, now_ms, &now);
	bool free = now.phase == STORE_IDLE ||
		    (now.phase == STORE_BACKOFF && now_ms >= now.retry_ms) ||
		    (now.phase == STORE_FILLING && now_ms >= now.started_ms + lease_ms);
	uint64_t mine = word_next(w, STORE_FILLING, store->slot, word_block(w));
	/* If another process has published since `view` was read, the word differs and the swap
	 * fails. */
	if (!free || !swap(word_at(store, number), w, mine))
		return false;
	STORE_POINT("began a fill");
	put(&e->started, stamp_make(mine, now_ms));
	STORE_POINT("the fill has its time");
	if (now.phase == STORE_FILLING)
		store_count(store, STORE_COUNT_taken_over, 1);
	*fill = (struct store_fill){.entry = number, .word = mine, .started_ms = now_ms};
	return true;
}

/* Note that processes wait for the entry and must be woken. */
static void collect_waiters(struct store *store, struct entry *e)
{
	uint64_t waiters = atomic_exchange_explicit(&e->waiters, 0, memory_order_acq_rel);
	if (waiters & ~(1ull << store->slot))
		store->woken = true;
}

enum status store_publish(struct store *store, const struct store_fill *fill,
			  const struct store_key *key, const struct store_meta *meta,
			  struct str value)
{
	struct entry *e = entry_at(store, fill->entry);
	struct chain mine, old;
	if (value.n > STORE_VALUE_MAX || key->bytes.n > STORE_KEY_MAX ||
	    !chain_take(store, META_WORDS + words_of(key->bytes.n) + words_of(value.n), &mine)) {
		store_count(store, STORE_COUNT_uncached, 1);
		return TOO_LARGE;
	}
	const uint64_t words[META_WORDS] = {
	    (uint64_t)meta->stored_ms,
	    (uint64_t)meta->fresh_until_ms,
	    (uint64_t)meta->stale_until_ms,
	    meta->cost_us,
	    meta->etag,
	    meta->status,
	    (uint64_t)key->bytes.n << 32 | value.n,
	    key->hash,
	};
	for (size_t i = 0; i < META_WORDS; i++)
		write_word(store, &mine, i, words[i]);
	write_bytes(store, &mine, write_bytes(store, &mine, META_WORDS, key->bytes), value);
	chain_note(store, word_block(fill->word), &old);
	STORE_POINT("before publishing");
	if (!swap(word_at(store, fill->entry), fill->word,
		  word_next(fill->word, STORE_IDLE, 0, mine.block[0]))) {
		chain_free(store, &mine);
		store_count(store, STORE_COUNT_fenced, 1);
		return CONFLICT;
	}
	STORE_POINT("published");
	put(&e->failures, 0);
	collect_waiters(store, e);
	STORE_POINT("collected the waiters");
	chain_settle(store, &mine);
	chain_free(store, &old);
	STORE_POINT("freed the value before");
	store_count(store, STORE_COUNT_fills, 1);
	return OK;
}

/* Differs between calls, processes and caches. */
static uint64_t chance(const struct store *store)
{
	static _Atomic uint64_t turn;
	return random_mix(
	    store->head->seed ^ (uint64_t)store->slot << 56 ^
	    atomic_fetch_add_explicit(&turn, 0x9e3779b97f4a7c15, memory_order_relaxed));
}

int64_t store_fail(struct store *store, const struct store_fill *fill, int64_t now_ms,
		   int64_t base_ms, int64_t max_ms)
{
	struct entry *e = entry_at(store, fill->entry);
	uint64_t failures = peek(&e->failures), next;
	int64_t wait = backoff_wait(base_ms, max_ms, failures, chance(store));
	next = word_next(fill->word, STORE_BACKOFF, 0, word_block(fill->word));
	/* The stamp has the generation that only our swap below can set: if the swap fails, the
	 * stamp is ignored. */
	if (load(word_at(store, fill->entry)) == fill->word)
		put(&e->failed, stamp_make(next, now_ms + wait));
	STORE_POINT("noted a failure");
	store_count(store, STORE_COUNT_failed, 1);
	if (!swap(word_at(store, fill->entry), fill->word, next)) {
		store_count(store, STORE_COUNT_fenced, 1);
		return 0;
	}
	STORE_POINT("failed");
	put(&e->failures, failures + 1);
	collect_waiters(store, e);
	return now_ms + wait;
}

void store_abandon(struct store *store, const struct store_fill *fill)
{
	struct entry *e = entry_at(store, fill->entry);
	if (swap(word_at(store, fill->entry), fill->word,
		 word_next(fill->word, STORE_IDLE, 0, word_block(fill->word))))
		collect_waiters(store, e);
}

bool store_wait(struct store *store, const struct store_view *view)
{
	struct entry *e = entry_at(store, view->entry);
	atomic_fetch_or_explicit(&e->waiters, 1ull << store->slot, memory_order_acq_rel);
	STORE_POINT("waits");
	return load(word_at(store, view->entry)) == view->word;
}

bool store_woken(struct store *store)
{
	bool woken = store->woken;
	store->woken = false;
	return woken;
}
