/* Random numbers. struct random is SplitMix64 (Steele, Lea, Flood 2014): fast, and the same
 * sequence for the same seed on every machine. It is for spreading load and for test data; secrets
 * come from random_bytes. One owner, not thread-safe. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>
#include "base/fatal.h"

struct random {
	uint64_t state; /* any value is a seed */
};

/* n bytes (at most 256) of the kernel's generator, for secrets. */
void random_bytes(void *p, size_t n);

/* A generator with a different seed in each process. */
struct random random_seeded(void);

/* A bijection that mixes: each bit of z changes about half of the result's bits. */
static inline uint64_t random_mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

/* No value repeats within 2^64 calls. */
static inline uint64_t random_next(struct random *r)
{
	return random_mix(r->state += 0x9E3779B97F4A7C15u);
}

/* Uniform in [0, n). */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
	return (uint32_t)((random_next(r) >> 32) * n >> 32);
}

/* Uniform in (0, 1]: its logarithm is finite. */
static inline double random_unit(struct random *r)
{
	return (double)((random_next(r) >> 11) + 1) / 9007199254740992.0; /* 2^53 */
}

#endif
