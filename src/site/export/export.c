#include "site/export/redirects.h"
#include "site/export/twins.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/cli.h"
#include "base/folder.h"
#include "base/memory.h"
#include "directory/towns/towns.h"
#include "sql/export.h"

enum { CHANGED_AT_ONCE = 10000 };

struct export_run {
	const struct export_options *options;
	struct export_report *report;
	struct export_state state;
	struct theme theme;
	struct manifest spare;   /* contents of the spare tree at the beginning */
	struct manifest next;    /* contents of the spare tree when it is published */
	struct manifest orphans; /* pages written by this run, then found to be duplicates */
	struct lists lists;
	struct near near;
	struct redirects redirects;
	struct export_input *in;
	const struct photos *photos;
	struct db *db; /* the caller's */
	unsigned formats;
	uint64_t own;        /* digest of the operator's files */
	int64_t xid;         /* transactions below it have ended: the run sees their changes */
	int64_t blocks;      /* of business_detail */
	int64_t near_blocks; /* of business */
	int workers;
	int journals;
	int64_t *ids;
	size_t ids_count, ids_room;
	const struct language *theme_language; /* of a shop's pages */
	struct db_rows shop;                   /* the business, when a shop's site is written */
};

/* ---- changed businesses ---- */

static void export_add_id(struct export_run *r, int64_t id)
{
	r->ids = memory_grow(r->ids, &r->ids_room, r->ids_count + 1, sizeof(*r->ids));
	r->ids[r->ids_count++] = id;
}

/* Append the ids that a statement returns for changes at or after `xid`, `most` in each round trip.
 * With 1, stop at the first: the caller only asks whether there are any. */
static enum status export_read_ids(struct export_run *r, const struct db_statement *statement,
				   int64_t xid, size_t most, struct err *err)
{
	char from[32];
	int64_t id = -1;
	snprintf(from, sizeof(from), "%lld", (long long)xid);
	for (;;) {
		struct db_rows rows;
		const struct db_param params[] = {DB_Z(from), DB_I64(id), DB_I64((int64_t)most)};
		enum status status = db_run(r->db, statement, params, 3, &rows, err);
		if (status != OK)
			return status;
		for (int i = 0; i < rows.rows; i++)
			export_add_id(r, db_i64(&rows, i, SQL_EXPORT_HISTORY_ID));
		if (rows.rows) {
			id = db_i64(&rows, rows.rows - 1, SQL_EXPORT_HISTORY_ID);
			struct str last = db_text(&rows, rows.rows - 1, SQL_EXPORT_HISTORY_XID);
			snprintf(from, sizeof(from), "%.*s", STR_ARG(last));
		}
		size_t got = (size_t)rows.rows;
		db_rows_release(&rows);
		if (got < most || most == 1)
			return OK;
	}
}

static enum status export_read_changed(struct export_run *r, int64_t xid, size_t most,
				       struct err *err)
{
	r->ids_count = 0;
	enum status status = export_read_ids(r, &sql_export_changed, xid, most, err);
	return status == OK ? export_read_ids(r, &sql_export_deleted, xid, most, err) : status;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Remove duplicates: two workers must not write the same page. */
static void export_unique_ids(struct export_run *r)
{
	size_t n = 0;
	if (!r->ids_count)
		return;
	qsort(r->ids, r->ids_count, sizeof(*r->ids), by_number);
	for (size_t i = 0; i < r->ids_count; i++)
		if (i == 0 || r->ids[i] != r->ids[i - 1])
			r->ids[n++] = r->ids[i];
	r->ids_count = n;
}

/* ---- change detection ---- */

/* Read the business, and in which language its pages are: by shop.toml, else by its country. */
static enum status export_read_shop(struct export_run *r, struct err *err)
{
	const struct export_shop *shop = r->options->shop;
	struct arena arena;
	struct shop own;
	struct buf ids;
	buf_init(&ids, 64);
	array_begin(&ids);
	array_i64(&ids, shop->site->id);
	enum status status = DB_RUN(r->db, sql_export_rows, &r->shop, err, array_end(&ids));
	buf_release(&ids);
	if (status == OK && !r->shop.rows)
		status = err_set(err, NOT_FOUND, "there is no business %s", shop->site->id_text);
	if (status != OK)
		return status;
	arena_init(&arena, SHOP_ARENA_MAX);
	status = shop_read(&own, shop->toml, NULL, &arena, err);
	if (status == OK && own.language.n)
		r->theme_language = language_find(own.language);
	else if (status == OK)
		r->theme_language =
		    language_of_country(db_text(&r->shop, 0, SQL_EXPORT_BUSINESS_COUNTRY));
	arena_release(&arena);
	return status == OK ? OK : err_prefix(err, status, "shop %s", shop->site->id_text);
}

static enum status export_read_database(struct export_run *r, struct err *err)
{
	struct db_rows rows;
	enum status status = r->options->shop ? export_read_shop(r, err) : OK;
	if (status == OK)
		status = theme_load(&r->theme, r->options, r->theme_language, r->db, err);
	if (status != OK)
		return status;
	coming_prepare(&r->theme);
	r->theme.photos = r->photos;
	r->report->pictures = r->photos->published;
	r->report->pictures_refused = r->photos->refused;
	status = db_run(r->db, &sql_export_state, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	r->xid = db_i64(&rows, 0, SQL_EXPORT_STATE_XID);
	theme_identity(&r->theme, db_text(&rows, 0, SQL_EXPORT_STATE_IDENTITY));
	r->blocks = db_i64(&rows, 0, SQL_EXPORT_STATE_BLOCKS);
	r->near_blocks = db_i64(&rows, 0, SQL_EXPORT_STATE_NEAR_BLOCKS);
	db_rows_release(&rows);
	return OK;
}

/* Whether all pages of a tree have the present common input (templates, settings, sources), and the
 * database is the one they were made from, at a later point. */
static bool export_same_input(const struct export_run *r, const struct manifest *m)
{
	if (m->site != r->theme.hash || m->formats != r->formats || m->xid == 0 || m->xid > r->xid)
		return false;
	for (size_t i = 0; i < MANIFEST_SOURCES; i++)
		if (m->source[i] && m->source[i] != r->theme.source_hash[i])
			return false;
	return true;
}

/* Whether each file that the shop's site has now is published already, and no other. The files are
 * made, compared with the published manifest and not written. */
static enum status export_shop_up_to_date(struct export_run *r, bool *is, struct err *err)
{
	struct manifest there, made;
	struct maker maker;
	struct writer writer;
	struct journal journal = {.fd = -1};
	struct export_files f = {
	    .writer = &writer, .journal = &journal, .spare = &there, .next = &made};
	manifest_init(&there);
	manifest_init(&made);
	maker_init(&maker, &r->theme);
	writer_init(&writer, -1, 0, true);
	buf_init(&journal.buf, 1 << 20);
	enum status status = manifest_read(&there, r->state.old_manifest, err);
	if (status == OK)
		status = export_state_journal(&r->state, 0, true, &journal.fd, err);
	if (status == OK)
		status = shopsite_write(&f, &maker, r->options->shop, &r->shop, r->report, err);
	if (status == OK)
		status = own_public_copy(r->options->own_dir, &f, err);
	manifest_sort(&made);
	*is = status == OK && !writer.files && made.files == there.files;
	if (journal.fd >= 0)
		close(journal.fd);
	buf_release(&journal.buf);
	writer_release(&writer);
	maker_release(&maker);
	manifest_release(&there);
	manifest_release(&made);
	return status;
}

static enum status export_up_to_date(struct export_run *r, bool *is, struct err *err)
{
	struct manifest head;
	manifest_init(&head);
	*is = false;
	if (!r->state.published)
		return OK;
	enum status status = manifest_read_head(&head, r->state.old_manifest, err);
	if (status != OK)
		return status;
	r->report->generation = head.generation;
	if ((head.formats ^ r->formats) & FORMAT_SHOP)
		return err_set(err, CONFLICT, "%s is the site of %s; name another folder",
			       r->state.site, r->options->shop ? "the directory" : "a shop");
	if (!export_same_input(r, &head) || head.own != r->own)
		return OK;
	if (r->options->shop)
		return export_shop_up_to_date(r, is, err);
	status = export_read_changed(r, head.xid, 1, err);
	*is = status == OK && r->ids_count == 0;
	return status;
}

/* ---- the spare tree: what is in it ---- */

static enum status export_read_spare(struct export_run *r, struct err *err)
{
	struct err ignored;
	bool left;
	if (!r->options->dry_run) {
		enum status status = export_state_open_spare(&r->state, err);
		if (status != OK)
			return status;
	}
	if (r->state.spare_manifest[0] &&
	    manifest_read(&r->spare, r->state.spare_manifest, &ignored) == INVALID)
		return err_set(err, INVALID, "%s", ignored.text);
	if (r->spare.formats != r->formats)
		manifest_forget_hashes(&r->spare); /* its files have other compressed copies */
	enum status status = export_state_recover(&r->state, &r->spare, &left, err);
	/* The manifest gets the hashes of the interrupted run, but keeps its `xid`: the tree has
	 * only some of the later changes. */
	if (status == OK && left && !r->options->dry_run) {
		status = manifest_write(&r->spare, r->state.spare_manifest, err);
		if (status == OK)
			export_state_remove_journals(&r->state);
	}
	return status;
}

/* Render again the pages whose content an interrupted run has left unknown. */
static void export_add_unknown(struct export_run *r)
{
	for (size_t i = 0; i < r->spare.entries; i++)
		if (!r->spare.entry[i].page && r->spare.entry[i].state >= ENTRY_NOINDEX)
			export_add_id(r, r->spare.entry[i].id);
}

/* Render again the businesses whose pictures are other ones now. */
static void export_add_pictured(struct export_run *r)
{
	for (size_t i = 0; i < r->spare.entries; i++) {
		const struct manifest_entry *e = &r->spare.entry[i];
		const struct photos_of *of =
		    e->pictures || r->photos->count ? photos_find(&r->theme, e->id) : NULL;
		if (e->pictures != (of ? of->digest : 0))
			export_add_id(r, e->id);
	}
}

/* ---- passes ---- */

static void export_begin_next(struct export_run *r, bool whole)
{
	manifest_init(&r->next);
	for (size_t i = 0; i < r->spare.entries && !whole; i++)
		manifest_add(&r->next, &r->spare.entry[i]);
	r->next.known = &r->spare;
	r->next.generation = r->report->generation + 1;
	r->next.xid = r->xid;
	r->next.site = r->theme.hash;
	r->next.formats = r->formats;
	r->next.map_parts = r->spare.map_parts;
	memcpy(r->next.source, r->theme.source_hash, sizeof(r->next.source));
}

/* Add the journals of the workers to the next manifest. Sorting it takes memory: the neighbours,
 * which are others behind the pass, are forgotten before. */
static enum status export_collect_journals(struct export_run *r, const int *fd, struct err *err)
{
	enum status status = OK;
	for (int i = 0; i < r->workers && status == OK; i++)
		status = journal_read(fd[i], &r->next, true, err);
	near_release(&r->near);
	manifest_sort(&r->next);
	return status;
}

static enum status export_pass(struct export_run *r, struct pass *p, const char *what,
			       const char *unit, uint64_t total, struct err *err)
{
	struct progress progress;
	int fd[EXPORT_WORKERS_MAX], opened = 0;
	enum status status = OK;
	for (; opened < r->workers && status == OK; opened++)
		status = export_state_journal(&r->state, r->journals++, r->options->dry_run,
					      &fd[opened], err);
	p->options = r->options;
	p->theme = &r->theme;
	p->state = &r->state;
	p->spare = &r->spare;
	p->formats = r->formats;
	p->progress = &progress; /* cppcheck-suppress autoVariables ; cleared below */
	p->report = r->report;
	p->journal_fd = fd;
	p->workers = r->workers;
	progress_begin(&progress, what, unit, total);
	if (status == OK)
		status = pass_run(p, err);
	p->progress = NULL;
	p->journal_fd = NULL;
	progress_end(&progress, p->lists ? p->lists->works : r->report->read);
	if (status == OK)
		status = export_collect_journals(r, fd, err);
	for (int i = 0; i < opened; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return status;
}

static enum status export_pass_ids(struct export_run *r, bool again, struct err *err)
{
	export_unique_ids(r);
	struct pass p = {
	    .ids = r->ids, .ids_count = r->ids_count, .again = again, .search_blocks = -1};
	return r->ids_count ? export_pass(r, &p, "rendering", "businesses", r->ids_count, err) : OK;
}

static void export_twin_changed(void *ctx, const struct manifest_entry *e, bool publish)
{
	struct export_run *r = ctx;
	const struct manifest_entry *there = manifest_find(&r->spare, e->id);
	if (publish)
		export_add_id(r, e->id);
	else if (!there || there->state < ENTRY_NOINDEX)
		manifest_add(&r->orphans, e);
}

/* Render former duplicates whose twin was deleted; remove new duplicates from the tree. */
static enum status export_resolve_twins(struct export_run *r, struct err *err)
{
	r->ids_count = 0;
	twins_resolve(&r->next, export_twin_changed, r);
	return export_pass_ids(r, true, err);
}

/* The lists that pages link to before it is known which lists there are. Pages for which that was
 * wrong are rendered twice. */
static enum status export_guess_links(struct export_run *r, bool whole, struct err *err)
{
	struct theme *t = &r->theme;
	if (whole)
		return theme_guess_links(t, r->db, err);
	t->linked = memory_array(r->next.entries + 1, sizeof(*t->linked));
	for (size_t i = 0; i < r->next.entries; i++) {
		const struct manifest_entry *e = &r->next.entry[i];
		if (e->state >= ENTRY_NOINDEX && e->linked)
			t->linked[t->links++] = theme_link_key(e->place, e->category);
	}
	theme_sort_links(t);
	return OK;
}

/* The nearest of each, by what the pages were so far; of the whole database as it suggests. */
static enum status export_guess_near(struct export_run *r, bool whole, struct err *err)
{
	enum status status = OK;
	if (whole)
		status = near_guess(&r->near, &r->theme, r->db, r->near_blocks, err);
	else
		near_of_manifest(&r->near, &r->spare); /* `next` changes meanwhile */
	r->theme.near = &r->near;
	r->next.near = &r->near;
	return status;
}

/* Render all businesses and then those that changed meanwhile; or only those that changed since the
 * tree was made. */
static enum status export_businesses(struct export_run *r, struct err *err)
{
	bool whole = !export_same_input(r, &r->spare);
	enum status status = OK;
	r->report->whole = whole;
	export_begin_next(r, whole);
	status = export_guess_links(r, whole, err);
	if (status == OK)
		status = export_guess_near(r, whole, err);
	if (status == OK && whole && r->blocks) {
		struct pass p = {.blocks = r->blocks, .search_blocks = -1};
		status = export_pass(r, &p, "rendering", "businesses", (uint64_t)r->blocks, err);
	}
	if (status == OK)
		status =
		    export_read_changed(r, whole ? r->xid : r->spare.xid, CHANGED_AT_ONCE, err);
	if (status == OK && !whole) {
		export_add_unknown(r);
		export_add_pictured(r);
	}
	if (status == OK)
		status = export_pass_ids(r, whole, err);
	r->next.near = NULL;
	manifest_drop_deleted(&r->next);
	return status == OK ? export_resolve_twins(r, err) : status;
}

/* Render again the pages of businesses whose list, or a page of a town that they serve, has come or
 * gone, or whose nearest others are other ones or have changed, since they were rendered. */
static enum status export_relink(struct export_run *r, struct err *err)
{
	r->ids_count = 0;
	lists_link(&r->lists, &r->theme);
	for (size_t i = 0; i < r->next.entries; i++) {
		const struct manifest_entry *e = &r->next.entry[i];
		if (e->state >= ENTRY_NOINDEX &&
		    (e->linked != (e->place && theme_links(&r->theme, e->place, e->category)) ||
		     e->near != near_hash_entry(&r->near, e) + coming_hash(&r->theme, e)))
			export_add_id(r, e->id);
	}
	return export_pass_ids(r, true, err);
}

/* Make the lists, and the pages that link to them agree. A record that changes while it is rendered
 * again can make another round necessary. */
static enum status export_make_lists(struct export_run *r, struct err *err)
{
	enum { ROUNDS = 8 };
	enum status status = OK;
	for (int i = 0; i < ROUNDS && status == OK; i++) {
		lists_release(&r->lists);
		lists_make(&r->lists, &r->theme, &r->next);
		near_release(&r->near);
		near_of_manifest(&r->near, &r->next);
		status = export_relink(r, err);
		if (!r->ids_count)
			break;
	}
	near_release(&r->near);
	r->theme.near = NULL;
	theme_release_coming(&r->theme);
	return status;
}

static enum status export_list_pages(struct export_run *r, struct err *err)
{
	char path[EXPORT_PATH];
	struct pass p = {.lists = &r->lists,
			 .search_blocks = r->theme.search_script.n ? r->blocks : -1};
	enum status made = coming_read(&r->theme, r->db, err);
	if (made == OK)
		made = export_make_lists(r, err);
	if (made != OK)
		return made;
	lists_compare(&r->lists, &r->spare);
	r->report->lists = r->lists.pages;
	r->report->unchanged += r->lists.pages - r->lists.works;
	for (uint32_t i = 0, work = 0; i < r->lists.pages; i++) {
		if (work < r->lists.works && r->lists.work[work] == i) {
			work++; /* the journal has it when it is written */
			continue;
		}
		lists_path(&r->lists, i, path);
		manifest_add_file(&r->next, path, r->lists.page[i].hash);
	}
	return r->lists.works || p.search_blocks >= 0
		   ? export_pass(r, &p, "listing", "pages", r->lists.works, err)
		   : OK;
}

/* ---- stale files ---- */

static enum status export_remove_file(struct export_run *r, struct export_files *f,
				      const char *path, struct err *err)
{
	r->report->removed++;
	return writer_remove(f->writer, path, err);
}

static enum status export_remove_business(struct export_run *r, struct export_files *f,
					  const struct manifest_entry *e, bool page,
					  struct err *err)
{
	char path[EXPORT_PATH];
	enum status status = OK;
	struct str its = str_of(manifest_path(e));
	journal_entry(f->journal, e, its, STR(""), false);
	status = journal_flush(f->journal, err);
	for (int i = page ? 0 : 1; i < business_files(e) && status == OK; i++) {
		business_file(its, e->id, business_endings[i], path);
		if (!manifest_find_file(&r->next, path)) /* else it leads on now */
			status = export_remove_file(r, f, path, err);
	}
	return status;
}

static enum status export_remove_stale(struct export_run *r, struct export_files *f,
				       struct err *err)
{
	enum status status = OK;
	for (size_t i = 0; i < r->spare.entries && status == OK; i++) {
		const struct manifest_entry *old = &r->spare.entry[i];
		if (old->state < ENTRY_NOINDEX)
			continue;
		const struct manifest_entry *e = manifest_find(&r->next, old->id);
		bool page = !e || e->state < ENTRY_NOINDEX ||
			    strcmp(manifest_path(e), manifest_path(old)) != 0;
		if (page || (old->card && !e->card))
			status = export_remove_business(r, f, old, page, err);
	}
	for (size_t i = 0; i < r->orphans.entries && status == OK; i++)
		status = export_remove_business(r, f, &r->orphans.entry[i], true, err);
	for (size_t i = 0; i < r->spare.files && status == OK; i++) {
		const char *path = r->spare.file[i].path;
		if (manifest_find_file(&r->next, path) || business_has_file(&r->next, path))
			continue;
		journal_file(f->journal, path, 0);
		status = journal_flush(f->journal, err);
		if (status == OK)
			status = export_remove_file(r, f, path, err);
	}
	return status;
}

/* ---- other files ---- */

/* The pages and maps that lead on from former addresses. */
static enum status export_redirects(struct export_run *r, struct export_files *f, struct err *err)
{
	const struct redirects_run run = {.r = &r->redirects,
					  .files = f,
					  .theme = &r->theme,
					  .lists = &r->lists,
					  .state = r->state.dir,
					  .published =
					      r->state.published ? r->state.old_manifest : NULL};
	const char *root = r->in->root_state;
	char suffix[32] = "";
	if (root)
		snprintf(suffix, sizeof(suffix), "-%s", r->theme.language->tag);
	enum status status = redirects_write(&run, root ? root : r->state.dir, suffix, err);
	r->report->redirects = r->redirects.items;
	return status;
}

/* Where addresses from before there were several languages lead: into the first one's tree. */
static enum status export_root_redirects(struct export_run *r, struct err *err)
{
	struct writer writer = {.published_fd = -1, .dry_run = r->options->dry_run};
	struct export_files files = {.writer = &writer, .next = &r->next};
	const struct redirects_run run = {
	    .r = &r->redirects, .files = &files, .theme = &r->theme, .lists = &r->lists};
	const struct trees *trees = r->options->trees;
	if (!r->in->root_state || r->theme.language != trees->language[0])
		return OK;
	if (r->report
		->nothing_changed) /* without those that come: only names of files are needed */
		lists_make(&r->lists, &r->theme, &r->next);
	return redirects_of_root(&r->in->root, &run, r->in->root_state, &r->in->root_any, err);
}

static enum status export_other_files(struct export_run *r, struct err *err)
{
	struct maker maker;
	struct writer writer;
	struct journal journal = {.fd = -1};
	struct export_files f = {
	    .writer = &writer, .journal = &journal, .spare = &r->spare, .next = &r->next};
	maker_init(&maker, &r->theme);
	writer_init(&writer, r->state.spare_fd, r->formats, r->options->dry_run);
	writer.published_fd = r->state.published_fd;
	writer.drops = (unsigned)r->spare.formats & ~r->formats;
	buf_init(&journal.buf, 1 << 20);
	size_t first = r->next.files;
	enum status status =
	    export_state_journal(&r->state, r->journals++, r->options->dry_run, &journal.fd, err);
	if (status == OK && r->options->shop)
		status = shopsite_write(&f, &maker, r->options->shop, &r->shop, r->report, err);
	else if (status == OK)
		status = places_write(&f, &maker, &r->lists, err);
	if (status == OK && !r->options->shop)
		status = sitemap_write(&f, &r->theme, &r->lists, first, err);
	if (status == OK && r->options->photos)
		status = photos_write_all(&f, &r->theme, r->options->photos->cache, err);
	if (status == OK)
		status = own_public_copy(r->options->own_dir, &f, err);
	if (status == OK && !r->options->shop)
		status = closed_write(&f, &maker, r->db, err);
	if (status == OK && !r->options->shop)
		status = export_redirects(r, &f, err);
	manifest_sort(&r->next);
	if (status == OK)
		status = export_remove_stale(r, &f, err);
	r->report->written += writer.files;
	r->report->bytes += writer.bytes;
	r->report->unchanged += f.unchanged;
	if (journal.fd >= 0)
		close(journal.fd);
	buf_release(&journal.buf);
	writer_release(&writer);
	maker_release(&maker);
	return status;
}

static void export_count(struct export_run *r, const struct manifest *m)
{
	struct export_report *p = r->report;
	for (size_t i = 0; i < m->entries; i++) {
		p->pages += m->entry[i].state >= ENTRY_NOINDEX;
		p->noindex += m->entry[i].state == ENTRY_NOINDEX;
		p->withheld += m->entry[i].state == ENTRY_WITHHELD;
		if (m->entry[i].cause < GATE_CAUSES)
			p->gate.count[m->entry[i].cause]++;
	}
	p->files = m->files;
	for (size_t i = 0; i < m->files && r->options->shop; i++) {
		bool is_page = str_ends(str_of(m->file[i].path), STR(".html"));
		p->pages += is_page;
		p->files -= is_page;
	}
}

/* The manifest of the published tree, which is empty before the first export. */
static enum status export_read_published(const struct export_run *r, struct manifest *m,
					 struct err *err)
{
	manifest_init(m);
	return r->state.published ? manifest_read(m, r->state.old_manifest, err) : OK;
}

/* Publish the tree, and write the lists that were asked for. */
static enum status export_publish(struct export_run *r, struct err *err)
{
	const struct export_options *o = r->options;
	struct manifest old;
	manifest_init(&old);
	enum status status = o->changed ? export_read_published(r, &old, err) : OK;
	if (status == OK)
		status = export_state_publish(&r->state, err);
	if (status == OK && o->changed)
		status = listing_changes(o->changed, &old, &r->next, r->theme.base, err);
	if (status == OK && o->list)
		status = listing_all(o->list, &r->next, err);
	manifest_release(&old);
	return status;
}

static enum status export_build(struct export_run *r, struct err *err)
{
	towns_prepare(); /* for all workers */
	enum status status = export_read_spare(r, err);
	if (status == OK && !r->options->dry_run)
		export_state_flush_begin(&r->state);
	if (status == OK && r->options->shop)
		export_begin_next(r, true);
	else if (status == OK)
		status = export_businesses(r, err);
	if (status == OK && !r->options->shop)
		status = export_list_pages(r, err);
	if (status == OK)
		status = export_other_files(r, err);
	export_state_flush_end(&r->state);
	if (status != OK)
		return status;
	export_count(r, &r->next);
	r->report->generation = r->next.generation;
	if (r->options->dry_run)
		return r->options->fit ? fit_check(r->options->fit, &r->next, -1, err) : OK;
	r->next.own = r->own;
	status = own_keep(&r->state, &r->next, &r->report->own_lost, err);
	if (status == OK)
		status = export_state_sync(&r->state, err);
	if (status == OK)
		status = manifest_write(&r->next, r->state.spare_manifest, err);
	if (status != OK)
		return status;
	export_state_remove_journals(&r->state);
	if (r->options->fit)
		status = fit_check(r->options->fit, &r->next, r->state.spare_fd, err);
	return status == OK ? export_publish(r, err) : status;
}

/* The published tree is up to date. */
static enum status export_nothing_changed(struct export_run *r, struct err *err)
{
	r->report->nothing_changed = true;
	enum status status = manifest_read(&r->next, r->state.old_manifest, err);
	if (status != OK)
		return status;
	export_count(r, &r->next);
	const struct export_options *o = r->options;
	if (o->fit) {
		int fd = open(r->state.site, O_PATH | O_DIRECTORY | O_CLOEXEC);
		status = fd < 0 ? err_errno(err, FAILED, "%s", r->state.site)
				: fit_check(o->fit, &r->next, fd, err);
		if (fd >= 0)
			close(fd);
	}
	if (status != OK)
		return status;
	if (o->changed && !o->dry_run)
		status = listing_changes(o->changed, &r->next, &r->next, r->theme.base, err);
	return status == OK && o->list && !o->dry_run ? listing_all(o->list, &r->next, err)
						      : status;
}

enum status export_tree(const struct export_options *o, struct export_input *in,
			struct export_report *report, struct err *err)
{
	struct export_run r = {
	    .options = o, .report = report, .in = in, .db = in->db, .photos = &in->photos};
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t closed = 0;
	bool is;
	*report = (struct export_report){.no_address = !*config_text(o->config, CONFIG_SITE_URL)};
	r.workers = o->workers ? o->workers : cores < 1 ? 1 : (int)cores;
	r.workers = r.workers > EXPORT_WORKERS_MAX ? EXPORT_WORKERS_MAX : r.workers;
	r.formats = (o->gzip ? FORMAT_GZIP : 0) | (o->brotli ? FORMAT_BROTLI : 0) |
		    (o->shop ? FORMAT_SHOP : 0);
	signal(SIGXFSZ, SIG_IGN); /* write then fails with EFBIG */
	enum status status = export_state_open(&r.state, o, err);
	if (status != OK)
		return status;
	status = export_read_database(&r, err);
	if (status == OK)
		status = own_public_digest(o->own_dir, &r.own, err);
	if (status == OK && !o->shop)
		status = redirects_read(&r.redirects, o->config, r.db, err);
	if (status == OK && !o->shop)
		status = closed_digest(r.db, &closed, err);
	r.own ^= r.photos->digest ^ r.redirects.digest ^ closed;
	if (status == OK)
		status = export_up_to_date(&r, &is, err);
	if (status == OK)
		status = is ? export_nothing_changed(&r, err) : export_build(&r, err);
	if (status == OK)
		status = export_root_redirects(&r, err);
	/* Most errors name a file relative to the folder. */
	if (status == FAILED && strncmp(err->text, r.state.site, strlen(r.state.site)) != 0)
		status = err_prefix(err, status, "%s", r.state.site);
	lists_release(&r.lists);
	near_release(&r.near);
	redirects_release(&r.redirects);
	manifest_release(&r.spare);
	manifest_release(&r.next);
	manifest_release(&r.orphans);
	theme_release(&r.theme);
	db_rows_release(&r.shop);
	free(r.ids);
	export_state_close(&r.state);
	return status;
}

enum status export_input_open(struct export_input *in, const struct export_options *o,
			      struct err *err)
{
	*in = (struct export_input){.db = NULL};
	enum status status = o->connect(o->ctx, &in->db, err);
	return status == OK ? photos_read(&in->photos, o->photos, in->db, err) : status;
}

void export_input_close(struct export_input *in)
{
	photos_release(&in->photos);
	redirects_release(&in->root);
	db_close(in->db);
}

enum status export_run(const struct export_options *o, struct export_report *report,
		       struct err *err)
{
	struct export_input in;
	enum status status = export_input_open(&in, o, err);
	if (status == OK)
		status = export_tree(o, &in, report, err);
	export_input_close(&in);
	return status;
}
