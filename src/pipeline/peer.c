/* The peer: holdfast-fetch executes the calls of this worker's items. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/internal.h"
#include "base/backoff.h"
#include "sql/pipeline.h"

enum {
	AGAIN_MS = 1000,
	AGAIN_MAX_MS = 600000,
	TURN_MAX_MS = 20000, /* a host whose turn is later than this is left for later */
	BODY_MAX = 2 << 20,
};

void pipeline_hello(const struct config *c, struct wire_message *out)
{
	int64_t tick = config_number(c, CONFIG_PIPELINE_HEARTBEAT) / 2;
	*out = (struct wire_message){
	    .type = WIRE_HELLO,
	    .hello = {.tick_ms = (uint32_t)(tick < 10 ? 10 : tick),
		      .max_in_flight = (uint32_t)config_number(c, CONFIG_PIPELINE_IN_FLIGHT),
		      .host_concurrency = 1,
		      .user_agent = str_of(config_text(c, CONFIG_PIPELINE_USER_AGENT)),
		      .allow = str_of(config_text(c, CONFIG_PIPELINE_ALLOW)),
		      .ports = str_of(config_text(c, CONFIG_PIPELINE_PORTS))}};
}

void pipeline_request(const struct config *c, const struct pipeline_stage *stage,
		      const struct stage_item *item, struct wire_request *out)
{
	*out = (struct wire_request){
	    .kind = WIRE_HTTP,
	    .method = WIRE_GET,
	    .max_redirects = 5,
	    .timeout_ms = (uint32_t)config_number(c, CONFIG_PIPELINE_TIMEOUT),
	    .max_body_bytes = BODY_MAX,
	    .host_concurrency = 1,
	    .url = item->url,
	};
	stage->ask(c, item, out);
}

enum status peer_hello(struct worker *w, struct err *err)
{
	struct wire_message hello;
	pipeline_hello(w->options->config, &hello);
	return wire_send(w->options->peer_fd, &hello, err);
}

/* On the wire an item is known by its business, which a batch has once. NULL: its claim was
 * lost. */
static struct item *peer_item(struct worker *w, uint64_t number, struct claim **claim)
{
	for (int c = 0; c < CLAIMS_MAX; c++) {
		if (!w->claim[c].id)
			continue;
		for (size_t i = 0; i < w->claim[c].count; i++) {
			struct item *item = &w->claim[c].item[i];
			if (item->state == ITEM_ASKED && (uint64_t)item->of.business_id == number) {
				*claim = &w->claim[c];
				return item;
			}
		}
	}
	return NULL;
}

enum status peer_ask(struct worker *w, struct err *err)
{
	int64_t now = clock_ms();
	for (int c = 0; c < CLAIMS_MAX; c++) {
		struct claim *claim = &w->claim[c];
		for (size_t i = 0; claim->id && i < claim->count && claim->waiting; i++) {
			struct item *item = &claim->item[i];
			if (w->in_flight >= worker_option(w, CONFIG_PIPELINE_IN_FLIGHT))
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
						 .item = (uint64_t)item->of.business_id};
			pipeline_request(w->options->config, w->stage, &item->of, &m.request);
			enum status status = wire_send(w->options->peer_fd, &m, err);
			if (status == TIMED_OUT)
				return OK; /* its queue is full: later */
			if (status == INVALID || status == TOO_LARGE) {
				item_done(w, claim, item, ITEM_FAILED, "cannot be asked", 0);
				continue;
			}
			if (status != OK)
				return status;
			item->state = ITEM_ASKED;
			log_debug(claim, "asked", LOG_I("claim", claim->id),
				  LOG_I("business", item->of.business_id));
			claim->waiting--;
			w->in_flight++;
		}
	}
	return OK;
}

/* Items of the host that have not been asked wait for the end of its pause; or fail, when it has
 * been given up. */
static void peer_pause(struct worker *w, struct claim *claim, struct str host, int64_t until,
		       bool given_up)
{
	for (size_t i = 0; claim->id && i < claim->count; i++) {
		struct item *item = &claim->item[i];
		if (!str_eq(item->of.host, host))
			continue;
		item->pauses = true;
		if (item->state != ITEM_WAITING)
			continue;
		if (given_up)
			item_done(w, claim, item, ITEM_FAILED, "postponed too long", 0);
		else if (item->not_before_ms < until)
			item->not_before_ms = until;
	}
}

/* True: the host has been given up. */
static bool peer_postpone_host(struct worker *w, struct str host, int64_t ms)
{
	struct db_rows rows;
	struct err err;
	int64_t until = clock_ms() + ms;
	bool given_up = false;
	if (!host.n)
		return false;
	if (WORKER_RUN(w, sql_host_postpone, &rows, &err, DB_TEXT(host), DB_I64(ms)) == OK) {
		given_up = turns_given_up(w, db_i64(&rows, 0, SQL_HOST_POSTPONE_POSTPONED),
					  db_i64(&rows, 0, SQL_HOST_POSTPONE_POSTPONED_MS));
		db_rows_release(&rows);
	}
	for (int c = 0; c < CLAIMS_MAX; c++)
		peer_pause(w, &w->claim[c], host, until, given_up);
	if (until > w->throttled_until_ms) {
		w->throttled_until_ms = until;
		snprintf(w->throttled_host, sizeof(w->throttled_host), "%.*s", STR_ARG(host));
	}
	return given_up;
}

/* The host has answered with something else than a pause. */
static void peer_recovered(struct worker *w, struct str host)
{
	struct err err;
	(void)!WORKER_RUN(w, sql_host_recovered, NULL, &err, DB_TEXT(host));
	for (int c = 0; c < CLAIMS_MAX; c++)
		for (size_t i = 0; w->claim[c].id && i < w->claim[c].count; i++)
			if (str_eq(w->claim[c].item[i].of.host, host))
				w->claim[c].item[i].pauses = false;
}

/* Postpone the item when its host asks for a pause; number and age of postponements are bounded. */
static void peer_later(struct worker *w, struct claim *claim, struct item *item,
		       const char *outcome, int64_t retry_after_ms, bool given_up)
{
	if (retry_after_ms && item->postponed < INT16_MAX)
		item->postponed++;
	if (given_up || item->postponed >= worker_option(w, CONFIG_PIPELINE_POSTPONEMENTS))
		item_done(w, claim, item, ITEM_FAILED, "postponed too long", 0);
	else
		item_done(w, claim, item, ITEM_LATER, outcome,
			  retry_after_ms ? retry_after_ms : AGAIN_MS);
}

/* Counted as an attempt; after the last the item has failed. */
static void peer_again(struct worker *w, struct claim *claim, struct item *item,
		       const char *outcome)
{
	int64_t wait = backoff_wait(AGAIN_MS, AGAIN_MAX_MS, (uint64_t)item->attempts++,
				    random_next(&w->random));
	if (item->attempts >= worker_option(w, CONFIG_PIPELINE_ATTEMPTS))
		item_done(w, claim, item, ITEM_FAILED, outcome, 0);
	else
		item_done(w, claim, item, ITEM_AGAIN, outcome, wait);
}

/* Facts as a JSON object; several of a name become an array. */
static struct str peer_facts_json(struct claim *claim, const struct wire_facts *facts)
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

/* Why a call failed, with the status where the host gave one; lives as long as the claim. */
static const char *peer_cause(struct claim *claim, const struct wire_answer *answer)
{
	const char *outcome = wire_outcomes[answer->outcome].name, *with_status = NULL;
	if (answer->outcome == WIRE_HTTP_ERROR && answer->http_status)
		with_status = arena_printf(&claim->arena, "%s %u", outcome, answer->http_status);
	return with_status ? with_status : outcome;
}

static void peer_take_answer(struct worker *w, uint64_t number, const struct wire_answer *answer)
{
	struct claim *claim;
	struct item *item = peer_item(w, number, &claim);
	if (!item)
		return;
	const char *outcome = peer_cause(claim, answer);
	if (answer->total_ms > w->slowest_ms)
		w->slowest_ms = answer->total_ms;
	bool given_up = false;
	if (answer->retry_after_ms)
		given_up = peer_postpone_host(w, item->of.host, answer->retry_after_ms);
	else if (item->pauses && answer->http_status)
		peer_recovered(w, item->of.host);
	switch (wire_meaning(answer->outcome, answer->http_status)) {
	case WIRE_MEANS_DONE: {
		struct wire_facts facts = answer->facts;
		char status[16];
		snprintf(status, sizeof(status), "%u", answer->http_status);
		if (answer->http_status && facts.count < WIRE_PAIRS_MAX)
			facts.of[facts.count++] = (struct wire_fact){STR("status"), str_of(status)};
		if (answer->final_url.n && facts.count < WIRE_PAIRS_MAX)
			facts.of[facts.count++] = (struct wire_fact){STR("url"), answer->final_url};
		item->of.facts = peer_facts_json(claim, &facts);
		item_done(w, claim, item, ITEM_OK, "ok", 0);
		break;
	}
	case WIRE_MEANS_FINAL:
		item_done(w, claim, item, ITEM_FAILED, outcome, 0);
		break;
	case WIRE_MEANS_AGAIN:
		peer_again(w, claim, item, outcome);
		break;
	case WIRE_MEANS_LATER:
		peer_later(w, claim, item, outcome, answer->retry_after_ms, given_up);
		break;
	}
}

/* The number of items that wait until the time that their host has named. */
static int64_t peer_waiting(const struct worker *w, int64_t now)
{
	int64_t n = 0;
	for (int c = 0; c < CLAIMS_MAX; c++)
		for (size_t i = 0; w->claim[c].id && i < w->claim[c].count; i++)
			n += w->claim[c].item[i].state == ITEM_WAITING &&
			     w->claim[c].item[i].not_before_ms > now;
	return n;
}

static void peer_add_tick(struct worker *w, const struct wire_tick *tick)
{
	w->tick.in_flight = tick->in_flight;
	w->tick.oldest_ms = tick->oldest_ms;
	w->tick.network_ms += tick->network_ms;
	w->tick.limiter_ms += tick->limiter_ms;
	w->tick.idle_ms += tick->idle_ms;
}

/* Only the loop that does the work writes the heartbeat, so that a hung worker has none. */
enum status peer_beat(struct worker *w, struct err *err)
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
	    WORKER_RUN(w, sql_heartbeat, NULL, err, DB_I64(w->container),
		       DB_I64(worker_lease_ms(w)), array_end(&w->a[0]), DB_I64(w->tick.in_flight),
		       DB_I64(w->tick.oldest_ms), DB_I64(w->slowest_ms), DB_I64(w->tick.network_ms),
		       DB_I64(w->tick.limiter_ms), DB_I64(database_ms), DB_I64(w->tick.idle_ms),
		       throttled > 0 ? DB_Z("throttled") : DB_NULL,
		       throttled > 0 ? DB_I64(throttled) : DB_NULL, DB_I64(peer_waiting(w, now)),
		       throttled > 0 ? DB_Z(w->throttled_host) : DB_NULL);
	if (status != OK)
		return status;
	w->beat_at_ms = now + worker_option(w, CONFIG_PIPELINE_HEARTBEAT);
	w->tick = (struct wire_tick){0};
	w->slowest_ms = 0;
	w->database_us = 0;
	return OK;
}

/* Handle every message that has arrived. */
enum status peer_listen(struct worker *w, struct err *err)
{
	for (;;) {
		struct wire_message m;
		enum status status = wire_receive(w->options->peer_fd, w->packet, &m, err);
		if (status == NOT_FOUND)
			return OK;
		if (status != OK)
			return status;
		if (m.type == WIRE_ANSWER) {
			peer_take_answer(w, m.item, &m.answer);
		} else if (m.type == WIRE_TICK) {
			peer_add_tick(w, &m.tick);
			status = peer_beat(w, err);
		} else if (m.type == WIRE_BYE) {
			return err_set(err, UNAVAILABLE, "holdfast-fetch ends: %.*s",
				       STR_ARG(m.bye.reason));
		}
		if (status != OK)
			return status;
	}
}
