#include "contact/internal.h"

#include <string.h>
#include "contact/intake/intake.h"
#include "directory/iso/iso.h"
#include "directory/taxonomy/taxonomy.h"
#include "sql/profile.h"

enum { LANGUAGES_MAX = 12 };

const char *const profile_kinds[] = {
#define PROFILE_KIND(letter, value, label) value,
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_KIND
    NULL};
const char *const profile_sizes[] = {
#define PROFILE_SIZE(letter, value, label) value,
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_SIZE
    NULL};
const char *const profile_budgets[] = {
#define PROFILE_BUDGET(letter, value, label) value,
#include "directory/taxonomy/profile_choices.def"
#undef PROFILE_BUDGET
    NULL};

/* "Serbian, french" or "sr FR  de" as "de fr sr": each code once and in the order of the alphabet,
 * so that nothing can be spelled with them. Names have commas between them, as some have spaces.
 * False: answered. */
static bool profile_languages(struct http_request *request, struct str *out)
{
	struct str typed = http_field(request, "profile.languages")->text, code[LANGUAGES_MAX];
	bool commas = typed.n && memchr(typed.p, ',', typed.n);
	size_t count = 0;
	while (typed.n) {
		struct str one = str_trim(str_cut(&typed, commas ? ',' : ' '));
		struct str known = iso_language(one);
		size_t at = 0;
		if (!one.n)
			continue;
		if (!known.n || count == LANGUAGES_MAX) {
			http_problem(
			    request, HTTP_PROBLEM_INVALID_PARAMETER, "profile.languages",
			    "\"%.*s\" is no language that we know, or one too many (%d at most); write names with commas between them, such as \"German, French\", or codes, such as \"de fr\"",
			    STR_ARG(one), LANGUAGES_MAX);
			return false;
		}
		while (at < count && str_cmp(code[at], known) < 0)
			at++;
		if (at < count && str_eq(code[at], known))
			continue;
		memmove(code + at + 1, code + at, (count - at) * sizeof(code[0]));
		code[at] = known;
		count++;
	}
	*out = STR("");
	for (size_t i = 0; i < count; i++)
		*out = ARENA_JOIN(&request->arena, *out, str_of(i ? " " : ""), code[i]);
	return true;
}

/* The country's code by whatever it is called. False: answered. */
static bool profile_country(struct http_request *request, struct str *out)
{
	struct str typed = http_field(request, "profile.country")->text;
	*out = iso_country(typed);
	if (out->n || !str_trim(typed).n)
		return true;
	http_problem(request, HTTP_PROBLEM_INVALID_PARAMETER, "profile.country",
		     "\"%.*s\" is no country that we know; write its name, or its two letters",
		     STR_ARG(typed));
	return false;
}

/* No contact in texts that everybody can read, nor in both together. False: answered. */
static bool profile_screen(struct http_request *request, struct str title, struct str body)
{
	struct intake_found found, in_title;
	if (intake_screen_both(title, body, &found))
		return true;
	http_problem(request, HTTP_PROBLEM_TEXT_TELLS_WHO,
		     intake_screen(title, &in_title) ? "profile.body" : "profile.title",
		     "the text has what looks like %s, where everybody can read it: \"%s\". %s",
		     intake_kind_name(found.kind), found.text, intake_kind_advice(found.kind));
	return false;
}

bool profile_from_fields(struct http_request *request, struct profile *out)
{
	*out = (struct profile){
	    .kind = http_field(request, "profile.kind")->text,
	    .category = http_field(request, "profile.category")->text,
	    .group = http_field(request, "profile.group")->text,
	    .region = str_trim(http_field(request, "profile.region")->text),
	    .size = http_field(request, "profile.size")->text,
	    .budget = http_field(request, "profile.budget")->text,
	    .title = str_trim(http_field(request, "profile.title")->text),
	    .body = str_trim(http_field(request, "profile.body")->text),
	};
	if (!profile_languages(request, &out->languages) ||
	    !profile_country(request, &out->country))
		return false;
	if (!out->category.n && !out->group.n) {
		http_problem(request, HTTP_PROBLEM_MISSING_PARAMETER, "profile.group",
			     "a profile names a category or a group");
		return false;
	}
	return profile_screen(request, out->title, out->body);
}

struct str profile_region_name(const struct profile *p)
{
	struct str of;
	return iso_part(p->country, p->region, &of);
}

static struct str profile_text(const struct db_rows *rows, int column, struct arena *arena)
{
	struct str text = arena_str(arena, db_text(rows, 0, column));
	return text.p ? text : STR("");
}

void profile_from_check(const struct db_rows *rows, struct arena *arena, struct profile *out)
{
	out->category = profile_text(rows, SQL_PROFILE_CHECK_CATEGORY, arena);
	out->group = profile_text(rows, SQL_PROFILE_CHECK_GROUP_KEY, arena);
	out->region = profile_text(rows, SQL_PROFILE_CHECK_REGION, arena);
	if (!db_null(rows, 0, SQL_PROFILE_CHECK_COUNTRY)) /* an empty directory has none */
		out->country = profile_text(rows, SQL_PROFILE_CHECK_COUNTRY, arena);
	out->category_id = db_i64(rows, 0, SQL_PROFILE_CHECK_CATEGORY_ID);
	out->group_id = db_i64(rows, 0, SQL_PROFILE_CHECK_GROUP_ID);
	out->region_id = db_i64(rows, 0, SQL_PROFILE_CHECK_REGION_ID);
}

static struct str profile_choice(struct str letter, const char *letters, const char *const *names)
{
	const char *at = letter.n ? strchr(letters, letter.p[0]) : NULL;
	return at ? str_of(names[at - letters]) : STR("");
}

void profile_from_row(const struct db_rows *rows, struct arena *arena, struct profile *out)
{
	*out = (struct profile){
	    .kind = profile_choice(db_text(rows, 0, SQL_PROFILE_GET_KIND), PROFILE_KIND_LETTERS,
				   profile_kinds),
	    .size = profile_choice(db_text(rows, 0, SQL_PROFILE_GET_SIZE_BAND),
				   PROFILE_SIZE_LETTERS, profile_sizes),
	    .budget = profile_choice(db_text(rows, 0, SQL_PROFILE_GET_BUDGET_BAND),
				     PROFILE_BUDGET_LETTERS, profile_budgets),
	    .category = profile_text(rows, SQL_PROFILE_GET_CATEGORY, arena),
	    .group = profile_text(rows, SQL_PROFILE_GET_GROUP_KEY, arena),
	    .region = profile_text(rows, SQL_PROFILE_GET_REGION, arena),
	    .region_name = profile_text(rows, SQL_PROFILE_GET_REGION_NAME, arena),
	    .country = profile_text(rows, SQL_PROFILE_GET_COUNTRY, arena),
	    .languages = profile_text(rows, SQL_PROFILE_GET_LANGUAGES, arena),
	    .title = profile_text(rows, SQL_PROFILE_GET_TITLE, arena),
	    .body = profile_text(rows, SQL_PROFILE_GET_BODY, arena),
	    .badge = profile_text(rows, SQL_PROFILE_GET_BADGE, arena),
	};
}

void profile_canonical(const struct profile *p, uint8_t out[KEEPER_PROFILE])
{
	/* Fields have no NUL: it ends each. */
	const struct str fields[] = {p->kind, p->category, p->group,     p->region, p->country,
				     p->size, p->budget,   p->languages, p->title,  p->body};
	uint8_t *at = out;
	memset(out, 0, KEEPER_PROFILE);
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		must(fields[i].n < KEEPER_PROFILE - (size_t)(at - out)); /* fields have a maximum */
		at = mempcpy(at, fields[i].p ? fields[i].p : "", fields[i].n);
		at++;
	}
}

void profile_json(const struct profile *p, struct json_writer *w)
{
	const struct taxonomy_category *category = taxonomy_find(TAXONOMY_KEY, p->category);
	const struct taxonomy_group *group = taxonomy_group(p->group);
	json_object_begin(w);
	json_member_text(w, "kind", p->kind);
	json_member_text(w, "category", p->category);
	json_member_text(w, "category_label", str_of(category ? category->label : ""));
	json_member_text(w, "group", p->group);
	json_member_text(w, "group_label", str_of(group ? group->label : ""));
	json_member_text(w, "region", p->region);
	json_member_text(w, "region_name", p->region_name);
	json_member_text(w, "country", p->country);
	json_member_text(w, "size", p->size);
	json_member_text(w, "budget", p->budget);
	json_member_text(w, "languages", p->languages);
	json_member_text(w, "title", p->title);
	json_member_text(w, "body", p->body);
	json_member_text(w, "badge", p->badge);
	json_object_end(w);
}
