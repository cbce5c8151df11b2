/* link: base hours */
/* Opening hours: which texts are understood, as which minutes of the week, and what
 * they say at an instant. */
#include "base/io.h"
#include "hours/hours.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void weekly_texts_become_minutes_of_the_week(void **state)
{
	(void)state;
	static const struct {
		const char *text, *ranges;
	} cases[] = {
	    {"24/7", "{[0,10080)}"},
	    {"Mo 08:00-12:00", "{[480,720)}"},
	    {"Mo-Fr 08:00-12:00,13:30-18:00",
	     "{[480,720),[810,1080),[1920,2160),[2250,2520),[3360,3600),[3690,3960),[4800,5040),["
	     "5130,5400),[6240,6480),[6570,6840)}"},
	    {"Su 09:00-10:00; Mo 09:00-10:00", "{[540,600),[9180,9240)}"},
	    {"Sa-Mo 10:00-11:00", "{[600,660),[7800,7860),[9240,9300)}"},
	    {"Mo,We 10:00-11:00", "{[600,660),[3480,3540)}"},
	    {"Mo-We 10:00-11:00; Tu off", "{[600,660),[3480,3540)}"},
	    {"Mo-We 10:00-11:00; Tu 12:00-13:00", "{[600,660),[2160,2220),[3480,3540)}"},
	    {"Mo 10:00-11:00, Tu 12:00-13:00", "{[600,660),[2160,2220)}"},
	    {"Mo 10:00-11:00, Mo 12:00-13:00", "{[600,660),[720,780)}"},
	    {"Mo 20:00-02:00", "{[1200,1560)}"},
	    {"Mo 20:00-26:00", "{[1200,1560)}"},
	    {"Su 22:00-02:00", "{[0,120),[9960,10080)}"},
	    {"Mo 00:00-24:00", "{[0,1440)}"},
	    {"Mo", "{[0,1440)}"},
	    {"Mo-Su", "{[0,10080)}"},
	    {"10:00-11:00",
	     "{[600,660),[2040,2100),[3480,3540),[4920,4980),[6360,6420),[7800,7860),[9240,9300)}"},
	    {"Mo 10:00-11:00; PH off", "{[600,660)}"},
	    {"Mo 10:00-11:00; Su,PH off", "{[600,660)}"},
	    {"mo 8.30-9.45;", "{[510,585)}"},
	    {"Monday: 10:00-11:00", "{[600,660)}"},
	    {"Mo 10:00\xe2\x80\x93"
	     "11:00",
	     "{[600,660)}"},
	    {"Mo 10:00-12:00,11:00-13:00", "{[600,780)}"},
	    {"off", "{}"},
	    {"Mo-Fr 9:00-17:00", "{[540,1020),[1980,2460),[3420,3900),[4860,5340),[6300,6780)}"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;
		buf_init(&out, 4096);
		if (!hours_week_ranges(str_of(cases[i].text), &out))
			fail_msg("not understood: %s", cases[i].text);
		assert_string_equal(buf_z(&out), cases[i].ranges);
		buf_release(&out);
	}
}

static void what_is_not_weekly_is_refused_with_the_reason(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "empty"},
	    {";", "empty"},
	    {"Apr-Oct Mo 10:00-11:00", "dates"},
	    {"2026 Mo 10:00-11:00", "years"},
	    {"easter off", "dates"},
	    {"Mo sunrise-sunset", "times of the sun"},
	    {"Mo 10:00+", "an open end"},
	    {"Mo 10:00-11:00+", "an open end"},
	    {"Mo 10:00-11:00 \"by appointment\"", "a comment"},
	    {"Mo 10:00-11:00 \"by appointment", "a comment without an end"},
	    {"Mo 10:00-11:00 || \"call\"", "a fallback"},
	    {"Mo unknown", "something is unknown"},
	    {"Mo 10:00", "a time without an end"},
	    {"Mo 10:00-", "the end of a time was expected"},
	    {"Mo 10:00-12:00/30", "an interval"},
	    {"Mo 25:00-26:00", "begins past 24:00"},
	    {"Mo 10:00-49:00", "past 48:00"},
	    {"Mo (sunset 1:00)-20:00", "is not of the form (sunset-01:30)"},
	    {"Mo[1] 10:00-11:00", "single weekdays of a month"},
	    {"Mo[6] 10:00-11:00", "is not 1 to 5"},
	    {"Mo[1 10:00-11:00", "a ']' was expected"},
	    {"week 1-10 Mo 10:00-11:00", "single weeks"},
	    {"week 54 Mo 10:00-11:00", "weeks are not of the form"},
	    {"2028-2026 Mo", "a range of years"},
	    {"Mo Tu 10:00-11:00", "given twice"},
	    {"nonsense", "an unknown word"},
	    {"Mo 10:00-11:00 whatever", "an unknown word"},
	    {"Mo offen", "an unknown word"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct hours_week week;
		const char *why = NULL;
		if (hours_week_parse(str_of(cases[i].text), &week, &why))
			fail_msg("understood: %s", cases[i].text);
		assert_non_null(why);
		if (!strstr(why, cases[i].why))
			fail_msg("%s: '%s', not '%s'", cases[i].text, why, cases[i].why);
	}
}

static void zones_follow_their_transitions_and_footer(void **state)
{
	(void)state;
	static const struct {
		const char *zone;
		int64_t at_s;
		int offset_s;
	} cases[] = {
	    {"Europe/Zurich", 1767225600, 3600}, /* 2026-01-01 */
	    {"Europe/Zurich", 1782864000, 7200}, /* 2026-07-01 */
	    {"Europe/Zurich", 1774745999, 3600}, /* a second before summer time 2026 */
	    {"Europe/Zurich", 1774746000, 7200},
	    {"Europe/Zurich", 1792889999, 7200}, /* ... and before winter time */
	    {"Europe/Zurich", 1792890000, 3600},
	    {"Europe/Zurich", 4118083200, 7200}, /* 2100-07-01: by the footer */
	    {"Europe/Zurich", 4102444800, 3600}, /* 2100-01-01 */
	    {"America/New_York", 1782864000, -14400},
	    {"Australia/Sydney", 1767225600, 39600}, /* summer in January */
	    {"Australia/Sydney", 4102444800, 39600},
	    {"Asia/Kolkata", 1767225600, 19800},
	    {"Asia/Tokyo", 4102444800, 32400},
	    {"UTC", 0, 0},
	    {"Europe/London", 0, 3600}, /* British standard time */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int offset = -1;
		assert_true(hours_zone_offset(str_of(cases[i].zone), cases[i].at_s, &offset));
		assert_int_equal(offset, cases[i].offset_s);
	}
	static const char *const bad[] = {"",
					  "../../etc/passwd",
					  "Europe/../../passwd",
					  "Europe/Nowhere",
					  "/etc/localtime",
					  "Europe",
					  "posixrules\n",
					  "zone.tab"};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		int offset;
		assert_false(hours_zone_offset(str_of(bad[i]), 0, &offset));
	}
}

static void zones_are_rules_where_a_rule_says_all(void **state)
{
	(void)state;
	enum { NOV_2026 = 1795910400 };
	static const struct {
		const char *zone;
		int64_t from_s;
		const char *rule;
	} cases[] = {
	    {"Europe/Zurich", NOV_2026, "60e"},
	    {"America/New_York", NOV_2026, "-300,-240,2,0,10500,10,0,360"},
	    {"Australia/Sydney", NOV_2026, "600,660,9,0,-480,3,0,-480"},
	    {"Asia/Kolkata", NOV_2026, "330"},
	    {"America/Sao_Paulo", NOV_2026, "-180"},
	    {"America/Sao_Paulo", 1500000000, ""}, /* had summer time until 2019 */
	    {"Africa/Casablanca", NOV_2026, ""},   /* another offset during Ramadan */
	    {"Europe/Zurich", 0, ""},
	    {"Europe/Nowhere", NOV_2026, ""},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str rule = hours_zone_rule(str_of(cases[i].zone), cases[i].from_s);
		assert_string_equal(rule.p, cases[i].rule);
	}
}

static void an_instant_has_a_state_and_a_next_change(void **state)
{
	(void)state;
	static const struct {
		const char *text, *zone;
		int64_t at_s;
		enum hours_state expected;
		int64_t changes_s;
	} cases[] = {
	    /* Thursday 2026-01-01 12:00 in Zurich */
	    {"Mo-Fr 09:00-17:00", "Europe/Zurich", 1767265200, HOURS_OPEN, 1767283200},
	    {"Mo-Fr 09:00-11:00", "Europe/Zurich", 1767265200, HOURS_CLOSED, 1767340800},
	    {"24/7", "Europe/Zurich", 1767265200, HOURS_OPEN, 0},
	    {"off", "Europe/Zurich", 1767265200, HOURS_CLOSED, 0},
	    /* Sunday 23:30 to Monday 00:30: open over the end of the week */
	    {"Su 22:00-02:00", "UTC", 1767569400, HOURS_OPEN, 1767578400},
	    /* The night of summer time: Saturday 22:00 until Sunday 04:00 is an hour shorter */
	    {"Sa 22:00-04:00", "Europe/Zurich", 1774735200, HOURS_OPEN, 1774749600},
	    /* ... and that in which 02:00 to 03:00 is skipped */
	    {"Sa 22:00-02:30", "Europe/Zurich", 1774735200, HOURS_OPEN, 1774747800},
	    /* until April, that is in summer time */
	    {"Apr-Oct 10:00-12:00", "Europe/Zurich", 1767265200, HOURS_CLOSED, 1775030400},
	    {"2026+ 10:00-11:00", "Europe/Zurich", 1767265200, HOURS_CLOSED, 1767344400},
	    {"2025 10:00-11:00", "Europe/Zurich", 1767265200, HOURS_CLOSED, 0},
	    /* New Year, and the day after */
	    {"24/7; PH off", "Europe/Zurich", 1767265200, HOURS_CLOSED, 1767308400},
	    {"\"by appointment\"", "Europe/Zurich", 1767265200, HOURS_UNKNOWN, 0},
	    {"Mo-Fr 08:00-11:00 || \"ring\"", "Europe/Zurich", 1767265200, HOURS_UNKNOWN,
	     1767337200},
	    {"09:00-sunset", "Europe/Zurich", 1767265200, HOURS_OPEN, 1767286800},
	    {"nonsense", "Europe/Zurich", 1767265200, HOURS_UNKNOWN, 0},
	    {"24/7", "Nowhere/Land", 1767265200, HOURS_UNKNOWN, 0},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t changes = -1;
		assert_int_equal(hours_state_at(str_of(cases[i].text),
						&(struct hours_place){.zone = str_of(cases[i].zone),
								      .country = STR("CH")},
						cases[i].at_s, &changes),
				 cases[i].expected);
		assert_int_equal(changes, cases[i].changes_s);
	}
}

static void seasons_are_parts_of_two_years(void **state)
{
	(void)state;
	struct hours_season s[HOURS_SEASONS_MAX];
	size_t n;
	assert_true(
	    hours_seasons(STR("Apr-Oct 08:00-18:00; Nov-Mar Mo 10:00-16:00; PH off"), 2026, s, &n));
	assert_int_equal(n, 5);
	assert_int_equal(s[0].from.year * 10000 + s[0].from.month * 100 + s[0].from.day, 20260101);
	assert_int_equal(s[0].to.year * 10000 + s[0].to.month * 100 + s[0].to.day, 20260331);
	assert_int_equal(s[0].week.count, 1);
	assert_int_equal(s[1].week.count, 7);
	assert_int_equal(s[1].to.month * 100 + s[1].to.day, 1031);
	assert_int_equal(s[4].to.year * 10000 + s[4].to.month * 100 + s[4].to.day, 20271231);
	assert_true(hours_seasons(STR("Mo-Fr 08:00-18:00"), 2026, s, &n));
	assert_int_equal(n, 1);
	assert_false(hours_seasons(STR("week 1-53/2 Mo 08:00-18:00"), 2026, s, &n));
	assert_false(hours_seasons(STR("Apr-Oct 08:00-18:00 || \"call\""), 2026, s, &n));
	assert_false(hours_seasons(STR("Apr-Oct 08:00-sunset"), 2026, s, &n));
	assert_false(hours_seasons(STR("Jan 1,3,5,7,9,11,13,15,17,19 08:00-18:00"), 2026, s, &n));
	assert_false(hours_seasons(STR("nonsense"), 2026, s, &n));
}

/* Whether a week is open at a minute of it. */
static bool open_at(const struct hours_week *week, int minute)
{
	for (size_t i = 0; i < week->count; i++)
		if (minute >= week->span[i].from && minute < week->span[i].to)
			return true;
	return false;
}

static int number_of(struct hours_date date)
{
	return (date.year * 100 + date.month) * 100 + date.day;
}

static int day_after(int number)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = number / 10000, month = number / 100 % 100, day = number % 100;
	if (day < days[month - 1] + (month == 2 && year % 4 == 0))
		return number + 1;
	return month < 12 ? (year * 100 + month + 1) * 100 + 1 : (year + 1) * 10000 + 101;
}

/* Seasons are found by jumping from one date to the next, a day's state by asking for that day. */
static void seasons_say_of_each_day_what_the_day_says(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "10:00-11:00; Dec 24-26 off; Dec 31-Jan 2 off",
	    "easter -2 days-easter +50 days Mo-Fr 10:00-11:00",
	    "Oct Su[-1]-Mar Su[-1] 10:00-11:00; Jan off",
	    "Jan 5-Dec 20/150 10:00-11:00",
	    "2027 Mar 1-2028 Feb 10/90 10:00-11:00",
	    "Feb 29 10:00-11:00; Mar 1-2 10:00-11:00",
	    "Feb 10-Feb 29 10:00-11:00",
	    "2026 Dec 20-Jan 5 10:00-11:00",
	    "2027 10:00-11:00; 2028-2032/2 Apr-Oct Sa 10:00-11:00",
	    "Nov 30-Feb 30 10:00-11:00; Jan 1 -2 days-Jan 1 +2 days off",
	    "Apr,Jun-Aug,Oct 5-9 10:00-11:00",
	    "2028 easter off, Mo 10:00-11:00",
	};
	const struct hours_place place = {.zone = STR("UTC")};
	for (int year = 2026; year <= 2028; year++)
		for (size_t i = 0; i < COUNT_OF(texts); i++) {
			struct hours_season s[HOURS_SEASONS_MAX];
			size_t n, at = 0;
			/* Half past ten on January 1; 2026-01-01 was a Thursday. */
			int days = (year - 2026) * 365, number = year * 10000 + 101;
			if (!hours_seasons(str_of(texts[i]), year, s, &n))
				fail_msg("no seasons: %s", texts[i]);
			assert_int_equal(number_of(s[0].from), number);
			assert_int_equal(number_of(s[n - 1].to), (year + 1) * 10000 + 1231);
			for (; number / 10000 < year + 2; number = day_after(number), days++) {
				int64_t next, at_s = 1767225600 + days * 86400LL + 37800;
				enum hours_state is =
				    hours_state_at(str_of(texts[i]), &place, at_s, &next);
				if (number > number_of(s[at].to)) {
					at++;
					assert_int_equal(number_of(s[at].from), number);
				}
				if (open_at(&s[at].week, (days + 3) % 7 * 1440 + 630) !=
				    (is == HOURS_OPEN))
					fail_msg("%s: %d", texts[i], number);
			}
			assert_int_equal(at, n - 1);
		}
}

/* ---- what is remembered ---- */

/* Of 3000 texts, a third of them of the same length, many must share a place, wherever that is. */
static void many_texts_do_not_get_one_anothers_answers(void **state)
{
	(void)state;
	enum { TEXTS = 3000 };
	static const char *const begins[] = {"Apr 1 Mo", "Mo 00:00-00:01,", "Mo then"};
	for (int k = 0; k < 4 * TEXTS; k++) {
		/* In order, then each beside one of the others. */
		int i = k < 2 * TEXTS ? k % TEXTS : k % 2 ? k * 7 % TEXTS : k / 2 % TEXTS;
		int from = 10 + i % 1400, to = from + 1 + i / 1400, form = i % 3;
		char text[64];
		const char *why = NULL;
		struct hours_season s[HOURS_SEASONS_MAX];
		struct hours_week week;
		size_t n;
		snprintf(text, sizeof(text), "%s %02d:%02d-%02d:%02d", begins[form], from / 60,
			 from % 60, to / 60, to % 60);
		bool weekly = hours_week_parse(str_of(text), &week, &why);
		bool seasons = hours_seasons(str_of(text), 2026, s, &n);
		assert_int_equal(weekly, form == 1);
		assert_int_equal(seasons, form != 2);
		if (weekly) {
			assert_null(why);
			assert_int_equal(week.count, 2);
			assert_int_equal(week.span[1].from, from);
			assert_int_equal(week.span[1].to, to);
			assert_int_equal(n, 1);
			assert_memory_equal(&s[0].week.span[1], &week.span[1],
					    sizeof(week.span[1]));
		} else {
			assert_string_equal(why, form ? "an unknown word" : "dates");
		}
		if (form == 0) {
			assert_int_equal(n, 5);
			assert_int_equal(number_of(s[3].from), 20270401);
			assert_int_equal(s[3].week.count, 1);
			assert_int_equal(s[3].week.span[0].from, from);
			assert_int_equal(s[3].week.span[0].to, to);
		}
	}
}

static void seasons_are_those_of_the_year_that_is_asked_for(void **state)
{
	(void)state;
	static const struct {
		int year, before_easter;
	} cases[] = {{2026, 404}, {2028, 415}, {2028, 415}, {2026, 404}, {2026, 404}, {2027, 327}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct hours_season s[HOURS_SEASONS_MAX];
		size_t n;
		int year = cases[i].year;
		assert_true(hours_seasons(STR("easter-Oct 31 10:00-12:00"), year, s, &n));
		assert_int_equal(n, 5);
		assert_int_equal(number_of(s[0].from), year * 10000 + 101);
		assert_int_equal(number_of(s[0].to), year * 10000 + cases[i].before_easter);
		assert_int_equal(number_of(s[4].to), (year + 1) * 10000 + 1231);
		assert_true(hours_seasons(STR("10:00-12:00"), year, s, &n));
		assert_int_equal(n, 1);
		assert_int_equal(number_of(s[0].from), year * 10000 + 101);
		assert_int_equal(number_of(s[0].to), (year + 1) * 10000 + 1231);
		/* In one year there are seasons, in the others too many. */
		assert_int_equal(hours_seasons(STR("2028-2029 Jan 1-Dec 31/9 Mo"), year, s, &n),
				 year == 2026);
	}
}

static void a_text_that_changes_in_its_buffer_is_another_text(void **state)
{
	(void)state;
	char text[] = "Mo 08:00-12:00";
	struct hours_week week;
	for (int round = 0; round < 4; round++)
		for (int hour = 0; hour < 10; hour++) {
			text[4] = (char)('0' + hour);
			assert_false(hours_week_parse(STR(""), &week, NULL));
			assert_true(hours_week_parse(str_of(text), &week, NULL));
			assert_int_equal(week.count, 1);
			assert_int_equal(week.span[0].from, hour * 60);
			assert_null(hours_check(str_of(text)));
		}
}

/* Around the lengths up to which answers (192) and rules (512) are remembered. */
static void long_texts_are_understood_each_time(void **state)
{
	(void)state;
	static const size_t lengths[] = {191, 192, 193, 255, 256, 511, 512, 513, 4096};
	static char text[4096];
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < COUNT_OF(lengths); i++)
			for (int hour = 0; hour < 10; hour++) {
				static const char form[] = "Apr-Oct Mo 08:00-12:00";
				struct str s = {text, lengths[i]};
				struct hours_season seasons[HOURS_SEASONS_MAX];
				struct hours_week week;
				const char *why;
				size_t n, at = s.n - (sizeof(form) - 1);
				memset(text, ' ', sizeof(text));
				memcpy(text + at, form, sizeof(form) - 1);
				text[at + 12] = (char)('0' + hour);
				assert_false(hours_week_parse(s, &week, &why));
				assert_string_equal(why, "dates");
				for (int again = 0; again < 2; again++) {
					assert_true(hours_seasons(s, 2026, seasons, &n));
					assert_int_equal(n, 5);
					assert_int_equal(seasons[1].week.span[0].from, hour * 60);
				}
				memset(text + at, ' ', sizeof("Apr-Oct"));
				assert_true(hours_week_parse(s, &week, NULL));
				assert_int_equal(week.span[0].from, hour * 60);
			}
}

static void seasons_of_many_spans_are_the_same_again(void **state)
{
	(void)state;
	struct str text =
	    STR("Apr-Oct 08:00-09:00,10:00-11:00,12:00-13:00,14:00-15:00,16:00-17:00; "
		"Nov-Mar 10:00-11:00,12:00-13:00,14:00-15:00,16:00-17:00");
	for (int again = 0; again < 3; again++) {
		struct hours_season s[HOURS_SEASONS_MAX];
		size_t n;
		assert_true(hours_seasons(text, 2026, s, &n));
		assert_int_equal(n, 5);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(s[i].week.count, i % 2 ? 35 : 28);
			assert_int_equal(s[i].week.span[s[i].week.count - 1].to, 6 * 1440 + 1020);
		}
	}
}

/* Texts that people wrote, when they are there: what is understood is counted and must not fall. */
static void real_texts_are_mostly_understood(void **state)
{
	(void)state;
	const char *folder = getenv("HOLDFAST_DATA");
	char path[1024];
	struct buf file;
	struct err err;
	snprintf(path, sizeof(path), "%s/farm-shops-ch.geojson",
		 folder ? folder : "../shared/data");
	buf_init(&file, 16 << 20);
	if (io_read_file(path, &file, &err) != OK) {
		print_message("# no real records: %s\n", err.text);
		buf_release(&file);
		return; /* said above: cmocka's TAP calls a skipped test a failure */
	}
	size_t all = 0, weekly = 0;
	static const char key[] = "\"opening_hours\": \"";
	for (const char *p = file.p; (p = strstr(p, key));) {
		p += sizeof(key) - 1;
		struct hours_week week;
		struct str text = {p, strcspn(p, "\"")};
		all++;
		weekly += hours_week_parse(text, &week, NULL);
	}
	print_message("# %zu of %zu real texts are weekly\n", weekly, all);
	assert_true(all > 500);
	/* The others have months, weeks or comments. */
	assert_true(weekly * 100 >= all * 60);
	buf_release(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(weekly_texts_become_minutes_of_the_week),
	    cmocka_unit_test(what_is_not_weekly_is_refused_with_the_reason),
	    cmocka_unit_test(zones_follow_their_transitions_and_footer),
	    cmocka_unit_test(zones_are_rules_where_a_rule_says_all),
	    cmocka_unit_test(an_instant_has_a_state_and_a_next_change),
	    cmocka_unit_test(seasons_are_parts_of_two_years),
	    cmocka_unit_test(seasons_say_of_each_day_what_the_day_says),
	    cmocka_unit_test(many_texts_do_not_get_one_anothers_answers),
	    cmocka_unit_test(seasons_are_those_of_the_year_that_is_asked_for),
	    cmocka_unit_test(a_text_that_changes_in_its_buffer_is_another_text),
	    cmocka_unit_test(long_texts_are_understood_each_time),
	    cmocka_unit_test(seasons_of_many_spans_are_the_same_again),
	    cmocka_unit_test(real_texts_are_mostly_understood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
