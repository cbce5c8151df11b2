/* What a fuzz target says besides crashing: that its subject has accepted an input. A target whose
 * subject refuses whatever comes, or is never called, finds nothing and looks healthy; tests/fuzz/
 * corpus.t demands that inputs of the corpus are accepted. libFuzzer ignores the number. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern unsigned long fuzz_accepts;
unsigned long fuzz_accepts __attribute__((weak));

static inline void fuzz_accept(bool accepted)
{
	fuzz_accepts += accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
