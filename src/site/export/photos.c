/* Pictures of the directory's businesses: which folder of INSTANCE/photos is whose, what pages show
 * of them, and the files. The folder is named after the business's id, or after its id in its
 * source, with what cannot be in a file's name as %XX ("node%2F123"). */
#include "site/export/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/folder.h"
#include "base/io.h"
#include "base/log.h"
#include "base/lower_bound.h"
#include "base/memory.h"
#include "base/percent.h"
#include "sql/export.h"

enum {
	PHOTOS_ARENA_MAX = 1 << 30,
	PHOTOS_AT_ONCE = 1000,
	/* owners of folders that are not ids */
	PHOTOS_NOBODY = -1,
	PHOTOS_REFUSED = -2,
};

/* ---- whose folder it is ---- */

/* A business that a folder's name may mean. */
struct photos_candidate {
	int64_t id;
	size_t folder;
	bool by_id; /* the name is the id; false: the id of a source */
};

struct photos_scan {
	struct photos *photos;
	const struct pictures_options *options; /* folder: of all businesses */
	struct dirent **name;
	size_t names;
	struct str *external; /* of each folder: its name with %XX undone */
	int64_t *owner;       /* of each folder */
	struct photos_candidate *candidate;
	size_t candidates, room;
};

static void photos_ignore(const struct photos_scan *s, size_t folder, const char *cause)
{
	log_warn("a folder of pictures is not published", LOG_S("folder", s->options->folder),
		 LOG_S("name", s->name[folder]->d_name), LOG_S("cause", cause));
	s->photos->refused++;
}

/* "node%2F123" -> "node/123", in the arena. */
static struct str photos_decode(struct photos_scan *s, struct str name)
{
	char *to = arena_room(&s->photos->arena, name.n + 1);
	size_t n = 0;
	must(to);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (percent_octet((struct str){name.p + i, name.n - i}, &c))
			i += 2;
		to[n++] = c;
	}
	to[n] = '\0';
	return (struct str){to, n};
}

static void photos_add_candidate(struct photos_scan *s, int64_t id, size_t folder, bool by_id)
{
	s->candidate =
	    memory_grow(s->candidate, &s->room, s->candidates + 1, sizeof(*s->candidate));
	s->candidate[s->candidates++] = (struct photos_candidate){id, folder, by_id};
}

static int photos_compare_candidates(const void *a, const void *b)
{
	const struct photos_candidate *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return y->by_id - x->by_id; /* the folder with our own id comes first */
}

static enum status photos_list_candidates(struct photos_scan *s, struct db *db, struct err *err)
{
	struct db_rows rows;
	enum status status = db_run(db, &sql_export_source_keys, NULL, 0, &rows, err);
	if (status != OK)
		return status;
	for (size_t i = 0; i < s->names; i++) {
		struct str name = str_of(s->name[i]->d_name);
		int64_t id;
		s->owner[i] = PHOTOS_NOBODY;
		s->external[i] = photos_decode(s, name);
		if (record_id_parse(name, &id))
			photos_add_candidate(s, id, i, true);
		for (int k = 0; k < rows.rows; k++) {
			struct str key = db_text(&rows, k, SQL_EXPORT_SOURCE_KEYS_KEY);
			photos_add_candidate(s, record_id(key, s->external[i]), i, false);
		}
	}
	db_rows_release(&rows);
	qsort(s->candidate, s->candidates, sizeof(*s->candidate), photos_compare_candidates);
	return OK;
}

static bool photos_candidate_before(const void *element, const void *id)
{
	return ((const struct photos_candidate *)element)->id < *(const int64_t *)id;
}

/* A business that exists: its candidates are folders of its own, by one name or the other. */
static void photos_take_owner(struct photos_scan *s, int64_t id, struct str external)
{
	size_t taken = s->names;
	size_t at = lower_bound(s->candidate, s->candidates, sizeof(*s->candidate),
				photos_candidate_before, &id);
	for (; at < s->candidates && s->candidate[at].id == id; at++) {
		const struct photos_candidate *c = &s->candidate[at];
		if (!c->by_id && !str_eq(s->external[c->folder], external))
			continue;
		int64_t *owner = &s->owner[c->folder];
		if (*owner != PHOTOS_NOBODY) {
			*owner = PHOTOS_REFUSED;
			photos_ignore(
			    s, c->folder,
			    "several businesses have this id in their sources: name it after the id of one of them");
		} else if (taken < s->names) {
			*owner = PHOTOS_REFUSED;
			photos_ignore(s, c->folder,
				      "the business has a folder of another name, too");
		} else {
			*owner = id;
			taken = c->folder;
		}
	}
}

/* Ask for the businesses that the names may mean, a chunk in each statement. */
static enum status photos_find_owners(struct photos_scan *s, struct db *db, struct err *err)
{
	enum status status = OK;
	for (size_t at = 0; at < s->candidates && status == OK; at += PHOTOS_AT_ONCE) {
		struct db_rows rows;
		struct buf ids;
		buf_init(&ids, PHOTOS_AT_ONCE * ARRAY_I64 + 64);
		array_begin(&ids);
		for (size_t i = at; i < s->candidates && i < at + PHOTOS_AT_ONCE; i++)
			array_i64(&ids, s->candidate[i].id);
		status = DB_RUN(db, sql_export_photos, &rows, err, array_end(&ids));
		buf_release(&ids);
		if (status != OK)
			break;
		for (int i = 0; i < rows.rows; i++)
			photos_take_owner(s, db_i64(&rows, i, SQL_EXPORT_PHOTOS_ID),
					  db_text(&rows, i, SQL_EXPORT_PHOTOS_EXTERNAL_ID));
		db_rows_release(&rows);
	}
	return status;
}

/* ---- all pictures ---- */

static uint64_t photos_digest_text(struct str s, uint64_t seed)
{
	return XXH3_64bits_withSeed(s.p, s.n, seed + s.n + 1);
}

/* Of what pages show of the pictures: 32 bits, never 0. */
static uint32_t photos_digest(const struct pictures *p)
{
	uint64_t hash = p->count;
	for (size_t i = 0; i < p->count; i++) {
		const struct picture *one = &p->item[i];
		const struct str texts[] = {str_of(one->key), one->alt, one->credit, one->licence,
					    one->good};
		for (size_t k = 0; k < COUNT_OF(texts); k++)
			hash = photos_digest_text(texts[k], hash);
	}
	return (uint32_t)hash | 1;
}

static enum status photos_read_folder(struct photos_scan *s, size_t folder, struct err *err)
{
	struct photos *all = s->photos;
	struct photos_of of = {.id = s->owner[folder]};
	struct pictures_options o = *s->options;
	char path[PATH_MAX];
	enum status status =
	    io_path(path, sizeof(path), err, "%s/%s", s->options->folder, s->name[folder]->d_name);
	o.folder = path;
	if (status == OK)
		status = pictures_read(&o, &all->arena, &of.pictures, err);
	if (status == INVALID || status == DENIED) {
		photos_ignore(s, folder, err->text);
		return OK;
	}
	all->refused += of.pictures.refused;
	of.digest = photos_digest(&of.pictures);
	if (status == OK && of.pictures.count) {
		all->item = memory_grow(all->item, &all->room, all->count + 1, sizeof(*all->item));
		all->item[all->count++] = of;
		all->published += of.pictures.count;
	}
	return status;
}

static int photos_is_folder(const struct dirent *e)
{
	return e->d_name[0] != '.' && (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN);
}

static int photos_compare(const void *a, const void *b)
{
	const struct photos_of *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static enum status photos_read_all(struct photos_scan *s, struct db *db, struct err *err)
{
	struct photos *all = s->photos;
	enum status status = photos_list_candidates(s, db, err);
	if (status == OK)
		status = photos_find_owners(s, db, err);
	for (size_t i = 0; i < s->names && status == OK; i++)
		if (s->owner[i] == PHOTOS_NOBODY)
			photos_ignore(s, i, "no business has this id");
		else if (s->owner[i] != PHOTOS_REFUSED)
			status = photos_read_folder(s, i, err);
	if (all->count)
		qsort(all->item, all->count, sizeof(*all->item), photos_compare);
	for (size_t i = 0; i < all->count; i++)
		all->digest = photos_digest_text(
		    (struct str){(const char *)&all->item[i].digest, sizeof(all->item[i].digest)},
		    all->digest ^ (uint64_t)all->item[i].id);
	return status;
}

enum status photos_read(struct photos *p, const struct pictures_options *o, struct db *db,
			struct err *err)
{
	struct photos_scan s = {.photos = p, .options = o};
	*p = (struct photos){.count = 0};
	arena_init(&p->arena, PHOTOS_ARENA_MAX);
	if (!o)
		return OK;
	int n = scandir(o->folder, &s.name, photos_is_folder, alphasort);
	if (n < 0)
		return errno == ENOENT ? OK : err_errno(err, FAILED, "%s", o->folder);
	s.names = (size_t)n;
	s.external = memory_array(s.names + 1, sizeof(*s.external));
	s.owner = memory_array(s.names + 1, sizeof(*s.owner));
	enum status status = s.names ? photos_read_all(&s, db, err) : OK;
	for (size_t i = 0; i < s.names; i++)
		free(s.name[i]);
	free(s.name);
	free(s.external);
	free(s.owner);
	free(s.candidate);
	return status;
}

void photos_release(struct photos *p)
{
	free(p->item);
	arena_release(&p->arena);
	*p = (struct photos){.count = 0};
}

const struct photos_of *photos_find(const struct theme *t, int64_t id)
{
	struct photos_of wanted = {.id = id};
	return t->photos && t->photos->count ? bsearch(&wanted, t->photos->item, t->photos->count,
						       sizeof(wanted), photos_compare)
					     : NULL;
}

/* ---- on pages ---- */

struct str photos_link(struct maker *m, const struct picture *p, size_t size)
{
	char name[64];
	picture_name(p, size, name);
	return MAKER_JOIN(m, m->theme->base, STR("/i/"), str_of(name));
}

size_t photos_largest(const struct picture *p)
{
	size_t largest = 0;
	for (size_t i = 0; i < PICTURE_SIZES; i++)
		largest = p->size[i].width ? i : largest;
	return largest;
}

/* The address with the host, where the site has one. */
struct str photos_url(struct maker *m, const struct picture *p, size_t size)
{
	struct str link = photos_link(m, p, size);
	size_t base = m->theme->base.n;
	return m->theme->url.n ? MAKER_JOIN(m, m->theme->url, {link.p + base, link.n - base})
			       : STR("");
}

void photos_put(struct maker *m, struct json_value *to, const char *key, const struct picture *p)
{
	struct json_build *b = &m->b;
	struct json_value *v = json_build(b, to, key, JSON_IS_OBJECT);
	struct str all = STR("");
	for (size_t i = 0; i < PICTURE_SIZES; i++) {
		char width[16];
		if (!p->size[i].width)
			continue;
		snprintf(width, sizeof(width), " %dw", p->size[i].width);
		all = MAKER_JOIN(m, all, all.n ? STR(", ") : STR(""), photos_link(m, p, i),
				 str_of(width));
	}
	json_build_text(b, v, "src", photos_link(m, p, 0));
	json_build_text(b, v, "srcset", all);
	json_build_format(b, v, "width", "%d", p->size[0].width);
	json_build_format(b, v, "height", "%d", p->size[0].height);
	json_build_text(b, v, "alt", p->alt);
	json_build_text(b, v, "good", p->good);
	if (p->credit.n)
		json_build_text(b, v, "credit", MAKER_JOIN(m, p->credit, STR(", "), p->licence));
}

/* ---- files ---- */

static enum status photos_write_one(struct export_files *f, const char *cache,
				    const struct picture *p, size_t size, struct buf *body,
				    struct err *err)
{
	char name[64], path[PATH_MAX], to[EXPORT_PATH];
	picture_name(p, size, name);
	snprintf(to, sizeof(to), "i/%s", name);
	/* The name has a hash of what the content is made from. */
	const struct entry_file *there = manifest_find_file(f->spare, to);
	if (there && there->hash) {
		manifest_add_file(f->next, to, there->hash);
		f->unchanged++;
		return OK;
	}
	buf_reset(body);
	enum status status = io_path(path, sizeof(path), err, "%s/%s", cache, name);
	if (status == OK)
		status = io_read_file(path, body, err);
	return status == OK ? files_put(f, to, buf_view(body), err) : status;
}

enum status photos_write(struct export_files *f, const char *cache, const struct pictures *pictures,
			 struct err *err)
{
	struct buf body;
	unsigned formats = f->writer->formats;
	enum status status = OK;
	buf_init(&body, 32 << 20);
	f->writer->formats = 0; /* pictures do not shrink */
	for (size_t i = 0; i < pictures->count; i++) {
		const struct picture *p = &pictures->item[i];
		for (size_t k = 0; k <= PICTURE_SIZES && status == OK; k++)
			if (k < PICTURE_SIZES ? p->size[k].width > 0 : p->preview)
				status = photos_write_one(f, cache, p, k, &body, err);
	}
	f->writer->formats = formats;
	buf_release(&body);
	return status;
}

enum status photos_write_all(struct export_files *f, const struct theme *t, const char *cache,
			     struct err *err)
{
	enum status status = OK;
	for (size_t i = 0; t->photos && i < t->photos->count && status == OK; i++) {
		const struct manifest_entry *e = manifest_find(f->next, t->photos->item[i].id);
		if (e && e->state >= ENTRY_NOINDEX)
			status = photos_write(f, cache, &t->photos->item[i].pictures, err);
	}
	return status;
}
