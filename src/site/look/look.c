/* The sheet: packed and put together. */
#include "site/look/look.h"
#include "site/look/internal.h"

#include <stdio.h>
#include <string.h>
#include "base/ascii.h"
#include "base/files.h"
#include "base/percent.h"

enum { SHEET_MAX = 4 * FILES_REPLACED_MAX, ICON_MAX = 2048 };

const char *const look_presets[] = {"harbour", "paper", "textile", "plain", NULL};

/* ---- what of a page is there ---- */

enum { CONDITION_OF = 6 };

/* True when one of these is there. */
struct look_condition {
	const char *key, *of[CONDITION_OF];
};

static void look_put_condition(struct json_build *b, struct json_value *to,
			       const struct look_condition *condition)
{
	for (size_t i = 0; i < CONDITION_OF && condition->of[i]; i++)
		if (json_get(to, condition->of[i])) {
			json_build_true(b, to, condition->key, true);
			return;
		}
}

void look_put_conditions(struct json_build *b, struct json_value *page)
{
	static const struct look_condition conditions[] = {
	    {"actions", {"phone_link", "reserve", "map", "website"}},
	    {"subtitle", {"category", "city", "since", "prices"}},
	    {"details", {"phone", "website", "same_as", "alt_names", "card"}},
	    {"contact", {"details", "address", "map"}},
	    {"more_facts", {"facts", "prices"}},
	    {"reach", {"phone", "address", "map", "card"}},
	    {"find", {"hours", "reach", "more_facts"}},
	    {"menu", {"goods", "hours", "reach"}},
	};
	for (size_t i = 0; i < COUNT_OF(conditions); i++)
		look_put_condition(b, page, &conditions[i]);
}

void look_put_item_conditions(struct json_build *b, struct json_value *item)
{
	static const struct look_condition where = {"where",
						    {"item_kind", "place", "because", "distance"}};
	look_put_condition(b, item, &where);
}

/* ---- packing ---- */

/* The end of the comment or string that begins at `at`; a stray one ends with the sheet. */
static size_t look_skip(struct str s, size_t at)
{
	char quote = s.p[at];
	if (quote == '/') {
		for (at += 2; at + 1 < s.n; at++)
			if (s.p[at] == '*' && s.p[at + 1] == '/')
				return at + 2;
		return s.n;
	}
	for (at++; at < s.n && s.p[at] != quote; at++)
		if (s.p[at] == '\\')
			at++;
	return at < s.n ? at + 1 : s.n;
}

/* Whether a blank between these two means nothing. A blank before ':' does: "a :hover". */
static bool look_blank_is_void(char before, char after)
{
	return (before && memchr("{};,:>(", before, 7)) || (after && memchr("{};,>)!", after, 7));
}

void look_pack(struct str sheet, struct buf *out)
{
	bool blank = false;
	char last = '{';
	for (size_t at = 0, end; at < sheet.n; at = end) {
		char c = sheet.p[at];
		end = at + 1;
		if (c == '/' && end < sheet.n && sheet.p[end] == '*') {
			end = look_skip(sheet, at);
			blank = true;
			continue;
		}
		if (ascii_is_space(c)) {
			blank = true;
			continue;
		}
		if (blank && !look_blank_is_void(last, c))
			buf_putc(out, ' ');
		blank = false;
		if (c == '}' && last == ';')
			buf_cut(out, out->n - 1);
		if (c == '"' || c == '\'')
			end = look_skip(sheet, at);
		buf_add(out, sheet.p + at, end - at);
		last = sheet.p[end - 1];
	}
}

/* ---- tokens ---- */

bool look_next_token(struct str *rest, struct look_token *out)
{
	static const struct str opening = STR(":light-dark(");
	for (;;) {
		const char *found = rest->n ? memmem(rest->p, rest->n, opening.p, opening.n) : NULL;
		if (!found)
			return false;
		size_t name = (size_t)(found - rest->p), at = name + opening.n, from = at,
		       depth = 1;
		while (name > 0 && (ascii_is_alnum(rest->p[name - 1]) || rest->p[name - 1] == '-'))
			name--;
		out->name = (struct str){rest->p + name, (size_t)(found - rest->p) - name};
		out->light = (struct str){NULL, 0};
		for (; at < rest->n && depth; at++) {
			char c = rest->p[at];
			depth += c == '(';
			depth -= c == ')';
			if (depth == 1 && c == ',' && !out->light.p) {
				out->light = (struct str){rest->p + from, at - from};
				from = at + 1;
			}
		}
		out->dark = (struct str){rest->p + from, at - from - (depth == 0)};
		*rest = (struct str){rest->p + at, rest->n - at};
		if (depth == 0 && out->light.p && str_starts(out->name, STR("--"))) {
			out->name = (struct str){out->name.p + 2, out->name.n - 2};
			return true;
		}
	}
}

/* The light values of the tokens, for browsers that do not know light-dark(). */
static void look_put_light(struct str tokens, struct buf *out)
{
	struct look_token token;
	char before = '{';
	buf_puts(out, "@supports not (color:light-dark(red,red)){:root");
	while (look_next_token(&tokens, &token)) {
		buf_printf(out, "%c--%.*s:%.*s", before, STR_ARG(token.name), STR_ARG(token.light));
		before = ';';
	}
	buf_puts(out, "}}");
}

bool look_put_preset(struct str name, struct buf *out)
{
	char path[128];
	struct buf tokens;
	snprintf(path, sizeof(path), "assets/themes/%.*s.css", STR_ARG(name));
	const struct file *file = files_find(str_of(path));
	if (!file)
		return false;
	buf_init(&tokens, SHEET_MAX);
	look_pack(file->body, &tokens);
	buf_str(out, buf_view(&tokens));
	look_put_light(buf_view(&tokens), out);
	buf_release(&tokens);
	return true;
}

/* ---- the whole sheet ---- */

/* The mark beside the name, in the sheet because it would be a request of its own otherwise. A
 * large one stays a file. */
static void look_put_icon(struct buf *out)
{
	const struct file *icon = files_find(STR("assets/icon.svg"));
	must(icon);
	if (icon->body.n > ICON_MAX) {
		buf_puts(out, ":root{--icon:url(icon.svg)}");
		return;
	}
	buf_puts(out, ":root{--icon:url(\"data:image/svg+xml,");
	percent_put(out, icon->body, " !$&'()*+,/:;<=>?@[]^`{|}");
	buf_puts(out, "\")}");
}

static void look_add(const char *path, struct buf *out)
{
	const struct file *file = files_find(str_of(path));
	must(file);
	look_pack(file->body, out);
}

/* The program's own rules, not those of a sheet that was composed of them. */
static void look_add_rules(const char *path, struct buf *out)
{
	const struct file *file = files_embedded(str_of(path));
	must(file);
	look_pack(file->body, out);
}

/* The tokens with their light values, then the dark ones for screens that ask for them. */
static void look_put_split(struct str tokens, struct buf *out)
{
	struct look_token token;
	struct str rest = tokens;
	const char *at = tokens.p;
	char before = '{';
	while (look_next_token(&rest, &token)) {
		const char *value = token.name.p + token.name.n + 1; /* light-dark(...) */
		buf_add(out, at, (size_t)(value - at));
		buf_str(out, token.light);
		at = token.dark.p + token.dark.n + 1;
	}
	buf_add(out, at, (size_t)(tokens.p + tokens.n - at));
	buf_puts(out, "@media screen and (prefers-color-scheme:dark){:root");
	for (rest = tokens; look_next_token(&rest, &token); before = ';')
		buf_printf(out, "%c--%.*s:%.*s", before, STR_ARG(token.name), STR_ARG(token.dark));
	buf_puts(out, "}}");
}

static void look_add_tokens(const struct config *config, bool split, struct buf *out)
{
	char preset[64];
	struct buf tokens;
	snprintf(preset, sizeof(preset), "assets/themes/%s.css",
		 look_presets[config_number(config, CONFIG_SITE_THEME)]);
	buf_init(&tokens, SHEET_MAX);
	look_add(preset, &tokens);
	if (split) {
		look_put_split(buf_view(&tokens), out);
		buf_release(&tokens);
		return;
	}
	buf_str(out, buf_view(&tokens));
	look_add("assets/theme.css", &tokens);
	look_put_light(buf_view(&tokens), out);
	buf_release(&tokens);
}

static void look_compose_sheet(const struct config *config, const char *path, bool others,
			       bool live)
{
	struct buf out;
	if (files_is_replaced(str_of(path)))
		return;
	buf_init(&out, SHEET_MAX);
	look_add_tokens(config, !others, &out);
	look_put_icon(&out);
	look_add_rules("assets/business.css", &out);
	if (others)
		look_add_rules("assets/site.css", &out);
	look_order_rules(config, &out);
	if (live)
		look_add("assets/live.css", &out);
	look_add("assets/theme.css", &out);
	must(!buf_failed(&out));
	files_compose(str_of(path), buf_view(&out));
	buf_release(&out);
}

const char *look_business_sheet(void)
{
	static const char own[] = "assets/business.css", all[] = "assets/site.css";
	return files_is_replaced(str_of(all)) && !files_is_replaced(str_of(own)) ? all : own;
}

void look_compose(const struct config *config, bool live)
{
	look_compose_sheet(config, "assets/site.css", true, live);
	look_compose_sheet(config, "assets/business.css", false, false);
}

/* ---- rules of a sheet ---- */

struct str look_rule(struct str sheet, struct str selector)
{
	struct str found = {NULL, 0};
	for (size_t at = 0; at + selector.n < sheet.n; at++) {
		const char *from = sheet.p + at + selector.n + 1;
		if ((at && sheet.p[at - 1] != '}') || sheet.p[at + selector.n] != '{' ||
		    memcmp(sheet.p + at, selector.p, selector.n) != 0)
			continue;
		const char *end = memchr(from, '}', sheet.n - (size_t)(from - sheet.p));
		if (end)
			found = (struct str){from, (size_t)(end - from)};
	}
	return found;
}
