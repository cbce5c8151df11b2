/* Rules over all pages, judged when all documents have been read. */
#include "audit/site/internal.h"
#include "base/ascii.h"
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

/* Whether the page that hreflang leads to is indexed under its own address. */
static void judge_language_target(struct site *site, const struct site_language *l)
{
	const struct site_file *to = &site->files.item[l->to];
	if (to->noindex || (to->canonical != SITE_NO_FILE && to->canonical != l->to))
		site_found(site, RULE_HREFLANG_CANONICAL, l->from, "%.*s (%.*s) %s",
			   STR_ARG(to->path), STR_ARG(l->language),
			   to->noindex ? "is not to be indexed"
				       : "names another page as canonical");
}

static void judge_languages(struct site *site)
{
	if (!site->languages.count)
		return;
	qsort(site->languages.item, site->languages.count, sizeof(*site->languages.item),
	      compare_languages);
	for (size_t i = 0; i < site->languages.count; i++) {
		const struct site_language *l = &site->languages.item[i];
		judge_language_target(site, l);
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

/* The site names a street address; when the text only looks like one, a telephone number is
 * required as well. */
static bool has_door(const struct site *site)
{
	return site->street || (site->street_guessed && site->phone);
}

/* Report a cart on the site of a shop that has a street address (incident 2). */
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

/* The host of an absolute address; empty. */
static struct str host_in(struct str url)
{
	struct str origin, path;
	if (!address_split(url, &origin, &path))
		return STR("");
	str_cut(&origin, '/');
	str_cut(&origin, '/');
	return origin;
}

/* Whether an address is of this site, as far as the site's own address is known. */
static bool across_is_own(const struct site *site, struct str url)
{
	struct str host = host_in(url);
	const struct site_host *canonical = site_main_host(&site->canonicals);
	if (!host.n)
		return true; /* a fragment or a path */
	if (str_eq_nocase(host, host_in(site->origin)) ||
	    (canonical && str_eq_nocase(host, host_in(canonical->host))))
		return true;
	uint64_t key = site_hash(host);
	return site->ids.count &&
	       bsearch(&key, site->ids.item, site->ids.count, sizeof(key), by_number);
}

/* Judge references to objects that are not on the same page: another page of the site must have
 * them. References to other sites are not checked. */
static void judge_references(struct site *site)
{
	if (site->ids.count)
		qsort(site->ids.item, site->ids.count, sizeof(uint64_t), by_number);
	for (size_t i = 0; i < site->references.count; i++) {
		const struct site_reference *r = &site->references.item[i];
		uint64_t key = site_hash(r->id);
		bool fragment = r->id.n && r->id.p[0] == '#';
		bool there = !fragment && site->ids.count &&
			     bsearch(&key, site->ids.item, site->ids.count, sizeof(key), by_number);
		if (!there && (fragment || !site->alone) && across_is_own(site, r->id))
			site_found(site, RULE_ID, r->from, "%.*s", STR_ARG(r->id));
	}
}

static int by_business(const void *x, const void *y)
{
	const struct site_claim *a = x, *b = y;
	if (a->business != b->business)
		return a->business < b->business ? -1 : 1;
	if (a->from.file != b->from.file)
		return a->from.file < b->from.file ? -1 : 1;
	if (a->from.line != b->from.line)
		return a->from.line < b->from.line ? -1 : 1;
	return (a->from.column > b->from.column) - (a->from.column < b->from.column);
}

/* The last digits are the same, however the number is written. */
static bool same_number(struct str a, struct str b)
{
	enum { DIGITS = 7 };
	size_t i = a.n, k = b.n;
	for (int digits = 0; digits < DIGITS; digits++, i--, k--) {
		while (i && !ascii_is_digit(a.p[i - 1]))
			i--;
		while (k && !ascii_is_digit(b.p[k - 1]))
			k--;
		if (!i || !k || a.p[i - 1] != b.p[k - 1])
			return !i && !k;
	}
	return true;
}

/* The claim with the number that most of them have, or else one of them (majority vote). */
static const struct site_claim *usual_claim(const struct site_claim *claim, size_t count)
{
	const struct site_claim *usual = claim;
	size_t more = 0;
	for (size_t i = 0; i < count; i++) {
		if (same_number(usual->phone, claim[i].phone)) {
			more++;
		} else if (more) {
			more--;
		} else {
			usual = &claim[i];
			more = 1;
		}
	}
	return usual;
}

/* One business at one street says one telephone, on whatever page: told of the pages that have
 * another number than most. */
static void judge_claims(struct site *site)
{
	if (site->claims.count)
		qsort(site->claims.item, site->claims.count, sizeof(*site->claims.item),
		      by_business);
	for (size_t begin = 0, end; begin < site->claims.count; begin = end) {
		const struct site_claim *a = &site->claims.item[begin];
		for (end = begin + 1; end < site->claims.count; end++)
			if (site->claims.item[end].business != a->business)
				break;
		const struct site_claim *usual = usual_claim(a, end - begin);
		for (const struct site_claim *b = a; b < &site->claims.item[end]; b++)
			if (b->from.file != usual->from.file &&
			    !same_number(usual->phone, b->phone))
				site_found(site, RULE_BLOCKS_DIFFER, b->from,
					   "telephone: %.*s, and %.*s in %.*s", STR_ARG(b->phone),
					   STR_ARG(usual->phone),
					   STR_ARG(site->files.item[usual->from.file].path));
	}
}

/* Not reported when other businesses of the site have a more specific type: schema.org has no type
 * for many trades. */
static void judge_generals(struct site *site)
{
	for (size_t i = 0; !site->typed && i < site->generals.count; i++)
		site_found_key(site, STR("type-general"), site->generals.item[i].from,
			       site->generals.item[i].about);
}

/* Canonical links of the site that name another origin than most. */
static void judge_canonical_hosts(struct site *site)
{
	const struct site_host *most = site_main_host(&site->canonicals);
	for (size_t i = 0; i < site->canonicals.count; i++) {
		const struct site_host *one = &site->canonicals.item[i];
		if (one != most)
			site_found(site, RULE_CANONICAL_HOSTS, one->first,
				   "%.*s on %llu pages, %.*s on %llu", STR_ARG(one->host),
				   (unsigned long long)one->pages, STR_ARG(most->host),
				   (unsigned long long)most->pages);
	}
}

void site_judge_across(struct site *site)
{
	if (has_door(site) && site->phone && !site->business)
		site_found(site, RULE_NO_BUSINESS, site->street_at, "%s", "");
	judge_hosts(site);
	judge_carts(site);
	judge_fragments(site);
	judge_references(site);
	judge_generals(site);
	if (site->alone)
		return;
	judge_entries(site);
	judge_canonicals(site);
	judge_languages(site);
	judge_canonical_hosts(site);
	judge_claims(site);
	site_judge_trails(site);
}
