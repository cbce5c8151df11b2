/* Foreign files in, record frames out. Everything here runs in holdfast-parse, behind the sandbox:
 * its input is hostile and its output is checked again by its reader.
 *
 * Recognises by itself: CSV (separator, byte-order mark, older encodings, quoted newlines) with
 * headers of many kinds, Google Business Profile sheets and GLEIF among them; NDJSON, JSON arrays,
 * GeoJSON and GeoJSON sequences of OpenStreetMap, Overture and schema.org objects. Memory is
 * bounded by the largest record, not by the file.
 *
 * Every value that a record gives is accounted for: kept, changed or dropped, with the first lines
 * and why. E-mail addresses and names of persons are dropped and counted; representatives are kept
 * by name where the operator says so.
 */
#ifndef DIRECTORY_PARSE_PARSE_H
#define DIRECTORY_PARSE_PARSE_H

#include "base/buf.h"
#include "base/err.h"

/* Converters of utf8_converter(), which reads files: they are opened outside the sandbox. */
struct source_converters {
	const char *name; /* of the encoding that the options name; NULL: look at the file */
	void *named;
	void *wide[4]; /* of source_wide() */
};
/* Opens them. False: the name is not known. */
MUST_CHECK bool parse_converters(const char *name, struct source_converters *out);

struct parse_options {
	const char *format;  /* NULL: look at the file. "csv" or "json" */
	const char *country; /* ISO 3166-1 alpha-2 of records that do not say; NULL: none */
	/* CSV without a header: "name,street,...", "-" for none; NULL: header */
	const char *columns;
	const char *map;   /* the text of a mapping file; NULL: the built-in mappings */
	const char *sheet; /* of a workbook: name, or number from 1; NULL: the first */
	struct source_converters converters;
	/* who represents a business, by name, as far as the business publishes it */
	bool representatives;
};

/* Read `in` to its end, write frames to `out`. OK also when the file was broken (the END frame says
 * so); not OK when the frames could not be written or the options are wrong. */
MUST_CHECK enum status parse_run(int in, int out, const struct parse_options *options,
				 struct err *err);

/* ---- for units and fuzzing: the parts ---- */

/* A telephone number as E.164, where `country` (two letters, may be empty) or its own prefix tells.
 * False: it is no number of a known plan; then keep it as written. */
MUST_CHECK bool parse_phone(struct str text, struct str country, struct buf *out);

/* A mapping file: "field = column" lines. INVALID: "line 3: ..." */
struct parse_map;
MUST_CHECK enum status parse_map_read(struct str text, struct parse_map **out, struct err *err);
void parse_map_free(struct parse_map *map);

#endif
