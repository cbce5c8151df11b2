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

static void judge_attribute(struct judge_case *c)
{
	struct judge_result *r = c->result;
	for (int i = 0; i < c->samples; i++) {
		const struct observe_sample *sample = judge_sample(c, i);
		double span = judge_span(c, i);
		r->window_s += span;
		for (int s = 0; s < sample->sessions; s++) {
			if (!judge_counts(&sample->session[s]))
				continue;
			r->total_s += span;
			if (c->claimed[i][s])
				continue;
			r->unknown_s += span;
			judge_add_wait(c, &sample->session[s], span);
		}
	}
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
