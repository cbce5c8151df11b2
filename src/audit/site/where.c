/* Finds out where the site is served, without --base-url: its origin ("https://example.org") and
 * the path of its root ("/docs"). Addresses in robots.txt, sitemaps and a sample of pages vote; the
 * majority decides. */
#include "audit/site/internal.h"
#include "base/memory.h"
#include "site/facts/facts.h"

#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 4, CANDIDATES_MAX = 64 };

/* A possible origin or prefix, and how many addresses support it. */
struct where_candidate {
	struct str text;
	uint64_t votes;
};

struct site_where {
	struct where_candidate origin[CANDIDATES_MAX], prefix[CANDIDATES_MAX];
	size_t origins, prefixes;
};

static void where_vote(struct site *site, struct where_candidate *list, size_t *count,
		       struct str text)
{
	for (size_t i = 0; i < *count; i++)
		if (str_eq_nocase(list[i].text, text)) {
			list[i].votes++;
			return;
		}
	if (*count < CANDIDATES_MAX)
		list[(*count)++] = (struct where_candidate){arena_str(&site->arena, text), 1};
}

/* On a tie, the first one found. */
static const struct where_candidate *most(const struct where_candidate *list, size_t count)
{
	const struct where_candidate *best = NULL;
	for (size_t i = 0; i < count; i++)
		if (!best || list[i].votes > best->votes)
			best = &list[i];
	return best;
}

/* The path without query and fragment. */
static struct str path_of(struct str url)
{
	struct str path = str_cut(&url, '#');
	return str_cut(&path, '?');
}

/* Votes for the shortest prefix whose removal makes the path name a file. A path whose remainder is
 * empty is ignored: any missing folder would match the root's index. */
static void vote_by_files(struct site *site, struct site_where *w, struct str path)
{
	char decoded[ADDRESS_PATH_MAX];
	struct str whole = {decoded, address_decode(path_of(path), decoded, sizeof(decoded))};
	size_t at = 0;
	for (size_t segments = 0; segments <= SEGMENTS_MAX && at < whole.n; segments++) {
		struct str rest = {whole.p + at + 1, whole.n - at - 1};
		if ((rest.n || !segments) && address_file(site, rest)) {
			where_vote(site, w->prefix, &w->prefixes, (struct str){whole.p, at});
			return;
		}
		for (at++; at < whole.n && whole.p[at] != '/';)
			at++;
	}
}

/* A page's canonical address ends with its own path, in one of the forms in
 * which servers know it. */
static void vote_by_page(struct site *site, struct site_where *w, const struct site_file *file,
			 struct str path)
{
	static const struct str endings[] = {
	    {"", 0},         {".html", 5}, {".htm", 4}, {"index.html", 10}, {"/index.html", 11},
	    {"index.htm", 9}};
	char decoded[ADDRESS_PATH_MAX];
	struct str whole = {decoded, address_decode(path_of(path), decoded, sizeof(decoded))};
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		struct str own = file->path;
		if (!str_ends(own, endings[i]))
			continue;
		own.n -= endings[i].n;
		if (!str_ends(whole, own) || whole.n == own.n ||
		    whole.p[whole.n - own.n - 1] != '/')
			continue;
		where_vote(site, w->prefix, &w->prefixes,
			   (struct str){whole.p, whole.n - own.n - 1});
		return;
	}
}

void site_where_look(struct site *site, struct site_where *w, const struct site_page *page)
{
	for (size_t i = 0; i < page->facts_count; i++) {
		const struct site_fact *f = &page->facts[i];
		bool own = f->fact == PAGE_CANONICAL || f->fact == PAGE_OG_URL;
		bool listed = f->fact == PAGE_LOC || f->fact == PAGE_SITEMAP_LINE;
		bool leads =
		    f->fact == PAGE_LINK || f->fact == PAGE_RESOURCE || f->fact == PAGE_LAZY;
		struct str origin, path;
		if (leads && f->a.n > 1 && f->a.p[0] == '/' && f->a.p[1] != '/')
			vote_by_files(site, w, f->a);
		if (!(own || listed) || facts_is_private_url(f->a) ||
		    !address_split(f->a, &origin, &path))
			continue;
		where_vote(site, w->origin, &w->origins, origin);
		if (own)
			vote_by_page(site, w, page->file, path);
		else
			vote_by_files(site, w, path);
	}
}

struct site_where *site_where_begin(void)
{
	return memory_alloc(sizeof(struct site_where));
}

void site_where_end(struct site *site, struct site_where *w)
{
	const struct where_candidate *origin = most(w->origin, w->origins);
	const struct where_candidate *prefix = most(w->prefix, w->prefixes);
	if (origin)
		site->origin = origin->text;
	if (prefix)
		site->prefix = prefix->text;
	free(w);
}
