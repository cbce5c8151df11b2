/* link: base site/export */
/* What is in an exported tree: order, the last of several entries, journals that cannot be read. */
#include "site/export/internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- a qsort that is not stable, as glibc's when memory is short: heapsort ---- */

struct heap {
	char *base;
	size_t size;
	int (*compare)(const void *, const void *);
};

static void swap(const struct heap *h, size_t i, size_t k)
{
	char *a = h->base + i * h->size, *b = h->base + k * h->size;
	for (size_t n = 0; n < h->size; n++) {
		char c = a[n];
		a[n] = b[n];
		b[n] = c;
	}
}

static void sift(const struct heap *h, size_t root, size_t count)
{
	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count &&
		    h->compare(h->base + child * h->size, h->base + (child + 1) * h->size) < 0)
			child++;
		if (h->compare(h->base + root * h->size, h->base + child * h->size) >= 0)
			return;
		swap(h, root, child);
	}
}

void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	const struct heap h = {base, size, compare};
	for (size_t i = count / 2; i-- > 0;)
		sift(&h, i, count);
	for (size_t i = count; i-- > 1;) {
		swap(&h, 0, i);
		sift(&h, 0, i);
	}
}

/* ---- tests ---- */

static void the_last_added_of_one_id_or_path_is_kept_by_any_sort(void **state)
{
	enum { IDS = 1000, TIMES = 7 };
	struct manifest m;
	char path[32];
	(void)state;
	manifest_init(&m);
	for (uint64_t time = 0; time < TIMES; time++)
		for (int64_t id = 0; id < IDS; id++) {
			int64_t mixed = id * 7919 % IDS;
			manifest_add(&m, &(struct manifest_entry){.id = mixed, .page = time});
			snprintf(path, sizeof(path), "r/%04d.html", (int)mixed);
			manifest_add_file(&m, path, time);
		}
	manifest_sort(&m);
	assert_int_equal(m.entries, IDS);
	assert_int_equal(m.files, IDS);
	for (size_t i = 0; i < IDS; i++) {
		assert_int_equal(m.entry[i].id, i);
		assert_int_equal(m.entry[i].page, TIMES - 1);
		assert_int_equal(m.file[i].hash, TIMES - 1);
		assert_true(i == 0 || strcmp(m.file[i - 1].path, m.file[i].path) < 0);
	}
	/* It can be added to afterwards. */
	manifest_add(&m, &(struct manifest_entry){.id = 5, .page = 99});
	manifest_sort(&m);
	assert_int_equal(m.entries, IDS);
	assert_int_equal(manifest_find(&m, 5)->page, 99);
	manifest_release(&m);
}

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

static void a_journal_that_cannot_be_read_costs_no_descriptor(void **state)
{
	struct manifest m;
	struct err err;
	(void)state;
	manifest_init(&m);
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC); /* fdopen for reading refuses it */
	assert_true(fd >= 0);
	size_t before = open_descriptors();
	for (int i = 0; i < 3; i++)
		assert_int_equal(journal_read(fd, &m, false, &err), FAILED);
	assert_int_equal(open_descriptors(), before);
	close(fd);
	manifest_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_added_of_one_id_or_path_is_kept_by_any_sort),
	    cmocka_unit_test(a_journal_that_cannot_be_read_costs_no_descriptor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
