/* Rows under headers, of every format that has them: which row is the header, what its columns
 * stand for, and records of the rest. */
#include "base/memory.h"
#include "base/utf8.h"
#include "directory/iso/iso.h"
#include "directory/parse/hours.h"
#include "directory/parse/internal.h"
#include "directory/parse/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLES_MAX = 30, NAMES_BYTES = 4 << 20 };

void table_init(struct table *t, struct parser *p, struct draft *d)
{
	memset(t, 0, sizeof(*t));
	t->parser = p;
	t->draft = d;
	arena_init(&t->names_arena, NAMES_BYTES);
}

void table_release(struct table *t)
{
	arena_release(&t->names_arena);
}

static bool is_name(const struct binding *b)
{
	return b && b->target == TARGET_FIELD && b->field == RECORD_NAME;
}

/* Whether a row names columns: the name of a business among them, or one that the mapping reads. */
static bool is_header(const struct table *t, const struct str *values, size_t count)
{
	size_t named = 0, known = 0, aliases = 0;
	for (size_t i = 0; i < count; i++) {
		struct str value = str_trim(values[i]);
		if (t->parser->map) {
			named += map_names(t->parser->map, value);
			continue;
		}
		const struct binding *b = value.n ? binding_of_header(value) : NULL;
		b = b ? b : osm_is_column(value) ? binding_of_tag(value) : NULL;
		named += is_name(b);
		aliases += b && b->target == TARGET_FIELD && b->field == RECORD_ALT_NAMES;
		known += b != NULL;
	}
	return named > 0 || (aliases > 0 && known > 2);
}

static size_t headers_known(const struct str *values, size_t count)
{
	size_t known = 0;
	for (size_t i = 0; i < count; i++)
		known += str_trim(values[i]).n && binding_of_header(str_trim(values[i]));
	return known;
}

static bool is_street(const struct table *t, size_t i)
{
	const struct binding *b = i < t->columns ? t->bindings[i] : NULL;
	return b && (b->target == TARGET_STREET_NAME ||
		     (b->target == TARGET_FIELD && b->field == RECORD_STREET));
}

/* A column of what repeats a number: "bis". */
static bool is_suffix(const struct table *t, size_t i)
{
	return i < t->columns && t->bindings[i] && t->bindings[i]->detail &&
	       t->bindings[i]->target == TARGET_HOUSE_NUMBER;
}

/* A column called "number" is of a house beside one of streets, else an id. */
static void settle_numbers(struct table *t)
{
	bool id = false;
	for (size_t i = 0; i < t->columns; i++)
		id |= t->bindings[i] && t->bindings[i]->target == TARGET_FIELD &&
		      t->bindings[i]->field == RECORD_EXTERNAL_ID;
	for (size_t i = 0; i < t->columns; i++) {
		bool beside =
		    (i && is_street(t, i - 1)) || is_street(t, is_suffix(t, i + 1) ? i + 2 : i + 1);
		if (t->bindings[i] && t->bindings[i]->target == TARGET_NUMBER && !beside)
			t->bindings[i] = id ? NULL : binding_of_header(STR("id"));
		/* Behind a number what repeats it ("bis"), elsewhere perhaps a representative. */
		bool number = i && t->bindings[i - 1] &&
			      (t->bindings[i - 1]->target == TARGET_NUMBER ||
			       t->bindings[i - 1]->target == TARGET_HOUSE_NUMBER);
		if (t->bindings[i] && strcmp(t->bindings[i]->name, "rep") == 0 && !number)
			t->bindings[i] = NULL;
	}
}

/* "7", "b" in "Hausnr", "Zusatz"; "Boston", "MA" in "City", "St". */
static void settle_neighbours(struct table *t)
{
	for (size_t i = 1; i < t->columns; i++) {
		const struct binding *before = t->bindings[i - 1], *b = t->bindings[i];
		if (before && before->target == TARGET_HOUSE_NUMBER && b &&
		    strcmp(b->name, "zusatz") == 0)
			t->bindings[i] = binding_of_header(STR("hausnrzusatz"));
		if (before && before->target == TARGET_FIELD && before->field == RECORD_CITY &&
		    !b && str_eq_nocase(t->names[i], STR("st")))
			t->bindings[i] = binding_of_header(STR("state"));
	}
}

/* Whether files of no country that is known have the number of a house in front of its street. */
static void settle_order(struct table *t)
{
	size_t number = COLUMNS_MAX;
	for (size_t i = 0; i < t->columns && !is_street(t, i); i++)
		if (t->bindings[i] && (t->bindings[i]->target == TARGET_HOUSE_NUMBER ||
				       t->bindings[i]->target == TARGET_NUMBER))
			number = i;
	t->number_first = number < COLUMNS_MAX;
}

/* A suburb is the town where there is no column of towns, else a part of it. */
static void settle_suburbs(struct table *t)
{
	static const struct binding more = {"", TARGET_STREET_MORE, RECORD_STREET, NULL};
	size_t suburb = COLUMNS_MAX;
	bool towns = false;
	for (size_t i = 0; i < t->columns; i++) {
		const struct binding *b = t->bindings[i];
		bool town = b && b->target == TARGET_FIELD && b->field == RECORD_CITY;
		if (town && strcmp(b->name, "suburb") == 0)
			suburb = i;
		else
			towns |= town || (b && b->target == TARGET_POSTCODE_CITY);
	}
	if (suburb < COLUMNS_MAX && towns)
		t->bindings[suburb] = &more;
}

/* A column of addresses beside none of towns or postal codes has whole addresses. */
static void settle_addresses(struct table *t)
{
	static const struct binding whole = {"", TARGET_STREET_FULL, RECORD_STREET, NULL};
	bool parts = false;
	for (size_t i = 0; i < t->columns; i++) {
		const struct binding *b = t->bindings[i];
		parts |=
		    b && (b->target == TARGET_POSTCODE_CITY || b->target == TARGET_STREET_NAME ||
			  b->target == TARGET_HOUSE_NUMBER || b->target == TARGET_STREET_MORE ||
			  (b->target == TARGET_FIELD &&
			   (b->field == RECORD_CITY || b->field == RECORD_POSTCODE)));
	}
	for (size_t i = 0; i < t->columns && !parts; i++)
		if (t->bindings[i] && t->bindings[i]->target == TARGET_FIELD &&
		    t->bindings[i]->field == RECORD_STREET)
			t->bindings[i] = &whole;
}

/* What both businesses and persons have. */
static bool is_plain_name(struct str header)
{
	static const char *const names[] = {"name",   "nom",  "nome", "naam",
					    "nombre", "navn", "namn"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq_nocase(header, str_of(names[i])))
			return true;
	return false;
}

/* "Firma; Name; Vorname": the second is the name of a person. A file whose only names are those of
 * shops ("Enseigne", "Brand") names its businesses by them. "E" beside "N" are coordinates. */
static void settle_names(struct table *t)
{
	static const struct binding person = {"", TARGET_PERSON, RECORD_NAME, NULL};
	size_t names = 0, alias = COLUMNS_MAX;
	bool first_names = false;
	for (size_t i = 0; i < t->columns; i++) {
		const struct binding *b = t->bindings[i];
		names += is_name(b);
		first_names |= b && b->target == TARGET_PERSON && !b->detail;
		if (b && alias == COLUMNS_MAX && b->target == TARGET_FIELD &&
		    b->field == RECORD_ALT_NAMES)
			alias = i;
	}
	for (size_t i = 0; i < t->columns && names > 1 && first_names; i++)
		if (is_name(t->bindings[i]) && is_plain_name(t->names[i]))
			t->bindings[i] = &person;
	if (!names && alias < COLUMNS_MAX)
		t->bindings[alias] = binding_of_header(STR("name"));
}

/* The name of the shop beside that of the firm: "Nombre comercial", "Razón social". */
static void settle_legal_names(struct table *t)
{
	static const char *const shops[] = {"nombrecomercial", "tradingname",
					    "tradename",       "tradingas",
					    "nomestab",        "doingbusinessas",
					    "nomefantasia",    "nomcommercial",
					    "handelsnaam",     "insegna",
					    "enseigne",        "rotulo",
					    "dbaname",         "dba",
					    "shopname",        "nombredefantasia",
					    "nombrefantasia",  "doingbusinessasname"},
				 *const firms[] = {
				     "razonsocial",    "razsocial",         "razaosocial",
				     "raisonsociale",  "legalname",         "businesslegalname",
				     "denominacion",   "companyname",       "ragionesociale",
				     "statutairenaam", "legalbusinessname", "legalentityname",
				     "denominazione",  "entitylegalname"};
	static const struct binding legal = {"", TARGET_LEGAL_NAME, RECORD_NAME, NULL};
	size_t shop = COLUMNS_MAX, firm = COLUMNS_MAX;
	for (size_t i = 0; i < t->columns; i++) {
		const struct binding *b = t->bindings[i];
		if (!b || b->target != TARGET_FIELD ||
		    (b->field != RECORD_NAME && b->field != RECORD_ALT_NAMES))
			continue;
		for (size_t k = 0; k < COUNT_OF(shops) && shop == COLUMNS_MAX; k++)
			shop = strcmp(b->name, shops[k]) == 0 ? i : shop;
		for (size_t k = 0; k < COUNT_OF(firms) && firm == COLUMNS_MAX; k++)
			firm = strcmp(b->name, firms[k]) == 0 ? i : firm;
	}
	if (shop == COLUMNS_MAX || firm == COLUMNS_MAX)
		return;
	t->bindings[shop] = binding_of_header(STR("name"));
	t->bindings[firm] = &legal;
}

static void settle_axes(struct table *t)
{
	size_t east = COLUMNS_MAX, north = COLUMNS_MAX;
	for (size_t i = 0; i < t->columns; i++) {
		if (str_eq_nocase(t->names[i], STR("E")))
			east = i;
		else if (str_eq_nocase(t->names[i], STR("N")))
			north = i;
	}
	if (east == COLUMNS_MAX || north == COLUMNS_MAX)
		return;
	t->bindings[east] = binding_of_header(STR("lon"));
	t->bindings[north] = binding_of_header(STR("lat"));
}

/* What the file is called in the report, from what its columns are. */
static const char *format_of(const struct table *t)
{
	bool google = false, gleif = false;
	for (size_t i = 0; i < t->columns; i++) {
		google |= str_eq_nocase(t->names[i], STR("store code"));
		gleif |= str_eq_nocase(t->names[i], STR("entity.legalname"));
	}
	return gleif ? "gleif" : google ? "google" : t->osm ? "osm" : NULL;
}

/* Says what there is instead. */
static void table_fail_nameless(struct table *t)
{
	enum { SHOWN_BYTES = 240 };
	struct parser *p = t->parser;
	struct buf shown;
	buf_init(&shown, 64 * 1024);
	for (size_t i = 0; i < t->columns; i++)
		if (t->names[i].n)
			buf_printf(&shown, "%s%.*s", shown.n ? ", " : "", STR_ARG(t->names[i]));
	struct str cut = utf8_cut((struct str){buf_z(&shown), shown.n}, SHOWN_BYTES);
	parser_fail(
	    p,
	    "no column is known as the name of a business among: %.*s%s; use --columns or --map%s%s",
	    STR_ARG(cut), cut.n < shown.n ? " ..." : "",
	    p->sheets ? ", or --sheet with another of the sheets " : "",
	    p->sheets ? p->sheets : "");
	buf_release(&shown);
}

/* "Monday Lunch" beside other columns of days: without them hours would be claimed that are not
 * all. */
static void settle_days_in_parts(struct table *t)
{
	enum { WHOLE_NAME = 5 }; /* letters: shorter words are others, too */
	bool any = false;
	for (size_t i = 0; i < t->columns; i++)
		any |= t->bindings[i] && (t->bindings[i]->target == TARGET_HOURS_DAY ||
					  t->bindings[i]->target == TARGET_HOURS_DAYS ||
					  t->bindings[i]->target == TARGET_HOURS_FROM);
	for (size_t i = 0; i < t->columns && any; i++) {
		size_t n = 0;
		while (n < t->names[i].n && !strchr(" _-.(", t->names[i].p[n]))
			n++;
		unsigned days = t->bindings[i] || n < WHOLE_NAME
				    ? 0
				    : parse_hours_days((struct str){t->names[i].p, n});
		if (days && !(days & (days - 1)))
			t->bindings[i] = binding_of_days(days);
	}
}

/* Columns that are called after days: "Mo-Fr", "Sa", "So", "Mo von", "Mo bis". */
static void settle_days(struct table *t)
{
	unsigned *days = memory_alloc(t->columns * sizeof(days[0]));
	struct str *unknown = memory_alloc(t->columns * sizeof(unknown[0]));
	int *part = memory_alloc(t->columns * sizeof(part[0]));
	for (size_t i = 0; i < t->columns; i++) {
		unknown[i] = t->bindings[i] ? (struct str){NULL, 0} : t->names[i];
		part[i] = header_cut_part(&unknown[i]);
	}
	parse_hours_columns(unknown, t->columns, days);
	for (size_t i = 0; i < t->columns; i++) {
		bool one = days[i] && !(days[i] & (days[i] - 1)) && days[i] < 1u << 7;
		if (days[i] && part[i] < 0)
			t->bindings[i] = binding_of_days(days[i]);
		else if (one)
			t->bindings[i] = binding_of_day_part(__builtin_ctz(days[i]), part[i]);
	}
	settle_days_in_parts(t);
	free(part);
	free(unknown);
	free(days);
}

static bool take_header(struct table *t, const struct str *values, size_t count)
{
	static char format[40];
	struct parser *p = t->parser;
	bool name = p->map != NULL;
	t->columns = count;
	for (size_t i = 0; i < count; i++) {
		t->names[i] = arena_str(&t->names_arena, str_trim(values[i]));
		t->osm |= !p->map && osm_is_column(t->names[i]);
	}
	for (size_t i = 0; i < count; i++) {
		const struct binding *b = t->osm ? binding_of_tag(t->names[i]) : NULL;
		t->bindings[i] = p->map ? NULL : b ? b : binding_of_header(t->names[i]);
	}
	settle_numbers(t);
	settle_neighbours(t);
	settle_order(t);
	settle_suburbs(t);
	settle_addresses(t);
	settle_legal_names(t);
	settle_names(t);
	settle_axes(t);
	for (size_t i = 0; i < count; i++)
		t->countries[i] =
		    t->bindings[i] && !t->osm ? country_of_column(t->bindings[i]->name) : STR("");
	if (!p->map && !t->osm)
		settle_days(t);
	for (size_t i = 0; i < count; i++) {
		name |= is_name(t->bindings[i]);
		bool used = p->map ? map_names(p->map, t->names[i]) : false;
		parser_column(p, t->names[i], t->bindings[i]);
		if (used)
			parser_about(p, "mapped", t->names[i]);
	}
	const char *kind = format_of(t);
	snprintf(format, sizeof(format), "%s%s%s", p->format, kind ? "/" : "", kind ? kind : "");
	p->format = format;
	t->done_header = true;
	if (!name)
		table_fail_nameless(t);
	return name && parser_flush(p, true);
}

/* The row as an object of texts under the names of columns. */
static struct str row_json(struct table *t, const struct str *values, size_t count)
{
	struct buf out;
	struct json_writer w;
	buf_init(&out, ROW_MAX_BYTES * 3);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	for (size_t i = 0; i < count; i++) {
		char other[32];
		snprintf(other, sizeof(other), "column %zu", i + 1);
		struct str name = i < t->columns && t->names[i].n && utf8_is_valid(t->names[i])
				      ? t->names[i]
				      : str_of(other);
		if (!values[i].n || !utf8_is_valid(values[i]))
			continue;
		json_key(&w, name.p);
		json_put_str(&w, values[i]);
	}
	json_object_end(&w);
	struct str json =
	    buf_failed(&out) ? (struct str){"", 0} : arena_str(&t->draft->arena, buf_view(&out));
	buf_release(&out);
	return json;
}

/* Values behind the last column, or columns without a value at the end of a row, are distinguished
 * from rows whose values are shifted: those are rejected. */
static const char *row_misfit(const struct table *t, const struct str *values, size_t count)
{
	size_t used = count;
	while (used > t->columns && str_trim(values[used - 1]).n == 0)
		used--;
	if (used > t->columns)
		return "more";
	return count < t->columns && count * 2 < t->columns ? "fewer" : NULL;
}

/* A row of a file whose columns are tags as an object of tags. */
static void osm_row(struct table *t, const struct str *values, size_t count)
{
	struct draft *d = t->draft;
	struct json_build b;
	json_build_init(&b, &d->arena);
	struct json_value *tags = json_build(&b, NULL, NULL, JSON_IS_OBJECT);
	for (size_t i = 0; i < count; i++)
		if (values[i].n && t->names[i].n && !value_is_none(RECORD_DESCRIPTION, values[i]))
			json_build_hashed(&b, tags, t->names[i], json_hash(t->names[i]),
					  JSON_IS_STRING)
			    ->text = values[i];
	if (!b.failed)
		osm_put(d, tags, tags);
}

/* The header again, as where files were put one behind the other. */
static bool is_header_again(const struct table *t, const struct str *values, size_t count)
{
	size_t same = 0;
	for (size_t i = 0; i < count && i < t->columns; i++) {
		struct str value = str_trim(values[i]);
		if (value.n && !str_eq_nocase(value, t->names[i]))
			return false;
		same += value.n > 0;
	}
	return same > 1 && same * 2 > t->columns;
}

/* Whether a value says that a record is of the column's country. Cantons are in Bosnia, too: the
 * value must be a part of that country. */
static bool table_is_of(const struct table *t, size_t column, struct str value)
{
	const struct binding *b = t->bindings[column];
	struct str of;
	if (b->target == TARGET_FIELD && b->field == RECORD_REGION)
		return iso_part(t->countries[column], value, &of).n > 0;
	return !value_is_none(RECORD_NAME, value);
}

static void take_values(struct table *t, const struct str *values, size_t count)
{
	struct parser *p = t->parser;
	struct draft *d = t->draft;
	if (p->map) {
		map_row(p->map, d, t->names, values, count);
		return;
	}
	if (t->osm) {
		osm_row(t, values, count);
		return;
	}
	d->number_first = t->number_first;
	for (size_t i = 0; i < count; i++) {
		draft_put(d, t->bindings[i], values[i]);
		if (t->countries[i].n && table_is_of(t, i, values[i]))
			d->column_country = t->countries[i];
	}
	if (str_ends(str_of(p->format), STR("/gleif")))
		draft_append(d, RECORD_CATEGORIES, NULL, STR("legal-entity"));
}

/* Nothing, or the byte by which DOS ended a file. */
static bool is_empty(const struct str *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str value = str_trim(values[i]);
		if (value.n && !str_eq(value, STR("\x1a")))
			return false;
	}
	return true;
}

static bool has_gaps(const struct str *values, size_t count)
{
	size_t empty = 0;
	for (size_t i = 0; i < count; i++)
		empty += str_trim(values[i]).n == 0;
	return empty > 0 && empty < count;
}

static bool take_candidate(struct table *t)
{
	struct str names[COLUMNS_MAX];
	size_t count = t->candidates;
	memcpy(names, t->candidate, count * sizeof(names[0]));
	t->candidates = 0;
	return take_header(t, names, count);
}

/* Rows above the header. False: the file has none. *is_record: the row is one already. */
static bool look_for_header(struct table *t, const struct str *values, size_t count,
			    bool *is_record)
{
	bool header = is_header(t, values, count);
	if (t->candidates && !(header && headers_known(values, count) >
					     headers_known(t->candidate, t->candidates))) {
		*is_record = true;
		return take_candidate(t);
	}
	/* Names of groups of columns may stand above the names of the columns. */
	if (header && !t->candidates && !t->parser->map && has_gaps(values, count)) {
		for (size_t i = 0; i < count; i++)
			t->candidate[i] = values[i];
		t->candidates = count;
		return true;
	}
	if (header) {
		t->titles += t->candidates > 0;
		snprintf(t->titles_text, sizeof(t->titles_text), "%zu", t->titles);
		if (t->titles)
			parser_about(t->parser, "rows above the header", str_of(t->titles_text));
		return take_header(t, values, count);
	}
	if (!t->titles)
		for (t->columns = 0; t->columns < count; t->columns++)
			t->names[t->columns] =
			    arena_str(&t->names_arena, str_trim(values[t->columns]));
	if (++t->titles <= TITLES_MAX) {
		snprintf(t->titles_text, sizeof(t->titles_text), "%zu", t->titles);
		return true;
	}
	return table_end(t);
}

static bool header_of_options(struct table *t)
{
	static struct str names[COLUMNS_MAX];
	struct str rest = str_of(t->parser->options->columns);
	size_t n = 0;
	while (rest.p && n < COLUMNS_MAX)
		names[n++] = str_cut(&rest, ',');
	return take_header(t, names, n);
}

bool table_row(struct table *t, uint64_t line, const struct str *values, size_t count,
	       const char *broken)
{
	struct draft *d = t->draft;
	if (!t->done_header && t->parser->options->columns && !header_of_options(t))
		return false;
	if (!t->done_header && broken)
		return true; /* a title */
	if (!broken && is_empty(values, count))
		return true;
	if (!t->done_header) {
		struct str names[COLUMNS_MAX];
		for (size_t i = 0; i < count; i++)
			names[i] =
			    arena_str(&t->names_arena,
				      guess_mended(t->parser, &t->names_arena, line, values[i]));
		bool is_record = false;
		if (!look_for_header(t, names, count, &is_record))
			return false;
		if (!is_record)
			return true;
	}
	draft_reset(d, line);
	d->input = row_json(t, values, count);
	d->input_is_json = d->in_table = true;
	const char *misfit = broken ? NULL : row_misfit(t, values, count);
	if (broken) {
		draft_reject(d, "", (struct str){"", 0}, broken);
	} else if (misfit) {
		char *cause = arena_printf(&d->arena, "%zu values where the header has %zu", count,
					   t->columns);
		draft_reject(d, "", (struct str){"", 0}, cause ? cause : "out of step");
	} else if (is_header_again(t, values, count)) {
		draft_leave_out(d, STR("the header again"));
	} else {
		take_values(t, values, count < t->columns ? count : t->columns);
	}
	return draft_finish(d);
}

bool table_end(struct table *t)
{
	if (t->done_header)
		return true;
	if (t->candidates)
		return take_candidate(t);
	if (t->parser->map)
		parser_fail(t->parser, "the mapping names no column of the file");
	else if (t->titles)
		table_fail_nameless(t);
	else
		parser_fail(t->parser, "the file has no header line");
	return false;
}
