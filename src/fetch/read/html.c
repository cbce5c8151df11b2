#include "fetch/read/read.h"
#include "base/utf8.h"
#include "fetch/read/internal.h"

#include <stdio.h>
#include <string.h>

/* A scanner, not a parser: it knows tags, attributes, comments and the elements whose content is text, and never
 * looks back, so that any page costs one pass. */

enum {
	PHONES_MAX = 8,
	TYPES_MAX = 16,
	BLOCKS_MAX = 32, /* of JSON-LD */
	BLOCK_ARENA = 16 << 20,
	DIGITS_MIN = 5,  /* of a telephone number */
	DIGITS_SAME = 6, /* without codes, of a number that can be told from others */
	DIGITS_MAX = 15, /* E.164 */
};

enum charset { CHARSET_UNKNOWN, CHARSET_UTF8, CHARSET_LATIN, CHARSET_OTHER };

struct digits {
	char of[DIGITS_MAX + 2];
	size_t n;
};

struct page {
	struct str rest;
	struct arena *arena;
	struct wire_facts *facts;
	enum charset charset;
	struct digits wanted;
	unsigned phones, types, blocks;
	bool has_title, has_description, has_language;
};

/* What is kept of a tag. */
struct tag {
	struct str name, lang, href, type, property, content, charset;
};

static const struct {
	const char *name;
	size_t offset;
} attributes[] = {
    {"lang", offsetof(struct tag, lang)},         {"href", offsetof(struct tag, href)},
    {"type", offsetof(struct tag, type)},         {"name", offsetof(struct tag, property)},
    {"property", offsetof(struct tag, property)}, {"content", offsetof(struct tag, content)},
    {"charset", offsetof(struct tag, charset)},
};

static void skip(struct str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static struct str take(struct str *s, size_t n)
{
	struct str taken = {s->p, n};
	skip(s, n);
	return taken;
}

/* ---- characters ---- */

static const struct {
	const char *name, *text;
} entities[] = {
    {"amp", "&"},         {"lt", "<"},          {"gt", ">"},          {"quot", "\""},
    {"apos", "'"},        {"nbsp", " "},        {"auml", "\u00e4"},   {"ouml", "\u00f6"},
    {"uuml", "\u00fc"},   {"Auml", "\u00c4"},   {"Ouml", "\u00d6"},   {"Uuml", "\u00dc"},
    {"szlig", "\u00df"},  {"eacute", "\u00e9"}, {"egrave", "\u00e8"}, {"ecirc", "\u00ea"},
    {"agrave", "\u00e0"}, {"aacute", "\u00e1"}, {"acirc", "\u00e2"},  {"ccedil", "\u00e7"},
    {"iacute", "\u00ed"}, {"ntilde", "\u00f1"}, {"oacute", "\u00f3"}, {"ocirc", "\u00f4"},
    {"uacute", "\u00fa"}, {"ugrave", "\u00f9"}, {"aring", "\u00e5"},  {"aelig", "\u00e6"},
    {"oslash", "\u00f8"}, {"ndash", "\u2013"},  {"mdash", "\u2014"},  {"hellip", "\u2026"},
    {"laquo", "\u00ab"},  {"raquo", "\u00bb"},  {"lsquo", "\u2018"},  {"rsquo", "\u2019"},
    {"ldquo", "\u201c"},  {"rdquo", "\u201d"},  {"bdquo", "\u201e"},  {"euro", "\u20ac"},
    {"copy", "\u00a9"},   {"reg", "\u00ae"},    {"trade", "\u2122"},  {"middot", "\u00b7"},
    {"bull", "\u2022"},   {"shy", ""},
};

static void put_character(struct buf *out, uint32_t c)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	buf_utf8(out, c);
}

/* After '&': how many bytes the reference takes, 0 when it is none. */
static size_t put_reference(struct buf *out, struct str s)
{
	enum { NAME_MAX_BYTES = 8, VALUE_MAX = 0x110000 };
	size_t n = 0;
	if (s.n > 1 && s.p[0] == '#') {
		bool hex = ascii_lower(s.p[1]) == 'x';
		uint32_t value = 0;
		size_t start = hex ? 2 : 1;
		for (n = start; n < s.n; n++) {
			int digit = hex || ascii_is_digit(s.p[n]) ? hex_value(s.p[n]) : -1;
			if (digit < 0)
				break;
			value = value * (hex ? 16 : 10) + (uint32_t)digit;
			if (value > VALUE_MAX)
				value = VALUE_MAX;
		}
		if (n == start)
			return 0;
		put_character(out, value);
		return n < s.n && s.p[n] == ';' ? n + 1 : n;
	}
	while (n < s.n && n < NAME_MAX_BYTES && ascii_is_letter(s.p[n]))
		n++;
	if (n == s.n || s.p[n] != ';')
		return 0;
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (str_eq((struct str){s.p, n}, str_of(entities[i].name))) {
			buf_puts(out, entities[i].text);
			return n + 1;
		}
	return 0;
}

/* The text as UTF-8 with its references resolved, at most what a fact needs; false when its charset is not ours. */
static bool decode(const struct page *page, struct str raw, struct buf *out)
{
	enum { RAW_MAX = 4 * WIRE_VALUE_MAX };
	raw = utf8_cut(raw, RAW_MAX);
	if (raw.n == 0)
		return false;
	bool utf8 = utf8_is_valid(raw);
	if (page->charset == CHARSET_OTHER && (!utf8 || memchr(raw.p, 0x1b, raw.n)))
		return false;
	buf_reset(out);
	for (size_t i = 0; i < raw.n;) {
		if (raw.p[i] == '&') {
			size_t n = put_reference(out, (struct str){raw.p + i + 1, raw.n - i - 1});
			if (n > 0) {
				i += 1 + n;
				continue;
			}
		}
		if (utf8)
			buf_putc(out, raw.p[i]);
		else
			put_character(out, utf8_of_1252(raw.p[i]));
		i++;
	}
	return !buf_failed(out);
}

static bool add(struct page *page, const char *name, struct str raw, size_t max)
{
	struct buf text;
	buf_init(&text, 16 * WIRE_VALUE_MAX);
	bool added = decode(page, raw, &text) &&
		     fact_add(page->facts, page->arena, name, buf_view(&text), max);
	buf_release(&text);
	return added;
}

static enum charset charset_of(struct str name)
{
	static const char *const latins[] = {"iso-8859-1",   "iso-8859-15", "iso8859-1",
					     "windows-1252", "latin1",      "us-ascii",
					     "cp1252"};
	name = str_trim(name);
	if (name.n > 1 && (name.p[0] == '"' || name.p[0] == '\'')) {
		skip(&name, 1);
		if (name.p[name.n - 1] == '"' || name.p[name.n - 1] == '\'')
			name.n--;
	}
	if (name.n == 0)
		return CHARSET_UNKNOWN;
	if (str_eq_nocase(name, STR("utf-8")) || str_eq_nocase(name, STR("utf8")))
		return CHARSET_UTF8;
	for (size_t i = 0; i < sizeof(latins) / sizeof(latins[0]); i++)
		if (str_eq_nocase(name, str_of(latins[i])))
			return CHARSET_LATIN;
	return CHARSET_OTHER;
}

/* "text/html; charset=x" */
static enum charset charset_in(struct str type)
{
	while (type.p) {
		struct str value = str_trim(str_cut(&type, ';'));
		if (str_eq_nocase(str_trim(str_cut(&value, '=')), STR("charset")) && value.p)
			return charset_of(value);
	}
	return CHARSET_UNKNOWN;
}

/* ---- telephone numbers ---- */

/* Digits and a leading +; false when it is no number. "(0)" behind a country code is not dialled. */
static bool read_digits(struct str s, struct digits *d)
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
			break; /* an extension */
		}
	}
	size_t plus = d->n > 0 && d->of[0] == '+';
	return d->n >= DIGITS_MIN + plus && d->n <= DIGITS_MAX + plus;
}

/* Of an international number: how many digits its country code has (ITU-T E.164, Annex D). */
static size_t country_digits(const struct digits *d)
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

/* The same, when it ends with all of the wanted one's digits behind country code and trunk zeros. */
static void compare_phone(struct page *page, const struct digits *found)
{
	const struct digits *wanted = &page->wanted;
	size_t start = wanted->n > 0 && wanted->of[0] == '+' ? 1 + country_digits(wanted) : 0;
	while (start < wanted->n && wanted->of[start] == '0')
		start++;
	size_t n = wanted->n - start;
	if (n >= DIGITS_SAME && found->n >= n &&
	    memcmp(found->of + found->n - n, wanted->of + start, n) == 0)
		fact_add(page->facts, page->arena, "same_telephone", STR("true"), WIRE_VALUE_MAX);
}

static void add_phone(struct page *page, struct str raw)
{
	struct digits d;
	if (!read_digits(raw, &d))
		return;
	compare_phone(page, &d);
	if (page->phones < PHONES_MAX && fact_add(page->facts, page->arena, "telephone",
						  (struct str){d.of, d.n}, WIRE_VALUE_MAX))
		page->phones++;
}

static bool separates_digits(char c)
{
	return is_space(c) || strchr("-./()\xc2\xa0\xe2\x80\x90\x91\x93", c) != NULL;
}

/* The number that was asked for, anywhere in running text: compared wherever a group of digits ends. */
static void look_for_phone(struct page *page, struct str text)
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
			compare_phone(page, &d);
		if (c == '\0' || !separates_digits(c) || ++gap > GAP_MAX)
			d.n = gap = 0;
	}
}

/* ---- JSON-LD ---- */

static void add_type(struct page *page, const struct json_value *type, bool *business, bool *person)
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

static void walk_object(struct page *page, const struct json_value *v)
{
	bool business = false, person = false;
	const struct json_value *type = json_get(v, "@type");
	const struct json_value *phone = json_get(v, "telephone");
	if (type && type->kind == JSON_IS_ARRAY)
		for (const struct json_value *t = type->first; t; t = t->next)
			add_type(page, t, &business, &person);
	else if (type)
		add_type(page, type, &business, &person);
	if (!person && json_get(v, "address") && json_get(v, "name"))
		business = true;
	if (business)
		fact_add(page->facts, page->arena, "local_business", STR("true"), WIRE_VALUE_MAX);
	if (phone && !person) {
		const struct json_value *p = phone->kind == JSON_IS_ARRAY ? phone->first : phone;
		for (; p && page->phones < PHONES_MAX;
		     p = phone->kind == JSON_IS_ARRAY ? p->next : NULL)
			add_phone(page, json_text(p));
	}
}

/* The reader bounds the depth. */
static void walk(struct page *page, const struct json_value *v)
{
	if (v->kind == JSON_IS_OBJECT)
		walk_object(page, v);
	for (const struct json_value *child = v->first; child; child = child->next)
		walk(page, child);
}

static void read_block(struct page *page, struct str text)
{
	struct arena arena;
	struct json_value *root;
	struct err ignored; /* broken JSON-LD says nothing */
	if (page->blocks++ >= BLOCKS_MAX)
		return;
	arena_init(&arena, BLOCK_ARENA);
	if (json_parse(&arena, text, &root, &ignored) == OK)
		walk(page, root);
	arena_release(&arena);
}

/* ---- tags ---- */

static struct str attribute_value(struct str *s)
{
	size_t n = 0;
	while (s->n > 0 && is_space(s->p[0]))
		skip(s, 1);
	if (s->n == 0 || s->p[0] != '=')
		return (struct str){NULL, 0};
	skip(s, 1);
	while (s->n > 0 && is_space(s->p[0]))
		skip(s, 1);
	if (s->n > 0 && (s->p[0] == '"' || s->p[0] == '\'')) {
		char quote = s->p[0];
		skip(s, 1);
		const char *end = memchr(s->p, quote, s->n);
		n = end ? (size_t)(end - s->p) : s->n;
		struct str value = take(s, n);
		skip(s, end ? 1 : 0);
		return value;
	}
	while (n < s->n && !is_space(s->p[n]) && s->p[n] != '>')
		n++;
	return take(s, n);
}

/* Behind '<': the tag and its attributes, up to and with '>'. Of attributes named twice the first counts. */
static void read_tag(struct str *s, struct tag *tag)
{
	size_t n = 0;
	*tag = (struct tag){0};
	while (n < s->n && !is_space(s->p[n]) && s->p[n] != '/' && s->p[n] != '>')
		n++;
	tag->name = take(s, n);
	for (;;) {
		while (s->n > 0 && (is_space(s->p[0]) || s->p[0] == '/'))
			skip(s, 1);
		if (s->n == 0)
			return;
		if (s->p[0] == '>') {
			skip(s, 1);
			return;
		}
		n = 1; /* a name may begin with '=' */
		while (n < s->n && !is_space(s->p[n]) && s->p[n] != '/' && s->p[n] != '>' &&
		       s->p[n] != '=')
			n++;
		struct str name = take(s, n);
		struct str value = attribute_value(s);
		for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
			struct str *to = (struct str *)(void *)((char *)tag + attributes[i].offset);
			if (!to->p && str_eq_nocase(name, str_of(attributes[i].name)))
				*to = value;
		}
	}
}

/* The text up to </name; consumes it, but not the end tag. */
static struct str raw_text(struct str *s, struct str name)
{
	size_t at = 0;
	while (at < s->n) {
		const char *end = memchr(s->p + at, '<', s->n - at);
		if (!end)
			break;
		at = (size_t)(end - s->p);
		if (s->n - at > name.n + 1 && end[1] == '/' &&
		    str_eq_nocase((struct str){end + 2, name.n}, name))
			return take(s, at);
		at++;
	}
	return take(s, s->n);
}

static bool has_word(struct str list, struct str word)
{
	while (list.p)
		if (str_eq_nocase(str_trim(str_cut(&list, ',')), word))
			return true;
	return false;
}

static void on_meta(struct page *page, const struct tag *tag)
{
	if (tag->charset.n > 0 && page->charset == CHARSET_UNKNOWN)
		page->charset = charset_of(tag->charset);
	else if (page->charset == CHARSET_UNKNOWN && tag->property.n == 0)
		page->charset = charset_in(tag->content); /* http-equiv */
	if (str_eq_nocase(tag->property, STR("description")) && !page->has_description)
		page->has_description = add(page, "description", tag->content, FACT_TEXT_MAX);
	if (str_eq_nocase(tag->property, STR("robots")) &&
	    (has_word(tag->content, STR("noindex")) || has_word(tag->content, STR("none"))))
		fact_add(page->facts, page->arena, "noindex", STR("true"), WIRE_VALUE_MAX);
}

static void on_link(struct page *page, struct str href)
{
	struct str target = str_trim(href);
	struct str scheme = str_cut(&target, ':');
	if (target.p && str_eq_nocase(scheme, STR("tel")))
		add_phone(page, target);
}

static void on_html(struct page *page, struct str lang)
{
	enum { LANGUAGE_MAX = 35 }; /* the longest registered tag, RFC 5646 4.4.1 */
	lang = str_trim(lang);
	for (size_t i = 0; i < lang.n; i++)
		if (!ascii_is_letter(lang.p[i]) && !ascii_is_digit(lang.p[i]) && lang.p[i] != '-')
			return;
	if (lang.n > 1 && lang.n <= LANGUAGE_MAX && !page->has_language)
		page->has_language = add(page, "language", lang, LANGUAGE_MAX);
}

static void on_tag(struct page *page, const struct tag *tag)
{
	static const char *const raw[] = {"script", "style", "title", "textarea", "xmp", "iframe"};
	struct str text = {NULL, 0};
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (str_eq_nocase(tag->name, str_of(raw[i])))
			text = raw_text(&page->rest, tag->name);
	if (str_eq_nocase(tag->name, STR("title")) && !page->has_title)
		page->has_title = add(page, "title", text, FACT_TEXT_MAX);
	else if (str_eq_nocase(tag->name, STR("html")))
		on_html(page, tag->lang);
	else if (str_eq_nocase(tag->name, STR("meta")))
		on_meta(page, tag);
	else if (str_eq_nocase(tag->name, STR("a")))
		on_link(page, tag->href);
	else if (str_eq_nocase(tag->name, STR("script")) &&
		 str_eq_nocase(str_trim(tag->type), STR("application/ld+json")))
		read_block(page, text);
}

/* Consumes up to the end of `mark`, or everything. */
static void skip_past(struct str *s, const char *mark)
{
	size_t n = strlen(mark);
	const char *at = s->n > 0 ? memmem(s->p, s->n, mark, n) : NULL;
	skip(s, at ? (size_t)(at - s->p) + n : s->n);
}

static void scan(struct page *page)
{
	struct tag tag;
	struct str *s = &page->rest;
	while (s->n > 0) {
		const char *at = memchr(s->p, '<', s->n);
		look_for_phone(page, take(s, at ? (size_t)(at - s->p) : s->n));
		if (s->n < 2)
			return;
		skip(s, 1);
		if (str_starts(*s, STR("!--"))) {
			skip(s, 1); /* <!--> is a whole comment */
			skip_past(s, "-->");
		} else if (s->p[0] == '!' || s->p[0] == '?' || s->p[0] == '/') {
			skip_past(s, ">");
		} else if (ascii_is_letter(s->p[0])) {
			read_tag(s, &tag);
			on_tag(page, &tag);
		}
	}
}

void read_html(struct str body, struct str content_type, const struct wire_facts *wanted,
	       struct arena *arena, struct wire_facts *facts)
{
	struct page page = {.rest = body, .arena = arena, .facts = facts};
	page.charset = charset_in(content_type);
	if (str_starts(body, STR("\xef\xbb\xbf")))
		page.charset = CHARSET_UTF8;
	for (uint32_t i = 0; i < wanted->count; i++)
		if (str_eq(wanted->of[i].name, STR("telephone")) &&
		    !read_digits(wanted->of[i].value, &page.wanted))
			page.wanted.n = 0;
	scan(&page);
}
