#include "monitor/monitor.h"

#include "db/db.h"

/* Columns of `monitor_read`. */
enum {
	BATCH,
	STAGE,
	TOTAL,
	BATCH_FINISHED,
	BATCH_AGE,
	BATCH_ENDED,
	CONTAINER,
	FINISHED,
	STARTED,
	HEARTBEAT,
	PROGRESS,
	HEARTBEAT_MS,
	LEASE_MS,
	CLAIMED,
	IN_FLIGHT,
	ITEMS_OK,
	FAILED_,
	DEAD,
	AGAIN,
	RETURNED,
	FENCED,
	EMPTY,
	FAILED_IN_ROW,
	CALLS,
	OLDEST_CALL,
	SLOWEST,
	DECLARED,
	DECLARED_FOR,
	NETWORK,
	LIMITER,
	DATABASE,
	IDLE,
	RATE_1,
	RATE_5,
	RATE_15,
};

static int64_t age(const struct db_rows *rows, int row, int column)
{
	return db_null(rows, row, column) ? -1 : db_i64(rows, row, column);
}

static void take_container(const struct db_rows *rows, int row, struct monitor_container *c)
{
	struct str declared = db_text(rows, row, DECLARED);
	*c = (struct monitor_container){
	    .id = db_i64(rows, row, CONTAINER),
	    .finished = db_bool(rows, row, FINISHED),
	    .started_ms = age(rows, row, STARTED),
	    .heartbeat_age_ms = age(rows, row, HEARTBEAT),
	    .progress_age_ms = age(rows, row, PROGRESS),
	    .heartbeat_ms = db_i64(rows, row, HEARTBEAT_MS),
	    .lease_ms = db_i64(rows, row, LEASE_MS),
	    .claimed = db_i64(rows, row, CLAIMED),
	    .in_flight = db_i64(rows, row, IN_FLIGHT),
	    .ok = db_i64(rows, row, ITEMS_OK),
	    .failed = db_i64(rows, row, FAILED_),
	    .dead = db_i64(rows, row, DEAD),
	    .again = db_i64(rows, row, AGAIN),
	    .returned = db_i64(rows, row, RETURNED),
	    .fenced = db_i64(rows, row, FENCED),
	    .empty_claims = db_i64(rows, row, EMPTY),
	    .failed_in_row = db_i64(rows, row, FAILED_IN_ROW),
	    .calls_in_flight = db_i64(rows, row, CALLS),
	    .oldest_call_ms = db_i64(rows, row, OLDEST_CALL),
	    .slowest_ms = db_i64(rows, row, SLOWEST),
	    .declared = str_eq(declared, STR("throttled")) ? MONITOR_THROTTLED
			: str_eq(declared, STR("backoff")) ? MONITOR_BACKOFF
							   : MONITOR_UNKNOWN,
	    .declared_for_ms = db_i64(rows, row, DECLARED_FOR),
	    .network_ms = db_i64(rows, row, NETWORK),
	    .limiter_ms = db_i64(rows, row, LIMITER),
	    .database_ms = db_i64(rows, row, DATABASE),
	    .idle_ms = db_i64(rows, row, IDLE),
	    .rate = {db_double(rows, row, RATE_1), db_double(rows, row, RATE_5),
		     db_double(rows, row, RATE_15)},
	};
}

bool monitor_take(const struct db_rows *rows, struct arena *arena, struct monitor_view *out)
{
	size_t n = (size_t)rows->rows;
	*out = (struct monitor_view){.known = true};
	out->batch = arena_array(arena, n + 1, sizeof(*out->batch));
	struct monitor_container *container = arena_array(arena, n + 1, sizeof(*container));
	if (!out->batch || !container)
		return false;
	for (int row = 0; row < rows->rows; row++) {
		struct monitor_batch *b = out->batches ? &out->batch[out->batches - 1] : NULL;
		if (!b || b->id != db_i64(rows, row, BATCH)) {
			b = &out->batch[out->batches++];
			b->id = db_i64(rows, row, BATCH);
			b->stage = arena_str(arena, db_text(rows, row, STAGE));
			b->total = db_i64(rows, row, TOTAL);
			b->finished = db_bool(rows, row, BATCH_FINISHED);
			b->age_ms = age(rows, row, BATCH_AGE);
			b->ended_ms = age(rows, row, BATCH_ENDED);
			b->container = container;
			if (!b->stage.p)
				return false;
		}
		if (db_null(rows, row, CONTAINER))
			continue;
		take_container(rows, row, container++);
		b->containers++;
	}
	return true;
}
