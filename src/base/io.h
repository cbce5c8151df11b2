/* File helpers that complete or return an error. They handle EINTR and short writes. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <sys/types.h>
#include "base/buf.h"
#include "base/err.h"

MUST_CHECK enum status io_write_all(int fd, const void *p, size_t n, struct err *err);
/* Read exactly n bytes; UNAVAILABLE at the end of the input. */
MUST_CHECK enum status io_read_exact(int fd, void *p, size_t n, struct err *err);
/* Append the whole file to out, up to its maximum. */
MUST_CHECK enum status io_read_file(const char *path, struct buf *out, struct err *err);
/* Replace a file atomically: temporary file, fsync, rename, fsync of the folder. */
MUST_CHECK enum status io_write_file(const char *path, struct str content, mode_t mode,
				     struct err *err);
/* Format a path, such as "dir/name"; TOO_LARGE: it does not fit. */
MUST_CHECK enum status io_path(char *out, size_t size, struct err *err, const char *fmt, ...)
    PRINTF(4, 5);
/* The folder of the running executable, which has the other programs of Holdfast, too. */
MUST_CHECK enum status io_program_dir(char *out, size_t size, struct err *err);

#endif
