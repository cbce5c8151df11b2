/* link: base language hours directory/record directory/taxonomy site/facts audit/serve audit/page */
/* What foreign documents say: sitemaps and robots.txt. */
#include "audit/page/page.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static char said[16384];
static size_t said_bytes;

static void note(void *ctx, enum page_fact fact, uint32_t line, uint32_t column, struct str a,
		 struct str b)
{
	static const char *const names[PAGE_FACTS] = {[PAGE_SITEMAP_INDEX] = "index",
						      [PAGE_SITEMAP_BROKEN] = "broken",
						      [PAGE_LOC] = "loc",
						      [PAGE_SITEMAP_LINE] = "sitemap"};
	(void)ctx;
	(void)column;
	assert_non_null(names[fact]);
	assert_true(said_bytes < sizeof(said));
	said_bytes +=
	    (size_t)snprintf(said + said_bytes, sizeof(said) - said_bytes, "%u %s %.*s%s%.*s\n",
			     line, names[fact], STR_ARG(a), b.n ? " " : "", STR_ARG(b));
}

static const char *read_as(enum page_kind kind, const char *text)
{
	said_bytes = 0;
	said[0] = '\0';
	page_read(kind, str_of(text), note, NULL);
	return said;
}

#define XMLNS "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""

struct document {
	const char *text, *said;
};

static void check(enum page_kind kind, const struct document *documents, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *is = read_as(kind, documents[i].text);
		if (strcmp(is, documents[i].said) != 0)
			fail_msg("%s\n  says: %s\n  not:  %s", documents[i].text, is,
				 documents[i].said);
	}
}

static void sitemaps_are_read_as_xml(void **state)
{
	static const struct document documents[] = {
	    {"<urlset " XMLNS ">\n<url><loc> https://a.example/ </loc>"
	     "<lastmod>2026-01-31</lastmod></url>\n<url>\n<loc>https://a.example/b</loc></url></urlset>",
	     "2 loc https://a.example/ 2026-01-31\n4 loc https://a.example/b\n"},
	    /* what stands in comments is not said */
	    {"<urlset " XMLNS "><!-- <url><loc>https://a.example/old</loc></url> --></urlset>", ""},
	    {"<!-- <sitemapindex> --><urlset " XMLNS "><url><!-- <loc>x</loc> -->"
	     "<loc>https://a.<!-- x -->example/</loc></url></urlset>",
	     "1 loc https://a.example/\n"},
	    {"<urlset " XMLNS
	     "><url><loc><![CDATA[https://a.example/?a=1&b=2]]></loc></url></urlset>",
	     "1 loc https://a.example/?a=1&b=2\n"},
	    {"<urlset " XMLNS "><url><loc>https://a.example/<![CDATA[<url><loc>]]>&amp;&#x41;</loc>"
	     "</url></urlset>",
	     "1 loc https://a.example/<url><loc>&A\n"},
	    /* prefixes, attributes, white space in tags */
	    {"<s:urlset xmlns:s=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><s:url>"
	     "<s:loc>https://a.example/</s:loc></s:url></s:urlset>",
	     "1 loc https://a.example/\n"},
	    {"<urlset " XMLNS " xmlns:i=\"http://www.google.com/schemas/sitemap-image/1.1\">"
	     "<url ><i:image><i:loc>https://a.example/x.jpg</i:loc></i:image>"
	     "<loc >https://a.example/</loc\n></url></urlset>",
	     "1 loc https://a.example/\n"},
	    {"<urlset xmlns=\"https://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:x=\"urn:x\">"
	     "<x:url><x:loc>no</x:loc></x:url><url><loc>https://a.example/</loc></url></urlset>",
	     "1 loc https://a.example/\n"},
	    {"<urlset><url><loc>https://a.example/</loc></url></urlset>",
	     "1 loc https://a.example/\n"},
	    {"\xef\xbb\xbf<?xml version='1.0'?>\n<sitemapindex " XMLNS "><sitemap>"
	     "<loc>https://a.example/1.xml</loc></sitemap></sitemapindex>",
	     "2 index \n2 loc https://a.example/1.xml\n"},
	    /* what is wrong */
	    {"<urlset " XMLNS "><url><lastmod>2026</lastmod></url></urlset>",
	     "1 broken an entry without <loc>\n"},
	    {"<urlset " XMLNS "><url><loc>a</loc><loc>b</loc></url></urlset>",
	     "1 loc a\n1 broken an entry with several <loc>\n"},
	    {"<html><body>Not found</body></html>",
	     "1 broken neither <urlset> nor <sitemapindex>\n"},
	    {"<urlset xmlns=\"urn:x\"></urlset>", "1 broken neither <urlset> nor <sitemapindex>\n"},
	    {"<urlset " XMLNS "><url><loc>https://a.example/?a&b</loc></url></urlset>",
	     "1 broken not well-formed (invalid token)\n"},
	    {"<urlset " XMLNS "><url><loc>a</loc></url>\n",
	     "1 loc a\n2 broken the document ends before its root element does\n"},
	    {"", "1 broken the document ends before its root element does\n"},
	};
	(void)state;
	check(PAGE_SITEMAP, documents, COUNT_OF(documents));
}

static void entities_of_a_sitemap_are_not_expanded(void **state)
{
	static const struct document documents[] = {
	    {"<!DOCTYPE urlset [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>"
	     "<urlset><url><loc>&b;</loc></url></urlset>",
	     "1 broken the document declares entities\n"},
	    {"<!DOCTYPE urlset [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
	     "<urlset><url><loc>&a;</loc></url></urlset>",
	     "1 broken the document declares entities\n"},
	    {"<!DOCTYPE urlset [<!ENTITY % a SYSTEM \"http://a.example/x.dtd\"> %a;]>"
	     "<urlset><url><loc>b</loc></url></urlset>",
	     "1 broken the document declares entities\n"},
	    {"<!DOCTYPE urlset SYSTEM \"http://a.example/x.dtd\">"
	     "<urlset><url><loc>&a;</loc></url></urlset>",
	     "1 broken an entity that the document does not define\n"},
	    {"<urlset><url><loc>&nbsp;</loc></url></urlset>", "1 broken undefined entity\n"},
	};
	(void)state;
	check(PAGE_SITEMAP, documents, COUNT_OF(documents));
}

static void a_sitemap_nested_without_end_is_refused(void **state)
{
	static char deep[300000];
	(void)state;
	strcpy(deep, "<urlset>");
	for (size_t i = 8; i + 4 < sizeof(deep); i += 3)
		memcpy(deep + i, "<a>", 4);
	assert_string_equal(read_as(PAGE_SITEMAP, deep),
			    "1 broken elements are nested too deeply\n");
}

static void robots_txt_names_sitemaps(void **state)
{
	static const struct document documents[] = {
	    {"User-agent: *\nDisallow:\nSitemap: https://a.example/s.xml\n",
	     "3 sitemap https://a.example/s.xml\n"},
	    {"\xef\xbb\xbfSITEMAP :\thttps://a.example/s.xml # all\r\n",
	     "1 sitemap https://a.example/s.xml\n"},
	    {"# Sitemap: https://a.example/s.xml\nDisallow: /sitemap:\n", ""},
	    {"Sitemap", ""},
	};
	(void)state;
	check(PAGE_ROBOTS, documents, COUNT_OF(documents));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sitemaps_are_read_as_xml),
	    cmocka_unit_test(entities_of_a_sitemap_are_not_expanded),
	    cmocka_unit_test(a_sitemap_nested_without_end_is_refused),
	    cmocka_unit_test(robots_txt_names_sitemaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
