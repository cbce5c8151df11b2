/* link: base language config template web/files site/links site/look */
/* The style sheet: packing, composing, contrast. */
#include "site/look/look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/files.h"

static void expect_packed(const char *sheet, const char *expected)
{
	struct buf out;
	buf_init(&out, 1 << 16);
	look_pack(str_of(sheet), &out);
	assert_string_equal(buf_z(&out), expected);
	buf_release(&out);
}

static void comments_and_void_blanks_are_left_out(void **state)
{
	(void)state;
	expect_packed("/* a */\n:root {\n\t--a: 1px;\n}\n", ":root{--a:1px}");
	expect_packed("a, b > c { margin: 0 auto; color: red !important; }",
		      "a,b>c{margin:0 auto;color:red!important}");
	expect_packed("@media (min-width: 2rem) { a { b: c; } }",
		      "@media (min-width:2rem){a{b:c}}");
}

static void blanks_that_mean_something_stay(void **state)
{
	(void)state;
	expect_packed("a  :hover, a\n+ b {}", "a :hover,a + b{}");
	expect_packed("a { width: calc(1px + 2px) }", "a{width:calc(1px + 2px)}");
	expect_packed("a { font: 1px \"A  /* B\", 'c\\'  d' }",
		      "a{font:1px \"A  /* B\",'c\\'  d'}");
	expect_packed("a/**/b{}", "a b{}");
}

static void a_sheet_that_breaks_off_is_packed_to_its_end(void **state)
{
	(void)state;
	expect_packed("a{} /* never closed", "a{}");
	expect_packed("a{content:\"never", "a{content:\"never");
	expect_packed("a{content:\"\\", "a{content:\"\\");
	expect_packed("/", "/");
	expect_packed("/*", "");
	expect_packed("", "");
}

static void say_contrast(void *ctx, const struct look_contrast *c)
{
	print_message("%s: %s on %s, %s: %.2f\n", (const char *)ctx, c->pair->text, c->pair->ground,
		      c->dark ? "dark" : "light", c->found);
}

static void every_pair_of_every_preset_can_be_read(void **state)
{
	(void)state;
	for (size_t i = 0; look_presets[i]; i++) {
		char path[64];
		struct buf packed;
		snprintf(path, sizeof(path), "assets/themes/%s.css", look_presets[i]);
		buf_init(&packed, 1 << 16);
		look_pack(files_find(str_of(path))->body, &packed);
		assert_int_equal(
		    look_judge(buf_view(&packed), say_contrast, (void *)look_presets[i]), 0);
		buf_release(&packed);
	}
}

struct judged {
	size_t below, unknown;
	double least;
};

static void count_contrast(void *ctx, const struct look_contrast *c)
{
	struct judged *j = ctx;
	j->below += c->judged;
	j->unknown += !c->judged;
	if (c->judged && (j->least == 0 || c->found < j->least))
		j->least = c->found;
}

/* A sheet in which all tokens are black on white, except for what `more` says. */
static struct judged judge_with(const char *more)
{
	struct judged j = {0};
	struct buf sheet;
	buf_init(&sheet, 1 << 16);
	for (size_t i = 0; i < look_pairs_count; i++)
		buf_printf(&sheet, ":root{--%s:light-dark(#000,#ffffff)}", look_pairs[i].text);
	for (size_t i = 0; i < look_pairs_count; i++)
		buf_printf(&sheet, ":root{--%s:light-dark(#FFFFFF,#000)}", look_pairs[i].ground);
	buf_puts(&sheet, ":root{--brand:light-dark(#000,#fff);--warm:light-dark(#000,#fff);"
			 "--on:light-dark(#fff,#000);--on-warm:light-dark(#fff,#000)}");
	buf_puts(&sheet, more);
	look_judge(buf_view(&sheet), count_contrast, &j);
	buf_release(&sheet);
	return j;
}

static void a_pair_that_cannot_be_read_is_found(void **state)
{
	(void)state;
	assert_int_equal(judge_with("").below, 0);
	assert_int_equal(judge_with("").unknown, 0);
	/* #767676 on white is 4.54, #777 is 4.48: the known border of 4.5. */
	assert_int_equal(judge_with(":root{--bad:light-dark(#767676,#fff)}").below, 0);
	struct judged j = judge_with(":root{--bad:light-dark(#777,#fff)}");
	assert_int_equal(j.below, 2); /* on paper and on card */
	assert_true(j.least > 4.47 && j.least < 4.49);
	assert_int_equal(judge_with(":root{--bad:light-dark(#000,#000)}").below, 2);
}

static void a_colour_that_cannot_be_judged_is_found(void **state)
{
	(void)state;
	assert_int_equal(judge_with(":root{--bad:light-dark(red,#fff)}").unknown, 2);
	assert_int_equal(judge_with(":root{--bad:light-dark(rgb(0,0,0),#fff)}").unknown, 2);
	assert_int_equal(judge_with(":root{--bad:light-dark(#12345,#fff)}").unknown, 2);
	assert_int_equal(judge_with(":root{--bad:light-dark(#00g,#fff)}").unknown, 2);
	assert_int_equal(look_judge(STR(""), NULL, NULL), 2 * look_pairs_count);
	assert_int_equal(look_judge(STR("--ink:light-dark(#000"), NULL, NULL),
			 2 * look_pairs_count);
}

static void the_sheet_is_tokens_then_rules_then_the_operators(void **state)
{
	(void)state;
	struct config config;
	config_init(&config);
	assert_false(files_is_replaced(STR("assets/site.css")));
	look_compose(&config, true);
	const struct file *sheet = files_find(STR("assets/site.css"));
	const char *text = sheet->body.p;
	assert_non_null(strstr(text, "--brand:light-dark(#1f5673,#8cc3dd)"));
	assert_non_null(
	    strstr(text, "@supports not (color:light-dark(red,red)){:root{--paper:#f6f4ef;"));
	assert_non_null(strstr(text, ":root{--icon:url(\"data:image/svg+xml,<svg"));
	assert_true(strstr(text, "--brand:light") < strstr(text, "body{margin:0"));
	assert_true(strstr(text, "body{margin:0") < strstr(text, ".results{"));
	assert_null(strstr(text, "/*"));
	assert_null(strchr(text, '\n'));
	assert_true(sheet->hash.n == 16);
	config_release(&config);
}

/* The first page that a visitor sees is a business's. */
static void the_sheet_of_a_business_is_small_in_every_preset(void **state)
{
	(void)state;
	struct config config;
	struct err err;
	for (const char *const *preset = look_presets; *preset; preset++) {
		config_init(&config);
		assert_int_equal(config_set(&config, STR("site.theme"), str_of(*preset), &err), OK);
		files_reset();
		look_compose(&config, false);
		struct str sheet = files_find(str_of(look_business_sheet()))->body;
		assert_in_range(sheet.n, 4000, 6000);
		assert_non_null(strstr(sheet.p, "{:root{--paper:#")); /* the dark ones */
		assert_null(strstr(sheet.p, "light-dark("));
		assert_non_null(strstr(sheet.p, ".hours{"));
		assert_null(strstr(sheet.p, ".found{"));
		assert_non_null(strstr(files_find(STR("assets/site.css"))->body.p, ".found{"));
		config_release(&config);
	}
}

static void a_pattern_can_be_written_into_the_page(void **state)
{
	(void)state;
	struct config config;
	struct look_patterns patterns;
	struct arena arena;
	config_init(&config);
	files_reset();
	look_compose(&config, false);
	arena_init(&arena, 1 << 16);
	look_patterns_read(&patterns, &arena);
	assert_true(patterns.complete);
	for (int i = 0; i < LOOK_MOTIFS * LOOK_PALETTES; i++) {
		struct str one = patterns.style[i / LOOK_PALETTES][i % LOOK_PALETTES];
		assert_non_null(memmem(one.p, one.n, "gradient(", 9));
		assert_true(str_starts(one, STR("--a:#")));  /* the sheet uses it */
		assert_null(memmem(one.p, one.n, "--b", 3)); /* only the motif does */
		assert_null(memmem(one.p, one.n, "--c", 3));
	}
	struct str style = look_pattern_style(&patterns, 201, 1);
	assert_true(style.n < 230);
	assert_non_null(memmem(style.p, style.n, "radial-gradient(", 16));
	arena_release(&arena);
	config_release(&config);
}

static void expect_way(double lat, double lon, const char *expected)
{
	const struct look_spot bern = {46.948, 7.4474}, place = {lat, lon};
	struct arena arena;
	struct buf out;
	arena_init(&arena, 1 << 16);
	buf_init(&out, 1 << 16);
	assert_true(look_locator(&bern, STR("Bern & \"Co\""), &place, NULL, &arena, &out));
	assert_non_null(strstr(buf_z(&out), expected));
	assert_null(strstr(buf_z(&out), "& "));
	assert_null(strstr(buf_z(&out), "nan"));
	assert_true(out.n < 900);
	buf_release(&out);
	arena_release(&arena);
}

static void a_locator_says_distance_and_direction(void **state)
{
	(void)state;
	expect_way(46.948, 7.4474, "In the centre of Bern &amp; &quot;Co&quot;");
	expect_way(46.9543, 7.4474, "700 m north of the centre");
	expect_way(46.948, 7.4605, "1 km east of the centre");
	expect_way(46.930, 7.421, "2.8 km southwest of the centre");
	expect_way(46.85, 7.4474, "11 km south of the centre");
}

static void a_locator_of_a_place_far_away_is_not_made(void **state)
{
	(void)state;
	const struct look_spot bern = {46.948, 7.4474}, zurich = {47.377, 8.541};
	struct arena arena;
	struct buf out;
	arena_init(&arena, 1 << 16);
	buf_init(&out, 1 << 16);
	assert_false(look_locator(&bern, STR("Bern"), &zurich, NULL, &arena, &out));
	assert_int_equal(out.n, 0);
	buf_release(&out);
	arena_release(&arena);
}

static void a_pattern_depends_on_kind_and_id_only(void **state)
{
	(void)state;
	char a[LOOK_PATTERN], b[LOOK_PATTERN];
	look_pattern(701, 4711, a);
	look_pattern(702, 4711, b);
	assert_string_equal(a, b); /* of one group */
	look_pattern(401, 4711, b);
	assert_string_not_equal(a, b);
	for (int category = -1; category < 3000; category++) {
		struct str text = look_pattern(category, category * 7919ll, a);
		assert_true(text.n == 5 && a[0] == 't' && a[1] <= '7' && a[3] == 'c');
	}
}

static void pieces_come_in_the_order_of_the_setting(void **state)
{
	(void)state;
	struct config config;
	struct err err;
	config_init(&config);
	struct template_set *set = template_set_create();
	assert_int_equal(config_set(&config, STR("site.business_order"), STR("map hours"), &err),
			 OK);
	files_reset();
	look_compose(&config, false);
	assert_non_null(strstr(files_find(STR("assets/site.css"))->body.p,
			       ".at-map{order:1}.at-hours{order:2}.at-about{order:"));
	assert_int_equal(look_add_templates(set, "site/", &config, NULL, NULL, NULL, NULL, &err),
			 OK);
	assert_non_null(template_find(set, "parts/hours"));
	assert_non_null(template_find(set, "order/side"));
	assert_non_null(template_find(set, "slots/foot"));
	template_set_free(set);
	set = template_set_create();
	assert_int_equal(config_set(&config, STR("site.business_order"), STR("map hour"), &err),
			 OK);
	assert_int_equal(look_add_templates(set, "site/", &config, NULL, NULL, NULL, NULL, &err),
			 INVALID);
	assert_non_null(strstr(err.text, "site.business_order: there is no piece \"hour\""));
	template_set_free(set);
	config_release(&config);
}

/* ---- the map of a list ---- */

static size_t occurrences(const struct buf *out, const char *what)
{
	size_t n = 0;
	const char *at = buf_z((struct buf *)out);
	while ((at = strstr(at, what)))
		n++, at++;
	return n;
}

static struct look_pin pin_at(double lat, double lon, size_t number)
{
	return (struct look_pin){
	    .at = {lat, lon}, .town = STR("Bern"), .href = STR("/bern/a&b.html"), .number = number};
}

static void pins_have_numbers_and_links_and_do_not_cover_each_other(void **state)
{
	struct look_pin pin[30];
	struct buf out;
	long x, y, px[LOOK_NUMBERS], py[LOOK_NUMBERS];
	(void)state;
	for (size_t i = 0; i < 30; i++) /* six places, each of five */
		pin[i] = pin_at(46.9 + (double)(i % 6) / 200, 7.4 + (double)(i % 3) / 200, i + 1);
	buf_init(&out, 1 << 16);
	assert_true(look_spots(pin, 30, NULL, NULL, &out));
	assert_int_equal(occurrences(&out, "<a tabindex=\"-1\" href=\"/bern/a&amp;b.html\">"),
			 LOOK_NUMBERS);
	assert_int_equal(occurrences(&out, "r=\"3\""), 30 - LOOK_NUMBERS);
	const char *at = buf_z(&out);
	for (size_t i = 0; i < LOOK_NUMBERS; i++) {
		at = strstr(at + 1, "<a ");
		assert_non_null(at);
		assert_int_equal(sscanf(strstr(at, "cx="), "cx=\"%ld\" cy=\"%ld\"", &x, &y), 2);
		assert_in_range(x, 0, 320);
		assert_in_range(y, 0, 300);
		for (size_t k = 0; k < i; k++) /* circles of 22 units, with a little tolerance */
			assert_true((x - px[k]) * (x - px[k]) + (y - py[k]) * (y - py[k]) >=
				    19 * 19);
		px[i] = x;
		py[i] = y;
	}
	buf_release(&out);
}

static void one_place_makes_no_map_and_what_is_far_from_all_others_is_left_out(void **state)
{
	struct look_pin pin[6];
	struct look_town town = {.at = {46.9, 7.4}, .name = STR("Bern")};
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 16);
	pin[0] = pin_at(46.9, 7.4, 1);
	assert_false(look_spots(pin, 1, &town, NULL, &out));
	assert_int_equal(out.n, 0);
	for (size_t i = 0; i < 6; i++)
		pin[i] = pin_at(46.9 + (double)i / 1000, 7.4, i + 1);
	pin[3] = pin_at(-46.9, 7.4, 4);
	assert_true(look_spots(pin, 6, &town, NULL, &out));
	assert_false(pin[3].shown);
	assert_int_equal(occurrences(&out, "<a "), 5);
	assert_int_equal(occurrences(&out, ">4</text>"), 0);
	assert_int_equal(occurrences(&out, ">Bern</text>"), 1);
	assert_int_equal(occurrences(&out, ">200 m</text>"), 1);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pins_have_numbers_and_links_and_do_not_cover_each_other),
	    cmocka_unit_test(one_place_makes_no_map_and_what_is_far_from_all_others_is_left_out),
	    cmocka_unit_test(comments_and_void_blanks_are_left_out),
	    cmocka_unit_test(blanks_that_mean_something_stay),
	    cmocka_unit_test(a_sheet_that_breaks_off_is_packed_to_its_end),
	    cmocka_unit_test(every_pair_of_every_preset_can_be_read),
	    cmocka_unit_test(a_pair_that_cannot_be_read_is_found),
	    cmocka_unit_test(a_colour_that_cannot_be_judged_is_found),
	    cmocka_unit_test(a_locator_says_distance_and_direction),
	    cmocka_unit_test(a_locator_of_a_place_far_away_is_not_made),
	    cmocka_unit_test(a_pattern_depends_on_kind_and_id_only),
	    cmocka_unit_test(the_sheet_is_tokens_then_rules_then_the_operators),
	    cmocka_unit_test(the_sheet_of_a_business_is_small_in_every_preset),
	    cmocka_unit_test(a_pattern_can_be_written_into_the_page),
	    cmocka_unit_test(pieces_come_in_the_order_of_the_setting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
