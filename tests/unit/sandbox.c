/* link: base config process */
/* The sandbox: what a profile forbids ends the process, what it needs works. Each attempt is made
 * twice, without the sandbox (where it must succeed: else the test shows nothing) and with it. */
#include "process/sandbox.h"
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "folder.h"

enum { WORKED = 0, REFUSED = 3, NO_SANDBOX = 4 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum {
	WIDER = 1
}; /* the profile of sanitizer builds: opening files, starting programs for reports */
#else
enum { WIDER = 0 };
#endif

static bool open_to_read(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}
static bool open_other_to_read(void)
{
	return open("/proc/self/status", O_RDONLY | O_CLOEXEC) >= 0;
}
static bool open_to_write(void)
{
	return open("/tmp", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600) >= 0;
}
static bool make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}
static bool make_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}
static bool listen_for_others(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}
static bool read_names_and_authorities(void)
{
	return open("/etc/hosts", O_RDONLY | O_CLOEXEC) >= 0 &&
	       open("/etc/ssl/certs/ca-certificates.crt", O_RDONLY | O_CLOEXEC) >= 0;
}
static bool make_odd_socket(void)
{
	return socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}
static bool run_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return false;
}
static bool make_process(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0;
}
static bool trace_parent(void)
{
	return kill(getppid(), 0) == 0;
}
static bool change_folder(void)
{
	return chdir("/") == 0;
}
static bool read_and_write(void)
{
	int ends[2] = {STDIN_FILENO, STDERR_FILENO};
	char byte;
	return read(ends[0], &byte, 1) >= 0 && write(ends[1], "", 0) == 0;
}
static bool use_memory(void)
{
	char *p = malloc(32u << 20);
	if (!p)
		return false;
	memset(p, 1, 32u << 20);
	bool ok = p[12345] == 1;
	free(p);
	return ok;
}
static bool use_too_much_memory(void)
{
	void *p = malloc(1u << 30);
	bool ok = p != NULL;
	free(p);
	return ok;
}

/* Returns the exit code, or 128 + signal, of the attempt in a process of its own. */
static int attempt(bool (*act)(void), int profile)
{
	fflush(stdout);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err;
		unsigned separation;
		int null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(null, STDERR_FILENO);
		if (profile >= 0 &&
		    sandbox_enter((enum sandbox_profile)profile, &separation, &err) != OK)
			_exit(NO_SANDBOX);
		_exit(act() ? WORKED : REFUSED);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* DIES: killed by the filter. FAILS: the call is refused (Landlock, limits). */
enum outcome { WORKS, DIES, FAILS };

static const struct {
	const char *what;
	bool (*act)(void);
	enum outcome parse, web, fetch;
	bool wider; /* sanitizer builds allow it */
} attempts[] = {
    {"read and write what it has", read_and_write, WORKS, WORKS, WORKS, false},
    {"use memory", use_memory, WORKS, WORKS, WORKS, false},
    {"use a gigabyte", use_too_much_memory, FAILS, WORKS, WORKS, true},
    {"open a file to read", open_to_read, DIES, WORKS, FAILS, true},
    {"open another file to read", open_other_to_read, DIES, FAILS, FAILS, true},
    {"open a file to write", open_to_write, DIES, DIES, DIES, true},
    {"make a socket", make_socket, DIES, WORKS, WORKS, false},
    {"make a Unix socket", make_unix_socket, DIES, WORKS, DIES, false},
    {"listen", listen_for_others, DIES, DIES, DIES, false},
    {"read names and authorities", read_names_and_authorities, DIES, WORKS, WORKS, true},
    {"run a program", run_program, DIES, DIES, DIES, false},
    {"make a process", make_process, DIES, DIES, DIES, true},
    {"look at another process", trace_parent, DIES, DIES, DIES, true},
    {"change its folder", change_folder, DIES, DIES, DIES, false},
};

static bool landlock_here(void)
{
	fflush(stdout);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err;
		unsigned separation = 0;
		if (sandbox_enter(SANDBOX_WEB, &separation, &err) != OK)
			_exit(NO_SANDBOX);
		_exit(separation & SEPARATION_LANDLOCK ? 1 : 0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 1;
}

static void check(size_t n, int profile, enum outcome want)
{
	int got = attempt(attempts[n].act, profile);
	bool right = want == WORKS   ? got == WORKED
		     : want == FAILS ? got == REFUSED
				     : got == 128 + SIGSYS;
	if (!right)
		fail_msg("profile %d: %s: %d", profile, attempts[n].what, got);
}

static void without_a_sandbox_every_attempt_works(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT_OF(attempts); n++)
		if (!(WIDER && attempts[n].act == use_too_much_memory))
			assert_int_equal(attempt(attempts[n].act, -1), WORKED);
}

static void each_profile_allows_its_work_and_ends_what_goes_beyond(void **state)
{
	(void)state;
	bool landlock = landlock_here();
	if (!landlock)
		print_message("# no Landlock in this kernel or build: only the filter is tested\n");
	for (size_t n = 0; n < COUNT_OF(attempts); n++) {
		if (WIDER && attempts[n].wider)
			continue;
		check(n, SANDBOX_PARSE, attempts[n].parse);
		if (attempts[n].web != FAILS || landlock)
			check(n, SANDBOX_WEB, attempts[n].web);
		if (attempts[n].fetch != FAILS || landlock)
			check(n, SANDBOX_FETCH, attempts[n].fetch);
	}
}

static void sockets_of_other_families_end_the_web_process(void **state)
{
	(void)state;
	int got = attempt(make_odd_socket, SANDBOX_WEB);
	assert_int_equal(got, 128 + SIGSYS);
}

#ifdef HOLDFAST_DEBUG
static void a_debug_build_names_the_call(void **state)
{
	(void)state;
	int ends[2];
	char text[200] = "";
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err;
		unsigned separation;
		dup2(ends[1], STDERR_FILENO);
		if (sandbox_enter(SANDBOX_PARSE, &separation, &err) != OK)
			_exit(NO_SANDBOX);
		change_folder();
		_exit(0);
	}
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	waitpid(pid, NULL, 0);
	assert_non_null(strstr(text, "system call chdir"));
}
#endif

/* A core has what the process knew, so that only a debug build writes one; also for a sandboxed
 * child. */
static void only_a_debug_build_leaves_a_core(void **state)
{
	char folder[TEST_FOLDER];
	struct rlimit limit;
	int status;
	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	if (limit.rlim_max == 0 || WIDER) {
		print_message("cores are off for this user, or in sanitizer builds: not tried\n");
		return;
	}
	test_folder_make(folder);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err;
		unsigned separation;
		limit.rlim_cur = limit.rlim_max;
		if (chdir(folder) != 0 || setrlimit(RLIMIT_CORE, &limit) != 0 ||
		    sandbox_enter(SANDBOX_PARSE, &separation, &err) != OK)
			_exit(NO_SANDBOX);
		signal(SIGABRT, SIG_DFL); /* cmocka's */
		abort();
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	test_folder_remove(folder);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#ifdef HOLDFAST_DEBUG
	assert_true(WCOREDUMP(status));
#else
	assert_false(WCOREDUMP(status));
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_sandbox_every_attempt_works),
	    cmocka_unit_test(each_profile_allows_its_work_and_ends_what_goes_beyond),
	    cmocka_unit_test(sockets_of_other_families_end_the_web_process),
	    cmocka_unit_test(only_a_debug_build_leaves_a_core),
#ifdef HOLDFAST_DEBUG
	    cmocka_unit_test(a_debug_build_names_the_call),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
