/* Turns: when a host may be called, over all containers. */
#include "base/clock.h"
#include "pipeline/internal.h"
#include "sql/pipeline.h"

bool turns_given_up(const struct worker *w, int64_t postponed, int64_t postponed_ms)
{
	return postponed >= worker_option(w, CONFIG_PIPELINE_POSTPONEMENTS) ||
	       postponed_ms >= worker_option(w, CONFIG_PIPELINE_POSTPONED);
}

/* What a host's row says of its items in the claim: when each may be asked, or that the host has
 * been given up and pauses again. */
static void turns_give(struct worker *w, struct claim *claim, const struct db_rows *rows, int row,
		       int64_t interval)
{
	struct str host = db_text(rows, row, SQL_HOST_TURNS_HOST);
	int64_t last = db_i64(rows, row, SQL_HOST_TURNS_WAIT_MS), of_host = 0, k = 0;
	int64_t postponed = db_i64(rows, row, SQL_HOST_TURNS_POSTPONED), now = clock_ms();
	bool given_up =
	    db_bool(rows, row, SQL_HOST_TURNS_PAUSES) &&
	    turns_given_up(w, postponed, db_i64(rows, row, SQL_HOST_TURNS_POSTPONED_MS));
	for (size_t i = 0; i < claim->count; i++)
		of_host +=
		    claim->item[i].state == ITEM_WAITING && str_eq(claim->item[i].of.host, host);
	for (size_t i = 0; i < claim->count; i++) {
		struct item *item = &claim->item[i];
		if (item->state != ITEM_WAITING || !str_eq(item->of.host, host))
			continue;
		int64_t in = last - (of_host - k++) * interval;
		item->not_before_ms = now + (in > 0 ? in : 0);
		item->pauses = postponed > 0;
		if (given_up && item->postponed)
			item_done(w, claim, item, ITEM_FAILED, "postponed too long", 0);
		else if (given_up)
			item->postponed = 1; /* a new batch asks once when the pause is over */
	}
}

/* Reserve the next turns at each host, over all containers, with one statement
 * for the whole claim. */
enum status turns_take(struct worker *w, struct claim *claim, struct err *err)
{
	int64_t interval = worker_option(w, w->stage->interval);
	struct db_rows rows;
	array_begin(&w->a[0]);
	array_begin(&w->a[1]);
	int hosts = 0;
	for (size_t i = 0; i < claim->count; i++) {
		struct item *item = &claim->item[i];
		int64_t same = 0;
		bool first = item->state == ITEM_WAITING && item->of.host.n;
		for (size_t k = 0; k < i && first; k++)
			first = !str_eq(claim->item[k].of.host, item->of.host) ||
				claim->item[k].state != ITEM_WAITING;
		for (size_t k = i; k < claim->count && first; k++)
			same += claim->item[k].state == ITEM_WAITING &&
				str_eq(claim->item[k].of.host, item->of.host);
		if (!first)
			continue;
		array_text(&w->a[0], item->of.host);
		array_i64(&w->a[1], same * interval);
		hosts++;
	}
	if (!hosts)
		return OK;
	struct db_param names = array_end(&w->a[0]), intervals = array_end(&w->a[1]);
	enum status status = WORKER_RUN(w, sql_host_turns, &rows, err, names, intervals);
	if (status != OK)
		return status;
	for (int row = 0; row < rows.rows; row++)
		turns_give(w, claim, &rows, row, interval);
	db_rows_release(&rows);
	return OK;
}
