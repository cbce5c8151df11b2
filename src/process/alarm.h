/* Alarms: conditions of which the operator is told (notify.command).
 *
 * A process that detects conditions publishes, in its region of the scoreboard, the list of those
 * that are present now; holdfast-notify reads the lists, and what is no longer listed is over. So
 * no message can be lost or sent twice, and a process that restarts says the same again. While it
 * is dead its alarms stay as they were.
 *
 * The key names the condition ("process/web/1", "heal/7"): up to the first slash it is its kind,
 * and each kind is detected by one class of processes (notify/notify.h has the table).
 */
#ifndef PROCESS_ALARM_H
#define PROCESS_ALARM_H

#include "base/str.h"
#include "base/fatal.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum { ALARM_KEY = 96, ALARM_TEXT = 400, ALARMS_MAX = 16 };

enum alarm_severity { ALARM_WARNING, ALARM_CRITICAL };
extern const char *const alarm_severity_names[];

struct alarm {
	char key[ALARM_KEY];
	char text[ALARM_TEXT];   /* what is wrong, one sentence */
	char action[ALARM_TEXT]; /* what to do first */
	int64_t since_us;        /* since 1970 */
	uint32_t severity, unused;
};

/* Published as it is, at the start of a region; a process may publish more behind it. */
struct alarms {
	uint64_t form; /* differs between builds that cannot read one another */
	uint32_t count;
	uint32_t dropped; /* present, but there was no room */
	struct alarm alarm[ALARMS_MAX];
};

void alarms_init(struct alarms *list);
/* The new one, for texts; over ALARMS_MAX NULL, and the alarm counts as dropped. */
struct alarm *alarms_add(struct alarms *list, const char *key, enum alarm_severity severity,
			 int64_t since_us);
/* Cut at a character when it is too long. */
void alarm_say(char out[ALARM_TEXT], const char *fmt, ...) PRINTF(2, 3);

/* What another process has published; the texts are terminated and valid UTF-8. False: it is no
 * list of alarms of this build. */
MUST_CHECK bool alarms_take(struct str published, struct alarms *out);

#endif
