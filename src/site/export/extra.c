/* Pages of the operator: web/site/pages/NAME.md of the instance is the page /NAME/, and in the foot
 * of every page. Its first heading is its title. */
#include "site/export/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/io.h"
#include "base/utf8.h"
#include "directory/slug/slug.h"
#include "site/markdown/markdown.h"

enum { EXTRA_MAX = 32, EXTRA_BYTES = 1 << 20, EXTRA_ABOUT = 155 };

static int extra_is_page(const struct dirent *e)
{
	return e->d_name[0] != '.' && str_ends(str_of(e->d_name), STR(".md"));
}

static struct str extra_keep(struct theme *t, const struct buf *text)
{
	struct str copy = arena_str(&t->arena, buf_view(text));
	must(copy.p);
	return copy;
}

/* The first paragraph as one line, cut between words. */
static struct str extra_describe(struct theme *t, struct str text)
{
	struct buf plain;
	while (text.n && memchr("\r\n ", text.p[0], 3))
		text = (struct str){text.p + 1, text.n - 1};
	const char *end = memmem(text.p, text.n, "\n\n", 2);
	buf_init(&plain, EXTRA_BYTES * 2);
	markdown_plain(end ? (struct str){text.p, (size_t)(end - text.p)} : text, &plain);
	struct str about = utf8_cut(str_trim(buf_view(&plain)), EXTRA_ABOUT);
	while (about.n && about.n < plain.n && about.p[about.n] != ' ')
		about.n--;
	struct str kept = arena_str(&t->arena, str_trim(about));
	must(kept.p);
	buf_release(&plain);
	return kept;
}

static enum status extra_read_text(struct theme *t, struct str text, struct theme_extra *page,
				   struct err *err)
{
	struct buf html, title;
	if (!utf8_is_valid(text))
		return err_set(err, INVALID, "it is not UTF-8");
	struct str first = str_trim(str_cut(&text, '\n'));
	if (!str_starts(first, STR("# ")))
		return err_set(err, INVALID, "line 1: it begins with no title (\"# Title\")");
	/* With the end of the first line, so that mistakes have the file's line numbers. */
	text = text.p ? (struct str){text.p - 1, text.n + 1} : STR("");
	buf_init(&title, EXTRA_BYTES);
	markdown_plain((struct str){first.p + 2, first.n - 2}, &title);
	page->title = str_trim(extra_keep(t, &title));
	buf_release(&title);
	buf_init(&html, 8 * EXTRA_BYTES);
	enum status status = markdown_html(text, 2, &t->own_links, &html, err);
	page->html = extra_keep(t, &html);
	page->about = extra_describe(t, text);
	buf_release(&html);
	return status;
}

static enum status extra_read(struct theme *t, const char *folder, const char *file,
			      XXH3_state_t *hash, struct err *err)
{
	struct theme_extra page = {.html = STR("")};
	struct str name = {file, strlen(file) - 3};
	char path[PATH_MAX], slug[SLUG_BYTES];
	struct buf text;
	enum status status = io_path(path, sizeof(path), err, "%s/%s", folder, file);
	if (status != OK)
		return status;
	if (!str_eq(slug_of(name, STR(""), slug), name) || slug_is_reserved(name))
		return err_set(
		    err, INVALID,
		    "%s: the name of a page is lower-case letters, digits and hyphens, no other address of the site, and not two letters",
		    path);
	page.name = arena_str(&t->arena, name);
	must(page.name.p);
	buf_init(&text, EXTRA_BYTES);
	status = io_read_file(path, &text, err);
	if (status == OK) {
		XXH3_64bits_update(hash, name.p, name.n);
		XXH3_64bits_update(hash, text.p, text.n);
		status = extra_read_text(t, buf_view(&text), &page, err);
	}
	buf_release(&text);
	if (status != OK)
		return err_prefix(err, status, "%s", path);
	t->extra[t->extras++] = page;
	return OK;
}

enum status extra_load(struct theme *t, const char *folder, XXH3_state_t *hash, struct err *err)
{
	struct dirent **names = NULL;
	enum status status = OK;
	int n = folder ? scandir(folder, &names, extra_is_page, alphasort) : 0;
	if (n < 0)
		return errno == ENOENT ? OK : err_errno(err, FAILED, "%s", folder);
	if (n > EXTRA_MAX)
		status =
		    err_set(err, INVALID, "%s: there are more than %d pages", folder, EXTRA_MAX);
	t->extra = arena_array(&t->arena, (size_t)n + 1, sizeof(*t->extra));
	must(t->extra);
	for (int i = 0; i < n; i++) {
		if (status == OK)
			status = extra_read(t, folder, names[i]->d_name, hash, err);
		free(names[i]);
	}
	free(names);
	return status;
}

void extra_put_links(struct maker *m)
{
	struct json_value *list = NULL;
	for (size_t i = 0; i < m->theme->extras; i++) {
		const struct theme_extra *page = &m->theme->extra[i];
		list = list ? list : json_build(&m->b, m->root, "extra_pages", JSON_IS_ARRAY);
		struct json_value *v = json_build(&m->b, list, NULL, JSON_IS_OBJECT);
		JSON_BUILD_JOIN(&m->b, v, "href", m->theme->base, STR("/"), page->name, STR("/"));
		json_build_text(&m->b, v, "name", page->title);
	}
}
