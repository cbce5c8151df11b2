/* Sitemaps (sitemaps.org 0.9) and robots.txt (RFC 9309), as far as rules ask. */
#include "audit/page/internal.h"

#include <string.h>

struct scan {
	struct page_state *s;
	struct str rest;
	uint32_t line;
};

static void skip(struct scan *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c->line += c->rest.p[i] == '\n';
	c->rest.p += n;
	c->rest.n -= n;
}

static const char *find(struct str s, const char *needle)
{
	return memmem(s.p, s.n, needle, strlen(needle));
}

/* &amp; and its kin: the five that XML has. */
static void unescape(struct buf *out, struct str s)
{
	static const struct {
		struct str entity;
		char c;
	} entities[] = {{STR("&amp;"), '&'},
			{STR("&lt;"), '<'},
			{STR("&gt;"), '>'},
			{STR("&quot;"), '"'},
			{STR("&apos;"), '\''}};
	buf_reset(out);
	for (size_t i = 0; i < s.n; i++) {
		struct str rest = {s.p + i, s.n - i};
		size_t k = 0;
		while (k < 5 && !str_starts(rest, entities[k].entity))
			k++;
		buf_putc(out, k < 5 ? entities[k].c : s.p[i]);
		i += k < 5 ? entities[k].entity.n - 1 : 0;
	}
}

/* The text of <name>...</name> in s. */
static struct str member(struct str s, const char *open, const char *close)
{
	const char *from = find(s, open);
	if (!from)
		return (struct str){NULL, 0};
	struct str rest = {from + strlen(open), s.n - (size_t)(from - s.p) - strlen(open)};
	const char *to = find(rest, close);
	return to ? str_trim((struct str){rest.p, (size_t)(to - rest.p)}) : (struct str){NULL, 0};
}

/* One <url> or <sitemap>; false: no more, or the end of it is missing. */
static bool entry(struct scan *c, const char *open, const char *close, struct buf *loc)
{
	const char *from = find(c->rest, open);
	if (!from)
		return false;
	skip(c, (size_t)(from - c->rest.p) + strlen(open));
	const char *to = find(c->rest, close);
	if (!to) {
		page_say(c->s, PAGE_SITEMAP_BROKEN, c->line, 0, STR("an entry does not end"),
			 STR(""));
		return false;
	}
	struct str inside = {c->rest.p, (size_t)(to - c->rest.p)};
	struct str url = member(inside, "<loc>", "</loc>");
	unescape(loc, url);
	if (url.n)
		page_say(c->s, PAGE_LOC, c->line, 0, buf_view(loc),
			 member(inside, "<lastmod>", "</lastmod>"));
	else
		page_say(c->s, PAGE_SITEMAP_BROKEN, c->line, 0, STR("an entry without <loc>"),
			 STR(""));
	skip(c, inside.n + strlen(close));
	return true;
}

void page_sitemap(struct page_state *s, struct str body)
{
	struct scan c = {s, body, 1};
	struct buf loc;
	if (!body.n || (!find(body, "<urlset") && !find(body, "<sitemapindex"))) {
		page_say(s, PAGE_SITEMAP_BROKEN, 0, 0, STR("neither <urlset> nor <sitemapindex>"),
			 STR(""));
		return;
	}
	bool index = find(body, "<sitemapindex") != NULL;
	if (index)
		page_say(s, PAGE_SITEMAP_INDEX, 1, 0, STR(""), STR(""));
	if (!find(body, index ? "</sitemapindex>" : "</urlset>"))
		page_say(s, PAGE_SITEMAP_BROKEN, 0, 0, STR("the document is cut"), STR(""));
	buf_init(&loc, body.n + 1);
	while (entry(&c, index ? "<sitemap>" : "<url>", index ? "</sitemap>" : "</url>", &loc))
		;
	buf_release(&loc);
}

void page_robots(struct page_state *s, struct str body)
{
	uint32_t line = 0;
	while (body.p) {
		struct str one = str_trim(str_cut(&body, '\n'));
		line++;
		if (one.n > 8 && str_eq_nocase((struct str){one.p, 8}, STR("sitemap:")))
			page_say(s, PAGE_SITEMAP_LINE, line, 1,
				 str_trim((struct str){one.p + 8, one.n - 8}), STR(""));
	}
}
