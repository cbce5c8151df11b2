#include "site/pictures/pictures.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include "base/ascii.h"
#include "base/buf.h"
#include "base/folder.h"
#include "base/io.h"
#include "base/log.h"
#include "base/memory.h"
#include "site/pictures/internal.h"

enum { FILE_MAX = 32 << 20, CSV_MAX = 1 << 20, ROWS_MAX = 1024, SCRATCH_MAX = 8 << 20 };

const int picture_widths[PICTURE_SIZES] = {480, 960, 1600};

/* Part of the key: raise it when the conversion changes. */
static const char parameters[] = "webp q72 480 960 1600, jpeg q80 1200x630, sRGB, 2";

void picture_name(const struct picture *p, size_t size, char out[64])
{
	if (size < PICTURE_SIZES)
		snprintf(out, 64, "%s-%d.webp", p->key, picture_widths[size]);
	else
		snprintf(out, 64, "%s-1200x630.jpg", p->key);
}

/* ---- photos.csv ---- */

struct pictures_row {
	struct str file, alt, credit, licence, good;
	int line;
};
struct pictures_table {
	struct pictures_row row[ROWS_MAX];
	size_t rows;
};

/* What one call of pictures_read works with. */
struct pictures_reading {
	const struct pictures_options *options;
	struct pictures_table table;
	struct arena *arena;  /* of the results */
	struct arena scratch; /* of this call */
	int folder;
	struct pictures *out;
};

static const struct pictures_row *pictures_row_of(const struct pictures_table *t, struct str file)
{
	for (size_t i = 0; i < t->rows; i++)
		if (str_eq(t->row[i].file, file))
			return &t->row[i];
	return NULL;
}

/* One field of a line: plain, or in quotes with "" for a quote. A line break in a field is not
 * read. */
static bool pictures_field(struct str *rest, struct arena *arena, struct str *out)
{
	struct buf field;
	bool whole = true;
	if (!rest->n || rest->p[0] != '"') {
		*out = str_trim(str_cut(rest, ','));
		return true;
	}
	buf_init(&field, CSV_MAX);
	size_t i = 1;
	for (; i < rest->n; i++) {
		if (rest->p[i] == '"' && (i + 1 == rest->n || rest->p[i + 1] != '"'))
			break;
		i += rest->p[i] == '"';
		buf_putc(&field, rest->p[i]);
	}
	whole = i < rest->n;
	*rest = (struct str){rest->p + i, rest->n - i};
	struct str after = str_cut(rest, ',');
	*out = arena_str(arena, buf_view(&field));
	must(out->p);
	buf_release(&field);
	return whole && str_trim(after).n == 1;
}

/* The column that each field of a line belongs to. */
struct pictures_columns {
	int of[8];
	int count;
};

static enum status pictures_read_names(const char *path, struct str cells, struct arena *arena,
				       struct pictures_columns *columns, struct err *err)
{
	static const char *const names[] = {"file", "alt", "credit", "licence", "good"};
	bool has_file = false;
	while (cells.p) {
		struct str cell;
		size_t k = 0;
		if (!pictures_field(&cells, arena, &cell) ||
		    columns->count == COUNT_OF(columns->of))
			return err_set(err, INVALID,
				       "%s:1: a quote is not closed, or too many fields", path);
		while (k < COUNT_OF(names) && !str_eq_nocase(cell, str_of(names[k])))
			k++;
		if (k == COUNT_OF(names))
			return err_set(
			    err, INVALID,
			    "%s:1: unknown column '%.*s'; known are file, alt, credit, licence, good",
			    path, STR_ARG(cell));
		has_file |= k == 0;
		columns->of[columns->count++] = (int)k;
	}
	return has_file ? OK : err_set(err, INVALID, "%s:1: there is no column 'file'", path);
}

static enum status pictures_read_row(const char *path, int line, struct str cells,
				     const struct pictures_columns *columns, struct arena *arena,
				     struct pictures_table *t, struct err *err)
{
	struct pictures_row row = {.line = line};
	struct str *const to[] = {&row.file, &row.alt, &row.credit, &row.licence, &row.good};
	for (int n = 0; cells.p; n++) {
		struct str cell;
		if (!pictures_field(&cells, arena, &cell) || n >= columns->count)
			return err_set(err, INVALID,
				       "%s:%d: a quote is not closed, or too many fields", path,
				       line);
		*to[columns->of[n]] = cell;
	}
	row.file = arena_str(arena, row.file); /* with NUL: it is looked for in the folder */
	must(row.file.p);
	const struct pictures_row *before = pictures_row_of(t, row.file);
	if (before)
		return err_set(err, INVALID, "%s:%d: '%.*s' is in line %d already", path, line,
			       STR_ARG(row.file), before->line);
	if (t->rows == ROWS_MAX)
		return err_set(err, INVALID, "%s:%d: more than %d pictures", path, line, ROWS_MAX);
	t->row[t->rows++] = row;
	return OK;
}

static enum status pictures_read_table(struct pictures_reading *r, struct err *err)
{
	struct pictures_columns columns = {.count = 0};
	struct buf text;
	char path[PICTURE_PATH];
	enum status status = io_path(path, sizeof(path), err, "%s/photos.csv", r->options->folder);
	if (status != OK || access(path, F_OK) != 0)
		return status;
	buf_init(&text, CSV_MAX);
	status = io_read_file(path, &text, err);
	struct str rest = arena_str(&r->scratch, buf_view(&text));
	must(rest.p);
	buf_release(&text);
	for (int line = 1; rest.p && status == OK; line++) {
		struct str cells = str_trim(str_cut(&rest, '\n'));
		if (cells.n && line == 1)
			status = pictures_read_names(path, cells, &r->scratch, &columns, err);
		else if (cells.n)
			status = pictures_read_row(path, line, cells, &columns, &r->scratch,
						   &r->table, err);
	}
	return status;
}

/* ---- one picture ---- */

/* By its first bytes: whatever the name says, only these reach a decoder. */
static bool pictures_is_known(struct str s)
{
	return str_starts(s, STR("\xff\xd8\xff")) || str_starts(s, STR("\x89PNG\r\n\x1a\n")) ||
	       (s.n > 16 && str_starts(s, STR("RIFF")) && memcmp(s.p + 8, "WEBP", 4) == 0);
}

static const char *pictures_read_bytes(int folder, const char *name, struct buf *bytes)
{
	struct stat st;
	struct err ignored;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? "it is a symbolic link" : "it cannot be read";
	const char *wrong = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ? "it is not a regular file"
			    : st.st_size > FILE_MAX                     ? "it has more than 32 MB"
									: NULL;
	char *room = wrong ? NULL : buf_room(bytes, (size_t)st.st_size + 1);
	if (room && io_read_exact(fd, room, (size_t)st.st_size, &ignored) != OK)
		wrong = "it cannot be read";
	else if (room)
		buf_grew(bytes, (size_t)st.st_size);
	close(fd);
	return !wrong && !pictures_is_known(buf_view(bytes)) ? "it is no JPEG, PNG or WebP picture"
							     : wrong;
}

static void pictures_key(struct str bytes, char out[33])
{
	XXH3_state_t *state = XXH3_createState();
	must(state);
	XXH3_128bits_reset(state);
	XXH3_128bits_update(state, parameters, sizeof(parameters));
	XXH3_128bits_update(state, bytes.p, bytes.n);
	XXH128_hash_t hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	snprintf(out, 33, "%016llx%016llx", (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
}

/* Width and height of a WebP picture as vipsthumbnail writes it. */
static bool pictures_webp_size(struct str s, struct picture_size *out)
{
	const unsigned char *p = (const unsigned char *)s.p;
	if (s.n < 30 || memcmp(p, "RIFF", 4) != 0 || memcmp(p + 8, "WEBPVP8", 7) != 0)
		return false;
	if (p[15] == 'X') {
		out->width = 1 + (p[24] | p[25] << 8 | p[26] << 16);
		out->height = 1 + (p[27] | p[28] << 8 | p[29] << 16);
	} else if (p[15] == ' ') {
		out->width = (p[26] | p[27] << 8) & 0x3fff;
		out->height = (p[28] | p[29] << 8) & 0x3fff;
	} else {
		return false;
	}
	return true;
}

/* A result, from the cache or newly made. cause: why it cannot be made; NULL: it is there. */
static enum status pictures_result(const struct pictures_options *o, const struct picture *p,
				   size_t size, struct str bytes, struct buf *result,
				   const char **cause, struct err *err)
{
	static const char *const kinds[] = {"480", "960", "1600", "preview"};
	char path[PICTURE_PATH], name[64];
	struct err ignored;
	picture_name(p, size, name);
	enum status status = io_path(path, sizeof(path), err, "%s/%s", o->cache, name);
	buf_reset(result);
	if (status != OK || io_read_file(path, result, &ignored) == OK)
		return status;
	struct buf raw;
	buf_init(&raw, FILE_MAX);
	buf_reset(result);
	status = picture_convert(o, kinds[size], bytes, &raw, cause, err);
	if (status == OK && !*cause && !picture_clean(buf_view(&raw), result))
		*cause = "its conversion gave no picture";
	buf_release(&raw);
	return status == OK && !*cause ? io_write_file(path, buf_view(result), 0644, err) : status;
}

static enum status pictures_convert_all(const struct pictures_options *o, struct picture *p,
					struct str bytes, const char **cause, struct err *err)
{
	struct buf result;
	enum status status = OK;
	int width = 0;
	buf_init(&result, FILE_MAX);
	for (size_t i = 0; i < PICTURE_SIZES && status == OK && !*cause; i++) {
		status = pictures_result(o, p, i, bytes, &result, cause, err);
		if (status == OK && !*cause && !pictures_webp_size(buf_view(&result), &p->size[i]))
			*cause = "its conversion gave no picture";
		if (p->size[i].width == width)
			p->size[i] = (struct picture_size){0, 0};
		width = p->size[i].width ? p->size[i].width : width;
	}
	const struct picture_size *large = &p->size[PICTURE_SIZES - 1];
	if (status == OK && !*cause && large->width >= 1200 && large->height >= 630) {
		status = pictures_result(o, p, PICTURE_SIZES, bytes, &result, cause, err);
		p->preview = status == OK && !*cause;
	}
	buf_release(&result);
	return status;
}

/* ---- what is known of unchanged pictures ---- */

/* A picture with the same inode, size and times has been read before, when its file KEY.known is in
 * the cache: the hash of its bytes and the sizes of its results. */
static enum status pictures_known_path(const struct pictures_options *o, const struct stat *st,
				       char path[PICTURE_PATH], struct err *err)
{
	const long long is[] = {(long long)st->st_dev,          (long long)st->st_ino,
				(long long)st->st_size,         (long long)st->st_mtim.tv_sec,
				(long long)st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
				(long long)st->st_ctim.tv_nsec};
	char key[33];
	pictures_key((struct str){(const char *)is, sizeof(is)}, key);
	return io_path(path, PICTURE_PATH, err, "%s/%s.known", o->cache, key);
}

static bool pictures_recall(const struct pictures_options *o, const struct stat *st,
			    struct picture *p)
{
	char path[PICTURE_PATH], name[64];
	struct picture k = {.key = ""};
	struct err ignored;
	struct buf text;
	int preview;
	buf_init(&text, 4096);
	bool is = pictures_known_path(o, st, path, &ignored) == OK &&
		  io_read_file(path, &text, &ignored) == OK &&
		  sscanf(buf_z(&text), "%32[0-9a-f] %d %d %d %d %d %d %d", k.key, &k.size[0].width,
			 &k.size[0].height, &k.size[1].width, &k.size[1].height, &k.size[2].width,
			 &k.size[2].height, &preview) == 8;
	buf_release(&text);
	k.preview = is && preview;
	for (size_t i = 0; i <= PICTURE_SIZES && is; i++) {
		if (!(i < PICTURE_SIZES ? k.size[i].width > 0 : k.preview))
			continue;
		picture_name(&k, i, name);
		is = io_path(path, sizeof(path), &ignored, "%s/%s", o->cache, name) == OK &&
		     access(path, R_OK) == 0;
	}
	if (is) {
		memcpy(p->key, k.key, sizeof(p->key));
		memcpy(p->size, k.size, sizeof(p->size));
		p->preview = k.preview;
	}
	return is;
}

static enum status pictures_remember(const struct pictures_options *o, const struct stat *st,
				     const struct picture *p, struct err *err)
{
	char path[PICTURE_PATH], text[256];
	int n = snprintf(text, sizeof(text), "%s %d %d %d %d %d %d %d\n", p->key, p->size[0].width,
			 p->size[0].height, p->size[1].width, p->size[1].height, p->size[2].width,
			 p->size[2].height, p->preview);
	enum status status = pictures_known_path(o, st, path, err);
	return status == OK ? io_write_file(path, (struct str){text, (size_t)n}, 0644, err)
			    : status;
}

/* What photos.csv says of a picture. Returns why it is not published; NULL: it may be. */
static const char *pictures_describe(struct pictures_reading *r, struct picture *p)
{
	const struct pictures_row *row = pictures_row_of(&r->table, p->file);
	const char *missing;
	if (!row)
		return "photos.csv has no line for it, and so it has no alt text";
	struct str licence = row->licence.n ? row->licence : str_of(r->options->licence);
	p->alt = arena_str(r->arena, row->alt);
	p->credit = arena_str(r->arena, row->credit);
	p->licence = arena_str(r->arena, licence);
	p->good = arena_str(r->arena, row->good);
	must(p->alt.p && p->credit.p && p->licence.p && p->good.p);
	if (p->alt.n && p->licence.n)
		return NULL;
	missing = p->alt.n ? "it has no licence, and site.photo_licence is not set"
			   : "it has no alt text";
	missing = arena_printf(&r->scratch, "photos.csv:%d: %s", row->line, missing);
	must(missing);
	return missing;
}

static void pictures_refuse(struct pictures_reading *r, struct str file, const char *cause)
{
	log_warn("a picture is not published", LOG_S("folder", r->options->folder),
		 LOG_STR("file", file), LOG_S("cause", cause));
	r->out->refused++;
}

static enum status pictures_read_one(struct pictures_reading *r, const char *name, struct err *err)
{
	struct picture p = {.file = arena_str(r->arena, str_of(name))};
	struct buf bytes;
	struct stat st = {0};
	enum status status = OK;
	must(p.file.p);
	buf_init(&bytes, FILE_MAX + 1);
	const char *cause = pictures_describe(r, &p);
	bool known = !cause && fstatat(r->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		     pictures_recall(r->options, &st, &p);
	if (!cause && !known)
		cause = pictures_read_bytes(r->folder, name, &bytes);
	if (!cause && !known) {
		pictures_key(buf_view(&bytes), p.key);
		status = pictures_convert_all(r->options, &p, buf_view(&bytes), &cause, err);
		if (status == OK && !cause)
			status = pictures_remember(r->options, &st, &p, err);
	}
	buf_release(&bytes);
	if (cause)
		pictures_refuse(r, p.file, cause);
	else if (status == OK)
		r->out->item[r->out->count++] = p;
	return status;
}

/* A line of photos.csv that names a file which is not there is a mistake, such as a letter. */
static void pictures_warn_of_missing(struct pictures_reading *r)
{
	struct stat st;
	for (size_t i = 0; i < r->table.rows; i++) {
		const struct pictures_row *row = &r->table.row[i];
		if (memchr(row->file.p, '/', row->file.n) ||
		    fstatat(r->folder, row->file.p, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		const char *cause = arena_printf(
		    &r->scratch, "photos.csv:%d: there is no file of this name", row->line);
		must(cause);
		pictures_refuse(r, row->file, cause);
	}
}

static int pictures_is_file(const struct dirent *e)
{
	return e->d_name[0] != '.' && strcmp(e->d_name, "photos.csv") != 0;
}

static enum status pictures_read_folder(struct pictures_reading *r, struct err *err)
{
	struct dirent **names = NULL;
	enum status status = folder_trusted(r->options->folder, err);
	if (status == OK)
		status = pictures_read_table(r, err);
	if (status == OK)
		status = folder_make(r->options->cache, 0755, err);
	int n = status == OK ? scandirat(r->folder, ".", &names, pictures_is_file, alphasort) : 0;
	int most = n < PICTURES_MAX ? n : PICTURES_MAX;
	r->out->item = arena_array(r->arena, n > 0 ? (size_t)most : 1, sizeof(*r->out->item));
	must(r->out->item);
	for (int i = 0; i < n; i++) {
		if (status == OK && i < PICTURES_MAX)
			status = pictures_read_one(r, names[i]->d_name, err);
		else if (status == OK)
			pictures_refuse(r, str_of(names[i]->d_name),
					"the folder has more pictures than are published");
		free(names[i]);
	}
	free(names);
	if (status == OK)
		pictures_warn_of_missing(r);
	return status;
}

enum status pictures_read(const struct pictures_options *o, struct arena *arena,
			  struct pictures *out, struct err *err)
{
	*out = (struct pictures){.count = 0};
	int folder = open(o->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? OK : err_errno(err, FAILED, "%s", o->folder);
	struct pictures_reading *r = memory_alloc(sizeof(*r));
	r->options = o;
	r->arena = arena;
	r->folder = folder;
	r->out = out;
	arena_init(&r->scratch, SCRATCH_MAX);
	enum status status = pictures_read_folder(r, err);
	arena_release(&r->scratch);
	free(r);
	close(folder);
	return status;
}
