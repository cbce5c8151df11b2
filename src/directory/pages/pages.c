/* The set of templates, the pages without facts, the routes. */
#include "directory/pages/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/files.h"
#include "base/memory.h"
#include "db/async/async.h"
#include "site/look/look.h"
#include "template/template.h"

static const char *const template_names[VIEW_TEMPLATES] = {
    [VIEW_HOME] = "home",       [VIEW_RESULTS] = "results", [VIEW_BUSINESS] = "business",
    [VIEW_PLACES] = "places",   [VIEW_SOURCES] = "sources", [VIEW_IMPRINT] = "imprint",
    [VIEW_PRIVACY] = "privacy", [VIEW_ERROR] = "error",     [VIEW_PROFILES] = "profiles",
    [VIEW_PROFILE] = "profile",
};

static const struct page_kind page_kinds[] = {
    {"home", make_home},       {"results", make_results},
    {"level", make_level},     {"business", make_business},
    {"regions", make_regions}, {"cities", make_cities},
    {"sources", make_sources}, {0},
};

/* ---- the set ---- */

static enum status pages_add_language(const struct pages *pages, struct page_language *in,
				      const struct language *language, struct err *err)
{
	in->language = language;
	in->set = template_set_create();
	template_set_plural(in->set, language->plural);
	enum status status = wording_load(language, &in->wording, err);
	if (status == OK)
		status = look_add_templates(in->set, "templates/", pages->config, in->wording, NULL,
					    NULL, NULL, err);
	for (int i = 0; i < VIEW_TEMPLATES && status == OK; i++) {
		in->page[i] = template_find(in->set, template_names[i]);
		must(in->page[i]);
	}
	return status;
}

static struct str pages_versioned(const char *path)
{
	const struct file *file = files_find(str_of(path));
	char *text;
	must(file);
	if (asprintf(&text, "/%s?v=%.*s", path, STR_ARG(file->hash)) < 0)
		memory_exhausted();
	return str_of(text);
}

enum status pages_create(struct db_pool *db, struct cache *cache, const struct config *config,
			 struct pages **out, struct err *err)
{
	struct pages *pages = memory_alloc(sizeof(*pages));
	*out = NULL;
	pages->db = db;
	pages->cache = cache;
	pages->config = config;
	pages->kinds = page_kinds;
	kept_init(pages);
	pages->in = memory_array(languages_count, sizeof(*pages->in));
	pages->css = pages_versioned("assets/site.css");
	pages->icon = pages_versioned("assets/icon.svg");
	pages->script = pages_versioned("assets/search.js");
	enum status status = OK;
	for (size_t i = 0; i < languages_count && status == OK; i++)
		status = pages_add_language(pages, &pages->in[i], &languages[i], err);
	if (status != OK) {
		pages_free(pages);
		return status;
	}
	*out = pages;
	return OK;
}

void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	for (size_t i = 0; i < languages_count; i++) {
		template_set_free(pages->in[i].set);
		wording_free(pages->in[i].wording);
	}
	free(pages->in);
	free((char *)pages->css.p);
	free((char *)pages->icon.p);
	free((char *)pages->script.p);
	free(pages);
}

/* ---- pages without facts ---- */

static void pages_imprint(struct http_request *request)
{
	struct view *p = view_begin(request);
	if (!p)
		return;
	view_title(p, view_word(p, WORD_IMPRINT), view_word(p, WORD_IMPRINT_ABOUT));
	view_canonical(p, STR("/imprint"));
	view_send(p, VIEW_IMPRINT);
}

static void pages_privacy(struct http_request *request)
{
	struct view *p = view_begin(request);
	if (!p)
		return;
	view_title(p, view_word(p, WORD_PRIVACY), view_word(p, WORD_PRIVACY_ABOUT));
	view_canonical(p, STR("/privacy"));
	view_send(p, VIEW_PRIVACY);
}

void pages_error(void *ctx, struct http_request *request, const struct http_error *error)
{
	const struct pages *pages = ctx;
	struct view *p = view_make(pages, request);
	struct err err = {.text = "no memory for the page"};
	struct str body = STR("<!doctype html><title>Error</title><p>Something went wrong here.");
	if (p) {
		view_title(p, wording_find(p->in->wording, str_of(error->row->title)),
			   (struct str){"", 0});
		json_build_text(&p->b, p->root, "detail", str_of(error->detail));
		json_build_text(&p->b, p->root, "status", view_text(p, "%d", error->row->status));
		json_build_text(&p->b, p->root, "request_id", request->id);
		json_build_true(&p->b, p->root, "lost", error->row->status == 404);
		json_build_true(&p->b, p->root, "busy", error->row->status == 503);
		json_build_true(&p->b, p->root, "ours",
				error->row->status >= 500 && error->row->status != 503);
		if (view_render(p, VIEW_ERROR, &err))
			body = buf_view(http_out(request));
	}
	http_respond(request, &(struct http_answer){.status = error->row->status,
						    .type = HTTP_TYPE_HTML,
						    .cache = HTTP_CACHE_NONE,
						    .body = body,
						    .retry_after_s = error->row->status == 503});
}

const struct http_param pages_params[] = {PAGE_LANGUAGE_PARAM, {0}};

#define PAGE(path, id, function, table, text)                                                      \
	{                                                                                          \
		.method = HTTP_GET, .pattern = (path), .name = (id), .handler = (function),        \
		.kind = HTTP_PAGE, .params = (table), .summary = (text), .answer = "A page",       \
		.answer_type = HTTP_TYPE_HTML                                                      \
	}
const struct http_route pages_routes[] = {
    PAGE("/", "page_home", pages_home, pages_params, "Where one begins"),
    PAGE("/search", "page_results", pages_results, search_params, "Businesses found"),
    PAGE("/b/{id}", "page_business", pages_business, pages_business_params, "One business"),
    PAGE("/regions", "page_regions", pages_regions, pages_params, "Every region"),
    PAGE("/regions/{key}", "page_cities", pages_cities, pages_cities_params, "Towns of a region"),
    PAGE("/sources", "page_sources", pages_sources, pages_params, "Sources and licences"),
    PAGE("/imprint", "page_imprint", pages_imprint, pages_params, "Who runs the directory"),
    PAGE("/privacy", "page_privacy", pages_privacy, pages_params, "What is known about visitors"),
    {0}};

/* Last of all routes: places have the names that no other address begins with. */
const struct http_route pages_address_routes[] = {{.method = HTTP_GET,
						   .pattern = "/{place}/{page...}",
						   .name = "page_address",
						   .handler = pages_address,
						   .kind = HTTP_PAGE,
						   .fallback = true,
						   .params = pages_address_params,
						   .summary = "One business at its own address",
						   .answer = "A page",
						   .answer_type = HTTP_TYPE_HTML},
						  {.method = HTTP_GET,
						   .pattern = "/{place}/",
						   .name = "page_place",
						   .handler = pages_place,
						   .kind = HTTP_PAGE,
						   .fallback = true,
						   .params = pages_place_params,
						   .summary = "The businesses of a town",
						   .answer = "A page",
						   .answer_type = HTTP_TYPE_HTML},
						  {0}};
