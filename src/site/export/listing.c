/* What an upload needs: the list of all published files, and what a run has changed. */
#include "site/export/internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/folder.h"
#include "base/percent.h"
#include "site/search/search.h"

enum {
	/* With more addresses to invalidate all are: a CDN charges for each, and takes a
	 * wildcard as one. */
	INVALIDATE_MOST = 1000,
	INVALIDATE_BYTES = 1 << 20,
};

/* In this order no page is ever published without what it needs. */
enum upload_part {
	UPLOAD_NAMED,
	UPLOAD_PAGES,
	UPLOAD_LISTS,
	UPLOAD_ROOT,
	UPLOAD_SITEMAPS,
	UPLOAD_PARTS
};

static enum upload_part upload_part(struct str path)
{
	if (str_eq(path, STR(SITESEARCH_ROOT)))
		return UPLOAD_ROOT;
	if (str_starts(path, STR("assets/")) || str_starts(path, STR("i/")) ||
	    str_starts(path, STR("s/")))
		return UPLOAD_NAMED;
	if (str_starts(path, STR("sitemap")) || str_eq(path, STR("robots.txt")))
		return UPLOAD_SITEMAPS;
	return UPLOAD_LISTS;
}

static enum status listing_open(const char *path, FILE **out, struct err *err)
{
	int fd;
	enum status status = folder_create(path, O_TRUNC, 0666, &fd, err);
	if (status != OK)
		return status;
	*out = fdopen(fd, "w");
	if (*out)
		return OK;
	close(fd);
	return err_errno(err, FAILED, "%s", path);
}

static enum status listing_close(const char *path, FILE *out, struct err *err)
{
	bool good = !ferror(out);
	good &= fclose(out) == 0;
	return good ? OK : err_errno(err, FAILED, "%s", path);
}

enum status listing_all(const char *to, const struct manifest *m, struct err *err)
{
	char path[EXPORT_PATH];
	FILE *out;
	enum status status = listing_open(to, &out, err);
	if (status != OK)
		return status;
	for (size_t i = 0; i < m->files; i++)
		fprintf(out, "%016llx\t%s\n", (unsigned long long)m->file[i].hash, m->file[i].path);
	for (size_t i = 0; i < m->entries; i++) {
		const struct manifest_entry *e = &m->entry[i];
		for (int k = 0; k < business_files(e); k++) {
			business_file(str_of(manifest_path(e)), e->id, business_endings[k], path);
			fprintf(out, "%016llx\t%s\n", (unsigned long long)e->page, path);
		}
	}
	return listing_close(to, out, err);
}

/* ---- changes ---- */

struct changes {
	FILE *out;
	const struct manifest *old, *next;
	struct str base; /* of addresses */
	struct buf invalid;
	size_t invalids;
};

/* Ask for the address again: of a file that was there before. */
static void changes_invalidate(struct changes *c, struct str path)
{
	struct str index = STR("index.html");
	if (upload_part(path) == UPLOAD_NAMED || c->invalids++ >= INVALIDATE_MOST)
		return;
	if (str_ends(path, index) && (path.n == index.n || path.p[path.n - index.n - 1] == '/'))
		path.n -= index.n;
	buf_puts(&c->invalid, "invalidate\t");
	buf_str(&c->invalid, c->base);
	buf_putc(&c->invalid, '/');
	percent_put(&c->invalid, path, "/");
	buf_putc(&c->invalid, '\n');
}

static void changes_put_file(struct changes *c, const struct entry_file *f)
{
	const struct entry_file *was = manifest_find_file(c->old, f->path);
	if (was && was->hash == f->hash)
		return;
	fprintf(c->out, "put\t%s\n", f->path);
	if (was || business_has_file(c->old, f->path))
		changes_invalidate(c, str_of(f->path));
}

/* Cards change with the page: all that they say stands there. */
static void changes_put_business(struct changes *c, const struct manifest_entry *e)
{
	char path[EXPORT_PATH];
	const struct manifest_entry *was = manifest_find(c->old, e->id);
	int before = business_files(was);
	bool moved = before && strcmp(manifest_path(was), manifest_path(e)) != 0;
	bool same = before && !moved && was->page == e->page;
	for (int k = same ? before : 0; k < business_files(e); k++) {
		business_file(str_of(manifest_path(e)), e->id, business_endings[k], path);
		fprintf(c->out, "put\t%s\n", path);
		if ((k < before && !moved) || manifest_find_file(c->old, path))
			changes_invalidate(c, str_of(path));
	}
}

static void changes_delete(struct changes *c, const char *path)
{
	fprintf(c->out, "delete\t%s\n", path);
	changes_invalidate(c, str_of(path));
}

static void changes_delete_business(struct changes *c, const struct manifest_entry *was)
{
	char path[EXPORT_PATH];
	const struct manifest_entry *e = manifest_find(c->next, was->id);
	bool moved = e && strcmp(manifest_path(was), manifest_path(e)) != 0;
	for (int k = moved ? 0 : business_files(e); k < business_files(was); k++) {
		business_file(str_of(manifest_path(was)), was->id, business_endings[k], path);
		if (!manifest_find_file(c->next, path)) /* else it leads on now */
			changes_delete(c, path);
	}
}

enum status listing_changes(const char *to, const struct manifest *old, const struct manifest *next,
			    struct str base, struct err *err)
{
	struct changes c = {.old = old, .next = next, .base = base};
	enum status status = listing_open(to, &c.out, err);
	if (status != OK)
		return status;
	buf_init(&c.invalid, INVALIDATE_BYTES);
	for (int part = 0; part < UPLOAD_PARTS; part++) {
		for (size_t i = 0; part == UPLOAD_PAGES && i < next->entries; i++)
			changes_put_business(&c, &next->entry[i]);
		for (size_t i = 0; i < next->files; i++)
			if (upload_part(str_of(next->file[i].path)) == (enum upload_part)part)
				changes_put_file(&c, &next->file[i]);
	}
	for (size_t i = 0; i < old->entries; i++)
		changes_delete_business(&c, &old->entry[i]);
	for (size_t i = 0; i < old->files; i++)
		if (!manifest_find_file(next, old->file[i].path) &&
		    !business_has_file(next, old->file[i].path))
			changes_delete(&c, old->file[i].path);
	if (c.invalids > INVALIDATE_MOST || buf_failed(&c.invalid))
		fprintf(c.out, "invalidate\t%.*s/*\n", STR_ARG(base));
	else
		buf_write(&c.invalid, c.out);
	buf_release(&c.invalid);
	return listing_close(to, c.out, err);
}
