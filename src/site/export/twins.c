/* Duplicates: two records of the same name at the same address are one business, and one page of
 * it is enough. Which is decided over the whole manifest, because a page may come or go when
 * another record changes. */
#include "site/export/internal.h"
#include "base/memory.h"

#include <stdlib.h>

/* What is sorted is small and by itself: to look each up in a manifest of a million would cost
 * more than the sorting. */
struct twin {
	uint64_t identity;
	uint32_t at; /* in the manifest, which is in the order of ids */
	uint8_t rank;
};

static int twin_compare(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;
	if (x->identity != y->identity)
		return x->identity < y->identity ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* It would have a page were it alone. */
static bool stands(const struct manifest_entry *e)
{
	return e->identity && (e->state >= ENTRY_NOINDEX || e->cause == GATE_DUPLICATE);
}

void twins_resolve(struct manifest *m,
		   void (*changed)(void *ctx, const struct manifest_entry *e, bool is), void *ctx)
{
	struct twin *all = memory_array(m->entries + 1, sizeof(*all));
	size_t n = 0;
	for (size_t i = 0; i < m->entries; i++) {
		const struct manifest_entry *e = &m->entry[i];
		if (stands(e))
			all[n++] = (struct twin){e->identity, (uint32_t)i, e->rank};
	}
	qsort(all, n, sizeof(*all), twin_compare);
	for (size_t i = 0; i < n; i++) {
		struct manifest_entry *e = &m->entry[all[i].at];
		bool twin = i && all[i - 1].identity == all[i].identity;
		if (twin == (e->cause == GATE_DUPLICATE))
			continue;
		changed(ctx, e, !twin);
		if (!twin)
			continue; /* rendering it again says what it is */
		e->state = ENTRY_WITHHELD;
		e->cause = GATE_DUPLICATE;
		e->page = 0;
	}
	free(all);
}
