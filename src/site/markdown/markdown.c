#include "site/markdown/markdown.h"

#include "base/ascii.h"

enum { SPAN_MAX = 1000, ADDRESS_MAX = 4096 };
enum markdown_block { BLOCK_NONE, BLOCK_PARAGRAPH, BLOCK_LIST, BLOCK_NUMBERS };

struct markdown {
	struct buf *out;
	const struct links *links;
	struct err *err;
	int top, line; /* level of "# "; number of the current line */
	enum markdown_block block;
	bool in_item, plain; /* plain: text only, no elements */
};

static void markdown_tag(struct markdown *m, const char *tag)
{
	if (!m->plain)
		buf_puts(m->out, tag);
}

static void markdown_char(struct markdown *m, char c)
{
	const char *escaped = c == '&'   ? "&amp;"
			      : c == '<' ? "&lt;"
			      : c == '>' ? "&gt;"
			      : c == '"' ? "&quot;"
					 : NULL;
	if (escaped && !m->plain)
		buf_puts(m->out, escaped);
	else
		buf_putc(m->out, c);
}

static void markdown_text(struct markdown *m, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		markdown_char(m, s.p[i]);
}

/* ---- inside a line ---- */

/* The index of the next mark that ends what it began: not escaped, not after white space. 0: none
 * within SPAN_MAX bytes, which keeps a line of nothing but opening marks linear. */
static size_t markdown_closing(struct str s, struct str mark)
{
	s.n = s.n < SPAN_MAX ? s.n : SPAN_MAX;
	for (size_t i = 1; i + mark.n <= s.n; i++) {
		if (s.p[i - 1] == '\\')
			i++;
		else if (str_starts(str_from(s, i), mark) && s.p[i - 1] != ' ')
			return i;
	}
	return 0;
}

static bool markdown_may_link(struct str address)
{
	static const char *const begins[] = {
	    "https://", "http://", "mailto:", "tel:", "sms:", "/", "#"};
	for (size_t i = 0; i < COUNT_OF(begins); i++)
		if (address.n > strlen(begins[i]) - (*begins[i] == '/') &&
		    str_starts(address, str_of(begins[i])))
			return !str_starts(address, STR("//"));
	return false;
}

static void markdown_address(struct markdown *m, struct str address)
{
	struct buf whole;
	buf_init(&whole, ADDRESS_MAX);
	links_put(m->links, address, &whole);
	markdown_text(m, buf_view(&whole));
	buf_release(&whole);
}

/* Emphasis in emphasis, in a link: no deeper nesting is read. */
enum { NESTING_MAX = 3 };
static enum status markdown_inline(struct markdown *m, struct str s, int depth);

/* "[text](address)" at the start of s. *used: its length; 0: it is no link. */
static enum status markdown_link(struct markdown *m, struct str s, int depth, size_t *used)
{
	*used = 0;
	size_t end = markdown_closing(str_from(s, 1), STR("]"));
	struct str after = end ? str_from(s, end + 2) : (struct str){s.p, 0};
	after.n = after.n < SPAN_MAX ? after.n : SPAN_MAX;
	const char *close = after.n && after.p[0] == '(' ? memchr(after.p, ')', after.n) : NULL;
	if (!close)
		return OK;
	struct str text = {s.p + 1, end}, address = {after.p + 1, (size_t)(close - after.p) - 1};
	if (!markdown_may_link(address) || memchr(address.p, ' ', address.n))
		return err_set(
		    m->err, INVALID,
		    "line %d: the address \"%.*s\" cannot be linked to; it begins with https://, http://, mailto:, tel:, sms:, / or #",
		    m->line, STR_ARG(address));
	markdown_tag(m, "<a href=\"");
	if (!m->plain)
		markdown_address(m, address);
	markdown_tag(m, "\">");
	enum status status = markdown_inline(m, text, depth + 1);
	markdown_tag(m, "</a>");
	*used = (size_t)(close - s.p) + 1;
	return status;
}

/* "**bold**", "*emphasis*" or "`code`" at the start of s. */
static enum status markdown_span(struct markdown *m, struct str s, int depth, size_t *used)
{
	static const struct {
		struct str mark;
		const char *open, *close;
	} spans[] = {{{"**", 2}, "<strong>", "</strong>"},
		     {{"*", 1}, "<em>", "</em>"},
		     {{"`", 1}, "<code>", "</code>"}};
	enum status status = OK;
	*used = 0;
	for (size_t i = 0; i < COUNT_OF(spans) && !*used; i++) {
		struct str mark = spans[i].mark, inside;
		if (!str_starts(s, mark) || s.n == mark.n || s.p[mark.n] == ' ')
			continue;
		inside = str_from(s, mark.n);
		inside.n = markdown_closing(inside, mark);
		if (!inside.n)
			continue;
		markdown_tag(m, spans[i].open);
		if (*mark.p == '`')
			markdown_text(m, inside);
		else
			status = markdown_inline(m, inside, depth + 1);
		markdown_tag(m, spans[i].close);
		*used = inside.n + 2 * mark.n;
	}
	return status;
}

static enum status markdown_inline(struct markdown *m, struct str s, int depth)
{
	enum status status = OK;
	for (size_t i = 0; i < s.n && status == OK;) {
		char c = s.p[i];
		size_t used = 0;
		if (c == '\\' && i + 1 < s.n && strchr("\\*`[]()#-.", s.p[i + 1])) {
			markdown_char(m, s.p[i + 1]);
			used = 2;
		} else if (c == '[' && depth < NESTING_MAX) {
			status = markdown_link(m, str_from(s, i), depth, &used);
		} else if ((c == '*' || c == '`') && depth < NESTING_MAX) {
			status = markdown_span(m, str_from(s, i), depth, &used);
		}
		if (!used && status == OK) {
			markdown_char(m, c);
			used = 1;
		}
		i += used;
	}
	return status;
}

/* ---- blocks ---- */

static void markdown_end_block(struct markdown *m)
{
	static const char *const ends[] = {[BLOCK_NONE] = "",
					   [BLOCK_PARAGRAPH] = "</p>\n",
					   [BLOCK_LIST] = "</li>\n</ul>\n",
					   [BLOCK_NUMBERS] = "</li>\n</ol>\n"};
	markdown_tag(m, ends[m->block]);
	m->block = BLOCK_NONE;
}

/* A line that goes on with the paragraph or item before it, or begins a paragraph. */
static enum status markdown_line(struct markdown *m, struct str line)
{
	bool breaks = line.n > 1 && line.p[line.n - 1] == '\\';
	if (m->block == BLOCK_NONE)
		markdown_tag(m, "<p>");
	m->block = m->block == BLOCK_NONE ? BLOCK_PARAGRAPH : m->block;
	line.n -= breaks;
	enum status status = markdown_inline(m, line, 0);
	markdown_tag(m, breaks ? "<br>" : "");
	buf_putc(m->out, m->plain ? ' ' : '\n');
	return status;
}

static enum status markdown_heading(struct markdown *m, struct str line, int level)
{
	char open[] = "<h2>", close[] = "</h2>\n";
	open[2] = close[3] = (char)('0' + m->top + level - 1);
	markdown_end_block(m);
	markdown_tag(m, open);
	enum status status = markdown_inline(m, str_trim(str_from(line, (size_t)level)), 0);
	markdown_tag(m, close);
	if (m->plain)
		buf_putc(m->out, ' ');
	return status;
}

static enum status markdown_item(struct markdown *m, enum markdown_block kind, struct str line)
{
	if (m->block != kind) {
		markdown_end_block(m);
		markdown_tag(m, kind == BLOCK_LIST ? "<ul>\n<li>" : "<ol>\n<li>");
	} else {
		markdown_tag(m, "</li>\n<li>");
	}
	m->block = kind;
	return markdown_line(m, line);
}

/* The length of "12. " at the start of a line; 0: it begins otherwise. */
static size_t markdown_number(struct str line)
{
	size_t digits = 0;
	while (digits < line.n && digits < 9 && ascii_is_digit(line.p[digits]))
		digits++;
	return digits && str_starts(str_from(line, digits), STR(". ")) ? digits + 2 : 0;
}

static enum status markdown_block_line(struct markdown *m, struct str whole)
{
	struct str line = str_trim(whole);
	int level = 0;
	size_t number = markdown_number(line);
	while ((size_t)level < line.n && line.p[level] == '#')
		level++;
	if (!line.n) {
		markdown_end_block(m);
		return OK;
	}
	if (level && level <= 3 && (size_t)level < line.n && line.p[level] == ' ')
		return markdown_heading(m, line, level);
	if (str_starts(line, STR("- ")) || str_starts(line, STR("* ")))
		return markdown_item(m, BLOCK_LIST, str_trim(str_from(line, 2)));
	if (number)
		return markdown_item(m, BLOCK_NUMBERS, str_trim(str_from(line, number)));
	/* A line that is not indented ends a list. */
	if (m->block > BLOCK_PARAGRAPH && line.p == whole.p)
		markdown_end_block(m);
	return markdown_line(m, line);
}

static enum status markdown_blocks(struct markdown *m, struct str text)
{
	enum status status = OK;
	for (m->line = 1; text.p && status == OK; m->line++)
		status = markdown_block_line(m, str_cut(&text, '\n'));
	markdown_end_block(m);
	return status;
}

enum status markdown_html(struct str text, int top, const struct links *links, struct buf *out,
			  struct err *err)
{
	struct markdown m = {.out = out, .links = links, .err = err, .top = top};
	must(top >= 2 && top <= 4);
	enum status status = markdown_blocks(&m, text);
	if (status == OK && buf_failed(out))
		status = err_set(err, TOO_LARGE, "more than %zu bytes of HTML", out->max);
	return status;
}

void markdown_plain(struct str text, struct buf *out)
{
	struct err ignored;
	struct markdown m = {.out = out, .err = &ignored, .plain = true};
	(void)!markdown_blocks(&m, text);
	while (out->n && out->p[out->n - 1] == ' ')
		buf_cut(out, out->n - 1);
}
