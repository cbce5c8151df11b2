/* link: base heal/ledger */
/* The ledger of heal under every way in which writing can end: killed in the middle of any write or
 * sync, a full disk, a tail of half a line or of zeros. This program has its own write(2) and
 * fdatasync(2), which end the process when they are told to. */
#include "heal/ledger/ledger.h"
#include "base/io.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES = 6 };

/* In a child: die at the call of that number, after `part` of 4 quarters of what it writes. */
static int die_at = -1, die_part, calls;

static void call_or_die(int fd, const void *p, size_t n)
{
	if (calls++ != die_at)
		return;
	if (n)
		syscall(SYS_write, fd, p, n * (size_t)die_part / 4);
	raise(SIGKILL);
}

ssize_t write(int fd, const void *p, size_t n)
{
	call_or_die(fd, p, n);
	return syscall(SYS_write, fd, p, n);
}

int fdatasync(int fd)
{
	call_or_die(fd, NULL, 0);
	return 0; /* the page cache outlives the process, and the machine is not stopped here */
}

/* ---- a ledger, and what is read from it ---- */

static char path[4096], spare[4096 + 8];

struct seen {
	int lines, repaired, trimmed;
	int64_t last; /* the number of the last line */
	int64_t cut;
};

static void see(void *ctx, const struct json_value *line)
{
	struct seen *seen = ctx;
	int64_t n;
	seen->lines++;
	if (str_eq(json_text(json_get(line, "kind")), STR("repaired"))) {
		seen->repaired++;
		seen->cut = json_i64(json_get(line, "bytes"), &n) ? n : -1;
	} else if (str_eq(json_text(json_get(line, "kind")), STR("trimmed"))) {
		seen->trimmed++;
		if (!seen->last) /* a new reader begins behind what was dropped */
			seen->last = json_i64(json_get(line, "lines"), &n) ? n : -1;
	} else if (json_i64(json_get(line, "n"), &n)) {
		assert_int_equal(n, seen->last + 1); /* none is missing, none came twice */
		seen->last = n;
	}
}

static enum status append(struct ledger *l, int64_t n, struct err *err)
{
	struct json_writer w;
	struct buf line;
	buf_init(&line, LEDGER_LINE);
	ledger_begin(&w, &line, "intent", 1700000000000000 + n);
	json_member_i64(&w, "n", n);
	enum status status = ledger_append(l, &w, true, err);
	buf_release(&line);
	return status;
}

static void write_lines(int from, int to)
{
	struct seen seen = {.last = from - 1};
	struct ledger *l;
	struct err err;
	seen.last = 0;
	assert_int_equal(ledger_open(&l, path, see, &seen, &err), OK);
	for (int n = from; n <= to; n++)
		assert_int_equal(append(l, n, &err), OK);
	ledger_close(l);
}

/* Lines from number ctx on stay. */
static bool keep(void *ctx, const struct json_value *line)
{
	int64_t n;
	return json_i64(json_get(line, "n"), &n) && n >= *(const int64_t *)ctx;
}

static enum status trim(struct ledger *l, int64_t from, struct err *err)
{
	struct json_writer w;
	struct buf line;
	buf_init(&line, LEDGER_LINE);
	ledger_begin(&w, &line, "trimmed", 1700000000000000 + from);
	enum status status = ledger_trim(l, &w, keep, &from, err);
	buf_release(&line);
	return status;
}

static struct seen read_lines(void)
{
	struct seen seen = {0};
	struct ledger *l;
	struct err err;
	assert_int_equal(ledger_open_read(&l, path, see, &seen, &err), OK);
	ledger_close(l);
	return seen;
}

static int set_up(void **state)
{
	(void)state;
	const char *folder = getenv("TMPDIR");
	snprintf(path, sizeof(path), "%s/ledger.%d", folder ? folder : "/tmp", (int)getpid());
	snprintf(spare, sizeof(spare), "%s.trim", path);
	unlink(path);
	unlink(spare);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(spare);
	return 0;
}

/* ---- tests ---- */

static void what_is_appended_is_read_again_in_order(void **state)
{
	(void)state;
	struct stat st;
	write_lines(1, LINES);
	struct seen seen = read_lines();
	assert_int_equal(seen.last, LINES);
	assert_int_equal(seen.repaired, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void two_writers_continue_one_chain(void **state)
{
	(void)state;
	struct seen a_saw = {0}, b_saw = {0};
	struct ledger *a, *b;
	struct err err;
	assert_int_equal(ledger_open(&a, path, see, &a_saw, &err), OK);
	assert_int_equal(ledger_open(&b, path, see, &b_saw, &err), OK);
	for (int n = 1; n <= LINES; n++)
		assert_int_equal(append(n % 2 ? a : b, n, &err), OK);
	assert_int_equal(ledger_poll(a, &err), OK);
	assert_int_equal(a_saw.last, LINES); /* also what the other has written, each once */
	assert_int_equal(b_saw.last, LINES);
	ledger_close(a);
	ledger_close(b);
	assert_int_equal(read_lines().last, LINES);
}

/* Kill the writer at each of its writes and syncs, in the middle of each write too. The child says
 * through a pipe which lines ledger_append has promised. */
static void killed_at_any_write_it_loses_no_line_that_was_promised(void **state)
{
	(void)state;
	int killed = 0;
	for (int at = 0; at < 4 * LINES; at++) {
		for (int part = 0; part <= 4; part++) {
			int promise[2];
			char promised = 0;
			unlink(path);
			assert_int_equal(pipe(promise), 0);
			pid_t pid = fork();
			if (!pid) {
				struct seen seen = {0};
				struct ledger *l;
				struct err err;
				calls = 0;
				die_at = at;
				die_part = part;
				if (ledger_open(&l, path, see, &seen, &err) != OK)
					_exit(1);
				for (char n = 1; n <= LINES; n++) {
					if (append(l, n, &err) != OK)
						_exit(1);
					syscall(SYS_write, promise[1], &n, 1);
				}
				_exit(0);
			}
			int wait_status;
			close(promise[1]);
			waitpid(pid, &wait_status, 0);
			for (char n; read(promise[0], &n, 1) == 1;)
				promised = n;
			close(promise[0]);
			killed += WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
			assert_true(WIFSIGNALED(wait_status) || WEXITSTATUS(wait_status) == 0);
			struct seen before = read_lines();
			assert_true(before.last >= promised && before.last <= promised + 1);
			/* The next one goes on behind what is good, and says what it cut. */
			struct stat st;
			off_t size = stat(path, &st) == 0 ? st.st_size : 0;
			write_lines((int)before.last + 1, (int)before.last + 1);
			struct seen after = read_lines();
			assert_int_equal(after.last, before.last + 1);
			assert_true(after.repaired == 0 || (after.cut > 0 && after.cut < size + 1));
		}
	}
	assert_int_equal(killed, 5 * 2 * LINES); /* a write and a sync for each line */
}

/* Every length to which a crash of the machine may cut the file. */
static void a_tail_of_any_length_is_cut_and_said(void **state)
{
	(void)state;
	struct buf whole, part;
	struct err err;
	write_lines(1, 3);
	buf_init(&whole, 1 << 20);
	buf_init(&part, 1 << 20);
	assert_int_equal(io_read_file(path, &whole, &err), OK);
	for (size_t n = 0; n < whole.n; n++) {
		bool whole_lines = n == 0 || whole.p[n - 1] == '\n';
		struct str kept = {whole.p, n};
		assert_int_equal(io_write_file(path, kept, 0600, &err), OK);
		struct seen before = read_lines();
		write_lines((int)before.last + 1, (int)before.last + 1);
		struct seen after = read_lines();
		assert_int_equal(after.last, before.last + 1);
		assert_int_equal(after.repaired, !whole_lines);
		assert_int_equal(after.lines, before.last + 1 + !whole_lines);
	}
	/* Blocks that were allocated and never written are zeros. */
	buf_str(&part, buf_view(&whole));
	for (int i = 0; i < 300; i++)
		buf_putc(&part, '\0');
	assert_int_equal(io_write_file(path, buf_view(&part), 0600, &err), OK);
	write_lines(4, 4);
	struct seen after = read_lines();
	assert_int_equal(after.last, 4);
	assert_int_equal(after.cut, 300);
	buf_release(&whole);
	buf_release(&part);
}

static void a_line_that_somebody_changed_is_refused_and_nothing_is_cut(void **state)
{
	(void)state;
	struct buf text;
	struct err err;
	struct seen seen = {0};
	struct ledger *l;
	write_lines(1, 3);
	buf_init(&text, 1 << 20);
	assert_int_equal(io_read_file(path, &text, &err), OK);
	char *kind = strstr(buf_z(&text) + 1, "intent");
	assert_non_null(kind);
	kind[0] = 'I';
	assert_int_equal(io_write_file(path, buf_view(&text), 0600, &err), OK);
	assert_int_equal(ledger_open(&l, path, see, &seen, &err), INVALID);
	assert_non_null(strstr(err.text, ":1: "));
	struct buf after;
	buf_init(&after, 1 << 20);
	assert_int_equal(io_read_file(path, &after, &err), OK);
	assert_true(str_eq(buf_view(&after), buf_view(&text)));
	buf_release(&text);
	buf_release(&after);
}

/* RLIMIT_FSIZE is a disk that becomes full in the middle of a line. */
static void on_a_full_disk_nothing_is_promised_and_nothing_half_stays(void **state)
{
	(void)state;
	write_lines(1, 3);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	for (int room = 0; room < 60; room += 20) {
		pid_t pid = fork();
		if (!pid) {
			struct seen seen = {0};
			struct ledger *l;
			struct err err;
			struct rlimit limit = {(rlim_t)(st.st_size + room),
					       (rlim_t)(st.st_size + room)};
			signal(SIGXFSZ, SIG_IGN);
			setrlimit(RLIMIT_FSIZE, &limit);
			if (ledger_open(&l, path, see, &seen, &err) != OK)
				_exit(2);
			if (append(l, 4, &err) == OK || append(l, 4, &err) == OK)
				_exit(3);
			_exit(seen.last == 3 ? 0 : 4);
		}
		int wait_status;
		waitpid(pid, &wait_status, 0);
		assert_int_equal(wait_status, 0);
		struct stat now;
		assert_int_equal(stat(path, &now), 0);
		assert_int_equal(now.st_size, st.st_size);
	}
	write_lines(4, 4); /* there is room again */
	struct seen seen = read_lines();
	assert_int_equal(seen.last, 4);
	assert_int_equal(seen.repaired, 0);
}

static void a_trim_drops_the_old_and_everybody_goes_on(void **state)
{
	(void)state;
	struct seen a_saw = {0}, b_saw = {0}, r_saw = {0};
	struct ledger *a, *b, *r;
	struct err err;
	struct stat before, after;
	assert_int_equal(ledger_open(&a, path, see, &a_saw, &err), OK);
	assert_int_equal(ledger_open(&b, path, see, &b_saw, &err), OK);
	for (int n = 1; n <= LINES; n++)
		assert_int_equal(append(a, n, &err), OK);
	assert_int_equal(ledger_open_read(&r, path, see, &r_saw, &err), OK);
	assert_int_equal(append(b, LINES + 1, &err), OK); /* the reader has not seen it yet */
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(trim(a, 4, &err), OK);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* who has it open has it still */
	assert_true(after.st_size < before.st_size);
	assert_int_equal(ledger_poll(r, &err), OK);
	assert_int_equal(r_saw.last, LINES + 1);
	assert_int_equal(append(b, LINES + 2, &err), OK);
	assert_int_equal(append(a, LINES + 3, &err), OK);
	assert_int_equal(trim(b, 6, &err), OK); /* again, by the other */
	assert_int_equal(append(a, LINES + 4, &err), OK);
	assert_int_equal(ledger_poll(r, &err), OK);
	assert_int_equal(ledger_poll(b, &err), OK);
	assert_int_equal(a_saw.last, LINES + 4);
	assert_int_equal(b_saw.last, LINES + 4);
	assert_int_equal(r_saw.last, LINES + 4);
	ledger_close(a);
	ledger_close(b);
	ledger_close(r);
	struct seen seen = read_lines();
	assert_int_equal(seen.last, LINES + 4);
	assert_int_equal(seen.lines, 1 + LINES + 4 - 5); /* from 6 on, and "trimmed" */
	assert_int_equal(seen.trimmed, 1);
	assert_int_equal(seen.repaired, 0);
}

static void a_trim_without_old_lines_writes_nothing(void **state)
{
	(void)state;
	struct seen seen = {0};
	struct ledger *l;
	struct err err;
	struct buf before, after;
	write_lines(1, 3);
	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	assert_int_equal(io_read_file(path, &before, &err), OK);
	assert_int_equal(ledger_open(&l, path, see, &seen, &err), OK);
	assert_int_equal(trim(l, 1, &err), OK);
	assert_int_equal(io_read_file(path, &after, &err), OK);
	assert_true(str_eq(buf_view(&before), buf_view(&after)));
	/* All of them: the numbers go on. */
	assert_int_equal(trim(l, 4, &err), OK);
	assert_int_equal(append(l, 4, &err), OK);
	ledger_close(l);
	assert_int_equal(read_lines().last, 4);
	assert_int_equal(read_lines().lines, 2);
	buf_release(&before);
	buf_release(&after);
}

static void what_was_changed_is_not_made_valid_by_a_trim(void **state)
{
	(void)state;
	struct seen seen = {0};
	struct ledger *l;
	struct buf text;
	struct err err;
	write_lines(1, LINES);
	assert_int_equal(ledger_open(&l, path, see, &seen, &err), OK);
	buf_init(&text, 1 << 20);
	assert_int_equal(io_read_file(path, &text, &err), OK);
	char *third = strstr(buf_z(&text), "\"n\":3");
	assert_non_null(third);
	int fd = open(path, O_WRONLY); /* the same file, not another one of that name */
	assert_int_equal(pwrite(fd, "9", 1, third - text.p + 4), 1);
	close(fd);
	assert_int_equal(trim(l, 2, &err), INVALID);
	assert_non_null(strstr(err.text, "was changed"));
	buf_release(&text);
	ledger_close(l);
}

/* Kill it at each write and sync of a trim, in the middle of each write too. */
static void killed_at_any_write_of_a_trim_no_line_that_stays_is_lost(void **state)
{
	(void)state;
	int killed = 0, at = 0;
	for (bool last = false; !last; at++) {
		for (int part = 0; part <= 4; part += 2) {
			unlink(path);
			unlink(spare);
			write_lines(1, LINES);
			pid_t pid = fork();
			if (!pid) {
				struct seen seen = {0};
				struct ledger *l;
				struct err err;
				calls = 0;
				die_at = at;
				die_part = part;
				if (ledger_open(&l, path, see, &seen, &err) != OK ||
				    trim(l, 4, &err) != OK || append(l, LINES + 1, &err) != OK)
					_exit(1);
				_exit(0);
			}
			int wait_status;
			waitpid(pid, &wait_status, 0);
			last = WIFEXITED(wait_status);
			killed += !last;
			assert_true(WIFSIGNALED(wait_status) || WEXITSTATUS(wait_status) == 0);
			/* The next writer finds everything that stays, whatever the moment was. */
			struct seen seen = {0};
			struct ledger *l;
			struct err err;
			assert_int_equal(ledger_open(&l, path, see, &seen, &err), OK);
			assert_true(seen.last == LINES || seen.last == LINES + 1);
			assert_int_equal(append(l, seen.last + 1, &err), OK);
			ledger_close(l);
			assert_int_equal(read_lines().last, seen.last);
			struct stat st;
			assert_int_equal(stat(spare, &st), 0);
			assert_int_equal(st.st_size, 0);
		}
	}
	assert_true(killed >= 3 * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_appended_is_read_again_in_order, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(two_writers_continue_one_chain, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(killed_at_any_write_it_loses_no_line_that_was_promised,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_tail_of_any_length_is_cut_and_said, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(
		a_line_that_somebody_changed_is_refused_and_nothing_is_cut, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		on_a_full_disk_nothing_is_promised_and_nothing_half_stays, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_trim_drops_the_old_and_everybody_goes_on, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(a_trim_without_old_lines_writes_nothing, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(what_was_changed_is_not_made_valid_by_a_trim, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(
		killed_at_any_write_of_a_trim_no_line_that_stays_is_lost, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
