/* Giving up what a program does not need: after sandbox_enter a bug in it can reach no more than its
 * row in the table of profiles allows. Resource limits, no_new_privs, a seccomp allow-list, and Landlock
 * where the kernel has it.
 *
 * In a release build a forbidden system call kills the process, and there are no cores, which would have
 * what the process knew. A debug build names the call on standard error first, and lets cores be written. Sanitizer builds allow what the sanitizers need besides.
 */
#ifndef PROCESS_SANDBOX_H
#define PROCESS_SANDBOX_H

#include "base/err.h"

enum sandbox_profile {
	SANDBOX_PARSE, /* descriptors it has, memory; no files, no sockets, no processes */
	SANDBOX_FETCH, /* internet sockets and what names and TLS need to read; no Unix sockets, no database */
	SANDBOX_WEB, /* sockets to the database and from clients, reading time zones; nothing to write */
};

/* *separation: bits of enum process_separation that are in force. */
MUST_CHECK enum status sandbox_enter(enum sandbox_profile profile, unsigned *separation,
				     struct err *err);

#endif
