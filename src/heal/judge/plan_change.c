/* A statement that reads many more blocks a call than it used to. When a table of it was not
 * analysed since it changed, that is the cause (stale-statistics); else the plan (plan-change). */
#include "heal/judge/internal.h"

#include <string.h>

enum {
	PLAN_CALLS = 10,
	PLAN_SAMPLES = 6,  /* in which it was called, or in all readings when there were fewer */
	PLAN_READINGS = 2, /* of the statements in the window: they are rare on a busy server */
	PLAN_TIMES = 5,
	PLAN_MORE = 50, /* blocks a call */
	PLAN_BASE_CALLS = 30,
	PLAN_MS = 50, /* of execution a second */
	PLAN_CHANGES = 1000
};

/* How many times as large as before the tables of a statement are, the one that grew most. */
static double plan_growth(const struct judge_case *c, const char *text)
{
	const struct observe_sample *now = judge_tables(c);
	double most = 1;
	for (int t = 0; now && t < now->tables; t++) {
		double growth = observe_growth(c->history, now->table[t].name);
		if (growth > most && judge_uses_table(text, &now->table[t]))
			most = growth;
	}
	return most;
}

/* What it reads a call now and before; false: it did not change, or too little is known. */
static bool plan_changed(const struct judge_case *c, uint64_t fingerprint, struct judge_sum *now,
			 int64_t *before)
{
	const struct observe_base *base = observe_base_of(c->history, fingerprint);
	double seconds = 0;
	int readings = 0;
	if (!base || base->calls < PLAN_BASE_CALLS)
		return false;
	for (int i = 0; i < c->samples; i++) {
		seconds += judge_span(c, i);
		readings += judge_sample(c, i)->statements > 0;
	}
	int wanted = readings < PLAN_SAMPLES ? readings : PLAN_SAMPLES;
	*now = judge_sum_of(c, fingerprint, 1);
	if (now->calls < PLAN_CALLS || readings < PLAN_READINGS || now->samples < wanted ||
	    now->exec_ms < PLAN_MS * seconds)
		return false;
	*before = base->blocks / base->calls;
	double rows_before = (double)base->rows / (double)base->calls,
	       rows_now = (double)now->rows / (double)now->calls;
	bool same_rows = rows_now <= 2 * rows_before + 1 && rows_before <= 2 * rows_now + 1;
	/* A table that grew is read for longer with the same plan. */
	double growth = plan_growth(c, now->text);
	return same_rows && (double)now->blocks / (double)now->calls >=
				PLAN_TIMES * growth * (double)*before + PLAN_MORE;
}

/* A table of the statement that changed much since it was analysed, or never was; NULL. */
static const struct observe_table *plan_stale_table(const struct judge_case *c, const char *text)
{
	for (int i = c->samples - 1; i >= 0; i--) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int t = 0; t < sample->tables; t++) {
			const struct observe_table *table = &sample->table[t];
			int64_t limit =
			    table->estimate / 2 > PLAN_CHANGES ? table->estimate / 2 : PLAN_CHANGES;
			if ((table->modified > limit || (!table->analyzed && table->modified)) &&
			    judge_uses_table(text, table))
				return table;
		}
	}
	return NULL;
}

/* A table has one finding, however many statements suffer. */
static bool plan_joins(struct judge_case *c, const struct judge_sum *now,
		       const struct observe_table *table, uint64_t fingerprint)
{
	for (int i = 0; i < c->result->findings; i++) {
		struct judge_finding *f = &c->result->finding[i];
		if (f->id == JUDGE_STALE_STATISTICS &&
		    strcmp(strchr(f->key, '/') + 1, table->name) == 0) {
			judge_take_statement(c, f, now, fingerprint);
			return true;
		}
	}
	return false;
}

static void plan_report(struct judge_case *c, uint64_t fingerprint, bool stale)
{
	struct judge_sum now;
	int64_t before;
	if (!plan_changed(c, fingerprint, &now, &before) || judge_is_victim(c, now.text))
		return;
	const struct observe_table *table = plan_stale_table(c, now.text);
	if (stale != (table != NULL))
		return;
	if (stale && plan_joins(c, &now, table, fingerprint))
		return;
	struct judge_finding *f = judge_add(c, stale ? JUDGE_STALE_STATISTICS : JUDGE_PLAN_CHANGE,
					    stale ? JUDGE_HIGH : JUDGE_PROBABLE);
	if (!f)
		return;
	long long reads = (long long)(now.blocks / now.calls), used = (long long)before;
	if (stale) {
		f->key = judge_text(c, "stale-statistics/%s", table->name);
		f->cause = judge_text(
		    c,
		    "The planner does not know what %s looks like: %lld rows changed since it was analysed.",
		    table->name, (long long)table->modified);
		f->action =
		    judge_text(c, "ANALYZE %s; and lower autovacuum_analyze_scale_factor for it.",
			       table->name);
		f->until = "New plans are made with the next execution after it.";
	} else {
		f->key = judge_text(c, "plan-change/%016llx", (unsigned long long)fingerprint);
		f->cause = judge_text(
		    c, "A statement reads %lld blocks a call instead of %lld, for as many rows.",
		    reads, used);
		f->action =
		    "Look what changed: an index that is gone or invalid, an ANALYZE, a setting, a new version. "
		    "Compare EXPLAIN (ANALYZE, BUFFERS) with a good copy.";
		f->until = "Cancelling does not help: the next call has the same plan.";
	}
	f->sure = judge_text(
	    c,
	    "%s: %lld blocks a call, %lld before; %lld calls in the window, rows a call as before",
	    judge_confidence_names[f->confidence], reads, used, (long long)now.calls);
	judge_take_statement(c, f, &now, fingerprint);
}

static void plan_visit_stale(struct judge_case *c, uint64_t fingerprint)
{
	plan_report(c, fingerprint, true);
}

static void plan_visit_change(struct judge_case *c, uint64_t fingerprint)
{
	plan_report(c, fingerprint, false);
}

void judge_stale_statistics(struct judge_case *c)
{
	judge_each_statement(c, plan_visit_stale);
}

void judge_plan_change(struct judge_case *c)
{
	judge_each_statement(c, plan_visit_change);
}
