/* Serving documents in the sandbox. */
#include "audit/openapi/openapi.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/utf8.h"

enum { OUT_BYTES = 64 * 1024 };

struct openapi_serving {
	int fd;
	struct buf out;
	struct err *err;
	enum status status;
	uint32_t records;
};

static void serve_flush(struct openapi_serving *s)
{
	if (s->status == OK)
		s->status = io_write_all(s->fd, s->out.p, s->out.n, s->err);
	buf_reset(&s->out);
}

static void serve_record(void *ctx, const struct openapi_head *record, struct str about,
			 struct str object)
{
	struct openapi_serving *s = ctx;
	struct openapi_head head = *record;
	if (head.kind == OPENAPI_FOUND && s->records++ >= OPENAPI_RECORDS_MAX)
		return;
	about = utf8_cut(about, OPENAPI_TEXT_MAX);
	object = utf8_cut(object, OPENAPI_TEXT_MAX);
	head.about_bytes = (uint32_t)about.n;
	head.object_bytes = (uint32_t)object.n;
	buf_add(&s->out, &head, sizeof(head));
	buf_str(&s->out, about);
	buf_str(&s->out, object);
	if (s->out.n >= OUT_BYTES)
		serve_flush(s);
}

/* UNAVAILABLE: the end. */
static enum status serve_one(int in, struct buf *body, struct openapi_serving *s)
{
	struct openapi_request request;
	enum status status = io_read_exact(in, &request, sizeof(request), s->err);
	if (status != OK)
		return status;
	if (request.bytes > OPENAPI_BYTES_MAX)
		return err_set(s->err, INVALID, "a document of %u bytes", request.bytes);
	buf_reset(body);
	char *room = buf_room(body, request.bytes + 1);
	must(room);
	status = io_read_exact(in, room, request.bytes, s->err);
	if (status != OK)
		return status;
	buf_grew(body, request.bytes);
	s->records = 0;
	openapi_read(buf_view(body), serve_record, s);
	serve_flush(s);
	return s->status;
}

enum status openapi_run(int in, int out, struct err *err)
{
	struct openapi_serving s = {.fd = out, .err = err};
	struct buf body;
	enum status status;
	buf_init(&body, OPENAPI_BYTES_MAX + 1);
	buf_init(&s.out, OUT_BYTES + 4 * OPENAPI_TEXT_MAX);
	do
		status = serve_one(in, &body, &s);
	while (status == OK);
	buf_release(&body);
	buf_release(&s.out);
	return status == UNAVAILABLE ? OK : status;
}
