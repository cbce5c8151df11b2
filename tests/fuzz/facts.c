/* link: base language hours site/locale site/facts */
/* A JSON document, first as anybody's block, which is checked; then as a record by the names
 * of its fields: the block that is made of it stays in its script element, parses, and is
 * found free of errors. */
#include "fuzz.h"
#include "site/facts/facts.h"

#include <string.h>

static void look(void *ctx, const struct facts_finding *finding)
{
	size_t *findings = ctx;
	must(finding->fault->key[0] && strlen(finding->path) < 256);
	must(finding->value.n == 0 || finding->value.p != NULL);
	*findings += 1;
}

static struct facts_texts texts(struct arena *arena, const struct json_value *v)
{
	struct str *items = arena_array(arena, v ? v->count + 1 : 1, sizeof(*items));
	size_t count = 0;
	if (!items)
		return (struct facts_texts){NULL, 0};
	for (const struct json_value *one = v ? v->first : NULL; one; one = one->next)
		items[count++] = json_text(one);
	return (struct facts_texts){items, count};
}

static struct facts_business record(struct arena *arena, const struct json_value *v)
{
	struct facts_business b = {.types = texts(arena, json_get(v, "types")),
				   .alt_names = texts(arena, json_get(v, "alt_names")),
				   .service_area = texts(arena, json_get(v, "service_area")),
				   .same_as = texts(arena, json_get(v, "same_as")),
				   .offers = json_get(v, "offers"),
				   .extra = json_get(v, "extra")};
	const struct {
		const char *key;
		struct str *text;
	} fields[] = {
	    {"page", &b.page},       {"name", &b.name},       {"description", &b.description},
	    {"street", &b.street},   {"city", &b.city},       {"postcode", &b.postcode},
	    {"region", &b.region},   {"country", &b.country}, {"phone", &b.phone},
	    {"website", &b.website}, {"hours", &b.hours}};
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		*fields[i].text = json_text(json_get(v, fields[i].key));
	b.located =
	    json_double(json_get(v, "lat"), &b.lat) && json_double(json_get(v, "lon"), &b.lon);
	return b;
}

static void make(struct arena *arena, const struct facts_business *b)
{
	struct buf out;
	struct err err;
	struct json_build build;
	struct json_value *block;
	buf_init(&out, 4 << 20);
	enum status status = facts_jsonld(b, arena, &out, &err);
	must(status == OK || status == INVALID || status == TOO_LARGE);
	must(status == OK || (out.n == 0 && err.text[0]));
	fuzz_accept(status == OK);
	if (status == OK) {
		must(!memchr(out.p, '<', out.n) && !memchr(out.p, '>', out.n) &&
		     !memchr(out.p, '&', out.n));
		status = json_parse(arena, buf_view(&out), &block, &err);
		must(status == TOO_LARGE || (status == OK && facts_check(block, NULL, NULL) == 0));
	}
	json_build_init(&build, arena);
	struct json_value *root = json_build(&build, NULL, NULL, JSON_IS_OBJECT);
	facts_show(b, &build, root);
	must(!facts_hides_address(b) || !json_get(root, "map"));
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct json_value *v;
	size_t findings = 0;
	arena_init(&arena, 8 << 20);
	if (json_parse(&arena, (struct str){(const char *)data, size}, &v, NULL) == OK) {
		size_t errors = facts_check(v, look, &findings);
		must(errors <= findings);
		struct facts_business b = record(&arena, v);
		make(&arena, &b);
	}
	arena_release(&arena);
	return 0;
}
