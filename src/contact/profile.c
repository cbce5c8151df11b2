#include "contact/internal.h"

#include <string.h>
#include "base/ascii.h"
#include "contact/intake/intake.h"
#include "sql/profile.h"

const char *const profile_kinds[] = {"need", "offer", NULL};
const char *const profile_sizes[] = {"small", "medium", "large", NULL};
const char *const profile_budgets[] = {"to-10k", "to-100k", "to-1m", "more", NULL};

/* ISO 639-1, in the order of the alphabet. */
static const char profile_language_codes[][3] = {
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bi",
    "bm", "bn", "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da", "de",
    "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr", "fy",
    "ga", "gd", "gl", "gn", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht", "hu", "hy", "hz", "ia",
    "id", "ie", "ig", "ii", "ik", "io", "is", "it", "iu", "ja", "jv", "ka", "kg", "ki", "kj", "kk",
    "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln", "lo",
    "lt", "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb", "nd",
    "ne", "ng", "nl", "nn", "no", "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi", "pl",
    "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl",
    "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk",
    "tl", "tn", "to", "tr", "ts", "tt", "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo", "wa",
    "wo", "xh", "yi", "yo", "za", "zh", "zu"};

/* "sr FR  de" as "de fr sr": each code once and in the order of the alphabet, so that nothing can
 * be spelled with them. False: one is no code of a language. */
static bool profile_languages(struct str typed, struct arena *arena, struct str *out)
{
	char *text = arena_room(arena, sizeof(profile_language_codes));
	size_t n = 0, known = 0, given = 0;
	if (!text)
		return false;
	for (size_t code = 0; code < COUNT_OF(profile_language_codes); code++) {
		const struct str language = str_of(profile_language_codes[code]);
		bool named = false;
		given = 0;
		for (struct str rest = typed; rest.p;) {
			struct str one = str_trim(str_cut(&rest, ' '));
			bool same = str_eq_nocase(one, language);
			given += one.n > 0;
			known += same;
			named = named || same;
		}
		if (named) {
			memcpy(text + n, language.p, language.n);
			n += language.n;
			text[n++] = ' ';
		}
	}
	*out = (struct str){text, n ? n - 1 : 0};
	return known == given;
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
	    .region = http_field(request, "profile.region")->text,
	    .country = http_field(request, "profile.country")->text,
	    .size = http_field(request, "profile.size")->text,
	    .budget = http_field(request, "profile.budget")->text,
	    .title = str_trim(http_field(request, "profile.title")->text),
	    .body = str_trim(http_field(request, "profile.body")->text),
	};
	if (!profile_languages(http_field(request, "profile.languages")->text, &request->arena,
			       &out->languages)) {
		http_problem(request, HTTP_PROBLEM_INVALID_PARAMETER, "profile.languages",
			     "languages are codes of two letters of ISO 639, such as \"de fr\"");
		return false;
	}
	if (!out->category.n && !out->group.n) {
		http_problem(request, HTTP_PROBLEM_MISSING_PARAMETER, "profile.group",
			     "a profile names a category or a group");
		return false;
	}
	return profile_screen(request, out->title, out->body);
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
	json_object_begin(w);
	json_member_text(w, "kind", p->kind);
	json_member_text(w, "category", p->category);
	json_member_text(w, "group", p->group);
	json_member_text(w, "region", p->region);
	json_member_text(w, "country", p->country);
	json_member_text(w, "size", p->size);
	json_member_text(w, "budget", p->budget);
	json_member_text(w, "languages", p->languages);
	json_member_text(w, "title", p->title);
	json_member_text(w, "body", p->body);
	json_member_text(w, "badge", p->badge);
	json_object_end(w);
}
