/* Serving documents in the sandbox. */
#include "audit/page/internal.h"
#include "base/io.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TREE_BYTES_MAX = 320 << 20, BLOCKS_BYTES_MAX = 64 << 20, OUT_BYTES = 64 * 1024 };

void page_read(enum page_kind kind, struct str body, page_found *found, void *ctx)
{
	struct page_state s = {.found = found, .ctx = ctx};
	arena_init(&s.arena, TREE_BYTES_MAX);
	buf_init(&s.text, 2 * (size_t)PAGE_BYTES_MAX);
	buf_init(&s.plain, 2 * (size_t)PAGE_BYTES_MAX);
	buf_init(&s.digits, PAGE_BYTES_MAX);
	arena_init(&s.blocks_arena, BLOCKS_BYTES_MAX);
	if (memchr(body.p ? body.p : "", 0, body.n))
		page_say(&s, PAGE_NUL, 0, 0, STR(""), STR(""));
	else if (!utf8_is_valid(body))
		page_say(&s, PAGE_NOT_UTF8, 0, 0, STR(""), STR(""));
	switch (kind) {
	case PAGE_HTML:
		page_html(&s, body);
		break;
	case PAGE_SITEMAP:
		page_sitemap(&s, body);
		break;
	case PAGE_ROBOTS:
		page_robots(&s, body);
		break;
	}
	buf_release(&s.text);
	buf_release(&s.plain);
	buf_release(&s.digits);
	free(s.block);
	arena_release(&s.blocks_arena);
	arena_release(&s.arena);
}

struct answer {
	int fd;
	struct buf out;
	struct err *err;
	enum status status;
};

static void page_flush(struct answer *answer)
{
	if (answer->status == OK)
		answer->status =
		    io_write_all(answer->fd, answer->out.p, answer->out.n, answer->err);
	buf_reset(&answer->out);
}

static void page_send(void *ctx, enum page_fact fact, uint32_t line, uint32_t column, struct str a,
		      struct str b)
{
	struct answer *answer = ctx;
	const struct page_head head = {fact, line, column, (uint32_t)a.n, (uint32_t)b.n};
	buf_add(&answer->out, &head, sizeof(head));
	buf_str(&answer->out, a);
	buf_str(&answer->out, b);
	if (answer->out.n >= OUT_BYTES)
		page_flush(answer);
}

/* UNAVAILABLE: the end. */
static enum status serve_one(int in, struct buf *body, struct answer *answer)
{
	struct page_request request;
	enum status status = io_read_exact(in, &request, sizeof(request), answer->err);
	if (status != OK)
		return status;
	if (request.bytes > PAGE_BYTES_MAX)
		return err_set(answer->err, INVALID, "a document of %u bytes", request.bytes);
	buf_reset(body);
	char *room = buf_room(body, request.bytes + 1);
	must(room);
	status = io_read_exact(in, room, request.bytes, answer->err);
	if (status != OK)
		return status;
	buf_grew(body, request.bytes);
	page_read(request.kind, buf_view(body), page_send, answer);
	page_send(answer, PAGE_END, 0, 0, STR(""), STR(""));
	page_flush(answer);
	return answer->status;
}

enum status page_run(int in, int out, struct err *err)
{
	struct answer answer = {.fd = out, .err = err};
	struct buf body;
	enum status status;
	buf_init(&body, PAGE_BYTES_MAX + 1);
	buf_init(&answer.out, 2 * OUT_BYTES);
	do
		status = serve_one(in, &body, &answer);
	while (status == OK);
	buf_release(&body);
	buf_release(&answer.out);
	return status == UNAVAILABLE ? OK : status;
}
