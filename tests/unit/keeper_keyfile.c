/* link: base keeper/message keeper keeper/keyfile */
/* The key file: two slots, overwritten in place; whatever part of a write has reached the disk when
 * its writer dies, there is a usable period. */
#include "keeper/keyfile/keyfile.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { MADE = 1800000000 };
static char path[] = "/tmp/holdfast-keyfile.XXXXXX";
static uint8_t offline[KEEPER_KEY];
static int fd;

static int set_up(void **state)
{
	struct err err;
	(void)state;
	assert_true(sodium_init() >= 0);
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
	unlink(path);
	randombytes_buf(offline, sizeof(offline));
	assert_int_equal(keyfile_make(path, offline, MADE, &err), OK);
	assert_int_equal(keyfile_open(path, &fd, &err), OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(fd);
	unlink(path);
	return 0;
}

static void image_of(uint8_t out[KEYFILE_BYTES])
{
	assert_int_equal(pread(fd, out, KEYFILE_BYTES, 0), KEYFILE_BYTES);
}
static void set_image(const uint8_t image[KEYFILE_BYTES])
{
	assert_int_equal(pwrite(fd, image, KEYFILE_BYTES, 0), KEYFILE_BYTES);
}

static struct keeper_keys keys_now(bool *torn)
{
	struct keeper_keys keys;
	struct err err;
	assert_int_equal(keyfile_read(fd, &keys, torn, &err), OK);
	assert_memory_equal(keys.offline_public, offline, KEEPER_KEY);
	return keys;
}

static void periods_follow_one_another(void **state)
{
	struct err err;
	struct stat st;
	bool torn;
	uint8_t image[KEYFILE_BYTES];
	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, KEYFILE_BYTES);
	assert_int_equal(keyfile_make(path, offline, MADE, &err), CONFLICT);
	struct keeper_keys first = keys_now(&torn);
	assert_false(torn);
	assert_int_equal(first.period[0].number, 1);
	assert_int_equal(first.period[0].made, MADE);
	assert_int_equal(first.period[1].number, 0);
	assert_int_equal(keyfile_drop(fd, &err), NOT_FOUND);
	for (uint32_t n = 2; n < 6; n++) {
		struct keeper_keys before = keys_now(NULL);
		assert_int_equal(keyfile_rotate(fd, MADE + n, &err), OK);
		struct keeper_keys two = keys_now(&torn);
		assert_int_equal(two.period[0].number, n);
		assert_int_equal(two.period[0].made, MADE + n);
		assert_memory_equal(&two.period[1], &before.period[0], sizeof(two.period[1]));
		assert_memory_not_equal(two.period[0].key, two.period[1].key, KEEPER_KEY);
		assert_int_equal(keyfile_rotate(fd, MADE, &err), CONFLICT);
		assert_int_equal(keyfile_drop(fd, &err), OK);
		struct keeper_keys one = keys_now(&torn);
		assert_memory_equal(&one.period[0], &two.period[0], sizeof(one.period[0]));
		assert_int_equal(one.period[1].number, 0);
		image_of(image);
		assert_null(memmem(image, sizeof(image), two.period[1].key, KEEPER_KEY));
		assert_non_null(memmem(image, sizeof(image), one.period[0].key, KEEPER_KEY));
	}
}

static void a_file_that_others_may_read_is_refused(void **state)
{
	struct err err;
	int other;
	char link_path[sizeof(path) + 5];
	(void)state;
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_int_equal(keyfile_open(path, &other, &err), INVALID);
	assert_int_equal(fchmod(fd, 0600), 0);
	snprintf(link_path, sizeof(link_path), "%s.link", path);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_not_equal(keyfile_open(link_path, &other, &err), OK);
	unlink(link_path);
	assert_int_equal(keyfile_open(link_path, &other, &err), NOT_FOUND);
}

/* Every prefix of the block that is written, and every single sector order: what a power cut can
 * leave of a write within one block is some of its new bytes. */
static void each_torn(const uint8_t *before, const uint8_t *after,
		      enum status (*again)(struct err *err))
{
	uint8_t image[KEYFILE_BYTES];
	struct err err;
	bool torn;
	for (size_t cut = 0; cut <= KEYFILE_BYTES; cut++) {
		for (int tail = 0; tail < 2; tail++) {
			/* the new bytes up to the cut, or those from the cut on */
			memcpy(image, tail ? before : after, cut);
			memcpy(image + cut, (tail ? after : before) + cut, sizeof(image) - cut);
			set_image(image);
			struct keeper_keys keys = keys_now(&torn);
			assert_true(keys.period[0].number == 1 || keys.period[0].number == 2);
			enum status status = again(&err);
			assert_true(status == OK || status == CONFLICT || status == NOT_FOUND);
			keys = keys_now(&torn);
			assert_false(torn);
		}
	}
}

static enum status rotate_again(struct err *err)
{
	return keyfile_rotate(fd, MADE + 1, err);
}
static enum status drop_again(struct err *err)
{
	return keyfile_drop(fd, err);
}

static void a_rotation_that_is_cut_off_leaves_the_old_period_or_both(void **state)
{
	uint8_t before[KEYFILE_BYTES], after[KEYFILE_BYTES];
	struct err err;
	(void)state;
	image_of(before);
	assert_int_equal(keyfile_rotate(fd, MADE + 1, &err), OK);
	image_of(after);
	each_torn(before, after, rotate_again);
}

static void a_drop_that_is_cut_off_leaves_the_new_period_and_is_finished_by_the_next(void **state)
{
	uint8_t before[KEYFILE_BYTES], after[KEYFILE_BYTES], image[KEYFILE_BYTES];
	struct err err;
	(void)state;
	struct keeper_keys first = keys_now(NULL);
	assert_int_equal(keyfile_rotate(fd, MADE + 1, &err), OK);
	image_of(before);
	assert_int_equal(keyfile_drop(fd, &err), OK);
	image_of(after);
	each_torn(before, after, drop_again);
	/* half of the old key is left: the next drop takes it */
	memcpy(image, before, sizeof(image));
	memcpy(image + KEYFILE_BLOCK, after + KEYFILE_BLOCK, 48);
	set_image(image);
	bool torn;
	keys_now(&torn);
	assert_true(torn);
	assert_int_equal(keyfile_drop(fd, &err), OK);
	image_of(image);
	assert_null(memmem(image, sizeof(image), first.period[0].key + 16, 16));
}

static void a_copy_restores_the_file_and_needs_the_offline_key(void **state)
{
	uint8_t public[KEEPER_KEY], private[KEEPER_KEY], other[KEEPER_KEY] = {1};
	uint8_t copy[KEYFILE_COPY], image[KEYFILE_BYTES], again[KEYFILE_BYTES];
	struct err err;
	(void)state;
	tear_down(NULL);
	assert_int_equal(crypto_box_keypair(public, private), 0);
	assert_int_equal(keyfile_make(path, public, MADE, &err), OK);
	assert_int_equal(keyfile_open(path, &fd, &err), OK);
	image_of(image);
	assert_int_equal(keyfile_copy(fd, copy, &err), OK);
	assert_null(memmem(copy, sizeof(copy), image + KEYFILE_BLOCK, 16));
	assert_int_equal(keyfile_restore(path, copy, private, &err), CONFLICT);
	tear_down(NULL);
	assert_int_equal(keyfile_restore(path, copy, other, &err), DENIED);
	copy[100] ^= 1;
	assert_int_equal(keyfile_restore(path, copy, private, &err), DENIED);
	copy[100] ^= 1;
	assert_int_equal(keyfile_restore(path, copy, private, &err), OK);
	assert_int_equal(keyfile_open(path, &fd, &err), OK);
	image_of(again);
	assert_memory_equal(image, again, sizeof(image));
}

static void a_damaged_file_is_no_key_file(void **state)
{
	uint8_t good[KEYFILE_BYTES], image[KEYFILE_BYTES];
	struct keeper_keys keys;
	struct err err;
	(void)state;
	image_of(good);
	for (size_t n = 0; n < 2 * KEYFILE_BLOCK; n++) {
		memcpy(image, good, sizeof(image));
		image[n] ^= 1;
		set_image(image);
		assert_int_equal(keyfile_read(fd, &keys, NULL, &err), INVALID);
	}
	set_image(good);
	assert_int_equal(ftruncate(fd, KEYFILE_BYTES - 1), 0);
	assert_int_equal(keyfile_read(fd, &keys, NULL, &err), INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(periods_follow_one_another),
	    TEST(a_file_that_others_may_read_is_refused),
	    TEST(a_rotation_that_is_cut_off_leaves_the_old_period_or_both),
	    TEST(a_drop_that_is_cut_off_leaves_the_new_period_and_is_finished_by_the_next),
	    TEST(a_copy_restores_the_file_and_needs_the_offline_key),
	    TEST(a_damaged_file_is_no_key_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
