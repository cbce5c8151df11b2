/* Claims: which items this worker holds, and what their stage reads about them. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/internal.h"
#include "sql/pipeline.h"

enum {
	LANE_1 = 10,      /* items of a claim in the second lane; in the third it is one */
	NARROW_EVERY = 8, /* of so many claims, one looks at the narrow lanes first */
};

int claim_open_count(const struct worker *w)
{
	int n = 0;
	for (int i = 0; i < CLAIMS_MAX; i++)
		n += w->claim[i].id != 0;
	return n;
}

static size_t claim_waiting_items(const struct worker *w)
{
	size_t n = 0;
	for (int i = 0; i < CLAIMS_MAX; i++)
		n += w->claim[i].id ? w->claim[i].waiting : 0;
	return n;
}

static bool claim_narrow_open(const struct worker *w)
{
	for (int i = 0; i < CLAIMS_MAX; i++)
		if (w->claim[i].id && w->claim[i].lane > 0)
			return true;
	return false;
}

/* The values of '{1,2,3}'. */
static void claim_read_array(struct str text, size_t count, void (*set)(struct item *, int64_t),
			     struct item *items)
{
	must(text.n >= 2);
	struct str rest = {text.p + 1, text.n - 2};
	for (size_t i = 0; i < count; i++) {
		int64_t value;
		must(rest.p && str_to_i64(str_cut(&rest, ','), INT64_MIN, INT64_MAX, &value));
		set(&items[i], value);
	}
}
static void set_id(struct item *item, int64_t v)
{
	item->of.business_id = v;
}
static void set_attempts(struct item *item, int64_t v)
{
	item->attempts = (int16_t)v;
}
static void set_deaths(struct item *item, int64_t v)
{
	item->deaths = (int16_t)v;
}

static void set_postponed(struct item *item, int64_t v)
{
	item->postponed = (int16_t)v;
}

static void claim_begin(struct worker *w, struct claim *claim, int lane, const struct db_rows *rows)
{
	struct str ids = db_text(rows, 0, SQL_CLAIM_ITEMS);
	size_t count = 1;
	for (size_t i = 0; i < ids.n; i++)
		count += ids.p[i] == ',';
	must(count <= CLAIM_MAX);
	memset(claim->item, 0, count * sizeof(claim->item[0]));
	claim->id = db_i64(rows, 0, SQL_CLAIM_ID);
	claim->lane = lane;
	claim->count = claim->waiting = count;
	claim->done = 0;
	claim_read_array(ids, count, set_id, claim->item);
	claim_read_array(db_text(rows, 0, SQL_CLAIM_ATTEMPTS), count, set_attempts, claim->item);
	claim_read_array(db_text(rows, 0, SQL_CLAIM_DEATHS), count, set_deaths, claim->item);
	claim_read_array(db_text(rows, 0, SQL_CLAIM_POSTPONED), count, set_postponed, claim->item);
	struct str due = db_text(rows, 0, SQL_CLAIM_DUE_AT);
	must(due.n < sizeof(w->from[lane].due_at));
	memcpy(w->from[lane].due_at, due.p, due.n);
	w->from[lane].due_at[due.n] = '\0';
	w->from[lane].business_id = db_i64(rows, 0, SQL_CLAIM_BUSINESS_ID);
	log_debug(claim, "claimed", LOG_I("claim", claim->id), LOG_I("lane", lane),
		  LOG_I("items", count));
}

void claim_rewind(struct worker *w, int lane)
{
	snprintf(w->from[lane].due_at, sizeof(w->from[lane].due_at), "-infinity");
	w->from[lane].business_id = INT64_MIN;
}

static size_t claim_size(const struct worker *w, int lane)
{
	int64_t most = worker_option(w, CONFIG_PIPELINE_CLAIM);
	if (lane > 0)
		return lane == 1 ? LANE_1 : 1;
	/* Claim no more than will be asked for soon: other workers cannot process what is
	 * claimed. */
	int64_t soon = 2 * worker_option(w, CONFIG_PIPELINE_IN_FLIGHT);
	return (size_t)(w->stage->ask && soon < most ? soon : most);
}

/* A business of the claim, which the statement was asked for. */
static struct item *claim_item(struct claim *claim, int64_t business_id)
{
	for (size_t i = 0; i < claim->count; i++)
		if (claim->item[i].of.business_id == business_id)
			return &claim->item[i];
	must_failed(__FILE__, __LINE__, "a business that was not asked for");
}

/* The item has its result before anything was asked. */
static void claim_settle_item(struct claim *claim, struct item *item, enum item_what what,
			      const char *outcome)
{
	must(item->state == ITEM_WAITING);
	item->state = ITEM_DONE;
	item->what = what;
	item->outcome = outcome;
	claim->waiting--;
	claim->done++;
}

/* Let the stage read the inputs of every item; what it finds without asking is a result at once. */
static enum status claim_prepare(struct worker *w, struct claim *claim, struct err *err)
{
	struct db_rows rows;
	array_begin(&w->a[0]);
	for (size_t i = 0; i < claim->count; i++)
		array_i64(&w->a[0], claim->item[i].of.business_id);
	enum status status = WORKER_RUN(w, sql_inputs, &rows, err, array_end(&w->a[0]));
	if (status != OK)
		return status;
	struct stage_claim of = {.config = w->options->config,
				 .arena = &claim->arena,
				 .ids = &w->a[0],
				 .values = &w->a[1]};
	array_begin(of.ids);
	array_begin(of.values);
	for (int row = 0; row < rows.rows; row++) {
		struct item *item = claim_item(claim, db_i64(&rows, row, SQL_INPUTS_ID));
		struct stage_verdict verdict = w->stage->read(&of, &item->of, &rows, row);
		if (verdict.what != STAGE_ASK)
			claim_settle_item(claim, item,
					  verdict.what == STAGE_OK ? ITEM_OK : ITEM_FAILED,
					  verdict.outcome);
		else if (!item->of.url.n)
			claim_settle_item(claim, item, ITEM_SKIPPED, "nothing to ask");
	}
	db_rows_release(&rows);
	for (size_t i = 0; i < claim->count; i++)
		if (claim->item[i].state == ITEM_WAITING && !claim->item[i].of.url.n)
			claim_settle_item(claim, &claim->item[i], ITEM_SKIPPED, "no such business");
	if (!w->stage->settle)
		return OK;
	struct stage_statement found = w->stage->settle(&of);
	return worker_run(w, found.statement, found.param, 2, NULL, err);
}

/* Take items of a lane into a free claim and read their inputs. *taken: whether there were any. */
static enum status claim_take(struct worker *w, int lane, bool *taken, struct err *err)
{
	struct db_rows rows;
	struct claim *claim = w->claim;
	while (claim->id)
		claim++;
	array_begin(&w->a[0]);
	for (int i = 0; i < CLAIMS_MAX; i++)
		if (w->ended[i])
			array_i64(&w->a[0], w->ended[i]);
	enum status status = WORKER_RUN(
	    w, sql_claim, &rows, err, DB_I64(w->batch), DB_I64(w->container),
	    DB_I64(worker_lease_ms(w)), DB_I64(lane), DB_I64((int64_t)claim_size(w, lane)),
	    DB_Z(w->from[lane].due_at), DB_I64(w->from[lane].business_id), array_end(&w->a[0]));
	if (status != OK)
		return status;
	memset(w->ended, 0, sizeof(w->ended));
	*taken = rows.rows > 0;
	if (*taken)
		claim_begin(w, claim, lane, &rows);
	else
		claim_rewind(w, lane);
	db_rows_release(&rows);
	if (!*taken)
		return OK;
	return claim_prepare(w, claim, err);
}

bool claim_wanted(const struct worker *w)
{
	if (claim_open_count(w) == CLAIMS_MAX || claim_narrow_open(w))
		return false;
	if (!w->stage->ask)
		return claim_open_count(w) == 0;
	/* Enough waiting items that no call waits for a claim. */
	return claim_waiting_items(w) < (size_t)worker_option(w, CONFIG_PIPELINE_IN_FLIGHT);
}

/* The narrow lanes are claimed only while nothing else is open, so that when the worker dies the
 * suspect is one of few items. */
enum status claim_more(struct worker *w, bool *taken, struct err *err)
{
	enum status status = OK;
	bool alone = claim_open_count(w) == 0;
	bool narrow_first = alone && ++w->turns % NARROW_EVERY == 0;
	*taken = false;
	for (int k = 0; k < LANES && !*taken && status == OK; k++) {
		int lane = narrow_first ? LANES - 1 - k : k;
		if (lane == 0 || alone)
			status = claim_take(w, lane, taken, err);
	}
	if (status == OK && *taken && w->stage->ask)
		for (int c = 0; c < CLAIMS_MAX && status == OK; c++)
			if (w->claim[c].id && w->claim[c].waiting == w->claim[c].count)
				status = turns_take(w, &w->claim[c], err);
	return status;
}

enum status claim_reap(struct worker *w, struct err *err)
{
	struct db_rows rows;
	int64_t now = clock_ms();
	if (now < w->reap_at_ms)
		return OK;
	w->reap_at_ms = now + worker_lease_ms(w) / 2;
	enum status status = WORKER_RUN(w, sql_reap, &rows, err);
	if (status != OK)
		return status;
	if (db_i64(&rows, 0, SQL_REAP_ITEMS))
		log_warn("claims expired: their items are queued again",
			 LOG_I("items", db_i64(&rows, 0, SQL_REAP_ITEMS)),
			 LOG_I("dead", db_i64(&rows, 0, SQL_REAP_DEAD)));
	db_rows_release(&rows);
	return OK;
}
