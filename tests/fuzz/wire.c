/* link: base pipeline/wire */
/* The decoder of messages: whatever comes, it reads within the packet; what it takes is within the
 * table's ranges and is encoded as it came. */
#include "fuzz.h"
#include "pipeline/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_message m;
	struct buf again;
	struct err err;
	struct str packet = {(const char *)data, size};
	if (wire_decode(packet, &m, &err) != OK)
		return 0;
	fuzz_accept(true);
	buf_init(&again, WIRE_MESSAGE_MAX);
	must(wire_encode(&m, &again, &err) == OK);
	must(str_eq(buf_view(&again), packet));
	buf_release(&again);
	return 0;
}
