/* The states of the pipeline that raise alarms. */
#include "monitor/look.h"

#include <stdio.h>

static struct monitor_watched *alarms_watched(struct monitor_watch *watch, int64_t batch)
{
	struct monitor_watched *free_one = NULL;
	for (int i = 0; i < MONITOR_WATCHED; i++) {
		if (watch->batch[i].batch == batch)
			return &watch->batch[i];
		if (!watch->batch[i].batch && !free_one)
			free_one = &watch->batch[i];
	}
	return free_one;
}

/* A dead container is a reason only while its items have not been taken over. */
static bool alarms_bad(const struct monitor_container *c)
{
	return c->state == MONITOR_STALLED || c->state == MONITOR_FAILING ||
	       (c->state == MONITOR_DEAD && c->in_flight > 0);
}

static void alarms_say_batch(const struct monitor_batch *b, const int64_t by_state[MONITOR_STATES],
			     struct alarm *a)
{
	static const enum monitor_state told[] = {MONITOR_STALLED, MONITOR_DEAD, MONITOR_FAILING};
	char states[120] = "";
	size_t n = 0;
	for (size_t i = 0; i < COUNT_OF(told); i++) {
		if (!by_state[told[i]])
			continue;
		n += (size_t)snprintf(states + n, sizeof(states) - n, "%s%lld %s", n ? ", " : "",
				      (long long)by_state[told[i]], monitor_state_names[told[i]]);
	}
	alarm_say(a->text, "batch %lld (%.*s) is %s; containers: %s; %lld of %lld items are open",
		  (long long)b->id, STR_ARG(b->stage), monitor_state_names[b->state],
		  n ? states : "none works",
		  (long long)(b->total - b->ok - b->failed - b->skipped - b->dead),
		  (long long)b->total);
	alarm_say(
	    a->action, "%s",
	    "'holdfast top' shows the containers, 'holdfast enrich --failed --why' the causes");
}

static void alarms_batch(struct monitor_watch *watch, const struct monitor_batch *b,
			 int64_t wall_us, struct alarms *list)
{
	int64_t by_state[MONITOR_STATES] = {0};
	bool bad = b->state == MONITOR_STALLED || b->state == MONITOR_DEAD ||
		   b->state == MONITOR_FAILING || b->alarm;
	for (size_t i = 0; i < b->containers; i++) {
		const struct monitor_container *c = &b->container[i];
		bad = bad || alarms_bad(c);
		if (!c->finished && (alarms_bad(c) || b->state == MONITOR_DEAD))
			by_state[c->state] += c->folded ? c->folded : 1;
	}
	struct monitor_watched *w = alarms_watched(watch, b->id);
	if (!w) {
		list->dropped++;
		return;
	}
	if (!bad || b->finished) {
		*w = (struct monitor_watched){0};
		return;
	}
	if (!w->looks)
		*w = (struct monitor_watched){.batch = b->id, .since_us = wall_us};
	if (++w->looks < MONITOR_LOOKS)
		return;
	char key[ALARM_KEY];
	snprintf(key, sizeof(key), "pipeline/%lld", (long long)b->id);
	struct alarm *a = alarms_add(list, key, ALARM_WARNING, w->since_us);
	if (a)
		alarms_say_batch(b, by_state, a);
}

/* Forget batches that are no longer shown. */
static void alarms_forget(struct monitor_watch *watch, const struct monitor_view *view)
{
	for (int i = 0; i < MONITOR_WATCHED; i++) {
		bool shown = false;
		for (size_t n = 0; n < view->batches; n++)
			shown = shown || view->batch[n].id == watch->batch[i].batch;
		if (!shown)
			watch->batch[i] = (struct monitor_watched){0};
	}
}

void monitor_alarms(struct monitor_watch *watch, const struct monitor_view *view, const char *why,
		    int64_t wall_us, struct alarms *list)
{
	if (view->known) {
		watch->blind_looks = 0;
		alarms_forget(watch, view);
		for (size_t i = 0; i < view->batches; i++)
			alarms_batch(watch, &view->batch[i], wall_us, list);
		return;
	}
	if (!watch->blind_looks++)
		watch->blind_since_us = wall_us;
	if (watch->blind_looks < MONITOR_BLIND_LOOKS)
		return;
	struct alarm *a = alarms_add(list, "database", ALARM_CRITICAL, watch->blind_since_us);
	if (!a)
		return;
	alarm_say(a->text, "the database does not answer: %s", why);
	alarm_say(a->action, "%s",
		  "'holdfast status' says whether the server runs, 'holdfast heal --once' why not");
}
