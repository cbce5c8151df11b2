/* Sitemaps (sitemaps.org 0.9), by libexpat, and robots.txt (RFC 9309), as far as rules ask. */
#include "audit/page/internal.h"

#include <expat.h>
#include <string.h>

enum { DEPTH_MAX = 64, VALUE_BYTES_MAX = 64 * 1024 };

/* libexpat writes an element's name as its namespace, this character, its local name. */
static const char separator = ' ';

struct sitemap {
	struct page_state *s;
	XML_Parser parser;
	unsigned depth; /* open elements */
	bool index;     /* the root is <sitemapindex> */
	bool refused;   /* said why; the parser's own error is not told as well */
	uint32_t entry_line, loc_line;
	unsigned locs;
	struct buf loc, lastmod;
	struct buf *into; /* where the text of the open element goes; NULL: nowhere */
};

static uint32_t line_of(const struct sitemap *m)
{
	return (uint32_t)XML_GetCurrentLineNumber(m->parser);
}

static void sitemap_refuse(struct sitemap *m, struct str why)
{
	if (!m->refused)
		page_say(m->s, PAGE_SITEMAP_BROKEN, line_of(m), 0, why, STR(""));
	m->refused = true;
	XML_StopParser(m->parser, XML_FALSE);
}

/* Whether it is that element of sitemaps, whatever its prefix. Documents without a namespace are
 * read, too; elements of other namespaces (images, languages) are not ours. */
static bool is_element(const char *name, const char *local)
{
	static const char *const spaces[] = {"http://www.sitemaps.org/schemas/sitemap/",
					     "https://www.sitemaps.org/schemas/sitemap/",
					     "http://www.google.com/schemas/sitemap/"};
	const char *at = strrchr(name, separator);
	if (!at)
		return strcmp(name, local) == 0;
	if (strcmp(at + 1, local) != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(spaces); i++)
		if (str_starts(str_of(name), str_of(spaces[i])))
			return true;
	return false;
}

static void on_root(struct sitemap *m, const char *name)
{
	m->index = is_element(name, "sitemapindex");
	if (m->index)
		page_say(m->s, PAGE_SITEMAP_INDEX, line_of(m), 0, STR(""), STR(""));
	else if (!is_element(name, "urlset"))
		sitemap_refuse(m, STR("neither <urlset> nor <sitemapindex>"));
}

static void XMLCALL maps_on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct sitemap *m = ctx;
	(void)attributes;
	m->depth++;
	m->into = NULL;
	if (m->depth > DEPTH_MAX) {
		sitemap_refuse(m, STR("elements are nested too deeply"));
	} else if (m->depth == 1) {
		on_root(m, name);
	} else if (m->depth == 2 && is_element(name, m->index ? "sitemap" : "url")) {
		m->entry_line = line_of(m);
		m->locs = 0;
		buf_reset(&m->loc);
		buf_reset(&m->lastmod);
	} else if (m->depth == 3 && m->entry_line && is_element(name, "loc")) {
		m->loc_line = line_of(m);
		m->locs++;
		m->into = m->locs == 1 ? &m->loc : NULL;
	} else if (m->depth == 3 && m->entry_line && is_element(name, "lastmod")) {
		m->into = &m->lastmod;
	}
}

static void on_entry_end(struct sitemap *m)
{
	struct str loc = str_trim(buf_view(&m->loc));
	if (loc.n)
		page_say(m->s, PAGE_LOC, m->loc_line, 0, loc, str_trim(buf_view(&m->lastmod)));
	else
		page_say(m->s, PAGE_SITEMAP_BROKEN, m->entry_line, 0, STR("an entry without <loc>"),
			 STR(""));
	if (m->locs > 1)
		page_say(m->s, PAGE_SITEMAP_BROKEN, m->entry_line, 0,
			 STR("an entry with several <loc>"), STR(""));
	m->entry_line = 0;
}

static void XMLCALL maps_on_end(void *ctx, const XML_Char *name)
{
	struct sitemap *m = ctx;
	(void)name;
	if (m->depth == 2 && m->entry_line)
		on_entry_end(m);
	m->depth--;
	m->into = NULL;
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int n)
{
	struct sitemap *m = ctx;
	if (m->into)
		buf_add(m->into, text, (size_t)n);
}

/* Entities can grow a small document without bound, and no sitemap needs any
 * but the five of XML. */
static void XMLCALL on_entity(void *ctx, const XML_Char *name, int is_parameter,
			      const XML_Char *value, int value_length, const XML_Char *base,
			      const XML_Char *system_id, const XML_Char *public_id,
			      const XML_Char *notation)
{
	(void)name, (void)is_parameter, (void)value, (void)value_length;
	(void)base, (void)system_id, (void)public_id, (void)notation;
	sitemap_refuse(ctx, STR("the document declares entities"));
}

static void XMLCALL on_skipped_entity(void *ctx, const XML_Char *name, int is_parameter)
{
	(void)name, (void)is_parameter;
	sitemap_refuse(ctx, STR("an entity that the document does not define"));
}

void page_sitemap(struct page_state *s, struct str body)
{
	struct sitemap m = {.s = s, .parser = XML_ParserCreateNS(NULL, separator)};
	must(m.parser);
	buf_init(&m.loc, VALUE_BYTES_MAX);
	buf_init(&m.lastmod, VALUE_BYTES_MAX);
	XML_SetUserData(m.parser, &m);
	XML_SetElementHandler(m.parser, maps_on_start, maps_on_end);
	XML_SetCharacterDataHandler(m.parser, on_text);
	XML_SetEntityDeclHandler(m.parser, on_entity);
	XML_SetSkippedEntityHandler(m.parser, on_skipped_entity);
	must(body.n <= PAGE_BYTES_MAX);
	if (XML_Parse(m.parser, body.n ? body.p : "", (int)body.n, 1) == XML_STATUS_ERROR) {
		enum XML_Error error = XML_GetErrorCode(m.parser);
		sitemap_refuse(&m, error == XML_ERROR_NO_ELEMENTS
				       ? STR("the document ends before its root element does")
				       : str_of(XML_ErrorString(error)));
	}
	XML_ParserFree(m.parser);
	buf_release(&m.loc);
	buf_release(&m.lastmod);
}

/* What stands before '#', which begins a comment. */
static struct str without_comment(struct str line)
{
	return str_trim(str_cut(&line, '#'));
}

void page_robots(struct page_state *s, struct str body)
{
	uint32_t line = 0;
	if (str_starts(body, STR("\xef\xbb\xbf")))
		body = (struct str){body.p + 3, body.n - 3};
	while (body.p) {
		struct str value = without_comment(str_cut(&body, '\n'));
		struct str field = str_trim(str_cut(&value, ':'));
		line++;
		if (value.p && str_eq_nocase(field, STR("sitemap")))
			page_say(s, PAGE_SITEMAP_LINE, line, 1, str_trim(value), STR(""));
	}
}
