#include "process/lastrun.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LASTRUN_LINE = 600, LASTRUN_TRIES = 100 };

/* One write, so that no reader sees half of it; the file is locked. */
static void lastrun_write(int fd, const char *state, const char *error)
{
	char line[LASTRUN_LINE];
	int n = snprintf(line, sizeof(line), "%s %lld %.400s", state, (long long)clock_wall_us(),
			 error);
	must(n > 0 && n < LASTRUN_LINE);
	if (pwrite(fd, line, (size_t)n, 0) == n)
		(void)!ftruncate(fd, n);
}

static enum status lastrun_open(const char *dir, const char *name, int *fd, struct err *err)
{
	char path[PATH_MAX];
	enum status status = io_path(path, sizeof(path), err, "%s/notify", dir);
	if (status == OK)
		status = folder_make(path, 0755, err);
	if (status == OK && chmod(path, 0755) != 0)
		status = err_errno(err, FAILED, "%s", path);
	if (status == OK)
		status = io_path(path, sizeof(path), err, "%s/notify/%s", dir, name);
	if (status == OK)
		status = folder_create(path, O_RDWR, 0644, fd, err);
	if (status != OK)
		return status;
	/* Held by another run, or for the instant of a look by the notifier. */
	for (int tries = 0; flock(*fd, LOCK_EX | LOCK_NB) != 0; tries++) {
		if (tries == LASTRUN_TRIES) {
			close(*fd);
			*fd = -1;
			return err_set(err, CONFLICT, "%s: another run holds it", path);
		}
		usleep(10000);
	}
	return OK;
}

void lastrun_begin(const char *dir, const char *name, int *fd)
{
	struct err err;
	*fd = -1;
	if (lastrun_open(dir, name, fd, &err) != OK) {
		log_warn("how the run ends cannot be kept for notify.command", LOG_S("run", name),
			 LOG_S("error", err.text));
		return;
	}
	/* The notifier reads it as another user, whatever our umask is. */
	fchmod(*fd, 0644);
	lastrun_write(*fd, "runs", "");
}

void lastrun_end(int fd, const char *error)
{
	if (fd < 0)
		return;
	lastrun_write(fd, error ? "failed" : "ok", error ? error : "");
	fsync(fd);
	close(fd);
}

void lastrun_read(const char *dir, const char *name, struct lastrun *out)
{
	static const struct {
		const char *name;
		enum lastrun_state state;
	} states[] = {{"runs", LASTRUN_KILLED}, {"ok", LASTRUN_OK}, {"failed", LASTRUN_FAILED}};
	char path[PATH_MAX], line[LASTRUN_LINE];
	struct err ignored;
	*out = (struct lastrun){.state = LASTRUN_NONE};
	if (io_path(path, sizeof(path), &ignored, "%s/notify/%s", dir, name) != OK)
		return;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		out->state = errno == ENOENT ? LASTRUN_NONE : LASTRUN_FAILED;
		snprintf(out->error, sizeof(out->error), "how it ended cannot be read: %s",
			 strerror(errno));
		return;
	}
	bool runs = flock(fd, LOCK_SH | LOCK_NB) != 0;
	ssize_t n = pread(fd, line, sizeof(line) - 1, 0);
	close(fd);
	if (n <= 0) { /* there was room for the file's name only */
		out->state = runs ? LASTRUN_RUNS : LASTRUN_FAILED;
		snprintf(out->error, sizeof(out->error),
			 "how it ended could not be kept: is the disk with %.300s full?", dir);
		return;
	}
	struct str rest = {line, n > 0 ? (size_t)n : 0};
	struct str state = str_cut(&rest, ' '), at = str_cut(&rest, ' ');
	for (size_t s = 0; s < COUNT_OF(states); s++)
		if (str_eq(state, str_of(states[s].name)))
			out->state = runs ? LASTRUN_RUNS : states[s].state;
	if (!str_to_i64(at, 0, INT64_MAX, &out->at_us))
		out->at_us = 0;
	snprintf(out->error, sizeof(out->error), "%.*s", STR_ARG(rest));
}
