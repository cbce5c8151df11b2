/* link: base observe heal/judge */
/* The judges, on recordings that are written here: what each needs to speak, and what must not make
 * it speak; the redaction of texts; recordings that are foreign input. */
#include "judge_scene.h"

/* ---- sessions ---- */

static void a_lock_chain_is_named_by_its_root_and_the_waiter_that_stops_the_others(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	for (int t = 0; t < 5; t++) {
		scene_next(&s);
		struct observe_session *root =
		    scene_session(&s, 1, "billing", OBSERVE_IN_TRANSACTION);
		root->xact_start = root->state_change = BEGAN;
		for (int32_t pid = 2; pid <= 5; pid++) {
			struct observe_session *w =
			    scene_session(&s, pid, pid == 2 ? "migrate" : "web-1", OBSERVE_ACTIVE);
			scene_text(w, pid == 2 ? "ALTER TABLE t ADD c int" : "SELECT * FROM t");
			w->query_start = BEGAN + pid;
			w->blocker[w->blockers++] = pid == 2 ? 1 : 2;
			OBSERVE_SET(w->wait_type, STR("Lock"));
		}
		scene_push(&s);
	}
	scene_is(&s, "lock-chain/certain");
	assert_int_equal(s.result.finding[0].pid, 1);
	assert_int_equal(s.result.finding[0].waiters, 4);
	assert_non_null(strstr(s.result.finding[0].action, "pg_cancel_backend(2)"));
	/* Each session-second once: four waiters in five samples, nothing left. */
	assert_true(s.result.total_s > 19.9 && s.result.total_s < 20.1);
	assert_true(s.result.unknown_s < 0.1);
	scene_end(&s);
}

static void a_wait_that_is_short_is_no_chain(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	for (int t = 0; t < 12; t++) {
		scene_next(&s);
		scene_session(&s, 1, "web-1", OBSERVE_IN_TRANSACTION)->xact_start = s.at - SECOND;
		struct observe_session *w = scene_session(&s, 2, "web-2", OBSERVE_ACTIVE);
		scene_text(w, "UPDATE t SET n = n + 1");
		w->query_start = s.at - SECOND * (t % 3); /* always another statement after 2 s */
		w->blocker[w->blockers++] = 1;
		scene_push(&s);
	}
	scene_is(&s, "");
	scene_end(&s);
}

static void who_waits_for_a_prepared_transaction_is_told_its_name(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	for (int t = 0; t < 5; t++) {
		scene_next(&s);
		struct observe_session *w = scene_session(&s, 2, "web", OBSERVE_ACTIVE);
		w->query_start = BEGAN;
		w->blocker[w->blockers++] = 0;
		s.now->holder[s.now->holders++] =
		    (struct observe_holder){OBSERVE_PREPARED, "order-7", 9, BEGAN};
		scene_push(&s);
	}
	scene_is(&s, "lock-chain/certain");
	assert_non_null(strstr(s.result.finding[0].cause, "order-7"));
	scene_end(&s);
}

/* Sessions that are idle in a transaction for `idle` of ten samples, with a statement a second. */
static void transactions(struct scene *s, int sessions, int idle, bool moves, int64_t pause)
{
	for (int t = 0; t < 10; t++) {
		scene_next(s);
		for (int32_t pid = 1; pid <= sessions; pid++) {
			struct observe_session *w =
			    scene_session(s, pid, "enricher-1",
					  t < idle ? OBSERVE_IN_TRANSACTION : OBSERVE_ACTIVE);
			scene_text(w, "SELECT url FROM item WHERE id = 5");
			w->xact_start = BEGAN;
			w->query_start = moves ? s->at - pause : BEGAN;
			w->state_change = moves ? s->at - pause : BEGAN;
		}
		scene_push(s);
	}
}

static void connections_that_a_cause_explains_are_no_cause(void **state)
{
	(void)state;
	const struct {
		int max;
		const char *expected;
	} cases[] = {{97, "transaction-over-io/high"},
		     {14, "transaction-over-io/high"},
		     {12, "transaction-over-io/high connections/high"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		s.server.connections_max = cases[i].max;
		transactions(&s, 12, 9, true, 200000);
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

static void transactions_over_io_are_mostly_idle_and_go_on(void **state)
{
	(void)state;
	const struct {
		int sessions, idle;
		bool moves;
		int64_t pause;
		const char *expected;
	} cases[] = {
	    {12, 9, true, 200000, "transaction-over-io/high"},
	    {12, 5, true, 200000, ""},  /* works most of the time */
	    {12, 9, false, 200000, ""}, /* does not move: abandoned, once it is old enough */
	    {12, 9, true, 4000, ""},    /* an ORM with short pauses */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		transactions(&s, cases[i].sessions, cases[i].idle, cases[i].moves, cases[i].pause);
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

/* One session that takes rows through a cursor, or computes with what it reads: it keeps a
 * snapshot, and is no fault by itself. */
static void one_reader_with_a_snapshot_is_no_transaction_over_io(void **state)
{
	(void)state;
	const struct {
		int sessions;
		int64_t xmin_age, xid_age;
		const char *expected;
	} cases[] = {{1, 40, -1, ""},
		     {1, -1, -1, "transaction-over-io/high"},
		     {1, 40, 40, "transaction-over-io/high"}, /* it has written */
		     {2, 40, -1, "transaction-over-io/high"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			for (int32_t pid = 1; pid <= cases[i].sessions; pid++) {
				struct observe_session *w =
				    scene_session(&s, pid, "exporter-1", OBSERVE_IN_TRANSACTION);
				scene_text(w, "FETCH 100 FROM rows");
				w->xact_start = BEGAN;
				w->xmin_age = cases[i].xmin_age;
				w->xid_age = cases[i].xid_age;
			}
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

/* Waiters that give up after lock_timeout and try again: none waits for three seconds. */
static void waiters_that_try_again_have_a_root_too(void **state)
{
	(void)state;
	const struct {
		int waiters;
		bool same; /* transaction of the root */
		const char *expected;
	} cases[] = {{3, true, "lock-chain/certain"}, {1, true, ""}, {3, false, ""}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 6; t++) {
			scene_next(&s);
			struct observe_session *r =
			    scene_session(&s, 1, "billing-1", OBSERVE_IN_TRANSACTION);
			r->xact_start = r->query_start = r->state_change =
			    cases[i].same ? BEGAN : s.at - SECOND / 4;
			for (int32_t pid = 2; pid < 2 + cases[i].waiters; pid++) {
				struct observe_session *w =
				    scene_session(&s, pid, "web", OBSERVE_ACTIVE);
				OBSERVE_SET(w->wait_type, STR("Lock"));
				/* one for the root's transaction, the others behind one another */
				w->blocker[w->blockers++] = pid == 2 ? 1 : pid - 1;
			}
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

/* Of a row, the first in the queue waits for the transaction, the others for the row. */
static void a_chain_is_one_incident_whatever_its_first_waiter_waits_for(void **state)
{
	(void)state;
	const struct str object[] = {STR("transactionid"), STR("public.booking")};
	char key[COUNT_OF(object)][OBSERVE_NAME];
	for (size_t i = 0; i < COUNT_OF(object); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 6; t++) {
			scene_next(&s);
			scene_session(&s, 1, "billing-1", OBSERVE_IN_TRANSACTION)->xact_start =
			    BEGAN;
			struct observe_session *w = scene_session(&s, 2, "web", OBSERVE_ACTIVE);
			OBSERVE_SET(w->wait_type, STR("Lock"));
			OBSERVE_SET(w->lock_object, object[i]);
			w->query_start = BEGAN;
			w->blocker[w->blockers++] = 1;
			scene_push(&s);
		}
		scene_is(&s, "lock-chain/certain");
		OBSERVE_SET(key[i], str_of(s.result.finding[0].key));
		scene_end(&s);
	}
	assert_string_equal(key[0], key[1]);
}

/* Short transactions of three statements whose client is slow: after one of them, because it calls
 * somebody, or after each, because it gets no processor. */
static void clients_without_a_processor_are_no_transaction_over_io(void **state)
{
	(void)state;
	for (int starved = 0; starved < 2; starved++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			for (int32_t pid = 1; pid <= 4; pid++) {
				int done = starved ? (t + pid) % 3 : 1;
				struct observe_session *w =
				    scene_session(&s, pid, "shop", OBSERVE_IN_TRANSACTION);
				scene_text(w, done ? "SELECT a FROM b WHERE c = 5" : "BEGIN");
				w->xact_start = s.at - SECOND / 4;
				w->query_start = w->xact_start + done * SECOND / 20;
				w->state_change = s.at - SECOND / 10;
			}
			scene_push(&s);
		}
		scene_is(&s, starved ? "" : "transaction-over-io/high");
		scene_end(&s);
	}
}

static void an_abandoned_transaction_is_named_when_it_is_old_enough(void **state)
{
	(void)state;
	const struct {
		int64_t idle_s, xid_age;
		const char *application, *expected;
	} cases[] = {
	    {61, 3, "worker-3", "abandoned/high"},
	    {59, 3, "worker-3", ""},
	    {61, -1, "worker-3", ""}, /* holds nothing */
	    {301, -1, "worker-3", "abandoned/high"},
	    {301, 3, "psql", "human/note"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		scene_next(&s);
		struct observe_session *w =
		    scene_session(&s, 9, cases[i].application, OBSERVE_IN_TRANSACTION);
		w->xact_start = w->state_change = w->query_start = s.at - cases[i].idle_s * SECOND;
		w->xid_age = cases[i].xid_age;
		scene_push(&s);
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

static void the_holder_of_dead_rows_is_the_one_whose_own_age_explains_it(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	for (int t = 0; t < 6; t++) {
		scene_next(&s);
		/* An innocent session shows the age of the prepared transaction. */
		struct observe_session *w = scene_session(&s, 3, "web", OBSERVE_ACTIVE);
		w->xact_start = s.at;
		w->xmin_age = 52;
		s.now->holder[s.now->holders++] =
		    (struct observe_holder){OBSERVE_SESSION, "3", 52, s.at};
		s.now->holder[s.now->holders++] =
		    (struct observe_holder){OBSERVE_PREPARED, "gone", 52, BEGAN - 100 * SECOND};
		if (t % 2)
			s.now->table[s.now->tables++] = (struct observe_table){.name = "public.t",
									       .dead = 9000 + t,
									       .estimate = 1000,
									       .vacuum_at = 100,
									       .vacuumed = BEGAN,
									       .analyzed = BEGAN};
		scene_push(&s);
	}
	scene_is(&s, "pinned-xmin/high");
	assert_non_null(strstr(s.result.finding[0].cause, "gone"));
	scene_end(&s);
}

/* ---- repeats ---- */

/* Waves of `k` sessions that run one text, or a slice each, every `period` seconds for two. */
static void waves(struct scene *s, int seconds, int period, int k, const char *text)
{
	for (int t = 0; t < seconds; t++) {
		scene_next(s);
		for (int32_t n = 0; n < k; n++) {
			char own[200], application[20];
			snprintf(application, sizeof(application), "portal-%d", n);
			snprintf(own, sizeof(own), "%s", text);
			if (strchr(own, '#')) /* the number of the session */
				*strchr(own, '#') = (char)('0' + n);
			struct observe_session *w =
			    scene_session(s, 100 + n, application,
					  t % period < 2 ? OBSERVE_ACTIVE : OBSERVE_IDLE);
			scene_text(w, own);
			w->query_start = s->at - (t % period) * SECOND - 100000;
			w->state_change = w->query_start + (t % period < 2 ? 0 : 1900000);
		}
		scene_push(s);
	}
}

static void a_herd_has_equal_texts_in_waves_and_its_period(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	waves(&s, 30, 6, 8, "SELECT count(*) FROM business WHERE city = 'x'");
	scene_is(&s, "herd/high");
	assert_int_equal(s.result.finding[0].k, 8);
	assert_int_equal(s.result.finding[0].waves, 5);
	assert_true(s.result.finding[0].period_s > 5.9 && s.result.finding[0].period_s < 6.1);
	assert_string_equal(s.result.finding[0].key, "herd/portal");
	scene_end(&s);
}

/* Sessions of two applications, `apart` seconds after each other. */
static void two_applications(struct scene *s, int apart)
{
	for (int t = 0; t < 36; t++) {
		scene_next(s);
		for (int32_t n = 0; n < 7; n++) {
			char application[20];
			int at = (t + (n < 4 ? 0 : apart)) % 8;
			snprintf(application, sizeof(application), "%s-%d",
				 n < 4 ? "portal" : "mobile", n);
			struct observe_session *w = scene_session(
			    s, 100 + n, application, at < 2 ? OBSERVE_ACTIVE : OBSERVE_IDLE);
			scene_text(w, "SELECT count(*) FROM business WHERE city = 'x'");
			w->query_start = s->at - at * SECOND - 100000;
			w->state_change = w->query_start + (at < 2 ? 0 : 1900000);
		}
		scene_push(s);
	}
}

static void applications_that_share_a_cache_are_one_herd(void **state)
{
	(void)state;
	for (int apart = 0; apart < 8; apart += 4) {
		struct scene s;
		scene_begin(&s);
		two_applications(&s, apart);
		judge_run(s.history, &s.server, &s.result);
		assert_int_equal(s.result.findings, apart ? 2 : 1);
		if (!apart) {
			scene_is(&s, "herd/high");
			assert_string_equal(s.result.finding[0].key, "herd/mobile");
			assert_non_null(strstr(s.result.finding[0].cause, "of mobile, portal is"));
			assert_int_equal(s.result.finding[0].k, 7);
			assert_int_equal(s.result.finding[0].callers, 7);
			assert_int_equal(s.result.finding[0].statements, 1);
		}
		scene_end(&s);
	}
}

static void a_herd_that_is_cured_is_gone_though_one_still_fills(void **state)
{
	(void)state;
	struct scene s;
	const char *text = "SELECT count(*) FROM business WHERE city = 'x'";
	scene_begin(&s);
	waves(&s, 24, 6, 8, text);
	waves(&s, 24, 6, 1, text);
	scene_is(&s, "");
	scene_end(&s);
}

static void what_looks_like_a_herd_and_is_none(void **state)
{
	(void)state;
	const struct {
		const char *what, *text, *expected;
		int k, period, seconds;
	} cases[] = {
	    {"slices of their own", "SELECT count(*) FROM business WHERE id % 4 = #", "", 4, 7, 30},
	    {"two sessions", "SELECT 1 FROM business", "", 2, 6, 30},
	    {"two waves", "SELECT 1 FROM business", "", 8, 9, 12},
	    {"writes", "UPDATE business SET seen = true", "", 8, 6, 30},
	    {"parameters", "SELECT 1 FROM business WHERE id = $1", "", 8, 6, 30},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		waves(&s, cases[i].seconds, cases[i].period, cases[i].k, cases[i].text);
		judge_run(s.history, &s.server, &s.result);
		const char *got = s.result.findings && s.result.finding[0].confidence > JUDGE_NOTE
				      ? judge_name(s.result.finding[0].id)
				      : "";
		bool herd = cases[i].expected[0] != '\0';
		if ((strcmp(got, "herd") == 0) != herd || (!herd && got[0]))
			fail_msg("%s: %s", cases[i].what, got);
		assert_true(!herd || s.result.finding[0].confidence == JUDGE_PROBABLE);
		scene_end(&s);
	}
}

static void equal_reads_without_a_pause_are_a_herd_without_period(void **state)
{
	(void)state;
	struct scene s;
	scene_begin(&s);
	waves(&s, 12, 2, 5, "SELECT sum(x) FROM big");
	scene_is(&s, "herd-no-period/probable");
	scene_end(&s);
}

/* ---- counters ---- */

static void scene_statement(struct scene *s, const char *text, int64_t calls, int64_t rows,
			    int64_t blocks, double ms)
{
	struct observe_statement *st = &s->now->statement[s->now->statements++];
	struct observe_text t;
	observe_redact(str_of(text), 0, 0, &t);
	*st = (struct observe_statement){.fingerprint = t.hash,
					 .calls = calls,
					 .rows = rows,
					 .blocks = blocks,
					 .exec_ms = ms,
					 .verb = t.verb};
	memcpy(st->text, t.text, sizeof(st->text));
}

static void counters_name_spinning_and_polling(void **state)
{
	(void)state;
	const struct {
		const char *text, *expected;
		int64_t rows, blocks;
	} cases[] = {
	    {"UPDATE item SET state = $1 WHERE state = $2", "spinning-update/probable", 0,
	     385 * 16},
	    {"UPDATE item SET state = $1 WHERE state = $2", "poller/note", 0, 2 * 16},
	    {"UPDATE item SET state = $1 WHERE state = $2", "", 16, 385 * 16},
	    {"SELECT 1 FROM item WHERE state = $1", "", 0, 385 * 16},
	    {"SELECT 1 FROM item WHERE state = $1 FOR UPDATE SKIP LOCKED",
	     "spinning-update/probable", 0, 385 * 16},
	    {"INSERT INTO item SELECT id FROM feed ON CONFLICT DO NOTHING",
	     "spinning-update/probable", 0, 385 * 16},
	    {"INSERT INTO item VALUES ($1) ON CONFLICT DO NOTHING", "", 0, 3 * 16},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			scene_statement(&s, cases[i].text, 16, cases[i].rows, cases[i].blocks, 16);
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

static void a_batch_that_reads_a_table_and_changes_nothing_needs_few_calls(void **state)
{
	(void)state;
	static const int64_t blocks[] = {3000, 300};
	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			if (t % 2)
				scene_statement(&s, "DELETE FROM item WHERE state = $1", 1, 0,
						blocks[i], 900);
			scene_push(&s);
		}
		scene_is(&s, i ? "" : "spinning-update/probable");
		scene_end(&s);
	}
}

static void what_no_index_serves_is_named_and_others_are_not(void **state)
{
	(void)state;
	const char *sorted = "SELECT name FROM business ORDER BY quality DESC NULLS LAST LIMIT $1";
	const struct {
		const char *text, *expected;
		int64_t rows, blocks;
		double ms;
	} cases[] = {
	    {sorted, "index-near-miss/probable", 20, 60000, 900},
	    {sorted, "", 20, 300, 900},  /* served by an index */
	    {sorted, "", 20, 60000, 20}, /* little of the time */
	    {sorted, "", 900, 16000, 900},
	    {"SELECT id FROM business WHERE lower(name) = $1", "index-near-miss/probable", 1, 3000,
	     900},
	    {"SELECT id FROM business WHERE lower(name) = $1", "", 1, 4, 900},
	    {"SELECT id FROM business WHERE quality > $1", "", 900, 3000, 900},
	    {"SELECT count(*) FROM business WHERE quality > $1", "", 1, 60000, 900},
	    {"SELECT name FROM business ORDER BY name", "", 900, 60000, 900},
	    /* what is counted first is in the order of no index */
	    {"SELECT city, count(*) AS n FROM business GROUP BY city ORDER BY n DESC LIMIT $1", "",
	     20, 60000, 900},
	    /* the rows that refer to it are looked for without an index */
	    {"DELETE FROM business WHERE id = $1", "index-near-miss/probable", 1, 890, 900},
	    {"DELETE FROM business WHERE id = $1", "", 1, 9, 900},
	    {"UPDATE business SET quality = $1", "", 1, 890, 900},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			scene_statement(&s, cases[i].text, 1, cases[i].rows, cases[i].blocks,
					cases[i].ms);
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

static void more_blocks_a_call_are_stale_statistics_before_they_are_a_plan(void **state)
{
	(void)state;
	enum { KNOWN, STALE, STALE_PARTITION, CASES };
	struct observe_table table[CASES] = {
	    [STALE] = {
		.name = "public.item", .modified = 90000, .estimate = 1000, .analyzed = BEGAN}};
	table[STALE_PARTITION] = table[STALE];
	OBSERVE_SET(table[STALE_PARTITION].name, STR("public.item_2026"));
	OBSERVE_SET(table[STALE_PARTITION].parent, STR("item"));
	for (int stale = KNOWN; stale < CASES; stale++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 30; t++) {
			scene_next(&s);
			scene_statement(&s, "SELECT * FROM item WHERE city = $1", 20, 20,
					t < 15 ? 20 * 10 : 20 * 900, t < 15 ? 10 : 400);
			if (stale)
				s.now->table[s.now->tables++] = table[stale];
			scene_push(&s);
		}
		scene_is(&s, stale ? "stale-statistics/high" : "plan-change/probable");
		scene_end(&s);
	}
}

static void a_changed_plan_is_seen_although_readings_are_rare(void **state)
{
	(void)state;
	for (int every = 1; every <= 12; every += 5) { /* 11: one reading in the window */
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 48; t++) {
			scene_next(&s);
			if (t % every == 0)
				scene_statement(&s, "SELECT * FROM item WHERE city = $1",
						20 * every, 20 * every,
						20 * every * (t < 36 ? 10 : 900),
						t < 36 ? 10 : 400 * every);
			scene_push(&s);
		}
		scene_is(&s, every < 11 ? "plan-change/probable" : "");
		scene_end(&s);
	}
}

static void full_and_growing_connections_are_named_with_their_owner(void **state)
{
	(void)state;
	const struct {
		int from, step;
		const char *expected;
	} cases[] = {{80, 0, "connections/high"}, {20, 2, "connections/high"}, {20, 0, ""}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 12; t++) {
			scene_next(&s);
			for (int32_t n = 0; n < cases[i].from + cases[i].step * t; n++)
				scene_session(&s, n + 1, "shop-1", OBSERVE_IDLE);
			scene_push(&s);
		}
		scene_is(&s, cases[i].expected);
		assert_true(!s.result.findings ||
			    strcmp(s.result.finding[0].key, "connections/shop") == 0);
		scene_end(&s);
	}
}

static void a_long_statement_is_a_runaway_unless_it_is_work(void **state)
{
	(void)state;
	const struct {
		const char *text, *application, *expected;
		int64_t age_s;
	} cases[] = {
	    {"SELECT * FROM a, b", "report-1", "runaway/probable", 301},
	    {"SELECT * FROM a, b", "report-1", "", 299},
	    {"SELECT * FROM a, b", "psql", "", 301},
	    {"CREATE INDEX ON a (b)", "deploy", "maintenance/note", 301},
	    {"COPY a FROM STDIN", "load", "maintenance/note", 301},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scene s;
		scene_begin(&s);
		scene_next(&s);
		struct observe_session *w =
		    scene_session(&s, 4, cases[i].application, OBSERVE_ACTIVE);
		scene_text(w, cases[i].text);
		w->query_start = s.at - cases[i].age_s * SECOND;
		scene_push(&s);
		scene_is(&s, cases[i].expected);
		scene_end(&s);
	}
}

static void a_server_that_refuses_or_was_restarted_is_named_first(void **state)
{
	(void)state;
	for (int i = OBSERVE_REACHED; i <= OBSERVE_HUNG; i++) {
		struct scene s;
		scene_begin(&s);
		for (int t = 0; t < 4; t++) {
			scene_next(&s);
			s.now->reach = t == 3 ? (enum observe_reach)i : OBSERVE_REACHED;
			if (i == OBSERVE_REACHED && t == 3)
				s.now->server_start += 500 * SECOND;
			scene_push(&s);
		}
		scene_is(&s, "unreachable/certain");
		scene_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_lock_chain_is_named_by_its_root_and_the_waiter_that_stops_the_others),
	    cmocka_unit_test(a_wait_that_is_short_is_no_chain),
	    cmocka_unit_test(who_waits_for_a_prepared_transaction_is_told_its_name),
	    cmocka_unit_test(connections_that_a_cause_explains_are_no_cause),
	    cmocka_unit_test(a_batch_that_reads_a_table_and_changes_nothing_needs_few_calls),
	    cmocka_unit_test(transactions_over_io_are_mostly_idle_and_go_on),
	    cmocka_unit_test(one_reader_with_a_snapshot_is_no_transaction_over_io),
	    cmocka_unit_test(a_chain_is_one_incident_whatever_its_first_waiter_waits_for),
	    cmocka_unit_test(clients_without_a_processor_are_no_transaction_over_io),
	    cmocka_unit_test(waiters_that_try_again_have_a_root_too),
	    cmocka_unit_test(an_abandoned_transaction_is_named_when_it_is_old_enough),
	    cmocka_unit_test(the_holder_of_dead_rows_is_the_one_whose_own_age_explains_it),
	    cmocka_unit_test(a_herd_has_equal_texts_in_waves_and_its_period),
	    cmocka_unit_test(applications_that_share_a_cache_are_one_herd),
	    cmocka_unit_test(a_herd_that_is_cured_is_gone_though_one_still_fills),
	    cmocka_unit_test(what_looks_like_a_herd_and_is_none),
	    cmocka_unit_test(equal_reads_without_a_pause_are_a_herd_without_period),
	    cmocka_unit_test(counters_name_spinning_and_polling),
	    cmocka_unit_test(what_no_index_serves_is_named_and_others_are_not),
	    cmocka_unit_test(more_blocks_a_call_are_stale_statistics_before_they_are_a_plan),
	    cmocka_unit_test(a_changed_plan_is_seen_although_readings_are_rare),
	    cmocka_unit_test(full_and_growing_connections_are_named_with_their_owner),
	    cmocka_unit_test(a_long_statement_is_a_runaway_unless_it_is_work),
	    cmocka_unit_test(a_server_that_refuses_or_was_restarted_is_named_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
