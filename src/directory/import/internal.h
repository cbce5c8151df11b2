/* Inside the importer: import.c reads a file into the spool, merge.c brings the spool into the
 * directory, gone.c tells what a complete file has no more. */
#ifndef DIRECTORY_IMPORT_INTERNAL_H
#define DIRECTORY_IMPORT_INTERNAL_H

#include "base/buf.h"
#include "directory/import/import.h"

struct import {
	struct db *db; /* NULL: of import_explain */
	const struct import_options *options;
	struct import_report *report;
	const char *name; /* of the file */
	int spool;
	int rejects; /* -1: not yet made */
	struct buf lines;
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

/* gone.c: what a complete file has no more. Before rows leave import_row. INVALID, CONFLICT: too
 * many, or it cannot be told. */
MUST_CHECK enum status import_gone_find(struct import *im, int64_t source);
MUST_CHECK enum status import_gone_remove(struct import *im);

/* Merge what is in the spool, whole or not at all. */
MUST_CHECK enum status import_merge(struct import *im);

#endif
