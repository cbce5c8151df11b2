/* The log of a detached instance: its file is opened again at a reload, and the output of
 * programs that do not write our form of lines passes through the supervisor.
 *
 * Such a program (PostgreSQL; the command line as a process of the instance) writes to a pipe of
 * its slot, which exists as long as the supervisor. What it writes at once is one record: a line
 * and the lines after it that begin with a tab. */
#include "process/internal.h"
#include "base/ascii.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/log.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOGS_RECORD = 16 << 10, LOGS_READS = 16 };

struct slot_log {
	int read_fd, write_fd;
	size_t n;
	char p[LOGS_RECORD];
};

static enum status logs_path(const struct supervisor *sv, char path[PATH_MAX], struct err *err)
{
	return io_path(path, PATH_MAX, err, "%s/" INSTANCE_LOG, sv->instance->log_dir);
}

void logs_begin(struct supervisor *sv)
{
	char path[PATH_MAX];
	struct stat ours, file;
	struct err ignored;
	sv->log_is_file = logs_path(sv, path, &ignored) == OK && stat(path, &file) == 0 &&
			  fstat(STDERR_FILENO, &ours) == 0 && ours.st_dev == file.st_dev &&
			  ours.st_ino == file.st_ino;
}

void logs_reopen(const struct supervisor *sv)
{
	char path[PATH_MAX];
	struct err err;
	int fd;
	if (!sv->log_is_file)
		return;
	enum status status = logs_path(sv, path, &err);
	if (status == OK)
		status = folder_create(path, O_APPEND, 0640, &fd, &err);
	if (status != OK) {
		log_error("the log cannot be opened again; the old file is used",
			  LOG_S("error", err.text));
		return;
	}
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

/* ---- foreign output ---- */

enum status logs_make(struct process_slot *s, struct err *err)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0)
		return err_errno(err, FAILED, "pipe");
	s->log = memory_alloc(sizeof(*s->log));
	s->log->read_fd = fds[0];
	s->log->write_fd = fds[1];
	return OK;
}

void logs_release(struct process_slot *s)
{
	if (!s->log)
		return;
	logs_take(s);
	close(s->log->read_fd);
	close(s->log->write_fd);
	free(s->log);
	s->log = NULL;
}

int logs_read_fd(const struct process_slot *s)
{
	return s->log ? s->log->read_fd : -1;
}

int logs_write_fd(const struct process_slot *s)
{
	return s->log ? s->log->write_fd : -1;
}

/* PostgreSQL's lines name the process that wrote them: "... postgres[4711] ...". */
static int logs_pid(const struct process_slot *s, struct str record)
{
	static const char mark[] = " postgres[";
	const char *at = memmem(record.p, record.n, mark, sizeof(mark) - 1);
	int64_t pid;
	size_t digits = 0;
	if (!at)
		return s->pid;
	struct str rest = {at + sizeof(mark) - 1, 0};
	while (rest.p + digits < record.p + record.n && ascii_is_digit(rest.p[digits]))
		digits++;
	rest.n = digits;
	return str_to_i64(rest, 1, INT32_MAX, &pid) ? (int)pid : s->pid;
}

static void logs_write(const struct process_slot *s, struct str record)
{
	if (record.n)
		log_write_foreign(s->class->name, logs_pid(s, record), record);
}

/* Write the records that are whole: followed by a line that does not begin with a tab, or, when all
 * has been read, by nothing. */
static void logs_split(struct process_slot *s, bool all)
{
	struct slot_log *log = s->log;
	size_t begin = 0;
	for (size_t i = 0; i < log->n; i++) {
		bool last = i + 1 == log->n;
		if (log->p[i] != '\n' || (last && !all) || (!last && log->p[i + 1] == '\t'))
			continue;
		logs_write(s, (struct str){log->p + begin, i - begin});
		begin = i + 1;
	}
	if (!begin && log->n == sizeof(log->p)) { /* longer than there is room: in parts */
		logs_write(s, (struct str){log->p, log->n});
		begin = log->n;
	}
	memmove(log->p, log->p + begin, log->n - begin);
	log->n -= begin;
}

void logs_take(struct process_slot *s)
{
	struct slot_log *log = s->log;
	ssize_t n = 0;
	if (!log)
		return;
	/* Bounded: a server that logs without end must not keep us from everything else. */
	for (int reads = 0; reads < LOGS_READS; reads++) {
		n = read(log->read_fd, log->p + log->n, sizeof(log->p) - log->n);
		if (n <= 0)
			break;
		log->n += (size_t)n;
		logs_split(s, false);
	}
	if (n < 0)
		logs_split(s, true);
}
