/* link: base config process site/pictures */
/* The cleaner of converted pictures: what it lets through is not longer, and cleaned again it is
 * the same. */
#include "fuzz.h"
#include "site/pictures/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once, twice;
	buf_init(&once, size + 64);
	buf_init(&twice, size + 64);
	if (picture_clean((struct str){(const char *)data, size}, &once)) {
		must(once.n <= size);
		fuzz_accept(true);
		must(picture_clean(buf_view(&once), &twice));
		must(str_eq(buf_view(&once), buf_view(&twice)));
	}
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
