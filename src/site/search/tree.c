#include "site/search/internal.h"

#include <stdio.h>
#include <xxhash.h>
#include "base/memory.h"
#include "directory/record/record.h"

enum {
	/* Bytes of text. Smaller leaves are fewer bytes for a word and a place, and more
	 * requests for a word that thousands of names have. */
	LEAF_LEAST = 48 << 10,
	LEAF_MOST = 96 << 10,
	LEAF_ROWS = 100, /* a leaf ends before one of so many rows, from LEAF_LEAST on */
	/* Leaves. Fewer, as of two million businesses, are named by the root itself, some 12 bytes
	 * each: a request less for each word of a query. */
	FENCE_LEAST = 24576,
	FENCE_MOST = 32768,
	FENCE_USUAL = 128,
	NAME_TEXT = 10 + 1, /* 50 bits: each leaf's name is in the root */
};

void leaves_init(struct tree *t, sitesearch_put *put, void *ctx)
{
	*t = (struct tree){.put = put, .ctx = ctx};
	struct buf *bufs[] = {&t->leaf,       &t->fence,       &t->fences,
			      &t->leaf_first, &t->fence_first, &t->group};
	for (size_t i = 0; i < COUNT_OF(bufs); i++)
		buf_init(bufs[i], 64 << 20);
}

void leaves_release(struct tree *t)
{
	struct buf *bufs[] = {&t->leaf,       &t->fence,       &t->fences,
			      &t->leaf_first, &t->fence_first, &t->group};
	for (size_t i = 0; i < COUNT_OF(bufs); i++)
		buf_release(bufs[i]);
}

/* Write a fence or leaf under the name that its content gives it, and clear it. */
static enum status leaves_put_named(struct tree *t, struct buf *content, char name[NAME_TEXT],
				    struct err *err)
{
	char path[SITESEARCH_PATH], hash[RECORD_ID_TEXT];
	if (buf_failed(content))
		return err_set(err, TOO_LARGE, "a part of the search's index");
	record_id_format((int64_t)(XXH3_64bits(content->p, content->n) >> 1), hash);
	snprintf(name, NAME_TEXT, "%s", hash + RECORD_ID_TEXT - NAME_TEXT);
	/* By the last character, of which there are 32. */
	snprintf(path, sizeof(path), "s/%c/%s" SITESEARCH_ENDING, name[NAME_TEXT - 2], name);
	enum status status = t->put(t->ctx, path, buf_view(content), err);
	buf_reset(content);
	return status;
}

static enum status leaves_end_fence(struct tree *t, struct err *err)
{
	char name[NAME_TEXT];
	if (!t->fence_leaves)
		return OK;
	enum status status = leaves_put_named(t, &t->fence, name, err);
	buf_printf(&t->fences, "%s\t", name);
	buf_str(&t->fences, buf_view(&t->fence_first));
	t->fence_leaves = 0;
	return status;
}

static enum status leaves_end_leaf(struct tree *t, struct err *err)
{
	char name[NAME_TEXT];
	if (!t->leaf.n)
		return OK;
	enum status status = leaves_put_named(t, &t->leaf, name, err);
	bool ends = t->fence_leaves >= FENCE_LEAST &&
		    (t->fence_leaves >= FENCE_MOST ||
		     XXH3_64bits(t->leaf_first.p, t->leaf_first.n) % FENCE_USUAL == 0);
	if (status == OK && ends)
		status = leaves_end_fence(t, err);
	if (!t->fence_leaves) {
		buf_reset(&t->fence_first);
		buf_printf(&t->fence_first, "%s\t%.*s\n", t->leaf_continues ? "+" : "",
			   (int)t->leaf_first.n, t->leaf_first.p);
	}
	buf_printf(&t->fence, "%s\t%s\t%.*s\n", name, t->leaf_continues ? "+" : "",
		   (int)t->leaf_first.n, t->leaf_first.p);
	t->fence_leaves++;
	t->leaves++;
	return status;
}

enum status leaves_put(struct tree *t, struct str group, struct str line, struct err *err)
{
	bool same = str_eq(buf_view(&t->group), group);
	bool ends = t->leaf.n >= LEAF_LEAST &&
		    (t->leaf.n >= LEAF_MOST || XXH3_64bits(line.p, line.n) % LEAF_ROWS == 0);
	enum status status = ends ? leaves_end_leaf(t, err) : OK;
	if (!t->leaf.n) {
		t->leaf_continues = same;
		buf_reset(&t->leaf_first);
		buf_str(&t->leaf_first, group);
	}
	if (!same || !t->leaf.n) {
		buf_putc(&t->leaf, '=');
		buf_str(&t->leaf, group);
		buf_putc(&t->leaf, '\n');
	}
	if (!same) {
		buf_reset(&t->group);
		buf_str(&t->group, group);
	}
	buf_str(&t->leaf, line);
	buf_putc(&t->leaf, '\n');
	return status;
}

enum status leaves_end(struct tree *t, struct err *err)
{
	enum status status = leaves_end_leaf(t, err);
	return status == OK && t->fences.n ? leaves_end_fence(t, err) : status;
}
