/* Inside the importer: import.c takes a file, read.c reads it, merge.c brings its rows into the
 * directory, gone.c finds the businesses that a complete file no longer has. */
#ifndef DIRECTORY_IMPORT_INTERNAL_H
#define DIRECTORY_IMPORT_INTERNAL_H

#include "base/buf.h"
#include "directory/import/import.h"
#include "directory/slug/slug.h"

struct import {
	struct db *db; /* NULL: of import_explain */
	const struct import_options *options;
	struct import_report *report;
	const char *name; /* of the file */
	int rejects;      /* -1: not yet made */
	struct buf lines; /* of COPY import_row, not yet sent */
	struct progress progress;
	struct buf kept;  /* of a complete file: ids of rejected records, "1,2" */
	uint64_t unknown; /* rejected, and without an id */
	bool without_ids; /* some records have ids of their contents only */
	bool told;        /* how the file was understood */
	struct err *err;
};

/* Append the record as a line of COPY import_row. n: its number in the file. */
void import_row(struct buf *out, const struct record *record, uint64_t n, int64_t id);

/* Count it and write it into the file of rejects. */
MUST_CHECK enum status import_reject(struct import *im, const struct record_reject *reject);

/* INVALID: nothing was read, nothing could be taken, or more was rejected than may be. */
MUST_CHECK enum status import_check_rejects(struct import *im);

/* ---- paths.c ---- */

/* Lock imports until the transaction ends. CONFLICT: another one is running. */
MUST_CHECK enum status import_lock(struct db *db, struct err *err);
/* The name of a business in its address: a slice of out, or static. category: the key of the main
 * one, for names without letters; may be empty. */
struct str import_path_name(struct str name, struct str country, struct str category,
			    char out[SLUG_BYTES]);
/* Give paths to what has none from before the directory had any, within the transaction. */
MUST_CHECK enum status import_paths_missing(struct db *db, struct err *err);
/* Give paths to the rows of import_row, which are businesses of the directory since now, and to
 * their places. */
MUST_CHECK enum status import_paths_new(struct db *db, struct err *err);

/* regions.c: once in a directory from before regions had the names of ISO 3166-2, within the
 * transaction: rows of one region become one, and so do its towns. */
MUST_CHECK enum status import_regions_merge(struct db *db, struct err *err);

/* gone.c: what a complete file has no more. Before rows leave import_row. INVALID, CONFLICT: too
 * many, or it cannot be told. */
MUST_CHECK enum status import_gone_find(struct import *im, int64_t source);
MUST_CHECK enum status import_gone_remove(struct import *im);

/* read.c: read the file by the parser. Its records go into the COPY that is open, if there is a
 * database. */
MUST_CHECK enum status import_parse(struct import *im, int fd);
/* Read the file and merge what is in it, whole or not at all. */
MUST_CHECK enum status import_merge(struct import *im, int fd);

#endif
