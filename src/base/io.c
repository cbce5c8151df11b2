#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status io_write_all(int fd, const void *p, size_t n, struct err *err)
{
	const char *at = p;
	while (n) {
		ssize_t k = write(fd, at, n);
		if (k < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(err, FAILED, "write");
		}
		at += k;
		n -= (size_t)k;
	}
	return OK;
}

enum status io_read_exact(int fd, void *p, size_t n, struct err *err)
{
	char *at = p;
	while (n) {
		ssize_t k = read(fd, at, n);
		if (k < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(err, FAILED, "read");
		}
		if (k == 0)
			return err_set(err, UNAVAILABLE, "end of input with %zu bytes missing", n);
		at += k;
		n -= (size_t)k;
	}
	return OK;
}

enum status io_read_file(const char *path, struct buf *out, struct err *err)
{
	enum status status = OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", path);
	for (;;) {
		size_t want = out->max - out->n < 65536 ? out->max - out->n + 1 : 65536;
		char chunk[65536];
		ssize_t k = read(fd, chunk, want < sizeof(chunk) ? want : sizeof(chunk));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			status = err_errno(err, FAILED, "%s", path);
			break;
		}
		if (k == 0)
			break;
		buf_add(out, chunk, (size_t)k);
		if (buf_failed(out)) {
			status =
			    err_set(err, TOO_LARGE, "%s: larger than %zu bytes", path, out->max);
			break;
		}
	}
	close(fd);
	return status;
}

enum status io_path(char *out, size_t size, struct err *err, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(out, size, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= size)
		return err_set(err, TOO_LARGE, "path of more than %zu bytes: %.200s...", size - 1,
			       out);
	return OK;
}

static enum status io_sync_folder_of(const char *path, struct err *err)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, FAILED, "%s", dir);
	enum status status = fsync(fd) == 0 ? OK : err_errno(err, FAILED, "%s: fsync", dir);
	close(fd);
	return status;
}

enum status io_write_file(const char *path, struct str content, mode_t mode, struct err *err)
{
	char temporary[PATH_MAX];
	enum status status = io_path(temporary, sizeof(temporary), err, "%s.XXXXXX", path);
	if (status != OK)
		return status;
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, FAILED, "%s", temporary);
	status = io_write_all(fd, content.p, content.n, err);
	if (status != OK)
		status = err_prefix(err, status, "%s", temporary);
	if (status == OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		status = err_errno(err, FAILED, "%s", temporary);
	close(fd);
	if (status == OK && rename(temporary, path) != 0)
		status = err_errno(err, FAILED, "%s", path);
	if (status != OK) {
		unlink(temporary);
		return status;
	}
	return io_sync_folder_of(path, err);
}

enum status io_program_dir(char *out, size_t size, struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", out, size - 1);
	if (n < 0)
		return err_errno(err, FAILED, "/proc/self/exe");
	out[n] = '\0';
	char *slash = strrchr(out, '/');
	must(slash);
	*slash = '\0';
	return OK;
}
