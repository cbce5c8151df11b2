/* Serving documents in the sandbox. */
#include "audit/page/internal.h"
#include "audit/serve/serve.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { TREE_BYTES_MAX = 320 << 20, BLOCKS_BYTES_MAX = 64 << 20 };

void page_read(enum page_kind kind, struct str body, page_found *found, void *ctx)
{
	struct page_state s = {.found = found, .ctx = ctx};
	arena_init(&s.arena, TREE_BYTES_MAX);
	buf_init(&s.text, 2 * (size_t)PAGE_BYTES_MAX);
	buf_init(&s.speech, 2 * (size_t)PAGE_BYTES_MAX);
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
	buf_release(&s.speech);
	buf_release(&s.plain);
	buf_release(&s.digits);
	free(s.block);
	arena_release(&s.blocks_arena);
	arena_release(&s.arena);
}

static void page_send(void *ctx, enum page_fact fact, uint32_t line, uint32_t column, struct str a,
		      struct str b)
{
	const struct page_head head = {fact, line, column, (uint32_t)a.n, (uint32_t)b.n};
	serve_put(ctx, &head, sizeof(head));
	serve_put(ctx, a.p, a.n);
	serve_put(ctx, b.p, b.n);
	serve_record(ctx);
}

static void page_answer(uint32_t kind, struct str document, struct serve_answer *answer)
{
	page_read(kind, document, page_send, answer);
	page_send(answer, PAGE_END, 0, 0, STR(""), STR(""));
}

const struct serve_format page_format = {
    .document_max = PAGE_BYTES_MAX,
    .record_max = sizeof(struct page_head) + 2 * PAGE_TEXT_MAX,
    .read = page_answer,
};
