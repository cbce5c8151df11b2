/* Watching one PostgreSQL: sample, judge, and what both mean for the incidents in the ledger. The
 * loop of `holdfast heal` and of holdfast-heal, a second at a time.
 *
 * The ledger has one watcher: who comes second reads it and writes nothing. Without a ledger
 * findings are shown all the same, but have no history.
 *
 * Life: watch_open, any number of watch_step, watch_close.
 */
#ifndef HEAL_WATCH_WATCH_H
#define HEAL_WATCH_WATCH_H

#include "heal/incident/incident.h"

struct watch;

struct watch_options {
	const char *conninfo;
	const char *ledger; /* file; NULL: none */
	struct incident_times times;
};

/* As observer_open: UNAVAILABLE with *out when the server is full or starting. */
MUST_CHECK enum status watch_open(struct watch **out, const struct watch_options *options,
				  struct err *err);
void watch_close(struct watch *w); /* NULL is allowed */

/* One sample, judged. A server that is away is a finding. */
void watch_step(struct watch *w);

/* As of the last step. */
const struct observe_history *watch_history(const struct watch *w);
const struct observe_server *watch_server(const struct watch *w);
const struct judge_result *watch_result(const struct watch *w);
const struct incidents *watch_incidents(const struct watch *w); /* NULL: there is no ledger */
double watch_took(const struct watch *w); /* seconds until the sample was complete */
/* Why nothing is written to the ledger; "": it is written. */
const char *watch_ledger_problem(const struct watch *w);

#endif
