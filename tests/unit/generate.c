/* link: base language hours directory/generate directory/taxonomy directory/record directory/words */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <utf8proc.h>
#include <stdlib.h>
#include "base/json.h"
#include "directory/generate/generate.h"
#include "directory/record/record.h"
#include "directory/taxonomy/taxonomy.h"
#include "hours/hours.h"

enum { RECORDS = 10000 };

static struct buf lines;

static int generate(void **state)
{
	(void)state;
	buf_init(&lines, RECORDS * (size_t)GENERATE_RECORD_MAX);
	for (uint64_t k = 0; k < RECORDS; k++)
		generate_record(&lines, 1, k);
	return buf_failed(&lines);
}

static int release(void **state)
{
	(void)state;
	buf_release(&lines);
	return 0;
}

/* FNV-1a */
static uint64_t hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325ull;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ull;
	return h;
}

static void the_same_seed_gives_the_same_bytes_everywhere(void **state)
{
	(void)state;
	char text[17];
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)hash(buf_view(&lines)));
	assert_string_equal(text, "a1d6a102acfc138b");
}

static void a_record_depends_on_its_number_and_the_seed_only(void **state)
{
	struct buf one;
	(void)state;
	buf_init(&one, GENERATE_RECORD_MAX);
	generate_record(&one, 1, 0);
	assert_memory_equal(one.p, lines.p, one.n);
	buf_reset(&one);
	generate_record(&one, 2, 0);
	assert_true(memcmp(one.p + 12, lines.p + 12, one.n - 12) != 0);
	buf_reset(&one);
	generate_record(&one, UINT32_MAX, 99999999);
	assert_memory_equal(one.p, "{\"external_id\":\"g4294967295-99999999\",", 38);
	buf_release(&one);
}

/* Calls `look` with each record as a tree. */
static void each(void (*look)(const struct json_value *record, uint64_t k, void *ctx), void *ctx)
{
	struct arena arena;
	struct err err;
	struct str rest = buf_view(&lines);
	arena_init(&arena, 1 << 20);
	for (uint64_t k = 0; k < RECORDS; k++) {
		struct json_value *record;
		struct str line = str_cut(&rest, '\n');
		assert_true(line.n < GENERATE_RECORD_MAX);
		if (json_parse(&arena, line, &record, &err) != OK)
			fail_msg("record %llu: %s", (unsigned long long)k, err.text);
		look(record, k, ctx);
		arena_reset(&arena);
	}
	assert_int_equal(rest.n, 0);
	arena_release(&arena);
}

static void is_nfc(struct str s)
{
	utf8proc_uint8_t *composed;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n,
					  &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	assert_int_equal(n, s.n);
	assert_memory_equal(composed, s.p, s.n);
	free(composed);
}

static void check_value(enum record_field field, struct str value)
{
	if (!record_value_ok(field, value))
		fail_msg("%s is no value of %s", value.p, record_fields[field].name);
	is_nfc(value);
}

static void check_fields(const struct json_value *record, uint64_t k, void *ctx)
{
	char id[40];
	size_t known = 0;
	(void)ctx;
	snprintf(id, sizeof(id), "g1-%llu", (unsigned long long)k);
	assert_string_equal(json_text(json_get(record, "external_id")).p, id);
	for (int f = 0; f < RECORD_FIELDS; f++) {
		const struct json_value *v =
		    json_get(record, record_field_name((enum record_field)f));
		if (!v)
			continue;
		known++;
		switch (record_fields[f].kind) {
		case RECORD_LIST:
			assert_int_equal(v->kind, JSON_IS_ARRAY);
			for (const struct json_value *e = v->first; e; e = e->next)
				check_value((enum record_field)f, json_text(e));
			break;
		case RECORD_JSON:
			assert_int_equal(v->kind, JSON_IS_OBJECT);
			break;
		case RECORD_NUMBER:
			assert_int_equal(v->kind, JSON_IS_NUMBER);
			check_value((enum record_field)f, v->text);
			break;
		case RECORD_TEXT:
			assert_int_equal(v->kind, JSON_IS_STRING);
			check_value((enum record_field)f, v->text);
		}
	}
	assert_int_equal(known, record->count);
}

static void every_field_is_what_the_table_of_fields_says(void **state)
{
	(void)state;
	each(check_fields, NULL);
}

static void check_facts(const struct json_value *record, uint64_t k, void *ctx)
{
	int offset;
	(void)k;
	(void)ctx;
	for (const struct json_value *e = json_get(record, "categories")->first; e; e = e->next)
		assert_non_null(taxonomy_find(TAXONOMY_KEY, e->text));
	assert_true(hours_zone_offset(json_text(json_get(record, "timezone")), 0, &offset));
	struct str phone = json_text(json_get(record, "phone"));
	if (phone.n) {
		/* E.164: a plus and at most 15 figures. */
		assert_true(phone.p[0] == '+' && phone.n >= 9 && phone.n <= 16);
		for (size_t i = 1; i < phone.n; i++)
			assert_true(phone.p[i] >= '0' && phone.p[i] <= '9');
	}
	const struct json_value *offers = json_path(record, "offers.items");
	for (const struct json_value *o = offers ? offers->first : NULL; o; o = o->next)
		assert_true(json_text(json_get(o, "name")).n > 0);
}

static void categories_zones_and_telephones_exist(void **state)
{
	(void)state;
	each(check_facts, NULL);
}

struct counts {
	size_t missing, weekly, hours, long_names, short_descriptions, long_descriptions,
	    many_offers, twins, beyond_latin;
	size_t category[20000], town[RECORDS];
	uint64_t name[RECORDS];
};

static void count_one(const struct json_value *record, uint64_t k, void *ctx)
{
	static const char *const inputs[] = {"street",  "postcode", "lat",         "phone",
					     "website", "hours",    "description", "offers"};
	struct counts *c = ctx;
	struct hours_week week;
	size_t known = 0;
	for (size_t i = 0; i < COUNT_OF(inputs); i++)
		known += json_get(record, inputs[i]) != NULL;
	c->missing += known == 0;
	struct str hours = json_text(json_get(record, "hours")),
		   name = json_text(json_get(record, "name"));
	c->hours += hours.n > 0;
	c->weekly += hours.n && hours_week_parse(hours, &week, NULL);
	c->long_names += name.n > 100;
	for (size_t i = 0; i + 1 < name.n; i++)
		c->beyond_latin += i == 0 && (unsigned char)name.p[0] >= 0xCE;
	struct str description = json_text(json_get(record, "description"));
	c->short_descriptions += description.n > 0 && description.n < 100;
	c->long_descriptions += description.n > 2000;
	const struct json_value *items = json_path(record, "offers.items");
	c->many_offers += items && items->count > 12;
	c->category[taxonomy_find(TAXONOMY_KEY, json_get(record, "categories")->first->text)->id]++;
	c->town[hash(json_text(json_get(record, "city"))) % RECORDS]++;
	c->name[k] = hash(name);
	for (uint64_t i = k > 50 ? k - 50 : 0; i < k; i++)
		if (c->name[i] == c->name[k]) {
			c->twins++;
			break;
		}
}

static int descending(const void *a, const void *b)
{
	const size_t *x = a, *y = b;
	return (*x < *y) - (*x > *y);
}

static void what_there_is_is_spread_as_it_should_be(void **state)
{
	static struct counts c;
	(void)state;
	each(count_one, &c);
	/* 30 % have nothing to judge them by, one point more or less. */
	assert_in_range(c.missing, RECORDS * 29 / 100, RECORDS * 31 / 100);
	/* Most hours are of the weekly forms, some are not. */
	assert_in_range(c.weekly, c.hours * 85 / 100, c.hours * 99 / 100);
	/* Long tails exist and stay tails. */
	assert_in_range(c.long_names, 5, 100);
	assert_true(c.short_descriptions > 500);
	assert_in_range(c.long_descriptions, 1, 20);
	assert_in_range(c.many_offers, 1, 30);
	assert_true(c.beyond_latin > 50);
	/* Exact twins alone; there are as many again with another spelling. */
	assert_in_range(c.twins, 20, 400);
	/* The commonest tenth of categories has about half of the records, the
	 * rarest are there too. */
	qsort(c.category, 20000, sizeof(c.category[0]), descending);
	size_t tenth = 0;
	for (int i = 0; i < 19; i++)
		tenth += c.category[i];
	assert_in_range(tenth, RECORDS * 35 / 100, RECORDS * 65 / 100);
	assert_true(c.category[180] > 0);
	/* No town has everything, most have a few. */
	qsort(c.town, RECORDS, sizeof(c.town[0]), descending);
	assert_in_range(c.town[0], RECORDS / 200, RECORDS / 25);
	assert_true(c.town[1000] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_seed_gives_the_same_bytes_everywhere),
	    cmocka_unit_test(a_record_depends_on_its_number_and_the_seed_only),
	    cmocka_unit_test(every_field_is_what_the_table_of_fields_says),
	    cmocka_unit_test(categories_zones_and_telephones_exist),
	    cmocka_unit_test(what_there_is_is_spread_as_it_should_be),
	};
	return cmocka_run_group_tests_name("generate", tests, generate, release);
}
