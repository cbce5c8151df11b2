#include "heal/incident/incident.h"
#include "heal/ledger/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INCIDENT_HOUR_US INT64_C(3600000000)

enum { INCIDENT_ABSENT_US = 10000000, INCIDENT_PERIODS = 3, INCIDENT_PROBABLE = 5 };

static const char *const state_names[] = {"CLOSED", "SUSPECT", "OPEN", "CURED"};

const char *incident_state_name(enum incident_state state)
{
	return state_names[state];
}

/* ---- from lines ---- */

static struct incident *incident_by_id(struct incidents *all, int64_t id)
{
	for (int i = 0; id && i < INCIDENTS; i++) {
		if (all->incident[i].id == id)
			return &all->incident[i];
	}
	return NULL;
}

const struct incident *incidents_of_id(const struct incidents *all, int64_t id)
{
	return incident_by_id((struct incidents *)all, id);
}

const struct incident *incidents_of_key(const struct incidents *all, const char *key)
{
	const struct incident *best = NULL;
	for (int i = 0; i < INCIDENTS; i++) {
		const struct incident *in = &all->incident[i];
		if (in->id && in->state != INCIDENT_CLOSED && strcmp(in->key, key) == 0 &&
		    (!best || in->id > best->id))
			best = in;
	}
	return best;
}

/* The latest incident of that key that was closed as a mere suspicion at `since` or later; NULL. */
static const struct incident *incidents_dropped(const struct incidents *all, const char *key,
						int64_t since)
{
	const struct incident *best = NULL;
	for (int i = 0; i < INCIDENTS; i++) {
		const struct incident *in = &all->incident[i];
		if (in->id && in->state == INCIDENT_CLOSED && in->dropped && in->since >= since &&
		    strcmp(in->key, key) == 0 && (!best || in->id > best->id))
			best = in;
	}
	return best;
}

static int64_t incident_number(const struct json_value *line, const char *name)
{
	int64_t n;
	return json_i64(json_get(line, name), &n) ? n : 0;
}

/* A place for a new one: a free one, else that of the incident that has been closed longest, else
 * of the oldest. */
static struct incident *incident_place(struct incidents *all)
{
	struct incident *best = &all->incident[0];
	for (int i = 0; i < INCIDENTS; i++) {
		struct incident *in = &all->incident[i];
		bool closed = in->state == INCIDENT_CLOSED,
		     best_closed = best->state == INCIDENT_CLOSED;
		if (!in->id)
			return in;
		if (closed > best_closed || (closed == best_closed && in->id < best->id))
			best = in;
	}
	return best;
}

static enum judge_confidence incident_confidence(struct str name)
{
	for (int i = JUDGE_NOTE; i <= JUDGE_CERTAIN; i++) {
		if (str_eq(name, str_of(judge_confidence_names[i])))
			return (enum judge_confidence)i;
	}
	return JUDGE_PROBABLE;
}

static void incident_apply_finding(struct incidents *all, const struct json_value *line, int64_t t)
{
	int64_t id = incident_number(line, "incident");
	const struct json_value *f = json_get(line, "finding");
	struct incident *in = incident_by_id(all, id);
	double period = 0;
	if (!in) {
		in = incident_place(all);
		*in = (struct incident){.id = id, .first = t, .since = t, .began = t};
		all->last_id = id > all->last_id ? id : all->last_id;
		OBSERVE_SET(in->key, json_text(json_get(f, "key")));
	}
	OBSERVE_SET(in->diagnosis, json_text(json_get(f, "diagnosis")));
	OBSERVE_SET(in->cause, json_text(json_get(f, "cause")));
	in->confidence = incident_confidence(json_text(json_get(f, "confidence")));
	in->seen = in->evidence = t;
	if (str_eq(json_text(json_get(line, "what")), STR("returned"))) {
		in->returns++;
		in->began = t;
	}
	if (json_double(json_get(f, "period_s"), &period))
		in->period_us = (int64_t)(period * 1e6);
	in->k = (int)incident_number(f, "k");
	in->waves = (int)incident_number(f, "waves");
	in->waiters = (int)incident_number(f, "waiters");
	const struct json_value *statements = json_get(f, "statements"),
				*callers = json_get(f, "callers");
	in->statements = statements ? (int)statements->count : 0;
	in->callers = callers ? (int)callers->count : 0;
	in->relief = json_get(f, "relief") != NULL;
}

void incidents_apply(struct incidents *all, const struct json_value *line)
{
	struct str kind = json_text(json_get(line, "kind"));
	int64_t t = incident_number(line, "t");
	struct incident *in = incident_by_id(all, incident_number(line, "incident"));
	if (str_eq(kind, STR("finding"))) {
		incident_apply_finding(all, line, t);
	} else if (str_eq(kind, STR("start"))) {
		all->watched = t;
	} else if (str_eq(kind, STR("trimmed"))) {
		int64_t last = incident_number(line, "incidents");
		all->last_id = last > all->last_id ? last : all->last_id;
	} else if (!in) {
		return;
	} else if (str_eq(kind, STR("breaker"))) {
		for (int s = INCIDENT_CLOSED; s <= INCIDENT_CURED; s++) {
			if (str_eq(json_text(json_get(line, "to")), str_of(state_names[s])))
				in->state = (enum incident_state)s;
		}
		in->since = t;
		in->dropped = str_eq(json_text(json_get(line, "from")),
				     str_of(state_names[INCIDENT_SUSPECT]));
		if (in->state == INCIDENT_OPEN)
			in->began = in->seen = t;
	} else if (str_eq(kind, STR("intent"))) {
		in->acts++;
		all->act_at[all->act_next] = t;
		all->act_next = (all->act_next + 1) % INCIDENT_ACTS_KEPT;
	} else if (str_eq(kind, STR("ack"))) {
		in->acknowledged = incident_number(line, "until");
	}
}

static bool incidents_unclosed(const struct incidents *all)
{
	for (int i = 0; i < INCIDENTS; i++) {
		if (all->incident[i].id && all->incident[i].state != INCIDENT_CLOSED)
			return true;
	}
	return false;
}

bool incidents_keep(const struct incidents *all, const struct json_value *line, int64_t since)
{
	int64_t t = incident_number(line, "t");
	const struct incident *in = incidents_of_id(all, incident_number(line, "incident"));
	if (t >= since)
		return true;
	/* Reports tell what the watcher of then could see. */
	if (str_eq(json_text(json_get(line, "kind")), STR("start")))
		return incidents_unclosed(all);
	if (!in || in->state == INCIDENT_CLOSED)
		return false;
	bool more = str_eq(json_text(json_get(line, "kind")), STR("finding")) &&
		    !str_eq(json_text(json_get(line, "what")), STR("began"));
	return !more || t == in->evidence;
}

/* ---- decisions ---- */

struct incident_case {
	struct incidents *all;
	const struct incident_times *times;
	int64_t now;
	incident_say *say;
	void *ctx;
	struct buf line;
};

static bool incident_say_finding(struct incident_case *c, int64_t id, const char *what,
				 const struct judge_finding *f)
{
	struct json_writer w;
	buf_reset(&c->line);
	ledger_begin(&w, &c->line, "finding", c->now);
	json_member_i64(&w, "incident", id);
	json_member_z(&w, "what", what);
	json_key(&w, "finding");
	incident_put_finding(&w, f);
	return c->say(c->ctx, &w);
}

static void incident_move(struct incident_case *c, const struct incident *in,
			  enum incident_state to, const char *why)
{
	struct json_writer w;
	buf_reset(&c->line);
	ledger_begin(&w, &c->line, "breaker", c->now);
	json_member_i64(&w, "incident", in->id);
	json_member_z(&w, "key", in->key);
	json_member_z(&w, "from", state_names[in->state]);
	json_member_z(&w, "to", state_names[to]);
	json_member_z(&w, "why", why);
	(void)c->say(c->ctx, &w);
}

/* The evidence has become so much more that the ledger should have it. */
static bool incident_grew(const struct incident *in, const struct judge_finding *f)
{
	return f->statements > in->statements || f->callers > in->callers || f->k > in->k ||
	       f->confidence > in->confidence || f->waves > in->waves + in->waves / 2 ||
	       f->waiters > 2 * in->waiters;
}

static int64_t incident_absence(const struct incident *in)
{
	return 2 * in->period_us > INCIDENT_ABSENT_US ? 2 * in->period_us : INCIDENT_ABSENT_US;
}

static void incident_there(struct incident_case *c, struct incident *in,
			   const struct judge_finding *f)
{
	/* Absent only while the healer did not watch: not a return. */
	bool returned = c->now - in->seen >= incident_absence(in) && in->seen >= c->all->watched;
	if (returned || incident_grew(in, f)) {
		if (!incident_say_finding(c, in->id, returned ? "returned" : "grew", f))
			return;
	}
	in->seen = c->now;
	int64_t stays = in->confidence >= JUDGE_HIGH ? INCIDENT_STAYS_US
						     : INCIDENT_STAYS_US * INCIDENT_PROBABLE;
	if (in->state == INCIDENT_CURED)
		incident_move(c, in, INCIDENT_OPEN, "it came back");
	else if (in->state == INCIDENT_SUSPECT && in->returns >= INCIDENT_RETURNS)
		incident_move(c, in, INCIDENT_OPEN, "it came back three times");
	else if (in->state == INCIDENT_SUSPECT && !in->relief && in->confidence >= JUDGE_HIGH)
		incident_move(c, in, INCIDENT_OPEN, "acting cannot help");
	else if (in->state == INCIDENT_SUSPECT && c->now - in->began >= stays)
		incident_move(c, in, INCIDENT_OPEN, "it stays");
}

static void incident_absent(struct incident_case *c, const struct incident *in)
{
	int64_t seen = in->seen > c->all->watched ? in->seen : c->all->watched;
	int64_t cured = c->times->cured_us > INCIDENT_PERIODS * in->period_us
			    ? c->times->cured_us
			    : INCIDENT_PERIODS * in->period_us;
	if (in->state == INCIDENT_SUSPECT && c->now - seen >= cured)
		incident_move(c, in, INCIDENT_CLOSED, "it did not come back");
	else if (in->state == INCIDENT_OPEN && c->now - seen >= cured)
		incident_move(c, in, INCIDENT_CURED, "it is gone");
	else if (in->state == INCIDENT_CURED && c->now - seen >= c->times->closed_us)
		incident_move(c, in, INCIDENT_CLOSED, "it stayed away");
}

/* A new incident, or the suspicion that was dropped not long ago: what comes in waves that are
 * further apart than a suspicion is kept is one thing. NULL: it could not be written. */
static const struct incident *incident_begin(struct incident_case *c, const struct judge_finding *f)
{
	const struct incident *in = incidents_dropped(c->all, f->key, c->now - c->times->closed_us);
	int64_t id = in ? in->id : c->all->last_id + 1;
	if (!incident_say_finding(c, id, in ? "returned" : "began", f))
		return NULL;
	incident_move(c, incidents_of_id(c->all, id), INCIDENT_SUSPECT,
		      in ? "it came back" : "it is there for the first time");
	return incidents_of_id(c->all, id);
}

void incidents_look(struct incidents *all, const struct incident_times *times, int64_t now,
		    const struct judge_result *result, incident_say *say, void *ctx)
{
	struct incident_case c = {.all = all, .times = times, .now = now, .say = say, .ctx = ctx};
	bool there[INCIDENTS] = {false};
	buf_init(&c.line, LEDGER_LINE);
	for (int i = 0; i < result->findings; i++) {
		const struct judge_finding *f = &result->finding[i];
		if (f->confidence == JUDGE_NOTE)
			continue;
		const struct incident *in = incidents_of_key(all, f->key);
		if (!in)
			in = incident_begin(&c, f);
		if (!in)
			continue;
		there[in - all->incident] = true;
		incident_there(&c, &all->incident[in - all->incident], f);
	}
	for (int i = 0; i < INCIDENTS; i++) {
		if (all->incident[i].id && !there[i] && all->incident[i].state != INCIDENT_CLOSED)
			incident_absent(&c, &all->incident[i]);
	}
	buf_release(&c.line);
}

int incidents_acts(const struct incidents *all, int64_t now)
{
	int acts = 0;
	for (int i = 0; i < INCIDENT_ACTS_KEPT; i++)
		acts += all->act_at[i] && now - all->act_at[i] < INCIDENT_HOUR_US;
	return acts;
}

bool incident_allows_act(const struct incident *i)
{
	return i->state == INCIDENT_SUSPECT && i->acts < INCIDENT_ACTS && i->relief;
}

/* ---- a finding as JSON ---- */

static void incident_put_statements(struct json_writer *w, const struct judge_finding *f)
{
	json_key(w, "statements");
	json_array_begin(w);
	for (int i = 0; i < f->statements; i++) {
		const struct judge_statement *s = &f->statement[i];
		json_object_begin(w);
		if (f->k)
			json_member_i64(w, "k", s->k);
		if (s->alone_ms > 0) { /* not of one that has not ended */
			json_key(w, "alone_ms");
			json_put_double(w, s->alone_ms, 1);
		}
		if (s->wasted_s > 0) {
			json_key(w, "repeats_s");
			json_put_double(w, s->wasted_s, 2);
		}
		json_member_z(w, "route", s->route);
		json_member_z(w, "text", s->text);
		json_object_end(w);
	}
	json_array_end(w);
}

static void incident_put_waves(struct json_writer *w, const struct judge_finding *f)
{
	json_member_i64(w, "waves", f->waves);
	json_key(w, "period_s");
	json_put_double(w, f->period_s, 2);
	json_key(w, "period_spread_s");
	json_put_double(w, f->period_spread_s, 2);
	json_key(w, "wave");
	json_array_begin(w);
	for (int i = 0; i < f->waves_kept; i++) {
		const struct judge_wave *v = &f->wave[i];
		json_object_begin(w);
		json_member_i64(w, "start", v->start);
		json_member_i64(w, "end", v->end);
		json_member_i64(w, "k", v->k);
		json_member_i64(w, "calls", v->calls);
		json_key(w, "busy_s");
		json_put_double(w, v->busy_s, 2);
		json_key(w, "repeats_s");
		json_put_double(w, v->repeats_s, 2);
		json_object_end(w);
	}
	json_array_end(w);
}

void incident_put_finding(struct json_writer *w, const struct judge_finding *f)
{
	json_object_begin(w);
	json_member_z(w, "diagnosis", judge_name(f->id));
	json_member_z(w, "title", judge_title(f->id));
	json_member_z(w, "confidence", judge_confidence_names[f->confidence]);
	json_member_z(w, "key", f->key);
	json_member_z(w, "cause", f->cause);
	json_member_z(w, "do", f->action);
	json_member_z(w, "until", f->until);
	json_member_z(w, "sure", f->sure);
	json_key(w, "session_seconds");
	json_put_double(w, f->seconds, 1);
	if (f->pid)
		json_member_i64(w, "pid", f->pid);
	if (f->waiters)
		json_member_i64(w, "waiters", f->waiters);
	if (f->relief) {
		json_member_z(w, "relief", f->relief == JUDGE_CANCEL ? "cancel" : "terminate");
		json_member_i64(w, "target", f->target);
	}
	if (f->k)
		json_member_i64(w, "k", f->k);
	if (f->waves)
		incident_put_waves(w, f);
	json_key(w, "callers");
	json_array_begin(w);
	for (int i = 0; i < f->callers; i++)
		json_put_z(w, f->caller[i]);
	json_array_end(w);
	if (f->recipe[0])
		json_member_z(w, "recipe", f->recipe);
	incident_put_statements(w, f);
	json_object_end(w);
}
