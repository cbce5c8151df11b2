/* link: base observe heal/judge */
/* The judges of locks that are kept, connections, poolers and temporary files: what makes them
 * speak, and what looks like it and must not. */
#include "judge_scene.h"

static void a_prepared_transaction_that_nobody_ends_is_named_once(void **state)
{
	(void)state;
	static const struct {
		int64_t age_s;
		bool waits;
		const char *expected;
	} cases[] = {
	    {299, false, ""}, {310, false, "abandoned/high"}, {310, true, "lock-chain/certain"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 5; t++) {
			scene_next(&s);
			if (cases[i].waits) {
				struct observe_session *w =
				    scene_session(&s, 2, "web", OBSERVE_ACTIVE);
				w->query_start = BEGAN;
				w->blocker[w->blockers++] = 0;
			}
			s.now->holder[s.now->holders++] = (struct observe_holder){
			    OBSERVE_PREPARED, "order-7", 9, BEGAN + (5 - cases[i].age_s) * SECOND};
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

/* An advisory lock of session 1, which is in no transaction, and those who wait for it. */
static void advisory_queue(struct scene *s, int grows, bool in_transaction)
{
	scene_begin(s);
	for (int t = 0; t < 8; t++) {
		scene_next(s);
		scene_session(s, 1, "scheduler-1", OBSERVE_IDLE)->state_change = BEGAN;
		for (int32_t pid = 2; pid < 5 + grows * t; pid++) {
			struct observe_session *w =
			    scene_session(s, pid, "scheduler-2", OBSERVE_ACTIVE);
			w->query_start = BEGAN;
			w->xact_start = in_transaction ? BEGAN - SECOND : BEGAN;
			w->blocker[w->blockers++] = 1;
			OBSERVE_SET(w->wait, STR("advisory"));
		}
		scene_push(s);
	}
}

static void an_advisory_lock_that_was_forgotten_is_told_from_a_leader(void **state)
{
	(void)state;
	struct scene s;
	advisory_queue(&s, 0, false);
	scene_is(&s, "lock-chain/note");
	scene_end(&s);
	advisory_queue(&s, 1, false);
	scene_is(&s, "lock-chain/certain");
	assert_int_equal(s.result.finding[0].relief, JUDGE_RELIEF_NONE);
	assert_non_null(strstr(s.result.finding[0].action, "pg_terminate_backend(1)"));
	scene_end(&s);
	advisory_queue(&s, 0, true);
	scene_is(&s, "lock-chain/certain");
	scene_end(&s);
}

static void who_waits_for_a_backup_is_not_told_to_cancel_it(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	for (int t = 0; t < 5; t++) {
		scene_next(&s);
		struct observe_session *dump = scene_session(&s, 1, "nightly", OBSERVE_ACTIVE);
		scene_text(dump, "COPY t TO stdout");
		dump->query_start = dump->xact_start = BEGAN;
		struct observe_session *w = scene_session(&s, 2, "migrate", OBSERVE_ACTIVE);
		scene_text(w, "ALTER TABLE t ADD c int");
		w->query_start = BEGAN + 1;
		w->blocker[w->blockers++] = 1;
		scene_push(&s);
	}
	scene_is(&s, "lock-chain/certain");
	assert_non_null(strstr(s.result.finding[0].action, "Let it finish"));
	assert_non_null(strstr(s.result.finding[0].action, "pg_cancel_backend(2)"));
	assert_null(strstr(s.result.finding[0].action, "backend(1)"));
	scene_end(&s);
}

static void connections_that_come_and_go_are_named(void **state)
{
	(void)state;
	/* In each sample so many new sessions and so many that stay. */
	static const struct {
		int fresh, stay;
		const char *expected;
	} cases[] = {{6, 2, "connections/high"}, {3, 2, ""}, {6, 9, ""}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			for (int32_t n = 0; n < cases[i].fresh; n++)
				scene_session(&s, 100 * t + n + 50, "shop-1", OBSERVE_IDLE)
				    ->backend_start = s.at - SECOND / 2;
			for (int32_t n = 0; n < cases[i].stay; n++)
				scene_session(&s, n + 1, "shop-2", OBSERVE_IDLE);
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

/* A pool of two connections, with clients that wait in every sample. */
static void pool_queue(struct scene *s, int64_t longest, enum observe_state state)
{
	scene_begin(s);
	for (int t = 0; t < 12; t++) {
		scene_next(s);
		for (int32_t pid = 1; pid <= 2; pid++) {
			struct observe_session *session = scene_session(s, pid, "report", state);
			session->xact_start = session->query_start = session->state_change =
			    BEGAN - (state == OBSERVE_ACTIVE ? 200 : 400) * SECOND;
		}
		struct observe_pool *pool = &s->now->pool[s->now->pools++];
		*pool = (struct observe_pool){.waiting = 4, .servers = 2, .longest = longest};
		OBSERVE_SET(pool->role, STR("app"));
		scene_push(s);
	}
}

static void clients_that_wait_in_a_pooler_are_named_unless_a_cause_explains_it(void **state)
{
	(void)state;
	struct scene s;
	pool_queue(&s, 2 * SECOND, OBSERVE_ACTIVE);
	scene_is(&s, "connections/high");
	assert_int_equal(s.result.finding[0].waiters, 4);
	scene_end(&s);
	pool_queue(&s, SECOND / 10, OBSERVE_ACTIVE);
	scene_is(&s, "");
	scene_end(&s);
	pool_queue(&s, 2 * SECOND, OBSERVE_IN_TRANSACTION);
	scene_is(&s, "abandoned/high");
	scene_end(&s);
}

static void much_in_temporary_files_is_named_unless_it_is_work(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t each, held; /* MB written between two readings, and that are there */
		const char *expected;
	} cases[] = {
	    {"SELECT a FROM b ORDER BY c", 200, 10, "temporary-files/probable"},
	    {"SELECT a FROM b ORDER BY c", 0, 1100, "temporary-files/probable"},
	    {"SELECT a FROM b ORDER BY c", 30, 60, ""},
	    {"CREATE INDEX i ON b (c)", 0, 1100, "maintenance/note"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			struct observe_session *q =
			    scene_session(&s, 1, "report-1", OBSERVE_ACTIVE);
			scene_text(q, cases[i].text);
			s.now->temporary_at = cases[i].each * t << 20;
			q->temporary = cases[i].held << 20;
			s.now->xids.freeze_max = 200000000;
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_prepared_transaction_that_nobody_ends_is_named_once),
	    cmocka_unit_test(an_advisory_lock_that_was_forgotten_is_told_from_a_leader),
	    cmocka_unit_test(who_waits_for_a_backup_is_not_told_to_cancel_it),
	    cmocka_unit_test(connections_that_come_and_go_are_named),
	    cmocka_unit_test(clients_that_wait_in_a_pooler_are_named_unless_a_cause_explains_it),
	    cmocka_unit_test(much_in_temporary_files_is_named_unless_it_is_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
