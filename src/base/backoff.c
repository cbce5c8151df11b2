#include "base/backoff.h"

int64_t backoff_limit(int64_t first_ms, int64_t max_ms, uint64_t failures)
{
	int64_t wait = first_ms;
	for (uint64_t i = 0; i < failures && wait < max_ms; i++)
		wait = wait > max_ms / 2 ? max_ms : wait * 2;
	return wait < max_ms ? wait : max_ms;
}

int64_t backoff_jitter(int64_t limit_ms, uint64_t chance)
{
	return limit_ms / 2 + (int64_t)(chance % (uint64_t)(limit_ms - limit_ms / 2 + 1));
}
