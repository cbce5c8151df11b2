/* Anonymous profiles: /profiles, /profiles/{id} and their API. They are read from the database each
 * time and kept in no cache: what a party erases is gone at once. */
#include "directory/pages/internal.h"

#include <string.h>
#include "base/ascii.h"
#include "db/async/async.h"
#include "directory/iso/iso.h"
#include "directory/taxonomy/taxonomy.h"
#include "sql/profiles.h"

enum { PROFILES_ON_A_PAGE = 20, PROFILE_ID_SIGNS = 32 };

static const char *const profile_kinds[] = {
#define PROFILE_KIND(letter, value, label) value,
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_KIND
    NULL};

/* The choices of a profile: what a column has, what the API says, what pages do. */
struct profile_choice {
	const char *letter, *value, *label;
};
static const struct profile_choice profile_kind[] = {
#define PROFILE_KIND(letter, value, label) {letter, value, label},
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_KIND
    {NULL, NULL, NULL}};
static const struct profile_choice profile_size[] = {
#define PROFILE_SIZE(letter, value, label) {letter, value, label},
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_SIZE
    {NULL, NULL, NULL}};
static const struct profile_choice profile_budget[] = {
#define PROFILE_BUDGET(letter, value, label) {letter, value, label},
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_BUDGET
    {NULL, NULL, NULL}};

static const struct {
	const char *member;
	int column;
	const struct profile_choice *choices;
} profile_choices[] = {
    {"kind", SQL_PROFILES_KIND, profile_kind},
    {"size", SQL_PROFILES_SIZE_BAND, profile_size},
    {"budget", SQL_PROFILES_BUDGET_BAND, profile_budget},
};

/* A list or one profile, asked for by a request. */
struct profile_request {
	struct http_request *request;
	const struct db_statement *statement;
	int limit; /* one row more is asked for: then there is a next page */
	bool page; /* HTML; else JSON */
};

/* ---- JSON ---- */

/* Columns that are members as they are. */
static const struct {
	const char *key;
	int column;
} profile_columns[] = {
    {"id", SQL_PROFILES_ID},
    {"category", SQL_PROFILES_CATEGORY},
    {"category_label", SQL_PROFILES_CATEGORY_LABEL},
    {"group", SQL_PROFILES_GROUP_KEY},
    {"group_label", SQL_PROFILES_GROUP_LABEL},
    {"region", SQL_PROFILES_REGION},
    {"region_name", SQL_PROFILES_REGION_NAME},
    {"country", SQL_PROFILES_COUNTRY},
    {"languages", SQL_PROFILES_LANGUAGES},
    {"title", SQL_PROFILES_TITLE},
    {"body", SQL_PROFILES_BODY},
    {"badge", SQL_PROFILES_BADGE},
};

/* Why a profile is similar to another; column -1: each of the list is. */
static const struct {
	const char *text;
	int column;
} profile_reasons[] = {
    {"the other side of the same field", -1},
    {"the same trade", SQL_PROFILES_SIMILAR_SAME_CATEGORY},
    {"the same region", SQL_PROFILES_SIMILAR_SAME_REGION},
};

static void profile_write(struct json_writer *w, const struct db_rows *rows, int row, bool similar)
{
	json_object_begin(w);
	for (size_t i = 0; i < COUNT_OF(profile_columns); i++)
		json_member_text(w, profile_columns[i].key,
				 db_text(rows, row, profile_columns[i].column));
	for (size_t i = 0; i < COUNT_OF(profile_choices); i++) {
		const struct profile_choice *c = profile_choices[i].choices;
		struct str letter = db_text(rows, row, profile_choices[i].column);
		while (c->letter && !str_eq(letter, str_of(c->letter)))
			c++;
		json_member_text(w, profile_choices[i].member, str_of(c->value ? c->value : ""));
	}
	if (similar) {
		json_key(w, "reasons");
		json_array_begin(w);
		for (size_t i = 0; i < COUNT_OF(profile_reasons); i++)
			if (profile_reasons[i].column < 0 ||
			    db_bool(rows, row, profile_reasons[i].column))
				json_put_z(w, profile_reasons[i].text);
		json_array_end(w);
	}
	json_object_end(w);
}

static void profiles_write(const struct profile_request *r, const struct db_rows *rows,
			   struct buf *out)
{
	struct json_writer w;
	bool more = rows->rows > r->limit;
	int count = more ? r->limit : rows->rows;
	json_writer_init(&w, out);
	if (r->statement == &sql_profiles_get) {
		profile_write(&w, rows, 0, false);
		return;
	}
	json_object_begin(&w);
	json_key(&w, "profiles");
	json_array_begin(&w);
	for (int n = 0; n < count; n++)
		profile_write(&w, rows, n, r->statement == &sql_profiles_similar);
	json_array_end(&w);
	json_member_text(&w, "next", more ? db_text(rows, count - 1, SQL_PROFILES_ID) : STR(""));
	json_object_end(&w);
}

/* ---- pages ---- */

static void profile_filters(struct view *p, const struct http_request *request)
{
	struct str chosen = http_param(request, "group")->text;
	struct json_value *groups = json_build(&p->b, p->root, "groups", JSON_IS_ARRAY);
	for (int id = 1; id < 256; id++) {
		const struct taxonomy_group *g = taxonomy_group_by_id(id);
		if (!g)
			continue;
		struct json_value *o = json_build(&p->b, groups, NULL, JSON_IS_OBJECT);
		json_build_text(&p->b, o, "value", str_of(g->key));
		json_build_text(&p->b, o, "label", wording_find(p->in->wording, str_of(g->label)));
		json_build_true(&p->b, o, "chosen", str_eq(chosen, str_of(g->key)));
	}
	const struct http_value *kind = http_param(request, "kind");
	json_build_true(&p->b, p->root, "needs", kind->given && kind->i == 0);
	json_build_true(&p->b, p->root, "offers", kind->given && kind->i == 1);
	json_build_text(&p->b, p->root, "region", http_param(request, "region")->text);
	json_build_text(&p->b, p->root, "language", http_param(request, "language")->text);
	json_build_text(&p->b, p->root, "kind_given", kind->text);
	json_build_text(&p->b, p->root, "group_given", chosen);
}

/* "de fr" as "German, French" in the page's language. */
static struct str profiles_languages(const struct view *p, struct str codes)
{
	struct str out = STR("");
	while (codes.n) {
		struct str one = str_cut(&codes, ' ');
		struct str name = iso_language_name(one, str_of(p->in->language->tag));
		out = ARENA_JOIN(p->arena, out, str_of(out.n ? ", " : ""), name.n ? name : one);
	}
	return out;
}

/* What the page's language calls a member of a profile. */
static struct str profile_called(const struct view *p, const struct json_value *profile,
				 const struct json_value *m)
{
	if (str_eq(m->key, STR("category_label")))
		return view_kind(p, json_text(json_get(profile, "category")), m->text);
	if (str_eq(m->key, STR("group_label")))
		return wording_find(p->in->wording, m->text);
	if (str_eq(m->key, STR("languages")))
		return profiles_languages(p, m->text);
	if (str_eq(m->key, STR("country"))) {
		struct str name = iso_country_name(m->text, str_of(p->in->language->tag));
		return name.n ? name : m->text;
	}
	for (size_t i = 0; i < COUNT_OF(profile_choices); i++)
		for (const struct profile_choice *c = profile_choices[i].choices; c->value; c++)
			if (str_eq(m->key, str_of(profile_choices[i].member)) &&
			    str_eq(m->text, str_of(c->value)))
				return wording_find(p->in->wording, str_of(c->label));
	return m->text;
}

/* Names instead of keys, in a profile or in each of a list. */
static void profile_translate(const struct view *p, struct json_value *v)
{
	for (struct json_value *m = v->first; m; m = m->next) {
		if (m->kind == JSON_IS_ARRAY || m->kind == JSON_IS_OBJECT)
			profile_translate(p, m);
		else if (m->kind == JSON_IS_STRING && v->kind == JSON_IS_OBJECT)
			m->text = profile_called(p, v, m);
	}
}

/* "the other side of the same field, the same trade" */
static void profile_put_because(struct view *p, struct json_value *profile)
{
	const struct json_value *reasons = json_get(profile, "reasons");
	struct buf text;
	buf_init(&text, 4096);
	for (const struct json_value *r = reasons ? reasons->first : NULL; r; r = r->next)
		buf_printf(&text, "%s%.*s", text.n ? ", " : "",
			   STR_ARG(wording_find(p->in->wording, r->text)));
	struct str because = arena_str(p->arena, buf_view(&text));
	if (because.n)
		json_build_text(&p->b, profile, "because", because);
	buf_release(&text);
}

static void profile_put_similar(struct view *p, const struct http_request *request,
				struct json_value *found)
{
	json_build_text(&p->b, p->root, "similar_to", http_param(request, "id")->text);
	for (struct json_value *m = found->first; m; m = m->next)
		for (struct json_value *v = m->first; v && m->kind == JSON_IS_ARRAY; v = v->next)
			profile_put_because(p, v);
}

static void profiles_page(const struct profile_request *r, struct str json)
{
	struct err err;
	struct json_value *answer;
	bool one = r->statement == &sql_profiles_get,
	     similar = r->statement == &sql_profiles_similar;
	struct view *p = view_begin(r->request);
	if (!p)
		return;
	if (json_parse(p->arena, json, &answer, &err) != OK) {
		view_refuse(p, SEARCH_FAILED, &err);
		return;
	}
	profile_translate(p, answer);
	struct json_value *at =
	    json_build(&p->b, p->root, one ? "profile" : "found", JSON_IS_OBJECT);
	at->first = answer->first;
	at->last = answer->last;
	at->count = answer->count;
	const char *host = config_text(p->pages->config, CONFIG_CONTACT_URL);
	json_build_text(&p->b, p->root, "contact_host", str_of(host));
	if (one) {
		view_title(p, json_text(json_get(answer, "title")),
			   view_word(p, WORD_PROFILE_ABOUT));
		view_send(p, VIEW_PROFILE);
		return;
	}
	view_title(p, view_word(p, similar ? WORD_PROFILES_SIMILAR : WORD_PROFILES),
		   view_word(p, WORD_PROFILES_ABOUT));
	if (similar)
		profile_put_similar(p, r->request, at);
	else
		profile_filters(p, r->request);
	view_send(p, VIEW_PROFILES);
}

/* ---- both ---- */

static void profiles_answer(void *ctx, enum status status, const struct db_rows *rows,
			    const struct err *err)
{
	const struct profile_request *r = ctx;
	struct http_request *request = r->request;
	(void)err; /* it can name hosts and roles */
	if (status != OK) {
		http_problem(request, HTTP_PROBLEM_UNAVAILABLE, NULL,
			     "the database does not answer now");
		return;
	}
	if (r->statement == &sql_profiles_get && !rows->rows) {
		http_problem(request, HTTP_PROBLEM_NOT_FOUND, NULL,
			     "there is no profile of this number");
		return;
	}
	if (!r->page) {
		profiles_write(r, rows, http_out(request));
		http_respond_out(request, HTTP_TYPE_JSON, HTTP_CACHE_NONE);
		return;
	}
	struct buf text;
	buf_init(&text, 1 << 20);
	profiles_write(r, rows, &text);
	struct str json = arena_str(&request->arena, buf_view(&text));
	buf_release(&text);
	profiles_page(r, json.p ? json : STR(""));
}

static void profiles_cancel(void *query)
{
	db_query_cancel(query);
}

static void profiles_ask(struct http_request *request, const struct db_statement *statement,
			 const struct db_param *params, int count, int limit)
{
	const struct pages *pages = http_ctx(request);
	struct profile_request *r = arena_alloc(&request->arena, sizeof(*r));
	struct db_query *query = NULL;
	struct err err;
	if (!r) {
		http_problem(request, HTTP_PROBLEM_INTERNAL, NULL, "no memory for the request");
		return;
	}
	*r = (struct profile_request){.request = request,
				      .statement = statement,
				      .limit = limit,
				      .page = request->route->kind == HTTP_PAGE};
	if (db_query(pages->db, statement, params, count, profiles_answer, r, &query, &err) != OK)
		http_problem(request, HTTP_PROBLEM_UNAVAILABLE, NULL,
			     "the database does not answer now");
	else
		http_on_gone(request, profiles_cancel, query);
}

static bool profile_id_is(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (hex_value(id.p[i]) < 0)
			return false;
	return id.n == PROFILE_ID_SIGNS;
}

static void profiles_list(struct http_request *request)
{
	const struct http_value *kind = http_param(request, "kind"),
				*limit = http_param(request, "limit"),
				*cursor = http_param(request, "cursor");
	int64_t rows = limit->given ? limit->i : PROFILES_ON_A_PAGE;
	if (cursor->given && !profile_id_is(cursor->text)) {
		http_problem(request, HTTP_PROBLEM_INVALID_CURSOR, "cursor",
			     "this is not the next of a list");
		return;
	}
	const struct db_param params[] = {kind->given ? DB_Z(kind->i ? "o" : "n") : DB_NULL,
					  DB_TEXT_OR_NULL(http_param(request, "category")->text),
					  DB_TEXT_OR_NULL(http_param(request, "group")->text),
					  DB_TEXT_OR_NULL(http_param(request, "region")->text),
					  DB_TEXT_OR_NULL(http_param(request, "language")->text),
					  DB_TEXT_OR_NULL(cursor->text),
					  DB_I64(rows + 1)};
	profiles_ask(request, &sql_profiles_list, params, COUNT_OF(params), (int)rows);
}

static void profiles_by_id(struct http_request *request, const struct db_statement *statement)
{
	struct str id = http_param(request, "id")->text;
	const struct db_param params[] = {DB_TEXT(id)};
	if (profile_id_is(id))
		profiles_ask(request, statement, params, 1, PROFILES_ON_A_PAGE);
	else
		http_problem(request, HTTP_PROBLEM_NOT_FOUND, "id",
			     "a profile's number is %d hexadecimal digits", PROFILE_ID_SIGNS);
}

static void profiles_one(struct http_request *request)
{
	profiles_by_id(request, &sql_profiles_get);
}

static void profiles_similar(struct http_request *request)
{
	profiles_by_id(request, &sql_profiles_similar);
}

/* ---- routes ---- */

static const struct http_param profiles_params[] = {
    {.name = "kind", .type = HTTP_CHOICE, .choices = profile_kinds, .summary = "need or offer"},
    {.name = "category", .type = HTTP_TEXT, .max = 60, .summary = "key of a category"},
    {.name = "group", .type = HTTP_TEXT, .max = 60, .summary = "key of a group of categories"},
    {.name = "region", .type = HTTP_TEXT, .max = 100, .summary = "key of a region"},
    {.name = "language", .type = HTTP_TEXT, .max = 2, .summary = "code of two letters"},
    {.name = "cursor", .type = HTTP_TEXT, .max = 64, .summary = "next of the page before"},
    {.name = "limit", .type = HTTP_INT, .min = 1, .max = 100, .summary = "profiles on a page"},
    {0}};
static const struct http_param profile_params[] = {
    {.name = "id", .type = HTTP_TEXT, .min = 1, .max = 64, .summary = "number of a profile"}, {0}};

#define TEXT_MEMBER(name) "\"" name "\":{\"type\":[\"string\",\"null\"]}"
#define PROFILE_MEMBERS                                                                                                                                                                                                                       \
	"\"kind\":{\"enum\":[\"need\",\"offer\"]},\"id\":{\"type\":\"string\"}," TEXT_MEMBER("category") "," TEXT_MEMBER("category_label") "," TEXT_MEMBER("group") "," TEXT_MEMBER("group_label") "," TEXT_MEMBER("region") "," TEXT_MEMBER( \
	    "region_name") "," TEXT_MEMBER("country") "," TEXT_MEMBER("languages") "," TEXT_MEMBER("title") "," TEXT_MEMBER("body") "," TEXT_MEMBER("badge") "," TEXT_MEMBER("size") "," TEXT_MEMBER("budget")
const struct http_schema profiles_schemas[] = {
    {"Profile", "{\"type\":\"object\",\"properties\":{" PROFILE_MEMBERS "}}"},
    {"SimilarProfile", "{\"type\":\"object\",\"properties\":{" PROFILE_MEMBERS
		       ",\"reasons\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}"},
    {"ProfileList",
     "{\"type\":\"object\",\"properties\":{\"profiles\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Profile\"}}," TEXT_MEMBER(
	 "next") "}}"},
    {"SimilarProfiles",
     "{\"type\":\"object\",\"properties\":{\"profiles\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/SimilarProfile\"}}," TEXT_MEMBER(
	 "next") "}}"},
    {0}};

const struct http_route profiles_routes[] = {{.method = HTTP_GET,
					      .pattern = "/v1/profiles",
					      .name = "list_profiles",
					      .handler = profiles_list,
					      .kind = HTTP_API,
					      .params = profiles_params,
					      .summary = "Anonymous profiles",
					      .answer = "A page of them",
					      .answer_schema = "ProfileList"},
					     {.method = HTTP_GET,
					      .pattern = "/v1/profiles/{id}",
					      .name = "get_profile",
					      .handler = profiles_one,
					      .kind = HTTP_API,
					      .params = profile_params,
					      .summary = "One anonymous profile",
					      .answer = "It",
					      .answer_schema = "Profile"},
					     {.method = HTTP_GET,
					      .pattern = "/v1/profiles/{id}/similar",
					      .name = "similar_profiles",
					      .handler = profiles_similar,
					      .kind = HTTP_API,
					      .params = profile_params,
					      .summary = "Profiles of the other side that fit",
					      .answer = "At most 20, each with its reasons",
					      .answer_schema = "SimilarProfiles"},
					     {.method = HTTP_GET,
					      .pattern = "/profiles",
					      .name = "page_profiles",
					      .handler = profiles_list,
					      .kind = HTTP_PAGE,
					      .params = profiles_params,
					      .summary = "Anonymous profiles",
					      .answer = "A page",
					      .answer_type = HTTP_TYPE_HTML},
					     {.method = HTTP_GET,
					      .pattern = "/profiles/{id}",
					      .name = "page_profile",
					      .handler = profiles_one,
					      .kind = HTTP_PAGE,
					      .params = profile_params,
					      .summary = "One anonymous profile",
					      .answer = "A page",
					      .answer_type = HTTP_TYPE_HTML},
					     {.method = HTTP_GET,
					      .pattern = "/profiles/{id}/similar",
					      .name = "page_similar_profiles",
					      .handler = profiles_similar,
					      .kind = HTTP_PAGE,
					      .params = profile_params,
					      .summary = "Profiles of the other side that fit",
					      .answer = "A page",
					      .answer_type = HTTP_TYPE_HTML},
					     {0}};
