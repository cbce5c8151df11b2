/* CSV as people send it: any of four separators, quotes with newlines inside, byte-order marks,
 * line ends of three kinds, older encodings in the place of UTF-8 or amid it. A quote that is not
 * closed costs the line it stands on. */
#include "base/ascii.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "directory/encoding/encoding.h"
#include "directory/parse/internal.h"
#include "directory/parse/source.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW_BYTES = 2 * ROW_MAX_BYTES, READ_BYTES = 64 * 1024 };

struct csv {
	struct parser *parser;
	struct table table;
	/* of the file, from the begin of the row */
	char *window;
	size_t at, n;
	bool ended;
	char separator, line_end;
	uint64_t line;  /* of the first byte behind the row, from 1 */
	uint64_t begin; /* of the row's first byte */
	struct buf row; /* the texts of a row, each with a NUL behind it */
	size_t text_at[COLUMNS_MAX];
	size_t count;
	enum encoding_form encoding;
	const struct encoding *other; /* of what is not UTF-8 */
	bool failed;                  /* the encoding cannot be told */
	bool mixed;                   /* values of another encoding in a file of UTF-8 */
	struct letters *strays;       /* words of such values; NULL: none */
	size_t judged;
	struct buf converted[COLUMNS_MAX];
};

/* The byte at `at`, read when need be; -1: the end, or a row that is too long. */
static int csv_byte(struct csv *c, size_t at)
{
	while (at >= c->n) {
		if (c->ended || c->n + READ_BYTES > WINDOW_BYTES)
			return -1;
		ssize_t k = source_read(c->parser->source, c->window + c->n, READ_BYTES);
		c->ended = k <= 0;
		c->n += k > 0 ? (size_t)k : 0;
	}
	return (unsigned char)c->window[at];
}

/* The row that ends before `at` is done. */
static void csv_forget(struct csv *c, size_t at)
{
	c->at = at;
	if (c->at < WINDOW_BYTES / 2)
		return;
	memmove(c->window, c->window + c->at, c->n - c->at);
	c->n -= c->at;
	c->at = 0;
}

/* Length of the line end at `at`; 0: none. */
static size_t csv_line_end(struct csv *c, size_t at)
{
	int b = csv_byte(c, at);
	if (b == c->line_end)
		return 1;
	return b == '\r' && csv_byte(c, at + 1) == '\n' ? 2 : 0;
}

static void csv_end_text(struct csv *c)
{
	buf_putc(&c->row, '\0');
	c->count++;
	if (c->count < COLUMNS_MAX)
		c->text_at[c->count] = c->row.n;
}

/* A row that cannot be read costs its first line only. */
static const char *csv_broken_row(struct csv *c, const char *cause)
{
	size_t at = c->at, end;
	while (csv_byte(c, at) >= 0 && csv_line_end(c, at) == 0)
		at++;
	end = at - c->at < ROW_MAX_BYTES ? at : c->at + ROW_MAX_BYTES;
	buf_reset(&c->row);
	c->count = 0;
	c->text_at[0] = 0;
	buf_add(&c->row, c->window + c->at, end - c->at);
	buf_putc(&c->row, '\0');
	c->count = 1;
	if (csv_byte(c, at) < 0 && !c->ended) { /* a line longer than the window: on to its end */
		do {
			c->at = c->n;
			csv_forget(c, c->at);
			at = c->at;
			while (csv_byte(c, at) >= 0 && csv_line_end(c, at) == 0)
				at++;
		} while (csv_byte(c, at) < 0 && !c->ended);
	}
	c->line++;
	csv_forget(c, at + csv_line_end(c, at));
	return cause;
}

/* The byte at `at` and those behind it that mean nothing special, at once. */
static size_t csv_plain(struct csv *c, size_t at, bool quoted)
{
	size_t from = at++;
	while (at < c->n) {
		char b = c->window[at];
		if (b == '"' || b == c->line_end || b == '\r' || (!quoted && b == c->separator))
			break;
		at++;
	}
	buf_add(&c->row, c->window + from, at - from);
	return at;
}

/* Whether a value ends in front of the byte at `at`. */
static bool csv_value_ends(struct csv *c, size_t at)
{
	int b = csv_byte(c, at);
	return b < 0 || b == c->separator || csv_line_end(c, at) > 0;
}

/* `\"` at a quote inside of a quoted value, as MySQL writes it: not a backslash at the value's
 * end. */
static bool csv_quote_escaped(struct csv *c, size_t at)
{
	if (c->row.n <= c->text_at[c->count] || c->row.p[c->row.n - 1] != '\\' ||
	    csv_value_ends(c, at + 1))
		return false;
	return csv_byte(c, at + 1) != '"' || csv_value_ends(c, at + 2);
}

/* Behind the opening quote: up to the one that closes. Its end, or 0 with *why. *lines: line ends
 * inside. */
static size_t csv_quoted(struct csv *c, size_t at, uint64_t *lines, const char **why)
{
	uint64_t inside = 0;
	for (;;) {
		int b = csv_byte(c, at);
		if (b < 0) {
			*why = c->ended ? "a quoted value does not end"
					: "the row is longer than 1 MiB";
			return 0;
		}
		if (b == '"' && csv_quote_escaped(c, at)) {
			c->row.p[c->row.n - 1] = '"';
			at++;
			continue;
		}
		if (b == '"') {
			if (csv_byte(c, at + 1) != '"')
				break;
			at++;
		}
		inside += b == c->line_end;
		at = csv_plain(c, at, true);
	}
	at++;
	int next = csv_byte(c, at);
	/* The quote that closes it opened another value: the one before was never closed. */
	if (inside && next >= 0 && next != c->separator && next != ' ' &&
	    csv_line_end(c, at) == 0) {
		*why = "a quoted value does not end";
		return 0;
	}
	/* "A "B" C": which of the quotes ends the value is not clear. */
	for (size_t k = at; !csv_value_ends(c, k); k++)
		if (csv_byte(c, k) == '"') {
			*why = "a quote inside of a quoted value is not doubled";
			return 0;
		}
	*lines += inside;
	return at;
}

/* One row with its texts. False at the end. broken: why it cannot be used; then the row is its
 * first line. */
static bool csv_row(struct csv *c, uint64_t *line, const char **broken)
{
	size_t at = c->at;
	uint64_t lines = 1;
	*broken = NULL;
	*line = c->begin = c->line;
	buf_reset(&c->row);
	c->count = 0;
	c->text_at[0] = 0;
	if (csv_byte(c, at) < 0)
		return false;
	for (;;) {
		size_t end = csv_line_end(c, at);
		int b = csv_byte(c, at);
		if (b < 0 && !c->ended) {
			*broken = csv_broken_row(c, "the row is longer than 1 MiB");
			return true;
		}
		if (b < 0 || end) {
			at += end;
			break;
		}
		if (b == ' ' && c->row.n == c->text_at[c->count] && csv_byte(c, at + 1) == '"')
			b = (unsigned char)c->window[++at]; /* a, "b, c" */
		if (b == '"' && c->row.n == c->text_at[c->count]) {
			const char *why = NULL;
			at = csv_quoted(c, at + 1, &lines, &why);
			if (!at) {
				*broken = csv_broken_row(c, why);
				return true;
			}
		} else if (b == c->separator) {
			if (c->count + 1 == COLUMNS_MAX) {
				*broken = csv_broken_row(c, "too many columns");
				return true;
			}
			csv_end_text(c);
			at++;
		} else {
			at = csv_plain(c, at, false);
		}
		if (buf_failed(&c->row)) {
			*broken = csv_broken_row(c, "the row is longer than 1 MiB");
			return true;
		}
	}
	csv_end_text(c);
	c->line += lines;
	csv_forget(c, at);
	return true;
}

/* ---- encodings ---- */

/* The encoding of text that is not UTF-8, by the letters of what there is of the file from the row
 * on. False: it cannot be told, and the file has failed. */
static bool csv_guess(struct csv *c)
{
	struct letters *l = letters_new();
	while (csv_byte(c, c->n) >= 0)
		; /* as much as the window holds */
	letters_add_lines(l, (struct str){c->window + c->at, c->n - c->at}, c->line_end, c->line);
	bool known = guess_encoding(c->parser, l, &c->other);
	letters_free(l);
	return known;
}

/* A value that is not UTF-8 amid others that are, by the letters of all such values so far; as it
 * is when it cannot be told; such a value is not taken. */
static struct str csv_stray(struct csv *c, struct str s, struct buf *out)
{
	enum { JUDGEMENTS = 40 }; /* of more values the first ones tell */
	struct letters_verdict v;
	if (!c->strays)
		c->strays = letters_new();
	letters_add(c->strays, s, c->begin);
	if (c->judged++ < JUDGEMENTS) {
		v = letters_judge(c->strays);
		c->other = v.kind == LETTERS_CERTAIN ? v.encoding : NULL;
	}
	if (!c->other)
		return s;
	encoding_convert(c->other, s, out);
	if (!c->mixed)
		parser_remark(
		    c->parser, c->begin,
		    "not UTF-8 as the rest of the file; '%.*s' was read as %s: mend the file",
		    STR_ARG(buf_view(out)), c->other->name);
	c->mixed = true;
	return buf_view(out);
}

/* Whether the file ends within a character of the row's last value: it was cut off, and is in no
 * other encoding for that. */
static bool csv_is_cut(struct csv *c, size_t column, struct str s)
{
	if (column + 1 < c->count || csv_byte(c, c->at) >= 0 || !s.n ||
	    c->window[c->at - 1] == c->line_end || encoding_form(s) == ENCODING_OTHER)
		return false;
	parser_remark(c->parser, c->begin, "the file ends within a character: it is not complete");
	return true;
}

static struct str csv_text(struct csv *c, size_t column)
{
	size_t from = c->text_at[column];
	size_t to = (column + 1 < c->count ? c->text_at[column + 1] : c->row.n) - 1;
	struct str s = {c->row.p + from, to - from};
	bool ascii = true;
	for (size_t i = 0; i < s.n && ascii; i++)
		ascii = !(s.p[i] & 0x80);
	if (ascii)
		return s;
	if (c->encoding != ENCODING_OTHER && !utf8_is_valid(s) && csv_is_cut(c, column, s))
		return s;
	if (c->encoding == ENCODING_ASCII) {
		c->encoding = utf8_is_valid(s) ? ENCODING_UTF8 : ENCODING_OTHER;
		if (c->encoding == ENCODING_OTHER)
			c->failed = !csv_guess(c);
	}
	if (c->encoding == ENCODING_UTF8 && (utf8_is_valid(s) || memchr(s.p, '\0', s.n)))
		return s;
	/* Also where a table was put together of files of several encodings. */
	if (c->encoding == ENCODING_UTF8)
		return csv_stray(c, s, &c->converted[column]);
	if (c->failed)
		return s;
	encoding_convert(c->other, s, &c->converted[column]);
	return buf_view(&c->converted[column]);
}

/* ---- separators ---- */

/* How often the separator stands outside of quotes in the line that s begins with; *s is left
 * behind it. */
static size_t count_in_line(struct str *s, char separator, char line_end)
{
	size_t n = 0, i = 0;
	bool quoted = false;
	for (; i < s->n && (quoted || s->p[i] != line_end); i++) {
		if (s->p[i] == '"')
			quoted = !quoted;
		else if (!quoted && s->p[i] == separator)
			n++;
	}
	i += i < s->n;
	*s = (struct str){s->p + i, s->n - i};
	return n;
}

/* How well a separator explains the first lines: the lines that have it equally often, times how
 * often. */
static size_t separator_score(struct str head, char separator, char line_end)
{
	enum { LINES = 40, MOST = 512 };
	size_t lines[MOST] = {0}, best = 0;
	for (int i = 0; i < LINES && head.n; i++) {
		size_t n = count_in_line(&head, separator, line_end);
		if (n && n < MOST)
			lines[n]++;
	}
	for (size_t n = 1; n < MOST; n++)
		best = lines[n] * n > best ? lines[n] * n : best;
	return best;
}

/* How many columns a line of the head names when it is cut at the separator. */
static size_t names_score(const struct parser *p, struct str head, char separator, char line_end)
{
	enum { LINES = 30 };
	size_t best = 0;
	for (int i = 0; i < LINES && head.n; i++) {
		struct str line = head, cells;
		(void)count_in_line(&head, separator, line_end);
		line.n -= head.n;
		cells = str_trim(line);
		size_t known = 0;
		while (cells.p) {
			struct str cell = str_trim(str_cut(&cells, separator));
			if (cell.n > 1 && cell.p[0] == '"' && cell.p[cell.n - 1] == '"')
				cell = (struct str){cell.p + 1, cell.n - 2};
			known +=
			    p->map ? map_names(p->map, cell) : cell.n && binding_of_header(cell);
		}
		best = known > best ? known : best;
	}
	return best;
}

/* The separator that makes most known columns; else the one that explains the lines best. */
static void csv_sniff(struct csv *c, struct str head)
{
	static const char candidates[] = {',', ';', '\t', '|'};
	const char *columns = c->parser->options->columns;
	struct str list = str_of(columns), first;
	size_t best_names = 1, best = 0, wanted = columns ? count_in_line(&list, ',', '\n') : 0;
	if (c->separator)
		return;
	c->separator = ',';
	for (size_t k = 0; k < sizeof(candidates); k++) {
		first = head;
		if (wanted && count_in_line(&first, candidates[k], c->line_end) == wanted) {
			c->separator = candidates[k];
			return;
		}
		size_t names =
		    columns ? 0 : names_score(c->parser, head, candidates[k], c->line_end);
		size_t score = separator_score(head, candidates[k], c->line_end);
		if (names > best_names || (names == best_names && score > best) ||
		    (best_names == 1 && names <= 1 && score > best)) {
			best_names = names > best_names ? names : best_names;
			best = score;
			c->separator = candidates[k];
		}
	}
}

/* Empty lines in front, and the line "sep=;" that names the separator for Excel. */
static void csv_preamble(struct csv *c)
{
	while (csv_byte(c, c->at) == '\n' || csv_byte(c, c->at) == '\r') {
		c->line += c->window[c->at] == c->line_end;
		c->at++;
	}
	struct str s = {c->window + c->at, c->n - c->at};
	if (s.n > 5 && str_starts(s, STR("sep=")) && (s.p[5] == '\n' || s.p[5] == '\r')) {
		c->separator = s.p[4];
		c->line++;
		c->at += 5 + csv_line_end(c, c->at + 5);
	}
}

static void csv_about(struct csv *c, bool mark)
{
	struct parser *p = c->parser;
	const char *separator = c->separator == '\t' ? "tab" : (char[]){c->separator, '\0'};
	const char *encoding = source_encoding(p->source);
	if (!encoding)
		encoding = c->encoding == ENCODING_ASCII  ? "ASCII"
			   : c->encoding == ENCODING_UTF8 ? "UTF-8"
			   : c->other                     ? c->other->name
							  : "unknown";
	parser_about(p, "encoding", str_of(encoding));
	if (mark)
		parser_about(p, "byte-order mark", STR("yes"));
	if (source_packed(p->source))
		parser_about(p, "packed", STR("gzip"));
	parser_about(p, "separator", str_of(separator));
	if (c->line_end == '\r')
		parser_about(p, "line ends", STR("carriage returns"));
}

static void csv_open(struct csv *c, struct parser *p, struct draft *draft)
{
	struct str head = source_head(p->source);
	memset(c, 0, sizeof(*c));
	c->parser = p;
	c->line = 1;
	c->window = memory_room(WINDOW_BYTES);
	bool mark = str_starts(head, STR("\xEF\xBB\xBF"));
	c->line_end = !memchr(head.p, '\n', head.n) && memchr(head.p, '\r', head.n) ? '\r' : '\n';
	c->encoding = mark ? ENCODING_UTF8 : encoding_form(head);
	buf_init(&c->row, ROW_MAX_BYTES);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		buf_init(&c->converted[i], ROW_MAX_BYTES * 3);
	table_init(&c->table, p, draft);
	draft_init(draft, p);
	p->format = "csv";
	(void)csv_byte(c, 0);
	c->at = mark ? 3 : 0;
	csv_preamble(c);
	if (c->encoding == ENCODING_OTHER)
		c->failed = !csv_guess(c);
	csv_sniff(c, (struct str){c->window + c->at, c->n - c->at});
	csv_about(c, mark);
}

static void csv_close(struct csv *c, struct draft *draft)
{
	draft_release(draft);
	table_release(&c->table);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		buf_release(&c->converted[i]);
	buf_release(&c->row);
	letters_free(c->strays);
	free(c->window);
}

bool parse_csv(struct parser *p)
{
	static struct csv csv; /* large, and there is one */
	static struct draft draft;
	struct csv *c = &csv;
	struct str values[COLUMNS_MAX];
	const char *broken;
	uint64_t line;
	bool ok = true;

	csv_open(c, p, &draft);
	while (ok && !c->failed && csv_row(c, &line, &broken)) {
		for (size_t i = 0; i < c->count; i++)
			values[i] = csv_text(c, i);
		if (!c->failed)
			ok = table_row(&c->table, line, values, c->count, broken);
	}
	if (ok && !c->failed)
		ok = table_end(&c->table);
	if (c->mixed)
		parser_about(p, "encoding", STR("others amid UTF-8"));
	csv_close(c, &draft);
	return ok || !p->broken_pipe;
}
