/* link: base observe heal/judge heal/ledger heal/incident */
/* Incidents over time: when a finding is suspected, opened, cured and closed; that the lines alone
 * make the state, so that a restart knows it; that a line which could not be written changes
 * nothing. */
#include "heal/incident/incident.h"
#include "heal/incident/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define BEGAN  (1700000000 * SECOND)

struct story {
	struct incidents now, again; /* again: made of the lines alone */
	struct judge_result result;
	struct incident_times times;
	int64_t at;
	bool full;       /* the disk: no line can be written */
	struct buf text; /* all lines */
	struct incident_report *report;
};

static bool say(void *ctx, struct json_writer *line)
{
	struct story *s = ctx;
	struct arena arena;
	struct json_value *value;
	struct err err;
	if (s->full)
		return false;
	json_object_end(line);
	assert_false(buf_failed(line->out));
	arena_init(&arena, 1 << 20);
	assert_int_equal(json_parse(&arena, buf_view(line->out), &value, &err), OK);
	incidents_apply(&s->now, value);
	incidents_apply(&s->again, value);
	incident_report_take(s->report, value);
	buf_str(&s->text, buf_view(line->out));
	buf_putc(&s->text, '\n');
	arena_release(&arena);
	return true;
}

static void begin(struct story *s)
{
	*s = (struct story){.at = BEGAN, .times = {900 * SECOND, 86400 * SECOND}};
	s->report = incident_report_new(1);
	judge_init(&s->result);
	buf_init(&s->text, 1 << 20);
}

static void end(struct story *s)
{
	incident_report_free(s->report);
	judge_release(&s->result);
	buf_release(&s->text);
}

/* The finding is there, or is not, for so many seconds. */
static void pass(struct story *s, const struct judge_finding *f, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		s->at += SECOND;
		s->result.findings = f != NULL;
		if (f)
			s->result.finding[0] = *f;
		incidents_look(&s->now, &s->times, s->at, &s->result, say, s);
	}
}

static void is(const struct story *s, enum incident_state state)
{
	const struct incident *in = incidents_of_id(&s->now, 1);
	assert_non_null(in);
	assert_string_equal(incident_state_name(in->state), incident_state_name(state));
	assert_int_equal(incidents_of_id(&s->again, 1)->state, state);
}

static struct judge_finding finding(enum judge_id id, enum judge_confidence confidence)
{
	return (struct judge_finding){.id = id,
				      .confidence = confidence,
				      .key = "key/portal",
				      .cause = "The cause.",
				      .action = "Do this.",
				      .until = "Until then.",
				      .sure = "high: seen",
				      .recipe = ""};
}

static void what_nothing_relieves_is_open_at_once(void **state)
{
	(void)state;
	struct story s;
	begin(&s);
	struct judge_finding f = finding(JUDGE_HERD, JUDGE_HIGH);
	pass(&s, &f, 1);
	is(&s, INCIDENT_OPEN);
	assert_false(incident_allows_act(incidents_of_id(&s.now, 1)));
	end(&s);
}

static void what_can_be_relieved_is_suspected_and_opens_when_it_stays(void **state)
{
	(void)state;
	struct story s;
	begin(&s);
	struct judge_finding f = finding(JUDGE_LOCK_CHAIN, JUDGE_CERTAIN);
	f.relief = JUDGE_CANCEL;
	pass(&s, &f, 1);
	is(&s, INCIDENT_SUSPECT);
	assert_true(incident_allows_act(incidents_of_id(&s.now, 1)));
	pass(&s, &f, 61);
	is(&s, INCIDENT_OPEN);
	assert_false(incident_allows_act(incidents_of_id(&s.now, 1)));
	end(&s);
}

static void the_third_return_opens_and_no_further_act_is_allowed(void **state)
{
	(void)state;
	struct story s;
	begin(&s);
	struct judge_finding f = finding(JUDGE_LOCK_CHAIN, JUDGE_CERTAIN);
	f.relief = JUDGE_CANCEL;
	for (int i = 0; i < 3; i++) {
		pass(&s, &f, 2);
		is(&s, INCIDENT_SUSPECT);
		pass(&s, NULL, 20);
	}
	pass(&s, &f, 1);
	is(&s, INCIDENT_OPEN);
	assert_int_equal(incidents_of_id(&s.now, 1)->returns, 3);
	assert_false(incident_allows_act(incidents_of_id(&s.now, 1)));
	end(&s);
}

static void waves_of_a_herd_are_one_presence(void **state)
{
	(void)state;
	struct story s;
	begin(&s);
	struct judge_finding f = finding(JUDGE_HERD, JUDGE_PROBABLE);
	f.waves = 3;
	f.period_s = 300;
	for (int i = 0; i < 5; i++) {
		pass(&s, &f, 10);
		pass(&s, NULL, 290);
	}
	assert_int_equal(incidents_of_id(&s.now, 1)->returns, 0);
	end(&s);
}

static void it_is_cured_when_it_stays_away_and_closed_later_by_itself(void **state)
{
	(void)state;
	struct story s;
	begin(&s);
	struct judge_finding f = finding(JUDGE_HERD, JUDGE_HIGH);
	f.waves = 3;
	f.period_s = 400; /* three periods are longer than 15 minutes */
	pass(&s, &f, 1);
	pass(&s, NULL, 1199);
	is(&s, INCIDENT_OPEN);
	pass(&s, NULL, 1);
	is(&s, INCIDENT_CURED);
	pass(&s, &f, 1);
	is(&s, INCIDENT_OPEN); /* the same incident: it came back */
	assert_int_equal(s.now.last_id, 1);
	assert_non_null(strstr(buf_z(&s.text), "it came back"));
	s.times.closed_us = 100 * SECOND;
	pass(&s, NULL, 1200);
	is(&s, INCIDENT_CURED);
	pass(&s, NULL, 200);
	is(&s, INCIDENT_CLOSED);
	pass(&s, &f, 1); /* after that it is a new one */
	assert_int_equal(s.now.last_id, 2);
	end(&s);
}

static void a_suspicion_that_comes_in_waves_is_one_incident(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) { /* later than what is forgotten */
		struct story s;
		begin(&s);
		s.times.cured_us = 5 * SECOND;
		s.times.closed_us = 100 * SECOND;
		struct judge_finding f = finding(JUDGE_HERD_NO_PERIOD, JUDGE_PROBABLE);
		pass(&s, &f, 3);
		pass(&s, NULL, 60);
		is(&s, INCIDENT_CLOSED);
		pass(&s, NULL, late ? 60 : 0);
		/* The third wave shows the period. */
		struct judge_finding herd = finding(JUDGE_HERD, JUDGE_HIGH);
		herd.period_s = 62;
		herd.waves = 3;
		pass(&s, &herd, 3);
		assert_int_equal(s.now.last_id, late ? 2 : 1);
		is(&s, late ? INCIDENT_CLOSED : INCIDENT_OPEN);
		assert_string_equal(incidents_of_id(&s.now, s.now.last_id)->diagnosis, "herd");
		end(&s);
	}
}

static void an_absence_that_nobody_watched_is_no_return_and_no_cure(void **state)
{
	(void)state;
	struct story s;
	begin(&s);
	struct judge_finding f = finding(JUDGE_LOCK_CHAIN, JUDGE_CERTAIN);
	f.relief = JUDGE_CANCEL;
	pass(&s, &f, 2);
	s.at += 86400 * SECOND; /* the healer was stopped for a day */
	s.now.watched = s.at;
	pass(&s, NULL, 1);
	is(&s, INCIDENT_SUSPECT);
	pass(&s, &f, 1);
	assert_int_equal(incidents_of_id(&s.now, 1)->returns, 0);
	end(&s);
}

static void on_a_full_disk_nothing_changes_and_nothing_is_forgotten(void **state)
{
	(void)state;
	struct story s;
	begin(&s);
	struct judge_finding f = finding(JUDGE_HERD, JUDGE_HIGH);
	s.full = true;
	pass(&s, &f, 5);
	assert_null(incidents_of_id(&s.now, 1));
	s.full = false;
	pass(&s, &f, 1);
	is(&s, INCIDENT_OPEN);
	end(&s);
}

static void the_report_is_made_of_lines_alone(void **state)
{
	(void)state;
	struct story s;
	struct buf out;
	struct err err;
	begin(&s);
	struct judge_finding f = finding(JUDGE_HERD, JUDGE_HIGH);
	f.k = 8;
	f.waves = 3;
	f.period_s = 308;
	f.statement[f.statements++] = (struct judge_statement){
	    .k = 8, .alone_ms = 452, .text = "SELECT a | b", .route = "/v1/stats"};
	f.caller[f.callers++] = "portal-1 (role app)";
	pass(&s, &f, 1);
	buf_init(&out, 1 << 20);
	assert_int_equal(incident_report_markdown(s.report, &out, &err), OK);
	assert_non_null(strstr(buf_z(&out), "**What to do.** Do this."));
	assert_non_null(strstr(buf_z(&out), "| 8 | 452.0 | "));
	assert_non_null(strstr(buf_z(&out), "`SELECT a \\| b`"));
	assert_non_null(strstr(buf_z(&out), "- portal-1 (role app)"));
	assert_non_null(strstr(buf_z(&out), "Nothing was cancelled or terminated."));
	struct incident_report *none = incident_report_new(7);
	assert_int_equal(incident_report_markdown(none, &out, &err), NOT_FOUND);
	incident_report_free(none);
	buf_release(&out);
	end(&s);
}

static bool keeps(const struct story *s, const char *text)
{
	struct arena arena;
	struct json_value *line;
	struct err err;
	arena_init(&arena, 1 << 20);
	assert_int_equal(json_parse(&arena, str_of(text), &line, &err), OK);
	bool kept = incidents_keep(&s->now, line, BEGAN + 100 * SECOND);
	arena_release(&arena);
	return kept;
}

static void old_lines_stay_while_their_incident_is_not_closed(void **state)
{
	(void)state;
	struct story s;
	begin(&s);
	struct judge_finding f = finding(JUDGE_HERD, JUDGE_HIGH);
	f.k = 2;
	pass(&s, &f, 1);
	f.k = 3;
	pass(&s, &f, 1);
	f.k = 4;
	pass(&s, &f, 1); /* began, grew, grew: the last is the evidence */
	is(&s, INCIDENT_OPEN);
	struct str lines = buf_view(&s.text), line;
	struct story again;
	int kept = 0;
	begin(&again);
	while ((line = str_cut(&lines, '\n')).n) {
		struct arena arena;
		struct json_value *value;
		struct err err;
		arena_init(&arena, 1 << 20);
		assert_int_equal(json_parse(&arena, line, &value, &err), OK);
		if (incidents_keep(&s.now, value, BEGAN + 100 * SECOND)) {
			incidents_apply(&again.now, value);
			kept++;
		}
		arena_release(&arena);
	}
	assert_int_equal(kept, 4); /* of five: began, SUSPECT, OPEN, the last "grew" */
	const struct incident *was = incidents_of_id(&s.now, 1),
			      *is_now = incidents_of_id(&again.now, 1);
	assert_int_equal(is_now->state, was->state);
	assert_int_equal(is_now->first, was->first);
	assert_int_equal(is_now->k, was->k);
	end(&again);
	assert_true(keeps(&s, "{\"kind\":\"start\",\"t\":1700000000000000}"));
	assert_false(keeps(&s, "{\"kind\":\"gap\",\"t\":1700000000000000}"));
	assert_true(keeps(&s, "{\"kind\":\"start\",\"t\":1700000100000000}"));
	assert_true(keeps(&s, "{\"kind\":\"ack\",\"t\":1700000001000000,\"incident\":1}"));
	assert_false(keeps(&s, "{\"kind\":\"ack\",\"t\":1700000001000000,\"incident\":2}"));
	pass(&s, NULL, 900);
	s.times.closed_us = 100 * SECOND;
	pass(&s, NULL, 100);
	is(&s, INCIDENT_CLOSED);
	assert_false(keeps(&s, "{\"kind\":\"start\",\"t\":1700000000000000}"));
	assert_false(keeps(&s, "{\"kind\":\"ack\",\"t\":1700000001000000,\"incident\":1}"));
	end(&s);
}

static void numbers_of_incidents_go_on_after_their_lines_are_dropped(void **state)
{
	(void)state;
	struct story s;
	struct arena arena;
	struct json_value *line;
	struct err err;
	begin(&s);
	arena_init(&arena, 1 << 20);
	assert_int_equal(json_parse(&arena,
				    STR("{\"kind\":\"trimmed\",\"incidents\":41,\"lines\":9}"),
				    &line, &err),
			 OK);
	incidents_apply(&s.now, line);
	incidents_apply(&s.again, line);
	struct judge_finding f = finding(JUDGE_HERD, JUDGE_HIGH);
	pass(&s, &f, 1);
	assert_int_equal(s.now.last_id, 42);
	arena_release(&arena);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_nothing_relieves_is_open_at_once),
	    cmocka_unit_test(what_can_be_relieved_is_suspected_and_opens_when_it_stays),
	    cmocka_unit_test(the_third_return_opens_and_no_further_act_is_allowed),
	    cmocka_unit_test(waves_of_a_herd_are_one_presence),
	    cmocka_unit_test(it_is_cured_when_it_stays_away_and_closed_later_by_itself),
	    cmocka_unit_test(a_suspicion_that_comes_in_waves_is_one_incident),
	    cmocka_unit_test(an_absence_that_nobody_watched_is_no_return_and_no_cure),
	    cmocka_unit_test(on_a_full_disk_nothing_changes_and_nothing_is_forgotten),
	    cmocka_unit_test(the_report_is_made_of_lines_alone),
	    cmocka_unit_test(old_lines_stay_while_their_incident_is_not_closed),
	    cmocka_unit_test(numbers_of_incidents_go_on_after_their_lines_are_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
