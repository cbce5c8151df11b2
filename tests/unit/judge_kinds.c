/* link: base observe heal/judge */
/* The same causes in other shapes than those that judge.c and judge_resources.c have: each is
 * told by what brings it about, not by how one scene looks. */
#include "judge_scene.h"

static void scene_counts(struct scene *s, const char *text, int64_t calls, int64_t rows,
			 int64_t blocks, double ms)
{
	struct observe_session like = {0};
	scene_text(&like, text);
	struct observe_statement *st = &s->now->statement[s->now->statements++];
	*st = (struct observe_statement){.fingerprint = like.fingerprint,
					 .calls = calls,
					 .rows = rows,
					 .blocks = blocks,
					 .exec_ms = ms,
					 .verb = like.text.verb};
	OBSERVE_SET(st->text, str_of(like.text.text));
}

/* As far as the server's state is read with the sample. */
static void scene_state(struct scene *s)
{
	s->now->xids = (struct observe_ids){.age = 100, .freeze_max = 200000000};
	OBSERVE_SET(s->now->xids.database, STR("app"));
}

static void pauses_that_last_and_end_are_transactions_over_io(void **state)
{
	(void)state;
	/* A transaction of two statements and a pause of four seconds between them, or of as
	 * long that does not end. */
	for (int ends = 0; ends < 2; ends++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			for (int n = 0; n < 3; n++) {
				struct observe_session *session =
				    scene_session(&s, 100 + n, "charge-1", OBSERVE_IN_TRANSACTION);
				int64_t phase = ends ? (t + n) % 4 : t + 4;
				session->xact_start = session->query_start = session->state_change =
				    s.at - phase * SECOND - SECOND / 4;
				session->xact_start -= 1000;
				session->xid_age = 1;
				scene_text(session, "UPDATE queue SET state = 1 WHERE id = 7");
			}
			scene_push(&s);
		}
		scene_is(&s, ends ? "transaction-over-io/high" : "");
		scene_end(&s);
	}
}

static void calls_to_another_server_within_a_transaction_are_over_io(void **state)
{
	(void)state;
	for (int own = 0; own < 2;
	     own++) { /* own: the call is all that there is in the transaction */
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			for (int n = 0; n < 2; n++) {
				struct observe_session *session =
				    scene_session(&s, 100 + n, "sync-1", OBSERVE_ACTIVE);
				session->query_start = s.at - (t + n) % 3 * SECOND - SECOND / 4;
				session->xact_start = session->query_start - (own ? 0 : 2000);
				OBSERVE_SET(session->wait_type, STR("Extension"));
				OBSERVE_SET(session->wait, STR("Extension"));
				scene_text(session, "SELECT * FROM dblink($1, $2) AS t (a int)");
			}
			scene_push(&s);
		}
		scene_is(&s, own ? "" : "transaction-over-io/high");
		scene_end(&s);
	}
}

static void long_waits_without_a_root_that_stays_are_a_chain(void **state)
{
	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			for (int n = 0; n < 4; n++) {
				struct observe_session *session =
				    scene_session(&s, 100 + n, "stock-1", OBSERVE_ACTIVE);
				session->query_start =
				    s.at - (slow ? SECOND + n * SECOND / 4 : SECOND / 50);
				session->xact_start = session->query_start;
				OBSERVE_SET(session->wait_type, STR("Lock"));
				OBSERVE_SET(session->wait, STR("tuple"));
				session->blocker[session->blockers++] = 200 + t;
				scene_text(session, "UPDATE stock SET n = n + 1 WHERE id = 1");
			}
			struct observe_session *root =
			    scene_session(&s, 200 + t, "stock-1", OBSERVE_ACTIVE);
			root->xact_start = root->query_start;
			scene_text(root, "SELECT 1");
			scene_push(&s);
		}
		scene_is(&s, slow ? "lock-chain/high" : "");
		scene_end(&s);
	}
}

static void one_transaction_that_stops_others_again_and_again_is_a_root(void **state)
{
	(void)state;
	/* In the last sample nobody waits; before, in all or in half of them somebody does. */
	for (int pause = 3; pause <= 4; pause++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 13; t++) {
			scene_next(&s);
			struct observe_session *root =
			    scene_session(&s, 1, "billing-1", OBSERVE_IN_TRANSACTION);
			root->xact_start = root->query_start = root->state_change = BEGAN;
			root->xid_age = 3;
			for (int n = 0; n < 2 && t < 12 && t % 4 < pause - (pause == 3); n++) {
				struct observe_session *session =
				    scene_session(&s, 10 + n, "web-1", OBSERVE_ACTIVE);
				session->xact_start = session->query_start;
				OBSERVE_SET(session->wait_type, STR("Lock"));
				OBSERVE_SET(session->wait, STR("transactionid"));
				session->blocker[session->blockers++] = 1;
				scene_text(session, "UPDATE stock SET n = 1 WHERE id = 1");
			}
			scene_push(&s);
		}
		scene_is(&s, pause == 4 ? "lock-chain/certain" : "");
		scene_end(&s);
	}
}

static void a_statement_that_only_takes_longer_is_held_against_the_others(void **state)
{
	(void)state;
	enum { ALONE, ALL, CASES };
	for (int is = 0; is < CASES; is++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 30; t++) {
			bool slow = t >= 15;
			scene_next(&s);
			scene_counts(&s, "SELECT * FROM item WHERE shop = $1", 20, 20, 200,
				     slow ? 1000 : 20);
			scene_counts(&s, "SELECT * FROM shop WHERE id = $1", 20, 20, 80,
				     slow && is == ALL ? 200 : 5);
			scene_push(&s);
		}
		scene_is(&s, is == ALONE ? "plan-change/probable" : "");
		scene_end(&s);
	}
}

static void several_deadlocks_are_a_chain_and_one_is_none(void **state)
{
	(void)state;
	for (int each = 0; each < 2; each++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			if (t % 3 == 0) {
				scene_state(&s);
				s.now->deadlocks_at = each ? 5 + t / 3 : t > 5;
			}
			scene_push(&s);
		}
		scene_is(&s, each ? "lock-chain/high" : "");
		scene_end(&s);
	}
}

static void an_index_that_is_built_behind_a_forgotten_transaction_waits_in_a_chain(void **state)
{
	(void)state;
	for (int idle = 0; idle < 2; idle++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 6; t++) {
			scene_next(&s);
			struct observe_session *root = scene_session(
			    &s, 1, "api-1", idle ? OBSERVE_IN_TRANSACTION : OBSERVE_ACTIVE);
			root->xact_start = root->query_start = root->state_change = BEGAN - SECOND;
			scene_text(root, "SELECT count(*) FROM queue");
			struct observe_session *build =
			    scene_session(&s, 2, "deploy-1", OBSERVE_ACTIVE);
			build->query_start = build->xact_start = BEGAN;
			OBSERVE_SET(build->wait_type, STR("Lock"));
			OBSERVE_SET(build->wait, STR("virtualxid"));
			build->blocker[build->blockers++] = 1;
			scene_text(build, "CREATE INDEX CONCURRENTLY i ON queue (state)");
			scene_push(&s);
		}
		scene_is(&s, idle ? "lock-chain/certain" : "maintenance/note");
		scene_end(&s);
	}
}

static void what_is_counted_for_one_value_after_another_needs_an_index(void **state)
{
	(void)state;
	const struct {
		const char *text, *after, *expected; /* a value comes between */
		int values;
		int64_t blocks;
	} cases[] = {
	    {"SELECT count(*) FROM visit WHERE shop = ", "", "index-near-miss/probable", 12, 3000},
	    {"SELECT count(*) FROM visit WHERE shop = ", "", "", 3, 3000},
	    {"SELECT count(*) FROM visit WHERE shop > ", "", "", 12, 3000},
	    {"SELECT max(id) FROM visit OFFSET ", "", "index-near-miss/probable", 1, 3000},
	    {"SELECT id FROM visit WHERE shop = ", " FOR UPDATE", "index-near-miss/probable", 12,
	     3000},
	    {"INSERT INTO visit VALUES (", ")", "index-near-miss/probable", 12, 3000},
	    {"INSERT INTO visit SELECT n FROM other WHERE n = ", "", "", 12, 3000},
	    {"SELECT id FROM visit WHERE shop = ", "", "index-near-miss/probable", 12, 400},
	    {"SELECT id FROM visit WHERE shop = ", "", "", 12, 100},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			char text[200];
			scene_next(&s);
			snprintf(text, sizeof(text), "%s%d%s", cases[i].text, t % cases[i].values,
				 cases[i].after);
			struct observe_session *session =
			    scene_session(&s, 1, "profile", OBSERVE_ACTIVE);
			session->xact_start = session->query_start;
			scene_text(session, text);
			scene_counts(&s, text, 5, 5, 5 * cases[i].blocks, 900);
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

static void a_statement_that_never_ends_any_more_has_another_plan(void **state)
{
	(void)state;
	enum { READS, WAITS, ALONE, CASES };
	for (int is = 0; is < CASES; is++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 30; t++) {
			scene_next(&s);
			if (t < 16)
				scene_counts(&s, "SELECT * FROM item WHERE shop = $1", 20, 20, 200,
					     10);
			for (int n = 0; t >= 20 && n < (is == ALONE ? 1 : 3); n++) {
				struct observe_session *session =
				    scene_session(&s, 1 + n, "page-1", OBSERVE_ACTIVE);
				session->query_start = session->xact_start = BEGAN + 21 * SECOND;
				if (is == WAITS) {
					OBSERVE_SET(session->wait_type, STR("IO"));
					OBSERVE_SET(session->wait, STR("WALSync"));
				}
				scene_text(session, "SELECT * FROM item WHERE shop = $1");
			}
			scene_push(&s);
		}
		scene_is(&s, is == READS ? "plan-change/probable" : "");
		scene_end(&s);
	}
}

static void connections_that_nobody_sees_are_counted(void **state)
{
	(void)state;
	for (int many = 0; many < 2; many++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			if (t % 3 == 0)
				s.now->sessions_at = 1000 + t * (many ? 40 : 4);
			scene_push(&s);
		}
		scene_is(&s, many ? "connections/high" : "");
		scene_end(&s);
	}
}

static void a_limit_that_is_reached_is_told(void **state)
{
	(void)state;
	for (int works = 0; works < 2; works++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 3; t++) {
			scene_next(&s);
			for (int n = 0; n < 5; n++)
				scene_session(&s, 1 + n, "web",
					      works ? OBSERVE_ACTIVE : OBSERVE_IDLE);
			s.now->room = (struct observe_room){"role app", 5, 5};
			scene_push(&s);
		}
		scene_is(&s, works ? "connections/probable" : "connections/note");
		scene_end(&s);
	}
}

static void commits_that_wait_for_a_standby_are_named_before_those_behind_them(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	for (int t = 0; t < 8; t++) {
		scene_next(&s);
		struct observe_session *commit = scene_session(&s, 1, "web-1", OBSERVE_ACTIVE);
		commit->query_start = commit->xact_start = BEGAN;
		OBSERVE_SET(commit->wait_type, STR("IPC"));
		OBSERVE_SET(commit->wait, STR("SyncRep"));
		scene_text(commit, "COMMIT");
		struct observe_session *behind = scene_session(&s, 2, "web-2", OBSERVE_ACTIVE);
		behind->query_start = behind->xact_start = BEGAN + SECOND / 2;
		OBSERVE_SET(behind->wait_type, STR("Lock"));
		OBSERVE_SET(behind->wait, STR("transactionid"));
		behind->blocker[behind->blockers++] = 1;
		scene_text(behind, "UPDATE stock SET n = 1 WHERE id = 1");
		scene_push(&s);
	}
	scene_is(&s, "sync-standby/certain lock-chain/certain");
	scene_end(&s);
}

static void wal_that_is_not_archived_is_told(void **state)
{
	(void)state;
	for (int fails = 0; fails < 2; fails++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			if (t % 3 == 0) {
				scene_state(&s);
				s.now->archive_fails = fails || t < 6;
				s.now->archive_failed_at = 4;
			}
			scene_push(&s);
		}
		scene_is(&s, fails ? "archive-fails/high" : "");
		scene_end(&s);
	}
}

static void checkpoints_after_equal_amounts_of_wal_are_pressure(void **state)
{
	(void)state;
	enum { ALIKE, ASKED, LATE, CASES };
	for (int is = 0; is < CASES; is++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 30; t++) {
			scene_next(&s);
			if (is == ASKED && t == 24)
				scene_text(scene_session(&s, 1, "cron", OBSERVE_ACTIVE),
					   "CHECKPOINT");
			s.now->checkpoint_at = BEGAN + (t - t % 14) * SECOND * (is == LATE ? 4 : 1);
			s.now->wal_at = 1000 + (int64_t)t * (4 << 20);
			scene_push(&s);
		}
		scene_is(&s, is == ALIKE ? "write-pressure/high" : "");
		scene_end(&s);
	}
}

static void what_is_unknown_is_told_by_its_statement(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	for (int t = 0; t < 12; t++) {
		scene_next(&s);
		for (int n = 0; n < 3; n++) {
			struct observe_session *session =
			    scene_session(&s, 1 + n, "render-1", OBSERVE_ACTIVE);
			OBSERVE_SET(session->wait_type, STR("LWLock"));
			OBSERVE_SET(session->wait, STR("SubtransSLRU"));
			scene_text(session, n ? "SELECT render($1)" : "SELECT 1");
		}
		struct observe_session like = {0};
		scene_text(&like, "SELECT render($1)");
		scene_counts(&s, "SELECT render($1)", 10, 10, 70, 900);
		scene_push(&s);
	}
	scene_is(&s, "");
	const struct judge_dominant *d = &s.result.dominant;
	assert_string_equal(d->text, "SELECT render($1)");
	assert_string_equal(d->caller, "render");
	assert_string_equal(d->wait, "LWLock:SubtransSLRU");
	assert_int_equal(d->sessions, 2);
	assert_int_equal((int)d->calls_s, 10);
	assert_int_equal((int)d->blocks, 7);
	scene_end(&s);
}

static void scene_autovacuum(struct scene *s, int32_t pid, const char *table)
{
	char text[100];
	struct observe_session *session = scene_session(s, pid, "", OBSERVE_ACTIVE);
	snprintf(text, sizeof(text), "autovacuum: VACUUM %s", table);
	session->kind = OBSERVE_VACUUM;
	session->query_start = s->at - SECOND / 2;
	OBSERVE_SET(session->work, STR("VACUUM"));
	OBSERVE_SET(session->wait_type, STR("Timeout"));
	OBSERVE_SET(session->wait, STR("VacuumDelay"));
	scene_text(session, text);
}

static void an_autovacuum_that_is_ended_each_time_or_too_slow_is_behind(void **state)
{
	(void)state;
	enum { CUT, SLOW, WORKS, CASES };
	for (int is = 0; is < CASES; is++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			if (is != CUT || t % 3)
				scene_autovacuum(&s, is == CUT ? 100 + t / 3 : 100, "public.queue");
			if (t % 3 == 0)
				s.now->table[s.now->tables++] =
				    (struct observe_table){.name = "public.queue",
							   .dead = (is == WORKS ? 8000 : 60000) + t,
							   .live = 20000,
							   .vacuum_at = 4050};
			scene_push(&s);
		}
		scene_is(&s, is == WORKS ? "" : "autovacuum-behind/probable");
		scene_end(&s);
	}
}

static void dead_rows_of_partitions_count_together(void **state)
{
	(void)state;
	for (int parts = 0; parts < 2; parts++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			for (int n = 0; n < 3 && t % 3 == 0; n++) {
				struct observe_table *table = &s.now->table[s.now->tables++];
				*table = (struct observe_table){.dead = 40000 + t,
								.live = 7000,
								.vacuum_at = 1400,
								.vacuum_off = true};
				snprintf(table->name, sizeof(table->name), "public.visit_%d", n);
				OBSERVE_SET(table->parent, parts ? STR("visit") : STR(""));
			}
			scene_push(&s);
		}
		scene_is(&s, parts ? "autovacuum-behind/probable" : "");
		scene_end(&s);
	}
}

static void a_consumer_that_reads_nothing_is_told_from_one_that_is_slow(void **state)
{
	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			struct observe_session *sender =
			    scene_session(&s, 9, "cdc", OBSERVE_ACTIVE);
			sender->kind = OBSERVE_SERVER;
			OBSERVE_SET(sender->wait_type, STR("Client"));
			OBSERVE_SET(sender->wait, slow && t == 5 ? STR("WalSenderWaitForWAL")
								 : STR("WalSenderWriteData"));
			if (t % 3 == 0) {
				scene_state(&s);
				s.now->wal_at = (INT64_C(3) << 30) + t * 1000000;
				s.now->slot[s.now->slots++] = (struct observe_slot){
				    .name = "cdc",
				    .active = true,
				    .usual = INT64_C(1) << 30,
				    .retained = (INT64_C(2) << 30) + t * 1000000};
			}
			scene_push(&s);
		}
		scene_is(&s, slow ? "slot-retains/note" : "slot-retains/probable");
		scene_end(&s);
	}
}

static void a_server_that_stood_still_is_told_when_it_answers_again(void **state)
{
	(void)state;
	for (int seconds = 3; seconds <= 8; seconds += 5) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 8; t++) {
			if (t == 5)
				s.at += (seconds - 2) * SECOND;
			scene_next(&s);
			if (t == 4) {
				s.now->reach = OBSERVE_HUNG;
				s.now->server_start = 0;
			}
			scene_push(&s);
		}
		scene_is(&s, seconds == 8 ? "unreachable/certain" : "");
		scene_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pauses_that_last_and_end_are_transactions_over_io),
	    cmocka_unit_test(calls_to_another_server_within_a_transaction_are_over_io),
	    cmocka_unit_test(long_waits_without_a_root_that_stays_are_a_chain),
	    cmocka_unit_test(one_transaction_that_stops_others_again_and_again_is_a_root),
	    cmocka_unit_test(a_statement_that_only_takes_longer_is_held_against_the_others),
	    cmocka_unit_test(several_deadlocks_are_a_chain_and_one_is_none),
	    cmocka_unit_test(
		an_index_that_is_built_behind_a_forgotten_transaction_waits_in_a_chain),
	    cmocka_unit_test(what_is_counted_for_one_value_after_another_needs_an_index),
	    cmocka_unit_test(a_statement_that_never_ends_any_more_has_another_plan),
	    cmocka_unit_test(connections_that_nobody_sees_are_counted),
	    cmocka_unit_test(a_limit_that_is_reached_is_told),
	    cmocka_unit_test(commits_that_wait_for_a_standby_are_named_before_those_behind_them),
	    cmocka_unit_test(wal_that_is_not_archived_is_told),
	    cmocka_unit_test(checkpoints_after_equal_amounts_of_wal_are_pressure),
	    cmocka_unit_test(what_is_unknown_is_told_by_its_statement),
	    cmocka_unit_test(an_autovacuum_that_is_ended_each_time_or_too_slow_is_behind),
	    cmocka_unit_test(dead_rows_of_partitions_count_together),
	    cmocka_unit_test(a_consumer_that_reads_nothing_is_told_from_one_that_is_slow),
	    cmocka_unit_test(a_server_that_stood_still_is_told_when_it_answers_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
