#include "base/err.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* End a truncated text with "...", between two characters. */
static void err_end(struct err *err, size_t wanted)
{
	static const char dots[] = "...";
	if (wanted < sizeof(err->text))
		return;
	struct str text = utf8_cut(str_of(err->text), sizeof(err->text) - sizeof(dots));
	memcpy(err->text + text.n, dots, sizeof(dots));
}

PRINTF(2, 0) static void err_write(struct err *err, const char *fmt, va_list args)
{
	int n = vsnprintf(err->text, sizeof(err->text), fmt, args);
	must(n >= 0);
	err_end(err, (size_t)n);
}

/* Append ": " and a text. */
static void err_append(struct err *err, const char *text)
{
	size_t n = strlen(err->text);
	int more = snprintf(err->text + n, sizeof(err->text) - n, ": %s", text);
	must(more >= 0);
	err_end(err, n + (size_t)more);
}

enum status(err_set)(struct err *err, enum status status, const char *fmt, ...)
{
	must(status != OK);
	if (err) {
		va_list args;
		va_start(args, fmt);
		err_write(err, fmt, args);
		va_end(args);
	}
	return status;
}

/* What the operator can do about it; NULL: the cause itself says it. */
static const char *err_remedy(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return ERR_MAKE_ROOM;
	case EACCES:
		return "run as a user who may, or give this one access";
	case EADDRINUSE:
		return "choose another address, or stop the program that has it";
	default:
		return NULL;
	}
}

enum status(err_errno)(struct err *err, enum status status, const char *fmt, ...)
{
	int saved = errno;
	must(status != OK);
	if (err) {
		va_list args;
		va_start(args, fmt);
		err_write(err, fmt, args);
		va_end(args);
		err_append(err, strerror(saved));
		if (err_remedy(saved))
			err_append(err, err_remedy(saved));
	}
	return status;
}

enum status(err_prefix)(struct err *err, enum status status, const char *fmt, ...)
{
	must(status != OK);
	if (err) {
		struct err inner = *err;
		va_list args;
		va_start(args, fmt);
		err_write(err, fmt, args);
		va_end(args);
		err_append(err, inner.text);
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
	must((size_t)status < COUNT_OF(names));
	return names[status];
}
