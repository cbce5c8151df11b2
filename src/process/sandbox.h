/* Drops what a program does not need: after sandbox_enter a bug in it can do no more than its row
 * in the table of profiles allows. Resource limits, no_new_privs, a seccomp allow-list, and
 * Landlock where the kernel has it.
 *
 * In a release build a forbidden system call kills the process, and no core is written, which would
 * contain the memory of the process. A debug build names the call on standard error first, and lets
 * cores be written. Sanitizer builds also allow what the sanitizers need.
 */
#ifndef PROCESS_SANDBOX_H
#define PROCESS_SANDBOX_H

#include "base/err.h"

enum sandbox_profile {
	SANDBOX_PARSE, /* descriptors it has, memory; no files, no sockets, no processes */
	/* Internet sockets, files for name resolution and TLS; no Unix sockets, no database. */
	SANDBOX_FETCH,
	/* Sockets to the database and from clients, time zones; nothing to write. */
	SANDBOX_WEB,
	/* Messages on the descriptor it has, the clock, random bytes: eight calls, no memory. */
	SANDBOX_KEEPER,
};

/* *separation: bits of enum process_separation that are in force. */
MUST_CHECK enum status sandbox_enter(enum sandbox_profile profile, unsigned *separation,
				     struct err *err);

#endif
