/* What a process of an instance and the command line need to know of the supervisor.
 *
 * A child finds what its row in the table of processes (process/supervisor.h) gives it at fixed
 * numbers:
 *   PROCESS_READY_FD       a pipe; it calls process_ready() once, when it can do its work
 *   PROCESS_LISTENER_FD    its own listening socket, held by the supervisor over restarts
 *   PROCESS_PEER_FD        its end of the SOCK_SEQPACKET socketpair with its peer
 *   PROCESS_CACHE_FD       the memory of the cache (cache/store/store.h), the same for all
 *   PROCESS_EVENT_FD       an eventfd that all of them share: written when waiters of the cache
 *                          must look again
 *   PROCESS_KEY_FD         its file of keys, open for reading and writing
 *   PROCESS_SCOREBOARD_FD  the scoreboard (process/scoreboard.h), to map its own region for
 *                          writing; it closes the descriptor then
 *   PROCESS_SCOREBOARD_READ_FD  the same, for reading all of it
 *   PROCESS_SETTINGS_FD  the settings as the parent has read them, for instance_open
 * and in the environment:
 *   HOLDFAST_INSTANCE      the instance folder
 *   HOLDFAST_DATABASE      libpq's conninfo of its role, when it has one; further connections
 *                          under the names that its row gives them
 *   HOLDFAST_CACHE_SLOT    its number in the cache, while it lives
 *   HOLDFAST_SCOREBOARD_REGION  the number of its region in the scoreboard
 * It ends on SIGTERM after finishing what it does, and is killed when the supervisor dies.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <sys/types.h>
#include "config/instance.h"

enum {
	PROCESS_READY_FD = 3,
	PROCESS_LISTENER_FD,
	PROCESS_PEER_FD,
	PROCESS_CACHE_FD,
	PROCESS_EVENT_FD,
	PROCESS_KEY_FD,
	PROCESS_SCOREBOARD_FD,
	PROCESS_SCOREBOARD_READ_FD,
	PROCESS_SETTINGS_FD,
};
/* Where instance_open of a child finds the settings that its parent has read. */
#define PROCESS_SETTINGS_ENV INSTANCE_SETTINGS_ENV "=11"
_Static_assert(PROCESS_SETTINGS_FD == 11, "PROCESS_SETTINGS_ENV says so");

/* What keeps a process apart from the others, as bits. */
enum process_separation {
	SEPARATION_USER = 1,     /* runs as a system user of its own */
	SEPARATION_SECCOMP = 2,  /* system calls are filtered */
	SEPARATION_LANDLOCK = 4, /* files cannot be opened */
};
/* "user, seccomp" or "none" */
void process_separation_text(unsigned separation, struct buf *out);

/* In a child: a number that the supervisor put into the environment. INVALID: there is none. */
MUST_CHECK enum status process_number(const char *env, int *out, struct err *err);

/* In a child: report that it is ready, and what sandbox_enter returned. Without a supervisor:
 * nothing. */
void process_ready(unsigned separation);
/* The same for a child that can close nothing any more: its end of the pipe stays open. False: no
 * supervisor. */
bool process_say_ready(unsigned separation);

enum process_state {
	PROCESS_DOWN,
	PROCESS_STARTING, /* not ready yet */
	PROCESS_RUNNING,
	PROCESS_BACKOFF, /* died; is started again after the back-off */
	PROCESS_STOPPING,
};
const char *process_state_name(enum process_state state);

/* ---- the control socket: SOCK_SEQPACKET, one fixed-size message each way at a time ---- */

enum control_command { CONTROL_STATUS = 1, CONTROL_STOP, CONTROL_RELOAD, CONTROL_CACHE };

struct control_request {
	uint32_t version; /* CONTROL_VERSION */
	uint32_t command;
};
enum { CONTROL_VERSION = 2 };

/* STATUS answers one of these for each process, the supervisor first; CACHE one for each number,
 * with name and value. The last has `more` 0. STOP and RELOAD answer one with only `error` (empty:
 * accepted). */
struct control_reply {
	uint32_t version;
	uint32_t more;
	char name[32];
	int32_t pid;
	uint32_t state; /* enum process_state */
	uint32_t restarts;
	uint32_t separation;
	int32_t ended; /* wait status of the last one that died; 0: none did */
	int64_t uptime_ms;
	uint64_t value;
	char error[200];
};

/* Send a request, get the replies: calls each(ctx, reply) for each. NOT_FOUND: no supervisor
 * runs. */
MUST_CHECK enum status control_ask(const struct instance *i, enum control_command command,
				   void (*each)(void *ctx, const struct control_reply *reply),
				   void *ctx, struct err *err);

#endif
