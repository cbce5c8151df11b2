/* Structured data of a page: read, checked by the rules of site/facts, references followed, and
 * compared with what the page shows. */
#include "audit/page/internal.h"

#include <stdio.h>
#include <string.h>

enum { BLOCKS_MAX = 1000 };

static void block_say(const struct page_block *b, struct page_state *s, enum page_fact fact,
		      struct str a, struct str c)
{
	page_say(s, fact, b->line, b->column, a, c);
}

void page_add_block(struct page_state *s, const struct json_value *root, uint32_t line,
		    uint32_t column)
{
	if (s->blocks == BLOCKS_MAX)
		return;
	s->block = memory_grow(s->block, &s->blocks_room, s->blocks + 1, sizeof(*s->block));
	s->block[s->blocks++] = (struct page_block){root, line, column};
}

void page_json_ld(struct page_state *s, struct str json, uint32_t line, uint32_t column)
{
	struct json_value *root;
	struct err err;
	s->has_hours |= json.n && memmem(json.p, json.n, "openingHours", 12);
	if (json_parse(&s->blocks_arena, json, &root, &err) == OK) {
		page_apply_context(root, &s->blocks_arena);
		page_add_block(s, root, line, column);
	} else
		page_report(s, "block-unparsable", line, column, "%s", err.text);
}

/* ---- checks ---- */

struct checked {
	struct page_state *s;
	const struct page_block *block;
};

static void block_fault(void *ctx, const struct facts_finding *finding)
{
	const struct checked *c = ctx;
	/* not every block is about a business; whether the site needs one is a
	 * question for the site */
	if (strcmp(finding->fault->key, "no-local-business") == 0)
		return;
	struct str value = utf8_cut(finding->value, 200);
	page_report(c->s, finding->fault->key, c->block->line, c->block->column, "%s%s%.*s",
		    finding->path, finding->path[0] && value.n ? ": " : "", STR_ARG(value));
}

/* ---- references ---- */

/* Ids that objects of the page have, and those that are referred to and that none
 * has. path: the property. */
static void block_references(const struct checked *c, const struct json_value *v,
			     struct str property)
{
	struct str id = json_text(json_get(v, "@id"));
	if (facts_is_reference(v)) {
		if (!facts_resolve(&c->s->ids, v))
			block_say(c->block, c->s, PAGE_ID_WANTED, id, property);
	} else if (id.n) {
		block_say(c->block, c->s, PAGE_ID, id, STR(""));
	}
	for (const struct json_value *m = v->first; m; m = m->next)
		if (m->kind == JSON_IS_OBJECT || m->kind == JSON_IS_ARRAY)
			block_references(c, m, m->key.n ? m->key : property);
}

/* URLs of the top-level objects. */
static void block_addresses(const struct checked *c, const struct json_value *v)
{
	static const char *const properties[] = {"url", "image", "logo", "hasMap", "menu"};
	if (v->kind == JSON_IS_ARRAY)
		for (const struct json_value *one = v->first; one; one = one->next)
			block_addresses(c, one);
	if (v->kind != JSON_IS_OBJECT)
		return;
	if (json_get(v, "@graph"))
		block_addresses(c, json_get(v, "@graph"));
	for (size_t i = 0; i < COUNT_OF(properties); i++) {
		struct str url = json_text(json_get(v, properties[i]));
		/* those of microdata that were relative have been told as they stand */
		if (url.n && !str_starts(url, STR("https://relative.invalid/")))
			block_say(c->block, c->s, PAGE_BLOCK_URL, url, str_of(properties[i]));
	}
}

void page_check_blocks(struct page_state *s)
{
	facts_ids_init(&s->ids);
	for (size_t i = 0; i < s->blocks; i++)
		facts_ids_add(&s->ids, s->block[i].root);
	for (size_t i = 0; i < s->blocks; i++) {
		struct checked c = {s, &s->block[i]};
		facts_check_page(c.block->root, &s->ids, block_fault, &c);
		block_references(&c, c.block->root, STR(""));
		block_addresses(&c, c.block->root);
	}
	page_look_for_lists(s);
	page_compare(s);
	facts_ids_release(&s->ids);
}
