/* Drops the privileges that a program does not need: after sandbox_enter it can do no more than its
 * row in the table of profiles allows. Resource limits, no_new_privs, a seccomp allow-list, and
 * Landlock where the kernel has it.
 *
 * In a release build a forbidden system call kills the process, and no core is written, because it
 * would contain the process's memory. A debug build prints the call first and allows cores.
 * Sanitizer builds also allow the calls of the sanitizers.
 */
#ifndef PROCESS_SANDBOX_H
#define PROCESS_SANDBOX_H

#include "base/err.h"

enum sandbox_profile {
	/* One execve of vipsthumbnail, its libraries and threads; reading and writing by inherited
	 * descriptors only. The program that it becomes stays inside. */
	SANDBOX_PICTURE,
	SANDBOX_PARSE, /* inherited descriptors and memory; no files, sockets or processes */
	/* Internet sockets, files for name resolution and TLS; no Unix sockets, no database. */
	SANDBOX_FETCH,
	/* Sockets of the database and of clients, time zones; no writable files. */
	SANDBOX_WEB,
	/* The same without time zones: what libpq needs. */
	SANDBOX_DATABASE,
	/* The same, with a ledger that is open already: appended to, locked, synced. */
	SANDBOX_HEAL,
	/* Messages on the descriptor it has, the clock, random bytes: eight calls, no memory. */
	SANDBOX_KEEPER,
};

/* *separation: bits of enum process_separation that are in force. */
MUST_CHECK enum status sandbox_enter(enum sandbox_profile profile, unsigned *separation,
				     struct err *err);

#endif
