/* link: base pipeline/wire fetch/read */
/* The mapping of an API's answer: lines of pointers, an empty line, the body. Then the same bytes
 * as robots.txt (the first line is the path) and as Retry-After. */
#include "fuzz.h"
#include "fetch/read/read.h"
#include "base/utf8.h"

static void map(struct str input)
{
	struct wire_facts mapping = {0}, facts = {0};
	struct arena arena;
	struct err err;
	while (input.p && mapping.count < 8) {
		struct str line = str_cut(&input, '\n');
		if (line.n == 0)
			break;
		if (line.n <= WIRE_VALUE_MAX)
			mapping.of[mapping.count++] = (struct wire_fact){STR("f"), line};
	}
	arena_init(&arena, 4 << 20);
	enum status status = read_json(input.p ? input : STR("{}"), &mapping, &arena, &facts, &err);
	must(status == OK || status == INVALID || status == TOO_LARGE);
	must(facts.count <= WIRE_PAIRS_MAX);
	fuzz_accept(facts.count > 0);
	for (uint32_t i = 0; i < facts.count; i++)
		must(facts.of[i].value.n <= WIRE_VALUE_MAX && utf8_is_valid(facts.of[i].value));
	arena_release(&arena);
}

static void crawl(struct str input)
{
	struct buf rules;
	uint32_t ms;
	struct str path = str_cut(&input, '\n');
	buf_init(&rules, ROBOTS_TEXT_MAX * 3);
	robots_read(input.p ? input : path, STR("Holdfast/1"), &rules);
	must(!buf_failed(&rules));
	if (path.n > WIRE_URL_MAX)
		path.n = WIRE_URL_MAX;
	bool allowed = robots_allows(buf_view(&rules), path);
	must(allowed || rules.n > 0);
	fuzz_accept(!allowed);
	buf_release(&rules);
	if (retry_after(path, 0, &ms))
		must(ms <= RETRY_AFTER_MAX_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = {(const char *)data, size};
	map(input);
	crawl(input);
	return 0;
}
