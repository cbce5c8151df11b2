/* What every page is made of: its tree, what stands on all of them, and how it is sent. */
#include "directory/pages/internal.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include "template/template.h"

struct str page_text(struct page *p, const char *fmt, ...)
{
	char *text;
	va_list args;
	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		memory_exhausted();
	struct str copy = arena_str(&p->request->arena, (struct str){text, (size_t)n});
	free(text);
	if (!copy.p)
		p->b.failed = true;
	return copy.p ? copy : (struct str){"", 0};
}

/* What stands on every page. */
static void put_site(struct page *p)
{
	const struct config *c = p->pages->config;
	struct json_value *site = json_build(&p->b, p->root, "site", JSON_IS_OBJECT);
	json_build_text(&p->b, site, "name", str_of(config_text(c, CONFIG_SITE_NAME)));
	json_build_text(&p->b, site, "css", p->pages->css);
	json_build_text(&p->b, site, "icon", p->pages->icon);
	json_build_text(&p->b, site, "contact", str_of(config_text(c, CONFIG_SITE_CONTACT_URL)));
	struct json_value *lines_list = json_build(&p->b, site, "operator", JSON_IS_ARRAY);
	struct str lines = str_of(config_text(c, CONFIG_SITE_OPERATOR));
	while (lines.p) {
		struct str line = str_trim(str_cut(&lines, '|'));
		if (line.n)
			json_build(&p->b, lines_list, NULL, JSON_IS_STRING)->text = line;
	}
}

struct page *page_make(const struct pages *pages, struct http_request *request)
{
	struct page *p = arena_alloc(&request->arena, sizeof(*p));
	if (!p)
		return NULL;
	p->request = request;
	p->pages = pages;
	json_build_init(&p->b, &request->arena);
	p->root = json_build(&p->b, NULL, NULL, JSON_IS_OBJECT);
	put_site(p);
	return p;
}

/* When the client goes, the request's arena goes, and with it the running query. */
static void page_client_gone(void *ctx)
{
	(void)ctx;
}

struct page *page_begin(struct http_request *request)
{
	struct page *p = page_make(http_ctx(request), request);
	if (!p)
		http_problem(request, HTTP_PROBLEM_INTERNAL, NULL, "no memory for the request");
	else
		http_on_gone(request, page_client_gone, NULL);
	return p;
}

struct json_value *page_list(struct page *p, const char *key)
{
	struct json_value *section = json_build(&p->b, p->root, key, JSON_IS_OBJECT);
	return json_build(&p->b, section, "items", JSON_IS_ARRAY);
}

void page_title(struct page *p, struct str title, struct str description)
{
	json_build_text(&p->b, p->root, "title", title);
	json_build_text(&p->b, p->root, "description", description);
}

void page_canonical(struct page *p, struct str path)
{
	const char *url = config_text(p->pages->config, CONFIG_SITE_URL);
	json_build_true(&p->b, p->root, "indexed", true);
	if (*url)
		json_build_text(&p->b, p->root, "canonical",
				page_text(p, "%s%.*s", url, STR_ARG(path)));
}

bool page_render(struct page *p, enum page_template which, struct err *err)
{
	if (p->b.failed)
		return err_set(err, TOO_LARGE, "no memory for the page"), false;
	return template_render(p->pages->page[which], p->root, http_out(p->request), err) == OK;
}

void page_send(struct page *p, enum page_template which)
{
	struct err err;
	if (page_render(p, which, &err))
		http_respond_out(p->request, HTTP_TYPE_HTML, HTTP_CACHE_ASK);
	else
		http_problem(p->request, HTTP_PROBLEM_INTERNAL, NULL, "%s", err.text);
}

void page_refuse(struct page *p, enum search_problem problem, const struct err *err)
{
	http_problem(p->request, http_problem_named(search_problem_name(problem)), NULL, "%s",
		     err->text);
}

void page_source(struct page *p, struct json_value *sources, const struct search_source *source)
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

struct str page_count(struct page *p, int64_t n)
{
	if (n < 10000)
		return page_text(p, "%lld", (long long)n);
	if (n < 1000000)
		return page_text(p, "%lld\u202f%03lld", (long long)(n / 1000),
				 (long long)(n % 1000));
	return page_text(p, "%lld\u202f%03lld\u202f%03lld", (long long)(n / 1000000),
			 (long long)(n / 1000 % 1000), (long long)(n % 1000));
}

struct str page_search_link(struct page *p, const struct search_query *q)
{
	struct buf b;
	buf_init(&b, 16 * 1024);
	buf_puts(&b, "/search?");
	search_query_write(&b, q, q->cursor.n > 0);
	if (b.n && b.p[b.n - 1] == '?')
		b.n--;
	struct str link = page_text(p, "%.*s", STR_ARG(buf_view(&b)));
	buf_release(&b);
	return link;
}

struct str page_region_name(const struct search_place *region)
{
	return region->name.n ? region->name : region->country;
}

int page_larger_first(const void *a, const void *b)
{
	const struct search_place *x = a, *y = b;
	if (x->businesses != y->businesses)
		return x->businesses < y->businesses ? 1 : -1;
	int order = str_cmp(x->name, y->name);
	return order ? order : str_cmp(x->key, y->key);
}
