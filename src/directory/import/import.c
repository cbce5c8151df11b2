#include "base/folder.h"
#include "base/io.h"
#include "directory/import/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES_BYTES = 4 << 20, STORED_CHUNK_BYTES = 256 << 10, KEPT_BYTES = 64 << 20 };

static void begin(struct import *im, const char *name)
{
	im->name = name;
	im->rejects = -1;
	buf_init(&im->lines, LINES_BYTES);
	buf_init(&im->kept, KEPT_BYTES);
}

static void finish(struct import *im)
{
	buf_release(&im->lines);
	buf_release(&im->kept);
	if (im->rejects >= 0)
		close(im->rejects);
}

enum status import_begin(const char *dir, int *fd, struct err *err)
{
	char path[PATH_MAX];
	enum status status = io_path(path, sizeof(path), err, "%s/import.lock", dir);
	if (status == OK)
		status = folder_create(path, 0, 0640, fd, err);
	if (status == OK && flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		status =
		    errno == EWOULDBLOCK
			? err_set(err, CONFLICT, "another import is running; nothing was changed")
			: err_errno(err, FAILED, "%s", path);
		close(*fd);
		*fd = -1;
	}
	return status;
}

/* A pipe is read to its end into a file without a name, so that no transaction waits for its
 * writer. */
static enum status store(const char *dir, int from, int *stored, struct err *err)
{
	char chunk[STORED_CHUNK_BYTES];
	enum status status = OK;
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, FAILED, "a file in %s", dir);
	while (status == OK) {
		ssize_t n = read(from, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			status = err_errno(err, FAILED, "reading");
		if (n <= 0)
			break;
		status = io_write_all(fd, chunk, (size_t)n, err);
	}
	if (status == OK && lseek(fd, 0, SEEK_SET) != 0)
		status = err_errno(err, FAILED, "a file in %s", dir);
	if (status == OK)
		*stored = fd;
	else
		close(fd);
	return status;
}

enum status import_file(struct db *db, int fd, const char *name,
			const struct import_options *options, struct import_report *report,
			struct err *err)
{
	struct import im = {.db = db, .options = options, .report = report, .err = err};
	struct stat st;
	int stored = -1;
	enum status status = OK;
	begin(&im, name);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		status = store(options->store_dir, fd, &stored, err);
	if (status == OK)
		status = import_merge(&im, stored < 0 ? fd : stored);
	if (status != OK)
		status = err_prefix(err, status, "%s", name);
	if (stored >= 0)
		close(stored);
	finish(&im);
	return status;
}

enum status import_explain(int fd, const char *name, const struct import_options *options,
			   struct import_report *report, struct err *err)
{
	struct import_options without_rejects = *options;
	struct import im = {.options = &without_rejects, .report = report, .err = err};
	without_rejects.rejects = NULL;
	begin(&im, name);
	enum status status = import_parse(&im, fd);
	if (status != OK) {
		status = err_prefix(err, status, "%s", name);
	} else {
		im.err = &report->refusal;
		if (import_check_rejects(&im) == OK)
			report->refusal.text[0] = '\0';
	}
	finish(&im);
	return status;
}
