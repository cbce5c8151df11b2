/* What all readers write to: frames on the pipe, and why a file could not be read to its end. */
#include "base/io.h"
#include "directory/parse/internal.h"

#include <stdarg.h>
#include <stdio.h>

bool parser_flush(struct parser *p, bool all)
{
	if (p->frames.n < OUT_FLUSH_BYTES && !all)
		return true;
	record_write_progress(&p->frames, p->consumed);
	if (io_write_all(p->out, p->frames.p, p->frames.n, p->err) != OK)
		p->broken_pipe = true;
	buf_reset(&p->frames);
	return !p->broken_pipe;
}

void parser_fail(struct parser *p, const char *fmt, ...)
{
	va_list args;
	if (p->summary.failure.n)
		return;
	va_start(args, fmt);
	vsnprintf(p->failure, sizeof(p->failure), fmt, args);
	va_end(args);
	p->summary.failure = str_of(p->failure);
}
