#include "web/internal.h"

#include "monitor/ops.h"
#include "sql/web.h"

enum { HASH_BYTES = 16 };

/* ---- health ---- */

static void get_health(struct http_request *request)
{
	http_respond(request, &(struct http_answer){.type = HTTP_TYPE_TEXT,
						    .cache = HTTP_CACHE_NONE,
						    .body = STR("ok\n")});
}

static void not_ready(struct http_request *request, const struct err *err)
{
	/* The message of the database can contain hosts and roles: it is not for clients. */
	(void)err;
	http_problem(request, HTTP_PROBLEM_UNAVAILABLE, NULL, "the database does not answer now");
}

static void ready_known(void *ctx, enum status status, const struct db_rows *rows,
			const struct err *err)
{
	struct http_request *request = ctx;
	(void)rows;
	if (status != OK) {
		not_ready(request, err);
		return;
	}
	http_respond(request, &(struct http_answer){.type = HTTP_TYPE_TEXT,
						    .cache = HTTP_CACHE_NONE,
						    .body = STR("ready\n")});
}

static void cancel_query(void *query)
{
	db_query_cancel(query);
}

static void get_ready(struct http_request *request)
{
	const struct web *web = http_ctx(request);
	struct db_query *query = NULL;
	struct err err;
	if (DB_QUERY(web->db, sql_web_ready, ready_known, request, &query, &err) != OK)
		not_ready(request, &err);
	else
		http_on_gone(request, cancel_query, query);
}

/* ---- descriptions ---- */

static void put_metrics(struct http_request *request)
{
	web_metrics(http_ctx(request), http_out(request));
	http_respond_out(request, "text/plain; version=0.0.4; charset=utf-8", HTTP_CACHE_NONE);
}

static void get_metrics(struct http_request *request)
{
	const struct web *web = http_ctx(request);
	const char *token = config_text(web->config, CONFIG_METRICS_TOKEN);
	if (*token && !http_authorize(request, token))
		return;
	ops_when_read(web->ops, request, put_metrics);
}

static void get_openapi(struct http_request *request)
{
	const struct web *web = http_ctx(request);
	http_respond(request, &(struct http_answer){.body = buf_view(&web->openapi)});
}

/* ---- assets ---- */

static void get_asset(struct http_request *request)
{
	http_asset(request, "path");
}

static const struct http_param asset_params[] = {
    {.name = "path", .type = HTTP_TEXT, .min = 1, .max = 200},
    {.name = "v", .type = HTTP_TEXT, .max = HASH_BYTES},
    {0}};

static const struct http_param public_params[] = {
    {.name = "file", .type = HTTP_TEXT, .min = 1, .max = 200}, {0}};

const struct http_route web_routes[] = {
    {.method = HTTP_GET,
     .pattern = "/healthz",
     .name = "health",
     .handler = get_health,
     .kind = HTTP_API,
     .summary = "Whether this process lives",
     .answer = "It does",
     .answer_type = HTTP_TYPE_TEXT},
    {.method = HTTP_GET,
     .pattern = "/readyz",
     .name = "ready",
     .handler = get_ready,
     .kind = HTTP_API,
     .summary = "Whether requests can be answered: the database is reachable",
     .answer = "It is; 503 otherwise",
     .answer_type = HTTP_TYPE_TEXT},
    {.method = HTTP_GET,
     .pattern = "/metrics",
     .name = "metrics",
     .handler = get_metrics,
     .kind = HTTP_API,
     .access = HTTP_OPERATOR_WHEN_SET,
     .summary = "Counters of all processes, whichever answers, in Prometheus' text format",
     .answer = "Prometheus text format 0.0.4",
     .answer_type = "text/plain"},
    {.method = HTTP_GET,
     .pattern = "/openapi.json",
     .name = "openapi",
     .handler = get_openapi,
     .kind = HTTP_API,
     .summary = "This description",
     .answer = "An OpenAPI 3.1 document"},
    {.method = HTTP_GET,
     .pattern = "/assets/{path...}",
     .name = "asset",
     .handler = get_asset,
     .kind = HTTP_PAGE,
     .params = asset_params,
     .summary = "A file of the pages",
     .answer = "The file"},
    {.method = HTTP_GET,
     .pattern = "/.well-known/{file}",
     .name = "well_known",
     .handler = get_well_known,
     .kind = HTTP_PAGE,
     .fallback = true,
     .params = public_params,
     .summary = "A file of the operator",
     .answer = "The file"},
    {.method = HTTP_GET,
     .pattern = "/{file}",
     .name = "public_file",
     .handler = get_public,
     .kind = HTTP_PAGE,
     .fallback = true,
     .params = public_params,
     .summary = "robots.txt, favicon.ico, sitemap.xml, or a file of the operator",
     .answer = "The file"},
    {0}};
