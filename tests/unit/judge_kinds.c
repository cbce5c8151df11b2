/* link: base observe heal/judge */
/* The same causes in other shapes than those that judge.c and judge_resources.c have: each is
 * told by what brings it about, not by how one scene looks. */
#include "judge_scene.h"

static void scene_waits(struct observe_session *session, const char *type, const char *wait)
{
	OBSERVE_SET(session->wait_type, str_of(type));
	OBSERVE_SET(session->wait, str_of(wait));
}

static void scene_blocked(struct observe_session *session, int32_t pid)
{
	session->blocker[session->blockers++] = pid;
}

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

static void pauses_that_last_and_end_are_transactions_over_io(struct scene *s, int t, int ends)
{
	/* A transaction of two statements and a pause of four seconds between them, or of as
	 * long that does not end. */
	for (int n = 0; n < 3; n++) {
		struct observe_session *session =
		    scene_session(s, 100 + n, "charge-1", OBSERVE_IN_TRANSACTION);
		int64_t phase = ends ? (t + n) % 4 : t + 4;
		session->xact_start = session->query_start = session->state_change =
		    s->at - phase * SECOND - SECOND / 4;
		session->xact_start -= 1000;
		session->xid_age = 1;
		scene_text(session, "UPDATE queue SET state = 1 WHERE id = 7");
	}
}

static void calls_to_another_server_within_a_transaction_are_over_io(struct scene *s, int t,
								     int own)
{
	for (int n = 0; n < 2; n++) {
		struct observe_session *session =
		    scene_session(s, 100 + n, "sync-1", OBSERVE_ACTIVE);
		session->query_start = s->at - (t + n) % 3 * SECOND - SECOND / 4;
		session->xact_start = session->query_start - (own ? 0 : 2000);
		scene_waits(session, "Extension", "Extension");
		scene_text(session, "SELECT * FROM dblink($1, $2) AS t (a int)");
	}
}

static void long_waits_without_a_root_that_stays_are_a_chain(struct scene *s, int t, int slow)
{
	for (int n = 0; n < 4; n++) {
		struct observe_session *session =
		    scene_session(s, 100 + n, "stock-1", OBSERVE_ACTIVE);
		session->query_start = s->at - (slow ? SECOND + n * SECOND / 4 : SECOND / 50);
		session->xact_start = session->query_start;
		scene_waits(session, "Lock", "tuple");
		scene_blocked(session, 200 + t);
		scene_text(session, "UPDATE stock SET n = n + 1 WHERE id = 1");
	}
	struct observe_session *root = scene_session(s, 200 + t, "stock-1", OBSERVE_ACTIVE);
	root->xact_start = root->query_start;
	scene_text(root, "SELECT 1");
}

static void one_transaction_that_stops_others_again_and_again_is_a_root(struct scene *s, int t,
									int all)
{
	/* In the last sample nobody waits; before, in all or in half of them somebody does. */
	struct observe_session *root = scene_session(s, 1, "billing-1", OBSERVE_IN_TRANSACTION);
	root->xact_start = root->query_start = root->state_change = BEGAN;
	root->xid_age = 3;
	for (int n = 0; n < 2 && t < 12 && t % 4 < (all ? 4 : 2); n++) {
		struct observe_session *session = scene_session(s, 10 + n, "web-1", OBSERVE_ACTIVE);
		session->xact_start = session->query_start;
		scene_waits(session, "Lock", "transactionid");
		scene_blocked(session, 1);
		scene_text(session, "UPDATE stock SET n = 1 WHERE id = 1");
	}
}

static void a_statement_that_only_takes_longer_is_held_against_the_others(struct scene *s, int t,
									  int is)
{
	enum { ALONE, ALL };
	bool slow = t >= 15;
	scene_counts(s, "SELECT * FROM item WHERE shop = $1", 20, 20, 200, slow ? 1000 : 20);
	scene_counts(s, "SELECT * FROM shop WHERE id = $1", 20, 20, 80,
		     slow && is == ALL ? 200 : 5);
}

static void several_deadlocks_are_a_chain_and_one_is_none(struct scene *s, int t, int each)
{
	if (t % 3 == 0) {
		scene_state(s);
		s->now->deadlocks_at = each ? 5 + t / 3 : t > 5;
	}
}

static void an_index_that_is_built_behind_a_forgotten_transaction_waits_in_a_chain(struct scene *s,
										   int t, int idle)
{
	(void)t;
	struct observe_session *root =
	    scene_session(s, 1, "api-1", idle ? OBSERVE_IN_TRANSACTION : OBSERVE_ACTIVE);
	root->xact_start = root->query_start = root->state_change = BEGAN - SECOND;
	scene_text(root, "SELECT count(*) FROM queue");
	struct observe_session *build = scene_session(s, 2, "deploy-1", OBSERVE_ACTIVE);
	build->query_start = build->xact_start = BEGAN;
	scene_waits(build, "Lock", "virtualxid");
	scene_blocked(build, 1);
	scene_text(build, "CREATE INDEX CONCURRENTLY i ON queue (state)");
}

static void what_is_counted_for_one_value_after_another_needs_an_index(struct scene *s, int t,
								       int i)
{
	static const struct {
		const char *text, *after; /* a value comes between */
		int values;
		int64_t blocks;
	} cases[] = {
	    {"SELECT count(*) FROM visit WHERE shop = ", "", 12, 3000},
	    {"SELECT count(*) FROM visit WHERE shop = ", "", 3, 3000},
	    {"SELECT count(*) FROM visit WHERE shop > ", "", 12, 3000},
	    {"SELECT max(id) FROM visit OFFSET ", "", 1, 3000},
	    {"SELECT id FROM visit WHERE shop = ", " FOR UPDATE", 12, 3000},
	    {"INSERT INTO visit VALUES (", ")", 12, 3000},
	    {"INSERT INTO visit SELECT n FROM other WHERE n = ", "", 12, 3000},
	    {"SELECT id FROM visit WHERE shop = ", "", 12, 400},
	    {"SELECT id FROM visit WHERE shop = ", "", 12, 100},
	};
	char text[200];
	snprintf(text, sizeof(text), "%s%d%s", cases[i].text, t % cases[i].values, cases[i].after);
	struct observe_session *session = scene_session(s, 1, "profile", OBSERVE_ACTIVE);
	session->xact_start = session->query_start;
	scene_text(session, text);
	scene_counts(s, text, 5, 5, 5 * cases[i].blocks, 900);
}

static void a_statement_that_never_ends_any_more_has_another_plan(struct scene *s, int t, int is)
{
	enum { READS, WAITS, ALONE };
	if (t < 16)
		scene_counts(s, "SELECT * FROM item WHERE shop = $1", 20, 20, 200, 10);
	for (int n = 0; t >= 20 && n < (is == ALONE ? 1 : 3); n++) {
		struct observe_session *session = scene_session(s, 1 + n, "page-1", OBSERVE_ACTIVE);
		session->query_start = session->xact_start = BEGAN + 21 * SECOND;
		if (is == WAITS) {
			scene_waits(session, "IO", "WALSync");
		}
		scene_text(session, "SELECT * FROM item WHERE shop = $1");
	}
}

static void connections_that_nobody_sees_are_counted(struct scene *s, int t, int many)
{
	if (t % 3 == 0)
		s->now->sessions_at = 1000 + t * (many ? 40 : 4);
}

static void a_limit_that_is_reached_is_told(struct scene *s, int t, int works)
{
	(void)t;
	for (int n = 0; n < 5; n++)
		scene_session(s, 1 + n, "web", works ? OBSERVE_ACTIVE : OBSERVE_IDLE);
	s->now->room = (struct observe_room){"role app", 5, 5};
}

static void commits_that_wait_for_a_standby_are_named_before_those_behind_them(struct scene *s,
									       int t, int is)
{
	(void)t;
	(void)is;
	struct observe_session *commit = scene_session(s, 1, "web-1", OBSERVE_ACTIVE);
	commit->query_start = commit->xact_start = BEGAN;
	scene_waits(commit, "IPC", "SyncRep");
	scene_text(commit, "COMMIT");
	struct observe_session *behind = scene_session(s, 2, "web-2", OBSERVE_ACTIVE);
	behind->query_start = behind->xact_start = BEGAN + SECOND / 2;
	scene_waits(behind, "Lock", "transactionid");
	scene_blocked(behind, 1);
	scene_text(behind, "UPDATE stock SET n = 1 WHERE id = 1");
}

static void wal_that_is_not_archived_is_told(struct scene *s, int t, int fails)
{
	if (t % 3 == 0) {
		scene_state(s);
		s->now->archive_fails = fails || t < 6;
		s->now->archive_failed_at = 4;
	}
}

static void checkpoints_after_equal_amounts_of_wal_are_pressure(struct scene *s, int t, int is)
{
	enum { ALIKE, ASKED, LATE };
	if (is == ASKED && t == 24)
		scene_text(scene_session(s, 1, "cron", OBSERVE_ACTIVE), "CHECKPOINT");
	s->now->checkpoint_at = BEGAN + (t - t % 14) * SECOND * (is == LATE ? 4 : 1);
	s->now->wal_at = 1000 + (int64_t)t * (4 << 20);
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

static void an_autovacuum_that_is_ended_each_time_or_too_slow_is_behind(struct scene *s, int t,
									int is)
{
	enum { CUT, SLOW, WORKS };
	if (is != CUT || t % 3)
		scene_autovacuum(s, is == CUT ? 100 + t / 3 : 100, "public.queue");
	if (t % 3 == 0)
		s->now->table[s->now->tables++] =
		    (struct observe_table){.name = "public.queue",
					   .dead = (is == WORKS ? 8000 : 60000) + t,
					   .live = 20000,
					   .vacuum_at = 4050};
}

static void dead_rows_of_partitions_count_together(struct scene *s, int t, int parts)
{
	for (int n = 0; n < 3 && t % 3 == 0; n++) {
		struct observe_table *table = &s->now->table[s->now->tables++];
		*table = (struct observe_table){
		    .dead = 40000 + t, .live = 7000, .vacuum_at = 1400, .vacuum_off = true};
		snprintf(table->name, sizeof(table->name), "public.visit_%d", n);
		OBSERVE_SET(table->parent, parts ? STR("visit") : STR(""));
	}
}

static void a_consumer_that_reads_nothing_is_told_from_one_that_is_slow(struct scene *s, int t,
									int slow)
{
	struct observe_session *sender = scene_session(s, 9, "cdc", OBSERVE_ACTIVE);
	sender->kind = OBSERVE_SERVER;
	OBSERVE_SET(sender->wait_type, STR("Client"));
	OBSERVE_SET(sender->wait,
		    slow && t == 5 ? STR("WalSenderWaitForWAL") : STR("WalSenderWriteData"));
	if (t % 3 == 0) {
		scene_state(s);
		s->now->wal_at = (INT64_C(3) << 30) + t * 1000000;
		s->now->slot[s->now->slots++] =
		    (struct observe_slot){.name = "cdc",
					  .active = true,
					  .usual = INT64_C(1) << 30,
					  .retained = (INT64_C(2) << 30) + t * 1000000};
	}
}

static void a_server_that_stood_still_is_told_when_it_answers_again(struct scene *s, int t,
								    int hangs)
{
	if (t == 4) {
		s->now->reach = OBSERVE_HUNG;
		s->now->server_start = 0;
		s->at += (hangs ? 6 : 1) * SECOND; /* when the next sample is read */
	}
}

/* Each kind in its cases: is = 0, 1, ... */
static const struct kind {
	const char *name;
	void (*sample)(struct scene *s, int t, int is);
	int samples;
	const char *expected[9]; /* of each case */
} kinds[] = {
#define KIND(function, ...)                                                                        \
	{                                                                                          \
		.name = #function, .sample = function, __VA_ARGS__                                 \
	}
    KIND(pauses_that_last_and_end_are_transactions_over_io, 12, {"", "transaction-over-io/high"}),
    KIND(calls_to_another_server_within_a_transaction_are_over_io, 12,
	 {"transaction-over-io/high", ""}),
    KIND(long_waits_without_a_root_that_stays_are_a_chain, 12, {"", "lock-chain/high"}),
    KIND(one_transaction_that_stops_others_again_and_again_is_a_root, 13,
	 {"", "lock-chain/certain"}),
    KIND(a_statement_that_only_takes_longer_is_held_against_the_others, 30,
	 {"plan-change/probable", ""}),
    KIND(several_deadlocks_are_a_chain_and_one_is_none, 12, {"", "lock-chain/high"}),
    KIND(an_index_that_is_built_behind_a_forgotten_transaction_waits_in_a_chain, 6,
	 {"maintenance/note", "lock-chain/certain"}),
    KIND(what_is_counted_for_one_value_after_another_needs_an_index, 12,
	 {"index-near-miss/probable", "", "", "index-near-miss/probable",
	  "index-near-miss/probable", "index-near-miss/probable", "", "index-near-miss/probable",
	  ""}),
    KIND(a_statement_that_never_ends_any_more_has_another_plan, 30,
	 {"plan-change/probable", "", ""}),
    KIND(connections_that_nobody_sees_are_counted, 12, {"", "connections/high"}),
    KIND(a_limit_that_is_reached_is_told, 3, {"connections/note", "connections/probable"}),
    KIND(commits_that_wait_for_a_standby_are_named_before_those_behind_them, 8,
	 {"sync-standby/certain lock-chain/certain"}),
    KIND(wal_that_is_not_archived_is_told, 12, {"", "archive-fails/high"}),
    KIND(checkpoints_after_equal_amounts_of_wal_are_pressure, 30, {"write-pressure/high", "", ""}),
    KIND(an_autovacuum_that_is_ended_each_time_or_too_slow_is_behind, 12,
	 {"autovacuum-behind/probable", "autovacuum-behind/probable", ""}),
    KIND(dead_rows_of_partitions_count_together, 12, {"", "autovacuum-behind/probable"}),
    KIND(a_consumer_that_reads_nothing_is_told_from_one_that_is_slow, 12,
	 {"slot-retains/probable", "slot-retains/note"}),
    KIND(a_server_that_stood_still_is_told_when_it_answers_again, 8, {"", "unreachable/certain"}),
#undef KIND
};

static void kind_is_told(void **state)
{
	const struct kind *kind = *state;
	for (int is = 0; is < (int)COUNT_OF(kind->expected) && kind->expected[is]; is++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < kind->samples; t++) {
			scene_next(&s);
			kind->sample(&s, t, is);
			scene_push(&s);
		}
		scene_is(&s, kind->expected[is]);
		scene_end(&s);
	}
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(kinds) + 1];
	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		tests[k] = (struct CMUnitTest){.name = kinds[k].name,
					       .test_func = kind_is_told,
					       .initial_state = (void *)&kinds[k]};
	tests[COUNT_OF(kinds)] =
	    (struct CMUnitTest)cmocka_unit_test(what_is_unknown_is_told_by_its_statement);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
