/* link: base config process site/pictures */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "site/pictures/internal.h"

#define BYTES(literal) ((struct str){literal, sizeof(literal) - 1})

static const struct str webp = BYTES("RIFF\x4c\0\0\0WEBP"
				     "VP8X\x0a\0\0\0\x2c\0\0\0\x01\0\0\x01\0\0"
				     "ICCP\x03\0\0\0abc\0"
				     "VP8 \x04\0\0\0wxyz"
				     "EXIF\x06\0\0\0II*\0\x08\0"
				     "XMP \x02\0\0\0<x");
static const struct str jpeg = BYTES("\xff\xd8"
				     "\xff\xe0\0\x04JF"
				     "\xff\xe1\0\x08"
				     "Exif\0\0"
				     "\xff\xee\0\x04"
				     "Ad"
				     "\xff\xfe\0\x05hey"
				     "\xff\xdb\0\x04qq"
				     "\xff\xda\0\x04ss12\xff\xd9");

static void only_the_chunks_of_the_picture_are_kept(void **state)
{
	static const char wanted[] = "RIFF\x22\0\0\0WEBP"
				     "VP8X\x0a\0\0\0\0\0\0\0\x01\0\0\x01\0\0"
				     "VP8 \x04\0\0\0wxyz";
	struct buf out;
	(void)state;
	buf_init(&out, 4096);
	assert_true(picture_clean(webp, &out));
	assert_int_equal(out.n, sizeof(wanted) - 1);
	assert_memory_equal(out.p, wanted, out.n);
	buf_release(&out);
}

static void only_the_segments_of_the_picture_are_kept(void **state)
{
	static const char wanted[] = "\xff\xd8"
				     "\xff\xee\0\x04"
				     "Ad"
				     "\xff\xdb\0\x04qq"
				     "\xff\xda\0\x04ss12\xff\xd9";
	struct buf out;
	(void)state;
	buf_init(&out, 4096);
	assert_true(picture_clean(jpeg, &out));
	assert_int_equal(out.n, sizeof(wanted) - 1);
	assert_memory_equal(out.p, wanted, out.n);
	buf_release(&out);
}

static void a_container_without_a_picture_is_refused(void **state)
{
	static const struct str empty[] = {
	    BYTES("RIFF\x0e\0\0\0WEBPVP8X\x02\0\0\0\0\0"),
	    BYTES("RIFF\x0e\0\0\0WEBPEXIF\x02\0\0\0ab"),
	    BYTES("RIFF\x04\0\0\0WEBP"),
	    BYTES("\xff\xd8\xff\xd9"),
	    BYTES("\xff\xd8\xff\xfe\0\4ab\xff\xd9"),
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(empty); i++) {
		struct buf out;
		buf_init(&out, 4096);
		assert_false(picture_clean(empty[i], &out));
		buf_release(&out);
	}
}

/* Every prefix, and every byte changed to one of a few: whatever the result, the sanitizers see no
 * access outside of it. A prefix of a WebP is refused unless it ends with a chunk. */
static void broken_results_are_refused_or_read_within_their_bounds(void **state)
{
	const struct str samples[] = {webp, jpeg};
	static const char bytes[] = {0, 1, (char)0x7f, (char)0x80, (char)0xff};
	(void)state;
	for (size_t s = 0; s < COUNT_OF(samples); s++) {
		for (size_t n = 0; n < samples[s].n; n++) {
			struct buf out;
			char *copy = malloc(n + 1);
			buf_init(&out, 4096);
			memcpy(copy, samples[s].p, n);
			bool good = picture_clean((struct str){copy, n}, &out);
			assert_true(!good || n > 12);
			free(copy);
			buf_release(&out);
		}
		for (size_t i = 0; i < samples[s].n * COUNT_OF(bytes); i++) {
			struct buf out;
			char *copy = malloc(samples[s].n);
			buf_init(&out, 4096);
			memcpy(copy, samples[s].p, samples[s].n);
			copy[i / COUNT_OF(bytes)] = bytes[i % COUNT_OF(bytes)];
			bool good = picture_clean((struct str){copy, samples[s].n}, &out);
			assert_true(!good || out.n <= samples[s].n);
			free(copy);
			buf_release(&out);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_the_chunks_of_the_picture_are_kept),
	    cmocka_unit_test(only_the_segments_of_the_picture_are_kept),
	    cmocka_unit_test(a_container_without_a_picture_is_refused),
	    cmocka_unit_test(broken_results_are_refused_or_read_within_their_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
