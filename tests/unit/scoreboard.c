/* link: base process */
/* The scoreboard: what a process publishes is read whole or not at all, whatever happens to the
 * writer. */
#include "process/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { BYTES = 64 << 10, SMALL = 100, ROUNDS = 20000 };

static struct scoreboard *create(void)
{
	static const size_t bytes[] = {SMALL, 0, BYTES};
	struct scoreboard *board;
	struct err err;
	must(scoreboard_create(bytes, 3, &board, &err) == OK);
	return board;
}

static struct scoreboard_region *open_region(const struct scoreboard *board, int region)
{
	struct scoreboard_region *out;
	struct err err;
	must(scoreboard_open_region(scoreboard_write_fd(board), region, &out, &err) == OK);
	return out;
}

static struct scoreboard *reader(const struct scoreboard *board)
{
	struct scoreboard *out;
	struct err err;
	must(scoreboard_open(scoreboard_read_fd(board), &out, &err) == OK);
	return out;
}

static void what_is_published_is_read_by_others(void **state)
{
	struct scoreboard *board = create(), *other = reader(board);
	struct scoreboard_region *a = open_region(board, scoreboard_begin(board, 0));
	struct buf out;
	(void)state;
	buf_init(&out, BYTES);
	assert_int_equal(scoreboard_slots(other), 3);
	assert_false(scoreboard_read(other, 0, 0, &out));
	scoreboard_publish(a, "first", 5);
	assert_true(scoreboard_read(other, 0, 0, &out));
	assert_string_equal(buf_z(&out), "first");
	scoreboard_publish(a, "a longer second", 15);
	assert_true(scoreboard_read(other, 0, 0, &out));
	assert_string_equal(buf_z(&out), "a longer second");
	scoreboard_publish(a, "", 0);
	assert_true(scoreboard_read(other, 0, 0, &out));
	assert_int_equal(out.n, 0);
	assert_false(scoreboard_read(other, 1, 0, &out));
	assert_false(scoreboard_read(other, 2, 0, &out));
	buf_release(&out);
	scoreboard_close_region(a);
	scoreboard_close(other);
	scoreboard_close(board);
}

static void names_states_and_restarts_are_the_supervisors(void **state)
{
	struct scoreboard *board = create(), *other = reader(board);
	struct scoreboard_slot slot;
	(void)state;
	scoreboard_set_slot(board, 1, "heal/1", 2, 7);
	scoreboard_slot(other, 1, &slot);
	assert_string_equal(slot.name, "heal/1");
	assert_int_equal(slot.state, 2);
	assert_int_equal(slot.restarts, 7);
	scoreboard_close(other);
	scoreboard_close(board);
}

static void a_predecessor_is_read_beside_its_successor(void **state)
{
	struct scoreboard *board = create(), *other = reader(board);
	int first = scoreboard_begin(board, 2);
	struct scoreboard_region *a = open_region(board, first);
	struct buf out;
	(void)state;
	buf_init(&out, BYTES);
	scoreboard_publish(a, "old", 3);
	int second = scoreboard_begin(board, 2);
	struct scoreboard_region *b = open_region(board, second);
	assert_false(scoreboard_read(other, 2, 0, &out)); /* has published nothing yet */
	assert_true(scoreboard_read(other, 2, 1, &out));
	assert_string_equal(buf_z(&out), "old");
	scoreboard_publish(b, "new", 3);
	assert_true(scoreboard_read(other, 2, 0, &out));
	assert_string_equal(buf_z(&out), "new");
	/* The successor dies, and the next one begins while the predecessor still works. */
	scoreboard_end(board, second);
	assert_int_equal(scoreboard_begin(board, 2), second);
	assert_false(scoreboard_read(other, 2, 0, &out));
	assert_true(scoreboard_read(other, 2, 1, &out));
	assert_string_equal(buf_z(&out), "old");
	scoreboard_end(board, first);
	assert_false(scoreboard_read(other, 2, 1, &out));
	/* The region that became free is empty for the next process. */
	assert_int_equal(scoreboard_begin(board, 2), first);
	assert_false(scoreboard_read(other, 2, 0, &out));
	buf_release(&out);
	scoreboard_close_region(a);
	scoreboard_close_region(b);
	scoreboard_close(other);
	scoreboard_close(board);
}

static void beats_are_counted(void **state)
{
	struct scoreboard *board = create();
	int region = scoreboard_begin(board, 0);
	struct scoreboard_region *a = open_region(board, region);
	(void)state;
	assert_int_equal(scoreboard_beats(board, region), 0);
	scoreboard_beat(a);
	scoreboard_beat(a);
	assert_int_equal(scoreboard_beats(board, region), 2);
	scoreboard_close_region(a);
	scoreboard_close(board);
}

static void the_readers_descriptor_allows_no_writing(void **state)
{
	struct scoreboard *board = create();
	(void)state;
	assert_ptr_equal(
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, scoreboard_read_fd(board), 0),
	    MAP_FAILED);
	assert_int_equal(errno, EACCES);
	assert_int_equal(write(scoreboard_read_fd(board), "x", 1), -1);
	void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, scoreboard_read_fd(board), 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(map, 4096, PROT_READ | PROT_WRITE), -1);
	/* Nor can a writer take the memory away from under the others. */
	assert_int_equal(ftruncate(scoreboard_write_fd(board), 0), -1);
	munmap(map, 4096);
	scoreboard_close(board);
}

/* Every byte of what is published is the same. */
static void publish_for_ever(const struct scoreboard *board, int region)
{
	static char text[BYTES];
	struct scoreboard_region *a = open_region(board, region);
	for (unsigned n = 0;; n++) {
		memset(text, 'a' + (int)(n % 26), sizeof(text));
		scoreboard_publish(a, text, 1 + n * 7919 % (BYTES - 1));
	}
}

static bool is_whole(const struct buf *b)
{
	for (size_t i = 1; i < b->n; i++)
		if (b->p[i] != b->p[0])
			return false;
	return b->n > 0;
}

static void a_writer_that_is_killed_in_the_middle_leaves_what_it_published_before(void **state)
{
	struct scoreboard *board = create(), *other = reader(board);
	struct buf out;
	int reads = 0;
	(void)state;
	buf_init(&out, BYTES);
	for (int round = 0; round < 100; round++) {
		int region = scoreboard_begin(board, 2), status;
		pid_t writer = fork();
		if (writer == 0)
			publish_for_ever(board, region);
		while (!scoreboard_read(other, 2, 0, &out))
			;
		for (int n = 0; n < ROUNDS / 1000; n++) {
			if (!scoreboard_read(other, 2, 0, &out))
				continue;
			assert_true(is_whole(&out));
			reads++;
		}
		kill(writer, SIGKILL);
		must(waitpid(writer, &status, 0) == writer);
		assert_true(scoreboard_read(other, 2, 0, &out));
		assert_true(is_whole(&out));
		scoreboard_end(board, region);
	}
	assert_true(reads > 100);
	buf_release(&out);
	scoreboard_close(other);
	scoreboard_close(board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_published_is_read_by_others),
	    cmocka_unit_test(names_states_and_restarts_are_the_supervisors),
	    cmocka_unit_test(a_predecessor_is_read_beside_its_successor),
	    cmocka_unit_test(beats_are_counted),
	    cmocka_unit_test(the_readers_descriptor_allows_no_writing),
	    cmocka_unit_test(a_writer_that_is_killed_in_the_middle_leaves_what_it_published_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
