/* Inside the parser: drafts, and the readers that fill them.
 *
 * Leaf files first: output (frames, counts), countries, names, values, hours. fields takes values
 * and accounts for each; address, categories and closing are of single fields, draft makes the
 * record. osm, schema and objects know dialects, table knows columns; csv, json, xlsx and xml are
 * containers, map is the user's own mapping. parse starts the reader that fits. */
#ifndef DIRECTORY_PARSE_INTERNAL_H
#define DIRECTORY_PARSE_INTERNAL_H

#include "base/arena.h"
#include "base/json.h"
#include "directory/parse/hours.h"
#include "directory/parse/parse.h"
#include "directory/record/record.h"
#include "site/facts/context.h"

enum {
	DRAFT_FACTS_MAX = 200,
	DRAFT_ARENA_BYTES = 4 << 20, /* one record with all its texts */
	ROW_MAX_BYTES = 1 << 20,
	COLUMNS_MAX = 512,
	OUT_FLUSH_BYTES = 128 * 1024,
	GIVEN_MAX = 1024,
	COUNTED_MAX = 2048,
};

/* What a name in a file can stand for: a field of the record, or one of these. */
enum target {
	TARGET_FIELD,       /* see `field` */
	TARGET_LEGAL_NAME,  /* beside the name of the shop, which is the name where there is one */
	TARGET_NONE,        /* known, and not kept */
	TARGET_STREET_NAME, /* `detail`: its kind, "rue", that stands in front */
	TARGET_HOUSE_NUMBER,
	TARGET_STREET_MORE,   /* a further line of the address */
	TARGET_STREET_FULL,   /* a whole address in one line, for where parts are missing */
	TARGET_POSTCODE_CITY, /* "8000 Zürich" */
	TARGET_NUMBER,        /* of a house when the file has streets, else an id */
	TARGET_CATEGORY_OSM,  /* of the scheme named */
	TARGET_CATEGORY_OVERTURE,
	TARGET_CATEGORY_GOOGLE,
	TARGET_CATEGORY_SCHEMA,
	TARGET_CATEGORY_ANY, /* a word of any scheme, or a list of them */
	TARGET_PLACE,        /* both coordinates in one value */
	TARGET_PHONE_AREA,   /* the area that a telephone of another column lacks */
	TARGET_PHONE_MORE,   /* a further telephone */
	TARGET_HOURS,        /* opening hours as people write them */
	TARGET_HOURS_DAY,    /* hours of one weekday; see `detail` */
	TARGET_HOURS_DAYS,   /* of several; the byte at `detail` has their bits */
	TARGET_HOURS_FROM,   /* when it opens on that day */
	TARGET_HOURS_TO,     /* and when it closes; behind the column of the begin */
	TARGET_CLOSED,       /* whether it is closed for good; `detail`: word, flag, open, date */
	TARGET_EXTRA,        /* a further public fact; see `detail` */
	TARGET_EMAIL,        /* dropped and counted */
	TARGET_PERSON, /* kept by name when the operator wants it (`detail`: as what), else dropped
			  and counted */
};

struct binding {
	const char *name;
	enum target target;
	enum record_field field;
	const char *detail;
};

/* What values are counted under: the record's fields, and what has none. */
/* The most that a record keeps of a text in a list, of a further fact, of several telephones. */
enum { LIST_TEXT_BYTES = 300, EXTRA_TEXT_BYTES = 1000, PHONES_BYTES = 200 };

enum { TALLY_EMAIL = RECORD_FIELDS, TALLY_PERSON, TALLY_FIELDS };
const char *tally_name(size_t field);

enum fate {
	FATE_PENDING, /* decided when the record is finished */
	FATE_KEPT,
	FATE_CHANGED,
	FATE_DROPPED,
};

/* A value that a record gave. */
struct given {
	uint16_t field; /* of the tally */
	enum fate fate;
	struct str raw;
	const char *cause; /* static, of a drop */
};

struct parse_tally {
	uint64_t given, kept, changed, dropped;
	uint64_t as_text; /* of kept and changed: opening hours that were not understood */
	size_t examples;
	struct tally_example {
		uint64_t line;
		char cause[80], value[120];
	} example[3];
};

/* Names that are counted: of categories that are not known, of properties that are not kept, of
 * types that are no business. */
struct counted {
	const char *group;
	struct str name; /* in the parser's arena */
	uint64_t n;
};

/* One input: output, counts and what is true for the whole file. */
struct parser {
	const struct parse_options *options;
	struct parse_map *map;
	struct source *source;
	int out;
	struct buf frames;
	struct record_summary summary;
	struct parse_tally tally[TALLY_FIELDS];
	struct counted counted[COUNTED_MAX];
	size_t counted_names;
	uint64_t counted_others;
	struct arena arena; /* names */
	struct err *err;    /* of writing */
	bool broken_pipe;
	bool in_collection; /* JSON: records stand in an array, not on lines */
	uint64_t number;    /* of the record, from 1 */
	const char *format; /* "geojson/osm" */
	/* whether parts of a grid lie near a country */
	struct parser_cell {
		uint64_t cell;
		bool near;
	} cell[1 << 16];
	struct facts_context context; /* of JSON-LD */
	bool mercator;                /* geometry is in metres, as the file's "crs" says */
	unsigned rejects_told;
	uint64_t mended; /* values that were encoded twice */
	const char
	    *sheets;       /* of a workbook that has several, for failures: "'A', 'B'"; else NULL */
	char failure[512]; /* summary.failure */
};

/* A record under construction. */
struct draft {
	struct parser *parser;
	struct arena arena;
	struct str field[RECORD_FIELDS];
	struct str legal_name;
	struct str column_country;          /* that columns with a value in this record belong to */
	const char *dropped[RECORD_FIELDS]; /* why a field has no value in the end */
	struct given given[GIVEN_MAX];
	size_t givens;
	struct str street_direction; /* "N" of "N CLARK ST" */
	struct str street_kind, street_name, house_number, house_suffix, street_more, street_full;
	bool kind_behind;   /* "Mission ST" of English columns */
	bool number_first;  /* columns have the number of a house in front of its street */
	bool country_said;  /* by the record, not by options or its place */
	bool country_given; /* by the options, where the record does not say */
	struct str phone_area;
	struct str phones; /* further ones, separated by ';' */
	struct parse_hours_draft hours;
	struct str hours_text; /* of TARGET_HOURS, when it is the only one */
	struct str opens[7];   /* of TARGET_HOURS_FROM, until the end is there */
	bool hours_as_text;
	struct str closed_on;  /* a date, or "yes" */
	struct str registered; /* number in a register, which tells apart what has no id */
	struct draft_fact {
		struct str key, value; /* the key ends with NUL */
		bool json;             /* the value; else a text */
	} fact[DRAFT_FACTS_MAX];       /* of extra */
	size_t facts, fact_bytes;
	uint64_t line;
	struct str input;   /* the whole record for the reject file: a JSON value, or text */
	bool input_is_json; /* else text */
	bool in_table;      /* the values of a row */
	bool left_out;      /* no business: neither a record nor a reject */
	/* the first thing that is wrong; empty cause: nothing */
	struct str bad_field, bad_value;
	char cause[160];
};

/* ---- output.c ---- */

/* Frames to the pipe when there are enough, or all. */
MUST_CHECK bool parser_flush(struct parser *p, bool all);
/* The file cannot be read to its end, and why; the first cause counts. */
void parser_fail(struct parser *p, const char *fmt, ...) PRINTF(2, 3);
/* One more of a name. */
void parser_count(struct parser *p, const char *group, struct str name);
/* What became of the values of a record. */
void parser_account(struct parser *p, const struct draft *d, bool rejected);
/* A column and what it stands for. */
void parser_column(struct parser *p, struct str name, const struct binding *b);
/* "encoding", "separator", ...: what is true for the file. */
void parser_about(struct parser *p, const char *what, struct str value);
/* What people should look at, and what helps; number of the line, 0: none. */
void parser_remark(struct parser *p, uint64_t line, const char *fmt, ...) PRINTF(3, 4);
/* The frames behind the last record. */
void parser_end(struct parser *p);

/* ---- fields.c ---- */

void draft_init(struct draft *d, struct parser *parser);
void draft_reset(struct draft *d, uint64_t line);
void draft_release(struct draft *d);

/* A value of a field, raw as in the file. Empty values are not given. The first value of a single
 * field counts; lists grow. */
void draft_field(struct draft *d, enum record_field field, struct str value);
void draft_extra(struct draft *d, const char *key, struct str value);
void draft_extra_json(struct draft *d, struct str key, struct str json);
void draft_reject(struct draft *d, const char *field, struct str value, const char *cause);
/* It is no business: `what` is counted among those that were left out. */
void draft_leave_out(struct draft *d, struct str what);

/* The entry of a value that was given; NULL: none is left, the value is not counted. */
struct given *draft_given(struct draft *d, size_t field, struct str raw);
void draft_dropped(struct given *g, const char *cause);
void draft_append(struct draft *d, enum record_field field, struct given *g, struct str value);

/* What is wrong with a value before it is looked at as one of its field; NULL: nothing. */
const char *draft_refused(enum record_field field, struct str raw);
/* A text of a field, cleaned; p == NULL when there is none, and *g says why. */
struct str draft_text(struct draft *d, enum record_field field, struct given *g, struct str raw);
/* An object or an array in a column of a table, also with the quotes of Python; NULL: none. */
struct json_value *draft_json(struct draft *d, struct str value);
/* A further telephone. */
void draft_phone_more(struct draft *d, struct given *g, struct str value);

/* ---- draft.c ---- */

/* Give a value, raw as in the file, to what it stands for. */
void draft_put(struct draft *d, const struct binding *b, struct str value);
/* Normalise, check, and write the record or its reject. False when the pipe is gone. */
MUST_CHECK bool draft_finish(struct draft *d);

/* ---- parts of it ---- */

/* address.c: one line of all parts that were given, in the order of the country. */
void parse_address_finish(struct draft *d);
/* phones.c: the first telephone and the others, of all values that were given. */
void parse_phones_finish(struct draft *d);
/* Before the country is settled: an address in one line, which may name it. */
void parse_address_split(struct draft *d);
/* address_towns.c: a town with its postal code. */
struct address_town {
	struct str city, post, region;
	struct str country; /* of "CH-8000"; else empty */
	struct str street;  /* of parse_address_town: what else the address has */
	bool proven;        /* else "1234 Main Street" is written so, too */
};
/* "London SW1A 2AA", "Toronto ON M5X 1A9", "Boston, MA 02108-1234", "Sydney NSW 2000"; also
 * without the town. */
bool parse_address_town_before_code(struct str s, struct address_town *out);
/* "8000 Zürich", "CH-8000 Zürich", "1011 AB Amsterdam", "SW1A 2AA London". */
bool parse_address_town_behind_code(struct str s, struct address_town *out);
/* "Paris CEDEX 01" is a town, "Main Street 5" is none. */
bool parse_address_is_town(struct str s);
/* The town of an address whose parts are slices of one text, n > 0, without the country at their
 * end. country: two letters, or empty. False: not all of it is understood. */
bool parse_address_town(const struct str *part, size_t n, struct str country,
			struct address_town *out);
/* The one country that writes its postal codes so: "SW1A 2AA", "M5X 1A9". Empty: several. */
struct str parse_address_country_of(struct str code);
/* The code of "CH 8001", "8001 Zürich". */
struct str parse_address_code(struct str code);
void parse_address_postcode_city(struct draft *d, struct str value);
/* categories.c */
void category_put(struct draft *d, enum target scheme, struct str value);
/* closing.c: a status, a flag or a date that may say that it is closed for good. */
void closing_put(struct draft *d, const char *kind, struct str value);
/* Whether a text says that a business is open or closed: "Estado" is a region, or this. */
bool closing_is_word(struct str value);

/* ---- names.c, countries.c ---- */

/* The binding of a column's header, or NULL. */
const struct binding *binding_of_header(struct str header);
/* Of hours of the days whose bits are set. */
const struct binding *binding_of_days(unsigned days);
/* Cut the "from" or "to" behind the days off a header: 0 or 1; -1: there is none. */
int header_cut_part(struct str *header);
/* Of the begin (0) or the end (1) of the hours of a day. */
const struct binding *binding_of_day_part(int day, int part);
/* ... of an OSM tag, of a property of schema.org. */
const struct binding *binding_of_tag(struct str key);
const struct binding *binding_of_property(struct str key);

/* The IANA zone of a country that has one zone; NULL otherwise. */
const char *country_timezone(struct str country);
/* Whether clocks somewhere in a country can be so many minutes ahead of UTC. */
bool country_has_offset(struct str country, int minutes);
/* Whether a place belongs to the state of another code: Réunion to France. */
bool country_is_territory(struct str place, struct str state);
/* The one country whose files have a column of that name, as names.def writes it; empty: none. */
struct str country_of_column(const char *name);
/* The one country that has a region which is called as its town: "Roma", "RM". Empty: none, or
 * several. */
struct str country_of_capital(struct str city, struct str region);
/* Whether the number of a house stands in front of the street. */
bool country_number_first(struct str country);

/* ---- dialects ---- */

/* An object of a JSON file in whatever dialect. Sets p->format at the first. */
/* graph: whose nodes it may name; NULL: none. */
void draft_object(struct draft *d, struct json_value *v, const struct json_value *graph);

/* The records in the answer of an API, which is none itself: a list of objects with names in v or
 * in an object of v, one such object, or v, whose members are the records. NULL: there are none. */
const struct json_value *objects_within(const struct json_value *v, int depth);

/* osm.c: tags, and an id from type and number. */
bool osm_is_object(const struct json_value *v);
void osm_put(struct draft *d, const struct json_value *v, const struct json_value *tags);
void osm_put_id(struct draft *d, struct str id);
bool osm_is_column(struct str header);

/* context.c: what a document's @context calls the terms of schema.org, and names so made plain. */
void context_read(struct parser *p, const struct json_value *context);
void context_apply(const struct parser *p, struct json_value *v);

/* schema.c */
bool parse_schema_is_object(const struct json_value *v);
/* node: of a graph whose other nodes it may name; graph: an array, or NULL. */
void parse_schema_put(struct draft *d, const struct json_value *node,
		      const struct json_value *graph);
/* The business inside of a page that tells of one (mainEntity, about); NULL: the object itself. */
const struct json_value *parse_schema_subject(const struct json_value *v);

/* geometry.c: a point inside of a GeoJSON geometry, or of Overpass's geometry. */
void geometry_put(struct draft *d, const struct json_value *geometry);
bool geometry_inside(const struct json_value *rings, double *lat, double *lon);

/* ---- encodings.c ---- */

/* The encoding of a sample of words, which the file does not declare. It is reported, with a word
 * of it and what to do if it is wrong. False: it cannot be determined, and the file fails. */
struct encoding;
struct letters;
MUST_CHECK bool guess_encoding(struct parser *p, struct letters *l, const struct encoding **out);
/* The file fails because its format is UTF-8 by its standard and the bytes from `line` on are not;
 * the remedy names what they look like. */
void guess_refuse(struct parser *p, struct str text, uint64_t line, const char *format);
/* A text that was encoded as UTF-8 twice ("ZÃ¼rich") decoded once more, in the arena, and reported
 * with its line; any other text as it is. */
struct str guess_mended(struct parser *p, struct arena *arena, uint64_t line, struct str s);

/* ---- containers ---- */

MUST_CHECK bool parse_csv(struct parser *p);
MUST_CHECK bool parse_json(struct parser *p);
/* xml.c: XML of OpenStreetMap, by the first bytes of the file. */
bool xml_is_osm(struct str head);
MUST_CHECK bool parse_xml(struct parser *p);
/* xlsx.c: a workbook, or *unpacked: the file that was packed stands in the place of the source. */
MUST_CHECK bool parse_archive(struct parser *p, struct str archive, bool *unpacked);

/* table.c: rows of values under headers, of every format that has them. */
struct table {
	struct parser *parser;
	struct draft *draft;
	struct arena names_arena;
	struct str names[COLUMNS_MAX]; /* of the header, or of the first row that is none */
	const struct binding *bindings[COLUMNS_MAX];
	struct str countries[COLUMNS_MAX]; /* that columns belong to; empty: to any */
	size_t columns;
	bool osm; /* columns are tags */
	bool number_first;
	bool done_header;
	struct str candidate[COLUMNS_MAX]; /* a header with gaps, until the next row is known */
	size_t candidates;
	size_t titles; /* rows above the header */
	char titles_text[24];
};
void table_init(struct table *t, struct parser *p, struct draft *d);
void table_release(struct table *t);
/* A row. The first that names columns is the header, unless the options name them; rows above it
 * are titles. False when the pipe is gone or the header is none (then summary.failure is set).
 * broken: why it cannot be used, or NULL. */
MUST_CHECK bool table_row(struct table *t, uint64_t line, const struct str *values, size_t count,
			  const char *broken);
/* Behind the last row. */
MUST_CHECK bool table_end(struct table *t);

/* Mapping files: apply to a row (names and values) or to an object. */
void map_row(const struct parse_map *map, struct draft *d, const struct str *names,
	     const struct str *values, size_t count);
void map_object(const struct parse_map *map, struct draft *d, const struct json_value *v);
/* Whether a line of it names the column. */
bool map_names(const struct parse_map *map, struct str column);

#endif
