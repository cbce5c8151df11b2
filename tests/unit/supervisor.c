/* link: base config process cache/store */
/* The supervisor with pairs. The table has two tiny programs, which are this binary under other
 * names: a front that listens and has two connections, a back that has a file of keys. Each writes
 * what it finds at the declared numbers into a journal, and asks the other one over their
 * socketpair. */
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "process/process.h"
#include "process/scoreboard.h"
#include "process/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "folder.h"

enum { DEADLINE_MS = 120000, JOURNAL_BYTES = 1 << 20 };

/* ---- the two programs ---- */

static void journal(const char *fmt, ...) PRINTF(1, 2);
static void journal(const char *fmt, ...)
{
	char line[2048], path[PATH_MAX];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/journal", getenv("HOLDFAST_INSTANCE"));
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	must(fd >= 0 && write(fd, line, (size_t)n) == n);
	close(fd);
}

/* The numbers of the open descriptors above the standard streams. */
static void open_numbers(char out[256])
{
	size_t n = 0;
	out[0] = '\0';
	for (int fd = 3; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n += (size_t)snprintf(out + n, 256 - n, "%s%d", n ? "," : "", fd);
}

static bool is_socket(int fd, int option, int wanted)
{
	int value;
	socklen_t size = sizeof(value);
	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

static pid_t ask_peer(void)
{
	pid_t answer = 0;
	if (send(PROCESS_PEER_FD, "?", 1, MSG_NOSIGNAL) != 1 ||
	    recv(PROCESS_PEER_FD, &answer, sizeof(answer), 0) != sizeof(answer))
		return 0;
	return answer;
}

static int term_fd(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* What the back has published: its process id. */
static int published_by_back(void)
{
	struct scoreboard *board;
	struct buf out;
	struct err err;
	int pid = 0;
	buf_init(&out, 100);
	must(scoreboard_open(PROCESS_SCOREBOARD_READ_FD, &board, &err) == OK);
	for (int n = 0; n < scoreboard_slots(board); n++)
		if (scoreboard_read(board, n, 0, &out))
			pid = atoi(buf_z(&out));
	scoreboard_close(board);
	buf_release(&out);
	return pid;
}

/* Ends on SIGTERM, after the peer has answered once more. */
static int front(void)
{
	char numbers[256];
	open_numbers(numbers);
	journal("front begins pid=%d fds=%s listens=%d peer=%d web=%s export=%s\n", (int)getpid(),
		numbers, is_socket(PROCESS_LISTENER_FD, SO_ACCEPTCONN, 1),
		is_socket(PROCESS_PEER_FD, SO_TYPE, SOCK_SEQPACKET),
		getenv("HOLDFAST_DATABASE") ? "yes" : "no",
		getenv("HOLDFAST_DATABASE_EXPORT") ? "yes" : "no");
	int term = term_fd();
	pid_t peer = ask_peer();
	if (!peer)
		return 1;
	journal("front %d works with %d, which published %d\n", (int)getpid(), (int)peer,
		published_by_back());
	process_ready(0);
	struct pollfd wait = {.fd = term, .events = POLLIN};
	while (poll(&wait, 1, -1) < 0)
		;
	journal("front %d ends, asked %d\n", (int)getpid(), (int)ask_peer());
	return 0;
}

/* Answers until SIGTERM. Does not end when the front is gone: the supervisor has to say so. */
static int back(int argc, char **argv)
{
	char numbers[256], key[16] = "";
	open_numbers(numbers);
	must(pread(PROCESS_KEY_FD, key, sizeof(key) - 1, 0) > 0);
	journal("back begins pid=%d fds=%s key=%s arguments=%s database=%s\n", (int)getpid(),
		numbers, key, argc > 2 ? argv[2] : "none",
		getenv("HOLDFAST_DATABASE") ? "yes" : "no");
	struct scoreboard_region *region;
	struct err err;
	int number, n = snprintf(key, sizeof(key), "%d", (int)getpid());
	must(process_number("HOLDFAST_SCOREBOARD_REGION", &number, &err) == OK);
	must(scoreboard_open_region(PROCESS_SCOREBOARD_FD, number, &region, &err) == OK);
	scoreboard_publish(region, key, (size_t)n);
	struct pollfd wait[] = {{.fd = term_fd(), .events = POLLIN},
				{.fd = PROCESS_PEER_FD, .events = POLLIN}};
	process_ready(0);
	for (;;) {
		char question;
		pid_t self = getpid();
		if (poll(wait, 2, -1) < 0)
			continue;
		if (wait[0].revents)
			break;
		if (recv(PROCESS_PEER_FD, &question, 1, 0) == 1)
			(void)!send(PROCESS_PEER_FD, &self, sizeof(self), MSG_NOSIGNAL);
		else
			wait[1].fd = -1;
	}
	journal("back %d ends\n", (int)getpid());
	scoreboard_close_region(region);
	return 0;
}

/* ---- the table ---- */

#define PAIR(is_exclusive)                                                                         \
	{                                                                                          \
		{.name = "front",                                                                  \
		 .program = "test-front",                                                          \
		 .pair = "test",                                                                   \
		 .exclusive = is_exclusive,                                                        \
		 .listens = true,                                                                  \
		 .reads_stats = true,                                                              \
		 .address = CONFIG_WEB_LISTEN,                                                     \
		 .databases =                                                                      \
		     (const struct process_database[]){{"HOLDFAST_DATABASE", ROLE_WEB},            \
						       {"HOLDFAST_DATABASE_EXPORT", ROLE_EXPORT},  \
						       {0}}},                                      \
		    {.name = "back",                                                               \
		     .program = "test-back",                                                       \
		     .arguments = (const char *const[]){"--folder", PROCESS_ARGUMENT_DIR, NULL},   \
		     .pair = "test",                                                               \
		     .exclusive = is_exclusive,                                                    \
		     .stats_bytes = 64 << 10,                                                      \
		     .key = "keys/key"},                                                           \
		    {0},                                                                           \
	}
static const struct process_class overlapping[] = PAIR(false);
static const struct process_class exclusive[] = PAIR(true);

/* ---- the instance ---- */

struct fixture {
	char dir[PATH_MAX];
	struct instance instance;
	pid_t supervisor;
	struct buf journal;
};

static void write_file(const struct fixture *f, const char *name, const char *text)
{
	char path[PATH_MAX];
	struct err err;
	must(io_path(path, sizeof(path), &err, "%s/%s", f->dir, name) == OK);
	must(io_write_file(path, str_of(text), 0600, &err) == OK);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[PATH_MAX + 16], self[PATH_MAX];
	struct err err;
	must(f);
	test_folder_make(f->dir);
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	must(n > 0);
	self[n] = '\0';
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, i ? "test-back" : "test-front");
		must(symlink(self, path) == 0);
	}
	snprintf(path, sizeof(path), "%s/keys", f->dir);
	must(mkdir(path, 0700) == 0);
	write_file(f, "keys/key", "secret");
	write_file(f, "journal", "");
	/* A loopback address that no other process has, and a port of its own for each test: the
	 * children of a killed supervisor may still listen. No database is asked. */
	static int port = 7700;
	pid_t pid = getpid();
	snprintf(
	    path, sizeof(path),
	    "log.level = error\ndb.url = postgresql://nowhere.invalid/x\nweb.listen = 127.%d.%d.%d:%d\n",
	    64 + (pid >> 16 & 63), pid >> 8 & 255, pid & 255, port++);
	write_file(f, "holdfast.conf", path);
	if (instance_open(&f->instance, f->dir, &err) != OK)
		die("%s", err.text);
	buf_init(&f->journal, JOURNAL_BYTES);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	if (f->supervisor) {
		kill(f->supervisor, SIGKILL); /* takes its children with it */
		waitpid(f->supervisor, NULL, 0);
	}
	test_folder_remove(f->dir);
	buf_release(&f->journal);
	instance_release(&f->instance);
	free(f);
	return 0;
}

static const char *read_journal(struct fixture *f)
{
	char path[PATH_MAX];
	struct err err;
	buf_reset(&f->journal);
	must(io_path(path, sizeof(path), &err, "%s/journal", f->dir) == OK);
	must(io_read_file(path, &f->journal, &err) == OK);
	return buf_z(&f->journal);
}

struct seen {
	pid_t front, back;
	bool running;
	uint32_t restarts;
	int slots;
};

static void see(void *ctx, const struct control_reply *reply)
{
	struct seen *seen = ctx;
	if (strcmp(reply->name, "holdfastd") == 0)
		return;
	*(strcmp(reply->name, "front") == 0 ? &seen->front : &seen->back) = reply->pid;
	seen->running = (seen->slots++ == 0 || seen->running) && reply->state == PROCESS_RUNNING;
	seen->restarts += reply->restarts;
}

/* Until both run and neither is one of `before`. */
static struct seen until_running(struct fixture *f, const struct seen *before)
{
	int64_t deadline = clock_ms() + DEADLINE_MS;
	struct err err = {0};
	for (;;) {
		struct seen seen = {0};
		if (control_ask(&f->instance, CONTROL_STATUS, see, &seen, &err) == OK &&
		    seen.running && seen.front && seen.back && seen.front != before->front &&
		    seen.back != before->back)
			return seen;
		if (clock_ms() > deadline)
			die("the pair does not run: %s\n%s", err.text, read_journal(f));
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
}

static const char *until_journal(struct fixture *f, const char *wanted)
{
	int64_t deadline = clock_ms() + DEADLINE_MS;
	const char *at;
	while (!(at = strstr(read_journal(f), wanted))) {
		if (clock_ms() > deadline)
			die("the journal never says '%s':\n%s", wanted, buf_z(&f->journal));
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	return at;
}

static struct seen start(struct fixture *f, const struct process_class *classes)
{
	f->supervisor = fork();
	must(f->supervisor >= 0);
	if (f->supervisor == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		log_setup("holdfastd", LOG_ERROR, false);
		_exit(supervise(&f->instance, classes, f->dir, -1));
	}
	return until_running(f, &(struct seen){0});
}

static void expect(struct fixture *f, const char *fmt, ...) PRINTF(2, 3);
static void expect(struct fixture *f, const char *fmt, ...)
{
	char line[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	until_journal(f, line);
}

/* The front has got an answer from its peer before it ended, and the peer has ended after it. */
static void expect_orderly_end(struct fixture *f, const struct seen *s)
{
	char line[64];
	snprintf(line, sizeof(line), "back %d ends\n", (int)s->back);
	until_journal(f, line);
	snprintf(line, sizeof(line), "front %d ends, asked %d\n", (int)s->front, (int)s->back);
	const char *front = until_journal(f, line);
	snprintf(line, sizeof(line), "back %d ends\n", (int)s->back);
	assert_non_null(strstr(front, line));
}

/* ---- the tests ---- */

static void each_finds_what_its_row_declares_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct seen s = start(f, overlapping);
	expect(f, "front begins pid=%d fds=3,4,5,10 listens=1 peer=1 web=yes export=yes",
	       (int)s.front);
	expect(f, "back begins pid=%d fds=3,5,8,9 key=secret arguments=%s database=no", (int)s.back,
	       f->dir);
	expect(f, "front %d works with %d, which published %d\n", (int)s.front, (int)s.back,
	       (int)s.back);
}

static void when_one_dies_both_start_again_on_a_new_socketpair(void **state)
{
	struct fixture *f = *state;
	struct seen a = start(f, overlapping);
	kill(a.front, SIGKILL);
	struct seen b = until_running(f, &a);
	expect(f, "back %d ends\n", (int)a.back);
	expect(f, "front %d works with %d, which published %d\n", (int)b.front, (int)b.back,
	       (int)b.back);
	assert_int_equal(b.restarts, 2);
	kill(b.back, SIGKILL);
	struct seen c = until_running(f, &b);
	expect(f, "front %d works with %d, which published %d\n", (int)c.front, (int)c.back,
	       (int)c.back);
	assert_int_equal(c.restarts, 4);
}

static void a_reload_replaces_both_and_the_front_can_finish(void **state)
{
	struct fixture *f = *state;
	struct seen a = start(f, overlapping);
	kill(f->supervisor, SIGHUP);
	struct seen b = until_running(f, &a);
	expect(f, "front %d works with %d, which published %d\n", (int)b.front, (int)b.back,
	       (int)b.back);
	expect_orderly_end(f, &a);
	assert_int_equal(b.restarts, 0);
}

static void an_exclusive_pair_never_runs_beside_its_successor(void **state)
{
	struct fixture *f = *state;
	char line[64];
	struct seen a = start(f, exclusive);
	kill(f->supervisor, SIGHUP);
	struct seen b = until_running(f, &a);
	snprintf(line, sizeof(line), "back %d ends\n", (int)a.back);
	const char *ended = until_journal(f, line);
	snprintf(line, sizeof(line), "begins pid=%d ", (int)b.front);
	assert_non_null(strstr(ended, line));
	snprintf(line, sizeof(line), "begins pid=%d ", (int)b.back);
	assert_non_null(strstr(ended, line));
	assert_int_equal(b.restarts, 0);
}

static void at_the_end_the_front_goes_first(void **state)
{
	struct fixture *f = *state;
	int status;
	struct seen a = start(f, overlapping);
	kill(f->supervisor, SIGTERM);
	must(waitpid(f->supervisor, &status, 0) == f->supervisor);
	f->supervisor = 0;
	assert_int_equal(status, 0);
	expect_orderly_end(f, &a);
	assert_int_equal(kill(a.front, 0), -1);
	assert_int_equal(kill(a.back, 0), -1);
}

/* One of the pair was killed, and the other one ended for it: two restarts. Each further one is a
 * front that ends because its back could not be started. What the front writes does not tell that:
 * it may end before it has begun. */
static void until_back_was_refused(struct fixture *f, const struct seen *before)
{
	int64_t deadline = clock_ms() + DEADLINE_MS;
	struct seen seen = {0};
	struct err err = {0};
	while (seen.restarts < before->restarts + 3) {
		if (clock_ms() > deadline)
			die("the back is not refused: %s\n%s", err.text, read_journal(f));
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		seen = (struct seen){0};
		if (control_ask(&f->instance, CONTROL_STATUS, see, &seen, &err) != OK)
			seen.restarts = 0;
	}
}

static void a_key_that_others_can_read_is_not_handed_over(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX];
	struct err err;
	struct seen a = start(f, overlapping);
	must(io_path(path, sizeof(path), &err, "%s/keys/key", f->dir) == OK);
	must(chmod(path, 0644) == 0);
	kill(a.front, SIGKILL);
	expect(f, "back %d ends\n", (int)a.back);
	until_back_was_refused(f, &a);
	must(chmod(path, 0600) == 0);
	struct seen b = until_running(f, &a);
	expect(f, "front %d works with %d, which published %d\n", (int)b.front, (int)b.back,
	       (int)b.back);
}

static void a_key_behind_a_link_is_not_handed_over(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX], other[PATH_MAX];
	struct err err;
	struct seen a = start(f, overlapping);
	must(io_path(path, sizeof(path), &err, "%s/keys/key", f->dir) == OK);
	must(io_path(other, sizeof(other), &err, "%s/holdfast.conf", f->dir) == OK);
	must(unlink(path) == 0 && symlink(other, path) == 0);
	kill(a.back, SIGKILL);
	until_back_was_refused(f, &a);
	must(unlink(path) == 0);
	write_file(f, "keys/key", "secret");
	struct seen b = until_running(f, &a);
	expect(f, "back begins pid=%d fds=3,5,8,9 key=secret", (int)b.back);
	assert_null(strstr(read_journal(f), "key=log.level"));
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	if (strcmp(name, "test-front") == 0)
		return front();
	if (strcmp(name, "test-back") == 0)
		return back(argc, argv);
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(each_finds_what_its_row_declares_and_nothing_else),
	    TEST(when_one_dies_both_start_again_on_a_new_socketpair),
	    TEST(a_reload_replaces_both_and_the_front_can_finish),
	    TEST(an_exclusive_pair_never_runs_beside_its_successor),
	    TEST(at_the_end_the_front_goes_first),
	    TEST(a_key_that_others_can_read_is_not_handed_over),
	    TEST(a_key_behind_a_link_is_not_handed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
