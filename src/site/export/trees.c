/* Pages in several languages (site.languages): a tree for each in DIR/TAG, exported one after the
 * other, and at the root a page that leads to them, robots.txt and the operator's files. */
#include "site/export/redirects.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/folder.h"
#include "base/io.h"

enum status trees_languages(const struct config *config, struct trees *out, struct err *err)
{
	struct str tags = str_of(config_text(config, CONFIG_SITE_LANGUAGES));
	*out = (struct trees){.count = 0};
	while (tags.p) {
		struct str tag = str_trim(str_cut(&tags, ' '));
		const struct language *language = language_find(tag);
		if (!tag.n)
			continue;
		if (!language)
			return err_set(
			    err, INVALID,
			    "site.languages: pages are not made in \"%.*s\"; possible are en, de, fr, it, es, nl, sr, ar",
			    STR_ARG(tag));
		for (size_t i = 0; i < out->count; i++)
			if (out->language[i] == language)
				return err_set(err, INVALID,
					       "site.languages: \"%.*s\" is there twice",
					       STR_ARG(tag));
		must(out->count < TREES_MAX);
		out->language[out->count++] = language;
	}
	if (out->count == 1)
		return err_set(err, INVALID,
			       "site.languages: one language alone is set by site.lang = %s",
			       out->language[0]->tag);
	return OK;
}

/* ---- the root ---- */

void trees_put_page(const struct config *config, const struct trees *trees, struct str base,
		    bool missing, struct buf *out)
{
	struct str name = str_of(config_text(config, CONFIG_SITE_NAME));
	struct buf escaped;
	buf_init(&escaped, 8192);
	buf_html(&escaped, name);
	buf_printf(
	    out,
	    "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s%s</title>\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<meta name=\"description\" content=\"%s:",
	    trees->language[0]->html, missing ? "404 – " : "", buf_z(&escaped), buf_z(&escaped));
	for (size_t i = 0; i < trees->count; i++)
		buf_printf(out, "%s %s", i ? "," : "", trees->language[i]->name);
	buf_puts(out, "\">\n");
	if (missing)
		buf_puts(out, "<meta name=\"robots\" content=\"noindex\">\n");
	const char *url = config_text(config, CONFIG_SITE_URL);
	if (*url && !missing) {
		buf_printf(out, "<link rel=\"canonical\" href=\"%s/\">\n", url);
		for (size_t i = 0; i < trees->count; i++)
			buf_printf(out,
				   "<link rel=\"alternate\" hreflang=\"%s\" href=\"%s/%s/\">\n",
				   trees->language[i]->html, url, trees->language[i]->tag);
		buf_printf(out, "<link rel=\"alternate\" hreflang=\"x-default\" href=\"%s/\">\n",
			   url);
	}
	buf_printf(out, "<link rel=\"stylesheet\" href=\"%.*s/%s/assets/site.css\">\n",
		   STR_ARG(base), trees->language[0]->tag);
	buf_printf(out, "</head>\n<body>\n<main class=\"wrap plain\">\n<h1>%s</h1>\n<ul>\n",
		   buf_z(&escaped));
	for (size_t i = 0; i < trees->count; i++) {
		const struct language *l = trees->language[i];
		buf_printf(
		    out, "<li><a href=\"%.*s/%s/\" hreflang=\"%s\" lang=\"%s\"%s>%s</a></li>\n",
		    STR_ARG(base), l->tag, l->html, l->html, l->rtl ? " dir=\"rtl\"" : "", l->name);
	}
	buf_puts(out, "</ul>\n</main>\n</body>\n</html>\n");
	buf_release(&escaped);
}

/* A file of the operator wins over that of the root. */
static enum status trees_put_file(const struct export_options *o, const char *name,
				  struct str content, struct err *err)
{
	char own[PATH_MAX];
	enum status status = OK;
	if (o->own_dir)
		status = io_path(own, sizeof(own), err, "%s/%s", o->own_dir, name);
	if (status != OK || (o->own_dir && access(own, F_OK) == 0))
		return status;
	return own_put_plain(o->dir, name, content, err);
}

static enum status trees_write_root(const struct export_options *o, const struct trees *trees,
				    struct err *err)
{
	struct buf page;
	struct str url = str_of(config_text(o->config, CONFIG_SITE_URL));
	const char *host = url.n ? strstr(url.p, "://") : NULL;
	const char *path = host ? strchr(host + 3, '/') : NULL;
	struct str base = path ? str_of(path) : STR("");
	buf_init(&page, EXPORT_PAGE_MAX);
	trees_put_page(o->config, trees, base, false, &page);
	enum status status = trees_put_file(o, "index.html", buf_view(&page), err);
	buf_reset(&page);
	trees_put_page(o->config, trees, base, true, &page);
	if (status == OK)
		status = trees_put_file(o, "404.html", buf_view(&page), err);
	buf_reset(&page);
	buf_puts(&page, "User-agent: *\nAllow: /\n");
	for (size_t i = 0; i < trees->count && url.n; i++)
		buf_printf(&page, "Sitemap: %.*s/%s/sitemap.xml\n", STR_ARG(url),
			   trees->language[i]->tag);
	if (status == OK)
		status = trees_put_file(o, "robots.txt", buf_view(&page), err);
	buf_release(&page);
	return status == OK ? own_public_copy_plain(o->own_dir, o->dir, err) : status;
}

/* ---- addresses from before there were several languages ---- */

/* A file of the root, or one that the operator publishes. */
static bool trees_is_of_root(const struct export_options *o, const char *path)
{
	static const char *const names[] = {"index.html", "404.html", "robots.txt"};
	char own[PATH_MAX];
	struct err ignored;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return o->own_dir && io_path(own, sizeof(own), &ignored, "%s/%s", o->own_dir, path) == OK &&
	       access(own, F_OK) == 0;
}

static enum status trees_remove_business(struct writer *w, const struct manifest_entry *e,
					 struct err *err)
{
	char path[EXPORT_PATH];
	enum status status = OK;
	for (int i = 0; i < BUSINESS_FILES && status == OK; i++) {
		business_file(str_of(manifest_path(e)), e->id, business_endings[i], path);
		status = writer_remove(w, path, err);
	}
	return status;
}

/* Remove the files of the site that had one language, and its spare tree. Its manifest goes last of
 * all, when the run has succeeded: an interrupted one is done again. */
static enum status trees_remove_single(const struct export_options *o, const char *state,
				       const char *manifest, struct err *err)
{
	struct manifest m;
	struct writer writer;
	char spare[PATH_MAX];
	manifest_init(&m);
	int root = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_errno(err, FAILED, "%s", o->dir);
	writer_init(&writer, root, 0, false);
	enum status status = manifest_read(&m, manifest, err);
	for (size_t i = 0; i < m.entries && status == OK; i++)
		if (m.entry[i].state >= ENTRY_NOINDEX)
			status = trees_remove_business(&writer, &m.entry[i], err);
	for (size_t i = 0; i < m.files && status == OK; i++)
		if (!trees_is_of_root(o, m.file[i].path))
			status = writer_remove(&writer, m.file[i].path, err);
	writer_release(&writer);
	manifest_release(&m);
	close(root);
	if (status == OK)
		status = io_path(spare, sizeof(spare), err, "%s/tree", state);
	int fd = status == OK ? open(spare, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd < 0)
		return status;
	status = folder_empty(fd, err);
	close(fd);
	(void)!rmdir(spare);
	return status;
}

/* The stubs at the root are written down, so that what is there besides is the operator's. */
static enum status trees_read_stubs(const char *file, struct buf *text, struct manifest *stubs,
				    struct err *err)
{
	char path[EXPORT_PATH];
	buf_init(text, 1 << 30);
	manifest_init(stubs);
	enum status status = access(file, F_OK) == 0 ? io_read_file(file, text, err) : OK;
	struct str rest = buf_view(text);
	while (status == OK && rest.n) {
		struct str line = str_cut(&rest, '\n');
		if (!line.n || line.n >= sizeof(path))
			continue;
		snprintf(path, sizeof(path), "%.*s", STR_ARG(line));
		manifest_add_file(stubs, path, 1);
	}
	manifest_sort_files(stubs);
	return status;
}

static enum status trees_put_stub(const struct export_options *o, const struct redirects *root,
				  const struct redirect *lead, bool ours, struct err *err)
{
	char full[PATH_MAX];
	struct buf page;
	enum status status = io_path(full, sizeof(full), err, "%s/%s", o->dir, lead->from.p);
	if (status != OK || trees_is_of_root(o, lead->from.p) || (!ours && access(full, F_OK) == 0))
		return status;
	buf_init(&page, EXPORT_PAGE_MAX);
	if (lead->card)
		status = io_path(full, sizeof(full), err, "%s/%s", o->dir, lead->to.p);
	else
		redirects_put_stub(root, lead, &page);
	if (status == OK && lead->card)
		status = io_read_file(full, &page, err);
	if (status == OK)
		status = own_put_plain(o->dir, lead->from.p, buf_view(&page), err);
	buf_release(&page);
	return status;
}

/* Write the stubs, and remove those that lead nowhere any more. `then`: the stubs before. */
static enum status trees_put_stubs(const struct export_options *o, const struct redirects *root,
				   const struct manifest *then, const char *file, struct err *err)
{
	struct manifest now;
	struct buf list;
	enum status status = OK;
	size_t count = root->how == REDIRECTS_STUBS ? root->items : 0;
	buf_init(&list, 1 << 30);
	manifest_init(&now);
	for (size_t i = 0; i < count; i++) {
		manifest_add_file(&now, root->item[i].from.p, 1);
		buf_printf(&list, "%s\n", root->item[i].from.p);
	}
	manifest_sort_files(&now);
	struct writer writer;
	int fd = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	writer_init(&writer, fd, 0, false);
	for (size_t i = 0; i < count && status == OK; i++) {
		const char *from = root->item[i].from.p;
		status = trees_put_stub(o, root, &root->item[i],
					manifest_find_file(then, from) != NULL, err);
	}
	for (size_t i = 0; i < then->files && status == OK; i++)
		if (!manifest_find_file(&now, then->file[i].path))
			status = writer_remove(&writer, then->file[i].path, err);
	if (status == OK)
		status = io_write_file(file, buf_view(&list), 0644, err);
	writer_release(&writer);
	if (fd >= 0)
		close(fd);
	buf_release(&list);
	manifest_release(&now);
	return status;
}

static enum status trees_write_redirects(const struct export_options *o, const char *state,
					 const struct redirects *root, struct err *err)
{
	struct manifest stubs;
	struct buf text;
	char file[PATH_MAX];
	enum status status = io_path(file, sizeof(file), err, "%s/stubs", state);
	if (status != OK)
		return status;
	status = trees_read_stubs(file, &text, &stubs, err);
	if (status == OK)
		status = trees_put_stubs(o, root, &stubs, file, err);
	manifest_release(&stubs);
	buf_release(&text);
	return status == OK ? redirects_write_maps(root, state, "", err) : status;
}

/* ---- all of it ---- */

/* Add a tree's counts to those of all. */
static void trees_add_report(struct export_report *all, const struct export_report *one)
{
	all->nothing_changed &= one->nothing_changed;
	all->whole |= one->whole;
	all->no_address = one->no_address;
	all->generation = one->generation;
	all->read += one->read;
	all->written += one->written;
	all->unchanged += one->unchanged;
	all->removed += one->removed;
	all->pages += one->pages;
	all->noindex += one->noindex;
	all->withheld += one->withheld;
	all->lists += one->lists;
	all->files += one->files;
	all->redirects += one->redirects;
	all->own_lost += one->own_lost;
	all->pictures = one->pictures; /* the trees have the same */
	all->pictures_refused = one->pictures_refused;
	all->bytes += one->bytes;
	for (size_t i = 0; i < GATE_CAUSES; i++)
		all->gate.count[i] += one->gate.count[i];
	for (size_t i = 0; i < FACTS_FAULTS_MAX; i++)
		all->dropped[i] += one->dropped[i];
}

static enum status trees_run_one(const struct export_options *o, struct export_input *in,
				 const struct trees *trees, const struct language *language,
				 const char *state, struct export_report *report, struct err *err)
{
	char dir[PATH_MAX], own_state[PATH_MAX];
	struct export_options one = *o;
	enum status status = io_path(dir, sizeof(dir), err, "%s/%s", o->dir, language->tag);
	if (status == OK)
		status = io_path(own_state, sizeof(own_state), err, "%s/%s", state, language->tag);
	if (status != OK)
		return status;
	one.dir = dir;
	one.state = own_state;
	one.language = language;
	one.trees = trees;
	one.own_dir = NULL;
	status = export_tree(&one, in, report, err);
	return status == OK ? OK : err_prefix(err, status, "%s", language->tag);
}

static enum status trees_make_folder(const char *path, bool dry_run, struct err *err)
{
	return dry_run || access(path, F_OK) == 0 ? OK : folder_make(path, 0755, err);
}

/* The trees are published: what is beside them at the root. single: the manifest of the site that
 * had one language; NULL: there is none. */
static enum status trees_finish(const struct export_options *o, const struct export_input *in,
				const struct trees *trees, const char *state, const char *single,
				const struct export_report *report, struct err *err)
{
	enum status status = single ? trees_remove_single(o, state, single, err) : OK;
	if (status == OK)
		status = trees_write_root(o, trees, err);
	if (status == OK && in->root_any && (single || !report->nothing_changed))
		status = trees_write_redirects(o, state, &in->root, err);
	if (status == OK && single && unlink(single) != 0)
		status = err_errno(err, FAILED, "%s", single);
	return status;
}

enum status trees_run(const struct export_options *o, const struct trees *trees,
		      struct export_report *report, struct err *err)
{
	char state[PATH_MAX], manifest[PATH_MAX + 32];
	struct export_input in;
	size_t n = strlen(o->dir);
	while (n > 1 && o->dir[n - 1] == '/')
		n--;
	enum status status = io_path(state, sizeof(state), err, "%.*s.state", (int)n, o->dir);
	*report = (struct export_report){.nothing_changed = true};
	if (status == OK)
		status = trees_make_folder(o->dir, o->dry_run, err);
	if (status == OK)
		status = trees_make_folder(state, o->dry_run, err);
	if (status != OK)
		return status;
	/* DIR is the tree of a site with one language, from before. */
	bool single = export_state_manifest(state, o->dir, manifest, sizeof(manifest), err) == OK &&
		      access(manifest, R_OK) == 0;
	if (single && !o->dry_run)
		status = redirects_remember_tree(state, manifest, err);
	if (status != OK)
		return status;
	status = export_input_open(&in, o, err);
	in.root_state = state;
	for (size_t i = 0; i < trees->count && status == OK; i++) {
		struct export_report one;
		status = trees_run_one(o, &in, trees, trees->language[i], state, &one, err);
		if (status == OK)
			trees_add_report(report, &one);
	}
	if (status == OK && !o->dry_run)
		status = trees_finish(o, &in, trees, state, single ? manifest : NULL, report, err);
	export_input_close(&in);
	return status;
}
