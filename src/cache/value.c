/* Computations on values: when to refresh one, and its form in the second tier. */
#include "cache/internal.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

bool cache_early(int64_t now_ms, int64_t fresh_until_ms, uint64_t cost_us, double u)
{
	return (double)now_ms - (double)cost_us / 1000 * log(u) >= (double)fresh_until_ms;
}

/* Header of a value in the second tier. Times are wall-clock times, because machines share it. */
struct packed {
	uint32_t version, status;
	uint64_t etag, cost_us;
	int64_t stored_ms, fresh_ms, stale_ms;
};
enum { PACKED_VERSION = 1 };

static int64_t wall_ms(void)
{
	return clock_wall_us() / 1000;
}

void cache_pack(const struct store_meta *meta, struct str value, struct buf *out)
{
	struct packed p = {
	    .version = PACKED_VERSION,
	    .status = meta->status,
	    .etag = meta->etag,
	    .cost_us = meta->cost_us,
	    .stored_ms = wall_ms(),
	    .fresh_ms = meta->fresh_until_ms - meta->stored_ms,
	    .stale_ms = meta->stale_until_ms - meta->fresh_until_ms,
	};
	buf_init(out, sizeof(p) + STORE_VALUE_MAX);
	buf_add(out, &p, sizeof(p));
	buf_str(out, value);
}

bool cache_unpack(struct str packed, struct store_meta *meta, struct buf *value)
{
	struct packed p;
	if (packed.n < sizeof(p))
		return false;
	memcpy(&p, packed.p, sizeof(p));
	int64_t age = wall_ms() - p.stored_ms, now = clock_ms();
	if (p.version != PACKED_VERSION || age >= p.fresh_ms)
		return false;
	if (age < 0)
		age = 0; /* the clocks of the machines differ */
	*meta = (struct store_meta){.stored_ms = now - age,
				    .fresh_until_ms = now - age + p.fresh_ms,
				    .stale_until_ms = now - age + p.fresh_ms + p.stale_ms,
				    .cost_us = p.cost_us,
				    .etag = p.etag,
				    .status = p.status};
	buf_reset(value);
	buf_add(value, packed.p + sizeof(p), packed.n - sizeof(p));
	return !buf_failed(value);
}
