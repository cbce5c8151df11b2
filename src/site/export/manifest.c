#include "site/export/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/io.h"
#include "base/lower_bound.h"
#include "base/memory.h"
#include "base/sort_keys.h"

static const char magic[8] = "hfsite6\n";
/* Earlier formats: entries without `lat` and what follows; without `place`, too; without `paths`,
 * too; without `own`, too. */
static const char magic_without_near[8] = "hfsite5\n", magic_without_places[8] = "hfsite4\n",
		  magic_without_paths[8] = "hfsite3\n", magic_without_own[8] = "hfsite2\n";
enum {
	ENTRY_WITHOUT_NEAR = offsetof(struct manifest_entry, lat),
	ENTRY_WITHOUT_PLACE = offsetof(struct manifest_entry, place),
};

struct manifest_head {
	char magic[8];
	uint64_t generation, site, formats, entries, files, map_parts;
	int64_t xid;
	uint64_t source[MANIFEST_SOURCES];
	uint64_t own;
	uint64_t paths; /* bytes of the paths and names of the entries, which follow them */
};

/* ---- paths and names of businesses: texts that end with NUL, the first one empty ---- */

static struct {
	char *text;
	size_t n, room;
} paths;

/* Returns where the caller writes n bytes. */
static char *paths_room(size_t n)
{
	size_t first = paths.n ? 0 : 1;
	paths.text = memory_grow(paths.text, &paths.room, paths.n + first + n, 1);
	if (first)
		paths.text[paths.n++] = '\0';
	must(paths.n + n <= UINT32_MAX);
	paths.n += n;
	return paths.text + paths.n - n;
}

uint32_t manifest_keep_path(struct str path)
{
	if (!path.n)
		return 0;
	char *to = paths_room(path.n + 1);
	memcpy(to, path.p, path.n);
	to[path.n] = '\0';
	return (uint32_t)(to - paths.text);
}

const char *manifest_kept_path(uint32_t path)
{
	return path ? paths.text + path : "";
}

const char *manifest_path(const struct manifest_entry *e)
{
	return manifest_kept_path(e->path);
}

const char *manifest_name(const struct manifest_entry *e)
{
	return manifest_kept_path(e->name);
}

void manifest_init(struct manifest *m)
{
	memset(m, 0, sizeof(*m));
}

void manifest_release(struct manifest *m)
{
	for (size_t i = 0; i < m->files; i++)
		free(m->file[i].path);
	free(m->entry);
	free(m->file);
	manifest_init(m);
}

void manifest_add(struct manifest *m, const struct manifest_entry *e)
{
	m->entry = memory_grow(m->entry, &m->entries_room, m->entries + 1, sizeof(*e));
	m->entry[m->entries++] = *e;
}

void manifest_add_file(struct manifest *m, const char *path, uint64_t hash)
{
	m->file = memory_grow(m->file, &m->files_room, m->files + 1, sizeof(*m->file));
	char *copy = memory_strdup(path);
	m->file[m->files++] = (struct entry_file){.hash = hash, .path = copy};
}

/* ---- sorting ---- */

/* With the index in the array, which makes the order total: of several with one path the last added
 * is kept. */
struct file_key {
	const char *path;
	size_t at;
};

static int file_key_compare(const void *a, const void *b)
{
	const struct file_key *x = a, *y = b;
	int order = strcmp(x->path, y->path);
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int entry_file_compare(const void *a, const void *b)
{
	return strcmp(((const struct entry_file *)a)->path, ((const struct entry_file *)b)->path);
}

static bool manifest_entries_are_sorted(const struct manifest *m)
{
	for (size_t i = 1; i < m->entries; i++)
		if (m->entry[i - 1].id >= m->entry[i].id)
			return false;
	return true;
}

/* Move each entry to the place of the key that has its index, along the cycles of the
 * permutation. */
static void manifest_move_entries(struct manifest_entry *entry, struct sort_key *key, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct manifest_entry first = entry[i];
		uint32_t to = i;
		for (uint32_t from; (from = key[to].at) != i; to = from) {
			entry[to] = entry[from];
			key[to].at = to;
		}
		entry[to] = first;
		key[to].at = to;
	}
}

/* In place: this is where a run has the most in memory. */
static void manifest_sort_entries(struct manifest *m)
{
	if (manifest_entries_are_sorted(m))
		return;
	must(m->entries <= UINT32_MAX);
	struct sort_key *key = memory_array(m->entries, sizeof(*key));
	size_t n = 0;
	for (size_t i = 0; i < m->entries; i++)
		key[i] = (struct sort_key){sort_signed(m->entry[i].id), (uint32_t)i};
	sort_keys(key, m->entries);
	manifest_move_entries(m->entry, key, (uint32_t)m->entries);
	free(key);
	for (size_t i = 0; i < m->entries; i++)
		if (i + 1 == m->entries || m->entry[i].id != m->entry[i + 1].id)
			m->entry[n++] = m->entry[i];
	m->entries = n;
}

void manifest_sort_files(struct manifest *m)
{
	if (!m->files)
		return;
	struct file_key *key = memory_array(m->files, sizeof(*key));
	struct entry_file *sorted = memory_array(m->files, sizeof(*sorted));
	size_t n = 0;
	for (size_t i = 0; i < m->files; i++)
		key[i] = (struct file_key){m->file[i].path, i};
	qsort(key, m->files, sizeof(*key), file_key_compare);
	for (size_t i = 0; i < m->files; i++) {
		const struct entry_file *file = &m->file[key[i].at];
		if (i + 1 < m->files && strcmp(key[i].path, key[i + 1].path) == 0)
			free(file->path);
		else
			sorted[n++] = *file;
	}
	free(key);
	free(m->file);
	m->file = sorted;
	m->files_room = m->files;
	m->files = n;
}

void manifest_sort(struct manifest *m)
{
	manifest_sort_entries(m);
	manifest_sort_files(m);
}

void manifest_forget_hashes(struct manifest *m)
{
	for (size_t i = 0; i < m->entries; i++)
		m->entry[i].page = 0;
	for (size_t i = 0; i < m->files; i++)
		m->file[i].hash = 0;
}

void manifest_drop_deleted(struct manifest *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->entries; i++)
		if (m->entry[i].state != ENTRY_DELETED)
			m->entry[n++] = m->entry[i];
	m->entries = n;
}

/* Interpolation search: ids are hashes and so evenly distributed, and an id's value predicts its
 * index. Every probe of a large manifest is a cache miss, and a binary search in a million entries
 * would need twenty. */
static size_t manifest_guess(const struct manifest *m, int64_t id)
{
	enum { GUESSES = 3 };
	__int128 at = 0, count = (__int128)m->entries;
	int64_t base = 0;
	for (int i = 0; i < GUESSES; i++) {
		at += (((__int128)id - base) * count) >> 63;
		at = at < 0 ? 0 : at < count ? at : count - 1;
		base = m->entry[at].id;
	}
	return (size_t)at;
}

static bool manifest_entry_before(const void *element, const void *id)
{
	return ((const struct manifest_entry *)element)->id < *(const int64_t *)id;
}

const struct manifest_entry *manifest_find(const struct manifest *m, int64_t id)
{
	enum { NEAR = 32 };
	if (!m->entries)
		return NULL;
	size_t low = 0, high = m->entries, at = manifest_guess(m, id);
	if (at >= NEAR && m->entry[at - NEAR].id < id)
		low = at - NEAR + 1;
	if (at + NEAR < high && m->entry[at + NEAR].id >= id)
		high = at + NEAR;
	low +=
	    lower_bound(m->entry + low, high - low, sizeof(*m->entry), manifest_entry_before, &id);
	return low < m->entries && m->entry[low].id == id ? &m->entry[low] : NULL;
}

const struct entry_file *manifest_find_file(const struct manifest *m, const char *path)
{
	struct entry_file wanted = {.path = (char *)path};
	return m->files ? bsearch(&wanted, m->file, m->files, sizeof(wanted), entry_file_compare)
			: NULL;
}

/* ---- on disk: head, entries, their paths, then hash, length and path of each file ---- */

static enum status manifest_invalid(const char *path, struct err *err)
{
	return err_set(err, INVALID, "%s is not a manifest of this program", path);
}

static bool manifest_is(const struct manifest_head *head, const char format[8])
{
	return memcmp(head->magic, format, sizeof(magic)) == 0;
}

/* Bytes of an entry in a file of its format. */
static size_t manifest_entry_bytes(const struct manifest_head *head)
{
	return manifest_is(head, magic)                ? sizeof(struct manifest_entry)
	       : manifest_is(head, magic_without_near) ? ENTRY_WITHOUT_NEAR
						       : ENTRY_WITHOUT_PLACE;
}

static enum status manifest_parse_head(struct manifest *m, FILE *in, struct manifest_head *head,
				       const char *path, struct err *err)
{
	size_t before = offsetof(struct manifest_head, own);
	bool whole = fread(head, before, 1, in) == 1;
	head->own = head->paths = 0;
	if (whole && (manifest_is(head, magic) || manifest_is(head, magic_without_near) ||
		      manifest_is(head, magic_without_places)))
		whole = fread(&head->own, sizeof(*head) - before, 1, in) == 1;
	else if (whole && manifest_is(head, magic_without_paths))
		whole = fread(&head->own, sizeof(head->own), 1, in) == 1;
	else
		whole = whole && manifest_is(head, magic_without_own);
	if (!whole || head->entries > UINT32_MAX || head->paths > UINT32_MAX / 2 ||
	    head->files > UINT32_MAX)
		return manifest_invalid(path, err);
	m->generation = head->generation;
	m->site = head->site;
	m->formats = head->formats;
	m->map_parts = (uint32_t)head->map_parts;
	m->xid = head->xid;
	m->own = head->own;
	memcpy(m->source, head->source, sizeof(m->source));
	return OK;
}

static enum status manifest_parse_files(struct manifest *m, FILE *in, uint64_t count,
					const char *path, struct err *err)
{
	char name[EXPORT_PATH];
	for (uint64_t i = 0; i < count; i++) {
		uint64_t hash;
		uint16_t n;
		if (fread(&hash, sizeof(hash), 1, in) != 1 || fread(&n, sizeof(n), 1, in) != 1 ||
		    n >= sizeof(name) || fread(name, 1, n, in) != n)
			return manifest_invalid(path, err);
		name[n] = '\0';
		manifest_add_file(m, name, hash);
	}
	return OK;
}

/* Make an offset in the file's texts one in `paths`. */
static bool manifest_move_text(uint32_t *text, size_t base, size_t bytes)
{
	if (*text >= bytes)
		return false;
	*text = *text ? (uint32_t)(base + *text) : 0;
	return true;
}

/* The entries' paths and names are offsets in the texts behind them. */
static enum status manifest_parse_paths(struct manifest *m, FILE *in, size_t bytes,
					const char *path, struct err *err)
{
	if (!bytes) {
		for (size_t i = 0; i < m->entries; i++)
			m->entry[i].path = 0;
		return OK;
	}
	char *texts = paths_room(bytes);
	size_t base = (size_t)(texts - paths.text);
	if (fread(texts, 1, bytes, in) != bytes || texts[bytes - 1] != '\0')
		return manifest_invalid(path, err);
	for (size_t i = 0; i < m->entries; i++)
		if (!manifest_move_text(&m->entry[i].path, base, bytes) ||
		    !manifest_move_text(&m->entry[i].name, base, bytes))
			return manifest_invalid(path, err);
	return OK;
}

static enum status manifest_parse_entries(struct manifest *m, FILE *in,
					  const struct manifest_head *head, const char *path,
					  struct err *err)
{
	size_t bytes = manifest_entry_bytes(head);
	m->entry = memory_grow(m->entry, &m->entries_room, head->entries, sizeof(*m->entry));
	if (bytes == sizeof(*m->entry))
		m->entries = fread(m->entry, bytes, head->entries, in);
	for (; bytes < sizeof(*m->entry) && m->entries < head->entries; m->entries++) {
		m->entry[m->entries] = (struct manifest_entry){0};
		if (fread(&m->entry[m->entries], bytes, 1, in) != 1)
			break;
	}
	return m->entries == head->entries ? OK : manifest_invalid(path, err);
}

enum status manifest_read(struct manifest *m, const char *path, struct err *err)
{
	struct manifest_head head;
	FILE *in = fopen(path, "re");
	if (!in)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", path);
	enum status status = manifest_parse_head(m, in, &head, path, err);
	if (status == OK && head.entries)
		status = manifest_parse_entries(m, in, &head, path, err);
	if (status == OK)
		status = manifest_parse_paths(m, in, head.paths, path, err);
	if (status == OK)
		status = manifest_parse_files(m, in, head.files, path, err);
	fclose(in);
	if (status != OK)
		manifest_release(m);
	return status;
}

enum status manifest_read_head(struct manifest *m, const char *path, struct err *err)
{
	struct manifest_head head;
	FILE *in = fopen(path, "re");
	if (!in)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", path);
	enum status status = manifest_parse_head(m, in, &head, path, err);
	m->entries = 0;
	fclose(in);
	return status;
}

enum status manifest_read_files(struct manifest *m, const char *path, struct err *err)
{
	struct manifest_head head;
	FILE *in = fopen(path, "re");
	if (!in)
		return err_errno(err, errno == ENOENT ? NOT_FOUND : FAILED, "%s", path);
	enum status status = manifest_parse_head(m, in, &head, path, err);
	if (status == OK &&
	    fseek(in, (long)(head.entries * manifest_entry_bytes(&head) + head.paths), SEEK_CUR) !=
		0)
		status = manifest_invalid(path, err);
	if (status == OK)
		status = manifest_parse_files(m, in, head.files, path, err);
	fclose(in);
	return status;
}

/* Entries and texts are in the same order: two streams of the file are read side by side. */
static bool manifest_read_each(FILE *in, FILE *texts, const struct manifest_head *head,
			       void (*visit)(void *ctx, const struct manifest_entry *e,
					     const char *path),
			       void *ctx)
{
	size_t bytes = manifest_entry_bytes(head);
	char *path = NULL, *name = NULL;
	size_t room = 0, name_room = 0;
	bool good = true;
	for (uint64_t i = 0; i < head->entries && good; i++) {
		struct manifest_entry e = {0};
		good = fread(&e, bytes, 1, in) == 1;
		bool placed = good && head->paths && e.path;
		if (placed)
			good = getdelim(&path, &room, '\0', texts) > 0;
		if (good && e.name)
			good = getdelim(&name, &name_room, '\0', texts) > 0;
		if (good)
			visit(ctx, &e, placed ? path : "");
	}
	free(path);
	free(name);
	return good;
}

enum status manifest_each(const char *path,
			  void (*visit)(void *ctx, const struct manifest_entry *e,
					const char *path),
			  void *ctx, struct err *err)
{
	struct manifest_head head;
	struct manifest ignored;
	manifest_init(&ignored);
	FILE *in = fopen(path, "re"), *texts = fopen(path, "re");
	enum status status = in && texts ? manifest_parse_head(&ignored, in, &head, path, err)
					 : err_errno(err, FAILED, "%s", path);
	if (status == OK) {
		long entries = ftell(in);
		/* The first text is the empty one. */
		long at = entries + (long)(head.entries * manifest_entry_bytes(&head)) + 1;
		bool good = fseek(texts, at, SEEK_SET) == 0 &&
			    manifest_read_each(in, texts, &head, visit, ctx);
		status = good ? OK : manifest_invalid(path, err);
	}
	if (in)
		fclose(in);
	if (texts)
		fclose(texts);
	return status;
}

/* Returns where a text stands in the file, and counts its bytes. */
static uint32_t manifest_text_at(const char *text, uint64_t *bytes)
{
	uint32_t at = *text ? (uint32_t)*bytes : 0;
	*bytes += *text ? strlen(text) + 1 : 0;
	return at;
}

static bool manifest_put_text(const char *text, FILE *out)
{
	return !*text || fwrite(text, strlen(text) + 1, 1, out) == 1;
}

/* The entries with their paths and names as offsets, then the texts. */
static bool manifest_put_entries(const struct manifest *m, FILE *out)
{
	uint64_t at = 1;
	bool good = true;
	for (size_t i = 0; i < m->entries && good; i++) {
		struct manifest_entry e = m->entry[i];
		e.path = manifest_text_at(manifest_path(&m->entry[i]), &at);
		e.name = manifest_text_at(manifest_name(&m->entry[i]), &at);
		good = fwrite(&e, sizeof(e), 1, out) == 1;
	}
	good = good && putc('\0', out) == '\0';
	for (size_t i = 0; i < m->entries && good; i++)
		good = manifest_put_text(manifest_path(&m->entry[i]), out) &&
		       manifest_put_text(manifest_name(&m->entry[i]), out);
	return good;
}

static uint64_t manifest_path_bytes(const struct manifest *m)
{
	uint64_t bytes = 1;
	for (size_t i = 0; i < m->entries; i++) {
		manifest_text_at(manifest_path(&m->entry[i]), &bytes);
		manifest_text_at(manifest_name(&m->entry[i]), &bytes);
	}
	return bytes;
}

enum status manifest_write(const struct manifest *m, const char *path, struct err *err)
{
	char temporary[PATH_MAX + 40];
	struct manifest_head head = {.generation = m->generation,
				     .site = m->site,
				     .formats = m->formats,
				     .map_parts = m->map_parts,
				     .xid = m->xid,
				     .entries = m->entries,
				     .files = m->files,
				     .own = m->own,
				     .paths = manifest_path_bytes(m)};
	memcpy(head.magic, magic, sizeof(magic));
	memcpy(head.source, m->source, sizeof(head.source));
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	FILE *out = fopen(temporary, "we");
	if (!out)
		return err_errno(err, FAILED, "%s", temporary);
	bool good = fwrite(&head, sizeof(head), 1, out) == 1 && manifest_put_entries(m, out);
	for (size_t i = 0; i < m->files && good; i++) {
		uint16_t n = (uint16_t)strlen(m->file[i].path);
		good = fwrite(&m->file[i].hash, sizeof(m->file[i].hash), 1, out) == 1 &&
		       fwrite(&n, sizeof(n), 1, out) == 1 &&
		       fwrite(m->file[i].path, 1, n, out) == n;
	}
	good = good && fflush(out) == 0 && fsync(fileno(out)) == 0;
	enum status status = good ? OK : err_errno(err, FAILED, "%s", temporary);
	if (fclose(out) != 0 && status == OK)
		status = err_errno(err, FAILED, "%s", temporary);
	if (status == OK && rename(temporary, path) != 0)
		status = err_errno(err, FAILED, "%s", path);
	if (status != OK)
		unlink(temporary);
	return status;
}

/* ---- journals: a letter, then an entry or a hash, length and path ---- */

/* b, d, B and D have shorter entries, and end an older program's journal. */
enum { JOURNAL_BEGUN = 'N', JOURNAL_DONE = 'Y', JOURNAL_FILE = 'f' };

static void journal_text(struct journal *j, struct str text)
{
	uint16_t n = (uint16_t)text.n;
	must(text.n < EXPORT_PATH);
	buf_add(&j->buf, &n, sizeof(n));
	buf_str(&j->buf, text);
}

void journal_entry(struct journal *j, const struct manifest_entry *e, struct str path,
		   struct str name, bool done)
{
	buf_putc(&j->buf, done ? JOURNAL_DONE : JOURNAL_BEGUN);
	buf_add(&j->buf, e, sizeof(*e));
	journal_text(j, path);
	journal_text(j, name);
}

void journal_file(struct journal *j, const char *path, uint64_t hash)
{
	uint16_t n = (uint16_t)strlen(path);
	buf_putc(&j->buf, JOURNAL_FILE);
	buf_add(&j->buf, &hash, sizeof(hash));
	buf_add(&j->buf, &n, sizeof(n));
	buf_add(&j->buf, path, n);
}

enum status journal_flush(struct journal *j, struct err *err)
{
	must(!buf_failed(&j->buf));
	enum status status = io_write_all(j->fd, j->buf.p, j->buf.n, err);
	buf_reset(&j->buf);
	return status == OK ? OK : err_prefix(err, status, "journal of the export");
}

/* Length and path. False: cut off. */
static bool journal_read_path(FILE *in, char path[EXPORT_PATH], uint16_t *n)
{
	if (fread(n, sizeof(*n), 1, in) != 1 || *n >= EXPORT_PATH || fread(path, 1, *n, in) != *n)
		return false;
	path[*n] = '\0';
	return true;
}

static bool journal_card_before(const void *element, const void *id)
{
	return ((const struct near_card *)element)->id < *(const int64_t *)id;
}

/* NULL: it is not known. */
static const struct near_card *journal_card(const struct manifest *m, int64_t id)
{
	const struct near *n = m->near;
	if (!n || !n->card) /* cards of a manifest are not known by themselves */
		return NULL;
	size_t at = lower_bound(n->card, n->cards, sizeof(*n->card), journal_card_before, &id);
	return at < n->cards && n->card[at].id == id ? &n->card[at] : NULL;
}

/* One of the texts that are known, when it is the same. */
static uint32_t journal_keep(struct str text, const uint32_t known[2], bool keep)
{
	for (int i = 0; i < 2; i++)
		if (known[i] && strcmp(paths.text + known[i], text.p) == 0)
			return known[i];
	return keep ? manifest_keep_path(text) : 0;
}

static bool journal_read_entry(FILE *in, const struct manifest *m, struct manifest_entry *e,
			       bool keep)
{
	char path[EXPORT_PATH], name[EXPORT_PATH];
	uint16_t n, named;
	if (fread(e, sizeof(*e), 1, in) != 1 || !journal_read_path(in, path, &n) ||
	    !journal_read_path(in, name, &named))
		return false;
	const struct manifest_entry *known = m->known ? manifest_find(m->known, e->id) : NULL;
	const struct near_card *near = journal_card(m, e->id);
	const uint32_t its_paths[] = {known ? known->path : 0, near ? near->path : 0};
	const uint32_t its_names[] = {known ? known->name : 0, near ? near->name : 0};
	e->path = journal_keep((struct str){path, n}, its_paths, keep);
	e->name = journal_keep((struct str){name, named}, its_names, keep);
	return true;
}

static bool journal_read_record(FILE *in, struct manifest *m, bool done_only)
{
	char path[EXPORT_PATH];
	struct manifest_entry e;
	uint64_t hash;
	uint16_t n;
	switch (getc(in)) {
	case JOURNAL_BEGUN:
		if (!journal_read_entry(in, m, &e, !done_only))
			return false;
		e.page = 0;
		e.shown = 0; /* it has no name here */
		if (!done_only)
			manifest_add(m, &e);
		return true;
	case JOURNAL_DONE:
		if (!journal_read_entry(in, m, &e, true))
			return false;
		manifest_add(m, &e);
		return true;
	case JOURNAL_FILE:
		if (fread(&hash, sizeof(hash), 1, in) != 1 || !journal_read_path(in, path, &n))
			return false;
		if (!done_only || hash)
			manifest_add_file(m, path, hash);
		return true;
	default:
		return false;
	}
}

enum status journal_read(int fd, struct manifest *m, bool done_only, struct err *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *in = copy >= 0 ? fdopen(copy, "r") : NULL;
	if (!in) {
		enum status failed = err_errno(err, FAILED, "journal of the export");
		if (copy >= 0)
			close(copy);
		return failed;
	}
	must(fseek(in, JOURNAL_HEAD, SEEK_SET) == 0);
	while (journal_read_record(in, m, done_only))
		;
	enum status status = ferror(in) ? err_errno(err, FAILED, "journal of the export") : OK;
	fclose(in);
	return status;
}
