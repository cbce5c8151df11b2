/* Former addresses of pages, and where they lead on (site.redirects).
 *
 * They come from two places. business_path.path_old in the database has the paths that
 * `holdfast path` and the identities of another installation have replaced. STATE/addresses has
 * what exports of this folder have published: every list, and businesses whose address has changed
 * since without the database knowing it (it was filled anew, or is older than paths). That file is
 * written before the trees are exchanged, so that it never lacks an address that was published.
 *
 * A former address leads directly to a page that exists: never to another former one. */
#include "site/export/redirects.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/io.h"
#include "base/memory.h"
#include "base/percent.h"
#include "sql/export.h"

enum {
	REDIRECTS_ARENA_MAX = 1 << 30,
	REDIRECTS_FILE_MAX = 1 << 30,
	STUB_BYTES = 4 << 20, /* a card has the hours and the address of a business */
};

static const char addresses_heading[] = "holdfast addresses 1\n";

/* ---- former addresses ---- */

static void redirects_add(struct redirects *r, int64_t id, struct str path)
{
	must(path.n < EXPORT_PATH);
	r->former = memory_grow(r->former, &r->room, r->count + 1, sizeof(*r->former));
	r->former[r->count++] = (struct former){id, path};
}

/* The same with a path that does not last. */
static void redirects_keep(struct redirects *r, int64_t id, struct str path)
{
	struct str copy = arena_str(&r->arena, path);
	must(copy.p);
	redirects_add(r, id, copy);
}

static int former_compare(const void *a, const void *b)
{
	const struct former *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return str_cmp(x->path, y->path);
}

static void redirects_sort(struct redirects *r)
{
	size_t n = 0;
	if (!r->count)
		return;
	qsort(r->former, r->count, sizeof(*r->former), former_compare);
	for (size_t i = 0; i < r->count; i++)
		if (i == 0 || former_compare(&r->former[n - 1], &r->former[i]) != 0)
			r->former[n++] = r->former[i];
	r->count = n;
}

/* ---- in the database ---- */

static enum status redirects_read_rows(struct redirects *r, const struct db_rows *rows,
				       XXH3_state_t *digest, struct err *err)
{
	for (int row = 0; row < rows->rows; row++) {
		int64_t id = db_i64(rows, row, SQL_EXPORT_FORMER_PATHS_ID);
		struct str text = db_text(rows, row, SQL_EXPORT_FORMER_PATHS_PATH_OLD);
		struct str *path;
		size_t count;
		XXH3_64bits_update(digest, &id, sizeof(id));
		XXH3_64bits_update(digest, text.p, text.n);
		if (!db_texts(rows, row, SQL_EXPORT_FORMER_PATHS_PATH_OLD, &r->arena, &path,
			      &count))
			return err_set(err, TOO_LARGE, "too many former addresses");
		for (size_t i = 0; i < count; i++)
			if (path[i].n && path[i].n < EXPORT_PATH / 2)
				redirects_add(r, id, path[i]);
	}
	return OK;
}

/* Places that others have taken in: what led to them leads to the others. */
static enum status redirects_read_places(struct redirects *r, struct db *db, XXH3_state_t *digest,
					 struct err *err)
{
	struct db_rows rows;
	enum status status = DB_RUN(db, sql_export_former_places, &rows, err);
	if (status != OK)
		return status;
	r->place = memory_array((size_t)rows.rows + 1, sizeof(*r->place));
	for (int row = 0; row < rows.rows; row++) {
		struct str slug = db_text(&rows, row, SQL_EXPORT_FORMER_PLACES_FORMER);
		struct str now = db_text(&rows, row, SQL_EXPORT_FORMER_PLACES_SLUG);
		struct former_place *p = &r->place[r->places++];
		XXH3_64bits_update(digest, slug.p, slug.n);
		XXH3_64bits_update(digest, now.p, now.n);
		*p = (struct former_place){arena_str(&r->arena, slug), arena_str(&r->arena, now)};
		must(p->slug.p && p->now.p);
		redirects_add(r, 0, ARENA_JOIN(&r->arena, p->slug, STR("/index.html")));
	}
	db_rows_release(&rows);
	return OK;
}

enum status redirects_read(struct redirects *r, const struct config *config, struct db *db,
			   struct err *err)
{
	struct db_rows rows;
	int64_t after = INT64_MIN;
	bool more = true;
	*r = (struct redirects){
	    .how = (enum redirects_how)config_number(config, CONFIG_SITE_REDIRECTS)};
	arena_init(&r->arena, REDIRECTS_ARENA_MAX);
	XXH3_state_t *digest = memory_had(XXH3_createState());
	XXH3_64bits_reset_withSeed(digest, r->how + 1);
	enum status status = OK;
	while (status == OK && more) {
		const struct db_param params[] = {DB_I64(after), DB_I64(EXPORT_CHUNK)};
		status = db_run(db, &sql_export_former_paths, params, 2, &rows, err);
		if (status != OK)
			break;
		more = rows.rows == EXPORT_CHUNK;
		if (rows.rows)
			after = db_i64(&rows, rows.rows - 1, SQL_EXPORT_FORMER_PATHS_ID);
		status = redirects_read_rows(r, &rows, digest, err);
		db_rows_release(&rows);
	}
	if (status == OK)
		status = redirects_read_places(r, db, digest, err);
	r->digest = XXH3_64bits_digest(digest);
	XXH3_freeState(digest);
	return status;
}

void redirects_release(struct redirects *r)
{
	free(r->former);
	free(r->place);
	free(r->item);
	buf_release(&r->remembered);
	manifest_release(&r->published);
	arena_release(&r->arena);
	*r = (struct redirects){.count = 0};
}

/* ---- remembered: a line for each of id (nothing for a list), a tab and path ---- */

static enum status redirects_parse(struct redirects *r, const char *file, struct err *err)
{
	struct str text = buf_view(&r->remembered), heading = str_of(addresses_heading);
	if (!str_starts(text, heading))
		return err_set(
		    err, INVALID,
		    "%s is not a list of addresses of this program; remove it to forget the addresses that pages had",
		    file);
	text = (struct str){text.p + heading.n, text.n - heading.n};
	while (text.n) {
		struct str path = str_cut(&text, '\n'), id_text = str_cut(&path, '\t');
		int64_t id = 0;
		if (!path.p || path.n >= EXPORT_PATH || (!id_text.n && !path.n) ||
		    (id_text.n && !record_id_parse(id_text, &id)))
			return err_set(err, INVALID, "%s: '%.*s' is not an id and a path", file,
				       STR_ARG(id_text));
		redirects_add(r, id, path);
	}
	return OK;
}

/* *there: an export of this folder has remembered its addresses. */
static enum status redirects_recall(struct redirects *r, const char *file, bool *there,
				    struct err *err)
{
	buf_init(&r->remembered, REDIRECTS_FILE_MAX);
	*there = access(file, F_OK) == 0;
	if (!*there)
		return OK;
	enum status status = io_read_file(file, &r->remembered, err);
	return status == OK ? redirects_parse(r, file, err) : status;
}

/* A business in the published tree whose address changes, or that stands aside for a duplicate. */
static void redirects_note_business(void *ctx, const struct manifest_entry *was, const char *path)
{
	const struct redirects_run *run = ctx;
	const struct manifest_entry *e = manifest_find(run->files->next, was->id);
	if (was->state >= ENTRY_NOINDEX &&
	    (!e || e->state < ENTRY_NOINDEX || strcmp(manifest_path(e), path) != 0))
		redirects_keep(run->r, was->id, str_of(path));
}

/* The first segment that a place has now. */
static struct str redirects_place(const struct redirects *r, struct str slug)
{
	for (size_t i = 0; i < r->places; i++)
		if (str_eq(r->place[i].slug, slug))
			return r->place[i].now;
	return slug;
}

/* Whether a file that an older export wrote was a list: they are named after regions, kinds and
 * places. `c` and `r` begin the addresses of lists from before places had pages. */
static bool redirects_is_list(const struct redirects *r, const struct theme *t, struct str path)
{
	static const char *const first[] = {"in", "kind", "c", "r"};
	struct str rest = path, segment = str_cut(&rest, '/');
	if (!rest.p || !str_ends(path, STR(".html")))
		return false;
	for (size_t i = 0; i < COUNT_OF(first); i++)
		if (str_eq(segment, str_of(first[i])))
			return true;
	for (size_t i = 0; i < t->places; i++)
		if (str_eq(segment, t->place[i].slug))
			return true;
	return !str_eq(segment, redirects_place(r, segment));
}

static enum status redirects_note_published(const struct redirects_run *run, bool recalled,
					    struct err *err)
{
	struct manifest *files = &run->r->published;
	enum status status =
	    manifest_each(run->published, redirects_note_business, (void *)run, err);
	if (status == OK)
		status = manifest_read_files(files, run->published, err);
	for (size_t i = 0; i < files->files && !recalled && status == OK; i++)
		if (redirects_is_list(run->r, run->theme, str_of(files->file[i].path)))
			redirects_keep(run->r, 0, str_of(files->file[i].path));
	return status;
}

/* A deleted business has no address to lead to, and its former ones have its name: they are
 * forgotten. One without a path is its id only. */
static bool redirects_is_forgotten(const struct redirects_run *run, const struct former *f)
{
	return run->files && f->id && f->path.n && !manifest_find(run->files->next, f->id);
}

static enum status redirects_write_addresses(const struct redirects_run *run, const char *file,
					     struct err *err)
{
	struct redirects *r = run->r;
	struct buf out;
	char id[RECORD_ID_TEXT];
	buf_init(&out, REDIRECTS_FILE_MAX);
	buf_puts(&out, addresses_heading);
	for (size_t i = 0; i < r->count; i++) {
		const struct former *f = &r->former[i];
		if (redirects_is_forgotten(run, f))
			continue;
		if (f->id)
			record_id_format(f->id, id);
		buf_printf(&out, "%s\t%.*s\n", f->id ? id : "", STR_ARG(f->path));
	}
	enum status status = OK;
	if (buf_failed(&out))
		status = err_set(err, TOO_LARGE, "%s would be too large", file);
	else if (!str_eq(buf_view(&out), buf_view(&r->remembered)))
		status = io_write_file(file, buf_view(&out), 0644, err);
	buf_release(&out);
	return status;
}

/* Bring STATE/addresses up to date, and add its addresses to those of the database. */
static enum status redirects_remember(const struct redirects_run *run, struct err *err)
{
	struct redirects *r = run->r;
	char file[PATH_MAX], path[EXPORT_PATH];
	struct former *known = r->former;
	size_t count = r->count;
	bool there;
	enum status status = io_path(file, sizeof(file), err, "%s/addresses", run->state);
	if (status != OK)
		return status;
	r->former = NULL;
	r->count = r->room = 0;
	status = redirects_recall(r, file, &there, err);
	if (status == OK && run->published)
		status = redirects_note_published(run, there, err);
	for (uint32_t i = 0; i < run->lists->pages && status == OK; i++) {
		lists_path(run->lists, i, path);
		redirects_keep(r, 0, str_of(path));
	}
	redirects_sort(r);
	if (status == OK && !run->files->writer->dry_run)
		status = redirects_write_addresses(run, file, err);
	for (size_t i = 0; i < count; i++)
		redirects_add(r, known[i].id, known[i].path);
	redirects_sort(r);
	free(known);
	return status;
}

/* ---- where they lead ---- */

/* The first of a list's possible successors that exists, from what is nearest; "in/x" + "bakery"
 * and so on. Returns false when there is none. */
static bool redirects_try(const struct manifest *m, char out[EXPORT_PATH], const char *format, ...)
    PRINTF(3, 4);
static bool redirects_try(const struct manifest *m, char out[EXPORT_PATH], const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(out, EXPORT_PATH, format, args);
	va_end(args);
	return n > 0 && n < EXPORT_PATH && manifest_find_file(m, out);
}

/* "in/REGION" above a place; empty: not known. */
static struct str redirects_region_of(const struct theme *t, struct str slug)
{
	for (size_t i = 0; i < t->places; i++)
		if (str_eq(t->place[i].slug, slug))
			return theme_region(t, t->place[i].region)->key;
	return STR("");
}

/* A list has fallen below FACTS_LIST_LEAST, a page of it begins elsewhere, or a place has no
 * businesses any more: its businesses are on the page of the same kind above, or on the page of the
 * place, region or kind. */
static void redirects_of_list(const struct redirects_run *run, struct str path,
			      char out[EXPORT_PATH])
{
	const struct theme *t = run->theme;
	const struct manifest *m = run->files->next;
	struct str rest = path, first = str_cut(&rest, '/'), second = STR("");
	bool is_kind = str_eq(first, STR("kind")) || str_eq(first, STR("c"));
	bool is_region = str_eq(first, STR("in")) || str_eq(first, STR("r"));
	struct str region = STR("");
	if (is_kind || is_region)
		second = str_cut(&rest, '/');
	struct str file = rest.p ? rest : second;
	struct str kind = str_cut(&file, '.'); /* KIND.html, KIND.ID.html */
	if (is_kind)
		kind = rest.p ? second : kind;
	else if (is_region)
		region = second;
	else {
		first = redirects_place(run->r, first);
		region = redirects_region_of(t, first);
	}
	if (!is_kind && !is_region &&
	    (redirects_try(m, out, "%.*s/%.*s.html", STR_ARG(first), STR_ARG(kind)) ||
	     redirects_try(m, out, "%.*s/index.html", STR_ARG(first))))
		return;
	if (region.n &&
	    (redirects_try(m, out, "in/%.*s/%.*s.html", STR_ARG(region), STR_ARG(kind)) ||
	     redirects_try(m, out, "in/%.*s/index.html", STR_ARG(region))))
		return;
	if (!redirects_try(m, out, "kind/%.*s/index.html", STR_ARG(kind)))
		snprintf(out, EXPORT_PATH, "index.html");
}

/* A business that is withheld as a duplicate: its twin with a page. */
struct redirects_twin {
	uint64_t identity;
	const struct manifest_entry *page;
};

static int twin_identity_compare(const void *a, const void *b)
{
	const struct redirects_twin *x = a, *y = b;
	return (x->identity > y->identity) - (x->identity < y->identity);
}

/* The twins of former addresses, sorted by identity. Returns their number. */
static size_t redirects_find_twins(const struct redirects *r, const struct manifest *m,
				   struct redirects_twin **out)
{
	struct redirects_twin *twin = memory_array(r->count + 1, sizeof(*twin));
	size_t n = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct manifest_entry *e =
		    r->former[i].id ? manifest_find(m, r->former[i].id) : NULL;
		if (e && e->state == ENTRY_WITHHELD && e->cause == GATE_DUPLICATE)
			twin[n++] = (struct redirects_twin){e->identity, NULL};
	}
	if (n)
		qsort(twin, n, sizeof(*twin), twin_identity_compare);
	for (size_t i = 0; i < m->entries && n; i++) {
		const struct manifest_entry *e = &m->entry[i];
		if (e->state < ENTRY_NOINDEX || !e->identity)
			continue;
		struct redirects_twin wanted = {.identity = e->identity};
		struct redirects_twin *found =
		    bsearch(&wanted, twin, n, sizeof(*twin), twin_identity_compare);
		if (found)
			found->page = e;
	}
	*out = twin;
	return n;
}

/* The entry whose page a former address of a business leads to; NULL: there is none. */
static const struct manifest_entry *redirects_successor(const struct manifest *m, int64_t id,
							const struct redirects_twin *twin,
							size_t twins)
{
	const struct manifest_entry *e = manifest_find(m, id);
	if (!e || e->state >= ENTRY_NOINDEX)
		return e;
	if (e->cause != GATE_DUPLICATE)
		return NULL;
	for (size_t i = 0; i < twins; i++)
		if (twin[i].identity == e->identity && twin[i].page)
			return twin[i].page;
	return NULL;
}

static void redirects_lead(struct redirects *r, const struct redirect *lead)
{
	struct redirect kept = *lead;
	kept.from = arena_str(&r->arena, lead->from);
	kept.to = ARENA_JOIN(&r->arena, r->prefix, lead->to);
	must(kept.from.p && kept.to.p);
	r->item = memory_grow(r->item, &r->items_room, r->items + 1, sizeof(*r->item));
	r->item[r->items++] = kept;
}

static int redirect_compare(const void *a, const void *b)
{
	const struct redirect *x = a, *y = b;
	int order = str_cmp(x->from, y->from);
	return order ? order : (x->id < y->id) - (x->id > y->id);
}

/* Whether the operator has put a file of his own there. The names of pages of businesses are not
 * his. */
static bool redirects_is_operators(const struct redirects_run *run, const struct former *f,
				   const char *path)
{
	int published = run->files->writer->published_fd;
	return !f->id && published >= 0 && !manifest_find_file(&run->r->published, path) &&
	       faccessat(published, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The pages of places that search engines are not to list, as files. */
static void redirects_find_unlisted(const struct lists *l, struct manifest *out)
{
	char path[EXPORT_PATH];
	manifest_init(out);
	for (uint32_t i = 0; i < l->pages; i++) {
		if (lists_indexed(l, i))
			continue;
		lists_path(l, i, path);
		manifest_add_file(out, path, 1);
	}
	manifest_sort_files(out);
}

/* What every stub says, kept for as long as the items. */
static void redirects_set_stub(struct redirects *r, const struct theme *t)
{
	const struct language *language = wording_language(t->wording);
	r->stub.html = arena_str(&r->arena, str_of(language->html));
	r->stub.rtl = language->rtl;
	r->stub.word = arena_str(&r->arena, wording_text(t->wording, WORD_MOVED));
	r->stub.url = arena_str(&r->arena, r->prefix.n ? t->site_url : t->url);
	r->stub.base = arena_str(&r->arena, r->prefix.n ? t->site_base : t->base);
	must(r->stub.html.p && r->stub.word.p && r->stub.url.p && r->stub.base.p);
}

/* Add it, unless something is there. */
static void redirects_try_lead(const struct redirects_run *run, const struct former *f,
			       const char *from, const char *to, struct redirect lead)
{
	struct redirects *r = run->r;
	lead.id = f->id;
	lead.from = str_of(from);
	lead.to = str_of(to);
	if (r->prefix.n || (strcmp(from, to) != 0 && !manifest_find_file(run->files->next, from) &&
			    !redirects_is_operators(run, f, from)))
		redirects_lead(r, &lead);
}

/* A page leads to the page of entry e, and its cards to those that this one has. */
static void redirects_of_business(const struct redirects_run *run, const struct former *f,
				  const struct manifest_entry *e)
{
	char from[EXPORT_PATH], to[EXPORT_PATH];
	for (int i = 0; i < business_files(e); i++) {
		business_file(f->path, f->id, business_endings[i], from);
		business_file(str_of(manifest_path(e)), e->id, business_endings[i], to);
		redirects_try_lead(
		    run, f, from, to,
		    (struct redirect){.indexed = e->state == ENTRY_INDEXED, .card = i > 0});
	}
}

/* Servers refuse two lines of one address. */
static void redirects_drop_repeated(struct redirects *r)
{
	size_t n = 0;
	if (r->items)
		qsort(r->item, r->items, sizeof(*r->item), redirect_compare);
	for (size_t i = 0; i < r->items; i++)
		if (n == 0 || !str_eq(r->item[n - 1].from, r->item[i].from))
			r->item[n++] = r->item[i];
	r->items = n;
}

/* Fill r->item, sorted. What exists leads nowhere. */
static void redirects_resolve(const struct redirects_run *run)
{
	struct redirects *r = run->r;
	const struct manifest *m = run->files->next;
	struct redirects_twin *twin;
	size_t twins = redirects_find_twins(r, m, &twin);
	struct manifest unlisted;
	char from[EXPORT_PATH], to[EXPORT_PATH];
	redirects_find_unlisted(run->lists, &unlisted);
	redirects_set_stub(r, run->theme);
	for (size_t i = 0; i < r->count; i++) {
		const struct former *f = &r->former[i];
		if (f->id) {
			redirects_of_business(run, f, redirects_successor(m, f->id, twin, twins));
			continue;
		}
		snprintf(from, sizeof(from), "%.*s", STR_ARG(f->path));
		if (!r->prefix.n || !redirects_try(m, to, "%s", from))
			redirects_of_list(run, f->path, to);
		bool indexed = !manifest_find_file(&unlisted, to) && strcmp(to, SEARCH_PAGE) != 0;
		redirects_try_lead(run, f, from, to, (struct redirect){.indexed = indexed});
	}
	free(twin);
	manifest_release(&unlisted);
	redirects_drop_repeated(r);
}

/* ---- stubs ---- */

struct str redirects_address(struct str path)
{
	struct str index = STR("index.html");
	bool folder =
	    str_ends(path, index) && (path.n == index.n || path.p[path.n - index.n - 1] == '/');
	return (struct str){path.p, folder ? path.n - index.n : path.n};
}

void redirects_put_stub(const struct redirects *r, const struct redirect *lead, struct buf *out)
{
	struct buf link;
	buf_init(&link, 4 * EXPORT_PATH + 4096);
	buf_printf(&link, "%.*s/", STR_ARG(r->stub.base));
	percent_put(&link, redirects_address(lead->to), "/");
	buf_printf(out,
		   "<!doctype html>\n<html lang=\"%.*s\"%s>\n<head>\n<meta charset=\"utf-8\">\n"
		   "<title>%.*s</title>\n",
		   STR_ARG(r->stub.html), r->stub.rtl ? " dir=\"rtl\"" : "", STR_ARG(r->stub.word));
	if (!lead->indexed)
		buf_puts(out, "<meta name=\"robots\" content=\"noindex\">\n");
	else if (r->stub.url.n)
		buf_printf(out, "<link rel=\"canonical\" href=\"%.*s%s\">\n", STR_ARG(r->stub.url),
			   buf_z(&link) + r->stub.base.n);
	buf_printf(out,
		   "<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width\">\n"
		   "</head>\n<body>\n<main>\n<h1>%.*s</h1>\n<p><a href=\"%s\">%s</a></p>\n"
		   "</main>\n</body>\n</html>\n",
		   buf_z(&link), STR_ARG(r->stub.word), buf_z(&link), buf_z(&link));
	buf_release(&link);
}

/* Append the content of a card that this run has put into the tree. */
static enum status redirects_read_card(const struct redirects_run *run, const char *path,
				       struct buf *out, struct err *err)
{
	int fd = openat(run->files->writer->root_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, FAILED, "%s", path);
	enum status status = own_read(fd, out, err);
	close(fd);
	return status == OK ? OK : err_prefix(err, status, "%s", path);
}

/* A page of the business may be there: its content becomes unknown before it is overwritten. */
static enum status redirects_write_stub(const struct redirects_run *run, const struct redirect *to,
					struct buf *body, struct err *err)
{
	const struct manifest_entry *was = to->id ? manifest_find(run->files->spare, to->id) : NULL;
	enum status status = OK;
	if (was && was->page)
		journal_entry(run->files->journal, was, str_of(manifest_path(was)), STR(""), false);
	buf_reset(body);
	if (to->card && run->files->writer->dry_run) {
		manifest_add_file(run->files->next, to->from.p, 0);
		return OK;
	}
	if (to->card)
		status = redirects_read_card(run, to->to.p, body, err);
	else
		redirects_put_stub(run->r, to, body);
	return status == OK ? files_put_over(run->files, to->from.p, buf_view(body), err) : status;
}

static enum status redirects_write_stubs(const struct redirects_run *run, struct err *err)
{
	struct buf body;
	enum status status = OK;
	buf_init(&body, STUB_BYTES);
	for (size_t i = 0; i < run->r->items && status == OK; i++)
		status = redirects_write_stub(run, &run->r->item[i], &body, err);
	buf_release(&body);
	return status;
}

/* ---- maps ---- */

static void map_put_quoted(struct buf *out, struct str base, struct str path)
{
	buf_putc(out, '"');
	buf_printf(out, "%.*s/", STR_ARG(base));
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '"' || path.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, path.p[i]);
	}
	buf_putc(out, '"');
}

/* What a host's map says of an address: from is decoded, to is encoded, both below the site. */
typedef void map_put(struct buf *out, struct str base, struct str from, struct str to);

/* Servers compare the decoded path of a request; what they answer with is encoded. */
static void map_put_caddy(struct buf *out, struct str base, struct str from, struct str to)
{
	map_put_quoted(out, base, redirects_address(from));
	buf_putc(out, ' ');
	map_put_quoted(out, base, to);
}

static void map_put_nginx(struct buf *out, struct str base, struct str from, struct str to)
{
	map_put_caddy(out, base, from, to);
	buf_putc(out, ';');
}

/* _redirects of Netlify and Cloudflare Pages */
static void map_put_netlify(struct buf *out, struct str base, struct str from, struct str to)
{
	buf_printf(out, "%.*s/", STR_ARG(base));
	percent_put(out, redirects_address(from), "/");
	buf_printf(out, " %.*s/%.*s 301", STR_ARG(base), STR_ARG(to));
}

/* An object's key below the site, a tab, its website-redirect-location. */
static void map_put_s3(struct buf *out, struct str base, struct str from, struct str to)
{
	buf_printf(out, "%.*s\t%.*s/%.*s", STR_ARG(from), STR_ARG(base), STR_ARG(to));
}

static const struct {
	enum redirects_how how;
	const char *server;
	map_put *put;
} maps[] = {{REDIRECTS_NGINX, "nginx", map_put_nginx},
	    {REDIRECTS_CADDY, "caddy", map_put_caddy},
	    {REDIRECTS_NETLIFY, "netlify", map_put_netlify},
	    {REDIRECTS_S3, "s3", map_put_s3}};

static void redirects_put_map(const struct redirects *r, map_put *put, struct buf *out)
{
	struct buf to;
	buf_init(&to, 4 * EXPORT_PATH);
	for (size_t i = 0; i < r->items; i++) {
		buf_reset(&to);
		percent_put(&to, redirects_address(r->item[i].to), "/");
		put(out, r->stub.base, r->item[i].from, buf_view(&to));
		buf_putc(out, '\n');
	}
	buf_release(&to);
}

/* The map of the server that the setting names. */
enum status redirects_write_maps(const struct redirects *r, const char *folder, const char *suffix,
				 struct err *err)
{
	char file[PATH_MAX];
	struct buf there, map;
	struct err ignored;
	enum status status = OK;
	buf_init(&there, REDIRECTS_FILE_MAX);
	buf_init(&map, REDIRECTS_FILE_MAX);
	for (size_t i = 0; i < COUNT_OF(maps) && status == OK; i++) {
		bool wanted = r->how == maps[i].how;
		status = io_path(file, sizeof(file), err, "%s/redirects%s.%s", folder, suffix,
				 maps[i].server);
		/* Those of other servers are emptied: a configuration may still include them. */
		if (status != OK || (!wanted && access(file, F_OK) != 0))
			continue;
		buf_reset(&there);
		buf_reset(&map);
		buf_puts(&map, "# Former addresses of pages, made by holdfast export.\n");
		if (wanted)
			redirects_put_map(r, maps[i].put, &map);
		bool same = io_read_file(file, &there, &ignored) == OK &&
			    str_eq(buf_view(&there), buf_view(&map));
		if (buf_failed(&map))
			status = err_set(err, TOO_LARGE, "%s would be too large", file);
		else if (!same)
			status = io_write_file(file, buf_view(&map), 0644, err);
	}
	buf_release(&there);
	buf_release(&map);
	return status;
}

enum status redirects_write(const struct redirects_run *run, const char *folder, const char *suffix,
			    struct err *err)
{
	struct redirects *r = run->r;
	manifest_sort(run->files->next);
	enum status status = redirects_remember(run, err);
	if (status != OK)
		return status;
	if (r->how != REDIRECTS_NONE)
		redirects_resolve(run);
	if (r->how == REDIRECTS_STUBS)
		status = redirects_write_stubs(run, err);
	return status == OK && !run->files->writer->dry_run
		   ? redirects_write_maps(r, folder, suffix, err)
		   : status;
}

/* ---- from before there were several languages ---- */

static void redirects_note_page(void *ctx, const struct manifest_entry *was, const char *path)
{
	if (was->state >= ENTRY_NOINDEX)
		redirects_keep(ctx, was->id, str_of(path));
}

enum status redirects_remember_tree(const char *state, const char *manifest, struct err *err)
{
	struct redirects r = {.count = 0};
	const struct redirects_run run = {.r = &r};
	char file[PATH_MAX];
	bool there;
	arena_init(&r.arena, REDIRECTS_ARENA_MAX);
	manifest_init(&r.published);
	enum status status = io_path(file, sizeof(file), err, "%s/addresses", state);
	if (status == OK)
		status = redirects_recall(&r, file, &there, err);
	if (status == OK)
		status = manifest_each(manifest, redirects_note_page, &r, err);
	if (status == OK)
		status = manifest_read_files(&r.published, manifest, err);
	for (size_t i = 0; i < r.published.files && status == OK; i++) {
		struct str path = str_of(r.published.file[i].path);
		struct str of;
		int64_t id = business_of_page(path, &of);
		/* The root has a home page of its own. */
		if (str_ends(path, STR(".html")) && memchr(path.p, '/', path.n))
			redirects_keep(&r, id, id ? of : path);
	}
	redirects_sort(&r);
	if (status == OK)
		status = redirects_write_addresses(&run, file, err);
	redirects_release(&r);
	return status;
}

enum status redirects_of_root(struct redirects *root, const struct redirects_run *run,
			      const char *state, bool *any, struct err *err)
{
	struct redirects_run of_root = *run;
	char file[PATH_MAX];
	*root = (struct redirects){.how = run->r->how};
	of_root.r = root;
	arena_init(&root->arena, REDIRECTS_ARENA_MAX);
	enum status status = io_path(file, sizeof(file), err, "%s/addresses", state);
	if (status == OK)
		status = redirects_recall(root, file, any, err);
	if (status != OK || !*any)
		return status;
	redirects_sort(root);
	if (!run->files->writer->dry_run)
		status = redirects_write_addresses(&of_root, file, err);
	for (size_t i = 0; i < run->r->count; i++)
		if (run->r->former[i].id)
			redirects_keep(root, run->r->former[i].id, run->r->former[i].path);
	redirects_sort(root);
	root->prefix = ARENA_JOIN(&root->arena, str_of(run->theme->language->tag), STR("/"));
	must(root->prefix.p);
	if (status == OK && root->how != REDIRECTS_NONE)
		redirects_resolve(&of_root);
	return status;
}
