/* The files that the search of the exported site reads (site/search), its page, and its script. */
#include "site/export/internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/memory.h"
#include "directory/words/words.h"
#include "site/search/search.h"
#include "sql/export.h"

enum {
	SEARCH_BLOCKS = 192,  /* of the table, in one statement */
	SEARCH_TOWNS = 50000, /* names of towns in the root; smaller towns are not found by name */
	SEARCH_TEXT_MAX = 4 << 20,
};

/* Bytes of a path and its text that are handed over; more than any leaf has. */
enum { SEARCH_MESSAGE = 160 << 10 };

struct search_run {
	struct export_files *files;
	struct sitesearch_packer *packer;
	int helpers; /* socket to them; -1: there are none */
	const struct theme *theme;
	const struct manifest *m;
	struct db *db;
	struct sitesearch *search;
	struct arena arena;
	struct buf link;
};

static enum status search_add_row(struct search_run *r, const struct db_rows *rows, int row,
				  struct err *err)
{
	char place[sizeof(SITESEARCH_UNPLACED) + WORDS_KEY_BYTES], key[WORDS_KEY_BYTES];
	struct str *names, *categories, *cuisines;
	struct sitesearch_row b = {.id = db_i64(rows, row, SQL_EXPORT_SEARCH_ID)};
	const struct manifest_entry *e = manifest_find(r->m, b.id);
	if (!e || e->state < ENTRY_NOINDEX)
		return OK;
	arena_reset(&r->arena);
	if (!db_texts(rows, row, SQL_EXPORT_SEARCH_ALT_NAMES, &r->arena, &names,
		      &b.alt_names_count) ||
	    !db_texts(rows, row, SQL_EXPORT_SEARCH_CATEGORIES, &r->arena, &categories,
		      &b.categories_count) ||
	    !db_texts(rows, row, SQL_EXPORT_SEARCH_CUISINES, &r->arena, &cuisines,
		      &b.cuisines_count))
		return err_set(err, TOO_LARGE, "too much for a row of the search");
	buf_reset(&r->link);
	business_link(str_of(manifest_path(e)), b.id, ".html", &r->link);
	b.quality = (int)db_i64(rows, row, SQL_EXPORT_SEARCH_QUALITY);
	b.category = (int)db_i64(rows, row, SQL_EXPORT_SEARCH_CATEGORY_ID);
	b.category = taxonomy_by_id(b.category) ? b.category : 0;
	b.name = db_text(rows, row, SQL_EXPORT_SEARCH_NAME);
	b.path = buf_view(&r->link);
	b.street = e->hidden ? STR("") : db_text(rows, row, SQL_EXPORT_SEARCH_STREET);
	b.postcode = db_text(rows, row, SQL_EXPORT_SEARCH_POSTCODE);
	b.city = db_text(rows, row, SQL_EXPORT_SEARCH_CITY);
	b.place = db_text(rows, row, SQL_EXPORT_SEARCH_PLACE);
	if (!b.place.n && b.city.n) {
		snprintf(place, sizeof(place), SITESEARCH_UNPLACED "%.*s",
			 STR_ARG(words_key(b.city, key)));
		b.place = str_of(place);
	}
	b.alt_names = names;
	b.categories = categories;
	b.cuisines = cuisines;
	return sitesearch_add(r->search, &b, err);
}

/* The whole table, also what was added to it since the run began: a business is searched when the
 * manifest has its page. */
static enum status search_read(struct search_run *r, int64_t blocks, struct err *err)
{
	enum status status = OK;
	for (int64_t at = 0; at <= blocks && status == OK; at += SEARCH_BLOCKS) {
		char from[32], to[32];
		struct db_rows rows;
		bool last = at + SEARCH_BLOCKS > blocks;
		snprintf(from, sizeof(from), "(%lld,0)", (long long)at);
		snprintf(to, sizeof(to), "(%lld,0)",
			 last ? (long long)UINT32_MAX - 1 : (long long)(at + SEARCH_BLOCKS));
		status = DB_RUN(r->db, sql_export_search, &rows, err, DB_Z(from), DB_Z(to));
		if (status != OK)
			return status;
		for (int i = 0; i < rows.rows && status == OK; i++)
			status = search_add_row(r, &rows, i, err);
		db_rows_release(&rows);
	}
	return status;
}

/* ---- the root ---- */

static void search_put_line(struct buf *out, const struct db_rows *rows, int row)
{
	for (int column = 0; column < rows->columns; column++) {
		struct str text = db_text(rows, row, column);
		if (column)
			buf_putc(out, '\t');
		for (size_t i = 0; i < text.n; i++)
			buf_putc(out, (unsigned char)text.p[i] < ' ' ? ' ' : text.p[i]);
	}
	buf_putc(out, '\n');
}

static enum status search_read_lines(struct search_run *r, const struct db_statement *statement,
				     const struct db_param *params, int count, struct buf *out,
				     struct err *err)
{
	struct db_rows rows;
	enum status status = db_run(r->db, statement, params, count, &rows, err);
	if (status != OK)
		return status;
	for (int i = 0; i < rows.rows; i++)
		search_put_line(out, &rows, i);
	db_rows_release(&rows);
	return OK;
}

static void search_put_kinds(const struct theme *t, struct buf *out)
{
	for (size_t i = 0; i < taxonomy_count; i++) {
		const struct taxonomy_category *c = &taxonomy_categories[i];
		buf_printf(out, "%d\t%.*s\t%d\n", c->id, STR_ARG(theme_category_label(t, c->id)),
			   taxonomy_group(str_of(c->group))->id);
	}
}

static enum status search_store(struct export_files *f, struct sitesearch_packer *packer,
				const char *path, struct str text, struct err *err)
{
	struct str packed;
	enum status status = sitesearch_pack(packer, text, &packed, err);
	return status == OK ? files_put(f, path, packed, err) : err_prefix(err, status, "%s", path);
}

/* Whether the tree has the file already: all but the root are named by their text. */
static bool search_is_there(struct export_files *f, const char *path)
{
	const struct entry_file *there = manifest_find_file(f->spare, path);
	if (!there || !there->hash || strcmp(path, SITESEARCH_ROOT) == 0)
		return false;
	manifest_add_file(f->next, path, there->hash);
	f->unchanged++;
	return true;
}

/* Compression takes most of the time. Idle workers do it; when none of them reads, or the text is
 * too long for a message, this process compresses it itself. */
static enum status search_put(void *ctx, const char *path, struct str text, struct err *err)
{
	struct search_run *r = ctx;
	struct iovec parts[] = {{(void *)(uintptr_t)path, strlen(path) + 1},
				{(void *)(uintptr_t)text.p, text.n}};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = COUNT_OF(parts)};
	if (search_is_there(r->files, path))
		return OK;
	if (r->helpers >= 0 && parts[0].iov_len + text.n <= SEARCH_MESSAGE &&
	    sendmsg(r->helpers, &message, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		return OK;
	return search_store(r->files, r->packer, path, text, err);
}

enum status search_help(struct export_files *f, int from, struct err *err)
{
	struct sitesearch_packer *packer = sitesearch_packer_create();
	char *message = memory_room(SEARCH_MESSAGE);
	enum status status = OK;
	ssize_t n = 0;
	while (status == OK && (n = recv(from, message, SEARCH_MESSAGE, 0)) > 0) {
		size_t path = strnlen(message, (size_t)n) + 1;
		must(path <= (size_t)n);
		status = search_store(f, packer, message,
				      (struct str){message + path, (size_t)n - path}, err);
	}
	free(message);
	sitesearch_packer_free(packer);
	if (n < 0)
		status = err_errno(err, FAILED, "search");
	return status;
}

static enum status search_write(struct search_run *r, struct err *err)
{
	struct buf kinds, towns, regions;
	const struct db_param most[] = {DB_I64(SEARCH_TOWNS)};
	buf_init(&kinds, SEARCH_TEXT_MAX);
	buf_init(&towns, SEARCH_TEXT_MAX);
	buf_init(&regions, SEARCH_TEXT_MAX);
	search_put_kinds(r->theme, &kinds);
	enum status status = search_read_lines(r, &sql_export_towns, most, 1, &towns, err);
	if (status == OK)
		status = search_read_lines(r, &sql_export_search_regions, NULL, 0, &regions, err);
	const struct sitesearch_root root = {buf_view(&kinds), buf_view(&towns),
					     buf_view(&regions)};
	if (status == OK && (buf_failed(&kinds) || buf_failed(&towns) || buf_failed(&regions)))
		status = err_set(err, TOO_LARGE, "the towns of the search");
	if (status == OK)
		status = sitesearch_write(r->search, &root, search_put, r, err);
	buf_release(&kinds);
	buf_release(&towns);
	buf_release(&regions);
	return status;
}

enum status search_files(struct export_files *f, const struct theme *t, const struct manifest *m,
			 struct db *db, const char *temporary, int64_t blocks, int helpers,
			 struct err *err)
{
	struct search_run r = {.files = f, .helpers = helpers, .theme = t, .m = m, .db = db};
	int folder = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return err_errno(err, FAILED, "%s", temporary);
	arena_init(&r.arena, 1 << 20);
	buf_init(&r.link, 4 * EXPORT_PATH);
	r.search = sitesearch_create(folder, t->search_pairs);
	r.packer = sitesearch_packer_create();
	enum status status = search_read(&r, blocks, err);
	if (status == OK)
		status = search_write(&r, err);
	sitesearch_free(r.search);
	sitesearch_packer_free(r.packer);
	arena_release(&r.arena);
	buf_release(&r.link);
	close(folder);
	return status == OK ? OK : err_prefix(err, status, "search");
}
