/* What is asked of sitemaps, and of pages together when all have been read. */
#include "audit/site/internal.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { CARTS_SHOWN = 100 };

uint64_t site_anchor(uint32_t file, struct str fragment)
{
	return XXH3_64bits_withSeed(fragment.p ? fragment.p : "", fragment.n, file);
}

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

/* ---- sitemaps, one by one ---- */

/* 2026-01-31, or with a time and its zone; also 2026 and 2026-01 (W3C datetime). */
static bool is_date(struct str s)
{
	static const char *const forms[] = {"dddd",
					    "dddd-dd",
					    "dddd-dd-dd",
					    "dddd-dd-ddTdd:ddZ",
					    "dddd-dd-ddTdd:dd:ddZ",
					    "dddd-dd-ddTdd:dd:dd+dd:dd",
					    "dddd-dd-ddTdd:dd+dd:dd"};
	char plain[32];
	size_t n = 0;
	/* fractions of a second, and the sign of the zone, are one form */
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (n + 1 == sizeof(plain))
			return false;
		if (c >= '0' && c <= '9')
			c = 'd';
		else if (c == '-' && n > 10)
			c = '+';
		if (c == '.')
			while (i + 1 < s.n && s.p[i + 1] >= '0' && s.p[i + 1] <= '9')
				i++;
		else
			plain[n++] = c;
	}
	plain[n] = 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(plain, forms[i]) == 0)
			return true;
	return false;
}

static void on_entry(struct site *site, const struct site_page *map, const struct site_fact *f)
{
	struct site_place at = {site_number(site, map->file), f->line, 0};
	struct address to;
	if (f->b.n && !is_date(f->b))
		site_found(site, RULE_MAP_DATE, at, "%.*s: %.*s", STR_ARG(f->a), STR_ARG(f->b));
	if (!address_is_absolute(f->a)) {
		site_found(site, RULE_MAP_RELATIVE, at, "%.*s", STR_ARG(f->a));
		return;
	}
	address_resolve(site, map, f->a, &to);
	if (to.kind == ADDRESS_WEB)
		site_found(site, RULE_MAP_FOREIGN, at, "%.*s", STR_ARG(f->a));
	else if (to.kind == ADDRESS_LOCAL && !to.file && !site->alone)
		site_found(site, RULE_MAP_URL, at, "%.*s", STR_ARG(f->a));
	else if (to.kind == ADDRESS_LOCAL && to.file)
		SITE_ADD(&site->entries) = (struct site_entry){at, site_number(site, to.file)};
}

void site_judge_map(struct site *site, const struct site_page *map)
{
	enum { COUNT_MAX = 50000, BYTES_MAX = 50 << 20, UNIFORM_FROM = 20 };
	struct site_place at = {site_number(site, map->file), 0, 0};
	struct str date = {NULL, 0};
	uint64_t count = 0, dated = 0;
	bool uniform = true, index = false;
	for (size_t i = 0; i < map->facts_count; i++) {
		const struct site_fact *f = &map->facts[i];
		index |= f->fact == PAGE_SITEMAP_INDEX;
		if (f->fact == PAGE_SITEMAP_BROKEN)
			site_found(site, RULE_MAP_BROKEN, (struct site_place){at.file, f->line, 0},
				   "%.*s", STR_ARG(f->a));
		if (f->fact == PAGE_SITEMAP_LINE && address_is_absolute(f->a)) {
			struct address to;
			address_resolve(site, map, f->a, &to);
			if (to.kind == ADDRESS_LOCAL && !to.file && !site->alone)
				site_found(site, RULE_ROBOTS_MAP,
					   (struct site_place){at.file, f->line, f->column}, "%.*s",
					   STR_ARG(f->a));
		}
		if (f->fact != PAGE_LOC)
			continue;
		on_entry(site, map, f);
		count++;
		dated += f->b.n > 0;
		uniform &= !date.p || str_eq(date, f->b);
		date = f->b;
	}
	if (count > COUNT_MAX)
		site_found(site, RULE_MAP_COUNT, at, "%llu addresses", (unsigned long long)count);
	if (map->file->kind == PAGE_SITEMAP && map->file->bytes > BYTES_MAX)
		site_found(site, RULE_MAP_BYTES, at, "%llu bytes",
			   (unsigned long long)map->file->bytes);
	if (!index && uniform && dated == count && count >= UNIFORM_FROM)
		site_found(site, RULE_MAP_UNIFORM, at, "%llu times %.*s", (unsigned long long)count,
			   STR_ARG(date));
}

/* ---- pages together ---- */

static void judge_entries(struct site *site)
{
	unsigned char *named = calloc(site->files.count + 1, 1);
	must(named);
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

static bool names(const struct site *site, uint32_t from, uint32_t to)
{
	const struct site_language key = {.from = {.file = from}, .to = to};
	return bsearch(&key, site->languages.item, site->languages.count, sizeof(key), by_pair);
}

static void judge_languages(struct site *site)
{
	if (!site->languages.count)
		return;
	qsort(site->languages.item, site->languages.count, sizeof(*site->languages.item), by_pair);
	for (size_t i = 0; i < site->languages.count; i++) {
		const struct site_language *l = &site->languages.item[i];
		if (l->to != l->from.file && !names(site, l->to, l->from.file))
			site_found(site, RULE_HREFLANG_ONE_WAY, l->from, "%.*s (%.*s)",
				   STR_ARG(site->files.item[l->to].path), STR_ARG(l->language));
		if ((i == 0 || l[-1].from.file != l->from.file) &&
		    !names(site, l->from.file, l->from.file))
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

enum status site_audit(const struct site_options *options, struct audit_report *report,
		       struct site_summary *summary, struct err *err)
{
	enum { KEPT_BYTES_MAX = INT32_MAX, DOCUMENT_BYTES_MAX = 256 << 20 };
	struct site site = {.options = options, .report = report, .summary = summary};
	*summary = (struct site_summary){0};
	arena_init(&site.arena, KEPT_BYTES_MAX);
	arena_init(&site.page_arena, DOCUMENT_BYTES_MAX);
	site.prefix = STR("");
	if (options->base_url)
		address_base(&site, str_of(options->base_url), true);
	enum status status = site_list(&site, err);
	if (status == OK)
		status = site_read_all(&site, err);
	if (status == OK) {
		site_judge_across(&site);
		report_sort(report);
	}
	free(site.files.item);
	free(site.wanted.item);
	free(site.languages.item);
	free(site.entries.item);
	free(site.carts.item);
	free(site.hosts.item);
	free(site.anchors.item);
	arena_release(&site.page_arena);
	arena_release(&site.arena);
	return status;
}
