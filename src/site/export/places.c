/* The pages above the lists (home, regions, categories), sources, imprint, privacy, the page for
 * missing addresses, and the assets. */
#include "site/export/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/files.h"
#include "base/memory.h"

enum status files_put(struct export_files *f, const char *path, struct str content, struct err *err)
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
		status = writer_put(f->writer, path, content, there != NULL, err);
	if (status == OK)
		journal_file(f->journal, path, hash);
	return status == OK ? journal_flush(f->journal, err) : status;
}

static enum status places_put_page(struct export_files *f, struct maker *m, enum theme_page page,
				   const char *path, struct err *err)
{
	enum status status = maker_render(m, page, err);
	return status == OK ? files_put(f, path, buf_view(&m->out), err)
			    : err_prefix(err, status, "%s", path);
}

static struct str places_link(struct maker *m, char letter, struct str key)
{
	return MAKER_JOIN(m, m->theme->base, STR("/"), {&letter, 1}, STR("/"), key, STR("/"));
}

static void places_put_link(struct maker *m, struct json_value *list, struct str href,
			    struct str name, uint64_t count)
{
	struct json_value *v = json_build(&m->b, list, NULL, JSON_IS_OBJECT);
	json_build_text(&m->b, v, "href", href);
	json_build_text(&m->b, v, "name", name);
	json_build_text(&m->b, v, "count", maker_count(m, count));
}

/* ---- regions and categories that have lists ---- */

/* A list, as the pages of regions and categories show it. */
struct place_list {
	int32_t region;
	int category;
	uint64_t count;
};

static int by_category(const void *a, const void *b)
{
	const struct place_list *x = a, *y = b;
	if (x->category != y->category)
		return x->category < y->category ? -1 : 1;
	return x->count < y->count ? 1 : x->count > y->count ? -1 : x->region - y->region;
}

static int by_region(const void *a, const void *b)
{
	const struct place_list *x = a, *y = b;
	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	return x->count < y->count ? 1 : x->count > y->count ? -1 : x->category - y->category;
}

static int larger_first(const void *a, const void *b)
{
	const struct place_list *x = a, *y = b;
	return x->count < y->count ? 1 : x->count > y->count ? -1 : x->region - y->region;
}

static struct place_list *places_lists(const struct lists *l)
{
	struct place_list *parts = memory_array(l->lists + 1, sizeof(*parts));
	for (size_t i = 0; i < l->lists; i++)
		parts[i] = (struct place_list){l->list[i].region, l->list[i].category,
					       l->list[i].to - l->list[i].from};
	return parts;
}

/* ---- region and category pages: a heading and links to lists ---- */

static enum status places_page(struct export_files *f, struct maker *m,
			       const struct place_list *parts, size_t n, bool is_region,
			       struct err *err)
{
	const struct region *region = theme_region(m->theme, parts->region);
	struct str key = is_region ? region->key : theme_category_key(parts->category);
	struct str name =
	    is_region ? region->name : theme_category_label(m->theme, parts->category);
	char path[EXPORT_PATH];
	uint64_t total = 0;
	maker_begin(m);
	struct json_value *places = json_build(&m->b, m->root, "places", JSON_IS_ARRAY);
	for (size_t i = 0; i < n; i++) {
		struct str r = theme_region(m->theme, parts[i].region)->key;
		struct str c = theme_category_key(parts[i].category);
		places_put_link(
		    m, places,
		    MAKER_JOIN(m, m->theme->base, STR("/r/"), r, STR("/"), c, STR(".html")),
		    is_region ? theme_category_label(m->theme, parts[i].category)
			      : theme_region(m->theme, parts[i].region)->name,
		    parts[i].count);
		total += parts[i].count;
	}
	json_build_text(&m->b, m->root, "heading", name);
	json_build_text(&m->b, m->root, "count", maker_count(m, total));
	int length = snprintf(path, sizeof(path), "%c/%.*s/", is_region ? 'r' : 'c', STR_ARG(key));
	must(length > 0 && length + 16 < EXPORT_PATH);
	maker_head(m, name, MAKER_FILL(m, is_region ? WORD_REGION_ABOUT : WORD_KIND_ABOUT, name),
		   path);
	snprintf(path + length, sizeof(path) - (size_t)length, "index.html");
	return places_put_page(f, m, is_region ? THEME_REGION : THEME_CATEGORY, path, err);
}

static enum status places_pages(struct export_files *f, struct maker *m, struct place_list *parts,
				size_t n, bool is_region, struct err *err)
{
	enum status status = OK;
	qsort(parts, n, sizeof(*parts), is_region ? by_region : by_category);
	for (size_t from = 0, to; from < n && status == OK; from = to) {
		for (to = from + 1;
		     to < n && (is_region ? parts[to].region == parts[from].region
					  : parts[to].category == parts[from].category);)
			to++;
		status = places_page(f, m, parts + from, to - from, is_region, err);
	}
	return status;
}

/* ---- home ---- */

/* Sum the counts of adjacent lists of the same region or category, in place. Returns the number of
 * sums. */
static size_t places_sum(struct place_list *parts, size_t n, bool is_region)
{
	size_t sums = 0;
	for (size_t i = 0; i < n; i++) {
		bool same = sums && (is_region ? parts[sums - 1].region == parts[i].region
					       : parts[sums - 1].category == parts[i].category);
		if (same)
			parts[sums - 1].count += parts[i].count;
		else
			parts[sums++] = parts[i];
	}
	return sums;
}

static void places_put_groups(struct maker *m, const struct place_list *sums, size_t n)
{
	struct json_value *groups = json_build(&m->b, m->root, "groups", JSON_IS_ARRAY);
	struct json_value *categories = NULL;
	struct str now = STR("");
	for (size_t i = 0; i < n; i++) {
		const struct taxonomy_category *c = taxonomy_by_id(sums[i].category);
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
		places_put_link(m, categories,
				places_link(m, 'c', theme_category_key(sums[i].category)),
				theme_category_label(m->theme, sums[i].category), sums[i].count);
	}
}

static enum status places_home(struct export_files *f, struct maker *m, const struct lists *l,
			       struct err *err)
{
	struct place_list *parts = places_lists(l);
	struct str name = str_of(config_text(m->theme->config, CONFIG_SITE_NAME));
	maker_begin(m);
	json_build_true(&m->b, m->root, "home", true);
	if (l->count)
		json_build_text(&m->b, m->root, "total", maker_count(m, l->count));
	qsort(parts, l->lists, sizeof(*parts), by_category);
	places_put_groups(m, parts, places_sum(parts, l->lists, false));
	free(parts);
	parts = places_lists(l);
	qsort(parts, l->lists, sizeof(*parts), by_region);
	size_t n = places_sum(parts, l->lists, true);
	qsort(parts, n, sizeof(*parts), larger_first);
	struct json_value *regions = json_build(&m->b, m->root, "regions", JSON_IS_ARRAY);
	for (size_t i = 0; i < n; i++) {
		const struct region *r = theme_region(m->theme, parts[i].region);
		places_put_link(m, regions, places_link(m, 'r', r->key), r->name, parts[i].count);
	}
	free(parts);
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
	json_build_text(&m->b, m->root, "contact",
			str_of(config_text(m->theme->config, CONFIG_SITE_CONTACT_URL)));
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
	} used[] = {{"assets/site.css", "assets/site.css", false},
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

enum status places_write(struct export_files *f, struct maker *m, const struct lists *l,
			 struct err *err)
{
	struct place_list *parts = places_lists(l);
	enum status status = places_pages(f, m, parts, l->lists, true, err);
	if (status == OK)
		status = places_pages(f, m, parts, l->lists, false, err);
	free(parts);
	if (status == OK)
		status = places_home(f, m, l, err);
	if (status == OK)
		status = places_sources(f, m, err);
	if (status == OK)
		status = places_imprint(f, m, err);
	if (status == OK)
		status = places_plain(f, m, err);
	return status == OK ? places_assets(f, m, err) : status;
}
