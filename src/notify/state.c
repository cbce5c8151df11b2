/* The file of what was told. */
#include "notify/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { STATE_COPIES = 2 };

static const uint64_t state_form = 0x31594649544f4eull ^ sizeof(struct alarm);

struct state_copy {
	uint64_t form, generation, count, hash; /* hash: of everything else */
	struct alarm alarm[NOTIFY_ENTRIES];
};

static uint64_t state_hash(struct state_copy *c)
{
	c->hash = 0;
	return XXH64(c, sizeof(*c), 1);
}

/* False: there is no whole copy. */
static bool state_read(int fd, int place, struct state_copy *c)
{
	const off_t at = place * (off_t)sizeof(*c);
	if (pread(fd, c, sizeof(*c), at) != (ssize_t)sizeof(*c) || c->form != state_form ||
	    c->count > NOTIFY_ENTRIES)
		return false;
	uint64_t hash = c->hash;
	return hash == state_hash(c);
}

/* The newest copy and its place. False: there is none. */
static bool state_newest(int fd, struct state_copy *newest, int *place)
{
	static struct state_copy copy;
	bool found = false;
	for (int n = 0; n < STATE_COPIES; n++) {
		if (!state_read(fd, n, &copy) || (found && copy.generation < newest->generation))
			continue;
		*newest = copy;
		*place = n;
		found = true;
	}
	return found;
}

void notify_load(struct notify_table *t, int fd, int64_t now_ms)
{
	static struct state_copy copy;
	int place, n = 0;
	/* Room for both copies, so that a disk that becomes full later does no harm. Without it
	 * notify_save fails until there is room. */
	(void)!fallocate(fd, 0, 0, STATE_COPIES * (off_t)sizeof(copy));
	if (!state_newest(fd, &copy, &place))
		return;
	for (uint64_t i = 0; i < copy.count; i++) {
		struct notify_entry *e = &t->entry[n];
		*e = (struct notify_entry){.alarm = copy.alarm[i], .told = true};
		/* The first look says whether it is still present; assume so until its kind has
		 * been read. */
		e->present = true;
		e->absent_since_ms = now_ms;
		if (notify_kind_of(e->alarm.key, &e->kind))
			n++;
		else
			*e = (struct notify_entry){0};
	}
}

enum status notify_save(const struct notify_table *t, int fd, struct err *err)
{
	static struct state_copy copy; /* static: large */
	int place = 0;
	uint64_t generation = 0;
	if (state_newest(fd, &copy, &place)) {
		generation = copy.generation;
		place = (place + 1) % STATE_COPIES;
	}
	memset(&copy, 0, sizeof(copy));
	copy.form = state_form;
	copy.generation = generation + 1;
	for (int i = 0; i < NOTIFY_ENTRIES; i++)
		if (t->entry[i].alarm.key[0] && t->entry[i].told)
			copy.alarm[copy.count++] = t->entry[i].alarm;
	copy.hash = state_hash(&copy);
	const off_t at = place * (off_t)sizeof(copy);
	errno = ENOSPC; /* a short write sets none */
	ssize_t n = pwrite(fd, &copy, sizeof(copy), at);
	if (n != (ssize_t)sizeof(copy) || fdatasync(fd) != 0)
		return err_errno(err, FAILED, "notify/told");
	return OK;
}
