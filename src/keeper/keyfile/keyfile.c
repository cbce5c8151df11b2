#include "keeper/keyfile/keyfile.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYFILE_HEAD_MAGIC "holdfast keeper"
#define KEYFILE_SLOT_MAGIC "holdfast period"

struct keyfile_block {
	char magic[16];
	uint32_t version; /* of the head: KEYFILE_VERSION. Of a slot: the period's number */
	uint32_t zero;
	int64_t made;
	uint8_t key[KEEPER_KEY];
	uint8_t rest[KEYFILE_BLOCK - 16 - 16 - 2 * KEEPER_KEY];
	uint8_t sum[KEEPER_KEY]; /* BLAKE2b-256 of what precedes */
};
_Static_assert(sizeof(struct keyfile_block) == KEYFILE_BLOCK, "a block");

enum { KEYFILE_VERSION = 1 };

struct keyfile {
	struct keyfile_block head;
	struct keyfile_block slot[KEEPER_PERIODS];
};
_Static_assert(sizeof(struct keyfile) == KEYFILE_BYTES, "the file");

enum keyfile_state { SLOT_EMPTY, SLOT_GOOD, SLOT_TORN };

static void keyfile_sum(const struct keyfile_block *b, uint8_t sum[KEEPER_KEY])
{
	must(crypto_generichash(sum, KEEPER_KEY, (const uint8_t *)b,
				offsetof(struct keyfile_block, sum), NULL, 0) == 0);
}

static void keyfile_fill(struct keyfile_block *b, const char *magic, uint32_t version, int64_t made,
			 const uint8_t *key)
{
	*b = (struct keyfile_block){.version = version, .made = made};
	memcpy(b->magic, magic, sizeof(b->magic));
	memcpy(b->key, key, KEEPER_KEY);
	keyfile_sum(b, b->sum);
}

static bool keyfile_is_good(const struct keyfile_block *b, const char *magic)
{
	uint8_t sum[KEEPER_KEY];
	keyfile_sum(b, sum);
	return memcmp(b->magic, magic, sizeof(b->magic)) == 0 && b->version != 0 &&
	       sodium_memcmp(sum, b->sum, sizeof(sum)) == 0;
}

static enum keyfile_state keyfile_state(const struct keyfile_block *b)
{
	if (sodium_is_zero((const uint8_t *)b, sizeof(*b)))
		return SLOT_EMPTY;
	return keyfile_is_good(b, KEYFILE_SLOT_MAGIC) ? SLOT_GOOD : SLOT_TORN;
}

static enum status keyfile_load(int fd, struct keyfile *f, struct err *err)
{
	size_t n = 0;
	ssize_t k;
	do {
		k = pread(fd, (char *)f + n, sizeof(*f) - n, (off_t)n);
		n += k > 0 ? (size_t)k : 0;
	} while ((k > 0 && n < sizeof(*f)) || (k < 0 && errno == EINTR));
	if (k < 0)
		return err_errno(err, FAILED, "reading the key file");
	if (n != sizeof(*f) || !keyfile_is_good(&f->head, KEYFILE_HEAD_MAGIC) ||
	    f->head.version != KEYFILE_VERSION)
		return err_set(err, INVALID, "this is not a key file of the contact sphere");
	return OK;
}

/* 0: it is on the disk; -1 with errno. */
static int keyfile_sync(int fd)
{
	int result;
	do
		result = fsync(fd);
	while (result != 0 && errno == EINTR);
	return result;
}

static enum status keyfile_store(int fd, int slot, const struct keyfile_block *b, struct err *err)
{
	off_t at = (off_t)sizeof(*b) * (1 + slot);
	size_t n = 0;
	while (n < sizeof(*b)) {
		ssize_t k = pwrite(fd, (const char *)b + n, sizeof(*b) - n, at + (off_t)n);
		if (k < 0 && errno != EINTR)
			return err_errno(err, FAILED, "writing the key file");
		n += k > 0 ? (size_t)k : 0;
	}
	return keyfile_sync(fd) == 0 ? OK : err_errno(err, FAILED, "writing the key file");
}

/* The good slot with the greatest number, -1: none. *older: the other good one, or -1. */
static int keyfile_newest(const struct keyfile *f, int *older)
{
	int newest = -1;
	*older = -1;
	for (int n = 0; n < KEEPER_PERIODS; n++) {
		if (keyfile_state(&f->slot[n]) != SLOT_GOOD)
			continue;
		if (newest >= 0 && f->slot[n].version < f->slot[newest].version) {
			*older = n;
		} else {
			*older = newest;
			newest = n;
		}
	}
	return newest;
}

/* A new file of mode 0600 with this content, on the disk when it returns. */
static enum status keyfile_create(const char *path, const struct keyfile *f, struct err *err)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	enum status status = io_path(folder, sizeof(folder), err, "%.*s",
				     slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	if (status != OK)
		return status;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, errno == EEXIST ? CONFLICT : FAILED, "%s", path);
	status = io_write_all(fd, f, sizeof(*f), err);
	if (status == OK && (fchmod(fd, 0600) != 0 || keyfile_sync(fd) != 0))
		status = err_errno(err, FAILED, "%s", path);
	close(fd);
	int dir = status == OK ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (status == OK && (dir < 0 || keyfile_sync(dir) != 0))
		status = err_errno(err, FAILED, "%s", folder);
	if (dir >= 0)
		close(dir);
	if (status != OK)
		unlink(path);
	return status;
}

enum status keyfile_make(const char *path, const uint8_t offline_public[KEEPER_KEY], int64_t now,
			 struct err *err)
{
	struct keyfile f;
	uint8_t key[KEEPER_KEY];
	memset(&f, 0, sizeof(f));
	randombytes_buf(key, sizeof(key));
	keyfile_fill(&f.head, KEYFILE_HEAD_MAGIC, KEYFILE_VERSION, now, offline_public);
	keyfile_fill(&f.slot[0], KEYFILE_SLOT_MAGIC, 1, now, key);
	enum status status = keyfile_create(path, &f, err);
	sodium_memzero(&f, sizeof(f));
	sodium_memzero(key, sizeof(key));
	return status;
}

enum status keyfile_open(const char *path, int *fd, struct err *err)
{
	struct stat st;
	*fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", path);
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0)
		return OK;
	close(*fd);
	return err_set(err, INVALID, "%s must be a regular file of mode 0600", path);
}

enum status keyfile_read(int fd, struct keeper_keys *keys, bool *torn, struct err *err)
{
	struct keyfile f;
	int older, newest = -1;
	enum status status = keyfile_load(fd, &f, err);
	if (status == OK)
		newest = keyfile_newest(&f, &older);
	if (status == OK && newest < 0)
		status = err_set(err, INVALID, "the key file has no usable period");
	if (status == OK) {
		const int slots[KEEPER_PERIODS] = {newest, older};
		*keys = (struct keeper_keys){0};
		memcpy(keys->offline_public, f.head.key, KEEPER_KEY);
		for (int n = 0; n < KEEPER_PERIODS && slots[n] >= 0; n++) {
			const struct keyfile_block *b = &f.slot[slots[n]];
			keys->period[n].number = b->version;
			keys->period[n].made = b->made;
			memcpy(keys->period[n].key, b->key, KEEPER_KEY);
		}
		for (int n = 0; torn && n < KEEPER_PERIODS; n++)
			*torn = (n && *torn) || keyfile_state(&f.slot[n]) == SLOT_TORN;
	}
	sodium_memzero(&f, sizeof(f));
	return status;
}

enum status keyfile_rotate(int fd, int64_t now, struct err *err)
{
	struct keyfile f;
	struct keyfile_block fresh;
	uint8_t key[KEEPER_KEY];
	int older = -1, newest = -1;
	enum status status = keyfile_load(fd, &f, err);
	if (status == OK)
		newest = keyfile_newest(&f, &older);
	if (status == OK && newest < 0)
		status = err_set(err, INVALID, "the key file has no usable period");
	if (status == OK && older >= 0)
		status =
		    err_set(err, CONFLICT,
			    "period %u is in use beside %u: a new one comes when it was dropped",
			    f.slot[older].version, f.slot[newest].version);
	if (status == OK) {
		randombytes_buf(key, sizeof(key));
		keyfile_fill(&fresh, KEYFILE_SLOT_MAGIC, f.slot[newest].version + 1, now, key);
		status = keyfile_store(fd, 1 - newest, &fresh, err);
	}
	sodium_memzero(&f, sizeof(f));
	sodium_memzero(&fresh, sizeof(fresh));
	sodium_memzero(key, sizeof(key));
	return status;
}

enum status keyfile_drop(int fd, struct err *err)
{
	const struct keyfile_block empty = {0};
	struct keyfile f;
	int older = -1, newest = -1, dropped = 0;
	enum status status = keyfile_load(fd, &f, err);
	if (status == OK)
		newest = keyfile_newest(&f, &older);
	for (int n = 0; n < KEEPER_PERIODS && status == OK; n++) {
		if (n != older && keyfile_state(&f.slot[n]) != SLOT_TORN)
			continue;
		/* Without a good slot there is nothing that is worth being cleaned. */
		must(n != newest);
		status = keyfile_store(fd, n, &empty, err);
		dropped++;
	}
	if (status == OK && dropped == 0)
		status = err_set(err, NOT_FOUND, "there is one period only: nothing to drop");
	sodium_memzero(&f, sizeof(f));
	return status;
}

enum status keyfile_copy(int fd, uint8_t copy[KEYFILE_COPY], struct err *err)
{
	_Static_assert(KEYFILE_COPY == KEYFILE_BYTES + crypto_box_SEALBYTES, "a sealed box");
	struct keyfile f;
	int older;
	enum status status = keyfile_load(fd, &f, err);
	if (status == OK && keyfile_newest(&f, &older) < 0)
		status = err_set(err, INVALID, "the key file has no usable period");
	if (status == OK)
		must(crypto_box_seal(copy, (const uint8_t *)&f, sizeof(f), f.head.key) == 0);
	sodium_memzero(&f, sizeof(f));
	return status;
}

enum status keyfile_restore(const char *path, const uint8_t copy[KEYFILE_COPY],
			    const uint8_t offline_private[KEEPER_KEY], struct err *err)
{
	struct keyfile f;
	uint8_t public[KEEPER_KEY];
	enum status status = OK;
	if (crypto_scalarmult_base(public, offline_private) != 0 ||
	    crypto_box_seal_open((uint8_t *)&f, copy, KEYFILE_COPY, public, offline_private) != 0 ||
	    !keyfile_is_good(&f.head, KEYFILE_HEAD_MAGIC))
		status = err_set(err, DENIED, "the copy cannot be opened with this offline key");
	if (status == OK)
		status = keyfile_create(path, &f, err);
	sodium_memzero(&f, sizeof(f));
	return status;
}
