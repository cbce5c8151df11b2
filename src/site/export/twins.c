/* Duplicates: two records of the same name at the same address are one business, and one page of it is enough. Which
 * is decided over the whole manifest, because a page may come or go when another record changes. */
#include "site/export/internal.h"

#include <stdlib.h>

static int compare(const void *a, const void *b, void *ctx)
{
	const struct entry *x = (const struct entry *)ctx + *(const uint32_t *)a;
	const struct entry *y = (const struct entry *)ctx + *(const uint32_t *)b;
	if (x->identity != y->identity)
		return x->identity < y->identity ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* It would have a page were it alone. */
static bool stands(const struct entry *e)
{
	return e->identity && (e->state >= ENTRY_NOINDEX || e->cause == GATE_DUPLICATE);
}

void twins_resolve(struct manifest *m, void (*changed)(void *ctx, const struct entry *e, bool is),
		   void *ctx)
{
	uint32_t *order = calloc(m->entries + 1, sizeof(*order));
	size_t n = 0;
	if (!order)
		die("out of memory");
	for (size_t i = 0; i < m->entries; i++)
		if (stands(&m->entry[i]))
			order[n++] = (uint32_t)i;
	qsort_r(order, n, sizeof(*order), compare, m->entry);
	for (size_t i = 0; i < n; i++) {
		struct entry *e = &m->entry[order[i]];
		bool twin = i && m->entry[order[i - 1]].identity == e->identity;
		if (twin == (e->cause == GATE_DUPLICATE))
			continue;
		changed(ctx, e, !twin);
		if (!twin)
			continue; /* rendering it again says what it is */
		e->state = ENTRY_WITHHELD;
		e->cause = GATE_DUPLICATE;
		e->page = 0;
	}
	free(order);
}
