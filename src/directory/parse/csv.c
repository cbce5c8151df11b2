/* CSV as people send it: any of four separators, quotes with newlines inside, byte-order marks,
 * CRLF, Windows-1252 in the place of UTF-8. */
#include "directory/parse/internal.h"
#include "base/utf8.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, SHOWN_BYTES = 1024 };

enum encoding { ENCODING_ASCII, ENCODING_UTF8, ENCODING_1252 };

struct csv {
	struct parser *parser;
	char *chunk;
	const char *p, *end;
	int unreadable; /* errno: the file ended by an error of the system */
	char separator;
	uint64_t line;  /* of the next byte, from 1 */
	struct buf row; /* the texts of a row, each with a NUL behind it */
	size_t at[COLUMNS_MAX];
	size_t count;
	uint64_t row_line;
	enum encoding encoding;
	struct str names[COLUMNS_MAX]; /* in name_arena */
	const struct binding *bindings[COLUMNS_MAX];
	size_t columns;
	struct arena name_arena;
	struct buf converted[COLUMNS_MAX];
	struct buf shown; /* see shown_row */
};

static int csv_next_byte(struct csv *c)
{
	if (c->p == c->end) {
		ssize_t n;
		do
			n = read(c->parser->in, c->chunk, READ_BYTES);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			c->unreadable = errno;
		if (n <= 0)
			return -1;
		c->p = c->chunk;
		c->end = c->chunk + n;
		c->parser->consumed += (uint64_t)n;
	}
	return (unsigned char)*c->p++;
}

static int csv_peek_byte(struct csv *c)
{
	int b = csv_next_byte(c);
	if (b >= 0)
		c->p--;
	return b;
}

/* Bytes that mean nothing special, at once. */
static void csv_plain_bytes(struct csv *c, bool quoted)
{
	const char *from = c->p;
	while (c->p < c->end) {
		char b = *c->p;
		if (b == '"' || b == '\n' || b == '\r' || (!quoted && b == c->separator))
			break;
		c->p++;
	}
	buf_add(&c->row, from, (size_t)(c->p - from));
}

static void csv_end_field(struct csv *c)
{
	buf_putc(&c->row, '\0');
	c->count++;
	if (c->count < COLUMNS_MAX)
		c->at[c->count] = c->row.n;
}

/* One record of the file, with its line. False at the end. A row that is too wide or too long is
 * read to its end; row_broken says why it cannot be used. */
static bool csv_read_row(struct csv *c, const char **broken)
{
	bool quoted = false, any = false, was_quoted = false;
	*broken = NULL;
	buf_reset(&c->row);
	c->count = 0;
	c->at[0] = 0;
	c->row_line = c->line;
	for (;;) {
		int b = csv_next_byte(c);
		if (b < 0) {
			if (quoted)
				*broken = "a quoted value does not end";
			if (!any)
				return false;
			break;
		}
		any = true;
		if (b == '\n')
			c->line++;
		if (quoted && b == '"') {
			if (csv_peek_byte(c) == '"') {
				buf_putc(&c->row, '"');
				c->p++;
			} else {
				quoted = false;
			}
		} else if (quoted) {
			buf_putc(&c->row, (char)b);
			csv_plain_bytes(c, true);
		} else if (b == '"' && c->row.n == c->at[c->count] && !was_quoted) {
			quoted = was_quoted = true;
		} else if (b == c->separator) {
			if (c->count + 1 < COLUMNS_MAX)
				csv_end_field(c);
			else
				*broken = "too many columns";
			was_quoted = false;
		} else if (b == '\n' || (b == '\r' && csv_peek_byte(c) == '\n')) {
			if (b == '\r') {
				c->p++;
				c->line++;
			}
			break;
		} else {
			buf_putc(&c->row, (char)b);
			csv_plain_bytes(c, false);
		}
	}
	if (!buf_failed(&c->row))
		csv_end_field(c);
	else if (!*broken)
		*broken = "the row is longer than 1 MiB";
	return true;
}

/* The next record that is no empty line. False at the end. */
static bool csv_read_used_row(struct csv *c, const char **broken)
{
	do
		if (!csv_read_row(c, broken))
			return false;
	while (!*broken && c->count == 1 && c->row.n == 1);
	return true;
}

static void from_1252(struct str s, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i < s.n; i++)
		buf_utf8(out, utf8_of_1252(s.p[i]));
}

/* Bytes of s that begin a character of UTF-8, and bytes that belong to none. */
static void count_utf8(struct str s, size_t *whole, size_t *broken)
{
	*whole = *broken = 0;
	for (size_t i = 0; i < s.n;) {
		size_t n = !(s.p[i] & 0x80)          ? 1
			   : (s.p[i] & 0xE0) == 0xC0 ? 2
			   : (s.p[i] & 0xF0) == 0xE0 ? 3
						     : 4;
		if (n > s.n - i)
			return; /* cut off */
		bool ok = n == 1 || utf8_is_valid((struct str){s.p + i, n});
		*whole += ok && n > 1;
		*broken += !ok;
		i += ok ? n : 1;
	}
}

/* What is more frequent at the file's start, or, when that is ASCII, in its first text that is not:
 * one broken character must not make Windows-1252 of a million good ones. */
static enum encoding encoding_of(struct str s)
{
	size_t whole, broken;
	count_utf8(s, &whole, &broken);
	return whole + broken == 0 ? ENCODING_ASCII
	       : whole >= broken   ? ENCODING_UTF8
				   : ENCODING_1252;
}

static struct str csv_decoded(struct csv *c, size_t column)
{
	size_t from = c->at[column];
	size_t to = (column + 1 < c->count ? c->at[column + 1] : c->row.n) - 1;
	struct str s = {c->row.p + from, to - from};
	bool ascii = true;
	for (size_t i = 0; i < s.n && ascii; i++)
		ascii = !(s.p[i] & 0x80);
	if (ascii)
		return s;
	if (c->encoding == ENCODING_ASCII)
		c->encoding = encoding_of(s) == ENCODING_UTF8 ? ENCODING_UTF8 : ENCODING_1252;
	if (c->encoding == ENCODING_UTF8)
		return s;
	from_1252(s, &c->converted[column]);
	return buf_view(&c->converted[column]);
}

/* How often the separator stands outside of quotes in the first line. */
static size_t count_in_line(struct str s, char separator)
{
	size_t n = 0;
	bool quoted = false;
	for (size_t i = 0; i < s.n && (quoted || s.p[i] != '\n'); i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && s.p[i] == separator)
			n++;
	}
	return n;
}

/* Empty lines in front, and the line by which Excel is told its separator. */
static void csv_skip_preamble(struct csv *c)
{
	struct str s = {c->p, (size_t)(c->end - c->p)};
	while (s.n && (s.p[0] == '\n' || s.p[0] == '\r')) {
		c->line += s.p[0] == '\n';
		s = (struct str){s.p + 1, s.n - 1};
	}
	if (s.n > 5 && str_starts(s, STR("sep=")) && (s.p[5] == '\n' || s.p[5] == '\r')) {
		c->separator = s.p[4];
		c->line++;
		s = (struct str){s.p + 6, s.n - 6};
		if (s.n && s.p[-1] == '\r' && s.p[0] == '\n')
			s = (struct str){s.p + 1, s.n - 1};
	}
	c->p = s.p;
}

/* The candidate that is most frequent in the first line; with --columns the
 * one that makes as many. */
static void csv_sniff(struct csv *c)
{
	static const char candidates[] = {',', ';', '\t', '|'};
	struct str start = {c->p, (size_t)(c->end - c->p)};
	const char *columns = c->parser->options->columns;
	size_t best = 0, wanted = columns ? count_in_line(str_of(columns), ',') : 0;
	if (c->separator)
		return;
	c->separator = ',';
	for (size_t k = 0; k < sizeof(candidates); k++) {
		size_t n = count_in_line(start, candidates[k]);
		if (n > best || (n && n == wanted)) {
			best = n;
			c->separator = candidates[k];
		}
		if (n && n == wanted)
			break;
	}
}

static void csv_take_name(struct csv *c, struct str name)
{
	name = str_trim(name);
	c->names[c->columns] = arena_str(&c->name_arena, name);
	c->bindings[c->columns] = binding_of_header(name);
	c->columns++;
}

/* What the file is called in the report, from what its columns are. */
static const char *csv_recognise(const struct csv *c)
{
	bool google = false, gleif = false;
	for (size_t i = 0; i < c->columns; i++) {
		google |= str_eq_nocase(c->names[i], STR("store code"));
		gleif |= str_eq_nocase(c->names[i], STR("entity.legalname"));
	}
	return gleif ? "csv/gleif" : google ? "csv/google" : "csv";
}

static bool csv_take_header(struct csv *c)
{
	struct parser *p = c->parser;
	const char *broken;
	bool name = p->map != NULL;
	if (p->options->columns) {
		struct str rest = str_of(p->options->columns);
		while (rest.p && c->columns < COLUMNS_MAX)
			csv_take_name(c, str_cut(&rest, ','));
	} else if (!csv_read_used_row(c, &broken)) {
		parser_fail(p, "the file has no header line");
		return false;
	} else if (broken) {
		parser_fail(p, "the header line: %s", broken);
		return false;
	} else {
		for (size_t i = 0; i < c->count; i++)
			csv_take_name(c, csv_decoded(c, i));
	}
	for (size_t i = 0; i < c->columns; i++)
		name |= c->bindings[i] && c->bindings[i]->target == TARGET_FIELD &&
			c->bindings[i]->field == RECORD_NAME;
	p->format = csv_recognise(c);
	if (!name)
		parser_fail(p,
			    "no column is known as the name of a business; use --columns or --map");
	return name;
}

/* The start of the row for the reject file, as UTF-8. */
static struct str csv_shown_row(struct csv *c, struct draft *d)
{
	struct str row = {c->row.p, c->row.n ? c->row.n - 1 : 0};
	struct buf utf8;
	row = utf8_cut(row, SHOWN_BYTES);
	buf_reset(&c->shown);
	buf_str(&c->shown, row);
	for (size_t i = 0; i < c->shown.n; i++)
		if (c->shown.p[i] == '\0')
			c->shown.p[i] = c->separator;
	row = buf_view(&c->shown);
	if (utf8_is_valid(row))
		return row;
	buf_init(&utf8, SHOWN_BYTES * 3);
	from_1252(row, &utf8);
	row = arena_str(&d->arena, buf_view(&utf8));
	buf_release(&utf8);
	return row;
}

static void csv_take_row(struct csv *c, struct draft *d, const char *broken)
{
	struct str values[COLUMNS_MAX];
	struct parser *p = c->parser;
	draft_reset(d, c->row_line);
	d->input = csv_shown_row(c, d);
	if (broken) {
		draft_reject(d, "", (struct str){"", 0}, broken);
		return;
	}
	if (c->count != c->columns) {
		char *cause = arena_printf(&d->arena, "%zu values where the header has %zu",
					   c->count, c->columns);
		draft_reject(d, "", (struct str){"", 0}, cause ? cause : "too long");
		return;
	}
	for (size_t i = 0; i < c->count; i++)
		values[i] = csv_decoded(c, i);
	if (p->map) {
		map_row(p->map, d, c->names, values, c->count);
		return;
	}
	for (size_t i = 0; i < c->count; i++)
		draft_put(d, c->bindings[i], values[i]);
	if (strcmp(p->format, "csv/gleif") == 0)
		draft_field(d, RECORD_CATEGORIES, STR("legal-entity"));
}

bool parse_csv(struct parser *p, struct str head)
{
	static struct csv csv; /* large, and there is one */
	struct csv *c = &csv;
	char chunk[READ_BYTES];
	struct draft draft;
	const char *broken;
	bool ok = true;

	*c = (struct csv){.parser = p, .chunk = chunk, .line = 1};
	bool mark = str_starts(head, STR("\xEF\xBB\xBF"));
	c->p = head.p + (mark ? 3 : 0);
	c->end = head.p + head.n;
	c->encoding = mark ? ENCODING_UTF8 : encoding_of(head);
	arena_init(&c->name_arena, ROW_MAX_BYTES * 2);
	buf_init(&c->row, ROW_MAX_BYTES);
	buf_init(&c->shown, SHOWN_BYTES);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		buf_init(&c->converted[i], ROW_MAX_BYTES * 3);
	draft_init(&draft, p);
	csv_skip_preamble(c);
	csv_sniff(c);
	if (csv_take_header(c)) {
		while (ok && csv_read_used_row(c, &broken)) {
			csv_take_row(c, &draft, broken);
			ok = draft_finish(&draft);
		}
	}
	if (c->unreadable)
		parser_fail(p, "reading the file: %s", strerror(c->unreadable));
	draft_release(&draft);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		buf_release(&c->converted[i]);
	buf_release(&c->shown);
	buf_release(&c->row);
	arena_release(&c->name_arena);
	return ok;
}
