#include "site/export/preview.h"
#include "base/files.h"
#include "base/io.h"
#include "base/memory.h"
#include "site/export/internal.h"
#include "sql/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PREVIEW_PLACE = 200 /* businesses of a place */, PREVIEW_MOST = 1000 };

/* A page of the kinds that are made all at once. */
struct preview_file {
	char *path, *body;
	size_t bytes;
};

/* The pages of one language. */
struct preview_tree {
	struct preview *of;
	struct export_options options; /* with its language */
	struct theme theme;
	struct maker maker;
	struct lists lists;
	bool ready; /* theme, maker and lists are made */
	bool filled;
	struct preview_file *file;
	size_t files, files_room;
};

struct preview {
	struct export_options options;
	struct db *db;
	struct photos photos;
	struct manifest entries, none;
	struct near near;
	struct trees trees;                  /* count 0: the site has one tree */
	struct preview_tree tree[TREES_MAX]; /* the first one, or one for each language */
	size_t count;
};

/* ---- what it is opened with ---- */

/* Append the page's values as JSON. They point into the rows and the business that they were made
 * of. */
static enum status preview_values(const struct preview_tree *t, struct buf *out, struct err *err)
{
	struct json_writer w;
	json_writer_init(&w, out);
	json_put_tree(&w, t->maker.root);
	return buf_failed(out) ? err_set(err, TOO_LARGE, "the page has too many values") : OK;
}

/* Render the business that has the id into t->maker. keep: the entry is put into a manifest.
 * values: the page's values are appended to it; may be NULL. */
static enum status preview_business(struct preview_tree *t, int64_t id, bool keep,
				    struct buf *values, struct manifest_entry *e, struct err *err)
{
	struct db_rows rows;
	struct business b;
	struct buf ids;
	buf_init(&ids, 64);
	array_begin(&ids);
	array_i64(&ids, id);
	maker_begin(&t->maker);
	enum status status = DB_RUN(t->of->db, sql_export_rows, &rows, err, array_end(&ids));
	buf_release(&ids);
	if (status != OK)
		return status;
	char text[RECORD_ID_TEXT];
	record_id_format(id, text);
	if (rows.rows == 0)
		status = err_set(err, NOT_FOUND, "there is no business with the id %s", text);
	if (status == OK)
		status = business_read(&t->maker, &rows, 0, &b, err);
	if (status == OK)
		status = business_page(&t->maker, &b, e, err);
	if (status == OK && e->state == ENTRY_WITHHELD)
		status = err_set(err, NOT_FOUND, "the business %s has no page: %s", text,
				 gate_causes[e->cause].text);
	if (status == OK && values)
		status = preview_values(t, values, err);
	if (status == OK && keep) {
		e->path = manifest_keep_path(b.path);
		e->name = e->shown ? manifest_keep_path(b.row_name) : 0;
	}
	db_rows_release(&rows);
	return status;
}

static enum status preview_add(struct preview *p, int64_t id, struct err *err)
{
	struct manifest_entry e;
	enum status status = preview_business(&p->tree[0], id, true, NULL, &e, err);
	if (status == OK)
		manifest_add(&p->entries, &e);
	return status;
}

/* The best businesses of a place. Those that have no page are left out. */
static enum status preview_add_place(struct preview *p, struct str slug, struct err *err)
{
	struct db_rows rows;
	enum status status =
	    DB_RUN(p->db, sql_export_only, &rows, err, DB_TEXT(slug), DB_I64(PREVIEW_PLACE));
	if (status != OK)
		return status;
	if (!rows.rows)
		status = err_set(
		    err, NOT_FOUND,
		    "--only: '%.*s' is neither the id of a business nor the address of a town that has any, such as hochtann",
		    STR_ARG(slug));
	for (int i = 0; i < rows.rows && status == OK; i++) {
		status = preview_add(p, db_i64(&rows, i, SQL_EXPORT_ONLY_ID), err);
		status = status == NOT_FOUND ? OK : status;
	}
	db_rows_release(&rows);
	return status;
}

/* "ID,PLACE,..." */
static enum status preview_read_only(struct preview *p, const char *only, struct err *err)
{
	struct str rest = str_of(only);
	enum status status = OK;
	while (rest.p && status == OK) {
		struct str item = str_trim(str_cut(&rest, ','));
		int64_t id;
		if (p->entries.entries > PREVIEW_MOST)
			status = err_set(err, TOO_LARGE, "--only: more than %d businesses",
					 PREVIEW_MOST);
		else if (record_id_parse(item, &id))
			status = preview_add(p, id, err);
		else
			status = preview_add_place(p, item, err);
	}
	manifest_sort(&p->entries);
	return status;
}

static enum status preview_never(const struct preview *p, struct err *err)
{
	return err_set(err, NOT_FOUND,
		       "%s was never exported: run holdfast export, or name businesses with --only",
		       p->options.dir);
}

static enum status preview_read_published(struct preview *p, struct err *err)
{
	struct export_state state;
	struct export_options first = p->options;
	char dir[PATH_MAX], folder[PATH_MAX];
	enum status status = OK;
	if (p->trees.count) {
		const char *tag = p->trees.language[0]->tag;
		status = io_path(dir, sizeof(dir), err, "%s/%s", first.dir, tag);
		if (status == OK)
			status =
			    io_path(folder, sizeof(folder), err, "%s.state/%s", first.dir, tag);
		first.dir = dir;
		first.state = folder;
	}
	if (status == OK && p->trees.count && access(folder, F_OK) != 0)
		status = preview_never(p, err);
	if (status == OK)
		status = export_state_open(&state, &first, err);
	if (status != OK)
		return status;
	status = state.published ? manifest_read(&p->entries, state.old_manifest, err)
				 : preview_never(p, err);
	export_state_close(&state);
	return status;
}

/* ---- templates ---- */

static void preview_forget_files(struct preview_tree *t)
{
	for (size_t i = 0; i < t->files; i++) {
		free(t->file[i].path);
		free(t->file[i].body);
	}
	t->files = 0;
	t->filled = false;
}

static void preview_unload(struct preview *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct preview_tree *t = &p->tree[i];
		preview_forget_files(t);
		if (!t->ready)
			continue;
		lists_release(&t->lists);
		maker_release(&t->maker);
		theme_release(&t->theme);
		t->ready = false;
	}
}

static enum status preview_load_tree(struct preview_tree *t, struct err *err)
{
	enum status status = theme_load(&t->theme, &t->options, NULL, t->of->db, err);
	if (status == OK)
		coming_prepare(&t->theme);
	if (status == OK)
		status = coming_read(&t->theme, t->of->db, err);
	if (status != OK) {
		theme_release(&t->theme);
		return status;
	}
	t->theme.photos = &t->of->photos;
	maker_init(&t->maker, &t->theme);
	memset(&t->lists, 0, sizeof(t->lists));
	t->ready = true;
	return OK;
}

static enum status preview_load(struct preview *p, struct err *err)
{
	enum status status = trees_languages(p->options.config, &p->trees, err);
	p->count = status != OK ? 0 : p->trees.count ? p->trees.count : 1;
	for (size_t i = 0; i < p->count && status == OK; i++) {
		struct preview_tree *t = &p->tree[i];
		t->of = p;
		t->options = p->options;
		if (p->trees.count) {
			t->options.trees = &p->trees;
			t->options.language = p->trees.language[i];
		}
		status = preview_load_tree(t, err);
	}
	return status;
}

static void preview_make_lists(struct preview *p)
{
	near_release(&p->near);
	near_of_manifest(&p->near, &p->entries);
	for (size_t i = 0; i < p->count; i++) {
		struct preview_tree *t = &p->tree[i];
		lists_make(&t->lists, &t->theme, &p->entries);
		lists_compare(&t->lists, &p->none);
		lists_link(&t->lists, &t->theme);
		t->theme.near = &p->near;
	}
}

enum status preview_reload(struct preview *p, struct err *err)
{
	preview_unload(p);
	enum status status = preview_load(p, err);
	if (status == OK)
		preview_make_lists(p);
	else
		preview_unload(p);
	return status;
}

enum status preview_open(const struct export_options *options, const char *only,
			 struct preview **out, struct err *err)
{
	struct preview *p = memory_alloc(sizeof(*p));
	*out = NULL;
	p->options = *options;
	p->options.dry_run = true;
	manifest_init(&p->entries);
	manifest_init(&p->none);
	enum status status = options->connect(options->ctx, &p->db, err);
	if (status == OK)
		status = photos_read(&p->photos, options->photos, p->db, err);
	if (status == OK)
		status = preview_load(p, err);
	if (status == OK)
		status = only ? preview_read_only(p, only, err) : preview_read_published(p, err);
	if (status == OK) {
		preview_make_lists(p);
		*out = p;
	} else {
		preview_free(p);
	}
	return status;
}

void preview_free(struct preview *p)
{
	if (!p)
		return;
	preview_unload(p);
	for (size_t i = 0; i < TREES_MAX; i++)
		free(p->tree[i].file);
	manifest_release(&p->entries);
	manifest_release(&p->none);
	near_release(&p->near);
	photos_release(&p->photos);
	if (p->db)
		db_close(p->db);
	free(p);
}

/* ---- pages ---- */

/* A files_sink. */
static enum status preview_keep(void *ctx, const char *path, struct str content, struct err *err)
{
	struct preview_tree *t = ctx;
	(void)err;
	t->file = memory_grow(t->file, &t->files_room, t->files + 1, sizeof(*t->file));
	struct preview_file *f = &t->file[t->files++];
	f->path = memory_strdup(path);
	f->body = memory_room(content.n + 1);
	f->bytes = content.n;
	memcpy(f->body, content.p, content.n);
	return OK;
}

static enum status preview_file_get(struct preview_tree *t, const char *path, struct buf *out,
				    struct err *err)
{
	struct export_files to = {.sink = preview_keep, .sink_ctx = t, .spare = &t->of->none};
	enum status status = OK;
	if (!t->filled)
		status = places_write(&to, &t->maker, &t->lists, err);
	if (status != OK) {
		preview_forget_files(t);
		return status;
	}
	t->filled = true;
	for (size_t i = 0; i < t->files; i++)
		if (strcmp(t->file[i].path, path) == 0) {
			buf_add(out, t->file[i].body, t->file[i].bytes);
			return OK;
		}
	return err_set(err, NOT_FOUND, "the site has no /%s", path);
}

static enum status preview_list_get(struct preview_tree *t, uint64_t work, struct buf *out,
				    struct err *err)
{
	struct db_rows rows;
	int row = 0;
	enum status status = lists_read(&t->lists, work, work + 1, t->of->db, &rows, err);
	if (status != OK)
		return status;
	status = lists_page(&t->maker, &t->lists, t->lists.work[work], &rows, &row, err);
	db_rows_release(&rows);
	buf_str(out, buf_view(&t->maker.out));
	return status;
}

/* Every piece in every state, from site/styles.json: what an operator's theme has to suit. */
static enum status preview_styles(struct preview_tree *t, struct buf *out, struct err *err)
{
	struct maker *m = &t->maker;
	struct json_value *samples;
	maker_begin(m);
	maker_head(m, STR("Every piece in every state"), STR(""), NULL);
	json_build_true(&m->b, m->root, "script", true);
	enum status status =
	    json_parse(&m->arena, files_find(STR("site/styles.json"))->body, &samples, err);
	if (status != OK || samples->kind != JSON_IS_ARRAY)
		return err_prefix(err, status == OK ? INVALID : status, "site/styles.json");
	struct json_value *list = json_build(&m->b, m->root, "samples", JSON_IS_ARRAY);
	list->first = samples->first;
	list->last = samples->last;
	list->count = samples->count;
	return template_render(template_find(t->theme.set, "styles"), m->root, out, err);
}

/* The id at the end of "b/34/34bemyn8dzknq.html" or "town/name-34bemyn8dzknq.html". */
static bool preview_id(struct str path, int64_t *id)
{
	static const struct str ending = STR(".html");
	if (!str_ends(path, ending) || path.n < ending.n + RECORD_ID_TEXT)
		return false;
	struct str text = {path.p + path.n - ending.n - (RECORD_ID_TEXT - 1), RECORD_ID_TEXT - 1};
	return (text.p[-1] == '/' || text.p[-1] == '-') && record_id_parse(text, id);
}

/* A picture, from the cache: "i/KEY-480.webp". */
static enum status preview_picture(struct preview *p, struct str path, struct buf *out,
				   struct err *err)
{
	char file[PATH_MAX];
	struct err ignored;
	struct str name = {path.p + 2, path.n - 2};
	if (!p->options.photos || memchr(name.p, '/', name.n) || name.p[0] == '.')
		return err_set(err, NOT_FOUND, "there is no such picture");
	enum status status =
	    io_path(file, sizeof(file), err, "%s/%.*s", p->options.photos->cache, STR_ARG(name));
	return status == OK && io_read_file(file, out, &ignored) != OK
		   ? err_set(err, NOT_FOUND, "there is no such picture")
		   : status;
}

/* The path of a file, from the address that a browser asks for. *tree: that of its language; NULL:
 * it is of the root of several. */
static struct str preview_path(struct preview *p, struct str address, char out[EXPORT_PATH],
			       struct preview_tree **tree)
{
	struct str base = p->tree[0].theme.site_base;
	struct str path = str_cut(&address, '?');
	if (base.n && str_starts(path, base))
		path = (struct str){path.p + base.n, path.n - base.n};
	while (path.n && path.p[0] == '/')
		path = (struct str){path.p + 1, path.n - 1};
	*tree = p->trees.count ? NULL : &p->tree[0];
	for (size_t i = 0; i < p->trees.count && !*tree; i++) {
		struct str rest = path, tag = str_cut(&rest, '/');
		if (rest.p && str_eq(tag, str_of(p->trees.language[i]->tag))) {
			*tree = &p->tree[i];
			path = rest;
		}
	}
	bool folder = path.n == 0 || path.p[path.n - 1] == '/';
	int n = snprintf(out, EXPORT_PATH, "%.*s%s", STR_ARG(path), folder ? "index.html" : "");
	return n > 0 && n < EXPORT_PATH ? (struct str){out, (size_t)n} : (struct str){NULL, 0};
}

/* What is beside the trees. */
static enum status preview_root(const struct preview *p, struct str path, struct buf *out,
				struct err *err)
{
	bool home = str_eq(path, STR("index.html"));
	if (!home && !str_eq(path, STR("404.html")))
		return err_set(err, NOT_FOUND, "the site has no /%.*s", STR_ARG(path));
	trees_put_page(p->options.config, &p->trees, p->tree[0].theme.site_base, !home, out);
	return OK;
}

enum status preview_get(struct preview *p, struct str address, struct buf *out, const char **type,
			struct err *err)
{
	char text[EXPORT_PATH], list[EXPORT_PATH];
	struct preview_tree *t;
	int64_t id;
	if (!p->count || !p->tree[0].ready)
		return err_set(err, INVALID, "the templates have a mistake");
	struct str path = preview_path(p, address, text, &t);
	*type = files_type(path);
	if (!path.n)
		return err_set(err, NOT_FOUND, "the address is too long");
	if (strcmp(text, "_/index.html") == 0)
		return preview_styles(t ? t : &p->tree[0], out, err);
	if (!t)
		return preview_root(p, path, out, err);
	for (size_t i = 0; i < t->lists.works; i++) {
		lists_path(&t->lists, t->lists.work[i], list);
		if (strcmp(list, text) == 0)
			return preview_list_get(t, i, out, err);
	}
	if (str_starts(path, STR("i/")))
		return preview_picture(p, path, out, err);
	if (!preview_id(path, &id))
		return preview_file_get(t, text, out, err);
	struct manifest_entry e;
	enum status status = preview_business(t, id, false, NULL, &e, err);
	if (status == OK)
		buf_str(out, buf_view(&t->maker.out));
	return status;
}

enum status preview_data(struct preview *p, int64_t id, struct buf *out, struct err *err)
{
	struct manifest_entry e;
	return preview_business(&p->tree[0], id, false, out, &e, err);
}
