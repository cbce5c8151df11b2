/* link: base language */
/* The reader of translations: what it takes is within its limits, and a message equals itself. */
#include "fuzz.h"
#include "language/po.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po po = {0};
	struct arena arena;
	struct err err;
	arena_init(&arena, 64 << 20);
	if (po_read(&po, &arena, "fuzz.po", (struct str){(const char *)data, size}, &err) == OK) {
		must(po.count <= PO_MESSAGES_MAX);
		fuzz_accept(po.count > 0);
		for (size_t i = 0; i < po.count; i++) {
			const struct po_message *m = &po.message[i];
			must(m->forms <= PLURAL_FORMS_MAX && m->line > 0);
			must(!po_difference(m->id, m->id));
			for (unsigned f = 0; f < m->forms; f++)
				(void)po_difference(m->id, m->text[f]);
		}
	}
	po_release(&po);
	arena_release(&arena);
	return 0;
}
