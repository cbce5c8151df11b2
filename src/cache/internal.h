#ifndef CACHE_INTERNAL_H
#define CACHE_INTERNAL_H

#include "cache/cache.h"
#include "cache/store/store.h"

/* XFetch: whether to start a refresh now. u: uniformly drawn from (0, 1]. The refresh starts when
 * now - cost * ln(u) >= expiry; -ln(u) has mean 1, so that refreshes start about one cost before
 * expiry. */
bool cache_early(int64_t now_ms, int64_t fresh_until_ms, uint64_t cost_us, double u);

/* A value as it is sent to the second tier. Initialises `out`, which the caller releases. */
void cache_pack(const struct store_meta *meta, struct str value, struct buf *out);
/* False: another version, expired, or no room. */
MUST_CHECK bool cache_unpack(struct str packed, struct store_meta *meta, struct buf *value);

#endif
