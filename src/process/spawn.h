/* Starting programs. A child is exec'ed with the environment, the standard streams and the
 * descriptors that struct spawn names; nothing else is inherited. It dies with its parent
 * (PR_SET_PDEATHSIG, set after the change of user because setuid clears it, and checked against a
 * parent that died in between).
 *
 * For debugging, HOLDFAST_TRACE (base/log.h) is passed to every child; and a debug build lets
 * children write cores and starts them in /tmp, where any user can write.
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
	bool session;              /* start a new session, without a terminal */
	uint64_t max_memory_bytes; /* RLIMIT_AS; 0: no limit */
	uint64_t max_files;        /* RLIMIT_NOFILE, or as many as allowed; 0: unchanged */
	bool locks_memory;         /* without a limit, when we are root */
};

/* Add a descriptor to `fds`. */
void spawn_give(struct spawn *s, int fd, int at);

/* Returns after exec has succeeded, with the process id in *pid, or has failed. The calling thread
 * must live as long as the parent (PDEATHSIG is per thread). */
MUST_CHECK enum status spawn_start(const struct spawn *s, pid_t *pid, struct err *err);

/* The same with pipes to its standard input (*to) and from its standard output (*from), which the
 * caller closes; both are set on success only. `in` and `out` of s are overwritten. */
MUST_CHECK enum status spawn_piped(struct spawn *s, pid_t *pid, int *to, int *from,
				   struct err *err);

/* Look up a system user. NOT_FOUND with the remedy. */
MUST_CHECK enum status spawn_user(const char *name, uid_t *uid, gid_t *gid, struct err *err);

/* Call `act` in a child that has become this user, or in this process when it is that user already.
 * Status and error are returned; changes of memory are lost. Root works in a folder of another user
 * in this way: that user can exchange names there, but the child has no more privileges than the
 * user. The user can stop the child with a signal; after SPAWN_AS_MS it is killed (TIMED_OUT). */
enum { SPAWN_AS_MS = 60000 };
MUST_CHECK enum status spawn_as(uid_t uid, gid_t gid,
				enum status (*act)(void *ctx, struct err *err), void *ctx,
				struct err *err);

/* Wait until the process ends. OK: it exited with 0. FAILED: "NAME ended with status 3" or "NAME
 * was killed by signal 9". */
MUST_CHECK enum status spawn_wait(pid_t pid, const char *name, struct err *err);

/* Start a program and wait until it ends. Standard error, and standard output when `out` is -1, are
 * kept in memory: when it fails, its error is added to ours. */
MUST_CHECK enum status spawn_run(struct spawn *s, const char *name, struct err *err);
/* Add the line of a program's output that tells its error, or else the last one, to an error. */
void spawn_quote_output(int fd, struct err *err);

#endif
