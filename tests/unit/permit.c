/* link: base observe heal/judge heal/permit */
/* Who may be touched: heal.allow, heal.protect, heal.maintenance, heal.acts_per_hour. */
#include "heal/permit/permit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define SUNDAY (INT64_C(1700956800) * SECOND) /* 2023-11-26 00:00 UTC */

static struct permit_settings settings(void)
{
	return (struct permit_settings){.allow = "application=^web role=app; role=batch",
					.protect = "psql Flyway",
					.maintenance = "sun 02:00 3h; daily 23:30 1h",
					.acts_per_hour = 6};
}

/* A statement of an application for two seconds. */
static struct observe_session session(const char *application, const char *role)
{
	struct observe_session s = {.pid = 1,
				    .kind = OBSERVE_CLIENT,
				    .state = OBSERVE_ACTIVE,
				    .query_start = SUNDAY - 2 * SECOND};
	OBSERVE_SET(s.application, str_of(application));
	OBSERVE_SET(s.role, str_of(role));
	s.text.verb = OBSERVE_READ;
	return s;
}

static const char *refuses(const struct permit_settings *with, const struct observe_session *s,
			   int64_t now, int acts)
{
	static char text[200];
	struct permit *p;
	struct err err;
	const struct judge_finding f = {
	    .id = JUDGE_RUNAWAY, .relief = JUDGE_CANCEL, .target = 1, .key = ""};
	assert_int_equal(permit_new(&p, with, &err), OK);
	const char *why = permit_refuses(p, &f, s, SUNDAY, now, acts);
	snprintf(text, sizeof(text), "%s", why ? why : "");
	permit_free(p);
	return text;
}

static void only_who_is_named_by_one_whole_rule_is_touched(void **state)
{
	(void)state;
	struct permit_settings with = settings();
	const int64_t noon = SUNDAY + 12 * 3600 * SECOND;
	struct observe_session s = session("web-1", "app");
	assert_string_equal(refuses(&with, &s, noon, 0), "");
	s = session("web-1", "other");
	assert_non_null(strstr(refuses(&with, &s, noon, 0), "heal.allow"));
	s = session("nightly", "batch");
	assert_string_equal(refuses(&with, &s, noon, 0), "");
	s = session("flyway-community", "batch"); /* protected, in any case */
	assert_non_null(strstr(refuses(&with, &s, noon, 0), "protected"));
	with.allow = "";
	s = session("web-1", "app");
	assert_non_null(strstr(refuses(&with, &s, noon, 0), "heal.allow is empty"));
}

static void some_are_never_touched_whatever_the_rules_say(void **state)
{
	(void)state;
	struct permit_settings with = settings();
	const int64_t noon = SUNDAY + 12 * 3600 * SECOND;
	struct observe_session s = session("web-1", "app");
	s.kind = OBSERVE_VACUUM;
	assert_true(refuses(&with, &s, noon, 0)[0]);
	s = session("web-1", "app");
	OBSERVE_SET(s.work, STR("CREATE INDEX"));
	assert_true(refuses(&with, &s, noon, 0)[0]);
	s = session("web-1", "app");
	s.text.verb = OBSERVE_DDL;
	assert_true(refuses(&with, &s, noon, 0)[0]);
	s = session("web-1", "app");
	s.query_start = SUNDAY - SECOND / 2;
	assert_non_null(strstr(refuses(&with, &s, noon, 0), "for a second"));
	s = session("web-1", "app");
	assert_non_null(strstr(refuses(&with, &s, noon, 6), "acts_per_hour"));
}

static void in_maintenance_nothing_is_touched(void **state)
{
	(void)state;
	struct permit_settings with = settings();
	struct observe_session s = session("web-1", "app");
	const struct {
		int64_t minutes; /* of Sunday */
		bool maintenance;
	} cases[] = {{119, false},
		     {120, true},
		     {299, true},
		     {300, false},
		     {23 * 60 + 30, true},
		     {24 * 60 + 29, true} /* over midnight */,
		     {24 * 60 + 30, false},
		     {24 * 60 + 120, false} /* Monday */,
		     {7 * 24 * 60 + 120, true}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    strstr(refuses(&with, &s, SUNDAY + cases[i].minutes * 60 * SECOND, 0),
			   "maintenance") != NULL,
		    cases[i].maintenance);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	const struct {
		const char *allow, *maintenance, *expected;
	} cases[] = {{"application=(", "", "heal.allow"},
		     {"name=x", "", "'name=x'"},
		     {"application=a application=b", "", "each once"},
		     {"", "sunday 02:00", "heal.maintenance"},
		     {"", "sun 25:00 1h", "'sun 25:00 1h'"},
		     {"", "sun 02:00 9d", "such as"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct permit_settings with = settings();
		struct permit *p;
		struct err err;
		with.allow = cases[i].allow;
		with.maintenance = cases[i].maintenance;
		assert_int_equal(permit_new(&p, &with, &err), INVALID);
		assert_non_null(strstr(err.text, cases[i].expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_who_is_named_by_one_whole_rule_is_touched),
	    cmocka_unit_test(some_are_never_touched_whatever_the_rules_say),
	    cmocka_unit_test(in_maintenance_nothing_is_touched),
	    cmocka_unit_test(mistakes_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
