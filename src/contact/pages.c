/* The pages for people: the same operations by forms, shown as HTML. No script, no cookie: who
 * is signed in has a ticket in a hidden field of every form. */
#include "contact/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/files.h"
#include "base/memory.h"
#include "directory/iso/iso.h"
#include "directory/taxonomy/taxonomy.h"
#include "site/look/look.h"
#include "template/template.h"

struct pages_set {
	const struct config *config;
	struct template_set *set;
};

/* A page that an operation ends in. */
struct page {
	const char *template;
	const char *title;
};

/* ---- templates ---- */

static enum status pages_add_templates(struct template_set *set, struct err *err)
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

enum status contact_pages_create(const struct config *config, struct pages_set **out,
				 struct err *err)
{
	struct pages_set *pages = memory_alloc(sizeof(*pages));
	pages->config = config;
	pages->set = template_set_create();
	look_compose(config, false);
	*out = pages;
	return pages_add_templates(pages->set, err);
}

void contact_pages_free(struct pages_set *pages)
{
	if (!pages)
		return;
	template_set_free(pages->set);
	free(pages);
}

/* ---- what every page has ---- */

struct page_view {
	struct contact *contact;
	struct http_request *request;
	struct json_build b;
	struct json_value *root;
};

/* "2026-11-28T18:00:00Z" as "Saturday, 28 November, 18:00 UTC". */
static const char *page_when(struct arena *arena, int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[80];
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text),
		 tm.tm_sec ? "%A, %-d %B %Y, %H:%M:%S UTC" : "%A, %-d %B %Y, %H:%M UTC", &tm);
	return arena_printf(arena, "%s", text);
}

static void view_operator(struct page_view *v, struct json_value *site)
{
	struct str rest = str_of(config_text(v->contact->config, CONFIG_SITE_OPERATOR));
	struct json_value *lines = json_build(&v->b, site, "operator", JSON_IS_ARRAY);
	while (rest.n) {
		struct str line = str_trim(str_cut(&rest, '|'));
		if (line.n)
			json_build(&v->b, lines, NULL, JSON_IS_STRING)->text = line;
		if (!rest.p)
			break;
	}
}

static const char *page_asset(struct arena *arena, const char *path)
{
	const struct file *file = files_find(str_of(path));
	must(file);
	return arena_printf(arena, "/%s?v=%.*s", path, STR_ARG(file->hash));
}

/* False: no memory; answered. */
static bool view_begin(struct page_view *v, struct http_request *request, const char *title)
{
	struct arena *arena = &request->arena;
	const struct contact *contact = http_ctx(request);
	const struct keeper_answer_info *info = &contact->info;
	*v = (struct page_view){.contact = (struct contact *)contact, .request = request};
	json_build_init(&v->b, arena);
	v->root = json_build(&v->b, NULL, NULL, JSON_IS_OBJECT);
	struct json_value *site = json_build(&v->b, v->root, "site", JSON_IS_OBJECT);
	json_build_text(&v->b, site, "name",
			str_of(config_text(contact->config, CONFIG_SITE_NAME)));
	json_build_text(&v->b, site, "directory",
			str_of(config_text(contact->config, CONFIG_SITE_URL)));
	json_build_text(&v->b, site, "sphere",
			str_of(config_text(contact->config, CONFIG_CONTACT_URL)));
	json_build_text(&v->b, site, "css", str_of(page_asset(arena, "assets/site.css")));
	json_build_text(&v->b, site, "sheet", str_of(page_asset(arena, "assets/contact.css")));
	json_build_text(&v->b, site, "icon", str_of(page_asset(arena, "assets/icon.svg")));
	view_operator(v, site);
	json_build_text(&v->b, v->root, "title", str_of(title));
	json_build_text(&v->b, v->root, "next_look",
			str_of(page_when(arena, duties_next_tick(contact))));
	json_build_format(&v->b, v->root, "per_day", "%u", info->unlocks_per_day);
	json_build_format(&v->b, v->root, "profile_days", "%u", info->profile_days);
	json_build_format(&v->b, v->root, "k", "%lld",
			  (long long)config_number(contact->config, CONFIG_CONTACT_K));
	json_build_format(&v->b, v->root, "text_version", "%d", CONTACT_TEXT_VERSION);
	json_build_true(&v->b, v->root, "invited_only",
			config_number(contact->config, CONFIG_CONTACT_ENROL) == 1);
	return true;
}

/* Render into `out`. False: the page is too large, or memory is out. */
static bool view_render(struct page_view *v, const char *name, struct buf *out)
{
	struct err err;
	const struct template *t = template_find(v->contact->pages->set, name);
	must(t);
	return !v->b.failed && template_render(t, v->root, out, &err) == OK && !buf_failed(out);
}

static void view_send(struct page_view *v, const char *name, int status)
{
	struct buf *out = http_out(v->request);
	buf_reset(out); /* a call has written its JSON there */
	if (!view_render(v, name, out)) {
		http_problem(v->request, HTTP_PROBLEM_INTERNAL, NULL, "the page could not be made");
		return;
	}
	http_respond(v->request, &(struct http_answer){.status = status,
						       .type = HTTP_TYPE_HTML,
						       .cache = HTTP_CACHE_NONE,
						       .body = buf_view(out)});
}

/* ---- choices of the profile's form ---- */

static void view_choice(struct page_view *v, struct json_value *list, const char *value,
			const char *label, struct str chosen)
{
	struct json_value *o = json_build(&v->b, list, NULL, JSON_IS_OBJECT);
	json_build_text(&v->b, o, "value", str_of(value));
	json_build_text(&v->b, o, "label", str_of(label));
	json_build_true(&v->b, o, "chosen", str_eq(chosen, str_of(value)));
}

static void view_categories(struct page_view *v, struct str category, struct str group)
{
	struct json_value *groups = json_build(&v->b, v->root, "groups", JSON_IS_ARRAY);
	for (int id = 1; id < 256; id++) {
		const struct taxonomy_group *g = taxonomy_group_by_id(id);
		if (!g)
			continue;
		struct json_value *o = json_build(&v->b, groups, NULL, JSON_IS_OBJECT);
		json_build_text(&v->b, o, "value", str_of(g->key));
		json_build_text(&v->b, o, "label", str_of(g->label));
		json_build_true(&v->b, o, "chosen", str_eq(group, str_of(g->key)));
		struct json_value *list = json_build(&v->b, o, "categories", JSON_IS_ARRAY);
		for (size_t i = 0; i < taxonomy_count; i++)
			if (strcmp(taxonomy_categories[i].group, g->key) == 0)
				view_choice(v, list, taxonomy_categories[i].key,
					    taxonomy_categories[i].label, category);
	}
}

/* A choice of a profile: its value in the API, and what pages say. */
struct page_choice {
	const char *value, *label;
};
static const struct page_choice page_kinds[] = {
    {"need", "We need something"}, {"offer", "We offer something"}, {NULL, NULL}};
/* Of a profile that is shown, which is another party's. */
static const struct page_choice page_kinds_shown[] = {
    {"need", "They need something"}, {"offer", "They offer something"}, {NULL, NULL}};
static const struct page_choice page_sizes[] = {
#define PROFILE_SIZE(letter, value, label) {value, label},
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_SIZE
    {NULL, NULL}};
static const struct page_choice page_budgets[] = {
#define PROFILE_BUDGET(letter, value, label) {value, label},
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_BUDGET
    {NULL, NULL}};

/* The lists of the form, and the members of a profile that are shown by their label. */
static const struct {
	const char *list, *member, *label;
	const struct page_choice *choices, *shown;
} page_choices[] = {
    {"kinds", "kind", "kind_label", page_kinds, page_kinds_shown},
    {"sizes", "size", "size_label", page_sizes, page_sizes},
    {"budgets", "budget", "budget_label", page_budgets, page_budgets},
};

/* "de fr" as "German, French"; what is no code stays as it was typed. */
static struct str page_languages(struct arena *arena, struct str codes)
{
	struct str out = STR(""), rest = codes;
	while (rest.n) {
		struct str one = str_cut(&rest, ' ');
		struct str name = iso_language_name(one, STR("en"));
		if (!name.n)
			return codes;
		out = ARENA_JOIN(arena, out, str_of(out.n ? ", " : ""), name);
	}
	return out;
}

/* Beside the keys of a profile what they are called: "size_label", "place", ... */
static void view_profile_names(struct page_view *v, struct json_value *profile)
{
	for (size_t i = 0; i < COUNT_OF(page_choices); i++) {
		struct str value = json_text(json_get(profile, page_choices[i].member));
		for (const struct page_choice *c = page_choices[i].shown; c->value; c++)
			if (str_eq(value, str_of(c->value)))
				json_build_text(&v->b, profile, page_choices[i].label,
						str_of(c->label));
	}
	struct str typed = json_text(json_get(profile, "country"));
	struct str country = iso_country_name(typed, STR("en"));
	struct str region = json_text(json_get(profile, "region_name"));
	json_build_text(&v->b, profile, "country_name", country.n ? country : typed);
	json_build_text(&v->b, profile, "region_typed",
			region.n ? region : json_text(json_get(profile, "region")));
	json_build_text(
	    &v->b, profile, "language_names",
	    page_languages(&v->request->arena, json_text(json_get(profile, "languages"))));
}

static void view_profile_form(struct page_view *v, const struct json_value *profile)
{
	for (size_t i = 0; i < COUNT_OF(page_choices); i++) {
		struct json_value *list =
		    json_build(&v->b, v->root, page_choices[i].list, JSON_IS_ARRAY);
		struct str chosen = json_text(json_get(profile, page_choices[i].member));
		for (const struct page_choice *c = page_choices[i].choices; c->value; c++)
			view_choice(v, list, c->value, c->label, chosen);
	}
	view_categories(v, json_text(json_get(profile, "category")),
			json_text(json_get(profile, "category")).n
			    ? STR("")
			    : json_text(json_get(profile, "group")));
}

/* ---- pages that an operation ends in ---- */

static int64_t page_seconds(struct str text)
{
	struct tm tm = {0};
	return text.n && strptime(text.p, "%Y-%m-%dT%H:%M:%SZ", &tm) ? (int64_t)timegm(&tm) : 0;
}

/* Instants as people read them: "effective_at" gives "effective_at_when". */
static void view_instants(struct page_view *v, struct json_value *object)
{
	static const char *const keys[] = {"effective_at", "expires",      "next_tick",
					   "enrolled",     "from",         "since",
					   "until",        "withdrawn_at", "gone_for_good_on"};
	struct arena *arena = &v->request->arena;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		int64_t seconds = page_seconds(json_text(json_get(object, keys[i])));
		if (seconds)
			json_build_text(&v->b, object, arena_printf(arena, "%s_when", keys[i]),
					str_of(page_when(arena, seconds)));
	}
}

/* What a list says of each unlock: its state as a member of that name. */
static void view_list(struct page_view *v, const char *key)
{
	const struct json_value *list = json_get(v->root, key);
	for (struct json_value *one = list ? list->first : NULL; one; one = one->next) {
		struct str state = json_text(json_get(one, "state"));
		json_build_true(&v->b, one,
				arena_printf(&v->request->arena, "%.*s", STR_ARG(state)), true);
		view_instants(v, one);
	}
}

static void view_take_json(struct page_view *v, struct str json)
{
	struct json_value *answer;
	struct err err;
	if (json_parse(&v->request->arena, json, &answer, &err) != OK) {
		v->b.failed = true;
		return;
	}
	view_instants(v, answer);
	for (struct json_value *member = answer->first, *next; member; member = next) {
		next = member->next;
		struct json_value *copy =
		    json_build_hashed(&v->b, v->root, member->key, member->hash, member->kind);
		struct json_value *link = copy->next;
		struct str name = copy->key;
		uint32_t hash = copy->hash;
		*copy = *member;
		copy->next = link;
		copy->key = name;
		copy->hash = hash;
	}
}

static bool page_has_field(const struct http_request *request, const char *name)
{
	for (const struct http_param *f = request->route->fields; f && f->name; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	return false;
}

static void page_send(struct exchange *c, struct str json)
{
	const struct page *page = c->page;
	struct page_view v;
	struct str copy = arena_str(&c->request->arena, json);
	if (!view_begin(&v, c->request, page->title))
		return;
	v.b.failed = !copy.p;
	if (copy.p)
		view_take_json(&v, copy);
	/* The ticket of the answer, or that of the request again. */
	if (page_has_field(c->request, "ticket") && !json_get(v.root, "ticket"))
		json_build_text(&v.b, v.root, "ticket", http_field(c->request, "ticket")->text);
	if (c->operation->fields & TAKES_TARGET)
		json_build_text(&v.b, v.root, "target",
				operation_target(http_field(c->request, "profile")->text));
	json_build_true(&v.b, v.root, "signed_in", json_get(v.root, "ticket") != NULL);
	struct str state = json_text(json_get(v.root, "state"));
	json_build_true(&v.b, v.root, "in_review", str_eq(state, STR("review")));
	json_build_true(&v.b, v.root, "is_hidden", str_eq(state, STR("hidden")));
	json_build_true(&v.b, v.root, "is_missing", str_eq(state, STR("missing")));
	view_list(&v, "matches");
	view_list(&v, "unlocks");
	struct json_value *profile = (struct json_value *)json_get(v.root, "profile");
	if (profile && profile->kind == JSON_IS_OBJECT)
		view_profile_names(&v, profile);
	view_profile_form(&v, profile);
	view_send(&v, page->template, 0);
}

#define PAGE_OF(name, operation, heading)                                                          \
	static void page_##name(struct http_request *request)                                      \
	{                                                                                          \
		static const struct page page = {#name, heading};                                  \
		operation_begin(request, &operation_##operation, page_send, &page);                \
	}
PAGE_OF(code, code, "Your new code")
PAGE_OF(enrolled, enrol, "You have enrolled")
PAGE_OF(home, session, "Signed in")
PAGE_OF(self, self, "My profile and contact")
PAGE_OF(list, matches, "My list")
PAGE_OF(confirm, show, "Unlock this party?")
PAGE_OF(unlocked, unlock, "Unlocked")
PAGE_OF(withdrawn, withdraw, "Withdrawn")
PAGE_OF(released, release, "A match: the contact")
PAGE_OF(contact_changed, contact, "Contact changed")
PAGE_OF(profile_changed, profile, "Profile changed")
PAGE_OF(renew, code, "A new code for the same party")
PAGE_OF(renewed, new_code, "Your code has changed")
PAGE_OF(erased, erase, "Erased")
PAGE_OF(reported, report, "Reported")

/* A copy to keep: the answer of the API as a file. */
static void page_send_file(struct exchange *c, struct str json)
{
	c->request->answer_headers =
	    "Content-Disposition: attachment; filename=\"my-data.json\"\r\n";
	http_respond(c->request, &(struct http_answer){.body = json, .cache = HTTP_CACHE_NONE});
}
static void page_export(struct http_request *request)
{
	operation_begin(request, &operation_self, page_send_file, NULL);
}

/* ---- pages without an operation ---- */

static void page_plain(struct http_request *request, const char *template, const char *title)
{
	struct page_view v;
	if (!view_begin(&v, request, title))
		return;
	/* Forms that lead here bring their ticket and their profile along. */
	if (request->method == HTTP_POST) {
		json_build_text(&v.b, v.root, "ticket", http_field(request, "ticket")->text);
		json_build_text(&v.b, v.root, "target", http_field(request, "target")->text);
		json_build_true(&v.b, v.root, "signed_in", true);
	}
	view_send(&v, template, 0);
}

#define PLAIN(name, heading)                                                                       \
	static void page_##name(struct http_request *request)                                      \
	{                                                                                          \
		page_plain(request, #name, heading);                                               \
	}
PLAIN(start, "Find each other without being known")
PLAIN(unlock, "Unlock a party")
PLAIN(erase, "Erase everything")
PLAIN(report, "Report a profile")
PLAIN(protected, "What is protected, and what is not")
PLAIN(imprint, "Imprint")
PLAIN(privacy, "Privacy")

/* Make the browser drop its cached pages. */
static void page_left(struct http_request *request)
{
	request->answer_headers = "Clear-Site-Data: \"cache\", \"storage\"\r\n";
	page_plain(request, "left", "Signed out");
}

/* The fields "profile.title" and the like as objects of the page, as they were typed. Code and
 * contact are not among them: a field marked as secret is never shown. */
static void view_fields(struct page_view *v)
{
	struct arena *arena = &v->request->arena;
	for (const struct http_param *f = v->request->route->fields; f && f->name; f++) {
		struct str member = str_of(f->name), group = str_cut(&member, '.');
		struct str typed = http_field(v->request, f->name)->text;
		if (f->secret || !member.p || !typed.n)
			continue;
		char *key = arena_printf(arena, "%.*s", STR_ARG(group));
		struct json_value *object = (struct json_value *)json_get(v->root, key);
		if (!object)
			object = json_build(&v->b, v->root, key, JSON_IS_OBJECT);
		json_build_text(&v->b, object, member.p, typed);
	}
	struct json_value *profile = (struct json_value *)json_get(v->root, "profile");
	if (profile)
		view_profile_names(v, profile);
	view_profile_form(v, profile);
}

/* Forms that are shown again when they were refused: the page's name, and the member of the
 * template for its form. */
static const struct {
	const char *page, *form;
} page_forms[] = {
    {"page_enrolled", "enrol"},
    {"page_profile_changed", "change_profile"},
    {"page_contact_changed", "change_contact"},
};

/* The template of an error: that of the refused form, filled as it was, or a plain one. */
static const char *view_refused(struct page_view *v)
{
	for (size_t i = 0; i < COUNT_OF(page_forms); i++) {
		if (strcmp(v->request->route->name, page_forms[i].page) != 0)
			continue;
		json_build_true(&v->b, v->root, page_forms[i].form, true);
		if (page_has_field(v->request, "ticket")) {
			json_build_text(&v->b, v->root, "ticket",
					http_field(v->request, "ticket")->text);
			json_build_true(&v->b, v->root, "signed_in", true);
		}
		view_fields(v);
		return "refused";
	}
	return "error";
}

void contact_page_error(void *ctx, struct http_request *request, const struct http_error *error)
{
	struct page_view v;
	bool signed_out = error->row == &http_problems[HTTP_PROBLEM_SIGN_IN_AGAIN];
	(void)ctx;
	struct buf *out = http_out(request);
	struct str body = STR("<!doctype html><title>Error</title><p>Something went wrong here.");
	buf_reset(out);
	if (request->route && view_begin(&v, request, error->row->title)) {
		json_build_text(&v.b, v.root, "detail", str_of(error->detail));
		json_build_text(&v.b, v.root, "remedy", str_of(error->remedy));
		json_build_true(&v.b, v.root, "sign_in_again", signed_out);
		if (view_render(&v, signed_out ? "error" : view_refused(&v), out))
			body = buf_view(out);
	}
	http_respond(request, &(struct http_answer){.status = error->row->status,
						    .type = HTTP_TYPE_HTML,
						    .cache = HTTP_CACHE_NONE,
						    .body = body});
}

static void get_asset(struct http_request *request)
{
	http_asset(request, "file");
}

static const struct http_param asset_params[] = {
    {.name = "file", .type = HTTP_TEXT, .min = 1, .max = 100},
    {.name = "v", .type = HTTP_TEXT, .max = 16},
    {0}};
static const struct http_param plain_fields[] = {
    {.name = "ticket", .type = HTTP_TEXT, .max = CONTACT_TICKET_TEXT, .secret = true},
    {.name = "target", .type = HTTP_TEXT, .max = CONTACT_ID_TEXT},
    {0}};
static const struct http_param no_fields[] = {{0}};
/* Of "a new code for the same party", which shows a code and keeps the ticket. */
static const struct http_param renew_fields[] = {{.name = "ticket",
						  .type = HTTP_TEXT,
						  .required = true,
						  .min = 1,
						  .max = CONTACT_TICKET_TEXT,
						  .secret = true},
						 {0}};
static const struct http_param confirm_fields[] = {
    {.name = "ticket",
     .type = HTTP_TEXT,
     .required = true,
     .min = 1,
     .max = CONTACT_TICKET_TEXT,
     .secret = true},
    {.name = "profile", .type = HTTP_TEXT, .required = true, .min = 1, .max = 300},
    {0}};

#define GET_PAGE(path, function)                                                                   \
	{                                                                                          \
		.method = HTTP_GET, .pattern = (path), .name = #function, .handler = (function),   \
		.kind = HTTP_PAGE, .summary = "A page", .answer = "A page",                        \
		.answer_type = HTTP_TYPE_HTML                                                      \
	}
#define POST_PAGE(path, function, table)                                                           \
	{                                                                                          \
		.method = HTTP_POST, .pattern = (path), .name = #function, .handler = (function),  \
		.kind = HTTP_PAGE, .fields = (table), .pad_to = CONTACT_PAGE_PAD,                  \
		.depart_ms = CONTACT_DEPART_MS, .summary = "A page", .answer = "A page",           \
		.answer_type = HTTP_TYPE_HTML                                                      \
	}
const struct http_route contact_page_routes[] = {
    GET_PAGE("/", page_start),
    GET_PAGE("/protected", page_protected),
    GET_PAGE("/imprint", page_imprint),
    GET_PAGE("/privacy", page_privacy),
    GET_PAGE("/left", page_left),
    POST_PAGE("/code", page_code, no_fields),
    POST_PAGE("/enrol", page_enrolled, contact_enrol_fields),
    POST_PAGE("/home", page_home, contact_code_fields),
    POST_PAGE("/self", page_self, contact_ticket_fields),
    POST_PAGE("/list", page_list, contact_ticket_fields),
    POST_PAGE("/unlock", page_unlock, plain_fields),
    POST_PAGE("/confirm", page_confirm, confirm_fields),
    POST_PAGE("/unlocked", page_unlocked, contact_unlock_fields),
    POST_PAGE("/withdrawn", page_withdrawn, contact_target_fields),
    POST_PAGE("/contact", page_released, contact_target_fields),
    POST_PAGE("/change-contact", page_contact_changed, contact_person_fields),
    POST_PAGE("/change-profile", page_profile_changed, contact_profile_fields),
    POST_PAGE("/renew", page_renew, renew_fields),
    POST_PAGE("/renewed", page_renewed, contact_new_code_fields),
    POST_PAGE("/erase", page_erase, plain_fields),
    POST_PAGE("/erased", page_erased, contact_erase_fields),
    POST_PAGE("/report", page_report, plain_fields),
    POST_PAGE("/reported", page_reported, contact_report_fields),
    POST_PAGE("/export", page_export, contact_ticket_fields),
    {.method = HTTP_GET,
     .pattern = "/assets/{file}",
     .name = "contact_asset",
     .handler = get_asset,
     .kind = HTTP_PAGE,
     .params = asset_params,
     .summary = "A file of the pages",
     .answer = "The file"},
    {0}};
