#include "process/scoreboard.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* PAGE: a multiple of all kernels' page sizes, because regions are mapped separately. */
enum { PAGE = 64 << 10, READ_TRIES = 1000 };

typedef _Atomic uint64_t word_t;

/* The head of a region; two copies of `words` words follow. Written only by its process. */
struct region_head {
	word_t beats;
	word_t generation; /* 0: nothing published; else copy `generation % 2` is visible */
	word_t bytes[2];
	word_t copies[];
};

/* A slot's row, written only by the supervisor. */
struct scoreboard_row {
	word_t name[SCOREBOARD_NAME / 8];
	word_t state, restarts;
	word_t present; /* index of the present process's region */
	word_t in_use[SCOREBOARD_REGIONS];
	uint64_t offset[SCOREBOARD_REGIONS];
	uint64_t words; /* length of one copy; 0: no regions */
};

struct directory {
	uint64_t magic;
	uint64_t bytes;
	uint64_t slots;
	struct scoreboard_row row[SCOREBOARD_SLOTS_MAX];
};

static const uint64_t magic = 0x31737461747348ull;

struct scoreboard {
	struct directory *map;
	size_t bytes;
	int write_fd, read_fd; /* of the supervisor; -1: none */
};

struct scoreboard_region {
	struct region_head *head;
	size_t map_bytes, words;
};

static uint64_t load(const word_t *w)
{
	return atomic_load_explicit((word_t *)w, memory_order_acquire);
}
static void store(word_t *w, uint64_t value)
{
	atomic_store_explicit(w, value, memory_order_release);
}

static size_t pages(size_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

static size_t region_bytes(uint64_t words)
{
	return pages(sizeof(struct region_head) + 2 * (size_t)words * 8);
}

static struct region_head *region_at(const struct scoreboard *board, int region)
{
	const struct scoreboard_row *row = &board->map->row[region / SCOREBOARD_REGIONS];
	return (struct region_head *)((char *)board->map +
				      row->offset[region % SCOREBOARD_REGIONS]);
}

/* ---- the supervisor ---- */

static enum status scoreboard_map(struct scoreboard *board, struct err *err)
{
	char path[64];
	board->write_fd = memfd_create("holdfast-scoreboard", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	/* The mode limits who can open it again through /proc. */
	if (board->write_fd < 0 || ftruncate(board->write_fd, (off_t)board->bytes) != 0 ||
	    fcntl(board->write_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0 ||
	    fchmod(board->write_fd, 0600) != 0)
		return err_errno(err, FAILED, "memory of the scoreboard");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", board->write_fd);
	board->read_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (board->read_fd < 0)
		return err_errno(err, FAILED, "%s", path);
	void *map =
	    mmap(NULL, board->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, board->write_fd, 0);
	if (map == MAP_FAILED)
		return err_errno(err, FAILED, "memory of the scoreboard");
	board->map = map;
	return OK;
}

enum status scoreboard_create(const size_t *bytes, int slots, struct scoreboard **out,
			      struct err *err)
{
	struct scoreboard *board = memory_alloc(sizeof(*board));
	must(slots <= SCOREBOARD_SLOTS_MAX);
	board->write_fd = board->read_fd = -1;
	board->bytes = pages(sizeof(struct directory));
	for (int n = 0; n < slots; n++)
		if (bytes[n])
			board->bytes += SCOREBOARD_REGIONS * region_bytes((bytes[n] + 7) / 8);
	enum status status = scoreboard_map(board, err);
	if (status != OK) {
		scoreboard_close(board);
		return status;
	}
	size_t at = pages(sizeof(struct directory));
	board->map->magic = magic;
	board->map->bytes = board->bytes;
	board->map->slots = (uint64_t)slots;
	for (int n = 0; n < slots; n++) {
		struct scoreboard_row *row = &board->map->row[n];
		row->words = (bytes[n] + 7) / 8;
		for (int r = 0; r < SCOREBOARD_REGIONS && row->words; r++) {
			row->offset[r] = at;
			at += region_bytes(row->words);
		}
	}
	*out = board;
	return OK;
}

int scoreboard_write_fd(const struct scoreboard *board)
{
	return board->write_fd;
}

int scoreboard_read_fd(const struct scoreboard *board)
{
	return board->read_fd;
}

void scoreboard_set_slot(struct scoreboard *board, int slot, const char *name, unsigned state,
			 uint32_t restarts)
{
	struct scoreboard_row *row = &board->map->row[slot];
	uint64_t words[SCOREBOARD_NAME / 8] = {0};
	must(strlen(name) < SCOREBOARD_NAME);
	memcpy(words, name, strlen(name));
	for (size_t w = 0; w < SCOREBOARD_NAME / 8; w++)
		store(&row->name[w], words[w]);
	store(&row->state, state);
	store(&row->restarts, restarts);
}

int scoreboard_begin(struct scoreboard *board, int slot)
{
	struct scoreboard_row *row = &board->map->row[slot];
	/* The other region, unless a predecessor still uses it: then the present process has
	 * died. */
	uint64_t which = 1 - load(&row->present);
	if (load(&row->in_use[which]))
		which = 1 - which;
	int region = slot * SCOREBOARD_REGIONS + (int)which;
	struct region_head *head = region_at(board, region);
	must(row->words && !load(&row->in_use[which]));
	store(&head->beats, 0);
	store(&head->generation, 0);
	store(&row->in_use[which], 1);
	store(&row->present, which);
	return region;
}

void scoreboard_end(struct scoreboard *board, int region)
{
	store(&board->map->row[region / SCOREBOARD_REGIONS].in_use[region % SCOREBOARD_REGIONS], 0);
}

uint64_t scoreboard_beats(const struct scoreboard *board, int region)
{
	return load(&region_at(board, region)->beats);
}

/* ---- processes that publish ---- */

enum status scoreboard_open_region(int fd, int region, struct scoreboard_region **out,
				   struct err *err)
{
	struct scoreboard *board;
	enum status status = scoreboard_open(fd, &board, err);
	if (status != OK)
		return status;
	const struct scoreboard_row *row = &board->map->row[region / SCOREBOARD_REGIONS];
	struct scoreboard_region *r = memory_alloc(sizeof(*r));
	must(region / SCOREBOARD_REGIONS < scoreboard_slots(board) && row->words);
	r->words = row->words;
	r->map_bytes = region_bytes(row->words);
	void *map = mmap(NULL, r->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 (off_t)row->offset[region % SCOREBOARD_REGIONS]);
	scoreboard_close(board);
	if (map == MAP_FAILED) {
		free(r);
		return err_errno(err, FAILED, "region %d of the scoreboard", region);
	}
	r->head = map;
	*out = r;
	return OK;
}

void scoreboard_close_region(struct scoreboard_region *region)
{
	if (!region)
		return;
	munmap(region->head, region->map_bytes);
	free(region);
}

void scoreboard_publish(struct scoreboard_region *region, const void *p, size_t n)
{
	struct region_head *head = region->head;
	uint64_t next = load(&head->generation) + 1;
	word_t *copy = head->copies + next % 2 * region->words;
	must(n <= region->words * 8);
	/* Readers that are copying the old data notice the new generation. */
	atomic_thread_fence(memory_order_release);
	for (size_t w = 0; w * 8 < n; w++) {
		uint64_t word = 0;
		memcpy(&word, (const char *)p + w * 8, n - w * 8 < 8 ? n - w * 8 : 8);
		atomic_store_explicit(&copy[w], word, memory_order_relaxed);
	}
	atomic_store_explicit(&head->bytes[next % 2], n, memory_order_relaxed);
	store(&head->generation, next);
}

void scoreboard_beat(struct scoreboard_region *region)
{
	atomic_fetch_add_explicit(&region->head->beats, 1, memory_order_relaxed);
}

/* ---- processes that read ---- */

enum status scoreboard_open(int fd, struct scoreboard **out, struct err *err)
{
	struct directory head;
	struct stat st;
	if (fstat(fd, &st) != 0 || pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return err_errno(err, FAILED, "memory of the scoreboard");
	if (head.magic != magic || head.bytes != (uint64_t)st.st_size ||
	    head.slots > SCOREBOARD_SLOTS_MAX)
		return err_set(err, INVALID, "the memory of the scoreboard has another form");
	struct scoreboard *board = memory_alloc(sizeof(*board));
	board->write_fd = board->read_fd = -1;
	board->bytes = head.bytes;
	void *map = mmap(NULL, board->bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		free(board);
		return err_errno(err, FAILED, "memory of the scoreboard");
	}
	board->map = map;
	*out = board;
	return OK;
}

void scoreboard_close(struct scoreboard *board)
{
	if (!board)
		return;
	if (board->map)
		munmap(board->map, board->bytes);
	if (board->write_fd >= 0)
		close(board->write_fd);
	if (board->read_fd >= 0)
		close(board->read_fd);
	free(board);
}

int scoreboard_slots(const struct scoreboard *board)
{
	return (int)board->map->slots;
}

void scoreboard_slot(const struct scoreboard *board, int slot, struct scoreboard_slot *out)
{
	const struct scoreboard_row *row = &board->map->row[slot];
	uint64_t name[SCOREBOARD_NAME / 8];
	for (size_t w = 0; w < SCOREBOARD_NAME / 8; w++)
		name[w] = load(&row->name[w]);
	memcpy(out->name, name, SCOREBOARD_NAME);
	out->name[SCOREBOARD_NAME - 1] = '\0';
	out->state = (unsigned)load(&row->state);
	out->restarts = (uint32_t)load(&row->restarts);
}

/* False: the writer has changed it meanwhile. */
static bool region_copy(const struct region_head *head, size_t words, uint64_t generation,
			struct buf *out)
{
	const word_t *copy = head->copies + generation % 2 * words;
	size_t n =
	    atomic_load_explicit((word_t *)&head->bytes[generation % 2], memory_order_relaxed);
	if (n > words * 8)
		return false;
	buf_reset(out);
	for (size_t w = 0; w * 8 < n; w++) {
		uint64_t word = atomic_load_explicit((word_t *)&copy[w], memory_order_relaxed);
		buf_add(out, &word, n - w * 8 < 8 ? n - w * 8 : 8);
	}
	atomic_thread_fence(memory_order_acquire);
	return load(&head->generation) == generation;
}

bool scoreboard_read(const struct scoreboard *board, int slot, int which, struct buf *out)
{
	const struct scoreboard_row *row = &board->map->row[slot];
	uint64_t present = load(&row->present);
	uint64_t region = which ? 1 - present : present;
	if (!row->words || region >= SCOREBOARD_REGIONS || !load(&row->in_use[region]))
		return false;
	const struct region_head *head = region_at(board, slot * SCOREBOARD_REGIONS + (int)region);
	for (int tries = 0; tries < READ_TRIES; tries++) {
		uint64_t generation = load(&head->generation);
		if (!generation)
			return false;
		if (region_copy(head, row->words, generation, out))
			return !buf_failed(out);
	}
	return false;
}
