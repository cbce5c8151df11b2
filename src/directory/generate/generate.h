/* Synthetic records for tests and benchmarks: native NDJSON, the same bytes for the same seed on every
 * machine (integers only), each record independent of the others, so that record k is the same
 * whatever N is.
 *
 * Shaped like the real thing: names in the language of the country, categories and towns skewed as
 * Zipf's law has it, 30 % of the records without the inputs of a quality score, long tails (names of 200
 * bytes, many offers), Unicode beyond Latin, near-duplicates. Telephones are in ranges that regulators reserve
 * for fiction where there are such; web addresses are under example.com, .org and .net.
 */
#ifndef DIRECTORY_GENERATE_H
#define DIRECTORY_GENERATE_H

#include "base/buf.h"

enum { GENERATE_RECORD_MAX = 8192 }; /* bytes of one line, at most */

/* Append record `k` of `seed`, with its newline. */
void generate_record(struct buf *out, uint64_t seed, uint64_t k);

#endif
