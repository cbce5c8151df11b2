/* Reads every document through the sandboxed reader and applies the rules to it. */
#include "audit/site/internal.h"
#include "base/cli.h"
#include "base/io.h"

#include <signal.h>
#include <stdio.h>

static enum status read_document(struct site *site, struct audit_reader *reader,
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

static void tell_street(struct site *site, const struct site_file *file, const struct site_fact *f)
{
	bool guess = f->b.n > 0;
	if (site->street || (guess && site->street_guessed))
		return;
	site->street_at = (struct site_place){site_number(site, file), f->line, f->column};
	site->street_guessed |= guess;
	site->street |= !guess;
}

/* Keep the id and its host: hosts of the site's ids are the site's own. */
static void keep_id(struct site *site, struct str id)
{
	struct str origin, path;
	SITE_ADD(&site->ids) = site_hash(id);
	if (!address_split(id, &origin, &path))
		return;
	str_cut(&origin, '/');
	str_cut(&origin, '/');
	SITE_ADD(&site->ids) = site_hash(origin);
}

static void read_digest(struct site *site, const struct site_page *page)
{
	struct site_file *file = page->file;
	bool business = false, general = false;
	for (size_t i = 0; i < page->facts_count; i++) {
		const struct site_fact *f = &page->facts[i];
		business |= f->fact == PAGE_BUSINESS;
		general |= f->fact == PAGE_FOUND && str_eq(f->a, STR("type-general"));
		file->noindex |= f->fact == PAGE_NOINDEX;
		file->trail |= f->fact == PAGE_TRAIL;
		file->leads_on |= f->fact == PAGE_REFRESH || f->fact == PAGE_FRAGMENT;
		if (f->fact == PAGE_ANCHOR)
			SITE_ADD(&site->anchors) = site_anchor(site_number(site, file), f->a);
		if (f->fact == PAGE_STREET)
			tell_street(site, file, f);
		if (f->fact == PAGE_ID)
			keep_id(site, f->a);
		if (f->fact == PAGE_CLAIM)
			SITE_ADD(&site->claims) =
			    (struct site_claim){{site_number(site, file), f->line, f->column},
						site_hash(f->a),
						arena_str(&site->arena, f->b)};
		site->phone |= f->fact == PAGE_PHONE;
	}
	site->business |= business;
	site->typed |= business && !general;
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
	if (page->file->kind == PAGE_HTML && site_first(page, PAGE_FRAGMENT))
		return; /* its addresses are relative to the pages that load it */
	if (page->file->kind == PAGE_HTML)
		site_judge_page(site, page);
	else
		site_judge_map(site, page);
}

/* Documents that indicate where the site is served are read first. */
static const enum page_kind kinds[] = {PAGE_ROBOTS, PAGE_SITEMAP, PAGE_HTML};

/* Finds out where the site is served before any rule runs: from robots.txt, some sitemaps and an
 * even sample of the pages. */
static enum status look_around(struct site *site, struct audit_reader *reader, struct buf *body,
			       struct err *err)
{
	enum { PAGES_MAX = 64, SITEMAPS_MAX = 4 };
	struct site_where *where = site_where_begin();
	enum status status = OK;
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		size_t count = 0, seen = 0, step = 1;
		for (size_t i = 0; i < site->files.count; i++)
			count += site->files.item[i].kind == kinds[k];
		size_t max = kinds[k] == PAGE_HTML ? PAGES_MAX : SITEMAPS_MAX;
		step = count / max + 1;
		for (size_t i = 0; i < site->files.count && status == OK; i++) {
			struct site_page page = {.file = &site->files.item[i]};
			if (page.file->kind != kinds[k] || seen++ % step)
				continue;
			arena_reset(&site->page_arena);
			status = read_document(site, reader, &page, body, err);
			if (status == OK)
				site_where_look(site, where, &page);
		}
	}
	site_where_end(site, where);
	return status;
}

enum status site_read_all(struct site *site, struct err *err)
{
	struct audit_reader reader;
	struct progress progress;
	struct buf body;
	uint64_t done = 0, total = 0;
	for (size_t i = 0; i < site->files.count; i++)
		total += site->files.item[i].kind != 0;
	audit_reader_init(&reader, "pages", site->options->program_dir, site->options->user);
	buf_init(&body, PAGE_BYTES_MAX + 1);
	enum status status = site->options->base_url ? OK : look_around(site, &reader, &body, err);
	progress_begin(&progress, "auditing", "documents", total);
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		for (size_t i = 0; i < site->files.count && status == OK; i++) {
			struct site_page page = {.file = &site->files.item[i]};
			if (page.file->kind != kinds[k])
				continue;
			arena_reset(&site->page_arena);
			status = read_document(site, &reader, &page, &body, err);
			if (status != OK)
				break;
			read_digest(site, &page);
			judge_document(site, &page);
			done++;
			progress_show(&progress, done, done);
		}
	}
	progress_end(&progress, done);
	buf_release(&body);
	audit_reader_end(&reader);
	return status;
}
