/* The folder of a test, below TMPDIR, with all that is in it. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/fatal.h"

enum { TEST_FOLDER = 64 };

static inline void test_folder_make(char out[TEST_FOLDER])
{
	const char *base = getenv("TMPDIR");
	int n = snprintf(out, TEST_FOLDER, "%s/unit-XXXXXX", base && *base ? base : "/tmp");
	must(n > 0 && n < TEST_FOLDER && mkdtemp(out));
}

static inline int test_folder_remove_one(const char *path, const struct stat *about, int type,
					 struct FTW *where)
{
	(void)about;
	(void)type;
	(void)where;
	return remove(path);
}

static inline void test_folder_remove(const char *path)
{
	must(nftw(path, test_folder_remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

#endif
