/* Home, sources, imprint, privacy, the page for missing addresses, and the assets. */
#include "site/export/internal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/files.h"
#include "base/memory.h"

enum { HOME_TOWNS = 24 };

static enum status files_write(struct export_files *f, const char *path, struct str content,
			       bool over, struct err *err)
{
	if (f->sink)
		return f->sink(f->sink_ctx, path, content, err);
	uint64_t hash = XXH3_64bits(content.p, content.n) | 1;
	const struct entry_file *there = manifest_find_file(f->spare, path);
	manifest_add_file(f->next, path, hash);
	if (there && there->hash == hash) {
		f->unchanged++;
		return OK;
	}
	journal_file(f->journal, path, 0);
	enum status status = journal_flush(f->journal, err);
	if (status == OK)
		status = writer_put(f->writer, path, content, there || over, err);
	if (status == OK)
		journal_file(f->journal, path, hash);
	return status == OK ? journal_flush(f->journal, err) : status;
}

enum status files_put(struct export_files *f, const char *path, struct str content, struct err *err)
{
	return files_write(f, path, content, false, err);
}

enum status files_put_over(struct export_files *f, const char *path, struct str content,
			   struct err *err)
{
	return files_write(f, path, content, true, err);
}

static enum status places_put_page(struct export_files *f, struct maker *m, enum theme_page page,
				   const char *path, struct err *err)
{
	enum status status = maker_render(m, page, err);
	return status == OK ? files_put(f, path, buf_view(&m->out), err)
			    : err_prefix(err, status, "%s", path);
}

/* ---- home ---- */

static void places_put_link(struct maker *m, struct json_value *list, const struct list_overview *o)
{
	const struct level_page page = {o->level, o->id, LEVEL_ALL, 0};
	struct json_value *v = json_build(&m->b, list, NULL, JSON_IS_OBJECT);
	JSON_BUILD_JOIN(&m->b, v, "href", m->theme->base, STR("/"), level_link(m, &page));
	json_build_text(&m->b, v, "name", level_name(m->theme, o->level, o->id));
	json_build_text(&m->b, v, "count", maker_count(m, o->count));
}

static int places_larger_first(const void *a, const void *b)
{
	const struct list_overview *x = *(const struct list_overview *const *)a,
				   *y = *(const struct list_overview *const *)b;
	return x->count < y->count   ? 1
	       : x->count > y->count ? -1
				     : (x->id > y->id) - (x->id < y->id);
}

/* The pages of a level under `key` of the root, the largest first, at most `most`. */
static void places_put_level(struct maker *m, const struct lists *l, enum level level,
			     const char *key, size_t most)
{
	const struct list_overview **all =
	    memory_array(l->overviews + 1, sizeof(const struct list_overview *));
	size_t n = 0;
	for (size_t i = 0; i < l->overviews; i++)
		if (l->overview[i].level == level)
			all[n++] = &l->overview[i];
	qsort(all, n, sizeof(const struct list_overview *), places_larger_first);
	struct json_value *list = json_build(&m->b, m->root, key, JSON_IS_ARRAY);
	for (size_t i = 0; i < n && i < most; i++)
		places_put_link(m, list, all[i]);
	free(all);
}

/* Kinds by group; their overviews are in the order of their ids. */
static void places_put_groups(struct maker *m, const struct lists *l)
{
	struct json_value *groups = json_build(&m->b, m->root, "groups", JSON_IS_ARRAY);
	struct json_value *categories = NULL;
	struct str now = STR("");
	for (size_t i = 0; i < l->overviews; i++) {
		const struct list_overview *o = &l->overview[i];
		if (o->level != LEVEL_KIND || !o->made)
			continue;
		const struct taxonomy_category *c = taxonomy_by_id((int)o->id);
		struct str group = c ? str_of(c->group) : STR("-");
		if (!categories || !str_eq(group, now)) {
			struct json_value *v = json_build(&m->b, groups, NULL, JSON_IS_OBJECT);
			json_build_text(&m->b, v, "label",
					c ? wording_find(m->theme->wording,
							 str_of(taxonomy_group(group)->label))
					  : maker_word(m, WORD_OTHERS));
			categories = json_build(&m->b, v, "categories", JSON_IS_ARRAY);
			now = group;
		}
		places_put_link(m, categories, o);
	}
}

static enum status places_home(struct export_files *f, struct maker *m, const struct lists *l,
			       struct err *err)
{
	struct str name = str_of(config_text(m->theme->config, CONFIG_SITE_NAME));
	maker_begin(m);
	json_build_true(&m->b, m->root, "home", true);
	if (l->published)
		json_build_text(&m->b, m->root, "total", maker_count(m, l->published));
	places_put_groups(m, l);
	places_put_level(m, l, LEVEL_REGION, "regions", SIZE_MAX);
	places_put_level(m, l, LEVEL_PLACE, "towns", HOME_TOWNS);
	struct err ignored; /* a page without a block is a page */
	buf_reset(&m->block);
	if (m->theme->is_public &&
	    facts_site_jsonld(name, m->theme->url,
			      str_of(wording_language(m->theme->wording)->html), &m->arena,
			      &m->block, &ignored) == OK)
		json_build_text(&m->b, m->root, "facts_block", buf_view(&m->block));
	maker_head(m, name, MAKER_FILL(m, WORD_HOME_ABOUT, name), "");
	return places_put_page(f, m, THEME_HOME, "index.html", err);
}

/* ---- sources, imprint, privacy, missing pages ---- */

static enum status places_sources(struct export_files *f, struct maker *m, struct err *err)
{
	maker_begin(m);
	struct json_value *all = json_build(&m->b, m->root, "all", JSON_IS_ARRAY);
	for (size_t i = 0; i < m->theme->sources; i++)
		maker_source(m, all, &m->theme->source[i]);
	maker_head(m, maker_word(m, WORD_SOURCES), maker_word(m, WORD_SOURCES_ABOUT), "sources/");
	return places_put_page(f, m, THEME_SOURCES, "sources/index.html", err);
}

static enum status places_imprint(struct export_files *f, struct maker *m, struct err *err)
{
	maker_begin(m);
	struct str lines = str_of(config_text(m->theme->config, CONFIG_SITE_OPERATOR));
	struct json_value *list = json_build(&m->b, m->root, "operator", JSON_IS_ARRAY);
	while (lines.p) {
		struct str line = str_trim(str_cut(&lines, '|'));
		if (line.n)
			json_build(&m->b, list, NULL, JSON_IS_STRING)->text = line;
	}
	json_build_text(&m->b, m->root, "contact", m->theme->contact);
	maker_head(m, maker_word(m, WORD_IMPRINT), maker_word(m, WORD_IMPRINT_ABOUT), "imprint/");
	return places_put_page(f, m, THEME_IMPRINT, "imprint/index.html", err);
}

static enum status places_search(struct export_files *f, struct maker *m, struct err *err)
{
	maker_begin(m);
	json_build_true(&m->b, m->root, "searches", true);
	json_build_text(&m->b, m->root, "search_url",
			str_of(config_text(m->theme->config, CONFIG_SITE_SEARCH_URL)));
	/* Its results are no page of their own. */
	maker_head(m, maker_word(m, WORD_SEARCH), STR(""), NULL);
	return places_put_page(f, m, THEME_SEARCH, SEARCH_PAGE, err);
}

static enum status places_plain(struct export_files *f, struct maker *m, struct err *err)
{
	maker_begin(m);
	maker_head(m, maker_word(m, WORD_PRIVACY), maker_word(m, WORD_PRIVACY_ABOUT), "privacy/");
	enum status status = places_put_page(f, m, THEME_PRIVACY, "privacy/index.html", err);
	if (status != OK)
		return status;
	if (m->theme->search_script.n)
		status = places_search(f, m, err);
	if (status != OK)
		return status;
	maker_begin(m);
	json_build_true(&m->b, m->root, "searches", m->theme->search_script.n > 0);
	maker_head(m, maker_word(m, WORD_NOT_FOUND), STR(""), NULL);
	return places_put_page(f, m, THEME_MISSING, "404.html", err);
}

static enum status places_assets(struct export_files *f, const struct maker *m, struct err *err)
{
	/* Files of web/ that the exported pages use. */
	static const struct {
		const char *file, *path;
		bool searches; /* only when the site has a search */
	} used[] = {{"assets/business.css", "assets/business.css", false},
		    {"assets/site.css", "assets/site.css", false},
		    {"assets/icon.svg", "assets/icon.svg", false},
		    {"site/search.js", "assets/search.js", true}};
	enum status status = files_put(f, "assets/open.js", m->theme->script_body, err);
	for (size_t i = 0; i < COUNT_OF(used) && status == OK; i++) {
		const struct file *file = files_find(str_of(used[i].file));
		must(file);
		if (used[i].searches && !m->theme->search_script.n)
			continue;
		status = files_put(f, used[i].path, file->body, err);
	}
	return status;
}

/* Whether a town has the name, or a business has a page in its folder. */
static bool places_is_taken(const struct theme *t, const struct manifest *m, struct str name)
{
	for (size_t i = 0; i < t->places; i++)
		if (str_eq(t->place[i].slug, name))
			return true;
	for (size_t i = 0; m && i < m->entries; i++) {
		struct str path = str_of(manifest_path(&m->entry[i]));
		if (path.n > name.n && path.p[name.n] == '/' && str_starts(path, name))
			return true;
	}
	return false;
}

static enum status places_extra(struct export_files *f, struct maker *m, struct err *err)
{
	enum status status = OK;
	for (size_t i = 0; i < m->theme->extras && status == OK; i++) {
		const struct theme_extra *page = &m->theme->extra[i];
		char path[EXPORT_PATH];
		if (places_is_taken(m->theme, f->next, page->name))
			return err_set(
			    err, CONFLICT,
			    "web/site/pages/%s.md: a town of the directory has this address; name the page differently",
			    page->name.p);
		snprintf(path, sizeof(path), "%s/", page->name.p);
		maker_begin(m);
		json_build_text(&m->b, m->root, "heading", page->title);
		json_build_text(&m->b, m->root, "content", page->html);
		maker_head(m, page->title, page->about, path);
		snprintf(path, sizeof(path), "%s/index.html", page->name.p);
		status = places_put_page(f, m, THEME_EXTRA, path, err);
	}
	return status;
}

enum status places_write(struct export_files *f, struct maker *m, const struct lists *l,
			 struct err *err)
{
	enum status status = places_home(f, m, l, err);
	if (status == OK)
		status = places_sources(f, m, err);
	if (status == OK)
		status = places_imprint(f, m, err);
	if (status == OK)
		status = places_plain(f, m, err);
	if (status == OK)
		status = places_extra(f, m, err);
	return status == OK ? places_assets(f, m, err) : status;
}
