/* Folders, for a root process that does not trust their owners.
 *
 * A user who can write to a folder can exchange its entries at any moment. Root therefore uses a
 * name only if nobody else can do that: each folder from / down to the name belongs to root and is
 * not writable by others (or is sticky, as /tmp), and each symbolic link on the way belongs to
 * root. Otherwise the functions below return DENIED, with the folder and its owner. For an ordinary
 * user they check nothing: the kernel does.
 *
 * Below a folder of another user root acts through a child that has become that user (spawn_as), or
 * through folder_open and the *at functions.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <sys/types.h>
#include "base/buf.h"
#include "base/err.h"

/* OK when only root can exchange what `path` names. The part that does not exist is ignored. */
MUST_CHECK enum status folder_trusted(const char *path, struct err *err);

/* Make the folder and those above it that are missing, with the same checks. */
MUST_CHECK enum status folder_make(const char *path, mode_t mode, struct err *err);

/* Open a file for writing, made with `mode` when it is missing. `flags`: O_APPEND, O_TRUNC, O_RDWR
 * instead of O_WRONLY. As root the folder is checked, and in a sticky one the file must be a
 * regular one of root's. */
MUST_CHECK enum status folder_create(const char *path, int flags, mode_t mode, int *fd,
				     struct err *err);

/* Open the folder itself: not through a symbolic link, and only when it belongs to `owner`.
 * NOT_FOUND, DENIED. */
MUST_CHECK enum status folder_open(const char *path, uid_t owner, int *fd, struct err *err);

/* Open a regular file in an open folder: not a link of either kind, and only when it belongs to
 * `owner`; does not block on a FIFO. NOT_FOUND: there is no such file. DENIED: it is something
 * else. */
MUST_CHECK enum status folder_open_file(int dir, const char *name, int flags, uid_t owner, int *fd,
					struct err *err);

/* Remove the contents of a folder. Links are removed, not followed. FAILED when something is
 * left. */
MUST_CHECK enum status folder_empty(int dir, struct err *err);

#endif
