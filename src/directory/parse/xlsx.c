/* Archives: workbooks (XLSX, ISO/IEC 29500), of which one sheet is read as a table, and files
 * packed with zip. */
#include "base/ascii.h"
#include "base/date.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "directory/parse/internal.h"
#include "directory/parse/source.h"

#include <expat.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum {
	PART_MAX_BYTES = 1 << 30, /* of a part of the workbook, unpacked */
	TEXT_MAX_BYTES = 256 << 20,
	STRINGS_MAX_BYTES = 192 << 20,
	CELL_MAX_BYTES = 64 * 1024,
	CHUNK_BYTES = 64 * 1024,
	SHEETS_MAX = 256,
	STYLES_MAX = 4096,
	FORMATS_MAX = 512,
	MERGES_MAX = 8192,
};

struct workbook {
	struct parser *parser;
	zip_t *zip;
	/* shared strings, one after the other */
	struct buf strings;
	size_t *string_at;
	size_t strings_count, strings_room;
	/* sheets in the order of the workbook, and where their parts are */
	struct {
		char name[128], relation[64], part[256];
		bool hidden;
	} sheet[SHEETS_MAX];
	size_t sheets;
	struct buf sheet_names; /* "'A', 'B'", for failures */
	bool since_1904;
	/* which styles show numbers as dates or times of the day */
	enum cell_kind { CELL_NUMBER, CELL_DATE, CELL_TIME } style_kind[STYLES_MAX];
	size_t styles;
	struct {
		int number;
		enum cell_kind kind;
	} format[FORMATS_MAX];
	size_t formats;
	bool in_cell_styles;
	/* the part that is being read */
	XML_Parser expat;
	struct buf text; /* of a cell or a shared string */
	bool in_text, in_reading;
	/* cells that are one over several rows, by their first row */
	struct merge {
		size_t column;
		uint64_t first, last;
		struct str value; /* in merged_values, from the first row on */
	} merge[MERGES_MAX];
	size_t merges, merges_over; /* so many of them end above the row */
	struct arena merged_values;
	/* the row */
	struct table table;
	struct buf row;
	size_t at[COLUMNS_MAX], ends[COLUMNS_MAX];
	size_t columns, column;
	uint64_t line;
	char type; /* of the cell: s, i (inline), b, e, n, t (formula's text) */
	size_t style;
	bool stop;
};

/* The name without its namespace's prefix. */
static const char *plain(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

static bool is_named(const char *name, const char *wanted)
{
	return strcmp(plain(name), wanted) == 0;
}

static const char *attribute(const XML_Char **pairs, const char *name)
{
	for (; *pairs; pairs += 2)
		if (strcmp(plain(pairs[0]), name) == 0)
			return pairs[1];
	return "";
}

static int attribute_number(const XML_Char **pairs, const char *name)
{
	int64_t number;
	return str_to_i64(str_of(attribute(pairs, name)), 0, INT_MAX, &number) ? (int)number : 0;
}

/* ---- parts ---- */

/* Read a part of the archive through the handlers. False: there is none, or it is damaged (then the
 * failure is set). */
static bool read_part(struct workbook *w, const char *name, XML_StartElementHandler start,
		      XML_EndElementHandler end, XML_CharacterDataHandler text)
{
	zip_file_t *file = zip_fopen(w->zip, name, ZIP_FL_NOCASE);
	uint64_t total = 0;
	zip_int64_t n = 0;
	enum XML_Status status = XML_STATUS_OK;
	if (!file)
		return false;
	w->expat = memory_had(XML_ParserCreate(NULL));
	XML_SetUserData(w->expat, w);
	XML_SetElementHandler(w->expat, start, end);
	XML_SetCharacterDataHandler(w->expat, text);
	do {
		void *room = memory_had(XML_GetBuffer(w->expat, CHUNK_BYTES));
		n = zip_fread(file, room, CHUNK_BYTES);
		total += n > 0 ? (uint64_t)n : 0;
		status = n < 0 || total > PART_MAX_BYTES
			     ? XML_STATUS_ERROR
			     : XML_ParseBuffer(w->expat, (int)n, n == 0);
	} while (n > 0 && status == XML_STATUS_OK);
	if (status != XML_STATUS_OK && !w->stop)
		parser_fail(w->parser, "%s of the workbook is damaged or too large", name);
	XML_ParserFree(w->expat);
	w->expat = NULL;
	zip_fclose(file);
	return status == XML_STATUS_OK || w->stop;
}

static void copy(char *to, size_t room, const char *from)
{
	snprintf(to, room, "%s", from);
}

static void workbook_start(void *ctx, const XML_Char *name, const XML_Char **pairs)
{
	struct workbook *w = ctx;
	if (is_named(name, "sheet") && w->sheets < SHEETS_MAX) {
		const char *relation = "";
		for (const XML_Char **p = pairs; *p; p += 2)
			if (strchr(p[0], ':') && strcmp(plain(p[0]), "id") == 0)
				relation = p[1];
		copy(w->sheet[w->sheets].name, sizeof(w->sheet[0].name), attribute(pairs, "name"));
		copy(w->sheet[w->sheets].relation, sizeof(w->sheet[0].relation), relation);
		w->sheet[w->sheets].hidden = strstr(attribute(pairs, "state"), "idden") != NULL;
		w->sheets++;
	} else if (is_named(name, "workbookPr")) {
		const char *since = attribute(pairs, "date1904");
		w->since_1904 = strcmp(since, "1") == 0 || strcmp(since, "true") == 0;
	}
}

static void relations_start(void *ctx, const XML_Char *name, const XML_Char **pairs)
{
	struct workbook *w = ctx;
	const char *id = attribute(pairs, "Id"), *target = attribute(pairs, "Target");
	for (size_t i = 0; i < w->sheets && is_named(name, "Relationship"); i++) {
		if (strcmp(w->sheet[i].relation, id) != 0)
			continue;
		if (target[0] == '/')
			copy(w->sheet[i].part, sizeof(w->sheet[i].part), target + 1);
		else
			snprintf(w->sheet[i].part, sizeof(w->sheet[i].part), "xl/%s", target);
	}
}

/* Days or years in a format of numbers make a date of it, hours alone a time of the day; what
 * stands in quotes is text, what stands in brackets a colour, or hours that are counted on
 * ("[h]:mm"). */
static enum cell_kind kind_of_format(const char *code)
{
	bool quoted = false, bracket = false, hours = false;
	for (; *code; code++) {
		if (*code == '"')
			quoted = !quoted;
		else if (*code == '[' || *code == ']')
			bracket = *code == '[';
		else if (!quoted && !bracket && strchr("dDyY", *code))
			return CELL_DATE;
		else if (!quoted && strchr("hH", *code) &&
			 (!bracket || code[1] == ']' || code[1] == *code))
			hours = true;
		else if (*code == '\\' && code[1])
			code++;
	}
	return hours ? CELL_TIME : CELL_NUMBER;
}

static enum cell_kind kind_of_number(const struct workbook *w, int format)
{
	for (size_t i = 0; i < w->formats; i++)
		if (w->format[i].number == format)
			return w->format[i].kind;
	return (format >= 14 && format <= 17) || format == 22   ? CELL_DATE
	       : (format >= 18 && format <= 21) || format == 46 ? CELL_TIME
								: CELL_NUMBER;
}

static void styles_start(void *ctx, const XML_Char *name, const XML_Char **pairs)
{
	struct workbook *w = ctx;
	int number = attribute_number(pairs, "numFmtId");
	if (is_named(name, "cellXfs")) {
		w->in_cell_styles = true;
	} else if (is_named(name, "numFmt") && w->formats < FORMATS_MAX) {
		w->format[w->formats].number = number;
		w->format[w->formats++].kind = kind_of_format(attribute(pairs, "formatCode"));
	} else if (is_named(name, "xf") && w->in_cell_styles && w->styles < STYLES_MAX) {
		w->style_kind[w->styles++] = kind_of_number(w, number);
	}
}

static void styles_end(void *ctx, const XML_Char *name)
{
	struct workbook *w = ctx;
	if (is_named(name, "cellXfs"))
		w->in_cell_styles = false;
}

/* "_x000D_": how the format writes a character that XML cannot have. Those are none of the text. */
static void text_without_escapes(struct buf *text)
{
	enum { ESCAPE = 7 };
	size_t n = 0;
	for (size_t i = 0; i < text->n;) {
		struct str rest = {text->p + i, text->n - i};
		if (rest.n >= ESCAPE && memcmp(rest.p, "_x00", 4) == 0 &&
		    rest.p[ESCAPE - 1] == '_' && (rest.p[4] == '0' || rest.p[4] == '1') &&
		    ascii_is_alnum(rest.p[5]))
			i += ESCAPE;
		else
			text->p[n++] = text->p[i++];
	}
	text->n = n;
}

static void on_text(void *ctx, const XML_Char *text, int n)
{
	struct workbook *w = ctx;
	if (w->in_text && w->text.n + (size_t)n <= CELL_MAX_BYTES)
		buf_add(&w->text, text, (size_t)n);
}

/* ---- shared strings ---- */

static void strings_start(void *ctx, const XML_Char *name, const XML_Char **pairs)
{
	struct workbook *w = ctx;
	(void)pairs;
	if (is_named(name, "si"))
		buf_reset(&w->text);
	/* Readings of Chinese and Japanese characters (rPh) are no part of the text, and stand in
	 * t as well. */
	w->in_reading |= is_named(name, "rPh");
	w->in_text = is_named(name, "t") && !w->in_reading;
}

static void strings_end(void *ctx, const XML_Char *name)
{
	struct workbook *w = ctx;
	w->in_text = false;
	if (is_named(name, "rPh"))
		w->in_reading = false;
	if (!is_named(name, "si"))
		return;
	text_without_escapes(&w->text);
	w->string_at = memory_grow(w->string_at, &w->strings_room, w->strings_count + 1,
				   sizeof(w->string_at[0]));
	w->string_at[w->strings_count++] = w->strings.n;
	buf_str(&w->strings, buf_view(&w->text));
	buf_putc(&w->strings, '\0');
	if (buf_failed(&w->strings)) {
		parser_fail(w->parser, "the texts of the workbook are larger than 192 MiB");
		XML_StopParser(w->expat, XML_FALSE);
	}
}

/* ---- rows ---- */

/* "BC7" as the column from 0. */
static size_t column_of(const char *cell, size_t otherwise)
{
	size_t n = 0;
	for (; ascii_is_letter(*cell) && n < 100000; cell++)
		n = n * 26 + (size_t)(ascii_upper(*cell) - 'A') + 1;
	return n ? n - 1 : otherwise;
}

/* A number as people write it: whole ones without exponent, dates as dates, times as times. */
static void xlsx_put_number(struct workbook *w, struct str written)
{
	enum { DAY = 24 * 60 };
	double v;
	enum cell_kind kind = w->style < w->styles ? w->style_kind[w->style] : CELL_NUMBER;
	if (!str_to_double(written, &v)) {
		buf_str(&w->row, written);
		return;
	}
	int minutes = (int)lround((v - floor(v)) * DAY);
	if (kind == CELL_TIME && v >= 0) {
		minutes = v == 1 ? DAY : minutes; /* the end of the day */
		buf_printf(&w->row, "%02d:%02d", minutes / 60, minutes % 60);
	} else if (kind == CELL_DATE && v > 0 && v < 2958466) {
		char date[DATE_TEXT];
		date_format((int64_t)floor(v) - (w->since_1904 ? 24107 : 25569), date);
		buf_puts(&w->row, date);
		if (minutes)
			buf_printf(&w->row, " %02d:%02d", minutes / 60 % 24, minutes % 60);
	} else if (floor(v) == v && fabs(v) < 1e15) {
		buf_printf(&w->row, "%.0f", v);
	} else {
		buf_printf(&w->row, "%.15g", v);
	}
}

static void put_cell(struct workbook *w)
{
	struct str text = buf_view(&w->text);
	int64_t number;
	if (w->column >= COLUMNS_MAX)
		return;
	while (w->columns <= w->column) {
		w->at[w->columns] = w->ends[w->columns] = w->row.n;
		w->columns++;
	}
	w->at[w->column] = w->row.n;
	if (w->type == 's' && str_to_i64(str_trim(text), 0, (int64_t)w->strings_count - 1, &number))
		buf_puts(&w->row, w->strings.p + w->string_at[number]);
	else if (w->type == 'n')
		xlsx_put_number(w, str_trim(text));
	else if (w->type == 'b')
		buf_puts(&w->row, str_eq(str_trim(text), STR("1")) ? "true" : "false");
	else if (w->type != 's' && w->type != 'e')
		buf_str(&w->row, text);
	w->ends[w->column] = w->row.n;
}

static void sheet_start(void *ctx, const XML_Char *name, const XML_Char **pairs)
{
	struct workbook *w = ctx;
	int64_t number;
	if (is_named(name, "row")) {
		buf_reset(&w->row);
		w->columns = w->column = 0;
		w->line = str_to_i64(str_of(attribute(pairs, "r")), 1, INT64_MAX, &number)
			      ? (uint64_t)number
			      : w->line + 1;
	} else if (is_named(name, "c")) {
		const char *type = attribute(pairs, "t");
		w->column = column_of(attribute(pairs, "r"), w->columns);
		w->style = (size_t)attribute_number(pairs, "s");
		w->type = strcmp(type, "inlineStr") == 0 ? 'i'
			  : strcmp(type, "str") == 0     ? 't'
			  : type[0]                      ? type[0]
							 : 'n';
		buf_reset(&w->text);
	} else if (is_named(name, "rPh")) {
		w->in_reading = true;
	} else if (is_named(name, "v") || is_named(name, "t")) {
		w->in_text = !w->in_reading;
	}
}

/* ---- cells over several rows ---- */

static void merges_start(void *ctx, const XML_Char *name, const XML_Char **pairs)
{
	struct workbook *w = ctx;
	int64_t first, last;
	if (!is_named(name, "mergeCell") || w->merges == MERGES_MAX)
		return;
	const char *from = attribute(pairs, "ref"), *to = strchr(from, ':');
	if (!to)
		return;
	const char *row = from, *row_end = to + 1;
	while (ascii_is_letter(*row))
		row++;
	while (ascii_is_letter(*row_end))
		row_end++;
	struct str first_row = {row, (size_t)(to - row)};
	if (str_to_i64(first_row, 1, INT64_MAX, &first) &&
	    str_to_i64(str_of(row_end), 1, INT64_MAX, &last) && last > first)
		w->merge[w->merges++] = (struct merge){.column = column_of(from, COLUMNS_MAX),
						       .first = (uint64_t)first,
						       .last = (uint64_t)last};
}

static int merges_compare(const void *x, const void *y)
{
	const struct merge *a = x, *b = y;
	return (a->first > b->first) - (a->first < b->first);
}

/* The value of a cell over several rows counts in each of them, but a name stands for one record.
 */
static void merges_fill(struct workbook *w, struct str *values)
{
	bool any = false;
	for (size_t i = 0; i < w->columns; i++)
		any |= values[i].n > 0;
	while (w->merges_over < w->merges && w->merge[w->merges_over].last < w->line)
		w->merges_over++;
	for (size_t i = w->merges_over; i < w->merges && w->merge[i].first <= w->line; i++) {
		struct merge *m = &w->merge[i];
		if (m->last < w->line || m->column >= w->columns)
			continue;
		const struct binding *b = w->table.bindings[m->column];
		bool is_name = b && b->target == TARGET_FIELD && b->field == RECORD_NAME;
		if (m->first == w->line)
			m->value = arena_str(&w->merged_values, values[m->column]);
		else if (any && w->table.done_header && !values[m->column].n && !is_name &&
			 m->value.p)
			values[m->column] = m->value;
	}
}

static void sheet_end(void *ctx, const XML_Char *name)
{
	struct workbook *w = ctx;
	struct str values[COLUMNS_MAX];
	w->in_text = false;
	if (is_named(name, "rPh"))
		w->in_reading = false;
	if (is_named(name, "c") && w->text.n) {
		text_without_escapes(&w->text);
		put_cell(w);
	}
	if (!is_named(name, "row"))
		return;
	/* Empty cells at the end of a row are not stored. */
	while (w->columns && w->table.done_header && w->columns < w->table.columns) {
		w->at[w->columns] = w->ends[w->columns] = w->row.n;
		w->columns++;
	}
	const char *broken = buf_failed(&w->row) ? "the row is longer than 1 MiB" : NULL;
	for (size_t i = 0; i < w->columns; i++)
		values[i] = broken ? (struct str){"", 0}
				   : (struct str){w->row.p ? w->row.p + w->at[i] : "",
						  w->ends[i] - w->at[i]};
	if (w->columns && !broken)
		merges_fill(w, values);
	if (w->columns && !table_row(&w->table, w->line, values, w->columns, broken)) {
		w->stop = true;
		XML_StopParser(w->expat, XML_FALSE);
	}
}

/* ---- the workbook ---- */

/* By name, or by number from 1; the first that is shown when nothing is said. NULL: there is none,
 * and the failure names those there are. */
static const char *chosen_sheet(struct workbook *w)
{
	const char *wanted = w->parser->options->sheet;
	int64_t number;
	for (size_t i = 0; i < w->sheets && !wanted; i++)
		if (!w->sheet[i].hidden || i + 1 == w->sheets)
			return w->sheet[i].part;
	for (size_t i = 0; i < w->sheets; i++)
		if (str_eq_nocase(str_of(wanted), str_of(w->sheet[i].name)))
			return w->sheet[i].part;
	if (wanted && str_to_i64(str_of(wanted), 1, (int64_t)w->sheets, &number))
		return w->sheet[number - 1].part;
	parser_fail(w->parser, "the workbook has no sheet '%s'; its sheets are %s",
		    wanted ? wanted : "", w->sheets ? buf_z(&w->sheet_names) : "none");
	return NULL;
}

static void read_workbook(struct workbook *w)
{
	struct parser *p = w->parser;
	if (!read_part(w, "xl/workbook.xml", workbook_start, NULL, NULL) ||
	    !read_part(w, "xl/_rels/workbook.xml.rels", relations_start, NULL, NULL)) {
		parser_fail(p, "the workbook has no list of sheets");
		return;
	}
	(void)read_part(w, "xl/styles.xml", styles_start, styles_end, NULL);
	(void)read_part(w, "xl/sharedStrings.xml", strings_start, strings_end, on_text);
	for (size_t i = 0; i < w->sheets; i++)
		buf_printf(&w->sheet_names, "%s'%s'", i ? ", " : "", w->sheet[i].name);
	p->sheets = w->sheets > 1 ? buf_z(&w->sheet_names) : NULL;
	const char *part = p->summary.failure.n ? NULL : chosen_sheet(w);
	if (!part)
		return;
	for (size_t i = 0; i < w->sheets; i++)
		parser_about(p, w->sheet[i].part == part ? "sheet" : "further sheet",
			     str_of(w->sheet[i].name));
	p->format = "xlsx";
	(void)read_part(w, part, merges_start, NULL, NULL);
	qsort(w->merge, w->merges, sizeof(w->merge[0]), merges_compare);
	if (!read_part(w, part, sheet_start, sheet_end, on_text))
		parser_fail(p, "the sheet cannot be read");
	else if (!w->stop)
		w->stop = !table_end(&w->table);
}

/* ---- packed files ---- */

/* Whether a file of an archive has records by its name: those of other kinds are read where there
 * is nothing else. */
static bool is_data(const char *name)
{
	static const char *const ends[] = {".csv",     ".tsv",    ".txt", ".json",
					   ".ndjson",  ".jsonl",  ".xml", ".osm",
					   ".geojson", ".jsonld", ".gz"};
	struct str s = str_of(name);
	if (str_starts(s, STR("__MACOSX/")))
		return false;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (s.n > strlen(ends[i]) && str_ends_nocase(s, str_of(ends[i])))
			return true;
	return false;
}

/* The largest file of the archive that has records; the others are reported. */
static bool unpack_file(struct parser *p, zip_t *zip)
{
	bool data = false;
	zip_int64_t best = -1, count = zip_get_num_entries(zip, 0);
	zip_uint64_t size = 0;
	zip_stat_t st;
	for (zip_int64_t i = 0; i < count; i++) {
		if (zip_stat_index(zip, (zip_uint64_t)i, 0, &st) != 0 ||
		    !(st.valid & ZIP_STAT_SIZE) || st.size == 0)
			continue;
		bool its = is_data(st.name);
		if (its != data ? its : st.size > size) {
			size = st.size;
			best = i;
			data = its;
		}
	}
	if (best < 0 || size > TEXT_MAX_BYTES) {
		parser_fail(
		    p, best < 0
			   ? "the archive is empty"
			   : "the file in the archive is larger than 256 MiB; unpack it first");
		return false;
	}
	zip_file_t *file = zip_fopen_index(zip, (zip_uint64_t)best, 0);
	char *text = memory_room(size + 1);
	size_t n = 0;
	zip_int64_t k = 1;
	while (file && n < size && (k = zip_fread(file, text + n, size - n)) > 0)
		n += (size_t)k;
	if (file)
		zip_fclose(file);
	if (!file || n < size) {
		free(text);
		parser_fail(p, "the archive is damaged, or has a password");
		return false;
	}
	if (zip_stat_index(zip, (zip_uint64_t)best, 0, &st) == 0 && utf8_is_valid(str_of(st.name)))
		parser_about(p, "packed file", str_of(st.name));
	for (zip_int64_t i = 0; i < count; i++)
		if (i != best && zip_stat_index(zip, (zip_uint64_t)i, 0, &st) == 0 && st.size > 0 &&
		    is_data(st.name) && utf8_is_valid(str_of(st.name)))
			parser_about(p, "further packed file", str_of(st.name));
	source_replace(p->source, text, n);
	return true;
}

bool parse_archive(struct parser *p, struct str archive, bool *unpacked)
{
	static struct workbook book; /* large, and there is one */
	static struct draft draft;
	struct workbook *w = &book;
	zip_error_t error;
	zip_error_init(&error);
	*unpacked = false;
	zip_source_t *source = zip_source_buffer_create(archive.p, archive.n, 0, &error);
	zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
	if (!zip) {
		parser_fail(p, "the archive cannot be read: %s", zip_error_strerror(&error));
		zip_source_free(source);
		zip_error_fini(&error);
		return true;
	}
	if (zip_name_locate(zip, "xl/workbook.xml", ZIP_FL_NOCASE) < 0) {
		*unpacked = unpack_file(p, zip);
		zip_discard(zip);
		return true;
	}
	memset(w, 0, sizeof(*w));
	w->parser = p;
	w->zip = zip;
	buf_init(&w->strings, STRINGS_MAX_BYTES);
	buf_init(&w->sheet_names, SHEETS_MAX * sizeof(w->sheet[0].name) + 1024);
	buf_init(&w->text, CELL_MAX_BYTES);
	buf_init(&w->row, ROW_MAX_BYTES);
	arena_init(&w->merged_values, MERGES_MAX * 512);
	draft_init(&draft, p);
	table_init(&w->table, p, &draft);
	read_workbook(w);
	table_release(&w->table);
	draft_release(&draft);
	arena_release(&w->merged_values);
	buf_release(&w->row);
	buf_release(&w->text);
	w->parser->sheets = NULL;
	buf_release(&w->sheet_names);
	buf_release(&w->strings);
	free(w->string_at);
	zip_discard(zip);
	return !p->broken_pipe;
}
