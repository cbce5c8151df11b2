/* link: base audit/serve audit/openapi */
/* Foreign descriptions of APIs: whatever they hold, the last record is the end or says why there is
 * none, rules and places are in range, texts are not too long. */
#include "fuzz.h"
#include "audit/openapi/openapi.h"

struct seen {
	bool ended;
	size_t bytes;
};

static void seen_record(void *ctx, const struct openapi_head *head, struct str about,
			struct str object)
{
	struct seen *seen = ctx;
	must(!seen->ended && head->kind < OPENAPI_KINDS && head->rule < OPENAPI_RULES);
	must(about.n <= OPENAPI_TEXT_MAX && object.n <= OPENAPI_TEXT_MAX);
	must(head->line <= seen->bytes + 1);
	seen->ended = head->kind != OPENAPI_FOUND;
	must(!seen->ended || head->summary.judged <= head->summary.answers);
	fuzz_accept(seen->ended && head->summary.judged > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {.bytes = size};
	openapi_read((struct str){(const char *)data, size}, seen_record, &seen);
	must(seen.ended);
	return 0;
}
