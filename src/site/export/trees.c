/* Pages in several languages (site.languages): a tree for each in DIR/TAG, exported one after the
 * other, and at the root a page that leads to them, robots.txt and the operator's files. */
#include "site/export/internal.h"

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

/* Leads to the trees. Its texts are the names of languages, so that it needs no language itself. */
static void trees_put_page(const struct config *config, const struct trees *trees, struct str base,
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

static enum status trees_run_one(const struct export_options *o, const struct export_input *in,
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

enum status trees_run(const struct export_options *o, const struct trees *trees,
		      struct export_report *report, struct err *err)
{
	char state[PATH_MAX];
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
	status = export_input_open(&in, o, err);
	for (size_t i = 0; i < trees->count && status == OK; i++) {
		struct export_report one;
		status = trees_run_one(o, &in, trees, trees->language[i], state, &one, err);
		if (status == OK)
			trees_add_report(report, &one);
	}
	export_input_close(&in);
	return status == OK && !o->dry_run ? trees_write_root(o, trees, err) : status;
}
