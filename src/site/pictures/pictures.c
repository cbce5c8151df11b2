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
#include "site/pictures/internal.h"

enum { FILE_MAX = 32 << 20, CSV_MAX = 1 << 20, ROWS_MAX = 1024 };

const int picture_widths[PICTURE_SIZES] = {480, 960, 1600};

/* Part of the key: raise it when the conversion changes. */
static const char parameters[] = "webp q72 480 960 1600, jpeg q80 1200x630, 1";

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
};
struct pictures_table {
	struct pictures_row row[ROWS_MAX];
	size_t rows;
};

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

static enum status pictures_read_table(const char *path, struct arena *arena,
				       struct pictures_table *t, struct err *err)
{
	static const char *const names[] = {"file", "alt", "credit", "licence", "good"};
	int column[COUNT_OF(names) + 8], columns = 0;
	struct buf text;
	buf_init(&text, CSV_MAX);
	enum status status = io_read_file(path, &text, err);
	struct str rest = arena_str(arena, buf_view(&text));
	must(rest.p);
	buf_release(&text);
	for (int line = 1; rest.p && status == OK; line++) {
		struct str cells = str_trim(str_cut(&rest, '\n')), cell;
		struct pictures_row *row = &t->row[t->rows];
		if (!cells.n)
			continue;
		if (line > 1 && t->rows == ROWS_MAX)
			return err_set(err, INVALID, "%s:%d: too many rows", path, line);
		for (int n = 0; cells.p && status == OK; n++) {
			struct str *const to[] = {&row->file, &row->alt, &row->credit,
						  &row->licence, &row->good};
			if (!pictures_field(&cells, arena, &cell) ||
			    n >= (line == 1 ? (int)COUNT_OF(column) : columns))
				status = err_set(err, INVALID,
						 "%s:%d: a quote is not closed, or too many fields",
						 path, line);
			else if (line > 1 && column[n] >= 0)
				*to[column[n]] = cell;
			for (size_t k = 0; line == 1 && status == OK && k < COUNT_OF(names); k++)
				if (str_eq_nocase(cell, str_of(names[k])))
					column[columns++] = (int)k;
			if (line == 1 && status == OK && columns != n + 1)
				status = err_set(
				    err, INVALID,
				    "%s:1: unknown column '%.*s'; known are file, alt, credit, licence, good",
				    path, STR_ARG(cell));
		}
		t->rows += line > 1;
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
	buf_reset(result);
	status = picture_convert(o, kinds[size], bytes, result, cause, err);
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

static const char *pictures_describe(const struct pictures_options *o,
				     const struct pictures_table *t, struct arena *arena,
				     struct picture *p)
{
	p->licence = str_of(o->licence);
	for (size_t i = 0; i < t->rows; i++) {
		const struct pictures_row *row = &t->row[i];
		if (!str_eq(row->file, p->file))
			continue;
		p->alt = row->alt;
		p->credit = row->credit;
		p->good = row->good;
		if (row->licence.n)
			p->licence = row->licence;
	}
	(void)arena;
	return !p->alt.n ? "it has no alt text in photos.csv"
	       : !p->licence.n
		   ? "it has no licence in photos.csv, and site.photo_licence is not set"
		   : NULL;
}

static enum status pictures_read_one(const struct pictures_options *o, int folder, const char *name,
				     const struct pictures_table *t, struct arena *arena,
				     struct pictures *out, struct err *err)
{
	struct picture p = {.file = arena_str(arena, str_of(name))};
	struct buf bytes;
	enum status status = OK;
	must(p.file.p);
	buf_init(&bytes, FILE_MAX + 1);
	const char *cause = pictures_describe(o, t, arena, &p);
	if (!cause)
		cause = pictures_read_bytes(folder, name, &bytes);
	if (!cause) {
		pictures_key(buf_view(&bytes), p.key);
		status = pictures_convert_all(o, &p, buf_view(&bytes), &cause, err);
	}
	buf_release(&bytes);
	if (cause) {
		log_warn("a picture is not published", LOG_S("folder", o->folder),
			 LOG_S("file", name), LOG_S("cause", cause));
		out->refused++;
	} else if (status == OK) {
		out->item[out->count++] = p;
	}
	return status;
}

static int pictures_is_file(const struct dirent *e)
{
	return e->d_name[0] != '.' && strcmp(e->d_name, "photos.csv") != 0;
}

enum status pictures_read(const struct pictures_options *o, struct arena *arena,
			  struct pictures *out, struct err *err)
{
	char path[PICTURE_PATH];
	struct dirent **names = NULL;
	struct pictures_table *table = arena_alloc(arena, sizeof(*table));
	*out = (struct pictures){.item = arena_array(arena, PICTURES_MAX, sizeof(*out->item))};
	must(table && out->item);
	int folder = open(o->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? OK : err_errno(err, FAILED, "%s", o->folder);
	enum status status = folder_trusted(o->folder, err);
	if (status == OK)
		status = io_path(path, sizeof(path), err, "%s/photos.csv", o->folder);
	if (status == OK && access(path, F_OK) == 0)
		status = pictures_read_table(path, arena, table, err);
	if (status == OK)
		status = folder_make(o->cache, 0755, err);
	int n = status == OK ? scandirat(folder, ".", &names, pictures_is_file, alphasort) : 0;
	for (int i = 0; i < n; i++) {
		if (status == OK && out->count + out->refused < PICTURES_MAX)
			status =
			    pictures_read_one(o, folder, names[i]->d_name, table, arena, out, err);
		free(names[i]);
	}
	free(names);
	close(folder);
	return status;
}
