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
	PLAN_CHANGES = 1000,
	/* Of one that takes seconds there are few calls in the window. */
	PLAN_FEW_CALLS = 3,
	PLAN_FEW_SAMPLES = 2,
	PLAN_FEW_TIMES = 10,
	PLAN_FEW_MORE = 1000,
	/* As many blocks, but so many times as long, while others take as long as before. */
	PLAN_SLOW_TIMES = 10,
	PLAN_SLOW_OTHERS = 2,
	PLAN_SLOW_CALLS = 10,
	PLAN_SLOW_MS = 200, /* of execution a second */
	/* A statement that has not ended has no counters yet: so many sessions run it at the
	 * same time, each for so long. */
	PLAN_LONG_SESSIONS = 2,
	PLAN_LONG_US = 5000000,
	PLAN_LONG_TIMES = 100
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
	bool few = now->calls < PLAN_CALLS;
	if (few && wanted > PLAN_FEW_SAMPLES)
		wanted = PLAN_FEW_SAMPLES;
	if (now->calls < PLAN_FEW_CALLS || readings < PLAN_READINGS || now->samples < wanted ||
	    now->exec_ms < PLAN_MS * seconds)
		return false;
	*before = base->blocks / base->calls;
	double rows_before = (double)base->rows / (double)base->calls,
	       rows_now = (double)now->rows / (double)now->calls;
	bool same_rows = rows_now <= 2 * rows_before + 1 && rows_before <= 2 * rows_now + 1;
	/* A table that grew is read for longer with the same plan. */
	double growth = plan_growth(c, now->text);
	double times = few ? PLAN_FEW_TIMES : PLAN_TIMES, more = few ? PLAN_FEW_MORE : PLAN_MORE;
	return same_rows &&
	       (double)now->blocks / (double)now->calls >= times * growth * (double)*before + more;
}

/* How many times as long as usual all other statements take together; 0: it cannot be told. */
static double plan_others(const struct judge_case *c, uint64_t fingerprint)
{
	double now = 0, usual = 0;
	int64_t calls = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->statements; n++) {
			const struct observe_statement *s = &sample->statement[n];
			const struct observe_base *base =
			    s->fingerprint != fingerprint
				? observe_base_of(c->history, s->fingerprint)
				: NULL;
			if (!base || base->calls < PLAN_SLOW_CALLS)
				continue;
			now += s->exec_ms;
			usual += base->exec_ms / (double)base->calls * (double)s->calls;
			calls += s->calls;
		}
	}
	return calls >= PLAN_SLOW_CALLS && usual > 0 ? now / usual : 0;
}

/* It was seen to wait, so that its time is not its own. */
static bool plan_waits(const struct judge_case *c, uint64_t fingerprint)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (s->fingerprint == fingerprint && judge_counts(s) && s->wait_type[0])
				return true;
		}
	}
	return false;
}

/* What it takes a call instead of what it took, in ms; 0: as ever. Such a change is one of the
 * processor: compilation (jit), an order of joins, a function. */
static double plan_slower(const struct judge_case *c, uint64_t fingerprint, struct judge_sum *now,
			  double *before)
{
	const struct observe_base *base = observe_base_of(c->history, fingerprint);
	double seconds = 0;
	if (!base || base->calls < PLAN_BASE_CALLS || base->exec_ms <= 0)
		return 0;
	for (int i = 0; i < c->samples; i++)
		seconds += judge_span(c, i);
	*now = judge_sum_of(c, fingerprint, 1);
	if (now->calls < PLAN_SLOW_CALLS || now->verb != OBSERVE_READ ||
	    now->exec_ms < PLAN_SLOW_MS * seconds)
		return 0;
	*before = base->exec_ms / (double)base->calls;
	double each = now->exec_ms / (double)now->calls,
	       rows_before = (double)base->rows / (double)base->calls,
	       rows_now = (double)now->rows / (double)now->calls;
	if (each < PLAN_SLOW_TIMES * *before || rows_now > 2 * rows_before + 1 ||
	    plan_growth(c, now->text) > 2 || plan_waits(c, fingerprint))
		return 0;
	double others = plan_others(c, fingerprint);
	return others > 0 && others < PLAN_SLOW_OTHERS ? each : 0;
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

static void plan_visit_slower(struct judge_case *c, uint64_t fingerprint)
{
	struct judge_sum now = {0};
	double before = 0, each = plan_slower(c, fingerprint, &now, &before);
	if (each <= 0 || !now.text || judge_is_victim(c, now.text))
		return;
	for (int i = 0; i < c->result->findings; i++) {
		const struct judge_finding *f = &c->result->finding[i];
		for (int n = 0; n < f->statements && f->confidence > JUDGE_NOTE; n++) {
			if (strcmp(f->statement[n].text, now.text) == 0)
				return;
		}
	}
	struct judge_finding *f = judge_add(c, JUDGE_PLAN_CHANGE, JUDGE_PROBABLE);
	if (!f)
		return;
	f->key = judge_text(c, "plan-change/%016llx", (unsigned long long)fingerprint);
	f->cause = judge_text(
	    c,
	    "A statement takes %.1f ms a call instead of %.1f, though it reads no more than before.",
	    each, before);
	f->action =
	    "Compare EXPLAIN (ANALYZE) with a good copy: compilation (jit), another order of joins, a function that was changed, a setting, a new version.";
	f->until = "Cancelling does not help: the next call takes as long.";
	f->sure = judge_text(
	    c, "probable: %lld calls in the window, never seen to wait; other statements as before",
	    (long long)now.calls);
	judge_take_statement(c, f, &now, fingerprint);
}

void judge_stale_statistics(struct judge_case *c)
{
	judge_each_statement(c, plan_visit_stale);
}

/* ---- runs that have not ended ---- */

/* It computes or reads: it does not wait for others, for its client or for the log. */
static bool plan_works(const struct observe_session *s)
{
	return judge_counts(s) && !s->blockers && !observe_is_human(s) &&
	       (s->text.verb == OBSERVE_READ || s->text.verb == OBSERVE_READ_LOCKING ||
		s->text.verb == OBSERVE_UPDATE || s->text.verb == OBSERVE_DELETE) &&
	       (!s->wait_type[0] || strncmp(s->wait, "DataFile", 8) == 0 ||
		strncmp(s->wait_type, "LWLock", 6) == 0) &&
	       strncmp(s->wait, "WAL", 3) != 0;
}

static double plan_usual_ms(const struct judge_case *c, uint64_t fingerprint)
{
	const struct observe_base *base = observe_base_of(c->history, fingerprint);
	return base && base->calls >= PLAN_BASE_CALLS ? base->exec_ms / (double)base->calls : 0;
}

/* The session of the last sample has run for much longer than its statement usually does. */
static bool plan_lasts(const struct judge_case *c, int i)
{
	const struct observe_session *s = &c->last->session[i];
	int64_t age = c->last->at - s->query_start;
	double usual = age >= PLAN_LONG_US && plan_works(s) && judge_is_free(c, c->samples - 1, i)
			   ? plan_usual_ms(c, s->fingerprint)
			   : 0;
	return usual > 0 && (double)age / 1000 >= PLAN_LONG_TIMES * usual;
}

/* Sessions of the last sample that do so with the statement of session i, when it is the first. */
static int plan_lasting(const struct judge_case *c, int i)
{
	int k = 0;
	for (int n = 0; n < c->last->busy; n++) {
		if (c->last->session[n].fingerprint != c->last->session[i].fingerprint ||
		    !plan_lasts(c, n))
			continue;
		if (n < i)
			return 0;
		k++;
	}
	return k;
}

static void plan_report_lasting(struct judge_case *c, const struct observe_session *s, int k)
{
	const struct observe_table *table = plan_stale_table(c, s->text.text);
	struct judge_finding *f =
	    judge_add(c, table ? JUDGE_STALE_STATISTICS : JUDGE_PLAN_CHANGE, JUDGE_PROBABLE);
	if (!f)
		return;
	double usual = plan_usual_ms(c, s->fingerprint);
	const char *age = judge_age(c, c->last->at - s->query_start);
	f->pid = s->pid;
	f->key = table ? judge_text(c, "stale-statistics/%s", table->name)
		       : judge_text(c, "plan-change/%016llx", (unsigned long long)s->fingerprint);
	f->cause =
	    judge_text(c, "A statement that took %.1f ms has been running for %s in %d sessions.",
		       usual, age, k);
	f->action =
	    table
		? judge_text(
		      c,
		      "ANALYZE %s, of which %lld rows changed since it was analysed, then cancel those that run.",
		      table->name, (long long)table->modified)
		: "Look what changed: an index that is gone or invalid, an ANALYZE, a setting, a new version, a value that is unlike the others. "
		  "Compare EXPLAIN with a good copy.";
	f->until = "New runs have the same plan; those that run go on until their end.";
	f->sure = judge_text(
	    c, "probable: they compute or read and wait for nobody; %.1f ms before", usual);
	f->statement[f->statements++] =
	    (struct judge_statement){.k = k,
				     .text = judge_text(c, "%s", s->text.text),
				     .route = judge_text(c, "%s", s->text.route)};
	judge_claim_statement(c, f, s->fingerprint);
}

void judge_plan_change(struct judge_case *c)
{
	judge_each_statement(c, plan_visit_change);
	judge_each_statement(c, plan_visit_slower);
	for (int i = 0; i < c->last->busy; i++) {
		int k = plan_lasts(c, i) ? plan_lasting(c, i) : 0;
		if (k >= PLAN_LONG_SESSIONS)
			plan_report_lasting(c, &c->last->session[i], k);
	}
}
