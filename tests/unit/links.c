/* link: base site/links */
/* Links of operators: in one language and several, at the root and below a path, in HTML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "folder.h"
#include "site/links/links.h"

static char folder[TEST_FOLDER];

static void touch(const char *name)
{
	char path[200];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
}

static struct links links_of(const char *url, const char *base, const char *language)
{
	struct links l = {.url = str_of(url), .base = str_of(base), .files = folder};
	if (*language) {
		l.language = str_of(language);
		l.all[l.languages++] = STR("de");
		l.all[l.languages++] = STR("fr");
	}
	return l;
}

static void leads(const struct links *l, const char *from, const char *to)
{
	struct buf out;
	buf_init(&out, 4096);
	links_put(l, str_of(from), &out);
	if (strcmp(buf_z(&out), to) != 0)
		fail_msg("%s leads to %s, not to %s", from, buf_z(&out), to);
	buf_release(&out);
}

static const char *const always[] = {
    "#top",      "imprint/",        "../imprint/", "mailto:a@b.example",
    "tel:+4989", "//cdn.example/x", "?page=2",     "https://other.example/",
    "",          "{{base}}/x",      "data:,",      "https://d.example.evil.example/imprint/"};

static void an_address_leads_to_the_page_of_the_readers_language(void **state)
{
	static const char *const at_root[][2] = {
	    {"/imprint/", "/de/imprint/"},
	    {"/imprint/#contact", "/de/imprint/#contact"},
	    {"/bern/?a=/fr/", "/de/bern/?a=/fr/"},
	    {"/", "/de/"},
	    {"/#kinds", "/de/#kinds"},
	    {"/fr/imprint/", "/fr/imprint/"},
	    {"/fr", "/fr"},
	    {"/frankfurt/", "/de/frankfurt/"},
	    {"/prices.pdf", "/prices.pdf"},
	    {"/prices.pdf?v=2#page=3", "/prices.pdf?v=2#page=3"},
	    {"/our%20prices.pdf", "/our%20prices.pdf"},
	    {"/flyer/", "/flyer/"},
	    {"/flyer", "/de/flyer"},
	    {"/../prices.pdf", "/de/../prices.pdf"},
	    {"/prices.pdf%00", "/de/prices.pdf%00"},
	    {"https://d.example", "https://d.example/de/"},
	    {"https://d.example/", "https://d.example/de/"},
	    {"https://d.example#x", "https://d.example/de/#x"},
	    {"https://d.example/imprint/", "https://d.example/de/imprint/"},
	    {"https://d.example/fr/imprint/", "https://d.example/fr/imprint/"},
	    {"https://d.example/prices.pdf", "https://d.example/prices.pdf"}};
	struct links l = links_of("https://d.example", "", "de");
	(void)state;
	for (size_t i = 0; i < COUNT_OF(at_root); i++)
		leads(&l, at_root[i][0], at_root[i][1]);
	for (size_t i = 0; i < COUNT_OF(always); i++)
		leads(&l, always[i], always[i]);
}

static void an_address_leads_below_the_path_of_the_site(void **state)
{
	struct links one = links_of("https://d.example/all", "/all", "");
	struct links several = links_of("https://d.example/all", "/all", "fr");
	(void)state;
	leads(&one, "/imprint/", "/all/imprint/");
	leads(&one, "/all/imprint/", "/all/imprint/");
	leads(&one, "/allgau/", "/all/allgau/");
	leads(&one, "/prices.pdf", "/all/prices.pdf");
	leads(&one, "https://d.example/imprint/", "https://d.example/imprint/");
	leads(&several, "/imprint/", "/all/fr/imprint/");
	leads(&several, "/all/imprint/", "/all/fr/imprint/");
	leads(&several, "/de/imprint/", "/all/de/imprint/");
	leads(&several, "/prices.pdf", "/all/prices.pdf");
	leads(&several, "/all", "/all/fr/");
	for (size_t i = 0; i < COUNT_OF(always); i++)
		leads(&one, always[i], always[i]);
}

static void nothing_changes_where_nothing_has_to(void **state)
{
	static const char *const some[] = {"/", "/imprint/", "/fr/", "/prices.pdf",
					   "https://d.example/imprint/"};
	struct links one = links_of("https://d.example", "", "");
	struct links unnamed = links_of("", "", "");
	(void)state;
	for (size_t i = 0; i < COUNT_OF(some); i++) {
		leads(&one, some[i], some[i]);
		leads(&unnamed, some[i], some[i]);
		leads(NULL, some[i], some[i]);
	}
}

static void a_text_of_another_site_leads_to_this_one_by_its_address_only(void **state)
{
	struct links l = links_of("https://d.example", "", "fr");
	(void)state;
	l.elsewhere = true;
	leads(&l, "/goods/", "/goods/");
	leads(&l, "/prices.pdf", "/prices.pdf");
	leads(&l, "https://d.example/imprint/", "https://d.example/fr/imprint/");
}

static void every_place_of_html_that_has_an_address_is_found(void **state)
{
	static const char *const cases[][2] = {
	    {"<a href=\"/a/\">/a/</a>", "<a href=\"/de/a/\">/a/</a>"},
	    {"<a\n\tHREF = '/a/'>", "<a\n\tHREF = '/de/a/'>"},
	    {"<a href=/a/>", "<a href=/de/a/>"},
	    {"<a data-href=\"/a/\" title=\"href\">", "<a data-href=\"/a/\" title=\"href\">"},
	    {"<a href>x</a> <a href=>", "<a href>x</a> <a href=>"},
	    {"<a href=\"/a/", "<a href=\"/de/a/"},
	    {"<img src=\"/i.png\" srcset=\"/i.png 1x, /j.png 2x,k.png\">",
	     "<img src=\"/de/i.png\" srcset=\"/de/i.png 1x, /de/j.png 2x,k.png\">"},
	    {"<form action=\"/search/\"><button formaction='/x/'>",
	     "<form action=\"/de/search/\"><button formaction='/de/x/'>"},
	    {"<video poster=\"/prices.pdf\">", "<video poster=\"/prices.pdf\">"},
	    {"<style>a{background:url(/a.png)}b{background:url( '/b.png' )}</style>",
	     "<style>a{background:url(/de/a.png)}b{background:url( '/de/b.png' )}</style>"},
	    {"<a href=\"{{base}}/a/\">{{#x}}<a href=\"/{{slug}}/\">{{/x}}",
	     "<a href=\"{{base}}/a/\">{{#x}}<a href=\"/de/{{slug}}/\">{{/x}}"},
	    {"href=\"/a/\"", "href=\"/de/a/\""},
	    {"", ""}};
	struct links l = links_of("https://d.example", "", "de");
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;
		buf_init(&out, 4096);
		links_put_html(&l, str_of(cases[i][0]), &out);
		assert_string_equal(buf_z(&out), cases[i][1]);
		buf_reset(&out);
		links_put_html(NULL, str_of(cases[i][0]), &out);
		assert_string_equal(buf_z(&out), cases[i][0]);
		buf_release(&out);
	}
}

static void a_query_stands_before_the_fragment(void **state)
{
	static const char *const cases[][2] = {
	    {"/contact/", "/contact/?a=1&b=2"},
	    {"/contact/?x=y", "/contact/?x=y&a=1&b=2"},
	    {"/contact/#form", "/contact/?a=1&b=2#form"},
	    {"/contact/?x=y#form?", "/contact/?x=y&a=1&b=2#form?"},
	    {"mailto:a@b.example", "mailto:a@b.example?a=1&b=2"}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;
		buf_init(&out, 4096);
		links_put_query(str_of(cases[i][0]), STR("a=1&b=2"), &out);
		assert_string_equal(buf_z(&out), cases[i][1]);
		buf_release(&out);
	}
}

static void the_operator_is_written_to_by_page_or_mailbox(void **state)
{
	static const char *const cases[][2] = {
	    {"/contact/?x=y#form", "/contact/?x=y&business=7k&topic=error#form"},
	    {"https://example.org/ask", "https://example.org/ask?business=7k&topic=error"},
	    {"mailto:a@b.example", "mailto:a@b.example?subject=Fehler%20%26%20Lob%3F:%207k"}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out;
		buf_init(&out, 4096);
		links_put_contact(str_of(cases[i][0]), STR("7k"), STR("error"),
				  STR("Fehler & Lob?:"), &out);
		assert_string_equal(buf_z(&out), cases[i][1]);
		buf_release(&out);
	}
}

static int make_files(void **state)
{
	char path[200];
	(void)state;
	test_folder_make(folder);
	snprintf(path, sizeof(path), "%s/flyer", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	touch("prices.pdf");
	touch("our prices.pdf");
	touch("flyer/index.html");
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	test_folder_remove(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_leads_to_the_page_of_the_readers_language),
	    cmocka_unit_test(an_address_leads_below_the_path_of_the_site),
	    cmocka_unit_test(nothing_changes_where_nothing_has_to),
	    cmocka_unit_test(a_text_of_another_site_leads_to_this_one_by_its_address_only),
	    cmocka_unit_test(every_place_of_html_that_has_an_address_is_found),
	    cmocka_unit_test(a_query_stands_before_the_fragment),
	    cmocka_unit_test(the_operator_is_written_to_by_page_or_mailbox),
	};
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
