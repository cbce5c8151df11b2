/* The scoreboard: one memory of the supervisor in which every process of an instance publishes its
 * numbers, so that each web process can answer for all of them.
 *
 * There is one row a slot of the supervisor: its name, state and restarts, written by the
 * supervisor, and two regions, because a predecessor may still finish its work while its successor
 * runs. A region has a size that the row of the process table names, a count of beats, by which the
 * supervisor sees that the process goes on working, and two copies of what the process publishes
 * with a generation: the writer fills the copy that is not shown and then shows it, so that readers
 * never see half of it, also when the writer is killed in the middle. What the bytes mean is
 * between the writer and its readers.
 *
 * A process maps its own region for writing and closes that descriptor before it enters its
 * sandbox; readers map everything for reading, through a descriptor that allows nothing else.
 */
#ifndef PROCESS_SCOREBOARD_H
#define PROCESS_SCOREBOARD_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

enum {
	SCOREBOARD_SLOTS_MAX = 80,
	SCOREBOARD_NAME = 32,
	SCOREBOARD_REGIONS = 2,   /* of a slot */
	SCOREBOARD_BEAT_MS = 500, /* how often a process that is watched must beat */
};

struct scoreboard;        /* all of it */
struct scoreboard_region; /* what one process writes */

/* ---- the supervisor ---- */

/* bytes[n]: the most that a process of slot n publishes at a time; 0: nothing. */
MUST_CHECK enum status scoreboard_create(const size_t *bytes, int slots, struct scoreboard **out,
					 struct err *err);
/* For writers: opens everything for reading and writing. For readers. Owned by the scoreboard. */
int scoreboard_write_fd(const struct scoreboard *board);
int scoreboard_read_fd(const struct scoreboard *board);
void scoreboard_set_slot(struct scoreboard *board, int slot, const char *name, unsigned state,
			 uint32_t restarts);
/* Give the next process of the slot an empty region; its predecessor keeps the other one. Returns
 * the region's number. */
int scoreboard_begin(struct scoreboard *board, int slot);
/* The process of a region has ended. */
void scoreboard_end(struct scoreboard *board, int region);
uint64_t scoreboard_beats(const struct scoreboard *board, int region);

/* ---- processes that publish ---- */

/* fd: stays the caller's. */
MUST_CHECK enum status scoreboard_open_region(int fd, int region, struct scoreboard_region **out,
					      struct err *err);
void scoreboard_close_region(struct scoreboard_region *region); /* NULL is allowed */
/* TOO_LARGE is a bug: the process table names the size. */
void scoreboard_publish(struct scoreboard_region *region, const void *p, size_t n);
void scoreboard_beat(struct scoreboard_region *region);

/* ---- processes that read ---- */

MUST_CHECK enum status scoreboard_open(int fd, struct scoreboard **out, struct err *err);
void scoreboard_close(struct scoreboard *board); /* NULL is allowed */

struct scoreboard_slot {
	char name[SCOREBOARD_NAME]; /* web/1 */
	unsigned state;             /* enum process_state */
	uint32_t restarts;
};
int scoreboard_slots(const struct scoreboard *board);
void scoreboard_slot(const struct scoreboard *board, int slot, struct scoreboard_slot *out);
/* What the process of region `which` (0: the present one, 1: its predecessor) of a slot has
 * published last, into out (reset first). False: no such process, it has published nothing yet, or
 * no room in `out`. */
MUST_CHECK bool scoreboard_read(const struct scoreboard *board, int slot, int which,
				struct buf *out);

#endif
