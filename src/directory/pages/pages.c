#include "directory/pages/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/files.h"
#include "db/async/async.h"
#include "template/template.h"

static const char *const template_names[PAGE_TEMPLATES] = {
    [PAGE_HOME] = "home",       [PAGE_RESULTS] = "results", [PAGE_BUSINESS] = "business",
    [PAGE_PLACES] = "places",   [PAGE_SOURCES] = "sources", [PAGE_IMPRINT] = "imprint",
    [PAGE_PRIVACY] = "privacy", [PAGE_ERROR] = "error",
};

/* ---- the set ---- */

/* templates/home.mustache is the template "home". */
static enum status add_templates(struct template_set *set, struct err *err)
{
	struct str folder = STR("templates/"), ending = STR(".mustache");
	for (size_t i = 0; i < files_count; i++) {
		struct str path = files[i].path;
		if (!str_starts(path, folder) || !str_ends(path, ending))
			continue;
		struct str name = {path.p + folder.n, path.n - folder.n - ending.n};
		enum status status = template_set_add(set, name, files_find(path)->body, err);
		if (status != OK)
			return status;
	}
	return template_set_link(set, err);
}

static struct str versioned(const char *path)
{
	const struct file *file = files_find(str_of(path));
	char *text;
	must(file);
	if (asprintf(&text, "/%s?v=%.*s", path, STR_ARG(file->hash)) < 0)
		die("out of memory");
	return str_of(text);
}

enum status pages_create(struct db_pool *db, const struct config *config, struct pages **out,
			 struct err *err)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	if (!pages)
		die("out of memory");
	*out = NULL;
	pages->db = db;
	pages->config = config;
	pages->set = template_set_create();
	pages->css = versioned("assets/site.css");
	pages->icon = versioned("assets/icon.svg");
	enum status status = add_templates(pages->set, err);
	if (status != OK) {
		pages_free(pages);
		return status;
	}
	for (int i = 0; i < PAGE_TEMPLATES; i++) {
		pages->page[i] = template_find(pages->set, template_names[i]);
		must(pages->page[i]);
	}
	*out = pages;
	return OK;
}

void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	template_set_free(pages->set);
	free((char *)pages->css.p);
	free((char *)pages->icon.p);
	free(pages);
}

/* ---- one page ---- */

struct str page_text(struct page *p, const char *fmt, ...)
{
	char *text;
	va_list args;
	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		die("out of memory");
	struct str copy = arena_str(&p->request->arena, (struct str){text, (size_t)n});
	free(text);
	if (!copy.p)
		p->b.failed = true;
	return copy.p ? copy : (struct str){"", 0};
}

static void set(struct page *p, const char *key, struct str value)
{
	json_build_text(&p->b, p->root, key, value);
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

static struct page *begin(const struct pages *pages, struct http_request *request)
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
static void gone(void *ctx)
{
	(void)ctx;
}

struct page *page_begin(struct http_request *request)
{
	struct page *p = begin(http_ctx(request), request);
	if (!p)
		http_problem(request, HTTP_PROBLEM_INTERNAL, NULL, "no memory for the request");
	else
		http_on_gone(request, gone, NULL);
	return p;
}

struct json_value *page_list(struct page *p, const char *key)
{
	struct json_value *section = json_build(&p->b, p->root, key, JSON_IS_OBJECT);
	return json_build(&p->b, section, "items", JSON_IS_ARRAY);
}

void page_title(struct page *p, struct str title, struct str description)
{
	set(p, "title", title);
	set(p, "description", description);
}

void page_canonical(struct page *p, struct str path)
{
	const char *url = config_text(p->pages->config, CONFIG_SITE_URL);
	json_build_true(&p->b, p->root, "indexed", true);
	if (*url)
		set(p, "canonical", page_text(p, "%s%.*s", url, STR_ARG(path)));
}

static bool render(struct page *p, enum page_template which, struct err *err)
{
	if (p->b.failed)
		return err_set(err, TOO_LARGE, "no memory for the page"), false;
	return template_render(p->pages->page[which], p->root, http_out(p->request), err) == OK;
}

void page_send(struct page *p, enum page_template which)
{
	struct err err;
	if (render(p, which, &err))
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

/* ---- pages without facts ---- */

static void imprint(struct http_request *request)
{
	struct page *p = page_begin(request);
	if (!p)
		return;
	page_title(p, STR("Imprint"), STR("Who runs this directory and how to reach them."));
	page_canonical(p, STR("/imprint"));
	page_send(p, PAGE_IMPRINT);
}

static void privacy(struct http_request *request)
{
	struct page *p = page_begin(request);
	if (!p)
		return;
	page_title(p, STR("Privacy"),
		   STR("What this directory knows about its visitors: nothing."));
	page_canonical(p, STR("/privacy"));
	page_send(p, PAGE_PRIVACY);
}

void pages_error(void *ctx, struct http_request *request, const struct http_error *error)
{
	const struct pages *pages = ctx;
	struct page *p = begin(pages, request);
	struct err err = {.text = "no memory for the page"};
	struct str body = STR("<!doctype html><title>Error</title><p>Something went wrong here.");
	if (p) {
		page_title(p, str_of(error->row->title), (struct str){"", 0});
		set(p, "detail", str_of(error->detail));
		set(p, "status", page_text(p, "%d", error->row->status));
		set(p, "request_id", request->id);
		json_build_true(&p->b, p->root, "lost", error->row->status == 404);
		json_build_true(&p->b, p->root, "busy", error->row->status == 503);
		json_build_true(&p->b, p->root, "ours",
				error->row->status >= 500 && error->row->status != 503);
		if (render(p, PAGE_ERROR, &err))
			body = buf_view(http_out(request));
	}
	http_respond(request, &(struct http_answer){.status = error->row->status,
						    .type = HTTP_TYPE_HTML,
						    .cache = HTTP_CACHE_NONE,
						    .body = body,
						    .retry_after_s = error->row->status == 503});
}

#define PAGE(path, id, function, table, text)                                                      \
	{                                                                                          \
		.method = HTTP_GET, .pattern = (path), .name = (id), .handler = (function),        \
		.kind = HTTP_PAGE, .params = (table), .summary = (text), .answer = "A page",       \
		.answer_type = HTTP_TYPE_HTML                                                      \
	}
const struct http_route pages_routes[] = {
    PAGE("/", "page_home", pages_home, NULL, "Where one begins"),
    PAGE("/search", "page_results", pages_results, pages_results_params, "Businesses found"),
    PAGE("/b/{id}", "page_business", pages_business, pages_business_params, "One business"),
    PAGE("/regions", "page_regions", pages_regions, NULL, "Every region"),
    PAGE("/regions/{key}", "page_cities", pages_cities, pages_cities_params, "Towns of a region"),
    PAGE("/sources", "page_sources", pages_sources, NULL, "Sources and licences"),
    PAGE("/imprint", "page_imprint", imprint, NULL, "Who runs the directory"),
    PAGE("/privacy", "page_privacy", privacy, NULL, "What is known about visitors"),
    {0}};
