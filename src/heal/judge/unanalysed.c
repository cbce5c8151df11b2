/* A table that is never analysed, with far more rows than the planner knows of, in the statements
 * that take the time. What these cost before is not needed, so it is also seen when heal begins
 * later than the trouble: after a restore or an upgrade. Others that explain the time come
 * first. */
#include "heal/judge/internal.h"

enum {
	UNANALYSED_ROWS = 10000,
	UNANALYSED_TIMES = 10,        /* as many rows as the planner knows of */
	UNANALYSED_LOAD_US = 2000000, /* an INSERT as long as that is a load */
	UNANALYSED_PART = 5           /* 1/5 of the time, and of a session */
};

/* Autovacuum does not come to it: else it is analysed within a minute or two. */
static bool unanalysed_is(const struct observe_table *t)
{
	return (t->vacuum_off || t->analyze_off) && t->live >= UNANALYSED_ROWS &&
	       t->modified >= t->live / 2 &&
	       (!t->analyzed || t->live >= UNANALYSED_TIMES * t->estimate);
}

/* Seconds that no judge has claimed, of sessions that use the table. -1: it is being loaded. */
static double unanalysed_seconds(const struct judge_case *c, const struct observe_table *t)
{
	double seconds = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (s->state != OBSERVE_ACTIVE || !judge_uses_table(s->text.text, t))
				continue;
			if (judge_is_work(s) || (s->text.verb == OBSERVE_INSERT &&
						 sample->at - s->query_start >= UNANALYSED_LOAD_US))
				return -1;
			if (judge_is_free(c, i, n) && !s->blockers && !observe_is_human(s))
				seconds += judge_span(c, i);
		}
	}
	return seconds;
}

static void unanalysed_claim(struct judge_case *c, struct judge_finding *f,
			     const struct observe_table *t)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (s->state != OBSERVE_ACTIVE || !judge_is_free(c, i, n) ||
			    !judge_uses_table(s->text.text, t))
				continue;
			judge_claim(c, f, i, n);
			judge_add_caller(f, judge_who(c, s));
			if (!f->statements)
				f->statement[f->statements++] = (struct judge_statement){
				    .text = judge_text(c, "%s", s->text.text),
				    .route = judge_text(c, "%s", s->text.route)};
		}
	}
}

static void unanalysed_report(struct judge_case *c, const struct observe_table *t, int tables)
{
	struct judge_finding *f = judge_add(c, JUDGE_UNANALYSED, JUDGE_PROBABLE);
	if (!f)
		return;
	f->key = judge_text(c, "stale-statistics/%s", t->name);
	f->cause = judge_text(
	    c, "%s%s.",
	    t->analyzed
		? judge_text(
		      c,
		      "The planner counts on %lld rows in %s, which has %lld: it grew since it was analysed",
		      (long long)(t->estimate > 0 ? t->estimate : 0), t->name, (long long)t->live)
		: judge_text(
		      c,
		      "The planner knows nothing of the values in %s, which has %lld rows: it was never analysed",
		      t->name, (long long)t->live),
	    tables > 1 ? judge_text(c, ", as %d other tables were not", tables - 1) : "");
	f->action = judge_text(
	    c, "ANALYZE%s; and let autovacuum come to it: it is off for it, or for the server.",
	    tables > 1 ? "" : judge_text(c, " %s", t->name));
	f->until = "New plans are made with the next execution after it.";
	unanalysed_claim(c, f, t);
	f->sure = judge_text(
	    c,
	    "probable: its statements take %.0f s of sessions in the window; no plan was looked at",
	    f->seconds);
}

void judge_unanalysed(struct judge_case *c)
{
	const struct observe_sample *now = judge_tables(c);
	const struct observe_table *most = NULL;
	double seconds = 0, window = 0, all = 0;
	int tables = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		window += judge_span(c, i);
		for (int n = 0; n < sample->busy; n++)
			all += judge_counts(&sample->session[n]) ? judge_span(c, i) : 0;
	}
	for (int t = 0; now && t < now->tables; t++) {
		double used = 0;
		if (!unanalysed_is(&now->table[t]))
			continue;
		tables++;
		used = unanalysed_seconds(c, &now->table[t]);
		if (used > seconds) {
			seconds = used;
			most = &now->table[t];
		}
	}
	if (most && seconds * UNANALYSED_PART >= window && seconds * UNANALYSED_PART >= all)
		unanalysed_report(c, most, tables);
}
