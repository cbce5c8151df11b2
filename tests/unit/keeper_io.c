/* link: base keeper/message keeper keeper/keyfile */
/* The keeper's file and socket when system calls are interrupted, transfer a part, or fail: each
 * call in turn. What is interrupted or short has no effect; what fails is reported, and leaves a
 * usable period. */
#include "keeper/keyfile/keyfile.h"
#include "keeper/message/message.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- the calls, in place of libc's ---- */

enum fault { FAULT_NONE, FAULT_EINTR, FAULT_SHORT, FAULT_EIO, FAULT_ENOSPC };

static enum fault fault;
static int calls,
    fault_at;      /* of the calls that are counted: the number, and which one meets the fault */
static bool every; /* every call meets it once: the same call succeeds the second time */
static bool again;

static bool meets_fault(void)
{
	calls++;
	if (fault == FAULT_NONE)
		return false;
	if (!every)
		return calls == fault_at;
	again = !again;
	return again;
}

/* The bytes to transfer, or -1 with errno. */
static ssize_t wanted(size_t n, bool may_be_short)
{
	if (!meets_fault())
		return (ssize_t)n;
	if (fault == FAULT_SHORT && may_be_short)
		return n > 1 ? (ssize_t)(n / 2) : (ssize_t)n;
	if (fault == FAULT_SHORT)
		return (ssize_t)n;
	errno = fault == FAULT_EINTR ? EINTR : fault == FAULT_EIO ? EIO : ENOSPC;
	return -1;
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
	ssize_t w = wanted(n, true);
	return w < 0 ? w : syscall(SYS_pread64, fd, p, (size_t)w, at);
}
ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t w = wanted(n, true);
	return w < 0 ? w : syscall(SYS_pwrite64, fd, p, (size_t)w, at);
}
ssize_t write(int fd, const void *p, size_t n)
{
	ssize_t w = wanted(n, true);
	return w < 0 ? w : syscall(SYS_write, fd, p, (size_t)w);
}
ssize_t read(int fd, void *p, size_t n)
{
	ssize_t w = wanted(n, true);
	return w < 0 ? w : syscall(SYS_read, fd, p, (size_t)w);
}
int fsync(int fd)
{
	return wanted(0, false) < 0 ? -1 : (int)syscall(SYS_fsync, fd);
}
ssize_t send(int fd, const void *p, size_t n, int flags)
{
	ssize_t w = wanted(n, false); /* a packet goes whole or not at all */
	return w < 0 ? w : syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
}
ssize_t recv(int fd, void *p, size_t n, int flags)
{
	ssize_t w = wanted(n, false);
	return w < 0 ? w : syscall(SYS_recvfrom, fd, p, n, flags, NULL, NULL);
}

static void inject(enum fault f, int at)
{
	fault = f;
	fault_at = at;
	every = at == 0;
	calls = 0;
	again = false;
}

/* ---- the file ---- */

enum { MADE = 1800000000 };
static uint8_t offline_public[KEEPER_KEY], offline_private[KEEPER_KEY];

/* The whole life of a file. The first step that fails is told. */
static enum status life(char *path, struct err *err)
{
	struct keeper_keys keys;
	uint8_t copy[KEYFILE_COPY];
	bool torn;
	int fd = -1;
	enum status status = keyfile_make(path, offline_public, MADE, err);
	if (status == OK)
		status = keyfile_open(path, &fd, err);
	if (status == OK)
		status = keyfile_rotate(fd, MADE + 1, err);
	if (status == OK)
		status = keyfile_read(fd, &keys, &torn, err);
	if (status == OK)
		assert_true(keys.period[0].number == 2 && keys.period[1].number == 1 && !torn);
	if (status == OK)
		status = keyfile_drop(fd, err);
	if (status == OK)
		status = keyfile_copy(fd, copy, err);
	if (fd >= 0)
		close(fd);
	if (status == OK) {
		unlink(path);
		status = keyfile_restore(path, copy, offline_private, err);
	}
	return status;
}

static void new_path(char path[64])
{
	strcpy(path, "/tmp/holdfast-keeper-io.XXXXXX");
	close(mkstemp(path));
	unlink(path);
}

static void interrupted_and_short_calls_have_no_effect_on_the_file(void **state)
{
	static const enum fault faults[] = {FAULT_EINTR, FAULT_SHORT};
	(void)state;
	for (size_t f = 0; f < COUNT_OF(faults); f++) {
		int last = 1;
		for (int at = 0; at <= last; at++) { /* 0: every call, each once */
			char path[64];
			struct err err = {0};
			struct keeper_keys keys;
			bool torn = true;
			int fd;
			new_path(path);
			inject(faults[f], at);
			if (life(path, &err) != OK)
				fail_msg("fault %d at call %d: %s", (int)faults[f], at, err.text);
			last = at ? calls : last + 1;
			inject(FAULT_NONE, 0);
			assert_int_equal(keyfile_open(path, &fd, &err), OK);
			assert_int_equal(keyfile_read(fd, &keys, &torn, &err), OK);
			assert_true(keys.period[0].number == 2 && !keys.period[1].number && !torn);
			close(fd);
			unlink(path);
		}
		assert_true(last > 10);
	}
}

static void a_call_that_fails_is_told_and_leaves_a_usable_period_or_no_file(void **state)
{
	static const enum fault faults[] = {FAULT_EIO, FAULT_ENOSPC};
	(void)state;
	for (size_t f = 0; f < COUNT_OF(faults); f++) {
		for (int at = 1;; at++) {
			char path[64];
			struct err err = {0};
			struct keeper_keys keys;
			int fd;
			new_path(path);
			inject(faults[f], at);
			enum status status = life(path, &err);
			bool met = calls >= at;
			inject(FAULT_NONE, 0);
			if (!met) {
				assert_int_equal(status, OK);
				assert_true(at > 10);
				unlink(path);
				break;
			}
			if (status == OK ||
			    !strstr(err.text, strerror(faults[f] == FAULT_EIO ? EIO : ENOSPC)))
				fail_msg("call %d failed, and this was told: %s", at, err.text);
			if (access(path, F_OK) == 0) {
				assert_int_equal(keyfile_open(path, &fd, &err), OK);
				assert_int_equal(keyfile_read(fd, &keys, NULL, &err), OK);
				assert_true(keys.period[0].number >= 1);
				close(fd);
			}
			unlink(path);
		}
	}
}

/* ---- the socket ---- */

static void interrupted_calls_lose_and_double_no_packet(void **state)
{
	int pair[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	for (uint32_t op = 0; op < 64; op++) {
		static struct keeper_request sent, got;
		static struct keeper_answer told, heard;
		struct err err;
		if (!keeper_request_bytes(op))
			continue;
		for (int at = 0; at <= 4; at++) {
			inject(FAULT_EINTR, at);
			memset(&sent, 0, sizeof(sent));
			sent.number = op * 8 + (uint32_t)at;
			sent.op = (uint16_t)op;
			assert_int_equal(keeper_send_request(pair[0], &sent, &err), OK);
			assert_int_equal(keeper_receive_request(pair[1], &got, &err), OK);
			assert_memory_equal(&sent, &got, keeper_request_bytes(op));
			memset(&told, 0, sizeof(told));
			told.number = sent.number;
			told.op = (uint16_t)op;
			assert_int_equal(keeper_send_answer(pair[1], &told, &err), OK);
			assert_int_equal(keeper_receive_answer(pair[0], &heard, &err), OK);
			assert_memory_equal(&told, &heard, keeper_answer_bytes(op));
			inject(FAULT_NONE, 0);
			assert_int_equal(keeper_receive_request(pair[1], &got, &err), NOT_FOUND);
			assert_int_equal(keeper_receive_answer(pair[0], &heard, &err), NOT_FOUND);
		}
	}
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interrupted_and_short_calls_have_no_effect_on_the_file),
	    cmocka_unit_test(a_call_that_fails_is_told_and_leaves_a_usable_period_or_no_file),
	    cmocka_unit_test(interrupted_calls_lose_and_double_no_packet),
	};
	if (sodium_init() < 0)
		return 1;
	crypto_box_keypair(offline_public, offline_private);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
