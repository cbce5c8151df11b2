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
	BEHIND_RUNS = 3,          /* of autovacuum in the window, none of them to its end */
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

/* Why nothing is removed. */
enum behind_why {
	BEHIND_AWAY, /* no worker vacuums it */
	BEHIND_BUSY, /* all workers are at other tables */
	BEHIND_SLOW, /* one is at it throughout, and mostly pauses */
	BEHIND_CUT   /* one comes again and again, and is ended each time */
};
/* What to do: the table's name stands between the two. */
static const struct {
	const char *begin, *end;
} behind_actions[] = {
    [BEHIND_AWAY] =
	{"VACUUM ",
	 " now. Then look whether autovacuum is off for it (reloptions), has too few workers (autovacuum_max_workers), or is too slow (autovacuum_vacuum_cost_limit)."},
    [BEHIND_BUSY] =
	{"VACUUM ",
	 " now: all workers of autovacuum are at other tables. Give it more of them (autovacuum_max_workers), or let them work faster (autovacuum_vacuum_cost_limit)."},
    [BEHIND_SLOW] =
	{"Autovacuum is at ",
	 " and pauses most of the time: raise autovacuum_vacuum_cost_limit, or lower autovacuum_vacuum_cost_delay, for the table or for all, and reload."},
    [BEHIND_CUT] =
	{"VACUUM ",
	 " now: autovacuum began with it several times in the last seconds and was ended each time, as by a session that wants to lock the table. Find the job that does so (ALTER TABLE, LOCK, CREATE INDEX), and let it come rarely."},
};

/* The session that waits for an autovacuum, which ends it after deadlock_timeout; NULL: not
 * seen. */
static const struct observe_session *behind_ends_it(const struct judge_case *c)
{
	for (int i = c->samples - 1; i >= 0; i--) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			const struct observe_session *by =
			    s->blockers ? observe_session_of(sample, s->blocker[0]) : NULL;
			if (by && by->kind == OBSERVE_VACUUM)
				return s;
		}
	}
	return NULL;
}

static void behind_report(struct judge_case *c, const struct observe_table *t, int64_t first,
			  enum behind_why why)
{
	struct judge_finding *f = judge_add(c, JUDGE_AUTOVACUUM_BEHIND, JUDGE_PROBABLE);
	if (!f)
		return;
	f->key = judge_text(c, "autovacuum-behind/%s", t->parent[0] ? t->parent : t->name);
	f->cause = judge_text(
	    c,
	    "%s has %lld dead rows, %lld times what should start autovacuum, and nobody holds them.",
	    t->name, (long long)t->dead, (long long)(t->dead / (t->vacuum_at ? t->vacuum_at : 1)));
	const struct observe_session *ends = why == BEHIND_CUT ? behind_ends_it(c) : NULL;
	if (ends) {
		judge_add_caller(f, judge_who(c, ends));
		f->statement[f->statements++] = (struct judge_statement){
		    .text = judge_text(c, "%s", ends->text.text), .route = ""};
	}
	f->action =
	    judge_text(c, "%s%s%s", behind_actions[why].begin, t->name, behind_actions[why].end);
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

/* Autovacuum is at it: throughout the window with pauses most of the time; or one process after the
 * other, of which none comes to its end. BEHIND_AWAY: neither. */
static enum behind_why behind_at_it(const struct judge_case *c, const struct observe_table *t)
{
	int pauses = 0, samples = 0, runs = 0;
	int32_t last = 0;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		bool at_it = false;
		for (int n = 0; n < sample->busy; n++) {
			const struct observe_session *s = &sample->session[n];
			if (s->kind != OBSERVE_VACUUM || !judge_names_table(s->text.text, t->name))
				continue;
			at_it = true;
			pauses += strcmp(s->wait, "VacuumDelay") == 0;
			runs += s->pid != last;
			last = s->pid;
		}
		samples += at_it;
	}
	if (c->samples < OBSERVE_WINDOW)
		return BEHIND_AWAY;
	if (runs >= BEHIND_RUNS && t->vacuumed < judge_sample(c, 0)->at)
		return BEHIND_CUT;
	return runs == 1 && samples == c->samples && pauses * 2 >= samples ? BEHIND_SLOW
									   : BEHIND_AWAY;
}

/* Dead rows of the table, or of all partitions of its parent that were read. */
static int64_t behind_dead(const struct observe_sample *now, const struct observe_table *table)
{
	int64_t dead = 0;
	if (!table->parent[0])
		return table->dead;
	for (int t = 0; t < now->tables; t++) {
		if (strcmp(now->table[t].parent, table->parent) == 0)
			dead += now->table[t].dead;
	}
	return dead;
}

/* Another partition of its parent has been told. */
static bool behind_is_told(const struct judge_case *c, const struct observe_table *t)
{
	const char *key = t->parent[0] ? t->parent : t->name;
	for (int i = 0; i < c->result->findings; i++) {
		const struct judge_finding *f = &c->result->finding[i];
		if (f->id == JUDGE_AUTOVACUUM_BEHIND && strcmp(strchr(f->key, '/') + 1, key) == 0)
			return true;
	}
	return false;
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
		if (table->dead < BEHIND_DEAD_BUSY || behind_is_told(c, table))
			continue;
		enum behind_why why = behind_at_it(c, table);
		if (why == BEHIND_AWAY && behind_waits_for_workers(c, table))
			why = BEHIND_BUSY;
		bool many = why != BEHIND_AWAY || behind_dead(now, table) >= BEHIND_DEAD ||
			    table->dead >= BEHIND_DEAD_PART * table->live;
		int64_t times = why == BEHIND_SLOW ? BEHIND_SLOW_TIMES : BEHIND_TIMES;
		if (many && table->dead >= times * table->vacuum_at &&
		    (why > BEHIND_BUSY || !behind_is_vacuumed(c, table)) &&
		    behind_readings(c, table->name, &first, &first_at) >= BEHIND_READINGS &&
		    first < table->dead &&
		    (why != BEHIND_AWAY || behind_is_late(c, table, first, first_at, now->at)))
			behind_report(c, table, first, why);
	}
}
