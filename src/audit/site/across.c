/* What is asked of all pages together when all have been read. */
#include "audit/site/internal.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CARTS_SHOWN = 100 };

static int by_number(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

static bool has_anchor(const struct site *site, uint32_t file, struct str fragment)
{
	uint64_t key = site_anchor(file, fragment);
	return site->anchors.count &&
	       bsearch(&key, site->anchors.item, site->anchors.count, sizeof(key), by_number);
}

static void judge_entries(struct site *site)
{
	unsigned char *named = memory_array(site->files.count + 1, 1);
	for (size_t i = 0; i < site->entries.count; i++) {
		const struct site_entry *e = &site->entries.item[i];
		const struct site_file *file = &site->files.item[e->to];
		if (named[e->to])
			site_found(site, RULE_MAP_TWICE, e->from, "%.*s", STR_ARG(file->path));
		named[e->to] = 1;
		if (file->noindex)
			site_found(site, RULE_MAP_NOINDEX, e->from, "%.*s", STR_ARG(file->path));
		if (file->canonical != SITE_NO_FILE && file->canonical != e->to)
			site_found(site, RULE_MAP_CANONICAL, e->from, "%.*s names %.*s",
				   STR_ARG(file->path),
				   STR_ARG(site->files.item[file->canonical].path));
	}
	free(named);
}

static void judge_canonicals(struct site *site)
{
	for (uint32_t i = 0; i < site->files.count; i++) {
		const struct site_file *file = &site->files.item[i];
		if (file->canonical == SITE_NO_FILE || file->canonical == i)
			continue;
		const struct site_file *to = &site->files.item[file->canonical];
		struct site_place at = {i, file->canonical_line, file->canonical_column};
		if (to->canonical != SITE_NO_FILE && to->canonical != file->canonical)
			site_found(site, RULE_CANONICAL_CHAIN, at, "%.*s names %.*s",
				   STR_ARG(to->path),
				   STR_ARG(site->files.item[to->canonical].path));
		if (to->noindex)
			site_found(site, RULE_CANONICAL_NOINDEX, at, "%.*s", STR_ARG(to->path));
	}
}

static int by_pair(const void *x, const void *y)
{
	const struct site_language *a = x, *b = y;
	if (a->from.file != b->from.file)
		return a->from.file < b->from.file ? -1 : 1;
	return (a->to > b->to) - (a->to < b->to);
}

/* Several links from one page to the same one: in the order of the page. */
static int compare_languages(const void *x, const void *y)
{
	const struct site_language *a = x, *b = y;
	int order = by_pair(x, y);
	if (!order)
		order = (a->from.line > b->from.line) - (a->from.line < b->from.line);
	return order ? order
		     : (a->from.column > b->from.column) - (a->from.column < b->from.column);
}

static bool language_names(const struct site *site, uint32_t from, uint32_t to)
{
	const struct site_language key = {.from = {.file = from}, .to = to};
	return bsearch(&key, site->languages.item, site->languages.count, sizeof(key), by_pair);
}

static void judge_languages(struct site *site)
{
	if (!site->languages.count)
		return;
	qsort(site->languages.item, site->languages.count, sizeof(*site->languages.item),
	      compare_languages);
	for (size_t i = 0; i < site->languages.count; i++) {
		const struct site_language *l = &site->languages.item[i];
		if (l->to != l->from.file && !language_names(site, l->to, l->from.file))
			site_found(site, RULE_HREFLANG_ONE_WAY, l->from, "%.*s (%.*s)",
				   STR_ARG(site->files.item[l->to].path), STR_ARG(l->language));
		if ((i == 0 || l[-1].from.file != l->from.file) &&
		    !language_names(site, l->from.file, l->from.file))
			site_found(site, RULE_HREFLANG_SELF, l->from, "%s", "");
	}
}

static void judge_fragments(struct site *site)
{
	char decoded[PAGE_TEXT_MAX + 1] = "";
	if (site->anchors.count)
		qsort(site->anchors.item, site->anchors.count, sizeof(uint64_t), by_number);
	for (size_t i = 0; i < site->wanted.count; i++) {
		const struct site_wanted *w = &site->wanted.item[i];
		const struct site_file *to = &site->files.item[w->to];
		struct str plain = {decoded, address_decode(w->fragment, decoded, sizeof(decoded))};
		if (to->read && !has_anchor(site, w->to, w->fragment) &&
		    !has_anchor(site, w->to, plain))
			site_found(site, RULE_FRAGMENT, w->from, "%.*s#%.*s", STR_ARG(to->path),
				   STR_ARG(w->fragment));
	}
}

/* A street address is told; when it only looks like one, a telephone number is asked for too. */
static bool has_door(const struct site *site)
{
	return site->street || (site->street_guessed && site->phone);
}

/* A shop that is a place: with a street address, a cart is the wrong way in (incident 2). */
static void judge_carts(struct site *site)
{
	uint32_t last = SITE_NO_FILE;
	size_t shown = 0;
	for (size_t i = 0; has_door(site) && i < site->carts.count && shown < CARTS_SHOWN; i++) {
		const struct site_cart *cart = &site->carts.item[i];
		if (cart->from.file == last)
			continue;
		last = cart->from.file;
		shown++;
		site_found(site, RULE_CART, cart->from, "%.*s", STR_ARG(cart->about));
	}
}

static void judge_hosts(struct site *site)
{
	for (size_t i = 0; i < site->hosts.count; i++) {
		const struct site_host *h = &site->hosts.item[i];
		site_found(site, RULE_EXTERNAL, h->first, "%.*s, %llu times on %llu pages",
			   STR_ARG(h->host), (unsigned long long)h->requests,
			   (unsigned long long)h->pages);
	}
}

void site_judge_across(struct site *site)
{
	if (has_door(site) && site->phone && !site->business)
		site_found(site, RULE_NO_BUSINESS, site->street_at, "%s", "");
	judge_hosts(site);
	judge_carts(site);
	judge_fragments(site);
	if (site->alone)
		return;
	judge_entries(site);
	judge_canonicals(site);
	judge_languages(site);
}
