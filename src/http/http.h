/* HTTP/1.1 for one event loop: a strict parser, bounded connections, a table of routes.
 *
 * Hides: sockets, framing, limits, time-outs, pipelining, HEAD, OPTIONS and 405, ETag and 304,
 * Date, request ids, the access log, percent-encoding, validation of parameters, problem+json (RFC
 * 9457), OpenAPI 3.1. Knows no SQL and no HTML. TLS belongs to the proxy in front.
 *
 * A feature gives a table of routes. A row describes its parameters; before the handler runs they
 * have been decoded, checked and typed by that row, and what is unknown, repeated or out of range
 * has been answered 400. The same rows are the OpenAPI document, so that it cannot differ from
 * what the server does.
 *
 *   static const struct http_param list_params[] = {
 *           {.name = "limit", .type = HTTP_INT, .min = 1, .max = 100, .summary = "on a page"},
 *           {0}};
 *   const struct http_route search_routes[] = {
 *           {.method = HTTP_GET, .pattern = "/v1/businesses", .name = "list_businesses",
 *            .kind = HTTP_API, .handler = list_businesses, .params = list_params, ...},
 *           {0}};
 *
 * A request's body is described by rows of the same kind (.fields): a JSON object and a form
 * (application/x-www-form-urlencoded) are read by one table. "contact.email" is the member `email`
 * of the object `contact`, and the form field of that name.
 *
 * Life of a request: the handler gets it and answers it exactly once, at once or later, with
 * http_respond() or http_problem(). That call ends the request for the handler: it must not be
 * touched afterwards. Everything in it lives in its arena, which goes when the answer has been
 * sent. When the client goes away before the answer, the callback of http_on_gone() is called, and
 * the request is over when that returns; without such a callback the request stays valid until it
 * is answered, and the answer is thrown away.
 *
 * Pipelined requests are handled one after another, in order.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/network.h"
#include "http/parse/parse.h" /* enum http_method, enum http_fault */

struct event_base;
struct http_request;
struct http_server;

/* ---- routes ---- */

enum http_type {
	HTTP_TEXT,   /* UTF-8 without control characters; min and max bound its bytes */
	HTTP_LINES,  /* the same with line breaks and tabs; CR LF becomes LF */
	HTTP_INT,    /* a whole number in [min, max] */
	HTTP_NUMBER, /* a finite decimal number in [min, max] */
	HTTP_BOOL,   /* true or false */
	HTTP_CHOICE, /* one of `choices` */
};

/* A parameter, or a field of a body. A parameter that stands in the pattern as {name} is a
 * part of the path and always given; the others come from the query. No parameter and no
 * field may be repeated. */
struct http_param {
	const char *name; /* of a field: one dot at most */
	enum http_type type;
	int64_t min, max;           /* TEXT, LINES (max 0: 1000 bytes), INT, NUMBER */
	const char *const *choices; /* CHOICE: ends with NULL */
	bool required;
	/* No byte of it stands in an answer of http/ or in the log. Of a route with a secret row
	 * the names of unknown parameters and fields are not shown either: what stands there may be
	 * the secret without its name. */
	bool secret;
	const char *summary; /* one line, for OpenAPI */
	const char *example; /* may be NULL */
};

struct http_value {
	bool given;
	struct str text; /* decoded, NUL-terminated; of every type. Empty when not given */
	int64_t i;       /* INT; CHOICE: index into choices; BOOL: 0 or 1 */
	double number;   /* NUMBER */
};

enum http_kind {
	/* in the OpenAPI document; unknown parameters are refused; errors are problem+json */
	HTTP_API,
	/* for people: unknown parameters (of campaigns and mailers) are ignored, empty ones count
	 * as not given (forms send those), errors go to the error page */
	HTTP_PAGE,
};

typedef void http_handler(struct http_request *request);

/* Who may call it, for the OpenAPI document: the handler checks with http_authorize(). */
enum http_access {
	HTTP_EVERYBODY,
	HTTP_OPERATOR,
	HTTP_OPERATOR_WHEN_SET, /* the operator when a token is configured, else everybody */
};

struct http_route {
	enum http_method method; /* GET answers HEAD too; OPTIONS is answered for every path */
	/* "/v1/businesses/{id}"; "{name...}" at the end of a page's takes the rest */
	const char *pattern;
	const char *name; /* operationId and the label in metrics and log: snake_case, unique */
	http_handler *handler;
	enum http_kind kind;
	enum http_access access;
	/* For answers whose size or time must not tell what they hold. pad_to: the body is padded
	 * with spaces to so many bytes (0: not; a longer one becomes a 500). depart_ms: it leaves
	 * at a multiple of that time, at the earliest that time after the request arrived (0: at
	 * once). Problems likewise. What http_answer points to must then live as long as the
	 * request. */
	size_t pad_to;
	int depart_ms;
	/* Asked only when no other row has the path; Allow does not name its method. */
	bool fallback;
	const struct http_param *params; /* ends with {0}; NULL: none */
	/* Of the body, ends with {0}; POST, PUT and PATCH only. NULL: the handler reads
	 * request->body itself. A JSON null is a field that is not given. */
	const struct http_param *fields;
	const char *summary;       /* one line */
	const char *answer;        /* what a 200 holds, one line */
	const char *answer_type;   /* its media type; NULL: application/json */
	const char *answer_schema; /* name in the group's schemas; NULL: not described */
};

/* A JSON Schema (2020-12) for #/components/schemas. */
struct http_schema {
	const char *name; /* "Business" */
	const char *json; /* the schema as JSON text */
};

/* The routes of one feature with what its handlers need. Tables end with {0}. */
struct http_group {
	const struct http_route *routes;
	const struct http_schema *schemas; /* may be NULL */
	void *ctx;                         /* what http_ctx() gives */
	const char
	    *headers; /* lines with CRLF for every answer of these routes; may be NULL; static */
};

/* ---- requests ---- */

struct http_request {
	struct str id; /* 16 hex digits; X-Request-Id of the answer */
	enum http_method method;
	struct str path;      /* decoded, valid UTF-8 */
	struct str raw_path;  /* as sent */
	struct str raw_query; /* as sent, without '?' */
	struct str body;
	const struct http_route *route; /* NULL when none matched */
	/* For the answer, whichever it becomes; a handler may set them. */
	const char *answer_headers; /* more lines with CRLF, in the arena or static; NULL: none */
	int retry_after_s;          /* of a 503 or 429; 0: one second */
	struct arena arena;         /* of this request; at most HTTP_ARENA_BYTES */
};
enum { HTTP_ARENA_BYTES = 4 << 20, HTTP_ANSWER_BYTES = 16 << 20 };

void *http_ctx(const struct http_request *request);
/* A parameter of the route's table; another name is a bug. Never NULL; look at `given`. */
const struct http_value *http_param(const struct http_request *request, const char *name);
/* The same for a field of the body. */
const struct http_value *http_field(const struct http_request *request, const char *name);
/* Whether `Authorization: Bearer` has this token, which is not empty. False: answered, 401; or 429
 * when the client's address has given too many wrong ones, and then whatever it gives. */
MUST_CHECK bool http_authorize(struct http_request *request, const char *token);
/* A header field's value by its name in any case; p == NULL: not sent. Of several the first. */
struct str http_header(const struct http_request *request, const char *name);
/* Whether Accept-Encoding names gzip and does not refuse it. */
bool http_accepts_gzip(const struct http_request *request);
/* Where to build a body: empty, grows to HTTP_ANSWER_BYTES, goes with the request. Always the same
 * one. When it failed (too large), http_respond answers 500 instead. */
struct buf *http_out(struct http_request *request);
/* fn(ctx) when the client goes away before the answer: cancel what would call
 * back, do not answer. */
void http_on_gone(struct http_request *request, void (*fn)(void *ctx), void *ctx);

/* ---- answers ---- */

#define HTTP_TYPE_JSON "application/json"
#define HTTP_TYPE_HTML "text/html; charset=utf-8"
#define HTTP_TYPE_TEXT "text/plain; charset=utf-8"

#define HTTP_CACHE_NONE "no-store"
#define HTTP_CACHE_ASK  "no-cache" /* kept, asked for again with the ETag */
#define HTTP_CACHE_FOREVER                                                                         \
	"public, max-age=31536000, immutable" /* names that change with the content */

struct http_answer {
	int status;        /* 0: 200 */
	const char *type;  /* media type; NULL: HTTP_TYPE_JSON */
	struct str body;   /* in the request's arena, in http_out(), or static */
	const char *cache; /* Cache-Control; NULL: HTTP_CACHE_ASK for a 200, else HTTP_CACHE_NONE */
	/* without quotes; empty: made from the body. Only a 200 that may be stored has one */
	struct str etag;
	const char *location; /* of a redirect: percent-encoded; may be NULL */
	int retry_after_s;    /* 0: none */
};

/* Ends the request. Turns a 200 into 304 when If-None-Match has its ETag. */
void http_respond(struct http_request *request, const struct http_answer *answer);
/* 200 with the body in http_out(). */
void http_respond_out(struct http_request *request, const char *type, const char *cache);
/* The embedded file assets/PATH; `parameter` has PATH. /assets/site.css?v=HASH identifies this
 * content, so that clients may keep it for ever; without the hash, or with that of another version,
 * they have to revalidate it. The route has a parameter "v". */
void http_asset(struct http_request *request, const char *parameter);

/* An answer that is too large to be held: head now, then piece by piece. more(ctx) is called
 * whenever the client has taken all that was given, so that nothing is made, held or kept open for
 * one that is slow; for each call exactly one http_stream_piece() or http_stream_end(), at once or
 * later. A HEAD request ends with its head: more is not called. The request lives until the end;
 * when the client leaves, the callback of http_on_gone() is called, which must be set, and what was
 * deferred in the arena is called. Only 200; answer->body and etag are not used. */
typedef void http_more(void *ctx);
void http_stream(struct http_request *request, const struct http_answer *answer, http_more *more,
		 void *ctx);
/* Not empty; copied. */
void http_stream_piece(struct http_request *request, struct str piece);
/* Ends the request. Not complete: the connection is cut, so that the client can tell. */
void http_stream_end(struct http_request *request, bool complete);

/* ---- problems ---- */

/* The one table of what can be wrong: http/problems.def. */
enum http_problem {
#define PROBLEM(id, name, status, title, remedy) HTTP_PROBLEM_##id,
#include "http/problems.def"
#undef PROBLEM
	HTTP_PROBLEMS
};

struct http_problem_row {
	const char *name; /* last part of the type: urn:holdfast:problem:NAME */
	int status;
	const char *title;  /* the same in every occurrence */
	const char *remedy; /* what the client can do, when the occurrence says nothing better */
};
extern const struct http_problem_row http_problems[HTTP_PROBLEMS];
/* By name ("invalid-cursor"); a name that is not in the table is a bug. */
enum http_problem http_problem_named(const char *name);

/* Ends the request with problem+json or the error page. `parameter` may be NULL; the rest is one
 * sentence about this occurrence. 503 and 429 carry Retry-After. */
void http_problem(struct http_request *request, enum http_problem problem, const char *parameter,
		  const char *fmt, ...) PRINTF(4, 5);

/* What an error page shows. */
struct http_error {
	const struct http_problem_row *row;
	const char *parameter; /* may be NULL */
	const char *detail;
	const char *remedy;
};
/* Answers a request of a browser with a page of the error's status; cache HTTP_CACHE_NONE. */
typedef void http_error_page(void *ctx, struct http_request *request,
			     const struct http_error *error);

/* ---- the server ---- */

struct http_limits {
	size_t header_bytes; /* request line and header fields together */
	size_t body_bytes;
	int connections, connections_per_address;
	int requests_per_connection;
	int64_t header_timeout_ms, body_timeout_ms, idle_timeout_ms, write_timeout_ms;
};

/* How a trusted proxy tells the client's address. */
enum http_client_from { HTTP_FROM_X_FORWARDED_FOR, HTTP_FROM_FORWARDED, HTTP_FROM_PROXY_PROTOCOL };

struct http_server_options {
	struct event_base *loop;
	int listen_fd; /* listening; is made non-blocking; stays the caller's */
	struct http_limits limits;
	const struct http_group *groups; /* ends with {0}; outlives the server */
	/* Proxies in front: the client that they name is taken as the client, and limits by address
	 * apply to it. All of their connections must begin with a header of the PROXY
	 * protocol when client_from says so. */
	struct network_list trusted_proxies;
	enum http_client_from client_from;
	const char *headers;         /* lines with CRLF for every answer; may be NULL; static */
	http_error_page *error_page; /* may be NULL: always problem+json */
	void *error_page_ctx;
	bool access_log;
	bool wipe; /* overwrite what was read, decoded and answered, as soon as it is not needed */
};

/* A wrong table (a pattern parameter without row, two equal names) is a bug. */
struct http_server *http_server_create(const struct http_server_options *options);
/* Stop accepting, close idle connections, finish what is in flight, then call done(ctx) from the
 * loop; at the latest after timeout_ms, when what is left is cut off. Once. */
void http_server_drain(struct http_server *server, int64_t timeout_ms, void (*done)(void *ctx),
		       void *ctx);
/* Closes all connections. Call it before anything that handlers use is freed. NULL is allowed. */
void http_server_destroy(struct http_server *server);

/* ---- numbers, for metrics ---- */

enum { HTTP_STATUS_CLASSES = 5, HTTP_LATENCY_BUCKETS = 12 };
/* Upper bounds in microseconds; the last bucket has none. */
extern const int64_t http_latency_bounds_us[HTTP_LATENCY_BUCKETS - 1];

/* Why a connection or request was turned away before a handler saw it, besides enum http_fault. */
enum http_refusal {
	HTTP_REFUSED_CONNECTIONS,
	HTTP_REFUSED_ADDRESS,
	HTTP_REFUSED_SLOW, /* a head or body that was not complete when its place was needed */
	HTTP_REFUSED_HEADER_TIMEOUT,
	HTTP_REFUSED_BODY_TIMEOUT,
	HTTP_REFUSED_WRITE_TIMEOUT,
	HTTP_REFUSALS
};
extern const char *const http_refusal_names[HTTP_REFUSALS];

struct http_route_stats {
	const char *name; /* of the route; "none" for requests that matched no route */
	uint64_t by_class[HTTP_STATUS_CLASSES];
};

struct http_stats {
	uint64_t accepted, requests, gone; /* gone: the client left before the answer */
	int connections;
	uint64_t faults[HTTP_FAULTS];
	uint64_t refusals[HTTP_REFUSALS];
	uint64_t latency[HTTP_LATENCY_BUCKETS]; /* not cumulative */
	uint64_t latency_sum_us;
	struct http_route_stats *routes; /* in the order of the groups, then "none" */
	size_t routes_count;
};
const struct http_stats *http_server_stats(const struct http_server *server);

/* ---- OpenAPI ---- */

/* The OpenAPI 3.1 document of all HTTP_API rows, as JSON. */
void http_openapi(struct buf *out, const struct http_group *groups, const char *title,
		  const char *version, const char *description);

#endif
