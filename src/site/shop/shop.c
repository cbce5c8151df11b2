#include "site/shop/internal.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>
#include "base/ascii.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/utf8.h"
#include "language/language.h"
#include "site/markdown/markdown.h"

enum { HTML_MAX = 1 << 20, TAGLINE_LETTERS = 200, HEADINGS_FROM = 3 };

bool shop_is_reserve_link(struct str link)
{
	static const char *const schemes[] = {"https://", "sms:", "mailto:", "tel:"};
	bool known = false;
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		known |= link.n > strlen(schemes[i]) && str_starts(link, str_of(schemes[i]));
	for (size_t i = 0; i < link.n; i++)
		known &= (unsigned char)link.p[i] > ' ' && !strchr("\"<>\\^`{|}", link.p[i]);
	return known;
}

/* ---- values ---- */

struct shop_reading {
	struct shop *shop;
	const struct links *links;
	struct arena *arena;
	int notice_line[SHOP_NOTICES_MAX];
};

typedef enum status shop_take(struct shop_reading *r, const struct toml_item *item, void *to,
			      struct err *err);

static enum status shop_refuse(const struct toml_item *item, struct err *err, const char *what)
{
	return err_set(err, INVALID, "%d: %.*s: %s", item->line, STR_ARG(item->key), what);
}

/* Markdown as HTML in the arena. An error of the text gets the line of the file. */
static enum status shop_html(struct shop_reading *r, const struct toml_item *item, struct str text,
			     struct str *out, struct err *err)
{
	struct buf html;
	struct err why = {""};
	int64_t line = 1;
	buf_init(&html, HTML_MAX);
	enum status status = markdown_html(text, HEADINGS_FROM, r->links, &html, &why);
	struct str what = str_of(why.text);
	if (status == OK) {
		*out = arena_str(r->arena, buf_view(&html));
		must(out->p);
	} else if (str_starts(what, STR("line "))) {
		struct str rest = {what.p + 5, what.n - 5}, number = str_cut(&rest, ':');
		(void)!str_to_i64(number, 1, INT32_MAX, &line);
		status = err_set(err, INVALID, "%d: %.*s:%.*s", item->content_line + (int)line - 1,
				 STR_ARG(item->key), STR_ARG(rest));
	} else {
		status = shop_refuse(item, err, why.text);
	}
	buf_release(&html);
	return status;
}

static enum status shop_take_markdown(struct shop_reading *r, const struct toml_item *item,
				      void *to, struct err *err)
{
	return shop_html(r, item, item->text, to, err);
}

static enum status shop_take_story(struct shop_reading *r, const struct toml_item *item, void *to,
				   struct err *err)
{
	struct buf plain;
	struct str first = str_trim(item->text);
	const char *end = first.n ? memmem(first.p, first.n, "\n\n", 2) : NULL;
	if (end)
		first.n = (size_t)(end - first.p);
	buf_init(&plain, HTML_MAX);
	enum status status = shop_html(r, item, item->text, to, err);
	if (status == OK)
		status = shop_html(r, item, first, &r->shop->story_begins, err);
	markdown_plain(item->text, &plain);
	r->shop->story_letters = utf8_count(buf_view(&plain));
	buf_release(&plain);
	return status;
}

static enum status shop_take_tagline(struct shop_reading *r, const struct toml_item *item, void *to,
				     struct err *err)
{
	(void)r;
	*(struct str *)to = str_trim(item->text);
	if (memchr(item->text.p, '\n', item->text.n))
		return shop_refuse(item, err, "one line");
	return utf8_count(item->text) <= TAGLINE_LETTERS
		   ? OK
		   : shop_refuse(item, err, "at most 200 letters");
}

static enum status shop_take_reserve(struct shop_reading *r, const struct toml_item *item, void *to,
				     struct err *err)
{
	(void)r;
	*(struct str *)to = item->text;
	return shop_is_reserve_link(item->text)
		   ? OK
		   : shop_refuse(item, err,
				 "a link that begins with https://, sms:, mailto: or tel:");
}

static enum status shop_take_theme(struct shop_reading *r, const struct toml_item *item, void *to,
				   struct err *err)
{
	(void)r;
	*(struct str *)to = item->text;
	for (size_t i = 0; i < item->text.n; i++)
		if (!ascii_is_lower(item->text.p[i]) && item->text.p[i] != '-')
			return shop_refuse(item, err, "a name of a-z and -");
	return OK;
}

static enum status shop_take_language(struct shop_reading *r, const struct toml_item *item,
				      void *to, struct err *err)
{
	(void)r;
	*(struct str *)to = item->text;
	return language_find(item->text)
		   ? OK
		   : shop_refuse(item, err, "pages are not made in this language");
}

static enum status shop_take_date(struct shop_reading *r, const struct toml_item *item, void *to,
				  struct err *err)
{
	(void)r;
	(void)err;
	*(int64_t *)to = item->number;
	return OK;
}

/* ---- the keys ---- */

static const struct shop_key {
	struct str table, key;
	enum toml_kind kind;
	size_t offset; /* in struct shop, or in the table's struct */
	shop_take *take;
} shop_keys[] = {
    {STR(""), STR("tagline"), TOML_TEXT, offsetof(struct shop, tagline), shop_take_tagline},
    {STR(""), STR("reserve"), TOML_TEXT, offsetof(struct shop, reserve), shop_take_reserve},
    {STR(""), STR("theme"), TOML_TEXT, offsetof(struct shop, theme), shop_take_theme},
    {STR(""), STR("language"), TOML_TEXT, offsetof(struct shop, language), shop_take_language},
    {STR(""), STR("story"), TOML_TEXT, offsetof(struct shop, story), shop_take_story},
    {STR(""), STR("imprint"), TOML_TEXT, offsetof(struct shop, imprint), shop_take_markdown},
    {STR("notice"), STR("text"), TOML_TEXT, offsetof(struct shop_notice, html), shop_take_markdown},
    {STR("notice"), STR("from"), TOML_DATE, offsetof(struct shop_notice, from), shop_take_date},
    {STR("notice"), STR("until"), TOML_DATE, offsetof(struct shop_notice, until), shop_take_date},
};

static enum status shop_unknown(const struct toml_item *item, struct err *err)
{
	struct buf known;
	buf_init(&known, 4096);
	for (size_t i = 0; i < COUNT_OF(shop_keys); i++)
		if (str_eq(shop_keys[i].table, item->table))
			buf_printf(&known, "%s%.*s", known.n ? ", " : "",
				   STR_ARG(shop_keys[i].key));
	err_set(err, INVALID, "%d: unknown key '%.*s'; known are %s", item->line,
		STR_ARG(item->key), buf_z(&known));
	buf_release(&known);
	return INVALID;
}

static enum status shop_visit_table(struct shop_reading *r, const struct toml_item *item,
				    struct err *err)
{
	struct shop *s = r->shop;
	if (!str_eq(item->table, STR("notice")) || !item->instance)
		return err_set(err, INVALID, "%d: unknown table '%.*s'; known is [[notice]]",
			       item->line, STR_ARG(item->table));
	if (s->notices == SHOP_NOTICES_MAX)
		return err_set(err, INVALID, "%d: more than %d notices", item->line,
			       SHOP_NOTICES_MAX);
	r->notice_line[s->notices] = item->line;
	s->notice[s->notices++] = (struct shop_notice){.from = INT64_MIN, .until = INT64_MIN};
	return OK;
}

static enum status shop_visit(void *ctx, const struct toml_item *item, struct err *err)
{
	static const char *const kinds[] = {[TOML_TEXT] = "a text in quotes",
					    [TOML_NUMBER] = "a number",
					    [TOML_BOOL] = "true or false",
					    [TOML_DATE] = "a date such as 2026-08-17"};
	struct shop_reading *r = ctx;
	if (!item->key.n)
		return shop_visit_table(r, item, err);
	for (size_t i = 0; i < COUNT_OF(shop_keys); i++) {
		const struct shop_key *k = &shop_keys[i];
		if (!str_eq(k->table, item->table) || !str_eq(k->key, item->key))
			continue;
		if (k->kind != item->kind)
			return shop_refuse(item, err, kinds[k->kind]);
		if (k->kind == TOML_TEXT && !str_trim(item->text).n)
			return shop_refuse(item, err, "it is empty; leave the key out");
		char *base =
		    k->table.n ? (char *)&r->shop->notice[r->shop->notices - 1] : (char *)r->shop;
		return k->take(r, item, base + k->offset, err);
	}
	return shop_unknown(item, err);
}

static enum status shop_check_notices(const struct shop_reading *r, struct err *err)
{
	for (size_t i = 0; i < r->shop->notices; i++) {
		const struct shop_notice *n = &r->shop->notice[i];
		const char *wrong = NULL;
		if (!n->html.n)
			wrong = "has no text";
		else if (n->until == INT64_MIN)
			wrong = "has no until, the last day on which it is shown";
		else if (n->until < n->from)
			wrong = "ends before it begins";
		if (wrong)
			return err_set(err, INVALID, "%d: this [[notice]] %s", r->notice_line[i],
				       wrong);
	}
	return OK;
}

enum status shop_parse(struct shop *s, struct str text, const char *path, const struct links *links,
		       struct arena *arena, struct err *err)
{
	struct shop_reading r = {.shop = s, .links = links, .arena = arena};
	*s = (struct shop){.notices = 0};
	enum status status = toml_read(text, arena, shop_visit, &r, err);
	if (status == OK)
		status = shop_check_notices(&r, err);
	if (status != OK) {
		struct err why = *err;
		status = err_set(err, INVALID, "%s:%s", path, why.text);
	}
	return status;
}

enum status shop_read(struct shop *s, const char *path, const struct links *links,
		      struct arena *arena, struct err *err)
{
	struct buf text;
	*s = (struct shop){.notices = 0};
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return OK;
	buf_init(&text, SHOP_FILE_MAX);
	enum status status = io_read_file(path, &text, err);
	if (status == OK)
		status = shop_parse(s, buf_view(&text), path, links, arena, err);
	buf_release(&text);
	return status;
}
