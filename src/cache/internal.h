#ifndef CACHE_INTERNAL_H
#define CACHE_INTERNAL_H

#include "cache/cache.h"

/* XFetch: whether to begin the next value now. u in (0, 1]: uniformly drawn. The value is fetched early when
 * now - cost * ln(u) >= expiry; -ln(u) has mean 1, so that early fetches come about one cost before the end. */
bool cache_early(int64_t now_ms, int64_t fresh_until_ms, uint64_t cost_us, double u);

#endif
