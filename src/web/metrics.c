#include "web/internal.h"

#include "monitor/ops.h"

#include "cache/store/store.h"
#include "process/process.h"
#include "process/scoreboard.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
	ROUTES_MAX = 100,
	PROCESSES_MAX = SCOREBOARD_SLOTS_MAX * SCOREBOARD_REGIONS,
	SCRAPE_BYTES = 2 * PROCESSES_MAX * WEB_STATS_BYTES,
};

/* What a web process publishes, cut behind its last route. Routes are in the order of the HTTP
 * server. */
struct web_numbers {
	/* Differs for a process of another build, which can run beside this one after a reload. */
	uint64_t form;
	struct http_stats http;
	struct db_pool_stats db;
	uint64_t by_class[ROUTES_MAX][HTTP_STATUS_CLASSES];
};
_Static_assert(sizeof(struct web_numbers) <= WEB_STATS_BYTES,
	       "a web process has room for its numbers");

/* One process, as read from the mapping. */
struct process {
	char name[SCOREBOARD_NAME + 16]; /* web/1 */
	struct web_numbers numbers;
};

/* What a scrape reports. */
struct scrape {
	struct process *process;
	int count;
};

/* ---- publishing and reading ---- */

static size_t numbers_size(const struct http_stats *http)
{
	must(http->routes_count <= ROUTES_MAX);
	return offsetof(struct web_numbers, by_class) +
	       http->routes_count * sizeof(((struct web_numbers *)0)->by_class[0]);
}

uint64_t web_numbers_form(const struct http_stats *http)
{
	uint64_t hash = 14695981039346656037ull ^ sizeof(struct web_numbers); /* FNV-1a */
	for (size_t i = 0; i < http->routes_count; i++)
		for (const char *p = http->routes[i].name; *p; p++)
			hash = (hash ^ (unsigned char)*p) * 1099511628211ull;
	return hash;
}

void web_publish(struct web *web)
{
	const struct http_stats *http = http_server_stats(web->http);
	struct web_numbers numbers;
	numbers.form = web->numbers_form;
	numbers.http = *http;
	numbers.http.routes = NULL; /* a pointer is valid in this process only */
	db_pool_stats(web->db, &numbers.db);
	for (size_t i = 0; i < http->routes_count; i++)
		memcpy(numbers.by_class[i], http->routes[i].by_class, sizeof(numbers.by_class[i]));
	scoreboard_publish(web->region, &numbers, numbers_size(http));
}

/* False: no web process, it has published nothing yet, or it is of another build. */
static bool read_process(const struct web *web, int slot, int which, struct buf *copy,
			 struct process *out)
{
	struct scoreboard_slot row;
	if (!scoreboard_read(web->board, slot, which, copy) ||
	    copy->n != numbers_size(http_server_stats(web->http)))
		return false;
	memcpy(&out->numbers, copy->p, copy->n);
	if (out->numbers.form != web->numbers_form)
		return false;
	scoreboard_slot(web->board, slot, &row);
	snprintf(out->name, sizeof(out->name), "%s%s", row.name, which ? " predecessor" : "");
	return true;
}

static void read_processes(const struct web *web, struct arena *arena, struct scrape *scrape)
{
	struct buf copy;
	*scrape = (struct scrape){0};
	buf_init(&copy, WEB_STATS_BYTES);
	scrape->process = arena_array(arena, PROCESSES_MAX, sizeof(*scrape->process));
	for (int slot = 0; slot < scoreboard_slots(web->board) && scrape->process; slot++)
		for (int which = 0; which < SCOREBOARD_REGIONS; which++)
			scrape->count +=
			    read_process(web, slot, which, &copy, &scrape->process[scrape->count]);
	buf_release(&copy);
}

void web_database_stats(struct web *web, struct db_pool_stats *out)
{
	struct scrape scrape;
	struct arena arena;
	arena_init(&arena, SCRAPE_BYTES);
	*out = (struct db_pool_stats){0};
	web_publish(web);
	read_processes(web, &arena, &scrape);
	for (int i = 0; i < scrape.count; i++) {
		const struct db_pool_stats *db = &scrape.process[i].numbers.db;
		out->connected += db->connected;
		out->busy += db->busy;
		out->queued += db->queued;
		out->queries += db->queries;
		out->refused += db->refused;
		out->failed += db->failed;
		out->timed_out += db->timed_out;
		out->busy_us += db->busy_us;
	}
	arena_release(&arena);
}

/* ---- series of one process ---- */

/* Each series has the label of its process; the monitoring system sums over processes. */
static void put_line(struct buf *out, const char *name, const struct process *p, const char *labels,
		     double value)
{
	buf_printf(out, "%s{process=\"%s\"%s%s} %.15g\n", name, p->name, *labels ? "," : "", labels,
		   value);
}

static void put_labelled(struct buf *out, const char *name, const struct process *p,
			 const char *label, const char *value, uint64_t n)
{
	char labels[160];
	snprintf(labels, sizeof(labels), "%s=\"%s\"", label, value);
	put_line(out, name, p, labels, (double)n);
}

static void requests(struct buf *out, const char *name, const struct web *web,
		     const struct process *p)
{
	static const char *const classes[HTTP_STATUS_CLASSES] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
	const struct http_stats *own = http_server_stats(web->http);
	char labels[160];
	for (size_t i = 0; i < own->routes_count; i++) {
		for (int class = 0; class < HTTP_STATUS_CLASSES; class ++) {
			if (!p->numbers.by_class[i][class])
				continue;
			snprintf(labels, sizeof(labels), "route=\"%s\",class=\"%s\"",
				 own->routes[i].name, classes[class]);
			put_line(out, name, p, labels, (double)p->numbers.by_class[i][class]);
		}
	}
}

static void latency(struct buf *out, const char *name, const struct web *web,
		    const struct process *p)
{
	const struct http_stats *http = &p->numbers.http;
	char full[100], bound[40];
	uint64_t sum = 0;
	(void)web;
	snprintf(full, sizeof(full), "%s_bucket", name);
	for (int i = 0; i < HTTP_LATENCY_BUCKETS; i++) {
		sum += http->latency[i];
		if (i < HTTP_LATENCY_BUCKETS - 1)
			snprintf(bound, sizeof(bound), "%g",
				 (double)http_latency_bounds_us[i] / 1e6);
		else
			snprintf(bound, sizeof(bound), "+Inf");
		put_labelled(out, full, p, "le", bound, sum);
	}
	snprintf(full, sizeof(full), "%s_sum", name);
	put_line(out, full, p, "", (double)http->latency_sum_us / 1e6);
	snprintf(full, sizeof(full), "%s_count", name);
	put_line(out, full, p, "", (double)sum);
}

static void refusals(struct buf *out, const char *name, const struct web *web,
		     const struct process *p)
{
	const struct http_stats *http = &p->numbers.http;
	(void)web;
	for (int i = 1; i < HTTP_FAULTS; i++)
		put_labelled(out, name, p, "cause", http_faults[i].name, http->faults[i]);
	for (int i = 0; i < HTTP_REFUSALS; i++)
		put_labelled(out, name, p, "cause", http_refusal_names[i], http->refusals[i]);
}

#define SINGLE(fn, expression)                                                                     \
	static void fn(struct buf *out, const char *name, const struct web *web,                   \
		       const struct process *p)                                                    \
	{                                                                                          \
		(void)web;                                                                         \
		put_line(out, name, p, "", (double)(expression));                                  \
	}
SINGLE(connections, p->numbers.http.connections)
SINGLE(accepted, p->numbers.http.accepted)
SINGLE(gone, p->numbers.http.gone)
SINGLE(db_connected, p->numbers.db.connected)
SINGLE(db_busy, p->numbers.db.busy)
SINGLE(db_queued, p->numbers.db.queued)
SINGLE(db_queries, p->numbers.db.queries)
SINGLE(db_refused, p->numbers.db.refused)
SINGLE(db_failed, p->numbers.db.failed)
SINGLE(db_timed_out, p->numbers.db.timed_out)
SINGLE(db_busy_seconds, (double)p->numbers.db.busy_us / 1e6)

/* Every metric of a web process. */
static const struct {
	const char *name, *type, *help;
	void (*put)(struct buf *out, const char *name, const struct web *web,
		    const struct process *p);
} metrics[] = {
    {"holdfast_http_requests_total", "counter", "Requests answered, by route and class of status",
     requests},
    {"holdfast_http_request_duration_seconds", "histogram",
     "From the end of a request's head to its answer", latency},
    {"holdfast_http_connections", "gauge", "Open client connections", connections},
    {"holdfast_http_connections_accepted_total", "counter", "Client connections accepted",
     accepted},
    {"holdfast_http_clients_gone_total", "counter", "Clients that left before their answer", gone},
    {"holdfast_http_refusals_total", "counter",
     "Connections and requests refused before a handler saw them, by cause", refusals},
    {"holdfast_db_connections", "gauge", "Open database connections", db_connected},
    {"holdfast_db_connections_busy", "gauge", "Database connections that run a query", db_busy},
    {"holdfast_db_queue", "gauge", "Queries that wait for a connection", db_queued},
    {"holdfast_db_queries_total", "counter", "Queries sent to the database", db_queries},
    {"holdfast_db_refused_total", "counter", "Queries refused because the queue was full",
     db_refused},
    {"holdfast_db_failed_total", "counter", "Queries that failed", db_failed},
    {"holdfast_db_timed_out_total", "counter", "Queries that took longer than db.timeout",
     db_timed_out},
    {"holdfast_db_busy_seconds_total", "counter", "Time that connections spent on queries",
     db_busy_seconds},
};

static void put_metric(struct buf *out, const char *name, const char *kind, const char *help,
		       uint64_t value)
{
	buf_printf(
	    out,
	    "# HELP holdfast_cache_%s %s.\n# TYPE holdfast_cache_%s %s\nholdfast_cache_%s %llu\n",
	    name, help, name, kind, name, (unsigned long long)value);
}

/* The cache is shared by all processes. */
static void cache_metrics(const struct web *web, struct buf *out)
{
	struct store_numbers numbers;
	char name[64];
	cache_numbers(web->cache, &numbers);
	for (int i = 0; i < STORE_COUNTS; i++) {
		snprintf(name, sizeof(name), "%s_total", store_counter_names[i]);
		put_metric(out, name, "counter", store_counter_helps[i], numbers.counter[i]);
	}
	put_metric(out, "waiting", "gauge", "requests that wait for a value", numbers.waiting);
	put_metric(out, "bytes", "gauge", "memory of the cache", numbers.bytes);
	put_metric(out, "bytes_used", "gauge", "memory that values take, in blocks",
		   numbers.bytes_used);
	put_metric(out, "entries", "gauge", "keys in the cache", numbers.entries_used);
}

static void process_metrics(const struct web *web, struct buf *out)
{
	struct scoreboard_slot slot;
	buf_puts(out, "# HELP holdfast_process_running Whether the process runs and is ready.\n"
		      "# TYPE holdfast_process_running gauge\n");
	for (int n = 0; n < scoreboard_slots(web->board); n++) {
		scoreboard_slot(web->board, n, &slot);
		buf_printf(out, "holdfast_process_running{process=\"%s\"} %d\n", slot.name,
			   slot.state == PROCESS_RUNNING);
	}
	buf_puts(out, "# HELP holdfast_process_restarts_total Starts after a death or a hang.\n"
		      "# TYPE holdfast_process_restarts_total counter\n");
	for (int n = 0; n < scoreboard_slots(web->board); n++) {
		scoreboard_slot(web->board, n, &slot);
		buf_printf(out, "holdfast_process_restarts_total{process=\"%s\"} %u\n", slot.name,
			   slot.restarts);
	}
}

void web_metrics(struct web *web, struct buf *out)
{
	struct scrape scrape;
	struct arena arena;
	arena_init(&arena, SCRAPE_BYTES);
	web_publish(web);
	read_processes(web, &arena, &scrape);
	for (size_t i = 0; i < COUNT_OF(metrics); i++) {
		buf_printf(out, "# HELP %s %s.\n# TYPE %s %s\n", metrics[i].name, metrics[i].help,
			   metrics[i].name, metrics[i].type);
		for (int p = 0; p < scrape.count; p++)
			metrics[i].put(out, metrics[i].name, web, &scrape.process[p]);
	}
	arena_release(&arena);
	process_metrics(web, out);
	web_shared_metrics(web, out);
	cache_metrics(web, out);
	ops_metrics(web->ops, out);
}
