/* Replaces the contents of an open file, all or nothing, for a process that can neither open nor
 * rename files any more (SANDBOX_HEAL).
 *
 * The new contents go into a second open file, the spare, which ends with their length and hash and
 * is synced; then they are copied. A crash before that leaves the file as it was, a crash during
 * the copy is mended by inplace_recover. Both descriptors are open for reading and appending. The
 * caller holds a lock from inplace_begin to inplace_commit, and for inplace_recover; a reader
 * without it may see a part of the new contents.
 */
#ifndef HEAL_LEDGER_INPLACE_H
#define HEAL_LEDGER_INPLACE_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

struct inplace {
	int file, spare;
	off_t bytes; /* of the new contents so far */
	void *hash;
};

MUST_CHECK enum status inplace_begin(struct inplace *r, int file, int spare, struct err *err);
MUST_CHECK enum status inplace_put(struct inplace *r, struct str text, struct err *err);
/* OK: the file has the new contents, on the disk. After a failure the next inplace_recover
 * finishes it, or drops it. */
MUST_CHECK enum status inplace_commit(struct inplace *r, struct err *err);
void inplace_end(struct inplace *r); /* in every case, after inplace_begin */

/* Finish a rewrite that a crash has interrupted, if there is one. */
MUST_CHECK enum status inplace_recover(int file, int spare, struct err *err);

#endif
