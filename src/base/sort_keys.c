#include "base/sort_keys.h"

#include <stdbool.h>

enum { FEW = 16 };

static inline bool key_before(const struct sort_key *a, const struct sort_key *b)
{
	return a->key != b->key ? a->key < b->key : a->at < b->at;
}

static inline void key_swap(struct sort_key *a, struct sort_key *b)
{
	struct sort_key c = *a;
	*a = *b;
	*b = c;
}

static void sort_few(struct sort_key *key, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_key one = key[i];
		size_t to = i;
		for (; to && key_before(&one, &key[to - 1]); to--)
			key[to] = key[to - 1];
		key[to] = one;
	}
}

/* The middle one of three, in the middle. */
static struct sort_key key_median(struct sort_key *key, size_t n)
{
	struct sort_key *first = key, *middle = key + n / 2, *last = key + n - 1;
	if (key_before(middle, first))
		key_swap(middle, first);
	if (key_before(last, middle))
		key_swap(last, middle);
	if (key_before(middle, first))
		key_swap(middle, first);
	return *middle;
}

static void heap_sift(struct sort_key *key, size_t n, size_t at)
{
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		child += child + 1 < n && key_before(&key[child], &key[child + 1]);
		if (!key_before(&key[at], &key[child]))
			return;
		key_swap(&key[at], &key[child]);
	}
}

/* Where keys are such that quicksort would take long. */
static void sort_by_heap(struct sort_key *key, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		heap_sift(key, n, i);
	while (n-- > 1) {
		key_swap(&key[0], &key[n]);
		heap_sift(key, n, 0);
	}
}

/* left: of how many parts in one another the next may be. */
static void sort_part(struct sort_key *key, size_t n, unsigned left)
{
	while (n > FEW && left) {
		struct sort_key pivot = key_median(key, n);
		size_t low = 0, high = n - 1;
		for (;; low++, high--) {
			while (key_before(&key[low], &pivot))
				low++;
			while (key_before(&pivot, &key[high]))
				high--;
			if (low >= high)
				break;
			key_swap(&key[low], &key[high]);
		}
		left--;
		sort_part(key, high + 1, left); /* none of them is behind any other */
		key += high + 1;
		n -= high + 1;
	}
	if (n > FEW)
		sort_by_heap(key, n);
	else
		sort_few(key, n);
}

void sort_keys(struct sort_key *key, size_t n)
{
	unsigned most = 8;
	for (size_t i = n; i; i /= 2)
		most += 2;
	sort_part(key, n, most);
}
