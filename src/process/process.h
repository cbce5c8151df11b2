/* The interface of the supervisor for the processes of an instance and for the command line.
 *
 * A child has the descriptors that its row in the table of processes (process/supervisor.h) names,
 * at fixed numbers:
 *   PROCESS_READY_FD       a pipe, for process_ready(), which it calls once, when it can work
 *   PROCESS_LISTENER_FD    its own listening socket, held by the supervisor over restarts
 *   PROCESS_PEER_FD        its end of the SOCK_SEQPACKET socketpair with its peer
 *   PROCESS_CACHE_FD       the shared memory of the cache (cache/store/store.h)
 *   PROCESS_EVENT_FD       an eventfd that all share: written when requests that wait for the cache
 *                          must look again
 *   PROCESS_KEY_FD         its file of keys, open for reading and writing
 *   PROCESS_SCOREBOARD_FD  the scoreboard (process/scoreboard.h), to map its own region for
 *                          writing; it closes the descriptor then
 *   PROCESS_SCOREBOARD_READ_FD  the same, for reading all of it
 *   PROCESS_STATE_FD     its file of state, open for reading and writing
 *   PROCESS_SETTINGS_FD  the settings that the parent has read, for instance_open
 * and in the environment:
 *   HOLDFAST_INSTANCE      the instance folder
 *   HOLDFAST_DATABASE      libpq's conninfo of its role; further ones under the names in
 *                          its row
 *   HOLDFAST_CACHE_SLOT    its number in the cache
 *   HOLDFAST_SCOREBOARD_REGION  the number of its region in the scoreboard
 * On SIGTERM it finishes its work and ends. It is killed when the supervisor dies.
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
	PROCESS_STATE_FD,
};
/* Tells instance_open of a child the descriptor of the settings. */
#define PROCESS_SETTINGS_ENV INSTANCE_SETTINGS_ENV "=11"
_Static_assert(PROCESS_SETTINGS_FD == 11, "PROCESS_SETTINGS_ENV says so");

/* How a process is separated from others, as bits. */
enum process_separation {
	SEPARATION_USER = 1,     /* has its own system user */
	SEPARATION_SECCOMP = 2,  /* system calls are filtered */
	SEPARATION_LANDLOCK = 4, /* files cannot be opened */
};
/* "user, seccomp" or "none" */
void process_separation_text(unsigned separation, struct buf *out);

/* In a child: read a number that the supervisor has put into the environment. INVALID: it is
 * missing. */
MUST_CHECK enum status process_number(const char *env, int *out, struct err *err);

/* In a child: report that it is ready, with the result of sandbox_enter. Does nothing without a
 * supervisor. */
void process_ready(unsigned separation);
/* Descriptors of a process that serves HTTP: http.connections, db.connections and some more. */
uint64_t process_files(const struct config *c);
/* In such a child: http.connections, or fewer when the limit of open files is lower than
 * process_files, which is logged. At least one. */
int process_connections(const struct config *c);
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
enum { CONTROL_VERSION = 3 };

/* STATUS is answered with one reply for each process, the supervisor first; its `value` is 1 while
 * a reload has still to replace the process or the replaced one still runs. CACHE is answered with
 * one for each counter, with name and value. The last has `more` 0. STOP and RELOAD are answered
 * with `error` only (empty: accepted). */
struct control_reply {
	uint32_t version;
	uint32_t more;
	char name[32];
	int32_t pid;
	uint32_t state; /* enum process_state */
	uint32_t restarts;
	uint32_t separation;
	int32_t ended; /* wait status of the last process that died; 0: none */
	int64_t uptime_ms;
	uint64_t value;
	char error[sizeof((struct err){0}.text)];
};

/* Send a request and call `each` for each reply. NOT_FOUND: no supervisor is running. */
MUST_CHECK enum status control_ask(const struct instance *i, enum control_command command,
				   void (*each)(void *ctx, const struct control_reply *reply),
				   void *ctx, struct err *err);

#endif
