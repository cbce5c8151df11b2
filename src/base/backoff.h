/* Exponential back-off with jitter: how long to wait before something that failed is tried again.
 * The caller counts the failures in a row and begins at 0 again after a success. */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

/* first_ms doubled for each failure before this one, at most max_ms. */
int64_t backoff_limit(int64_t first_ms, int64_t max_ms, uint64_t failures);

/* Half of limit_ms plus a random part of the other half, so that processes that failed together do
 * not try again together. `chance`: random_next, or any bits that differ between processes. */
int64_t backoff_jitter(int64_t limit_ms, uint64_t chance);

/* backoff_limit with backoff_jitter. */
static inline int64_t backoff_wait(int64_t first_ms, int64_t max_ms, uint64_t failures,
				   uint64_t chance)
{
	return backoff_jitter(backoff_limit(first_ms, max_ms, failures), chance);
}

#endif
