/* link: base monitor db */
/* The monitor's judgement: states in their order, expectations and their range, calibration as the
 * incident had it, and a simulated batch in which nothing lies. */
#include "monitor/monitor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FLUSH_MS = 1000 };

/* One that works, as the others are changed from. */
static struct monitor_container working(void)
{
	return (struct monitor_container){
	    .id = 1,
	    .started_ms = 600000,
	    .heartbeat_age_ms = 1000,
	    .progress_age_ms = 500,
	    .heartbeat_ms = 5000,
	    .lease_ms = 35000,
	    .claimed = 200,
	    .in_flight = 50,
	    .ok = 150,
	    .slowest_ms = 1200,
	    .rate = {9, 9, 9},
	};
}

static void the_first_state_that_is_true_is_shown(void **state)
{
	(void)state;
	const struct {
		const char *what;
		int64_t age, heartbeat, progress, in_flight, failed_in_row, empty;
		bool finished;
		enum monitor_state declared, expected;
	} cases[] = {
	    {"works", 0, 1000, 500, 50, 0, 0, false, MONITOR_UNKNOWN, MONITOR_WORKING},
	    {"has nothing", 0, 1000, 500, 0, 0, 0, false, MONITOR_UNKNOWN, MONITOR_IDLE},
	    {"old data", 10000, 1000, 500, 50, 0, 0, false, MONITOR_UNKNOWN, MONITOR_UNKNOWN},
	    {"old data of one that ended", 10000, 1000, 500, 0, 0, 0, true, MONITOR_UNKNOWN,
	     MONITOR_UNKNOWN},
	    {"no data", -1, 1000, 500, 50, 0, 0, false, MONITOR_UNKNOWN, MONITOR_UNKNOWN},
	    {"ended", 0, 99000, 99000, 0, 0, 0, true, MONITOR_UNKNOWN, MONITOR_FINISHED},
	    {"lease over", 0, 36000, 36000, 50, 0, 0, false, MONITOR_UNKNOWN, MONITOR_DEAD},
	    {"lease over while throttled", 0, 36000, 36000, 50, 0, 0, false, MONITOR_THROTTLED,
	     MONITOR_DEAD},
	    {"throttled", 0, 1000, 90000, 0, 0, 0, false, MONITOR_THROTTLED, MONITOR_THROTTLED},
	    {"backs off", 0, 1000, 90000, 0, 0, 0, false, MONITOR_BACKOFF, MONITOR_BACKOFF},
	    {"one slow host of many", 0, 1000, 500, 50, 0, 0, false, MONITOR_THROTTLED,
	     MONITOR_WORKING},
	    {"throttled, and due work stands still", 0, 1000, 90000, 50, 0, 0, false,
	     MONITOR_THROTTLED, MONITOR_STALLED},
	    {"throttled, without a heartbeat", 0, 10001, 500, 0, 0, 0, false, MONITOR_THROTTLED,
	     MONITOR_STALLED},
	    {"throttled, and all fail", 0, 1000, 500, 50, 20, 0, false, MONITOR_THROTTLED,
	     MONITOR_FAILING},
	    {"two heartbeats missing", 0, 10001, 500, 50, 0, 0, false, MONITOR_UNKNOWN,
	     MONITOR_STALLED},
	    {"just not two", 0, 10000, 500, 50, 0, 0, false, MONITOR_UNKNOWN, MONITOR_WORKING},
	    /* 7 mean intervals at 9 a minute: 46.7 s */
	    {"beats, and finalises nothing", 0, 1000, 47000, 50, 0, 0, false, MONITOR_UNKNOWN,
	     MONITOR_STALLED},
	    {"a pause that chance explains", 0, 1000, 46000, 50, 0, 0, false, MONITOR_UNKNOWN,
	     MONITOR_WORKING},
	    {"quiet, but nothing is open", 0, 1000, 470000, 0, 0, 0, false, MONITOR_UNKNOWN,
	     MONITOR_IDLE},
	    {"all fail", 0, 1000, 500, 50, 20, 0, false, MONITOR_UNKNOWN, MONITOR_FAILING},
	    {"some fail", 0, 1000, 500, 50, 19, 0, false, MONITOR_UNKNOWN, MONITOR_WORKING},
	    {"claims take nothing", 0, 1000, 500, 0, 0, 2, false, MONITOR_UNKNOWN, MONITOR_STALLED},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct monitor_container c = working();
		c.heartbeat_age_ms = cases[i].heartbeat;
		c.progress_age_ms = cases[i].progress;
		c.in_flight = cases[i].in_flight;
		c.failed_in_row = cases[i].failed_in_row;
		c.empty_claims = cases[i].empty;
		c.finished = cases[i].finished;
		c.declared = cases[i].declared;
		c.declared_for_ms = cases[i].declared == MONITOR_UNKNOWN ? 0 : 5000;
		enum monitor_state got = monitor_container_state(&c, cases[i].age, FLUSH_MS);
		if (got != cases[i].expected)
			fail_msg("%s: %s", cases[i].what, monitor_state_names[got]);
	}
}

static void items_that_wait_for_a_declared_time_are_not_due(void **state)
{
	(void)state;
	struct monitor_container c = working();
	c.progress_age_ms = 900000;
	c.in_flight = c.waiting = 50;
	c.declared = MONITOR_THROTTLED;
	c.declared_for_ms = 5000;
	assert_int_equal(monitor_container_state(&c, 0, FLUSH_MS), MONITOR_THROTTLED);
	c.waiting = 49;
	assert_int_equal(monitor_container_state(&c, 0, FLUSH_MS), MONITOR_STALLED);
	/* The pause has just ended: they have been due for a second. */
	c.waiting = 0;
	c.declared = MONITOR_UNKNOWN;
	c.declared_for_ms = -1000;
	assert_int_equal(monitor_container_state(&c, 0, FLUSH_MS), MONITOR_WORKING);
	c.declared_for_ms = -500000;
	assert_int_equal(monitor_container_state(&c, 0, FLUSH_MS), MONITOR_STALLED);
}

static void a_throttled_container_hides_no_worse_one(void **state)
{
	(void)state;
	struct monitor_container c[2] = {working(), working()};
	struct monitor_batch b = {.total = 1000, .container = c, .containers = 2};
	struct monitor_view view = {.known = true, .batch = &b, .batches = 1};
	c[0].in_flight = 0;
	c[0].declared = MONITOR_THROTTLED;
	c[0].declared_for_ms = 60000;
	c[1].heartbeat_age_ms = 20000;
	monitor_judge(&view, 0, FLUSH_MS);
	assert_int_equal(b.state, MONITOR_STALLED);
	c[1].heartbeat_age_ms = 1000;
	c[1].failed_in_row = 20;
	monitor_judge(&view, 0, FLUSH_MS);
	assert_int_equal(b.state, MONITOR_FAILING);
	c[1].failed_in_row = 0;
	monitor_judge(&view, 0, FLUSH_MS);
	assert_int_equal(b.state, MONITOR_WORKING);
}

static void the_dead_are_one_line_below_the_living(void **state)
{
	(void)state;
	enum { N = 50 };
	struct monitor_container c[N];
	struct monitor_batch b = {
	    .id = 1, .stage = STR("x"), .total = 100000, .container = c, .containers = N};
	struct monitor_view view = {.known = true, .batch = &b, .batches = 1};
	struct buf out;
	for (int i = 0; i < N; i++) {
		c[i] = working();
		c[i].id = 100 + i;
		if (i < N - 1)
			c[i].heartbeat_age_ms = 40000 + i;
	}
	monitor_judge(&view, 0, FLUSH_MS);
	assert_int_equal(b.state, MONITOR_WORKING);
	buf_init(&out, 1 << 16);
	monitor_text(&out, &view, 100, false);
	const char *living = strstr(buf_z(&out), "#149"), *dead = strstr(buf_z(&out), "49 DEAD");
	assert_true(living && dead && living < dead);
	assert_null(strstr(buf_z(&out), "#100"));
	buf_release(&out);
}

static void deaths_widen_the_range(void **state)
{
	(void)state;
	struct monitor_container c = working();
	struct monitor_batch b = {.total = 10000, .container = &c, .containers = 1};
	struct monitor_view view = {.known = true, .batch = &b, .batches = 1};
	monitor_judge(&view, 0, FLUSH_MS);
	int64_t least = b.eta_least_ms, most = b.eta_most_ms;
	c.returned = 100;
	monitor_judge(&view, 0, FLUSH_MS);
	assert_true(b.eta_least_ms < least && b.eta_most_ms > most + 2 * c.lease_ms);
}

static void what_is_not_known_is_null_and_not_zero(void **state)
{
	(void)state;
	struct monitor_container c = working();
	struct monitor_batch b = {
	    .id = 1, .stage = STR("http"), .total = 3000, .container = &c, .containers = 1};
	struct monitor_view view = {.known = false, .batch = &b, .batches = 1};
	struct buf out;
	buf_init(&out, 1 << 16);
	monitor_judge(&view, 60000, FLUSH_MS);
	monitor_json(&out, &view);
	assert_non_null(strstr(buf_z(&out), "\"state\":\"UNKNOWN\""));
	assert_non_null(strstr(buf_z(&out), "\"ok\":null"));
	assert_non_null(strstr(buf_z(&out), "\"rate\":null"));
	buf_reset(&out);
	monitor_text(&out, &view, 80, false);
	assert_non_null(strstr(buf_z(&out), "UNKNOWN"));
	assert_null(strstr(buf_z(&out), "ok 0"));
	buf_reset(&out);
	monitor_metrics(&out, &view);
	assert_non_null(strstr(buf_z(&out), "holdfast_pipeline_known 0"));
	assert_null(strstr(buf_z(&out), "queued"));
	buf_release(&out);
}

static void the_incident_was_overloaded_and_the_advice_says_what_would_do(void **state)
{
	(void)state;
	double rho = monitor_rho(3000, 0, 30, 8, 9);
	assert_true(fabs(rho - 1.389) < 0.001);
	struct monitor_advice a = monitor_advise(3000, 0, 30, 8, 9);
	assert_int_equal(a.containers, 14);
	assert_true(monitor_rho(3000, 0, 30, a.containers, 9) <= 0.8);
	assert_true(fabs(monitor_rho(3000, 0, a.interval_min, 8, 9) - 0.8) < 1e-9);
	assert_true(isinf(monitor_rho(3000, 0, 30, 0, 9)));
}

/* 3000 items, 8 containers at 9 a minute, one at a quarter of that, from one queue. From 10 % on
 * the range has the true end; the slow one is marked; the first finished item shows. */
static void the_range_of_the_expectation_has_the_end_from_a_tenth_on(void **state)
{
	(void)state;
	enum { N = 8, TOTAL = 3000 };
	const double speed[N] = {9, 9, 9, 9, 9, 9, 9, 9.0 / 4};
	double sum = 0, end_min;
	for (int i = 0; i < N; i++)
		sum += speed[i];
	end_min = TOTAL / sum;
	int shown = 0, wrong = 0;
	for (double t = 0.2; t < end_min; t += 0.2) {
		struct monitor_container c[N];
		struct monitor_batch b = {
		    .id = 1, .stage = STR("x"), .total = TOTAL, .container = c, .containers = N};
		struct monitor_view view = {.known = true, .batch = &b, .batches = 1};
		double done = 0;
		for (int i = 0; i < N; i++) {
			c[i] = working();
			c[i].started_ms = (int64_t)(t * 60000);
			c[i].ok = (int64_t)(speed[i] * t);
			c[i].in_flight = 5;
			c[i].claimed = c[i].ok + 5;
			for (int k = 0; k < 3; k++)
				c[i].rate[k] =
				    speed[i] *
				    (t < (double[]){1, 5, 15}[k] ? t / (double[]){1, 5, 15}[k] : 1);
			done += (double)c[i].ok;
		}
		monitor_judge(&view, 0, FLUSH_MS);
		assert_int_equal(b.ok, (int64_t)done);
		assert_int_equal(b.queued + b.in_flight + b.ok, TOTAL);
		if (t > 2)
			assert_true(c[N - 1].straggler && !c[0].straggler);
		if (done < TOTAL * 0.1)
			continue;
		double left_ms = (end_min - t) * 60000;
		shown++;
		wrong += left_ms < (double)b.eta_least_ms || left_ms > (double)b.eta_most_ms;
	}
	assert_true(shown > 100);
	assert_int_equal(wrong, 0);
}

static void an_expectation_needs_thirty_items(void **state)
{
	(void)state;
	struct monitor_container c = working();
	struct monitor_batch b = {.total = 1000, .container = &c, .containers = 1};
	struct monitor_view view = {.known = true, .batch = &b, .batches = 1};
	c.ok = 29;
	monitor_judge(&view, 0, FLUSH_MS);
	assert_int_equal(b.eta_ms, -1);
	c.ok = 30;
	monitor_judge(&view, 0, FLUSH_MS);
	assert_true(b.eta_ms > 0 && b.eta_least_ms < b.eta_ms && b.eta_ms < b.eta_most_ms);
}

static void failures_are_no_progress(void **state)
{
	(void)state;
	struct monitor_container c = working();
	struct monitor_batch b = {.total = 1000, .container = &c, .containers = 1};
	struct monitor_view view = {.known = true, .batch = &b, .batches = 1};
	c.ok = 0;
	c.failed = 150;
	c.failed_in_row = 150;
	monitor_judge(&view, 0, FLUSH_MS);
	assert_int_equal(b.state, MONITOR_FAILING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_state_that_is_true_is_shown),
	    cmocka_unit_test(items_that_wait_for_a_declared_time_are_not_due),
	    cmocka_unit_test(a_throttled_container_hides_no_worse_one),
	    cmocka_unit_test(the_dead_are_one_line_below_the_living),
	    cmocka_unit_test(deaths_widen_the_range),
	    cmocka_unit_test(what_is_not_known_is_null_and_not_zero),
	    cmocka_unit_test(the_incident_was_overloaded_and_the_advice_says_what_would_do),
	    cmocka_unit_test(the_range_of_the_expectation_has_the_end_from_a_tenth_on),
	    cmocka_unit_test(an_expectation_needs_thirty_items),
	    cmocka_unit_test(failures_are_no_progress),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
