/* Breadcrumbs: a page below the second level of a site of businesses shows the pages above it, at
 * least where most others do. */
#include "audit/site/internal.h"
#include "base/ascii.h"

/* "de", "de-CH": a folder of one language does not count as a level. */
static bool is_language_folder(struct str name)
{
	bool region = name.n == 5 && (name.p[2] == '-' || name.p[2] == '_') &&
		      ascii_is_letter(name.p[3]) && ascii_is_letter(name.p[4]);
	return (name.n == 2 || region) && ascii_is_letter(name.p[0]) && ascii_is_letter(name.p[1]);
}

/* The top folder of the page's path; empty: the page is not below the second level. The index of a
 * folder counts as the folder. */
static struct str trail_group(struct str path)
{
	struct str rest = path, top = str_cut(&rest, '/');
	if (rest.p && is_language_folder(top))
		str_cut(&rest, '/');
	if (!rest.p || str_eq(rest, STR("index.html")) || str_eq(rest, STR("index.htm")))
		return STR("");
	return (struct str){path.p, (size_t)(rest.p - path.p)};
}

/* Whether search engines show the page, so that it is asked for its breadcrumbs. */
static bool is_inner(const struct site *site, uint32_t number)
{
	const struct site_file *file = &site->files.item[number];
	return file->kind == PAGE_HTML && file->read && !file->noindex && !file->leads_on &&
	       (file->canonical == SITE_NO_FILE || file->canonical == number) &&
	       trail_group(file->path).n > 0;
}

struct trail_count {
	uint64_t pages, trails;
};

static bool is_most(struct trail_count count)
{
	return count.trails && count.trails * 2 >= count.pages;
}

/* Inner pages from `begin` on that are in the same folder at the top; *end: behind the last. Files
 * are in the order of their paths, so that they are neighbours. */
static struct trail_count count_group(const struct site *site, uint32_t begin, uint32_t *end)
{
	struct trail_count count = {0, 0};
	struct str group = trail_group(site->files.item[begin].path);
	uint32_t i = begin;
	for (; i < site->files.count && str_starts(site->files.item[i].path, group); i++) {
		if (!is_inner(site, i))
			continue;
		count.pages++;
		count.trails += site->files.item[i].trail;
	}
	*end = i;
	return count;
}

void site_judge_trails(struct site *site)
{
	struct trail_count all = {0, 0};
	uint32_t first = SITE_NO_FILE;
	for (uint32_t i = 0; i < site->files.count; i++) {
		if (!is_inner(site, i))
			continue;
		first = first == SITE_NO_FILE ? i : first;
		all.pages++;
		all.trails += site->files.item[i].trail;
	}
	if (!site->business || !all.pages)
		return;
	if (!all.trails) {
		site_found(site, RULE_TRAIL_NOWHERE, (struct site_place){first, 0, 0}, "%llu pages",
			   (unsigned long long)all.pages);
		return;
	}
	for (uint32_t i = 0, end; i < site->files.count; i = end) {
		end = i + 1;
		if (!is_inner(site, i))
			continue;
		bool most = is_most(count_group(site, i, &end)) || is_most(all);
		for (uint32_t k = i; most && k < end; k++)
			if (is_inner(site, k) && !site->files.item[k].trail)
				site_found(site, RULE_TRAIL, (struct site_place){k, 0, 0}, "%s",
					   "");
	}
}
