/* link: base directory/record */
/* The importer's reader of the parser's pipe: whatever the other side sends, what is taken is what
 * the table of fields says, and written again it is the same bytes. */
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/io.h"
#include "directory/record/record.h"

static void write_again(struct buf *out, const struct record_reader *r)
{
	switch (r->type) {
	case RECORD_FRAME_RECORD:
		record_write(out, &r->record);
		break;
	case RECORD_FRAME_REJECT:
		record_write_reject(out, &r->reject);
		break;
	case RECORD_FRAME_NOTE:
		record_write_note(out, &r->note);
		break;
	case RECORD_FRAME_PROGRESS:
		record_write_progress(out, r->progress_bytes);
		break;
	case RECORD_FRAME_END:
		record_write_end(out, &r->summary);
		break;
	}
}

static int file_of(const void *p, size_t n)
{
	struct err err;
	int fd = memfd_create("frames", MFD_CLOEXEC);
	must(fd >= 0 && io_write_all(fd, p, n, &err) == OK && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* All frames up to what is refused, written again. */
static void copy(const void *p, size_t n, struct buf *out)
{
	struct record_reader r;
	struct err err;
	int fd = file_of(p, n);
	record_reader_init(&r, fd);
	while (record_read(&r, &err) == OK) {
		for (int f = 0; f < RECORD_FIELDS && r.type == RECORD_FRAME_RECORD; f++)
			must(!r.record.field[f].p ||
			     record_value_ok((enum record_field)f, r.record.field[f]));
		write_again(out, &r);
	}
	must(!buf_failed(out));
	record_reader_release(&r);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once, twice;
	buf_init(&once, size + 1);
	buf_init(&twice, size + 1);
	copy(data, size, &once);
	fuzz_accept(once.n > 0);
	copy(once.p, once.n, &twice);
	must(str_eq(buf_view(&once), buf_view(&twice)));
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
