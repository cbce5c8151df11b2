#include "audit/serve/serve.h"
#include "base/io.h"

enum { SERVE_FLUSH_BYTES = 64 * 1024 };

static void serve_flush(struct serve_answer *answer)
{
	if (answer->status == OK)
		answer->status =
		    io_write_all(answer->fd, answer->out.p, answer->out.n, answer->err);
	buf_reset(&answer->out);
}

void serve_put(struct serve_answer *answer, const void *p, size_t n)
{
	buf_add(&answer->out, p, n);
}

void serve_record(struct serve_answer *answer)
{
	if (answer->out.n >= SERVE_FLUSH_BYTES)
		serve_flush(answer);
}

/* UNAVAILABLE: the end. */
static enum status serve_one(int in, const struct serve_format *format, struct buf *body,
			     struct serve_answer *answer)
{
	struct serve_request request;
	enum status status = io_read_exact(in, &request, sizeof(request), answer->err);
	if (status != OK)
		return status;
	if (request.bytes > format->document_max)
		return err_set(answer->err, INVALID, "a document of %u bytes", request.bytes);
	buf_reset(body);
	char *room = buf_room(body, request.bytes + 1);
	must(room);
	status = io_read_exact(in, room, request.bytes, answer->err);
	if (status != OK)
		return status;
	buf_grew(body, request.bytes);
	format->read(request.kind, buf_view(body), answer);
	serve_flush(answer);
	return answer->status;
}

enum status serve_run(int in, int out, const struct serve_format *format, struct err *err)
{
	struct serve_answer answer = {.fd = out, .err = err};
	struct buf body;
	enum status status;
	buf_init(&body, format->document_max + 1);
	buf_init(&answer.out, SERVE_FLUSH_BYTES + format->record_max);
	do
		status = serve_one(in, format, &body, &answer);
	while (status == OK);
	buf_release(&body);
	buf_release(&answer.out);
	return status == UNAVAILABLE ? OK : status;
}
