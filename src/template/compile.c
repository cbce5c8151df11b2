#include "template/internal.h"
#include "base/ascii.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { DELIMITER_MAX = 8, PARTS_MAX = 8 };

struct compiler {
	struct template *t;
	struct arena *arena;
	struct str source;
	size_t at;   /* next byte to read */
	size_t from; /* first byte not yet emitted */
	unsigned line;
	struct str open, close;
	size_t section[TEMPLATE_DEPTH]; /* instructions of open sections */
	size_t depth;
	struct err *err;
};

static enum status compile_error(struct compiler *c, const char *what, struct str name)
{
	name = utf8_cut(name, 60);
	return err_set(c->err, INVALID, "template %.*s, line %u: %s%s%.*s%s", STR_ARG(c->t->name),
		       c->line, what, name.n ? " \"" : "", STR_ARG(name), name.n ? "\"" : "");
}

static struct op *op_add(struct compiler *c, enum op_code code)
{
	struct template *t = c->t;
	t->op = memory_grow(t->op, &t->room, t->count + 1, sizeof(*t->op));
	struct op *op = &t->op[t->count++];
	*op = (struct op){.code = code, .line = c->line};
	return op;
}

static bool begins_line(const struct compiler *c, size_t at)
{
	return at == 0 || c->source.p[at - 1] == '\n';
}

/* Whether the tag at '<' is of a block element or of one in the head: white space beside it is not
 * rendered. */
static bool tag_is_block(const char *tag)
{
	static const char *const names[] = {
	    "html",   "head", "title",  "meta", "link",    "script",  "style", "body",
	    "header", "main", "nav",    "div",  "section", "article", "aside", "p",
	    "h1",     "h2",   "footer", "h3",   "ul",      "ol",      "dl",    "dt",
	    "dd",     "form", "table",  "tr",   "address"};
	size_t n = 0;
	tag += tag[1] == '/' ? 2 : 1;
	while (ascii_is_letter(tag[n]) || ascii_is_digit(tag[n]))
		n++;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq(str_of(names[i]), (struct str){tag, n}))
			return true;
	return false;
}

/* Whether the newline at `at` is behind or before such a tag. to: end of the text. */
static bool newline_is_void(const struct compiler *c, size_t at, size_t to)
{
	const char *p = c->source.p;
	const char *behind = at && p[at - 1] == '>' ? memrchr(p, '<', at) : NULL;
	return (behind && tag_is_block(behind)) ||
	       (at + 1 < to && p[at + 1] == '<' && tag_is_block(p + at + 1));
}

/* The text [from, to) without newlines that mean nothing. */
static struct str text_tight(const struct compiler *c, size_t from, size_t to)
{
	char *text = arena_alloc(c->arena, to - from);
	size_t n = 0;
	if (!text)
		return (struct str){c->source.p + from, to - from};
	for (; from < to; from++)
		if (c->source.p[from] != '\n' || !newline_is_void(c, from, to))
			text[n++] = c->source.p[from];
	return (struct str){text, n};
}

/* Emit the text before a tag, up to `to`. */
static void op_add_text(struct compiler *c, size_t to)
{
	if (to <= c->from)
		return;
	struct str text = {c->source.p + c->from, to - c->from};
	if (c->t->set->tight)
		text = text_tight(c, c->from, to);
	if (!text.n)
		return;
	struct op *op = op_add(c, OP_TEXT);
	op->text = text;
	op->line_start = begins_line(c, c->from);
}

static size_t source_find(const struct compiler *c, size_t from, struct str what)
{
	const char *p = memmem(c->source.p + from, c->source.n - from, what.p, what.n);
	return p ? (size_t)(p - c->source.p) : c->source.n;
}

static void compile_count_lines(struct compiler *c, size_t from, size_t to)
{
	for (; from < to; from++)
		c->line += c->source.p[from] == '\n';
}

/* Whether the tag [from, to) is alone on its line. Then [*line_from, *line_to) is the line with its
 * newline. */
static bool tag_is_alone(const struct compiler *c, size_t from, size_t to, size_t *line_from,
			 size_t *line_to)
{
	const char *p = c->source.p;
	while (from > 0 && (p[from - 1] == ' ' || p[from - 1] == '\t'))
		from--;
	while (to < c->source.n && (p[to] == ' ' || p[to] == '\t'))
		to++;
	if (!begins_line(c, from))
		return false;
	if (to < c->source.n) {
		if (p[to] == '\r' && to + 1 < c->source.n && p[to + 1] == '\n')
			to++;
		if (p[to] != '\n')
			return false;
		to++;
	}
	*line_from = from;
	*line_to = to;
	return true;
}

static enum status tag_name(struct compiler *c, struct op *op, struct str name)
{
	op->text = name;
	if (name.n == 0)
		return compile_error(c, "a tag without a name", name);
	for (size_t i = 0; i < name.n; i++)
		if (strchr(" \t\r\n", name.p[i]))
			return compile_error(c, "white space inside the name", name);
	if (str_eq(name, STR(".")))
		return OK;
	op->part = arena_array(c->arena, PARTS_MAX, sizeof(*op->part));
	if (!op->part)
		return compile_error(c, "no room for the name", name);
	for (struct str rest = name; rest.p;) {
		struct str part = str_cut(&rest, '.');
		if (part.n == 0)
			return compile_error(c, "an empty part in the name", name);
		if (op->parts == PARTS_MAX)
			return compile_error(c, "too many parts in the name", name);
		op->part[op->parts++] = (struct template_name){part, json_hash(part)};
	}
	return OK;
}

static enum status section_open(struct compiler *c, enum op_code code, struct str name,
				bool line_start)
{
	if (c->depth == TEMPLATE_DEPTH)
		return compile_error(c, "sections are nested too deep at", name);
	c->section[c->depth++] = c->t->count;
	struct op *op = op_add(c, code);
	op->line_start = line_start;
	return tag_name(c, op, name);
}

/* {{?1 count}}: `inside` is "1 count". */
static enum status section_open_plural(struct compiler *c, struct str inside, bool line_start)
{
	struct str name = str_trim(inside), form = str_cut(&name, ' ');
	size_t at = c->t->count;
	int64_t number;
	if (!name.p || !str_to_i64(form, 0, 9, &number))
		return compile_error(c, "a plural form and a name are expected, not", inside);
	enum status status = section_open(c, OP_PLURAL, str_trim(name), line_start);
	if (status == OK)
		c->t->op[at].form = (unsigned)number;
	return status;
}

static enum status section_close(struct compiler *c, struct str name)
{
	if (c->depth == 0)
		return compile_error(c, "nothing is open that could be closed by", name);
	struct op *op = &c->t->op[c->section[--c->depth]];
	if (!str_eq(op->text, name))
		return compile_error(c, "the section that is open here is another one than", name);
	op->end = c->t->count;
	return OK;
}

/* {{=<% %>=}}: `inside` is "<% %>". */
static enum status tag_delimiters(struct compiler *c, struct str inside)
{
	struct str rest = str_trim(inside), open = str_cut(&rest, ' ');
	struct str close = rest.p ? str_trim(rest) : rest;
	if (!open.p || !close.p || !open.n || !close.n || open.n > DELIMITER_MAX ||
	    close.n > DELIMITER_MAX || memchr(open.p, '=', open.n) ||
	    memchr(close.p, '=', close.n) || memchr(close.p, ' ', close.n))
		return compile_error(c, "these cannot be delimiters:", inside);
	c->open = open;
	c->close = close;
	return OK;
}

static enum status tag_partial(struct compiler *c, struct str name, struct str indent)
{
	struct op *op = op_add(c, OP_PARTIAL);
	op->text = name;
	op->indent = indent;
	return name.n ? OK : compile_error(c, "a partial without a name", name);
}

/* Compile the tag that begins at `start`, by its sign and content. */
static enum status tag_compile(struct compiler *c, size_t start, char sign, struct str inside)
{
	size_t line_from = start, line_to = c->at;
	struct str name = str_trim(inside);
	bool line_start = begins_line(c, start);
	if (sign && strchr("#^?/!>=", sign) &&
	    tag_is_alone(c, start, c->at, &line_from, &line_to)) {
		c->at = line_to;
		line_start = false;
	}
	op_add_text(c, line_from);
	c->from = c->at;
	switch (sign) {
	case '#':
		return section_open(c, OP_SECTION, name, line_start);
	case '^':
		return section_open(c, OP_INVERTED, name, line_start);
	case '?':
		return section_open_plural(c, inside, line_start);
	case '/':
		return section_close(c, name);
	case '>':
		return tag_partial(c, name,
				   (struct str){c->source.p + line_from, start - line_from});
	case '=':
		return tag_delimiters(c, inside);
	case '!':
		return OK;
	default: {
		struct op *op = op_add(c, sign == '&' || sign == '{' ? OP_RAW : OP_VALUE);
		op->line_start = line_start;
		return tag_name(c, op, name);
	}
	}
}

/* Read one tag; c->at is at its opening delimiter. */
static enum status tag_read(struct compiler *c)
{
	size_t start = c->at, inside = start + c->open.n;
	char sign = inside < c->source.n ? c->source.p[inside] : '\0';
	struct str close = c->close;
	char ending[DELIMITER_MAX + 2];
	sign = sign && strchr("#^?/!>=&{", sign) ? sign : '\0';
	if (sign == '{' || sign == '=') {
		ending[0] = sign == '{' ? '}' : '=';
		memcpy(ending + 1, c->close.p, c->close.n);
		close = (struct str){ending, c->close.n + 1};
	}
	if (sign)
		inside++;
	size_t end = source_find(c, inside, close);
	if (end == c->source.n)
		return compile_error(c, "a tag without an end", (struct str){NULL, 0});
	c->at = end + close.n;
	enum status status =
	    tag_compile(c, start, sign, (struct str){c->source.p + inside, end - inside});
	compile_count_lines(c, start, c->at);
	return status;
}

enum status template_compile(struct template *t, struct arena *arena, struct str source,
			     struct err *err)
{
	struct compiler c = {.t = t,
			     .arena = arena,
			     .source = source,
			     .line = 1,
			     .open = STR("{{"),
			     .close = STR("}}"),
			     .err = err};
	for (;;) {
		size_t start = source_find(&c, c.at, c.open);
		compile_count_lines(&c, c.at, start);
		c.at = start;
		if (start == source.n)
			break;
		enum status status = tag_read(&c);
		if (status != OK)
			return status;
	}
	op_add_text(&c, source.n);
	if (c.depth) {
		const struct op *op = &t->op[c.section[c.depth - 1]];
		c.line = op->line;
		return compile_error(&c, "the section is never closed:", op->text);
	}
	return OK;
}
