#include "monitor/ops.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "cache/cache.h"
#include "cache/store/store.h"
#include "db/async/async.h"
#include "monitor/monitor.h"
#include "sql/monitor.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum {
	READ_MS = 1000, /* how old numbers may be before they are read again */
	PARKED_MAX = 200,
	VIEW_BYTES = 4 << 20,
	JSON_BYTES = 4 << 20,
};

/* A request that is answered after the next reading. It lives in the request's arena. */
struct parked {
	struct parked *next, **link;
	struct ops *ops;
	struct http_request *request;
	void (*answer)(struct http_request *request);
	struct event *limit; /* answered without the reading then; NULL: no limit */
};

struct ops {
	struct event_base *loop;
	struct db_pool *db;
	struct cache *cache;
	const struct config *config;
	void (*database_stats)(void *ctx, struct db_pool_stats *out);
	void *database_stats_ctx;
	void (*more)(void *ctx, struct json_writer *w);
	struct event *timer;
	struct db_query *query; /* the reading that runs; NULL: none */
	bool totals_wanted;     /* by a waiting request */
	struct arena arena;     /* of the view */
	struct monitor_view view;
	int64_t read_ms; /* when the view was read; 0: never */
	uint64_t version;
	struct buf json; /* of the view */
	struct parked *parked;
	int parked_count;
};

static int64_t flush_ms(const struct ops *ops)
{
	return config_number(ops->config, CONFIG_PIPELINE_FLUSH);
}

static int64_t age_ms(const struct ops *ops)
{
	return ops->read_ms ? clock_ms() - ops->read_ms : -1;
}

static bool is_old(const struct ops *ops)
{
	return age_ms(ops) < 0 || age_ms(ops) > READ_MS;
}

static void put_cache(struct json_writer *w, const struct ops *ops)
{
	struct store_numbers n;
	cache_numbers(ops->cache, &n);
	json_key(w, "cache");
	json_object_begin(w);
	for (int i = 0; i < STORE_COUNTS; i++)
		json_member_i64(w, store_counter_names[i], (int64_t)n.counter[i]);
	json_member_i64(w, "waiting", (int64_t)n.waiting);
	json_member_i64(w, "entries", (int64_t)n.entries_used);
	json_member_i64(w, "bytes", (int64_t)n.bytes);
	json_member_i64(w, "bytes_used", (int64_t)n.bytes_used);
	json_object_end(w);
}

/* The JSON that the page shows. */
static void ops_build(struct ops *ops, struct buf *out)
{
	struct json_writer w;
	struct db_pool_stats db;
	struct buf view;
	ops->database_stats(ops->database_stats_ctx, &db);
	monitor_judge(&ops->view, age_ms(ops), flush_ms(ops));
	buf_init(&view, JSON_BYTES);
	monitor_json(&view, &ops->view);
	buf_reset(out);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_i64(&w, "version", (int64_t)ops->version);
	json_key(&w, "database");
	json_object_begin(&w);
	json_member_i64(&w, "connections", db.connected);
	json_member_i64(&w, "busy", db.busy);
	json_member_i64(&w, "queued", db.queued);
	json_member_i64(&w, "refused", (int64_t)db.refused);
	json_member_i64(&w, "budget",
			config_number(ops->config, CONFIG_DB_CONNECTIONS) *
			    config_number(ops->config, CONFIG_WEB_PROCESSES));
	json_object_end(&w);
	put_cache(&w, ops);
	json_key(&w, "pipeline");
	json_put_raw(&w, buf_view(&view));
	ops->more(ops->database_stats_ctx, &w);
	json_object_end(&w);
	buf_release(&view);
}

/* ---- requests that wait ---- */

static void ops_unpark(struct parked *p)
{
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	p->ops->parked_count--;
	if (p->limit)
		event_free(p->limit);
}

static void gone(void *ctx)
{
	ops_unpark(ctx);
}

static void parked_answer(struct parked *p)
{
	ops_unpark(p);
	http_on_gone(p->request, NULL, NULL);
	p->answer(p->request);
}

static void on_limit(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	parked_answer(ctx);
}

/* False: it has been answered 503. limit_ms 0: no limit. */
static bool ops_park(struct ops *ops, struct http_request *request,
		     void (*answer)(struct http_request *request), int64_t limit_ms)
{
	const struct timeval limit = {limit_ms / 1000, limit_ms % 1000 * 1000};
	struct parked *p = arena_alloc(&request->arena, sizeof(*p));
	if (!p || ops->parked_count >= PARKED_MAX) {
		http_problem(request, HTTP_PROBLEM_BUSY, NULL,
			     "too many requests wait for the monitor");
		return false;
	}
	*p = (struct parked){.next = ops->parked,
			     .link = &ops->parked,
			     .ops = ops,
			     .request = request,
			     .answer = answer};
	if (limit_ms) {
		p->limit = event_new(ops->loop, -1, 0, on_limit, p);
		if (!p->limit || event_add(p->limit, &limit) != 0)
			memory_exhausted();
	}
	if (p->next)
		p->next->link = &p->next;
	ops->parked = p;
	ops->parked_count++;
	http_on_gone(request, gone, p);
	return true;
}

static void answer_numbers(struct http_request *request)
{
	const struct ops *ops = http_ctx(request);
	struct str copy = arena_str(&request->arena, buf_view(&ops->json));
	if (!copy.p)
		http_problem(request, HTTP_PROBLEM_INTERNAL, NULL, "no memory for the numbers");
	else
		http_respond(request,
			     &(struct http_answer){.body = copy, .cache = HTTP_CACHE_NONE});
}

/* Answering can make the next request of the connection wait: it is answered by the next
 * reading. */
static void answer_all(struct ops *ops)
{
	ops->version++;
	ops->totals_wanted = false;
	ops_build(ops, &ops->json);
	for (int n = ops->parked_count; n > 0 && ops->parked; n--) {
		struct parked *last = ops->parked;
		while (last->next)
			last = last->next;
		parked_answer(last);
	}
}

/* ---- reading ---- */

static void again(struct ops *ops)
{
	const struct timeval t = {READ_MS / 1000, READ_MS % 1000 * 1000};
	event_add(ops->timer, &t);
}

static void on_totals(void *ctx, enum status status, const struct db_rows *rows,
		      const struct err *err)
{
	struct ops *ops = ctx;
	(void)err;
	ops->query = NULL;
	/* Without them the view is still valid; the counters are absent then. */
	if (status == OK && !monitor_take_totals(rows, &ops->arena, &ops->view))
		log_warn("the pipeline has too many stages to be counted",
			 LOG_I("rows", rows->rows));
	answer_all(ops);
}

static void on_read(void *ctx, enum status status, const struct db_rows *rows,
		    const struct err *err)
{
	struct ops *ops = ctx;
	struct err refused;
	(void)err;
	ops->query = NULL;
	if (status == OK) {
		struct monitor_view view;
		arena_reset(&ops->arena);
		ops->view = (struct monitor_view){0};
		if (monitor_take(rows, &ops->arena, &view)) {
			ops->view = view;
			ops->read_ms = clock_ms();
		}
	}
	/* Without an answer the previous numbers are kept until they are too old. */
	if (age_ms(ops) < 0 || age_ms(ops) > 2 * flush_ms(ops) + READ_MS)
		ops->view.known = false;
	if (status == OK && ops->totals_wanted &&
	    DB_QUERY(ops->db, sql_monitor_totals, on_totals, ops, &ops->query, &refused) == OK)
		return;
	answer_all(ops);
}

static void read_now(struct ops *ops)
{
	struct err err;
	if (ops->query)
		return;
	again(ops);
	if (DB_QUERY(ops->db, sql_monitor_read, on_read, ops, &ops->query, &err) != OK)
		on_read(ops, UNAVAILABLE, NULL, &err);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct ops *ops = ctx;
	(void)fd;
	(void)what;
	if (ops->parked)
		read_now(ops);
}

/* ---- routes ---- */

static bool allowed(struct http_request *request)
{
	const struct ops *ops = http_ctx(request);
	const char *token = config_text(ops->config, CONFIG_OPS_TOKEN);
	if (!*token) {
		http_problem(request, HTTP_PROBLEM_NOT_FOUND, NULL,
			     "the monitor is off: set ops.token in holdfast.conf");
		return false;
	}
	return http_authorize(request, token);
}

static void get_numbers(struct http_request *request)
{
	struct ops *ops = http_ctx(request);
	if (!allowed(request))
		return;
	const struct http_value *after = http_param(request, "after");
	bool old = is_old(ops);
	if (!old && (!after->given || (uint64_t)after->i != ops->version)) {
		answer_numbers(request);
		return;
	}
	if (!ops_park(ops, request, answer_numbers, 0))
		return;
	if (old)
		read_now(ops);
	else if (!event_pending(ops->timer, EV_TIMEOUT, NULL))
		again(ops);
}

static void get_page(struct http_request *request)
{
	const struct file *file = files_find(STR("assets/ops.html"));
	http_respond(request, &(struct http_answer){.type = HTTP_TYPE_HTML, .body = file->body});
}

static const struct http_param numbers_params[] = {
    {.name = "after",
     .type = HTTP_INT,
     .min = 0,
     .max = INT64_MAX,
     .summary = "version that is known already: the answer comes when there is a newer one"},
    {0}};

const struct http_route ops_routes[] = {
    {.method = HTTP_GET,
     .pattern = "/ops",
     .name = "ops_page",
     .handler = get_page,
     .kind = HTTP_PAGE,
     .summary = "The operator's live page"},
    {.method = HTTP_GET,
     .pattern = "/ops/numbers",
     .name = "ops_numbers",
     .handler = get_numbers,
     .kind = HTTP_API,
     .access = HTTP_OPERATOR,
     .params = numbers_params,
     .summary = "What the pipeline, the cache and the database's connections do; for the operator",
     .answer = "the numbers; what is not known is null",
     .answer_schema = "Operations"},
    {0}};

const struct http_schema ops_schemas[] = {
    {"Operations", "{\"type\":\"object\",\"required\":[\"version\",\"pipeline\"],\"properties\":{"
		   "\"version\":{\"type\":\"integer\"},\"database\":{\"type\":\"object\"},"
		   "\"cache\":{\"type\":\"object\"},\"pipeline\":{\"type\":\"object\"},"
		   "\"alarms\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"object\"}},"
		   "\"heal\":{\"type\":[\"object\",\"null\"]}}}"},
    {0}};

void ops_when_read(struct ops *ops, struct http_request *request,
		   void (*answer)(struct http_request *request))
{
	if (!is_old(ops) && ops->view.totals) {
		answer(request);
	} else if (ops_park(ops, request, answer, OPS_WAIT_MS)) {
		ops->totals_wanted = true;
		read_now(ops);
	}
}

void ops_metrics(struct ops *ops, struct buf *out)
{
	monitor_judge(&ops->view, age_ms(ops), flush_ms(ops));
	struct monitor_view view = ops->view;
	view.known = view.known && age_ms(ops) >= 0 && age_ms(ops) <= 2 * flush_ms(ops) + READ_MS;
	monitor_metrics(out, &view);
}

/* ---- life ---- */

struct ops *ops_create(const struct ops_options *options)
{
	struct ops *ops = memory_alloc(sizeof(*ops));
	ops->loop = options->loop;
	ops->db = options->db;
	ops->cache = options->cache;
	ops->config = options->config;
	ops->database_stats = options->database_stats;
	ops->database_stats_ctx = options->database_stats_ctx;
	ops->more = options->more;
	ops->timer = memory_had(event_new(options->loop, -1, 0, on_timer, ops));
	arena_init(&ops->arena, VIEW_BYTES);
	buf_init(&ops->json, JSON_BYTES);
	return ops;
}

void ops_free(struct ops *ops)
{
	if (!ops)
		return;
	if (ops->query)
		db_query_cancel(ops->query);
	event_free(ops->timer);
	arena_release(&ops->arena);
	buf_release(&ops->json);
	free(ops);
}
