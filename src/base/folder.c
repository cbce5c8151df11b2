#include "base/folder.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINKS_MAX = 40,   /* the kernel's limit */
	DEPTH_MAX = 100,  /* of a tree to remove: each level needs a descriptor */
	PASSES_MAX = 100, /* over a folder to empty, whose owner may put back what is removed */
};

/* A walk from / along a path, one component at a time. */
struct folder_walk {
	const char *path; /* as given by the caller, for errors */
	char rest[2 * PATH_MAX];
	int dir; /* O_PATH: present folder of the walk */
	struct stat st;
	int links;
};

static enum status folder_foreign(const struct folder_walk *w, const char *name, struct err *err)
{
	const struct passwd *pw = getpwuid(w->st.st_uid);
	if (w->st.st_uid != 0)
		return err_set(
		    err, DENIED,
		    "%s: '%s' belongs to the user %s, who could exchange what root writes there; work as that user, or choose a folder of root's such as /var/lib/holdfast/NAME",
		    w->path, name, pw ? pw->pw_name : "of a number without a name");
	return err_set(
	    err, DENIED,
	    "%s: '%s' can be written by others than root, who could exchange what root writes there; close it (chmod go-w), or choose another folder",
	    w->path, name);
}

/* Whether only root can exchange entries of the folder. In a sticky folder, only the owners of
 * entry and folder can. */
static bool folder_is_closed(const struct stat *st)
{
	bool open = st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && st->st_gid != 0);
	if (st->st_uid != 0)
		return false;
	return S_ISLNK(st->st_mode) || !open || (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX);
}

static enum status folder_walk_begin(struct folder_walk *w, const char *path, struct err *err)
{
	char cwd[PATH_MAX] = "";
	*w = (struct folder_walk){.path = path, .dir = -1};
	if (path[0] != '/' && !getcwd(cwd, sizeof(cwd)))
		return err_errno(err, FAILED, "the working folder");
	enum status status = io_path(w->rest, sizeof(w->rest), err, "%s/%s", cwd, path);
	if (status != OK)
		return status;
	w->dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->dir >= 0 ? OK : err_errno(err, FAILED, "/");
}

static void folder_walk_end(struct folder_walk *w)
{
	if (w->dir >= 0)
		close(w->dir);
	w->dir = -1;
}

/* Remove the first component from w->rest; false at the end. */
static bool folder_walk_next(struct folder_walk *w, char name[NAME_MAX + 1])
{
	size_t begin = strspn(w->rest, "/"), n = strcspn(w->rest + begin, "/");
	if (n > NAME_MAX)
		n = NAME_MAX; /* openat reports the error */
	memcpy(name, w->rest + begin, n);
	name[n] = '\0';
	memmove(w->rest, w->rest + begin + n, strlen(w->rest + begin + n) + 1);
	return n > 0;
}

/* Replace the name of the link by its target. */
static enum status folder_walk_link(struct folder_walk *w, int link, struct err *err)
{
	char target[PATH_MAX], rest[sizeof(w->rest)];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);
	if (n < 0)
		return err_errno(err, FAILED, "%s", w->path);
	target[n] = '\0';
	if (++w->links > LINKS_MAX)
		return err_set(err, FAILED, "%s: too many symbolic links", w->path);
	enum status status = io_path(rest, sizeof(rest), err, "%s/%s", target, w->rest);
	if (status != OK)
		return status;
	memcpy(w->rest, rest, sizeof(rest));
	if (target[0] != '/')
		return OK;
	close(w->dir);
	w->dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return w->dir >= 0 ? OK : err_errno(err, FAILED, "/");
}

/* Walk one component. make: mode to create a missing folder with, or 0. NOT_FOUND: it is
 * missing. */
static enum status folder_walk_step(struct folder_walk *w, const char *name, mode_t make,
				    struct err *err)
{
	enum status status = OK;
	int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make &&
	    (mkdirat(w->dir, name, make) == 0 || errno == EEXIST))
		fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s: '%s'", w->path,
				 name);
	if (fstat(fd, &w->st) != 0)
		status = err_errno(err, FAILED, "%s: '%s'", w->path, name);
	else if (geteuid() == 0 && !folder_is_closed(&w->st))
		status = folder_foreign(w, name, err);
	if (status == OK && S_ISLNK(w->st.st_mode)) {
		status = folder_walk_link(w, fd, err);
		close(fd);
		return status;
	}
	close(w->dir);
	w->dir = fd;
	return status;
}

static enum status folder_walk_all(struct folder_walk *w, const char *path, mode_t make,
				   struct err *err)
{
	char name[NAME_MAX + 1];
	enum status status = folder_walk_begin(w, path, err);
	while (status == OK && folder_walk_next(w, name))
		status = folder_walk_step(w, name, make, err);
	return status;
}

enum status folder_trusted(const char *path, struct err *err)
{
	struct folder_walk w;
	struct err missing;
	if (geteuid() != 0)
		return OK;
	enum status status = folder_walk_all(&w, path, 0, &missing);
	folder_walk_end(&w);
	if (status != OK && status != NOT_FOUND)
		return err_set(err, status, "%s", missing.text);
	return OK;
}

enum status folder_make(const char *path, mode_t mode, struct err *err)
{
	struct folder_walk w;
	enum status status = folder_walk_all(&w, path, mode, err);
	if (status == OK && !S_ISDIR(w.st.st_mode))
		status = err_set(err, FAILED, "%s exists and is not a folder", path);
	folder_walk_end(&w);
	return status;
}

/* In a folder where other users can make files, refuse a file of another user and one with several
 * names. */
static enum status folder_check_file(int fd, const char *path, uid_t owner, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_errno(err, FAILED, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_uid != owner || st.st_nlink > 1)
		return err_set(err, DENIED,
			       "%s is not a regular file of the user %u's, or has a second name",
			       path, (unsigned)owner);
	return OK;
}

enum status folder_create(const char *path, int flags, mode_t mode, int *fd, struct err *err)
{
	char above[PATH_MAX];
	struct folder_walk w;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	enum status status = io_path(above, sizeof(above), err, "%.*s",
				     slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	if (status != OK)
		return status;
	flags |= O_CREAT | O_CLOEXEC | (flags & O_RDWR ? 0 : O_WRONLY);
	if (geteuid() != 0) {
		*fd = open(path, flags, mode);
		return *fd >= 0 ? OK : err_errno(err, FAILED, "%s", path);
	}
	status = folder_walk_all(&w, above, 0, err);
	if (status == OK) {
		bool shared = w.st.st_mode & S_ISVTX;
		int cut = shared ? flags & O_TRUNC : 0; /* truncate only after the check */
		*fd = openat(w.dir, name, (flags & ~cut) | (shared ? O_NOFOLLOW | O_NONBLOCK : 0),
			     mode);
		if (*fd < 0)
			status = err_errno(err, errno == ELOOP ? DENIED : FAILED, "%s", path);
		else if (shared)
			status = folder_check_file(*fd, path, 0, err);
		if (status == OK && cut && ftruncate(*fd, 0) != 0)
			status = err_errno(err, FAILED, "%s", path);
		if (status != OK && *fd >= 0)
			close(*fd);
	}
	if (status != OK)
		*fd = -1;
	folder_walk_end(&w);
	return status;
}

enum status folder_open(const char *path, uid_t owner, int *fd, struct err *err)
{
	struct stat st;
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", path);
	enum status status = OK;
	if (fstat(*fd, &st) != 0)
		status = err_errno(err, FAILED, "%s", path);
	else if (st.st_uid != owner)
		status = err_set(err, DENIED, "%s belongs to another user (%u)", path,
				 (unsigned)st.st_uid);
	if (status != OK) {
		close(*fd);
		*fd = -1;
	}
	return status;
}

enum status folder_open_file(int dir, const char *name, int flags, uid_t owner, int *fd,
			     struct err *err)
{
	*fd = openat(dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (*fd < 0 && errno == ENOENT)
		return err_errno(err, NOT_FOUND, "%s", name);
	if (*fd < 0)
		return err_errno(err, errno == ELOOP ? DENIED : FAILED, "%s", name);
	enum status status = folder_check_file(*fd, name, owner, err);
	if (status != OK) {
		close(*fd);
		*fd = -1;
	}
	return status;
}

static bool folder_is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The name has become another kind of entry, is gone, or its folder has been written to since it
 * was looked at. */
static bool folder_entry_changed(void)
{
	return errno == ENOENT || errno == ENOTDIR || errno == EISDIR || errno == ELOOP ||
	       errno == ENOTEMPTY || errno == EEXIST;
}

static enum status folder_empty_depth(int dir, int depth, struct err *err);

/* Remove one entry. An entry that another process exchanges meanwhile stays for the caller's next
 * pass. */
static enum status folder_remove_entry(int dir, const char *name, int depth, struct err *err)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return OK;
	if (depth == DEPTH_MAX)
		return err_set(err, FAILED, "%s: more than %d folders deep", name, DEPTH_MAX);
	int below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below < 0)
		return folder_entry_changed() ? OK : err_errno(err, FAILED, "%s", name);
	enum status status = folder_empty_depth(below, depth + 1, err);
	close(below);
	if (status == OK && unlinkat(dir, name, AT_REMOVEDIR) != 0 && !folder_entry_changed())
		status = err_errno(err, FAILED, "%s", name);
	return status;
}

static enum status folder_empty_depth(int dir, int depth, struct err *err)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
	enum status status = OK;
	bool found = true; /* a file system may skip entries while others are removed */
	if (!entries) {
		status = err_errno(err, FAILED, "folder");
		if (copy >= 0)
			close(copy);
		return status;
	}
	for (int pass = 0; status == OK && found; pass++) {
		found = false;
		rewinddir(entries);
		for (struct dirent *e; status == OK && (e = readdir(entries));) {
			if (folder_is_dot(e->d_name))
				continue;
			if (pass == PASSES_MAX)
				status = err_set(err, FAILED, "%s: another process puts it back",
						 e->d_name);
			else
				status = folder_remove_entry(dir, e->d_name, depth, err);
			found = true;
		}
	}
	closedir(entries);
	return status;
}

enum status folder_empty(int dir, struct err *err)
{
	return folder_empty_depth(dir, 0, err);
}
