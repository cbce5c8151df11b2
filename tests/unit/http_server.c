/* link: base http http/parse */
/* The server with handlers of its own: answers that come later or never, clients that leave in
 * between, bodies that do not fit a socket, parameters as the table types them. Server and
 * clients share one loop. */
#include "serving.h"

enum { BIG_BYTES = 3 << 20, DEPART_MS = 100 };

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

static void get_rest(struct http_request *request)
{
	http_respond(request, &(struct http_answer){.type = HTTP_TYPE_TEXT,
						    .body = http_param(request, "rest")->text});
}

static void put_error_page(void *ctx, struct http_request *request, const struct http_error *error)
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
static const struct http_param rest_params[] = {{.name = "rest", .type = HTTP_TEXT}, {0}};
static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/later", .name = "later", .handler = get_later},
    {.method = HTTP_GET, .pattern = "/unaware", .name = "unaware", .handler = get_unaware},
    {.method = HTTP_GET, .pattern = "/big", .name = "big", .handler = get_big},
    {.method = HTTP_GET, .pattern = "/too-big", .name = "too_big", .handler = get_too_big},
    {.method = HTTP_POST, .pattern = "/echo", .name = "echo", .handler = echo},
    {.method = HTTP_GET, .pattern = "/echo", .name = "echo_get", .handler = echo},
    {.method = HTTP_GET,
     .pattern = "/departing-later",
     .name = "departing_later",
     .handler = get_later,
     .depart_ms = DEPART_MS},
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

static int set_up(void **state)
{
	parked = NULL;
	gone_calls = defer_calls = 0;
	error_page = put_error_page;
	return serving_begin(state);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, serving_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};
	serving_groups = groups;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
