/* Dead rows become more although nothing holds them: vacuum does not come, or is too slow. */
#include "heal/judge/internal.h"

#include <string.h>

#define BEHIND_US     INT64_C(600000000)
#define BEHIND_DAY_US INT64_C(129600000000) /* where it is off: a nightly VACUUM, with room */

enum {
	BEHIND_TIMES = 10,
	BEHIND_DEAD = 100000,
	BEHIND_DEAD_BUSY = 10000, /* no worker is free to come; or they are nearly all there is */
	BEHIND_DEAD_PART = 20,    /* so many for each live row */
	BEHIND_SLOW_TIMES = 3,    /* while it is being vacuumed, with pauses */
	BEHIND_READINGS = 3,
	BEHIND_HOLDER_US = 60000000
};

static bool behind_is_held(const struct judge_case *c)
{
	for (int i = 0; i < c->last->holders; i++) {
		const struct observe_holder *h = &c->last->holder[i];
		if (!h->since || c->last->at - h->since >= BEHIND_HOLDER_US)
			return true;
	}
	return false;
}

/* Readings of the window in which the table has at least as many dead rows as before. */
static int behind_readings(const struct judge_case *c, const char *name, int64_t *first,
			   int64_t *first_at)
{
	int readings = 0;
	int64_t before = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int t = 0; t < sample->tables; t++) {
			const struct observe_table *table = &sample->table[t];
			if (strcmp(table->name, name) != 0)
				continue;
			if (table->dead < before)
				return 0;
			if (!readings++) {
				*first = table->dead;
				*first_at = sample->at;
			}
			before = table->dead;
		}
	}
	return readings;
}

static void behind_report(struct judge_case *c, const struct observe_table *t, int64_t first,
			  bool busy, bool slow)
{
	struct judge_finding *f = judge_add(c, JUDGE_AUTOVACUUM_BEHIND, JUDGE_PROBABLE);
	if (!f)
		return;
	f->key = judge_text(c, "autovacuum-behind/%s", t->name);
	f->cause = judge_text(
	    c,
	    "%s has %lld dead rows, %lld times what should start autovacuum, and nobody holds them.",
	    t->name, (long long)t->dead, (long long)(t->dead / (t->vacuum_at ? t->vacuum_at : 1)));
	f->action = judge_text(
	    c,
	    slow
		? "Autovacuum is at %s and pauses most of the time: raise autovacuum_vacuum_cost_limit, or lower autovacuum_vacuum_cost_delay, for the table or for all, and reload."
	    : busy
		? "VACUUM %s now: all workers of autovacuum are at other tables. "
		  "Give it more of them (autovacuum_max_workers), or let them work faster (autovacuum_vacuum_cost_limit)."
		: "VACUUM %s now. "
		  "Then look whether autovacuum is off for it (reloptions), has too few workers (autovacuum_max_workers), or is too slow (autovacuum_vacuum_cost_limit).",
	    t->name);
	f->until = "Scans of it read the dead rows until then.";
	f->sure = judge_text(c, "probable: %lld more dead rows in the window, %s",
			     (long long)(t->dead - first),
			     t->vacuumed ? judge_text(c, "last vacuumed %s ago",
						      judge_age(c, c->last->at - t->vacuumed))
					 : "never vacuumed");
}

/* Somebody is vacuuming it now. */
static bool behind_is_vacuumed(const struct judge_case *c, const struct observe_table *t)
{
	for (int i = 0; i < c->last->busy; i++) {
		const struct observe_session *s = &c->last->session[i];
		if (strcmp(s->work, "VACUUM") == 0 && judge_uses_table(s->text.text, t))
			return true;
	}
	return false;
}

/* All workers of autovacuum have been at other tables throughout the window. */
static bool behind_waits_for_workers(const struct judge_case *c, const struct observe_table *t)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		int64_t elsewhere = 0;
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			elsewhere +=
			    s->kind == OBSERVE_VACUUM && !judge_names_table(s->text.text, t->name);
		}
		if (elsewhere < c->server->workers_max)
			return false;
	}
	return c->server->workers_max > 0 && c->samples == OBSERVE_WINDOW;
}

/* An autovacuum has been at it throughout the window, and mostly paused. */
static bool behind_is_slow(const struct judge_case *c, const struct observe_table *t)
{
	int pauses = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		int at_it = 0;
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (s->kind != OBSERVE_VACUUM || !judge_names_table(s->text.text, t->name))
				continue;
			at_it++;
			pauses += strcmp(s->wait, "VacuumDelay") == 0;
		}
		if (!at_it)
			return false;
	}
	return c->samples == OBSERVE_WINDOW && pauses * 2 >= c->samples;
}

/* Whether vacuum should have come by now: it is off and never came, it has been seen to stay away,
 * or at the rate of the window the rows have been dying for long. A load that just updated a whole
 * table is none of these: autovacuum looks once a minute. */
static bool behind_is_late(const struct judge_case *c, const struct observe_table *t, int64_t first,
			   int64_t first_at, int64_t at)
{
	int64_t since = observe_rising_since(c->history, false, t->name);
	double rate = (double)(t->dead - first) / (double)(at - first_at + 1);
	if (t->vacuum_off)
		return at - t->vacuumed >= BEHIND_DAY_US;
	return at - t->vacuumed >= BEHIND_US &&
	       ((since && at - since >= BEHIND_US) || (double)t->dead >= rate * (double)BEHIND_US);
}

void judge_autovacuum_behind(struct judge_case *c)
{
	const struct observe_sample *now = judge_tables(c);
	if (!now || behind_is_held(c))
		return;
	for (int t = 0; t < now->tables; t++) {
		const struct observe_table *table = &now->table[t];
		int64_t first = 0, first_at = 0;
		if (table->dead < BEHIND_DEAD_BUSY)
			continue;
		bool busy = behind_waits_for_workers(c, table), slow = behind_is_slow(c, table);
		bool many = busy || slow || table->dead >= BEHIND_DEAD ||
			    table->dead >= BEHIND_DEAD_PART * table->live;
		if (many &&
		    table->dead >= (slow ? BEHIND_SLOW_TIMES : BEHIND_TIMES) * table->vacuum_at &&
		    (slow || !behind_is_vacuumed(c, table)) &&
		    behind_readings(c, table->name, &first, &first_at) >= BEHIND_READINGS &&
		    first < table->dead &&
		    (busy || slow || behind_is_late(c, table, first, first_at, now->at)))
			behind_report(c, table, first, busy, slow);
	}
}
