/* Ends a process after a bug, or when it cannot start. The lowest file of base/, so that all others
 * can use must(). */
#ifndef BASE_FATAL_H
#define BASE_FATAL_H

#include <stddef.h>

#define MUST_CHECK       __attribute__((warn_unused_result))
#define PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define NORETURN         __attribute__((noreturn))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The name that die(), must() and the log print. It must live as long as the process. log_setup
 * sets it; until then it is "holdfast". */
void program_set_name(const char *name);
const char *program_name(void);
/* Prints the last sentence of die() and must(); NULL: standard error gets "program: sentence".
 * log_setup sets it for a log in JSON. */
void program_set_last(void (*say)(const char *sentence));

/* Cannot start: "program: sentence" on standard error, exit 1. The sentence
 * names cause and remedy. */
NORETURN void die(const char *fmt, ...) PRINTF(1, 2);

/* A false condition is a bug: prints file, line and condition and aborts, in release builds too. */
#define must(cond) ((cond) ? (void)0 : must_failed(__FILE__, __LINE__, #cond))
NORETURN void must_failed(const char *file, int line, const char *condition);

#endif
