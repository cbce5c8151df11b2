#include "monitor/monitor.h"

#include "db/db.h"
#include "sql/monitor.h"

static int64_t age(const struct db_rows *rows, int row, int column)
{
	return db_null(rows, row, column) ? -1 : db_i64(rows, row, column);
}

static void take_container(const struct db_rows *rows, int row, struct monitor_container *c)
{
	struct str declared = db_text(rows, row, SQL_MONITOR_READ_DECLARED);
	struct str host = c->declared_host;
	*c = (struct monitor_container){
	    .declared_host = host,
	    .id = db_i64(rows, row, SQL_MONITOR_READ_CONTAINER_ID),
	    .folded = db_i64(rows, row, SQL_MONITOR_READ_FOLDED),
	    .finished = db_bool(rows, row, SQL_MONITOR_READ_FINISHED),
	    .started_ms = age(rows, row, SQL_MONITOR_READ_STARTED_MS),
	    .heartbeat_age_ms = age(rows, row, SQL_MONITOR_READ_HEARTBEAT_AGE_MS),
	    .progress_age_ms = age(rows, row, SQL_MONITOR_READ_PROGRESS_AGE_MS),
	    .heartbeat_ms = db_i64(rows, row, SQL_MONITOR_READ_HEARTBEAT_MS),
	    .lease_ms = db_i64(rows, row, SQL_MONITOR_READ_LEASE_MS),
	    .claimed = db_i64(rows, row, SQL_MONITOR_READ_CLAIMED),
	    .in_flight = db_i64(rows, row, SQL_MONITOR_READ_IN_FLIGHT),
	    .ok = db_i64(rows, row, SQL_MONITOR_READ_OK),
	    .failed = db_i64(rows, row, SQL_MONITOR_READ_FAILED),
	    .skipped = db_i64(rows, row, SQL_MONITOR_READ_SKIPPED),
	    .dead = db_i64(rows, row, SQL_MONITOR_READ_DEAD),
	    .again = db_i64(rows, row, SQL_MONITOR_READ_AGAIN),
	    .returned = db_i64(rows, row, SQL_MONITOR_READ_RETURNED),
	    .fenced = db_i64(rows, row, SQL_MONITOR_READ_FENCED),
	    .empty_claims = db_i64(rows, row, SQL_MONITOR_READ_EMPTY_CLAIMS),
	    .failed_in_row = db_i64(rows, row, SQL_MONITOR_READ_FAILED_IN_ROW),
	    .calls_in_flight = db_i64(rows, row, SQL_MONITOR_READ_CALLS_IN_FLIGHT),
	    .oldest_call_ms = db_i64(rows, row, SQL_MONITOR_READ_OLDEST_CALL_MS),
	    .slowest_ms = db_i64(rows, row, SQL_MONITOR_READ_SLOWEST_MS),
	    .waiting = db_i64(rows, row, SQL_MONITOR_READ_WAITING),
	    .declared = str_eq(declared, STR("throttled")) ? MONITOR_THROTTLED
			: str_eq(declared, STR("backoff")) ? MONITOR_BACKOFF
							   : MONITOR_UNKNOWN,
	    .declared_for_ms = db_i64(rows, row, SQL_MONITOR_READ_DECLARED_FOR_MS),
	    .network_ms = db_i64(rows, row, SQL_MONITOR_READ_NETWORK_MS),
	    .limiter_ms = db_i64(rows, row, SQL_MONITOR_READ_LIMITER_MS),
	    .database_ms = db_i64(rows, row, SQL_MONITOR_READ_DATABASE_MS),
	    .idle_ms = db_i64(rows, row, SQL_MONITOR_READ_IDLE_MS),
	    .rate = {db_double(rows, row, SQL_MONITOR_READ_RATE_1),
		     db_double(rows, row, SQL_MONITOR_READ_RATE_5),
		     db_double(rows, row, SQL_MONITOR_READ_RATE_15)},
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
		if (!b || b->id != db_i64(rows, row, SQL_MONITOR_READ_BATCH_ID)) {
			b = &out->batch[out->batches++];
			b->id = db_i64(rows, row, SQL_MONITOR_READ_BATCH_ID);
			b->stage = arena_str(arena, db_text(rows, row, SQL_MONITOR_READ_STAGE));
			b->total = db_i64(rows, row, SQL_MONITOR_READ_TOTAL);
			b->finished = db_bool(rows, row, SQL_MONITOR_READ_BATCH_FINISHED);
			b->age_ms = age(rows, row, SQL_MONITOR_READ_BATCH_AGE_MS);
			b->ended_ms = age(rows, row, SQL_MONITOR_READ_BATCH_ENDED_MS);
			b->has_due = !db_null(rows, row, SQL_MONITOR_READ_DUE_MS);
			b->due_ms = db_i64(rows, row, SQL_MONITOR_READ_DUE_MS);
			b->container = container;
			if (!b->stage.p)
				return false;
		}
		if (db_null(rows, row, SQL_MONITOR_READ_CONTAINER_ID))
			continue;
		container->declared_host =
		    arena_str(arena, db_text(rows, row, SQL_MONITOR_READ_DECLARED_HOST));
		if (!container->declared_host.p)
			return false;
		take_container(rows, row, container++);
		b->containers++;
	}
	return true;
}

bool monitor_take_totals(const struct db_rows *rows, struct arena *arena, struct monitor_view *view)
{
	struct monitor_total *total = arena_array(arena, (size_t)rows->rows + 1, sizeof(*total));
	if (!total)
		return false;
	for (int row = 0; row < rows->rows; row++) {
		total[row] = (struct monitor_total){
		    .stage = arena_str(arena, db_text(rows, row, SQL_MONITOR_TOTALS_STAGE)),
		    .ok = db_i64(rows, row, SQL_MONITOR_TOTALS_OK),
		    .failed = db_i64(rows, row, SQL_MONITOR_TOTALS_FAILED),
		    .skipped = db_i64(rows, row, SQL_MONITOR_TOTALS_SKIPPED),
		    .dead = db_i64(rows, row, SQL_MONITOR_TOTALS_DEAD),
		};
		if (!total[row].stage.p)
			return false;
	}
	view->total = total;
	view->totals = (size_t)rows->rows;
	return true;
}
