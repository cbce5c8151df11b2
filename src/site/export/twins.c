/* Duplicates: several records with the same name and address are one business, of which one page is
 * published. The whole manifest is looked at in each run, because a change of one record can
 * publish or withhold another. */
#include "site/export/twins.h"
#include "base/memory.h"
#include "base/sort_keys.h"

#include <stdlib.h>

/* Whether it would have a page if there were no duplicate. */
static bool twin_is_candidate(const struct manifest_entry *e)
{
	return e->identity && (e->state >= ENTRY_NOINDEX || e->cause == GATE_DUPLICATE);
}

/* One of those with the same identity is published: the best, of several the first by id. */
static void twin_judge(struct manifest *m, const struct sort_key *same, size_t count,
		       void (*changed)(void *ctx, const struct manifest_entry *e, bool publish),
		       void *ctx)
{
	size_t best = 0;
	for (size_t i = 1; i < count; i++)
		if (m->entry[same[i].at].rank > m->entry[same[best].at].rank)
			best = i;
	for (size_t i = 0; i < count; i++) {
		struct manifest_entry *e = &m->entry[same[i].at];
		bool twin = i != best;
		if (twin == (e->cause == GATE_DUPLICATE))
			continue;
		changed(ctx, e, !twin);
		if (!twin)
			continue; /* rendering sets its state and cause */
		e->state = ENTRY_WITHHELD;
		e->cause = GATE_DUPLICATE;
		e->page = 0;
	}
}

void twins_resolve(struct manifest *m,
		   void (*changed)(void *ctx, const struct manifest_entry *e, bool publish),
		   void *ctx)
{
	struct sort_key *all = memory_array(m->entries + 1, sizeof(*all));
	size_t n = 0;
	for (size_t i = 0; i < m->entries; i++)
		if (twin_is_candidate(&m->entry[i]))
			all[n++] = (struct sort_key){m->entry[i].identity, (uint32_t)i};
	sort_keys(all, n);
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && all[to].key == all[from].key;)
			to++;
		twin_judge(m, all + from, to - from, changed, ctx);
	}
	free(all);
}
