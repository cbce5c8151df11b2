/* The state of the pipeline (incident 9): one view with three outputs, `holdfast top`, /ops and
 * /metrics.
 *
 * The monitor must never report a stall while work proceeds, nor progress while work stalls. It
 * reads counters that claims and flushes maintain, never counts items, and reports UNKNOWN, not 0,
 * when its own data are old or cut off. Progress is the finalisation of items, by the clock of the
 * database; heartbeats do not count as progress.
 *
 * The computations are pure functions of numbers, without clock and database.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "base/arena.h"
#include "base/buf.h"

struct db_rows;

/* ---- states: the first that is true ---- */

enum monitor_state {
	/* the monitor's own data are older than two flushes, or there are none */
	MONITOR_UNKNOWN,
	MONITOR_FINISHED, /* it has ended in order, nothing of it is open */
	MONITOR_DEAD,     /* the heartbeat is older than the lease */
	/* Two heartbeats are missing, or work that waits for nothing is open and nothing was
	 * finalised for too long. */
	MONITOR_STALLED,
	MONITOR_FAILING, /* all recent items failed: failures are no progress */
	/* Whatever is open waits for a declared time: a host sent Retry-After or 429. */
	MONITOR_THROTTLED,
	MONITOR_BACKOFF, /* declared */
	MONITOR_WORKING,
	MONITOR_IDLE,
	MONITOR_STATES
};
extern const char *const monitor_state_names[MONITOR_STATES];

enum { MONITOR_FAILING_FROM = 20 }; /* items in a row */

/* Ages and spans in milliseconds; -1: never. */
struct monitor_container {
	int64_t id;
	int64_t folded; /* 0: one; else the sums of so many that ended, or died, before others */
	bool finished;
	int64_t started_ms, heartbeat_age_ms, progress_age_ms, heartbeat_ms, lease_ms;
	int64_t claimed, in_flight, ok, failed, skipped, dead, again, returned, fenced,
	    empty_claims, failed_in_row;
	int64_t calls_in_flight, oldest_call_ms, slowest_ms;
	int64_t waiting;             /* of in_flight: for a declared time */
	enum monitor_state declared; /* THROTTLED or BACKOFF; else UNKNOWN */
	int64_t declared_for_ms;     /* negative: it is over; 0: there was none */
	struct str declared_host;
	int64_t network_ms, limiter_ms, database_ms, idle_ms;
	double rate[3]; /* items finalised a minute, over 1, 5 and 15 minutes */
	/* computed by monitor_judge */
	enum monitor_state state;
	bool straggler; /* slower than half of the median */
};

struct monitor_batch {
	int64_t id;
	struct str stage;
	bool finished;
	int64_t age_ms, ended_ms;
	int64_t total;
	int64_t due_ms; /* until a queued item is due */
	bool has_due;   /* one is queued */
	struct monitor_container *container;
	size_t containers;
	/* computed by monitor_judge */
	int64_t ok, failed, skipped, dead, in_flight, queued;
	double rate; /* items a minute now */
	double skew; /* the fastest container's share over the mean: 1 is even */
	int64_t eta_ms, eta_least_ms, eta_most_ms; /* -1: not known yet */
	enum monitor_state state;
	bool alarm; /* claims take nothing although work is due */
};

/* All items of a stage that were ever finalised. */
struct monitor_total {
	struct str stage;
	int64_t ok, failed, skipped, dead;
};

struct monitor_view {
	bool known;
	int64_t age_ms; /* of the data */
	struct monitor_batch *batch;
	size_t batches;
	const struct monitor_total *total;
	size_t totals; /* 0: not read */
};

/* From the rows of `monitor_read` into the arena. False: no room. */
MUST_CHECK bool monitor_take(const struct db_rows *rows, struct arena *arena,
			     struct monitor_view *out);
/* From the rows of `monitor_totals`, into a view that monitor_take has made. False: no room. */
MUST_CHECK bool monitor_take_totals(const struct db_rows *rows, struct arena *arena,
				    struct monitor_view *view);
/* The states, sums and expectations. flush_ms: how often containers write. age_ms: how old the view
 * is. */
void monitor_judge(struct monitor_view *view, int64_t age_ms, int64_t flush_ms);

enum monitor_state monitor_container_state(const struct monitor_container *c, int64_t age_ms,
					   int64_t flush_ms);

/* ---- calibration ---- */

/* Load of a schedule: items a dispatch, retries per item, minutes between dispatches, containers,
 * items a minute and container. */
double monitor_rho(double items, double retries, double interval_min, double containers,
		   double rate);
#define MONITOR_LOAD_GOAL 0.8 /* with more load a backlog is not worked off */
/* What would suffice for that load. */
struct monitor_advice {
	double rho;
	int containers;      /* at this interval */
	double interval_min; /* with these containers */
};
struct monitor_advice monitor_advise(double items, double retries, double interval_min,
				     double containers, double rate);

/* ---- outputs ---- */

void monitor_json(struct buf *out, const struct monitor_view *view);
/* For a terminal of that width; colour: ANSI. */
void monitor_text(struct buf *out, const struct monitor_view *view, int width, bool colour);
void monitor_metrics(struct buf *out, const struct monitor_view *view);

#endif
