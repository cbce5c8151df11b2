/* Rewrites of an OR: an index serves it only when one serves each alternative, so that all are
 * rewritten together. Each is judged as if it stood alone; when each keeps its rows, so does the
 * OR. */
#include "audit/sql/filter.h"

#include <string.h>

enum { EITHER_PARTS_MAX = 32 };

struct either {
	const struct statement_conjunct *conjunct;
	const struct statement_arm *arm;
	size_t arms;
	struct filtered part[EITHER_PARTS_MAX];
	struct rewrite whole;
	bool changed;
};

static bool either_read(const struct statement *s, const struct statement_conjunct *conjunct,
			struct either *e)
{
	*e = (struct either){.conjunct = conjunct};
	for (uint32_t i = 0; i < s->head.arms; i++) {
		if (&s->conjunct[s->arm[i].conjunct] != conjunct)
			continue;
		if (!s->arm[i].is.span.to || !s->arm[i].around.to)
			return false;
		e->arm = e->arms++ ? e->arm : &s->arm[i];
	}
	return e->arms && e->arms <= EITHER_PARTS_MAX;
}

/* The statement with this alternative only. */
static bool either_alone(struct identity *id, const struct either *e,
			 struct statement_span alternative)
{
	const struct statement_span whole = e->conjunct->span;
	if (whole.from < alternative.from)
		edit_add(&id->unit.edits, (struct statement_span){whole.from, alternative.from},
			 STR(" "));
	if (alternative.to < whole.to)
		edit_add(&id->unit.edits, (struct statement_span){alternative.to, whole.to},
			 STR(" "));
	id->sorting.count = 0;
	return !id->unit.edits.failed && rewrite_explain(id, NULL, PROBE_DEFAULT, &id->plan) &&
	       rewrite_explain(id, NULL, PROBE_STRICT, &id->strict);
}

static bool either_has_key(const struct columns *columns, const struct catalog_index *index)
{
	bool made, has = false;
	for (size_t k = 0; k < index->keys && !has; k++)
		has = columns_of_key(columns, &index->key[k], &made);
	return has;
}

/* Whether an index is read by the part's own condition, not by what stands beside the OR. */
static bool either_is_served(struct identity *id, const struct statement_conjunct *part)
{
	struct columns columns = origin_columns(id, id->s, part->query, part->term);
	bool by_condition;
	if (columns.foreign || !columns.count)
		return false;
	for (const struct catalog_index *i = columns.path.table->index; i; i = i->next)
		if (either_has_key(&columns, i) &&
		    rewrite_uses(rewrite_sorting(id), i, &by_condition) && by_condition)
			return true;
	return false;
}

/* The weakest of the alternatives is the evidence of all. */
static void either_take(struct either *e, const struct rewrite *best)
{
	struct rewrite *w = &e->whole;
	for (size_t i = 0; i < best->edits.count; i++)
		edit_add(&w->edits, best->edits.at[i].span, best->edits.at[i].text);
	if (!e->changed || best->evidence.level < w->evidence.level)
		w->evidence = best->evidence;
	if (!e->changed) {
		w->index = best->index;
		w->path = best->path;
	}
	w->deliberate |= best->deliberate;
	e->changed = true;
}

/* The parts of the alternative that begin at the nth; false: no index serves it. */
static bool either_alternative(struct identity *id, struct either *e, size_t first, size_t *next)
{
	const struct statement_arm *arm = &e->arm[first];
	bool served = false;
	for (*next = first; *next < e->arms && e->arm[*next].nth == arm->nth;)
		++*next;
	if (!either_alone(id, e, arm->around))
		return false;
	for (size_t i = first; i < *next && id->status != UNAVAILABLE; i++) {
		struct rewrite best;
		const struct statement_conjunct *part = &e->arm[i].is, *other = NULL;
		if (either_is_served(id, part)) {
			served = true;
			continue;
		}
		if (i + 1 < *next && filter_is_range(id, part, &e->arm[i + 1].is))
			other = &e->arm[i + 1].is;
		if (!filter_best(id, part, other, &e->part[i], &best) ||
		    best.evidence.level < EVIDENCE_GENERIC)
			continue;
		either_take(e, &best);
		served = true;
		i += other != NULL;
	}
	return served;
}

void identity_either(struct identity *id, const struct statement_conjunct *conjunct)
{
	const struct planned unit = id->unit;
	const struct probe_plan plan = id->plan, strict = id->strict, sorting = id->sorting;
	struct either *e = arena_array(id->arena, 1, sizeof(*e));
	bool all = e && either_read(id->s, conjunct, e);
	for (size_t i = 0; all && i < e->arms;) {
		all = either_alternative(id, e, i, &i) && id->status != UNAVAILABLE;
		id->unit = unit;
	}
	id->plan = plan;
	id->strict = strict;
	id->sorting = sorting;
	if (!all || !e->changed)
		return;
	struct rewrite *w = &e->whole;
	w->marked = conjunct->span;
	w->rewrite = w->fix = rewrite_source(id, conjunct->span, &w->edits);
	w->evidence.text =
	    REWRITE_JOIN(id, w->evidence.text, STR(" (the least sure of the alternatives)"));
	if (w->rewrite.n && rewrite_serves(id, w, false))
		rewrite_report(
		    id, w,
		    STR("an OR is tested on every row read, because no index serves each alternative"));
}
