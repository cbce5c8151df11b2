/* link: base http http/parse */
/* The server with handlers of its own: answers that come later or never, clients that leave in
 * between, bodies that do not fit a socket, parameters as the table types them. Server and
 * clients share one loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/endpoint.h"
#include "http/http.h"

enum { BIG_BYTES = 3 << 20, DEPART_MS = 100, DEADLINE_MS = 20000 };

static struct event_base *loop;
static struct http_server *server;
static int listener;
static bool wiping; /* of the next server */
static int port;

/* ---- handlers ---- */

static struct http_request *parked; /* by get_later and get_unaware */
static int gone_calls, defer_calls;

static void on_gone(void *ctx)
{
	assert_ptr_equal(ctx, parked);
	parked = NULL;
	gone_calls++;
}

static void on_defer(void *ctx)
{
	(void)ctx;
	defer_calls++;
}

static void get_later(struct http_request *request)
{
	parked = request;
	arena_defer(&request->arena, on_defer, NULL);
	http_on_gone(request, on_gone, request);
}

static void get_unaware(struct http_request *request)
{
	parked = request;
	arena_defer(&request->arena, on_defer, NULL);
}

static void get_big(struct http_request *request)
{
	for (int i = 0; i < BIG_BYTES / 16; i++)
		buf_printf(http_out(request), "%015d\n", i);
	http_respond_out(request, HTTP_TYPE_TEXT, NULL);
}

static void get_too_big(struct http_request *request)
{
	static char zeros[1 << 20];
	for (int i = 0; i < HTTP_ANSWER_BYTES / (1 << 20) + 1; i++)
		buf_add(http_out(request), zeros, sizeof(zeros));
	http_respond_out(request, HTTP_TYPE_TEXT, NULL);
}

static void echo(struct http_request *request)
{
	struct buf *out = http_out(request);
	buf_str(out, request->body);
	http_respond_out(request, HTTP_TYPE_TEXT, NULL);
}

static void get_typed(struct http_request *request)
{
	struct buf *out = http_out(request);
	assert_string_equal(http_ctx(request), "the context");
	buf_printf(out, "key=%s", http_param(request, "key")->text.p);
	if (http_param(request, "n")->given)
		buf_printf(out, " n=%d", (int)http_param(request, "n")->i);
	if (http_param(request, "x")->given)
		buf_printf(out, " x=%.2f", http_param(request, "x")->number);
	if (http_param(request, "on")->given)
		buf_printf(out, " on=%d", (int)http_param(request, "on")->i);
	buf_printf(out, " sort=%d", (int)http_param(request, "sort")->i);
	http_respond_out(request, HTTP_TYPE_TEXT, NULL);
}

/* Each field of the body on a line; nothing stands for a secret but its length. */
static void post_fields(struct http_request *request)
{
	struct buf *out = http_out(request);
	for (const struct http_param *row = request->route->fields; row->name; row++) {
		const struct http_value *value = http_field(request, row->name);
		if (!value->given)
			assert_int_equal(value->text.n, 0);
		else if (row->secret)
			buf_printf(out, "%s has %zu\n", row->name, value->text.n);
		else
			buf_printf(out, "%s=%s i=%d x=%.1f\n", row->name, value->text.p,
				   (int)value->i, value->number);
	}
	http_respond_out(request, HTTP_TYPE_TEXT, HTTP_CACHE_NONE);
}

/* `size` kilobytes, in the arena or in http_out(). */
static void post_padded(struct http_request *request)
{
	size_t bytes = (size_t)http_field(request, "size")->i * 1000;
	char *text = arena_alloc(&request->arena, bytes + 1);
	memset(text, 'x', bytes);
	if (bytes == 1000) {
		buf_add(http_out(request), text, bytes);
		http_respond_out(request, HTTP_TYPE_TEXT, HTTP_CACHE_NONE);
	} else {
		http_respond(request,
			     &(struct http_answer){.type = HTTP_TYPE_TEXT, .body = {text, bytes}});
	}
}

static void get_rest(struct http_request *request)
{
	http_respond(request, &(struct http_answer){.type = HTTP_TYPE_TEXT,
						    .body = http_param(request, "rest")->text});
}

static void error_page(void *ctx, struct http_request *request, const struct http_error *error)
{
	(void)ctx;
	if (str_eq(request->raw_path, STR("/endless")))
		while (!buf_failed(http_out(request)))
			buf_puts(http_out(request), "<p>and so on");
	buf_printf(http_out(request), "<p>%d %s", error->row->status, error->detail);
	http_respond(request, &(struct http_answer){.status = error->row->status,
						    .type = HTTP_TYPE_HTML,
						    .body = buf_view(http_out(request))});
}

static const char *const sorts[] = {"name", "size", NULL};
static const struct http_param typed_params[] = {
    {.name = "key", .type = HTTP_TEXT, .max = 10},
    {.name = "n", .type = HTTP_INT, .min = -5, .max = 5},
    {.name = "x", .type = HTTP_NUMBER, .min = -180, .max = 180},
    {.name = "on", .type = HTTP_BOOL},
    {.name = "sort", .type = HTTP_CHOICE, .choices = sorts, .required = true},
    {0}};
static const struct http_param page_params[] = {
    {.name = "key", .type = HTTP_TEXT, .max = 10},
    {.name = "n", .type = HTTP_INT, .max = 5},
    {.name = "x", .type = HTTP_NUMBER},
    {.name = "on", .type = HTTP_BOOL},
    {.name = "sort", .type = HTTP_CHOICE, .choices = sorts},
    {0}};
static const struct http_param enrol_fields[] = {
    {.name = "code", .type = HTTP_TEXT, .min = 4, .max = 20, .required = true, .secret = true},
    {.name = "kind", .type = HTTP_CHOICE, .choices = sorts},
    {.name = "size", .type = HTTP_INT, .min = 1, .max = 9, .summary = "how large", .example = "3"},
    {.name = "rate", .type = HTTP_NUMBER, .min = 0, .max = 1},
    {.name = "open", .type = HTTP_BOOL},
    {.name = "note", .type = HTTP_LINES, .max = 40},
    {.name = "contact.name", .type = HTTP_TEXT, .max = 20, .required = true},
    {.name = "contact.email", .type = HTTP_TEXT, .max = 40, .secret = true},
    {0}};
static const struct http_param plain_fields[] = {
    {.name = "size", .type = HTTP_INT, .min = 1, .max = 9}, {0}};
static const struct http_param rest_params[] = {{.name = "rest", .type = HTTP_TEXT}, {0}};
static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/later", .name = "later", .handler = get_later},
    {.method = HTTP_GET, .pattern = "/unaware", .name = "unaware", .handler = get_unaware},
    {.method = HTTP_GET, .pattern = "/big", .name = "big", .handler = get_big},
    {.method = HTTP_GET, .pattern = "/too-big", .name = "too_big", .handler = get_too_big},
    {.method = HTTP_POST, .pattern = "/echo", .name = "echo", .handler = echo},
    {.method = HTTP_GET, .pattern = "/echo", .name = "echo_get", .handler = echo},
    {.method = HTTP_POST,
     .pattern = "/enrol",
     .name = "enrol",
     .handler = post_fields,
     .fields = enrol_fields,
     .summary = "Enrol",
     .answer = "The fields"},
    {.method = HTTP_POST,
     .pattern = "/padded",
     .name = "padded",
     .handler = post_padded,
     .fields = plain_fields,
     .pad_to = 2048},
    {.method = HTTP_POST,
     .pattern = "/departing",
     .name = "departing",
     .handler = post_fields,
     .fields = plain_fields,
     .depart_ms = DEPART_MS},
    {.method = HTTP_GET,
     .pattern = "/departing-later",
     .name = "departing_later",
     .handler = get_later,
     .depart_ms = DEPART_MS},
    {.method = HTTP_PUT,
     .pattern = "/plain",
     .name = "plain",
     .handler = post_fields,
     .fields = plain_fields},
    {.method = HTTP_POST,
     .pattern = "/form",
     .name = "form",
     .handler = post_fields,
     .kind = HTTP_PAGE,
     .fields = plain_fields},
    {.method = HTTP_GET,
     .pattern = "/typed/{key}",
     .name = "typed",
     .handler = get_typed,
     .params = typed_params},
    {.method = HTTP_GET,
     .pattern = "/page/{key}",
     .name = "page",
     .handler = get_typed,
     .kind = HTTP_PAGE,
     .params = page_params},
    {.method = HTTP_GET,
     .pattern = "/rest/{rest...}",
     .name = "rest",
     .handler = get_rest,
     .kind = HTTP_PAGE,
     .params = rest_params},
    {0}};
static char context[] = "the context";
static const struct http_group groups[] = {{.routes = routes, .ctx = context}, {0}};

/* ---- server and clients ---- */

static int set_up(void **state)
{
	struct err err;
	struct endpoint bound;
	(void)state;
	parked = NULL;
	gone_calls = defer_calls = 0;
	loop = event_base_new();
	assert_int_equal(endpoint_listen("127.0.0.1:0", &listener, &err), OK);
	assert_int_equal(endpoint_of_socket(listener, &bound, &err), OK);
	port = endpoint_port(&bound);
	server = http_server_create(&(struct http_server_options){
	    .loop = loop,
	    .listen_fd = listener,
	    .limits = {.header_bytes = 16384,
		       .body_bytes = 100000,
		       .connections = 100,
		       .connections_per_address = 100,
		       .requests_per_connection = 1000,
		       .header_timeout_ms = 10000,
		       .body_timeout_ms = 10000,
		       .idle_timeout_ms = 10000,
		       .write_timeout_ms = 10000},
	    .groups = groups,
	    .error_page = error_page,
	    .wipe = wiping,
	});
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_server_destroy(server);
	close(listener);
	event_base_free(loop);
	return 0;
}

static void turn(void)
{
	static const struct timeval soon = {.tv_usec = 2000};
	event_base_loopexit(loop, &soon);
	event_base_dispatch(loop);
}

#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		int64_t end_ms = clock_ms() + DEADLINE_MS;                                         \
		while (!(condition)) {                                                             \
			turn();                                                                    \
			if (clock_ms() > end_ms)                                                   \
				fail_msg("never: %s", #condition);                                 \
		}                                                                                  \
	} while (0)

static int dial(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
	return fd;
}

/* Append what has arrived; true when it holds `text`. */
static bool received(int fd, struct buf *in, const char *text)
{
	char piece[65536];
	ssize_t n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
	if (n > 0)
		buf_add(in, piece, (size_t)n);
	return in->n && memmem(in->p, in->n, text, strlen(text));
}

static void answers(const char *request, const char *expected)
{
	struct buf in;
	buf_init(&in, 1 << 24);
	int fd = dial(request);
	int64_t end_ms = clock_ms() + DEADLINE_MS;
	while (!received(fd, &in, expected)) {
		turn();
		if (clock_ms() > end_ms)
			fail_msg("%s\nnot in\n%s", expected, buf_z(&in));
	}
	close(fd);
	buf_release(&in);
}

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"

/* ---- tests ---- */

static void an_answer_may_come_later(void **state)
{
	(void)state;
	struct buf in;
	buf_init(&in, 65536);
	int fd = dial(GET("/later"));
	UNTIL(parked);
	http_respond(parked, &(struct http_answer){.type = HTTP_TYPE_TEXT, .body = STR("at last")});
	UNTIL(received(fd, &in, "at last"));
	assert_int_equal(gone_calls, 0);
	assert_int_equal(defer_calls, 1);
	close(fd);
	buf_release(&in);
}

static void pipelined_requests_wait_for_a_late_answer(void **state)
{
	(void)state;
	struct buf in;
	buf_init(&in, 65536);
	int fd =
	    dial(GET("/later") "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsec");
	UNTIL(parked);
	assert_int_equal(send(fd, "ond", 3, 0), 3);
	for (int i = 0; i < 5; i++)
		turn();
	assert_false(received(fd, &in, "HTTP/1.1"));
	http_respond(parked, &(struct http_answer){.type = HTTP_TYPE_TEXT, .body = STR("first")});
	UNTIL(received(fd, &in, "second"));
	assert_true(strstr(buf_z(&in), "first") < strstr(buf_z(&in), "second"));
	close(fd);
	buf_release(&in);
}

static void the_handler_is_told_when_the_client_leaves(void **state)
{
	(void)state;
	int fd = dial(GET("/later"));
	UNTIL(parked);
	close(fd);
	UNTIL(gone_calls == 1);
	assert_int_equal(defer_calls, 1);
	assert_int_equal(http_server_stats(server)->gone, 1);
	assert_int_equal(http_server_stats(server)->connections, 0);
}

static void a_request_nobody_waits_for_lives_until_it_is_answered(void **state)
{
	(void)state;
	int fd = dial(GET("/unaware"));
	UNTIL(parked);
	close(fd);
	UNTIL(http_server_stats(server)->gone == 1);
	assert_int_equal(defer_calls, 0);
	/* Its memory is still the handler's. */
	assert_non_null(arena_printf(&parked->arena, "still here"));
	buf_puts(http_out(parked), "to nobody");
	http_respond_out(parked, HTTP_TYPE_TEXT, NULL);
	assert_int_equal(defer_calls, 1);
}

static void a_problem_to_nobody_is_thrown_away_too(void **state)
{
	(void)state;
	int fd = dial(GET("/unaware"));
	UNTIL(parked);
	close(fd);
	UNTIL(http_server_stats(server)->gone == 1);
	http_problem(parked, HTTP_PROBLEM_BUSY, NULL, "too late");
	assert_int_equal(defer_calls, 1);
}

static void requests_in_flight_end_with_the_server(void **state)
{
	(void)state;
	int aware = dial(GET("/later"));
	UNTIL(parked);
	struct http_request *first = parked;
	int unaware = dial(GET("/unaware"));
	UNTIL(parked != first);
	close(unaware);
	UNTIL(http_server_stats(server)->gone == 1);
	parked = first; /* what on_gone will be told */
	http_server_drain(server, 0, on_defer, NULL);
	UNTIL(defer_calls == 1);
	/* tear_down destroys the server with one request of each kind; the sanitizer watches. */
	close(aware);
}

static void a_body_larger_than_a_socket_arrives_whole(void **state)
{
	(void)state;
	struct buf in;
	char last[40];
	buf_init(&in, BIG_BYTES * 2);
	int fd = dial(GET("/big") GET("/rest/behind"));
	for (int i = 0; i < 20; i++)
		turn();
	snprintf(last, sizeof(last), "%015d\nHTTP/1.1 200", BIG_BYTES / 16 - 1);
	UNTIL(received(fd, &in, last));
	UNTIL(received(fd, &in, "\r\n\r\nbehind"));
	char *body = strstr(buf_z(&in), "\r\n\r\n") + 4;
	for (int i = 0; i < BIG_BYTES / 16; i++)
		assert_int_equal(atoi(body + (size_t)i * 16), i);
	close(fd);
	buf_release(&in);
}

static void a_client_that_leaves_in_the_middle_of_an_answer_harms_nobody(void **state)
{
	(void)state;
	int fd = dial(GET("/big"));
	UNTIL(http_server_stats(server)->requests == 1);
	close(fd);
	UNTIL(http_server_stats(server)->connections == 0);
	answers(GET("/rest/still"), "still");
}

static void a_client_that_only_closes_its_direction_gets_the_whole_answer(void **state)
{
	(void)state;
	struct buf in;
	char last[40];
	buf_init(&in, BIG_BYTES * 2);
	int fd = dial(GET("/big"));
	UNTIL(http_server_stats(server)->requests == 1);
	shutdown(fd, SHUT_WR);
	snprintf(last, sizeof(last), "%015d\n", BIG_BYTES / 16 - 1);
	UNTIL(received(fd, &in, last));
	close(fd);
	buf_release(&in);
}

static void a_client_that_closes_its_direction_early_gets_all_its_answers(void **state)
{
	(void)state;
	struct buf in;
	buf_init(&in, 65536);
	int fd = dial(GET("/later") GET("/rest/second") "GET /rest/partial HTTP/1.1\r\n");
	UNTIL(parked);
	shutdown(fd, SHUT_WR);
	/* Until the server has seen it and has looked whether the client is still there. */
	UNTIL(received(fd, &in, "HTTP/1.1 100 Continue\r\n\r\n"));
	assert_int_equal(gone_calls, 0);
	http_respond(parked, &(struct http_answer){.type = HTTP_TYPE_TEXT, .body = STR("at last")});
	UNTIL(received(fd, &in, "\r\n\r\nsecond"));
	assert_non_null(memmem(in.p, in.n, "\r\n\r\nat last", 11));
	UNTIL(http_server_stats(server)->connections == 0);
	assert_int_equal(http_server_stats(server)->gone, 0);
	close(fd);
	buf_release(&in);
}

static void an_answer_that_comes_at_once_is_not_preceded_by_an_interim_one(void **state)
{
	(void)state;
	struct buf in;
	buf_init(&in, 65536);
	int fd = dial(GET("/rest/x"));
	shutdown(fd, SHUT_WR);
	UNTIL(received(fd, &in, "\r\n\r\nx"));
	assert_memory_equal(in.p, "HTTP/1.1 200 OK", 15);
	close(fd);
	buf_release(&in);
}

static void an_answer_over_its_limit_becomes_500(void **state)
{
	(void)state;
	answers(GET("/too-big"), "urn:holdfast:problem:internal-error");
}

static void bodies_arrive_as_they_were_sent(void **state)
{
	(void)state;
	answers("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
		"\r\n\r\nhello");
	answers("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
		"\r\n\r\nhello");
	answers("DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n", "Allow: POST, GET, HEAD, OPTIONS\r\n");
}

static void parameters_come_typed(void **state)
{
	(void)state;
	answers(GET("/typed/a%20b?n=-5&x=1.5e1&on=true&sort=size"),
		"key=a b n=-5 x=15.00 on=1 sort=1");
	answers(GET("/typed/%c3%a9?sort=name"), "key=\xc3\xa9 sort=0");
	answers(GET("/typed/a?sort=size&on=false"), "key=a on=0 sort=1");
	answers(GET("/rest/a/b%2fc/"), "\r\n\r\na/b/c/");
}

static void wrong_parameters_are_named_with_a_remedy(void **state)
{
	(void)state;
	answers(GET("/typed/a"), "sort is needed and was not given");
	answers(GET("/typed/a?sort=weight"),
		"sort is \\\"weight\\\", which is not one of name, size");
	answers(GET("/typed/a?sort=name&n=6"), "\"remedy\":\"Give a whole number from -5 to 5.\"");
	answers(GET("/typed/a?sort=name&x=181"), "which is not a number from -180 to 180");
	answers(GET("/typed/a?sort=name&x=nan"), "invalid-parameter");
	answers(GET("/typed/a?sort=name&on=1"), "which is not true or false");
	answers(GET("/typed/a?sort=name&key=b"), "unknown-parameter");
	answers(GET("/typed/12345678901?sort=name"), "\"parameter\":\"key\"");
	answers(GET("/typed/?sort=name"), "not-found");
}

static void pages_forgive_what_mailers_and_forms_add(void **state)
{
	(void)state;
	answers(GET("/page/a?utm_source=x&n=&sort=name&&"), "\r\n\r\nkey=a sort=0");
	answers("GET /page/a?n=9 HTTP/1.1\r\nHost: a\r\nAccept: text/html,*/*\r\n\r\n",
		"<p>400 n is \"9\", which is not a whole number from 0 to 5");
	answers("GET /nowhere HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n", "<p>404 ");
	answers("GET /typed/a HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n",
		"application/problem+json");
	answers("GET /endless HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n",
		"the answer became too large");
}

/* ---- fields of bodies ---- */

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

/* Send a body and look for a text in the whole answer, which is returned and
 * overwritten by the next call. */
static const char *body_answers(const char *line, const char *type, const char *body,
				const char *text)
{
	static char kept[20000];
	char request[4000];
	snprintf(
	    request, sizeof(request),
	    "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
	    line, type, strlen(body), body);
	struct buf in;
	buf_init(&in, sizeof(kept) - 1);
	int fd = dial(request);
	int64_t end_ms = clock_ms() + DEADLINE_MS;
	for (ssize_t n = -1; n != 0 && clock_ms() < end_ms;) {
		char piece[4096];
		turn();
		n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (n > 0)
			buf_add(&in, piece, (size_t)n);
	}
	snprintf(kept, sizeof(kept), "%s", buf_z(&in));
	buf_release(&in);
	close(fd);
	if (!strstr(kept, text))
		fail_msg("%s %s: no \"%s\" in %s", line, body, text, kept);
	return kept;
}

static void fields_come_typed_from_json_and_from_forms(void **state)
{
	static const char wanted[] =
	    "code has 6\nkind=size i=1 x=0.0\nsize=3 i=3 x=0.0\nrate=0.5 i=0 x=0.5\n"
	    "open=true i=1 x=0.0\nnote=a\n\tb i=0 x=0.0\n"
	    "contact.name=Zo\xc3\xab i=0 x=0.0\ncontact.email has 5\n";
	(void)state;
	body_answers(
	    "POST /enrol", JSON,
	    "{\"code\": \"abcdef\", \"kind\": \"size\", \"size\": 3, \"rate\": 0.5, \"open\": true,"
	    " \"note\": \"a\\r\\n\\tb\", \"contact\": {\"name\": \"Zo\\u00eb\", \"email\": \"a@b.c\"}}",
	    wanted);
	body_answers(
	    "POST /enrol", FORM "; charset=\"UTF-8\"",
	    "code=abcdef&kind=size&size=3&rate=0.5&open=true&note=a%0D%0A%09b&contact.name=Zo%C3%AB&contact.email=a%40b.c",
	    wanted);
	body_answers(
	    "POST /enrol", JSON,
	    "{\"code\": \"abcd\", \"size\": null, \"contact\": {\"name\": \"x\", \"email\": null}}",
	    "code has 4\ncontact.name=x i=0 x=0.0\n");
	body_answers("PUT /plain", "", "", "\r\n\r\n");
	body_answers("POST /form", FORM, "size=&submit=Send&size=4", "size=4");
}

static void wrong_fields_are_named_with_a_remedy(void **state)
{
	static const struct {
		const char *line, *type, *body, *problem, *text;
	} cases[] = {
	    {"PUT /plain", JSON, "{\"size\": 10}", "invalid-parameter",
	     "size is \\\"10\\\", which is not a whole number from 1 to 9"},
	    {"PUT /plain", JSON, "{\"size\": 1e0}", "invalid-parameter",
	     "which is not a whole number"},
	    {"PUT /plain", JSON, "{\"size\": \"3\"}", "invalid-parameter",
	     "size is a string, which is not"},
	    {"PUT /plain", JSON, "{\"size\": [3]}", "invalid-parameter", "size is an array"},
	    {"PUT /plain", JSON, "{\"size\": 3, \"size\": 3}", "repeated-parameter",
	     "size was given more than once"},
	    {"PUT /plain", JSON, "{\"sizes\": 3}", "unknown-parameter", "Possible are size."},
	    {"PUT /plain", JSON, "{\"size\": 3", "invalid-body", "line 1, column"},
	    {"PUT /plain", JSON, "[3]", "invalid-body", "no object"},
	    {"PUT /plain", JSON, "{} {}", "invalid-body", "text after the value"},
	    {"PUT /plain", JSON, "\xef\xbb\xbf{\"size\": \"\xff\"}", "invalid-body", "UTF-8"},
	    {"PUT /plain", FORM, "size=3&size=4", "repeated-parameter", "size"},
	    {"PUT /plain", FORM, "size=%zz", "invalid-parameter", "\"parameter\":\"size\""},
	    {"PUT /plain", FORM, "other=1", "unknown-parameter", "no field of this body"},
	    {"PUT /plain", "text/plain", "size=3", "unsupported-media-type", "HTTP/1.1 415 "},
	    {"PUT /plain", "multipart/form-data", "size=3", "unsupported-media-type",
	     "form-urlencoded"},
	    {"PUT /plain", JSON "; charset=latin1", "{}", "unsupported-media-type", "UTF-8"},
	    {"PUT /plain", JSON "\r\nContent-Encoding: gzip", "{}", "unsupported-media-type",
	     "compressed"},
	    {"POST /enrol", JSON, "{\"code\": \"abcd\"}", "missing-parameter",
	     "contact.name is needed"},
	    {"POST /enrol", JSON, "", "missing-parameter", "code is needed"},
	    {"POST /enrol", JSON, "{\"code\": \"abcd\", \"contact.name\": \"x\"}",
	     "unknown-parameter", "contact.name"},
	    {"POST /enrol", JSON, "{\"code\": \"abcd\", \"note\": \"a\\u0007\"}",
	     "invalid-parameter", "note"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		body_answers(cases[i].line, cases[i].type, cases[i].body, cases[i].problem);
		body_answers(cases[i].line, cases[i].type, cases[i].body, cases[i].text);
	}
}

/* However a secret is sent wrongly, no answer repeats it. */
static void no_answer_holds_a_secret(void **state)
{
	static const char *const bodies[][2] = {
	    {JSON, "{\"code\": \"SECRETSECRETSECRETSECRET\"}"},
	    {JSON, "{\"code\": [\"SECRET\"]}"},
	    {JSON, "{\"code\": \"SECRET\", \"code\": \"SECRET\"}"},
	    {JSON, "{\"SECRET\": 1}"},
	    {JSON, "{\"contact\": {\"SECRET\": 1}}"},
	    {JSON, "{\"SECRET\": {\"SECRET\": 1}}"},
	    {JSON, "{\"code\": \"SECRET"},
	    {JSON, "SECRET"},
	    {JSON, "\"SECRET\""},
	    {FORM, "code=SECRET%zz"},
	    {FORM, "code=SECRET%00"},
	    {FORM, "code=SECRETSECRETSECRETSECRET"},
	    {FORM, "code=SECRET&code=SECRET"},
	    {FORM, "SECRET"},
	    {FORM, "SECRET=1"},
	    {"text/plain", "SECRET"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (strstr(
			body_answers("POST /enrol", bodies[i][0], bodies[i][1], "\"request_id\""),
			"SECRET"))
			fail_msg("the answer to %s shows the secret", bodies[i][1]);
	assert_null(strstr(body_answers("POST /enrol?SECRET=1", JSON, "{}", "unknown-parameter"),
			   "SECRET"));
}

static void fields_are_in_the_openapi_document(void **state)
{
	struct buf out;
	struct arena arena;
	struct json_value *root;
	struct err err;
	(void)state;
	buf_init(&out, 1 << 20);
	arena_init(&arena, 1 << 20);
	http_openapi(&out, groups, "test", "1", "test");
	assert_int_equal(json_parse(&arena, buf_view(&out), &root, &err), OK);
	const struct json_value *content =
	    json_path(json_get(json_get(root, "paths"), "/enrol"), "post.requestBody.content");
	const struct json_value *json = json_get(json_get(content, JSON), "schema");
	assert_string_equal(json_path(json, "properties.size.type")->text.p, "integer");
	assert_string_equal(json_path(json, "properties.code.format")->text.p, "password");
	assert_true(json_path(json, "properties.code.writeOnly")->boolean);
	assert_string_equal(json_path(json, "required.0")->text.p, "code");
	assert_int_equal(json_get(json, "required")->count, 1);
	assert_string_equal(json_path(json, "properties.contact.required.0")->text.p, "name");
	assert_string_equal(json_path(json, "properties.contact.properties.email.type")->text.p,
			    "string");
	const struct json_value *form = json_get(json_get(content, FORM), "schema");
	assert_int_equal(json_get(form, "properties")->count, 8);
	assert_non_null(json_get(json_get(form, "properties"), "contact.email"));
	assert_int_equal(json_get(form, "required")->count, 2);
	arena_release(&arena);
	buf_release(&out);
}

/* ---- answers that tell nothing by size or time ---- */

static size_t body_bytes_of(const char *answer)
{
	const char *body = strstr(answer, "\r\n\r\n");
	assert_non_null(body);
	return strlen(body + 4);
}

static void padded_answers_have_one_size(void **state)
{
	(void)state;
	assert_int_equal(
	    body_bytes_of(body_answers("POST /padded", FORM, "size=1", "Content-Length: 2048\r\n")),
	    2048);
	assert_int_equal(
	    body_bytes_of(body_answers("POST /padded", FORM, "size=2", "Content-Length: 2048\r\n")),
	    2048);
	assert_int_equal(
	    body_bytes_of(body_answers("POST /padded", FORM, "size=x", "invalid-parameter")), 2048);
	assert_int_equal(
	    body_bytes_of(body_answers("POST /padded", FORM, "size=3", "became too large")), 2048);
}

static void answers_depart_at_multiples_of_a_time(void **state)
{
	static const char *const bodies[] = {"size=1", "size=x"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		int64_t began_us = clock_us();
		body_answers("POST /departing", FORM, bodies[i], "HTTP/1.1 ");
		int64_t step_us = DEPART_MS * 1000;
		/* Later is possible on a busy machine, before never is. */
		assert_true(clock_us() >= (began_us / step_us + 1) * step_us);
		assert_true(clock_us() - began_us >= step_us);
	}
}

static void a_client_that_leaves_before_the_departure_harms_nobody(void **state)
{
	(void)state;
	int fd = dial(GET("/departing-later"));
	UNTIL(parked);
	http_respond(parked, &(struct http_answer){.type = HTTP_TYPE_TEXT, .body = STR("x")});
	static const struct linger reset = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	UNTIL(defer_calls == 1);
	assert_int_equal(gone_calls, 0);
	fd = dial(GET("/departing-later"));
	parked = NULL;
	UNTIL(parked);
	http_respond(parked, &(struct http_answer){.type = HTTP_TYPE_TEXT, .body = STR("x")});
	close(fd); /* and the server ends before */
}

/* ---- secrets in memory ---- */

enum { SECRET_BYTES = 16, SECRET_MASK = 0x55 };
/* Never whole in memory but where it is being looked for. */
static const unsigned char masked_secret[SECRET_BYTES] = {
    0x2f, 0x3a, 0x31, 0x64, 0x27, 0x0d, 0x62, 0x33, 0x3c, 0x12, 0x6d, 0x25, 0x03, 0x26, 0x22, 0x3e};

static void put_secret(char *p)
{
	for (int i = 0; i < SECRET_BYTES; i++)
		p[i] = (char)(masked_secret[i] ^ SECRET_MASK);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_IS_SEARCHABLE 0 /* the sanitizer's allocator is elsewhere, and keeps what was freed */
#else
#define HEAP_IS_SEARCHABLE 1
#endif

/* Whether the heap of this process holds it. */
static bool heap_holds_secret(void)
{
	char line[300];
	unsigned long from = 0, to = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[heap]"))
			assert_int_equal(sscanf(line, "%lx-%lx", &from, &to), 2);
	fclose(maps);
	assert_true(to > from);
	for (const unsigned char *p = (const unsigned char *)from;
	     p + SECRET_BYTES <= (const unsigned char *)to; p++) {
		int i = 0;
		while (i < SECRET_BYTES && p[i] == (masked_secret[i] ^ SECRET_MASK))
			i++;
		if (i == SECRET_BYTES)
			return true;
	}
	return false;
}

/* A request with the secret in it, in pieces so that buffers grow, and its answer. */
static void send_secret(const char *type, const char *before, const char *after)
{
	char request[2000];
	size_t n = strlen(before) + SECRET_BYTES + strlen(after);
	int head = snprintf(
	    request, sizeof(request),
	    "POST /enrol HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
	    type, n, before);
	put_secret(request + head);
	memcpy(request + head + SECRET_BYTES, after, strlen(after) + 1);
	size_t all = (size_t)head + SECRET_BYTES + strlen(after);
	int fd = dial("");
	for (size_t at = 0; at < all; at += 50) {
		size_t part = all - at < 50 ? all - at : 50;
		assert_int_equal(send(fd, request + at, part, 0), part);
		turn();
	}
	explicit_bzero(request, sizeof(request));
	struct buf in;
	buf_init(&in, 65536);
	UNTIL(received(fd, &in, "\r\n\r\n"));
	buf_release(&in);
	close(fd);
	UNTIL(http_server_stats(server)->connections == 0);
}

static void send_secrets(void)
{
	send_secret(FORM, "contact.name=x&code=", "&size=1");
	send_secret(FORM, "contact.name=x&code=", "toolongtoolongtoolong");
	send_secret(JSON, "{\"contact\": {\"name\": \"x\"}, \"code\": \"", "\"}");
	send_secret(JSON, "{\"code\": \"\\u0061", "\\n\"}");
	send_secret(JSON, "{\"code\": \"", "");
	send_secret("text/plain", "", "");
}

static void secrets_stay_in_memory_unless_they_are_wiped(void **state)
{
	(void)state;
	if (!HEAP_IS_SEARCHABLE)
		skip();
	send_secrets();
	assert_true(heap_holds_secret()); /* else the search finds nothing */
}

static int set_up_wiping(void **state)
{
	wiping = true;
	int result = set_up(state);
	wiping = false;
	return result;
}

static void a_wiping_server_leaves_no_secret_in_memory(void **state)
{
	(void)state;
	if (!HEAP_IS_SEARCHABLE)
		skip();
	send_secrets();
	assert_false(heap_holds_secret());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    /* First, while the heap holds no secret of another test. */
	    cmocka_unit_test_setup_teardown(a_wiping_server_leaves_no_secret_in_memory,
					    set_up_wiping, tear_down),
	    TEST(secrets_stay_in_memory_unless_they_are_wiped),
	    TEST(padded_answers_have_one_size),
	    TEST(answers_depart_at_multiples_of_a_time),
	    TEST(a_client_that_leaves_before_the_departure_harms_nobody),
	    TEST(an_answer_may_come_later),
	    TEST(pipelined_requests_wait_for_a_late_answer),
	    TEST(the_handler_is_told_when_the_client_leaves),
	    TEST(a_request_nobody_waits_for_lives_until_it_is_answered),
	    TEST(a_problem_to_nobody_is_thrown_away_too),
	    TEST(requests_in_flight_end_with_the_server),
	    TEST(a_body_larger_than_a_socket_arrives_whole),
	    TEST(a_client_that_leaves_in_the_middle_of_an_answer_harms_nobody),
	    TEST(a_client_that_only_closes_its_direction_gets_the_whole_answer),
	    TEST(a_client_that_closes_its_direction_early_gets_all_its_answers),
	    TEST(an_answer_that_comes_at_once_is_not_preceded_by_an_interim_one),
	    TEST(an_answer_over_its_limit_becomes_500),
	    TEST(bodies_arrive_as_they_were_sent),
	    TEST(parameters_come_typed),
	    TEST(wrong_parameters_are_named_with_a_remedy),
	    TEST(pages_forgive_what_mailers_and_forms_add),
	    TEST(fields_come_typed_from_json_and_from_forms),
	    TEST(wrong_fields_are_named_with_a_remedy),
	    TEST(no_answer_holds_a_secret),
	    TEST(fields_are_in_the_openapi_document),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
