/* Reads every document through the sandboxed reader and hands it to who judges it. */
#include "audit/site/internal.h"
#include "base/cli.h"
#include "base/io.h"

#include <signal.h>
#include <stdio.h>

static enum status read_document(struct site *site, struct site_reader *reader,
				 struct site_page *page, struct buf *body, struct err *err)
{
	char path[2 * ADDRESS_PATH_MAX];
	struct err why;
	if (page->file->bytes > PAGE_BYTES_MAX) {
		page->unread = "more than 64 MiB";
		return OK;
	}
	buf_reset(body);
	snprintf(path, sizeof(path), "%.*s/%.*s", STR_ARG(site->root), STR_ARG(page->file->path));
	if (io_read_file(path, body, &why) != OK) {
		page->unread = arena_printf(&site->page_arena, "%s", why.text);
		return OK;
	}
	return site_read(reader, site, page, buf_view(body), err);
}

/* Where the site is served, when nobody has said: what robots.txt, the sitemaps, then pages say of it. */
static void learn_origin(struct site *site, const struct site_page *page)
{
	for (size_t i = 0; i < page->facts_count && !site->origin.n; i++) {
		const struct site_fact *f = &page->facts[i];
		if ((f->fact == PAGE_SITEMAP_LINE || f->fact == PAGE_LOC ||
		     f->fact == PAGE_CANONICAL) &&
		    address_is_absolute(f->a))
			address_base(site, arena_str(&site->arena, f->a), false);
	}
}

static void tell_street(struct site *site, const struct site_file *file, const struct site_fact *f)
{
	bool guess = f->b.n > 0;
	if (site->street || (guess && site->street_guessed))
		return;
	site->street_at = (struct site_place){site_number(site, file), f->line, f->column};
	site->street_guessed |= guess;
	site->street |= !guess;
}

static void read_digest(struct site *site, const struct site_page *page)
{
	struct site_file *file = page->file;
	for (size_t i = 0; i < page->facts_count; i++) {
		const struct site_fact *f = &page->facts[i];
		file->noindex |= f->fact == PAGE_NOINDEX;
		if (f->fact == PAGE_ANCHOR)
			SITE_ADD(&site->anchors) = site_anchor(site_number(site, file), f->a);
		if (f->fact == PAGE_STREET)
			tell_street(site, file, f);
		site->business |= f->fact == PAGE_BUSINESS;
		site->phone |= f->fact == PAGE_PHONE;
	}
	file->read = page->unread == NULL;
	site->summary->pages += file->kind == PAGE_HTML;
	site->summary->sitemaps += file->kind == PAGE_SITEMAP;
}

static void judge_document(struct site *site, const struct site_page *page)
{
	const struct site_place at = {site_number(site, page->file), 0, 0};
	if (page->unread) {
		site_found(site, RULE_UNREADABLE, at, "%s", page->unread);
		return;
	}
	if (site_first(page, PAGE_NUL))
		site_found(site, RULE_NUL, at, "%s", "");
	if (site_first(page, PAGE_NOT_UTF8))
		site_found(site, RULE_NOT_UTF8, at, "%s", "");
	if (page->file->kind == PAGE_HTML)
		site_judge_page(site, page);
	else
		site_judge_map(site, page);
}

enum status site_read_all(struct site *site, struct err *err)
{
	/* Who tells where the site is served comes first. */
	static const enum page_kind kinds[] = {PAGE_ROBOTS, PAGE_SITEMAP, PAGE_HTML};
	struct site_reader reader;
	struct progress progress;
	struct buf body;
	enum status status = OK;
	uint64_t done = 0, total = 0;
	for (size_t i = 0; i < site->files.count; i++)
		total += site->files.item[i].kind != 0;
	signal(SIGPIPE, SIG_IGN); /* a reader that dies is told by the write */
	site_reader_init(&reader, site->options);
	buf_init(&body, PAGE_BYTES_MAX + 1);
	progress_begin(&progress, "auditing", "documents", total);
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < site->files.count && status == OK; i++) {
			struct site_page page = {.file = &site->files.item[i]};
			if (page.file->kind != kinds[k])
				continue;
			arena_reset(&site->page_arena);
			status = read_document(site, &reader, &page, &body, err);
			if (status != OK)
				break;
			learn_origin(site, &page);
			read_digest(site, &page);
			judge_document(site, &page);
			done++;
			progress_show(&progress, done, done);
		}
	}
	progress_end(&progress, done);
	buf_release(&body);
	site_reader_end(&reader);
	return status;
}
