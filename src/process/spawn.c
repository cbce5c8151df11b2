#include "process/spawn.h"
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Sent by a child that could not exec the program. */
struct failure {
	int error;
	char step[300]; /* a path; of a longer one its end */
};

NORETURN static void fail(int report, const char *step)
{
	struct failure f = {.error = errno};
	size_t n = strlen(step), skip = n < sizeof(f.step) ? 0 : n + 1 - sizeof(f.step);
	snprintf(f.step, sizeof(f.step), "%s", step + skip);
	ssize_t ignored = write(report, &f, sizeof(f));
	(void)ignored;
	_exit(127);
}

enum status spawn_user(const char *name, uid_t *uid, gid_t *gid, struct err *err)
{
	errno = 0;
	struct passwd *pw = getpwnam(name);
	if (!pw)
		return err_set(
		    err, NOT_FOUND,
		    "there is no system user '%s'; make it with 'useradd --system %s' or tools/setup",
		    name, name);
	if (pw->pw_uid == 0)
		return err_set(err, INVALID, "the system user '%s' is root", name);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return OK;
}

static void set_limit(int report, __rlimit_resource_t what, const char *name, uint64_t value)
{
	struct rlimit limit = {value, value};
	if (value && setrlimit(what, &limit) != 0)
		fail(report, name);
}

/* Or as many as this user may have: a service or a container can set a lower limit. */
static void set_max_files(int report, uint64_t value)
{
	struct rlimit limit;
	if (!value)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		fail(report, "limit of open files");
	if (value > limit.rlim_max && setrlimit(RLIMIT_NOFILE, &(struct rlimit){value, value}) != 0)
		value = limit.rlim_max;
	set_limit(report, RLIMIT_NOFILE, "limit of open files", value);
}

static void close_fds(int report, int from, int to)
{
	if (from <= to && syscall(SYS_close_range, (unsigned)from, (unsigned)to, 0) != 0)
		fail(report, "close_range");
}

/* Move every descriptor to its number and close all others but `report`. They are first moved above
 * the range of numbers, so that none overwrites another. */
static void spawn_place_fds(const struct spawn *s, int report)
{
	int wanted[SPAWN_FD_LAST + 1];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		fail(report, "/dev/null");
	for (int at = 0; at <= SPAWN_FD_LAST; at++)
		wanted[at] = -1;
	wanted[STDIN_FILENO] = s->in < 0 ? null : s->in;
	wanted[STDOUT_FILENO] = s->out < 0 ? null : s->out;
	wanted[STDERR_FILENO] = s->err < 0 ? null : s->err;
	for (int i = 0; i < s->fds_count; i++)
		wanted[s->fds[i].at] = s->fds[i].fd;
	for (int at = 0; at <= SPAWN_FD_LAST; at++) {
		if (wanted[at] < 0)
			continue;
		wanted[at] = fcntl(wanted[at], F_DUPFD_CLOEXEC, SPAWN_FD_LAST + 1);
		if (wanted[at] < 0)
			fail(report, "dup");
	}
	for (int at = 0; at <= SPAWN_FD_LAST; at++) {
		if (wanted[at] < 0)
			close(at);
		else if (dup2(wanted[at], at) < 0)
			fail(report, "dup2");
	}
	close_fds(report, SPAWN_FD_LAST + 1, report - 1);
	close_fds(report, report + 1, INT_MAX);
}

#ifdef HOLDFAST_DEBUG
static const char folder[] = "/tmp";
static void allow_core(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_CORE, &limit);
	}
}
#else
static const char folder[] = "/";
static void allow_core(void)
{
}
#endif

/* The environment of the child. */
struct environment {
	const char *of[SPAWN_ENV_MAX + 2];
	char trace[256];
};

static void spawn_environment(struct environment *env, const struct spawn *s)
{
	const char *trace = getenv("HOLDFAST_TRACE");
	size_t n = 0;
	for (; s->env[n]; n++) {
		must(n < SPAWN_ENV_MAX);
		env->of[n] = s->env[n];
	}
	if (trace && snprintf(env->trace, sizeof(env->trace), "HOLDFAST_TRACE=%s", trace) <
			 (int)sizeof(env->trace))
		env->of[n++] = env->trace;
	env->of[n] = NULL;
}

/* Runs in the forked child: async-signal-safe calls only. */
NORETURN static void become(const struct spawn *s, const struct environment *env, uid_t uid,
			    gid_t gid, pid_t parent, int report)
{
	sigset_t none;
	report = fcntl(report, F_DUPFD_CLOEXEC, 128);
	spawn_place_fds(s, report);
	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	if (s->session && setsid() < 0)
		fail(report, "setsid");
	set_limit(report, RLIMIT_AS, "limit of memory", s->max_memory_bytes);
	allow_core();
	set_max_files(report, s->max_files);
	/* Only root can; the program says what it could not lock. */
	if (s->locks_memory)
		setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	if (s->user && (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
			setresuid(uid, uid, uid) != 0))
		fail(report, s->user);
	if (chdir(s->dir ? s->dir : folder) != 0)
		fail(report, s->dir ? s->dir : folder);
	if (s->death_signal) {
		if (prctl(PR_SET_PDEATHSIG, s->death_signal) != 0)
			fail(report, "PR_SET_PDEATHSIG");
		if (getppid() != parent)
			_exit(127);
	}
	execve(s->path, (char *const *)s->argv, (char *const *)env->of);
	fail(report, s->path);
}

void spawn_give(struct spawn *s, int fd, int at)
{
	must(s->fds_count < SPAWN_FDS_MAX && at >= SPAWN_FD_FIRST && at <= SPAWN_FD_LAST);
	for (int i = 0; i < s->fds_count; i++)
		must(s->fds[i].at != at);
	s->fds[s->fds_count++] = (struct spawn_fd){.fd = fd, .at = at};
}

enum status spawn_start(const struct spawn *s, pid_t *pid, struct err *err)
{
	uid_t uid = 0;
	gid_t gid = 0;
	int report[2];
	struct failure failure;
	struct environment env;

	spawn_environment(&env, s);
	must(s->fds_count <= SPAWN_FDS_MAX);
	if (s->user) {
		enum status status = spawn_user(s->user, &uid, &gid, err);
		if (status != OK)
			return status;
	}
	if (pipe2(report, O_CLOEXEC) != 0)
		return err_errno(err, FAILED, "pipe");
	pid_t parent = getpid();
	*pid = fork();
	if (*pid == 0)
		become(s, &env, uid, gid, parent, report[1]);
	close(report[1]);
	if (*pid < 0) {
		close(report[0]);
		return err_errno(err, FAILED, "fork");
	}
	/* A successful exec closes the pipe. */
	ssize_t n;
	do
		n = read(report[0], &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n == 0)
		return OK;
	waitpid(*pid, NULL, 0);
	errno = n == (ssize_t)sizeof(failure) ? failure.error : EIO;
	return err_errno(err, FAILED, "cannot start %s: %s", s->argv[0],
			 n == (ssize_t)sizeof(failure) ? failure.step : "?");
}

/* The message of a child of spawn_as. */
struct outcome {
	enum status status;
	struct err err;
};

NORETURN static void act_as(uid_t uid, gid_t gid, enum status (*act)(void *ctx, struct err *err),
			    void *ctx, pid_t parent, int report)
{
	struct outcome o = {.status = OK};
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		o.status = err_errno(&o.err, FAILED, "cannot become the user %u", (unsigned)uid);
	if (getppid() != parent)
		_exit(127);
	umask(077);
	if (o.status == OK)
		o.status = act(ctx, &o.err);
	_exit(write(report, &o, sizeof(o)) == (ssize_t)sizeof(o) ? 0 : 127);
}

enum status spawn_as(uid_t uid, gid_t gid, enum status (*act)(void *ctx, struct err *err),
		     void *ctx, struct err *err)
{
	int report[2];
	struct outcome o;
	if (uid == geteuid())
		return act(ctx, err);
	if (pipe2(report, O_CLOEXEC) != 0)
		return err_errno(err, FAILED, "pipe");
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		act_as(uid, gid, act, ctx, parent, report[1]);
	close(report[1]);
	struct pollfd answer = {report[0], POLLIN, 0};
	int n = pid > 0 ? poll(&answer, 1, SPAWN_AS_MS) : -1;
	enum status status = OK;
	if (pid < 0)
		status = err_errno(err, FAILED, "fork");
	else if (n == 0)
		status = err_set(err, TIMED_OUT, "the child of the user %u did not answer in %d s",
				 (unsigned)uid, SPAWN_AS_MS / 1000);
	else if (n < 0 || read(report[0], &o, sizeof(o)) != (ssize_t)sizeof(o))
		status =
		    err_set(err, FAILED, "the child of the user %u did not answer", (unsigned)uid);
	else if (o.status != OK)
		status = err_set(err, o.status, "%s", o.err.text);
	close(report[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return status;
}

enum status spawn_piped(struct spawn *s, pid_t *pid, int *to, int *from, struct err *err)
{
	int in[2], out[2];
	if (pipe2(in, O_CLOEXEC) != 0)
		return err_errno(err, FAILED, "pipe");
	if (pipe2(out, O_CLOEXEC) != 0) {
		close(in[0]);
		close(in[1]);
		return err_errno(err, FAILED, "pipe");
	}
	s->in = in[0];
	s->out = out[1];
	enum status status = spawn_start(s, pid, err);
	close(in[0]);
	close(out[1]);
	if (status != OK) {
		close(in[1]);
		close(out[0]);
		return status;
	}
	*to = in[1];
	*from = out[0];
	return OK;
}

enum status spawn_wait(pid_t pid, const char *name, struct err *err)
{
	int status;
	pid_t ended;
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return err_errno(err, FAILED, "%s", name);
	if (WIFSIGNALED(status))
		return err_set(err, FAILED, "%s was killed by signal %d (%s)", name,
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		return err_set(err, FAILED, "%s ended with status %d", name, WEXITSTATUS(status));
	return OK;
}

void spawn_quote_output(int fd, struct err *err)
{
	char text[4096];
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)sizeof(text) - 1 ? size - ((off_t)sizeof(text) - 1) : 0;
	ssize_t n = pread(fd, text, sizeof(text) - 1, from);
	if (n <= 0)
		return;
	struct str rest = str_trim((struct str){text, (size_t)n}), line = rest;
	while (rest.p) {
		line = str_cut(&rest, '\n');
		/* PostgreSQL's programs add lines that explain it. */
		if (memmem(line.p, line.n, "error: ", 7) || memmem(line.p, line.n, "FATAL: ", 7))
			break;
	}
	size_t used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %.*s", STR_ARG(line));
}

enum status spawn_run(struct spawn *s, const char *name, struct err *err)
{
	pid_t pid;
	int output = memfd_create(name, MFD_CLOEXEC);
	if (output < 0)
		return err_errno(err, FAILED, "memfd");
	s->err = output;
	if (s->out < 0)
		s->out = output;
	enum status status = spawn_start(s, &pid, err);
	if (status == OK) {
		status = spawn_wait(pid, name, err);
		if (status != OK)
			spawn_quote_output(output, err);
	}
	close(output);
	return status;
}
