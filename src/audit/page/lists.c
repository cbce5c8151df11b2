/* What structured data say of the place of a page among others: that it is a list of things, and
 * the trail of pages above it. */
#include "audit/page/internal.h"
#include "site/facts/schema.h"

#include <stdio.h>

struct list_search {
	struct page_state *s;
	const struct page_block *block;
	/* the list that a page of lists is about; a list that stands by itself */
	const struct json_value *main, *alone;
	const struct page_block *main_block, *alone_block;
	bool other; /* the page is about something else */
};

static bool lists_is_list(const struct json_value *v)
{
	return page_is_a(v, SCHEMA(ItemList)) && !page_is_a(v, SCHEMA(BreadcrumbList)) &&
	       !page_is_a(v, SCHEMA(OfferCatalog)) && !page_is_a(v, SCHEMA(HowToSection)) &&
	       !page_is_a(v, SCHEMA(HowToStep));
}

/* Objects that stand beside any content. */
static bool lists_is_frame(const struct json_value *v)
{
	static const struct schema_type *const frames[] = {
	    SCHEMA(WebPage),        SCHEMA(WebSite),
	    SCHEMA(BreadcrumbList), SCHEMA(WPHeader),
	    SCHEMA(Person),         SCHEMA(ImageObject),
	    SCHEMA(WPFooter),       SCHEMA(SiteNavigationElement)};
	for (size_t i = 0; i < COUNT_OF(frames); i++)
		if (page_is_a(v, frames[i]))
			return true;
	return page_is_a(v, SCHEMA(Organization)) && !page_is_a(v, SCHEMA(LocalBusiness));
}

static void lists_look(struct list_search *l, const struct json_value *v, unsigned depth)
{
	enum { DEPTH_MAX = 8 };
	if (depth > DEPTH_MAX)
		return;
	const struct json_value *graph = json_get(v, "@graph"), *list = graph ? graph : v;
	if (list->kind == JSON_IS_ARRAY) {
		for (const struct json_value *one = list->first; one; one = one->next)
			lists_look(l, one, depth + 1);
		return;
	}
	if (v->kind != JSON_IS_OBJECT || facts_is_reference(v))
		return;
	l->s->trail |= page_is_a(v, SCHEMA(BreadcrumbList)) || json_get(v, "breadcrumb");
	const struct json_value *about = facts_resolve(&l->s->ids, json_get(v, "mainEntity"));
	if (page_is_a(v, SCHEMA(CollectionPage)) && about && lists_is_list(about) && !l->main) {
		l->main = about;
		l->main_block = l->block;
	} else if (lists_is_list(v) && !l->alone) {
		l->alone = v;
		l->alone_block = l->block;
	} else {
		l->other |= !lists_is_frame(v);
	}
}

/* Entries of a list. What is one page of several says the number of all. */
static uint32_t lists_count(const struct json_value *list)
{
	const struct json_value *entries = json_get(list, "itemListElement");
	int64_t said = 0;
	uint32_t count = !entries ? 0 : entries->kind == JSON_IS_ARRAY ? entries->count : 1;
	if (json_i64(json_get(list, "numberOfItems"), &said) && said > count)
		count = said < UINT32_MAX ? (uint32_t)said : UINT32_MAX;
	return count;
}

void page_look_for_lists(struct page_state *s)
{
	struct list_search l = {.s = s};
	char count[16];
	for (size_t i = 0; i < s->blocks; i++) {
		l.block = &s->block[i];
		lists_look(&l, l.block->root, 0);
	}
	const struct json_value *list = l.main ? l.main : l.other ? NULL : l.alone;
	const struct page_block *block = l.main ? l.main_block : l.alone_block;
	if (!list)
		return;
	snprintf(count, sizeof(count), "%u", lists_count(list));
	page_say(s, PAGE_LIST, block->line, block->column, str_of(count), STR(""));
}
