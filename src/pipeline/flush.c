/* Flushes: results of a claim's items are written together, fenced by the claim row. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/internal.h"
#include "sql/pipeline.h"

void item_done(struct worker *w, struct claim *claim, struct item *item, enum item_what what,
	       const char *outcome, int64_t due_ms)
{
	if (item->state == ITEM_WAITING)
		claim->waiting--;
	else
		w->in_flight--;
	item->state = ITEM_DONE;
	item->what = what;
	item->outcome = outcome;
	item->due_ms = due_ms;
	claim->done++;
}

/* Write the results of the items that are done. NOT_FOUND: the claim was reaped; the fence in
 * sql_flush has kept this late flush from writing anything. */
static enum status flush_claim(struct worker *w, struct claim *claim, struct err *err)
{
	static const char *const whats[] = {"ok", "failed", "skipped", "again", "later"};
	struct db_rows rows;
	size_t kept = 0;
	for (size_t i = 0; i < COUNT_OF(w->a); i++)
		array_begin(&w->a[i]);
	/* 0-2, 9: items that stay in the claim; 3-8, 10 and due: items that leave it. */
	struct buf due;
	buf_init(&due, ARRAY_BYTES);
	array_begin(&due);
	for (size_t i = 0; i < claim->count; i++) {
		const struct item *item = &claim->item[i];
		if (item->state != ITEM_DONE) {
			array_i64(&w->a[0], item->of.business_id);
			array_i64(&w->a[1], item->attempts);
			array_i64(&w->a[2], item->deaths);
			array_i64(&w->a[9], item->postponed);
			kept++;
			continue;
		}
		array_i64(&w->a[3], item->of.business_id);
		array_text(&w->a[4], str_of(whats[item->what]));
		array_text(&w->a[5], str_of(item->outcome));
		array_text(&w->a[6], item->of.facts.n ? item->of.facts : STR("{}"));
		array_i64(&due, item->due_ms);
		array_i64(&w->a[7], item->attempts);
		array_i64(&w->a[8], item->deaths);
		array_i64(&w->a[10], item->postponed);
	}
	struct db_param p[COUNT_OF(w->a)];
	for (size_t i = 0; i < COUNT_OF(w->a); i++)
		p[i] = array_end(&w->a[i]);
	const char *source = !w->stage->ask ? "holdfast" : w->stage->name;
	enum status status =
	    WORKER_RUN(w, sql_flush, &rows, err, DB_I64(claim->id), p[0], p[1], p[2],
		       DB_I64(worker_lease_ms(w)), p[3], p[4], p[5], p[6], array_end(&due), p[7],
		       p[8], DB_Z(w->stage->name), DB_Z(source), p[9], p[10]);
	buf_release(&due);
	if (status != OK)
		return status;
	bool fenced = rows.rows == 0;
	db_rows_release(&rows);
	if (fenced)
		return err_set(err, NOT_FOUND, "the claim expired and was reaped");
	/* Items that stay move to the front. */
	size_t n = 0;
	for (size_t i = 0; i < claim->count; i++)
		if (claim->item[i].state != ITEM_DONE)
			claim->item[n++] = claim->item[i];
	must(n == kept);
	log_debug(claim, "flushed", LOG_I("claim", claim->id), LOG_I("items", claim->count - kept),
		  LOG_I("kept", kept));
	claim->count = n;
	claim->done = 0;
	return OK;
}

static void flush_end(struct worker *w, struct claim *claim, bool remove)
{
	int slot = (int)(claim - w->claim);
	w->ended[slot] = remove ? claim->id : 0;
	log_debug(claim, remove ? "finished" : "lost", LOG_I("claim", claim->id));
	claim->id = 0;
	arena_reset(&claim->arena);
}

/* The claim expired and its items were queued again: results are discarded. */
static void flush_lost(struct worker *w, struct claim *claim)
{
	struct err err;
	int64_t lost = (int64_t)claim->count;
	log_warn("results are discarded: the claim expired and was reaped", LOG_I("items", lost));
	for (size_t i = 0; i < claim->count; i++)
		w->in_flight -= claim->item[i].state == ITEM_ASKED;
	flush_end(w, claim, false);
	(void)!WORKER_RUN(w, sql_container_fenced, NULL, &err, DB_I64(w->container), DB_I64(lost));
}

enum status flush_due(struct worker *w, bool now, struct err *err)
{
	enum status status = OK;
	int64_t at = clock_ms();
	for (int i = 0; i < CLAIMS_MAX && status == OK; i++) {
		struct claim *claim = &w->claim[i];
		if (!claim->id || !claim->done)
			continue;
		if (!now && claim->done < claim->count && at < w->flush_at_ms)
			continue;
		status = flush_claim(w, claim, err);
		if (status == NOT_FOUND) {
			flush_lost(w, claim);
			status = OK;
		} else if (status == OK && claim->count == 0) {
			flush_end(w, claim, true);
		}
	}
	if (at >= w->flush_at_ms)
		w->flush_at_ms = at + worker_option(w, CONFIG_PIPELINE_FLUSH);
	return status;
}
