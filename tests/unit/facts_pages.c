/* link: base language hours site/locale site/facts */
/* What is said of pages: the description of a business, the blocks of lists and of the home
 * page. */
#include "facts_checked.h"

#include <string.h>

static struct facts_business tilers(void)
{
	static const struct str towns[] = {{"Erlenau", 7},
					   {"Wiesbr\xc3\xbc"
					    "ck",
					    10},
					   {"Landkreis Hochtann", 18}};
	return (struct facts_business){
	    .name = STR("Fliesen Falkner & Amsel"),
	    .description = STR("Zwei Meister, ein Lieferwagen."),
	    .city = STR("Hochtann"),
	    .country = STR("DE"),
	    .phone = STR("+498999998970"),
	    .service_area = {towns, 3},
	};
}

static size_t letters(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void a_description_is_made_of_what_the_page_has(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, ARENA_MAX);
	struct facts_business b = tilers();
	struct str text = facts_description(&b, STR("summary"), &arena);
	assert_true(str_eq(text, STR("Zwei Meister, ein Lieferwagen. Erlenau, Wiesbr\xc3\xbc"
				     "ck, Landkreis Hochtann. 089 99998970")));
	b.service_area.count = 0;
	b.phone = STR("");
	assert_true(str_eq(facts_description(&b, STR("summary"), &arena), b.description));
	b.description = STR("");
	assert_true(str_eq(facts_description(&b, STR("summary"), &arena), STR("summary")));
	/* Whole sentences, else whole words; never more than 155 letters. */
	b = tilers();
	b.description =
	    STR("Ein Satz, der kurz ist. Ein zweiter, der so lang wird, dass er mit dem "
		"ersten zusammen nicht mehr in die Beschreibung passt, weil er immer weiter geht.");
	text = facts_description(&b, STR(""), &arena);
	assert_true(str_starts(text, STR("Ein Satz, der kurz ist. Erlenau")));
	char endless[400];
	for (size_t i = 0; i < sizeof(endless); i++)
		endless[i] = i % 7 == 6 ? ' ' : 'x';
	b.description = (struct str){endless, sizeof(endless)};
	text = facts_description(&b, STR(""), &arena);
	assert_non_null(memmem(text.p, text.n, "xxxxxx\xe2\x80\xa6", 9));
	assert_true(letters(text) <= 155);
	arena_release(&arena);
}

static void lists_and_the_home_page_have_sound_blocks(void **state)
{
	(void)state;
	static const struct facts_crumb shops[] = {{{"A & B", 5},
						    {"https://d.example/x/a-1.html", 28}},
						   {{"B > C", 5},
						    {"https://d.example/x/b-2.html", 28}}},
					region = {{"Bayern", 6},
						  {"https://d.example/in/de-bayern/", 31}};
	const struct facts_list list = {.name = STR("Shops in Bayern"),
					.url = STR("https://d.example/in/de-bayern/shop.html"),
					.item = shops,
					.count = 2,
					.trail = {.item = &region, .count = 1}};
	struct arena arena;
	struct buf out, notes;
	struct err err;
	arena_init(&arena, ARENA_MAX);
	buf_init(&out, 1 << 16);
	buf_init(&notes, 1 << 16);
	assert_int_equal(facts_list_jsonld(&list, &arena, &out, &err), OK);
	assert_null(strpbrk(buf_z(&out), "<>&"));
	const struct json_value *v = parse(&arena, buf_view(&out));
	says(v, "@graph.0.@type", "CollectionPage");
	says(v, "@graph.0.url", "https://d.example/in/de-bayern/shop.html");
	says(v, "@graph.0.mainEntity.@type", "ItemList");
	says(v, "@graph.0.mainEntity.itemListElement.1.url", "https://d.example/x/b-2.html");
	says(v, "@graph.1.@type", "BreadcrumbList");
	says(v, "@graph.1.itemListElement.1.name", "Shops in Bayern");
	facts_check(v, note, &notes);
	buf_reset(&out);
	assert_int_equal(facts_site_jsonld(STR("Directory"), STR("https://d.example"), STR("de"),
					   &arena, &out, &err),
			 OK);
	v = parse(&arena, buf_view(&out));
	says(v, "@graph.0.@type", "WebSite");
	assert_null(json_path(v, "@graph.0.potentialAction"));
	facts_check(v, note, &notes);
	assert_string_equal(buf_z(&notes), "no-local-business: no-local-business: ");
	buf_release(&notes);
	buf_release(&out);
	arena_release(&arena);
}

static void short_facts_stand_beside_the_kind_and_no_link_twice(void **state)
{
	(void)state;
	struct arena arena;
	struct json_build build;
	arena_init(&arena, ARENA_MAX);
	struct facts_business b = tilers();
	b.website = STR("https://fliesen-falkner.example/?a=1&b=2");
	b.extra = parse(&arena, STR("{\"founded\": \"2011\", \"price_range\": \"45\"}"));
	struct str links[] = {STR("https://fliesen-falkner.example/?a=1&b=2/"),
			      STR("https://social.example/fliesen")};
	b.same_as = (struct facts_texts){links, 2};
	json_build_init(&build, &arena);
	struct json_value *root = json_build(&build, NULL, NULL, JSON_IS_OBJECT);
	facts_show(&b, &build, root);
	says(root, "since", "2011");
	says(root, "prices", "45");
	says(root, "facts", "");
	says(root, "same_as.items.0.host", "social.example");
	says(root, "same_as.items.1", "");
	/* What is too long for that line is one of the further facts. */
	b.extra = parse(&arena, STR("{\"founded\": \"2019-04-01\", \"price_range\": "
				    "\"from 45 to 85 euros a square metre\"}"));
	root = json_build(&build, NULL, NULL, JSON_IS_OBJECT);
	facts_show(&b, &build, root);
	assert_false(build.failed);
	says(root, "since", "");
	says(root, "prices", "");
	says(root, "facts.items.0.text", "2019-04-01");
	says(root, "facts.items.1.text", "from 45 to 85 euros a square metre");
	arena_release(&arena);
}

static void dates_are_words_in_the_language_of_the_page(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, ARENA_MAX);
	assert_true(str_eq(facts_date(STR("2026-11-29"), NULL, &arena), STR("29 November 2026")));
	assert_true(str_eq(facts_date(STR("2026-02-30"), NULL, &arena), STR("2026-02-30")));
	assert_true(str_eq(facts_date(STR("2026"), NULL, &arena), STR("2026")));
	assert_true(str_eq(facts_date(STR(""), NULL, &arena), STR("")));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_description_is_made_of_what_the_page_has),
	    cmocka_unit_test(lists_and_the_home_page_have_sound_blocks),
	    cmocka_unit_test(short_facts_stand_beside_the_kind_and_no_link_twice),
	    cmocka_unit_test(dates_are_words_in_the_language_of_the_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
