/* Our end of the sandboxed reader. */
#include "audit/reader/reader.h"
#include "audit/serve/serve.h"
#include "base/clock.h"
#include "base/io.h"
#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* The time of day that an answer may take, in its CPU time: only for a process that waits for
 * something that never comes. */
enum { READER_WAIT_FACTOR = 60 };

void audit_reader_init(struct audit_reader *reader, const char *command, const char *program_dir,
		       const char *user)
{
	*reader = (struct audit_reader){
	    .command = command, .program_dir = program_dir, .user = user, .to = -1, .from = -1};
	signal(SIGPIPE, SIG_IGN); /* the write fails when the reader has died */
}

void audit_reader_end(struct audit_reader *reader)
{
	struct err ignored;
	if (!reader->pid)
		return;
	close(reader->to);
	close(reader->from);
	kill(reader->pid, SIGKILL);
	if (spawn_wait(reader->pid, "holdfast-parse", &ignored) != OK)
		reader->to = reader->from = -1; /* killed by us: its exit status says nothing */
	audit_reader_init(reader, reader->command, reader->program_dir, reader->user);
}

enum status audit_reader_start(struct audit_reader *reader, struct err *err)
{
	char path[4096];
	pid_t pid;
	if (reader->pid)
		return OK;
	enum status status =
	    io_path(path, sizeof(path), err, "%s/holdfast-parse", reader->program_dir);
	if (status != OK)
		return status;
	struct spawn parser = {
	    .path = path,
	    .user = reader->user,
	    .argv = (const char *const[]){"holdfast-parse", reader->command, NULL},
	    .env = (const char *const[]){NULL},
	    .err = STDERR_FILENO,
	    .death_signal = SIGKILL,
	};
	status = spawn_piped(&parser, &pid, &reader->to, &reader->from, err);
	if (status == OK)
		reader->pid = pid;
	return status;
}

static int64_t audit_reader_cpu_ms(const struct audit_reader *reader)
{
	clockid_t clock;
	struct timespec used;
	if (clock_getcpuclockid(reader->pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
		return 0; /* it has ended: its pipe says so */
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

bool audit_reader_put(struct audit_reader *reader, uint32_t kind, struct str document,
		      int64_t answer_ms)
{
	const struct serve_request request = {kind, (uint32_t)document.n};
	struct err ignored;
	reader->cpu_end_ms = audit_reader_cpu_ms(reader) + answer_ms;
	reader->deadline_ms = clock_ms() + READER_WAIT_FACTOR * answer_ms;
	return io_write_all(reader->to, &request, sizeof(request), &ignored) == OK &&
	       io_write_all(reader->to, document.p ? document.p : "", document.n, &ignored) == OK;
}

bool audit_reader_get(struct audit_reader *reader, void *p, size_t n)
{
	char *at = p;
	while (n) {
		/* It has one thread: until it has used what is left, at least that time passes. */
		int64_t left = reader->cpu_end_ms - audit_reader_cpu_ms(reader);
		struct pollfd ready = {.fd = reader->from, .events = POLLIN};
		if (left <= 0 || clock_ms() >= reader->deadline_ms)
			return false;
		int events = poll(&ready, 1, (int)left);
		if (events < 0 && errno != EINTR)
			return false;
		if (events <= 0)
			continue;
		ssize_t got = read(reader->from, at, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}
