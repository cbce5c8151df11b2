/* The site of one shop: which files it has. */
#include "site/export/internal.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

static enum status shop_put_page(struct export_files *f, struct shopsite *s, enum theme_page page,
				 size_t good, const char *path, struct err *err)
{
	char address[EXPORT_PATH];
	struct str name = str_of(path), index = STR("index.html");
	snprintf(address, sizeof(address), "%.*s",
		 (int)(str_ends(name, index) ? name.n - index.n : name.n), path);
	bool found = page != THEME_SHOP_MISSING;
	enum status status = shopsite_page(s, page, good, found ? address : NULL, err);
	return status == OK ? files_put(f, path, buf_view(&s->m->out), err) : status;
}

static enum status shop_put_pages(struct export_files *f, struct shopsite *s, struct err *err)
{
	static const struct {
		enum theme_page page;
		const char *path;
		bool (*wanted)(const struct shopsite *s); /* NULL: always */
	} pages[] = {
	    {THEME_SHOP_HOME, "index.html", NULL},
	    {THEME_SHOP_GOODS, "goods/index.html", shopsite_has_goods},
	    {THEME_SHOP_STORY, "story/index.html", shopsite_has_story},
	    {THEME_SHOP_IMPRINT, "imprint/index.html", NULL},
	    {THEME_SHOP_PRIVACY, "privacy/index.html", NULL},
	    {THEME_SHOP_MISSING, "404.html", NULL},
	};
	enum status status = OK;
	for (size_t i = 0; i < COUNT_OF(pages) && status == OK; i++)
		if (!pages[i].wanted || pages[i].wanted(s))
			status = shop_put_page(f, s, pages[i].page, 0, pages[i].path, err);
	for (size_t i = 0; i < s->goods && shopsite_has_goods(s) && status == OK; i++)
		status = shop_put_page(f, s, THEME_SHOP_GOOD, i, s->good[i].path.p, err);
	return status;
}

static enum status shop_put_pictures(struct export_files *f, struct shopsite *s, struct err *err)
{
	return photos_write(f, s->options->pictures.cache, &s->pictures, err);
}

static enum status shop_put_cards(struct export_files *f, struct shopsite *s, struct err *err)
{
	char path[EXPORT_PATH];
	struct buf card;
	enum status status = OK;
	buf_init(&card, 4 << 20);
	if (s->has_cards) {
		snprintf(path, sizeof(path), "%s.vcf", s->card.p);
		card_vcf(&s->b, &card);
		status = files_put(f, path, buf_view(&card), err);
	}
	buf_reset(&card);
	if (s->has_cards && status == OK) {
		snprintf(path, sizeof(path), "%s.ics", s->card.p);
		card_ics(s->m, &s->b, &card);
		status = files_put(f, path, buf_view(&card), err);
	}
	buf_release(&card);
	return status;
}

/* The first letter of the name on the theme's colour. */
static enum status shop_put_icon(struct export_files *f, struct shopsite *s, struct err *err)
{
	struct buf svg;
	struct str name = s->b.facts.name, letter = {name.p, utf8_first(name)};
	struct str brand = STR("#333");
	static const char token[] = "--brand:light-dark(";
	const char *at = memmem(s->sheet.p, s->sheet.n, token, strlen(token));
	if (at) {
		at += strlen(token);
		struct str rest = {at, s->sheet.n - (size_t)(at - s->sheet.p)};
		brand = str_cut(&rest, ',');
	}
	buf_init(&svg, 4096);
	buf_printf(&svg,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\">"
		   "<rect width=\"64\" height=\"64\" rx=\"15\" fill=\"%.*s\"/>"
		   "<text x=\"32\" y=\"45\" font-family=\"Georgia,serif\" font-size=\"38\" "
		   "text-anchor=\"middle\" fill=\"#fff\">",
		   STR_ARG(brand));
	sitemap_put_escaped(&svg, letter);
	buf_puts(&svg, "</text></svg>\n");
	enum status status = files_put(f, "assets/icon.svg", buf_view(&svg), err);
	buf_release(&svg);
	return status;
}

/* Every page but that for missing addresses; and robots.txt, which names the map. */
static enum status shop_put_map(struct export_files *f, struct shopsite *s, struct err *err)
{
	struct str url = s->m->theme->url, index = STR("index.html");
	struct buf map, robots;
	enum status status = OK;
	buf_init(&map, 8 << 20);
	buf_init(&robots, 4096);
	buf_puts(&robots, "User-agent: *\nAllow: /\n");
	buf_puts(&map, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
	for (size_t i = 0; i < f->next->files; i++) {
		struct str path = str_of(f->next->file[i].path);
		if (!str_ends(path, STR(".html")) || str_eq(path, STR("404.html")))
			continue;
		path.n -= str_ends(path, index) ? index.n : 0;
		buf_puts(&map, "<url><loc>");
		sitemap_put_escaped(&map, url);
		buf_putc(&map, '/');
		sitemap_put_escaped(&map, path);
		buf_puts(&map, "</loc></url>\n");
	}
	buf_puts(&map, "</urlset>\n");
	if (url.n) {
		buf_printf(&robots, "Sitemap: %.*s/sitemap.xml\n", STR_ARG(url));
		status = files_put(f, "sitemap.xml", buf_view(&map), err);
	}
	if (status == OK)
		status = files_put(f, "robots.txt", buf_view(&robots), err);
	buf_release(&robots);
	buf_release(&map);
	return status;
}

/* The name of the host, as GitHub Pages and others read it. */
static enum status shop_put_host(struct export_files *f, struct shopsite *s, struct err *err)
{
	struct str url = s->m->theme->url, scheme = STR("https://");
	char host[EXPORT_PATH];
	if (url.n <= scheme.n)
		return OK;
	int n = snprintf(host, sizeof(host), "%.*s\n", (int)(url.n - scheme.n), url.p + scheme.n);
	return files_put(f, "CNAME", (struct str){host, (size_t)n}, err);
}

enum status shopsite_write(struct export_files *f, struct maker *m, const struct export_shop *shop,
			   const struct db_rows *rows, struct export_report *report,
			   struct err *err)
{
	static enum status (*const parts[])(struct export_files * f, struct shopsite * s,
					    struct err * err) = {shop_put_pages, shop_put_pictures,
								 shop_put_cards, shop_put_icon,
								 shop_put_map,   shop_put_host};
	struct shopsite s;
	enum status status = shopsite_init(&s, m, shop, rows, err);
	for (size_t i = 0; i < COUNT_OF(parts) && status == OK; i++)
		status = parts[i](f, &s, err);
	if (status == OK)
		status = files_put(f, "assets/open.js", m->theme->script_body, err);
	report->pictures = s.pictures.count;
	report->pictures_refused = s.pictures.refused;
	shopsite_release(&s);
	return status == OK ? OK : err_prefix(err, status, "shop %s", shop->site->id_text);
}
