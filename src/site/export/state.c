#include "site/export/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/folder.h"
#include "base/io.h"

enum { LOCK_WAIT_MS = 1000 };

/* A manifest is named after the inode of its tree, so that exchanging the trees exchanges their
 * manifests atomically with them. */
enum status export_state_manifest(const char *dir, const char *tree, char *out, size_t size,
				  struct err *err)
{
	struct stat st;
	if (stat(tree, &st) != 0)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", tree);
	return io_path(out, size, err, "%s/tree-%llu.manifest", dir, (unsigned long long)st.st_ino);
}

/* CONFLICT when the folder has files. */
static enum status state_check_empty(const char *path, struct err *err)
{
	DIR *dir = opendir(path);
	bool empty = true;
	if (!dir)
		return err_errno(err, FAILED, "%s", path);
	for (struct dirent *e; (e = readdir(dir));)
		empty &= strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(dir);
	return empty
		   ? OK
		   : err_set(
			 err, CONFLICT,
			 "%s has files that no export has written; name another folder, or remove it",
			 path);
}

/* Waits a moment: workers of a killed run hold the lock until the kernel has ended them. */
static enum status state_lock(struct export_state *s, struct err *err)
{
	char path[PATH_MAX];
	enum status status = io_path(path, sizeof(path), err, "%s/lock", s->dir);
	if (status != OK)
		return status;
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (s->lock_fd < 0)
		return err_errno(err, FAILED, "%s", path);
	for (int64_t end = clock_ms() + LOCK_WAIT_MS; flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0;) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, FAILED, "%s", path);
		if (clock_ms() > end)
			return err_set(err, CONFLICT,
				       "another export of %s is running; nothing was done",
				       s->site);
		usleep(20000);
	}
	return OK;
}

/* Whether the site's file system can exchange folders: tried with two empty ones. */
static bool state_can_exchange(const struct export_state *s)
{
	char a[PATH_MAX + 8], b[PATH_MAX + 8];
	snprintf(a, sizeof(a), "%s/try-a", s->dir);
	snprintf(b, sizeof(b), "%s/try-b", s->dir);
	bool does = (mkdir(a, 0700) == 0 || errno == EEXIST) &&
		    (mkdir(b, 0700) == 0 || errno == EEXIST) &&
		    renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0;
	rmdir(a);
	rmdir(b);
	return does;
}

/* The spare tree: that of DIR.state/one and DIR.state/two to which DIR does not point. */
static enum status state_spare_of_link(struct export_state *s, bool site_is_there, struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = site_is_there ? readlink(s->site, target, sizeof(target)) : 0;
	bool one = n > 4 && memcmp(target + n - 4, "/one", 4) == 0;
	if (n < 0 || (n > 0 && !one && (n < 4 || memcmp(target + n - 4, "/two", 4) != 0)))
		return err_set(err, CONFLICT, "%s is not a link that an export made", s->site);
	return io_path(s->spare, sizeof(s->spare), err, "%s/%s", s->dir, one ? "two" : "one");
}

static enum status state_find_trees(struct export_state *s, bool dry_run, struct err *err)
{
	struct stat st;
	enum status status = OK;
	bool there = lstat(s->site, &st) == 0;
	bool is_link = there && S_ISLNK(st.st_mode);
	s->by_link = is_link || (!there && (s->by_link || (!dry_run && !state_can_exchange(s))));
	if (there && !is_link && !S_ISDIR(st.st_mode))
		return err_set(err, CONFLICT, "%s exists and is not a folder", s->site);
	if (s->by_link)
		status = state_spare_of_link(s, there, err);
	else
		status = io_path(s->spare, sizeof(s->spare), err, "%s/tree", s->dir);
	if (status != OK || !there)
		return status;
	status =
	    export_state_manifest(s->dir, s->site, s->old_manifest, sizeof(s->old_manifest), err);
	s->published = status == OK && access(s->old_manifest, R_OK) == 0;
	return status == OK && !s->published ? state_check_empty(s->site, err) : status;
}

/* Root must not write where another user could exchange folders. */
static enum status state_check_owners(const struct export_state *s, struct err *err)
{
	static const char *const trees[] = {"tree", "one", "two"};
	char path[PATH_MAX];
	enum status status = folder_trusted(s->site, err);
	for (size_t n = 0; status == OK && n < COUNT_OF(trees); n++) {
		status = io_path(path, sizeof(path), err, "%s/%s", s->dir, trees[n]);
		if (status == OK)
			status = folder_trusted(path, err);
	}
	return status;
}

/* Remove a state folder that was made in vain: nothing may be exported to DIR. */
static void state_unmake(const struct export_state *s)
{
	char lock[PATH_MAX + 8];
	snprintf(lock, sizeof(lock), "%s/lock", s->dir);
	if (s->lock_fd >= 0)
		unlink(lock);
	rmdir(s->dir);
}

enum status export_state_open(struct export_state *s, const struct export_options *o,
			      struct err *err)
{
	char full[PATH_MAX];
	size_t n = strlen(o->dir);
	*s = (struct export_state){
	    .lock_fd = -1, .spare_fd = -1, .published_fd = -1, .by_link = o->by_link};
	while (n > 1 && o->dir[n - 1] == '/')
		n--;
	if (o->dir[0] != '/' && !getcwd(full, sizeof(full)))
		return err_errno(err, FAILED, "the working folder");
	enum status status =
	    io_path(s->site, sizeof(s->site), err, "%s%s%.*s", o->dir[0] == '/' ? "" : full,
		    o->dir[0] == '/' ? "" : "/", (int)n, o->dir);
	if (status == OK)
		status = o->state ? io_path(s->dir, sizeof(s->dir), err, "%s", o->state)
				  : io_path(s->dir, sizeof(s->dir), err, "%s.state", s->site);
	if (status != OK)
		return status;
	bool there = access(s->dir, F_OK) == 0;
	if (!there && !o->dry_run)
		status = folder_make(s->dir, 0755, err);
	if (status == OK)
		status = state_check_owners(s, err);
	if (status == OK && (there || !o->dry_run))
		status = state_lock(s, err);
	if (status == OK)
		status = state_find_trees(s, o->dry_run, err);
	if (status == OK && access(s->spare, F_OK) == 0)
		status = export_state_manifest(s->dir, s->spare, s->spare_manifest,
					       sizeof(s->spare_manifest), err);
	if (status != OK && !there && !o->dry_run)
		state_unmake(s);
	if (status != OK)
		export_state_close(s);
	return status;
}

void export_state_close(struct export_state *s)
{
	if (s->spare_fd >= 0)
		close(s->spare_fd);
	if (s->published_fd >= 0)
		close(s->published_fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->spare_fd = s->published_fd = s->lock_fd = -1;
}

/* Remove manifests without a tree: inode numbers are reused, and such a manifest would be taken
 * for that of another tree. */
static void state_remove_strays(const struct export_state *s)
{
	char path[PATH_MAX + 300];
	DIR *dir = opendir(s->dir);
	for (struct dirent *e; dir && (e = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, e->d_name);
		if (strncmp(e->d_name, "tree-", 5) == 0 && strcmp(path, s->old_manifest) != 0 &&
		    strcmp(path, s->spare_manifest) != 0)
			unlink(path);
	}
	if (dir)
		closedir(dir);
}

enum status export_state_open_spare(struct export_state *s, struct err *err)
{
	state_remove_strays(s);
	if (mkdir(s->spare, 0755) != 0 && errno != EEXIST)
		return err_errno(err, FAILED, "%s", s->spare);
	if (s->published)
		s->published_fd = open(s->site, O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->spare_fd = open(s->spare, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->spare_fd < 0)
		return err_errno(err, FAILED, "%s", s->spare);
	return export_state_manifest(s->dir, s->spare, s->spare_manifest, sizeof(s->spare_manifest),
				     err);
}

static enum status state_sync_folder(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	slash[slash == folder] = '\0';
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status status = fd >= 0 && fsync(fd) == 0 ? OK : err_errno(err, FAILED, "%s", folder);
	if (fd >= 0)
		close(fd);
	return status;
}

static enum status state_publish_link(const struct export_state *s, struct err *err)
{
	char link[PATH_MAX + 8];
	const char *site = strrchr(s->dir, '/') + 1, *tree = strrchr(s->spare, '/');
	char target[PATH_MAX];
	enum status status = io_path(target, sizeof(target), err, "%s%s", site, tree);
	if (status != OK)
		return status;
	snprintf(link, sizeof(link), "%s/link", s->dir);
	unlink(link);
	if (symlink(target, link) != 0 || rename(link, s->site) != 0)
		return err_errno(err, FAILED, "%s", s->site);
	return OK;
}

/* Write dirty pages to the disk every second while the workers go on; otherwise the kernel would
 * begin only when they have ended. A second lets the file system's journal combine many changes of
 * the same block. */
static void state_flush_until(int ended, int fd)
{
	enum { MOST_MS = 1000 };
	struct pollfd poll_fd = {.fd = ended, .events = POLLIN};
	for (int ms = MOST_MS / 8; poll(&poll_fd, 1, ms) == 0 && syncfs(fd) == 0;)
		ms = ms < MOST_MS ? 2 * ms : MOST_MS; /* little is left at the end of a short run */
}

void export_state_flush_begin(struct export_state *s)
{
	int pipe_fd[2];
	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		return;
	s->flusher = fork_bound();
	if (s->flusher == 0) {
		close(pipe_fd[1]);
		close(s->lock_fd); /* the next run need not wait for the disk */
		/* The kernel reports a write error once for each open file description. A
		 * description of its own leaves the report for the parent's syncfs. */
		int fd = openat(s->spare_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			state_flush_until(pipe_fd[0], fd);
		_exit(0);
	}
	close(pipe_fd[0]);
	if (s->flusher < 0)
		close(pipe_fd[1]);
	else
		s->flusher_fd = pipe_fd[1];
}

void export_state_flush_end(struct export_state *s)
{
	if (s->flusher <= 0)
		return;
	close(s->flusher_fd);
	while (waitpid(s->flusher, NULL, 0) < 0 && errno == EINTR)
		;
	s->flusher = 0;
}

enum status export_state_sync(const struct export_state *s, struct err *err)
{
	return syncfs(s->spare_fd) == 0 ? OK : err_errno(err, FAILED, "%s", s->spare);
}

enum status export_state_publish(struct export_state *s, struct err *err)
{
	struct stat st;
	bool there = lstat(s->site, &st) == 0;
	enum status status = OK;
	if (s->by_link)
		status = state_publish_link(s, err);
	else if (renameat2(AT_FDCWD, s->spare, AT_FDCWD, s->site, there ? RENAME_EXCHANGE : 0) != 0)
		status = err_errno(err, FAILED, "%s", s->site);
	if (status == OK && there && !s->published && !s->by_link)
		(void)!rmdir(s->spare); /* the empty folder that was published before */
	return status == OK ? state_sync_folder(s->site, err) : status;
}

/* ---- journals ---- */

/* The head of a journal: the kernel's boot id. What a journal of an earlier boot records as written
 * may not have reached the disk before a power failure. */
static void journal_boot_id(char out[JOURNAL_HEAD])
{
	struct buf b;
	struct err ignored;
	buf_init(&b, 4096);
	memset(out, 0, JOURNAL_HEAD);
	if (io_read_file("/proc/sys/kernel/random/boot_id", &b, &ignored) == OK)
		memcpy(out, b.p, b.n < 36 ? b.n : 36);
	buf_release(&b);
}

enum status export_state_journal(const struct export_state *s, int n, bool dry_run, int *fd,
				 struct err *err)
{
	char path[PATH_MAX + 32], boot[JOURNAL_HEAD];
	snprintf(path, sizeof(path), "%s/journal-%04d", s->dir, n);
	*fd = dry_run ? memfd_create("journal", MFD_CLOEXEC)
		      : open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (*fd < 0)
		return err_errno(err, FAILED, "%s", path);
	journal_boot_id(boot);
	enum status status = io_write_all(*fd, boot, sizeof(boot), err);
	return status == OK ? OK : err_prefix(err, status, "%s", path);
}

static int journal_is_name(const struct dirent *e)
{
	return strncmp(e->d_name, "journal-", 8) == 0;
}

static enum status journal_recover(const char *path, struct manifest *m, struct err *err)
{
	char now[JOURNAL_HEAD], then[JOURNAL_HEAD] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, FAILED, "%s", path);
	journal_boot_id(now);
	bool same = read(fd, then, sizeof(then)) == (ssize_t)sizeof(then) &&
		    memcmp(now, then, sizeof(now)) == 0;
	enum status status = journal_read(fd, m, false, err);
	close(fd);
	if (status == OK && !same)
		manifest_forget_hashes(m);
	return status;
}

enum status export_state_recover(const struct export_state *s, struct manifest *m, bool *left,
				 struct err *err)
{
	char path[PATH_MAX + 300];
	struct dirent **found = NULL;
	enum status status = OK;
	int n = scandir(s->dir, &found, journal_is_name, alphasort);
	*left = n > 0;
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, found[i]->d_name);
		if (status == OK)
			status = journal_recover(path, m, err);
		free(found[i]);
	}
	free(found);
	manifest_sort(m);
	return status;
}

void export_state_remove_journals(const struct export_state *s)
{
	char path[PATH_MAX + 300];
	struct dirent **found = NULL;
	int n = scandir(s->dir, &found, journal_is_name, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, found[i]->d_name);
		unlink(path);
		free(found[i]);
	}
	free(found);
}
