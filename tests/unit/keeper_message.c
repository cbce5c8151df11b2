/* link: base keeper/message */
/* Messages between holdfast-contact and holdfast-keeper: sizes, and what is refused. */
#include "keeper/message/message.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static struct keeper_request request;
static struct keeper_answer answer;

static void open_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
}

static void every_operation_travels_with_its_own_size(void **state)
{
	static struct keeper_request sent, got;
	static struct keeper_answer back, answered;
	struct err err;
	int fds[2];
	(void)state;
	open_pair(fds);
	assert_int_equal(keeper_request_bytes(0), 0);
	assert_int_equal(keeper_request_bytes(KEEPER_OPS), 0);
	for (uint16_t op = KEEPER_INFO; op < KEEPER_OPS; op++) {
		size_t n = keeper_request_bytes(op), m = keeper_answer_bytes(op);
		assert_in_range(n, 12, KEEPER_MESSAGE_MAX);
		assert_in_range(m, 17, KEEPER_MESSAGE_MAX);
		assert_true(*keeper_op_name(op) != '\0');
		memset(&sent, op, sizeof(sent));
		sent.op = op;
		assert_int_equal(keeper_send_request(fds[0], &sent, &err), OK);
		assert_int_equal(keeper_receive_request(fds[1], &got, &err), OK);
		assert_memory_equal(&sent, &got, n);
		memset(&back, op, sizeof(back));
		back.op = op;
		back.status = KEEPER_NOT_MATCHED;
		assert_int_equal(keeper_send_answer(fds[1], &back, &err), OK);
		assert_int_equal(keeper_receive_answer(fds[0], &answered, &err), OK);
		assert_memory_equal(&back, &answered, m);
	}
	close(fds[0]);
	close(fds[1]);
}

/* Sends n bytes of `request` or `answer` and says what the other side makes of them. */
static enum status received(size_t n, bool as_answer)
{
	static struct keeper_request r;
	static struct keeper_answer a;
	struct err err;
	int fds[2];
	open_pair(fds);
	/* Longer than the longest message. */
	static char packet[sizeof(request) + sizeof(answer)];
	memcpy(packet, as_answer ? (const void *)&answer : (const void *)&request,
	       as_answer ? sizeof(answer) : sizeof(request));
	assert_int_equal(send(fds[0], packet, n, 0), n);
	enum status status = as_answer ? keeper_receive_answer(fds[1], &a, &err)
				       : keeper_receive_request(fds[1], &r, &err);
	close(fds[0]);
	close(fds[1]);
	return status;
}

static void a_packet_of_another_size_version_or_operation_is_refused(void **state)
{
	(void)state;
	for (uint16_t op = KEEPER_INFO; op < KEEPER_OPS; op++) {
		request.version = answer.version = KEEPER_VERSION;
		request.op = answer.op = op;
		size_t n = keeper_request_bytes(op), m = keeper_answer_bytes(op);
		assert_int_equal(received(n, false), OK);
		assert_int_equal(received(n - 1, false), INVALID);
		assert_int_equal(received(n + 1, false), INVALID);
		assert_int_equal(received(m, true), OK);
		assert_int_equal(received(m - 1, true), INVALID);
		assert_int_equal(received(m + 1, true), INVALID);
		request.version = answer.version = KEEPER_VERSION + 1;
		assert_int_equal(received(n, false), INVALID);
		assert_int_equal(received(m, true), INVALID);
	}
	request.version = answer.version = KEEPER_VERSION;
	request.op = answer.op = KEEPER_OPS;
	assert_int_equal(received(sizeof(request), false), INVALID);
	assert_int_equal(received(sizeof(answer), true), INVALID);
	answer.op = KEEPER_INFO;
	answer.status = KEEPER_STATUSES;
	assert_int_equal(received(keeper_answer_bytes(KEEPER_INFO), true), INVALID);
	answer.status = 0;
	for (size_t n = 1; n < 8; n++) {
		assert_int_equal(received(n, false), INVALID);
		assert_int_equal(received(n, true), INVALID);
	}
}

static void an_empty_socket_a_full_one_and_a_closed_one_are_told_apart(void **state)
{
	struct err err;
	int fds[2];
	(void)state;
	open_pair(fds);
	request.op = KEEPER_REWRAP_PARTIES;
	assert_int_equal(keeper_receive_request(fds[1], &request, &err), NOT_FOUND);
	request.op = KEEPER_REWRAP_PARTIES;
	enum status status = OK;
	for (int n = 0; status == OK && n < 10000; n++)
		status = keeper_send_request(fds[0], &request, &err);
	assert_int_equal(status, TIMED_OUT);
	close(fds[1]);
	assert_int_equal(keeper_send_request(fds[0], &request, &err), UNAVAILABLE);
	close(fds[0]);
	open_pair(fds);
	close(fds[1]);
	assert_int_equal(keeper_receive_answer(fds[0], &answer, &err), UNAVAILABLE);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_operation_travels_with_its_own_size),
	    cmocka_unit_test(a_packet_of_another_size_version_or_operation_is_refused),
	    cmocka_unit_test(an_empty_socket_a_full_one_and_a_closed_one_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
