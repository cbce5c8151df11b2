/* sitemap.xml, an index, and its parts (sitemaps.org allows 50 000 URLs and 50 MiB in each). The id
 * of a business decides its part, so that a new record changes one part only. lastmod is the day of
 * the record's last change, not of the export. */
#include "site/export/internal.h"
#include "base/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_MOST = 50000, PART_AIM = 32768, PART_BYTES = 50 << 20 };

struct sitemap_part {
	struct export_files *files;
	const struct theme *theme;
	struct buf xml, index, link;
	struct buf url; /* of the site, escaped, with a closing slash */
	size_t urls;
	uint16_t newest;
};

static void sitemap_put_day(struct buf *out, uint16_t day)
{
	static uint16_t last;
	static char text[DATE_TEXT];
	if (day != last || !text[0])
		date_format(day, text);
	last = day;
	buf_puts(out, "<lastmod>");
	buf_puts(out, text);
	buf_puts(out, "</lastmod>");
}

void sitemap_put_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '&')
			buf_puts(out, "&amp;");
		else if (s.p[i] == '<')
			buf_puts(out, "&lt;");
		else
			buf_putc(out, s.p[i]);
	}
}

static void sitemap_begin(struct sitemap_part *p)
{
	buf_reset(&p->xml);
	buf_puts(&p->xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			  "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
	p->urls = 0;
	p->newest = 0;
}

static void sitemap_put_url(struct sitemap_part *p, const char *path, uint16_t day)
{
	buf_puts(&p->xml, "<url><loc>");
	buf_str(&p->xml, buf_view(&p->url));
	buf_puts(&p->xml, path);
	buf_puts(&p->xml, "</loc>");
	if (day)
		sitemap_put_day(&p->xml, day);
	buf_puts(&p->xml, "</url>\n");
	p->urls++;
	p->newest = day > p->newest ? day : p->newest;
}

static enum status sitemap_end(struct sitemap_part *p, const char *name, struct err *err)
{
	if (!p->urls)
		return OK;
	buf_puts(&p->xml, "</urlset>\n");
	must(p->urls <= PART_MOST);
	if (buf_failed(&p->xml))
		return err_set(err, TOO_LARGE, "%s would be over %d bytes", name, PART_BYTES);
	buf_puts(&p->index, "<sitemap><loc>");
	buf_str(&p->index, buf_view(&p->url));
	buf_printf(&p->index, "%s</loc>", name);
	if (p->newest)
		sitemap_put_day(&p->index, p->newest);
	buf_puts(&p->index, "</sitemap>\n");
	return files_put(p->files, name, buf_view(&p->xml), err);
}

/* An id's part is proportional to the id, and the entries are sorted by id: one pass. */
static enum status sitemap_businesses(struct sitemap_part *p, struct manifest *m, struct err *err)
{
	char name[64];
	size_t indexed = 0, at = 0;
	for (size_t i = 0; i < m->entries; i++)
		indexed += m->entry[i].state == ENTRY_INDEXED;
	m->map_parts = m->map_parts ? m->map_parts : 1;
	while (indexed / m->map_parts > PART_AIM)
		m->map_parts *= 2;
	enum status status = OK;
	for (uint32_t part = 0; part < m->map_parts && status == OK; part++) {
		sitemap_begin(p);
		for (; at < m->entries; at++) {
			const struct manifest_entry *e = &m->entry[at];
			if ((uint32_t)(((uint64_t)e->id >> 31) * m->map_parts >> 32) > part)
				break;
			if (e->state != ENTRY_INDEXED)
				continue;
			buf_reset(&p->link);
			business_link(str_of(manifest_path(e)), e->id, ".html", &p->link);
			sitemap_put_url(p, buf_z(&p->link), e->day);
		}
		snprintf(name, sizeof(name), "sitemap-%u.xml", part + 1);
		status = sitemap_end(p, name, err);
	}
	return status;
}

static enum status sitemap_lists(struct sitemap_part *p, const struct lists *l, struct err *err)
{
	char name[64];
	enum status status = OK;
	unsigned part = 1;
	sitemap_begin(p);
	for (uint32_t i = 0; i < l->pages && status == OK; i++) {
		const struct level_page level = lists_level(l, i);
		if (lists_indexed(l, i)) {
			buf_reset(&p->link);
			level_put_link(p->theme, &level, &p->link);
			sitemap_put_url(p, buf_z(&p->link), lists_newest_day(l, &l->page[i]));
		}
		if (p->urls == PART_MOST || i + 1 == l->pages) {
			snprintf(name, sizeof(name), "sitemap-lists-%u.xml", part++);
			status = sitemap_end(p, name, err);
			sitemap_begin(p);
		}
	}
	return status;
}

/* The pages of places.c, which are in the manifest. */
static enum status sitemap_places(struct sitemap_part *p, const struct manifest *m, size_t first,
				  struct err *err)
{
	sitemap_begin(p);
	for (size_t i = first; i < m->files && p->urls < PART_MOST; i++) {
		struct str path = str_of(m->file[i].path), index = STR("index.html");
		char folder[EXPORT_PATH];
		/* The page of the search is not to be indexed. */
		if (!str_ends(path, index) || str_eq(path, STR(SEARCH_PAGE)))
			continue;
		snprintf(folder, sizeof(folder), "%.*s", (int)(path.n - index.n), path.p);
		sitemap_put_url(p, folder, 0);
	}
	return sitemap_end(p, "sitemap-places.xml", err);
}

enum status sitemap_write(struct export_files *f, const struct theme *t, const struct lists *l,
			  size_t first, struct err *err)
{
	struct sitemap_part p = {.files = f, .theme = t};
	struct buf robots;
	enum status status = OK;
	buf_init(&p.xml, PART_BYTES);
	buf_init(&p.index, 8 << 20);
	buf_init(&p.link, 64 << 10);
	buf_init(&p.url, 64 << 10);
	sitemap_put_escaped(&p.url, t->url);
	buf_putc(&p.url, '/');
	buf_init(&robots, 4096);
	buf_puts(&robots, "User-agent: *\nAllow: /\n");
	if (t->url.n) {
		buf_puts(&p.index,
			 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\""
			 "http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
		buf_printf(&robots, "Sitemap: %.*s/sitemap.xml\n", STR_ARG(t->url));
		status = sitemap_places(&p, f->next, first, err);
		if (status == OK)
			status = sitemap_lists(&p, l, err);
		if (status == OK)
			status = sitemap_businesses(&p, f->next, err);
		buf_puts(&p.index, "</sitemapindex>\n");
		if (status == OK)
			status = files_put(f, "sitemap.xml", buf_view(&p.index), err);
	}
	if (status == OK)
		status = files_put(f, "robots.txt", buf_view(&robots), err);
	buf_release(&robots);
	buf_release(&p.xml);
	buf_release(&p.index);
	buf_release(&p.link);
	buf_release(&p.url);
	return status;
}
