/* Where a key begins in a sorted array. */
#ifndef BASE_LOWER_BOUND_H
#define BASE_LOWER_BOUND_H

#include <stdbool.h>
#include <stddef.h>

/* The index of the first of n elements of `size` bytes that is not before the key; n: all are.
 * `before` says whether an element is; the array is sorted so that those that are come first. all
 * may be NULL while n is 0. Inline: the compiler puts `before` into the loop. */
static inline size_t lower_bound(const void *all, size_t n, size_t size,
				 bool (*before)(const void *element, const void *key),
				 const void *key)
{
	const char *element = all;
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (before(element + middle * size, key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#endif
