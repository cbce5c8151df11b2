/* Common parts of all pages: the tree, the header data, sending. */
#include "directory/pages/internal.h"
#include "base/memory.h"
#include "base/percent.h"
#include "directory/cached/cached.h"
#include "directory/taxonomy/taxonomy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "template/template.h"

struct str view_text(struct view *p, const char *fmt, ...)
{
	char *text;
	va_list args;
	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		memory_exhausted();
	struct str copy = arena_str(p->arena, (struct str){text, (size_t)n});
	free(text);
	if (!copy.p)
		p->b.failed = true;
	return copy.p ? copy : (struct str){"", 0};
}

struct str view_word(const struct view *p, enum word_id id)
{
	return wording_text(p->in->wording, id);
}

struct str view_fill_word(struct view *p, enum word_id id, const struct str *value, size_t count)
{
	struct str text = wording_fill(p->in->wording, p->arena, id, value, count);
	p->b.failed |= !text.p;
	return text.p ? text : STR("");
}

/* Data shown on every page. */
static void put_site(struct view *p)
{
	const struct config *c = p->pages->config;
	struct json_value *site = json_build(&p->b, p->root, "site", JSON_IS_OBJECT);
	json_build_text(&p->b, site, "name", str_of(config_text(c, CONFIG_SITE_NAME)));
	json_build_text(&p->b, site, "css", p->pages->css);
	json_build_text(&p->b, site, "icon", p->pages->icon);
	json_build_true(&p->b, site, "profiles", *config_text(c, CONFIG_CONTACT_LISTEN) != '\0');
	json_build_text(&p->b, site, "script", p->pages->script);
	json_build_text(&p->b, site, "contact", str_of(config_text(c, CONFIG_SITE_CONTACT_URL)));
	struct json_value *lines_list = json_build(&p->b, site, "operator", JSON_IS_ARRAY);
	struct str lines = str_of(config_text(c, CONFIG_SITE_OPERATOR));
	while (lines.p) {
		struct str line = str_trim(str_cut(&lines, '|'));
		if (line.n)
			json_build(&p->b, lines_list, NULL, JSON_IS_STRING)->text = line;
	}
}

/* The language of the country that the version ends with; English when pages are made in none that
 * is spoken there. */
static const struct language *view_own_language(const struct pages *pages)
{
	int64_t chosen = config_number(pages->config, CONFIG_SITE_LANG);
	if (chosen)
		return &languages[chosen - 1];
	const char *space = strrchr(pages->version, ' ');
	const struct language *language = language_of_country(str_of(space ? space + 1 : ""));
	return language ? language : &languages[0];
}

const struct page_language *view_language(const struct pages *pages, struct http_request *request)
{
	const char *tag = language_accepted(http_header(request, "Accept-Language"), language_tags);
	const struct language *language = tag ? language_find(str_of(tag)) : NULL;
	/* From the query as it was sent, because an error page can be that of any route. */
	struct str query = request->raw_query;
	while (query.p) {
		struct str value = str_cut(&query, '&'), name = str_cut(&value, '=');
		if (value.p && str_eq(name, STR("lang")) && language_find(value))
			language = language_find(value);
	}
	if (!language)
		language = view_own_language(pages);
	if (!request->answer_headers)
		request->answer_headers = "Vary: Accept-Encoding, Accept-Language\r\n";
	return &pages->in[language - languages];
}

static struct view *view_create(const struct pages *pages, const struct page_language *in,
				struct arena *arena)
{
	struct view *p = arena_alloc(arena, sizeof(*p));
	if (!p)
		return NULL;
	p->arena = arena;
	p->pages = pages;
	p->in = in;
	json_build_init(&p->b, arena);
	p->root = json_build(&p->b, NULL, NULL, JSON_IS_OBJECT);
	const struct language *language = in->language;
	json_build_text(&p->b, p->root, "lang", str_of(language->html));
	json_build_true(&p->b, p->root, "rtl", language->rtl);
	put_site(p);
	return p;
}

struct view *view_make(const struct pages *pages, struct http_request *request)
{
	struct view *p = view_create(pages, view_language(pages, request), &request->arena);
	if (p)
		p->request = request;
	return p;
}

/* When the client goes, the request's arena goes, and with it the running query. */
static void view_client_gone(void *ctx)
{
	(void)ctx;
}

struct view *view_begin(struct http_request *request)
{
	struct view *p = view_make(http_ctx(request), request);
	if (!p)
		http_problem(request, HTTP_PROBLEM_INTERNAL, NULL, "no memory for the request");
	else
		http_on_gone(request, view_client_gone, NULL);
	return p;
}

struct view *view_fill(const struct pages *pages, const struct page_language *in,
		       struct cache_fill *fill)
{
	struct view *p = view_create(pages, in, cache_fill_arena(fill));
	must(p); /* the first bytes of a fill's arena */
	p->fill = fill;
	return p;
}

struct json_value *view_list(struct view *p, const char *key)
{
	struct json_value *section = json_build(&p->b, p->root, key, JSON_IS_OBJECT);
	return json_build(&p->b, section, "items", JSON_IS_ARRAY);
}

void view_title(struct view *p, struct str title, struct str description)
{
	json_build_text(&p->b, p->root, "title", title);
	json_build_text(&p->b, p->root, "description", description);
}

void view_canonical(struct view *p, struct str path)
{
	const char *url = config_text(p->pages->config, CONFIG_SITE_URL);
	json_build_true(&p->b, p->root, "indexed", true);
	if (!*url)
		return;
	json_build_text(&p->b, p->root, "canonical", view_text(p, "%s%.*s", url, STR_ARG(path)));
	if (!json_get(p->root, "og_type"))
		json_build_text(&p->b, p->root, "og_type", STR("website"));
	json_build_text(&p->b, p->root, "og_locale",
			str_of(wording_language(p->in->wording)->locale));
}

bool view_render(struct view *p, enum view_template which, struct err *err)
{
	struct buf *out = p->request ? http_out(p->request) : cache_fill_out(p->fill);
	if (p->b.failed)
		return err_set(err, TOO_LARGE, "no memory for the page"), false;
	return template_render(p->in->page[which], p->root, out, err) == OK;
}

void view_send(struct view *p, enum view_template which)
{
	struct err err;
	if (!view_render(p, which, &err))
		view_refuse(p, SEARCH_FAILED, &err);
	else if (p->request)
		http_respond_out(p->request, HTTP_TYPE_HTML, HTTP_CACHE_ASK);
	else
		cached_made(p->fill);
}

void view_moved(struct view *p, struct str location)
{
	if (p->request)
		http_respond(p->request,
			     &(struct http_answer){.status = 301, .location = location.p});
	else
		cached_moved(p->fill, location);
}

void view_refuse(struct view *p, enum search_problem problem, const struct err *err)
{
	enum http_problem named = http_problem_named(search_problem_name(problem));
	if (p->request)
		http_problem(p->request, named, NULL, "%s", err->text);
	else if (problem == SEARCH_BUSY || problem == SEARCH_SLOW || problem == SEARCH_FAILED)
		cache_fill_failed(p->fill, problem == SEARCH_BUSY ? UNAVAILABLE : FAILED, err);
	else
		cached_problem(p->fill, named, err->text);
}

void view_source(struct view *p, struct json_value *sources, const struct search_source *source)
{
	struct str name = source->name.n ? source->name : source->key;
	for (const struct json_value *s = sources->first; s; s = s->next)
		if (str_eq(json_text(json_get(s, "name")), name))
			return;
	struct json_value *s = json_build(&p->b, sources, NULL, JSON_IS_OBJECT);
	json_build_text(&p->b, s, "name", name);
	json_build_text(&p->b, s, "url", source->url);
	json_build_text(&p->b, s, "licence", source->licence);
	json_build_text(&p->b, s, "licence_url", source->licence_url);
	if (!str_eq(source->attribution, name))
		json_build_text(&p->b, s, "attribution", source->attribution);
}

struct str view_count(struct view *p, int64_t n)
{
	char text[WORDING_NUMBER];
	wording_number(p->in->wording, (uint64_t)n, text);
	return view_text(p, "%s", text);
}

struct str view_search_link(struct view *p, const struct search_query *q)
{
	struct buf b;
	buf_init(&b, 16 * 1024);
	buf_puts(&b, "/search?");
	search_query_write(&b, q, q->cursor.n > 0);
	if (b.n && b.p[b.n - 1] == '?')
		b.n--;
	struct str link = view_text(p, "%.*s", STR_ARG(buf_view(&b)));
	buf_release(&b);
	return link;
}

struct str view_business_link(struct view *p, const struct search_business *b)
{
	struct buf path;
	buf_init(&path, 4096);
	percent_put(&path, b->path, "/");
	struct str link = b->path.n
			      ? view_text(p, "/%s-%.*s.html", buf_z(&path), STR_ARG(b->id_text))
			      : view_text(p, "/b/%.*s", STR_ARG(b->id_text));
	buf_release(&path);
	return link;
}

struct str view_level_link(struct view *p, struct str region, struct str town, struct str category)
{
	struct buf b;
	if (category.n && !taxonomy_find(TAXONOMY_KEY, category))
		return (struct str){"", 0};
	buf_init(&b, 4096);
	if (town.n || region.n) {
		buf_puts(&b, town.n ? "/" : "/in/");
		percent_put(&b, town.n ? town : region, "");
		buf_putc(&b, '/');
		if (category.n)
			buf_printf(&b, "%.*s.html", STR_ARG(category));
	} else if (category.n) {
		buf_printf(&b, "/kind/%.*s/", STR_ARG(category));
	}
	struct str link = view_text(p, "%.*s", STR_ARG(buf_view(&b)));
	buf_release(&b);
	return link;
}

struct str view_list_link(struct view *p, const struct search_query *asked)
{
	struct search_query q = *asked;
	q.cursor = (struct str){"", 0};
	if (!search_possible(&q))
		q.sort_given = false;
	return search_possible(&q) ? view_search_link(p, &q) : (struct str){"", 0};
}

struct str view_kind(const struct view *p, struct str key, struct str label)
{
	const struct taxonomy_category *category = taxonomy_find(TAXONOMY_KEY, key);
	return category ? taxonomy_label(category, p->in->language->tag)
			: wording_find(p->in->wording, label);
}

struct str view_region_name(const struct search_place *region)
{
	return region->name.n ? region->name : search_country_name(region->country);
}

int view_larger_first(const void *a, const void *b)
{
	const struct search_place *x = a, *y = b;
	if (x->businesses != y->businesses)
		return x->businesses < y->businesses ? 1 : -1;
	int order = str_cmp(x->name, y->name);
	return order ? order : str_cmp(x->key, y->key);
}
