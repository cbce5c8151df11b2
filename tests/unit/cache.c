/* link: base cache cache/store */
/* The loop's side of the cache: who is answered what and when, cancelled requests, answers from
 * inside a fill, and when values are fetched early. */
#include "cache/cache.h"
#include "cache/internal.h"
#include "cache/store/store.h"

#include <event2/event.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/clock.h"
#include "base/log.h"

/* ---- a cache of two processes in one: two slots of one mapping, one loop ---- */

struct side {
	struct cache *cache;
	struct cache_class class;
	struct cache_fill *fill; /* begun and not ended */
	int fills;
	bool at_once; /* fills end before they return */
};

static struct {
	struct event_base *loop;
	int store_fd, event_fd;
	struct side side[2];
} w;

static void fill_value(void *ctx, struct cache_fill *fill, struct str key)
{
	struct side *side = ctx;
	side->fills++;
	buf_printf(cache_fill_out(fill), "value of %.*s", STR_ARG(key));
	if (side->at_once)
		cache_filled(fill, 7);
	else
		side->fill = fill;
}

static void open_world(int64_t fresh_ms, int64_t stale_ms, int64_t deadline_ms, int64_t lease_ms)
{
	struct err err;
	memset(&w, 0, sizeof(w));
	w.loop = event_base_new();
	w.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(store_create(STORE_BYTES_MIN, &w.store_fd, &err), OK);
	for (int i = 0; i < 2; i++) {
		struct side *side = &w.side[i];
		assert_int_equal(cache_create(&(struct cache_options){.loop = w.loop,
								      .store_fd = w.store_fd,
								      .event_fd = w.event_fd,
								      .slot = i + 1,
								      .waiters = 4},
					      &side->cache, &err),
				 OK);
		side->class = (struct cache_class){.name = "test",
						   .fill = fill_value,
						   .ctx = side,
						   .fresh_ms = fresh_ms,
						   .stale_ms = stale_ms,
						   .deadline_ms = deadline_ms,
						   .lease_ms = lease_ms};
	}
}

static void close_world(void)
{
	struct store *store;
	struct err err;
	for (int i = 0; i < 2; i++)
		cache_destroy(w.side[i].cache);
	assert_int_equal(store_attach(w.store_fd, 0, &store, &err), OK);
	if (!store_check(store, 0, &err))
		fail_msg("%s", err.text);
	store_detach(store);
	close(w.store_fd);
	close(w.event_fd);
	event_base_free(w.loop);
}

/* ---- one who asks ---- */

struct asker {
	struct arena arena;
	struct cache_wait *wait;
	int answers;
	enum cache_outcome outcome;
	uint32_t status;
	char value[64];
	int64_t retry_ms;
};

static void answered(void *ctx, const struct cache_answer *answer)
{
	struct asker *a = ctx;
	a->answers++;
	a->outcome = answer->outcome;
	a->status = answer->status;
	a->retry_ms = answer->retry_after_ms;
	snprintf(a->value, sizeof(a->value), "%.*s", STR_ARG(answer->value));
}

static void ask(struct asker *a, int side, const char *key)
{
	memset(a, 0, sizeof(*a));
	arena_init(&a->arena, 1 << 16);
	a->wait =
	    cache_get(w.side[side].cache, &w.side[side].class, str_of(key), &a->arena, answered, a);
	assert_int_equal(a->answers, a->wait ? 0 : 1);
}

static void expect(struct asker *a, enum cache_outcome outcome, const char *value)
{
	assert_int_equal(a->answers, 1);
	assert_int_equal(a->outcome, outcome);
	assert_string_equal(a->value, value);
	arena_release(&a->arena);
}

/* Run the loop until the asker has its answer. */
static void run_until_answered(const struct asker *a)
{
	int64_t end = clock_ms() + 5000;
	while (!a->answers && clock_ms() < end)
		event_base_loop(w.loop, EVLOOP_ONCE);
}

static void end_fill(int side)
{
	struct cache_fill *fill = w.side[side].fill;
	w.side[side].fill = NULL;
	cache_filled(fill, 7);
}

static void fail_fill(int side, enum status status)
{
	struct cache_fill *fill = w.side[side].fill;
	struct err err;
	w.side[side].fill = NULL;
	err_set(&err, status, "it failed");
	cache_fill_failed(fill, status, &err);
}

/* ---- tests ---- */

static void one_fill_answers_all_who_asked_in_both_processes(void **state)
{
	(void)state;
	struct asker a, b, c, d;
	open_world(60000, 0, 5000, 60000);
	ask(&a, 0, "k");
	ask(&b, 0, "k");
	ask(&c, 1, "k");
	assert_int_equal(w.side[0].fills, 1);
	assert_int_equal(w.side[1].fills, 0);
	end_fill(0);
	run_until_answered(&c);
	ask(&d, 1, "k");
	assert_int_equal(a.status, 7);
	expect(&a, CACHE_FILLED, "value of k");
	expect(&b, CACHE_COLLAPSED, "value of k");
	expect(&c, CACHE_COLLAPSED, "value of k");
	expect(&d, CACHE_HIT, "value of k");
	assert_int_equal(w.side[1].fills, 0);
	close_world();
}

static void a_value_that_is_there_at_once_is_answered_at_once(void **state)
{
	(void)state;
	struct asker a;
	open_world(60000, 0, 5000, 60000);
	w.side[0].at_once = true;
	ask(&a, 0, "k");
	expect(&a, CACHE_FILLED, "value of k");
	close_world();
}

static void who_leaves_is_not_answered_and_the_fill_goes_on(void **state)
{
	(void)state;
	struct asker a, b, c;
	open_world(60000, 0, 5000, 60000);
	ask(&a, 0, "k");
	ask(&b, 1, "k");
	cache_cancel(a.wait);
	cache_cancel(b.wait);
	end_fill(0);
	ask(&c, 1, "k");
	expect(&c, CACHE_HIT, "value of k");
	assert_int_equal(a.answers + b.answers, 0);
	arena_release(&a.arena);
	arena_release(&b.arena);
	close_world();
}

static void a_fill_that_fails_is_told_to_all_and_not_tried_again_at_once(void **state)
{
	(void)state;
	struct asker a, b, c;
	open_world(60000, 0, 5000, 60000);
	ask(&a, 0, "k");
	ask(&b, 1, "k");
	fail_fill(0, FAILED);
	run_until_answered(&b);
	ask(&c, 1, "k");
	assert_in_range(a.retry_ms, 1, 1000);
	assert_in_range(c.retry_ms, 1, 1000);
	expect(&a, CACHE_REFUSED, "");
	expect(&b, CACHE_REFUSED, "");
	expect(&c, CACHE_REFUSED, "");
	assert_int_equal(w.side[0].fills + w.side[1].fills, 1);
	close_world();
}

static void a_source_that_is_away_leaves_no_back_off_for_the_key(void **state)
{
	(void)state;
	struct asker a, b, c;
	open_world(60000, 0, 5000, 60000);
	ask(&a, 0, "k");
	fail_fill(0, UNAVAILABLE);
	expect(&a, CACHE_REFUSED, "");
	/* However often: the next request tries again, in any process, and the first that can is
	 * answered. */
	for (int i = 0; i < 20; i++) {
		ask(&b, i % 2, "k");
		fail_fill(i % 2, UNAVAILABLE);
		expect(&b, CACHE_REFUSED, "");
	}
	ask(&c, 1, "k");
	end_fill(1);
	expect(&c, CACHE_FILLED, "value of k");
	close_world();
}

static void who_waits_when_the_source_goes_away_tries_itself(void **state)
{
	(void)state;
	struct asker a, b;
	open_world(60000, 0, 5000, 60000);
	ask(&a, 0, "k");
	ask(&b, 1, "k");
	fail_fill(0, UNAVAILABLE);
	expect(&a, CACHE_REFUSED, "");
	while (!w.side[1].fill)
		event_base_loop(w.loop, EVLOOP_ONCE);
	end_fill(1);
	expect(&b, CACHE_FILLED, "value of k");
	close_world();
}

static void while_the_source_is_away_old_values_are_served_without_trying_each_time(void **state)
{
	(void)state;
	struct asker a, b;
	open_world(1, 60000, 5000, 60000);
	ask(&a, 0, "k");
	end_fill(0);
	expect(&a, CACHE_FILLED, "value of k");
	for (int64_t end = clock_ms() + 5; clock_ms() < end;)
		;
	int fills = w.side[0].fills, tried = 0;
	int64_t began = clock_ms();
	for (int i = 0; i < 1000; i++) {
		ask(&b, 0, "k");
		expect(&b, CACHE_STALE, "value of k");
		if (w.side[0].fill) {
			fail_fill(0, UNAVAILABLE);
			tried++;
		}
	}
	assert_int_equal(w.side[0].fills - fills, tried);
	assert_in_range(tried, 1, 1 + (clock_ms() - began) / CACHE_AWAY_MS);
	close_world();
}

static void a_slow_fill_is_waited_for_until_the_deadline_and_goes_on(void **state)
{
	(void)state;
	struct asker a, b, c, d;
	open_world(60000, 0, 50, 60000);
	ask(&a, 0, "k");
	ask(&b, 1, "k");
	run_until_answered(&a);
	run_until_answered(&b);
	ask(&c, 0, "k");
	expect(&a, CACHE_REFUSED, "");
	expect(&b, CACHE_REFUSED, "");
	expect(&c, CACHE_REFUSED, "");
	end_fill(0);
	ask(&d, 1, "k");
	expect(&d, CACHE_HIT, "value of k");
	assert_int_equal(w.side[0].fills + w.side[1].fills, 1);
	close_world();
}

static void a_fill_past_its_lease_is_taken_over_and_its_value_thrown_away(void **state)
{
	(void)state;
	struct asker a, b, c;
	open_world(60000, 0, 5000, 30);
	ask(&a, 0, "k");
	ask(&b, 1, "k");
	while (!w.side[1].fill)
		event_base_loop(w.loop, EVLOOP_ONCE);
	/* The first one wakes up late: it gets the value of its successor. */
	buf_reset(cache_fill_out(w.side[0].fill));
	buf_puts(cache_fill_out(w.side[0].fill), "late");
	end_fill(0);
	assert_int_equal(a.answers, 0);
	end_fill(1);
	run_until_answered(&a);
	ask(&c, 0, "k");
	expect(&a, CACHE_COLLAPSED, "value of k");
	expect(&b, CACHE_FILLED, "value of k");
	expect(&c, CACHE_HIT, "value of k");
	close_world();
}

static void past_its_time_a_value_is_served_while_one_refreshes(void **state)
{
	(void)state;
	struct asker a, b, c, d;
	open_world(20, 60000, 5000, 60000);
	ask(&a, 0, "k");
	end_fill(0);
	expect(&a, CACHE_FILLED, "value of k");
	for (int64_t end = clock_ms() + 25; clock_ms() < end;)
		;
	ask(&b, 1, "k");
	ask(&c, 0, "k");
	ask(&d, 1, "k");
	expect(&b, CACHE_STALE, "value of k");
	expect(&c, CACHE_STALE, "value of k");
	expect(&d, CACHE_STALE, "value of k");
	assert_int_equal(w.side[0].fills, 1);
	assert_int_equal(w.side[1].fills, 1);
	end_fill(1);
	close_world();
}

static void those_over_the_limit_of_waiters_are_told_to_come_again(void **state)
{
	(void)state;
	struct asker a[6];
	open_world(60000, 0, 5000, 60000);
	for (int i = 0; i < 6; i++)
		ask(&a[i], 0, "k");
	expect(&a[4], CACHE_REFUSED, "");
	expect(&a[5], CACHE_REFUSED, "");
	end_fill(0);
	expect(&a[0], CACHE_FILLED, "value of k");
	for (int i = 1; i < 4; i++)
		expect(&a[i], CACHE_COLLAPSED, "value of k");
	close_world();
}

static void a_process_that_ends_gives_its_fills_back(void **state)
{
	(void)state;
	struct asker a, b;
	open_world(60000, 0, 5000, 60000);
	ask(&a, 0, "k");
	ask(&b, 1, "k");
	cache_cancel(a.wait);
	arena_release(&a.arena);
	cache_destroy(w.side[0].cache);
	w.side[0].cache = NULL;
	while (!w.side[1].fill)
		event_base_loop(w.loop, EVLOOP_ONCE);
	end_fill(1);
	expect(&b, CACHE_FILLED, "value of k");
	close_world();
}

static void a_value_that_is_too_large_fails_and_is_not_cut(void **state)
{
	(void)state;
	struct asker a;
	open_world(60000, 0, 5000, 60000);
	ask(&a, 0, "k");
	for (int i = 0; i <= STORE_VALUE_MAX / 64; i++)
		buf_printf(cache_fill_out(w.side[0].fill), "%064d", i);
	end_fill(0);
	expect(&a, CACHE_REFUSED, "");
	close_world();
}

/* Requests come every millisecond; each fetches early with probability e^(-left/cost). The time
 * left when the first does has the median cost * ln(cost / ln 2), as the survival function
 * exp(-cost * e^(-left/cost)) says. */
static void early_fetches_come_when_the_paper_says(void **state)
{
	(void)state;
	enum { ROUNDS = 4001, COST_MS = 200, EXPIRY_MS = 100000 };
	static int64_t left[ROUNDS];
	uint64_t x = 88172645463325252;
	int late = 0;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t now = EXPIRY_MS - 40 * COST_MS;
		for (;; now++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			double u = (double)((x >> 11) + 1) / 9007199254740992.0;
			if (cache_early(now, EXPIRY_MS, COST_MS * 1000, u))
				break;
		}
		left[round] = EXPIRY_MS - now;
		late += now >= EXPIRY_MS;
	}
	int below = 0;
	double median = COST_MS * log(COST_MS / log(2.0));
	for (int round = 0; round < ROUNDS; round++)
		below += (double)left[round] < median;
	printf("# median %.0f ms before the end: %d of %d rounds below\n", median, below, ROUNDS);
	assert_in_range(below, ROUNDS * 46 / 100, ROUNDS * 54 / 100);
	assert_int_equal(late, 0);
	assert_false(
	    cache_early(999, 1000, 0, 0.000001)); /* what costs nothing is never fetched early */
	assert_true(cache_early(1000, 1000, 0, 1.0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_fill_answers_all_who_asked_in_both_processes),
	    cmocka_unit_test(a_value_that_is_there_at_once_is_answered_at_once),
	    cmocka_unit_test(who_leaves_is_not_answered_and_the_fill_goes_on),
	    cmocka_unit_test(a_fill_that_fails_is_told_to_all_and_not_tried_again_at_once),
	    cmocka_unit_test(a_source_that_is_away_leaves_no_back_off_for_the_key),
	    cmocka_unit_test(who_waits_when_the_source_goes_away_tries_itself),
	    cmocka_unit_test(
		while_the_source_is_away_old_values_are_served_without_trying_each_time),
	    cmocka_unit_test(a_slow_fill_is_waited_for_until_the_deadline_and_goes_on),
	    cmocka_unit_test(a_fill_past_its_lease_is_taken_over_and_its_value_thrown_away),
	    cmocka_unit_test(past_its_time_a_value_is_served_while_one_refreshes),
	    cmocka_unit_test(those_over_the_limit_of_waiters_are_told_to_come_again),
	    cmocka_unit_test(a_process_that_ends_gives_its_fills_back),
	    cmocka_unit_test(a_value_that_is_too_large_fails_and_is_not_cut),
	    cmocka_unit_test(early_fetches_come_when_the_paper_says),
	};
	log_setup("test", LOG_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
