/* The files that are audited: those named, and of folders those that end in .sql, in the order in
 * which migrations are applied. */
#include "audit/sql/internal.h"
#include "base/ascii.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	SOURCES_MAX = 1000000,
	SOURCE_DEPTH_MAX = 64,
	SOURCE_PATH_BYTES = 4096,
	SOURCE_VERSION_PARTS = 8
};

static enum status source_add(struct sql_audit *audit, struct sql_sources *sources,
			      const char *path, struct err *err)
{
	struct str copy = arena_str(&audit->arena, str_of(path));
	if (sources->count == SOURCES_MAX || !copy.p)
		return err_set(err, TOO_LARGE, "more than %d files", SOURCES_MAX);
	sources->item =
	    memory_grow(sources->item, &sources->room, sources->count + 1, sizeof(*sources->item));
	sources->item[sources->count++].path = copy;
	return OK;
}

static int source_wanted(const struct dirent *one)
{
	return one->d_name[0] != '.';
}

/* The version of V1.2__name.sql and V1_2__name.sql; each call takes one number. */
static uint64_t version_next(const char **at)
{
	uint64_t n = 0;
	while (**at == '.' || (**at == '_' && (*at)[1] != '_'))
		(*at)++;
	while (ascii_is_digit(**at))
		n = n * 10 + (uint64_t)(*(*at)++ - '0');
	return n;
}

static bool is_versioned(const char *name)
{
	return (name[0] == 'V' || name[0] == 'v') && ascii_is_digit(name[1]) && strstr(name, "__");
}

/* Flyway's versions by their numbers, what is repeatable last; else numbers in names by value. */
static int source_order(const struct dirent **a, const struct dirent **b)
{
	const char *x = (*a)->d_name, *y = (*b)->d_name;
	bool repeats = strncmp(x, "R__", 3) == 0, too = strncmp(y, "R__", 3) == 0;
	if (repeats != too)
		return repeats ? 1 : -1;
	if (!is_versioned(x) || !is_versioned(y))
		return strverscmp(x, y);
	const char *s = x + 1, *t = y + 1;
	for (int part = 0; part < SOURCE_VERSION_PARTS; part++) {
		uint64_t m = version_next(&s), n = version_next(&t);
		if (m != n)
			return m < n ? -1 : 1;
	}
	return strcmp(x, y);
}

static enum status source_folder(struct sql_audit *audit, struct sql_sources *sources,
				 const char *path, unsigned depth, struct err *err)
{
	struct dirent **names;
	enum status status = OK;
	int count =
	    depth > SOURCE_DEPTH_MAX ? -1 : scandir(path, &names, source_wanted, source_order);
	if (count < 0)
		return depth > SOURCE_DEPTH_MAX
			   ? err_set(err, TOO_LARGE, "%.200s: folders deeper than %d", path,
				     SOURCE_DEPTH_MAX)
			   : err_errno(err, FAILED, "%s", path);
	for (int i = 0; i < count; i++) {
		char inner[SOURCE_PATH_BYTES];
		struct stat st;
		int n = snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name);
		if (status == OK && (size_t)n >= sizeof(inner))
			status = err_set(err, TOO_LARGE, "%.200s...: the path is too long", path);
		/* links are not followed: they could lead anywhere, and in circles */
		if (status == OK && lstat(inner, &st) == 0) {
			if (S_ISDIR(st.st_mode) &&
			    !str_eq(str_of(names[i]->d_name), STR("node_modules")))
				status = source_folder(audit, sources, inner, depth + 1, err);
			else if (S_ISREG(st.st_mode) &&
				 str_ends(str_of(names[i]->d_name), STR(".sql")))
				status = source_add(audit, sources, inner, err);
			else if (S_ISREG(st.st_mode))
				audit->summary->other_files++;
		}
		free(names[i]);
	}
	free(names);
	return status;
}

enum status sources_list(struct sql_audit *audit, const char *const *paths, size_t count,
			 struct sql_sources *sources, struct err *err)
{
	enum status status = OK;
	for (size_t i = 0; i < count && status == OK; i++) {
		char path[SOURCE_PATH_BYTES];
		struct stat st;
		size_t n = (size_t)snprintf(path, sizeof(path), "%s", paths[i]);
		if (n >= sizeof(path))
			return err_set(err, TOO_LARGE, "%.200s...: the path is too long", path);
		while (n > 1 && path[n - 1] == '/')
			path[--n] = '\0';
		if (stat(path, &st) != 0)
			return err_errno(err, NOT_FOUND, "%s", path);
		status = S_ISDIR(st.st_mode) ? source_folder(audit, sources, path, 0, err)
					     : source_add(audit, sources, path, err);
	}
	if (status == OK && sources->count == 0)
		return err_set(
		    err, NOT_FOUND,
		    "%s: there is no file that ends in .sql among %" PRIu64
		    " others. SQL in other languages is not read: give what manage.py sqlmigrate prints, db/structure.sql, a log of statements, or the address of a database to audit db",
		    paths[0], audit->summary->other_files);
	return status;
}
