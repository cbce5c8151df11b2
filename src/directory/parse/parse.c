#include "directory/parse/parse.h"
#include "base/ascii.h"
#include "base/io.h"
#include "directory/encoding/encoding.h"
#include "directory/parse/internal.h"
#include "directory/parse/source.h"

#include <string.h>

enum { FRAMES_MAX_BYTES = 24 << 20, NAMES_BYTES = 1 << 20 };

static bool looks_like_json(const struct parser *p, struct str head)
{
	if (p->options->format)
		return strcmp(p->options->format, "json") == 0;
	if (str_starts(head, STR("\xEF\xBB\xBF")))
		head = (struct str){head.p + 3, head.n - 3};
	while (head.n && (ascii_is_space(head.p[0]) || head.p[0] == 0x1e))
		head = (struct str){head.p + 1, head.n - 1};
	return head.n && (head.p[0] == '{' || head.p[0] == '[');
}

/* The reader that fits a text. False when the pipe is gone. */
static bool parse_text(struct parser *p)
{
	struct str head = source_head(p->source);
	const char *failure = source_failure(p->source);
	if (failure && !head.n)
		parser_fail(p, "%s", failure);
	else if (!head.n)
		parser_fail(p, "the file is empty");
	else if (memchr(head.p, '\0', head.n))
		parser_fail(p, "the file is not text; unpack or convert it first");
	else if (looks_like_json(p, head) && encoding_form(head) == ENCODING_OTHER)
		guess_refuse(p, head, 1, "JSON");
	else if (looks_like_json(p, head))
		return parse_json(p);
	else if (!p->options->format && xml_is_osm(head))
		return parse_xml(p);
	else
		return parse_csv(p);
	return true;
}

static bool parse_file(struct parser *p)
{
	const char *failure;
	bool unpacked;
	struct str archive = source_archive(p->source, &failure);
	if (failure)
		parser_fail(p, "%s", failure);
	if (failure || !archive.n)
		return failure || parse_text(p);
	bool ok = parse_archive(p, archive, &unpacked);
	return ok && unpacked ? parse_text(p) : ok;
}

enum status parse_run(int in, int out, const struct parse_options *options, struct err *err)
{
	static struct parser parser; /* large, and there is one */
	struct parser *p = &parser;
	memset(p, 0, sizeof(*p));
	p->options = options;
	p->out = out;
	p->err = err;
	p->context.lenient = true;
	if (options->map) {
		enum status status = parse_map_read(str_of(options->map), &p->map, err);
		if (status != OK)
			return err_prefix(err, status, "mapping");
	}
	buf_init(&p->frames, FRAMES_MAX_BYTES);
	arena_init(&p->arena, NAMES_BYTES);
	p->source = source_open(in, &options->converters);
	bool ok = parse_file(p);
	if (source_failure(p->source))
		parser_fail(p, "%s", source_failure(p->source));
	if (ok) {
		parser_end(p);
		ok = io_write_all(out, p->frames.p, p->frames.n, err) == OK;
	}
	source_close(p->source);
	arena_release(&p->arena);
	buf_release(&p->frames);
	parse_map_free(p->map);
	return ok ? OK : FAILED;
}
