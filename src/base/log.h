/* Structured logs: one event, one line, on standard error.
 *
 *   log_warn("child died", LOG_S("class", name), LOG_I("pid", pid));
 *
 * A line is logfmt (time level program[pid] "event" key=value ...) or, after log_setup(..., true),
 * one JSON object. A line is written with a single write(2) and is cut at 4 KiB, so that lines of
 * several processes do not mix. Values are escaped: a log line cannot be forged from outside. Never
 * pass contact data or query parameters' values.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *key;
	enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_DOUBLE } kind;
	struct str s;
	int64_t i;
	double d;
};

#define LOG_S(k, z)   ((struct log_field){.key = (k), .kind = LOG_FIELD_STR, .s = str_of(z)})
#define LOG_STR(k, v) ((struct log_field){.key = (k), .kind = LOG_FIELD_STR, .s = (v)})
#define LOG_I(k, v)   ((struct log_field){.key = (k), .kind = LOG_FIELD_INT, .i = (int64_t)(v)})
#define LOG_D(k, v)   ((struct log_field){.key = (k), .kind = LOG_FIELD_DOUBLE, .d = (v)})

/* Before the first line. `program` must outlive the process. Default: LOG_INFO, text. */
void log_setup(const char *program, enum log_level least, bool json);

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);

#define LOG_FIELDS(...)                                                                            \
	(const struct log_field[]){__VA_ARGS__},                                                   \
	    sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)
#define log_debug(event, ...) log_write(LOG_DEBUG, (event), LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...)  log_write(LOG_INFO, (event), LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...)  log_write(LOG_WARN, (event), LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) log_write(LOG_ERROR, (event), LOG_FIELDS(__VA_ARGS__))

#endif
