/* link: base observe heal/judge */
/* The judges of locks that are kept, connections, poolers, temporary files and the whole server:
 * what makes them speak, and what looks like it and must not. */
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
		int more; /* sessions beside the first */
	} cases[] = {
	    {"SELECT a FROM b ORDER BY c", 200, 10, "temporary-files/probable", 0},
	    {"SELECT a FROM b ORDER BY c", 0, 1100, "temporary-files/probable", 0},
	    {"SELECT a FROM b ORDER BY c", 30, 60, "", 0},
	    {"SELECT a FROM b ORDER BY c", 30, 4, "temporary-files/probable", 2},
	    {"SELECT a FROM b ORDER BY c", 3, 4, "", 2},
	    {"CREATE INDEX i ON b (c)", 0, 1100, "maintenance/note", 0},
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
			for (int n = 0; n < cases[i].more; n++)
				scene_session(&s, 2 + n, "report-2", OBSERVE_ACTIVE)->temporary = 1;
			s.now->xids.freeze_max = 200000000;
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

/* ---- of the whole server ---- */

/* Twelve seconds; every third sample has what is read rarely. */
static void whole_server(struct scene *s, void (*put)(struct observe_sample *sample, int t))
{
	scene_begin(s);
	for (int t = 0; t < 12; t++) {
		scene_next(s);
		s->now->server_start = BEGAN - 7200 * SECOND;
		if (t % 3 == 0)
			put(s->now, t);
		scene_push(s);
	}
}

static void put_old_rows(struct observe_sample *sample, int t)
{
	sample->xids.age = 1500000000 + t * 1000;
	sample->xids.freeze_max = 200000000;
	OBSERVE_SET(sample->xids.database, STR("orders"));
}

static void put_young_rows(struct observe_sample *sample, int t)
{
	sample->xids.age = 250000000 + t;
	sample->xids.freeze_max = 200000000;
}

static void put_old_multixacts(struct observe_sample *sample, int t)
{
	put_young_rows(sample, t);
	sample->multixacts.age = 700000000 + t * 10000;
	sample->multixacts.freeze_max = 400000000;
	OBSERVE_SET(sample->multixacts.database, STR("orders"));
}

static void ids_that_run_out_are_named_with_the_time_that_is_left(void **state)
{
	(void)state;
	struct scene s;
	whole_server(&s, put_old_rows);
	scene_is(&s, "wraparound/certain");
	assert_string_equal(s.result.finding[0].key, "wraparound/orders");
	assert_int_equal(s.result.finding[0].relief, JUDGE_RELIEF_NONE);
	/* 644 million at a thousand a second: 179 hours */
	assert_non_null(strstr(s.result.finding[0].until, "in 179 h"));
	scene_end(&s);
	whole_server(&s, put_old_multixacts);
	scene_is(&s, "wraparound/certain");
	assert_string_equal(s.result.finding[0].key, "wraparound/orders/multixacts");
	assert_non_null(strstr(s.result.finding[0].action, "mxid_age(relminmxid)"));
	assert_non_null(strstr(s.result.finding[0].until, "in 40 h"));
	scene_end(&s);
	whole_server(&s, put_young_rows); /* autovacuum will come */
	scene_is(&s, "");
	scene_end(&s);
}

static void put_dead_slot(struct observe_sample *sample, int t)
{
	sample->slot[sample->slots++] = (struct observe_slot){
	    .name = "gone", .retained = (INT64_C(2) << 30) + t * INT64_C(5000000)};
	sample->slot[sample->slots++] =
	    (struct observe_slot){.name = "well", .active = true, .retained = 4096 + t};
}

static void put_still_slot(struct observe_sample *sample, int t)
{
	(void)t;
	sample->slot[sample->slots++] =
	    (struct observe_slot){.name = "idle", .retained = INT64_C(2) << 30};
}

/* Nothing is written, and what it keeps is many times max_wal_size. */
static void put_still_and_large_slot(struct observe_sample *sample, int t)
{
	put_still_slot(sample, t);
	sample->slot[0].usual = sample->slot[0].retained / 3;
}

static void put_catching_up(struct observe_sample *sample, int t)
{
	sample->slot[sample->slots++] = (struct observe_slot){
	    .name = "late", .active = true, .retained = (INT64_C(8) << 30) - t * INT64_C(9000000)};
}

/* Beyond what a small server keeps anyway, though below 1 GB. */
static void put_small_server(struct observe_sample *sample, int t)
{
	sample->slot[sample->slots++] =
	    (struct observe_slot){.name = "gone",
				  .retained = (INT64_C(300) << 20) + t * INT64_C(500000),
				  .usual = INT64_C(200) << 20};
}

static void put_bounded(struct observe_sample *sample, int t)
{
	sample->slot[sample->slots++] =
	    (struct observe_slot){.name = "away", .state = OBSERVE_SLOT_LOST};
	sample->slot[sample->slots++] = (struct observe_slot){
	    .name = "near", .state = OBSERVE_SLOT_LEAVES, .retained = (INT64_C(2) << 30) + t};
}

/* 40 MB, for eleven minutes. */
static void put_little(struct observe_sample *sample, int t)
{
	sample->slot[sample->slots++] =
	    (struct observe_slot){.name = "new", .retained = INT64_C(40000000) + t * INT64_C(1000)};
}

static void slots_below_a_gigabyte_and_lost_ones_are_told(void **state)
{
	(void)state;
	struct scene s;
	whole_server(&s, put_small_server);
	scene_is(&s, "slot-retains/high");
	scene_end(&s);
	whole_server(&s, put_bounded);
	scene_is(&s, "slot-retains/certain slot-retains/high");
	assert_string_equal(s.result.finding[0].key, "slot-retains/away/lost");
	assert_non_null(strstr(s.result.finding[0].action, "Build its consumer anew"));
	assert_string_equal(s.result.finding[1].key, "slot-retains/near/leaves");
	scene_end(&s);
	whole_server(&s, put_little);
	scene_is(&s, "");
	scene_end(&s);
	scene_begin(&s);
	for (int t = 0; t < 700; t++) {
		scene_next(&s);
		put_little(s.now, t);
		scene_push(&s);
	}
	scene_is(&s, "slot-retains/note");
	scene_end(&s);
}

static void a_slot_that_keeps_more_and_more_is_named(void **state)
{
	(void)state;
	struct scene s;
	whole_server(&s, put_dead_slot);
	scene_is(&s, "slot-retains/high");
	assert_string_equal(s.result.finding[0].key, "slot-retains/gone");
	assert_non_null(strstr(s.result.finding[0].action, "Do not drop"));
	scene_end(&s);
	whole_server(&s, put_still_slot);
	scene_is(&s, "");
	scene_end(&s);
	whole_server(&s, put_still_and_large_slot);
	scene_is(&s, "slot-retains/high");
	scene_end(&s);
	whole_server(&s, put_catching_up);
	scene_is(&s, "");
	scene_end(&s);
}

static void put_checkpoints(struct observe_sample *sample, int t)
{
	sample->checkpoint_at = BEGAN + t * SECOND;
	sample->wal_at = t * INT64_C(100000000);
}

static void put_one_checkpoint(struct observe_sample *sample, int t)
{
	sample->checkpoint_at = BEGAN + (t > 3) * SECOND;
	sample->wal_at = t * INT64_C(100000000);
}

static void checkpoints_one_after_the_other_are_write_pressure(void **state)
{
	(void)state;
	struct scene s;
	whole_server(&s, put_checkpoints);
	scene_is(&s, "write-pressure/high");
	assert_non_null(strstr(s.result.finding[0].cause, "100.0 MB a second"));
	scene_end(&s);
	whole_server(&s, put_one_checkpoint);
	scene_is(&s, "");
	scene_end(&s);
}

static void put_dead_rows(struct observe_sample *sample, int t)
{
	struct observe_table *table = &sample->table[sample->tables++];
	OBSERVE_SET(table->name, STR("public.queue"));
	table->dead = 5000000 + t * 1000;
	table->vacuum_at = 20050;
	table->vacuumed = BEGAN - 3600 * SECOND;
}

static void put_vacuumed_rows(struct observe_sample *sample, int t)
{
	put_dead_rows(sample, t);
	sample->table[0].vacuumed = BEGAN - 30 * SECOND;
}

static void dead_rows_that_nobody_holds_and_nobody_removes_are_said(void **state)
{
	(void)state;
	struct scene s;
	whole_server(&s, put_dead_rows);
	scene_is(&s, "autovacuum-behind/probable");
	scene_end(&s);
	whole_server(&s, put_vacuumed_rows);
	scene_is(&s, "");
	scene_end(&s);
}

/* The only worker of autovacuum is at another table, so that nobody comes to this one. */
static void dead_rows_wait_for_a_worker_that_is_busy(void **state)
{
	(void)state;
	for (int64_t workers = 1; workers <= 2; workers++) {
		struct scene s;
		scene_begin(&s);
		s.server.workers_max = workers;
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			struct observe_session *worker = scene_session(&s, 1, "", OBSERVE_ACTIVE);
			worker->kind = OBSERVE_VACUUM;
			scene_text(worker, "autovacuum: VACUUM public.log");
			if (t % 3 == 0) {
				put_dead_rows(s.now, t);
				s.now->table[0].dead = 30000 + t * 1000;
				s.now->table[0].vacuum_at = 2000;
				s.now->table[0].vacuumed = BEGAN - 60 * SECOND;
			}
			scene_push(&s);
		}
		scene_is(&s, workers == 1 ? "autovacuum-behind/probable" : "");
		scene_end(&s);
	}
}

/* One of its processes died: all are new, and the server is the same. */
static void a_server_that_recovers_from_a_crash_is_named(void **state)
{
	(void)state;
	for (int renewed = 0; renewed <= 2; renewed++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 6; t++) {
			scene_next(&s);
			for (int32_t pid = 1; pid <= 2; pid++) {
				struct observe_session *own =
				    scene_session(&s, pid, "", OBSERVE_UNKNOWN);
				own->kind = OBSERVE_SERVER;
				own->backend_start = BEGAN - 900 * SECOND;
				if (t > 3 && pid <= renewed)
					own->backend_start = BEGAN + 4 * SECOND + SECOND / 2;
			}
			scene_push(&s);
		}
		scene_is(&s, renewed == 2 ? "unreachable/certain" : "");
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
	    cmocka_unit_test(ids_that_run_out_are_named_with_the_time_that_is_left),
	    cmocka_unit_test(slots_below_a_gigabyte_and_lost_ones_are_told),
	    cmocka_unit_test(a_slot_that_keeps_more_and_more_is_named),
	    cmocka_unit_test(checkpoints_one_after_the_other_are_write_pressure),
	    cmocka_unit_test(dead_rows_that_nobody_holds_and_nobody_removes_are_said),
	    cmocka_unit_test(dead_rows_wait_for_a_worker_that_is_busy),
	    cmocka_unit_test(a_server_that_recovers_from_a_crash_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
