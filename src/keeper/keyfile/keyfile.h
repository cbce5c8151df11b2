/* The key file of the contact sphere: DIR/keeper/key, 0600, the keeper's user. Three blocks of
 * KEYFILE_BLOCK bytes: the head with the operator's public key, and two slots for period keys.
 *
 * A slot is overwritten in place and synced, so that a key that is dropped is gone from the disk as
 * far as the file system allows: one that copies on write, and a disk that remaps blocks, may keep
 * it (docs/contact-sphere.md). Every block has a check sum; a slot whose writing was interrupted is
 * torn: it counts as empty and is cleaned by the next change. One change writes one slot, never the
 * only good one, so that at every instant the file has a usable period.
 */
#ifndef KEEPER_KEYFILE_KEYFILE_H
#define KEEPER_KEYFILE_KEYFILE_H

#include "keeper/keeper.h"

enum {
	KEYFILE_BLOCK = 512,
	KEYFILE_BYTES = KEYFILE_BLOCK * (1 + KEEPER_PERIODS),
	KEYFILE_COPY = KEYFILE_BYTES + 48, /* sealed to the offline key */
};

/* A new file with the first period. CONFLICT: it exists. */
MUST_CHECK enum status keyfile_make(const char *path, const uint8_t offline_public[KEEPER_KEY],
				    int64_t now, struct err *err);
/* O_RDWR; INVALID when others may read it, or when it is a link. */
MUST_CHECK enum status keyfile_open(const char *path, int *fd, struct err *err);
/* The keys, newest first. *torn: a slot was being written when its writer died; may be NULL.
 * INVALID when there is no usable period. The caller wipes *keys. */
MUST_CHECK enum status keyfile_read(int fd, struct keeper_keys *keys, bool *torn, struct err *err);
/* A new period beside the one that there is. CONFLICT: the older of two was not dropped yet. */
MUST_CHECK enum status keyfile_rotate(int fd, int64_t now, struct err *err);
/* Overwrite the older of two periods: what is sealed under it is lost. Also cleans torn slots.
 * NOT_FOUND: there is nothing to overwrite. */
MUST_CHECK enum status keyfile_drop(int fd, struct err *err);

/* The file, sealed to its offline key: for a restore after the disk was lost. With a copy old dumps
 * stay readable to the holder of the offline key, as long as the copy exists. */
MUST_CHECK enum status keyfile_copy(int fd, uint8_t copy[KEYFILE_COPY], struct err *err);
/* A new file from a copy. CONFLICT: it exists. DENIED: the offline key is another one. */
MUST_CHECK enum status keyfile_restore(const char *path, const uint8_t copy[KEYFILE_COPY],
				       const uint8_t offline_private[KEEPER_KEY], struct err *err);

#endif
