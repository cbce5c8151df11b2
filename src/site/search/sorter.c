#include "site/search/internal.h"

#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/io.h"
#include "base/memory.h"
#include "base/sort_keys.h"

enum {
	SORTER_RUNS_MAX = 512,
	SORTER_READ = 64 << 10, /* bytes read ahead of each run, of which there may be a hundred */
	SORTER_ITEM_MAX = 64 << 10,
	SORTER_FEW = 8, /* items that are compared one by one */
};

/* An item in memory and in a run: sizes of key and value, key, value. */
struct item_head {
	uint32_t key, value;
};

struct run {
	int fd;
	char *buffer;
	size_t from, to; /* what is read and not yet taken */
	bool ended;
	struct str key, value; /* of the present item, in buffer */
};

struct sorter {
	int folder;
	char *item;
	size_t used, room;
	struct sort_key *order; /* items, by eight bytes of their keys */
	size_t count, order_room;
	struct run run[SORTER_RUNS_MAX];
	size_t runs;
	size_t heap[SORTER_RUNS_MAX]; /* runs by their present item */
	size_t heaped;
	size_t next;  /* of items in memory, when there are no runs */
	bool pending; /* the top of the heap was given out */
};

struct sorter *sorter_create(int folder, size_t bytes)
{
	struct sorter *s = memory_alloc(sizeof(*s));
	s->folder = folder;
	s->room = bytes;
	s->item = memory_room(bytes);
	return s;
}

void sorter_free(struct sorter *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->runs; i++) {
		close(s->run[i].fd);
		free(s->run[i].buffer);
	}
	free(s->item);
	free(s->order);
	free(s);
}

static struct str sorter_key(const struct sorter *s, uint32_t at)
{
	struct item_head head;
	memcpy(&head, s->item + at, sizeof(head));
	return (struct str){s->item + at + sizeof(head), head.key};
}

/* Eight bytes of the key from `from` on as a number, which orders as they do. */
static uint64_t sorter_prefix(struct str key, size_t from)
{
	uint64_t prefix = 0;
	if (key.n >= from + sizeof(prefix)) {
		memcpy(&prefix, key.p + from, sizeof(prefix));
		return be64toh(prefix);
	}
	for (size_t i = from; i < from + sizeof(prefix); i++)
		prefix = prefix << 8 | (i < key.n ? (unsigned char)key.p[i] : 0);
	return prefix;
}

static int sorter_compare(const void *a, const void *b, void *ctx)
{
	const struct sorter *s = ctx;
	const struct sort_key *x = a, *y = b;
	int order = str_cmp(sorter_key(s, x->at), sorter_key(s, y->at));
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static size_t sorter_item_size(const struct sorter *s, uint32_t at)
{
	struct item_head head;
	memcpy(&head, s->item + at, sizeof(head));
	return sizeof(head) + head.key + head.value;
}

static enum status sorter_spill(struct sorter *s, struct err *err)
{
	enum status status = OK;
	struct buf out;
	if (s->runs == SORTER_RUNS_MAX)
		return err_set(err, TOO_LARGE, "the index of the search has more than %d runs",
			       SORTER_RUNS_MAX);
	int fd = openat(s->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, FAILED, "temporary file of the search");
	s->run[s->runs++] = (struct run){.fd = fd};
	buf_init(&out, 2 << 20);
	for (size_t i = 0; i < s->count && status == OK; i++) {
		buf_add(&out, s->item + s->order[i].at, sorter_item_size(s, s->order[i].at));
		if (out.n < 1 << 20 && i + 1 < s->count)
			continue;
		status = io_write_all(fd, out.p, out.n, err);
		buf_reset(&out);
	}
	buf_release(&out);
	s->used = s->count = 0;
	return status == OK ? OK : err_prefix(err, status, "temporary file of the search");
}

/* Sort items whose keys are the same before `from`: by numbers, eight bytes at a time, which takes
 * a third of the time of comparing keys. */
static void sorter_sort_from(struct sorter *s, struct sort_key *order, size_t n, size_t from)
{
	bool ended = true; /* no key goes on behind these bytes */
	for (size_t i = 0; i < n; i++) {
		struct str key = sorter_key(s, order[i].at);
		order[i].key = sorter_prefix(key, from);
		ended = ended && key.n <= from + sizeof(order->key);
	}
	sort_keys(order, n);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && order[end].key == order[first].key; end++)
			;
		if (end - first > SORTER_FEW && !ended)
			sorter_sort_from(s, order + first, end - first, from + sizeof(order->key));
		else if (end - first > 1)
			qsort_r(order + first, end - first, sizeof(*order), sorter_compare, s);
	}
}

static enum status sorter_sort(struct sorter *s, bool spill, struct err *err)
{
	sorter_sort_from(s, s->order, s->count, 0);
	return spill && s->count ? sorter_spill(s, err) : OK;
}

enum status sorter_add(struct sorter *s, struct str key, struct str value, struct err *err)
{
	struct item_head head = {(uint32_t)key.n, (uint32_t)value.n};
	size_t size = sizeof(head) + key.n + value.n;
	must(size <= SORTER_ITEM_MAX && s->heaped == 0);
	if (s->used + size > s->room) {
		enum status status = sorter_sort(s, true, err);
		if (status != OK)
			return status;
	}
	s->order = memory_grow(s->order, &s->order_room, s->count + 1, sizeof(*s->order));
	s->order[s->count++] = (struct sort_key){.at = (uint32_t)s->used};
	char *to = mempcpy(s->item + s->used, &head, sizeof(head));
	to = mempcpy(to, key.p, key.n);
	memcpy(to, value.p, value.n);
	s->used += size;
	return OK;
}

/* ---- merging ---- */

/* Have at least n bytes of the run, if it has so many. */
static enum status run_fill(struct run *r, size_t n, struct err *err)
{
	if (r->to - r->from >= n || r->ended)
		return OK;
	memmove(r->buffer, r->buffer + r->from, r->to - r->from);
	r->to -= r->from;
	r->from = 0;
	while (r->to < n) {
		ssize_t got = read(r->fd, r->buffer + r->to, SORTER_READ - r->to);
		if (got < 0)
			return err_errno(err, FAILED, "temporary file of the search");
		r->ended = got == 0;
		r->to += (size_t)got;
		if (r->ended)
			break;
	}
	return OK;
}

/* NOT_FOUND: the run is at its end. */
static enum status run_next(struct run *r, struct err *err)
{
	struct item_head head;
	enum status status = run_fill(r, sizeof(head), err);
	if (status == OK && r->to == r->from)
		return NOT_FOUND;
	if (status != OK)
		return status;
	memcpy(&head, r->buffer + r->from, sizeof(head));
	status = run_fill(r, sizeof(head) + head.key + head.value, err);
	if (status != OK)
		return status;
	if (r->to - r->from < sizeof(head) + head.key + head.value)
		return err_set(err, FAILED, "a temporary file of the search is cut off");
	r->key = (struct str){r->buffer + r->from + sizeof(head), head.key};
	r->value = (struct str){r->key.p + head.key, head.value};
	r->from += sizeof(head) + head.key + head.value;
	return OK;
}

/* Runs in the order of their present items; earlier runs first, so that the sort is stable. */
static bool sorter_before(const struct sorter *s, size_t a, size_t b)
{
	int order = str_cmp(s->run[a].key, s->run[b].key);
	return order ? order < 0 : a < b;
}

static void sorter_sift(struct sorter *s, size_t at)
{
	for (size_t child; (child = 2 * at + 1) < s->heaped; at = child) {
		if (child + 1 < s->heaped && sorter_before(s, s->heap[child + 1], s->heap[child]))
			child++;
		if (sorter_before(s, s->heap[at], s->heap[child]))
			break;
		size_t swap = s->heap[at];
		s->heap[at] = s->heap[child];
		s->heap[child] = swap;
	}
}

enum status sorter_end(struct sorter *s, struct err *err)
{
	enum status status = sorter_sort(s, s->runs > 0, err);
	if (status != OK || !s->runs)
		return status;
	free(s->item);
	free(s->order);
	s->item = NULL;
	s->order = NULL;
	for (size_t i = 0; i < s->runs; i++) {
		if (lseek(s->run[i].fd, 0, SEEK_SET) != 0)
			return err_errno(err, FAILED, "temporary file of the search");
		s->run[i].buffer = memory_room(SORTER_READ);
		status = run_next(&s->run[i], err);
		if (status != OK)
			return status;
		s->heap[s->heaped++] = i;
	}
	for (size_t i = s->heaped; i-- > 0;)
		sorter_sift(s, i);
	return OK;
}

static enum status sorter_next_in_memory(struct sorter *s, struct str *key, struct str *value,
					 struct err *err)
{
	if (s->next == s->count)
		return err_set(err, NOT_FOUND, "no more");
	uint32_t at = s->order[s->next++].at;
	*key = sorter_key(s, at);
	*value = (struct str){key->p + key->n,
			      sorter_item_size(s, at) - sizeof(struct item_head) - key->n};
	return OK;
}

enum status sorter_next(struct sorter *s, struct str *key, struct str *value, struct err *err)
{
	if (!s->runs)
		return sorter_next_in_memory(s, key, value, err);
	if (s->pending) {
		enum status status = run_next(&s->run[s->heap[0]], err);
		if (status == NOT_FOUND)
			s->heap[0] = s->heap[--s->heaped];
		else if (status != OK)
			return status;
		sorter_sift(s, 0);
	}
	s->pending = s->heaped > 0;
	if (!s->heaped)
		return err_set(err, NOT_FOUND, "no more");
	*key = s->run[s->heap[0]].key;
	*value = s->run[s->heap[0]].value;
	return OK;
}
