/* link: base */
/* The JSON reader: whatever comes, whole and in small pieces give the same tokens, and what was
 * read into a tree is written so that it is read again as the same. */
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>
#include "base/json.h"

enum { BYTES_MAX = 1 << 20 };

struct drip {
	const char *p;
	size_t n, step;
};

static ssize_t drip(void *ctx, char *p, size_t n)
{
	struct drip *d = ctx;
	size_t take = d->n < d->step ? d->n : d->step;
	if (take > n)
		take = n;
	memcpy(p, d->p, take);
	d->p += take;
	d->n -= take;
	return (ssize_t)take;
}

static void compare(struct json_reader *a, struct json_reader *b)
{
	for (;;) {
		must(json_next(a) == json_next(b));
		must(a->line == b->line && a->column == b->column && a->depth == b->depth);
		if (a->token == JSON_EOF)
			return;
		if (a->token == JSON_ERROR) {
			must(strcmp(a->err.text, b->err.text) == 0);
			json_recover_line(a);
			json_recover_line(b);
			continue;
		}
		must(str_eq(a->text, b->text) && a->offset == b->offset);
	}
}

static void same_in_pieces(const char *p, size_t n, size_t step)
{
	struct json_reader whole, pieces;
	struct drip d = {p, n, step};
	json_reader_init_str(&whole, (struct str){p, n});
	json_reader_init(&pieces, drip, &d, n + 1);
	compare(&whole, &pieces);
	json_reader_release(&whole);
	json_reader_release(&pieces);
}

static void same_when_written(struct str s)
{
	struct arena arena;
	struct json_value *v;
	struct buf once, twice;
	struct json_writer w;
	struct err err;
	arena_init(&arena, 64 << 20);
	buf_init(&once, 16 << 20);
	buf_init(&twice, 16 << 20);
	if (json_parse(&arena, s, &v, &err) == OK) {
		json_writer_init(&w, &once);
		json_put_tree(&w, v);
		must(!buf_failed(&once));
		must(json_parse(&arena, buf_view(&once), &v, &err) == OK);
		json_writer_init(&w, &twice);
		json_put_tree(&w, v);
		must(str_eq(buf_view(&once), buf_view(&twice)));
		fuzz_accept(true);
	}
	buf_release(&once);
	buf_release(&twice);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > BYTES_MAX)
		return 0;
	same_in_pieces((const char *)data + 1, size - 1, 1 + data[0] % 16);
	same_when_written((struct str){(const char *)data + 1, size - 1});
	return 0;
}
