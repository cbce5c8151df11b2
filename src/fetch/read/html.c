/* The facts of a page, from the tags and texts that scan.c returns. */
#include "fetch/read/read.h"
#include "base/utf8.h"
#include "fetch/read/internal.h"

#include <stdio.h>
#include <string.h>

enum {
	PHONES_MAX = 8,
	TYPES_MAX = 16,
	BLOCKS_MAX = 32, /* JSON-LD blocks of a page */
	BLOCK_ARENA = 16 << 20,
	DIGITS_MIN = 5,  /* minimum of a telephone number */
	DIGITS_SAME = 6, /* minimum without codes to identify a number */
	DIGITS_MAX = 15, /* E.164 */
};

struct digits {
	char of[DIGITS_MAX + 2];
	size_t n;
};

struct html_page {
	struct arena *arena;
	struct wire_facts *facts;
	enum charset charset;
	struct digits wanted;
	unsigned phones, types, blocks;
	bool has_title, has_description, has_language;
};

/* Bound the cost of a value: references make a text longer than its fact, but not without limit. */
static struct str html_bounded(struct str raw)
{
	return utf8_cut(raw, 4 * (size_t)WIRE_VALUE_MAX);
}

static bool html_add_fact(struct html_page *page, const char *name, struct str raw,
			  bool in_attribute, size_t max)
{
	struct buf text;
	buf_init(&text, 16 * WIRE_VALUE_MAX);
	bool added = charset_decode(page->charset, html_bounded(raw), in_attribute, &text) &&
		     fact_add(page->facts, page->arena, name, buf_view(&text), max);
	buf_release(&text);
	return added;
}

/* The value of an attribute with its character references decoded. */
static struct str html_attribute(struct html_page *page, struct str raw)
{
	struct buf text;
	struct str value = raw;
	if (!raw.n || !memchr(raw.p, '&', raw.n))
		return raw;
	buf_init(&text, 16 * WIRE_VALUE_MAX);
	if (charset_decode(page->charset, html_bounded(raw), true, &text))
		value = arena_str(page->arena, buf_view(&text));
	buf_release(&text);
	return value;
}

/* ---- telephone numbers ---- */

/* Read digits and a leading +; false: not a telephone number. "(0)" after a country code is not
 * dialled. */
static bool html_read_digits(struct str s, struct digits *d)
{
	d->n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '(' && i + 2 < s.n && s.p[i + 1] == '0' && s.p[i + 2] == ')' && d->n > 0 &&
		    d->of[0] == '+')
			i += 2;
		else if (ascii_is_digit(c) || (c == '+' && d->n == 0)) {
			if (d->n == DIGITS_MAX + 1)
				return false;
			d->of[d->n++] = c;
		} else if (c == '%' && i + 2 < s.n && s.p[i + 1] == '2' &&
			   (s.p[i + 2] == '0' || ascii_lower(s.p[i + 2]) == 'b')) {
			if (s.p[i + 2] != '0' && d->n == 0)
				d->of[d->n++] = '+';
			i += 2;
		} else if (c == ';' || c == ',' || ascii_is_letter(c)) {
			break; /* the rest is an extension */
		}
	}
	size_t plus = d->n > 0 && d->of[0] == '+';
	return d->n >= DIGITS_MIN + plus && d->n <= DIGITS_MAX + plus;
}

/* The number of digits of an international number's country code (ITU-T E.164, Annex D). */
static size_t html_country_digits(const struct digits *d)
{
	static const char two[] =
	    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 "
	    "57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ";
	if (d->n < 3 || d->of[0] != '+')
		return 0;
	if (d->of[1] == '1' || d->of[1] == '7')
		return 1;
	for (const char *code = two; *code; code += 3)
		if (memcmp(code, d->of + 1, 2) == 0)
			return 2;
	return 3;
}

/* Add same_telephone when a number ends with the wanted one's digits after country code and trunk
 * zeros. */
static void html_compare_phone(struct html_page *page, const struct digits *found)
{
	const struct digits *wanted = &page->wanted;
	size_t start = wanted->n > 0 && wanted->of[0] == '+' ? 1 + html_country_digits(wanted) : 0;
	while (start < wanted->n && wanted->of[start] == '0')
		start++;
	size_t n = wanted->n - start;
	if (n >= DIGITS_SAME && found->n >= n &&
	    memcmp(found->of + found->n - n, wanted->of + start, n) == 0)
		fact_add(page->facts, page->arena, "same_telephone", STR("true"), WIRE_VALUE_MAX);
}

static void html_add_phone(struct html_page *page, struct str raw)
{
	struct digits d;
	if (!html_read_digits(raw, &d))
		return;
	html_compare_phone(page, &d);
	if (page->phones < PHONES_MAX && fact_add(page->facts, page->arena, "telephone",
						  (struct str){d.of, d.n}, WIRE_VALUE_MAX))
		page->phones++;
}

static bool separates_digits(char c)
{
	return is_space(c) || strchr("-./()\xc2\xa0\xe2\x80\x90\x91\x93", c) != NULL;
}

/* Search running text for the wanted number: compare at the end of each group of digits. */
static void html_search_phone(struct html_page *page, struct str text)
{
	enum { GAP_MAX = 4 };
	struct digits d = {.n = 0};
	size_t gap = 0;
	if (page->wanted.n == 0)
		return;
	for (size_t i = 0; i <= text.n; i++) {
		char c = i < text.n ? text.p[i] : 'x';
		if (ascii_is_digit(c)) {
			gap = 0;
			if (d.n == DIGITS_MAX)
				memmove(d.of, d.of + 1, --d.n);
			d.of[d.n++] = c;
			continue;
		}
		if (gap == 0)
			html_compare_phone(page, &d);
		if (c == '\0' || !separates_digits(c) || ++gap > GAP_MAX)
			d.n = gap = 0;
	}
}

/* ---- JSON-LD ---- */

static void html_add_type(struct html_page *page, const struct json_value *type, bool *business,
			  bool *person)
{
	struct str rest = json_text(type), name = STR("");
	while (rest.p)
		name = str_cut(&rest, '/'); /* the last part of https://schema.org/Name */
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_letter(name.p[i]) && !ascii_is_digit(name.p[i]))
			return;
	*business = *business || str_eq(name, STR("LocalBusiness"));
	*person = *person || str_eq(name, STR("Person"));
	if (name.n <= WIRE_NAME_MAX && page->types < TYPES_MAX &&
	    fact_add(page->facts, page->arena, "json_ld", name, WIRE_NAME_MAX))
		page->types++;
}

static void html_read_object(struct html_page *page, const struct json_value *v)
{
	bool business = false, person = false;
	const struct json_value *type = json_get(v, "@type");
	const struct json_value *phone = json_get(v, "telephone");
	if (type && type->kind == JSON_IS_ARRAY)
		for (const struct json_value *t = type->first; t; t = t->next)
			html_add_type(page, t, &business, &person);
	else if (type)
		html_add_type(page, type, &business, &person);
	if (!person && json_get(v, "address") && json_get(v, "name"))
		business = true;
	if (business)
		fact_add(page->facts, page->arena, "local_business", STR("true"), WIRE_VALUE_MAX);
	if (phone && !person) {
		const struct json_value *p = phone->kind == JSON_IS_ARRAY ? phone->first : phone;
		for (; p && page->phones < PHONES_MAX;
		     p = phone->kind == JSON_IS_ARRAY ? p->next : NULL)
			html_add_phone(page, json_text(p));
	}
}

/* json_parse bounds the depth. */
static void html_walk(struct html_page *page, const struct json_value *v)
{
	if (v->kind == JSON_IS_OBJECT)
		html_read_object(page, v);
	for (const struct json_value *child = v->first; child; child = child->next)
		html_walk(page, child);
}

static void html_read_block(struct html_page *page, struct str text)
{
	struct arena arena;
	struct json_value *root;
	struct err ignored; /* a block that is not JSON is skipped */
	if (!text.n || page->blocks++ >= BLOCKS_MAX)
		return;
	arena_init(&arena, BLOCK_ARENA);
	if (json_parse(&arena, text, &root, &ignored) == OK)
		html_walk(page, root);
	arena_release(&arena);
}

/* ---- tags ---- */

static bool has_word(struct str list, struct str word)
{
	while (list.p)
		if (str_eq_nocase(str_trim(str_cut(&list, ',')), word))
			return true;
	return false;
}

static void html_meta(struct html_page *page, const struct scan_tag *tag)
{
	struct str name = str_trim(html_attribute(page, tag->meta_name));
	struct str content = html_attribute(page, tag->content);
	if (tag->charset.n > 0 && page->charset == CHARSET_UNKNOWN)
		page->charset = charset_of(tag->charset);
	else if (page->charset == CHARSET_UNKNOWN && name.n == 0)
		page->charset = charset_in(content); /* http-equiv */
	if (str_eq_nocase(name, STR("description")) && !page->has_description)
		page->has_description =
		    html_add_fact(page, "description", tag->content, true, FACT_TEXT_MAX);
	bool robots = str_eq_nocase(name, STR("robots")) || str_eq_nocase(name, STR("googlebot"));
	if (robots && (has_word(content, STR("noindex")) || has_word(content, STR("none"))))
		fact_add(page->facts, page->arena, "noindex", STR("true"), WIRE_VALUE_MAX);
}

static void html_link(struct html_page *page, struct str href)
{
	struct str target = str_trim(html_attribute(page, href));
	struct str scheme = str_cut(&target, ':');
	if (target.p && str_eq_nocase(scheme, STR("tel")))
		html_add_phone(page, target);
}

static void html_language(struct html_page *page, struct str lang)
{
	enum { LANGUAGE_MAX = 35 }; /* the longest registered tag, RFC 5646 4.4.1 */
	lang = str_trim(html_attribute(page, lang));
	for (size_t i = 0; i < lang.n; i++)
		if (!ascii_is_letter(lang.p[i]) && !ascii_is_digit(lang.p[i]) && lang.p[i] != '-')
			return;
	if (lang.n > 1 && lang.n <= LANGUAGE_MAX && !page->has_language)
		page->has_language = html_add_fact(page, "language", lang, true, LANGUAGE_MAX);
}

/* The type without its parameters: "application/ld+json; charset=utf-8". */
static bool is_json_ld(struct str type)
{
	return str_eq_nocase(str_trim(str_cut(&type, ';')), STR("application/ld+json"));
}

static void html_tag(struct html_page *page, const struct scan_tag *tag)
{
	if (str_eq_nocase(tag->name, STR("title")) && !tag->foreign && !page->has_title)
		page->has_title = html_add_fact(page, "title", tag->text, false, FACT_TEXT_MAX);
	else if (str_eq_nocase(tag->name, STR("html")))
		html_language(page, tag->lang);
	else if (str_eq_nocase(tag->name, STR("meta")))
		html_meta(page, tag);
	else if (str_eq_nocase(tag->name, STR("a")) || str_eq_nocase(tag->name, STR("area")))
		html_link(page, tag->href);
	else if (str_eq_nocase(tag->name, STR("script")) &&
		 is_json_ld(html_attribute(page, tag->type)))
		html_read_block(page, tag->text);
}

void read_html(struct str body, struct str content_type, const struct wire_facts *wanted,
	       struct arena *arena, struct wire_facts *facts)
{
	struct html_page page = {.arena = arena, .facts = facts};
	struct scan scan;
	struct str text;
	struct scan_tag tag;
	enum scan_item item;
	page.charset = charset_in(content_type);
	if (str_starts(body, STR("\xef\xbb\xbf")))
		page.charset = CHARSET_UTF8;
	for (uint32_t i = 0; i < wanted->count; i++)
		if (str_eq(wanted->of[i].name, STR("telephone")) &&
		    !html_read_digits(wanted->of[i].value, &page.wanted))
			page.wanted.n = 0;
	scan_begin(&scan, body);
	while ((item = scan_next(&scan, &text, &tag)) != SCAN_END)
		if (item == SCAN_TEXT)
			html_search_phone(&page, text);
		else
			html_tag(&page, &tag);
}
