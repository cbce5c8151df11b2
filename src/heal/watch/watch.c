#include "heal/watch/watch.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "heal/incident/report.h"
#include "heal/ledger/ledger.h"
#include "observe/pooler/pooler.h"
#include "observe/server/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	WATCH_GAP_US = 10000000, /* beside three intervals */
	WATCH_GAP_INTERVALS = 3,
	WATCH_STEP_US = 2000000,
	WATCH_STALE_US = 5000000, /* no act on what was seen longer ago */
	WATCH_SEEN_AFTER = 2,     /* samples after an act */
	WATCH_TRIMS = 30,         /* the ledger is trimmed so often in the time that it keeps */
	WATCH_RELIEF = 640,
	WATCH_FOLLOWED = 16 /* acts whose outcome is looked at later */
};

#define WATCH_ACKNOWLEDGED_US INT64_C(3600000000)

static const int watch_outcomes_min[] = {1, 5, 60};

/* An act that is followed. */
struct watch_followed {
	int64_t incident, at; /* at 0: this place is free */
	enum judge_relief relief;
	struct observe_session target;
	bool lost;   /* the connection broke before the answer: perhaps it was never sent */
	int samples; /* since; -1: "done" is written */
	int outcomes;
};

struct watch {
	struct incident_times times;
	struct observer *observer;
	struct poolers *poolers;
	struct observe_history *history;
	struct judge_result result;
	struct incidents incidents;
	struct ledger *ledger;    /* NULL: none */
	bool writes;              /* this process is the ledger's watcher */
	int lock;                 /* of the watcher; -1: none */
	struct err problem;       /* of the ledger; "": none */
	int64_t keep_us, trimmed; /* lines of the ledger; when they were looked at last */
	struct permit *permit;
	watch_act *act;
	int hold; /* samples until an act is possible */
	int64_t every_us;
	int64_t server_start, sampled;
	bool standby;
	/* The server's clock: the latest time it has shown, and the latest it had shown when it was
	 * set forward. What began until then looks older than it is. */
	int64_t shown, unsure;
	char relief[WATCH_RELIEF];
	struct watch_followed followed[WATCH_FOLLOWED];
	/* The time of incidents: the wall clock at the start, and what the monotonic one has
	 * counted since, so that a step of the wall clock moves nothing. */
	int64_t wall, monotonic;
	int64_t stepped; /* how far the wall clock is from that */
	int64_t looked;  /* the last step, by watch_now; 0: none */
	int64_t acts[JUDGE_TERMINATE + 1];
};

static int64_t watch_now(const struct watch *w)
{
	return w->wall + (clock_us() - w->monotonic);
}

const struct observe_history *watch_history(const struct watch *w)
{
	return w->history;
}

const struct observe_server *watch_server(const struct watch *w)
{
	return observer_server(w->observer);
}

const struct judge_result *watch_result(const struct watch *w)
{
	return &w->result;
}

const struct incidents *watch_incidents(const struct watch *w)
{
	return w->ledger ? &w->incidents : NULL;
}

double watch_took(const struct watch *w)
{
	return observer_took(w->observer);
}

const char *watch_relief(const struct watch *w)
{
	return w->relief;
}

int64_t watch_acts(const struct watch *w, enum judge_relief relief)
{
	return w->acts[relief];
}

int watch_bouncers(const struct watch *w, const char **problem)
{
	*problem = poolers_problem(w->poolers);
	return poolers_count(w->poolers);
}

const char *watch_ledger_problem(const struct watch *w)
{
	return w->problem.text;
}

/* ---- the ledger ---- */

static void watch_apply(void *ctx, const struct json_value *line)
{
	struct watch *w = ctx;
	incidents_apply(&w->incidents, line);
}

static bool watch_say(void *ctx, struct json_writer *line)
{
	struct watch *w = ctx;
	if (!w->writes)
		return false;
	bool ok = ledger_append(w->ledger, line, true, &w->problem) == OK;
	if (ok)
		w->problem.text[0] = '\0';
	return ok;
}

static void watch_say_start(struct watch *w)
{
	struct json_writer j;
	struct buf line;
	const struct observe_server *server = watch_server(w);
	buf_init(&line, LEDGER_LINE);
	ledger_begin(&j, &line, "start", watch_now(w));
	json_member_z(&j, "database", server->database);
	json_member_z(&j, "version", server->version_text);
	json_member_i64(&j, "acts", w->act != NULL);
	json_member_i64(&j, "poolers", poolers_count(w->poolers));
	watch_say(w, &j);
	buf_release(&line);
}

static void watch_say_gap(struct watch *w, const char *why, int64_t seconds)
{
	struct json_writer j;
	struct buf line;
	buf_init(&line, LEDGER_LINE);
	ledger_begin(&j, &line, "gap", watch_now(w));
	json_member_z(&j, "why", why);
	json_member_i64(&j, "seconds", seconds);
	watch_say(w, &j);
	buf_release(&line);
}

static bool watch_keeps(void *ctx, const struct json_value *line)
{
	const struct watch *w = ctx;
	return incidents_keep(&w->incidents, line, watch_now(w) - w->keep_us);
}

/* Drop what is older than heal.keep, now and then. */
static void watch_trim(struct watch *w, int64_t now)
{
	struct json_writer j;
	struct buf line;
	if (!w->writes || (w->trimmed && now - w->trimmed < w->keep_us / WATCH_TRIMS))
		return;
	w->trimmed = now;
	buf_init(&line, LEDGER_LINE);
	ledger_begin(&j, &line, "trimmed", now);
	json_member_i64(&j, "incidents", w->incidents.last_id);
	(void)!ledger_trim(w->ledger, &j, watch_keeps, w, &w->problem);
	buf_release(&line);
}

/* Become the watcher of the ledger, or its reader when another process is. */
static enum status watch_open_ledger(struct watch *w, const char *path, struct err *err)
{
	char lock[LEDGER_PATH];
	if (snprintf(lock, sizeof(lock), "%s.watcher", path) >= (int)sizeof(lock))
		return err_set(err, TOO_LARGE, "%s: the path is too long", path);
	enum status status = folder_create(lock, O_RDWR, 0600, &w->lock, err);
	if (status != OK)
		return status;
	w->writes = flock(w->lock, LOCK_EX | LOCK_NB) == 0;
	if (w->writes)
		return ledger_open(&w->ledger, path, watch_apply, w, err);
	err_set(&w->problem, CONFLICT, "another process watches and writes it");
	return ledger_open_read(&w->ledger, path, watch_apply, w, err);
}

/* ---- life ---- */

void watch_settings(struct watch_options *o, const struct config *c)
{
	o->times.cured_us = config_number(c, CONFIG_HEAL_CURED_AFTER) * 1000;
	o->times.closed_us = config_number(c, CONFIG_HEAL_CLOSED_AFTER) * 1000;
	o->keep_us = config_number(c, CONFIG_HEAL_KEEP) * 1000;
	o->bouncers = config_text(c, CONFIG_HEAL_BOUNCER);
	o->permit =
	    (struct permit_settings){.allow = config_text(c, CONFIG_HEAL_ALLOW),
				     .protect = config_text(c, CONFIG_HEAL_PROTECT),
				     .maintenance = config_text(c, CONFIG_HEAL_MAINTENANCE),
				     .acts_per_hour = config_number(c, CONFIG_HEAL_ACTS_PER_HOUR)};
}

enum status watch_open(struct watch **out, const struct watch_options *options, struct err *err)
{
	struct watch *w = memory_alloc(sizeof(*w));
	enum status status = OK, server = OK;
	w->times = options->times;
	w->keep_us = options->keep_us;
	w->every_us = options->every_ms * 1000;
	w->history = observe_history_new();
	w->lock = -1;
	w->wall = clock_wall_us();
	w->monotonic = clock_us();
	w->act = options->act;
	w->hold = OBSERVE_WINDOW;
	judge_init(&w->result);
	status = permit_new(&w->permit, &options->permit, err);
	if (status == OK)
		status = poolers_open(&w->poolers, options->bouncers, "holdfast heal", err);
	if (status == OK && options->ledger)
		status = watch_open_ledger(w, options->ledger, err);
	if (status == OK)
		status = server =
		    observer_open(&w->observer, options->conninfo, "holdfast heal", err);
	if (!w->observer) {
		watch_close(w);
		w = NULL;
	} else if (w->ledger) {
		watch_say_start(w);
	}
	*out = w;
	return status == OK ? server : status;
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	observer_close(w->observer);
	poolers_close(w->poolers);
	ledger_close(w->ledger);
	if (w->lock >= 0)
		close(w->lock);
	permit_free(w->permit);
	judge_release(&w->result);
	observe_history_free(w->history);
	free(w);
}

/* ---- lines about acts ---- */

/* A line about an act that is followed. */
static void watch_begin_line(struct watch *w, struct json_writer *j, struct buf *line,
			     const char *kind, int64_t incident)
{
	buf_init(line, LEDGER_LINE);
	ledger_begin(j, line, kind, watch_now(w));
	json_member_i64(j, "incident", incident);
}

static void watch_say_done(struct watch *w, int64_t incident, const char *seen)
{
	struct json_writer j;
	struct buf line;
	watch_begin_line(w, &j, &line, "done", incident);
	json_member_z(&j, "seen", seen);
	watch_say(w, &j);
	buf_release(&line);
}

/* ---- gaps ---- */

/* Time in which the healer did not watch, and steps of the clock: neither is an absence of
 * findings, and after both the window has to fill again before anything is done. */
static void watch_note_gaps(struct watch *w, int64_t now)
{
	int64_t stepped = clock_wall_us() - now, step = llabs(stepped - w->stepped);
	if (w->looked && now - w->looked > WATCH_GAP_US + WATCH_GAP_INTERVALS * w->every_us) {
		watch_say_gap(w, "this process did not run", (now - w->looked) / 1000000);
		w->incidents.watched = now;
		w->hold = OBSERVE_WINDOW;
	}
	if (w->looked && step > WATCH_STEP_US) {
		watch_say_gap(w, "the clock of this machine was set", step / 1000000);
		w->hold = OBSERVE_WINDOW;
	}
	w->stepped = stepped;
	w->looked = now;
}

/* Acts that were done at a server that no longer answers: what came of them cannot be seen. */
static void watch_leave_server(struct watch *w)
{
	for (int i = 0; i < WATCH_FOLLOWED; i++) {
		struct watch_followed *a = &w->followed[i];
		if (a->at && a->samples >= 0)
			watch_say_done(w, a->incident, "not known: another server answers");
		a->at = 0;
	}
}

/* Log how the last sample differs: server away or another one, clock set, counters reset. */
static void watch_note_server(struct watch *w, const struct observe_sample *last, int64_t took)
{
	bool changed =
	    last->server_start && w->server_start && last->server_start != w->server_start;
	/* It was running before the one that answered until now. */
	bool other = changed && last->server_start < w->shown;
	int64_t step = w->sampled ? last->at - w->sampled - took : 0;
	if (last->reach != OBSERVE_REACHED) {
		w->hold = OBSERVE_WINDOW;
		w->sampled = 0;
		return;
	}
	if (other)
		watch_leave_server(w);
	if (changed)
		watch_say_gap(w, other ? "another server answers" : "the server was restarted", 0);
	else if (llabs(step) > WATCH_STEP_US)
		watch_say_gap(w, "the clock of the server was set, or the sample took long",
			      llabs(step) / 1000000);
	bool promoted = !changed && w->standby && !watch_server(w)->standby;
	if (promoted)
		watch_say_gap(w, "the standby was promoted", 0);
	w->standby = watch_server(w)->standby;
	if (step > WATCH_STEP_US)
		w->unsure = w->shown;
	if (last->statistics_reset)
		watch_say_gap(w, "the statistics of statements were reset", 0);
	if (changed || promoted || llabs(step) > WATCH_STEP_US || last->statistics_reset)
		w->hold = OBSERVE_WINDOW;
	if (w->hold) /* this sample is the first of the window */
		w->hold--;
	w->server_start = last->server_start;
	w->sampled = last->at;
	w->shown = last->at > w->shown || other ? last->at : w->shown;
}

/* ---- relief ---- */

static bool watch_say_intent(struct watch *w, const struct incident *in,
			     const struct judge_finding *f, const struct observe_session *s)
{
	struct json_writer j;
	struct buf line;
	watch_begin_line(w, &j, &line, "intent", in->id);
	json_member_z(&j, "act", f->relief == JUDGE_CANCEL ? "cancel" : "terminate");
	json_member_i64(&j, "pid", s->pid);
	json_member_z(&j, "who", s->application);
	json_member_z(&j, "role", s->role);
	json_member_i64(&j, "backend_start", s->backend_start);
	json_member_i64(&j, "xact_start", s->xact_start);
	json_member_i64(&j, "query_start", s->query_start);
	json_member_z(&j, "text", s->text.text);
	bool ok = watch_say(w, &j);
	buf_release(&line);
	return ok;
}

static void watch_follow(struct watch *w, int64_t incident, enum judge_relief relief,
			 const struct observe_session *s, bool lost, int64_t now)
{
	struct watch_followed *place = &w->followed[0];
	for (int i = 0; i < WATCH_FOLLOWED; i++) { /* a free one, else the oldest */
		if (w->followed[i].at < place->at)
			place = &w->followed[i];
	}
	*place = (struct watch_followed){
	    .incident = incident, .at = now, .relief = relief, .target = *s, .lost = lost};
}

/* Whether the session is what the act was for: it has not gone on since. */
static bool watch_is_target(const struct watch_followed *a, const struct observe_session *s)
{
	return s->pid == a->target.pid && s->backend_start == a->target.backend_start &&
	       s->xact_start == a->target.xact_start &&
	       (a->relief == JUDGE_TERMINATE || s->query_start == a->target.query_start);
}

/* Whether the same was done to the session as it is now, or may come into effect yet. */
static bool watch_was_done(const struct watch *w, enum judge_relief relief,
			   const struct observe_session *s)
{
	for (int i = 0; i < WATCH_FOLLOWED; i++) {
		const struct watch_followed *a = &w->followed[i];
		bool failed = a->lost && a->samples < 0; /* it was looked for, and "still" there */
		if (a->at && a->relief == relief && !failed && watch_is_target(a, s))
			return true;
	}
	return false;
}

/* Why this process does not relieve the finding, whatever heal.allow says; NULL: it may. */
static const char *watch_refuses(const struct watch *w, const struct judge_finding *f,
				 const struct incident *in, const struct observe_session *s)
{
	int64_t began = f->relief == JUDGE_CANCEL ? s->query_start : s->state_change;
	if (in && !incident_allows_act(in))
		return in->acts >= INCIDENT_ACTS ? "it was done three times and did not cure"
						 : "the incident is open: acting does not cure it";
	if (w->hold)
		return "the window has to fill first";
	if (began <= w->unsure)
		return "the server's clock was set since it began: how long it lasts is not known";
	if (watch_was_done(w, f->relief, s))
		return "it was done, and the session is as it was";
	if (!w->act)
		return "--act is not given";
	if (!w->writes || !in)
		return "the ledger cannot be written";
	return NULL;
}

/* The act itself, after its intent. What a broken connection leaves open is seen by the next
 * samples: the server may have got the statement. */
static void watch_do(struct watch *w, const struct incident *in, const struct judge_finding *f,
		     const struct observe_session *s, int64_t now)
{
	struct db *db = observer_db(w->observer);
	const char *what = f->relief == JUDGE_CANCEL ? "cancel" : "terminate";
	const char *came = "";
	struct err err;
	bool done = false;
	enum status status = OK;
	if (watch_now(w) - now > WATCH_STALE_US) {
		came = ": no, it was seen too long ago by now";
		watch_say_done(w, in->id, "not sent: it was seen too long ago");
	} else if ((status = w->act(db, watch_server(w), f->relief, s, &done, &err)) == DENIED) {
		watch_say_done(w, in->id, err.text);
	} else if (status == OK && !done) {
		came = ": it is another session by now";
		watch_say_done(w, in->id, "not sent: another session");
	} else {
		w->acts[f->relief]++;
		watch_follow(w, in->id, f->relief, s, status != OK, now);
	}
	snprintf(w->relief, sizeof(w->relief), "%s process %d (%s)%s%s", what, s->pid,
		 s->application, status == OK ? came : ": ", status == OK ? "" : err.text);
}

/* Relief for a finding: `relief` says what is done, or why nothing is. True: an intent was
 * written. */
static bool watch_relieve(struct watch *w, const struct judge_finding *f, int64_t now)
{
	const struct observe_sample *last = observe_last(w->history);
	const struct observe_session *s = observe_session_of(last, f->target);
	const struct incident *in = incidents_of_key(&w->incidents, f->key);
	const char *what = f->relief == JUDGE_CANCEL ? "cancel" : "terminate", *why = NULL;
	if (!s)
		return false;
	why = permit_refuses(w->permit, f, s, last->at, clock_wall_us(),
			     incidents_acts(&w->incidents, now));
	if (!why)
		why = watch_refuses(w, f, in, s);
	if (!why && !observer_db(w->observer))
		why = "the server is away";
	if (!why && watch_now(w) - now > WATCH_STALE_US)
		why = "it was seen too long ago";
	if (!why && !watch_say_intent(w, in, f, s))
		why = "the intent could not be written";
	if (why)
		snprintf(w->relief, sizeof(w->relief), "would %s process %d (%s): no, %s", what,
			 s->pid, s->application, why);
	else
		watch_do(w, in, f, s, now);
	return !why;
}

/* What is there of the target of an act now. */
static const char *watch_seen(const struct watch *w, const struct watch_followed *a)
{
	const struct observe_sample *last = observe_last(w->history);
	const struct observe_session *s = observe_session_of(last, a->target.pid);
	char caller[OBSERVE_NAME], other[OBSERVE_NAME];
	if (s && watch_is_target(a, s))
		return "still";
	observe_caller(&a->target, caller);
	for (int i = 0; i < last->sessions; i++) {
		const struct observe_session *o = &last->session[i];
		observe_caller(o, other);
		if (o->fingerprint == a->target.fingerprint && o->state != OBSERVE_IDLE &&
		    o->query_start > a->target.query_start && strcmp(caller, other) == 0)
			return "gone, and another began";
	}
	return "gone";
}

static void watch_say_outcome(struct watch *w, const struct watch_followed *a, int minutes)
{
	struct json_writer j;
	struct buf line;
	const struct observe_sample *last = observe_last(w->history);
	const struct incident *in = incidents_of_id(&w->incidents, a->incident);
	int waiters = 0;
	for (int i = 0; i < last->sessions; i++)
		waiters += last->session[i].blockers > 0;
	watch_begin_line(w, &j, &line, "outcome", a->incident);
	json_member_i64(&j, "minutes", minutes);
	json_key(&j, "load");
	json_put_double(&j, w->result.load, 2);
	json_member_i64(&j, "waiters", waiters);
	json_member_i64(&j, "there", in && w->looked - in->seen < WATCH_STEP_US);
	watch_say(w, &j);
	buf_release(&line);
}

static void watch_follow_up(struct watch *w, int64_t now)
{
	if (observe_last(w->history)->reach != OBSERVE_REACHED)
		return;
	for (int i = 0; i < WATCH_FOLLOWED; i++) {
		struct watch_followed *a = &w->followed[i];
		if (!a->at)
			continue;
		if (a->samples >= 0 && ++a->samples >= WATCH_SEEN_AFTER) {
			watch_say_done(w, a->incident, watch_seen(w, a));
			a->samples = -1;
		}
		if (now - a->at < watch_outcomes_min[a->outcomes] * INT64_C(60000000))
			continue;
		watch_say_outcome(w, a, watch_outcomes_min[a->outcomes]);
		if (++a->outcomes == COUNT_OF(watch_outcomes_min))
			a->at = 0;
	}
}

/* ---- what keys of the screen ask for ---- */

static int64_t watch_shown_incident(const struct watch *w)
{
	for (int i = 0; w->ledger && i < w->result.findings; i++) {
		const struct judge_finding *f = &w->result.finding[i];
		const struct incident *in =
		    f->confidence > JUDGE_NOTE ? incidents_of_key(&w->incidents, f->key) : NULL;
		if (in)
			return in->id;
	}
	return 0;
}

bool watch_report(const struct watch *w, struct buf *out)
{
	struct err ignored;
	int64_t id = watch_shown_incident(w);
	if (!id && w->ledger)
		id = w->incidents.last_id;
	return id && incident_report_read(ledger_path(w->ledger), id, false, out, &ignored) == OK;
}

void watch_acknowledge(struct watch *w)
{
	int64_t id = watch_shown_incident(w);
	struct err err;
	if (!id)
		return;
	enum status status =
	    incident_acknowledge(ledger_path(w->ledger), id, WATCH_ACKNOWLEDGED_US, &err);
	if (status == OK)
		status = ledger_poll(w->ledger, &err);
	if (status != OK)
		w->problem = err;
}

void watch_step(struct watch *w)
{
	struct err away, ignored; /* the sample says that the server is away */
	int64_t began = watch_now(w), before = w->looked;
	struct observe_sample *sample = observe_next(w->history);
	observer_sample(w->observer, sample, &away);
	poolers_sample(w->poolers, sample);
	for (int i = 0; i < sample->sessions; i++)
		sample->session[i].excused |= permit_protects(w->permit, &sample->session[i]);
	observe_push(w->history);
	judge_run(w->history, watch_server(w), &w->result);
	w->relief[0] = '\0';
	if (w->ledger && ledger_poll(w->ledger, &ignored) != OK && !w->problem.text[0])
		w->problem = ignored;
	watch_note_gaps(w, began);
	watch_note_server(w, observe_last(w->history), before ? began - before : 0);
	if (w->ledger) {
		incidents_look(&w->incidents, &w->times, began, &w->result, watch_say, w);
		watch_follow_up(w, began);
		watch_trim(w, began);
	}
	for (int i = 0; i < w->result.findings; i++) {
		if (w->result.finding[i].relief && watch_relieve(w, &w->result.finding[i], began))
			break; /* one act a sample */
	}
}
