/* Telling the operator (notify.command): which alarms are present, which of them have been told,
 * and the command that tells one.
 *
 * Alarms are levels, not messages: notify_look collects what is present now, and the table compares
 * it with what was told. An alarm that is present and not told is due; one that was told and has
 * been absent for notify.steady is due again, as over. What was told is in a file, so that a
 * restart repeats nothing. When the notifier is killed while the command runs, it runs again: told
 * twice is better than never.
 *
 * Everything is bounded: NOTIFY_ENTRIES alarms, one command at a time, its time, its output, and
 * the number of its attempts.
 */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "base/buf.h"
#include "base/err.h"
#include "process/alarm.h"
#include "process/scoreboard.h"

#include <limits.h>
#include <sys/types.h>

/* ---- kinds of alarms, and the processes that detect them; "": the notifier itself ---- */

#define NOTIFY_KINDS(X)                                                                            \
	X(PROCESS, "process", "")                                                                  \
	X(DISK, "disk", "")                                                                        \
	X(BACKUP, "backup", "")                                                                    \
	X(PIPELINE, "pipeline", "monitor")                                                         \
	X(DATABASE, "database", "monitor")                                                         \
	X(HEAL, "heal", "heal")

enum notify_kind {
#define X(id, name, by) NOTIFY_##id,
	NOTIFY_KINDS(X)
#undef X
	    NOTIFY_KINDS_COUNT
};
extern const char *const notify_kind_names[NOTIFY_KINDS_COUNT];
extern const char *const notify_kind_by[NOTIFY_KINDS_COUNT];
/* Of a key. False: there is no such kind. */
MUST_CHECK bool notify_kind_of(const char *key, enum notify_kind *out);

/* ---- the table ---- */

enum { NOTIFY_ENTRIES = 64, NOTIFY_ATTEMPTS = 8 };

enum notify_running { NOTIFY_QUIET, NOTIFY_RAISED, NOTIFY_OVER };

struct notify_entry {
	struct alarm alarm; /* key "": this place is free */
	enum notify_kind kind;
	bool told, present;
	enum notify_running running; /* the command runs to say so; set by the caller */
	int64_t absent_since_ms;
	int attempts;       /* of the command, for what is due */
	int64_t next_at_ms; /* the next attempt */
};

struct notify_table {
	struct notify_entry entry[NOTIFY_ENTRIES];
	int64_t steady_ms;
	uint64_t told, failed, given_up; /* commands */
	uint64_t dropped;                /* looks at an alarm for which there was no room */
};

/* A look: for the kinds of one source (bit n: kind n) notify_begin, then notify_see for every alarm
 * that is present; at the end notify_end. Kinds that were not read stay as they were. */
void notify_begin(struct notify_table *t, unsigned kinds, int64_t now_ms);
void notify_see(struct notify_table *t, const struct alarm *alarm);
void notify_end(struct notify_table *t);
/* The entry that the command must be run for now; NULL: none. */
struct notify_entry *notify_due(struct notify_table *t, int64_t now_ms);
/* When something will be due, as far as that depends on time; INT64_MAX: never. */
int64_t notify_next(const struct notify_table *t);
/* Record the result of the command. True: the alarms that have been told have changed. */
MUST_CHECK bool notify_result(struct notify_table *t, struct notify_entry *e, bool ok,
			      uint64_t chance, int64_t now_ms);

/* ---- the file of what was told ---- */

/* Two copies that are written in turns, each with a generation and a checksum: a write that was cut
 * off leaves the other one. An empty file is an empty table. */
void notify_load(struct notify_table *t, int fd, int64_t now_ms);
MUST_CHECK enum status notify_save(const struct notify_table *t, int fd, struct err *err);

/* ---- what is present ---- */

struct notify_sources;
struct notify_source_options {
	const struct scoreboard *board;
	const char *dir; /* of the instance */
	int64_t steady_ms;
	int64_t disk_free; /* bytes; 0: not looked at */
};
/* The table: alarms of processes that were told before a restart stay until the process has been
 * steady. */
struct notify_sources *notify_sources_open(const struct notify_source_options *o,
					   const struct notify_table *t, int64_t now_ms);
void notify_sources_close(struct notify_sources *s);
/* One look at everything, into the table. Call it once a second. */
void notify_look(struct notify_sources *s, struct notify_table *t, int64_t now_ms);

/* ---- the command ---- */

enum { NOTIFY_OUTPUT = 2048 };

struct notify_command {
	pid_t pid; /* 0: none runs */
	int pidfd, out;
	int64_t end_at_ms;
	struct buf output; /* the first NOTIFY_OUTPUT bytes */
	struct notify_entry *entry;
	bool timed_out;
};
/* What one run is about. */
struct notify_message {
	struct notify_entry *entry;
	const char *dir;
	int open; /* alarms that were reported and are not over, with this one */
};
/* `line`: notify.command, an absolute path and arguments between spaces; there is no shell. The
 * message is on its standard input as JSON, and in its environment. */
MUST_CHECK enum status notify_start(struct notify_command *c, const char *line, int64_t limit_ms,
				    const struct notify_message *m, int64_t now_ms,
				    struct err *err);
/* Read its output, kill it when its time is over. True: it has ended. *ok: with status 0, in
 * time. `why`: else, what happened. */
MUST_CHECK bool notify_ended(struct notify_command *c, int64_t now_ms, bool *ok, struct err *why);

#endif
