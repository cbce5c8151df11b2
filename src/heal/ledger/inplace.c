#include "heal/ledger/inplace.h"
#include "base/ascii.h"
#include "base/io.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/* "%020lld %016llx\n" behind the contents of the spare. */
enum { INPLACE_TRAILER = 20 + 1 + 16 + 1, INPLACE_CHUNK = 64 << 10 };

static void inplace_trailer(off_t bytes, uint64_t hash, char out[INPLACE_TRAILER + 1])
{
	snprintf(out, INPLACE_TRAILER + 1, "%020lld %016llx\n", (long long)bytes,
		 (unsigned long long)hash);
}

enum status inplace_begin(struct inplace *r, int file, int spare, struct err *err)
{
	*r = (struct inplace){.file = file, .spare = spare};
	r->hash = memory_had(XXH64_createState());
	XXH64_reset(r->hash, 0);
	return ftruncate(spare, 0) == 0 ? OK : err_errno(err, FAILED, "the spare file");
}

void inplace_end(struct inplace *r)
{
	XXH64_freeState(r->hash);
}

enum status inplace_put(struct inplace *r, struct str text, struct err *err)
{
	XXH64_update(r->hash, text.p, text.n);
	r->bytes += (off_t)text.n;
	return io_write_all(r->spare, text.p, text.n, err);
}

static enum status inplace_sync(int fd, struct err *err)
{
	return fdatasync(fd) == 0 ? OK : err_errno(err, FAILED, "fdatasync");
}

/* The spare is complete: its first `bytes` become the file. */
static enum status inplace_copy(int file, int spare, off_t bytes, struct err *err)
{
	char chunk[INPLACE_CHUNK];
	enum status status = OK;
	if (ftruncate(file, 0) != 0)
		return err_errno(err, FAILED, "ftruncate");
	for (off_t at = 0; at < bytes && status == OK;) {
		off_t left = bytes - at;
		size_t want = left < INPLACE_CHUNK ? (size_t)left : INPLACE_CHUNK;
		ssize_t n = pread(spare, chunk, want, at);
		if (n <= 0)
			return err_errno(err, FAILED, "the spare file");
		status = io_write_all(file, chunk, (size_t)n, err);
		at += n;
	}
	if (status == OK)
		status = inplace_sync(file, err);
	/* Until this is on the disk a crash repeats the copy, which changes nothing unless lines
	 * were appended since: so it is synced before the caller appends. */
	if (status == OK && ftruncate(spare, 0) != 0)
		status = err_errno(err, FAILED, "ftruncate");
	return status == OK ? inplace_sync(spare, err) : status;
}

enum status inplace_commit(struct inplace *r, struct err *err)
{
	char trailer[INPLACE_TRAILER + 1];
	enum status status = inplace_sync(r->spare, err);
	inplace_trailer(r->bytes, XXH64_digest(r->hash), trailer);
	if (status == OK)
		status = io_write_all(r->spare, trailer, INPLACE_TRAILER, err);
	if (status == OK)
		status = inplace_sync(r->spare, err);
	return status == OK ? inplace_copy(r->file, r->spare, r->bytes, err) : status;
}

/* Whether the spare is complete. */
static bool inplace_is_complete(int spare, off_t bytes)
{
	char chunk[INPLACE_CHUNK], is[INPLACE_TRAILER], expected[INPLACE_TRAILER + 1];
	XXH64_state_t *hash = memory_had(XXH64_createState());
	XXH64_reset(hash, 0);
	bool ok = true;
	for (off_t at = 0; at < bytes && ok;) {
		off_t left = bytes - at;
		size_t want = left < INPLACE_CHUNK ? (size_t)left : INPLACE_CHUNK;
		ssize_t n = pread(spare, chunk, want, at);
		ok = n > 0;
		if (ok)
			XXH64_update(hash, chunk, (size_t)n);
		at += ok ? n : 0;
	}
	inplace_trailer(bytes, XXH64_digest(hash), expected);
	XXH64_freeState(hash);
	return ok && pread(spare, is, sizeof(is), bytes) == (ssize_t)sizeof(is) &&
	       memcmp(is, expected, sizeof(is)) == 0;
}

enum status inplace_recover(int file, int spare, struct err *err)
{
	struct stat st;
	if (fstat(spare, &st) != 0)
		return err_errno(err, FAILED, "the spare file");
	if (!st.st_size)
		return OK;
	off_t bytes = st.st_size - INPLACE_TRAILER;
	if (bytes >= 0 && inplace_is_complete(spare, bytes))
		return inplace_copy(file, spare, bytes, err);
	return ftruncate(spare, 0) == 0 ? OK : err_errno(err, FAILED, "the spare file");
}
