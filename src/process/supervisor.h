/* The supervisor: keeps the processes of an instance running. Only for holdfastd.
 *
 * A table of the program has a row for each class of processes; the supervisor has a slot for each
 * process. A process is exec'ed with exactly what its row names (process/spawn.h).
 *
 * A process that ends by itself is started again after a back-off. A reload starts the successor
 * first and then ends the predecessor, which finishes its requests while the successor takes new
 * ones from the same listening socket. New connections go to processes that run; those that wait in
 * the queue of one that died wait for its successor.
 *
 * Two rows with the same `pair` work together over a socketpair of which the supervisor keeps no
 * end: both start at once, each with its end at PROCESS_PEER_FD; when one dies the other is ended,
 * and both start again on a new socketpair; a reload replaces both. The first of the two rows is
 * the front: in an orderly stop the other one is stopped only after the front has ended, so that
 * the front can finish its work.
 */
#ifndef PROCESS_SUPERVISOR_H
#define PROCESS_SUPERVISOR_H

#include "config/instance.h"
#include "process/spawn.h"
#include "process/scoreboard.h"

/* A database connection of a process: the conninfo is in its environment. */
struct process_database {
	const char *env; /* name of the variable */
	enum role_id role;
};

/* Placeholder for the instance's folder in a row's arguments. */
#define PROCESS_ARGUMENT_DIR "{instance}"

/* A class of processes. The table is in the program, because it names the program's functions. */
struct process_class {
	const char *name;
	const char *program;          /* in the folder of holdfastd */
	const char *const *arguments; /* after the program's name, ends with NULL; NULL: none */
	int (*count)(const struct config *c); /* NULL: one process, without a number in its name */
	/* Runs as the system user that the option `user` names. */
	bool own_user;
	enum config_id user;
	/* Has a listening socket of its own, at the address that the option `address` names. */
	bool listens;
	enum config_id address;
	bool reads_settings; /* gets the settings, whose file its user cannot read */
	bool caches;         /* shares the cache */
	/* Files in the instance's folder that it gets open; NULL: none. `state` is made when it is
	 * missing. */
	const char *key, *state;
	const struct process_database *databases; /* ends with {0}; NULL: none */
	/* Starts after the embedded database, ends before it. For a pair: one of the rows is
	 * enough. */
	bool needs_database;
	const char *pair; /* common name of the two rows of a pair; NULL: no pair */
	/* A reload starts the successor only after it has ended. For a pair: set in both rows. */
	bool exclusive;
	size_t stats_bytes; /* maximum that it publishes (process/scoreboard.h); 0: nothing */
	bool reads_stats;   /* reads the scoreboard of all processes */
	/* Calls scoreboard_beat every SCOREBOARD_BEAT_MS. When it has not done so for the duration
	 * of the option `hang`, it is replaced. Needs stats_bytes. */
	bool beats;
	enum config_id hang;
	uint64_t (*max_files)(const struct config *c); /* NULL: unchanged */
	bool locks_memory;                             /* keeps secrets out of the swap */
	bool logs_otherwise; /* its lines are not ours: they pass through the supervisor */

	/* The embedded database: a program that does not know process_ready() and has its own
	 * start. */
	bool embedded_only;
	MUST_CHECK enum status (*prepare)(const struct instance *i, struct spawn *spawn,
					  struct err *err);
	bool (*poll_ready)(const struct instance *i); /* called every few milliseconds */
	int (*stop_signal)(pid_t pid);                /* NULL: SIGTERM */
	int kill_signal; /* sent when it has not ended in time; 0: SIGKILL */
};

/* Run the classes (ends with {0}) until SIGTERM or CONTROL_STOP; returns the exit code. On
 * ready_fd, which is then closed, it writes SUPERVISE_READY when all processes run; or, when a
 * process has failed SUPERVISE_ATTEMPTS times in a row, the reason, and stops everything. -1: write
 * nothing and start failed processes again without limit. */
#define SUPERVISE_READY '1'
enum { SUPERVISE_ATTEMPTS = 3 };
int supervise(struct instance *i, const struct process_class *classes, const char *program_dir,
	      int ready_fd);

#endif
