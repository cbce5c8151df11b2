#include "process/sandbox.h"
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* For all programs: memory, time, inherited descriptors, exit. */
#define CALLS_BASIC                                                                                \
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),       \
	    SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(mmap),                \
	    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),                  \
	    SCMP_SYS(mprotect), SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid),               \
	    SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),               \
	    SCMP_SYS(gettimeofday), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),              \
	    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),              \
	    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(tgkill), SCMP_SYS(sched_yield),         \
	    SCMP_SYS(sysinfo) /* qsort */

/* An event loop with inherited sockets and connections to the database. */
#define CALLS_NETWORK                                                                              \
	SCMP_SYS(connect), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(send), SCMP_SYS(sendto),  \
	    SCMP_SYS(sendmsg), SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),              \
	    SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), \
	    SCMP_SYS(getpeername), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_create1),       \
	    SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2),  \
	    SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(pipe2), SCMP_SYS(fcntl), \
	    SCMP_SYS(ioctl), SCMP_SYS(dup), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), \
	    SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(prlimit64)

/* Reading files by name, which Landlock restricts. open has its own rules below. */
#define CALLS_FILES                                                                                \
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat),               \
	    SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(readlink), SCMP_SYS(readlinkat),            \
	    SCMP_SYS(getdents64), SCMP_SYS(pread64)

/* Calls of sanitizers at start, in reports and at exit. */
#define CALLS_SANITIZER                                                                            \
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(readlink), SCMP_SYS(getuid), SCMP_SYS(prctl),   \
	    SCMP_SYS(sched_getaffinity), SCMP_SYS(clone), SCMP_SYS(wait4), SCMP_SYS(ptrace),       \
	    SCMP_SYS(getdents64), SCMP_SYS(prlimit64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),  \
	    SCMP_SYS(getppid), SCMP_SYS(kill), SCMP_SYS(getegid), SCMP_SYS(pipe2), SCMP_SYS(dup2), \
	    SCMP_SYS(stat), SCMP_SYS(access), SCMP_SYS(uname), SCMP_SYS(getdents)

/* A program with shared libraries, from its execve on. clone has a rule of its own. */
#define CALLS_EXEC                                                                                 \
	SCMP_SYS(execve), SCMP_SYS(arch_prctl), SCMP_SYS(set_tid_address),                         \
	    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(prlimit64), SCMP_SYS(statfs),      \
	    SCMP_SYS(fstatfs), SCMP_SYS(sched_getaffinity), SCMP_SYS(get_mempolicy),               \
	    SCMP_SYS(set_mempolicy), SCMP_SYS(umask), SCMP_SYS(dup), SCMP_SYS(fcntl),              \
	    SCMP_SYS(uname), SCMP_SYS(getcwd), SCMP_SYS(poll), SCMP_SYS(getuid),                   \
	    SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(ioctl)

static const int calls_picture[] = {CALLS_BASIC, CALLS_FILES, CALLS_EXEC};
/* Temporary files and memory for generated code, which libraries can do without. */
static const int calls_picture_denied[] = {
    SCMP_SYS(unlink), SCMP_SYS(ftruncate), SCMP_SYS(memfd_create), SCMP_SYS(mkdir),
    SCMP_SYS(socket), SCMP_SYS(eventfd2),  SCMP_SYS(pipe2),        SCMP_SYS(sched_setaffinity),
};
static const int calls_parse[] = {CALLS_BASIC};
static const int calls_web[] = {CALLS_BASIC, CALLS_NETWORK, CALLS_FILES};
/* sendmmsg: getaddrinfo, which libpq calls for a server that is known by name. */
static const int calls_heal[] = {CALLS_BASIC,         CALLS_NETWORK,      CALLS_FILES,
				 SCMP_SYS(fdatasync), SCMP_SYS(fsync),    SCMP_SYS(ftruncate),
				 SCMP_SYS(flock),     SCMP_SYS(pwrite64), SCMP_SYS(sendmmsg)};
/* recv and send on one socket, random numbers, time, exit and the report of a bug. */
static const int calls_keeper[] = {
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(getrandom),
    SCMP_SYS(write),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(tgkill),
#if SANITIZED
    CALLS_BASIC,
#endif
};
static const int calls_sanitizer[] = {CALLS_SANITIZER};

static const int families_fetch[] = {AF_INET, AF_INET6, -1};
static const int families_web[] = {AF_UNIX, AF_INET, AF_INET6,
				   AF_NETLINK /* getaddrinfo lists interfaces */, -1};

/* Certificates and settings of TLS; settings of name resolution. */
#define FILES_FETCH                                                                                \
	(const char *const[])                                                                      \
	{                                                                                          \
		"/etc/ssl", "/usr/lib/ssl", "/usr/share/ca-certificates", "/etc/resolv.conf",      \
		    "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", NULL                     \
	}

#define FILES_DATABASE                                                                             \
	(const char *const[])                                                                      \
	{                                                                                          \
		"/etc/ssl", "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf",                    \
		    "/etc/nsswitch.conf", "/etc/passwd", NULL                                      \
	}

/* The dynamic linker executes as well: Landlock checks both files of an execve. */
#define FILES_PICTURE                                                                              \
	(const char *const[])                                                                      \
	{                                                                                          \
		"/usr/bin/vipsthumbnail", "/lib64/ld-linux-x86-64.so.2",                           \
		    "/lib/ld-linux-aarch64.so.1", "/usr/lib", "/lib", "/lib64",                    \
		    "/etc/ld.so.cache", NULL                                                       \
	}

/* One row for each program. */
static const struct {
	const int *calls;
	size_t calls_count;
	const char *const *readable; /* readable paths; nothing else can be opened */
	const int *families;         /* families of new sockets, ends with -1; NULL: no sockets */
	uint64_t max_memory_bytes;   /* limit of the address space in bytes; 0: none */
	bool strict; /* forbidden calls always kill it, even those that libraries can do without */
} profiles[] = {
    [SANDBOX_PICTURE] = {calls_picture, COUNT_OF(calls_picture), FILES_PICTURE, NULL, 1024u << 20,
			 false},
    [SANDBOX_PARSE] = {calls_parse, COUNT_OF(calls_parse), (const char *const[]){NULL}, NULL,
		       512u << 20, false},
    [SANDBOX_FETCH] = {calls_web, COUNT_OF(calls_web), FILES_FETCH, families_fetch, 1536u << 20,
		       false},
    [SANDBOX_WEB] = {calls_web, COUNT_OF(calls_web),
		     (const char *const[]){"/usr/share/zoneinfo", "/etc", NULL}, families_web, 0,
		     false},
    [SANDBOX_KEEPER] = {calls_keeper, COUNT_OF(calls_keeper), (const char *const[]){NULL}, NULL, 0,
			true},
    /* What libpq reads to find a server by its name and to know its own user. */
    [SANDBOX_DATABASE] = {calls_web, COUNT_OF(calls_web), FILES_DATABASE, families_web, 0, false},
    [SANDBOX_HEAL] = {calls_heal, COUNT_OF(calls_heal), FILES_DATABASE, families_web, 0, false},
};

/* ---- seccomp ---- */

#ifdef HOLDFAST_DEBUG
static void sandbox_name_violation(int signal, siginfo_t *info, void *context)
{
	char text[128];
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, info->si_syscall);
	(void)context;
	int n = snprintf(text, sizeof(text), "sandbox: system call %s (%d) is not allowed\n",
			 name ? name : "?", info->si_syscall);
	ssize_t ignored = write(STDERR_FILENO, text, (size_t)n);
	(void)ignored;
	(void)signal;
	_exit(128 + SIGSYS);
}
#endif

static enum status sandbox_allow(scmp_filter_ctx filter, const int *calls, size_t count,
				 struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		/* Negative numbers are calls that this architecture does not have. */
		int failed =
		    calls[i] < 0 ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
		if (failed)
			return err_set(err, FAILED, "seccomp rule: %s", strerror(-failed));
	}
	return OK;
}

/* Whether calls of a sanitizer must be allowed. Not for SANDBOX_PICTURE: the program that it is
 * for replaces itself with another one, which has none. */
static bool sandbox_sanitized(enum sandbox_profile profile)
{
	return SANITIZED && profile != SANDBOX_PICTURE;
}

/* Threads, no processes; opening a file for writing fails and does not kill. */
static int sandbox_allow_picture(scmp_filter_ctx filter)
{
	int failed = seccomp_rule_add(
	    filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM));
	for (size_t i = 0; i < COUNT_OF(calls_picture_denied) && !failed; i++)
		if (calls_picture_denied[i] >= 0)
			failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
						  calls_picture_denied[i], 0);
	for (int mode = O_WRONLY; mode <= O_RDWR && !failed; mode++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
					  SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, (uint64_t)mode));
	return failed;
}

/* Calls whose arguments are checked. No file can be opened for writing, with or without
 * Landlock. */
static int sandbox_allow_by_argument(scmp_filter_ctx filter, enum sandbox_profile profile)
{
	const int *families = profiles[profile].families;
	const uint64_t change = O_ACCMODE | O_CREAT | O_TRUNC;
	int failed = 0;
	for (size_t i = 0; families && families[i] >= 0 && !failed; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
					  SCMP_A0(SCMP_CMP_EQ, (uint64_t)families[i], 0));
	if (!profiles[profile].readable[0] || sandbox_sanitized(profile))
		return failed;
	if (!failed && profile == SANDBOX_PICTURE)
		failed = sandbox_allow_picture(filter);
	if (!failed)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
					  SCMP_A2(SCMP_CMP_MASKED_EQ, change, O_RDONLY));
	if (!failed)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
					  SCMP_A1(SCMP_CMP_MASKED_EQ, change, O_RDONLY));
	return failed;
}

static enum status sandbox_filter_calls(enum sandbox_profile profile, struct err *err)
{
	uint32_t otherwise = SCMP_ACT_KILL_PROCESS;
#ifdef HOLDFAST_DEBUG
	struct sigaction action = {.sa_sigaction = sandbox_name_violation, .sa_flags = SA_SIGINFO};
	sigaction(SIGSYS, &action, NULL);
	otherwise = SCMP_ACT_TRAP;
#endif
	scmp_filter_ctx filter = seccomp_init(otherwise);
	if (!filter)
		return err_set(err, FAILED, "seccomp cannot be set up");
	enum status status =
	    sandbox_allow(filter, profiles[profile].calls, profiles[profile].calls_count, err);
	if (status == OK && sandbox_sanitized(profile))
		status = sandbox_allow(filter, calls_sanitizer, COUNT_OF(calls_sanitizer), err);
	bool lenient = !profiles[profile].strict || sandbox_sanitized(profile);
	/* clone3 has its flags in memory, which a filter cannot read; libc falls back to clone. */
	int failed = status == OK && lenient
			 ? seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)
			 : 0;
	if (status == OK && !failed)
		failed = sandbox_allow_by_argument(filter, profile);
	/* abort() and stdio call it at exit and can do without it. */
	if (status == OK && !failed && lenient && !sandbox_sanitized(profile))
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 0);
	if (status == OK && !failed)
		failed = seccomp_load(filter);
	if (failed)
		status = err_set(err, FAILED, "seccomp: %s", strerror(-failed));
	seccomp_release(filter);
	return status;
}

/* ---- Landlock: through the system calls, Debian 12's libc has no wrappers ---- */

/* Access rights of version 1 of the interface. */
enum { LANDLOCK_ALL = (1 << 13) - 1 };

static void sandbox_allow_reading(int rules, const char *path, bool executes)
{
	struct stat st;
	struct landlock_path_beneath_attr beneath = {
	    .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
	    .parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	if (beneath.parent_fd < 0)
		return; /* it does not exist */
	bool is_folder = fstat(beneath.parent_fd, &st) == 0 && S_ISDIR(st.st_mode);
	if (executes && !is_folder)
		beneath.allowed_access |= LANDLOCK_ACCESS_FS_EXECUTE;
	if (is_folder)
		beneath.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR; /* refused for a file */
	syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
}

/* The kernel writes a core for the process into its working folder or where kernel.core_pattern
 * says. The process itself still cannot open a file for writing. */
static void sandbox_allow_core(int rules)
{
#ifdef HOLDFAST_DEBUG
	char pattern[PATH_MAX] = "";
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
	bool read = file && fgets(pattern, sizeof(pattern), file);
	if (file)
		fclose(file);
	char *slash = strrchr(pattern, '/');
	if (!read || pattern[0] == '|')
		return; /* the core goes to a program */
	struct landlock_path_beneath_attr beneath = {
	    .allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
			      LANDLOCK_ACCESS_FS_REMOVE_FILE,
	};
	if (slash)
		slash[1] = '\0';
	beneath.parent_fd =
	    open(pattern[0] == '/' ? pattern : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
#else
	(void)rules;
#endif
}

/* False if the kernel has no Landlock: seccomp alone is in force then. */
static bool sandbox_close_files(enum sandbox_profile profile)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ALL};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules < 0)
		return false;
	for (const char *const *path = profiles[profile].readable; *path; path++)
		sandbox_allow_reading(rules, *path, profile == SANDBOX_PICTURE);
	sandbox_allow_core(rules);
	bool ok = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	close(rules);
	return ok;
}

static enum status limit(__rlimit_resource_t what, uint64_t value, struct err *err)
{
	struct rlimit l = {value, value};
	return setrlimit(what, &l) == 0 ? OK : err_errno(err, FAILED, "setrlimit");
}

enum status sandbox_enter(enum sandbox_profile profile, unsigned *separation, struct err *err)
{
	*separation = 0;
#ifdef HOLDFAST_DEBUG
	enum status status = OK; /* cores are allowed */
#else
	enum status status = limit(RLIMIT_CORE, 0, err);
#endif
	if (status == OK && profiles[profile].max_memory_bytes && !SANITIZED)
		status = limit(RLIMIT_AS, profiles[profile].max_memory_bytes, err);
	if (status == OK && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		status = err_errno(err, FAILED, "no_new_privs");
	if (status != OK)
		return status;
	/* LeakSanitizer reads /proc at exit. */
	if (!SANITIZED && sandbox_close_files(profile))
		*separation |= SEPARATION_LANDLOCK;
	status = sandbox_filter_calls(profile, err);
	if (status == OK)
		*separation |= SEPARATION_SECCOMP;
	return status;
}
