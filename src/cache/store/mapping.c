/* The mapping: creating, attaching, recovering from the death of a process, checking. */
#include "cache/store/internal.h"
#include "base/memory.h"
#include "base/random.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SWEEP_TRIES = 1000 };
static const uint64_t magic = 0x686f6c6466617374; /* "holdfast" */

static size_t aligned(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

/* Half as many entries again as blocks, so that few buckets are full before the blocks are. */
static uint64_t buckets_for(uint64_t blocks)
{
	return blocks * 3 / 2 / STORE_WAYS + 1;
}

static size_t bytes_for(uint64_t blocks)
{
	return aligned(sizeof(struct head)) + buckets_for(blocks) * sizeof(struct bucket) +
	       aligned((blocks + 1) * sizeof(word_t)) + (blocks + 1) * sizeof(struct store_block);
}

enum status store_create(size_t bytes, int *fd, struct err *err)
{
	uint64_t blocks = bytes / (BLOCK_BYTES + 8 + sizeof(struct bucket) * 3 / 2 / STORE_WAYS);
	must(bytes >= STORE_BYTES_MIN);
	while (bytes_for(blocks) > bytes)
		blocks--;
	if (blocks > 0xffffff)
		blocks = 0xffffff;
	*fd = memfd_create("holdfast-cache", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return err_errno(err, FAILED, "memory of the cache");
	struct head *head = MAP_FAILED;
	if (ftruncate(*fd, (off_t)bytes_for(blocks)) == 0 &&
	    fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		head = mmap(NULL, sizeof(*head), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (head == MAP_FAILED) {
		enum status status =
		    err_errno(err, FAILED, "%zu bytes for the cache", bytes_for(blocks));
		close(*fd);
		*fd = -1;
		return status;
	}
	head->magic = magic;
	head->bytes = bytes_for(blocks);
	head->blocks = blocks;
	head->buckets = buckets_for(blocks);
	put(&head->free, blocks);
	put(&head->hint, 1);
	random_bytes(&head->seed, sizeof(head->seed));
	munmap(head, sizeof(*head));
	return OK;
}

enum status store_attach(int fd, int slot, struct store **out, struct err *err)
{
	struct stat st;
	must(slot >= 0 && slot <= STORE_SLOTS);
	if (fstat(fd, &st) != 0 || (size_t)st.st_size < sizeof(struct head))
		return err_set(err, INVALID, "descriptor %d is no cache", fd);
	struct head *head =
	    mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (head == MAP_FAILED)
		return err_errno(err, FAILED, "mapping the cache");
	if (head->magic != magic || head->bytes != (uint64_t)st.st_size ||
	    bytes_for(head->blocks) != head->bytes) {
		munmap(head, (size_t)st.st_size);
		return err_set(err, INVALID, "the cache is of another version");
	}
	/* A cache in a core file would show what was searched for. */
	madvise(head, (size_t)st.st_size, MADV_DONTDUMP);
	struct store *store = memory_alloc(sizeof(*store));
	char *p = (char *)head;
	store->head = head;
	store->bucket = (struct bucket *)(p += aligned(sizeof(*head)));
	store->state = (word_t *)(p += head->buckets * sizeof(struct bucket));
	store->block = (struct store_block *)(p + aligned((head->blocks + 1) * sizeof(word_t)));
	store->slot = slot;
	*out = store;
	return OK;
}

void store_detach(struct store *store)
{
	if (!store)
		return;
	munmap(store->head, store->head->bytes);
	free(store);
}

uint64_t store_seed(const struct store *store)
{
	return store->head->seed;
}

/* ---- recovery ---- */

/* Release the claim of a process that is dead, or hangs, on an entry. True: requests wait for the
 * entry. */
static bool release_entry(struct store *store, uint64_t number, int slot)
{
	struct bucket *b = &store->bucket[(number - 1) / STORE_WAYS];
	int way = (int)((number - 1) % STORE_WAYS);
	struct entry *e = &b->way[way];
	uint64_t bit = 1ull << slot;
	word_t *word = &b->word[way];
	uint64_t w = load(word);
	if (load(&e->waiters) & bit)
		atomic_fetch_and_explicit(&e->waiters, ~bit, memory_order_acq_rel);
	if (word_owner(w) != slot)
		return false;
	if (word_phase(w) == STORE_FILLING) {
		if (!swap(word, w, word_next(w, STORE_IDLE, 0, word_block(w))))
			return false;
		store_count(store, STORE_COUNT_taken_over, 1);
		return atomic_exchange_explicit(&e->waiters, 0, memory_order_acq_rel) != 0;
	}
	/* The entry was changing its key. The new key is in place if its mark is set; if not, it
	 * never will be. */
	for (;;) {
		uint64_t marks = load(&b->marks);
		if (marks_get(marks, way) == 0 || word_phase(w) == STORE_IN ||
		    swap(&b->marks, marks, marks_set(marks, way, 0)))
			break;
	}
	swap(word, w, word_next(w, STORE_IDLE, 0, 0));
	return false;
}

static void mark_bit(uint64_t *bits, uint64_t n)
{
	bits[n / 64] |= 1ull << (n % 64);
}

/* Mark every block that an entry reaches. False: an entry kept changing. */
static bool mark_reached(const struct store *store, uint64_t *reached)
{
	struct chain chain;
	for (uint64_t n = 1; n <= store->head->buckets * STORE_WAYS; n++) {
		const word_t *word = word_at(store, n);
		int tries = 0;
		uint64_t w;
		do {
			if (tries++ == SWEEP_TRIES)
				return false;
			w = load(word);
			chain_note(store, word_block(w), &chain);
		} while (load(word) != w);
		for (uint32_t i = 0; i < chain.count; i++)
			mark_bit(reached, chain.block[i]);
	}
	return true;
}

/* Free published blocks that no entry reaches: the dead process was replacing a value, or another
 * process is freeing them at this moment; the swap lets only one of the two do it. Private blocks
 * of the dead process that an entry reaches had been published just before it died: mark them
 * published. Its other private blocks are freed. */
static void collect_garbage(struct store *store, int slot)
{
	uint64_t blocks = store->head->blocks, free_count = 0;
	uint64_t *noted = memory_array(blocks + 1, sizeof(*noted));
	uint64_t *reached = memory_array(blocks / 64 + 1, sizeof(*reached));
	for (uint64_t b = 1; b <= blocks; b++)
		noted[b] = load(&store->state[b]);
	bool stood = mark_reached(store, reached);
	for (uint64_t b = 1; b <= blocks && stood; b++) {
		uint64_t s = noted[b];
		bool dead = block_state_kind(s) == BLOCK_PRIVATE && block_state_owner(s) == slot;
		if (reached[b / 64] >> (b % 64) & 1) {
			if (dead)
				swap(&store->state[b], s,
				     block_state_make(block_state_sequence(s), 0, BLOCK_PUBLISHED));
		} else if (dead || block_state_kind(s) == BLOCK_PUBLISHED) {
			if (swap(&store->state[b], s,
				 block_state_make(block_state_sequence(s) + 1, 0, BLOCK_FREE)))
				atomic_store_explicit(&store->head->hint, b, memory_order_relaxed);
		}
	}
	for (uint64_t b = 1; b <= blocks; b++)
		free_count += block_state_kind(peek(&store->state[b])) == BLOCK_FREE;
	atomic_store_explicit(&store->head->free, free_count, memory_order_relaxed);
	free(noted);
	free(reached);
}

bool store_process_hangs(struct store *store, int slot)
{
	bool wake = false;
	must(slot > 0 && slot <= STORE_SLOTS);
	for (uint64_t n = 1; n <= store->head->buckets * STORE_WAYS; n++) {
		if (word_phase(load(word_at(store, n))) == STORE_FILLING)
			wake |= release_entry(store, n, slot);
	}
	return wake;
}

bool store_process_died(struct store *store, int slot)
{
	bool wake = false;
	must(slot > 0 && slot <= STORE_SLOTS);
	for (uint64_t n = 1; n <= store->head->buckets * STORE_WAYS; n++)
		wake |= release_entry(store, n, slot);
	collect_garbage(store, slot);
	put(&store->head->slot[slot].waiting, 0);
	return wake;
}

/* ---- checking ---- */

static bool check_entry(const struct store *store, uint64_t n, uint64_t alive, struct err *err)
{
	const struct bucket *b = &store->bucket[(n - 1) / STORE_WAYS];
	int way = (int)((n - 1) % STORE_WAYS);
	const struct entry *e = &b->way[way];
	uint64_t w = load(&b->word[way]), mark = marks_get(load(&b->marks), way);
	enum status bad = OK;
	if ((word_phase(w) == STORE_FILLING || word_phase(w) >= STORE_OUT) &&
	    !(alive >> word_owner(w) & 1))
		bad = err_set(err, FAILED, "entry %zu is owned by the dead slot %d", (size_t)n,
			      word_owner(w));
	else if (mark == 0 && word_block(w))
		bad = err_set(err, FAILED, "entry %zu has a value and no key", (size_t)n);
	else if (mark && (mark != mark_of(load(&e->tag)) ||
			  bucket_of(store, load(&e->tag)) != (n - 1) / STORE_WAYS))
		bad = err_set(err, FAILED, "entry %zu is in the wrong place", (size_t)n);
	for (int other = 0; other < way && mark && bad == OK; other++) {
		if (marks_get(load(&b->marks), other) && load(&b->way[other].tag) == load(&e->tag))
			bad = err_set(err, FAILED, "the key of entry %zu stands twice", (size_t)n);
	}
	return bad == OK;
}

bool store_check(const struct store *store, uint64_t alive, struct err *err)
{
	uint64_t blocks = store->head->blocks;
	uint64_t *reached = memory_array(blocks + 1, sizeof(*reached));
	struct chain chain;
	bool good = true;
	for (uint64_t n = 1; n <= store->head->buckets * STORE_WAYS && good; n++) {
		good = check_entry(store, n, alive, err);
		chain_note(store, word_block(load(word_at(store, n))), &chain);
		for (uint32_t i = 0; i < chain.count && good; i++) {
			if (reached[chain.block[i]]++)
				good = err_set(err, FAILED, "block %u is reached twice",
					       chain.block[i]) == OK;
		}
	}
	for (uint64_t b = 1; b <= blocks && good; b++) {
		uint64_t s = load(&store->state[b]);
		bool private =
		    block_state_kind(s) == BLOCK_PRIVATE && (alive >> block_state_owner(s) & 1);
		if ((block_state_kind(s) == BLOCK_FREE && reached[b]) ||
		    (block_state_kind(s) != BLOCK_FREE && !reached[b] && !private))
			good = err_set(err, FAILED, "block %zu is %s", (size_t)b,
				       reached[b] ? "free and reached" : "lost") == OK;
	}
	free(reached);
	return good;
}
