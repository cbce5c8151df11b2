/* File helpers that finish or return an error. EINTR and short writes are handled. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <sys/types.h>
#include "base/buf.h"
#include "base/err.h"

MUST_CHECK enum status io_write_all(int fd, const void *p, size_t n, struct err *err);
/* Exactly n bytes, or UNAVAILABLE at the end of the input. */
MUST_CHECK enum status io_read_exact(int fd, void *p, size_t n, struct err *err);
/* The whole file appended to out (whose maximum bounds it). */
MUST_CHECK enum status io_read_file(const char *path, struct buf *out, struct err *err);
/* Atomically: temporary file beside it, fsync, rename, fsync of the folder. */
MUST_CHECK enum status io_write_file(const char *path, struct str content, mode_t mode,
				     struct err *err);
/* "dir/name" into out; TOO_LARGE when it does not fit. */
MUST_CHECK enum status io_path(char *out, size_t size, struct err *err, const char *fmt, ...)
    PRINTF(4, 5);
/* The folder of the running executable: the other programs of Holdfast are beside it. */
MUST_CHECK enum status io_program_dir(char *out, size_t size, struct err *err);

#endif
