/* Watching one PostgreSQL: sample, judge, what both mean for the incidents in the ledger, and, when
 * the program has an act, relief. The loop of `holdfast heal` and of holdfast-heal, a second at a
 * time.
 *
 * At most one act a sample, and none before its line "intent" is on the disk; none in the first
 * window of samples, and none in the window after a gap, a restart of the server, a step of a clock
 * or a reset of the statistics. None on a session that began before the server's clock was set
 * forward, none twice on a session that has not changed, none on what was seen 5 s ago. What came
 * of an act is read from the samples after it, also when its answer was lost.
 *
 * The ledger has one watcher: a second process reads it and writes nothing. Without a ledger
 * findings are shown all the same, but have no history.
 *
 * Life: watch_open, any number of watch_step, watch_close.
 */
#ifndef HEAL_WATCH_WATCH_H
#define HEAL_WATCH_WATCH_H

#include "config/config.h"
#include "heal/incident/incident.h"
#include "db/db.h"
#include "heal/permit/permit.h"

#include <signal.h>

struct watch;

/* Send the signal; *done: it was sent. When it fails, other than by DENIED, it may have been
 * sent. */
typedef enum status watch_act(struct db *db, const struct observe_server *server,
			      enum judge_relief relief, const struct observe_session *target,
			      bool *done, struct err *err);

struct watch_options {
	const char *conninfo;
	const char *ledger;   /* file; NULL: none */
	const char *bouncers; /* consoles of PgBouncers, as poolers_open takes them; "": none */
	int64_t every_ms;     /* from one step to the next: much longer is a gap */
	int64_t keep_us;      /* how long lines of the ledger are kept */
	struct incident_times times;
	struct permit_settings permit;
	watch_act *act; /* NULL: it only says what it would do */
};

/* From the settings of an instance: times, permits, PgBouncers. */
void watch_settings(struct watch_options *options, const struct config *c);

/* As observer_open: UNAVAILABLE with *out when the server is full or starting. */
MUST_CHECK enum status watch_open(struct watch **out, const struct watch_options *options,
				  struct err *err);
void watch_close(struct watch *w); /* NULL is allowed */

/* One sample, judged. A server that is away is a finding. */
void watch_step(struct watch *w);

/* Steps until `for_ms` are over (0: no limit) or *stop is set by a signal. */
struct watch_loop {
	int64_t every_ms, for_ms;
	int record;      /* descriptor that gets every sample as a recording; -1: none */
	bool live, json; /* live: shown after every step; else once, at the end */
	bool quiet;      /* nothing is shown */
	bool keys;       /* set by watch_run: the live screen has a keyboard */
	void (*each)(void *ctx, const struct watch *w); /* after every step; NULL: nothing */
	void *ctx;
};
/* FAILED: the recording cannot be written. */
MUST_CHECK enum status watch_run(struct watch *w, struct watch_loop *loop,
				 volatile sig_atomic_t *stop, struct err *err);

/* As of the last step. */
const struct observe_history *watch_history(const struct watch *w);
const struct observe_server *watch_server(const struct watch *w);
const struct judge_result *watch_result(const struct watch *w);
const struct incidents *watch_incidents(const struct watch *w); /* NULL: there is no ledger */
double watch_took(const struct watch *w); /* seconds until the sample was complete */
/* What is done, or would be, about the finding that can be relieved, and why not; "": there is
 * none. */
const char *watch_relief(const struct watch *w);
/* Signals sent by this process. */
int64_t watch_acts(const struct watch *w, enum judge_relief relief);
/* How many PgBouncers are asked, and why one could not be asked last; "": all could. */
int watch_bouncers(const struct watch *w, const char **problem);
/* The report of the incident of the first cause, or of the last incident, as Markdown. False: there
 * is none. */
MUST_CHECK bool watch_report(const struct watch *w, struct buf *out);
/* Acknowledge the incident of the first cause for an hour. What failed is watch_ledger_problem. */
void watch_acknowledge(struct watch *w);
/* Why nothing is written to the ledger; "": it is written. */
const char *watch_ledger_problem(const struct watch *w);

#endif
