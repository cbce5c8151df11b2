/* Inside the parser: drafts, and the readers that fill them. */
#ifndef DIRECTORY_PARSE_INTERNAL_H
#define DIRECTORY_PARSE_INTERNAL_H

#include "base/arena.h"
#include "base/json.h"
#include "directory/parse/hours.h"
#include "directory/parse/parse.h"
#include "directory/record/record.h"

enum {
	DRAFT_ARENA_BYTES = 4 << 20, /* one record with all its texts */
	ROW_MAX_BYTES = 1 << 20,
	COLUMNS_MAX = 512,
	OUT_FLUSH_BYTES = 128 * 1024,
};

/* What a name in a file can stand for: a field of the record, or one of these. */
enum target {
	TARGET_FIELD, /* see `field` */
	TARGET_NONE,
	TARGET_STREET_NAME, /* joined with TARGET_HOUSE_NUMBER */
	TARGET_HOUSE_NUMBER,
	TARGET_STREET_MORE,  /* a further line of the address */
	TARGET_CATEGORY_OSM, /* of the scheme named */
	TARGET_CATEGORY_OVERTURE,
	TARGET_CATEGORY_GOOGLE,
	TARGET_CATEGORY_SCHEMA,
	TARGET_CATEGORY_ANY, /* a word of any scheme */
	TARGET_HOURS,        /* opening hours as people write them */
	TARGET_HOURS_DAY,    /* hours of one weekday; see `detail` */
	TARGET_EXTRA,        /* a further public fact; see `detail` */
	TARGET_EMAIL,        /* dropped and counted */
	TARGET_PERSON,       /* dropped and counted */
};

struct binding {
	const char *name;
	enum target target;
	enum record_field field;
	const char *detail;
};

/* One input: output, counts and what is true for the whole file. */
struct parser {
	const struct parse_options *options;
	struct parse_map *map;
	int in, out;
	struct buf frames;
	struct record_summary summary;
	struct err *err; /* of writing */
	bool broken_pipe;
	bool in_collection; /* JSON: records stand in an array, not on lines */
	uint64_t consumed;
	const char *format; /* "geojson/osm" */
	char failure[512];  /* summary.failure */
};

/* A record under construction. */
struct draft {
	struct parser *parser;
	struct arena arena;
	struct str field[RECORD_FIELDS];
	struct str street_name, house_number;
	struct parse_hours_draft hours;
	struct str hours_text; /* of TARGET_HOURS, when it is the only one */
	struct buf extra;      /* members of the JSON object */
	uint64_t line;
	struct str input; /* for the reject file */
	/* the first thing that is wrong; empty cause: nothing */
	struct str bad_field, bad_value;
	char cause[160];
};

void draft_init(struct draft *d, struct parser *parser);
void draft_reset(struct draft *d, uint64_t line);
void draft_release(struct draft *d);

/* Give a value, raw as in the file, to what it stands for. Empty values are not given. The first
 * value of a single field counts; lists grow. */
void draft_put(struct draft *d, const struct binding *b, struct str value);
void draft_field(struct draft *d, enum record_field field, struct str value);
void draft_reject(struct draft *d, const char *field, struct str value, const char *cause);

/* Normalise, check, and write the record or its reject. False when the pipe is gone. */
MUST_CHECK bool draft_finish(struct draft *d);

/* Frames to the pipe when there are enough, or all. */
/* output.c */
MUST_CHECK bool parser_flush(struct parser *p, bool all);

/* The file cannot be read to its end, and why; the first cause counts. */
void parser_fail(struct parser *p, const char *fmt, ...) PRINTF(2, 3);

/* Readers. `head` has been read from the file already. False when the pipe is gone; a broken file
 * is said in summary.failure. */
MUST_CHECK bool parse_csv(struct parser *p, struct str head);
MUST_CHECK bool parse_json(struct parser *p, struct str head);

/* The binding of a column's header, or NULL. */
const struct binding *binding_of_header(struct str header);
/* ... of an OSM tag. */
const struct binding *binding_of_tag(struct str key);
/* An object of a JSON file in whatever dialect. Sets p->format at the first. */
void draft_object(struct draft *d, const struct json_value *v);

/* Mapping files: apply to a row (names and values) or to an object. */
void map_row(const struct parse_map *map, struct draft *d, const struct str *names,
	     const struct str *values, size_t count);
void map_object(const struct parse_map *map, struct draft *d, const struct json_value *v);

/* The IANA zone of a country that has one zone; NULL otherwise. */
const char *country_timezone(struct str country);
/* "CH" for "ch", "Switzerland", "Schweiz"; empty when unknown. */
struct str country_code(struct str name);
/* Whether clocks somewhere in a country can be so many minutes ahead of UTC. */
bool country_has_offset(struct str country, int minutes);

#endif
