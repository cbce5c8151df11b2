/* Tags and texts of a page: the tokenizer of HTML (https://html.spec.whatwg.org, 13.2.5), as
 * far as facts need it. */
#include "fetch/read/internal.h"

#include <stddef.h>
#include <string.h>

static const struct {
	struct str name;
	size_t offset;
} attributes[] = {
    {{"lang", 4}, offsetof(struct scan_tag, lang)},
    {{"href", 4}, offsetof(struct scan_tag, href)},
    {{"type", 4}, offsetof(struct scan_tag, type)},
    {{"name", 4}, offsetof(struct scan_tag, meta_name)},
    {{"content", 7}, offsetof(struct scan_tag, content)},
    {{"charset", 7}, offsetof(struct scan_tag, charset)},
};

static struct str scan_cut(struct str *s, size_t n)
{
	struct str front = {s->p, n};
	str_skip(s, n);
	return front;
}

static bool scan_is_any(struct str name, const char *const *names)
{
	for (; *names; names++)
		if (str_eq_nocase(name, str_of(*names)))
			return true;
	return false;
}

/* ---- tags ---- */

static struct str scan_attribute_value(struct str *s)
{
	size_t n = 0;
	while (s->n > 0 && is_space(s->p[0]))
		str_skip(s, 1);
	if (s->n == 0 || s->p[0] != '=')
		return (struct str){"", 0};
	str_skip(s, 1);
	while (s->n > 0 && is_space(s->p[0]))
		str_skip(s, 1);
	if (s->n > 0 && (s->p[0] == '"' || s->p[0] == '\'')) {
		char quote = s->p[0];
		str_skip(s, 1);
		const char *end = memchr(s->p, quote, s->n);
		n = end ? (size_t)(end - s->p) : s->n;
		struct str value = scan_cut(s, n);
		str_skip(s, end ? 1 : 0);
		return value;
	}
	while (n < s->n && !is_space(s->p[n]) && s->p[n] != '>')
		n++;
	return scan_cut(s, n);
}

/* Store an attribute's value; of several with the same name the first. */
static void scan_store_attribute(struct scan_tag *tag, struct str name, struct str value)
{
	for (size_t i = 0; i < COUNT_OF(attributes); i++) {
		struct str *to = (struct str *)(void *)((char *)tag + attributes[i].offset);
		if (!to->p && str_eq_nocase(name, attributes[i].name))
			*to = value;
	}
}

/* After '<' or "</": read the tag with its attributes and '>'. False: the page ends inside the
 * tag. */
static bool scan_read_tag(struct str *s, struct scan_tag *tag, bool *closed)
{
	size_t n = 0;
	*tag = (struct scan_tag){0};
	*closed = false;
	while (n < s->n && !is_space(s->p[n]) && s->p[n] != '/' && s->p[n] != '>')
		n++;
	tag->name = scan_cut(s, n);
	for (;;) {
		while (s->n > 0 && (is_space(s->p[0]) || s->p[0] == '/')) {
			*closed = s->p[0] == '/';
			str_skip(s, 1);
		}
		if (s->n == 0)
			return false;
		if (s->p[0] == '>') {
			str_skip(s, 1);
			return true;
		}
		*closed = false;
		n = 1; /* a name may begin with '=' */
		while (n < s->n && !is_space(s->p[n]) && s->p[n] != '/' && s->p[n] != '>' &&
		       s->p[n] != '=')
			n++;
		struct str name = scan_cut(s, n);
		scan_store_attribute(tag, name, scan_attribute_value(s));
	}
}

/* ---- elements whose content is text ---- */

/* Whether s begins with mark ("<" or "</") and name, and the name ends there. */
static bool scan_is_tag(struct str s, struct str mark, struct str name)
{
	size_t n = mark.n + name.n;
	return str_starts(s, mark) && s.n > n &&
	       str_eq_nocase((struct str){s.p + mark.n, name.n}, name) &&
	       (is_space(s.p[n]) || s.p[n] == '/' || s.p[n] == '>');
}

/* The text up to </name>; consumes it, but not the end tag. */
static struct str scan_raw_text(struct str *s, struct str name)
{
	size_t at = 0;
	while (at < s->n) {
		const char *end = memchr(s->p + at, '<', s->n - at);
		if (!end)
			break;
		at = (size_t)(end - s->p);
		if (scan_is_tag((struct str){s->p + at, s->n - at}, STR("</"), name))
			return scan_cut(s, at);
		at++;
	}
	return scan_cut(s, s->n);
}

/* A script ends at </script>, except inside <!-- <script> ... -->. */
static struct str scan_script(struct str *s)
{
	bool escaped = false, twice = false;
	for (size_t at = 0; at < s->n; at++) {
		struct str rest = {s->p + at, s->n - at};
		if (rest.p[0] == '-' && escaped && str_starts(rest, STR("-->"))) {
			escaped = twice = false;
		} else if (rest.p[0] != '<') {
			continue;
		} else if (scan_is_tag(rest, STR("</"), STR("script"))) {
			if (!twice)
				return scan_cut(s, at);
			twice = false;
		} else if (!escaped && str_starts(rest, STR("<!--"))) {
			escaped = true;
			at++; /* "<!-->" is a whole comment */
		} else if (escaped && scan_is_tag(rest, STR("<"), STR("script"))) {
			twice = true;
		}
	}
	return scan_cut(s, s->n);
}

static struct str scan_element_text(struct scan *scan, const struct scan_tag *tag)
{
	static const char *const raw[] = {"style",  "title",   "textarea", "xmp",
					  "iframe", "noembed", "noframes", NULL};
	if (tag->foreign)
		return (struct str){NULL, 0};
	if (str_eq_nocase(tag->name, STR("script")))
		return scan_script(&scan->rest);
	if (str_eq_nocase(tag->name, STR("plaintext")))
		return scan_cut(&scan->rest, scan->rest.n);
	return scan_is_any(tag->name, raw) ? scan_raw_text(&scan->rest, tag->name)
					   : (struct str){NULL, 0};
}

/* ---- SVG and MathML, templates ---- */

static const char *const foreign_roots[] = {"svg", "math", NULL};
/* Elements of SVG and MathML that contain HTML. */
static const char *const integration[] = {
    "foreignobject", "desc", "title", "mi", "mo", "mn", "ms", "mtext", "annotation-xml", NULL};
/* Start tags of HTML that close unclosed SVG or MathML. */
static const char *const breakout[] = {
    "b",    "big",    "blockquote", "body", "br",   "center", "code", "dd",  "div",  "dl",  "dt",
    "em",   "embed",  "h1",         "h2",   "h3",   "h4",     "h5",   "h6",  "head", "hr",  "i",
    "img",  "li",     "menu",       "meta", "nobr", "ol",     "p",    "pre", "ruby", "s",   "small",
    "span", "strong", "strike",     "sub",  "sup",  "table",  "tt",   "u",   "ul",   "var", NULL};

static bool scan_is_foreign(const struct scan *scan)
{
	return scan->foreign > 0 && scan->inside == 0;
}

/* Set tag->foreign for a start tag, and update the state for the tags that follow. */
static void scan_enter(struct scan *scan, struct scan_tag *tag, bool closed)
{
	if (scan_is_foreign(scan) && scan_is_any(tag->name, breakout))
		scan->foreign = 0;
	tag->foreign = scan_is_foreign(scan);
	if (scan_is_any(tag->name, foreign_roots)) {
		tag->foreign = true;
		scan->foreign += !closed;
	} else if (tag->foreign && !closed && scan_is_any(tag->name, integration)) {
		scan->inside++;
	}
	if (!tag->foreign && str_eq_nocase(tag->name, STR("template")))
		scan->templates++;
}

static void scan_leave(struct scan *scan, struct str name)
{
	if (scan->foreign && scan_is_any(name, foreign_roots)) {
		scan->foreign--;
		scan->inside = 0;
	} else if (scan->foreign && scan->inside && scan_is_any(name, integration)) {
		scan->inside--;
	} else if (scan->templates && str_eq_nocase(name, STR("template"))) {
		scan->templates--;
	}
}

/* ---- the page ---- */

/* Skip everything up to and including `mark`, or to the end. */
static void scan_skip_past(struct str *s, struct str mark)
{
	const char *at = s->n > 0 ? memmem(s->p, s->n, mark.p, mark.n) : NULL;
	str_skip(s, at ? (size_t)(at - s->p) + mark.n : s->n);
}

/* After "<!--": skip up to "-->" or "--!>". "<!-->" and "<!--->" are whole comments. */
static void scan_skip_comment(struct str *s)
{
	if (str_starts(*s, STR(">")) || str_starts(*s, STR("->"))) {
		scan_skip_past(s, STR(">"));
		return;
	}
	for (size_t at = 0; at + 2 < s->n; at++) {
		const char *dash = memchr(s->p + at, '-', s->n - at);
		if (!dash)
			break;
		at = (size_t)(dash - s->p);
		struct str rest = {dash, s->n - at};
		bool plain = str_starts(rest, STR("-->"));
		if (plain || str_starts(rest, STR("--!>"))) {
			str_skip(s, at + (plain ? 3 : 4));
			return;
		}
	}
	str_skip(s, s->n);
}

/* Skip an end tag, comment or declaration. False: a start tag begins here. */
static bool scan_skip_other(struct scan *scan)
{
	struct str *s = &scan->rest;
	struct scan_tag tag;
	bool closed;
	if (s->n > 2 && s->p[1] == '/' && ascii_is_letter(s->p[2])) {
		str_skip(s, 2);
		if (scan_read_tag(s, &tag, &closed))
			scan_leave(scan, tag.name);
	} else if (str_starts(*s, STR("<!--"))) {
		str_skip(s, 4);
		scan_skip_comment(s);
	} else if (scan_is_foreign(scan) && str_starts(*s, STR("<![CDATA["))) {
		scan_skip_past(s, STR("]]>"));
	} else if (s->n > 1 && (s->p[1] == '!' || s->p[1] == '?' || s->p[1] == '/')) {
		scan_skip_past(s, STR(">"));
	} else {
		return false;
	}
	return true;
}

void scan_begin(struct scan *scan, struct str body)
{
	*scan = (struct scan){.rest = body};
}

enum scan_item scan_next(struct scan *scan, struct str *text, struct scan_tag *tag)
{
	struct str *s = &scan->rest;
	while (s->n > 0) {
		bool closed;
		if (s->p[0] != '<' || (s->n > 1 && !ascii_is_letter(s->p[1]) &&
				       !strchr("!?/", s->p[1] ? s->p[1] : ' '))) {
			const char *at = s->n > 1 ? memchr(s->p + 1, '<', s->n - 1) : NULL;
			*text = scan_cut(s, at ? (size_t)(at - s->p) : s->n);
			if (!scan->templates)
				return SCAN_TEXT;
			continue;
		}
		if (s->n < 2)
			break;
		if (scan_skip_other(scan))
			continue;
		str_skip(s, 1);
		if (!scan_read_tag(s, tag, &closed))
			break;
		bool shown = !scan->templates;
		scan_enter(scan, tag, closed);
		tag->text = scan_element_text(scan, tag);
		if (shown)
			return SCAN_TAG;
	}
	return SCAN_END;
}
