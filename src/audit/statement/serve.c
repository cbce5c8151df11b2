/* Serving files in the sandbox. */
#include "audit/statement/internal.h"
#include "base/io.h"

enum { OUT_BYTES = 64 * 1024 };

struct serving {
	int fd;
	struct buf out;
	struct err *err;
	enum status status;
};

static void serve_flush(struct serving *s)
{
	if (s->status == OK)
		s->status = io_write_all(s->fd, s->out.p, s->out.n, s->err);
	buf_reset(&s->out);
}

#define SERVE_ARRAY(s, statement, array, count)                                                    \
	buf_add(&(s)->out, (statement)->array,                                                     \
		sizeof(*(statement)->array) * (statement)->head.count)

static void serve_statement(void *ctx, const struct statement *statement)
{
	struct serving *s = ctx;
	buf_add(&s->out, &statement->head, sizeof(statement->head));
	SERVE_ARRAY(s, statement, query, queries);
	SERVE_ARRAY(s, statement, relation, relations);
	SERVE_ARRAY(s, statement, conjunct, conjuncts);
	SERVE_ARRAY(s, statement, order, orders);
	SERVE_ARRAY(s, statement, output, outputs);
	SERVE_ARRAY(s, statement, set, sets);
	SERVE_ARRAY(s, statement, term, terms);
	buf_add(&s->out, statement->text, statement->head.text_bytes);
	if (s->out.n >= OUT_BYTES)
		serve_flush(s);
}

/* UNAVAILABLE: the end. */
static enum status serve_one(int in, struct buf *body, struct serving *s)
{
	static const struct statement end = {.head = {.kind = STATEMENT_END}};
	struct statement_request request;
	enum status status = io_read_exact(in, &request, sizeof(request), s->err);
	if (status != OK)
		return status;
	if (request.bytes > STATEMENT_BYTES_MAX)
		return err_set(s->err, INVALID, "a file of %u bytes", request.bytes);
	buf_reset(body);
	char *room = buf_room(body, request.bytes + 1);
	must(room);
	status = io_read_exact(in, room, request.bytes, s->err);
	if (status != OK)
		return status;
	buf_grew(body, request.bytes);
	statement_read(buf_view(body), serve_statement, s);
	serve_statement(s, &end);
	serve_flush(s);
	return s->status;
}

enum status statement_run(int in, int out, struct err *err)
{
	struct serving s = {.fd = out, .err = err};
	struct buf body;
	enum status status;
	buf_init(&body, STATEMENT_BYTES_MAX + 1);
	buf_init(&s.out, 2 * (size_t)STATEMENT_RECORD_MAX);
	do
		status = serve_one(in, &body, &s);
	while (status == OK);
	buf_release(&body);
	buf_release(&s.out);
	return status == UNAVAILABLE ? OK : status;
}
