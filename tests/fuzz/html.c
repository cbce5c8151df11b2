/* link: base pipeline/wire fetch/read */
/* The page scanner: whatever the page, its facts fit an answer, are clean, and hold no e-mail
 * address. First byte: the charset that the header states. */
#include "fuzz.h"
#include "fetch/read/read.h"
#include "base/utf8.h"

static void check(const struct wire_facts *facts)
{
	must(facts->count <= WIRE_PAIRS_MAX);
	for (uint32_t i = 0; i < facts->count; i++) {
		struct str v = facts->of[i].value;
		must(v.n > 0 && v.n <= WIRE_VALUE_MAX && utf8_is_valid(v));
		for (size_t b = 0; b < v.n; b++)
			must((unsigned char)v.p[b] >= 0x20 && v.p[b] != 0x7f);
		must(str_trim(v).n == v.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"text/html", "text/html; charset=utf-8",
					    "text/html;charset='iso-8859-1'",
					    "text/html; charset=shift_jis"};
	static const struct wire_facts wanted = {1, {{{"telephone", 9}, {"+49 30 1234567", 14}}}};
	struct arena arena;
	struct wire_facts facts = {0};
	struct wire_message m = {.type = WIRE_ANSWER, .answer.outcome = WIRE_OK};
	struct buf packet;
	if (size == 0)
		return 0;
	arena_init(&arena, 1 << 20);
	read_html((struct str){(const char *)data + 1, size - 1}, str_of(types[data[0] % 4]),
		  &wanted, &arena, &facts);
	check(&facts);
	fuzz_accept(facts.count > 0);
	m.answer.facts = facts;
	buf_init(&packet, WIRE_MESSAGE_MAX);
	must(wire_encode(&m, &packet, NULL) == OK);
	buf_release(&packet);
	arena_release(&arena);
	return 0;
}
