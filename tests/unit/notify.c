/* link: base process notify */
/* Which alarms are due: once when they come, once when they are over. And the file of what was
 * told, cut at any byte. */
#include "notify/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

enum { STEADY_MS = 1000 };

static void table_look(struct notify_table *t, const char *key, int64_t now_ms)
{
	notify_begin(t, ~0u, now_ms);
	if (key) {
		struct alarm a = {.text = "text"};
		snprintf(a.key, sizeof(a.key), "%s", key);
		notify_see(t, &a);
	}
	notify_end(t);
}

static bool table_tell(struct notify_table *t, int64_t now_ms, bool ok)
{
	struct notify_entry *e = notify_due(t, now_ms);
	if (!e)
		return false;
	e->running = e->told ? NOTIFY_OVER : NOTIFY_RAISED;
	(void)!notify_result(t, e, ok, 0, now_ms);
	return true;
}

static void an_alarm_is_told_once_and_its_end_once(void **state)
{
	(void)state;
	static struct notify_table t;
	t = (struct notify_table){.steady_ms = STEADY_MS};
	for (int64_t now = 0; now < 5000; now += 100) {
		table_look(&t, "disk/data", now);
		table_tell(&t, now, true);
	}
	assert_int_equal(t.told, 1);
	for (int64_t now = 5000; now < 20000; now += 100) {
		table_look(&t, NULL, now);
		bool told = table_tell(&t, now, true);
		assert_true(!told || now >= 4900 + STEADY_MS);
	}
	assert_int_equal(t.told, 2);
	assert_string_equal(t.entry[0].alarm.key, "");
}

static void what_comes_and_goes_is_told_as_one(void **state)
{
	(void)state;
	static struct notify_table t;
	t = (struct notify_table){.steady_ms = STEADY_MS};
	for (int64_t now = 0; now < 60000; now += 100) {
		table_look(&t, now / 500 % 2 ? NULL : "heal/1", now);
		table_tell(&t, now, true);
	}
	assert_int_equal(t.told, 1);
}

static void a_command_that_fails_is_tried_a_bounded_number_of_times(void **state)
{
	(void)state;
	static struct notify_table t;
	t = (struct notify_table){.steady_ms = STEADY_MS};
	int tries = 0;
	for (int64_t now = 0; now < 100000000; now += 1000) {
		table_look(&t, "backup", now);
		tries += table_tell(&t, now, false);
	}
	assert_int_equal(tries, NOTIFY_ATTEMPTS);
	assert_int_equal(t.given_up, 1);
}

static void kinds_that_were_not_read_stay(void **state)
{
	(void)state;
	static struct notify_table t;
	t = (struct notify_table){.steady_ms = STEADY_MS};
	table_look(&t, "heal/1", 0);
	assert_true(table_tell(&t, 0, true));
	for (int64_t now = 0; now < 60000; now += 100) {
		notify_begin(&t, ~(1u << NOTIFY_HEAL), now);
		notify_end(&t);
		assert_null(notify_due(&t, now));
	}
}

static void more_alarms_than_there_is_room_are_counted(void **state)
{
	(void)state;
	static struct notify_table t;
	t = (struct notify_table){.steady_ms = STEADY_MS};
	notify_begin(&t, ~0u, 0);
	for (int n = 0; n < NOTIFY_ENTRIES + 10; n++) {
		struct alarm a = {.text = "text"};
		snprintf(a.key, sizeof(a.key), "process/web/%d", n);
		notify_see(&t, &a);
	}
	notify_end(&t);
	assert_int_equal(t.dropped, 10);
}

static void a_restart_knows_what_was_told_wherever_the_write_was_cut(void **state)
{
	(void)state;
	static struct notify_table t, again;
	struct err err;
	int fd = memfd_create("told", MFD_CLOEXEC);
	t = (struct notify_table){.steady_ms = STEADY_MS};
	table_look(&t, "heal/1", 0);
	assert_true(table_tell(&t, 0, true));
	assert_int_equal(notify_save(&t, fd, &err), OK);
	assert_int_equal(notify_save(&t, fd, &err), OK);
	off_t size = lseek(fd, 0, SEEK_END);
	static char whole[1 << 20];
	assert_true(size > 0 && size < (off_t)sizeof(whole));
	assert_int_equal(pread(fd, whole, (size_t)size, 0), size);
	/* The second copy is being written: any part of it may be there, the first one is whole. */
	for (off_t cut = size / 2; cut <= size; cut += 997) {
		assert_int_equal(ftruncate(fd, cut), 0);
		again = (struct notify_table){.steady_ms = STEADY_MS};
		notify_load(&again, fd, 0);
		assert_string_equal(again.entry[0].alarm.key, "heal/1");
		table_look(&again, "heal/1", 0);
		assert_null(notify_due(&again, 0));
	}
	/* One byte is another one, in either copy. */
	for (off_t at = 0; at < size; at += 1009) {
		char other = (char)(whole[at] ^ 1);
		assert_int_equal(pwrite(fd, whole, (size_t)size, 0), size);
		assert_int_equal(pwrite(fd, &other, 1, at), 1);
		again = (struct notify_table){.steady_ms = STEADY_MS};
		notify_load(&again, fd, 0);
		assert_true(again.entry[0].told);
	}
	close(fd);
}

static void what_others_publish_is_checked(void **state)
{
	(void)state;
	static struct alarms list, out;
	alarms_init(&list);
	assert_non_null(alarms_add(&list, "heal/1", ALARM_WARNING, 1));
	memset(list.alarm[0].text, 0xff, sizeof(list.alarm[0].text));
	list.alarm[0].severity = 77;
	struct str published = {(const char *)&list, sizeof(list)};
	assert_true(alarms_take(published, &out));
	assert_string_equal(out.alarm[0].text, "?");
	assert_int_equal(out.alarm[0].severity, ALARM_CRITICAL);
	list.count = ALARMS_MAX + 1;
	assert_false(alarms_take(published, &out));
	published.n--;
	assert_false(alarms_take(published, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_alarm_is_told_once_and_its_end_once),
	    cmocka_unit_test(what_comes_and_goes_is_told_as_one),
	    cmocka_unit_test(a_command_that_fails_is_tried_a_bounded_number_of_times),
	    cmocka_unit_test(kinds_that_were_not_read_stay),
	    cmocka_unit_test(more_alarms_than_there_is_room_are_counted),
	    cmocka_unit_test(a_restart_knows_what_was_told_wherever_the_write_was_cut),
	    cmocka_unit_test(what_others_publish_is_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
