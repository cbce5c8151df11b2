#include "heal/judge/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { JUDGE_ARENA = 1 << 20 };

static const struct {
	const char *name, *title;
	void (*judge)(struct judge_case *c);
} diagnoses[] = {
#define DIAGNOSIS(id, name, function, title) {name, title, function},
#include "heal/judge/diagnoses.def"
#undef DIAGNOSIS
};

const char *judge_name(enum judge_id id)
{
	must(id < JUDGE_IDS);
	return diagnoses[id].name;
}

const char *judge_title(enum judge_id id)
{
	must(id < JUDGE_IDS);
	return diagnoses[id].title;
}

void judge_init(struct judge_result *r)
{
	*r = (struct judge_result){0};
	arena_init(&r->arena, JUDGE_ARENA);
}

void judge_release(struct judge_result *r)
{
	arena_release(&r->arena);
}

int judge_causes(const struct judge_result *r)
{
	int causes = 0;
	for (int i = 0; i < r->findings; i++)
		causes += r->finding[i].confidence > JUDGE_NOTE;
	return causes;
}

/* Add to the wait events of what is unknown. */
static void judge_add_wait(struct judge_case *c, const struct observe_session *s, double seconds)
{
	struct judge_result *r = c->result;
	const char *wait =
	    s->wait_type[0] ? judge_text(c, "%s:%s", s->wait_type, s->wait) : "CPU or I/O";
	int at = 0;
	while (at < r->waits && strcmp(r->wait[at].wait, wait) != 0)
		at++;
	if (at == JUDGE_WAITS)
		return;
	if (at == r->waits)
		r->wait[r->waits++] = (struct judge_wait){wait, 0};
	r->wait[at].seconds += seconds;
	for (; at && r->wait[at].seconds > r->wait[at - 1].seconds; at--) {
		struct judge_wait w = r->wait[at];
		r->wait[at] = r->wait[at - 1];
		r->wait[at - 1] = w;
	}
}

/* ---- what is unknown ---- */

enum { JUDGE_TALLY = 64 };

struct judge_tally {
	uint64_t fingerprint;
	const struct observe_session *example;
	double seconds;
	int now, most; /* sessions of one sample */
};

/* Of a sample that is looked at for the first time: no statement has been seen in it. */
static void judge_tally_next(struct judge_tally *tally, int statements)
{
	for (int i = 0; i < statements; i++)
		tally[i].now = 0;
}

static void judge_tally_add(struct judge_tally *tally, int *statements,
			    const struct observe_session *s, double seconds)
{
	int at = 0;
	while (at < *statements && tally[at].fingerprint != s->fingerprint)
		at++;
	if (at == JUDGE_TALLY)
		return;
	if (at == *statements)
		tally[(*statements)++] = (struct judge_tally){s->fingerprint, s, 0, 0, 0};
	tally[at].seconds += seconds;
	if (++tally[at].now > tally[at].most)
		tally[at].most = tally[at].now;
}

/* The table, of those that were read, with the longest name that the text has. */
static const char *judge_table_of(struct judge_case *c, const char *text)
{
	const struct observe_sample *now = judge_tables(c);
	const char *best = "";
	for (int t = 0; now && t < now->tables; t++) {
		if (judge_uses_table(text, &now->table[t]) &&
		    strlen(now->table[t].name) > strlen(best))
			best = now->table[t].name;
	}
	return judge_text(c, "%s", best);
}

static void judge_say_dominant(struct judge_case *c, const struct judge_tally *tally,
			       int statements)
{
	const struct judge_tally *most = NULL;
	struct judge_dominant *d = &c->result->dominant;
	char caller[OBSERVE_NAME];
	*d = (struct judge_dominant){.text = "", .caller = "", .table = "", .wait = ""};
	for (int i = 0; i < statements; i++) {
		if (!most || tally[i].seconds > most->seconds)
			most = &tally[i];
	}
	if (!most)
		return;
	observe_caller(most->example, caller);
	d->seconds = most->seconds;
	d->sessions = most->most;
	d->text = judge_text(c, "%s", most->example->text.text);
	d->caller = judge_text(c, "%s", caller);
	d->table = judge_table_of(c, most->example->text.text);
	d->wait = c->result->waits ? c->result->wait[0].wait : "";
	struct judge_sum sum = judge_sum_of(c, most->fingerprint, 1);
	if (!sum.calls || c->result->window_s <= 0)
		return;
	d->calls_s = (double)sum.calls / c->result->window_s;
	d->ms = sum.exec_ms / (double)sum.calls;
	d->blocks = (double)sum.blocks / (double)sum.calls;
	d->rows = (double)sum.rows / (double)sum.calls;
}

static void judge_attribute(struct judge_case *c)
{
	struct judge_tally tally[JUDGE_TALLY];
	int statements = 0;
	struct judge_result *r = c->result;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		double span = judge_span(c, i);
		r->window_s += span;
		judge_tally_next(tally, statements);
		for (int s = 0; s < sample->busy; s++) {
			if (!judge_counts(&sample->session[s]))
				continue;
			r->total_s += span;
			if (c->claimed[i][s])
				continue;
			r->unknown_s += span;
			judge_add_wait(c, &sample->session[s], span);
			judge_tally_add(tally, &statements, &sample->session[s], span);
		}
	}
	judge_say_dominant(c, tally, statements);
	r->load = r->window_s > 0 ? r->total_s / r->window_s : 0;
}

void judge_run(const struct observe_history *history, const struct observe_server *server,
	       struct judge_result *r)
{
	arena_release(&r->arena);
	judge_init(r);
	struct judge_case *c = memory_alloc(sizeof(*c));
	c->history = history;
	c->server = server;
	c->last = observe_last(history);
	c->samples = observe_count(history);
	c->result = r;
	for (size_t i = 0; c->last && i < COUNT_OF(diagnoses); i++)
		diagnoses[i].judge(c);
	judge_attribute(c);
	free(c);
}
