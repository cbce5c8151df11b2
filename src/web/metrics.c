#include "web/internal.h"

#include "monitor/ops.h"

#include "cache/store/store.h"

#include <stdio.h>
#include <unistd.h>

struct numbers {
	const struct http_stats *http;
	struct db_pool_stats db;
};

/* Every process counts for itself and a scrape meets one of them, so that each series names its process; sums
 * over processes are the monitoring system's work. */
static void put_line(struct buf *out, const char *name, const char *labels, double value)
{
	buf_printf(out, "%s{process=\"%d\"%s%s} %.15g\n", name, (int)getpid(), *labels ? "," : "",
		   labels, value);
}

static void put_labelled(struct buf *out, const char *name, const char *label, const char *value,
			 double n)
{
	char labels[160];
	snprintf(labels, sizeof(labels), "%s=\"%s\"", label, value);
	put_line(out, name, labels, n);
}

static void requests(struct buf *out, const char *name, const struct numbers *numbers)
{
	static const char *const classes[HTTP_STATUS_CLASSES] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
	char labels[160];
	for (size_t i = 0; i < numbers->http->routes_count; i++) {
		const struct http_route_stats *route = &numbers->http->routes[i];
		for (int class = 0; class < HTTP_STATUS_CLASSES; class ++) {
			if (!route->by_class[class])
				continue;
			snprintf(labels, sizeof(labels), "route=\"%s\",class=\"%s\"", route->name,
				 classes[class]);
			put_line(out, name, labels, (double)route->by_class[class]);
		}
	}
}

static void latency(struct buf *out, const char *name, const struct numbers *numbers)
{
	char full[100], bound[40];
	uint64_t sum = 0;
	snprintf(full, sizeof(full), "%s_bucket", name);
	for (int i = 0; i < HTTP_LATENCY_BUCKETS; i++) {
		sum += numbers->http->latency[i];
		if (i < HTTP_LATENCY_BUCKETS - 1)
			snprintf(bound, sizeof(bound), "%g",
				 (double)http_latency_bounds_us[i] / 1e6);
		else
			snprintf(bound, sizeof(bound), "+Inf");
		put_labelled(out, full, "le", bound, (double)sum);
	}
	snprintf(full, sizeof(full), "%s_sum", name);
	put_line(out, full, "", (double)numbers->http->latency_sum_us / 1e6);
	snprintf(full, sizeof(full), "%s_count", name);
	put_line(out, full, "", (double)sum);
}

static void refusals(struct buf *out, const char *name, const struct numbers *numbers)
{
	for (int i = 1; i < HTTP_FAULTS; i++)
		put_labelled(out, name, "cause", http_faults[i].name,
			     (double)numbers->http->faults[i]);
	for (int i = 0; i < HTTP_REFUSALS; i++)
		put_labelled(out, name, "cause", http_refusal_names[i],
			     (double)numbers->http->refusals[i]);
}

#define SINGLE(fn, expression)                                                                     \
	static void fn(struct buf *out, const char *name, const struct numbers *numbers)           \
	{                                                                                          \
		put_line(out, name, "", (double)(expression));                                     \
	}
SINGLE(connections, numbers->http->connections)
SINGLE(accepted, numbers->http->accepted)
SINGLE(gone, numbers->http->gone)
SINGLE(db_connected, numbers->db.connected)
SINGLE(db_busy, numbers->db.busy)
SINGLE(db_queued, numbers->db.queued)
SINGLE(db_queries, numbers->db.queries)
SINGLE(db_refused, numbers->db.refused)
SINGLE(db_failed, numbers->db.failed)
SINGLE(db_timed_out, numbers->db.timed_out)
SINGLE(db_busy_seconds, (double)numbers->db.busy_us / 1e6)

/* Every metric there is. */
static const struct {
	const char *name, *type, *help;
	void (*put)(struct buf *out, const char *name, const struct numbers *numbers);
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

/* The cache is one for all processes, and so are its numbers, whichever process tells them. */
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

void web_metrics(struct web *web, struct buf *out)
{
	struct numbers numbers = {.http = http_server_stats(web->http)};
	db_pool_stats(web->db, &numbers.db);
	for (size_t i = 0; i < COUNT_OF(metrics); i++) {
		buf_printf(out, "# HELP %s %s.\n# TYPE %s %s\n", metrics[i].name, metrics[i].help,
			   metrics[i].name, metrics[i].type);
		metrics[i].put(out, metrics[i].name, &numbers);
	}
	cache_metrics(web, out);
	ops_metrics(web->ops, out);
}
