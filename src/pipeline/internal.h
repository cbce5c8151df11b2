#ifndef PIPELINE_INTERNAL_H
#define PIPELINE_INTERNAL_H

#include "base/json.h"
#include "pipeline/pipeline.h"
#include "pipeline/wire/wire.h"

enum {
	CLAIM_MAX = 500,
	CLAIMS_MAX = 4, /* at a time, of lane 0; of the narrow lanes only one */
	LANES = 3,
	FACTS_BYTES = 64 << 10,
};

enum item_state { ITEM_WAITING, ITEM_ASKED, ITEM_DONE };
enum item_what { ITEM_OK, ITEM_FAILED, ITEM_AGAIN, ITEM_LATER };

struct item {
	int64_t business_id;
	int16_t attempts, deaths;
	enum item_state state;
	enum item_what what;
	int64_t not_before_ms; /* its host's turn */
	int64_t due_ms;        /* AGAIN, LATER: from now */
	const char *outcome;   /* static */
	struct str facts;      /* JSON object, in the claim's arena; empty: {} */
	/* What it asks with, in the claim's arena. */
	struct str url, host, phone;
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
	uint64_t random, turns;
	int64_t flush_at_ms, reap_at_ms, beat_at_ms, retry_at_ms, look_at_ms, slowest_ms;
	int64_t database_us, began_us; /* since the last heartbeat */
	int64_t throttled_until_ms;
	struct wire_tick tick; /* what the peer said since the last heartbeat, added up */
	char packet[WIRE_MESSAGE_MAX];
	struct buf a[9]; /* arrays of a statement */
};

/* Arrays as PostgreSQL reads them: '{1,2}', '{"a","b"}'. */
void array_begin(struct buf *a);
void array_i64(struct buf *a, int64_t value);
void array_text(struct buf *a, struct str value);
struct db_param array_end(struct buf *a);

/* stages.c: what the items of a claim ask with, into their url, host and phone; or, offline, what is found: the items
 * are DONE. */
MUST_CHECK enum status stage_prepare(struct worker *w, struct claim *claim, struct err *err);
/* The message for an item. */
void stage_request(const struct worker *w, const struct item *item, struct wire_request *out);

/* A statement of the worker, timed. */
MUST_CHECK enum status worker_run(struct worker *w, const struct db_statement *statement,
				  const struct db_param *params, int count, struct db_rows *rows,
				  struct err *err);
#define WORKER_RUN(w, statement, rows, err, ...)                                                   \
	worker_run((w), &(statement), (const struct db_param[]){__VA_ARGS__},                      \
		   sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param),       \
		   (rows), (err))

#endif
