#include "heal/watch/published.h"
#include "heal/watch/watch.h"

#include <stdio.h>
#include <string.h>

static void publish_alarms(const struct incidents *all, int64_t now, struct alarms *list)
{
	alarms_init(list);
	for (int i = 0; all && i < INCIDENTS; i++) {
		const struct incident *in = &all->incident[i];
		char key[ALARM_KEY];
		if (!in->id || in->state != INCIDENT_OPEN || in->acknowledged > now)
			continue;
		snprintf(key, sizeof(key), "heal/%lld", (long long)in->id);
		struct alarm *a = alarms_add(
		    list, key, in->confidence == JUDGE_CERTAIN ? ALARM_CRITICAL : ALARM_WARNING,
		    in->first);
		if (!a)
			continue;
		alarm_say(a->text, "%s: %s", in->diagnosis, in->cause);
		alarm_say(a->action, "'holdfast heal --report %lld' says what to do and why",
			  (long long)in->id);
	}
}

static void publish_finding(const struct incidents *all, const struct judge_finding *f,
			    struct heal_published_finding *out)
{
	const struct incident *in = all ? incidents_of_key(all, f->key) : NULL;
	*out = (struct heal_published_finding){0};
	OBSERVE_SET(out->diagnosis, str_of(judge_name(f->id)));
	OBSERVE_SET(out->confidence, str_of(judge_confidence_names[f->confidence]));
	OBSERVE_SET(out->key, str_of(f->key));
	OBSERVE_SET(out->cause, str_of(f->cause));
	OBSERVE_SET(out->action, str_of(f->action));
	OBSERVE_SET(out->until, str_of(f->until));
	out->incident = in ? in->id : 0;
	out->since_us = in ? in->first : 0;
}

static void publish_sessions(const struct observe_sample *s, struct heal_published *out)
{
	out->sessions_active = out->sessions_in_transaction = out->sessions_waiting = 0;
	out->sessions_idle = (uint64_t)s->idle;
	for (int i = 0; i < s->sessions; i++) {
		const struct observe_session *o = &s->session[i];
		bool waits = strcmp(o->wait_type, "Lock") == 0;
		if (o->kind != OBSERVE_CLIENT)
			continue;
		out->sessions_waiting += waits;
		out->sessions_active += o->state == OBSERVE_ACTIVE && !waits;
		out->sessions_in_transaction += o->state == OBSERVE_IN_TRANSACTION;
	}
}

void heal_publish(const struct watch *w, int64_t wall_us, struct heal_published *out)
{
	const struct incidents *all = watch_incidents(w);
	const struct judge_result *r = watch_result(w);
	const struct observe_sample *last = observe_last(watch_history(w));
	publish_alarms(all, wall_us, &out->alarms);
	out->at_us = wall_us;
	out->known = last->reach == OBSERVE_REACHED;
	out->samples++;
	out->missed += !out->known;
	out->ledger_errors += watch_ledger_problem(w)[0] != '\0';
	out->sample_seconds = watch_took(w);
	out->load = r->load;
	out->unknown = r->window_s > 0 ? r->unknown_s / r->window_s : 0;
	out->cancels = (uint64_t)watch_acts(w, JUDGE_CANCEL);
	out->terminates = (uint64_t)watch_acts(w, JUDGE_TERMINATE);
	publish_sessions(last, out);
	out->count = 0;
	for (int i = 0; i < r->findings && out->count < HEAL_PUBLISHED_FINDINGS; i++)
		if (r->finding[i].confidence != JUDGE_NOTE)
			publish_finding(all, &r->finding[i], &out->finding[out->count++]);
	memset(out->incidents, 0, sizeof(out->incidents));
	for (int i = 0; all && i < INCIDENTS; i++)
		if (all->incident[i].id)
			out->incidents[all->incident[i].state]++;
}
