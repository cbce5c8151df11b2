/* What ends a process: a bug, and a condition under which it cannot start. Below every other file
 * of base/, so that each of them can say must(). */
#ifndef BASE_FATAL_H
#define BASE_FATAL_H

#include <stddef.h>

#define MUST_CHECK       __attribute__((warn_unused_result))
#define PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define NORETURN         __attribute__((noreturn))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The name in front of what die() and must() print and in every line of the log. It must outlive
 * the process; log_setup sets it. "holdfast" until then. */
void program_set_name(const char *name);
const char *program_name(void);

/* Cannot start: "program: sentence" on standard error, exit 1. The sentence
 * names cause and remedy. */
NORETURN void die(const char *fmt, ...) PRINTF(1, 2);

/* A bug if false. Always on, in release builds too: prints file, line and condition, aborts. */
#define must(cond) ((cond) ? (void)0 : must_failed(__FILE__, __LINE__, #cond))
NORETURN void must_failed(const char *file, int line, const char *condition);

#endif
