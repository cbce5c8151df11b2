/* The last samples, what ran in them, and what statements usually cost. */
#include "observe/observe.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { HISTORY_SLOTS = OBSERVE_WINDOW + 1, HISTORY_CALLS = 10000, HISTORY_ROWS = 100 };
enum { HISTORY_KNOWN = 30, HISTORY_TIMES = 5, HISTORY_SLOWLY = 32 };
enum { HISTORY_CHECKPOINTS = 4 };

struct observe_history {
	struct observe_sample slot[HISTORY_SLOTS]; /* a ring; one of them is the next */
	int next, count;
	struct observe_execution execution[OBSERVE_EXECUTIONS];
	int executions, oldest; /* oldest: the one that is replaced when all are used */
	struct observe_base base[OBSERVE_BASES];
	int bases;
	struct observe_checkpoint checkpoint[HISTORY_CHECKPOINTS]; /* the latest first */
	struct history_trend {
		char name[2 * OBSERVE_NAME];
		bool slot;
		int64_t since, at;   /* rising since; the last reading; at 0: free */
		int64_t value;       /* dead rows, bytes */
		int64_t first, rows; /* of a table: when it was seen first, and now */
	} trend[OBSERVE_TRENDS];
};

struct observe_history *observe_history_new(void)
{
	return memory_alloc(sizeof(struct observe_history));
}

void observe_history_free(struct observe_history *h)
{
	free(h);
}

struct observe_sample *observe_next(struct observe_history *h)
{
	struct observe_sample *s = &h->slot[h->next];
	memset(s, 0, sizeof(*s));
	return s;
}

/* The execution that a session is in, or was in last; NULL. Only recent ones can be: the search
 * begins with the newest and goes as far back as two samples can have sessions. */
static struct observe_execution *history_known(struct observe_history *h,
					       const struct observe_session *s)
{
	int far = OBSERVE_SESSIONS * 2 < h->executions ? OBSERVE_SESSIONS * 2 : h->executions;
	for (int i = 0; i < far; i++) {
		int at = (h->oldest - 1 - i + 2 * OBSERVE_EXECUTIONS) % OBSERVE_EXECUTIONS;
		struct observe_execution *e = &h->execution[at];
		if (e->pid == s->pid && e->started == s->query_start)
			return e;
	}
	return NULL;
}

static struct observe_execution *history_add(struct observe_history *h,
					     const struct observe_session *s)
{
	struct observe_execution *e = &h->execution[h->oldest];
	h->oldest = (h->oldest + 1) % OBSERVE_EXECUTIONS;
	if (h->executions < OBSERVE_EXECUTIONS)
		h->executions++;
	*e = (struct observe_execution){.fingerprint = s->fingerprint,
					.hash = s->text.hash,
					.pid = s->pid,
					.started = s->query_start,
					.parameters = s->text.parameters,
					.reads = s->text.verb == OBSERVE_READ};
	observe_caller(s, e->caller);
	OBSERVE_SET(e->text, str_of(s->text.text));
	OBSERVE_SET(e->route, str_of(s->text.route));
	OBSERVE_SET(e->application, str_of(s->application));
	OBSERVE_SET(e->role, str_of(s->role));
	OBSERVE_SET(e->client, str_of(s->client));
	return e;
}

static void history_take_executions(struct observe_history *h, const struct observe_sample *sample)
{
	for (int i = 0; i < sample->sessions; i++) {
		const struct observe_session *s = &sample->session[i];
		if (s->kind != OBSERVE_CLIENT || !s->query_start || observe_is_human(s))
			continue;
		struct observe_execution *e = history_known(h, s);
		if (s->state == OBSERVE_ACTIVE && s->fingerprint)
			(e ? e : history_add(h, s))->seen = sample->at;
		else if (e && s->state_change >= e->started)
			e->seen = s->state_change; /* when it ended, exactly */
	}
}

/* Add the costs of a sample that leaves the window to the usual ones. */
static void history_retire(struct observe_history *h, const struct observe_sample *sample)
{
	for (int i = 0; i < sample->statements; i++) {
		const struct observe_statement *s = &sample->statement[i];
		int at = 0;
		while (at < h->bases && h->base[at].fingerprint != s->fingerprint)
			at++;
		if (at == OBSERVE_BASES || s->calls < 1)
			continue;
		struct observe_base *b = &h->base[at];
		h->bases += at == h->bases;
		b->fingerprint = s->fingerprint;
		/* Unusual costs are added slowly: else a changed plan would count as usual a few
		 * seconds after it left the window. */
		bool unusual =
		    b->calls >= HISTORY_KNOWN &&
		    (s->blocks / s->calls >= HISTORY_TIMES * (b->blocks / b->calls + 1) ||
		     s->exec_ms / (double)s->calls >=
			 HISTORY_TIMES * (b->exec_ms / (double)b->calls + 1));
		int64_t part = unusual ? HISTORY_SLOWLY : 1;
		b->calls += s->calls / part;
		b->rows += s->rows / part;
		b->blocks += s->blocks / part;
		b->exec_ms += s->exec_ms / (double)part;
		if (b->calls > HISTORY_CALLS) {
			b->calls /= 2;
			b->rows /= 2;
			b->blocks /= 2;
			b->exec_ms /= 2;
		}
	}
}

/* ---- what is read rarely ---- */

static const struct history_trend *history_trend_of(const struct observe_history *h, bool slot,
						    const char *name)
{
	for (int i = 0; i < OBSERVE_TRENDS; i++) {
		const struct history_trend *t = &h->trend[i];
		if (t->at && t->slot == slot && strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}

static void history_take_trend(struct observe_history *h, bool slot, const char *name, int64_t at,
			       int64_t value, int64_t rows)
{
	const struct history_trend *known = history_trend_of(h, slot, name);
	struct history_trend *t = known ? &h->trend[known - h->trend] : &h->trend[0];
	for (int i = 0; !known && i < OBSERVE_TRENDS; i++) { /* a free one, else the oldest */
		if (h->trend[i].at < t->at)
			t = &h->trend[i];
	}
	if (!known) {
		*t = (struct history_trend){.slot = slot, .first = rows};
		OBSERVE_SET(t->name, str_of(name));
	}
	if (!known || value < t->value || at < t->at)
		t->since = at;
	t->at = at;
	t->value = value;
	t->rows = rows;
}

static void history_take_trends(struct observe_history *h, const struct observe_sample *sample)
{
	for (int i = 0; i < sample->tables; i++) {
		const struct observe_table *t = &sample->table[i];
		history_take_trend(h, false, t->name, sample->at, t->dead, t->live + t->dead);
	}
	for (int i = 0; i < sample->slots; i++)
		history_take_trend(h, true, sample->slot[i].name, sample->at,
				   sample->slot[i].retained, 0);
}

int64_t observe_rising_since(const struct observe_history *h, bool slot, const char *name)
{
	const struct history_trend *t = history_trend_of(h, slot, name);
	return t ? t->since : 0;
}

double observe_growth(const struct observe_history *h, const char *table)
{
	const struct history_trend *t = history_trend_of(h, false, table);
	return t ? (double)(t->rows + HISTORY_ROWS) / (double)(t->first + HISTORY_ROWS) : 1;
}

static void history_take_checkpoint(struct observe_history *h, const struct observe_sample *sample)
{
	struct observe_checkpoint *c = h->checkpoint;
	if (sample->checkpoint_at <= c->at)
		return;
	memmove(c + 1, c, sizeof(h->checkpoint) - sizeof(*c));
	*c = (struct observe_checkpoint){sample->checkpoint_at, sample->wal_at};
}

bool observe_checkpoint(const struct observe_history *h, int i, struct observe_checkpoint *out)
{
	if (i >= HISTORY_CHECKPOINTS || !h->checkpoint[i].at)
		return false;
	*out = h->checkpoint[i];
	return true;
}

static int history_busy(const struct observe_sample *sample)
{
	int busy = sample->sessions;
	while (busy && sample->session[busy - 1].state != OBSERVE_ACTIVE &&
	       sample->session[busy - 1].state != OBSERVE_IN_TRANSACTION)
		busy--;
	return busy;
}

void observe_push(struct observe_history *h)
{
	h->slot[h->next].busy = history_busy(&h->slot[h->next]);
	if (h->count == OBSERVE_WINDOW)
		history_retire(h, observe_at(h, 0));
	else
		h->count++;
	h->next = (h->next + 1) % HISTORY_SLOTS;
	history_take_executions(h, observe_last(h));
	history_take_trends(h, observe_last(h));
	history_take_checkpoint(h, observe_last(h));
}

int observe_count(const struct observe_history *h)
{
	return h->count;
}

const struct observe_sample *observe_at(const struct observe_history *h, int i)
{
	must(i >= 0 && i < h->count);
	return &h->slot[(h->next - h->count + i + HISTORY_SLOTS) % HISTORY_SLOTS];
}

const struct observe_sample *observe_last(const struct observe_history *h)
{
	return h->count ? observe_at(h, h->count - 1) : NULL;
}

int observe_executions(const struct observe_history *h)
{
	return h->executions;
}

const struct observe_execution *observe_execution_at(const struct observe_history *h, int i)
{
	must(i >= 0 && i < h->executions);
	return &h->execution[i];
}

const struct observe_base *observe_base_of(const struct observe_history *h, uint64_t fingerprint)
{
	for (int i = 0; i < h->bases; i++) {
		if (h->base[i].fingerprint == fingerprint)
			return &h->base[i];
	}
	return NULL;
}

const struct observe_session *observe_session_of(const struct observe_sample *s, int32_t pid)
{
	for (int i = 0; i < s->sessions; i++) {
		if (s->session[i].pid == pid)
			return &s->session[i];
	}
	return NULL;
}
