#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static enum log_level least = LOG_INFO;
static bool as_json;
static unsigned traced; /* bit n: area n */
static char request[LOG_REQUEST + 1];
static size_t request_n;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static const char *const area_names[LOG_AREA_COUNT] = {
#define X(name, text) [LOG_AREA_##name] = #name,
    LOG_AREAS(X)
#undef X
};

static unsigned log_area_bits(struct str name)
{
	if (str_eq(name, STR("all")))
		return ~0u;
	for (int area = 0; area < LOG_AREA_COUNT; area++)
		if (str_eq(name, str_of(area_names[area])))
			return 1u << area;
	return 0;
}

/* Read "slot,flight". Returns the first name that is not an area; p == NULL: all are. */
static struct str log_read_areas(const char *text)
{
	struct str rest = str_of(text), wrong = {NULL, 0};
	while (rest.p) {
		struct str name = str_trim(str_cut(&rest, ','));
		unsigned bits = log_area_bits(name);
		traced |= bits;
		if (!bits && name.n && !wrong.p)
			wrong = name;
	}
	return wrong;
}

static void log_last(const char *sentence)
{
	log_write(LOG_ERROR, sentence, NULL, 0);
}

void log_setup(const char *name, enum log_level level, bool json)
{
	const char *areas = getenv("HOLDFAST_TRACE");
	program_set_name(name);
	least = level;
	as_json = json;
	program_set_last(json ? log_last : NULL);
	traced = level == LOG_DEBUG ? ~0u : 0;
	struct str wrong = areas ? log_read_areas(areas) : (struct str){NULL, 0};
	if (wrong.p)
		log_warn("HOLDFAST_TRACE names no area of the log; 'all' is one for all",
			 LOG_STR("name", wrong));
}

void log_env(enum log_level level, bool json, char out[LOG_ENV])
{
	snprintf(out, LOG_ENV, "HOLDFAST_LOG=%s,%s", level_names[level], json ? "json" : "text");
}

void log_setup_env(const char *name)
{
	struct str rest = str_of(getenv("HOLDFAST_LOG")), wanted = str_cut(&rest, ',');
	enum log_level level = LOG_INFO;
	for (size_t n = 0; n < COUNT_OF(level_names); n++)
		if (str_eq(wanted, str_of(level_names[n])))
			level = (enum log_level)n;
	log_setup(name, level, str_eq(rest, STR("json")));
}

bool log_traces(enum log_area area)
{
	return traced >> area & 1;
}

void log_set_request(struct str id)
{
	request_n = id.n < LOG_REQUEST ? id.n : LOG_REQUEST;
	memcpy(request, id.n ? id.p : "", request_n);
}

struct str log_request(void)
{
	return (struct str){request, request_n};
}

/* A line under construction. Text that does not fit is dropped; the end of the line is always
 * kept. */
struct log_line {
	char p[LINE_MAX_BYTES];
	size_t n;
};

static void line_add(struct log_line *line, const char *p, size_t n)
{
	size_t room = sizeof(line->p) - 4 - line->n;
	if (n > room)
		n = room;
	memcpy(line->p + line->n, p, n);
	line->n += n;
}

/* Append in double quotes, escaped as JSON; bytes that are not UTF-8 become '?'. */
static void line_add_quoted(struct log_line *line, struct str s)
{
	bool utf8 = utf8_is_valid(s);
	line_add(line, "\"", 1);
	for (size_t i = 0, n; i < s.n && line->n < sizeof(line->p) - 16; i += n) {
		unsigned char c = (unsigned char)s.p[i];
		char escaped[8];
		n = 1;
		if (c == '"' || c == '\\') {
			escaped[0] = '\\';
			escaped[1] = (char)c;
			line_add(line, escaped, 2);
		} else if (c < 0x20 || c == 0x7f) {
			line_add(line, escaped,
				 (size_t)snprintf(escaped, sizeof(escaped), "\\u%04x", c));
		} else if (c >= 0x80 && !utf8) {
			line_add(line, "?", 1);
		} else {
			/* Add whole characters only, so that a truncated line stays valid UTF-8. */
			n = utf8_first((struct str){s.p + i, s.n - i});
			line_add(line, s.p + i, n);
		}
	}
	line_add(line, "\"", 1);
}

static void line_add_value(struct log_line *line, const struct log_field *field)
{
	char number[40];
	switch (field->kind) {
	case LOG_FIELD_STR:
		line_add_quoted(line, field->s);
		break;
	case LOG_FIELD_INT:
		line_add(line, number,
			 (size_t)snprintf(number, sizeof(number), "%lld", (long long)field->i));
		break;
	case LOG_FIELD_DOUBLE:
		line_add(line, number, (size_t)snprintf(number, sizeof(number), "%.6g", field->d));
		break;
	}
}

static void line_begin(struct log_line *line, enum log_level level, const char *program, int pid)
{
	char now[CLOCK_TEXT];
	char head[160];
	clock_format(clock_wall_us(), now);
	int n =
	    as_json
		? snprintf(
		      head, sizeof(head),
		      "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%.40s\",\"pid\":%d,\"event\":",
		      now, level_names[level], program, pid)
		: snprintf(head, sizeof(head), "%s %s %.40s[%d] ", now, level_names[level], program,
			   pid);
	line->n = 0;
	line_add(line, head, (size_t)n);
}

/* Write a line. Errors are ignored: a log that cannot be written must not stop the program. When
 * the disk was full, the file may end within a line, of this process or of another one: the next
 * line then begins with a line break, so that it can be read. */
static void line_write(const char *p, size_t n)
{
	static bool torn;
	struct iovec parts[] = {{(char *)"\n", torn ? 1 : 0}, {(char *)p, n}, {(char *)"\n", 1}};
	ssize_t written = writev(STDERR_FILENO, parts, COUNT_OF(parts));
	if (written > 0 || (written < 0 && errno == ENOSPC))
		torn = written != (ssize_t)(parts[0].iov_len + n + 1);
}

static void line_end(struct log_line *line)
{
	if (as_json)
		line->p[line->n++] = '}';
	line_write(line->p, line->n);
}

static void line_add_field(struct log_line *line, const struct log_field *field)
{
	line_add(line, as_json ? ",\"" : " ", as_json ? 2 : 1);
	line_add(line, field->key, strlen(field->key));
	line_add(line, as_json ? "\":" : "=", as_json ? 2 : 1);
	line_add_value(line, field);
}

static void log_write_line(enum log_level level, const char *event, const struct log_field *fields,
			   size_t n)
{
	int saved = errno;
	struct log_line line;
	line_begin(&line, level, program_name(), (int)getpid());
	line_add_quoted(&line, str_of(event));
	for (size_t i = 0; i < n; i++)
		line_add_field(&line, &fields[i]);
	if (request_n)
		line_add_field(&line, &LOG_STR("request", log_request()));
	line_end(&line);
	errno = saved;
}

/* PostgreSQL's word for how bad it is. Other lines, and its details, are information. */
static enum log_level log_foreign_level(struct str text)
{
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {
	    {" WARNING:  ", LOG_WARN}, {" ERROR:  ", LOG_ERROR}, {" FATAL:  ", LOG_ERROR},
	    {" PANIC:  ", LOG_ERROR},  {" LOG:  ", LOG_INFO},
	};
	const char *first = NULL;
	enum log_level level = LOG_INFO;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		const char *at = memmem(text.p, text.n, words[i].word, strlen(words[i].word));
		if (at && (!first || at < first)) {
			first = at;
			level = words[i].level;
		}
	}
	return level;
}

void log_write_foreign(const char *program, int pid, struct str text)
{
	struct log_line line;
	bool object = text.n && text.p[0] == '{' && text.p[text.n - 1] == '}';
	if (!as_json || object) {
		line_write(text.p, text.n);
		return;
	}
	line_begin(&line, log_foreign_level(text), program, pid);
	line_add_quoted(&line, text);
	line_end(&line);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	if (level >= least)
		log_write_line(level, event, fields, n);
}

void log_write_debug(enum log_area area, const char *event, const struct log_field *fields,
		     size_t n)
{
	enum { FIELDS_MAX = 16 };
	struct log_field all[FIELDS_MAX] = {LOG_S("area", area_names[area])};
	must(n < FIELDS_MAX);
	memcpy(all + 1, fields, n * sizeof(*fields));
	log_write_line(LOG_DEBUG, event, all, n + 1);
}
