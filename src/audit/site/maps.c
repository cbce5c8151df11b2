/* Rules for a sitemap, an index of sitemaps, and robots.txt. */
#include "audit/site/internal.h"
#include "site/facts/facts.h"
#include "base/ascii.h"

#include <string.h>

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
		if (ascii_is_digit(c))
			c = 'd';
		else if (c == '-' && n > 10)
			c = '+';
		if (c == '.')
			while (i + 1 < s.n && ascii_is_digit(s.p[i + 1]))
				i++;
		else
			plain[n++] = c;
	}
	plain[n] = 0;
	for (size_t i = 0; i < COUNT_OF(forms); i++)
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
	if (facts_is_private_url(f->a)) {
		site_found(site, RULE_PRIVATE, at, "sitemap: %.*s", STR_ARG(f->a));
		return;
	}
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
		if (f->fact == PAGE_SITEMAP_LINE && facts_is_private_url(f->a))
			site_found(site, RULE_PRIVATE,
				   (struct site_place){at.file, f->line, f->column},
				   "robots.txt: %.*s", STR_ARG(f->a));
		else if (f->fact == PAGE_SITEMAP_LINE && address_is_absolute(f->a)) {
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
	/* Many pages may change on one day, when a catalogue is loaded, not in one second. */
	if (!index && uniform && dated == count && count >= UNIFORM_FROM &&
	    memchr(date.p, 'T', date.n))
		site_found(site, RULE_MAP_UNIFORM, at, "%llu times %.*s", (unsigned long long)count,
			   STR_ARG(date));
}
