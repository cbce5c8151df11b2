/*   pack.c    how the files are stored
 *   search.c  from businesses to postings, and from sorted postings to files
 *   counts.c  in how many businesses each word is
 *   sorter.c  an external sort with bounded memory
 *   tree.c    leaves and fences of sorted lines
 *   root.c    the root */
#ifndef SITE_SEARCH_INTERNAL_H
#define SITE_SEARCH_INTERNAL_H

#include "base/buf.h"
#include "site/search/search.h"

/* ---- counts.c ---- */

/* Words by a hash of 64 bits, 16 bytes each. */
struct counts {
	struct count {
		uint64_t hash; /* 0: empty */
		uint32_t named, all;
	} * item;
	size_t count, room; /* room: a power of two */
};
void counts_init(struct counts *c);
void counts_release(struct counts *c);
/* A business has the word; named: in a name. */
void counts_add(struct counts *c, struct str word, bool named);
/* How many have it; *named: in a name. */
uint32_t counts_of(const struct counts *c, struct str word, uint32_t *named);

/* ---- sorter.c ---- */

struct sorter;
/* Sorts by the bytes of keys, those with the same key in the order in which they came. Runs are
 * unlinked files in `folder`. */
struct sorter *sorter_create(int folder, size_t bytes);
void sorter_free(struct sorter *s);
MUST_CHECK enum status sorter_add(struct sorter *s, struct str key, struct str value,
				  struct err *err);
/* After the last sorter_add, before the first sorter_next. */
MUST_CHECK enum status sorter_end(struct sorter *s, struct err *err);
/* The next in order, valid until the next call. NOT_FOUND: there are no more. */
MUST_CHECK enum status sorter_next(struct sorter *s, struct str *key, struct str *value,
				   struct err *err);

/* ---- tree.c ---- */

struct tree {
	sitesearch_put *put;
	void *ctx;
	struct buf leaf, fence, fences;
	struct buf group;       /* of the last line: word, tab, place */
	struct buf leaf_first;  /* group of the leaf's first line */
	struct buf fence_first; /* line of the fence's first leaf, without its name */
	bool leaf_continues;    /* the leaf begins inside a group */
	size_t fence_leaves;
	uint64_t leaves;
};
void leaves_init(struct tree *t, sitesearch_put *put, void *ctx);
void leaves_release(struct tree *t);
/* group: word, tab, place; in ascending order. */
MUST_CHECK enum status leaves_put(struct tree *t, struct str group, struct str line,
				  struct err *err);
/* Write what is left; then t->fences has a line for each fence, or is empty: t->fence, which is no
 * file, has a line for each leaf. */
MUST_CHECK enum status leaves_end(struct tree *t, struct err *err);
/* ---- root.c ---- */

/* common: lines of word and number of rows. served: a line for each cuisine that is served. */
void root_write(const struct sitesearch_root *root, uint32_t pairs, struct str common,
		struct str served, const struct tree *tree, struct buf *out);

#endif
