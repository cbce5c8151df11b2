/* Sorting large arrays of records by a number, in place: qsort of the C library takes as much
 * memory again, and a call for each comparison. */
#ifndef BASE_SORT_KEYS_H
#define BASE_SORT_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* What a record is sorted by. `at`: its index, which makes the order total. */
struct sort_key {
	uint64_t key;
	uint32_t at;
};
/* Sort by key, then `at`. Takes no memory, and n log n steps at most. */
void sort_keys(struct sort_key *key, size_t n);

/* A signed number as a key. */
static inline uint64_t sort_signed(int64_t number)
{
	return (uint64_t)number ^ UINT64_C(1) << 63;
}

#endif
