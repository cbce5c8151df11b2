/* CSV as people send it: any of four separators, quotes with newlines inside, byte-order marks, CRLF,
 * Windows-1252 in the place of UTF-8. */
#include "directory/parse/internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

struct csv {
	struct parser *parser;
	char *chunk;
	struct str head; /* read before us, not used up yet */
	const char *p, *end;
	char separator;
	uint64_t line;  /* of the next byte, from 1 */
	struct buf row; /* the texts of a row, each with a NUL behind it */
	size_t at[COLUMNS_MAX];
	size_t count;
	uint64_t row_line;
	enum { ENCODING_ASCII, ENCODING_UTF8, ENCODING_1252 } encoding;
	struct str names[COLUMNS_MAX]; /* in name_arena */
	const struct binding *bindings[COLUMNS_MAX];
	size_t columns;
	struct arena name_arena;
	struct buf converted[COLUMNS_MAX];
};

static int next_byte(struct csv *c)
{
	if (c->p == c->end) {
		ssize_t n;
		do
			n = read(c->parser->in, c->chunk, READ_BYTES);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return -1;
		c->p = c->chunk;
		c->end = c->chunk + n;
		c->parser->consumed += (uint64_t)n;
	}
	return (unsigned char)*c->p++;
}

static int peek_byte(struct csv *c)
{
	int b = next_byte(c);
	if (b >= 0)
		c->p--;
	return b;
}

/* Bytes that mean nothing special, at once. */
static void plain(struct csv *c, bool quoted)
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

static void end_field(struct csv *c)
{
	buf_putc(&c->row, '\0');
	c->count++;
	if (c->count < COLUMNS_MAX)
		c->at[c->count] = c->row.n;
}

/* One record of the file, with its line. False at the end. A row that is too wide or too long is read to its
 * end; row_broken says why it cannot be used. */
static bool read_row(struct csv *c, const char **broken)
{
	bool quoted = false, any = false, was_quoted = false;
	*broken = NULL;
	buf_reset(&c->row);
	c->count = 0;
	c->at[0] = 0;
	c->row_line = c->line;
	for (;;) {
		int b = next_byte(c);
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
			if (peek_byte(c) == '"') {
				buf_putc(&c->row, '"');
				c->p++;
			} else {
				quoted = false;
			}
		} else if (quoted) {
			buf_putc(&c->row, (char)b);
			plain(c, true);
		} else if (b == '"' && c->row.n == c->at[c->count] && !was_quoted) {
			quoted = was_quoted = true;
		} else if (b == c->separator) {
			if (c->count + 1 < COLUMNS_MAX)
				end_field(c);
			else
				*broken = "too many columns";
			was_quoted = false;
		} else if (b == '\n' || (b == '\r' && peek_byte(c) == '\n')) {
			if (b == '\r') {
				c->p++;
				c->line++;
			}
			break;
		} else {
			buf_putc(&c->row, (char)b);
			plain(c, false);
		}
	}
	if (buf_failed(&c->row))
		*broken = "the row is longer than 1 MiB";
	else
		end_field(c);
	return true;
}

static bool is_blank_row(const struct csv *c)
{
	return c->count == 1 && c->row.n == 1;
}

/* Windows-1252's second half of control codes; 0: not used. */
static const uint16_t codes_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

static void from_1252(struct str s, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];
		unsigned code = b >= 0x80 && b < 0xA0 ? codes_1252[b - 0x80] : b;
		if (code < 0x80) {
			buf_putc(out, (char)code);
		} else if (code < 0x800) {
			buf_putc(out, (char)(0xC0 | code >> 6));
			buf_putc(out, (char)(0x80 | (code & 0x3F)));
		} else {
			buf_putc(out, (char)(0xE0 | code >> 12));
			buf_putc(out, (char)(0x80 | (code >> 6 & 0x3F)));
			buf_putc(out, (char)(0x80 | (code & 0x3F)));
		}
	}
}

/* The first text that is not ASCII decides for the file: valid UTF-8 or else Windows-1252. */
static struct str decoded(struct csv *c, size_t column)
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
		c->encoding = str_is_utf8(s) ? ENCODING_UTF8 : ENCODING_1252;
	if (c->encoding == ENCODING_UTF8)
		return s;
	from_1252(s, &c->converted[column]);
	return buf_view(&c->converted[column]);
}

static void sniff(struct csv *c)
{
	static const char candidates[] = {',', ';', '\t', '|'};
	size_t best = 0;
	c->separator = ',';
	for (size_t k = 0; k < sizeof(candidates); k++) {
		size_t n = 0;
		bool quoted = false;
		for (size_t i = 0; i < c->head.n && (quoted || c->head.p[i] != '\n'); i++) {
			if (c->head.p[i] == '"')
				quoted = !quoted;
			else if (!quoted && c->head.p[i] == candidates[k])
				n++;
		}
		if (n > best) {
			best = n;
			c->separator = candidates[k];
		}
	}
}

static void take_name(struct csv *c, struct str name)
{
	name = str_trim(name);
	c->names[c->columns] = arena_str(&c->name_arena, name);
	c->bindings[c->columns] = binding_of_header(name);
	c->columns++;
}

/* What the file is called in the report, from what its columns are. */
static const char *recognise(const struct csv *c)
{
	bool google = false, gleif = false;
	for (size_t i = 0; i < c->columns; i++) {
		google |= str_eq_nocase(c->names[i], STR("store code"));
		gleif |= str_eq_nocase(c->names[i], STR("entity.legalname"));
	}
	return gleif ? "csv/gleif" : google ? "csv/google" : "csv";
}

static bool take_header(struct csv *c)
{
	struct parser *p = c->parser;
	const char *broken;
	bool name = p->map != NULL;
	if (p->options->columns) {
		struct str rest = str_of(p->options->columns);
		while (rest.p && c->columns < COLUMNS_MAX)
			take_name(c, str_cut(&rest, ','));
	} else if (!read_row(c, &broken) || broken) {
		p->summary.failure = STR("the file has no header line");
		return false;
	} else {
		for (size_t i = 0; i < c->count; i++)
			take_name(c, decoded(c, i));
	}
	for (size_t i = 0; i < c->columns; i++)
		name |= c->bindings[i] && c->bindings[i]->target == TARGET_FIELD &&
			c->bindings[i]->field == RECORD_NAME;
	p->format = recognise(c);
	if (!name)
		p->summary.failure =
		    STR("no column is known as the name of a business; use --columns or --map");
	return name;
}

static void take_row(struct csv *c, struct draft *d, const char *broken)
{
	struct str values[COLUMNS_MAX];
	struct parser *p = c->parser;
	draft_reset(d, c->row_line);
	size_t shown = c->row.n < 1024 ? c->row.n : 1024;
	char *input = arena_alloc(&d->arena, shown + 1);
	if (input && shown) {
		memcpy(input, c->row.p, shown);
		for (size_t i = 0; i < shown; i++)
			if (input[i] == '\0')
				input[i] = c->separator;
		d->input = str_is_utf8((struct str){input, shown - 1})
			       ? (struct str){input, shown - 1}
			       : (struct str){"", 0};
	}
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
		values[i] = decoded(c, i);
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

	*c = (struct csv){.parser = p, .chunk = chunk, .head = head, .line = 1};
	if (str_starts(head, STR("\xEF\xBB\xBF"))) {
		c->head = (struct str){head.p + 3, head.n - 3};
		c->encoding = ENCODING_UTF8;
	}
	c->p = c->head.p;
	c->end = c->head.p + c->head.n;
	arena_init(&c->name_arena, ROW_MAX_BYTES * 2);
	buf_init(&c->row, ROW_MAX_BYTES);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		buf_init(&c->converted[i], ROW_MAX_BYTES * 3);
	draft_init(&draft, p);
	sniff(c);
	if (take_header(c)) {
		while (ok && read_row(c, &broken)) {
			if (is_blank_row(c))
				continue;
			take_row(c, &draft, broken);
			ok = draft_finish(&draft);
		}
	}
	draft_release(&draft);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		buf_release(&c->converted[i]);
	buf_release(&c->row);
	arena_release(&c->name_arena);
	return ok;
}
