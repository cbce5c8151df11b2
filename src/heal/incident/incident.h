/* Incidents: findings over time. One for each key of a finding, which names diagnosis, caller and
 * object, so that a herd of fourteen statements is one incident.
 *
 *   CLOSED --first--> SUSPECT --3rd return, or it stays (below)--> OPEN
 *   SUSPECT --absent for max(3 periods, cured_us)--> CLOSED --again, within closed_us--> SUSPECT
 *   OPEN --absent for max(3 periods, cured_us)--> CURED --absent for closed_us--> CLOSED
 *   CURED --again--> OPEN
 *
 * In SUSPECT relief may be tried, INCIDENT_ACTS times at most; from OPEN on it may not: what
 * comes again and again, or stays, is not cured by it. A finding without relief opens at once
 * when it is at least "high"; others when they have been there for INCIDENT_STAYS_US ("probable":
 * five times as long). A return is the same key after an absence of max(2 periods, 10 s).
 *
 * Pure. What changes the state is a line of the ledger (heal/ledger): incidents_look decides and
 * hands the line to `say`, incidents_apply takes it when it has been written, also at a restart,
 * from the lines of the past. A line that could not be written has changed nothing.
 */
#ifndef HEAL_INCIDENT_INCIDENT_H
#define HEAL_INCIDENT_INCIDENT_H

#include "heal/judge/judge.h"
#include "base/json.h"

enum {
	INCIDENTS = 128, /* the oldest closed ones are forgotten; the ledger has them */
	INCIDENT_KEY = 256,
	INCIDENT_ACTS = 3,
	INCIDENT_ACTS_KEPT = 64,
	INCIDENT_RETURNS = 3,
	INCIDENT_STAYS_US = 60000000
};

enum incident_state { INCIDENT_CLOSED, INCIDENT_SUSPECT, INCIDENT_OPEN, INCIDENT_CURED };
const char *incident_state_name(enum incident_state state);

struct incident {
	int64_t id; /* from 1; 0: this place is free */
	char key[INCIDENT_KEY], diagnosis[32], cause[OBSERVE_TEXT];
	enum incident_state state;
	enum judge_confidence confidence;
	int64_t first, since; /* us: when it was first there, when the state began */
	int64_t seen;         /* when it was there last */
	int64_t evidence;     /* "t" of its last line "finding" */
	int64_t began;        /* when it came, this time */
	int64_t period_us;
	int64_t acknowledged; /* until when; 0: it is not */
	int returns, acts;
	int k, waves, waiters, statements, callers; /* as the ledger has them */
	bool relief;
	bool dropped; /* CLOSED as a suspicion: it goes on when it comes back */
};

struct incident_times {
	int64_t cured_us, closed_us;
};

struct incidents {
	struct incident incident[INCIDENTS];
	int64_t last_id;
	int64_t act_at[INCIDENT_ACTS_KEPT]; /* when the last acts were, a ring */
	int act_next;
	int64_t watched; /* since when this process looks: earlier absences were not seen */
};

/* Write the line (ledger_append ends it); false: it could not be written. */
typedef bool incident_say(void *ctx, struct json_writer *line);

void incidents_apply(struct incidents *all, const struct json_value *line);
/* The findings of now. Notes are no incidents. */
void incidents_look(struct incidents *all, const struct incident_times *times, int64_t now,
		    const struct judge_result *result, incident_say *say, void *ctx);
/* The incident of that key or number; NULL. */
const struct incident *incidents_of_key(const struct incidents *all, const char *key);
const struct incident *incidents_of_id(const struct incidents *all, int64_t id);
/* Whether a line of the ledger is still needed when those before `since` are dropped: of incidents
 * that are not closed, all but the findings between the first and the last, and who watched. */
bool incidents_keep(const struct incidents *all, const struct json_value *line, int64_t since);
/* Acts in the hour before `now`. */
int incidents_acts(const struct incidents *all, int64_t now);
/* Whether relief may be tried. */
bool incident_allows_act(const struct incident *i);

/* A finding as JSON: what the ledger, --json and reports have of it. */
void incident_put_finding(struct json_writer *w, const struct judge_finding *f);

/* Write into the ledger that an incident is known: no notification for so long. Beside the watcher
 * of the ledger, which reads it with its next step. NOT_FOUND: there is no such incident. */
MUST_CHECK enum status incident_acknowledge(const char *ledger, int64_t id, int64_t for_us,
					    struct err *err);

#endif
