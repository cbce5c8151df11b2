/* link: base observe */
/* The reader of recordings: what it takes is within the arrays of a sample, and written and read
 * again it is the same line. */
#include "fuzz.h"
#include <stdlib.h>
#include "base/memory.h"
#include "observe/observe.h"

static bool server_copy(struct str line, struct buf *out)
{
	struct observe_server server;
	struct err err;
	bool taken = observe_read_server(line, &server, &err) == OK;
	if (taken)
		observe_write_server(out, &server);
	return taken;
}

static bool sample_copy(struct str line, struct buf *out)
{
	struct observe_sample *sample = memory_alloc(sizeof(*sample));
	struct err err;
	bool taken = observe_read_sample(line, sample, &err) == OK;
	if (taken)
		observe_write_sample(out, sample);
	free(sample);
	return taken;
}

static void line_check(struct str line, bool (*copy)(struct str line, struct buf *out))
{
	struct buf once, twice;
	buf_init(&once, 8 << 20);
	buf_init(&twice, 8 << 20);
	if (copy(line, &once)) {
		must(!buf_failed(&once));
		fuzz_accept(true);
		struct str written = str_trim(buf_view(&once));
		/* a reader's limit may be smaller than what the writer can make of short numbers */
		if (copy(written, &twice))
			must(str_eq(buf_view(&once), buf_view(&twice)));
		else
			must(written.n > OBSERVE_LINE);
	}
	buf_release(&once);
	buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str line = {(const char *)data, size};
	line_check(line, server_copy);
	line_check(line, sample_copy);
	return 0;
}
