#include "site/export/preview.h"
#include "base/files.h"
#include "base/io.h"
#include "base/memory.h"
#include "site/export/internal.h"
#include "sql/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREVIEW_PLACE = 200 /* businesses of a place */, PREVIEW_MOST = 1000 };

/* A page of the kinds that are made all at once. */
struct preview_file {
	char *path, *body;
	size_t bytes;
};

struct preview {
	struct export_options options;
	struct db *db;
	struct theme theme;
	struct photos photos;
	struct maker maker;
	struct manifest entries, none;
	struct lists lists;
	bool ready; /* theme, maker and lists are made */
	bool filled;
	struct preview_file *file;
	size_t files, files_room;
};

/* ---- what it is opened with ---- */

/* Append the page's values as JSON. They point into the rows and the business that they were made
 * of. */
static enum status preview_values(const struct preview *p, struct buf *out, struct err *err)
{
	struct json_writer w;
	json_writer_init(&w, out);
	json_put_tree(&w, p->maker.root);
	return buf_failed(out) ? err_set(err, TOO_LARGE, "the page has too many values") : OK;
}

/* Render the business that has the id into p->maker. keep: the entry is put into a manifest.
 * values: the page's values are appended to it; may be NULL. */
static enum status preview_business(struct preview *p, int64_t id, bool keep, struct buf *values,
				    struct manifest_entry *e, struct err *err)
{
	struct db_rows rows;
	struct business b;
	struct buf ids;
	buf_init(&ids, 64);
	array_begin(&ids);
	array_i64(&ids, id);
	maker_begin(&p->maker);
	enum status status = DB_RUN(p->db, sql_export_rows, &rows, err, array_end(&ids));
	buf_release(&ids);
	if (status != OK)
		return status;
	char text[RECORD_ID_TEXT];
	record_id_format(id, text);
	if (rows.rows == 0)
		status = err_set(err, NOT_FOUND, "there is no business with the id %s", text);
	if (status == OK)
		status = business_read(&p->maker, &rows, 0, &b, err);
	if (status == OK)
		status = business_page(&p->maker, &b, e, err);
	if (status == OK && e->state == ENTRY_WITHHELD)
		status = err_set(err, NOT_FOUND, "the business %s has no page: %s", text,
				 gate_causes[e->cause].text);
	if (status == OK && values)
		status = preview_values(p, values, err);
	if (status == OK && keep)
		e->path = manifest_keep_path(b.path);
	db_rows_release(&rows);
	return status;
}

static enum status preview_add(struct preview *p, int64_t id, struct err *err)
{
	struct manifest_entry e;
	enum status status = preview_business(p, id, true, NULL, &e, err);
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

static enum status preview_read_published(struct preview *p, struct err *err)
{
	struct export_state state;
	enum status status = export_state_open(&state, &p->options, err);
	if (status != OK)
		return status;
	status =
	    state.published
		? manifest_read(&p->entries, state.old_manifest, err)
		: err_set(
		      err, NOT_FOUND,
		      "%s was never exported: run holdfast export, or name businesses with --only",
		      p->options.dir);
	export_state_close(&state);
	return status;
}

/* ---- templates ---- */

static void preview_forget_files(struct preview *p)
{
	for (size_t i = 0; i < p->files; i++) {
		free(p->file[i].path);
		free(p->file[i].body);
	}
	p->files = 0;
	p->filled = false;
}

static void preview_unload(struct preview *p)
{
	preview_forget_files(p);
	if (!p->ready)
		return;
	lists_release(&p->lists);
	maker_release(&p->maker);
	theme_release(&p->theme);
	p->ready = false;
}

static enum status preview_load(struct preview *p, struct err *err)
{
	enum status status = theme_load(&p->theme, &p->options, NULL, p->db, err);
	if (status != OK) {
		theme_release(&p->theme);
		return status;
	}
	status = coming_read(&p->theme, p->db, err);
	if (status != OK) {
		theme_release(&p->theme);
		return status;
	}
	p->theme.photos = &p->photos;
	maker_init(&p->maker, &p->theme);
	memset(&p->lists, 0, sizeof(p->lists));
	p->ready = true;
	return OK;
}

static void preview_make_lists(struct preview *p)
{
	lists_make(&p->lists, &p->theme, &p->entries);
	lists_compare(&p->lists, &p->none);
	lists_link(&p->lists, &p->theme);
}

enum status preview_reload(struct preview *p, struct err *err)
{
	preview_unload(p);
	enum status status = preview_load(p, err);
	if (status == OK)
		preview_make_lists(p);
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
	manifest_release(&p->entries);
	manifest_release(&p->none);
	photos_release(&p->photos);
	if (p->db)
		db_close(p->db);
	free(p->file);
	free(p);
}

/* ---- pages ---- */

/* A files_sink. */
static enum status preview_keep(void *ctx, const char *path, struct str content, struct err *err)
{
	struct preview *p = ctx;
	(void)err;
	p->file = memory_grow(p->file, &p->files_room, p->files + 1, sizeof(*p->file));
	struct preview_file *f = &p->file[p->files++];
	f->path = memory_strdup(path);
	f->body = memory_room(content.n + 1);
	f->bytes = content.n;
	memcpy(f->body, content.p, content.n);
	return OK;
}

static enum status preview_file_get(struct preview *p, const char *path, struct buf *out,
				    struct err *err)
{
	struct export_files to = {.sink = preview_keep, .sink_ctx = p, .spare = &p->none};
	enum status status = OK;
	if (!p->filled)
		status = places_write(&to, &p->maker, &p->lists, err);
	if (status != OK) {
		preview_forget_files(p);
		return status;
	}
	p->filled = true;
	for (size_t i = 0; i < p->files; i++)
		if (strcmp(p->file[i].path, path) == 0) {
			buf_add(out, p->file[i].body, p->file[i].bytes);
			return OK;
		}
	return err_set(err, NOT_FOUND, "the site has no /%s", path);
}

static enum status preview_list_get(struct preview *p, uint64_t work, struct buf *out,
				    struct err *err)
{
	struct db_rows rows;
	int row = 0;
	enum status status = lists_read(&p->lists, work, work + 1, p->db, &rows, err);
	if (status != OK)
		return status;
	status = lists_page(&p->maker, &p->lists, p->lists.work[work], &rows, &row, err);
	db_rows_release(&rows);
	buf_str(out, buf_view(&p->maker.out));
	return status;
}

/* Every piece in every state, from site/styles.json: what an operator's theme has to suit. */
static enum status preview_styles(struct preview *p, struct buf *out, struct err *err)
{
	struct maker *m = &p->maker;
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
	return template_render(template_find(p->theme.set, "styles"), m->root, out, err);
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

/* The path of a file, from the address that a browser asks for. */
static struct str preview_path(const struct preview *p, struct str address, char out[EXPORT_PATH])
{
	struct str base = p->theme.base;
	struct str path = str_cut(&address, '?');
	if (base.n && str_starts(path, base))
		path = (struct str){path.p + base.n, path.n - base.n};
	while (path.n && path.p[0] == '/')
		path = (struct str){path.p + 1, path.n - 1};
	bool folder = path.n == 0 || path.p[path.n - 1] == '/';
	int n = snprintf(out, EXPORT_PATH, "%.*s%s", STR_ARG(path), folder ? "index.html" : "");
	return n > 0 && n < EXPORT_PATH ? (struct str){out, (size_t)n} : (struct str){NULL, 0};
}

enum status preview_get(struct preview *p, struct str address, struct buf *out, const char **type,
			struct err *err)
{
	char text[EXPORT_PATH], list[EXPORT_PATH];
	int64_t id;
	if (!p->ready)
		return err_set(err, INVALID, "the templates have a mistake");
	struct str path = preview_path(p, address, text);
	*type = files_type(path);
	if (!path.n)
		return err_set(err, NOT_FOUND, "the address is too long");
	for (size_t i = 0; i < p->lists.works; i++) {
		lists_path(&p->lists, p->lists.work[i], list);
		if (strcmp(list, text) == 0)
			return preview_list_get(p, i, out, err);
	}
	if (strcmp(text, "_/index.html") == 0)
		return preview_styles(p, out, err);
	if (str_starts(path, STR("i/")))
		return preview_picture(p, path, out, err);
	if (!preview_id(path, &id))
		return preview_file_get(p, text, out, err);
	struct manifest_entry e;
	enum status status = preview_business(p, id, false, NULL, &e, err);
	if (status == OK)
		buf_str(out, buf_view(&p->maker.out));
	return status;
}

enum status preview_data(struct preview *p, int64_t id, struct buf *out, struct err *err)
{
	struct manifest_entry e;
	return preview_business(p, id, false, out, &e, err);
}
