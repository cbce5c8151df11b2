/* Starting programs. A child is exec'ed with exactly what is named here: its own environment,
 * standard streams, and the descriptors of `fds` at the numbers they name; nothing else is
 * inherited. It dies with its parent (PR_SET_PDEATHSIG, set after the change of user because setuid
 * clears it, and checked against a parent that died in between).
 *
 * Two things are for finding faults. HOLDFAST_TRACE (base/log.h) is handed on to every child. A
 * debug build lets children write cores, and begins them in /tmp, where any user can.
 */
#ifndef PROCESS_SPAWN_H
#define PROCESS_SPAWN_H

#include <sys/types.h>
#include "base/err.h"

enum { SPAWN_ENV_MAX = 16, SPAWN_FDS_MAX = 16, SPAWN_FD_FIRST = 3, SPAWN_FD_LAST = 31 };

/* A descriptor of the parent and the number at which the child finds it. */
struct spawn_fd {
	int fd;
	int at; /* SPAWN_FD_FIRST to SPAWN_FD_LAST, each once */
};

struct spawn {
	const char *path;        /* of the executable */
	const char *const *argv; /* with argv[0], ends with NULL */
	const char *const *env;  /* "NAME=value", ends with NULL */
	const char *user;        /* switch to this system user; NULL: stay. Needs root */
	const char *dir;         /* working folder; NULL: / (debug build: /tmp) */
	int in, out, err;        /* standard streams; -1: /dev/null */
	struct spawn_fd fds[SPAWN_FDS_MAX];
	int fds_count;
	int death_signal;          /* when the parent dies; 0: none */
	bool session;              /* begin a session of its own: no terminal, no group */
	uint64_t max_memory_bytes; /* RLIMIT_AS; 0: no limit */
	uint64_t max_files;        /* RLIMIT_NOFILE; 0: as it is */
};

/* Add a descriptor to `fds`. */
void spawn_give(struct spawn *s, int fd, int at);

/* Returns the process id in *pid once exec has succeeded; else the reason why it did not. The
 * parent must be single-threaded or at least not be ended by the thread that calls (PDEATHSIG is
 * per thread). */
MUST_CHECK enum status spawn_start(const struct spawn *s, pid_t *pid, struct err *err);

/* The numbers of a system user. NOT_FOUND with the remedy. */
MUST_CHECK enum status spawn_user(const char *name, uid_t *uid, gid_t *gid, struct err *err);

/* Call `act` in a child that has become this user, or here when we are that user already. Its
 * status and error come back, its memory does not. This is how root works in a folder of another
 * user: what a name means there is that user's to say, and the kernel gives the child no more than
 * the user has anyway. The user can stop the child with a signal; after SPAWN_AS_MS it is killed
 * (TIMED_OUT). */
enum { SPAWN_AS_MS = 60000 };
MUST_CHECK enum status spawn_as(uid_t uid, gid_t gid,
				enum status (*act)(void *ctx, struct err *err), void *ctx,
				struct err *err);

/* Wait for the end: 0 when it exited with 0, else INVALID/FAILED with "program: exit status 3" or
 * "program: killed by signal 9" in err. */
MUST_CHECK enum status spawn_wait(pid_t pid, const char *name, struct err *err);

#endif
