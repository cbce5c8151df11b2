/* Synthetic records for tests and benchmarks: native NDJSON, the same bytes for the same seed
 * on every machine (integers only), each record independent of the others, so that record k is
 * the same whatever N is.
 *
 * Shaped like the real thing: trades, names, streets, postcodes and telephones in the language and
 * the forms of the town's country; towns and trades skewed (a few have much, most have little); 30
 * % of the records without the inputs of a quality score; long tails (names of 200 bytes,
 * descriptions of 3 KB, 60 offers); Unicode beyond Latin; one in 60 nearly a duplicate of a record
 * shortly before. Telephones are in ranges that regulators keep free for fiction, or have a
 * subscriber number that nobody is given; web addresses are under example.com and example.org.
 *
 * The tables are languages.def, countries.def, towns.def (GeoNames, CC BY 4.0, by tools/make-towns)
 * and the taxonomy's words. They are prepared at the first call; not thread-safe.
 */
#ifndef DIRECTORY_GENERATE_H
#define DIRECTORY_GENERATE_H

#include "base/buf.h"

enum { GENERATE_RECORD_MAX = 16384 }; /* bytes of one line, at most */

/* Append record `k` of `seed`, with its newline. */
void generate_record(struct buf *out, uint64_t seed, uint64_t k);

#endif
