/* What the files of pipeline/ share: the worker and its claims. Order of the files, each above
 * those it calls: worker.c (the loop), claim.c, peer.c, turns.c, flush.c, database.c. */
#ifndef PIPELINE_INTERNAL_H
#define PIPELINE_INTERNAL_H

#include "base/json.h"
#include "base/random.h"
#include "pipeline/pipeline.h"
#include "pipeline/stages/stage.h"
#include "pipeline/wire/wire.h"

enum {
	CLAIM_MAX = 500,
	CLAIMS_MAX = 4, /* at a time, of lane 0; of the narrow lanes only one */
	LANES = 3,
	FACTS_BYTES = 64 << 10,
	ARRAY_BYTES = 4 << 20,
	RECONNECT_MS = 200,
};

enum item_state { ITEM_WAITING, ITEM_ASKED, ITEM_DONE };
enum item_what { ITEM_OK, ITEM_FAILED, ITEM_SKIPPED, ITEM_AGAIN, ITEM_LATER };

struct item {
	struct stage_item of; /* its texts in the claim's arena */
	int16_t attempts, deaths, postponed;
	bool pauses; /* its host has asked for a pause and not answered since */
	enum item_state state;
	enum item_what what;
	int64_t not_before_ms; /* its host's turn */
	int64_t due_ms;        /* AGAIN, LATER: from now */
	const char *outcome;   /* static, or in the claim's arena */
};

struct claim {
	int64_t id; /* 0: free */
	int lane;
	size_t count, waiting, done;
	struct item item[CLAIM_MAX];
	struct arena arena;
};

struct worker {
	const struct pipeline_options *options;
	const volatile sig_atomic_t *stop;
	struct db *db;
	const struct pipeline_stage *stage;
	int64_t batch, container;
	struct claim claim[CLAIMS_MAX];
	int64_t ended[CLAIMS_MAX]; /* claims that are over and can be removed with the next */
	/* Where the next claim of each lane begins to look. */
	struct {
		char due_at[64];
		int64_t business_id;
	} from[LANES];
	int in_flight;
	struct random random;
	uint64_t turns;
	int64_t flush_at_ms, reap_at_ms, beat_at_ms, retry_at_ms, look_at_ms, slowest_ms;
	int64_t database_us, began_us; /* since the last heartbeat */
	int64_t throttled_until_ms;
	char throttled_host[256]; /* whose pause that is */
	struct wire_tick tick;    /* what the peer said since the last heartbeat, added up */
	char packet[WIRE_MESSAGE_MAX];
	struct buf a[11]; /* arrays of a statement */
};

/* ---- database.c ---- */

int64_t worker_option(const struct worker *w, enum config_id id);
int64_t worker_lease_ms(const struct worker *w);
/* A statement of the worker, timed. UNAVAILABLE: the connection is lost and will be made again. */
MUST_CHECK enum status worker_run(struct worker *w, const struct db_statement *statement,
				  const struct db_param *params, int count, struct db_rows *rows,
				  struct err *err);
#define WORKER_RUN(w, statement, rows, err, ...)                                                   \
	worker_run((w), &(statement), (const struct db_param[]){__VA_ARGS__},                      \
		   sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param),       \
		   (rows), (err))

/* ---- flush.c ---- */

/* The item has its result, which the next flush writes. due_ms: when AGAIN and
 * LATER are due, from now. */
void item_done(struct worker *w, struct claim *claim, struct item *item, enum item_what what,
	       const char *outcome, int64_t due_ms);
/* Flush claims that are complete, or all when the interval is over; now: whatever the interval. */
MUST_CHECK enum status flush_due(struct worker *w, bool now, struct err *err);

/* ---- turns.c ---- */

/* A host that has postponed every call for too long, or too often, is given up. */
bool turns_given_up(const struct worker *w, int64_t postponed, int64_t postponed_ms);

MUST_CHECK enum status turns_take(struct worker *w, struct claim *claim, struct err *err);

/* ---- claim.c ---- */

int claim_open_count(const struct worker *w);
bool claim_wanted(const struct worker *w);
MUST_CHECK enum status claim_more(struct worker *w, bool *taken, struct err *err);
/* Search the lane from its beginning again. */
void claim_rewind(struct worker *w, int lane);
/* Queue the items of expired claims, of whichever worker, again. */
MUST_CHECK enum status claim_reap(struct worker *w, struct err *err);

/* ---- peer.c ---- */

MUST_CHECK enum status peer_hello(struct worker *w, struct err *err);
/* Send requests for waiting items, as many as may be in flight. */
MUST_CHECK enum status peer_ask(struct worker *w, struct err *err);
/* Handle what has arrived. UNAVAILABLE: the peer is gone. */
MUST_CHECK enum status peer_listen(struct worker *w, struct err *err);
/* Write the heartbeat when it is due. */
MUST_CHECK enum status peer_beat(struct worker *w, struct err *err);

#endif
