/* The folder, and its documents through the reader. */
#include "audit/site/internal.h"
#include "base/cli.h"
#include "base/err.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 10000000, DEPTH_MAX = 64, PATH_BYTES = 4096 };

static enum page_kind kind_of(struct str path)
{
	if (str_ends(path, STR(".html")) || str_ends(path, STR(".htm")))
		return PAGE_HTML;
	struct str name = path;
	for (size_t i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
		name = (struct str){path.p + i - 1, path.n - i + 1};
	if (str_starts(name, STR("sitemap")) && str_ends(name, STR(".xml")))
		return PAGE_SITEMAP;
	return str_eq(path, STR("robots.txt")) ? PAGE_ROBOTS : 0;
}

void *site_more(void *list, size_t size)
{
	SITE_LIST(char) *l = list;
	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->item = reallocarray(l->item, l->room, size);
		if (!l->item)
			die("out of memory");
	}
	return memset(l->item + l->count++ * size, 0, size);
}

static enum status add_file(struct site *site, struct str path, uint64_t bytes, bool document,
			    struct err *err)
{
	struct str copy = arena_str(&site->arena, path);
	if (site->files.count == FILES_MAX || !copy.p)
		return err_set(err, TOO_LARGE,
			       "more than %d files, or their names need too much memory",
			       FILES_MAX);
	SITE_ADD(&site->files) = (struct site_file){.path = copy,
						    .bytes = bytes,
						    .kind = document ? kind_of(copy) : 0,
						    .canonical = SITE_NO_FILE};
	return OK;
}

/* A folder that cannot be looked into. */
static void add_unread(struct site *site, struct str path, const char *why)
{
	const struct audit_finding finding = {
	    .rule = site_rule(RULE_UNREADABLE), .file = path, .about = str_of(why)};
	report_add(site->report, &finding);
}

/* path: the folder's own, with room behind; n: its length; root: how much of it is not of the site. What cannot be
 * opened is a finding, but for the root. */
static enum status walk(struct site *site, char *path, size_t n, size_t root, unsigned depth,
			struct err *err)
{
	enum status status = OK;
	DIR *folder = depth > DEPTH_MAX ? NULL : opendir(path);
	if (!folder && n == root)
		return err_errno(err, FAILED, "%s", path);
	if (!folder) {
		const char *why = depth > DEPTH_MAX ? "folders deeper than 64" : strerror(errno);
		add_unread(site, str_of(path + root + 1), why);
		return OK;
	}
	const struct dirent *one;
	while (status == OK && (one = readdir(folder))) {
		struct stat st;
		if (one->d_name[0] == '.' || strcmp(one->d_name, "node_modules") == 0)
			continue;
		int more = snprintf(path + n, PATH_BYTES - n, "/%s", one->d_name);
		if (n + (size_t)more >= PATH_BYTES) {
			status = err_set(err, TOO_LARGE, "%.200s...: the path is too long", path);
			break;
		}
		if (lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			status = walk(site, path, n + (size_t)more, root, depth + 1, err);
		else if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
			status = add_file(site, str_of(path + root + 1), (uint64_t)st.st_size,
					  S_ISREG(st.st_mode), err);
	}
	closedir(folder);
	path[n] = 0;
	return status;
}

static int by_path(const void *x, const void *y)
{
	const struct site_file *a = x, *b = y;
	return str_cmp(a->path, b->path);
}

struct site_file *site_find(const struct site *site, struct str path)
{
	const struct site_file key = {.path = path};
	return site->files.count ? bsearch(&key, site->files.item, site->files.count,
					   sizeof(*site->files.item), by_path)
				 : NULL;
}

/* ---- documents ---- */

static enum status read_document(struct site *site, struct site_reader *reader,
				 struct site_page *page, struct buf *body, struct err *err)
{
	char path[2 * PATH_BYTES];
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

static bool is_noindex(struct str content)
{
	while (content.p) {
		struct str one = str_trim(str_cut(&content, ','));
		if (str_eq_nocase(one, STR("noindex")) || str_eq_nocase(one, STR("none")))
			return true;
	}
	return false;
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

static void digest(struct site *site, const struct site_page *page)
{
	struct site_file *file = page->file;
	for (size_t i = 0; i < page->facts_count; i++) {
		const struct site_fact *f = &page->facts[i];
		file->noindex |= f->fact == PAGE_ROBOTS_META && is_noindex(f->a);
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
			digest(site, &page);
			site_judge_page(site, &page);
			done++;
			progress_show(&progress, done, done);
		}
	}
	progress_end(&progress, done);
	buf_release(&body);
	site_reader_end(&reader);
	return status;
}

/* One file: its folder is where it stands, and nothing else is looked at. */
static enum status list_one(struct site *site, const char *path, const struct stat *st,
			    struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	site->alone = true;
	site->root =
	    slash ? arena_str(&site->arena, (struct str){path, (size_t)(slash - path)}) : STR(".");
	if (!kind_of(str_of(name)))
		return err_set(err, INVALID, "%s is no page (.html), sitemap*.xml or robots.txt",
			       path);
	return add_file(site, str_of(name), (uint64_t)st->st_size, true, err);
}

enum status site_list(struct site *site, struct err *err)
{
	char path[PATH_BYTES];
	struct stat st;
	size_t n = strlen(site->options->path);
	if (n + 1 >= sizeof(path))
		return err_set(err, TOO_LARGE, "the path is too long");
	memcpy(path, site->options->path, n + 1);
	while (n > 1 && path[n - 1] == '/')
		path[--n] = 0;
	if (stat(path, &st) != 0)
		return err_errno(err, NOT_FOUND, "%s", path);
	if (S_ISREG(st.st_mode))
		return list_one(site, path, &st, err);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, INVALID, "%s is neither a folder nor a file", path);
	site->root = arena_str(&site->arena, str_of(path));
	enum status status = walk(site, path, n, n, 0, err);
	if (site->files.count)
		qsort(site->files.item, site->files.count, sizeof(*site->files.item), by_path);
	site->summary->files = site->files.count;
	return status;
}
