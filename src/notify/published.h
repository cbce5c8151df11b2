/* What holdfast-notify publishes in the scoreboard for /metrics and /ops. */
#ifndef NOTIFY_PUBLISHED_H
#define NOTIFY_PUBLISHED_H

#include "process/alarm.h"

struct notify_published {
	struct alarms alarms;            /* all that are present, or told and not over */
	uint64_t told, failed, given_up; /* runs of the command; given up after the last attempt */
	uint64_t no_room;                /* looks at an alarm for which the table had no room */
};

#endif
