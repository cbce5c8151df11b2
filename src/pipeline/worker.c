/* The worker's loop: claim, ask, flush, beat. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/internal.h"
#include "sql/pipeline.h"

enum {
	ARENA_BYTES = 4 << 20,
	ARRAY_BYTES = 4 << 20,
	LANE_1 = 10,      /* items of a claim in the second lane; in the third it is one */
	NARROW_EVERY = 8, /* claims: one of so many looks at the narrow lanes first */
	AGAIN_MS = 1000,
	AGAIN_MAX_MS = 600000,
	TURN_MAX_MS = 20000, /* a host whose turn is later than this is left for later */
	RECONNECT_MS = 200,
	LOOK_MS = 50, /* how often the queue is looked at when nothing is due */
	ALARM_FROM = 2,
};

/* ---- small things ---- */

void array_begin(struct buf *a)
{
	buf_reset(a);
	buf_putc(a, '{');
}

static void array_comma(struct buf *a)
{
	if (a->n > 1)
		buf_putc(a, ',');
}

void array_i64(struct buf *a, int64_t value)
{
	array_comma(a);
	buf_printf(a, "%lld", (long long)value);
}

void array_text(struct buf *a, struct str value)
{
	array_comma(a);
	buf_putc(a, '"');
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			buf_putc(a, '\\');
		buf_putc(a, value.p[i]);
	}
	buf_putc(a, '"');
}

struct db_param array_end(struct buf *a)
{
	buf_putc(a, '}');
	must(!buf_failed(a)); /* claims and their values are bounded */
	return DB_TEXT(buf_view(a));
}

static uint64_t draw(struct worker *w)
{
	w->random ^= w->random << 13; /* xorshift, Marsaglia 2003 */
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

static int64_t option(const struct worker *w, enum config_id id)
{
	return config_number(w->options->config, id);
}

static int64_t lease_ms(const struct worker *w)
{
	return 3 * option(w, CONFIG_PIPELINE_HEARTBEAT) + option(w, CONFIG_PIPELINE_TIMEOUT);
}

bool pipeline_wait(const struct db *db, int fd, int64_t timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	must(!db || !db_in_transaction(db));
	if (timeout_ms < 0)
		timeout_ms = 0;
	return poll(&p, 1, timeout_ms > 60000 ? 60000 : (int)timeout_ms) > 0;
}

/* A connection that was lost is made again; what is claimed meanwhile stays claimed until its lease is over. */
static enum status connected(struct worker *w, struct err *err)
{
	if (w->db)
		return OK;
	if (clock_ms() < w->retry_at_ms)
		return err_set(err, UNAVAILABLE, "the database is away");
	enum status status = db_open(&w->db, w->options->conninfo, "holdfast-worker", err);
	if (status == OK)
		return OK;
	w->db = NULL;
	w->retry_at_ms = clock_ms() + RECONNECT_MS;
	return status == FAILED ? UNAVAILABLE : status;
}

enum status worker_run(struct worker *w, const struct db_statement *statement,
		       const struct db_param *params, int count, struct db_rows *rows,
		       struct err *err)
{
	int64_t began = clock_us();
	enum status status = connected(w, err);
	if (status == OK)
		status = db_run(w->db, statement, params, count, rows, err);
	w->database_us += clock_us() - began;
	if (status == UNAVAILABLE && w->db) {
		log_warn("the database is away", LOG_S("statement", statement->name),
			 LOG_S("error", err->text));
		db_close(w->db);
		w->db = NULL;
		w->retry_at_ms = clock_ms() + RECONNECT_MS;
	}
	return status;
}

/* ---- claims ---- */

static int open_claims(const struct worker *w)
{
	int n = 0;
	for (int i = 0; i < CLAIMS_MAX; i++)
		n += w->claim[i].id != 0;
	return n;
}

static size_t waiting_items(const struct worker *w)
{
	size_t n = 0;
	for (int i = 0; i < CLAIMS_MAX; i++)
		n += w->claim[i].id ? w->claim[i].waiting : 0;
	return n;
}

static bool narrow_claim_open(const struct worker *w)
{
	for (int i = 0; i < CLAIMS_MAX; i++)
		if (w->claim[i].id && w->claim[i].lane > 0)
			return true;
	return false;
}

/* The values of '{1,2,3}'. */
static void read_array(struct str text, size_t count, void (*set)(struct item *, int64_t),
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
	item->business_id = v;
}
static void set_attempts(struct item *item, int64_t v)
{
	item->attempts = (int16_t)v;
}
static void set_deaths(struct item *item, int64_t v)
{
	item->deaths = (int16_t)v;
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
	read_array(ids, count, set_id, claim->item);
	read_array(db_text(rows, 0, SQL_CLAIM_ATTEMPTS), count, set_attempts, claim->item);
	read_array(db_text(rows, 0, SQL_CLAIM_DEATHS), count, set_deaths, claim->item);
	struct str due = db_text(rows, 0, SQL_CLAIM_DUE_AT);
	must(due.n < sizeof(w->from[lane].due_at));
	memcpy(w->from[lane].due_at, due.p, due.n);
	w->from[lane].due_at[due.n] = '\0';
	w->from[lane].business_id = db_i64(rows, 0, SQL_CLAIM_BUSINESS_ID);
}

static void rewind_lane(struct worker *w, int lane)
{
	snprintf(w->from[lane].due_at, sizeof(w->from[lane].due_at), "-infinity");
	w->from[lane].business_id = INT64_MIN;
}

static size_t claim_size(const struct worker *w, int lane)
{
	int64_t most = option(w, CONFIG_PIPELINE_CLAIM);
	if (lane > 0)
		return lane == 1 ? LANE_1 : 1;
	/* Not more than is asked for soon: what is claimed cannot be done by others. */
	int64_t soon = 2 * option(w, CONFIG_PIPELINE_IN_FLIGHT);
	return (size_t)(w->stage->kind != PIPELINE_OFFLINE && soon < most ? soon : most);
}

/* Take items of a lane into a free claim. *taken: whether there were any. */
static enum status take(struct worker *w, int lane, bool *taken, struct err *err)
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
	    w, sql_claim, &rows, err, DB_I64(w->batch), DB_I64(w->container), DB_I64(lease_ms(w)),
	    DB_I64(lane), DB_I64((int64_t)claim_size(w, lane)), DB_Z(w->from[lane].due_at),
	    DB_I64(w->from[lane].business_id), array_end(&w->a[0]));
	if (status != OK)
		return status;
	memset(w->ended, 0, sizeof(w->ended));
	*taken = rows.rows > 0;
	if (*taken)
		claim_begin(w, claim, lane, &rows);
	else
		rewind_lane(w, lane);
	db_rows_release(&rows);
	if (!*taken)
		return OK;
	status = stage_prepare(w, claim, err);
	return status;
}

/* A turn at each host, over all containers: one statement for the claim. */
static enum status take_turns(struct worker *w, struct claim *claim, struct err *err)
{
	int64_t interval =
	    option(w, w->stage->kind == PIPELINE_API ? CONFIG_PIPELINE_HTTP_INTERVAL
						     : CONFIG_PIPELINE_HOST_INTERVAL);
	struct db_rows rows;
	array_begin(&w->a[0]);
	array_begin(&w->a[1]);
	int hosts = 0;
	for (size_t i = 0; i < claim->count; i++) {
		struct item *item = &claim->item[i];
		int64_t same = 0;
		bool first = item->state == ITEM_WAITING && item->host.n;
		for (size_t k = 0; k < i && first; k++)
			first = !str_eq(claim->item[k].host, item->host) ||
				claim->item[k].state != ITEM_WAITING;
		for (size_t k = i; k < claim->count && first; k++)
			same += claim->item[k].state == ITEM_WAITING &&
				str_eq(claim->item[k].host, item->host);
		if (!first)
			continue;
		array_text(&w->a[0], item->host);
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
				   str_eq(claim->item[i].host, host);
		for (size_t i = 0; i < claim->count; i++) {
			struct item *item = &claim->item[i];
			if (item->state != ITEM_WAITING || !str_eq(item->host, host))
				continue;
			int64_t in = last - (of_host - k++) * interval;
			item->not_before_ms = now + (in > 0 ? in : 0);
		}
	}
	db_rows_release(&rows);
	return OK;
}

/* ---- results ---- */

static void item_done(struct worker *w, struct claim *claim, struct item *item, enum item_what what,
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

/* Counted as an attempt; after the last the item has failed. */
static void item_again(struct worker *w, struct claim *claim, struct item *item,
		       const char *outcome)
{
	int64_t wait = AGAIN_MS;
	for (int i = 0; i < item->attempts && wait < AGAIN_MAX_MS; i++)
		wait *= 2;
	item->attempts++;
	if (item->attempts >= option(w, CONFIG_PIPELINE_ATTEMPTS))
		item_done(w, claim, item, ITEM_FAILED, outcome, 0);
	else
		item_done(w, claim, item, ITEM_AGAIN, outcome,
			  wait / 2 + (int64_t)(draw(w) % (uint64_t)(wait / 2 + 1)));
}

/* Facts as a JSON object; several of a name become an array. */
static struct str facts_json(struct claim *claim, const struct wire_facts *facts)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, FACTS_BYTES);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	for (uint32_t i = 0; i < facts->count; i++) {
		const struct wire_fact *fact = &facts->of[i];
		uint32_t same = 0;
		bool first = true;
		for (uint32_t k = 0; k < facts->count; k++) {
			same += str_eq(facts->of[k].name, fact->name);
			first = first && (k >= i || !str_eq(facts->of[k].name, fact->name));
		}
		if (!first)
			continue;
		char *name = arena_printf(&claim->arena, "%.*s", STR_ARG(fact->name));
		if (!name)
			break;
		json_key(&w, name);
		if (same > 1)
			json_array_begin(&w);
		for (uint32_t k = i; k < facts->count; k++)
			if (str_eq(facts->of[k].name, fact->name))
				json_put_str(&w, facts->of[k].value);
		if (same > 1)
			json_array_end(&w);
	}
	json_object_end(&w);
	struct str json = buf_failed(&out) ? STR("") : arena_str(&claim->arena, buf_view(&out));
	buf_release(&out);
	return json;
}

/* Finalise what is done. NOT_FOUND: the claim was not ours any more. */
static enum status flush(struct worker *w, struct claim *claim, struct err *err)
{
	static const char *const whats[] = {"ok", "failed", "again", "later"};
	struct db_rows rows;
	size_t kept = 0;
	for (int i = 0; i < 9; i++)
		array_begin(&w->a[i]);
	/* 0-2: what stays; 3-8: what is final, and 9 shares its numbers with nobody. */
	struct buf due;
	buf_init(&due, ARRAY_BYTES);
	array_begin(&due);
	for (size_t i = 0; i < claim->count; i++) {
		const struct item *item = &claim->item[i];
		if (item->state != ITEM_DONE) {
			array_i64(&w->a[0], item->business_id);
			array_i64(&w->a[1], item->attempts);
			array_i64(&w->a[2], item->deaths);
			kept++;
			continue;
		}
		array_i64(&w->a[3], item->business_id);
		array_text(&w->a[4], str_of(whats[item->what]));
		array_text(&w->a[5], str_of(item->outcome));
		array_text(&w->a[6], item->facts.n ? item->facts : STR("{}"));
		array_i64(&due, item->due_ms);
		array_i64(&w->a[7], item->attempts);
		array_i64(&w->a[8], item->deaths);
	}
	struct db_param p[9];
	for (int i = 0; i < 9; i++)
		p[i] = array_end(&w->a[i]);
	const char *source = w->stage->kind == PIPELINE_OFFLINE ? "holdfast" : w->stage->name;
	enum status status =
	    WORKER_RUN(w, sql_flush, &rows, err, DB_I64(claim->id), p[0], p[1], p[2],
		       DB_I64(lease_ms(w)), p[3], p[4], p[5], p[6], array_end(&due), p[7], p[8],
		       DB_Z(w->stage->name), DB_Z(source));
	buf_release(&due);
	if (status != OK)
		return status;
	bool ours = rows.rows > 0;
	db_rows_release(&rows);
	if (!ours)
		return err_set(err, NOT_FOUND, "the claim has passed to another");
	/* Those that stay move together. */
	size_t n = 0;
	for (size_t i = 0; i < claim->count; i++)
		if (claim->item[i].state != ITEM_DONE)
			claim->item[n++] = claim->item[i];
	must(n == kept);
	claim->count = n;
	claim->done = 0;
	return OK;
}

static void claim_end(struct worker *w, struct claim *claim, bool remove)
{
	int slot = (int)(claim - w->claim);
	w->ended[slot] = remove ? claim->id : 0;
	claim->id = 0;
	arena_reset(&claim->arena);
}

/* Items of a claim that another has taken: what comes of them is thrown away. */
static void claim_lost(struct worker *w, struct claim *claim)
{
	struct err err;
	int64_t lost = (int64_t)claim->count;
	log_warn("results are thrown away: the claim has passed to another", LOG_I("items", lost));
	for (size_t i = 0; i < claim->count; i++)
		w->in_flight -= claim->item[i].state == ITEM_ASKED;
	claim_end(w, claim, false);
	(void)!WORKER_RUN(w, sql_container_fenced, NULL, &err, DB_I64(w->container), DB_I64(lost));
}

static enum status flush_due(struct worker *w, bool now, struct err *err)
{
	enum status status = OK;
	int64_t at = clock_ms();
	for (int i = 0; i < CLAIMS_MAX && status == OK; i++) {
		struct claim *claim = &w->claim[i];
		if (!claim->id || !claim->done)
			continue;
		if (!now && claim->done < claim->count && at < w->flush_at_ms)
			continue;
		status = flush(w, claim, err);
		if (status == NOT_FOUND) {
			claim_lost(w, claim);
			status = OK;
		} else if (status == OK && claim->count == 0) {
			claim_end(w, claim, true);
		}
	}
	if (at >= w->flush_at_ms)
		w->flush_at_ms = at + option(w, CONFIG_PIPELINE_FLUSH);
	return status;
}

/* ---- the peer ---- */

static enum status say_hello(struct worker *w, struct err *err)
{
	const struct config *c = w->options->config;
	int64_t tick = option(w, CONFIG_PIPELINE_HEARTBEAT) / 2;
	const struct wire_message hello = {
	    .type = WIRE_HELLO,
	    .hello = {.tick_ms = (uint32_t)(tick < 10 ? 10 : tick),
		      .max_in_flight = (uint32_t)option(w, CONFIG_PIPELINE_IN_FLIGHT),
		      .host_concurrency = 1,
		      .user_agent = str_of(config_text(c, CONFIG_PIPELINE_USER_AGENT)),
		      .allow = str_of(config_text(c, CONFIG_PIPELINE_ALLOW)),
		      .ports = str_of(config_text(c, CONFIG_PIPELINE_PORTS))}};
	return wire_send(w->options->peer_fd, &hello, err);
}

/* Items go by their business on the wire: a batch has each once. */
static struct item *item_by_number(struct worker *w, uint64_t number, struct claim **claim)
{
	for (int c = 0; c < CLAIMS_MAX; c++) {
		if (!w->claim[c].id)
			continue;
		for (size_t i = 0; i < w->claim[c].count; i++) {
			struct item *item = &w->claim[c].item[i];
			if (item->state == ITEM_ASKED && (uint64_t)item->business_id == number) {
				*claim = &w->claim[c];
				return item;
			}
		}
	}
	return NULL; /* of a claim that was lost */
}

static enum status ask(struct worker *w, struct err *err)
{
	int64_t now = clock_ms();
	for (int c = 0; c < CLAIMS_MAX; c++) {
		struct claim *claim = &w->claim[c];
		for (size_t i = 0; claim->id && i < claim->count && claim->waiting; i++) {
			struct item *item = &claim->item[i];
			if (w->in_flight >= option(w, CONFIG_PIPELINE_IN_FLIGHT))
				return OK;
			if (item->state != ITEM_WAITING)
				continue;
			if (item->not_before_ms > now + TURN_MAX_MS) {
				item_done(w, claim, item, ITEM_LATER, "postponed",
					  item->not_before_ms - now);
				continue;
			}
			if (item->not_before_ms > now)
				continue;
			struct wire_message m = {.type = WIRE_REQUEST,
						 .item = (uint64_t)item->business_id};
			stage_request(w, item, &m.request);
			enum status status = wire_send(w->options->peer_fd, &m, err);
			if (status == TIMED_OUT)
				return OK; /* it does not read just now */
			if (status == INVALID || status == TOO_LARGE) {
				item_done(w, claim, item, ITEM_FAILED, "cannot be asked", 0);
				continue;
			}
			if (status != OK)
				return status;
			item->state = ITEM_ASKED;
			claim->waiting--;
			w->in_flight++;
		}
	}
	return OK;
}

static void postpone_host(struct worker *w, struct str host, int64_t ms)
{
	struct err err;
	int64_t until = clock_ms() + ms;
	if (!host.n)
		return;
	(void)!WORKER_RUN(w, sql_host_postpone, NULL, &err, DB_TEXT(host), DB_I64(ms));
	for (int c = 0; c < CLAIMS_MAX; c++)
		for (size_t i = 0; w->claim[c].id && i < w->claim[c].count; i++)
			if (w->claim[c].item[i].state == ITEM_WAITING &&
			    str_eq(w->claim[c].item[i].host, host) &&
			    w->claim[c].item[i].not_before_ms < until)
				w->claim[c].item[i].not_before_ms = until;
	if (until > w->throttled_until_ms)
		w->throttled_until_ms = until;
}

static void take_answer(struct worker *w, uint64_t number, const struct wire_answer *answer)
{
	struct claim *claim;
	struct item *item = item_by_number(w, number, &claim);
	if (!item)
		return;
	const char *outcome = wire_outcomes[answer->outcome].name;
	if (answer->total_ms > w->slowest_ms)
		w->slowest_ms = answer->total_ms;
	if (answer->retry_after_ms)
		postpone_host(w, item->host, answer->retry_after_ms);
	switch (wire_meaning(answer->outcome, answer->http_status)) {
	case WIRE_MEANS_DONE: {
		struct wire_facts facts = answer->facts;
		char status[16];
		snprintf(status, sizeof(status), "%u", answer->http_status);
		if (answer->http_status && facts.count < WIRE_PAIRS_MAX)
			facts.of[facts.count++] = (struct wire_fact){STR("status"), str_of(status)};
		if (answer->final_url.n && facts.count < WIRE_PAIRS_MAX)
			facts.of[facts.count++] = (struct wire_fact){STR("url"), answer->final_url};
		item->facts = facts_json(claim, &facts);
		item_done(w, claim, item, ITEM_OK, "ok", 0);
		break;
	}
	case WIRE_MEANS_FINAL:
		item_done(w, claim, item, ITEM_FAILED, outcome, 0);
		break;
	case WIRE_MEANS_AGAIN:
		item_again(w, claim, item, outcome);
		break;
	case WIRE_MEANS_LATER:
		item_done(w, claim, item, ITEM_LATER, outcome,
			  answer->retry_after_ms ? answer->retry_after_ms : AGAIN_MS);
		break;
	}
}

static void add_tick(struct worker *w, const struct wire_tick *tick)
{
	w->tick.in_flight = tick->in_flight;
	w->tick.oldest_ms = tick->oldest_ms;
	w->tick.network_ms += tick->network_ms;
	w->tick.limiter_ms += tick->limiter_ms;
	w->tick.idle_ms += tick->idle_ms;
}

/* The loop that does the work lives: say so. Never from anything else. */
static enum status beat(struct worker *w, struct err *err)
{
	int64_t now = clock_ms(), throttled = w->throttled_until_ms - now;
	if (now < w->beat_at_ms)
		return OK;
	array_begin(&w->a[0]);
	for (int c = 0; c < CLAIMS_MAX; c++)
		if (w->claim[c].id)
			array_i64(&w->a[0], w->claim[c].id);
	int64_t database_ms = w->database_us / 1000;
	enum status status =
	    WORKER_RUN(w, sql_heartbeat, NULL, err, DB_I64(w->container), DB_I64(lease_ms(w)),
		       array_end(&w->a[0]), DB_I64(w->tick.in_flight), DB_I64(w->tick.oldest_ms),
		       DB_I64(w->slowest_ms), DB_I64(w->tick.network_ms),
		       DB_I64(w->tick.limiter_ms), DB_I64(database_ms), DB_I64(w->tick.idle_ms),
		       throttled > 0 ? DB_Z("throttled") : DB_NULL,
		       throttled > 0 ? DB_I64(throttled) : DB_NULL);
	if (status != OK)
		return status;
	w->beat_at_ms = now + option(w, CONFIG_PIPELINE_HEARTBEAT);
	w->tick = (struct wire_tick){0};
	w->slowest_ms = 0;
	w->database_us = 0;
	return OK;
}

/* Everything that the peer has said. */
static enum status listen_to_peer(struct worker *w, struct err *err)
{
	for (;;) {
		struct wire_message m;
		enum status status = wire_receive(w->options->peer_fd, w->packet, &m, err);
		if (status == NOT_FOUND)
			return OK;
		if (status != OK)
			return status;
		if (m.type == WIRE_ANSWER) {
			take_answer(w, m.item, &m.answer);
		} else if (m.type == WIRE_TICK) {
			add_tick(w, &m.tick);
			status = beat(w, err);
		} else if (m.type == WIRE_BYE) {
			return err_set(err, UNAVAILABLE, "holdfast-fetch ends: %.*s",
				       STR_ARG(m.bye.reason));
		}
		if (status != OK)
			return status;
	}
}

/* ---- the loop ---- */

static enum status reap(struct worker *w, struct err *err)
{
	struct db_rows rows;
	int64_t now = clock_ms();
	if (now < w->reap_at_ms)
		return OK;
	w->reap_at_ms = now + lease_ms(w) / 2;
	enum status status = WORKER_RUN(w, sql_reap, &rows, err);
	if (status != OK)
		return status;
	if (db_i64(&rows, 0, SQL_REAP_ITEMS))
		log_warn("claims whose lease was over: items go back",
			 LOG_I("items", db_i64(&rows, 0, SQL_REAP_ITEMS)),
			 LOG_I("dead", db_i64(&rows, 0, SQL_REAP_DEAD)));
	db_rows_release(&rows);
	return OK;
}

static bool wants_more(const struct worker *w)
{
	if (open_claims(w) == CLAIMS_MAX || narrow_claim_open(w))
		return false;
	if (w->stage->kind == PIPELINE_OFFLINE)
		return open_claims(w) == 0;
	/* Always enough that no call waits for a claim. */
	return waiting_items(w) < (size_t)option(w, CONFIG_PIPELINE_IN_FLIGHT);
}

/* The narrow lanes are for one claim at a time, with nothing else open: what dies then is what was in it. */
static enum status claim_more(struct worker *w, bool *taken, struct err *err)
{
	enum status status = OK;
	bool alone = open_claims(w) == 0;
	bool narrow_first = alone && ++w->turns % NARROW_EVERY == 0;
	*taken = false;
	for (int k = 0; k < LANES && !*taken && status == OK; k++) {
		int lane = narrow_first ? LANES - 1 - k : k;
		if (lane == 0 || alone)
			status = take(w, lane, taken, err);
	}
	if (status == OK && *taken && w->stage->kind != PIPELINE_OFFLINE)
		for (int c = 0; c < CLAIMS_MAX && status == OK; c++)
			if (w->claim[c].id && w->claim[c].waiting == w->claim[c].count)
				status = take_turns(w, &w->claim[c], err);
	return status;
}

static enum status begin_batch(struct worker *w, bool *found, struct err *err)
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
	if (w->stage->kind != PIPELINE_OFFLINE && w->options->peer_fd < 0)
		return err_set(err, INVALID, "stage %s needs holdfast-fetch", w->stage->name);
	status = WORKER_RUN(w, sql_container_create, &rows, err, DB_I64(w->batch),
			    DB_I64(option(w, CONFIG_PIPELINE_HEARTBEAT)), DB_I64(lease_ms(w)));
	if (status != OK)
		return status;
	w->container = db_i64(&rows, 0, SQL_CONTAINER_CREATE_ID);
	db_rows_release(&rows);
	for (int lane = 0; lane < LANES; lane++)
		rewind_lane(w, lane);
	return OK;
}

static enum status end_container(struct worker *w, struct err *err)
{
	enum status status = WORKER_RUN(w, sql_container_finish, NULL, err, DB_I64(w->container));
	if (status == OK)
		w->container = 0;
	return status;
}

/* Nothing was taken and nothing is open: alarm, wait, or the end of the batch. */
static enum status nothing_to_take(struct worker *w, int64_t *wait_ms, struct err *err)
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

static int64_t until_next(const struct worker *w)
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

static bool batch_over(struct worker *w, enum status *status, struct err *err)
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
static enum status step(struct worker *w, bool *done, struct err *err)
{
	bool found = true, taken = false;
	int64_t wait_ms = 0;
	enum status status = OK;
	if (!w->container) {
		status = begin_batch(w, &found, err);
		if (status != OK || !found) {
			*done = status == OK && w->options->batch;
			if (!*done)
				pipeline_wait(w->db, w->options->peer_fd, LOOK_MS * 5);
			return status == OK && w->options->peer_fd >= 0 ? listen_to_peer(w, err)
									: status;
		}
	}
	status = reap(w, err);
	if (status == OK && wants_more(w) && clock_ms() >= w->look_at_ms) {
		status = claim_more(w, &taken, err);
		if (status == OK && !taken && open_claims(w) == 0) {
			status = nothing_to_take(w, &wait_ms, err);
			if (status == OK && batch_over(w, &status, err)) {
				status = end_container(w, err);
				*done = status == OK && w->options->batch;
				return status;
			}
		}
		if (status == OK && !taken)
			w->look_at_ms = clock_ms() + (wait_ms ? wait_ms : LOOK_MS);
	}
	if (status == OK && w->options->peer_fd >= 0)
		status = ask(w, err);
	if (status == OK)
		status = flush_due(w, false, err);
	if (status != OK || taken)
		return status;
	if (w->stage->kind == PIPELINE_OFFLINE) {
		status = beat(w, err);
		if (status == OK && open_claims(w) == 0)
			pipeline_wait(w->db, -1, w->look_at_ms - clock_ms());
		return status;
	}
	pipeline_wait(w->db, w->options->peer_fd, until_next(w));
	return listen_to_peer(w, err);
}

/* In order: what is not done goes back at once. */
static void give_back(struct worker *w)
{
	struct err err;
	for (int c = 0; c < CLAIMS_MAX; c++) {
		struct claim *claim = &w->claim[c];
		for (size_t i = 0; claim->id && i < claim->count; i++)
			if (claim->item[i].state != ITEM_DONE)
				item_done(w, claim, &claim->item[i], ITEM_LATER, "given back", 0);
	}
	if (flush_due(w, true, &err) != OK || (w->container && end_container(w, &err) != OK))
		log_warn("items stay claimed until their lease is over", LOG_S("error", err.text));
}

/* The fetcher died, perhaps of something that it was asked. What is done is written; the rest is for others to judge. */
static void leave_behind(struct worker *w)
{
	struct err err;
	if (flush_due(w, true, &err) != OK ||
	    (w->container &&
	     (WORKER_RUN(w, sql_claims_expire, NULL, &err, DB_I64(w->container)) != OK ||
	      end_container(w, &err) != OK)))
		log_warn("items stay claimed until their lease is over", LOG_S("error", err.text));
}

enum status pipeline_work(const struct pipeline_options *options, const volatile sig_atomic_t *stop,
			  struct err *err)
{
	struct worker *w = calloc(1, sizeof(*w));
	bool done = false;
	if (!w)
		die("out of memory");
	w->options = options;
	w->stop = stop;
	w->random = (uint64_t)clock_us() ^ (uint64_t)getpid() << 32;
	for (int i = 0; i < CLAIMS_MAX; i++)
		arena_init(&w->claim[i].arena, ARENA_BYTES);
	for (size_t i = 0; i < sizeof(w->a) / sizeof(w->a[0]); i++)
		buf_init(&w->a[i], ARRAY_BYTES);
	enum status status = options->peer_fd >= 0 ? say_hello(w, err) : OK;
	while (status == OK && !*stop && !done) {
		status = step(w, &done, err);
		if (status == UNAVAILABLE && !w->db) {
			/* The database comes back, or our leases end. The peer goes on meanwhile. */
			pipeline_wait(NULL, -1, RECONNECT_MS);
			status = options->peer_fd >= 0 ? listen_to_peer(w, err) : OK;
		} else if (status == TIMED_OUT || status == CONFLICT) {
			log_warn("a statement is tried again", LOG_S("error", err->text));
			pipeline_wait(NULL, -1, RECONNECT_MS);
			status = OK;
		}
	}
	if (status == OK)
		give_back(w);
	else
		leave_behind(w);
	db_close(w->db);
	for (int i = 0; i < CLAIMS_MAX; i++)
		arena_release(&w->claim[i].arena);
	for (size_t i = 0; i < sizeof(w->a) / sizeof(w->a[0]); i++)
		buf_release(&w->a[i]);
	free(w);
	return status;
}
