#include "site/export/internal.h"

#include <brotli/encode.h>
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/io.h"
#include "base/memory.h"
#include "site/search/search.h"

/* Higher levels save little and take many times as long. For one page: libdeflate level 6 58 us,
 * brotli level 5 110 us, brotli level 11 7300 us. */
enum { GZIP_LEVEL = 6, BROTLI_LEVEL = 5, SMALLEST = 256, BLOCK = 4096 };

void writer_init(struct writer *w, int root_fd, unsigned formats, bool dry_run)
{
	*w = (struct writer){.root_fd = root_fd, .formats = formats, .dry_run = dry_run};
	w->folder_fd = w->published_fd = -1;
	buf_init(&w->packed, 64 << 20);
	buf_init(&w->contents, WRITER_BYTES + EXPORT_PAGE_MAX);
	buf_init(&w->names, WRITER_QUEUE * EXPORT_PATH);
	if (formats & FORMAT_GZIP)
		w->deflate = memory_had(libdeflate_alloc_compressor(GZIP_LEVEL));
}

void writer_release(struct writer *w)
{
	if (w->folder_fd >= 0)
		close(w->folder_fd);
	libdeflate_free_compressor(w->deflate);
	buf_release(&w->packed);
	buf_release(&w->contents);
	buf_release(&w->names);
}

static enum status writer_make_folders(int root, const char *path, struct err *err)
{
	char part[EXPORT_PATH];
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(root, part, 0755) != 0 && errno != EEXIST)
			return err_errno(err, FAILED, "%s", part);
	}
	return OK;
}

/* An existing file is overwritten and keeps its inode and blocks, which takes half the time of a
 * new file. It is not opened with O_TRUNC, because ext4 would then write it to the disk at once;
 * and whole blocks are written before the file is truncated to its length, because a partly written
 * block would first be read from the disk. */
static enum status writer_put_file(struct writer *w, int fd, const char *path, struct str content,
				   bool there, struct err *err)
{
	static char zeros[BLOCK];
	struct iovec parts[] = {{(void *)content.p, content.n}, {zeros, BLOCK - content.n % BLOCK}};
	enum status status = OK;
	bool whole = there && writev(fd, parts, 2) == (ssize_t)(content.n + parts[1].iov_len);
	/* If the fast path fails, write normally to get the error. */
	if (there && !whole && lseek(fd, 0, SEEK_SET) < 0)
		status = err_errno(err, FAILED, "seek");
	if (status == OK && !whole)
		status = io_write_all(fd, content.p, content.n, err);
	if (status == OK && there && ftruncate(fd, (off_t)content.n) != 0)
		status = err_errno(err, FAILED, "cut");
	if (close(fd) != 0 && status == OK)
		status = err_errno(err, FAILED, "close");
	w->files++;
	w->bytes += content.n;
	return status == OK ? OK : err_prefix(err, status, "%s", path);
}

/* Whether the open file has this content. */
static bool writer_same(int fd, struct str content, struct stat *st)
{
	char part[16384];
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) || (size_t)st->st_size != content.n)
		return false;
	for (size_t at = 0; at < content.n;) {
		ssize_t n = read(fd, part, sizeof(part));
		if (n <= 0 || (size_t)n > content.n - at ||
		    memcmp(part, content.p + at, (size_t)n) != 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* Of two trees that take turns a file is written once into each. The second time it is what is
 * published already, and keeps the time of that, so that an upload by time does not take it for
 * changed. Optional: failures only affect that. */
static void writer_keep_time(struct writer *w, int dir, const char *name, const char *path,
			     struct str content)
{
	struct stat st;
	int fd = openat(w->published_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (writer_same(fd, content, &st)) {
		struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, st.st_mtim};
		(void)!utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
	}
	close(fd);
}

/* A file that should not be there is the operator's, a link to the one in the published tree: it is
 * removed from this tree, never written through. */
static int writer_open(int dir, const char *name, bool there)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (there ? 0 : O_EXCL);
	int fd = openat(dir, name, flags, 0644);
	if (fd < 0 && errno == EEXIST && unlinkat(dir, name, 0) == 0)
		fd = openat(dir, name, flags, 0644);
	return fd;
}

/* path: from the root of the tree, of the file itself and not of what it is a copy of. */
static enum status writer_put_at(struct writer *w, int dir, const char *name, const char *path,
				 struct str content, bool there, struct err *err)
{
	if (w->dry_run) {
		w->files++;
		w->bytes += content.n;
		return OK;
	}
	int fd = writer_open(dir, name, there);
	if (fd < 0 && errno == ENOENT && dir == w->root_fd) {
		enum status status = writer_make_folders(dir, path, err);
		if (status != OK)
			return status;
		fd = writer_open(dir, name, there);
	}
	if (fd < 0)
		return err_errno(err, FAILED, "%s", path);
	enum status status = writer_put_file(w, fd, path, content, there, err);
	if (status == OK && w->published_fd >= 0)
		writer_keep_time(w, dir, name, path, content);
	return status;
}

static bool writer_pack_gzip(struct writer *w, struct str content)
{
	size_t room = libdeflate_gzip_compress_bound(w->deflate, content.n);
	buf_reset(&w->packed);
	char *p = buf_room(&w->packed, room);
	size_t n = p ? libdeflate_gzip_compress(w->deflate, content.p, content.n, p, room) : 0;
	buf_grew(&w->packed, n);
	return n > 0;
}

static bool writer_pack_brotli(struct writer *w, struct str content)
{
	size_t n = BrotliEncoderMaxCompressedSize(content.n);
	buf_reset(&w->packed);
	char *p = buf_room(&w->packed, n);
	if (!p || !BrotliEncoderCompress(BROTLI_LEVEL, 18, BROTLI_MODE_TEXT, content.n,
					 (const uint8_t *)content.p, &n, (uint8_t *)p))
		return false;
	buf_grew(&w->packed, n);
	return true;
}

static const struct {
	unsigned format;
	const char *ending;
	bool (*pack)(struct writer *w, struct str content);
} packed[] = {{FORMAT_GZIP, ".gz", writer_pack_gzip}, {FORMAT_BROTLI, ".br", writer_pack_brotli}};
enum { PACKED = COUNT_OF(packed) };

static enum status writer_put_copies(struct writer *w, int dir, const char *name, const char *path,
				     struct str content, bool there, struct err *err)
{
	char beside[EXPORT_PATH + 8], whole[EXPORT_PATH + 8];
	enum status status = writer_put_at(w, dir, name, path, content, there, err);
	for (size_t i = 0; i < PACKED && status == OK; i++) {
		bool wanted = (w->formats & packed[i].format) && content.n >= SMALLEST &&
			      !str_ends(str_of(name), STR(SITESEARCH_ENDING));
		bool stale = there && ((w->formats | w->drops) & packed[i].format);
		if (!wanted && !stale)
			continue;
		snprintf(beside, sizeof(beside), "%s%s", name, packed[i].ending);
		/* A copy that is not written again would be served in place of the file. */
		if (!wanted && !w->dry_run && unlinkat(dir, beside, 0) != 0 && errno != ENOENT)
			return err_errno(err, FAILED, "%s", beside);
		if (!wanted)
			continue;
		if (!packed[i].pack(w, content))
			return err_set(err, TOO_LARGE, "%s: cannot be compressed", path);
		snprintf(whole, sizeof(whole), "%s%s", path, packed[i].ending);
		status = writer_put_at(w, dir, beside, whole, buf_view(&w->packed), there, err);
	}
	return status;
}

enum status writer_put(struct writer *w, const char *path, struct str content, bool there,
		       struct err *err)
{
	return writer_put_copies(w, w->root_fd, path, path, content, there, err);
}

/* ---- the queue ---- */

static const char *writer_name(const struct writer *w, size_t i)
{
	return w->names.p + w->queue[i].name;
}

/* Open the folder of a path, unless it is that of the file before. *name: its name there. */
static enum status writer_open_folder(struct writer *w, const char *path, const char **name,
				      struct err *err)
{
	const char *slash = strrchr(path, '/');
	must(slash);
	size_t n = (size_t)(slash - path);
	*name = slash + 1;
	if (w->dry_run ||
	    (w->folder_fd >= 0 && strlen(w->folder) == n && memcmp(w->folder, path, n) == 0))
		return OK;
	if (w->folder_fd >= 0)
		close(w->folder_fd);
	snprintf(w->folder, sizeof(w->folder), "%.*s", (int)n, path);
	w->folder_fd = openat(w->root_fd, w->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->folder_fd < 0 && errno == ENOENT) {
		enum status status = writer_make_folders(w->root_fd, path, err);
		if (status != OK)
			return status;
		w->folder_fd = openat(w->root_fd, w->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return w->folder_fd >= 0 ? OK : err_errno(err, FAILED, "%s", w->folder);
}

static int writer_name_compare(const void *a, const void *b, void *ctx)
{
	const struct writer *w = ctx;
	return strcmp(writer_name(w, *(const uint16_t *)a), writer_name(w, *(const uint16_t *)b));
}

enum status writer_flush(struct writer *w, struct err *err)
{
	static uint16_t order[WRITER_QUEUE];
	enum status status = OK;
	for (size_t i = 0; i < w->queued; i++)
		order[i] = (uint16_t)i;
	qsort_r(order, w->queued, sizeof(order[0]), writer_name_compare, w);
	for (size_t i = 0; i < w->queued && status == OK; i++) {
		const struct writer_file *f = &w->queue[order[i]];
		const char *path = writer_name(w, order[i]), *name;
		struct str content = {w->contents.p + f->from, f->to - f->from};
		status = writer_open_folder(w, path, &name, err);
		if (status == OK)
			status =
			    writer_put_copies(w, w->folder_fd, name, path, content, f->there, err);
	}
	w->queued = 0;
	buf_reset(&w->contents);
	buf_reset(&w->names);
	return status;
}

enum status writer_queue(struct writer *w, const char *path, struct str content, bool there,
			 struct err *err)
{
	bool full = w->queued == WRITER_QUEUE || w->contents.n > WRITER_BYTES;
	enum status status = full ? writer_flush(w, err) : OK;
	size_t from = w->contents.n, name = w->names.n;
	buf_str(&w->contents, content);
	buf_add(&w->names, path, strlen(path) + 1);
	must(!buf_failed(&w->contents) && !buf_failed(&w->names));
	w->queue[w->queued++] = (struct writer_file){name, from, w->contents.n, there};
	return status;
}

enum status writer_remove(struct writer *w, const char *path, struct err *err)
{
	char beside[EXPORT_PATH + 8], folder[EXPORT_PATH];
	if (w->dry_run)
		return OK;
	for (size_t i = 0; i < PACKED; i++) {
		snprintf(beside, sizeof(beside), "%s%s", path, packed[i].ending);
		if (unlinkat(w->root_fd, beside, 0) != 0 && errno != ENOENT)
			return err_errno(err, FAILED, "%s", beside);
	}
	if (unlinkat(w->root_fd, path, 0) != 0 && errno != ENOENT)
		return err_errno(err, FAILED, "%s", path);
	/* Remove the folders above that are now empty. */
	snprintf(folder, sizeof(folder), "%s", path);
	for (char *slash = strrchr(folder, '/'); slash; slash = strrchr(folder, '/')) {
		*slash = '\0';
		if (unlinkat(w->root_fd, folder, AT_REMOVEDIR) != 0)
			break;
	}
	return OK;
}
