/* Duplicates: several records with the same name and address are one business, of which one page is
 * published. The whole manifest is looked at in each run, because a change of one record can
 * publish or withhold another. */
#include "site/export/twins.h"
#include "base/memory.h"

#include <stdlib.h>

/* Sort key of an entry. A small array of its own: comparing the entries in place would cause more
 * cache misses than the sort itself takes. */
struct twin {
	uint64_t identity;
	uint32_t at; /* index in the manifest, whose entries are sorted by id */
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

/* Whether it would have a page if there were no duplicate. */
static bool twin_is_candidate(const struct manifest_entry *e)
{
	return e->identity && (e->state >= ENTRY_NOINDEX || e->cause == GATE_DUPLICATE);
}

void twins_resolve(struct manifest *m,
		   void (*changed)(void *ctx, const struct manifest_entry *e, bool publish),
		   void *ctx)
{
	struct twin *all = memory_array(m->entries + 1, sizeof(*all));
	size_t n = 0;
	for (size_t i = 0; i < m->entries; i++) {
		const struct manifest_entry *e = &m->entry[i];
		if (twin_is_candidate(e))
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
			continue; /* rendering sets its state and cause */
		e->state = ENTRY_WITHHELD;
		e->cause = GATE_DUPLICATE;
		e->page = 0;
	}
	free(all);
}
