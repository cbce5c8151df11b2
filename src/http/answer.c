#include "http/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

const struct http_problem_row http_problems[HTTP_PROBLEMS] = {
#define PROBLEM(id, name, status, title, remedy)                                                   \
	[HTTP_PROBLEM_##id] = {name, status, title, remedy},
#include "http/problems.def"
#undef PROBLEM
};

/* From a tenth of a millisecond, which a constant answer takes, to seconds,
 * which something is wrong. */
const int64_t http_latency_bounds_us[HTTP_LATENCY_BUCKETS - 1] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 50000, 250000, 1000000, 3000000};

static const struct {
	int status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

/* ---- the head of an answer ---- */

static void answer_put_number(struct buf *out, uint64_t v)
{
	char digits[20];
	size_t i = sizeof(digits);
	do {
		digits[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(out, digits + i, sizeof(digits) - i);
}

static void put_line(struct buf *out, struct str name, struct str value)
{
	buf_str(out, name);
	buf_str(out, value);
	buf_str(out, STR("\r\n"));
}

static void put_status_line(struct buf *out, int status)
{
	const char *reason = "";
	for (size_t i = 0; i < COUNT_OF(reasons); i++) {
		if (reasons[i].status == status) {
			reason = reasons[i].reason;
			break;
		}
	}
	buf_str(out, STR("HTTP/1.1 "));
	answer_put_number(out, (uint64_t)status);
	buf_putc(out, ' ');
	buf_puts(out, reason);
	buf_str(out, STR("\r\n"));
}

static struct str date_line(struct http_server *server)
{
	time_t now = time(NULL);
	if ((int64_t)now != server->date_s) {
		struct tm tm;
		server->date_s = (int64_t)now;
		gmtime_r(&now, &tm);
		/* Programs here never leave the C locale, so that names are English. */
		strftime(server->date, sizeof(server->date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
			 &tm);
	}
	return str_of(server->date);
}

/* ---- ETag ---- */

/* "..." in the header, one of several, weak or not: the comparison for GET is the
 * weak one (RFC 9110). */
static bool none_match(struct str header, struct str etag)
{
	if (!header.p)
		return false;
	if (str_eq(header, STR("*")))
		return true;
	while (header.p) {
		struct str one = str_trim(str_cut(&header, ','));
		if (str_starts(one, STR("W/")))
			one = (struct str){one.p + 2, one.n - 2};
		if (one.n == etag.n + 2 && one.p[0] == '"' && one.p[one.n - 1] == '"' &&
		    memcmp(one.p + 1, etag.p, etag.n) == 0)
			return true;
	}
	return false;
}

struct tag {
	struct str text;
	char hex[33];
};

/* A 200 to GET or HEAD that may be stored gets one. */
static void make_tag(const struct http_request *request, const struct http_answer *answer,
		     struct tag *tag)
{
	tag->text = answer->etag;
	if (answer->status != 200 || strcmp(answer->cache, HTTP_CACHE_NONE) == 0 ||
	    (request->method != HTTP_GET && request->method != HTTP_HEAD)) {
		tag->text = (struct str){NULL, 0};
	} else if (tag->text.n == 0) {
		XXH128_hash_t h =
		    XXH3_128bits(answer->body.p ? answer->body.p : "", answer->body.n);
		snprintf(tag->hex, sizeof(tag->hex), "%016" PRIx64 "%016" PRIx64,
			 (uint64_t)h.high64, (uint64_t)h.low64);
		tag->text = (struct str){tag->hex, 32};
	}
}

/* ---- counting and logging ---- */

static void count(struct live_request *live, int status)
{
	struct http_stats *stats = &live->server->stats;
	int64_t us = clock_us() - live->started_us;
	int bucket = 0;
	while (bucket < HTTP_LATENCY_BUCKETS - 1 && us > http_latency_bounds_us[bucket])
		bucket++;
	stats->requests++;
	stats->latency[bucket]++;
	stats->latency_sum_us += (uint64_t)us;
	size_t route = live->route ? (size_t)(live->route - live->server->routes.routes)
				   : stats->routes_count - 1;
	stats->routes[route].by_class[status / 100 - 1]++;
	log_debug(connection, "answered", LOG_STR("id", live->request.id),
		  LOG_S("route", stats->routes[route].name), LOG_I("status", status),
		  LOG_I("us", us));
}

/* Without the query: what visitors search for is not logged. */
static void log_access(const struct live_request *live, int status, size_t bytes)
{
	const struct http_request *request = &live->request;
	log_set_request(STR("")); /* this line has it as its own */
	log_info("request", LOG_STR("id", request->id),
		 LOG_S("method", http_method_names[request->method]),
		 LOG_STR("path", request->raw_path), LOG_I("status", status), LOG_I("bytes", bytes),
		 LOG_I("us", clock_us() - live->started_us),
		 LOG_S("route", request->route ? request->route->name : "none"));
}

/* ---- answering ---- */

static void build_head(struct live_request *live, const struct http_answer *answer, struct str etag,
		       size_t length)
{
	struct http_server *server = live->server;
	struct buf *out = &server->out;
	buf_reset(out);
	put_status_line(out, answer->status);
	buf_str(out, date_line(server));
	if (answer->status != 304 && answer->status != 204)
		put_line(out, STR("Content-Type: "), str_of(answer->type));
	if (live->more && live->head.minor > 0) {
		buf_str(out, STR("Transfer-Encoding: chunked\r\n"));
	} else if (answer->status != 304 && answer->status != 204 && !live->more) {
		buf_str(out, STR("Content-Length: "));
		answer_put_number(out, length);
		buf_str(out, STR("\r\n"));
	}
	put_line(out, STR("Cache-Control: "), str_of(answer->cache));
	if (etag.n) {
		buf_str(out, STR("ETag: \""));
		buf_str(out, etag);
		buf_str(out, STR("\"\r\n"));
	}
	if (answer->location)
		put_line(out, STR("Location: "), str_of(answer->location));
	if (live->allow[0])
		put_line(out, STR("Allow: "), str_of(live->allow));
	if (answer->retry_after_s) {
		buf_str(out, STR("Retry-After: "));
		answer_put_number(out, (uint64_t)answer->retry_after_s);
		buf_str(out, STR("\r\n"));
	}
	if (live->request.answer_headers)
		buf_puts(out, live->request.answer_headers);
	put_line(out, STR("X-Request-Id: "), live->request.id);
	if (live->conn->close_after)
		buf_str(out, STR("Connection: close\r\n"));
	if (server->options.headers)
		buf_puts(out, server->options.headers);
	if (live->route && live->route->group->headers)
		buf_puts(out, live->route->group->headers);
	buf_str(out, STR("\r\n"));
	must(!buf_failed(out));
}

static void send_problem(struct live_request *live, const struct http_error *error);

/* Not as a page: that may be what became too large. */
static void answer_too_large(struct live_request *live)
{
	const struct http_problem_row *row = &http_problems[HTTP_PROBLEM_INTERNAL];
	send_problem(live,
		     &(struct http_error){row, NULL, "the answer became too large", row->remedy});
}

/* Head and body to the client. */
static void answer_send(struct live_request *live, const struct http_answer *given)
{
	struct http_request *request = &live->request;
	struct http_answer answer = *given;
	if (!live->conn) {
		request_free(live);
		return;
	}
	if (live->server->draining)
		live->conn->close_after = true;

	struct tag tag;
	make_tag(request, &answer, &tag);
	if (tag.text.n && none_match(http_header(request, "if-none-match"), tag.text))
		answer.status = 304;
	bool bodiless = answer.status == 304 || answer.status == 204;
	build_head(live, &answer, tag.text, answer.body.n);
	struct str body =
	    bodiless || request->method == HTTP_HEAD ? (struct str){NULL, 0} : answer.body;
	count(live, answer.status);
	if (live->server->options.access_log)
		log_access(live, answer.status, body.n);
	live->server->send(live->conn, body);
}

/* Spaces behind the body, which neither JSON nor HTML nor text minds. False: it is longer. */
static bool answer_pad(struct live_request *live, struct str *body, size_t pad_to)
{
	if (body->n > pad_to)
		return false;
	if (body->p != live->out.p) {
		buf_reset(&live->out);
		buf_str(&live->out, *body);
	}
	while (live->out.n < pad_to)
		buf_putc(&live->out, ' ');
	*body = buf_view(&live->out);
	return true;
}

static void answer_departs(evutil_socket_t fd, short what, void *arg)
{
	struct live_request *live = arg;
	(void)fd;
	(void)what;
	live->departing = false;
	live->server->now_ms = clock_ms();
	answer_send(live, &live->answer);
}

/* When: see depart_ms in http.h. For the handler the request is over. */
static void answer_depart(struct live_request *live, const struct http_answer *answer)
{
	int64_t step_us = (int64_t)live->route->row->depart_ms * 1000, now_us = clock_us();
	int64_t earliest_us = live->started_us + step_us;
	int64_t at_us = earliest_us > now_us ? earliest_us : now_us;
	int64_t left_us = (at_us + step_us - 1) / step_us * step_us - now_us;
	struct timeval left = {left_us / 1000000, left_us % 1000000};
	live->answer = *answer;
	live->departing = true;
	live->gone = NULL;
	event_assign(&live->departure, live->server->options.loop, -1, 0, answer_departs, live);
	must(event_add(&live->departure, &left) == 0);
}

void http_respond(struct http_request *request, const struct http_answer *given)
{
	struct live_request *live = live_of(request);
	struct http_answer answer = *given;
	must(live->server && !live->departing); /* else: answered twice */
	if (answer.status == 0)
		answer.status = 200;
	must(answer.status >= 200 && answer.status < 600);
	if (!answer.type)
		answer.type = HTTP_TYPE_JSON;
	if (!answer.cache)
		answer.cache = answer.status == 200 ? HTTP_CACHE_ASK : HTTP_CACHE_NONE;
	const struct http_route *row = live->route ? live->route->row : NULL;
	if (buf_failed(&live->out) ||
	    (row && row->pad_to && !answer_pad(live, &answer.body, row->pad_to))) {
		answer_too_large(live);
		return;
	}
	if (row && row->depart_ms)
		answer_depart(live, &answer);
	else
		answer_send(live, &answer);
}

void http_respond_out(struct http_request *request, const char *type, const char *cache)
{
	http_respond(request, &(struct http_answer){.type = type,
						    .cache = cache,
						    .body = buf_view(http_out(request))});
}

/* ---- streams ---- */

/* HTTP/1.0 has no chunks: there the end of the connection ends the answer. */
static bool is_chunked(const struct live_request *live)
{
	return live->head.minor > 0;
}

void http_stream(struct http_request *request, const struct http_answer *given, http_more *more,
		 void *ctx)
{
	struct live_request *live = live_of(request);
	struct http_answer answer = *given;
	must(live->conn && live->gone && !live->more && !live->route->row->depart_ms);
	answer.status = 200;
	answer.cache = answer.cache ? answer.cache : HTTP_CACHE_NONE;
	live->more = more;
	live->more_ctx = ctx;
	if (live->server->draining || !is_chunked(live))
		live->conn->close_after = true;
	build_head(live, &answer, (struct str){NULL, 0}, 0);
	count(live, answer.status);
	if (live->server->options.access_log)
		log_access(live, answer.status, 0);
	if (request->method == HTTP_HEAD)
		live->more = NULL;
	live->server->send(live->conn, (struct str){NULL, 0});
}

void http_stream_piece(struct http_request *request, struct str piece)
{
	struct live_request *live = live_of(request);
	struct buf *out = &live->out;
	must(live->more && piece.n);
	buf_reset(out);
	if (is_chunked(live))
		buf_printf(out, "%zx\r\n", piece.n);
	buf_str(out, piece);
	if (is_chunked(live))
		buf_str(out, STR("\r\n"));
	must(!buf_failed(out)); /* HTTP_ANSWER_BYTES is far beyond a piece */
	buf_reset(&live->server->out);
	live->server->send(live->conn, buf_view(out));
}

void http_stream_end(struct http_request *request, bool complete)
{
	struct live_request *live = live_of(request);
	must(live->more);
	live->more = NULL;
	buf_reset(&live->server->out);
	if (!complete) {
		live->gone = NULL;
		live->server->cut(live->conn);
		request_free(live);
		return;
	}
	if (is_chunked(live))
		buf_str(&live->server->out, STR("0\r\n\r\n"));
	live->server->send(live->conn, (struct str){NULL, 0});
}

/* ---- problems ---- */

enum http_problem http_problem_named(const char *name)
{
	for (int i = 0; i < HTTP_PROBLEMS; i++)
		if (strcmp(http_problems[i].name, name) == 0)
			return (enum http_problem)i;
	must_failed(__FILE__, __LINE__, name);
}

/* API paths always answer problem+json; elsewhere a browser asks for HTML in Accept. */
static bool wants_page(const struct live_request *live)
{
	if (!live->server->options.error_page ||
	    (live->route && live->route->row->kind == HTTP_API))
		return false;
	struct str accept = http_header(&live->request, "accept");
	return accept.n && memmem(accept.p, accept.n, "text/html", 9);
}

static void put_problem(struct live_request *live, const struct http_error *error)
{
	struct json_writer w;
	json_writer_init(&w, &live->out);
	json_object_begin(&w);
	json_key(&w, "type");
	char type[100];
	snprintf(type, sizeof(type), "urn:holdfast:problem:%s", error->row->name);
	json_put_z(&w, type);
	json_member_z(&w, "title", error->row->title);
	json_member_i64(&w, "status", error->row->status);
	json_member_z(&w, "detail", error->detail);
	if (error->parameter)
		json_member_z(&w, "parameter", error->parameter);
	json_member_z(&w, "remedy", error->remedy);
	json_member_str(&w, "request_id", live->request.id);
	json_object_end(&w);
	buf_putc(&live->out, '\n');
}

static void send_problem(struct live_request *live, const struct http_error *error)
{
	int retry = 0;
	if (error->row->status == 503 || error->row->status == 429)
		retry = live->request.retry_after_s ? live->request.retry_after_s : 1;
	buf_reset(&live->out);
	put_problem(live, error);
	http_respond(&live->request, &(struct http_answer){.status = error->row->status,
							   .type = "application/problem+json",
							   .cache = HTTP_CACHE_NONE,
							   .body = buf_view(&live->out),
							   .retry_after_s = retry});
}

void answer_problem(struct live_request *live, enum http_problem problem, const char *parameter,
		    const char *remedy, const char *detail)
{
	const struct http_problem_row *row = &http_problems[problem];
	struct http_error error = {row, parameter, detail, remedy ? remedy : row->remedy};
	if (!wants_page(live)) {
		send_problem(live, &error);
		return;
	}
	buf_reset(&live->out);
	live->server->options.error_page(live->server->options.error_page_ctx, &live->request,
					 &error);
}

void http_problem(struct http_request *request, enum http_problem problem, const char *parameter,
		  const char *fmt, ...)
{
	char detail[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	answer_problem(live_of(request), problem, parameter, NULL, detail);
}

void answer_fault(struct live_request *live, enum http_fault fault)
{
	static const enum http_problem by_status[] = {
	    HTTP_PROBLEM_BAD_REQUEST,       HTTP_PROBLEM_BODY_TOO_LARGE,
	    HTTP_PROBLEM_URI_TOO_LONG,      HTTP_PROBLEM_EXPECTATION_FAILED,
	    HTTP_PROBLEM_HEADERS_TOO_LARGE, HTTP_PROBLEM_NOT_IMPLEMENTED,
	    HTTP_PROBLEM_VERSION,
	};
	live->server->stats.faults[fault]++;
	live->conn->close_after = true;
	for (size_t i = 0; i < COUNT_OF(by_status); i++) {
		if (http_problems[by_status[i]].status == http_faults[fault].status) {
			answer_problem(live, by_status[i], NULL, NULL, http_faults[fault].text);
			return;
		}
	}
	must_failed(__FILE__, __LINE__, http_faults[fault].name);
}
