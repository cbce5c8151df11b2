/* link: base */
/* Memory that outlives an arena. */
#include "base/memory.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void arrays_grow_and_keep_what_is_in_them(void **state)
{
	(void)state;
	size_t *p = NULL, room = 0, moves = 0;
	for (size_t i = 0; i < 100000; i++) {
		size_t before = room;
		p = memory_grow(p, &room, i + 1, sizeof(*p));
		moves += room != before;
		assert_true(room > i);
		p[i] = i;
	}
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(p[i], i);
	assert_in_range(moves, 1, 50);
	assert_in_range(room, 100000, 125016);
	p = memory_grow(p, &room, 1000000, sizeof(*p));
	assert_int_equal(room, 1000000);
	free(p);
}

static void nothing_is_memory_too(void **state)
{
	(void)state;
	void *a = memory_alloc(0), *b = memory_array(0, 8), *c = memory_room(0);
	assert_true(a && b && c);
	free(a);
	free(b);
	free(c);
	char *zeroed = memory_alloc(100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(zeroed[i], 0);
	free(zeroed);
}

/* What cannot be had ends the process: its status and what it says on standard error. */
static int end_of(void (*allocate)(void), char *said, size_t size)
{
	int pipe_fd[2], status;
	assert_int_equal(pipe(pipe_fd), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(pipe_fd[1], STDERR_FILENO);
		allocate();
		_exit(99);
	}
	close(pipe_fd[1]);
	ssize_t n = read(pipe_fd[0], said, size - 1);
	said[n > 0 ? n : 0] = '\0';
	close(pipe_fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The sanitizers end the process themselves, unless they are told to behave like malloc. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void too_long(void)
{
	free(memory_array(SIZE_MAX / 2, 4));
}

static void too_much(void)
{
	size_t room = SIZE_MAX / 8;
	free(memory_grow(NULL, &room, room + 1, 16));
}

static void what_cannot_be_had_ends_the_process(void **state)
{
	(void)state;
	static void (*const all[])(void) = {too_long, too_much};
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		char said[100];
		assert_int_equal(end_of(all[i], said, sizeof(said)), 1);
		assert_string_equal(said, "holdfast: out of memory\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arrays_grow_and_keep_what_is_in_them),
	    cmocka_unit_test(nothing_is_memory_too),
	    cmocka_unit_test(what_cannot_be_had_ends_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
