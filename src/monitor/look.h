/* Reading the pipeline's state over a connection of one's own: for `holdfast top`, and for
 * holdfast-monitor, which raises alarms about it. */
#ifndef MONITOR_LOOK_H
#define MONITOR_LOOK_H

#include "monitor/monitor.h"
#include "base/err.h"
#include "process/alarm.h"

enum { MONITOR_VIEW_BYTES = 4 << 20, MONITOR_ANSWER_MS = 4000 };

struct db;

/* Read the present state into the arena, which is reset first. Connects when *db is NULL, and
 * closes it after a failure. When the database does not answer, the view is not known and `why`
 * says it. */
void monitor_look(struct db **db, const char *conninfo, const char *program, struct arena *arena,
		  int64_t flush_ms, struct monitor_view *view, struct err *why);

/* ---- alarms ---- */

enum { MONITOR_WATCHED = 32, MONITOR_LOOKS = 3, MONITOR_BLIND_LOOKS = 10 };

/* A batch over several looks. */
struct monitor_watched {
	int64_t batch; /* 0: this place is free */
	int looks;     /* consecutive ones that saw something wrong */
	int64_t since_us;
};

struct monitor_watch {
	struct monitor_watched batch[MONITOR_WATCHED];
	int blind_looks;
	int64_t blind_since_us;
};

/* What is wrong as of this view, after MONITOR_LOOKS consecutive views that say so; `why`: when it
 * is not known. `list` is initialised. Pure but for `watch`. */
void monitor_alarms(struct monitor_watch *watch, const struct monitor_view *view, const char *why,
		    int64_t wall_us, struct alarms *list);

#endif
