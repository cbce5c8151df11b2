/* Turns: when a host may be called, over all containers. */
#include "base/clock.h"
#include "pipeline/internal.h"
#include "sql/pipeline.h"

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
	int64_t now = clock_ms();
	for (int row = 0; row < rows.rows; row++) {
		struct str host = db_text(&rows, row, SQL_HOST_TURNS_HOST);
		int64_t last = db_i64(&rows, row, SQL_HOST_TURNS_WAIT_MS), of_host = 0, k = 0;
		for (size_t i = 0; i < claim->count; i++)
			of_host += claim->item[i].state == ITEM_WAITING &&
				   str_eq(claim->item[i].of.host, host);
		for (size_t i = 0; i < claim->count; i++) {
			struct item *item = &claim->item[i];
			if (item->state != ITEM_WAITING || !str_eq(item->of.host, host))
				continue;
			int64_t in = last - (of_host - k++) * interval;
			item->not_before_ms = now + (in > 0 ? in : 0);
		}
	}
	db_rows_release(&rows);
	return OK;
}
