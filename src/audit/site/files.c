/* The files of the site, by path, and which of them are documents. */
#include "audit/site/internal.h"
#include "base/err.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 10000000, DEPTH_MAX = 64, PATH_BYTES = 4096 };

/* Partials, layouts and includes of generators: folders and files that begin
 * with '_' are not pages. */
static bool is_underscored(struct str path)
{
	while (path.p) {
		struct str part = str_cut(&path, '/');
		if (part.n && part.p[0] == '_')
			return true;
	}
	return false;
}

/* Whether the path matches one of the patterns, or lies below it. */
static bool is_excluded(const struct site *site, struct str path)
{
	struct str patterns = str_of(site->options->exclude);
	char pattern[PATH_BYTES], name[PATH_BYTES];
	snprintf(name, sizeof(name), "%.*s", STR_ARG(path));
	while (patterns.p) {
		struct str one = str_trim(str_cut(&patterns, ','));
		while (one.n && one.p[one.n - 1] == '/')
			one.n--;
		if (!one.n)
			continue;
		snprintf(pattern, sizeof(pattern), "%.*s", STR_ARG(one));
		if (fnmatch(pattern, name, 0) == 0 || fnmatch(pattern, name, FNM_LEADING_DIR) == 0)
			return true;
	}
	return false;
}

static enum page_kind kind_of(struct str path)
{
	if (is_underscored(path))
		return 0;
	if (str_ends(path, STR(".html")) || str_ends(path, STR(".htm")))
		return PAGE_HTML;
	struct str name = path;
	for (size_t i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
		name = (struct str){path.p + i - 1, path.n - i + 1};
	if (str_starts(name, STR("sitemap")) && str_ends(name, STR(".xml")))
		return PAGE_SITEMAP;
	return str_eq(path, STR("robots.txt")) ? PAGE_ROBOTS : 0;
}

static enum status add_file(struct site *site, struct str path, uint64_t bytes, bool document,
			    struct err *err)
{
	struct str copy = arena_str(&site->arena, path);
	if (site->files.count == FILES_MAX || !copy.p)
		return err_set(err, TOO_LARGE,
			       "more than %d files, or their names need too much memory",
			       FILES_MAX);
	SITE_ADD(&site->files) =
	    (struct site_file){.path = copy,
			       .bytes = bytes,
			       .kind = document && !is_excluded(site, copy) ? kind_of(copy) : 0,
			       .canonical = SITE_NO_FILE};
	return OK;
}

/* A folder that cannot be looked into. */
static void add_unread(struct site *site, struct str path, const char *why)
{
	site_found_in(site, RULE_UNREADABLE, path, str_of(why));
}

/* path: the folder's own, with room behind; n: its length; root: how much of it is not of the site.
 * What cannot be opened is a finding, but for the root. */
static enum status files_walk(struct site *site, char *path, size_t n, size_t root, unsigned depth,
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
			status = files_walk(site, path, n + (size_t)more, root, depth + 1, err);
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

/* List one file: the root is its folder, and no other file is read. */
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

static bool has_page(const struct site *site)
{
	for (size_t i = 0; i < site->files.count; i++)
		if (site->files.item[i].kind == PAGE_HTML)
			return true;
	return false;
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
	enum status status = files_walk(site, path, n, n, 0, err);
	if (site->files.count)
		qsort(site->files.item, site->files.count, sizeof(*site->files.item), by_path);
	site->summary->files = site->files.count;
	if (status == OK && !has_page(site))
		return err_set(err, NOT_FOUND,
			       "%s: no page (*.html) is below it; name the folder that is served",
			       path);
	return status;
}
