/* Errors come in three kinds.
 *
 *   A bug: must(cond) of fatal.h. Always on; prints file, line and condition, aborts.
 *   Cannot start: die() of fatal.h. One sentence that names cause and remedy, exit 1.
 *   Expected: a function returns enum status and, when it is not OK, has written one sentence into
 *   the struct err it was given, where it happened. The caller that handles the error logs or
 *   prints it, once.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fatal.h"

/* The class of an error, for callers that act on it. The sentence in struct err has the details. */
enum status {
	OK = 0,
	FAILED,      /* any other error */
	INVALID,     /* invalid input, which its author can correct */
	NOT_FOUND,   /* does not exist */
	CONFLICT,    /* exists already, or is locked by another process */
	TOO_LARGE,   /* over a stated limit */
	TIMED_OUT,   /* a deadline passed */
	UNAVAILABLE, /* the peer is down or full; trying again later may help */
	DENIED,      /* not allowed */
};

/* Exit codes of every program. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_FINDINGS = 2, EXIT_USAGE = 64 };

struct err {
	/* one sentence without a full stop, NUL-terminated; cut at a character with "..." */
	char text[512];
};

/* Write the sentence and return `status`, so that a failure is one line: return err_set(...).
 * `err` may be NULL. */
enum status err_set(struct err *err, enum status status, const char *fmt, ...) PRINTF(3, 4);

/* The remedy for a full disk or an exhausted quota. */
#define ERR_MAKE_ROOM "make room on that disk and try again"

/* As err_set, followed by ": " and strerror(errno); for a full disk also by the remedy. */
enum status err_errno(struct err *err, enum status status, const char *fmt, ...) PRINTF(3, 4);

/* Put context in front of the sentence: "reading a.csv: ...". Returns `status`. */
enum status err_prefix(struct err *err, enum status status, const char *fmt, ...) PRINTF(3, 4);

const char *status_name(enum status status);

#ifdef __clang_analyzer__ /* it does not look into other files: these return what they are given */
#define err_set(err, status, ...)                                                                  \
	(err_set(err, status, __VA_ARGS__), (status) != OK ? (status) : FAILED)
#define err_errno(err, status, ...)                                                                \
	(err_errno(err, status, __VA_ARGS__), (status) != OK ? (status) : FAILED)
#define err_prefix(err, status, ...)                                                               \
	(err_prefix(err, status, __VA_ARGS__), (status) != OK ? (status) : FAILED)
#endif

#endif
