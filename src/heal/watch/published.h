/* What holdfast-heal publishes in the scoreboard, for holdfast-notify, /metrics and /ops. */
#ifndef HEAL_WATCH_PUBLISHED_H
#define HEAL_WATCH_PUBLISHED_H

#include "process/alarm.h"

enum { HEAL_PUBLISHED_FINDINGS = 8, HEAL_PUBLISHED_NAME = 32, HEAL_PUBLISHED_KEY = 128 };

struct heal_published_finding {
	char diagnosis[HEAL_PUBLISHED_NAME], confidence[HEAL_PUBLISHED_NAME];
	char key[HEAL_PUBLISHED_KEY];
	char cause[ALARM_TEXT], action[ALARM_TEXT], until[ALARM_TEXT];
	int64_t incident; /* 0: none yet */
	int64_t since_us;
};

/* Fixed size; texts are terminated. */
struct heal_published {
	struct alarms alarms; /* incidents that are open and not acknowledged */
	int64_t at_us;        /* of the sample, since 1970 */
	uint32_t known;       /* the server answered the last sample */
	uint32_t count;       /* findings */
	double load, unknown; /* sessions on average over the window */
	uint64_t sessions_active, sessions_idle, sessions_in_transaction, sessions_waiting;
	uint64_t incidents[4]; /* by enum incident_state */
	uint64_t samples, missed, cancels, terminates, ledger_errors;
	double sample_seconds; /* the last sample */
	struct heal_published_finding finding[HEAL_PUBLISHED_FINDINGS];
};

struct watch;

/* As of the last step; `out` is also what was published before, for the counters. */
void heal_publish(const struct watch *w, int64_t wall_us, struct heal_published *out);

#endif
