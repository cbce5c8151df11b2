/* How the last run of a job ended that is started from outside (a backup, by a timer): a file of
 * the instance, so that a failure, or a run that was killed, can be told and is over with the
 * next success.
 *
 *   DIR/notify/NAME   one line of text: state, time, error. Locked while the job runs.
 */
#ifndef PROCESS_LASTRUN_H
#define PROCESS_LASTRUN_H

#include <stdint.h>
#include "base/err.h"

enum lastrun_state { LASTRUN_NONE, LASTRUN_RUNS, LASTRUN_OK, LASTRUN_FAILED, LASTRUN_KILLED };

struct lastrun {
	enum lastrun_state state;
	int64_t at_us; /* since 1970: of the end; RUNS, KILLED: of the begin */
	char error[400];
};

/* Begin: *fd, or -1 with a line in the log when it cannot be recorded, which does not stop the
 * job. */
void lastrun_begin(const char *dir, const char *name, int *fd);
/* End, and close fd. `error` NULL: success. */
void lastrun_end(int fd, const char *error);
void lastrun_read(const char *dir, const char *name, struct lastrun *out);

#endif
