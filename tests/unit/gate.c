/* link: base language config hours site/locale site/facts site/gate */
/* The quality gate: each cause, which of several decides, twins, the report. */
#include "site/gate/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const struct str bakery[] = {{"Bakery", 6}};

static struct facts_business good(void)
{
	return (struct facts_business){.name = STR("B\xc3\xa4"
						   "ckerei Muster"),
				       .types = {bakery, 1},
				       .street = STR("Hauptgasse 1"),
				       .postcode = STR("3000"),
				       .city = STR("Bern"),
				       .country = STR("CH"),
				       .located = true,
				       .lat = 46.9,
				       .lon = 7.4};
}

static const struct gate_limits limits = {10, 30, 1000};

static struct gate_input input(const struct facts_business *facts)
{
	return (struct gate_input){
	    .facts = facts, .valid = true, .quality = 80, .updated_day = 20000, .today = 20500};
}

static void judged(const struct gate_input *in, enum gate_cause cause)
{
	enum gate_cause got = gate_judge(&limits, in);
	if (got != cause)
		fail_msg("judged '%s', should be '%s'", gate_causes[got].key,
			 gate_causes[cause].key);
}

static void a_good_record_is_published(void **state)
{
	(void)state;
	struct facts_business b = good();
	struct gate_input in = input(&b);
	judged(&in, GATE_FINE);
	assert_int_equal(gate_causes[GATE_FINE].verdict, GATE_PUBLISH);
}

static void every_cause_is_found_alone(void **state)
{
	(void)state;
	struct json_value yes = {.kind = JSON_IS_STRING, .text = STR("yes")};
	json_rename(&yes, STR("closed"));
	struct json_value extra = {.kind = JSON_IS_OBJECT, .first = &yes, .last = &yes, .count = 1};
	for (enum gate_cause cause = GATE_FINE + 1; cause < GATE_CAUSES; cause++) {
		struct facts_business b = good();
		struct gate_input in = input(&b);
		switch (cause) {
		case GATE_SUPPRESSED:
			in.suppressed = true;
			break;
		case GATE_INVALID_FACTS:
			in.valid = false;
			break;
		case GATE_UNNAMED:
			b.name = STR("...");
			break;
		case GATE_NOWHERE:
			b.city = b.postcode = b.street = STR("");
			b.located = false;
			break;
		case GATE_CLOSED:
			b.extra = &extra;
			break;
		case GATE_DUPLICATE:
			in.duplicate = true;
			break;
		case GATE_EMPTY:
			in.quality = -1;
			break;
		case GATE_THIN:
			in.quality = 29;
			break;
		case GATE_STALE:
			in.today = in.updated_day + 1001;
			break;
		case GATE_UNNAMED_PLACE:
			b.city = b.postcode = b.street = STR("");
			break;
		case GATE_UNCLASSIFIED:
			b.types.count = 0;
			break;
		case GATE_FINE:
		case GATE_CAUSES:
			fail();
		}
		judged(&in, cause);
	}
}

static void limits_are_what_is_just_enough(void **state)
{
	(void)state;
	struct facts_business b = good();
	struct gate_input in = input(&b);
	in.quality = 30;
	judged(&in, GATE_FINE);
	in.quality = 10;
	judged(&in, GATE_THIN);
	in.quality = 9;
	judged(&in, GATE_EMPTY);
	in.quality = 80;
	in.today = in.updated_day + 1000;
	judged(&in, GATE_FINE);
	in.updated_day = 0; /* not known */
	judged(&in, GATE_FINE);
	b.name = STR("7-11");
	judged(&in, GATE_FINE);
	b.name = STR("\xe6\x9d\xb1");
	judged(&in, GATE_FINE);
}

static void the_gravest_cause_decides_and_of_equals_the_first(void **state)
{
	(void)state;
	struct facts_business b = good();
	struct gate_input in = input(&b);
	in.quality = 20;
	in.today = in.updated_day + 5000;
	judged(&in, GATE_THIN); /* before stale */
	in.duplicate = true;
	judged(&in, GATE_DUPLICATE); /* withheld, though thin comes too */
	in.suppressed = true;
	judged(&in, GATE_SUPPRESSED);
}

static void the_settings_are_the_limits(void **state)
{
	(void)state;
	struct config config;
	struct gate_limits read;
	config_init(&config);
	gate_limits_read(&read, &config);
	assert_true(read.quality_publish > 0 && read.quality_publish < read.quality_index);
	assert_true(read.stale_days > 365);
	assert_int_equal(config_set(&config, STR("site.quality_index"), STR("77"), NULL), OK);
	gate_limits_read(&read, &config);
	assert_int_equal(read.quality_index, 77);
	config_release(&config);
}

static void twins_are_alike_but_for_case_and_punctuation(void **state)
{
	(void)state;
	struct facts_business a = good(), b = good();
	assert_true(gate_identity(&a) != 0);
	b.name = STR("b\xc3\xa4"
		     "ckerei  MUSTER.");
	b.street = STR("Hauptgasse, 1");
	assert_true(gate_identity(&a) == gate_identity(&b));
	b.street = STR("Hauptgasse 11");
	assert_true(gate_identity(&a) != gate_identity(&b));
	b = good();
	b.postcode = STR("3001");
	assert_true(gate_identity(&a) != gate_identity(&b));
	b = good();
	b.street = STR("");
	assert_true(gate_identity(&b) == 0); /* a chain has many shops in a town */
}

static void the_report_counts_by_cause_and_verdict(void **state)
{
	(void)state;
	struct gate_report report = {
	    .count = {[GATE_FINE] = 1000, [GATE_THIN] = 20, [GATE_STALE] = 3, [GATE_CLOSED] = 4}};
	struct buf out;
	struct json_writer w;
	buf_init(&out, 4096);
	gate_report_text(&report, &out);
	assert_non_null(strstr(buf_z(&out), "publish   fine                   1000  published"));
	assert_non_null(strstr(buf_z(&out), "noindex   thin                     20  "));
	assert_null(strstr(buf_z(&out), "duplicate"));
	buf_reset(&out);
	json_writer_init(&w, &out);
	gate_report_json(&report, &w);
	assert_non_null(strstr(buf_z(&out), "{\"publish\":1000,\"noindex\":23,\"withhold\":4,"));
	assert_non_null(
	    strstr(buf_z(&out), "{\"cause\":\"closed\",\"verdict\":\"withhold\",\"count\":4,"));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_good_record_is_published),
	    cmocka_unit_test(every_cause_is_found_alone),
	    cmocka_unit_test(limits_are_what_is_just_enough),
	    cmocka_unit_test(the_gravest_cause_decides_and_of_equals_the_first),
	    cmocka_unit_test(the_settings_are_the_limits),
	    cmocka_unit_test(twins_are_alike_but_for_case_and_punctuation),
	    cmocka_unit_test(the_report_counts_by_cause_and_verdict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
