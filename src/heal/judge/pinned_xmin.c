/* Dead rows that vacuum cannot remove, because a snapshot may still see them.
 *
 * Other sessions show the age of the session that holds the horizon, too. So holders are tried in
 * the order in which they can explain it: prepared transactions, slots, standbys, then the
 * session whose own transaction id, or whose transaction's age, explains it. */
#include "heal/judge/internal.h"

#include <string.h>

enum {
	PINNED_US = 60000000,
	PINNED_TIMES = 10,
	PINNED_READINGS = 3,
	/* A vacuum of the last seconds left so many. */
	PINNED_LEFT_TIMES = 3,
	PINNED_LEFT = 1000
};

/* A table with many dead rows, more with every reading, though it was vacuumed meanwhile. */
static const struct observe_table *pinned_table(const struct judge_case *c, int64_t since)
{
	const struct observe_table *now = NULL;
	int readings = 0;
	int64_t first = 0, before = 0;
	for (int i = c->samples - 1; i >= 0; i--) {
		const struct observe_sample *sample = judge_sample(c, i);
		for (int t = 0; t < sample->tables; t++) {
			const struct observe_table *table = &sample->table[t];
			if (!now) {
				bool left = table->vacuumed >= judge_sample(c, 0)->at &&
					    table->dead >= PINNED_LEFT &&
					    table->dead >= PINNED_LEFT_TIMES * table->vacuum_at;
				if ((!left && table->dead < PINNED_TIMES * table->vacuum_at) ||
				    table->vacuumed < since)
					continue;
				now = table;
			} else if (strcmp(table->name, now->name) != 0 || table->dead > before) {
				continue;
			}
			before = first = table->dead;
			readings++;
			break;
		}
	}
	return now && readings >= PINNED_READINGS && first < now->dead ? now : NULL;
}

/* The name of a session that holds is its process id; 0: it is another kind of holder. */
static int32_t pinned_pid(const struct observe_holder *h)
{
	int64_t pid = 0;
	return h->kind == OBSERVE_SESSION && str_to_i64(str_of(h->name), 1, INT32_MAX, &pid)
		   ? (int32_t)pid
		   : 0;
}

/* The session that holds; NULL: it is another kind of holder, or has gone. */
static const struct observe_session *pinned_session(const struct judge_case *c,
						    const struct observe_holder *h)
{
	int32_t pid = pinned_pid(h);
	return pid ? observe_session_of(c->last, pid) : NULL;
}

/* VACUUM and CREATE INDEX CONCURRENTLY show an xmin, which other vacuums do not heed. */
static bool pinned_counts(const struct judge_case *c, const struct observe_holder *h)
{
	const struct observe_session *s = pinned_session(c, h);
	return !s || (strcmp(s->work, "VACUUM") != 0 && !strstr(s->work, "CONCURRENTLY"));
}

static const struct observe_holder *pinned_holder(const struct judge_case *c)
{
	const struct observe_holder *best = NULL;
	int64_t oldest = 0;
	for (int i = 0; i < c->last->holders; i++) {
		const struct observe_holder *h = &c->last->holder[i];
		if (h->age > oldest && pinned_counts(c, h))
			oldest = h->age;
	}
	for (int i = 0; i < c->last->holders; i++) {
		const struct observe_holder *h = &c->last->holder[i];
		/* Younger than the oldest: it does not hold it. */
		if (h->age < oldest || !pinned_counts(c, h))
			continue;
		if (!best || h->kind < best->kind)
			best = h;
		else if (h->kind == OBSERVE_SESSION && best->kind == OBSERVE_SESSION && h->since &&
			 h->since < best->since)
			best = h;
	}
	return best;
}

static void pinned_say(struct judge_case *c, struct judge_finding *f,
		       const struct observe_holder *h, int64_t age)
{
	const struct observe_session *s = pinned_session(c, h);
	char caller[OBSERVE_NAME] = "";
	if (s)
		observe_caller(s, caller);
	switch (h->kind) {
	case OBSERVE_PREPARED:
		f->cause = judge_text(c, "The prepared transaction %s keeps dead rows for %s.",
				      h->name, judge_age(c, age));
		f->action =
		    "Ask the transaction manager that prepared it; then COMMIT PREPARED or ROLLBACK PREPARED.";
		break;
	case OBSERVE_SLOT:
		f->cause = judge_text(c, "The replication slot %s keeps dead rows.", h->name);
		f->action =
		    "Start its consumer, or find out whether it still has one. "
		    "Do not drop the slot before you know: its consumer would have to copy everything again.";
		break;
	case OBSERVE_STANDBY:
		f->cause = judge_text(
		    c, "A standby (process %s) keeps dead rows: hot_standby_feedback.", h->name);
		f->action = "End the long query on the standby.";
		break;
	case OBSERVE_SESSION:
		f->pid = pinned_pid(h);
		f->cause =
		    judge_text(c, "%s, process %s, keeps dead rows with a transaction of %s.",
			       s ? judge_who(c, s) : "A session", h->name, judge_age(c, age));
		f->action =
		    "End its transaction; let such work run on a standby, or in smaller transactions.";
		if (s && s->state == OBSERVE_IN_TRANSACTION &&
		    c->last->at - s->state_change >= PINNED_US && !observe_is_human(s)) {
			f->relief = JUDGE_TERMINATE;
			f->target = s->pid;
		}
		if (s)
			judge_claim_pid(c, f, s->pid);
		break;
	}
	f->key = judge_text(c, "pinned-xmin/%d/%s", (int)h->kind, s ? caller : h->name);
}

/* Whether it copied tables out in the window: a backup, under whatever name. */
static bool pinned_copies(const struct judge_case *c, const struct observe_session *s)
{
	for (int i = 0; i < c->samples; i++) {
		const struct observe_session *then = observe_session_of(judge_sample(c, i), s->pid);
		if (then && then->xact_start == s->xact_start && then->text.verb == OBSERVE_COPY)
			return true;
	}
	return false;
}

/* A backup, or a session that may run long: it ends by itself, and nobody has to look after it. */
static bool pinned_is_usual(const struct judge_case *c, const struct observe_holder *h)
{
	const struct observe_session *s = pinned_session(c, h);
	return s &&
	       (s->excused || pinned_copies(c, s) || (observe_is_human(s) && judge_is_work(s)));
}

static void pinned_visit_victim(struct judge_case *c, uint64_t fingerprint)
{
	struct judge_finding *f = &c->result->finding[c->result->findings - 1];
	struct judge_sum sum = judge_sum_of(c, fingerprint, 1);
	if (!sum.calls || f->statements == JUDGE_STATEMENTS ||
	    !judge_uses_table(sum.text, c->pinned))
		return;
	judge_take_statement(c, f, &sum, fingerprint);
}

void judge_pinned_xmin(struct judge_case *c)
{
	const struct observe_holder *h = pinned_holder(c);
	int64_t age = h && h->since ? c->last->at - h->since : PINNED_US;
	const struct observe_table *table =
	    h && age >= PINNED_US ? pinned_table(c, c->last->at - age) : NULL;
	bool usual = table && pinned_is_usual(c, h);
	struct judge_finding *f =
	    table ? judge_add(c, JUDGE_PINNED_XMIN, usual ? JUDGE_NOTE : JUDGE_HIGH) : NULL;
	if (!f)
		return;
	c->pinned = table;
	pinned_say(c, f, h, age);
	if (usual) {
		f->relief = JUDGE_RELIEF_NONE;
		f->target = 0;
	}
	judge_each_statement(c, pinned_visit_victim);
	f->until = judge_text(
	    c, "Vacuum removes nothing from %s until then; every scan of it reads the dead rows.",
	    table->name);
	f->sure = judge_text(
	    c,
	    "high: %lld dead rows in %s, rising, vacuumed meanwhile; the oldest age is %lld transactions",
	    (long long)table->dead, table->name, (long long)h->age);
}
