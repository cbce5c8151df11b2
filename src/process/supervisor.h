/* The supervisor: keeps the processes of an instance running. Only for holdfastd.
 *
 * What there is to run is a table of the program: one row a class of processes, one slot in the
 * supervisor for each process. A row says what the process gets; the supervisor builds its start
 * from the row alone. Each is exec'ed with that and nothing else (process/spawn.h).
 *
 * A process that ends unasked is started again after a back-off. A reload starts the successor
 * first and then ends the predecessor, which finishes its requests while the successor takes new
 * ones from the same listening socket.
 *
 * Two rows with the same `pair` work together over a socketpair of which the supervisor keeps no
 * end: both start at once, each with its end at PROCESS_PEER_FD; when one dies the other is ended,
 * and both start again on a new socketpair; a reload replaces both. The first of the two rows is
 * the front: in an orderly end the other one is told to end only when the front has, so that the
 * front can finish.
 */
#ifndef PROCESS_SUPERVISOR_H
#define PROCESS_SUPERVISOR_H

#include "config/instance.h"
#include "process/spawn.h"
#include "process/scoreboard.h"

/* A connection to the database that a process gets, as a conninfo in its environment. */
struct process_database {
	const char *env; /* name of the variable */
	enum role_id role;
};

/* Stands for the instance's folder among the arguments of a row. */
#define PROCESS_ARGUMENT_DIR "{instance}"

/* A kind of process. The table belongs to the program, because it names functions. */
struct process_class {
	const char *name;
	const char *program;          /* stands beside holdfastd */
	const char *const *arguments; /* after the program's name, ends with NULL; NULL: none */
	int (*count)(const struct config *c); /* NULL: one, without a number in its name */
	/* Runs as the system user that the option `user` names. */
	bool own_user;
	enum config_id user;
	/* Has a listening socket of its own, at the address that the option `address` names. */
	bool listens;
	enum config_id address;
	bool reads_settings; /* gets the settings: its user cannot read the file */
	bool caches;         /* shares the cache */
	const char *key;     /* file below the instance's folder that it gets open; NULL: none */
	const struct process_database *databases; /* ends with {0}; NULL: none */
	/* Starts after the embedded database, ends before it. For a pair: one of the rows is
	 * enough. */
	bool needs_database;
	const char *pair; /* what the two rows of a pair have in common; NULL: works alone */
	/* Its successor starts only when it has ended. For a pair: both rows. */
	bool exclusive;
	size_t stats_bytes; /* the most that it publishes (process/scoreboard.h); 0: nothing */
	bool reads_stats;   /* what all publish */
	/* It beats in its region (scoreboard_beat) every SCOREBOARD_BEAT_MS; when that stops for as
	 * long as the duration that the option `hang` names, it is replaced. Only with
	 * stats_bytes. */
	bool beats;
	enum config_id hang;
	uint64_t (*max_files)(const struct config *c); /* NULL: as it is */

	/* The embedded database: a program that does not know process_ready() and has its own
	 * start. */
	bool embedded_only;
	MUST_CHECK enum status (*prepare)(const struct instance *i, struct spawn *spawn,
					  struct err *err);
	bool (*poll_ready)(const struct instance *i); /* looked at every few milliseconds */
	int (*stop_signal)(pid_t pid);                /* NULL: SIGTERM */
	int kill_signal;                              /* when that was not enough; 0: SIGKILL */
};

/* Run the classes (ends with {0}) until SIGTERM or CONTROL_STOP; returns the exit code. Who waits
 * for the start gets an answer by ready_fd, which is closed then: SUPERVISE_READY when everything
 * runs; or why it cannot, because a process failed SUPERVISE_ATTEMPTS times in a row, and then
 * everything is stopped. -1: nobody waits, and what fails is tried again for ever. */
#define SUPERVISE_READY '1'
enum { SUPERVISE_ATTEMPTS = 3 };
int supervise(struct instance *i, const struct process_class *classes, const char *program_dir,
	      int ready_fd);

#endif
