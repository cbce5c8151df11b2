/* link: base http/parse */
/* The HTTP parser against tests/http/parser/{accepted,refused}: each case
 * whole and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/buf.h"
#include "base/io.h"
#include "http/parse/parse.h"

enum { MAX_BYTES = 16384 };

/* The tests run in the root of the repository, or below it. */
static void read_cases(const char *name, struct buf *out)
{
	static const char *const roots[] = {".", "..", "../..", "../../..", "../../../.."};
	char path[200];
	struct err err;
	buf_init(out, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(roots); i++) {
		snprintf(path, sizeof(path), "%s/tests/http/parser/%s", roots[i], name);
		if (access(path, R_OK) == 0 && io_read_file(path, out, &err) == OK)
			return;
	}
	fail_msg("tests/http/parser/%s is not there", name);
}

static void unescape(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\\') {
			buf_putc(out, s.p[i]);
			continue;
		}
		i++;
		char hex[3] = {0};
		switch (s.p[i]) {
		case 'r':
			buf_putc(out, '\r');
			break;
		case 'n':
			buf_putc(out, '\n');
			break;
		case 't':
			buf_putc(out, '\t');
			break;
		case '0':
			buf_putc(out, '\0');
			break;
		case '\\':
			buf_putc(out, '\\');
			break;
		case 'x':
			memcpy(hex, s.p + i + 1, 2);
			buf_putc(out, (char)strtol(hex, NULL, 16));
			i += 2;
			break;
		default:
			fail_msg("unknown escape in %.*s", STR_ARG(s));
		}
	}
}

struct outcome {
	enum http_fault fault;
	bool complete;
	struct http_head head;
	size_t body_bytes, left;
};

/* As a server does it: what has arrived grows by `step` bytes each time, in memory of exactly that
 * size so that the sanitizer sees a read behind it. */
static void parse(struct str bytes, size_t step, char **memory, struct outcome *out)
{
	struct http_scan scan = {0};
	enum http_scan_result result = HEAD_PARTIAL;
	*out = (struct outcome){0};
	*memory = NULL;
	for (size_t n = step; result == HEAD_PARTIAL; n += step) {
		size_t have = n < bytes.n ? n : bytes.n;
		free(*memory);
		*memory = malloc(have ? have : 1);
		memcpy(*memory, bytes.p, have);
		result = http_scan_head(&scan, *memory, have, MAX_BYTES, &out->fault);
		if (have == bytes.n && result == HEAD_PARTIAL)
			return;
	}
	if (result == HEAD_FAULT)
		return;
	out->fault = http_parse_head((struct str){*memory, scan.at}, &out->head);
	if (out->fault != HTTP_FAULT_NONE)
		return;
	struct str rest = {bytes.p + scan.at, bytes.n - scan.at};
	if (!out->head.chunked) {
		out->complete = rest.n >= out->head.content_length;
		out->body_bytes = out->complete ? (size_t)out->head.content_length : rest.n;
		out->left = rest.n - out->body_bytes;
		return;
	}
	struct http_chunks chunks = {0};
	while (rest.n && !chunks.done && out->fault == HTTP_FAULT_NONE) {
		struct str in = {rest.p, step < rest.n ? step : rest.n}, piece;
		size_t before = in.n;
		out->fault = http_chunks_next(&chunks, &in, &piece);
		out->body_bytes += piece.n;
		rest = (struct str){rest.p + (before - in.n), rest.n - (before - in.n)};
	}
	out->complete = chunks.done;
	out->left = rest.n;
}

static void accept_case(struct str expected, struct str line, struct str bytes, size_t step)
{
	struct outcome outcome;
	char *memory, got[400], body[30];
	parse(bytes, step, &memory, &outcome);
	if (outcome.fault != HTTP_FAULT_NONE)
		fail_msg("%s: %.*s", http_faults[outcome.fault].name, STR_ARG(line));
	assert_true(outcome.complete);
	assert_int_equal(outcome.left, 0);
	const struct http_head *head = &outcome.head;
	snprintf(body, sizeof(body), "%zu", outcome.body_bytes);
	snprintf(got, sizeof(got), "%s %.*s %.*s %s %s", http_method_names[head->method],
		 STR_ARG(head->path), head->query.p ? (int)head->query.n : 1,
		 head->query.p ? head->query.p : "-", head->chunked ? "chunked" : body,
		 head->close ? "close" : "keep");
	struct buf wanted;
	buf_init(&wanted, 1000);
	unescape(expected, &wanted);
	assert_string_equal(got, buf_z(&wanted));
	buf_release(&wanted);
	free(memory);
}

static void refuse_case(struct str expected, struct str line, struct str bytes, size_t step)
{
	struct outcome outcome;
	char *memory;
	parse(bytes, step, &memory, &outcome);
	if (!str_eq(str_of(http_faults[outcome.fault].name), expected))
		fail_msg("%s with %zu bytes at a time: %.*s", http_faults[outcome.fault].name, step,
			 STR_ARG(line));
	free(memory);
}

static size_t each_case(const char *file, void (*check)(struct str expected, struct str line,
							struct str bytes, size_t step))
{
	struct buf text, bytes;
	size_t cases = 0;
	read_cases(file, &text);
	buf_init(&bytes, 1 << 20);
	for (struct str rest = buf_view(&text); rest.p;) {
		struct str line = str_cut(&rest, '\n');
		if (line.n == 0 || line.p[0] == '#')
			continue;
		const char *bar = memmem(line.p, line.n, " | ", 3);
		assert_non_null(bar);
		struct str expected = {line.p, (size_t)(bar - line.p)};
		buf_reset(&bytes);
		unescape((struct str){bar + 3, line.n - expected.n - 3}, &bytes);
		check(expected, line, buf_view(&bytes), bytes.n);
		check(expected, line, buf_view(&bytes), 1);
		check(expected, line, buf_view(&bytes), 7);
		cases++;
	}
	buf_release(&text);
	buf_release(&bytes);
	return cases;
}

static void requests_that_are_valid_are_understood(void **state)
{
	(void)state;
	assert_true(each_case("accepted", accept_case) >= 25);
}

static void requests_that_can_be_read_two_ways_are_refused(void **state)
{
	(void)state;
	assert_true(each_case("refused", refuse_case) >= 100);
}

static enum http_fault scan_all(const struct buf *b, size_t max)
{
	struct http_scan scan = {0};
	enum http_fault fault = HTTP_FAULT_NONE;
	if (http_scan_head(&scan, b->p, b->n, max, &fault) != HEAD_FAULT)
		return HTTP_FAULT_NONE;
	return fault;
}

static void heads_over_a_limit_are_refused_before_they_end(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_puts(&b, "GET /");
	while (b.n <= HTTP_LINE_BYTES)
		buf_putc(&b, 'a');
	assert_int_equal(scan_all(&b, 1 << 20), HTTP_FAULT_LINE);
	assert_int_equal(scan_all(&b, 1000), HTTP_FAULT_LINE);

	buf_reset(&b);
	buf_puts(&b, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	while (b.n <= 2000)
		buf_putc(&b, 'a');
	assert_int_equal(scan_all(&b, 2000), HTTP_FAULT_HEADERS);
	assert_int_equal(scan_all(&b, 2002), HTTP_FAULT_NONE);

	buf_reset(&b);
	buf_puts(&b, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < HTTP_FIELDS_MAX; i++)
		buf_puts(&b, "X: y\r\n");
	assert_int_equal(scan_all(&b, 1 << 20), HTTP_FAULT_NONE);
	buf_puts(&b, "X: y\r\n");
	assert_int_equal(scan_all(&b, 1 << 20), HTTP_FAULT_HEADERS);
	buf_release(&b);
}

static void a_head_of_exactly_the_limit_passes(void **state)
{
	(void)state;
	const struct str head = STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	for (size_t max = head.n - 2; max <= head.n; max++) {
		struct http_scan scan = {0};
		enum http_fault fault = HTTP_FAULT_NONE;
		enum http_scan_result result = HEAD_PARTIAL;
		for (size_t n = 1; n <= head.n && result == HEAD_PARTIAL; n++)
			result = http_scan_head(&scan, head.p, n, max, &fault);
		assert_int_equal(result, max == head.n ? HEAD_COMPLETE : HEAD_FAULT);
	}
}

static void what_follows_a_request_is_left_for_the_next(void **state)
{
	(void)state;
	struct outcome outcome;
	char *memory;
	parse(STR("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n"), 1000, &memory, &outcome);
	assert_int_equal(outcome.fault, HTTP_FAULT_NONE);
	assert_int_equal(outcome.left, strlen("GET /2 HTTP/1.1\r\n"));
	free(memory);
	parse(STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n1\r\na\r\n0\r\n\r\nrest"),
	      1000, &memory, &outcome);
	assert_true(outcome.complete);
	assert_int_equal(outcome.left, 4);
	free(memory);
}

static void escapes_decode_to_text_only(void **state)
{
	(void)state;
	static const struct {
		struct str in, out;
		bool plus, valid;
	} cases[] = {
	    {STR("a%20b"), STR("a b"), false, true},
	    {STR("a+b"), STR("a b"), true, true},
	    {STR("a+b"), STR("a+b"), false, true},
	    {STR("%c3%A9"), STR("\xc3\xa9"), false, true},
	    {STR("%2f%2F"), STR("//"), false, true},
	    {STR(""), STR(""), false, true},
	    {STR("%"), STR(""), false, false},
	    {STR("%4"), STR(""), false, false},
	    {STR("%g0"), STR(""), false, false},
	    {STR("%00"), STR(""), false, false},
	    {STR("%ff"), STR(""), false, false},
	    {STR("%c0%af"), STR(""), false, false},
	    {STR("%ed%a0%80"), STR(""), false, false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char out[64];
		size_t n;
		bool valid = http_decode(cases[i].in, cases[i].plus, out, &n);
		assert_int_equal(valid, cases[i].valid);
		if (valid)
			assert_true(str_eq((struct str){out, n}, cases[i].out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_that_are_valid_are_understood),
	    cmocka_unit_test(requests_that_can_be_read_two_ways_are_refused),
	    cmocka_unit_test(heads_over_a_limit_are_refused_before_they_end),
	    cmocka_unit_test(a_head_of_exactly_the_limit_passes),
	    cmocka_unit_test(what_follows_a_request_is_left_for_the_next),
	    cmocka_unit_test(escapes_decode_to_text_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
