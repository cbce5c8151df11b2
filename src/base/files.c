#include "base/files.h"
#include "base/ascii.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lower_bound.h"
#include "base/memory.h"

/* The files as they are served, by index in files[]; kept until the program ends. NULL: as they are
 * embedded. */
static struct file *replacing;

/* FNV-1a: the hash only distinguishes versions. */
static struct str files_hash_text(struct str body)
{
	uint64_t h = 0xcbf29ce484222325ull;
	char *text = memory_room(HEX_U64);
	for (size_t i = 0; i < body.n; i++)
		h = (h ^ (unsigned char)body.p[i]) * 0x100000001b3ull;
	hex_u64(h, text);
	return (struct str){text, HEX_U64 - 1};
}

const char *files_type(struct str name)
{
	size_t at = name.n;
	while (at && name.p[at - 1] != '.')
		at--;
	struct str ending = {name.p + at, name.n - at};
	for (const struct file_type *row = files_types; at && row->ending; row++)
		if (str_eq(ending, str_of(row->ending)))
			return row->type;
	return "application/octet-stream";
}

static void files_begin_replacing(void)
{
	must(!replacing);
	replacing = memory_array(files_count + 1, sizeof(*replacing));
	for (size_t i = 0; i < files_count; i++)
		replacing[i] = files[i];
}

enum status files_replace(const char *dir, size_t *replaced, struct err *err)
{
	*replaced = 0;
	files_begin_replacing();
	for (size_t i = 0; i < files_count; i++) {
		char path[PATH_MAX];
		struct buf body;
		if (io_path(path, sizeof(path), err, "%s/%.*s", dir, STR_ARG(files[i].path)) != OK)
			return INVALID;
		if (access(path, F_OK) != 0)
			continue;
		buf_init(&body, FILES_REPLACED_MAX);
		enum status status = io_read_file(path, &body, err);
		if (status != OK) {
			buf_release(&body);
			return status;
		}
		buf_z(&body); /* not released: the file's body is in it */
		replacing[i].body = buf_view(&body);
		replacing[i].hash = files_hash_text(replacing[i].body);
		++*replaced;
	}
	return OK;
}

static bool files_path_before(const void *file, const void *path)
{
	return str_cmp(((const struct file *)file)->path, *(const struct str *)path) < 0;
}

/* Index in files[]; files_count: there is no such file. */
static size_t files_index(struct str path)
{
	size_t at = lower_bound(files, files_count, sizeof(files[0]), files_path_before, &path);
	return at < files_count && str_eq(files[at].path, path) ? at : files_count;
}

const struct file *files_find(struct str path)
{
	size_t at = files_index(path);
	return at == files_count ? NULL : replacing ? &replacing[at] : &files[at];
}

const struct file *files_embedded(struct str path)
{
	size_t at = files_index(path);
	return at == files_count ? NULL : &files[at];
}

bool files_is_replaced(struct str path)
{
	size_t at = files_index(path);
	return at < files_count && replacing && replacing[at].body.p != files[at].body.p;
}

void files_compose(struct str path, struct str body)
{
	size_t at = files_index(path);
	must(at < files_count);
	if (!replacing)
		files_begin_replacing();
	char *copy = memory_room(body.n + 1);
	memcpy(copy, body.p, body.n);
	copy[body.n] = '\0';
	replacing[at].body = (struct str){copy, body.n};
	replacing[at].hash = files_hash_text(replacing[at].body);
}

void files_reset(void)
{
	for (size_t i = 0; replacing && i < files_count; i++) {
		if (replacing[i].body.p != files[i].body.p)
			free((char *)replacing[i].body.p);
		if (replacing[i].hash.p != files[i].hash.p)
			free((char *)replacing[i].hash.p);
	}
	free(replacing);
	replacing = NULL;
}
