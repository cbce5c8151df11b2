/* The worker's loop: claim, ask, flush, beat. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "pipeline/internal.h"
#include "sql/pipeline.h"

enum {
	ARENA_BYTES = 4 << 20,
	LOOK_MS = 50, /* how often the queue is looked at when nothing is due */
	ALARM_FROM = 2,
};

static enum status worker_begin_batch(struct worker *w, bool *found, struct err *err)
{
	struct db_rows rows;
	enum status status = WORKER_RUN(w, sql_batch_oldest, &rows, err,
					DB_I64(w->options->batch ? w->options->batch - 1 : 0));
	if (status != OK)
		return status;
	*found = rows.rows > 0 &&
		 (!w->options->batch || db_i64(&rows, 0, SQL_BATCH_OLDEST_ID) == w->options->batch);
	if (*found) {
		w->batch = db_i64(&rows, 0, SQL_BATCH_OLDEST_ID);
		w->stage = pipeline_stage_find(db_text(&rows, 0, SQL_BATCH_OLDEST_STAGE));
	}
	db_rows_release(&rows);
	if (!*found)
		return OK;
	if (!w->stage)
		return err_set(err, INVALID, "batch %lld is of a stage that is not known here",
			       (long long)w->batch);
	if (w->stage->ask && w->options->peer_fd < 0)
		return err_set(err, INVALID, "stage %s needs holdfast-fetch", w->stage->name);
	status = WORKER_RUN(w, sql_container_create, &rows, err, DB_I64(w->batch),
			    DB_I64(worker_option(w, CONFIG_PIPELINE_HEARTBEAT)),
			    DB_I64(worker_lease_ms(w)));
	if (status != OK)
		return status;
	w->container = db_i64(&rows, 0, SQL_CONTAINER_CREATE_ID);
	db_rows_release(&rows);
	for (int lane = 0; lane < LANES; lane++)
		claim_rewind(w, lane);
	return OK;
}

static enum status worker_end_container(struct worker *w, struct err *err)
{
	enum status status = WORKER_RUN(w, sql_container_finish, NULL, err, DB_I64(w->container));
	if (status == OK)
		w->container = 0;
	return status;
}

/* Nothing was taken and nothing is open: alarm, wait, or the end of the batch. */
static enum status worker_idle(struct worker *w, int64_t *wait_ms, struct err *err)
{
	struct db_rows rows;
	enum status status = WORKER_RUN(w, sql_claim_state, &rows, err, DB_I64(w->batch));
	if (status != OK)
		return status;
	bool none = db_null(&rows, 0, SQL_CLAIM_STATE_DUE);
	bool due = !none && db_bool(&rows, 0, SQL_CLAIM_STATE_DUE);
	int64_t in_ms = none ? 0 : db_i64(&rows, 0, SQL_CLAIM_STATE_IN_MS);
	db_rows_release(&rows);
	*wait_ms = LOOK_MS;
	if (due) {
		status = WORKER_RUN(w, sql_claim_empty, &rows, err, DB_I64(w->container));
		if (status != OK)
			return status;
		if (db_i64(&rows, 0, SQL_CLAIM_EMPTY_EMPTY_CLAIMS) >= ALARM_FROM)
			log_error("claims take nothing although work is due",
				  LOG_I("batch", w->batch),
				  LOG_I("claims", db_i64(&rows, 0, SQL_CLAIM_EMPTY_EMPTY_CLAIMS)));
		db_rows_release(&rows);
		return OK;
	}
	if (!none) {
		*wait_ms = in_ms < LOOK_MS ? in_ms : LOOK_MS;
		return OK;
	}
	status = WORKER_RUN(w, sql_batch_finish, &rows, err, DB_I64(w->batch));
	if (status != OK)
		return status;
	bool finished = rows.rows > 0;
	db_rows_release(&rows);
	if (finished)
		log_info("the batch is finished", LOG_I("batch", w->batch));
	return OK;
}

static int64_t worker_until_next_ms(const struct worker *w)
{
	int64_t now = clock_ms(), next = now + LOOK_MS;
	for (int c = 0; c < CLAIMS_MAX; c++) {
		const struct claim *claim = &w->claim[c];
		if (claim->id && claim->done && w->flush_at_ms < next)
			next = w->flush_at_ms;
		for (size_t i = 0; claim->id && i < claim->count; i++)
			if (claim->item[i].state == ITEM_WAITING &&
			    claim->item[i].not_before_ms > now &&
			    claim->item[i].not_before_ms < next)
				next = claim->item[i].not_before_ms;
	}
	return next > now ? next - now : 0;
}

static bool worker_batch_over(struct worker *w, enum status *status, struct err *err)
{
	struct db_rows rows;
	*status = WORKER_RUN(w, sql_batch_oldest, &rows, err, DB_I64(w->batch - 1));
	if (*status != OK)
		return false;
	bool over = rows.rows == 0 || db_i64(&rows, 0, SQL_BATCH_OLDEST_ID) != w->batch;
	db_rows_release(&rows);
	return over;
}

/* One round. *done: the batch that was asked for is finished. */
static enum status worker_step(struct worker *w, bool *done, struct err *err)
{
	bool found = true, taken = false;
	int64_t wait_ms = 0;
	enum status status = OK;
	if (!w->container) {
		status = worker_begin_batch(w, &found, err);
		if (status != OK || !found) {
			*done = status == OK && w->options->batch;
			if (!*done)
				pipeline_wait(w->db, w->options->peer_fd, LOOK_MS * 5);
			return status == OK && w->options->peer_fd >= 0 ? peer_listen(w, err)
									: status;
		}
	}
	status = claim_reap(w, err);
	if (status == OK && claim_wanted(w) && clock_ms() >= w->look_at_ms) {
		status = claim_more(w, &taken, err);
		if (status == OK && !taken && claim_open_count(w) == 0) {
			status = worker_idle(w, &wait_ms, err);
			if (status == OK && worker_batch_over(w, &status, err)) {
				status = worker_end_container(w, err);
				*done = status == OK && w->options->batch;
				return status;
			}
		}
		if (status == OK && !taken)
			w->look_at_ms = clock_ms() + (wait_ms ? wait_ms : LOOK_MS);
	}
	if (status == OK && w->options->peer_fd >= 0)
		status = peer_ask(w, err);
	if (status == OK)
		status = flush_due(w, false, err);
	if (status != OK || taken)
		return status;
	if (!w->stage->ask) {
		status = peer_beat(w, err);
		if (status == OK && claim_open_count(w) == 0)
			pipeline_wait(w->db, -1, w->look_at_ms - clock_ms());
		return status;
	}
	pipeline_wait(w->db, w->options->peer_fd, worker_until_next_ms(w));
	return peer_listen(w, err);
}

/* An orderly end: items without a result are queued again at once. */
static void worker_give_back(struct worker *w)
{
	struct err err;
	for (int c = 0; c < CLAIMS_MAX; c++) {
		struct claim *claim = &w->claim[c];
		for (size_t i = 0; claim->id && i < claim->count; i++)
			if (claim->item[i].state != ITEM_DONE)
				item_done(w, claim, &claim->item[i], ITEM_LATER, "given back", 0);
	}
	if (flush_due(w, true, &err) != OK || (w->container && worker_end_container(w, &err) != OK))
		log_warn("items stay claimed until their lease expires", LOG_S("error", err.text));
}

/* The fetcher has died, perhaps because of one of our requests. Results are written; the claims
 * expire, so that reaping counts the death against the items that were in flight. */
static void worker_leave_behind(struct worker *w)
{
	struct err err;
	if (flush_due(w, true, &err) != OK ||
	    (w->container &&
	     (WORKER_RUN(w, sql_claims_expire, NULL, &err, DB_I64(w->container)) != OK ||
	      worker_end_container(w, &err) != OK)))
		log_warn("items stay claimed until their lease expires", LOG_S("error", err.text));
}

enum status pipeline_work(const struct pipeline_options *options, const volatile sig_atomic_t *stop,
			  struct err *err)
{
	struct worker *w = memory_alloc(sizeof(*w));
	bool done = false;
	w->options = options;
	w->stop = stop;
	w->random = random_seeded();
	for (int i = 0; i < CLAIMS_MAX; i++)
		arena_init(&w->claim[i].arena, ARENA_BYTES);
	for (size_t i = 0; i < COUNT_OF(w->a); i++)
		buf_init(&w->a[i], ARRAY_BYTES);
	enum status status = options->peer_fd >= 0 ? peer_hello(w, err) : OK;
	while (status == OK && !*stop && !done) {
		status = worker_step(w, &done, err);
		if (status == UNAVAILABLE && !w->db) {
			/* Wait until the database is back or our leases expire; the peer continues
			 * meanwhile. */
			pipeline_wait(NULL, -1, RECONNECT_MS);
			status = options->peer_fd >= 0 ? peer_listen(w, err) : OK;
		} else if (status == TIMED_OUT || status == CONFLICT) {
			log_warn("a statement is tried again", LOG_S("error", err->text));
			pipeline_wait(NULL, -1, RECONNECT_MS);
			status = OK;
		}
	}
	if (status == OK)
		worker_give_back(w);
	else
		worker_leave_behind(w);
	db_close(w->db);
	for (int i = 0; i < CLAIMS_MAX; i++)
		arena_release(&w->claim[i].arena);
	for (size_t i = 0; i < COUNT_OF(w->a); i++)
		buf_release(&w->a[i]);
	free(w);
	return status;
}
