#include "base/err.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

PRINTF(2, 0) static void put(struct err *err, const char *fmt, va_list args)
{
	int n = vsnprintf(err->text, sizeof(err->text), fmt, args);
	if (n >= (int)sizeof(err->text))
		memcpy(err->text + sizeof(err->text) - 4, "...", 4);
}

enum status err_set(struct err *err, enum status status, const char *fmt, ...)
{
	must(status != OK);
	if (err) {
		va_list args;
		va_start(args, fmt);
		put(err, fmt, args);
		va_end(args);
	}
	return status;
}

enum status err_errno(struct err *err, enum status status, const char *fmt, ...)
{
	int saved = errno;
	must(status != OK);
	if (err) {
		va_list args;
		va_start(args, fmt);
		put(err, fmt, args);
		va_end(args);
		size_t n = strlen(err->text);
		snprintf(err->text + n, sizeof(err->text) - n, ": %s", strerror(saved));
	}
	return status;
}

enum status err_prefix(struct err *err, enum status status, const char *fmt, ...)
{
	must(status != OK);
	if (err) {
		struct err inner = *err;
		va_list args;
		va_start(args, fmt);
		put(err, fmt, args);
		va_end(args);
		size_t n = strlen(err->text);
		snprintf(err->text + n, sizeof(err->text) - n, ": %s", inner.text);
	}
	return status;
}

const char *status_name(enum status status)
{
	static const char *const names[] = {
	    [OK] = "ok",
	    [FAILED] = "failed",
	    [INVALID] = "invalid",
	    [NOT_FOUND] = "not found",
	    [CONFLICT] = "conflict",
	    [TOO_LARGE] = "too large",
	    [TIMED_OUT] = "timed out",
	    [UNAVAILABLE] = "unavailable",
	    [DENIED] = "denied",
	};
	must((size_t)status < sizeof(names) / sizeof(names[0]));
	return names[status];
}

void die(const char *fmt, ...)
{
	struct err err;
	va_list args;
	va_start(args, fmt);
	put(&err, fmt, args);
	va_end(args);
	fprintf(stderr, "%s: %s\n", log_program(), err.text);
	exit(EXIT_FAILED);
}

void must_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s: bug at %s:%d: %s\n", log_program(), file, line, condition);
	abort();
}
