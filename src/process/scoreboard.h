/* The scoreboard: shared memory of the supervisor in which every process of an instance publishes
 * its metrics, so that each web process can report those of all.
 *
 * Each slot of the supervisor has a row with its name, state and restarts, written by the
 * supervisor, and two regions, because a predecessor may finish its work while its successor runs.
 * A region has the size in the process table, a counter of beats, by which the supervisor sees that
 * the process makes progress, and two copies of the published data with a generation: the writer
 * fills the hidden copy and then makes it the visible one, so that readers never see a partial
 * update, even when the writer is killed. The meaning of the bytes is up to writer and readers.
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

struct scoreboard;        /* the whole memory */
struct scoreboard_region; /* the part that one process writes */

/* ---- the supervisor ---- */

/* bytes[n]: maximum size of what a process of slot n publishes; 0: nothing. */
MUST_CHECK enum status scoreboard_create(const size_t *bytes, int slots, struct scoreboard **out,
					 struct err *err);
/* Descriptors for processes that publish (read and write) and for readers (read only). Owned by the
 * scoreboard. */
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

/* fd remains the caller's. */
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
/* Copy the last data of a slot's process (which 0: the present one, 1: its predecessor) into out,
 * which is reset first. False: no such process, nothing published yet, or no room in `out`. */
MUST_CHECK bool scoreboard_read(const struct scoreboard *board, int slot, int which,
				struct buf *out);

#endif
