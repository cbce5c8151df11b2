/* link: base pipeline/wire */
/* Messages between holdfast-worker and holdfast-fetch. */
#include "pipeline/wire/wire.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct wire_message sample(enum wire_type type)
{
	struct wire_message m = {.type = type};
	switch (type) {
	case WIRE_HELLO:
		m.hello =
		    (struct wire_hello){.tick_ms = 1000,
					.max_in_flight = 50,
					.host_concurrency = 2,
					.user_agent = STR("Holdfast (+https://example.org/bot)"),
					.allow = STR("127.0.0.1/32"),
					.ports = STR("80 443")};
		break;
	case WIRE_REQUEST:
		m.item = 17;
		m.request =
		    (struct wire_request){.kind = WIRE_HTTP,
					  .method = WIRE_POST,
					  .max_redirects = 5,
					  .timeout_ms = 20000,
					  .max_body_bytes = 1 << 20,
					  .host_interval_ms = 100,
					  .url = STR("https://api.example.org/v1?q=caf\xc3\xa9"),
					  .headers = STR("Accept: application/json\n"),
					  .body = STR("{}")};
		m.request.facts.count = 2;
		m.request.facts.of[0] = (struct wire_fact){STR("lat"), STR("/0/lat")};
		m.request.facts.of[1] = (struct wire_fact){STR("all"), STR("")};
		break;
	case WIRE_ANSWER:
		m.item = UINT64_MAX;
		m.answer = (struct wire_answer){.outcome = WIRE_OK,
						.redirects = 1,
						.http_status = 200,
						.total_ms = 212,
						.final_url = STR("https://example.org/"),
						.content_type = STR("text/html")};
		m.answer.facts.count = 1;
		m.answer.facts.of[0] = (struct wire_fact){STR("title"), STR("A b\xc3\xa4"
									    "ckery")};
		break;
	case WIRE_TICK:
		m.tick =
		    (struct wire_tick){.in_flight = 3, .oldest_ms = 900, .answered = 1ull << 40};
		break;
	case WIRE_BYE:
		m.bye.reason = STR("drained");
		break;
	default:
		break;
	}
	return m;
}

static void every_message_comes_back_as_it_went(void **state)
{
	(void)state;
	struct buf a, b;
	buf_init(&a, WIRE_MESSAGE_MAX);
	buf_init(&b, WIRE_MESSAGE_MAX);
	for (enum wire_type t = WIRE_HELLO; t < WIRE_TYPES; t++) {
		struct wire_message m = sample(t), back;
		struct err err;
		assert_int_equal(wire_encode(&m, &a, &err), OK);
		assert_int_equal(wire_decode(buf_view(&a), &back, &err), OK);
		assert_int_equal(back.type, t);
		assert_int_equal(back.item, m.item);
		/* The second encoding of the decoded one is the first: nothing was lost. */
		assert_int_equal(wire_encode(&back, &b, &err), OK);
		assert_true(str_eq(buf_view(&a), buf_view(&b)));
	}
	struct wire_message m = sample(WIRE_REQUEST), back;
	assert_int_equal(wire_encode(&m, &a, NULL), OK);
	assert_int_equal(wire_decode(buf_view(&a), &back, NULL), OK);
	assert_true(str_eq(back.request.url, m.request.url));
	assert_int_equal(back.request.timeout_ms, 20000);
	assert_int_equal(back.request.facts.count, 2);
	assert_true(str_eq(back.request.facts.of[0].value, STR("/0/lat")));
	buf_release(&a);
	buf_release(&b);
}

static void a_cut_lengthened_or_foreign_packet_is_refused_whole(void **state)
{
	(void)state;
	struct buf a;
	struct wire_message back;
	buf_init(&a, 2 * WIRE_MESSAGE_MAX);
	for (enum wire_type t = WIRE_HELLO; t < WIRE_TYPES; t++) {
		struct wire_message m = sample(t);
		assert_int_equal(wire_encode(&m, &a, NULL), OK);
		size_t n = a.n;
		for (size_t cut = 0; cut < n; cut++) {
			struct str part = {a.p, cut};
			assert_int_equal(wire_decode(part, &back, NULL), INVALID);
			/* Also when its header agrees with the cut. */
			if (cut < WIRE_HEADER)
				continue;
			uint32_t length = (uint32_t)(cut - WIRE_HEADER);
			memcpy(a.p + 4, &length, sizeof(length));
			assert_int_equal(wire_decode(part, &back, NULL), INVALID);
			length = (uint32_t)(n - WIRE_HEADER);
			memcpy(a.p + 4, &length, sizeof(length));
		}
		buf_putc(&a, 'x');
		assert_int_equal(wire_decode(buf_view(&a), &back, NULL), INVALID);
		uint32_t length = (uint32_t)(a.n - WIRE_HEADER);
		memcpy(a.p + 4, &length, sizeof(length));
		assert_int_equal(wire_decode(buf_view(&a), &back, NULL), INVALID);
	}
	struct wire_message m = sample(WIRE_DRAIN);
	assert_int_equal(wire_encode(&m, &a, NULL), OK);
	a.p[0] = 9; /* version */
	assert_int_equal(wire_decode(buf_view(&a), &back, NULL), INVALID);
	a.p[0] = WIRE_VERSION;
	a.p[2] = WIRE_TYPES;
	assert_int_equal(wire_decode(buf_view(&a), &back, NULL), INVALID);
	a.p[2] = WIRE_DRAIN;
	a.p[8] = 1; /* an item where none belongs */
	assert_int_equal(wire_decode(buf_view(&a), &back, NULL), INVALID);
	buf_release(&a);
}

static void what_is_out_of_range_is_neither_written_nor_read(void **state)
{
	(void)state;
	struct buf a;
	struct wire_message m, back;
	buf_init(&a, WIRE_MESSAGE_MAX);
#define REFUSED(type, change)                                                                      \
	do {                                                                                       \
		m = sample(type);                                                                  \
		change;                                                                            \
		assert_int_equal(wire_encode(&m, &a, NULL), INVALID);                              \
	} while (0)
	char *long_text = malloc(WIRE_MESSAGE_MAX);
	memset(long_text, 'a', WIRE_MESSAGE_MAX);
	REFUSED(WIRE_HELLO, m.hello.tick_ms = 0);
	REFUSED(WIRE_HELLO, m.hello.user_agent = STR(""));
	REFUSED(WIRE_REQUEST, m.request.kind = 0);
	REFUSED(WIRE_REQUEST, m.request.kind = WIRE_KINDS);
	REFUSED(WIRE_REQUEST, m.request.max_redirects = 11);
	REFUSED(WIRE_REQUEST, m.request.timeout_ms = 0);
	REFUSED(WIRE_REQUEST, m.request.max_body_bytes = (16 << 20) + 1);
	REFUSED(WIRE_REQUEST, m.request.url = ((struct str){long_text, WIRE_URL_MAX + 1}));
	REFUSED(WIRE_REQUEST, m.request.url = STR("http://\xff/"));
	REFUSED(WIRE_REQUEST, m.request.facts.count = WIRE_PAIRS_MAX + 1);
	REFUSED(WIRE_REQUEST, m.request.facts.of[0].name = STR(""));
	REFUSED(WIRE_ANSWER, m.answer.outcome = WIRE_OUTCOMES);
	REFUSED(WIRE_ANSWER,
		m.answer.facts.of[0].value = ((struct str){long_text, WIRE_VALUE_MAX + 1}));
	REFUSED(WIRE_TICK, m.item = 1);
#undef REFUSED
	/* The same ranges when reading: a number is changed in the packet. */
	m = sample(WIRE_REQUEST);
	assert_int_equal(wire_encode(&m, &a, NULL), OK);
	a.p[WIRE_HEADER] = WIRE_KINDS;
	assert_int_equal(wire_decode(buf_view(&a), &back, NULL), INVALID);
	/* Each within its range, together over the packet. */
	m = sample(WIRE_REQUEST);
	m.request.body = (struct str){long_text, WIRE_BODY_MAX};
	m.request.facts.count = WIRE_PAIRS_MAX;
	for (size_t i = 0; i < WIRE_PAIRS_MAX; i++)
		m.request.facts.of[i] = (struct wire_fact){STR("n"), {long_text, WIRE_VALUE_MAX}};
	assert_int_equal(wire_encode(&m, &a, NULL), TOO_LARGE);
	free(long_text);
	buf_release(&a);
}

static void the_socket_gives_whole_messages_or_says_why_not(void **state)
{
	(void)state;
	int fds[2];
	struct err err;
	char *packet = malloc(WIRE_MESSAGE_MAX);
	struct wire_message m = sample(WIRE_TICK), back;
	assert_int_equal(wire_pair(fds, &err), OK);
	assert_int_equal(wire_receive(fds[1], packet, &back, &err), NOT_FOUND);
	size_t sent = 0;
	enum status status;
	while ((status = wire_send(fds[0], &m, &err)) == OK)
		sent++;
	assert_int_equal(status, TIMED_OUT); /* full, and nothing was lost */
	assert_true(sent >= 100);
	for (size_t i = 0; i < sent; i++)
		assert_int_equal(wire_receive(fds[1], packet, &back, &err), OK);
	assert_int_equal(wire_receive(fds[1], packet, &back, &err), NOT_FOUND);
	/* The largest message passes. */
	char *text = malloc(WIRE_VALUE_MAX);
	memset(text, 'v', WIRE_VALUE_MAX);
	m = sample(WIRE_ANSWER);
	m.answer.facts.count = WIRE_PAIRS_MAX;
	for (size_t i = 0; i < WIRE_PAIRS_MAX; i++)
		m.answer.facts.of[i] = (struct wire_fact){STR("n"), {text, WIRE_VALUE_MAX}};
	assert_int_equal(wire_send(fds[0], &m, &err), OK);
	assert_int_equal(wire_receive(fds[1], packet, &back, &err), OK);
	assert_int_equal(back.answer.facts.count, WIRE_PAIRS_MAX);
	/* A packet that is longer than any message. */
	char *large = calloc(1, WIRE_MESSAGE_MAX + 1);
	assert_int_equal(write(fds[0], large, WIRE_MESSAGE_MAX + 1), WIRE_MESSAGE_MAX + 1);
	assert_int_equal(wire_receive(fds[1], packet, &back, &err), INVALID);
	close(fds[0]);
	assert_int_equal(wire_receive(fds[1], packet, &back, &err), UNAVAILABLE);
	assert_int_equal(wire_send(fds[1], &m, &err), UNAVAILABLE);
	close(fds[1]);
	free(text);
	free(large);
	free(packet);
}

static void every_outcome_has_a_name_and_a_meaning(void **state)
{
	(void)state;
	for (enum wire_outcome o = WIRE_OK; o < WIRE_OUTCOMES; o++)
		assert_non_null(wire_outcomes[o].name);
	assert_int_equal(wire_meaning(WIRE_OK, 200), WIRE_MEANS_DONE);
	assert_int_equal(wire_meaning(WIRE_HTTP_ERROR, 404), WIRE_MEANS_FINAL);
	assert_int_equal(wire_meaning(WIRE_HTTP_ERROR, 408), WIRE_MEANS_AGAIN);
	assert_int_equal(wire_meaning(WIRE_HTTP_ERROR, 500), WIRE_MEANS_AGAIN);
	assert_int_equal(wire_meaning(WIRE_RETRY_AFTER, 429), WIRE_MEANS_LATER);
	assert_int_equal(wire_meaning(WIRE_REFUSED_ADDRESS, 0), WIRE_MEANS_FINAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message_comes_back_as_it_went),
	    cmocka_unit_test(a_cut_lengthened_or_foreign_packet_is_refused_whole),
	    cmocka_unit_test(what_is_out_of_range_is_neither_written_nor_read),
	    cmocka_unit_test(the_socket_gives_whole_messages_or_says_why_not),
	    cmocka_unit_test(every_outcome_has_a_name_and_a_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
