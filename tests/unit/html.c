/* link: base pipeline/wire fetch/read */
/* What a home page says, however it is written. */
#include "fetch/read/read.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;
static struct wire_facts facts;

/* All facts of a name, separated by |. */
static const char *read_page(const char *html, const char *type, const char *wanted,
			     const char *name)
{
	static char text[4096];
	struct wire_facts look = {0};
	size_t n = 0;
	if (wanted)
		look = (struct wire_facts){1, {{STR("telephone"), str_of(wanted)}}};
	facts.count = 0;
	arena_reset(&arena);
	read_html(str_of(html), str_of(type), &look, &arena, &facts);
	text[0] = '\0';
	for (uint32_t i = 0; i < facts.count; i++)
		if (str_eq(facts.of[i].name, str_of(name)))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", n ? "|" : "",
					      STR_ARG(facts.of[i].value));
	return text;
}

static void titles_languages_and_descriptions_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *html, *type, *name, *value;
	} cases[] = {
	    {"<title>Bakery</title>", "", "title", "Bakery"},
	    {"<TITLE\n>\n A &amp; B\n&#8211; C&#x20;&nbsp;D </TITLE >", "", "title",
	     "A & B \u2013 C D"},
	    {"<title>a</title><title>b</title>", "", "title", "a"},
	    {"<title></title><title>b</title>", "", "title", "b"},
	    {"<title>never closed", "", "title", "never closed"},
	    {"<!-- <title>no</title> --><title>yes</title>", "", "title", "yes"},
	    {"<!--><title>yes</title>", "", "title", "yes"},
	    {"<script>'<title>no</title>'</script><title>yes</title>", "", "title", "yes"},
	    {"<meta content='<title>no</title>'><title>yes</title>", "", "title", "yes"},
	    {"<title>B\xe4"
	     "cker</title>",
	     "text/html; charset=ISO-8859-1", "title", "B\u00e4cker"},
	    {"<title>B\xe4"
	     "cker \x80</title>",
	     "", "title", "B\u00e4cker \u20ac"},
	    {"<title>B\xc3\xa4"
	     "cker</title>",
	     "text/html; charset=ISO-8859-1", "title", "B\u00e4cker"},
	    {"<meta charset=shift_jis><title>\x83\x65</title>", "", "title", ""},
	    {"<title>&bogus; &#0; &#xFFFFFFFFFF; &lt;b&gt;</title>", "", "title",
	     "&bogus; \ufffd \ufffd <b>"},
	    {"<title>write to jo@example.org</title>", "", "title", ""},
	    {"<html lang=\"de-AT\">", "", "language", "de-AT"},
	    {"<html class=x lang=fr><html lang=en>", "", "language", "fr"},
	    {"<html lang='\"><script>'>", "", "language", ""},
	    {"<meta name=description content='We   bake'>", "", "description", "We bake"},
	    {"<meta content=\"We 'bake'\" name='Description'/>", "", "description", "We 'bake'"},
	    {"<meta name=robots content='noarchive, NOINDEX'>", "", "noindex", "true"},
	    {"<meta name=robots content='index'>", "", "noindex", ""},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *got = read_page(cases[i].html, cases[i].type, NULL, cases[i].name);
		if (strcmp(got, cases[i].value) != 0)
			fail_msg("%s: \"%s\"", cases[i].html, got);
	}
}

static void telephones_come_from_links_and_json_ld_and_are_confirmed_in_text(void **state)
{
	(void)state;
	static const struct {
		const char *html, *wanted, *name, *value;
	} cases[] = {
	    {"<a href='tel:+49 (0)30 / 123-456'>", NULL, "telephone", "+4930123456"},
	    {"<a href=TEL:%2B4930123456;ext=12><a href='tel:030%20123456'>", NULL, "telephone",
	     "+4930123456|030123456"},
	    {"<a href=tel:110><a href='tel:12345678901234567890'><a href=tel:>", NULL, "telephone",
	     ""},
	    {"<p>Tel. 030 / 123 45-67</p>", "+49301234567", "same_telephone", "true"},
	    {"<p>since 12.03.1999 030 1234567 (shop)</p>", "+49301234567", "same_telephone",
	     "true"},
	    {"<p>(0049) 30\xc2\xa0"
	     "1234567</p>",
	     "+49301234567", "same_telephone", "true"},
	    {"<p>030 1234568</p>", "+49301234567", "same_telephone", ""},
	    {"<p>1234</p>", "+49301234567", "same_telephone", ""},
	    {"<script>tel='030 1234567'</script>", "+49301234567", "same_telephone", ""},
	    {"<a href='tel:0301234567'>", "+49301234567", "same_telephone", "true"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *got = read_page(cases[i].html, "", cases[i].wanted, cases[i].name);
		if (strcmp(got, cases[i].value) != 0)
			fail_msg("%s: \"%s\"", cases[i].html, got);
	}
}

#define LD(text) "<script type=\"application/ld+json\">" text "</script>"

static void json_ld_says_what_it_is_and_whether_it_is_a_business(void **state)
{
	(void)state;
	static const struct {
		const char *html, *name, *value;
	} cases[] = {
	    {LD("{\"@type\":\"LocalBusiness\"}"), "local_business", "true"},
	    {LD("{\"@type\":[\"Bakery\",\"https://schema.org/Store\"]}"), "json_ld",
	     "Bakery|Store"},
	    {LD("{\"@type\":\"Bakery\",\"name\":\"x\",\"address\":{}}"), "local_business", "true"},
	    {LD("{\"@graph\":[{\"@type\":\"WebSite\"},{\"@type\":\"LocalBusiness\"}]}"),
	     "local_business", "true"},
	    {LD("{\"@type\":\"WebSite\",\"name\":\"x\"}"), "local_business", ""},
	    {LD("{\"@type\":\"Person\",\"name\":\"x\",\"address\":{},\"telephone\":\"030123456\"}"),
	     "local_business", ""},
	    {LD("{\"@type\":\"Person\",\"telephone\":\"030123456\"}"), "telephone", ""},
	    {LD("{\"telephone\":[\"+49 30 123456\",\"x\",{}]}"), "telephone", "+4930123456"},
	    {LD("{broken") LD("{\"@type\":\"Store\"}"), "json_ld", "Store"},
	    {LD("{\"@type\":\"<script>\"}"), "json_ld", ""},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *got = read_page(cases[i].html, "", NULL, cases[i].name);
		if (strcmp(got, cases[i].value) != 0)
			fail_msg("%s: \"%s\"", cases[i].html, got);
	}
}

static void long_texts_are_cut_at_a_whole_character(void **state)
{
	(void)state;
	struct buf page;
	buf_init(&page, 1 << 20);
	buf_puts(&page, "<title>");
	for (int i = 0; i < 10000; i++)
		buf_puts(&page, "\u20ac");
	const char *title = read_page(buf_z(&page), "", NULL, "title");
	assert_int_equal(strlen(title), FACT_TEXT_MAX);
	assert_true(utf8_is_valid(str_of(title)));
	buf_release(&page);
}

/* Far over what is looked at, with characters of each length that begin at each offset to the
 * limit: one of them cut in its middle would make the whole text windows-1252. */
static void a_long_text_stays_utf8_wherever_its_limit_falls(void **state)
{
	(void)state;
	static const char *const characters[] = {"\u00e4", "\u20ac", "\U0001f35e"};
	for (size_t c = 0; c < COUNT_OF(characters); c++)
		for (int shift = 0; shift < 4; shift++) {
			struct buf page;
			buf_init(&page, 1 << 20);
			buf_printf(&page, "<title>%.*s", shift, "xxx");
			for (int i = 0; i < 10000; i++)
				buf_puts(&page, characters[c]);
			const char *title = read_page(buf_z(&page), "", NULL, "title");
			assert_true(strlen(title) > FACT_TEXT_MAX - UTF8_BYTES_MAX);
			for (const char *at = title + shift; *at; at += strlen(characters[c]))
				assert_true(str_starts(str_of(at), str_of(characters[c])));
			buf_release(&page);
		}
}

static void facts_stay_within_an_answer(void **state)
{
	(void)state;
	struct buf page;
	buf_init(&page, 1 << 20);
	for (int i = 0; i < 1000; i++)
		buf_printf(&page, "<a href=tel:03012%05d>" LD("{\"@type\":\"T%d\"}"), i, i);
	read_page(buf_z(&page), "", NULL, "telephone");
	assert_int_equal(facts.count, 8 + 16);
	buf_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(titles_languages_and_descriptions_are_found),
	    cmocka_unit_test(telephones_come_from_links_and_json_ld_and_are_confirmed_in_text),
	    cmocka_unit_test(json_ld_says_what_it_is_and_whether_it_is_a_business),
	    cmocka_unit_test(long_texts_are_cut_at_a_whole_character),
	    cmocka_unit_test(a_long_text_stays_utf8_wherever_its_limit_falls),
	    cmocka_unit_test(facts_stay_within_an_answer),
	};
	arena_init(&arena, 1 << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
