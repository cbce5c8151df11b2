#include "directory/parse/parse.h"
#include "base/io.h"
#include "directory/parse/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_BYTES = 64 * 1024, FRAMES_MAX_BYTES = 8 << 20 };

/* Enough of the file's start to tell what it is. */
static enum status read_head(struct parser *p, char *head, size_t *n)
{
	*n = 0;
	while (*n < HEAD_BYTES) {
		ssize_t k = read(p->in, head + *n, HEAD_BYTES - *n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_errno(p->err, FAILED, "reading the file");
		if (k == 0)
			break;
		*n += (size_t)k;
	}
	p->consumed = *n;
	return OK;
}

static bool looks_like_json(const struct parser *p, struct str head)
{
	if (p->options->format)
		return strcmp(p->options->format, "json") == 0;
	if (str_starts(head, STR("\xEF\xBB\xBF")))
		head = (struct str){head.p + 3, head.n - 3};
	while (head.n && strchr(" \t\r\n\x1e", head.p[0]) && head.p[0])
		head = (struct str){head.p + 1, head.n - 1};
	return head.n && (head.p[0] == '{' || head.p[0] == '[');
}

enum status parse_run(int in, int out, const struct parse_options *options, struct err *err)
{
	static char head[HEAD_BYTES];
	struct parser p = {.options = options, .in = in, .out = out, .err = err};
	size_t n;
	enum status status = OK;

	if (options->map)
		status = parse_map_read(str_of(options->map), &p.map, err);
	if (status != OK)
		return err_prefix(err, status, "mapping");
	buf_init(&p.frames, FRAMES_MAX_BYTES);
	status = read_head(&p, head, &n);
	struct str start = {head, n};
	bool ok = status == OK;
	if (ok && n == 0)
		parser_fail(&p, "the file is empty");
	else if (ok && n >= 2 &&
		 (memcmp(head, "\xFF\xFE", 2) == 0 || memcmp(head, "\xFE\xFF", 2) == 0))
		parser_fail(&p, "the file is UTF-16; save it as UTF-8");
	else if (ok && memchr(head, '\0', n))
		parser_fail(&p, "the file is not text; unpack or convert it first");
	else if (ok)
		ok = looks_like_json(&p, start) ? parse_json(&p, start) : parse_csv(&p, start);
	if (ok) {
		p.summary.format = str_of(p.format ? p.format : "unknown");
		record_write_end(&p.frames, &p.summary);
		ok = io_write_all(out, p.frames.p, p.frames.n, err) == OK;
	}
	buf_release(&p.frames);
	parse_map_free(p.map);
	return ok ? OK : status != OK ? status : FAILED;
}
