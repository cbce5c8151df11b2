/* Structured logs: one event, one line, on standard error.
 *
 *   log_warn("child died", LOG_S("class", name), LOG_I("pid", pid));
 *
 * A line is logfmt (time level program[pid] "event" key=value ...) or, after log_setup(..., true),
 * one JSON object. A line is written with a single write(2) and is cut at 4 KiB, so that lines of
 * several processes do not mix. Values are escaped: a log line cannot be forged from outside. Never
 * pass contact data or query parameters' values.
 *
 * Every change of state is a log_debug, which belongs to an area:
 *
 *   log_debug(flight, "filled", LOG_I("bytes", n));
 *
 * They are logged with log.level = debug, or, for some areas, with HOLDFAST_TRACE=area,area (or
 * "all") in the environment, which every program passes to those that it starts. A line that is
 * not logged costs one test.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

#define LOG_AREAS(X)                                                                               \
	X(slot, "processes under the supervisor")                                                  \
	X(connection, "clients' connections and their requests")                                   \
	X(flight, "fills of the cache and the requests that wait for them")                        \
	X(database, "connections to the database")                                                 \
	X(claim, "claims and flushes of the pipeline")                                             \
	X(call, "calls to the outside")

enum log_area {
#define X(name, text) LOG_AREA_##name,
	LOG_AREAS(X)
#undef X
	    LOG_AREA_COUNT
};

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

/* Call before the first line; reads HOLDFAST_TRACE. `program` must live as long as the process.
 * Without it: LOG_INFO, text. */
void log_setup(const char *program, enum log_level least, bool json);

/* In place of log_setup, for programs that read no settings: level and form are in HOLDFAST_LOG,
 * which the parent puts into their environment with log_env: "HOLDFAST_LOG=debug,json". */
enum { LOG_ENV = 40 };
void log_setup_env(const char *program);
void log_env(enum log_level least, bool json, char out[LOG_ENV]);

/* The id of the request that this process works on now, at most LOG_REQUEST bytes; empty: none. As
 * long as it is set, lines have it as `request`, and statements of db/async carry it. */
enum { LOG_REQUEST = 32 };
void log_set_request(struct str id);
struct str log_request(void);

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);
/* A line of another program's output, such as PostgreSQL's: in JSON as one object with the line as
 * `event`, else as it is. Lines that are JSON objects already stay as they are. */
void log_write_foreign(const char *program, int pid, struct str line);

bool log_traces(enum log_area area);
void log_write_debug(enum log_area area, const char *event, const struct log_field *fields,
		     size_t n);

#define LOG_FIELDS(...)                                                                            \
	(const struct log_field[]){__VA_ARGS__},                                                   \
	    sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)
#define log_debug(area, event, ...)                                                                \
	do {                                                                                       \
		if (log_traces(LOG_AREA_##area))                                                   \
			log_write_debug(LOG_AREA_##area, (event), LOG_FIELDS(__VA_ARGS__));        \
	} while (0)
#define log_info(event, ...)  log_write(LOG_INFO, (event), LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...)  log_write(LOG_WARN, (event), LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) log_write(LOG_ERROR, (event), LOG_FIELDS(__VA_ARGS__))

#endif
